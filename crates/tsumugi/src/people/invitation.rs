//! 招待: a link that is used once, with a code that is told on another way. The first administrator has a link alone.

use super::{
    model,
    store::{self, Invitation},
};
use crate::{
    account::{self, Profession, setup},
    app::{self, App},
    area::PREFECTURE_CODE,
    journal::{Draft, Object},
    policy::{self, Role},
    signin, view,
    waiting::{self, Item, ObjectKind, WaitingKind},
    web::{Error, Form, Result},
};
use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use jiff::ToSpan;
use maud::{Markup, html};
use platform::{
    Timestamp, args,
    form::{Errors, Fields, Parse},
    id::{InvitationId, PersonId},
};

/// Wrong codes after which an invitation is dead: a guess has a chance of 5 in 1,000,000.
const TRIES: i64 = 5;
const HOURS: i64 = 72;

/// A link and its code, known only at this moment.
pub struct Made {
    pub path: String,
    pub code: String,
    pub expires_at: Timestamp,
}

fn later(now: Timestamp, hours: i64) -> Result<Timestamp> {
    now.checked_add(hours.hours()).map_err(|e| Error::Internal(e.to_string()))
}

/// Invites a person; every earlier invitation of theirs ends.
pub async fn make(app: &App, tx: &mut Draft, person: PersonId, by: PersonId, now: Timestamp) -> Result<Made> {
    store::revoke(tx, person, now).await?;
    let (token, code, expires_at) = (app.mint.token(), app.mint.six_digits(), later(now, HOURS)?);
    let sql = "/* people::make */
        INSERT INTO invitation (id, purpose, person_id, made_by, made_at, token_hash, code_hash, expires_at) VALUES ($1, 'join', $2, $3, $4, $5, $6, $7)";
    let (hash, code_hash) = account::link_hashes(&token, &code);
    tx.exec(sql, args![app.mint.id::<InvitationId>(now), person, by, now, hash, code_hash, expires_at]).await?;
    Ok(Made { path: format!("/invitations/{token}"), code, expires_at })
}

/// Somebody lost every passkey: one administrator asks, another one approves. Until then there is no link.
pub async fn ask_recovery(app: &App, tx: &mut Draft, person: PersonId, by: PersonId, now: Timestamp) -> Result<()> {
    store::revoke(tx, person, now).await?;
    let sql = "/* people::ask_recovery */
        INSERT INTO invitation (id, purpose, person_id, made_by, made_at, expires_at) VALUES ($1, 'recovery', $2, $3, $4, $5)";
    let id: InvitationId = app.mint.id(now);
    tx.exec(sql, args![id, person, by, now, later(now, HOURS)?]).await?;
    // Whoever still has a session learns of it at once, and whoever signs in afterwards learns that it happened.
    let item = Item {
        kind: WaitingKind::RecoveryNotice,
        subject: person.into(),
        object_kind: ObjectKind::Account,
        object: id.0,
        case: None,
        waits_for: "",
        due: app.closing_time(app.today()),
    };
    Ok(waiting::put(tx, &app.mint, now, item).await?)
}

/// The second administrator's approval makes the link. None: there is nothing to approve, or it is one's own request.
pub async fn approve(
    app: &App,
    tx: &mut Draft,
    person: PersonId,
    by: PersonId,
    now: Timestamp,
) -> Result<Option<Made>> {
    let (token, code, expires_at) = (app.mint.token(), app.mint.six_digits(), later(now, HOURS)?);
    let (hash, code_hash) = account::link_hashes(&token, &code);
    let sql = "/* people::approve */
        UPDATE invitation SET approved_by = $2, token_hash = $3, code_hash = $4, expires_at = $5
         WHERE person_id = $1 AND purpose = 'recovery' AND made_by <> $2 AND approved_by IS NULL AND used_at IS NULL AND revoked_at IS NULL AND expires_at > $6";
    let approved = tx.exec(sql, args![person, by, hash, code_hash, expires_at, now]).await? == 1;
    Ok(approved.then(|| Made { path: format!("/invitations/{token}"), code, expires_at }))
}

