//! What is watched, what is usual, and which rule is hit. Pure; every number is in tenths of its unit.

use crate::policy::Category;
use jiff::ToSpan;
use platform::{Date, japanese::date, number, vocabulary, vocabulary::Vocabulary as _};

vocabulary! {
    /// What is watched. Each has its unit and the direction that is worse.
    pub enum Measure {
        NightSuction = "night_suction" "夜間の吸引",
        CarerSleep = "carer_sleep" "主に介護する人の睡眠",
        OxygenLow = "oxygen_low" "SpO₂の最低",
        Temperature = "temperature" "体温の最高",
        Seizures = "seizures" "発作",
        Intake = "intake" "飲んだ・注入した量",
        Missed = "missed" "休んだサービス",
        School = "school" "登園・登校した日",
        Mood = "mood" "本人の気分",
        Tired = "tired" "介護する人の疲れ",
        Count = "count" "そのほかの回数",
    }
}

vocabulary! {
    /// Which way is worse.
    pub enum Worse {
        Up = "up" "多い・高いほうが心配",
        Down = "down" "少ない・低いほうが心配",
    }
}

vocabulary! {
    /// When a rule is hit.
    pub enum RuleKind {
        Above = "above" "この値以上",
        Below = "below" "この値以下",
        AboveRow = "above_row" "この値以上が続けて",
        BelowRow = "below_row" "この値以下が続けて",
        OverUsual = "over_usual" "ふだんの範囲より高い日が続けて",
        UnderUsual = "under_usual" "ふだんの範囲より低い日が続けて",
        Missing = "missing" "入力のない日が続く",
    }
}

/// How an answer of a measure is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    pub unit: &'static str,
    /// In tenths; the borders count.
    pub least: i64,
    pub most: i64,
    pub decimal: bool,
    pub worse: Worse,
}

impl Measure {
    /// Whose consent it needs: how the carer sleeps and feels is the family's situation, not the child's care.
    pub fn category(self) -> Category {
        if matches!(self, Measure::CarerSleep | Measure::Tired) { Category::Family } else { Category::Care }
    }

    pub fn scale(self) -> Scale {
        use Measure as M;
        let whole = |unit, least: i64, most: i64, worse| Scale {
            unit,
            least: least * 10,
            most: most * 10,
            decimal: false,
            worse,
        };
        let fine = |unit, least: i64, most: i64, worse| Scale { decimal: true, ..whole(unit, least, most, worse) };
        match self {
            M::NightSuction => whole("回／晩", 0, 100, Worse::Up),
            M::CarerSleep => fine("時間／日", 0, 24, Worse::Down),
            M::OxygenLow => whole("％", 50, 100, Worse::Down),
            M::Temperature => fine("℃", 33, 43, Worse::Up),
            M::Seizures => whole("回／日", 0, 200, Worse::Up),
            M::Intake => whole("mL／日", 0, 5000, Worse::Down),
            M::Missed => whole("回／日", 0, 10, Worse::Up),
            M::School => whole("日", 0, 1, Worse::Down),
            M::Mood => whole("（1〜5）", 1, 5, Worse::Down),
            M::Tired => whole("（1〜5）", 1, 5, Worse::Up),
            M::Count => whole("回／日", 0, 1000, Worse::Up),
        }
    }
}

impl RuleKind {
    /// Whether it asks for a value, and whether for a number of days.
    pub fn asks(self) -> (bool, bool) {
        match self {
            RuleKind::Above | RuleKind::Below => (true, false),
            RuleKind::AboveRow | RuleKind::BelowRow => (true, true),
            RuleKind::OverUsual | RuleKind::UnderUsual | RuleKind::Missing => (false, true),
        }
    }
}

/// A value of one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    pub day: Date,
    pub value: i64,
}

/// The usual range of a child, borders included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Band {
    pub low: i64,
    pub high: i64,
}

/// A rule of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    pub kind: RuleKind,
    pub value: i64,
    pub days: i64,
}

/// One value a day: of several the worst.
pub fn daily(mut all: Vec<Day>, worse: Worse) -> Vec<Day> {
    all.sort_by_key(|d| (d.day, if worse == Worse::Up { d.value } else { -d.value }));
    let mut out: Vec<Day> = Vec::new();
    for d in all {
        match out.last_mut() {
            Some(last) if last.day == d.day => *last = d,
            _ => out.push(d),
        }
    }
    out
}

