//! SQL of what ends and begins with a consent: withdrawal, the last day, what an agency had by it.

use super::{
    model::Category,
    store::{WITHDRAWN, emergency_since},
};
use crate::{
    case,
    journal::Draft,
    policy::Seen,
    waiting::{self, WaitingKind},
    web::Error,
};
use platform::{
    Date, Timestamp, Uuid, args,
    db::{DbError, Reader},
    id::{CaseId, ConsentId, Mint, OrganisationId, PersonId, SeatId},
    row,
    vocabulary::Vocabulary as _,
};

/// Withdraws; the agencies that no other live consent names are left without a basis and are returned. None: it was withdrawn before.
pub async fn withdraw(
    tx: &mut Draft,
    mint: &Mint,
    seen: &Seen,
    id: ConsentId,
    reason: &str,
    now: Timestamp,
    today: Date,
) -> Result<Option<Vec<OrganisationId>>, DbError> {
    let sql = "/* consent::withdraw */
        UPDATE consent SET withdrawn_at = $3, withdrawn_reason = $4, version = version + 1 WHERE id = $1 AND case_id = $2 AND withdrawn_at IS NULL";
    let reason = case::key(tx, mint, seen.case(), now).await?.seal(WITHDRAWN, id.0, reason);
    if tx.exec(sql, args![id, seen.case(), now, reason]).await? == 0 {
        return Ok(None);
    }
    let sql = "/* consent::withdraw unscoped: takes Seen */
        SELECT DISTINCT s.organisation_id FROM consent_scope s WHERE s.consent_id = $1
           AND NOT EXISTS (SELECT 1 FROM consent c JOIN consent_scope o ON o.consent_id = c.id
                WHERE c.case_id = $2 AND o.organisation_id = s.organisation_id AND o.category = 'identity' AND c.withdrawn_at IS NULL
                  AND c.starts_on <= $3 AND c.ends_on >= $3)";
    let left: Vec<(OrganisationId,)> = tx.all(sql, args![id, seen.case(), today]).await?;
    Ok(Some(left.into_iter().map(|(o,)| o).collect()))
}

/// Ends what only a consent carried for an agency: its members of the team and its access.
pub async fn end_for(
    tx: &mut Draft,
    case: CaseId,
    organisation: OrganisationId,
    why: &str,
    now: Timestamp,
    today: Date,
) -> Result<(), DbError> {
    let sql = "/* consent::end_for unscoped: the basis of this agency has ended */
        UPDATE team_member SET until = $3, end_reason = $4
         WHERE case_id = $1 AND organisation_id = $2 AND until IS NULL AND since <= $3
           AND (person_id IS NULL OR person_id NOT IN (
                SELECT g.person_id FROM role_grant g JOIN seat t ON t.id = g.seat_id AND t.role = 'coordinator'))";
    tx.exec(sql, args![case, organisation, today, why]).await?;
    let sql = "/* consent::end_for */
        UPDATE case_access SET until = $3
         WHERE case_id = $1 AND (until IS NULL OR until > $3) AND relation IN ('team', 'asked', 'municipality')
           AND (subject_id IN (SELECT s.id FROM seat s WHERE s.organisation_id = $2)
             OR subject_id IN (SELECT g.person_id FROM role_grant g JOIN seat s ON s.id = g.seat_id
                                WHERE s.organisation_id = $2 AND s.role <> 'coordinator'))";
    tx.exec(sql, args![case, organisation, now]).await?;
    // Who had the case before the move reads on only while the family has not taken it back.
    let sql = "/* consent::end_for */
        UPDATE case_access SET until = $3
         WHERE case_id = $1 AND (until IS NULL OR until > $3) AND relation = 'former'
           AND (subject_id IN (SELECT s.id FROM seat s WHERE s.organisation_id = $2)
             OR subject_id IN (SELECT g.person_id FROM role_grant g JOIN seat s ON s.id = g.seat_id WHERE s.organisation_id = $2))";
    tx.exec(sql, args![case, organisation, now]).await?;
    tx.announce("case", case);
    Ok(())
}

