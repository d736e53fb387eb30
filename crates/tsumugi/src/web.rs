//! What every page shares: errors, form and key extractors, the frame of a page, headers against misuse.

#[cfg(test)]
mod tests;
mod trouble;

use crate::{account::Actor, app::App, journal::Object, policy};
use axum::{
    body::Body,
    extract::{ConnectInfo, FromRequest, FromRequestParts, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use maud::Markup;
use platform::{Uuid, db::DbError, form::Fields, id::CaseId};
use std::{
    net::{IpAddr, SocketAddr},
    str::FromStr,
};
use trouble::Trouble;

/// One kind per thing that a person can do about it.
#[derive(Debug)]
pub enum Error {
    /// Not there, or not there for this actor: the same body for both.
    NotFound,
    /// Nobody is signed in.
    SignIn,
    /// Visible, but this actor may not do this.
    Forbidden,
    /// Understood and refused, with a sentence that says what to do.
    Refused(String),
    /// Somebody else was faster: both versions are shown and nothing typed is lost.
    Conflict(Box<Markup>),
    /// Allowed, but the proof that this is the person is too old.
    Prove,
    /// The screen is locked.
    Locked {
        /// Something was sent, which must not be lost.
        writes: bool,
    },
    /// The actor's agency has not accepted the terms that count now.
    Terms {
        /// Something was sent, which must not be lost.
        writes: bool,
    },
    /// Too many requests from one address to doors that need no sign-in.
    TooOften,
    /// Nothing can be kept now: disk or database. The text goes to the log.
    Unavailable(String),
    /// Ours. The text goes to the log, never to the page.
    Internal(String),
}

pub type Result<T = Response, E = Error> = std::result::Result<T, E>;

impl Error {
    pub fn refused(sentence: impl Into<String>) -> Self {
        Error::Refused(sentence.into())
    }
}

impl From<DbError> for Error {
    fn from(e: DbError) -> Self {
        match e {
            // A unique rule that only a race can break: somebody did the same thing a moment before.
            DbError::Unique(what) => {
                tracing::info!("a race was lost: {what}");
                Error::refused(
                    "ほかの人が、少し前に同じことをしました。画面を読み直して、いまの状態を確かめてください。",
                )
            }
            DbError::Unavailable(what) => Error::Unavailable(what),
            other => Error::Internal(other.to_string()),
        }
    }
}

/// Largest body of an ordinary form. Files have their own limit at their own route.
pub const FORM_BYTES: usize = 512 * 1024;
const TOO_LARGE: &str =
    "送られた内容が大きすぎます。ブラウザーの「戻る」で入力に戻り、文章を短くして、もう一度送ってください。";

/// The fields of a posted form.
pub struct Form(pub Fields);

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Error;
    async fn from_request(req: Request, _: &S) -> Result<Self> {
        let bytes = axum::body::to_bytes(req.into_body(), FORM_BYTES).await.map_err(|_| Error::refused(TOO_LARGE))?;
        Ok(Form(Fields::parse(&bytes)))
    }
}

/// The fields of a query string.
pub struct Query(pub Fields);

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        Ok(Query(Fields::parse(parts.uri.query().unwrap_or("").as_bytes())))
    }
}

/// The one id in a path. What is not an id is answered like an unknown id.
pub struct Key<T>(pub T);

impl<S: Send + Sync, T: FromStr + Send> FromRequestParts<S> for Key<T> {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let axum::extract::Path(raw) =
            axum::extract::Path::<String>::from_request_parts(parts, state).await.map_err(|_| Error::NotFound)?;
        raw.parse().map(Key).map_err(|_| Error::NotFound)
    }
}

/// The address under which the browser reached the product, for links that leave it.
pub struct Base(pub String);

