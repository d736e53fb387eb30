//! What consents begin by the clock: a municipality's view on the first day, the paper that is still missing,
//! and the renewal of a consent that comes to its end.

use super::ending;
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

/// The lead is asked to renew a consent this many days before its end,
const ASKED: i64 = 60;
/// must have done so this many days before,
const DUE: i64 = 30;
/// and from so many days before on, the deputy is asked as well.
const DEPUTY: i64 = 7;
/// How long after its end a consent is still looked at, so that its reminder goes away.
const LOOK_BACK: i64 = 14;

/// Who is asked to renew a consent, and by when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reminder {
    pub due: Date,
    pub deputy: bool,
}

/// Sixty days before the end it is put before the lead, thirty days before it is due and stays overdue until it is done,
/// seven days before the deputy has it too. None where it is too early, or the consent has ended.
pub fn reminder(ends: Date, today: Date) -> Option<Reminder> {
    let left = i64::from((ends - today).get_days());
    let due = ends.checked_sub(DUE.days()).ok()?;
    (0..=ASKED).contains(&left).then_some(Reminder { due, deputy: left <= DEPUTY })
}

/// Puts and takes away what asks for a renewal; how much there was. Safe to run at any time.
pub async fn remind(app: &App) -> Result<usize> {
    let (now, today) = (app.now(), app.today());
    let day = |days: i64| today.checked_add(days.days()).unwrap_or(today);
    let near = ending::ending(&app.store.read().await?, day(-LOOK_BACK), day(ASKED)).await?;
    let mut count = 0;
    for c in near {
        let wanted = if c.renewed || c.gone { None } else { reminder(c.ends_on, today) };
        let lead = wanted.map(|r| app.closing_time(r.due));
        let deputy = wanted.filter(|r| r.deputy).map(|r| app.closing_time(r.due));
        if (lead, deputy) == (c.lead_due, c.deputy_due) {
            continue;
        }
        count += 1;
        let mut tx = app.store.begin().await?;
        if wanted.is_none() {
            waiting::clear(&mut tx, c.id.0, WaitingKind::ConsentEnding).await?;
        }
        for (person, due) in [(c.lead_id, lead), (c.deputy_id, deputy)] {
            let Some(due) = due else { continue };
            let item = Item {
                kind: WaitingKind::ConsentEnding,
                subject: person.into(),
                object_kind: ObjectKind::Consent,
                object: c.id.0,
                case: Some(c.case_id),
                waits_for: "",
                due,
            };
            waiting::put(&mut tx, &app.mint, now, item).await?;
        }
        let object = Object::new("consent", c.id.0);
        tx.commit(&policy::by_clock(), &app.mint, now, object, Some(c.case_id), "consent_ending").await?;
    }
    Ok(count)
}

/// Gives and asks for what is due today; how much there was. Safe to run at any time.
pub async fn begin_due(app: &App) -> Result<usize> {
    let (now, today) = (app.now(), app.today());
    let tx = app.store.read().await?;
    let views = ending::due_to_begin(&tx, today).await?;
    let papers = ending::forgotten_papers(&tx, today).await?;
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
    fn a_renewal_is_asked_for_sixty_days_before_due_thirty_before_and_the_deputys_too_from_seven() {
        let ends = date(2027, 3, 31);
        let on = |days: i64| reminder(ends, ends.checked_sub(days.days()).expect("a day"));
        let asked = |deputy| Some(Reminder { due: date(2027, 3, 1), deputy });
        assert_eq!(on(61), None);
        for (days, deputy) in [(60, false), (30, false), (29, false), (8, false), (7, true), (0, true)] {
            assert_eq!(on(days), asked(deputy), "{days} days");
        }
        assert_eq!(on(-1), None, "it has ended; another thing asks what becomes of what rested on it");
    }
}