/// A move that is proposed rests on the family's consent to all of it: where a part of that is gone, the proposal ends, and with it
/// the sight of the municipality that it was made to. Whoever calls it holds the case.
pub async fn end_move_without_basis(
    tx: &mut Draft,
    case: CaseId,
    now: Timestamp,
    today: Date,
) -> Result<bool, DbError> {
    let sql = "/* consent::end_move_without_basis unscoped: the basis of a move has ended */
        SELECT o.id FROM relocation r JOIN organisation o ON o.code = r.to_municipality AND o.kind = 'municipality'
         WHERE r.case_id = $1 AND r.status = 'proposed'
           AND (SELECT COUNT(DISTINCT s.category) FROM consent c JOIN consent_scope s ON s.consent_id = c.id AND s.organisation_id = o.id
                 WHERE c.case_id = $1 AND c.withdrawn_at IS NULL AND c.starts_on <= $2 AND c.ends_on >= $2) < $3";
    let all = i64::try_from(Category::ALL.len()).unwrap_or(i64::MAX);
    let Some((to,)) = tx.opt::<(OrganisationId,)>(sql, args![case, today, all]).await? else { return Ok(false) };
    let sql = "/* consent::end_move_without_basis */ UPDATE relocation SET status = 'recalled', ended_at = $2 WHERE case_id = $1 AND status = 'proposed'";
    tx.exec(sql, args![case, now]).await?;
    let sql = "/* consent::end_move_without_basis */
        UPDATE case_access SET until = $3 WHERE case_id = $1 AND relation = 'offered' AND until IS NULL
           AND subject_id IN (SELECT s.id FROM seat s WHERE s.organisation_id = $2)";
    tx.exec(sql, args![case, to, now]).await?;
    waiting::clear(tx, case.0, WaitingKind::Relocation).await?;
    tx.announce("case", case);
    Ok(true)
}

/// Agencies whose consent ran out and that still see a case or hold a live referral.
pub async fn run_out(tx: &Reader, now: Timestamp) -> Result<Vec<(CaseId, OrganisationId)>, Error> {
    let today = platform::japanese::date::jst_date(now);
    let sql = "/* consent::run_out unscoped: the clock ends what has no basis any more */
        SELECT DISTINCT c.case_id, s.organisation_id FROM consent c CROSS JOIN consent_scope s
         WHERE c.ends_on < $1 AND s.consent_id = c.id
           AND NOT EXISTS (SELECT 1 FROM consent l JOIN consent_scope o ON o.consent_id = l.id
                WHERE l.case_id = c.case_id AND o.organisation_id = s.organisation_id AND o.category = 'identity' AND l.withdrawn_at IS NULL
                  AND l.starts_on <= $1 AND l.ends_on >= $1)
           AND NOT EXISTS (SELECT 1 FROM emergency_disclosure e
                WHERE e.case_id = c.case_id AND e.organisation_id = s.organisation_id AND e.at >= $2)
           AND (EXISTS (SELECT 1 FROM team_member m WHERE m.case_id = c.case_id AND m.organisation_id = s.organisation_id AND m.until IS NULL
                           AND (m.person_id IS NULL OR m.person_id NOT IN (
                                SELECT g.person_id FROM role_grant g JOIN seat t ON t.id = g.seat_id AND t.role = 'coordinator')))
             OR EXISTS (SELECT 1 FROM case_access a JOIN seat t ON t.id = a.subject_id
                         WHERE a.case_id = c.case_id AND a.until IS NULL AND a.relation IN ('asked', 'municipality', 'offered') AND t.organisation_id = s.organisation_id)
             OR EXISTS (SELECT 1 FROM referral r WHERE r.case_id = c.case_id AND r.organisation_id = s.organisation_id
                           AND r.status IN ('sent', 'waitlisted', 'needs_info', 'accepted')))
         LIMIT 500";
    Ok(tx.all(sql, args![today, emergency_since(now)?]).await?)
}

/// Whether an agency has no live consent on a case now; asked again in the transaction that ends what rested on it.
pub async fn has_run_out(
    tx: &Reader,
    case: CaseId,
    organisation: OrganisationId,
    now: Timestamp,
) -> Result<bool, DbError> {
    let sql = "/* consent::has_run_out unscoped: the clock ends what has no basis any more */
        SELECT c.id FROM consent c JOIN consent_scope s ON s.consent_id = c.id
         WHERE c.case_id = $1 AND s.organisation_id = $2 AND s.category = 'identity' AND c.withdrawn_at IS NULL
           AND c.starts_on <= $3 AND c.ends_on >= $3 LIMIT 1";
    let today = platform::japanese::date::jst_date(now);
    Ok(tx.opt::<(Uuid,)>(sql, args![case, organisation, today]).await?.is_none())
}

