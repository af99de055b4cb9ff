//! Webhooks (事件推送): other programs are told what happens, instead of asking again and again.
//!
//! Somebody who answers for a region enters an endpoint (推送地址) and gets a secret. From then on each event that they may
//! read there becomes a delivery ([`dispatch`]), is signed ([`signature`]) and sent ([`courier`]) until the receiver says that it
//! has it: at least once, always with the same `webhook-id`, ten times within about 76 hours ([`flow`]). The message says
//! what happened to what, and nothing that people wrote ([`payload`]); whoever wants to know more reads the thing itself.
//!
//! Nothing is lost. What comes while an endpoint is stopped waits in the event log and is told when it goes on; any range of the log
//! can be told again. An endpoint that says 410 is disabled, one that nothing gets through to for days is paused, and either is an
//! event of its own. Messages go only where [`outlet`] lets them.
//!
//! An endpoint acts for its owner (负责人), whoever set it up last: when they may not read events there any more, it pauses.

mod command;
pub mod courier;
mod dispatch;
mod event;
pub mod flow;
pub mod outlet;
pub mod payload;
mod row;
pub mod signature;
mod store;
mod view;

pub use command::{
    CreateWebhookEndpoint, ListWebhookDeliveries, ListWebhookEndpoints, ReplayWebhookEvents, RotateWebhookSecret, SwitchWebhookEndpoint,
    UpdateWebhookEndpoint,
};
pub use courier::Courier;
pub use dispatch::dispatch;
pub(crate) use event::event_types;
pub use flow::Action;
pub use outlet::{AllowList, Names, Outlet};
pub use row::{DeliveryState, EndpointState, Format, Outcome, StopReason};
pub use signature::Secret;
pub use view::{WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookReplay};

use crate::reading::{EVERY, LAST, REST, read_on};
use chrono::{Duration, SubsecRound};
use event::WebhookEvent;
use kernel::{
    Code, Core, Cx, Error, Page, PageQuery, Pager, Permission, Result, Subject, Time, Tx,
    clock::has_plain_year,
    event::{Filter, Pattern, veiled},
    id::{WebhookDeliveryId, WebhookEndpointId},
    metrics,
};
use row::{delivery, endpoint, replay};
use std::{sync::Arc, time::Duration as Wait};
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep, sleep_until, timeout},
};
use view::{Kept, Sealed, shown};

/// The tables of this module as its entities see them.
pub(crate) fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    vec![
        schema.create_table_from_entity(endpoint::Entity),
        schema.create_table_from_entity(delivery::Entity),
        schema.create_table_from_entity(row::attempt::Entity),
        schema.create_table_from_entity(replay::Entity),
        schema.create_table_from_entity(row::reader::Entity),
    ]
}

const fn subject(row: &endpoint::Model) -> Subject {
    Subject { id: row.id.0, version: row.version, region: row.region_code }
}

/// Enters an endpoint (新增推送地址). The secret is shown in this answer and never again.
///
/// # Errors
/// `permission_missing`; `region_unknown`; `webhook_url_refused`; `webhook_type_unknown`.
pub async fn create_endpoint(cx: &Cx, outlet: &Outlet, command: CreateWebhookEndpoint) -> Result<WebhookEndpoint> {
    cx.actor.require(Permission::WebhookManage, &command.region_code.into())?;
    services::require_region(cx, command.region_code).await?;
    check(cx, command.region_code, &command.types)?;
    examine(outlet, &command.url).await?;
    let head = kernel::event::head(cx).await?;
    let secret = Secret::new();
    let mut tx = cx.begin();
    let id: WebhookEndpointId = tx.id();
    store::listener_joins(&mut tx, head).await?;
    let row = endpoint::Model {
        id,
        version: 1,
        state: EndpointState::Active,
        reason: None,
        region_code: command.region_code,
        owner_id: cx.actor.account()?,
        name: command.name,
        url: Sealed::Url.seal(cx, id, &command.url)?,
        format: command.format.unwrap_or(Format::StandardWebhooks),
        types: serde_json::to_string(&command.types).map_err(Error::internal)?,
        secrets: seal(cx, id, &[Kept { secret: secret.reveal(), until: None }])?,
        since_event_id: kernel::event::newest(cx).await?,
        failing_since: None,
        hold_until: None,
        stopped_at: None,
        created_at: tx.now,
        updated_at: tx.now,
    };
    store::insert(&mut tx, row.clone()).await?;
    tx.emit(subject(&row), &WebhookEvent::Created { format: row.format })?;
    let answer = WebhookEndpoint { secret: Some(secret.reveal()), ..shown(cx, &row)? };
    tx.commit_created(answer).await
}

