//! The four conversations with an authenticator: sign in, prove again, register by invitation, register one more.
//!
//! The server's half of each lies in the database under the hash of a cookie, is taken once, and lives five minutes.

use super::store::{self, Key};
use crate::{
    account::{Actor, cookie_name, session_cookie, start_session},
    app::App,
    assets,
    journal::Object,
    policy,
    web::{self, Error, Result},
};
use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use platform::{
    Timestamp,
    id::PersonId,
    serde_json::{self, Value, json},
};
use std::sync::Arc;
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential, Url,
    Webauthn, WebauthnBuilder, WebauthnError,
};

/// Most passkeys of one person: a telephone, a computer, a spare key, and some that are forgotten.
const MOST: usize = 10;

const CEREMONY: &str = "__Host-tsumugi-ceremony";
const HOLDER: &str = "__Host-tsumugi-invited";

/// The relying party of an address such as `https://tsumugi.example.jp`: passkeys are bound to its host.
pub fn relying_party(origin: &str) -> std::result::Result<Arc<Webauthn>, String> {
    let url = Url::parse(origin).map_err(|e| format!("http.origin {origin} はアドレスではありません（{e}）"))?;
    let host =
        url.domain().ok_or("http.origin には、IPアドレスではなく名前を書きます（例 https://tsumugi.example.jp）")?;
    if url.scheme() != "https" && host != "localhost" {
        return Err("http.origin は https:// で始めます（この機械の中で試すときだけ http://localhost）".to_owned());
    }
    let builder = WebauthnBuilder::new(host, &url).map_err(|e| format!("http.origin {origin}：{e}"))?;
    builder.rp_name("つむぐ").build().map(Arc::new).map_err(|e| format!("http.origin {origin}：{e}"))
}

fn party(app: &App) -> Result<&Webauthn> {
    app.passkeys.as_deref().ok_or(Error::NotFound)
}

/// The script of the pages where a browser talks to an authenticator.
pub fn register_script() -> Markup {
    html! { script src=(assets::url("passkey.js")) defer {} }
}

