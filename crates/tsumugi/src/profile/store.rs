//! SQL of profiles.

use super::{
    due::{self, DueKind},
    parts,
};
use crate::{
    case,
    journal::Draft,
    policy::{Category, Seen},
    questionnaire::{Part, Row},
    sealing::{self, DataKey},
    waiting::{self, Item, ObjectKind},
};
use platform::{
    Date, Timestamp, Uuid, args,
    db::{DbError, Reader},
    form::Fields,
    id::{CaseId, Mint, PersonId},
    row,
};

const BODY: &str = "profile_part.body";

row! {
    /// A version of a part as the database keeps it.
    pub struct Kept {
        pub id: Uuid, pub part: String, pub version: i64, pub body: Option<Vec<u8>>, pub writer: String, pub written_at: Timestamp,
        pub checker: String, pub checked_at: Timestamp,
    }
}

/// A version of a part with what it says.
#[derive(Clone, Debug)]
pub struct Version {
    kept: Kept,
    pub part: &'static Part,
    pub rows: Vec<Row>,
}

impl std::ops::Deref for Version {
    type Target = Kept;
    fn deref(&self) -> &Kept {
        &self.kept
    }
}

/// What a part says, opened; None for a part that this version of the product does not know.
fn opened(kept: Kept, key: Option<&DataKey>) -> Result<Option<Version>, DbError> {
    let Some((part, _)) = parts::part_of(&kept.part) else { return Ok(None) };
    let body = sealing::text(key, BODY, kept.id, kept.body.as_deref())?;
    Ok(Some(Version { rows: part.from_fields(&Fields::parse(body.as_bytes())), part, kept }))
}

/// The newest version of every part that the actor sees.
pub async fn current(tx: &Reader, seen: &Seen) -> Result<Vec<Version>, DbError> {
    standing(tx, seen, |part| seen.shows(part)).await
}

/// What an emergency view shows: the medical parts, whoever agreed to what（権限の設計 A14）.
pub async fn medical(tx: &Reader, seen: &Seen) -> Result<Vec<Version>, DbError> {
    standing(tx, seen, |part| part == Category::Care).await
}

async fn standing(tx: &Reader, seen: &Seen, shows: impl Fn(Category) -> bool) -> Result<Vec<Version>, DbError> {
    let sql = "/* profile::standing unscoped: takes Seen */
        SELECT v.id, v.part, v.version, v.body, w.name AS writer, v.written_at, c.name AS checker, v.checked_at
          FROM profile_part v JOIN person w ON w.id = v.written_by JOIN person c ON c.id = v.checked_by
         WHERE v.case_id = $1 AND v.superseded_at IS NULL ORDER BY v.part LIMIT 50";
    let kept: Vec<Kept> = tx.all(sql, args![seen.case()]).await?;
    let kept: Vec<Kept> = kept.into_iter().filter(|k| parts::part_of(&k.part).is_some_and(|(_, c)| shows(c))).collect();
    let key = sealing::key_if(tx, seen.case().0, !kept.is_empty()).await?;
    let opened: Result<Vec<Option<Version>>, DbError> = kept.into_iter().map(|k| opened(k, key.as_ref())).collect();
    Ok(opened?.into_iter().flatten().collect())
}

/// Versions of one part that the actor sees, the newest first.
pub async fn versions(tx: &Reader, seen: &Seen, part: &Part, limit: i64, offset: i64) -> Result<Vec<Version>, DbError> {
    let sql = "/* profile::versions unscoped: takes Seen */
        SELECT v.id, v.part, v.version, v.body, w.name AS writer, v.written_at, c.name AS checker, v.checked_at
          FROM profile_part v JOIN person w ON w.id = v.written_by JOIN person c ON c.id = v.checked_by
         WHERE v.case_id = $1 AND v.part = $2 ORDER BY v.version DESC LIMIT $3 OFFSET $4";
    let kept: Vec<Kept> = tx.all(sql, args![seen.case(), part.code, limit, offset]).await?;
    let key = sealing::key_if(tx, seen.case().0, !kept.is_empty()).await?;
    let opened: Result<Vec<Option<Version>>, DbError> = kept.into_iter().map(|k| opened(k, key.as_ref())).collect();
    Ok(opened?.into_iter().flatten().collect())
}

