//! The terms to read and accept, and for the prefecture who has accepted them and the next version.

use super::{
    model::{Acceptance, New},
    store::{self, Terms},
};
use crate::{
    account::Actor,
    app::App,
    journal::Object,
    once,
    policy::{self, AcceptTerms, PublishTerms, ReadTerms},
    view,
    web::{self, Error, Form, Result, see_other, unprocessable},
};
use axum::extract::State;
use maud::{Markup, html};
use platform::{
    Date, Uuid,
    form::{Errors, Fields},
    japanese::date,
};

/// On the first page, while a text waits that the agency has not accepted.
pub fn notice(day: Option<Date>) -> Markup {
    html! { @if let Some(day) = day {
        (ui::notice(ui::Tone::Warn, "個人情報の取扱いの約束が新しくなります", html! {
            p { (view::day(day)) "から変わります。事業所の管理者が、その前に読んで承諾してください。" a href="/terms" { "読む" } }
        }))
    } }
}

pub async fn show(State(app): State<App>, actor: Actor) -> Result<Markup> {
    policy::by_role::<ReadTerms>(&actor)?;
    page(&app, &actor, &Fields::default(), &Errors::default()).await
}

async fn page(app: &App, actor: &Actor, fields: &Fields, errors: &Errors) -> Result<Markup> {
    let (now, today) = (app.now(), app.today());
    let tx = app.store.read().await?;
    let all = store::current(&tx, today).await?;
    let accepted = store::accepted_by(&tx, actor).await?;
    let managers = store::managers(&tx, actor, now).await?;
    let publishes = policy::by_role::<PublishTerms>(actor).is_ok();
    let (done, missing) = if publishes {
        (store::acceptances(&tx, 100).await?, store::missing(&tx, now).await?)
    } else {
        (vec![], vec![])
    };
    drop(tx);
    let signs = policy::by_role::<AcceptTerms>(actor).is_ok()
        && (managers.is_empty() || managers.iter().any(|(id, _)| *id == actor.person));
    let body = html! {
        (ui::heading(&ui::Heading { over: "つむぐを使う約束", title: "個人情報取扱特記事項", actions: html! {} }))
        @if all.is_empty() { (ui::panel("約束", html! {}, ui::empty("約束の文はまだありません", html! {}))) }
        @for t in &all {
            (ui::panel(&t.label, html! { (view::day(t.effective_on)) "から" }, html! {
                (ui::pad(html! { (view::lines(&t.body)) p { small { "出典：" (t.source) @if let Some(p) = &t.publisher { "（公開 " (p) "）" } } } }))
                @if let Some(no) = accepted { (ui::pad(acceptance(app, actor, t, no, signs, &managers, fields, errors))) }
            }))
        }
        @if publishes {
            (ui::panel("承諾していない事業所", html! { "使う人がいるところ" }, html! {
                @if missing.is_empty() { (ui::empty("みな承諾しています", html! {})) }
                @else { (ui::table("承諾していない事業所", &["事業所", "使う人"], html! { @for m in &missing { tr { th scope="row" { (m.organisation) } td data-l="使う人" { (m.people) "人" } } } })) }
            }))
            (ui::panel("承諾の記録", html! { "新しい順に100件まで" }, html! {
                @if done.is_empty() { (ui::empty("承諾の記録はまだありません", html! {})) }
                @else { (ui::table("承諾の記録", &["事業所", "版", "承諾した人", "いつ"], html! { @for a in &done { tr {
                    th scope="row" { (a.organisation) } td data-l="版" { (a.label) } td data-l="承諾した人" { (a.title) " " (a.signer) } td data-l="いつ" { (view::day(date::jst_date(a.accepted_at))) }
                } } })) }
            }))
            (ui::panel("新しい版を公開する", html! {}, ui::pad({
                let typing = fields.has("body");
                let f = |name, label| view::field(fields, errors, name, label);
                let form = view::form(app, fields, "/terms", html! {
                    @if typing { (view::summary(errors)) }
                    (ui::form_row(html! { (f("label", "版の名前").required().hint("例 第2版").max(40).text()) (f("effective_on", "効力の日").required().date()) }))
                    (f("body", "本文").required().max(20_000).area(12))
                    (f("source", "出典").required().hint("例 委託契約書 別記（令和8年4月1日）").max(200).text())
                    p { "公開した文は直せません。効力の日から、承諾していない事業所の人は、承諾するまでほかの画面を開けません。" }
                }, ui::button("公開する", true));
                if typing { form } else { ui::details("本文を書く", form) }
            })))
        }
    };
    Ok(web::page(app, actor, "terms", "個人情報取扱特記事項", body))
}

