//! 保存期間: a case that has been closed for so many years is put before the municipality's privacy officer, who decides that it
//! is erased. Thirty days later it is, unless somebody takes it back or holds it. A mark without any name stays, and the journal.

mod calls;
mod erase;
mod pages;
mod store;
#[cfg(test)]
mod tests;

pub use calls::erase_due as erase_calls_due;
pub use erase::erase_due;

use crate::routes::Routes;

pub fn routes() -> Routes {
    Routes::new()
        .get("/retention", "retention.read", pages::list)
        .post("/retention/{id}/erase", "retention.decide", pages::decide)
        .post("/retention/{id}/keep", "retention.decide", pages::cancel)
        .post("/retention/calls/erase", "retention.decide", calls::decide)
        .post("/retention/calls/keep", "retention.decide", calls::cancel)
        .get("/cases/{id}/retention", "retention.hold", pages::of_case)
        .post("/cases/{id}/retention/hold", "retention.hold", pages::hold)
        .post("/cases/{id}/retention/release", "retention.hold", pages::release)
}
