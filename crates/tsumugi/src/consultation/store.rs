//! SQL of consultations.

use super::{
    handover,
    model::{AskerKind, Channel, ConsentState, Kind, New, Status, Topic, Urgency},
};
use crate::{
    account::{self, Actor},
    app::App,
    area::{self, Municipality, PaidBy},
    case::{Residence, Sex},
    journal::Draft,
    policy::Role,
    sealing::{self, DataKey},
    waiting::{self, Item, ObjectKind, WaitingKind},
    web::Error,
};
use platform::{
    Date, Timestamp, Uuid, args,
    db::{DbError, Json, Reader},
    id::{CaseId, ConsultationId, PersonId, SubjectId},
    japanese::{business::Reply, date, fiscal, fold},
    row,
    serde_json::{Value, json},
    vocabulary::Vocabulary as _,
};

row! {
    /// A consultation as the database keeps it.
    pub struct Kept {
        pub id: ConsultationId, pub fiscal_year: i64, pub number: i64, pub received_at: Timestamp, pub taken_by: PersonId, pub taker: String,
        pub owner_id: PersonId, pub owner: String, pub owner_stopped: bool, pub channel: Channel, pub kind: Kind, pub asker_kind: AskerKind, pub asker_name: Option<String>,
        pub asker_place: Option<String>, pub asker_phone: Option<Vec<u8>>, pub anonymous: bool, pub child_name: Option<String>,
        pub child_kana: Option<String>, pub child_birth: Option<Date>, pub child_sex: Option<Sex>, pub municipality: Municipality,
        pub residence: Option<Residence>, pub repeated: bool, pub topics: Json, pub urgency: Urgency, pub concern: Option<Vec<u8>>,
        pub response: Option<Vec<u8>>, pub next_plan: Option<Vec<u8>>, pub minutes: i64, pub paid_by: PaidBy, pub consent_state: ConsentState,
        pub status: Status, pub needs: Option<Json>, pub due_at: Timestamp, pub responded_at: Option<Timestamp>, pub review_on: Option<Date>,
        pub duplicate_of: Option<ConsultationId>, pub case_id: Option<CaseId>, pub version: i64,
    }
    pub struct KeptStep { pub id: Uuid, pub at: Timestamp, pub by: String, pub status: Status, pub note: Option<Vec<u8>> }
    pub struct KeptAdvice { pub id: Uuid, pub at: Timestamp, pub by: String, pub body: Option<Vec<u8>>, pub minutes: i64 }
}

/// A consultation, with what is sealed in it.
#[derive(Clone, Debug)]
pub struct Consultation {
    kept: Kept,
    pub asker_phone: Option<String>,
    pub concern: String,
    pub response: Option<String>,
    pub next_plan: Option<String>,
}

impl Consultation {
    /// The owner hands it over; where the owner was stopped, whoever sees it.
    pub fn is_handed_over_by(&self, person: PersonId) -> bool {
        self.owner_id == person || self.owner_stopped
    }
}

impl std::ops::Deref for Consultation {
    type Target = Kept;
    fn deref(&self) -> &Kept {
        &self.kept
    }
}

/// A state that the consultation came to, with its words in clear.
#[derive(Clone, Debug)]
pub struct Step {
    pub at: Timestamp,
    pub by: String,
    pub status: Status,
    pub note: String,
}

/// What was advised, in clear.
#[derive(Clone, Debug)]
pub struct Advice {
    pub at: Timestamp,
    pub by: String,
    pub body: String,
    pub minutes: i64,
}

const PHONE: &str = "consultation.asker_phone";
pub(super) const CONCERN: &str = "consultation.concern";
const RESPONSE: &str = "consultation.response";
const NEXT: &str = "consultation.next_plan";
const STEP: &str = "consultation_step.note";
const ADVICE: &str = "advice.body";

