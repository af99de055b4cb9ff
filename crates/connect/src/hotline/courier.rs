//! Who tells hotlines: takes what is due, sends it, writes down what came of it.
//!
//! What is taken is kept from others for [`LEASE`]; a worker that crashes gives it back by not saying anything. No transaction is
//! open while something is being sent. Each hotline is told by itself, and of each work order one step after the other, so that one that
//! hangs holds up nobody else.

use super::{
    adapter::Adapter,
    dispatch::dispatch,
    event::HotlineEvent,
    flow,
    intake::subject,
    row::{MessageState, Outcome, hotline, message},
    store,
    view::Sealed,
};
use crate::{
    reading::{EVERY, LAST, REST, read_on},
    webhook::{
        Outlet,
        courier::{beginning, excerpt},
        flow::{asked, wait},
        outlet::Refused,
    },
};
use chrono::Duration;
use futures_util::future::join_all;
use kernel::{Core, Cx, Error, Result, Time, id::HotlineId, metrics};
use rand::RngExt;
use reqwest::{Client, Url, header::RETRY_AFTER};
use serde_json::{Map, Value};
use std::{collections::HashSet, error::Error as _, sync::Arc};
use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
    time::{Instant, sleep, sleep_until, timeout},
};
use uuid::Uuid;

/// So long a message that was taken is kept from other workers: longer than it can take to send it and write that down.
const LEASE: Duration = Duration::seconds(45);
/// Messages of one hotline that are under way at once.
const AT_ONCE: u64 = 8;

/// A message that is ready to go.
struct Ready {
    url: Url,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// What came of an attempt.
struct Answered {
    outcome: Outcome,
    status: Option<u16>,
    retry_after: Option<String>,
    answer: Option<String>,
}

impl Answered {
    fn of(outcome: Outcome, answer: Option<String>) -> Self {
        Self { outcome, status: None, retry_after: None, answer }
    }
}

/// What one hotline was told, and what came of it.
type Round = (HotlineId, Vec<(message::Model, Answered)>);

/// One who tells hotlines.
pub struct Courier {
    cx: Cx,
    outlet: Arc<Outlet>,
    token: Uuid,
    /// Whoever is being told.
    busy: HashSet<HotlineId>,
    flying: JoinSet<Round>,
    /// What is still to be written down.
    tried: Vec<Round>,
}

impl std::fmt::Debug for Courier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Courier({}, {} hotlines)", self.token, self.busy.len())
    }
}

impl Courier {
    /// One who has nothing to tell yet.
    #[must_use]
    pub fn new(core: Core, outlet: Arc<Outlet>) -> Self {
        let cx = Cx::system(core);
        let token = cx.begin().id();
        Self { cx, outlet, token, busy: HashSet::new(), flying: JoinSet::new(), tried: Vec::new() }
    }

    /// Writes down what has come back, takes what is due and sends it off; tells how many were sent off.
    ///
    /// # Errors
    /// `database_unavailable`; what has come back is then written down the next time.
    pub async fn turn(&mut self) -> Result<usize> {
        while let Some(landed) = self.flying.try_join_next() {
            self.land(landed);
        }
        self.write().await?;
        let mut sent = 0;
        for hotline in store::with_due(&self.cx).await? {
            if !self.busy.contains(&hotline.id) {
                sent += self.send(hotline).await?;
            }
        }
        Ok(sent)
    }

    /// Waits until something comes back.
    pub async fn landed(&mut self) {
        if let Some(landed) = self.flying.join_next().await {
            self.land(landed);
        }
    }

    /// Waits for what is under way and writes it down; takes nothing more.
    ///
    /// # Errors
    /// As [`Courier::turn`].
    pub async fn finish(&mut self) -> Result<()> {
        while !self.flying.is_empty() {
            self.landed().await;
        }
        self.write().await
    }

    /// Tells until nothing is due and nothing is under way; tells how many were sent off.
    ///
    /// # Errors
    /// As [`Courier::turn`].
    pub async fn empty(&mut self) -> Result<usize> {
        let mut sent = 0;
        loop {
            let more = self.turn().await?;
            sent += more;
            if more == 0 && self.flying.is_empty() {
                return Ok(sent);
            }
            self.landed().await;
        }
    }

