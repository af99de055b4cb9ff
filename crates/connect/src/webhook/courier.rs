//! Who carries the messages: takes what is due, sends it, writes down what came of it.
//!
//! What is taken is kept from others for [`LEASE`]; a worker that crashes gives it back by not saying anything. No transaction is
//! open while something is being sent. Each endpoint has slots of its own, more while it answers and fewer while it does not, so
//! that a receiver that hangs holds up nobody but itself. Results are written many at a time, in one transaction
//! with the next claim.

use super::{
    DeliveryState, Outcome, Outlet, StopReason, flow,
    outlet::Refused,
    payload,
    row::{attempt, delivery, endpoint},
    store,
};
use chrono::Duration;
use kernel::{
    Core, Cx, Result, Time, Tx,
    event::{self, LoggedEvent},
    id::WebhookEndpointId,
    mask,
};
use rand::RngExt;
use reqwest::{Client, Response, Url, header::RETRY_AFTER};
use std::{
    collections::{HashMap, HashSet},
    error::Error as _,
    sync::Arc,
    time::Instant,
};
use tokio::task::{Id, JoinSet};
use uuid::Uuid;

/// So long a message that was taken is kept from other workers: longer than it can take to send it and write that down, and short
/// enough that a crash costs less than a minute.
const LEASE: Duration = Duration::seconds(45);
/// Slots of an endpoint: at first, and at most.
const SLOTS: (u64, u64) = (8, 64);
/// Messages under way of all endpoints.
const ALL_SLOTS: u64 = 512;
/// Bytes of an answer that are read, and characters that are kept.
const ANSWER: (usize, usize) = (16 * 1024, 300);

/// A message that is ready to go.
struct Message {
    url: Url,
    id: String,
    media_type: &'static str,
    at: Time,
    signature: String,
    body: String,
}

/// What came of an attempt.
struct Answered {
    outcome: Outcome,
    status: Option<u16>,
    retry_after: Option<String>,
    answer: Option<String>,
}

/// A delivery that was tried.
struct Tried {
    row: delivery::Model,
    at: Time,
    took: std::time::Duration,
    answered: Answered,
}

/// The slots of one endpoint.
#[derive(Clone, Copy)]
struct Lane {
    slots: u64,
    busy: u64,
}

/// One who carries messages.
pub struct Courier {
    cx: Cx,
    outlet: Arc<Outlet>,
    token: Uuid,
    lanes: HashMap<WebhookEndpointId, Lane>,
    flying: JoinSet<Tried>,
    /// Whose slot each takes.
    whose: HashMap<Id, WebhookEndpointId>,
    /// What is still to be written down.
    tried: Vec<Tried>,
}

impl std::fmt::Debug for Courier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Courier({}, {} under way)", self.token, self.flying.len())
    }
}

impl Courier {
    /// One who has nothing to carry yet.
    #[must_use]
    pub fn new(core: Core, outlet: Arc<Outlet>) -> Self {
        let cx = Cx::system(core);
        let token = cx.begin().id();
        Self { cx, outlet, token, lanes: HashMap::new(), flying: JoinSet::new(), whose: HashMap::new(), tried: Vec::new() }
    }

    /// Writes down what has come back, takes what is due and sends it off; tells how many were sent off.
    ///
    /// # Errors
    /// `database_unavailable`; what has come back is then written down the next time.
    pub async fn turn(&mut self) -> Result<usize> {
        while let Some(landed) = self.flying.try_join_next_with_id() {
            self.land(landed);
        }
        self.write(true).await
    }

