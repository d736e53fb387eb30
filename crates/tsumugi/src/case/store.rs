//! SQL of cases, families and access.

use super::{
    access, family,
    model::{Command, Move, Phase, Residence, Sex, Status},
};
use crate::{
    account::{self, Actor},
    area::{self, Care, Municipality},
    journal::Draft,
    policy::{Relation, Role, Seen},
    sealing, waiting,
    web::Error,
};
use platform::{
    Date, Timestamp, Uuid, args,
    db::{DbError, Json, Reader},
    id::{CaseId, Mint, PersonId},
    japanese::{fiscal, fold},
    row,
    serde_json::{Value, json},
    vocabulary::Vocabulary as _,
};
row! {
    pub struct Case {
        pub id: CaseId, pub fiscal_year: i64, pub number: i64, pub child_name: String, pub child_kana: String, pub birth_date: Option<Date>,
        pub sex: Sex, pub municipality: Municipality, pub residence: Residence, pub residence_note: String, pub languages: String,
        pub care: Json, pub mobile: bool, pub status: Status, pub close_reason: Option<String>, pub phase: Phase, pub lead_id: PersonId,
        pub lead: String, pub deputy_id: PersonId, pub deputy: String, pub opened_on: Date, pub closed_on: Option<Date>,
        pub last_contact: Option<Timestamp>, pub version: i64, pub protected: bool,
    }
    pub struct KeptStep { pub id: Uuid, pub at: Timestamp, pub by: String, pub status: Status, pub phase: Phase, pub reason: Option<Vec<u8>> }
}

/// A state that the case came to, with the reason in clear.
#[derive(Clone, Debug)]
pub struct Step {
    pub at: Timestamp,
    pub by: String,
    pub status: Status,
    pub phase: Phase,
    pub reason: String,
}

const STEP: &str = "case_step.reason";

impl Case {
    pub fn number_text(&self) -> String {
        super::model::number_text("", self.fiscal_year, self.number)
    }
    pub fn care(&self) -> Vec<Care> {
        care_of(&self.care)
    }
}

pub fn care_of(json: &Json) -> Vec<Care> {
    json.0
        .as_array()
        .map(|list| list.iter().filter_map(Value::as_str).filter_map(Care::from_code).collect())
        .unwrap_or_default()
}

pub fn care_json(care: &[Care]) -> Value {
    json!(care.iter().map(|c| c.code()).collect::<Vec<_>>())
}

/// The case that [`crate::policy::see_case`] showed to the actor.
pub async fn find(tx: &Reader, seen: &Seen) -> Result<Case, Error> {
    let sql = "/* case::find unscoped: takes Seen */
        SELECT c.id, c.fiscal_year, c.number, c.child_name, c.child_kana, c.birth_date, c.sex, c.municipality, c.residence, c.residence_note,
               c.languages, c.care, c.mobile, c.status, c.close_reason, c.phase, c.lead_id, l.name AS lead, c.deputy_id, d.name AS deputy,
               c.opened_on, c.closed_on, c.last_contact, c.version,
               EXISTS (SELECT 1 FROM protection p WHERE p.case_id = c.id AND p.ended_at IS NULL) AS protected
          FROM child_case c JOIN person l ON l.id = c.lead_id JOIN person d ON d.id = c.deputy_id WHERE c.id = $1";
    tx.opt(sql, args![seen.case()]).await?.ok_or(Error::NotFound)
}

pub async fn name_of_person(tx: &Reader, id: PersonId) -> Result<String, DbError> {
    let sql = "/* case::name_of_person */ SELECT name FROM person WHERE id = $1";
    Ok(tx.one::<(String,)>(sql, args![id]).await?.0)
}

/// Name and reading of the child, for pages of other slices that already have the right to the case.
pub async fn name_of(tx: &Reader, seen: &Seen) -> Result<(String, String), DbError> {
    let sql = "/* case::name_of unscoped: takes Seen */ SELECT child_name, child_kana FROM child_case WHERE id = $1";
    tx.one(sql, args![seen.case()]).await
}

