//! The contract as OpenAPI 3.0, for generators that know no 3.1. What 3.0 can say otherwise is said otherwise; what it cannot say
//! (webhooks, names of map keys) is left out.

use serde_json::{Map, Value, json};

/// The 3.0 form of a 3.1 document.
pub(crate) fn of(mut document: Value) -> Value {
    document["openapi"] = json!("3.0.3");
    if let Some(licence) = document["info"]["license"].as_object_mut()
        && licence.remove("identifier").is_some()
    {
        licence.insert("url".to_owned(), json!("https://www.apache.org/licenses/LICENSE-2.0"));
    }
    if let Some(root) = document.as_object_mut() {
        root.remove("webhooks");
    }
    if let Some(components) = document["components"].as_object_mut() {
        // The headers of webhooks: nothing else refers to parameters.
        components.remove("parameters");
        for schema in components.get_mut("schemas").and_then(Value::as_object_mut).into_iter().flat_map(|schemas| schemas.values_mut()) {
            schema_of(schema);
        }
    }
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        schemas.remove("WebhookPayload");
    }
    schemas_in(&mut document["paths"]);
    for header in document["components"]["headers"].as_object_mut().into_iter().flat_map(|headers| headers.values_mut()) {
        schemas_in(header);
    }
    document
}

/// Finds the schemas of operations. Examples are nobody's schema.
fn schemas_in(node: &mut Value) {
    match node {
        Value::Object(map) => {
            for (name, value) in map {
                match name.as_str() {
                    "schema" => schema_of(value),
                    "example" | "examples" => {}
                    _ => schemas_in(value),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(schemas_in),
        _ => {}
    }
}

fn schema_of(schema: &mut Value) {
    let Some(map) = schema.as_object_mut() else { return };
    for within in ["items", "additionalProperties", "not"] {
        map.get_mut(within).into_iter().for_each(schema_of);
    }
    map.get_mut("properties").and_then(Value::as_object_mut).into_iter().flat_map(|p| p.values_mut()).for_each(schema_of);
    nullable(map);
    for of in ["oneOf", "anyOf", "allOf"] {
        map.get_mut(of).and_then(Value::as_array_mut).into_iter().flatten().for_each(schema_of);
    }
    map.remove("propertyNames");
    if let Some(value) = map.remove("const") {
        map.insert("enum".to_owned(), json!([value]));
    }
    if let Some(example) = map.remove("examples").and_then(|examples| examples.get(0).cloned()) {
        map.insert("example".to_owned(), example);
    }
    for (exclusive, plain) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        if let Some(bound) = map.get(exclusive).filter(|b| b.is_number()).cloned() {
            map.insert(plain.to_owned(), bound);
            map.insert(exclusive.to_owned(), json!(true));
        }
    }
    // Beside a reference, 3.0 reads nothing.
    if map.len() > 1
        && let Some(reference) = map.remove("$ref")
    {
        map.insert("allOf".to_owned(), json!([{ "$ref": reference }]));
    }
}

/// `null` among the types or the alternatives becomes `nullable`.
fn nullable(map: &mut Map<String, Value>) {
    if let Some(types) = map.get("type").and_then(Value::as_array) {
        let kind = types.iter().find(|kind| *kind != "null").cloned().unwrap_or_default();
        if types.len() > 1 {
            map.insert("nullable".to_owned(), json!(true));
        }
        map.insert("type".to_owned(), kind);
    }
    let is_null = |schema: &Value| schema["type"] == "null";
    for of in ["oneOf", "anyOf"] {
        let Some(mut alternatives) = map.get(of).and_then(Value::as_array).filter(|list| list.iter().any(is_null)).cloned() else {
            continue;
        };
        alternatives.retain(|schema| !is_null(schema));
        map.remove(of);
        match alternatives.as_slice() {
            [Value::Object(only)] => map.extend(only.clone()),
            _ => {
                map.insert(of.to_owned(), Value::Array(alternatives));
            }
        }
        // Of a reference 3.0 cannot say it: there, a client leaves out what it does not have.
        if map.contains_key("type") {
            map.insert("nullable".to_owned(), json!(true));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_of_3_1_has_its_form_of_3_0() {
        let cases = [
            (json!({ "type": ["string", "null"], "maxLength": 3 }), json!({ "type": "string", "nullable": true, "maxLength": 3 })),
            (
                json!({ "oneOf": [{ "$ref": "#/a", "description": "A." }, { "type": "null" }] }),
                json!({ "allOf": [{ "$ref": "#/a" }], "description": "A." }),
            ),
            (
                json!({ "oneOf": [{ "type": "string", "format": "uuid" }, { "type": "null" }] }),
                json!({ "type": "string", "format": "uuid", "nullable": true }),
            ),
            (json!({ "type": "string", "const": "x" }), json!({ "type": "string", "enum": ["x"] })),
            (json!({ "type": "integer", "exclusiveMinimum": 3 }), json!({ "type": "integer", "minimum": 3, "exclusiveMinimum": true })),
            (json!({ "$ref": "#/a" }), json!({ "$ref": "#/a" })),
            (
                json!({ "type": "object", "properties": { "const": { "type": ["object", "null"] }, "type": { "$ref": "#/a", "description": "T." } } }),
                json!({ "type": "object", "properties": { "const": { "type": "object", "nullable": true }, "type": { "allOf": [{ "$ref": "#/a" }], "description": "T." } } }),
            ),
            (
                json!({ "type": "object", "additionalProperties": { "type": "string" }, "propertyNames": { "type": "string" } }),
                json!({ "type": "object", "additionalProperties": { "type": "string" } }),
            ),
        ];
        for (mut newer, older) in cases {
            schema_of(&mut newer);
            assert_eq!(newer, older);
        }
    }

    #[test]
    fn nothing_of_3_1_is_left_in_the_contract() {
        let document = of(crate::contract::document());
        let mut left = Vec::new();
        look(&document, "", &mut left);
        assert!(left.is_empty(), "{left:?}");
        assert!(document.get("webhooks").is_none() && document["openapi"] == "3.0.3");
    }

    fn look(node: &Value, at: &str, left: &mut Vec<String>) {
        match node {
            Value::Object(map) => {
                let schema = !at.ends_with("/properties");
                let typed = map.get("type").is_some_and(|t| t.is_array() || t == "null");
                let beside = map.contains_key("$ref") && map.len() > 1;
                let newer =
                    ["const", "examples", "propertyNames", "prefixItems", "contentMediaType"].iter().any(|word| map.contains_key(*word));
                if schema && (typed || beside || newer) {
                    left.push(at.to_owned());
                }
                map.iter().filter(|(name, _)| *name != "example").for_each(|(name, value)| look(value, &format!("{at}/{name}"), left));
            }
            Value::Array(list) => list.iter().enumerate().for_each(|(n, value)| look(value, &format!("{at}/{n}"), left)),
            _ => {}
        }
    }
}
