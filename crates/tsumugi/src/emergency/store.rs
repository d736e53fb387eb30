//! SQL of sheets that somebody looked through.

use crate::{
    case,
    journal::Draft,
    policy::Seen,
    sealing::{self, DataKey},
};
use platform::{
    Timestamp, Uuid, args,
    db::{DbError, Reader},
    id::{CaseId, Mint, PersonId},
    row,
};

const BODY: &str = "emergency_sheet.body";

row! {
    pub struct Kept { pub id: Uuid, pub version: i64, pub body: Vec<u8>, pub guarded: bool, pub checker: String, pub checked_at: Timestamp }
}

/// A sheet as it was when somebody looked it through.
#[derive(Clone, Debug)]
pub struct Checked {
    pub version: i64,
    pub checker: String,
    pub checked_at: Timestamp,
    /// The data of the paper, as JSON; None where it is from before a protection.
    pub body: Option<String>,
}

/// The sheets that were looked through, the newest first.
pub async fn list(tx: &Reader, seen: &Seen, limit: i64, offset: i64) -> Result<Vec<Checked>, DbError> {
    let sql = "/* emergency::list unscoped: takes Seen */
        SELECT s.id, s.version, s.body, s.guarded, p.name AS checker, s.checked_at FROM emergency_sheet s JOIN person p ON p.id = s.checked_by
         WHERE s.case_id = $1 ORDER BY s.version DESC LIMIT $2 OFFSET $3";
    let kept: Vec<Kept> = tx.all(sql, args![seen.case(), limit, offset]).await?;
    let key = sealing::key_if(tx, seen.case().0, !kept.is_empty()).await?;
    let open = |k: Kept| {
        let body = (!k.guarded).then(|| sealing::text(key.as_ref(), BODY, k.id, Some(&k.body))).transpose()?;
        Ok(Checked { version: k.version, checker: k.checker, checked_at: k.checked_at, body })
    };
    kept.into_iter().map(open).collect()
}

/// Keeps a sheet of a case whose row is held.
pub async fn keep(
    tx: &mut Draft,
    mint: &Mint,
    case: CaseId,
    before: i64,
    body: &str,
    by: PersonId,
    now: Timestamp,
) -> Result<Uuid, DbError> {
    let (id, key) = (mint.uuid(now), case::key(tx, mint, case, now).await?);
    let sql = "/* emergency::keep */
        INSERT INTO emergency_sheet (id, case_id, version, body, checked_by, checked_at) VALUES ($1, $2, $3, $4, $5, $6)";
    tx.exec(sql, args![id, case, before + 1, key.seal(BODY, id, body), by, now]).await?;
    tx.announce("case", case);
    Ok(id)
}

/// A protection begins: what was kept has telephones and places in it, and goes under the key of the protected facts.
pub async fn guard(tx: &mut Draft, case: CaseId, own: Option<&DataKey>, guarded: &DataKey) -> Result<(), DbError> {
    let sql = "/* emergency::guard unscoped: of the case whose protection begins */
        SELECT id, body FROM emergency_sheet WHERE case_id = $1 AND guarded = FALSE ORDER BY version LIMIT 10000";
    let rows: Vec<(Uuid, Vec<u8>)> = tx.all(sql, args![case]).await?;
    for (id, body) in rows {
        let text = sealing::text(own, BODY, id, Some(&body))?;
        let sql = "/* emergency::guard */ UPDATE emergency_sheet SET body = $2, guarded = TRUE WHERE id = $1";
        tx.exec(sql, args![id, guarded.seal(BODY, id, &text)]).await?;
    }
    Ok(())
}
