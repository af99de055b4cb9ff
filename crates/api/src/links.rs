//! Where an answer leads: OpenAPI's links from what has just been made, and from the first of a list, to what can be done with
//! it. Nobody writes them by hand: the paths say it.

use crate::contract::resolve;
use serde_json::{Value, json};

/// Adds them.
pub(crate) fn add(document: &mut Value) {
    for (path, method, status, links) in found(document) {
        document["paths"][path][method]["responses"][status]["links"] = links;
    }
}

fn found(document: &Value) -> Vec<(String, &'static str, &'static str, Value)> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        // What a list has in front is only read: a client chooses what it changes.
        for (method, status, place, reads_only) in [("post", "201", "", false), ("get", "200", "/items/0", true)] {
            let schema = &item[method]["responses"][status]["content"]["application/json"]["schema"];
            let Some(thing) = thing(document, schema, reads_only) else { continue };
            let links = beneath(document, path, thing, place, reads_only);
            if links.as_object().is_some_and(|links| !links.is_empty()) {
                found.push((path.clone(), method, status, links));
            }
        }
    }
    found
}

/// What is answered, or what the list consists of.
fn thing<'a>(document: &'a Value, schema: &Value, list: bool) -> Option<&'a Value> {
    let answer = resolve(document, schema["$ref"].as_str()?)?;
    if list { resolve(document, answer["properties"]["items"]["items"]["$ref"].as_str()?) } else { Some(answer) }
}

/// The operations at `path/{parameter}` and beneath, where the thing has the parameter for a field.
fn beneath(document: &Value, path: &str, thing: &Value, place: &str, reads_only: bool) -> Value {
    let mut links = json!({});
    for (there, item) in document["paths"].as_object().into_iter().flatten() {
        let Some((parameter, rest)) = there.strip_prefix(path).and_then(|rest| rest.strip_prefix("/{")).and_then(|r| r.split_once('}'))
        else {
            continue;
        };
        if rest.contains('{') || (reads_only && !rest.is_empty()) || thing["properties"].get(parameter).is_none() {
            continue;
        }
        for (method, operation) in item.as_object().into_iter().flatten() {
            let Some(id) = operation["operationId"].as_str().filter(|_| !reads_only || method == "get") else { continue };
            links[id] = json!({ "operationId": id, "parameters": { parameter: format!("$response.body#{place}/{parameter}") } });
        }
    }
    links
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_order_leads_to_what_can_be_done_with_it() {
        let document = crate::contract::document();
        let placed = &document["paths"]["/api/v1/orders"]["post"]["responses"]["201"]["links"];
        assert_eq!(placed["accept_order"]["parameters"]["id"], "$response.body#/id");
        assert!(placed.get("list_orders").is_none());
        let listed = &document["paths"]["/api/v1/orders"]["get"]["responses"]["200"]["links"];
        assert_eq!(listed["get_order"]["parameters"]["id"], "$response.body#/items/0/id");
        assert!(listed.get("accept_order").is_none());
        let volunteers = &document["paths"]["/api/v1/volunteers"]["post"]["responses"]["201"]["links"];
        assert_eq!(volunteers["get_volunteer"]["parameters"]["account_id"], "$response.body#/account_id");
    }
}
