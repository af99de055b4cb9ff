//! The three rates: of each community, unit and month, with what they are a part of.

use super::*;

super::on_both! {
    async fn three_rates_each_with_what_it_is_a_part_of(world: World) {
        let line = Line::open(&world).await;
        let wang = world.person("wang");
        let rates = async |query: &str| {
            connect::hotline::dispatch(&world.cx()).await.unwrap();
            wang.get(format!("/hotline_rates?limit=100{query}")).send().await.expect(200)["items"].as_array().unwrap().clone()
        };
        let call_back = async |pushed: &Value, body: Value| {
            let body = patched(body, &json!({ "at": world.clock.now() }));
            line.send(&format!("{}/call_back", path(pushed)), &body).await.expect(200)
        };
        let mut all = Vec::new();
        for n in 1..=6 {
            all.push(line.pushed(&format!("ZJ{n}")).await);
        }
        // The first is done by an organization, the second and third by people; the fourth is returned; the fifth waits; the sixth too.
        use services::order::Action::{Accept, Complete, Dispatch, Triage};
        line.step(&all[0], Triage).await;
        let telecom = json!({ "mode": "assign", "lead": { "kind": "organization", "id": world.places.telecom } });
        step(&wang, &order(&all[0]), "dispatch", telecom).await.expect(200);
        let zheng = world.person("zheng");
        step(&zheng, &order(&all[0]), "accept", json!({})).await.expect(200);
        step(&zheng, &order(&all[0]), "complete", json!({ "result": "solved", "answer": "已恢复。" })).await.expect(200);
        line.finish(&all[1]).await;
        step(&wang, &order(&all[3]), "reject", json!({ "code": "not_competent", "text": "非本社区职责。" })).await.expect(200);
        call_back(&all[0], json!({ "reached": true, "solved": true, "satisfaction": 4 })).await;
        call_back(&all[1], json!({ "reached": true, "solved": false, "satisfaction": 2 })).await;
        // Two days later: the third is answered, but late.
        world.later(chrono::Duration::days(2));
        for action in [Triage, Dispatch, Accept, Complete] {
            line.step(&all[2], action).await;
        }
        call_back(&all[2], json!({ "reached": false })).await;
        let told = testkit::eventually(async || {
            let told = rates("").await;
            (told.len() == 2 && told.iter().any(|r| r["response"]["denominator"] == 4)).then_some(told)
        }).await;
        let unit = told.iter().find(|r| r.get("unit_id").is_some()).unwrap();
        assert_eq!((&unit["month"], &unit["region_code"], &unit["unit_id"]), (&json!("2026-11"), &json!(HOME), &json!(world.places.telecom)));
        let whole = |n: i64, of: i64, rate: f64| json!({ "numerator": n, "denominator": of, "rate": rate });
        assert_eq!((&unit["response"], &unit["solution"], &unit["satisfaction"]), (&whole(1, 1, 1.0), &whole(1, 1, 1.0), &whole(1, 1, 1.0)));
        let rest = told.iter().find(|r| r.get("unit_id").is_none()).unwrap();
        // The second in time, the third late, the fifth and sixth not at all; the fourth does not count.
        assert_eq!((&rest["received"], &rest["response"]), (&json!(4), &whole(1, 4, 0.25)), "{rest}");
        assert_eq!((&rest["solution"], &rest["satisfaction"]), (&whole(0, 1, 0.0), &whole(0, 1, 0.0)), "2 is 基本满意, and the policy begins at 3");
        // The next month is another one; who has time left is not counted yet.
        world.later(chrono::Duration::days(20));
        line.pushed("ZJ7").await;
        let december = testkit::eventually(async || rates("&from_month=2026-12").await.first().cloned()).await;
        assert_eq!((&december["month"], &december["received"], &december["response"]), (&json!("2026-12"), &json!(1), &json!({ "numerator": 0, "denominator": 0 })));
        assert_eq!(rates("&until_month=2026-11").await.len(), 2);
        assert_eq!(rates("").await[0]["month"], "2026-12", "the newest first");
        let page = wang.get("/hotline_rates?limit=1").send().await.expect(200);
        let next = wang.get(format!("/hotline_rates?limit=100&cursor={}", page["next_cursor"].as_str().unwrap())).send().await.expect(200);
        assert_eq!((page["items"].as_array().unwrap().len(), next["items"].as_array().unwrap().len()), (1, 2));
        wang.get("/hotline_rates?from_month=2026-13").send().await.refused(400, "query_parameter_invalid");
        assert!(world.person("foreign").get("/hotline_rates").send().await.expect(200)["items"].as_array().unwrap().is_empty());
        world.person("chen").get("/hotline_rates").send().await.refused(403, "permission_missing");
    }

    async fn a_call_back_says_what_can_be_said(world: World) {
        let line = Line::open(&world).await;
        let pushed = line.pushed("ZJ1").await;
        let to = format!("{}/call_back", path(&pushed));
        let ok = json!({ "at": "2026-11-16T01:00:00Z", "reached": true, "satisfaction": 3 });
        line.send(&to, &ok).await.refused(409, "hotline_state_conflict");
        line.finish(&pushed).await;
        for (change, pointer) in [
            (json!({ "reached": false }), "#/satisfaction"),
            (json!({ "satisfaction": 5 }), "#/satisfaction"),
            (json!({ "at": "2026-11-17T01:00:00Z" }), "#/at"),
            (json!({ "satisfied": true }), "#/satisfied"),
        ] {
            let refused = line.send(&to, &patched(ok.clone(), &change)).await;
            assert_eq!((refused.status, &refused.body["errors"][0]["pointer"]), (422, &json!(pointer)), "{}", refused.body);
        }
        // Whoever did the work does not say how satisfied the caller is.
        let own = line.pushed("ZJ2").await;
        let wang = world.person("wang");
        step(&wang, &order(&own), "triage", json!({})).await.expect(200);
        step(&wang, &order(&own), "dispatch", json!({ "mode": "self_handled" })).await.expect(200);
        step(&wang, &order(&own), "complete", json!({ "result": "solved", "answer": "已更换。" })).await.expect(200);
        wang.post(format!("{}/call_back", path(&own))).json(&ok).send().await.refused(403, "evaluator_is_doer");
        line.send(&format!("{}/call_back", path(&own)), &ok).await.expect(200);
        // Late, or for the future, nobody asks for more time.
        let extend = async |body: Value| wang.post(format!("{}/extend", path(&own))).json(body).send().await;
        extend(json!({ "reason": "x", "new_finish_by": "2027-01-01T00:00:00Z" })).await.refused(409, "hotline_state_conflict");
        let third = line.pushed("ZJ3").await;
        let extend = async |by: &str| wang.post(format!("{}/extend", path(&third))).json(json!({ "reason": "x", "new_finish_by": by })).send().await;
        extend("2026-11-20T00:00:00Z").await.refused(409, "hotline_extension_late");
        world.later(chrono::Duration::days(15));
        extend("2027-01-01T00:00:00Z").await.refused(409, "hotline_extension_late");
    }
}
