//! The history of one case: opening, consent, team, entries, phases and its end.

use super::{
    awkward::{Awkward, Fate},
    dice::{Course, Days, Dice, Stream, shift},
    families::Child,
    loops,
    plan::{Act, Case, Consent, Entry, Event, Join, Who, World},
    supports,
};
use crate::{
    account::Profession,
    area::{Field, Municipality},
    case::{CloseReason, Move, Phase},
    consent::Method,
    exchange::directory::Kind,
};
use platform::{
    Timestamp,
    japanese::{age, date},
    vocabulary::Vocabulary as _,
};

/// One case being told.
pub struct Story<'a> {
    pub world: &'a World<'a>,
    pub case: &'a Case,
    pub days: Days,
    pub dice: Dice,
    pub events: Vec<Event>,
}

impl<'a> Story<'a> {
    pub fn child(&self) -> &'a Child {
        &self.case.child
    }
    pub fn push(&mut self, at: Timestamp, act: Act) {
        let case = Some(self.child().seat.index);
        self.events.push(Event { at, case, act });
    }
}

/// Everything that happened in a case, each chain of causes in its order. `from` is the consultation that it came from.
pub fn tell(world: &World<'_>, case: &Case, today: &Days, from: Option<(usize, Timestamp)>) -> Vec<Event> {
    let child = &case.child;
    let dice = Dice::new(world.seed, Stream::Story, child.seat.index);
    let mut days = today.clone();
    if child.last < today.last {
        days = Days::until(super::dice::time(child.last, 16, 30), &today.calendar);
    }
    let mut story = Story { world, case, days, dice, events: Vec::new() };
    let opened = story.days.at(child.opened, &mut story.dice);
    let opened = from.map_or(opened, |(_, taken)| opened.max(taken));
    story.push(opened, Act::Open(from.map(|(request, _)| request)));
    let supports = supports::choose(&mut story);
    let consent = consents(&mut story, &supports, opened);
    if let Some(at) = consent {
        team(&mut story, &supports, at);
    }
    loops::tell(&mut story, &supports, consent.unwrap_or(opened), consent.is_some());
    phases(&mut story, opened);
    entries(&mut story, opened);
    ending(&mut story);
    story.events
}

/// Whether the supporter with an account works for this family: about ten of the usual cases.
pub fn has_supporter(child: &Child) -> bool {
    let nth = child.seat.nth;
    let open = matches!(child.fate, Fate::Active)
        && !matches!(child.seat.awkward, Some(Awkward::NoConsent | Awkward::Expired));
    open && match child.seat.municipality {
        Municipality::Yokosuka => matches!(nth, 0 | 1 | 4 | 5 | 8 | 21 | 24 | 30) || nth > 60 && nth.is_multiple_of(61),
        Municipality::Zushi => nth == 3,
        Municipality::Hayama => nth == 0,
        _ => false,
    }
}

/// Whether an active case was opened before the child came home.
pub fn starts_planned(child: &Child) -> bool {
    let at_home = crate::view::days_between(child.birth, child.opened);
    child.fate == Fate::Active && child.seat.awkward.is_none() && at_home < 300 && child.seat.index.is_multiple_of(2)
}

/// Records the consents of a case, and gives when the first one was given.
fn consents(story: &mut Story<'_>, supports: &[usize], opened: Timestamp) -> Option<Timestamp> {
    let awkward = story.child().seat.awkward;
    if awkward == Some(Awkward::NoConsent) {
        return None;
    }
    let (index, municipality) = (story.child().seat.index, story.child().seat.municipality);
    let hall = story.world.halls[Municipality::ALL.iter().position(|m| *m == municipality).unwrap_or(0)];
    let expired = awkward == Some(Awkward::Expired);
    let city = !expired && story.dice.chance(88);
    let mut recipients: Vec<_> = supports.iter().map(|&i| story.world.places[i].organisation).collect();
    if city {
        recipients.push(hall);
    }
    recipients.sort_unstable();
    recipients.dedup();
    if recipients.is_empty() {
        recipients.push(hall);
    }
    let days = story.days.clone();
    let mut course = Course::from(&days, opened);
    let wait = story.dice.between(1, 8);
    let at = course.later(wait, &mut story.dice);
    let oral = story.dice.chance(15) && days.since(date::jst_date(at)) > 20;
    let method = if oral {
        Method::Oral
    } else if story.dice.chance(10) {
        Method::Electronic
    } else {
        Method::Paper
    };
    let ends =
        expired.then(|| shift(date::jst_date(at), (days.since(date::jst_date(at)) - story.dice.between(4, 40)).max(1)));
    story.push(at, Act::Consent(Consent { recipients: recipients.clone(), method, ends, city }));
    if oral {
        let wait = story.dice.between(4, 13);
        let paper = course.later(wait, &mut story.dice);
        story.push(paper, Act::Paper);
    }
    if !expired && days.since(date::jst_date(at)) > 345 {
        let again = course.on(shift(date::jst_date(at), story.dice.between(335, 345)), &mut story.dice);
        story.push(
            again,
            Act::Consent(Consent { recipients: recipients.clone(), method: Method::Paper, ends: None, city }),
        );
    }
    // A word on the telephone that still waits for its paper: due today, overdue, or later.
    let ago = match index {
        21 | 56 => Some(14),
        24 | 64 => Some(story.dice.between(19, 26)),
        28 | 31 | 66 => Some(story.dice.between(3, 8)),
        _ => None,
    };
    if let Some(ago) = ago.filter(|_| story.child().fate == Fate::Active && !expired) {
        let place = &story.world.places[story.dice.below(2) + 10];
        let given = super::dice::time(days.back(ago), 13, story.dice.between(0, 59)).max(at).min(days.end);
        story.push(
            given,
            Act::Consent(Consent {
                recipients: vec![place.organisation],
                method: Method::Oral,
                ends: None,
                city: false,
            }),
        );
    }
    Some(at)
}

