//! Each rule, held against a change that breaks it, and changes that break nothing.

use super::rules::breaks;
use crate::contract::document;
use serde_json::{Value, json};

/// What breaks when the contract is changed like this.
fn after(change: impl FnOnce(&mut Value)) -> Vec<String> {
    let old = document();
    let mut new = old.clone();
    change(&mut new);
    assert_ne!(old, new, "nothing was planted");
    breaks(&old, &new)
}

/// Requires that exactly this is found.
#[track_caller]
fn finds(expected: &str, change: impl FnOnce(&mut Value)) {
    assert_eq!(after(change), [expected]);
}

fn schema<'a>(document: &'a mut Value, name: &str) -> &'a mut Value {
    let schema = &mut document["components"]["schemas"][name];
    assert!(schema.is_object(), "{name}");
    schema
}

fn remove(list: &mut Value, value: &str) {
    list.as_array_mut().unwrap().retain(|v| v != value);
}

/// The schema of a parameter.
fn parameter<'a>(document: &'a mut Value, path: &str, name: &str) -> &'a mut Value {
    document["paths"][path]["get"]["parameters"].as_array_mut().unwrap().iter_mut().find(|p| p["name"] == name).unwrap()
}

const ORDERS: &str = "/api/v1/orders";

#[test]
fn the_same_contract_breaks_nothing() {
    assert_eq!(breaks(&document(), &document()), Vec::<String>::new());
}

#[test]
fn an_operation_stays() {
    finds("list_orders: GET /api/v1/orders is gone", |d| drop(d["paths"][ORDERS].as_object_mut().unwrap().remove("get")));
    finds("list_orders: its operationId is \"find_orders\" now", |d| d["paths"][ORDERS]["get"]["operationId"] = json!("find_orders"));
    finds("list_orders: it needs order.read instead of own", |d| d["paths"][ORDERS]["get"]["x-permission"] = json!("order.read"));
    finds("place_order does not answer 201 any more", |d| {
        let answer = d["paths"][ORDERS]["post"]["responses"]["201"].take();
        d["paths"][ORDERS]["post"]["responses"].as_object_mut().unwrap().remove("201");
        d["paths"][ORDERS]["post"]["responses"]["200"] = answer;
    });
    finds("close_organization needs a body now", |d| {
        d["paths"]["/api/v1/organizations/{id}/close"]["post"]["requestBody"] = json!({ "required": true, "content": {} });
    });
}

#[test]
fn a_parameter_stays_and_none_becomes_needed() {
    finds("list_orders ?state is gone", |d| {
        d["paths"][ORDERS]["get"]["parameters"].as_array_mut().unwrap().retain(|p| p["name"] != "state");
    });
    finds("list_orders ?state is required now", |d| parameter(d, ORDERS, "state")["required"] = json!(true));
    finds("list_orders ?place is new and required", |d| {
        let new = json!({ "name": "place", "in": "query", "required": true, "schema": { "type": "string" } });
        d["paths"][ORDERS]["get"]["parameters"].as_array_mut().unwrap().push(new);
    });
    finds("list_orders ?limit has maximum 50 instead of 100", |d| parameter(d, ORDERS, "limit")["schema"]["maximum"] = json!(50));
}

