//! 救急サマリーと冷蔵庫シート: what an ambulance and a hospital must know, put together from the profile, on two sheets and on one.

mod pages;
mod sheet;
mod store;
#[cfg(test)]
pub mod tests;

pub use pages::in_emergency;
pub use store::guard;

use crate::routes::Routes;

pub fn routes() -> Routes {
    Routes::new()
        .get("/cases/{id}/emergency", "care.read", pages::show)
        .post("/cases/{id}/emergency/check", "care.write", pages::check)
        .post("/cases/{id}/emergency/print", "care.print", pages::print)
        .get("/cases/{id}/emergency/versions", "care.write", pages::versions)
}
