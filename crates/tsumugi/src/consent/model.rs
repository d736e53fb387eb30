//! Words and forms of consent. Pure.

pub use crate::policy::Category;

use jiff::ToSpan;
use platform::{
    Date, Uuid,
    form::{Errors, Fields, Parse},
    id::{OrganisationId, PersonId},
    japanese::{age, date},
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

vocabulary! {
    /// What the child says to it: asked from 15 on (個人情報保護委員会のQ&A: おおむね12歳から15歳までは保護者の同意による。未確認).
    pub enum OwnWill {
        Young = "young" "15歳になっていない",
        Agrees = "agrees" "本人も賛成している",
        Unsure = "unsure" "本人の意思を確かめきれない",
    }
}

/// From this age the child's own will stands beside the guardian's consent.
pub const ASSENT_AGE: u16 = 15;
/// From this age a consent is the person's own（民法4条）.
pub const ADULT_AGE: u16 = 18;

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
    pub own_will: OwnWill,
    pub own_will_note: Option<String>,
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
            own_will: p.optional_choice("own_will", "本人の意思").unwrap_or(OwnWill::Young),
            own_will_note: p.optional_paragraph("own_will_note", "本人の意思の確かめ方", 500),
            starts,
            ends,
            purposes,
            categories,
            recipients,
        };
        p.finish(given)
    }
}

impl Given {
    /// What the child's age asks for: from 15 the own will as well, from 18 the own consent. A period that was left to us ends on
    /// the day before the eighteenth birthday.
    ///
    /// # Errors
    /// Sentences at the fields that do not fit the age.
    pub fn fit_age(mut self, birth: Date, by_the_child: bool, ends_typed: bool) -> Result<Given, Errors> {
        let (assent, adult) = (age::turns(birth, ASSENT_AGE), age::turns(birth, ADULT_AGE));
        let fail = |field, sentence: String| Err(Errors::one(field, sentence));
        if self.starts >= adult {
            if !by_the_child && self.own_will_note.is_none() {
                return fail("own_will_note", "18歳からは本人の同意です。本人が同意できず、家族などが代わるときは、本人の意思をどう確かめたかを書いてください。".to_owned());
            }
            return Ok(self);
        }
        if by_the_child {
            return fail(
                "given_by",
                "18歳になるまでは、保護者の同意が要ります。本人の意思は「本人の意思」に書いてください。".to_owned(),
            );
        }
        if self.ends >= adult {
            if ends_typed {
                return fail(
                    "ends",
                    format!(
                        "18歳の誕生日（{}）の前の日までにしてください。18歳からは本人の同意が要ります。",
                        date::wareki_short(adult)
                    ),
                );
            }
            self.ends = adult.yesterday().unwrap_or(adult);
        }
        if self.on >= assent && self.own_will == OwnWill::Young {
            return fail(
                "own_will",
                "15歳からは、本人の意思も記録してください。本人が反対していることは「反対の申し出」に記録します。"
                    .to_owned(),
            );
        }
        if self.own_will == OwnWill::Unsure && self.own_will_note.is_none() {
            return fail("own_will_note", "本人の意思をどう確かめたかを書いてください。".to_owned());
        }
        Ok(self)
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

    fn given(on: Date, ends: Date, own_will: OwnWill, note: Option<&str>) -> Given {
        let nil = Uuid::nil();
        Given {
            by: nil,
            explained_by: PersonId(nil),
            on,
            form_version: String::new(),
            method: Method::Paper,
            own_will,
            own_will_note: note.map(str::to_owned),
            starts: on,
            ends,
            purposes: vec![],
            categories: vec![],
            recipients: vec![],
        }
    }

    #[test]
    fn from_fifteen_the_child_is_asked_and_from_eighteen_it_is_their_consent() {
        let birth = date(2011, 4, 2);
        let fit =
            |on, ends, will, note, own, typed| given(on, ends, will, note).fit_age(birth, own, typed).map(|g| g.ends);
        let field = |r: Result<Date, Errors>| r.expect_err("refused").0[0].0;
        let (before, from) = (date(2026, 4, 1), date(2026, 4, 2));
        assert_eq!(fit(before, date(2027, 3, 31), OwnWill::Young, None, false, false), Ok(date(2027, 3, 31)));
        assert_eq!(field(fit(from, date(2027, 4, 1), OwnWill::Young, None, false, false)), "own_will");
        assert_eq!(field(fit(from, date(2027, 4, 1), OwnWill::Unsure, None, false, false)), "own_will_note");
        assert!(fit(from, date(2027, 4, 1), OwnWill::Agrees, None, false, false).is_ok());
        assert_eq!(field(fit(from, date(2027, 4, 1), OwnWill::Agrees, None, true, false)), "given_by");
        // The guardian's consent ends before the eighteenth birthday.
        let late = date(2028, 6, 1);
        assert_eq!(fit(late, date(2029, 5, 31), OwnWill::Agrees, None, false, false), Ok(date(2029, 4, 1)));
        assert_eq!(field(fit(late, date(2029, 4, 2), OwnWill::Agrees, None, false, true)), "ends");
        assert_eq!(fit(late, date(2029, 4, 1), OwnWill::Agrees, None, false, true), Ok(date(2029, 4, 1)));
        let adult = date(2029, 4, 2);
        assert!(fit(adult, date(2030, 4, 1), OwnWill::Young, None, true, true).is_ok());
        assert_eq!(field(fit(adult, date(2030, 4, 1), OwnWill::Agrees, None, false, false)), "own_will_note");
        assert!(fit(adult, date(2030, 4, 1), OwnWill::Unsure, Some("表情で"), false, false).is_ok());
    }
}
