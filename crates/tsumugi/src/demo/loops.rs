//! つなぎ of one case: requests in every state, fresh ones, those due today, and those that somebody let wait.

use super::{
    awkward::{Awkward, Fate},
    dice::{Course, Days, shift},
    histories::Story,
    plan::{Act, Consent, Refer},
    sites::Place,
};
use crate::{
    consent::Method,
    referral::{Mode, Move},
};
use platform::{Date, Timestamp, japanese::date};

/// How a request of the demo stands at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Draft,
    Sent,
    SentDueToday,
    SentOverdue,
    NeedsInfo,
    Waitlisted,
    Declined,
    Settled,
    Replaced,
    Accepted,
    AcceptedOverdue,
    Started,
    StartedOverdue,
    NotStarted,
    Reported,
    Reviewed,
    Recalled,
    Mistaken,
}

impl End {
    /// Days that a story of this end takes, with some to spare for holidays.
    fn length(self) -> i32 {
        match self {
            End::Draft | End::Sent => 3,
            End::SentDueToday | End::NeedsInfo | End::Declined => 12,
            End::Accepted | End::Waitlisted | End::SentOverdue => 20,
            End::Mistaken | End::Replaced => 22,
            End::Recalled | End::NotStarted => 36,
            End::Started | End::Reported => 45,
            End::StartedOverdue | End::AcceptedOverdue | End::Settled => 62,
            End::Reviewed => 75,
        }
    }

    /// Told only of fictional agencies.
    fn is_unpleasant(self) -> bool {
        !matches!(self, End::Draft | End::Sent | End::Accepted | End::Started | End::Reported | End::Reviewed)
    }
}

/// The newest request of each case takes the next of these, so that every state occurs among 94 cases.
const TURN: [End; 22] = [
    End::Reviewed,
    End::Sent,
    End::SentOverdue,
    End::Started,
    End::Accepted,
    End::NeedsInfo,
    End::Reviewed,
    End::Waitlisted,
    End::Draft,
    End::Declined,
    End::AcceptedOverdue,
    End::SentDueToday,
    End::Reported,
    End::Started,
    End::Replaced,
    End::Sent,
    End::NotStarted,
    End::StartedOverdue,
    End::Reviewed,
    End::Recalled,
    End::Settled,
    End::Mistaken,
];

/// How many different ends occur in turn.
#[cfg(test)]
pub fn states() -> usize {
    let mut all: Vec<End> = TURN.to_vec();
    all.sort_by_key(|e| *e as usize);
    all.dedup();
    all.len()
}

/// Tells the requests of a case; the last of `supports` gets the newest one.
pub fn tell(story: &mut Story<'_>, supports: &[usize], since: Timestamp, consented: bool) {
    let over = !matches!(story.child().fate, Fate::Active | Fate::Planned);
    let expired = story.child().seat.awkward == Some(Awkward::Expired);
    let mut days = story.days.clone();
    if over || expired {
        // Whatever was asked had ended before the case was closed or held, or the consent ran out.
        days =
            Days::until(super::dice::time(days.back(if expired { 45 } else { 27 }), 17, 0).max(since), &days.calendar);
    }
    let room = days.since(date::jst_date(since)) - 1;
    let index = story.child().seat.index;
    let mut slot = 0;
    for (i, &place) in supports.iter().enumerate() {
        let newest = i + 1 == supports.len();
        if !consented && !newest {
            continue;
        }
        let end = if !consented {
            End::Draft
        } else if over || expired {
            *story.dice.pick(&[End::Reviewed, End::Reviewed, End::Recalled, End::Settled])
        } else if newest && !story.world.lean {
            TURN[index % TURN.len()]
        } else if story.world.lean {
            usual(story)
        } else {
            *story.dice.pick(&[
                End::Reviewed,
                End::Reviewed,
                End::Reviewed,
                End::Reviewed,
                End::Started,
                End::Started,
                End::Started,
                End::Settled,
                End::Replaced,
            ])
        };
        let end = fitting(end, room, &story.world.places[place], over || expired);
        let Some(end) = end else { continue };
        slot = one(story, &days, since, place, end, slot);
    }
}

