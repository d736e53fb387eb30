//! 経過: typed entries about a case, corrected but never overwritten, read by the agencies of the team.

mod happened;
mod model;
mod pages;
mod store;
#[cfg(test)]
mod tests;

pub use model::{EntryKind, New};
pub use pages::entries_view;
pub(crate) use store::mark_read;
pub use store::{append, latest, medical};

use crate::routes::Routes;

pub fn routes() -> Routes {
    Routes::new()
        .get("/cases/{id}/timeline", "case.read", pages::show)
        .post("/cases/{id}/timeline", "timeline.append", pages::record)
        .get("/cases/{id}/timeline/{entry}/correct", "timeline.correct", pages::correction)
        .post("/cases/{id}/timeline/{entry}/correct", "timeline.correct", pages::correct)
}
