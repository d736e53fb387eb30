//! Somebody is stopped at once, without the time to hand anything over: what waited for them comes to somebody who works.

use crate::{
    app::App,
    area,
    journal::Draft,
    policy::Role,
    waiting::{self, Item, ObjectKind, WaitingKind},
};
use platform::{
    Timestamp, args,
    db::DbError,
    id::{CaseId, ConsultationId, PersonId, SeatId, SubjectId},
    japanese::business::Reply,
};

/// Each open case that they lead or deputise is put before the other of the two, or, where that one is stopped as well, before the
/// coordinators of the municipality; their consultations come to the coordinators of the place.
pub async fn leave_to_others(
    app: &App,
    tx: &mut Draft,
    person: PersonId,
    name: &str,
    now: Timestamp,
) -> Result<(), DbError> {
    let sql = "/* people::leave_to_others unscoped: nobody reads it; each case comes before who sees it already */
        SELECT c.id, c.municipality, o.id AS other, o.disabled_at IS NULL AS working FROM child_case c
          JOIN person o ON o.id = CASE WHEN c.lead_id = $1 THEN c.deputy_id ELSE c.lead_id END
         WHERE (c.lead_id = $1 OR c.deputy_id = $1) AND c.status <> 'closed'";
    let left: Vec<(CaseId, area::Municipality, PersonId, bool)> = tx.all(sql, args![person]).await?;
    let due = app.calendar.due(now, Reply::OpenDays(1));
    for (case, municipality, other, working) in left {
        let seat = area::seat_of(tx, municipality, Role::Coordinator).await?.map(SubjectId::from);
        let subject = if working { Some(other.into()) } else { seat };
        let Some(subject) = subject else { continue };
        let item = Item {
            kind: WaitingKind::KeeperStopped,
            subject,
            object_kind: ObjectKind::Case,
            object: case.0,
            case: Some(case),
            waits_for: name,
            due,
        };
        waiting::put(tx, &app.mint, now, item).await?;
    }
    let sql = "/* people::leave_to_others */
        SELECT s.id FROM account_subject a JOIN seat s ON s.id = a.subject_id AND s.role = 'coordinator'
         WHERE a.person_id = $1 AND (a.until IS NULL OR a.until > $2) ORDER BY a.since LIMIT 1";
    let Some((seat,)) = tx.opt::<(SeatId,)>(sql, args![person, now]).await? else { return Ok(()) };
    let sql = "/* people::leave_to_others unscoped: nobody reads it; the colleagues of the same seat get the work */
        SELECT DISTINCT c.id, c.received_at FROM waiting w JOIN consultation c ON c.id = w.object_id
         WHERE w.subject_id = $1 AND w.object_kind = 'consultation' AND c.owner_id = $1";
    for (id, received_at) in tx.all::<(ConsultationId, Timestamp)>(sql, args![person]).await? {
        let sql = "/* people::leave_to_others */
            INSERT INTO consultation_access (consultation_id, subject_id, received_at) VALUES ($1, $2, $3)
            ON CONFLICT (subject_id, received_at, consultation_id) DO NOTHING";
        tx.exec(sql, args![id, seat, received_at]).await?;
        let item = Item {
            kind: WaitingKind::KeeperStopped,
            subject: seat.into(),
            object_kind: ObjectKind::Consultation,
            object: id.0,
            case: None,
            waits_for: name,
            due,
        };
        waiting::put(tx, &app.mint, now, item).await?;
    }
    Ok(())
}
