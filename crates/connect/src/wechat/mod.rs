//! WeChat (微信小程序): residents and takers sign in from a mini-program, are told there how orders go on, and what they write and
//! photograph is checked by WeChat.
//!
//! [`sign_in`] finds the account that is bound to a WeChat user; the first time by the phone number that WeChat vouches for. Whoever
//! manages others binds with their password ([`bind`]), because the phone of an account can be changed by who manages it. From the
//! event log [`follow`] makes messages for whoever agreed to one and checks of what came from the mini-program; [`send`] and [`check`]
//! carry them out, again and again while WeChat is away. What WeChat tells by itself comes in by [`push`].
//!
//! Nothing here is asked of WeChat inside a transaction, and no order waits for it. Who somebody is at WeChat (`openid`) is sealed; the
//! `session_key` is not even read.

mod check;
mod client;
mod command;
mod event;
mod follow;
pub mod push;
mod queue;
mod row;
mod send;
mod store;
mod template;
mod token;
mod user;
mod value;
mod view;

pub use check::{check_due, decide_check, list_checks, quarantines, receive_push, verify_push};
pub use client::{Edition, Setup, Wechat};
pub use command::{
    BindWechat, DecideWechatCheck, Field, ListWechatChecks, ListWechatMessages, ListWechatTemplates, MakeWechatQrCode, ReceiveWechatPush,
    RecordWechatSubscriptions, SetWechatTemplate, SignInByWechat, Source,
};
pub(crate) use event::event_types;
pub use follow::{Followed, follow};
pub use row::{Audience, CheckKind, CheckState, MessageState, Verdict};
pub use send::{list_messages, retry_message, send_due};
pub use template::{list_subscriptions, list_templates, make_qr_code, record_subscriptions, set_template};
pub use user::{bind, bound_since, erase as erase_binding, sign_in, unbind};
pub use view::{QrCode, WechatBinding, WechatCheck, WechatMessage, WechatSubscription, WechatSubscriptionList, WechatTemplate};

use kernel::{Code, Core, Cx, Error, Permission, Result, access::Reach, metrics};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until, timeout},
};

/// The tables of this module as its entities see them.
pub(crate) fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    vec![
        schema.create_table_from_entity(row::binding::Entity),
        schema.create_table_from_entity(row::subscription::Entity),
        schema.create_table_from_entity(row::template::Entity),
        schema.create_table_from_entity(row::message::Entity),
        schema.create_table_from_entity(row::check::Entity),
        schema.create_table_from_entity(row::token::Entity),
        schema.create_table_from_entity(row::reader::Entity),
    ]
}

/// Where the caller looks after WeChat.
fn reach(cx: &Cx) -> Result<Reach> {
    let reach = cx.actor.reach(Permission::WechatManage);
    if reach.regions.is_empty() {
        return Err(Error::new(Code::PermissionMissing).with("permission", Permission::WechatManage));
    }
    Ok(reach)
}

/// Deletes messages that were done so long ago; returns how many.
///
/// # Errors
/// `database_unavailable`.
pub async fn purge(cx: &Cx, keep: chrono::Duration) -> Result<u64> {
    queue::purge(cx, cx.now() - keep).await
}

/// How often it is looked for what other servers have written, and for what has become due.
const EVERY: Duration = Duration::from_secs(1);
/// After a failure.
const REST: Duration = Duration::from_secs(2);
/// A database that does not answer must not hold a task for ever.
const AT_MOST: Duration = Duration::from_secs(60);

/// Reads the log, sends messages and makes checks, until `stopping` is true. Several servers may do so at once.
pub async fn run(core: Core, wechat: Arc<Wechat>, mut stopping: watch::Receiver<bool>) {
    const TASKS: [&str; 3] = ["follow_wechat", "send_wechat", "check_wechat"];
    TASKS.iter().for_each(|task| metrics::task_begins(task));
    let mut bell = core.bell.listen();
    let cx = Cx::system(core.clone());
    while !*stopping.borrow() {
        let began = Instant::now();
        let followed = timeout(AT_MOST, async {
            while follow(&cx, &wechat).await?.more {}
            Ok::<u64, Error>(0)
        });
        let (sent, checked) = (timeout(AT_MOST, send_due(&core, &wechat)), timeout(AT_MOST, check_due(&core, &wechat)));
        let (followed, sent, checked) = tokio::join!(followed, sent, checked);
        let mut sound = true;
        for (task, done) in TASKS.into_iter().zip([followed, sent, checked]) {
            match done {
                Ok(Ok(_)) => metrics::task_succeeded(task, cx.now()),
                failed => {
                    sound = false;
                    metrics::task_failed(task);
                    tracing::warn!(task, error = ?failed.map(|done| done.map(drop)), "failed, until the next time");
                }
            }
        }
        if !sound {
            sleep(REST).await;
        }
        tokio::select! {
            () = sleep_until(began + EVERY) => {}
            rung = bell.changed() => {
                if rung.is_err() {
                    return;
                }
                // What is committed meanwhile is read in one go.
                sleep(Duration::from_millis(100)).await;
            }
            _ = stopping.changed() => {}
        }
    }
}