/// The endpoints that one answers for (推送地址列表), the newest first.
///
/// # Errors
/// `permission_missing`; `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_endpoints(cx: &Cx, query: ListWebhookEndpoints) -> Result<Page<WebhookEndpoint>> {
    let reach = cx.actor.reach(Permission::WebhookManage);
    if reach.regions.is_empty() {
        return Err(Error::new(Code::PermissionMissing).with("permission", Permission::WebhookManage));
    }
    let pager =
        Pager::new("webhook_endpoints", &(query.region_code, query.state), PageQuery { limit: query.limit, cursor: query.cursor.clone() })?;
    let page = pager.page(store::list(cx, &reach, &query, &pager).await?, |row| row.id)?;
    let items = page.items.iter().map(|row| shown(cx, row)).collect::<Result<_>>()?;
    Ok(Page { items, next_cursor: page.next_cursor, has_more: page.has_more })
}

/// One endpoint (查询推送地址).
///
/// # Errors
/// `webhook_endpoint_not_found`, also for those who may not know of it.
pub async fn get_endpoint(cx: &Cx, id: WebhookEndpointId) -> Result<WebhookEndpoint> {
    shown(cx, &found(cx, id).await?)
}

/// Changes an endpoint (修改推送地址).
///
/// # Errors
/// `webhook_endpoint_not_found`; `version_stale`; `webhook_url_refused`; `webhook_type_unknown`.
pub async fn update_endpoint(cx: &Cx, outlet: &Outlet, id: WebhookEndpointId, command: UpdateWebhookEndpoint) -> Result<WebhookEndpoint> {
    let old = seen(cx, id, command.version).await?;
    if let Some(types) = &command.types {
        check(cx, old.region_code, types)?;
    }
    if let Some(url) = &command.url {
        examine(outlet, url).await?;
    }
    let mut new = old.clone();
    new.name = command.name.unwrap_or(new.name);
    new.format = command.format.unwrap_or(new.format);
    if let Some(url) = &command.url {
        new.url = Sealed::Url.seal(cx, id, url)?;
    }
    if let Some(types) = &command.types {
        new.types = serde_json::to_string(types).map_err(Error::internal)?;
    }
    new.owner_id = cx.actor.account()?;
    let mut tx = cx.begin();
    store::listeners_change(&mut tx).await?;
    step(&mut tx, &old, &mut new, &WebhookEvent::Updated {}).await?;
    tx.commit(shown(cx, &new)?).await
}

/// Removes an endpoint (删除推送地址): what was still to be told to it is not.
///
/// # Errors
/// `webhook_endpoint_not_found`.
pub async fn remove_endpoint(cx: &Cx, id: WebhookEndpointId) -> Result<()> {
    let old = found(cx, id).await?;
    let mut new = old.clone();
    new.state = flow::decide(old.state, Action::Remove)?;
    (new.reason, new.secrets) = (Some(StopReason::ByHand), seal(cx, id, &[])?);
    let mut tx = cx.begin();
    new.stopped_at = Some(tx.now);
    store::listeners_change(&mut tx).await?;
    step(&mut tx, &old, &mut new, &WebhookEvent::Removed {}).await?;
    tx.commit(()).await
}

/// Gives an endpoint a new secret (更换密钥); for a while messages are signed with the old one too.
///
/// # Errors
/// `webhook_endpoint_not_found`; `version_stale`.
pub async fn rotate_secret(cx: &Cx, id: WebhookEndpointId, command: RotateWebhookSecret) -> Result<WebhookEndpoint> {
    let old = seen(cx, id, command.version).await?;
    let secret = Secret::new();
    let mut tx = cx.begin();
    let end = tx.now + Duration::hours(command.overlap_hours.unwrap_or(24));
    // Of more than one old secret the last is enough.
    let before = old.kept(cx)?.into_iter().take(1).map(|kept| Kept { until: Some(kept.until.map_or(end, |until| until.min(end))), ..kept });
    let kept: Vec<Kept> = std::iter::once(Kept { secret: secret.reveal(), until: None }).chain(before).collect();
    let mut new = old.clone();
    new.secrets = seal(cx, id, &kept)?;
    new.owner_id = cx.actor.account()?;
    // Whoever reads the log knows endpoints by their owner.
    store::listeners_change(&mut tx).await?;
    step(&mut tx, &old, &mut new, &WebhookEvent::Rotated {}).await?;
    let answer = WebhookEndpoint { secret: Some(secret.reveal()), ..shown(cx, &new)? };
    tx.commit(answer).await
}

