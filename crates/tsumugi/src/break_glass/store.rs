//! SQL of emergency views.

use super::model::{self, Finding, Review};
use crate::{
    account::Actor,
    area::{self, Municipality},
    journal::Draft,
    policy::{Relation, Role},
    sealing::{self, DataKey, Wrapped},
};
use platform::{
    Date, Timestamp, Uuid, args,
    db::{DbError, Reader},
    id::{CaseId, Mint, PersonId, SeatId},
    row,
};
use std::collections::HashMap;

row! {
    /// Who opened what, when, why, and what the review found.
    pub struct Kept {
        pub id: Uuid, pub case_id: CaseId, pub person_id: PersonId, pub person: String, pub role: Role, pub place: String, pub reason: Vec<u8>, pub at: Timestamp,
        pub ends_at: Timestamp, pub review_due: Timestamp, pub reviewed_at: Option<Timestamp>, pub reviewer: Option<String>,
        pub finding: Option<Finding>, pub note: Option<Vec<u8>>, pub municipality: Municipality, pub fiscal_year: i64, pub number: i64,
    }
    /// The child that was asked for, and who has the case.
    pub struct Found { pub id: CaseId, pub municipality: Municipality, pub lead_id: PersonId, pub deputy_id: PersonId }
}

const REASON: &str = "break_glass.reason";
const NOTE: &str = "break_glass.note";
const MISSED: &str = "break_glass_miss.reason";

row! {
    /// The key of a case, for a list of what one opened.
    pub struct OwnedKey { pub owner_id: Uuid, pub wrapped: Vec<u8>, pub master_id: Uuid, pub tenant: String, pub master: Vec<u8> }
}

/// What somebody opened, with its words in clear.
#[derive(Clone, Debug)]
pub struct View {
    kept: Kept,
    pub reason: String,
    pub note: String,
}

impl std::ops::Deref for View {
    type Target = Kept;
    fn deref(&self) -> &Kept {
        &self.kept
    }
}

impl Kept {
    fn open(self, key: Option<&DataKey>) -> Result<View, DbError> {
        let reason = sealing::text(key, REASON, self.id, Some(&self.reason))?;
        let note = sealing::text(key, NOTE, self.id, self.note.as_deref())?;
        Ok(View { kept: self, reason, note })
    }
}

/// Open cases with exactly this reading and birth date; two are as good as none.
pub async fn find(tx: &Reader, actor: &Actor, kana: &str, birth: Date) -> Result<Option<Found>, DbError> {
    let sql = "/* break_glass::find unscoped: an emergency asks for a record that is not one's own; every answer leaves a trace */
        SELECT c.id, c.municipality, c.lead_id, c.deputy_id FROM child_case c WHERE c.kana_fold = $1 AND c.birth_date = $2 AND c.status <> 'closed'
           AND NOT EXISTS (SELECT 1 FROM case_exclusion x WHERE x.person_id = $3 AND x.case_id = c.id AND x.until IS NULL) ORDER BY c.id LIMIT 2";
    let mut found: Vec<Found> = tx.all(sql, args![kana, birth, actor.person]).await?;
    Ok(if found.len() == 1 { found.pop() } else { None })
}

/// Whether a review found misuse by this person that nobody has taken back.
pub async fn is_suspended(tx: &Reader, person: PersonId) -> Result<bool, DbError> {
    let sql = "/* break_glass::is_suspended */ SELECT id FROM break_glass WHERE person_id = $1 AND finding = 'misuse' LIMIT 1";
    Ok(tx.opt::<(Uuid,)>(sql, args![person]).await?.is_some())
}

/// Holds the person's row until the end of the act, so that opening and a finding of misuse cannot cross.
pub async fn hold(tx: &mut Draft, person: PersonId) -> Result<(), DbError> {
    tx.exec("/* break_glass::hold */ UPDATE person SET disabled_at = disabled_at WHERE id = $1", args![person]).await?;
    Ok(())
}

/// The view of a case that a person has open already: a second one would only make it longer.
pub async fn live(tx: &Reader, case: CaseId, person: PersonId, now: Timestamp) -> Result<Option<Uuid>, DbError> {
    let sql = "/* break_glass::live unscoped: one's own */ SELECT id FROM break_glass WHERE case_id = $1 AND person_id = $2 AND ends_at > $3 LIMIT 1";
    Ok(tx.opt::<(Uuid,)>(sql, args![case, person, now]).await?.map(|(id,)| id))
}

