//! The panel of what is watched, flags, and closing one with what was done.

use super::{
    entry::{self, Wrong, value_text},
    flags::{self, Flag},
    model::{Band, Day, band_text, usual},
    store::{self, Entry, Item, Kept},
    watch,
};
use crate::{
    account::Actor,
    app::App,
    case,
    journal::Object,
    policy::{self, CaseAct, Category, CloseFlag, Permit, ReadMonitoring, ReportMonitoring, Seen, SetMonitoring},
    sealing, view, waiting,
    waiting::WaitingKind,
    web::{self, Error, Form, Key, Result, see_other, unprocessable},
};
use axum::extract::State;
use jiff::ToSpan;
use maud::{Markup, html};
use platform::{
    Date, Timestamp, Uuid,
    db::Reader,
    form::{Errors, Fields, Parse},
    id::CaseId,
    japanese::date,
};

/// A case of which the actor sees the medical care, with the right to act.
pub struct Seeing<A> {
    pub seen: Seen,
    pub permit: Permit<A>,
}

pub async fn see<A: CaseAct>(tx: &Reader, actor: &Actor, case: CaseId, now: Timestamp) -> Result<Seeing<A>> {
    let seen = policy::see_case(tx, actor, case, now).await?;
    let permit = policy::on_case::<A>(actor, &seen)?;
    if seen.shows(Category::Care) { Ok(Seeing { seen, permit }) } else { Err(Error::Forbidden) }
}

/// Days that the small pictures show.
const SHOWN: i64 = 14;

pub async fn show(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>) -> Result<Markup> {
    let now = app.now();
    let tx = app.store.read().await?;
    let Seeing { seen, permit } = see::<ReadMonitoring>(&tx, &actor, id, now).await?;
    let page = page(&app, &tx, &actor, &seen, &Fields::default(), &[]).await?;
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, now, id.into()).await?;
    Ok(page)
}

pub async fn page(
    app: &App,
    tx: &Reader,
    actor: &Actor,
    seen: &Seen,
    fields: &Fields,
    wrong: &[Wrong],
) -> Result<Markup> {
    let (case, id, today) = (case::find(tx, seen).await?, seen.case(), app.today());
    let items = store::items(tx, seen).await?;
    let key = sealing::key_of(tx, id.0).await?;
    let from = today.checked_sub(watch::LOOK_BACK.days()).unwrap_or(today);
    let mut entries = store::entries(tx, key.as_ref(), id, from, watch::READ).await?;
    entries.retain(|e| items.iter().any(|i| i.id == e.item));
    let open = flags::flags(tx, seen, true, 50).await?;
    let closed = flags::flags(tx, seen, false, 10).await?;
    let rules = store::rules(tx, key.as_ref(), id).await?;
    let (reports, sets) = (seen.allows::<ReportMonitoring>(), seen.allows::<SetMonitoring>());
    let alive = case.status != case::Status::Closed;
    let body = html! {
        (case::header(app, &case, seen, "/monitoring"))
        @for f in &open { (flag_notice(f, seen.allows::<CloseFlag>())) }
        (ui::two(html! {
            (ui::panel(&format!("見守り（{SHOWN}日）"), html! { @if sets && alive { a href=(format!("/cases/{id}/monitoring/settings")) { "見守ること・知らせ方を決める" } } }, html! {
                @if items.is_empty() { (ui::empty("見守ることはまだ決まっていません", html! { @if sets && alive { p { a href=(format!("/cases/{id}/monitoring/settings")) { "見守ることを加える" } } } @else { p { "主担当が決めると、ここに出ます。" } } })) }
                @else { (panel_view(&items, &entries, today)) }
            }))
            @if !entries.is_empty() {
                (ui::panel("新しい入力", html! {}, newest_view(app, actor, seen, &items, &entries, alive)))
                (ui::panel("日ごとの値", html! {}, ui::pad(ui::details("31日の値を表で見る（新しい順）", daily_table(&items, &entries)))))
            }
        }, html! {
            @if reports && alive && !items.is_empty() { (ui::panel("記録する", html! {}, ui::pad(view::form(app, fields, &format!("/cases/{id}/monitoring"), entry::form_view(&items, fields, wrong), ui::button("記録する", true))))) }
            @if !rules.is_empty() { (ui::panel("知らせ方", html! {}, rules_view(&items, &rules, &entries, today))) }
            @if !closed.is_empty() { (ui::panel("これまでの知らせ", html! {}, html! { ul.plain { @for f in &closed { li { a href=(format!("/flags/{}", f.id)) { (f.reason) } br; small { (view::day_short(date::jst_date(f.raised_at))) "　した事：" (f.done) } } } } })) }
        }))
    };
    Ok(web::page(app, actor, "cases", "見守り", body))
}

