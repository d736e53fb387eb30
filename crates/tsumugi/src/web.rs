//! What every page shares: errors, form and key extractors, the frame of a page, headers against misuse.

use crate::{account::Actor, app::App};
use axum::{
    body::Body,
    extract::{FromRequest, FromRequestParts, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use maud::{Markup, html};
use platform::{
    db::DbError,
    form::{Fields, NO_FIELDS},
};
use std::str::FromStr;

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
            other => Error::Internal(other.to_string()),
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (status, title, body) = match self {
            Error::NotFound => (
                StatusCode::NOT_FOUND,
                "見つかりません",
                html! { p { "このページは見つかりません。アドレスが違うか、見る権限がありません。" } },
            ),
            Error::SignIn => return (StatusCode::SEE_OTHER, [(header::LOCATION, "/sign-in")]).into_response(),
            Error::Forbidden => (
                StatusCode::FORBIDDEN,
                "この操作はできません",
                html! { p { "いまの役割では、この操作はできません。必要なときは、担当のコーディネーターに連絡してください。" } },
            ),
            Error::Refused(sentence) => return refusal(StatusCode::CONFLICT, &sentence, &NO_FIELDS),
            Error::Conflict(markup) => return (StatusCode::CONFLICT, Html(markup.into_string())).into_response(),
            Error::Internal(text) => {
                let operation = format!("{:08x}", fnv(text.as_bytes()));
                tracing::error!(operation, "{text}");
                (
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "処理できませんでした",
                    html! {
                        p { "申し訳ありません。システムの中で問題が起きました。保存済みの内容はそのまま残っています。" }
                        p { "もう一度試しても直らないときは、番号「" (operation) "」を管理者に伝えてください。" }
                    },
                )
            }
        };
        let page = crate::app::public_page(
            title,
            html! {
                (ui::heading(&ui::Heading { over: "", title, actions: html! {} }))
                (ui::panel("お知らせ", html! {}, ui::pad(html! { (body) p { a href="/" { "今日の仕事へ戻る" } } })))
            },
        );
        (status, page).into_response()
    }
}

/// A short name for an error text, the same for the same text, so that page and log can be put together.
fn fnv(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |h, b| (h ^ u32::from(*b)).wrapping_mul(0x0100_0193))
}

/// Largest body of an ordinary form. Files have their own limit at their own route.
pub const FORM_BYTES: usize = 512 * 1024;

/// The fields of a posted form.
pub struct Form(pub Fields);

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Error;
    async fn from_request(req: Request, _: &S) -> Result<Self> {
        let bytes = axum::body::to_bytes(req.into_body(), FORM_BYTES)
            .await
            .map_err(|_| Error::refused("送られた内容が大きすぎます。文章を短くして、もう一度送ってください。"))?;
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
        let host = parts.headers.get(header::HOST).and_then(|v| v.to_str().ok()).unwrap_or("");
        Ok(Base(format!("{}://{host}", if app.demo { "http" } else { "https" })))
    }
}

pub fn see_other(location: &str) -> Response {
    let location = HeaderValue::from_str(location).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

pub fn unprocessable(page: Markup) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
}

/// A file to save, never shown by the browser.
pub fn download(name: &str, kind: &'static str, bytes: Vec<u8>) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    (
        [
            (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
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

/// Marks an answer that refuses a form, so that [`guard`] can give back what was typed.
#[derive(Clone)]
struct Refusal(StatusCode, String);

/// A page that says why a form was not accepted, with everything that was typed into it.
fn refusal(status: StatusCode, sentence: &str, typed: &Fields) -> Response {
    let texts: Vec<&str> = typed
        .iter()
        .filter(|(name, value)| !matches!(*name, "once" | "version" | "draft" | "object") && !value.trim().is_empty())
        .filter(|(_, value)| value.chars().count() > 1 && value.parse::<platform::Uuid>().is_err() && !value.is_ascii())
        .map(|(_, value)| value)
        .collect();
    let page = crate::app::public_page(
        "受け付けられませんでした",
        html! {
            (ui::heading(&ui::Heading { over: "", title: "受け付けられませんでした", actions: html! {} }))
            (ui::notice(ui::Tone::Alert, sentence, html! { p { "保存されている内容は変わっていません。" } }))
            @if !texts.is_empty() {
                (ui::panel("入力した内容", html! {}, ui::pad(html! {
                    p { "ここから写して、もう一度使えます。" }
                    @for text in texts { blockquote { (crate::view::lines(text)) } }
                })))
            }
            p { a href="/" { "今日の仕事へ戻る" } }
        },
    );
    let mut res = (status, page).into_response();
    res.extensions_mut().insert(Refusal(status, sentence.to_owned()));
    res
}

/// Refuses writes that another site sends, gives typed text back with a refusal, and sets the headers of every answer.
pub async fn guard(State(app): State<App>, req: Request, next: Next) -> Response {
    let unsafe_method = !matches!(*req.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if unsafe_method && !same_site(req.headers()) {
        return Error::Forbidden.into_response();
    }
    let asset = req.uri().path().starts_with("/assets/");
    // A file that was read in is only shown; what it changes is said on its own page.
    let silent = ["/sign-out", "/drafts/", "/resources/imports"];
    let saved = *req.method() == Method::POST && !silent.iter().any(|p| req.uri().path().starts_with(p));
    let form = req
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|t| t.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    let (req, typed) = if unsafe_method && form {
        let (parts, body) = req.into_parts();
        match axum::body::to_bytes(body, FORM_BYTES).await {
            Ok(bytes) => (Request::from_parts(parts, Body::from(bytes.clone())), Some(bytes)),
            Err(_) => {
                return Error::refused("送られた内容が大きすぎます。文章を短くして、もう一度送ってください。")
                    .into_response();
            }
        }
    } else {
        (req, None)
    };
    let mut res = next.run(req).await;
    if let Some(typed) = typed {
        let signed_out = res.status() == StatusCode::SEE_OTHER
            && res.headers().get(header::LOCATION).is_some_and(|l| l == "/sign-in")
            && res.headers().get(header::SET_COOKIE).is_none();
        if let Some(Refusal(status, sentence)) = res.extensions().get::<Refusal>().cloned() {
            res = refusal(status, &sentence, &Fields::parse(&typed));
        } else if signed_out && typed.len() > 60 {
            let sentence = "サインインの時間が切れていたため、保存できませんでした。もう一度サインインしてから、下の内容を写して使ってください。";
            res = refusal(StatusCode::UNAUTHORIZED, sentence, &Fields::parse(&typed));
        } else if res.status() == StatusCode::INTERNAL_SERVER_ERROR {
            let sentence = "申し訳ありません。システムの中で問題が起きたため、保存できませんでした。少し待ってから、もう一度送ってください。直らないときは、この時刻を管理者に伝えてください。";
            res = refusal(StatusCode::INTERNAL_SERVER_ERROR, sentence, &Fields::parse(&typed));
        }
    }
    if saved {
        say_saved(&mut res);
    }
    let headers = res.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CSP));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    if !asset {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if app.demo {
        headers.insert("x-tsumugi-demo", HeaderValue::from_static("1"));
    }
    res
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
