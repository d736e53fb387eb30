//! デモ: made-up people in the real area, for trying and for measuring. 「架空データ」

mod agreed;
mod awkward;
mod care;
mod dice;
mod families;
mod finish;
mod histories;
mod loops;
mod names;
pub mod people;
mod plan;
mod play;
mod profiles;
mod requests;
mod sending;
mod sites;
mod supports;
mod taking;
#[cfg(test)]
mod tests;
mod texts;
mod watching;

use crate::{
    account::Actor,
    app::{App, Settings},
    consent,
    journal::{self, Store},
    policy::Role,
    profile, protection, referral, resource, score,
    web::Error,
};
use platform::{
    Timestamp,
    clock::Clock,
    db::{Db, DbError},
    id::{Mint, OrganisationId, SessionId},
    japanese::business::Calendar,
    serde_json::json,
    vocabulary::Vocabulary as _,
};
use std::sync::Arc;

/// The two public files that the directory of the demo comes from.
const DIRECTORY: [(&str, &[u8]); 2] = [
    ("wam-sfk-202503-yokosuka-miura.csv", include_bytes!("../../data/directory/wam-sfk-202503-yokosuka-miura.csv")),
    (
        "yokosuka-miura-medical-institutions.csv",
        include_bytes!("../../data/directory/yokosuka-miura-medical-institutions.csv"),
    ),
];

pub async fn is_loaded(db: &Db) -> Result<bool, DbError> {
    let tx = db.read().await?;
    Ok(tx.one::<(i64,)>("/* demo::is_loaded */ SELECT COUNT(*) FROM demo_account", vec![]).await?.0 > 0)
}

pub async fn keys(db: &Db) -> Result<Vec<String>, DbError> {
    let tx = db.read().await?;
    let sql = "/* demo::keys */ SELECT account_key FROM demo_account ORDER BY position";
    Ok(tx.all::<(String,)>(sql, vec![]).await?.into_iter().map(|(k,)| k).collect())
}

/// The accounts of the demo as JSON.
pub async fn list(db: &Db) -> Result<String, DbError> {
    let tx = db.read().await?;
    let sql = "/* demo::list */
        SELECT d.account_key, p.name, s.role, o.name FROM demo_account d JOIN person p ON p.id = d.person_id JOIN seat s ON s.id = d.seat_id
          JOIN organisation o ON o.id = s.organisation_id ORDER BY d.position";
    let rows: Vec<(String, String, Role, String)> = tx.all(sql, vec![]).await?;
    let list: Vec<_> = rows
        .iter()
        .map(|(key, name, role, place)| json!({ "key": key, "name": name, "role": role.code(), "organisation": place, "sign_in": format!("/demo/sign-in?as={key}") }))
        .collect();
    Ok(json!(list).to_string())
}

/// Fills an empty database. The same seed and the same day give the same bytes. Without cases there are only people and the public directory.
pub async fn load(db: &Db, clock: &Clock, seed: u64, cases: u32) -> Result<(), Error> {
    let now = clock.now();
    let app = App {
        store: Store::new(db.clone()),
        clock: Clock::fixed(now),
        mint: Mint::seeded(seed),
        calendar: Arc::new(Calendar::japan()),
        demo: true,
        settings: Arc::new(Settings::default()),
        passkeys: None,
        origin: None,
        throttle: crate::app::throttle(),
    };
    let since = jiff::civil::date(2024, 4, 1);
    let mut tx = db.begin().await?;
    let accounts = people::accounts(&app, &mut tx, since, Timestamp::UNIX_EPOCH).await?;
    tx.commit().await?;
    let first = accounts.iter().find(|a| a.role == Role::Coordinator).ok_or_else(|| play::lost("a coordinator"))?;
    directory(&app, &actor_of(first)).await?;
    if cases > 0 {
        let mut tx = db.begin().await?;
        let places = sites::places(&app, &mut tx, &accounts, since, now).await?;
        tx.commit().await?;
        told(&app, seed, usize::try_from(cases).unwrap_or(0), &accounts, &places).await?;
    }
    Ok(())
}

/// More cases than these get short histories, for measuring.
const FULL: usize = 500;

