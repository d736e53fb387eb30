//! 家族の画面への招待: a guardian's own account, invited and confirmed by the lead or deputy, who know the family.

use super::{
    Custody,
    access::{grant, lapse},
    family::{self, Person},
};
use crate::{
    account::{Actor, Profession, setup},
    app::App,
    journal::{Draft, Object},
    once, people,
    policy::{self, InviteFamily, Relation, Role, Seen},
    signin, view,
    waiting::{self, Item, ObjectKind, WaitingKind},
    web::{self, Base, Error, Form, Key, Result, see_other},
};
use axum::{extract::State, response::IntoResponse};
use maud::{Markup, html};
use platform::{
    Timestamp, Uuid, args,
    db::{DbError, Reader},
    form::Fields,
    id::PersonId,
    japanese::business::Reply,
    row,
    vocabulary::Vocabulary as _,
};

row! {
    /// The live account of a guardian.
    pub struct Account {
        pub id: Uuid, pub person_id: PersonId, pub invited_at: Timestamp, pub inviter: String, pub confirmed_at: Option<Timestamp>,
        pub confirmer: Option<String>, pub keys: i64,
    }
}

/// Who has no custody, or whose contact is restricted, gets no account and loses the one there is.
pub fn may_have_account(guardian: bool, custody: Custody, contact_restricted: bool) -> bool {
    guardian && custody != Custody::None && !contact_restricted
}

/// Holds the guardian's row until the end of the act, so that inviting, confirming, correcting and ending come one after the other.
async fn hold_guardian(tx: &mut Draft, guardian: Uuid) -> Result<(), DbError> {
    tx.exec("/* case::hold_guardian */ UPDATE case_person SET version = version WHERE id = $1", args![guardian])
        .await?;
    Ok(())
}

pub async fn account(tx: &Reader, guardian: Uuid) -> Result<Option<Account>, DbError> {
    let sql = "/* case::account unscoped: family::see proved the case */
        SELECT a.id, a.person_id, a.invited_at, i.name AS inviter, a.confirmed_at, c.name AS confirmer,
               (SELECT COUNT(*) FROM passkey k WHERE k.person_id = a.person_id AND k.removed_at IS NULL) AS keys
          FROM guardian_account a JOIN person i ON i.id = a.invited_by LEFT JOIN person c ON c.id = a.confirmed_by
         WHERE a.guardian_id = $1 AND a.ended_at IS NULL";
    tx.opt(sql, args![guardian]).await
}

/// Ends the account of a guardian and what it sees, in the transaction of the reason. False: there was none.
pub async fn end_account(tx: &mut Draft, guardian: &Person, why: &str, now: Timestamp) -> Result<bool, DbError> {
    hold_guardian(tx, guardian.id).await?;
    let Some(a) = account(tx, guardian.id).await? else { return Ok(false) };
    let sql = "/* case::end_account */ UPDATE guardian_account SET ended_at = $2, end_reason = $3 WHERE id = $1 AND ended_at IS NULL";
    tx.exec(sql, args![a.id, now, why]).await?;
    lapse(tx, guardian.case_id, a.person_id.into(), Relation::Guardian, now).await?;
    waiting::clear(tx, guardian.id, WaitingKind::FamilyConfirm).await?;
    let sql =
        "/* case::end_account */ SELECT id FROM guardian_account WHERE person_id = $1 AND ended_at IS NULL LIMIT 1";
    if tx.opt::<(Uuid,)>(sql, args![a.person_id]).await?.is_none() {
        people::disable(tx, a.person_id, now).await?;
        signin::end_sessions(tx, a.person_id, now).await?;
    }
    tx.announce("subject", a.person_id);
    Ok(true)
}

/// The part of a guardian's page about their account.
pub fn account_view(app: &App, p: &Person, account: Option<&Account>) -> Markup {
    let empty = Fields::default();
    let form = |path: &str, words: &str, primary| {
        view::form(app, &empty, &format!("/family/{}/account{path}", p.id), html! {}, ui::button(words, primary))
    };
    let registered = |a: &Account| a.keys > 0 || app.passkeys.is_none();
    ui::panel(
        "家族の画面",
        html! {},
        ui::pad(html! {
            @match account {
                None if !may_have_account(p.guardian, p.custody, p.contact_restricted) => { p { "保護者でない人、親権のない人、連絡を控える人は、家族の画面に招けません。" } }
                None => {
                    p { (p.name) "さんが、自分の端末で、チームと連絡先、つなぎの状況、同意、だれが見たかの記録を見られるようになります。職員のメモは見えません。" }
                    (form("", "家族の画面に招く", false))
                }
                Some(a) if a.confirmed_at.is_none() => {
                    p { (ui::tag(ui::Tone::Warn, "確認待ち")) " " (view::moment(a.invited_at)) "に" (a.inviter) "さんが招きました。" }
                    @if app.passkeys.is_none() { p { small { "デモではパスキーを登録しないので、登録を待たずに確認できます。" } } }
                    @if registered(a) { p { "登録したのが本人であることを、電話か対面で確かめてから、確認してください。それまで何も見えません。" } (form("/confirm", "本人と確かめた", true)) }
                    @else { p { "まだ登録していません。招待は72時間で切れます。切れたときは、取り消してからもう一度招いてください。" } }
                    (form("/end", "招待を取り消す", false))
                }
                Some(a) => {
                    p { (ui::tag(ui::Tone::Ok, "使っています")) @if let (Some(at), Some(by)) = (a.confirmed_at, &a.confirmer) { " " (view::moment(at)) "に" (by) "さんが本人と確かめました。" } }
                    (ui::details("家族の画面を終わらせる", html! { p { "すぐに見られなくなり、サインインもできなくなります。" } (form("/end", "終わらせる", false)) }))
                }
            }
        }),
    )
}

