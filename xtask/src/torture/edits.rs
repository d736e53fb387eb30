//! Many people edit the same few records, and each form is sent by two of them: no edit is lost, and nothing is there twice.

use super::{
    CLIENTS, SEED, check,
    clients::{Crowd, Desk},
};
use crate::{
    bench::{
        http::{self, Wire},
        place::{Engine, Place},
        product::{self, Product},
        random::Random,
    },
    command::Outcome,
    postgres::Private,
};
use std::{net::SocketAddr, path::Path};

/// Records that are edited by all at once.
const CARDS: usize = 4;
/// Every so many edits a client sends a new form that another client sends as well.
const PAIR: usize = 20;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edits {
    pub asked: usize,
    pub saved: usize,
    /// Told that somebody else was faster.
    pub conflicts: usize,
    /// Edits that were answered with "saved" and that the version of the record does not count.
    pub lost: i64,
    /// Forms that two clients sent with the same key.
    pub pairs: usize,
    pub missing: usize,
    pub twice: usize,
}

struct One {
    saved: usize,
    conflicts: usize,
    sent: Vec<String>,
}

/// So many edits in all on each engine.
pub fn run(program: &Path, folder: &Path, postgres: &Private, edits: usize) -> Outcome<Vec<(Engine, Edits)>> {
    let places = [
        (Engine::Sqlite, Place::Sqlite(folder.join("edits-data"))),
        (Engine::Postgres, Place::Postgres(postgres.create_database("edits")?)),
    ];
    let mut all = Vec::new();
    for (engine, place) in places {
        let told = on(program, folder, &place, edits)?;
        if told.lost != 0 || told.missing > 0 || told.twice > 0 || told.saved == 0 || told.conflicts == 0 {
            return Err(format!("On {}: {told:?}", engine.label()));
        }
        all.push((engine, told));
    }
    Ok(all)
}

pub fn table(all: &[(Engine, Edits)]) -> String {
    let mut out = String::from(
        "| Engine | Edits asked | Saved | Conflicts | Lost | Forms sent by two | Missing | Twice |\n|---|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for (engine, e) in all {
        let row = [e.asked, e.saved, e.conflicts].map(|n| n.to_string()).join(" | ");
        out.push_str(&format!(
            "| {} | {row} | {} | {} | {} | {} |\n",
            engine.label(),
            e.lost,
            e.pairs,
            e.missing,
            e.twice
        ));
    }
    out
}

fn card(version: i64, mark: &str) -> Vec<(&str, String)> {
    vec![
        ("version", version.to_string()),
        ("question", "吸引が増えたとき、だれに聞けますか".to_owned()),
        ("answer", mark.to_owned()),
        ("topic", "services".to_owned()),
        ("review_on", "2030-04-01".to_owned()),
    ]
}

