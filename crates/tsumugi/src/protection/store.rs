//! Protections and protected facts. Nothing else in the product reads `protected_fact`.

use super::{ProtectedField, ProtectionKind};
use crate::{
    account::Actor,
    app::App,
    case, emergency, history,
    journal::Draft,
    policy::Seen,
    sealing::{self, DataKey},
};
use platform::{
    Date, Timestamp, Uuid, args,
    db::{DbError, Reader},
    id::{CaseId, PersonId},
    japanese::fold,
    row,
    vocabulary::Vocabulary as _,
};
use sha2::{Digest, Sha256};

row! {
    pub struct Protection {
        pub id: Uuid, pub kind: ProtectionKind, pub until_on: Date, pub begun_by: String, pub begun_at: Timestamp,
        pub ended_by: Option<String>, pub ended_at: Option<Timestamp>,
    }
    pub struct Sealed { pub id: Uuid, pub field: ProtectedField, pub value: Vec<u8>, pub by: String, pub written_at: Timestamp }
    pub struct Kept { pub id: Uuid, pub relation: case::FamilyRelation, pub name: String, pub municipality: Option<String>, pub phone: Option<Vec<u8>> }
    pub struct Call { pub id: Uuid, pub asker_place: Option<String>, pub asker_phone: Option<Vec<u8>>, pub child_name: Option<String>, pub child_kana: Option<String> }
    pub struct Why { pub id: Uuid, pub reason: Vec<u8>, pub end_reason: Option<Vec<u8>> }
    pub struct Near { pub id: Uuid, pub case_id: CaseId, pub lead_id: PersonId, pub until_on: Date, pub due: Option<Timestamp> }
}

/// A protected fact in clear.
pub struct Fact {
    pub id: Uuid,
    pub field: ProtectedField,
    pub value: String,
    pub by: String,
    pub written_at: Timestamp,
}

/// The owner of the key of a case's protected facts, which is not the case's own key.
pub fn owner(case: CaseId) -> Uuid {
    let hash = Sha256::digest([b"protected\0".as_slice(), case.0.as_bytes()].concat());
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&hash[..16]);
    Uuid::from_bytes(bytes)
}

/// Every protection of a case, the newest first.
pub async fn all(tx: &Reader, seen: &Seen) -> Result<Vec<Protection>, DbError> {
    let sql = "/* protection::all unscoped: takes Seen */
        SELECT p.id, p.kind, p.until_on, b.name AS begun_by, p.begun_at, e.name AS ended_by, p.ended_at
          FROM protection p JOIN person b ON b.id = p.begun_by LEFT JOIN person e ON e.id = p.ended_by
         WHERE p.case_id = $1 ORDER BY p.begun_at DESC, p.id DESC LIMIT 20";
    tx.all(sql, args![seen.case()]).await
}

row! {
    /// Another child's case, that may be of the same household.
    pub struct Sibling { pub id: CaseId, pub child_name: String, pub child_kana: String, pub lead: String, pub own: bool }
}

/// Open cases in the actor's sight with a guardian of the same name, that are not protected: brothers and sisters, mostly.
pub async fn siblings(tx: &Reader, actor: &Actor, seen: &Seen, now: Timestamp) -> Result<Vec<Sibling>, DbError> {
    let sql = "/* protection::siblings */
        SELECT DISTINCT c.id, c.child_name, c.child_kana, l.name AS lead, c.lead_id = $2 AS own FROM case_person f
          JOIN case_person g ON g.name = f.name AND g.guardian = TRUE AND g.case_id <> f.case_id
          JOIN child_case c ON c.id = g.case_id AND c.status <> 'closed' JOIN person l ON l.id = c.lead_id
         WHERE f.case_id = $1 AND f.guardian = TRUE
           AND EXISTS (SELECT 1 FROM account_subject s CROSS JOIN case_access a
                        WHERE s.person_id = $2 AND s.since <= $3 AND (s.until IS NULL OR s.until > $3) AND a.subject_id = s.subject_id AND a.case_id = c.id
                              AND a.relation IN ('lead', 'deputy', 'cover', 'area', 'municipality') AND a.since <= $3 AND (a.until IS NULL OR a.until > $3))
           AND NOT EXISTS (SELECT 1 FROM case_exclusion x WHERE x.person_id = $2 AND x.case_id = c.id AND x.until IS NULL)
           AND NOT EXISTS (SELECT 1 FROM protection p WHERE p.case_id = c.id AND p.ended_at IS NULL)
         ORDER BY c.child_kana, c.id LIMIT 20";
    tx.all(sql, args![seen.case(), actor.person, now]).await
}

