//! Plans for households, and what is known of them.

use super::campaigns::{household, id};
use serde_json::{Value, json};
use testkit::{HOME, World};

fn plan(home: &Value) -> Value {
    json!({
        "household_id": home["id"], "needs": [{ "text": "独居,联系13912345678" }],
        "measures": [{ "text": "每周上门", "owner": "高远", "due_on": "2026-12-01" }, { "text": "接入助餐", "owner": "民政干事" }], "review_on": "2026-12-16",
    })
}

testkit::on_both! {
    async fn a_plan_is_made_reviewed_and_ended(world: World) {
        let (wang, gao, he) = (world.person("wang"), world.person("gao"), world.person("he"));
        let (home, _) = household(&wang, HOME, json!(world.places.west), "甲", 1).await;
        let made = gao.post("/household_plans").json(plan(&home)).send().await.expect(201);
        assert_eq!((&made["state"], &made["measure_count"], &made["masked"]), (&json!("active"), &json!(2), &json!(false)));
        wang.post("/household_plans").json(plan(&home)).send().await.refused(409, "household_plan_exists");
        let path = format!("/household_plans/{}", id(&made));
        assert_eq!(he.get(&path).send().await.expect(200)["needs"][0]["text"], json!("独居,联系139****5678"));
        assert!(!crate::battery::holds(&world, "独居").await, "sealed");
        he.post(format!("{path}/close")).json(json!({ "outcome": "reached" })).send().await.refused(403, "permission_missing");
        world.person("foreign").get(&path).send().await.refused(404, "household_plan_not_found");

        let due = |on: &str| format!("/household_plans?review_until={on}");
        assert_eq!(wang.get(due("2026-12-15")).send().await.expect(200)["items"], json!([]));
        let listed = wang.get(due("2026-12-16")).send().await.expect(200);
        assert_eq!((&listed["items"][0]["id"], listed["items"][0].get("needs")), (&made["id"], None));
        let review = |body: Value| gao.post(format!("{path}/review")).json(body);
        review(json!({ "note": "好转", "done": [3], "review_on": "2027-01-16" })).send().await.refused(422, "measure_unknown");
        review(json!({ "note": "好转", "done": [0], "review_on": "2027-01-16" })).send().await.refused_fields(&[("#/done", "field_invalid")]);
        review(json!({ "note": "好转", "review_on": "2026-11-15" })).send().await.refused(422, "period_invalid");
        let reviewed = review(json!({ "note": "好转", "done": [2], "review_on": "2027-01-16", "version": 1 })).send().await.expect(200);
        assert_eq!((&reviewed["measures_done"], &reviewed["review_count"], &reviewed["measures"][1]["done_on"]), (&json!(1), &json!(1), &json!("2026-11-16")));
        gao.post(&path).json(json!({ "review_on": "2027-02-01", "version": 1 })).send().await.refused(409, "version_stale");
        let changed = gao.post(&path).json(json!({ "needs": [{ "text": "助餐" }], "version": 2 })).send().await.expect(200);
        assert_eq!((&changed["needs"][0]["text"], &changed["review_on"]), (&json!("助餐"), &json!("2027-01-16")));
        let closed = gao.post(format!("{path}/close")).json(json!({ "outcome": "reached", "note": "稳定" })).send().await.expect(200);
        assert_eq!((&closed["state"], &closed["closing"], closed.get("review_on")), (&json!("closed"), &json!("稳定"), None));
        review(json!({ "note": "x", "review_on": "2027-01-16" })).send().await.refused(409, "household_plan_closed");
        // Then there may be another.
        wang.post("/household_plans").json(plan(&home)).send().await.expect(201);
        assert_eq!(wang.get("/household_plans?state=closed").send().await.expect(200)["items"].as_array().map(Vec::len), Some(1));
    }

    async fn what_is_known_of_a_household_is_for_few_eyes(world: World) {
        let (wang, gao, sun) = (world.person("wang"), world.person("gao"), world.person("sun"));
        let (home, _) = household(&wang, HOME, json!(world.places.west), "甲", 1).await;
        let path = format!("/households/{}/notes", id(&home));
        gao.post(&path).json(json!({ "content": "听力不好,13912345678。" })).send().await.expect(201);
        sun.post(&path).json(json!({ "content": "养狗。" })).send().await.expect(201);
        assert_eq!(wang.get(&path).send().await.expect(200)["items"].as_array().map(Vec::len), Some(2));
        let own = gao.get(&path).send().await.expect(200);
        assert_eq!((own["items"].as_array().map(Vec::len), &own["items"][0]["content"]), (Some(1), &json!("听力不好,13912345678。")));
        for name in ["he", "lv"] {
            world.person(name).get(&path).send().await.refused(403, "permission_missing");
        }
        for name in ["foreign", "zhang", "chen"] {
            world.person(name).get(&path).send().await.refused(404, "household_not_found");
            world.person(name).post(&path).json(json!({ "content": "x" })).send().await.refused(404, "household_not_found");
        }
        assert!(!crate::battery::holds(&world, "听力不好").await, "sealed");
    }

    async fn an_opinion_heard_on_a_visit_knows_its_household(world: World) {
        let (wang, sun) = (world.person("wang"), world.person("sun"));
        let (home, _) = household(&wang, HOME, json!(world.places.west), "甲", 1).await;
        let visit = sun.post("/visits").json(json!({ "household_id": home["id"], "result": "met" })).send().await.expect(201);
        let opinion = json!({ "source": { "kind": "visit", "id": visit["id"] }, "title": "增设充电桩", "content": "晚上排不上。" });
        let heard = sun.post("/opinions").json(&opinion).send().await.expect(201);
        assert_eq!((&heard["household_id"], &heard["grid_id"]), (&home["id"], &json!(world.places.west)));
        for name in ["wang", "foreign", "zhang"] {
            world.person(name).post("/opinions").json(&opinion).send().await.refused(404, "opinion_source_not_found");
        }
        let contact = json!({ "contact": { "name": "李四", "phone": "13912345678" } });
        let ordered = wang.post(format!("/opinions/{}/order", id(&heard))).json(contact).send().await.expect(201);
        let order = wang.get(format!("/orders/{}", ordered["order_id"].as_str().unwrap())).send().await.expect(200);
        assert_eq!(order["channel"], json!("grid_visit"));
        let found = wang.get(format!("/opinions?household_id={}", id(&home))).send().await.expect(200);
        assert_eq!(found["items"].as_array().map(Vec::len), Some(1));
    }
}
