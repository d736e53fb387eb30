//! One SQL text, two databases: SQLite inside the process, or PostgreSQL.
//!
//! A [`Reader`] is a read-only snapshot, a [`Writer`] a write transaction that derefs to a reader.
//! SQLite statements run inline on the calling task, because a point select takes a few microseconds and a hop to another
//! thread costs more; only the flush of a commit runs on a thread of its own, where it covers every act that waits (ADR 1).

mod arg;
mod dump;
mod lite;
mod many;
mod migrate;
mod pg;
mod row;

pub use arg::Arg;
pub use dump::{Each, Loading, Plain, Table};
pub use migrate::Migration;
pub use row::{Cell, Code, Json, Row, lite_cell, lite_text, pg_cell, pg_text};
pub use rusqlite::{Row as LiteRow, types::ValueRef as LiteValue};
pub use tokio_postgres::Row as PgRow;

use crate::live::{Announcement, Bus};
use std::{
    fmt,
    ops::Deref,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use vault::field::Roots;

/// What can go wrong in a database, as far as a caller can do something about it.
#[derive(Clone, Debug)]
pub enum DbError {
    /// A unique rule was broken: the text names the columns (SQLite) or the constraint (PostgreSQL).
    Unique(String),
    /// Another rule of the schema (check, foreign key, not null) was broken.
    Rule(String),
    /// A stored value has no meaning for the program.
    Decode(String),
    /// The database cannot do it now, and may again later: disk full, read-only or failing, server away, lock not given.
    Unavailable(String),
    /// Anything else.
    Failed(String),
}

impl fmt::Display for DbError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DbError::Unique(what) => write!(f, "unique rule broken: {what}"),
            DbError::Rule(what) => write!(f, "schema rule broken: {what}"),
            DbError::Decode(what) => write!(f, "stored value not understood: {what}"),
            DbError::Unavailable(what) => write!(f, "database not available: {what}"),
            DbError::Failed(what) => write!(f, "database failed: {what}"),
        }
    }
}
impl std::error::Error for DbError {}

pub type Result<T> = std::result::Result<T, DbError>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    pub fn name(self) -> &'static str {
        match self {
            Engine::Sqlite => "sqlite",
            Engine::Postgres => "postgres",
        }
    }
}

#[derive(Clone)]
pub struct Db {
    inner: Inner,
    bus: Bus,
    roots: Arc<Roots>,
}

#[derive(Clone)]
enum Inner {
    Lite(lite::Lite),
    Pg(Arc<pg::Pg>),
}

impl Db {
    /// Opens (and makes, where there is none) the database file.
    pub fn sqlite(file: &Path) -> Result<Db> {
        Ok(Db { inner: Inner::Lite(lite::Lite::open(file)?), bus: Bus::default(), roots: Arc::default() })
    }

    /// Connects to PostgreSQL by a URL or a key-value string.
    pub async fn postgres(url: &str) -> Result<Db> {
        let bus = Bus::default();
        let pg = pg::Pg::connect(url).await?;
        pg.forward_notifications(bus.clone());
        Ok(Db { inner: Inner::Pg(pg), bus, roots: Arc::default() })
    }

    /// The root keys of the sealed columns; without them such columns are neither read nor written.
    #[must_use]
    pub fn with_roots(self, roots: Roots) -> Db {
        Db { roots: Arc::new(roots), ..self }
    }

    pub fn roots(&self) -> &Roots {
        &self.roots
    }

    pub fn engine(&self) -> Engine {
        match &self.inner {
            Inner::Lite(_) => Engine::Sqlite,
            Inner::Pg(_) => Engine::Postgres,
        }
    }

    pub fn bus(&self) -> &Bus {
        &self.bus
    }

    /// Waits until the database cannot be trusted in this process any more: a flush of the embedded one has failed, and the files
    /// must be opened anew. PostgreSQL ends and recovers by itself.
    pub async fn in_doubt(&self) {
        match &self.inner {
            Inner::Lite(db) => db.in_doubt().await,
            Inner::Pg(_) => std::future::pending().await,
        }
    }

    pub async fn read(&self) -> Result<Reader> {
        let conn = match &self.inner {
            Inner::Lite(db) => Conn::LiteRead(Mutex::new(db.read().await?)),
            Inner::Pg(db) => Conn::Pg(db.read().await?),
        };
        Ok(Reader { conn, roots: Arc::clone(&self.roots) })
    }

    /// For one statement alone: PostgreSQL needs no transaction around it. Two statements may see two states of the data.
    pub async fn glance(&self) -> Result<Reader> {
        let conn = match &self.inner {
            Inner::Lite(db) => Conn::LiteRead(Mutex::new(db.read().await?)),
            Inner::Pg(db) => Conn::Pg(db.glance().await?),
        };
        Ok(Reader { conn, roots: Arc::clone(&self.roots) })
    }

    pub async fn begin(&self) -> Result<Writer> {
        let conn = match &self.inner {
            Inner::Lite(db) => Conn::LiteWrite(Mutex::new(db.begin().await?)),
            Inner::Pg(db) => Conn::Pg(db.begin().await?),
        };
        Ok(Writer {
            reader: Reader { conn, roots: Arc::clone(&self.roots) },
            bus: self.bus.clone(),
            announcements: Vec::new(),
        })
    }

    /// Brings the schema up to date; the version that it then has is returned.
    pub async fn migrate(&self, migrations: &[Migration]) -> Result<i64> {
        migrate::run(self, migrations).await
    }
}

