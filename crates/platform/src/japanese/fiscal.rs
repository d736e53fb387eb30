//! The fiscal year, which begins in April and is the period of every report.

use jiff::civil::{Date, date};
use unicode_normalization::UnicodeNormalization as _;

use super::era::Era;

/// The fiscal year of a day, by the calendar year in which it began: 2027-03-31 lies in 2026.
pub fn fiscal_year(d: Date) -> i16 {
    if d.month() >= 4 { d.year() } else { d.year() - 1 }
}

/// 令和8年度
pub fn label(fy: i16) -> String {
    let (era, year) = named_after(fy);
    match era {
        Some(era) => format!("{}{}年度", era.name(), Era::year_text(year)),
        None => format!("{year}年度"),
    }
}

/// R8, for tables.
pub fn short(fy: i16) -> String {
    let (era, year) = named_after(fy);
    match era {
        Some(era) => format!("{}{year}", era.letter()),
        None => year.to_string(),
    }
}

/// A running number of a fiscal year as people write it: `R8-0042`, `r8-42`, `2026-42`, `令和8-42`, full width or not. `None` where
/// the text is something else.
pub fn number(text: &str) -> Option<(i16, i64)> {
    let text: String = text.nfkc().filter(|c| !c.is_whitespace()).collect();
    let (year, number) = text.split_once(['-', '‐', '−', '–', 'ー'])?;
    let digits = |s: &str| !s.is_empty() && s.len() <= 6 && s.bytes().all(|b| b.is_ascii_digit());
    let number = number.parse().ok().filter(|_| digits(number))?;
    let era = Era::ALL.into_iter().find_map(|era| {
        let rest = year
            .strip_prefix([era.letter(), era.letter().to_ascii_lowercase()])
            .or_else(|| year.strip_prefix(era.name()))?;
        rest.strip_suffix("年度")
            .or(Some(rest))
            .filter(|rest| digits(rest))
            .and_then(|rest| rest.parse().ok())
            .map(|y: i16| era.gregorian(y))
    });
    let plain = || year.parse().ok().filter(|y| digits(year) && (1900..=2200).contains(y));
    Some((era.or_else(plain)?, number))
}

/// The first of April on which the fiscal year begins.
pub fn first_day(fy: i16) -> Date {
    date(within_calendar(fy), 4, 1)
}

/// The last day of the March in which the fiscal year ends.
pub fn last_day(fy: i16) -> Date {
    date(within_calendar(fy) + 1, 3, 31)
}

/// The era and its year after which a fiscal year is called, or the Gregorian year without an era.
///
/// The first of May decides and not the first of April, because the year in which 令和 began is
/// called 令和元年度 as a whole (改元に伴う元号による年表示の取扱いについて, 2019-04-02).
fn named_after(fy: i16) -> (Option<Era>, i16) {
    let era = Era::of(date(within_calendar(fy), 5, 1));
    (era, era.map_or(fy, |era| era.year_of(fy)))
}

/// The nearest year that has a whole fiscal year in the calendar of jiff.
fn within_calendar(fy: i16) -> i16 {
    fy.clamp(-9999, 9998)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_year_turns_on_the_first_of_april() {
        assert_eq!(fiscal_year(date(2027, 3, 31)), 2026);
        assert_eq!(fiscal_year(date(2027, 4, 1)), 2027);
        assert_eq!(first_day(2026), date(2026, 4, 1));
        assert_eq!(last_day(2026), date(2027, 3, 31));
    }

    #[test]
    fn a_fiscal_year_is_called_by_its_era() {
        assert_eq!(label(2026), "令和8年度");
        assert_eq!(short(2026), "R8");
        assert_eq!(label(2019), "令和元年度");
        assert_eq!(short(2019), "R1");
        assert_eq!(label(2018), "平成30年度");
        assert_eq!(label(1988), "昭和63年度");
        assert_eq!(label(1989), "平成元年度");
        assert_eq!(label(1867), "1867年度");
        assert_eq!(short(1867), "1867");
    }

    #[test]
    fn a_number_is_read_in_every_common_style_and_a_name_is_not() {
        for text in ["R8-0042", "r8-42", "Ｒ８－００４２", "令和8-42", "令和8年度-42", "2026-42", " R8 - 42 "]
        {
            assert_eq!(number(text), Some((2026, 42)), "{text}");
        }
        for text in ["", "-", "R8", "R-42", "R8-", "さくら-42", "R8-4x", "0463-22", "R8-1234567", "R99999-1"] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn a_year_beyond_the_calendar_is_the_last_that_it_holds() {
        assert_eq!(first_day(i16::MAX), date(9998, 4, 1));
        assert_eq!(last_day(i16::MIN), date(-9998, 3, 31));
        assert!(label(i16::MAX).starts_with("令和"));
    }

    proptest! {
        #[test]
        fn every_day_lies_within_its_fiscal_year(year in 1868i16..2200, month in 1i8..=12, day in 1i8..=28) {
            let d = date(year, month, day);
            let fy = fiscal_year(d);
            prop_assert!(first_day(fy) <= d && d <= last_day(fy));
        }

        #[test]
        fn a_number_is_read_as_it_is_written(fy in 2019i16..2200, n in 1i64..999_999) {
            prop_assert_eq!(number(&format!("{}-{n:04}", short(fy))), Some((fy, n)));
        }

        #[test]
        fn fiscal_years_follow_one_another_without_a_gap(fy in 1868i16..2200) {
            prop_assert_eq!(last_day(fy).tomorrow().ok(), Some(first_day(fy + 1)));
        }
    }
}
