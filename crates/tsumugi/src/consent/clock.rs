//! What consents begin by the clock: a municipality's view on the first day, and the paper that is still missing.

use super::store;
use crate::{
    app::App,
    case,
    journal::Object,
    policy::{self, Relation},
    waiting::{self, Item, ObjectKind, WaitingKind},
    web::Result,
};

/// Gives and asks for what is due today; how much there was. Safe to run at any time.
pub async fn begin_due(app: &App) -> Result<usize> {
    let (now, today) = (app.now(), app.today());
    let mut tx = app.store.read().await?;
    let views = store::due_to_begin(&mut tx, today).await?;
    let papers = store::forgotten_papers(&mut tx, today).await?;
    drop(tx);
    let count = views.len() + papers.len();
    for (case, seat, consent) in views {
        let mut tx = app.store.begin().await?;
        case::grant(&mut tx, case, seat.into(), Relation::Municipality, &format!("consent:{consent}"), now).await?;
        let object = Object::new("consent", consent.0);
        tx.commit(&policy::by_clock(), &app.mint, now, object, Some(case), "consent_begins").await?;
    }
    for (case, consent, lead, due) in papers {
        let mut tx = app.store.begin().await?;
        let item = Item {
            kind: WaitingKind::ConsentFollowup,
            subject: lead.into(),
            object_kind: ObjectKind::Consent,
            object: consent.0,
            case: Some(case),
            waits_for: "",
            due: app.closing_time(due),
        };
        waiting::put(&mut tx, &app.mint, now, item).await?;
        let object = Object::new("consent", consent.0);
        tx.commit(&policy::by_clock(), &app.mint, now, object, Some(case), "consent_followup").await?;
    }
    Ok(count)
}
