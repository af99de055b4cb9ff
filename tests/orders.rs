//! Orders: 点单 → 受理 → 派单 → 接单 → 办结 → 评单 → 销号.
//!
//! Here the course that an order takes. Beneath it: what the table does not name ([`table`]), who may do what
//! ([`rights`]), who sees what of the requester ([`masks`]), lists ([`lists`]), and what cannot be ordered ([`input`]).

mod input;
mod lists;
mod masks;
mod rights;
mod table;

use chrono::{DateTime, Duration, Utc};
use kernel::clock::Clock;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use services::order::{
    Action, State,
    flow::{self, Step},
};
use std::collections::HashMap;
use testkit::{Client, HOME, Reply, World};

/// What Zhang asks for unless told: something in the west grid.
pub(crate) fn lamp() -> Value {
    json!({
        "title": "楼道灯不亮", "content": "3单元2楼的灯坏了三天。", "region_code": HOME, "point": { "lng": 119.815, "lat": 32.24 },
        "contact": { "name": "张三", "phone": "13812341234", "address": "翡丽中央12幢3单元401室" },
    })
}

/// The same with other fields.
pub(crate) fn lamp_with(fields: Value) -> Value {
    patched(lamp(), &fields)
}

/// A body with some fields replaced; null takes one away.
pub(crate) fn patched(mut body: Value, fields: &Value) -> Value {
    for (name, value) in fields.as_object().unwrap() {
        match value {
            Value::Null => drop(body.as_object_mut().unwrap().remove(name)),
            value => body[name] = value.clone(),
        }
    }
    body
}

pub(crate) async fn place(by: &Client, body: Value) -> Value {
    by.post("/orders").json(body).send().await.expect(201)
}

/// An order of Zhang's.
pub(crate) async fn placed(world: &World) -> Value {
    place(&world.person("zhang"), lamp()).await
}

pub(crate) fn path(order: &Value) -> String {
    format!("/orders/{}", order["id"].as_str().unwrap())
}

/// Somebody as a taker.
pub(crate) fn taker(who: &Client) -> Value {
    json!({ "kind": "person", "id": who.account() })
}

pub(crate) async fn step(by: &Client, order: &Value, action: &str, body: Value) -> Reply {
    let action = if action == "record_progress" { "progress" } else { action };
    by.post(format!("{}/{action}", path(order))).json(body).send().await
}

pub(crate) async fn read(by: &Client, order: &Value) -> Value {
    by.get(path(order)).send().await.expect(200)
}

pub(crate) async fn timeline(by: &Client, order: &Value) -> Vec<Value> {
    let page = by.get(format!("{}/events?limit=100", path(order))).send().await.expect(200);
    assert_eq!(page["has_more"], false);
    page["items"].as_array().unwrap().clone()
}

/// An order of Zhang's that Wang has taken in hand and dispatched like this.
pub(crate) async fn dispatched(world: &World, body: Value, dispatch: Value) -> Value {
    let order = place(&world.person("zhang"), body).await;
    step(&world.person("wang"), &order, "triage", json!({})).await.expect(200);
    step(&world.person("wang"), &order, "dispatch", dispatch).await.expect(200)
}

pub(crate) async fn pooled(world: &World, body: Value) -> Value {
    dispatched(world, body, json!({ "mode": "pool" })).await
}

/// Who takes a step, and what it needs: Zhang has asked, Wang dispatches, Chen does the work, `into` goes on.
pub(crate) fn usual(world: &World, action: Action, into: &Value) -> (&'static str, Value) {
    let reason = json!({ "reason": "因故" });
    match action {
        Action::Triage | Action::Close | Action::Resume => ("wang", json!({})),
        Action::Reject => ("wang", json!({ "code": "not_competent", "text": "由市政部门负责。" })),
        Action::Dispatch => ("wang", json!({ "mode": "assign", "lead": taker(&world.person("chen")) })),
        Action::Rework | Action::Suspend => ("wang", reason),
        Action::Merge => ("wang", json!({ "into": into["id"] })),
        Action::Accept | Action::Start => ("chen", json!({})),
        Action::Decline | Action::HandBack => ("chen", reason),
        Action::RecordProgress => ("chen", json!({ "note": "已到现场" })),
        Action::Complete => ("chen", json!({ "result": "solved", "answer": "灯已更换。" })),
        Action::Evaluate => ("zhang", json!({ "level": "satisfied" })),
        Action::Cancel => ("zhang", json!({ "note": "不用了" })),
    }
}

/// The shortest way to each state, found in the table itself.
pub(crate) fn ways() -> HashMap<State, Vec<Action>> {
    let mut ways = HashMap::from([(State::Placed, Vec::new())]);
    while ways.len() < State::all().count() {
        for (from, way) in ways.clone() {
            for action in Action::all() {
                if let Some(Step::To(to)) = flow::next(from, action) {
                    ways.entry(to).or_insert_with(|| way.iter().copied().chain([action]).collect());
                }
            }
        }
    }
    ways
}

/// An order of Zhang's in this state, by the shortest way.
pub(crate) async fn at(world: &World, state: State) -> Value {
    let mut order = placed(world).await;
    for action in &ways()[&state] {
        let into = if *action == Action::Merge { placed(world).await } else { Value::Null };
        let (name, body) = usual(world, *action, &into);
        order = step(&world.person(name), &order, action.as_str(), body).await.expect(200);
    }
    assert_eq!(order["state"], state.as_str());
    order
}

/// A time in China.
pub(crate) fn china(text: &str) -> DateTime<Utc> {
    format!("{text}+08:00").parse().unwrap()
}

/// An order as Zhang is told of it, and how it changes.
struct Story<'a> {
    world: &'a World,
    order: Value,
    told: Vec<Value>,
}

