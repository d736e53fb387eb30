//! Public holidays of Japan, 2000 to 2099.
//!
//! 国民の祝日に関する法律 (昭和23年法律第178号): article 2 names the holidays, article 3 paragraph 2
//! the substitute (振替休日) and paragraph 3 the day between two holidays (国民の休日).
//! Its changes since 2000: the Happy Monday laws (平成10年法律第141号, from 2000; 平成13年法律第59号,
//! from 2003), 昭和の日 and the new substitute rule (平成17年法律第43号, from 2007), 山の日 (平成26年
//! 法律第43号, from 2016), the new Emperor (平成29年法律第63号; 平成30年法律第99号 for 2019), and the
//! moves for the Olympic Games (令和二年東京オリンピック・パラリンピック特別措置法, 2020 and 2021).
//!
//! The equinoxes are fixed each February by 国立天文台 for the following year; later years are
//! computed and can in principle differ, as can every year that a new law touches.

use jiff::civil::{Date, Weekday};

const SUBSTITUTE: &str = "振替休日";
const BETWEEN_HOLIDAYS: &str = "国民の休日";

/// The name of the public holiday on a day, or `None` on any other day and outside 2000 to 2099.
pub fn holiday(d: Date) -> Option<&'static str> {
    if !(2000..=2099).contains(&d.year()) {
        return None;
    }
    named(d)
        .or_else(|| is_substitute(d).then_some(SUBSTITUTE))
        .or_else(|| is_between_holidays(d).then_some(BETWEEN_HOLIDAYS))
}

/// 第3条第2項: the holiday fell on a Sunday.
///
/// Until 2006 only the Monday after it was free; since 2007 the next day that is no holiday is.
fn is_substitute(d: Date) -> bool {
    let mut before = d.yesterday();
    while let Ok(day) = before {
        if named(day).is_none() {
            return false;
        }
        if day.weekday() == Weekday::Sunday {
            return true;
        }
        if d.year() < 2007 {
            return false;
        }
        before = day.yesterday();
    }
    false
}

/// 第3条第3項: the days before and after are holidays; until 2006 not if this day is a Sunday.
fn is_between_holidays(d: Date) -> bool {
    let is_named = |day: Result<Date, jiff::Error>| day.is_ok_and(|day| named(day).is_some());
    is_named(d.yesterday()) && is_named(d.tomorrow()) && (d.year() >= 2007 || d.weekday() != Weekday::Sunday)
}

/// 第2条: the holidays that have a name of their own.
fn named(d: Date) -> Option<&'static str> {
    let year = d.year();
    let name = match (d.month(), d.day()) {
        (1, 1) => "元日",
        (1, _) if is_monday(d, 2) => "成人の日",
        (2, 11) => "建国記念の日",
        (2, 23) if year >= 2020 => "天皇誕生日",
        (3, day) if day == spring_equinox(year) => "春分の日",
        (4, 29) if year >= 2007 => "昭和の日",
        (4, 29) => "みどりの日",
        (5, 1) if year == 2019 => "天皇の即位の日",
        (5, 3) => "憲法記念日",
        (5, 4) if year >= 2007 => "みどりの日",
        (5, 5) => "こどもの日",
        (7, _) if is_marine_day(d) => "海の日",
        (7 | 10, _) if is_sports_day(d) && year >= 2020 => "スポーツの日",
        (10, _) if is_sports_day(d) => "体育の日",
        (8, day) if day == mountain_day(year) => "山の日",
        (9, _) if is_respect_for_the_aged(d) => "敬老の日",
        (9, day) if day == autumn_equinox(year) => "秋分の日",
        (10, 22) if year == 2019 => "即位礼正殿の儀の行われる日",
        (11, 3) => "文化の日",
        (11, 23) => "勤労感謝の日",
        (12, 23) if year <= 2018 => "天皇誕生日",
        _ => return None,
    };
    Some(name)
}

/// Whether a day is the n-th Monday of its month, as the Happy Monday laws move holidays.
fn is_monday(d: Date, n: i8) -> bool {
    d.weekday() == Weekday::Monday && (d.day() - 1) / 7 == n - 1
}

fn is_marine_day(d: Date) -> bool {
    match d.year() {
        ..=2002 => d.day() == 20,
        2020 => d.day() == 23,
        2021 => d.day() == 22,
        _ => is_monday(d, 3),
    }
}

