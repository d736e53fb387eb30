//! Small pieces that many pages show in the same words: dates, due times, form ends.

mod versions;

pub use versions::{merged, on_newer, side_by_side, version};

use crate::{app::App, once};
use maud::{Markup, html};
use platform::{
    Date, Timestamp,
    form::{Errors, Fields, NO_ERRORS, NO_FIELDS},
    japanese::date,
};

/// 11/22（日）14:05 with the ISO form in `datetime`.
pub fn moment(at: Timestamp) -> Markup {
    ui::time(&format!("{at:.0}"), &date::jst_datetime(at))
}

/// R8.11.22 14:05, where the year matters because things of other years stand beside it.
pub fn moment_of_year(at: Timestamp) -> Markup {
    let words = format!("{} {}", date::wareki_short(date::jst_date(at)), date::jst_time(at));
    ui::time(&format!("{at:.0}"), &words)
}

/// 令和8年11月22日（日）
pub fn day(d: Date) -> Markup {
    ui::time(&date::iso(d), &date::wareki_weekday(d))
}

pub fn day_short(d: Date) -> Markup {
    ui::time(&date::iso(d), &date::wareki_short(d))
}

/// The due time with what it means now: 「4日超過」「今日」「あと3日」. Overdue is computed here, when it is read.
pub fn due(at: Timestamp, now: Timestamp) -> Markup {
    html! { b { (moment(at)) } " " span.rel { (until(at, now)) } }
}

pub fn until(at: Timestamp, now: Timestamp) -> String {
    let (due_day, today) = (date::jst_date(at), date::jst_date(now));
    let days = days_between(today, due_day);
    if at <= now {
        if days == 0 { "今日、期限を過ぎました".to_owned() } else { format!("{}日超過", -days) }
    } else if days == 0 {
        "今日まで".to_owned()
    } else {
        format!("あと{days}日")
    }
}

/// Whole days from one date to another; negative when the second is earlier.
pub fn days_between(from: Date, to: Date) -> i32 {
    from.until(to).map_or(0, |span| span.get_days())
}

pub fn due_tone(at: Timestamp, now: Timestamp) -> ui::Tone {
    if at <= now {
        ui::Tone::Alert
    } else if date::jst_date(at) == date::jst_date(now) {
        ui::Tone::Warn
    } else {
        ui::Tone::Neutral
    }
}

/// The error summary of a form.
pub fn summary(errors: &Errors) -> Markup {
    ui::error_summary(&errors.0.iter().map(|(f, s)| (*f, s.clone())).collect::<Vec<_>>())
}

/// Links to the page before and after, below a list that was asked for one row more than a page has; nothing where all stands on one.
pub fn paging(base: &str, offset: i64, page: i64, rows: usize) -> Markup {
    let on_page = rows.min(usize::try_from(page).unwrap_or(0));
    let at = |at: i64| format!("{base}offset={at}");
    let (prev, next) = ((offset > 0).then(|| at((offset - page).max(0))), (rows > on_page).then(|| at(offset + page)));
    html! { @if prev.is_some() || next.is_some() { (ui::pager(&shown(offset, on_page), prev.as_deref(), next.as_deref())) } }
}

/// What a page of a list shows of the whole.
pub fn shown(offset: i64, rows: usize) -> String {
    format!("{}件目から{rows}件を表示", offset + 1)
}

/// What a select or radio buttons take, from texts that were put together.
pub fn choices(all: &[(String, String)]) -> Vec<(&str, &str)> {
    all.iter().map(|(value, label)| (value.as_str(), label.as_str())).collect()
}

/// Each text once, in the order in which it was first met.
pub fn distinct<'a>(values: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut out: Vec<&str> = Vec::new();
    for v in values {
        if !out.contains(&v) {
            out.push(v);
        }
    }
    out
}

/// A form that posts once: the hidden key, the parts, and the buttons.
pub fn form(app: &App, fields: &Fields, action: &str, parts: Markup, buttons: Markup) -> Markup {
    html! {
        form method="post" action=(action) novalidate {
            (once::field(app, fields))
            (parts)
            div.acts { (buttons) }
        }
    }
}

/// A field filled with what was typed and what is wrong with it.
pub fn field<'a>(fields: &'a Fields, errors: &'a Errors, name: &'a str, label: &'a str) -> ui::Field<'a> {
    ui::Field::new(name, label).value(fields.get(name)).error(errors.of(name))
}

/// One of several forms on a page: its ids carry a scope, and only the form that was sent shows what was typed and what is wrong.
#[derive(Clone, Copy)]
pub struct Part<'a> {
    pub scope: &'a str,
    pub fields: &'a Fields,
    pub errors: &'a Errors,
}

impl<'a> Part<'a> {
    pub fn new(scope: &'a str, sent: bool, fields: &'a Fields, errors: &'a Errors) -> Self {
        if sent { Part { scope, fields, errors } } else { Part { scope, fields: &NO_FIELDS, errors: &NO_ERRORS } }
    }

    pub fn field(&self, name: &'a str, label: &'a str) -> ui::Field<'a> {
        ui::Field::new(name, label).scope(self.scope).value(self.fields.get(name)).error(self.errors.of(name))
    }

    /// The error summary, above this form.
    pub fn summary(&self) -> Markup {
        let list: Vec<(String, String)> =
            self.errors.0.iter().map(|(f, s)| (format!("{}-{f}", self.scope), s.clone())).collect();
        ui::error_summary(&list.iter().map(|(f, s)| (f.as_str(), s.clone())).collect::<Vec<_>>())
    }
}

/// 200文字を超える文章 is cut for a list; the whole stands on the record's own page.
pub fn cut(text: &str, max: usize) -> String {
    if text.chars().count() <= max { text.to_owned() } else { text.chars().take(max).chain(['…']).collect() }
}

/// Text with its line breaks kept.
pub fn lines(text: &str) -> Markup {
    html! { @for (i, line) in text.lines().enumerate() { @if i > 0 { br; } (line) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overdue_is_said_at_the_minute_it_becomes_true() {
        let due: Timestamp = "2026-11-20T08:00:00Z".parse().expect("a time");
        let before: Timestamp = "2026-11-20T07:59:59Z".parse().expect("a time");
        assert_eq!(until(due, before), "今日まで");
        assert_eq!(until(due, due), "今日、期限を過ぎました");
        let later: Timestamp = "2026-11-24T01:00:00Z".parse().expect("a time");
        assert_eq!(until(due, later), "4日超過");
        assert_eq!(due_tone(due, later), ui::Tone::Alert);
    }
}
