//! Who is on duty in a grid, what becomes of grids, and what everybody may read of them.

use serde_json::{Value, json};
use testkit::{Client, FOREIGN, HOME, World};

fn square(west: f64, south: f64, east: f64, north: f64) -> Value {
    json!({ "type": "Polygon", "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]] })
}

async fn draw(by: &Client, name: &str, kind: &str, more: Value) -> Value {
    let mut body = json!({ "region_code": HOME, "name": name, "kind": kind });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    by.post("/grids").json(body).send().await.expect(201)
}

fn id(thing: &Value) -> &str {
    thing["id"].as_str().unwrap()
}

testkit::on_both! {
    async fn a_grid_has_one_dedicated_member_at_a_time(world: World) {
        let (wang, he, zhang) = (world.person("wang"), world.person("he"), world.person("zhang"));
        let path = format!("/grids/{}/duties", world.places.west);
        let member = |name: &str, from: &str, to: Option<&str>| {
            let mut body = json!({ "role": "dedicated_member", "name": name, "phone": "13812340001", "valid_from": from });
            body["valid_to"] = json!(to);
            body
        };
        zhang.post(&path).json(member("孙一", "2026-11-01T00:00:00Z", None)).send().await.refused(403, "permission_missing");
        let first = wang.post(&path).json(member("孙一", "2026-11-01T00:00:00Z", Some("2026-12-01T00:00:00Z"))).send().await.expect(201);
        assert_eq!((&first["name"], &first["phone"], &first["version"]), (&json!("孙一"), &json!("13812340001"), &json!(1)));
        // A second one, whose period shares a moment; the same one again; one whose period is none.
        let second = |from: &str, to: Option<&str>| {
            let mut body = member("孙二", from, to);
            body["phone"] = json!("13812340002");
            body
        };
        for (from, to) in [("2026-11-30T23:59:59Z", None), ("2026-10-01T00:00:00Z", Some("2026-11-01T00:00:01Z")), ("2026-11-10T00:00:00Z", Some("2026-11-11T00:00:00Z"))] {
            wang.post(&path).json(second(from, to)).send().await.refused(409, "duty_taken");
        }
        wang.post(&path).json(member("孙一", "2026-11-10T00:00:00Z", None)).send().await.refused(409, "duty_overlap");
        wang.post(&path).json(second("2026-12-02T00:00:00Z", Some("2026-12-02T00:00:00Z"))).send().await.refused(422, "period_invalid");
        let next = wang.post(&path).json(second("2026-12-01T00:00:00Z", None)).send().await.expect(201);
        let listed = he.get(&path).send().await.expect(200);
        assert_eq!(listed["items"].as_array().unwrap().len(), 2);
        assert!(listed["items"].as_array().unwrap().iter().all(|d| d["phone"].as_str().unwrap().starts_with("138****000")), "an auditor calls nobody");
        zhang.get(&path).send().await.refused(403, "permission_missing");

        // Ended, it leaves the post to another.
        let end = format!("/duties/{}/end", id(&first));
        wang.post(&end).json(json!({ "at": "2026-12-02T00:00:00Z" })).send().await.refused(422, "period_invalid");
        wang.post(&end).json(json!({ "version": 2 })).send().await.refused(409, "version_stale");
        assert_eq!(wang.post(&end).json(json!({})).send().await.expect(200)["valid_to"], "2026-11-16T01:00:00Z");
        wang.post(&end).json(json!({})).send().await.refused(409, "duty_ended");
        wang.post(format!("/duties/{}", id(&first))).json(json!({ "building": "3幢" })).send().await.refused(409, "duty_ended");
        wang.post(&path).json(json!({ "role": "dedicated_member", "name": "孙三", "valid_to": "2026-12-01T00:00:00Z" })).send().await.expect(201);
        world.person("foreign").post(format!("/duties/{}/end", id(&next))).json(json!({})).send().await.refused(404, "duty_not_found");

        // The phone of a duty is published, so it is never the private one.
        let private = json!({ "role": "police", "name": "周警官", "phone": "13812340009", "duty_phone": "13812340009" });
        wang.post(&path).json(private).send().await.refused_fields(&[("#/duty_phone", "field_invalid")]);
        let police = json!({ "role": "police", "name": "周警官", "phone": "13812340009" });
        let police = wang.post(&path).json(police).send().await.expect(201);
        let update = format!("/duties/{}", id(&police));
        wang.post(&update).json(json!({ "duty_phone": "13812340009" })).send().await.refused_fields(&[("#/duty_phone", "field_invalid")]);
        let shown = wang.post(&update).json(json!({ "duty_phone": "0511-88010110", "skills": ["反诈"] })).send().await.expect(200);
        assert_eq!((&shown["duty_phone"], &shown["skills"], &shown["version"]), (&json!("0511-88010110"), &json!(["反诈"]), &json!(2)));
        for phone in ["12012345678", "abc", "1"] {
            let body = json!({ "role": "other", "name": "某", "duty_phone": phone });
            assert_eq!(wang.post(&path).json(body).send().await.expect(422)["code"], "content_invalid", "{phone}");
        }
    }

    async fn vacancies_and_double_duties_are_reported(world: World) {
        let (wang, lv) = (world.person("wang"), world.person("he"));
        let assign = async |grid: &str, role: &str, name: &str, phone: Option<&str>| {
            let body = json!({ "role": role, "name": name, "phone": "13812340001", "duty_phone": phone });
            wang.post(format!("/grids/{grid}/duties")).json(body).send().await.expect(201)
        };
        let (west, east) = (world.places.west.to_string(), world.places.east.to_string());
        let names = async |path: &str| {
            let page = lv.get(path).send().await.expect(200);
            page["items"].as_array().unwrap().iter().map(|g| g["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names(&format!("/grids/vacancies?region_code={HOME}")).await, ["第一网格", "第二网格"]);
        assign(&west, "dedicated_member", "孙一", Some("0511-88010001")).await;
        assert_eq!(names(&format!("/grids/vacancies?region_code={HOME}")).await, ["第二网格"]);
        assert_eq!(names(&format!("/grids/vacancies?region_code={HOME}&role=secretary")).await, ["第一网格", "第二网格"]);
        let page = lv.get(format!("/grids/vacancies?region_code={HOME}&role=secretary&limit=1")).send().await.expect(200);
        let cursor = page["next_cursor"].as_str().unwrap();
        assert_eq!(names(&format!("/grids/vacancies?region_code={HOME}&role=secretary&limit=1&cursor={cursor}")).await, ["第二网格"]);
        assert_eq!(lv.get("/duties/double").send().await.expect(200)["items"], json!([]));
        assign(&east, "dedicated_member", "孙一", None).await;
        assign(&east, "lead", "李网格", None).await;
        let double = lv.get("/duties/double").send().await.expect(200);
        assert_eq!((&double["items"][0]["name"], double["items"][0]["duties"].as_array().unwrap().len()), (&json!("孙一"), 2));
        assert_eq!(lv.get("/duties/double?role=lead").send().await.expect(200)["items"], json!([]));
        let report = lv.get(format!("/grids/duty-report?region_code={HOME}")).send().await.expect(200);
        assert_eq!(report, json!({ "grids": 2, "with_dedicated_member": 2, "with_lead": 1, "with_secretary": 0, "disclosed": 1 }));
        wang.get(format!("/grids/duty-report?region_code={FOREIGN}")).send().await.refused(403, "permission_missing");
    }

    async fn three_leads_and_the_service_team_are_views_of_who_is_on_duty(world: World) {
        let wang = world.person("wang");
        let grid = format!("/grids/{}", world.places.west);
        for (role, name) in [("lead", "甲"), ("building_lead", "乙"), ("building_lead", "丙"), ("party_group_lead", "丁"), ("lawyer", "戊"), ("dedicated_member", "己")] {
            wang.post(format!("{grid}/duties")).json(json!({ "role": role, "name": name, "skills": ["调解"] })).send().await.expect(201);
        }
        let leads = wang.get(format!("{grid}/three-leads")).send().await.expect(200);
        assert_eq!((&leads["lead"]["name"], leads["building_leads"].as_array().unwrap().len(), &leads["party_group_leads"][0]["name"]), (&json!("甲"), 2, &json!("丁")));
        let team = wang.get(format!("{grid}/team")).send().await.expect(200);
        assert_eq!((&team["dedicated_member"]["name"], team["members"].as_array().unwrap().len()), (&json!("己"), 5));
    }

    async fn everybody_reads_the_public_card_and_no_private_phone(world: World) {
        let (wang, lv, nobody) = (world.person("wang"), world.person("lv"), world.nobody());
        let west = world.places.west;
        wang.post(format!("/grids/{west}")).json(json!({ "extent": "翡丽中央1至12幢" })).send().await.expect(200);
        let lead = json!({ "role": "lead", "name": "王建国", "phone": "13812345678", "duty_phone": "0511-88010001" });
        wang.post(format!("/grids/{west}/duties")).json(lead).send().await.expect(201);
        wang.post(format!("/grids/{west}/duties")).json(json!({ "role": "volunteer", "name": "赵志愿", "phone": "13812345679" })).send().await.expect(201);
        let reply = nobody.get(format!("/public/grids/{west}/card")).send().await;
        let card = reply.expect(200);
        assert_eq!((&card["code"], &card["extent"], &card["region_name"]), (&json!("321182001017W001"), &json!("翡丽中央1至12幢"), &json!("新联社区居委会")));
        assert_eq!(card["duties"], json!([{ "role": "lead", "name": "王**", "duty_phone": "0511-88010001" }]));
        assert!(!reply.text().contains("1381234567"), "{}", reply.text());
        assert_eq!(reply.header("cache-control"), "public, max-age=60");
        let tag = reply.header("etag").to_owned();
        let again = nobody.get("/public/grids/321182001017W001/card").header("if-none-match", &tag).send().await;
        assert_eq!((again.status, again.text().as_str(), again.header("etag")), (304, "", tag.as_str()));
        nobody.get("/public/grids/321182001017W999/card").send().await.refused(404, "grid_not_found");
        nobody.get("/public/grids/019aa1c2-0000-7000-8000-000000000001/card").send().await.refused(404, "grid_not_found");

        // The rules of the place publish names and say where to complain.
        let rules = json!({ "region_code": "321182000000", "grid_rules": { "card_names": "full", "supervision_phone": "12345" } });
        lv.post("/policies").json(rules).send().await.expect(201);
        let reply = nobody.get("/public/grids/321182001017W001/card").header("if-none-match", &tag).send().await;
        let card = reply.expect(200);
        assert_eq!((&card["duties"][0]["name"], &card["supervision_phone"]), (&json!("王建国"), &json!("12345")));
    }

    async fn a_grid_is_split_and_merged_and_its_code_stays_taken(world: World) {
        let (wang, zhang) = (world.person("wang"), world.person("zhang"));
        let old = draw(&wang, "大网格", "comprehensive", json!({ "boundary": square(119.80, 32.26, 119.82, 32.27), "households": 700 })).await;
        assert_eq!(old["warnings"], json!([{ "code": "too_many_households", "bound": 500 }]), "the place is warned, not refused");
        let micro = draw(&wang, "微网格", "micro", json!({ "parent_id": old["id"], "center": { "lng": 119.815, "lat": 32.265 } })).await;
        wang.post(format!("/grids/{}/duties", id(&old))).json(json!({ "role": "lead", "name": "甲" })).send().await.expect(201);
        let parts = json!({ "parts": [
            { "name": "西", "boundary": square(119.80, 32.26, 119.81, 32.27), "households": 340 },
            { "name": "东", "boundary": square(119.81, 32.26, 119.82, 32.27), "households": 360 },
        ], "version": 1 });
        zhang.post(format!("/grids/{}/split", id(&old))).json(&parts).send().await.refused(403, "permission_missing");
        let mut bad = parts.clone();
        bad["parts"][1]["boundary"] = json!({ "type": "Polygon", "coordinates": [[[119.81, 32.26], [119.82, 32.27], [119.82, 32.26], [119.81, 32.27], [119.81, 32.26]]] });
        let refused = wang.post(format!("/grids/{}/split", id(&old))).json(bad).send().await.expect(422);
        assert_eq!((&refused["code"], &refused["errors"][0]["pointer"]), (&json!("boundary_invalid"), &json!("#/parts/1/boundary")));
        let split = wang.post(format!("/grids/{}/split", id(&old))).json(&parts).send().await.expect(201);
        let (west, east) = (split["grids"][0].clone(), split["grids"][1].clone());
        assert_eq!((&west["households"], west.get("warnings")), (&json!(340), None));
        wang.post(format!("/grids/{}/split", id(&old))).json(&parts).send().await.refused(409, "version_stale");
        wang.post(format!("/grids/{}", id(&old))).json(json!({ "name": "x" })).send().await.refused(409, "grid_closed");
        assert_eq!(zhang.get(format!("/grids/{}", id(&micro))).send().await.expect(200)["parent_id"], east["id"]);
        let listed = wang.get(format!("/grids?region_code={HOME}&parent_id={}", id(&east))).send().await.expect(200);
        assert_eq!(listed["items"][0]["id"], micro["id"]);
        let ended = wang.get(format!("/grids/{}/duties?include_ended=true", id(&old))).send().await.expect(200);
        assert!(ended["items"][0]["valid_to"].is_string(), "who was on duty in a grid that ends is so no longer");
        let lineage = zhang.get(format!("/grids/{}/lineage", id(&old))).send().await.expect(200);
        assert_eq!((lineage["successors"].as_array().unwrap().len(), &lineage["successors"][0]["change"]), (2, &json!("split")));
        let back = zhang.get(format!("/grids/{}/lineage", id(&east))).send().await.expect(200);
        assert_eq!(back["predecessors"][0]["grid"]["code"], old["code"]);
        let card = world.nobody().get(format!("/public/grids/{}/card", old["code"].as_str().unwrap())).send().await.expect(200);
        assert_eq!((card["successors"].as_array().unwrap().len(), &card["duties"]), (2, &json!([])));

        // What has ended is no place for anything new, and its code is nobody else's.
        let late = json!({ "role": "lead", "name": "乙" });
        wang.post(format!("/grids/{}/duties", id(&old))).json(late).send().await.refused(422, "grid_ended");
        let member = json!({ "name": "支部", "kind": "grid_branch", "region_code": HOME, "grid_id": old["id"] });
        wang.post("/organizations").json(member).send().await.refused(422, "grid_ended");
        let again = json!({ "region_code": HOME, "name": "x", "kind": "comprehensive", "code": old["code"] });
        wang.post("/grids").json(again).send().await.refused(409, "grid_code_taken");

        let ids = json!([west["id"], east["id"]]);
        let merged = wang.post("/grids/merge").json(json!({ "grid_ids": ids, "into": { "name": "又合" } })).send().await.expect(201);
        assert_eq!((&merged["households"], &merged["center"]["lng"]), (&json!(700), &json!(119.81)));
        assert_eq!(zhang.get(format!("/grids/{}", id(&micro))).send().await.expect(200)["parent_id"], merged["id"]);
        let found = zhang.get("/grids/locate?lng=119.819&lat=32.265").send().await.expect(200);
        assert_eq!(found["id"], merged["id"]);
        let twice = json!({ "grid_ids": [merged["id"], merged["id"]], "into": { "name": "x" } });
        wang.post("/grids/merge").json(twice).send().await.refused_fields(&[("#/grid_ids", "field_invalid")]);
        let mixed = json!({ "grid_ids": [merged["id"], micro["id"]], "into": { "name": "x" } });
        wang.post("/grids/merge").json(mixed).send().await.refused_fields(&[("#/grid_ids", "field_invalid")]);
        let across = json!({ "grid_ids": [merged["id"], world.places.abroad], "into": { "name": "x" } });
        wang.post("/grids/merge").json(&across).send().await.refused(403, "permission_missing");
        world.person("admin").post("/grids/merge").json(across).send().await.refused(422, "grids_foreign");
    }

    async fn only_small_grids_lie_in_another_of_their_community(world: World) {
        let wang = world.person("wang");
        let (west, abroad) = (json!(world.places.west), json!(world.places.abroad));
        let with = |kind: &str, parent: &Value| json!({ "region_code": HOME, "name": "x", "kind": kind, "parent_id": parent });
        wang.post("/grids").json(with("comprehensive", &west)).send().await.refused(422, "grid_parent_invalid");
        wang.post("/grids").json(with("micro", &abroad)).send().await.refused(422, "grid_parent_invalid");
        let hood = wang.post("/grids").json(with("neighborhood", &west)).send().await.expect(201);
        let micro = wang.post("/grids").json(with("micro", &hood["id"])).send().await.expect(201);
        wang.post("/grids").json(with("neighborhood", &micro["id"])).send().await.refused(422, "grid_parent_invalid");
        let path = format!("/grids/{}", id(&micro));
        wang.post(&path).json(json!({ "parent_id": micro["id"] })).send().await.refused(422, "grid_parent_invalid");
        let out = wang.post(&path).json(json!({ "parent_id": null, "external_codes": [{ "system": "cjt349", "code": "01000032118200101703" }] })).send().await.expect(200);
        assert_eq!((out.get("parent_id"), &out["external_codes"][0]["system"]), (None, &json!("cjt349")));
        let short = json!({ "external_codes": [{ "system": "cjt349", "code": "0100" }] });
        assert_eq!(wang.post(&path).json(short).send().await.expect(422)["code"], "content_invalid");
        wang.post(format!("/grids/{}/close", id(&hood))).json(json!({})).send().await.expect(200);
        wang.post(&path).json(json!({ "parent_id": hood["id"] })).send().await.refused(422, "grid_ended");
    }

    async fn one_grid_one_branch_is_counted(world: World) {
        let wang = world.person("wang");
        let third = draw(&wang, "第三网格", "comprehensive", json!({})).await;
        let party = |name: &str, kind: &str, grid: &Value| json!({ "name": name, "kind": kind, "region_code": HOME, "grid_id": grid });
        wang.post("/organizations").json(party("一支部", "grid_branch", &json!(world.places.west))).send().await.expect(201);
        wang.post("/organizations").json(party("二小组", "party_group", &json!(world.places.east))).send().await.expect(201);
        wang.post("/organizations").json(party("一小组", "party_group", &json!(world.places.west))).send().await.expect(201);
        let report = wang.get(format!("/grids/branch-report?region_code={HOME}")).send().await.expect(200);
        let numbers = ["grids", "with_branch", "with_group", "unbound", "with_several_branches"].map(|n| report[n].as_i64().unwrap());
        assert_eq!(numbers, [3, 1, 1, 1, 0]);
        assert_eq!(report["unbound_grids"][0]["id"], third["id"]);
        world.person("admin").get("/grids/branch-report?region_code=3211").send().await.refused(400, "query_parameter_invalid");
    }
}
