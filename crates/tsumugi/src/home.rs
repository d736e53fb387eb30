//! 今日の仕事: what must I do, by when, and who waits for me; and the board of everything that waits.

use crate::{
    account::Actor,
    app::{self, App},
    area::Municipality,
    case,
    exchange::table::{self, Table},
    journal::Object,
    policy::{self, ReadHome, Role, TakeConsultation},
    routes::Routes,
    view,
    waiting::{self, Count, Waiting, WaitingKind, Wanted},
    web::{self, Query, Result},
};
use axum::{extract::State, response::IntoResponse};
use maud::{Markup, html};
use platform::{Date, Timestamp, args, japanese::date, row, vocabulary::Vocabulary as _};

/// Rows of the actor's own work and of what others must do on the first page; beyond them there is the board.
const SHOWN: i64 = 60;
const OTHERS_SHOWN: i64 = 8;
/// A page of the board: on a telephone each thing takes several lines.
const PAGE: i64 = 30;
/// A file holds no more than this; more is said in its last line.
const FILE_ROWS: i64 = 20_000;

pub fn routes() -> Routes {
    Routes::new().get("/", "home.read", home).get("/menu", "self", menu).get("/board", "home.read", board).get(
        "/board/export",
        "home.read",
        export,
    )
}

async fn menu(State(app): State<App>, actor: Actor) -> Markup {
    app::menu(&app, &actor)
}

