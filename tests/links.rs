//! Which party member keeps in touch with which household, and grids that are held against checklists.

use serde_json::{Value, json};
use testkit::{Client, FOREIGN, HOME, World};

fn id(thing: &Value) -> String {
    thing["id"].as_str().unwrap().to_owned()
}

/// A household of 新联社区 with a head.
async fn household(world: &World, room: u32) -> String {
    let wang = world.person("wang");
    let address = json!({ "region_code": HOME, "kind": "room", "name": format!("{room}"), "grid_id": world.places.west });
    let address = wang.post("/addresses").json(address).send().await.expect(201);
    let household = json!({ "region_code": HOME, "address_id": id(&address), "code": format!("H-{room}") });
    let household = id(&wang.post("/households").json(household).send().await.expect(201));
    let head = wang.post("/residents").json(json!({ "region_code": HOME, "name": "秦有福" })).send().await.expect(201);
    let moved = json!({ "household_id": household, "relation": "head" });
    wang.post(format!("/residents/{}/move_in", id(&head))).json(moved).send().await.expect(200);
    household
}

async fn link(by: &Client, household: &str, member: &Client) -> Value {
    let body = json!({ "region_code": HOME, "household_id": household, "member_id": member.account() });
    by.post("/household_links").json(body).send().await.expect(201)
}

