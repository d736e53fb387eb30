//! Reading a typed date; [`super::date::parse`] is the way in.

use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization;

use super::date::{DateError, weekday};
use super::era::Era;
use super::typed_date::{Number, Rest};

/// Years that the records of the product can hold; beyond them a finger slipped.
const YEARS: std::ops::RangeInclusive<i16> = 1868..=2199;

/// Reads a date in any common style.
///
/// R6.7.3, r6/7/3, 令和6年7月3日, 令和元年5月1日, 令6.7.3, R060703, 2024-07-03, 2024/7/3, 2024年7月3日
/// and 20240703, in full or half width, with spaces around the parts and with a weekday behind, as
/// the product itself writes it.
///
/// # Errors
///
/// One variant of [`DateError`] for each way in which the text is not one certain day.
pub fn parse(s: &str) -> Result<Date, DateError> {
    // NFKC turns full width into half width and ㋿ into 令和.
    let typed: String = s.nfkc().collect();
    let typed = typed.trim();
    if typed.is_empty() {
        return Err(DateError::Empty);
    }
    let mut rest = Rest(typed);
    let era = rest.era();
    let first = rest.year(era).ok_or(DateError::Unreadable)?;
    let is_compact = first.digits == if era.is_some() { 6 } else { 8 };
    let (year, month, day) = if is_compact {
        let digits = first.digits - 4;
        let value = first.value / 10_000;
        let year = Number { digits, value };
        (year, first.value / 100 % 100, first.value % 100)
    } else if first.digits == 6 && rest.0.is_empty() {
        // 240703 is as uncertain as 24/7/3.
        return Err(DateError::AmbiguousYear);
    } else {
        let (month, day) = rest.month_and_day().ok_or(DateError::Unreadable)?;
        (first, month, day)
    };
    let weekday_typed = rest.weekday()?;
    let year = gregorian(era, year)?;
    let date = existing(year, month, day)?;
    if let Some(era) = era.filter(|era| !era.holds(date)) {
        return Err(DateError::OutsideEra { era, day: date });
    }
    if !YEARS.contains(&year) {
        return Err(DateError::YearOutOfRange { year });
    }
    if weekday_typed.is_some_and(|typed| typed != weekday(date)) {
        return Err(DateError::WrongWeekday { day: date });
    }
    Ok(date)
}

/// The Gregorian year of the typed one.
fn gregorian(era: Option<Era>, year: Number) -> Result<i16, DateError> {
    let value = i16::try_from(year.value).map_err(|_| DateError::Unreadable)?;
    match (era, year.digits) {
        (Some(era), 1 | 2) => Ok(era.gregorian(value)),
        (None, 1 | 2) => Err(DateError::AmbiguousYear),
        (None, 4) => Ok(value),
        _ => Err(DateError::Unreadable),
    }
}

