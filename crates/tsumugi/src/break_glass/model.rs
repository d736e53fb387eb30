//! What is asked before a record is opened in an emergency, and what a review can find. Pure.

use jiff::ToSpan;
use platform::{
    Date, Timestamp,
    form::{Errors, Fields, Parse},
    japanese::fold,
    vocabulary,
    vocabulary::Vocabulary as _,
};

/// A reason of fewer characters says nothing.
pub const REASON_CHARS: usize = 10;
/// How long a record stays open, in hours.
pub const HOURS: i64 = 4;

/// Questions that find nobody, in an hour, after which a person is asked to telephone instead.
pub const MISSES: i64 = 5;

vocabulary! {
    pub enum Finding {
        Proper = "proper" "必要だった",
        Misuse = "misuse" "不適切だった",
    }
}

/// Exactly this child, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The reading, folded as the cases keep it.
    pub kana: String,
    pub birth: Date,
    pub reason: String,
}

impl Wanted {
    pub fn parse(fields: &Fields, today: Date) -> Result<Wanted, Errors> {
        let mut p = Parse::new(fields);
        let kana = p.kana("kana", "ふりがな", 60);
        let birth = p.date("birth", "生年月日");
        if birth > today {
            p.fail("birth", "生年月日は、今日以前の日付にしてください。");
        }
        let reason = p.paragraph("reason", "理由", 500);
        if (1..REASON_CHARS).contains(&reason.chars().count()) {
            p.fail("reason", "理由は10文字以上で、何が起きていて、なぜ待てないかを書いてください。");
        }
        if !p.ticked("told") {
            p.fail("told", "主担当と個人情報の担当にすぐ知らされ、あとで確認されることを読んで、印を付けてください。");
        }
        p.finish(Wanted { kana: fold::fold(&kana), birth, reason })
    }
}

/// When the view ends by itself.
pub fn ends(at: Timestamp) -> Timestamp {
    at.checked_add(HOURS.hours()).unwrap_or(at)
}

/// A review: what was found, and in words.
pub struct Review {
    pub finding: Finding,
    pub note: String,
}

impl Review {
    pub fn parse(fields: &Fields) -> Result<Review, Errors> {
        let mut p = Parse::new(fields);
        let review = Review {
            finding: p.choice("finding", "確認の結果"),
            note: p.paragraph("note", "確認した内容", 500),
        };
        p.finish(review)
    }
}

/// The words of a second review, with those of the first behind them: nothing that was found is lost.
pub fn again(new: &str, before: Option<(&str, Finding, &str)>) -> String {
    match before {
        None => new.to_owned(),
        Some((who, finding, note)) => format!("{new}\n\n前の確認（{who}、{}）：{note}", finding.label()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_record_is_asked_for_by_reading_birth_date_and_a_real_reason() {
        let typed = |reason: &str, told: &str| {
            let f = Fields::default().with("kana", "タカハシ さくら").with("birth", "R6.7.3");
            Wanted::parse(&f.with("reason", reason).with("told", told), date(2026, 11, 24))
        };
        let wanted = typed("夜間にけいれんが止まらず救急搬送する", "1").expect("complete");
        assert_eq!((wanted.kana.as_str(), wanted.birth), ("たかはしさくら", date(2024, 7, 3)));
        assert!(typed("けいれん", "1").is_err(), "too short");
        assert!(typed("夜間にけいれんが止まらず救急搬送する", "").is_err(), "not read");
    }

    #[test]
    fn it_ends_after_four_hours() {
        let at = Timestamp::from_second(1_795_446_000).expect("a time");
        assert_eq!(ends(at).as_second() - at.as_second(), 4 * 3_600);
    }
}
