//! デモ: made-up people in the real area, for trying and for measuring. 「架空データ」

pub mod people;

use crate::{
    account::Actor,
    app::{App, Settings},
    journal::Store,
    policy::Role,
    resource,
    web::Error,
};
use platform::{
    Timestamp,
    clock::Clock,
    db::{Db, DbError},
    id::{Mint, SessionId},
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
    let mut tx = db.read().await?;
    Ok(tx.one::<(i64,)>("/* demo::is_loaded */ SELECT COUNT(*) FROM demo_account", vec![]).await?.0 > 0)
}

pub async fn keys(db: &Db) -> Result<Vec<String>, DbError> {
    let mut tx = db.read().await?;
    let sql = "/* demo::keys */ SELECT account_key FROM demo_account ORDER BY position";
    Ok(tx.all::<(String,)>(sql, vec![]).await?.into_iter().map(|(k,)| k).collect())
}

/// The accounts of the demo as JSON.
pub async fn list(db: &Db) -> Result<String, DbError> {
    let mut tx = db.read().await?;
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

/// Fills an empty database. The same seed and the same day give the same bytes.
pub async fn load(db: &Db, clock: &Clock, seed: u64, cases: u32) -> Result<(), Error> {
    let now = clock.now();
    let app = App {
        store: Store::new(db.clone()),
        clock: Clock::fixed(now),
        mint: Mint::seeded(seed),
        calendar: Arc::new(Calendar::japan()),
        demo: true,
        settings: Arc::new(Settings::default()),
    };
    let since = jiff::civil::date(2024, 4, 1);
    let mut tx = db.begin().await?;
    let accounts = people::accounts(&app, &mut tx, since, Timestamp::UNIX_EPOCH).await?;
    tx.commit().await?;
    let by = actor(&accounts, "coordinator")?;
    directory(&app, &by).await?;
    let _ = cases;
    Ok(())
}

fn actor(accounts: &[people::Account], key: &str) -> Result<Actor, Error> {
    let a = accounts.iter().find(|a| a.key == key).ok_or_else(|| Error::Internal(format!("no demo account {key}")))?;
    Ok(Actor {
        person: a.person,
        seat: a.seat,
        session: SessionId(platform::Uuid::nil()),
        name: a.name.to_owned(),
        role: a.role,
        organisation: a.organisation,
        place: String::new(),
        municipality: None,
    })
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