impl Kept {
    fn open(self, key: Option<&DataKey>) -> Result<Consultation, DbError> {
        let (id, some) = (self.id.0, |text: String| Some(text).filter(|t| !t.is_empty()));
        Ok(Consultation {
            asker_phone: some(sealing::text(key, PHONE, id, self.asker_phone.as_deref())?),
            concern: sealing::text(key, CONCERN, id, self.concern.as_deref())?,
            response: some(sealing::text(key, RESPONSE, id, self.response.as_deref())?),
            next_plan: some(sealing::text(key, NEXT, id, self.next_plan.as_deref())?),
            kept: self,
        })
    }
}

pub fn topics_of(json: &Json) -> Vec<Topic> {
    json.0
        .as_array()
        .map(|l| l.iter().filter_map(Value::as_str).filter_map(Topic::from_code).collect())
        .unwrap_or_default()
}

pub async fn find(tx: &Reader, actor: &Actor, id: ConsultationId, now: Timestamp) -> Result<Consultation, Error> {
    let sql = "/* consultation::find */
        SELECT c.id, c.fiscal_year, c.number, c.received_at, c.taken_by, t.name AS taker, c.owner_id, o.name AS owner,
               o.disabled_at IS NOT NULL AS owner_stopped, c.channel, c.kind, c.asker_kind, c.asker_name, c.asker_place, c.asker_phone, c.anonymous, c.child_name, c.child_kana, c.child_birth, c.child_sex,
               c.municipality, c.residence, c.repeated, c.topics, c.urgency, c.concern, c.response, c.next_plan, c.minutes, c.paid_by,
               c.consent_state, c.status, c.needs, c.due_at, c.responded_at, c.review_on, c.duplicate_of, c.case_id, c.version
          FROM consultation c JOIN person t ON t.id = c.taken_by JOIN person o ON o.id = c.owner_id
         WHERE c.id = $1 AND EXISTS (SELECT 1 FROM consultation_access a
               JOIN account_subject s ON s.subject_id = a.subject_id AND s.person_id = $2 AND s.since <= $3 AND (s.until IS NULL OR s.until > $3)
              WHERE a.consultation_id = c.id)
           AND NOT EXISTS (SELECT 1 FROM case_exclusion x WHERE x.person_id = $2 AND x.case_id = c.case_id AND x.until IS NULL)";
    let kept: Kept = tx.opt(sql, args![id, actor.person, now]).await?.ok_or(Error::NotFound)?;
    let key = sealing::key_of(tx, id.0).await?;
    Ok(kept.open(key.as_ref())?)
}

/// Holds the consultation until the end of the act, first of all its rows, so that acts on it come one after the other.
pub async fn hold(tx: &mut Draft, id: ConsultationId) -> Result<(), DbError> {
    tx.exec("/* consultation::hold */ UPDATE consultation SET version = version WHERE id = $1", args![id]).await?;
    Ok(())
}

pub async fn steps(tx: &Reader, id: ConsultationId) -> Result<Vec<Step>, DbError> {
    let sql = "/* consultation::steps */
        SELECT h.id, h.at, p.name AS by, h.status, h.note FROM consultation_step h JOIN person p ON p.id = h.by_id
         WHERE h.consultation_id = $1 ORDER BY h.at, h.id LIMIT 100";
    let rows: Vec<KeptStep> = tx.all(sql, args![id]).await?;
    let key = sealing::key_if(tx, id.0, !rows.is_empty()).await?;
    let clear = |s: KeptStep| {
        let note = sealing::text(key.as_ref(), STEP, s.id, s.note.as_deref())?;
        Ok(Step { at: s.at, by: s.by, status: s.status, note })
    };
    rows.into_iter().map(clear).collect()
}

pub async fn advices(tx: &Reader, id: ConsultationId) -> Result<Vec<Advice>, DbError> {
    let sql = "/* consultation::advices */
        SELECT a.id, a.at, p.name AS by, a.body, a.minutes FROM advice a JOIN person p ON p.id = a.by_id WHERE a.consultation_id = $1 ORDER BY a.at, a.id LIMIT 100";
    let rows: Vec<KeptAdvice> = tx.all(sql, args![id]).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let key = sealing::key_of(tx, id.0).await?;
    let clear = |a: KeptAdvice| {
        let body = sealing::text(key.as_ref(), ADVICE, a.id, a.body.as_deref())?;
        Ok(Advice { at: a.at, by: a.by, body, minutes: a.minutes })
    };
    rows.into_iter().map(clear).collect()
}

