//! What is worth an alert. Pure.

use jiff::tz::{TimeZone, offset};
use platform::{Timestamp, vocabulary};

vocabulary! {
    pub enum AlertKind {
        ManyCases = "many_cases" "1時間に多くのケースを見た",
        AtNight = "at_night" "夜間に続けてケースを見た",
        Journal = "journal" "記録簿の鎖が切れている",
    }
}

/// More different cases than this in an hour are more than anybody's work.
pub const MANY: i64 = 50;
/// More different cases than this in an hour between 22 and 6 o'clock in Japan.
pub const MANY_AT_NIGHT: i64 = 10;

/// Night, when offices are closed: from 22 to 6 o'clock in Japan.
pub fn is_night(at: Timestamp) -> bool {
    let hour = at.to_zoned(TimeZone::fixed(offset(9))).hour();
    !(6..22).contains(&hour)
}

/// The alerts that so many different cases in the last hour are worth.
pub fn worth(cases: i64, at: Timestamp) -> Vec<AlertKind> {
    let mut all = Vec::new();
    if cases > MANY {
        all.push(AlertKind::ManyCases);
    }
    if is_night(at) && cases > MANY_AT_NIGHT {
        all.push(AlertKind::AtNight);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn night_is_from_ten_in_the_evening_to_six_in_japan() {
        for (time, night) in [("12:59:59", false), ("13:00:00", true), ("20:59:59", true), ("21:00:00", false)] {
            assert_eq!(is_night(at(&format!("2026-11-24T{time}Z"))), night, "{time} UTC");
        }
    }

    #[test]
    fn the_bounds_themselves_are_not_worth_one() {
        let (day, night) = (at("2026-11-24T03:00:00Z"), at("2026-11-24T15:00:00Z"));
        assert_eq!(worth(MANY, day), []);
        assert_eq!(worth(MANY + 1, day), [AlertKind::ManyCases]);
        assert_eq!(worth(MANY_AT_NIGHT, night), []);
        assert_eq!(worth(MANY_AT_NIGHT + 1, night), [AlertKind::AtNight]);
        assert_eq!(worth(MANY + 1, night), [AlertKind::ManyCases, AlertKind::AtNight]);
        assert_eq!(worth(MANY_AT_NIGHT + 1, day), []);
    }
}
