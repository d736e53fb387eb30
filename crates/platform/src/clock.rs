//! The only place that reads the wall clock.

use jiff::{SignedDuration, Timestamp, civil::Date};
use std::sync::{Arc, Mutex, PoisonError};

/// Where "now" comes from: the machine, or a hand-set instant for tests and demo data.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Fixed(Arc<Mutex<Timestamp>>),
}

impl Clock {
    pub fn system() -> Self {
        Clock(Source::System)
    }

    pub fn fixed(at: Timestamp) -> Self {
        Clock(Source::Fixed(Arc::new(Mutex::new(at))))
    }

    /// The current instant, cut to milliseconds because that is what both databases keep alike.
    pub fn now(&self) -> Timestamp {
        let now = match &self.0 {
            #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the wall clock")]
            Source::System => Timestamp::now(),
            Source::Fixed(at) => *at.lock().unwrap_or_else(PoisonError::into_inner),
        };
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    /// Today's date in Japan.
    pub fn today(&self) -> Date {
        crate::japanese::date::jst_date(self.now())
    }

    /// Moves a fixed clock; a system clock is not moved, because nobody but the machine may.
    pub fn advance(&self, by: SignedDuration) {
        if let Source::Fixed(at) = &self.0 {
            let mut at = at.lock().unwrap_or_else(PoisonError::into_inner);
            *at = at.saturating_add(by).unwrap_or(*at);
        }
    }
}