fn put_cookie(res: &mut Response, name: &str, value: &str, seconds: i64) {
    let text = format!("{name}={value}; Path=/; HttpOnly; Secure; SameSite=Strict; Max-Age={seconds}");
    if let Ok(value) = HeaderValue::from_str(&text) {
        res.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// Lets a browser that gave the right code register the first passkey.
pub fn holder_cookie(res: &mut Response, token: &str) {
    put_cookie(res, HOLDER, token, 1800);
}

/// The invitation that this browser holds.
pub async fn held(app: &App, headers: &HeaderMap) -> Result<Option<store::Holder>> {
    match web::cookie(headers, HOLDER) {
        Some(token) => Ok(store::holder(&app.store.read().await?, token, app.now()).await?),
        None => Ok(None),
    }
}

/// What a script shows to the person; the same words for everything that could help a guesser.
fn refused(status: StatusCode, sentence: &str) -> Response {
    (status, Json(json!({ "error": sentence }))).into_response()
}

const UNKNOWN: &str =
    "このパスキーではサインインできませんでした。登録したパスキーを選ぶか、管理者に連絡してください。";
const STALE: &str = "本人であることを確かめてから5分を過ぎました。この画面を読み直すと、もう一度確かめられます。";
const OUT: &str = "サインインの時間が切れました。もう一度サインインしてください。";
const LATE: &str = "時間がたちすぎたため、もう一度はじめからやり直してください。";

fn internal(e: impl std::fmt::Display) -> Error {
    Error::Internal(e.to_string())
}

/// A question for the browser, with the cookie that finds the server's half again.
async fn ask(app: &App, kind: &str, options: Value, state: String, person: Option<PersonId>) -> Result {
    let token = store::begin(app, kind, state, person, app.now()).await?;
    let mut res = Json(options).into_response();
    put_cookie(&mut res, CEREMONY, &token, 300);
    Ok(res)
}

async fn answer_of(app: &App, kind: &str, headers: &HeaderMap) -> Result<Option<(String, Option<PersonId>)>> {
    match web::cookie(headers, CEREMONY) {
        Some(token) => store::take(app, kind, token, app.now()).await,
        None => Ok(None),
    }
}

async fn ask_for_proof(app: &App, kind: &str, person: Option<PersonId>) -> Result {
    let (options, state) = party(app)?.start_discoverable_authentication().map_err(internal)?;
    let mut options = serde_json::to_value(options).map_err(internal)?;
    // A button was pressed: the browser asks at once, not in the list of a text field.
    if let Some(o) = options.as_object_mut() {
        o.remove("mediation");
    }
    ask(app, kind, options, serde_json::to_string(&state).map_err(internal)?, person).await
}

pub async fn begin_sign_in(State(app): State<App>) -> Result {
    ask_for_proof(&app, "sign-in", None).await
}

/// Who proved to be whom, with the key that they used.
async fn proven(
    app: &App,
    kind: &str,
    headers: &HeaderMap,
    body: &Bytes,
    now: Timestamp,
) -> Result<std::result::Result<(PersonId, Key, Passkey), Response>> {
    let party = party(app)?;
    let Some((state, only)) = answer_of(app, kind, headers).await? else {
        return Ok(Err(refused(StatusCode::BAD_REQUEST, LATE)));
    };
    let unknown = || Ok(Err(refused(StatusCode::UNAUTHORIZED, UNKNOWN)));
    let state: DiscoverableAuthentication = serde_json::from_str(&state).map_err(internal)?;
    let Ok(credential) = serde_json::from_slice::<PublicKeyCredential>(body) else { return unknown() };
    let Ok((person, id)) = party.identify_discoverable_authentication(&credential) else { return unknown() };
    let person = PersonId(person);
    if only.is_some_and(|o| o != person) {
        return unknown();
    }
    let tx = app.store.read().await?;
    let keys = store::keys_of(&tx, person).await?;
    let enabled = store::is_enabled(&tx, person).await?;
    drop(tx);
    let mut found = None;
    for key in keys {
        let passkey = key.passkey()?;
        if passkey.cred_id().as_slice() == id {
            found = Some((key, passkey));
        }
    }
    if !enabled
        && let Some((_, passkey)) = found.as_ref().filter(|(k, _)| k.suspended_at.is_none())
        && party.finish_discoverable_authentication_v2(&credential, state.clone(), passkey).is_ok()
    {
        // It is them, and nothing here is theirs any more. They hear what every stranger hears.
        store::knocked(app, person).await?;
        return unknown();
    }
    let Some((key, mut passkey)) = found.filter(|(k, _)| enabled && k.suspended_at.is_none()) else {
        tracing::warn!("a passkey that signs nobody in was refused");
        return unknown();
    };
    match party.finish_discoverable_authentication_v2(&credential, state, &passkey) {
        Ok(result) => {
            passkey.update_credential(&result);
            Ok(Ok((person, key, passkey)))
        }
        Err(WebauthnError::CredentialPossibleCompromise) => {
            tracing::error!(passkey = %key.id, "a counter went backwards: the passkey is suspended");
            let mut tx = app.store.begin().await?;
            store::suspend(&mut tx, key.id, now).await?;
            let permit = policy::by_passkey(person, "signin.suspend");
            tx.commit(&permit, &app.mint, now, Object::new("passkey", key.id.0), None, "counter").await?;
            unknown()
        }
        Err(e) => {
            tracing::warn!("a passkey was refused: {e}");
            unknown()
        }
    }
}

pub async fn finish_sign_in(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Result {
    let now = app.now();
    let (person, key, passkey) = match proven(&app, "sign-in", &headers, &body, now).await? {
        Ok(proven) => proven,
        Err(refusal) => return Ok(refusal),
    };
    let seats = store::seats_of(&app.store.read().await?, person, now).await?;
    let Some(seat) = seats.first() else {
        return Ok(refused(StatusCode::UNAUTHORIZED, "いまの役割がありません。管理者に連絡してください。"));
    };
    let mut tx = app.store.begin().await?;
    store::used(&mut tx, key.id, &passkey, now).await?;
    let permit = policy::by_passkey(person, "signin.in");
    tx.commit(&permit, &app.mint, now, Object::new("passkey", key.id.0), None, "").await?;
    let token = start_session(&app, person, seat.id).await?;
    Ok(arrived(&app, &token, "/"))
}

fn arrived(app: &App, token: &str, to: &str) -> Response {
    let mut res = Json(json!({ "to": to })).into_response();
    put_cookie(&mut res, CEREMONY, "", 0);
    put_cookie(&mut res, HOLDER, "", 0);
    session_cookie(app, &mut res, token, 12 * 3600);
    res
}

pub async fn begin_proof(State(app): State<App>, headers: HeaderMap) -> Result {
    let Some(actor) = who(&app, &headers).await else { return Ok(refused(StatusCode::UNAUTHORIZED, OUT)) };
    ask_for_proof(&app, "prove", Some(actor.person)).await
}

/// The person at the desk is still the one who signed in: the session goes on under a new id.
pub async fn finish_proof(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Result {
    let Some(actor) = who(&app, &headers).await else { return Ok(refused(StatusCode::UNAUTHORIZED, OUT)) };
    let now = app.now();
    let (person, key, passkey) = match proven(&app, "prove", &headers, &body, now).await? {
        Ok(proven) => proven,
        Err(refusal) => return Ok(refusal),
    };
    if person != actor.person {
        return Ok(refused(StatusCode::UNAUTHORIZED, UNKNOWN));
    }
    let mut tx = app.store.begin().await?;
    store::used(&mut tx, key.id, &passkey, now).await?;
    store::succeed(&mut tx, actor.session, now).await?;
    let permit = policy::by_passkey(person, "signin.prove");
    tx.commit(&permit, &app.mint, now, Object::new("passkey", key.id.0), None, "").await?;
    let token = start_session(&app, person, actor.seat).await?;
    Ok(arrived(&app, &token, if actor.locked { "/" } else { "" }))
}

/// How somebody comes to register a passkey. The page says which, so that an invitation that is tried out at an
/// administrator's desk never takes the place of the administrator.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// One more key of one's own, after a fresh proof.
    Own,
    /// The first key, by an invitation whose code this browser has given.
    Invited,
}

impl Way {
    fn kind(self) -> &'static str {
        match self {
            Way::Own => "register",
            Way::Invited => "join",
        }
    }

    fn too_late(self) -> &'static str {
        match self {
            Way::Own => STALE,
            Way::Invited => LATE,
        }
    }
}

async fn registrant(
    app: &App,
    way: Way,
    headers: &HeaderMap,
) -> Result<Option<(PersonId, String, Option<store::Holder>)>> {
    if way == Way::Invited {
        return Ok(held(app, headers).await?.map(|h| (h.person_id, h.name.clone(), Some(h))));
    }
    // A page that asks for the proof would be of no use to the script that asks here.
    // Behind a lock there is only the proof: whoever stands there may be somebody else.
    let actor = who(app, headers).await.filter(|a| !a.locked && policy::proved(app, a, app.now()).is_ok());
    Ok(actor.map(|a| (a.person, a.name, None)))
}

async fn who(app: &App, headers: &HeaderMap) -> Option<Actor> {
    web::cookie(headers, cookie_name(app.demo))?;
    Actor::at_the_lock(app, headers.get_all(header::COOKIE).iter().cloned().collect()).await
}

pub async fn begin_registration(State(app): State<App>, headers: HeaderMap) -> Result {
    begin_key(&app, Way::Own, &headers).await
}

pub async fn finish_registration(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Result {
    finish_key(&app, Way::Own, &headers, &body).await
}

pub async fn begin_joining(State(app): State<App>, headers: HeaderMap) -> Result {
    begin_key(&app, Way::Invited, &headers).await
}

pub async fn finish_joining(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Result {
    finish_key(&app, Way::Invited, &headers, &body).await
}

async fn begin_key(app: &App, way: Way, headers: &HeaderMap) -> Result {
    let Some((person, name, _)) = registrant(app, way, headers).await? else {
        return Ok(refused(StatusCode::UNAUTHORIZED, way.too_late()));
    };
    let keys = store::keys_of(&app.store.read().await?, person).await?;
    if keys.len() >= MOST {
        let sentence = format!("パスキーは{MOST}個までです。使っていないものを取り除いてから、加えてください。");
        return Ok(refused(StatusCode::CONFLICT, &sentence));
    }
    let mut known = Vec::new();
    for key in &keys {
        known.push(key.passkey()?.cred_id().clone());
    }
    let started = party(app)?.start_passkey_registration(person.0, &name, &name, Some(known));
    let (options, state) = started.map_err(internal)?;
    let mut options = serde_json::to_value(options).map_err(internal)?;
    // Nobody types a name to sign in: the authenticator itself must know whose key it is.
    if let Some(selection) = options.pointer_mut("/publicKey/authenticatorSelection").and_then(Value::as_object_mut) {
        selection.insert("residentKey".to_owned(), json!("required"));
        selection.insert("requireResidentKey".to_owned(), json!(true));
    }
    ask(app, way.kind(), options, serde_json::to_string(&state).map_err(internal)?, Some(person)).await
}

/// `{"name": "…", "credential": {…}}`
async fn finish_key(app: &App, way: Way, headers: &HeaderMap, body: &Bytes) -> Result {
    let now = app.now();
    let (Some((state, asked)), Some((person, _, holder))) =
        (answer_of(app, way.kind(), headers).await?, registrant(app, way, headers).await?)
    else {
        return Ok(refused(StatusCode::BAD_REQUEST, way.too_late()));
    };
    let state: PasskeyRegistration = serde_json::from_str(&state).map_err(internal)?;
    let sent: Value = serde_json::from_slice(body).unwrap_or_default();
    let name = platform::text::line(sent.get("name").and_then(Value::as_str).unwrap_or(""), 40);
    let name = name.ok().filter(|n| !n.is_empty()).unwrap_or_else(|| "パスキー".to_owned());
    let credential = sent.get("credential").cloned().unwrap_or_default();
    let credential = serde_json::from_value::<RegisterPublicKeyCredential>(credential);
    let key = credential.ok().and_then(|c| party(app).ok()?.finish_passkey_registration(&c, &state).ok());
    let Some(key) = key.filter(|_| asked == Some(person)) else {
        let sentence = "パスキーを登録できませんでした。もう一度試しても同じときは、別の端末で試してください。";
        return Ok(refused(StatusCode::UNPROCESSABLE_ENTITY, sentence));
    };
    let mut tx = app.store.begin().await?;
    if let Some(h) = &holder {
        if !store::accept(&mut tx, h.id, now).await? {
            return Ok(refused(StatusCode::CONFLICT, "この招待は、すでに使われています。"));
        }
        if h.purpose == "recovery" {
            store::remove_all(&mut tx, person, now).await?;
        }
    }
    let id = store::add_key(app, &mut tx, person, &key, &name, now).await?;
    if holder.is_none() {
        store::tell_of_key(app, &mut tx, person, id, now).await?;
    }
    let permit = policy::by_passkey(person, "signin.register");
    tx.commit(&permit, &app.mint, now, Object::new("passkey", id.0), None, "").await?;
    let Some(holder) = holder else {
        return Ok(Json(json!({ "to": "/account#saved" })).into_response());
    };
    tracing::info!(invitation = %holder.id, "an invitation was used");
    let seats = store::seats_of(&app.store.read().await?, person, now).await?;
    let Some(seat) = seats.first() else {
        return Ok(refused(StatusCode::UNAUTHORIZED, "いまの役割がありません。管理者に連絡してください。"));
    };
    let token = start_session(app, person, seat.id).await?;
    Ok(arrived(app, &token, "/"))
}
