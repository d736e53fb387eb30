//! 困っているとき: a guardian writes what is wrong, and sees by when somebody answers and whether somebody has it in hand.

use super::{pages, store};
use crate::{
    account::Actor,
    app::App,
    case::{self, Case},
    consultation::{self, HOW_SOON, Own, Trouble, Writer},
    journal::Object,
    once,
    policy::{self, AskForHelp, Seen},
    view,
    web::{self, Error, Form, Key, Result, see_other, unprocessable},
};
use axum::extract::State;
use maud::{Markup, html};
use platform::{
    Timestamp,
    db::Reader,
    form::{Errors, Fields},
    id::CaseId,
};

pub async fn blank(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>) -> Result<Markup> {
    let now = app.now();
    let tx = app.store.read().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<AskForHelp>(&actor, &seen)?;
    let page = page(&app, &tx, &actor, &seen, &Fields::default(), &Errors::default()).await?;
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, now, id.into()).await?;
    Ok(page)
}

async fn page(app: &App, tx: &Reader, actor: &Actor, seen: &Seen, fields: &Fields, errors: &Errors) -> Result<Markup> {
    let id = seen.case();
    let c = case::find(tx, seen).await?;
    let own = consultation::own(tx, id, actor.person).await?;
    let phones = pages::phones(app, tx, &c).await?;
    let f = |name, label| view::field(fields, errors, name, label);
    let body = html! {
        (ui::heading(&ui::Heading { over: "わが子の記録", title: "困っている", actions: ui::link_button(&format!("/children/{id}"), "戻る", None, false) }))
        p.lead { (c.child_name) "さんのことで困っていることを、そのまま書いてください。主担当に届き、返事の期限が決まります。" }
        (ui::notice(ui::Tone::Alert, "命が危ないと感じたら、まず 119 に電話してください", html! { p { "ここに書いたことは、夜や休みの日には、すぐには読まれません。" } }))
        (ui::two(html! {
            (sent(app, &own))
            (ui::panel("伝える", html! {}, ui::pad(view::form(app, fields, &format!("/children/{id}/trouble"), html! {
                (view::summary(errors))
                (f("soon", "どのくらい急ぎますか").required().radios(&HOW_SOON))
                (f("concern", "困っていること").hint("うまくまとまっていなくてかまいません。").required().max(2000).area(5))
                @if !c.protected { (f("phone", "かけてほしい電話").hint("いつもの番号でよければ、空のままにしてください。").autocomplete("tel").tel()) }
            }, ui::button("送る", true)))))
        }, phones))
    };
    Ok(web::page(app, actor, "home", "困っている", body))
}

/// What one wrote before, the newest first.
fn sent(app: &App, own: &[Own]) -> Markup {
    html! { @if !own.is_empty() { (ui::panel("送ったこと", html! {}, html! { ul.plain { @for o in own { li {
        (progress(o, app.now())) br; (view::lines(&o.concern)) br; small { (view::moment(o.received_at)) "に送りました" }
    } } } })) } }
}

/// How far a call has come, in the words of who waits for it.
pub fn progress(o: &Own, now: Timestamp) -> Markup {
    let (tone, word) = if !o.status.is_open() {
        (ui::Tone::Neutral, "終わりました")
    } else if o.responded_at.is_some() {
        (ui::Tone::Ok, "対応しています")
    } else if o.due_at <= now {
        (ui::Tone::Alert, "返事が遅れています")
    } else {
        (ui::Tone::Warn, "届きました")
    };
    html! {
        (ui::tag(tone, word))
        @if o.status.is_open() && o.responded_at.is_none() {
            @if o.due_at <= now { " お待たせしています。電話してください。" } @else { " " (view::moment(o.due_at)) "までに連絡します" }
        }
    }
}

pub async fn send(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<AskForHelp>(&actor, &seen)?;
    case::hold(&mut tx, id).await?;
    let trouble = match Trouble::parse(&fields) {
        Ok(trouble) => trouble,
        Err(errors) => return Ok(unprocessable(page(&app, &tx, &actor, &seen, &fields, &errors).await?)),
    };
    let place = format!("/children/{id}/trouble");
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &place, now).await? {
        return Ok(see_other(&before));
    }
    let case: Case = case::find(&tx, &seen).await?;
    let open = consultation::own(&tx, id, actor.person).await?.iter().filter(|o| o.status.is_open()).count();
    if open >= consultation::OPEN_AT_ONCE {
        return Err(Error::refused(
            "返事を待っているものが、もういくつもあります。急ぐときは、主担当に電話してください。",
        ));
    }
    let me = store::own_person(&tx, &seen, &actor).await?.ok_or(Error::Forbidden)?;
    let family = case::family(&tx, &seen).await?;
    let me = family.iter().find(|p| p.id == me).ok_or(Error::Forbidden)?;
    let writer = Writer { name: &me.name, relation: me.relation };
    let call = consultation::write(&app, &mut tx, &case, &actor, &writer, &trouble, now).await?;
    tx.announce("case", id);
    tx.commit(&permit, &app.mint, now, Object::new("consultation", call.0), None, "sent").await?;
    Ok(see_other(&place))
}