/// Plans what happened in all cases and consultations, and lets it happen in the order of time.
async fn told(
    app: &App,
    seed: u64,
    count: usize,
    accounts: &[people::Account],
    places: &[sites::Place],
) -> Result<(), Error> {
    let (names, texts) = (names::Names::new(), texts::Texts::new());
    let supporter = accounts.iter().find(|a| a.role == Role::Supporter).ok_or_else(|| play::lost("a supporter"))?;
    let halls = halls(app).await?;
    let coordinators = accounts.iter().filter(|a| a.role == Role::Coordinator).map(plan::Known::from).collect();
    let world = plan::World {
        seed,
        names: &names,
        texts: &texts,
        places,
        halls,
        supporter: supporter.into(),
        coordinators,
        lean: count > FULL,
    };
    let days = dice::Days::until(app.now(), &app.calendar);
    let cases = cases(seed, count, &names, &days);
    let requests = requests::tell(&world, &cases, &days);
    let mut events = requests.events;
    for (case, from) in cases.iter().zip(&requests.opened) {
        events.extend(histories::tell(&world, case, &days, *from));
    }
    // The sort is stable: what was told first happens first where two things have one time.
    events.sort_by_key(|e| e.at);
    let mut play = play::Play::new(app, &world, &cases, &requests.all, accounts).await?;
    play.all(events).await?;
    finish::all(&play, &days).await?;
    // What the clock does every minute.
    referral::end_run_out(app).await?;
    referral::escalate(app).await?;
    consent::remind(app).await?;
    protection::remind(app).await?;
    score::remind(app).await?;
    profile::remind(app).await?;
    // What was written in great haste is sealed before anybody comes: pages would wait for it.
    while journal::seal_queue(app.store.db(), &app.mint).await? > 0 {}
    Ok(())
}

fn cases(seed: u64, count: usize, names: &names::Names, days: &dice::Days) -> Vec<plan::Case> {
    let case = |seat: &families::Seat| {
        let (lead, deputy) = families::keepers(seat);
        plan::Case { child: families::child(seed, seat, names, days), lead, deputy }
    };
    families::seats(count).iter().map(case).collect()
}

/// The full names of all children whom the demo tells of, of cases and of consultations; they do not depend on the day.
#[cfg(test)]
fn canary(seed: u64, count: usize) -> Vec<String> {
    let (names, texts) = (names::Names::new(), texts::Texts::new());
    let (nil, nowhere) = (platform::Uuid::nil(), OrganisationId(platform::Uuid::nil()));
    let nobody = plan::Known { person: platform::id::PersonId(nil), name: "", organisation: nowhere };
    let world = plan::World {
        seed,
        names: &names,
        texts: &texts,
        places: &[],
        halls: [nowhere; 5],
        supporter: nobody,
        coordinators: vec![nobody; 6],
        lean: false,
    };
    let days = dice::Days::until(dice::time(jiff::civil::date(2026, 11, 24), 12, 0), &Arc::new(Calendar::japan()));
    let cases = cases(seed, count, &names, &days);
    let mut all: Vec<String> = cases.iter().map(|c| c.child.identity.written()).collect();
    all.extend(requests::tell(&world, &cases, &days).all.into_iter().filter_map(|r| r.new.child_name));
    all.sort_unstable();
    all.dedup();
    all
}

/// The organisations of the five municipalities, in their order.
async fn halls(app: &App) -> Result<[OrganisationId; 5], Error> {
    let tx = app.store.read().await?;
    let sql = "/* demo::halls */ SELECT id FROM organisation WHERE kind = 'municipality' ORDER BY code";
    let all: Vec<(OrganisationId,)> = tx.all(sql, vec![]).await?;
    let all: Vec<OrganisationId> = all.into_iter().map(|(id,)| id).collect();
    all.try_into().map_err(|_| play::lost("a municipality"))
}

fn actor_of(a: &people::Account) -> Actor {
    Actor {
        person: a.person,
        seat: a.seat,
        session: SessionId(platform::Uuid::nil()),
        name: a.name.to_owned(),
        role: a.role,
        organisation: a.organisation,
        proved_at: Timestamp::UNIX_EPOCH,
        locked: false,
        place: String::new(),
        municipality: None,
    }
}

/// The real public directory, read by the product's own importer.
async fn directory(app: &App, by: &Actor) -> Result<(), Error> {
    for (name, bytes) in DIRECTORY {
        let id =
            resource::previewed(app, by.person, name, std::io::Cursor::new(bytes)).await?.map_err(Error::Internal)?;
        resource::applied(app, by, id).await?;
    }
    Ok(())
}