/// With many cases few requests are late, as where people look at their lists.
fn usual(story: &mut Story<'_>) -> End {
    match story.dice.weighted(&[48, 20, 9, 8, 4, 3, 3, 3, 2]) {
        0 => End::Reviewed,
        1 => End::Started,
        2 => End::Accepted,
        3 => End::Sent,
        4 => End::Waitlisted,
        5 => End::NeedsInfo,
        6 => End::SentOverdue,
        7 => End::Settled,
        _ => End::Declined,
    }
}

/// The end itself where there is room and the place is fictional, or a milder one; none where a closed case has no room.
fn fitting(end: End, room: i32, place: &Place, over: bool) -> Option<End> {
    if over {
        return [end, End::Recalled]
            .into_iter()
            .find(|e| e.length() <= room && (place.fictional || !e.is_unpleasant()));
    }
    let mild = [end, End::Reviewed, End::Started, End::Accepted, End::NeedsInfo, End::Sent];
    mild.into_iter().find(|e| e.length() <= room && (place.fictional || !e.is_unpleasant())).or(Some(End::Sent))
}

/// Tells one request from its making to its end, and gives the next free slot.
fn one(story: &mut Story<'_>, days: &Days, since: Timestamp, place: usize, end: End, slot: usize) -> usize {
    let mut course = Course::from(days, since);
    let begin = match end {
        End::Draft | End::Sent => days.open_back(story.dice.between(0, 1)),
        End::SentDueToday => days.open_back(3),
        End::SentOverdue => days.open_back(story.dice.between(5, 8)),
        End::NeedsInfo | End::Declined => days.open_back(6),
        End::Accepted => days.open_back(9),
        End::Waitlisted => days.open_back(11),
        End::Mistaken => days.back(story.dice.between(12, 18)),
        End::Replaced => days.open_back(12),
        End::Recalled | End::NotStarted => days.back(34),
        End::Started | End::Reported => days.back(42),
        End::StartedOverdue | End::AcceptedOverdue | End::Settled => days.back(60),
        End::Reviewed => days.back(72 + story.dice.between(0, (days.since(date::jst_date(since)) - 75).max(0))),
    };
    let at = course.on(begin, &mut story.dice);
    let due = (end == End::SentDueToday).then_some(days.last);
    let draft = matches!(end, End::Draft | End::Mistaken);
    refer(story, at, place, slot, None, due, !draft);
    answers(story, &mut course, days, place, end, slot);
    if end != End::Replaced {
        return slot + 1;
    }
    let Some(next) = another(story, place) else { return slot + 1 };
    let at = course.on(days.open_back(story.dice.between(1, 2)), &mut story.dice);
    let recipients = vec![story.world.places[next].organisation];
    story.push(at, Act::Consent(Consent { recipients, method: Method::Paper, ends: None, city: false }));
    refer(story, at, next, slot + 1, Some(slot), None, true);
    slot + 2
}

/// Another fictional place of the same kind, to which a request was redirected; near the family where there is one.
fn another(story: &Story<'_>, place: usize) -> Option<usize> {
    let places = story.world.places;
    let mut others =
        (0..places.len()).filter(|&i| i != place && places[i].fictional && places[i].kind == places[place].kind);
    let near = others.clone().find(|&i| places[i].areas.contains(&story.child().seat.municipality));
    near.or_else(|| others.next())
}

fn refer(
    story: &mut Story<'_>,
    at: Timestamp,
    place: usize,
    slot: usize,
    replaces: Option<usize>,
    due: Option<Date>,
    send: bool,
) {
    let target = &story.world.places[place];
    let mode = if target.account {
        Mode::Live
    } else if story.dice.chance(45) {
        Mode::Link
    } else {
        Mode::Logged
    };
    let ask = story.world.texts.ask(target.kind.code(), &mut story.dice);
    story.push(at, Act::Refer(Refer { slot, place, mode, request: ask.request, wish: ask.wish, replaces, due }));
    if send {
        story.push(at, Act::Send(slot));
    }
}

