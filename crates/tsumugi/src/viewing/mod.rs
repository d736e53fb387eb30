//! 閲覧: who can see a case, on which basis and until when; and who did see it.

mod corrections;
mod exclusion;
mod model;
mod pages;
mod store;
#[cfg(test)]
mod tests;

pub use pages::log_table;
pub use store::log_of_family;

use crate::routes::Routes;

pub fn routes() -> Routes {
    Routes::new()
        .get("/cases/{id}/viewing", "viewing.read", pages::who)
        .get("/cases/{id}/viewing/log", "viewing.read", pages::log)
        .get("/cases/{id}/viewing/corrections", "history.read", corrections::show)
        .post("/cases/{id}/viewing/knock", "viewing.exclude", pages::knock_seen)
        .post("/cases/{id}/exclusions", "viewing.exclude", exclusion::exclude)
        .post("/cases/{id}/exclusions/end", "viewing.exclude", exclusion::readmit)
}
