//! 同意: purpose × data category × recipient agency × period, and the emergency that does without and is reviewed.
//!
//! Nothing that names a child goes to another agency without [`basis_for`].

mod clock;
mod emergency;
mod ending;
mod model;
mod opposed;
mod pages;
mod paper;
mod store;
#[cfg(test)]
mod tests;
mod texts;

pub use clock::{begin_due, remind, reminder};
pub use ending::{end_for, end_move_without_basis, has_run_out, run_out, withdraw};
pub use model::{OwnWill, Standing};
pub use opposed::{END_REASON, Opposition, REASON, left, oppositions, settle, taken_out};
pub use pages::{retry, summary_view};
pub use store::{Agency, Basis, Consent, Scope, basis_for, emergencies, list, readable, standing};
pub(crate) use {
    emergency::disclose,
    model::{Category, Given, Method, Purpose},
    store::{followed_up, record},
};

use crate::routes::Routes;

pub fn routes() -> Routes {
    Routes::new()
        .get("/cases/{id}/consents", "case.read", pages::list)
        .get("/cases/{id}/consents/new", "consent.record", pages::blank)
        .post("/cases/{id}/consents/new", "consent.record", pages::record)
        .post("/cases/{id}/consents/followup", "consent.record", pages::followup)
        .post("/cases/{id}/consents/ended", "consent.record", pages::ended_seen)
        .get("/consent-texts", "consent.text", texts::show)
        .post("/consent-texts", "consent.text", texts::publish)
        .post("/cases/{id}/emergency", "consent.emergency", emergency::disclose)
        .post("/cases/{id}/emergency/review", "consent.review_emergency", emergency::review)
}
