//! A product in a test: a fresh database of either engine, a clock that is moved by hand, and people who click.
//!
//! Shared by the tests of the slices and by the journeys, so it names the product as `tsumugi`.

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
};
use platform::{
    Timestamp, args,
    clock::Clock,
    db::{Arg, Db, Row},
    form::Fields,
    id::{Mint, OrganisationId, ResourceId},
    japanese::{business::Calendar, fold},
    vocabulary::Vocabulary as _,
};
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tower::ServiceExt as _;
use tsumugi::{
    app::{App, Settings},
    area::Municipality,
    demo,
    exchange::directory::Kind,
    journal::Store,
    routes, schema,
};

/// Tuesday 24 November 2026, 10:00 in Japan: an open day.
pub const NOW: &str = "2026-11-24T01:00:00Z";

pub struct World {
    pub app: App,
    pub router: Router,
    pub db: Db,
    folder: Option<PathBuf>,
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

static COUNT: AtomicU64 = AtomicU64::new(0);

fn unique() -> String {
    let random = u32::from_le_bytes(Mint::random().secret::<4>());
    format!("{}_{random:08x}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Logs of the product under test go to a file that the test command searches for names.
fn logs() {
    let Ok(folder) = std::env::var("TSUMUGI_TEST_LOGS") else {
        let _ = tracing_subscriber::fmt().with_test_writer().with_ansi(false).try_init();
        return;
    };
    let file = PathBuf::from(folder).join(format!("{}.log", std::process::id()));
    if let Ok(file) = std::fs::OpenOptions::new().create(true).append(true).open(file) {
        let _ = tracing_subscriber::fmt().with_writer(std::sync::Mutex::new(file)).with_ansi(false).try_init();
    }
}

/// A database file that nobody has written to, in a folder of its own.
pub fn empty_sqlite() -> (Db, PathBuf) {
    let folder = std::env::temp_dir().join(format!("tsumugi-test-{}", unique()));
    std::fs::create_dir_all(&folder).expect("a folder for the test");
    (Db::sqlite(&folder.join("t.sqlite")).expect("a new database").with_roots(roots()), folder)
}

/// A PostgreSQL database without tables.
pub async fn empty_postgres() -> Db {
    let url =
        std::env::var("TSUMUGI_TEST_PG").expect("TSUMUGI_TEST_PG names a PostgreSQL; `cargo xtask test` starts one");
    let name = format!("t_{}", unique());
    let (client, connection) =
        tokio_postgres::connect(&url, tokio_postgres::NoTls).await.expect("the test PostgreSQL answers");
    tokio::spawn(connection);
    client.batch_execute(&format!("CREATE DATABASE {name}")).await.expect("a new database");
    Db::postgres(&url.replacen("/postgres?", &format!("/{name}?"), 1))
        .await
        .expect("the new database answers")
        .with_roots(roots())
}

/// The root key of every test.
pub fn roots() -> vault::field::Roots {
    vault::field::Roots::new(vec![vault::field::Key::new([7; 32])])
}

impl World {
    pub async fn sqlite() -> World {
        let (db, folder) = empty_sqlite();
        World::of(db, Some(folder)).await
    }

    pub async fn postgres() -> World {
        World::of(empty_postgres().await, None).await
    }

    pub async fn of(db: Db, folder: Option<PathBuf>) -> World {
        let w = World::bare(db, folder).await;
        let mut tx = w.db.begin().await.expect("a transaction");
        let since = jiff::civil::date(2024, 4, 1);
        demo::people::accounts(&w.app, &mut tx, since, Timestamp::UNIX_EPOCH).await.expect("accounts");
        tx.commit().await.expect("accounts are saved");
        w
    }

    /// The product on a database that has its tables and nobody in them.
    pub async fn bare(db: Db, folder: Option<PathBuf>) -> World {
        logs();
        db.migrate(schema::MIGRATIONS).await.expect("the schema");
        let now: Timestamp = NOW.parse().expect("a time");
        let app = App {
            store: Store::new(db.clone()),
            clock: Clock::fixed(now),
            mint: Mint::seeded(7),
            calendar: Arc::new(Calendar::japan()),
            demo: true,
            settings: Arc::new(Settings { idle_minutes: 60 * 24 * 365, ..Settings::default() }),
            passkeys: None,
            origin: None,
            throttle: tsumugi::app::throttle(),
        };
        World { router: routes::router(app.clone()), app, db, folder }
    }

    /// Signs in by a key of the demo accounts.
    pub async fn sign_in(&self, key: &str) -> User {
        let user = User { router: self.router.clone(), cookie: String::new() };
        let page = user.get(&format!("/demo/sign-in?as={key}")).await;
        assert_eq!(page.status, 303, "{key} signs in: {}", page.body);
        User { router: self.router.clone(), cookie: page.cookie }
    }

    pub fn nobody(&self) -> User {
        User { router: self.router.clone(), cookie: String::new() }
    }

    pub fn advance_hours(&self, hours: i64) {
        self.app.clock.advance(jiff::SignedDuration::from_hours(hours));
    }

    pub async fn all<T: Row>(&self, sql: &'static str, args: Vec<Arg>) -> Vec<T> {
        self.db.read().await.expect("a snapshot").all(sql, args).await.expect("rows")
    }

    pub async fn count(&self, sql: &'static str) -> i64 {
        self.all::<(i64,)>(sql, vec![]).await[0].0
    }

    /// The organisation of a name, as the demo accounts made it.
    pub async fn organisation(&self, name: &str) -> OrganisationId {
        let rows: Vec<(OrganisationId,)> =
            self.all("/* t */ SELECT id FROM organisation WHERE name LIKE $1", args![format!("%{name}%")]).await;
        rows[0].0
    }

    /// A service at a new site, or at an organisation that is already there.
    pub async fn service(
        &self,
        name: &str,
        kind: Kind,
        at: Municipality,
        organisation: Option<OrganisationId>,
    ) -> ResourceId {
        let now = self.app.now();
        let mut tx = self.db.begin().await.expect("a transaction");
        let organisation = match organisation {
            Some(id) => id,
            None => {
                let id: OrganisationId = self.app.mint.id(now);
                let sql = "/* t */ INSERT INTO organisation (id, kind, name, kana, municipality, phone, fax, since)
                    VALUES ($1, 'site', $2, $2, $3, '046-000-1111', '046-000-2222', $4)";
                tx.exec(sql, args![id, name, at, self.app.today()]).await.expect("a site");
                id
            }
        };
        let id: ResourceId = self.app.mint.id(now);
        let sql = "/* t */ INSERT INTO service (id, organisation_id, kind, field, source, source_key, digest, municipality, name_fold, kana_fold)
            VALUES ($1, $2, $3, $4, 'test', $5, '', $6, $7, $7)";
        let args = args![id, organisation, kind, kind.field().code(), id.to_string(), at, fold::fold(name)];
        tx.exec(sql, args).await.expect("a service");
        tx.exec("/* t */ INSERT INTO service_area (service_id, municipality) VALUES ($1, $2)", args![id, at])
            .await
            .expect("an area");
        tx.commit().await.expect("saved");
        id
    }

    /// The person behind a sign-in key.
    pub async fn person(&self, key: &str) -> platform::id::PersonId {
        let rows: Vec<(platform::id::PersonId,)> =
            self.all("/* t */ SELECT person_id FROM demo_account WHERE account_key = $1", args![key]).await;
        rows[0].0
    }

    /// Who is on duty for a municipality now, as a sign-in key where it is one of the keyed people.
    pub async fn on_duty(&self, m: Municipality) -> String {
        let weekday = i64::from(self.app.today().weekday().to_monday_one_offset());
        let rows: Vec<(String,)> = self
            .all(
                "/* t */ SELECT a.account_key FROM duty d JOIN demo_account a ON a.person_id = d.person_id WHERE d.municipality = $1 AND d.weekday = $2",
                args![m.code(), weekday],
            )
            .await;
        rows.into_iter().next().map(|(k,)| k).unwrap_or_default()
    }
}

/// Somebody with a browser.
#[derive(Clone)]
pub struct User {
    pub router: Router,
    pub cookie: String,
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Page {
    pub status: u16,
    pub location: String,
    pub cookie: String,
    pub headers: axum::http::HeaderMap,
    pub body: String,
}

impl Page {
    /// The last part of the address that a form led to: the id of what was made.
    pub fn id(&self) -> String {
        assert_eq!(self.status, 303, "the form was accepted: {:?} {}", self.headers, self.text());
        self.location.rsplit('/').next().unwrap_or("").to_owned()
    }

    /// The page without tags, for messages of failed tests.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let mut tag = false;
        let main = self.body.find("<main").map_or(self.body.as_str(), |at| &self.body[at..]);
        for c in main.chars() {
            match c {
                '<' => tag = true,
                '>' => tag = false,
                c if !tag && !c.is_whitespace() => out.push(c),
                _ => {}
            }
        }
        out
    }

    /// The value of a hidden or text input.
    pub fn value(&self, name: &str) -> String {
        let marker = format!("name=\"{name}\" value=\"");
        let from =
            self.body.find(&marker).unwrap_or_else(|| panic!("no field {name} in {}", self.text())) + marker.len();
        self.body[from..].split('"').next().unwrap_or("").to_owned()
    }

    #[track_caller]
    pub fn shows(&self, text: &str) -> &Self {
        assert!(self.body.contains(text), "「{text}」 is not on the page ({}): {}", self.status, self.text());
        self
    }

    #[track_caller]
    pub fn hides(&self, text: &str) -> &Self {
        assert!(!self.body.contains(text), "「{text}」 must not be on the page");
        self
    }
}

impl User {
    pub async fn get(&self, path: &str) -> Page {
        self.send(Request::get(path), Body::empty()).await
    }

    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let fields = fields.iter().fold(Fields::default(), |f, (n, v)| f.with(n, *v));
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, Body::from(fields.encode())).await
    }

    /// Sends one file as a browser does.
    pub async fn upload(&self, path: &str, name: &str, bytes: &[u8]) -> Page {
        self.upload_with(path, &[], name, bytes).await
    }

    /// Sends fields and then one file as a browser does.
    pub async fn upload_with(&self, path: &str, fields: &[(&str, &str)], name: &str, bytes: &[u8]) -> Page {
        let mut body = Vec::new();
        for (field, value) in fields {
            let part = format!("--XX\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(part.as_bytes());
        }
        body.extend_from_slice(format!("--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n").as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n--XX--\r\n");
        let request = Request::post(path).header(header::CONTENT_TYPE, "multipart/form-data; boundary=XX");
        self.send(request, Body::from(body)).await
    }

    pub async fn send(&self, request: axum::http::request::Builder, body: Body) -> Page {
        let request = request.header(header::COOKIE, &self.cookie).body(body).expect("a request");
        let answer = self.router.clone().oneshot(request).await.expect("an answer");
        let header = |name| {
            answer.headers().get(name).and_then(|v: &axum::http::HeaderValue| v.to_str().ok()).unwrap_or("").to_owned()
        };
        let (location, cookie) = (header(header::LOCATION), header(header::SET_COOKIE));
        let (status, headers) = (answer.status(), answer.headers().clone());
        let bytes = axum::body::to_bytes(answer.into_body(), usize::MAX).await.expect("a body");
        assert_ne!(status, StatusCode::INTERNAL_SERVER_ERROR, "the product failed");
        Page {
            status: status.as_u16(),
            // The line that says "saved" is for people.
            location: location.trim_end_matches("#saved").to_owned(),
            cookie: cookie.split(';').next().unwrap_or("").to_owned(),
            headers,
            body: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }
}

/// `both! { async fn sentence(w: World) { … } }`: the same test on SQLite and on PostgreSQL.
macro_rules! both {
    ($($(#[$m:meta])* async fn $name:ident($w:ident: World) $body:block)+) => { $(
        mod $name {
            use super::*;
            $(#[$m])*
            async fn run($w: World) $body

            #[tokio::test]
            async fn sqlite() {
                run(World::sqlite().await).await;
            }

            #[tokio::test]
            async fn postgres() {
                run(World::postgres().await).await;
            }
        }
    )+ };
}
