//! Looking at rules after an entry and by the clock: one flag for each time that a rule begins to be hit.

use super::{
    flags,
    model::{begins_anew, hit, rule_text, usual},
    store::{self, Entry, Item, Kept},
};
use crate::{
    app::App,
    case,
    journal::{Draft, Object},
    policy, sealing,
    waiting::{self, Item as Waits, ObjectKind, WaitingKind},
    web::Result,
};
use jiff::ToSpan;
use platform::{
    Date, Timestamp,
    id::CaseId,
    japanese::{business::Reply, date},
};

/// How many days back entries are looked at for rules and for the usual range.
pub const LOOK_BACK: i64 = 70;
/// How many entries of a case are read for that.
pub const READ: i64 = 3000;

/// Looks at every rule of a case whose row is held; how many flags were raised.
pub async fn look(app: &App, tx: &mut Draft, case: CaseId, now: Timestamp) -> Result<usize> {
    let today = app.today();
    let key = sealing::key_of(tx, case.0).await?;
    let rules = store::rules(tx, key.as_ref(), case).await?;
    if rules.is_empty() {
        return Ok(0);
    }
    let items = store::items_of(tx, key.as_ref(), case).await?;
    let from = today.checked_sub(LOOK_BACK.days()).unwrap_or(today);
    let entries = store::entries(tx, key.as_ref(), case, from, READ).await?;
    let mut raised = 0;
    for rule in &rules {
        let Some(item) = items.iter().find(|i| i.id == rule.item) else { continue };
        let why = reason(item, rule, &entries, today);
        let days = store::days_of(item, &entries);
        // What is only reported when it happens has no better days between.
        let anew = |since: Timestamp| days.last().is_some_and(|d| d.day > date::jst_date(since)) && begins_anew(&days);
        let raise_it = rule.hit_since.is_none_or(anew);
        match (why, rule.hit_since) {
            (Some(why), _) if raise_it => {
                store::set_hit(tx, rule.id, true, now).await?;
                let text = format!("{}：{why}", item.name);
                raise(app, tx, case, (item, rule), &text, now).await?;
                raised += 1;
            }
            (None, Some(_)) => store::set_hit(tx, rule.id, false, now).await?,
            _ => {}
        }
    }
    Ok(raised)
}

/// Why a rule is hit today.
pub fn reason(item: &Item, rule: &Kept, entries: &[Entry], today: Date) -> Option<String> {
    let days = store::days_of(item, entries);
    let band = item.band.or_else(|| usual(&days, today, rule.rule.days));
    hit(&rule.rule, &item.scale(), band, &days, item.since, today)
}

async fn raise(
    app: &App,
    tx: &mut Draft,
    case: CaseId,
    (item, rule): (&Item, &Kept),
    why: &str,
    now: Timestamp,
) -> Result<()> {
    let reply = if rule.urgent { Reply::SameDay } else { Reply::OpenDays(2) };
    let due = app.calendar.due(now, reply);
    let raised =
        flags::Raised { rule: rule.id, category: item.measure.category(), urgent: rule.urgent, reason: why, due };
    let flag = flags::raise(tx, &app.mint, case, &raised, now).await?;
    let lead = case::lead_of(tx, case).await?;
    let item = Waits {
        kind: WaitingKind::Flag,
        subject: lead.into(),
        object_kind: ObjectKind::Flag,
        object: flag,
        case: Some(case),
        waits_for: "",
        due,
    };
    Ok(waiting::put(tx, &app.mint, now, item).await?)
}

/// Looks at cases in which entries may be missing; how many flags were raised. Safe to run at any time.
pub async fn look_for_silence(app: &App) -> Result<usize> {
    let cases = store::silent(&app.store.read().await?, app.today()).await?;
    let mut raised = 0;
    for case in cases {
        let now = app.now();
        let mut tx = app.store.begin().await?;
        case::hold(&mut tx, case).await?;
        if !store::goes_on(&tx, case).await? {
            continue;
        }
        let n = look(app, &mut tx, case, now).await?;
        if n > 0 {
            let object = Object::new("case", case.0);
            tx.commit(&policy::by_clock(), &app.mint, now, object, Some(case), "monitoring").await?;
        }
        raised += n;
    }
    Ok(raised)
}

/// A rule in words, for the list.
pub fn words(item: &Item, rule: &Kept) -> String {
    rule_text(&rule.rule, &item.scale())
}
