//! 見張り: somebody opens many children's records in an hour, or many at night, or the journal is broken. Found by the clock
//! within a minute, and shown to people who are not the one it is about.

mod model;
mod pages;
mod store;
#[cfg(test)]
mod tests;
mod watch;

pub use model::AlertKind;
pub use pages::panel;
pub use store::open_count;
pub use watch::{journal, look, notes};

use crate::routes::Routes;

pub fn routes() -> Routes {
    Routes::new().get("/alerts", "alert.read", pages::list).post("/alerts/{id}", "alert.handle", pages::handle)
}
