//! SQL of referrals.

use super::{
    follow,
    model::{Mode, Move, Status},
};
use crate::{
    account::{self, Actor},
    app::App,
    area::Municipality,
    case,
    exchange::directory::Kind,
    journal::Draft,
    policy::{self, Category, Role, Seen},
    waiting,
    web::Error,
};
use jiff::ToSpan;
use platform::{
    Date, Timestamp, args,
    db::{DbError, Json, Reader},
    id::{CaseId, OrganisationId, PersonId, ReferralId, ResourceId},
    japanese::{business::Reply, date, fiscal},
    row,
};

row! {
    pub struct Referral {
        pub id: ReferralId, pub fiscal_year: i64, pub number: i64, pub case_id: CaseId, pub service_id: ResourceId, pub organisation_id: OrganisationId,
        pub organisation: String, pub phone: String, pub fax: String, pub kind: Kind, pub mode: Mode, pub status: Status, pub request: String,
        pub wish: String, pub sender_id: PersonId, pub sender: String, pub sender_place: String, pub sender_phone: String, pub basis: String, pub created_at: Timestamp, pub sent_at: Option<Timestamp>,
        pub response_due: Option<Timestamp>, pub start_due: Option<Timestamp>, pub outcome_due: Option<Timestamp>, pub started_on: Option<Date>,
        pub outcome: Option<String>, pub reason: String, pub replaces: Option<ReferralId>, pub replaced_by: Option<ReferralId>, pub settled_at: Option<Timestamp>, pub version: i64,
    }
    pub struct Listed {
        pub id: ReferralId, pub fiscal_year: i64, pub number: i64, pub case_id: CaseId, pub child_name: String, pub child_kana: String,
        pub birth_date: Option<Date>, pub municipality: Municipality, pub organisation: String, pub kind: Kind, pub mode: Mode, pub status: Status,
        pub sender: String, pub created_at: Timestamp, pub response_due: Option<Timestamp>, pub start_due: Option<Timestamp>,
        pub outcome_due: Option<Timestamp>, pub reason: String,
    }
    pub struct Child { pub child_name: String, pub child_kana: String, pub birth_date: Option<Date>, pub municipality: Municipality, pub care: Json, pub mobile: bool, pub lead_id: PersonId, pub deputy_id: PersonId, pub protected: bool }
}

impl Referral {
    /// The due time that counts now.
    pub fn due(&self) -> Option<Timestamp> {
        due_of(self.status, self.response_due, self.start_due, self.outcome_due)
    }
    pub fn number_text(&self) -> String {
        case::number_text("", self.fiscal_year, self.number)
    }
}

impl Listed {
    pub fn due(&self) -> Option<Timestamp> {
        due_of(self.status, self.response_due, self.start_due, self.outcome_due)
    }
}

fn due_of(
    status: Status,
    response: Option<Timestamp>,
    start: Option<Timestamp>,
    outcome: Option<Timestamp>,
) -> Option<Timestamp> {
    match status.milestone() {
        Some("response") => response,
        Some("start") => start,
        Some("outcome") => outcome,
        _ => None,
    }
}

/// A referral with the proof that its case is visible. An agency that was asked sees only what was sent to it.
pub async fn see(tx: &Reader, actor: &Actor, id: ReferralId, now: Timestamp) -> Result<(Referral, Seen), Error> {
    let r = find(tx, id).await?.ok_or(Error::NotFound)?;
    let seen = policy::see_case(tx, actor, r.case_id, now).await?;
    // A draft is the sender's own: it may say what nobody has decided to say.
    let draft = r.status == Status::Draft && !seen.allows::<policy::SendReferral>();
    let others = seen.only_asked() || !seen.shows(Category::Plan);
    if draft || (others && r.organisation_id != actor.organisation) {
        return Err(Error::NotFound);
    }
    Ok((r, seen))
}