async fn home(State(app): State<App>, actor: Actor) -> Result<Markup> {
    let permit = policy::by_role::<ReadHome>(&actor)?;
    let now = app.now();
    let takes = policy::by_role::<TakeConsultation>(&actor).is_ok();
    let mut tx = app.store.read().await?;
    let own = waiting::list(&mut tx, actor.person, now, Wanted::others(false), 0..SHOWN).await?;
    let others = waiting::list(&mut tx, actor.person, now, Wanted::others(true), 0..OTHERS_SHOWN).await?;
    let counts = waiting::counts(&mut tx, actor.person, now, date::jst_next_midnight(app.today())).await?;
    let cases = if policy::by_role::<policy::ListCases>(&actor).is_ok() {
        Some(case::count_mine(&mut tx, &actor, now).await?)
    } else {
        None
    };
    let mine_now = if takes { case::list_mine(&mut tx, &actor, now, 8).await? } else { vec![] };
    let statistics = if matches!(actor.role, Role::City | Role::Privacy | Role::Prefecture) {
        statistics(&mut tx, &actor).await?
    } else {
        vec![]
    };
    drop(tx);
    app.store.read_by_role(&permit, &app.mint, now, Object::new("home", actor.person.0)).await?;
    let (title, lead) = words(actor.role);
    let today = app.today();
    // The other roles get their work with the next versions; empty boxes would only look like a fault.
    let works = !own.is_empty()
        || !others.is_empty()
        || matches!(actor.role, Role::Coordinator | Role::Supporter | Role::Manager | Role::City | Role::Privacy);
    let total = |f: &dyn Fn(&Count) -> i64, keep: &dyn Fn(WaitingKind) -> bool| {
        counts.iter().filter(|c| keep(c.kind)).map(f).sum::<i64>()
    };
    let mine = |k: WaitingKind| !k.is_with_others();
    let figure = |label, value, unit, href, bad| ui::Figure { label, value, unit, href, bad };
    let mut figures = vec![
        figure("期限を過ぎたもの", total(&|c| c.overdue, &mine), "件", "/board?who=mine&when=overdue", true),
        figure("今日のもの", total(&|c| c.today, &mine), "件", "/board?who=mine&when=today", false),
    ];
    if takes {
        figures.push(figure(
            "返答がまだの相談",
            total(&|c| c.total, &|k| k == WaitingKind::FirstResponse),
            "件",
            "/consultations?view=mine",
            false,
        ));
    }
    figures.push(figure(
        "ほかの人の返答待ち",
        total(&|c| c.total, &WaitingKind::is_with_others),
        "件",
        "/board?who=others",
        false,
    ));
    if let Some(n) = cases {
        let (label, href) = if actor.role == Role::Coordinator {
            ("主担当のケース", "/cases?mine=1")
        } else {
            ("見られるケース", "/cases")
        };
        figures.push(figure(label, n, "人", href, false));
    }
    for f in &mut figures {
        f.bad = f.bad && f.value > 0;
    }
    let all_others = total(&|c| c.total, &WaitingKind::is_with_others);
    let (all_late, all_soon) = (total(&|c| c.overdue, &mine), total(&|c| c.today, &mine));
    let all_later = total(&|c| c.total, &mine) - all_late - all_soon;
    let others: Vec<&Waiting> = others.iter().collect();
    let (late, rest): (Vec<&Waiting>, Vec<&Waiting>) = own.iter().partition(|w| w.due_at <= now);
    let (soon, later): (Vec<&Waiting>, Vec<&Waiting>) = rest.iter().partition(|w| date::jst_date(w.due_at) <= today);
    let body = html! {
        (ui::heading(&ui::Heading { over: &format!("{}　{}", date::wareki_weekday(today), date::iso(today)), title, actions: html! {
            @if takes { (ui::link_button("/consultations/new", "相談を受け付ける", Some(ui::Icon::Inbox), true)) }
        } }))
        p.lead { (lead) }
        @if works { (ui::figures("いまの数", &figures)) }
        div id="work" hx-get="/" hx-trigger="live from:body" hx-select="#work" hx-target="#work" hx-swap="outerMorph" {
            @if !works { @if !statistics.is_empty() { (statistics_view(&statistics)) } } @else { (ui::two(html! {
                (ui::panel("すること", html! { a href="/board" { "待っているものをすべて見る" } }, html! {
                    @if own.is_empty() { (ui::empty("いま、することはありません", html! { p { "期限のあるものは、ここに期限の順に出ます。" } })) }
                    @if !late.is_empty() { (ui::group_head("期限を過ぎています", all_late, true)) (rows(&late, &app, now)) }
                    @if all_soon > len(&soon) && soon.is_empty() { (ui::pad(html! { a href="/board?who=mine&when=today" { "今日のものを見る（" (all_soon) "件）" } })) }
                    @if !soon.is_empty() { (ui::group_head("今日", all_soon, false)) (rows(&soon, &app, now)) }
                    @if !later.is_empty() { (ui::group_head("これから", all_later, false)) (rows(later.get(..15).unwrap_or(&later), &app, now)) }
                    @if all_late > len(&late) { (ui::pad(html! { a href="/board?who=mine&when=overdue" { "期限を過ぎたものをすべて見る（" (all_late) "件）" } })) }
                    @if all_later > len(&later).min(15) { (ui::pad(html! { a href="/board?who=mine&when=later" { "これからのものをすべて見る（" (all_later) "件）" } })) }
                }))
            }, html! {
                (ui::panel("返答を待っているもの", html! {}, html! {
                    @if others.is_empty() { (ui::empty("待っている返答はありません", html! {})) } @else { (rows(&others, &app, now)) }
                    @if all_others > OTHERS_SHOWN { (ui::pad(html! { a href="/board?who=others" { "すべて見る（" (all_others) "件）" } })) }
                }))
                @if !statistics.is_empty() { (statistics_view(&statistics)) }
                @if actor.role == Role::Supporter { (ui::panel("コーディネーターに相談", html! {}, ui::pad(html! { p { "困ったときは、担当の市町のコーディネーターに電話してください。名前を出さない相談もできます。" } p { a href="/answer-cards" { "よくある相談を読む" } } }))) }
            })) }
            @if takes { (ui::panel("主担当のケース", html! { a href="/cases?mine=1" { "一覧を開く" } }, case::short_list(&mine_now, &app))) }
        }
    };
    Ok(web::page(&app, &actor, "home", title, body))
}

