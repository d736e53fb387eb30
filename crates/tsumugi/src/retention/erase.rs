//! Erasing a case: every row that tells of the child, in one transaction, and the keys of what was sealed. In a backup of
//! before, what was sealed is noise as soon as that backup's own copy of the keys is gone; the rest goes with the backup.

use crate::{
    app::App,
    journal::{Draft, Object},
    policy, protection, sealing,
    web::Result,
};
use platform::{Uuid, args, db::DbError, id::CaseId};

/// What is deleted, the children before their parents. `$1` is the case.
///
/// `retention::tests` looks into every table afterwards: a new one that is forgotten here fails it.
const ROWS: [&str; 38] = [
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM document_part WHERE document_id IN (SELECT id FROM document WHERE case_id = $1)",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM document WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM protected_fact WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM protection WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ UPDATE person SET name = '消去された人', kana = '' WHERE id IN (SELECT person_id FROM guardian_account WHERE case_id = $1)
        AND NOT EXISTS (SELECT 1 FROM guardian_account g WHERE g.person_id = person.id AND g.case_id <> $1)",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM guardian_account WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM break_glass WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM case_exclusion WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM referral_escalation WHERE referral_id IN (SELECT id FROM referral WHERE case_id = $1)",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM referral_link WHERE referral_id IN (SELECT id FROM referral WHERE case_id = $1)",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM referral_event WHERE referral_id IN (SELECT id FROM referral WHERE case_id = $1)",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM referral WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM waiting WHERE case_id = $1",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM waiting WHERE object_id IN (SELECT id FROM consultation WHERE case_id = $1)",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM inquiry_target WHERE inquiry_id IN (SELECT id FROM inquiry WHERE case_id = $1)",
    "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM inquiry WHERE case_id = $1",
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

async fn rows(tx: &mut Draft, case: CaseId) -> std::result::Result<(), DbError> {
    for sql in ROWS {
        tx.exec(sql, args![case]).await?;
    }
    let sql = "/* retention::rows unscoped: an officer decided that all of the case goes */ DELETE FROM once WHERE location LIKE $1";
    tx.exec(sql, args![format!("%{case}%")]).await?;
    sealing::destroy(tx, case.0).await?;
    sealing::destroy(tx, protection::owner(case)).await
}

/// Carries out what was decided and is due; how many cases are gone. Safe to run at any time.
pub async fn erase_due(app: &App) -> Result<usize> {
    let now = app.now();
    let sql = "/* retention::erase_due unscoped: the clock carries out what an officer decided */
        SELECT id, case_id FROM erasure WHERE cancelled_at IS NULL AND done_at IS NULL AND due_at <= $1 ORDER BY due_at LIMIT 100";
    let due: Vec<(Uuid, CaseId)> = app.store.read().await?.all(sql, args![now]).await?;
    let mut count = 0;
    for (id, case) in due {
        let mut tx = app.store.begin().await?;
        // A hold that comes at the same moment wins: it takes the decision back, and then there is no row to mark.
        let sql = "/* retention::erase_due unscoped: the clock carries out what an officer decided */
            UPDATE erasure SET done_at = $2 WHERE id = $1 AND cancelled_at IS NULL AND done_at IS NULL
               AND NOT EXISTS (SELECT 1 FROM legal_hold h WHERE h.case_id = erasure.case_id AND h.ended_at IS NULL)
               AND EXISTS (SELECT 1 FROM child_case c WHERE c.id = erasure.case_id AND c.status = 'closed')";
        if tx.exec(sql, args![id, now]).await? == 0 {
            continue;
        }
        rows(&mut tx, case).await?;
        tx.announce("case", case);
        let permit = policy::by_operator("retention.erase");
        tx.commit(&permit, &app.mint, now, Object::new("case", case.0), None, "erased").await?;
        count += 1;
    }
    Ok(count)
}