/// The day lies in July or October; in the two years of the Olympic Games it was in July.
fn is_sports_day(d: Date) -> bool {
    match d.year() {
        2020 => (d.month(), d.day()) == (7, 24),
        2021 => (d.month(), d.day()) == (7, 23),
        _ => d.month() == 10 && is_monday(d, 2),
    }
}

/// The day of August; 0, which no month has, before the holiday existed.
fn mountain_day(year: i16) -> i8 {
    match year {
        ..=2015 => 0,
        2020 => 10,
        2021 => 8,
        _ => 11,
    }
}

fn is_respect_for_the_aged(d: Date) -> bool {
    if d.year() <= 2002 { d.day() == 15 } else { is_monday(d, 3) }
}

/// The day of March, by the usual formula for 1980 to 2099.
fn spring_equinox(year: i16) -> i8 {
    equinox(20_843_100, year)
}

/// The day of September, by the usual formula for 1980 to 2099.
fn autumn_equinox(year: i16) -> i8 {
    equinox(23_248_800, year)
}

/// The equinox moves on by 0.242194 days a year and back by one in each leap year.
///
/// It is reckoned in millionths of a day, so that no rounding of fractions decides a holiday.
fn equinox(in_1980: i32, year: i16) -> i8 {
    let years = i32::from(year) - 1980;
    let day = (in_1980 + 242_194 * years).div_euclid(1_000_000) - years.div_euclid(4);
    // The years are 2000 to 2099, so the day is one of 19 to 24.
    i8::try_from(day).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::civil::date;

    use super::*;

    /// The holidays of each year as MMDD: a published list, collected independently of this code.
    const PUBLISHED: &str = "
        2015: 0101 0112 0211 0321 0429 0503 0504 0505 0506 0720 0921 0922 0923 1012 1103 1123 1223
        2016: 0101 0111 0211 0320 0321 0429 0503 0504 0505 0718 0811 0919 0922 1010 1103 1123 1223
        2017: 0101 0102 0109 0211 0320 0429 0503 0504 0505 0717 0811 0918 0923 1009 1103 1123 1223
        2018: 0101 0108 0211 0212 0321 0429 0430 0503 0504 0505 0716 0811 0917 0923 0924 1008 1103 1123 1223 1224
        2019: 0101 0114 0211 0321 0429 0430 0501 0502 0503 0504 0505 0506 0715 0811 0812 0916 0923 1014 1022 1103 1104 1123
        2020: 0101 0113 0211 0223 0224 0320 0429 0503 0504 0505 0506 0723 0724 0810 0921 0922 1103 1123
        2021: 0101 0111 0211 0223 0320 0429 0503 0504 0505 0722 0723 0808 0809 0920 0923 1103 1123
        2022: 0101 0110 0211 0223 0321 0429 0503 0504 0505 0718 0811 0919 0923 1010 1103 1123
        2023: 0101 0102 0109 0211 0223 0321 0429 0503 0504 0505 0717 0811 0918 0923 1009 1103 1123
        2024: 0101 0108 0211 0212 0223 0320 0429 0503 0504 0505 0506 0715 0811 0812 0916 0922 0923 1014 1103 1104 1123
        2025: 0101 0113 0211 0223 0224 0320 0429 0503 0504 0505 0506 0721 0811 0915 0923 1013 1103 1123 1124
        2026: 0101 0112 0211 0223 0320 0429 0503 0504 0505 0506 0720 0811 0921 0922 0923 1012 1103 1123
        2027: 0101 0111 0211 0223 0321 0322 0429 0503 0504 0505 0719 0811 0920 0923 1011 1103 1123
        2028: 0101 0110 0211 0223 0320 0429 0503 0504 0505 0717 0811 0918 0922 1009 1103 1123
        2029: 0101 0108 0211 0212 0223 0320 0429 0430 0503 0504 0505 0716 0811 0917 0923 0924 1008 1103 1123
        2030: 0101 0114 0211 0223 0320 0429 0503 0504 0505 0506 0715 0811 0812 0916 0923 1014 1103 1104 1123";

    fn published() -> BTreeSet<Date> {
        let mut days = BTreeSet::new();
        for (year, listed) in PUBLISHED.lines().filter_map(|line| line.split_once(": ")) {
            for day in listed.split(' ') {
                let text = format!("{}{day}", year.trim());
                days.insert(text.parse().expect("the list holds dates as YYYY and MMDD"));
            }
        }
        days
    }

    #[test]
    fn the_holidays_of_2015_to_2030_are_those_of_the_published_lists() {
        let listed = published();
        assert_eq!(listed.len(), 290);
        let mut compared = 0;
        let mut d = date(2015, 1, 1);
        while d <= date(2030, 12, 31) {
            assert_eq!(holiday(d).is_some(), listed.contains(&d), "{d} is {:?}", holiday(d));
            compared += 1;
            d = d.tomorrow().expect("the year 2030 is far from the end of time");
        }
        assert_eq!(compared, 5844);
    }

    #[test]
    fn holidays_carry_the_name_of_their_time() {
        for (day, name) in [
            (date(2000, 1, 10), Some("成人の日")),
            (date(2006, 4, 29), Some("みどりの日")),
            (date(2007, 4, 29), Some("昭和の日")),
            (date(2007, 5, 4), Some("みどりの日")),
            (date(2002, 7, 20), Some("海の日")),
            (date(2003, 7, 21), Some("海の日")),
            (date(2002, 9, 15), Some("敬老の日")),
            (date(2015, 8, 11), None),
            (date(2016, 8, 11), Some("山の日")),
            (date(2018, 12, 23), Some("天皇誕生日")),
            (date(2019, 2, 23), None),
            (date(2019, 12, 23), None),
            (date(2020, 2, 23), Some("天皇誕生日")),
            (date(2019, 10, 14), Some("体育の日")),
            (date(2022, 10, 10), Some("スポーツの日")),
            (date(2026, 3, 20), Some("春分の日")),
            (date(2026, 9, 23), Some("秋分の日")),
        ] {
            assert_eq!(holiday(day), name, "{day}");
        }
    }

    #[test]
    fn the_enthronement_of_2019_made_ten_days_of_holidays() {
        assert_eq!(holiday(date(2019, 4, 30)), Some(BETWEEN_HOLIDAYS));
        assert_eq!(holiday(date(2019, 5, 1)), Some("天皇の即位の日"));
        assert_eq!(holiday(date(2019, 5, 2)), Some(BETWEEN_HOLIDAYS));
        assert_eq!(holiday(date(2019, 5, 6)), Some(SUBSTITUTE));
        assert_eq!(holiday(date(2019, 10, 22)), Some("即位礼正殿の儀の行われる日"));
    }

    #[test]
    fn the_olympic_games_moved_three_holidays() {
        assert_eq!(holiday(date(2020, 7, 23)), Some("海の日"));
        assert_eq!(holiday(date(2020, 7, 24)), Some("スポーツの日"));
        assert_eq!(holiday(date(2020, 8, 10)), Some("山の日"));
        assert_eq!(holiday(date(2020, 10, 12)), None);
        assert_eq!(holiday(date(2021, 8, 8)), Some("山の日"));
        assert_eq!(holiday(date(2021, 8, 9)), Some(SUBSTITUTE));
        assert_eq!(holiday(date(2021, 8, 11)), None);
    }

    #[test]
    fn since_2007_a_substitute_passes_over_the_holidays_that_follow() {
        // In 2008 and 2009 a Sunday of early May was a holiday, and the substitute was the Wednesday.
        assert_eq!(holiday(date(2008, 5, 6)), Some(SUBSTITUTE));
        assert_eq!(holiday(date(2009, 5, 6)), Some(SUBSTITUTE));
        assert_eq!(holiday(date(2026, 5, 6)), Some(SUBSTITUTE));
        assert_eq!(holiday(date(2026, 5, 7)), None);
    }

    #[test]
    fn a_day_between_two_holidays_is_free_but_before_2007_no_sunday_was() {
        assert_eq!(holiday(date(2026, 9, 22)), Some(BETWEEN_HOLIDAYS));
        assert_eq!(holiday(date(2000, 5, 4)), Some(BETWEEN_HOLIDAYS));
        assert_eq!(holiday(date(2003, 5, 4)), None);
    }

    #[test]
    fn years_outside_the_century_are_not_answered() {
        assert_eq!(holiday(date(1999, 11, 3)), None);
        assert_eq!(holiday(date(2100, 1, 1)), None);
        assert_eq!(holiday(date(2099, 11, 3)), Some("文化の日"));
    }
}
