//! Subscribe messages (订阅消息) on their way: sent until WeChat has them, or says that they are wrong or not wanted.
//!
//! While WeChat is away or a quota is used up, a message is tried again after the waits of [`WAITS`]; then it has failed, and
//! somebody who looks after WeChat may send it again. A user who does not want to be told any more (43101) is not asked again
//! until they agree anew.

use super::{
    MessageState, Wechat,
    client::Fault,
    command::ListWechatMessages,
    queue, reach,
    row::{binding, message},
    store, template,
    view::WechatMessage,
};
use chrono::Duration;
use futures_util::future::join_all;
use kernel::{Code, Core, Cx, Error, Page, PageQuery, Pager, Permission, Result, id::WechatMessageId};
use serde_json::{Value, json};
use services::order;
use uuid::Uuid;

/// Messages that are sent at once.
const AT_ONCE: u64 = 16;
/// So long messages that were taken are kept from others: longer than it can take to send them, a forced token included.
const LEASE: Duration = Duration::seconds(60);
/// The waits after each attempt that may go well later; after the last the message has failed.
const WAITS: [Duration; 7] = [
    Duration::seconds(10),
    Duration::minutes(1),
    Duration::minutes(5),
    Duration::minutes(30),
    Duration::hours(2),
    Duration::hours(6),
    Duration::hours(12),
];

/// What becomes of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fate {
    Sent,
    /// The user does not want to be told.
    Refused,
    Failed,
    Again(Duration),
}

/// The one rule: what follows from an attempt, the so-many-th.
fn fate(outcome: Result<(), &Fault>, attempt: i32) -> Fate {
    match outcome {
        Ok(()) => Fate::Sent,
        Err(fault) if fault.errcode() == Some(43101) => Fate::Refused,
        Err(fault) if fault.may_pass() => {
            let wait = usize::try_from(attempt - 1).ok().and_then(|n| WAITS.get(n));
            wait.map_or(Fate::Failed, |wait| Fate::Again(*wait))
        }
        Err(_) => Fate::Failed,
    }
}

/// Sends what is due; returns how many were tried. For a background task; several servers may do so at once.
///
/// # Errors
/// `database_unavailable`.
pub async fn send_due(core: &Core, wechat: &Wechat) -> Result<u64> {
    let cx = Cx::system(core.clone());
    let mut tried = 0;
    loop {
        let mut tx = cx.begin();
        let (token, until): (Uuid, _) = (tx.id(), tx.now + LEASE);
        let rows = queue::claim_messages(&mut tx, token, until, AT_ONCE).await?;
        tx.commit(()).await?;
        if rows.is_empty() {
            return Ok(tried);
        }
        tried += u64::try_from(rows.len()).unwrap_or_default();
        let bindings = store::bindings_of(&cx, rows.iter().map(|row| row.account_id).collect()).await?;
        let outcomes = join_all(rows.iter().map(|row| send(core, &cx, wechat, row, &bindings))).await;
        let mut tx = cx.begin();
        for (mut row, outcome) in rows.into_iter().zip(outcomes) {
            row.attempts += 1;
            let fate = fate(outcome.as_ref().copied(), row.attempts);
            row.errcode = outcome.as_ref().err().and_then(Fault::errcode);
            row.reason = outcome.as_ref().err().map(ToString::to_string);
            row.done_at = (!matches!(fate, Fate::Again(_))).then_some(tx.now);
            row.state = match fate {
                Fate::Sent => MessageState::Sent,
                Fate::Refused => MessageState::Refused,
                Fate::Failed => MessageState::Failed,
                Fate::Again(wait) => {
                    row.due_at = tx.now + wait;
                    MessageState::Pending
                }
            };
            if !queue::settle_message(&mut tx, token, &row).await? {
                continue;
            }
            match fate {
                Fate::Sent => store::use_up(&mut tx, row.account_id, &row.template_id, false).await?,
                Fate::Refused => {
                    store::use_up(&mut tx, row.account_id, &row.template_id, true).await?;
                    queue::stop_messages(&mut tx, row.account_id, &row.template_id).await?;
                }
                Fate::Failed => tracing::warn!(message = %row.id, errcode = row.errcode, "a subscribe message has failed"),
                Fate::Again(_) => {}
            }
        }
        tx.commit(()).await?;
    }
}

async fn send(core: &Core, cx: &Cx, wechat: &Wechat, row: &message::Model, bindings: &[binding::Model]) -> Result<(), Fault> {
    let Some(binding) = bindings.iter().find(|binding| binding.account_id == row.account_id) else {
        return Err(Fault::Said { errcode: 43101, errmsg: "the account is bound to no WeChat user any more".to_owned() });
    };
    let openid = binding.openid(cx)?;
    let order = order::get(cx, row.order_id).await?;
    let data = match template::data(row, &order)? {
        Ok(data) => data,
        // As WeChat would say it.
        Err(key) => return Err(Fault::Said { errcode: 47003, errmsg: format!("data.{key}.value cannot be said") }),
    };
    let mut body = json!({
        "touser": openid,
        "template_id": row.template_id,
        "data": data,
        "miniprogram_state": wechat.setup.edition.miniprogram_state(),
        "lang": "zh_CN",
    });
    if let Some(page) = &row.page {
        body["page"] = json!(page);
    }
    wechat.call::<Value>(core, "/cgi-bin/message/subscribe/send", &body).await.map(drop)
}

/// The messages that were sent and are to be sent (订阅消息列表), the newest first.
///
/// # Errors
/// `permission_missing`; `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_messages(cx: &Cx, query: ListWechatMessages) -> Result<Page<WechatMessage>> {
    let reach = reach(cx)?;
    let filters = (query.region_code, query.state);
    let pager = Pager::new("wechat_messages", &filters, PageQuery { limit: query.limit, cursor: query.cursor.clone() })?;
    Ok(pager.page(store::messages(cx, &reach, &query, &pager).await?, |row| row.id)?.map(WechatMessage::from))
}

/// Sends a message that has failed once more (重发), and again while WeChat is away.
///
/// # Errors
/// `wechat_message_not_found`, also for those who may not know of it; `wechat_message_done`.
pub async fn retry_message(cx: &Cx, id: WechatMessageId) -> Result<WechatMessage> {
    let missing = || Error::new(Code::WechatMessageNotFound);
    let row = queue::find_message(cx, id).await?.filter(|row| cx.actor.can(Permission::WechatManage, &row.region_code.into()));
    let mut row = row.ok_or_else(missing)?;
    let mut tx = cx.begin();
    if row.state != MessageState::Failed || !queue::try_again(&mut tx, id).await? {
        return Err(Error::new(Code::WechatMessageDone).with("state", row.state));
    }
    (row.state, row.attempts, row.due_at, row.done_at) = (MessageState::Pending, 0, tx.now, None);
    tx.commit(row.into()).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_from_an_attempt() {
        let said = |errcode| Fault::Said { errcode, errmsg: String::new() };
        assert_eq!(fate(Ok(()), 1), Fate::Sent);
        assert_eq!(fate(Err(&said(43101)), 1), Fate::Refused);
        for wrong in [40003, 40037, 41030, 47003, 40013] {
            assert_eq!(fate(Err(&said(wrong)), 1), Fate::Failed, "{wrong}");
        }
        for passing in [said(-1), said(45009), said(42001), Fault::Away("away".to_owned())] {
            assert_eq!(fate(Err(&passing), 1), Fate::Again(WAITS[0]));
            assert_eq!(fate(Err(&passing), 7), Fate::Again(WAITS[6]));
            assert_eq!(fate(Err(&passing), 8), Fate::Failed);
        }
    }
}