/// A connection of SQLite is for one at a time; nobody waits while holding it, so the lock is always free in practice.
enum Conn {
    LiteRead(Mutex<lite::LiteReader>),
    LiteWrite(Mutex<lite::LiteWriter>),
    Pg(pg::PgTx),
}

fn held<T>(conn: &Mutex<T>) -> MutexGuard<'_, T> {
    conn.lock().unwrap_or_else(PoisonError::into_inner)
}

fn own<T>(conn: &mut Mutex<T>) -> &mut T {
    conn.get_mut().unwrap_or_else(PoisonError::into_inner)
}

/// A read-only snapshot of the database.
pub struct Reader {
    conn: Conn,
    roots: Arc<Roots>,
}

impl Reader {
    /// The root keys under which the keys of sealed columns are kept.
    pub fn roots(&self) -> &Arc<Roots> {
        &self.roots
    }

    /// All rows of a statement. The caller's statement bounds their number.
    ///
    /// Several may be asked at once (`tokio::try_join!`): PostgreSQL gets them in one message, SQLite answers one after the other.
    pub async fn all<T: Row>(&self, sql: &'static str, args: Vec<Arg>) -> Result<Vec<T>> {
        match &self.conn {
            Conn::LiteRead(c) => lite::all(&held(c), sql, &args),
            Conn::LiteWrite(c) => lite::all(&held(c), sql, &args),
            Conn::Pg(c) => c.all(sql, args).await,
        }
    }

    pub async fn opt<T: Row>(&self, sql: &'static str, args: Vec<Arg>) -> Result<Option<T>> {
        Ok(self.all(sql, args).await?.into_iter().next())
    }

    pub async fn one<T: Row>(&self, sql: &'static str, args: Vec<Arg>) -> Result<T> {
        self.opt(sql, args).await?.ok_or_else(|| DbError::Failed(format!("no row: {}", head(sql))))
    }
}

/// A write transaction. Dropped without [`Writer::commit`] it leaves nothing behind.
pub struct Writer {
    reader: Reader,
    bus: Bus,
    announcements: Vec<Announcement>,
}

impl Deref for Writer {
    type Target = Reader;
    fn deref(&self) -> &Reader {
        &self.reader
    }
}

impl Writer {
    /// The number of rows that the statement changed.
    pub async fn exec(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<u64> {
        match &mut self.reader.conn {
            Conn::LiteWrite(c) => lite::exec(own(c), sql, &args),
            Conn::Pg(c) => c.exec(sql, args).await,
            Conn::LiteRead(_) => Err(DbError::Failed("a reader cannot write".to_owned())),
        }
    }

    /// One statement for many rows; how many it changed in all.
    pub async fn exec_each(&mut self, sql: &'static str, rows: Vec<Vec<Arg>>) -> Result<u64> {
        match &mut self.reader.conn {
            Conn::LiteWrite(c) => {
                let mut changed = 0;
                for args in &rows {
                    changed += lite::exec(own(c), sql, args)?;
                }
                Ok(changed)
            }
            Conn::Pg(c) => c.exec_each(sql, rows).await,
            Conn::LiteRead(_) => Err(DbError::Failed("a reader cannot write".to_owned())),
        }
    }

    /// A statement that must not make other acts wait for this one's commit, such as the next running number: on PostgreSQL
    /// it is committed on its own and stays when this act fails; SQLite has one writer and keeps it in the act.
    pub async fn aside<T: Row>(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<T> {
        let rows = match &mut self.reader.conn {
            Conn::LiteWrite(c) => lite::all(own(c), sql, &args)?,
            Conn::Pg(c) => c.aside(sql, args).await?,
            Conn::LiteRead(_) => return Err(DbError::Failed("a reader cannot write".to_owned())),
        };
        rows.into_iter().next().ok_or_else(|| DbError::Failed(format!("no row: {}", head(sql))))
    }

    /// Several statements without parameters, for migrations only.
    async fn batch(&mut self, sql: &str) -> Result<()> {
        match &mut self.reader.conn {
            Conn::LiteWrite(c) => lite::batch(own(c), sql),
            Conn::Pg(c) => c.batch(sql).await,
            Conn::LiteRead(_) => Err(DbError::Failed("a reader cannot write".to_owned())),
        }
    }

    /// Says after the commit, to every node, that something changed. Ids only, never a personal value.
    pub fn announce(&mut self, kind: &str, id: impl fmt::Display) {
        let what = Announcement(format!("{kind}:{id}"));
        if !self.announcements.contains(&what) {
            self.announcements.push(what);
        }
    }

    /// Returns when the changes are durable, and not before.
    pub async fn commit(self) -> Result<()> {
        let Writer { reader, bus, announcements } = self;
        match reader.conn {
            Conn::LiteWrite(c) => {
                c.into_inner().unwrap_or_else(PoisonError::into_inner).commit().await?;
                for what in announcements {
                    bus.send(what);
                }
                Ok(())
            }
            Conn::Pg(c) => {
                c.commit().await?.announce(announcements);
                Ok(())
            }
            Conn::LiteRead(_) => Err(DbError::Failed("a reader cannot write".to_owned())),
        }
    }
}

/// The first line of a statement, which names its function, for errors and logs.
fn head(sql: &str) -> &str {
    sql.lines().next().unwrap_or("")
}

/// `args![a, b, c]`: bound values in order.
#[macro_export]
macro_rules! args {
    ($($e:expr),* $(,)?) => { vec![$($crate::db::Arg::from($e)),*] };
}
