//! Which SQL texts the product has, and where they stand.

use super::{RustFile, files::TextFile, sql_text, sql_text::Shape, tokens::Kind};

/// One of the two databases that a statement may be written for alone.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// An SQL text and where it stands.
#[derive(Debug)]
pub struct Statement {
    pub path: String,
    pub line: usize,
    pub text: String,
    /// The slice that it belongs to.
    pub slice: String,
    /// The engine whose file of a pair this is; most statements are for both.
    pub engine: Option<Engine>,
    pub shape: Shape,
    /// Test code may read whatever it checks.
    pub test: bool,
}

/// Every SQL literal in the product's sources, a `concat!` of literals as one, and every SQL file beside them.
pub fn statements(rust: &[RustFile], sql_files: &[TextFile]) -> Vec<Statement> {
    let mut all: Vec<Statement> = rust.iter().flat_map(literals).collect();
    all.extend(sql_files.iter().map(|file| Statement {
        path: file.path.clone(),
        line: 1,
        text: file.text.clone(),
        slice: RustFile::new(&file.path, "").slice().unwrap_or_default().to_owned(),
        engine: engine(&file.path),
        shape: Shape::Sql,
        test: false,
    }));
    all
}

/// The engine that a file is for by its name.
pub fn engine(path: &str) -> Option<Engine> {
    if path.ends_with(".sqlite.sql") {
        Some(Engine::Sqlite)
    } else if path.ends_with(".postgres.sql") {
        Some(Engine::Postgres)
    } else {
        None
    }
}

fn literals(file: &RustFile) -> Vec<Statement> {
    let Some(slice) = file.slice() else {
        return Vec::new();
    };
    let joined: Vec<_> = file
        .inside_macro("concat")
        .into_iter()
        .filter(|range| {
            file.code[range.clone()].iter().all(|token| token.is(',') || matches!(token.kind, Kind::Text(_)))
        })
        .collect();
    let parts = joined.iter().map(|range| {
        (range.start, file.code[range.clone()].iter().filter_map(|token| token.text()).collect::<String>())
    });
    let whole = file.code.iter().enumerate().filter(|(index, _)| !joined.iter().any(|range| range.contains(index)));
    let single = whole.filter_map(|(index, token)| Some((index, token.text()?.to_owned())));
    let mut found: Vec<(usize, String)> = parts.chain(single).collect();
    found.sort_by_key(|(index, _)| *index);
    found
        .into_iter()
        .map(|(index, text)| Statement {
            path: file.path.clone(),
            line: file.code.get(index).map_or(1, |token| token.line),
            shape: sql_text::shape(&text),
            text,
            slice: slice.to_owned(),
            engine: None,
            test: file.is_test(index),
        })
        .filter(|statement| statement.shape != Shape::Prose)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_concat_of_literals_is_one_statement_and_tests_are_left_alone() {
        let source = "fn all() { concat!(\"/* case::all */ SELECT id\", \" FROM area\") }\n#[cfg(test)] mod tests { const A: &str = \"SELECT id FROM referral\"; }";
        let rust = [RustFile::new("crates/tsumugi/src/case/store.rs", source)];
        let found = statements(&rust, &[]);
        assert_eq!(found[0].text, "/* case::all */ SELECT id FROM area");
        assert_eq!(found.iter().map(|one| one.test).collect::<Vec<_>>(), [false, true]);
    }
}
