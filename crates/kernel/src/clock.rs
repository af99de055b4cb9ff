//! Time comes in through here and nowhere else, so that a test can move it.

use chrono::{DateTime, Datelike, SubsecRound, Utc};
use std::sync::{Mutex, PoisonError};

/// A moment, in UTC, to the microsecond (what PostgreSQL keeps).
pub type Time = DateTime<Utc>;

/// Whether a moment lies in the years 1 to 9999: all that RFC 3339 can say, and all that SQLite, which compares times as
/// text, keeps in order. A time that a client chose is asked this before it is stored, compared or added to.
#[must_use]
pub fn has_plain_year(time: Time) -> bool {
    (1..=9999).contains(&time.year())
}

/// Something that knows what time it is.
pub trait Clock: Send + Sync {
    /// Now, to the microsecond.
    fn now(&self) -> Time;
}

/// The machine's clock.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everybody else asks")]
    fn now(&self) -> Time {
        Utc::now().trunc_subsecs(6)
    }
}

/// A clock that stands still until it is moved: for tests and for seeding the past.
#[derive(Debug)]
pub struct ManualClock(Mutex<Time>);

impl ManualClock {
    /// A clock that stands at `now`.
    #[must_use]
    pub fn at(now: Time) -> Self {
        Self(Mutex::new(now.trunc_subsecs(6)))
    }

    /// Sets the clock.
    pub fn set(&self, now: Time) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now.trunc_subsecs(6);
    }

    /// Moves the clock forward (or back).
    pub fn advance(&self, by: chrono::Duration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Time {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
