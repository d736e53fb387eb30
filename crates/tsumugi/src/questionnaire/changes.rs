//! What changed between two versions of a part.

use super::{Part, Row, value_text};

/// One change in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub what: String,
    pub before: String,
    pub after: String,
}

/// What became different. Rows are the same where their first answer is; of several that begin alike, the first is the first.
pub fn changes(part: &Part, before: &[Row], after: &[Row]) -> Vec<Change> {
    let Some(many) = part.many else {
        let none: Row = part.columns.iter().map(|_| String::new()).collect();
        let (old, new) = (before.first().unwrap_or(&none), after.first().unwrap_or(&none));
        return between(part, old, new, "");
    };
    let mut out = Vec::new();
    let mut left: Vec<&Row> = before.iter().collect();
    for new in after {
        match left.iter().position(|old| old.first() == new.first()) {
            Some(at) => {
                let old = left.remove(at);
                out.extend(between(part, old, new, &format!("{}「{}」の", many.noun, name(part, new))));
            }
            None => out.push(Change { what: many.noun.to_owned(), before: String::new(), after: whole(part, new) }),
        }
    }
    out.extend(left.iter().map(|old| Change {
        what: many.noun.to_owned(),
        before: whole(part, old),
        after: String::new(),
    }));
    out
}

fn between(part: &Part, old: &Row, new: &Row, prefix: &str) -> Vec<Change> {
    let pairs = part.columns.iter().zip(old.iter().zip(new));
    pairs
        .filter(|(_, (old, new))| old != new)
        .map(|(c, (old, new))| Change {
            what: format!("{prefix}{}", c.label),
            before: value_text(c, old),
            after: value_text(c, new),
        })
        .collect()
}

fn name(part: &Part, row: &Row) -> String {
    part.columns.first().zip(row.first()).map_or(String::new(), |(c, value)| value_text(c, value))
}

/// A row in one line.
fn whole(part: &Part, row: &Row) -> String {
    let told = part.columns.iter().zip(row).filter(|(_, value)| !value.is_empty());
    told.map(|(c, value)| value_text(c, value)).collect::<Vec<_>>().join("、")
}

#[cfg(test)]
mod tests {
    use super::{super::tests::DEVICE, *};

    fn row(values: [&str; 4]) -> Row {
        values.map(str::to_owned).to_vec()
    }

    #[test]
    fn what_came_what_went_and_what_became_different() {
        let before = [row(["管", "tube", "", "2026-11-01"]), row(["ポンプ", "pump", "2", ""])];
        let after = [row(["管", "tube", "", "2026-12-01"]), row(["吸引器", "", "1.5", ""])];
        let told: Vec<(String, String, String)> =
            changes(&DEVICE, &before, &after).into_iter().map(|c| (c.what, c.before, c.after)).collect();
        let expected = [
            ("機器「管」の次の日", "R8.11.1", "R8.12.1"),
            ("機器", "", "吸引器、1.5時間"),
            ("機器", "ポンプ、ポンプ、2時間", ""),
        ];
        assert_eq!(told, expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned())));
        assert!(changes(&DEVICE, &before, &before).is_empty());
    }

    #[test]
    fn two_rows_that_begin_alike_are_told_apart_by_their_order() {
        let before = [row(["管", "", "1", ""]), row(["管", "", "2", ""])];
        let after = [row(["管", "", "1", ""]), row(["管", "", "3", ""])];
        assert_eq!(changes(&DEVICE, &before, &after).len(), 1);
    }
}