pub async fn find(tx: &Reader, id: ReferralId) -> Result<Option<Referral>, DbError> {
    let sql = "/* referral::find unscoped: see() checks the case in the same transaction; a one-time link is its own right */
        SELECT r.id, r.fiscal_year, r.number, r.case_id, r.service_id, r.organisation_id, o.name AS organisation, o.phone, o.fax, s.kind, r.mode,
               r.status, r.request, r.wish, r.sender_id, p.name AS sender,
               COALESCE((SELECT h.name FROM role_grant g JOIN seat t ON t.id = g.seat_id JOIN organisation h ON h.id = t.organisation_id
                          WHERE g.person_id = r.sender_id ORDER BY g.since DESC LIMIT 1), '') AS sender_place,
               COALESCE((SELECT h.phone FROM role_grant g JOIN seat t ON t.id = g.seat_id JOIN organisation h ON h.id = t.organisation_id
                          WHERE g.person_id = r.sender_id ORDER BY g.since DESC LIMIT 1), '') AS sender_phone, r.basis, r.created_at, r.sent_at, r.response_due, r.start_due,
               r.outcome_due, r.started_on, r.outcome, r.reason, r.replaces, n.id AS replaced_by, r.settled_at, r.version
          FROM referral r JOIN organisation o ON o.id = r.organisation_id JOIN service s ON s.id = r.service_id JOIN person p ON p.id = r.sender_id
          LEFT JOIN referral n ON n.replaces = r.id
         WHERE r.id = $1";
    tx.opt(sql, args![id]).await
}

/// What an agency needs to know of the child, for a referral that it was sent.
pub async fn child(tx: &Reader, r: &Referral) -> Result<Child, DbError> {
    let sql = "/* referral::child unscoped: the referral was shown by see() or by its one-time link */
        SELECT c.child_name, c.child_kana, c.birth_date, c.municipality, c.care, c.mobile, c.lead_id, c.deputy_id,
               EXISTS (SELECT 1 FROM protection p WHERE p.case_id = c.id AND p.ended_at IS NULL) AS protected FROM child_case c WHERE c.id = $1";
    tx.one(sql, args![r.case_id]).await
}

pub async fn of_case(tx: &Reader, seen: &Seen, limit: i64) -> Result<Vec<Listed>, DbError> {
    let sql = "/* referral::of_case unscoped: takes Seen */
        SELECT r.id, r.fiscal_year, r.number, r.case_id, c.child_name, c.child_kana, c.birth_date, c.municipality, o.name AS organisation, s.kind,
               r.mode, r.status, p.name AS sender, r.created_at, r.response_due, r.start_due, r.outcome_due, r.reason
          FROM referral r JOIN child_case c ON c.id = r.case_id JOIN organisation o ON o.id = r.organisation_id
          JOIN service s ON s.id = r.service_id JOIN person p ON p.id = r.sender_id
         WHERE r.case_id = $1 AND (r.status <> 'draft' OR $3) AND (CAST($4 AS UUID) IS NULL OR r.organisation_id = $4)
         ORDER BY r.created_at DESC, r.id DESC LIMIT $2";
    let own = seen.only_of(Category::Plan);
    tx.all(sql, args![seen.case(), limit, seen.allows::<policy::SendReferral>(), own]).await
}

pub struct Filter {
    /// "live", "decide", "ended" or "" for all.
    pub state: &'static str,
    pub limit: i64,
    pub offset: i64,
}

/// Referrals of the actor's visible cases, and those that were sent to the actor's own agency.
pub async fn list(tx: &Reader, actor: &Actor, f: &Filter, now: Timestamp) -> Result<Vec<Listed>, DbError> {
    let sql = "/* referral::list */
        SELECT r.id, r.fiscal_year, r.number, r.case_id, c.child_name, c.child_kana, c.birth_date, c.municipality, o.name AS organisation, s.kind,
               r.mode, r.status, p.name AS sender, r.created_at, r.response_due, r.start_due, r.outcome_due, r.reason
          FROM referral r JOIN child_case c ON c.id = r.case_id JOIN organisation o ON o.id = r.organisation_id
          JOIN service s ON s.id = r.service_id JOIN person p ON p.id = r.sender_id
         WHERE EXISTS (SELECT 1 FROM account_subject m CROSS JOIN case_access a
                        WHERE m.person_id = $1 AND m.since <= $2 AND (m.until IS NULL OR m.until > $2) AND a.subject_id = m.subject_id
                              AND a.case_id = r.case_id AND a.since <= $2 AND (a.until IS NULL OR a.until > $2)
                          AND a.relation NOT IN ('offered', 'referrer', 'emergency', 'guardian')
                          AND (r.organisation_id = $3 OR a.relation IN ('lead', 'deputy', 'area')
                            OR ((a.relation = 'municipality' OR (a.relation = 'team' AND EXISTS (
                                 SELECT 1 FROM team_member t WHERE t.case_id = r.case_id AND t.person_id = $1 AND t.organisation_id = $3 AND t.until IS NULL)))
                              AND (($7 AND a.relation = 'team') OR EXISTS (
                                 SELECT 1 FROM consent k JOIN consent_scope q ON q.consent_id = k.id AND q.organisation_id = $3 AND q.category = 'plan'
                                  WHERE k.case_id = r.case_id AND k.withdrawn_at IS NULL AND k.starts_on <= $8 AND k.ends_on >= $8))))
                          AND (r.status <> 'draft' OR a.relation IN ('lead', 'deputy', 'area')))
           AND NOT EXISTS (SELECT 1 FROM case_exclusion x WHERE x.person_id = $1 AND x.case_id = r.case_id AND x.until IS NULL)
           AND ($4 = ''
             OR ($4 = 'live' AND r.status IN ('draft', 'sent', 'waitlisted', 'needs_info', 'accepted', 'started', 'outcome_reported'))
             OR ($4 = 'decide' AND r.status IN ('needs_info', 'declined', 'redirected', 'not_started', 'outcome_reported')
                 AND r.settled_at IS NULL AND NOT EXISTS (SELECT 1 FROM referral n WHERE n.replaces = r.id))
             OR ($4 = 'ended' AND r.status IN ('reviewed', 'declined', 'redirected', 'not_started', 'recalled', 'entered_in_error')))
         ORDER BY r.created_at DESC, r.id DESC LIMIT $5 OFFSET $6";
    // Where a seat is a coordinator's, being in the team is enough; for others the family must have agreed to plans.
    let (coordinates, today) = (actor.role == Role::Coordinator, date::jst_date(now));
    tx.all(sql, args![actor.person, now, actor.organisation, f.state, f.limit, f.offset, coordinates, today]).await
}

