//! 相談 of the demo: those that led to a case, those that were answered, and those that wait today.

use super::{
    awkward::Fate,
    dice::{Course, Days, Dice, Stream, time},
    families::{Child, Identity},
    names::{Generation, Names},
    plan::{Act, Case, Event, Request, World},
    texts::table,
};
use crate::{
    area::{Municipality, PaidBy},
    case::{Residence, Sex},
    consultation::{AskerKind, Channel, ConsentState, Kind, Move, New, Topic, Urgency},
};
use jiff::ToSpan as _;
use platform::{Timestamp, Uuid, id::ConsultationId, japanese::date, vocabulary::Vocabulary as _};

/// Closed consultations that led to no case, by months back from last month: the number grows to today's twelve a month.
const MONTHS: [usize; 17] = [6, 5, 4, 3, 3, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1];
/// Names of children whose consultation became no case are drawn far from those of the cases.
const APART: usize = 1 << 30;

/// A consultation as people tell it.
struct Template {
    kind: Kind,
    channel: Channel,
    asker: AskerKind,
    topics: Vec<Topic>,
    urgency: Urgency,
    residence: Option<Residence>,
    concern: &'static str,
    response: &'static str,
    outcome: &'static str,
    reason: &'static str,
}

fn templates() -> Vec<Template> {
    let lines = table(include_str!("../../data/demo/consultations.tsv")).filter_map(|line| {
        let [kind, channel, asker, topics, urgency, residence, concern, response, outcome, reason] = line[..] else {
            return None;
        };
        Some(Template {
            kind: Kind::from_code(kind)?,
            channel: Channel::from_code(channel)?,
            asker: AskerKind::from_code(asker)?,
            topics: topics.split(',').filter_map(Topic::from_code).collect(),
            urgency: Urgency::from_code(urgency)?,
            residence: Residence::from_code(residence),
            concern,
            response,
            outcome,
            reason,
        })
    });
    lines.collect()
}

/// How many lines of the table are understood.
#[cfg(test)]
pub fn known() -> usize {
    templates().len()
}

/// All consultations with their events, and which case came from which.
pub struct Requests {
    pub all: Vec<Request>,
    pub events: Vec<Event>,
    /// By case: the consultation and when its last act was.
    pub opened: Vec<Option<(usize, Timestamp)>>,
}

struct Teller<'a> {
    world: &'a World<'a>,
    days: &'a Days,
    templates: Vec<Template>,
    out: Requests,
    dice: Dice,
}

pub fn tell(world: &World<'_>, cases: &[Case], days: &Days) -> Requests {
    let out = Requests { all: vec![], events: vec![], opened: vec![None; cases.len()] };
    let mut teller =
        Teller { world, days, templates: templates(), out, dice: Dice::new(world.seed, Stream::Request, 0) };
    for case in cases.iter().filter(|c| from_consultation(&c.child)) {
        teller.of_case(case);
    }
    let times = (cases.len() / 94).max(1);
    for (back, count) in MONTHS.iter().enumerate() {
        for _ in 0..count * times {
            let ago = i32::try_from(back).unwrap_or(0) * 30 + teller.dice.between(16, 45);
            teller.closed(ago);
        }
    }
    teller.open_ones();
    teller.out
}

/// About every sixth case began with a consultation that つむぐ has.
fn from_consultation(child: &Child) -> bool {
    child.seat.index % 6 == 3 && matches!(child.fate, Fate::Active | Fate::Planned)
}

/// The child of the n-th consultation that led to no case; it does not depend on the day.
pub fn stranger(seed: u64, n: usize, names: &Names) -> Identity {
    let mut dice = Dice::new(seed, Stream::Name, APART + n);
    let sex = if dice.chance(52) { Sex::Male } else { Sex::Female };
    let given = names.given(if sex == Sex::Male { Generation::Boy } else { Generation::Girl }, &mut dice);
    Identity { surname: names.surname(&mut dice), given, sex }
}

