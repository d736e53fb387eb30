//! The session of a browser: how the demo begins one, and how any of them ends.

use super::{Actor, cookie_name, start_session, store};
use crate::{
    app::App,
    web::{self, Error, Query, Result},
};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use platform::args;

pub async fn demo_sign_in(State(app): State<App>, Query(query): Query) -> Result {
    if !app.demo {
        return Err(Error::NotFound);
    }
    let accounts = store::demo_accounts(&app.store.read().await?).await?;
    let account = accounts.iter().find(|a| a.account_key == query.get("as")).ok_or(Error::NotFound)?;
    let token = start_session(&app, account.person_id, account.seat_id).await?;
    Ok(with_cookie(&app, web::see_other("/"), &token, 12 * 3600))
}

pub async fn sign_out(State(app): State<App>, actor: Actor, _: HeaderMap) -> Result {
    let mut tx = app.store.begin().await?;
    let sql = "/* account::sign_out */ UPDATE session SET ended_at = $2 WHERE id = $1";
    tx.exec(sql, args![actor.session, app.now()]).await?;
    tx.announce("session", actor.session);
    tx.commit_housekeeping().await?;
    Ok(with_cookie(&app, web::see_other("/sign-in"), "", 0))
}

/// Nothing more is served to this session until a new proof; what is open ends.
pub async fn lock(State(app): State<App>, actor: Actor) -> Result {
    let mut tx = app.store.begin().await?;
    let sql = "/* account::lock */ UPDATE session SET locked_at = $2 WHERE id = $1 AND locked_at IS NULL";
    tx.exec(sql, args![actor.session, app.now()]).await?;
    tx.announce("session", actor.session);
    tx.commit_housekeeping().await?;
    Ok(web::see_other("/lock"))
}

fn with_cookie(app: &App, mut res: Response, token: &str, seconds: u32) -> Response {
    session_cookie(app, &mut res, token, seconds);
    res
}

/// Gives the browser its session; 0 seconds take it away.
pub fn session_cookie(app: &App, res: &mut Response, token: &str, seconds: u32) {
    let secure = if app.demo { "" } else { "; Secure" };
    let cookie =
        format!("{}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}", cookie_name(app.demo));
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        res.headers_mut().append(header::SET_COOKIE, value);
    }
}
