//! What every sheet has beside its points: when, by whom, until when. Pure.

use jiff::ToSpan;
use platform::{
    Date, Uuid,
    form::{Fields, Parse},
    vocabulary,
};

vocabulary! {
    /// Whose judgement a sheet is.
    pub enum Judge {
        Physician = "physician" "医師の判定",
        Estimate = "estimate" "目安（医師の判定の前）",
    }
}

/// The head of a sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub judged_on: Date,
    pub judge: Judge,
    pub physician: String,
    pub facility: String,
    pub valid_until: Option<Date>,
    /// What the physician's paper says, to compare.
    pub paper_total: Option<i64>,
    pub document: Option<Uuid>,
    pub note: String,
}

impl Head {
    /// Reads the head; a judgement lies after the birth and not in the future, and counts for a year where nothing else is said.
    pub fn parse(p: &mut Parse<'_>, birth: Option<Date>, today: Date) -> Head {
        let judged_on = p.date("judged_on", "判定した日");
        let judge: Judge = p.choice("judge", "だれの判定か");
        let physician = p.optional_line("physician", "判定した医師", 50).unwrap_or_default();
        let facility = p.optional_line("facility", "医療機関", 80).unwrap_or_default();
        let until = p.optional_date("valid_until", "有効期限");
        if judged_on > today {
            p.fail("judged_on", "判定した日が今日より後の日付です。");
        }
        if birth.is_some_and(|b| judged_on < b && judged_on != Date::default()) {
            p.fail("judged_on", "判定した日が生まれた日より前の日付です。");
        }
        if judge == Judge::Physician {
            if physician.is_empty() {
                p.fail("physician", "判定した医師の名前を入力してください。まだ判定がないときは、「目安」を選びます。");
            }
            if facility.is_empty() {
                p.fail("facility", "判定した医師の医療機関を入力してください。");
            }
        }
        if until.is_some_and(|u| u <= judged_on) {
            p.fail("valid_until", "有効期限は、判定した日より後の日付にしてください。");
        }
        let a_year = judged_on.checked_add(1.year()).ok();
        Head {
            judged_on,
            judge,
            physician,
            facility,
            valid_until: (judge == Judge::Physician).then(|| until.or(a_year)).flatten(),
            paper_total: p.optional_number("paper_total", "医師の票の合計", 0..=200),
            document: p.optional_id("document", "票の写し"),
            note: p.optional_paragraph("note", "補足", 500).unwrap_or_default(),
        }
    }

    /// What is sealed of the head; days and the document stand in columns of their own.
    pub fn fields(&self) -> Fields {
        let number = self.paper_total.map_or(String::new(), |n| n.to_string());
        Fields::default()
            .with("physician", &self.physician)
            .with("facility", &self.facility)
            .with("paper_total", number)
            .with("note", &self.note)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn read(pairs: &[(&str, &str)]) -> Result<Head, Vec<&'static str>> {
        let fields = pairs.iter().fold(Fields::default(), |f, (n, v)| f.with(n, *v));
        let mut p = Parse::new(&fields);
        let head = Head::parse(&mut p, Some(date(2024, 7, 3)), date(2026, 11, 24));
        p.finish(head).map_err(|e| e.0.iter().map(|(f, _)| *f).collect())
    }

    const PHYSICIAN: [(&str, &str); 3] = [("judge", "physician"), ("physician", "久里 浜子"), ("facility", "架空病院")];

    #[test]
    fn a_judgement_counts_for_a_year_and_an_estimate_until_somebody_judges() {
        let judged = read(&[&PHYSICIAN[..], &[("judged_on", "R8.2.28")]].concat()).expect("right");
        assert_eq!(judged.valid_until, Some(date(2027, 2, 28)));
        let estimate =
            read(&[("judge", "estimate"), ("judged_on", "R8.2.28"), ("valid_until", "R9.1.1")]).expect("right");
        assert_eq!(estimate.valid_until, None);
    }

    #[test]
    fn days_and_names_are_checked() {
        let on = |day| read(&[&PHYSICIAN[..], &[("judged_on", day)]].concat());
        assert_eq!(on("R8.11.25"), Err(vec!["judged_on"]), "tomorrow");
        assert_eq!(on("R6.7.2"), Err(vec!["judged_on"]), "before the birth");
        assert!(on("R6.7.3").is_ok() && on("R8.11.24").is_ok());
        assert_eq!(read(&[("judge", "physician"), ("judged_on", "R8.1.1")]), Err(vec!["physician", "facility"]));
        let ends = |day| read(&[&PHYSICIAN[..], &[("judged_on", "R8.1.1"), ("valid_until", day)]].concat());
        assert_eq!(ends("R8.1.1"), Err(vec!["valid_until"]));
        assert!(ends("R8.1.2").is_ok());
        assert_eq!(
            read(&[("judge", "estimate"), ("judged_on", "R8.1.1"), ("paper_total", "201")]),
            Err(vec!["paper_total"])
        );
    }
}
