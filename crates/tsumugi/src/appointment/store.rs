//! SQL of appointments. A protected child's are not kept: when and where it is must stand nowhere（権限の設計 D4）.

use super::model::{AppointmentKind, New, parts};
use crate::{
    account::Actor,
    case,
    journal::Draft,
    policy::{Category, Seen},
    sealing::{self, DataKey},
};
use platform::{
    Timestamp, Uuid, args,
    db::{DbError, Reader},
    id::{CaseId, Mint, OrganisationId, PersonId},
    row,
};

row! {
    pub struct Kept {
        pub id: Uuid, pub kind: AppointmentKind, pub starts_at: Timestamp, pub minutes: i64, pub content: Vec<u8>, pub for_family: bool,
        pub made_by: PersonId, pub maker: String, pub organisation_id: OrganisationId, pub agency: String, pub cancelled_at: Option<Timestamp>, pub version: i64,
    }
    /// An appointment of one's own, without what was agreed: that is read on the page of the child.
    pub struct Own {
        pub case_id: CaseId, pub kind: AppointmentKind, pub starts_at: Timestamp, pub minutes: i64, pub child_name: String, pub child_kana: String,
    }
}

/// An appointment with its words.
#[derive(Clone, Debug)]
pub struct Appointment {
    kept: Kept,
    pub what: String,
    pub place: String,
    pub note: String,
}

impl std::ops::Deref for Appointment {
    type Target = Kept;
    fn deref(&self) -> &Kept {
        &self.kept
    }
}

const CONTENT: &str = "appointment.content";

fn opened(kept: Vec<Kept>, key: Option<&DataKey>) -> Result<Vec<Appointment>, DbError> {
    let open = |kept: Kept| {
        let (what, place, note) = parts(&sealing::text(key, CONTENT, kept.id, Some(&kept.content))?);
        Ok(Appointment { kept, what, place, note })
    };
    kept.into_iter().map(open).collect()
}

/// What comes from `from` on, the next first, those that were called off among them; of other agencies only where the plan may be seen.
pub async fn coming(tx: &Reader, seen: &Seen, from: Timestamp, limit: i64) -> Result<Vec<Appointment>, DbError> {
    some(tx, seen, (from, limit), (false, seen.only_of(Category::Plan))).await
}

/// The same as a guardian is shown it: what was meant for the family, of every agency.
pub async fn for_family(tx: &Reader, seen: &Seen, from: Timestamp) -> Result<Vec<Appointment>, DbError> {
    some(tx, seen, (from, 10), (true, None)).await
}

async fn some(
    tx: &Reader,
    seen: &Seen,
    (from, limit): (Timestamp, i64),
    (family, own): (bool, Option<OrganisationId>),
) -> Result<Vec<Appointment>, DbError> {
    let sql = "/* appointment::some unscoped: takes Seen */
        SELECT a.id, a.kind, a.starts_at, a.minutes, a.content, a.for_family, a.made_by, p.name AS maker, a.organisation_id, o.name AS agency,
               a.cancelled_at, a.version
          FROM appointment a JOIN person p ON p.id = a.made_by JOIN organisation o ON o.id = a.organisation_id
         WHERE a.case_id = $1 AND a.starts_at >= $2 AND ($5 = FALSE OR a.for_family) AND (CAST($4 AS UUID) IS NULL OR a.organisation_id = $4)
           AND NOT EXISTS (SELECT 1 FROM protection x WHERE x.case_id = $1 AND x.ended_at IS NULL)
         ORDER BY a.starts_at, a.id LIMIT $3";
    let kept = tx.all(sql, args![seen.case(), from, limit, own, family]);
    let (kept, key) = tokio::join!(kept, sealing::key_of(tx, seen.case().0));
    opened(kept?, key?.as_ref())
}

/// What was, the newest first.
pub async fn past(tx: &Reader, seen: &Seen, to: Timestamp, limit: i64) -> Result<Vec<Appointment>, DbError> {
    let sql = "/* appointment::past unscoped: takes Seen */
        SELECT a.id, a.kind, a.starts_at, a.minutes, a.content, a.for_family, a.made_by, p.name AS maker, a.organisation_id, o.name AS agency,
               a.cancelled_at, a.version
          FROM appointment a JOIN person p ON p.id = a.made_by JOIN organisation o ON o.id = a.organisation_id
         WHERE a.case_id = $1 AND a.starts_at < $2 AND (CAST($4 AS UUID) IS NULL OR a.organisation_id = $4)
           AND NOT EXISTS (SELECT 1 FROM protection x WHERE x.case_id = $1 AND x.ended_at IS NULL)
         ORDER BY a.starts_at DESC, a.id DESC LIMIT $3";
    let kept = tx.all(sql, args![seen.case(), to, limit, seen.only_of(Category::Plan)]);
    let (kept, key) = tokio::join!(kept, sealing::key_of(tx, seen.case().0));
    opened(kept?, key?.as_ref())
}

