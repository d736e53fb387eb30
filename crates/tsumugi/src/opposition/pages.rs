//! The page on which lead, deputy and the coordinators of the town write down who does not want what told.

use super::{
    model::{CHILD, Opposed, agencies_of, may_oppose},
    store,
};
use crate::{
    account::Actor,
    app::App,
    case,
    consent::{self, Category, Opposition},
    journal::Object,
    once,
    policy::{self, EndOpposition, Oppose, Seen},
    view,
    waiting::{self, WaitingKind},
    web::{self, Error, Form, Key, Result, see_other, unprocessable},
};
use axum::extract::State;
use maud::{Markup, html};
use platform::{
    Uuid,
    db::Reader,
    form::{Errors, Fields, Parse},
    id::CaseId,
    japanese::date,
    vocabulary::Vocabulary as _,
};

pub async fn list(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>) -> Result<Markup> {
    let now = app.now();
    let tx = app.store.read().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<Oppose>(&actor, &seen)?;
    let body = body(&app, &tx, &seen, &Fields::default(), &Errors::default()).await?;
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, now, id.into()).await?;
    Ok(web::page(&app, &actor, "cases", "反対の申し出", body))
}

async fn body(app: &App, tx: &Reader, seen: &Seen, fields: &Fields, errors: &Errors) -> Result<Markup> {
    let (case, id) = (case::find(tx, seen).await?, seen.case());
    let family = case::family(tx, seen).await?;
    let (_, scopes) = consent::list(tx, seen).await?;
    let out = consent::taken_out(tx, seen).await?;
    let all = consent::oppositions(tx, seen).await?;
    let told = waiting::is_open(tx, id.0, WaitingKind::ConsentOpposed).await?;
    let mut who: Vec<(String, String)> = family
        .iter()
        .filter(|p| may_oppose(p, case.birth_date, app.today()))
        .map(|p| (p.id.to_string(), format!("{}（{}）", p.name, p.relation.label())))
        .collect();
    who.push((CHILD.to_owned(), "本人".to_owned()));
    let mut agencies =
        vec![(String::new(), "選んでください".to_owned()), ("all".to_owned(), "すべての機関".to_owned())];
    agencies.extend(agencies_of(scopes.iter().chain(&out)));
    let f = |name, label| view::field(fields, errors, name, label);
    let typing = fields.has("reason") && !fields.has("opposition");
    let form = view::form(
        app,
        fields,
        &format!("/cases/{id}/oppositions"),
        html! {
            @if typing { (view::summary(errors)) }
            (f("by", "申し出た人").required().hint("親権のある保護者と、本人").radios(&view::choices(&who)))
            (f("agency", "伝えてほしくない相手").required().select(&view::choices(&agencies)))
            (f("what", "伝えてほしくないこと").required().radios(&choices()))
            (f("on_day", "申し出の日").hint("空のときは今日").date())
            (f("reason", "申し出の内容").required().hint("聞いたとおりに").max(500).area(3))
        },
        ui::button("反対の申し出を記録する", true),
    );
    Ok(html! {
        (case::header(app, &case, seen, "/consents"))
        @if told { (ui::notice(ui::Tone::Warn, "新しい反対の申し出があります", html! {
            p { "家族や本人と話し、伝え方と支援を見直してください。" }
            @if seen.allows::<EndOpposition>() { (view::form(app, &Fields::default(), &format!("/cases/{id}/oppositions/seen"), html! { input type="hidden" name="newest" value=(newest(&all)); }, ui::button("確かめた", false))) }
        })) }
        (ui::two(html! {
            (ui::panel("反対の申し出", html! { a href=(format!("/cases/{id}/consents")) { "同意へ戻る" } }, html! {
                @if all.is_empty() { (ui::empty("反対の申し出はありません", html! { p { "同意した保護者のほかに反対する保護者や本人がいるときは、狭いほうに合わせます。" } })) }
                @for o in &all { (ui::pad(one(app, seen, o, fields, errors))) }
            }))
        }, html! {
            (ui::panel("反対の申し出を記録する", html! {}, ui::pad(html! {
                p { "記録すると、反対された情報は、同意があっても、その相手が次の操作から見られなくなります。基本情報を伝えられなくなった機関は、チームから外れ、始まっていない依頼は取り下げられます。支援の調整をするコーディネーターは、続けて見ます。" }
                p { small { "命や体に差し迫った危険があるときの提供は、「同意」のページの「緊急時の提供」で記録します。" } }
                (form)
            })))
        }))
    })
}

/// Every kind of information, and all of them.
pub fn choices() -> Vec<(&'static str, &'static str)> {
    let mut all = vec![("all", "すべての情報")];
    all.extend(Category::options());
    all
}

