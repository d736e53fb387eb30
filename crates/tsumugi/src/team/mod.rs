//! チーム: the professions and agencies around one child. Membership makes and ends `case_access` in the same transaction.
//!
//! 提案４－１「ケース毎に『多職種連携ができるチーム』の形成を促し」

mod pages;
mod store;

pub use pages::summary_view;
pub use store::{Member, current};
pub(crate) use store::{New, add, end};

use crate::routes::Routes;

pub fn routes() -> Routes {
    Routes::new()
        .get("/cases/{id}/team", "case.read", pages::show)
        .post("/cases/{id}/team", "team.manage", pages::add)
        .post("/cases/{id}/team/end", "team.manage", pages::end)
}
