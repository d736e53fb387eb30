//! Words with rules of their own: the clock's, chance's, and those that people read.

use super::{Finding, RustFile, tokens::Kind};

const CLOCKS: &[&[&str]] = &[
    &["Timestamp", ":", ":", "now"],
    &["SystemTime", ":", ":", "now"],
    &["Instant", ":", ":", "now"],
    &["Zoned", ":", ":", "now"],
    &["Uuid", ":", ":", "now_v7"],
    &["Uuid", ":", ":", "new_v4"],
    &["rand", ":", ":", "rng"],
    &["thread_rng"],
];

/// The two files that the rest of the product gets its times, ids and random numbers from.
const KEEPERS: &[&str] = &["crates/platform/src/clock.rs", "crates/platform/src/id.rs"];

/// `wall-clock`: times, ids and random numbers come from `platform`, or a comment says why not,
/// `// wall clock: reason` on the same line or the one above.
pub fn wall_clock(file: &RustFile) -> Vec<Finding> {
    if KEEPERS.contains(&file.path.as_str()) {
        return Vec::new();
    }
    let excused = |line: usize| {
        file.comments.iter().any(|comment| {
            let Kind::Comment(text) = &comment.kind else {
                return false;
            };
            let reason = text.trim_start_matches('/').trim_start().strip_prefix("wall clock:");
            (comment.line == line || comment.line + 1 == line) && reason.is_some_and(|reason| !reason.trim().is_empty())
        })
    };
    let found = (0..file.code.len()).filter_map(|index| {
        let words = CLOCKS.iter().find(|words| file.stands(index, words))?;
        let line = file.code[index].line;
        let sentence = format!("{} belongs into platform::clock or platform::id; take the value as an argument, or say // wall clock: reason.", words.concat());
        (!excused(line)).then(|| Finding::new(&file.path, line, "wall-clock", sentence))
    });
    found.collect()
}

/// `vocabulary-glossary`: each enum of a `vocabulary!` has a line in a table of the glossary.
pub fn vocabularies(files: &[RustFile], glossary: &str) -> Vec<Finding> {
    let explained = |name: &str| {
        let word = format!("`{name}`");
        glossary.lines().any(|line| line.trim_start().starts_with('|') && line.contains(&word))
    };
    let mut findings = Vec::new();
    for file in files {
        for range in file.inside_macro("vocabulary") {
            for index in range {
                let Some(name) = file.code.get(index + 1).and_then(|token| token.word()) else {
                    continue;
                };
                if file.stands(index, &["enum"]) && !file.is_test(index) && !explained(name) {
                    let sentence =
                        format!("The vocabulary {name} has no line with `{name}` in a table of docs/glossary.md.");
                    findings.push(Finding::new(&file.path, file.code[index].line, "vocabulary-glossary", sentence));
                }
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clocks(path: &str, text: &str) -> usize {
        wall_clock(&RustFile::new(path, text)).len()
    }

    #[test]
    fn only_the_keepers_read_the_clock() {
        let path = "crates/tsumugi/src/case/pages.rs";
        assert_eq!(clocks(path, "let at = jiff::Timestamp::now();"), 1);
        assert_eq!(clocks(path, "let id = uuid::Uuid::now_v7(); let n = rand::rng();"), 2);
        assert_eq!(clocks("crates/platform/src/clock.rs", "Timestamp::now()"), 0);
        assert_eq!(clocks(path, "// Timestamp::now\nlet s = \"Timestamp::now\"; let at = clock.now();"), 0);
    }

    #[test]
    fn a_reason_excuses_its_line() {
        let path = "crates/tsumugi/src/main.rs";
        assert_eq!(clocks(path, "let at = Instant::now(); // wall clock: measures the start"), 0);
        assert_eq!(clocks(path, "// wall clock: measures the start\nlet at = Instant::now();"), 0);
        assert_eq!(clocks(path, "let at = Instant::now(); // wall clock:"), 1);
    }

    #[test]
    fn every_vocabulary_is_in_the_glossary() {
        let files = [RustFile::new(
            "crates/tsumugi/src/case/model.rs",
            "vocabulary! { /// Where.\n pub enum Phase { Open = \"open\" \"開始\" } }",
        )];
        assert_eq!(vocabularies(&files, "| 段階 | だんかい | phase | `Phase` |").len(), 0);
        assert_eq!(vocabularies(&files, "The `Phase` is explained nowhere.").len(), 1);
        assert_eq!(vocabularies(&files, "| 段階 | phase | `PhaseChange` |").len(), 1);
    }
}