/// Pushes what was answered and decided.
fn answers(story: &mut Story<'_>, course: &mut Course<'_>, days: &Days, place: usize, end: End, slot: usize) {
    let ask = story.world.texts.ask(story.world.places[place].kind.code(), &mut story.dice);
    let mut step = |story: &mut Story<'_>, day: Date, by_agency: bool, step: Move| {
        let at = course.on(day, &mut story.dice);
        // A start is told on its day or later, never before.
        let step = if let Move::Start { .. } = step { Move::Start { on: date::jst_date(at) } } else { step };
        story.push(at, Act::Step { slot, by_agency, step });
    };
    let words = |story: &mut Story<'_>, code: &str| story.world.texts.answer(code, &mut story.dice);
    let accept = |start_on| Move::Accept { start_on, note: ask.accept.to_owned() };
    match end {
        End::Draft | End::Sent | End::SentDueToday | End::SentOverdue => {}
        End::NeedsInfo => {
            let question = words(story, "ask_information");
            step(story, days.open_back(2), true, Move::AskInformation { question });
        }
        End::Waitlisted => {
            let question = words(story, "ask_information");
            step(story, days.open_back(10), true, Move::AskInformation { question });
            let information = words(story, "supply");
            step(story, days.open_back(9), false, Move::Supply { information });
            let reason = words(story, "waitlist");
            step(story, days.open_back(8), true, Move::Waitlist { reason });
        }
        End::Declined => {
            let reason = words(story, "decline");
            step(story, days.open_back(1), true, Move::Decline { reason });
        }
        End::Settled => {
            let reason = words(story, "decline");
            step(story, days.back(55), true, Move::Decline { reason });
            let note = words(story, "settle");
            step(story, days.back(50), false, Move::Settle { note });
        }
        End::Replaced => {
            let reason = words(story, "redirect");
            step(story, days.open_back(9), true, Move::Redirect { reason });
        }
        End::Accepted => step(story, days.open_back(4), true, accept(Some(shift(days.last, 9)))),
        End::AcceptedOverdue => step(story, days.back(52), true, accept(Some(days.back(12)))),
        End::Started | End::StartedOverdue | End::NotStarted | End::Reported | End::Reviewed => {
            started(story, &mut step, &accept, days, ask.outcome, end)
        }
        End::Recalled => {
            let reason = words(story, "recall");
            step(story, days.back(28), false, Move::Recall { reason });
        }
        End::Mistaken => {
            let reason = words(story, "mistake");
            step(story, days.back(11), false, Move::Mistake { reason });
        }
    }
}

/// What follows where the agency says yes.
fn started(
    story: &mut Story<'_>,
    step: &mut impl FnMut(&mut Story<'_>, Date, bool, Move),
    accept: &impl Fn(Option<Date>) -> Move,
    days: &Days,
    outcome: &'static str,
    end: End,
) {
    // The request is the newest event; the answers of a finished one follow it at their usual distance.
    let sent = story.events.last().map_or(days.last, |e| date::jst_date(e.at));
    let (answered, begun) = match end {
        End::Started => (days.back(36), days.back(12)),
        End::StartedOverdue => (days.back(52), days.back(42)),
        End::NotStarted => (days.back(25), days.last),
        End::Reported => (days.back(36), days.back(32)),
        _ => (shift(sent, 4), shift(sent, 16)),
    };
    step(story, answered, true, accept(None));
    if end == End::NotStarted {
        let reason = story.world.texts.answer("not_start", &mut story.dice);
        return step(story, days.open_back(1), true, Move::NotStart { reason });
    }
    step(story, begun, true, Move::Start { on: begun });
    if matches!(end, End::Started | End::StartedOverdue) {
        return;
    }
    let told = if end == End::Reported { days.open_back(2) } else { shift(begun, 38) };
    step(story, told, true, Move::ReportOutcome { outcome: outcome.to_owned() });
    if end == End::Reviewed {
        let note = story.world.texts.answer("review", &mut story.dice);
        step(story, shift(told, 5), false, Move::Review { note });
    }
}
