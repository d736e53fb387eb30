//! SQL of oppositions. What a consent names is sorted by `consent::settle`.

use super::model::Opposed;
use crate::{
    account::Actor,
    app::App,
    case,
    consent::{self, Category},
    journal::Draft,
    policy::Seen,
    referral,
    waiting::{self, Item, ObjectKind, WaitingKind},
    web::Result,
};
use platform::{
    Timestamp, Uuid, args,
    db::{DbError, Reader},
    id::OrganisationId,
    japanese::business::Reply,
};

/// Whether the same person opposes the same already.
pub async fn is_opposed(tx: &Reader, seen: &Seen, o: &Opposed) -> Result<bool, DbError> {
    let sql = "/* opposition::is_opposed unscoped: takes Seen */
        SELECT by_person, organisation_id, category FROM consent_opposition WHERE case_id = $1 AND ended_at IS NULL LIMIT 500";
    let live: Vec<(Option<Uuid>, Option<OrganisationId>, Option<Category>)> = tx.all(sql, args![seen.case()]).await?;
    Ok(live.contains(&(o.by, o.organisation, o.category)))
}

/// Records what somebody opposes; what it takes away from agencies ends in the same transaction.
pub async fn oppose(app: &App, tx: &mut Draft, seen: &Seen, o: &Opposed, by: &Actor, now: Timestamp) -> Result<Uuid> {
    let case = seen.case();
    let id = app.mint.uuid(now);
    let key = case::key(tx, &app.mint, case, now).await?;
    let sql = "/* opposition::oppose */
        INSERT INTO consent_opposition (id, case_id, by_person, organisation_id, category, reason, on_day, recorded_by, recorded_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let reason = key.seal(consent::REASON, id, &o.reason);
    tx.exec(sql, args![id, case, o.by, o.organisation, o.category, reason, o.on, by.person, now]).await?;
    consent::settle(tx, case).await?;
    for agency in consent::left(tx, case, app.today(), now).await? {
        referral::end_agency(app, tx, case, agency, "反対の申し出", now).await?;
    }
    consent::end_move_without_basis(tx, case, now, app.today()).await?;
    let lead = case::lead_of(tx, case).await?;
    if lead != by.person {
        let item = Item {
            kind: WaitingKind::ConsentOpposed,
            subject: lead.into(),
            object_kind: ObjectKind::Opposition,
            object: case.0,
            case: Some(case),
            waits_for: "",
            due: app.calendar.due(now, Reply::OpenDays(1)),
        };
        waiting::put(tx, &app.mint, now, item).await?;
    }
    Ok(id)
}

/// Ends an opposition. False: it had ended, or is not of this case.
pub async fn end(
    app: &App,
    tx: &mut Draft,
    seen: &Seen,
    id: Uuid,
    reason: &str,
    by: &Actor,
    now: Timestamp,
) -> Result<bool> {
    let key = case::key(tx, &app.mint, seen.case(), now).await?;
    let sql = "/* opposition::end */
        UPDATE consent_opposition SET ended_by = $3, ended_at = $4, end_reason = $5 WHERE id = $1 AND case_id = $2 AND ended_at IS NULL";
    let args = args![id, seen.case(), by.person, now, key.seal(consent::END_REASON, id, reason)];
    if tx.exec(sql, args).await? == 0 {
        return Ok(false);
    }
    consent::settle(tx, seen.case()).await?;
    Ok(true)
}
