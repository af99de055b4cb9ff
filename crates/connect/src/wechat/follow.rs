//! From the event log to messages and checks: the log is the outbox.
//!
//! One row keeps how far the log has been read; whoever reads on writes what follows from it and the new place in one transaction.
//! Where WeChat was not connected before, it begins at the end; what is older than a day is told to nobody.

use super::{
    Audience, CheckKind, CheckState, MessageState, Wechat, queue,
    row::{check, message},
    store,
    template::Templates,
};
use chrono::Duration;
use kernel::{
    Actor, Code, Cx, RegionCode, Result, Scope, Tx,
    event::{self, Filter, LoggedEvent, Position},
    id::{AccountId, OrderId},
    metrics,
};
use services::order::{self, Channel, Order, TakerRef};

/// Events of one look.
const LOOK: u64 = 500;
/// What is older is no news.
const NEWS: Duration = Duration::hours(24);
/// WeChat checks only what somebody wrote who has opened the mini-program within two hours.
const ACTIVE: Duration = Duration::hours(2);
/// The name under which the metrics list this reader of the log.
const READER: &str = "wechat";

/// What came of reading on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Followed {
    /// Messages that were made.
    pub messages: u64,
    /// Checks that were made.
    pub checks: u64,
    /// Whether there is more to read at once.
    pub more: bool,
}

/// What follows from an event.
enum Next {
    Message(Box<Draft>),
    Check(CheckKind, AccountId, RegionCode, Option<String>),
}

/// A message before it has an id.
struct Draft {
    to: AccountId,
    audience: Audience,
    template_id: String,
    page: Option<String>,
    fields: String,
}

/// Reads on in the log. For a background task; several servers may do so at once.
///
/// # Errors
/// `database_unavailable`.
pub async fn follow(cx: &Cx, wechat: &Wechat) -> Result<Followed> {
    let from = store::reader(cx).await?;
    if from == Position::START {
        // WeChat was not connected before: what was then is told to nobody.
        let head = event::head(cx).await?;
        let mut tx = cx.begin();
        store::read_on(&mut tx, from, head).await?;
        tx.commit(()).await?;
        metrics::consumed(READER, head.number());
        return Ok(Followed::default());
    }
    let everything = Filter::of(&Actor::system(), Vec::new(), None)?;
    let look = event::look(cx, &everything, from, LOOK, None).await?;
    let mut done = Followed { more: look.more, ..Followed::default() };
    if look.end != from {
        let templates = Templates::read(cx).await?;
        let mut next = Vec::new();
        for (_, event) in &look.events {
            if event.at > cx.now() - NEWS {
                next.extend(following(cx, wechat, &templates, event).await?.into_iter().map(|next| (event, next)));
            }
        }
        let mut tx = cx.begin();
        if !store::read_on(&mut tx, from, look.end).await? {
            // Somebody else has read on.
            return Ok(Followed { more: true, ..Followed::default() });
        }
        let (mut messages, mut checks) = (Vec::new(), Vec::new());
        for (event, next) in next {
            match next {
                Next::Message(draft) => messages.push(message(&tx, event, *draft)),
                Next::Check(kind, account, region, media_type) => checks.push(check(&tx, event, kind, account, region, media_type)),
            }
        }
        done.messages = queue::add_messages(&mut tx, messages).await?;
        done.checks = queue::add_checks(&mut tx, checks).await?;
        tx.commit(()).await?;
    }
    metrics::consumed(READER, look.end.number());
    Ok(done)
}

