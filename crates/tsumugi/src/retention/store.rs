//! SQL of holds and decisions.

use crate::{
    account::Actor,
    app::App,
    case,
    journal::Draft,
    policy::Seen,
    sealing,
    waiting::{self, Item, ObjectKind, WaitingKind},
};
use jiff::ToSpan;
use platform::{
    Date, Timestamp, Uuid, args,
    db::{DbError, Reader},
    id::{CaseId, SubjectId},
    row,
};

/// Days between the decision and the erasure, in which it can be taken back.
pub const GRACE_DAYS: i64 = 30;

row! {
    /// A closed case as the officer sees it: its number and days, nothing about the child.
    pub struct Due {
        pub id: CaseId, pub fiscal_year: i64, pub number: i64, pub closed_on: Date, pub lead: String, pub held_until: Option<Date>,
        pub erase_at: Option<Timestamp>, pub decided_by: Option<String>,
    }
    pub struct Gone { pub fiscal_year: i64, pub number: i64, pub closed_on: Date, pub decided_by: String, pub done_at: Timestamp }
    pub struct KeptHold { pub id: Uuid, pub reason: Vec<u8>, pub until_on: Date, pub by: String, pub set_at: Timestamp, pub ended_by: Option<String>, pub ended_at: Option<Timestamp> }
}

/// Somebody's reason to keep a case longer.
pub struct Hold {
    kept: KeptHold,
    pub reason: String,
}

impl std::ops::Deref for Hold {
    type Target = KeptHold;
    fn deref(&self) -> &KeptHold {
        &self.kept
    }
}

const REASON: &str = "legal_hold.reason";

/// The last day of closing for which the time of keeping is over today.
pub fn closed_before(app: &App) -> Date {
    app.today().checked_sub(app.settings.retention_years.years()).unwrap_or(Date::MIN)
}

/// The end of the last day of closing for which the time is over: what happened to the case after it does not count as over.
fn quiet_since(app: &App, until: Date) -> Timestamp {
    app.closing_time(until.checked_add(1.day()).unwrap_or(until))
}

/// Cases of the officer's municipality whose time is over, those that were closed first first. The day of closing was typed; a
/// case whose last step was recorded later than that is not over, whatever its day says.
pub async fn over(app: &App, tx: &Reader, actor: &Actor, limit: i64, offset: i64) -> Result<Vec<Due>, DbError> {
    let sql = "/* retention::over unscoped: an officer decides about cases of the own municipality and is shown no child */
        SELECT c.id, c.fiscal_year, c.number, c.closed_on, l.name AS lead, h.until_on AS held_until, e.due_at AS erase_at, d.name AS decided_by
          FROM child_case c JOIN person l ON l.id = c.lead_id
          LEFT JOIN legal_hold h ON h.case_id = c.id AND h.ended_at IS NULL
          LEFT JOIN erasure e ON e.case_id = c.id AND e.cancelled_at IS NULL AND e.closed_on = c.closed_on AND e.municipality = c.municipality
          LEFT JOIN person d ON d.id = e.decided_by
         WHERE c.municipality = $1 AND c.closed_on IS NOT NULL AND c.closed_on <= $2
           AND NOT EXISTS (SELECT 1 FROM case_step s WHERE s.case_id = c.id AND s.at > $5)
         ORDER BY c.closed_on, c.id LIMIT $3 OFFSET $4";
    let until = closed_before(app);
    let municipality = actor.municipality.clone().unwrap_or_default();
    tx.all(sql, args![municipality, until, limit, offset, quiet_since(app, until)]).await
}

/// What was erased, the newest first.
pub async fn gone(tx: &Reader, actor: &Actor, limit: i64) -> Result<Vec<Gone>, DbError> {
    let sql = "/* retention::gone */
        SELECT e.fiscal_year, e.number, e.closed_on, p.name AS decided_by, e.done_at FROM erasure e JOIN person p ON p.id = e.decided_by
         WHERE e.municipality = $1 AND e.done_at IS NOT NULL ORDER BY e.decided_at DESC, e.id DESC LIMIT $2";
    tx.all(sql, args![actor.municipality.clone().unwrap_or_default(), limit]).await
}

