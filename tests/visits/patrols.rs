//! Patrols, and what is found on them or on the way.

use super::campaigns::id;
use serde_json::{Value, json};
use testkit::{FOREIGN, HOME, World};

fn patrol(people: i32) -> Value {
    json!({
        "region_code": HOME, "participants": people, "started_at": "2026-11-16T00:00:00Z", "ended_at": "2026-11-16T00:50:00Z",
        "route": [{ "lng": 119.815, "lat": 32.24 }, { "lng": 119.816, "lat": 32.241 }], "note": "商户13912345678配合。",
    })
}

fn hazard(handling: &str) -> Value {
    json!({
        "region_code": HOME, "kind": "hazard", "severity": "high", "title": "消防通道被占", "content": "车主13812341234。",
        "point": { "lng": 119.815, "lat": 32.24 }, "handling": handling,
    })
}

testkit::on_both! {
    async fn what_is_found_is_dealt_with_or_pushed_up(world: World) {
        let (sun, wu, wang, he) = (world.person("sun"), world.person("wu"), world.person("wang"), world.person("he"));
        let group = wu.post("/patrols").json(patrol(3)).send().await.expect(201);
        assert_eq!((&group["kind"], &group["route_points"], group["route"].as_array().map(Vec::len)), (&json!("group"), &json!(2), Some(2)));
        let mut alone = patrol(1);
        alone["grid_id"] = json!(world.places.west);
        assert_eq!(sun.post("/patrols").json(alone).send().await.expect(201)["kind"], json!("single"));
        let mut found = hazard("pushed_up");
        found["patrol_id"] = group["id"].clone();
        sun.post("/findings").json(&found).send().await.refused(422, "patrol_unknown");
        let pushed = wu.post("/findings").json(&found).key("once").send().await.expect(201);
        assert_eq!(wu.post("/findings").json(&found).key("once").send().await.expect(201), pushed, "the same answer again");
        let order = wang.get(format!("/orders/{}", pushed["order_id"].as_str().unwrap())).send().await.expect(200);
        assert_eq!((&order["title"], &order["requester_id"], &order["channel"]), (&json!("消防通道被占"), &json!(wu.account()), &json!("grid_visit")));
        assert_eq!(pushed["grid_id"], json!(world.places.west));
        let handled = world.person("gao").post("/findings").json(hazard("handled")).send().await.expect(201);
        assert_eq!((handled.get("order_id"), handled.get("patrol_id")), (None, None));
        let mut odd = hazard("handled");
        odd["item_code"] = json!("BM-01-01");
        wu.post("/findings").json(odd).send().await.refused_fields(&[("#/item_code", "field_invalid")]);

        let path = format!("/patrols/{}", id(&group));
        let seen = wang.get(&path).send().await.expect(200);
        assert_eq!((&seen["findings"], &seen["note"], &seen["masked"]), (&json!(1), &json!("商户13912345678配合。"), &json!(false)));
        let seen = he.get(&path).send().await.expect(200);
        assert_eq!((seen.get("route"), &seen["note"]), (None, &json!("商户139****5678配合。")));
        assert_eq!(he.get(format!("/findings/{}", id(&pushed))).send().await.expect(200)["content"], json!("车主138****1234。"));
        for name in ["foreign", "zhang", "chen"] {
            world.person(name).get(&path).send().await.refused(404, "patrol_not_found");
            world.person(name).get(format!("/findings/{}", id(&pushed))).send().await.refused(404, "finding_not_found");
            assert_eq!(world.person(name).get("/findings").send().await.expect(200)["items"], json!([]));
        }
        assert!(!crate::battery::holds(&world, "商户").await, "sealed");
        let of_patrol = wang.get(format!("/findings?patrol_id={}", id(&group))).send().await.expect(200);
        assert_eq!(of_patrol["items"].as_array().map(Vec::len), Some(1));

        let counts = async |query: &str| wang.get(format!("/patrols/counts?region_code={HOME}{query}")).send().await.expect(200)["items"].clone();
        let all = counts("").await;
        let expected = json!([{ "region_code": HOME, "single_patrols": 1, "group_patrols": 1, "hazards": 2, "clues": 0, "others": 0, "handled": 1, "pushed_up": 1 }]);
        assert_eq!(all, expected);
        let by_grid = counts("&by=grid").await;
        assert_eq!((by_grid.as_array().map(Vec::len), &by_grid[1]["grid_id"], &by_grid[1]["hazards"]), (Some(2), &json!(world.places.west), &json!(2)));
        assert_eq!(counts("&from=2026-11-16T00:30:00Z").await[0]["single_patrols"], json!(0));
        assert_eq!(counts("&until=2026-11-01T00:00:00Z").await, json!([]));
        assert_eq!(world.person("foreign").get(format!("/patrols/counts?region_code={HOME}")).send().await.expect(200)["items"], json!([]));
        he.get("/patrols/counts?region_code=3211").send().await.refused(400, "query_parameter_invalid");
        world.person("zhang").get(format!("/patrols/counts?region_code={HOME}")).send().await.refused(403, "permission_missing");
    }

    async fn a_patrol_that_cannot_be_is_refused(world: World) {
        let sun = world.person("sun");
        for (field, value, code) in [
            ("ended_at", json!("2026-11-17T00:00:00Z"), "period_invalid"),
            ("started_at", json!("2026-11-16T00:51:00Z"), "period_invalid"),
            ("started_at", json!("2026-11-14T00:00:00Z"), "period_invalid"),
            ("grid_id", json!(world.places.abroad), "grid_foreign"),
            ("route", json!([{ "lng": 0, "lat": 0 }]), "point_outside_country"),
        ] {
            let mut body = patrol(1);
            body[field] = value;
            sun.post("/patrols").json(body).send().await.refused(422, code);
        }
        let mut elsewhere = patrol(1);
        elsewhere["region_code"] = json!(FOREIGN);
        sun.post("/patrols").json(elsewhere).send().await.refused(403, "permission_missing");
        world.person("zhang").post("/patrols").json(patrol(1)).send().await.refused(403, "permission_missing");
    }
}
