//! SQL of the timeline.

use super::model::{EntryKind, New};
use crate::{
    account::Actor,
    area::PaidBy,
    case,
    journal::Draft,
    policy::{Category, Seen},
    sealing::{self, DataKey},
};
use platform::{
    Timestamp, args,
    db::{DbError, Reader},
    id::{EntryId, Mint, OrganisationId, PersonId},
    japanese::fold,
    row,
    vocabulary::Vocabulary as _,
};

row! {
    /// An entry as the database keeps it.
    pub struct Kept {
        pub id: EntryId, pub kind: EntryKind, pub happened_at: Timestamp, pub recorded_at: Timestamp, pub author_id: PersonId, pub author: String,
        pub agency: String, pub content: Vec<u8>, pub minutes: i64, pub paid_by: PaidBy, pub corrects: Option<EntryId>,
        pub readers: i64,
    }
}

/// An entry with its words.
#[derive(Clone, Debug)]
pub struct Entry {
    kept: Kept,
    pub title: String,
    pub body: String,
}

impl std::ops::Deref for Entry {
    type Target = Kept;
    fn deref(&self) -> &Kept {
        &self.kept
    }
}

const CONTENT: &str = "timeline_entry.content";

/// Entries that are read at one time while a text is looked for in them.
const SEARCHED_AT_ONCE: i64 = 500;
/// Entries of a case in which a text is looked for, the newest first.
const SEARCHED: i64 = 10_000;

fn opened(kept: Vec<Kept>, key: Option<&DataKey>) -> Result<Vec<Entry>, DbError> {
    let open = |kept: Kept| {
        let content = sealing::text(key, CONTENT, kept.id.0, Some(&kept.content))?;
        // A title is one line.
        let (title, body) = content.split_once('\n').unwrap_or((&content, ""));
        Ok(Entry { title: title.to_owned(), body: body.to_owned(), kept })
    };
    kept.into_iter().map(open).collect()
}

/// The newest entries that nobody corrected, with the number of other agencies that have read so far.
pub async fn latest(tx: &Reader, seen: &Seen, limit: i64) -> Result<Vec<Entry>, DbError> {
    list(tx, seen, None, "", limit, 0).await
}

/// The newest observations and visits that people of a medical profession wrote, for who must act at once.
pub async fn medical(tx: &Reader, seen: &Seen, limit: i64) -> Result<Vec<Entry>, DbError> {
    let sql = "/* timeline::medical unscoped: takes Seen */
        SELECT e.id, e.kind, e.happened_at, e.recorded_at, e.author_id, p.name AS author, o.name AS agency, e.content, e.minutes, e.paid_by,
               e.corrects, CAST(0 AS BIGINT) AS readers
          FROM timeline_entry e JOIN person p ON p.id = e.author_id AND p.profession IN ('nurse', 'physician', 'therapist', 'health_nurse')
          JOIN organisation o ON o.id = e.organisation_id
         WHERE e.case_id = $1 AND e.corrected_by IS NULL AND e.kind IN ('observation', 'visit') ORDER BY e.happened_at DESC, e.id DESC LIMIT $2";
    let (kept, key) = tokio::join!(tx.all(sql, args![seen.case(), limit]), sealing::key_of(tx, seen.case().0));
    opened(kept?, key?.as_ref())
}

/// A page of the timeline: all of it, or what the actor's agency wrote where nobody agreed to more; filtered by kind and by text.
/// Texts are sealed, so they are opened and looked through here, inside a case that is open.
pub async fn list(
    tx: &Reader,
    seen: &Seen,
    kind: Option<EntryKind>,
    text: &str,
    limit: i64,
    offset: i64,
) -> Result<Vec<Entry>, DbError> {
    let key = sealing::key_of(tx, seen.case().0);
    let folded = fold::fold(text);
    if folded.is_empty() {
        let (kept, key) = tokio::join!(some(tx, seen, kind, limit, offset), key);
        return opened(kept?, key?.as_ref());
    }
    let key = key.await?;
    let wanted = usize::try_from(offset.saturating_add(limit)).unwrap_or(0);
    let (mut found, mut from) = (Vec::new(), 0);
    while found.len() < wanted && from < SEARCHED {
        let entries = opened(some(tx, seen, kind, SEARCHED_AT_ONCE, from).await?, key.as_ref())?;
        let all = i64::try_from(entries.len()).unwrap_or(0) < SEARCHED_AT_ONCE;
        found.extend(entries.into_iter().filter(|e| fold::fold(&format!("{}{}", e.title, e.body)).contains(&folded)));
        from = if all { SEARCHED } else { from + SEARCHED_AT_ONCE };
    }
    let (offset, limit) = (usize::try_from(offset).unwrap_or(0), usize::try_from(limit).unwrap_or(0));
    Ok(found.into_iter().skip(offset).take(limit).collect())
}

