//! Consents: recorded with what they cover, withdrawn as easily, and then with effect.

use super::{consent, count, resident, tag, tags_of};
use crate::residents::id;
use serde_json::{Value, json};
use testkit::World;

testkit::on_both! {
    async fn a_withdrawn_consent_ends_what_rests_on_it(world: World) {
        let (wang, zhang, li) = (world.person("wang"), world.person("zhang"), world.person("li"));
        let sick = tag(&world, "disability", "sensitive").await;
        let qin = resident(&world, "秦有福", "1950-03-10").await;
        let agreed = consent(&world, &qin, json!(["disability"]), json!({ "text": "本人同意金丝雀", "evidence": "档案柜三" })).await;
        assert_eq!((&agreed["text"], &agreed["given_by"]), (&json!("本人同意金丝雀"), &json!("oneself")));
        assert!(!crate::battery::holds(&world, "本人同意金丝雀").await, "texts are sealed");
        let listed = wang.get(format!("/residents/{}/consents", id(&qin))).send().await.expect(200);
        assert_eq!((listed["items"].as_array().unwrap().len(), listed["items"][0].get("text")), (1, None));
        let body = json!({ "tag_id": sick["id"], "basis": { "kind": "consent", "consent_id": agreed["id"] } });
        wang.post(tags_of(&qin)).json(&body).send().await.expect(201);

        // Whoever the resident is, once somebody has looked at it, sees it and may withdraw it.
        let path = format!("/consents/{}", id(&agreed));
        zhang.get(&path).send().await.refused(404, "consent_not_found");
        let link = json!({ "account_id": zhang.account(), "verified_by": "document" });
        wang.post(format!("/residents/{}/link", id(&qin))).json(&link).send().await.expect(200);
        wang.post(format!("/residents/{}/link", id(&qin))).json(&link).send().await.refused(409, "account_linked");
        let other = resident(&world, "秦有寿", "1951-03-10").await;
        wang.post(format!("/residents/{}/link", id(&other))).json(&link).send().await.refused(409, "account_linked");
        assert_eq!(zhang.get(&path).send().await.expect(200)["text"], "本人同意金丝雀");
        li.post(format!("{path}/withdraw")).json(json!({})).send().await.refused(404, "consent_not_found");
        let withdrawn = zhang.post(format!("{path}/withdraw")).json(json!({})).send().await.expect(200);
        assert_eq!(withdrawn["withdrawn_at"], "2026-11-16T01:00:00Z");
        zhang.post(format!("{path}/withdraw")).json(json!({})).send().await.refused(409, "consent_withdrawn");
        assert_eq!(count(&wang, &tags_of(&qin)).await, 0);
        let past = wang.get(format!("{}?include_past=true", tags_of(&qin))).send().await.expect(200);
        assert_eq!(past["items"][0]["ended_why"], "consent_withdrawn");
        wang.post(tags_of(&qin)).json(&body).send().await.refused(422, "consent_unfit");
        assert_eq!(count(&wang, &format!("/residents/{}/consents", id(&qin))).await, 0);
        assert_eq!(count(&wang, &format!("/residents/{}/consents?include_withdrawn=true", id(&qin))).await, 1);
        wang.post(format!("/residents/{}/unlink", id(&qin))).json(json!({})).send().await.expect(200);
        wang.post(format!("/residents/{}/unlink", id(&qin))).json(json!({})).send().await.refused(409, "account_unlinked");
        zhang.get(&path).send().await.refused(404, "consent_not_found");
    }

    async fn somebody_agrees_for_their_own_account(world: World) {
        let (zhang, li, wang) = (world.person("zhang"), world.person("li"), world.person("wang"));
        let with = |more: Value| {
            let mut body = json!({ "purpose": "消息推送", "kinds": ["phone"], "text_version": "3", "channel": "online" });
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        let agreed = zhang.post("/me/consents").json(with(json!({}))).send().await.expect(201);
        assert_eq!((&agreed["account_id"], agreed.get("resident_id")), (&json!(zhang.account()), None));
        assert_eq!((count(&zhang, "/me/consents").await, count(&li, "/me/consents").await), (1, 0));
        for other in [&li, &wang] {
            other.get(format!("/consents/{}", id(&agreed))).send().await.refused(404, "consent_not_found");
        }
        for (more, pointer) in [
            (json!({ "given_at": "2027-01-01T00:00:00Z" }), "#/given_at"),
            (json!({ "valid_to": "2020-01-01T00:00:00Z" }), "#/valid_to"),
            (json!({ "guardian_name": "张父" }), "#/guardian_name"),
            (json!({ "kinds": [] }), "#/kinds"),
            (json!({ "kinds": ["a", "a"] }), "#/kinds"),
            (json!({ "purpose": " " }), "#/purpose"),
        ] {
            let problem = zhang.post("/me/consents").json(with(more)).send().await.expect(422);
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
        }
        zhang.post(format!("/consents/{}/withdraw", id(&agreed))).json(json!({ "version": 7 })).send().await.refused(409, "version_stale");
        zhang.post(format!("/consents/{}/withdraw", id(&agreed))).json(json!({ "version": 1 })).send().await.expect(200);
        assert_eq!(count(&zhang, "/me/consents").await, 0);
    }
}