pub async fn steps(tx: &Reader, seen: &Seen) -> Result<Vec<Step>, DbError> {
    let sql = "/* case::steps unscoped: takes Seen */
        SELECT h.id, h.at, p.name AS by, h.status, h.phase, h.reason FROM case_step h JOIN person p ON p.id = h.by_id
         WHERE h.case_id = $1 ORDER BY h.at DESC, h.id DESC LIMIT 50";
    let rows: Vec<KeptStep> = tx.all(sql, args![seen.case()]).await?;
    let key = sealing::key_if(tx, seen.case().0, rows.iter().any(|s| s.reason.is_some())).await?;
    let clear = |s: KeptStep| {
        let reason = sealing::text(key.as_ref(), STEP, s.id, s.reason.as_deref())?;
        Ok(Step { at: s.at, by: s.by, status: s.status, phase: s.phase, reason })
    };
    rows.into_iter().map(clear).collect()
}

/// Opens a case with its first access rows: lead, deputy, and the coordinators' seat of the municipality.
pub async fn open(
    tx: &mut Draft,
    mint: &Mint,
    id: CaseId,
    by: &Actor,
    c: &Command,
    now: Timestamp,
    today: Date,
) -> Result<i64, DbError> {
    let fiscal_year = fiscal::fiscal_year(today);
    let number = account::counter(tx, "case", fiscal_year).await?;
    let (name_fold, kana_fold) = (fold::fold(&c.name), fold::fold(&c.kana));
    let sql = "/* case::open */
        INSERT INTO child_case (id, fiscal_year, number, child_name, child_kana, name_fold, kana_fold, birth_date, sex, municipality, residence,
               residence_note, languages, care, mobile, status, phase, lead_id, deputy_id, opened_on)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)";
    tx.exec(
        sql,
        args![
            id,
            fiscal_year,
            number,
            &c.name,
            &c.kana,
            &name_fold,
            &kana_fold,
            c.birth,
            c.sex,
            c.municipality,
            c.residence,
            &c.residence_note,
            &c.languages,
            care_json(&c.care),
            c.mobile,
            c.status,
            Phase::Intake,
            c.lead,
            c.deputy,
            today
        ],
    )
    .await?;
    index(tx, id, &name_fold, &kana_fold).await?;
    step(tx, mint, id, by, c.status, Phase::Intake, "ケースを開いた", now).await?;
    access::grant(tx, id, c.lead.into(), Relation::Lead, "lead", now).await?;
    access::grant(tx, id, c.deputy.into(), Relation::Deputy, "deputy", now).await?;
    access::grant_area(tx, id, c.municipality, now).await?;
    if let Some(g) = &c.guardian {
        family::add(tx, mint, id, g, now).await?;
    }
    Ok(number)
}

/// Calls the child by another name from now on, in lists and searches as well.
pub async fn rename(tx: &mut Draft, id: CaseId, name: &str, kana: &str) -> Result<(), DbError> {
    let (name_fold, kana_fold) = (fold::fold(name), fold::fold(kana));
    let sql = "/* case::rename */
        UPDATE child_case SET child_name = $2, child_kana = $3, name_fold = $4, kana_fold = $5, version = version + 1 WHERE id = $1";
    tx.exec(sql, args![id, name, kana, &name_fold, &kana_fold]).await?;
    index(tx, id, &name_fold, &kana_fold).await
}

/// The code of the municipality of a case just seen, under whose key its keys lie.
pub async fn municipality_of(tx: &Reader, id: CaseId) -> Result<String, DbError> {
    let sql = "/* case::municipality_of unscoped: only the municipality of the case just seen, to find its key */ SELECT municipality FROM child_case WHERE id = $1";
    Ok(tx.one::<(String,)>(sql, args![id]).await?.0)
}

