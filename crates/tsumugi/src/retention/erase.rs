//! Erasing a case: every row that tells of the child, in one transaction, and the keys of what was sealed. In a backup of
//! before, what was sealed is noise as soon as that backup's own copy of the keys is gone; the rest goes with the backup.

use super::store;
use crate::{
    app::App,
    case,
    journal::{Draft, Object},
    people, policy, protection, sealing, signin,
    web::Result,
};
use platform::{
    Timestamp, Uuid, args,
    db::DbError,
    id::{CaseId, PersonId},
};

/// What is deleted, the children before their parents. `$1` is the case.
///
/// `retention::tests` compares this with the schema: a new table that refers to a case and is forgotten here fails it.
pub(super) const ROWS: [&str; 52] = [
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM flag WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM watch_rule WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM watch_entry WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM watch_item WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM emergency_sheet WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM profile_due WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM profile_part WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM score_sheet WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM document_part WHERE document_id IN (SELECT id FROM document WHERE case_id = $1)",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM document WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM protected_fact WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM appointment WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM protection WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM guardian_account WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM break_glass WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM case_exclusion WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM referral_escalation WHERE referral_id IN (SELECT id FROM referral WHERE case_id = $1)",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM referral_link WHERE referral_id IN (SELECT id FROM referral WHERE case_id = $1)",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM referral_event WHERE referral_id IN (SELECT id FROM referral WHERE case_id = $1)",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM referral WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM waiting WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM waiting WHERE object_id IN (SELECT id FROM consultation WHERE case_id = $1)",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM waiting WHERE object_id IN (SELECT id FROM inquiry WHERE case_id = $1)",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM inquiry_target WHERE inquiry_id IN (SELECT id FROM inquiry WHERE case_id = $1)",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM inquiry WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ UPDATE alert SET case_id = NULL WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM relocation WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM record_change WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM consent_opposed WHERE consent_id IN (SELECT id FROM consent WHERE case_id = $1)",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM consent_opposition WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM consent_scope WHERE consent_id IN (SELECT id FROM consent WHERE case_id = $1)",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM consent WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM emergency_disclosure WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM team_member WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM timeline_read WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM timeline_entry WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM lead_transfer WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM case_step WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM case_access WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM case_gram WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM draft WHERE object_id = $1 OR object_id IN (SELECT id FROM consultation WHERE case_id = $1)",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM sealing_key WHERE owner_id IN (SELECT id FROM consultation WHERE case_id = $1)",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ UPDATE answer_card SET from_id = NULL WHERE from_id IN (SELECT id FROM consultation WHERE case_id = $1)",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ UPDATE consultation SET duplicate_of = NULL WHERE duplicate_of IN (SELECT id FROM consultation WHERE case_id = $1)",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM advice WHERE consultation_id IN (SELECT id FROM consultation WHERE case_id = $1)",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM handover WHERE consultation_id IN (SELECT id FROM consultation WHERE case_id = $1)",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM consultation_step WHERE consultation_id IN (SELECT id FROM consultation WHERE case_id = $1)",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM consultation_access WHERE consultation_id IN (SELECT id FROM consultation WHERE case_id = $1)",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM consultation WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM legal_hold WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM case_person WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM child_case WHERE id = $1",
];

/// Guardians whose only child this was: they sign in no more, and nothing names them.
async fn guardians(tx: &mut Draft, case: CaseId, now: Timestamp) -> std::result::Result<(), DbError> {
    let sql = "/* retention::guardians unscoped: an officer decided that all of the case goes */
        SELECT DISTINCT g.person_id FROM guardian_account g WHERE g.case_id = $1
           AND NOT EXISTS (SELECT 1 FROM guardian_account o WHERE o.person_id = g.person_id AND o.case_id <> $1)";
    for (person,) in tx.all::<(PersonId,)>(sql, args![case]).await? {
        people::disable(tx, person, now).await?;
        signin::end_sessions(tx, person, now).await?;
        for sql in [
            "/* retention::guardians */ DELETE FROM passkey WHERE person_id = $1",
            "/* retention::guardians */ DELETE FROM invitation WHERE person_id = $1",
            "/* retention::guardians */ UPDATE person SET name = '消去された人', kana = '' WHERE id = $1",
        ] {
            tx.exec(sql, args![person]).await?;
        }
        tx.exec(
            "/* retention::guardians */ UPDATE account_subject SET until = $2 WHERE person_id = $1 AND until IS NULL",
            args![person, now],
        )
        .await?;
        tx.announce("subject", person);
    }
    Ok(())
}

async fn rows(tx: &mut Draft, case: CaseId, now: Timestamp) -> std::result::Result<(), DbError> {
    guardians(tx, case, now).await?;
    // A call that was found to be about the same child goes with the others; a duplicate may have a duplicate.
    for _ in 0..3 {
        let sql = "/* retention::rows unscoped: an officer decided that all of the case goes */
            UPDATE consultation SET case_id = $1 WHERE case_id IS NULL AND duplicate_of IN (SELECT id FROM consultation WHERE case_id = $1)";
        tx.exec(sql, args![case]).await?;
    }
    for sql in ROWS {
        tx.exec(sql, args![case]).await?;
    }
    let sql = "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM once WHERE location LIKE $1";
    tx.exec(sql, args![format!("%{case}%")]).await?;
    sealing::destroy(tx, case.0).await?;
    sealing::destroy(tx, protection::owner(case)).await
}

/// Carries out what was decided and is due; how many cases are gone. Safe to run at any time. A case that cannot be erased is
/// left for the next time and holds up no other.
pub async fn erase_due(app: &App) -> Result<usize> {
    let now = app.now();
    let sql = "/* retention::erase_due unscoped: the clock carries out what an officer decided */
        SELECT id, case_id FROM erasure WHERE cancelled_at IS NULL AND done_at IS NULL AND due_at <= $1 ORDER BY due_at LIMIT 100";
    let due: Vec<(Uuid, CaseId)> = app.store.read().await?.all(sql, args![now]).await?;
    let mut count = 0;
    for (id, case) in due {
        match erase(app, id, case, now).await {
            Ok(erased) => count += usize::from(erased),
            Err(e) => tracing::error!(%case, "a case could not be erased: {e:?}"),
        }
    }
    Ok(count)
}

/// Erases one case, unless it was reopened, closed again, moved, or held in the meantime.
async fn erase(app: &App, id: Uuid, case: CaseId, now: Timestamp) -> Result<bool> {
    let mut tx = app.store.begin().await?;
    // Whoever reopens, holds, decides or takes back holds this row first as well.
    case::hold(&mut tx, case).await?;
    store::lapse(&mut tx, case, now).await?;
    let sql = "/* retention::erase unscoped: the clock carries out what an officer decided */
        UPDATE erasure SET done_at = $2 WHERE id = $1 AND cancelled_at IS NULL AND done_at IS NULL
           AND NOT EXISTS (SELECT 1 FROM legal_hold h WHERE h.case_id = erasure.case_id AND h.ended_at IS NULL)";
    let erased = tx.exec(sql, args![id, now]).await? > 0;
    if erased {
        rows(&mut tx, case, now).await?;
        tx.announce("case", case);
    }
    let detail = if erased { "erased" } else { "not erased" };
    tx.commit(&policy::by_operator("retention.erase"), &app.mint, now, Object::new("case", case.0), Some(case), detail)
        .await?;
    Ok(erased)
}
