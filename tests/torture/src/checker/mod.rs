//! The checker: what the journal says was acknowledged against what the database and the API say afterwards.
//!
//! | | |
//! |---|---|
//! | I1 | what was acknowledged is there, and nothing is there that was not acknowledged to somebody |
//! | I2 | an order never has two active leads, not now and not in its history |
//! | I3 | its history is a legal one, with versions 1 … n |
//! | I4 | a change has exactly one event, in the log and in the change feed |
//! | I5 | the same key gets the same bytes |
//! | I6 | an order is visible to those whose it is, and to nobody else |
//!
//! [`judge`] is pure. It knows the flow from `docs/order-flow.md`, not from the code that it judges.

mod evidence;
mod flow;
#[cfg(test)]
mod tests;

pub(crate) use evidence::collect;

use crate::journal::Ack;
use flow::{ACTIONS, Flow, Step};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// An order as the database has it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct OrderRow {
    pub(crate) id: String,
    pub(crate) version: i64,
    pub(crate) state: String,
    pub(crate) region: i64,
    pub(crate) lead: Option<String>,
}

/// An event of an order as the log has it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct EventRow {
    pub(crate) seq: i64,
    pub(crate) kind: String,
    pub(crate) order: String,
    pub(crate) version: i64,
    pub(crate) region: i64,
    pub(crate) actor: Option<String>,
    pub(crate) data: Value,
}

/// A stored answer.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct KeyRow {
    pub(crate) account: String,
    pub(crate) key: String,
    pub(crate) status: i64,
}

/// What an acknowledged request was answered when it was sent again afterwards.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Replay {
    pub(crate) key: String,
    pub(crate) status: u16,
    pub(crate) hash: String,
    pub(crate) replayed: bool,
}

/// What somebody was answered who asked for an order by its id.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Sighting {
    pub(crate) who: String,
    /// Whether it is theirs to see.
    pub(crate) entitled: bool,
    pub(crate) order: String,
    pub(crate) status: u16,
    /// Version and state, if they saw it.
    pub(crate) version: i64,
    pub(crate) state: String,
}

/// A list or a feed that somebody read to its end.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Reading {
    pub(crate) who: String,
    /// The regions of what they were shown that they have no business with.
    pub(crate) foreign: Vec<String>,
}

/// All that is known afterwards.
#[derive(Clone, Debug, Default)]
pub(crate) struct Evidence {
    pub(crate) acks: Vec<Ack>,
    pub(crate) orders: Vec<OrderRow>,
    pub(crate) events: Vec<EventRow>,
    pub(crate) keys: Vec<KeyRow>,
    pub(crate) replays: Vec<Replay>,
    pub(crate) sightings: Vec<Sighting>,
    pub(crate) readings: Vec<Reading>,
    /// The sequence numbers of the order events in the change feed, as they came.
    pub(crate) feed: Vec<i64>,
}

/// Something that must not be.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Violation {
    /// 1 to 6.
    pub(crate) invariant: u8,
    pub(crate) what: String,
}

struct Verdict(Vec<Violation>);

impl Verdict {
    fn require(&mut self, invariant: u8, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.0.push(Violation { invariant, what: what() });
        }
    }
}

/// Finds everything that must not be.
pub(crate) fn judge(evidence: &Evidence) -> Vec<Violation> {
    let mut verdict = Verdict(Vec::new());
    let flow = Flow::documented();
    let mut histories: BTreeMap<&str, Vec<&EventRow>> = BTreeMap::new();
    for event in &evidence.events {
        histories.entry(&event.order).or_default().push(event);
    }
    for history in histories.values_mut() {
        history.sort_by_key(|e| (e.version, e.seq));
    }
    acknowledged_is_present(evidence, &histories, &mut verdict);
    for order in &evidence.orders {
        let history = histories.get(order.id.as_str()).map(Vec::as_slice).unwrap_or_default();
        one_lead(order, history, &mut verdict);
        legal(&flow, order, history, &mut verdict);
        for event in history {
            verdict.require(6, event.region == order.region, || format!("{}: an event lies in {}", order.id, event.region));
        }
    }
    one_event_a_change(evidence, &histories, &mut verdict);
    same_bytes(evidence, &mut verdict);
    in_scope(evidence, &mut verdict);
    verdict.0.sort();
    verdict.0
}