/// On a database without an administrator: the organisations of the area, and one link that lives for an hour.
pub async fn first_link(app: &App) -> Result<Option<String>> {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    if store::has_administrator(&tx).await? {
        return Ok(None);
    }
    if store::organisation_of(&tx, PREFECTURE_CODE).await?.is_none() {
        store::establish(app, &mut tx, "", app.today(), now).await?;
    }
    let sql = "/* people::first_link */ UPDATE invitation SET revoked_at = $1 WHERE purpose = 'setup' AND used_at IS NULL AND revoked_at IS NULL";
    tx.exec(sql, args![now]).await?;
    let token = app.mint.token();
    let id: InvitationId = app.mint.id(now);
    let sql = "/* people::first_link */ INSERT INTO invitation (id, purpose, made_at, token_hash, expires_at) VALUES ($1, 'setup', $2, $3, $4)";
    tx.exec(sql, args![id, now, account::hash(token.as_bytes()), later(now, 1)?]).await?;
    let permit = policy::by_setup("people.first");
    tx.commit(&permit, &app.mint, now, Object::new("invitation", id.0), None, "").await?;
    Ok(Some(format!("/invitations/{token}")))
}

fn dead(i: &Invitation, now: Timestamp) -> bool {
    i.used_at.is_some() || i.revoked_at.is_some() || i.expires_at <= now || i.tries >= TRIES
}

fn ended(app: &App) -> Response {
    let page = app::framed(
        "招待",
        app.demo,
        html! {
            (ui::heading(&ui::Heading { over: "", title: "この招待は使えません", actions: html! {} }))
            (ui::panel("お知らせ", html! {}, ui::pad(html! { p { "期限が切れたか、すでに使われたか、新しい招待に替わっています。招いた人に、新しい招待を頼んでください。" } })))
        },
    );
    (StatusCode::GONE, page).into_response()
}

fn ask_page(app: &App, token: &str, i: &Invitation, fields: &Fields, errors: &Errors) -> Markup {
    let f = |name, label| view::field(fields, errors, name, label);
    let setup = i.purpose == "setup";
    app::framed(
        "招待",
        app.demo,
        html! {
            (ui::heading(&ui::Heading { over: "つむぐへようこそ", title: if setup { "はじめの管理者を登録する" } else { "番号を入力してください" }, actions: html! {} }))
            (ui::panel("確認", html! {}, ui::pad(html! {
                form method="post" action=(format!("/invitations/{token}")) novalidate {
                    (view::summary(errors))
                    @if setup {
                        p { "このあと、あなたの端末にパスキーを登録します。ほかの人は、あなたが招待します。" }
                        (ui::form_row(html! { (f("name", "氏名").required().max(50).autocomplete("name").text()) (f("kana", "ふりがな").required().max(60).text()) }))
                        (f("profession", "職種").required().value(if fields.has("profession") { fields.get("profession") } else { "officer" }).select(&model::professions()))
                    } @else {
                        p { "招いた人から、リンクとは別に伝えられた6けたの番号を入力します。" }
                        (f("code", "6けたの番号").required().inputmode("numeric").max(6).autocomplete("off").text())
                        @if i.tries > 0 { p { "あと" (TRIES - i.tries) "回まちがえると、この招待は使えなくなります。" } }
                    }
                    div.acts { (ui::button("次へ", true)) }
                }
            })))
        },
    )
}

fn register_page(app: &App, name: &str) -> Markup {
    app::framed(
        "パスキーの登録",
        app.demo,
        html! {
            (ui::heading(&ui::Heading { over: "つむぐへようこそ", title: &format!("{name}さんのパスキーを登録する"), actions: html! {} }))
            (ui::panel("パスキー", html! {}, ui::pad(html! {
                p { "この端末の顔・指紋・暗証番号でサインインできるようにします。指紋や顔のデータは、この端末から外に出ません。" }
                (signin::joining())
            })))
        },
    )
}

