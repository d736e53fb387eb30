//! 個人情報取扱特記事項: the terms that an agency accepts, with name and date, before anybody there sees anything.

mod model;
mod pages;
mod store;
#[cfg(test)]
mod tests;

pub use pages::notice;
pub use store::{accept_for_demo, bring_along, to_accept};

use crate::routes::Routes;

pub fn routes() -> Routes {
    Routes::new().get("/terms", "terms.read", pages::show).post("/terms", "terms.publish", pages::publish).post(
        "/terms/accept",
        "terms.accept",
        pages::accept,
    )
}