/// How many facts of each field are kept; their values are not read.
pub async fn counts(tx: &Reader, seen: &Seen) -> Result<Vec<(ProtectedField, i64)>, DbError> {
    let sql = "/* protection::counts unscoped: takes Seen */
        SELECT field, COUNT(*) FROM protected_fact WHERE case_id = $1 AND gone_at IS NULL GROUP BY field ORDER BY field";
    tx.all(sql, args![seen.case()]).await
}

/// The facts in clear, by field. Only after a permit for reading them with a purpose.
pub async fn facts(tx: &Reader, seen: &Seen) -> Result<Vec<Fact>, DbError> {
    let sql = "/* protection::facts unscoped: takes Seen */
        SELECT f.id, f.field, f.value, p.name AS by, f.written_at FROM protected_fact f JOIN person p ON p.id = f.written_by
         WHERE f.case_id = $1 AND f.gone_at IS NULL ORDER BY f.field, f.written_at, f.id LIMIT 200";
    let rows: Vec<Sealed> = tx.all(sql, args![seen.case()]).await?;
    let key = sealing::key_of(tx, owner(seen.case())).await?;
    let mut facts = Vec::with_capacity(rows.len());
    for row in rows {
        let value = sealing::text(key.as_ref(), "protected_fact.value", row.id, Some(&row.value))?;
        facts.push(Fact { id: row.id, field: row.field, value, by: row.by, written_at: row.written_at });
    }
    facts.sort_by_key(|f| ProtectedField::ALL.iter().position(|x| *x == f.field));
    Ok(facts)
}

/// The key of the protected facts of a case, made where there is none.
async fn key(tx: &mut Draft, app: &App, case: CaseId, now: Timestamp) -> Result<DataKey, DbError> {
    let tenant = case::municipality_of(tx, case).await?;
    sealing::key_for(tx, &app.mint, owner(case), &tenant, now).await
}

/// Adds a fact.
pub async fn add(
    tx: &mut Draft,
    app: &App,
    case: CaseId,
    by: &Actor,
    (field, value): (ProtectedField, &str),
    now: Timestamp,
) -> Result<Uuid, DbError> {
    let (id, key) = (app.mint.uuid(now), key(tx, app, case, now).await?);
    let sql = "/* protection::add */
        INSERT INTO protected_fact (id, case_id, field, value, written_by, written_at) VALUES ($1, $2, $3, $4, $5, $6)";
    tx.exec(sql, args![id, case, field, key.seal("protected_fact.value", id, value), by.person, now]).await?;
    Ok(id)
}

/// Takes a fact out of sight. False: it is not there.
pub async fn remove(tx: &mut Draft, seen: &Seen, id: Uuid, by: &Actor, now: Timestamp) -> Result<bool, DbError> {
    let sql = "/* protection::remove */
        UPDATE protected_fact SET gone_by = $3, gone_at = $4 WHERE id = $1 AND case_id = $2 AND gone_at IS NULL";
    Ok(tx.exec(sql, args![id, seen.case(), by.person, now]).await? == 1)
}

/// What a protection begins with.
pub struct Begin<'a> {
    pub kind: ProtectionKind,
    pub until_on: Date,
    pub reason: &'a str,
    /// The name and reading by which the child is called in lists from now on.
    pub called: Option<(&'a str, &'a str)>,
}

