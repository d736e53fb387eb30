//! SQL of the offer of a case to another lead, until it is received, recalled or refused.

use super::family;
use crate::{journal::Draft, policy::Seen, sealing};
use platform::{
    Timestamp, Uuid, args,
    db::{DbError, Reader},
    id::{Mint, PersonId, TransferId},
    row,
};

row! {
    /// An offer as the database keeps it.
    pub struct Kept {
        pub id: TransferId, pub from_id: PersonId, pub from_name: String, pub to_id: PersonId, pub to_name: String, pub sealed: Option<Vec<u8>>,
        pub offered_at: Timestamp,
    }
}

/// An offer with what the sender wrote to it.
#[derive(Clone, Debug)]
pub struct Transfer {
    kept: Kept,
    pub note: String,
}

impl std::ops::Deref for Transfer {
    type Target = Kept;
    fn deref(&self) -> &Kept {
        &self.kept
    }
}

const NOTE: &str = "lead_transfer.note";
const REASON: &str = "lead_transfer.reason";

pub async fn open_transfer(tx: &Reader, seen: &Seen) -> Result<Option<Transfer>, DbError> {
    let sql = "/* case::open_transfer unscoped: takes Seen */
        SELECT t.id, t.from_id, f.name AS from_name, t.to_id, o.name AS to_name, t.note AS sealed, t.offered_at
          FROM lead_transfer t JOIN person f ON f.id = t.from_id JOIN person o ON o.id = t.to_id
         WHERE t.case_id = $1 AND t.status = 'offered'";
    let Some(kept) = tx.opt::<Kept>(sql, args![seen.case()]).await? else { return Ok(None) };
    let key = sealing::key_of(tx, seen.case().0).await?;
    let note = sealing::text(key.as_ref(), NOTE, kept.id.0, kept.sealed.as_deref())?;
    Ok(Some(Transfer { kept, note }))
}

/// Whether the case is offered to another municipality: its lead is not handed over meanwhile.
pub async fn is_moving(tx: &Reader, seen: &Seen) -> Result<bool, DbError> {
    let sql = "/* case::is_moving unscoped: takes Seen */ SELECT id FROM relocation WHERE case_id = $1 AND status = 'proposed'";
    Ok(tx.opt::<(Uuid,)>(sql, args![seen.case()]).await?.is_some())
}

#[expect(clippy::too_many_arguments, reason = "the columns of one offer")]
pub async fn offer_lead(
    tx: &mut Draft,
    mint: &Mint,
    id: TransferId,
    seen: &Seen,
    from: PersonId,
    to: PersonId,
    note: &str,
    now: Timestamp,
) -> Result<(), DbError> {
    let key = family::key(tx, mint, seen.case(), now).await?;
    let sql = "/* case::offer_lead */
        INSERT INTO lead_transfer (id, case_id, from_id, to_id, note, offered_at, status) VALUES ($1, $2, $3, $4, $5, $6, 'offered')";
    tx.exec(sql, args![id, seen.case(), from, to, key.seal(NOTE, id.0, note), now]).await?;
    Ok(())
}

/// Ends an offer; false when it had ended already.
pub async fn end_transfer(
    tx: &mut Draft,
    mint: &Mint,
    id: TransferId,
    seen: &Seen,
    status: &'static str,
    reason: &str,
    now: Timestamp,
) -> Result<bool, DbError> {
    let key = family::key(tx, mint, seen.case(), now).await?;
    let sql = "/* case::end_transfer */
        UPDATE lead_transfer SET status = $2, reason = $3, ended_at = $4 WHERE id = $1 AND status = 'offered'";
    Ok(tx.exec(sql, args![id, status, key.seal(REASON, id.0, reason), now]).await? == 1)
}
