//! Age, corrected age and school grade.
//!
//! 年齢計算ニ関する法律 (明治35年法律第50号) with 民法第143条: an age is reached at the end of the day
//! before the birthday.
//! People count from the birthday on, and so does [`age`]; the law's day decides the school year,
//! so that a child born on April 1st is the youngest of the older grade (早生まれ).

use std::fmt;

use jiff::civil::{Date, date};

use super::fiscal::fiscal_year;

/// A completed age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Age {
    /// Whole years.
    pub years: u16,
    /// Whole months beyond the years, 0 to 11.
    pub months: u8,
}

impl Age {
    /// The age in whole months, as health visitors and the vaccination calendar count it.
    pub fn in_months(self) -> u32 {
        u32::from(self.years) * 12 + u32::from(self.months)
    }
}

/// 2歳4か月, 0歳7か月
impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}歳{}か月", self.years, self.months)
    }
}

/// The age on a day, or `None` if the birth lies in its future.
///
/// A month is complete on the day with the number of the birthday, and where the month has none, on
/// the first of the next month (民法第143条第2項): one born on 2-29 is a year older on 3-1.
pub fn age(birth: Date, on: Date) -> Option<Age> {
    if on < birth {
        return None;
    }
    let month_number = |d: Date| i32::from(d.year()) * 12 + i32::from(d.month());
    let begun = month_number(on) - month_number(birth);
    let complete = begun - i32::from(on.day() < birth.day());
    // A birth in the past has completed no negative number of months, and jiff has 20,000 years.
    Some(Age { years: u16::try_from(complete / 12).ok()?, months: u8::try_from(complete % 12).ok()? })
}

/// 修正月齢: the age counted from the day on which a child born too early was expected.
///
/// `gestation_days_early` is 280 less the days of the pregnancy.
/// `None` for a child not born early, before the expected day, and from the second birthday on,
/// when the correction is no longer used.
pub fn corrected(birth: Date, gestation_days_early: u16, on: Date) -> Option<Age> {
    let actual = age(birth, on)?;
    if gestation_days_early == 0 || actual.years >= 2 {
        return None;
    }
    let expected = birth.checked_add(jiff::Span::new().days(gestation_days_early)).ok()?;
    age(expected, on)
}

/// The day on which a person turns this many years old: the birthday, or 3-1 for one born on 2-29
/// in a year without that day.
///
/// Beyond the calendar of jiff its last day.
pub fn turns(birth: Date, years: u16) -> Date {
    let year = i16::try_from(i32::from(birth.year()) + i32::from(years));
    let Some(year) = year.ok().filter(|&year| year <= Date::MAX.year()) else {
        return Date::MAX;
    };
    Date::new(year, birth.month(), birth.day()).unwrap_or(date(year, 3, 1))
}

/// The day at whose end the law counts the age as reached: the day before [`turns`].
///
/// Limits such as 18歳未満 are reckoned from it.
pub fn legally_reaches(birth: Date, years: u16) -> Date {
    let birthday = turns(birth, years);
    birthday.yesterday().unwrap_or(birthday)
}

/// The grade in which a child of this birth is, unless entry was put off (就学猶予).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// 未就園: younger than the youngest year of kindergarten, and every day before the birth.
    BeforeKindergarten,
    /// 年少
    KindergartenFirst,
    /// 年中
    KindergartenSecond,
    /// 年長
    KindergartenThird,
    /// 小1 to 小6
    Elementary(u8),
    /// 中1 to 中3
    JuniorHigh(u8),
    /// 高1相当 to 高3相当: the years after compulsory education, whether at school or not
    High(u8),
    /// 卒業後
    Graduated,
}

impl Grade {
    /// 未就園, 年少, 小1, 中1, 高1相当, 卒業後 and so on.
    pub fn label(self) -> String {
        match self {
            Self::BeforeKindergarten => "未就園".to_owned(),
            Self::KindergartenFirst => "年少".to_owned(),
            Self::KindergartenSecond => "年中".to_owned(),
            Self::KindergartenThird => "年長".to_owned(),
            Self::Elementary(year) => format!("小{year}"),
            Self::JuniorHigh(year) => format!("中{year}"),
            Self::High(year) => format!("高{year}相当"),
            Self::Graduated => "卒業後".to_owned(),
        }
    }
}

