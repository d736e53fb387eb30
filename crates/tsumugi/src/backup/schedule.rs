//! A backup every night, made beside the work of the server, and an alarm when there is none.

use super::{
    make::{self, Target},
    store,
};
use crate::{app::App, web::Error};
use jiff::{SignedDuration, ToSpan as _, civil::Time};
use platform::{Timestamp, db::Db, japanese::date};
use std::{future::Future, sync::Arc};

/// A try that failed is repeated after so long.
const AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// When backups are made and where they go.
pub struct Plan {
    pub target: Target,
    /// Time of day in Japan.
    pub at: Time,
}

/// Whether the backup of the last night is still to be made.
pub fn is_due(at: Time, last: Option<Timestamp>, now: Timestamp) -> bool {
    let today = date::jst_date(now);
    let moment =
        |day: jiff::civil::Date| jiff::tz::TimeZone::fixed(jiff::tz::offset(9)).to_timestamp(day.to_datetime(at)).ok();
    let this = moment(today).filter(|t| *t <= now);
    let wanted = this.or_else(|| moment(today.checked_sub(1.days()).ok()?));
    wanted.is_some_and(|wanted| last.is_none_or(|last| last < wanted))
}

/// Makes the backup where it is due and no other node makes it; `open` gives a connection of its own to the same database.
pub async fn tick<F>(app: &App, plan: &Arc<Plan>, open: impl FnOnce() -> F + Send + 'static) -> Result<bool, String>
where
    F: Future<Output = Result<Db, String>> + 'static,
{
    let now = app.now();
    let told = |e: Error| format!("{e:?}");
    let standing = store::standing(&app.store.read().await.map_err(told)?).await.map_err(|e| e.to_string())?;
    if standing.is_late(now) {
        tracing::error!("no backup has succeeded for {} hours", super::LATE_HOURS);
    }
    if !is_due(plan.at, standing.last.map(|l| l.begun_at), now) {
        return Ok(false);
    }
    let before = now.checked_sub(AGAIN).map_err(|e| e.to_string())?;
    let mut tx = app.store.begin().await.map_err(told)?;
    let mine = store::claim(&mut tx, before, now).await.map_err(|e| e.to_string())?;
    tx.commit_housekeeping().await.map_err(told)?;
    if !mine {
        return Ok(false);
    }
    let (plan, mint, clock) = (Arc::clone(plan), app.mint.clone(), app.clock.clone());
    // Reading and encrypting everything takes a core for a while: pages must not wait for it.
    let made = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
        runtime.block_on(async { make::make(&open().await?, &mint, &plan.target, &clock).await })
    });
    let made = made.await.map_err(|e| e.to_string())??;
    tracing::info!(bytes = made.bytes, rows = made.rows, "backup made");
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn a_backup_is_due_once_a_night() {
        let half_past_two = Time::constant(2, 30, 0, 0);
        let last = Some(at("2026-11-22T17:30:05Z"));
        assert!(!is_due(half_past_two, last, at("2026-11-23T17:29:59Z")), "02:29 in Japan");
        assert!(is_due(half_past_two, last, at("2026-11-23T17:30:00Z")));
        assert!(!is_due(half_past_two, Some(at("2026-11-23T17:30:01Z")), at("2026-11-23T18:00:00Z")));
        assert!(is_due(half_past_two, None, at("2026-11-23T03:00:00Z")), "a new installation has one at once");
        assert!(is_due(half_past_two, last, at("2026-11-24T03:00:00Z")), "the server was off at night");
    }

    proptest! {
        #[test]
        fn there_is_never_a_day_without_one(minute in 0i8..60, hour in 0i8..24, now in 1_600_000_000i64..2_000_000_000, ago in 0i64..200_000) {
            let when = Time::constant(hour, minute, 0, 0);
            let now = Timestamp::from_second(now).expect("a time");
            let last = Timestamp::from_second(now.as_second() - ago).expect("a time");
            if ago >= 24 * 3600 {
                prop_assert!(is_due(when, Some(last), now));
            }
            prop_assert!(!is_due(when, Some(now), now));
        }
    }
}
