//! The checker checked: a true story that it finds nothing in, and for each thing that it should catch the same story with
//! that one thing wrong.

use super::*;
use serde_json::json;

const HOME: i64 = 321_182_001_017;
const ORDER: &str = "01";
const RESIDENT: &str = "a1";
const WORKER: &str = "b1";
const TAKER: &str = "c1";

/// An order that was claimed, suspended, done, found wanting, put back by itself, and is being done again; and another that
/// was just placed.
fn story() -> Evidence {
    let lead = |id: &str| json!({"kind": "person", "id": id});
    #[rustfmt::skip]
    let steps = [
        ("place", RESIDENT, "order.placed", json!({"to": "placed"})),
        ("triage", WORKER, "order.triaged", json!({"from": "placed", "to": "triaged"})),
        ("dispatch", WORKER, "order.dispatched", json!({"from": "triaged", "to": "dispatched", "mode": "pool"})),
        ("accept", TAKER, "order.accepted", json!({"from": "dispatched", "to": "accepted", "lead": lead(TAKER)})),
        ("suspend", WORKER, "order.suspended", json!({"from": "accepted", "to": "suspended"})),
        ("resume", WORKER, "order.resumed", json!({"from": "suspended", "to": "accepted"})),
        ("complete", TAKER, "order.completed", json!({"from": "accepted", "to": "completed"})),
        ("evaluate", RESIDENT, "order.evaluated", json!({"from": "completed", "to": "evaluated"})),
        ("", RESIDENT, "order.reworked", json!({"from": "evaluated", "to": "triaged"})),
        ("dispatch", WORKER, "order.dispatched", json!({"from": "triaged", "to": "dispatched", "lead": lead(WORKER)})),
        ("", WORKER, "order.accepted", json!({"from": "dispatched", "to": "accepted", "lead": lead(WORKER)})),
    ];
    let mut evidence = Evidence::default();
    for (n, (action, who, kind, data)) in steps.into_iter().enumerate() {
        let version = n as i64 + 1;
        let event = EventRow {
            seq: version,
            kind: kind.to_owned(),
            order: ORDER.to_owned(),
            version,
            region: HOME,
            actor: Some(who.to_owned()),
            data,
        };
        evidence.feed.push(event.seq);
        let state = event.data["to"].as_str().unwrap_or_default().to_owned();
        if action.is_empty() {
            // The second step of two: the answer shows the order after both.
            let ack = evidence.acks.last_mut().unwrap();
            (ack.version, ack.state) = (version, state);
        } else {
            acknowledge(&mut evidence, action, who, ORDER, version, &state);
        }
        evidence.events.push(event);
    }
    evidence.orders.push(OrderRow {
        id: ORDER.to_owned(),
        version: 11,
        state: "accepted".to_owned(),
        region: HOME,
        lead: Some(WORKER.to_owned()),
    });
    acknowledge(&mut evidence, "place", RESIDENT, "02", 1, "placed");
    let mut second = evidence.events[0].clone();
    (second.seq, second.order) = (12, "02".to_owned());
    evidence.feed.push(12);
    evidence.events.push(second);
    evidence.orders.push(OrderRow { id: "02".to_owned(), version: 1, state: "placed".to_owned(), region: HOME, lead: None });
    let last = evidence.acks[6].clone();
    evidence.replays.push(Replay { key: last.key, status: last.status, hash: last.hash, replayed: true });
    for (who, entitled, status, version, state) in [("worker", true, 200, 11, "accepted"), ("stranger", false, 404, 0, "")] {
        let (who, order, state) = (who.to_owned(), ORDER.to_owned(), state.to_owned());
        evidence.sightings.push(Sighting { who, entitled, order, status, version, state });
    }
    evidence.readings.push(Reading { who: "stranger".to_owned(), foreign: vec![] });
    evidence
}

fn acknowledge(evidence: &mut Evidence, action: &str, who: &str, order: &str, version: i64, state: &str) {
    let key = format!("key-{order}-{version}");
    evidence.keys.push(KeyRow { account: who.to_owned(), key: key.clone(), status: 200 });
    let (account, action, order, state) = (who.to_owned(), action.to_owned(), order.to_owned(), state.to_owned());
    let hash = format!("hash of {key}");
    evidence.acks.push(Ack { key, account, action, order, status: 200, version, state, hash, ..Ack::default() });
}

