//! SQL of the timeline.

use super::model::{EntryKind, New};
use crate::{
    account::Actor,
    area::PaidBy,
    case,
    journal::Draft,
    policy::{Category, Seen},
};
use platform::{
    Timestamp, args,
    db::{DbError, Reader},
    id::{EntryId, OrganisationId, PersonId},
    japanese::fold,
    row,
    vocabulary::Vocabulary as _,
};

row! {
    pub struct Entry {
        pub id: EntryId, pub kind: EntryKind, pub happened_at: Timestamp, pub recorded_at: Timestamp, pub author_id: PersonId, pub author: String,
        pub agency: String, pub title: String, pub body: String, pub minutes: i64, pub paid_by: PaidBy, pub corrects: Option<EntryId>,
        pub readers: i64,
    }
}

/// The newest entries that nobody corrected, with the number of other agencies that have read so far.
pub async fn latest(tx: &Reader, seen: &Seen, limit: i64) -> Result<Vec<Entry>, DbError> {
    list(tx, seen, None, "", limit, 0).await
}

/// The newest observations and visits that people of a medical profession wrote, for who must act at once.
pub async fn medical(tx: &Reader, seen: &Seen, limit: i64) -> Result<Vec<Entry>, DbError> {
    let sql = "/* timeline::medical unscoped: takes Seen */
        SELECT e.id, e.kind, e.happened_at, e.recorded_at, e.author_id, p.name AS author, o.name AS agency, e.title, e.body, e.minutes, e.paid_by,
               e.corrects, CAST(0 AS BIGINT) AS readers
          FROM timeline_entry e JOIN person p ON p.id = e.author_id AND p.profession IN ('nurse', 'physician', 'therapist', 'health_nurse')
          JOIN organisation o ON o.id = e.organisation_id
         WHERE e.case_id = $1 AND e.corrected_by IS NULL AND e.kind IN ('observation', 'visit') ORDER BY e.happened_at DESC, e.id DESC LIMIT $2";
    tx.all(sql, args![seen.case(), limit]).await
}

/// A page of the timeline: all of it, or what the actor's agency wrote where nobody agreed to more; filtered by kind and by folded text. F3 is searched inside an opened case only.
pub async fn list(
    tx: &Reader,
    seen: &Seen,
    kind: Option<EntryKind>,
    text: &str,
    limit: i64,
    offset: i64,
) -> Result<Vec<Entry>, DbError> {
    let sql = "/* timeline::list unscoped: takes Seen */
        SELECT e.id, e.kind, e.happened_at, e.recorded_at, e.author_id, p.name AS author, o.name AS agency, e.title, e.body, e.minutes, e.paid_by,
               e.corrects, (SELECT COUNT(DISTINCT r.organisation_id) FROM timeline_read r
                             WHERE r.case_id = e.case_id AND r.read_up_to >= e.recorded_at AND r.organisation_id <> e.organisation_id) AS readers
          FROM timeline_entry e JOIN person p ON p.id = e.author_id JOIN organisation o ON o.id = e.organisation_id
         WHERE e.case_id = $1 AND e.corrected_by IS NULL AND ($2 = '' OR e.kind = $2) AND ($3 = '' OR e.fold LIKE $4)
           AND (CAST($7 AS UUID) IS NULL OR e.organisation_id = $7)
         ORDER BY e.happened_at DESC, e.id DESC LIMIT $5 OFFSET $6";
    let folded = fold::fold(text);
    let like = format!("%{}%", folded.replace(['%', '_'], ""));
    let own = seen.only_of(Category::Plan);
    tx.all(sql, args![seen.case(), kind.map_or("", |k| k.code()), folded, like, limit, offset, own]).await
}

/// One entry, the replaced ones as well.
pub async fn find(tx: &Reader, seen: &Seen, id: EntryId) -> Result<Option<Entry>, DbError> {
    let sql = "/* timeline::find unscoped: takes Seen */
        SELECT e.id, e.kind, e.happened_at, e.recorded_at, e.author_id, p.name AS author, o.name AS agency, e.title, e.body, e.minutes, e.paid_by,
               e.corrects, CAST(0 AS BIGINT) AS readers
          FROM timeline_entry e JOIN person p ON p.id = e.author_id JOIN organisation o ON o.id = e.organisation_id
         WHERE e.id = $2 AND e.case_id = $1 AND (CAST($3 AS UUID) IS NULL OR e.organisation_id = $3)";
    tx.opt(sql, args![seen.case(), id, seen.only_of(Category::Plan)]).await
}

