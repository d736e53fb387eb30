//! The page around everything: document, header, menus, footer.

use crate::{Icon, icon, menu};
use maud::{DOCTYPE, Markup, html};

/// The addresses of the embedded files, each with a hash in its name.
pub struct Assets<'a> {
    pub tokens_css: &'a str,
    pub app_css: &'a str,
    pub htmx_js: &'a str,
    pub app_js: &'a str,
    pub icon: &'a str,
}

/// One entry of a menu; `hot` draws its count as waiting for the viewer.
pub struct NavItem<'a> {
    pub key: &'a str,
    pub href: &'a str,
    pub label: &'a str,
    pub icon: Icon,
    pub count: Option<i64>,
    pub hot: bool,
}

/// Entries of the left rail under one word.
pub struct NavGroup<'a> {
    pub label: Option<&'a str>,
    pub items: Vec<NavItem<'a>>,
}

/// Who is signed in, as what, and for which area; always visible because desks are shared.
pub struct Viewer<'a> {
    pub name: &'a str,
    pub role: &'a str,
    pub place: &'a str,
}

/// Everything about a page but its body.
pub struct Shell<'a> {
    pub title: &'a str,
    pub assets: &'a Assets<'a>,
    /// None for public pages: they have no menus and no search.
    pub viewer: Option<Viewer<'a>>,
    /// The left rail; below 1080 px it opens where a link leads to `#menu`.
    pub nav: Vec<NavGroup<'a>>,
    /// The bar at the bottom of phones, five entries at most; the last one is best a link to `#menu`.
    pub bottom: Vec<NavItem<'a>>,
    /// The key of the entry this page belongs to.
    pub current: &'a str,
    /// Says on every page that persons and cases are invented.
    pub demo: bool,
    /// Keeps the page up to date from `/live`.
    pub live: bool,
    /// Whether the search over everything answers this viewer.
    pub search: bool,
    /// What was searched for.
    pub query: &'a str,
    /// When the page was made, for the line that stands on every printed page; empty where nobody is signed in.
    pub made: &'a str,
}

/// A whole HTML document.
pub fn page(shell: &Shell, body: Markup) -> Markup {
    let signed_in = shell.viewer.is_some();
    html! {
        (DOCTYPE)
        html lang="ja" {
            (head(shell))
            body.public[!signed_in] data-live=[(shell.live && signed_in).then_some("/live")] {
                a.skip href="#main" { "本文へ移動" }
                @if shell.demo {
                    aside.demo aria-label="デモの表示" { p { b { "架空データ（デモ）" } "：実在の人物・事例ではありません" } }
                }
                // Who printed it and when, on every sheet: paper is left lying about.
                @if let Some(viewer) = &shell.viewer { p.printed { "取扱注意　" (viewer.name) "（" (viewer.place) "）　" (shell.made) } }
                (top(shell))
                div.frame {
                    @if signed_in { (menu::rail(&shell.nav, shell.current)) }
                    div.content {
                        // Shown where an address ends with #saved, as after every accepted form; without a script.
                        p #saved.flash role="status" { "保存しました。" }
                        main #main tabindex="-1" { (body) }
                        (foot(shell))
                    }
                }
                @if signed_in {
                    @if !shell.bottom.is_empty() { (menu::bottom_bar(&shell.bottom, shell.current)) }
                    (menu::help())
                }
            }
        }
    }
}

fn head(shell: &Shell) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover";
            meta name="theme-color" content="#004c59";
            // Names of children must not leave through a Referer header or a search engine.
            meta name="robots" content="noindex";
            meta name="htmx-config" content=r#"{"includeIndicatorCSS":false}"#;
            title { (shell.title) "｜つむぐ" }
            link rel="icon" type="image/svg+xml" href=(shell.assets.icon);
            link rel="stylesheet" href=(shell.assets.tokens_css);
            link rel="stylesheet" href=(shell.assets.app_css);
            script src=(shell.assets.htmx_js) defer {}
            script src=(shell.assets.app_js) defer {}
        }
    }
}

/// The mark: three threads that become one.
fn mark() -> Markup {
    html! {
        svg.brand-mark width="36" height="36" viewBox="0 0 36 36" aria-hidden="true" {
            rect width="36" height="36" rx="9" fill="#004c59" {}
            g fill="none" stroke-width="2.6" stroke-linecap="round" {
                path d="M8 9.5c7.5 0 7.5 8.5 13 8.5" stroke="#79e2f2" {}
                path d="M8 18h20" stroke="#fff" {}
                path d="M8 26.5c7.5 0 7.5-8.5 13-8.5" stroke="#ffd43d" {}
            }
            circle cx="28" cy="18" r="3.4" fill="#fff" {}
        }
    }
}

