//! Content checks (内容安全检测): what comes from the mini-program is looked at by WeChat.
//!
//! Titles and contents of orders are checked after they were placed, so that no order waits; what is doubtful is shown to those
//! who look after it. Pictures and recordings are in quarantine from their upload until WeChat tells what it thinks, by
//! message push; when it has not within half an hour, a person decides. Texts go out without phone and ID numbers.

use super::{
    CheckKind, CheckState, Verdict, Wechat,
    client::Fault,
    command::{DecideWechatCheck, ListWechatChecks, ReceiveWechatPush},
    event::WechatEvent,
    queue, reach,
    row::check,
    store,
    view::WechatCheck,
};
use chrono::Duration;
use files::Quarantine;
use futures_util::future::join_all;
use kernel::{
    Code, Core, Cx, Error, Page, PageQuery, Pager, Permission, Result, Subject, Tx,
    id::{AttachmentId, OrderId, WechatCheckId},
    mask,
};
use serde::Deserialize;
use serde_json::{Value, json};
use services::order;
use uuid::Uuid;

/// The most characters of one text check.
const PIECE: usize = 2_500;
/// What WeChat is told that the texts are: of a forum (论坛).
const SCENE: u8 = 3;
/// Checks that are made at once.
const AT_ONCE: u64 = 8;
/// So long checks that were taken are kept from others.
const LEASE: Duration = Duration::seconds(60);
/// WeChat tells within half an hour what it thinks of a picture.
const PATIENCE: Duration = Duration::minutes(30);
/// The waits after each attempt that may go well later; after the last a person decides.
const WAITS: [Duration; 4] = [Duration::seconds(10), Duration::minutes(1), Duration::minutes(10), Duration::hours(1)];

