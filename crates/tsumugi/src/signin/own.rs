//! Pages of one's own sign-in: the door, one's passkeys and sessions, the other seat, and the proof between.

use super::{ceremony::register_script, store};
use crate::{
    account::{self, Actor, session_cookie, start_session},
    app::{self, App},
    journal::Object,
    policy, view,
    waiting::{self, WaitingKind},
    web::{self, Error, Form, Key, Result, see_other},
};
use axum::{extract::State, response::IntoResponse};
use maud::{Markup, html};
use platform::{
    form::Fields,
    id::{PasskeyId, SeatId, SessionId},
    vocabulary::Vocabulary as _,
};

/// A button that talks to the authenticator; the words stand here, for the script has none of its own.
fn ceremony(kind: &str, label: &str, name: bool) -> Markup {
    html! {
        div.ceremony data-passkey=(kind) data-unable="このブラウザーではパスキーを使えません。ほかのブラウザーか端末で開いてください。"
            data-stopped="パスキーの操作が取り消されました。もう一度押すと、やり直せます。" data-lost="通信できませんでした。つながりを確かめて、もう一度押してください。" {
            p role="status" aria-live="polite" {}
            @if name { (ui::Field::new("passkey-name", "この端末の呼び名").hint("例 自分の電話、事務所のパソコン").max(40).text()) }
            div.acts { button.btn.btn-p type="button" { (label) } }
        }
        noscript { p { "パスキーを使うには、ブラウザーの JavaScript を有効にしてください。" } }
        (register_script())
    }
}

/// The first passkey, by an invitation.
pub fn joining() -> Markup {
    ceremony("join", "パスキーを登録する", true)
}

pub async fn sign_in(State(app): State<App>) -> Result<Markup> {
    let accounts = if app.demo { account::demo_accounts(&app.store.read().await?).await? } else { vec![] };
    Ok(app::framed(
        "サインイン",
        app.demo,
        html! {
            (ui::heading(&ui::Heading { over: "", title: "サインイン", actions: html! {} }))
            @if app.demo {
                (ui::panel("役割を選ぶ（デモ）", html! {}, html! {
                    ul.menu { @for a in &accounts {
                        li { a href={ "/demo/sign-in?as=" (a.account_key) } {
                            (ui::icon(ui::Icon::Person)) b { (a.role.label()) } " " (a.name) " " small { (a.place) }
                        } }
                    } }
                }))
            } @else {
                (ui::panel("パスキーでサインイン", html! {}, ui::pad(html! {
                    p { "電話やパソコンの顔・指紋・暗証番号で本人であることを確かめます。パスワードはありません。" }
                    (ceremony("sign-in", "パスキーでサインインする", false))
                    p { small { "はじめての人は、管理者から受け取った招待のリンクを開いてください。パスキーを失くしたときは、管理者に連絡してください。" } }
                })))
            }
        },
    ))
}

/// The locked screen: whose it is, the way back in, and the way to somebody else's.
pub async fn locked(State(app): State<App>, actor: Actor) -> Result {
    if !actor.locked {
        return Ok(see_other("/"));
    }
    let body = html! {
        (ui::heading(&ui::Heading { over: "つむぐ", title: "画面に鍵がかかっています", actions: html! {} }))
        (ui::panel("鍵を開ける", html! {}, ui::pad(html! {
            p { b { (actor.name) "さん" } "の画面です。下書きに残った書きかけは、鍵を開けると続けられます。" }
            @if app.passkeys.is_some() { (ceremony("prove", "パスキーで鍵を開ける", false)) }
            @else { p { small { "デモでは、パスキーなしで開きます。" } } form method="post" action="/lock/open" { div.acts { (ui::button("鍵を開ける", true)) } } }
        })))
        (ui::panel("ほかの人が使うとき", html! {}, ui::pad(html! {
            p { (actor.name) "さんはサインアウトになります。" }
            form method="post" action="/sign-out" { div.acts { (ui::button("利用者を切り替える", false)) } }
        })))
    };
    Ok(app::framed("画面の鍵", app.demo, body).into_response())
}

/// In the demonstration nobody has a passkey: the lock opens by itself.
pub async fn unlock(State(app): State<App>, actor: Actor) -> Result {
    if app.passkeys.is_some() {
        return Err(Error::Prove);
    }
    let mut tx = app.store.begin().await?;
    store::unlock(&mut tx, actor.session).await?;
    tx.commit_housekeeping().await?;
    Ok(see_other("/"))
}