pub async fn invite(
    State(app): State<App>,
    actor: Actor,
    base: Base,
    Key(id): Key<Uuid>,
    Form(fields): Form,
) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    hold_guardian(&mut tx, id).await?;
    let (p, seen) = family::see(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<InviteFamily>(&actor, &seen)?;
    policy::proved(&app, &actor, now)?;
    super::must_be_open(&mut tx, &seen).await?;
    if !may_have_account(p.guardian, p.custody, p.contact_restricted) {
        return Err(Error::refused("この人は家族の画面に招けません。親権と「連絡を控える」を確かめてください。"));
    }
    let place = format!("/family/{id}");
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &place, now).await? {
        return Ok(see_other(&before));
    }
    if account(&tx, id).await?.is_some() {
        return Err(Error::refused("この人はすでに招かれています。"));
    }
    let case = super::find(&tx, &seen).await?;
    let town = people::organisation_of(&tx, case.municipality.code())
        .await?
        .ok_or_else(|| Error::Internal("the municipality has no organisation".to_owned()))?;
    let person = setup::person(&app, &mut tx, &p.name, &p.kana, Profession::Family, now).await?;
    setup::grant(&app, &mut tx, person, town, Role::Family, app.today(), now).await?;
    let made = people::make(&app, &mut tx, person, actor.person, now).await?;
    let sql = "/* case::invite */
        INSERT INTO guardian_account (id, case_id, guardian_id, person_id, invited_by, invited_at) VALUES ($1, $2, $3, $4, $5, $6)";
    tx.exec(sql, args![app.mint.uuid(now), p.case_id, id, person, actor.person, now]).await?;
    let item = Item {
        kind: WaitingKind::FamilyConfirm,
        subject: case.lead_id.into(),
        object_kind: ObjectKind::Guardian,
        object: id,
        case: Some(p.case_id),
        waits_for: "",
        due: app.calendar.due(now, Reply::OpenDays(3)),
    };
    waiting::put(&mut tx, &app.mint, now, item).await?;
    tx.commit(&permit, &app.mint, now, Object::new("case_person", id), None, "invited").await?;
    let body = html! {
        (super::header(&app, &case, &seen, ""))
        (people::link_view(&p.name, &made, &base))
        p.act { (ui::link_button(&place, "家族の記録へ戻る", None, false)) }
    };
    Ok(web::page(&app, &actor, "cases", "家族の招待", body).into_response())
}

pub async fn confirm(State(app): State<App>, actor: Actor, Key(id): Key<Uuid>) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    hold_guardian(&mut tx, id).await?;
    let (p, seen) = family::see(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<InviteFamily>(&actor, &seen)?;
    policy::proved(&app, &actor, now)?;
    super::must_be_open(&mut tx, &seen).await?;
    let ready = |a: &Account| a.confirmed_at.is_none() && (a.keys > 0 || app.passkeys.is_none());
    let a = account(&tx, id).await?.filter(ready).ok_or_else(|| {
        Error::refused(
            "確認するものがありません。まだ登録されていないか、すでに確認されています。画面を開き直してください。",
        )
    })?;
    if !may_have_account(p.guardian, p.custody, p.contact_restricted) {
        return Err(Error::refused("この人は家族の画面を使えません。親権と「連絡を控える」を確かめてください。"));
    }
    let sql = "/* case::confirm */ UPDATE guardian_account SET confirmed_by = $2, confirmed_at = $3 WHERE id = $1 AND confirmed_at IS NULL AND ended_at IS NULL";
    if tx.exec(sql, args![a.id, actor.person, now]).await? != 1 {
        return Err(Error::refused("この招待は、いま取り消されました。画面を開き直してください。"));
    }
    grant(&mut tx, p.case_id, a.person_id.into(), Relation::Guardian, "guardian", now).await?;
    waiting::clear(&mut tx, id, WaitingKind::FamilyConfirm).await?;
    tx.announce("subject", a.person_id);
    tx.commit(&permit, &app.mint, now, Object::new("case_person", id), None, "confirmed").await?;
    Ok(see_other(&format!("/family/{id}")))
}

pub async fn end(State(app): State<App>, actor: Actor, Key(id): Key<Uuid>) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let (p, seen) = family::see(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<InviteFamily>(&actor, &seen)?;
    if !end_account(&mut tx, &p, "lead", now).await? {
        return Err(Error::refused("この人の家族の画面は、もう終わっています。"));
    }
    tx.commit(&permit, &app.mint, now, Object::new("case_person", id), None, "account_ended").await?;
    Ok(see_other(&format!("/family/{id}")))
}

/// For the demo, where nobody registers a passkey: a guardian who has the account already.
pub(crate) async fn link(
    app: &App,
    tx: &mut Draft,
    seen: &Seen,
    guardian: &Person,
    person: PersonId,
    by: PersonId,
    now: Timestamp,
) -> Result<(), DbError> {
    let sql = "/* case::link */
        INSERT INTO guardian_account (id, case_id, guardian_id, person_id, invited_by, invited_at, confirmed_by, confirmed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $5, $6)";
    tx.exec(sql, args![app.mint.uuid(now), seen.case(), guardian.id, person, by, now]).await?;
    let name = "/* case::link */ UPDATE person SET name = $2, kana = $3 WHERE id = $1";
    tx.exec(name, args![person, &guardian.name, &guardian.kana]).await?;
    grant(tx, seen.case(), person.into(), Relation::Guardian, "guardian", now).await
}
