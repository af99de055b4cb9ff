//! Every operation by everybody who has no business with it: what they are told, and that it tells nothing.

use super::{
    cases::{ANYBODY, CASES, PEOPLE, Scene},
    contents, in_parts, is_unchanged, part, told,
};
use crate::{
    contract::{Operation, document, operations, walk},
    orders,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use testkit::{Client, FOREIGN, HOME, Method, Reply, World};

/// What would give a place away: its code, its people, its things.
fn marks(world: &World, id: &str) -> Vec<String> {
    let people = ["zhang", "wang", "chen", "sun", "gao"].map(|name| world.person(name).account().to_string());
    let things =
        [HOME.to_owned(), "321182000000".to_owned(), world.places.telecom.to_string(), world.places.west.to_string(), id.to_owned()];
    people.into_iter().chain(things).filter(|mark| !mark.is_empty()).collect()
}

/// The sign for what somebody is told about a thing, where `nothing` is what they are told about none.
fn sign(reply: &Reply, nothing: Option<&Reply>, marks: &[String]) -> char {
    let same = nothing.is_some_and(|nothing| told(nothing) == told(reply));
    match (reply.status, reply.json()["code"].as_str().unwrap_or_default()) {
        (200..=299, _) if marks.iter().any(|mark| reply.text().contains(mark)) => '+',
        (200..=299, _) if reply.json().get("items").is_some() => '-',
        (200..=299, _) => '+',
        (404, _) if same => '.',
        (403, "permission_missing") if same => 'P',
        (403, "permission_missing") => 'p',
        (403, _) => 'x',
        _ => '?',
    }
}

/// The query parameters that name things of the place, each with its thing and with none.
fn names(scene: &Scene, operation: &Operation, id: &str) -> Vec<(String, String)> {
    let world = &scene.world;
    let nothing = "019aa1c2-0000-7000-8000-000000000001";
    let pair = |name: &str, thing: String, nothing: &str| Some((format!("{name}={thing}"), format!("{name}={nothing}")));
    let parameters = operation.spec["parameters"].as_array().into_iter().flatten().filter(|p| p["in"] == "query");
    let named = parameters.filter_map(|p| match p["name"].as_str().unwrap_or_default() {
        "region_code"
            if ![
                "locate_grid",
                "get_duty_report",
                "get_branch_report",
                "list_due_visits",
                "count_patrols",
                "find_similar_snapshots",
                "count_whistles",
                "list_point_standings",
            ]
            .contains(&operation.id.as_str()) =>
        {
            pair("region_code", HOME.to_owned(), "119999999999")
        }
        "grid_id" => pair("grid_id", world.places.west.to_string(), nothing),
        "taker_id" => pair("taker_id", world.person("chen").account().to_string(), nothing),
        "requester_id" => pair("requester_id", world.person("zhang").account().to_string(), nothing),
        "parent_id" => pair("parent_id", id.to_owned(), nothing),
        "skill" => pair("skill", "%E7%90%86%E5%8F%91".to_owned(), "%E6%97%A0"),
        "type" => pair("type", "order.placed".to_owned(), "order.none"),
        _ => None,
    });
    named.collect()
}

/// Tries an operation by everybody and compares with its row.
async fn tried(scene: &Scene, operation: &Operation, row: &str) -> Vec<String> {
    let ready = scene.ready(operation).await;
    if operation.id == "list_events" {
        scene.world.readable().await;
    }
    let marks = marks(&scene.world, &ready.id);
    let body = ready.body.as_ref();
    let ask = async |by: &Client, id: &str| operation.about(by, id, body).send().await;
    let mut wrong = Vec::new();
    let reads = operation.method == Method::GET;
    let before = if reads { BTreeMap::new() } else { contents(&scene.world).await };

    let nobody = scene.world.nobody();
    for id in [ready.id.as_str(), operation.nothing()] {
        let reply = ask(&nobody, id).await;
        operation.declares(&reply);
        reply.refused(401, "token_missing");
    }
    // Who is refused goes first: after them nothing may have changed.
    let mut people: Vec<_> = PEOPLE.iter().zip(row.split(' ')).collect();
    people.sort_by_key(|(_, expected)| *expected == "+");
    let mut looked = false;
    for (name, expected) in people {
        if expected == "+" && !looked && !reads {
            is_unchanged(&operation.id, &before, &contents(&scene.world).await);
            looked = true;
        }
        // Signing out must not end what the next case needs.
        let person =
            if operation.id == "sign_out" { scene.world.signed_in(scene.person(name).account()).await } else { scene.person(name) };
        let hidden = [".", "P"].contains(&expected);
        let nothing = if hidden { Some(ask(&person, operation.nothing()).await) } else { None };
        let reply = ask(&person, &ready.id).await;
        operation.declares(&reply);
        let got = sign(&reply, nothing.as_ref(), &marks);
        if got.to_string() != expected {
            wrong.push(format!("{} by {name} is {got} instead of {expected}: {} {:.300}", operation.id, reply.status, reply.text()));
        }
        for (thing, nothing) in names(scene, operation, &ready.id).into_iter().filter(|_| expected == "-") {
            let path = operation.path_to(&ready.id);
            let with = async |query: String| person.request(operation.method.clone(), format!("{path}?{query}")).send().await;
            let (thing, nothing) = (with(thing.clone()).await, with(nothing).await);
            // One's own is no secret.
            let shown = |reply: &Reply| match reply.json()["items"].as_array() {
                Some(items) => (reply.status, items.iter().filter(|i| i["id"] != json!(person.account())).cloned().collect()),
                None => told(reply),
            };
            if shown(&thing) != shown(&nothing) || (thing.status == 200 && shown(&thing).1 != json!([])) {
                wrong.push(format!("{} by {name} tells what is there: {} and of nothing {}", operation.id, thing.text(), nothing.text()));
            }
        }
    }
    // What somebody agrees to be told is their own to say, and the list that they get is of nobody's.
    if !looked && !reads && operation.id != "record_wechat_subscriptions" {
        is_unchanged(&operation.id, &before, &contents(&scene.world).await);
    }
    // The request was one that can be made.
    let reply = ask(&if operation.id == "sign_out" { scene.world.signed_in(ready.by.account()).await } else { ready.by }, &ready.id).await;
    if !(200..300).contains(&reply.status) {
        wrong.push(format!("{} is refused to whom it belongs: {} {}", operation.id, reply.status, reply.text()));
    }
    wrong
}

/// What is in another community, by the field of a body that can name it.
async fn elsewhere(scene: &Scene) -> BTreeMap<&'static str, Value> {
    let world = &scene.world;
    let guest = json!(world.person("guest").account());
    let taker = json!({ "kind": "person", "id": guest });
    let order = json!({ "title": "x", "content": "x", "region_code": FOREIGN });
    let order = world.person("stranger").post("/orders").json(order).send().await.expect(201);
    let organization = json!({ "name": "新胜社区协会", "kind": "social_organization", "region_code": FOREIGN });
    let organization = scene.ruler.post("/organizations").json(organization).send().await.expect(201);
    let template = json!({ "region_code": FOREIGN, "name": "x", "steps": [{ "code": "1", "name": "x", "required": false }] });
    let template = world.person("foreign").post("/diary_templates").json(template).send().await.expect(201);
    let diary = json!({ "template_id": template["id"], "region_code": FOREIGN, "title": "x" });
    let diary = world.person("guest").post("/diaries").json(diary).send().await.expect(201);
    let upload = world.person("stranger").post("/attachments").body(super::cases::FORM, super::cases::form()).send().await.expect(201);
    let address = json!({ "region_code": FOREIGN, "kind": "estate", "name": "新胜花园" });
    let address = scene.ruler.post("/addresses").json(address).send().await.expect(201);
    let household = json!({ "region_code": FOREIGN, "address_id": address["id"] });
    let household = scene.ruler.post("/households").json(household).send().await.expect(201);
    let application = json!({ "name": "新胜对接", "purpose": "测试", "contact": "鲁平", "region_code": FOREIGN, "scopes": ["order.read"] });
    let application = scene.ruler.post("/applications").json(application).send().await.expect(201);
    let checklist = json!({ "region_code": FOREIGN, "name": "x", "items": [{ "code": "1", "text": "x" }] });
    let checklist = scene.ruler.post("/checklists").json(checklist).send().await.expect(201);
    let resident = json!({ "region_code": FOREIGN, "name": "钱多多", "household_id": household["id"] });
    let resident = scene.ruler.post("/residents").json(resident).send().await.expect(201);
    let campaign = json!({ "region_code": FOREIGN, "kind": "大走访", "title": "新胜", "ends_on": "2027-12-31" });
    let campaign = scene.ruler.post("/visit_campaigns").json(campaign).send().await.expect(201);
    let start = format!("/visit_campaigns/{}/start", campaign["id"].as_str().unwrap());
    scene.ruler.post(start).json(json!({})).send().await.expect(200);
    let patrol = json!({
        "region_code": FOREIGN, "participants": 1, "started_at": "2026-11-16T00:00:00Z", "ended_at": "2026-11-16T00:50:00Z",
    });
    let patrol = world.person("guest").post("/patrols").json(patrol).send().await.expect(201);
    let tag = json!({ "region_code": FOREIGN, "code": "x", "name": "x", "class": "ordinary" });
    let tag = scene.ruler.post("/tags").json(tag).send().await.expect(201);
    let consent = json!({ "purpose": "x", "kinds": ["x"], "text_version": "1", "channel": "oral" });
    let path = format!("/residents/{}/consents", resident["id"].as_str().unwrap());
    let consent = scene.ruler.post(path).json(consent).send().await.expect(201);
    let alliance = json!({ "name": "新胜联盟", "kind": "co_building", "region_code": FOREIGN, "lead_id": organization["id"] });
    let alliance = scene.ruler.post("/alliances").json(alliance).send().await.expect(201);
    let department = json!({ "name": "新胜民政办", "kind": "government_department", "region_code": FOREIGN });
    let department = scene.ruler.post("/organizations").json(department).send().await.expect(201);
    let item = json!({ "region_code": FOREIGN, "department_id": department["id"], "title": "x", "basis": "x" });
    let item = scene.ruler.post("/admission_items").json(item).send().await.expect(201);
    BTreeMap::from([
        ("order_id", order["id"].clone()),
        ("department_id", organization["id"].clone()),
        ("department_ids", json!([department["id"]])),
        ("admission_item_id", item["id"].clone()),
        ("lead_id", organization["id"].clone()),
        ("attendee_ids", json!([organization["id"]])),
        ("matters", json!([{ "title": "x", "order_id": order["id"] }])),
        ("alliance_id", alliance["id"].clone()),
        ("checklist_id", checklist["id"].clone()),
        ("member_id", guest.clone()),
        ("application_id", application["id"].clone()),
        ("attachment_ids", json!([upload["id"]])),
        ("host_ids", json!([guest])),
        ("template_id", template["id"].clone()),
        ("source", json!({ "kind": "diary", "id": diary["id"] })),
        ("address_id", address["id"].clone()),
        ("household_id", household["id"].clone()),
        ("requester_id", guest.clone()),
        ("account_id", guest.clone()),
        ("mediator_id", guest),
        ("lead", taker.clone()),
        ("assistants", json!([taker])),
        ("grid_id", json!(world.places.abroad)),
        ("into", order["id"].clone()),
        ("organization_id", organization["id"].clone()),
        ("parent_id", organization["id"].clone()),
        ("campaign_id", campaign["id"].clone()),
        ("resident_ids", json!([resident["id"]])),
        ("visitor_id", json!(world.person("guest").account())),
        ("grid_ids", json!([world.places.abroad])),
        ("building_ids", json!([address["id"]])),
        ("household_ids", json!([household["id"]])),
        ("patrol_id", patrol["id"].clone()),
        ("tag_id", tag["id"].clone()),
        ("basis", json!({ "kind": "consent", "consent_id": consent["id"] })),
        ("to_id", organization["id"].clone()),
        ("neighborhood", json!({ "households": 300, "worker_id": world.person("guest").account() })),
        ("council", json!({ "branch_id": organization["id"] })),
    ])
}

