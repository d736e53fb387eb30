//! SQL of a guardian's view.

use crate::{account::Actor, area::Municipality};
use platform::{
    Date, Timestamp, args,
    db::{DbError, Reader},
    id::CaseId,
    row,
};

row! {
    pub struct Child { pub id: CaseId, pub child_name: String, pub child_kana: String, pub birth_date: Option<Date>, pub municipality: Municipality }
}

/// The children whose guardian the actor is.
pub async fn children(tx: &mut Reader, actor: &Actor, now: Timestamp) -> Result<Vec<Child>, DbError> {
    let sql = "/* family::children */
        SELECT c.id, c.child_name, c.child_kana, c.birth_date, c.municipality FROM case_access a JOIN child_case c ON c.id = a.case_id
         WHERE a.subject_id = $1 AND a.relation = 'guardian' AND a.since <= $2 AND (a.until IS NULL OR a.until > $2)
         ORDER BY c.birth_date, c.id LIMIT 20";
    tx.all(sql, args![actor.person, now]).await
}
