//! 利用者と組織: people, organisations, seats, sessions.

mod pages;
pub mod setup;
mod store;

pub use pages::session_cookie;
pub use store::{counter, demo_accounts, session_is_live};

use crate::{
    app::App,
    policy::Role,
    routes::Routes,
    web::{self, Error},
};
use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, header, request::Parts},
};
use jiff::ToSpan;
use platform::{
    Timestamp, Uuid, args,
    id::{OrganisationId, PersonId, SeatId, SessionId, SubjectId},
    vocabulary,
};
use sha2::{Digest, Sha256};

vocabulary! {
    pub enum OrganisationKind {
        Prefecture = "prefecture" "県",
        Area = "area" "圏域",
        Municipality = "municipality" "市町",
        Agency = "agency" "法人",
        Site = "site" "事業所",
    }
}

vocabulary! {
    pub enum Profession {
        HealthNurse = "health_nurse" "保健師",
        Nurse = "nurse" "看護師",
        CounsellingSpecialist = "counselling" "相談支援専門員",
        Msw = "msw" "医療ソーシャルワーカー",
        Childcare = "childcare" "保育士",
        Teacher = "teacher" "教員",
        Physician = "physician" "医師",
        Therapist = "therapist" "療法士",
        Officer = "officer" "行政",
        Peer = "peer" "ピア",
        Family = "family" "家族",
        Other = "other" "その他",
    }
}

/// The person who sends a request, with the seat taken at sign-in.
#[derive(Clone, Debug)]
pub struct Actor {
    pub person: PersonId,
    pub seat: SeatId,
    pub session: SessionId,
    pub name: String,
    pub role: Role,
    pub organisation: OrganisationId,
    pub place: String,
    /// The last proof by passkey in this session.
    pub proved_at: Timestamp,
    /// The screen is locked; only what unlocks it is served.
    pub locked: bool,
    /// Code of the municipality that the seat belongs to, where it belongs to one.
    pub municipality: Option<String>,
}

impl Actor {
    /// Stands for a one-time link or the clock in the journal: no person, no seat.
    pub fn nobody() -> Self {
        let nil = Uuid::nil();
        Actor {
            person: PersonId(nil),
            seat: SeatId(nil),
            session: SessionId(nil),
            name: String::new(),
            role: Role::Auditor,
            organisation: OrganisationId(nil),
            place: String::new(),
            proved_at: Timestamp::UNIX_EPOCH,
            locked: false,
            municipality: None,
        }
    }

    pub fn person_or_none(&self) -> Option<PersonId> {
        (!self.person.0.is_nil()).then_some(self.person)
    }

    pub fn seat_or_none(&self) -> Option<SeatId> {
        (!self.seat.0.is_nil()).then_some(self.seat)
    }

    pub fn session_or_none(&self) -> Option<SessionId> {
        (!self.session.0.is_nil()).then_some(self.session)
    }

    pub fn subject(&self) -> SubjectId {
        self.person.into()
    }
}

/// The name of the session cookie. Demo mode runs without TLS on loopback, where `__Host-` is not possible.
pub fn cookie_name(demo: bool) -> &'static str {
    if demo { "tsumugi_demo" } else { "__Host-tsumugi" }
}

/// What is stored of a link with a code: neither opens anything, and the code's hash is worth nothing without the link.
pub fn link_hashes(token: &str, code: &str) -> ([u8; 32], [u8; 32]) {
    (hash(token.as_bytes()), hash(format!("{token}{code}").as_bytes()))
}

/// Only the hash of a session's token is stored.
pub fn hash(token: &[u8]) -> [u8; 32] {
    Sha256::digest(token).into()
}

/// What is served to a locked screen: the lock, and the ways through it and out.
fn unlocks(path: &str) -> bool {
    matches!(path, "/lock" | "/lock/open" | "/prove" | "/sign-out")
}

/// What somebody reaches whose agency has not accepted the terms: the terms, their own sign-in, the way out.
fn is_open_before_terms(path: &str) -> bool {
    matches!(path, "/terms" | "/terms/accept" | "/sign-out" | "/live" | "/lock" | "/lock/open" | "/prove")
        || path.starts_with("/account")
}

impl FromRequestParts<App> for Actor {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let token = web::cookie(&parts.headers, cookie_name(app.demo)).ok_or(Error::SignIn)?;
        let now = app.now();
        let tx = app.store.glance().await?;
        let row = store::session(&tx, app, &hash(token.as_bytes()), now).await?.ok_or(Error::SignIn)?;
        drop(tx);
        if row.locked_at.is_some() && !unlocks(parts.uri.path()) {
            return Err(Error::Locked { writes: parts.method == axum::http::Method::POST });
        }
        if row.terms_due && !is_open_before_terms(parts.uri.path()) {
            return Err(Error::Terms { writes: parts.method == axum::http::Method::POST });
        }
        // A page that looks for news by itself is nobody who works: it must not keep a session alive.
        let works = parts.uri.path() != "/live";
        if works && now.duration_since(row.seen_at) > jiff::SignedDuration::from_secs(60) {
            let mut tx = app.store.begin().await?;
            let sql = "/* account::from_request_parts */ UPDATE session SET seen_at = $2 WHERE id = $1";
            tx.exec(sql, args![row.id, now]).await?;
            tx.commit_housekeeping().await?;
        }
        Ok(Actor {
            person: row.person_id,
            seat: row.seat_id,
            session: row.id,
            name: row.name,
            role: row.role,
            organisation: row.organisation_id,
            place: row.place,
            proved_at: row.proved_at,
            locked: row.locked_at.is_some(),
            municipality: row.municipality,
        })
    }
}

impl Actor {
    /// Who sent these cookies; None where nobody is signed in or the session cannot be read.
    pub async fn of_cookies(app: &App, cookies: Vec<HeaderValue>) -> Option<Actor> {
        Actor::at(app, cookies, "/").await
    }

    /// The same for somebody whose screen may be locked and who is about to prove who they are.
    pub async fn at_the_lock(app: &App, cookies: Vec<HeaderValue>) -> Option<Actor> {
        Actor::at(app, cookies, "/prove").await
    }

    async fn at(app: &App, cookies: Vec<HeaderValue>, path: &'static str) -> Option<Actor> {
        let mut request = axum::http::Request::new(());
        *request.uri_mut() = axum::http::Uri::from_static(path);
        for cookie in cookies {
            request.headers_mut().append(header::COOKIE, cookie);
        }
        Actor::from_request_parts(&mut request.into_parts().0, app).await.ok()
    }
}

/// Starts a session and gives its token, which is not stored anywhere.
pub async fn start_session(app: &App, person: PersonId, seat: SeatId) -> Result<String, Error> {
    let now = app.now();
    let token = app.mint.token();
    let mut tx = app.store.begin().await?;
    let sql = "/* account::start_session */
        INSERT INTO session (id, token_hash, person_id, seat_id, created_at, seen_at, proved_at, ends_at) VALUES ($1, $2, $3, $4, $5, $5, $5, $6)";
    // 絶対 12 時間（SECURITY の設計 §2-9）。
    let ends = now.checked_add(12.hours()).map_err(|e| Error::Internal(e.to_string()))?;
    tx.exec(sql, args![app.mint.id::<SessionId>(now), hash(token.as_bytes()), person, seat, now, ends]).await?;
    tx.commit_housekeeping().await?;
    Ok(token)
}

pub fn routes() -> Routes {
    Routes::new().get("/demo/sign-in", "public", pages::demo_sign_in).post("/sign-out", "self", pages::sign_out).post(
        "/lock",
        "self",
        pages::lock,
    )
}