fn team(story: &mut Story<'_>, supports: &[usize], consent: Timestamp) {
    let days = story.days.clone();
    let mut course = Course::from(&days, consent);
    let supporter = has_supporter(story.child());
    if !story.world.lean {
        let lead = story.world.coordinators[story.case.lead];
        let (label, function) = (lead.name.to_owned(), "コーディネーター");
        let join = Join {
            person: Some(lead.person),
            organisation: lead.organisation,
            label,
            profession: Profession::CounsellingSpecialist,
            field: Field::Community,
            function,
        };
        let at = course.later(0, &mut story.dice);
        story.push(at, Act::Join(join));
    }
    for &i in supports {
        let place = &story.world.places[i];
        let (profession, function) = match place.kind {
            Kind::HomeNursing => (Profession::Nurse, "訪問看護"),
            Kind::ChildConsultation => (Profession::CounsellingSpecialist, "障害児支援利用計画"),
            Kind::Clinic => (Profession::Physician, "訪問診療"),
            Kind::Hospital => (Profession::Msw, "退院支援・受診の調整"),
            Kind::Nursery => (Profession::Childcare, "日中の保育"),
            Kind::ChildDevelopment | Kind::AfterSchoolDay => (Profession::Childcare, "通所での活動"),
            Kind::NurseryVisit | Kind::VisitingChildDevelopment => (Profession::Therapist, "発達の支援"),
            _ => (Profession::Other, "休息の支援"),
        };
        let known = supporter && place.account;
        if !known && story.dice.chance(15) {
            continue;
        }
        let label =
            if known { story.world.supporter.name.to_owned() } else { story.world.names.adult(&mut story.dice) };
        let wait = story.dice.between(0, 20);
        let at = course.later(wait, &mut story.dice);
        let person = known.then_some(story.world.supporter.person);
        story.push(
            at,
            Act::Join(Join {
                person,
                organisation: place.organisation,
                label,
                profession,
                field: place.field(),
                function,
            }),
        );
    }
    if story.dice.chance(65) {
        let hall = Municipality::ALL.iter().position(|m| *m == story.child().seat.municipality).unwrap_or(0);
        let label = story.world.names.adult(&mut story.dice);
        let at = course.later(2, &mut story.dice);
        let organisation = story.world.halls[hall];
        story.push(
            at,
            Act::Join(Join {
                person: None,
                organisation,
                label,
                profession: Profession::HealthNurse,
                field: Field::Health,
                function: "地区の保健師",
            }),
        );
        if days.since(date::jst_date(at)) > 200 && story.dice.chance(20) {
            let left = course.later(150, &mut story.dice);
            story.push(left, Act::Leave("人事異動のため"));
        }
    }
}

fn phases(story: &mut Story<'_>, opened: Timestamp) {
    let days = story.days.clone();
    let mut course = Course::from(&days, opened);
    let child = story.child();
    let planned = child.fate == Fate::Planned;
    if starts_planned(child) && !planned {
        let wait = story.dice.between(15, 30);
        let at = course.later(wait, &mut story.dice);
        story.push(at, Act::Move(Move::Activate));
        story.push(at, Act::Edit);
    } else if let Some(Awkward::MovedFrom(_)) = child.seat.awkward {
        let wait = story.dice.between(20, 60);
        let at = course.later(wait, &mut story.dice);
        story.push(at, Act::Edit);
    }
    let mut steps = vec![(Phase::Assessment, 5, 12), (Phase::Planning, 18, 30), (Phase::Support, 20, 40)];
    if story.dice.chance(40) {
        steps.push((Phase::Review, 150, 200));
    } else if story.dice.chance(15) {
        steps.push((Phase::Transition, 120, 200));
    }
    if story.world.lean {
        steps.retain(|(phase, ..)| *phase == Phase::Support);
    }
    for (phase, least, most) in steps {
        let wait = story.dice.between(least, most);
        if days.since(date::jst_date(course.now)) < wait || planned && phase == Phase::Support {
            return;
        }
        let at = course.later(wait, &mut story.dice);
        story.push(at, Act::Move(Move::Enter(phase)));
    }
}