#[expect(clippy::too_many_arguments, reason = "one part of the page")]
fn acceptance(
    app: &App,
    actor: &Actor,
    t: &Terms,
    accepted: i64,
    signs: bool,
    managers: &[(platform::id::PersonId, String)],
    fields: &Fields,
    errors: &Errors,
) -> Markup {
    if t.no <= accepted {
        return html! { p { (ui::tag(ui::Tone::Ok, "承諾しています")) } };
    }
    if !signs {
        let names: Vec<&str> = managers.iter().map(|(_, name)| name.as_str()).collect();
        return html! { p { (ui::tag(ui::Tone::Warn, "まだ承諾していません")) " 管理者の" (names.join("さん、")) "さんが承諾すると、使えるようになります。" } };
    }
    let mine = fields.get("no") == t.no.to_string();
    let none = (Fields::default().with("signer", actor.name.clone()), Errors::default());
    let (fields, errors) = if mine { (fields, errors) } else { (&none.0, &none.1) };
    let f = |name, label| view::field(fields, errors, name, label);
    view::form(
        app,
        fields,
        "/terms/accept",
        html! {
            (view::summary(errors))
            input type="hidden" name="no" value=(t.no);
            p { b { (actor.place) } "として承諾します。" @if managers.is_empty() { "管理者の利用者がいないため、あなたが管理者に確かめて承諾します。" } }
            (ui::form_row(html! { (f("title", "役職").required().hint("例 管理者").max(50).text()) (f("signer", "承諾する人の氏名").required().max(50).text()) }))
            (f("agree", "読んで承諾する").required().checks(&[("1", "事業所として承諾します")], &fields.all("agree")))
        },
        ui::button("承諾する", true),
    )
}

pub async fn accept(State(app): State<App>, actor: Actor, Form(fields): Form) -> Result {
    let permit = policy::by_role::<AcceptTerms>(&actor)?;
    let now = app.now();
    let accepted = match Acceptance::parse(&fields) {
        Ok(v) => v,
        Err(errors) => return Ok(unprocessable(page(&app, &actor, &fields, &errors).await?)),
    };
    let mut tx = app.store.begin().await?;
    let managers = store::managers(&tx, &actor, now).await?;
    if store::accepted_by(&tx, &actor).await?.is_none()
        || !(managers.is_empty() || managers.iter().any(|(id, _)| *id == actor.person))
    {
        return Err(Error::Forbidden);
    }
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, "/", now).await? {
        return Ok(see_other(&before));
    }
    let id: Uuid = app.mint.uuid(now);
    if !store::accept(&mut tx, id, &accepted, &actor, (app.today(), now)).await? {
        return Err(Error::refused("この版は、もう承諾されているか、先に承諾する版があります。"));
    }
    tx.commit(&permit, &app.mint, now, Object::new("terms_acceptance", id), None, "accepted").await?;
    Ok(see_other("/"))
}

pub async fn publish(State(app): State<App>, actor: Actor, Form(fields): Form) -> Result {
    let permit = policy::by_role::<PublishTerms>(&actor)?;
    policy::proved(&app, &actor, app.now())?;
    let new = match New::parse(&fields, app.today()) {
        Ok(v) => v,
        Err(errors) => return Ok(unprocessable(page(&app, &actor, &fields, &errors).await?)),
    };
    let now = app.now();
    let mut tx = app.store.begin().await?;
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, "/terms", now).await? {
        return Ok(see_other(&before));
    }
    let no = store::publish(&mut tx, &new, &actor, now).await?;
    tx.commit(
        &permit,
        &app.mint,
        now,
        Object::new("terms", Uuid::from_u128(u128::from(no.unsigned_abs()))),
        None,
        "published",
    )
    .await?;
    Ok(see_other("/terms"))
}
