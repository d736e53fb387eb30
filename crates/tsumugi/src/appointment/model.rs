//! What an appointment is, and how it is typed. Pure.

use platform::{
    Date, Timestamp,
    form::{Errors, Fields, Parse},
    japanese::date,
    vocabulary,
};

vocabulary! {
    pub enum AppointmentKind {
        Visit = "visit" "訪問", Interview = "interview" "面談", Meeting = "meeting" "会議", Medical = "medical" "受診・検査",
        Service = "service" "見学・利用", Phone = "phone" "電話", Other = "other" "その他",
    }
}

/// How far ahead an appointment may lie; what is later is a slip of the pen more often than a plan.
const DAYS_AHEAD: i64 = 730;

/// An appointment as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct New {
    pub kind: AppointmentKind,
    pub starts_at: Timestamp,
    /// How long it takes.
    pub minutes: i64,
    pub what: String,
    pub place: String,
    pub note: String,
    pub for_family: bool,
}

impl New {
    pub fn parse(fields: &Fields, now: Timestamp) -> Result<New, Errors> {
        let mut p = Parse::new(fields);
        let day = p.date("on", "日にち");
        let time = p.optional_time("time");
        if p.raw("time").trim().is_empty() {
            p.fail("time", "時刻を入力してください（例 14:05）。");
        }
        let starts_at = at(day, time.unwrap_or_default()).unwrap_or(now);
        if starts_at <= now {
            p.fail("on", "過ぎた時刻です。済んだことは「経過記録」に書いてください。");
        } else if starts_at > now + jiff::SignedDuration::from_hours(24 * DAYS_AHEAD) {
            p.fail("on", "2年より先の予定は入れられません。日にちを確かめてください。");
        }
        let new = New {
            kind: p.choice("kind", "種類"),
            starts_at,
            minutes: p.optional_number("minutes", "かかる分", 5..=720).unwrap_or(60),
            what: p.line("what", "予定", 60),
            place: p.optional_line("place", "場所", 80).unwrap_or_default(),
            note: p.optional_paragraph("note", "持ち物・伝えること", 300).unwrap_or_default(),
            for_family: match p.raw("shown") {
                "family" => true,
                "staff" => false,
                _ => {
                    p.fail("shown", "だれに見せるかを選んでください。");
                    false
                }
            },
        };
        p.finish(new)
    }

    /// The words as they are sealed: one line, one line, the rest.
    pub fn content(&self) -> String {
        format!("{}\n{}\n{}", self.what, self.place, self.note)
    }
}

/// What, where and the note, out of the words as they were sealed.
pub fn parts(content: &str) -> (String, String, String) {
    let mut parts = content.splitn(3, '\n').map(str::to_owned);
    let mut next = || parts.next().unwrap_or_default();
    (next(), next(), next())
}

fn at(day: Date, time: jiff::civil::Time) -> Option<Timestamp> {
    jiff::tz::TimeZone::fixed(jiff::tz::offset(9)).to_timestamp(day.to_datetime(time)).ok()
}

/// The time and when it ends: 14:05〜15:05; on another day only when it begins.
pub fn span(starts_at: Timestamp, minutes: i64) -> String {
    let ends = starts_at + jiff::SignedDuration::from_mins(minutes);
    if date::jst_date(ends) == date::jst_date(starts_at) {
        format!("{}〜{}", date::jst_time(starts_at), date::jst_time(ends))
    } else {
        format!("{}〜", date::jst_time(starts_at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed() -> Fields {
        Fields::default()
            .with("kind", "visit")
            .with("on", "R8.11.25")
            .with("time", "14：05")
            .with("what", "家庭訪問")
            .with("shown", "family")
    }

    fn now() -> Timestamp {
        "2026-11-24T01:00:00Z".parse().expect("a time")
    }

    #[test]
    fn an_appointment_is_read_in_japan_time() {
        let new = New::parse(&typed(), now()).expect("valid");
        assert_eq!(new.starts_at.to_string(), "2026-11-25T05:05:00Z");
        assert_eq!((new.minutes, new.for_family, span(new.starts_at, 60)), (60, true, "14:05〜15:05".to_owned()));
        assert_eq!(parts(&new.content()), ("家庭訪問".to_owned(), String::new(), String::new()));
        assert_eq!(span(new.starts_at, 600), "14:05〜");
    }

    #[test]
    fn what_is_over_or_too_far_away_or_has_no_time_is_refused_at_its_field() {
        let wrong = |name: &str, value: &str| {
            let fields = typed().iter().filter(|(n, _)| *n != name).fold(Fields::default(), |f, (n, v)| f.with(n, v));
            let errors = New::parse(&fields.with(name, value), now()).expect_err("refused");
            errors.0.iter().map(|(field, _)| *field).collect::<Vec<_>>()
        };
        assert_eq!(wrong("on", "R8.11.23"), ["on"]);
        assert_eq!(wrong("on", "R10.11.25"), ["on"]);
        assert_eq!(wrong("time", "25:00"), ["time"]);
        assert_eq!(wrong("time", ""), ["time"]);
        assert_eq!(wrong("shown", ""), ["shown"]);
        assert_eq!(wrong("minutes", "4"), ["minutes"]);
        let today = typed()
            .with("time", "")
            .iter()
            .filter(|(n, _)| *n != "on")
            .fold(Fields::default(), |f, (n, v)| f.with(n, v));
        assert!(New::parse(&today.with("on", "R8.11.24"), now()).is_ok(), "later today");
    }
}
