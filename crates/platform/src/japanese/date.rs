//! Dates as they are typed and written in a Japanese office.
//!
//! A date is stored as ISO 8601, written in the Japanese era with its weekday, and accepted in every
//! common style.
//! What could mean two days (a bare year of two digits) is refused, never guessed.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::{Offset, offset};

use super::era::Era;

pub use super::parse_date::parse;

/// Japan keeps one offset all year round.
pub(crate) const JST: Offset = offset(9);

/// Why a typed date was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateError {
    /// Nothing was typed.
    Empty,
    /// The text has none of the known shapes.
    Unreadable,
    /// The year has one or two digits and no era, so that 6 may be 2006, 令和6年 or 平成6年.
    AmbiguousYear,
    /// The year (Gregorian) lies outside 1868 to 2199, so it is a slip of the finger.
    YearOutOfRange { year: i16 },
    /// There is no such month.
    NoSuchMonth { month: i8 },
    /// The month has no such day.
    NoSuchDay { year: i16, month: i8, day: i8 },
    /// The day exists, but the era had ended or not begun.
    OutsideEra { era: Era, day: Date },
    /// The weekday written beside the date is that of another day.
    WrongWeekday { day: Date },
}

impl DateError {
    /// What the person is told, as one or two sentences without the name of the field.
    pub fn sentence(&self) -> String {
        match self {
            Self::Empty => "日付を入力してください。".to_owned(),
            Self::Unreadable => "日付として読み取れません。R6.7.3 や 2024/7/3 のように入力してください。".to_owned(),
            Self::AmbiguousYear => {
                "年が西暦か元号か分かりません。R6.7.3 や 2024/7/3 のように入力してください。".to_owned()
            }
            Self::YearOutOfRange { year } => {
                format!("{year}年は入力できません。1868年から2199年までの日付を入力してください。")
            }
            Self::NoSuchMonth { month } => {
                format!("{month}月という月はありません。月を確かめてください。")
            }
            Self::NoSuchDay { year, month, day } => {
                format!("{year}年{month}月{day}日という日はありません。日付を確かめてください。")
            }
            Self::OutsideEra { era, day } => {
                format!("その日は{}ではなく、{}です。元号と年を確かめてください。", era.name(), wareki(*day))
            }
            Self::WrongWeekday { day } => {
                format!("{}は{}曜日です。日付か曜日を確かめてください。", wareki(*day), weekday(*day))
            }
        }
    }
}

impl fmt::Display for DateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence())
    }
}

impl std::error::Error for DateError {}

/// 令和8年11月22日; a day before 1868-10-23 has no era here and is written 1867年11月9日.
pub fn wareki(d: Date) -> String {
    let year = match Era::of(d) {
        Some(era) => format!("{}{}", era.name(), Era::year_text(era.year_of(d.year()))),
        None => d.year().to_string(),
    };
    format!("{year}年{}月{}日", d.month(), d.day())
}

/// 令和8年11月22日（日）
pub fn wareki_weekday(d: Date) -> String {
    format!("{}（{}）", wareki(d), weekday(d))
}

/// R8.11.22, for tables; a day before 1868-10-23 is written 1867.11.9.
pub fn wareki_short(d: Date) -> String {
    let year = match Era::of(d) {
        Some(era) => format!("{}{}", era.letter(), era.year_of(d.year())),
        None => d.year().to_string(),
    };
    format!("{year}.{}.{}", d.month(), d.day())
}

/// 11/22（日）, for days near by, whose year nobody asks.
pub fn month_day_weekday(d: Date) -> String {
    format!("{}/{}（{}）", d.month(), d.day(), weekday(d))
}

/// 2026-11-22, for `datetime` attributes and for storing.
pub fn iso(d: Date) -> String {
    d.to_string()
}

/// The weekday as one kanji, such as 日.
pub fn weekday(d: Date) -> char {
    match d.weekday() {
        Weekday::Monday => '月',
        Weekday::Tuesday => '火',
        Weekday::Wednesday => '水',
        Weekday::Thursday => '木',
        Weekday::Friday => '金',
        Weekday::Saturday => '土',
        Weekday::Sunday => '日',
    }
}

/// The day in Japan at an instant.
pub fn jst_date(ts: Timestamp) -> Date {
    jst(ts).date()
}

