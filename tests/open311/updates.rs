//! Updates both ways: what happens here is told, what is added there becomes part of the order.

use super::{get, key, offered, order, posted, refused, submitted};
use crate::{
    battery::{contents, is_unchanged},
    orders::{patched, step, timeline},
    programs::{issue, lets_in},
};
use chrono::Duration;
use serde_json::{Value, json};
use testkit::{HOME, Reply, World};

/// Sends an update of the application with this key.
async fn update(world: &World, key: &str, number: &str, pairs: &[(&str, &str)]) -> Reply {
    let all = [&[("api_key", key), ("service_request_id", number)], pairs].concat();
    posted(world, "/v2/servicerequestupdates.json", &all).send().await
}

/// What is told: `number status external_status_code description`.
async fn told(world: &World, query: &str) -> Vec<String> {
    let updates = get(world, &format!("/servicerequestupdates.json?{query}")).await.expect(200);
    let line = |update: &Value| {
        let text = |field: &str| update[field].as_str().unwrap().to_owned();
        format!("{} {} {}: {}", text("update_id"), text("status"), text("external_status_code"), text("description"))
    };
    updates.as_array().unwrap().iter().map(line).collect()
}

testkit::on_both! {
    async fn each_step_is_told_and_not_what_is_said_among_those_who_work(world: World) {
        let [wang, chen] = ["wang", "chen"].map(|name| world.person(name));
        offered(&world, "LAMP", "realtime", json!([])).await;
        let key = key(&world).await;
        let number = submitted(&world, &key, &[]).await;
        let placed = order(&wang, &number).await;
        world.later(Duration::hours(1));
        step(&wang, &placed, "triage", json!({})).await.expect(200);
        step(&wang, &placed, "dispatch", json!({ "mode": "pool", "note": "小心狗" })).await.expect(200);
        step(&chen, &placed, "accept", json!({})).await.expect(200);
        step(&chen, &placed, "record_progress", json!({ "note": "户主不在家" })).await.expect(200);
        world.later(Duration::hours(1));
        step(&chen, &placed, "complete", json!({ "result": "solved", "answer": "已更换,13812345678" })).await.expect(200);
        step(&wang, &placed, "close", json!({ "note": "回访过" })).await.expect(200);
        let line = |n: u32, rest: &str| format!("{number}-{n} {rest}");
        let all = [
            line(1, "open placed: 已点单 placed"),
            line(2, "open triaged: 已受理 triaged"),
            line(3, "open dispatched: 已派单 dispatched"),
            line(4, "open accepted: 已接单 accepted"),
            line(5, "open accepted: 已接单 accepted"),
            line(6, "open completed: 已更换,138****5678"),
            line(7, "closed closed: 已销号 closed"),
        ];
        assert_eq!(told(&world, "").await, all);
        assert_eq!(told(&world, "start_date=2026-11-16T02:00:00Z&end_date=2026-11-16T02:30:00Z").await, all[1..5]);
        assert_eq!(told(&world, &format!("service_request_id={number}&jurisdiction_id={HOME}")).await, all);
        assert_eq!([told(&world, "page=1&page_size=4").await, told(&world, "page=2&page_size=4").await].concat(), all);
        assert_eq!(told(&world, "jurisdiction_id=321003005008").await, Vec::<String>::new());
        // An order of a resident's is nobody else's business.
        crate::orders::placed(&world).await;
        assert_eq!(told(&world, "").await, all);
        let xml = get(&world, "/servicerequestupdates.xml").await.text();
        assert!(xml.contains("<service_request_updates><request_update><update_id>") && xml.contains("<media_url/>"), "{xml}");
        // Unless told it is the last day.
        world.later(Duration::days(2));
        assert_eq!(told(&world, "").await, Vec::<String>::new());
        assert_eq!(told(&world, &format!("service_request_id={number}")).await, all);
        assert_eq!(told(&world, "start_date=2026-11-16").await, all);
        for (query, word) in [
            ("start_date=2026-01-01&end_date=2026-11-16", "times_too_far_apart"),
            ("start_date=x", "field_invalid"),
            ("page_size=5000", "field_invalid"),
            ("page=99999", "page_too_far"),
        ] {
            refused(&get(&world, &format!("/servicerequestupdates.json?{query}")).await, 400, word);
        }
    }

    async fn what_is_added_stands_in_the_timeline_once(world: World) {
        let wang = world.person("wang");
        offered(&world, "LAMP", "realtime", json!([])).await;
        let key = key(&world).await;
        let number = submitted(&world, &key, &[]).await;
        let placed = order(&wang, &number).await;
        let more = [
            ("update_id", "42"), ("updated_datetime", "2026-11-16T08:59:00+08:00"), ("status", "OPEN"),
            ("description", "还有一盏也不亮,电话13812345678"), ("media_url", "https://photos.example.org/3.jpg"), ("email", "qin@example.org"),
        ];
        let first = update(&world, &key, &number, &more).await.expect(200);
        assert_eq!(first, json!([{ "update_id": format!("{number}-2"), "account_id": null }]));
        let events = timeline(&wang, &placed).await;
        let note = "还有一盏也不亮,电话138****5678\n图片:https://photos.example.org/3.jpg";
        assert_eq!((&events[1]["type"], &events[1]["data"]), (&json!("order.commented"), &json!({ "from": "placed", "to": "placed", "note": note })));
        assert!(events[1]["application_id"].is_string());
        // The same again changes nothing; FixMyStreet calls its id by another name.
        let before = contents(&world).await;
        assert_eq!(update(&world, &key, &number, &more).await.expect(200), first);
        let other = [("update_id_ext", "42"), ("description", "x")];
        assert_eq!(update(&world, &key, &number, &other).await.expect(200), first);
        is_unchanged("an update that has come before", &before, &contents(&world).await);
        update(&world, &key, &number, &[("update_id", "43"), ("description", "修好了请告诉我")]).await.expect(200);
        update(&world, &key, &number, &[("description", "没有编号")]).await.expect(200);
        let keyed = async || {
            let pairs = [("api_key", key.as_str()), ("service_request_id", &number), ("description", "带键")];
            posted(&world, "/v2/servicerequestupdates.xml", &pairs).key("k").send().await
        };
        let (once, twice) = (keyed().await, keyed().await);
        assert!(once.status == 200 && once.text().contains("<request_update><update_id>"), "{}", once.text());
        assert_eq!((once.text(), twice.header("idempotency-replayed")), (twice.text(), "true"));
        let now = order(&wang, &number).await;
        assert_eq!((&now["state"], &now["version"], &now["content"]), (&placed["state"], &json!(5), &placed["content"]));
        let last = told(&world, "").await.pop().unwrap();
        assert_eq!(last, format!("{number}-5 open placed: 带键"));
        // While the work goes on and when it is done, the order stands where it stood.
        step(&wang, &placed, "triage", json!({ "finish_limit": { "value": 2, "unit": "natural_days" } })).await.expect(200);
        step(&wang, &placed, "dispatch", json!({ "mode": "self_handled" })).await.expect(200);
        let before = order(&wang, &number).await;
        update(&world, &key, &number, &[("description", "在修吗")]).await.expect(200);
        let now = order(&wang, &number).await;
        assert_eq!(now, patched(before, &json!({ "version": now["version"], "updated_at": now["updated_at"] })));
        step(&wang, &placed, "complete", json!({ "result": "solved", "answer": "好了" })).await.expect(200);
        update(&world, &key, &number, &[("description", "谢谢"), ("status", "FIXED")]).await.expect(200);
        assert_eq!(order(&wang, &number).await["state"], "completed");
    }

    async fn closed_there_is_taken_back_here_as_long_as_it_is_not_done(world: World) {
        let [wang, chen] = ["wang", "chen"].map(|name| world.person(name));
        offered(&world, "LAMP", "realtime", json!([])).await;
        let key = key(&world).await;
        let [bare, claimed, closed] = [submitted(&world, &key, &[]).await, submitted(&world, &key, &[]).await, submitted(&world, &key, &[]).await];
        update(&world, &key, &bare, &[("status", "CLOSED"), ("update_id", "1")]).await.expect(200);
        let now = order(&wang, &bare).await;
        assert_eq!(now["state"], "cancelled");
        let shown = get(&world, &format!("/requests/{bare}.json")).await.expect(200)[0].clone();
        assert_eq!((&shown["status"], &shown["description"], &shown["status_notes"]), (&json!("closed"), &Value::Null, &json!("已撤单 cancelled")));
        let events = timeline(&wang, &now).await;
        assert_eq!((&events[1]["type"], &events[1]["data"]["note"]), (&json!("order.cancelled"), &json!("外部系统已关闭该诉求")));
        // Whoever has claimed it has a hand free again.
        let order_two = order(&wang, &claimed).await;
        step(&wang, &order_two, "triage", json!({})).await.expect(200);
        step(&wang, &order_two, "dispatch", json!({ "mode": "pool" })).await.expect(200);
        step(&chen, &order_two, "accept", json!({})).await.expect(200);
        update(&world, &key, &claimed, &[("status", "no_further_action"), ("description", "自己修好了")]).await.expect(200);
        assert_eq!(order(&wang, &claimed).await["state"], "cancelled");
        assert_eq!(timeline(&wang, &order_two).await.pop().unwrap()["data"]["note"], "自己修好了");

        // What is over is over, whatever is said; and nothing is written.
        let third = order(&wang, &closed).await;
        step(&wang, &third, "reject", json!({ "code": "x", "text": "x" })).await.expect(200);
        let before = contents(&world).await;
        for pairs in [
            &[("description", "为什么")][..],
            &[("description", "再来"), ("status", "OPEN")],
            &[("status", "CLOSED")],
            &[("status", "reopen")],
        ] {
            for number in [&closed, &bare] {
                refused(&update(&world, &key, number, pairs).await, 400, "order_state_conflict");
            }
        }
        is_unchanged("an update of what is over", &before, &contents(&world).await);
    }

    async fn only_who_has_placed_it_may_add_to_it(world: World) {
        let wang = world.person("wang");
        offered(&world, "LAMP", "realtime", json!([])).await;
        offered(&world, "SECRET", "blackbox", json!([])).await;
        let mine = key(&world).await;
        let number = submitted(&world, &mine, &[]).await;
        world.later(Duration::minutes(1));
        let hidden = posted(&world, "/v2/requests.json", &super::lamp(&mine, &[("service_code", "SECRET")])).send().await.expect(201);
        assert!(hidden[0].get("service_request_id").is_none());
        let hidden = wang.get("/orders").send().await.expect(200)["items"][0]["number"].as_str().unwrap().to_owned();
        world.later(Duration::minutes(1));
        let resident = crate::orders::placed(&world).await;
        let other = key(&world).await;
        let reading = lets_in(&world, HOME, &["order.read"]).await;
        let reading = issue(&world, &reading, json!({ "kind": "api_key", "label": "x" })).await;
        let before = contents(&world).await;
        let words = [("description", "x")];
        refused(&update(&world, &other, &number, &words).await, 403, "not_the_requester");
        refused(&update(&world, &reading, &number, &words).await, 403, "permission_missing");
        refused(&update(&world, "", &number, &words).await, 403, "api_key_missing");
        refused(&update(&world, "lk_live_no", &number, &words).await, 403, "api_key_invalid");
        for nothing in [hidden.as_str(), resident["number"].as_str().unwrap(), "20261116-AAAAAAA", "x"] {
            refused(&update(&world, &other, nothing, &words).await, 404, "order_not_found");
        }
        for (pairs, word) in [
            (&[][..], "field_missing"),
            (&[("status", "OPEN")][..], "field_missing"),
            (&[("status", "gone"), ("description", "x")][..], "field_invalid"),
            (&[("updated_datetime", "soon"), ("description", "x")][..], "field_invalid"),
            (&[("description", "\u{200b}")][..], "field_invalid"),
            (&[("description", "x"), ("media_url", "javascript:alert(1)")][..], "field_invalid"),
        ] {
            refused(&update(&world, &mine, &number, pairs).await, 400, word);
        }
        let long = "长".repeat(4001);
        refused(&update(&world, &mine, &number, &[("description", &long)]).await, 400, "field_length");
        refused(&posted(&world, "/v2/servicerequestupdates.json", &[("api_key", &mine), ("description", "x")]).send().await, 400, "field_missing");
        refused(&update(&world, &mine, &number, &[("description", "x"), ("jurisdiction_id", "nowhere")]).await, 404, "jurisdiction_not_found");
        is_unchanged("a refused update", &before, &contents(&world).await);
        // The black box still listens to the one who filled it.
        update(&world, &mine, &hidden, &words).await.expect(200);
        // Two at once: both are taken, or one of the same.
        let tries: Vec<_> = (0..6)
            .map(|n| {
                let (world, mine, number) = (world.clone(), mine.clone(), number.clone());
                tokio::spawn(async move { update(&world, &mine, &number, &[("description", "x"), ("update_id", if n % 2 == 0 { "even" } else { "odd" })]).await })
            })
            .collect();
        let mut made = std::collections::BTreeSet::new();
        for attempt in tries {
            let reply = attempt.await.unwrap();
            if reply.status == 200 {
                made.insert(reply.json()[0]["update_id"].as_str().unwrap().to_owned());
            } else {
                refused(&reply, 400, "order_version_stale");
            }
        }
        assert_eq!(made.len(), 2, "{made:?}");
        let comments = timeline(&wang, &order(&wang, &number).await).await;
        assert_eq!(comments.iter().filter(|e| e["type"] == "order.commented").count(), 2);
    }
}
