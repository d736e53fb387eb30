//! `case_access`: who sees a case, since when and why. Only the reasons themselves write here, in their own transactions.

use crate::{
    area::{self, Municipality},
    journal::Draft,
    policy::{Relation, Role},
};
use platform::{
    Date, Timestamp, args,
    db::DbError,
    id::{CaseId, SubjectId},
};

/// Gives a subject a case, in the transaction of the reason. A second row with the same reason is not made.
pub async fn grant(
    tx: &mut Draft,
    case: CaseId,
    subject: SubjectId,
    relation: Relation,
    basis: &str,
    now: Timestamp,
) -> Result<(), DbError> {
    let sql = "/* case::grant */
        INSERT INTO case_access (case_id, subject_id, relation, basis, since)
        SELECT $1, $2, $3, $4, $5 WHERE NOT EXISTS (
            SELECT 1 FROM case_access WHERE case_id = $1 AND subject_id = $2 AND relation = $3 AND until IS NULL)
        ON CONFLICT (case_id, subject_id, relation, since) DO UPDATE SET until = NULL";
    tx.exec(sql, args![case, subject, relation, basis, now]).await?;
    tx.announce("case", case);
    Ok(())
}

/// Ends what a reason gave, in the transaction in which the reason ends.
pub async fn lapse(
    tx: &mut Draft,
    case: CaseId,
    subject: SubjectId,
    relation: Relation,
    now: Timestamp,
) -> Result<(), DbError> {
    let sql = "/* case::lapse */
        UPDATE case_access SET until = $4 WHERE case_id = $1 AND subject_id = $2 AND relation = $3 AND until IS NULL";
    tx.exec(sql, args![case, subject, relation, now]).await?;
    tx.announce("subject", subject);
    Ok(())
}

pub async fn grant_area(tx: &mut Draft, id: CaseId, municipality: Municipality, now: Timestamp) -> Result<(), DbError> {
    match area::seat_of(tx, municipality, Role::Coordinator).await? {
        Some(seat) => grant(tx, id, seat.into(), Relation::Area, "area", now).await,
        None => Ok(()),
    }
}

/// Ends the team, the work that waits and every access that closing does not need; lead, deputy, area and the family keep the closed case.
pub async fn end_relations(tx: &mut Draft, case: CaseId, now: Timestamp, today: Date) -> Result<(), DbError> {
    let end_team = "/* case::end_relations */
        UPDATE team_member SET until = $2, end_reason = 'ケースの終結' WHERE case_id = $1 AND until IS NULL AND since <= $2";
    tx.exec(end_team, args![case, today]).await?;
    let end_access = "/* case::end_relations */
        UPDATE case_access SET until = $2
         WHERE case_id = $1 AND (until IS NULL OR until > $2) AND relation NOT IN ('lead', 'deputy', 'area', 'guardian')";
    tx.exec(end_access, args![case, now]).await?;
    let unmove = "/* case::end_relations */ UPDATE relocation SET status = 'recalled', ended_at = $2 WHERE case_id = $1 AND status = 'proposed'";
    tx.exec(unmove, args![case, now]).await?;
    let uninvite = "/* case::end_relations */
        UPDATE guardian_account SET ended_at = $2, end_reason = 'closed' WHERE case_id = $1 AND confirmed_at IS NULL AND ended_at IS NULL";
    tx.exec(uninvite, args![case, now]).await?;
    tx.exec("/* case::end_relations */ DELETE FROM waiting WHERE case_id = $1 AND kind NOT IN ('hold_ending', 'consent_opposed')", args![case])
        .await?;
    Ok(())
}
