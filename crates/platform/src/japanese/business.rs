//! Open days of the office and the times by which an answer is due.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::{Date, Time, Weekday};

use super::date::{JST, jst};
use super::holiday::holiday;

/// How soon the person who asked was promised a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reply {
    /// On the day of the call, or early on the next open day if the call came late.
    SameDay,
    /// Within so many open days; 0 is read as 1, since a reply needs some time.
    OpenDays(u8),
    /// Within a week of open days, which is five.
    Week,
}

/// The days and hours on which the office is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// Days closed beside weekends, public holidays and the turn of the year.
    closed: BTreeSet<Date>,
    /// The hour in Japan (0 to 23) at which the office opens.
    opens: i8,
    /// The hour in Japan (0 to 23) at which the office closes, and by which replies are due.
    closes: i8,
}

impl Calendar {
    /// The calendar of a public office: open 9:00 to 17:00, closed on Saturdays, Sundays, public
    /// holidays and from 12-29 to 1-3 (行政機関の休日に関する法律 第1条).
    pub fn japan() -> Self {
        Self { closed: BTreeSet::new(), opens: 9, closes: 17 }
    }

    /// The same calendar with further closed days, such as 創立記念日.
    pub fn with_closed(mut self, days: impl IntoIterator<Item = Date>) -> Self {
        self.closed.extend(days);
        self
    }

    /// The same calendar with other hours, or `None` unless `0 <= opens`, `opens + 4 <= closes` and
    /// `closes <= 23`: a shorter day has no room for the times that [`Calendar::due`] gives.
    pub fn with_hours(self, opens: i8, closes: i8) -> Option<Self> {
        let fits = (0..=19).contains(&opens) && (opens + 4..=23).contains(&closes);
        fits.then_some(Self { opens, closes, ..self })
    }

    /// The hour in Japan at which the office opens.
    pub fn opens(&self) -> i8 {
        self.opens
    }

    /// The hour in Japan at which the office closes.
    pub fn closes(&self) -> i8 {
        self.closes
    }

    /// Whether the office is open on a day.
    pub fn is_open(&self, d: Date) -> bool {
        !matches!(d.weekday(), Weekday::Saturday | Weekday::Sunday)
            && !matches!((d.month(), d.day()), (12, 29..=31) | (1, 1..=3))
            && holiday(d).is_none()
            && !self.closed.contains(&d)
    }

    /// Whether the office is open at an instant; the moment of closing still counts.
    pub fn is_open_at(&self, ts: Timestamp) -> bool {
        let now = jst(ts);
        self.is_open(now.date()) && (on_the_hour(self.opens)..=on_the_hour(self.closes)).contains(&now.time())
    }

    /// The first open day from a day on: that day itself if it is open.
    pub fn next_open(&self, d: Date) -> Date {
        let mut day = d;
        while !self.is_open(day) {
            // Past the last day of the calendar of jiff there is no day to move to.
            let Ok(next) = day.tomorrow() else { break };
            day = next;
        }
        day
    }

    /// The n-th open day after a day; for 0 the same as [`Calendar::next_open`].
    pub fn add_open_days(&self, d: Date, n: u16) -> Date {
        if n == 0 {
            return self.next_open(d);
        }
        (0..n).fold(d, |day, _| self.next_open(day.tomorrow().unwrap_or(Date::MAX)))
    }

    /// The time by which a reply is due.
    ///
    /// [`Reply::SameDay`], with the hours of [`Calendar::japan`]: a call before 15:00 on an open day,
    /// even before the office opens, is due at 17:00 of that day; a call from 15:00 until 17:00 at 10:00 of the next open day; a
    /// call in the evening or on a closed day at 12:00 of the next open day.
    /// With other hours these are two hours before closing, and one and three hours after opening.
    /// [`Reply::OpenDays`] and [`Reply::Week`]: at 17:00 of the n-th, or fifth, open day after the
    /// day of the call, which itself is not counted, whatever the hour of the call.
    ///
    /// A due time lies after the call and within open hours, and a later call is never due earlier.
    pub fn due(&self, received: Timestamp, urgency: Reply) -> Timestamp {
        let call = jst(received);
        let today = call.date();
        let days_after = |n: u16| self.add_open_days(today, n);
        match urgency {
            Reply::SameDay if !self.is_open(today) => instant(days_after(1), self.opens + 3),
            Reply::SameDay if call.time() < on_the_hour(self.closes - 2) => instant(today, self.closes),
            Reply::SameDay if call.time() < on_the_hour(self.closes) => instant(days_after(1), self.opens + 1),
            Reply::SameDay => instant(days_after(1), self.opens + 3),
            Reply::OpenDays(n) => instant(days_after(u16::from(n.max(1))), self.closes),
            Reply::Week => instant(days_after(5), self.closes),
        }
    }
}

/// A full hour; the constructors of [`Calendar`] let no other hour than 0 to 23 come here.
fn on_the_hour(hour: i8) -> Time {
    Time::new(hour, 0, 0, 0).unwrap_or(Time::MIN)
}

