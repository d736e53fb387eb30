//! What is done with a consultation: advice, screening, hand-over, opening a case.

use super::show::{self, Loaded};
use crate::{
    account::Actor,
    app::App,
    area, case,
    consultation::{
        handover,
        model::{AskerKind, Move, Screening, Status},
        screening::{self, Outcome},
        store,
    },
    draft,
    journal::{Draft, Object},
    once,
    policy::{self, HandOver, OpenCase, ScreenConsultation},
    web::{self, Error, Form, Key, Result, see_other, unprocessable},
};
use axum::extract::State;
use maud::{Markup, html};
use platform::{
    args,
    form::{Errors, Fields, Parse},
    id::{CaseId, ConsultationId, PersonId},
    serde_json::{Map, Value},
    vocabulary::Vocabulary as _,
};

fn retry(app: &App, actor: &Actor, l: &Loaded, fields: &Fields, errors: &Errors) -> axum::response::Response {
    unprocessable(show::page(app, actor, l, fields, errors, html! {}))
}

pub async fn advise(State(app): State<App>, actor: Actor, Key(id): Key<ConsultationId>, Form(fields): Form) -> Result {
    let permit = policy::by_role::<ScreenConsultation>(&actor)?;
    let now = app.now();
    let mut tx = app.store.begin().await?;
    store::hold(&mut tx, id).await?;
    let l = show::load(&app, &tx, &actor, id).await?;
    let mut p = Parse::new(&fields);
    let body = p.paragraph("advice", "助言・対応", 4000);
    let minutes = p.optional_number("advice_minutes", "かかった分", 0..=1440).unwrap_or(0);
    let (body, minutes) = match p.finish((body, minutes)) {
        Ok(v) => v,
        Err(errors) => return Ok(retry(&app, &actor, &l, &fields, &errors)),
    };
    let place = format!("/consultations/{id}");
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &place, now).await? {
        return Ok(see_other(&before));
    }
    store::advise(&app, &mut tx, &l.c, &actor, &body, minutes, now).await?;
    tx.commit(&permit, &app.mint, now, Object::new("consultation", id.0), None, "advice").await?;
    Ok(see_other(&place))
}

pub async fn screen(State(app): State<App>, actor: Actor, Key(id): Key<ConsultationId>, Form(fields): Form) -> Result {
    let permit = policy::by_role::<ScreenConsultation>(&actor)?;
    let now = app.now();
    let mut tx = app.store.begin().await?;
    store::hold(&mut tx, id).await?;
    let l = show::load(&app, &tx, &actor, id).await?;
    let numbered = duplicate_by_number(&mut tx, &actor, &app, &fields).await?;
    let screening = match Screening::parse(&numbered, app.today()) {
        Ok(s) => s,
        Err(errors) => return Ok(retry(&app, &actor, &l, &fields, &errors)),
    };
    if let Move::Duplicate { of } = screening.step {
        if of == id {
            let errors =
                Errors::one("duplicate_of", "この相談そのものの番号です。もとの相談の番号を入力してください。");
            return Ok(retry(&app, &actor, &l, &fields, &errors));
        }
        if store::find(&tx, &actor, of, now).await.is_err() {
            let errors = Errors::one("duplicate_of", "重複している相談を番号で入力してください（例 R8-0012）。");
            return Ok(retry(&app, &actor, &l, &fields, &errors));
        }
    }
    if screening.step == Move::OpenCase {
        no_second_case(&l.c)?;
    }
    let next = l.c.status.after(&screening.step).map_err(Error::refused)?;
    // The case form comes next; what was found so far is saved first, and the state moves when the case is opened.
    let to_case = show::opens_case(next);
    let next = if to_case { Status::Triaging } else { next };
    let needs = if matches!(screening.step, Move::Reopen { .. }) {
        l.c.needs.clone().map_or(Value::Null, |n| n.0)
    } else {
        needs_json(&screening)
    };
    let (reason, review_on, duplicate_of) = match &screening.step {
        Move::WaitForInformation { reason, review_on } => (Some(reason.as_str()), Some(*review_on), None),
        Move::Advise { reason }
        | Move::Link { reason }
        | Move::HandOverOutside { reason }
        | Move::Withdraw { reason }
        | Move::Reopen { reason } => (Some(reason.as_str()), None, None),
        Move::Duplicate { of } => (Some("重複"), None, Some(*of)),
        Move::Begin | Move::OpenCase => (None, None, None),
    };
    let outcome = Outcome {
        next,
        urgency: screening.urgency,
        municipality: screening.municipality,
        consent_state: screening.consent_state,
        needs,
        reason,
        review_on,
        duplicate_of,
        case: None,
    };
    let version = fields.get("version").parse().unwrap_or(-1);
    if !screening::screened(&app, &mut tx, &l.c, version, &actor, &outcome, now).await? {
        let extra = ui::notice(
            ui::Tone::Alert,
            "ほかの人が先にこの相談を変えました",
            html! {
                p { "いまの状態は「" (l.c.status.label()) "」です。あなたの入力は下に残っています。見比べて、よければもう一度記録してください。" }
            },
        );
        let again = crate::view::on_newer(&fields, l.c.version);
        return Err(Error::Conflict(Box::new(show::page(&app, &actor, &l, &again, &Errors::default(), extra))));
    }
    draft::discard(&mut tx, &actor, &fields).await?;
    tx.commit(&permit, &app.mint, now, Object::new("consultation", id.0), None, next.code()).await?;
    Ok(see_other(&if to_case { format!("/consultations/{id}/open-case") } else { format!("/consultations/{id}") }))
}

