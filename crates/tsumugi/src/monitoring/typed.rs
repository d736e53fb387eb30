//! What is typed on the pages of monitoring. Pure.

use super::model::{Band, Measure, Rule, RuleKind, Scale};
use platform::{
    Date, Uuid,
    form::{Errors, Fields, Parse},
    number,
    vocabulary::Vocabulary as _,
};

/// The longest row of days that a rule asks for.
pub const LONGEST_ROW: i64 = 14;

/// Something that is to be watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewItem {
    pub measure: Measure,
    pub name: String,
    pub band: Option<Band>,
    pub by_family: bool,
}

impl NewItem {
    pub fn parse(fields: &Fields) -> Result<NewItem, Errors> {
        let mut p = Parse::new(fields);
        let measure: Measure = p.choice("measure", "見守ること");
        let name = p.optional_line("name", "呼び名", 40).unwrap_or_else(|| measure.label().to_owned());
        let scale = measure.scale();
        let (low, high) =
            (value(&mut p, "low", "ふだんの範囲（下）", &scale), value(&mut p, "high", "ふだんの範囲（上）", &scale));
        if low.is_some() != high.is_some() {
            p.fail("low", "ふだんの範囲は、下と上の両方を入力するか、両方を空にします。");
        }
        let band = low.zip(high).map(|(low, high)| Band { low, high });
        if band.is_some_and(|b| b.low > b.high) {
            p.fail("low", "ふだんの範囲の下は、上より小さい値にしてください。");
        }
        let by_family = p.ticked("by_family");
        p.finish(NewItem { measure, name, band, by_family })
    }

    /// What is sealed.
    pub fn fields(&self) -> Fields {
        let number = |n: Option<i64>| n.map_or(String::new(), |n| n.to_string());
        Fields::default()
            .with("measure", self.measure.code())
            .with("name", &self.name)
            .with("low", number(self.band.map(|b| b.low)))
            .with("high", number(self.band.map(|b| b.high)))
    }
}

/// A rule that is to count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRule {
    pub item: Uuid,
    pub rule: Rule,
    pub urgent: bool,
}

impl NewRule {
    /// `scale`: of the item that the form names.
    pub fn parse(fields: &Fields, scale: &Scale) -> Result<NewRule, Errors> {
        let mut p = Parse::new(fields);
        let item = p.id("item", "見守ること");
        let kind: RuleKind = p.choice("rule", "知らせるとき");
        let (with_value, with_days) = kind.asks();
        let typed = value(&mut p, "value", "値", scale);
        if with_value && typed.is_none() && !p.raw("value").trim().is_empty() {
            // What is wrong with it was said already.
        } else if with_value && typed.is_none() {
            p.fail("value", "この知らせ方には、値を入力してください。");
        }
        let days = if with_days { p.number("days", "日数", 1..=LONGEST_ROW) } else { 0 };
        let urgent = p.ticked("urgent");
        p.finish(NewRule {
            item,
            rule: Rule { kind, value: if with_value { typed.unwrap_or(0) } else { 0 }, days },
            urgent,
        })
    }
}

/// A value in tenths; None where nothing was typed or what was typed is wrong, which is then said.
pub fn value(p: &mut Parse<'_>, field: &'static str, label: &str, scale: &Scale) -> Option<i64> {
    let raw = p.raw(field).trim();
    if raw.is_empty() {
        return None;
    }
    let read = tenths(raw, scale);
    if read.is_none() {
        let how = if scale.decimal { "（小数は1桁まで）" } else { "" };
        p.fail(
            field,
            format!(
                "{label}は{}から{}までの数字で入力してください{how}。",
                number::plain(scale.least),
                number::plain(scale.most)
            ),
        );
    }
    read
}

/// A number as people type it, within the borders of its scale.
pub fn tenths(raw: &str, scale: &Scale) -> Option<i64> {
    number::tenths(raw, scale.least, scale.most, scale.decimal)
}

/// How many days back an entry may be for.
pub const BACK: i64 = 31;

/// The day of a report: today where nothing is typed, not in the future and not long ago.
pub fn day(p: &mut Parse<'_>, today: Date) -> Date {
    let day = p.optional_date("day", "日付").unwrap_or(today);
    let earliest = today.checked_sub(jiff::ToSpan::days(BACK)).unwrap_or(today);
    if day > today {
        p.fail("day", "日付が今日より後です。");
    } else if day < earliest {
        p.fail("day", format!("{BACK}日より前の日の記録は、経過記録に書いてください。"));
    }
    day
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        pairs.iter().fold(Fields::default(), |f, (n, v)| f.with(n, *v))
    }

    #[test]
    fn values_far_outside_or_in_another_unit_are_refused() {
        let oxygen = Measure::OxygenLow.scale();
        let of = |raw| tenths(raw, &oxygen);
        assert_eq!((of("９３"), of("93.5"), of("0.93"), of("930"), of("93%")), (Some(930), None, None, None, None));
        let sleep = Measure::CarerSleep.scale();
        assert_eq!(
            (tenths("3.5", &sleep), tenths("210", &sleep), tenths("３．５", &sleep)),
            (Some(35), None, Some(35)),
            "minutes are no hours"
        );
    }

    #[test]
    fn a_range_has_both_ends_in_order() {
        let of = |low, high| {
            let f = fields(&[("measure", "night_suction"), ("low", low), ("high", high)]);
            NewItem::parse(&f).map(|i| i.band).map_err(|e| e.0[0].0)
        };
        assert_eq!(of("3", "5"), Ok(Some(Band { low: 30, high: 50 })));
        assert_eq!((of("", ""), of("3", ""), of("5", "3")), (Ok(None), Err("low"), Err("low")));
    }

    #[test]
    fn a_rule_asks_for_what_it_needs() {
        let scale = Measure::NightSuction.scale();
        let item = Uuid::from_u128(1).to_string();
        let of = |pairs: &[(&str, &str)]| {
            let f = fields(&[&[("item", item.as_str())], pairs].concat());
            NewRule::parse(&f, &scale).map(|r| r.rule).map_err(|e| e.0.iter().map(|(f, _)| *f).collect::<Vec<_>>())
        };
        assert_eq!(
            of(&[("rule", "above"), ("value", "8"), ("days", "3")]),
            Ok(Rule { kind: RuleKind::Above, value: 80, days: 0 })
        );
        assert_eq!(of(&[("rule", "above_row"), ("value", "8")]), Err(vec!["days"]));
        assert_eq!(of(&[("rule", "above"), ("value", "")]), Err(vec!["value"]));
        assert_eq!(of(&[("rule", "above"), ("value", "百")]), Err(vec!["value"]));
        assert_eq!(of(&[("rule", "missing"), ("days", "15")]), Err(vec!["days"]));
        assert_eq!(of(&[("rule", "missing"), ("days", "3")]), Ok(Rule { kind: RuleKind::Missing, value: 0, days: 3 }));
    }
}