/// One appointment of the case that may still be changed.
pub async fn find(tx: &Reader, seen: &Seen, id: Uuid) -> Result<Option<Appointment>, DbError> {
    let sql = "/* appointment::find unscoped: takes Seen */
        SELECT a.id, a.kind, a.starts_at, a.minutes, a.content, a.for_family, a.made_by, p.name AS maker, a.organisation_id, o.name AS agency,
               a.cancelled_at, a.version
          FROM appointment a JOIN person p ON p.id = a.made_by JOIN organisation o ON o.id = a.organisation_id
         WHERE a.id = $2 AND a.case_id = $1 AND (CAST($3 AS UUID) IS NULL OR a.organisation_id = $3)
           AND NOT EXISTS (SELECT 1 FROM protection x WHERE x.case_id = $1 AND x.ended_at IS NULL)";
    let kept = tx.all(sql, args![seen.case(), id, seen.only_of(Category::Plan)]);
    let (kept, key) = tokio::join!(kept, sealing::key_of(tx, seen.case().0));
    Ok(opened(kept?, key?.as_ref())?.pop())
}

/// What the actor has agreed with families of children that they see, from `from` until just before `to`.
pub async fn own(
    tx: &Reader,
    actor: &Actor,
    (from, to): (Timestamp, Timestamp),
    now: Timestamp,
) -> Result<Vec<Own>, DbError> {
    let sql = "/* appointment::own */
        SELECT a.case_id, a.kind, a.starts_at, a.minutes, c.child_name, c.child_kana FROM appointment a JOIN child_case c ON c.id = a.case_id
         WHERE a.made_by = $1 AND a.starts_at >= $2 AND a.starts_at < $3 AND a.cancelled_at IS NULL AND c.status <> 'closed'
           AND EXISTS (SELECT 1 FROM case_access v JOIN account_subject s ON s.subject_id = v.subject_id AND s.person_id = $1 AND s.since <= $4 AND (s.until IS NULL OR s.until > $4)
                        WHERE v.case_id = a.case_id AND v.since <= $4 AND (v.until IS NULL OR v.until > $4))
           AND NOT EXISTS (SELECT 1 FROM case_exclusion x WHERE x.person_id = $1 AND x.case_id = a.case_id AND x.until IS NULL)
           AND NOT EXISTS (SELECT 1 FROM protection x WHERE x.case_id = a.case_id AND x.ended_at IS NULL)
         ORDER BY a.starts_at, a.id LIMIT 20";
    tx.all(sql, args![actor.person, from, to, now]).await
}

pub async fn make(
    tx: &mut Draft,
    mint: &Mint,
    id: Uuid,
    seen: &Seen,
    by: &Actor,
    new: &New,
    now: Timestamp,
) -> Result<(), DbError> {
    let sql = "/* appointment::make */
        INSERT INTO appointment (id, case_id, kind, starts_at, minutes, content, for_family, made_by, organisation_id, made_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let content = case::key(tx, mint, seen.case(), now).await?.seal(CONTENT, id, &new.content());
    tx.exec(
        sql,
        args![
            id,
            seen.case(),
            new.kind,
            new.starts_at,
            new.minutes,
            content,
            new.for_family,
            by.person,
            by.organisation,
            now
        ],
    )
    .await?;
    tx.announce("case", seen.case());
    Ok(())
}

/// Changes what was agreed. False: somebody changed it or called it off first.
pub async fn change(
    tx: &mut Draft,
    mint: &Mint,
    seen: &Seen,
    (id, version): (Uuid, i64),
    new: &New,
    now: Timestamp,
) -> Result<bool, DbError> {
    let sql = "/* appointment::change */
        UPDATE appointment SET kind = $4, starts_at = $5, minutes = $6, content = $7, for_family = $8, version = version + 1
         WHERE id = $1 AND case_id = $2 AND version = $3 AND cancelled_at IS NULL";
    let content = case::key(tx, mint, seen.case(), now).await?.seal(CONTENT, id, &new.content());
    let values = args![id, seen.case(), version, new.kind, new.starts_at, new.minutes, content, new.for_family];
    let changed = tx.exec(sql, values).await? == 1;
    tx.announce("case", seen.case());
    Ok(changed)
}

/// Calls it off; it stays in sight. False: it was called off, or is over.
pub async fn cancel(tx: &mut Draft, seen: &Seen, id: Uuid, by: &Actor, now: Timestamp) -> Result<bool, DbError> {
    let sql = "/* appointment::cancel */
        UPDATE appointment SET cancelled_at = $3, cancelled_by = $4, version = version + 1
         WHERE id = $1 AND case_id = $2 AND cancelled_at IS NULL AND starts_at > $3";
    let done = tx.exec(sql, args![id, seen.case(), now, by.person]).await? == 1;
    tx.announce("case", seen.case());
    Ok(done)
}
