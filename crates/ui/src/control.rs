//! What one presses: buttons, links that look like buttons, tabs, filter chips, pages of a list; and tables.

use crate::{Icon, icon};
use maud::{Markup, html};

/// One link of [`tabs`] or [`chips`].
pub struct Tab<'a> {
    pub href: String,
    pub label: &'a str,
    pub current: bool,
    pub count: Option<i64>,
}

/// The views of one object, as links.
pub fn tabs(label: &str, list: &[Tab]) -> Markup {
    links("tabs", "page", label, list)
}

/// The filters of one list, as links, so that each view has its own address.
pub fn chips(label: &str, list: &[Tab]) -> Markup {
    links("chips", "true", label, list)
}

fn links(class: &str, current: &str, label: &str, list: &[Tab]) -> Markup {
    html! {
        nav class=(class) aria-label=(label) {
            ul {
                @for tab in list {
                    li {
                        a href=(tab.href) aria-current=[tab.current.then_some(current)] {
                            (tab.label)
                            @if let Some(count) = tab.count {
                                " " span.tab-count { (count) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Where one is in a long list, with links to the page before and after.
pub fn pager(text: &str, prev: Option<&str>, next: Option<&str>) -> Markup {
    html! {
        nav.pager aria-label="ページ送り" {
            p { (text) }
            @if let Some(href) = prev { a.btn href=(href) rel="prev" { "前へ" } }
            @if let Some(href) = next { a.btn href=(href) rel="next" { "次へ" } }
        }
    }
}

/// A table that scrolls sideways when narrow and becomes cards on phones.
///
/// `rows` are `tr` with `th scope="row"` first and `td data-l="見出し"` after it; numbers are `td.num`.
/// An empty heading is shown as a cell without words.
pub fn table(label: &str, head: &[&str], rows: Markup) -> Markup {
    framed(label, "dt", html! {}, head, rows)
}

/// A long table whose columns do not move while its rows arrive: each heading with its share of the width in percent,
/// one of 9, 11, 14 and 22.
pub fn steady_table(label: &str, head: &[(&str, u8)], rows: Markup) -> Markup {
    let columns = html! { colgroup { @for (_, share) in head { col class={ "c" (share) }; } } };
    framed(label, "dt steady", columns, &head.iter().map(|(words, _)| *words).collect::<Vec<_>>(), rows)
}

fn framed(label: &str, class: &str, columns: Markup, head: &[&str], rows: Markup) -> Markup {
    html! {
        div.scroll role="region" aria-label=(label) tabindex="0" {
            table class=(class) {
                caption.vh { (label) }
                (columns)
                thead {
                    tr {
                        @for h in head {
                            @if h.is_empty() { td {} } @else { th scope="col" { (h) } }
                        }
                    }
                }
                tbody { (rows) }
            }
        }
    }
}

/// The class of a button or a link that looks like one.
fn class(primary: bool) -> &'static str {
    if primary { "btn btn-p" } else { "btn" }
}

/// Sends the form it stands in. The label is a verb.
pub fn button(label: &str, primary: bool) -> Markup {
    html! { button class=(class(primary)) type="submit" { (label) } }
}

/// Sends the form it stands in, and says by `name` and `value` which button it was.
pub fn button_value(name: &str, value: &str, label: &str, primary: bool) -> Markup {
    html! { button class=(class(primary)) type="submit" name=(name) value=(value) { (label) } }
}

/// A link that looks like a button: it leads somewhere and changes nothing.
pub fn link_button(href: &str, label: &str, i: Option<Icon>, primary: bool) -> Markup {
    html! {
        a class=(class(primary)) href=(href) {
            @if let Some(i) = i { (icon(i)) }
            (label)
        }
    }
}

/// Buttons beside each other; on phones they share the width.
pub fn actions(parts: Markup) -> Markup {
    html! { div.actions { (parts) } }
}

/// Copies the text of the element with the id `of` to the clipboard; without script it does nothing,
/// so the text itself must be on the page.
pub fn copy_button(of: &str, label: &str, done: &str) -> Markup {
    html! {
        button.btn type="button" data-copy=(of) data-done=(done) aria-live="polite" { (label) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tab(current: bool) -> Tab<'static> {
        Tab { href: "/cases?x=1&y=2".to_owned(), label: "すべて", current, count: Some(3) }
    }

    #[test]
    fn the_current_tab_says_so_without_colour() {
        let shown = tabs("見方", &[tab(true), tab(false)]).0;
        assert_eq!(shown.matches("aria-current=\"page\"").count(), 1);
        assert!(shown.contains("/cases?x=1&amp;y=2"));
        assert!(chips("絞り込み", &[tab(true)]).0.contains("aria-current=\"true\""));
    }

    #[test]
    fn a_table_can_be_scrolled_by_keyboard_and_names_itself() {
        let shown = table("ケース", &["氏名", ""], html! { tr { td { "<b>" } } }).0;
        assert!(shown.contains("role=\"region\" aria-label=\"ケース\" tabindex=\"0\""));
        assert!(shown.contains("<th scope=\"col\">氏名</th><td></td>"));
        assert!(shown.contains("&lt;b&gt;"));
    }

    #[test]
    fn the_button_that_was_pressed_is_sent() {
        let shown = button_value("answer", "yes", "受け入れる", true).0;
        assert!(shown.contains("type=\"submit\" name=\"answer\" value=\"yes\""));
    }

    #[test]
    fn a_pager_shows_only_pages_that_exist() {
        let shown = pager("1～50件", None, Some("/?page=2")).0;
        assert!(shown.contains("rel=\"next\"") && !shown.contains("rel=\"prev\""));
    }
}