impl Teller<'_> {
    fn push(&mut self, at: Timestamp, act: Act) {
        self.out.events.push(Event { at, case: None, act });
    }

    /// A template of this kind, by what it led to.
    fn template(&mut self, fits: impl Fn(&Template) -> bool) -> usize {
        let fitting: Vec<usize> = (0..self.templates.len()).filter(|&i| fits(&self.templates[i])).collect();
        if fitting.is_empty() { 0 } else { *self.dice.pick(&fitting) }
    }

    fn request(&mut self, template: usize, municipality: Municipality, at: Timestamp) -> New {
        let personal = self.templates[template].kind == Kind::Individual;
        let asker_name = (personal || self.dice.chance(60)).then(|| self.world.names.adult(&mut self.dice));
        let anonymous = personal && self.dice.chance(8);
        let t = &self.templates[template];
        let phone = format!("0{}0-0000-{:04}", self.dice.pick(&[7, 8, 9]), self.dice.below(10_000));
        let consent_state = if personal {
            *self.dice.pick(&[ConsentState::Unknown, ConsentState::Oral, ConsentState::Oral, ConsentState::Written])
        } else {
            ConsentState::NotNeeded
        };
        New {
            received_at: at,
            channel: t.channel,
            kind: t.kind,
            asker_kind: t.asker,
            asker_name: asker_name.filter(|_| !anonymous),
            asker_place: place(t.asker).map(str::to_owned),
            asker_phone: (!anonymous && self.dice.chance(70)).then_some(phone),
            anonymous,
            child_name: None,
            child_kana: None,
            child_birth: None,
            child_sex: None,
            municipality,
            residence: t.residence,
            repeated: t.outcome == "duplicate" || self.dice.chance(12),
            topics: t.topics.clone(),
            urgency: t.urgency,
            concern: t.concern.to_owned(),
            response: None,
            next_plan: None,
            minutes: i64::from(self.dice.between(2, 9)) * 5,
            paid_by: PaidBy::Entrusted,
            consent_state,
            keep: true,
        }
    }

    fn take(&mut self, taker: usize, new: New, advice: &str) -> usize {
        let (at, number) = (new.received_at, self.out.all.len());
        self.out.all.push(Request { taker, new, advice: advice.to_owned() });
        self.push(at, Act::Take(number));
        number
    }

    /// The consultation some days before a case was opened.
    fn of_case(&mut self, case: &Case) {
        let child = &case.child;
        let early = child.fate == Fate::Planned || super::histories::starts_planned(child);
        let template = self
            .template(|t| t.outcome == "case_opened" && t.residence.is_some_and(|r| (r == Residence::Home) != early));
        let at = self.days.at(super::dice::shift(child.opened, -self.dice.between(2, 6)), &mut self.dice);
        let mut new = self.request(template, child.seat.municipality, at);
        new.anonymous = false;
        new.child_name = Some(child.identity.written());
        new.child_kana = Some(child.identity.kana());
        (new.child_birth, new.child_sex) = (Some(child.birth), Some(child.identity.sex));
        let (plan, advice) = ("家庭か病棟を訪問して面談する", self.templates[template].response);
        (new.response, new.next_plan) = (Some(advice.to_owned()), Some(plan.to_owned()));
        let number = self.take(case.lead, new, advice);
        self.out.opened[child.seat.index] = Some((number, at));
    }

    fn somewhere(&mut self) -> Municipality {
        Municipality::ALL[self.dice.weighted(&[56, 22, 9, 7, 6])]
    }

    /// Who takes a call from a municipality; the two of 横須賀市 take turns.
    fn taker(&mut self, municipality: Municipality) -> usize {
        match municipality {
            Municipality::Yokosuka => *self.dice.pick(&[0, 2]),
            Municipality::Kamakura => 3,
            Municipality::Zushi => 1,
            Municipality::Miura => 4,
            Municipality::Hayama => 5,
        }
    }

    fn with_child(&mut self, mut new: New) -> New {
        let n = self.out.all.len();
        if new.kind != Kind::Individual || self.dice.chance(25) {
            return new;
        }
        let identity = stranger(self.world.seed, n, self.world.names);
        new.child_name = Some(identity.written());
        new.child_kana = Some(identity.kana());
        new.child_sex = Some(identity.sex);
        let born = if new.topics.contains(&Topic::Adult) {
            6200
        } else if new.residence == Some(Residence::Home) {
            self.dice.between(400, 4000)
        } else {
            self.dice.between(20, 200)
        };
        new.child_birth = self.dice.chance(70).then(|| super::dice::shift(date::jst_date(new.received_at), -born));
        new
    }

    fn closed(&mut self, ago: i32) {
        let kind = [Kind::Individual, Kind::Supporter, Kind::Area][self.dice.weighted(&[66, 25, 9])];
        let template = self.template(|t| t.kind == kind && t.outcome != "case_opened");
        let municipality = self.somewhere();
        let days = self.days.clone();
        let at = days.at(days.back(ago), &mut self.dice);
        let mut new = self.request(template, municipality, at);
        new = self.with_child(new);
        let (advice, outcome, reason) = (
            self.templates[template].response,
            self.templates[template].outcome,
            self.templates[template].reason.to_owned(),
        );
        let at_once = self.dice.chance(55);
        new.response = at_once.then(|| advice.to_owned());
        let taker = self.taker(municipality);
        let number = self.take(taker, new, advice);
        let mut course = Course::from(&days, at);
        if !at_once {
            let wait = self.dice.between(0, 4);
            let later = course.later(wait, &mut self.dice);
            self.push(later, Act::Advise(number));
        }
        let wait = self.dice.between(0, 7);
        let later = course.later(wait, &mut self.dice);
        let step = match outcome {
            "linked" => Move::Link { reason },
            "handed_over" => Move::HandOverOutside { reason },
            "withdrawn" => Move::Withdraw { reason },
            "duplicate" => Move::Duplicate { of: ConsultationId(Uuid::nil()) },
            _ => Move::Advise { reason },
        };
        self.push(later, Act::Screen(number, step));
    }

    /// Takes one that is still open, at a time of a day.
    fn open(
        &mut self,
        taker: usize,
        municipality: Municipality,
        at: Timestamp,
        urgency: Urgency,
        kind: Kind,
        response: bool,
    ) -> usize {
        let template = self.template(|t| t.kind == kind && t.outcome != "duplicate" && t.outcome != "withdrawn");
        let mut new = self.request(template, municipality, at.min(self.days.end));
        new = self.with_child(new);
        let advice = self.templates[template].response;
        new.urgency = urgency;
        new.response = response.then(|| advice.to_owned());
        self.take(taker, new, advice)
    }

    /// What waits today: late first responses, one for today, information, screening, and hand-overs in both directions.
    fn open_ones(&mut self) {
        use Municipality as M;
        let days = self.days.clone();
        let on = |n: i32, hour: i32, minute: i32| time(days.open_back(n), hour, minute);
        let person = Kind::Individual;
        self.open(0, M::Yokosuka, on(6, 10, 20), Urgency::ThreeDays, person, false);
        self.open(1, M::Zushi, on(8, 14, 5), Urgency::Week, person, false);
        self.open(0, M::Yokosuka, on(0, 9, 35), Urgency::SameDay, person, false);
        self.open(0, M::Yokosuka, on(0, 9, 10), Urgency::Usual, Kind::Supporter, false);
        self.open(3, M::Kamakura, on(1, 15, 40), Urgency::Usual, person, false);
        self.open(0, M::Yokosuka, on(3, 11, 15), Urgency::Week, person, true);
        self.open(4, M::Miura, on(9, 13, 30), Urgency::ThreeDays, person, true);
        let judged = self.open(0, M::Yokosuka, on(4, 10, 0), Urgency::Week, person, true);
        self.push(on(3, 9, 30).min(days.end), Act::Screen(judged, Move::Begin));
        let reason = || "主治医の意見書と、家族の都合を確かめている。".to_owned();
        let waits = self.open(0, M::Yokosuka, on(7, 16, 10), Urgency::Usual, person, true);
        let review_on = days.last.checked_add(4.days()).unwrap_or(days.last);
        self.push(on(5, 10, 0), Act::Screen(waits, Move::WaitForInformation { reason: reason(), review_on }));
        let late = self.open(2, M::Yokosuka, on(10, 9, 45), Urgency::Usual, person, true);
        self.push(
            on(8, 13, 0),
            Act::Screen(late, Move::WaitForInformation { reason: reason(), review_on: days.open_back(1) }),
        );
        let first = self.open(2, M::Yokosuka, on(1, 10, 30), Urgency::ThreeDays, person, false);
        self.push(
            on(1, 10, 50).min(days.end),
            Act::Offer(first, 0, "今週は病棟の会議が続くため、お願いします。家族は夕方の電話を希望しています。"),
        );
        let second = self.open(3, M::Yokosuka, on(2, 13, 20), Urgency::Week, person, true);
        self.push(
            on(1, 15, 0).min(days.end),
            Act::Offer(second, 0, "横須賀市への転居が決まったご家族です。転居の前に一度お話を聞いてください。"),
        );
        let third = self.open(0, M::Zushi, on(1, 11, 0), Urgency::Usual, person, true);
        self.push(
            on(1, 11, 30).min(days.end),
            Act::Offer(third, 1, "逗子市にお住まいのご家族です。続きをお願いします。"),
        );
    }
}

fn place(asker: AskerKind) -> Option<&'static str> {
    match asker {
        AskerKind::Hospital => Some("みうら半島こども病院（架空）"),
        AskerKind::VisitingNurse => Some("訪問看護ステーション やまなみ（架空）"),
        AskerKind::Counselling => Some("障害児相談支援 みちしるべ（架空）"),
        AskerKind::DayService => Some("児童発達支援 なぎさのひろば（架空）"),
        AskerKind::Nursery => Some("かもめ保育園（架空）"),
        AskerKind::School => Some("架空の学校"),
        AskerKind::HealthNurse | AskerKind::Municipality => Some("市町の担当課"),
        _ => None,
    }
}
