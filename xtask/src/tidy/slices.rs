//! `slice-order`: a slice knows only the slices to its left, and nobody's store or pages but its own.

use super::{Finding, RustFile};

/// The order of the slices, one rank a line; names of one line may use one another.
pub struct Order(Vec<Vec<String>>);

/// The files at the crate's root that put all slices together.
const ABOVE_ALL: &[&str] = &["main", "lib", "routes"];

impl Order {
    pub fn parse(text: &str) -> Order {
        Order(text.lines().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect())
    }

    fn rank(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|line| line.iter().any(|one| one == name))
    }
}

/// A path from the crate's root that some code names.
struct Path {
    segments: Vec<String>,
    line: usize,
}

pub fn check(file: &RustFile, order: &Order) -> Vec<Finding> {
    let Some(own) = file.slice() else {
        return Vec::new();
    };
    if file.is_test_file() {
        return Vec::new();
    }
    let say = |line, sentence| Finding::new(&file.path, line, "slice-order", sentence);
    let mut findings = Vec::new();
    let rank = order.rank(own);
    if rank.is_none() && !ABOVE_ALL.contains(&own) {
        findings.push(say(1, format!("{own} has no place in xtask/src/tidy/slices.txt; give it one.")));
    }
    for Path { segments, line } in named_paths(file, order) {
        let Some(other) = segments.first().filter(|name| *name != own) else {
            continue;
        };
        let Some(others) = order.rank(other) else {
            continue;
        };
        if rank.is_some_and(|rank| others > rank) {
            findings.push(say(line, format!("{own} uses {other}, which stands to its right in the order of slices.")));
        }
        if let Some(inner) = segments.get(1).filter(|inner| matches!(inner.as_str(), "store" | "pages")) {
            findings.push(say(line, format!("{own} names {other}::{inner}; only {other} itself may.")));
        }
    }
    findings
}

/// Every `crate::…`, every `super::…` that leaves the slice, and every `slice::store` or `slice::pages`.
fn named_paths(file: &RustFile, order: &Order) -> Vec<Path> {
    let mut paths = Vec::new();
    let depth = depth(&file.path);
    for index in 0..file.code.len() {
        if file.is_test(index) || index > 0 && file.code[index - 1].is(':') {
            continue;
        }
        if file.stands(index, &["crate", ":", ":"]) {
            tree(file, index + 3, &[], &mut paths);
        } else if file.stands(index, &["super", ":", ":"]) {
            let supers = (0..).take_while(|step| file.stands(index + step * 3, &["super", ":", ":"])).count();
            if supers == depth {
                tree(file, index + supers * 3, &[], &mut paths);
            }
        } else if let Some(name) = file.code[index].word().filter(|name| order.rank(name).is_some())
            && (file.stands(index + 1, &[":", ":", "store"]) || file.stands(index + 1, &[":", ":", "pages"]))
        {
            let inner = file.code[index + 3].word().unwrap_or_default();
            paths.push(Path { segments: vec![name.to_owned(), inner.to_owned()], line: file.code[index].line });
        }
    }
    paths
}

/// How many `super` lead from this file's module to the crate's root.
fn depth(path: &str) -> usize {
    let inside = path.strip_prefix("crates/tsumugi/src/").unwrap_or(path);
    inside.split('/').filter(|part| !matches!(*part, "mod.rs" | "lib.rs" | "main.rs")).count()
}

/// Reads a path or a tree of them, as in `case::{self, model::Id}`, and gives the index after it.
fn tree(file: &RustFile, start: usize, before: &[String], paths: &mut Vec<Path>) -> usize {
    let mut segments = before.to_vec();
    let mut index = start;
    let line = file.code.get(start).map_or(1, |token| token.line);
    while let Some(token) = file.code.get(index) {
        if token.is('{') {
            let end = file.closing(index);
            let mut inner = index + 1;
            while inner < end {
                inner = tree(file, inner, &segments, paths).max(inner + 1);
            }
            return end + 1;
        }
        let Some(word) = token.word() else { break };
        segments.push(word.to_owned());
        if !file.stands(index + 1, &[":", ":"]) {
            index += 1;
            break;
        }
        index += 3;
    }
    if segments.len() > before.len() {
        paths.push(Path { segments, line });
    }
    index
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> usize {
        let order = Order::parse("app policy\naccount\ncase\nreferral");
        check(&RustFile::new(&format!("crates/tsumugi/src/{path}"), text), &order).len()
    }

    #[test]
    fn a_slice_may_use_what_stands_to_its_left() {
        let text = "use crate::{app::App, case::{self, CaseId}, policy}; use super::model::X; fn f() { crate::account::find() }";
        assert_eq!(findings("referral/store.rs", text), 0);
        assert_eq!(findings("policy.rs", "use crate::app::App;"), 0);
        assert_eq!(findings("routes.rs", "use crate::referral;"), 0);
    }

    #[test]
    fn a_slice_may_not_use_what_stands_to_its_right() {
        assert_eq!(findings("case/mod.rs", "use crate::{policy, referral::ReferralId};"), 1);
        assert_eq!(findings("case/mod.rs", "fn f() { crate::referral::of_case() }"), 1);
        assert_eq!(findings("case/store.rs", "use super::super::referral;"), 1);
        assert_eq!(findings("app.rs", "use crate::case::CaseId;"), 1);
    }

    #[test]
    fn nobody_names_anothers_store_or_pages() {
        assert_eq!(findings("referral/mod.rs", "use crate::case::{model, store};"), 1);
        assert_eq!(findings("routes.rs", "use crate::case; fn f() { case::pages::show() }"), 1);
        assert_eq!(findings("referral/mod.rs", "mod store; use crate::referral::store; fn f() { store::find() }"), 0);
    }

    #[test]
    fn a_module_without_a_place_is_a_finding_and_a_test_is_free() {
        assert_eq!(findings("helpers.rs", ""), 1);
        assert_eq!(findings("case/tests.rs", "use crate::referral;"), 0);
        assert_eq!(findings("case/mod.rs", "#[cfg(test)] mod tests { use crate::referral; }"), 0);
    }
}
