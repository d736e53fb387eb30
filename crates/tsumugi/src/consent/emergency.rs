//! 緊急時の提供: without consent, with a reason, and reviewed by somebody else.

use super::{model::REASON_CHARS, pages, store};
use crate::{
    account::Actor,
    app::App,
    case,
    journal::Object,
    once,
    policy::{self, DiscloseInEmergency, ReviewEmergency},
    waiting::{self, Item, ObjectKind, WaitingKind},
    web::{self, Error, Form, Key, Result, see_other},
};
use axum::{extract::State, response::IntoResponse};
use platform::{
    Uuid,
    form::{Errors, Parse},
    id::{CaseId, OrganisationId},
    japanese::business::Reply,
};

pub async fn disclose(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<DiscloseInEmergency>(&actor, &seen)?;
    if fields.has("searching") {
        // The words of an emergency stay out of addresses, so the search is a post of the same form.
        let body = pages::body(&app, &tx, &actor, &seen, &fields, &Errors::default()).await?;
        drop(tx);
        app.store.read_of_case(&permit, &app.mint, now, id.into()).await?;
        return Ok(web::page(&app, &actor, "cases", "同意", body).into_response());
    }
    case::must_be_open(&mut tx, &seen).await?;
    let mut p = Parse::new(&fields);
    let to: OrganisationId = p.id("organisation", "伝える機関");
    let reason = p.paragraph("reason", "理由", 500);
    if (1..REASON_CHARS).contains(&reason.chars().count()) {
        p.fail("reason", "理由は10文字以上で、何が差し迫っているかを書いてください。");
    }
    let (to, reason) = match p.finish((to, reason)) {
        Ok(v) => v,
        Err(errors) => return pages::retry(&app, &tx, &actor, &seen, &fields, &errors).await,
    };
    if store::organisation(&tx, to).await?.is_none() {
        let errors = Errors::one("organisation", "伝える機関が見つかりません。選び直してください。");
        return pages::retry(&app, &tx, &actor, &seen, &fields, &errors).await;
    }
    let case = case::find(&tx, &seen).await?;
    let disclosure: Uuid = app.mint.uuid(now);
    let place = format!("/cases/{id}/consents");
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &place, now).await? {
        return Ok(see_other(&before));
    }
    let due = app.calendar.due(now, Reply::OpenDays(3));
    store::disclose(&mut tx, &app.mint, disclosure, &seen, to, &reason, &actor, now, due).await?;
    // 自分のしたことは、自分では確認できない（別の人が確認する）。
    let reviewer = if case.deputy_id == actor.person { case.lead_id } else { case.deputy_id };
    let reviewer = store::present(&tx, reviewer, case.municipality, now).await?;
    let item = Item {
        kind: WaitingKind::EmergencyReview,
        subject: reviewer,
        object_kind: ObjectKind::Consent,
        object: disclosure,
        case: Some(id),
        waits_for: "",
        due,
    };
    waiting::put(&mut tx, &app.mint, now, item).await?;
    tx.commit(&permit, &app.mint, now, Object::new("emergency_disclosure", disclosure), None, "").await?;
    Ok(see_other(&place))
}

pub async fn review(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<ReviewEmergency>(&actor, &seen)?;
    let mut p = Parse::new(&fields);
    let disclosure: Uuid = p.id("disclosure", "記録");
    let note = p.paragraph("note", "確認した内容", 500);
    let (disclosure, note) = match p.finish((disclosure, note)) {
        Ok(v) => v,
        Err(errors) => return pages::retry(&app, &tx, &actor, &seen, &fields, &errors).await,
    };
    if !store::reviewed(&mut tx, &app.mint, disclosure, &seen, &actor, &note, now).await? {
        return Err(Error::refused("すでに確認済みか、自分が記録した提供です。別の人が確認してください。"));
    }
    waiting::clear(&mut tx, disclosure, WaitingKind::EmergencyReview).await?;
    tx.commit(&permit, &app.mint, now, Object::new("emergency_disclosure", disclosure), None, "reviewed").await?;
    Ok(see_other(&format!("/cases/{id}/consents")))
}