async fn index(tx: &mut Draft, id: CaseId, name_fold: &str, kana_fold: &str) -> Result<(), DbError> {
    tx.exec("/* case::index */ DELETE FROM case_gram WHERE case_id = $1", args![id]).await?;
    let mut grams = fold::grams(name_fold);
    grams.extend(fold::grams(kana_fold));
    grams.sort();
    grams.dedup();
    for gram in grams {
        let sql = "/* case::index */ INSERT INTO case_gram (gram, kana_fold, case_id) VALUES ($1, $2, $3)";
        tx.exec(sql, args![gram, kana_fold, id]).await?;
    }
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "the columns of one step")]
pub async fn step(
    tx: &mut Draft,
    mint: &Mint,
    id: CaseId,
    by: &Actor,
    status: Status,
    phase: Phase,
    reason: &str,
    now: Timestamp,
) -> Result<(), DbError> {
    let sql = "/* case::step */ INSERT INTO case_step (id, case_id, at, by_id, status, phase, reason) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let (row, key) = (mint.uuid(now), family::key(tx, mint, id, now).await?);
    tx.exec(sql, args![row, id, now, by.person, status, phase, key.seal(STEP, row, reason)]).await?;
    tx.announce("case", id);
    Ok(())
}

/// Saves an edit against the version that the person saw. False: somebody was faster.
pub async fn save(tx: &mut Draft, before: &Case, c: &Command, now: Timestamp) -> Result<bool, DbError> {
    let (name_fold, kana_fold) = (fold::fold(&c.name), fold::fold(&c.kana));
    let sql = "/* case::save */
        UPDATE child_case SET child_name = $3, child_kana = $4, name_fold = $5, kana_fold = $6, birth_date = $7, sex = $8, municipality = $9, residence = $10,
               residence_note = $11, languages = $12, care = $13, mobile = $14, deputy_id = $15, version = version + 1
         WHERE id = $1 AND version = $2";
    let args = args![
        before.id,
        before.version,
        &c.name,
        &c.kana,
        &name_fold,
        &kana_fold,
        c.birth,
        c.sex,
        c.municipality,
        c.residence,
        &c.residence_note,
        &c.languages,
        care_json(&c.care),
        c.mobile,
        c.deputy
    ];
    if tx.exec(sql, args).await? == 0 {
        return Ok(false);
    }
    index(tx, before.id, &name_fold, &kana_fold).await?;
    if before.deputy_id != c.deputy {
        access::lapse(tx, before.id, before.deputy_id.into(), Relation::Deputy, now).await?;
        access::grant(tx, before.id, c.deputy.into(), Relation::Deputy, "deputy", now).await?;
        waiting::hand_on_case(tx, before.id, before.deputy_id, c.deputy).await?;
        kept_again(tx, before.id).await?;
    }
    if before.municipality != c.municipality {
        if let Some(seat) = area::seat_of(tx, before.municipality, Role::Coordinator).await? {
            access::lapse(tx, before.id, seat.into(), Relation::Area, now).await?;
            if let Some(next) = area::seat_of(tx, c.municipality, Role::Coordinator).await? {
                waiting::hand_on_case(tx, before.id, seat, next).await?;
            }
        }
        let privacy = (
            area::seat_of(tx, before.municipality, Role::Privacy).await?,
            area::seat_of(tx, c.municipality, Role::Privacy).await?,
        );
        if let (Some(seat), Some(next)) = privacy {
            waiting::hand_on_case(tx, before.id, seat, next).await?;
        }
        access::grant_area(tx, before.id, c.municipality, now).await?;
    }
    tx.announce("case", before.id);
    Ok(true)
}