    /// Waits until something comes back.
    pub async fn landed(&mut self) {
        if let Some(landed) = self.flying.join_next_with_id().await {
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
        self.write(false).await.map(drop)
    }

    /// Carries until nothing is due and nothing is under way; tells how many were sent off.
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

    /// Whether anything is under way.
    #[must_use]
    pub fn is_flying(&self) -> bool {
        !self.flying.is_empty()
    }

    fn land(&mut self, landed: Result<(Id, Tried), tokio::task::JoinError>) {
        let id = landed.as_ref().map_or_else(tokio::task::JoinError::id, |(id, _)| *id);
        if let Some(lane) = self.whose.remove(&id).and_then(|endpoint| self.lanes.get_mut(&endpoint)) {
            lane.busy -= 1;
        }
        match landed {
            Ok((_, tried)) => {
                if let Some(lane) = self.lanes.get_mut(&tried.row.endpoint_id) {
                    let sound = tried.answered.outcome == Outcome::Delivered;
                    lane.slots = if sound { (lane.slots + 1).min(SLOTS.1) } else { (lane.slots / 2).max(1) };
                }
                self.tried.push(tried);
            }
            // The message is still taken; when that ends somebody tries again.
            Err(error) => tracing::error!(%error, "sending a webhook broke off"),
        }
    }

    async fn write(&mut self, more: bool) -> Result<usize> {
        let due = if more { store::with_due(&self.cx).await? } else { Vec::new() };
        if self.tried.is_empty() && due.is_empty() {
            return Ok(0);
        }
        let mut tx = self.cx.begin();
        let silent = settle(&mut tx, self.token, &self.tried).await?;
        let wanted = self.wanted(due.iter().map(|endpoint| endpoint.id).filter(|id| !silent.contains(id)));
        let until = tx.now + LEASE;
        let claimed = if wanted.is_empty() { Vec::new() } else { store::claim(&mut tx, self.token, &wanted, until).await? };
        tx.commit(()).await?;
        self.tried.clear();
        self.lanes.retain(|_, lane| lane.busy > 0 || lane.slots != SLOTS.0);
        let count = claimed.len();
        if let Err(error) = self.send(&due, claimed.clone()).await {
            // Nothing of it has left the house.
            let mut tx = self.cx.begin();
            store::release(&mut tx, self.token, claimed.iter().map(|row| row.id).collect()).await?;
            tx.commit(()).await?;
            return Err(error);
        }
        Ok(count)
    }

    /// How many each endpoint has room for.
    fn wanted(&self, due: impl Iterator<Item = WebhookEndpointId>) -> Vec<(WebhookEndpointId, u64)> {
        let mut room = ALL_SLOTS.saturating_sub(u64::try_from(self.flying.len()).unwrap_or(u64::MAX));
        let mut wanted = Vec::new();
        for id in due {
            let free = self.lanes.get(&id).map_or(SLOTS.0, |lane| lane.slots.saturating_sub(lane.busy)).min(room);
            if free > 0 {
                room -= free;
                wanted.push((id, free));
            }
        }
        wanted
    }

    async fn send(&mut self, endpoints: &[endpoint::Model], claimed: Vec<delivery::Model>) -> Result<()> {
        let mut numbers: Vec<i64> = claimed.iter().map(|row| row.event_id).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let events: HashMap<i64, LoggedEvent> = if numbers.is_empty() {
            HashMap::new()
        } else {
            event::numbered(&self.cx, &numbers).await?.into_iter().map(|event| (event.id, event)).collect()
        };
        let at = self.cx.now();
        let mut by_endpoint: HashMap<WebhookEndpointId, Vec<delivery::Model>> = HashMap::new();
        for row in claimed {
            by_endpoint.entry(row.endpoint_id).or_default().push(row);
        }
        // All of it is made ready before any of it leaves.
        let mut ready = Vec::new();
        for endpoint in endpoints {
            let Some(rows) = by_endpoint.remove(&endpoint.id) else { continue };
            let opened = endpoint.open_url(&self.cx).and_then(|url| Ok((self.outlet.read(&url), endpoint.secrets_at(&self.cx, at)?)));
            for row in rows {
                let message = match (&opened, events.get(&row.event_id)) {
                    (Ok((Ok(url), secrets)), Some(event)) => {
                        let (media_type, body) = payload::message(event, endpoint.format);
                        let seconds = at.timestamp();
                        let signed: Vec<String> =
                            secrets.iter().map(|secret| secret.sign(&row.message_id, seconds, body.as_bytes())).collect();
                        let (url, id) = (url.clone(), row.message_id.clone());
                        Ok(Message { url, id, media_type, at, signature: signed.join(" "), body })
                    }
                    (Ok((Err(refused), _)), _) => Err(Answered::refused(refused)),
                    // One endpoint that cannot be read must not hold up the others.
                    (Err(error), _) => Err(Answered::unready(error)),
                    (_, None) => Err(Answered::unready(&kernel::Error::internal("the event is not in the log"))),
                };
                ready.push((row, message));
            }
        }
        for (row, message) in ready {
            let endpoint = row.endpoint_id;
            let client = self.outlet.client().clone();
            let flight = self.flying.spawn(async move {
                let began = Instant::now();
                let answered = match message {
                    Ok(message) => message.post(&client).await,
                    Err(refused) => refused,
                };
                Tried { row, at, took: began.elapsed(), answered }
            });
            self.whose.insert(flight.id(), endpoint);
            self.lanes.entry(endpoint).or_insert(Lane { slots: SLOTS.0, busy: 0 }).busy += 1;
        }
        Ok(())
    }
}

impl Message {
    async fn post(self, client: &Client) -> Answered {
        let request = client
            .post(self.url)
            .header("content-type", self.media_type)
            .header("webhook-id", &self.id)
            .header("webhook-timestamp", self.at.timestamp())
            .header("webhook-signature", &self.signature)
            .body(self.body);
        match request.send().await {
            Ok(response) => Answered::read(response, &self.signature).await,
            Err(error) => Answered::failed(&error),
        }
    }
}

impl Answered {
    async fn read(response: Response, signature: &str) -> Self {
        let status = response.status();
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let outcome = match status.as_u16() {
            200..=299 => Outcome::Delivered,
            300..=399 => Outcome::Redirect,
            _ => Outcome::Status,
        };
        // The rest of a success is read so that the connection can be used again; what it says is nobody's business.
        let text = beginning(response).await;
        let answer = (outcome != Outcome::Delivered).then(|| excerpt(&text, signature)).filter(|text| !text.is_empty());
        Self { outcome, status: Some(status.as_u16()), retry_after, answer }
    }

