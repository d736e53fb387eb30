//! Making and sending a referral: consent first, one service, one way to reach the agency.

use super::{
    follow,
    kept::Referral,
    link,
    model::{Mode, Move, Status},
    pages,
    store::{self, Mover, New},
};
use crate::{
    account::Actor,
    app::App,
    case::{self, Case},
    consent::{self, Basis},
    draft::{self, DraftForm},
    exchange::directory::Kind,
    journal::{Draft, Object},
    once,
    policy::{self, Permit, Seen, SendReferral},
    resource::{self, Service},
    view,
    web::{self, Base, Error, Form, Key, Query, Result, see_other, unprocessable},
};
use axum::{extract::State, response::IntoResponse};
use maud::{Markup, html};
use platform::{
    Timestamp,
    db::Reader,
    form::{Errors, Fields, Parse},
    id::{CaseId, ReferralId, ResourceId},
    vocabulary::Vocabulary as _,
};

struct Page {
    case: Case,
    service: Option<Service>,
    basis: Option<Basis>,
    live: Option<ReferralId>,
    accounts: bool,
}

async fn load(app: &App, tx: &Reader, seen: &Seen, fields: &Fields) -> Result<Page> {
    let case = case::find(tx, seen).await?;
    let service = match fields.get("service").parse::<ResourceId>() {
        Ok(id) => resource::find(tx, id, app.today()).await?,
        Err(_) => None,
    };
    let (mut basis, mut live, mut accounts) = (None, None, false);
    if let Some(s) = &service {
        basis = consent::basis_for(tx, seen, s.organisation_id, app.now(), app.today()).await?;
        live = store::live_one(tx, seen, s.id).await?;
        accounts = !follow::answering_seats(tx, s.organisation_id, app.today()).await?.is_empty();
    }
    Ok(Page { case, service, basis, live, accounts })
}

fn page(app: &App, actor: &Actor, seen: &Seen, p: &Page, fields: &Fields, errors: &Errors) -> Markup {
    let id = p.case.id;
    let body = html! {
        (case::header(app, &p.case, seen, "/referrals"))
        (view::summary(errors))
        @match &p.service {
            None => (ui::panel("つなぐ先を選ぶ", html! {}, ui::empty("まだ事業所を選んでいません", html! { (ui::link_button(&format!("/resources?for={id}&replaces={}&municipality={}", fields.get("replaces"), p.case.municipality.code()), "社会資源から探す", Some(ui::Icon::Search), true)) }))),
            Some(s) => (service_form(app, p, s, fields, errors)),
        }
    };
    web::page(app, actor, "cases", "つなぐ", body)
}

fn service_form(app: &App, p: &Page, s: &Service, fields: &Fields, errors: &Errors) -> Markup {
    let id = p.case.id;
    let f = |name, label| view::field(fields, errors, name, label);
    if let Some(live) = p.live {
        return ui::notice(
            ui::Tone::Info,
            "この事業所には、すでに依頼しています",
            html! { p { a href=(format!("/referrals/{live}")) { "いまの依頼の経過を見る" } } },
        );
    }
    let draft = draft::id(app, fields);
    let modes: Vec<(&str, &str)> = Mode::options().into_iter().filter(|(c, _)| p.accounts || *c != "live").collect();
    let mode = if fields.has("mode") {
        fields.get("mode")
    } else if p.accounts {
        "live"
    } else {
        "link"
    };
    html! {
        (ui::two(html! {
            (ui::panel("依頼の内容", html! {}, ui::pad(html! {
                form method="post" action=(format!("/cases/{id}/referrals/new")) data-draft=(draft::url(DraftForm::Referral, draft)) novalidate {
                    (once::field(app, fields)) input type="hidden" name="draft" value=(draft); input type="hidden" name="object" value=(id);
                    input type="hidden" name="service" value=(s.id);
                    @if fields.has("replaces") { input type="hidden" name="replaces" value=(fields.get("replaces")); }
                    (f("request", "頼みたいこと").required().hint("1つの依頼で、1つのサービスを頼みます").max(2000).area(5))
                    (f("wish", "希望の曜日・回数・時期").max(300).text())
                    (f("mode", "頼み方").value(mode).required().radios(&modes))
                    (f("response_due", "回答の期限").hint(&format!("空のときは{}開庁日後", app.settings.response_days)).date())
                    div.acts { (ui::button_value("act", "send", "依頼を送る", true)) (ui::button_value("act", "draft", "下書きにする", false)) (ui::draft_state()) }
                }
            })))
        }, html! {
            (ui::panel("つなぐ先", html! { a href=(format!("/resources?for={id}&replaces={}&kind={}", fields.get("replaces"), Kind::code(s.kind))) { "選び直す" } }, ui::pad(ui::kv(&[
                ("事業所", html! { (s.name) }), ("種別", html! { (Kind::label(s.kind)) }), ("市町", html! { (s.municipality.label()) }), ("電話", html! { (s.phone) }), ("FAX", html! { (s.fax) }), ("空き", html! { (s.capacity.label()) }),
            ]))))
            (ui::panel("同意", html! {}, ui::pad(match &p.basis {
                Some(b) if b.0.starts_with("consent") => html! { p { (ui::tag(ui::Tone::Ok, "有効な同意があります")) } },
                Some(_) => html! { p { (ui::tag(ui::Tone::Warn, "緊急時の提供として送ります")) } },
                None => html! { p { (ui::tag(ui::Tone::Alert, "この機関への同意がありません")) } p { "名前のわかる依頼は、同意を記録するまで送れません。" }
                    p { (ui::link_button(&format!("/cases/{id}/consents/new?recipient={}&next={}", s.organisation_id, s.id), "同意を記録する", None, true)) }
                    p { a href=(format!("/cases/{id}/consents?organisation={}", s.organisation_id)) { "緊急時の提供を記録する" } " " a href=(format!("/inquiries/new?service={}&for={id}", s.id)) { "名前を出さずに空きを尋ねる" } } },
            })))
        }))
    }
}

