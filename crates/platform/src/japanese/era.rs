//! The eras of the Japanese calendar, with the day each began and the last day it may be written.
//!
//! 元号法 (昭和54年法律第43号) and the era changes of 1868, 1912, 1926, 1989 and 2019.

use jiff::civil::{Date, date};

/// An era of the Japanese calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Era {
    Meiji,
    Taisho,
    Showa,
    Heisei,
    Reiwa,
}

impl Era {
    /// Every era, the oldest first.
    pub const ALL: [Era; 5] = [Era::Meiji, Era::Taisho, Era::Showa, Era::Heisei, Era::Reiwa];

    /// The era that is written for a day, or `None` before 1868-10-23.
    ///
    /// A day on which one era followed another belongs to the new one.
    pub fn of(d: Date) -> Option<Era> {
        Era::ALL.into_iter().rev().find(|era| era.first_day() <= d)
    }

    /// The name in kanji, such as 令和.
    pub const fn name(self) -> &'static str {
        match self {
            Era::Meiji => "明治",
            Era::Taisho => "大正",
            Era::Showa => "昭和",
            Era::Heisei => "平成",
            Era::Reiwa => "令和",
        }
    }

    /// The Latin letter, such as R.
    pub const fn letter(self) -> char {
        match self {
            Era::Meiji => 'M',
            Era::Taisho => 'T',
            Era::Showa => 'S',
            Era::Heisei => 'H',
            Era::Reiwa => 'R',
        }
    }

    /// The first day of the era.
    pub const fn first_day(self) -> Date {
        match self {
            Era::Meiji => date(1868, 10, 23),
            Era::Taisho => date(1912, 7, 30),
            Era::Showa => date(1926, 12, 25),
            Era::Heisei => date(1989, 1, 8),
            Era::Reiwa => date(2019, 5, 1),
        }
    }

    /// The last day that may be written in the era.
    ///
    /// 1912-07-30 and 1926-12-25 belonged to two eras, and family registers use both.
    pub const fn last_day(self) -> Date {
        match self {
            Era::Meiji => date(1912, 7, 30),
            Era::Taisho => date(1926, 12, 25),
            Era::Showa => date(1989, 1, 7),
            Era::Heisei => date(2019, 4, 30),
            Era::Reiwa => Date::MAX,
        }
    }

    /// Whether a day may be written in the era.
    pub fn holds(self, d: Date) -> bool {
        (self.first_day()..=self.last_day()).contains(&d)
    }

    /// The year of the era for a year of the Gregorian calendar: 1 is 元年.
    pub fn year_of(self, gregorian: i16) -> i16 {
        gregorian.saturating_sub(self.first_day().year() - 1)
    }

    /// The Gregorian year of a year of the era.
    pub fn gregorian(self, year: i16) -> i16 {
        year.saturating_add(self.first_day().year() - 1)
    }

    /// The year as it is written: 元 for the first.
    pub fn year_text(year: i16) -> String {
        if year == 1 { "元".to_owned() } else { year.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eras_follow_one_another_without_a_gap() {
        for pair in Era::ALL.windows(2) {
            let (old, new) = (pair[0], pair[1]);
            let next = old.last_day().tomorrow().expect("no era but the last ends with time");
            assert!(old.holds(new.first_day()) || next == new.first_day(), "{old:?}");
            assert_eq!(Era::of(new.first_day()), Some(new));
        }
    }

    #[test]
    fn there_is_no_era_before_meiji() {
        assert_eq!(Era::of(date(1868, 10, 22)), None);
        assert_eq!(Era::of(date(1868, 10, 23)), Some(Era::Meiji));
    }

    #[test]
    fn years_of_an_era_and_gregorian_years_are_inverse() {
        assert_eq!(Era::Reiwa.year_of(2026), 8);
        assert_eq!(Era::Reiwa.gregorian(8), 2026);
        assert_eq!(Era::Showa.gregorian(64), 1989);
        assert_eq!(Era::year_text(1), "元");
    }
}
