//! Words and forms of consent. Pure.

pub use crate::policy::Category;

use jiff::ToSpan;
use platform::{
    Date, Uuid,
    form::{Errors, Fields, Parse},
    id::{OrganisationId, PersonId},
    vocabulary,
};

vocabulary! {
    pub enum Purpose {
        Coordination = "coordination" "支援の調整",
        Service = "service" "サービスの利用",
        Meeting = "meeting" "計画づくり・会議",
        Emergency = "emergency" "緊急時の対応",
    }
}

vocabulary! {
    pub enum Method { Paper = "paper" "書面", Oral = "oral" "口頭（14日以内に書面）", Electronic = "electronic" "電子" }
}

/// 口頭の同意は、14日以内に書面でもらう。
pub const FOLLOWUP_DAYS: i32 = 14;
/// A reason shorter than this says nothing that a reviewer could judge.
pub const REASON_CHARS: usize = 10;

#[derive(Clone, Debug)]
pub struct Given {
    pub by: Uuid,
    pub explained_by: PersonId,
    pub on: Date,
    pub form_version: String,
    pub method: Method,
    pub starts: Date,
    pub ends: Date,
    pub purposes: Vec<Purpose>,
    pub categories: Vec<Category>,
    pub recipients: Vec<OrganisationId>,
}

impl Given {
    pub fn parse(fields: &Fields, today: Date) -> Result<Given, Errors> {
        let mut p = Parse::new(fields);
        let on = p.date("given_on", "同意した日");
        if on > today {
            p.fail("given_on", "同意した日が今日より後の日付です。");
        }
        let starts = p.optional_date("starts", "有効期間の始め").unwrap_or(on);
        // A year ends on the day before its first day comes again.
        let year_later = starts.checked_add(1.year()).and_then(|d| d.checked_sub(1.day())).unwrap_or(starts);
        let ends = p.optional_date("ends", "有効期間の終わり").unwrap_or(year_later);
        if ends < starts {
            p.fail("ends", "有効期間の終わりが、始めより前の日付です。");
        } else if ends > starts.checked_add(3.years()).unwrap_or(ends) {
            p.fail("ends", "有効期間は3年までです。長い支援では、毎年もう一度説明して同意をもらいます。");
        }
        let purposes = p.choices("purpose", "使う目的");
        let categories = p.choices("category", "伝える情報");
        let recipients: Vec<OrganisationId> = p.ids("recipient");
        if purposes.is_empty() {
            p.fail("purpose", "使う目的を1つ以上選んでください。");
        }
        if categories.is_empty() {
            p.fail("category", "伝える情報を1つ以上選んでください。");
        }
        if recipients.is_empty() {
            p.fail("recipient", "伝える相手の機関を1つ以上選んでください。");
        }
        let given = Given {
            by: p.id("given_by", "同意した人"),
            explained_by: p.id("explained_by", "説明した人"),
            on,
            form_version: p.line("form_version", "同意書の版", 40),
            method: p.choice("method", "同意の方法"),
            starts,
            ends,
            purposes,
            categories,
            recipients,
        };
        p.finish(given)
    }
}

/// What a consent is worth on a day; computed, never stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Ahead,
    Live,
    Expired,
    Withdrawn,
}

impl Standing {
    pub fn of(starts: Date, ends: Date, withdrawn: bool, today: Date) -> Standing {
        if withdrawn {
            Standing::Withdrawn
        } else if today < starts {
            Standing::Ahead
        } else if today > ends {
            Standing::Expired
        } else {
            Standing::Live
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Standing::Ahead => "これから有効",
            Standing::Live => "有効",
            Standing::Expired => "期限切れ",
            Standing::Withdrawn => "取りやめ",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_consent_is_live_on_its_first_and_last_day_and_not_beyond() {
        let (a, b) = (date(2026, 4, 1), date(2027, 3, 31));
        assert_eq!(Standing::of(a, b, false, date(2026, 3, 31)), Standing::Ahead);
        assert_eq!(Standing::of(a, b, false, a), Standing::Live);
        assert_eq!(Standing::of(a, b, false, b), Standing::Live);
        assert_eq!(Standing::of(a, b, false, date(2027, 4, 1)), Standing::Expired);
        assert_eq!(Standing::of(a, b, true, a), Standing::Withdrawn);
    }
}
