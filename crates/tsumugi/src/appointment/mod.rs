//! 予定: who comes when. The family sees its next appointment, and whoever made it finds it on the first page.

mod model;
mod pages;
mod store;
#[cfg(test)]
mod tests;

pub use model::{AppointmentKind, New as NewAppointment};
pub use pages::{family_view, own_view};
pub use store::{for_family, make, own};

use crate::routes::Routes;

pub fn routes() -> Routes {
    Routes::new()
        .get("/cases/{id}/appointments", "case.read", pages::list)
        .post("/cases/{id}/appointments", "appointment.set", pages::make)
        .get("/cases/{id}/appointments/{appointment}", "appointment.set", pages::edit)
        .post("/cases/{id}/appointments/{appointment}", "appointment.set", pages::change)
        .post("/cases/{id}/appointments/{appointment}/cancel", "appointment.set", pages::cancel)
}
