//! SQLite: several read-only connections, one writer, and one flush for every act that waits for it.

use super::{Arg, DbError, Each, Plain, Result, Row, head};
use rusqlite::{CachedStatement, Connection, OpenFlags, config::DbConfig};
use std::{
    ops::Deref,
    path::Path,
    sync::{Arc, Mutex as StdMutex, PoisonError, mpsc},
    thread,
    time::Duration,
};
use tokio::sync::{Mutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore, oneshot, watch};

/// Readers at one time. More than the cores of a small machine, so that a slow list does not hold up a short page.
const READERS: usize = 8;

#[derive(Clone)]
pub struct Lite {
    writer: Arc<Mutex<WriteSide>>,
    flush: mpsc::Sender<()>,
    readers: Arc<StdMutex<Vec<Connection>>>,
    places: Arc<Semaphore>,
    /// True once a flush has failed.
    doubt: watch::Receiver<bool>,
}

/// The one writing connection and the acts whose changes are made but not yet durable.
struct WriteSide {
    conn: Connection,
    waiting: Vec<oneshot::Sender<Result<()>>>,
    doubt: watch::Sender<bool>,
}

fn failed(e: &rusqlite::Error, sql: &str) -> DbError {
    if let rusqlite::Error::SqliteFailure(code, text) = e {
        let text = format!("{} [{}]", text.as_deref().unwrap_or(""), head(sql));
        return match code.extended_code {
            rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE | rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY => {
                DbError::Unique(text)
            }
            _ if code.code == rusqlite::ErrorCode::ConstraintViolation => DbError::Rule(text),
            _ if is_trouble_outside(code.code) => DbError::Unavailable(text),
            _ => DbError::Failed(text),
        };
    }
    DbError::Failed(format!("{e} [{}]", head(sql)))
}

/// Trouble of disk, file or lock, which is nothing that the statement did.
fn is_trouble_outside(code: rusqlite::ErrorCode) -> bool {
    use rusqlite::ErrorCode as E;
    matches!(
        code,
        E::DiskFull
            | E::SystemIoFailure
            | E::ReadOnly
            | E::CannotOpen
            | E::DatabaseBusy
            | E::DatabaseLocked
            | E::OutOfMemory
    )
}

fn configure(conn: &Connection) -> rusqlite::Result<()> {
    conn.busy_timeout(Duration::from_secs(10))?;
    // WAL with FULL loses nothing that was acknowledged when the power goes; NORMAL does (SECURITY.md of the design, §7).
    conn.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;
         PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -2048; PRAGMA mmap_size = 0;",
    )?;
    // Plans do not depend on bound values: without this every new value of a statement that could use a partial index
    // prepares it again.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.set_prepared_statement_cache_capacity(512);
    Ok(())
}

impl Lite {
    pub fn open(file: &Path) -> Result<Lite> {
        let open = |e: rusqlite::Error| DbError::Failed(format!("cannot open {}: {e}", file.display()));
        // The database is its owner's alone; SQLite gives the files beside it the same rights. A file that is there must not be
        // opened outside SQLite: closing it would take away every lock that this process has on it.
        use std::os::unix::fs::OpenOptionsExt as _;
        match std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file) {
            Ok(_) => {}
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(DbError::Failed(format!("cannot make {}: {e}", file.display()))),
        }
        let conn = Connection::open(file).map_err(open)?;
        configure(&conn).map_err(open)?;
        let mut readers = Vec::with_capacity(READERS);
        for _ in 0..READERS {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let reader = Connection::open_with_flags(file, flags).map_err(open)?;
            configure(&reader).map_err(open)?;
            readers.push(reader);
        }
        let (doubt, doubted) = watch::channel(false);
        let writer = Arc::new(Mutex::new(WriteSide { conn, waiting: Vec::new(), doubt }));
        let (flush, wake) = mpsc::channel();
        let side = Arc::downgrade(&writer);
        thread::Builder::new()
            .name("sqlite-flush".to_owned())
            .spawn(move || {
                while wake.recv().is_ok() {
                    let Some(side) = side.upgrade() else { break };
                    // The lock is fair: acts that queued before this point join the group, later ones the next.
                    side.blocking_lock().flush();
                }
            })
            .map_err(|e| DbError::Failed(e.to_string()))?;
        Ok(Lite {
            writer,
            flush,
            readers: Arc::new(StdMutex::new(readers)),
            places: Arc::new(Semaphore::new(READERS)),
            doubt: doubted,
        })
    }

    pub async fn read(&self) -> Result<LiteReader> {
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|e| DbError::Failed(e.to_string()))?;
        let conn = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let conn = conn.ok_or_else(|| DbError::Failed("no reader connection is left".to_owned()))?;
        let begun = step(&conn, "BEGIN");
        let reader = LiteReader { conn: Some(conn), home: Arc::clone(&self.readers), _place: place };
        begun.map(|()| reader)
    }

    /// Waits until a flush has failed.
    pub async fn in_doubt(&self) {
        let mut doubt = self.doubt.clone();
        // The sender ends with the database, and then there is nothing to be told any more.
        if doubt.wait_for(|failed| *failed).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    pub async fn begin(&self) -> Result<LiteWriter> {
        let mut side = Arc::clone(&self.writer).lock_owned().await;
        if *side.doubt.borrow() {
            return Err(DbError::Unavailable("a flush failed: the database must be opened anew".to_owned()));
        }
        if side.conn.is_autocommit() {
            side.forget();
            step(&side.conn, "BEGIN IMMEDIATE")?;
        }
        step(&side.conn, "SAVEPOINT act")?;
        Ok(LiteWriter { side: Some(side), flush: self.flush.clone() })
    }
}