fn stage(child: &Child, on: Timestamp) -> &'static str {
    if child.fate == Fate::Planned {
        return "inpatient";
    }
    match age::age(child.birth, date::jst_date(on)).map_or(0, |a| a.years) {
        0..=2 => "infant",
        3..=5 => "preschool",
        6..=14 => "school",
        _ => "teen",
    }
}

fn entries(story: &mut Story<'_>, opened: Timestamp) {
    let days = story.days.clone();
    let length = days.since(date::jst_date(opened)).max(1);
    let spread = if story.world.lean {
        story.dice.between(6, 10)
    } else {
        (7 + length / 22 + story.dice.between(-2, 4)).clamp(8, 30)
    };
    let mut course = Course::from(&days, opened);
    let mut used: Vec<usize> = Vec::new();
    for i in 0..spread {
        let day = length - (length * i + story.dice.between(0, length.min(length / spread + 1))) / spread;
        let at = if i == 0 {
            course.later(0, &mut story.dice)
        } else {
            course.on(days.back(day.max(story.dice.between(0, 4))), &mut story.dice)
        };
        let stage = if i == 0 { "start" } else { stage(story.child(), at) };
        let care = &story.case.child.care;
        let fitting: Vec<usize> = story
            .world
            .texts
            .entries
            .iter()
            .enumerate()
            .filter(|(n, t)| t.fits(stage, care) && !used.contains(n))
            .map(|(n, _)| n)
            .collect();
        let Some(&n) = (!fitting.is_empty()).then(|| story.dice.pick(&fitting)) else { continue };
        used.push(n);
        entry(story, at, n);
    }
}

/// Writes the n-th template at a time, mostly by the lead.
fn entry(story: &mut Story<'_>, at: Timestamp, n: usize) {
    let supporter = has_supporter(story.child())
        && story
            .events
            .iter()
            .any(|e| matches!(&e.act, Act::Join(j) if j.person == Some(story.world.supporter.person)) && e.at < at);
    let who = match story.dice.weighted(&[72, 14, if supporter { 40 } else { 0 }]) {
        0 => Who::Lead,
        1 => Who::Deputy,
        _ => Who::Supporter,
    };
    let template = &story.world.texts.entries[n];
    let body = story.dice.numbers_in(template.body);
    let minutes = (template.minutes + 5 * i64::from(story.dice.between(-1, 3))).max(5);
    story.push(
        at,
        Act::Entry(Entry { who, kind: template.kind, title: template.title, body, minutes, paid_by: template.paid_by }),
    );
}

fn ending(story: &mut Story<'_>) {
    let days = story.days.clone();
    let write = |story: &mut Story<'_>, stage: &str, at: Timestamp| {
        let fitting: Vec<usize> =
            story.world.texts.entries.iter().enumerate().filter(|(_, t)| t.fits(stage, &[])).map(|(n, _)| n).collect();
        if !fitting.is_empty() {
            let n = *story.dice.pick(&fitting);
            entry(story, at, n);
        }
    };
    match story.child().fate {
        Fate::OnHold => {
            let ago = story.dice.between(8, 25);
            let at = days.at(days.back(ago), &mut story.dice);
            story.push(
                at,
                Act::Move(Move::Hold {
                    reason: "入院が長くなるため、退院の見通しが立つまで休止する。".to_owned()
                }),
            );
            write(story, "hold", at);
        }
        Fate::Closed(reason) => {
            write(story, if reason == CloseReason::Died { "loss" } else { "end" }, days.end);
            let note = match reason {
                CloseReason::Moved => "県外へ転居。転居先の窓口に、同意を得て引き継いだ。",
                CloseReason::Adult => "成人の相談支援に引き継いだ。",
                CloseReason::Died => "家族の申し出により、案内と通知を止めた。",
                CloseReason::NotNeeded => "医療的ケアが終わり、地域の支援で足りることを確かめた。",
                CloseReason::FamilyWish | CloseReason::Other => "家族の希望により終える。再開の方法を伝えた。",
            };
            story.push(days.end, Act::Move(Move::Close { reason, on: days.last, note: note.to_owned() }));
        }
        Fate::Planned | Fate::Active => {}
    }
}
