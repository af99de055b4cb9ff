//! Campaigns over households that stand fast, visits that are counted as they are made, and coverage of what one may see.

use serde_json::{Value, json};
use testkit::{Backend, Client, FOREIGN, HOME, World};

pub(super) fn id(thing: &Value) -> &str {
    thing["id"].as_str().unwrap()
}

/// A household with so many people in it.
pub(super) async fn household(by: &Client, region: &str, grid: Value, name: &str, people: usize) -> (Value, Vec<Value>) {
    let address = json!({ "region_code": region, "kind": "estate", "name": name });
    let address = by.post("/addresses").json(address).send().await.expect(201);
    let mut home = json!({ "region_code": region, "address_id": address["id"] });
    if !grid.is_null() {
        home["grid_id"] = grid;
    }
    let home = by.post("/households").json(home).send().await.expect(201);
    let mut residents = Vec::new();
    for n in 0..people {
        let resident = json!({ "region_code": region, "name": format!("居民{n}"), "household_id": home["id"], "moved_in": "2020-01-01" });
        residents.push(by.post("/residents").json(resident).send().await.expect(201)["id"].clone());
    }
    (home, residents)
}

fn plan(region: &str) -> Value {
    json!({ "region_code": region, "kind": "走访全覆盖", "title": "村村到户户进人人访", "ends_on": "2026-12-31" })
}

async fn started(by: &Client, body: Value) -> Value {
    let campaign = by.post("/visit_campaigns").json(body).send().await.expect(201);
    by.post(format!("/visit_campaigns/{}/start", id(&campaign))).json(json!({ "version": 1 })).send().await.expect(200)
}

async fn visit(by: &Client, campaign: &Value, home: &Value, more: Value) -> testkit::Reply {
    let mut body = json!({ "household_id": home["id"], "campaign_id": campaign["id"] });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    by.post("/visits").json(body).send().await
}

async fn count(world: &World, what: &str) -> i64 {
    let db = &world.core().db;
    let row = sea_orm::Statement::from_string(db.backend(), format!("SELECT COUNT(*) FROM {what}"));
    sea_orm::ConnectionTrait::query_one_raw(db.reader(), row).await.unwrap().unwrap().try_get_by_index::<i64>(0).unwrap()
}

