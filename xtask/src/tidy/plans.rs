//! `query-plan`: how each statement finds its rows is a reviewed file, and no statement walks through a whole growing table.

use super::{
    Finding,
    sql_text::{self, Shape},
    statements::Statement,
};
use crate::{
    command::{self, Outcome},
    postgres::{Session, explain},
};
use rusqlite::Connection;
use std::{fmt::Write as _, fs};

/// The reviewed plans, as SQLite tells them.
pub const FILE: &str = "crates/tsumugi/query_plans.txt";

/// Tables that grow with every day of work; the others hold what an area has: its people, its places, its rules.
const GROWING: &[&str] = &[
    "advice",
    "case_access",
    "case_gram",
    "case_person",
    "case_step",
    "child_case",
    "consent",
    "consent_scope",
    "consultation",
    "consultation_access",
    "consultation_step",
    "handover",
    "import_row",
    "inquiry",
    "inquiry_target",
    "journal",
    "once",
    "referral",
    "referral_escalation",
    "referral_event",
    "referral_link",
    "session",
    "timeline_entry",
    "timeline_read",
    "waiting",
];

/// Statements that may walk through a whole table, each with its reason.
const WHOLE: &str = include_str!("whole_tables.txt");

/// The plans of every statement of the product on SQLite, and what is wrong with those of both engines.
///
/// # Errors
/// When an engine refuses to explain a statement that it has prepared before.
pub fn check(
    statements: &[Statement],
    sqlite: &Connection,
    postgres: &Session,
    findings: &mut Vec<Finding>,
) -> Outcome<String> {
    let product: Vec<&Statement> = statements
        .iter()
        .filter(|one| !one.test && one.engine.is_none() && one.shape == Shape::Sql && !one.path.contains("/demo/"))
        .collect();
    // On tables without rows PostgreSQL would read everything in sequence; so it says where it has no other way.
    let settings = "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan";
    postgres.run(postgres.client.batch_execute(settings)).map_err(|error| explain(&error))?;
    let mut text = String::new();
    for one in product {
        let name = sql_text::name(&one.text).map_or_else(String::new, |n| format!("{}::{}", n.slice, n.function));
        let plan = on_sqlite(sqlite, &one.text)?;
        let _ = writeln!(text, "{name} ({})", one.path.trim_start_matches("crates/tsumugi/src/"));
        plan.iter().for_each(|line| {
            let _ = writeln!(text, "    {line}");
        });
        let words = sql_text::words(&one.text);
        let mut walked: Vec<&str> = plan.iter().filter_map(|line| walked_on_sqlite(line, &words)).collect();
        let there = on_postgres(postgres, &one.text)?;
        walked.extend(there.iter().filter_map(|line| walked_on_postgres(line)));
        let allowed = WHOLE.lines().any(|line| line.split_whitespace().next() == Some(name.as_str()));
        if let Some(table) = walked.first().filter(|_| !allowed) {
            let sentence =
                format!("{name} walks through all of {table}; give it an index, or its reason in whole_tables.txt.");
            findings.push(Finding::new(&one.path, one.line, "query-plan", sentence));
        }
    }
    Ok(text)
}

/// Compares the plans with the reviewed ones, or keeps them as reviewed.
pub fn review(text: &str, keep: bool, findings: &mut Vec<Finding>) -> Outcome<()> {
    let file = command::root().join(FILE);
    if keep {
        return fs::write(&file, text).map_err(|error| format!("{FILE} cannot be written: {error}."));
    }
    let reviewed = fs::read_to_string(&file).unwrap_or_default();
    if let Some(line) = differs(&reviewed, text) {
        let sentence = "A statement finds its rows in another way than was reviewed; look at it with git diff after cargo xtask tidy --plans.";
        findings.push(Finding::new(FILE, line, "query-plan", sentence));
    }
    Ok(())
}

/// The first line that is not the same, counted from 1.
fn differs(reviewed: &str, now: &str) -> Option<usize> {
    let (mut a, mut b) = (reviewed.lines(), now.lines());
    let mut line = 0;
    loop {
        line += 1;
        match (a.next(), b.next()) {
            (None, None) => return None,
            (left, right) if left != right => return Some(line),
            _ => {}
        }
    }
}

