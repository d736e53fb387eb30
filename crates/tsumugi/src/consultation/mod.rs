//! 相談受付とスクリーニング: a call becomes a record in under a minute, goes to who is on duty, and never gets lost on the way.
//!
//! 提案４－１「各種の相談に対応し、その相談内容から、適切な各分野のサービス・支援に繋ぐとともに、必要に応じて助言を行う」

mod cards;
mod from_family;
mod handover;
mod lists;
mod model;
mod pages;
mod screening;
mod store;
#[cfg(test)]
pub mod tests;

pub use from_family::{HOW_SOON, OPEN_AT_ONCE, Own, Trouble, Writer, own, write};
pub use lists::{origins, recent_of};
pub use model::{AskerKind, Channel, ConsentState, Kind, New, Status, Topic, Urgency};
pub use store::take;
pub(crate) use {
    cards::create as create_card,
    handover::offer,
    model::Move,
    screening::{Outcome, screened},
    store::{advise, find},
};

use crate::routes::Routes;

pub fn routes() -> Routes {
    Routes::new()
        .get("/consultations", "consultation.read", pages::list::list)
        .get("/consultations/new", "consultation.take", pages::intake::blank)
        .post("/consultations/new", "consultation.take", pages::intake::create)
        .post("/consultations/matches", "consultation.take", pages::intake::matches)
        .get("/consultations/{id}", "consultation.read", pages::show::show)
        .post("/consultations/{id}/advise", "consultation.screen", pages::act::advise)
        .post("/consultations/{id}/screen", "consultation.screen", pages::act::screen)
        .post("/consultations/{id}/hand-over", "consultation.hand_over", pages::act::hand_over)
        .post("/consultations/{id}/receive", "consultation.hand_over", pages::act::receive)
        .post("/consultations/{id}/recall", "consultation.hand_over", pages::act::recall)
        .get("/consultations/{id}/open-case", "case.open", pages::act::case_form)
        .post("/consultations/{id}/open-case", "case.open", pages::act::open_case)
        .get("/answer-cards", "card.read", cards::list)
        .get("/answer-cards/new", "card.write", cards::blank)
        .post("/answer-cards/new", "card.write", cards::create)
        .get("/answer-cards/{id}", "card.read", cards::show)
        .post("/answer-cards/{id}", "card.write", cards::save)
}
