//! Puts watched days before the lead when their time comes, and takes them away from closed cases.

use super::{due::DueKind, store};
use crate::{app::App, case, journal::Object, policy, waiting, web::Result};
use jiff::ToSpan;
use platform::vocabulary::Vocabulary as _;

/// How many days there were to put forward or to take away. Safe to run at any time.
pub async fn remind(app: &App) -> Result<usize> {
    let (now, today) = (app.now(), app.today());
    let mut count = 0;
    for kind in DueKind::ALL {
        let until = today.checked_add(kind.lead_times().0.days()).unwrap_or(today);
        for near in store::near(&app.store.read().await?, *kind, until, None).await? {
            let Some(due) = kind.due(near.due_on, today) else { continue };
            let mut tx = app.store.begin().await?;
            case::hold(&mut tx, near.case_id).await?;
            // Somebody may have written, handed over or closed in between.
            if !store::near(&tx, *kind, until, Some(near.id)).await?.contains(&near) {
                continue;
            }
            if near.closed {
                waiting::clear(&mut tx, near.id, kind.waiting()).await?;
            } else {
                store::put_before(&mut tx, &app.mint, &near, *kind, app.closing_time(due), now).await?;
            }
            let object = Object::new("profile_due", near.id);
            tx.commit(&policy::by_clock(), &app.mint, now, object, Some(near.case_id), "profile_due").await?;
            count += 1;
        }
    }
    Ok(count)
}
