//! 休みの間の代わり: a colleague on the same seat stands in for somebody for at most fourteen days, and nobody passes it on.
//!
//! For a coordinator the substitute sees the cases that the other leads or deputises (relation 代行); for a supporter they are in the
//! other's teams for those days, under the same consents of the same agency. What waits for the one comes before the other too.

mod model;
mod pages;
mod store;
#[cfg(test)]
mod tests;

pub use pages::notice;
pub use store::{now_for, turn};

use crate::routes::Routes;

pub fn routes() -> Routes {
    Routes::new().get("/cover", "cover.arrange", pages::show).post("/cover", "cover.arrange", pages::arrange).post(
        "/cover/{id}/end",
        "cover.arrange",
        pages::end,
    )
}
