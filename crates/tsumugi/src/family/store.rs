//! SQL of a guardian's view.

use crate::{account::Actor, area::Municipality, exchange::directory::Kind, policy::Seen, referral::Status};
use platform::{
    Date, Timestamp, Uuid, args,
    db::{DbError, Reader},
    id::CaseId,
    row,
};

row! {
    /// A service that was asked for with the family's consent.
    pub struct Service { pub status: Status, pub kind: Kind, pub organisation: String, pub created_at: Timestamp }
}

/// Requests that were sent on the ground of a consent, the newest first. What went out in an emergency is not among them.
pub async fn services(tx: &Reader, seen: &Seen) -> Result<Vec<Service>, DbError> {
    let sql = "/* family::services unscoped: takes Seen */
        SELECT r.status, s.kind, o.name AS organisation, r.created_at FROM referral r JOIN service s ON s.id = r.service_id
          JOIN organisation o ON o.id = r.organisation_id
         WHERE r.case_id = $1 AND r.status NOT IN ('draft', 'entered_in_error') AND r.basis LIKE 'consent:%'
         ORDER BY r.created_at DESC, r.id DESC LIMIT 50";
    tx.all(sql, args![seen.case()]).await
}

row! {
    pub struct Child { pub id: CaseId, pub child_name: String, pub child_kana: String, pub birth_date: Option<Date>, pub municipality: Municipality }
}

/// Who of the family the actor is in this case.
pub async fn own_person(tx: &Reader, seen: &Seen, actor: &Actor) -> Result<Option<Uuid>, DbError> {
    let sql = "/* family::own_person unscoped: takes Seen */
        SELECT guardian_id FROM guardian_account WHERE case_id = $1 AND person_id = $2 AND confirmed_at IS NOT NULL AND ended_at IS NULL";
    Ok(tx.opt::<(Uuid,)>(sql, args![seen.case(), actor.person]).await?.map(|(id,)| id))
}

/// The children whose guardian the actor is.
pub async fn children(tx: &Reader, actor: &Actor, now: Timestamp) -> Result<Vec<Child>, DbError> {
    let sql = "/* family::children */
        SELECT c.id, c.child_name, c.child_kana, c.birth_date, c.municipality FROM case_access a JOIN child_case c ON c.id = a.case_id
         WHERE a.subject_id = $1 AND a.relation = 'guardian' AND a.since <= $2 AND (a.until IS NULL OR a.until > $2)
           AND NOT EXISTS (SELECT 1 FROM case_exclusion x WHERE x.person_id = $1 AND x.case_id = c.id AND x.until IS NULL)
         ORDER BY c.birth_date, c.id LIMIT 20";
    tx.all(sql, args![actor.person, now]).await
}