/// Stops telling an endpoint (暂停推送). What comes is kept for it.
///
/// # Errors
/// `webhook_endpoint_not_found`; `version_stale`; `webhook_state_conflict`.
pub async fn pause_endpoint(cx: &Cx, id: WebhookEndpointId, command: SwitchWebhookEndpoint) -> Result<WebhookEndpoint> {
    let old = seen(cx, id, command.version).await?;
    flow::decide(old.state, Action::Pause)?;
    let mut tx = cx.begin();
    let new = stop(&mut tx, &old, StopReason::ByHand).await?.ok_or_else(|| Error::new(Code::VersionStale))?;
    tx.commit(shown(cx, &new)?).await
}

/// Goes on telling an endpoint (恢复推送), at once also what was kept for it and what had been given up since it stopped.
///
/// # Errors
/// `webhook_endpoint_not_found`; `version_stale`; `webhook_state_conflict`.
pub async fn resume_endpoint(cx: &Cx, id: WebhookEndpointId, command: SwitchWebhookEndpoint) -> Result<WebhookEndpoint> {
    let old = seen(cx, id, command.version).await?;
    let mut new = old.clone();
    new.state = flow::decide(old.state, Action::Resume)?;
    check(cx, old.region_code, &[])?;
    let stopped_at = old.stopped_at.unwrap_or(old.updated_at);
    let since = dispatch::before(cx, stopped_at).await?.max(old.since_event_id);
    let kept = store::first_kept(cx, id, stopped_at).await?.map(|number| number - 1);
    (new.reason, new.stopped_at, new.failing_since, new.hold_until) = (None, None, None, None);
    new.owner_id = cx.actor.account()?;
    let head = kernel::event::head(cx).await?;
    let mut tx = cx.begin();
    store::listener_joins(&mut tx, head).await?;
    // What is written from now on is read with the log; so the end of the range is asked for here, and not before.
    let until_event_id = kernel::event::newest(cx).await?;
    let replay = replay::Model {
        id: tx.id(),
        endpoint_id: id,
        after_event_id: kept.map_or(since, |kept| kept.min(since)),
        until_event_id,
        undelivered_only: true,
        created_at: tx.now,
    };
    store::insert_replay(&mut tx, replay).await?;
    step(&mut tx, &old, &mut new, &WebhookEvent::Resumed {}).await?;
    tx.commit(shown(cx, &new)?).await
}

/// Asks for a test event (测试推送): the endpoint is told of it whatever types it asks for.
///
/// # Errors
/// `webhook_endpoint_not_found`; `webhook_state_conflict`.
pub async fn test_endpoint(cx: &Cx, id: WebhookEndpointId) -> Result<WebhookEndpoint> {
    let row = found(cx, id).await?;
    flow::decide(row.state, Action::Test)?;
    let mut tx = cx.begin();
    tx.emit(subject(&row), &WebhookEvent::Tested {})?;
    tx.commit(shown(cx, &row)?).await
}

/// Asks for a range of events once more (重放).
///
/// # Errors
/// `webhook_endpoint_not_found`; `webhook_state_conflict`; `webhook_range_invalid`.
pub async fn replay_events(cx: &Cx, id: WebhookEndpointId, command: ReplayWebhookEvents) -> Result<WebhookReplay> {
    let row = found(cx, id).await?;
    flow::decide(row.state, Action::Replay)?;
    let invalid = |reason: &str| Error::new(Code::WebhookRangeInvalid).with("reason", reason);
    let newest = kernel::event::newest(cx).await?;
    let number = async |number: Option<i64>, time: Option<Time>| match (number, time) {
        (Some(_), Some(_)) => Err(invalid("a number or a time, not both")),
        (None, Some(time)) if !has_plain_year(time) => Err(invalid("a year of four digits")),
        (None, Some(time)) => kernel::event::number_at(cx, time.trunc_subsecs(6)).await.map(Some),
        (number, None) => Ok(number),
    };
    let after_event_id = number(command.after_event_id, command.after).await?.ok_or_else(|| invalid("it has no beginning"))?;
    let until_event_id = number(command.until_event_id, command.until).await?.unwrap_or(newest).min(newest);
    if after_event_id > until_event_id {
        return Err(invalid("it ends before it begins"));
    }
    let undelivered_only = command.undelivered_only.unwrap_or(true);
    let mut tx = cx.begin();
    let replay = replay::Model { id: tx.id(), endpoint_id: id, after_event_id, until_event_id, undelivered_only, created_at: tx.now };
    store::insert_replay(&mut tx, replay).await?;
    tx.emit(subject(&row), &WebhookEvent::Replayed { after_event_id, until_event_id, undelivered_only })?;
    let answer = WebhookReplay { endpoint_id: id, after_event_id, until_event_id, undelivered_only, created_at: tx.now };
    tx.commit_created(answer).await
}