fn needs_json(s: &Screening) -> Value {
    Value::Object(s.needs.iter().map(|(f, t)| (f.code().to_owned(), Value::String(t.clone()))).collect::<Map<_, _>>())
}

/// People name a duplicate by its number; the form carries the id from here on.
async fn duplicate_by_number(tx: &mut Draft, actor: &Actor, app: &App, fields: &Fields) -> Result<Fields> {
    let typed = fields.get("duplicate_of").trim().to_uppercase();
    let Some((year, number)) = typed.strip_prefix('R').and_then(|t| t.split_once('-')) else {
        return Ok(fields.clone());
    };
    let (Ok(year), Ok(number)) = (year.parse::<i64>(), number.parse::<i64>()) else { return Ok(fields.clone()) };
    let sql =
        "/* consultation::duplicate_by_number */ SELECT id FROM consultation WHERE fiscal_year = $1 AND number = $2";
    let found: Option<(ConsultationId,)> = tx.opt(sql, args![year.saturating_add(2018), number]).await?;
    let Some((id,)) = found else { return Ok(fields.clone()) };
    if store::find(tx, actor, id, app.now()).await.is_err() {
        // A number that the actor may not see is answered like one that does not exist.
        return Ok(fields.clone());
    }
    let mut out = Fields::default();
    for (name, value) in fields.iter().filter(|(n, _)| *n != "duplicate_of") {
        out = out.with(name, value);
    }
    Ok(out.with("duplicate_of", id.to_string()))
}

pub async fn hand_over(
    State(app): State<App>,
    actor: Actor,
    Key(id): Key<ConsultationId>,
    Form(fields): Form,
) -> Result {
    let permit = policy::by_role::<HandOver>(&actor)?;
    let now = app.now();
    let mut tx = app.store.begin().await?;
    store::hold(&mut tx, id).await?;
    let l = show::load(&app, &tx, &actor, id).await?;
    let mut p = Parse::new(&fields);
    let to: PersonId = p.id("to", "引き継ぐ相手");
    let note = p.optional_paragraph("note", "申し送り", 500).unwrap_or_default();
    if to == l.c.owner_id {
        p.fail("to", "いまの担当とは別の人を選んでください。");
    }
    let (to, note) = match p.finish((to, note)) {
        Ok(v) => v,
        Err(errors) => return Ok(retry(&app, &actor, &l, &fields, &errors)),
    };
    if !l.c.is_handed_over_by(actor.person) {
        return Err(Error::refused("引き継げるのは、いまの担当だけです。"));
    }
    if !l.c.status.is_open() {
        return Err(Error::refused("終わった相談は引き継げません。先に再開してください。"));
    }
    if l.handovers.iter().any(|h| h.status == "offered") {
        return Err(Error::refused("すでに引継ぎの受取り待ちです。"));
    }
    if !area::is_coordinator(&tx, to, now).await? {
        return Err(Error::refused("引き継ぐ相手は、いまコーディネーターである人から選んでください。"));
    }
    handover::offer(&app, &mut tx, app.mint.id(now), id, actor.person, to, &note, now).await?;
    tx.commit(&permit, &app.mint, now, Object::new("consultation", id.0), None, "offered").await?;
    Ok(see_other(&format!("/consultations/{id}")))
}

