//! Time comes in through here and nowhere else, so that a test can move it.

use chrono::{DateTime, Datelike, SubsecRound, Timelike, Utc};
use serde::{Serialize, Serializer};
use std::sync::{Mutex, PoisonError};

/// A moment, in UTC, to the microsecond (what PostgreSQL keeps).
pub type Time = DateTime<Utc>;

/// Whether a moment lies in the years 1 to 9999: all that RFC 3339 can say, and all that SQLite, which compares times as
/// text, keeps in order. A time that a client chose is asked this before it is stored, compared or added to.
#[must_use]
pub fn has_plain_year(time: Time) -> bool {
    (1..=9999).contains(&time.year())
}

/// Writes a time as chrono does, without asking character by character whether it needs an escape: for what is listed
/// often and has many.
///
/// # Errors
/// As the serializer.
pub fn write<S: Serializer>(time: &Time, serializer: S) -> Result<S::Ok, S::Error> {
    let nanos = time.nanosecond();
    if !has_plain_year(*time) || nanos >= 1_000_000_000 {
        return time.serialize(serializer);
    }
    let mut text = *b"0000-00-00T00:00:00.000000000Z";
    let year = time.year().unsigned_abs();
    let pairs =
        [(0, year / 100), (2, year % 100), (5, time.month()), (8, time.day()), (11, time.hour()), (14, time.minute()), (17, time.second())];
    for (at, pair) in pairs {
        digits(&mut text[at..at + 2], pair);
    }
    digits(&mut text[20..29], nanos);
    let end = match nanos {
        0 => 19,
        n if n.is_multiple_of(1_000_000) => 23,
        n if n.is_multiple_of(1_000) => 26,
        _ => 29,
    };
    text[end] = b'Z';
    serializer.serialize_str(std::str::from_utf8(&text[..=end]).unwrap_or_default())
}

/// The same for one that may be absent.
///
/// # Errors
/// As the serializer.
pub fn write_some<S: Serializer>(time: &Option<Time>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => write(time, serializer),
        None => serializer.serialize_none(),
    }
}

/// A number as so many digits.
fn digits(text: &mut [u8], mut number: u32) {
    for digit in text.iter_mut().rev() {
        *digit = b"0123456789"[(number % 10) as usize];
        number /= 10;
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Written(#[serde(serialize_with = "write_some")] Option<Time>);

    #[test]
    fn a_time_is_written_as_chrono_writes_it() {
        let mut seconds: i64 = -62_135_596_800;
        let ends = [(253_402_300_800, 0), (-70_000_000_000, 5), (1_794_790_799, 1_500_000_000)];
        let many = (0..20_000).map(|n: u32| {
            // Some 184 days and a bit further each time: from the year 1 to the year 9999.
            seconds += 15_774_321;
            let nanos = [0, 1, 999_999_999, n * 1_000, n % 1_000 * 1_000_000, 120_000_000][n as usize % 6];
            (seconds, nanos)
        });
        for (seconds, nanos) in many.chain(ends) {
            let Some(time) = DateTime::from_timestamp(seconds, nanos) else { panic!("{seconds} {nanos}") };
            let plain = serde_json::to_string(&time).expect("a text");
            assert_eq!(serde_json::to_string(&Written(Some(time))).expect("a text"), plain);
        }
        assert_eq!(serde_json::to_string(&Written(None)).expect("a text"), "null");
    }
}
