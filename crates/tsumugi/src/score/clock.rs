//! A judgement that comes to its end asks for the next one: 60 days before, due 30 days before, the deputy's too from 7 days before.

use super::store;
use crate::{
    app::App,
    case,
    consent::reminder,
    journal::Object,
    policy,
    waiting::{self, Item, ObjectKind, WaitingKind},
    web::Result,
};
use jiff::ToSpan;

/// How long after its end a judgement is still looked at, so that it stays asked for until there is a new one.
const LOOK_BACK: i64 = 400;
/// How long before its end it is looked at.
const ASKED: i64 = 60;

/// Puts and takes away what asks for a new judgement; how much there was. Safe to run at any time.
pub async fn remind(app: &App) -> Result<usize> {
    let (now, today) = (app.now(), app.today());
    let day = |days: i64| today.checked_add(days.days()).unwrap_or(today);
    let near = store::ending(&app.store.read().await?, day(-LOOK_BACK), day(ASKED)).await?;
    let mut count = 0;
    for s in near {
        // What has ended stays asked for, with the due time that it had.
        let wanted = if s.renewed { None } else { reminder(s.ends_on, today.min(s.ends_on)) };
        let lead = wanted.map(|r| app.closing_time(r.due));
        let deputy = wanted.filter(|r| r.deputy).map(|r| app.closing_time(r.due));
        if (lead, deputy) == (s.lead_due, s.deputy_due) {
            continue;
        }
        count += 1;
        let mut tx = app.store.begin().await?;
        case::hold(&mut tx, s.case_id).await?;
        // Somebody may have judged anew, handed over, closed or taken back in between.
        if !store::ending(&tx, s.ends_on, s.ends_on).await?.contains(&s) {
            continue;
        }
        if wanted.is_none() {
            waiting::clear(&mut tx, s.id, WaitingKind::ScoreEnding).await?;
        }
        for (person, due) in [(s.lead_id, lead), (s.deputy_id, deputy)] {
            let Some(due) = due else { continue };
            let item = Item {
                kind: WaitingKind::ScoreEnding,
                subject: person.into(),
                object_kind: ObjectKind::Score,
                object: s.id,
                case: Some(s.case_id),
                waits_for: "",
                due,
            };
            waiting::put(&mut tx, &app.mint, now, item).await?;
        }
        let object = Object::new("score_sheet", s.id);
        tx.commit(&policy::by_clock(), &app.mint, now, object, Some(s.case_id), "score_ending").await?;
    }
    Ok(count)
}