/// Days of which the usual range is made,
const USUAL_DAYS: i64 = 35;
/// without the newest, which may be what is unusual,
const RECENT: i64 = 3;
/// and how many values it needs at the least.
const USUAL_LEAST: usize = 7;

/// The usual range from the child's own days before `today`: from the tenth to the ninetieth hundredth. None where there is too little.
/// A row of `row` days that is compared with it is no part of it, also where every second day of the row has no entry.
pub fn usual(days: &[Day], today: Date, row: i64) -> Option<Band> {
    let until = today.checked_sub(RECENT.max(2 * row).days()).ok()?;
    let from = until.checked_sub((USUAL_DAYS - RECENT).days()).ok()?;
    let mut values: Vec<i64> = days.iter().filter(|d| d.day >= from && d.day <= until).map(|d| d.value).collect();
    if values.len() < USUAL_LEAST {
        return None;
    }
    values.sort_unstable();
    let at = |hundredth: usize| values[(values.len() - 1) * hundredth / 100];
    let high = values[((values.len() - 1) * 90).div_ceil(100)];
    Some(Band { low: at(10), high })
}

/// Why a rule is hit on a day, in words; None where it is not. `days` are one value a day, the oldest first.
pub fn hit(rule: &Rule, scale: &Scale, band: Option<Band>, days: &[Day], since: Date, today: Date) -> Option<String> {
    let known: Vec<Day> = days.iter().copied().filter(|d| d.day <= today).collect();
    let newest = known.last().copied();
    // A single value counts while it is news: today's or yesterday's.
    let fresh = newest.filter(|d| (today - d.day).get_days() <= 1);
    let n = usize::try_from(rule.days.max(1)).unwrap_or(1);
    let row = |beyond: &dyn Fn(i64) -> bool| {
        let last = known.get(known.len().checked_sub(n)?..)?;
        // "In a row" means days beside each other, not the last entries of a month.
        let close = last.windows(2).all(|w| (w[1].day - w[0].day).get_days() <= 2);
        (close && last.iter().all(|d| beyond(d.value))).then(|| told(last, scale))
    };
    let value = |v: i64| number_text(v, scale);
    match rule.kind {
        RuleKind::Above => fresh
            .filter(|d| d.value >= rule.value)
            .map(|d| format!("{}以上（{}）", value(rule.value), told(&[d], scale))),
        RuleKind::Below => fresh
            .filter(|d| d.value <= rule.value)
            .map(|d| format!("{}以下（{}）", value(rule.value), told(&[d], scale))),
        RuleKind::AboveRow => row(&|v| v >= rule.value).map(|t| format!("{n}日続けて{}以上（{t}）", value(rule.value))),
        RuleKind::BelowRow => row(&|v| v <= rule.value).map(|t| format!("{n}日続けて{}以下（{t}）", value(rule.value))),
        RuleKind::OverUsual => {
            let b = band?;
            row(&|v| v > b.high).map(|t| format!("{n}日続けて、ふだん（{}）より高い（{t}）", band_text(b, scale)))
        }
        RuleKind::UnderUsual => {
            let b = band?;
            row(&|v| v < b.low).map(|t| format!("{n}日続けて、ふだん（{}）より低い（{t}）", band_text(b, scale)))
        }
        RuleKind::Missing => {
            let last = newest.map_or(since, |d| d.day);
            let gap = i64::from((today - last).get_days());
            (gap >= rule.days.max(1))
                .then(|| format!("{gap}日のあいだ入力がない（最後は{}）", date::month_day_weekday(last)))
        }
    }
}

fn told(days: &[Day], scale: &Scale) -> String {
    let one = |d: &Day| format!("{} {}", date::month_day_weekday(d.day), number_text(d.value, scale));
    days.iter().map(one).collect::<Vec<_>>().join("、")
}

/// Whether the newest day begins anew: there was no entry for more than two days before it.
pub fn begins_anew(days: &[Day]) -> bool {
    match days {
        [.., before, last] => (last.day - before.day).get_days() > 2,
        _ => false,
    }
}

