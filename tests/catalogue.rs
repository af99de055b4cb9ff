//! The service catalogue in its three levels, and the policies that differ by place.

use crate::orders::{lamp, lamp_with, place, pooled, read, step};
use serde_json::{Value, json};
use testkit::{HOME, World};

fn item(code: &str, parent: &str) -> Value {
    json!({ "code": code, "level": "item", "parent_code": parent, "name": "家电维修", "region_code": "321182000000" })
}

testkit::on_both! {
    async fn an_entry_begins_changes_and_ends_in_versions(world: World) {
        let (feng, lv, zhang) = (world.person("feng"), world.person("lv"), world.person("zhang"));
        feng.post("/catalogue/items").json(item("BM-01-09", "BM-01")).send().await.refused(403, "permission_missing");
        zhang.post("/catalogue/items").json(item("BM-01-09", "BM-01")).send().await.refused(403, "permission_missing");
        let first = lv.post("/catalogue/items").json(item("BM-01-09", "BM-01")).send().await.expect(201);
        assert_eq!((&first["version"], &first["needs_address"], first.get("valid_to")), (&json!(1), &json!(false), None));
        lv.post("/catalogue/items").json(item("BM-01-09", "BM-01")).send().await.refused(409, "service_item_code_taken");

        world.later(chrono::Duration::minutes(1));
        let path = "/catalogue/items/BM-01-09";
        let change = json!({ "finish_limit": { "value": 5, "unit": "working_days" }, "version": 1 });
        let second = lv.post(path).json(&change).send().await.expect(200);
        assert_eq!((&second["version"], &second["name"], &second["finish_limit"]["value"]), (&json!(2), &json!("家电维修"), &json!(5)));
        assert_ne!(first["id"], second["id"]);
        lv.post(path).json(&change).send().await.refused(409, "version_stale");
        feng.post(path).json(json!({ "name": "x" })).send().await.refused(403, "permission_missing");
        assert_eq!(zhang.get(path).send().await.expect(200), second);

        let closed = lv.post(format!("{path}/close")).send().await.expect(200);
        assert!(closed["valid_to"].is_string());
        zhang.get(path).send().await.refused(404, "service_item_not_found");
        lv.post(path).json(json!({ "name": "x" })).send().await.refused(404, "service_item_not_found");
        let order = json!({ "title": "洗衣机坏了", "content": "不排水。", "region_code": HOME, "item_code": "BM-01-09" });
        zhang.post("/orders").json(order).send().await.refused(422, "service_item_unknown");
    }

    async fn an_entry_hangs_under_one_of_the_level_above(world: World) {
        let (lv, admin) = (world.person("lv"), world.person("admin"));
        let entry = |level: &str, parent: Value, region: &str| json!({ "code": "X-1", "level": level, "parent_code": parent, "name": "某", "region_code": region });
        for (level, parent) in [
            ("category", json!("BM")),
            ("subcategory", Value::Null),
            ("subcategory", json!("BM-01")),
            ("subcategory", json!("NO")),
            ("item", json!("BM")),
            ("item", json!("BM-01-01")),
            ("item", Value::Null),
        ] {
            let problem = lv.post("/catalogue/items").json(entry(level, parent, "321182000000")).send().await.refused(422, "service_item_parent_invalid");
            assert_eq!(problem["errors"][0]["pointer"], "#/parent_code");
        }
        // An entry is not offered where the one above it is not.
        admin.post("/catalogue/items").json(entry("item", json!("BM-01"), "321000000000")).send().await.refused(422, "service_item_parent_invalid");
        lv.post("/catalogue/items").json(entry("category", Value::Null, "321000000000")).send().await.refused(403, "permission_missing");
        let bad_code = json!({ "code": "甲 1", "level": "category", "name": "某", "region_code": "321182000000" });
        lv.post("/catalogue/items").json(bad_code).send().await.refused_fields(&[("#/code", "field_invalid")]);
        let bad_limit = json!({ "code": "Y", "level": "category", "name": "某", "region_code": "321182000000", "finish_limit": { "value": 0, "unit": "minutes" } });
        lv.post("/catalogue/items").json(bad_limit).send().await.refused_fields(&[("#/finish_limit/value", "field_range")]);
        lv.post("/catalogue/items").json(entry("item", json!("BM-01"), "321182001000")).send().await.expect(201);
    }

    async fn the_catalogue_shows_what_a_place_offers(world: World) {
        let zhang = world.person("zhang");
        let codes = async |query: &str| {
            let page = zhang.get(format!("/catalogue/items?limit=100&{query}")).send().await.expect(200);
            page["items"].as_array().unwrap().iter().map(|i| i["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let all = ["BM", "BM-01", "BM-01-01", "BM-01-02", "BM-01-03"];
        assert_eq!(codes("").await, all);
        assert_eq!(codes(&format!("region_code={HOME}")).await, all);
        assert!(codes("region_code=321003005008").await.is_empty());
        assert_eq!(codes("level=category").await, ["BM"]);
        assert_eq!(codes("parent_code=BM-01").await, all[2..]);
        let first = zhang.get("/catalogue/items?limit=2").send().await.expect(200);
        let rest = codes(&format!("cursor={}", first["next_cursor"].as_str().unwrap())).await;
        assert_eq!(rest, all[2..]);
    }

    async fn a_policy_of_a_place_stands_before_those_above_it(world: World) {
        let (lv, feng) = (world.person("lv"), world.person("feng"));
        let limit = |region: &str, limit: u32| json!({ "region_code": region, "order_flow": { "claim_limit": limit, "automatic_reworks": 1 } });
        let policies = async |query: &str| lv.get(format!("/policies?kind=order_flow{query}")).send().await.expect(200)["items"].clone();
        let before = policies("").await.as_array().unwrap().len();
        let first = lv.post("/policies").json(limit("321182000000", 3)).send().await.expect(201);
        assert_eq!((&first["kind"], &first["version"], &first["order_flow"]["claim_limit"]), (&json!("order_flow"), &json!(1), &json!(3)));
        feng.post("/policies").json(limit("321182000000", 9)).send().await.refused(403, "permission_missing");
        // Two versions cannot begin at once.
        lv.post("/policies").json(limit("321182000000", 4)).send().await.refused(422, "period_invalid");
        world.later(chrono::Duration::minutes(1));
        let second = lv.post("/policies").json(limit("321182000000", 4)).send().await.expect(201);
        assert_eq!(second["version"], 2);
        let listed = policies("").await;
        assert_eq!(listed.as_array().unwrap().len(), before + 2);
        let ended = listed.as_array().unwrap().iter().find(|p| p["version"] == 1 && p["region_code"] == "321182000000").unwrap();
        assert_eq!(ended["valid_to"], second["valid_from"]);
        assert_eq!(policies("&region_code=321003005008").await.as_array().unwrap().len(), before);

        for body in [
            json!({ "region_code": "321182000000" }),
            json!({ "region_code": "321182000000", "order_flow": { "claim_limit": 3, "automatic_reworks": 1 }, "working_time": { "periods": [{ "from": "09:00:00", "to": "12:00:00" }] } }),
            limit("321182000000", 0),
            json!({ "region_code": "321182000000", "working_time": { "periods": [] } }),
            json!({ "region_code": "321182000000", "working_time": { "periods": [{ "from": "12:00:00", "to": "09:00:00" }] } }),
            json!({ "region_code": "321182000000", "working_time": { "periods": [{ "from": "09:00:00", "to": "12:00:00" }, { "from": "11:00:00", "to": "13:00:00" }] } }),
            json!({ "region_code": "321182000000", "working_time": { "periods": [{ "from": "25:00:00", "to": "26:00:00" }] } }),
        ] {
            lv.post("/policies").json(&body).send().await.refused(422, "content_invalid");
        }
    }

    async fn a_policy_holds_from_when_it_begins_and_where_it_was_set(world: World) {
        let [feng, lv, wang, chen] = ["feng", "lv", "wang", "chen"].map(|n| world.person(n));
        let flow = |region: &str, limit: u32, from: Value| json!({ "region_code": region, "order_flow": { "claim_limit": limit, "automatic_reworks": 1 }, "valid_from": from });
        let claim = async || step(&chen, &pooled(&world, lamp()).await, "accept", json!({})).await;
        wang.post("/policies").json(flow(HOME, 1, Value::Null)).send().await.refused(403, "permission_missing");
        // From tomorrow on the county allows two; until then the country's five hold.
        let tomorrow = json!("2026-11-17T00:00:00+08:00");
        let pending = lv.post("/policies").json(flow("321182000000", 2, tomorrow.clone())).send().await.expect(201);
        assert_eq!(pending["valid_from"], "2026-11-16T16:00:00Z");
        for never in ["2026-11-16T08:00:00+08:00", "2001-01-01T00:00:00+08:00", "+12000-01-01T00:00:00Z"] {
            lv.post("/policies").json(flow("321182000000", 3, json!(never))).send().await.refused(422, "period_invalid");
        }
        // A version that was to begin in the far future is replaced by one that begins before it.
        lv.post("/policies").json(flow("321182000000", 9, json!("2126-01-01T00:00:00+08:00"))).send().await.expect(201);
        lv.post("/policies").json(flow("321182000000", 2, tomorrow.clone())).send().await.expect(201);
        for _ in 0..3 {
            claim().await.expect(200);
        }
        world.clock.set("2026-11-17T01:00:00Z".parse().unwrap());
        assert_eq!(claim().await.refused(409, "taker_limit_reached")["params"]["limit"], "2");
        // The community stands before the county, the street between them.
        feng.post("/policies").json(flow("321182001000", 4, Value::Null)).send().await.expect(201);
        claim().await.expect(200);
        assert_eq!(claim().await.refused(409, "taker_limit_reached")["params"]["limit"], "4");
        feng.post("/policies").json(flow(HOME, 1, Value::Null)).send().await.expect(201);
        assert_eq!(claim().await.refused(409, "taker_limit_reached")["params"]["limit"], "1");
        feng.post("/policies").json(flow("321182002000", 9, Value::Null)).send().await.refused(403, "permission_missing");
    }

    async fn clocks_keep_the_working_time_of_the_place(world: World) {
        let [feng, wang, zhang] = ["feng", "wang", "zhang"].map(|n| world.person(n));
        let hours = json!({ "region_code": HOME, "working_time": { "periods": [{ "from": "08:30:00", "to": "10:00:00" }, { "from": "20:00:00", "to": "21:30:00" }] } });
        let set = feng.post("/policies").json(hours.clone()).send().await.expect(201);
        assert_eq!((&set["kind"], &set["working_time"], set.get("order_flow")), (&json!("working_time"), &hours["working_time"], None));
        let order = place(&zhang, lamp()).await;
        let limits = json!({ "respond_limit": { "value": 2, "unit": "working_hours" }, "finish_limit": { "value": 1, "unit": "working_days" } });
        let triaged = step(&wang, &order, "triage", limits).await.expect(200);
        // An hour until ten, one in the evening; the next day ends at half past nine in the evening.
        assert_eq!((&triaged["respond_by"], &triaged["finish_by"]), (&json!("2026-11-16T13:00:00Z"), &json!("2026-11-17T13:30:00Z")));
    }

    async fn what_is_offered_or_ruled_is_so_in_a_region_that_there_is(world: World) {
        let admin = world.person("admin");
        for (region, code) in [("991182001017", "region_unknown"), ("321182001012", "region_closed")] {
            let entry = json!({ "code": "Z", "level": "category", "name": "某", "region_code": region });
            let policy = json!({ "region_code": region, "order_flow": { "claim_limit": 3, "automatic_reworks": 1 } });
            for reply in [admin.post("/catalogue/items").json(entry).send().await, admin.post("/policies").json(policy).send().await] {
                assert_eq!(reply.refused(422, code)["errors"][0]["pointer"], "#/region_code");
            }
        }
        let country = json!({ "code": "Z", "level": "category", "name": "某", "region_code": "000000000000" });
        admin.post("/catalogue/items").json(country).send().await.expect(201);
        let codes = |codes: Value| json!({ "region_code": HOME, "order_flow": { "claim_limit": 3, "automatic_reworks": 1, "reject_codes": codes } });
        for bad in [json!([""]), json!(["长".repeat(51)])] {
            admin.post("/policies").json(codes(bad)).send().await.refused_fields(&[("#/order_flow/reject_codes", "field_invalid")]);
        }
    }

    async fn an_entry_ends_once_nothing_stands_beneath_it(world: World) {
        let lv = world.person("lv");
        let close = async |code: &str| lv.post(format!("/catalogue/items/{code}/close")).send().await;
        close("BM").await.refused(409, "service_item_in_use");
        close("BM-01").await.refused(409, "service_item_in_use");
        for code in ["BM-01-01", "BM-01-02", "BM-01-03", "BM-01", "BM"] {
            close(code).await.expect(200);
        }
        assert_eq!(lv.get("/catalogue/items").send().await.expect(200)["items"], json!([]));
    }

    async fn of_two_who_change_an_entry_at_once_one_does(world: World) {
        let lv = world.person("lv");
        for round in 1..=5 {
            let tries = ["甲", "乙"].map(|name| {
                let lv = lv.clone();
                tokio::spawn(async move { lv.post("/catalogue/items/BM-01-01").json(json!({ "name": name, "version": round })).send().await })
            });
            let mut statuses = Vec::new();
            for attempt in tries {
                let reply = attempt.await.unwrap();
                if reply.status != 200 {
                    reply.refused(409, "version_stale");
                }
                statuses.push(reply.status);
            }
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 409]);
            let now = lv.get("/catalogue/items/BM-01-01").send().await.expect(200);
            assert_eq!(now["version"], round + 1);
            world.later(chrono::Duration::minutes(1));
        }
    }

    async fn an_order_keeps_the_version_of_its_time(world: World) {
        let [lv, zhang, wang] = ["lv", "zhang", "wang"].map(|n| world.person(n));
        let first = zhang.get("/catalogue/items/BM-01-01").send().await.expect(200);
        let order = place(&zhang, lamp_with(json!({ "item_code": "BM-01-01" }))).await;
        world.later(chrono::Duration::minutes(1));
        let second = lv.post("/catalogue/items/BM-01-01").json(json!({ "finish_limit": { "value": 9, "unit": "natural_days" }, "provider_kinds": ["market"] })).send().await.expect(200);
        let triaged = step(&wang, &order, "triage", json!({})).await.expect(200);
        assert_eq!((&triaged["item_id"], &triaged["finish_limit"]), (&first["id"], &first["finish_limit"]));
        // Anybody could provide the first version, and still can; the second only firms.
        step(&wang, &order, "dispatch", json!({ "mode": "pool" })).await.expect(200);
        step(&world.person("chen"), &order, "accept", json!({})).await.expect(200);
        let order = pooled(&world, lamp_with(json!({ "item_code": "BM-01-01" }))).await;
        assert_eq!((&order["item_id"], &order["finish_limit"]), (&second["id"], &second["finish_limit"]));
        step(&world.person("chen"), &order, "accept", json!({})).await.refused(403, "taker_ineligible");
        // Sorting it anew takes the version that holds now.
        let other = place(&zhang, lamp_with(json!({ "item_code": "BM-01-01" }))).await;
        lv.post("/catalogue/items/BM-01-01/close").send().await.expect(200);
        step(&wang, &other, "triage", json!({ "item_code": "BM-01-01" })).await.refused(422, "service_item_unknown");
        step(&wang, &other, "triage", json!({})).await.expect(200);
        assert_eq!(read(&wang, &other).await["item_id"], second["id"]);
    }
}
