//! Admission lists: what a department may bring into a community; duty lists: what it must do there.

use crate::orders;
use serde_json::{Value, json};
use testkit::{Client, FOREIGN, HOME, World};

pub(crate) fn id(thing: &Value) -> &str {
    thing["id"].as_str().unwrap()
}

/// A department of 新联社区 whose staff 郑华 is.
pub(crate) async fn department(world: &World, name: &str) -> Value {
    let wang = world.person("wang");
    let body = json!({ "name": name, "kind": "government_department", "region_code": HOME });
    let department = wang.post("/organizations").json(body).send().await.expect(201);
    let grant = json!({ "role": "organization_staff", "organization_id": department["id"] });
    wang.post(format!("/accounts/{}/grants", world.person("zheng").account())).json(grant).send().await.expect(201);
    department
}

/// A duty of a department in 新联社区.
pub(crate) async fn duty(world: &World, department: &Value) -> Value {
    let body = json!({
        "region_code": HOME, "department_id": department["id"], "nature": "statutory", "title": "违法建设查处", "basis": "城乡规划法第六十八条",
    });
    world.person("feng").post("/duty_items").json(body).send().await.expect(201)
}

fn proposal(department: &Value) -> Value {
    json!({
        "region_code": HOME, "department_id": department["id"], "title": "高龄津贴资格年审", "nature": "常态", "basis": "市委文件",
        "budget_fen": 2_000_000, "valid_from": "2026-01-01", "valid_to": "2026-12-31",
    })
}

async fn propose(by: &Client, body: Value) -> Value {
    by.post("/admission_items").json(body).send().await.expect(201)
}

async fn decide(by: &Client, item: &Value, body: Value) -> Value {
    by.post(format!("/admission_items/{}/decide", id(item))).json(body).send().await.expect(200)
}

fn task(department: &Value, item: Option<&Value>) -> Value {
    let mut body = json!({ "title": "高龄津贴年审", "content": "逐户核对。", "region_code": HOME, "department_id": department["id"] });
    if let Some(item) = item {
        body["admission_item_id"] = item["id"].clone();
    }
    body
}

