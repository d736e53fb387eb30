//! 利用者: who works where in which role, how they are invited, and how their access ends.

mod invitation;
mod model;
mod pages;
mod proposal;
mod roles;
mod stopped;
mod store;
#[cfg(test)]
pub(crate) mod tests;

pub use invitation::{first_link, make};
pub use pages::link_view;
pub use store::{Census, census, disable, establish, organisation_of};

use crate::routes::Routes;

pub fn routes() -> Routes {
    Routes::new()
        .get("/people", "people.manage", pages::list)
        .get("/people/new", "people.manage", pages::blank)
        .post("/people/new", "people.manage", pages::create)
        .get("/people/{id}", "people.manage", pages::show)
        .post("/people/{id}/role", "people.manage", roles::add_role)
        .post("/people/{id}/role/decide", "people.manage", roles::decide_role)
        .post("/people/{id}/role/end", "people.manage", roles::end_role)
        .post("/people/{id}/invite", "people.manage", pages::invite)
        .post("/people/{id}/recover", "people.manage", pages::recover)
        .post("/people/{id}/recover/approve", "people.manage", pages::approve)
        .post("/people/{id}/disable", "people.manage", pages::disable)
        .get("/invitations/{token}", "public", invitation::open)
        .post("/invitations/{token}", "public", invitation::enter)
}