/// A new version of a part of a case whose row is held, with the days that it has to watch.
#[expect(clippy::too_many_arguments, reason = "the columns of one version")]
pub async fn write(
    tx: &mut Draft,
    mint: &Mint,
    case: CaseId,
    part: &Part,
    before: i64,
    rows: &[Row],
    by: PersonId,
    now: Timestamp,
) -> Result<Uuid, DbError> {
    let (id, key) = (mint.uuid(now), case::key(tx, mint, case, now).await?);
    let sql = "/* profile::write */
        UPDATE profile_part SET superseded_at = $3 WHERE case_id = $1 AND part = $2 AND superseded_at IS NULL";
    tx.exec(sql, args![case, part.code, now]).await?;
    let sql = "/* profile::write */
        INSERT INTO profile_part (id, case_id, part, version, body, written_by, written_at, checked_by, checked_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $6, $7)";
    let body = key.seal(BODY, id, &part.to_fields(rows).encode());
    tx.exec(sql, args![id, case, part.code, before + 1, body, by, now]).await?;
    if let Some(kind) = DueKind::of(part) {
        watch(tx, mint, case, kind, due::days(part, rows), now).await?;
    }
    tx.announce("case", case);
    Ok(id)
}

/// Keeps the watched days of one kind as they are now. A day that stays keeps the age of what waits for it.
pub async fn watch(
    tx: &mut Draft,
    mint: &Mint,
    case: CaseId,
    kind: DueKind,
    mut wanted: Vec<Date>,
    now: Timestamp,
) -> Result<(), DbError> {
    let sql = "/* profile::watch unscoped: the part of the case that the actor just wrote */
        SELECT id, due_on FROM profile_due WHERE case_id = $1 AND kind = $2 LIMIT 200";
    let kept: Vec<(Uuid, Date)> = tx.all(sql, args![case, kind]).await?;
    for (id, day) in kept {
        if let Some(at) = wanted.iter().position(|w| *w == day) {
            wanted.swap_remove(at);
            continue;
        }
        waiting::clear(tx, id, kind.waiting()).await?;
        tx.exec("/* profile::watch */ DELETE FROM profile_due WHERE id = $1", args![id]).await?;
    }
    for day in wanted {
        let sql = "/* profile::watch */ INSERT INTO profile_due (id, case_id, kind, due_on) VALUES ($1, $2, $3, $4)";
        tx.exec(sql, args![mint.uuid(now), case, kind, day]).await?;
    }
    Ok(())
}

/// Somebody looked at the newest version of a part and found it right. False: it is not the newest any more.
pub async fn check(
    tx: &mut Draft,
    case: CaseId,
    part: &Part,
    version: i64,
    by: PersonId,
    now: Timestamp,
) -> Result<bool, DbError> {
    let sql = "/* profile::check */
        UPDATE profile_part SET checked_by = $4, checked_at = $5 WHERE case_id = $1 AND part = $2 AND version = $3 AND superseded_at IS NULL";
    Ok(tx.exec(sql, args![case, part.code, version, by, now]).await? > 0)
}

row! {
    #[derive(PartialEq, Eq)]
    /// A watched day that is near, with what already waits for it.
    pub struct Near {
        pub id: Uuid, pub case_id: CaseId, pub due_on: Date, pub lead_id: PersonId, pub closed: bool,
    }
}

/// The watched days of one kind until `until` that do not wait yet as they should, at most 1,000.
pub async fn near(tx: &Reader, kind: DueKind, until: Date, only: Option<Uuid>) -> Result<Vec<Near>, DbError> {
    let sql = "/* profile::near unscoped: the clock reminds the lead */
        SELECT d.id, d.case_id, d.due_on, c.lead_id, c.status = 'closed' AS closed
          FROM profile_due d JOIN child_case c ON c.id = d.case_id
         WHERE d.kind = $1 AND d.due_on <= $2 AND (CAST($3 AS UUID) IS NULL OR d.id = $3)
           AND (c.status = 'closed') = EXISTS (SELECT 1 FROM waiting w WHERE w.object_id = d.id)
         ORDER BY d.due_on, d.id LIMIT 1000";
    tx.all(sql, args![kind, until, only]).await
}

/// Puts a watched day before the lead.
pub async fn put_before(
    tx: &mut Draft,
    mint: &Mint,
    near: &Near,
    kind: DueKind,
    due: Timestamp,
    now: Timestamp,
) -> Result<(), DbError> {
    let item = Item {
        kind: kind.waiting(),
        subject: near.lead_id.into(),
        object_kind: ObjectKind::Profile,
        object: near.id,
        case: Some(near.case_id),
        waits_for: "",
        due,
    };
    waiting::put(tx, mint, now, item).await
}
