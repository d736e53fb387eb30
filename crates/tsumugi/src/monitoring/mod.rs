//! 見守り: what is watched for a child, who reports it, what is usual for this child, and when somebody must look.

mod entry;
mod family;
mod flags;
mod model;
mod pages;
mod settings;
mod store;
#[cfg(test)]
mod tests;
mod typed;
mod watch;

pub use entry::{Wrong, form_view, keep, parse, value_text};
pub use family::{Daily, daily_of_family};
pub use model::{Band, Measure, Rule, RuleKind};
pub use store::{Reporter, add_entry, add_item, add_rule, void};
pub use typed::{NewItem, NewRule};
pub use watch::{look, look_for_silence};

use crate::routes::Routes;

pub fn routes() -> Routes {
    Routes::new()
        .get("/cases/{id}/monitoring", "monitoring.read", pages::show)
        .post("/cases/{id}/monitoring", "monitoring.report", entry::report)
        .post("/cases/{id}/monitoring/void", "monitoring.report", entry::void)
        .get("/cases/{id}/monitoring/settings", "monitoring.set", settings::show)
        .post("/cases/{id}/monitoring/items", "monitoring.set", settings::add_item)
        .post("/cases/{id}/monitoring/items/end", "monitoring.set", settings::end_item)
        .post("/cases/{id}/monitoring/rules", "monitoring.set", settings::add_rule)
        .post("/cases/{id}/monitoring/rules/end", "monitoring.set", settings::end_rule)
        .get("/flags/{id}", "monitoring.read", pages::flag)
        .post("/flags/{id}/close", "monitoring.close", pages::close)
}
