//! 社会資源: who can take which child, how full they are, and when that was last confirmed.

mod hand;
mod import;
mod import_pages;
mod model;
mod pages;
mod store;
mod update;

pub use import::{applied, previewed};
pub use model::{Capacity, KindExt, Known};
pub use pages::capacity_tone;
pub use store::{Service, find, named, set_capacity};
pub(crate) use {model::Search, store::note_unmet};

use crate::routes::Routes;

pub fn routes() -> Routes {
    Routes::new()
        .get("/resources", "resource.search", pages::search)
        .get("/resources/new", "resource.add", hand::blank)
        .post("/resources/new", "resource.add", hand::create)
        .get("/resources/imports", "resource.import", import_pages::list)
        .post("/resources/imports", "resource.import", import_pages::upload)
        .get("/resources/imports/{id}", "resource.import", import_pages::preview)
        .post("/resources/imports/{id}", "resource.import", import_pages::apply)
        .get("/resources/{id}", "resource.search", pages::show)
        .get("/resources/{id}/edit", "resource.add", hand::edit)
        .post("/resources/{id}/edit", "resource.add", hand::save)
        .post("/resources/{id}/confirm", "resource.confirm", update::confirm)
}

#[cfg(test)]
mod tests;
