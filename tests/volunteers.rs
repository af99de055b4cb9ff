//! Who takes orders: the roll of volunteers and party members.

use serde_json::{Value, json};
use testkit::{FOREIGN, HOME, World};

testkit::on_both! {
    async fn somebody_registers_themselves_as_what_they_are(world: World) {
        let [sun, li, zhang, wang] = ["sun", "li", "zhang", "wang"].map(|n| world.person(n));
        let body = |kind: &str, region: &str| json!({ "kind": kind, "region_code": region, "skills": [" 水电维修 ", "水电维修", "政策咨询"] });
        sun.post("/volunteers").json(body("party_member", HOME)).send().await.refused_fields(&[("#/kind", "field_invalid")]);
        sun.post("/volunteers").json(body("grid_member", FOREIGN)).send().await.refused(403, "permission_missing");
        li.post("/volunteers").json(body("volunteer", HOME)).send().await.refused(403, "permission_missing");
        let mut claimed = body("grid_member", HOME);
        claimed["organization_id"] = json!(world.places.telecom);
        sun.post("/volunteers").json(claimed).send().await.refused_fields(&[("#/organization_id", "field_invalid")]);
        let sun_now = sun.post("/volunteers").json(body("grid_member", HOME)).send().await.expect(201);
        assert_eq!(sun_now["skills"], json!(["水电维修", "政策咨询"]));
        assert_eq!((&sun_now["account_id"], &sun_now["available"], &sun_now["version"]), (&json!(sun.account()), &json!(true), &json!(1)));
        sun.post("/volunteers").json(body("grid_member", HOME)).send().await.refused(409, "volunteer_exists");

        // Who keeps the roll registers whom they like, but only where they keep it.
        let other = |account: Value, region: &str| {
            let mut body = body("volunteer", region);
            body["account_id"] = account;
            body
        };
        zhang.post("/volunteers").json(other(json!(li.account()), HOME)).send().await.refused(403, "permission_missing");
        wang.post("/volunteers").json(other(json!(li.account()), FOREIGN)).send().await.refused(403, "permission_missing");
        wang.post("/volunteers").json(other(json!("019aa1c2-0000-7000-8000-000000000001"), HOME)).send().await.refused(422, "reference_broken");
        wang.post("/volunteers").json(other(json!(li.account()), HOME)).send().await.expect(201);
    }

    async fn a_registration_that_cannot_be_is_refused(world: World) {
        let (wang, li) = (world.person("wang"), world.person("li"));
        let with = |name: &str, value: Value| {
            let mut body = json!({ "account_id": li.account(), "kind": "volunteer", "region_code": HOME });
            body[name] = value;
            body
        };
        wang.post("/volunteers").json(with("grid_id", json!(world.places.abroad))).send().await.refused(422, "grid_foreign");
        let admin = world.person("admin");
        admin.post("/volunteers").json(with("region_code", json!("321182001099"))).send().await.refused(422, "region_unknown");
        admin.post("/volunteers").json(with("region_code", json!("321182001012"))).send().await.refused(422, "region_closed");
        wang.post("/volunteers").json(with("skills", json!(["好", ""]))).send().await.refused_fields(&[("#/skills/1", "field_length")]);
        wang.post("/volunteers").json(with("skills", json!(["长".repeat(31)]))).send().await.refused_fields(&[("#/skills/0", "field_length")]);
        wang.post("/volunteers").json(with("skills", json!(vec!["a"; 21]))).send().await.refused_fields(&[("#/skills", "field_length")]);
        wang.post("/volunteers").json(with("organization_id", json!("019aa1c2-0000-7000-8000-000000000001"))).send().await.refused(422, "reference_broken");
        li.get(format!("/volunteers/{}", li.account())).send().await.refused(404, "volunteer_not_found");
    }

    async fn a_taker_changes_what_is_theirs(world: World) {
        let [chen, wang, zhou, foreign] = ["chen", "wang", "zhou", "foreign"].map(|n| world.person(n));
        let path = format!("/volunteers/{}", chen.account());
        let rested = chen.post(&path).json(json!({ "available": false, "version": 1 })).send().await.expect(200);
        assert_eq!((&rested["available"], &rested["version"], &rested["skills"]), (&json!(false), &json!(2), &json!(["水电维修", "助老陪护"])));
        chen.post(&path).json(json!({ "available": true, "version": 1 })).send().await.refused(409, "version_stale");
        chen.post(&path).json(json!({ "grid_id": world.places.east })).send().await.expect(200);
        chen.post(&path).json(json!({ "grid_id": world.places.abroad })).send().await.refused(422, "grid_foreign");
        let whole = chen.post(&path).json(json!({ "grid_id": null })).send().await.expect(200);
        assert!(whole.get("grid_id").is_none(), "{whole}");
        zhou.get(&path).send().await.refused(404, "volunteer_not_found");
        zhou.post(&path).json(json!({ "available": true })).send().await.refused(404, "volunteer_not_found");
        foreign.post(&path).json(json!({ "available": true })).send().await.refused(404, "volunteer_not_found");
        world.person("he").post(&path).json(json!({ "available": true })).send().await.refused(403, "permission_missing");
        wang.post(&path).json(json!({ "skills": [] })).send().await.expect(200);
        assert_eq!(chen.get(&path).send().await.expect(200)["skills"], json!([]));
    }

    async fn the_roll_is_read_by_whom_it_concerns(world: World) {
        let list = async |name: &str, query: &str| {
            let page = world.person(name).get(format!("/volunteers?{query}")).send().await.expect(200);
            let mut who: Vec<String> = page["items"].as_array().unwrap().iter().map(|v| v["account_id"].as_str().unwrap().to_owned()).collect();
            who.sort();
            who
        };
        let people = |names: &[&str]| {
            let mut who: Vec<String> = names.iter().map(|n| world.person(n).account().to_string()).collect();
            who.sort();
            who
        };
        assert_eq!(list("wang", "").await, people(&["chen", "zhou", "wu"]));
        assert_eq!(list("feng", "").await, people(&["chen", "zhou", "wu", "guest"]));
        assert_eq!(list("feng", &format!("region_code={FOREIGN}")).await, people(&["guest"]));
        assert_eq!(list("feng", "kind=volunteer").await, people(&["wu"]));
        assert_eq!(list("feng", "skill=%E6%B0%B4%E7%94%B5%E7%BB%B4%E4%BF%AE").await, people(&["chen", "guest"]));
        assert_eq!(list("feng", "skill=%E6%B0%B4%E7%94%B5").await, people(&[]));
        assert_eq!(list("he", "available=true").await, people(&["chen", "zhou", "wu", "guest"]));
        assert_eq!(list("he", "available=false").await, people(&[]));
        world.person("chen").get("/volunteers").send().await.refused(403, "permission_missing");
        let mut walked = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = world.person("feng").get(format!("/volunteers?limit=1{cursor}")).send().await.expect(200);
            walked.extend(page["items"].as_array().unwrap().iter().map(|v| v["account_id"].as_str().unwrap().to_owned()));
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        walked.sort();
        assert_eq!(walked, people(&["chen", "zhou", "wu", "guest"]));
    }
}
