//! SQL of referrals.

use super::{
    follow,
    kept::{Child, Kept, Listed, NOTE, OUTCOME, REASON, REQUEST, Referral, WISH, due_of},
    model::{Mode, Move, Status},
};
use crate::{
    account::{self, Actor},
    app::App,
    case,
    journal::Draft,
    policy::{self, Category, Role, Seen},
    sealing::{self},
    waiting,
    web::Error,
};
use jiff::ToSpan;
use platform::{
    Timestamp, args,
    db::{DbError, Reader},
    id::{CaseId, OrganisationId, ReferralId, ResourceId},
    japanese::{business::Reply, date, fiscal},
};

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
               r.status, r.request AS sealed_request, r.wish AS sealed_wish, r.sender_id, p.name AS sender,
               COALESCE((SELECT h.name FROM role_grant g JOIN seat t ON t.id = g.seat_id JOIN organisation h ON h.id = t.organisation_id
                          WHERE g.person_id = r.sender_id ORDER BY g.since DESC LIMIT 1), '') AS sender_place,
               COALESCE((SELECT h.phone FROM role_grant g JOIN seat t ON t.id = g.seat_id JOIN organisation h ON h.id = t.organisation_id
                          WHERE g.person_id = r.sender_id ORDER BY g.since DESC LIMIT 1), '') AS sender_phone, r.basis, r.created_at, r.sent_at, r.response_due, r.start_due,
               r.outcome_due, r.started_on, r.outcome AS sealed_outcome, r.reason AS sealed_reason, r.replaces, n.id AS replaced_by, r.settled_at, r.version
          FROM referral r JOIN organisation o ON o.id = r.organisation_id JOIN service s ON s.id = r.service_id JOIN person p ON p.id = r.sender_id
          LEFT JOIN referral n ON n.replaces = r.id
         WHERE r.id = $1";
    let Some(kept) = tx.opt::<Kept>(sql, args![id]).await? else { return Ok(None) };
    let key = sealing::key_of(tx, kept.case_id.0).await?;
    Referral::open(kept, key.as_ref()).map(Some)
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
               r.mode, r.status, p.name AS sender, r.created_at, r.response_due, r.start_due, r.outcome_due, r.reason AS sealed_reason,
               z.wrapped, m.id AS master_id, m.tenant, m.wrapped AS master
          FROM referral r JOIN child_case c ON c.id = r.case_id JOIN organisation o ON o.id = r.organisation_id
          JOIN service s ON s.id = r.service_id JOIN person p ON p.id = r.sender_id
          LEFT JOIN sealing_key z ON z.owner_id = r.case_id AND r.reason IS NOT NULL LEFT JOIN master_key m ON m.id = z.master_id
         WHERE r.case_id = $1 AND (r.status <> 'draft' OR $3) AND (CAST($4 AS UUID) IS NULL OR r.organisation_id = $4)
         ORDER BY r.created_at DESC, r.id DESC LIMIT $2";
    let own = seen.only_of(Category::Plan);
    let rows = tx.all(sql, args![seen.case(), limit, seen.allows::<policy::SendReferral>(), own]).await?;
    rows.into_iter().map(|row| Listed::open(tx, row)).collect()
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
               r.mode, r.status, p.name AS sender, r.created_at, r.response_due, r.start_due, r.outcome_due, r.reason AS sealed_reason,
               z.wrapped, m.id AS master_id, m.tenant, m.wrapped AS master
          FROM referral r JOIN child_case c ON c.id = r.case_id JOIN organisation o ON o.id = r.organisation_id
          JOIN service s ON s.id = r.service_id JOIN person p ON p.id = r.sender_id
          LEFT JOIN sealing_key z ON z.owner_id = r.case_id AND r.reason IS NOT NULL LEFT JOIN master_key m ON m.id = z.master_id
         WHERE EXISTS (SELECT 1 FROM account_subject b CROSS JOIN case_access a
                        WHERE b.person_id = $1 AND b.since <= $2 AND (b.until IS NULL OR b.until > $2) AND a.subject_id = b.subject_id
                              AND a.case_id = r.case_id AND a.since <= $2 AND (a.until IS NULL OR a.until > $2)
                          AND a.relation NOT IN ('offered', 'former', 'referrer', 'emergency', 'guardian')
                          AND (r.organisation_id = $3 OR a.relation IN ('lead', 'deputy', 'cover', 'area')
                            OR ((a.relation = 'municipality' OR (a.relation = 'team' AND EXISTS (
                                 SELECT 1 FROM team_member t WHERE t.case_id = r.case_id AND t.person_id = $1 AND t.organisation_id = $3 AND t.until IS NULL)))
                              AND (($7 AND a.relation = 'team') OR EXISTS (
                                 SELECT 1 FROM consent k JOIN consent_scope q ON q.consent_id = k.id AND q.organisation_id = $3 AND q.category = 'plan'
                                  WHERE k.case_id = r.case_id AND k.withdrawn_at IS NULL AND k.starts_on <= $8 AND k.ends_on >= $8))))
                          AND (r.status <> 'draft' OR a.relation IN ('lead', 'deputy', 'cover', 'area')))
           AND NOT EXISTS (SELECT 1 FROM case_exclusion x WHERE x.person_id = $1 AND x.case_id = r.case_id AND x.until IS NULL)
           AND ($4 = ''
             OR ($4 = 'live' AND r.status IN ('draft', 'sent', 'waitlisted', 'needs_info', 'accepted', 'started', 'outcome_reported'))
             OR ($4 = 'decide' AND r.status IN ('needs_info', 'declined', 'redirected', 'not_started', 'outcome_reported')
                 AND r.settled_at IS NULL AND NOT EXISTS (SELECT 1 FROM referral n WHERE n.replaces = r.id))
             OR ($4 = 'ended' AND r.status IN ('reviewed', 'declined', 'redirected', 'not_started', 'recalled', 'entered_in_error')))
         ORDER BY r.created_at DESC, r.id DESC LIMIT $5 OFFSET $6";
    // Where a seat is a coordinator's, being in the team is enough; for others the family must have agreed to plans.
    let (coordinates, today) = (actor.role == Role::Coordinator, date::jst_date(now));
    let args = args![actor.person, now, actor.organisation, f.state, f.limit, f.offset, coordinates, today];
    tx.all(sql, args).await?.into_iter().map(|row| Listed::open(tx, row)).collect()
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
    let key = case::key(tx, &app.mint, n.case, now).await?;
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
            key.seal(REQUEST, n.id.0, n.request),
            key.seal(WISH, n.id.0, n.wish),
            by.person,
            n.basis,
            now,
            n.replaces,
            n.response_due
        ],
    )
    .await?;
    event(app, tx, (n.id, n.case), Some(by), &by.name, "create", Status::Draft, "", now).await?;
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
    (id, case): (ReferralId, CaseId),
    by: Option<&Actor>,
    label: &str,
    step: &str,
    status: Status,
    note: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "/* referral::event */
        INSERT INTO referral_event (id, referral_id, at, by_id, by_label, move, status, note) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let row = app.mint.uuid(now);
    let note = if note.is_empty() { None } else { case::key(tx, &app.mint, case, now).await?.seal(NOTE, row, note) };
    tx.exec(sql, args![row, id, now, by.and_then(Actor::person_or_none), label, step, status, note]).await?;
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
    let key = case::key(tx, &app.mint, r.case_id, now).await?;
    let outcome = if let Move::ReportOutcome { outcome } = step { outcome } else { &r.outcome };
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
        key.seal(OUTCOME, r.id.0, outcome),
        key.seal(REASON, r.id.0, reason),
        answered_at,
        reviewed_at,
        settled_at
    ];
    if tx.exec(sql, args).await? == 0 {
        return Ok(false);
    }
    event(app, tx, (r.id, r.case_id), by.actor, by.label, step.code(), next, step.note(), now).await?;
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
