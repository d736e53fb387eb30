//! 反対の申し出: a guardian or the child does not want something told; of two who disagree the narrower counts at once.

mod model;
mod pages;
mod store;
#[cfg(test)]
mod tests;

pub use model::{Opposed, agencies_of, may_oppose};
pub use pages::choices;
pub use store::{is_opposed, oppose};

use crate::routes::Routes;

pub fn routes() -> Routes {
    Routes::new()
        .get("/cases/{id}/oppositions", "consent.oppose", pages::list)
        .post("/cases/{id}/oppositions", "consent.oppose", pages::record)
        .post("/cases/{id}/oppositions/end", "consent.end_opposition", pages::end)
        .post("/cases/{id}/oppositions/seen", "consent.end_opposition", pages::seen)
}
