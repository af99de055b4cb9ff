//! Double check-in: a member who lives in one place and works in another.

use crate::{admission::id, orders};
use serde_json::{Value, json};
use testkit::{FOREIGN, HOME, World};

fn home() -> Value {
    json!({
        "kind": "residence", "region_code": HOME, "skills": ["水电维修", " 水电维修 "], "address": "翡丽中央12幢", "post_wish": "巡查员",
        "hours": "周末,13912345678",
    })
}

testkit::on_both! {
    async fn who_lives_here_takes_orders_here_and_their_workplace_hears_of_it(world: World) {
        // 许来 serves 新胜社区, lives in 新联社区, and works at 中国电信.
        let (guest, wang, zheng) = (world.person("guest"), world.person("wang"), world.person("zheng"));
        let order = orders::placed(&world).await;
        let candidates = format!("/orders/{}/candidates", id(&order));
        let names = async || {
            let found = wang.get(&candidates).send().await.expect(200);
            let found: Vec<Value> = found["items"].as_array().unwrap().iter().map(|c| c["taker"]["id"].clone()).collect();
            found
        };
        let me = json!(guest.account());
        let filed = guest.post("/check_ins").json(home()).send().await.expect(201);
        assert_eq!((&filed["state"], &filed["skills"], &filed["address"]), (&json!("filed"), &json!(["水电维修"]), &json!("翡丽中央12幢")));
        assert!(!crate::battery::holds(&world, "翡丽中央12幢").await, "sealed");
        guest.post("/check_ins").json(home()).send().await.refused(409, "check_in_exists");
        assert!(!names().await.contains(&me), "not before it is confirmed");
        let path = format!("/check_ins/{}", id(&filed));
        guest.post(format!("{path}/confirm")).json(json!({})).send().await.refused(403, "permission_missing");
        wang.post(format!("{path}/praise")).json(json!({ "words": "x" })).send().await.refused(409, "check_in_state_conflict");
        let confirmed = wang.post(format!("{path}/confirm")).json(json!({ "version": 1 })).send().await.expect(200);
        assert_eq!((&confirmed["state"], &confirmed["address"]), (&json!("confirmed"), &json!("翡丽中央12幢")));
        wang.post(format!("{path}/confirm")).json(json!({})).send().await.refused(409, "check_in_state_conflict");
        assert!(names().await.contains(&me), "a candidate");

        // They are dispatched to, accept, and do the work.
        orders::step(&wang, &order, "triage", json!({})).await.expect(200);
        let lead = json!({ "mode": "assign", "lead": { "kind": "person", "id": me } });
        orders::step(&wang, &order, "dispatch", lead).await.expect(200);
        orders::step(&guest, &order, "accept", json!({})).await.expect(200);
        world.later(chrono::Duration::minutes(90));
        orders::step(&guest, &order, "complete", json!({ "result": "solved", "answer": "已修好。" })).await.expect(200);
        // And claim from the pool there.
        let pooled = orders::pooled(&world, orders::lamp()).await;
        orders::step(&guest, &pooled, "accept", json!({})).await.expect(200);

        // Their workplace: it does not know them before they have checked in there, by whom it is confirmed.
        let telecom = world.places.telecom;
        let work = json!({ "kind": "workplace", "organization_id": telecom });
        let work = guest.post("/check_ins").json(work).send().await.expect(201);
        let feedback = format!("/organizations/{telecom}/participation");
        assert_eq!(zheng.get(&feedback).send().await.expect(200)["items"], json!([]));
        zheng.post(format!("/check_ins/{}/confirm", id(&work))).json(json!({})).send().await.expect(200);
        wang.post(format!("{path}/praise")).json(json!({ "words": "修得好,张三电话13812341234。" })).send().await.expect(200);
        assert!(!crate::battery::holds(&world, "修得好").await, "sealed");
        let told = zheng.get(&feedback).send().await.expect(200)["items"][0].clone();
        assert_eq!(told, json!({
            "account_id": me, "name": "许来", "region_code": HOME, "checked_in_at": confirmed["confirmed_at"], "orders": 1, "hours": 1.5,
            "words": "修得好,张三电话138****1234。",
        }));
        // Where they live is the community's to know.
        zheng.get(&path).send().await.refused(404, "check_in_not_found");
        let at_work = zheng.get("/check_ins").send().await.expect(200);
        assert_eq!((at_work["items"].as_array().map(Vec::len), &at_work["items"][0]["id"]), (Some(1), &work["id"]));
        let seen = world.person("he").get(&path).send().await.expect(200);
        assert_eq!((seen.get("address"), seen.get("hours"), &seen["skills"]), (None, None, &json!(["水电维修"])));
        assert_eq!(guest.get("/check_ins").send().await.expect(200)["items"].as_array().map(Vec::len), Some(2), "one's own");
        assert_eq!(guest.get("/me/data").send().await.expect(200)["check_ins"].as_array().map(Vec::len), Some(2));

        // When they move away, the right goes with them.
        let ended = guest.post(format!("{path}/end")).json(json!({})).send().await.expect(200);
        assert_eq!(ended["state"], "ended");
        guest.post(format!("{path}/end")).json(json!({})).send().await.refused(409, "check_in_state_conflict");
        assert!(!names().await.contains(&me));
        let another = orders::pooled(&world, orders::lamp()).await;
        orders::step(&guest, &another, "accept", json!({})).await.refused(404, "order_not_found");
        guest.post("/check_ins").json(home()).send().await.expect(201);
    }

    async fn a_check_in_that_cannot_be_is_refused(world: World) {
        let (chen, wang) = (world.person("chen"), world.person("wang"));
        let with = |name: &str, value: Value| {
            let mut body = home();
            body[name] = value;
            body
        };
        for (body, code) in [
            (with("region_code", json!("321182001000")), "region_not_community"),
            (with("region_code", json!("321182001099")), "region_unknown"),
            (with("organization_id", json!(world.places.telecom)), "content_invalid"),
            (json!({ "kind": "residence" }), "content_invalid"),
            (json!({ "kind": "workplace" }), "content_invalid"),
            (json!({ "kind": "workplace", "organization_id": world.places.telecom, "region_code": HOME }), "content_invalid"),
            (json!({ "kind": "organization", "organization_id": "019aa1c2-0000-7000-8000-000000000001" }), "reference_broken"),
            (with("skills", json!([" "])), "content_invalid"),
        ] {
            chen.post("/check_ins").json(body).send().await.refused(422, code);
        }
        world.person("zhang").post("/check_ins").json(home()).send().await.refused(403, "permission_missing");
        // An organization of another place is as none, and one may belong to several.
        let guest = world.person("guest");
        let work = json!({ "kind": "workplace", "organization_id": world.places.telecom });
        guest.post("/check_ins").json(&work).send().await.refused(422, "reference_broken");
        let belong = json!({ "kind": "organization", "organization_id": world.places.telecom });
        let first = chen.post("/check_ins").json(&belong).send().await.expect(201);
        chen.post("/check_ins").json(&belong).send().await.refused(409, "check_in_exists");
        let club = json!({ "name": "老年协会", "kind": "social_organization", "region_code": HOME });
        let club = wang.post("/organizations").json(club).send().await.expect(201);
        chen.post("/check_ins").json(json!({ "kind": "organization", "organization_id": club["id"] })).send().await.expect(201);
        // Who takes orders there already gets no second right, and keeps the first when it ends.
        let residence = chen.post("/check_ins").json(home()).send().await.expect(201);
        let path = format!("/check_ins/{}", id(&residence));
        wang.post(format!("{path}/confirm")).json(json!({ "version": 9 })).send().await.refused(409, "version_stale");
        wang.post(format!("{path}/confirm")).json(json!({})).send().await.expect(200);
        wang.post(format!("{path}/end")).json(json!({})).send().await.expect(200);
        let order = orders::pooled(&world, orders::lamp()).await;
        orders::step(&chen, &order, "accept", json!({})).await.expect(200);
        for name in ["zhou", "foreign", "guest"] {
            world.person(name).get(format!("/check_ins/{}", id(&first))).send().await.refused(404, "check_in_not_found");
            let region = if name == "foreign" { FOREIGN } else { HOME };
            let listed = world.person(name).get(format!("/check_ins?region_code={region}")).send().await.expect(200);
            assert_eq!(listed["items"], json!([]), "{name}");
        }
    }
}