/// What was taken: the number for people, and to whom it was offered where somebody else is on duty.
pub struct Taken {
    pub number: i64,
    pub offered_to: Option<PersonId>,
}

/// Who took a call, who answers for it, who else sees it, and of which case it already is.
pub(super) struct Hands {
    pub taker: PersonId,
    pub owner: PersonId,
    pub shown: SubjectId,
    pub case: Option<CaseId>,
    /// From whom it comes, in a word for the owner's list.
    pub from: &'static str,
}

/// Records a consultation: number, access, what waits, and the offer to who is on duty, in one transaction.
pub async fn take(
    app: &App,
    tx: &mut Draft,
    id: ConsultationId,
    by: &Actor,
    n: &New,
    now: Timestamp,
) -> Result<Taken, Error> {
    let hands = Hands { taker: by.person, owner: by.person, shown: by.subject(), case: None, from: "" };
    let number = record(app, tx, id, &hands, n, "受け付けた", now).await?;
    let duty = area::on_duty(tx, n.municipality, date::jst_date(now)).await?.filter(|d| *d != by.person && !n.keep);
    if let Some(to) = duty {
        handover::offer(app, tx, app.mint.id(now), id, by.person, to, "受付の当番へ", now).await?;
    }
    Ok(Taken { number, offered_to: duty })
}

/// The row, its first step, who sees it and what its owner must do. Gives the number.
pub(super) async fn record(
    app: &App,
    tx: &mut Draft,
    id: ConsultationId,
    hands: &Hands,
    n: &New,
    note: &str,
    now: Timestamp,
) -> Result<i64, Error> {
    let fiscal_year = fiscal::fiscal_year(date::jst_date(n.received_at));
    let number = account::counter(tx, "consultation", fiscal_year).await?;
    let due = app.calendar.due(n.received_at, n.urgency.reply());
    let responded = n.response.is_some().then_some(now);
    let key = sealing::new_key(tx, &app.mint, id.0, n.municipality.code(), now).await?;
    let sql = "/* consultation::record */
        INSERT INTO consultation (id, fiscal_year, number, received_at, recorded_at, taken_by, owner_id, channel, kind, asker_kind, asker_name,
               asker_place, asker_phone, anonymous, child_name, child_kana, child_fold, child_birth, child_sex, municipality, residence, repeated,
               topics, urgency, concern, response, next_plan, minutes, paid_by, consent_state, status, due_at, responded_at, case_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26,
               $27, $28, $29, $30, $31, $32, $33, $34)";
    let child_fold = n.child_name.as_deref().map(fold::fold);
    let topics = json!(n.topics.iter().map(|t| t.code()).collect::<Vec<_>>());
    tx.exec(
        sql,
        args![
            id,
            fiscal_year,
            number,
            n.received_at,
            now,
            hands.taker,
            hands.owner,
            n.channel,
            n.kind,
            n.asker_kind,
            n.asker_name.clone(),
            n.asker_place.clone(),
            key.seal(PHONE, id.0, n.asker_phone.as_deref().unwrap_or_default()),
            n.anonymous,
            n.child_name.clone(),
            n.child_kana.clone(),
            child_fold,
            n.child_birth,
            n.child_sex,
            n.municipality,
            n.residence,
            n.repeated,
            topics,
            n.urgency,
            key.seal(CONCERN, id.0, &n.concern),
            key.seal(RESPONSE, id.0, n.response.as_deref().unwrap_or_default()),
            key.seal(NEXT, id.0, n.next_plan.as_deref().unwrap_or_default()),
            n.minutes,
            n.paid_by,
            n.consent_state,
            Status::Received,
            due,
            responded,
            hands.case
        ],
    )
    .await?;
    step(app, tx, id, hands.taker, Status::Received, note, now).await?;
    show_to(tx, id, hands.shown, n.received_at).await?;
    if let Some(seat) = area::seat_of(tx, n.municipality, Role::Coordinator).await? {
        show_to(tx, id, seat.into(), n.received_at).await?;
    }
    watch(app, tx, id, (hands.owner, hands.from), responded.is_some(), due, now).await?;
    Ok(number)
}