fn top(shell: &Shell) -> Markup {
    html! {
        header.top {
            @match &shell.viewer {
                None => span.brand { (mark()) span { b { "つむぐ" } } },
                Some(viewer) => {
                    a.brand href="/" { (mark()) span { b { "つむぐ" } small { (viewer.place) } } }
                    @if shell.search { form.search role="search" aria-label="全体を探す" method="get" action="/search" {
                        label.vh for="q" { "氏名・ふりがな・事業所で探す" }
                        (icon(Icon::Search))
                        input #q type="search" name="q" value=(shell.query) autocomplete="off" maxlength="100"
                            placeholder="氏名・ふりがな・事業所で探す"
                            enterkeyhint="search";
                        kbd aria-hidden="true" { "/" }
                    } }
                    @if shell.live { (live_state()) }
                    (menu::viewer_menu(viewer))
                }
            }
        }
    }
}

/// Whether the page is up to date; the script changes words and mark together.
fn live_state() -> Markup {
    html! {
        p.live {
            span #live-state role="status" data-state="ok" data-ok="最新の状態です"
                data-poll="15秒ごとに更新しています" data-lost="つながっていません。自動でつなぎ直します。"
                data-ended="サインインの時間が切れました。もう一度サインインしてください。" {
                "最新の状態です"
            }
        }
    }
}

fn foot(shell: &Shell) -> Markup {
    html! {
        footer.foot {
            @if shell.demo { p { "人と事例と数値は、すべて架空の見本です。（架空）と書いていない事業所は、公開された名簿にあるものです。" } }
            ul {
                li { "つむぐ" }
                li { a href="/licenses" { "ライセンス" } }
                @if shell.viewer.is_some() {
                    li.needs-script { button.text-btn type="button" data-open="help" { "キーボードの使い方" } }
                }
            }
        }
    }
}

/// The title of a page.
pub struct Heading<'a> {
    /// A small line above the title (a date, a place), or empty.
    pub over: &'a str,
    pub title: &'a str,
    pub actions: Markup,
}

/// The title with its one or two actions at the right.
pub fn heading(h: &Heading) -> Markup {
    html! {
        div.heading {
            div.heading-text {
                @if !h.over.is_empty() { p.over { (h.over) } }
                h1 { (h.title) }
            }
            @if !h.actions.0.is_empty() { div.actions { (h.actions) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASSETS: Assets<'static> =
        Assets { tokens_css: "/t.css", app_css: "/a.css", htmx_js: "/h.js", app_js: "/a.js", icon: "/i.svg" };

    fn shown(signed_in: bool, demo: bool) -> String {
        let viewer =
            Viewer { name: "相模野 瑞希", role: "コーディネーター", place: "横須賀・三浦圏域" };
        let item =
            NavItem { key: "home", href: "/", label: "今日の仕事", icon: Icon::Home, count: Some(0), hot: true };
        let shell = Shell {
            title: "<b>",
            assets: &ASSETS,
            viewer: signed_in.then_some(viewer),
            nav: vec![NavGroup { label: Some("毎日"), items: vec![item] }],
            bottom: vec![],
            current: "home",
            demo,
            live: true,
            search: true,
            query: "\"><script>",
            made: "2026-11-24 10:00",
        };
        page(&shell, html! { h1 { "題" } }).into_string()
    }

    #[test]
    fn a_page_has_no_inline_style_and_no_inline_script() {
        let html = shown(true, true);
        assert!(!html.contains(" style=") && !html.contains("<style") && !html.contains(" on"));
        assert_eq!(html.matches("<script").count(), html.matches("<script src=").count());
    }

    #[test]
    fn the_role_and_the_area_are_always_visible() {
        let html = shown(true, false);
        assert!(html.contains("コーディネーター") && html.contains("横須賀・三浦圏域"));
        assert!(html.contains("method=\"post\" action=\"/sign-out\""));
    }

    #[test]
    fn a_public_page_has_no_menu_no_search_and_no_live_connection() {
        let html = shown(false, false);
        assert!(!html.contains("<nav") && !html.contains("role=\"search\"") && !html.contains("data-live"));
        assert!(shown(true, false).contains("data-live=\"/live\""));
    }

    #[test]
    fn demo_data_say_so_on_every_page() {
        assert!(shown(false, true).contains("実在の人物・事例ではありません"));
        assert!(!shown(true, false).contains("架空"));
    }

    #[test]
    fn the_place_one_is_at_is_marked_and_a_count_of_zero_is_silent() {
        let html = shown(true, false);
        assert_eq!(html.matches("aria-current=\"page\"").count(), 1);
        assert!(!html.contains("class=\"count"));
    }

    #[test]
    fn the_title_and_the_query_are_escaped() {
        let html = shown(true, false);
        assert!(html.contains("<title>&lt;b&gt;｜つむぐ</title>"));
        assert!(!html.contains("\"><script>"));
    }
}
