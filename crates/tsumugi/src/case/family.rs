//! SQL of the people around the child.

use super::{Custody, FamilyRelation, model::Guardian};
use crate::{
    account::Actor,
    journal::Draft,
    policy::{self, Seen},
    web::Error,
};
use platform::{
    Date, Timestamp, Uuid, args,
    db::{DbError, Reader},
    id::{CaseId, Mint},
    row,
};

row! {
    pub struct Person {
        pub id: Uuid, pub case_id: CaseId, pub relation: FamilyRelation, pub name: String, pub kana: String, pub birth_date: Option<Date>,
        pub guardian: bool, pub custody: Custody, pub contact_restricted: bool, pub together: bool, pub municipality: Option<String>,
        pub phone: Option<String>, pub note: String, pub version: i64,
    }
}

pub async fn family(tx: &mut Reader, seen: &Seen) -> Result<Vec<Person>, DbError> {
    let sql = "/* case::family unscoped: takes Seen */
        SELECT id, case_id, relation, name, kana, birth_date, guardian, custody, contact_restricted, together, municipality, phone, note, version
          FROM case_person WHERE case_id = $1 ORDER BY position, id LIMIT 30";
    tx.all(sql, args![seen.case()]).await
}

/// One of them, with the proof that the actor sees the case; an unknown one and one of an invisible case are the same.
pub async fn see(tx: &mut Reader, actor: &Actor, id: Uuid, now: Timestamp) -> Result<(Person, Seen), Error> {
    let sql = "/* case::see unscoped: see_case decides in the same transaction, before anything is shown */
        SELECT id, case_id, relation, name, kana, birth_date, guardian, custody, contact_restricted, together, municipality, phone, note, version
          FROM case_person WHERE id = $1";
    let person: Person = tx.opt(sql, args![id]).await?.ok_or(Error::NotFound)?;
    let seen = policy::see_case(tx, actor, person.case_id, now).await?;
    Ok((person, seen))
}

pub async fn add(tx: &mut Draft, mint: &Mint, id: CaseId, g: &Guardian, now: Timestamp) -> Result<Uuid, DbError> {
    let person = mint.uuid(now);
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
        g.phone.clone(),
        &g.note
    ];
    tx.exec(sql, args).await?;
    Ok(person)
}

/// Saves a correction against the version that the person saw. False: somebody was faster.
pub async fn correct(tx: &mut Draft, id: Uuid, version: i64, g: &Guardian) -> Result<bool, DbError> {
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
        g.phone.clone(),
        &g.note
    ];
    Ok(tx.exec(sql, args).await? > 0)
}

/// Takes away somebody who was entered by mistake. False: a consent names this person, who must stay. An account of theirs keeps
/// them by the rule of the schema.
pub async fn remove(tx: &mut Draft, id: Uuid) -> Result<bool, DbError> {
    let sql = "/* case::remove unscoped: see() proved the case; only asks whether a consent names the person */
        DELETE FROM case_person WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM consent WHERE given_by = $1)";
    Ok(tx.exec(sql, args![id]).await? > 0)
}
