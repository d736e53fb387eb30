//! 期限を過ぎたつなぎ: first the lead is told, then the deputy, then the coordinators of the area; each once per milestone.

use super::store;
use crate::{
    app::App,
    area::{self, Municipality},
    journal::{Draft, Object},
    policy::{self, Role},
    waiting::{self, Item, ObjectKind, WaitingKind},
    web::Result,
};
use platform::{
    Timestamp, Uuid, args,
    id::{CaseId, PersonId, ReferralId, SubjectId},
    japanese::{business::Reply, date},
    row,
};

row! {
    pub struct Overdue {
        pub id: ReferralId, pub case_id: CaseId, pub milestone: String, pub due_at: Timestamp, pub lead_id: PersonId, pub deputy_id: PersonId,
        pub municipality: Municipality,
    }
}

/// Open days after the due time at which each level is told.
const LEVELS: [(&str, u16); 3] = [("lead", 0), ("deputy", 2), ("area", 5)];

/// Raises what is due to be raised now; the number of new escalations is returned. Safe to run on every node at any time.
pub async fn escalate(app: &App) -> Result<usize> {
    let now = app.now();
    let sql = "/* referral::escalate unscoped: the clock raises what nobody moved */
        SELECT r.id, r.case_id, CASE WHEN r.status = 'accepted' THEN 'start' WHEN r.status = 'started' THEN 'outcome' ELSE 'response' END AS milestone,
               CASE WHEN r.status = 'accepted' THEN r.start_due WHEN r.status = 'started' THEN r.outcome_due ELSE r.response_due END AS due_at,
               c.lead_id, c.deputy_id, c.municipality
          FROM referral r JOIN child_case c ON c.id = r.case_id
         WHERE ((r.status IN ('sent', 'waitlisted') AND r.response_due <= $1) OR (r.status = 'accepted' AND r.start_due <= $1)
             OR (r.status = 'started' AND r.outcome_due <= $1))
           AND NOT EXISTS (SELECT 1 FROM referral_escalation e WHERE e.referral_id = r.id AND e.level = 'area'
                              AND e.due_at = CASE WHEN r.status = 'accepted' THEN r.start_due WHEN r.status = 'started' THEN r.outcome_due
                                                  ELSE r.response_due END)
         ORDER BY r.id LIMIT 10000";
    let overdue: Vec<Overdue> = app.store.read().await?.all(sql, args![now]).await?;
    let mut raised = 0;
    for o in overdue {
        let mut tx = app.store.begin().await?;
        let mut any = false;
        for (level, days) in LEVELS {
            let from = app.closing_time(app.calendar.add_open_days(date::jst_date(o.due_at), days));
            if days > 0 && from > now {
                continue;
            }
            any |= raise(app, &mut tx, &o, level, now).await?;
        }
        if any {
            raised += 1;
            let object = Object::new("referral", o.id.0);
            tx.commit(&policy::by_clock(), &app.mint, now, object, Some(o.case_id), &o.milestone).await?;
        }
    }
    Ok(raised)
}

/// One level of one milestone, once; false where it was raised before.
async fn raise(app: &App, tx: &mut Draft, o: &Overdue, level: &'static str, now: Timestamp) -> Result<bool> {
    let subject: Option<SubjectId> = match level {
        "lead" => Some(o.lead_id.into()),
        "deputy" => Some(o.deputy_id.into()),
        _ => area::seat_of(tx, o.municipality, Role::Coordinator).await?.map(Into::into),
    };
    let Some(subject) = subject else { return Ok(false) };
    // Held, so that whoever moves the referral now comes after this and takes the escalation away with it.
    tx.exec("/* referral::raise */ UPDATE referral SET version = version WHERE id = $1", args![o.id]).await?;
    let sql = "/* referral::raise unscoped: the row is moved by the clock, and only while it is still overdue */
        INSERT INTO referral_escalation (referral_id, milestone, level, subject_id, at, due_at)
        SELECT r.id, $2, $3, $4, $5, $6 FROM referral r WHERE r.id = $1 AND $6 =
               CASE WHEN r.status = 'accepted' THEN r.start_due WHEN r.status = 'started' THEN r.outcome_due
                    WHEN r.status IN ('sent', 'waitlisted') THEN r.response_due END
        ON CONFLICT (referral_id, milestone, level, due_at) DO NOTHING";
    if tx.exec(sql, args![o.id, &o.milestone, level, subject, now, o.due_at]).await? == 0 {
        return Ok(false);
    }
    let object: Uuid = o.id.0;
    let due = app.calendar.due(now, Reply::OpenDays(1));
    let r = store::find(tx, o.id).await?;
    let waits_for = r.map_or_else(String::new, |r| r.organisation.clone());
    let item = Item {
        kind: WaitingKind::Escalated,
        subject,
        object_kind: ObjectKind::Referral,
        object,
        case: Some(o.case_id),
        waits_for: &waits_for,
        due,
    };
    waiting::put(tx, &app.mint, now, item).await?;
    Ok(true)
}