pub async fn blank(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Query(query): Query) -> Result<Markup> {
    let tx = app.store.read().await?;
    let seen = policy::see_case(&tx, &actor, id, app.now()).await?;
    let permit = policy::on_case::<SendReferral>(&actor, &seen)?;
    let mut fields = query.clone();
    let kept = draft::about(&tx, &actor, DraftForm::Referral, id.0).await?;
    if let Some(kept) = &kept {
        // What was typed before a missing consent, a closed tab or a time-out comes back.
        let before = kept.fields();
        let same = !query.has("service") || before.get("service") == query.get("service");
        for name in ["service", "replaces", "request", "wish", "mode", "response_due"].into_iter().filter(|_| same) {
            if !fields.has(name) && before.has(name) {
                fields = fields.with(name, before.get(name));
            }
        }
        if same {
            fields = fields.with("draft", kept.id.to_string());
        }
    }
    if let Ok(old) = query.get("replaces").parse::<ReferralId>() {
        let (old, _) = store::see(&tx, &actor, old, app.now()).await?;
        if !fields.has("request") {
            fields = fields.with("request", &old.request).with("wish", &old.wish);
        }
        if !query.has("service") && old.status != Status::Redirected {
            fields = fields.with("service", old.service_id.to_string());
        }
    }
    let p = load(&app, &tx, &seen, &fields).await?;
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, app.now(), id.into()).await?;
    Ok(page(&app, &actor, &seen, &p, &fields, &Errors::default()))
}

pub async fn create(
    State(app): State<App>,
    actor: Actor,
    Key(id): Key<CaseId>,
    base: Base,
    Form(fields): Form,
) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<SendReferral>(&actor, &seen)?;
    // Held before the consent is looked at, so that a withdrawal comes before or after this act, not into it.
    case::must_be_open(&mut tx, &seen).await?;
    let p = load(&app, &tx, &seen, &fields).await?;
    let mut parse = Parse::new(&fields);
    let request = parse.paragraph("request", "頼みたいこと", 2000);
    let wish = parse.optional_line("wish", "希望", 300).unwrap_or_default();
    let mode: Mode = parse.choice("mode", "頼み方");
    let response_due = parse.optional_date("response_due", "回答の期限");
    if response_due.is_some_and(|d| d < app.today()) {
        parse.fail("response_due", "回答の期限は、今日以降の日付にしてください。");
    }
    let sending = fields.get("act") != "draft";
    match &p.service {
        None => parse.fail("service", "つなぐ先の事業所を選んでください。"),
        Some(_) if sending && p.basis.is_none() => {
            parse.fail("request", "この機関に伝える有効な同意がありません。同意を記録するか、下書きにしてください。入力した内容は残っています。");
        }
        Some(_) if mode == Mode::Live && !p.accounts => {
            parse.fail("mode", "この事業所はまだつむぐを使っていません。ほかの頼み方を選んでください。")
        }
        Some(_) => {}
    }
    let parsed = parse.finish((request, wish, mode, response_due));
    let (Ok((request, wish, mode, response_due)), Some(service)) = (&parsed, &p.service) else {
        return Ok(unprocessable(page(
            &app,
            &actor,
            &seen,
            &p,
            &fields,
            parsed.as_ref().err().unwrap_or(&Errors::default()),
        )));
    };
    let referral: ReferralId = app.mint.id(now);
    let place = format!("/referrals/{referral}");
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &place, now).await? {
        return Ok(see_other(&before));
    }
    if let Some(live) = p.live {
        return Err(Error::Refused(format!(
            "この事業所には、すでに依頼しています（/referrals/{live}）。いまの依頼の経過を見てください。"
        )));
    }
    let replaces = fields.get("replaces").parse::<ReferralId>().ok();
    if let Some(old) = replaces {
        let (old, _) = store::see(&tx, &actor, old, now).await?;
        if old.case_id != id || old.status.is_live() || old.replaced_by.is_some() {
            return Err(Error::refused("前の依頼から続けられません。すでに次の依頼があるか、まだ続いています。"));
        }
    }
    let basis = p.basis.as_ref().map_or("", |b| b.0.as_str());
    let new = New {
        id: referral,
        case: id,
        service: service.id,
        organisation: service.organisation_id,
        mode: *mode,
        request,
        wish,
        basis,
        replaces,
        response_due: response_due.map(|d| app.closing_time(d)),
    };
    store::create(&app, &mut tx, &actor, &new, now).await?;
    draft::discard(&mut tx, &actor, &fields).await?;
    if !sending {
        tx.announce("case", id);
        tx.commit(&permit, &app.mint, now, Object::new("referral", referral.0), None, "draft").await?;
        return Ok(see_other(&place));
    }
    let made = store::find(&tx, referral).await?.ok_or(Error::NotFound)?;
    dispatch(&app, tx, &actor, &seen, &permit, &made, &base, now).await
}

