//! What the clock looks for.

use super::{
    model::{self, AlertKind},
    store,
};
use crate::{
    app::App,
    journal::{self, Object},
    policy,
    waiting::{self, Item, ObjectKind, WaitingKind},
    web::{Error, Result},
};
use jiff::{SignedDuration, Timestamp as Instant, Unit};
use platform::{Timestamp, Uuid, id::PersonId, japanese::business::Reply, vocabulary::Vocabulary as _};

/// The hour that a moment lies in.
fn hour(at: Timestamp) -> Result<Timestamp> {
    let down = jiff::TimestampRound::new().smallest(Unit::Hour).mode(jiff::RoundMode::Trunc);
    at.round(down).map_err(|e| Error::Internal(e.to_string()))
}

/// Raises what the last hour is worth, and what the part of it that was night is; how many new alerts there are. Safe to run at any
/// time.
pub async fn look(app: &App) -> Result<usize> {
    let now: Instant = app.now();
    let mut raised = 0;
    for (kind, since, most) in model::windows(now) {
        for b in store::busy(&app.store.read().await?, since, most).await? {
            raised += usize::from(raise(app, kind, Some(b.person_id), now, b.cases).await?);
        }
    }
    let month = now.checked_sub(SignedDuration::from_hours(24 * 30)).map_err(|e| Error::Internal(e.to_string()))?;
    for f in store::frequent(&app.store.read().await?, month, model::EMERGENCIES).await? {
        // Once for each further one: the hour of the last one is what makes it new.
        raised += usize::from(raise(app, AlertKind::Emergencies, Some(f.person_id), f.last, f.times).await?);
    }
    let day = now.checked_sub(SignedDuration::from_hours(24)).unwrap_or(now);
    for e in store::exporting(&app.store.read().await?, day, model::FILES).await? {
        raised += usize::from(raise(app, AlertKind::Exports, Some(e.person_id), e.last, e.times).await?);
    }
    let lately = now.checked_sub(SignedDuration::from_secs(model::KNOCK_SECONDS)).unwrap_or(now);
    for k in store::knocking(&app.store.read().await?, lately, model::KNOCKS).await? {
        raised += usize::from(raise(app, AlertKind::Knocking, Some(k.person_id), now, k.cases).await?);
    }
    Ok(raised + former_family(app, lately).await? + kin(app, now).await?)
}

/// Who has lost the right to see their child and asks for it: told to whoever leads the case each time, and to the officers once.
async fn former_family(app: &App, since: Instant) -> Result<usize> {
    let now = app.now();
    let mut raised = 0;
    for f in store::former_family(&app.store.read().await?, since).await? {
        let id: Uuid = app.mint.uuid(now);
        let mut tx = app.store.begin().await?;
        let new = store::raise_of_case(&mut tx, id, AlertKind::FormerFamily, (f.person_id, f.case_id), hour(now)?, now)
            .await?;
        let item = Item {
            kind: WaitingKind::FamilyKnock,
            subject: f.lead_id.into(),
            object_kind: ObjectKind::Viewing,
            object: f.case_id.0,
            case: Some(f.case_id),
            waits_for: "",
            due: app.calendar.due(now, Reply::SameDay),
        };
        waiting::put(&mut tx, &app.mint, now, item).await?;
        let permit = policy::by_operator("alert.raise");
        let code = AlertKind::FormerFamily.code();
        tx.commit(&permit, &app.mint, now, Object::new("alert", id), Some(f.case_id), code).await?;
        raised += usize::from(new);
    }
    Ok(raised)
}

/// Raises what may be a look at one's own family or a colleague's, once for each person and case.
async fn kin(app: &App, now: Instant) -> Result<usize> {
    let since = now.checked_sub(SignedDuration::from_mins(10)).map_err(|e| Error::Internal(e.to_string()))?;
    let tx = app.store.read().await?;
    let mut found = Vec::new();
    for l in store::readers(&tx, since).await? {
        let kinds = [(AlertKind::Kin, model::may_be_kin(&l.name, &l.child_name)), (AlertKind::Colleague, l.colleague)];
        for (kind, _) in kinds.into_iter().filter(|(_, found)| *found) {
            if !store::was_raised(&tx, kind, l.person_id, l.case_id).await? {
                found.push((kind, l.person_id, l.case_id));
            }
        }
    }
    drop(tx);
    let mut raised = 0;
    for (kind, person, case) in found {
        let id: Uuid = app.mint.uuid(now);
        let mut tx = app.store.begin().await?;
        if store::raise_of_case(&mut tx, id, kind, (person, case), hour(now)?, now).await? {
            let permit = policy::by_operator("alert.raise");
            tx.commit(&permit, &app.mint, now, Object::new("alert", id), Some(case), kind.code()).await?;
            raised += 1;
        }
    }
    Ok(raised)
}

/// Walks the whole chain of the journal; a bad place is an alert until somebody has looked at it. The bad place, where there is one.
pub async fn journal(app: &App) -> Result<Option<i64>> {
    let seen = journal::verify(&app.store.read().await?, &[]).await?;
    let Some(fault) = seen.fault else { return Ok(None) };
    tracing::error!("the journal is broken at {}", fault.seq);
    raise(app, AlertKind::Journal, None, app.now(), fault.seq).await?;
    Ok(Some(fault.seq))
}

/// Notes of the journal have failed since then: after two hours an alert, until somebody has looked. True where it is new.
pub async fn notes(app: &App, since: Timestamp) -> Result<bool> {
    let now = app.now();
    let hours = now.duration_since(since).as_hours();
    if hours < model::NOTES_HOURS {
        return Ok(false);
    }
    raise(app, AlertKind::Notes, None, now, hours).await
}

/// `of` lies in the hour that it is about.
async fn raise(app: &App, kind: AlertKind, about: Option<PersonId>, of: Timestamp, count: i64) -> Result<bool> {
    let now = app.now();
    let id: Uuid = app.mint.uuid(now);
    let mut tx = app.store.begin().await?;
    if !store::raise(&mut tx, id, kind, about, hour(of)?, now, count).await? {
        return Ok(false);
    }
    let permit = policy::by_operator("alert.raise");
    tx.commit(&permit, &app.mint, now, Object::new("alert", id), None, kind.code()).await?;
    Ok(true)
}
