//! Tags: what is sensitive is there for those alone who may know of it, and stands on a legal basis.

use super::{consent, count, resident, tag, tags_of};
use crate::residents::{id, made};
use serde_json::json;
use testkit::{HOME, World};

const LAW: &str = "残疾人保障法第十五条";

testkit::on_both! {
    async fn a_catalogue_has_versions_and_is_used_beneath_its_region(world: World) {
        let (wang, lv, foreign) = (world.person("wang"), world.person("lv"), world.person("foreign"));
        let first = tag(&world, "lonely", "ordinary").await;
        let again = json!({ "region_code": "321182000000", "code": "lonely", "name": "x", "class": "ordinary" });
        lv.post("/tags").json(again).send().await.refused(409, "tag_code_taken");
        let path = format!("/tags/{}", id(&first));
        let second = lv.post(&path).json(json!({ "name": "独居", "version": 1 })).send().await.expect(200);
        assert_eq!((&second["version"], &second["name"], &second["code"]), (&json!(2), &json!("独居"), &json!("lonely")));
        lv.post(&path).json(json!({ "name": "x", "version": 1 })).send().await.refused(409, "version_stale");
        assert_eq!(count(&foreign, &format!("/tags?region_code={}", testkit::FOREIGN)).await, 1);
        assert_eq!(count(&foreign, "/tags?region_code=321102000000").await, 0);

        let old = resident(&world, "秦有福", "1950-03-10").await;
        let given = wang.post(tags_of(&old)).json(json!({ "tag_id": first["id"], "note": "子女在外" })).send().await.expect(201);
        assert_eq!((&given["name"], &given["sensitive"], &given["note"]), (&json!("独居"), &json!(false), &json!("子女在外")));
        assert!(!crate::battery::holds(&world, "子女在外").await, "notes are sealed");
        wang.post(tags_of(&old)).json(json!({ "tag_id": first["id"] })).send().await.refused(409, "resident_tag_exists");
        let early = json!({ "tag_id": first["id"], "valid_from": "2020-01-01", "valid_to": "2020-01-01" });
        wang.post(tags_of(&old)).json(early).send().await.refused(422, "period_invalid");
        let before = json!({ "tag_id": first["id"], "valid_from": "2020-01-01", "valid_to": "2021-01-01" });
        wang.post(tags_of(&old)).json(before).send().await.expect(201);
        assert_eq!((count(&wang, &tags_of(&old)).await, count(&wang, &format!("{}?include_past=true", tags_of(&old))).await), (1, 2));

        lv.post(format!("{path}/close")).json(json!({})).send().await.expect(200);
        lv.post(format!("{path}/close")).json(json!({})).send().await.refused(409, "tag_closed");
        let other = resident(&world, "秦有寿", "1951-03-10").await;
        wang.post(tags_of(&other)).json(json!({ "tag_id": first["id"] })).send().await.refused(422, "tag_unknown");
        // Who has it keeps it until it is taken.
        assert_eq!(count(&wang, &format!("/residents?tag_id={}", id(&first))).await, 1);
        let end = format!("/resident_tags/{}/end", id(&given));
        let ended = wang.post(&end).json(json!({ "version": 1 })).send().await.expect(200);
        assert_eq!((&ended["ended_why"], &ended["valid_to"]), (&json!("removed"), &json!("2026-11-16")));
        wang.post(&end).json(json!({})).send().await.refused(409, "resident_tag_ended");
        assert_eq!(count(&wang, &format!("/residents?tag_id={}", id(&first))).await, 0);
    }

    async fn a_sensitive_tag_needs_a_legal_basis(world: World) {
        let wang = world.person("wang");
        let sick = tag(&world, "disability", "sensitive").await;
        let (qin, other) = (resident(&world, "秦有福", "1950-03-10").await, resident(&world, "秦有寿", "1951-03-10").await);
        let with = |basis: serde_json::Value| json!({ "tag_id": sick["id"], "basis": basis });
        wang.post(tags_of(&qin)).json(json!({ "tag_id": sick["id"] })).send().await.refused(422, "legal_basis_missing");
        for (basis, pointer) in [
            (json!({ "kind": "statutory_duty" }), "#/basis/citation"),
            (json!({ "kind": "consent" }), "#/basis/consent_id"),
            (json!({ "kind": "statutory_duty", "citation": "  " }), "#/basis/citation"),
        ] {
            wang.post(tags_of(&qin)).json(with(basis)).send().await.expect(422)["errors"].as_array().unwrap().iter().for_each(|e| assert_eq!(e["pointer"], pointer));
        }
        let foreign = consent(&world, &other, json!(["disability"]), json!({})).await;
        let unfit = consent(&world, &qin, json!(["poverty"]), json!({})).await;
        let by = |consent: &serde_json::Value| with(json!({ "kind": "consent", "consent_id": consent["id"] }));
        wang.post(tags_of(&qin)).json(by(&foreign)).send().await.refused(422, "consent_unknown");
        wang.post(tags_of(&qin)).json(by(&unfit)).send().await.refused(422, "consent_unfit");
        assert_eq!(count(&wang, &tags_of(&qin)).await, 0);
        let agreed = consent(&world, &qin, json!(["disability"]), json!({})).await;
        let given = wang.post(tags_of(&qin)).json(by(&agreed)).send().await.expect(201);
        assert_eq!((&given["basis"], &given["consent_id"]), (&json!("consent"), &agreed["id"]));
        let law = wang.post(tags_of(&other)).json(with(json!({ "kind": "statutory_duty", "citation": LAW }))).send().await.expect(201);
        assert_eq!(law["citation"], LAW);

        // Whose it is, and which, no event tells.
        let feng = world.person("feng");
        let events = testkit::eventually(async || {
            let feed = feng.get("/events?type=resident_tag.given").send().await.expect(200);
            feed["items"].as_array().filter(|e| e.len() == 2).cloned()
        })
        .await;
        for event in events {
            let text = event.to_string();
            assert!([&qin, &other].iter().all(|r| !text.contains(id(r))) && !text.contains(id(&sick)), "{text}");
        }
    }

    async fn without_the_permission_nothing_tells_that_there_is_a_sensitive_tag(world: World) {
        let (wang, sun, he, lv) = (world.person("wang"), world.person("sun"), world.person("he"), world.person("lv"));
        let (plain, sick) = (tag(&world, "lonely", "ordinary").await, tag(&world, "disability", "sensitive").await);
        let (qin, other) = (resident(&world, "秦有福", "1950-03-10").await, resident(&world, "秦有寿", "1951-03-10").await);
        wang.post(tags_of(&qin)).json(json!({ "tag_id": plain["id"] })).send().await.expect(201);
        let law = json!({ "tag_id": sick["id"], "basis": { "kind": "statutory_duty", "citation": LAW } });
        let given = wang.post(tags_of(&qin)).json(&law).send().await.expect(201);
        assert_eq!(count(&wang, &tags_of(&qin)).await, 2);
        for blind in [&sun, &he, &lv] {
            assert_eq!(count(blind, &tags_of(&qin)).await, 1);
            assert_eq!(count(blind, &format!("{}?limit=1", tags_of(&qin))).await, 1);
            assert_eq!(blind.get(format!("{}?limit=1", tags_of(&qin))).send().await.expect(200)["has_more"], false);
            blind.get(format!("/residents?tag_id={}", id(&sick))).send().await.refused(403, "permission_missing");
            assert_eq!(count(blind, &format!("/residents?tag_id={}", id(&plain))).await, 1);
            blind.post(format!("/resident_tags/{}/end", id(&given))).json(json!({})).send().await.refused(404, "resident_tag_not_found");
        }
        sun.post(tags_of(&other)).json(&law).send().await.refused(403, "permission_missing");
        sun.post(tags_of(&other)).json(json!({ "tag_id": plain["id"] })).send().await.expect(201);
        let found = wang.get(format!("/residents?tag_id={}", id(&sick))).send().await.expect(200);
        assert_eq!((found["items"].as_array().unwrap().len(), &found["items"][0]["id"]), (1, &qin["id"]));
        // Elsewhere it finds nobody of here.
        let foreign = world.person("foreign");
        assert_eq!(count(&foreign, &format!("/residents?tag_id={}", id(&sick))).await, 0);
        assert_eq!(count(&foreign, &format!("/residents?tag_id={}&region_code={HOME}", id(&sick))).await, 0);
        foreign.get(tags_of(&qin)).send().await.refused(404, "resident_not_found");

        // What becomes sensitive becomes so for all who have it, without a basis until somebody gives one.
        assert_eq!(count(&sun, &format!("/residents?tag_id={}", id(&plain))).await, 2);
        lv.post(format!("/tags/{}", id(&plain))).json(json!({ "class": "sensitive" })).send().await.expect(200);
        lv.post(format!("/tags/{}", id(&plain))).json(json!({ "class": "ordinary" })).send().await.refused_fields(&[("#/class", "field_invalid")]);
        sun.get(format!("/residents?tag_id={}", id(&plain))).send().await.refused(403, "permission_missing");
        assert_eq!(count(&sun, &tags_of(&other)).await, 0);
        let listed = wang.get(tags_of(&other)).send().await.expect(200);
        assert_eq!((&listed["items"][0]["sensitive"], listed["items"][0].get("basis")), (&json!(true), None));
    }

    async fn whatever_is_said_of_a_child_is_sensitive(world: World) {
        let (wang, sun) = (world.person("wang"), world.person("sun"));
        let plain = tag(&world, "pupil", "ordinary").await;
        let child = resident(&world, "秦小小", "2015-01-02").await;
        wang.post(tags_of(&child)).json(json!({ "tag_id": plain["id"] })).send().await.refused(422, "legal_basis_missing");
        let own = json!({ "purpose": "课后托管", "kinds": ["pupil"], "text_version": "1", "channel": "written" });
        wang.post(format!("/residents/{}/consents", id(&child))).json(&own).send().await.refused(422, "guardian_needed");
        let guardian = json!({ "given_by": "guardian" });
        let mut nameless = own.clone();
        nameless["given_by"] = json!("guardian");
        wang.post(format!("/residents/{}/consents", id(&child))).json(nameless).send().await.refused_fields(&[("#/guardian_name", "field_invalid")]);
        drop(guardian);
        let agreed = consent(&world, &child, json!(["pupil"]), json!({ "given_by": "guardian", "guardian_name": "秦有福" })).await;
        assert_eq!(agreed["guardian_name"], "秦**");
        let body = json!({ "tag_id": plain["id"], "basis": { "kind": "consent", "consent_id": agreed["id"] } });
        sun.post(tags_of(&child)).json(&body).send().await.refused(403, "permission_missing");
        assert_eq!(wang.post(tags_of(&child)).json(&body).send().await.expect(201)["sensitive"], true);
        assert_eq!(count(&sun, &tags_of(&child)).await, 0);
        assert_eq!(count(&sun, &format!("/residents?tag_id={}", id(&plain))).await, 0);
        assert_eq!(count(&wang, &format!("/residents?tag_id={}", id(&plain))).await, 1);
        // So are the fields of the entry.
        let reveal = format!("/residents/{}/reveal", id(&child));
        let ask = json!({ "purpose": "visit", "fields": ["name"] });
        sun.post(&reveal).json(&ask).send().await.refused(403, "permission_missing");
        wang.post(&reveal).json(&ask).send().await.expect(200);
        made(&wang, "/residents", json!({ "region_code": HOME, "name": "秦大" })).await;
    }
}
