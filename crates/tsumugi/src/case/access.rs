//! `case_access`: who sees a case, since when and why. Only the reasons themselves write here, in their own transactions.

use crate::{
    area::{self, Municipality},
    journal::Draft,
    policy::{self, Relation, Role},
};
use platform::{
    Date, Timestamp, args,
    db::DbError,
    id::{CaseId, CoverId, PersonId, SubjectId},
    row,
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
    if keeps(relation) {
        cover(tx, case, subject, now).await?;
    }
    tx.announce("case", case);
    Ok(())
}

fn keeps(relation: Relation) -> bool {
    matches!(relation, Relation::Lead | Relation::Deputy)
}

row! {
    /// A cover that runs for who keeps a case.
    pub struct Running { pub id: CoverId, pub substitute_id: PersonId, pub ends_at: Timestamp }
}

/// Holds the covers of somebody until the end of the act.
async fn hold_covers(tx: &mut Draft, holder: SubjectId) -> Result<(), DbError> {
    let sql = "/* case::hold_covers */ UPDATE cover SET made_at = made_at WHERE holder_id = $1 AND ended_at IS NULL";
    tx.exec(sql, args![holder]).await.map(drop)
}

/// The covers that run for somebody in the municipality of a case.
async fn running(tx: &mut Draft, case: CaseId, holder: SubjectId, now: Timestamp) -> Result<Vec<Running>, DbError> {
    // Whoever begins or ends one of them comes before or after this act, and finds what it did.
    hold_covers(tx, holder).await?;
    let sql = "/* case::running unscoped: who stands in for who keeps the case */
        SELECT v.id, v.substitute_id, v.ends_at FROM cover v JOIN seat t ON t.id = v.seat_id AND t.role = 'coordinator'
          JOIN organisation o ON o.id = t.organisation_id JOIN child_case c ON c.id = $1 AND c.municipality = o.code
         WHERE v.holder_id = $2 AND v.begun_at IS NOT NULL AND v.ended_at IS NULL AND v.ends_at > $3";
    tx.all(sql, args![case, holder, now]).await
}

/// A case that somebody keeps from now on is in sight of who stands in for them.
async fn cover(tx: &mut Draft, case: CaseId, holder: SubjectId, now: Timestamp) -> Result<(), DbError> {
    for v in running(tx, case, holder, now).await? {
        let sql = "/* case::cover */
            INSERT INTO case_access (case_id, subject_id, relation, basis, since, until) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (case_id, subject_id, relation, since) DO UPDATE SET basis = excluded.basis, until = excluded.until";
        let basis = policy::cover_basis(v.id);
        tx.exec(sql, args![case, v.substitute_id, Relation::Cover, basis, now, v.ends_at]).await?;
    }
    Ok(())
}

/// A case that somebody keeps no more, neither as lead nor as deputy, is out of sight of who stands in for them.
async fn uncover(tx: &mut Draft, case: CaseId, holder: SubjectId, now: Timestamp) -> Result<(), DbError> {
    hold_covers(tx, holder).await?;
    let sql = "/* case::uncover */
        SELECT v.id, v.substitute_id, v.ends_at FROM cover v WHERE v.holder_id = $1 AND v.begun_at IS NOT NULL AND v.ended_at IS NULL";
    for v in tx.all::<Running>(sql, args![holder]).await? {
        let sql = "/* case::uncover */
            UPDATE case_access SET until = $3 WHERE case_id = $1 AND basis = $2 AND relation = 'cover' AND (until IS NULL OR until > $3)
               AND NOT EXISTS (SELECT 1 FROM case_access h WHERE h.case_id = $1 AND h.subject_id = $4 AND h.relation IN ('lead', 'deputy')
                                  AND (h.until IS NULL OR h.until > $3))";
        tx.exec(sql, args![case, policy::cover_basis(v.id), now, holder]).await?;
        tx.announce("subject", v.substitute_id);
    }
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
        UPDATE case_access SET until = $4 WHERE case_id = $1 AND subject_id = $2 AND relation = $3 AND (until IS NULL OR until > $4)";
    tx.exec(sql, args![case, subject, relation, now]).await?;
    if keeps(relation) {
        uncover(tx, case, subject, now).await?;
    }
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
