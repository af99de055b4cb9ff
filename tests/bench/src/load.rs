//! The operations, and the load: some connections, each asking again as soon as it is answered.

use crate::{
    Outcome,
    postgres::Postgres,
    statements::{self, Script, Statement, Vary},
    wire::{Ask, Wire},
    world::{self, HOME, Person, World, sql_id},
};
use serde_json::json;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Operation {
    /// The floor: an answer that needs no database and nobody signed in.
    Livez,
    Place,
    Accept,
    Claim,
    /// place, triage, dispatch, accept, complete, evaluate, close.
    Flow,
    Get,
    List,
    Taken,
    Overdue,
    Deep,
    Feed,
}

impl Operation {
    pub(crate) const ALL: [(Self, &str, &str); 11] = [
        (Self::Livez, "livez", "the floor: GET /livez"),
        (Self::Place, "place", "place an order, with an Idempotency-Key"),
        (Self::Accept, "accept", "accept an assigned order, with an Idempotency-Key"),
        (Self::Claim, "claim", "claim an order from the pool, with an Idempotency-Key"),
        (Self::Flow, "flow", "the whole flow, seven requests"),
        (Self::Get, "get", "read one order, at random"),
        (Self::List, "list", "first page of 50 of a community"),
        (Self::Taken, "taken", "first page of 50 of a taker"),
        (Self::Overdue, "overdue", "first page of 50 overdue in a community"),
        (Self::Deep, "deep", "a page of 50 in the middle of a community's list"),
        (Self::Feed, "feed", "a page of 50 of the change feed"),
    ];

    pub(crate) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(o, ..)| *o == self).map_or("", |(_, name, _)| name)
    }

    pub(crate) const fn writes(self) -> bool {
        matches!(self, Self::Place | Self::Accept | Self::Claim | Self::Flow)
    }

    /// Whether it needs orders that wait for somebody.
    pub(crate) const fn consumes(self) -> bool {
        matches!(self, Self::Accept | Self::Claim)
    }
}

/// A key as clients make them: never the same, in no order.
fn key(base: u64, k: u64) -> String {
    format!("{:016x}-{base:x}", (k + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15))
}

async fn send(wire: &mut Wire, person: &Person, path: &str, key: &str, body: &str) -> Outcome<String> {
    let answer = wire.ask(Ask { path, token: &person.token, key, body: Some(body) }).await?;
    Ok(serde_json::from_slice::<serde_json::Value>(answer)?["id"].as_str().unwrap_or_default().to_owned())
}

fn order() -> String {
    let contact = json!({"name": "张三", "phone": "13812341234", "address": "翡丽中央 12幢3单元401室"});
    json!({"title": "楼道灯不亮", "content": "3单元2楼的灯坏了三天,老人上下楼不安全,希望社区能尽快安排人来修一下。", "region_code": HOME,
        "item_code": "B-1-1", "channel": "mini_program", "contact": contact})
    .to_string()
}

/// Carries out an operation once, as the `k`-th of a leg that began at `base`; gives the order's id where it matters.
pub(crate) async fn once(world: &World, wire: &mut Wire, operation: Operation, base: u64, k: u64) -> Outcome<String> {
    let people = &world.people;
    let read = async |wire: &mut Wire, person: &Person, path: &str| {
        wire.ask(Ask { path, token: &person.token, ..Ask::default() }).await.map(|_| String::new())
    };
    let (worker, resident, key) = (&people.worker, &people.residents[k as usize % people.residents.len()], key(base, k));
    match operation {
        Operation::Livez => wire.ask(Ask { path: "/livez", ..Ask::default() }).await.map(|_| String::new()),
        Operation::Place => send(wire, resident, "/api/v1/orders", &key, &order()).await,
        Operation::Accept | Operation::Claim => {
            send(wire, people.taker(k), &format!("/api/v1/orders/{}/accept", world::id(base, k)), &key, "{}").await
        }
        Operation::Flow => {
            let taker = people.taker(k);
            let id = send(wire, resident, "/api/v1/orders", &key, &order()).await?;
            let assign = json!({"mode": "assign", "lead": {"kind": "person", "id": taker.id}}).to_string();
            for (person, step, body) in [
                (worker, "triage", "{\"priority\":\"high\"}"),
                (worker, "dispatch", assign.as_str()),
                (taker, "accept", "{}"),
                (taker, "complete", "{\"result\":\"solved\",\"answer\":\"楼道灯已更换,并检查了整个单元。\"}"),
                (resident, "evaluate", "{\"level\":\"very_satisfied\",\"tags\":[\"及时\"],\"comment\":\"谢谢\"}"),
                (worker, "close", "{}"),
            ] {
                send(wire, person, &format!("/api/v1/orders/{id}/{step}"), &format!("{key}-{step}"), body).await?;
            }
            Ok(id)
        }
        Operation::Get => {
            let n = (k + base).wrapping_mul(0x9E37_79B9_7F4A_7C15) % world.orders + 1;
            let id = world::id(world.first_ms + n * world.step_ms, n);
            read(wire, worker, &format!("/api/v1/orders/{id}")).await.map(|_| id)
        }
        Operation::List => read(wire, worker, &list("region_code", HOME)).await,
        Operation::Overdue => read(wire, worker, &format!("{}&overdue=true", list("region_code", HOME))).await,
        Operation::Deep => read(wire, worker, &format!("{}&cursor={}", list("region_code", HOME), world.deep)).await,
        Operation::Taken => read(wire, &people.takers[0], &list("view", "taken")).await,
        Operation::Feed => read(wire, &people.district, &format!("/api/v1/events?limit=50&cursor={}", world.late)).await,
    }
}

