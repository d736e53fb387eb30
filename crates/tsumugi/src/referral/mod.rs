//! つなぎ: one service per referral, and a loop that is closed only when the sender has looked at the outcome.
//!
//! The failure to prevent is 「つないだつもり」: every state that is not an end has an owner and a due time.

mod answer;
mod basis;
#[cfg(test)]
mod basis_tests;
mod escalate;
mod follow;
mod history;
mod inquiry;
mod kept;
mod link;
mod model;
mod pages;
#[cfg(test)]
mod race_tests;
mod send;
mod store;
#[cfg(test)]
pub mod tests;

pub use basis::{end_agency, end_run_out};
pub use escalate::escalate;
pub use history::of_case_between;
pub use model::{Move, Status, move_label};
pub use pages::{summary_view, tone};
pub use store::of_case;
pub(crate) use {
    inquiry::{answer as answer_inquiry, create as ask},
    link::make as make_link,
    model::Mode,
    store::{Mover, New, advance, create, find},
};

#[cfg(test)]
pub(crate) use store::{Filter, list, see};

use crate::routes::Routes;

pub fn routes() -> Routes {
    Routes::new()
        .get("/referrals", "referral.list", pages::list)
        .get("/cases/{id}/referrals", "referral.read", pages::of_one_case)
        .get("/cases/{id}/referrals/new", "referral.send", send::blank)
        .post("/cases/{id}/referrals/new", "referral.send", send::create)
        .get("/referrals/{id}", "referral.read", pages::show)
        .get("/referrals/{id}/fax", "referral.read", pages::fax_cover)
        .post("/referrals/{id}/send", "referral.send", send::send_draft)
        .post("/referrals/{id}/link", "referral.send", send::new_link)
        .post("/referrals/{id}/answer", "referral.answer", answer::by_agency)
        .post("/referrals/{id}/log", "referral.log", answer::logged)
        .post("/referrals/{id}/decide", "referral.review", answer::decided)
        .post("/cases/{id}/consents/withdraw", "consent.withdraw", basis::withdraw)
        .get("/answer/{token}", "public", link::ask_code)
        .post("/answer/{token}", "public", link::open)
        .get("/inquiries", "inquiry.answer", inquiry::list)
        .get("/inquiries/new", "inquiry.ask", inquiry::blank)
        .post("/inquiries/new", "inquiry.ask", inquiry::create)
        .get("/inquiries/{id}", "inquiry.answer", inquiry::show)
        .post("/inquiries/{id}/answer", "inquiry.answer", inquiry::answer)
        .post("/inquiries/{id}/close", "inquiry.ask", inquiry::close)
}