/// Requires that the doctored story breaks this invariant, and says how.
#[track_caller]
fn caught(invariant: u8, words: &str, doctor: impl FnOnce(&mut Evidence)) {
    let mut evidence = story();
    doctor(&mut evidence);
    let found = judge(&evidence);
    assert!(found.iter().any(|v| v.invariant == invariant && v.what.contains(words)), "{found:#?}");
}

#[test]
fn a_true_story_holds() {
    assert_eq!(judge(&story()), []);
}

#[test]
fn i1_an_acknowledged_change_that_is_lost_or_doubled() {
    // The last step is gone from everywhere, as after a failover to a standby that had not seen it.
    caught(1, "dispatch to version 11 was acknowledged and is lost", |e| {
        e.events.remove(10);
        e.feed.retain(|seq| *seq != 11);
        (e.orders[0].version, e.orders[0].state, e.orders[0].lead) = (10, "dispatched".to_owned(), Some(WORKER.to_owned()));
    });
    caught(1, "place to version 1 was acknowledged and is lost", |e| {
        e.events.pop();
        e.orders.pop();
    });
    caught(1, "complete to version 7 was acknowledged and is lost", |e| e.events[6].actor = Some(WORKER.to_owned()));
    caught(1, "version 4 was acknowledged to two keys", |e| acknowledge(e, "accept", "c2", ORDER, 4, "accepted"));
    caught(1, "order that was acknowledged to nobody", |e| {
        let mut ghost = e.orders[1].clone();
        ghost.id = "03".to_owned();
        e.orders.push(ghost);
    });
    caught(1, "order.resumed of version 6 was acknowledged to nobody", |e| {
        e.acks.remove(5);
    });
    caught(1, "worker sees version 10", |e| e.sightings[0].version = 10);
}

#[test]
fn i2_two_active_leads() {
    caught(2, "leads besides", |e| {
        e.events[4].kind = "order.accepted".to_owned();
        e.events[4].data = json!({"from": "accepted", "to": "accepted", "lead": {"kind": "person", "id": "c2"}});
    });
    caught(2, "leads now", |e| e.orders[0].lead = Some(TAKER.to_owned()));
    caught(2, "dispatched to", |e| e.events[10].data["lead"]["id"] = json!(TAKER));
}

#[test]
fn i3_an_illegal_history() {
    caught(3, "version 6 follows version 4", |e| {
        e.events.remove(4);
    });
    caught(3, "starts from placed, not from triaged", |e| e.events[2].data["from"] = json!("placed"));
    caught(3, "order.triaged from placed to closed", |e| e.events[1].data["to"] = json!("closed"));
    caught(3, "order.resumed from suspended to triaged", |e| e.events[5].data["to"] = json!("triaged"));
    caught(3, "stands at closed 11", |e| e.orders[0].state = "closed".to_owned());
}

#[test]
fn i4_an_event_too_many_or_too_few() {
    caught(4, "two events of version 4", |e| e.events.push(EventRow { seq: 13, ..e.events[3].clone() }));
    caught(4, "11 events for version 12", |e| e.orders[0].version = 12);
    caught(4, "events and no order", |e| e.events[11].order = "03".to_owned());
    caught(4, "the feed shows 11 events, the log has 12", |e| {
        e.feed.pop();
    });
    caught(4, "the feed shows 13 events", |e| e.feed.push(12));
}

#[test]
fn i5_other_bytes_for_the_same_key() {
    caught(5, "answered in two ways", |e| e.acks.push(Ack { hash: "other".to_owned(), ..e.acks[3].clone() }));
    caught(5, "other bytes when repeated", |e| e.replays[0].hash = "other".to_owned());
    caught(5, "other bytes when repeated", |e| e.replays[0].replayed = false);
    caught(5, "another answer is stored", |e| e.keys[2].status = 201);
    caught(5, "an answer is stored that nobody got", |e| e.keys[2].key = "unknown".to_owned());
    caught(5, "0 stored answers", |e| {
        e.keys.pop();
    });
}

#[test]
fn i6_what_is_none_of_their_business() {
    caught(6, "stranger got 200 instead of 404", |e| e.sightings[1].status = 200);
    caught(6, "stranger got 403 instead of 404", |e| e.sightings[1].status = 403);
    caught(6, "worker got 404 instead of 200", |e| e.sightings[0].status = 404);
    caught(6, "stranger was shown", |e| e.readings[0].foreign.push("321182001017".to_owned()));
    caught(6, "an event lies in", |e| e.events[3].region = 321_182_001_014);
}