/// The grade on a day.
///
/// 学校教育法第17条: school begins on the April 1st after the day at whose end the child is six.
/// Those born from 4-2 to the next 4-1 are therefore in one grade.
pub fn school_grade(birth: Date, on: Date) -> Grade {
    let cohort = fiscal_year(birth.yesterday().unwrap_or(birth));
    let years = i32::from(fiscal_year(on)) - i32::from(cohort);
    let within = |first: i32| u8::try_from(years - first + 1).unwrap_or_default();
    match years {
        ..=3 => Grade::BeforeKindergarten,
        4 => Grade::KindergartenFirst,
        5 => Grade::KindergartenSecond,
        6 => Grade::KindergartenThird,
        7..=12 => Grade::Elementary(within(7)),
        13..=15 => Grade::JuniorHigh(within(13)),
        16..=18 => Grade::High(within(16)),
        19.. => Grade::Graduated,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(birth: Date, on: Date) -> String {
        age(birth, on).expect("the tests ask after the birth").to_string()
    }

    #[test]
    fn an_age_is_written_in_years_and_months() {
        assert_eq!(written(date(2024, 7, 3), date(2026, 11, 22)), "2歳4か月");
        assert_eq!(written(date(2026, 4, 22), date(2026, 11, 22)), "0歳7か月");
        assert_eq!(written(date(2026, 4, 23), date(2026, 11, 22)), "0歳6か月");
        assert_eq!(written(date(2026, 11, 22), date(2026, 11, 22)), "0歳0か月");
        assert_eq!(age(date(2026, 11, 23), date(2026, 11, 22)), None);
        assert_eq!(age(date(2024, 7, 3), date(2026, 11, 22)).map(Age::in_months), Some(28));
    }

    #[test]
    fn a_birthday_that_the_year_lacks_is_the_first_of_march() {
        let birth = date(2024, 2, 29);
        assert_eq!(written(birth, date(2025, 2, 28)), "0歳11か月");
        assert_eq!(written(birth, date(2025, 3, 1)), "1歳0か月");
        assert_eq!(written(birth, date(2028, 2, 28)), "3歳11か月");
        assert_eq!(written(birth, date(2028, 2, 29)), "4歳0か月");
        assert_eq!(turns(birth, 1), date(2025, 3, 1));
        assert_eq!(turns(birth, 4), date(2028, 2, 29));
        // The law reaches the year at the end of February, whether it has 28 or 29 days.
        assert_eq!(legally_reaches(birth, 1), date(2025, 2, 28));
        assert_eq!(legally_reaches(birth, 4), date(2028, 2, 28));
    }

    #[test]
    fn a_month_without_the_day_of_birth_is_complete_on_the_first_of_the_next() {
        assert_eq!(written(date(2026, 1, 31), date(2026, 2, 28)), "0歳0か月");
        assert_eq!(written(date(2026, 1, 31), date(2026, 3, 1)), "0歳1か月");
    }

    #[test]
    fn a_corrected_age_counts_from_the_expected_day() {
        let birth = date(2026, 1, 10);
        // Born after 28 weeks, which is 84 days early: expected on April 4th.
        let corrected_on = |on| corrected(birth, 84, on).map(|age| age.to_string());
        assert_eq!(corrected_on(date(2026, 11, 22)), Some("0歳7か月".to_owned()));
        assert_eq!(corrected_on(date(2026, 4, 4)), Some("0歳0か月".to_owned()));
        assert_eq!(corrected_on(date(2026, 4, 3)), None);
        assert_eq!(corrected_on(date(2028, 1, 9)), Some("1歳9か月".to_owned()));
        assert_eq!(corrected_on(date(2028, 1, 10)), None);
        assert_eq!(corrected(birth, 0, date(2026, 11, 22)), None);
        assert_eq!(corrected(birth, 84, date(2026, 1, 9)), None);
    }

    #[test]
    fn a_child_born_on_the_first_of_april_belongs_to_the_older_grade() {
        let (early, late) = (date(2020, 4, 1), date(2020, 4, 2));
        let entry = date(2026, 4, 1);
        assert_eq!(school_grade(early, entry), Grade::Elementary(1));
        assert_eq!(school_grade(late, entry), Grade::KindergartenThird);
        assert_eq!(school_grade(early, date(2026, 3, 31)), Grade::KindergartenThird);
        assert_eq!(legally_reaches(early, 6), date(2026, 3, 31));
    }

    #[test]
    fn the_grades_follow_one_another_each_april() {
        let birth = date(2020, 7, 3);
        let labels: Vec<String> = (2023..=2039).map(|year| school_grade(birth, date(year, 4, 1)).label()).collect();
        assert_eq!(
            labels.join(" "),
            "未就園 年少 年中 年長 小1 小2 小3 小4 小5 小6 中1 中2 中3 高1相当 高2相当 高3相当 卒業後"
        );
        assert_eq!(school_grade(birth, date(2019, 4, 1)), Grade::BeforeKindergarten);
    }

    #[test]
    fn ages_beyond_the_calendar_end_with_it() {
        assert_eq!(turns(date(2024, 2, 29), u16::MAX), Date::MAX);
        assert_eq!(turns(date(9990, 1, 1), 10), Date::MAX);
        assert_eq!(school_grade(Date::MIN, Date::MAX), Grade::Graduated);
    }

    fn days() -> impl Strategy<Value = Date> {
        (1900i16..2100, 1i8..=12, 1i8..=31)
            .prop_filter_map("the month has no such day", |(y, m, d)| Date::new(y, m, d).ok())
    }

    proptest! {
        #[test]
        fn on_the_birthday_the_age_is_a_whole_number_of_years(birth in days(), years in 1u16..120) {
            let birthday = turns(birth, years);
            prop_assert_eq!(age(birth, birthday), Some(Age { years, months: 0 }));
            let eve = legally_reaches(birth, years);
            prop_assert_eq!(age(birth, eve), Some(Age { years: years - 1, months: 11 }));
        }

        #[test]
        fn nobody_grows_younger(birth in days(), one in days(), other in days()) {
            let (sooner, later) = (one.min(other), one.max(other));
            prop_assert!(age(birth, sooner) <= age(birth, later));
            prop_assert!(school_grade(birth, sooner) <= school_grade(birth, later));
        }

        #[test]
        fn school_begins_in_the_april_after_the_sixth_year_is_reached(birth in days()) {
            let entry = fiscal_year(legally_reaches(birth, 6)) + 1;
            prop_assert_eq!(school_grade(birth, date(entry, 4, 1)), Grade::Elementary(1));
            prop_assert_eq!(school_grade(birth, date(entry, 3, 31)), Grade::KindergartenThird);
        }

        #[test]
        fn a_corrected_age_is_never_more_than_the_age(birth in days(), early in 1u16..140, lived in 0u16..730) {
            let on = birth.checked_add(jiff::Span::new().days(lived)).expect("two years after 2100");
            if let Some(corrected) = corrected(birth, early, on) {
                prop_assert!(Some(corrected) <= age(birth, on));
            }
        }
    }
}