#[derive(Deserialize)]
struct Checked {
    result: Found,
    trace_id: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
struct Found {
    suggest: Verdict,
    label: Option<i32>,
}

#[derive(Deserialize)]
struct Asked {
    trace_id: String,
}

/// What an attempt at a check gave.
enum Outcome {
    Found(Found, Option<String>),
    /// WeChat will tell.
    Asked(String),
    /// There is nothing left to check.
    Gone,
    /// The answer has not come in time.
    Silent,
}

/// A text in pieces that are not too long for a check.
fn pieces(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(PIECE).map(|piece| piece.iter().collect()).collect()
}

/// The worse of two.
const fn worse(one: Found, other: Found) -> Found {
    const fn weight(verdict: Verdict) -> u8 {
        match verdict {
            Verdict::Pass => 0,
            Verdict::Review => 1,
            Verdict::Risky => 2,
        }
    }
    if weight(other.suggest) > weight(one.suggest) { other } else { one }
}

/// Where a check stands after what WeChat says. A text that is there already is not taken away: a person decides.
const fn settled(kind: CheckKind, verdict: Verdict) -> CheckState {
    match (kind, verdict) {
        (_, Verdict::Pass) => CheckState::Passed,
        (CheckKind::Media, Verdict::Risky) => CheckState::Blocked,
        (_, Verdict::Review | Verdict::Risky) => CheckState::Review,
    }
}

/// Whether what the caller uploads is in quarantine until WeChat has looked at it: of those who use the mini-program, where pictures
/// are checked.
///
/// # Errors
/// `database_unavailable`.
pub async fn quarantines(cx: &Cx, wechat: &Wechat) -> Result<bool> {
    Ok(wechat.checks_pictures() && store::binding_of(cx, cx.actor.account()?).await?.is_some())
}

/// Makes the checks that are due; returns how many were tried. For a background task; several servers may do so at once.
///
/// # Errors
/// `database_unavailable`.
pub async fn check_due(core: &Core, wechat: &Wechat) -> Result<u64> {
    let cx = Cx::system(core.clone());
    let mut tried = 0;
    loop {
        let mut tx = cx.begin();
        let (token, until): (Uuid, _) = (tx.id(), tx.now + LEASE);
        let rows = queue::claim_checks(&mut tx, token, until, AT_ONCE).await?;
        tx.commit(()).await?;
        if rows.is_empty() {
            return Ok(tried);
        }
        tried += u64::try_from(rows.len()).unwrap_or_default();
        let outcomes = join_all(rows.iter().map(|row| attempt(core, &cx, wechat, row))).await;
        let mut tx = cx.begin();
        for (mut row, outcome) in rows.into_iter().zip(outcomes) {
            let from = row.state;
            row.attempts += 1;
            row.errcode = outcome.as_ref().err().and_then(Fault::errcode);
            row.reason = outcome.as_ref().err().map(ToString::to_string);
            match outcome {
                Ok(Outcome::Found(found, trace_id)) => {
                    (row.state, row.verdict, row.label) = (settled(row.kind, found.suggest), Some(found.suggest), found.label);
                    row.trace_id = trace_id;
                }
                Ok(Outcome::Asked(trace_id)) => {
                    (row.state, row.trace_id, row.due_at) = (CheckState::Waiting, Some(trace_id), tx.now + PATIENCE);
                }
                Ok(Outcome::Gone) => row.state = CheckState::Passed,
                Ok(Outcome::Silent) => {
                    (row.state, row.reason) = (CheckState::Review, Some("WeChat has not told in time".to_owned()));
                }
                Err(fault) => match usize::try_from(row.attempts - 1).ok().and_then(|n| WAITS.get(n)).filter(|_| fault.may_pass()) {
                    Some(wait) => row.due_at = tx.now + *wait,
                    None => row.state = CheckState::Review,
                },
            }
            settle(&mut tx, from, Some(token), row).await?;
        }
        tx.commit(()).await?;
    }
}

async fn attempt(core: &Core, cx: &Cx, wechat: &Wechat, row: &check::Model) -> Result<Outcome, Fault> {
    if row.state == CheckState::Waiting {
        return Ok(Outcome::Silent);
    }
    let Some(binding) = store::binding_of(cx, row.account_id).await? else {
        // Whom WeChat does not know it does not check for.
        return Err(Fault::Said { errcode: 40003, errmsg: "the account is bound to no WeChat user any more".to_owned() });
    };
    let openid = binding.openid(cx)?;
    match row.kind {
        CheckKind::Text => {
            let order = order::get(cx, OrderId(row.subject_id)).await?;
            let text = mask::text(&format!("{}\n{}", order.title, order.content));
            let (mut worst, mut trace) = (Found { suggest: Verdict::Pass, label: None }, None);
            for content in pieces(&text) {
                let body = json!({ "content": content, "version": 2, "scene": SCENE, "openid": openid });
                let checked: Checked = wechat.call(core, "/wxa/msg_sec_check", &body).await?;
                trace = trace.or(checked.trace_id);
                worst = worse(worst, checked.result);
            }
            Ok(Outcome::Found(worst, trace))
        }
        CheckKind::Media => {
            let path = files::link_to_check(cx, AttachmentId(row.subject_id), PATIENCE + Duration::minutes(5)).await?;
            let (Some(path), Some(server)) = (path, &wechat.setup.public_url) else { return Ok(Outcome::Gone) };
            let audio = row.media_type.as_deref().is_some_and(|kind| kind.starts_with("audio/"));
            let body = json!({
                "media_url": format!("{}{path}", server.trim_end_matches('/')),
                "media_type": if audio { 1 } else { 2 },
                "version": 2,
                "scene": SCENE,
                "openid": openid,
            });
            let asked: Asked = wechat.call(core, "/wxa/media_check_async", &body).await?;
            Ok(Outcome::Asked(asked.trace_id))
        }
    }
}

/// Writes down how a check stands, if it still stands as it did, with what follows from it.
async fn settle(tx: &mut Tx<'_>, from: CheckState, claim: Option<Uuid>, mut row: check::Model) -> Result<bool> {
    let open = matches!(row.state, CheckState::Pending | CheckState::Waiting);
    row.done_at = (!open).then_some(tx.now);
    if !queue::settle_check(tx, from, claim, &row).await? {
        return Ok(false);
    }
    if row.kind == CheckKind::Media && !open {
        let quarantine = match row.state {
            CheckState::Blocked => Some(Quarantine::Blocked),
            CheckState::Review => Some(Quarantine::Review),
            CheckState::Pending | CheckState::Waiting | CheckState::Passed => None,
        };
        files::release(tx, AttachmentId(row.subject_id), quarantine).await?;
    }
    if row.decided_by.is_none() && matches!(row.state, CheckState::Review | CheckState::Blocked) {
        let flagged = WechatEvent::Flagged { kind: row.kind, subject_id: row.subject_id, verdict: row.verdict, label: row.label };
        tx.emit(subject(&row, 1), &flagged)?;
    }
    Ok(true)
}

const fn subject(row: &check::Model, version: i32) -> Subject {
    Subject { id: row.id.0, version, region: row.region_code }
}

/// The answer to WeChat's question whether this address is ours (消息推送验证).
///
/// # Errors
/// `wechat_not_configured` without a token; `wechat_push_invalid`.
pub fn verify_push(cx: &Cx, wechat: &Wechat, query: &ReceiveWechatPush) -> Result<String> {
    wechat.push.as_ref().ok_or_else(|| Error::new(Code::WechatNotConfigured))?.echo(query, cx.now())
}

/// Takes what WeChat tells by itself (消息推送). What is of no use here is taken too, or WeChat would tell it again.
///
/// # Errors
/// `wechat_not_configured` without a token; `wechat_push_invalid`.
pub async fn receive_push(cx: &Cx, wechat: &Wechat, query: &ReceiveWechatPush, body: &[u8]) -> Result<()> {
    let keys = wechat.push.as_ref().ok_or_else(|| Error::new(Code::WechatNotConfigured))?;
    let message = keys.message(query, body, cx.now())?;
    match message["Event"].as_str().unwrap_or_default() {
        "wxa_media_check" => told(cx, wechat, &message).await,
        "subscribe_msg_change_event" => changed(cx, wechat, &message).await,
        _ => Ok(()),
    }
}

/// WeChat tells what it thinks of a picture.
async fn told(cx: &Cx, wechat: &Wechat, message: &Value) -> Result<()> {
    let trace = message["trace_id"].as_str().unwrap_or_default();
    let ours = message["appid"].as_str().is_none_or(|appid| appid == wechat.setup.appid);
    let mut row = None;
    // It may tell before we have written down by which name it will.
    for _ in 0..5 {
        row = queue::check_of_trace(cx, trace).await?.filter(|_| ours && !trace.is_empty());
        if row.is_some() || !ours {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    let Some(mut row) = row.filter(|row| row.verdict.is_none() && row.decided_by.is_none()) else { return Ok(()) };
    let from = row.state;
    if !matches!(from, CheckState::Waiting | CheckState::Review) {
        return Ok(());
    }
    let errcode = message["errcode"].as_i64().unwrap_or_default();
    match serde_json::from_value::<Found>(message["result"].clone()) {
        Ok(found) if errcode == 0 => {
            (row.state, row.verdict, row.label) = (settled(row.kind, found.suggest), Some(found.suggest), found.label);
            row.reason = None;
        }
        _ => (row.state, row.errcode, row.reason) = (CheckState::Review, Some(errcode), Some("WeChat could not check it".to_owned())),
    }
    let mut tx = cx.begin();
    settle(&mut tx, from, None, row).await?;
    tx.commit(()).await
}

/// A user has changed their mind about messages in WeChat's own settings.
async fn changed(cx: &Cx, wechat: &Wechat, message: &Value) -> Result<()> {
    let openid = message["FromUserName"].as_str().unwrap_or_default();
    let Some(account) = super::user::account_of(cx, wechat, openid).await? else { return Ok(()) };
    // One is written as an object, several as a list.
    let list = &message["List"];
    let changes = list.as_array().cloned().unwrap_or_else(|| vec![list.clone()]);
    let mut tx = cx.begin();
    for change in changes.iter().filter(|change| change["SubscribeStatusString"] == "reject") {
        let template = change["TemplateId"].as_str().unwrap_or_default();
        store::use_up(&mut tx, account, template, true).await?;
        queue::stop_messages(&mut tx, account, template).await?;
    }
    tx.commit(()).await
}

/// What was checked and is to be checked (内容检测列表), the newest first.
///
/// # Errors
/// `permission_missing`; `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_checks(cx: &Cx, query: ListWechatChecks) -> Result<Page<WechatCheck>> {
    let reach = reach(cx)?;
    let filters = (query.region_code, query.state);
    let pager = Pager::new("wechat_checks", &filters, PageQuery { limit: query.limit, cursor: query.cursor.clone() })?;
    Ok(pager.page(store::checks(cx, &reach, &query, &pager).await?, |row| row.id)?.map(WechatCheck::from))
}

/// Decides on what WeChat found fault with, or could not check (内容审定). A picture is shown from now on, or never.
///
/// # Errors
/// `wechat_check_not_found`, also for those who may not know of it; `wechat_check_settled`.
pub async fn decide_check(cx: &Cx, id: WechatCheckId, command: DecideWechatCheck) -> Result<WechatCheck> {
    let missing = || Error::new(Code::WechatCheckNotFound);
    let row = queue::find_check(cx, id).await?.filter(|row| cx.actor.can(Permission::WechatManage, &row.region_code.into()));
    let mut row = row.ok_or_else(missing)?;
    let from = row.state;
    let closed = || Error::new(Code::WechatCheckSettled).with("state", from);
    if !matches!(from, CheckState::Review | CheckState::Blocked) {
        return Err(closed());
    }
    row.state = if command.pass { CheckState::Passed } else { CheckState::Blocked };
    row.decided_by = Some(cx.actor.account()?);
    let mut tx = cx.begin();
    row.done_at = Some(tx.now);
    if !settle(&mut tx, from, None, row.clone()).await? {
        return Err(closed());
    }
    tx.emit(subject(&row, 2), &WechatEvent::Decided { kind: row.kind, subject_id: row.subject_id, passed: command.pass })?;
    tx.commit(row.into()).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_checked_in_pieces_and_the_worst_counts() {
        assert_eq!(pieces(&"字".repeat(2_500)).len(), 1);
        let split = pieces(&"字".repeat(6_001));
        assert_eq!(split.iter().map(|piece| piece.chars().count()).collect::<Vec<_>>(), [2_500, 2_500, 1_001]);
        let found = |suggest, label| Found { suggest, label: Some(label) };
        let worst = [found(Verdict::Pass, 100), found(Verdict::Risky, 20006), found(Verdict::Review, 20003)]
            .into_iter()
            .fold(Found { suggest: Verdict::Pass, label: None }, worse);
        assert_eq!((worst.suggest, worst.label), (Verdict::Risky, Some(20006)));
    }

    #[test]
    fn only_a_picture_is_blocked_without_a_person() {
        assert_eq!(settled(CheckKind::Text, Verdict::Risky), CheckState::Review);
        assert_eq!(settled(CheckKind::Media, Verdict::Risky), CheckState::Blocked);
        assert_eq!(settled(CheckKind::Media, Verdict::Review), CheckState::Review);
        assert_eq!(settled(CheckKind::Text, Verdict::Pass), CheckState::Passed);
    }
}
