//! PostgreSQL: a pool of connections, a cache of prepared statements, BEGIN sent together with the first statement.

use super::{Arg, DbError, Result, Row, head};
use crate::live::{Announcement, Bus};
use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod};
use futures_util::{StreamExt, stream};
use std::{future, time::Duration};
use tokio_postgres::{AsyncMessage, Config, NoTls, error::SqlState, types::ToSql};

const CONNECTIONS: usize = 20;
const CHANNEL: &str = "tsumugi";

#[derive(Clone)]
pub struct Pg {
    pool: Pool,
    config: Config,
}

fn failed(e: &tokio_postgres::Error, sql: &str) -> DbError {
    let Some(db) = e.as_db_error() else { return DbError::Failed(format!("{e} [{}]", head(sql))) };
    let text = format!("{} {} [{}]", db.message(), db.constraint().unwrap_or(""), head(sql));
    match *db.code() {
        SqlState::UNIQUE_VIOLATION => DbError::Unique(text),
        SqlState::CHECK_VIOLATION | SqlState::FOREIGN_KEY_VIOLATION | SqlState::NOT_NULL_VIOLATION => {
            DbError::Rule(text)
        }
        _ => DbError::Failed(text),
    }
}

impl Pg {
    pub async fn connect(url: &str) -> Result<Pg> {
        let config: Config =
            url.parse().map_err(|e: tokio_postgres::Error| DbError::Failed(format!("database address: {e}")))?;
        let manager =
            Manager::from_config(config.clone(), NoTls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
        let pool = Pool::builder(manager).max_size(CONNECTIONS).build().map_err(|e| DbError::Failed(e.to_string()))?;
        let pg = Pg { pool, config };
        // Kana order and prefix ranges rely on code point order, as SQLite has it.
        let mut tx = pg.read().await?;
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
        self.pool.get().await.map_err(|e| DbError::Failed(e.to_string()))
    }

    pub async fn read(&self) -> Result<PgTx> {
        Ok(PgTx { client: Some(self.object().await?), begin: Some("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") })
    }

    pub async fn begin(&self) -> Result<PgTx> {
        Ok(PgTx { client: Some(self.object().await?), begin: Some("BEGIN") })
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

/// A transaction whose BEGIN has perhaps not been sent yet.
pub struct PgTx {
    client: Option<Object>,
    begin: Option<&'static str>,
}

impl PgTx {
    fn client(&self) -> Result<&Object> {
        self.client.as_ref().ok_or_else(|| DbError::Failed("the transaction has ended".to_owned()))
    }

    pub async fn all<T: Row>(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<Vec<T>> {
        let begin = self.begin.take();
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

    async fn one<T: Row>(&mut self, sql: &'static str) -> Result<T> {
        self.all(sql, Vec::new()).await?.pop().ok_or_else(|| DbError::Failed(format!("no row: {}", head(sql))))
    }

    pub async fn exec(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<u64> {
        let begin = self.begin.take();
        let client = self.client()?;
        let run = async {
            let statement = client.prepare_cached(sql).await?;
            client.execute_raw(&statement, args.iter().map(|a| a as &(dyn ToSql + Sync))).await
        };
        let (begun, changed) = tokio::join!(begun(client, begin), run);
        begun?;
        changed.map_err(|e| failed(&e, sql))
    }

    pub async fn batch(&mut self, sql: &str) -> Result<()> {
        let begin = self.begin.take();
        let client = self.client()?;
        begun(client, begin).await?;
        client.batch_execute(sql).await.map_err(|e| failed(&e, sql))
    }

    pub async fn commit(mut self, announcements: &[Announcement]) -> Result<()> {
        if self.begin.is_some() {
            return Ok(());
        }
        for what in announcements {
            self.exec("SELECT pg_notify($1, $2)", vec![Arg::from(CHANNEL), Arg::from(what.0.as_str())]).await?;
        }
        let client = self.client()?;
        client.batch_execute("COMMIT").await.map_err(|e| failed(&e, "COMMIT"))?;
        self.client = None;
        Ok(())
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
        let Some(client) = self.client.take() else { return };
        if self.begin.is_some() {
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
