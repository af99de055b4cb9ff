//! Waiting at the end of the log.

use super::Reader;
use crate::orders::{lamp, pooled, timeline};
use kernel::{EventType, clock::Clock};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};
use testkit::{Client, FOREIGN, HOME, World};

/// The cursor at the end of the log.
async fn end(who: &Client, query: &str) -> String {
    let mut reader = Reader::new(who.clone(), query);
    while reader.reads().await {}
    reader.cursor.trim_start_matches("&cursor=").to_owned()
}

/// Asks once, and tells how long it took.
async fn waits(who: &Client, query: &str, cursor: &str, seconds: u64) -> (Value, Duration) {
    let began = Instant::now();
    let page = who.get(format!("/events?limit=7{query}&wait={seconds}&cursor={cursor}")).send().await.expect(200);
    (page, began.elapsed())
}

testkit::on_both! {
    async fn who_waits_is_told_at_once(world: World) {
        let feng = world.person("feng");
        let cursor = end(&feng, "").await;
        let waiting = tokio::spawn(async move { waits(&feng, "", &cursor, 8).await });
        tokio::time::sleep(Duration::from_millis(300)).await;
        let placing = Instant::now();
        world.person("zhang").post("/orders").json(lamp()).send().await.expect(201);
        let (page, _) = waiting.await.unwrap();
        // On PostgreSQL the log waits for other tests' transactions.
        assert!(placing.elapsed() < Duration::from_secs(7), "{:?}", placing.elapsed());
        assert_eq!(page["items"][0]["type"], "order.placed", "{page}");
        // What another process writes rings no bell here.
        let feng = world.person("feng");
        let cursor = page["next_cursor"].as_str().unwrap().to_owned();
        let waiting = tokio::spawn(async move { waits(&feng, "", &cursor, 8).await });
        tokio::time::sleep(Duration::from_millis(100)).await;
        let db = &world.core().db;
        let late = format!("INSERT INTO events (type, subject_id, subject_version, region_code, at, data) VALUES ('test.late', $1, 1, {HOME}, $2, '{{}}')");
        db.writer().execute_raw(Statement::from_sql_and_values(db.backend(), late, [uuid::Uuid::from_u128(1).into(), world.clock.now().into()])).await.unwrap();
        assert_eq!(waiting.await.unwrap().0["items"][0]["type"], "test.late");
    }

    async fn a_wait_that_brings_nothing_ends_in_time_and_goes_on(world: World) {
        let feng = world.person("feng");
        let cursor = end(&feng, "&type=mediation.*").await;
        // Longer than a request may take.
        let (page, took) = waits(&feng, "&type=mediation.*", &cursor, 3).await;
        assert!(took >= Duration::from_secs(3) && took < Duration::from_secs(6), "{took:?}");
        assert_eq!((page["items"].as_array().unwrap().len(), &page["has_more"]), (0, &json!(false)));
        // What is not theirs does not wake them: elsewhere, another type.
        let next = page["next_cursor"].as_str().unwrap().to_owned();
        pooled(&world, lamp()).await;
        let (page, took) = waits(&feng, "&type=mediation.*", &next, 1).await;
        assert!(took >= Duration::from_secs(1) && page["items"].as_array().unwrap().is_empty());
    }

    async fn sixty_who_wait_hold_up_nobody(world: World) {
        let cursor = end(&world.person("feng"), "").await;
        // More than the server works on at once, and more than it has connections.
        let waiting: Vec<_> = (0..60).map(|_| {
            let (feng, cursor) = (world.person("feng"), cursor.clone());
            tokio::spawn(async move { waits(&feng, "", &cursor, 9).await })
        }).collect();
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert!(!waiting.iter().any(tokio::task::JoinHandle::is_finished));
        world.person("zhang").get("/me").send().await.expect(200);
        let order = world.person("zhang").post("/orders").json(lamp()).send().await.expect(201);
        for one in waiting {
            assert_eq!(one.await.unwrap().0["items"][0]["subject_id"], order["id"]);
        }
    }

    async fn who_waits_misses_nothing_while_eight_write(world: World) {
        let feng = world.person("feng");
        let mut cursor = end(&feng, "&type=order.*").await;
        let writers: Vec<_> = (0..8).map(|n| {
            let world = world.clone();
            tokio::spawn(async move {
                let mut placed = Vec::new();
                for _ in 0..4 {
                    let body = if n % 2 == 0 { json!({ "mode": "self_handled" }) } else { json!({ "mode": "pool" }) };
                    placed.push(crate::orders::dispatched(&world, lamp(), body).await);
                }
                placed
            })
        }).collect();
        let mut seen: Vec<Value> = Vec::new();
        let done = |seen: &[Value]| seen.iter().filter(|e| e["type"] == "order.dispatched").count() == 32 && seen.iter().filter(|e| e["type"] == "order.accepted").count() == 16;
        while !done(&seen) {
            let (page, _) = waits(&feng, "&type=order.*", &cursor, 20).await;
            assert!(!page["items"].as_array().unwrap().is_empty(), "nothing for twenty seconds after {}", seen.len());
            seen.extend(page["items"].as_array().unwrap().iter().cloned());
            cursor = page["next_cursor"].as_str().unwrap().to_owned();
        }
        let mut expected: BTreeMap<i64, Value> = BTreeMap::new();
        for writer in writers {
            for order in writer.await.unwrap() {
                expected.extend(timeline(&world.person("wang"), &order).await.into_iter().map(|e| (e["id"].as_i64().unwrap(), e)));
            }
        }
        assert_eq!(seen.len(), expected.len(), "none came twice");
        assert_eq!(seen.iter().map(|e| (e["id"].as_i64().unwrap(), e.clone())).collect::<BTreeMap<_, _>>(), expected);
        let mut versions: BTreeMap<&str, i64> = BTreeMap::new();
        for event in &seen {
            let before = versions.insert(event["subject_id"].as_str().unwrap(), event["subject_version"].as_i64().unwrap()).unwrap_or(0);
            assert_eq!(event["subject_version"].as_i64().unwrap(), before + 1);
        }
    }

    async fn a_long_log_of_others_is_passed_by_in_bounded_steps(world: World) {
        let db = &world.core().db;
        let series = if world.backend == testkit::Backend::Postgres {
            "SELECT n FROM generate_series(1, 11000) AS s(n)"
        } else {
            "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 11000) SELECT n FROM s"
        };
        let (subject, now) = (uuid::Uuid::from_u128(1), world.clock.now());
        let many = format!("INSERT INTO events (type, subject_id, subject_version, region_code, at, data) SELECT 'test.many', $1, 1, {FOREIGN}, $2, '{{}}' FROM ({series}) AS numbers");
        db.writer().execute_raw(Statement::from_sql_and_values(db.backend(), many, [subject.into(), now.into()])).await.unwrap();
        pooled(&world, lamp()).await;
        let mut reader = Reader::new(world.person("admin"), &format!("&region_code={HOME}&type={}", EventType::OrderPlaced));
        let mut looks = 0;
        while reader.events.is_empty() {
            looks += 1;
            assert!(looks < 200, "it comes to an end");
            if !reader.reads().await {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        assert!(looks >= 3, "one look passes by five thousand events at most: {looks}");
        assert_eq!(reader.events.len(), 1);
    }
}
