//! 知らせ: what was found, and what came of it.

use super::{
    model::{AlertKind, MANY, MANY_AT_NIGHT},
    store::{self, Listed},
};
use crate::{
    account::Actor,
    app::App,
    case,
    journal::Object,
    once,
    policy::{self, HandleAlert, ReadAlerts},
    view,
    web::{self, Error, Form, Key, Result, see_other, unprocessable},
};
use axum::{extract::State, response::IntoResponse};
use maud::{Markup, html};
use platform::{
    Uuid,
    form::{Errors, Fields, Parse},
    vocabulary::Vocabulary as _,
};

const SHOWN: i64 = 100;

/// For the first page of whoever looks at alerts.
pub fn panel(open: i64) -> Markup {
    ui::panel(
        "見張りの知らせ",
        html! { a href="/alerts" { "開く" } },
        ui::pad(
            html! { @if open == 0 { p { "まだ見ていない知らせはありません。" } } @else { p { (ui::tag(ui::Tone::Alert, &format!("{open}件"))) " 確かめていない知らせがあります。" } } },
        ),
    )
}

pub async fn list(State(app): State<App>, actor: Actor) -> Result<Markup> {
    page(&app, &actor, None, &Fields::default(), &Errors::default()).await
}

async fn page(app: &App, actor: &Actor, at: Option<Uuid>, fields: &Fields, errors: &Errors) -> Result<Markup> {
    let permit = policy::by_role::<ReadAlerts>(actor)?;
    let all = store::list(&app.store.read().await?, actor, SHOWN).await?;
    app.store.read_by_role(&permit, &app.mint, app.now(), Object::new("alert_list", actor.person.0)).await?;
    let may = policy::by_role::<HandleAlert>(actor).is_ok();
    let (open, done): (Vec<&Listed>, Vec<&Listed>) = all.iter().partition(|a| a.handled_at.is_none());
    let body = html! {
        (ui::heading(&ui::Heading { over: "見張り", title: "知らせ", actions: html! {} }))
        (ui::panel("確かめていない知らせ", html! {}, html! {
            @if open.is_empty() { (ui::empty("確かめていない知らせはありません", html! { p { "1時間に" (MANY) "人を超えるケース、夜間（22時から6時）は" (MANY_AT_NIGHT) "人を超えるケースを見た人がいると、ここに出ます。緊急の閲覧を30日に3回以上使ったとき、記録簿の鎖が切れたとき、控えを残せないとき、同じ姓のお子さんや同僚の家族らしいケースを見た人がいるときも出ます（1人1ケースに1回）。" } })) }
            @for a in &open { (ui::pad(html! {
                p { (ui::tag(ui::Tone::Alert, a.kind.label())) " " b { (about(a)) } "　" (view::moment(a.at)) "　" (found(a)) }
                @if a.person_id == Some(actor.person) { p { small { "自分についての知らせは、ほかの人が確かめます。" } } }
                @else if may {
                    @let scope = a.id.to_string();
                    @let part = view::Part::new(&scope, at == Some(a.id), fields, errors);
                    (ui::details("確かめたことを記録する", view::form(app, part.fields, &format!("/alerts/{}", a.id), html! {
                        (part.summary())
                        (part.field("note", "確かめたこと").required().hint("例 引継ぎのために担当のケースを読み直していた").max(500).area(2))
                    }, ui::button("確かめたことを記録する", true))))
                }
            })) }
        }))
        @if !done.is_empty() { (ui::panel("確かめた知らせ", html! { "新しい順に" (SHOWN) "件まで" }, ui::table("確かめた知らせ", &["知らせ", "だれ", "いつ", "確かめた人", "確かめたこと"], html! { @for a in &done { tr {
            th scope="row" { (a.kind.label()) small { (found(a)) } }
            td data-l="だれ" { (about(a)) }
            td data-l="いつ" { (view::moment(a.at)) }
            td data-l="確かめた人" { (a.handler.as_deref().unwrap_or("—")) @if let Some(t) = a.handled_at { small { (view::moment(t)) } } }
            td data-l="確かめたこと" { (view::lines(&a.note)) }
        } } }))) }
    };
    Ok(web::page(app, actor, "alerts", "知らせ", body))
}

fn about(a: &Listed) -> &str {
    a.person.as_deref().unwrap_or("記録簿")
}

fn found(a: &Listed) -> String {
    match a.kind {
        AlertKind::Journal => format!("{}番目の記録", a.count),
        AlertKind::Exports => format!("24時間に{}回", a.count),
        AlertKind::Knocking => format!("続けて{}件", a.count),
        AlertKind::Kin | AlertKind::Colleague | AlertKind::FormerFamily => match (a.case_year, a.case_number) {
            (Some(year), Some(number)) => format!("ケース {}", case::number_text("R", year, number)),
            _ => "消去されたケース".to_owned(),
        },
        AlertKind::Notes => format!("{}時間", a.count),
        AlertKind::Emergencies => format!("30日に{}回", a.count),
        AlertKind::ManyCases | AlertKind::AtNight => format!("1時間に{}人のケース", a.count),
    }
}

pub async fn handle(State(app): State<App>, actor: Actor, Key(id): Key<Uuid>, Form(fields): Form) -> Result {
    let permit = policy::by_role::<HandleAlert>(&actor)?;
    let now = app.now();
    let mut tx = app.store.begin().await?;
    if !store::list(&tx, &actor, 10_000).await?.iter().any(|a| a.id == id) {
        return Err(Error::NotFound);
    }
    let mut p = Parse::new(&fields);
    let note = p.paragraph("note", "確かめたこと", 500);
    let note = match p.finish(note) {
        Ok(note) => note,
        Err(errors) => {
            drop(tx);
            return Ok(unprocessable(page(&app, &actor, Some(id), &fields, &errors).await?));
        }
    };
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, "/alerts", now).await? {
        return Ok(see_other(&before));
    }
    if !store::handle(&mut tx, id, &actor, &note, now).await? {
        return Err(Error::refused("この知らせは、もう確かめられているか、あなた自身についてのものです。"));
    }
    tx.commit(&permit, &app.mint, now, Object::new("alert", id), None, "").await?;
    Ok(see_other("/alerts").into_response())
}