pub async fn prove(State(app): State<App>, actor: Actor) -> Result<Markup> {
    let body = html! {
        (ui::heading(&ui::Heading { over: "", title: "本人であることを確かめる", actions: html! {} }))
        (ui::panel("パスキーで確かめる", html! {}, ui::pad(html! {
            p { "大切な操作の前に、もう一度パスキーで確かめます。確かめてから5分のあいだ使えます。" }
            (ceremony("prove", "パスキーで確かめる", false))
        })))
    };
    Ok(web::page(&app, &actor, "account", "本人であることを確かめる", body))
}

pub async fn account(State(app): State<App>, actor: Actor) -> Result<Markup> {
    let now = app.now();
    let tx = app.store.read().await?;
    let keys = store::keys_of(&tx, actor.person).await?;
    let sessions = store::sessions_of(&tx, actor.person, now).await?;
    let seats = store::seats_of(&tx, actor.person, now).await?;
    let recoveries = store::recoveries(&tx, actor.person).await?;
    let unknown = store::unknown_keys(&tx, actor.person).await?;
    drop(tx);
    let empty = Fields::default();
    let fresh = policy::proved(&app, &actor, now).is_ok();
    let body = html! {
        (ui::heading(&ui::Heading { over: "", title: "自分のアカウント", actions: html! {} }))
        p.lead { (actor.name) "（" (actor.role.label()) "、" (actor.place) "）" }
        @if policy::by_role::<policy::ArrangeCover>(&actor).is_ok() { p { a href="/cover" { "休みの間の代わりを頼む" } } }
        @if !recoveries.is_empty() {
            (ui::notice(ui::Tone::Alert, "パスキーの作り直しがありました", html! {
                ul { @for r in &recoveries { li {
                    (view::moment_of_year(r.made_at)) " " (r.maker.as_deref().unwrap_or("管理者")) "が申し出"
                    @if let Some(by) = &r.approver { "、" (by) "が承認" }
                    @if let Some(t) = r.used_at { "、" (view::moment(t)) "に新しいパスキーを登録" } @else if r.revoked_at.is_some() { "、取消し" } @else { "、まだ登録されていません" }
                } } }
                p { "自分が頼んだものでなければ、すぐに申し出た人とは別の管理者に電話してください。" }
                (view::form(&app, &empty, "/account/recovery/seen", html! {}, ui::button("心当たりがある", false)))
            }))
        }
        @if !unknown.is_empty() {
            (ui::notice(ui::Tone::Alert, "パスキーが加えられました", html! {
                ul { @for k in &unknown { li { b { (k.name) } "　" (view::moment_of_year(k.added_at)) @if let Some(at) = k.removed_at { "（" (view::moment(at)) "に取り除かれました）" } } } }
                p { "自分が加えたものでなければ、下の一覧から取り除き、すぐに管理者に電話してください。加えてから24時間は、氏名の入った一覧を書き出せません。" }
                @if unknown.iter().all(|k| store::may_be_known(k, now)) { (view::form(&app, &empty, "/account/passkeys/known", html! {}, ui::button("自分が加えた", false))) } @else { p { small { "「自分が加えた」は、24時間たつと押せるようになります。" } } }
            }))
        }
        (ui::stack(html! {
            (ui::panel("パスキー", html! {}, html! {
                @if app.passkeys.is_none() { (ui::empty("デモでは、パスキーを使いません", html! {})) }
                @else if keys.is_empty() { (ui::empty("パスキーがありません", html! {})) }
                @else {
                    (ui::table("自分のパスキー", &["呼び名", "登録", "最後に使った", ""], html! { @for k in &keys { tr {
                        th scope="row" { (k.name) @if k.suspended_at.is_some() { " " (ui::tag(ui::Tone::Alert, "停止中")) } }
                        td data-l="登録" { (view::moment(k.added_at)) }
                        td data-l="最後に使った" { @match k.used_at { Some(t) => (view::moment(t)), None => "まだ" } }
                        td { @if keys.len() > 1 { (view::form(&app, &empty, &format!("/account/passkeys/{}/remove", k.id), html! {}, ui::button(&format!("{}を取り除く", k.name), false))) } @else { small { "最後の1つは取り除けません" } } }
                    } } }))
                }
            }))
            @if app.passkeys.is_some() {
                (ui::panel("パスキーを加える", html! {}, ui::pad(html! {
                    p { "電話とパソコンなど、2つ以上登録しておくと、1つ失くしてもサインインできます。" }
                    @if fresh { (ceremony("register", "パスキーを登録する", true)) } @else { p { a href="/prove" { "先に、いまのパスキーで本人であることを確かめる" } } }
                })))
            }
            (ui::panel("サインインしている端末", html! {}, html! {
                (ui::table("サインインしている端末", &["役割", "はじめ", "最後の操作", ""], html! { @for s in &sessions { tr {
                    th scope="row" { (s.role.label()) small { (s.place) } }
                    td data-l="はじめ" { (view::moment(s.created_at)) } td data-l="最後の操作" { (view::moment(s.seen_at)) }
                    td { @if s.id == actor.session { (ui::tag(ui::Tone::Ok, "この端末")) } @else { (view::form(&app, &empty, &format!("/account/sessions/{}/end", s.id), html! {}, ui::button("終わらせる", false))) } }
                } } }))
            }))
            @if seats.len() > 1 {
                (ui::panel("ほかの役割に替わる", html! {}, ui::pad(html! { @for s in seats.iter().filter(|s| s.id != actor.seat) {
                    (view::form(&app, &empty, "/account/seat", html! { input type="hidden" name="seat" value=(s.id); }, ui::button(&format!("{}（{}）", s.role.label(), s.place), false)))
                } })))
            }
        }))
    };
    Ok(web::page(&app, &actor, "account", "自分のアカウント", body))
}