/// Begins a protection and moves what could lead to the child out of the ordinary columns. False: there is one already.
pub async fn begin(
    tx: &mut Draft,
    app: &App,
    seen: &Seen,
    by: &Actor,
    new: &Begin<'_>,
    now: Timestamp,
) -> Result<bool, DbError> {
    let (id, case) = (app.mint.uuid(now), seen.case());
    // Whoever adds or corrects a member of the family waits, and finds the protection.
    case::hold(tx, case).await?;
    let key = key(tx, app, case, now).await?;
    let sql = "/* protection::begin */
        INSERT INTO protection (id, case_id, kind, until_on, reason, begun_by, begun_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (case_id) WHERE ended_at IS NULL DO NOTHING";
    let reason = key.seal("protection.reason", id, new.reason);
    if tx.exec(sql, args![id, case, new.kind, new.until_on, reason, by.person, now]).await? == 0 {
        return Ok(false);
    }
    let own = sealing::key_of(tx, case.0).await?;
    history::guard(tx, case, own.as_ref(), &key).await?;
    emergency::guard(tx, case, own.as_ref(), &key).await?;
    take_out(tx, app, case, by, now).await?;
    if let Some((name, kana)) = new.called {
        let (old_name, old_kana) = case::name_of(tx, seen).await?;
        add(tx, app, case, by, (ProtectedField::Name, &format!("{old_name}（{old_kana}）")), now).await?;
        case::rename(tx, case, name, kana).await?;
    }
    take_out_of_calls(tx, app, case, by, new.called, now).await?;
    // Who had the case before a move reads on no longer.
    let sql = "/* protection::begin */ UPDATE case_access SET until = $2 WHERE case_id = $1 AND relation = 'former' AND (until IS NULL OR until > $2)";
    tx.exec(sql, args![case, now]).await?;
    // Who else looks at the child's pages at home is decided anew, by the lead, for each guardian.
    for guardian in case::family(tx, seen).await? {
        case::end_guardian(tx, &guardian, "protected", now).await?;
    }
    Ok(true)
}

/// Moves telephones and places of the family, and where the child is, to the protected facts.
async fn take_out(tx: &mut Draft, app: &App, case: CaseId, by: &Actor, now: Timestamp) -> Result<(), DbError> {
    let own = sealing::key_of(tx, case.0).await?;
    let sql = "/* protection::take_out unscoped: of the case whose protection begins */
        SELECT id, relation, name, municipality, phone FROM case_person WHERE case_id = $1 ORDER BY position LIMIT 1000";
    let people: Vec<Kept> = tx.all(sql, args![case]).await?;
    for p in people {
        let phone = sealing::text(own.as_ref(), "case_person.phone", p.id, p.phone.as_deref())?;
        let who = format!("{} {}", p.relation.label(), p.name);
        if !phone.is_empty() {
            add(tx, app, case, by, (ProtectedField::Phone, &format!("{who}：{phone}")), now).await?;
        }
        if let Some(place) = p.municipality.as_ref().filter(|m| !m.is_empty()) {
            add(tx, app, case, by, (ProtectedField::Address, &format!("{who}：{place}")), now).await?;
        }
        let sql = "/* protection::take_out */ UPDATE case_person SET phone = NULL, municipality = NULL, version = version + 1 WHERE id = $1";
        tx.exec(sql, args![p.id]).await?;
    }
    let sql = "/* protection::take_out unscoped: of the case whose protection begins */ SELECT residence_note FROM child_case WHERE id = $1";
    let (note,): (String,) = tx.one(sql, args![case]).await?;
    if !note.is_empty() {
        add(tx, app, case, by, (ProtectedField::Address, &format!("居所の補足：{note}")), now).await?;
    }
    // Whoever has the form open must see it again.
    let sql =
        "/* protection::take_out */ UPDATE child_case SET residence_note = '', version = version + 1 WHERE id = $1";
    tx.exec(sql, args![case]).await?;
    Ok(())
}

/// Moves what the calls that led to the case say of telephone, place and, where the child is called otherwise, the name.
async fn take_out_of_calls(
    tx: &mut Draft,
    app: &App,
    case: CaseId,
    by: &Actor,
    called: Option<(&str, &str)>,
    now: Timestamp,
) -> Result<(), DbError> {
    let sql = "/* protection::take_out_of_calls unscoped: of the case whose protection begins */
        SELECT c.id, c.asker_place, c.asker_phone, c.child_name, c.child_kana FROM consultation c
         WHERE c.case_id = $1 OR c.duplicate_of IN (SELECT d.id FROM consultation d WHERE d.case_id = $1) ORDER BY c.received_at LIMIT 1000";
    let calls: Vec<Call> = tx.all(sql, args![case]).await?;
    let mut names: Vec<String> = Vec::new();
    for call in calls {
        let key = sealing::key_of(tx, call.id).await?;
        let phone = sealing::text(key.as_ref(), "consultation.asker_phone", call.id, call.asker_phone.as_deref())?;
        if !phone.is_empty() {
            add(tx, app, case, by, (ProtectedField::Phone, &format!("相談した人：{phone}")), now).await?;
        }
        if let Some(place) = call.asker_place.as_ref().filter(|p| !p.is_empty()) {
            add(tx, app, case, by, (ProtectedField::Address, &format!("相談した人の所属・場所：{place}")), now).await?;
        }
        let sql = "/* protection::take_out_of_calls */
            UPDATE consultation SET asker_phone = NULL, asker_place = NULL, version = version + 1 WHERE id = $1";
        tx.exec(sql, args![call.id]).await?;
        let Some((name, kana)) = called else { continue };
        let told = format!("{}（{}）", call.child_name.unwrap_or_default(), call.child_kana.unwrap_or_default());
        if told != "（）" && !names.contains(&told) {
            add(tx, app, case, by, (ProtectedField::Name, &format!("相談のとき：{told}")), now).await?;
            names.push(told);
        }
        let sql = "/* protection::take_out_of_calls */
            UPDATE consultation SET child_name = $2, child_kana = $3, child_fold = $4 WHERE id = $1";
        tx.exec(sql, args![call.id, name, kana, fold::fold(name)]).await?;
    }
    Ok(())
}

/// Why the live protection began, and why earlier ones ended, the newest first.
pub async fn reasons(tx: &Reader, seen: &Seen) -> Result<Vec<(String, String)>, DbError> {
    let sql = "/* protection::reasons unscoped: takes Seen */
        SELECT id, reason, end_reason FROM protection WHERE case_id = $1 ORDER BY begun_at DESC, id DESC LIMIT 20";
    let rows: Vec<Why> = tx.all(sql, args![seen.case()]).await?;
    let key = sealing::key_of(tx, owner(seen.case())).await?;
    rows.into_iter()
        .map(|w| {
            let begun = sealing::text(key.as_ref(), "protection.reason", w.id, Some(&w.reason))?;
            Ok((begun, sealing::text(key.as_ref(), "protection.end_reason", w.id, w.end_reason.as_deref())?))
        })
        .collect()
}

/// Sets the day on which the live protection is looked at again. Its id; None where there is none.
pub async fn renew(tx: &mut Draft, seen: &Seen, until: Date) -> Result<Option<Uuid>, DbError> {
    let sql = "/* protection::renew */ UPDATE protection SET until_on = $2 WHERE case_id = $1 AND ended_at IS NULL RETURNING id";
    Ok(tx.opt::<(Uuid,)>(sql, args![seen.case(), until]).await?.map(|(id,)| id))
}

/// Ends the live protection. What it took out stays where it is. The id of what ended.
pub async fn end(
    tx: &mut Draft,
    app: &App,
    seen: &Seen,
    by: &Actor,
    reason: &str,
    now: Timestamp,
) -> Result<Option<Uuid>, DbError> {
    let key = key(tx, app, seen.case(), now).await?;
    let sql = "/* protection::end */ UPDATE protection SET ended_by = $2, ended_at = $3 WHERE case_id = $1 AND ended_at IS NULL RETURNING id";
    let Some((id,)) = tx.opt::<(Uuid,)>(sql, args![seen.case(), by.person, now]).await? else { return Ok(None) };
    let sql = "/* protection::end */ UPDATE protection SET end_reason = $2 WHERE id = $1";
    tx.exec(sql, args![id, key.seal("protection.end_reason", id, reason)]).await?;
    Ok(Some(id))
}

/// Holds a protection that is still live and still ends on this day. False: it was renewed or ended meanwhile.
pub async fn hold_until(tx: &mut Draft, id: Uuid, until: Date) -> Result<bool, DbError> {
    let sql = "/* protection::hold_until */
        UPDATE protection SET until_on = until_on WHERE id = $1 AND until_on = $2 AND ended_at IS NULL";
    Ok(tx.exec(sql, args![id, until]).await? == 1)
}

/// Live protections that must be looked at until a day, and when somebody was asked to.
pub async fn near(tx: &Reader, day: Date) -> Result<Vec<Near>, DbError> {
    let sql = "/* protection::near unscoped: the clock reminds the lead */
        SELECT p.id, p.case_id, c.lead_id, p.until_on, (SELECT MIN(w.due_at) FROM waiting w WHERE w.object_id = p.id AND w.subject_id = c.lead_id) AS due
          FROM protection p JOIN child_case c ON c.id = p.case_id WHERE p.ended_at IS NULL AND p.until_on <= $1 AND c.status <> 'closed' ORDER BY p.until_on LIMIT 1000";
    tx.all(sql, args![day]).await
}
