//! SQL of backups.

use crate::journal::Draft;
use platform::{
    Timestamp, Uuid, args,
    db::{DbError, Reader, Writer},
    row,
};

row! {
    /// A backup that was tried.
    pub struct Run {
        pub begun_at: Timestamp, pub ended_at: Timestamp, pub trouble: String, pub file: String, pub bytes: i64, pub journal_seq: i64,
    }
}

/// The last backup that worked, and the last one after it that did not.
#[derive(Clone, Debug)]
pub struct Standing {
    pub last: Option<Run>,
    pub trouble: Option<Run>,
    /// Since when the installation has had data; a new one is not late at once.
    pub since: Option<Timestamp>,
}

impl Standing {
    /// Whether nobody can be sure of the data any more.
    pub fn is_late(&self, now: Timestamp) -> bool {
        let hours = |t: Timestamp| now.duration_since(t).as_hours();
        self.last.as_ref().map(|l| l.ended_at).or(self.since).is_some_and(|t| hours(t) >= super::LATE_HOURS)
    }
}

pub async fn add(tx: &mut Draft, id: Uuid, run: &Run) -> Result<(), DbError> {
    let sql = "/* backup::add */
        INSERT INTO backup_run (id, begun_at, ended_at, trouble, file, bytes, journal_seq) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let args = args![id, run.begun_at, run.ended_at, &run.trouble, &run.file, run.bytes, run.journal_seq];
    tx.exec(sql, args).await.map(drop)
}

pub async fn standing(tx: &Reader) -> Result<Standing, DbError> {
    let sql = "/* backup::standing */
        SELECT begun_at, ended_at, trouble, file, bytes, journal_seq FROM backup_run ORDER BY ended_at DESC LIMIT 60";
    let runs: Vec<Run> = tx.all(sql, vec![]).await?;
    let worked = runs.iter().position(|r| r.trouble.is_empty());
    let trouble = runs.iter().take(worked.unwrap_or(runs.len())).next().cloned();
    let begun = "/* backup::standing */ SELECT MIN(created_at) FROM person";
    let since = tx.opt::<(Option<Timestamp>,)>(begun, vec![]).await?.and_then(|(t,)| t);
    Ok(Standing { last: worked.and_then(|i| runs.into_iter().nth(i)), trouble, since })
}

/// Whether this node makes the backup now: nobody has begun one since `before`.
pub async fn claim(tx: &mut Writer, before: Timestamp, now: Timestamp) -> Result<bool, DbError> {
    let begin =
        "/* backup::claim */ INSERT INTO backup_clock (id, claimed_at) VALUES (1, $1) ON CONFLICT (id) DO NOTHING";
    if tx.exec(begin, args![now]).await? == 1 {
        return Ok(true);
    }
    let sql = "/* backup::claim */ UPDATE backup_clock SET claimed_at = $1 WHERE id = 1 AND claimed_at <= $2";
    Ok(tx.exec(sql, args![now, before]).await? == 1)
}
