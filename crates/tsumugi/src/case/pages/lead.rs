//! Handing the lead of a case over, with a receipt.

use super::header;
use crate::{
    account::Actor,
    app::App,
    area::{self, Worker},
    case::{
        access,
        store::{self, Case},
        transfer,
    },
    journal::Object,
    policy::{self, OfferLead, ReceiveLead},
    view,
    waiting::{self, Item, ObjectKind, WaitingKind},
    web::{self, Error, Form, Key, Result, see_other, unprocessable},
};
use axum::extract::State;
use maud::{Markup, html};
use platform::{
    form::{Errors, Fields},
    id::{CaseId, PersonId, TransferId},
    japanese::business::Reply,
};

pub fn lead_form(app: &App, case: &Case, people: &[Worker], fields: &Fields, errors: &Errors) -> Markup {
    let options: Vec<(String, String)> = people
        .iter()
        .filter(|w| w.id != case.lead_id)
        .map(|w| (w.id.to_string(), format!("{}（{}）", w.name, w.place)))
        .collect();
    let options: Vec<(&str, &str)> = options.iter().map(|(i, l)| (i.as_str(), l.as_str())).collect();
    view::form(
        app,
        fields,
        &format!("/cases/{}/lead", case.id),
        html! {
            (view::summary(errors))
            (view::field(fields, errors, "to", "引き継ぐ相手").required().select(&options))
            (view::field(fields, errors, "note", "申し送り").required().hint("いまの状況、約束、急ぐこと").max(2000).area(4))
        },
        ui::button("主担当の引継ぎを申し出る", true),
    )
}

pub async fn offer_lead(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<OfferLead>(&actor, &seen)?;
    let case = store::find(&tx, &seen).await?;
    let mut p = platform::form::Parse::new(&fields);
    let to: PersonId = p.id("to", "引き継ぐ相手");
    let note = p.paragraph("note", "申し送り", 2000);
    if to == case.lead_id {
        p.fail("to", "いまの主担当とは別の人を選んでください。");
    }
    let (to, note) = match p.finish((to, note)) {
        Ok(v) => v,
        Err(errors) => {
            let people = area::coordinators(&tx, app.today()).await?;
            let page = web::page(
                &app,
                &actor,
                "cases",
                "主担当を引き継ぐ",
                html! {
                    (header(&app, &case, &seen, ""))
                    (ui::panel("主担当を引き継ぐ", html! {}, ui::pad(lead_form(&app, &case, &people, &fields, &errors))))
                },
            );
            return Ok(unprocessable(page));
        }
    };
    store::must_be_open(&mut tx, &seen).await?;
    if !area::is_coordinator(&tx, to, now).await? {
        return Err(Error::refused("引き継ぐ相手は、いまコーディネーターである人から選んでください。"));
    }
    policy::refuse_excluded(&tx, &seen, to).await?;
    if transfer::open_transfer(&tx, &seen).await?.is_some() {
        return Err(Error::refused("すでに引継ぎの受取り待ちです。"));
    }
    if transfer::is_moving(&tx, &seen).await? {
        return Err(Error::refused("転居による引継ぎが受取り待ちです。先に取り消すか、受け取ってもらってください。"));
    }
    let offer: TransferId = app.mint.id(now);
    transfer::offer_lead(&mut tx, &app.mint, offer, &seen, case.lead_id, to, &note, now).await?;
    let due = app.calendar.due(now, Reply::OpenDays(3));
    let to_name = store::name_of_person(&tx, to).await?;
    // The receiver must be able to open what is offered, before it is received.
    access::grant(&mut tx, id, to.into(), policy::Relation::Offered, "offer", now).await?;
    let item = |kind, subject, waits_for| Item {
        kind,
        subject,
        object_kind: ObjectKind::Case,
        object: id.0,
        case: Some(id),
        waits_for,
        due,
    };
    waiting::put(&mut tx, &app.mint, now, item(WaitingKind::LeadTransfer, to.into(), "")).await?;
    waiting::put(&mut tx, &app.mint, now, item(WaitingKind::LeadPending, case.lead_id.into(), &to_name)).await?;
    tx.commit(&permit, &app.mint, now, Object::new("lead_transfer", offer.0), None, "").await?;
    Ok(see_other(&format!("/cases/{id}")))
}

pub async fn receive_lead(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<ReceiveLead>(&actor, &seen)?;
    let case = store::find(&tx, &seen).await?;
    let transfer = transfer::open_transfer(&tx, &seen)
        .await?
        .ok_or_else(|| Error::refused("この引継ぎは、すでに終わっています。"))?;
    if transfer.to_id != actor.person {
        return Err(Error::Forbidden);
    }
    let received = fields.get("answer") != "return";
    if !transfer::end_transfer(
        &mut tx,
        &app.mint,
        transfer.id,
        &seen,
        if received { "received" } else { "returned" },
        "",
        now,
    )
    .await?
    {
        return Err(Error::refused("この引継ぎは、すでに終わっています。"));
    }
    access::lapse(&mut tx, id, actor.person.into(), policy::Relation::Offered, now).await?;
    waiting::clear(&mut tx, id.0, WaitingKind::LeadTransfer).await?;
    waiting::clear(&mut tx, id.0, WaitingKind::LeadPending).await?;
    if received {
        store::set_lead(&mut tx, &app.mint, &actor, &case, actor.person, now).await?;
        waiting::hand_on_case(&mut tx, id, case.lead_id, actor.person).await?;
        store::reassign_reviews(&mut tx, &seen).await?;
    }
    tx.commit(
        &permit,
        &app.mint,
        now,
        Object::new("lead_transfer", transfer.id.0),
        None,
        if received { "received" } else { "returned" },
    )
    .await?;
    Ok(see_other(if received { format!("/cases/{id}") } else { "/".to_owned() }.as_str()))
}

/// Who offered, or the lead, takes the offer back: a receiver who is away must not hold the case.
pub async fn recall_lead(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<OfferLead>(&actor, &seen)?;
    let transfer = transfer::open_transfer(&tx, &seen).await?;
    let transfer = transfer.ok_or_else(|| Error::refused("この引継ぎは、すでに終わっています。"))?;
    if !transfer::end_transfer(&mut tx, &app.mint, transfer.id, &seen, "recalled", "申し出を取り消した", now).await?
    {
        return Err(Error::refused("この引継ぎは、すでに終わっています。"));
    }
    access::lapse(&mut tx, id, transfer.to_id.into(), policy::Relation::Offered, now).await?;
    waiting::clear(&mut tx, id.0, WaitingKind::LeadTransfer).await?;
    waiting::clear(&mut tx, id.0, WaitingKind::LeadPending).await?;
    tx.commit(&permit, &app.mint, now, Object::new("lead_transfer", transfer.id.0), None, "recalled").await?;
    Ok(see_other(&format!("/cases/{id}")))
}
