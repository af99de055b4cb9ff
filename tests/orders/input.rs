//! What cannot be ordered, said or looked up.

use super::{lamp, lamp_with, patched, path, place, placed, pooled, read, step};
use kernel::geo::{Datum, Position};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use testkit::{FOREIGN, HOME, World};

testkit::on_both! {
    async fn an_order_lies_in_a_community_that_there_is(world: World) {
        let zhang = world.person("zhang");
        let cases = [
            ("321182001099", "region_unknown"),
            ("321182001012", "region_closed"),
            ("321182001000", "region_not_community"),
            ("321182", "region_not_community"),
            ("000000000000", "region_unknown"),
        ];
        for (region, code) in cases {
            let problem = zhang.post("/orders").json(lamp_with(json!({ "region_code": region }))).send().await.refused(422, code);
            assert_eq!(problem["errors"][0]["pointer"], "#/region_code");
        }
        for region in [json!("3211820010"), json!("甲"), json!("")] {
            zhang.post("/orders").json(lamp_with(json!({ "region_code": region }))).send().await.refused_fields(&[("#/region_code", "field_invalid")]);
        }
        zhang.post("/orders").json(lamp_with(json!({ "region_code": 321_182_001_017_i64 }))).send().await.refused_fields(&[("#/region_code", "field_type")]);
        zhang.post("/orders").json(lamp_with(json!({ "region_code": FOREIGN, "point": null }))).send().await.refused(403, "permission_missing");

        // A community that ends takes no new orders; those that it has go on.
        let order = pooled(&world, lamp()).await;
        world.core().db.writer().execute_unprepared(&format!("UPDATE regions SET valid_to = '2026-11-16', replaced_by = {FOREIGN} WHERE code = {HOME}")).await.unwrap();
        // As the import does.
        kernel::Cx::system(world.core().clone()).forget::<grids::Region>();
        let problem = zhang.post("/orders").json(lamp()).send().await.refused(422, "region_closed");
        assert_eq!(problem["params"]["date"], "2026-11-16");
        step(&world.person("chen"), &order, "accept", json!({})).await.expect(200);
        step(&world.person("chen"), &order, "complete", json!({ "result": "solved", "answer": "好" })).await.expect(200);
        let count = world.person("wang").get("/orders").send().await.expect(200)["items"].as_array().unwrap().len();
        assert_eq!(count, 1, "nothing was placed");
    }

    async fn a_point_lies_in_the_community_in_any_datum(world: World) {
        let (zhang, admin) = (world.person("zhang"), world.person("admin"));
        let at = |lng: f64, lat: f64| lamp_with(json!({ "point": { "lng": lng, "lat": lat } }));
        for (lng, lat, code) in [
            (0.0, 0.0, "point_outside_country"), (500.0, 32.24, "point_outside_country"), (139.7, 35.7, "point_outside_country"),
            (119.85, 32.24, "point_outside_community"), (116.4, 39.9, "point_outside_community"), (119.809, 32.24, "point_outside_community"),
        ] {
            let problem = zhang.post("/orders").json(at(lng, lat)).send().await.refused(422, code);
            assert_eq!(problem["errors"][0]["pointer"], "#/point", "{lng} {lat}");
        }
        zhang.post("/orders").json(lamp_with(json!({ "point": { "lng": 119.815, "lat": 32.24, "datum": "utm" } }))).send().await.refused_fields(&[("#/point/datum", "field_invalid")]);
        zhang.post("/orders").json(lamp_with(json!({ "point": { "lng": 119.815 } }))).send().await.refused_fields(&[("#/point/lat", "field_missing")]);
        zhang.post("/orders").json(lamp_with(json!({ "point": { "lng": 119.815, "lat": 32.24, "x": 1 } }))).send().await.refused_fields(&[("#/point/x", "field_unknown")]);
        for datum in [Datum::Wgs84, Datum::Cgcs2000, Datum::Gcj02, Datum::Bd09] {
            let given = Position { lng: 119.825, lat: 32.24 }.to_datum(datum);
            let order = place(&zhang, lamp_with(json!({ "point": given }))).await;
            assert_eq!(order["grid_id"], json!(world.places.east), "{datum:?}");
            let near = |name: &str, value: f64| (order["point"][name].as_f64().unwrap() - value).abs() < 1e-6;
            assert!(near("lng", 119.825) && near("lat", 32.24) && order["point"]["datum"] == "wgs84", "{order}");
        }
        // Where no grid is drawn, only what clearly lies elsewhere is refused.
        let elsewhere = |lng: f64| lamp_with(json!({ "region_code": "321182001013", "point": { "lng": lng, "lat": 32.24 } }));
        admin.post("/orders").json(elsewhere(119.825)).send().await.refused(422, "point_outside_community");
        assert!(place(&admin, elsewhere(119.7)).await.get("grid_id").is_none());
    }

    async fn an_order_keeps_its_limits(world: World) {
        let zhang = world.person("zhang");
        let refused = async |fields: Value, expected: &[(&str, &str)]| {
            zhang.post("/orders").json(lamp_with(fields)).send().await.refused_fields(expected);
        };
        refused(json!({ "title": "" }), &[("#/title", "field_length")]).await;
        refused(json!({ "title": "长".repeat(101) }), &[("#/title", "field_length")]).await;
        refused(json!({ "content": "长".repeat(4001) }), &[("#/content", "field_length")]).await;
        refused(json!({ "title": "", "content": "" }), &[("#/content", "field_length"), ("#/title", "field_length")]).await;
        for blank in ["  ", "\u{3000}", "\u{200b}\u{feff}", "\n\t"] {
            refused(json!({ "title": blank }), &[("#/title", "field_invalid")]).await;
            refused(json!({ "content": blank }), &[("#/content", "field_invalid")]).await;
            refused(json!({ "contact": { "name": blank } }), &[("#/contact/name", "field_invalid")]).await;
        }
        refused(json!({ "title": null }), &[("#/title", "field_missing")]).await;
        refused(json!({ "title": 7 }), &[("#/title", "field_type")]).await;
        refused(json!({ "state": "closed" }), &[("#/state", "field_unknown")]).await;
        refused(json!({ "channel": "fax" }), &[("#/channel", "field_invalid")]).await;
        refused(json!({ "requester_id": "zhang" }), &[("#/requester_id", "field_invalid")]).await;
        refused(json!({ "contact": { "name": "" } }), &[("#/contact/name", "field_length")]).await;
        refused(json!({ "contact": { "wechat": "x" } }), &[("#/contact/wechat", "field_unknown")]).await;
        refused(json!({ "contact": { "address": "长".repeat(201) } }), &[("#/contact/address", "field_length")]).await;
        for phone in ["12", "1".repeat(21).as_str()] {
            refused(json!({ "contact": { "phone": phone } }), &[("#/contact/phone", "field_length")]).await;
        }
        for phone in ["12812341234", "1381234123a", "138 1234 1234", "+-123", "-12345", "+8611812341234", "电话"] {
            let reply = zhang.post("/orders").json(lamp_with(json!({ "contact": { "phone": phone } }))).send().await.expect(422);
            assert_eq!(reply["errors"][0]["pointer"], "#/contact/phone", "{phone}");
        }
        for phone in ["13812341234", "+8613812341234", "0511-88321234", "12345", "110"] {
            assert_eq!(place(&zhang, lamp_with(json!({ "contact": { "phone": phone } }))).await["contact"]["phone"], phone);
        }
        let nul = r#"{"title":"a\u0000b","content":"x","region_code":"321182001017"}"#;
        zhang.post("/orders").body("application/json", nul).send().await.refused(422, "nul_character");
        let text = "长".repeat(4000);
        assert_eq!(place(&zhang, lamp_with(json!({ "content": text, "title": "😀".repeat(100) }))).await["content"], text);
    }

    async fn a_service_is_offered_here_or_cannot_be_ordered(world: World) {
        let (zhang, wang, admin) = (world.person("zhang"), world.person("wang"), world.person("admin"));
        let item = |code: &str| lamp_with(json!({ "item_code": code }));
        let yangzhou = json!({ "code": "YZ", "level": "category", "name": "扬州的", "region_code": "321000000000" });
        admin.post("/catalogue/items").json(yangzhou).send().await.expect(201);
        for code in ["NO", "YZ", "bm-01-01"] {
            let problem = zhang.post("/orders").json(item(code)).send().await.refused(422, "service_item_unknown");
            assert_eq!(problem["errors"][0]["pointer"], "#/item_code");
        }
        for contact in [Value::Null, json!({ "phone": "13812341234" })] {
            let body = patched(item("BM-01-01"), &json!({ "contact": contact }));
            let problem = zhang.post("/orders").json(body).send().await.refused(422, "order_address_missing");
            assert_eq!(problem["errors"][0]["pointer"], "#/contact/address");
        }
        let order = place(&zhang, item("BM-01-02")).await;
        step(&wang, &order, "triage", json!({ "item_code": "NO" })).await.refused(422, "service_item_unknown");
        // The order keeps the version that it was placed under, and its limits.
        world.later(chrono::Duration::minutes(1));
        admin.post("/catalogue/items/BM-01-02").json(json!({ "respond_limit": { "value": 90, "unit": "minutes" } })).send().await.expect(200);
        let triaged = step(&wang, &order, "triage", json!({})).await.expect(200);
        assert_eq!((&triaged["item_id"], &triaged["respond_limit"]["value"]), (&order["item_id"], &json!(30)));
        assert_ne!(place(&zhang, item("BM-01-02")).await["item_id"], order["item_id"]);
        admin.post("/catalogue/items/BM-01-02/close").send().await.expect(200);
        zhang.post("/orders").json(item("BM-01-02")).send().await.refused(422, "service_item_unknown");
        let other = step(&wang, &order, "triage", json!({ "item_code": "BM-01-01" })).await.expect(200);
        assert_eq!(other["finish_limit"], json!({ "value": 3, "unit": "working_days" }));
    }

    async fn a_step_keeps_its_limits(world: World) {
        let [zhang, wang, chen] = ["zhang", "wang", "chen"].map(|n| world.person(n));
        let order = placed(&world).await;
        let before = read(&wang, &order).await;
        let long = |n: usize| "长".repeat(n);
        let tags = |n: usize, length: usize| json!({ "level": "satisfied", "tags": vec!["长".repeat(length); n] });
        let cases = [
            (&wang, "triage", json!({ "priority": "now" }), "#/priority"), (&wang, "triage", json!({ "finish_limit": { "value": 0, "unit": "minutes" } }), "#/finish_limit/value"),
            (&wang, "triage", json!({ "respond_limit": { "value": 1, "unit": "moons" } }), "#/respond_limit/unit"), (&wang, "triage", json!({ "version": 0 }), "#/version"),
            (&wang, "triage", json!({ "respond_limit": { "value": 100_001, "unit": "minutes" } }), "#/respond_limit/value"), (&wang, "triage", json!({ "version": 3e9 }), "#/version"),
            (&wang, "reject", json!({ "code": "x" }), "#/text"), (&wang, "reject", json!({ "code": "", "text": "x" }), "#/code"), (&wang, "reject", json!({ "code": "x", "text": long(501) }), "#/text"),
            (&wang, "dispatch", json!({}), "#/mode"), (&wang, "dispatch", json!({ "mode": "assign", "lead": { "kind": "robot", "id": "x" } }), "#/lead"),
            (&wang, "dispatch", json!({ "mode": "assign", "lead": { "kind": "person", "id": wang.account(), "x": 1 } }), "#/lead"),
            (&wang, "dispatch", json!({ "mode": "assign", "assistants": vec![super::taker(&chen); 21] }), "#/assistants"),
            (&chen, "decline", json!({}), "#/reason"), (&chen, "hand_back", json!({ "reason": "" }), "#/reason"), (&chen, "start", json!({ "note": long(501) }), "#/note"),
            (&chen, "record_progress", json!({ "note": long(2001) }), "#/note"), (&chen, "complete", json!({ "result": "fine", "answer": "x" }), "#/result"),
            (&chen, "complete", json!({ "result": "solved", "answer": long(2001) }), "#/answer"), (&zhang, "evaluate", json!({ "level": "5" }), "#/level"),
            (&zhang, "evaluate", tags(11, 1), "#/tags"), (&zhang, "evaluate", tags(1, 21), "#/tags"), (&zhang, "evaluate", tags(1, 0), "#/tags"),
            (&chen, "complete", json!({ "result": "solved", "answer": " " }), "#/answer"),
            (&wang, "reject", json!({ "code": "x", "text": "\n" }), "#/text"),
            (&wang, "suspend", json!({ "reason": "\u{3000}" }), "#/reason"),
            (&wang, "merge", json!({}), "#/into"), (&wang, "merge", json!({ "into": "x" }), "#/into"), (&wang, "close", json!({ "reason": "x" }), "#/reason"),
        ];
        for (by, action, body, pointer) in cases {
            let problem = step(by, &order, action, body.clone()).await.expect(422);
            let told = problem["errors"][0]["pointer"].as_str().unwrap_or_default();
            assert!(told == pointer || (action == "dispatch" && told.starts_with(pointer)), "{action} {body}: {problem}");
        }
        assert_eq!(read(&wang, &order).await, before);
        for path in ["/orders/x", "/orders/019aa1c2-0000-7000-8000-00000000000g"] {
            wang.get(path).send().await.refused(404, "path_parameter_invalid");
        }
        wang.get("/orders/019aa1c2-0000-7000-8000-000000000001").send().await.refused(404, "order_not_found");
    }

    async fn a_number_is_found_as_it_is_spoken(world: World) {
        let wang = world.person("wang");
        let order = placed(&world).await;
        placed(&world).await;
        let number = order["number"].as_str().unwrap();
        let find = async |text: &str| wang.get(format!("/orders?number={text}")).send().await;
        for spoken in [number.to_owned(), number.to_lowercase(), number.replace('-', "-%20"), number.replace('0', "o"), number.replace('1', "l")] {
            let page = find(&spoken).await.expect(200);
            assert_eq!((page["items"].as_array().unwrap().len(), &page["items"][0]["id"]), (1, &order["id"]), "{spoken}");
        }
        let last = number.chars().last().unwrap();
        let wrong = if last == 'Z' { 'Y' } else { 'Z' };
        for bad in [format!("{}{wrong}", &number[..15]), number[..15].to_owned(), number.replace('-', ""), "x".to_owned()] {
            find(&bad).await.refused(400, "query_parameter_invalid");
        }
        // A right number is no way around one's sight.
        for (name, count) in [("foreign", 0), ("feng", 1), ("li", 0)] {
            let page = world.person(name).get(format!("/orders?number={number}")).send().await.expect(200);
            assert_eq!(page["items"].as_array().unwrap().len(), count, "{name}");
        }
        assert_eq!(path(&order).len(), "/orders/".len() + 36);
    }
}
