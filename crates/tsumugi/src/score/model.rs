//! 医療的ケアスコア: what was ticked, and what it comes to. Pure.

use super::table::{Line, Machine, Rules, Watch};
use platform::{
    form::{Fields, Parse},
    vocabulary,
    vocabulary::Vocabulary as _,
};

/// What a line without watching sends when it is there.
pub const PRESENT: &str = "yes";

vocabulary! {
    /// 医療的ケア区分 of 障害児通所支援.
    pub enum Class {
        None = "none" "非該当（3点未満）",
        One = "one" "医療的ケア区分1",
        Two = "two" "医療的ケア区分2",
        Three = "three" "医療的ケア区分3",
    }
}

vocabulary! {
    /// A second axis in plain words: who must be there. After 横浜市.
    pub enum Severity {
        A = "a" "A 高度（医師がいないと難しい）",
        B = "b" "B 中等度（看護師がいないと難しい）",
        C = "c" "C 軽度（研修を修了した人で足りる）",
    }
}

/// What is ticked on a sheet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ticked {
    pub lines: Vec<(Line, Watch)>,
    pub machines: Vec<Machine>,
    /// The pump for insulin and the sensor of glucose work together.
    pub linked: bool,
    /// A physician ordered what to do in a seizure,
    pub ordered: bool,
    /// and there was one within about a year.
    pub within_a_year: bool,
}

/// What a line comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    pub line: Line,
    pub level: Watch,
    pub basic: i64,
    pub watch: i64,
    /// Why points of the line are not counted.
    pub dropped: Option<&'static str>,
}

/// What a sheet comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scored {
    pub rows: Vec<Counted>,
    pub basic: i64,
    pub watch: i64,
    /// What it would come to if what the notice leaves open were counted the other way, with the reason; only where it matters.
    pub otherwise: Vec<(i64, &'static str)>,
}

impl Scored {
    pub fn total(&self) -> i64 {
        self.basic + self.watch
    }
}

const TUBES: [Line; 2] = [Line::Stomach, Line::Bowel];
const BOWEL: [Line; 3] = [Line::Stoma, Line::Evacuation, Line::Enema];

impl Ticked {
    pub fn has(&self, line: Line) -> bool {
        self.lines.iter().any(|(l, _)| *l == line)
    }

    /// Reads a form; what cannot be together is refused with a sentence.
    pub fn parse(p: &mut Parse<'_>, rules: &Rules) -> Ticked {
        let machines: Vec<Machine> = p.choices("machine", "1の機器");
        let mut lines = Vec::new();
        for line in Line::ALL {
            let (field, raw) = (line.code(), p.raw(line.code()));
            let points = (rules.points)(*line);
            let level = Watch::from_code(raw);
            let known = match level {
                Some(Watch::High) => points.high.is_some(),
                Some(Watch::Middle) => points.middle.is_some(),
                Some(Watch::Low) => points.high.is_some(),
                None => raw.is_empty() || raw == PRESENT,
            };
            if !known {
                p.fail(
                    field,
                    format!(
                        "{}（{}）に、この項目にない答えがあります。選び直してください。",
                        line.number(),
                        line.label()
                    ),
                );
            } else if *line == Line::Ventilator && machines.is_empty() && !raw.is_empty() {
                p.fail("machine", "1の見守りを選ぶときは、使っている機器も選んでください。");
            } else if !raw.is_empty() || (*line == Line::Ventilator && !machines.is_empty()) {
                lines.push((*line, level.unwrap_or(Watch::Low)));
            }
        }
        let ticked = Ticked {
            lines,
            machines,
            linked: p.ticked("linked"),
            ordered: p.ticked("ordered"),
            within_a_year: p.ticked("within_a_year"),
        };
        if ticked.linked && !(ticked.has(Line::InjectionPump) && ticked.has(Line::Glucose)) {
            p.fail("linked", "「連動」は、9(2)の持続皮下注射ポンプと10の血糖測定の両方があるときに選びます。");
        }
        if ticked.has(Line::Seizure) && !(ticked.ordered && ticked.within_a_year) {
            p.fail("l14", "14は、医師の指示があり、おおむね1年以内に発作があったときだけ数えます。当てはまるときは下の二つにも印を付け、当てはまらないときは14を外してください。");
        }
        ticked
    }