/// A question that found nobody. How many there were since `since`, this one with it.
pub async fn missed(
    tx: &mut Draft,
    mint: &Mint,
    id: Uuid,
    person: PersonId,
    reason: &str,
    now: Timestamp,
) -> Result<(), DbError> {
    let sql =
        "/* break_glass::missed */ INSERT INTO break_glass_miss (id, person_id, at, reason) VALUES ($1, $2, $3, $4)";
    // There is no case whose key could seal it.
    let key = sealing::key_for(tx, mint, person.0, sealing::AREA, now).await?;
    tx.exec(sql, args![id, person, now, key.seal(MISSED, id, reason)]).await?;
    Ok(())
}

pub async fn misses(tx: &Reader, person: PersonId, since: Timestamp) -> Result<i64, DbError> {
    let sql = "/* break_glass::misses */ SELECT COUNT(*) FROM break_glass_miss WHERE person_id = $1 AND at >= $2";
    Ok(tx.one::<(i64,)>(sql, args![person, since]).await?.0)
}

/// Opens the record until it ends by itself. False: the case was closed a moment ago.
#[expect(clippy::too_many_arguments, reason = "the columns of one opening")]
pub async fn open(
    tx: &mut Draft,
    mint: &Mint,
    id: Uuid,
    case: CaseId,
    actor: &Actor,
    reason: &str,
    at: Timestamp,
    review_due: Timestamp,
) -> Result<bool, DbError> {
    let hold = "/* break_glass::open */ UPDATE child_case SET version = version WHERE id = $1 AND status <> 'closed'";
    if tx.exec(hold, args![case]).await? == 0 {
        return Ok(false);
    }
    let ends = model::ends(at);
    let sql = "/* break_glass::open */
        INSERT INTO break_glass (id, case_id, person_id, seat_id, reason, at, ends_at, review_due) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let reason = crate::case::key(tx, mint, case, at).await?.seal(REASON, id, reason);
    tx.exec(sql, args![id, case, actor.person, actor.seat, reason, at, ends, review_due]).await?;
    let sql = "/* break_glass::open */
        INSERT INTO case_access (case_id, subject_id, relation, basis, since, until) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (case_id, subject_id, relation, since) DO UPDATE SET basis = excluded.basis, until = excluded.until";
    let basis = format!("break_glass:{id}");
    tx.exec(sql, args![case, actor.subject(), Relation::Emergency, basis, at, ends]).await?;
    tx.announce("case", case);
    Ok(true)
}

/// After a finding of misuse: everything that this person has open in an emergency ends.
pub async fn end_all(tx: &mut Draft, person: PersonId, now: Timestamp) -> Result<(), DbError> {
    tx.exec(
        "/* break_glass::end_all */ UPDATE break_glass SET ends_at = $2 WHERE person_id = $1 AND ends_at > $2",
        args![person, now],
    )
    .await?;
    let sql = "/* break_glass::end_all */ UPDATE case_access SET until = $2 WHERE subject_id = $1 AND relation = 'emergency' AND until > $2";
    tx.exec(sql, args![person, now]).await?;
    tx.announce("subject", person);
    Ok(())
}

/// Whoever opened it has seen enough.
pub async fn end(tx: &mut Draft, view: &View, now: Timestamp) -> Result<(), DbError> {
    tx.exec(
        "/* break_glass::end */ UPDATE break_glass SET ends_at = $2 WHERE id = $1 AND ends_at > $2",
        args![view.id, now],
    )
    .await?;
    let sql =
        "/* break_glass::end */ UPDATE case_access SET until = $2 WHERE case_id = $1 AND basis = $3 AND until > $2";
    tx.exec(sql, args![view.case_id, now, format!("break_glass:{}", view.id)]).await?;
    tx.announce("subject", view.person_id);
    Ok(())
}

