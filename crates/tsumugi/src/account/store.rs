//! SQL of people, sessions and running numbers.

use crate::{app::App, journal::Draft, policy::Role, web::Error};
use jiff::ToSpan;
use platform::{
    Timestamp, args,
    db::{DbError, Reader},
    id::{OrganisationId, PersonId, SeatId, SessionId},
    row,
};

row! {
    pub struct Session {
        pub id: SessionId, pub person_id: PersonId, pub seat_id: SeatId, pub seen_at: Timestamp, pub proved_at: Timestamp, pub locked_at: Option<Timestamp>, pub name: String, pub role: Role,
        pub organisation_id: OrganisationId, pub place: String, pub municipality: Option<String>, pub terms_due: bool,
    }
    pub struct DemoAccount {
        pub account_key: String, pub person_id: PersonId, pub seat_id: SeatId, pub name: String, pub role: Role, pub place: String,
    }
}

/// The live session of a token: not ended, not idle too long, the person not disabled, the seat still theirs.
pub async fn session(tx: &Reader, app: &App, token_hash: &[u8], now: Timestamp) -> Result<Option<Session>, Error> {
    let idle = now.checked_sub(app.settings.idle_minutes.minutes()).map_err(|e| Error::Internal(e.to_string()))?;
    let sql = "/* account::session */
        SELECT s.id, s.person_id, s.seat_id, s.seen_at, s.proved_at, s.locked_at, p.name, st.role, st.organisation_id, o.name AS place, o.municipality,
               (o.kind IN ('agency', 'site') AND o.terms_no < (SELECT COALESCE(MAX(no), 0) FROM terms WHERE effective_on <= $4)) AS terms_due
          FROM session s JOIN person p ON p.id = s.person_id AND p.disabled_at IS NULL
          JOIN seat st ON st.id = s.seat_id JOIN organisation o ON o.id = st.organisation_id
          JOIN account_subject a ON a.person_id = s.person_id AND a.subject_id = s.seat_id AND a.since <= $2
               AND (a.until IS NULL OR a.until > $2)
         WHERE s.token_hash = $1 AND s.ended_at IS NULL AND s.ends_at > $2 AND s.seen_at > $3";
    Ok(tx.opt(sql, args![token_hash, now, idle, app.today()]).await?)
}

/// Whether a session may still be served; for streams, which ask again while they run.
pub async fn session_is_live(tx: &Reader, id: SessionId, now: Timestamp) -> Result<bool, DbError> {
    let sql = "/* account::session_is_live */
        SELECT s.id FROM session s JOIN person p ON p.id = s.person_id AND p.disabled_at IS NULL
          JOIN account_subject a ON a.person_id = s.person_id AND a.subject_id = s.seat_id AND a.since <= $2
               AND (a.until IS NULL OR a.until > $2)
         WHERE s.id = $1 AND s.ended_at IS NULL AND s.locked_at IS NULL AND s.ends_at > $2";
    Ok(tx.opt::<(SessionId,)>(sql, args![id, now]).await?.is_some())
}

pub async fn demo_accounts(tx: &Reader) -> Result<Vec<DemoAccount>, DbError> {
    let sql = "/* account::demo_accounts */
        SELECT d.account_key, d.person_id, d.seat_id, p.name, s.role, o.name AS place FROM demo_account d
          JOIN person p ON p.id = d.person_id JOIN seat s ON s.id = d.seat_id JOIN organisation o ON o.id = s.organisation_id
         ORDER BY d.position LIMIT 50";
    tx.all(sql, vec![]).await
}

/// The next running number of a kind in a fiscal year. Gaps are possible, doubles are not.
pub async fn counter(tx: &mut Draft, kind: &str, fiscal_year: i16) -> Result<i64, DbError> {
    let sql = "/* account::counter */
        INSERT INTO fiscal_counter (kind, fiscal_year, value) VALUES ($1, $2, 1)
        ON CONFLICT (kind, fiscal_year) DO UPDATE SET value = fiscal_counter.value + 1 RETURNING value";
    Ok(tx.aside::<(i64,)>(sql, args![kind, fiscal_year]).await?.0)
}