impl WriteSide {
    /// Commits the group and answers everyone who waits for it.
    fn flush(&mut self) {
        if self.conn.is_autocommit() {
            return self.forget();
        }
        let outcome = commit(&self.conn, &self.doubt);
        if outcome.is_err() {
            // The group is lost as a whole and every waiter is told so; nothing half-done stays.
            let _ = step(&self.conn, "ROLLBACK");
        }
        self.answer(&outcome);
    }

    /// For a transaction that SQLite has ended on its own, as it does when the disk is full: nobody is told that it was kept.
    fn forget(&mut self) {
        self.answer(&Err(DbError::Unavailable("the transaction was rolled back before its commit".to_owned())));
    }

    fn answer(&mut self, outcome: &Result<()>) {
        for waiter in self.waiting.drain(..) {
            let _ = waiter.send(outcome.clone());
        }
    }
}

/// A flush that failed says nothing about what lies on the disk, and a second one might succeed without having written it
/// (the kernel forgets what it could not write). So nothing more is written through this connection: the process must end and
/// read the files anew.
fn commit(conn: &Connection, doubt: &watch::Sender<bool>) -> Result<()> {
    const SQL: &str = "COMMIT";
    let outcome = conn.prepare_cached(SQL).and_then(|mut statement| statement.execute([]));
    let code = outcome.as_ref().err().and_then(rusqlite::Error::sqlite_error).map(|e| e.extended_code);
    if matches!(code, Some(rusqlite::ffi::SQLITE_IOERR_FSYNC | rusqlite::ffi::SQLITE_IOERR_DIR_FSYNC)) {
        doubt.send_replace(true);
    }
    outcome.map(drop).map_err(|e| failed(&e, SQL))
}

fn step(conn: &Connection, sql: &'static str) -> Result<()> {
    let mut statement = conn.prepare_cached(sql).map_err(|e| failed(&e, sql))?;
    statement.execute([]).map(drop).map_err(|e| failed(&e, sql))
}

pub struct LiteReader {
    conn: Option<Connection>,
    home: Arc<StdMutex<Vec<Connection>>>,
    _place: OwnedSemaphorePermit,
}

impl Drop for LiteReader {
    fn drop(&mut self) {
        if let Some(conn) = self.conn.take() {
            let _ = step(&conn, "COMMIT");
            self.home.lock().unwrap_or_else(PoisonError::into_inner).push(conn);
        }
    }
}

impl Deref for LiteReader {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        self.conn.as_ref().expect("a reader keeps its connection until it is dropped")
    }
}

pub struct LiteWriter {
    side: Option<OwnedMutexGuard<WriteSide>>,
    flush: mpsc::Sender<()>,
}

impl LiteWriter {
    pub async fn commit(mut self) -> Result<()> {
        let Some(mut side) = self.side.take() else { return Ok(()) };
        if let Err(e) = step(&side.conn, "RELEASE act") {
            self.side = Some(side);
            return Err(e);
        }
        let (done, durable) = oneshot::channel();
        side.waiting.push(done);
        let first = side.waiting.len() == 1;
        drop(side);
        if first {
            self.flush.send(()).map_err(|e| DbError::Failed(e.to_string()))?;
        }
        match durable.await {
            Ok(outcome) => outcome,
            Err(_) => Err(DbError::Failed("the writer stopped before the commit".to_owned())),
        }
    }
}

