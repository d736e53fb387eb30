//! The small parts pages are put together from: tags, notices, panels, layout, figures, definition lists.

use crate::{Icon, icon};
use maud::{Markup, html};

/// The five tones of state. The tone only repeats in colour what the words already say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// 要対応: danger or overdue.
    Alert,
    /// 注意: needs an eye.
    Warn,
    /// 安定: done, accepted, as planned.
    Ok,
    /// 情報: in progress, worth knowing.
    Info,
    /// 中立: everything else.
    Neutral,
}

impl Tone {
    /// The CSS class that sets `--tone`, `--tone-bg` and `--tone-line`.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Alert => "t-alert",
            Self::Warn => "t-warn",
            Self::Ok => "t-ok",
            Self::Info => "t-info",
            Self::Neutral => "t-n",
        }
    }

    fn icon(self) -> Icon {
        match self {
            Self::Alert | Self::Warn => Icon::Warn,
            Self::Ok => Icon::Check,
            Self::Info | Self::Neutral => Icon::Info,
        }
    }
}

/// A short state in words.
pub fn tag(t: Tone, text: &str) -> Markup {
    html! { span class={ "tag " (t.class()) } { (text) } }
}

/// Several short states or marks beside each other.
pub fn tags(list: &[(Tone, &str)]) -> Markup {
    html! { span.tags { @for (t, text) in list { (tag(*t, text)) } } }
}

/// A message with an icon and a bold first line. Only [`Tone::Alert`] interrupts a screen reader.
pub fn notice(t: Tone, title: &str, body: Markup) -> Markup {
    let role = (t == Tone::Alert).then_some("alert");
    html! {
        div class={ "notice " (t.class()) } role=[role] {
            (icon(t.icon()))
            div.notice-text {
                p.notice-title { (title) }
                (body)
            }
        }
    }
}

/// A white card with a heading; `aside` stands at the right of the heading, `body` is put in as it is.
pub fn panel(title: &str, aside: Markup, body: Markup) -> Markup {
    html! {
        section.panel {
            header {
                h2 { (title) }
                @if !aside.0.is_empty() { div.panel-aside { (aside) } }
            }
            (body)
        }
    }
}

/// Inner space for text and forms inside a [`panel`].
pub fn pad(body: Markup) -> Markup {
    html! { div.pad { (body) } }
}

/// A wide and a narrow column; one column below 1080 px, `main` first.
pub fn two(main: Markup, side: Markup) -> Markup {
    html! { div.two { div.stack { (main) } div.stack { (side) } } }
}

/// As [`two`], with a part that stands below `main` where there is room and after `side` where there is one column.
pub fn two_then(main: Markup, side: Markup, after: Markup) -> Markup {
    html! { div.two.then { div.stack { (main) } div.stack.side { (side) } div.stack { (after) } } }
}

/// Parts below each other with even gaps.
pub fn stack(parts: Markup) -> Markup {
    html! { div.stack { (parts) } }
}

/// One number of the strip at the top of a page, leading to the list it counts.
pub struct Figure<'a> {
    pub label: &'a str,
    pub value: i64,
    pub unit: &'a str,
    pub href: &'a str,
    /// True draws the number in the alert tone with a warning sign, but only while it is not zero.
    pub bad: bool,
}

/// A strip of numbers; `label` names the strip for screen readers.
pub fn figures(label: &str, list: &[Figure]) -> Markup {
    html! {
        ul.panel.figures aria-label=(label) {
            @for f in list {
                li {
                    a href=(f.href) class=[(f.bad && f.value != 0).then_some("bad")] {
                        span.figure-label { (f.label) }
                        span.figure-value {
                            @if f.bad && f.value != 0 { (icon(Icon::Warn)) }
                            b { (f.value) } small { (f.unit) }
                        }
                    }
                }
            }
        }
    }
}

