//! SQL of terms and of who accepted them.

use super::model::{Acceptance, BODY, LABEL, New, SOURCE};
use crate::{account::Actor, journal::Draft};
use platform::{
    Date, Timestamp, Uuid, args,
    db::{DbError, Reader, Writer},
    id::{Mint, OrganisationId, PersonId},
    row,
};

row! {
    pub struct Terms { pub no: i64, pub label: String, pub body: String, pub source: String, pub effective_on: Date, pub publisher: Option<String> }
    pub struct Accepted { pub organisation: String, pub label: String, pub signer: String, pub title: String, pub accepted_at: Timestamp }
    pub struct Missing { pub organisation: String, pub people: i64 }
}

/// The text that counts today, if there is one, and those that will count later.
pub async fn current(tx: &Reader, today: Date) -> Result<Vec<Terms>, DbError> {
    let sql = "/* terms::current */
        SELECT t.no, t.label, t.body, t.source, t.effective_on, p.name AS publisher FROM terms t LEFT JOIN person p ON p.id = t.published_by
         WHERE t.no >= (SELECT COALESCE(MAX(no), 0) FROM terms WHERE effective_on <= $1) ORDER BY t.no LIMIT 20";
    tx.all(sql, args![today]).await
}

/// The version that the actor's agency has accepted, where its kind of organisation accepts any.
pub async fn accepted_by(tx: &Reader, actor: &Actor) -> Result<Option<i64>, DbError> {
    let sql = "/* terms::accepted_by */ SELECT terms_no FROM organisation WHERE id = $1 AND kind IN ('agency', 'site')";
    Ok(tx.opt::<(i64,)>(sql, args![actor.organisation]).await?.map(|(no,)| no))
}

/// The day from which the newest text counts that the actor's agency has not accepted.
pub async fn to_accept(tx: &Reader, actor: &Actor) -> Result<Option<Date>, DbError> {
    let sql = "/* terms::to_accept */
        SELECT t.effective_on FROM organisation o JOIN terms t ON t.no > o.terms_no
         WHERE o.id = $1 AND o.kind IN ('agency', 'site') ORDER BY t.no LIMIT 1";
    Ok(tx.opt::<(Date,)>(sql, args![actor.organisation]).await?.map(|(day,)| day))
}

/// The managers of the actor's agency who can sign in.
pub async fn managers(tx: &Reader, actor: &Actor, now: Timestamp) -> Result<Vec<(PersonId, String)>, DbError> {
    let sql = "/* terms::managers */
        SELECT DISTINCT p.id, p.name FROM seat s JOIN account_subject a ON a.subject_id = s.id AND a.since <= $2 AND (a.until IS NULL OR a.until > $2)
          JOIN person p ON p.id = a.person_id AND p.disabled_at IS NULL
         WHERE s.organisation_id = $1 AND s.role = 'manager' ORDER BY p.name LIMIT 10";
    tx.all(sql, args![actor.organisation, now]).await
}

pub async fn publish(tx: &mut Draft, new: &New, by: &Actor, now: Timestamp) -> Result<i64, DbError> {
    let sql = "/* terms::publish */
        INSERT INTO terms (no, label, body, source, effective_on, published_by, published_at)
        SELECT COALESCE(MAX(no), 0) + 1, $1, $2, $3, $4, $5, $6 FROM terms RETURNING no";
    let args = args![&new.label, &new.body, &new.source, new.effective_on, by.person, now];
    Ok(tx.one::<(i64,)>(sql, args).await?.0)
}

/// False: there is no such text, it was accepted already, or an earlier one that counts comes first.
pub async fn accept(
    tx: &mut Draft,
    id: Uuid,
    a: &Acceptance,
    by: &Actor,
    (today, now): (Date, Timestamp),
) -> Result<bool, DbError> {
    let sql = "/* terms::accept */
        INSERT INTO terms_acceptance (id, terms_no, organisation_id, person_id, signer, title, accepted_at)
        SELECT $1, t.no, $3, $4, $5, $6, $7 FROM terms t JOIN organisation o ON o.id = $3
         WHERE t.no = $2 AND NOT EXISTS (SELECT 1 FROM terms e WHERE e.no < t.no AND e.no > o.terms_no
                                            AND e.no >= (SELECT COALESCE(MAX(no), 0) FROM terms WHERE effective_on <= $8))
        ON CONFLICT (organisation_id, terms_no) DO NOTHING";
    if tx.exec(sql, args![id, a.no, by.organisation, by.person, &a.signer, &a.title, now, today]).await? == 0 {
        return Ok(false);
    }
    let sql = "/* terms::accept */ UPDATE organisation SET terms_no = $2 WHERE id = $1 AND terms_no < $2";
    tx.exec(sql, args![by.organisation, a.no]).await?;
    Ok(true)
}

/// The newest acceptances.
pub async fn acceptances(tx: &Reader, limit: i64) -> Result<Vec<Accepted>, DbError> {
    let sql = "/* terms::acceptances */
        SELECT o.name AS organisation, t.label, a.signer, a.title, a.accepted_at FROM terms_acceptance a JOIN organisation o ON o.id = a.organisation_id
          JOIN terms t ON t.no = a.terms_no ORDER BY a.accepted_at DESC, a.id LIMIT $1";
    tx.all(sql, args![limit]).await
}

/// Agencies with people who wait for the newest text to be accepted.
pub async fn missing(tx: &Reader, now: Timestamp) -> Result<Vec<Missing>, DbError> {
    let sql = "/* terms::missing */
        SELECT o.name AS organisation, COUNT(DISTINCT a.person_id) AS people FROM seat s JOIN organisation o ON o.id = s.organisation_id
          JOIN account_subject a ON a.subject_id = s.id AND a.since <= $1 AND (a.until IS NULL OR a.until > $1)
          JOIN person p ON p.id = a.person_id AND p.disabled_at IS NULL
         WHERE o.kind IN ('agency', 'site') AND o.terms_no < (SELECT COALESCE(MAX(no), 0) FROM terms)
         GROUP BY o.id, o.name, o.kana ORDER BY o.kana, o.id LIMIT 200";
    tx.all(sql, args![now]).await
}

/// The text of the product, where there is none yet; it counts from the first day.
pub async fn bring_along(tx: &mut Writer, since: Date, now: Timestamp) -> Result<(), DbError> {
    let sql = "/* terms::bring_along */
        INSERT INTO terms (no, label, body, source, effective_on, published_at) VALUES (1, $1, $2, $3, $4, $5) ON CONFLICT (no) DO NOTHING";
    tx.exec(sql, args![LABEL, BODY, SOURCE, since, now]).await?;
    Ok(())
}

/// In the demonstration every agency with people has accepted.
pub async fn accept_for_demo(
    tx: &mut Writer,
    mint: &Mint,
    organisation: OrganisationId,
    (person, name): (PersonId, &str),
    now: Timestamp,
) -> Result<(), DbError> {
    let sql = "/* terms::accept_for_demo */
        INSERT INTO terms_acceptance (id, terms_no, organisation_id, person_id, signer, title, accepted_at)
        SELECT $1, 1, id, $3, $4, '管理者', $5 FROM organisation WHERE id = $2 AND kind IN ('agency', 'site') AND terms_no = 0";
    tx.exec(sql, args![mint.uuid(now), organisation, person, name, now]).await?;
    let sql = "/* terms::accept_for_demo */ UPDATE organisation SET terms_no = 1 WHERE id = $1 AND kind IN ('agency', 'site') AND terms_no = 0";
    tx.exec(sql, args![organisation]).await?;
    Ok(())
}