/// Cases whose municipality should see them by a consent that counts today and does not yet: one that begins later than it
/// was given, or whose case was closed in between.
pub async fn due_to_begin(tx: &Reader, today: Date) -> Result<Vec<(CaseId, SeatId, ConsentId)>, DbError> {
    let sql = "/* consent::due_to_begin unscoped: the clock gives what a consent says */
        SELECT c.case_id, t.id, c.id FROM consent c
          CROSS JOIN child_case k CROSS JOIN consent_scope s
          JOIN organisation o ON o.id = s.organisation_id AND o.kind = 'municipality'
          JOIN seat t ON t.organisation_id = o.id AND t.role IN ('city', 'privacy')
         WHERE c.ends_on >= $1 AND c.starts_on <= $1 AND c.withdrawn_at IS NULL AND k.id = c.case_id AND k.status <> 'closed'
           AND s.consent_id = c.id AND s.category = 'identity'
           AND NOT EXISTS (SELECT 1 FROM relocation m WHERE m.case_id = c.case_id AND m.status = 'received' AND m.from_municipality = o.code
                              AND m.ended_at >= c.recorded_at)
           AND NOT EXISTS (SELECT 1 FROM case_access a WHERE a.subject_id = t.id AND a.case_id = c.case_id
                              AND a.relation = 'municipality' AND a.until IS NULL)
         GROUP BY c.case_id, t.id, c.id ORDER BY c.case_id, t.id LIMIT 500";
    tx.all(sql, args![today]).await
}

row! {
    /// A consent near its end, whether another one carries every agency with every category further, and the reminders that there are.
    pub struct Ending {
        pub id: ConsentId, pub case_id: CaseId, pub lead_id: PersonId, pub deputy_id: PersonId, pub ends_on: Date, pub renewed: bool, pub gone: bool,
        pub lead_due: Option<Timestamp>, pub deputy_due: Option<Timestamp>,
    }
}

pub async fn ending(tx: &Reader, from: Date, to: Date) -> Result<Vec<Ending>, DbError> {
    let sql = "/* consent::ending unscoped: the clock reminds the lead */
        SELECT c.id, c.case_id, k.lead_id, k.deputy_id, c.ends_on,
               NOT EXISTS (SELECT 1 FROM consent_scope s WHERE s.consent_id = c.id AND NOT EXISTS (
                    SELECT 1 FROM consent n JOIN consent_scope t ON t.consent_id = n.id
                     WHERE n.case_id = c.case_id AND n.withdrawn_at IS NULL AND n.starts_on <= c.ends_on AND n.ends_on > c.ends_on
                       AND t.organisation_id = s.organisation_id AND t.category = s.category)) AS renewed,
               (c.withdrawn_at IS NOT NULL OR k.status = 'closed') AS gone, w.due_at AS lead_due, d.due_at AS deputy_due
          FROM consent c JOIN child_case k ON k.id = c.case_id
          LEFT JOIN waiting w ON w.object_id = c.id AND w.kind = 'consent_ending' AND w.subject_id = k.lead_id
          LEFT JOIN waiting d ON d.object_id = c.id AND d.kind = 'consent_ending' AND d.subject_id = k.deputy_id
         WHERE c.ends_on >= $1 AND c.ends_on <= $2 ORDER BY c.ends_on, c.id LIMIT 10000";
    tx.all(sql, args![from, to]).await
}

/// Oral consents of open cases whose paper is still missing and that nobody is asked for, as after closing and reopening.
pub async fn forgotten_papers(tx: &Reader, today: Date) -> Result<Vec<(CaseId, ConsentId, PersonId, Date)>, DbError> {
    let sql = "/* consent::forgotten_papers unscoped: the clock asks for what is missing */
        SELECT c.case_id, c.id, k.lead_id, c.followup_due FROM consent c JOIN child_case k ON k.id = c.case_id AND k.status <> 'closed'
         WHERE c.ends_on >= $1 AND c.followup_due IS NOT NULL AND c.followup_done_on IS NULL AND c.withdrawn_at IS NULL
           AND NOT EXISTS (SELECT 1 FROM waiting w WHERE w.object_id = c.id AND w.kind = 'consent_followup')
         ORDER BY c.id LIMIT 500";
    tx.all(sql, args![today]).await
}
