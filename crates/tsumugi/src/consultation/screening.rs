//! SQL of what a screening changes: the outcome, who sees the call, and what waits next.

use super::{
    handover,
    model::{ConsentState, Status, Urgency},
    store::{Consultation, hide_from, show_to, step},
};
use crate::{
    account::Actor,
    app::App,
    area::{self, Municipality},
    journal::Draft,
    policy::Role,
    waiting::{self, Item, ObjectKind, WaitingKind},
    web::Error,
};
use platform::{
    Date, Timestamp, args,
    id::{CaseId, ConsultationId},
    japanese::business::Reply,
    serde_json::Value,
};

/// What a screening changes besides the state.
pub struct Outcome<'a> {
    pub next: Status,
    pub urgency: Urgency,
    pub municipality: Municipality,
    pub consent_state: ConsentState,
    pub needs: Value,
    pub reason: Option<&'a str>,
    pub review_on: Option<Date>,
    pub duplicate_of: Option<ConsultationId>,
    pub case: Option<CaseId>,
}

/// Saves a screening against the version that the person saw. False: somebody was faster.
pub async fn screened(
    app: &App,
    tx: &mut Draft,
    c: &Consultation,
    version: i64,
    by: &Actor,
    o: &Outcome<'_>,
    now: Timestamp,
) -> Result<bool, Error> {
    let due = if c.urgency == o.urgency { c.due_at } else { app.calendar.due(c.received_at, o.urgency.reply()) };
    let sql = "/* consultation::screened */
        UPDATE consultation SET status = $3, urgency = $4, municipality = $5, consent_state = $6, needs = $7, review_on = $8,
               duplicate_of = $9, case_id = COALESCE($10, case_id), due_at = $11, responded_at = COALESCE(responded_at, $12), version = version + 1
         WHERE id = $1 AND version = $2";
    // An outcome that ends the consultation is also its first response.
    let responded = (!o.next.is_open()).then_some(now);
    let args = args![
        c.id,
        version,
        o.next,
        o.urgency,
        o.municipality,
        o.consent_state,
        o.needs.clone(),
        o.review_on,
        o.duplicate_of,
        o.case,
        due,
        responded
    ];
    if tx.exec(sql, args).await? == 0 {
        return Ok(false);
    }
    step(app, tx, c.id, by.person, o.next, o.reason.unwrap_or(""), now).await?;
    if o.municipality != c.municipality {
        if let Some(seat) = area::seat_of(tx, c.municipality, Role::Coordinator).await? {
            hide_from(tx, c.id, seat.into()).await?;
        }
        if let Some(seat) = area::seat_of(tx, o.municipality, Role::Coordinator).await? {
            show_to(tx, c.id, seat.into(), c.received_at).await?;
        }
    }
    if !o.next.is_open() {
        waiting::clear_all(tx, c.id.0).await?;
        handover::recall_open(tx, c.id, now).await?;
        return Ok(true);
    }
    // An offer that waits for its receiver stays, and a first response that is due stays due.
    waiting::clear(tx, c.id.0, WaitingKind::Information).await?;
    let item = |kind, due| Item {
        kind,
        subject: c.owner_id.into(),
        object_kind: ObjectKind::Consultation,
        object: c.id.0,
        case: None,
        waits_for: "",
        due,
    };
    if c.responded_at.is_none() {
        waiting::put(tx, &app.mint, now, item(WaitingKind::FirstResponse, due)).await?;
    }
    if let Some(day) = o.review_on {
        waiting::clear(tx, c.id.0, WaitingKind::Screening).await?;
        waiting::put(tx, &app.mint, now, item(WaitingKind::Information, app.closing_time(day))).await?;
    } else if c.responded_at.is_some() {
        waiting::keep(tx, &app.mint, now, item(WaitingKind::Screening, app.calendar.due(now, Reply::Week))).await?;
    }
    Ok(true)
}
