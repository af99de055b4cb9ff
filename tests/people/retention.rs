//! Times after which data goes: none before a place sets one, and never what is still worked on.

use super::{consent, count, resident, tag, tags_of};
use crate::{
    orders,
    residents::{id, made},
};
use chrono::Duration;
use kernel::retention::{Purge, Ruled};
use serde_json::{Value, json};
use services::{order::State, retention::retention_rules};
use testkit::{HOME, World};

fn purge(world: &World, ruled: Ruled, days: i64, dry: bool) -> Purge {
    Purge { ruled, before: world.cx().now() - Duration::days(days), dry }
}

fn everywhere() -> Ruled {
    Ruled { region: kernel::RegionCode::COUNTRY, without: Vec::new() }
}

testkit::on_both! {
    async fn no_time_ships_and_the_nearest_rule_decides(world: World) {
        let rules = retention_rules(&world.cx()).await.unwrap();
        assert!(rules.len() == 1 && rules[0].1.classes().is_empty(), "{rules:?}");
        let set = async |region: &str, rules: Value| world.person("admin").post("/policies").json(json!({ "region_code": region, "retention": rules })).send().await;
        set("321182000000", json!({ "order_contact_days": 365 })).await.expect(201);
        set(HOME, json!({ "order_contact_days": 30, "session_days": 180 })).await.expect(201);
        set(HOME, json!({ "session_days": 30 })).await.refused_fields(&[("#/retention/session_days", "field_range")]);
        set(HOME, json!({ "left_resident_days": 0 })).await.refused_fields(&[("#/retention/left_resident_days", "field_range")]);
        let rules = retention_rules(&world.cx()).await.unwrap();
        let of = |region: &str| rules.iter().find(|(ruled, _)| ruled.region.to_string() == region).unwrap();
        assert_eq!((of("321182000000").1.order_contact_days, of(HOME).1.order_contact_days), (Some(365), Some(30)));
        assert_eq!(of("321182000000").0.without, [HOME.parse().unwrap()]);
    }

    async fn contacts_of_closed_orders_go_and_those_of_open_ones_stay(world: World) {
        let (zhang, wang) = (world.person("zhang"), world.person("wang"));
        let (closed, open) = (orders::at(&world, State::Closed).await, orders::at(&world, State::Placed).await);
        let with = json!({ "title": "路灯", "content": "x", "region_code": HOME, "contact": { "name": "张三", "phone": "13812341234" } });
        let mine = made(&zhang, "/orders", with).await;
        world.later(Duration::days(40));
        let cx = world.cx();
        let all = services::order::purge_contacts(&cx, &purge(&world, everywhere(), 30, true)).await.unwrap();
        let apart = Ruled { region: kernel::RegionCode::COUNTRY, without: vec![HOME.parse().unwrap()] };
        assert_eq!(services::order::purge_contacts(&cx, &purge(&world, apart, 30, true)).await.unwrap(), 0);
        assert_eq!(services::order::purge_contacts(&cx, &purge(&world, everywhere(), 30, false)).await.unwrap(), all);
        assert_eq!(services::order::purge_contacts(&cx, &purge(&world, everywhere(), 30, true)).await.unwrap(), 0);
        let kept = wang.get(format!("/orders/{}", id(&mine))).send().await.expect(200);
        assert_eq!(kept["contact"]["phone"], "13812341234");
        for order in [&closed, &open] {
            wang.get(format!("/orders/{}", id(order))).send().await.expect(200);
        }
    }

    async fn who_left_long_ago_is_nobody_any_more(world: World) {
        let wang = world.person("wang");
        let sick = tag(&world, "disability", "sensitive").await;
        let (gone, here) = (resident(&world, "秦有福", "1950-03-10").await, resident(&world, "秦有寿", "1951-03-10").await);
        let agreed = consent(&world, &gone, json!(["disability"]), json!({ "text": "本人同意" })).await;
        let body = json!({ "tag_id": sick["id"], "note": "右腿", "basis": { "kind": "consent", "consent_id": agreed["id"] } });
        wang.post(tags_of(&gone)).json(body).send().await.expect(201);
        wang.post(format!("/residents/{}/leave", id(&gone))).json(json!({ "reason": "moved" })).send().await.expect(200);
        world.later(Duration::days(400));
        let cx = world.cx();
        let left = |days: i64, dry: bool| purge(&world, everywhere(), days, dry);
        assert_eq!(grids::purge_residents(&cx, &left(500, true)).await.unwrap(), 0);
        assert_eq!(grids::purge_residents(&cx, &left(365, true)).await.unwrap(), 1);
        assert_eq!(grids::purge_residents(&cx, &left(365, false)).await.unwrap(), 1);
        assert_eq!(grids::purge_residents(&cx, &left(365, false)).await.unwrap(), 0);
        let entry = wang.get(format!("/residents/{}", id(&gone))).send().await.expect(200);
        assert_eq!(entry["name"], "*");
        assert_eq!(wang.get(format!("/residents/{}", id(&here))).send().await.expect(200)["name"], "秦**");
        let tags = wang.get(format!("{}?include_past=true", tags_of(&gone))).send().await.expect(200);
        assert_eq!((&tags["items"][0]["ended_why"], tags["items"][0].get("note")), (&json!("resident_erased"), None));
        assert_eq!(wang.get(format!("/consents/{}", id(&agreed))).send().await.expect(200).get("text"), None);

        // The tag goes after its own time, and only then the consent that shows that it was lawful.
        world.later(Duration::days(100));
        assert_eq!(grids::purge_consents(&cx, &left(30, false)).await.unwrap(), 0);
        assert_eq!(grids::purge_tags(&cx, &left(30, false)).await.unwrap(), 1);
        assert_eq!(grids::purge_consents(&cx, &left(30, false)).await.unwrap(), 1);
        assert_eq!(count(&wang, &format!("{}?include_past=true", tags_of(&gone))).await, 0);
    }

    async fn sessions_that_ended_go(world: World) {
        let cx = world.cx();
        let body = json!({ "name": world.login("li"), "password": testkit::PASSWORD });
        world.nobody().post("/sessions").json(body).send().await.expect(201);
        assert_eq!(identity::purge_sessions(&cx, &purge(&world, everywhere(), 180, true)).await.unwrap(), 0);
        world.later(Duration::days(300));
        let due = identity::purge_sessions(&cx, &purge(&world, everywhere(), 180, true)).await.unwrap();
        assert!(due >= 1, "{due}");
        assert_eq!(identity::purge_sessions(&cx, &purge(&world, everywhere(), 180, false)).await.unwrap(), due);
        assert_eq!(identity::purge_sessions(&cx, &purge(&world, everywhere(), 180, true)).await.unwrap(), 0);
    }
}
