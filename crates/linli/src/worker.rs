//! What a server does beside answering: every ten minutes it deletes the answers of old
//! Idempotency-Keys. Several servers on one database may do so at once; the second finds nothing.

use kernel::{Core, Cx, metrics};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval, timeout};

const TASK: &str = "purge_idempotency_keys";
const EVERY: Duration = Duration::from_secs(600);
/// A database that does not answer must not hold the worker for ever.
const AT_MOST: Duration = Duration::from_secs(60);

/// Runs until it is dropped.
pub(crate) async fn run(core: Core) {
    let cx = Cx::system(core);
    metrics::task_begins(TASK);
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let done = timeout(AT_MOST, cx.purge_keys()).await;
        match done {
            Ok(Ok(_)) => metrics::task_succeeded(TASK, cx.now()),
            _ => metrics::task_failed(TASK),
        }
        match done {
            Ok(Ok(0)) => {}
            Ok(Ok(deleted)) => tracing::info!(deleted, "deleted old Idempotency-Keys"),
            Ok(Err(error)) => tracing::warn!(%error, "old Idempotency-Keys stay until the next time"),
            Err(_) => tracing::warn!("deleting old Idempotency-Keys took too long"),
        }
    }
}
