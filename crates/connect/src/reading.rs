//! How the background tasks that tell somebody of events follow the log: at each commit of their own process, and now and
//! then for what other servers have written.

use kernel::{Core, Cx, Result, metrics};
use std::time::Duration;
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep, sleep_until, timeout},
};

/// How often it is looked for what other servers have written, and for what has become due.
pub(crate) const EVERY: Duration = Duration::from_millis(250);
/// So long after a commit: what is committed meanwhile is read in one go, and on PostgreSQL events can be read only when every older
/// transaction has ended.
const SOON: Duration = Duration::from_millis(20);
/// After a failure.
pub(crate) const REST: Duration = Duration::from_secs(1);
/// A database that does not answer must not hold a task for ever.
const AT_MOST: Duration = Duration::from_secs(60);
/// When the server stops, what is under way has so long to come back.
pub(crate) const LAST: Duration = Duration::from_secs(5);

/// What came of reading on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Dispatched {
    /// Messages that were made.
    pub made: u64,
    /// Whether there is more to read at once.
    pub more: bool,
}

/// Reads on again and again, until `stopping` is true; `made` hears of messages that are to be sent.
pub(crate) async fn read_on<F: Future<Output = Result<Dispatched>>>(
    core: Core,
    task: &'static str,
    made: &Notify,
    mut stopping: watch::Receiver<bool>,
    dispatch: impl Fn(Cx) -> F,
) {
    metrics::task_begins(task);
    let mut bell = core.bell.listen();
    let cx = Cx::system(core);
    let mut pause = EVERY;
    while !*stopping.borrow() {
        match timeout(AT_MOST, dispatch(cx.clone())).await {
            Ok(Ok(done)) => {
                metrics::task_succeeded(task, cx.now());
                if done.made > 0 {
                    made.notify_one();
                }
                if done.more {
                    continue;
                }
            }
            failed => {
                metrics::task_failed(task);
                tracing::warn!(task, error = ?failed.map(|done| done.map(drop)), "the event log cannot be read, until the next time");
                sleep(REST).await;
            }
        }
        let next = Instant::now() + pause;
        tokio::select! {
            () = sleep_until(next) => pause = (pause * 2).min(EVERY),
            rung = bell.changed() => {
                pause = SOON;
                if rung.is_err() {
                    return;
                }
                sleep(SOON).await;
            }
            _ = stopping.changed() => {}
        }
    }
}
