//! 待っているもの: everything that waits, filtered, by pages and as a file.

use crate::{
    account::Actor,
    app::App,
    case,
    exchange::table::{self, Table},
    journal::Object,
    policy::{self, ReadHome},
    signin, view,
    waiting::{self, Waiting, Wanted},
    web::{self, Query, Result},
};
use axum::{extract::State, response::IntoResponse};
use maud::{Markup, html};
use platform::{Date, Timestamp, id::CaseId, japanese::date, vocabulary::Vocabulary as _};
use std::collections::HashSet;

/// A page of the board: on a telephone each thing takes several lines.
const PAGE: i64 = 30;
/// A file holds no more than this; more is said in its last line.
const FILE_ROWS: i64 = 20_000;
/// A file names no more children than this（権限の設計 A17）.
const FILE_CHILDREN: usize = 50;

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

pub async fn show(State(app): State<App>, actor: Actor, Query(query): Query) -> Result<Markup> {
    let permit = policy::by_role::<ReadHome>(&actor)?;
    let c = chosen(&query);
    let offset = query.get("offset").parse::<i64>().unwrap_or(0).clamp(0, FILE_ROWS);
    let now = app.now();
    let tx = app.store.read().await?;
    let mut list = waiting::list(&tx, actor.person, now, c.wanted(now, app.today()), offset..offset + PAGE + 1).await?;
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
                    th scope="row" { a href=(w.href()) { (w.kind.label()) } @if let Some(name) = &w.cover_of { small { (name) "さんの代わり" } } }
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

pub async fn export(State(app): State<App>, actor: Actor, Query(query): Query) -> Result {
    let permit = policy::by_role::<ReadHome>(&actor)?;
    let now = app.now();
    policy::proved(&app, &actor, now)?;
    let wanted = chosen(&query).wanted(now, app.today());
    let tx = app.store.read().await?;
    let mut list = waiting::list(&tx, actor.person, now, wanted, 0..FILE_ROWS + 1).await?;
    let new_key = signin::has_new_key(&tx, actor.person, now).await?;
    drop(tx);
    let children: HashSet<CaseId> = list.iter().filter(|w| w.child_name.is_some()).filter_map(|w| w.case_id).collect();
    let few = children.len() <= FILE_CHILDREN;
    let named = few && !new_key;
    let cut = i64::try_from(list.len()).unwrap_or(i64::MAX) > FILE_ROWS;
    list.truncate(FILE_ROWS.unsigned_abs() as usize);
    app.store.read_by_role(&permit, &app.mint, now, Object::new("board_export", actor.person.0)).await?;
    let mut rows: Vec<Vec<String>> = list.iter().map(|w| file_row(w, named, now)).collect();
    if cut {
        rows.push(vec![format!("{FILE_ROWS}件までを出しました。条件を絞ってください。")]);
    }
    if new_key {
        let why = "パスキーが加えられてから24時間のあいだは、氏名を入れずに書き出します。";
        rows.push(vec![why.to_owned()]);
    } else if !few {
        rows.push(vec![format!(
            "お子さんが{FILE_CHILDREN}人を超えるため、氏名を入れていません。氏名が要るときは、条件を絞って{FILE_CHILDREN}人までにしてください。"
        )]);
    }
    // Whose file it is, wherever it is found.
    rows.push(vec![format!("取扱注意　{}（{}）　{}", actor.name, actor.place, date::jst_stamp(now))]);
    let table = Table {
        name: "waiting",
        head: vec!["期限", "時刻", "状況", "すること", "お子さん", "市町", "番号", "待つ相手", "いつから"],
        rows,
    };
    Ok(if query.get("as") == "csv" { table::csv(&table)? } else { table::xlsx(&table, "待っているもの")? }
        .into_response())
}

fn file_row(w: &Waiting, named: bool, now: Timestamp) -> Vec<String> {
    vec![
        date::iso(date::jst_date(w.due_at)),
        date::jst_time(w.due_at),
        view::until(w.due_at, now),
        w.kind.label().to_owned(),
        w.child_name.clone().filter(|_| named).unwrap_or_default(),
        w.municipality.map_or(String::new(), |m| m.label().to_owned()),
        w.number.zip(w.number_year).map_or(String::new(), |(n, y)| case::number_text("", y, n)),
        w.waits_for.clone(),
        date::iso(date::jst_date(w.since_at)),
    ]
}