fn flag_notice(f: &Flag, closes: bool) -> Markup {
    ui::notice(
        if f.urgent { ui::Tone::Alert } else { ui::Tone::Warn },
        &f.reason,
        html! { p { (view::moment(f.raised_at)) "から。期限 " (view::moment(f.due_at)) "。 " a href=(format!("/flags/{}", f.id)) { @if closes { "確かめて、した事を書く" } @else { "くわしく見る" } } } },
    )
}

/// What an item is today: its days, the usual range, the newest value.
struct State14<'a> {
    item: &'a Item,
    days: Vec<Day>,
    band: Option<Band>,
    newest: Option<Day>,
}

fn state<'a>(item: &'a Item, entries: &[Entry], today: Date) -> State14<'a> {
    let all = store::days_of(item, entries);
    let band = item.band.or_else(|| usual(&all, today, 0));
    let from = today.checked_sub((SHOWN - 1).days()).unwrap_or(today);
    let newest = all.last().copied();
    State14 { item, days: all.into_iter().filter(|d| d.day >= from).collect(), band, newest }
}

fn panel_view(items: &[Item], entries: &[Entry], today: Date) -> Markup {
    let from = today.checked_sub((SHOWN - 1).days()).unwrap_or(today);
    ui::table(
        "見守り",
        &["見守ること", "14日の動き", "最後の値", "ふだん"],
        html! {
            @for item in items {
                @let s = state(item, entries, today);
                @let scale = s.item.scale();
                @let out = s.newest.zip(s.band).is_some_and(|(d, b)| d.value < b.low || d.value > b.high);
                tr {
                    th scope="row" { (s.item.name) small { (scale.unit) "・" (if s.item.by_family { "家族も入力" } else { "支援者が入力" }) } }
                    td data-l="14日の動き" { @let points: Vec<(i64, i64)> = s.days.iter().map(|d| (i64::from((d.day - from).get_days()), d.value)).collect();
                        (ui::sparkline(&ui::Sparkline { label: &format!("{}の14日の動き", s.item.name), points: &points, span: SHOWN - 1, band: s.band.map(|b| (b.low, b.high)) })) }
                    td.num data-l="最後の値" { @match s.newest { Some(d) => { b { (value_text(s.item, d.value)) } @if out { " " (ui::tag(ui::Tone::Warn, "ふだんと違う")) } small { (date::month_day_weekday(d.day)) } } None => "まだ" } }
                    td data-l="ふだん" { @match s.band { Some(b) => { (band_text(b, &scale)) small { (if s.item.band.is_some() { "手で決めた範囲" } else { "この子の35日から" }) } } None => { "—" small { "7日分たまると出ます" } } } }
                }
            }
        },
    )
}

/// The same numbers as a table, a row a day.
fn daily_table(items: &[Item], entries: &[Entry]) -> Markup {
    let mut days: Vec<Date> = entries.iter().map(|e| e.day).collect();
    days.sort_unstable();
    days.dedup();
    days.reverse();
    let of: Vec<(&Item, Vec<Day>)> = items.iter().map(|i| (i, store::days_of(i, entries))).collect();
    let head: Vec<&str> = std::iter::once("日").chain(items.iter().map(|i| i.name.as_str())).collect();
    ui::table(
        "日ごとの値",
        &head,
        html! {
            @for day in days.iter().take(31) { tr {
                th scope="row" { (date::month_day_weekday(*day)) }
                @for (item, values) in &of { td.num data-l=(item.name) { @match values.iter().find(|v| v.day == *day) { Some(v) => (value_text(item, v.value)), None => "—" } } }
            } }
        },
    )
}

/// Reports of one person at one moment belong together.
fn reports(entries: &[Entry]) -> Vec<Vec<&Entry>> {
    let mut out: Vec<Vec<&Entry>> = Vec::new();
    for e in entries {
        let same = |r: &&mut Vec<&Entry>| {
            r.first().is_some_and(|f| (f.reporter_id, f.reported_at, f.day) == (e.reporter_id, e.reported_at, e.day))
        };
        match out.iter_mut().find(same) {
            Some(report) => report.push(e),
            None => out.push(vec![e]),
        }
    }
    out
}

fn newest_view(app: &App, actor: &Actor, seen: &Seen, items: &[Item], entries: &[Entry], alive: bool) -> Markup {
    let id = seen.case();
    let named = |e: &Entry| items.iter().find(|i| i.id == e.item);
    let mine = |e: &Entry| e.reporter_id == actor.person && seen.allows::<ReportMonitoring>();
    let own = |e: &Entry| alive && (mine(e) || seen.allows::<SetMonitoring>());
    html! { ul.plain { @for report in reports(entries).iter().take(8) { @if let Some(first) = report.first() { li {
        b { (date::month_day_weekday(first.day)) } " "
        @for (n, e) in report.iter().enumerate() { @if let Some(item) = named(e) { @if n > 0 { "、" } (item.name) " " (value_text(item, e.value)) } }
        @for e in report.iter().filter(|e| !e.note.is_empty()) { br; (view::lines(&e.note)) }
        br; small { (view::moment(first.reported_at)) " " (first.reporter) "（" (first.place) "）" }
        @if own(first) { (ui::details("取り消す", html! { @for e in report { @if let Some(item) = named(e) {
            (view::form(app, &platform::form::NO_FIELDS, &format!("/cases/{id}/monitoring/void"), html! { input type="hidden" name="entry" value=(e.id); }, ui::button(&format!("{} {}を取り消す", date::month_day_weekday(e.day), item.name), false)))
        } } })) }
    } } } } }
}

