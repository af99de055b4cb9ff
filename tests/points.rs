//! Points: rules with versions, a ledger that only grows, appeals, years that are settled.

use crate::{admission::id, orders};
use chrono::Duration;
use serde_json::{Value, json};
use testkit::{FOREIGN, HOME, World};

fn rule(region: &str, points: i32) -> Value {
    json!({ "region_code": region, "code": "party_day", "title": "参加主题党日", "points": points })
}

async fn set(world: &World, body: Value) -> Value {
    world.person("feng").post("/point_rules").json(body).send().await.expect(201)
}

fn points(world: &World, subject: &str) -> Value {
    json!({ "region_code": HOME, "account_id": world.person("chen").account(), "code": "party_day", "subject": subject })
}

testkit::on_both! {
    async fn what_members_do_counts_by_the_rule_of_the_day(world: World) {
        let (feng, wang, chen, zhou) = (world.person("feng"), world.person("wang"), world.person("chen"), world.person("zhou"));
        set(&world, rule("321182001000", 2)).await;
        let enter = |body: Value| wang.post("/point_entries").json(body);
        let first = enter(points(&world, "2026-11 主题党日")).send().await.expect(201);
        assert_eq!((&first["points"], &first["year"], &first["happened_on"]), (&json!(2), &json!(2026), &json!("2026-11-16")));
        enter(points(&world, "2026-11 主题党日")).send().await.refused(409, "point_entry_exists");
        // The rule of the community goes before that of the street, from its day on.
        let mut own = rule(HOME, 5);
        own["valid_from"] = json!("2026-11-18");
        assert_eq!(set(&world, own).await["version"], 1);
        assert_eq!(enter(points(&world, "学习强国")).send().await.expect(201)["points"], 2);
        world.later(Duration::days(3));
        let today = enter(points(&world, "11月19日")).send().await.expect(201);
        assert_eq!((&today["points"], &today["happened_on"]), (&json!(5), &json!("2026-11-19")));
        world.later(Duration::seconds(1));
        let mut before = points(&world, "补登");
        before["happened_on"] = json!("2026-11-17");
        assert_eq!(enter(before.clone()).send().await.expect(201)["points"], 2);
        before["happened_on"] = json!("2026-11-15");
        before["subject"] = json!("更早");
        let none = enter(before).send().await.refused(422, "point_rule_unknown");
        assert_eq!((&none["params"]["code"], &none["params"]["day"]), (&json!("party_day"), &json!("2026-11-15")));
        // A new version counts from its day on; a cap holds for its period.
        let mut capped = rule(HOME, 5);
        capped["cap"] = json!(10);
        capped["cap_period"] = json!("month");
        assert_eq!(set(&world, capped).await["version"], 2);
        let order = orders::placed(&world).await;
        let mut of_order = points(&world, "点单服务");
        of_order["order_id"] = order["id"].clone();
        enter(of_order).send().await.refused(409, "point_cap_reached");
        let mine = chen.get("/me/points").send().await.expect(200);
        assert_eq!((mine["items"].as_array().map(Vec::len), &mine["items"][0]["subject"]), (Some(4), &json!("补登")));
        assert_eq!(zhou.get("/me/points").send().await.expect(200)["items"], json!([]));

        // An appeal that is upheld takes the entry back; the ledger only grows.
        let path = format!("/point_entries/{}", id(&today));
        let reason = json!({ "reason": "当日请假金丝雀。" });
        zhou.post(format!("{path}/appeal")).json(&reason).send().await.refused(404, "point_entry_not_found");
        wang.post(format!("{path}/appeal")).json(&reason).send().await.refused(403, "permission_missing");
        let decide = |upheld: bool| feng.post(format!("{path}/decide_appeal")).json(json!({ "upheld": upheld, "answer": "予以更正。" }));
        decide(true).send().await.refused(409, "point_appeal_conflict");
        let appealed = chen.post(format!("{path}/appeal")).json(&reason).send().await.expect(201);
        assert_eq!((&appealed["appeal"]["state"], &appealed["appeal"]["reason"]), (&json!("filed"), &json!("当日请假金丝雀。")));
        assert!(!crate::battery::holds(&world, "金丝雀").await, "sealed");
        chen.post(format!("{path}/appeal")).json(&reason).send().await.refused(409, "point_appeal_conflict");
        let seen = wang.get("/point_entries").send().await.expect(200);
        assert!(!seen.to_string().contains("金丝雀"), "{seen}");
        world.later(Duration::seconds(1));
        assert_eq!(decide(true).send().await.expect(200)["appeal"]["state"], "upheld");
        decide(false).send().await.refused(409, "point_appeal_conflict");
        let mine = chen.get("/me/points").send().await.expect(200)["items"].clone();
        assert_eq!((&mine[0]["points"], &mine[0]["reverses_id"], mine.as_array().map(Vec::len)), (&json!(-5), &today["id"], Some(5)));

        // The year is settled once, and then stands fast.
        let standings = format!("/point_standings?region_code={HOME}");
        let expected = json!([{ "account_id": chen.account(), "year": 2026, "points": 6, "entries": 5, "settled": false }]);
        assert_eq!(wang.get(&standings).send().await.expect(200)["items"], expected);
        let year = json!({ "region_code": HOME, "year": 2026 });
        wang.post("/point_settlements").json(&year).send().await.refused(403, "permission_missing");
        let settled = feng.post("/point_settlements").json(&year).send().await.expect(201);
        assert_eq!((&settled["accounts"], &settled["points"]), (&json!(1), &json!(6)));
        feng.post("/point_settlements").json(&year).send().await.refused(409, "point_year_settled");
        let before = crate::battery::contents(&world).await;
        let mut late = points(&world, "迟到");
        late["happened_on"] = json!("2026-11-17");
        enter(late).send().await.refused(409, "point_year_settled");
        let other = format!("/point_entries/{}/appeal", id(&first));
        chen.post(other).json(&reason).send().await.refused(409, "point_year_settled");
        crate::battery::is_unchanged("points into a settled year", &before, &crate::battery::contents(&world).await);
        let frozen = wang.get(&standings).send().await.expect(200);
        assert_eq!((&frozen["items"][0]["settled"], &frozen["items"][0]["points"]), (&json!(true), &json!(6)));
        world.person("foreign").get(&standings).send().await.refused(403, "permission_missing");
        wang.get("/point_entries?year=1899").send().await.refused(400, "query_parameter_invalid");
        wang.get(format!("{standings}&year=10000")).send().await.refused(400, "query_parameter_invalid");
        assert_eq!(world.person("foreign").get("/point_entries").send().await.expect(200)["items"], json!([]));
    }

    async fn points_that_cannot_be_are_refused(world: World) {
        let (feng, wang) = (world.person("feng"), world.person("wang"));
        set(&world, rule(HOME, 2)).await;
        let with = |name: &str, value: Value| {
            let mut body = points(&world, "主题党日");
            body[name] = value;
            body
        };
        for (body, status, code) in [
            (with("code", json!("none")), 422, "point_rule_unknown"),
            (with("happened_on", json!("2026-11-17")), 422, "period_invalid"),
            (with("happened_on", json!("2026-11-15")), 422, "point_rule_unknown"),
            (with("account_id", json!(world.person("guest").account())), 422, "reference_broken"),
            (with("account_id", json!(wang.account())), 403, "matter_is_own"),
            (with("order_id", json!("019aa1c2-0000-7000-8000-000000000001")), 422, "reference_broken"),
            (with("organization_id", json!("019aa1c2-0000-7000-8000-000000000001")), 422, "reference_broken"),
            (with("region_code", json!(FOREIGN)), 403, "permission_missing"),
        ] {
            wang.post("/point_entries").json(body).send().await.refused(status, code);
        }
        let rules = |name: &str, value: Value| {
            let mut body = rule(HOME, 3);
            body[name] = value;
            feng.post("/point_rules").json(body)
        };
        rules("points", json!(0)).send().await.refused_fields(&[("#/points", "field_invalid")]);
        rules("cap", json!(5)).send().await.refused_fields(&[("#/cap_period", "field_invalid")]);
        rules("valid_from", json!("2026-11-15")).send().await.refused(422, "period_invalid");
        rules("valid_to", json!("2026-11-15")).send().await.refused(422, "period_invalid");
        rules("region_code", json!("321182001099")).send().await.refused(422, "region_unknown");
        feng.post("/point_settlements").json(json!({ "region_code": HOME, "year": 2027 })).send().await.refused(422, "period_invalid");
        let listed = world.person("zhang").get(format!("/point_rules?region_code={HOME}")).send().await.expect(200);
        assert_eq!((listed["items"].as_array().map(Vec::len), &listed["items"][0]["version"]), (Some(1), &json!(1)));
    }
}