    fn failed(error: &reqwest::Error) -> Self {
        let mut cause = error.source();
        while let Some(inner) = cause {
            if let Some(refused) = inner.downcast_ref::<Refused>() {
                return Self::refused(refused);
            }
            cause = inner.source();
        }
        let outcome = if error.is_timeout() { Outcome::Timeout } else { Outcome::Connection };
        // The address may hold a token, so of the error only its innermost cause is kept.
        let mut innermost: &dyn std::error::Error = error;
        while let Some(inner) = innermost.source() {
            innermost = inner;
        }
        let answer = error.source().is_some().then(|| innermost.to_string());
        Self { outcome, status: None, retry_after: None, answer }
    }

    /// It did not leave the house.
    fn unready(error: &kernel::Error) -> Self {
        tracing::error!(?error, "a webhook cannot be made ready");
        let answer = Some("it could not be made ready; the log of the server says why".to_owned());
        Self { outcome: Outcome::Connection, status: None, retry_after: None, answer }
    }

    fn refused(refused: &Refused) -> Self {
        Self { outcome: Outcome::AddressRefused, status: None, retry_after: None, answer: Some(refused.to_string()) }
    }
}

/// How an answer begins.
pub(crate) async fn beginning(mut response: Response) -> Vec<u8> {
    let mut bytes = Vec::new();
    // The deadline holds for the body too; what came before it is kept.
    while bytes.len() < ANSWER.0
        && let Ok(Some(chunk)) = response.chunk().await
    {
        bytes.extend_from_slice(&chunk);
    }
    bytes
}

/// As text that can be shown: no control characters, no phone and ID numbers, and no signature that was sent back.
pub(crate) fn excerpt(bytes: &[u8], signature: &str) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text = signature.split(' ').fold(text.into_owned(), |text, one| text.replace(one, "…"));
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(ANSWER.1).collect();
    mask::text(plain.trim())
}