fn list(name: &str, value: &str) -> String {
    format!("/api/v1/orders?limit=50&{name}={value}")
}

/// Walks to the middle of the community's list and of the feed (or a good way there), for a cursor.
pub(crate) async fn walk(world: &mut World) -> Outcome {
    let mut wire = Wire::open(&world.server.address).await?;
    for (path, token) in
        [(list("region_code", HOME), &world.people.worker.token), ("/api/v1/events?limit=50".to_owned(), &world.people.district.token)]
    {
        let mut cursor = String::new();
        for _ in 0..(world.orders / 1000).clamp(2, 100) {
            let page = wire.json(&format!("{path}{}{cursor}", if cursor.is_empty() { "" } else { "&cursor=" }), token, None).await?;
            cursor = page["next_cursor"].as_str().ok_or("the list is too short")?.to_owned();
        }
        if path.contains("events") { world.late = cursor } else { world.deep = cursor }
    }
    Ok(())
}

/// The result of a leg.
pub(crate) struct Leg {
    pub(crate) done: u64,
    pub(crate) per_second: f64,
    /// Milliseconds.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

/// Lets so many connections ask for so long.
pub(crate) async fn leg(world: &Arc<World>, operation: Operation, base: u64, clients: usize, length: Duration) -> Outcome<Leg> {
    let (next, mut tasks) = (Arc::new(AtomicU64::new(0)), JoinSet::new());
    let mut wires = Vec::new();
    for _ in 0..clients {
        wires.push(Wire::open(&world.server.address).await?);
    }
    let began = Instant::now();
    for mut wire in wires {
        let (world, next) = (Arc::clone(world), Arc::clone(&next));
        tasks.spawn(async move {
            let mut took = Vec::new();
            while began.elapsed() < length {
                let asked = Instant::now();
                once(&world, &mut wire, operation, base, next.fetch_add(1, Ordering::Relaxed)).await?;
                took.push(asked.elapsed().as_secs_f64() * 1000.0);
            }
            Outcome::Ok(took)
        });
    }
    let mut took = Vec::new();
    while let Some(part) = tasks.join_next().await {
        took.extend(part??);
    }
    let elapsed = began.elapsed().as_secs_f64();
    took.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| took.get((took.len() as f64 * share) as usize).copied().unwrap_or(f64::NAN);
    Ok(Leg { done: took.len() as u64, per_second: took.len() as f64 / elapsed, p50: at(0.5), p99: at(0.99) })
}

/// What pgbench computes before a transaction, and the statements of one operation.
pub(crate) struct Captured {
    statements: Vec<Statement>,
    vary: Vec<Vary>,
    set: &'static str,
    /// The id, the number and the key of what was placed; empty where there is none.
    pub(crate) placed: [String; 3],
}

/// Carries out an operation three times on a server that logs its statements, and keeps the last time.
pub(crate) async fn capture(world: &World, postgres: &Postgres, address: &str, operation: Operation) -> Outcome<Captured> {
    // The same people act each time, so that the last time everybody is known already.
    let (base, same_people) = (world::now_ms(), (world.people.residents.len() * (world.people.takers.len() - 1)) as u64);
    if operation.consumes() {
        postgres.sql(&world.database, &world.prepared(base, 2 * same_people + 1, operation == Operation::Claim))?;
    }
    let last_event = last_event(world, postgres)?;
    let (mut wire, mut before, mut id) = (Wire::open(address).await?, 0, String::new());
    for n in [0, 1, 2] {
        before = settled(postgres).await?;
        id = once(world, &mut wire, operation, base, n * same_people).await?;
    }
    settled(postgres).await?;
    let statements = statements::read(&postgres.log()?[before..])?;
    let key = key(base, 2 * same_people);
    let steps = ["triage", "dispatch", "accept", "complete", "evaluate", "close"];
    let vary = |what: &str, by: String| Vary { what: what.to_owned(), by };
    let unique = "to_hex(:r::bigint) || '-' || to_hex(:n::bigint) || '-' || to_hex(:client_id::bigint)";
    let mut varied = vec![vary(&key, unique.to_owned())];
    varied.extend(steps.map(|step| vary(&format!("{key}-{step}"), format!("{unique} || '-{step}'"))));
    let mut number = String::new();
    let (set, place) = match operation {
        Operation::Place | Operation::Flow => {
            number = postgres.sql(&world.database, &format!("SELECT number FROM orders WHERE id = '{id}'"))?;
            varied.push(vary(&number, unique.to_owned()));
            ("\\set n :n + 1\n\\set ms :base + :n\n\\set r random(1, 1099511627776)\n", sql_id(":ms::bigint", ":client_id::bigint"))
        }
        Operation::Accept | Operation::Claim => {
            varied.push(vary("\"lead_slot\" = ", ":slot::smallint".to_owned()));
            if operation == Operation::Claim {
                varied.push(vary(
                    &world.people.taker(0).id,
                    format!("{}[1 + :k::bigint % {}]", world.takers(), world.people.takers.len() - 1),
                ));
            }
            let set = "\\set k :n * :clients + :client_id\n\\set n :n + 1\n\\set slot 1 + :k % 32000\n\\set r random(1, 1099511627776)\n";
            (set, sql_id(":base::bigint", ":k::bigint"))
        }
        Operation::Get => ("\\set k random(1, :orders)\n\\set ms :first + :k * :step\n", sql_id(":ms::bigint", ":k::bigint")),
        _ => ("", String::new()),
    };
    if !id.is_empty() {
        varied.push(vary(&id, place));
    }
    if operation.writes() {
        sweep(world, postgres, base, &last_event)?;
    }
    Ok(Captured { statements, vary: varied, set, placed: [id, number, key] })
}

/// Waits until the log stands still; gives its length.
async fn settled(postgres: &Postgres) -> Outcome<usize> {
    let mut length = 0;
    loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now = postgres.log()?.len();
        if now == length {
            return Ok(now);
        }
        length = now;
    }
}

