//! Sign-in and sign-out. Passkeys come with the issue on trust; until then only the demo signs anybody in.

use super::{Actor, cookie_name, start_session, store};
use crate::{
    app::{self, App},
    web::{self, Error, Query, Result},
};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use platform::{args, vocabulary::Vocabulary as _};

pub async fn sign_in(State(app): State<App>) -> Result<Markup> {
    let accounts = if app.demo { store::demo_accounts(&mut app.store.read().await?).await? } else { vec![] };
    Ok(app::framed(
        "サインイン",
        app.demo,
        html! {
            (ui::heading(&ui::Heading { over: "", title: "サインイン", actions: html! {} }))
            @if accounts.is_empty() {
                (ui::notice(ui::Tone::Info, "サインインの準備ができていません", html! { p { "管理者に連絡してください。" } }))
            } @else {
                (ui::panel("役割を選ぶ（デモ）", html! {}, html! {
                    ul.menu { @for a in &accounts {
                        li { a href={ "/demo/sign-in?as=" (a.account_key) } {
                            (ui::icon(ui::Icon::Person)) b { (a.role.label()) } " " (a.name) " " small { (a.place) }
                        } }
                    } }
                }))
            }
        },
    ))
}

pub async fn demo_sign_in(State(app): State<App>, Query(query): Query) -> Result {
    if !app.demo {
        return Err(Error::NotFound);
    }
    let accounts = store::demo_accounts(&mut app.store.read().await?).await?;
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

fn with_cookie(app: &App, mut res: Response, token: &str, seconds: u32) -> Response {
    let secure = if app.demo { "" } else { "; Secure" };
    let cookie =
        format!("{}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}", cookie_name(app.demo));
    match HeaderValue::from_str(&cookie) {
        Ok(value) => {
            res.headers_mut().append(header::SET_COOKIE, value);
            res
        }
        Err(_) => Error::Internal("cookie".to_owned()).into_response(),
    }
}
