//! 保存期間: the officer's list of what is over, and the page of one case where it is held.

use super::{
    calls,
    store::{self, Due},
};
use crate::{
    account::Actor,
    app::App,
    case,
    journal::Object,
    once,
    policy::{self, DecideRetention, HoldCase, ReadRetention, Seen},
    view,
    web::{self, Error, Form, Key, Query, Result, see_other, unprocessable},
};
use axum::extract::State;
use maud::{Markup, html};
use platform::{
    db::Reader,
    form::{Errors, Fields, Parse},
    id::CaseId,
};

const PAGE: i64 = 30;
const GONE: i64 = 50;

pub async fn list(State(app): State<App>, actor: Actor, Query(query): Query) -> Result<Markup> {
    let permit = policy::by_role::<ReadRetention>(&actor)?;
    let offset = query.get("offset").parse::<i64>().unwrap_or(0).clamp(0, 100_000);
    let tx = app.store.read().await?;
    let over = store::over(&app, &tx, &actor, PAGE + 1, offset);
    let (over, gone) = tokio::join!(over, store::gone(&tx, &actor, GONE));
    let (mut over, gone) = (over?, gone?);
    let told = calls::standing(&app, &tx, &actor).await?;
    drop(tx);
    app.store.read_by_role(&permit, &app.mint, app.now(), Object::new("retention_list", actor.person.0)).await?;
    let more = over.len() > usize::try_from(PAGE).unwrap_or(usize::MAX);
    over.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let page = |at: i64| format!("/retention?offset={at}");
    let (prev, next) = ((offset > 0).then(|| page((offset - PAGE).max(0))), more.then(|| page(offset + PAGE)));
    let years = app.settings.retention_years;
    let body = html! {
        (ui::heading(&ui::Heading { over: "個人情報", title: "保存期間", actions: html! {} }))
        (ui::panel("保存期間を過ぎたケース", html! { "終結から" (years) "年" }, html! {
            @if over.is_empty() { (ui::empty("保存期間を過ぎたケースはありません", html! { p { "終結から" (years) "年たったケースが、ここに並びます。お子さんの名前は出ません。消去を決めてから30日後に、記録と封緘の鍵が消えます。" } })) }
            @else { (ui::table("保存期間を過ぎたケース", &["番号", "終結した日", "主担当", "状態", ""], html! { @for c in &over { (row(&app, c)) } })) }
            @if prev.is_some() || next.is_some() { (ui::pager(&view::shown(offset, over.len()), prev.as_deref(), next.as_deref())) }
        }))
        (calls::panel(&app, &told))
        @if !gone.is_empty() { (ui::panel("消去したケース", html! { "新しい順に" (GONE) "件まで" }, ui::table("消去したケース", &["番号", "終結した日", "消去した日", "決めた人"], html! { @for g in &gone { tr {
            th scope="row" { (case::number_text("", g.fiscal_year, g.number)) }
            td data-l="終結した日" { (view::day_short(g.closed_on)) }
            td data-l="消去した日" { (view::moment_of_year(g.done_at)) }
            td data-l="決めた人" { (g.decided_by) }
        } } }))) }
    };
    Ok(web::page(&app, &actor, "retention", "保存期間", body))
}

fn row(app: &App, c: &Due) -> Markup {
    let empty = Fields::default();
    html! { tr {
        th scope="row" { (case::number_text("", c.fiscal_year, c.number)) }
        td data-l="終結した日" { (view::day_short(c.closed_on)) }
        td data-l="主担当" { (c.lead) }
        td data-l="状態" {
            @match (c.held_until, c.erase_at) {
                (Some(until), _) => { (ui::tag(ui::Tone::Warn, "見合わせ")) " " (view::day_short(until)) "まで" }
                (None, Some(at)) => { (ui::tag(ui::Tone::Alert, "消去を待っています")) " " (view::moment_of_year(at)) @if let Some(by) = &c.decided_by { small { (by) "が決めました" } } }
                (None, None) => { (ui::tag(ui::Tone::Neutral, "決めていません")) }
            }
        }
        td { @match (c.held_until, c.erase_at) {
            (Some(_), _) => {}
            (None, Some(_)) => (view::form(app, &empty, &format!("/retention/{}/keep", c.id), html! {}, ui::button("消去を取りやめる", false))),
            (None, None) => (ui::details("消去を決める", view::form(app, &empty, &format!("/retention/{}/erase", c.id), html! { p { "30日後に、このケースの記録がすべて消えます。番号と日付だけが残ります。それまでは取りやめられます。" } }, ui::button("消去を決める", false)))),
        } }
    } }
}

pub async fn decide(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let permit = policy::by_role::<DecideRetention>(&actor)?;
    let now = app.now();
    policy::proved(&app, &actor, now)?;
    let mut tx = app.store.begin().await?;
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, "/retention", now).await? {
        return Ok(see_other(&before));
    }
    if !store::decide(&app, &mut tx, &actor, id, now).await? {
        return Err(Error::NotFound);
    }
    tx.commit(&permit, &app.mint, now, Object::new("case", id.0), Some(id), "erasure_decided").await?;
    Ok(see_other("/retention"))
}