/// I1. Each acknowledgement names the version that it made (two, where the flow takes two steps at once): that version has
/// the action's event by that person; no version has two acknowledgements, none has none.
fn acknowledged_is_present(evidence: &Evidence, histories: &BTreeMap<&str, Vec<&EventRow>>, verdict: &mut Verdict) {
    let mut covered: HashMap<(&str, i64), &str> = HashMap::new();
    let mut keys = BTreeSet::new();
    for ack in evidence.acks.iter().filter(|a| keys.insert((&a.account, &a.key))) {
        let at = |version: i64| histories.get(ack.order.as_str()).and_then(|h| h.iter().find(|e| e.version == version).copied());
        let kind = ACTIONS.iter().find(|(action, _)| *action == ack.action).map_or("", |(_, kind)| kind);
        let does = |event: Option<&EventRow>, kind: &str| event.is_some_and(|e| e.kind == kind && e.actor.as_ref() == Some(&ack.account));
        // The second step of two hides the first in the answer.
        let second = match ack.action.as_str() {
            "dispatch" if ack.state == "accepted" => Some("order.accepted"),
            "evaluate" if ack.state == "triaged" => Some("order.reworked"),
            _ => None,
        };
        let first = if second.is_some() { ack.version - 1 } else { ack.version };
        let found = does(at(first), kind) && second.is_none_or(|kind| does(at(ack.version), kind));
        verdict.require(1, found, || format!("{}: {} to version {} was acknowledged and is lost", ack.order, ack.action, ack.version));
        for version in first..=ack.version {
            let other = covered.insert((&ack.order, version), &ack.key);
            verdict.require(1, other.is_none(), || format!("{}: version {version} was acknowledged to two keys", ack.order));
        }
    }
    for event in &evidence.events {
        let known = covered.contains_key(&(event.order.as_str(), event.version));
        verdict.require(1, known, || format!("{}: {} of version {} was acknowledged to nobody", event.order, event.kind, event.version));
    }
    for order in &evidence.orders {
        let known = covered.contains_key(&(order.id.as_str(), 1));
        verdict.require(1, known, || format!("{}: there is an order that was acknowledged to nobody", order.id));
    }
}

/// I2. An accepted lead is active until the work is done, handed back or called off.
fn one_lead(order: &OrderRow, history: &[&EventRow], verdict: &mut Verdict) {
    let taker = |event: &EventRow| event.data["lead"]["id"].as_str().map(crate::people::plain);
    let (mut named, mut active): (Option<String>, Option<String>) = (None, None);
    for event in history {
        match event.kind.as_str() {
            "order.dispatched" => named = taker(event),
            "order.accepted" => {
                let lead = taker(event);
                let fits = active.is_none() && lead.is_some() && (named.is_none() || named == lead);
                verdict.require(2, fits, || format!("{}: {lead:?} leads besides {active:?}, dispatched to {named:?}", order.id));
                named.clone_from(&lead);
                active = lead;
            }
            "order.declined" | "order.handed_back" | "order.reworked" => (named, active) = (None, None),
            "order.completed" | "order.cancelled" => active = None,
            _ => {}
        }
    }
    verdict.require(2, order.lead == named, || format!("{}: {:?} leads now, {named:?} by its history", order.id, order.lead));
}

/// I3. Versions 1 … n, each step one that the documented table allows, and the order stands where its history ends.
fn legal(flow: &Flow, order: &OrderRow, history: &[&EventRow], verdict: &mut Verdict) {
    let word = |event: &EventRow, field: &str| event.data[field].as_str().unwrap_or_default().to_owned();
    let (mut state, mut paused) = (String::new(), String::new());
    for (n, event) in history.iter().enumerate() {
        let (from, to) = (word(event, "from"), word(event, "to"));
        verdict.require(3, event.version == n as i64 + 1, || format!("{}: version {} follows version {n}", order.id, event.version));
        verdict.require(3, from == state, || format!("{}: {} starts from {from}, not from {state}", order.id, event.kind));
        let allowed = if event.kind == "order.placed" {
            n == 0 && to == "placed"
        } else {
            let action = ACTIONS.iter().find(|(_, kind)| *kind == event.kind).map_or("", |(action, _)| action);
            match flow.next(&state, action) {
                Some(Step::To(there)) => *there == to,
                Some(Step::Stay) => to == state,
                Some(Step::Back) => to == paused,
                None => false,
            }
        };
        verdict.require(3, allowed, || format!("{}: {} from {state} to {to}", order.id, event.kind));
        if to == "suspended" {
            paused = state;
        }
        state = to;
    }
    let stands = (order.state.as_str(), order.version) == (&state, history.len() as i64);
    verdict.require(3, stands, || {
        format!("{}: stands at {} {}, its history ends at {state} {}", order.id, order.state, order.version, history.len())
    });
}

