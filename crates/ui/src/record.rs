//! Lists that tell what happened and what is to be done: steps of a process, worklists, timelines.

use crate::{Icon, Tone, icon};
use maud::{Markup, html};

/// How far a step of a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepState {
    Done,
    Now,
    Ahead,
    /// The process ended here before its end (断り, 取下げ).
    Stopped,
    /// A step that will not come any more.
    Never,
}

impl StepState {
    fn class(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Now => "now",
            Self::Ahead => "ahead",
            Self::Stopped => "stopped",
            Self::Never => "ahead",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Done => "済み",
            Self::Now => "いまここ",
            Self::Ahead => "これから",
            Self::Stopped => "ここで終了",
            Self::Never => "ありません",
        }
    }
}

/// One step; `note` is a date, a name or empty.
pub struct Step<'a> {
    pub label: &'a str,
    pub note: &'a str,
    pub state: StepState,
}

/// A process from left to right, from top to bottom on phones. Each state is in words and in shape.
pub fn steps(label: &str, list: &[Step]) -> Markup {
    html! {
        ol.steps aria-label=(label) {
            @for (i, step) in list.iter().enumerate() {
                li class=(step.state.class()) aria-current=[(step.state == StepState::Now).then_some("step")] {
                    span.step-mark aria-hidden="true" {
                        @match step.state {
                            StepState::Done => "✓",
                            StepState::Stopped => "×",
                            StepState::Never => "–",
                            StepState::Now | StepState::Ahead => (i + 1),
                        }
                    }
                    span.step-text {
                        b { (step.label) }
                        span.step-state { (step.state.words()) }
                        @if !step.note.is_empty() { span.step-note { (step.note) } }
                    }
                }
            }
        }
    }
}

/// One row of a worklist: when, what (a link), about whom, and a tag or button at the right.
/// Each part may be empty.
pub struct Row {
    pub when: Markup,
    pub icon: Option<(Icon, Tone)>,
    pub title: Markup,
    pub sub: Markup,
    pub side: Markup,
}

/// Rows of things to do or to know; stands in a panel without padding.
pub fn worklist(rows: &[Row]) -> Markup {
    html! {
        ul.worklist {
            @for row in rows {
                li.row {
                    @if let Some((i, tone)) = row.icon {
                        span class={ "row-icon " (tone.class()) } { (icon(i)) }
                    }
                    @if !row.when.0.is_empty() { div.row-when { (row.when) } }
                    div.row-text {
                        p.row-title { (row.title) }
                        @if !row.sub.0.is_empty() { p.row-sub { (row.sub) } }
                    }
                    @if !row.side.0.is_empty() { div.row-side { (row.side) } }
                }
            }
        }
    }
}

/// The bar above a part of a worklist, with how many rows follow; `late` draws it as overdue.
pub fn group_head(label: &str, count: i64, late: bool) -> Markup {
    html! {
        h3.group-head.late[late] {
            @if late { (icon(Icon::Warn)) }
            (label)
            " " span.count.hot[late] { (count) span.vh { "件" } }
        }
    }
}

/// One thing that happened. `iso` is the machine time, `day` and `time` the shown ones,
/// `kind` the sort of entry in words (観察, 連絡, 決定 …), `by` who wrote it and for whom they work.
pub struct Entry<'a> {
    pub id: &'a str,
    pub iso: &'a str,
    pub day: &'a str,
    pub time: &'a str,
    pub kind: &'a str,
    pub tone: Tone,
    pub title: &'a str,
    pub by: &'a str,
    pub body: Markup,
    pub foot: Markup,
}

/// What happened, in the order given; usually the newest first.
pub fn timeline(list: &[Entry]) -> Markup {
    html! {
        ol.timeline {
            @for e in list {
                li id=[(!e.id.is_empty()).then_some(e.id)] class=(e.tone.class()) {
                    time.entry-when datetime=(e.iso) {
                        b { (e.day) }
                        " " span { (e.time) }
                    }
                    span.entry-dot aria-hidden="true" {}
                    article.entry {
                        header.entry-head {
                            @if !e.kind.is_empty() { span class={ "tag " (e.tone.class()) } { (e.kind) } }
                            " " h3 { (e.title) }
                            @if !e.by.is_empty() { " " span.entry-by { (e.by) } }
                        }
                        @if !e.body.0.is_empty() { div.entry-body { (e.body) } }
                        @if !e.foot.0.is_empty() { footer.entry-foot { (e.foot) } }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_says_its_state_in_words() {
        let step = |state| Step { label: "受入", note: "", state };
        let list = [StepState::Done, StepState::Now, StepState::Ahead, StepState::Stopped].map(step);
        let shown = steps("進みぐあい", &list).0;
        for words in ["済み", "いまここ", "これから", "ここで終了"] {
            assert!(shown.contains(words), "{words}");
        }
        assert_eq!(shown.matches("aria-current=\"step\"").count(), 1);
    }

    #[test]
    fn a_row_draws_only_the_parts_it_has() {
        let bare = Row { when: html! {}, icon: None, title: html! { "題" }, sub: html! {}, side: html! {} };
        let shown = worklist(&[bare]).0;
        assert!(shown.contains("row-title") && !shown.contains("row-sub") && !shown.contains("row-side"));
    }

    #[test]
    fn an_entry_has_a_machine_time_and_an_address() {
        let entry = Entry {
            id: "e1",
            iso: "2026-11-22T14:10:00+09:00",
            day: "11/22（日）",
            time: "14:10",
            kind: "観察",
            tone: Tone::Alert,
            title: "<b>",
            by: "訪問看護",
            body: html! {},
            foot: html! {},
        };
        let shown = timeline(&[entry]).0;
        assert!(shown.contains("id=\"e1\"") && shown.contains("datetime=\"2026-11-22T14:10:00+09:00\""));
        assert!(shown.contains("&lt;b&gt;") && !shown.contains("<b></b>"));
    }

    #[test]
    fn overdue_is_a_sign_and_not_only_red() {
        assert!(group_head("期限を過ぎています", 2, true).0.contains("<svg"));
    }
}
