//! Chance and days of the demo. Every case has streams of its own, so that one case does not change when another one does.

use jiff::ToSpan as _;
use platform::{
    Date, Timestamp,
    japanese::{business::Calendar, date},
};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

/// What a stream of numbers is for: names never depend on the day on which the demo is loaded.
#[derive(Clone, Copy, Debug)]
pub enum Stream {
    Name = 1,
    Household = 2,
    Body = 3,
    Story = 4,
    Request = 5,
    Care = 6,
    Watch = 7,
}

pub struct Dice(ChaCha8Rng);

impl Dice {
    pub fn new(seed: u64, stream: Stream, index: usize) -> Dice {
        let mut numbers = ChaCha8Rng::seed_from_u64(seed);
        numbers.set_stream((index as u64) * 8 + stream as u64);
        Dice(numbers)
    }

    /// 0 to `n` - 1; 0 where `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.0.next_u64() % (n.max(1) as u64)).unwrap_or(0)
    }

    pub fn between(&mut self, least: i32, most: i32) -> i32 {
        least + i32::try_from(self.below(usize::try_from(most - least + 1).unwrap_or(1))).unwrap_or(0)
    }

    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of a list that is not empty.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// The position of one of these weights, as often as its share of their sum.
    pub fn weighted(&mut self, weights: &[usize]) -> usize {
        let mut left = self.below(weights.iter().sum());
        weights
            .iter()
            .position(|w| {
                if left < *w {
                    true
                } else {
                    left -= w;
                    false
                }
            })
            .unwrap_or(0)
    }

    /// `{2-6}` in a text becomes a number from 2 to 6.
    pub fn numbers_in(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((range, tail)) = after.split_once('}') else { break };
            out.push_str(before);
            if let Some((Ok(least), Ok(most))) = range.split_once('-').map(|(a, b)| (a.parse(), b.parse())) {
                out.push_str(&self.between(least, most).to_string());
            }
            rest = tail;
        }
        out + rest
    }
}

/// The days on which things happened, counted back from the day on which a story ends: today, or when a case was closed.
#[derive(Clone)]
pub struct Days {
    pub end: Timestamp,
    pub last: Date,
    pub calendar: Arc<Calendar>,
}

impl Days {
    pub fn until(end: Timestamp, calendar: &Arc<Calendar>) -> Days {
        Days { end, last: date::jst_date(end), calendar: Arc::clone(calendar) }
    }

    pub fn back(&self, days: i32) -> Date {
        shift(self.last, -days)
    }

    /// The `n`-th open day before the last one; for 0 the last day itself where it is open, or the open day before it.
    pub fn open_back(&self, n: i32) -> Date {
        let mut day = self.open_on_or_before(self.last);
        for _ in 0..n {
            day = self.open_on_or_before(shift(day, -1));
        }
        day
    }

    fn open_on_or_before(&self, day: Date) -> Date {
        let mut day = day;
        while !self.calendar.is_open(day) {
            day = shift(day, -1);
        }
        day
    }

    /// Days from a date to the last day.
    pub fn since(&self, day: Date) -> i32 {
        crate::view::days_between(day, self.last)
    }

    /// Some time in office hours of the day, or of the open day before it, and never after the end of the story.
    pub fn at(&self, day: Date, dice: &mut Dice) -> Timestamp {
        let (hour, minute) = (dice.between(9, 16), dice.between(0, 59));
        time(self.open_on_or_before(day), hour, minute).min(self.end)
    }
}

/// A day, so many days later or earlier.
pub fn shift(day: Date, days: i32) -> Date {
    day.checked_add(days.days()).unwrap_or(day)
}

pub fn time(day: Date, hour: i32, minute: i32) -> Timestamp {
    let (hour, minute) = (i8::try_from(hour).unwrap_or(12), i8::try_from(minute).unwrap_or(0));
    jiff::tz::TimeZone::fixed(jiff::tz::offset(9))
        .to_timestamp(day.at(hour, minute, 0, 0))
        .unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Events that cause one another: each is later than the one before, and none is later than the end of the story.
pub struct Course<'a> {
    days: &'a Days,
    pub now: Timestamp,
}

impl<'a> Course<'a> {
    pub fn from(days: &'a Days, start: Timestamp) -> Course<'a> {
        Course { days, now: start }
    }

    pub fn on(&mut self, day: Date, dice: &mut Dice) -> Timestamp {
        let wanted = self.days.at(day, dice);
        let least = self
            .now
            .saturating_add(jiff::SignedDuration::from_mins(i64::from(dice.between(6, 40))))
            .unwrap_or(self.now);
        self.now = wanted.max(least).min(self.days.end).max(self.now);
        self.now
    }

    /// So many days after the last event.
    pub fn later(&mut self, days: i32, dice: &mut Dice) -> Timestamp {
        self.on(shift(date::jst_date(self.now), days), dice)
    }
}
