//! What the family's page needs of what is watched: its items, and one's own entries.

use super::{
    store::{self, Entry, Item},
    watch,
};
use crate::{app::App, sealing, web::Result};
use jiff::ToSpan;
use platform::{
    db::Reader,
    id::{CaseId, PersonId},
};

/// What a guardian is asked, and what they answered in the last two weeks.
pub struct Daily {
    pub items: Vec<Item>,
    pub own: Vec<Entry>,
}

/// How many days back one's own entries are shown.
const DAYS: i64 = 14;

/// The caller has seen that the actor is a guardian of the child.
pub async fn daily_of_family(app: &App, tx: &Reader, case: CaseId, person: PersonId) -> Result<Daily> {
    let key = sealing::key_of(tx, case.0).await?;
    let mut items = store::items_of(tx, key.as_ref(), case).await?;
    items.retain(|i| i.by_family);
    let from = app.today().checked_sub(DAYS.days()).unwrap_or(app.today());
    let mut own = store::entries(tx, key.as_ref(), case, from, watch::READ).await?;
    own.retain(|e| e.reporter_id == person);
    Ok(Daily { items, own })
}
