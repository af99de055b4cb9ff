//! Organizations, the tree that they stand in, and who belongs to them.

use serde_json::{Value, json};
use testkit::{Client, FOREIGN, HOME, World};

async fn found(by: &Client, name: &str, region: &str, parent: Option<&Value>) -> Value {
    let body = json!({ "name": name, "kind": "party_group", "region_code": region, "parent_id": parent.map(|p| &p["id"]) });
    by.post("/organizations").json(body).send().await.expect(201)
}

fn at(organization: &Value) -> String {
    format!("/organizations/{}", organization["id"].as_str().unwrap())
}

testkit::on_both! {
    async fn an_organization_is_founded_seen_changed_and_closed(world: World) {
        let (wang, chen, zhang) = (world.person("wang"), world.person("chen"), world.person("zhang"));
        let body = json!({ "name": "  新联社区第一网格党支部 ", "kind": "grid_branch", "region_code": HOME, "grid_id": world.places.west });
        chen.post("/organizations").json(&body).send().await.refused(403, "permission_missing");
        let branch = wang.post("/organizations").json(&body).send().await.expect(201);
        assert_eq!((&branch["name"], &branch["status"], &branch["version"]), (&json!("新联社区第一网格党支部"), &json!("active"), &json!(1)));
        assert!(branch.get("parent_id").is_none());
        chen.get(at(&branch)).send().await.expect(200);
        zhang.get(at(&branch)).send().await.refused(404, "organization_not_found");
        chen.post(at(&branch)).json(json!({ "name": "x" })).send().await.refused(403, "permission_missing");

        let changed = wang.post(at(&branch)).json(json!({ "name": "第一党支部", "grid_id": null, "version": 1 })).send().await.expect(200);
        assert_eq!((&changed["name"], &changed["version"], changed.get("grid_id")), (&json!("第一党支部"), &json!(2), None));
        wang.post(at(&branch)).json(json!({ "name": "y", "version": 1 })).send().await.refused(409, "version_stale");
        let same = wang.post(at(&branch)).json(json!({})).send().await.expect(200);
        assert_eq!(same["name"], "第一党支部");

        let closed = wang.post(format!("{}/close", at(&branch))).send().await.expect(200);
        assert_eq!(closed["status"], "closed");
        wang.post(format!("{}/close", at(&branch))).send().await.refused(409, "organization_closed");
        wang.post(at(&branch)).json(json!({ "name": "z" })).send().await.refused(409, "organization_closed");
        wang.post(format!("{}/members", at(&branch))).json(json!({ "account_id": chen.account(), "role": "member" })).send().await.refused(409, "organization_closed");
        assert_eq!(chen.get(at(&branch)).send().await.expect(200)["status"], "closed");
    }

    async fn an_organization_that_cannot_be_is_refused(world: World) {
        let (wang, admin) = (world.person("wang"), world.person("admin"));
        found(&wang, "老年协会", HOME, None).await;
        let with = |name: &str, value: Value| {
            let mut body = json!({ "name": "新组织", "kind": "other", "region_code": HOME });
            body[name] = value;
            body
        };
        for (body, code, pointer) in [
            (with("region_code", json!("321182001099")), "region_unknown", Some("#/region_code")),
            (with("region_code", json!("321182001012")), "region_closed", Some("#/region_code")),
            (with("grid_id", json!(world.places.abroad)), "grid_foreign", Some("#/grid_id")),
            (with("parent_id", json!("019aa1c2-0000-7000-8000-000000000001")), "organization_parent_invalid", Some("#/parent_id")),
        ] {
            let problem = admin.post("/organizations").json(&body).send().await.refused(422, code);
            assert_eq!(problem["errors"][0]["pointer"].as_str(), pointer, "{problem}");
        }
        wang.post("/organizations").json(with("name", json!("老年协会"))).send().await.refused(409, "organization_name_taken");
        wang.post("/organizations").json(with("name", json!(" 老年协会 "))).send().await.refused(409, "organization_name_taken");
        wang.post("/organizations").json(with("name", json!("   "))).send().await.refused_fields(&[("#/name", "field_length")]);
        // The same name elsewhere is another organization.
        found(&world.person("foreign"), "老年协会", FOREIGN, None).await;
    }

    async fn the_tree_has_no_ring_and_no_holes(world: World) {
        let (wang, feng, foreign) = (world.person("wang"), world.person("feng"), world.person("foreign"));
        let street = found(&feng, "街道党工委", "321182001", None).await;
        let party = found(&wang, "社区党委", HOME, Some(&street)).await;
        let branch = found(&wang, "第一支部", HOME, Some(&party)).await;
        let group = found(&wang, "第一小组", HOME, Some(&branch)).await;
        assert_eq!(group["parent_id"], branch["id"]);

        let hang = async |what: &Value, under: &Value| feng.post(at(what)).json(json!({ "parent_id": under["id"] })).send().await;
        hang(&party, &party).await.refused(422, "organization_parent_invalid");
        hang(&party, &branch).await.refused(422, "organization_parent_invalid");
        hang(&party, &group).await.refused(422, "organization_parent_invalid");
        hang(&street, &group).await.refused(422, "organization_parent_invalid");
        let other = found(&foreign, "新胜党委", FOREIGN, None).await;
        hang(&branch, &other).await.refused(422, "organization_parent_invalid");
        hang(&group, &party).await.expect(200);
        hang(&group, &branch).await.expect(200);

        for (what, status) in [(&branch, 409), (&party, 409), (&group, 200), (&branch, 200)] {
            let reply = wang.post(format!("{}/close", at(what))).send().await;
            assert_eq!(reply.status, status, "{}", reply.text());
        }
        hang(&party, &branch).await.refused(422, "organization_parent_invalid");
        let names = async |query: String| {
            let page = feng.get(format!("/organizations?limit=100{query}")).send().await.expect(200);
            page["items"].as_array().unwrap().iter().map(|o| o["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names(format!("&parent_id={}", street["id"].as_str().unwrap())).await, ["社区党委"]);
        assert_eq!(names("&kind=resident_unit".to_owned()).await, ["中国电信"]);
        assert_eq!(names(format!("&region_code={FOREIGN}")).await, ["新胜党委"]);
        assert!(names(String::new()).await.len() >= 5);
    }

    async fn a_ring_does_not_come_about_by_two_moves_at_once(world: World) {
        let wang = world.person("wang");
        let (a, b) = (found(&wang, "甲", HOME, None).await, found(&wang, "乙", HOME, None).await);
        for _ in 0..4 {
            let moves = [(&a, &b), (&b, &a)].map(|(what, under)| {
                let request = wang.post(at(what)).json(json!({ "parent_id": under["id"] }));
                tokio::spawn(async move { request.send().await.status })
            });
            let mut done = Vec::new();
            for step in moves {
                done.push(step.await.unwrap());
            }
            let (a_now, b_now) = (wang.get(at(&a)).send().await.expect(200), wang.get(at(&b)).send().await.expect(200));
            assert!(!(a_now["parent_id"] == b["id"] && b_now["parent_id"] == a["id"]), "a ring: {done:?}");
            for what in [&a, &b] {
                wang.post(at(what)).json(json!({ "parent_id": null })).send().await.expect(200);
            }
        }
    }

    async fn a_member_joins_once_and_leaves_on_record(world: World) {
        let (wang, chen, foreign) = (world.person("wang"), world.person("chen"), world.person("foreign"));
        let group = found(&wang, "第一小组", HOME, None).await;
        let members = format!("{}/members", at(&group));
        let join = json!({ "account_id": chen.account(), "role": "secretary" });
        let membership = wang.post(&members).json(&join).send().await.expect(201);
        let problem = wang.post(&members).json(&join).send().await.refused(409, "membership_exists");
        assert_eq!(problem["errors"][0]["pointer"], "#/role", "{problem}");
        let nobody = json!({ "account_id": "019aa1c2-0000-7000-8000-000000000001", "role": "member" });
        wang.post(&members).json(nobody).send().await.refused(422, "reference_broken");
        chen.post(&members).json(&join).send().await.refused(403, "permission_missing");
        foreign.post(&members).json(&join).send().await.refused(404, "organization_not_found");
        let listed = chen.get(&members).send().await.expect(200);
        assert_eq!((listed["items"].as_array().map(Vec::len), &listed["items"][0]["role"]), (Some(1), &json!("secretary")));

        let path = format!("/memberships/{}", membership["id"].as_str().unwrap());
        foreign.delete(&path).send().await.refused(404, "membership_not_found");
        chen.delete(&path).send().await.refused(403, "permission_missing");
        assert_eq!(wang.delete(&path).send().await.status, 204);
        wang.delete(&path).send().await.refused(404, "membership_not_found");
        assert_eq!(chen.get(&members).send().await.expect(200)["items"], json!([]));
        wang.post(&members).json(&join).send().await.expect(201);
    }

    async fn whoever_works_for_an_organization_knows_it(world: World) {
        let zheng = world.person("zheng");
        let telecom = zheng.get(format!("/organizations/{}", world.places.telecom)).send().await.expect(200);
        assert_eq!(telecom["name"], "中国电信");
        let other = found(&world.person("wang"), "老年协会", HOME, None).await;
        zheng.get(at(&other)).send().await.refused(404, "organization_not_found");
        let listed = zheng.get("/organizations").send().await.expect(200);
        assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "{listed}");
        zheng.post(format!("/organizations/{}", world.places.telecom)).json(json!({ "name": "x" })).send().await.refused(403, "permission_missing");
    }
}