/// I4. As many events as versions, none twice; no event without its order; the feed shows each exactly once.
fn one_event_a_change(evidence: &Evidence, histories: &BTreeMap<&str, Vec<&EventRow>>, verdict: &mut Verdict) {
    let orders: BTreeSet<&str> = evidence.orders.iter().map(|o| o.id.as_str()).collect();
    for order in &evidence.orders {
        let events = histories.get(order.id.as_str()).map_or(0, Vec::len) as i64;
        verdict.require(4, events == order.version, || format!("{}: {events} events for version {}", order.id, order.version));
    }
    for (order, history) in histories {
        verdict.require(4, orders.contains(order), || format!("{order}: {} events and no order", history.len()));
        for pair in history.windows(2) {
            verdict.require(4, pair[0].version != pair[1].version, || format!("{order}: two events of version {}", pair[0].version));
        }
    }
    let (mut shown, mut logged) = (evidence.feed.clone(), evidence.events.iter().map(|e| e.seq).collect::<Vec<_>>());
    shown.sort_unstable();
    logged.sort_unstable();
    verdict.require(4, shown == logged, || format!("the feed shows {} events, the log has {}", shown.len(), logged.len()));
}

/// I5. In the journal, in the table of stored answers, and when asked again afterwards.
fn same_bytes(evidence: &Evidence, verdict: &mut Verdict) {
    let mut answers: BTreeMap<&str, (&Ack, usize)> = BTreeMap::new();
    for ack in &evidence.acks {
        let (first, _) = answers.entry(&ack.key).or_insert((ack, 0));
        let same = (first.status, &first.hash) == (ack.status, &ack.hash);
        verdict.require(5, same, || format!("{}: {} was answered in two ways", ack.order, ack.key));
    }
    for row in &evidence.keys {
        match answers.get_mut(row.key.as_str()) {
            Some((ack, rows)) => {
                *rows += 1;
                let fits = row.account == ack.account && row.status == i64::from(ack.status);
                verdict.require(5, fits, || format!("{}: another answer is stored", row.key));
            }
            None => verdict.require(5, false, || format!("{}: an answer is stored that nobody got", row.key)),
        }
    }
    for (key, (_, rows)) in &answers {
        verdict.require(5, *rows == 1, || format!("{key}: {rows} stored answers"));
    }
    for replay in &evidence.replays {
        let same = answers.get(replay.key.as_str()).is_some_and(|(a, _)| (a.status, &a.hash) == (replay.status, &replay.hash));
        verdict.require(5, same && replay.replayed, || format!("{}: answered {} and other bytes when repeated", replay.key, replay.status));
    }
}

/// I6. And whoever may see an order sees it as it is.
fn in_scope(evidence: &Evidence, verdict: &mut Verdict) {
    let rows: HashMap<&str, &OrderRow> = evidence.orders.iter().map(|o| (o.id.as_str(), o)).collect();
    for seen in &evidence.sightings {
        let status = if seen.entitled { 200 } else { 404 };
        verdict.require(6, seen.status == status, || format!("{}: {} got {} instead of {status}", seen.order, seen.who, seen.status));
        let fits =
            seen.status != 200 || rows.get(seen.order.as_str()).is_some_and(|o| (o.version, &o.state) == (seen.version, &seen.state));
        verdict.require(1, fits, || format!("{}: {} sees version {} {}", seen.order, seen.who, seen.version, seen.state));
    }
    for reading in &evidence.readings {
        verdict.require(6, reading.foreign.is_empty(), || format!("{} was shown {:?}", reading.who, reading.foreign));
    }
}