fn len(rows: &[&Waiting]) -> i64 {
    i64::try_from(rows.len()).unwrap_or(i64::MAX)
}

/// Title and one sentence for each role's first page.
fn words(role: Role) -> (&'static str, &'static str) {
    match role {
        Role::Coordinator => {
            ("今日の仕事", "期限の早い順に並んでいます。受け取った引継ぎと、返答がまだの相談から始めましょう。")
        }
        Role::Supporter => ("依頼と担当の子ども", "受けた依頼と、空きの照会への回答がここに並びます。"),
        Role::Manager => ("事業所への依頼", "事業所が受けた依頼と、空きの照会が並びます。"),
        Role::City => ("市町の状況", "同意のあるケースと、市町の数を見られます。名前のない数が基本です。"),
        Role::Privacy => ("個人情報の管理", "同意のあるケースだけが見えます。"),
        Role::Prefecture => ("圏域の状況", "県では、名前のない数だけを見ます。"),
        Role::Supervisor => ("相談が来ているケース", "スーパーバイズの依頼は、次の版で受けられるようになります。"),
        Role::Hospital => (
            "退院予定の子ども",
            "退院の連絡は、担当のコーディネーターに電話してください。画面からの連絡は次の版で使えます。",
        ),
        Role::Family => {
            ("わたしたちの支援", "つぎの予定と、チームの人の電話を、ここで見られるようにします（次の版）。")
        }
        Role::Council => ("協議の場", "名前のない課題だけを扱います（次の版）。"),
        Role::Auditor => ("監査", "記録簿の確認は、次の版で使えます。"),
        Role::Admin => ("システムの状態", "利用者と権限の管理は、次の版で使えます。"),
    }
}

fn icon(kind: WaitingKind) -> ui::Icon {
    use WaitingKind as K;
    match kind {
        K::FirstResponse | K::Screening | K::Information => ui::Icon::Inbox,
        K::Handover | K::HandoverPending | K::LeadTransfer | K::LeadPending => ui::Icon::Swap,
        K::ConsentFollowup | K::ConsentEnded | K::EmergencyReview => ui::Icon::Lock,
        K::InquiryAnswer | K::InquiryResult => ui::Icon::Phone,
        K::Escalated => ui::Icon::Warn,
        _ => ui::Icon::Send,
    }
}

fn rows(list: &[&Waiting], app: &App, now: Timestamp) -> Markup {
    let rows: Vec<ui::Row> = list
        .iter()
        .map(|w| ui::Row {
            when: html! { b { (date::month_day_weekday(date::jst_date(w.due_at))) } span { (view::until(w.due_at, now)) } },
            icon: Some((icon(w.kind), view::due_tone(w.due_at, now))),
            title: html! { a href=(w.href()) { @if w.kind == WaitingKind::ReferralAnswer && !w.waits_for.is_empty() { (w.waits_for) } @else { (w.kind.label()) } } },
            sub: html! {
                @if let (Some(name), Some(kana)) = (&w.child_name, &w.child_kana) { b { (name) } " " small { (kana) } " " (case::age_text(w.birth_date, app.today())) "・" (w.municipality.map_or("", |m| m.label())) }
                @else if let (Some(n), Some(y)) = (w.number, w.number_year) { (w.object_kind.label()) " " (case::number_text("", y, n)) }
                @if !w.waits_for.is_empty() && w.kind != WaitingKind::ReferralAnswer { " " span { (w.waits_for) } }
                " " small { (date::month_day_weekday(date::jst_date(w.since_at))) "から" }
            },
            side: html! {},
        })
        .collect();
    ui::worklist(&rows)
}

row! {
    pub struct Statistic { pub municipality: Municipality, pub cases: i64, pub consultations: i64 }
}