impl Story<'_> {
    fn now(&self) -> Value {
        json!(self.world.clock.now())
    }

    /// A minute later somebody takes a step: this changes, this is logged, and this is what people may do then.
    async fn goes(&mut self, by: &str, action: &str, body: Value, change: Value, data: Value, may: &[(&str, &[&str])]) {
        self.world.later(Duration::minutes(1));
        let from = self.order["state"].clone();
        let answer = step(&self.world.person(by), &self.order, action, body).await.expect(200);
        self.order = patched(self.order.clone(), &change);
        self.order["version"] = json!(self.order["version"].as_i64().unwrap() + 1);
        self.order["updated_at"] = self.now();
        let data = patched(data, &json!({ "from": from, "to": self.order["state"] }));
        self.log(by, action, data);
        self.check(may).await;
        let seen = self.world.person(by).get(path(&self.order)).send().await;
        assert!(seen.status == 404 || seen.json() == answer, "{by} is answered {answer} and reads {}", seen.text());
    }

    fn log(&mut self, by: &str, action: &str, data: Value) {
        let past = match action {
            "place" => "placed".to_owned(),
            "record_progress" => "progressed".to_owned(),
            "dispatch" => "dispatched".to_owned(),
            "start" => "started".to_owned(),
            "accept" => "accepted".to_owned(),
            other => format!("{}d", if other == "triage" { "triage" } else { other }),
        };
        self.told.push(json!({
            "type": format!("order.{past}"), "subject_id": self.order["id"], "subject_version": self.order["version"], "region_code": HOME,
            "actor_id": self.world.person(by).account(), "at": self.now(), "data": data,
        }));
    }

    async fn check(&self, may: &[(&str, &[&str])]) {
        for (name, actions) in may {
            let seen = read(&self.world.person(name), &self.order).await;
            assert_eq!(seen["allowed_actions"], json!(actions), "{name} at {}", seen["state"]);
            if *name == "zhang" {
                assert_eq!(seen, patched(self.order.clone(), &json!({ "allowed_actions": actions })));
            }
        }
        let mut events = timeline(&self.world.person("zhang"), &self.order).await;
        let mut before = 0;
        for event in &mut events {
            let id = event["id"].as_i64().unwrap();
            assert!(id > before, "{event}");
            before = id;
            event.as_object_mut().unwrap().remove("id");
        }
        assert_eq!(events, self.told);
    }
}

