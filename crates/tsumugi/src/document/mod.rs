//! 書類: files about a case. Each is looked at and cleaned before it is kept (crate `files`), sealed in pieces under the key of
//! the case, and shown to whoever sees 書類 and the part of the case that it tells of.

mod pages;
mod store;
#[cfg(test)]
mod tests;

pub(crate) use store::{New, add, list};

use crate::{policy::Category, routes::Routes};
use platform::vocabulary;

vocabulary! {
    /// What a file is for the people who work with it.
    pub enum PaperKind {
        Instruction = "instruction" "指示書・診断書",
        Letter = "letter" "紹介状・サマリー",
        Certificate = "certificate" "受給者証・手帳",
        Plan = "plan" "計画書・会議の記録",
        Consent = "consent" "同意書の写し",
        Photo = "photo" "写真",
        Other = "other" "その他",
    }
}

/// The parts of a case that a file can tell of.
const PARTS: [Category; 3] = [Category::Care, Category::Family, Category::Plan];

pub fn routes() -> Routes {
    Routes::new()
        .get("/cases/{id}/documents", "document.read", pages::list)
        .post("/cases/{id}/documents", "document.add", pages::add)
        .get("/documents/{id}", "document.read", pages::fetch)
        .post("/documents/{id}/remove", "document.remove", pages::remove)
}
