//! Somebody leaves an agency: what they saw of children for it ends in the transaction that ends their role there.

use super::Role;
use crate::journal::Draft;
use platform::{
    Date, Timestamp, args,
    db::{DbError, Reader},
    id::{CaseId, CoverId, OrganisationId, PersonId, SeatId},
};

/// What a seat stands for.
pub async fn seat(tx: &Reader, seat: SeatId) -> Result<Option<(OrganisationId, Role)>, DbError> {
    tx.opt("/* policy::seat */ SELECT organisation_id, role FROM seat WHERE id = $1", args![seat]).await
}

/// How many open cases somebody leads or deputises, who sits on no other coordinators' seat than this one.
pub async fn cases_left_alone(tx: &Reader, person: PersonId, seat: SeatId, now: Timestamp) -> Result<i64, DbError> {
    let sql = "/* policy::cases_left_alone */
        SELECT COUNT(*) FROM account_subject a JOIN seat s ON s.id = a.subject_id AND s.role = 'coordinator'
         WHERE a.person_id = $1 AND a.subject_id <> $2 AND a.since <= $3 AND (a.until IS NULL OR a.until > $3)";
    if tx.one::<(i64,)>(sql, args![person, seat, now]).await?.0 > 0 {
        return Ok(0);
    }
    let sql = "/* policy::cases_left_alone unscoped: a number for who ends the role */
        SELECT (SELECT COUNT(*) FROM child_case WHERE lead_id = $1 AND status <> 'closed') + (SELECT COUNT(*) FROM child_case WHERE deputy_id = $1 AND status <> 'closed')";
    Ok(tx.one::<(i64,)>(sql, args![person]).await?.0)
}

/// The basis of what somebody sees because they stand in for a colleague.
pub fn cover_basis(id: CoverId) -> String {
    format!("cover:{id}")
}

/// Ends a cover, and with it the sight and the memberships that came with it. False: it had ended.
pub async fn end_cover(tx: &mut Draft, id: CoverId, today: Date, now: Timestamp) -> Result<bool, DbError> {
    let sql = "/* policy::end_cover */ UPDATE cover SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL RETURNING holder_id, substitute_id";
    let Some((holder, substitute)) = tx.opt::<(PersonId, PersonId)>(sql, args![id, now]).await? else {
        return Ok(false);
    };
    let sql = "/* policy::end_cover */
        UPDATE case_access SET until = $3 WHERE subject_id = $1 AND basis = $2 AND (until IS NULL OR until > $3)";
    tx.exec(sql, args![substitute, cover_basis(id), now]).await?;
    let sql = "/* policy::end_cover unscoped: memberships that the cover made */
        UPDATE team_member SET until = CASE WHEN since > $2 THEN since ELSE $2 END, end_reason = '代わりの終わり'
         WHERE cover_id = $1 AND until IS NULL RETURNING case_id";
    for (case,) in tx.all::<(CaseId,)>(sql, args![id, today]).await? {
        tx.announce("case", case);
    }
    tx.announce("subject", holder);
    tx.announce("subject", substitute);
    Ok(true)
}

/// Ends the memberships of teams for an agency where somebody has no role any more, and the sight that came with them; and, where
/// no coordinators' seat is left, the sight of the closed cases that they led. Called after the role has ended.
pub async fn leave(
    tx: &mut Draft,
    person: PersonId,
    (agency, role): (OrganisationId, Role),
    today: Date,
    now: Timestamp,
) -> Result<(), DbError> {
    // Nobody stands in for a seat that one of the two does not have any more.
    let sql = "/* policy::leave */
        SELECT v.id FROM cover v JOIN seat s ON s.id = v.seat_id AND s.organisation_id = $2 AND s.role = $3
         WHERE (v.holder_id = $1 OR v.substitute_id = $1) AND v.ended_at IS NULL";
    for (cover,) in tx.all::<(CoverId,)>(sql, args![person, agency, role]).await? {
        end_cover(tx, cover, today, now).await?;
    }
    let sql = "/* policy::leave */
        SELECT COUNT(*) FROM account_subject a JOIN seat s ON s.id = a.subject_id
         WHERE a.person_id = $1 AND a.since <= $3 AND (a.until IS NULL OR a.until > $3) AND s.organisation_id = $2";
    let (still,): (i64,) = tx.one(sql, args![person, agency, now]).await?;
    if still == 0 {
        let sql = "/* policy::leave unscoped: whoever left the agency is in no team for it */
            SELECT DISTINCT case_id FROM team_member WHERE person_id = $1 AND organisation_id = $2 AND until IS NULL";
        let cases: Vec<(CaseId,)> = tx.all(sql, args![person, agency]).await?;
        let sql = "/* policy::leave unscoped: whoever left the agency is in no team for it */
            UPDATE team_member SET until = CASE WHEN since > $3 THEN since ELSE $3 END, end_reason = '機関での役割が終わった'
             WHERE person_id = $1 AND organisation_id = $2 AND until IS NULL";
        tx.exec(sql, args![person, agency, today]).await?;
        let sql = "/* policy::leave */
            UPDATE case_access SET until = $2 WHERE subject_id = $1 AND relation = 'team' AND (until IS NULL OR until > $2)
               AND NOT EXISTS (SELECT 1 FROM team_member m WHERE m.case_id = case_access.case_id AND m.person_id = $1 AND m.until IS NULL)";
        tx.exec(sql, args![person, now]).await?;
        for (case,) in cases {
            tx.announce("case", case);
        }
    }
    if role == Role::Coordinator {
        let sql = "/* policy::leave */
            SELECT COUNT(*) FROM account_subject a JOIN seat s ON s.id = a.subject_id
             WHERE a.person_id = $1 AND a.since <= $2 AND (a.until IS NULL OR a.until > $2) AND s.role = 'coordinator'";
        if tx.one::<(i64,)>(sql, args![person, now]).await?.0 == 0 {
            let sql = "/* policy::leave */ UPDATE case_access SET until = $2 WHERE subject_id = $1 AND relation IN ('lead', 'deputy', 'cover', 'offered', 'former') AND (until IS NULL OR until > $2)";
            tx.exec(sql, args![person, now]).await?;
        }
    }
    tx.announce("subject", person);
    Ok(())
}