testkit::on_both! {
    async fn an_order_takes_its_course(world: World) {
        let [zhang, chen, zheng] = ["zhang", "chen", "zheng"].map(|n| world.person(n));
        let item = zhang.get("/catalogue/items/BM-01-01").send().await.expect(200)["id"].clone();
        let answer = place(&zhang, lamp_with(json!({ "item_code": "BM-01-01", "channel": "mini_program" }))).await;
        let number = answer["number"].as_str().unwrap();
        assert!(number.starts_with("20261116-") && number.len() == 16, "{number}");
        let order = json!({
            "id": answer["id"], "number": number, "version": 1, "state": "placed", "priority": "normal", "channel": "mini_program",
            "title": "楼道灯不亮", "content": "3单元2楼的灯坏了三天。", "region_code": HOME, "grid_id": world.places.west, "item_id": item,
            "requester_id": zhang.account(), "placed_by": zhang.account(), "masked": false,
            "contact": { "name": "张三", "phone": "13812341234", "address": "翡丽中央12幢3单元401室" },
            "point": { "lng": 119.815, "lat": 32.24, "datum": "wgs84" },
            "overdue": false, "rework_count": 0, "created_at": "2026-11-16T01:00:00Z", "updated_at": "2026-11-16T01:00:00Z",
            "allowed_actions": ["cancel"],
        });
        assert_eq!(answer, order);
        let mut story = Story { world: &world, order, told: Vec::new() };
        story.log("zhang", "place", json!({ "to": "placed", "number": number, "channel": "mini_program", "on_behalf": false }));
        story.check(&[("zhang", &["cancel"]), ("wang", &["triage", "reject", "cancel", "merge"]), ("sun", &[]), ("he", &[])]).await;

        // 09:01 and four working hours: the lunch hour does not count. Three working days end with the third.
        let (respond_by, finish_by) = ("2026-11-16T06:01:00Z", "2026-11-19T10:00:00Z");
        story.goes("wang", "triage", json!({ "priority": "high", "version": 1 }), json!({
            "state": "triaged", "priority": "high", "respond_limit": { "value": 4, "unit": "working_hours" }, "respond_by": respond_by,
            "finish_limit": { "value": 3, "unit": "working_days" }, "finish_by": finish_by, "due_at": respond_by,
        }), json!({ "item_id": item, "priority": "high", "respond_by": respond_by, "finish_by": finish_by }),
        &[("zhang", &["cancel"]), ("wang", &["triage", "reject", "dispatch", "cancel", "suspend", "merge"]), ("feng", &["triage", "reject", "dispatch", "cancel", "suspend", "merge"])]).await;
        chen.get(path(&story.order)).send().await.refused(404, "order_not_found");

        let assistant = json!({ "kind": "organization", "id": world.places.telecom });
        story.goes("wang", "dispatch", json!({ "mode": "assign", "lead": taker(&chen), "assistants": [assistant], "note": "请带梯子", "version": 2 }),
        json!({ "state": "dispatched", "dispatch_mode": "assign", "lead": taker(&chen), "assistants": [assistant] }),
        json!({ "mode": "assign", "lead": taker(&chen), "assistants": [assistant], "note": "请带梯子" }),
        &[("zhang", &["cancel"]), ("wang", &["dispatch", "cancel", "suspend", "merge"]), ("chen", &["accept", "decline"]), ("zheng", &[]), ("sun", &[])]).await;
        world.person("zhou").get(path(&story.order)).send().await.refused(404, "order_not_found");

        let now = json!(world.clock.now() + Duration::minutes(1));
        story.goes("chen", "accept", json!({ "version": 3 }), json!({ "state": "accepted", "accepted_at": now, "due_at": finish_by }),
        json!({ "lead": taker(&chen), "claimed": false }),
        &[("zhang", &["cancel"]), ("wang", &["hand_back", "cancel", "suspend"]), ("chen", &["hand_back", "start", "record_progress", "complete"]), ("zheng", &["record_progress"])]).await;

        story.goes("chen", "start", json!({ "note": "已到现场" }), json!({ "state": "in_progress" }), json!({ "note": "已到现场" }),
        &[("zhang", &["cancel"]), ("wang", &["hand_back", "cancel", "suspend"]), ("chen", &["hand_back", "record_progress", "complete"]), ("zheng", &["record_progress"])]).await;

        step(&zheng, &story.order, "complete", json!({ "result": "solved", "answer": "x" })).await.refused(403, "not_the_taker");
        story.goes("zheng", "record_progress", json!({ "note": "线路正常" }), json!({}), json!({ "note": "线路正常" }), &[("zhang", &["cancel"])]).await;

        let now = json!(world.clock.now() + Duration::minutes(1));
        let done = json!({ "result": "solved", "answer": "灯已更换。" });
        story.goes("chen", "complete", done.clone(), json!({ "state": "completed", "result": "solved", "answer": "灯已更换。", "completed_at": now, "due_at": null }), done,
        &[("zhang", &["evaluate"]), ("wang", &["rework", "close"]), ("chen", &[]), ("zheng", &[])]).await;

        let now = json!(world.clock.now() + Duration::minutes(1));
        let judged = json!({ "level": "very_satisfied", "tags": ["及时", "热情"], "comment": "谢谢" });
        let evaluation = patched(judged.clone(), &json!({ "score": 5, "evaluated_at": now }));
        story.goes("zhang", "evaluate", judged.clone(), json!({ "state": "evaluated", "evaluation": evaluation }), patched(judged, &json!({ "score": 5 })),
        &[("zhang", &[]), ("wang", &["close"]), ("chen", &[])]).await;

        let now = json!(world.clock.now() + Duration::minutes(1));
        story.goes("wang", "close", json!({ "note": "已回访" }), json!({ "state": "closed", "closed_at": now }), json!({ "note": "已回访" }),
        &[("zhang", &[]), ("wang", &[]), ("chen", &[]), ("admin", &[])]).await;
        assert_eq!(story.order["version"], 9);
    }

    async fn clocks_keep_working_time_across_a_weekend(world: World) {
        let [zhang, wang, chen] = ["zhang", "wang", "chen"].map(|n| world.person(n));
        let sees = async |order: &Value, time: &str| {
            world.clock.set(china(time));
            let seen = read(&zhang, order).await;
            (seen["due_at"].clone(), seen["overdue"].as_bool().unwrap())
        };
        let is = |time: &str| json!(china(time));
        world.clock.set(china("2026-11-20T17:00:00"));
        let order = dispatched(&world, lamp_with(json!({ "item_code": "BM-01-01" })), json!({ "mode": "assign", "lead": taker(&chen) })).await;
        // An hour of Friday, three of Monday; Monday, Tuesday, Wednesday.
        assert_eq!((&order["respond_by"], &order["finish_by"]), (&is("2026-11-23T12:00:00"), &is("2026-11-25T18:00:00")));
        assert_eq!(sees(&order, "2026-11-23T12:00:00").await, (is("2026-11-23T12:00:00"), false));
        assert_eq!(sees(&order, "2026-11-23T12:00:01").await, (is("2026-11-23T12:00:00"), true));
        step(&chen, &order, "accept", json!({})).await.expect(200);
        assert_eq!(sees(&order, "2026-11-24T10:00:00").await, (is("2026-11-25T18:00:00"), false));

        // On Tuesday Wednesday is left; three days later Monday is.
        let still = step(&wang, &order, "suspend", json!({ "reason": "等配件" })).await.expect(200);
        assert_eq!((&still["state"], &still["suspended_at"], still.get("due_at"), &still["overdue"]), (&json!("suspended"), &is("2026-11-24T10:00:00"), None, &json!(false)));
        assert_eq!(sees(&order, "2026-11-27T10:00:00").await, (Value::Null, false));
        let again = step(&wang, &order, "resume", json!({})).await.expect(200);
        assert_eq!((&again["state"], again.get("suspended_at"), &again["finish_by"]), (&json!("accepted"), None, &is("2026-11-30T18:00:00")));
        assert_eq!(again["respond_by"], is("2026-11-23T12:00:00"), "what has ended stays ended");
        assert!(!sees(&order, "2026-11-30T18:00:00").await.1);
        assert!(sees(&order, "2026-11-30T18:00:01").await.1);
        step(&chen, &order, "complete", json!({ "result": "solved", "answer": "好了" })).await.expect(200);
        assert_eq!(sees(&order, "2026-12-30T18:00:01").await, (Value::Null, false));

        // Minutes run day and night, and stand still all the same.
        world.clock.set(china("2026-11-20T23:50:00"));
        let order = dispatched(&world, lamp_with(json!({ "item_code": "BM-01-02" })), json!({ "mode": "pool" })).await;
        assert_eq!((&order["respond_by"], &order["finish_by"]), (&is("2026-11-21T00:20:00"), &is("2026-11-22T23:50:00")));
        assert_eq!(sees(&order, "2026-11-21T00:10:00").await, (is("2026-11-21T00:20:00"), false));
        step(&wang, &order, "suspend", json!({ "reason": "夜间" })).await.expect(200);
        world.clock.set(china("2026-11-21T08:00:00"));
        let again = step(&wang, &order, "resume", json!({})).await.expect(200);
        assert_eq!((&again["state"], &again["due_at"], &again["finish_by"]), (&json!("dispatched"), &is("2026-11-21T08:10:00"), &is("2026-11-23T07:40:00")));

        // The dispatch may set other limits; handing back starts the clock for accepting anew, but not that for finishing.
        world.clock.set(china("2026-11-23T09:00:00"));
        let limits = json!({ "mode": "assign", "lead": taker(&chen), "respond_limit": { "value": 2, "unit": "working_hours" }, "finish_limit": { "value": 1, "unit": "natural_days" } });
        let order = dispatched(&world, lamp(), limits).await;
        assert_eq!((&order["respond_by"], &order["finish_by"]), (&is("2026-11-23T11:00:00"), &is("2026-11-24T09:00:00")));
        step(&chen, &order, "accept", json!({})).await.expect(200);
        world.clock.set(china("2026-11-23T16:30:00"));
        let back = step(&chen, &order, "hand_back", json!({ "reason": "需要电工资质" })).await.expect(200);
        assert_eq!((&back["respond_by"], &back["finish_by"], &back["due_at"]), (&is("2026-11-24T09:30:00"), &is("2026-11-24T09:00:00"), &is("2026-11-24T09:00:00")));
        // Correcting the priority does not set the clocks back; another limit does.
        world.clock.set(china("2026-11-23T17:00:00"));
        let same = step(&wang, &order, "triage", json!({ "priority": "urgent" })).await.expect(200);
        assert_eq!((&same["priority"], &same["finish_by"], &same["respond_by"]), (&json!("urgent"), &back["finish_by"], &back["respond_by"]));
        let other = step(&wang, &order, "triage", json!({ "finish_limit": { "value": 60, "unit": "minutes" } })).await.expect(200);
        assert_eq!((&other["priority"], &other["finish_by"], &other["respond_by"]), (&json!("urgent"), &is("2026-11-23T18:00:00"), &is("2026-11-24T10:00:00")));
    }

    async fn clocks_keep_working_time_across_the_national_day(world: World) {
        // Everybody had their role before this test's world began.
        world.core().db.writer().execute_unprepared("UPDATE grants SET valid_from = '2026-01-01T00:00:00+00:00'").await.unwrap();
        world.clock.set(china("2026-09-30T11:00:00"));
        let [wang, chen] = ["wang", "chen"].map(|n| world.person(n));
        let order = dispatched(&world, lamp_with(json!({ "item_code": "BM-01-01" })), json!({ "mode": "assign", "lead": taker(&chen) })).await;
        // An hour before lunch, three after it. Then 1–7 October are off: the 8th, the 9th, and Saturday the 10th, which is made up for.
        assert_eq!((&order["respond_by"], &order["finish_by"]), (&json!(china("2026-09-30T16:00:00")), &json!(china("2026-10-10T18:00:00"))));
        step(&chen, &order, "accept", json!({})).await.expect(200);
        for (time, overdue) in [("2026-10-10T18:00:00", false), ("2026-10-10T18:00:01", true)] {
            world.clock.set(china(time));
            assert_eq!(read(&wang, &order).await["overdue"], overdue, "{time}");
        }
        world.clock.set(china("2026-09-30T17:00:00"));
        let limit = |value: i32| json!({ "mode": "pool", "respond_limit": { "value": value, "unit": "working_hours" } });
        let order = dispatched(&world, lamp(), limit(2)).await;
        assert_eq!(order["respond_by"], json!(china("2026-10-08T10:00:00")));
        // Suspended over the holiday, an hour and a half is left.
        world.clock.set(china("2026-09-30T17:30:00"));
        step(&wang, &order, "suspend", json!({ "reason": "国庆" })).await.expect(200);
        world.clock.set(china("2026-10-10T16:00:00"));
        let again = step(&wang, &order, "resume", json!({})).await.expect(200);
        assert_eq!(again["due_at"], json!(china("2026-10-10T17:30:00")));
    }

    async fn an_order_is_dispatched_in_four_ways(world: World) {
        let [wang, chen, zhou, wu, zheng] = ["wang", "chen", "zhou", "wu", "zheng"].map(|n| world.person(n));
        let telecom = json!({ "kind": "organization", "id": world.places.telecom });
        // To one: nobody else can take it.
        let order = dispatched(&world, lamp(), json!({ "mode": "assign", "lead": taker(&chen) })).await;
        assert_eq!((&order["state"], &order["lead"], order.get("assistants")), (&json!("dispatched"), &taker(&chen), None));
        zhou.get(path(&order)).send().await.refused(404, "order_not_found");
        step(&zhou, &order, "accept", json!({})).await.refused(404, "order_not_found");
        step(&wang, &order, "accept", json!({})).await.refused(403, "not_the_taker");

        // To several: one leads, the others help and see it, and only the lead completes.
        let order = dispatched(&world, lamp(), json!({ "mode": "assign", "lead": taker(&chen), "assistants": [taker(&zhou), telecom] })).await;
        step(&zhou, &order, "accept", json!({})).await.refused(403, "not_the_taker");
        step(&zhou, &order, "record_progress", json!({ "note": "早了" })).await.refused(409, "order_state_conflict");
        step(&chen, &order, "accept", json!({})).await.expect(200);
        for helper in [&zhou, &zheng] {
            step(helper, &order, "record_progress", json!({ "note": "来了" })).await.expect(200);
            step(helper, &order, "complete", json!({ "result": "solved", "answer": "x" })).await.refused(403, "not_the_taker");
            step(helper, &order, "hand_back", json!({ "reason": "x" })).await.refused(403, "not_the_taker");
        }
        step(&wu, &order, "record_progress", json!({ "note": "x" })).await.refused(404, "order_not_found");

        // To a pool: whoever takes orders here sees it, and the first has it.
        let order = pooled(&world, lamp()).await;
        assert_eq!((order.get("lead"), &order["dispatch_mode"]), (None, &json!("pool")));
        for who in ["chen", "zhou", "wu", "zheng"] {
            assert_eq!(read(&world.person(who), &order).await["allowed_actions"], json!(["accept"]), "{who}");
        }
        let claimed = step(&wu, &order, "accept", json!({})).await.expect(200);
        assert_eq!((&claimed["state"], &claimed["lead"]), (&json!("accepted"), &taker(&wu)));
        assert_eq!(timeline(&wang, &order).await[3]["data"], json!({ "from": "dispatched", "to": "accepted", "lead": taker(&wu), "claimed": true }));
        let late = step(&chen, &order, "accept", json!({})).await.refused(409, "order_taken");
        assert_eq!(late["params"]["state"], "accepted");
        chen.get(path(&order)).send().await.refused(404, "order_not_found");
        step(&wu, &order, "accept", json!({})).await.refused(409, "order_state_conflict");

        // At once, by the dispatcher: two steps, two events, one version each.
        let order = dispatched(&world, lamp(), json!({ "mode": "self_handled", "note": "我来" })).await;
        assert_eq!((&order["state"], &order["lead"], &order["version"]), (&json!("accepted"), &taker(&wang), &json!(4)));
        assert_eq!(order["allowed_actions"], json!(["hand_back", "start", "record_progress", "complete", "cancel", "suspend"]));
        let events = timeline(&wang, &order).await;
        let steps: Vec<_> = events.iter().map(|e| (e["subject_version"].as_i64().unwrap(), e["type"].as_str().unwrap())).collect();
        assert_eq!(steps, [(1, "order.placed"), (2, "order.triaged"), (3, "order.dispatched"), (4, "order.accepted")]);

        // Dispatching again takes it from whom it was given to before.
        let order = dispatched(&world, lamp(), json!({ "mode": "assign", "lead": taker(&chen), "assistants": [taker(&zhou)] })).await;
        let again = step(&wang, &order, "dispatch", json!({ "mode": "assign", "lead": telecom, "assistants": [taker(&wu)] })).await.expect(200);
        assert_eq!((&again["lead"], &again["assistants"]), (&telecom, &json!([taker(&wu)])));
        for gone in [&chen, &zhou] {
            gone.get(path(&order)).send().await.refused(404, "order_not_found");
        }
        step(&zheng, &order, "accept", json!({})).await.expect(200);
        assert_eq!(read(&zheng, &order).await["lead"], telecom);
    }

    async fn a_dispatch_that_cannot_be_is_refused(world: World) {
        let [wang, chen, zhou] = ["wang", "chen", "zhou"].map(|n| world.person(n));
        let order = placed(&world).await;
        let before = step(&wang, &order, "triage", json!({})).await.expect(200);
        let nobody = json!({ "kind": "person", "id": "019aa1c2-0000-7000-8000-000000000001" });
        let assign = |lead: Value, assistants: Value| json!({ "mode": "assign", "lead": lead, "assistants": assistants });
        let organization = |region: &'static str| {
            let admin = world.person("admin");
            async move {
                let body = json!({ "name": format!("单位{region}"), "kind": "resident_unit", "region_code": region });
                let made = admin.post("/organizations").json(body).send().await.expect(201);
                json!({ "kind": "organization", "id": made["id"] })
            }
        };
        let (abroad, street, shut) = (organization(testkit::FOREIGN).await, organization("321182001000").await, organization(HOME).await);
        world.person("admin").post(format!("/organizations/{}/close", shut["id"].as_str().unwrap())).send().await.expect(200);
        zhou.post(format!("/volunteers/{}", zhou.account())).json(json!({ "available": false })).send().await.expect(200);
        let cases = [
            (json!({ "mode": "assign" }), 422, "dispatch_invalid", "#/mode"),
            (json!({ "mode": "pool", "lead": taker(&chen) }), 422, "dispatch_invalid", "#/mode"),
            (json!({ "mode": "self_handled", "assistants": [taker(&chen)] }), 422, "dispatch_invalid", "#/mode"),
            (assign(taker(&chen), json!([taker(&chen)])), 422, "dispatch_invalid", "#/assistants/0"),
            (assign(taker(&chen), json!([taker(&world.person("wu")), taker(&world.person("wu"))])), 422, "dispatch_invalid", "#/assistants/1"),
            (assign(nobody.clone(), json!([])), 422, "taker_unknown", "#/lead"),
            (assign(json!({ "kind": "organization", "id": nobody["id"] }), json!([])), 422, "taker_unknown", "#/lead"),
            (assign(taker(&world.person("li")), json!([])), 422, "taker_unknown", "#/lead"),
            (assign(taker(&chen), json!([nobody])), 422, "taker_unknown", "#/assistants/0"),
            (assign(taker(&world.person("guest")), json!([])), 422, "taker_unknown", "#/lead"),
            (assign(abroad.clone(), json!([])), 422, "taker_unknown", "#/lead"),
            (assign(taker(&chen), json!([taker(&world.person("guest"))])), 422, "taker_unknown", "#/assistants/0"),
            (assign(taker(&zhou), json!([])), 403, "taker_ineligible", "#/lead"),
            (assign(shut, json!([])), 403, "taker_ineligible", "#/lead"),
        ];
        for (body, status, code, pointer) in cases {
            let problem = step(&wang, &order, "dispatch", body.clone()).await.refused(status, code);
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}: {problem}");
        }
        assert_eq!(read(&wang, &order).await, before);
        // The street knows who serves in its other communities.
        for (body, pointer) in [
            (assign(taker(&world.person("guest")), json!([])), "#/lead"),
            (assign(abroad, json!([])), "#/lead"),
            (assign(taker(&chen), json!([taker(&world.person("guest"))])), "#/assistants/0"),
        ] {
            let problem = step(&world.person("feng"), &order, "dispatch", body).await.refused(422, "taker_foreign");
            assert_eq!(problem["errors"][0]["pointer"], pointer);
        }
        step(&wang, &order, "dispatch", assign(street, json!([]))).await.expect(200);
    }

    async fn not_everybody_may_claim(world: World) {
        let [wang, chen, zhou, wu, zheng, sun, guest] = ["wang", "chen", "zhou", "wu", "zheng", "sun", "guest"].map(|n| world.person(n));
        let refused = async |who: &Client, order: &Value, reason: &str| {
            let problem = step(who, order, "accept", json!({})).await.refused(403, "taker_ineligible");
            assert_eq!(problem["params"]["reason"], reason);
        };
        let order = pooled(&world, lamp()).await;
        refused(&sun, &order, "not registered as a taker").await;
        refused(&zheng, &order, "not registered as a taker").await;
        step(&guest, &order, "accept", json!({})).await.refused(404, "order_not_found");
        step(&world.person("zhang"), &order, "accept", json!({})).await.refused(403, "permission_missing");
        chen.post(format!("/volunteers/{}", chen.account())).json(json!({ "available": false })).send().await.expect(200);
        refused(&chen, &order, "not available").await;
        chen.post(format!("/volunteers/{}", chen.account())).json(json!({ "available": true, "grid_id": world.places.east })).send().await.expect(200);
        refused(&chen, &order, "does not serve this place").await;
        let problem = step(&wu, &order, "accept", json!({ "organization_id": world.places.telecom })).await.refused(403, "taker_ineligible");
        assert_eq!(problem["params"]["reason"], "you do not act for this organization");
        assert_eq!(read(&wang, &order).await, order);

        // Nobody claims their own, and nobody is offered it.
        let own = place(&zhou, lamp()).await;
        for (action, body) in [("triage", json!({})), ("dispatch", json!({ "mode": "pool" }))] {
            step(&wang, &own, action, body).await.expect(200);
        }
        refused(&zhou, &own, "it is your own order").await;
        assert_eq!(read(&zhou, &own).await["allowed_actions"], json!(["cancel"]));

        // An item says what kinds of provider may do it; an organization claims through its staff.
        let broadband = pooled(&world, lamp_with(json!({ "item_code": "BM-01-03" }))).await;
        refused(&wu, &broadband, "not a provider of this service item").await;
        let claimed = step(&zheng, &broadband, "accept", json!({ "organization_id": world.places.telecom })).await.expect(200);
        assert_eq!(claimed["lead"], json!({ "kind": "organization", "id": world.places.telecom }));
        assert_eq!(claimed["allowed_actions"], json!(["hand_back", "start", "record_progress", "complete"]));
        let company = pooled(&world, lamp_with(json!({ "item_code": "BM-01-02" }))).await;
        let problem = step(&zheng, &company, "accept", json!({ "organization_id": world.places.telecom })).await.refused(403, "taker_ineligible");
        assert_eq!(problem["params"]["reason"], "not a provider of this service item");
        step(&wu, &company, "accept", json!({})).await.expect(200);
    }

    async fn claims_stop_at_the_limit(world: World) {
        let [wang, chen, admin, zheng] = ["wang", "chen", "admin", "zheng"].map(|n| world.person(n));
        let policy = json!({ "region_code": HOME, "order_flow": { "claim_limit": 2, "automatic_reworks": 1 } });
        admin.post("/policies").json(policy).send().await.expect(201);
        let claim = async |order: &Value| step(&chen, order, "accept", json!({})).await;
        let mut held = Vec::new();
        for _ in 0..2 {
            held.push(claim(&pooled(&world, lamp()).await).await.expect(200));
        }
        let third = pooled(&world, lamp()).await;
        assert_eq!(claim(&third).await.refused(409, "taker_limit_reached")["params"]["limit"], "2");
        // What is suspended is held all the same.
        step(&wang, &held[0], "suspend", json!({ "reason": "等" })).await.expect(200);
        claim(&third).await.refused(409, "taker_limit_reached");
        step(&wang, &held[0], "resume", json!({})).await.expect(200);
        step(&chen, &held[0], "complete", json!({ "result": "explained", "answer": "已说明" })).await.expect(200);
        claim(&third).await.expect(200);
        let fourth = pooled(&world, lamp()).await;
        claim(&fourth).await.refused(409, "taker_limit_reached");
        step(&chen, &held[1], "hand_back", json!({ "reason": "生病" })).await.expect(200);
        claim(&fourth).await.expect(200);
        // Rework does not give the place back that somebody else has filled.
        step(&wang, &held[0], "rework", json!({ "reason": "没好" })).await.expect(200);
        // What is assigned counts, but is never refused.
        let assigned = dispatched(&world, lamp(), json!({ "mode": "assign", "lead": taker(&chen) })).await;
        claim(&assigned).await.expect(200);
        step(&chen, &fourth, "complete", json!({ "result": "solved", "answer": "好" })).await.expect(200);
        claim(&pooled(&world, lamp()).await).await.refused(409, "taker_limit_reached");
        // An organization has a limit of its own.
        let order = pooled(&world, lamp()).await;
        step(&zheng, &order, "accept", json!({ "organization_id": world.places.telecom })).await.expect(200);
    }

    async fn an_order_comes_back_to_the_dispatcher(world: World) {
        let [zhang, wang, chen, zhou] = ["zhang", "wang", "chen", "zhou"].map(|n| world.person(n));
        let order = dispatched(&world, lamp(), json!({ "mode": "assign", "lead": taker(&chen) })).await;
        let declined = step(&chen, &order, "decline", json!({ "reason": "本周外出" })).await.expect(200);
        assert_eq!((&declined["state"], declined.get("lead"), &declined["version"]), (&json!("triaged"), None, &json!(4)));
        chen.get(path(&order)).send().await.refused(404, "order_not_found");
        step(&wang, &order, "dispatch", json!({ "mode": "assign", "lead": taker(&zhou) })).await.expect(200);
        step(&zhou, &order, "accept", json!({})).await.expect(200);
        step(&zhou, &order, "start", json!({})).await.expect(200);
        step(&zhang, &order, "cancel", json!({})).await.refused_fields(&[("#/note", "field_missing")]);
        let back = step(&zhou, &order, "hand_back", json!({ "reason": "需要电工资质" })).await.expect(200);
        assert_eq!((&back["state"], back.get("lead"), back.get("accepted_at"), &back["version"]), (&json!("triaged"), None, None, &json!(8)));
        zhou.get(path(&order)).send().await.refused(404, "order_not_found");
        step(&zhou, &order, "complete", json!({ "result": "solved", "answer": "x" })).await.refused(404, "order_not_found");
        step(&wang, &order, "dispatch", json!({ "mode": "pool" })).await.expect(200);
        step(&chen, &order, "accept", json!({})).await.expect(200);
        let steps: Vec<_> = timeline(&zhang, &order).await.iter().map(|e| e["type"].as_str().unwrap().trim_start_matches("order.").to_owned()).collect();
        assert_eq!(steps, ["placed", "triaged", "dispatched", "declined", "dispatched", "accepted", "started", "handed_back", "dispatched", "accepted"]);
    }

    async fn the_requester_judges_and_nobody_else(world: World) {
        let [zhang, li, wang, chen, sun] = ["zhang", "li", "wang", "chen", "sun"].map(|n| world.person(n));
        let judge = |level: &str| json!({ "level": level });
        let order = at(&world, State::Completed).await;
        for who in [&wang, &chen, &sun] {
            step(who, &order, "evaluate", judge("satisfied")).await.refused(403, "not_the_requester");
        }
        step(&li, &order, "evaluate", judge("satisfied")).await.refused(404, "order_not_found");
        assert_eq!(read(&wang, &order).await["version"], order["version"]);

        // Dissatisfied: it goes back by itself, once.
        let again = step(&zhang, &order, "evaluate", json!({ "level": "dissatisfied", "comment": "还是不亮" })).await.expect(200);
        assert_eq!((&again["state"], &again["rework_count"], &again["version"]), (&json!("triaged"), &json!(1), &json!(order["version"].as_i64().unwrap() + 2)));
        for gone in ["lead", "result", "answer", "evaluation", "accepted_at", "completed_at"] {
            assert!(again.get(gone).is_none(), "{gone}: {again}");
        }
        let events = timeline(&zhang, &order).await;
        let [.., judged, reworked] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!(judged["data"], json!({ "from": "completed", "to": "evaluated", "level": "dissatisfied", "score": 2, "tags": [], "comment": "还是不亮" }));
        assert_eq!(reworked["data"], json!({ "from": "evaluated", "to": "triaged", "rework_count": 1, "automatic": true }));
        assert_eq!(reworked["subject_version"], again["version"]);
        step(&zhang, &order, "evaluate", judge("satisfied")).await.refused(409, "order_state_conflict");

        // The second time it stays, until the dispatcher sends it back.
        let done = async |order: &Value| {
            step(&wang, order, "dispatch", json!({ "mode": "assign", "lead": taker(&chen) })).await.expect(200);
            step(&chen, order, "accept", json!({})).await.expect(200);
            step(&chen, order, "complete", json!({ "result": "partly_solved", "answer": "换了灯泡" })).await.expect(200)
        };
        done(&order).await;
        let stays = step(&zhang, &order, "evaluate", judge("very_dissatisfied")).await.expect(200);
        assert_eq!((&stays["state"], &stays["evaluation"]["score"], &stays["rework_count"]), (&json!("evaluated"), &json!(1), &json!(1)));
        step(&zhang, &order, "evaluate", judge("satisfied")).await.refused(409, "order_state_conflict");
        assert_eq!(read(&wang, &order).await["allowed_actions"], json!(["rework", "close"]));
        let back = step(&wang, &order, "rework", json!({ "reason": "回访:仍不亮" })).await.expect(200);
        assert_eq!((&back["state"], &back["rework_count"]), (&json!("triaged"), &json!(2)));
        assert_eq!(timeline(&zhang, &order).await.last().unwrap()["data"], json!({ "from": "evaluated", "to": "triaged", "rework_count": 2, "automatic": false, "reason": "回访:仍不亮" }));

        // Who is content cannot be made to have it done again; before any judgement a call-back may fail.
        done(&order).await;
        step(&wang, &order, "rework", json!({ "reason": "回访未通过" })).await.expect(200);
        done(&order).await;
        step(&zhang, &order, "evaluate", judge("neutral")).await.expect(200);
        assert_eq!(read(&wang, &order).await["allowed_actions"], json!(["close"]));
        step(&wang, &order, "rework", json!({ "reason": "x" })).await.refused(409, "evaluation_satisfied");
        step(&wang, &order, "close", json!({})).await.expect(200);
    }

    async fn whoever_did_the_work_does_not_close_it(world: World) {
        let [zhang, wang, chen, feng, admin] = ["zhang", "wang", "chen", "feng", "admin"].map(|n| world.person(n));
        let done = json!({ "result": "solved", "answer": "好了" });
        let closes = async |order: &Value| {
            let problem = step(&wang, order, "close", json!({})).await.refused(403, "closer_is_doer");
            assert_eq!(problem["params"], Value::Null);
            assert_eq!(read(&wang, order).await["allowed_actions"], json!(["rework"]));
            step(&feng, order, "close", json!({})).await.expect(200);
        };
        // The dispatcher who did it at once.
        let order = dispatched(&world, lamp(), json!({ "mode": "self_handled" })).await;
        step(&wang, &order, "complete", done.clone()).await.expect(200);
        closes(&order).await;
        // The worker whom another dispatcher sent, and one who assisted.
        wang.post("/volunteers").json(json!({ "kind": "community_worker", "region_code": HOME })).send().await.expect(201);
        for team in [json!({ "lead": taker(&wang) }), json!({ "lead": taker(&chen), "assistants": [taker(&wang)] })] {
            let order = placed(&world).await;
            step(&feng, &order, "triage", json!({})).await.expect(200);
            step(&feng, &order, "dispatch", patched(json!({ "mode": "assign" }), &team)).await.expect(200);
            let lead = if team["lead"] == taker(&wang) { &wang } else { &chen };
            step(lead, &order, "accept", json!({})).await.expect(200);
            step(lead, &order, "complete", done.clone()).await.expect(200);
            closes(&order).await;
        }
        // Somebody of the organization that did it, even when a colleague did.
        let grant = json!({ "role": "organization_staff", "organization_id": world.places.telecom });
        admin.post(format!("/accounts/{}/grants", wang.account())).json(grant).send().await.expect(201);
        world.later(Duration::seconds(10));
        let telecom = json!({ "kind": "organization", "id": world.places.telecom });
        let order = dispatched(&world, lamp(), json!({ "mode": "assign", "lead": telecom })).await;
        step(&world.person("zheng"), &order, "accept", json!({})).await.expect(200);
        step(&world.person("zheng"), &order, "complete", done.clone()).await.expect(200);
        step(&zhang, &order, "evaluate", json!({ "level": "satisfied" })).await.expect(200);
        let problem = step(&wang, &order, "close", json!({})).await;
        problem.refused(403, "closer_is_doer");
        step(&admin, &order, "close", json!({})).await.expect(200);
    }

    async fn duplicates_are_merged(world: World) {
        let [zhang, li, wang, chen, feng] = ["zhang", "li", "wang", "chen", "feng"].map(|n| world.person(n));
        let merge = async |by: &Client, order: &Value, into: &Value| step(by, order, "merge", json!({ "into": into["id"] })).await;
        let followers = async |order: &Value| wang.get(format!("{}/followers", path(order))).send().await.expect(200)["account_ids"].clone();
        let (first, second, third) = (placed(&world).await, place(&li, lamp()).await, place(&world.person("wu"), lamp()).await);
        li.get(path(&first)).send().await.refused(404, "order_not_found");

        let merged = merge(&wang, &second, &first).await.expect(200);
        assert_eq!((&merged["state"], &merged["merged_into"], &merged["allowed_actions"]), (&json!("merged"), &first["id"], &json!([])));
        assert_eq!(timeline(&li, &second).await[1]["data"], json!({ "from": "placed", "to": "merged", "into": first["id"] }));
        assert_eq!(followers(&first).await, json!([li.account()]));
        // A follower sees it, masked, with what happens to it, and may do nothing.
        let seen = read(&li, &first).await;
        assert_eq!((&seen["masked"], &seen["allowed_actions"], &seen["contact"]["phone"]), (&json!(true), &json!([]), &json!("138****1234")));
        assert_eq!(timeline(&li, &first).await.len(), 1);
        step(&li, &first, "cancel", json!({ "note": "x" })).await.refused(403, "permission_missing");
        li.get(format!("{}/followers", path(&first))).send().await.refused(403, "permission_missing");
        let followed = li.get("/orders?view=followed").send().await.expect(200);
        assert_eq!((followed["items"].as_array().unwrap().len(), &followed["items"][0]["id"]), (1, &first["id"]));
        assert_eq!(read(&wang, &first).await["version"], 1, "the order that goes on does not change");

        // A chain: whoever followed goes along.
        merge(&wang, &first, &third).await.expect(200);
        let mut both = [li.account(), zhang.account()];
        both.sort_unstable();
        assert_eq!(followers(&third).await, json!(both));
        assert_eq!(read(&li, &third).await["id"], third["id"]);
        assert_eq!(read(&zhang, &third).await["id"], third["id"]);

        // What cannot be.
        let order = placed(&world).await;
        let pointer = |problem: Value| problem["errors"][0]["pointer"].clone();
        assert_eq!(pointer(merge(&wang, &order, &order).await.refused(422, "merge_into_itself")), "#/into");
        assert_eq!(merge(&wang, &order, &first).await.refused(409, "merge_target_closed")["params"]["state"], "merged");
        let closed = at(&world, State::Closed).await;
        assert_eq!(merge(&wang, &order, &closed).await.refused(409, "merge_target_closed")["params"]["state"], "closed");
        let foreign = place(&world.person("stranger"), lamp_with(json!({ "region_code": testkit::FOREIGN, "point": null }))).await;
        merge(&wang, &order, &foreign).await.refused(404, "order_not_found");
        merge(&wang, &order, &json!({ "id": "019aa1c2-0000-7000-8000-000000000001" })).await.refused(404, "order_not_found");
        merge(&wang, &foreign, &order).await.refused(404, "order_not_found");
        assert_eq!(read(&wang, &order).await, patched(order.clone(), &json!({ "allowed_actions": ["triage", "reject", "cancel", "merge"] })));
        // The street reaches both communities; the work already begun goes on.
        step(&wang, &order, "triage", json!({})).await.expect(200);
        step(&wang, &order, "dispatch", json!({ "mode": "assign", "lead": taker(&chen) })).await.expect(200);
        step(&chen, &order, "accept", json!({})).await.expect(200);
        merge(&feng, &foreign, &order).await.expect(200);
        assert_eq!(followers(&order).await, json!([world.person("stranger").account()]));
        step(&chen, &order, "complete", json!({ "result": "solved", "answer": "好" })).await.expect(200);
    }

    async fn an_order_may_be_placed_for_somebody_else(world: World) {
        let [zhang, li, sun, wang] = ["zhang", "li", "sun", "wang"].map(|n| world.person(n));
        let behalf = |fields: Value| patched(lamp_with(json!({ "channel": "hotline_12345", "contact": null })), &fields);
        zhang.post("/orders").json(behalf(json!({ "requester_id": li.account() }))).send().await.refused(403, "permission_missing");
        let problem = sun.post("/orders").json(behalf(json!({ "on_behalf": true }))).send().await.refused(422, "order_requester_missing");
        assert_eq!(problem["errors"][0]["pointer"], "#/requester_id");
        sun.post("/orders").json(behalf(json!({ "on_behalf": true, "contact": { "address": "翡丽中央" } }))).send().await.refused(422, "order_requester_missing");
        sun.post("/orders").json(behalf(json!({ "requester_id": "019aa1c2-0000-7000-8000-000000000001" }))).send().await.refused(404, "account_not_found");

        // For somebody with an account: it is theirs.
        let order = place(&sun, behalf(json!({ "requester_id": li.account() }))).await;
        assert_eq!((&order["requester_id"], &order["placed_by"], &order["channel"]), (&json!(li.account()), &json!(sun.account()), &json!("hotline_12345")));
        assert_eq!(timeline(&li, &order).await[0]["data"]["on_behalf"], true);
        // Somebody of another community: their name and phone are nobody's business here.
        let stranger = world.person("stranger").account().to_string();
        sun.post("/orders").json(behalf(json!({ "on_behalf": true, "requester_id": stranger }))).send().await.refused(404, "account_not_found");
        let seen = read(&li, &order).await;
        assert_eq!((&seen["contact"]["name"], &seen["contact"]["phone"], &seen["allowed_actions"]), (&json!("李四"), &json!("13912345678"), &json!(["cancel"])));
        step(&sun, &order, "cancel", json!({ "note": "x" })).await.refused(403, "permission_missing");

        // For somebody without: whoever wrote it down speaks for them.
        let order = place(&sun, behalf(json!({ "on_behalf": true, "contact": { "name": "周大爷", "phone": "0511-88321234" } }))).await;
        assert_eq!((order.get("requester_id"), &order["contact"]["phone"]), (None, &json!("0511-88321234")));
        for (action, body) in [("triage", json!({})), ("dispatch", json!({ "mode": "self_handled" })), ("complete", json!({ "result": "explained", "answer": "已说明" }))] {
            step(&wang, &order, action, body).await.expect(200);
        }
        step(&wang, &order, "evaluate", json!({ "level": "satisfied" })).await.refused(403, "not_the_requester");
        step(&sun, &order, "evaluate", json!({ "level": "satisfied" })).await.expect(200);
    }

    async fn a_refused_order_says_where_to_turn(world: World) {
        let [zhang, wang, admin] = ["zhang", "wang", "admin"].map(|n| world.person(n));
        let order = placed(&world).await;
        let body = json!({ "code": "not_competent", "text": "属市政路灯。", "channel": "12345" });
        let refused = step(&wang, &order, "reject", body.clone()).await.expect(200);
        assert_eq!((&refused["state"], &refused["rejection"]), (&json!("rejected"), &body));
        assert_eq!(read(&zhang, &order).await["rejection"], body);
        let policy = json!({ "region_code": HOME, "order_flow": { "claim_limit": 5, "automatic_reworks": 0, "reject_codes": ["duplicate", "private"] } });
        admin.post("/policies").json(policy).send().await.expect(201);
        let order = placed(&world).await;
        step(&wang, &order, "reject", body).await.refused_fields(&[("#/code", "field_invalid")]);
        step(&wang, &order, "reject", json!({ "code": "private", "text": "邻里私事。" })).await.expect(200);
        // No automatic rework at this place.
        let order = at(&world, State::Completed).await;
        assert_eq!(step(&zhang, &order, "evaluate", json!({ "level": "dissatisfied" })).await.expect(200)["state"], "evaluated");
    }
}
