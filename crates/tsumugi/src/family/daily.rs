//! 毎日の様子: what a guardian reports of a day in half a minute, and what they reported before.

use crate::{
    account::Actor,
    app::App,
    case,
    journal::Object,
    monitoring::{self, Daily, Wrong},
    once,
    policy::{self, ReportOwnChild, Seen},
    view,
    web::{self, Error, Form, Key, Result, see_other, unprocessable},
};
use axum::extract::State;
use maud::{Markup, html};
use platform::{Uuid, db::Reader, form::Fields, id::CaseId, japanese::date};

pub async fn blank(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>) -> Result<Markup> {
    let now = app.now();
    let tx = app.store.read().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<ReportOwnChild>(&actor, &seen)?;
    let page = page(&app, &tx, &actor, &seen, &Fields::default(), &[]).await?;
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, now, id.into()).await?;
    Ok(page)
}

async fn page(app: &App, tx: &Reader, actor: &Actor, seen: &Seen, fields: &Fields, wrong: &[Wrong]) -> Result<Markup> {
    let (id, case) = (seen.case(), case::find(tx, seen).await?);
    let daily = monitoring::daily_of_family(app, tx, id, actor.person).await?;
    let body = html! {
        (ui::heading(&ui::Heading { over: "わが子の記録", title: "毎日の様子", actions: ui::link_button(&format!("/children/{id}"), "戻る", None, false) }))
        p.lead { (case.child_name) "さんの一日を、30秒で。わかるところだけでかまいません。主担当とチームに届きます。" }
        @if daily.items.is_empty() { (ui::panel("毎日の様子", html! {}, ui::empty("いま入力するものはありません", html! { p { "主担当が決めると、ここに出ます。" } }))) }
        @else if case.status == case::Status::Closed { (ui::notice(ui::Tone::Neutral, "支援が終わっているため、入力できません", html! {})) }
        @else {
            (ui::panel("きょうの様子", html! {}, ui::pad(view::form(app, fields, &format!("/children/{id}/daily"), monitoring::form_view(&daily.items, fields, wrong), ui::button("送る", true)))))
            (own(app, id, &daily))
        }
    };
    Ok(web::page(app, actor, "home", "毎日の様子", body))
}

/// What one reported before; what others reported is not told.
fn own(app: &App, id: CaseId, daily: &Daily) -> Markup {
    html! { @if !daily.own.is_empty() { (ui::panel("自分が送ったもの", html! {}, html! { ul.plain {
        @for e in &daily.own { @if let Some(item) = daily.items.iter().find(|i| i.id == e.item) { li { (date::month_day_weekday(e.day)) " " b { (item.name) " " (monitoring::value_text(item, e.value)) } @if !e.note.is_empty() { br; (view::lines(&e.note)) }
            (ui::details("まちがえて送った", view::form(app, &platform::form::NO_FIELDS, &format!("/children/{id}/daily/void"), html! { input type="hidden" name="entry" value=(e.id); }, ui::button(&format!("{} {}を取り消す", date::month_day_weekday(e.day), item.name), false))))
        } } }
    } })) } }
}

pub async fn report(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<ReportOwnChild>(&actor, &seen)?;
    case::hold(&mut tx, id).await?;
    if case::find(&tx, &seen).await?.status == case::Status::Closed {
        return Err(Error::refused(
            "支援が終わっているため、入力できません。困ったことは、コーディネーターに電話してください。",
        ));
    }
    let daily = monitoring::daily_of_family(&app, &tx, id, actor.person).await?;
    let report = match monitoring::parse(&fields, &daily.items, app.today()) {
        Ok(report) => report,
        Err(wrong) => return Ok(unprocessable(page(&app, &tx, &actor, &seen, &fields, &wrong).await?)),
    };
    let place = format!("/children/{id}/daily");
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &place, now).await? {
        return Ok(see_other(&before));
    }
    monitoring::keep(&app, &mut tx, id, &report, &monitoring::Reporter::from(&actor), now).await?;
    tx.commit(&permit, &app.mint, now, Object::new("watch_entry", id.0), None, "reported").await?;
    Ok(see_other(&place))
}

/// One takes an own entry back that was a mistake.
pub async fn void(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<ReportOwnChild>(&actor, &seen)?;
    case::hold(&mut tx, id).await?;
    let entry: Uuid = fields.get("entry").parse().map_err(|_| Error::NotFound)?;
    if !monitoring::void(&mut tx, id, entry, actor.person, false, now).await? {
        return Err(Error::refused("この入力は、すでに取り消されているか、ほかの人の入力です。"));
    }
    monitoring::look(&app, &mut tx, id, now).await?;
    tx.announce("case", id);
    tx.commit(&permit, &app.mint, now, Object::new("watch_entry", entry), None, "voided").await?;
    Ok(see_other(&format!("/children/{id}/daily")))
}