/// The live referral of a case to a service, where there is one: it offers to be tracked instead of a second form.
pub async fn live_one(tx: &Reader, seen: &Seen, service: ResourceId) -> Result<Option<ReferralId>, DbError> {
    let sql = "/* referral::live_one unscoped: takes Seen */
        SELECT id FROM referral WHERE case_id = $1 AND service_id = $2
           AND status IN ('draft', 'sent', 'waitlisted', 'needs_info', 'accepted', 'started', 'outcome_reported')";
    Ok(tx.opt::<(ReferralId,)>(sql, args![seen.case(), service]).await?.map(|(id,)| id))
}

/// A new referral, as a draft with its first due time.
pub struct New<'a> {
    pub id: ReferralId,
    pub case: CaseId,
    pub service: ResourceId,
    pub organisation: OrganisationId,
    pub mode: Mode,
    pub request: &'a str,
    pub wish: &'a str,
    pub basis: &'a str,
    pub replaces: Option<ReferralId>,
    pub response_due: Option<Timestamp>,
}

pub async fn create(app: &App, tx: &mut Draft, by: &Actor, n: &New<'_>, now: Timestamp) -> Result<(), Error> {
    let fiscal_year = fiscal::fiscal_year(app.today());
    let number = account::counter(tx, "referral", fiscal_year).await?;
    let sql = "/* referral::create */
        INSERT INTO referral (id, fiscal_year, number, case_id, service_id, organisation_id, mode, status, request, wish, sender_id, basis,
               created_at, replaces, response_due)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 'draft', $8, $9, $10, $11, $12, $13, $14)";
    tx.exec(
        sql,
        args![
            n.id,
            fiscal_year,
            number,
            n.case,
            n.service,
            n.organisation,
            n.mode,
            n.request,
            n.wish,
            by.person,
            n.basis,
            now,
            n.replaces,
            n.response_due
        ],
    )
    .await?;
    event(app, tx, n.id, Some(by), &by.name, "create", Status::Draft, "", now).await?;
    if let Some(old) = n.replaces {
        // The refusal has been answered by this new referral.
        waiting::clear_all(tx, old.0).await?;
    }
    let due = app.calendar.due(now, Reply::OpenDays(1));
    follow::put(app, tx, n.id, n.case, by.person.into(), Status::Draft, "", due, now).await
}

#[expect(clippy::too_many_arguments, reason = "the columns of one event")]
pub async fn event(
    app: &App,
    tx: &mut Draft,
    id: ReferralId,
    by: Option<&Actor>,
    label: &str,
    step: &str,
    status: Status,
    note: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "/* referral::event */
        INSERT INTO referral_event (id, referral_id, at, by_id, by_label, move, status, note) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    tx.exec(sql, args![app.mint.uuid(now), id, now, by.and_then(Actor::person_or_none), label, step, status, note])
        .await?;
    Ok(())
}

