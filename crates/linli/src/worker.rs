//! What a server does beside answering: every ten minutes it deletes the answers of old
//! Idempotency-Keys, the files that nobody used, old webhook deliveries and messages by WeChat, signatures of hotlines that nobody can repeat any more,
//! and every few seconds it carries the outcome of orders to the opinions that
//! they grew from. Several servers on one database may do so at once; the second finds nothing.

use files::Files;
use kernel::{Core, Cx, Result, metrics};
use std::{sync::Arc, time::Duration};
use tokio::time::{MissedTickBehavior, interval, timeout};

/// A database that does not answer must not hold the worker for ever.
const AT_MOST: Duration = Duration::from_secs(60);

/// Runs until it is dropped.
pub(crate) async fn run(core: Core, files: Arc<Files>, webhooks: chrono::Duration) {
    let cx = Cx::system(core);
    let purge = |cx: Cx| {
        let files = Arc::clone(&files);
        async move { files::purge(&files, &cx).await }
    };
    tokio::join!(
        repeat(cx.clone(), "purge_attachments", Duration::from_secs(600), purge),
        repeat(cx.clone(), "purge_webhooks", Duration::from_secs(600), |cx| async move { connect::webhook::purge(&cx, webhooks).await }),
        repeat(cx.clone(), "purge_wechat", Duration::from_secs(600), |cx| async move { connect::wechat::purge(&cx, webhooks).await }),
        repeat(cx.clone(), "purge_hotlines", Duration::from_secs(600), |cx| async move { connect::hotline::purge(&cx).await }),
        repeat(cx.clone(), "purge_idempotency_keys", Duration::from_secs(600), |cx| async move { cx.purge_keys().await }),
        repeat(cx, "follow_orders", Duration::from_secs(5), |cx| async move { visits::opinion::follow_orders(&cx).await }),
    );
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