    /// The same as a form, to keep and to show again.
    pub fn fields(&self, mut fields: Fields) -> Fields {
        for m in &self.machines {
            fields = fields.with("machine", m.code());
        }
        for (line, level) in &self.lines {
            let watched = !line.watched_for().is_empty();
            fields = fields.with(line.code(), if watched { level.code() } else { PRESENT });
        }
        for (name, yes) in [("linked", self.linked), ("ordered", self.ordered), ("within_a_year", self.within_a_year)] {
            if yes {
                fields = fields.with(name, "1");
            }
        }
        fields
    }

    /// The points by these rules.
    pub fn scored(&self, rules: &Rules) -> Scored {
        let counted = self.counted(rules, rules.both_tubes, rules.each_bowel);
        let (basic, watch) = sums(&counted);
        let total = basic + watch;
        let mut otherwise = Vec::new();
        let other = |tubes, bowel| {
            let (basic, watch) = sums(&self.counted(rules, tubes, bowel));
            basic + watch
        };
        let tubes = other(!rules.both_tubes, rules.each_bowel);
        if tubes != total {
            otherwise.push((tubes, "7の(1)と(2)を両方数えるかどうか"));
        }
        let bowel = other(rules.both_tubes, !rules.each_bowel);
        if bowel != total {
            otherwise.push((bowel, "13の(1)〜(3)をすべて数えるかどうか"));
        }
        Scored { rows: counted, basic, watch, otherwise }
    }

    fn counted(&self, rules: &Rules, both_tubes: bool, each_bowel: bool) -> Vec<Counted> {
        let one = |&(line, level): &(Line, Watch)| {
            let points = (rules.points)(line);
            let watch = match level {
                Watch::High => points.high,
                Watch::Middle => points.middle,
                Watch::Low => None,
            };
            let mut row = Counted { line, level, basic: points.basic, watch: watch.unwrap_or(0), dropped: None };
            if line == Line::Tracheostomy && row.watch > 0 && self.has(Line::Ventilator) {
                (row.watch, row.dropped) = (0, Some("人工呼吸器があるため、見守りは加えません"));
            }
            if line == Line::Glucose && self.linked {
                (row.basic, row.watch) = (0, 0);
                row.dropped = Some("持続皮下注射ポンプと連動しているため、加えません");
            }
            row
        };
        let mut rows: Vec<Counted> = self.lines.iter().map(one).collect();
        if !both_tubes {
            once(&mut rows, &TUBES, "7の(1)と(2)は、高いほうだけを数えています（要確認）");
        }
        if !each_bowel {
            once(&mut rows, &BOWEL, "13は、いちばん高いものだけを数えています（要確認）");
        }
        rows
    }

    /// Who must be there, as a hint.
    pub fn severity(&self) -> Option<Severity> {
        use Line as L;
        let any = |lines: &[Line]| lines.iter().any(|l| self.has(*l));
        if any(&[L::Ventilator, L::Tracheostomy, L::Airway, L::Oxygen, L::CentralLine, L::Dialysis]) {
            Some(Severity::A)
        } else if any(&[L::Injection, L::InjectionPump, L::Glucose, L::Catheter, L::IndwellingCatheter]) {
            Some(Severity::B)
        } else {
            (!self.lines.is_empty()).then_some(Severity::C)
        }
    }
}

fn sums(rows: &[Counted]) -> (i64, i64) {
    (rows.iter().map(|r| r.basic).sum(), rows.iter().map(|r| r.watch).sum())
}