/// Moves a case on; false when somebody moved it first.
pub async fn moved(
    tx: &mut Draft,
    mint: &Mint,
    by: &Actor,
    before: &Case,
    step_: &Move,
    next: Status,
    now: Timestamp,
) -> Result<bool, DbError> {
    let phase = if let Move::Enter(phase) = step_ { *phase } else { before.phase };
    let (close, on, reason) = match step_ {
        Move::Close { reason, on, note } => (Some(reason.code()), Some(*on), format!("{} {note}", reason.label())),
        Move::Hold { reason } | Move::Reopen { reason } => (None, None, reason.clone()),
        Move::Activate => (None, None, "支援を始めた".to_owned()),
        Move::Resume => (None, None, "再開した".to_owned()),
        Move::Enter(phase) => (None, None, format!("時期を「{}」にした", phase.label())),
    };
    let sql = "/* case::moved */
        UPDATE child_case SET status = $3, phase = $4, close_reason = $5, closed_on = $6, version = version + 1 WHERE id = $1 AND version = $2";
    if tx.exec(sql, args![before.id, before.version, next, phase, close, on]).await? == 0 {
        return Ok(false);
    }
    step(tx, mint, before.id, by, next, phase, &reason, now).await?;
    Ok(true)
}

/// Referrals that are still alive: closing forces a decision on each.
pub async fn live_referrals(tx: &Reader, seen: &Seen) -> Result<i64, DbError> {
    let sql = "/* case::live_referrals unscoped: takes Seen */
        SELECT COUNT(*) FROM referral r WHERE r.case_id = $1
           AND (r.status IN ('draft', 'sent', 'waitlisted', 'needs_info', 'accepted', 'started', 'outcome_reported')
             OR (r.status IN ('declined', 'redirected', 'not_started') AND r.settled_at IS NULL
                 AND NOT EXISTS (SELECT 1 FROM referral n WHERE n.replaces = r.id)))";
    Ok(tx.one::<(i64,)>(sql, args![seen.case()]).await?.0)
}

/// Flags that nobody has closed: a case is not closed over them.
pub async fn open_flags(tx: &Reader, seen: &Seen) -> Result<i64, DbError> {
    let sql = "/* case::open_flags unscoped: takes Seen */ SELECT COUNT(*) FROM flag WHERE case_id = $1 AND closed_at IS NULL";
    Ok(tx.one::<(i64,)>(sql, args![seen.case()]).await?.0)
}

/// Whether the family has agreed to anything yet: from then on a case changes its municipality by a move that is received there.
pub async fn has_consents(tx: &Reader, seen: &Seen) -> Result<bool, DbError> {
    let sql = "/* case::has_consents unscoped: takes Seen */ SELECT id FROM consent WHERE case_id = $1 LIMIT 1";
    Ok(tx.opt::<(Uuid,)>(sql, args![seen.case()]).await?.is_some())
}

/// Notes that somebody was in contact about the case, for lists.
pub async fn touch(tx: &mut Draft, case: CaseId, at: Timestamp) -> Result<(), DbError> {
    let sql = "/* case::touch */
        UPDATE child_case SET last_contact = $2 WHERE id = $1 AND (last_contact IS NULL OR last_contact < $2)";
    tx.exec(sql, args![case, at]).await?;
    Ok(())
}

/// Makes `to` the lead; the old lead becomes deputy where the new lead was the deputy, so that there are always two.
pub async fn set_lead(
    tx: &mut Draft,
    mint: &Mint,
    by: &Actor,
    case: &Case,
    to: PersonId,
    now: Timestamp,
) -> Result<(), DbError> {
    let deputy = if case.deputy_id == to { case.lead_id } else { case.deputy_id };
    let sql = "/* case::set_lead */
        UPDATE child_case SET lead_id = $3, deputy_id = $4, version = version + 1 WHERE id = $1 AND version = $2";
    if tx.exec(sql, args![case.id, case.version, to, deputy]).await? == 0 {
        return Err(DbError::Unique("the case changed while its lead was handed over".to_owned()));
    }
    access::lapse(tx, case.id, case.lead_id.into(), Relation::Lead, now).await?;
    access::grant(tx, case.id, to.into(), Relation::Lead, "transfer", now).await?;
    if deputy != case.deputy_id {
        access::lapse(tx, case.id, case.deputy_id.into(), Relation::Deputy, now).await?;
        access::grant(tx, case.id, deputy.into(), Relation::Deputy, "transfer", now).await?;
    }
    kept_again(tx, case.id).await?;
    step(tx, mint, case.id, by, case.status, case.phase, "主担当を引き継いだ", now).await
}