    fn land(&mut self, landed: Result<Round, tokio::task::JoinError>) {
        match landed {
            Ok(tried) => self.tried.push(tried),
            // The messages are still taken; when that ends somebody tries again. So is nobody busy for ever.
            Err(error) => {
                tracing::error!(%error, "telling a hotline broke off");
                self.busy.clear();
            }
        }
    }

    async fn write(&mut self) -> Result<()> {
        while let Some((id, tried)) = self.tried.last() {
            settle(&self.cx, self.token, *id, tried).await?;
            self.busy.remove(id);
            self.tried.pop();
        }
        Ok(())
    }

    async fn send(&mut self, hotline: hotline::Model) -> Result<usize> {
        let mut tx = self.cx.begin();
        let until = tx.now + LEASE;
        let claimed = store::claim(&mut tx, self.token, hotline.id, AT_ONCE, until).await?;
        tx.commit(()).await?;
        if claimed.is_empty() {
            return Ok(0);
        }
        let at = self.cx.now();
        let adapter = hotline.adapter(&self.cx);
        let ready: Vec<_> = claimed.into_iter().map(|row| (self.ready(&adapter, &row, at), row)).collect();
        let (client, count) = (self.outlet.client().clone(), ready.len());
        self.busy.insert(hotline.id);
        self.flying.spawn(async move {
            let sent = ready.into_iter().map(|(ready, row)| {
                let client = client.clone();
                async move {
                    match ready {
                        Ok((ready, adapter)) => (row, ready.post(&client, &adapter).await),
                        Err(answered) => (row, answered),
                    }
                }
            });
            (hotline.id, join_all(sent).await)
        });
        Ok(count)
    }

    /// A message in the hotline's words, or why it cannot leave the house.
    fn ready(&self, adapter: &Result<Option<Adapter>>, row: &message::Model, at: Time) -> Result<(Ready, Adapter), Answered> {
        let unready = |error: &Error| {
            tracing::error!(?error, id = %row.id, "a message to a hotline cannot be made ready");
            Answered::of(Outcome::Unready, Some("it could not be made ready; the log of the server says why".to_owned()))
        };
        let adapter = match adapter {
            Ok(Some(adapter)) => adapter.clone(),
            Ok(None) => return Err(Answered::of(Outcome::Unready, Some("nothing says where the hotline is told".to_owned()))),
            Err(error) => return Err(unready(error)),
        };
        let told: Map<String, Value> = Sealed::Message(row.id)
            .open(&self.cx, &row.payload)
            .and_then(|json| serde_json::from_str(&json).map_err(Error::internal))
            .map_err(|e| unready(&e))?;
        let number = told.get("external_number").and_then(Value::as_str).unwrap_or_default();
        let Some(url) = adapter.url(row.kind, number) else {
            return Err(Answered::of(Outcome::Unready, Some(format!("nothing says where {} is told", row.kind))));
        };
        let url = self.outlet.read(&url).map_err(|refused| Answered::of(Outcome::AddressRefused, Some(refused.to_string())))?;
        let body = adapter.body(&told).to_string().into_bytes();
        let headers = match &adapter.signing {
            // Each attempt has an id of its own: whoever refuses what was signed before must not refuse what is tried again.
            Some(signing) => {
                let id = format!("{}-{}", row.id, row.attempts + 1);
                signing.headers(&id, at.timestamp(), &body).map_err(|e| unready(&e))?
            }
            None => Vec::new(),
        };
        Ok((Ready { url, headers, body }, adapter))
    }
}

impl Ready {
    async fn post(self, client: &Client, adapter: &Adapter) -> Answered {
        let mut request = client.post(self.url).header("content-type", "application/json");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let signature = self.headers.last().map(|(_, value)| value.clone()).unwrap_or_default();
        match request.body(self.body).send().await {
            Ok(response) => {
                let status = response.status().as_u16();
                let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::to_owned);
                let text = beginning(response).await;
                let outcome = match flow::outcome_of(status) {
                    Outcome::Acknowledged if !adapter.acknowledges(&text) => Outcome::Refused,
                    outcome => outcome,
                };
                let shown = if signature.is_empty() { "\u{0}" } else { &signature };
                let answer = (outcome != Outcome::Acknowledged).then(|| excerpt(&text, shown)).filter(|text| !text.is_empty());
                Answered { outcome, status: Some(status), retry_after, answer }
            }
            Err(error) => failed(&error),
        }
    }
}

