//! Lists of consultations, each as far as the actor may see them.

use super::model::{AskerKind, Kind, Status, Urgency};
use crate::{account::Actor, area::Municipality};
use platform::{
    Date, Timestamp, args,
    db::{DbError, Json, Reader},
    id::{CaseId, ConsultationId},
    japanese::fold,
    row,
    vocabulary::Vocabulary as _,
};

row! {
    pub struct Listed {
        pub id: ConsultationId, pub fiscal_year: i64, pub number: i64, pub received_at: Timestamp, pub owner: String, pub kind: Kind,
        pub asker_kind: AskerKind, pub asker_place: Option<String>, pub child_name: Option<String>, pub child_kana: Option<String>,
        pub child_birth: Option<Date>, pub municipality: Municipality, pub topics: Json, pub urgency: Urgency, pub status: Status,
        pub due_at: Timestamp, pub responded_at: Option<Timestamp>, pub handing: bool,
    }
    pub struct Recent { pub id: ConsultationId, pub fiscal_year: i64, pub number: i64, pub received_at: Timestamp, pub child_name: Option<String>, pub status: Status }
}

pub struct Filter {
    pub open: Option<bool>,
    pub mine: bool,
    pub municipality: Option<Municipality>,
    pub limit: i64,
    pub offset: i64,
}

/// The actor's visible consultations, the newest first.
pub async fn list(tx: &Reader, actor: &Actor, f: &Filter, now: Timestamp) -> Result<Vec<Listed>, DbError> {
    let sql = "/* consultation::list */
        SELECT c.id, c.fiscal_year, c.number, c.received_at, o.name AS owner, c.kind, c.asker_kind, c.asker_place, c.child_name, c.child_kana,
               c.child_birth, c.municipality, c.topics, c.urgency, c.status, c.due_at, c.responded_at,
               EXISTS (SELECT 1 FROM handover h WHERE h.consultation_id = c.id AND h.status = 'offered') AS handing
          FROM consultation c JOIN person o ON o.id = c.owner_id
         WHERE EXISTS (SELECT 1 FROM consultation_access a
               JOIN account_subject s ON s.subject_id = a.subject_id AND s.person_id = $1 AND s.since <= $2 AND (s.until IS NULL OR s.until > $2)
              WHERE a.consultation_id = c.id)
           AND NOT EXISTS (SELECT 1 FROM case_exclusion x WHERE x.person_id = $1 AND x.case_id = c.case_id AND x.until IS NULL)
           AND ($3 = '' OR ($3 = 'open') = (c.status IN ('received', 'triaging', 'waiting_info')))
           AND ($4 = FALSE OR c.owner_id = $1) AND ($5 = '' OR c.municipality = $5)
         ORDER BY c.received_at DESC, c.id DESC LIMIT $6 OFFSET $7";
    let state = f.open.map_or("", |open| if open { "open" } else { "closed" });
    tx.all(sql, args![actor.person, now, state, f.mine, f.municipality.map_or("", |m| m.code()), f.limit, f.offset])
        .await
}

row! {
    pub struct Origin {
        pub id: ConsultationId, pub fiscal_year: i64, pub number: i64, pub received_at: Timestamp, pub urgency: Urgency, pub status: Status,
        pub due_at: Timestamp, pub responded_at: Option<Timestamp>,
    }
}

/// The newest consultations of a case, those that led to it and those of its family, as far as the actor may see them.
pub async fn origins(tx: &Reader, actor: &Actor, case: CaseId, now: Timestamp) -> Result<Vec<Origin>, DbError> {
    let sql = "/* consultation::origins */
        SELECT c.id, c.fiscal_year, c.number, c.received_at, c.urgency, c.status, c.due_at, c.responded_at FROM consultation c
         WHERE c.case_id = $1 AND EXISTS (SELECT 1 FROM consultation_access a
               JOIN account_subject s ON s.subject_id = a.subject_id AND s.person_id = $2 AND s.since <= $3 AND (s.until IS NULL OR s.until > $3)
              WHERE a.consultation_id = c.id)
         ORDER BY c.received_at DESC LIMIT 50";
    tx.all(sql, args![case, actor.person, now]).await
}

/// Earlier consultations about a child of the same folded name that the actor may see.
pub async fn recent_of(tx: &Reader, actor: &Actor, name: &str, now: Timestamp) -> Result<Vec<Recent>, DbError> {
    let folded = fold::fold(name);
    if folded.chars().count() < 2 {
        return Ok(vec![]);
    }
    let sql = "/* consultation::recent_of */
        SELECT c.id, c.fiscal_year, c.number, c.received_at, c.child_name, c.status FROM consultation c
         WHERE c.child_fold >= $3 AND c.child_fold < $4
           AND EXISTS (SELECT 1 FROM consultation_access a
               JOIN account_subject s ON s.subject_id = a.subject_id AND s.person_id = $1 AND s.since <= $2 AND (s.until IS NULL OR s.until > $2)
              WHERE a.consultation_id = c.id)
           AND NOT EXISTS (SELECT 1 FROM case_exclusion x WHERE x.person_id = $1 AND x.case_id = c.case_id AND x.until IS NULL)
         ORDER BY c.received_at DESC LIMIT 5";
    tx.all(sql, args![actor.person, now, &folded, fold::prefix_end(&folded)]).await
}
