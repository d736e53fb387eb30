//! The SQL of the product: every statement has a name, and none reads a child's rows without saying who may.

use super::{Finding, RustFile, sql_text, sql_text::Shape, statements::Statement};
use std::collections::HashSet;

const CLOCKS: &[&str] =
    &["NOW", "CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME", "LOCALTIMESTAMP", "RANDOM", "GEN_RANDOM_UUID"];

/// The rules `sql-name`, `unscoped-read` and, for SQL, `wall-clock`. Test code may read whatever it checks.
pub fn check(statements: &[Statement], rust: &[RustFile]) -> Vec<Finding> {
    let functions = functions(rust);
    let product = statements.iter().filter(|statement| !statement.test);
    product
        .flat_map(|statement| [misnamed(statement, &functions), unscoped_read(statement), clock(statement)])
        .flatten()
        .collect()
}

/// Every function as its place and name: of its file, and of its slice for the SQL files.
fn functions(rust: &[RustFile]) -> HashSet<(&str, &str)> {
    let mut all = HashSet::new();
    for file in rust {
        for pair in file.code.windows(2) {
            if let (Some("fn"), Some(name)) = (pair[0].word(), pair[1].word()) {
                all.insert((file.path.as_str(), name));
                all.extend(file.slice().map(|slice| (slice, name)));
            }
        }
    }
    all
}

fn misnamed(statement: &Statement, functions: &HashSet<(&str, &str)>) -> Option<Finding> {
    let say = |sentence: String| Some(Finding::new(&statement.path, statement.line, "sql-name", sentence));
    if statement.shape == Shape::LowerCase {
        return say("SQL keywords are written in upper case.".to_owned());
    }
    let slice = &statement.slice;
    let Some(name) = sql_text::name(&statement.text) else {
        return say(format!(
            "This SQL does not begin with /* {slice}::function */ or /* {slice}::function unscoped: reason */."
        ));
    };
    if name.slice != slice {
        return say(format!("This SQL says that it is in {}, but it is in {slice}.", name.slice));
    }
    let place = if statement.path.ends_with(".sql") { slice } else { &statement.path };
    if !functions.contains(&(place.as_str(), name.function)) {
        return say(format!("There is no fn {} in {place}.", name.function));
    }
    None
}

fn unscoped_read(statement: &Statement) -> Option<Finding> {
    let words = sql_text::words(&statement.text);
    let bound = include_str!("case_bound.txt");
    let table =
        sql_text::tables_read(&words).into_iter().find(|table| bound.lines().any(|line| line.trim() == *table))?;
    let scoped = !sql_text::selects(&words)
        || words.contains(&"case_access")
        || sql_text::name(&statement.text).is_some_and(|name| name.unscoped.is_some());
    let sentence =
        format!("This SELECT reads {table} without case_access; join it, or say why not with unscoped: reason.");
    (!scoped).then(|| Finding::new(&statement.path, statement.line, "unscoped-read", sentence))
}

fn clock(statement: &Statement) -> Option<Finding> {
    let word =
        sql_text::words(&statement.text).into_iter().find(|word| CLOCKS.contains(&word.to_uppercase().as_str()))?;
    let sentence = format!("Times, ids and random numbers are bound, so {word} has no place in SQL.");
    Some(Finding::new(&statement.path, statement.line, "wall-clock", sentence))
}

/// The statements that carry `unscoped: reason`, one line each.
pub fn unscoped(statements: &[Statement]) -> Vec<String> {
    let lines = statements.iter().filter(|statement| !statement.test).filter_map(|statement| {
        let name = sql_text::name(&statement.text)?;
        Some(format!("{}:{}: {}::{}: {}", statement.path, statement.line, name.slice, name.function, name.unscoped?))
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::statements::statements;

    fn findings(sql: &str) -> Vec<&'static str> {
        let source = format!("fn find() {{ let sql = \"{sql}\"; }}");
        let rust = [RustFile::new("crates/tsumugi/src/case/store.rs", &source)];
        check(&statements(&rust, &[]), &rust).into_iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn a_named_and_scoped_statement_is_fine() {
        assert_eq!(
            findings("/* case::find */ SELECT c.id FROM child_case c JOIN case_access a ON a.case_id = c.id"),
            [""; 0]
        );
        assert_eq!(findings("/* case::find unscoped: a sum of the area */ SELECT COUNT(*) FROM child_case"), [""; 0]);
        assert_eq!(findings("/* case::find */ UPDATE child_case SET phase = $1 WHERE id = $2"), [""; 0]);
    }

    #[test]
    fn a_statement_needs_the_name_of_a_function_of_its_own_file() {
        assert_eq!(findings("SELECT id FROM area"), ["sql-name"]);
        assert_eq!(findings("/* consent::find */ SELECT id FROM area"), ["sql-name"]);
        assert_eq!(findings("/* case::lost */ SELECT id FROM area"), ["sql-name"]);
        assert_eq!(findings("/* case::find */ select id from area"), ["sql-name"]);
    }

    #[test]
    fn a_read_of_a_case_bound_table_needs_case_access_or_a_reason() {
        assert_eq!(findings("/* case::find */ SELECT id FROM child_case"), ["unscoped-read"]);
        assert_eq!(
            findings("/* case::find */ UPDATE area SET n = (SELECT COUNT(*) FROM area JOIN consent k ON TRUE)"),
            ["unscoped-read"]
        );
    }

    #[test]
    fn sql_reads_no_clock() {
        assert_eq!(findings("/* case::find */ SELECT id FROM area WHERE since < now()"), ["wall-clock"]);
    }

    #[test]
    fn unscoped_statements_are_listed_with_their_reasons() {
        let rust = [RustFile::new(
            "crates/tsumugi/src/home.rs",
            "fn n() { \"/* home::n unscoped: a sum */ SELECT 1 FROM referral\" }",
        )];
        assert_eq!(unscoped(&statements(&rust, &[])), ["crates/tsumugi/src/home.rs:1: home::n: a sum"]);
    }
}
