//! The page of a move: proposed here, received there.

use super::{
    model::{Answer, Proposal, READS_ON_DAYS},
    store::{self, Relocation},
};
use crate::{
    account::Actor,
    app::App,
    area::{self, Municipality, Worker},
    case::{self, Case},
    journal::Object,
    once,
    policy::{self, ReadCase, ReceiveRelocation, Relocate, Seen},
    view,
    waiting::{self, WaitingKind},
    web::{self, Error, Form, Key, Result, see_other, unprocessable},
};
use axum::extract::State;
use maud::{Markup, html};
use platform::{
    db::Reader,
    form::{Errors, Fields},
    id::CaseId,
    japanese::date,
    vocabulary::Vocabulary as _,
};

pub async fn show(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>) -> Result<Markup> {
    let now = app.now();
    let tx = app.store.read().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<ReadCase>(&actor, &seen)?;
    if !seen.shows_all() {
        return Err(Error::Forbidden);
    }
    let body = body(&app, &tx, &actor, &seen, &Fields::default(), &Errors::default()).await?;
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, now, id.into()).await?;
    Ok(web::page(&app, &actor, "cases", "転居による引継ぎ", body))
}

/// Whether the actor is one of those to whom the case was offered: a coordinator of the municipality, on that seat.
fn receives(actor: &Actor, seen: &Seen, to: Municipality) -> bool {
    seen.allows::<ReceiveRelocation>()
        && actor.role == policy::Role::Coordinator
        && actor.municipality.as_deref() == Some(to.code())
}

async fn body(app: &App, tx: &Reader, actor: &Actor, seen: &Seen, fields: &Fields, errors: &Errors) -> Result<Markup> {
    let case = case::find(tx, seen).await?;
    let all = store::list(tx, seen).await?;
    let open = all.iter().find(|r| r.status == "proposed");
    let returned = waiting::is_open(tx, seen.case().0, WaitingKind::RelocationReturned).await?;
    let mut people = People::default();
    if let Some(r) = open.filter(|r| receives(actor, seen, r.to_municipality)) {
        people.leads = options(&store::coordinators_of(tx, r.to_municipality, app.now()).await?);
        people.deputies = options(&area::coordinators(tx, app.today()).await?);
    }
    Ok(html! {
        (case::header(app, &case, seen, ""))
        @if returned && seen.allows::<Relocate>() { (ui::notice(ui::Tone::Warn, "転居による引継ぎが返されました", html! {
            p { "下の「これまで」に理由があります。もう一度申し出るか、確かめたことを記録してください。" }
            (view::form(app, &platform::form::NO_FIELDS, &format!("/cases/{}/relocation/recall", case.id), html! {}, ui::button("確かめた", false)))
        })) }
        @if let Some(r) = open { (offer_view(app, actor, seen, r, &people, fields, errors)) }
        @else if seen.allows::<Relocate>() { (proposal_form(app, &case, fields, errors)) }
        @if let Some(past) = past_view(&all) { (past) }
        @else if open.is_none() && !seen.allows::<Relocate>() { (ui::panel("転居による引継ぎ", html! {}, ui::empty("転居による引継ぎはありません", html! {}))) }
    })
}

fn proposal_form(app: &App, case: &Case, fields: &Fields, errors: &Errors) -> Markup {
    let f = |name, label| view::field(fields, errors, name, label);
    let towns: Vec<_> =
        Municipality::options().into_iter().filter(|(code, _)| *code != case.municipality.code()).collect();
    ui::panel(
        "転居による引継ぎを申し出る",
        html! {},
        ui::pad(html! {
            p { "転居先の市町のコーディネーターが受け取ると、主担当と副担当が替わります。いまの担当と市町のコーディネーターは、受け取られてから" (READS_ON_DAYS) "日のあいだ、読むことだけができます。いまの市町の人は、チームから外れます。" }
            p { "受け取られると、いまの市町の職員は、前からの同意では見られなくなります。続けて伝えるときは、新しい同意を記録します。家族が望むときは、いまの市町への同意を取りやめると、90日を待たずに見られなくなります。" }
            p { "申し出の前に、転居先の市町へすべての情報を伝えることの同意をもらいます。" a href=(format!("/cases/{}/consents/new", case.id)) { "同意を記録する" } }
            p { "圏域の外へ転居するときは、ケースを終結してください。" }
            (view::form(app, fields, &format!("/cases/{}/relocation", case.id), html! {
                (view::summary(errors))
                (f("to", "転居先の市町").required().radios(&towns))
                (f("moves_on", "転居する日").required().date())
                (f("note", "申し送り").required().hint("いまの状況、約束、急ぐこと、新しい学校や病院").max(2000).area(5))
            }, ui::button("転居による引継ぎを申し出る", true)))
        }),
    )
}

