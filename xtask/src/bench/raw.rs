//! What the machine gives without the product: a bare route, one durable row at a time, one row by its key, and as many rows by
//! their keys in one transaction as a case page asks for.

use super::{
    cluster::Cluster,
    http::get,
    load::{self, Force, Job, Measured},
    random::Random,
};
use crate::{command::Outcome, postgres::explain};
use axum::{Router, routing};
use rusqlite::{Connection, params};
use std::{
    net::SocketAddr,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio_postgres::{Client, NoTls, Statement};

/// Rows that a point select chooses from.
const ROWS: i64 = 10_000;

/// About as many statements as a case page asks, each with an answer that the next one waits for.
pub const PAGE: usize = 13;

/// About as long as a short note.
const BODY: &str = "夜間の吸引は2〜3回。次の受診で相談する。";

/// What the database engine does alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Raw {
    pub insert: f64,
    pub select: f64,
    /// Transactions of [`PAGE`] selects by key, one after the other.
    pub page: f64,
}

#[derive(Clone, Copy)]
enum Act {
    Insert,
    Select,
    Page,
}

/// A route that answers "ok", served by a runtime like the product's, driven by the same generator.
pub fn route(force: &Force) -> Outcome<Measured> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("No runtime for the bare route: {error}."))?;
    let told = |error: std::io::Error| format!("The bare route has no address: {error}.");
    let listener =
        runtime.block_on(tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))).map_err(told)?;
    let address = listener.local_addr().map_err(told)?;
    let router = Router::new().route("/", routing::get(async || "ok"));
    runtime.spawn(async move { axum::serve(listener, router).await });
    let job = Job { title: "Bare route", status: 200, location: "", proof: "ok", make: Arc::new(|_| get("/", "")) };
    let measured = load::drive(&Force { address, ..*force }, &job);
    runtime.shutdown_background();
    measured
}

/// One connection and one thread: an insert for each commit, flushed as the product flushes.
pub fn sqlite(folder: &Path, seconds: f64) -> Outcome<Raw> {
    let told = |error: rusqlite::Error| format!("The raw SQLite measurement failed: {error}.");
    let file = folder.join("raw.sqlite");
    let open = Connection::open(&file).map_err(told)?;
    open.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; DROP TABLE IF EXISTS raw;
         CREATE TABLE raw (id INTEGER PRIMARY KEY, body TEXT NOT NULL);",
    )
    .map_err(told)?;
    open.execute(
        "INSERT INTO raw (id, body) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) SELECT i, $2 FROM n",
        params![ROWS, BODY],
    )
    .map_err(told)?;
    let insert = {
        let mut statement = open.prepare("INSERT INTO raw (body) VALUES ($1)").map_err(told)?;
        repeat(seconds, || statement.execute(params![BODY]).map(drop).map_err(told))?
    };
    let mut random = Random::new(1, 1);
    let mut statement = open.prepare("SELECT body FROM raw WHERE id = $1").map_err(told)?;
    let mut by_key = || {
        let found: String = statement.query_row(params![key(&mut random)], |row| row.get(0)).map_err(told)?;
        if found == BODY { Ok(()) } else { Err("The raw SQLite table lost a row.".to_owned()) }
    };
    let select = repeat(seconds, &mut by_key)?;
    let (mut begin, mut end) = (open.prepare("BEGIN").map_err(told)?, open.prepare("COMMIT").map_err(told)?);
    let page = repeat(seconds, || {
        begin.execute([]).map_err(told)?;
        (0..PAGE).try_for_each(|_| by_key())?;
        end.execute([]).map(drop).map_err(told)
    })?;
    Ok(Raw { insert, select, page })
}

fn key(random: &mut Random) -> i64 {
    1 + i64::try_from(random.below(usize::try_from(ROWS).unwrap_or(1))).unwrap_or(0)
}

/// How often something is done in a second.
fn repeat(seconds: f64, mut once: impl FnMut() -> Outcome<()>) -> Outcome<f64> {
    let begun = Instant::now();
    let mut count = 0_u32;
    while begun.elapsed().as_secs_f64() < seconds {
        once()?;
        count += 1;
    }
    Ok(f64::from(count) / begun.elapsed().as_secs_f64())
}

/// As many connections as the load has: each inserts a row and waits for its flush, then each selects by key.
pub fn postgres(cluster: &Cluster, connections: usize, seconds: f64) -> Outcome<Raw> {
    let url = cluster.address("postgres");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("No runtime for PostgreSQL: {error}."))?;
    let measured = runtime.block_on(async {
        let mut clients = Vec::new();
        for _ in 0..connections {
            let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
            tokio::spawn(connection);
            clients.push(client);
        }
        let Some(first) = clients.first() else { return Ok(Raw::default()) };
        first
            .batch_execute(
                "DROP TABLE IF EXISTS raw; CREATE TABLE raw (id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, body TEXT NOT NULL)",
            )
            .await?;
        let fill = "INSERT INTO raw (body) SELECT $1::text FROM generate_series(1, $2::bigint)";
        first.execute(fill, &[&BODY, &ROWS]).await?;
        first.batch_execute("VACUUM ANALYZE raw").await?;
        let insert = at_once(&clients, seconds, "INSERT INTO raw (body) VALUES ($1::text)", Act::Insert).await?;
        let by_key = "SELECT body FROM raw WHERE id = $1";
        let select = at_once(&clients, seconds, by_key, Act::Select).await?;
        let page = at_once(&clients, seconds, by_key, Act::Page).await?;
        Ok(Raw { insert, select, page })
    });
    measured
        .map_err(|error: tokio_postgres::Error| format!("The raw PostgreSQL measurement failed: {}", explain(&error)))
}

async fn at_once(clients: &[Client], seconds: f64, sql: &str, act: Act) -> Result<f64, tokio_postgres::Error> {
    let mut statements = Vec::new();
    for client in clients {
        statements.push((client, client.prepare(sql).await?));
    }
    let begun = Instant::now();
    let until = begun + Duration::from_secs_f64(seconds);
    let mut running = Vec::new();
    for (stream, (client, statement)) in (1_u64..).zip(&statements) {
        running.push(again(client, statement, Random::new(1, stream), act, until));
    }
    let mut count = 0_u32;
    for done in futures_util::future::join_all(running).await {
        count += done?;
    }
    Ok(f64::from(count) / begun.elapsed().as_secs_f64())
}

async fn again(
    client: &Client,
    statement: &Statement,
    mut random: Random,
    act: Act,
    until: Instant,
) -> Result<u32, tokio_postgres::Error> {
    let mut count = 0;
    while Instant::now() < until {
        match act {
            Act::Insert => drop(client.execute(statement, &[&BODY]).await?),
            Act::Select => drop(client.query_one(statement, &[&key(&mut random)]).await?),
            Act::Page => {
                client.batch_execute("BEGIN").await?;
                for _ in 0..PAGE {
                    client.query_one(statement, &[&key(&mut random)]).await?;
                }
                client.batch_execute("COMMIT").await?;
            }
        }
        count += 1;
    }
    Ok(count)
}
