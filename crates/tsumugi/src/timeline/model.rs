//! Words and forms of the timeline. Pure.

use crate::area::PaidBy;
use platform::{
    Date, Timestamp,
    form::{Errors, Fields, Parse},
    vocabulary,
};

vocabulary! {
    pub enum EntryKind {
        Observation = "observation" "観察",
        Contact = "contact" "連絡",
        Interview = "interview" "面談",
        Visit = "visit" "訪問",
        Decision = "decision" "決定",
        Request = "request" "依頼",
        Document = "document" "書類",
    }
}

/// An entry as typed.
#[derive(Clone, Debug)]
pub struct New {
    pub kind: EntryKind,
    pub happened_at: Timestamp,
    pub title: String,
    pub body: String,
    pub minutes: i64,
    pub paid_by: PaidBy,
}

impl New {
    /// The day and time of the event are read apart; without a time the entry stands at noon, Japan time.
    pub fn parse(fields: &Fields, today: Date, now: Timestamp) -> Result<New, Errors> {
        let mut p = Parse::new(fields);
        let day = p.optional_date("on", "いつ").unwrap_or(today);
        if day > today {
            p.fail("on", "これからの日付は記録できません。これからのことは「予定」に入れてください。");
        }
        let happened_at = at_time(&mut p, day, now);
        let new = New {
            kind: p.choice("kind", "種類"),
            happened_at,
            title: p.line("title", "見出し", 60),
            body: p.paragraph("body", "内容", 4000),
            minutes: p.optional_number("minutes", "かかった分", 0..=1440).unwrap_or(0),
            paid_by: p.optional_choice("paid_by", "費用の区分").unwrap_or(PaidBy::Unpaid),
        };
        p.finish(new)
    }
}

fn at_time(p: &mut Parse<'_>, day: Date, now: Timestamp) -> Timestamp {
    let typed = p.optional_time("time");
    if typed.is_none() && p.raw("time").trim().is_empty() && platform::japanese::date::jst_date(now) == day {
        return now;
    }
    let time = typed.unwrap_or(jiff::civil::time(12, 0, 0, 0));
    let at = jiff::tz::TimeZone::fixed(jiff::tz::offset(9)).to_timestamp(day.to_datetime(time)).unwrap_or(now);
    if at > now && platform::japanese::date::jst_date(now) == day {
        p.fail("time", "これからの時刻は記録できません。");
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn fields() -> Fields {
        Fields::default().with("kind", "visit").with("title", "家庭訪問").with("body", "夜間の吸引が増えている。")
    }

    #[test]
    fn an_entry_of_today_without_a_time_happened_now() {
        let now: Timestamp = "2026-11-24T01:23:00Z".parse().expect("a time");
        let new = New::parse(&fields(), date(2026, 11, 24), now).expect("valid");
        assert_eq!(new.happened_at, now);
        assert_eq!((new.minutes, new.paid_by), (0, PaidBy::Unpaid));
    }

    #[test]
    fn the_future_is_not_recorded_and_every_fault_is_said_at_once() {
        let now: Timestamp = "2026-11-24T01:23:00Z".parse().expect("a time");
        let typed = Fields::default()
            .with("kind", "nonsense")
            .with("on", "2026-11-25")
            .with("time", "25:00")
            .with("minutes", "たくさん");
        let errors = New::parse(&typed, date(2026, 11, 24), now).expect_err("invalid");
        let at: Vec<&str> = errors.0.iter().map(|(f, _)| *f).collect();
        assert_eq!(at, ["kind", "on", "time", "minutes", "title", "body"]);
    }
}