testkit::on_both! {
    async fn a_campaign_counts_each_visit_as_it_is_made(world: World) {
        let (wang, sun, zhou) = (world.person("wang"), world.person("sun"), world.person("zhou"));
        let (west, east) = (json!(world.places.west), json!(world.places.east));
        let (one, people) = household(&wang, HOME, west.clone(), "甲", 3).await;
        let (two, _) = household(&wang, HOME, west.clone(), "乙", 1).await;
        let (three, _) = household(&wang, HOME, east, "丙", 2).await;
        let planned = wang.post("/visit_campaigns").json(plan(HOME)).send().await.expect(201);
        assert_eq!((&planned["state"], &planned["coverage"]["households"], &planned["starts_on"]), (&json!("planned"), &json!(0), &json!("2026-11-16")));
        visit(&sun, &planned, &one, json!({ "result": "met" })).await.refused(422, "visit_campaign_unknown");
        let campaign = wang.post(format!("/visit_campaigns/{}/start", id(&planned))).json(json!({})).send().await.expect(200);
        assert_eq!((&campaign["coverage"]["households"], &campaign["coverage"]["residents"]), (&json!(3), &json!(6)), "{campaign}");
        wang.post(format!("/visit_campaigns/{}/start", id(&planned))).json(json!({})).send().await.refused(409, "visit_campaign_state_conflict");
        // Who comes later is not of the whole.
        let (late, _) = household(&wang, HOME, west.clone(), "丁", 1).await;
        visit(&sun, &campaign, &late, json!({ "result": "met" })).await.refused(422, "visit_campaign_unknown");

        let assign = |body: Value| wang.post(format!("/visit_campaigns/{}/assign", id(&campaign))).json(body);
        assign(json!({ "visitor_id": world.person("gao").account(), "household_ids": [three["id"]] })).send().await.refused(422, "visitor_unknown");
        assign(json!({ "visitor_id": zhou.account() })).send().await.refused_fields(&[("#/grid_ids", "field_invalid")]);
        assign(json!({ "visitor_id": zhou.account(), "household_ids": [late["id"]] })).send().await.refused(422, "visit_target_unknown");
        assign(json!({ "visitor_id": zhou.account(), "grid_ids": [west] })).send().await.expect(200);
        let targets = |query: &str| format!("/visit_campaigns/{}/targets{query}", id(&campaign));
        let mine = zhou.get(targets("?mine=true")).send().await.expect(200);
        assert_eq!(mine["items"].as_array().map(Vec::len), Some(2), "{mine}");
        let first = mine["items"].as_array().unwrap().iter().find(|t| t["household_id"] == one["id"]).unwrap();
        assert_eq!((&first["address"], &first["state"]), (&json!("甲"), &json!("pending")));

        let absent = visit(&zhou, &campaign, &one, json!({ "result": "absent", "revisit_on": "2026-11-18" })).await.expect(201);
        assert_eq!((&absent["visitor_id"], &absent["residents_met"]), (&json!(zhou.account()), &json!(0)));
        let due = zhou.get(targets("?mine=true&revisit_until=2026-11-18")).send().await.expect(200);
        assert_eq!((&due["items"][0]["household_id"], &due["items"][0]["last_result"]), (&one["id"], &json!("absent")));
        let met = json!({ "result": "met", "resident_ids": [people[0], people[1], people[0]], "note": "子女在外,13912345678。" });
        let met = visit(&zhou, &campaign, &one, met).await.expect(201);
        assert_eq!((&met["residents_met"], met["resident_ids"].as_array().map(Vec::len)), (&json!(2), Some(2)));
        // Met again, and once more nobody at home: it stays visited, and nobody is counted twice.
        visit(&sun, &campaign, &one, json!({ "result": "met", "resident_ids": [people[1], people[2]] })).await.expect(201);
        visit(&zhou, &campaign, &one, json!({ "result": "absent" })).await.expect(201);
        visit(&zhou, &campaign, &two, json!({ "result": "moved" })).await.expect(201);
        let now = wang.get(format!("/visit_campaigns/{}", id(&campaign))).send().await.expect(200);
        let expected = json!({ "households": 3, "visited": 1, "tried": 0, "gone": 1, "residents": 6, "residents_met": 3, "household_rate": 33.33, "resident_rate": 50.0 });
        assert_eq!(now["coverage"], expected);
        let parts = |by: &str| format!("/visit_campaigns/{}/coverage?by={by}", id(&campaign));
        let by_visitor = wang.get(parts("visitor")).send().await.expect(200);
        let row = by_visitor["items"].as_array().unwrap().iter().find(|p| p["visitor_id"] == json!(zhou.account())).unwrap().clone();
        assert_eq!((&row["coverage"]["households"], &row["coverage"]["visited"], &row["coverage"]["residents_met"]), (&json!(2), &json!(1), &json!(3)));
        let by_grid = wang.get(parts("grid")).send().await.expect(200);
        assert_eq!(by_grid["items"].as_array().map(Vec::len), Some(2), "{by_grid}");
        let first = wang.get(format!("{}&limit=1", parts("grid"))).send().await.expect(200);
        let cursor = first["next_cursor"].as_str().unwrap();
        let second = wang.get(format!("{}&limit=1&cursor={cursor}", parts("grid"))).send().await.expect(200);
        assert_eq!(json!([first["items"][0], second["items"][0]]), by_grid["items"]);
        let waiting = wang.get(targets("")).send().await.expect(200);
        assert_eq!((waiting["items"].as_array().map(Vec::len), &waiting["items"][0]["household_id"]), (Some(1), &three["id"]));
        assert_eq!(wang.get(targets("?waiting=false")).send().await.expect(200)["items"].as_array().map(Vec::len), Some(2));

        // Whoever is given a household later takes what is counted there along.
        assign(json!({ "visitor_id": sun.account(), "household_ids": [one["id"]] })).send().await.expect(200);
        let by_visitor = wang.get(parts("visitor")).send().await.expect(200);
        let row = by_visitor["items"].as_array().unwrap().iter().find(|p| p["visitor_id"] == json!(sun.account())).unwrap().clone();
        assert_eq!((&row["coverage"]["visited"], &row["coverage"]["residents_met"]), (&json!(1), &json!(3)));

        // The note is sealed, and masked for who need not know; so are the lists.
        let path = format!("/visits/{}", id(&met));
        assert_eq!(zhou.get(&path).send().await.expect(200)["note"], json!("子女在外,13912345678。"));
        assert_eq!(world.person("he").get(&path).send().await.expect(200)["note"], json!("子女在外,139****5678。"));
        world.person("chen").get(&path).send().await.refused(404, "visit_not_found");
        assert!(!crate::battery::holds(&world, "子女在外").await, "sealed");
        let seen = wang.get(format!("/households/{}", id(&one))).send().await.expect(200);
        assert_eq!(seen["visited_on"], json!("2026-11-16"));
        let found = wang.get(format!("/visits?household_id={}&result=absent", id(&one))).send().await.expect(200);
        assert_eq!(found["items"].as_array().map(Vec::len), Some(2));
        wang.post(format!("/visit_campaigns/{}/close", id(&campaign))).json(json!({})).send().await.expect(200);
        visit(&sun, &campaign, &three, json!({ "result": "met" })).await.refused(409, "visit_campaign_state_conflict");
    }

    async fn each_sees_of_a_campaign_what_they_may(world: World) {
        let (wang, foreign, feng, gao) = (world.person("wang"), world.person("foreign"), world.person("feng"), world.person("gao"));
        household(&wang, HOME, json!(world.places.west), "甲", 1).await;
        household(&wang, HOME, json!(world.places.east), "乙", 2).await;
        let (abroad, _) = household(&foreign, FOREIGN, Value::Null, "丙", 4).await;
        wang.post("/visit_campaigns").json(plan("321182001000")).send().await.refused(403, "permission_missing");
        let campaign = started(&feng, plan("321182001000")).await;
        let path = format!("/visit_campaigns/{}", id(&campaign));
        for (who, households, residents) in [(&feng, 3, 7), (&wang, 2, 3), (&foreign, 1, 4), (&gao, 1, 1)] {
            let seen = who.get(&path).send().await.expect(200);
            assert_eq!((&seen["coverage"]["households"], &seen["coverage"]["residents"]), (&json!(households), &json!(residents)), "{seen}");
            let targets = who.get(format!("{path}/targets")).send().await.expect(200);
            assert_eq!(targets["items"].as_array().map(Vec::len), Some(households), "{targets}");
            assert_eq!(who.get("/visit_campaigns").send().await.expect(200)["items"].as_array().map(Vec::len), Some(1));
            let parts = who.get(format!("{path}/coverage")).send().await.expect(200);
            let sum: i64 = parts["items"].as_array().unwrap().iter().map(|p| p["coverage"]["residents"].as_i64().unwrap()).sum();
            assert_eq!(sum, residents);
        }
        for name in ["zhang", "zhou", "zheng"] {
            world.person(name).get(&path).send().await.refused(404, "visit_campaign_not_found");
            assert_eq!(world.person(name).get("/visit_campaigns").send().await.expect(200)["items"], json!([]));
        }
        wang.post(format!("{path}/close")).json(json!({})).send().await.refused(403, "permission_missing");
        visit(&wang, &campaign, &abroad, json!({ "result": "met" })).await.refused(404, "household_not_found");
        // Households in a region beneath, by region: two communities.
        let parts = feng.get(format!("{path}/coverage?by=region")).send().await.expect(200);
        let regions: Vec<_> = parts["items"].as_array().unwrap().iter().map(|p| p["region_code"].as_str().unwrap()).collect();
        assert_eq!(regions, [FOREIGN, HOME]);
    }

    async fn what_cannot_be_is_refused_and_counts_nothing(world: World) {
        let (wang, sun) = (world.person("wang"), world.person("sun"));
        let (home, people) = household(&wang, HOME, json!(world.places.west), "甲", 1).await;
        let (other, others) = household(&wang, HOME, json!(world.places.west), "乙", 1).await;
        let mut backwards = plan(HOME);
        backwards["ends_on"] = json!("2026-11-01");
        wang.post("/visit_campaigns").json(backwards).send().await.refused(422, "period_invalid");
        let mut empty = plan(HOME);
        empty["grid_ids"] = json!([world.places.east]);
        let empty = wang.post("/visit_campaigns").json(empty).send().await.expect(201);
        wang.post(format!("/visit_campaigns/{}/start", id(&empty))).json(json!({})).send().await.refused(409, "visit_campaign_empty");
        assert_eq!(wang.get(format!("/visit_campaigns/{}", id(&empty))).send().await.expect(200)["state"], json!("planned"));
        let mut body = plan(HOME);
        body["household_ids"] = json!([home["id"]]);
        let campaign = started(&wang, body).await;
        assert_eq!((&campaign["coverage"]["households"], &campaign["named_households"]), (&json!(1), &json!(1)));
        for (body, code) in [
            (json!({ "result": "met", "resident_ids": [others[0]] }), "visit_resident_unknown"),
            (json!({ "result": "absent", "resident_ids": [people[0]] }), "content_invalid"),
            (json!({ "result": "met", "visited_at": "2026-11-17T00:00:00Z" }), "period_invalid"),
            (json!({ "result": "absent", "revisit_on": "2026-11-15" }), "period_invalid"),
        ] {
            visit(&sun, &campaign, &home, body).await.refused(422, code);
        }
        visit(&sun, &campaign, &other, json!({ "result": "met" })).await.refused(422, "visit_campaign_unknown");
        visit(&sun, &campaign, &json!({ "id": "019aa1c2-0000-7000-8000-000000000001" }), json!({ "result": "met" })).await.refused(404, "household_not_found");
        assert_eq!(count(&world, "visits").await, 0);
        // The same visit sent twice with its key is one visit.
        let body = json!({ "household_id": home["id"], "campaign_id": campaign["id"], "result": "met", "resident_ids": people });
        let first = sun.post("/visits").json(&body).key("once").send().await.expect(201);
        assert_eq!(sun.post("/visits").json(&body).key("once").send().await.expect(201), first);
        assert_eq!((count(&world, "visits").await, count(&world, "visit_people").await), (1, 1));
        // Without a campaign it is a visit all the same.
        sun.post("/visits").json(json!({ "household_id": other["id"], "result": "vacant" })).send().await.expect(201);
        wang.post(format!("/households/{}/close", id(&other))).json(json!({})).send().await.refused(409, "household_occupied");
    }

    async fn of_many_who_visit_at_once_each_is_counted_once(world: World) {
        let wang = world.person("wang");
        let mut homes = Vec::new();
        for n in 0..4 {
            homes.push(household(&wang, HOME, json!(world.places.west), &format!("户{n}"), 2).await);
        }
        let campaign = started(&wang, plan(HOME)).await;
        let mut tries = Vec::new();
        for (home, people) in homes.iter().flat_map(|home| [home, home, home]) {
            let (by, campaign, home, people) = (world.person("sun"), campaign.clone(), home.clone(), people.clone());
            tries.push(tokio::spawn(async move { visit(&by, &campaign, &home, json!({ "result": "met", "resident_ids": people })).await.status }));
        }
        let gives = json!({ "visitor_id": world.person("zhou").account(), "grid_ids": [world.places.west] });
        let path = format!("/visit_campaigns/{}", id(&campaign));
        let assigned = wang.post(format!("{path}/assign")).json(gives).send().await;
        let mut made = 0;
        for attempt in tries {
            made += i64::from(attempt.await.unwrap() == 201);
        }
        assert_eq!((made, assigned.status), (12, 200));
        let now = wang.get(&path).send().await.expect(200);
        assert_eq!((&now["coverage"]["visited"], &now["coverage"]["residents_met"]), (&json!(4), &json!(8)));
        let parts = wang.get(format!("{path}/coverage?by=visitor")).send().await.expect(200);
        assert_eq!((parts["items"].as_array().map(Vec::len), &parts["items"][0]["coverage"]["visited"]), (Some(1), &json!(4)), "{parts}");
        assert_eq!(count(&world, "visits").await, made);
    }

    /// However many households a campaign has, its coverage is a sum over a row for each grid and visitor, and a page of its
    /// targets a piece of an index.
    async fn coverage_does_not_grow_with_the_households(world: World) {
        let (wang, sun) = (world.person("wang"), world.person("sun"));
        let (home, _) = household(&wang, HOME, json!(world.places.west), "甲", 1).await;
        let new = if world.backend == Backend::Postgres { "gen_random_uuid()" } else { "randomblob(16)" };
        world.run(&format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
             INSERT INTO households (id, region_code, grid_id, address_id, building_id, estate_id, code, kind, head_id, member_count, version, valid_to, created_at, updated_at)
             SELECT {new}, region_code, grid_id, address_id, building_id, estate_id, NULL, kind, NULL, 3, 1, NULL, created_at, updated_at FROM households, n WHERE id = {}",
            world.literal(id(&home))
        )).await;
        let campaign = started(&wang, plan(HOME)).await;
        assert_eq!((&campaign["coverage"]["households"], &campaign["coverage"]["residents"]), (&json!(20_001), &json!(60_001)));
        let give = json!({ "visitor_id": sun.account(), "grid_ids": [world.places.west] });
        wang.post(format!("/visit_campaigns/{}/assign", id(&campaign))).json(give).send().await.expect(200);
        visit(&sun, &campaign, &home, json!({ "result": "met" })).await.expect(201);
        assert_eq!((count(&world, "visit_targets").await, count(&world, "visit_counts").await), (20_001, 1));
        let now = wang.get(format!("/visit_campaigns/{}", id(&campaign))).send().await.expect(200);
        assert_eq!((&now["coverage"]["visited"], &now["coverage"]["household_rate"]), (&json!(1), &json!(0.0)));
        world.run("ANALYZE").await;
        for (query, index) in [
            ("AND waiting = true AND region_code BETWEEN 321182001017 AND 321182001017", "visit_targets_waiting"),
            (&*format!("AND waiting = true AND visitor_id = {} AND region_code BETWEEN 321182001017 AND 321182001017", world.literal(&sun.account().to_string())), "visit_targets_"),
        ] {
            let of = world.literal(id(&campaign));
            let told = world.plan(&format!("SELECT * FROM visit_targets WHERE campaign_id = {of} {query} ORDER BY region_code, household_id LIMIT 21")).await;
            assert!(told.contains(index) && !told.contains("Sort") && !told.contains("TEMP B-TREE"), "{told}");
        }
    }

    async fn households_are_due_as_the_rules_of_the_place_say(world: World) {
        let (wang, sun, lv) = (world.person("wang"), world.person("sun"), world.person("lv"));
        let (home, _) = household(&wang, HOME, json!(world.places.west), "甲", 1).await;
        let class = |class: &str| wang.post(format!("/households/{}/visit_class", id(&home))).json(json!({ "visit_class": class }));
        let due = async |by: &Client| by.get(format!("/visits/due?region_code={HOME}")).send().await.expect(200);
        class("star_5").send().await.refused(422, "visit_class_unknown");
        assert_eq!(due(&wang).await["items"], json!([]));
        let rules = json!({ "classes": [{ "code": "star_5", "name": "五星户", "every_days": 7 }, { "code": "star_1", "name": "一星户", "every_days": 90 }] });
        lv.post("/policies").json(json!({ "region_code": "321182000000", "visit_rules": rules })).send().await.expect(201);
        let twice = json!({ "classes": [{ "code": "a", "name": "甲", "every_days": 7 }, { "code": "a", "name": "乙", "every_days": 7 }] });
        lv.post("/policies").json(json!({ "region_code": "321182000000", "visit_rules": twice })).send().await.refused_fields(&[("#/visit_rules/classes", "field_invalid")]);
        sun.post(format!("/households/{}/visit_class", id(&home))).json(json!({ "visit_class": "star_5" })).send().await.refused(403, "permission_missing");
        assert_eq!(class("star_5").send().await.expect(200)["visit_class"], json!("star_5"));
        let listed = due(&sun).await;
        assert_eq!((&listed["items"][0]["household"]["id"], &listed["items"][0]["class_name"], listed["items"][0].get("due_on")), (&home["id"], &json!("五星户"), None));
        sun.post("/visits").json(json!({ "household_id": home["id"], "result": "absent" })).send().await.expect(201);
        assert_eq!(due(&sun).await["items"].as_array().map(Vec::len), Some(1), "nobody was met");
        sun.post("/visits").json(json!({ "household_id": home["id"], "result": "met" })).send().await.expect(201);
        assert_eq!(due(&sun).await["items"], json!([]));
        world.later(chrono::Duration::days(7));
        let listed = due(&sun).await;
        assert_eq!(listed["items"][0]["due_on"], json!("2026-11-23"));
        assert_eq!(due(&world.person("foreign")).await["items"], json!([]));
        world.person("zhang").get(format!("/visits/due?region_code={HOME}")).send().await.refused(403, "permission_missing");
        wang.get("/visits/due?region_code=321182").send().await.refused(400, "query_parameter_invalid");
        // Another class, another rhythm.
        class("star_1").send().await.expect(200);
        assert_eq!(due(&sun).await["items"], json!([]));
    }
}
