//! `fields` and `expand`: as much of an answer as its reader needs, and what it refers to.

use crate::orders::{lamp, path, place, placed, step};
use chrono::Duration;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use testkit::{HOME, World};

fn names(view: &Value) -> BTreeSet<&str> {
    view.as_object().unwrap().keys().map(String::as_str).collect()
}

/// An order that is sorted under an item and that an organization leads, and the organization.
async fn led(world: &World) -> (Value, Value) {
    let wang = world.person("wang");
    let body = json!({ "name": "新联物业", "kind": "property_company", "region_code": HOME });
    let organization = wang.post("/organizations").json(body).send().await.expect(201);
    let order = placed(world).await;
    step(&wang, &order, "triage", json!({ "item_code": "BM-01-01" })).await.expect(200);
    let dispatch = json!({ "mode": "assign", "lead": { "kind": "organization", "id": organization["id"] } });
    (step(&wang, &order, "dispatch", dispatch).await.expect(200), organization)
}

testkit::on_both! {
    async fn only_what_is_asked_for_is_sent(world: World) {
        let [zhang, wang] = ["zhang", "wang"].map(|n| world.person(n));
        let order = placed(&world).await;
        world.later(Duration::seconds(1));
        place(&zhang, lamp()).await;
        let whole = zhang.get(path(&order)).send().await.expect(200);
        let some = zhang.get(format!("{}?fields=state,id,point,closed_at", path(&order))).send().await;
        let body = some.expect(200);
        assert_eq!(names(&body), BTreeSet::from(["id", "point", "state"]), "what is absent stays absent");
        assert_eq!((&body["id"], &body["point"]), (&whole["id"], &whole["point"]));
        // Without the version the tag has none either, and it is another answer.
        assert!(some.header("etag").starts_with("\"-"));
        let tagged = zhang.get(format!("{}?fields=version", path(&order))).send().await;
        assert!(tagged.header("etag").starts_with("\"v1-"));
        let again = zhang.get(format!("{}?fields=state,id,point,closed_at", path(&order))).header("if-none-match", some.header("etag")).send().await;
        assert_eq!((again.status, again.bytes.len()), (304, 0));

        // A page keeps its own fields, and its cursor goes on.
        let page = wang.get("/orders?limit=1&fields=number&state=placed").send().await.expect(200);
        assert_eq!((names(&page), names(&page["items"][0])), (BTreeSet::from(["has_more", "items", "next_cursor"]), BTreeSet::from(["number"])));
        let next = page["next_cursor"].as_str().unwrap();
        let page = wang.get(format!("/orders?fields=id%2Ctitle&limit=1&state=placed&cursor={next}")).send().await.expect(200);
        assert_eq!((names(&page["items"][0]), &page["items"][0]["id"]), (BTreeSet::from(["id", "title"]), &order["id"]));
        assert_eq!(names(&world.nobody().get("/event_types?fields=type").send().await.expect(200)["items"][0]), BTreeSet::from(["type"]));

        for (query, name) in [("fields=colour", "colour"), ("fields=id,contact.phone", "contact.phone"), ("fields=", ""), ("fields=id,,state", ""), ("fields=items", "items"), ("fields=expanded", "expanded"), ("fields=%FF", "\u{fffd}")] {
            let problem = wang.get(format!("/orders?{query}")).send().await.refused(400, "query_parameter_invalid");
            assert!(problem["detail"].as_str().unwrap().contains(&format!("no field {name}")), "{query}: {problem}");
        }
        wang.get("/orders?fields=id&fields=state").send().await.refused(400, "query_parameter_repeated");
        // A change answers with the whole thing.
        zhang.post("/orders?fields=id").json(lamp()).send().await.refused(400, "query_parameter_unknown");
    }

    async fn what_it_refers_to_comes_with_it(world: World) {
        let [zhang, wang] = ["zhang", "wang"].map(|n| world.person(n));
        let (order, organization) = led(&world).await;
        let all = "expand=region,grid,item,lead_organization";
        let read = wang.get(format!("{}?{all}", path(&order))).send().await.expect(200);
        let expanded = &read["expanded"];
        assert_eq!(names(expanded), BTreeSet::from(["grid", "item", "lead_organization", "region"]));
        assert_eq!((&expanded["region"]["code"], &expanded["region"]["level"]), (&json!(HOME), &json!("community")));
        assert_eq!((&expanded["grid"]["id"], expanded["grid"].get("boundary")), (&order["grid_id"], None));
        assert_eq!((&expanded["item"]["id"], &expanded["item"]["code"]), (&order["item_id"], &json!("BM-01-01")));
        assert_eq!(expanded["lead_organization"], organization);
        // The rest is what it is without.
        let mut plain = read.clone();
        plain.as_object_mut().unwrap().remove("expanded");
        assert_eq!(plain, wang.get(path(&order)).send().await.expect(200));

        // A resident may not look at organizations, and is not shown one here.
        let seen = zhang.get(format!("{}?{all}", path(&order))).send().await.expect(200);
        assert_eq!(names(&seen["expanded"]), BTreeSet::from(["grid", "item", "region"]));

        // In a list each has its own; with fields it stays.
        world.later(Duration::seconds(1));
        place(&zhang, lamp()).await;
        let page = wang.get(format!("/orders?fields=id&{all}")).send().await.expect(200);
        let items = page["items"].as_array().unwrap();
        assert_eq!((items.len(), names(&items[0]), names(&items[0]["expanded"])), (2, BTreeSet::from(["expanded", "id"]), BTreeSet::from(["grid", "region"])));
        assert_eq!(items[1]["expanded"]["lead_organization"]["name"], "新联物业");

        for query in ["expand=contact", "expand=", "expand=region,", "expand=organization", "expand=parent_grid"] {
            wang.get(format!("/orders?{query}")).send().await.refused(400, "query_parameter_invalid");
        }
        world.nobody().get("/event_types?expand=region").send().await.refused(400, "query_parameter_unknown");
        let group = json!({ "name": "保安队", "kind": "resident_unit", "region_code": HOME, "parent_id": organization["id"], "grid_id": world.places.west });
        let group = wang.post("/organizations").json(group).send().await.expect(201);
        let read = wang.get(format!("/organizations/{}?expand=parent_organization,grid", group["id"].as_str().unwrap())).send().await.expect(200);
        assert_eq!((&read["expanded"]["parent_organization"]["name"], &read["expanded"]["grid"]["id"]), (&json!("新联物业"), &json!(world.places.west)));
    }
}