pub async fn open(State(app): State<App>, Path(token): Path<String>, headers: HeaderMap) -> Result {
    let found = store::by_token(&app.store.read().await?, &token).await?.ok_or(Error::NotFound)?;
    if dead(&found, app.now()) {
        return Ok(ended(&app));
    }
    // The same browser, opened again before the passkey was made.
    if let Some(holder) = signin::held(&app, &headers).await?.filter(|h| h.id == found.id) {
        return Ok(register_page(&app, &holder.name).into_response());
    }
    Ok(ask_page(&app, &token, &found, &Fields::default(), &Errors::default()).into_response())
}

/// The right code, or the first administrator's name, lets this browser register a passkey.
pub async fn enter(State(app): State<App>, Path(token): Path<String>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    // Held, so that guesses come one after the other.
    let sql = "/* people::enter */ UPDATE invitation SET tries = tries WHERE token_hash = $1";
    tx.exec(sql, args![account::hash(token.as_bytes())]).await?;
    let found = store::by_token(&tx, &token).await?.ok_or(Error::NotFound)?;
    if dead(&found, now) {
        return Ok(ended(&app));
    }
    let again = |i: &Invitation, errors: &Errors| {
        let page = ask_page(&app, &token, i, &fields, errors);
        Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
    };
    let person = match (found.person_id, &found.code_hash) {
        (Some(person), Some(code_hash)) => {
            let typed = platform::japanese::fold::fold(fields.get("code"));
            if account::link_hashes(&token, &typed).1.as_slice() != code_hash.as_slice() {
                let sql = "/* people::enter */ UPDATE invitation SET tries = tries + 1 WHERE id = $1";
                tx.exec(sql, args![found.id]).await?;
                let permit = policy::by_setup("people.wrong_code");
                tx.commit(&permit, &app.mint, now, Object::new("invitation", found.id.0), None, "").await?;
                let found = Invitation { tries: found.tries + 1, ..found };
                if dead(&found, now) {
                    return Ok(ended(&app));
                }
                return again(&found, &Errors::one("code", "番号が違います。"));
            }
            person
        }
        (None, None) if found.purpose == "setup" => {
            let mut p = Parse::new(&fields);
            let parsed = (p.line("name", "氏名", 50), p.kana("kana", "ふりがな", 60), model::profession(&mut p));
            match p.finish(parsed) {
                Ok((name, kana, profession)) => first(&app, &mut tx, &found, &name, &kana, profession, now).await?,
                Err(errors) => return again(&found, &errors),
            }
        }
        _ => return Ok(ended(&app)),
    };
    let name = store::find(&tx, person).await?.ok_or(Error::NotFound)?.name;
    let holder = app.mint.token();
    let sql = "/* people::enter */ UPDATE invitation SET holder_hash = $2 WHERE id = $1";
    tx.exec(sql, args![found.id, account::hash(holder.as_bytes())]).await?;
    let permit = policy::by_setup("people.entered");
    tx.commit(&permit, &app.mint, now, Object::new("invitation", found.id.0), None, &found.purpose).await?;
    let mut res = register_page(&app, &name).into_response();
    signin::holder_cookie(&mut res, &holder);
    Ok(res)
}

async fn first(
    app: &App,
    tx: &mut Draft,
    i: &Invitation,
    name: &str,
    kana: &str,
    profession: Profession,
    now: Timestamp,
) -> Result<PersonId> {
    let prefecture = store::organisation_of(tx, PREFECTURE_CODE).await?;
    let prefecture = prefecture.ok_or_else(|| Error::Internal("the prefecture is missing".to_owned()))?;
    let person = setup::person(app, tx, name, kana, profession, now).await?;
    setup::grant(app, tx, person, prefecture, Role::Admin, app.today(), now).await?;
    // From now on the link belongs to this person; the same link opened again asks for a code that nobody has.
    let sql = "/* people::first */ UPDATE invitation SET person_id = $2 WHERE id = $1";
    tx.exec(sql, args![i.id, person]).await?;
    Ok(person)
}
