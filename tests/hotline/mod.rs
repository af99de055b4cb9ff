//! Hotlines (12345): work orders that are pushed become orders, and the hotline is told what becomes of them.
//!
//! The other side is `hotline12345`, a hotline that talks real HTTP and fails as hotlines do; the tests let messages go
//! themselves, so that the clock says when.

mod refs;
mod reports;
mod signed;
mod told;

use crate::orders::{self, patched, step, taker};
use connect::{
    hotline::Courier,
    webhook::{AllowList, Outlet, outlet::SystemNames},
};
use hotline12345::{Hotline, Linli, Reply};
use kernel::clock::Clock;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use testkit::{Client, HOME, World};

/// A server that may tell hotlines on this machine.
pub(crate) fn open() -> api::Settings {
    api::Settings { webhooks_allow: "127.0.0.0/8".parse().unwrap(), ..api::Settings::default() }
}

/// As `testkit::on_both!`, with a server that may tell hotlines on this machine.
macro_rules! on_both {
    ($(async fn $name:ident($world:ident: $World:ty) $body:block)+) => {$(
        async fn $name($world: $World) $body

        mod $name {
            #[test]
            fn sqlite() {
                testkit::run_with(testkit::Backend::Sqlite, crate::hotline::open(), super::$name);
            }

            #[test]
            fn postgres() {
                testkit::run_with(testkit::Backend::Postgres, crate::hotline::open(), super::$name);
            }
        }
    )+};
}
use on_both;

const SYSTEM: &str = "12345.zhenjiang";

/// A work order of 张三's, as the hotline has it.
pub(crate) fn work_order(system: &str, number: &str) -> Value {
    json!({
        "external_system": system, "external_number": number, "external_version": 1, "source_channel": "phone", "kind": "help",
        "category_code": "B2-3", "title": "路灯不亮", "content": "张三丰反映小区东门路灯坏了一周,请回电13812341234。",
        "place": { "region_code": HOME, "address": "翡丽中央12幢3单元401室" },
        "claimant": { "name": "张三丰", "phone": "13812341234", "callback_wanted": true },
    })
}

/// Both sides: a hotline that is entered, its program, and a courier.
struct Line {
    world: World,
    hotline: Hotline,
    linli: Linli,
    entered: Value,
    courier: Courier,
}

impl Line {
    async fn open(world: &World) -> Self {
        Self::open_with(world, |_| {}).await
    }

    /// With a hotline that is entered in another way.
    async fn open_with(world: &World, change: impl Fn(&mut Value)) -> Self {
        let hotline = Hotline::open("127.0.0.1:0").await.unwrap();
        let mine = crate::programs::lets_in(world, "321182001000", &["hotline.push"]).await;
        let key = crate::programs::issue(world, &mine, json!({ "kind": "api_key", "label": "12345" })).await;
        let mut body = json!({
            "system": SYSTEM, "name": "镇江12345", "region_code": "321182001000", "application_id": mine["id"], "outbound": hotline.outbound(),
            "inbound": Hotline::signing(),
        });
        change(&mut body);
        let entered = world.person("feng").post("/hotlines").json(body).send().await.expect(201);
        let linli = Linli { url: format!("http://{}", world.nobody().address()), key };
        let allow: AllowList = "127.0.0.0/8".parse().unwrap();
        let outlet = Outlet::with(allow, Arc::new(SystemNames), Duration::from_millis(1500)).unwrap();
        let courier = Courier::new(world.core().clone(), Arc::new(outlet));
        Self { world: world.clone(), hotline, linli, entered, courier }
    }

    fn now(&self) -> i64 {
        self.world.clock.now().timestamp()
    }

    async fn send(&self, path: &str, body: &Value) -> Reply {
        self.hotline.send(&self.linli, path, body, self.now()).await
    }

    async fn push(&self, body: &Value) -> Reply {
        self.send("/hotline_orders", body).await
    }

    /// A work order that is new here.
    async fn pushed(&self, number: &str) -> Value {
        self.push(&work_order(SYSTEM, number)).await.expect(201)
    }

