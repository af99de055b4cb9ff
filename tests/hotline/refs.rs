//! Numbers that other systems have for an order: shown to whom they concern, looked up, and placed by.

use super::*;
use crate::orders::{lamp, lamp_with, placed};

testkit::on_both! {
    async fn an_order_is_placed_by_its_outside_number(world: World) {
        let wang = world.person("wang");
        let upsert = async |by: &Client, version: i32, change: Value| {
            let external = json!({ "system": "cityos.zhenjiang", "number": "CG-2026-001", "version": version });
            by.post("/orders/upsert").json(json!({ "external": external, "order": lamp_with(change) })).send().await
        };
        let first = upsert(&wang, 2, json!({})).await.expect(201);
        assert_eq!(first["external_refs"], json!([{ "system": "cityos.zhenjiang", "number": "CG-2026-001", "version": 2 }]));
        let again = upsert(&wang, 2, json!({})).await.expect(200);
        assert_eq!((&again["id"], &again["version"]), (&first["id"], &json!(1)), "nothing has changed");
        upsert(&wang, 2, json!({ "title": "别的" })).await.refused(409, "external_version_reused");
        upsert(&wang, 1, json!({})).await.refused(409, "external_version_old");
        let newer = upsert(&wang, 3, json!({ "title": "楼道灯全灭", "contact": { "name": "李四", "phone": "13912345678" } })).await.expect(200);
        assert_eq!((&newer["title"], &newer["contact"]["name"], &newer["version"]), (&json!("楼道灯全灭"), &json!("李四"), &json!(2)));
        assert_eq!(newer["external_refs"][0]["version"], 3);
        upsert(&wang, 4, json!({ "region_code": "321182001014", "point": null })).await.refused(403, "permission_missing");
        // It belongs to whoever placed it.
        upsert(&world.person("feng"), 4, json!({})).await.refused(409, "external_number_taken");
        upsert(&world.person("zhang"), 4, json!({})).await.refused(403, "permission_missing");
        step(&wang, &first, "cancel", json!({ "note": "不用了" })).await.expect(200);
        upsert(&wang, 4, json!({})).await.refused(409, "order_state_conflict");
        for (external, pointer) in [
            (json!({ "system": "City OS", "number": "1", "version": 1 }), "#/external/system"),
            (json!({ "system": "cityos", "number": "1 2", "version": 1 }), "#/external/number"),
            (json!({ "system": "cityos", "number": "1", "version": 0 }), "#/external/version"),
        ] {
            let refused = wang.post("/orders/upsert").json(json!({ "external": external, "order": lamp() })).send().await;
            assert_eq!((refused.status, &refused.json()["errors"][0]["pointer"]), (422, &json!(pointer)), "{}", refused.text());
        }
    }

    async fn an_order_has_several_numbers_and_is_found_by_each(world: World) {
        let order = placed(&world).await;
        let (wang, zhang) = (world.person("wang"), world.person("zhang"));
        let link = async |order: &Value, system: &str, number: &str, version: i32| {
            let external = json!({ "system": system, "number": number, "version": version });
            wang.post(format!("{}/external_refs", orders::path(order))).json(json!({ "external": external })).send().await
        };
        link(&order, "cityos", "CG1", 1).await.expect(200);
        let both = link(&order, "zongzhi", "ZZ1", 4).await.expect(200);
        assert_eq!(both["external_refs"].as_array().unwrap().len(), 2);
        assert_eq!(link(&order, "cityos", "CG1", 1).await.expect(200)["version"], both["version"], "nothing has changed");
        assert_eq!(link(&order, "cityos", "CG1", 2).await.expect(200)["external_refs"].as_array().unwrap().len(), 2);
        link(&order, "cityos", "CG1", 1).await.refused(409, "external_version_old");
        let other = placed(&world).await;
        link(&other, "cityos", "CG1", 3).await.refused(409, "external_number_taken");
        // Read by itself it shows them: to the requester, and to those who read here; in lists it does not.
        let seen = orders::read(&zhang, &order).await;
        assert_eq!(seen["external_refs"], json!([{ "system": "cityos", "number": "CG1", "version": 2 }, { "system": "zongzhi", "number": "ZZ1", "version": 4 }]));
        let found = async |by: &Client, query: &str| {
            let page = by.get(format!("/orders?{query}")).send().await.expect(200);
            page["items"].as_array().unwrap().iter().map(|o| o["id"].clone()).collect::<Vec<_>>()
        };
        for query in ["external_number=CG1", "external_number=ZZ1&external_system=zongzhi", "external_system=cityos", "external_number=ZZ1&view=scope"] {
            assert_eq!(found(&wang, query).await, std::slice::from_ref(&order["id"]), "{query}");
        }
        assert_eq!(found(&zhang, "external_number=CG1").await, std::slice::from_ref(&order["id"]));
        for query in ["external_number=ZZ1&external_system=cityos", "external_number=CG"] {
            assert!(found(&wang, query).await.is_empty(), "{query}");
        }
        for by in ["li", "foreign"] {
            assert!(found(&world.person(by), "external_number=CG1").await.is_empty(), "{by}");
        }
        // Who takes orders does not find out by a number whose it is.
        let chen = world.person("chen");
        for view in ["taken", "claimable", "assisted", "followed"] {
            chen.get(format!("/orders?external_number=CG1&view={view}")).send().await.refused(400, "query_parameter_invalid");
        }
        step(&wang, &order, "triage", json!({})).await.expect(200);
        step(&wang, &order, "dispatch", json!({ "mode": "assign", "lead": taker(&chen) })).await.expect(200);
        assert!(orders::read(&chen, &order).await.get("external_refs").is_none());
        let told = orders::timeline(&wang, &order).await;
        let linked: Vec<_> = told.iter().filter(|e| e["type"] == "order.linked").map(|e| e["data"]["system"].as_str().unwrap()).collect();
        assert_eq!(linked, ["cityos", "zongzhi", "cityos"]);
        assert!(!json!(told).to_string().contains("CG1"), "the number itself is not in the log");
        world.person("zhou").post(format!("{}/external_refs", orders::path(&order))).json(json!({ "external": { "system": "a", "number": "1", "version": 1 } })).send().await.refused(404, "order_not_found");
    }
}
