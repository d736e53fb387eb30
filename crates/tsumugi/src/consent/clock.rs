//! What consents begin by the clock: a municipality's view on the first day, the paper that is still missing,
//! and the renewal of a consent that comes to its end.

use super::store;
use crate::{
    app::App,
    case,
    journal::Object,
    policy::{self, Relation},
    waiting::{self, Item, ObjectKind, WaitingKind},
    web::Result,
};
use jiff::ToSpan;
use platform::Date;

/// How many days before its end the lead is asked to renew a consent, and reminded of it.
const REMINDERS: [i64; 3] = [60, 30, 7];
/// How long after its end a consent is still looked at, so that its reminder goes away.
const LOOK_BACK: i64 = 14;

/// The day on which the lead is reminded next of a consent that ends; None where it is too early or too late.
///
/// Sixty days before the end the thing is put before the lead, and it is due thirty days before; then seven; then on the last day.
pub fn remind_on(ends: Date, today: Date) -> Option<Date> {
    let left = i64::from((ends - today).get_days());
    let before = |days: i64| ends.checked_sub(days.days()).ok();
    match left {
        _ if left < 0 || left > REMINDERS[0] => None,
        _ if left >= REMINDERS[1] => before(REMINDERS[1]),
        _ if left >= REMINDERS[2] => before(REMINDERS[2]),
        _ => Some(ends),
    }
}

/// Puts, moves and takes away what asks the lead to renew a consent; how much there was. Safe to run at any time.
pub async fn remind(app: &App) -> Result<usize> {
    let (now, today) = (app.now(), app.today());
    let day = |days: i64| today.checked_add(days.days()).unwrap_or(today);
    let near = store::ending(&mut app.store.read().await?, day(-LOOK_BACK), day(REMINDERS[0])).await?;
    let mut count = 0;
    for c in near {
        let due = if c.renewed || c.gone { None } else { remind_on(c.ends_on, today) }.map(|d| app.closing_time(d));
        if due == c.reminder_due {
            continue;
        }
        count += 1;
        let mut tx = app.store.begin().await?;
        match due {
            Some(due) => {
                let item = Item {
                    kind: WaitingKind::ConsentEnding,
                    subject: c.lead_id.into(),
                    object_kind: ObjectKind::Consent,
                    object: c.id.0,
                    case: Some(c.case_id),
                    waits_for: "",
                    due,
                };
                waiting::put(&mut tx, &app.mint, now, item).await?;
            }
            None => waiting::clear(&mut tx, c.id.0, WaitingKind::ConsentEnding).await?,
        }
        let object = Object::new("consent", c.id.0);
        tx.commit(&policy::by_clock(), &app.mint, now, object, Some(c.case_id), "consent_ending").await?;
    }
    Ok(count)
}

/// Gives and asks for what is due today; how much there was. Safe to run at any time.
pub async fn begin_due(app: &App) -> Result<usize> {
    let (now, today) = (app.now(), app.today());
    let mut tx = app.store.read().await?;
    let views = store::due_to_begin(&mut tx, today).await?;
    let papers = store::forgotten_papers(&mut tx, today).await?;
    drop(tx);
    let count = views.len() + papers.len();
    for (case, seat, consent) in views {
        let mut tx = app.store.begin().await?;
        case::grant(&mut tx, case, seat.into(), Relation::Municipality, &format!("consent:{consent}"), now).await?;
        let object = Object::new("consent", consent.0);
        tx.commit(&policy::by_clock(), &app.mint, now, object, Some(case), "consent_begins").await?;
    }
    for (case, consent, lead, due) in papers {
        let mut tx = app.store.begin().await?;
        let item = Item {
            kind: WaitingKind::ConsentFollowup,
            subject: lead.into(),
            object_kind: ObjectKind::Consent,
            object: consent.0,
            case: Some(case),
            waits_for: "",
            due: app.closing_time(due),
        };
        waiting::put(&mut tx, &app.mint, now, item).await?;
        let object = Object::new("consent", consent.0);
        tx.commit(&policy::by_clock(), &app.mint, now, object, Some(case), "consent_followup").await?;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_lead_is_reminded_sixty_thirty_and_seven_days_before_the_end() {
        let ends = date(2027, 3, 31);
        let on = |days: i64| remind_on(ends, ends.checked_sub(days.days()).expect("a day"));
        assert_eq!(on(61), None);
        assert_eq!((on(60), on(30)), (Some(date(2027, 3, 1)), Some(date(2027, 3, 1))), "due on the thirtieth day");
        assert_eq!((on(29), on(7)), (Some(date(2027, 3, 24)), Some(date(2027, 3, 24))));
        assert_eq!((on(6), on(0)), (Some(ends), Some(ends)));
        assert_eq!(on(-1), None, "it has ended; another thing asks what becomes of what rested on it");
    }

    #[test]
    fn a_reminder_never_lies_in_the_past() {
        for left in 0..=60 {
            let today = date(2026, 11, 24);
            let ends = today.checked_add(left.days()).expect("a day");
            let due = remind_on(ends, today).expect("within sixty days");
            assert!(due >= today && due <= ends, "{left} days left: {due}");
        }
    }
}