impl FromRequestParts<App> for Base {
    type Rejection = std::convert::Infallible;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> std::result::Result<Self, Self::Rejection> {
        // A configured address cannot be talked into another host by a request.
        if let Some(origin) = &app.origin {
            return Ok(Base(origin.to_string()));
        }
        let host = parts.headers.get(header::HOST).and_then(|v| v.to_str().ok()).unwrap_or("");
        Ok(Base(format!("http://{host}")))
    }
}

pub fn see_other(location: &str) -> Response {
    let location = HeaderValue::from_str(location).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

pub fn unprocessable(page: Markup) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
}

/// For a form with a file that did not come whole.
pub fn no_file() -> Error {
    Error::refused("ファイルを最後まで受け取れませんでした。もう一度送ってください。")
}

/// What tells the browser to save a file under its own name; `ending` is given to a name without one.
pub fn attachment(name: &str, ending: &str) -> String {
    let name = if name.contains('.') { name.to_owned() } else { format!("{name}.{ending}") };
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    let encoded = name.bytes().fold(String::new(), |mut all, b| {
        if plain(b) {
            all.push(char::from(b))
        } else {
            all.push_str(&format!("%{b:02X}"))
        }
        all
    });
    format!("attachment; filename=\"file.{ending}\"; filename*=UTF-8''{encoded}")
}

/// What somebody saves and opens runs nothing of ours and reaches nothing.
pub const SANDBOX: &str = "default-src 'none'; sandbox";

/// A file to save, never shown by the browser.
pub fn download(name: &str, kind: &'static str, bytes: Vec<u8>) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    (
        [
            (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
            (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(SANDBOX)),
            (
                header::CONTENT_DISPOSITION,
                HeaderValue::from_str(&disposition).unwrap_or(HeaderValue::from_static("attachment")),
            ),
        ],
        Body::from(bytes),
    )
        .into_response()
}

/// The value of a cookie.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(n, _)| *n == name)
        .map(|(_, v)| v)
}

const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                   form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Whether one address asks too often at the doors that open without a session: sign-in, invitations, one-time links.
fn knocks_too_often(app: &App, req: &Request) -> bool {
    const DOORS: [&str; 3] = ["/passkeys/", "/invitations/", "/answer/"];
    if app.demo || !DOORS.iter().any(|door| req.uri().path().starts_with(door)) {
        return false;
    }
    let peer = req.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    let told = req.headers().get_all("x-forwarded-for").iter().next_back().and_then(|v| v.to_str().ok());
    let told = told.and_then(|list| list.rsplit(',').next()).and_then(|ip| ip.trim().parse::<IpAddr>().ok());
    let who = if app.settings.behind_proxy { told.or(peer) } else { peer };
    who.is_some_and(|who| !app.throttle.admits(who, app.now()))
}

/// Refuses writes that another site sends, draws what went wrong, and sets the headers of every answer.
pub async fn guard(State(app): State<App>, req: Request, next: Next) -> Response {
    let asset = req.uri().path().starts_with("/assets/");
    let mut res = if knocks_too_often(&app, &req) {
        Trouble::from(Error::TooOften).page(&app, None, None)
    } else {
        answer(&app, req, next).await
    };
    let headers = res.headers_mut();
    // A file that somebody sent brings a stricter one with it.
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(CSP));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // For browsers and scanners that do not know frame-ancestors.
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    if !asset {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    // Where browsers reach the product by TLS, they must never come without it again (two years).
    if app.origin.as_deref().is_some_and(|origin| origin.starts_with("https://")) {
        headers
            .insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000; includeSubDomains"));
    }
    if app.demo {
        headers.insert("x-tsumugi-demo", HeaderValue::from_static("1"));
    }
    res
}

