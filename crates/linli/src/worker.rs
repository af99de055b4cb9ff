//! What a server does beside answering: every ten minutes it deletes the answers of old
//! Idempotency-Keys, the files that nobody used, old webhook deliveries and messages by WeChat, signatures of hotlines that nobody can repeat any more,
//! the files of imports and exports and, later, the jobs themselves, and every few seconds it carries the outcome of orders to the opinions that
//! they grew from. Several servers on one database may do so at once; the second finds nothing.

use files::Files;
use kernel::{Core, Cx, Result, metrics};
use std::{sync::Arc, time::Duration};
use tokio::time::{MissedTickBehavior, interval, timeout};

/// A database that does not answer must not hold the worker for ever.
const AT_MOST: Duration = Duration::from_secs(60);

/// How long what is done is kept.
#[derive(Clone, Copy)]
pub(crate) struct Kept {
    /// Webhook deliveries, and messages by WeChat.
    pub(crate) webhooks: chrono::Duration,
    /// Imports and exports.
    pub(crate) jobs: chrono::Duration,
}

/// Runs until it is dropped.
pub(crate) async fn run(core: Core, files: Arc<Files>, kept: Kept, purge_hours: u32) {
    let Kept { webhooks, jobs } = kept;
    let cx = Cx::system(core);
    let purge = |cx: Cx| {
        let files = Arc::clone(&files);
        async move { files::purge(&files, &cx).await }
    };
    let jobs = |cx: Cx| {
        let files = Arc::clone(&files);
        async move { jobs::purge(&cx, &files, jobs).await }
    };
    tokio::join!(
        repeat(cx.clone(), "purge_jobs", Duration::from_secs(600), jobs),
        repeat(cx.clone(), "purge_attachments", Duration::from_secs(600), purge),
        repeat(cx.clone(), "purge_webhooks", Duration::from_secs(600), |cx| async move { connect::webhook::purge(&cx, webhooks).await }),
        repeat(cx.clone(), "purge_wechat", Duration::from_secs(600), |cx| async move { connect::wechat::purge(&cx, webhooks).await }),
        repeat(cx.clone(), "purge_hotlines", Duration::from_secs(600), |cx| async move { connect::hotline::purge(&cx).await }),
        repeat(cx.clone(), "purge_idempotency_keys", Duration::from_secs(600), |cx| async move { cx.purge_keys().await }),
        retention(cx.clone(), purge_hours),
        repeat(cx, "follow_orders", Duration::from_secs(5), |cx| async move { visits::opinion::follow_orders(&cx).await }),
    );
}

/// Deletes what the retention policies say is over; never, unless the operator has asked for it.
async fn retention(cx: Cx, hours: u32) {
    if hours > 0 {
        let every = Duration::from_secs(u64::from(hours) * 3600);
        repeat(cx, "purge_retention", every, |cx| async move { crate::purge::in_background(&cx).await }).await;
    }
}

/// Does a task again and again; it says how many things it has dealt with.
async fn repeat<F: Future<Output = Result<u64>>>(cx: Cx, task: &'static str, every: Duration, work: impl Fn(Cx) -> F) {
    metrics::task_begins(task);
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let done = timeout(AT_MOST, work(cx.clone())).await;
        match done {
            Ok(Ok(_)) => metrics::task_succeeded(task, cx.now()),
            _ => metrics::task_failed(task),
        }
        match done {
            Ok(Ok(0)) => {}
            Ok(Ok(count)) => tracing::info!(task, count, "done"),
            Ok(Err(error)) => tracing::warn!(task, %error, "failed, until the next time"),
            Err(_) => tracing::warn!(task, "took too long"),
        }
    }
}