/// Who offered may take the offer back: a receiver who is away must not hold it.
pub async fn recall(State(app): State<App>, actor: Actor, Key(id): Key<ConsultationId>) -> Result {
    let permit = policy::by_role::<HandOver>(&actor)?;
    let now = app.now();
    let mut tx = app.store.begin().await?;
    store::hold(&mut tx, id).await?;
    let l = show::load(&app, &tx, &actor, id).await?;
    let over = || Error::refused("この引継ぎは、すでに終わっています。");
    let offer = l.handovers.iter().find(|h| h.status == "offered").ok_or_else(over)?;
    if offer.from_id != actor.person && !l.c.is_handed_over_by(actor.person) {
        return Err(Error::Forbidden);
    }
    if !handover::recall_offer(&app, &mut tx, &l.c, offer, now).await? {
        return Err(over());
    }
    tx.commit(&permit, &app.mint, now, Object::new("consultation", id.0), None, "recalled").await?;
    Ok(see_other(&format!("/consultations/{id}")))
}

pub async fn receive(State(app): State<App>, actor: Actor, Key(id): Key<ConsultationId>, Form(fields): Form) -> Result {
    let permit = policy::by_role::<HandOver>(&actor)?;
    let now = app.now();
    let mut tx = app.store.begin().await?;
    store::hold(&mut tx, id).await?;
    let l = show::load(&app, &tx, &actor, id).await?;
    let over = || Error::refused("この引継ぎは、すでに終わっています。");
    let offer = l.handovers.iter().find(|h| h.status == "offered").ok_or_else(over)?;
    if offer.to_id != actor.person {
        return Err(Error::Forbidden);
    }
    let received = fields.get("answer") != "return";
    let mut p = Parse::new(&fields);
    let reason = if received { String::new() } else { p.line("reason", "返す理由", 200) };
    let reason = match p.finish(reason) {
        Ok(v) => v,
        Err(errors) => return Ok(retry(&app, &actor, &l, &fields, &errors)),
    };
    if !handover::answer_offer(&app, &mut tx, &l.c, offer, received, &reason, now).await? {
        return Err(over());
    }
    let detail = if received { "received" } else { "returned" };
    tx.commit(&permit, &app.mint, now, Object::new("consultation", id.0), None, detail).await?;
    Ok(see_other(&format!("/consultations/{id}")))
}

fn case_page(
    app: &App,
    actor: &Actor,
    id: ConsultationId,
    people: &[area::Worker],
    fields: &Fields,
    errors: &Errors,
) -> Markup {
    web::page(
        app,
        actor,
        "consultations",
        "ケースを開く",
        html! {
            (ui::heading(&ui::Heading { over: "相談の受付", title: "相談からケースを開く", actions: html! {} }))
            (ui::panel("お子さんと担当", html! {}, ui::pad(case::form_view(app, &format!("/consultations/{id}/open-case"), people, fields, errors, true))))
        },
    )
}

