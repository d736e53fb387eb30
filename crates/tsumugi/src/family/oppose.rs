//! 伝えないでほしいこと: a guardian writes down what must not be told any more; it counts at once.

use super::store;
use crate::{
    account::Actor,
    app::App,
    case, consent,
    journal::Object,
    once,
    opposition::{self, Opposed, agencies_of},
    policy::{self, OpposeForOwnChild, Seen},
    view,
    web::{self, Error, Form, Key, Result, see_other, unprocessable},
};
use axum::extract::State;
use maud::{Markup, html};
use platform::{
    db::Reader,
    form::{Errors, Fields},
    id::CaseId,
};

pub async fn blank(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>) -> Result<Markup> {
    let now = app.now();
    let tx = app.store.read().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<OpposeForOwnChild>(&actor, &seen)?;
    let page = page(&app, &tx, &actor, &seen, &Fields::default(), &Errors::default()).await?;
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, now, id.into()).await?;
    Ok(page)
}

/// The agencies that are told something today by a consent.
async fn agencies(app: &App, tx: &Reader, seen: &Seen) -> Result<Vec<(String, String)>> {
    let (consents, scopes) = consent::list(tx, seen).await?;
    let live = |s: &&consent::Scope| {
        consents.iter().any(|c| c.id == s.consent_id && c.standing(app.today()) == consent::Standing::Live)
    };
    Ok(agencies_of(scopes.iter().filter(live)))
}

async fn page(app: &App, tx: &Reader, actor: &Actor, seen: &Seen, fields: &Fields, errors: &Errors) -> Result<Markup> {
    let id = seen.case();
    let c = case::find(tx, seen).await?;
    let mut all = vec![(String::new(), "選んでください".to_owned()), ("all".to_owned(), "すべての相手".to_owned())];
    all.extend(agencies(app, tx, seen).await?);
    let f = |name, label| view::field(fields, errors, name, label);
    let body = html! {
        (ui::heading(&ui::Heading { over: "わが子の記録", title: "伝えないでほしいこと", actions: ui::link_button(&format!("/children/{id}"), "戻る", None, false) }))
        p.lead { (c.child_name) "さんのことで、伝えないでほしい相手や内容を選んでください。送るとすぐに、その相手に新しく伝わらなくなります。支援の調整をするコーディネーターは、続けて見ます。" }
        (ui::panel("申し出る", html! {}, ui::pad(view::form(app, fields, &format!("/children/{id}/oppose"), html! {
            (view::summary(errors))
            (f("agency", "だれに").required().select(&view::choices(&all)))
            (f("what", "なにを").required().radios(&opposition::choices()))
            (f("reason", "わけや、伝えたいこと").required().max(500).area(3))
            p { small { "主担当が読み、電話で話をうかがいます。取り下げるときは、主担当に伝えてください。命や体が危ないときは、救急や医療機関に必要なことだけを伝える場合があります。" } }
        }, ui::button("伝えないよう申し出る", true)))))
    };
    Ok(web::page(app, actor, "home", "伝えないでほしいこと", body))
}

pub async fn record(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<OpposeForOwnChild>(&actor, &seen)?;
    policy::proved(&app, &actor, now)?;
    case::hold(&mut tx, id).await?;
    let me = store::own_person(&tx, &seen, &actor).await?.ok_or(Error::Forbidden)?;
    let birth = case::find(&tx, &seen).await?.birth_date;
    if !case::family(&tx, &seen).await?.iter().any(|p| p.id == me && opposition::may_oppose(p, birth, app.today())) {
        return Err(Error::refused("18歳からは、本人が決めます。主担当に電話してください。"));
    }
    let mut parsed = Opposed::parse(&fields, Some(me), app.today());
    if let Ok(o) = &parsed
        && let Some(agency) = o.organisation
        && !agencies(&app, &tx, &seen).await?.iter().any(|(id, _)| *id == agency.to_string())
    {
        parsed = Err(Errors::one("agency", "いま伝えている相手から選んでください。"));
    }
    let opposed = match parsed {
        Ok(o) => o,
        Err(errors) => return Ok(unprocessable(page(&app, &tx, &actor, &seen, &fields, &errors).await?)),
    };
    let place = format!("/children/{id}");
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &place, now).await? {
        return Ok(see_other(&before));
    }
    if opposition::is_opposed(&tx, &seen, &opposed).await? {
        return Err(Error::refused("同じことを、もう申し出ています。主担当が確かめます。"));
    }
    let made = opposition::oppose(&app, &mut tx, &seen, &opposed, &actor, now).await?;
    tx.commit(&permit, &app.mint, now, Object::new("opposition", made), None, "opposed").await?;
    Ok(see_other(&place))
}
