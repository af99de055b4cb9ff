//! Arrays where the contract says object.
//!
//! serde takes an array for a struct, field by field: `["minutes", 5]` for `{"unit": "minutes", "value": 5}`. Such a body
//! would be read, and mean something else with the next field that the struct gets.

use serde_json::Value;

/// The first place of a body that has an array where its schema knows none, as a JSON pointer.
pub(crate) fn stray_array(document: &Value, schema: &Value, body: &Value) -> Option<String> {
    find(document, schema, body, "#".to_owned())
}

fn find(document: &Value, schema: &Value, value: &Value, pointer: String) -> Option<String> {
    let alternatives = alternatives(document, schema);
    match value {
        Value::Array(items) => {
            let Some(list) = alternatives.iter().find(|s| is_array(s)) else { return Some(pointer) };
            items.iter().enumerate().find_map(|(n, item)| find(document, &list["items"], item, format!("{pointer}/{n}")))
        }
        // What a free object holds is its own.
        Value::Object(fields) => fields.iter().find_map(|(name, value)| {
            let property = alternatives.iter().find_map(|s| s["properties"].get(name))?;
            find(document, property, value, format!("{pointer}/{}", crate::body::escape(name)))
        }),
        _ => None,
    }
}

/// A schema's own alternatives, its references followed.
fn alternatives<'a>(document: &'a Value, schema: &'a Value) -> Vec<&'a Value> {
    if let Some(there) = schema["$ref"].as_str().and_then(|r| document.pointer(r.trim_start_matches('#'))) {
        return alternatives(document, there);
    }
    match schema["oneOf"].as_array() {
        Some(several) => several.iter().flat_map(|s| alternatives(document, s)).collect(),
        None => vec![schema],
    }
}

fn is_array(schema: &Value) -> bool {
    schema["type"] == "array" || schema["type"].as_array().is_some_and(|types| types.contains(&"array".into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_array_is_an_array_and_an_object_is_an_object() {
        let document = crate::contract::document();
        let stray = |operation: &str, body: Value| {
            let schema =
                document.pointer(&format!("/paths/{}/post/requestBody/content/application~1json/schema", operation.replace('/', "~1")));
            stray_array(&document, schema.expect("a body"), &body)
        };
        let orders = "/api/v1/orders";
        let dispatch = "/api/v1/orders/{id}/dispatch";
        assert_eq!(stray(orders, json!([])), Some("#".to_owned()));
        assert_eq!(stray(orders, json!({ "title": "x", "contact": ["张三"] })), Some("#/contact".to_owned()));
        assert_eq!(stray(orders, json!({ "title": "x", "contact": { "name": "张三" }, "point": null })), None);
        assert_eq!(stray(dispatch, json!({ "lead": ["person", "x"] })), Some("#/lead".to_owned()));
        assert_eq!(stray(dispatch, json!({ "assistants": [{ "kind": "person" }, ["person", "x"]] })), Some("#/assistants/1".to_owned()));
        assert_eq!(stray(dispatch, json!({ "assistants": [], "finish_limit": [1, "minutes"] })), Some("#/finish_limit".to_owned()));
        assert_eq!(
            stray("/api/v1/policies", json!({ "working_time": { "periods": [["09:00:00", "12:00:00"]] } })),
            Some("#/working_time/periods/0".to_owned())
        );
        assert_eq!(stray("/api/v1/grids", json!({ "boundary": { "coordinates": [[[1, 2]]] } })), None);
        assert_eq!(stray("/api/v1/orders/{id}/evaluate", json!({ "tags": ["x"] })), None);
    }
}