/// Decides that a case is erased. False: it is not over, not the officer's, held, or decided already.
pub async fn decide(app: &App, tx: &mut Draft, actor: &Actor, case: CaseId, now: Timestamp) -> Result<bool, DbError> {
    case::hold(tx, case).await?;
    lapse(tx, case, now).await?;
    let until = closed_before(app);
    let due = now + jiff::SignedDuration::from_hours(24 * GRACE_DAYS);
    let sql =
        "/* retention::decide unscoped: an officer decides about cases of the own municipality and is shown no child */
        INSERT INTO erasure (id, case_id, municipality, fiscal_year, number, closed_on, decided_by, decided_at, due_at)
        SELECT $1, c.id, c.municipality, c.fiscal_year, c.number, c.closed_on, $2, $3, $4 FROM child_case c
         WHERE c.id = $5 AND c.municipality = $6 AND c.closed_on <= $7 AND c.status = 'closed'
           AND NOT EXISTS (SELECT 1 FROM case_step s WHERE s.case_id = c.id AND s.at > $8)
           AND NOT EXISTS (SELECT 1 FROM legal_hold h WHERE h.case_id = c.id AND h.ended_at IS NULL)
           AND NOT EXISTS (SELECT 1 FROM erasure e WHERE e.case_id = c.id AND e.cancelled_at IS NULL)";
    let municipality = actor.municipality.clone().unwrap_or_default();
    let quiet = quiet_since(app, until);
    let args = args![app.mint.uuid(now), actor.person, now, due, case, municipality, until, quiet];
    if tx.exec(sql, args).await? == 0 {
        return Ok(false);
    }
    // Who carries the cases of the municipality is told, and may hold it.
    let sql = "/* retention::decide unscoped: the decision stands; its case's keepers are told */
        SELECT DISTINCT subject_id FROM case_access WHERE case_id = $1 AND relation IN ('lead', 'deputy', 'area') AND (until IS NULL OR until > $2)";
    for (subject,) in tx.all::<(SubjectId,)>(sql, args![case, now]).await? {
        let item = Item {
            kind: WaitingKind::ErasureNear,
            subject,
            object_kind: ObjectKind::Retention,
            object: case.0,
            case: Some(case),
            waits_for: "",
            due,
        };
        waiting::put(tx, &app.mint, now, item).await?;
    }
    Ok(true)
}

/// Takes back a decision about a case that was reopened, closed again or moved since: it was about another closing.
pub async fn lapse(tx: &mut Draft, case: CaseId, now: Timestamp) -> Result<(), DbError> {
    let sql = "/* retention::lapse unscoped: the clock and the officer; only the decision is changed */
        UPDATE erasure SET cancelled_at = $2 WHERE case_id = $1 AND cancelled_at IS NULL AND done_at IS NULL
           AND NOT EXISTS (SELECT 1 FROM child_case c WHERE c.id = $1 AND c.status = 'closed' AND c.closed_on = erasure.closed_on
                              AND c.municipality = erasure.municipality)";
    if tx.exec(sql, args![case, now]).await? > 0 {
        waiting::clear(tx, case.0, WaitingKind::ErasureNear).await?;
    }
    Ok(())
}

/// Takes a decision back. False: there is none, or it was carried out.
pub async fn cancel(tx: &mut Draft, actor: &Actor, case: CaseId, now: Timestamp) -> Result<bool, DbError> {
    case::hold(tx, case).await?;
    let sql = "/* retention::cancel */
        UPDATE erasure SET cancelled_by = $3, cancelled_at = $4 WHERE case_id = $1 AND municipality = $2 AND cancelled_at IS NULL AND done_at IS NULL";
    let municipality = actor.municipality.clone().unwrap_or_default();
    let changed = tx.exec(sql, args![case, municipality, actor.person, now]).await?;
    waiting::clear(tx, case.0, WaitingKind::ErasureNear).await?;
    Ok(changed > 0)
}