/// Writes down what came of attempts, and what follows from it; gives the endpoints that nothing more is to be sent to now.
async fn settle(tx: &mut Tx<'_>, token: Uuid, tried: &[Tried]) -> Result<HashSet<WebhookEndpointId>> {
    let mut silent = HashSet::new();
    if tried.is_empty() {
        return Ok(silent);
    }
    let (mut sound, mut failing) = (Vec::new(), Vec::new());
    let (mut gone, mut exhausted) = (HashSet::new(), HashSet::new());
    let mut rests: HashMap<WebhookEndpointId, Time> = HashMap::new();
    let (mut rows, mut attempts) = (Vec::new(), Vec::new());
    for one in tried {
        let endpoint = one.row.endpoint_id;
        let mut row = one.row.clone();
        row.outcome = Some(one.answered.outcome);
        row.status = one.answered.status.and_then(|status| i16::try_from(status).ok());
        attempts.push(attempt::Model {
            delivery_id: row.id,
            number: row.attempts + 1,
            at: one.at,
            duration_ms: i32::try_from(one.took.as_millis()).unwrap_or(i32::MAX),
            outcome: one.answered.outcome,
            status: row.status,
            answer: one.answered.answer.clone(),
        });
        if one.answered.outcome == Outcome::Delivered {
            (row.state, row.done_at) = (DeliveryState::Delivered, Some(tx.now));
            sound.push(endpoint);
        } else {
            failing.push(endpoint);
            let asked = one.answered.retry_after.as_deref().and_then(|text| flow::asked(text, tx.now));
            match (one.answered.status, flow::wait(row.step + 1, rand::rng().random(), asked)) {
                (Some(410), _) => {
                    (row.state, row.done_at) = (DeliveryState::Failed, Some(tx.now));
                    gone.insert(endpoint);
                }
                (_, None) => {
                    (row.state, row.done_at) = (DeliveryState::Failed, Some(tx.now));
                    exhausted.insert(endpoint);
                }
                (_, Some(wait)) => row.due_at = tx.now + wait,
            }
            if let (Some(status), Some(asked)) = (one.answered.status, asked)
                && flow::throttles(status)
            {
                let until = rests.entry(endpoint).or_insert(tx.now);
                *until = (*until).max(tx.now + asked);
            }
        }
        tracing::debug!(endpoint = %endpoint, message = row.message_id, outcome = %one.answered.outcome, status = row.status, "webhook tried");
        rows.push(row);
    }
    store::log_attempts(tx, attempts).await?;
    store::settle(tx, token, &rows).await?;
    failing.retain(|endpoint| !sound.contains(endpoint));
    for list in [&mut sound, &mut failing] {
        list.sort_unstable();
        list.dedup();
    }
    if !sound.is_empty() {
        store::set_sound(tx, sound.clone()).await?;
    }
    if !failing.is_empty() {
        store::set_failing(tx, failing).await?;
    }
    for (endpoint, until) in rests {
        store::hold(tx, endpoint, until).await?;
        silent.insert(endpoint);
    }
    exhausted.retain(|endpoint| !gone.contains(endpoint) && !sound.contains(endpoint));
    for (endpoint, reason) in gone.into_iter().map(|e| (e, StopReason::Gone)).chain(exhausted.into_iter().map(|e| (e, StopReason::Failing)))
    {
        let Some(row) = store::find_in(tx, endpoint).await? else { continue };
        if reason == StopReason::Failing && row.failing_since.is_none_or(|since| since > tx.now - flow::FAILING) {
            continue;
        }
        super::stop(tx, &row, reason).await?;
        silent.insert(endpoint);
    }
    Ok(silent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_an_answer_can_be_shown() {
        let text = excerpt("错误\r\n\0 13812341234 v1,abc=".as_bytes(), "v1,abc= v1,def=");
        assert!(!text.contains("13812341234") && !text.contains("abc") && !text.chars().any(char::is_control), "{text}");
        assert!(text.starts_with("错误"), "{text}");
        assert_eq!(excerpt(&[b'x'; 5_000], "v1,abc=").len(), ANSWER.1);
        assert_eq!(excerpt(&[0xff, 0xfe], "v1,abc="), "\u{fffd}\u{fffd}");
    }
}