/// Nobody is asked to take over any more when lead and deputy both work.
pub async fn kept_again(tx: &mut Draft, case: CaseId) -> Result<(), DbError> {
    let sql = "/* case::kept_again unscoped: only whether somebody was stopped */
        SELECT c.id FROM child_case c JOIN person p ON p.id IN (c.lead_id, c.deputy_id)
         WHERE c.id = $1 AND p.disabled_at IS NOT NULL LIMIT 1";
    if tx.opt::<(CaseId,)>(sql, args![case]).await?.is_none() {
        waiting::clear(tx, case.0, waiting::WaitingKind::KeeperStopped).await?;
    }
    Ok(())
}

/// The lead of a case, for whoever must put work on the lead's list.
pub async fn lead_of(tx: &Reader, case: CaseId) -> Result<PersonId, DbError> {
    let sql =
        "/* case::lead_of unscoped: only for the list of the lead */ SELECT lead_id FROM child_case WHERE id = $1";
    Ok(tx.one::<(PersonId,)>(sql, args![case]).await?.0)
}

/// Holds the case's row until the end of the act, for acts that also belong to a closed case.
pub async fn hold(tx: &mut Draft, case: CaseId) -> Result<(), DbError> {
    tx.exec("/* case::hold */ UPDATE child_case SET version = version WHERE id = $1", args![case]).await?;
    Ok(())
}

/// Refuses on a closed case, and holds the case's row until the end of the act, so that closing and adding cannot cross.
pub async fn must_be_open(tx: &mut Draft, seen: &Seen) -> Result<(), Error> {
    let sql = "/* case::must_be_open */ UPDATE child_case SET version = version WHERE id = $1 AND status <> 'closed'";
    if tx.exec(sql, args![seen.case()]).await? == 1 {
        return Ok(());
    }
    Err(Error::refused("終結したケースです。続けるときは、先にケースを再開してください。"))
}

/// Disclosures and emergency views that nobody has reviewed yet: a case is not closed over them.
pub async fn open_reviews(tx: &Reader, seen: &Seen) -> Result<i64, DbError> {
    let sql = "/* case::open_reviews unscoped: takes Seen */
        SELECT (SELECT COUNT(*) FROM emergency_disclosure WHERE case_id = $1 AND reviewed_at IS NULL)
             + (SELECT COUNT(*) FROM break_glass WHERE case_id = $1 AND reviewed_at IS NULL)";
    Ok(tx.one::<(i64,)>(sql, args![seen.case()]).await?.0)
}

/// After a change of lead or deputy, a review that came to the one who disclosed or looked goes to the other of the two.
pub async fn reassign_reviews(tx: &mut Draft, seen: &Seen) -> Result<(), DbError> {
    let sql = "/* case::reassign_reviews unscoped: takes Seen */
        UPDATE waiting SET subject_id = (SELECT CASE WHEN c.lead_id = waiting.subject_id THEN c.deputy_id ELSE c.lead_id END
                                           FROM child_case c WHERE c.id = $1)
         WHERE case_id = $1 AND ((kind = 'emergency_review' AND EXISTS (
               SELECT 1 FROM emergency_disclosure e WHERE e.id = waiting.object_id AND e.by_id = waiting.subject_id))
            OR (kind = 'break_glass_review' AND EXISTS (
               SELECT 1 FROM break_glass b WHERE b.id = waiting.object_id AND b.person_id = waiting.subject_id)))";
    tx.exec(sql, args![seen.case()]).await?;
    Ok(())
}
