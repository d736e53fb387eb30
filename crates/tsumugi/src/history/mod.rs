//! 直した記録: what a correction replaced, field by field. A correction overwrites nothing.

mod store;

pub use store::{Entry, Subject, forget, guard, list, write};

use platform::form::Fields;

/// One field that was changed, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub label: String,
    pub before: String,
    pub after: String,
}

/// The fields of a form that differ, with their values in words; several values of one name are one list.
pub fn diff(
    names: &[(&'static str, &'static str)],
    words: &dyn Fn(&str, &str) -> String,
    before: &Fields,
    after: &Fields,
) -> Vec<Change> {
    let said = |fields: &Fields, name: &str| {
        let all: Vec<String> = fields.all(name).into_iter().filter(|v| !v.is_empty()).map(|v| words(name, v)).collect();
        all.join("、")
    };
    names
        .iter()
        .map(|(name, label)| Change {
            label: (*label).to_owned(),
            before: said(before, name),
            after: said(after, name),
        })
        .filter(|c| c.before != c.after)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_a_change_and_lists_are_one_value() {
        let names = [("name", "氏名"), ("care", "ケア"), ("note", "補足")];
        let before = Fields::default().with("name", "甲").with("care", "a").with("care", "b").with("note", "");
        let after = Fields::default().with("name", "甲").with("care", "b").with("note", "夜間");
        let words = |_: &str, v: &str| v.to_uppercase();
        let found = diff(&names, &words, &before, &after);
        let change = |label: &str, before: &str, after: &str| Change {
            label: label.to_owned(),
            before: before.to_owned(),
            after: after.to_owned(),
        };
        assert_eq!(found, [change("ケア", "A、B", "B"), change("補足", "", "夜間")]);
        assert!(diff(&names, &words, &after, &after).is_empty());
    }
}
