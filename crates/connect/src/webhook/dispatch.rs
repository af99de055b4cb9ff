//! From the event log to deliveries: the log is the outbox.
//!
//! One row keeps how far the log has been read. Whoever reads on writes the deliveries of what they have read and the new place
//! in one transaction, and only if the row still is what they began from; so several servers may read, and each event is turned
//! into deliveries once. An endpoint that begins to listen, or stops, changes the row too: what is told is decided by the
//! place in the log at which it did.

use super::{
    DeliveryState, StopReason, payload,
    row::{delivery, endpoint, replay},
    store,
};
use crate::reading::Dispatched;
use chrono::Duration;
use kernel::{
    Actor, Cx, Permission, Result, Time, Tx,
    event::{self, Filter, LoggedEvent, Position},
    id::AccountId,
    metrics,
};
use std::{collections::HashMap, sync::Arc};

/// Events of one look.
const LOOK: u64 = 500;
/// So many that are waiting for an endpoint are enough; what is replayed waits with the log.
const CROWD: u64 = 5_000;
/// The name under which the metrics list this reader of the log.
const READER: &str = "webhooks";

/// An endpoint and what it is told of.
struct Listener {
    row: endpoint::Model,
    filter: Filter,
}

impl Listener {
    /// A test is for its endpoint, whatever types it asks for.
    fn hears(&self, event: &LoggedEvent) -> bool {
        let test = event.kind == kernel::EventType::WebhookEndpointTested.as_str() && event.subject_id == self.row.id.0;
        test || self.filter.lets(event)
    }
}

/// Reads on in the log, and in the ranges that somebody wants to have again. For a background task; several servers may
/// do so at once.
///
/// # Errors
/// `database_unavailable`.
pub async fn dispatch(cx: &Cx) -> Result<Dispatched> {
    let mut done = follow(cx).await?;
    for (replay, row) in store::replays(cx).await? {
        let again = self::replay(cx, &replay, row).await?;
        done.made += again.made;
        done.more |= again.more;
    }
    Ok(done)
}

async fn follow(cx: &Cx) -> Result<Dispatched> {
    let reader = store::reader(cx).await?;
    let rows = store::active(cx).await?;
    if rows.is_empty() {
        // Whoever is the first to listen begins at the end.
        metrics::consumed(READER, event::newest(cx).await?);
        return Ok(Dispatched::default());
    }
    let everything = Filter::of(&Actor::system(), Vec::new(), None)?;
    let look = event::look(cx, &everything, Position::new(reader.xid, reader.seq), LOOK, None).await?;
    let mut done = Dispatched { made: 0, more: look.more };
    if look.end != Position::new(reader.xid, reader.seq) {
        let listeners = listeners(cx, rows).await?;
        let mut tx = cx.begin();
        if !store::read_on(&mut tx, &reader, look.end).await? {
            // Somebody else has read on, or who listens has changed.
            return Ok(Dispatched { made: 0, more: true });
        }
        let mut made = Vec::new();
        for (_, event) in &look.events {
            made.extend(listeners.iter().filter(|l| l.hears(event)).map(|l| delivery(&tx, &l.row, event)));
        }
        done.made = store::deliver(&mut tx, made).await?;
        tx.commit(()).await?;
    }
    metrics::consumed(READER, look.end.number());
    Ok(done)
}

/// A piece of a range.
async fn replay(cx: &Cx, replay: &replay::Model, row: endpoint::Model) -> Result<Dispatched> {
    if store::is_crowded(cx, row.id, CROWD).await? {
        return Ok(Dispatched::default());
    }
    let Some(listener) = listeners(cx, vec![row]).await?.pop() else { return Ok(Dispatched::default()) };
    let (mut events, end) = event::by_number(cx, &listener.filter, replay.after_event_id, LOOK).await?;
    events.retain(|event| event.id <= replay.until_event_id);
    let mut tx = cx.begin();
    if !store::replay_on(&mut tx, replay, end).await? {
        return Ok(Dispatched::default());
    }
    let rows = events.iter().map(|event| delivery(&tx, &listener.row, event)).collect();
    let made = store::deliver_again(&mut tx, rows, replay.undelivered_only).await?;
    tx.commit(()).await?;
    Ok(Dispatched { made, more: end < replay.until_event_id })
}

fn delivery(tx: &Tx<'_>, endpoint: &endpoint::Model, event: &LoggedEvent) -> delivery::Model {
    delivery::Model {
        id: tx.id(),
        endpoint_id: endpoint.id,
        event_id: event.id,
        event_type: event.kind.clone(),
        message_id: payload::message_id(event),
        state: DeliveryState::Pending,
        step: 0,
        attempts: 0,
        due_at: tx.now,
        claim: None,
        outcome: None,
        status: None,
        created_at: tx.now,
        done_at: None,
    }
}

/// What each of them is told: what its owner may read now. One whose owner may not any more is paused.
async fn listeners(cx: &Cx, rows: Vec<endpoint::Model>) -> Result<Vec<Listener>> {
    let mut owners: HashMap<AccountId, Option<Arc<Actor>>> = HashMap::new();
    let mut listeners = Vec::new();
    for row in rows {
        let owner = match owners.get(&row.owner_id) {
            Some(known) => known.clone(),
            None => {
                let owner = identity::actor_of(cx, row.owner_id).await?.map(Arc::new);
                owners.insert(row.owner_id, owner.clone());
                owner
            }
        };
        let place = row.region_code.into();
        match owner.filter(|o| o.can(Permission::EventRead, &place) && o.can(Permission::WebhookManage, &place)) {
            Some(owner) => {
                let filter = Filter::of(&owner, row.patterns()?, Some(row.region_code))?;
                listeners.push(Listener { row, filter });
            }
            None => {
                let mut tx = cx.begin();
                super::stop(&mut tx, &row, StopReason::PermissionLost).await?;
                tx.commit(()).await?;
            }
        }
    }
    Ok(listeners)
}

/// Where to begin with what has come while an endpoint was stopped: some time before, because numbers and times in the log do
/// not rise together.
pub(super) async fn before(cx: &Cx, time: Time) -> Result<i64> {
    event::number_at(cx, time - Duration::minutes(15)).await
}