async fn answer(app: &App, req: Request, next: Next) -> Response {
    let writes = !matches!(*req.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if writes && !same_site(req.headers()) {
        return Trouble::from(Error::Forbidden).page(app, None, None);
    }
    // A file that was read in is only shown, and an emergency view only opened; what it changes is said on its own page.
    let silent = ["/sign-out", "/lock", "/drafts/", "/resources/imports"];
    let path = writes.then(|| req.uri().path().to_owned());
    let saved =
        path.as_deref().is_some_and(|path| path != "/break-glass" && !silent.iter().any(|p| path.starts_with(p)));
    let form = req
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|t| t.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    let asked = req.uri().clone();
    let cookies: Vec<HeaderValue> = req.headers().get_all(header::COOKIE).iter().cloned().collect();
    let (req, typed) = if writes && form {
        let (parts, body) = req.into_parts();
        match axum::body::to_bytes(body, FORM_BYTES).await {
            Ok(bytes) => (Request::from_parts(parts, Body::from(bytes.clone())), Some(bytes)),
            Err(_) => {
                let viewer = Actor::of_cookies(app, cookies).await;
                return Trouble::from(Error::refused(TOO_LARGE)).page(app, viewer.as_ref(), None);
            }
        }
    } else {
        (req, None)
    };
    let mut res = next.run(req).await;
    let signed_out = typed.as_ref().is_some_and(|t| t.len() > 60)
        && res.status() == StatusCode::SEE_OTHER
        && res.headers().get(header::LOCATION).is_some_and(|l| l == "/sign-in")
        && res.headers().get(header::SET_COOKIE).is_none();
    let trouble = if signed_out { Some(Trouble::signed_out()) } else { res.extensions_mut().remove::<Trouble>() };
    if let Some(trouble) = trouble {
        let typed = typed.map(|bytes| Fields::parse(&bytes));
        let viewer = if signed_out { None } else { Actor::of_cookies(app, cookies).await };
        if let Some(actor) = viewer.as_ref().filter(|_| trouble.is_closed_door()) {
            note_refusal(app, actor, asked.path()).await;
        }
        res = trouble.page(app, viewer.as_ref(), path.as_deref().zip(typed.as_ref()));
    }
    if saved {
        say_saved(&mut res);
    }
    res
}

/// Writes down that somebody asked for a thing that is not there for them; whether it is there for others is not looked at.
async fn note_refusal(app: &App, actor: &Actor, path: &str) {
    let mut parts = path.split('/').skip(1);
    let kind = match parts.next().unwrap_or("") {
        "cases" => "case",
        "children" => "child",
        "consultations" => "consultation",
        "referrals" => "referral",
        "documents" => "document",
        "break-glass" => "break_glass",
        "family" => "family",
        _ => "page",
    };
    let Some(id) = parts.find_map(|part| part.parse::<Uuid>().ok()) else { return };
    // An address under a case that they see is a slip, and no closed door.
    if kind == "case"
        && let Ok(tx) = app.store.glance().await
        && policy::see_case(&tx, actor, CaseId(id), app.now()).await.is_ok()
    {
        return;
    }
    if let Err(e) = app.store.refused(actor, &app.mint, app.now(), Object::new(kind, id)).await {
        tracing::error!("a refusal was not written down: {e:?}");
    }
}

/// The page that an accepted form leads to says that it was saved: its address ends with the id of that line.
fn say_saved(res: &mut Response) {
    let to = res.headers().get(header::LOCATION).and_then(|l| l.to_str().ok());
    let to = to.filter(|l| res.status() == StatusCode::SEE_OTHER && !l.contains('#') && *l != "/sign-in");
    if let Some(to) = to.and_then(|l| HeaderValue::from_str(&format!("{l}#saved")).ok()) {
        res.headers_mut().insert(header::LOCATION, to);
    }
}

fn same_site(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    match (text("sec-fetch-site"), text("origin")) {
        (Some("same-origin" | "none"), _) => true,
        (Some(_), _) => false,
        (None, Some(origin)) => origin.split("://").nth(1) == text("host"),
        // No browser sends neither; a program without cookies of its own cannot be misled by another site.
        (None, None) => true,
    }
}

/// The head of a page's body, with the actor for the frame.
pub fn page(app: &App, actor: &Actor, current: &str, title: &str, body: Markup) -> Markup {
    crate::app::page(app, actor, current, title, "", body)
}