/// What follows from an event: whom to tell, what to check.
async fn following(cx: &Cx, wechat: &Wechat, templates: &Templates, event: &LoggedEvent) -> Result<Vec<Next>> {
    if event.kind == "attachment.uploaded" {
        let Some(account) = event.actor_id.filter(|_| wechat.checks_pictures() && event.data["quarantined"] == true) else {
            return Ok(Vec::new());
        };
        let media_type = event.data["media_type"].as_str().map(str::to_owned);
        return Ok(vec![Next::Check(CheckKind::Media, account, home(cx, account).await?, media_type)]);
    }
    if !event.kind.starts_with("order.") {
        return Ok(Vec::new());
    }
    let of = |audience| templates.of(&event.kind, audience, event.region_code);
    let told: Vec<_> = [Audience::Requester, Audience::Taker].into_iter().filter_map(|a| Some((a, of(a)?))).collect();
    let written = event.kind == "order.placed" && event.data["channel"] == serde_json::to_value(Channel::MiniProgram).unwrap_or_default();
    if told.is_empty() && !written {
        return Ok(Vec::new());
    }
    let order = match order::get(cx, OrderId(event.subject_id)).await {
        Ok(order) => order,
        // An event that was written by hand.
        Err(e) if e.code == Code::OrderNotFound => return Ok(Vec::new()),
        Err(e) => return Err(e),
    };
    let mut next = Vec::new();
    if written && let Some(writer) = event.actor_id.filter(|_| order.requester_id == event.actor_id) {
        let active = store::binding_of(cx, writer).await?.is_some_and(|row| row.seen_at > cx.now() - ACTIVE);
        next.extend(active.then_some(Next::Check(CheckKind::Text, writer, event.region_code, None)));
    }
    for (audience, template) in told {
        // Nobody is told what they did themselves, or what they did not agree to be told.
        let Some(to) = person(&order, audience).filter(|to| Some(*to) != event.actor_id) else { continue };
        if store::binding_of(cx, to).await?.is_some() && store::wants(cx, to, &template.template_id).await? {
            next.push(Next::Message(Box::new(Draft {
                to,
                audience,
                template_id: template.template_id.clone(),
                page: template.page.clone(),
                fields: template.fields.clone(),
            })));
        }
    }
    Ok(next)
}

/// Who of an order is told.
const fn person(order: &Order, audience: Audience) -> Option<AccountId> {
    match (audience, &order.lead) {
        (Audience::Requester, _) => order.requester_id,
        (Audience::Taker, Some(TakerRef::Person { id })) => Some(*id),
        (Audience::Taker, _) => None,
    }
}

/// Where somebody belongs, so that whoever answers for the place sees the check: the first region of their grants.
async fn home(cx: &Cx, account: AccountId) -> Result<RegionCode> {
    let grants = identity::actor_of(cx, account).await?.map(|actor| actor.grants).unwrap_or_default();
    let region = grants.iter().find_map(|grant| if let Scope::Region(region) = grant.scope { Some(region) } else { None });
    Ok(region.unwrap_or(RegionCode::COUNTRY))
}

fn message(tx: &Tx<'_>, event: &LoggedEvent, draft: Draft) -> message::Model {
    let order_id = OrderId(event.subject_id);
    message::Model {
        id: tx.id(),
        region_code: event.region_code,
        account_id: draft.to,
        order_id,
        event_id: event.id,
        event_type: event.kind.clone(),
        to_state: event.data["to"].as_str().unwrap_or_default().to_owned(),
        happened_at: event.at,
        audience: draft.audience,
        template_id: draft.template_id,
        page: draft.page.map(|page| page.replace("{order_id}", &order_id.to_string())),
        fields: draft.fields,
        state: MessageState::Pending,
        attempts: 0,
        due_at: tx.now,
        claim: None,
        errcode: None,
        reason: None,
        created_at: tx.now,
        done_at: None,
    }
}

fn check(
    tx: &Tx<'_>,
    event: &LoggedEvent,
    kind: CheckKind,
    account: AccountId,
    region: RegionCode,
    media_type: Option<String>,
) -> check::Model {
    check::Model {
        id: tx.id(),
        kind,
        region_code: region,
        account_id: account,
        subject_id: event.subject_id,
        media_type,
        state: CheckState::Pending,
        verdict: None,
        label: None,
        trace_id: None,
        errcode: None,
        reason: None,
        attempts: 0,
        due_at: tx.now,
        claim: None,
        decided_by: None,
        created_at: tx.now,
        done_at: None,
    }
}
