//! ケース: one child and family, with one lead and one deputy always, and the rows that say who may see it.

mod model;
mod pages;
mod store;

pub use model::{CloseReason, Command, Custody, FamilyRelation, Guardian, Phase, Residence, Sex, Status, age_text, number_text};
pub use pages::{care_tags, checked_command, family_table, form_view, guardian_fields, header, lead_form, moves_view, person_tag};
pub use store::{
    Case, Match, Person, by_kana_prefix, by_pieces, care_json, care_of, count_mine, family, find, grant, lapse, matches, name_of, name_of_person, open, open_transfer, steps, touch,
};

use crate::routes::Routes;

pub fn routes() -> Routes {
    Routes::new()
        .get("/cases", "case.list", pages::list)
        .get("/cases/new", "case.open", pages::blank)
        .post("/cases/new", "case.open", pages::create)
        .get("/cases/{id}/edit", "case.edit", pages::edit)
        .post("/cases/{id}/edit", "case.edit", pages::save)
        .post("/cases/{id}/family", "case.edit", pages::add_family)
        .post("/cases/{id}/move", "case.move", pages::move_on)
        .post("/cases/{id}/lead", "case.offer_lead", pages::offer_lead)
        .post("/cases/{id}/lead/receive", "case.receive_lead", pages::receive_lead)
}

#[cfg(test)]
pub mod tests;