    fn path(&self) -> String {
        format!("/hotlines/{}", self.entered["id"].as_str().unwrap())
    }

    async fn feng(&self, path: &str) -> Value {
        self.world.person("feng").get(format!("{}{path}", self.path())).send().await.expect(200)
    }

    /// Turns what is in the log into messages until so many have been made, and lets them go.
    async fn tell(&mut self, count: u64) -> usize {
        self.make(count).await;
        self.courier.empty().await.unwrap()
    }

    async fn make(&self, count: u64) {
        let mut made = 0;
        self.world.readable().await;
        testkit::eventually(async || {
            let more = connect::hotline::dispatch(&self.world.cx()).await.unwrap().made;
            made += more;
            (more == 0).then_some(())
        })
        .await;
        assert_eq!(made, count);
    }

    /// The usual step of somebody with the order of a work order.
    async fn step(&self, pushed: &Value, action: services::order::Action) -> Value {
        let (name, body) = orders::usual(&self.world, action, &Value::Null);
        step(&self.world.person(name), &order(pushed), action.as_str(), body).await.expect(200)
    }

    /// Wang dispatches, Chen does the work.
    async fn finish(&self, pushed: &Value) -> Value {
        use services::order::Action::{Accept, Complete, Dispatch, Triage};
        let mut last = Value::Null;
        for action in [Triage, Dispatch, Accept, Complete] {
            last = self.step(pushed, action).await;
        }
        last
    }
}

fn order(pushed: &Value) -> Value {
    json!({ "id": pushed["order_id"] })
}

fn path(pushed: &Value) -> String {
    format!("/hotline_orders/{}", pushed["id"].as_str().unwrap())
}

async fn read(by: &Client, pushed: &Value) -> Value {
    by.get(path(pushed)).send().await.expect(200)
}

