//! SQL of alerts.

use super::model::AlertKind;
use crate::{account::Actor, journal::Draft, policy::Role};
use platform::{
    Timestamp, Uuid, args,
    db::{DbError, Reader},
    id::{CaseId, PersonId},
    row,
};

row! {
    pub struct Busy { pub person_id: PersonId, pub cases: i64 }
    pub struct Frequent { pub person_id: PersonId, pub times: i64, pub last: Timestamp }
    pub struct Listed {
        pub id: Uuid, pub kind: AlertKind, pub person_id: Option<PersonId>, pub person: Option<String>, pub hour: Timestamp, pub at: Timestamp,
        pub count: i64, pub case_year: Option<i64>, pub case_number: Option<i64>, pub handler: Option<String>, pub handled_at: Option<Timestamp>, pub note: String,
    }
}

/// Who has read more than `more` different cases since a time. Ids grow with time, so this is one walk along the end of the journal.
pub async fn busy(tx: &Reader, since: Timestamp, more: i64) -> Result<Vec<Busy>, DbError> {
    let sql = "/* alert::busy unscoped: counts who read, and shows no case */
        SELECT j.person_id, COUNT(DISTINCT j.case_id) AS cases FROM journal j
         WHERE j.id >= $1 AND j.at >= $2 AND j.kind = 'read' AND j.case_id IS NOT NULL AND j.person_id IS NOT NULL
         GROUP BY j.person_id HAVING COUNT(DISTINCT j.case_id) > $3 ORDER BY j.person_id LIMIT 1000";
    tx.all(sql, args![platform::id::first_of(since), since, more]).await
}

/// Who has opened more than `more` records in an emergency since a time, and when the last one was.
pub async fn frequent(tx: &Reader, since: Timestamp, more: i64) -> Result<Vec<Frequent>, DbError> {
    let sql = "/* alert::frequent unscoped: counts who used emergency views, and shows no case */
        SELECT b.person_id, COUNT(*) AS times, MAX(b.at) AS last FROM break_glass b WHERE b.at >= $1
         GROUP BY b.person_id HAVING COUNT(*) > $2 ORDER BY b.person_id LIMIT 1000";
    tx.all(sql, args![since, more]).await
}

/// Who has taken more than `more` files since a time.
pub async fn exporting(tx: &Reader, since: Timestamp, more: i64) -> Result<Vec<Frequent>, DbError> {
    let sql = "/* alert::exporting unscoped: counts who took files, and shows no case */
        SELECT j.person_id, COUNT(*) AS times, MAX(j.at) AS last FROM journal j
         WHERE j.object_kind = 'board_export' AND j.at >= $1 AND j.person_id IS NOT NULL
         GROUP BY j.person_id HAVING COUNT(*) > $2 ORDER BY j.person_id LIMIT 1000";
    tx.all(sql, args![since, more]).await
}

/// Who asked for more than `more` different things that are closed to them, since a time.
pub async fn knocking(tx: &Reader, since: Timestamp, more: i64) -> Result<Vec<Busy>, DbError> {
    let sql = "/* alert::knocking unscoped: counts who was refused, and shows no case */
        SELECT j.person_id, COUNT(DISTINCT j.object_id) AS cases FROM journal j
         WHERE j.id >= $1 AND j.at >= $2 AND j.kind = 'refused' AND j.person_id IS NOT NULL
         GROUP BY j.person_id HAVING COUNT(DISTINCT j.object_id) > $3 ORDER BY j.person_id LIMIT 1000";
    tx.all(sql, args![platform::id::first_of(since), since, more]).await
}

row! {
    /// A guardian whose account has ended and who asked for the child again.
    pub struct Former { pub person_id: PersonId, pub case_id: CaseId, pub lead_id: PersonId }
}

/// Guardians who asked since a time for a child of whom they see nothing any more.
pub async fn former_family(tx: &Reader, since: Timestamp) -> Result<Vec<Former>, DbError> {
    let sql = "/* alert::former_family unscoped: who was refused, and whom to tell */
        SELECT j.person_id, j.case_id, c.lead_id FROM journal j
          CROSS JOIN guardian_account g CROSS JOIN child_case c
         WHERE j.id >= $1 AND j.at >= $2 AND j.kind = 'refused' AND g.person_id = j.person_id AND g.case_id = j.case_id AND g.ended_at IS NOT NULL
           AND c.id = j.case_id LIMIT 1000";
    let mut found: Vec<Former> = tx.all(sql, args![platform::id::first_of(since), since]).await?;
    found.sort_by_key(|f| (f.case_id, f.person_id));
    found.dedup_by_key(|f| (f.case_id, f.person_id));
    Ok(found)
}

row! {
    /// Somebody who read a case, with the names that may be of one family.
    pub struct Looked { pub person_id: PersonId, pub case_id: CaseId, pub name: String, pub child_name: String, pub colleague: bool }
}

