//! Where the data of a run are, and what can be counted there behind the product's back.

use crate::{
    command::Outcome,
    postgres::{Session, explain},
};
use rusqlite::{Connection, OpenFlags};
use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    pub fn label(self) -> &'static str {
        match self {
            Engine::Sqlite => "SQLite",
            Engine::Postgres => "PostgreSQL",
        }
    }
}

/// The database that a product is started on.
#[derive(Clone, Debug)]
pub enum Place {
    Sqlite(PathBuf),
    Postgres(String),
}

/// Tables whose rows are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    Cases,
    Entries,
    Consultations,
    Journal,
}

impl Rows {
    fn sql(self) -> &'static str {
        match self {
            Rows::Cases => "SELECT COUNT(*) FROM child_case",
            Rows::Entries => "SELECT COUNT(*) FROM timeline_entry",
            Rows::Consultations => "SELECT COUNT(*) FROM consultation",
            Rows::Journal => "SELECT COUNT(*) FROM journal",
        }
    }
}

impl Place {
    /// The options that name this place to the product.
    pub fn options(&self) -> [OsString; 2] {
        match self {
            Place::Sqlite(folder) => ["--data".into(), folder.into()],
            Place::Postgres(url) => ["--database".into(), url.into()],
        }
    }

    pub fn count(&self, rows: Rows) -> Outcome<i64> {
        self.number(rows.sql())
    }

    /// The first column of every row, as text.
    pub fn texts(&self, sql: &str) -> Outcome<Vec<String>> {
        match self {
            Place::Sqlite(folder) => {
                let file = folder.join("tsumugi.sqlite");
                let told = |error: rusqlite::Error| format!("{} could not be read: {error}.", file.display());
                let open = Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(told)?;
                let mut statement = open.prepare(sql).map_err(told)?;
                let rows = statement.query_map([], |row| row.get(0)).map_err(told)?;
                rows.collect::<Result<_, _>>().map_err(told)
            }
            Place::Postgres(url) => {
                let session = Session::open(url)?;
                let rows = session.run(session.client.query(sql, &[])).map_err(|error| explain(&error))?;
                rows.iter().map(|row| row.try_get(0).map_err(|error| explain(&error))).collect()
            }
        }
    }

    /// The one number that a statement gives.
    pub fn number(&self, sql: &str) -> Outcome<i64> {
        match self {
            Place::Sqlite(folder) => {
                let file = folder.join("tsumugi.sqlite");
                let told = |error: rusqlite::Error| format!("{} could not be counted: {error}.", file.display());
                let open = Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(told)?;
                open.query_row(sql, [], |row| row.get(0)).map_err(told)
            }
            Place::Postgres(url) => {
                let session = Session::open(url)?;
                let row = session.run(session.client.query_one(sql, &[]));
                let row = row.map_err(|error| explain(&error))?;
                row.try_get(0).map_err(|error| explain(&error))
            }
        }
    }

    /// What PostgreSQL's own housekeeping would do within a minute or two of such a load; SQLite has none.
    pub fn settle(&self) -> Outcome<()> {
        let Place::Postgres(url) = self else { return Ok(()) };
        let session = Session::open(url)?;
        for statement in ["VACUUM ANALYZE", "CHECKPOINT"] {
            session.run(session.client.batch_execute(statement)).map_err(|error| explain(&error))?;
        }
        Ok(())
    }
}

/// A folder that goes when it is dropped.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Outcome<Folder> {
        let path = std::env::temp_dir().join(format!("tsumugi-bench-{}", std::process::id()));
        fs::create_dir(&path).map_err(|error| format!("{} cannot be made: {error}.", path.display()))?;
        Ok(Folder(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("{} could not be removed: {error}.", self.0.display());
        }
    }
}