/// Who moves a referral: a person, or the holder of a one-time link.
pub struct Mover<'a> {
    pub actor: Option<&'a Actor>,
    pub label: &'a str,
}

/// Does one move: state, due times, history, what waits, and the agency's access, in one transaction. False: it was moved first.
pub async fn advance(
    app: &App,
    tx: &mut Draft,
    r: &Referral,
    step: &Move,
    by: &Mover<'_>,
    now: Timestamp,
) -> Result<bool, Error> {
    let next = r.status.after(step).map_err(Error::refused)?;
    let plus = |days: i32| app.clock.today().checked_add(days.days()).map(|d| app.closing_time(d)).unwrap_or(now);
    let response_due = match step {
        Move::Send => r
            .response_due
            .filter(|due| *due > now)
            .or(Some(app.calendar.due(now, Reply::OpenDays(app.settings.response_days)))),
        Move::Supply { .. } => Some(app.calendar.due(now, Reply::OpenDays(app.settings.response_days))),
        Move::Waitlist { .. } => Some(plus(30)),
        Move::KeepWaiting { until, .. } => Some(app.closing_time(app.calendar.next_open(*until))),
        _ => r.response_due,
    };
    let start_due = match step {
        Move::Accept { start_on: Some(d), .. } | Move::Postpone { start_on: d, .. } => {
            Some(app.closing_time(app.calendar.next_open(*d)))
        }
        Move::Accept { start_on: None, .. } => Some(plus(app.settings.start_days)),
        _ => r.start_due,
    };
    let outcome_due =
        if matches!(step, Move::Start { .. }) { Some(plus(app.settings.outcome_days)) } else { r.outcome_due };
    let started_on = if let Move::Start { on } = step { Some(*on) } else { r.started_on };
    let outcome = if let Move::ReportOutcome { outcome } = step { Some(outcome.clone()) } else { r.outcome.clone() };
    let reason = if matches!(step, Move::Send | Move::Start { .. }) { "" } else { step.note() };
    let sql = "/* referral::advance */
        UPDATE referral SET status = $4, sent_at = COALESCE(sent_at, $5), response_due = $6, start_due = $7, outcome_due = $8, started_on = $9,
               outcome = $10, reason = $11, answered_at = COALESCE(answered_at, $12), reviewed_at = COALESCE(reviewed_at, $13), settled_at = COALESCE(settled_at, $14), version = version + 1
         WHERE id = $1 AND version = $2 AND case_id = $3";
    let sent_at = matches!(step, Move::Send).then_some(now);
    let answered_at =
        matches!(step, Move::Accept { .. } | Move::Decline { .. } | Move::Redirect { .. } | Move::Waitlist { .. })
            .then_some(now);
    let reviewed_at = matches!(step, Move::Review { .. }).then_some(now);
    let settled_at = matches!(step, Move::Settle { .. }).then_some(now);
    let args = args![
        r.id,
        r.version,
        r.case_id,
        next,
        sent_at,
        response_due,
        start_due,
        outcome_due,
        started_on,
        outcome,
        reason,
        answered_at,
        reviewed_at,
        settled_at
    ];
    if tx.exec(sql, args).await? == 0 {
        return Ok(false);
    }
    event(app, tx, r.id, by.actor, by.label, step.code(), next, step.note(), now).await?;
    follow::access(tx, r, step, next, now).await?;
    waiting::clear_all(tx, r.id.0).await?;
    if !matches!(step, Move::Settle { .. }) {
        let due = due_of(next, response_due, start_due, outcome_due);
        follow::wait(app, tx, r, next, due, now).await?;
    }
    if let (Status::Draft, Status::Recalled | Status::Mistaken, Some(old)) = (r.status, next, r.replaces) {
        give_back(app, tx, r.id, old, now).await?;
    }
    tx.announce("case", r.case_id);
    Ok(true)
}

/// A next referral that was thrown away before it was sent leaves the one before it to be decided again.
async fn give_back(app: &App, tx: &mut Draft, draft: ReferralId, old: ReferralId, now: Timestamp) -> Result<(), Error> {
    let sql = "/* referral::give_back */ UPDATE referral SET replaces = NULL WHERE id = $1";
    tx.exec(sql, args![draft]).await?;
    if let Some(old) = find(tx, old).await?.filter(|old| old.status.asks_for_decision() && old.settled_at.is_none()) {
        follow::wait(app, tx, &old, old.status, None, now).await?;
    }
    Ok(())
}
