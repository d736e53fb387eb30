//! わが子の記録: what a guardian sees of their own child. Staff notes, reasons and other guardians are not in it.

mod daily;
mod oppose;
mod pages;
mod store;
#[cfg(test)]
pub(crate) mod tests;
mod trouble;

pub use pages::children_view;
pub use store::children;

use crate::routes::Routes;

pub fn routes() -> Routes {
    Routes::new()
        .get("/children/{id}", "family.read", pages::show)
        .get("/children/{id}/log", "family.read", pages::log)
        .get("/children/{id}/daily", "family.report", daily::blank)
        .post("/children/{id}/daily", "family.report", daily::report)
        .post("/children/{id}/daily/void", "family.report", daily::void)
        .get("/children/{id}/trouble", "family.ask", trouble::blank)
        .post("/children/{id}/trouble", "family.ask", trouble::send)
        .get("/children/{id}/oppose", "family.oppose", oppose::blank)
        .post("/children/{id}/oppose", "family.oppose", oppose::record)
}
