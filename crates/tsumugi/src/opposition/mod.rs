//! 反対の申し出: a guardian or the child does not want something told; of two who disagree the narrower counts at once.

mod model;
mod pages;
mod store;
#[cfg(test)]
mod tests;

pub use model::{Opposed, agencies_of};
pub use pages::choices;
pub use store::{is_opposed, oppose};

use crate::routes::Routes;

pub fn routes() -> Routes {
    Routes::new()
        .get("/cases/{id}/oppositions", "consent.withdraw", pages::list)
        .post("/cases/{id}/oppositions", "consent.withdraw", pages::record)
        .post("/cases/{id}/oppositions/end", "consent.record", pages::end)
        .post("/cases/{id}/oppositions/seen", "consent.record", pages::seen)
}
