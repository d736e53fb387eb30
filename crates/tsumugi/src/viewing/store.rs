//! SQL of who can see a case and who did.

use super::model::Line;
use crate::{
    account::Actor,
    case,
    journal::Draft,
    policy::{Relation, Role, Seen},
    sealing,
};
use platform::{
    Timestamp, Uuid, args,
    db::{DbError, Reader},
    id::{CaseId, Mint, PersonId, SubjectId},
    row,
};

/// More holders than this have no place on a page; the page says so.
pub const HOLDERS: i64 = 300;

row! {
    /// One live or ended reason to see a case.
    pub struct Holder {
        pub subject_id: SubjectId, pub relation: Relation, pub basis: String, pub since: Timestamp, pub until: Option<Timestamp>,
        pub person: Option<String>, pub role: Option<Role>, pub place: Option<String>,
    }
    /// A person who has a subject now: themselves or by a seat.
    pub struct Sitter { pub subject_id: SubjectId, pub person_id: PersonId, pub name: String }
}

/// Live reasons (`ended` false), or the newest ended ones.
pub async fn holders(tx: &Reader, seen: &Seen, now: Timestamp, ended: bool) -> Result<Vec<Holder>, DbError> {
    let live = "/* viewing::holders unscoped: takes Seen */
        SELECT a.subject_id, a.relation, a.basis, a.since, a.until, p.name AS person, s.role, o.name AS place
          FROM case_access a LEFT JOIN person p ON p.id = a.subject_id LEFT JOIN seat s ON s.id = a.subject_id
          LEFT JOIN organisation o ON o.id = s.organisation_id
         WHERE a.case_id = $1 AND a.since <= $2 AND (a.until IS NULL OR a.until > $2)
           AND NOT EXISTS (SELECT 1 FROM case_exclusion x WHERE x.person_id = a.subject_id AND x.case_id = a.case_id AND x.until IS NULL)
         ORDER BY a.since, a.subject_id LIMIT $3";
    let past = "/* viewing::holders unscoped: takes Seen */
        SELECT a.subject_id, a.relation, a.basis, a.since, a.until, p.name AS person, s.role, o.name AS place
          FROM case_access a LEFT JOIN person p ON p.id = a.subject_id LEFT JOIN seat s ON s.id = a.subject_id
          LEFT JOIN organisation o ON o.id = s.organisation_id
         WHERE a.case_id = $1 AND a.until <= $2 ORDER BY a.until DESC, a.subject_id LIMIT $3";
    tx.all(if ended { past } else { live }, args![seen.case(), now, if ended { 50 } else { HOLDERS }]).await
}

/// Who sits on the seats that see the case now. A person who is stopped sees nothing.
pub async fn sitters(tx: &Reader, seen: &Seen, now: Timestamp) -> Result<Vec<Sitter>, DbError> {
    let sql = "/* viewing::sitters unscoped: takes Seen */
        SELECT DISTINCT s.subject_id, p.id AS person_id, p.name, p.kana FROM case_access a
          CROSS JOIN account_subject s JOIN person p ON p.id = s.person_id AND p.disabled_at IS NULL
         WHERE s.subject_id = a.subject_id AND s.since <= $2 AND (s.until IS NULL OR s.until > $2) AND a.case_id = $1
           AND NOT EXISTS (SELECT 1 FROM case_exclusion x WHERE x.person_id = p.id AND x.case_id = a.case_id AND x.until IS NULL)
           AND a.since <= $2 AND (a.until IS NULL OR a.until > $2) ORDER BY p.kana, p.id LIMIT 1000";
    tx.all(sql, args![seen.case(), now]).await
}

row! {
    /// Somebody for whom the case does not exist.
    pub struct KeptExclusion { pub id: Uuid, pub person_id: PersonId, pub person: String, pub reason: Vec<u8>, pub setter: String, pub since: Timestamp, pub until: Option<Timestamp> }
}

const EXCLUDED: &str = "case_exclusion.reason";

/// An exclusion, with its reason in clear.
#[derive(Clone, Debug)]
pub struct Exclusion {
    kept: KeptExclusion,
    pub reason: String,
}

impl std::ops::Deref for Exclusion {
    type Target = KeptExclusion;
    fn deref(&self) -> &KeptExclusion {
        &self.kept
    }
}

/// Exclusions, those that count first, then the ended ones.
pub async fn exclusions(tx: &Reader, seen: &Seen) -> Result<Vec<Exclusion>, DbError> {
    let sql = "/* viewing::exclusions unscoped: takes Seen */
        SELECT e.id, e.person_id, p.name AS person, e.reason, s.name AS setter, e.since, e.until
          FROM case_exclusion e JOIN person p ON p.id = e.person_id JOIN person s ON s.id = e.set_by
         WHERE e.case_id = $1 ORDER BY e.until DESC NULLS FIRST, e.since DESC, e.id LIMIT 50";
    let rows: Vec<KeptExclusion> = tx.all(sql, args![seen.case()]).await?;
    let key = sealing::key_if(tx, seen.case().0, !rows.is_empty()).await?;
    let clear = |kept: KeptExclusion| {
        let reason = sealing::text(key.as_ref(), EXCLUDED, kept.id, Some(&kept.reason))?;
        Ok(Exclusion { kept, reason })
    };
    rows.into_iter().map(clear).collect()
}

