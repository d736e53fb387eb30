//! What is worth an alert. Pure.

use jiff::{
    SignedDuration,
    tz::{TimeZone, offset},
};
use platform::{Timestamp, japanese::fold, vocabulary};

vocabulary! {
    pub enum AlertKind {
        ManyCases = "many_cases" "1時間に多くのケースを見た",
        AtNight = "at_night" "夜間に続けてケースを見た",
        Emergencies = "emergencies" "30日に3回以上、緊急の閲覧を使った",
        Journal = "journal" "記録簿の鎖が切れている",
        Kin = "kin" "同じ姓のお子さんのケースを見た",
        Colleague = "colleague" "同僚と同じ名前の保護者のケースを見た",
        Exports = "exports" "1日に何度もファイルに出した",
        Knocking = "knocking" "見られないものを続けて開こうとした",
        FormerFamily = "former_family" "見られない家族が画面を開こうとした",
        Notes = "notes" "記録簿の控えを残せていない",
    }
}

/// More different cases than this in an hour are more than anybody's work.
pub const MANY: i64 = 50;
/// More files than this in a day are more than a list to work from.
pub const FILES: i64 = 5;
/// More different closed things than this within the time between two looks are no slip of the finger.
pub const KNOCKS: i64 = 4;
/// The time between two looks, with something to spare.
pub const KNOCK_SECONDS: i64 = 90;
/// After so many hours without a note of the journal somebody must look why.
pub const NOTES_HOURS: i64 = 2;
/// More emergency views than this in thirty days are no longer emergencies.
pub const EMERGENCIES: i64 = 2;
/// More different cases than this in an hour between 22 and 6 o'clock in Japan.
pub const MANY_AT_NIGHT: i64 = 10;

/// Whether two names may be of one family: the same surname, however its characters are written. A name without a space tells none.
pub fn may_be_kin(one: &str, other: &str) -> bool {
    let surname = |name: &str| {
        let (first, rest) = name.split_once([' ', '　'])?;
        (!rest.trim().is_empty()).then(|| fold::fold(first))
    };
    surname(one).is_some_and(|s| surname(other) == Some(s))
}

/// Night, when offices are closed: from 22 to 6 o'clock in Japan.
pub fn is_night(at: Timestamp) -> bool {
    let hour = at.to_zoned(TimeZone::fixed(offset(9))).hour();
    !(6..22).contains(&hour)
}

/// What to look for now: a kind, since when, and how many different cases are still nothing. Cases that were read before ten in the
/// evening do not count as read at night.
pub fn windows(now: Timestamp) -> Vec<(AlertKind, Timestamp, i64)> {
    let back = |minutes: i64| now.checked_sub(SignedDuration::from_mins(minutes)).unwrap_or(now);
    let mut all = vec![(AlertKind::ManyCases, back(60), MANY)];
    let local = now.to_zoned(TimeZone::fixed(offset(9)));
    match local.hour() {
        // Only the part of the hour that lies after ten.
        22 => all.push((AlertKind::AtNight, back(i64::from(local.minute())), MANY_AT_NIGHT)),
        _ if is_night(now) => all.push((AlertKind::AtNight, back(60), MANY_AT_NIGHT)),
        _ => {}
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_surname_is_found_in_every_way_of_writing_it() {
        assert!(may_be_kin("髙橋 みどり", "高橋　さくら") && may_be_kin("渡邉 一", "渡辺 二"));
        assert!(!may_be_kin("高橋 みどり", "高梨 みどり") && !may_be_kin("みどり", "みどり") && !may_be_kin("", ""));
    }

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
    fn what_was_read_before_ten_in_the_evening_is_not_night() {
        let windows = |time: &str| windows(at(&format!("2026-11-24T{time}Z")));
        let hour_before = |time: &str| at(&format!("2026-11-24T{time}Z"));
        assert_eq!(windows("03:00:00"), [(AlertKind::ManyCases, hour_before("02:00:00"), MANY)]);
        assert_eq!(windows("13:20:00")[1], (AlertKind::AtNight, hour_before("13:00:00"), MANY_AT_NIGHT));
        assert_eq!(windows("15:20:00")[1], (AlertKind::AtNight, hour_before("14:20:00"), MANY_AT_NIGHT));
        assert_eq!(windows("21:00:00").len(), 1, "six o'clock");
    }
}
