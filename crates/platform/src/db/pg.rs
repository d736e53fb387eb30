//! PostgreSQL: a pool of connections, a cache of prepared statements, BEGIN sent together with the first statement.

use super::{
    Arg, DbError, Each, Plain, Result, Row, head,
    many::{chunks, many_rows, shape},
};
use crate::live::{Announcement, Bus};
use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use futures_util::{StreamExt, future, stream};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::mpsc;
use tokio_postgres::{AsyncMessage, Config, NoTls, error::SqlState, types::ToSql};

const CONNECTIONS: usize = 20;
const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
/// How long a request waits for a free connection before it is told that the database is busy.
const PATIENCE: Duration = Duration::from_secs(10);

pub struct Pg {
    pool: Pool,
    /// One connection for statements that must not hold their row until the act's commit is durable.
    aside: Pool,
    config: Config,
    announcer: mpsc::UnboundedSender<Announcement>,
}

fn failed(e: &tokio_postgres::Error, sql: &str) -> DbError {
    // What is not the database's own word is the connection's.
    let Some(db) = e.as_db_error() else { return DbError::Unavailable(format!("{e} [{}]", head(sql))) };
    let text = format!("{} {} [{}]", db.message(), db.constraint().unwrap_or(""), head(sql));
    match *db.code() {
        SqlState::UNIQUE_VIOLATION => DbError::Unique(text),
        SqlState::CHECK_VIOLATION | SqlState::FOREIGN_KEY_VIOLATION | SqlState::NOT_NULL_VIOLATION => {
            DbError::Rule(text)
        }
        ref code if is_trouble_outside(code.code()) => DbError::Unavailable(text),
        _ => DbError::Failed(text),
    }
}

/// Resources, intervention of an operator, system errors; read-only and locks that were not given.
fn is_trouble_outside(code: &str) -> bool {
    ["53", "57", "58", "08"].iter().any(|class| code.starts_with(class))
        || matches!(code, "25006" | "55P03" | "40001" | "40P01")
}

impl Pg {
    pub async fn connect(url: &str) -> Result<Arc<Pg>> {
        let config: Config =
            url.parse().map_err(|e: tokio_postgres::Error| DbError::Failed(format!("database address: {e}")))?;
        let mut config = config;
        // A node that stalls while it holds a row must not stop the others for longer than a person waits.
        // Statements are few, fixed and prepared: planning them again for each value costs more than running them.
        config.options(format!(
            "{} -c plan_cache_mode=force_generic_plan -c jit=off -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s",
            config.get_options().unwrap_or("")
        ));
        let pool = pool(&config, CONNECTIONS)?;
        let mut quick = config.clone();
        // The act's own commit comes later in the same log and flushes this one with it.
        quick.options(format!("{} -c synchronous_commit=off", config.get_options().unwrap_or("")));
        let aside = self::pool(&quick, 1)?;
        let (announcer, announcements) = mpsc::unbounded_channel();
        tokio::spawn(announce(pool.clone(), announcements));
        let pg = Arc::new(Pg { pool, aside, config, announcer });
        // Kana order and prefix ranges rely on code point order, as SQLite has it.
        let tx = pg.read().await?;
        let (ordered,): (bool,) = tx.one("SELECT 'ん' < '亜' AND 'Z' < 'a'").await?;
        if ordered {
            Ok(pg)
        } else {
            Err(DbError::Failed(
                "the database must be created with LC_COLLATE C or C.UTF-8 (docs/operations/postgresql.md)".to_owned(),
            ))
        }
    }

    async fn object(&self) -> Result<Object> {
        self.pool.get().await.map_err(|e| DbError::Unavailable(e.to_string()))
    }

    /// Tells every node. Called after the commit: NOTIFY inside a transaction makes commits wait for one another.
    pub fn announce(&self, announcements: Vec<Announcement>) {
        for what in announcements {
            // The receiver ends only with the runtime.
            let _ = self.announcer.send(what);
        }
    }

    pub async fn read(self: &Arc<Self>) -> Result<PgTx> {
        Ok(self.transaction(State::Waiting(SNAPSHOT), self.object().await?))
    }

    pub async fn glance(self: &Arc<Self>) -> Result<PgTx> {
        Ok(self.transaction(State::Alone, self.object().await?))
    }

    pub async fn begin(self: &Arc<Self>) -> Result<PgTx> {
        Ok(self.transaction(State::Waiting("BEGIN"), self.object().await?))
    }

    fn transaction(self: &Arc<Self>, state: State, client: Object) -> PgTx {
        PgTx { client: Some(client), state: Mutex::new(state), pg: Arc::clone(self) }
    }