/// The same with the id of nothing in it.
fn nowhere(value: &Value) -> Value {
    match value {
        Value::Array(list) => list.iter().map(nowhere).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), if name == "kind" { value.clone() } else { nowhere(value) })).collect()
        }
        Value::Number(_) => value.clone(),
        _ => json!("019aa1c2-0000-7000-8000-000000000001"),
    }
}

/// Whether a field names a thing by its id.
fn names_a_thing(document: &Value, property: &Value) -> bool {
    let mut found = false;
    walk(property, &mut |node| {
        let reference = node.get("$ref").and_then(Value::as_str).and_then(|r| document.pointer(r.trim_start_matches('#')));
        found |= node.get("format").is_some_and(|f| f == "uuid") || reference.is_some_and(|r| r.to_string().contains("\"uuid\""));
    });
    found
}

async fn everybody_gets_at_what_the_table_says(world: World, n: usize) {
    let scene = Scene::set(&world).await;
    let mut wrong = Vec::new();
    // What is placed many at once must not stand in a list that is still to be asked for.
    let (batches, others): (Vec<_>, Vec<_>) = part(n).into_iter().partition(Operation::is_batch);
    for operation in others.into_iter().chain(batches) {
        let row = CASES.iter().find(|c| c.0 == operation.id).map_or("", |c| c.3);
        if row != ANYBODY {
            wrong.extend(tried(&scene, &operation, row).await);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

in_parts!(everybody_gets_at_what_the_table_says);

testkit::on_both! {
    async fn a_thing_of_elsewhere_is_named_in_vain(world: World) {
        let scene = Scene::set(&world).await;
        let document = document();
        let elsewhere = elsewhere(&scene).await;
        let (mut asked, mut wrong) = (BTreeSet::new(), Vec::new());
        // What is in a batch is tried by itself.
        for operation in operations(&document).into_iter().filter(|o| !o.is_batch()) {
            let fields = operation.body_schema(&document)["properties"].as_object().into_iter().flatten();
            for (field, _) in fields.filter(|(_, property)| names_a_thing(&document, property)) {
                // The grants of a new account are tried as grants; that there is a grid somewhere is no secret.
                // So is the order in a wrapping as an order.
                if [("upsert_order", "order"), ("create_account", "grants"), ("grant_role", "grid_id"), ("merge_grids", "grid_ids"), ("create_grid", "parent_id"), ("update_grid", "parent_id")].contains(&(operation.id.as_str(), field.as_str())) {
                    continue;
                }
                let thing = elsewhere.get(field.as_str());
                let thing = thing.unwrap_or_else(|| panic!("{} names things in {field}: what is one of elsewhere?", operation.id));
                let mut ready = scene.ready(&operation).await;
                if operation.id == "accept_order" {
                    // An assignment is accepted whatever organization it is accepted for; a claim is made for one.
                    let order = orders::pooled(&world, orders::lamp()).await;
                    ready.id = order["id"].as_str().unwrap().to_owned();
                }
                let with = |value: Value| {
                    let mut body = ready.body.clone().unwrap();
                    match (operation.id.as_str(), field.as_str()) {
                        ("dispatch_order", "assistants") => body["lead"] = json!({ "kind": "person", "id": world.person("chen").account() }),
                        ("grant_role", _) => drop(body.as_object_mut().unwrap().remove("region_code")),
                        ("file_check_in", _) => {
                            body["kind"] = json!("workplace");
                            drop(body.as_object_mut().unwrap().remove("region_code"));
                        }
                        _ => {}
                    }
                    body[field] = value;
                    body
                };
                let real = operation.about(&ready.by, &ready.id, Some(&with(thing.clone()))).send().await;
                let none = operation.about(&ready.by, &ready.id, Some(&with(nowhere(thing)))).send().await;
                asked.insert(field.clone());
                if real.status < 400 || told(&real) != told(&none) {
                    wrong.push(format!("{} with {field} tells {} {} from {} {}", operation.id, real.status, real.text(), none.status, none.text()));
                }
            }
        }
        assert_eq!(asked.len(), elsewhere.len(), "{asked:?}");
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