pub async fn cancel(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>) -> Result {
    let permit = policy::by_role::<DecideRetention>(&actor)?;
    let now = app.now();
    let mut tx = app.store.begin().await?;
    if !store::cancel(&mut tx, &actor, id, now).await? {
        return Err(Error::NotFound);
    }
    tx.commit(&permit, &app.mint, now, Object::new("case", id.0), Some(id), "erasure_cancelled").await?;
    Ok(see_other("/retention"))
}

pub async fn of_case(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>) -> Result<Markup> {
    let now = app.now();
    let tx = app.store.read().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<HoldCase>(&actor, &seen)?;
    let body = case_body(&app, &tx, &seen, &Fields::default(), &Errors::default()).await?;
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, now, id.into()).await?;
    Ok(web::page(&app, &actor, "cases", "保存期間", body))
}

async fn case_body(app: &App, tx: &Reader, seen: &Seen, fields: &Fields, errors: &Errors) -> Result<Markup> {
    let (case, holds, planned) = tokio::join!(case::find(tx, seen), store::holds(tx, seen), store::planned(tx, seen));
    let (case, holds, planned) = (case?, holds?, planned?);
    let live = holds.iter().any(|h| h.ended_at.is_none());
    let id = seen.case();
    let years = app.settings.retention_years;
    Ok(html! {
        (case::header(app, &case, seen, ""))
        (view::summary(errors))
        @if let Some(at) = planned { (ui::notice(ui::Tone::Alert, "このケースは消去されます", html! { p { (view::moment_of_year(at)) "に、記録と封緘の鍵がすべて消えます。残す必要があるときは、下で見合わせてください。" } })) }
        (ui::panel("保存期間", html! {}, ui::pad(html! {
            @match case.closed_on {
                None => p { "支援が続いているあいだは、消去されません。終結から" (years) "年たつと、市町の個人情報管理者が消去を決められます。" },
                Some(on) => p { (view::day(on)) "に終結しました。" (years) "年たつと、市町の個人情報管理者が消去を決められます。" },
            }
        })))
        (ui::panel("消去の見合わせ", html! {}, html! {
            @if !live { (ui::pad(view::form(app, fields, &format!("/cases/{id}/retention/hold"), html! {
                p { "訴訟や監査、情報開示の請求などで記録を残す必要があるときに使います。見合わせているあいだは、だれにも消去できません。" }
                (view::field(fields, errors, "reason", "理由").required().max(500).area(3))
                (view::field(fields, errors, "until", "見合わせる期限").required().hint("近づくと知らせます。この日を過ぎても、ひとりでには解けません").date())
            }, ui::button("消去を見合わせる", true)))) }
            ul.plain { @for h in &holds { li {
                @if h.ended_at.is_none() { (ui::tag(ui::Tone::Warn, "見合わせ")) } @else { (ui::tag(ui::Tone::Neutral, "解いた")) }
                " " (view::day_short(h.until_on)) "まで" br; (view::lines(&h.reason)) br;
                small { (h.by) " " (view::moment_of_year(h.set_at)) @if let (Some(by), Some(at)) = (&h.ended_by, h.ended_at) { "・" (by) "が" (view::moment_of_year(at)) "に解きました" } }
                @if h.ended_at.is_none() { (ui::details("見合わせを解く", view::form(app, &Fields::default(), &format!("/cases/{id}/retention/release"), html! { p { "保存期間を過ぎていれば、消去できるようになります。" } }, ui::button("見合わせを解く", false)))) }
            } } }
        }))
    })
}

pub async fn hold(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let (now, today) = (app.now(), app.today());
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<HoldCase>(&actor, &seen)?;
    let mut p = Parse::new(&fields);
    let (reason, until) = (p.paragraph("reason", "理由", 500), p.date("until", "見合わせる期限"));
    if until <= today && !p.raw("until").is_empty() {
        p.fail("until", "見合わせる期限は、明日以降の日付にしてください。");
    }
    let place = format!("/cases/{id}/retention");
    let (reason, until) = match p.finish((reason, until)) {
        Ok(typed) => typed,
        Err(errors) => {
            let body = case_body(&app, &tx, &seen, &fields, &errors).await?;
            return Ok(unprocessable(web::page(&app, &actor, "cases", "保存期間", body)));
        }
    };
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &place, now).await? {
        return Ok(see_other(&before));
    }
    if !store::hold(&app, &mut tx, &seen, &actor, (&reason, until), now).await? {
        return Err(Error::refused("このケースは、すでに消去を見合わせています。"));
    }
    tx.commit(&permit, &app.mint, now, id.into(), None, "held").await?;
    Ok(see_other(&place))
}

pub async fn release(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<HoldCase>(&actor, &seen)?;
    if !store::release(&mut tx, &seen, &actor, now).await? {
        return Err(Error::refused("このケースの消去は、見合わせていません。"));
    }
    tx.commit(&permit, &app.mint, now, id.into(), None, "released").await?;
    Ok(see_other(&format!("/cases/{id}/retention")))
}
