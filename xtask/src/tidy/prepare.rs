//! `sql-prepares`: both engines accept every migration and every statement.

use super::{
    Finding, files,
    files::TextFile,
    plans,
    sql_text::Shape,
    statements::{Engine, Statement, engine},
};
use crate::{
    command::Outcome,
    postgres::{Private, Session, explain},
};
use rusqlite::{Connection, config::DbConfig};
use std::collections::BTreeSet;

/// The table in which `platform::db` notes the steps that it took, before the first of them.
const LEDGER: &str = "CREATE TABLE schema_migration (version BIGINT PRIMARY KEY, name TEXT NOT NULL)";

/// What an engine says about an SQL text it does not like, and on which line of the text, counted from 0.
struct Complaint {
    words: String,
    line: usize,
}

/// Applies the migrations to an empty database of each engine and prepares every statement there.
/// The answer is a line that says what was prepared and which files are pairs.
///
/// # Errors
/// When an engine could not be reached; what it does not accept goes into `findings`.
pub fn check(
    statements: &[Statement],
    postgres: &Private,
    keep_plans: bool,
    findings: &mut Vec<Finding>,
) -> Outcome<String> {
    let migrations = files::migrations()?;
    let paths = statements.iter().map(|statement| statement.path.as_str()).filter(|path| path.ends_with(".sql"));
    let (pairs, alone) = pairs(migrations.iter().map(|file| file.path.as_str()).chain(paths));
    findings.extend(alone);
    let sqlite = Connection::open_in_memory().map_err(|error| format!("SQLite did not open: {error}."))?;
    // Otherwise SQLite takes a misspelt column in double quotes for a string.
    sqlite
        .set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)
        .map_err(|error| format!("SQLite refused a setting: {error}."))?;
    let on_sqlite = on_engine(Engine::Sqlite, &migrations, statements, findings, &mut |sql, migrate| {
        let done = if migrate { sqlite.execute_batch(sql) } else { sqlite.prepare(sql).map(|_| ()) };
        done.map_err(|error| sqlites(sql, &error))
    });
    let session = Session::open(&postgres.create_database("tidy")?)?;
    let on_postgres = on_engine(Engine::Postgres, &migrations, statements, findings, &mut |sql, migrate| {
        let done = if migrate {
            session.run(session.client.batch_execute(sql))
        } else {
            session.run(session.client.prepare(sql)).map(|_| ())
        };
        done.map_err(|error| postgresqls(sql, &error))
    });
    // A plan can be told of what both engines have accepted.
    if findings.iter().all(|finding| finding.rule != "sql-prepares") {
        let text = plans::check(statements, &sqlite, &session, findings)?;
        plans::review(&text, keep_plans, findings)?;
    }
    let pairs = if pairs.is_empty() { "none".to_owned() } else { pairs.join(", ") };
    Ok(format!(
        "{} migrations; {on_sqlite} statements prepared on SQLite, {on_postgres} on PostgreSQL. Pairs where the engines differ: {pairs}.",
        migrations.len()
    ))
}

/// Gives the number of statements that were accepted.
fn on_engine(
    engine: Engine,
    migrations: &[TextFile],
    statements: &[Statement],
    findings: &mut Vec<Finding>,
    run: &mut dyn FnMut(&str, bool) -> Result<(), Complaint>,
) -> usize {
    let ledger = TextFile { path: "crates/platform/src/db/migrate.rs".to_owned(), text: LEDGER.to_owned() };
    for migration in std::iter::once(&ledger).chain(in_order(migrations, engine)) {
        if let Err(complaint) = run(&migration.text, true) {
            let sentence =
                format!("{engine:?} refuses this migration: {} Nothing was prepared on it.", complaint.words);
            findings.push(Finding::new(&migration.path, complaint.line + 1, "sql-prepares", sentence));
            return 0;
        }
    }
    let mut accepted = 0;
    for statement in statements
        .iter()
        .filter(|statement| statement.shape == Shape::Sql && statement.engine.is_none_or(|only| only == engine))
    {
        match run(&statement.text, false) {
            Ok(()) => accepted += 1,
            Err(complaint) => {
                let sentence = format!("{engine:?} refuses this SQL: {}", complaint.words);
                findings.push(Finding::new(&statement.path, statement.line, "sql-prepares", sentence));
            }
        }
    }
    accepted
}

/// An engine's migrations by name. A half of a pair stands in the place of a shared file.
fn in_order(migrations: &[TextFile], wanted: Engine) -> Vec<&TextFile> {
    let mut mine: Vec<&TextFile> =
        migrations.iter().filter(|file| engine(&file.path).is_none_or(|only| only == wanted)).collect();
    mine.sort_by_key(|file| stem(&file.path).to_owned());
    mine
}

