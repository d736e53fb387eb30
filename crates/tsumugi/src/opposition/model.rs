//! What somebody opposes, as typed. Pure.

use crate::{
    case::{Custody, Person},
    consent::{Category, Scope},
};
use platform::{
    Date, Uuid,
    form::{Errors, Fields, Parse},
    id::OrganisationId,
    japanese::age,
};

/// The value of the field for the child itself, who is in no list of the family.
pub const CHILD: &str = "child";

#[derive(Clone, Debug)]
pub struct Opposed {
    /// None: the child.
    pub by: Option<Uuid>,
    /// None: every agency.
    pub organisation: Option<OrganisationId>,
    /// None: every kind of information.
    pub category: Option<Category>,
    pub on: Date,
    pub reason: String,
}

impl Opposed {
    /// `by`: who opposes, where the form does not ask for it.
    pub fn parse(fields: &Fields, by: Option<Uuid>, today: Date) -> Result<Opposed, Errors> {
        let mut p = Parse::new(fields);
        let by = match by {
            Some(person) => Some(person),
            None if fields.get("by") == CHILD => None,
            None => Some(p.id("by", "申し出た人")),
        };
        let on = p.optional_date("on_day", "申し出の日").unwrap_or(today);
        if on > today {
            p.fail("on_day", "申し出の日が今日より後の日付です。");
        }
        let all = |name: &str| fields.get(name) == "all";
        let organisation = if all("agency") { None } else { Some(p.id("agency", "伝えてほしくない相手")) };
        let category = if all("what") { None } else { Some(p.choice("what", "伝えてほしくないこと")) };
        let reason = p.paragraph("reason", "申し出の内容", 500);
        p.finish(Opposed { by, organisation, category, on, reason })
    }
}

/// Whether this member of the family can oppose: a guardian who has custody, even a limited one, of a child under eighteen.
pub fn may_oppose(person: &Person, birth: Option<Date>, today: Date) -> bool {
    let adult = birth.is_some_and(|b| age::turns(b, 18) <= today);
    person.guardian && person.custody != Custody::None && !adult
}

/// The agencies that are named, each once, for a choice.
pub fn agencies_of<'a>(scopes: impl Iterator<Item = &'a Scope>) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for s in scopes {
        if !all.iter().any(|(id, _)| *id == s.organisation_id.to_string()) {
            all.push((s.organisation_id.to_string(), s.organisation.clone()));
        }
    }
    all
}
