//! The rules of access, written a second time in another language (Cedar), so that the product can be asked whether it agrees.
//!
//! Nothing of the product uses this crate. It knows nothing of the product either: the tests tell it what a person, a case and
//! the reasons to see it are, as plain words and numbers.

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, PolicySet, Request,
    RestrictedExpression as Value,
};
use std::{collections::HashMap, collections::HashSet, error::Error, str::FromStr as _};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// The parts of a case, as actions under one group.
pub const PARTS: [&str; 5] = ["see identity", "see care", "see family", "see plan", "see documents"];

/// A subject that somebody has while they sit on a seat. Times are seconds, days are days; both only have to be compared.
pub struct Principal {
    pub person: String,
    pub subject: String,
    pub since: i64,
    pub until: Option<i64>,
    pub role: String,
    pub profession: String,
    pub organisation: String,
}

/// To whom a case does not exist, and who is in its team for which agency.
pub struct Case {
    pub excluded: Vec<String>,
    /// Person and organisation of each live membership.
    pub team: Vec<(String, String)>,
}

/// One reason for which a subject sees a case (its number).
pub struct Reason {
    pub case: usize,
    pub subject: String,
    pub relation: String,
    pub since: i64,
    pub until: Option<i64>,
}

/// A consent, or what was told in an emergency.
pub enum Paper {
    Consent { organisation: String, categories: Vec<String>, first: i64, last: i64, withdrawn: bool },
    Told { organisation: String, at: i64 },
}

pub struct Oracle {
    authorizer: Authorizer,
    rules: PolicySet,
    entities: Entities,
    actions: HashMap<String, EntityUid>,
}

fn uid(kind: &str, id: &str) -> Outcome<EntityUid> {
    Ok(EntityUid::from_type_name_and_id(EntityTypeName::from_str(kind)?, EntityId::new(id)))
}

fn text(s: &str) -> Value {
    Value::new_string(s.to_owned())
}

fn set<'a>(of: impl IntoIterator<Item = &'a String>) -> Value {
    Value::new_set(of.into_iter().map(|s| text(s)))
}

fn attributes(pairs: Vec<(&str, Option<Value>)>) -> HashMap<String, Value> {
    pairs.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

fn place(person: &str, organisation: &str) -> String {
    format!("{person} at {organisation}")
}

impl Oracle {
    /// Everything that there is to ask about; asked for by its place in these lists.
    pub fn new(
        acts: &[&str],
        principals: &[Principal],
        cases: &[Case],
        reasons: &[Reason],
        papers: &[Paper],
    ) -> Outcome<Oracle> {
        let mut entities = Vec::new();
        let part = uid("Action", "see part")?;
        let mut actions = HashMap::new();
        entities.push(Entity::new_no_attrs(part.clone(), HashSet::new()));
        for act in PARTS.iter().chain(acts).chain(&["see"]) {
            let parents = if PARTS.contains(act) { HashSet::from([part.clone()]) } else { HashSet::new() };
            let action = uid("Action", act)?;
            entities.push(Entity::new_no_attrs(action.clone(), parents));
            actions.insert((*act).to_owned(), action);
        }
        for (n, p) in principals.iter().enumerate() {
            let all = attributes(vec![
                ("person", Some(text(&p.person))),
                ("subject", Some(text(&p.subject))),
                ("since", Some(Value::new_long(p.since))),
                ("until", p.until.map(Value::new_long)),
                ("role", Some(text(&p.role))),
                ("profession", Some(text(&p.profession))),
                ("organisation", Some(text(&p.organisation))),
                ("place", Some(text(&place(&p.person, &p.organisation)))),
            ]);
            entities.push(Entity::new(uid("Subject", &n.to_string())?, all, HashSet::new())?);
        }
        for (n, c) in cases.iter().enumerate() {
            let team: Vec<String> = c.team.iter().map(|(person, organisation)| place(person, organisation)).collect();
            let all = attributes(vec![("excluded", Some(set(&c.excluded))), ("team", Some(set(&team)))]);
            entities.push(Entity::new(uid("Case", &n.to_string())?, all, HashSet::new())?);
        }
        for (n, r) in reasons.iter().enumerate() {
            let all = attributes(vec![
                ("case", Some(Value::new_entity_uid(uid("Case", &r.case.to_string())?))),
                ("subject", Some(text(&r.subject))),
                ("relation", Some(text(&r.relation))),
                ("since", Some(Value::new_long(r.since))),
                ("until", r.until.map(Value::new_long)),
            ]);
            entities.push(Entity::new(uid("Reason", &n.to_string())?, all, HashSet::new())?);
        }
        for (n, p) in papers.iter().enumerate() {
            let (kind, all) = match p {
                Paper::Consent { organisation, categories, first, last, withdrawn } => (
                    "Consent",
                    vec![
                        ("organisation", Some(text(organisation))),
                        ("categories", Some(set(categories))),
                        ("first", Some(Value::new_long(*first))),
                        ("last", Some(Value::new_long(*last))),
                        ("withdrawn", Some(Value::new_bool(*withdrawn))),
                    ],
                ),
                Paper::Told { organisation, at } => {
                    ("Told", vec![("organisation", Some(text(organisation))), ("at", Some(Value::new_long(*at)))])
                }
            };
            entities.push(Entity::new(uid(kind, &n.to_string())?, attributes(all), HashSet::new())?);
        }
        Ok(Oracle {
            authorizer: Authorizer::new(),
            rules: PolicySet::from_str(include_str!("rules.cedar"))?,
            entities: Entities::from_entities(entities, None)?,
            actions,
        })
    }

    /// Whether an act is allowed by this subject, this reason and this paper (its number, and whether it is a consent).
    ///
    /// An error in a rule is an error here, never a silent no.
    pub fn allows(
        &self,
        act: &str,
        principal: usize,
        reason: usize,
        paper: Option<(usize, bool)>,
        (now, today): (i64, i64),
    ) -> Outcome<bool> {
        let action = self.actions.get(act).ok_or_else(|| format!("no act is called {act}"))?;
        let mut known = vec![("now".to_owned(), Value::new_long(now)), ("today".to_owned(), Value::new_long(today))];
        if let Some((n, is_consent)) = paper {
            let paper = uid(if is_consent { "Consent" } else { "Told" }, &n.to_string())?;
            known.push(("paper".to_owned(), Value::new_entity_uid(paper)));
        }
        let request = Request::new(
            uid("Subject", &principal.to_string())?,
            action.clone(),
            uid("Reason", &reason.to_string())?,
            Context::from_pairs(known)?,
            None,
        )?;
        let answer = self.authorizer.is_authorized(&request, &self.rules, &self.entities);
        if let Some(error) = answer.diagnostics().errors().next() {
            return Err(format!("{act}: {error}").into());
        }
        Ok(answer.decision() == Decision::Allow)
    }
}
