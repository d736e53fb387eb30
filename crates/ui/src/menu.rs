//! The menus of the shell: left rail, bottom bar, viewer menu, help.

use crate::{Icon, NavGroup, NavItem, Viewer, icon};
use maud::{Markup, html};

/// All entries, grouped. On narrow screens it is hidden until a link leads to `#menu`.
pub(crate) fn rail(groups: &[NavGroup], current: &str) -> Markup {
    html! {
        nav.rail #menu aria-label="主なメニュー" {
            a.rail-close href="#main" { (icon(Icon::Close)) "メニューを閉じる" }
            @for group in groups {
                @if let Some(label) = group.label { p.rail-label aria-hidden="true" { (label) } }
                ul aria-label=[group.label] {
                    @for item in &group.items { li { (entry(item, current)) } }
                }
            }
        }
    }
}

/// The five places one needs most on a phone.
pub(crate) fn bottom_bar(items: &[NavItem], current: &str) -> Markup {
    html! {
        nav.bottom aria-label="画面下のメニュー" {
            ul { @for item in items { li { (entry(item, current)) } } }
        }
    }
}

fn entry(item: &NavItem, current: &str) -> Markup {
    html! {
        a href=(item.href) aria-current=[(item.key == current).then_some("page")] {
            (icon(item.icon))
            span.entry-label { (item.label) }
            @if let Some(count) = item.count.filter(|count| *count > 0) {
                " " span.count.hot[item.hot] { (count) span.vh { "件" } }
            }
        }
    }
}

/// Who is signed in, and the way out: the next person at this desk signs in as themselves.
pub(crate) fn viewer_menu(viewer: &Viewer) -> Markup {
    html! {
        details.viewer {
            summary {
                (icon(Icon::Person))
                span.viewer-text {
                    span.viewer-name { (viewer.name) }
                    span.viewer-role { span.paren { "（" } (viewer.role) span.paren { "）" } }
                }
            }
            div.viewer-menu {
                p { b { (viewer.name) } br; (viewer.role) br; (viewer.place) }
                p { a href="/account" { "自分のアカウント" } }
                form method="post" action="/lock" {
                    button.btn type="submit" { (icon(Icon::Lock)) "画面に鍵をかける" }
                }
                form method="post" action="/sign-out" {
                    button.btn type="submit" { (icon(Icon::Swap)) "サインアウト（利用者を切り替える）" }
                }
            }
        }
    }
}

/// The keys that work on every page.
pub(crate) fn help() -> Markup {
    html! {
        dialog #help aria-labelledby="help-title" {
            h2 #help-title { "キーボードの使い方" }
            dl.kv {
                div { dt { kbd { "/" } } dd { "探す欄に移る" } }
                div { dt { kbd { "n" } } dd { "新しい相談を受け付ける" } }
                div { dt { kbd { "?" } } dd { "この説明を開く" } }
                div { dt { kbd { "Esc" } } dd { "説明やメニューを閉じる" } }
            }
            p.hint { "文字を入力している間は、これらのキーは働きません。" }
            div.checks {
                label.single { input type="checkbox" checked data-keys=""; span { "この端末でこれらのキーを使う" } }
            }
            form method="dialog" { button.btn.btn-p type="submit" autofocus { "閉じる" } }
        }
    }
}
