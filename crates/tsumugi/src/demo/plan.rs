//! What happens in the demo, as plain data in the order of time: written first, then done by [`super::play`].

use super::{families::Child, names::Names, people::Account, sites::Place, texts::Texts};
use crate::{
    account::Profession,
    area::{Field, PaidBy},
    case,
    consent::Method,
    consultation,
    referral::{self, Mode},
    timeline::EntryKind,
};
use platform::{
    Date, Timestamp,
    id::{OrganisationId, PersonId},
};

/// What every story is made from.
pub struct World<'a> {
    pub seed: u64,
    pub names: &'a Names,
    pub texts: &'a Texts,
    pub places: &'a [Place],
    /// Organisations of the municipalities, in their order.
    pub halls: [OrganisationId; 5],
    pub supporter: Known,
    pub coordinators: Vec<Known>,
    /// Few events in each case, for measuring with many cases.
    pub lean: bool,
}

/// Somebody with an account, as far as a team names them.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    pub person: PersonId,
    pub name: &'static str,
    pub organisation: OrganisationId,
}

impl From<&Account> for Known {
    fn from(a: &Account) -> Known {
        Known { person: a.person, name: a.name, organisation: a.organisation }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Lead,
    Deputy,
    Supporter,
}

#[derive(Clone, Debug)]
pub struct Consent {
    pub recipients: Vec<OrganisationId>,
    pub method: Method,
    pub ends: Option<Date>,
    /// The city's seats see the case from now on.
    pub city: bool,
}

#[derive(Clone, Debug)]
pub struct Join {
    pub person: Option<PersonId>,
    pub organisation: OrganisationId,
    pub label: String,
    pub profession: Profession,
    pub field: Field,
    pub function: &'static str,
}

#[derive(Clone, Debug)]
pub struct Refer {
    pub slot: usize,
    pub place: usize,
    pub mode: Mode,
    pub request: &'static str,
    pub wish: &'static str,
    pub replaces: Option<usize>,
    pub due: Option<Date>,
}

#[derive(Clone, Debug)]
pub struct Entry {
    pub who: Who,
    pub kind: EntryKind,
    pub title: &'static str,
    pub body: String,
    pub minutes: i64,
    pub paid_by: PaidBy,
}

#[derive(Clone, Debug)]
pub enum Act {
    /// Takes the consultation with this number among the requests.
    Take(usize),
    Advise(usize),
    Screen(usize, consultation::Move),
    /// Offers a consultation to a coordinator.
    Offer(usize, usize, &'static str),
    /// Opens the case, from a consultation where there was one.
    Open(Option<usize>),
    Consent(Consent),
    /// The newest oral consent was followed by paper.
    Paper,
    Join(Join),
    Leave(&'static str),
    Move(case::Move),
    /// The child's present residence and municipality are entered.
    Edit,
    Entry(Entry),
    Refer(Refer),
    Send(usize),
    /// A move of the referral in a slot, by the agency or by the sender.
    Step {
        slot: usize,
        by_agency: bool,
        step: referral::Move,
    },
}

#[derive(Clone, Debug)]
pub struct Event {
    pub at: Timestamp,
    /// The case, where it is about one.
    pub case: Option<usize>,
    pub act: Act,
}

/// A consultation of the demo: who takes it, and what is said.
#[derive(Clone, Debug)]
pub struct Request {
    pub taker: usize,
    pub new: consultation::New,
    pub advice: String,
}

/// A child with lead and deputy, as positions among the coordinators.
pub struct Case {
    pub child: Child,
    pub lead: usize,
    pub deputy: usize,
}
