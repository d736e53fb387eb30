//! SQL of passkeys, ceremonies and one's own sessions.

use crate::{
    account,
    app::App,
    journal::{Draft, Object},
    policy::Role,
    waiting::{self, Item, ObjectKind, WaitingKind},
    web::Error,
};
use jiff::{SignedDuration, ToSpan};
use platform::{
    Timestamp, Uuid, args,
    db::{DbError, Reader},
    id::{CaseId, InvitationId, OrganisationId, PasskeyId, PersonId, SeatId, SessionId},
    japanese::business::Reply,
    row, serde_json,
};
use webauthn_rs::prelude::Passkey;

/// How long a browser may take from the question to the answer.
const MINUTES: i64 = 5;

row! {
    pub struct Recovery { pub id: InvitationId, pub made_at: Timestamp, pub maker: Option<String>, pub approver: Option<String>, pub used_at: Option<Timestamp>, pub revoked_at: Option<Timestamp> }
    pub struct Key { pub id: PasskeyId, pub body: String, pub name: String, pub added_at: Timestamp, pub used_at: Option<Timestamp>, pub suspended_at: Option<Timestamp> }
    pub struct OwnSession { pub id: SessionId, pub created_at: Timestamp, pub seen_at: Timestamp, pub role: Role, pub place: String }
    pub struct OwnSeat { pub id: SeatId, pub role: Role, pub organisation_id: OrganisationId, pub place: String }
    pub struct State { pub state: String, pub person_id: Option<PersonId>, pub made_at: Timestamp }
    pub struct Holder { pub id: InvitationId, pub person_id: PersonId, pub name: String, pub purpose: String }
}

impl Key {
    pub fn passkey(&self) -> Result<Passkey, Error> {
        serde_json::from_str(&self.body).map_err(|e| Error::Internal(format!("a stored passkey: {e}")))
    }
}

/// The passkeys of a person that were not removed, the newest first.
pub async fn keys_of(tx: &Reader, person: PersonId) -> Result<Vec<Key>, DbError> {
    let sql = "/* signin::keys_of */
        SELECT id, body, name, added_at, used_at, suspended_at FROM passkey WHERE person_id = $1 AND removed_at IS NULL ORDER BY added_at DESC, id DESC LIMIT 20";
    tx.all(sql, args![person]).await
}

pub async fn add_key(
    app: &App,
    tx: &mut Draft,
    person: PersonId,
    key: &Passkey,
    name: &str,
    now: Timestamp,
) -> Result<PasskeyId, Error> {
    let id: PasskeyId = app.mint.id(now);
    let body = serde_json::to_string(key).map_err(|e| Error::Internal(e.to_string()))?;
    let sql = "/* signin::add_key */
        INSERT INTO passkey (id, person_id, credential_id, body, name, added_at) VALUES ($1, $2, $3, $4, $5, $6)";
    tx.exec(sql, args![id, person, key.cred_id().to_vec(), body, name, now]).await?;
    Ok(id)
}

/// For a day after one more key was added it is no proof of who somebody is.
const UNSURE: SignedDuration = SignedDuration::from_hours(24);

/// Tells a person that one more key of theirs was added: it may have been somebody else at their desk.
pub async fn tell_of_key(
    app: &App,
    tx: &mut Draft,
    person: PersonId,
    key: PasskeyId,
    now: Timestamp,
) -> Result<(), Error> {
    let item = Item {
        kind: WaitingKind::KeyNotice,
        subject: person.into(),
        object_kind: ObjectKind::Account,
        object: key.0,
        case: None,
        waits_for: "",
        // It can be answered after a day, so it is due on the open day after that.
        due: app.calendar.due(now.checked_add(UNSURE).unwrap_or(now), Reply::OpenDays(1)),
    };
    Ok(waiting::put(tx, &app.mint, now, item).await?)
}

row! {
    /// A key that was added and that the person has not said anything about.
    pub struct Unknown { pub id: PasskeyId, pub name: String, pub added_at: Timestamp, pub removed_at: Option<Timestamp> }
}

/// Keys that were added to others and that the person has not said anything about; also those that are gone again.
pub async fn unknown_keys(tx: &Reader, person: PersonId) -> Result<Vec<Unknown>, DbError> {
    let sql = "/* signin::unknown_keys */
        SELECT k.id, k.name, k.added_at, k.removed_at FROM waiting w JOIN passkey k ON k.id = w.object_id
         WHERE w.subject_id = $1 AND w.kind = 'key_notice' ORDER BY k.added_at LIMIT 20";
    tx.all(sql, args![person]).await
}

/// Whether a key may be called known: not on the day on which it was added.
pub fn may_be_known(key: &Unknown, now: Timestamp) -> bool {
    now.duration_since(key.added_at) >= UNSURE
}

