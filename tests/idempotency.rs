//! The same request with the same Idempotency-Key is carried out once, and answered the same each time.

use crate::orders::{dispatched, lamp, lamp_with, path, placed, pooled, read, step, taker, timeline};
use chrono::Duration;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::json;
use std::collections::BTreeSet;
use testkit::{Client, HOME, Reply, Request, World};

/// A request that can be sent again and again.
async fn again(request: impl Fn() -> Request, first: &Reply) {
    for _ in 0..2 {
        let reply = request().send().await;
        assert_eq!((reply.status, reply.text(), reply.header("idempotency-replayed")), (first.status, first.text(), "true"));
        assert_eq!(reply.header("content-type"), "application/json");
    }
}

async fn orders(by: &Client) -> usize {
    by.get("/orders?limit=100").send().await.expect(200)["items"].as_array().unwrap().len()
}

async fn column(world: &World, query: &str) -> Vec<String> {
    let db = &world.core().db;
    let rows = db.reader().query_all_raw(Statement::from_string(db.backend(), query)).await.unwrap();
    rows.iter().map(|r| r.try_get_by_index(0).unwrap()).collect()
}

testkit::on_both! {
    async fn an_order_placed_twice_is_one_order(world: World) {
        let [zhang, li, wang] = ["zhang", "li", "wang"].map(|n| world.person(n));
        let request = || zhang.post("/orders").key("8e03978e-40d5-43e8-bc93-6894a57f9324").json(lamp());
        let first = request().send().await;
        first.expect(201);
        assert_eq!(first.header("idempotency-replayed"), "");
        world.later(Duration::minutes(5));
        again(request, &first).await;
        assert_eq!(orders(&wang).await, 1);
        // The answer stays what it was, though the order goes on.
        step(&wang, &first.json(), "triage", json!({})).await.expect(200);
        again(request, &first).await;

        // Another request under the same key is a mistake, wherever it differs.
        let key = "8e03978e-40d5-43e8-bc93-6894a57f9324";
        zhang.post("/orders").key(key).json(lamp_with(json!({ "title": "门铃不响" }))).send().await.refused(422, "idempotency_key_reused");
        zhang.post(format!("{}/cancel", path(&first.json()))).key(key).json(json!({})).send().await.refused(422, "idempotency_key_reused");
        zhang.post("/orders").key(key).json(json!({ "title": "" })).send().await.refused(422, "idempotency_key_reused");
        assert_eq!(timeline(&wang, &first.json()).await.len(), 2);
        // For somebody else it is another key; without one, another order.
        let other = li.post("/orders").key(key).json(lamp()).send().await;
        assert_ne!(other.expect(201)["id"], first.json()["id"]);
        placed(&world).await;
        assert_eq!(orders(&wang).await, 3);
    }

    async fn a_step_taken_twice_is_one_step(world: World) {
        let [zhang, wang, chen] = ["zhang", "wang", "chen"].map(|n| world.person(n));
        let order = pooled(&world, lamp()).await;
        let send = |by: &Client, action: &str, body: serde_json::Value| {
            let (by, path) = (by.clone(), format!("{}/{action}", path(&order)));
            let key = format!("k-{action}");
            move || by.post(&path).key(&key).json(&body)
        };
        let mut steps: Vec<(Box<dyn Fn() -> Request>, Reply)> = Vec::new();
        for (by, action, body) in [
            (&chen, "accept", json!({})), (&chen, "progress", json!({ "note": "已到" })), (&chen, "complete", json!({ "result": "solved", "answer": "好" })),
            (&zhang, "evaluate", json!({ "level": "dissatisfied" })), (&wang, "dispatch", json!({ "mode": "self_handled" })), (&wang, "suspend", json!({ "reason": "等" })),
        ] {
            let request = send(by, action, body.clone());
            let first = request().send().await;
            first.expect(200);
            // Who does not send a key hears that it is done.
            if action == "accept" {
                step(by, &order, action, body).await.refused(409, "order_state_conflict");
            }
            steps.push((Box::new(request), first));
        }
        let told = timeline(&wang, &order).await.len();
        // Each of them again, in any order, long after: the same answer, and nothing happens.
        for (request, first) in steps.iter().rev() {
            again(request, first).await;
        }
        assert_eq!(timeline(&wang, &order).await.len(), told);
    }

    async fn a_refused_request_is_not_remembered(world: World) {
        let [zhang, wang, chen, zhou] = ["zhang", "wang", "chen", "zhou"].map(|n| world.person(n));
        let bad = zhang.post("/orders").key("k").json(lamp_with(json!({ "region_code": "321182001099" }))).send().await;
        bad.refused(422, "region_unknown");
        zhang.post("/orders").key("k").json(json!({})).send().await.expect(422);
        assert_eq!(column(&world, "SELECT key FROM idempotency_keys").await, Vec::<String>::new());
        zhang.post("/orders").key("k").json(lamp()).send().await.expect(201);

        // A refusal may turn into success with the same key, once the reason is gone.
        let order = dispatched(&world, lamp(), json!({ "mode": "assign", "lead": taker(&chen) })).await;
        let accept = || zhou.post(format!("{}/accept", path(&order))).key("mine").json(json!({}));
        accept().send().await.refused(404, "order_not_found");
        step(&wang, &order, "dispatch", json!({ "mode": "pool" })).await.expect(200);
        let first = accept().send().await;
        first.expect(200);
        again(accept, &first).await;
        // Who loses a race loses it again.
        let lost = || chen.post(format!("{}/accept", path(&order))).key("too-late").json(json!({}));
        for _ in 0..2 {
            let reply = lost().send().await;
            reply.refused(409, "order_taken");
            assert_eq!(reply.header("idempotency-replayed"), "");
        }
        assert_eq!(read(&wang, &order).await["version"], 5);
    }

    async fn many_at_once_with_one_key_are_one(world: World) {
        let [zhang, wang] = ["zhang", "wang"].map(|n| world.person(n));
        for round in 0..3 {
            let tasks: Vec<_> = (0..20)
                .map(|_| {
                    let zhang = zhang.clone();
                    tokio::spawn(async move { zhang.post("/orders").key(&format!("round-{round}")).json(lamp()).send().await })
                })
                .collect();
            let (mut bodies, mut fresh) = (BTreeSet::new(), 0);
            for task in tasks {
                let reply = task.await.unwrap();
                reply.expect(201);
                fresh += usize::from(reply.header("idempotency-replayed").is_empty());
                bodies.insert(reply.text());
            }
            assert_eq!((bodies.len(), fresh), (1, 1));
            assert_eq!(orders(&wang).await, round + 1);
        }
        let order = pooled(&world, lamp()).await;
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let (chen, path) = (world.person("chen"), format!("{}/accept", path(&order)));
                tokio::spawn(async move { chen.post(path).key("claim").json(json!({})).send().await })
            })
            .collect();
        let mut bodies = BTreeSet::new();
        for task in tasks {
            let reply = task.await.unwrap();
            reply.expect(200);
            bodies.insert(reply.text());
        }
        assert_eq!((bodies.len(), &read(&wang, &order).await["version"]), (1, &json!(4)));
        // Two different orders under one key at once: one is placed, the other refused.
        let tasks = ["甲", "乙"].map(|title| {
            let zhang = zhang.clone();
            tokio::spawn(async move { zhang.post("/orders").key("both").json(lamp_with(json!({ "title": title }))).send().await.status })
        });
        let mut statuses = Vec::new();
        for task in tasks {
            statuses.push(task.await.unwrap());
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 422]);
    }

    async fn who_repeats_while_the_first_runs_waits_for_it(world: World) {
        let zhang = world.person("zhang");
        let request = || zhang.post("/orders").key("k").json(lamp());
        let first = request().send().await;
        first.expect(201);
        // The first is put back to the moment before its commit, in another process.
        let other = world.database().connect(1).await;
        let elsewhere = other.writer();
        elsewhere.execute_unprepared("CREATE TABLE aside AS SELECT * FROM idempotency_keys; DELETE FROM idempotency_keys").await.unwrap();
        let run = async |end: &str| {
            let begin = if other.backend() == DbBackend::Sqlite { "BEGIN IMMEDIATE" } else { "BEGIN" };
            elsewhere.execute_unprepared(begin).await.unwrap();
            elsewhere.execute_unprepared("INSERT INTO idempotency_keys SELECT * FROM aside").await.unwrap();
            let (same, another) = (tokio::spawn(request().send()), tokio::spawn(zhang.post("/orders").key("k").json(lamp_with(json!({ "title": "别的" }))).send()));
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            assert!(!same.is_finished() && !another.is_finished(), "they wait");
            elsewhere.execute_unprepared(end).await.unwrap();
            (same.await.unwrap(), another.await.unwrap())
        };
        let (same, another) = run("COMMIT").await;
        assert_eq!((same.status, same.text(), same.header("idempotency-replayed")), (201, first.text(), "true"));
        another.refused(422, "idempotency_key_reused");
        assert_eq!(orders(&world.person("wang")).await, 1);
        // When the first comes to nothing, the next one is the first.
        elsewhere.execute_unprepared("DELETE FROM idempotency_keys").await.unwrap();
        let (same, another) = run("ROLLBACK").await;
        let mut statuses = [same.status, another.status];
        statuses.sort_unstable();
        assert_eq!((statuses, same.header("idempotency-replayed"), another.header("idempotency-replayed")), ([201, 422], "", ""));
        assert_eq!(orders(&world.person("wang")).await, 2);
        other.close().await;
    }

    async fn a_key_is_kept_for_three_days(world: World) {
        let [zhang, wang] = ["zhang", "wang"].map(|n| world.person(n));
        let request = || zhang.post("/orders").key("k").json(lamp());
        let first = request().send().await;
        first.expect(201);
        world.later(Duration::hours(72));
        again(request, &first).await;
        assert_eq!(world.cx().purge_keys().await.unwrap(), 0);
        world.later(Duration::seconds(1));
        // From here on it is a new request, whether the worker has come by or not.
        let second = request().send().await;
        assert_ne!(second.expect(201)["id"], first.json()["id"]);
        again(request, &second).await;
        zhang.post("/orders").key("k").json(lamp_with(json!({ "title": "别的" }))).send().await.refused(422, "idempotency_key_reused");
        world.later(Duration::hours(73));
        assert_eq!(world.cx().purge_keys().await.unwrap(), 1);
        zhang.post("/orders").key("k").json(lamp_with(json!({ "title": "别的" }))).send().await.expect(201);
        assert_eq!(orders(&wang).await, 3);
    }

    async fn what_is_kept_is_sealed(world: World) {
        let zhang = world.person("zhang");
        zhang.post("/orders").key("k").json(lamp()).send().await.expect(201);
        let account = json!({ "name": "secret.keeper", "password": "correct-horse-9", "display_name": "顾全", "phone": "13577770000", "grants": [{ "role": "resident", "region_code": HOME }] });
        world.person("wang").post("/accounts").key("k").json(account).send().await.expect(201);
        for query in ["SELECT answer FROM idempotency_keys", "SELECT fingerprint FROM idempotency_keys"] {
            let kept = column(&world, query).await;
            assert_eq!(kept.len(), 2);
            for text in kept {
                let secret = ["13812341234", "13577770000", "correct-horse", "张三", "顾全", "翡丽", "zhang"].iter().find(|s| text.contains(**s));
                assert!(secret.is_none() && text.is_ascii(), "{text}");
            }
        }
    }

    async fn a_key_is_one_to_255_visible_characters(world: World) {
        let zhang = world.person("zhang");
        for bad in ["", "a b", "a\tb", &"x".repeat(256)] {
            zhang.post("/orders").key(bad).json(lamp()).send().await.refused(400, "idempotency_key_invalid");
        }
        // As the draft writes it, and bare: the same key.
        let first = zhang.post("/orders").key("\"quoted-1\"").json(lamp()).send().await;
        first.expect(201);
        again(|| zhang.post("/orders").key("quoted-1").json(lamp()), &first).await;
        // Exactly one pair of quotes is not part of it.
        for another in ["\"\"quoted-1\"\"", "\"quoted-1", "quoted-1\""] {
            let other = zhang.post("/orders").key(another).json(lamp()).send().await;
            assert_eq!((other.status, other.header("idempotency-replayed")), (201, ""), "{another}");
        }
        zhang.post("/orders").key(&"x".repeat(255)).json(lamp()).send().await.expect(201);
    }
}