/// The number of the newest event.
pub(crate) fn last_event(world: &World, postgres: &Postgres) -> Outcome<String> {
    postgres.sql(&world.database, "SELECT coalesce(max(seq), 0) FROM events")
}

/// Takes away what was written since `base`, so that the next leg finds the tables as this one did.
pub(crate) fn sweep(world: &World, postgres: &Postgres, base: u64, last_event: &str) -> Outcome {
    let first = world::id(base, 0);
    postgres.sql(
        &world.database,
        // Without looking who refers to each: nobody does, and there is no index for that.
        &format!("SET session_replication_role = replica; DELETE FROM orders WHERE id >= '{first}'; DELETE FROM events WHERE seq > {last_event}; TRUNCATE idempotency_keys"),
    )?;
    postgres.sql(&world.database, "VACUUM orders, events").map(|_| ())
}

impl Captured {
    /// How many statements there are: the round trips to the database.
    pub(crate) fn count(&self) -> usize {
        self.statements.len()
    }

    /// The statements, those of the commit taken apart, as text in another dialect.
    pub(crate) fn in_steps(&self, vary: &[Vary], literal: impl Fn(&str) -> String) -> Vec<String> {
        self.statements.iter().flat_map(Statement::in_steps).map(|s| s.filled(vary, &literal)).collect()
    }

    /// A script with the same statements.
    pub(crate) fn same(&self, world: &World, operation: Operation) -> Outcome<Script> {
        statements::script(&format!("{}-{}", world.database, operation.name()), self.set, &self.statements, &self.vary)
    }

    /// A script that does the writes alone, as a plain transaction: BEGIN, one statement a table, COMMIT.
    pub(crate) fn plain(&self, world: &World, operation: Operation) -> Outcome<Option<Script>> {
        if !matches!(operation, Operation::Place | Operation::Accept) {
            return Ok(None);
        }
        let commit: Vec<_> = self.statements.iter().flat_map(Statement::in_steps).skip_while(|s| s.sql != "BEGIN").collect();
        statements::script(&format!("{}-{}-plain", world.database, operation.name()), self.set, &commit, &self.vary).map(Some)
    }
}