pub async fn view(tx: &Reader, id: Uuid) -> Result<Option<View>, DbError> {
    let sql = "/* break_glass::view unscoped: the page decides before anything is shown */
        SELECT b.id, b.case_id, b.person_id, p.name AS person, s.role, o.name AS place, b.reason, b.at, b.ends_at, b.review_due, b.reviewed_at,
               r.name AS reviewer, b.finding, b.note, c.municipality, c.fiscal_year, c.number
          FROM break_glass b JOIN person p ON p.id = b.person_id JOIN seat s ON s.id = b.seat_id JOIN organisation o ON o.id = s.organisation_id
          JOIN child_case c ON c.id = b.case_id LEFT JOIN person r ON r.id = b.reviewed_by WHERE b.id = $1";
    let Some(kept) = tx.opt::<Kept>(sql, args![id]).await? else { return Ok(None) };
    let key = sealing::key_of(tx, kept.case_id.0).await?;
    Ok(Some(kept.open(key.as_ref())?))
}

/// What somebody opened, the newest first.
pub async fn own(tx: &Reader, person: PersonId) -> Result<Vec<View>, DbError> {
    let sql = "/* break_glass::own unscoped: one's own openings, without names */
        SELECT b.id, b.case_id, b.person_id, p.name AS person, s.role, o.name AS place, b.reason, b.at, b.ends_at, b.review_due, b.reviewed_at,
               r.name AS reviewer, b.finding, b.note, c.municipality, c.fiscal_year, c.number
          FROM break_glass b JOIN person p ON p.id = b.person_id JOIN seat s ON s.id = b.seat_id JOIN organisation o ON o.id = s.organisation_id
          JOIN child_case c ON c.id = b.case_id LEFT JOIN person r ON r.id = b.reviewed_by
         WHERE b.person_id = $1 ORDER BY b.at DESC, b.id DESC LIMIT 20";
    let rows: Vec<Kept> = tx.all(sql, args![person]).await?;
    let sql = "/* break_glass::own unscoped: keys of the cases that one opened */
        SELECT k.owner_id, k.wrapped, m.id AS master_id, m.tenant, m.wrapped AS master FROM sealing_key k JOIN master_key m ON m.id = k.master_id
         WHERE k.owner_id IN (SELECT case_id FROM break_glass WHERE person_id = $1)";
    let keys: Vec<OwnedKey> = tx.all(sql, args![person]).await?;
    let open = |k: OwnedKey| {
        let wrapped = Wrapped { wrapped: k.wrapped, master_id: k.master_id, tenant: k.tenant, master: k.master };
        Ok((k.owner_id, sealing::unwrapped(tx, k.owner_id, &wrapped)?))
    };
    let keys: HashMap<Uuid, DataKey> = keys.into_iter().map(open).collect::<Result<_, DbError>>()?;
    let clear = |kept: Kept| {
        let key = keys.get(&kept.case_id.0);
        kept.open(key)
    };
    rows.into_iter().map(clear).collect()
}

/// The first finding counts, and after it only what a privacy officer finds again. False where nothing was changed.
pub async fn reviewed(
    tx: &mut Draft,
    mint: &Mint,
    view: &View,
    actor: &Actor,
    review: &Review,
    again: bool,
    now: Timestamp,
) -> Result<bool, DbError> {
    let sql = "/* break_glass::reviewed */
        UPDATE break_glass SET reviewed_at = $2, reviewed_by = $3, finding = $4, note = $5
         WHERE id = $1 AND person_id <> $3 AND (reviewed_at IS NULL OR $6)";
    let note = crate::case::key(tx, mint, view.case_id, now).await?.seal(NOTE, view.id, &review.note);
    Ok(tx.exec(sql, args![view.id, now, actor.person, review.finding, note, again]).await? == 1)
}

/// The seat of the privacy officers of a municipality, where somebody sits who can be told.
pub async fn privacy_seat(tx: &Reader, m: Municipality, now: Timestamp) -> Result<Option<SeatId>, DbError> {
    let Some(seat) = area::seat_of(tx, m, Role::Privacy).await? else { return Ok(None) };
    let sql = "/* break_glass::privacy_seat */
        SELECT a.person_id FROM account_subject a JOIN person p ON p.id = a.person_id AND p.disabled_at IS NULL
         WHERE a.subject_id = $1 AND a.since <= $2 AND (a.until IS NULL OR a.until > $2) LIMIT 1";
    Ok(tx.opt::<(PersonId,)>(sql, args![seat, now]).await?.map(|_| seat))
}