pub(super) async fn show_to(
    tx: &mut Draft,
    id: ConsultationId,
    subject: SubjectId,
    received_at: Timestamp,
) -> Result<(), DbError> {
    let sql = "/* consultation::show_to */
        INSERT INTO consultation_access (consultation_id, subject_id, received_at) VALUES ($1, $2, $3)
        ON CONFLICT (subject_id, received_at, consultation_id) DO NOTHING";
    tx.exec(sql, args![id, subject, received_at]).await?;
    Ok(())
}

/// An open consultation always has exactly one thing that its owner must do, and by when.
async fn watch(
    app: &App,
    tx: &mut Draft,
    id: ConsultationId,
    (owner, from): (PersonId, &str),
    responded: bool,
    due: Timestamp,
    now: Timestamp,
) -> Result<(), DbError> {
    let (kind, due) = if responded {
        (WaitingKind::Screening, app.calendar.due(now, Reply::Week))
    } else {
        (WaitingKind::FirstResponse, due)
    };
    let item = Item {
        kind,
        subject: owner.into(),
        object_kind: ObjectKind::Consultation,
        object: id.0,
        case: None,
        waits_for: from,
        due,
    };
    waiting::put(tx, &app.mint, now, item).await
}

/// Takes a consultation from who no longer has a reason to see it; taker and owner always keep it.
pub(super) async fn hide_from(tx: &mut Draft, id: ConsultationId, subject: SubjectId) -> Result<(), DbError> {
    let sql = "/* consultation::hide_from */
        DELETE FROM consultation_access WHERE consultation_id = $1 AND subject_id = $2
           AND NOT EXISTS (SELECT 1 FROM consultation c WHERE c.id = $1 AND (c.taken_by = $2 OR c.owner_id = $2))";
    tx.exec(sql, args![id, subject]).await?;
    tx.announce("subject", subject);
    Ok(())
}

/// The key that a consultation has had since it was taken.
pub(super) async fn own_key(tx: &Reader, id: ConsultationId) -> Result<DataKey, DbError> {
    sealing::key_of(tx, id.0).await?.ok_or_else(|| DbError::Decode(format!("the key of consultation {id} is gone")))
}

pub(super) async fn step(
    app: &App,
    tx: &mut Draft,
    id: ConsultationId,
    by: PersonId,
    status: Status,
    note: &str,
    now: Timestamp,
) -> Result<(), DbError> {
    let sql = "/* consultation::step */ INSERT INTO consultation_step (id, consultation_id, at, by_id, status, note) VALUES ($1, $2, $3, $4, $5, $6)";
    let (row, key) = (app.mint.uuid(now), own_key(tx, id).await?);
    tx.exec(sql, args![row, id, now, by, status, key.seal(STEP, row, note)]).await?;
    Ok(())
}

/// Adds advice; the first one is the first response, after which the screening waits.
pub async fn advise(
    app: &App,
    tx: &mut Draft,
    c: &Consultation,
    by: &Actor,
    body: &str,
    minutes: i64,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "/* consultation::advise */ INSERT INTO advice (id, consultation_id, at, by_id, body, minutes) VALUES ($1, $2, $3, $4, $5, $6)";
    let (id, key) = (app.mint.uuid(now), sealing::key_for(tx, &app.mint, c.id.0, c.municipality.code(), now).await?);
    tx.exec(sql, args![id, c.id, now, by.person, key.seal(ADVICE, id, body), minutes]).await?;
    let sql = "/* consultation::advise */
        UPDATE consultation SET minutes = minutes + $2, responded_at = COALESCE(responded_at, $3), version = version + 1 WHERE id = $1";
    tx.exec(sql, args![c.id, minutes, now]).await?;
    if c.responded_at.is_none() && c.status.is_open() {
        waiting::clear(tx, c.id.0, WaitingKind::FirstResponse).await?;
        if c.status != Status::WaitingInfo {
            watch(app, tx, c.id, (c.owner_id, ""), true, c.due_at, now).await?;
        }
    }
    Ok(())
}