fn offer_view(
    app: &App,
    actor: &Actor,
    seen: &Seen,
    r: &Relocation,
    people: &People,
    fields: &Fields,
    errors: &Errors,
) -> Markup {
    let id = seen.case();
    let returning = fields.get("answer") == "return";
    let receive = view::Part::new("receive", !returning, fields, errors);
    let back = view::Part::new("return", returning, fields, errors);
    ui::panel(
        "転居による引継ぎの受取り待ちです",
        html! { (r.from_municipality.label()) " → " (r.to_municipality.label()) },
        ui::pad(html! {
            (ui::kv(&[("転居する日", html! { (view::day(r.moves_on)) }), ("申し出た人", html! { (r.proposer) " " (view::moment(r.proposed_at)) })]))
            p { (view::lines(&r.said)) }
            @if receives(actor, seen, r.to_municipality) {
                (view::form(app, receive.fields, &format!("/cases/{id}/relocation/receive"), html! {
                    (receive.summary())
                    input type="hidden" name="answer" value="receive";
                    (ui::form_row(html! { (receive.field("lead", "新しい主担当").required().select(&view::choices(&people.leads))) (receive.field("deputy", "新しい副担当").required().select(&view::choices(&people.deputies))) }))
                }, ui::button("受け取る", true)))
                (ui::details_when(returning, "返す", view::form(app, back.fields, &format!("/cases/{id}/relocation/receive"), html! {
                    (back.summary())
                    input type="hidden" name="answer" value="return";
                    (back.field("reason", "返す理由").required().max(500).area(2))
                }, ui::button("理由を伝えて返す", false))))
            }
            @if seen.allows::<Relocate>() { (view::form(app, &platform::form::NO_FIELDS, &format!("/cases/{id}/relocation/recall"), html! {}, ui::button("申し出を取り消す", false))) }
        }),
    )
}

/// Who can become lead, in the municipality, and deputy, anywhere in the area.
#[derive(Default)]
struct People {
    leads: Vec<(String, String)>,
    deputies: Vec<(String, String)>,
}

fn options(people: &[Worker]) -> Vec<(String, String)> {
    let mut all = vec![(String::new(), "選んでください".to_owned())];
    all.extend(people.iter().map(|w| (w.id.to_string(), format!("{}（{}）", w.name, w.place))));
    all
}

fn past_view(all: &[Relocation]) -> Option<Markup> {
    let past: Vec<&Relocation> = all.iter().filter(|r| r.status != "proposed").collect();
    if past.is_empty() {
        return None;
    }
    let word = |status: &str| match status {
        "received" => (ui::Tone::Ok, "受け取られた"),
        "returned" => (ui::Tone::Warn, "返された"),
        _ => (ui::Tone::Neutral, "取り消した"),
    };
    Some(ui::panel(
        "これまでの転居による引継ぎ",
        html! {},
        html! { ul.plain { @for r in past { li {
            @let (tone, label) = word(&r.status);
            (ui::tag(tone, label)) " " b { (r.from_municipality.label()) " → " (r.to_municipality.label()) } " "
            small { (view::day_short(date::jst_date(r.proposed_at))) "申し出（" (r.proposer) "）" @if let Some(at) = r.ended_at { "・" (view::day_short(date::jst_date(at))) "（" (r.ender.as_deref().unwrap_or("")) "）" } }
            @if !r.said.is_empty() { br; (view::lines(&r.said)) }
            @if !r.answered.is_empty() { br; small { "返した理由：" (view::lines(&r.answered)) } }
        } } } },
    ))
}

async fn again(app: &App, tx: &Reader, actor: &Actor, seen: &Seen, fields: &Fields, errors: &Errors) -> Result {
    let body = body(app, tx, actor, seen, fields, errors).await?;
    Ok(unprocessable(web::page(app, actor, "cases", "転居による引継ぎ", body)))
}

