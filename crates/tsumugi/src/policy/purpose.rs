//! What an entry of the journal says about an act beside who and what: what it was for, which classes of personal data it was
//! about, and under which table of rights it was decided. Pure.

use super::{Category, Shown};
use platform::vocabulary;
use sha2::{Digest as _, Sha256};
use std::{fmt::Write as _, sync::LazyLock};

vocabulary! {
    /// What somebody looked or acted for. It follows from the act and from why it was allowed: nobody has to type it,
    /// and where one has to (protected facts, an emergency) it stands in the record of its own.
    pub enum ActPurpose {
        Support = "support" "支援のため",
        Answer = "answer" "依頼に答えるため",
        Office = "office" "市町・県の業務のため",
        Emergency = "emergency" "緊急のため",
        Family = "family" "本人・家族として",
        Oversight = "oversight" "記録や権限を確かめるため",
        Operation = "operation" "システムの運用のため",
    }
}

/// What an act on this basis is for.
pub fn purpose(act: &str, basis: &str) -> ActPurpose {
    let overseen = ["viewing.", "history.", "retention.", "alert.", "people."];
    if overseen.iter().any(|start| act.starts_with(start))
        || act.contains("review_break_glass")
        || act == "break_glass.review"
    {
        return ActPurpose::Oversight;
    }
    match basis {
        "emergency" => ActPurpose::Emergency,
        "guardian" | "family" => ActPurpose::Family,
        "asked" | "link" => ActPurpose::Answer,
        "municipality" | "city" | "prefecture" => ActPurpose::Office,
        "privacy" | "auditor" | "admin" | "council" => ActPurpose::Oversight,
        "clock" | "operator" | "setup" | "passkey" | "self" => ActPurpose::Operation,
        _ if act.starts_with("break_glass.") => ActPurpose::Emergency,
        _ => ActPurpose::Support,
    }
}

/// The classes of personal data (F1 who it is, F2 care, F3 family and free words, F4 protected) that an act is about: on a case
/// by the parts that were in sight, elsewhere by the act. Empty where no personal data of a child are in it.
pub fn classes(act: &str, shown: Option<Shown>) -> &'static str {
    if act.starts_with("protection.") {
        return "F4";
    }
    if let Some(shown) = shown.filter(|s| *s != Shown::NOTHING) {
        let care = shown.has(Category::Care) || shown.has(Category::Plan);
        let sensitive = shown.has(Category::Family) || shown.has(Category::Documents);
        return match (care, sensitive) {
            (true, true) => "F1 F2 F3",
            (true, false) => "F1 F2",
            (false, true) => "F1 F3",
            (false, false) => "F1",
        };
    }
    let family = ["consultation.", "break_glass.", "family."];
    let named = ["case.", "home.", "search.", "alert.", "viewing."];
    match act {
        _ if family.iter().any(|start| act.starts_with(start)) => "F1 F2 F3",
        _ if act.starts_with("referral.") => "F1 F2",
        _ if named.iter().any(|start| act.starts_with(start)) || shown.is_some() => "F1",
        _ => "",
    }
}

/// The table of rights that counted: the first twelve digits of the SHA-256 of `policy_matrix.txt`, which people sign.
pub fn version() -> &'static str {
    static VERSION: LazyLock<String> = LazyLock::new(|| {
        let digest = Sha256::digest(include_str!("../../policy_matrix.txt"));
        digest.iter().take(6).fold(String::new(), |mut out, byte| {
            let _ = write!(out, "{byte:02x}");
            out
        })
    });
    &VERSION
}

#[cfg(test)]
mod tests {
    use super::{
        super::{CASE_ACTS, ROLE_ACTS},
        *,
    };

    #[test]
    fn what_an_act_was_for_follows_from_why_it_was_allowed() {
        assert_eq!(purpose("case.read", "lead"), ActPurpose::Support);
        assert_eq!(purpose("case.read", "municipality"), ActPurpose::Office);
        assert_eq!(purpose("viewing.read", "lead"), ActPurpose::Oversight);
        assert_eq!(purpose("family.read", "guardian"), ActPurpose::Family);
        assert_eq!(purpose("break_glass.read", "emergency"), ActPurpose::Emergency);
        assert_eq!(purpose("break_glass.use", "supporter"), ActPurpose::Emergency);
        assert_eq!(purpose("break_glass.review", "lead"), ActPurpose::Oversight);
        assert_eq!(purpose("break_glass.review_as_officer", "privacy"), ActPurpose::Oversight);
        assert_eq!(purpose("referral.answer_by_link", "link"), ActPurpose::Answer);
        assert_eq!(purpose("journal.seal", "clock"), ActPurpose::Operation);
    }

    #[test]
    fn every_act_on_a_case_is_about_somebody_and_says_no_more_than_was_in_sight() {
        for (act, ..) in CASE_ACTS {
            assert!(!classes(act, Some(Shown::NOTHING)).is_empty(), "{act}");
            let named = Shown::NOTHING.with(Category::Identity);
            assert!(matches!(classes(act, Some(named)), "F1" | "F4"), "{act}");
            assert!(matches!(classes(act, Some(named.with(Category::Plan))), "F1 F2" | "F4"), "{act}");
            assert!(matches!(classes(act, Some(Shown::all())), "F1 F2 F3" | "F4"), "{act}");
        }
        // Institutions, accounts and rules; numbers of cases without a name.
        let of_nobody =
            ["resource.", "people.", "terms.", "duty.", "card.", "inquiry.", "cover.", "consent.text", "retention."];
        for (act, ..) in ROLE_ACTS {
            let nobody = of_nobody.iter().any(|start| act.starts_with(start));
            assert_eq!(classes(act, None).is_empty(), nobody, "{act}");
        }
    }

    #[test]
    fn the_version_is_of_the_signed_table() {
        assert_eq!(version().len(), 12);
        assert!(version().chars().all(|c| c.is_ascii_hexdigit()));
    }
}
