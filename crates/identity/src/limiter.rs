//! A limit of wrong guesses: so many a minute for each key (an account's name, an address).
//!
//! It counts an attempt before its outcome is known, so that a hundred guesses at once are not
//! a hundred guesses, and gives it back when it was right. It lives in this process alone.

use chrono::Duration;
use kernel::{
    Time,
    error::{Code, Error, Result},
};
use moka::sync::Cache;
use std::sync::{Arc, Mutex, PoisonError};

const WINDOW: Duration = Duration::minutes(1);
/// Keys remembered at once.
const KEYS: u64 = 50_000;

struct Window {
    since: Time,
    count: u32,
}

/// Counts attempts by key.
pub(crate) struct Limiter {
    limit: u32,
    windows: Cache<String, Arc<Mutex<Window>>>,
}

impl Limiter {
    /// A limiter that allows `limit` wrong attempts a minute.
    pub(crate) fn new(limit: u32) -> Self {
        let forget = std::time::Duration::from_secs(120);
        Self { limit, windows: Cache::builder().max_capacity(KEYS).time_to_idle(forget).build() }
    }

    /// Counts an attempt.
    ///
    /// # Errors
    /// `rate_limited` when there have been too many within the minute.
    pub(crate) fn attempt(&self, key: &str, now: Time) -> Result<()> {
        let window = self.windows.get_with_by_ref(key, || Arc::new(Mutex::new(Window { since: now, count: 0 })));
        let mut window = window.lock().unwrap_or_else(PoisonError::into_inner);
        if now - window.since >= WINDOW {
            *window = Window { since: now, count: 0 };
        }
        if window.count >= self.limit {
            return Err(Error::new(Code::RateLimited));
        }
        window.count += 1;
        Ok(())
    }

    /// The attempt was right: it does not count.
    pub(crate) fn give_back(&self, key: &str) {
        if let Some(window) = self.windows.get(key) {
            let mut window = window.lock().unwrap_or_else(PoisonError::into_inner);
            window.count = window.count.saturating_sub(1);
        }
    }

    /// The attempt was right, and so those before it are forgiven.
    pub(crate) fn forgive(&self, key: &str) {
        self.windows.invalidate(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    #[test]
    fn five_wrong_guesses_a_minute_and_right_ones_are_free() {
        let limiter = Limiter::new(5);
        let start = DateTime::from_timestamp(1_780_000_000, 0).unwrap();
        for _ in 0..5 {
            limiter.attempt("zhang", start).unwrap();
        }
        assert_eq!(limiter.attempt("zhang", start + Duration::seconds(59)).unwrap_err().code, Code::RateLimited);
        assert!(limiter.attempt("li", start).is_ok());
        assert!(limiter.attempt("zhang", start + Duration::seconds(60)).is_ok());
        limiter.forgive("zhang");
        for _ in 0..50 {
            limiter.attempt("zhang", start).unwrap();
            limiter.give_back("zhang");
        }
    }
}