/// On which days of the past a rule would have begun to be hit: each is one flag.
pub fn episodes(rule: &Rule, scale: &Scale, manual: Option<Band>, days: &[Day], since: Date, until: Date) -> Vec<Date> {
    let (mut out, mut open, mut day) = (Vec::new(), false, since);
    while day <= until {
        let band = manual.or_else(|| usual(days, day, rule.days));
        let now = hit(rule, scale, band, days, since, day).is_some();
        if now && !open {
            out.push(day);
        }
        open = now;
        let Ok(next) = day.tomorrow() else { break };
        day = next;
    }
    out
}

pub fn number_text(value: i64, scale: &Scale) -> String {
    let unit = scale.unit.split('／').next().unwrap_or("");
    let unit = if unit.starts_with('（') { "" } else { unit };
    format!("{}{unit}", number::plain(value))
}

pub fn band_text(band: Band, scale: &Scale) -> String {
    if band.low == band.high {
        number_text(band.low, scale)
    } else {
        format!("{}〜{}", number::plain(band.low), number_text(band.high, scale))
    }
}

/// A rule in words.
pub fn rule_text(rule: &Rule, scale: &Scale) -> String {
    let (with_value, with_days) = rule.kind.asks();
    let days = if with_days { format!("{}日", rule.days) } else { String::new() };
    let value = number_text(rule.value, scale);
    match (with_value, with_days) {
        (true, true) => format!("{value}{}が{days}続く", if rule.kind == RuleKind::AboveRow { "以上" } else { "以下" }),
        (true, false) => format!("{value}{}", if rule.kind == RuleKind::Above { "以上" } else { "以下" }),
        (false, _) => format!("{}{days}", rule.kind.label()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    const TODAY: Date = date(2026, 11, 24);

    fn days(values: &[i64]) -> Vec<Day> {
        // The last value is today's.
        let first = i64::try_from(values.len()).expect("few") - 1;
        values
            .iter()
            .zip(0_i64..)
            .map(|(v, i)| Day { day: TODAY.checked_sub((first - i).days()).expect("a day"), value: v * 10 })
            .collect()
    }

    fn of(kind: RuleKind, value: i64, n: i64, values: &[i64]) -> Option<String> {
        let d = days(values);
        let scale = Measure::NightSuction.scale();
        hit(&Rule { kind, value: value * 10, days: n }, &scale, usual(&d, TODAY, n), &d, date(2026, 10, 1), TODAY)
    }

    #[test]
    fn every_kind_of_rule_is_hit_at_its_border_and_not_before() {
        use RuleKind as K;
        assert!(of(K::Above, 8, 0, &[3, 8]).is_some() && of(K::Above, 8, 0, &[9, 7]).is_none());
        assert!(of(K::Below, 3, 0, &[9, 3]).is_some() && of(K::Below, 3, 0, &[1, 4]).is_none());
        assert!(of(K::AboveRow, 8, 3, &[1, 8, 9, 8]).is_some() && of(K::AboveRow, 8, 3, &[9, 9, 7, 9, 9]).is_none());
        assert!(of(K::BelowRow, 3, 2, &[5, 3, 2]).is_some() && of(K::BelowRow, 3, 2, &[2, 4, 2]).is_none());
        let usual_then = |last: &[i64]| [&[4, 5, 3, 4, 5, 4, 3, 4, 5, 4, 3, 5][..], last].concat();
        assert!(of(K::OverUsual, 0, 3, &usual_then(&[7, 8, 9])).is_some());
        assert!(of(K::OverUsual, 0, 3, &usual_then(&[7, 5, 9])).is_none(), "one usual day among them");
        assert!(of(K::UnderUsual, 0, 2, &usual_then(&[4, 1, 2])).is_some());
        assert!(of(K::OverUsual, 0, 1, &[4, 9]).is_none(), "nobody knows what is usual yet");
        let long = [&[4, 5, 3, 4, 5, 4, 3, 4, 5, 4].repeat(4)[..], &[9; 14]].concat();
        assert!(of(K::OverUsual, 0, 14, &long).is_some(), "two weeks are no part of what is usual");
    }

    #[test]
    fn missing_counts_from_the_last_entry_or_from_the_beginning() {
        let rule = Rule { kind: RuleKind::Missing, value: 0, days: 3 };
        let scale = Measure::Mood.scale();
        let on = |day| hit(&rule, &scale, None, &days(&[3])[..], date(2026, 11, 1), day).is_some();
        assert!(!on(date(2026, 11, 26)) && on(date(2026, 11, 27)));
        let never = |day| hit(&rule, &scale, None, &[], date(2026, 11, 22), day).is_some();
        assert!(!never(date(2026, 11, 24)) && never(date(2026, 11, 25)));
    }

    #[test]
    fn a_value_of_last_week_is_no_news_and_one_after_a_pause_begins_anew() {
        let scale = Measure::Seizures.scale();
        let rule = Rule { kind: RuleKind::Above, value: 10, days: 0 };
        let one = |day| [Day { day, value: 50 }];
        assert!(hit(&rule, &scale, None, &one(date(2026, 11, 23)), TODAY, TODAY).is_some());
        assert!(hit(&rule, &scale, None, &one(date(2026, 11, 22)), TODAY, TODAY).is_none());
        let seizures = [Day { day: date(2026, 11, 1), value: 10 }, Day { day: TODAY, value: 50 }];
        assert!(begins_anew(&seizures) && !begins_anew(&seizures[..1]) && !begins_anew(&days(&[1, 1])));
    }

    #[test]
    fn in_a_row_means_days_beside_each_other() {
        let scale = Measure::NightSuction.scale();
        let far = [Day { day: date(2026, 11, 1), value: 90 }, Day { day: date(2026, 11, 24), value: 90 }];
        let rule = Rule { kind: RuleKind::AboveRow, value: 80, days: 2 };
        assert!(hit(&rule, &scale, None, &far, far[0].day, TODAY).is_none());
        let near = [Day { day: date(2026, 11, 22), value: 90 }, Day { day: date(2026, 11, 24), value: 90 }];
        assert!(hit(&rule, &scale, None, &near, near[0].day, TODAY).is_some(), "one night without an entry between");
    }

    #[test]
    fn a_reason_says_the_days_and_the_values() {
        let told = of(RuleKind::AboveRow, 8, 2, &[3, 8, 9]).expect("hit");
        assert!(told.contains("2日続けて8回以上") && told.contains("9回"), "{told}");
    }

    #[test]
    fn an_episode_is_one_flag_however_long_it_lasts() {
        let scale = Measure::NightSuction.scale();
        let d = days(&[3, 9, 9, 9, 3, 9]);
        let rule = Rule { kind: RuleKind::Above, value: 80, days: 0 };
        let found = episodes(&rule, &scale, None, &d, d[0].day, TODAY);
        assert_eq!(found, [date(2026, 11, 20), TODAY]);
    }

    #[test]
    fn of_several_values_of_a_day_the_worst_counts() {
        let twice = vec![
            Day { day: TODAY, value: 40 },
            Day { day: TODAY, value: 90 },
            Day { day: date(2026, 11, 23), value: 10 },
        ];
        let worst = |w| daily(twice.clone(), w).iter().map(|d| d.value).collect::<Vec<_>>();
        assert_eq!((worst(Worse::Up), worst(Worse::Down)), (vec![10, 90], vec![10, 40]));
    }

    proptest! {
        #[test]
        fn the_usual_range_lies_within_what_there_was(values in prop::collection::vec(0_i64..50, 0..60)) {
            let d = days(&values);
            if let Some(band) = usual(&d, TODAY, 0) {
                let seen: Vec<i64> = d.iter().map(|d| d.value).collect();
                prop_assert!(band.low <= band.high);
                prop_assert!(seen.contains(&band.low) && seen.contains(&band.high));
            }
        }

        #[test]
        fn a_rule_that_holds_for_more_days_holds_for_fewer(values in prop::collection::vec(0_i64..20, 1..15), at in 0_i64..20, n in 2_i64..6) {
            for kind in [RuleKind::AboveRow, RuleKind::BelowRow] {
                if of(kind, at, n, &values).is_some() {
                    prop_assert!(of(kind, at, n - 1, &values).is_some());
                }
            }
        }

        #[test]
        fn who_is_above_is_not_below(values in prop::collection::vec(0_i64..20, 1..15), at in 1_i64..20) {
            prop_assert!(of(RuleKind::Above, at, 0, &values).is_none() || of(RuleKind::Below, at - 1, 0, &values).is_none());
        }
    }
}