/// Whether one more key was added within a day, whatever became of it. Until then nobody takes names away in files.
pub async fn has_new_key(tx: &Reader, person: PersonId, now: Timestamp) -> Result<bool, DbError> {
    let sql = "/* signin::has_new_key */
        SELECT k.id FROM passkey k WHERE k.person_id = $1 AND k.added_at > $2
           AND EXISTS (SELECT 1 FROM passkey o WHERE o.person_id = $1 AND o.added_at < k.added_at) LIMIT 1";
    let since = now.checked_sub(UNSURE).unwrap_or(now);
    Ok(tx.opt::<(PasskeyId,)>(sql, args![person, since]).await?.is_some())
}

/// Notes the use of a key, with the counter that it told.
pub async fn used(tx: &mut Draft, id: PasskeyId, key: &Passkey, now: Timestamp) -> Result<(), Error> {
    let body = serde_json::to_string(key).map_err(|e| Error::Internal(e.to_string()))?;
    tx.exec("/* signin::used */ UPDATE passkey SET body = $2, used_at = $3 WHERE id = $1", args![id, body, now])
        .await?;
    Ok(())
}

/// Two copies of a key may exist: it signs nobody in any more.
pub async fn suspend(tx: &mut Draft, id: PasskeyId, now: Timestamp) -> Result<(), DbError> {
    tx.exec("/* signin::suspend */ UPDATE passkey SET suspended_at = $2 WHERE id = $1", args![id, now]).await?;
    Ok(())
}

/// Removes one's own key. False: there is no such key, or it is the last one that works.
pub async fn remove_key(tx: &mut Draft, person: PersonId, id: PasskeyId, now: Timestamp) -> Result<bool, DbError> {
    // Held, so that two removals at once cannot both leave "the other one".
    tx.exec("/* signin::remove_key */ UPDATE person SET name = name WHERE id = $1", args![person]).await?;
    let sql = "/* signin::remove_key */
        UPDATE passkey SET removed_at = $3 WHERE id = $2 AND person_id = $1 AND removed_at IS NULL AND (suspended_at IS NOT NULL OR EXISTS (
            SELECT 1 FROM passkey o WHERE o.person_id = $1 AND o.id <> $2 AND o.removed_at IS NULL AND o.suspended_at IS NULL))";
    Ok(tx.exec(sql, args![person, id, now]).await? == 1)
}

/// A recovery ends what may be in other hands.
pub async fn remove_all(tx: &mut Draft, person: PersonId, now: Timestamp) -> Result<(), DbError> {
    let sql = "/* signin::remove_all */ UPDATE passkey SET removed_at = $2 WHERE person_id = $1 AND removed_at IS NULL";
    tx.exec(sql, args![person, now]).await?;
    end_sessions(tx, person, now).await
}

/// Recoveries of one's own passkeys that one has not looked at yet.
pub async fn recoveries(tx: &Reader, person: PersonId) -> Result<Vec<Recovery>, DbError> {
    let sql = "/* signin::recoveries */
        SELECT i.id, i.made_at, m.name AS maker, a.name AS approver, i.used_at, i.revoked_at FROM invitation i
          LEFT JOIN person m ON m.id = i.made_by LEFT JOIN person a ON a.id = i.approved_by
         WHERE i.person_id = $1 AND i.purpose = 'recovery'
           AND EXISTS (SELECT 1 FROM waiting w WHERE w.object_id = i.id AND w.kind = 'recovery_notice' AND w.subject_id = $1)
         ORDER BY i.made_at DESC, i.id DESC LIMIT 20";
    tx.all(sql, args![person]).await
}

pub async fn end_sessions(tx: &mut Draft, person: PersonId, now: Timestamp) -> Result<(), DbError> {
    let sql = "/* signin::end_sessions */ UPDATE session SET ended_at = $2 WHERE person_id = $1 AND ended_at IS NULL RETURNING id";
    for (id,) in tx.all::<(SessionId,)>(sql, args![person, now]).await? {
        tx.announce("session", id);
    }
    Ok(())
}

/// Keeps the server's half of a ceremony, and gives the token that the browser brings back.
pub async fn begin(
    app: &App,
    kind: &str,
    state: String,
    person: Option<PersonId>,
    now: Timestamp,
) -> Result<String, Error> {
    let token = app.mint.token();
    let mut tx = app.store.begin().await?;
    let old = now.checked_sub(MINUTES.minutes()).map_err(|e| Error::Internal(e.to_string()))?;
    tx.exec("/* signin::begin */ DELETE FROM ceremony WHERE made_at < $1", args![old]).await?;
    let sql = "/* signin::begin */ INSERT INTO ceremony (token_hash, kind, state, person_id, made_at) VALUES ($1, $2, $3, $4, $5)";
    tx.exec(sql, args![account::hash(token.as_bytes()), kind, state, person, now]).await?;
    tx.commit_housekeeping().await?;
    Ok(token)
}

