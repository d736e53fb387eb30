//! SQL of teams.

use crate::{
    account::Profession,
    area::Field,
    case,
    journal::Draft,
    policy::{Relation, Seen},
    sealing,
};
use platform::{
    Date, Timestamp, args,
    db::{DbError, Reader},
    id::{MemberId, Mint, OrganisationId, PersonId},
    row,
};

row! {
    pub struct Member {
        pub id: MemberId, pub person_id: Option<PersonId>, pub label: String, pub organisation: String, pub profession: Profession, pub field: Field,
        pub function: String, pub since: Date, pub until: Option<Date>, pub end_reason: String, pub end_note: Option<Vec<u8>>,
    }
    pub struct Candidate { pub id: PersonId, pub name: String, pub profession: Profession, pub organisation_id: OrganisationId, pub organisation: String }
}

const END_NOTE: &str = "team_member.end_note";

impl Member {
    pub fn is_on(&self, day: Date) -> bool {
        self.since <= day && self.until.is_none_or(|u| u > day)
    }
}

/// The whole team, those who left as well: a closed case still shows who held each role.
pub async fn all(tx: &Reader, seen: &Seen) -> Result<Vec<Member>, DbError> {
    let sql = "/* team::all unscoped: takes Seen */
        SELECT m.id, m.person_id, m.label, o.name AS organisation, m.profession, m.field, m.function, m.since, m.until, m.end_reason, m.end_note
          FROM team_member m JOIN organisation o ON o.id = m.organisation_id
         WHERE m.case_id = $1 ORDER BY m.field, m.since, m.id LIMIT 100";
    let mut members: Vec<Member> = tx.all(sql, args![seen.case()]).await?;
    let key = sealing::key_if(tx, seen.case().0, members.iter().any(|m| m.end_note.is_some())).await?;
    for m in &mut members {
        if let Some(note) = m.end_note.take() {
            m.end_reason = sealing::text(key.as_ref(), END_NOTE, m.id.0, Some(&note))?;
        }
    }
    Ok(members)
}

pub async fn current(tx: &Reader, seen: &Seen, today: Date) -> Result<Vec<Member>, DbError> {
    let mut members = all(tx, seen).await?;
    members.retain(|m| m.is_on(today));
    Ok(members)
}

/// People with an account at an agency that has a live consent, or at a municipality or agency of a coordinator.
pub async fn candidates(tx: &Reader, seen: &Seen, today: Date) -> Result<Vec<Candidate>, DbError> {
    let sql = "/* team::candidates unscoped: takes Seen */
        SELECT DISTINCT p.id, p.name, p.profession, o.id AS organisation_id, o.name AS organisation FROM person p
          JOIN role_grant g ON g.person_id = p.id AND g.since <= $2 AND (g.until IS NULL OR g.until > $2)
          JOIN seat s ON s.id = g.seat_id AND s.role IN ('supporter', 'city', 'hospital', 'coordinator')
          JOIN organisation o ON o.id = s.organisation_id
         WHERE p.disabled_at IS NULL
           AND (s.role = 'coordinator' OR EXISTS (SELECT 1 FROM consent c JOIN consent_scope k ON k.consent_id = c.id
                WHERE c.case_id = $1 AND k.organisation_id = o.id AND k.category = 'identity' AND c.withdrawn_at IS NULL AND c.starts_on <= $2 AND c.ends_on >= $2))
         ORDER BY o.name, p.name LIMIT 200";
    tx.all(sql, args![seen.case(), today]).await
}

pub struct New<'a> {
    pub person: Option<PersonId>,
    pub organisation: OrganisationId,
    pub label: &'a str,
    pub profession: Profession,
    pub field: Field,
    pub function: &'a str,
    pub since: Date,
}

/// Adds a member; a person with an account sees the case from the same commit on.
pub async fn add(tx: &mut Draft, id: MemberId, seen: &Seen, m: &New<'_>, now: Timestamp) -> Result<(), DbError> {
    let sql = "/* team::add */
        INSERT INTO team_member (id, case_id, person_id, organisation_id, label, profession, field, function, since)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    tx.exec(sql, args![id, seen.case(), m.person, m.organisation, m.label, m.profession, m.field, m.function, m.since])
        .await?;
    if let Some(person) = m.person {
        case::grant(tx, seen.case(), person.into(), Relation::Team, "team", now).await?;
    }
    tx.announce("case", seen.case());
    Ok(())
}

/// Ends a membership and, where it was the person's last one, the access that came with it.
pub async fn end(
    tx: &mut Draft,
    mint: &Mint,
    seen: &Seen,
    id: MemberId,
    reason: &str,
    now: Timestamp,
    today: Date,
) -> Result<bool, DbError> {
    // Whoever begins a cover for this member comes before or after, and finds what was done.
    let hold = "/* team::end unscoped: takes Seen */ UPDATE cover SET made_at = made_at WHERE ended_at IS NULL AND holder_id = (SELECT person_id FROM team_member WHERE id = $1)";
    tx.exec(hold, args![id]).await?;
    let sql = "/* team::end */
        UPDATE team_member SET until = $3, end_note = $4 WHERE id = $1 AND case_id = $2 AND until IS NULL AND since <= $3 RETURNING person_id";
    let note = case::key(tx, mint, seen.case(), now).await?.seal(END_NOTE, id.0, reason);
    let ended: Option<(Option<PersonId>,)> = tx.opt(sql, args![id, seen.case(), today, note]).await?;
    let Some((person,)) = ended else { return Ok(false) };
    if let Some(person) = person {
        let count = "/* team::end unscoped: takes Seen */ SELECT COUNT(*) FROM team_member WHERE case_id = $1 AND person_id = $2 AND until IS NULL";
        let (left,): (i64,) = tx.one(count, args![seen.case(), person]).await?;
        if left == 0 {
            case::lapse(tx, seen.case(), person.into(), Relation::Team, now).await?;
        }
        // Who stood in for them there has no reason to be there either.
        let sql = "/* team::end unscoped: takes Seen */
            UPDATE team_member SET until = $3, end_reason = '代わった人がはずれた' WHERE case_id = $1 AND until IS NULL AND since <= $3
               AND cover_id IN (SELECT v.id FROM cover v WHERE v.holder_id = $2 AND v.ended_at IS NULL) RETURNING person_id";
        for (substitute,) in tx.all::<(PersonId,)>(sql, args![seen.case(), person, today]).await? {
            let (left,): (i64,) = tx.one(count, args![seen.case(), substitute]).await?;
            if left == 0 {
                case::lapse(tx, seen.case(), substitute.into(), Relation::Team, now).await?;
            }
        }
    }
    tx.announce("case", seen.case());
    Ok(true)
}
