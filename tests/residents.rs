//! Addresses, households and residents: who may see them, what is shown, and what a number finds.

use kernel::person::check_digit;
use serde_json::{Value, json};
use testkit::{Client, FOREIGN, HOME, Reply, World};

/// An ID number with a right check digit, of nobody: the sequence 000 is given to no one.
pub(crate) fn number(born: &str) -> String {
    let front = format!("321182{born}000");
    format!("{front}{}", check_digit(&front).unwrap())
}

pub(crate) async fn made(by: &Client, path: &str, body: Value) -> Value {
    by.post(path).json(body).send().await.expect(201)
}

pub(crate) fn id(thing: &Value) -> &str {
    thing["id"].as_str().unwrap()
}

async fn room(by: &Client, region: &str, estate: &str) -> Value {
    let estate = made(by, "/addresses", json!({ "region_code": region, "kind": "estate", "name": estate })).await;
    let building =
        made(by, "/addresses", json!({ "region_code": region, "kind": "building", "parent_id": estate["id"], "name": "12" })).await;
    made(by, "/addresses", json!({ "region_code": region, "kind": "room", "parent_id": building["id"], "name": "401" })).await
}

async fn household(by: &Client, region: &str, estate: &str) -> Value {
    let room = room(by, region, estate).await;
    made(by, "/households", json!({ "region_code": region, "address_id": room["id"] })).await
}

async fn ids(by: &Client, path: &str) -> Vec<String> {
    let page = by.get(path).send().await.expect(200);
    page["items"].as_array().unwrap().iter().map(|i| id(i).to_owned()).collect()
}

async fn look_up(by: &Client, region: &str, what: Value) -> Reply {
    let mut body = json!({ "region_code": region, "purpose": "service" });
    for (name, value) in what.as_object().unwrap() {
        body[name] = value.clone();
    }
    by.post("/residents/lookup").json(body).send().await
}

