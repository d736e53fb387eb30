//! When a consent ends, everything that it carried for an agency ends in the same transaction: team, access, links, live referrals.

use super::{
    model::{Move, Status},
    store::{self, Mover},
};
use crate::{
    account::Actor,
    app::App,
    case, consent,
    journal::{Draft, Object},
    policy::{self, WithdrawConsent},
    waiting::{self, Item, ObjectKind, WaitingKind},
    web::{Error, Form, Key, Result, see_other},
};
use axum::extract::State;
use platform::{
    Timestamp, args,
    form::Parse,
    id::{CaseId, ConsentId, OrganisationId, ReferralId},
    japanese::business::Reply,
};

/// Ends an agency's part in a case; how many requests were taken back with it.
pub async fn end_agency(
    app: &App,
    tx: &mut Draft,
    case: CaseId,
    agency: OrganisationId,
    why: &str,
    now: Timestamp,
) -> Result<usize> {
    consent::end_for(tx, case, agency, why, now, app.today()).await?;
    let sql = "/* referral::end_agency unscoped: the basis of this agency has ended */
        SELECT id FROM referral WHERE case_id = $1 AND organisation_id = $2
           AND status IN ('sent', 'waitlisted', 'needs_info', 'accepted', 'started', 'outcome_reported') ORDER BY id";
    let live: Vec<(ReferralId,)> = tx.all(sql, args![case, agency]).await?;
    let mut recalled = 0;
    for (id,) in live {
        let revoke = "/* referral::end_agency */
            UPDATE referral_link SET revoked_at = $2 WHERE referral_id = $1 AND revoked_at IS NULL AND used_at IS NULL";
        tx.exec(revoke, args![id, now]).await?;
        let Some(r) = store::find(tx, id).await? else { continue };
        // A service that runs goes on between family and agency; what ends is that we tell the agency anything more.
        if r.status == Status::Started || r.status == Status::OutcomeReported {
            // The agency cannot open it any more; the lead goes on waiting for the outcome and hears it by telephone.
            waiting::clear(tx, id.0, WaitingKind::ReferralAnswer).await?;
            continue;
        }
        let step = Move::Recall { reason: why.to_owned() };
        store::advance(app, tx, &r, &step, &Mover { actor: None, label: why }, now).await?;
        recalled += 1;
    }
    Ok(recalled)
}

pub async fn withdraw(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<WithdrawConsent>(&actor, &seen)?;
    policy::proved(&app, &actor, now)?;
    case::hold(&mut tx, id).await?;
    let mut p = Parse::new(&fields);
    let consent: ConsentId = p.id("consent", "同意");
    let reason = p.paragraph("reason", "取りやめの申し出の内容", 500);
    let (consent, reason) = match p.finish((consent, reason)) {
        Ok(v) => v,
        Err(errors) => return consent::retry(&app, &tx, &actor, &seen, &fields, &errors).await,
    };
    let left = consent::withdraw(&mut tx, &app.mint, &seen, consent, &reason, now, app.today()).await?;
    let left = left.ok_or_else(|| Error::refused("この同意は、すでに取りやめになっています。"))?;
    for agency in left {
        end_agency(&app, &mut tx, id, agency, "同意の取りやめ", now).await?;
    }
    consent::end_move_without_basis(&mut tx, id, now, app.today()).await?;
    waiting::clear(&mut tx, consent.0, WaitingKind::ConsentFollowup).await?;
    tx.commit(&permit, &app.mint, now, Object::new("consent", consent.0), None, "withdrawn").await?;
    Ok(see_other(&format!("/cases/{id}/consents")))
}

/// Ends what rests on a consent that ran out; the number of ended agencies is returned. Safe to run at any time.
pub async fn end_run_out(app: &App) -> Result<usize> {
    let now = app.now();
    let gone = consent::run_out(&app.store.read().await?, now).await?;
    let mut count = 0;
    for (case, agency) in gone {
        // One that fails is tried again in a minute and does not hold up the others.
        match end_one(app, case, agency, now).await {
            Ok(()) => count += 1,
            Err(e) => tracing::error!("a consent that ran out was not ended: {e:?}"),
        }
    }
    Ok(count)
}

async fn end_one(app: &App, case: CaseId, agency: OrganisationId, now: Timestamp) -> Result<()> {
    let mut tx = app.store.begin().await?;
    case::hold(&mut tx, case).await?;
    // A consent that was recorded a moment ago keeps everything.
    if !consent::has_run_out(&tx, case, agency, now).await? {
        return Ok(());
    }
    end_agency(app, &mut tx, case, agency, "同意の期限切れ", now).await?;
    consent::end_move_without_basis(&mut tx, case, now, app.today()).await?;
    // Whether a request, a place in the team or only the sight of the case ended: the lead decides what becomes of it.
    let item = Item {
        kind: WaitingKind::ConsentEnded,
        subject: case::lead_of(&tx, case).await?.into(),
        object_kind: ObjectKind::Consent,
        object: case.0,
        case: Some(case),
        waits_for: "",
        due: app.calendar.due(now, Reply::OpenDays(1)),
    };
    waiting::put(&mut tx, &app.mint, now, item).await?;
    let object = Object::new("organisation", agency.0);
    tx.commit(&policy::by_clock(), &app.mint, now, object, Some(case), "consent_run_out").await
}