/// The instant of a full hour in Japan; on the last days of the calendar of jiff its last instant.
fn instant(day: Date, hour: i8) -> Timestamp {
    JST.to_timestamp(day.to_datetime(on_the_hour(hour))).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    /// A day of November 2026.
    fn nov(day: i8) -> Date {
        date(2026, 11, day)
    }

    /// An instant of November 2026 in Japan; the 22nd is a Sunday and the 23rd a holiday.
    fn at(day: i8, hour: i8, minute: i8) -> Timestamp {
        JST.to_timestamp(nov(day).at(hour, minute, 0, 0)).expect("November 2026 lies within the range of instants")
    }

    #[test]
    fn weekends_holidays_and_the_turn_of_the_year_are_closed() {
        let office = Calendar::japan();
        let turn = [date(2026, 12, 29), date(2026, 12, 31), date(2029, 1, 3)];
        for closed in [nov(21), nov(22), nov(23)].into_iter().chain(turn) {
            assert!(!office.is_open(closed), "{closed}");
        }
        for open in [nov(20), date(2026, 12, 28), date(2027, 1, 4), date(2026, 6, 29)] {
            assert!(office.is_open(open), "{open}");
        }
    }

    #[test]
    fn a_further_closed_day_is_passed_over() {
        let office = Calendar::japan().with_closed([nov(24)]);
        assert_eq!(office.next_open(nov(21)), nov(25));
        assert_eq!(Calendar::japan().next_open(nov(21)), nov(24));
        assert_eq!(office.next_open(nov(20)), nov(20));
    }

    #[test]
    fn open_days_are_counted_from_the_day_after() {
        let office = Calendar::japan();
        assert_eq!(office.add_open_days(nov(19), 1), nov(20));
        assert_eq!(office.add_open_days(nov(19), 3), nov(25));
        assert_eq!(office.add_open_days(nov(21), 1), nov(24));
        assert_eq!(office.add_open_days(nov(21), 0), nov(24));
        assert_eq!(office.add_open_days(date(2026, 12, 28), 1), date(2027, 1, 4));
    }

    #[test]
    fn a_reply_of_the_same_day_follows_the_hour_of_the_call() {
        let due = |received| Calendar::japan().due(received, Reply::SameDay);
        assert_eq!(due(at(19, 3, 0)), at(19, 17, 0));
        assert_eq!(due(at(19, 14, 59)), at(19, 17, 0));
        assert_eq!(due(at(19, 15, 0)), at(20, 10, 0));
        assert_eq!(due(at(19, 16, 59)), at(20, 10, 0));
        assert_eq!(due(at(19, 17, 0)), at(20, 12, 0));
        assert_eq!(due(at(20, 23, 0)), at(24, 12, 0));
        assert_eq!(due(at(22, 9, 0)), at(24, 12, 0));
    }

    #[test]
    fn a_reply_of_some_days_is_due_at_closing_time() {
        let office = Calendar::japan();
        assert_eq!(office.due(at(19, 18, 0), Reply::OpenDays(3)), at(25, 17, 0));
        assert_eq!(office.due(at(19, 9, 0), Reply::OpenDays(0)), at(20, 17, 0));
        assert_eq!(office.due(at(19, 9, 0), Reply::Week), at(27, 17, 0));
        assert_eq!(office.due(at(22, 9, 0), Reply::OpenDays(1)), at(24, 17, 0));
    }

    #[test]
    fn hours_without_room_for_a_reply_are_refused() {
        assert!(Calendar::japan().with_hours(8, 18).is_some());
        for (opens, closes) in [(-1, 17), (9, 12), (9, 24), (17, 9), (i8::MAX, i8::MIN)] {
            assert!(Calendar::japan().with_hours(opens, closes).is_none(), "{opens} {closes}");
        }
    }

    #[test]
    fn the_end_of_time_stops_the_search() {
        let office = Calendar::japan().with_closed([Date::MAX]);
        assert_eq!(office.next_open(Date::MAX), Date::MAX);
        assert!(office.due(Timestamp::MAX, Reply::Week) <= Timestamp::MAX);
    }

    fn replies() -> impl Strategy<Value = Reply> {
        prop_oneof![Just(Reply::SameDay), (0u8..30).prop_map(Reply::OpenDays), Just(Reply::Week)]
    }

    fn offices() -> impl Strategy<Value = Calendar> {
        let closed = prop::collection::vec(0i64..30, 0..10);
        (0i8..=19, 4i8..=23, closed).prop_filter_map("the hours have no room", |(opens, length, closed)| {
            let days = closed.into_iter().map(|n| {
                let span = jiff::Span::new().days(n);
                nov(10).checked_add(span).expect("a month after 2026 is no far day")
            });
            Calendar::japan().with_closed(days).with_hours(opens, opens.checked_add(length)?)
        })
    }

    proptest! {
        #[test]
        fn a_due_time_lies_after_the_call_and_in_open_hours(
            office in offices(), second in 1_793_000_000i64..1_799_000_000, urgency in replies(),
        ) {
            let received = Timestamp::from_second(second).expect("2026 is within the range");
            let due = office.due(received, urgency);
            prop_assert!(due > received);
            prop_assert!(office.is_open_at(due), "{due}");
        }

        #[test]
        fn a_later_call_is_never_due_earlier(
            office in offices(), second in 1_793_000_000i64..1_799_000_000,
            later in 0i64..1_000_000, urgency in replies(),
        ) {
            let received = |second| Timestamp::from_second(second).expect("2026 is within the range");
            let first = office.due(received(second), urgency);
            prop_assert!(first <= office.due(received(second + later), urgency));
        }

        #[test]
        fn the_nth_open_day_has_as_many_open_days_up_to_it(days in 0i32..30_000, n in 1u16..40) {
            let office = Calendar::japan();
            let start = date(2000, 1, 1).checked_add(jiff::Span::new().days(days)).expect("within the century");
            let end = office.add_open_days(start, n);
            let open = start.series(jiff::Span::new().days(1)).skip(1).take_while(|day| *day <= end);
            prop_assert_eq!(open.filter(|day| office.is_open(*day)).count(), usize::from(n));
            prop_assert!(office.is_open(end));
        }
    }
}