#[test]
fn what_is_sent_only_becomes_freer() {
    finds("PlaceOrder (sent).channel is gone", |d| {
        drop(schema(d, "PlaceOrder")["properties"].as_object_mut().unwrap().remove("channel"));
    });
    finds("PlaceOrder (sent).item_code must be sent now", |d| {
        schema(d, "PlaceOrder")["required"].as_array_mut().unwrap().push(json!("item_code"));
    });
    finds("PlaceOrder (sent).title has maxLength 50 instead of 100", |d| {
        schema(d, "PlaceOrder")["properties"]["title"]["maxLength"] = json!(50);
    });
    finds("PlaceOrder (sent).title has minLength 2 instead of 1", |d| {
        schema(d, "PlaceOrder")["properties"]["title"]["minLength"] = json!(2);
    });
    finds("PlaceOrder (sent).title has the pattern \"^x\" instead of \"\\\\S\"", |d| {
        schema(d, "PlaceOrder")["properties"]["title"]["pattern"] = json!("^x");
    });
    finds("PlaceOrder (sent).title has the format \"uri\" instead of null", |d| {
        schema(d, "PlaceOrder")["properties"]["title"]["format"] = json!("uri");
    });
    finds("PlaceOrder (sent).on_behalf was {\"boolean\"} and is {\"string\"}", |d| {
        schema(d, "PlaceOrder")["properties"]["on_behalf"]["type"] = json!("string");
    });
    finds("PlaceOrder (sent).attachment_ids has maxItems 3 instead of 20", |d| {
        schema(d, "PlaceOrder")["properties"]["attachment_ids"]["maxItems"] = json!(3);
    });
    // It is sent and told.
    let words = after(|d| remove(&mut schema(d, "OrderResult")["enum"], "explained"));
    assert_eq!(words, ["OrderResult (sent) has no \"explained\" any more", "OrderResult (told) has no \"explained\" any more"]);
    finds("place_order: application/json is gone", |d| {
        let content = &mut d["paths"][ORDERS]["post"]["requestBody"]["content"];
        let body = content["application/json"].take();
        *content = json!({ "application/xml": body });
    });
}

#[test]
fn what_is_told_only_becomes_more() {
    finds("Order (told).answer is gone", |d| drop(schema(d, "Order")["properties"].as_object_mut().unwrap().remove("answer")));
    finds("Order (told).number may be absent now", |d| remove(&mut schema(d, "Order")["required"], "number"));
    finds("OrderState (told) has no \"suspended\" any more", |d| remove(&mut schema(d, "OrderState")["enum"], "suspended"));
    finds("Order (told).number was {\"string\"} and is {\"integer\"}", |d| {
        schema(d, "Order")["properties"]["number"]["type"] = json!("integer");
    });
    finds("Order (told).number was {\"string\"} and is {\"null\", \"string\"}", |d| {
        schema(d, "Order")["properties"]["number"]["type"] = json!(["string", "null"]);
    });
    finds("Order (told).created_at has the format \"date\" instead of \"date-time\"", |d| {
        schema(d, "Order")["properties"]["created_at"]["format"] = json!("date");
    });
    finds("OrderPage (told).next_cursor is gone", |d| {
        drop(schema(d, "OrderPage")["properties"].as_object_mut().unwrap().remove("next_cursor"));
    });
    finds("event order.placed is gone", |d| drop(d["webhooks"].as_object_mut().unwrap().remove("order.placed")));
}

#[test]
fn what_is_added_breaks_nothing() {
    let none = after(|d| {
        d["paths"]["/api/v1/things"] = json!({ "get": { "operationId": "list_things", "responses": {} } });
        let more = json!({ "name": "more", "in": "query", "schema": { "type": "string" } });
        d["paths"][ORDERS]["get"]["parameters"].as_array_mut().unwrap().push(more);
        d["paths"][ORDERS]["get"]["x-permission"] = json!("public");
        schema(d, "PlaceOrder")["properties"]["more"] = json!({ "type": "string" });
        schema(d, "PlaceOrder")["properties"]["title"]["maxLength"] = json!(200);
        remove(&mut schema(d, "PlaceOrder")["required"], "content");
        schema(d, "Order")["properties"]["more"] = json!({ "type": "string" });
        schema(d, "Order")["properties"]["number"]["maxLength"] = json!(40);
        schema(d, "OrderState")["enum"].as_array_mut().unwrap().push(json!("archived"));
        schema(d, "Order")["description"] = json!("In other words.");
        d["paths"][ORDERS]["get"]["deprecated"] = json!(true);
        d["webhooks"]["order.archived"] = json!({ "post": {} });
    });
    assert_eq!(none, Vec::<String>::new());
}