/// Numbers without names. Small ones are not told outside the municipality.
async fn statistics(tx: &mut platform::db::Reader, actor: &Actor) -> Result<Vec<(String, String, String)>> {
    let sql = "/* home::statistics unscoped: counts only, small ones hidden */
        SELECT c.municipality, COUNT(*) AS cases, (SELECT COUNT(*) FROM consultation k WHERE k.municipality = c.municipality) AS consultations
          FROM child_case c WHERE c.status <> 'closed' GROUP BY c.municipality ORDER BY c.municipality";
    let list: Vec<Statistic> = tx.all(sql, args![]).await?;
    let own = actor.municipality.as_deref();
    Ok(list
        .into_iter()
        .filter(|s| actor.role == Role::Prefecture || own == Some(s.municipality.code()))
        .map(|s| (s.municipality.label().to_owned(), small(s.cases, actor.role), small(s.consultations, actor.role)))
        .collect())
}

/// 5未満 leaves an area only as 「5未満」; a municipality sees its own number.
fn small(n: i64, role: Role) -> String {
    if role == Role::Prefecture && (1..5).contains(&n) { "5未満".to_owned() } else { n.to_string() }
}

fn statistics_view(list: &[(String, String, String)]) -> Markup {
    ui::panel(
        "名前のない数",
        html! {},
        ui::table(
            "市町ごとの数",
            &["市町", "支援中のケース", "相談（累計）"],
            html! { @for (place, cases, consultations) in list { tr {
            th scope="row" { (place) } td data-l="支援中のケース" { (cases) } td data-l="相談（累計）" { (consultations) } } } },
        ),
    )
}

struct Chosen {
    who: &'static str,
    when: &'static str,
}

