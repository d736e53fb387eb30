//! What the database keeps of a referral, and how it is opened: what is asked and answered is sealed.

use super::model::{Mode, Status};
use crate::{
    area::Municipality,
    case,
    exchange::directory::Kind,
    sealing::{self, DataKey, Wrapped},
};
use platform::{
    Date, Timestamp, Uuid,
    db::{DbError, Json, Reader},
    id::{CaseId, OrganisationId, PersonId, ReferralId, ResourceId},
    row,
};

row! {
    /// A referral as the database keeps it.
    pub struct Kept {
        pub id: ReferralId, pub fiscal_year: i64, pub number: i64, pub case_id: CaseId, pub service_id: ResourceId, pub organisation_id: OrganisationId,
        pub organisation: String, pub phone: String, pub fax: String, pub kind: Kind, pub mode: Mode, pub status: Status, pub sealed_request: Option<Vec<u8>>,
        pub sealed_wish: Option<Vec<u8>>, pub sender_id: PersonId, pub sender: String, pub sender_place: String, pub sender_phone: String, pub basis: String, pub created_at: Timestamp, pub sent_at: Option<Timestamp>,
        pub response_due: Option<Timestamp>, pub start_due: Option<Timestamp>, pub outcome_due: Option<Timestamp>, pub started_on: Option<Date>,
        pub sealed_outcome: Option<Vec<u8>>, pub sealed_reason: Option<Vec<u8>>, pub replaces: Option<ReferralId>, pub replaced_by: Option<ReferralId>, pub settled_at: Option<Timestamp>, pub version: i64,
    }
    /// A row of a list as the database keeps it, with the key of its case where it has a reason.
    pub struct KeptListed {
        pub id: ReferralId, pub fiscal_year: i64, pub number: i64, pub case_id: CaseId, pub child_name: String, pub child_kana: String,
        pub birth_date: Option<Date>, pub municipality: Municipality, pub organisation: String, pub kind: Kind, pub mode: Mode, pub status: Status,
        pub sender: String, pub created_at: Timestamp, pub response_due: Option<Timestamp>, pub start_due: Option<Timestamp>,
        pub outcome_due: Option<Timestamp>, pub sealed_reason: Option<Vec<u8>>, pub wrapped: Option<Vec<u8>>, pub master_id: Option<Uuid>,
        pub tenant: Option<String>, pub master: Option<Vec<u8>>,
    }
    pub struct Child { pub child_name: String, pub child_kana: String, pub birth_date: Option<Date>, pub municipality: Municipality, pub care: Json, pub mobile: bool, pub lead_id: PersonId, pub deputy_id: PersonId, pub protected: bool }
}

/// A referral with what it asks for.
#[derive(Clone, Debug)]
pub struct Referral {
    kept: Kept,
    pub request: String,
    pub wish: String,
    pub reason: String,
    pub outcome: String,
}

/// A row of a list of referrals.
#[derive(Clone, Debug)]
pub struct Listed {
    kept: KeptListed,
    pub reason: String,
}

impl std::ops::Deref for Listed {
    type Target = KeptListed;
    fn deref(&self) -> &KeptListed {
        &self.kept
    }
}

impl Listed {
    pub fn open(tx: &Reader, kept: KeptListed) -> Result<Listed, DbError> {
        let wrapped = match (&kept.wrapped, kept.master_id, &kept.tenant, &kept.master) {
            (Some(wrapped), Some(master_id), Some(tenant), Some(master)) => {
                Some(Wrapped { wrapped: wrapped.clone(), master_id, tenant: tenant.clone(), master: master.clone() })
            }
            _ => None,
        };
        let key = wrapped.map(|w| sealing::unwrapped(tx, kept.case_id.0, &w)).transpose()?;
        let reason = sealing::text(key.as_ref(), REASON, kept.id.0, kept.sealed_reason.as_deref())?;
        Ok(Listed { kept, reason })
    }
}

impl std::ops::Deref for Referral {
    type Target = Kept;
    fn deref(&self) -> &Kept {
        &self.kept
    }
}

impl std::ops::DerefMut for Referral {
    fn deref_mut(&mut self) -> &mut Kept {
        &mut self.kept
    }
}

pub(super) const REQUEST: &str = "referral.request";
pub(super) const WISH: &str = "referral.wish";
pub(super) const REASON: &str = "referral.reason";
pub(super) const OUTCOME: &str = "referral.outcome";
pub(super) const NOTE: &str = "referral_event.note";

impl Referral {
    pub fn open(kept: Kept, key: Option<&DataKey>) -> Result<Referral, DbError> {
        let text = |column, sealed: &Option<Vec<u8>>| sealing::text(key, column, kept.id.0, sealed.as_deref());
        let (request, wish) = (text(REQUEST, &kept.sealed_request)?, text(WISH, &kept.sealed_wish)?);
        let (reason, outcome) = (text(REASON, &kept.sealed_reason)?, text(OUTCOME, &kept.sealed_outcome)?);
        Ok(Referral { kept, request, wish, reason, outcome })
    }

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

pub fn due_of(
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
