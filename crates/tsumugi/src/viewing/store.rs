//! SQL of who can see a case and who did.

use super::model::Line;
use crate::policy::{Relation, Role, Seen};
use platform::{
    Timestamp, args,
    db::{DbError, Reader},
    id::{CaseId, SubjectId},
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
    pub struct Sitter { pub subject_id: SubjectId, pub name: String }
}

/// Live reasons (`ended` false), or the newest ended ones.
pub async fn holders(tx: &mut Reader, seen: &Seen, now: Timestamp, ended: bool) -> Result<Vec<Holder>, DbError> {
    let live = "/* viewing::holders unscoped: takes Seen */
        SELECT a.subject_id, a.relation, a.basis, a.since, a.until, p.name AS person, s.role, o.name AS place
          FROM case_access a LEFT JOIN person p ON p.id = a.subject_id LEFT JOIN seat s ON s.id = a.subject_id
          LEFT JOIN organisation o ON o.id = s.organisation_id
         WHERE a.case_id = $1 AND a.since <= $2 AND (a.until IS NULL OR a.until > $2) ORDER BY a.since, a.subject_id LIMIT $3";
    let past = "/* viewing::holders unscoped: takes Seen */
        SELECT a.subject_id, a.relation, a.basis, a.since, a.until, p.name AS person, s.role, o.name AS place
          FROM case_access a LEFT JOIN person p ON p.id = a.subject_id LEFT JOIN seat s ON s.id = a.subject_id
          LEFT JOIN organisation o ON o.id = s.organisation_id
         WHERE a.case_id = $1 AND a.until <= $2 ORDER BY a.until DESC, a.subject_id LIMIT $3";
    tx.all(if ended { past } else { live }, args![seen.case(), now, if ended { 50 } else { HOLDERS }]).await
}

/// Who sits on the seats that see the case now. A person who is stopped sees nothing.
pub async fn sitters(tx: &mut Reader, seen: &Seen, now: Timestamp) -> Result<Vec<Sitter>, DbError> {
    let sql = "/* viewing::sitters unscoped: takes Seen */
        SELECT DISTINCT x.subject_id, p.name, p.kana, p.id FROM case_access a
          CROSS JOIN account_subject x JOIN person p ON p.id = x.person_id AND p.disabled_at IS NULL
         WHERE x.subject_id = a.subject_id AND x.since <= $2 AND (x.until IS NULL OR x.until > $2) AND a.case_id = $1 AND a.since <= $2 AND (a.until IS NULL OR a.until > $2) ORDER BY p.kana, p.id LIMIT 1000";
    tx.all(sql, args![seen.case(), now]).await
}

/// The journal of a case, the newest first. `kind`: "read", "act" or "" for both.
pub async fn log(tx: &mut Reader, case: CaseId, kind: &str, limit: i64, offset: i64) -> Result<Vec<Line>, DbError> {
    let sql = "/* viewing::log unscoped: the pages of a case and of its family ask first */
        SELECT j.id, j.at, j.kind, j.act, j.basis, j.person_id, p.name, s.role, o.name AS place
          FROM journal j LEFT JOIN person p ON p.id = j.person_id LEFT JOIN seat s ON s.id = j.seat_id
          LEFT JOIN organisation o ON o.id = s.organisation_id
         WHERE j.case_id = $1 AND ($2 = '' OR j.kind = $2) ORDER BY j.at DESC, j.id DESC LIMIT $3 OFFSET $4";
    tx.all(sql, args![case, kind, limit, offset]).await
}