fn on_sqlite(sqlite: &Connection, sql: &str) -> Outcome<Vec<String>> {
    let told =
        |error: rusqlite::Error| format!("SQLite explains no plan of {}: {error}.", sql.lines().next().unwrap_or(""));
    let mut statement = sqlite.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).map_err(told)?;
    let mut rows = statement.raw_query();
    let mut lines = Vec::new();
    while let Some(row) = rows.next().map_err(told)? {
        lines.push(row.get::<_, String>(3).map_err(told)?);
    }
    Ok(lines)
}

fn on_postgres(postgres: &Session, sql: &str) -> Outcome<Vec<String>> {
    let told = |error: tokio_postgres::Error| format!("PostgreSQL explains no plan: {} {sql}", explain(&error));
    let prepared = postgres.run(postgres.client.prepare(sql)).map_err(told)?;
    let nothing = vec!["NULL"; prepared.params().len()].join(", ");
    let call = if nothing.is_empty() { "p".to_owned() } else { format!("p({nothing})") };
    postgres.run(postgres.client.batch_execute(&format!("PREPARE p AS {sql}"))).map_err(told)?;
    let rows =
        postgres.run(postgres.client.query(&format!("EXPLAIN (COSTS OFF) EXECUTE {call}"), &[])).map_err(told)?;
    postgres.run(postgres.client.batch_execute("DEALLOCATE p")).map_err(told)?;
    Ok(rows.iter().map(|row| row.get::<_, String>(0)).collect())
}

/// `SCAN c` without an index: the growing table that the alias stands for.
fn walked_on_sqlite<'a>(line: &str, words: &[&'a str]) -> Option<&'a str> {
    let alias = line.strip_prefix("SCAN ")?.split_whitespace().next()?;
    if line.contains(" USING ") {
        return None;
    }
    let named = words.windows(2).find(|pair| pair[1] == alias && GROWING.contains(&pair[0])).map(|pair| pair[0]);
    named.or_else(|| words.iter().copied().find(|word| *word == alias && GROWING.contains(word)))
}

/// `Seq Scan on child_case c`: the growing table.
fn walked_on_postgres(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("Seq Scan on ")?;
    rest.split_whitespace().next().filter(|table| GROWING.contains(table))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_through_a_growing_table_is_seen_by_its_alias() {
        let words = ["SELECT", "c", "id", "FROM", "child_case", "c", "JOIN", "person", "p"];
        assert_eq!(walked_on_sqlite("SCAN c", &words), Some("child_case"));
        assert_eq!(walked_on_sqlite("SCAN c USING INDEX child_case_kana", &words), None);
        assert_eq!(walked_on_sqlite("SEARCH c USING INDEX child_case_kana (kana_fold>?)", &words), None);
        assert_eq!(walked_on_sqlite("SCAN p", &words), None, "people are few");
        assert_eq!(walked_on_sqlite("SCAN waiting", &["FROM", "waiting", "WHERE"]), Some("waiting"));
        assert_eq!(walked_on_postgres("  ->  Seq Scan on child_case c"), Some("child_case"));
        assert_eq!(walked_on_postgres("  ->  Seq Scan on person p"), None);
        assert_eq!(walked_on_postgres("  ->  Index Scan using child_case_pkey on child_case c"), None);
    }

    #[test]
    fn the_first_changed_line_is_named() {
        assert_eq!(differs("a\nb\n", "a\nb\n"), None);
        assert_eq!(differs("a\nb\n", "a\nc\n"), Some(2));
        assert_eq!(differs("a\n", "a\nb\n"), Some(2));
    }

    #[test]
    fn sqlite_tells_an_index_from_a_walk() {
        let sqlite = Connection::open_in_memory().expect("SQLite opens");
        sqlite.execute_batch("CREATE TABLE waiting (id INTEGER PRIMARY KEY, due TEXT)").expect("a table");
        let plan = on_sqlite(&sqlite, "SELECT id FROM waiting WHERE due = $1").expect("a plan");
        assert_eq!(plan, ["SCAN waiting"]);
        sqlite.execute_batch("CREATE INDEX w ON waiting (due)").expect("an index");
        let plan = on_sqlite(&sqlite, "SELECT id FROM waiting WHERE due = $1").expect("a plan");
        assert_eq!(plan, ["SEARCH waiting USING COVERING INDEX w (due=?)"]);
    }
}