async fn some(
    tx: &Reader,
    seen: &Seen,
    kind: Option<EntryKind>,
    limit: i64,
    offset: i64,
) -> Result<Vec<Kept>, DbError> {
    let sql = "/* timeline::some unscoped: takes Seen */
        SELECT e.id, e.kind, e.happened_at, e.recorded_at, e.author_id, p.name AS author, o.name AS agency, e.content, e.minutes, e.paid_by,
               e.corrects, (SELECT COUNT(DISTINCT r.organisation_id) FROM timeline_read r
                             WHERE r.case_id = e.case_id AND r.read_up_to >= e.recorded_at AND r.organisation_id <> e.organisation_id) AS readers
          FROM timeline_entry e JOIN person p ON p.id = e.author_id JOIN organisation o ON o.id = e.organisation_id
         WHERE e.case_id = $1 AND e.corrected_by IS NULL AND ($2 = '' OR e.kind = $2)
           AND (CAST($5 AS UUID) IS NULL OR e.organisation_id = $5)
         ORDER BY e.happened_at DESC, e.id DESC LIMIT $3 OFFSET $4";
    let own = seen.only_of(Category::Plan);
    tx.all(sql, args![seen.case(), kind.map_or("", |k| k.code()), limit, offset, own]).await
}

/// One entry, the replaced ones as well.
pub async fn find(tx: &Reader, seen: &Seen, id: EntryId) -> Result<Option<Entry>, DbError> {
    let sql = "/* timeline::find unscoped: takes Seen */
        SELECT e.id, e.kind, e.happened_at, e.recorded_at, e.author_id, p.name AS author, o.name AS agency, e.content, e.minutes, e.paid_by,
               e.corrects, CAST(0 AS BIGINT) AS readers
          FROM timeline_entry e JOIN person p ON p.id = e.author_id JOIN organisation o ON o.id = e.organisation_id
         WHERE e.id = $2 AND e.case_id = $1 AND (CAST($3 AS UUID) IS NULL OR e.organisation_id = $3)";
    let kept = tx.all(sql, args![seen.case(), id, seen.only_of(Category::Plan)]);
    let (kept, key) = tokio::join!(kept, sealing::key_of(tx, seen.case().0));
    Ok(opened(kept?, key?.as_ref())?.pop())
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
    mint: &Mint,
    id: EntryId,
    seen: &Seen,
    by: &Actor,
    new: &New,
    now: Timestamp,
) -> Result<(), DbError> {
    insert(tx, mint, id, seen, by, new, None, now).await?;
    case::touch(tx, seen.case(), new.happened_at).await
}

#[expect(clippy::too_many_arguments, reason = "the columns of one entry")]
async fn insert(
    tx: &mut Draft,
    mint: &Mint,
    id: EntryId,
    seen: &Seen,
    by: &Actor,
    new: &New,
    corrects: Option<EntryId>,
    now: Timestamp,
) -> Result<(), DbError> {
    let sql = "/* timeline::insert */
        INSERT INTO timeline_entry (id, case_id, kind, happened_at, recorded_at, author_id, organisation_id, content, minutes, paid_by, corrects)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let key = case::key(tx, mint, seen.case(), now).await?;
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
            key.seal(CONTENT, id.0, &format!("{}\n{}", new.title, new.body)),
            new.minutes,
            new.paid_by,
            corrects
        ],
    )
    .await?;
    tx.announce("case", seen.case());
    Ok(())
}

/// Adds the corrected text and keeps the earlier one. False: somebody corrected it first.
#[expect(clippy::too_many_arguments, reason = "the columns of one entry, and the one before it")]
pub async fn correct(
    tx: &mut Draft,
    mint: &Mint,
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
    insert(tx, mint, id, seen, by, new, Some(before.id), now).await?;
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