testkit::on_both! {
    async fn a_department_brings_in_what_is_on_the_list_and_nothing_else(world: World) {
        let (feng, zheng, wang, zhang) = (world.person("feng"), world.person("zheng"), world.person("wang"), world.person("zhang"));
        let civil = department(&world, "民政局").await;
        let item = propose(&zheng, proposal(&civil)).await;
        assert_eq!((&item["state"], &item["version"], &item["budget_fen"]), (&json!("proposed"), &json!(1), &json!(2_000_000)));
        let before = crate::battery::contents(&world).await;
        let missing = zheng.post("/orders").json(task(&civil, None)).send().await.refused(422, "admission_missing");
        assert_eq!((&missing["params"]["region"], &missing["params"]["day"]), (&json!(HOME), &json!("2026-11-16")));
        assert_eq!(missing["errors"][0]["pointer"], "#/admission_item_id");
        zheng.post("/orders").json(task(&civil, Some(&item))).send().await.refused(422, "admission_missing");
        crate::battery::is_unchanged("a task that is not on the list", &before, &crate::battery::contents(&world).await);

        wang.post(format!("/admission_items/{}/decide", id(&item))).json(json!({ "approved": true })).send().await.refused(403, "permission_missing");
        let refusal = feng.post(format!("/admission_items/{}/decide", id(&item))).json(json!({ "approved": false })).send().await;
        refusal.refused_fields(&[("#/note", "field_missing")]);
        let approved = decide(&feng, &item, json!({ "approved": true, "approver": "扬中市委社会工作部", "version": 1 })).await;
        assert_eq!((&approved["state"], &approved["decided_by"]), (&json!("approved"), &json!(feng.account())));
        let again = feng.post(format!("/admission_items/{}/decide", id(&item))).json(json!({ "approved": true })).send().await;
        again.refused(409, "admission_state_conflict");

        let order = zheng.post("/orders").json(task(&civil, Some(&item))).send().await.expect(201);
        assert_eq!((&order["admission_item_id"], &order["requester_id"]), (&item["id"], &json!(zheng.account())));
        assert_eq!(orders::read(&wang, &order).await["admission_item_id"], item["id"], "it is remembered");
        let mut entered = task(&civil, Some(&item));
        entered["on_behalf"] = json!(true);
        entered["contact"] = json!({ "name": "民政局", "phone": "0511-88010000" });
        wang.post("/orders").json(&entered).send().await.expect(201);
        zhang.post("/orders").json(task(&civil, Some(&item))).send().await.refused(403, "permission_missing");
        // Another department's item lets nothing of this one in; nor does it elsewhere.
        let other = department(&world, "卫健委").await;
        zheng.post("/orders").json(task(&other, Some(&item))).send().await.refused(422, "admission_missing");
        let mut elsewhere = task(&civil, Some(&item));
        elsewhere["region_code"] = json!(FOREIGN);
        zheng.post("/orders").json(elsewhere).send().await.refused(422, "admission_missing");
        // An ordinary order is as it was.
        let plain = zhang.post("/orders").json(orders::lamp()).send().await.expect(201);
        assert_eq!(plain.get("admission_item_id"), None);
        // When its year is over, so is the item.
        world.later(chrono::Duration::days(46));
        assert_eq!(wang.get(format!("/admission_items/{}", id(&item))).send().await.expect(200)["state"], "expired");
        let late = zheng.post("/orders").json(task(&civil, Some(&item))).send().await.refused(422, "admission_missing");
        assert_eq!(late["params"]["day"], "2027-01-01");
        let expired = wang.get("/admission_items?state=expired").send().await.expect(200);
        assert_eq!(expired["items"].as_array().map(Vec::len), Some(1));
        assert_eq!(wang.get("/admission_items?state=approved").send().await.expect(200)["items"], json!([]));
    }

    async fn a_list_of_a_region_holds_beneath_it(world: World) {
        let (lv, wang, foreign, zhang) = (world.person("lv"), world.person("wang"), world.person("foreign"), world.person("zhang"));
        let county = json!({ "name": "扬中市民政局", "kind": "government_department", "region_code": "321182000000" });
        let county = lv.post("/organizations").json(county).send().await.expect(201);
        let mut body = proposal(&county);
        body["region_code"] = json!("321182000000");
        let item = propose(&lv, body).await;
        decide(&lv, &item, json!({ "approved": true })).await;
        for reader in [&wang, &foreign] {
            let listed = reader.get("/admission_items?state=approved").send().await.expect(200);
            assert_eq!(listed["items"][0]["id"], item["id"]);
        }
        let mut entered = task(&county, Some(&item));
        entered["on_behalf"] = json!(true);
        entered["contact"] = json!({ "phone": "0511-88010000" });
        wang.post("/orders").json(&entered).send().await.expect(201);
        // What communities are not assessed by stands in the same list.
        let barred = json!({ "region_code": "321182000000", "kind": "not_assessed", "title": "台账", "basis": "市委文件" });
        let barred = propose(&lv, barred).await;
        assert_eq!(barred.get("department_id"), None);
        decide(&lv, &barred, json!({ "approved": true })).await;
        let of_kind = wang.get("/admission_items?kind=not_assessed").send().await.expect(200);
        assert_eq!(of_kind["items"][0]["title"], "台账");
        entered["admission_item_id"] = barred["id"].clone();
        wang.post("/orders").json(&entered).send().await.refused(422, "admission_missing");
        zhang.get("/admission_items").send().await.refused(403, "permission_missing");
    }

    async fn an_item_that_cannot_be_is_refused(world: World) {
        let (feng, zheng, wang) = (world.person("feng"), world.person("zheng"), world.person("wang"));
        let civil = department(&world, "民政局").await;
        let with = |name: &str, value: Value| {
            let mut body = proposal(&civil);
            body[name] = value;
            body
        };
        for (body, code) in [
            (with("valid_to", json!("2025-12-31")), "period_invalid"),
            (with("region_code", json!("321182001099")), "region_unknown"),
            (with("department_id", json!(world.places.telecom)), "reference_broken"),
            (with("department_id", json!("019aa1c2-0000-7000-8000-000000000001")), "reference_broken"),
            (with("department_id", Value::Null), "content_invalid"),
            (with("kind", json!("not_assessed")), "content_invalid"),
            (with("budget_fen", json!(-1)), "content_invalid"),
        ] {
            feng.post("/admission_items").json(body).send().await.refused(422, code);
        }
        wang.post("/admission_items").json(proposal(&civil)).send().await.refused(403, "permission_missing");
        // Staff proposes for its own department alone.
        zheng.post("/admission_items").json(with("department_id", json!(world.places.abroad))).send().await.refused(403, "permission_missing");

        let duty = duty(&world, &civil).await;
        assert_eq!((&duty["in_force"], &duty["nature"]), (&json!(true), &json!("statutory")));
        let ends = format!("/duty_items/{}/end", id(&duty));
        world.person("foreign").post(&ends).json(json!({})).send().await.refused(404, "duty_item_not_found");
        wang.post(&ends).json(json!({})).send().await.refused(403, "permission_missing");
        feng.post(&ends).json(json!({ "version": 7 })).send().await.refused(409, "version_stale");
        assert_eq!(feng.post(&ends).json(json!({ "version": 1 })).send().await.expect(200)["in_force"], false);
        feng.post(&ends).json(json!({})).send().await.refused(409, "duty_item_ended");
        assert_eq!(wang.get("/duty_items?in_force=true").send().await.expect(200)["items"], json!([]));
        assert_eq!(wang.get("/duty_items?in_force=false").send().await.expect(200)["items"][0]["id"], duty["id"]);
        assert_eq!(zheng.get("/duty_items").send().await.expect(200)["items"][0]["id"], duty["id"], "its own");
    }
}
