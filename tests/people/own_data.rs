//! One's own data: shown whole to its owner, corrected and deleted on request, and never anybody else's.

use super::{consent, count, resident, tag, tags_of};
use crate::{
    orders,
    residents::{id, made},
};
use serde_json::json;
use testkit::{HOME, World};

testkit::on_both! {
    async fn everything_that_is_held_about_me_and_nothing_of_others(world: World) {
        let (zhang, li, wang) = (world.person("zhang"), world.person("li"), world.person("wang"));
        let order = json!({ "title": "路灯", "content": "路灯不亮。", "region_code": HOME, "contact": { "name": "张三", "phone": "13812341234", "address": "翡丽中央12幢" } });
        let order = made(&zhang, "/orders", order).await;
        let sick = tag(&world, "disability", "sensitive").await;
        let born = json!({ "region_code": HOME, "name": "张三", "phone": "13812341234", "birth_date": "1950-03-10" });
        let me = made(&wang, "/residents", born).await;
        let agreed = consent(&world, &me, json!(["disability"]), json!({ "text": "本人同意" })).await;
        let body = json!({ "tag_id": sick["id"], "note": "右腿", "basis": { "kind": "consent", "consent_id": agreed["id"] } });
        wang.post(tags_of(&me)).json(body).send().await.expect(201);
        let before = zhang.get("/me/data").send().await.expect(200);
        assert_eq!((before["residents"].as_array().unwrap().len(), before["consents"].as_array().unwrap().len()), (0, 0));
        let link = json!({ "account_id": zhang.account(), "verified_by": "document" });
        wang.post(format!("/residents/{}/link", id(&me))).json(link).send().await.expect(200);
        let mine = zhang.get("/me/data").send().await.expect(200);
        assert_eq!((&mine["account"]["account"]["phone"], &mine["account"]["account"]["display_name"]), (&json!("13812341234"), &json!("张三")));
        assert!(!mine["account"]["grants"].as_array().unwrap().is_empty() && !mine["account"]["sessions"].as_array().unwrap().is_empty());
        assert_eq!((&mine["orders"][0]["id"], &mine["orders"][0]["contact"]["address"]), (&order["id"], &json!("翡丽中央12幢")));
        let entry = &mine["residents"][0];
        assert_eq!((&entry["name"], &entry["birth_date"], &entry["tags"][0]["note"]), (&json!("张三"), &json!("1950-03-10"), &json!("右腿")));
        assert_eq!(mine["consents"][0]["text"], "本人同意");
        let theirs = li.get("/me/data").send().await;
        for secret in ["13812341234", "翡丽中央", "右腿", "本人同意", id(&me), id(&order)] {
            assert!(!theirs.text().contains(secret), "{secret}: {}", theirs.text());
        }
    }

    async fn a_correction_is_asked_for_and_answered(world: World) {
        let (zhang, li, wang, he) = (world.person("zhang"), world.person("li"), world.person("wang"), world.person("he"));
        zhang.post("/me/data/requests").json(json!({ "kind": "correction" })).send().await.refused_fields(&[("#/detail", "field_missing")]);
        let asked = made(&zhang, "/me/data/requests", json!({ "kind": "correction", "detail": "应为张珊金丝雀" })).await;
        assert_eq!((&asked["state"], &asked["region_code"]), (&json!("waiting"), &json!(HOME)));
        assert!(!crate::battery::holds(&world, "应为张珊金丝雀").await);
        let path = format!("/data_requests/{}", id(&asked));
        li.get(&path).send().await.refused(404, "data_request_not_found");
        world.person("foreign").get(&path).send().await.refused(404, "data_request_not_found");
        assert_eq!(he.get(&path).send().await.expect(200).get("detail"), None);
        assert_eq!(wang.get(&path).send().await.expect(200)["detail"], "应为张珊金丝雀");
        assert_eq!((count(&wang, "/data_requests?state=waiting").await, count(&world.person("foreign"), "/data_requests").await), (1, 0));
        let decide = |body: serde_json::Value| wang.post(format!("{path}/decide")).json(body);
        decide(json!({ "done": false })).send().await.refused_fields(&[("#/answer", "field_missing")]);
        let done = decide(json!({ "done": true, "answer": "已更正。", "version": 1 })).send().await.expect(200);
        assert_eq!((&done["state"], &done["decided_by"]), (&json!("done"), &json!(wang.account())));
        decide(json!({ "done": true })).send().await.refused(409, "data_request_decided");
        assert_eq!(zhang.get("/me/data/requests").send().await.expect(200)["items"][0]["answer"], "已更正。");
        // Nobody decides about themselves.
        let own = made(&wang, "/me/data/requests", json!({ "kind": "deletion" })).await;
        wang.post(format!("/data_requests/{}/decide", id(&own))).json(json!({ "done": true })).send().await.refused(403, "account_is_own");
    }

    async fn a_deletion_takes_the_name_and_leaves_the_work(world: World) {
        let (zhang, wang) = (world.person("zhang"), world.person("wang"));
        let order = json!({ "title": "路灯", "content": "路灯不亮。", "region_code": HOME, "contact": { "name": "张三", "phone": "13812341234", "address": "翡丽中央12幢" } });
        let order = made(&zhang, "/orders", order).await;
        let born = json!({ "region_code": HOME, "name": "张三", "phone": "13812341234", "birth_date": "1950-03-10" });
        let me = made(&wang, "/residents", born).await;
        let link = json!({ "account_id": zhang.account(), "verified_by": "known" });
        wang.post(format!("/residents/{}/link", id(&me))).json(link).send().await.expect(200);
        made(&zhang, "/me/consents", json!({ "purpose": "推送", "kinds": ["phone"], "text_version": "1", "channel": "online" })).await;
        let asked = made(&zhang, "/me/data/requests", json!({ "kind": "deletion" })).await;
        zhang.post("/me/data/requests").json(json!({ "kind": "deletion" })).send().await.refused(409, "data_request_open");
        let path = format!("/data_requests/{}/decide", id(&asked));
        let before = crate::battery::contents(&world).await;
        let problem = wang.post(&path).json(json!({ "done": true, "resident": "erase" })).send().await.refused(409, "deletion_blocked");
        assert_eq!(problem["params"]["count"], "1");
        crate::battery::is_unchanged("a blocked deletion", &before, &crate::battery::contents(&world).await);
        orders::step(&zhang, &order, "cancel", json!({})).await.expect(200);
        wang.post(&path).json(json!({ "done": true, "resident": "erase" })).send().await.expect(200);

        zhang.get("/me").send().await.refused(401, "token_invalid");
        let login = json!({ "name": world.login("zhang"), "password": testkit::PASSWORD });
        world.nobody().post("/sessions").json(login).send().await.refused(401, "credentials_wrong");
        let account = world.person("admin").get(format!("/accounts/{}", zhang.account())).send().await.expect(200);
        assert_eq!((&account["display_name"], account.get("phone"), &account["status"]), (&json!("已注销"), None, &json!("disabled")));
        // The work stays, and nobody's name stands with it.
        let kept = wang.get(format!("/orders/{}", id(&order))).send().await;
        assert_eq!(kept.json()["title"], "路灯");
        assert!(!kept.text().contains("张三") && !kept.text().contains("翡丽中央"), "{}", kept.text());
        let entry = wang.get(format!("/residents/{}", id(&me))).send().await.expect(200);
        assert_eq!((&entry["name"], entry.get("phone"), &entry["left_why"]), (&json!("*"), None, &json!("moved")));
        let lookup = json!({ "region_code": HOME, "purpose": "service", "phone": "13812341234" });
        assert_eq!(wang.post("/residents/lookup").json(lookup).send().await.expect(200)["items"], json!([]));
        assert_eq!(count(&wang, "/residents").await, 0);
        let feng = world.person("feng");
        for event in ["account.erased", "resident.erased", "data_request.decided"] {
            testkit::eventually(async || {
                let feed = feng.get(format!("/events?type={event}")).send().await.expect(200);
                feed["items"].as_array().filter(|e| e.len() == 1).map(|_| ())
            })
            .await;
        }
    }

    async fn what_a_law_keeps_is_restricted(world: World) {
        let (zhang, wang) = (world.person("zhang"), world.person("wang"));
        let me = resident(&world, "张三", "1950-03-10").await;
        let link = json!({ "account_id": zhang.account(), "verified_by": "phone_code" });
        wang.post(format!("/residents/{}/link", id(&me))).json(link).send().await.expect(200);
        let asked = made(&zhang, "/me/data/requests", json!({ "kind": "deletion" })).await;
        let body = json!({ "done": true, "resident": "restrict", "answer": "户籍信息依法保留。" });
        world.person("foreign").post(format!("/data_requests/{}/decide", id(&asked))).json(&body).send().await.refused(404, "data_request_not_found");
        wang.post(format!("/data_requests/{}/decide", id(&asked))).json(&body).send().await.expect(200);
        let entry = wang.get(format!("/residents/{}", id(&me))).send().await.expect(200);
        assert_eq!((&entry["name"], &entry["restricted"]), (&json!("*"), &json!(true)));
        wang.post(format!("/residents/{}", id(&me))).json(json!({ "name": "x" })).send().await.refused(409, "resident_restricted");
    }
}