/// The day, if the calendar has it.
fn existing(year: i16, month: u32, day: u32) -> Result<Date, DateError> {
    // Both numbers have at most two digits, so neither conversion ever falls back.
    let month = i8::try_from(month).unwrap_or(i8::MAX);
    let day = i8::try_from(day).unwrap_or(i8::MAX);
    if !(1..=12).contains(&month) {
        return Err(DateError::NoSuchMonth { month });
    }
    Date::new(year, month, day).map_err(|_| DateError::NoSuchDay { year, month, day })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::japanese::date::{iso, wareki, wareki_short, wareki_weekday};

    #[test]
    fn every_common_style_of_one_day_is_read() {
        let styles = "R6.7.3 | r6/7/3 | R6-7-3 | Ｒ６．７．３ | R06.07.03 | R.6.7.3 | \
            R060703 | 令和6年7月3日 | 令和６年７月３日 | 令和 6年 7月 3日 | 令和06年07月03日 | 令6.7.3 | \
            ㋿6年7月3日 | 令和6.7.3 | 2024-07-03 | 2024/7/3 | 2024.7.3 | 2024年7月3日 | \
            ２０２４年７月３日 | 20240703 | ２０２４０７０３ | 　2024-7-3  | 2024ー07ー03 | 2024−7−3 | \
            2024 / 7 / 3 | 令和6年7月3日（水） | 2024/7/3(水) | 2024年7月3日水曜日";
        for typed in styles.split(" | ") {
            assert_eq!(parse(typed), Ok(date(2024, 7, 3)), "{typed}");
        }
    }

    #[test]
    fn every_era_is_read() {
        for (typed, day) in [
            ("令和元年5月1日", date(2019, 5, 1)),
            ("令和1年5月1日", date(2019, 5, 1)),
            ("R元.5.1", date(2019, 5, 1)),
            ("平成30年1月1日", date(2018, 1, 1)),
            ("H31.4.30", date(2019, 4, 30)),
            ("平成元年1月8日", date(1989, 1, 8)),
            ("s64.1.7", date(1989, 1, 7)),
            ("昭和50年12月31日", date(1975, 12, 31)),
            ("T15.12.25", date(1926, 12, 25)),
            ("大正元年7月30日", date(1912, 7, 30)),
            ("明治45年7月30日", date(1912, 7, 30)),
            ("M元.10.23", date(1868, 10, 23)),
        ] {
            assert_eq!(parse(typed), Ok(day), "{typed}");
        }
    }

    #[test]
    fn a_day_that_does_not_exist_is_refused() {
        let no_day = |year, month, day| Err(DateError::NoSuchDay { year, month, day });
        assert_eq!(parse("2024-02-30"), no_day(2024, 2, 30));
        assert_eq!(parse("令和5年2月29日"), no_day(2023, 2, 29));
        assert_eq!(parse("20230431"), no_day(2023, 4, 31));
        assert_eq!(parse("2024/7/0"), no_day(2024, 7, 0));
        assert_eq!(parse("令和6年13月1日"), Err(DateError::NoSuchMonth { month: 13 }));
        assert_eq!(parse("2024-00-10"), Err(DateError::NoSuchMonth { month: 0 }));
    }

    #[test]
    fn a_day_outside_its_era_is_refused() {
        for (typed, era, day) in [
            ("平成32年1月1日", Era::Heisei, date(2020, 1, 1)),
            ("平成31年5月1日", Era::Heisei, date(2019, 5, 1)),
            ("令和1年4月30日", Era::Reiwa, date(2019, 4, 30)),
            ("令和0年7月3日", Era::Reiwa, date(2018, 7, 3)),
            ("S64.1.8", Era::Showa, date(1989, 1, 8)),
            ("M1.10.22", Era::Meiji, date(1868, 10, 22)),
        ] {
            assert_eq!(parse(typed), Err(DateError::OutsideEra { era, day }), "{typed}");
        }
    }

    #[test]
    fn a_bare_year_of_two_digits_is_refused_and_not_guessed() {
        for typed in ["24/7/3", "6.7.3", "06-07-03", "6年7月3日", "240703"] {
            assert_eq!(parse(typed), Err(DateError::AmbiguousYear), "{typed}");
        }
    }

    #[test]
    fn a_year_beyond_the_records_is_refused() {
        assert_eq!(parse("0204-07-03"), Err(DateError::YearOutOfRange { year: 204 }));
        assert_eq!(parse("2204/7/3"), Err(DateError::YearOutOfRange { year: 2204 }));
    }

    #[test]
    fn a_weekday_of_another_day_is_refused() {
        let day = date(2024, 7, 3);
        assert_eq!(parse("令和6年7月3日（木）"), Err(DateError::WrongWeekday { day }));
    }

    #[test]
    fn what_has_no_shape_of_a_date_is_refused() {
        assert_eq!(parse(" 　"), Err(DateError::Empty));
        let styles = "きのう | 2024 | 2024/7 | 2024/7-3 | 2024年7月 | 2024/123/1 | \
            20245/7/3 | X6.7.3 | 元年5月1日 | 2024 7 3 | 2024-07-03T10:00 | 令和6年7月3日（ | \
            令和123年1月1日 | R | 2024/7/3水 | 999999999999999999999";
        for typed in styles.split(" | ") {
            assert_eq!(parse(typed), Err(DateError::Unreadable), "{typed}");
        }
    }

    #[test]
    fn every_written_date_from_meiji_to_2100_is_read_back() {
        let last = date(2100, 12, 31);
        let mut d = Era::Meiji.first_day();
        while d <= last {
            assert_eq!(parse(&wareki(d)), Ok(d));
            assert_eq!(parse(&wareki_short(d)), Ok(d));
            assert_eq!(parse(&wareki_weekday(d)), Ok(d));
            assert_eq!(parse(&iso(d)), Ok(d));
            assert_eq!(parse(&iso(d).replace('-', "")), Ok(d));
            d = d.tomorrow().expect("the year 2100 is far from the end of time");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_reading_fail_otherwise_than_with_a_reason(s in any::<String>()) {
            let _ = parse(&s);
        }

        #[test]
        fn what_is_read_is_written_and_read_alike(s in "[RHS令平昭和成]{0,2}[0-9元]{1,8}[./年-][0-9]{1,2}[./月-][0-9]{1,2}日?") {
            if let Ok(d) = parse(&s) {
                prop_assert_eq!(parse(&wareki(d)), Ok(d));
            }
        }
    }
}
