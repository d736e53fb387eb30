//! SQL of the people around the child.

use super::{Custody, FamilyRelation, model::Guardian, store};
use crate::{
    account::Actor,
    journal::Draft,
    policy::{self, Seen},
    sealing::{self, DataKey},
    web::Error,
};
use platform::{
    Date, Timestamp, Uuid, args,
    db::{DbError, Reader},
    id::{CaseId, Mint},
    row,
};

row! {
    /// Somebody around the child, as the database keeps them.
    pub struct Kept {
        pub id: Uuid, pub case_id: CaseId, pub relation: FamilyRelation, pub name: String, pub kana: String, pub birth_date: Option<Date>,
        pub guardian: bool, pub custody: Custody, pub contact_restricted: bool, pub together: bool, pub municipality: Option<String>,
        pub phone: Option<Vec<u8>>, pub note: Option<Vec<u8>>, pub version: i64,
    }
}

/// Somebody around the child, with what is sealed about them.
#[derive(Clone, Debug)]
pub struct Person {
    pub(super) kept: Kept,
    pub phone: Option<String>,
    pub note: String,
}

impl std::ops::Deref for Person {
    type Target = Kept;
    fn deref(&self) -> &Kept {
        &self.kept
    }
}

const PHONE: &str = "case_person.phone";
const NOTE: &str = "case_person.note";

impl Kept {
    fn open(self, key: Option<&DataKey>) -> Result<Person, DbError> {
        let phone = sealing::text(key, PHONE, self.id, self.phone.as_deref())?;
        let note = sealing::text(key, NOTE, self.id, self.note.as_deref())?;
        Ok(Person { phone: Some(phone).filter(|p| !p.is_empty()), note, kept: self })
    }
}

pub async fn family(tx: &Reader, seen: &Seen) -> Result<Vec<Person>, DbError> {
    let sql = "/* case::family unscoped: takes Seen */
        SELECT id, case_id, relation, name, kana, birth_date, guardian, custody, contact_restricted, together, municipality, phone, note, version
          FROM case_person WHERE case_id = $1 ORDER BY position, id LIMIT 30";
    let rows: Vec<Kept> = tx.all(sql, args![seen.case()]).await?;
    let key = sealing::key_of(tx, seen.case().0).await?;
    rows.into_iter().map(|row| row.open(key.as_ref())).collect()
}

/// One of them, with the proof that the actor sees the case; an unknown one and one of an invisible case are the same.
pub async fn see(tx: &Reader, actor: &Actor, id: Uuid, now: Timestamp) -> Result<(Person, Seen), Error> {
    let sql = "/* case::see unscoped: see_case decides in the same transaction, before anything is shown */
        SELECT id, case_id, relation, name, kana, birth_date, guardian, custody, contact_restricted, together, municipality, phone, note, version
          FROM case_person WHERE id = $1";
    let kept: Kept = tx.opt(sql, args![id]).await?.ok_or(Error::NotFound)?;
    let seen = policy::see_case(tx, actor, kept.case_id, now).await?;
    let key = sealing::key_of(tx, kept.case_id.0).await?;
    Ok((kept.open(key.as_ref())?, seen))
}

pub async fn add(tx: &mut Draft, mint: &Mint, id: CaseId, g: &Guardian, now: Timestamp) -> Result<Uuid, DbError> {
    let person = mint.uuid(now);
    let key = key(tx, mint, id, now).await?;
    let sql = "/* case::add unscoped: counts positions of the case just seen */
        INSERT INTO case_person (id, case_id, relation, name, kana, birth_date, guardian, custody, contact_restricted, together,
               municipality, phone, note, position)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,
               (SELECT COUNT(*) FROM case_person WHERE case_id = $2))";
    let args = args![
        person,
        id,
        g.relation,
        &g.name,
        &g.kana,
        g.birth,
        g.guardian,
        g.custody,
        g.contact_restricted,
        g.together,
        g.municipality.clone(),
        key.seal(PHONE, person, g.phone.as_deref().unwrap_or_default()),
        key.seal(NOTE, person, &g.note)
    ];
    tx.exec(sql, args).await?;
    Ok(person)
}

/// The key of a case, under the key of its municipality.
pub async fn key(tx: &mut Draft, mint: &Mint, id: CaseId, now: Timestamp) -> Result<DataKey, DbError> {
    if let Some(key) = sealing::key_of(tx, id.0).await? {
        return Ok(key);
    }
    let tenant = store::municipality_of(tx, id).await?;
    sealing::key_for(tx, mint, id.0, &tenant, now).await
}

/// Saves a correction against the version that the person saw. False: somebody was faster.
pub async fn correct(
    tx: &mut Draft,
    mint: &Mint,
    (case, id): (CaseId, Uuid),
    version: i64,
    g: &Guardian,
    now: Timestamp,
) -> Result<bool, DbError> {
    let key = key(tx, mint, case, now).await?;
    let sql = "/* case::correct */
        UPDATE case_person SET relation = $3, name = $4, kana = $5, birth_date = $6, guardian = $7, custody = $8, contact_restricted = $9,
               together = $10, municipality = $11, phone = $12, note = $13, version = version + 1
         WHERE id = $1 AND version = $2";
    let args = args![
        id,
        version,
        g.relation,
        &g.name,
        &g.kana,
        g.birth,
        g.guardian,
        g.custody,
        g.contact_restricted,
        g.together,
        g.municipality.clone(),
        key.seal(PHONE, id, g.phone.as_deref().unwrap_or_default()),
        key.seal(NOTE, id, &g.note)
    ];
    Ok(tx.exec(sql, args).await? > 0)
}

/// Takes away somebody who was entered by mistake. False: a consent names this person, who must stay. An account of theirs keeps
/// them by the rule of the schema.
pub async fn remove(tx: &mut Draft, id: Uuid) -> Result<bool, DbError> {
    let sql = "/* case::remove unscoped: see() proved the case; only asks whether a consent names the person */
        DELETE FROM case_person WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM consent WHERE given_by = $1)
           AND NOT EXISTS (SELECT 1 FROM consent_opposition WHERE by_person = $1)";
    Ok(tx.exec(sql, args![id]).await? > 0)
}
