//! 医療的ケアの状況: what a child lives with, part by part and version by version, with the days that must not be missed.

mod check;
mod clock;
mod due;
mod edit;
mod pages;
mod parts;
mod power;
mod store;
#[cfg(test)]
mod tests;

pub use check::oshima;
pub use clock::remind;
pub use due::DueKind;
pub use parts::{PARTS, part_of};
pub use power::{Without, hours_text, without_mains};
pub use store::{Version, current, medical, watch, write};

use crate::routes::Routes;

pub fn routes() -> Routes {
    Routes::new()
        .get("/cases/{id}/care", "care.read", pages::show)
        .get("/cases/{id}/care/edit", "care.write", edit::form)
        .post("/cases/{id}/care/edit", "care.write", edit::save)
        .post("/cases/{id}/care/check", "care.write", edit::check)
        .get("/cases/{id}/care/history", "care.read", pages::history)
}