/// From now on the case does not exist for the person.
#[expect(clippy::too_many_arguments, reason = "the columns of one exclusion")]
pub async fn exclude(
    tx: &mut Draft,
    mint: &Mint,
    id: Uuid,
    seen: &Seen,
    person: PersonId,
    reason: &str,
    by: &Actor,
    now: Timestamp,
) -> Result<(), DbError> {
    let sql = "/* viewing::exclude */ INSERT INTO case_exclusion (id, case_id, person_id, reason, set_by, since) VALUES ($1, $2, $3, $4, $5, $6)";
    let reason = case::key(tx, mint, seen.case(), now).await?.seal(EXCLUDED, id, reason);
    tx.exec(sql, args![id, seen.case(), person, reason, by.person, now]).await?;
    tx.announce("subject", person);
    tx.announce("case", seen.case());
    Ok(())
}

/// Takes an exclusion back; false where it had ended.
pub async fn readmit(tx: &mut Draft, id: Uuid, seen: &Seen, by: &Actor, now: Timestamp) -> Result<bool, DbError> {
    let sql = "/* viewing::readmit */ UPDATE case_exclusion SET until = $3, ended_by = $4 WHERE id = $1 AND case_id = $2 AND until IS NULL";
    Ok(tx.exec(sql, args![id, seen.case(), now, by.person]).await? == 1)
}

/// Staff of any organisation by a piece of the name, to be excluded before they ever see the case.
pub async fn staff(tx: &Reader, text: &str, now: Timestamp) -> Result<Vec<(PersonId, String, String)>, DbError> {
    let sql = "/* viewing::staff */
        SELECT DISTINCT p.id, p.name, o.name AS place FROM person p
          JOIN account_subject a ON a.person_id = p.id AND a.since <= $2 AND (a.until IS NULL OR a.until > $2)
          JOIN seat s ON s.id = a.subject_id AND s.role <> 'family' JOIN organisation o ON o.id = s.organisation_id
         WHERE p.disabled_at IS NULL AND p.name LIKE $1 ORDER BY p.name, p.id LIMIT 20";
    tx.all(sql, args![format!("%{}%", text.replace(['%', '_'], "")), now]).await
}

/// What a guardian may read of the journal: who looked and who worked for the child. Emergencies that were told to somebody
/// else, reviews, moves between staff and what another guardian did are not in it.
pub async fn log_of_family(
    tx: &Reader,
    case: CaseId,
    guardian: PersonId,
    limit: i64,
    offset: i64,
) -> Result<Vec<Line>, DbError> {
    let sql = "/* viewing::log_of_family unscoped: the pages of the family ask first */
        SELECT j.id, j.at, j.kind, j.act, j.basis, NULLIF(j.purpose, '') AS purpose, j.person_id, p.name, s.role, o.name AS place
          FROM journal j LEFT JOIN person p ON p.id = j.person_id LEFT JOIN seat s ON s.id = j.seat_id
          LEFT JOIN organisation o ON o.id = s.organisation_id
         WHERE j.case_id = $1 AND (j.basis <> 'guardian' OR j.person_id = $2)
           AND j.act IN ('case.read', 'case.open', 'case.edit', 'timeline.append', 'timeline.correct', 'team.manage', 'consent.record', 'consent.withdraw',
               'referral.read', 'referral.send', 'referral.log', 'referral.answer', 'referral.answer_by_link', 'viewing.read', 'break_glass.use',
               'break_glass.read', 'family.read', 'document.read', 'document.add', 'document.remove', 'history.read', 'case.relocate', 'case.receive_relocation')
         ORDER BY j.at DESC, j.id DESC LIMIT $3 OFFSET $4";
    tx.all(sql, args![case, guardian, limit, offset]).await
}

/// The journal of a case, the newest first. `kind`: "read", "act" or "" for both.
pub async fn log(tx: &Reader, case: CaseId, kind: &str, limit: i64, offset: i64) -> Result<Vec<Line>, DbError> {
    let sql = "/* viewing::log unscoped: the pages of a case and of its family ask first */
        SELECT j.id, j.at, j.kind, j.act, j.basis, NULLIF(j.purpose, '') AS purpose, j.person_id, p.name, s.role, o.name AS place
          FROM journal j LEFT JOIN person p ON p.id = j.person_id LEFT JOIN seat s ON s.id = j.seat_id
          LEFT JOIN organisation o ON o.id = s.organisation_id
         WHERE j.case_id = $1 AND ($2 = '' OR j.kind = $2) ORDER BY j.at DESC, j.id DESC LIMIT $3 OFFSET $4";
    tx.all(sql, args![case, kind, limit, offset]).await
}
