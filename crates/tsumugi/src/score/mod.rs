//! スコア: 医療的ケアスコア and 超重症児スコア of a child, sheet by sheet, as a physician judged or as somebody estimates.

mod clock;
mod form;
mod model;
mod pages;
mod severe;
mod sheet;
mod store;
mod table;
#[cfg(test)]
mod tests;

pub use clock::remind;
pub use form::New;
pub use model::{Class, Severity, Ticked};
pub use pages::summary_view;
pub use store::{Sheet, add, latest};
pub use table::{Line, Machine, Watch};

use crate::routes::Routes;
use platform::vocabulary;

vocabulary! {
    /// Which score a sheet is.
    pub enum ScoreKind {
        Care = "care" "医療的ケアスコア",
        Severe = "severe" "超重症児スコア",
    }
}

pub fn routes() -> Routes {
    Routes::new()
        .get("/cases/{id}/scores", "care.read", pages::list)
        .get("/cases/{id}/scores/care", "care.write", form::care)
        .post("/cases/{id}/scores/care", "care.write", form::add_care)
        .post("/cases/{id}/scores/care/total", "care.write", form::total)
        .get("/cases/{id}/scores/severe", "care.write", form::severe)
        .post("/cases/{id}/scores/severe", "care.write", form::add_severe)
        .get("/scores/{id}", "care.read", pages::one)
        .post("/scores/{id}/withdraw", "care.write", pages::withdraw)
}
