//! Turns: what keeps a server useful when it is asked for more than it can do.
//!
//! Only so many requests are worked on at once; the others wait for their turn, first come, first served, but not for
//! long. Whoever has waited too long is refused at once and cheaply (503 with `Retry-After`), so that what is taken is also
//! answered in time. Without this every request would get its share of too little, and most of the work would be for
//! clients that have given up.

use kernel::{Code, Error, Result};
use std::{
    sync::Mutex,
    time::{Duration, Instant},
};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

/// Requests that are worked on at once, for each worker: several for each of its database connections, so that none idles.
const FOR_EACH_WORKER: usize = 16;
/// How long a request waits for its turn.
const PATIENCE: Duration = Duration::from_millis(500);
/// A line of log about refusals comes at most this often.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// The turns of a server.
pub(crate) struct Turns {
    free: Semaphore,
    refusals: Mutex<(u64, Option<Instant>)>,
}

/// A request's turn, which ends when this is dropped.
pub(crate) type Turn<'a> = SemaphorePermit<'a>;

impl Turns {
    pub(crate) fn new(workers: usize) -> Self {
        Self { free: Semaphore::new(workers * FOR_EACH_WORKER), refusals: Mutex::default() }
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// `server_overloaded` after half a second.
    pub(crate) async fn take(&self) -> Result<Turn<'_>> {
        match timeout(PATIENCE, self.free.acquire()).await {
            Ok(turn) => turn.map_err(Error::internal),
            Err(elapsed) => {
                self.tell();
                Err(Error::new(Code::ServerOverloaded).because(elapsed))
            }
        }
    }

    fn tell(&self) {
        let mut refusals = self.refusals.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        refusals.0 += 1;
        if refusals.1.is_none_or(|last| last.elapsed() > TELL_EVERY) {
            tracing::warn!(refused = refusals.0, "overloaded: requests that waited too long for their turn are refused");
            *refusals = (0, Some(Instant::now()));
        }
    }
}
