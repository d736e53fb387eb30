//! A Rust file as the rules see it: its code, its comments, its tests and its macros.

use super::tokens::{Kind, Token, tokens};

/// A Rust file, split into code and comments.
pub struct RustFile {
    /// The path from the workspace's folder.
    pub path: String,
    /// All tokens but the comments.
    pub code: Vec<Token>,
    pub comments: Vec<Token>,
    tests: Vec<std::ops::Range<usize>>,
}

impl RustFile {
    pub fn new(path: &str, text: &str) -> RustFile {
        let (comments, code) = tokens(text).into_iter().partition(|token| matches!(token.kind, Kind::Comment(_)));
        let mut file = RustFile { path: path.to_owned(), code, comments, tests: Vec::new() };
        file.tests = file.test_modules();
        file
    }

    /// Whether the token at this index is test code: in a test file, or in a module under `#[cfg(test)]`.
    pub fn is_test(&self, index: usize) -> bool {
        self.is_test_file() || self.tests.iter().any(|range| range.contains(&index))
    }

    pub fn is_test_file(&self) -> bool {
        self.path
            .split('/')
            .any(|part| matches!(part, "tests" | "tests.rs" | "testing" | "testing.rs") || part.ends_with("_tests.rs"))
    }

    /// The first folder or file under the product's sources: the slice that this file belongs to.
    pub fn slice(&self) -> Option<&str> {
        let place = self.path.strip_prefix("crates/tsumugi/src/")?;
        place.split('/').next().map(|part| part.strip_suffix(".rs").unwrap_or(part))
    }

    /// Whether these words and marks stand at this index; a pair of colons is two marks.
    pub fn stands(&self, index: usize, wanted: &[&str]) -> bool {
        wanted.iter().enumerate().all(|(offset, want)| match self.code.get(index + offset).map(|token| &token.kind) {
            Some(Kind::Word(word)) => word == want,
            Some(Kind::Mark(mark)) => want.chars().eq([*mark]),
            _ => false,
        })
    }

    /// The index of the bracket that closes the one at `open`, or the end of the file.
    pub fn closing(&self, open: usize) -> usize {
        let mut depth = 0_usize;
        for (index, token) in self.code.iter().enumerate().skip(open) {
            match token.kind {
                Kind::Mark('(' | '[' | '{') => depth += 1,
                Kind::Mark(')' | ']' | '}') => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return index;
            }
        }
        self.code.len()
    }

    /// The ranges inside the brackets of every call of this macro.
    pub fn inside_macro(&self, name: &str) -> Vec<std::ops::Range<usize>> {
        (0..self.code.len())
            .filter(|&index| self.stands(index, &[name, "!"]))
            .filter(|&index| {
                self.code.get(index + 2).is_some_and(|token| matches!(token.kind, Kind::Mark('(' | '[' | '{')))
            })
            .map(|index| index + 3..self.closing(index + 2))
            .collect()
    }

    fn test_modules(&self) -> Vec<std::ops::Range<usize>> {
        (0..self.code.len())
            .filter(|&index| self.stands(index, &["#", "[", "cfg", "(", "test", ")", "]"]))
            .filter_map(|index| {
                let open = (index + 7..self.code.len()).find(|&at| self.code[at].is('{') || self.code[at].is(';'))?;
                self.code[open].is('{').then(|| index..self.closing(open))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_modules_are_told_from_the_rest() {
        let file =
            RustFile::new("crates/tsumugi/src/a.rs", "fn a() {}\n#[cfg(test)]\nmod tests { fn b() {} }\nfn c() {}");
        let of = |name: &str| file.code.iter().position(|token| token.word() == Some(name)).unwrap();
        assert!(!file.is_test(of("a")) && file.is_test(of("b")) && !file.is_test(of("c")));
        assert!(RustFile::new("crates/tsumugi/src/a/tests.rs", "").is_test_file());
    }
}
