//! Opinions: heard, made into orders, answered, told.

use super::diaries::begun;
use crate::orders;
use chrono::Duration;
use serde_json::{Value, json};
use services::order::Action;
use testkit::{HOME, World};

async fn recorded(world: &World, by: &str) -> Value {
    let (_, diary) = begun(world, by).await;
    let body = json!({ "source": { "kind": "diary", "id": diary["id"] }, "title": "增设充电桩", "content": "排不上,请打13912345678。" });
    world.person(by).post("/opinions").json(body).send().await.expect(201)
}

fn id(thing: &Value) -> &str {
    thing["id"].as_str().unwrap()
}

testkit::on_both! {
    async fn an_opinion_becomes_an_order_and_comes_back(world: World) {
        let (sun, wang, cx) = (world.person("sun"), world.person("wang"), world.cx());
        let opinion = recorded(&world, "sun").await;
        assert_eq!((&opinion["state"], &opinion["grid_id"], &opinion["allowed_actions"]), (&json!("recorded"), &json!(world.places.west), &json!(["order", "answer"])));
        let path = format!("/opinions/{}", id(&opinion));
        let order = json!({ "contact": { "name": "李四", "phone": "13912345678" }, "version": 1 });
        world.person("sun").post(format!("{path}/feed_back")).json(json!({})).send().await.refused(409, "opinion_state_conflict");
        wang.post(format!("{path}/order")).json(json!({ "version": 7 })).send().await.refused(409, "version_stale");
        wang.post(format!("{path}/order")).json(json!({})).send().await.refused(422, "order_requester_missing");
        let ordered = wang.post(format!("{path}/order")).json(order.clone()).key("once").send().await.expect(201);
        assert_eq!(wang.post(format!("{path}/order")).json(order).key("once").send().await.expect(201), ordered, "the same answer again");
        assert_eq!((&ordered["state"], &ordered["version"]), (&json!("ordered"), &json!(2)));
        let order = wang.get(format!("/orders/{}", ordered["order_id"].as_str().unwrap())).send().await.expect(200);
        assert_eq!((&order["title"], &order["state"], &order["contact"]["phone"]), (&json!("增设充电桩"), &json!("placed"), &json!("13912345678")));
        wang.post(format!("{path}/answer")).json(json!({ "answer": "x" })).send().await.refused(409, "opinion_state_conflict");

        // Nothing to tell yet; then the order is done.
        assert_eq!(visits::opinion::follow_orders(&cx).await.unwrap(), 0);
        for action in [Action::Triage, Action::Dispatch, Action::Accept, Action::Complete] {
            let (name, body) = orders::usual(&world, action, &Value::Null);
            orders::step(&world.person(name), &order, action.as_str(), body).await.expect(200);
        }
        let told = testkit::eventually(async || {
            let told = visits::opinion::follow_orders(&cx).await.unwrap();
            (told > 0).then_some(told)
        }).await;
        assert_eq!(told, 1);
        assert_eq!(visits::opinion::follow_orders(&cx).await.unwrap(), 0, "it is told once");
        let answered = sun.get(&path).send().await.expect(200);
        assert_eq!((&answered["state"], &answered["outcome"], &answered["allowed_actions"]), (&json!("answered"), &json!("solved"), &json!(["feed_back"])));
        assert!(answered["answer"].is_string(), "{answered}");
        let waiting = wang.get("/opinions?state=answered").send().await.expect(200);
        assert_eq!(waiting["items"].as_array().map(Vec::len), Some(1));
        let fed = sun.post(format!("{path}/feed_back")).json(json!({ "note": "满意。" })).send().await.expect(200);
        assert_eq!((&fed["state"], &fed["feedback"]), (&json!("fed_back"), &json!("满意。")));

        // It is done again: the opinion is open again.
        world.later(Duration::minutes(1));
        let order = order["id"].as_str().unwrap();
        wang.post(format!("/orders/{order}/rework")).json(json!({ "reason": "回访未通过" })).send().await.expect(200);
        testkit::eventually(async || (visits::opinion::follow_orders(&cx).await.unwrap() > 0).then_some(())).await;
        let again = sun.get(&path).send().await.expect(200);
        assert_eq!((&again["state"], again.get("outcome"), again.get("feedback")), (&json!("ordered"), None, None));
    }

    async fn an_opinion_is_masked_like_an_order(world: World) {
        let opinion = recorded(&world, "sun").await;
        let path = format!("/opinions/{}", id(&opinion));
        assert_eq!(opinion["content"], json!("排不上,请打13912345678。"));
        assert_eq!(world.person("wang").get(&path).send().await.expect(200)["content"], opinion["content"]);
        for name in ["he", "lv", "gao"] {
            let seen = world.person(name).get(&path).send().await.expect(200);
            assert_eq!((&seen["content"], &seen["masked"]), (&json!("排不上,请打139****5678。"), &json!(true)), "{name}");
        }
        for name in ["zhang", "chen", "foreign", "stranger", "zheng"] {
            world.person(name).get(&path).send().await.refused(404, "opinion_not_found");
        }
        let stolen = json!({ "source": opinion["source"], "title": "x", "content": "x" });
        world.person("chen").post("/opinions").json(&stolen).send().await.refused(404, "opinion_source_not_found");
        world.person("foreign").post("/opinions").json(&stolen).send().await.refused(404, "opinion_source_not_found");
        let db = &world.core().db;
        let row = sea_orm::Statement::from_string(db.backend(), "SELECT content FROM opinions");
        let row = sea_orm::ConnectionTrait::query_one_raw(db.reader(), row).await.unwrap().unwrap();
        assert!(row.try_get_by_index::<String>(0).unwrap().is_ascii(), "sealed");
        let events = testkit::eventually(async || {
            let events = world.person("feng").get("/events?limit=100&type=opinion.recorded").send().await.expect(200);
            (events["items"] != json!([])).then_some(events)
        }).await;
        assert!(!events.to_string().contains("充电"), "{events}");
    }

    async fn of_two_who_make_an_order_one_does(world: World) {
        for _ in 0..3 {
            let opinion = recorded(&world, "sun").await;
            let tries = ["wang", "feng", "sun"].map(|name| {
                let (by, path) = (world.person(name), format!("/opinions/{}/order", id(&opinion)));
                tokio::spawn(async move { by.post(path).json(json!({ "contact": { "name": "李四" } })).send().await.status })
            });
            let mut statuses = Vec::new();
            for attempt in tries {
                statuses.push(attempt.await.unwrap());
            }
            statuses.sort_unstable();
            assert_eq!(statuses, [201, 409, 409]);
        }
        let orders = world.person("wang").get(format!("/orders?region_code={HOME}&limit=100")).send().await.expect(200);
        assert_eq!(orders["items"].as_array().map(Vec::len), Some(3), "no order without its opinion");
    }
}