fn one(app: &App, seen: &Seen, o: &Opposition, fields: &Fields, errors: &Errors) -> Markup {
    let mine = fields.get("opposition") == o.id.to_string();
    html! {
        p {
            @if o.ended_at.is_none() { (ui::tag(ui::Tone::Warn, "伝えない")) } @else { (ui::tag(ui::Tone::Neutral, "終わり")) }
            " " b { (o.who()) } " " (view::day_short(o.on_day)) " " small { "記録 " (o.recorder) }
        }
        (ui::kv(&[("相手", html! { (o.to_whom()) }), ("情報", html! { (o.what()) })]))
        p { (view::lines(&o.said)) }
        @if let Some(at) = o.ended_at { p { small { (view::day_short(date::jst_date(at))) "に終わり（" (o.ender.as_deref().unwrap_or("")) "）：" (o.end_said) } } }
        @else if seen.allows::<EndOpposition>() {
            (ui::details_when(mine, "申し出が取り下げられた", view::form(app, if mine { fields } else { &platform::form::NO_FIELDS }, &format!("/cases/{}/oppositions/end", seen.case()), html! {
                input type="hidden" name="opposition" value=(o.id);
                p { "取り下げると、同意のある情報がまた伝えられます。チームと依頼は、もう一度加えます。" }
                (ui::Field::new("end_reason", "取り下げの経緯").scope(&o.id.to_string()).error(errors.of("end_reason").filter(|_| mine)).required().max(500).area(2))
            }, ui::button("反対の申し出を終える", false))))
        }
    }
}

pub async fn record(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<Oppose>(&actor, &seen)?;
    policy::proved(&app, &actor, now)?;
    case::hold(&mut tx, id).await?;
    let mut parsed = Opposed::parse(&fields, None, app.today());
    if let Ok(o) = &parsed {
        let (family, birth) = (case::family(&tx, &seen).await?, case::find(&tx, &seen).await?.birth_date);
        let (_, scopes) = consent::list(&tx, &seen).await?;
        let out = consent::taken_out(&tx, &seen).await?;
        let unknown = |p: &Uuid| !family.iter().any(|f| f.id == *p && may_oppose(f, birth, app.today()));
        if o.by.as_ref().is_some_and(unknown) {
            parsed = Err(Errors::one("by", "親権のある保護者か、本人を選んでください。"));
        } else if o.organisation.is_some_and(|a| !scopes.iter().chain(&out).any(|s| s.organisation_id == a)) {
            parsed = Err(Errors::one("agency", "同意のある機関から選んでください。"));
        }
    }
    let opposed = match parsed {
        Ok(o) => o,
        Err(errors) => return retry(&app, &tx, &actor, &seen, &fields, &errors).await,
    };
    let place = format!("/cases/{id}/oppositions");
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &place, now).await? {
        return Ok(see_other(&before));
    }
    if store::is_opposed(&tx, &seen, &opposed).await? {
        return Err(Error::refused("同じ反対の申し出が、もう記録されています。"));
    }
    let made = store::oppose(&app, &mut tx, &seen, &opposed, &actor, now).await?;
    tx.commit(&permit, &app.mint, now, Object::new("opposition", made), None, "opposed").await?;
    Ok(see_other(&place))
}

async fn retry(app: &App, tx: &Reader, actor: &Actor, seen: &Seen, fields: &Fields, errors: &Errors) -> Result {
    let body = body(app, tx, seen, fields, errors).await?;
    Ok(unprocessable(web::page(app, actor, "cases", "反対の申し出", body)))
}

pub async fn end(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<EndOpposition>(&actor, &seen)?;
    policy::proved(&app, &actor, now)?;
    case::hold(&mut tx, id).await?;
    let opposition: Uuid = fields.get("opposition").parse().map_err(|_| Error::NotFound)?;
    let mut p = Parse::new(&fields);
    let reason = p.paragraph("end_reason", "取り下げの経緯", 500);
    let reason = match p.finish(reason) {
        Ok(v) => v,
        Err(errors) => return retry(&app, &tx, &actor, &seen, &fields, &errors).await,
    };
    if !store::end(&app, &mut tx, &seen, opposition, &reason, &actor, now).await? {
        return Err(Error::refused("この申し出は、すでに終わっています。"));
    }
    tx.commit(&permit, &app.mint, now, Object::new("opposition", opposition), None, "ended").await?;
    Ok(see_other(&format!("/cases/{id}/oppositions")))
}

/// The opposition that was recorded last.
fn newest(all: &[Opposition]) -> String {
    all.iter().max_by_key(|o| (o.recorded_at, o.id)).map_or(String::new(), |o| o.id.to_string())
}

/// The lead has seen what was opposed.
pub async fn seen(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<EndOpposition>(&actor, &seen)?;
    case::hold(&mut tx, id).await?;
    if newest(&consent::oppositions(&tx, &seen).await?) != fields.get("newest") {
        return Err(Error::refused("そのあとに、新しい反対の申し出がありました。画面を読み直して確かめてください。"));
    }
    waiting::clear(&mut tx, id.0, WaitingKind::ConsentOpposed).await?;
    tx.commit(&permit, &app.mint, now, id.into(), None, "opposition_seen").await?;
    Ok(see_other(&format!("/cases/{id}/oppositions")))
}