/// A path without its ending, which is the same for both halves of a pair.
fn stem(path: &str) -> &str {
    [".sqlite.sql", ".postgres.sql", ".sql"].iter().find_map(|ending| path.strip_suffix(ending)).unwrap_or(path)
}

/// The names of the pairs, and a finding for each half that is alone or has a shared file beside it.
fn pairs<'a>(paths: impl Iterator<Item = &'a str>) -> (Vec<String>, Vec<Finding>) {
    let all: BTreeSet<&str> = paths.collect();
    let mut names = Vec::new();
    let mut wrong = Vec::new();
    for path in all.iter().filter(|path| engine(path).is_some()) {
        let name = stem(path);
        let has = |ending: &str| all.contains(format!("{name}{ending}").as_str());
        let mut say = |sentence: &str| wrong.push(Finding::new(path, 1, "sql-prepares", sentence));
        if !has(".sqlite.sql") || !has(".postgres.sql") {
            say("This file is one half of a pair, and the other half is missing.");
        } else if has(".sql") {
            say("This file is one half of a pair, so the shared file beside it is never used.");
        } else if engine(path) == Some(Engine::Sqlite) {
            names.push(name.to_owned());
        }
    }
    (names, wrong)
}

/// SQLite tells the rest of the text that it was reading, and the offset of the word in it.
fn sqlites(sql: &str, error: &rusqlite::Error) -> Complaint {
    if let rusqlite::Error::SqlInputError { msg, sql: rest, offset, .. } = error {
        let place = sql.find(rest.as_str()).unwrap_or(0) + usize::try_from(*offset).unwrap_or(0);
        let before = sql.as_bytes().iter().take(place);
        return Complaint { words: format!("{msg}."), line: before.filter(|byte| **byte == b'\n').count() };
    }
    Complaint { words: format!("{error}."), line: 0 }
}

fn postgresqls(sql: &str, error: &tokio_postgres::Error) -> Complaint {
    let position = match error.as_db_error().and_then(|told| told.position()) {
        Some(tokio_postgres::error::ErrorPosition::Original(position)) => *position as usize,
        _ => 0,
    };
    Complaint { words: explain(error), line: sql.chars().take(position).filter(|c| *c == '\n').count() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::{RustFile, statements::statements};

    fn file(path: &str, text: &str) -> TextFile {
        TextFile { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn each_engine_gets_the_shared_migrations_and_its_own_halves_in_order() {
        let files =
            ["m/0010_c.sql", "m/0002_b.postgres.sql", "m/0002_b.sqlite.sql", "m/0001_a.sql"].map(|path| file(path, ""));
        let names = |engine| in_order(&files, engine).iter().map(|file| file.path.clone()).collect::<Vec<_>>();
        assert_eq!(names(Engine::Sqlite), ["m/0001_a.sql", "m/0002_b.sqlite.sql", "m/0010_c.sql"]);
        assert_eq!(names(Engine::Postgres), ["m/0001_a.sql", "m/0002_b.postgres.sql", "m/0010_c.sql"]);
    }

    #[test]
    fn a_half_without_its_twin_or_with_a_shared_file_is_a_finding() {
        let of = |paths: &[&'static str]| pairs(paths.iter().copied());
        let (names, wrong) = of(&["m/1_a.sqlite.sql", "m/1_a.postgres.sql", "m/3_c.sql"]);
        assert_eq!((names, wrong.len()), (vec!["m/1_a".to_owned()], 0));
        assert_eq!(of(&["m/2_b.sqlite.sql"]).1.len(), 1);
        let shadowed = of(&["m/1_a.sqlite.sql", "m/1_a.postgres.sql", "m/1_a.sql"]);
        assert_eq!(shadowed.1.len(), 2);
    }

    #[test]
    fn an_unknown_column_is_refused_by_sqlite_and_a_good_statement_is_not() {
        let source =
            "fn a() { \"/* area::a */ SELECT id FROM area WHERE id = $1\"; \"/* area::a */ SELECT colour FROM area\" }";
        let found = statements(&[RustFile::new("crates/tsumugi/src/area.rs", source)], &[]);
        let sqlite = Connection::open_in_memory().unwrap();
        let mut findings = Vec::new();
        let migrations = [file("m/0001_area.sql", "CREATE TABLE area (id UUID PRIMARY KEY);")];
        let accepted = on_engine(Engine::Sqlite, &migrations, &found, &mut findings, &mut |sql, migrate| {
            let done = if migrate { sqlite.execute_batch(sql) } else { sqlite.prepare(sql).map(|_| ()) };
            done.map_err(|error| sqlites(sql, &error))
        });
        assert_eq!((accepted, findings.len()), (1, 1));
        assert!(findings[0].sentence.contains("colour"));
    }
}