pub async fn propose(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<Relocate>(&actor, &seen)?;
    policy::proved(&app, &actor, now)?;
    case::must_be_open(&mut tx, &seen).await?;
    let case = case::find(&tx, &seen).await?;
    let mut parsed = Proposal::parse(&fields, case.municipality);
    if let Ok(p) = &parsed {
        let missing = store::not_agreed(&tx, &seen, p.to, app.today()).await?;
        if !missing.is_empty() {
            let sentence = format!(
                "{}へ伝えることに、家族の同意がまだありません（{}）。先に同意を記録してください。",
                p.to.label(),
                missing.join("、")
            );
            parsed = Err(Errors::one("to", sentence));
        }
    }
    let proposal = match parsed {
        Ok(p) => p,
        Err(errors) => return again(&app, &tx, &actor, &seen, &fields, &errors).await,
    };
    let place = format!("/cases/{id}/relocation");
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &place, now).await? {
        return Ok(see_other(&before));
    }
    if store::proposed(&tx, &seen).await?.is_some() {
        return Err(Error::refused("転居による引継ぎは、すでに受取り待ちです。"));
    }
    if case::open_transfer(&tx, &seen).await?.is_some() {
        return Err(Error::refused("主担当の引継ぎが受取り待ちです。先に取り消すか、受け取ってもらってください。"));
    }
    let made = store::propose(&app, &mut tx, &seen, &case, &proposal, &actor, now).await?;
    tx.commit(&permit, &app.mint, now, Object::new("relocation", made), None, "proposed").await?;
    Ok(see_other(&place))
}

pub async fn recall(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<Relocate>(&actor, &seen)?;
    case::hold(&mut tx, id).await?;
    let seen_back = waiting::is_open(&tx, id.0, WaitingKind::RelocationReturned).await?;
    waiting::clear(&mut tx, id.0, WaitingKind::RelocationReturned).await?;
    if !store::end(&app, &mut tx, &seen, ("recalled", ""), &actor, now).await? && !seen_back {
        return Err(over());
    }
    tx.commit(&permit, &app.mint, now, id.into(), None, "relocation recalled").await?;
    Ok(see_other(&format!("/cases/{id}/relocation")))
}

fn over() -> Error {
    Error::refused("この転居による引継ぎは、すでに終わっています。")
}

pub async fn receive(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<ReceiveRelocation>(&actor, &seen)?;
    case::hold(&mut tx, id).await?;
    let to = store::proposed(&tx, &seen).await?.ok_or_else(over)?;
    if !receives(&actor, &seen, to) {
        return Err(Error::Forbidden);
    }
    let mut parsed = Answer::parse(&fields);
    if let Ok(Answer::Receive { lead, deputy }) = &parsed {
        if !store::coordinators_of(&tx, to, now).await?.iter().any(|w| w.id == *lead) {
            parsed = Err(Errors::one("lead", format!("{}のコーディネーターから選んでください。", to.label())));
        } else if !area::is_coordinator(&tx, *deputy, now).await? {
            parsed = Err(Errors::one("deputy", "圏域のコーディネーターから選んでください。"));
        }
    }
    let answer = match parsed {
        Ok(answer) => answer,
        Err(errors) => return again(&app, &tx, &actor, &seen, &fields, &errors).await,
    };
    let case = case::find(&tx, &seen).await?;
    let (detail, place) = match answer {
        Answer::Return { reason } => {
            store::end(&app, &mut tx, &seen, ("returned", &reason), &actor, now).await?;
            store::tell_returned(&app, &mut tx, &case, now).await?;
            ("relocation returned", "/".to_owned())
        }
        Answer::Receive { lead, deputy } => {
            // The family may have taken back what it had agreed to since.
            if !store::not_agreed(&tx, &seen, to, app.today()).await?.is_empty() {
                return Err(Error::refused(
                    "転居先へ伝えることの同意が、いまはありません。申し出た市町に、家族と話してもらってください。",
                ));
            }
            policy::refuse_excluded(&tx, &seen, lead).await?;
            policy::refuse_excluded(&tx, &seen, deputy).await?;
            store::end(&app, &mut tx, &seen, ("received", ""), &actor, now).await?;
            store::receive(&app, &mut tx, &seen, &case, to, (lead, deputy), now).await?;
            case::step(&mut tx, &app.mint, id, &actor, case.status, case.phase, "転居により市町が替わった", now)
                .await?;
            ("relocation received", format!("/cases/{id}"))
        }
    };
    tx.commit(&permit, &app.mint, now, id.into(), None, detail).await?;
    Ok(see_other(&place))
}
