//! What a request can reach, and the frame around every page.

use crate::{
    account::Actor,
    assets,
    journal::Store,
    policy::{Role, RoleAct as _, SearchAll},
};
use maud::{Markup, html};
use platform::{
    Date, Timestamp,
    clock::Clock,
    id::Mint,
    japanese::{business::Calendar, date},
    throttle::Throttle,
    vocabulary::Vocabulary as _,
};
use std::sync::Arc;
use webauthn_rs::prelude::Webauthn;

#[derive(Clone)]
pub struct App {
    pub store: Store,
    pub clock: Clock,
    pub mint: Mint,
    pub calendar: Arc<Calendar>,
    /// Demo mode: made-up people, sign-in links without a passkey, loopback only.
    pub demo: bool,
    pub settings: Arc<Settings>,
    /// The relying party of passkeys; None in the demo, which signs in by links.
    pub passkeys: Option<Arc<Webauthn>>,
    /// How often one address may knock at doors that need no sign-in.
    pub throttle: Arc<Throttle>,
    /// The address under which browsers reach the product, such as `https://tsumugi.example.jp`; None in the demo.
    pub origin: Option<Arc<str>>,
}

/// What an area may set for itself.
#[derive(Clone, Debug)]
pub struct Settings {
    /// A capacity that nobody confirmed for so many days is shown as stale.
    pub stale_days: i32,
    /// Open days that an agency has to answer a referral.
    pub response_days: u8,
    /// Days after the acceptance by which a service should have started.
    pub start_days: i32,
    /// Days after the start by which the outcome should be told.
    pub outcome_days: i32,
    /// Hours that a one-time link lives.
    pub link_hours: i64,
    /// Minutes without a request after which a session ends.
    pub idle_minutes: i64,
    /// Years after its closing for which a case is kept at least.
    pub retention_years: i64,
    /// A proxy stands in front and tells whose request it passes on, in the last part of `X-Forwarded-For`.
    pub behind_proxy: bool,
}

/// Sixty knocks at once and one a second after that: more than people make, and far less than guessing needs.
pub fn throttle() -> Arc<Throttle> {
    Arc::new(Throttle::new(60, 1_000))
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            stale_days: 60,
            response_days: 3,
            start_days: 30,
            outcome_days: 30,
            link_hours: 168,
            idle_minutes: 30,
            retention_years: 5,
            behind_proxy: false,
        }
    }
}

impl App {
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
    pub fn today(&self) -> Date {
        self.clock.today()
    }
    /// The end of office hours of a day, in Japan.
    pub fn closing_time(&self, day: Date) -> Timestamp {
        let end = day.at(self.calendar.closes(), 0, 0, 0);
        jiff::tz::TimeZone::fixed(jiff::tz::offset(9)).to_timestamp(end).unwrap_or_else(|_| self.now())
    }
}

fn item<'a>(key: &'a str, href: &'a str, label: &'a str, icon: ui::Icon) -> ui::NavItem<'a> {
    ui::NavItem { key, href, label, icon, count: None, hot: false }
}

