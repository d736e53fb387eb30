//! Writes a gallery of pages made of all parts of the design system, with invented data.
//!
//! `cargo run -p ui --example gallery -- OUT NODE_MODULES` writes `OUT/*.html` and copies the stylesheet, the script
//! and the two files from npm beside them, so that the pages can be opened, photographed and checked from any server.

mod area;
mod daily;
mod forms;
mod list;
mod record;

use maud::Markup;
use std::path::Path;
use ui::{Assets, Icon, NavGroup, NavItem, Shell, Viewer, page};

const ASSETS: Assets<'static> = Assets {
    tokens_css: "tokens.css",
    app_css: "app.css",
    htmx_js: "htmx.min.js",
    app_js: "tsumugi.js",
    icon: "icon.svg",
};

fn main() -> std::io::Result<()> {
    let mut args = std::env::args().skip(1);
    let (Some(out), Some(modules)) = (args.next(), args.next()) else {
        return Err(std::io::Error::other("usage: gallery OUT NODE_MODULES"));
    };
    let (out, modules) = (Path::new(&out), Path::new(&modules));
    std::fs::create_dir_all(out)?;
    let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tsumugi/web");
    let mut sheets: Vec<_> = std::fs::read_dir(web.join("css"))?.filter_map(|f| f.ok().map(|f| f.path())).collect();
    sheets.sort();
    let styles: String = sheets.iter().map(std::fs::read_to_string).collect::<Result<_, _>>()?;
    std::fs::write(out.join("app.css"), styles)?;
    std::fs::copy(web.join("tsumugi.js"), out.join("tsumugi.js"))?;
    std::fs::copy(modules.join("@digital-go-jp/design-tokens/dist/tokens.css"), out.join("tokens.css"))?;
    std::fs::copy(modules.join("htmx.org/dist/htmx.min.js"), out.join("htmx.min.js"))?;
    for (name, html) in pages() {
        std::fs::write(out.join(name).with_extension("html"), html.into_string())?;
    }
    Ok(())
}

fn pages() -> Vec<(&'static str, Markup)> {
    vec![
        ("home", signed_in("今日の仕事", "home", daily::home())),
        ("list", signed_in("ケース", "cases", list::list())),
        ("empty", signed_in("相談の受付", "inbox", daily::nothing())),
        ("intake", signed_in("相談を受け付ける", "inbox", forms::intake())),
        ("answer", public("照会への回答", forms::answer())),
        ("region", signed_in("圏域の状況", "region", area::region())),
        ("referral", signed_in("つなぎ", "cases", record::referral())),
        ("case", signed_in("葉月 ひなた さん", "cases", record::case())),
    ]
}

fn signed_in(title: &str, current: &str, body: Markup) -> Markup {
    let viewer =
        Viewer { name: "相模野 瑞希", role: "コーディネーター", place: "横須賀・三浦圏域" };
    page(
        &Shell {
            title,
            assets: &ASSETS,
            viewer: Some(viewer),
            nav: nav(),
            bottom: bottom(),
            current,
            demo: true,
            live: true,
            search: true,
            query: "",
            made: "2026-11-24 10:00",
        },
        body,
    )
}

fn public(title: &str, body: Markup) -> Markup {
    let shell = Shell {
        title,
        assets: &ASSETS,
        viewer: None,
        nav: vec![],
        bottom: vec![],
        current: "",
        demo: true,
        live: false,
        search: true,
        query: "",
        made: "",
    };
    page(&shell, body)
}

fn item(key: &'static str, label: &'static str, icon: Icon, count: Option<i64>) -> NavItem<'static> {
    let href = match key {
        "home" => "home.html",
        "inbox" => "intake.html",
        "cases" => "list.html",
        "region" => "region.html",
        "menu" => "#menu",
        _ => "empty.html",
    };
    NavItem { key, href, label, icon, count, hot: key == "inbox" }
}

fn nav() -> Vec<NavGroup<'static>> {
    vec![
        NavGroup {
            label: Some("毎日"),
            items: vec![
                item("home", "今日の仕事", Icon::Home, None),
                item("inbox", "相談の受付", Icon::Inbox, Some(4)),
                item("cases", "ケース", Icon::Person, Some(18)),
                item("tasks", "タスク", Icon::Tasks, Some(11)),
                item("calendar", "予定", Icon::Calendar, None),
            ],
        },
        NavGroup {
            label: Some("地域づくり"),
            items: vec![
                item("region", "圏域の状況", Icon::Map, None),
                item("issues", "個別課題・地域課題", Icon::Report, None),
                item("councils", "協議の場", Icon::Meeting, None),
                item("resources", "社会資源", Icon::Building, None),
            ],
        },
        NavGroup {
            label: Some("設定"),
            items: vec![item("consent", "同意と閲覧履歴", Icon::Eye, None), item("admin", "管理", Icon::Lock, None)],
        },
    ]
}

fn bottom() -> Vec<NavItem<'static>> {
    vec![
        item("home", "今日", Icon::Home, None),
        item("cases", "ケース", Icon::Person, None),
        item("record", "記録する", Icon::Pen, None),
        item("inbox", "相談", Icon::Inbox, Some(4)),
        item("menu", "その他", Icon::More, None),
    ]
}
