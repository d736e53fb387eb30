//! 緊急の閲覧: a child's life is at stake, the record is not one's own, and nobody who has it can be reached.
//!
//! Four hours, one child, what saves a life and no more; lead and privacy officer are told at once, and somebody else reviews.

mod model;
mod pages;
mod store;
#[cfg(test)]
mod tests;

use crate::routes::Routes;

pub fn routes() -> Routes {
    Routes::new()
        .get("/break-glass", "break_glass.use", pages::blank)
        .post("/break-glass", "break_glass.use", pages::open)
        .get("/break-glass/{id}", "break_glass.read", pages::show)
        .post("/break-glass/{id}/end", "break_glass.read", pages::end)
        .get("/break-glass/{id}/review", "break_glass.review", pages::review_page)
        .post("/break-glass/{id}/review", "break_glass.review", pages::review)
}