fn nav(role: Role) -> Vec<ui::NavGroup<'static>> {
    use ui::Icon;
    let home = item("home", "/", "今日の仕事", Icon::Home);
    let consultations = item("consultations", "/consultations", "相談の受付", Icon::Inbox);
    let cases = item("cases", "/cases", "ケース", Icon::Person);
    let referrals = item("referrals", "/referrals", "つなぎ", Icon::Send);
    let board = item("board", "/board", "待っているもの", Icon::Clock);
    let resources = item("resources", "/resources", "社会資源", Icon::Building);
    let inquiries = item("inquiries", "/inquiries", "空き照会", Icon::Phone);
    let break_glass = item("break_glass", "/break-glass", "緊急の閲覧", Icon::Warn);
    let duty = item("duty", "/duty", "受付の当番", Icon::Swap);
    let alerts = item("alerts", "/alerts", "知らせ", Icon::Warn);
    let retention = item("retention", "/retention", "保存期間", Icon::Lock);
    let consent_texts = item("consent_texts", "/consent-texts", "同意書の文", Icon::Report);
    let cards = item("cards", "/answer-cards", "よくある相談", Icon::Report);
    let imports = item("imports", "/resources/imports", "名簿の取込み", Icon::Download);
    let group = |label: Option<&'static str>, items| ui::NavGroup { label, items };
    match role {
        Role::Coordinator => vec![
            group(None, vec![home, consultations, cases, referrals, board]),
            group(Some("地域づくり"), vec![resources, inquiries, cards, imports, duty]),
            group(Some("命にかかわるとき"), vec![break_glass]),
        ],
        Role::Supporter | Role::Manager => {
            let mut items = vec![home];
            if role == Role::Supporter {
                items.push(cases);
            }
            items.extend([referrals, inquiries]);
            let mut groups = vec![group(None, items), group(Some("地域づくり"), vec![resources, cards])];
            if role == Role::Supporter {
                groups.push(group(Some("命にかかわるとき"), vec![break_glass]));
            }
            groups
        }
        Role::City => {
            vec![
                group(None, vec![home, cases, referrals]),
                group(Some("地域づくり"), vec![resources, cards, imports, duty]),
                group(Some("命にかかわるとき"), vec![break_glass]),
            ]
        }
        Role::Privacy => {
            vec![
                group(None, vec![home, cases, alerts, retention, consent_texts]),
                group(Some("地域づくり"), vec![resources]),
            ]
        }
        Role::Prefecture => vec![
            group(None, vec![home, item("terms", "/terms", "取扱いの約束", Icon::Lock)]),
            group(Some("地域づくり"), vec![resources, imports]),
        ],
        Role::Supervisor => vec![group(None, vec![home]), group(Some("地域づくり"), vec![resources, cards])],
        Role::Hospital => vec![
            group(None, vec![home]),
            group(Some("地域づくり"), vec![resources, cards]),
            group(Some("命にかかわるとき"), vec![break_glass]),
        ],
        Role::Admin => vec![group(None, vec![home, item("people", "/people", "利用者", Icon::Person)])],
        Role::Family => vec![group(None, vec![item("home", "/", "わたしたちの支援", Icon::Home)])],
        Role::Auditor => vec![group(None, vec![home, alerts])],
        Role::Council => vec![group(None, vec![home])],
    }
}

fn bottom(role: Role) -> Vec<ui::NavItem<'static>> {
    use ui::Icon;
    let home = item("home", "/", "今日", Icon::Home);
    match role {
        Role::Coordinator => vec![
            home,
            item("cases", "/cases", "ケース", Icon::Person),
            item("new", "/consultations/new", "受け付ける", Icon::Pen),
            item("consultations", "/consultations", "相談", Icon::Inbox),
            item("menu", "/menu", "その他", Icon::More),
        ],
        Role::Supporter | Role::Manager => vec![
            home,
            item("referrals", "/referrals", "依頼", Icon::Send),
            item("resources", "/resources", "社会資源", Icon::Building),
            item("menu", "/menu", "その他", Icon::More),
        ],
        _ => vec![home, item("menu", "/menu", "その他", Icon::More)],
    }
}

fn asset_links() -> ui::Assets<'static> {
    ui::Assets {
        tokens_css: assets::url("tokens.css"),
        app_css: assets::url("app.css"),
        htmx_js: assets::url("htmx.min.js"),
        app_js: assets::url("tsumugi.js"),
        icon: assets::url("icon.svg"),
    }
}

pub fn page(app: &App, actor: &Actor, current: &str, title: &str, query: &str, body: Markup) -> Markup {
    ui::page(
        &ui::Shell {
            title,
            assets: &asset_links(),
            viewer: Some(ui::Viewer { name: &actor.name, role: actor.role.label(), place: &actor.place }),
            nav: nav(actor.role),
            bottom: bottom(actor.role),
            current,
            demo: app.demo,
            live: true,
            search: SearchAll::allows(actor.role),
            query,
            made: &date::jst_stamp(app.now()),
        },
        body,
    )
}

/// A page for somebody who is not signed in: errors, sign-in, one-time links.
pub fn public_page(title: &str, body: Markup) -> Markup {
    framed(title, false, body)
}

pub fn framed(title: &str, demo: bool, body: Markup) -> Markup {
    ui::page(
        &ui::Shell {
            title,
            assets: &asset_links(),
            viewer: None,
            nav: vec![],
            bottom: vec![],
            current: "",
            demo,
            live: false,
            search: false,
            query: "",
            made: "",
        },
        body,
    )
}

/// The whole menu as a page, for phones.
pub fn menu(app: &App, actor: &Actor) -> Markup {
    let body = html! {
        (ui::heading(&ui::Heading { over: "", title: "メニュー", actions: html! {} }))
        @for group in nav(actor.role) {
            (ui::panel(group.label.unwrap_or("毎日の仕事"), html! {}, html! {
                ul.menu { @for i in &group.items { li { a href=(i.href) { (ui::icon(i.icon)) (i.label) } } } }
            }))
        }
    };
    page(app, actor, "menu", "メニュー", "", body)
}
