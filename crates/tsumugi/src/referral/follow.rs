//! What follows from a state of a referral: who must act next, and what the agency that was asked may see.

use super::{
    kept::Referral,
    model::{Mode, Move, Status},
    store::child,
};
use crate::{
    app::App,
    case,
    journal::Draft,
    policy::Relation,
    waiting::{self, Item, ObjectKind},
    web::Error,
};
use platform::{
    Date, Timestamp, args,
    db::{DbError, Reader},
    id::{CaseId, OrganisationId, ReferralId, SeatId},
    japanese::{business::Reply, date},
};

/// The seats of an agency that can answer in the product: all of them while somebody works at one, for a successor may come
/// tomorrow; none where nobody does.
pub async fn answering_seats(tx: &Reader, organisation: OrganisationId, today: Date) -> Result<Vec<SeatId>, DbError> {
    let sql = "/* referral::answering_seats */
        SELECT s.id FROM seat s WHERE s.organisation_id = $1 AND s.role IN ('supporter', 'manager') AND EXISTS (
            SELECT 1 FROM seat t JOIN role_grant g ON g.seat_id = t.id AND g.since <= $2 AND (g.until IS NULL OR g.until > $2)
              JOIN person p ON p.id = g.person_id AND p.disabled_at IS NULL
             WHERE t.organisation_id = $1 AND t.role IN ('supporter', 'manager')) ORDER BY s.id";
    Ok(tx.all::<(SeatId,)>(sql, args![organisation, today]).await?.into_iter().map(|(s,)| s).collect())
}

/// Every seat of an agency, also those that nobody holds any more: what ends, ends for all of them.
pub async fn seats(tx: &Reader, organisation: OrganisationId) -> Result<Vec<SeatId>, DbError> {
    let sql = "/* referral::seats */
        SELECT id FROM seat WHERE organisation_id = $1 AND role IN ('supporter', 'manager') ORDER BY id";
    Ok(tx.all::<(SeatId,)>(sql, args![organisation]).await?.into_iter().map(|(s,)| s).collect())
}

#[expect(clippy::too_many_arguments, reason = "the columns of one waiting item")]
pub async fn put(
    app: &App,
    tx: &mut Draft,
    id: ReferralId,
    case: CaseId,
    owner: platform::id::SubjectId,
    status: Status,
    waits_for: &str,
    due: Timestamp,
    now: Timestamp,
) -> Result<(), Error> {
    let Some(kind) = status.sender_item() else { return Ok(()) };
    let item = Item {
        kind,
        subject: owner,
        object_kind: ObjectKind::Referral,
        object: id.0,
        case: Some(case),
        waits_for,
        due,
    };
    Ok(waiting::put(tx, &app.mint, now, item).await?)
}

/// The seats of the agency that see the case because they were asked.
async fn asked_seats(tx: &mut Draft, r: &Referral) -> Result<Vec<SeatId>, Error> {
    let sql = "/* referral::asked_seats */
        SELECT DISTINCT s.id FROM seat s JOIN case_access a ON a.subject_id = s.id AND a.case_id = $1 AND a.relation = 'asked' AND a.until IS NULL
         WHERE s.organisation_id = $2";
    let rows: Vec<(SeatId,)> = tx.all(sql, args![r.case_id, r.organisation_id]).await?;
    Ok(rows.into_iter().map(|(seat,)| seat).collect())
}

/// Puts what the sender, and an agency with an account, must do next.
pub async fn wait(
    app: &App,
    tx: &mut Draft,
    r: &Referral,
    next: Status,
    due: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), Error> {
    let fallback = match next {
        Status::OutcomeReported => app.calendar.due(now, Reply::Week),
        _ => app.calendar.due(now, Reply::OpenDays(3)),
    };
    let due = due.unwrap_or(fallback);
    let waits_for = if next.milestone().is_some() { r.organisation.as_str() } else { "" };
    // The person who sent it may have handed the case on; the lead of today is accountable.
    let lead = child(tx, r).await?.lead_id;
    put(app, tx, r.id, r.case_id, lead.into(), next, waits_for, due, now).await?;
    let asked_for = match next {
        Status::Accepted => "利用の開始を知らせる",
        Status::Started => "利用の結果を知らせる",
        _ => "",
    };
    if r.mode == Mode::Live && next.agency_acts() {
        for seat in asked_seats(tx, r).await? {
            let item = Item {
                kind: crate::waiting::WaitingKind::ReferralAnswer,
                subject: seat.into(),
                object_kind: ObjectKind::Referral,
                object: r.id.0,
                case: Some(r.case_id),
                waits_for: asked_for,
                due,
            };
            waiting::put(tx, &app.mint, now, item).await?;
        }
    }
    Ok(())
}

/// An agency with an account sees the case from the sending on, while a referral to it lives. Only sending gives access:
/// what has ended with its consent does not come back with a later move.
pub async fn access(tx: &mut Draft, r: &Referral, step: &Move, next: Status, now: Timestamp) -> Result<(), Error> {
    if r.mode != Mode::Live {
        return Ok(());
    }
    let seats = seats(tx, r.organisation_id).await?;
    if matches!(step, Move::Send) {
        for seat in answering_seats(tx, r.organisation_id, date::jst_date(now)).await? {
            case::grant(tx, r.case_id, seat.into(), Relation::Asked, &r.basis, now).await?;
        }
    }
    if next.is_live() {
        return Ok(());
    }
    let sql = "/* referral::access unscoped: counts what keeps an agency's access alive */
        SELECT COUNT(*) FROM referral WHERE case_id = $1 AND organisation_id = $2 AND mode = 'live'
           AND status IN ('sent', 'waitlisted', 'needs_info', 'accepted', 'started', 'outcome_reported')";
    let (left,): (i64,) = tx.one(sql, args![r.case_id, r.organisation_id]).await?;
    if left == 0 {
        for seat in seats {
            case::lapse(tx, r.case_id, seat.into(), Relation::Asked, now).await?;
        }
    }
    Ok(())
}