/// The time of day in Japan at an instant, such as 14:05.
pub fn jst_time(ts: Timestamp) -> String {
    let time = jst(ts).time();
    format!("{:02}:{:02}", time.hour(), time.minute())
}

/// The day and the time in Japan at an instant, such as 11/22（日）14:05.
pub fn jst_datetime(ts: Timestamp) -> String {
    format!("{}{}", month_day_weekday(jst_date(ts)), jst_time(ts))
}

/// The day and the time in Japan at an instant with the year, such as 2026-11-24 14:05.
pub fn jst_stamp(ts: Timestamp) -> String {
    format!("{} {}", iso(jst_date(ts)), jst_time(ts))
}

/// The day and the time of day in Japan at an instant.
pub fn jst(ts: Timestamp) -> DateTime {
    JST.to_datetime(ts)
}

/// The instant at which the day after `day` begins in Japan; the last one that there is, where there is none.
pub fn jst_next_midnight(day: Date) -> Timestamp {
    day.tomorrow().ok().and_then(|next| JST.to_timestamp(next.at(0, 0, 0, 0)).ok()).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("the tests write their instants in RFC 3339")
    }

    #[test]
    fn a_date_is_written_in_each_style() {
        let d = date(2026, 11, 22);
        assert_eq!(wareki(d), "令和8年11月22日");
        assert_eq!(wareki_weekday(d), "令和8年11月22日（日）");
        assert_eq!(wareki_short(d), "R8.11.22");
        assert_eq!(month_day_weekday(d), "11/22（日）");
        assert_eq!(iso(d), "2026-11-22");
        assert_eq!(iso(date(2026, 1, 2)), "2026-01-02");
    }

    #[test]
    fn the_first_day_of_an_era_is_written_in_the_new_era() {
        assert_eq!(wareki(date(2019, 4, 30)), "平成31年4月30日");
        assert_eq!(wareki(date(2019, 5, 1)), "令和元年5月1日");
        assert_eq!(wareki(date(1989, 1, 7)), "昭和64年1月7日");
        assert_eq!(wareki(date(1989, 1, 8)), "平成元年1月8日");
        assert_eq!(wareki(date(1926, 12, 25)), "昭和元年12月25日");
        assert_eq!(wareki(date(1912, 7, 30)), "大正元年7月30日");
        assert_eq!(wareki_short(date(2019, 5, 1)), "R1.5.1");
        assert_eq!(wareki(date(1867, 11, 9)), "1867年11月9日");
    }

    #[test]
    fn the_day_in_japan_begins_nine_hours_before_utc() {
        assert_eq!(jst_date(at("2026-11-21T14:59:59Z")), date(2026, 11, 21));
        assert_eq!(jst_date(at("2026-11-21T15:00:00Z")), date(2026, 11, 22));
        assert_eq!(jst_time(at("2026-11-22T05:05:59Z")), "14:05");
        assert_eq!(jst_datetime(at("2026-11-22T05:05:00Z")), "11/22（日）14:05");
        assert_eq!(jst_time(at("2026-11-21T15:00:00Z")), "00:00");
    }

    #[test]
    fn every_reason_of_refusal_is_a_sentence_of_its_own() {
        let day = date(2020, 1, 1);
        let sentences: std::collections::BTreeSet<String> = [
            DateError::Empty,
            DateError::Unreadable,
            DateError::AmbiguousYear,
            DateError::YearOutOfRange { year: 204 },
            DateError::NoSuchMonth { month: 13 },
            DateError::NoSuchDay { year: 2024, month: 2, day: 30 },
            DateError::OutsideEra { era: Era::Heisei, day },
            DateError::WrongWeekday { day },
        ]
        .iter()
        .map(DateError::sentence)
        .collect();
        assert_eq!(sentences.len(), 8);
        assert!(sentences.iter().all(|sentence| sentence.ends_with("。")));
        assert!(sentences.contains("その日は平成ではなく、令和2年1月1日です。元号と年を確かめてください。"));
    }

    #[test]
    fn a_day_ends_where_the_next_begins() {
        let end = jst_next_midnight(date(2026, 12, 31));
        assert_eq!(end, at("2026-12-31T15:00:00Z"));
        assert_eq!(jst_date(end), date(2027, 1, 1));
        assert_eq!(jst_date(at("2026-12-31T14:59:59.999Z")), date(2026, 12, 31));
    }
}
