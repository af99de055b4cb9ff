//! What belongs to the server cannot be slipped into a body: neither what an answer shows of a thing, nor what somebody
//! might guess that there is.

use super::{cases::Scene, contents, in_parts_once, is_unchanged, part};
use crate::contract::{Operation, document};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use testkit::World;

/// What no body of any operation has.
const GUESSES: [&str; 10] =
    ["id", "_id", "__proto__", "constructor", "roles", "permissions", "is_admin", "password_hash", "actor_id", "$where"];

/// A value of the kind that a property has.
fn plausible(document: &Value, property: &Value) -> Value {
    let property = property["$ref"].as_str().and_then(|r| document.pointer(r.trim_start_matches('#'))).unwrap_or(property);
    match property["type"].as_str().unwrap_or_default() {
        "integer" | "number" => json!(1),
        "boolean" => json!(true),
        "array" => json!([]),
        "object" => json!({}),
        _ if property["enum"].is_array() => property["enum"].as_array().and_then(|words| words.last()).cloned().unwrap_or_default(),
        _ if property["format"] == "date-time" => json!("2026-11-16T00:00:00Z"),
        _ => json!("019aa1c2-0000-7000-8000-000000000001"),
    }
}

/// What the answer shows and the body does not take, and the guesses.
fn owned(document: &Value, operation: &Operation) -> BTreeMap<String, Value> {
    let mut owned: BTreeMap<String, Value> = GUESSES.iter().map(|name| ((*name).to_owned(), json!("x"))).collect();
    let answers = operation.spec["responses"].as_object().into_iter().flatten().filter(|(status, _)| status.starts_with('2'));
    for (_, answer) in answers {
        let reference = answer["content"]["application/json"]["schema"]["$ref"].as_str().unwrap_or_default();
        let schema = document.pointer(reference.trim_start_matches('#')).unwrap_or(&Value::Null);
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            owned.insert(name.clone(), plausible(document, property));
        }
    }
    let taken = operation.body_schema(document)["properties"].as_object().cloned().unwrap_or_default();
    owned.retain(|name, _| !taken.contains_key(name));
    owned
}

/// The body once for each object in it, with a field more in that object; GeoJSON may have fields of its own.
fn widened(body: &Value) -> Vec<(String, Value)> {
    fn objects(value: &Value, pointer: String, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) if !["/boundary", "/geometry", "/properties"].iter().any(|of_others| pointer.ends_with(of_others)) => {
                for (name, value) in fields {
                    objects(value, format!("{pointer}/{name}"), found);
                }
                found.push(pointer);
            }
            Value::Array(items) => items.iter().enumerate().for_each(|(n, item)| objects(item, format!("{pointer}/{n}"), found)),
            _ => {}
        }
    }
    let mut pointers = Vec::new();
    objects(body, String::new(), &mut pointers);
    let widen = |pointer: String| {
        let mut body = body.clone();
        if let Some(Value::Object(fields)) = body.pointer_mut(&pointer) {
            fields.insert("is_admin".to_owned(), json!(true));
        }
        (format!("#{pointer}/is_admin"), body)
    };
    pointers.into_iter().map(widen).collect()
}

in_parts_once!(nothing_of_the_servers_is_taken_from_a_body);

async fn nothing_of_the_servers_is_taken_from_a_body(world: World, n: usize) {
    let scene = Scene::set(&world).await;
    let document = document();
    let (mut tried, mut wrong) = (0, Vec::new());
    for operation in part(n).iter().filter(|o| o.takes_json()) {
        let ready = scene.ready(operation).await;
        let body = ready.body.clone().unwrap_or_else(|| panic!("{} has a body and no example in cases.rs", operation.id));
        let more = owned(&document, operation).into_iter().map(|(name, value)| {
            let mut fields: Map<String, Value> = body.as_object().cloned().unwrap_or_default();
            let pointer = format!("#/{name}");
            fields.insert(name, value);
            (pointer, Value::Object(fields))
        });
        let before = contents(&world).await;
        for (pointer, body) in more.chain(widened(&body)) {
            let reply = operation.about(&ready.by, &ready.id, Some(&body)).send().await;
            operation.declares(&reply);
            let mut problem = reply.json();
            // What is in an item of a batch is refused to the item.
            let inside = pointer.strip_prefix("#/items/0/").filter(|_| operation.is_batch()).map(|rest| format!("#/{rest}"));
            if inside.is_some() {
                problem = problem["items"][0]["problem"].clone();
            }
            let (error, pointer) = (problem["errors"][0].clone(), inside.unwrap_or(pointer));
            if problem["status"] != 422 || error["code"] != "field_unknown" || error["pointer"] != pointer {
                wrong.push(format!("{} with {pointer}: {} {:.200}", operation.id, reply.status, reply.text()));
            }
            tried += 1;
        }
        // Nor does a query smuggle it in.
        let path = operation.path_to(&ready.id);
        let smuggled = ready.by.request(operation.method.clone(), format!("{path}?status=closed")).json(&body).send().await;
        smuggled.refused(400, "query_parameter_unknown");
        is_unchanged(&operation.id, &before, &contents(&world).await);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(tried > 300, "{tried}");
}
