//! 守る情報: for a child whom somebody must not find (DV, abuse, abduction), what would lead to them.
//!
//! When a protection begins, telephones, places and, if wished, the name leave the ordinary columns and lie in a table of their
//! own under a key of their own. Lists, searches, exports, papers and streams read the ordinary columns and cannot show them.
//! The lead and the privacy officer of the municipality read them, each time with a fresh proof and a purpose.

mod clock;
mod pages;
mod store;
#[cfg(test)]
mod tests;

pub use clock::remind;
pub use store::owner;

use crate::routes::Routes;
use platform::vocabulary;

vocabulary! {
    /// Why nobody may find the child.
    pub enum ProtectionKind {
        Violence = "violence" "配偶者などからの暴力（DV）",
        Abuse = "abuse" "虐待・連れ去りのおそれ",
        Other = "other" "そのほかの事情",
    }
}

vocabulary! {
    /// What could lead to the child.
    pub enum ProtectedField {
        Name = "name" "氏名",
        Address = "address" "住まい・居所",
        Phone = "phone" "電話",
        School = "school" "園・学校",
        Facility = "facility" "通う先・施設",
        Informant = "informant" "知らせてくれた人",
        Schedule = "schedule" "予定・時間",
    }
}

vocabulary! {
    /// What somebody reads protected facts for.
    pub enum ViewPurpose {
        Contact = "contact" "連絡をとるため",
        Visit = "visit" "訪問・送迎のため",
        Paper = "paper" "書類を作るため",
        Urgent = "urgent" "急な対応のため",
        Check = "check" "内容を確かめる・引き継ぐため",
    }
}

pub fn routes() -> Routes {
    Routes::new()
        .get("/cases/{id}/protected", "protection.read", pages::show)
        .post("/cases/{id}/protected/view", "protection.read", pages::view_facts)
        .post("/cases/{id}/protected/begin", "protection.set", pages::begin)
        .post("/cases/{id}/protected/renew", "protection.set", pages::renew)
        .post("/cases/{id}/protected/end", "protection.set", pages::end)
        .post("/cases/{id}/protected/facts", "protection.set", pages::add)
        .post("/cases/{id}/protected/facts/remove", "protection.set", pages::remove)
}
