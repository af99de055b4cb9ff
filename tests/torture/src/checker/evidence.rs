//! Gathers what there is to know afterwards: the journal, the tables, and what the API shows to whom.

use super::{EventRow, Evidence, KeyRow, OrderRow, Reading, Replay, Sighting};
use crate::{
    Outcome,
    api::Ask,
    dice::Dice,
    journal::{Ack, Journal, digest},
    people::Person,
    world::World,
};
use serde_json::Value;
use std::collections::BTreeSet;

/// How many orders are looked at through the API, and how many requests repeated.
const SAMPLE: usize = 150;

/// Gathers it. A server must be running, and nobody else at work.
pub(crate) async fn collect(world: &World) -> Outcome<Evidence> {
    let mut evidence = Evidence { acks: Journal::read(&world.journal.path)?, ..Evidence::default() };
    tables(world, &mut evidence).await?;
    let mut dice = Dice::new(evidence.acks.len() as u64);
    // The last of all, which had the least time to settle, and some of the rest.
    let acks = evidence.acks.iter().rev().take(SAMPLE / 3).cloned().collect::<Vec<_>>();
    let others = some(&mut dice, &evidence.acks, SAMPLE);
    for ack in acks.into_iter().chain(others) {
        evidence.replays.push(repeat(world, &ack).await?);
    }
    for order in some(&mut dice, &evidence.orders, SAMPLE) {
        sightings(world, &mut evidence, &order).await?;
    }
    for community in &world.people.communities {
        let path = format!("/api/v1/orders?limit=100&region_code={}", community.code);
        let mine = read_all(world, &community.worker, &path).await?;
        evidence.readings.push(Reading { who: community.worker.name.clone(), foreign: foreign(&mine, community.code) });
        for other in world.people.communities.iter().filter(|c| c.code != community.code) {
            // Nothing of the others, whether it is refused or empty.
            let theirs = read_all(world, &other.worker, &path).await?;
            evidence.readings.push(Reading { who: other.worker.name.clone(), foreign: foreign(&theirs, other.code) });
        }
    }
    let feed = read_all(world, &world.people.district, "/api/v1/events?limit=100").await?;
    let of_orders = feed.iter().filter(|e| e["type"].as_str().is_some_and(|t| t.starts_with("order.")));
    evidence.feed = of_orders.filter_map(|e| e["id"].as_i64()).collect();
    Ok(evidence)
}

/// Some of these, drawn with the dice; all where there are few.
fn some<T: Clone>(dice: &mut Dice, from: &[T], count: usize) -> Vec<T> {
    if from.len() <= count { from.to_vec() } else { (0..count).map(|_| dice.pick(from).clone()).collect() }
}

async fn tables(world: &World, evidence: &mut Evidence) -> Outcome {
    let id = |column| world.database.id(column);
    type Order = (String, i64, String, i64, Option<String>);
    let sql = format!("SELECT {}, CAST(version AS bigint), state, region_code, {} FROM orders", id("id"), id("lead_id"));
    let rows: Vec<Order> = world.database.rows(&sql).await?;
    // SQLite's hex() of nothing is an empty text.
    let some = |id: Option<String>| id.filter(|id| !id.is_empty());
    evidence.orders =
        rows.into_iter().map(|(id, version, state, region, lead)| OrderRow { id, version, state, region, lead: some(lead) }).collect();
    type Event = (i64, String, String, i64, i64, Option<String>, String);
    let sql = format!(
        "SELECT seq, type, {}, CAST(subject_version AS bigint), region_code, {}, data FROM events WHERE type LIKE 'order.%'",
        id("subject_id"),
        id("actor_id")
    );
    let rows: Vec<Event> = world.database.rows(&sql).await?;
    for (seq, kind, order, version, region, actor, data) in rows {
        evidence.events.push(EventRow { seq, kind, order, version, region, actor: some(actor), data: serde_json::from_str(&data)? });
    }
    let sql = format!("SELECT {}, key, CAST(status AS bigint) FROM idempotency_keys", id("account_id"));
    let rows: Vec<(String, String, i64)> = world.database.rows(&sql).await?;
    evidence.keys = rows.into_iter().map(|(account, key, status)| KeyRow { account, key, status }).collect();
    Ok(())
}

/// Sends an acknowledged request once more.
async fn repeat(world: &World, ack: &Ack) -> Outcome<Replay> {
    let who = world.people.find(&ack.account).ok_or("an acknowledgement to nobody")?;
    let answer = world.api.settle(Ask { who, path: &ack.path, key: &ack.key, body: &ack.body }).await?;
    Ok(Replay { key: ack.key.clone(), status: answer.status, hash: digest(&answer.body), replayed: answer.replayed })
}

/// Asks for an order as its community's worker, as the other community's, and as people there who have nothing to do with it.
async fn sightings(world: &World, evidence: &mut Evidence, order: &OrderRow) -> Outcome {
    for community in &world.people.communities {
        let home = community.code.parse() == Ok(order.region);
        let mut witnesses: Vec<&Person> = vec![&community.worker];
        if !home {
            witnesses.extend([&community.residents[0], &community.takers[0]]);
        }
        for who in witnesses {
            let (status, view) = world.api.read(who, &format!("/api/v1/orders/{}", order.id)).await?;
            let (version, state) = (view["version"].as_i64().unwrap_or_default(), view["state"].as_str().unwrap_or_default().to_owned());
            evidence.sightings.push(Sighting { who: who.name.clone(), entitled: home, order: order.id.clone(), status, version, state });
        }
    }
    Ok(())
}

/// Reads a list to its end; one that is refused is empty.
async fn read_all(world: &World, who: &Person, path: &str) -> Outcome<Vec<Value>> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let (status, page) = world.api.read(who, &format!("{path}{cursor}")).await?;
        if status != 200 {
            return Ok(items);
        }
        items.extend(page["items"].as_array().cloned().unwrap_or_default());
        if page["has_more"] != true {
            return Ok(items);
        }
        cursor = format!("&cursor={}", page["next_cursor"].as_str().unwrap_or_default());
    }
}

/// The regions of these that are not home.
fn foreign(items: &[Value], home: &str) -> Vec<String> {
    let regions: BTreeSet<&str> = items.iter().filter_map(|i| i["region_code"].as_str()).filter(|r| *r != home).collect();
    regions.into_iter().map(str::to_owned).collect()
}
