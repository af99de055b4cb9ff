//! Whistles: departments that are called to an order, come or do not, and judge and are judged.

use crate::{
    admission::{department, duty, id},
    orders,
};
use chrono::Duration;
use serde_json::{Value, json};
use services::order::State;
use testkit::{HOME, World};

fn call(departments: &[&Value]) -> Value {
    let ids: Vec<&Value> = departments.iter().map(|d| &d["id"]).collect();
    json!({ "department_ids": ids, "reason": "施工扰民,投诉人13812341234。", "respond_limit": { "value": 120, "unit": "minutes" } })
}

async fn blown(world: &World, order: &Value, departments: &[&Value]) -> Vec<Value> {
    let path = format!("/orders/{}/whistles", id(order));
    let blown = world.person("wang").post(path).json(call(departments)).send().await.expect(201);
    blown["items"].as_array().unwrap().clone()
}

testkit::on_both! {
    async fn a_department_is_called_comes_and_both_sides_judge(world: World) {
        let (wang, zheng, he) = (world.person("wang"), world.person("zheng"), world.person("he"));
        let (city, fire) = (department(&world, "城管局").await, department(&world, "消防大队").await);
        duty(&world, &city).await;
        duty(&world, &fire).await;
        let order = orders::at(&world, State::Accepted).await;
        let before = orders::read(&wang, &order).await;
        let both = blown(&world, &order, &[&city, &fire]).await;
        assert_eq!((both.len(), &both[0]["state"], &both[0]["respond_by"]), (2, &json!("called"), &json!("2026-11-16T03:00:00Z")));
        assert_eq!(both[0]["reason"], "施工扰民,投诉人13812341234。");
        assert!(!crate::battery::holds(&world, "施工扰民").await, "sealed");

        // The department's inbox: what it needs to come, and nobody's phone or name.
        let inbox = zheng.get("/whistles?state=called").send().await.expect(200);
        assert_eq!(inbox["items"].as_array().map(Vec::len), Some(2));
        assert_eq!(inbox["items"][0]["reason"], "施工扰民,投诉人138****1234。");
        assert_eq!(inbox["items"][0]["order"]["number"], order["number"]);
        assert!(!inbox.to_string().contains("13812341234") && !inbox.to_string().contains("张三"), "{inbox}");
        zheng.get(format!("/orders/{}", id(&order))).send().await.refused(404, "order_not_found");

        let path = format!("/whistles/{}", id(&both[0]));
        let judge = |score: i16| json!({ "score": score, "comment": "到场及时。" });
        zheng.post(format!("{path}/judge")).json(judge(5)).send().await.refused(409, "whistle_state_conflict");
        wang.post(format!("{path}/judge")).json(judge(5)).send().await.refused(409, "whistle_state_conflict");
        wang.post(format!("{path}/finish")).json(json!({ "outcome": "done" })).send().await.refused(409, "whistle_state_conflict");
        wang.post(format!("{path}/arrive")).json(json!({})).send().await.refused(403, "permission_missing");
        world.later(Duration::minutes(30));
        let arrived = zheng.post(format!("{path}/arrive")).json(json!({ "version": 1 })).send().await.expect(200);
        assert_eq!((&arrived["state"], &arrived["late"], &arrived["arrived_by"]), (&json!("arrived"), &json!(false), &json!(zheng.account())));
        zheng.post(format!("{path}/arrive")).json(json!({})).send().await.refused(409, "whistle_state_conflict");
        zheng.post(format!("{path}/finish")).json(json!({ "outcome": "done" })).send().await.refused(403, "permission_missing");
        let judged = zheng.post(format!("{path}/judge")).json(judge(3)).send().await.expect(200);
        assert_eq!((&judged["call_score"], judged.get("department_score")), (&json!(3), None));
        zheng.post(format!("{path}/judge")).json(judge(3)).send().await.refused(409, "whistle_judged");
        let done = wang.post(format!("{path}/finish")).json(json!({ "outcome": "done" })).send().await.expect(200);
        assert_eq!((&done["state"], &done["allowed_actions"]), (&json!("done"), &json!(["judge_department"])));
        let judged = wang.post(format!("{path}/judge")).json(judge(5)).send().await.expect(200);
        assert_eq!((&judged["department_score"], &judged["department_comment"]), (&json!(5), &json!("到场及时。")));

        // The other does not come; after the limit it is absent, judged for it, and comes late.
        let path = format!("/whistles/{}", id(&both[1]));
        world.later(Duration::hours(2));
        let overdue = wang.get("/whistles?state=absent").send().await.expect(200);
        assert_eq!((overdue["items"].as_array().map(Vec::len), &overdue["items"][0]["department_id"]), (Some(1), &fire["id"]));
        wang.post(format!("{path}/judge")).json(judge(1)).send().await.expect(200);
        let count = async |who: &str| world.person(who).get(format!("/whistles/counts?region_code={HOME}")).send().await.expect(200)["items"].clone();
        let of = |all: &Value, department: &Value| all.as_array().unwrap().iter().find(|c| c["department_id"] == department["id"]).unwrap().clone();
        let counted = count("wang").await;
        assert_eq!(of(&counted, &fire), json!({
            "department_id": fire["id"], "called": 1, "in_time": 0, "late": 0, "absent": 1, "excused": 0,
            "department_judged": 1, "department_score": 1.0, "call_judged": 0,
        }));
        let late = zheng.post(format!("{path}/arrive")).json(json!({})).send().await.expect(200);
        assert_eq!((&late["state"], &late["late"]), (&json!("arrived"), &json!(true)));
        let counted = count("zheng").await;
        assert_eq!(of(&counted, &city), json!({
            "department_id": city["id"], "called": 1, "in_time": 1, "late": 0, "absent": 0, "excused": 0,
            "department_judged": 1, "department_score": 5.0, "call_judged": 1, "call_score": 3.0,
        }));
        assert_eq!(of(&counted, &fire)["late"], 1);
        assert_eq!(count("foreign").await, json!([]));

        // The order stays where it was.
        assert_eq!(orders::read(&wang, &order).await, before);
        assert_eq!(he.get(&path).send().await.expect(200)["reason"], "施工扰民,投诉人138****1234。");
        for name in ["zhang", "chen", "foreign"] {
            world.person(name).get(&path).send().await.refused(404, "whistle_not_found");
        }
        // PostgreSQL's log can be read as far as the transactions of all tests have ended.
        let logged = testkit::eventually(async || {
            let logged = world.person("feng").get("/events?type=whistle.arrived").send().await.expect(200);
            logged["items"][0].is_object().then_some(logged)
        })
        .await;
        assert_eq!(logged["items"][0]["data"]["order_id"], order["id"], "{logged}");
    }

    async fn a_whistle_that_cannot_be_is_refused(world: World) {
        let (wang, lv) = (world.person("wang"), world.person("lv"));
        let (city, idle) = (department(&world, "城管局").await, department(&world, "统计局").await);
        let ended = duty(&world, &idle).await;
        world.person("feng").post(format!("/duty_items/{}/end", id(&ended))).json(json!({})).send().await.expect(200);
        duty(&world, &city).await;
        let order = orders::placed(&world).await;
        let path = format!("/orders/{}/whistles", id(&order));
        let blow = |body: Value| wang.post(&path).json(body);
        let before = crate::battery::contents(&world).await;
        let none = blow(call(&[&city, &idle])).send().await.refused(422, "whistle_duty_missing");
        assert_eq!((&none["params"]["region"], &none["errors"][0]["pointer"]), (&json!(HOME), &json!("#/department_ids/1")));
        blow(json!({ "department_ids": ["019aa1c2-0000-7000-8000-000000000001"], "reason": "x" })).send().await.refused(422, "whistle_duty_missing");
        blow(call(&[&city, &city])).send().await.refused_fields(&[("#/department_ids/1", "field_invalid")]);
        let mut unlimited = call(&[&city]);
        unlimited.as_object_mut().unwrap().remove("respond_limit");
        blow(unlimited.clone()).send().await.refused(422, "whistle_limit_missing");
        world.person("zhang").post(&path).json(call(&[&city])).send().await.refused(403, "permission_missing");
        world.person("foreign").post(&path).json(call(&[&city])).send().await.refused(404, "order_not_found");
        crate::battery::is_unchanged("a whistle that cannot be", &before, &crate::battery::contents(&world).await);
        // A place with a rule of its own needs no limit; it is in working hours.
        let rules = json!({ "region_code": "321182000000", "whistle_rules": { "respond_limit": { "value": 4, "unit": "working_hours" } } });
        lv.post("/policies").json(rules).send().await.expect(201);
        world.later(Duration::seconds(6));
        let blown = blow(unlimited).send().await.expect(201)["items"][0].clone();
        assert_eq!((&blown["respond_limit"]["unit"], &blown["respond_by"]), (&json!("working_hours"), &json!("2026-11-16T06:00:06Z")));
        blow(call(&[&city])).send().await.refused(409, "whistle_exists");
        // Who need not come is judged by nobody, and may be called again.
        let whistle = format!("/whistles/{}", id(&blown));
        wang.post(format!("{whistle}/finish")).json(json!({ "outcome": "excused" })).send().await.expect(200);
        wang.post(format!("{whistle}/judge")).json(json!({ "score": 1 })).send().await.refused(409, "whistle_state_conflict");
        world.person("zheng").post(format!("{whistle}/arrive")).json(json!({})).send().await.refused(409, "whistle_state_conflict");
        blow(call(&[&city])).send().await.expect(201);
        // Nobody is called to what is over.
        let closed = orders::at(&world, State::Closed).await;
        wang.post(format!("/orders/{}/whistles", id(&closed))).json(call(&[&city])).send().await.refused(409, "order_state_conflict");
    }
}