/// Who of the staff read which case since a time, and whether a guardian there has the name of somebody of the same office.
pub async fn readers(tx: &Reader, since: Timestamp) -> Result<Vec<Looked>, DbError> {
    let sql = "/* alert::readers unscoped: compares names, and shows no case */
        SELECT r.person_id, r.case_id, p.name, c.child_name,
               EXISTS (SELECT 1 FROM case_person f JOIN person q ON q.name = f.name AND q.id <> p.id AND q.profession <> 'family' AND q.disabled_at IS NULL
                         JOIN role_grant g ON g.person_id = q.id JOIN seat s ON s.id = g.seat_id
                         JOIN seat t ON t.organisation_id = s.organisation_id JOIN role_grant h ON h.seat_id = t.id AND h.person_id = p.id
                        WHERE f.case_id = r.case_id AND f.guardian = TRUE) AS colleague
          FROM (SELECT DISTINCT j.person_id, j.case_id FROM journal j
                 WHERE j.id >= $1 AND j.at >= $2 AND j.kind = 'read' AND j.case_id IS NOT NULL AND j.person_id IS NOT NULL) r
          JOIN person p ON p.id = r.person_id AND p.profession <> 'family' JOIN child_case c ON c.id = r.case_id
         ORDER BY r.person_id, r.case_id LIMIT 5000";
    tx.all(sql, args![platform::id::first_of(since), since]).await
}

/// Adds an alert about somebody and one case; false where there was one before.
pub async fn raise_of_case(
    tx: &mut Draft,
    id: Uuid,
    kind: AlertKind,
    (person, case): (PersonId, CaseId),
    hour: Timestamp,
    at: Timestamp,
) -> Result<bool, DbError> {
    let sql = "/* alert::raise_of_case */
        INSERT INTO alert (id, kind, person_id, hour, at, count, case_id) VALUES ($1, $2, $3, $4, $5, 1, $6) ON CONFLICT DO NOTHING";
    Ok(tx.exec(sql, args![id, kind, person, hour, at, case]).await? == 1)
}

/// Whether there was an alert about somebody and one case.
pub async fn was_raised(tx: &Reader, kind: AlertKind, person: PersonId, case: CaseId) -> Result<bool, DbError> {
    let sql = "/* alert::was_raised unscoped: asks for an alert, and shows no case */
        SELECT id FROM alert WHERE case_id = $1 AND person_id = $2 AND kind = $3 LIMIT 1";
    Ok(tx.opt::<(Uuid,)>(sql, args![case, person, kind]).await?.is_some())
}

/// Adds an alert; false where there is one of this kind about this person in this hour.
pub async fn raise(
    tx: &mut Draft,
    id: Uuid,
    kind: AlertKind,
    person: Option<PersonId>,
    hour: Timestamp,
    at: Timestamp,
    count: i64,
) -> Result<bool, DbError> {
    let sql = "/* alert::raise */
        INSERT INTO alert (id, kind, person_id, hour, at, count) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
    Ok(tx.exec(sql, args![id, kind, person, hour, at, count]).await? == 1)
}

/// Alerts that the actor may look at: an auditor all, a privacy officer those about people of the own municipality and of agencies.
/// Open ones first, then the newest.
pub async fn list(tx: &Reader, actor: &Actor, limit: i64) -> Result<Vec<Listed>, DbError> {
    let sql = "/* alert::list unscoped: of a case only the number is told */
        SELECT a.id, a.kind, a.person_id, p.name AS person, a.hour, a.at, a.count, c.fiscal_year AS case_year,
               c.number AS case_number, h.name AS handler, a.handled_at, a.note
          FROM alert a LEFT JOIN person p ON p.id = a.person_id LEFT JOIN person h ON h.id = a.handled_by
          LEFT JOIN child_case c ON c.id = a.case_id
         WHERE ($1 OR a.person_id IS NULL OR EXISTS (SELECT 1 FROM role_grant g JOIN seat s ON s.id = g.seat_id JOIN organisation o ON o.id = s.organisation_id
                              WHERE g.person_id = a.person_id AND (o.municipality IS NULL OR o.municipality = $2 OR o.kind <> 'municipality')))
         ORDER BY CASE WHEN a.handled_at IS NULL THEN 0 ELSE 1 END, a.at DESC, a.id LIMIT $3";
    let (all, own) = scope(actor);
    tx.all(sql, args![all, own, limit]).await
}

/// How many of them nobody has looked at yet.
pub async fn open_count(tx: &Reader, actor: &Actor) -> Result<i64, DbError> {
    let sql = "/* alert::open_count */
        SELECT COUNT(*) FROM alert a
         WHERE a.handled_at IS NULL
           AND ($1 OR a.person_id IS NULL OR EXISTS (SELECT 1 FROM role_grant g JOIN seat s ON s.id = g.seat_id JOIN organisation o ON o.id = s.organisation_id
                              WHERE g.person_id = a.person_id AND (o.municipality IS NULL OR o.municipality = $2 OR o.kind <> 'municipality')))";
    let (all, own) = scope(actor);
    Ok(tx.one::<(i64,)>(sql, args![all, own]).await?.0)
}

fn scope(actor: &Actor) -> (bool, String) {
    (actor.role == Role::Auditor, actor.municipality.clone().unwrap_or_default())
}

/// Closes an alert with what was found; false where somebody did already, or it is about the actor.
pub async fn handle(tx: &mut Draft, id: Uuid, actor: &Actor, note: &str, now: Timestamp) -> Result<bool, DbError> {
    let sql = "/* alert::handle */
        UPDATE alert SET handled_by = $2, handled_at = $3, note = $4
         WHERE id = $1 AND handled_at IS NULL AND (person_id IS NULL OR person_id <> $2)";
    Ok(tx.exec(sql, args![id, actor.person, now, note]).await? == 1)
}