/// What an endpoint has been told, and is to be told (推送记录), the newest first.
///
/// # Errors
/// `webhook_endpoint_not_found`; `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_deliveries(cx: &Cx, id: WebhookEndpointId, query: ListWebhookDeliveries) -> Result<Page<WebhookDelivery>> {
    let endpoint = found(cx, id).await?;
    let pager = Pager::new("webhook_deliveries", &(id, query.state), PageQuery { limit: query.limit, cursor: query.cursor.clone() })?;
    let rows = store::list_deliveries(cx, id, &query, &veiled(&cx.actor, endpoint.region_code), &pager).await?;
    Ok(pager.page(rows, |row| row.id)?.map(WebhookDelivery::from))
}

/// One delivery (查询推送).
///
/// # Errors
/// `webhook_delivery_not_found`, also for those who may not know of it.
pub async fn get_delivery(cx: &Cx, id: WebhookDeliveryId) -> Result<WebhookDelivery> {
    Ok(found_delivery(cx, id).await?.0.into())
}

/// Every attempt at a delivery (推送尝试), the newest first.
///
/// # Errors
/// `webhook_delivery_not_found`; `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_attempts(cx: &Cx, id: WebhookDeliveryId, page: PageQuery) -> Result<Page<WebhookAttempt>> {
    found_delivery(cx, id).await?;
    let pager = Pager::new("webhook_attempts", &id, page)?;
    Ok(pager.page(store::list_attempts(cx, id, &pager).await?, |row| row.number)?.map(WebhookAttempt::from))
}

/// Delivers once more (重新推送), with the same `webhook-id`, and again ten times if need be.
///
/// # Errors
/// `webhook_delivery_not_found`; `webhook_state_conflict` while its endpoint gets nothing.
pub async fn redeliver(cx: &Cx, id: WebhookDeliveryId) -> Result<WebhookDelivery> {
    let (mut row, endpoint) = found_delivery(cx, id).await?;
    flow::decide(endpoint.state, Action::Replay)?;
    let mut tx = cx.begin();
    store::try_again(&mut tx, id).await?;
    (row.state, row.due_at, row.done_at) = (DeliveryState::Pending, tx.now, None);
    tx.commit(row.into()).await
}

/// Deletes deliveries that were done so long ago, and what remains of removed endpoints; returns how much.
///
/// # Errors
/// `database_unavailable`.
pub async fn purge(cx: &Cx, keep: Duration) -> Result<u64> {
    store::purge(cx, cx.now() - keep, cx.now() - Duration::hours(1)).await
}

async fn found(cx: &Cx, id: WebhookEndpointId) -> Result<endpoint::Model> {
    let row = store::find(cx, id).await?.filter(|row| cx.actor.can(Permission::WebhookManage, &row.region_code.into()));
    row.ok_or_else(|| Error::new(Code::WebhookEndpointNotFound))
}

/// The same, if it is at the version that was read.
async fn seen(cx: &Cx, id: WebhookEndpointId, version: Option<i32>) -> Result<endpoint::Model> {
    let row = found(cx, id).await?;
    if version.is_some_and(|v| v != row.version) { Err(Error::new(Code::VersionStale)) } else { Ok(row) }
}

