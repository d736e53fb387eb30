//! SQL of flags: why somebody must look at a child, and what was done.

use crate::{
    case,
    journal::Draft,
    policy::{Category, Seen},
    sealing,
    web::Error,
};
use platform::{
    Timestamp, Uuid, args,
    db::{DbError, Reader},
    id::{CaseId, Mint, PersonId},
    row,
};

const REASON: &str = "flag.reason";
const DONE: &str = "flag.done";

row! {
    pub struct KeptFlag {
        pub id: Uuid, pub category: Category, pub urgent: bool, pub reason: Vec<u8>, pub raised_at: Timestamp, pub due_at: Timestamp, pub closer: Option<String>,
        pub closed_at: Option<Timestamp>, pub done: Option<Vec<u8>>,
    }
}

/// A flag in clear.
#[derive(Clone, Debug)]
pub struct Flag {
    pub id: Uuid,
    pub urgent: bool,
    pub reason: String,
    pub raised_at: Timestamp,
    pub due_at: Timestamp,
    pub closer: Option<String>,
    pub closed_at: Option<Timestamp>,
    pub done: String,
}

/// Flags of a case that the actor sees: those that are open, or those that were closed, the newest first.
pub async fn flags(tx: &Reader, seen: &Seen, open: bool, limit: i64) -> Result<Vec<Flag>, DbError> {
    let sql = "/* monitoring::flags unscoped: takes Seen */
        SELECT f.id, f.category, f.urgent, f.reason, f.raised_at, f.due_at, p.name AS closer, f.closed_at, f.done FROM flag f LEFT JOIN person p ON p.id = f.closed_by
         WHERE f.case_id = $1 AND (f.closed_at IS NULL) = $2 ORDER BY f.raised_at DESC, f.id DESC LIMIT $3";
    clear_flags(tx, seen, tx.all(sql, args![seen.case(), open, limit]).await?).await
}

/// A flag of a case that the actor sees.
pub async fn find_flag(tx: &Reader, seen: &Seen, id: Uuid) -> Result<Flag, Error> {
    let sql = "/* monitoring::find_flag unscoped: takes Seen */
        SELECT f.id, f.category, f.urgent, f.reason, f.raised_at, f.due_at, p.name AS closer, f.closed_at, f.done FROM flag f LEFT JOIN person p ON p.id = f.closed_by
         WHERE f.id = $2 AND f.case_id = $1";
    let kept = tx.all(sql, args![seen.case(), id]).await?;
    clear_flags(tx, seen, kept).await?.pop().ok_or(Error::NotFound)
}

async fn clear_flags(tx: &Reader, seen: &Seen, kept: Vec<KeptFlag>) -> Result<Vec<Flag>, DbError> {
    let kept: Vec<KeptFlag> = kept.into_iter().filter(|f| seen.shows(f.category)).collect();
    let key = sealing::key_if(tx, seen.case().0, !kept.is_empty()).await?;
    let clear = |k: KeptFlag| {
        let reason = sealing::text(key.as_ref(), REASON, k.id, Some(&k.reason))?;
        let done = sealing::text(key.as_ref(), DONE, k.id, k.done.as_deref())?;
        Ok(Flag {
            id: k.id,
            urgent: k.urgent,
            reason,
            raised_at: k.raised_at,
            due_at: k.due_at,
            closer: k.closer,
            closed_at: k.closed_at,
            done,
        })
    };
    kept.into_iter().map(clear).collect()
}

pub async fn flag_case(tx: &Reader, id: Uuid) -> Result<CaseId, Error> {
    let sql = "/* monitoring::flag_case unscoped: only which case to ask the policy about */ SELECT case_id FROM flag WHERE id = $1";
    Ok(tx.opt::<(CaseId,)>(sql, args![id]).await?.ok_or(Error::NotFound)?.0)
}

/// Why somebody must look, and how soon.
pub struct Raised<'a> {
    pub rule: Uuid,
    pub category: Category,
    pub urgent: bool,
    pub reason: &'a str,
    pub due: Timestamp,
}

pub async fn raise(tx: &mut Draft, mint: &Mint, case: CaseId, r: &Raised<'_>, now: Timestamp) -> Result<Uuid, DbError> {
    let (id, key) = (mint.uuid(now), case::key(tx, mint, case, now).await?);
    let sql = "/* monitoring::raise */
        INSERT INTO flag (id, case_id, rule_id, category, urgent, reason, raised_at, due_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    tx.exec(sql, args![id, case, r.rule, r.category, r.urgent, key.seal(REASON, id, r.reason), now, r.due]).await?;
    tx.announce("case", case);
    Ok(id)
}

/// Closes a flag with what was done. False: it was closed already.
pub async fn close(
    tx: &mut Draft,
    mint: &Mint,
    case: CaseId,
    id: Uuid,
    done: &str,
    by: PersonId,
    now: Timestamp,
) -> Result<bool, DbError> {
    let key = case::key(tx, mint, case, now).await?;
    let sql = "/* monitoring::close */
        UPDATE flag SET closed_by = $3, closed_at = $4, done = $5 WHERE id = $1 AND case_id = $2 AND closed_at IS NULL";
    Ok(tx.exec(sql, args![id, case, by, now, key.seal(DONE, id, done)]).await? > 0)
}