/// The person knows of every recovery so far.
pub async fn recovery_seen(State(app): State<App>, actor: Actor) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    for r in store::recoveries(&tx, actor.person).await? {
        waiting::clear(&mut tx, r.id.0, WaitingKind::RecoveryNotice).await?;
    }
    let permit = policy::by_self(&actor, "signin.recovery_seen");
    tx.commit(&permit, &app.mint, now, Object::new("person", actor.person.0), None, "").await?;
    Ok(see_other("/account"))
}

/// The person added every key themselves. Not on the day of it: whoever added it at their desk could say so too.
pub async fn keys_known(State(app): State<App>, actor: Actor) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    for key in store::unknown_keys(&tx, actor.person).await? {
        if !store::may_be_known(&key, now) {
            return Err(Error::refused("パスキーが加えられてから24時間たつまでは、この知らせを消せません。"));
        }
        waiting::clear(&mut tx, key.id.0, WaitingKind::KeyNotice).await?;
    }
    let permit = policy::by_self(&actor, "signin.keys_known");
    tx.commit(&permit, &app.mint, now, Object::new("person", actor.person.0), None, "").await?;
    Ok(see_other("/account"))
}

pub async fn remove_passkey(State(app): State<App>, actor: Actor, Key(id): Key<PasskeyId>) -> Result {
    let now = app.now();
    policy::proved(&app, &actor, now)?;
    let mut tx = app.store.begin().await?;
    if !store::remove_key(&mut tx, actor.person, id, now).await? {
        return Err(Error::refused(
            "このパスキーは取り除けません。最後の1つは、別のパスキーを加えてから取り除いてください。",
        ));
    }
    let permit = policy::by_self(&actor, "signin.remove");
    tx.commit(&permit, &app.mint, now, Object::new("passkey", id.0), None, "").await?;
    Ok(see_other("/account"))
}

pub async fn end_session(State(app): State<App>, actor: Actor, Key(id): Key<SessionId>) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    if !store::end_session(&mut tx, actor.person, id.0, now).await? {
        return Err(Error::NotFound);
    }
    let permit = policy::by_self(&actor, "signin.end");
    tx.commit(&permit, &app.mint, now, Object::new("session", id.0), None, "").await?;
    Ok(see_other("/account"))
}

/// Another role is another session: what is open under the first one is not seen with the eyes of the second.
pub async fn change_seat(State(app): State<App>, actor: Actor, Form(fields): Form) -> Result {
    let now = app.now();
    let seat: SeatId = fields.get("seat").parse().map_err(|_| Error::NotFound)?;
    let mut tx = app.store.begin().await?;
    if !store::seats_of(&tx, actor.person, now).await?.iter().any(|s| s.id == seat) {
        return Err(Error::NotFound);
    }
    store::succeed(&mut tx, actor.session, now).await?;
    let permit = policy::by_self(&actor, "signin.seat");
    tx.commit(&permit, &app.mint, now, Object::new("seat", seat.0), None, "").await?;
    let token = start_session(&app, actor.person, seat).await?;
    let mut res = see_other("/");
    session_cookie(&app, &mut res, &token, 12 * 3600);
    Ok(res)
}