/// The case form, filled with what the caller already told: a story told once is not asked for again.
pub async fn case_form(State(app): State<App>, actor: Actor, Key(id): Key<ConsultationId>) -> Result<Markup> {
    let permit = policy::by_role::<OpenCase>(&actor)?;
    let tx = app.store.read().await?;
    let c = store::find(&tx, &actor, id, app.now()).await?;
    no_second_case(&c)?;
    let people = area::coordinators(&tx, app.today()).await?;
    let before_discharge = c.residence.is_some_and(|r| !matches!(r, case::Residence::Home | case::Residence::Facility));
    // A colleague of the same municipality; of another one only who is chosen by hand.
    let near = people.iter().find(|w| w.id != actor.person && w.place == c.municipality.label());
    let deputy = near.map_or(String::new(), |w| w.id.to_string());
    let parent = c.asker_kind == AskerKind::Parent;
    let fields = Fields::default()
        .with("name", c.child_name.clone().unwrap_or_default())
        .with("kana", c.child_kana.clone().unwrap_or_default())
        .with("birth", c.child_birth.map_or(String::new(), |b| b.to_string()))
        .with("sex", c.child_sex.unwrap_or(case::Sex::Unknown).code())
        .with("municipality", c.municipality.code())
        .with("residence", c.residence.unwrap_or(case::Residence::Home).code())
        .with("residence_note", c.asker_place.clone().filter(|_| before_discharge).unwrap_or_default())
        .with("status", if before_discharge { "planned" } else { "active" })
        .with("lead", actor.person.to_string())
        .with("deputy", deputy)
        .with("guardian_name", c.asker_name.clone().filter(|_| parent).unwrap_or_default())
        .with("guardian_phone", c.asker_phone.clone().filter(|_| parent).unwrap_or_default())
        .with("is_guardian", "1")
        .with("together", "1");
    drop(tx);
    app.store.read_by_role(&permit, &app.mint, app.now(), Object::new("consultation", id.0)).await?;
    Ok(case_page(&app, &actor, id, &people, &fields, &Errors::default()))
}

/// A reopened consultation keeps its case.
fn no_second_case(c: &store::Consultation) -> Result<()> {
    if c.case_id.is_some() {
        Err(Error::refused("この相談には、すでにケースがあります。"))
    } else {
        Ok(())
    }
}

pub async fn open_case(
    State(app): State<App>,
    actor: Actor,
    Key(id): Key<ConsultationId>,
    Form(fields): Form,
) -> Result {
    let permit = policy::by_role::<OpenCase>(&actor)?;
    let (now, today) = (app.now(), app.today());
    let mut tx = app.store.begin().await?;
    store::hold(&mut tx, id).await?;
    let c = store::find(&tx, &actor, id, now).await?;
    // A form that comes twice leads to the case that the first one opened.
    let case: CaseId = app.mint.id(now);
    let place = format!("/cases/{case}");
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &place, now).await? {
        return Ok(see_other(&before));
    }
    no_second_case(&c)?;
    let command = match case::checked_command(&app, &tx, &fields, today, true).await? {
        Ok(command) => command,
        Err(errors) => {
            let people = area::coordinators(&tx, today).await?;
            return Ok(unprocessable(case_page(&app, &actor, id, &people, &fields, &errors)));
        }
    };
    let next = c.status.after(&Move::OpenCase).map_err(Error::refused)?;
    debug_assert_eq!(next, Status::CaseOpened, "the state machine says so");
    case::open(&mut tx, &app.mint, case, &actor, &command, now, today).await?;
    let outcome = Outcome {
        next,
        urgency: c.urgency,
        municipality: c.municipality,
        consent_state: c.consent_state,
        needs: c.needs.clone().map_or(Value::Null, |n| n.0),
        reason: Some("ケースを開いた"),
        review_on: None,
        duplicate_of: None,
        case: Some(case),
    };
    if !screening::screened(&app, &mut tx, &c, c.version, &actor, &outcome, now).await? {
        return Err(Error::refused("ほかの人が先にこの相談を変えました。画面を読み直してください。"));
    }
    tx.commit(&permit, &app.mint, now, Object::new("case", case.0), Some(case), "from_consultation").await?;
    Ok(see_other(&place))
}
