//! Organisations, seats and people of the demo area, with one sign-in key for each role.

use crate::{
    account::{
        OrganisationKind, Profession,
        setup::{self, Organisation},
    },
    app::App,
    area::Municipality,
    policy::Role,
    terms,
    web::Error,
};
use platform::{
    Date, Timestamp, args,
    db::Writer,
    id::{OrganisationId, PersonId, SeatId},
    japanese::date,
    vocabulary::Vocabulary as _,
};

const PHONE: &str = "046-000-0000";

/// One person of the demo with a sign-in key.
#[derive(Clone, Debug)]
pub struct Account {
    pub key: &'static str,
    pub name: &'static str,
    pub person: PersonId,
    pub seat: SeatId,
    pub organisation: OrganisationId,
    pub role: Role,
}

const ACCOUNTS: [(&str, &str, &str, Role, Profession, &str); 14] = [
    ("coordinator", "相模野 瑞希", "さがみの みずき", Role::Coordinator, Profession::Nurse, "142018"),
    ("coordinator2", "逗葉 あおい", "ずよう あおい", Role::Coordinator, Profession::CounsellingSpecialist, "142085"),
    ("supporter", "浦風 しおり", "うらかぜ しおり", Role::Supporter, Profession::Nurse, "site"),
    ("manager", "浦風 まもる", "うらかぜ まもる", Role::Manager, Profession::Nurse, "site"),
    ("city", "三笠 ひとみ", "みかさ ひとみ", Role::City, Profession::HealthNurse, "142018"),
    ("city2", "小坪 かい", "こつぼ かい", Role::City, Profession::Officer, "142085"),
    ("privacy", "安針 まこと", "あんじん まこと", Role::Privacy, Profession::Officer, "142018"),
    ("prefecture", "丹沢 みどり", "たんざわ みどり", Role::Prefecture, Profession::Officer, "140007"),
    ("supervisor", "大楠 さとる", "おおぐす さとる", Role::Supervisor, Profession::Physician, "area"),
    ("hospital", "観音崎 はるか", "かんのんざき はるか", Role::Hospital, Profession::Msw, "hospital"),
    ("family", "見本 はなこ", "みほん はなこ", Role::Family, Profession::Family, "142018"),
    ("council", "材木座 しん", "ざいもくざ しん", Role::Council, Profession::Peer, "area"),
    ("auditor", "城ヶ島 りつ", "じょうがしま りつ", Role::Auditor, Profession::Officer, "140007"),
    ("admin", "森戸 けい", "もりと けい", Role::Admin, Profession::Officer, "140007"),
];

/// Coordinators of the other municipalities and second ones, so that every case has a lead and a deputy.
const MORE: [(&str, &str, &str); 4] = [
    ("久里浜 なお", "くりはま なお", "142018"),
    ("由比 わかば", "ゆい わかば", "142042"),
    ("油壺 みなと", "あぶらつぼ みなと", "142107"),
    ("一色 そら", "いっしき そら", "143014"),
];

/// Makes the organisations and people, and gives the keyed accounts followed by the other coordinators.
pub async fn accounts(app: &App, tx: &mut Writer, since: Date, at: Timestamp) -> Result<Vec<Account>, Error> {
    let mut places: Vec<(String, OrganisationId)> = Vec::new();
    let places_of = crate::people::establish(app, tx, PHONE, since, at).await?;
    places.extend(places_of.into_iter().map(|(key, id)| (key.to_owned(), id)));
    let site = setup::organisation(
        app,
        tx,
        &Organisation {
            kind: OrganisationKind::Site,
            name: "訪問看護ステーション うみかぜ（架空）",
            kana: "ほうもんかんごすてーしょんうみかぜ",
            code: None,
            municipality: Some("142018"),
            parent: None,
            phone: PHONE,
            since,
        },
        at,
    )
    .await?;
    places.push(("site".to_owned(), site));
    let hospital = setup::organisation(
        app,
        tx,
        &Organisation {
            kind: OrganisationKind::Site,
            name: "みうら半島こども病院（架空）",
            kana: "みうらはんとうこどもびょういん",
            code: None,
            municipality: Some("142018"),
            parent: None,
            phone: PHONE,
            since,
        },
        at,
    )
    .await?;
    places.push(("hospital".to_owned(), hospital));
    let mut out = Vec::new();
    for (position, (key, name, kana, role, profession, place)) in (0_i64..).zip(ACCOUNTS) {
        let organisation = find(&places, place)?;
        let (person, seat) = seated(app, tx, name, kana, profession, organisation, role, since, at).await?;
        let sql = "/* demo::accounts */ INSERT INTO demo_account (account_key, position, person_id, seat_id) VALUES ($1, $2, $3, $4)";
        tx.exec(sql, args![key, position, person, seat]).await?;
        out.push(Account { key, name, person, seat, organisation, role });
    }
    for (name, kana, place) in MORE {
        let organisation = find(&places, place)?;
        let (person, seat) =
            seated(app, tx, name, kana, Profession::CounsellingSpecialist, organisation, Role::Coordinator, since, at)
                .await?;
        out.push(Account { key: "", name, person, seat, organisation, role: Role::Coordinator });
    }
    // Every agency has accepted the terms, by its manager where it has one.
    for first in [true, false] {
        for a in out.iter().filter(|a| first == (a.role == Role::Manager)) {
            terms::accept_for_demo(tx, &app.mint, a.organisation, (a.person, a.name), date::jst_next_midnight(since))
                .await?;
        }
    }
    duties(app, tx, &out, &places, since, at).await?;
    Ok(out)
}

fn find(places: &[(String, OrganisationId)], key: &str) -> Result<OrganisationId, Error> {
    places
        .iter()
        .find(|(k, _)| k == key)
        .map(|(_, id)| *id)
        .ok_or_else(|| Error::Internal(format!("no demo place {key}")))
}

#[expect(clippy::too_many_arguments, reason = "a person with a seat")]
async fn seated(
    app: &App,
    tx: &mut Writer,
    name: &str,
    kana: &str,
    profession: Profession,
    organisation: OrganisationId,
    role: Role,
    since: Date,
    at: Timestamp,
) -> Result<(PersonId, SeatId), Error> {
    let person = setup::person(app, tx, name, kana, profession, at).await?;
    let seat = setup::grant(app, tx, person, organisation, role, since, at).await?;
    Ok((person, seat))
}

/// One coordinator is on duty for a municipality on each weekday.
async fn duties(
    app: &App,
    tx: &mut Writer,
    accounts: &[Account],
    places: &[(String, OrganisationId)],
    since: Date,
    at: Timestamp,
) -> Result<(), Error> {
    for m in Municipality::ALL {
        let place = find(places, m.code())?;
        let people: Vec<PersonId> = accounts
            .iter()
            .filter(|a| a.role == Role::Coordinator && a.organisation == place)
            .map(|a| a.person)
            .collect();
        for weekday in 1_i64..=7 {
            // The keyed coordinator, so that whoever tries the demo can receive what is handed over.
            let Some(person) = people.first() else { continue };
            let sql = "/* demo::duties */ INSERT INTO duty (id, municipality, weekday, person_id, since) VALUES ($1, $2, $3, $4, $5)";
            tx.exec(sql, args![app.mint.uuid(at), *m, weekday, *person, since]).await?;
        }
    }
    Ok(())
}
