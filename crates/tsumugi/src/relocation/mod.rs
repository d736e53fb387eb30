//! 転居による引継ぎ: a case goes to another municipality. Who keeps it proposes, the family has agreed, the coordinators there
//! receive it; who had it before reads on for ninety days and changes nothing.

mod model;
mod pages;
mod store;
#[cfg(test)]
mod tests;

pub use store::proposed;

use crate::routes::Routes;

pub fn routes() -> Routes {
    Routes::new()
        .get("/cases/{id}/relocation", "case.read", pages::show)
        .post("/cases/{id}/relocation", "case.relocate", pages::propose)
        .post("/cases/{id}/relocation/recall", "case.relocate", pages::recall)
        .post("/cases/{id}/relocation/receive", "case.receive_relocation", pages::receive)
}