async fn found_delivery(cx: &Cx, id: WebhookDeliveryId) -> Result<(delivery::Model, endpoint::Model)> {
    let missing = || Error::new(Code::WebhookDeliveryNotFound);
    let row = store::find_delivery(cx, id).await?.ok_or_else(missing)?;
    let endpoint = found(cx, row.endpoint_id).await.map_err(|e| if e.code == Code::WebhookEndpointNotFound { missing() } else { e })?;
    let hidden = veiled(&cx.actor, endpoint.region_code).iter().any(|beginning| row.event_type.starts_with(beginning));
    if hidden { Err(missing()) } else { Ok((row, endpoint)) }
}

/// What is told must be something that the caller may read, and of types that there are.
fn check(cx: &Cx, region: kernel::RegionCode, types: &[Pattern]) -> Result<()> {
    cx.actor.require(Permission::EventRead, &region.into())?;
    Filter::of(&cx.actor, types.to_vec(), Some(region))?;
    match types.iter().position(|pattern| !pattern.is_known()) {
        Some(n) => Err(Error::new(Code::WebhookTypeUnknown).with("pattern", &types[n]).at(format!("#/types/{n}"))),
        None => Ok(()),
    }
}

async fn examine(outlet: &Outlet, url: &str) -> Result<()> {
    let refused = |refused: outlet::Refused| Error::new(Code::WebhookUrlRefused).with("reason", &refused).at("#/url").because(refused);
    outlet.examine(url).await.map(drop).map_err(refused)
}

fn seal(cx: &Cx, id: WebhookEndpointId, kept: &[Kept]) -> Result<String> {
    Sealed::Secrets.seal(cx, id, &serde_json::to_string(kept).map_err(Error::internal)?)
}

/// Takes an endpoint to its next version.
async fn step(tx: &mut Tx<'_>, old: &endpoint::Model, new: &mut endpoint::Model, event: &WebhookEvent) -> Result<()> {
    new.version = old.version + 1;
    new.updated_at = tx.now;
    store::advance(tx, old, new).await?;
    tx.emit(subject(new), event)
}

/// Stops telling an endpoint; absent if it has changed meanwhile.
async fn stop(tx: &mut Tx<'_>, old: &endpoint::Model, reason: StopReason) -> Result<Option<endpoint::Model>> {
    if old.state != EndpointState::Active {
        return Ok(None);
    }
    let mut new = old.clone();
    (new.state, new.reason, new.stopped_at) = (flow::stopped(reason), Some(reason), Some(tx.now));
    let event = match new.state {
        EndpointState::Disabled => WebhookEvent::Disabled { reason },
        _ => WebhookEvent::Paused { reason },
    };
    store::listeners_change(tx).await?;
    match step(tx, old, &mut new, &event).await {
        Ok(()) => {
            tracing::warn!(endpoint = %new.id, %reason, "a webhook endpoint gets nothing for now");
            Ok(Some(new))
        }
        Err(e) if e.code == Code::VersionStale => Ok(None),
        Err(e) => Err(e),
    }
}

/// So long is waited for more to come back before it is written down, so that it is written in few transactions.
const GATHER: Wait = Wait::from_millis(5);

/// Tells endpoints what happens, until `stopping` is true. Several servers may do so at once.
pub async fn run(core: Core, outlet: Arc<Outlet>, stopping: watch::Receiver<bool>) {
    let made = Notify::new();
    let read = read_on(core.clone(), "dispatch_webhooks", &made, stopping.clone(), |cx| async move { dispatch(&cx).await });
    tokio::join!(read, carry(core, outlet, &made, stopping));
}

async fn carry(core: Core, outlet: Arc<Outlet>, made: &Notify, mut stopping: watch::Receiver<bool>) {
    const TASK: &str = "send_webhooks";
    metrics::task_begins(TASK);
    let mut courier = Courier::new(core.clone(), outlet);
    while !*stopping.borrow() {
        match courier.turn().await {
            Ok(_) => metrics::task_succeeded(TASK, core.clock.now()),
            Err(error) => {
                metrics::task_failed(TASK);
                tracing::warn!(%error, "webhooks: nothing can be sent, until the next time");
                sleep(REST).await;
            }
        }
        let next = Instant::now() + EVERY;
        tokio::select! {
            () = sleep_until(next) => {}
            () = courier.landed(), if courier.is_flying() => sleep(GATHER).await,
            () = made.notified() => {}
            _ = stopping.changed() => {}
        }
    }
    // What does not come back in time is sent once more by whoever is there in a minute.
    let _ = timeout(LAST, courier.finish()).await;
}
