//! The schema's steps, applied once each, in order, each in one transaction.

use super::{Db, DbError, Engine, Result};
use crate::args;

/// One step of the schema. `sqlite` and `postgres` differ only where the engines must.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    pub version: i64,
    pub name: &'static str,
    pub sqlite: &'static str,
    pub postgres: &'static str,
}

pub async fn run(db: &Db, migrations: &[Migration]) -> Result<i64> {
    let mut tx = db.begin().await?;
    tx.batch("CREATE TABLE IF NOT EXISTS schema_migration (version BIGINT PRIMARY KEY, name TEXT NOT NULL)").await?;
    tx.commit().await?;
    let mut current = 0;
    for step in migrations {
        let mut tx = db.begin().await?;
        let known: Option<(String,)> = tx
            .opt("/* migrate::run */ SELECT name FROM schema_migration WHERE version = $1", args![step.version])
            .await?;
        match known {
            Some((name,)) if name == step.name => {}
            Some((name,)) => {
                return Err(DbError::Failed(format!(
                    "schema version {} is {name}, the program has {}",
                    step.version, step.name
                )));
            }
            None => {
                tx.batch(if db.engine() == Engine::Sqlite { step.sqlite } else { step.postgres }).await?;
                tx.exec(
                    "/* migrate::run */ INSERT INTO schema_migration (version, name) VALUES ($1, $2)",
                    args![step.version, step.name],
                )
                .await?;
                tx.commit().await?;
            }
        }
        current = step.version;
    }
    let tx = db.read().await?;
    let (newest,): (i64,) =
        tx.one("/* migrate::run */ SELECT COALESCE(MAX(version), 0) FROM schema_migration", vec![]).await?;
    if newest > current {
        return Err(DbError::Failed(format!(
            "the database has schema version {newest}, newer than this program's {current}: use the newer program"
        )));
    }
    Ok(newest)
}
