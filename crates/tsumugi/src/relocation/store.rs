//! SQL of a case that moves to another municipality.

use super::model::{Proposal, READS_ON_DAYS};
use crate::{
    account::Actor,
    app::App,
    area::{self, Municipality, Worker},
    case::{self, Case},
    consent::Category,
    journal::Draft,
    policy::{Relation, Role, Seen},
    protection, sealing,
    waiting::{self, Item, ObjectKind, WaitingKind},
    web::{Error, Result},
};
use jiff::ToSpan as _;
use platform::{
    Date, Timestamp, Uuid, args,
    db::{DbError, Reader},
    id::{CaseId, PersonId, SeatId},
    japanese::business::Reply,
    row,
    vocabulary::Vocabulary as _,
};

row! {
    pub struct Kept {
        pub id: Uuid, pub from_municipality: Municipality, pub to_municipality: Municipality, pub moves_on: Date, pub note: Option<Vec<u8>>,
        pub status: String, pub proposer: String, pub proposed_at: Timestamp, pub ender: Option<String>, pub ended_at: Option<Timestamp>,
        pub reason: Option<Vec<u8>>,
    }
}

/// A move with what was written to it.
#[derive(Clone, Debug)]
pub struct Relocation {
    kept: Kept,
    pub said: String,
    pub answered: String,
}

impl std::ops::Deref for Relocation {
    type Target = Kept;
    fn deref(&self) -> &Kept {
        &self.kept
    }
}

const NOTE: &str = "relocation.note";
const REASON: &str = "relocation.reason";

/// Every move of a case, the newest first.
pub async fn list(tx: &Reader, seen: &Seen) -> Result<Vec<Relocation>, DbError> {
    let sql = "/* relocation::list unscoped: takes Seen */
        SELECT r.id, r.from_municipality, r.to_municipality, r.moves_on, r.note, r.status, p.name AS proposer, r.proposed_at,
               e.name AS ender, r.ended_at, r.reason
          FROM relocation r JOIN person p ON p.id = r.proposed_by LEFT JOIN person e ON e.id = r.ended_by
         WHERE r.case_id = $1 ORDER BY r.proposed_at DESC, r.id DESC LIMIT 20";
    let rows: Vec<Kept> = tx.all(sql, args![seen.case()]).await?;
    let key = sealing::key_of(tx, seen.case().0).await?;
    let open = |kept: Kept| {
        let said = sealing::text(key.as_ref(), NOTE, kept.id, kept.note.as_deref())?;
        let answered = sealing::text(key.as_ref(), REASON, kept.id, kept.reason.as_deref())?;
        Ok(Relocation { kept, said, answered })
    };
    rows.into_iter().map(open).collect()
}

/// The municipality to which a move is proposed now.
pub async fn proposed(tx: &Reader, seen: &Seen) -> Result<Option<Municipality>, DbError> {
    let sql = "/* relocation::proposed unscoped: takes Seen */
        SELECT to_municipality FROM relocation WHERE case_id = $1 AND status = 'proposed'";
    Ok(tx.opt::<(Municipality,)>(sql, args![seen.case()]).await?.map(|(m,)| m))
}

/// The kinds of information that the family has not agreed to tell a municipality today.
pub async fn not_agreed(tx: &Reader, seen: &Seen, to: Municipality, today: Date) -> Result<Vec<&'static str>, DbError> {
    let sql = "/* relocation::not_agreed unscoped: takes Seen */
        SELECT DISTINCT s.category FROM consent c JOIN consent_scope s ON s.consent_id = c.id
          JOIN organisation o ON o.id = s.organisation_id AND o.kind = 'municipality' AND o.code = $2
         WHERE c.case_id = $1 AND c.withdrawn_at IS NULL AND c.starts_on <= $3 AND c.ends_on >= $3";
    let agreed: Vec<(Category,)> = tx.all(sql, args![seen.case(), to, today]).await?;
    Ok(Category::ALL.iter().filter(|c| !agreed.iter().any(|(a,)| a == *c)).map(|c| c.label()).collect())
}