testkit::on_both! {
    async fn a_party_member_keeps_in_touch_with_households(world: World) {
        let (wang, chen, zhou, he, gao) = (world.person("wang"), world.person("chen"), world.person("zhou"), world.person("he"), world.person("gao"));
        let home = household(&world, 401).await;
        let body = |member: &Client, more: Value| {
            let mut body = json!({ "region_code": HOME, "household_id": home, "member_id": member.account() });
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        chen.post("/household_links").json(body(&chen, json!({}))).send().await.refused(403, "permission_missing");
        for nobody in ["zhang", "wu", "guest"] {
            let member = world.person(nobody);
            wang.post("/household_links").json(body(&member, json!({}))).send().await.refused_fields(&[("#/member_id", "not_party_member")]);
        }
        let period = json!({ "valid_from": "2026-11-20T00:00:00Z", "valid_to": "2026-11-20T00:00:00Z" });
        wang.post("/household_links").json(body(&chen, period)).send().await.refused(422, "period_invalid");
        let first = wang.post("/household_links").json(body(&chen, json!({}))).send().await.expect(201);
        assert_eq!((&first["head_name"], &first["member_name"], &first["version"]), (&json!("秦**"), &json!("陈*"), &json!(1)), "{first}");
        assert!(!first.to_string().contains("秦有福") && !first.to_string().contains("陈军"));

        // Not twice at one time, but again after it has ended; another member may come along.
        wang.post("/household_links").json(body(&chen, json!({ "valid_from": "2027-01-01T00:00:00Z" }))).send().await.refused(409, "household_link_overlaps");
        link(&wang, &home, &zhou).await;
        let path = format!("/household_links/{}", id(&first));
        wang.post(format!("{path}/end")).json(json!({ "at": "2026-11-15T00:00:00Z" })).send().await.refused(422, "period_invalid");
        wang.post(format!("{path}/end")).json(json!({ "version": 2 })).send().await.refused(409, "version_stale");
        zhou.post(format!("{path}/end")).json(json!({})).send().await.refused(404, "household_link_not_found");
        chen.post(format!("{path}/end")).json(json!({})).send().await.refused(403, "permission_missing");
        world.later(chrono::Duration::hours(1));
        let ended = wang.post(format!("{path}/end")).json(json!({})).send().await.expect(200);
        assert_eq!((&ended["valid_to"], &ended["version"]), (&json!("2026-11-16T02:00:00Z"), &json!(2)));
        wang.post(format!("{path}/end")).json(json!({})).send().await.refused(409, "household_link_ended");
        wang.post("/household_links").json(body(&chen, json!({ "valid_from": "2026-11-16T01:30:00Z" }))).send().await.refused(409, "household_link_overlaps");
        let second = wang.post("/household_links").json(body(&chen, json!({}))).send().await.expect(201);

        // By member and by household; one's own, whoever one is; and nobody else's.
        let listed = async |by: &Client, query: &str| {
            let page = by.get(format!("/household_links?{query}")).send().await.expect(200);
            page["items"].as_array().unwrap().iter().map(id).collect::<Vec<_>>()
        };
        assert_eq!(listed(&wang, &format!("household_id={home}")).await.len(), 2);
        assert_eq!(listed(&wang, &format!("household_id={home}&include_ended=true")).await.len(), 3);
        assert_eq!(listed(&wang, &format!("member_id={}", chen.account())).await, [id(&second)]);
        assert_eq!(listed(&wang, &format!("member_id={}&updated_after=2027-01-01T00:00:00Z", chen.account())).await, [""; 0]);
        assert_eq!(listed(&chen, "").await, [id(&second)]);
        assert_eq!(listed(&he, "").await.len(), 2);
        assert_eq!(listed(&gao, "").await.len(), 2, "the household lies in his grid");
        assert_eq!((listed(&world.person("foreign"), "").await, listed(&world.person("zhang"), "").await), (vec![], vec![]));
        let page = wang.get("/household_links?limit=1&include_ended=true").send().await.expect(200);
        assert_eq!(listed(&wang, &format!("limit=1&include_ended=true&cursor={}", page["next_cursor"].as_str().unwrap())).await.len(), 1);
        chen.get(&path).send().await.expect(200);
        world.person("foreign").get(&path).send().await.refused(404, "household_link_not_found");

        // 四知, as it was found.
        let path = format!("/household_links/{}", id(&second));
        assert!(wang.get(&path).send().await.expect(200).get("knows").is_none());
        let knows = json!({ "people": true, "matters": true, "circumstances": false, "policies": false });
        let checked = wang.post(format!("{path}/check")).json(&knows).send().await.expect(200);
        assert_eq!((&checked["knows"], &checked["checked_at"]), (&knows, &json!("2026-11-16T02:00:00Z")));
        chen.post(format!("{path}/check")).json(&knows).send().await.refused(403, "permission_missing");
        wang.post(format!("{path}/check")).json(json!({ "people": true })).send().await.expect(422);
    }

    async fn what_is_of_elsewhere_or_over_is_not_linked(world: World) {
        let (wang, chen, lv) = (world.person("wang"), world.person("chen"), world.person("lv"));
        let home = household(&world, 402).await;
        let body = json!({ "region_code": FOREIGN, "household_id": home, "member_id": world.person("guest").account() });
        world.person("foreign").post("/household_links").json(body).send().await.refused_fields(&[("#/household_id", "household_unknown")]);
        // A place may say that one member a household is enough.
        lv.post("/policies").json(json!({ "region_code": "321182000000", "household_links": { "max_members": 1, "min_households": 2, "max_households": 2 } })).send().await.expect(201);
        lv.post("/policies").json(json!({ "region_code": "321182000000", "household_links": { "min_households": 3, "max_households": 2 } })).send().await.expect(422);
        link(&wang, &home, &chen).await;
        let second = json!({ "region_code": HOME, "household_id": home, "member_id": world.person("zhou").account() });
        wang.post("/household_links").json(second).send().await.refused(409, "household_link_taken");
        // Who has much and who has little is told and refused to nobody.
        for room in [403, 404] {
            let more = household(&world, room).await;
            link(&wang, &more, &chen).await;
        }
        let report = wang.get(format!("/household_links/report?region_code={HOME}")).send().await.expect(200);
        assert_eq!((&report["households"], &report["linked"], &report["over"], &report["under"]), (&json!(3), &json!(3), &json!(1), &json!(1)), "{report}");
        let of = |who: &Client| report["members"].as_array().unwrap().iter().find(|m| m["member_id"] == json!(who.account())).unwrap().clone();
        assert_eq!((&of(&chen)["households"], &of(&chen)["load"], &of(&chen)["member_name"]), (&json!(3), &json!("over"), &json!("陈*")));
        assert_eq!((&of(&world.person("zhou"))["households"], &of(&world.person("zhou"))["load"]), (&json!(0), &json!("under")));
        world.person("foreign").get(format!("/household_links/report?region_code={HOME}")).send().await.refused(403, "permission_missing");
        lv.get("/household_links/report?region_code=321182001").send().await.refused(422, "region_not_community");

        // A household that is closed is linked with nobody, and with nobody new.
        let address = wang.post("/addresses").json(json!({ "region_code": HOME, "kind": "room", "name": "405" })).send().await.expect(201);
        let empty = json!({ "region_code": HOME, "address_id": id(&address) });
        let empty = id(&wang.post("/households").json(empty).send().await.expect(201));
        let of_empty = link(&wang, &empty, &chen).await;
        wang.post(format!("/households/{empty}/close")).json(json!({})).send().await.expect(200);
        assert!(wang.get(format!("/household_links/{}", id(&of_empty))).send().await.expect(200)["valid_to"].is_string());
        let again = json!({ "region_code": HOME, "household_id": empty, "member_id": chen.account() });
        wang.post("/household_links").json(again).send().await.refused(409, "household_closed");
    }

    async fn a_grid_is_held_against_a_checklist(world: World) {
        let (wang, sun, he, lv) = (world.person("wang"), world.person("sun"), world.person("he"), world.person("lv"));
        let items = json!([{ "code": "1", "text": "有场所", "points": 10 }, { "code": "2", "text": "有台账", "points": 5, "evidence_required": true }]);
        let body = json!({ "region_code": "321182000000", "name": "八必有", "items": items });
        wang.post("/checklists").json(&body).send().await.refused(403, "permission_missing");
        let mut twice = body.clone();
        twice["items"][1]["code"] = json!("1");
        lv.post("/checklists").json(twice).send().await.refused_fields(&[("#/items/1/code", "field_invalid")]);
        let list = lv.post("/checklists").json(&body).send().await.expect(201);
        assert_eq!((&list["version"], &list["max_score"]), (&json!(1), &json!(15)));
        let path = format!("/checklists/{}", id(&list));

        let runs = format!("/grids/{}/checklist_runs", world.places.west);
        let run = |results: Value| json!({ "checklist_id": list["id"], "results": results });
        let good = json!([{ "code": "2", "points": 4, "evidence": "照片在李大妈处" }, { "code": "1", "points": 10, "note": "很好" }]);
        let first = sun.post(&runs).json(run(good.clone())).send().await.expect(201);
        assert_eq!((&first["score"], &first["max_score"], &first["checklist_version"]), (&json!(14), &json!(15), &json!(1)));
        assert_eq!(first["results"], good);
        assert!(!crate::battery::holds(&world, "李大妈").await, "evidence is sealed");
        for (results, pointer, code) in [
            (json!([{ "code": "1", "points": 1 }]), "#/results", "field_invalid"),
            (json!([{ "code": "1", "points": 11 }, { "code": "2", "points": 0 }]), "#/results/0/points", "field_range"),
            (json!([{ "code": "1", "points": 1 }, { "code": "2", "points": 1 }]), "#/results/1/evidence", "field_missing"),
            (json!([{ "code": "1", "points": 1 }, { "code": "3", "points": 1 }]), "#/results/1/code", "field_invalid"),
        ] {
            sun.post(&runs).json(run(results)).send().await.refused_fields(&[(pointer, code)]);
        }
        world.person("zhang").post(&runs).json(run(good.clone())).send().await.refused(403, "permission_missing");
        world.person("gao").post(format!("/grids/{}/checklist_runs", world.places.east)).json(run(good.clone())).send().await.refused(403, "permission_missing");

        // Files that show it belong to the run, and are for whoever may read it.
        let file = sun.post("/attachments").body("multipart/form-data; boundary=linli", crate::attachments::form("linli", "lamp.jpg", &crate::attachments::photo(2, 2))).send().await.expect(201);
        let mut shown = run(json!([{ "code": "1", "points": 9 }, { "code": "2", "points": 0 }]));
        shown["attachment_ids"] = json!([file["id"]]);
        he.get(format!("/attachments/{}", id(&file))).send().await.refused(404, "attachment_not_found");
        // Those of one moment stand in no order.
        world.later(chrono::Duration::minutes(1));
        let shown_run = sun.post(&runs).json(&shown).send().await.expect(201);
        assert_eq!(shown_run["attachment_ids"], json!([file["id"]]));
        he.get(format!("/attachments/{}", id(&file))).send().await.expect(200);
        world.person("foreign").get(format!("/attachments/{}", id(&file))).send().await.refused(404, "attachment_not_found");
        sun.post(&runs).json(&shown).send().await.refused(422, "attachment_unknown");

        // A new version begins, and old runs keep theirs.
        let update = json!({ "items": [{ "code": "1", "text": "有场所", "points": 20 }], "version": 1 });
        let second = lv.post(&path).json(&update).send().await.expect(200);
        assert_eq!((&second["version"], &second["name"], &second["max_score"]), (&json!(2), &json!("八必有"), &json!(20)));
        lv.post(&path).json(&update).send().await.refused(409, "version_stale");
        wang.post(&path).json(json!({ "name": "x" })).send().await.refused(403, "permission_missing");
        let mut stale = run(json!([{ "code": "1", "points": 1 }]));
        stale["checklist_version"] = json!(1);
        sun.post(&runs).json(stale).send().await.refused(409, "version_stale");
        world.later(chrono::Duration::minutes(1));
        let later = sun.post(&runs).json(run(json!([{ "code": "1", "points": 18 }]))).send().await.expect(201);

        let listed = he.get(format!("/checklist_runs?grid_id={}", world.places.west)).send().await.expect(200);
        assert_eq!(listed["items"].as_array().unwrap().iter().map(|r| r["score"].clone()).collect::<Vec<_>>(), [json!(14), json!(9), json!(18)]);
        assert!(listed["items"][0].get("results").is_none());
        assert_eq!(he.get(format!("/checklist_runs/{}", id(&first))).send().await.expect(200)["results"], good);
        world.person("foreign").get(format!("/checklist_runs/{}", id(&first))).send().await.refused(404, "checklist_run_not_found");
        let report = he.get(format!("{path}/report?region_code={HOME}")).send().await.expect(200);
        assert_eq!((&report["items"][0]["grid"]["id"], &report["items"][0]["run"]["id"]), (&json!(world.places.west), &later["id"]));
        assert!(report["items"][1]["grid"]["id"] == json!(world.places.east) && report["items"][1].get("run").is_none(), "{report}");

        // One of elsewhere does not hold here, and one that has ended holds nowhere.
        let foreign = json!({ "region_code": FOREIGN, "name": "x", "items": [{ "code": "1", "text": "x" }] });
        let foreign = world.person("foreign").post("/checklists").json(foreign).send().await.expect(201);
        let body = json!({ "checklist_id": foreign["id"], "results": [{ "code": "1", "points": 1 }] });
        sun.post(&runs).json(body).send().await.refused_fields(&[("#/checklist_id", "checklist_unknown")]);
        let names = async |query: &str| {
            let page = sun.get(format!("/checklists?{query}")).send().await.expect(200);
            page["items"].as_array().unwrap().iter().map(|l| l["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names(&format!("region_code={HOME}")).await, ["八必有"]);
        assert_eq!(names("").await, ["x", "八必有"]);
        lv.post(format!("{path}/close")).json(json!({ "version": 1 })).send().await.refused(409, "version_stale");
        assert!(lv.post(format!("{path}/close")).json(json!({})).send().await.expect(200)["valid_to"].is_string());
        lv.post(format!("{path}/close")).json(json!({})).send().await.refused(409, "checklist_closed");
        assert_eq!(names(&format!("region_code={HOME}")).await, [""; 0]);
        sun.post(&runs).json(run(json!([{ "code": "1", "points": 18 }]))).send().await.refused(422, "checklist_unknown");
        assert_eq!(sun.get(&path).send().await.expect(200)["version"], 2);
    }
}