fn borrowed<'a>(fields: &'a [(&'a str, String)]) -> Vec<(&'a str, &'a str)> {
    fields.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

async fn post(wire: &mut Wire, path: &str, cookie: &str, fields: &[(&str, String)]) -> Outcome<http::Answer> {
    let parts = wire.exchange(&http::post(path, cookie, &borrowed(fields))).await?;
    Ok(wire.answer(&parts))
}

fn on(program: &Path, folder: &Path, place: &Place, edits: usize) -> Outcome<Edits> {
    let log = folder.join("edits.log");
    product::fill(program, place, 20, &log)?;
    let product = Product::start(program, place, &log)?;
    let crowd = Crowd::new()?;
    let Desk { address, cookie, .. } = crowd.sit_down(product.address)?;
    let cards = crowd.runtime.block_on(async {
        let mut wire = Wire::open(address).await?;
        let mut cards = Vec::new();
        let mut random = Random::new(SEED, 900);
        for _ in 0..CARDS {
            let mut fields = card(1, "はじめの答え");
            fields.push(("once", random.uuid()));
            let answer = post(&mut wire, "/answer-cards/new", &cookie, &fields).await?;
            let path = answer.header("location").unwrap_or_default().split('#').next().unwrap_or_default().to_owned();
            if answer.status != 303 || !path.starts_with("/answer-cards/") {
                return Err(format!("A card was answered with {}.", answer.status));
            }
            cards.push(path);
        }
        Ok(cards)
    })?;
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| crowd.runtime.spawn(work(address, cookie.clone(), cards.clone(), client, edits / CLIENTS)))
        .collect();
    let mut told = Edits::default();
    let mut sent = Vec::new();
    for one in crowd.wait(clients)? {
        told.asked += one.saved + one.conflicts;
        told.saved += one.saved;
        told.conflicts += one.conflicts;
        sent.extend(one.sent);
    }
    drop(product);
    // A new card has version 1, and each edit that was saved has counted it up by one.
    let of_cards: Vec<String> = cards.iter().filter_map(|c| c.rsplit('/').next()).map(|id| format!("'{id}'")).collect();
    let versions = match place {
        Place::Sqlite(_) => {
            let blobs: Vec<String> = of_cards.iter().map(|id| format!("x{}", id.replace('-', ""))).collect();
            format!("SELECT SUM(version) - COUNT(*) FROM answer_card WHERE id IN ({})", blobs.join(", "))
        }
        Place::Postgres(_) => {
            format!(
                "SELECT CAST(SUM(version) - COUNT(*) AS BIGINT) FROM answer_card WHERE id IN ({})",
                of_cards.join(", ")
            )
        }
    };
    let counted = place.number(&versions)?;
    told.lost = i64::try_from(told.saved).unwrap_or(i64::MAX) - counted;
    sent.sort();
    sent.dedup();
    let found = check::found(place, &sent, 0, || Ok("whole".to_owned()))?;
    (told.pairs, told.missing, told.twice) = (sent.len(), found.lost, found.twice);
    Ok(told)
}

/// Edits by chance one of the cards again and again; what is stale is looked up in the answer that says so.
async fn work(address: SocketAddr, cookie: String, cards: Vec<String>, client: usize, edits: usize) -> Outcome<One> {
    let mut wire = Wire::open(address).await?;
    let mut random = Random::new(SEED, 1_000 + client as u64);
    // Both of a pair draw the same keys.
    let mut shared = Random::new(SEED, 2_000 + (client / 2) as u64);
    let mut versions = vec![1_i64; cards.len()];
    let mut one = One { saved: 0, conflicts: 0, sent: Vec::new() };
    for nth in 0..edits {
        let which = random.below(cards.len());
        let (Some(path), Some(version)) = (cards.get(which), versions.get_mut(which)) else { continue };
        let answer = post(&mut wire, path, &cookie, &card(*version, &format!("{client}番の{nth}回目の答え"))).await?;
        match answer.status {
            303 => {
                one.saved += 1;
                *version += 1;
            }
            409 => {
                one.conflicts += 1;
                let text = answer.text();
                let newest = text.split("name=\"version\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
                *version = newest.and_then(|n| n.parse().ok()).ok_or("A conflict named no version.")?;
            }
            other => return Err(format!("An edit was answered with {other}.")),
        }
        if nth % PAIR == 0 {
            let mark = format!("印{}組{nth}", client / 2);
            let key = format!("0193{:04x}-0000-7000-8000-{:012x}", nth & 0xFFFF, shared.next() & 0xFFFF_FFFF_FFFF);
            let fields = [
                ("once", key),
                ("concern", "同じ用紙を二人が送る".to_owned()),
                ("topic", "services".to_owned()),
                ("urgency", "usual".to_owned()),
                ("channel", "phone".to_owned()),
                ("kind", "individual".to_owned()),
                ("paid_by", "entrusted".to_owned()),
                ("asker_kind", "hospital".to_owned()),
                ("asker_place", mark.clone()),
                ("municipality", "142018".to_owned()),
                ("route", "mine".to_owned()),
                ("consent_state", "oral".to_owned()),
            ];
            let answer = post(&mut wire, "/consultations/new", &cookie, &fields).await?;
            if answer.status != 303 {
                return Err(format!("A form was answered with {}.", answer.status));
            }
            one.sent.push(mark);
        }
    }
    Ok(one)
}