/// Coordinators who sit in a municipality.
pub async fn coordinators_of(tx: &Reader, m: Municipality, now: Timestamp) -> Result<Vec<Worker>, DbError> {
    let sql = "/* relocation::coordinators_of */
        SELECT DISTINCT p.id, p.name, s.id AS seat_id, o.name AS place FROM organisation o
          JOIN seat s ON s.organisation_id = o.id AND s.role = 'coordinator'
          JOIN account_subject a ON a.subject_id = s.id AND a.since <= $2 AND (a.until IS NULL OR a.until > $2)
          JOIN person p ON p.id = a.person_id AND p.disabled_at IS NULL
         WHERE o.code = $1 AND o.kind = 'municipality' ORDER BY p.name, p.id LIMIT 50";
    tx.all(sql, args![m, now]).await
}

pub async fn propose(
    app: &App,
    tx: &mut Draft,
    seen: &Seen,
    case: &Case,
    p: &Proposal,
    by: &Actor,
    now: Timestamp,
) -> Result<Uuid> {
    let id = app.mint.uuid(now);
    let key = case::key(tx, &app.mint, case.id, now).await?;
    let sql = "/* relocation::propose */
        INSERT INTO relocation (id, case_id, from_municipality, to_municipality, moves_on, note, status, proposed_by, proposed_at)
        VALUES ($1, $2, $3, $4, $5, $6, 'proposed', $7, $8)";
    let args = args![id, seen.case(), case.municipality, p.to, p.moves_on, key.seal(NOTE, id, &p.note), by.person, now];
    tx.exec(sql, args).await?;
    let none = || Error::refused("転居先の市町に、受け取るコーディネーターがいません。県に相談してください。");
    let seat = area::seat_of(tx, p.to, Role::Coordinator).await?.ok_or_else(none)?;
    if coordinators_of(tx, p.to, now).await?.is_empty() {
        return Err(none());
    }
    case::grant(tx, case.id, seat.into(), Relation::Offered, "relocation", now).await?;
    let due = app.calendar.due(now, Reply::OpenDays(3));
    let item = |kind, subject, waits_for| Item {
        kind,
        subject,
        object_kind: ObjectKind::Relocation,
        object: case.id.0,
        case: Some(case.id),
        waits_for,
        due,
    };
    waiting::put(tx, &app.mint, now, item(WaitingKind::Relocation, seat.into(), "")).await?;
    let label = p.to.label();
    waiting::put(tx, &app.mint, now, item(WaitingKind::RelocationPending, by.person.into(), label)).await?;
    waiting::clear(tx, case.id.0, WaitingKind::RelocationReturned).await?;
    Ok(id)
}

