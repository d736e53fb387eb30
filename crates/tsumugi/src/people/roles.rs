//! Roles of people: given, approved by another administrator, ended.

use super::{
    pages::{about, load, misplaced, must_be_enabled, show_page},
    proposal::{self, Given},
    store,
};
use crate::{
    account::Actor,
    app::App,
    journal::Object,
    once,
    policy::{self, ManagePeople, Role},
    web::{Error, Form, Key, Result, see_other, unprocessable},
};
use axum::{extract::State, response::IntoResponse};
use platform::{
    Uuid,
    form::{Errors, Parse},
    id::{OrganisationId, PersonId, SeatId},
    vocabulary::Vocabulary as _,
};

pub async fn add_role(State(app): State<App>, actor: Actor, Key(id): Key<PersonId>, Form(fields): Form) -> Result {
    let now = app.now();
    if fields.has("searching") {
        policy::by_role::<ManagePeople>(&actor)?;
        let shown = load(&app.store.read().await?, id, &fields).await?;
        return Ok(show_page(&app, &actor, &shown, &fields, &Errors::default()).into_response());
    }
    let (permit, mut tx, person) = about(&app, &actor, id).await?;
    must_be_enabled(&person)?;
    let mut p = Parse::new(&fields);
    let parsed = (p.id::<OrganisationId>("organisation", "所属"), p.choice::<Role>("role", "役割"));
    let parsed = p.finish(parsed);
    let errors = match &parsed {
        Err(errors) => Some(errors.clone()),
        Ok((organisation, role)) => misplaced(store::place(&tx, *organisation).await?.as_ref(), *role),
    };
    let (Ok((organisation, role)), None) = (&parsed, &errors) else {
        let shown = load(&tx, id, &fields).await?;
        return Ok(unprocessable(show_page(&app, &actor, &shown, &fields, &errors.unwrap_or_default())));
    };
    let place = format!("/people/{id}");
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &place, now).await? {
        return Ok(see_other(&before));
    }
    let given = proposal::give(&app, &mut tx, &actor, id, (*organisation, *role), now).await?;
    let detail = match given {
        Given::Now => format!("grant {}", role.code()),
        Given::Proposed => format!("propose {}", role.code()),
        Given::Waiting => return Err(Error::refused("この役割は、もう承認を待っています。")),
    };
    tx.commit(&permit, &app.mint, now, Object::new("person", id.0), None, &detail).await?;
    Ok(see_other(&place))
}

/// Another administrator approves or turns down a role; whoever gave it may take it back.
pub async fn decide_role(State(app): State<App>, actor: Actor, Key(id): Key<PersonId>, Form(fields): Form) -> Result {
    let now = app.now();
    let (permit, mut tx, person) = about(&app, &actor, id).await?;
    let proposal: Uuid = fields.get("proposal").parse().map_err(|_| Error::NotFound)?;
    let approve = fields.get("answer") == "approve";
    if approve {
        must_be_enabled(&person)?;
    }
    let decided = proposal::decide(&app, &mut tx, &actor, id, (proposal, approve), now).await?;
    let decided = decided.ok_or_else(|| {
        Error::refused("この役割は、もう決まっているか、加えた人とは別の管理者が承認します。画面を読み直してください。")
    })?;
    let detail = format!("{} {}", if approve { "approve" } else { "turn down" }, decided.role.code());
    tx.commit(&permit, &app.mint, now, Object::new("person", id.0), None, &detail).await?;
    Ok(see_other(&format!("/people/{id}")))
}

pub async fn end_role(State(app): State<App>, actor: Actor, Key(id): Key<PersonId>, Form(fields): Form) -> Result {
    let (permit, mut tx, _) = about(&app, &actor, id).await?;
    let seat: SeatId = fields.get("seat").parse().map_err(|_| Error::NotFound)?;
    let now = app.now();
    let stands_for = policy::seat(&tx, seat).await?.ok_or(Error::NotFound)?;
    if stands_for.1 == Role::Coordinator {
        let alone = policy::cases_left_alone(&tx, id, seat, now).await?;
        if alone > 0 {
            return Err(Error::refused(format!(
                "この人は、続いているケース{alone}件の主担当か副担当です。先に引き継いでから、役割を終えてください。急ぐときは「利用を止める」を使ってください。"
            )));
        }
    }
    if store::end_grant(&mut tx, id, seat, app.today(), now).await? {
        policy::leave(&mut tx, id, stands_for, app.today(), now).await?;
        tx.commit(&permit, &app.mint, app.now(), Object::new("person", id.0), None, "role ended").await?;
    }
    Ok(see_other(&format!("/people/{id}")))
}
