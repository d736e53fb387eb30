//! What is typed when somebody arranges a cover. Pure.

use jiff::{SignedDuration, ToSpan as _};
use platform::{
    Date, Timestamp,
    form::{Errors, Fields, Parse},
    id::PersonId,
    japanese::date,
};

/// A cover lasts at most so many days, both ends with it（権限の設計 A13）.
pub const DAYS: i32 = 14;
/// It is arranged at most so many days ahead.
pub const AHEAD: i64 = 90;

/// The same as a time.
pub fn longest() -> SignedDuration {
    SignedDuration::from_hours(24 * i64::from(DAYS))
}

#[derive(Clone, Debug)]
pub struct New {
    pub substitute: PersonId,
    pub from: Date,
    pub until: Date,
}

impl New {
    pub fn parse(fields: &Fields, today: Date) -> Result<New, Errors> {
        let mut p = Parse::new(fields);
        let substitute = p.id("substitute", "代わりの人");
        let from = p.date("from", "はじめの日");
        let until = p.date("until", "終わりの日");
        let typed = !p.raw("from").is_empty() && !p.raw("until").is_empty();
        if from < today && typed {
            p.fail("from", "はじめの日は、今日か、今日より後の日にしてください。");
        } else if typed && from > today.saturating_add(AHEAD.days()) {
            p.fail("from", "はじめの日は、90日先までにしてください。");
        }
        if typed && until < from {
            p.fail("until", "終わりの日が、はじめの日より前になっています。");
        } else if typed && days(from, until) > DAYS {
            p.fail("until", "代わりを頼めるのは14日までです。長く休むときは、主担当の引継ぎをしてください。");
        }
        p.finish(New { substitute, from, until })
    }

    /// From the first moment of the first day in Japan, or from now on, to the first moment after the last day.
    pub fn times(&self, now: Timestamp) -> (Timestamp, Timestamp) {
        let begins = self.from.yesterday().map_or(now, date::jst_next_midnight);
        (begins.max(now), date::jst_next_midnight(self.until))
    }
}

/// How many days a period has, both ends with it.
fn days(from: Date, until: Date) -> i32 {
    from.until(until).map_or(i32::MAX, |span| span.get_days().saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn today() -> Date {
        jiff::civil::date(2026, 11, 24)
    }

    fn typed(from: Date, until: Date) -> Result<New, Errors> {
        let id = "01990000-0000-7000-8000-000000000001";
        let fields =
            Fields::default().with("substitute", id).with("from", from.to_string()).with("until", until.to_string());
        New::parse(&fields, today())
    }

    proptest! {
        #[test]
        fn a_cover_begins_within_ninety_days_and_lasts_fourteen_at_most(ahead in -20i64..120, length in -5i64..40) {
            let from = today().saturating_add(ahead.days());
            let until = from.saturating_add(length.days());
            let good = (0..=AHEAD).contains(&ahead) && (0..i64::from(DAYS)).contains(&length);
            prop_assert_eq!(typed(from, until).is_ok(), good);
        }

        #[test]
        fn it_ends_with_its_last_day_in_japan(ahead in 0i64..=90, length in 0i64..14, minute in 0i64..1440) {
            let now = date::jst_next_midnight(today().saturating_sub(1.days())) + jiff::SignedDuration::from_mins(minute);
            let from = today().saturating_add(ahead.days());
            let new = typed(from, from.saturating_add(length.days())).expect("good");
            let (begins, ends) = new.times(now);
            prop_assert!(begins >= now && begins < ends);
            prop_assert_eq!(date::jst_date(begins), from);
            prop_assert_eq!(date::jst_date(ends - jiff::SignedDuration::from_secs(1)), new.until);
            prop_assert!(ends.duration_since(begins) <= jiff::SignedDuration::from_hours(24 * i64::from(DAYS)));
        }
    }
}