fn rules_view(items: &[Item], rules: &[Kept], entries: &[Entry], today: Date) -> Markup {
    html! { ul.plain { @for r in rules { @if let Some(item) = items.iter().find(|i| i.id == r.item) { li {
        b { (item.name) } " " (watch::words(item, r)) @if r.urgent { " " (ui::tag(ui::Tone::Alert, "急ぐ")) }
        @if watch::reason(item, r, entries, today).is_some() { " " (ui::tag(ui::Tone::Warn, "いま当てはまる")) }
        br; small { @match r.last_hit { Some(at) => { "最後の知らせ " (view::day_short(date::jst_date(at))) } None => "まだ知らせたことがありません" } }
    } } } } }
}

pub async fn flag(State(app): State<App>, actor: Actor, Key(id): Key<Uuid>) -> Result<Markup> {
    let now = app.now();
    let tx = app.store.read().await?;
    let Seeing { seen, permit } = see::<ReadMonitoring>(&tx, &actor, flags::flag_case(&tx, id).await?, now).await?;
    let page = flag_page(&app, &tx, &actor, &seen, id, &Fields::default(), &Errors::default()).await?;
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, now, Object::new("flag", id)).await?;
    Ok(page)
}

async fn flag_page(
    app: &App,
    tx: &Reader,
    actor: &Actor,
    seen: &Seen,
    id: Uuid,
    fields: &Fields,
    errors: &Errors,
) -> Result<Markup> {
    let (case, today) = (case::find(tx, seen).await?, app.today());
    let f = flags::find_flag(tx, seen, id).await?;
    let items = store::items(tx, seen).await?;
    let key = sealing::key_of(tx, seen.case().0).await?;
    let from = today.checked_sub(watch::LOOK_BACK.days()).unwrap_or(today);
    let entries = store::entries(tx, key.as_ref(), seen.case(), from, watch::READ).await?;
    let body = html! {
        (case::header(app, &case, seen, "/monitoring"))
        (ui::two(html! {
            (ui::panel("見守りの知らせ", html! { a href=(format!("/cases/{}/monitoring", seen.case())) { "見守りへ戻る" } }, ui::pad(html! {
                p { @if f.urgent { (ui::tag(ui::Tone::Alert, "急ぐ")) " " } b { (f.reason) } }
                (ui::kv(&[("はじまり", view::moment_of_year(f.raised_at)), ("期限", html! { (view::moment_of_year(f.due_at)) })]))
                @if let Some(at) = f.closed_at { p { (ui::tag(ui::Tone::Ok, "済み")) " " (view::moment_of_year(at)) " " (f.closer.as_deref().unwrap_or("")) } p { (view::lines(&f.done)) } }
            })))
            @if !items.is_empty() { (ui::panel("いまの様子", html! {}, panel_view(&items, &entries, today))) }
        }, html! {
            @if f.closed_at.is_none() && seen.allows::<CloseFlag>() { (ui::panel("確かめて終える", html! {}, ui::pad(view::form(app, fields, &format!("/flags/{id}/close"), html! {
                (view::summary(errors))
                (view::field(fields, errors, "done", "した事").required().hint("だれに連絡し、何を決めたか。計画や見守り方を変えたときは、それも").max(500).area(4))
            }, ui::button("した事を書いて終える", true))))) }
        }))
    };
    Ok(web::page(app, actor, "cases", "見守りの知らせ", body))
}

pub async fn close(State(app): State<App>, actor: Actor, Key(id): Key<Uuid>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let Seeing { seen, permit } = see::<CloseFlag>(&tx, &actor, flags::flag_case(&tx, id).await?, now).await?;
    case::hold(&mut tx, seen.case()).await?;
    let mut p = Parse::new(&fields);
    let done = p.paragraph("done", "した事", 500);
    let done = match p.finish(done) {
        Ok(done) => done,
        Err(errors) => {
            return Ok(unprocessable(flag_page(&app, &tx, &actor, &seen, id, &fields, &errors).await?));
        }
    };
    if !flags::close(&mut tx, &app.mint, seen.case(), id, &done, actor.person, now).await? {
        return Err(Error::refused("この知らせは、すでに終わっています。"));
    }
    waiting::clear(&mut tx, id, WaitingKind::Flag).await?;
    tx.announce("case", seen.case());
    tx.commit(&permit, &app.mint, now, Object::new("flag", id), None, "closed").await?;
    Ok(see_other(&format!("/flags/{id}")))
}
