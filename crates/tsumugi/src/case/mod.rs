//! ケース: one child and family, with one lead and one deputy always, and the rows that say who may see it.

mod access;
mod family;
mod guardian;
mod model;
mod pages;
mod search;
mod store;
mod transfer;

pub use access::{grant, lapse};
pub use family::{Person, family, key};
pub use model::{
    CloseReason, Command, Custody, FamilyRelation, Guardian, Phase, Residence, Sex, Status, age_text, number_text,
};
pub use pages::{
    care_tags, family_table,
    form::{checked_command, form_view, guardian_fields},
    header,
    lead::lead_form,
    moves::moves_view,
    not_agreed, person_tag, protected_notice, short_list,
};
pub use search::{Listed, Match, by_kana_prefix, by_number, by_part, count_mine, list_mine, matches};
pub use store::{
    Case, care_json, care_of, find, hold, lead_of, must_be_open, name_of, name_of_person, open, steps, touch,
};
pub use transfer::open_transfer;
pub(crate) use {
    access::end_relations,
    family::add as add_family,
    guardian::{end_account as end_guardian, link as link_guardian},
    model::Move,
    pages::lead::offer_lead,
    store::{kept_again, moved, municipality_of, reassign_reviews, rename, save, step},
};

use crate::routes::Routes;

pub fn routes() -> Routes {
    Routes::new()
        .get("/cases", "case.list", pages::list::list)
        .get("/cases/new", "case.open", pages::form::blank)
        .post("/cases/new", "case.open", pages::form::create)
        .get("/cases/{id}/edit", "case.edit", pages::edit::edit)
        .post("/cases/{id}/edit", "case.edit", pages::edit::save)
        .post("/cases/{id}/family", "family.edit", pages::family::add)
        .get("/family/{id}", "family.edit", pages::family::edit)
        .post("/family/{id}", "family.edit", pages::family::save)
        .post("/family/{id}/remove", "family.edit", pages::family::remove)
        .post("/family/{id}/account", "family.invite", guardian::invite)
        .post("/family/{id}/account/confirm", "family.invite", guardian::confirm)
        .post("/family/{id}/account/end", "family.invite", guardian::end)
        .post("/cases/{id}/move", "case.move", pages::moves::move_on)
        .post("/cases/{id}/lead", "case.offer_lead", pages::lead::offer_lead)
        .post("/cases/{id}/lead/recall", "case.offer_lead", pages::lead::recall_lead)
        .post("/cases/{id}/lead/receive", "case.receive_lead", pages::lead::receive_lead)
}

#[cfg(test)]
pub(crate) use search::{Filter, Mine, list};

#[cfg(test)]
mod family_tests;
#[cfg(test)]
pub mod tests;