/// What is shown where a list has no rows: what that means, and what one may do next.
pub fn empty(title: &str, hint: Markup) -> Markup {
    html! {
        div.empty {
            svg.empty-mark width="72" height="48" viewBox="0 0 72 48" aria-hidden="true" {
                path d="M6 40c9 0 9-28 20-28s9 24 20 24 10-18 20-18" fill="none" stroke="currentColor"
                    stroke-width="3" stroke-linecap="round" stroke-dasharray="1 7" {}
                circle cx="6" cy="40" r="5" fill="currentColor" {}
                circle cx="66" cy="18" r="5" fill="#fff" stroke="currentColor" stroke-width="3" {}
            }
            p.empty-title { (title) }
            @if !hint.0.is_empty() { div.empty-hint { (hint) } }
        }
    }
}

/// A definition list: words at the left, values at the right.
pub fn kv(rows: &[(&str, Markup)]) -> Markup {
    html! {
        dl.kv {
            @for (term, value) in rows {
                div { dt { (term) } dd { (value) } }
            }
        }
    }
}

/// A fold; closed at first, open on paper.
///
/// It is open where something in it was refused: an error that nobody sees looks like success.
pub fn details(summary: &str, body: Markup) -> Markup {
    let refused = ["error-summary", "has-error"].iter().any(|class| body.0.contains(class));
    details_when(refused, summary, body)
}

/// The same, open where somebody is in the middle of it.
pub fn details_when(open: bool, summary: &str, body: Markup) -> Markup {
    html! {
        details.fold open[open] {
            summary { (summary) }
            div.fold-body { (body) }
        }
    }
}

/// A point in time: `iso` for machines, `text` (和暦 or a clock time) for people.
pub fn time(iso: &str, text: &str) -> Markup {
    html! { time datetime=(iso) { (text) } }
}

/// A child is always shown with name, reading, age and municipality, so that two of one name are told apart.
pub struct Child<'a> {
    pub name: &'a str,
    pub kana: &'a str,
    pub age: &'a str,
    pub place: &'a str,
    pub href: Option<&'a str>,
}

/// One line in running text, name below reading in table cells.
pub fn child(c: &Child) -> Markup {
    html! {
        span.child {
            @match c.href {
                Some(href) => a.child-name href=(href) { (c.name) },
                None => b.child-name { (c.name) },
            }
            @if !c.kana.is_empty() { span.child-kana { span.paren { "（" } (c.kana) span.paren { "）" } } }
            span.child-note {
                (c.age)
                @if !c.age.is_empty() && !c.place.is_empty() { "・" }
                (c.place)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_text_is_escaped() {
        let evil = "<script>alert(1)</script>";
        let all = html! {
            (tag(Tone::Ok, evil)) (notice(Tone::Info, evil, html! {})) (panel(evil, html! {}, html! {}))
            (empty(evil, html! {})) (kv(&[(evil, html! {})])) (details(evil, html! {})) (time(evil, evil))
            (child(&Child { name: evil, kana: evil, age: evil, place: evil, href: Some(evil) }))
            (figures(evil, &[Figure { label: evil, value: 1, unit: evil, href: evil, bad: true }]))
        };
        assert!(!all.into_string().contains("<script"));
    }

    #[test]
    fn only_an_alert_interrupts() {
        for tone in [Tone::Warn, Tone::Ok, Tone::Info, Tone::Neutral] {
            assert!(!notice(tone, "題", html! {}).0.contains("role="));
        }
        assert!(notice(Tone::Alert, "題", html! {}).0.contains("role=\"alert\""));
    }

    #[test]
    fn a_bad_figure_has_a_sign_beside_its_colour_and_zero_is_never_bad() {
        let figure = |value| Figure { label: "超過", value, unit: "件", href: "/", bad: true };
        assert!(figures("数", &[figure(2)]).0.contains("<svg"));
        assert!(!figures("数", &[figure(0)]).0.contains("bad"));
    }

    #[test]
    fn a_child_is_shown_with_reading_age_and_place() {
        let shown =
            child(&Child {
                name: "葉月 ひなた", kana: "はづき ひなた", age: "2歳4か月", place: "三浦市", href: None
            });
        for part in ["葉月 ひなた", "はづき ひなた", "2歳4か月・三浦市"] {
            assert!(shown.0.contains(part), "{part}");
        }
    }

    #[test]
    fn a_panel_without_aside_has_no_empty_box() {
        assert!(!panel("題", html! {}, html! {}).0.contains("panel-aside"));
    }
}
