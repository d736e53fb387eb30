//! The part of the play that is about つなぎ.

use super::{
    plan::{Refer, Who},
    play::{Play, entry, lost},
};
use crate::{
    account::Actor,
    app::App,
    consent,
    journal::Draft,
    policy::{self, CaseAct, Seen},
    referral::{self, Mode, Mover},
    web::Error,
};
use platform::{Timestamp, args, id::ReferralId};

impl Play<'_> {
    pub(super) async fn refer(
        &mut self,
        app: &App,
        tx: &mut Draft,
        case: usize,
        seen: &Seen,
        r: &Refer,
        now: Timestamp,
    ) -> Result<(), Error> {
        let id: ReferralId = app.mint.id(now);
        let place = &self.world.places[r.place];
        let basis = consent::basis_for(tx, seen, place.organisation, now, app.today()).await?;
        let replaces = r.replaces.map(|slot| self.referral(case, slot)).transpose()?;
        let new = referral::New {
            id,
            case: seen.case(),
            service: place.service,
            organisation: place.organisation,
            mode: r.mode,
            request: r.request,
            wish: r.wish,
            basis: basis.as_ref().map_or("", |b| b.0.as_str()),
            replaces,
            response_due: r.due.map(|d| app.closing_time(d)),
        };
        referral::create(app, tx, self.who(case, Who::Lead), &new, now).await?;
        // Slots are numbered by place, not by time.
        let referrals = &mut self.lives[case].referrals;
        referrals.resize(referrals.len().max(r.slot + 1), None);
        referrals[r.slot] = Some(id);
        self.journal::<policy::SendReferral>(app, tx, case, Who::Lead, ("referral", id.0), "draft").await
    }

    fn referral(&self, case: usize, slot: usize) -> Result<ReferralId, Error> {
        self.lives[case].referrals.get(slot).copied().flatten().ok_or_else(|| lost("a referral"))
    }

    pub(super) async fn send(
        &mut self,
        app: &App,
        tx: &mut Draft,
        case: usize,
        seen: &Seen,
        slot: usize,
        now: Timestamp,
    ) -> Result<(), Error> {
        let r = referral::find(tx, self.referral(case, slot)?).await?.ok_or_else(|| lost("a referral"))?;
        if consent::basis_for(tx, seen, r.organisation_id, now, app.today()).await?.is_none() {
            return Err(lost("the consent for a referral"));
        }
        let lead = self.who(case, Who::Lead);
        referral::advance(app, tx, &r, &referral::Move::Send, &Mover { actor: Some(lead), label: &lead.name }, now)
            .await?;
        if r.mode == Mode::Link {
            // Nobody was told its code, so that nobody can open it.
            referral::make_link(app, tx, r.id, now).await?;
        }
        self.journal::<policy::SendReferral>(app, tx, case, Who::Lead, ("referral", r.id.0), "").await
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one event")]
    pub(super) async fn step(
        &mut self,
        app: &App,
        tx: &mut Draft,
        case: usize,
        slot: usize,
        by_agency: bool,
        step: &referral::Move,
        now: Timestamp,
    ) -> Result<(), Error> {
        let r = referral::find(tx, self.referral(case, slot)?).await?.ok_or_else(|| lost("a referral"))?;
        let lead = self.who(case, Who::Lead);
        let nobody = Actor::nobody();
        let mut linked = false;
        if by_agency && r.mode == Mode::Link {
            let sql = "/* demo::step */
                UPDATE referral_link SET opened_at = COALESCE(opened_at, $2), used_at = $2 WHERE referral_id = $1 AND used_at IS NULL AND revoked_at IS NULL";
            linked = tx.exec(sql, args![r.id, now]).await? == 1;
        }
        // A link answers once; what the agency says later comes by telephone.
        let (actor, label, act, basis) = match (by_agency, r.mode) {
            (false, _) => (lead, lead.name.clone(), policy::ReviewReferral::CODE, "lead"),
            (true, Mode::Live) => (
                &self.supporter,
                format!("{} {}", r.organisation, self.supporter.name),
                policy::AnswerReferral::CODE,
                "asked",
            ),
            (true, _) if linked => {
                (&nobody, format!("{}（リンクで回答）", r.organisation), "referral.answer_by_link", "link")
            }
            (true, _) => {
                (lead, format!("{}（電話）を{}が記録", r.organisation, lead.name), policy::LogAnswer::CODE, "lead")
            }
        };
        let by = actor.person_or_none().map(|_| actor);
        if !referral::advance(app, tx, &r, step, &Mover { actor: by, label: &label }, now).await? {
            return Err(lost("the version of a referral"));
        }
        entry(app, tx, actor, (act, basis), ("referral", r.id.0), Some(r.case_id), step.code()).await
    }
}