/// Ends a proposal; the municipality that it was made to does not see the case any more for it. False: it had ended.
pub async fn end(
    app: &App,
    tx: &mut Draft,
    seen: &Seen,
    (status, reason): (&'static str, &str),
    by: &Actor,
    now: Timestamp,
) -> Result<bool> {
    let key = case::key(tx, &app.mint, seen.case(), now).await?;
    let sql = "/* relocation::end */
        UPDATE relocation SET status = $2, ended_by = $3, ended_at = $4 WHERE case_id = $1 AND status = 'proposed' RETURNING id, to_municipality";
    let found: Option<(Uuid, Municipality)> = tx.opt(sql, args![seen.case(), status, by.person, now]).await?;
    let Some((id, to)) = found else { return Ok(false) };
    let sql = "/* relocation::end */ UPDATE relocation SET reason = $2 WHERE id = $1";
    tx.exec(sql, args![id, key.seal(REASON, id, reason)]).await?;
    if let Some(seat) = area::seat_of(tx, to, Role::Coordinator).await? {
        case::lapse(tx, seen.case(), seat.into(), Relation::Offered, now).await?;
    }
    waiting::clear(tx, seen.case().0, WaitingKind::Relocation).await?;
    waiting::clear(tx, seen.case().0, WaitingKind::RelocationPending).await?;
    Ok(true)
}

/// What was given back is put before who keeps the case.
pub async fn tell_returned(app: &App, tx: &mut Draft, case: &Case, now: Timestamp) -> Result<()> {
    let item = Item {
        kind: WaitingKind::RelocationReturned,
        subject: case.lead_id.into(),
        object_kind: ObjectKind::Relocation,
        object: case.id.0,
        case: Some(case.id),
        waits_for: "",
        due: app.calendar.due(now, Reply::OpenDays(1)),
    };
    waiting::put(tx, &app.mint, now, item).await?;
    Ok(())
}

/// The case belongs to another municipality from now on.
pub async fn receive(
    app: &App,
    tx: &mut Draft,
    seen: &Seen,
    case: &Case,
    to: Municipality,
    (lead, deputy): (PersonId, PersonId),
    now: Timestamp,
) -> Result<()> {
    let id = case.id;
    let sql = "/* relocation::receive */
        UPDATE child_case SET municipality = $3, lead_id = $4, deputy_id = $5, version = version + 1 WHERE id = $1 AND version = $2";
    if tx.exec(sql, args![id, case.version, to, lead, deputy]).await? == 0 {
        return Err(Error::refused("ほかの人が先にこのケースを変えました。画面を読み直してください。"));
    }
    let before = area::seat_of(tx, case.municipality, Role::Coordinator).await?;
    for (person, relation) in [(case.lead_id, Relation::Lead), (case.deputy_id, Relation::Deputy)] {
        case::lapse(tx, id, person.into(), relation, now).await?;
        reads_on(tx, id, person.0, now).await?;
    }
    if let Some(seat) = before {
        case::lapse(tx, id, seat.into(), Relation::Area, now).await?;
        reads_on(tx, id, seat.0, now).await?;
    }
    leave_team(tx, id, case.municipality, app.today(), now).await?;
    for role in [Role::City, Role::Privacy] {
        if let Some(seat) = area::seat_of(tx, case.municipality, role).await? {
            case::lapse(tx, id, seat.into(), Relation::Municipality, now).await?;
        }
    }
    case::grant(tx, id, lead.into(), Relation::Lead, "relocation", now).await?;
    case::grant(tx, id, deputy.into(), Relation::Deputy, "relocation", now).await?;
    if let Some(seat) = area::seat_of(tx, to, Role::Coordinator).await? {
        case::grant(tx, id, seat.into(), Relation::Area, "area", now).await?;
    }
    for role in [Role::Coordinator, Role::Privacy] {
        let seats: (Option<SeatId>, Option<SeatId>) =
            (area::seat_of(tx, case.municipality, role).await?, area::seat_of(tx, to, role).await?);
        if let (Some(old), Some(new)) = seats {
            waiting::hand_on_case(tx, id, old, new).await?;
        }
    }
    // The two may change places: what was the deputy's waits aside meanwhile.
    let aside = PersonId(app.mint.uuid(now));
    waiting::hand_on_case(tx, id, case.deputy_id, aside).await?;
    waiting::hand_on_case(tx, id, case.lead_id, lead).await?;
    waiting::hand_on_case(tx, id, aside, deputy).await?;
    case::kept_again(tx, id).await?;
    case::reassign_reviews(tx, seen).await?;
    sealing::move_to(tx, &app.mint, id.0, to.code(), now).await?;
    sealing::move_to(tx, &app.mint, protection::owner(id), to.code(), now).await?;
    tx.announce("case", id);
    Ok(())
}

/// The people of the former municipality leave the team, and see the case no longer for it.
async fn leave_team(
    tx: &mut Draft,
    case: CaseId,
    from: Municipality,
    today: Date,
    now: Timestamp,
) -> Result<(), DbError> {
    let sql = "/* relocation::leave_team unscoped: of the case that moves */
        UPDATE team_member SET until = CASE WHEN since > $3 THEN since ELSE $3 END, end_reason = '転居による引継ぎ'
         WHERE case_id = $1 AND until IS NULL AND organisation_id IN (SELECT id FROM organisation WHERE code = $2 AND kind = 'municipality')";
    tx.exec(sql, args![case, from, today]).await?;
    let sql = "/* relocation::leave_team */
        UPDATE case_access SET until = $2 WHERE case_id = $1 AND relation = 'team' AND (until IS NULL OR until > $2)
           AND NOT EXISTS (SELECT 1 FROM team_member m WHERE m.case_id = $1 AND m.person_id = case_access.subject_id AND m.until IS NULL)";
    tx.exec(sql, args![case, now]).await?;
    Ok(())
}

/// Who had the case reads it for ninety days more.
async fn reads_on(tx: &mut Draft, case: CaseId, subject: Uuid, now: Timestamp) -> Result<(), Error> {
    let until = now.checked_add((24 * READS_ON_DAYS).hours()).map_err(|e| Error::Internal(e.to_string()))?;
    let sql = "/* relocation::reads_on */
        INSERT INTO case_access (case_id, subject_id, relation, basis, since, until) VALUES ($1, $2, $3, 'relocation', $4, $5)
        ON CONFLICT (case_id, subject_id, relation, since) DO NOTHING";
    tx.exec(sql, args![case, subject, Relation::Former, now, until]).await?;
    Ok(())
}