impl Drop for LiteWriter {
    fn drop(&mut self) {
        if let Some(side) = self.side.take() {
            let _ = step(&side.conn, "ROLLBACK TO act");
            let _ = step(&side.conn, "RELEASE act");
            if side.waiting.is_empty() {
                // Nobody else has changes in this transaction, so it need not stay open.
                let _ = step(&side.conn, "ROLLBACK");
            }
        }
    }
}

impl Deref for LiteWriter {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        &self.side.as_ref().expect("a writer keeps its connection until it ends").conn
    }
}

/// Names of the placeholders. SQLite takes `$1` for a name, not a number, and counts names in order of appearance.
const NAMES: [&str; 40] = [
    "$1", "$2", "$3", "$4", "$5", "$6", "$7", "$8", "$9", "$10", "$11", "$12", "$13", "$14", "$15", "$16", "$17",
    "$18", "$19", "$20", "$21", "$22", "$23", "$24", "$25", "$26", "$27", "$28", "$29", "$30", "$31", "$32", "$33",
    "$34", "$35", "$36", "$37", "$38", "$39", "$40",
];

/// Binds by the number in the placeholder's name, as PostgreSQL does.
fn bind(statement: &mut CachedStatement<'_>, sql: &'static str, args: &[Arg]) -> Result<()> {
    if args.len() > NAMES.len() || statement.parameter_count() != args.len() {
        let text = format!("{} values for {} placeholders [{}]", args.len(), statement.parameter_count(), head(sql));
        return Err(DbError::Failed(text));
    }
    for (name, arg) in NAMES.iter().zip(args) {
        let index = statement.parameter_index(name).map_err(|e| failed(&e, sql))?;
        let index = index.ok_or_else(|| DbError::Failed(format!("no placeholder {name} [{}]", head(sql))))?;
        statement.raw_bind_parameter(index, arg).map_err(|e| failed(&e, sql))?;
    }
    Ok(())
}

pub fn all<T: Row>(conn: &Connection, sql: &'static str, args: &[Arg]) -> Result<Vec<T>> {
    let mut statement = conn.prepare_cached(sql).map_err(|e| failed(&e, sql))?;
    bind(&mut statement, sql, args)?;
    let mut rows = statement.raw_query();
    let mut out = Vec::new();
    while let Some(row) = rows.next().map_err(|e| failed(&e, sql))? {
        out.push(T::from_lite(row).map_err(|e| DbError::Decode(format!("{e} [{}]", head(sql))))?);
    }
    Ok(out)
}

pub fn exec(conn: &Connection, sql: &'static str, args: &[Arg]) -> Result<u64> {
    let mut statement = conn.prepare_cached(sql).map_err(|e| failed(&e, sql))?;
    bind(&mut statement, sql, args)?;
    let changed = statement.raw_execute().map_err(|e| failed(&e, sql))?;
    Ok(u64::try_from(changed).unwrap_or(0))
}

/// Each row of a statement that was made from the schema, in SQLite's own values.
pub fn dump(conn: &Connection, sql: &str, each: &mut Each<'_>) -> Result<u64> {
    let mut statement = conn.prepare(sql).map_err(|e| failed(&e, sql))?;
    let columns = statement.column_count();
    let mut rows = statement.raw_query();
    let (mut count, mut out) = (0, Vec::with_capacity(columns));
    while let Some(row) = rows.next().map_err(|e| failed(&e, sql))? {
        out.clear();
        for i in 0..columns {
            out.push(Plain::from(&row.get_ref(i).map_err(|e| failed(&e, sql))?));
        }
        each(&out).map_err(|e| DbError::Failed(e.to_string()))?;
        count += 1;
    }
    Ok(count)
}

pub fn load(conn: &Connection, sql: &str, rows: &[Vec<Plain>]) -> Result<()> {
    let mut statement = conn.prepare_cached(sql).map_err(|e| failed(&e, sql))?;
    for row in rows {
        statement.execute(rusqlite::params_from_iter(row)).map_err(|e| failed(&e, sql))?;
    }
    Ok(())
}

pub fn batch(conn: &Connection, sql: &str) -> Result<()> {
    conn.execute_batch(sql).map_err(|e| failed(&e, sql))
}
