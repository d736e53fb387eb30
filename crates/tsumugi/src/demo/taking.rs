//! The part of the play that is about 相談.

use super::{
    plan::Act,
    play::{Play, by_role, lost},
};
use crate::{
    app::App,
    consultation::{self, Outcome},
    journal::Draft,
    policy,
    web::Error,
};
use platform::{
    Timestamp,
    id::{CaseId, ConsultationId, HandoverId},
    serde_json::Value,
};

impl Play<'_> {
    pub(super) async fn about_request(
        &mut self,
        app: &App,
        tx: &mut Draft,
        act: Act,
        now: Timestamp,
    ) -> Result<(), Error> {
        match act {
            Act::Take(number) => {
                let (request, id): (_, ConsultationId) = (&self.requests[number], app.mint.id(now));
                let taker = &self.coordinators[request.taker];
                consultation::take(app, tx, id, taker, &request.new, now).await?;
                self.taken[number] = Some(id);
                by_role::<policy::TakeConsultation>(app, tx, taker, ("consultation", id.0), None).await
            }
            Act::Advise(number) => {
                let (request, id) = (&self.requests[number], self.request(number)?);
                let taker = &self.coordinators[request.taker];
                let found = consultation::find(tx, taker, id, now).await?;
                consultation::advise(app, tx, &found, taker, &request.advice, 15, now).await?;
                by_role::<policy::ScreenConsultation>(app, tx, taker, ("consultation", id.0), None).await
            }
            Act::Screen(number, step) => self.screened(app, tx, number, &step, None, now).await,
            Act::Offer(number, to, note) => {
                let (taker, id) = (&self.coordinators[self.requests[number].taker], self.request(number)?);
                let offer: HandoverId = app.mint.id(now);
                consultation::offer(app, tx, offer, id, taker.person, self.coordinators[to].person, note, now).await?;
                by_role::<policy::HandOver>(app, tx, taker, ("consultation", id.0), None).await
            }
            _ => Err(lost("a case")),
        }
    }

    fn request(&self, number: usize) -> Result<ConsultationId, Error> {
        self.taken[number].ok_or_else(|| lost("a consultation"))
    }

    pub(super) async fn screened(
        &self,
        app: &App,
        tx: &mut Draft,
        number: usize,
        step: &consultation::Move,
        case: Option<CaseId>,
        now: Timestamp,
    ) -> Result<(), Error> {
        use consultation::Move as M;
        let (taker, id) = (&self.coordinators[self.requests[number].taker], self.request(number)?);
        let c = consultation::find(tx, taker, id, now).await?;
        let next = c.status.after(step).map_err(Error::refused)?;
        let (reason, review_on, duplicate_of) = match step {
            M::WaitForInformation { reason, review_on } => (Some(reason.as_str()), Some(*review_on), None),
            M::Advise { reason }
            | M::Link { reason }
            | M::HandOverOutside { reason }
            | M::Withdraw { reason }
            | M::Reopen { reason } => (Some(reason.as_str()), None, None),
            // The plan knows no ids: the first consultation of all stands for the earlier one.
            M::Duplicate { .. } => {
                (Some("重複"), None, self.taken.iter().flatten().copied().find(|first| *first != id))
            }
            M::OpenCase => (Some("ケースを開いた"), None, None),
            M::Begin => (None, None, None),
        };
        let needs = c.needs.clone().map_or(Value::Null, |n| n.0);
        let outcome = Outcome {
            next,
            urgency: c.urgency,
            municipality: c.municipality,
            consent_state: c.consent_state,
            needs,
            reason,
            review_on,
            duplicate_of,
            case,
        };
        if !consultation::screened(app, tx, &c, c.version, taker, &outcome, now).await? {
            return Err(lost("the version of a consultation"));
        }
        by_role::<policy::ScreenConsultation>(app, tx, taker, ("consultation", id.0), None).await
    }
}