/// Sends a draft: the state moves, and for a link the link and its code are shown this once.
#[expect(clippy::too_many_arguments, reason = "what sending a draft needs")]
async fn dispatch(
    app: &App,
    mut tx: Draft,
    actor: &Actor,
    seen: &Seen,
    permit: &Permit<SendReferral>,
    r: &Referral,
    base: &Base,
    now: Timestamp,
) -> Result {
    let mover = Mover { actor: Some(actor), label: &actor.name };
    if !store::advance(app, &mut tx, r, &Move::Send, &mover, now).await? {
        return Err(Error::refused("ほかの人が先にこの依頼を動かしました。画面を読み直してください。"));
    }
    let made = if r.mode == Mode::Link { Some(link::make(app, &mut tx, r.id, now).await?) } else { None };
    let child = if made.is_some() { Some(case::find(&tx, seen).await?) } else { None };
    tx.commit(permit, &app.mint, now, Object::new("referral", r.id.0), None, r.mode.code()).await?;
    match (made, child) {
        (Some(made), Some(case)) => Ok(pages::link_page(app, actor, &case, seen, r, &made, base).into_response()),
        _ => Ok(see_other(&format!("/referrals/{}", r.id))),
    }
}

pub async fn send_draft(
    State(app): State<App>,
    actor: Actor,
    Key(id): Key<ReferralId>,
    base: Base,
    Form(fields): Form,
) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let (_, seen) = store::see(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<SendReferral>(&actor, &seen)?;
    case::must_be_open(&mut tx, &seen).await?;
    let (mut r, _) = store::see(&tx, &actor, id, now).await?;
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &format!("/referrals/{id}"), now).await? {
        return Ok(see_other(&before));
    }
    if r.mode == Mode::Live && follow::answering_seats(&tx, r.organisation_id, app.today()).await?.is_empty() {
        return Err(Error::refused(
            "この事業所では、いまつむぐを使う人がいません。下書きを取り下げて、ほかの頼み方で頼んでください。",
        ));
    }
    let basis = consent::basis_for(&tx, &seen, r.organisation_id, now, app.today()).await?;
    let basis = basis.ok_or_else(|| {
        Error::refused("この機関に伝える有効な同意がありません。先に同意を記録してください。下書きは残っています。")
    })?;
    let sql = "/* referral::send_draft */ UPDATE referral SET basis = $2 WHERE id = $1 AND status = 'draft'";
    tx.exec(sql, platform::args![id, &basis.0]).await?;
    r.basis = basis.0;
    dispatch(&app, tx, &actor, &seen, &permit, &r, &base, now).await
}

/// A new link for a referral that still waits; the old one is dead from now on.
pub async fn new_link(
    State(app): State<App>,
    actor: Actor,
    Key(id): Key<ReferralId>,
    base: Base,
    Form(fields): Form,
) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let (r, seen) = store::see(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<SendReferral>(&actor, &seen)?;
    case::must_be_open(&mut tx, &seen).await?;
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &format!("/referrals/{id}"), now).await? {
        return Ok(see_other(&before));
    }
    if r.mode != Mode::Link || !r.status.agency_acts() {
        return Err(Error::refused("リンクを作り直せるのは、リンクで頼んで回答を待っている依頼だけです。"));
    }
    if consent::basis_for(&tx, &seen, r.organisation_id, now, app.today()).await?.is_none() {
        return Err(Error::refused("この機関に伝える有効な同意がありません。リンクは作り直せません。"));
    }
    let made = link::make(&app, &mut tx, id, now).await?;
    store::event(&app, &mut tx, (id, r.case_id), Some(&actor), &actor.name, "link", r.status, "", now).await?;
    let case = case::find(&tx, &seen).await?;
    tx.commit(&permit, &app.mint, now, Object::new("referral", id.0), None, "new_link").await?;
    Ok(pages::link_page(&app, &actor, &case, &seen, &r, &made, &base).into_response())
}