/// Of several lines only the one with the most points counts, the first where they are equal.
fn once(rows: &mut [Counted], of: &[Line], why: &'static str) {
    let best = rows.iter().filter(|r| of.contains(&r.line)).map(|r| r.basic + r.watch).max().unwrap_or(0);
    let kept = rows.iter().find(|r| of.contains(&r.line) && r.basic + r.watch == best).map(|r| r.line);
    for row in rows.iter_mut().filter(|r| of.contains(&r.line) && Some(r.line) != kept) {
        (row.basic, row.watch, row.dropped) = (0, 0, Some(why));
    }
}

/// The class of a total.
pub fn class(total: i64, rules: &Rules) -> Class {
    let [one, two, three] = rules.categories;
    match total {
        t if t >= three => Class::Three,
        t if t >= two => Class::Two,
        t if t >= one => Class::One,
        _ => Class::None,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::table::VERSIONS, *};
    use proptest::prelude::*;

    const RULES: &Rules = &VERSIONS[0];

    fn read(pairs: &[(&str, &str)]) -> Result<Ticked, Vec<&'static str>> {
        let fields = pairs.iter().fold(Fields::default(), |f, (n, v)| f.with(n, *v));
        let mut p = Parse::new(&fields);
        let ticked = Ticked::parse(&mut p, RULES);
        p.finish(ticked).map_err(|e| e.0.iter().map(|(f, _)| *f).collect())
    }

    fn total(pairs: &[(&str, &str)]) -> (i64, Class) {
        let scored = read(pairs).expect("a possible sheet").scored(RULES);
        (scored.total(), class(scored.total(), RULES))
    }

    /// The six vectors of DOMAIN §1.1.
    #[test]
    fn the_six_examples_come_out() {
        let first =
            [("machine", "ventilator"), ("l1", "high"), ("l2", "high"), ("l5", "high"), ("l7a", "high"), ("l4", "low")];
        assert_eq!(total(&first), (47, Class::Three));
        assert_eq!(total(&[("l2", "high")]), (10, Class::One));
        assert_eq!(total(&[("l7a", "high"), ("l5", "low")]), (18, Class::Two));
        assert_eq!(total(&[("l13c", "yes")]), (3, Class::One));
        assert_eq!(total(&[("machine", "cough_assist"), ("machine", "nasal_mask")]), (10, Class::One));
        // The tracheostomy first, the ventilator later: plus ten, minus the two for watching.
        assert_eq!(total(&[("l2", "high"), ("machine", "ventilator")]).0, 10 - 2 + 10);
    }

    #[test]
    fn what_is_not_counted_says_why() {
        let both =
            read(&[("l2", "high"), ("machine", "ventilator"), ("l1", "middle")]).expect("possible").scored(RULES);
        assert_eq!((both.basic, both.watch), (18, 1));
        assert_eq!(
            both.rows.iter().filter(|r| r.dropped.is_some()).map(|r| r.line).collect::<Vec<_>>(),
            [Line::Tracheostomy]
        );
        let linked = read(&[("l9b", "low"), ("l10", "high"), ("linked", "1")]).expect("possible").scored(RULES);
        assert_eq!(linked.total(), 3);
        assert!(linked.rows.iter().any(|r| r.line == Line::Glucose && r.dropped.is_some()));
    }

    #[test]
    fn what_the_notice_leaves_open_is_told_with_the_other_result() {
        let tubes = read(&[("l7a", "low"), ("l7b", "high")]).expect("possible").scored(RULES);
        assert_eq!((tubes.total(), tubes.otherwise.clone()), (10, vec![(18, "7の(1)と(2)を両方数えるかどうか")]));
        let bowel = read(&[("l13a", "low"), ("l13c", "yes")]).expect("possible").scored(RULES);
        assert_eq!((bowel.total(), bowel.otherwise.first().map(|o| o.0)), (8, Some(5)));
        assert!(read(&[("l7a", "low")]).expect("possible").scored(RULES).otherwise.is_empty());
    }

    #[test]
    fn what_cannot_be_together_is_refused() {
        assert_eq!(read(&[("l1", "high")]), Err(vec!["machine"]), "watching without what is watched");
        assert_eq!(read(&[("l14", "high")]), Err(vec!["l14"]));
        assert_eq!(read(&[("l14", "high"), ("ordered", "1")]), Err(vec!["l14"]));
        assert!(read(&[("l14", "high"), ("ordered", "1"), ("within_a_year", "1")]).is_ok());
        assert_eq!(read(&[("l10", "low"), ("linked", "1")]), Err(vec!["linked"]));
        assert_eq!(read(&[("l6", "high")]), Err(vec!["l6"]), "nothing to watch there");
        assert_eq!(read(&[("l2", "middle")]), Err(vec!["l2"]), "only the ventilator knows a middle");
        assert_eq!(read(&[("l4", "sometimes")]), Err(vec!["l4"]));
    }

    #[test]
    fn classes_begin_at_three_sixteen_and_thirty_two() {
        let of = |t| class(t, RULES);
        assert_eq!([of(0), of(2), of(3), of(15)], [Class::None, Class::None, Class::One, Class::One]);
        assert_eq!([of(16), of(31), of(32), of(90)], [Class::Two, Class::Two, Class::Three, Class::Three]);
    }

    #[test]
    fn who_must_be_there_follows_the_heaviest_line() {
        assert_eq!(read(&[("l2", "low"), ("l5", "low")]).expect("possible").severity(), Some(Severity::A));
        assert_eq!(read(&[("l12a", "yes"), ("l5", "low")]).expect("possible").severity(), Some(Severity::B));
        assert_eq!(read(&[("l7a", "low")]).expect("possible").severity(), Some(Severity::C));
        assert_eq!(Ticked::default().severity(), None);
    }

    fn sheets() -> impl Strategy<Value = Ticked> {
        let level = prop::sample::select(Watch::ALL.to_vec());
        let lines = prop::collection::vec(prop::option::of(level), Line::ALL.len());
        (lines, any::<bool>()).prop_map(|(levels, linked)| {
            let possible = |line: Line, level: Watch| match level {
                Watch::Middle if (RULES.points)(line).middle.is_none() => Watch::Low,
                Watch::High if (RULES.points)(line).high.is_none() => Watch::Low,
                other => other,
            };
            let lines: Vec<_> =
                Line::ALL.iter().zip(levels).filter_map(|(l, w)| w.map(|w| (*l, possible(*l, w)))).collect();
            let has = |line| lines.iter().any(|(l, _)| *l == line);
            Ticked {
                machines: if has(Line::Ventilator) { vec![Machine::Ventilator] } else { vec![] },
                linked: linked && has(Line::InjectionPump) && has(Line::Glucose),
                ordered: has(Line::Seizure),
                within_a_year: has(Line::Seizure),
                lines,
            }
        })
    }

    proptest! {
        #[test]
        fn a_sheet_is_read_again_as_it_was_written(sheet in sheets()) {
            let fields = sheet.fields(Fields::default());
            let mut p = Parse::new(&fields);
            let again = Ticked::parse(&mut p, RULES);
            prop_assert_eq!(p.finish(again).expect("possible"), sheet);
        }

        #[test]
        fn the_total_is_what_its_rows_say_and_no_row_says_more_than_the_table(sheet in sheets()) {
            let scored = sheet.scored(RULES);
            prop_assert_eq!(scored.total(), scored.rows.iter().map(|r| r.basic + r.watch).sum::<i64>());
            prop_assert_eq!(scored.rows.len(), sheet.lines.len());
            for r in &scored.rows {
                let points = (RULES.points)(r.line);
                prop_assert!(r.basic == points.basic || (r.basic == 0 && r.dropped.is_some()));
                prop_assert!(r.watch <= points.high.unwrap_or(0));
            }
        }

        /// One more line never makes a child need less care: at the least the total stays.
        #[test]
        fn one_line_more_never_lowers_the_total(sheet in sheets(), at in 0..Line::ALL.len()) {
            let line = Line::ALL[at];
            prop_assume!(!sheet.has(line) && !sheet.linked);
            let mut more = sheet.clone();
            more.lines.push((line, Watch::Low));
            prop_assert!(more.scored(RULES).total() >= sheet.scored(RULES).total());
        }
    }
}