/// Earlier texts of an entry, the newest first.
pub async fn earlier(tx: &Reader, seen: &Seen, entry: &Entry) -> Result<Vec<Entry>, DbError> {
    let mut out: Vec<Entry> = Vec::new();
    let mut next = entry.corrects;
    while let Some(id) = next {
        let Some(found) = find(tx, seen, id).await? else { break };
        next = found.corrects;
        out.push(found);
        if out.len() == 20 {
            break;
        }
    }
    Ok(out)
}

/// Adds an entry, and notes the contact for lists.
pub async fn append(
    tx: &mut Draft,
    id: EntryId,
    seen: &Seen,
    by: &Actor,
    new: &New,
    now: Timestamp,
) -> Result<(), DbError> {
    insert(tx, id, seen, by, new, None, now).await?;
    case::touch(tx, seen.case(), new.happened_at).await
}

async fn insert(
    tx: &mut Draft,
    id: EntryId,
    seen: &Seen,
    by: &Actor,
    new: &New,
    corrects: Option<EntryId>,
    now: Timestamp,
) -> Result<(), DbError> {
    let sql = "/* timeline::insert */
        INSERT INTO timeline_entry (id, case_id, kind, happened_at, recorded_at, author_id, organisation_id, title, body, minutes, paid_by, fold, corrects)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    let folded = fold::fold(&format!("{}{}", new.title, new.body));
    tx.exec(
        sql,
        args![
            id,
            seen.case(),
            new.kind,
            new.happened_at,
            now,
            by.person,
            by.organisation,
            &new.title,
            &new.body,
            new.minutes,
            new.paid_by,
            folded,
            corrects
        ],
    )
    .await?;
    tx.announce("case", seen.case());
    Ok(())
}

/// Adds the corrected text and keeps the earlier one. False: somebody corrected it first.
pub async fn correct(
    tx: &mut Draft,
    id: EntryId,
    seen: &Seen,
    by: &Actor,
    before: &Entry,
    new: &New,
    now: Timestamp,
) -> Result<bool, DbError> {
    let sql = "/* timeline::correct unscoped: takes Seen */ SELECT id FROM timeline_entry WHERE corrects = $1 AND case_id = $2";
    if tx.opt::<(EntryId,)>(sql, args![before.id, seen.case()]).await?.is_some() {
        return Ok(false);
    }
    insert(tx, id, seen, by, new, Some(before.id), now).await?;
    let sql =
        "/* timeline::correct */ UPDATE timeline_entry SET corrected_by = $2 WHERE id = $1 AND corrected_by IS NULL";
    Ok(tx.exec(sql, args![before.id, id]).await? == 1)
}

/// The newest record of a case that the actor's agency has not yet seen; None when all is read.
pub async fn unread_up_to(
    tx: &Reader,
    seen: &Seen,
    person: PersonId,
    agency: OrganisationId,
) -> Result<Option<Timestamp>, DbError> {
    let sql = "/* timeline::unread_up_to unscoped: takes Seen */
        SELECT MAX(e.recorded_at) FROM timeline_entry e
         WHERE e.case_id = $1 AND e.recorded_at > COALESCE((SELECT r.read_up_to FROM timeline_read r
               WHERE r.case_id = $1 AND r.person_id = $2 AND r.organisation_id = $3), $4)
           AND (CAST($5 AS UUID) IS NULL OR e.organisation_id = $5)";
    let (floor, own) = (Timestamp::UNIX_EPOCH, seen.only_of(Category::Plan));
    let row: Option<(Option<Timestamp>,)> = tx.opt(sql, args![seen.case(), person, agency, floor, own]).await?;
    Ok(row.and_then(|(t,)| t))
}

pub async fn mark_read(
    tx: &mut Draft,
    seen: &Seen,
    person: PersonId,
    agency: OrganisationId,
    up_to: Timestamp,
) -> Result<(), DbError> {
    let sql = "/* timeline::mark_read */
        INSERT INTO timeline_read (case_id, person_id, organisation_id, read_up_to) VALUES ($1, $2, $3, $4)
        ON CONFLICT (case_id, person_id, organisation_id) DO UPDATE SET read_up_to = excluded.read_up_to
         WHERE excluded.read_up_to > timeline_read.read_up_to";
    tx.exec(sql, args![seen.case(), person, agency, up_to]).await?;
    Ok(())
}
