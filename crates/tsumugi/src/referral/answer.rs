//! Answers and decisions: by the agency with an account, recorded on its behalf, and by the sender.

use super::{
    kept::Referral,
    model::{self, Move},
    pages,
    store::{self, Mover},
};
use crate::{
    account::Actor,
    app::App,
    journal::{Draft, Object},
    once,
    policy::{self, AnswerReferral, LogAnswer, Permit, ReviewReferral},
    web::{Error, Form, Key, Result, see_other, unprocessable},
};
use axum::extract::State;
use platform::{
    Timestamp,
    form::{Fields, Parse},
    id::ReferralId,
};

fn faster() -> Error {
    Error::refused("ほかの人が先にこの依頼を動かしました。画面を読み直して、いまの状態を確かめてください。")
}

/// The version that the person saw must be the stored one.
fn check_version(r: &Referral, fields: &Fields) -> Result<()> {
    if fields.has("version") && fields.get("version") != r.version.to_string() { Err(faster()) } else { Ok(()) }
}

async fn finish<A>(app: &App, tx: Draft, permit: &Permit<A>, r: &Referral, step: &Move, now: Timestamp) -> Result<()> {
    tx.commit(permit, &app.mint, now, Object::new("referral", r.id.0), Some(r.case_id), step.code()).await
}

pub async fn by_agency(State(app): State<App>, actor: Actor, Key(id): Key<ReferralId>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let (r, seen) = store::see(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<AnswerReferral>(&actor, &seen)?;
    if r.organisation_id != actor.organisation {
        return Err(Error::NotFound);
    }
    let step = match model::parse_answer(&fields, app.today()) {
        Ok(step) => step,
        Err(errors) => {
            let page = pages::load(&tx, &actor, r, seen).await?;
            return Ok(unprocessable(pages::page(&app, &actor, &page, &fields, &errors)));
        }
    };
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, "/referrals?done=1", now).await? {
        return Ok(see_other(&before));
    }
    check_version(&r, &fields)?;
    let label = format!("{} {}", actor.place, actor.name);
    if !store::advance(&app, &mut tx, &r, &step, &Mover { actor: Some(&actor), label: &label }, now).await? {
        return Err(faster());
    }
    finish(&app, tx, &permit, &r, &step, now).await?;
    Ok(see_other("/referrals?done=1"))
}

/// An answer by telephone or FAX, recorded on behalf of the agency, with who said it.
pub async fn logged(State(app): State<App>, actor: Actor, Key(id): Key<ReferralId>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let (r, seen) = store::see(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<LogAnswer>(&actor, &seen)?;
    let mut p = Parse::new(&fields);
    let said_by = p.line("said_by", "だれから、どうやって", 60);
    let parsed = match (p.finish(said_by), model::parse_answer(&fields, app.today())) {
        (Ok(said_by), Ok(step)) => Ok((said_by, step)),
        (a, b) => {
            let mut errors = a.err().unwrap_or_default();
            errors.0.extend(b.err().unwrap_or_default().0);
            Err(errors)
        }
    };
    let (said_by, step) = match parsed {
        Ok(v) => v,
        Err(errors) => {
            let page = pages::load(&tx, &actor, r, seen).await?;
            return Ok(unprocessable(pages::page(&app, &actor, &page, &fields, &errors)));
        }
    };
    let place = format!("/referrals/{id}");
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &place, now).await? {
        return Ok(see_other(&before));
    }
    check_version(&r, &fields)?;
    let label = format!("{}（{}）を{}が記録", r.organisation, said_by, actor.name);
    if !store::advance(&app, &mut tx, &r, &step, &Mover { actor: Some(&actor), label: &label }, now).await? {
        return Err(faster());
    }
    finish(&app, tx, &permit, &r, &step, now).await?;
    Ok(see_other(&place))
}

/// The sender's moves: supply information, review the outcome, recall, settle.
pub async fn decided(State(app): State<App>, actor: Actor, Key(id): Key<ReferralId>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let (r, seen) = store::see(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<ReviewReferral>(&actor, &seen)?;
    let step = match model::parse_decision(&fields) {
        Ok(step) => step,
        Err(errors) => {
            let page = pages::load(&tx, &actor, r, seen).await?;
            return Ok(unprocessable(pages::page(&app, &actor, &page, &fields, &errors)));
        }
    };
    let place = format!("/referrals/{id}");
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &place, now).await? {
        return Ok(see_other(&before));
    }
    check_version(&r, &fields)?;
    if matches!(step, Move::Settle { .. }) && (r.replaced_by.is_some() || r.settled_at.is_some()) {
        return Err(Error::refused("この依頼は、すでに終えたか、次の依頼があります。"));
    }
    if !store::advance(&app, &mut tx, &r, &step, &Mover { actor: Some(&actor), label: &actor.name }, now).await? {
        return Err(faster());
    }
    finish(&app, tx, &permit, &r, &step, now).await?;
    Ok(see_other(&place))
}
