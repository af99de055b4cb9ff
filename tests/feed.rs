//! The change feed: every event once, none missed, while others write.

use crate::orders::{at, dispatched, lamp, pooled, step, taker, timeline};
use kernel::clock::Clock;
use sea_orm::{ConnectionTrait, Statement, TransactionTrait};
use serde_json::{Value, json};
use services::order::State;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};
use testkit::{Backend, Client, FOREIGN, HOME, World};
use uuid::Uuid;

mod long;
mod stream;

/// Somebody who follows the feed.
struct Reader {
    who: Client,
    query: String,
    cursor: String,
    events: Vec<Value>,
}

impl Reader {
    fn new(who: Client, query: &str) -> Self {
        Self { who, query: query.to_owned(), cursor: String::new(), events: Vec::new() }
    }

    /// Reads one page; says whether there was anything.
    async fn reads(&mut self) -> bool {
        let page = self.who.get(format!("/events?limit=7{}{}", self.query, self.cursor)).send().await.expect(200);
        self.cursor = format!("&cursor={}", page["next_cursor"].as_str().expect("a feed goes on"));
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 7, "{page}");
        self.events.extend(items.iter().cloned());
        !items.is_empty() || page["has_more"] == true
    }

    /// Reads on until this many events are there, and then that no more come.
    async fn reads_until(&mut self, enough: impl Fn(&[Value]) -> bool) {
        let began = Instant::now();
        while !enough(&self.events) {
            if !self.reads().await {
                assert!(began.elapsed() < Duration::from_secs(20), "events are missing; there are {}", self.events.len());
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        while self.reads().await {}
    }

    /// Requires that no event came twice and each thing's events came in their order.
    fn is_in_order(&self) {
        let ids: BTreeSet<_> = self.events.iter().map(|e| e["id"].as_i64().unwrap()).collect();
        assert_eq!(ids.len(), self.events.len(), "an event came twice");
        let mut versions: BTreeMap<&str, i64> = BTreeMap::new();
        for event in &self.events {
            let (subject, version) = (event["subject_id"].as_str().unwrap(), event["subject_version"].as_i64().unwrap());
            let before = versions.insert(subject, version).unwrap_or(0);
            if event["type"].as_str().unwrap().starts_with("order.") {
                assert_eq!(version, before + 1, "{event}");
            }
        }
    }
}

fn is_of(kind: &'static str) -> impl Fn(&&Value) -> bool {
    move |event| event["type"] == kind
}

testkit::on_both! {
    async fn a_reader_misses_nothing_while_sixteen_write(world: World) {
        const WRITERS: usize = 16;
        const ORDERS: usize = 4;
        world.readable().await;
        let mut reader = Reader::new(world.person("feng"), "");
        while reader.reads().await {}
        let before = reader.events.len();
        let writers: Vec<_> = (0..WRITERS)
            .map(|n| {
                let world = world.clone();
                tokio::spawn(async move {
                    let (zhang, wang) = (world.person(if n % 2 == 0 { "zhang" } else { "li" }), world.person("wang"));
                    let mut placed = Vec::new();
                    for _ in 0..ORDERS {
                        let order = zhang.post("/orders").json(lamp()).send().await.expect(201);
                        step(&wang, &order, "triage", json!({})).await.expect(200);
                        // One statement with two events, and an open transaction with one.
                        let dispatch = if n % 3 == 0 { json!({ "mode": "self_handled" }) } else { json!({ "mode": "assign", "lead": taker(&world.person("chen")), "assistants": [taker(&world.person("wu"))] }) };
                        step(&wang, &order, "dispatch", dispatch).await.expect(200);
                        placed.push(order);
                    }
                    placed
                })
            })
            .collect();
        let mut placed = Vec::new();
        for writer in writers {
            while !writer.is_finished() {
                if !reader.reads().await {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
            }
            placed.extend(writer.await.unwrap());
        }
        let mut expected: BTreeMap<i64, Value> = BTreeMap::new();
        for order in &placed {
            expected.extend(timeline(&world.person("wang"), order).await.into_iter().map(|e| (e["id"].as_i64().unwrap(), e)));
        }
        reader.reads_until(|events| events.len() - before >= expected.len()).await;
        reader.is_in_order();
        let seen: BTreeMap<i64, Value> = reader.events[before..].iter().map(|e| (e["id"].as_i64().unwrap(), e.clone())).collect();
        assert_eq!(seen, expected);
    }

    async fn two_events_of_one_change_come_in_their_order(world: World) {
        let mut reader = Reader::new(world.person("feng"), "");
        let order = at(&world, State::Completed).await;
        step(&world.person("zhang"), &order, "evaluate", json!({ "level": "dissatisfied" })).await.expect(200);
        dispatched(&world, lamp(), json!({ "mode": "self_handled" })).await;
        reader.reads_until(|events| events.iter().filter(is_of("order.accepted")).count() == 2).await;
        reader.is_in_order();
        let kinds: Vec<_> = reader.events.iter().filter(|e| e["subject_id"] == order["id"]).map(|e| e["type"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["order.placed", "order.triaged", "order.dispatched", "order.accepted", "order.completed", "order.evaluated", "order.reworked"]);
    }

    async fn a_change_that_commits_late_is_not_passed_by(world: World) {
        // On SQLite nobody else writes meanwhile, so that there is nothing to pass by.
        let mut reader = Reader::new(world.person("feng"), "");
        while reader.reads().await {}
        let db = &world.core().db;
        let late = format!("INSERT INTO events (type, subject_id, subject_version, region_code, at, data) VALUES ('test.late', $1, 1, {HOME}, $2, '{{}}')");
        let late = Statement::from_sql_and_values(db.backend(), late, [Uuid::from_u128(1).into(), world.clock.now().into()]);
        let open = db.writer().begin().await.unwrap();
        open.execute_raw(late).await.unwrap();
        if world.backend == Backend::Postgres {
            // Its number in the log is given out before those of the order, and its commit comes after.
            pooled(&world, lamp()).await;
            for _ in 0..5 {
                reader.reads().await;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            assert!(!reader.events.iter().any(|e| e["type"] == "order.placed"), "nothing may be read past what is still open");
            open.commit().await.unwrap();
        } else {
            open.commit().await.unwrap();
            pooled(&world, lamp()).await;
        }
        reader.reads_until(|events| events.iter().any(|e| e["type"] == "order.dispatched") && events.iter().any(|e| e["type"] == "test.late")).await;
        reader.is_in_order();
        assert_eq!(reader.events.iter().filter(is_of("test.late")).count(), 1);
    }

    async fn a_reader_sees_their_scope_and_the_types_they_ask_for(world: World) {
        let stranger = world.person("stranger");
        let home = pooled(&world, lamp()).await;
        let abroad = stranger.post("/orders").json(json!({ "title": "路灯", "content": "不亮", "region_code": FOREIGN })).send().await.expect(201);
        let distant = world.person("admin").post("/orders").json(json!({ "title": "路灯", "content": "不亮", "region_code": "321003005008" })).send().await.expect(201);
        let mut all = Reader::new(world.person("admin"), "");
        all.reads_until(|events| events.iter().filter(is_of("order.placed")).count() == 3).await;
        let placed = |reader: &Reader| reader.events.iter().filter(is_of("order.placed")).map(|e| e["subject_id"].clone()).collect::<Vec<_>>();
        assert_eq!(placed(&all), [home["id"].clone(), abroad["id"].clone(), distant["id"].clone()]);
        for (name, expected) in [("feng", 2), ("lv", 2), ("he", 2)] {
            let mut reader = Reader::new(world.person(name), "");
            reader.reads_until(|events| events.iter().filter(is_of("order.placed")).count() >= expected).await;
            assert_eq!(placed(&reader), placed(&all)[..expected], "{name}");
        }
        let mut some = Reader::new(world.person("feng"), "&type=order.triaged,order.dispatched");
        some.reads_until(|events| events.len() >= 2).await;
        assert_eq!(some.events.iter().map(|e| e["type"].as_str().unwrap()).collect::<Vec<_>>(), ["order.triaged", "order.dispatched"]);
        let mut none = Reader::new(world.person("feng"), "&type=order.none");
        assert!(!none.reads().await);
        let mut group = Reader::new(world.person("feng"), "&type=order.*");
        group.reads_until(|events| events.iter().filter(is_of("order.placed")).count() >= 2).await;
        assert!(group.events.iter().all(|e| e["type"].as_str().unwrap().starts_with("order.")));
        let mut place = Reader::new(world.person("admin"), &format!("&region_code={FOREIGN}&type=order.*"));
        place.reads_until(|events| !events.is_empty()).await;
        assert_eq!(placed(&place), [abroad["id"].clone()]);
        // What lies outside one's scope is not there.
        let mut outside = Reader::new(world.person("feng"), "&region_code=321003005008");
        assert!(!outside.reads().await);
        for (query, code) in [("type=order", "query_parameter_invalid"), ("type=order.*,*x", "query_parameter_invalid"), ("wait=26", "query_parameter_invalid"), ("region_code=1", "query_parameter_invalid"), ("type=*", "query_parameter_invalid")] {
            world.person("feng").get(format!("/events?{query}")).send().await.refused(400, code);
        }
        // A cursor belongs to its types.
        world.person("feng").get(format!("/events?limit=7{}", some.cursor)).send().await.refused(400, "cursor_invalid");
        for name in ["zhang", "wang", "sun", "chen", "wu", "zheng", "foreign"] {
            let problem = world.person(name).get("/events").send().await.refused(403, "permission_missing");
            assert_eq!(problem["params"]["permission"], "event.read", "{name}");
        }
    }
}