fn failed(error: &reqwest::Error) -> Answered {
    let (mut cause, mut innermost) = (error.source(), None);
    while let Some(inner) = cause {
        if let Some(refused) = inner.downcast_ref::<Refused>() {
            return Answered::of(Outcome::AddressRefused, Some(refused.to_string()));
        }
        innermost = Some(inner);
        cause = inner.source();
    }
    let outcome = if error.is_timeout() { Outcome::Timeout } else { Outcome::Connection };
    // The address may hold a token, so of the error only its innermost cause is kept.
    Answered::of(outcome, innermost.map(ToString::to_string))
}

/// Writes down what came of attempts to tell a hotline, and what follows from it.
async fn settle(cx: &Cx, token: Uuid, id: HotlineId, tried: &[(message::Model, Answered)]) -> Result<()> {
    let ids: Vec<_> = tried.iter().map(|(row, _)| row.hotline_order_id).collect();
    let orders = store::orders_with(cx, &ids).await?;
    let mut tx = cx.begin();
    let (mut sound, mut failing) = (false, false);
    for (row, answered) in tried {
        let asked = answered.retry_after.as_deref().and_then(|text| asked(text, tx.now));
        let mut new = row.clone();
        new.outcome = Some(answered.outcome);
        new.status = answered.status.and_then(|status| i16::try_from(status).ok());
        new.answer.clone_from(&answered.answer);
        new.tried_at = Some(tx.now);
        (new.state, new.done_at) = match (answered.outcome, wait(row.step + 1, rand::rng().random(), asked)) {
            (Outcome::Acknowledged, _) => (MessageState::Acknowledged, Some(tx.now)),
            (outcome, Some(wait)) if !flow::is_final(outcome) => {
                new.due_at = tx.now + wait;
                (MessageState::Pending, None)
            }
            _ => (MessageState::Failed, Some(tx.now)),
        };
        tracing::debug!(id = %row.id, outcome = %answered.outcome, status = answered.status, "a hotline was told");
        sound |= matches!(answered.outcome, Outcome::Acknowledged | Outcome::Refused);
        failing |= !matches!(answered.outcome, Outcome::Acknowledged | Outcome::Refused);
        let mine = store::settle(&mut tx, token, &new).await?;
        let order = orders.iter().find(|order| order.id == row.hotline_order_id);
        if let (MessageState::Failed, true, Some(order)) = (new.state, mine, order) {
            tracing::warn!(id = %row.id, kind = %row.kind, outcome = %answered.outcome, "a hotline did not take what it was told");
            tx.emit(subject(order), &HotlineEvent::Failed { kind: row.kind, outcome: answered.outcome })?;
        }
    }
    if sound || failing {
        store::set_failing(&mut tx, id, failing && !sound).await?;
    }
    tx.commit(()).await
}

/// Tells hotlines what becomes of their work orders, until `stopping` is true. Several servers may do so at once.
pub async fn run(core: Core, outlet: Arc<Outlet>, stopping: watch::Receiver<bool>) {
    let made = Notify::new();
    let read = read_on(core.clone(), "dispatch_hotlines", &made, stopping.clone(), |cx| async move { dispatch(&cx).await });
    tokio::join!(read, carry(core, outlet, &made, stopping));
}

async fn carry(core: Core, outlet: Arc<Outlet>, made: &Notify, mut stopping: watch::Receiver<bool>) {
    const TASK: &str = "tell_hotlines";
    metrics::task_begins(TASK);
    let mut courier = Courier::new(core.clone(), outlet);
    while !*stopping.borrow() {
        match courier.turn().await {
            Ok(_) => metrics::task_succeeded(TASK, core.clock.now()),
            Err(error) => {
                metrics::task_failed(TASK);
                tracing::warn!(%error, "hotlines: nothing can be told, until the next time");
                sleep(REST).await;
            }
        }
        let next = Instant::now() + EVERY;
        tokio::select! {
            () = sleep_until(next) => {}
            () = courier.landed(), if !courier.flying.is_empty() => {}
            () = made.notified() => {}
            _ = stopping.changed() => {}
        }
    }
    // What does not come back in time is told once more by whoever is there in a minute.
    let _ = timeout(LAST, courier.finish()).await;
}