    /// Feeds what any node announces into this node's bus; reconnects when the connection ends.
    pub fn forward_notifications(&self, bus: Bus) {
        let config = self.config.clone();
        tokio::spawn(async move {
            loop {
                if let Ok((client, mut connection)) = config.connect(NoTls).await {
                    let mut messages = stream::poll_fn(move |cx| connection.poll_message(cx));
                    let listen = client.batch_execute("LISTEN tsumugi");
                    let forward = async {
                        while let Some(Ok(message)) = messages.next().await {
                            if let AsyncMessage::Notification(n) = message {
                                bus.send(Announcement(n.payload().to_owned()));
                            }
                        }
                    };
                    // The client must live as long as the connection, or the server ends it.
                    let listening = async {
                        if listen.await.is_ok() {
                            future::pending::<()>().await;
                        }
                    };
                    tokio::select! { () = forward => {}, () = listening => {} }
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        });
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting(&'static str),
    Begun,
    /// Each statement is a transaction of its own.
    Alone,
}

/// A transaction whose BEGIN has perhaps not been sent yet.
pub struct PgTx {
    client: Option<Object>,
    state: Mutex<State>,
    pg: Arc<Pg>,
}

impl PgTx {
    fn client(&self) -> Result<&Object> {
        self.client.as_ref().ok_or_else(|| DbError::Failed("the transaction has ended".to_owned()))
    }

    /// The BEGIN that nobody has sent yet: whoever takes it sends it before anything else goes out.
    fn waiting_begin(&self) -> Option<&'static str> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State::Waiting(begin) = *state else { return None };
        *state = State::Begun;
        Some(begin)
    }

    fn is_open(&mut self) -> bool {
        *self.state.get_mut().unwrap_or_else(PoisonError::into_inner) == State::Begun
    }

    pub async fn all<T: Row>(&self, sql: &'static str, args: Vec<Arg>) -> Result<Vec<T>> {
        let begin = self.waiting_begin();
        let client = self.client()?;
        let run = async {
            let statement = client.prepare_cached(sql).await?;
            client.query_raw(&statement, args.iter().map(|a| a as &(dyn ToSql + Sync))).await
        };
        // Polled together, both go out in one write: the server handles BEGIN first.
        let (begun, rows) = tokio::join!(begun(client, begin), run);
        begun?;
        let mut rows = Box::pin(rows.map_err(|e| failed(&e, sql))?);
        let mut out = Vec::new();
        while let Some(row) = rows.next().await {
            let row = row.map_err(|e| failed(&e, sql))?;
            out.push(T::from_pg(&row).map_err(|e| DbError::Decode(format!("{e} [{}]", head(sql))))?);
        }
        Ok(out)
    }

    async fn one<T: Row>(&self, sql: &'static str) -> Result<T> {
        self.all(sql, Vec::new()).await?.pop().ok_or_else(|| DbError::Failed(format!("no row: {}", head(sql))))
    }

    pub async fn exec(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<u64> {
        let begin = self.waiting_begin();
        let client = self.client()?;
        let run = async {
            let statement = client.prepare_cached(sql).await?;
            client.execute_raw(&statement, args.iter().map(|a| a as &(dyn ToSql + Sync))).await
        };
        let (begun, changed) = tokio::join!(begun(client, begin), run);
        begun?;
        changed.map_err(|e| failed(&e, sql))
    }

    /// The same statement for many rows: inserts and what asks for one key go as one statement for many, others are sent without
    /// waiting for each answer.
    pub async fn exec_each(&mut self, sql: &'static str, rows: Vec<Vec<Arg>>) -> Result<u64> {
        let begin = self.waiting_begin();
        let client = self.client()?;
        begun(client, begin).await?;
        if rows.len() > 1
            && let Some(columns) = rows.first().map(Vec::len)
            && let Some(shape) = shape(sql, columns)
        {
            let mut changed = 0;
            for some in chunks(&rows) {
                let many = shape.of(columns, some.len());
                let statement = client.prepare_cached(&many).await.map_err(|e| failed(&e, sql))?;
                let args: Vec<&(dyn ToSql + Sync)> = some.iter().flatten().map(|a| a as &(dyn ToSql + Sync)).collect();
                changed += client.execute_raw(&statement, args).await.map_err(|e| failed(&e, sql))?;
            }
            return Ok(changed);
        }
        let statement = client.prepare_cached(sql).await.map_err(|e| failed(&e, sql))?;
        let sent =
            rows.iter().map(|args| client.execute_raw(&statement, args.iter().map(|a| a as &(dyn ToSql + Sync))));
        let changed = future::try_join_all(sent).await.map_err(|e| failed(&e, sql))?;
        Ok(changed.into_iter().sum())
    }

    /// One statement in a short transaction of its own, which stays when this one is rolled back.
    pub async fn aside<T: Row>(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<Vec<T>> {
        let client = self.pg.aside.get().await.map_err(|e| DbError::Unavailable(e.to_string()))?;
        let tx = self.pg.transaction(State::Waiting("BEGIN"), client);
        let rows = tx.all(sql, args).await?;
        tx.commit().await?;
        Ok(rows)
    }

    /// Each row of a statement that was made from the schema; the rows stream in as they are taken.
    pub async fn dump(&mut self, sql: &str, each: &mut Each<'_>) -> Result<u64> {
        let begin = self.waiting_begin();
        let client = self.client()?;
        begun(client, begin).await?;
        let rows =
            client.query_raw(sql, std::iter::empty::<&(dyn ToSql + Sync)>()).await.map_err(|e| failed(&e, sql))?;
        let mut rows = Box::pin(rows);
        let mut count = 0;
        while let Some(row) = rows.next().await {
            let row = row.map_err(|e| failed(&e, sql))?;
            let plain = (0..row.len()).map(|i| Plain::of_pg(&row, i)).collect::<Result<Vec<_>>>()?;
            each(&plain).map_err(|e| DbError::Failed(e.to_string()))?;
            count += 1;
        }
        Ok(count)
    }

    /// Inserts rows; `head` is the statement up to its values.
    pub async fn load(&mut self, head: &str, columns: usize, rows: &[Vec<Plain>]) -> Result<()> {
        let begin = self.waiting_begin();
        let client = self.client()?;
        begun(client, begin).await?;
        let one = client.prepare_cached(&many_rows(head, columns, 1)).await.map_err(|e| failed(&e, head))?;
        for some in chunks(rows) {
            let mut args = Vec::with_capacity(some.len() * columns);
            for row in some {
                for (value, ty) in row.iter().zip(one.params()) {
                    args.push(value.for_pg(ty)?);
                }
            }
            let many =
                client.prepare_cached(&many_rows(head, columns, some.len())).await.map_err(|e| failed(&e, head))?;
            let args: Vec<&(dyn ToSql + Sync)> = args.iter().map(|a| a as &(dyn ToSql + Sync)).collect();
            client.execute_raw(&many, args).await.map_err(|e| failed(&e, head))?;
        }
        Ok(())
    }

    pub async fn batch(&mut self, sql: &str) -> Result<()> {
        let begin = self.waiting_begin();
        let client = self.client()?;
        begun(client, begin).await?;
        client.batch_execute(sql).await.map_err(|e| failed(&e, sql))
    }

    /// The database to which announcements go once this has committed.
    pub async fn commit(mut self) -> Result<Arc<Pg>> {
        if self.is_open() {
            let client = self.client()?;
            client.batch_execute("COMMIT").await.map_err(|e| failed(&e, "COMMIT"))?;
            self.client = None;
        }
        Ok(Arc::clone(&self.pg))
    }
}

fn pool(config: &Config, size: usize) -> Result<Pool> {
    let manager = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_config(config.clone(), NoTls, manager);
    let pool = Pool::builder(manager).max_size(size).runtime(Runtime::Tokio1).wait_timeout(Some(PATIENCE));
    pool.create_timeout(Some(PATIENCE)).build().map_err(|e| DbError::Failed(e.to_string()))
}

/// Sends whatever was announced since the last time in one statement.
async fn announce(pool: Pool, mut waiting: mpsc::UnboundedReceiver<Announcement>) {
    let mut some = Vec::new();
    while waiting.recv_many(&mut some, 500).await > 0 {
        let payloads: Vec<String> = some.drain(..).map(|what| what.0).collect();
        let told = async {
            let client = pool.get().await.map_err(|e| e.to_string())?;
            let sql = "/* db::announce */ SELECT pg_notify('tsumugi', one) FROM unnest($1::text[]) AS one";
            let statement = client.prepare_cached(sql).await.map_err(|e| e.to_string())?;
            client.execute(&statement, &[&payloads]).await.map_err(|e| e.to_string())
        };
        // Pages that miss one look again on their own after a while.
        if let Err(e) = told.await {
            tracing::warn!("changes were not announced: {e}");
        }
    }
}

async fn begun(client: &Object, begin: Option<&'static str>) -> Result<()> {
    match begin {
        Some(sql) => client.batch_execute(sql).await.map_err(|e| failed(&e, sql)),
        None => Ok(()),
    }
}

impl Drop for PgTx {
    fn drop(&mut self) {
        let open = self.is_open();
        let Some(client) = self.client.take() else { return };
        if !open {
            return;
        }
        match tokio::runtime::Handle::try_current() {
            // The connection goes back to the pool after the server has forgotten the transaction.
            Ok(handle) => {
                handle.spawn(async move {
                    if client.batch_execute("ROLLBACK").await.is_err() {
                        drop(Object::take(client));
                    }
                });
            }
            Err(_) => drop(Object::take(client)),
        }
    }
}
