//! Diaries, step by step as the place has decided.

use serde_json::{Value, json};
use testkit::{Client, FOREIGN, HOME, World};

pub(super) fn template() -> Value {
    json!({
        "region_code": "321182000000", "name": "民情日记", "steps": [
            { "code": "1", "name": "甲", "required": true }, { "code": "2", "name": "乙", "required": false }, { "code": "3", "name": "丙", "required": true },
        ],
    })
}

pub(super) async fn begun(world: &World, by: &str) -> (Value, Value) {
    let template = world.person("lv").post("/diary_templates").json(template()).send().await.expect(201);
    let body = json!({ "template_id": template["id"], "region_code": HOME, "grid_id": world.places.west, "title": "飞线充电" });
    let diary = world.person(by).post("/diaries").json(body).send().await.expect(201);
    (template, diary)
}

async fn write(by: &Client, diary: &Value, step: &str, text: &str) -> testkit::Reply {
    by.post(format!("/diaries/{}/steps", diary["id"].as_str().unwrap())).json(json!({ "step": step, "text": text })).send().await
}

testkit::on_both! {
    async fn a_diary_is_worked_through_step_by_step(world: World) {
        let (gao, chen, wang) = (world.person("gao"), world.person("chen"), world.person("wang"));
        let (template, diary) = begun(&world, "gao").await;
        assert_eq!((&diary["next_step"], &diary["happened_on"], &diary["template_version"]), (&json!("1"), &json!("2026-11-16"), &json!(1)));
        let early = write(&gao, &diary, "3", "x").await.refused(409, "diary_step_early");
        assert_eq!(early["params"]["step"], json!("1"));
        write(&gao, &diary, "9", "x").await.refused(422, "diary_step_unknown");
        write(&gao, &diary, "1", "李四,13912345678,反映充电难。").await.expect(200);
        // A template that changes meanwhile changes nothing of a diary that has begun.
        let changed = json!({ "steps": [{ "code": "A", "name": "新", "required": true }], "version": 1 });
        let path = format!("/diary_templates/{}", template["id"].as_str().unwrap());
        world.person("lv").post(&path).json(changed.clone()).send().await.expect(200);
        world.person("lv").post(&path).json(changed).send().await.refused(409, "version_stale");
        let close = || gao.post(format!("/diaries/{}/close", diary["id"].as_str().unwrap())).json(json!({}));
        close().send().await.refused(409, "diary_step_early");
        // A colleague writes the next, and both can correct.
        write(&wang, &diary, "3", "已协调物业。").await.expect(200);
        let corrected = write(&gao, &diary, "1", "李四,13912345678,反映充电难、充电贵。").await.expect(200);
        assert_eq!((&corrected["steps_done"], corrected.get("next_step")), (&json!(2), None));
        assert_eq!(corrected["entries"][1]["by"], json!(wang.account()));
        let closed = close().send().await.expect(200);
        assert!(closed["closed_at"].is_string() && closed["template_version"] == 1, "{closed}");
        write(&gao, &diary, "2", "x").await.refused(409, "diary_closed");

        // In full for whose it is; masked in the grid and for the auditor; unknown elsewhere.
        let path = format!("/diaries/{}", diary["id"].as_str().unwrap());
        let seen = world.person("he").get(&path).send().await.expect(200);
        assert_eq!((&seen["masked"], &seen["entries"][0]["text"]), (&json!(true), &json!("李四,139****5678,反映充电难、充电贵。")));
        for who in [&chen, &world.person("foreign"), &world.person("zhang")] {
            who.get(&path).send().await.refused(404, "diary_not_found");
        }
        let listed = wang.get("/diaries?closed=true").send().await.expect(200);
        assert_eq!((listed["items"].as_array().map(Vec::len), listed["items"][0].get("entries")), (Some(1), None));
        assert_eq!(wang.get("/diaries?closed=false").send().await.expect(200)["items"], json!([]));
    }

    async fn a_template_holds_where_it_was_made_for(world: World) {
        let (template, _) = begun(&world, "sun").await;
        let local = json!({ "region_code": FOREIGN, "name": "新胜", "steps": [{ "code": "1", "name": "x", "required": false }] });
        let local = world.person("foreign").post("/diary_templates").json(local).send().await.expect(201);
        let body = |template: &Value| json!({ "template_id": template["id"], "region_code": HOME, "title": "x" });
        world.person("sun").post("/diaries").json(body(&local)).send().await.refused(422, "diary_template_unknown");
        let used = world.person("sun").get(format!("/diary_templates?region_code={HOME}")).send().await.expect(200);
        assert_eq!(used["items"].as_array().map(Vec::len), Some(1));
        assert_eq!(used["items"][0]["id"], template["id"]);
        let mut twice = super::diaries::template();
        twice["steps"][1]["code"] = json!("1");
        world.person("lv").post("/diary_templates").json(twice).send().await.refused_fields(&[("#/steps", "field_invalid")]);
        let mut future = body(&template);
        future["happened_on"] = json!("2026-11-17");
        world.person("sun").post("/diaries").json(future).send().await.refused(422, "period_invalid");
        let mut outside = body(&template);
        outside["grid_id"] = json!(world.places.abroad);
        world.person("sun").post("/diaries").json(outside).send().await.refused(422, "grid_foreign");
    }

    async fn of_two_who_write_at_once_nothing_is_lost(world: World) {
        let (_, diary) = begun(&world, "sun").await;
        write(&world.person("sun"), &diary, "1", "x").await.expect(200);
        let tries = [("sun", "2"), ("wang", "3")].map(|(name, step)| {
            let (by, diary) = (world.person(name), diary.clone());
            tokio::spawn(async move { write(&by, &diary, step, "y").await.status })
        });
        let mut written = 1;
        for attempt in tries {
            let status = attempt.await.unwrap();
            assert!(status == 200 || status == 409, "{status}");
            written += i32::from(status == 200);
        }
        let now = world.person("sun").get(format!("/diaries/{}", diary["id"].as_str().unwrap())).send().await.expect(200);
        assert_eq!(now["steps_done"], json!(written), "who was told that it is written finds it written");
    }
}