on_both! {
    async fn a_work_order_becomes_an_order_with_its_own_limits(world: World) {
        let line = Line::open(&world).await;
        let body = patched(work_order(SYSTEM, "ZJ1"), &json!({
            "urgency": "special", "finish_by": "2026-11-18T10:00:00Z", "sign_by": "2026-11-16T03:00:00Z", "dispatched_at": "2026-11-16T00:30:00Z",
        }));
        let pushed = line.push(&body).await.expect(201);
        assert_eq!((&pushed["external_number"], &pushed["round"], &pushed["version"]), (&json!("ZJ1"), &json!(1), &json!(1)), "{pushed}");
        // Told to a program without an agreement: what it knows, masked.
        assert_eq!((&pushed["masked"], &pushed["claimant"]["name"]), (&json!(true), &json!("张**")));
        let wang = world.person("wang");
        let order = orders::read(&wang, &order(&pushed)).await;
        assert_eq!((&order["channel"], &order["state"], &order["priority"]), (&json!("hotline_12345"), &json!("placed"), &json!("urgent")), "{order}");
        assert_eq!((&order["due_at"], &order["finish_by"]), (&json!("2026-11-16T03:00:00Z"), &json!("2026-11-18T10:00:00Z")), "to be signed first");
        assert_eq!(order["external_refs"], json!([{ "system": SYSTEM, "number": "ZJ1", "version": 1 }]));
        assert_eq!(order["contact"]["phone"], "13812341234", "who may call the caller sees how");
        // The limit of the hotline goes before the catalogue's, which has three working days, and none of ours goes beyond it.
        let triaged = step(&wang, &order, "triage", json!({ "item_code": "BM-01-01" })).await.expect(200);
        assert_eq!(triaged["finish_by"], "2026-11-18T10:00:00Z");
        let late = json!({ "mode": "pool", "finish_limit": { "value": 30, "unit": "natural_days" } });
        assert_eq!(step(&wang, &order, "dispatch", late).await.expect(200)["finish_by"], "2026-11-18T10:00:00Z");
        // Everybody of the street reads the work order, with what they may see of it.
        let seen = read(&world.person("feng"), &pushed).await;
        assert_eq!((&seen["claimant"]["name"], &seen["masked"], &seen["place"]["address"]), (&json!("张三丰"), &json!(false), &json!("翡丽中央12幢3单元401室")));
        let masked = read(&wang, &pushed).await;
        assert_eq!((&masked["claimant"]["phone"], &masked["place"]["address"]), (&json!("138****1234"), &json!("翡丽中央***")), "{masked}");
        assert!(masked["content"].as_str().unwrap().contains("138****1234"));
        world.person("chen").get(path(&pushed)).send().await.refused(404, "hotline_order_not_found");
        // As it came it is sealed, and whoever looks at it is written down.
        assert!(!crate::battery::holds(&world, "callback_wanted").await && !crate::battery::holds(&world, hotline12345::SECRET).await, "sealed");
        wang.post(format!("{}/reveal", path(&pushed))).send().await.refused(403, "permission_missing");
        let raw = world.person("feng").post(format!("{}/reveal", path(&pushed))).send().await.expect(200);
        assert_eq!(raw["payload"], body);
        testkit::eventually(async || {
            let events = world.person("feng").get("/events?type=hotline_order.revealed").send().await.expect(200);
            events["items"].get(0).cloned()
        }).await;
    }

    async fn without_limits_of_its_own_those_of_the_place_hold(world: World) {
        let line = Line::open(&world).await;
        // 2026-11-16 is a Monday, nine in the morning: four working hours, one and ten working days.
        let help = line.pushed("ZJ1").await;
        assert_eq!((&help["sign_by"], &help["reply_by"], &help["finish_by"]), (&json!("2026-11-16T06:00:00Z"), &json!("2026-11-17T10:00:00Z"), &json!("2026-11-30T10:00:00Z")));
        let consult = line.push(&patched(work_order(SYSTEM, "ZJ2"), &json!({ "kind": "consult" }))).await.expect(201);
        assert_eq!(consult["finish_by"], "2026-11-18T10:00:00Z");
        let days = |n: u32| json!({ "value": n, "unit": "working_days" });
        let rules = json!({
            "limits": [{ "kinds": [], "sign": { "value": 30, "unit": "minutes" }, "reply": days(1), "finish": days(5) }],
            "return_within": days(1), "extensions": 2, "satisfied_from": 2,
        });
        let lv = world.person("lv");
        lv.post("/policies").json(json!({ "region_code": "321182000000", "hotline": rules })).send().await.expect(201);
        world.later(chrono::Duration::seconds(6));
        let five = line.push(&patched(work_order(SYSTEM, "ZJ3"), &json!({ "kind": "consult" }))).await.expect(201);
        assert_eq!(five["finish_by"], "2026-11-23T10:00:00Z");
        assert_eq!(read(&world.person("wang"), &consult).await["finish_by"], "2026-11-18T10:00:00Z", "what was decided stays");
        let unfit = json!([{ "kinds": ["help"], "sign": days(1), "reply": days(1), "finish": days(5) }]);
        let wrong = json!({ "region_code": HOME, "hotline": { "limits": unfit, "return_within": days(1), "extensions": 2, "satisfied_from": 2 } });
        lv.post("/policies").json(wrong).send().await.refused_fields(&[("#/hotline/limits", "field_invalid")]);
    }

    async fn versions_only_rise(world: World) {
        let line = Line::open(&world).await;
        let first = line.pushed("ZJ1").await;
        let wang = world.person("wang");
        // Whoever got no answer sends it again: nothing happens.
        let again = line.push(&work_order(SYSTEM, "ZJ1")).await.expect(200);
        assert_eq!((&again["id"], &again["version"]), (&first["id"], &json!(1)));
        line.push(&patched(work_order(SYSTEM, "ZJ1"), &json!({ "title": "别的" }))).await.refused(409, "external_version_reused");
        let third = patched(work_order(SYSTEM, "ZJ1"), &json!({
            "external_version": 3, "title": "路灯全部不亮", "designated": true, "finish_by": "2026-11-20T10:00:00Z",
        }));
        let newer = line.push(&third).await.expect(200);
        assert_eq!((&newer["external_version"], &newer["version"], &newer["order_id"]), (&json!(3), &json!(2), &first["order_id"]));
        let there = orders::read(&wang, &order(&first)).await;
        assert_eq!((&there["title"], &there["version"], &there["finish_by"], &there["designated"]), (&json!("路灯全部不亮"), &json!(2), &json!("2026-11-20T10:00:00Z"), &json!(true)));
        assert_eq!(there["external_refs"][0]["version"], 3);
        let refused = line.push(&patched(work_order(SYSTEM, "ZJ1"), &json!({ "external_version": 2 }))).await;
        refused.refused(409, "external_version_old");
        assert_eq!((&refused.body["params"]["version"], &refused.body["params"]["known"]), (&json!("2"), &json!("3")));
        let told: Vec<Value> = orders::timeline(&wang, &there).await;
        assert_eq!((&told[1]["type"], &told[1]["data"]["external_version"]), (&json!("order.amended"), &json!(3)));
        // Whom the hotline has named after a dispute does not return it.
        assert!(!there["allowed_actions"].as_array().unwrap().contains(&json!("reject")), "{there}");
        step(&wang, &there, "reject", json!({ "code": "not_competent", "text": "非本社区职责。" })).await.refused(409, "order_designated");
        // It is being worked on here.
        let elsewhere = patched(third, &json!({ "external_version": 4, "place": { "region_code": "321182001018" } }));
        line.push(&elsewhere).await.refused(409, "external_region_changed");
        // Once it is done, what is new is remembered, and nothing is changed.
        line.finish(&first).await;
        let late = patched(work_order(SYSTEM, "ZJ1"), &json!({ "external_version": 5, "title": "别的" }));
        assert_eq!(line.push(&late).await.expect(200)["external_version"], 5);
        assert_eq!(orders::read(&wang, &order(&first)).await["title"], "路灯全部不亮");
        line.push(&patched(late, &json!({ "external_version": 4 }))).await.refused(409, "external_version_old");
    }

    async fn what_is_not_in_the_contract_is_refused_and_changes_nothing(world: World) {
        let line = Line::open(&world).await;
        let body = work_order(SYSTEM, "ZJ1");
        let refused = line.push(&patched(body.clone(), &json!({ "caller": "张三" }))).await;
        refused.refused(422, "content_invalid");
        assert_eq!((&refused.body["errors"][0]["code"], &refused.body["errors"][0]["pointer"]), (&json!("field_unknown"), &json!("#/caller")));
        for (change, pointer, code) in [
            (json!({ "place": { "region_code": "321182001000" } }), "#/place/region_code", "region_not_community"),
            (json!({ "place": { "region_code": HOME, "point": { "lng": 119.9, "lat": 32.24 } } }), "#/place/point", "point_outside_community"),
            (json!({ "external_system": "12345.nowhere" }), "#/external_system", "hotline_unknown"),
        ] {
            let refused = line.push(&patched(body.clone(), &change)).await;
            refused.refused(422, code);
            assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{}", refused.body);
        }
        let refused = line.push(&patched(body.clone(), &json!({ "finish_by": "+12026-01-01T00:00:00Z" }))).await;
        assert_eq!((refused.status, &refused.body["errors"][0]["pointer"]), (422, &json!("#/finish_by")), "{}", refused.body);
        line.push(&patched(body.clone(), &json!({ "place": { "region_code": "321003005008" } }))).await.refused(403, "permission_missing");
        assert!(world.person("wang").get("/hotline_orders").send().await.expect(200)["items"].as_array().unwrap().is_empty());
        assert!(world.person("wang").get("/orders").send().await.expect(200)["items"].as_array().unwrap().is_empty());
        // Another program does not speak for it, and without the scope none does.
        let other = crate::programs::lets_in(&world, HOME, &["hotline.push", "order.read"]).await;
        let key = crate::programs::issue(&world, &other, json!({ "kind": "api_key", "label": "x" })).await;
        let other = world.nobody().program(&key);
        other.post("/hotline_orders").json(&body).send().await.refused(422, "hotline_unknown");
        let mine = line.pushed("ZJ2").await;
        other.get(path(&mine)).send().await.refused(404, "hotline_order_not_found");
        other.get("/hotline_orders").send().await.refused(403, "permission_missing");
        // A person enters one by hand while the line is down; its number is the same afterwards.
        let by_hand = world.person("feng").post("/hotline_orders").json(&body).send().await.expect(201);
        assert_eq!(line.push(&body).await.expect(200)["id"], by_hand["id"]);
    }

    async fn whoever_does_the_work_does_not_learn_who_called(world: World) {
        let line = Line::open(&world).await;
        let claimant = json!({ "name": "张三丰", "phone": "13812341234", "confidential": true });
        let pushed = line.push(&patched(work_order(SYSTEM, "ZJ1"), &json!({ "claimant": claimant, "title": "张三丰反映路灯不亮" }))).await.expect(201);
        let open = line.pushed("ZJ2").await;
        let (wang, feng, chen) = (world.person("wang"), world.person("feng"), world.person("chen"));
        let secret = |seen: &Value| !["张三丰", "张**", "13812341234", "138****1234"].iter().any(|mark| seen["contact"].to_string().contains(mark) || seen["title"].to_string().contains(mark) || seen["content"].to_string().contains("张三"));
        // Chen takes it on, and is told where to go.
        use services::order::Action::{Accept, Complete, Dispatch, Triage};
        for action in [Triage, Dispatch, Accept] {
            line.step(&pushed, action).await;
            line.step(&open, action).await;
        }
        let seen = orders::read(&chen, &order(&pushed)).await;
        assert_eq!((&seen["confidential"], &seen["contact"]), (&json!(true), &json!({ "address": "翡丽中央12幢3单元401室" })), "{seen}");
        assert!(secret(&seen), "{seen}");
        assert!(seen.get("external_refs").is_none(), "the number leads to the caller");
        assert_eq!(orders::read(&chen, &order(&open)).await["contact"]["phone"], "13812341234", "of another work order the lead sees how to call");
        // Nor do those who read contacts otherwise; whoever answers for the hotline does.
        let seen = orders::read(&wang, &order(&pushed)).await;
        assert!(secret(&seen) && seen["contact"]["address"] == "翡丽中央***", "{seen}");
        assert!(read(&wang, &pushed).await.get("claimant").is_none());
        assert_eq!(orders::read(&feng, &order(&pushed)).await["contact"]["name"], "张三丰");
        assert_eq!(read(&feng, &pushed).await["claimant"]["name"], "张三丰");
        for (by, view) in [("chen", "taken"), ("wang", "scope"), ("feng", "scope"), ("sun", "scope")] {
            let list = world.person(by).get(format!("/orders?limit=100&view={view}")).send().await.expect(200);
            let listed = list["items"].as_array().unwrap().iter().find(|o| o["id"] == pushed["order_id"]).unwrap().to_string();
            assert!(!listed.contains("张三") && !listed.contains("13812341234"), "{by}: {listed}");
        }
        // Unless they do the work themselves.
        let mine = line.push(&patched(work_order(SYSTEM, "ZJ3"), &json!({ "claimant": claimant }))).await.expect(201);
        step(&feng, &order(&mine), "triage", json!({})).await.expect(200);
        let dispatched = step(&feng, &order(&mine), "dispatch", json!({ "mode": "self_handled" })).await.expect(200);
        assert!(secret(&dispatched) && read(&feng, &mine).await.get("claimant").is_none(), "{dispatched}");
        feng.post(format!("{}/reveal", path(&mine))).send().await.refused(403, "permission_missing");
        // The log holds nothing of it either.
        line.step(&pushed, Complete).await;
        world.readable().await;
        let events = feng.get("/events?limit=100").send().await;
        assert!(!events.text().contains("张三") && !events.text().contains("13812341234"));
    }

    async fn a_category_leads_to_a_service_item(world: World) {
        let line = Line::open(&world).await;
        let feng = world.person("feng");
        let map = async |region: &str, entries: Value| feng.post(format!("{}/categories", line.path())).json(json!({ "region_code": region, "entries": entries })).send().await;
        let street = map("321182001000", json!([{ "category_code": "B2*", "item_code": "BM-01-02" }, { "category_code": "A1", "item_code": "BM-01-03" }])).await.expect(201);
        assert_eq!(street["mapping_version"], 1);
        map(HOME, json!([{ "category_code": "B2-3", "item_code": "BM-01-01" }])).await.expect(201);
        let placed = async |number: &str, change: Value| {
            let pushed = line.push(&patched(work_order(SYSTEM, number), &change)).await.expect(201);
            let order = orders::read(&world.person("wang"), &order(&pushed)).await;
            let mut item = Value::Null;
            for code in ["BM-01-01", "BM-01-02", "BM-01-03"] {
                let known = world.person("wang").get(format!("/catalogue/items/{code}")).send().await.expect(200);
                if order["item_id"] == known["id"] {
                    item = json!(code);
                }
            }
            (pushed["item_code"].clone(), item)
        };
        assert_eq!(placed("ZJ1", json!({})).await, (json!("BM-01-01"), json!("BM-01-01")), "the community's own");
        assert_eq!(placed("ZJ2", json!({ "category_code": "B2-4" })).await, (json!("BM-01-02"), json!("BM-01-02")), "the street's, by its beginning");
        assert_eq!(placed("ZJ3", json!({ "category_code": "Z9" })).await, (Value::Null, Value::Null), "nobody's");
        // One that needs an address is not forced upon a work order that has none.
        assert_eq!(placed("ZJ4", json!({ "place": { "region_code": HOME } })).await, (json!("BM-01-01"), Value::Null));
        // A new version holds from now on; the old ones are kept.
        assert_eq!(map(HOME, json!([])).await.expect(201)["mapping_version"], 2);
        assert_eq!(placed("ZJ5", json!({})).await.0, "BM-01-02");
        let listed = line.feng("/categories").await;
        let versions: Vec<_> = listed["items"].as_array().unwrap().iter().map(|m| (m["region_code"].as_str().unwrap(), m["mapping_version"].as_i64().unwrap())).collect();
        assert_eq!(versions, [(HOME, 2), (HOME, 1), ("321182001000", 1)]);
        map(HOME, json!([{ "category_code": "A", "item_code": "NO-SUCH" }])).await.refused(422, "service_item_unknown");
        map(HOME, json!([{ "category_code": "A", "item_code": "BM-01-01" }, { "category_code": "A", "item_code": "BM-01-02" }])).await.refused(422, "hotline_config_invalid");
        map("321003005008", json!([])).await.refused(422, "hotline_config_invalid");
    }

    async fn many_pushes_of_one_number_make_one_order(world: World) {
        let line = Line::open(&world).await;
        let bodies: Vec<Value> = (0..8).map(|n| patched(work_order(SYSTEM, "ZJ1"), &json!({ "external_version": n % 4 + 1, "title": format!("第{}版", n % 4 + 1) }))).collect();
        let replies = futures_util::future::join_all(bodies.iter().map(|body| line.push(body))).await;
        assert!(replies.iter().all(|r| [200, 201, 409].contains(&r.status)), "{replies:?}");
        assert_eq!(replies.iter().filter(|r| r.status == 201).count(), 1, "{replies:?}");
        let listed = world.person("wang").get("/hotline_orders?external_number=ZJ1").send().await.expect(200);
        let all = listed["items"].as_array().unwrap();
        assert_eq!((all.len(), &all[0]["external_version"]), (1, &json!(4)), "{listed}");
        let orders_there = world.person("wang").get("/orders").send().await.expect(200);
        assert_eq!(orders_there["items"].as_array().unwrap().len(), 1);
        assert_eq!(orders_there["items"][0]["title"], "第4版");
    }
}