/// When a case will be erased, where that was decided.
pub async fn planned(tx: &Reader, seen: &Seen) -> Result<Option<Timestamp>, DbError> {
    let sql = "/* retention::planned unscoped: takes Seen */
        SELECT e.due_at FROM erasure e JOIN child_case c ON c.id = e.case_id AND c.status = 'closed' AND c.closed_on = e.closed_on AND c.municipality = e.municipality
         WHERE e.case_id = $1 AND e.cancelled_at IS NULL AND e.done_at IS NULL";
    Ok(tx.opt::<(Timestamp,)>(sql, args![seen.case()]).await?.map(|(at,)| at))
}

/// Every hold of a case, the newest first.
pub async fn holds(tx: &Reader, seen: &Seen) -> Result<Vec<Hold>, DbError> {
    let sql = "/* retention::holds unscoped: takes Seen */
        SELECT h.id, h.reason, h.until_on, p.name AS by, h.set_at, e.name AS ended_by, h.ended_at
          FROM legal_hold h JOIN person p ON p.id = h.set_by LEFT JOIN person e ON e.id = h.ended_by
         WHERE h.case_id = $1 ORDER BY h.set_at DESC, h.id DESC LIMIT 20";
    let (rows, key) = tokio::join!(tx.all::<KeptHold>(sql, args![seen.case()]), sealing::key_of(tx, seen.case().0));
    let key = key?;
    let open = |kept: KeptHold| {
        let reason = sealing::text(key.as_ref(), REASON, kept.id, Some(&kept.reason))?;
        Ok(Hold { kept, reason })
    };
    rows?.into_iter().map(open).collect()
}

/// Holds a case, and takes back a decision to erase it. False: it is held already.
pub async fn hold(
    app: &App,
    tx: &mut Draft,
    seen: &Seen,
    actor: &Actor,
    (reason, until): (&str, Date),
    now: Timestamp,
) -> Result<bool, DbError> {
    case::hold(tx, seen.case()).await?;
    let key = case::key(tx, &app.mint, seen.case(), now).await?;
    let id = app.mint.uuid(now);
    let sql = "/* retention::hold */
        INSERT INTO legal_hold (id, case_id, reason, until_on, set_by, set_at) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (case_id) WHERE ended_at IS NULL DO NOTHING";
    let args = args![id, seen.case(), key.seal(REASON, id, reason), until, actor.person, now];
    if tx.exec(sql, args).await? == 0 {
        return Ok(false);
    }
    let sql = "/* retention::hold */
        UPDATE erasure SET cancelled_by = $2, cancelled_at = $3 WHERE case_id = $1 AND cancelled_at IS NULL AND done_at IS NULL";
    tx.exec(sql, args![seen.case(), actor.person, now]).await?;
    waiting::clear(tx, seen.case().0, WaitingKind::ErasureNear).await?;
    let item = Item {
        kind: WaitingKind::HoldEnding,
        subject: actor.person.into(),
        object_kind: ObjectKind::Retention,
        object: seen.case().0,
        case: Some(seen.case()),
        waits_for: "",
        due: app.closing_time(until),
    };
    waiting::put(tx, &app.mint, now, item).await?;
    Ok(true)
}

/// Ends the hold of a case. False: there is none.
pub async fn release(tx: &mut Draft, seen: &Seen, actor: &Actor, now: Timestamp) -> Result<bool, DbError> {
    case::hold(tx, seen.case()).await?;
    waiting::clear(tx, seen.case().0, WaitingKind::HoldEnding).await?;
    let sql = "/* retention::release */ UPDATE legal_hold SET ended_by = $2, ended_at = $3 WHERE case_id = $1 AND ended_at IS NULL";
    Ok(tx.exec(sql, args![seen.case(), actor.person, now]).await? > 0)
}
