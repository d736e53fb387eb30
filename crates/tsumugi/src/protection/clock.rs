//! A month before the day on which a protection must be looked at again, the lead is asked to. Nothing ends by itself.

use super::store;
use crate::{
    app::App,
    journal::Object,
    policy,
    waiting::{self, Item, ObjectKind, WaitingKind},
    web::Result,
};
use jiff::ToSpan;

/// Puts what asks to look at a protection; how much there was. Safe to run at any time.
pub async fn remind(app: &App) -> Result<usize> {
    let (now, today) = (app.now(), app.today());
    let month = today.checked_add(1.month()).unwrap_or(today);
    let mut count = 0;
    for p in store::near(&app.store.read().await?, month).await? {
        let due = app.closing_time(p.until_on);
        if p.due == Some(due) {
            continue;
        }
        let mut tx = app.store.begin().await?;
        if !store::hold_until(&mut tx, p.id, p.until_on).await? {
            continue;
        }
        count += 1;
        let item = Item {
            kind: WaitingKind::ProtectionReview,
            subject: p.lead_id.into(),
            object_kind: ObjectKind::Protection,
            object: p.id,
            case: Some(p.case_id),
            waits_for: "",
            due,
        };
        waiting::put(&mut tx, &app.mint, now, item).await?;
        let object = Object::new("protection", p.id);
        tx.commit(&policy::by_clock(), &app.mint, now, object, Some(p.case_id), "protection_review").await?;
    }
    Ok(count)
}