testkit::on_both! {
    async fn an_address_is_a_tree_with_one_text_for_each(world: World) {
        let (wang, foreign) = (world.person("wang"), world.person("foreign"));
        let room = room(&wang, HOME, "新联花园").await;
        assert_eq!((&room["text"], &room["name"]), (&json!("新联花园12幢401室"), &json!("401室")));
        let building = room["parent_id"].clone();
        let again = json!({ "region_code": HOME, "kind": "room", "parent_id": building, "name": "４０１ 室" });
        wang.post("/addresses").json(again).send().await.refused(409, "address_taken");
        for (parent, kind) in [(room["id"].clone(), "building"), (json!("019aa1c2-0000-7000-8000-000000000001"), "room"), (room["id"].clone(), "room")] {
            let body = json!({ "region_code": HOME, "kind": kind, "parent_id": parent, "name": "1" });
            wang.post("/addresses").json(body).send().await.refused(422, "address_parent_invalid");
        }
        let alien = json!({ "region_code": FOREIGN, "kind": "room", "parent_id": building, "name": "1" });
        foreign.post("/addresses").json(alien).send().await.refused(422, "address_parent_invalid");
        foreign.get(format!("/addresses/{}", id(&room))).send().await.refused(404, "address_not_found");
        world.person("zhang").get("/addresses").send().await.refused(403, "permission_missing");

        // A new name and a new grid go down the tree.
        let estates = ids(&wang, "/addresses?kind=estate").await;
        let renamed = json!({ "name": "新联家园", "grid_id": world.places.west });
        wang.post(format!("/addresses/{}", estates[0])).json(renamed).send().await.expect(200);
        let moved = wang.get(format!("/addresses/{}", id(&room))).send().await.expect(200);
        assert_eq!((&moved["text"], &moved["grid_id"]), (&json!("新联家园12幢401室"), &json!(world.places.west)));
        let abroad = json!({ "grid_id": world.places.abroad });
        wang.post(format!("/addresses/{}", estates[0])).json(abroad).send().await.refused(422, "grid_foreign");

        let home = made(&wang, "/households", json!({ "region_code": HOME, "address_id": room["id"] })).await;
        assert_eq!(home["grid_id"], json!(world.places.west));
        let close = format!("/addresses/{}/close", id(&room));
        wang.post(&close).json(json!({})).send().await.refused(409, "address_in_use");
        wang.post(format!("/households/{}/close", id(&home))).json(json!({})).send().await.expect(200);
        wang.post(&close).json(json!({})).send().await.expect(200);
        wang.post(&close).json(json!({})).send().await.refused(409, "address_closed");
    }

    async fn people_join_a_household_once_and_leave_it(world: World) {
        let wang = world.person("wang");
        let home = household(&wang, HOME, "新联花园").await;
        let head = json!({ "region_code": HOME, "name": "秦有福", "id_number": number("19590310"), "phone": "+8613800001111", "household_id": home["id"], "relation": "head", "moved_in": "2020-05-01" });
        let head = made(&wang, "/residents", head).await;
        assert_eq!((&head["name"], &head["phone"], &head["sex"]), (&json!("秦**"), &json!("+86*******1111"), &json!("female")), "{head}");
        let seen = wang.get(format!("/households/{}", id(&home))).send().await.expect(200);
        assert_eq!((&seen["member_count"], &seen["head_id"], &seen["head_name"]), (&json!(1), &head["id"], &json!("秦**")));
        assert_eq!(seen["address"], "新联花园12幢401室");

        let child = made(&wang, "/residents", json!({ "region_code": HOME, "name": "秦小小", "sex": "male", "birth_date": "2015-01-02" })).await;
        let join = |relation: &str, from: &str| json!({ "household_id": home["id"], "relation": relation, "valid_from": from });
        let path = |action: &str| format!("/residents/{}/{action}", id(&child));
        wang.post(path("move_in")).json(join("head", "2026-01-01")).send().await.refused(409, "household_head_exists");
        wang.post(path("move_in")).json(join("child", "2099-01-01")).send().await.refused_fields(&[("#/valid_from", "field_invalid")]);
        wang.post(path("move_in")).json(join("child", "2026-01-01")).send().await.expect(200);
        wang.post(path("move_in")).json(join("child", "2026-02-01")).send().await.refused(409, "household_member_exists");
        let leave = |on: &str| json!({ "household_id": home["id"], "valid_to": on });
        wang.post(path("move_out")).json(leave("2025-12-31")).send().await.refused(422, "period_invalid");
        let out = wang.post(path("move_out")).json(leave("2026-06-30")).send().await.expect(200);
        assert_eq!(out.get("household_id"), None);
        wang.post(path("move_out")).json(leave("2026-06-30")).send().await.refused(409, "household_member_missing");
        wang.post(path("move_in")).json(join("child", "2026-06-01")).send().await.refused(409, "period_overlaps");
        wang.post(path("move_in")).json(join("child", "2026-07-01")).send().await.expect(200);
        let members = |query: &str| format!("/households/{}/members{query}", id(&home));
        assert_eq!((ids(&wang, &members("")).await.len(), ids(&wang, &members("?include_past=true")).await.len()), (2, 3));

        wang.post(format!("/households/{}/close", id(&home))).json(json!({})).send().await.refused(409, "household_occupied");
        for resident in [&head, &child] {
            wang.post(format!("/residents/{}/leave", id(resident))).json(json!({ "reason": "moved" })).send().await.expect(200);
        }
        wang.post(format!("/residents/{}", id(&head))).json(json!({ "name": "x" })).send().await.refused(409, "resident_left");
        let empty = wang.get(format!("/households/{}", id(&home))).send().await.expect(200);
        assert_eq!((&empty["member_count"], empty.get("head_id")), (&json!(0), None));
        assert_eq!(ids(&wang, "/residents").await.len(), 0);
        assert_eq!(ids(&wang, "/residents?include_left=true").await.len(), 2);
    }

    async fn what_cannot_be_is_refused_at_its_field(world: World) {
        let wang = world.person("wang");
        let with = |name: &str, value: Value| {
            let mut body = json!({ "region_code": HOME, "name": "秦有福" });
            body[name] = value;
            body
        };
        let wrong = number("19590310").replace("321182", "321183");
        for (field, value, code) in [
            ("id_number", json!(wrong), "id_number_invalid"),
            ("id_number", json!(number("20990101")), "id_number_invalid"),
            ("id_number", json!("110105491231002"), "id_number_invalid"),
            ("phone", json!("12345"), "field_invalid"),
            ("phone", json!("1381234567a"), "field_invalid"),
            ("name", json!("  "), "field_invalid"),
            ("birth_date", json!("2099-01-01"), "field_invalid"),
            ("relation", json!("head"), "field_invalid"),
        ] {
            let pointer = format!("#/{field}");
            wang.post("/residents").json(with(field, value)).send().await.refused_fields(&[(&pointer, code)]);
        }
        let both = json!({ "region_code": HOME, "name": "秦有福", "id_number": wrong, "phone": "1" });
        wang.post("/residents").json(both).send().await.refused_fields(&[("#/phone", "field_invalid"), ("#/id_number", "id_number_invalid")]);
        wang.post("/residents").json(with("household_id", json!("019aa1c2-0000-7000-8000-000000000001"))).send().await.refused(422, "household_unknown");
        assert_eq!(ids(&wang, "/residents").await.len(), 0);
        let room = room(&wang, HOME, "新联花园").await;
        let grid = json!({ "region_code": HOME, "address_id": room["id"], "grid_id": world.places.abroad });
        wang.post("/households").json(grid).send().await.refused(422, "grid_foreign");
    }

    async fn fields_are_sealed_and_shown_for_a_purpose_that_is_logged(world: World) {
        let wang = world.person("wang");
        let number = number("19590310");
        let body = json!({ "region_code": HOME, "name": "秦有福", "phone": "13800001111", "id_number": number });
        let reply = wang.post("/residents").json(&body).send().await;
        assert!(!reply.text().contains(&number) && !reply.text().contains("1959"), "{}", reply.text());
        let resident = reply.expect(201);
        for secret in ["秦有福", "13800001111", &number, "1959-03-10"] {
            assert!(!crate::battery::holds(&world, secret).await, "{secret} lies open in the database");
        }
        let path = format!("/residents/{}/reveal", id(&resident));
        let shown = wang.post(&path).json(json!({ "purpose": "visit", "fields": ["phone", "birth_date"] })).send().await.expect(200);
        assert_eq!(shown, json!({ "id": resident["id"], "phone": "13800001111", "birth_date": "1959-03-10" }));
        world.person("he").post(&path).json(json!({ "purpose": "visit", "fields": ["phone"] })).send().await.refused(403, "permission_missing");
        world.person("zhang").post(&path).json(json!({ "purpose": "visit", "fields": ["phone"] })).send().await.refused(404, "resident_not_found");
        let feng = world.person("feng");
        let events = testkit::eventually(async || {
            let feed = feng.get("/events?type=resident.revealed").send().await.expect(200);
            feed["items"].as_array().filter(|e| !e.is_empty()).cloned()
        })
        .await;
        assert_eq!(events.len(), 1);
        assert_eq!(events[0]["data"], json!({ "purpose": "visit", "fields": ["phone", "birth_date"] }));
        assert_eq!((&events[0]["actor_id"], &events[0]["subject_id"]), (&json!(wang.account()), &resident["id"]));
    }

    async fn a_number_finds_only_within_ones_own_community(world: World) {
        let (wang, foreign) = (world.person("wang"), world.person("foreign"));
        let number = number("19590310");
        let body = |region: &str| json!({ "region_code": region, "name": "秦有福", "phone": "0511-88776655", "id_number": number });
        let ours = made(&wang, "/residents", body(HOME)).await;
        let found = look_up(&wang, HOME, json!({ "id_number": number.to_lowercase() })).await.expect(200);
        assert_eq!(found["items"][0]["id"], ours["id"]);
        // The same phone, written in another way.
        let found = look_up(&wang, HOME, json!({ "phone": "+8651188776655" })).await.expect(200);
        assert_eq!(found["items"][0]["id"], ours["id"]);
        look_up(&wang, HOME, json!({ "phone": "13800001111", "id_number": number })).await.refused_fields(&[("#/phone", "field_invalid")]);
        look_up(&wang, HOME, json!({})).await.refused_fields(&[("#/phone", "field_invalid")]);

        // Elsewhere nothing is found, and the same number may be entered: nobody learns that it exists here.
        look_up(&foreign, HOME, json!({ "id_number": number })).await.refused(403, "permission_missing");
        assert_eq!(look_up(&foreign, FOREIGN, json!({ "id_number": number })).await.expect(200)["items"], json!([]));
        assert_eq!(ids(&foreign, "/residents").await.len(), 0);
        assert_eq!(ids(&foreign, &format!("/residents?region_code={HOME}")).await.len(), 0);
        let theirs = made(&foreign, "/residents", body(FOREIGN)).await;
        wang.get(format!("/residents/{}", id(&theirs))).send().await.refused(404, "resident_not_found");
        wang.post("/residents").json(body(HOME)).send().await.refused(409, "id_number_taken");
        // The street sees both.
        let both = look_up(&world.person("feng"), "321182001", json!({ "id_number": number })).await.expect(200);
        assert_eq!(both["items"].as_array().unwrap().len(), 2);
        let feed = testkit::eventually(async || {
            let feed = world.person("feng").get("/events?type=resident.looked_up&limit=100").send().await.expect(200);
            feed["items"].as_array().filter(|e| e.len() == 4).cloned()
        })
        .await;
        assert!(feed.iter().all(|e| !e.to_string().contains(&number)), "{feed:?}");
    }

    async fn a_grid_member_sees_the_people_of_the_grid(world: World) {
        let (wang, gao) = (world.person("wang"), world.person("gao"));
        let there = room(&wang, HOME, "东园").await;
        let here = room(&wang, HOME, "西园").await;
        let homes = [(there, world.places.east), (here, world.places.west)];
        let mut people = Vec::new();
        for (room, grid) in homes {
            let home = made(&wang, "/households", json!({ "region_code": HOME, "address_id": room["id"], "grid_id": grid })).await;
            people.push(made(&wang, "/residents", json!({ "region_code": HOME, "name": "秦有福", "household_id": home["id"] })).await);
        }
        assert_eq!(ids(&gao, "/residents").await, [id(&people[1])]);
        assert_eq!(ids(&gao, "/households").await.len(), 1);
        assert_eq!(ids(&wang, &format!("/residents?grid_id={}", world.places.east)).await, [id(&people[0])]);
        assert_eq!(ids(&gao, &format!("/residents?grid_id={}", world.places.east)).await.len(), 0);
        gao.get(format!("/residents/{}", id(&people[0]))).send().await.refused(404, "resident_not_found");
        gao.post(format!("/residents/{}", id(&people[1]))).json(json!({ "residence": "floating" })).send().await.expect(200);
        assert_eq!(ids(&gao, "/residents?residence=floating").await.len(), 1);
    }
}