fn chosen(query: &platform::form::Fields) -> Chosen {
    let one = |name: &str, of: &[&'static str]| of.iter().copied().find(|v| *v == query.get(name)).unwrap_or("all");
    Chosen { who: one("who", &["mine", "others"]), when: one("when", &["overdue", "today", "later"]) }
}

impl Chosen {
    /// The same choice as bounds of the due time.
    fn wanted(&self, now: Timestamp, today: Date) -> Wanted {
        let tomorrow = date::jst_next_midnight(today);
        let others = match self.who {
            "mine" => Some(false),
            "others" => Some(true),
            _ => None,
        };
        let all = Wanted { others, ..Wanted::all() };
        match self.when {
            "overdue" => Wanted { until: now, ..all },
            "today" => Wanted { after: now, until: tomorrow, ..all },
            "later" => Wanted { after: tomorrow, ..all },
            _ => all,
        }
    }
}

async fn board(State(app): State<App>, actor: Actor, Query(query): Query) -> Result<Markup> {
    let permit = policy::by_role::<ReadHome>(&actor)?;
    let c = chosen(&query);
    let offset = query.get("offset").parse::<i64>().unwrap_or(0).clamp(0, FILE_ROWS);
    let now = app.now();
    let mut tx = app.store.read().await?;
    let mut list =
        waiting::list(&mut tx, actor.person, now, c.wanted(now, app.today()), offset..offset + PAGE + 1).await?;
    drop(tx);
    app.store.read_by_role(&permit, &app.mint, now, Object::new("board", actor.person.0)).await?;
    let more = list.len() > PAGE.unsigned_abs() as usize;
    list.truncate(PAGE.unsigned_abs() as usize);
    let link = |who: &str, when: &str| format!("/board?who={who}&when={when}");
    let who = |v: &'static str, label| ui::Tab { href: link(v, c.when), label, current: c.who == v, count: None };
    let when = |v: &'static str, label| ui::Tab { href: link(c.who, v), label, current: c.when == v, count: None };
    let export = |kind: &str| format!("/board/export?who={}&when={}&as={kind}", c.who, c.when);
    let page_link = |at: i64| format!("{}&offset={at}", link(c.who, c.when));
    let body = html! {
        (ui::heading(&ui::Heading { over: "毎日", title: "待っているもの", actions: html! { (ui::link_button(&export("xlsx"), "Excelで出す", Some(ui::Icon::Download), false)) (ui::link_button(&export("csv"), "CSVで出す", None, false)) } }))
        section.panel {
            (ui::chips("だれが動くか", &[who("all", "すべて"), who("mine", "自分が動く"), who("others", "ほかの人を待っている")]))
            (ui::chips("期限", &[when("all", "すべての期限"), when("overdue", "過ぎた"), when("today", "今日"), when("later", "これから")]))
            @if list.is_empty() { (ui::empty("この条件で待っているものはありません", html! {})) } @else {
                (ui::steady_table("待っているもの", &[("すること", 22), ("期限", 14), ("お子さん・番号", 22), ("待つ相手", 22), ("いつから", 14)], html! { @for w in &list { tr {
                    th scope="row" { a href=(w.href()) { (w.kind.label()) } }
                    td data-l="期限" { (ui::tag(view::due_tone(w.due_at, now), &view::until(w.due_at, now))) small { (view::moment(w.due_at)) } }
                    td data-l="お子さん・番号" { @if let Some(n) = &w.child_name { (n) small { (case::age_text(w.birth_date, app.today())) "・" (w.municipality.map_or("", |m| m.label())) } } @if let (Some(n), Some(y)) = (w.number, w.number_year) { small { (w.object_kind.label()) " " (case::number_text("", y, n)) } } @if w.child_name.is_none() && w.number.is_none() { (w.object_kind.label()) } }
                    td data-l="待つ相手" { @if w.kind.is_with_others() { (w.waits_for) } @else { "自分" } }
                    td data-l="いつから" { (view::moment(w.since_at)) }
                } } }))
                @let text = view::shown(offset, list.len());
                @let prev = (offset > 0).then(|| page_link((offset - PAGE).max(0)));
                @let next = more.then(|| page_link(offset + PAGE));
                (ui::pager(&text, prev.as_deref(), next.as_deref()))
            }
        }
    };
    Ok(web::page(&app, &actor, "board", "待っているもの", body))
}

async fn export(State(app): State<App>, actor: Actor, Query(query): Query) -> Result {
    let permit = policy::by_role::<ReadHome>(&actor)?;
    let now = app.now();
    let wanted = chosen(&query).wanted(now, app.today());
    let mut list = waiting::list(&mut app.store.read().await?, actor.person, now, wanted, 0..FILE_ROWS + 1).await?;
    let cut = i64::try_from(list.len()).unwrap_or(i64::MAX) > FILE_ROWS;
    list.truncate(FILE_ROWS.unsigned_abs() as usize);
    app.store.read_by_role(&permit, &app.mint, now, Object::new("board_export", actor.person.0)).await?;
    let mut rows: Vec<Vec<String>> = list.iter().map(|w| file_row(w, now)).collect();
    if cut {
        rows.push(vec![format!("{FILE_ROWS}件までを出しました。条件を絞ってください。")]);
    }
    let table = Table {
        name: "waiting",
        head: vec!["期限", "時刻", "状況", "すること", "お子さん", "市町", "番号", "待つ相手", "いつから"],
        rows,
    };
    Ok(if query.get("as") == "csv" { table::csv(&table)? } else { table::xlsx(&table, "待っているもの")? }
        .into_response())
}

fn file_row(w: &Waiting, now: Timestamp) -> Vec<String> {
    vec![
        date::iso(date::jst_date(w.due_at)),
        date::jst_time(w.due_at),
        view::until(w.due_at, now),
        w.kind.label().to_owned(),
        w.child_name.clone().unwrap_or_default(),
        w.municipality.map_or(String::new(), |m| m.label().to_owned()),
        w.number.zip(w.number_year).map_or(String::new(), |(n, y)| case::number_text("", y, n)),
        w.waits_for.clone(),
        date::iso(date::jst_date(w.since_at)),
    ]
}

#[cfg(test)]
mod tests;
