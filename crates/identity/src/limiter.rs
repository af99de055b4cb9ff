//! A limit of wrong guesses: so many a minute for each key (an account's name, an address).
//!
//! An attempt whose outcome is open takes a place as if it were wrong, so that a hundred guesses at once are not a
//! hundred guesses; who finds no place waits for an outcome. So of many who are right at once none is refused.
//! It lives in this process alone.

use chrono::Duration;
use kernel::{
    Time,
    error::{Code, Error, Result},
};
use moka::sync::Cache;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

const WINDOW: Duration = Duration::minutes(1);
/// Keys remembered at once.
const KEYS: u64 = 50_000;

struct Counts {
    since: Time,
    wrong: u32,
    open: u32,
}

struct Window {
    counts: Mutex<Counts>,
    /// An attempt has ended.
    ended: Notify,
}

impl Window {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place among the attempts that are open, if there is one left.
    fn enter(&self, limit: u32, now: Time) -> Result<bool> {
        let mut counts = self.counts();
        if now - counts.since >= WINDOW {
            (counts.since, counts.wrong) = (now, 0);
        }
        if counts.wrong >= limit {
            return Err(Error::new(Code::RateLimited));
        }
        let free = counts.wrong + counts.open < limit;
        counts.open += u32::from(free);
        Ok(free)
    }
}

/// Counts attempts by key.
pub(crate) struct Limiter {
    limit: u32,
    windows: Cache<String, Arc<Window>>,
}

/// An attempt whose outcome is open. Dropped, it was wrong.
#[must_use]
pub(crate) struct Attempt {
    window: Arc<Window>,
    right: bool,
}

impl Limiter {
    /// A limiter that allows `limit` wrong attempts a minute.
    pub(crate) fn new(limit: u32) -> Self {
        let forget = std::time::Duration::from_secs(120);
        Self { limit, windows: Cache::builder().max_capacity(KEYS).time_to_idle(forget).build() }
    }

    /// Begins an attempt, once fewer are open than may still go wrong.
    ///
    /// # Errors
    /// `rate_limited` when there have been too many wrong ones within the minute.
    pub(crate) async fn attempt(&self, key: &str, now: Time) -> Result<Attempt> {
        let new = || Arc::new(Window { counts: Mutex::new(Counts { since: now, wrong: 0, open: 0 }), ended: Notify::new() });
        let window = self.windows.get_with_by_ref(key, new);
        loop {
            // Heard from now on: no end between our look and our wait is missed.
            let ended = window.ended.notified();
            if window.enter(self.limit, now)? {
                return Ok(Attempt { window: Arc::clone(&window), right: false });
            }
            ended.await;
        }
    }
}

impl Attempt {
    /// It was right: it does not count.
    pub(crate) fn give_back(mut self) {
        self.right = true;
    }

    /// It was right, and so those before it are forgiven.
    pub(crate) fn forgive(mut self) {
        self.right = true;
        self.window.counts().wrong = 0;
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let mut counts = self.window.counts();
        counts.open -= 1;
        counts.wrong += u32::from(!self.right);
        drop(counts);
        self.window.ended.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn start() -> Time {
        DateTime::from_timestamp(1_780_000_000, 0).unwrap()
    }

    #[tokio::test]
    async fn five_wrong_guesses_a_minute_and_right_ones_are_free() {
        let limiter = Limiter::new(5);
        for _ in 0..5 {
            drop(limiter.attempt("zhang", start()).await.unwrap());
        }
        let sixth = limiter.attempt("zhang", start() + Duration::seconds(59)).await;
        assert_eq!(sixth.err().map(|e| e.code), Some(Code::RateLimited));
        limiter.attempt("li", start()).await.unwrap().give_back();
        let next = limiter.attempt("zhang", start() + Duration::seconds(60)).await.unwrap();
        next.forgive();
        for _ in 0..50 {
            limiter.attempt("zhang", start()).await.unwrap().give_back();
        }
    }

    #[tokio::test]
    async fn of_many_at_once_the_right_ones_all_come_in_and_of_the_wrong_ones_five() {
        for (right, admitted) in [(true, 40), (false, 5)] {
            let limiter = Arc::new(Limiter::new(5));
            let tries: Vec<_> = (0..40)
                .map(|_| {
                    let limiter = Arc::clone(&limiter);
                    tokio::spawn(async move {
                        let Ok(attempt) = limiter.attempt("zhang", start()).await else { return 0 };
                        tokio::task::yield_now().await;
                        if right {
                            attempt.give_back();
                        }
                        1
                    })
                })
                .collect();
            let mut sum = 0;
            for attempt in tries {
                sum += attempt.await.unwrap();
            }
            assert_eq!(sum, admitted, "right: {right}");
        }
    }
}