/// Takes the server's half away: an answer counts once, within five minutes.
pub async fn take(
    app: &App,
    kind: &str,
    token: &str,
    now: Timestamp,
) -> Result<Option<(String, Option<PersonId>)>, Error> {
    let tx = app.store.begin().await?;
    let sql = "/* signin::take */ DELETE FROM ceremony WHERE token_hash = $1 AND kind = $2 RETURNING state, person_id, made_at";
    let found: Option<State> = tx.opt(sql, args![account::hash(token.as_bytes()), kind]).await?;
    tx.commit_housekeeping().await?;
    let young = |s: &State| now.duration_since(s.made_at) <= jiff::SignedDuration::from_mins(MINUTES);
    Ok(found.filter(young).map(|s| (s.state, s.person_id)))
}

/// Somebody proved who they are and has nothing to see any more; where it was their child, that they tried is written down.
pub async fn knocked(app: &App, person: PersonId) -> Result<(), Error> {
    let sql = "/* signin::knocked */
        SELECT case_id FROM guardian_account WHERE person_id = $1 AND ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT 1";
    let child: Option<(CaseId,)> = app.store.read().await?.opt(sql, args![person]).await?;
    if let Some((child,)) = child {
        let actor = account::Actor { person, role: Role::Family, ..account::Actor::nobody() };
        app.store.refused(&actor, &app.mint, app.now(), Object::new("child", child.0)).await?;
    }
    Ok(())
}

/// Who may sign in: not disabled.
pub async fn is_enabled(tx: &Reader, person: PersonId) -> Result<bool, DbError> {
    let sql = "/* signin::is_enabled */ SELECT id FROM person WHERE id = $1 AND disabled_at IS NULL";
    Ok(tx.opt::<(PersonId,)>(sql, args![person]).await?.is_some())
}

/// The seats that a person holds now; the first is taken at sign-in.
pub async fn seats_of(tx: &Reader, person: PersonId, now: Timestamp) -> Result<Vec<OwnSeat>, DbError> {
    let sql = "/* signin::seats_of */
        SELECT s.id, s.role, s.organisation_id, o.name AS place FROM account_subject a JOIN seat s ON s.id = a.subject_id
          JOIN organisation o ON o.id = s.organisation_id
         WHERE a.person_id = $1 AND a.since <= $2 AND (a.until IS NULL OR a.until > $2) ORDER BY a.since, s.id LIMIT 20";
    tx.all(sql, args![person, now]).await
}

pub async fn sessions_of(tx: &Reader, person: PersonId, now: Timestamp) -> Result<Vec<OwnSession>, DbError> {
    let sql = "/* signin::sessions_of */
        SELECT s.id, s.created_at, s.seen_at, t.role, o.name AS place FROM session s JOIN seat t ON t.id = s.seat_id
          JOIN organisation o ON o.id = t.organisation_id
         WHERE s.person_id = $1 AND s.ended_at IS NULL AND s.ends_at > $2 ORDER BY s.seen_at DESC, s.id LIMIT 50";
    tx.all(sql, args![person, now]).await
}

pub async fn end_session(tx: &mut Draft, person: PersonId, id: Uuid, now: Timestamp) -> Result<bool, DbError> {
    let sql = "/* signin::end_session */ UPDATE session SET ended_at = $3 WHERE id = $2 AND person_id = $1 AND ended_at IS NULL";
    let ended = tx.exec(sql, args![person, id, now]).await? == 1;
    tx.announce("session", id);
    Ok(ended)
}

/// The invitation whose right code this browser has given, while it can still be used.
pub async fn holder(tx: &Reader, token: &str, now: Timestamp) -> Result<Option<Holder>, DbError> {
    let sql = "/* signin::holder */
        SELECT i.id, i.person_id, p.name, i.purpose FROM invitation i JOIN person p ON p.id = i.person_id AND p.disabled_at IS NULL
         WHERE i.holder_hash = $1 AND i.used_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > $2";
    tx.opt(sql, args![account::hash(token.as_bytes()), now]).await
}

/// Ends an invitation by its use. False: it was used in the meantime.
pub async fn accept(tx: &mut Draft, id: InvitationId, now: Timestamp) -> Result<bool, DbError> {
    let sql = "/* signin::accept */ UPDATE invitation SET used_at = $2 WHERE id = $1 AND used_at IS NULL AND revoked_at IS NULL";
    Ok(tx.exec(sql, args![id, now]).await? == 1)
}

/// A new session after a new proof: the old id dies.
pub async fn succeed(tx: &mut Draft, old: SessionId, now: Timestamp) -> Result<(), DbError> {
    let sql = "/* signin::succeed */ UPDATE session SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL";
    tx.exec(sql, args![old, now]).await?;
    tx.announce("session", old);
    Ok(())
}

/// In the demonstration, which has no passkeys.
pub async fn unlock(tx: &mut Draft, session: SessionId) -> Result<(), DbError> {
    tx.exec("/* signin::unlock */ UPDATE session SET locked_at = NULL WHERE id = $1", args![session]).await.map(drop)
}
