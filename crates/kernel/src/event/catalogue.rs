//! What the `data` of each type of event looks like, as JSON Schema made from the Rust type that is logged.
//!
//! A domain crate gives its part, one entry for each type that it logs:
//!
//! ```ignore
//! pub fn event_types() -> Vec<Catalogued> {
//!     // An untagged enum has one variant for each type, in this order.
//!     catalogued::<GridEvent>(&[EventType::GridCreated, EventType::GridClosed])
//! }
//! ```
//!
//! `connect::catalogue` puts them together; a test sees that no type is missing, and `testkit` that what is logged fits.

use super::EventType;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A type of event and its `data`.
#[derive(Clone, PartialEq, Debug)]
pub struct Catalogued {
    /// The type.
    pub event_type: EventType,
    /// The JSON Schema of `data`; it refers to nothing outside itself.
    pub data: Value,
}

/// The types that a Rust type is logged as: those of its variants in their order, if it is an enum, else each of them
/// looks like the whole.
///
/// # Panics
/// When an enum has more variants than types, or fewer: a mistake of whoever wrote the list.
#[must_use]
pub fn catalogued<T: ToSchema>(types: &[EventType]) -> Vec<Catalogued> {
    let whole = schema_of::<T>();
    let variants = match whole["oneOf"].as_array() {
        Some(variants) => variants.clone(),
        None => vec![whole; types.len()],
    };
    assert_eq!(variants.len(), types.len(), "{} has {} variants, and {types:?} are its types", T::name(), variants.len());
    types.iter().zip(variants).map(|(event_type, data)| Catalogued { event_type: *event_type, data: merged(plain(data)) }).collect()
}

impl Catalogued {
    /// The same with the fields of another type beside its own.
    #[must_use]
    pub fn and<T: ToSchema>(self) -> Self {
        let other = merged(plain(schema_of::<T>()));
        Self { data: merged(json!({ "description": other["description"], "allOf": [other, self.data] })), ..self }
    }
}

/// One object of several that a flattened field made.
fn merged(schema: Value) -> Value {
    let Some(several) = schema["allOf"].as_array() else { return schema };
    let mut properties = Map::new();
    let mut required = Vec::new();
    for part in several.iter().cloned().map(merged) {
        properties.extend(part["properties"].as_object().cloned().unwrap_or_default());
        required.extend(part["required"].as_array().cloned().unwrap_or_default());
    }
    json!({ "type": "object", "description": schema["description"], "properties": properties, "required": required })
}

/// The schema of a type with everything that it refers to in its place.
fn schema_of<T: ToSchema>() -> Value {
    let mut parts = Vec::new();
    T::schemas(&mut parts);
    let parts: BTreeMap<String, Value> =
        parts.into_iter().filter_map(|(name, schema)| Some((name, serde_json::to_value(schema).ok()?))).collect();
    resolve(serde_json::to_value(T::schema()).unwrap_or_default(), &parts)
}

fn resolve(schema: Value, parts: &BTreeMap<String, Value>) -> Value {
    match schema {
        Value::Object(mut map) => {
            let named = map.remove("$ref").and_then(|r| parts.get(r.as_str()?.rsplit('/').next()?).cloned());
            let mut resolved: Map<String, Value> = map.into_iter().map(|(key, value)| (key, resolve(value, parts))).collect();
            // What stands beside the reference (a description of the field) wins.
            if let Some(Value::Object(named)) = named.map(|named| resolve(named, parts)) {
                for (key, value) in named {
                    resolved.entry(key).or_insert(value);
                }
            }
            Value::Object(resolved)
        }
        Value::Array(list) => list.into_iter().map(|item| resolve(item, parts)).collect(),
        other => other,
    }
}

/// The log leaves out what is absent and never says null.
fn plain(schema: Value) -> Value {
    match schema {
        Value::Object(mut map) => {
            if let Some(types) = map.get("type").and_then(Value::as_array)
                && let [only] = types.iter().filter(|t| *t != "null").collect::<Vec<_>>().as_slice()
            {
                let only = (*only).clone();
                map.insert("type".to_owned(), only);
            }
            let rest: Vec<Value> =
                map.get("oneOf").and_then(Value::as_array).into_iter().flatten().filter(|s| s["type"] != "null").cloned().collect();
            if let ([Value::Object(only)], true) = (rest.as_slice(), map.contains_key("oneOf")) {
                map.remove("oneOf");
                for (key, value) in only {
                    map.entry(key.clone()).or_insert_with(|| value.clone());
                }
            }
            Value::Object(map.into_iter().map(|(key, value)| (key, plain(value))).collect())
        }
        Value::Array(list) => list.into_iter().map(plain).collect(),
        other => other,
    }
}

/// Keeps of `data` what a machine acts on: ids, times, words of a list, numbers, truths. What people write stays out,
/// and so does what the schema does not know. This is what leaves the house without being asked for (webhooks).
#[must_use]
pub fn without_prose(schema: &Value, data: &Value) -> Value {
    kept(schema, data).unwrap_or_else(|| json!({}))
}

fn kept(schema: &Value, data: &Value) -> Option<Value> {
    match data {
        Value::String(_) => is_word(schema).then(|| data.clone()),
        Value::Array(items) => items.iter().map(|item| kept(&schema["items"], item)).collect::<Option<_>>().map(Value::Array),
        Value::Object(fields) => {
            let of = |name: &str| properties(schema).find_map(|p| p.get(name));
            Some(Value::Object(fields.iter().filter_map(|(name, value)| Some((name.clone(), kept(of(name)?, value)?))).collect()))
        }
        _ => Some(data.clone()),
    }
}

/// The schema of what [`without_prose`] leaves.
#[must_use]
pub fn schema_without_prose(schema: &Value) -> Value {
    let Value::Object(map) = schema else { return schema.clone() };
    let mut map = map.clone();
    if let Some(Value::Object(properties)) = map.get_mut("properties") {
        properties.retain(|_, property| carries(property));
        properties.values_mut().for_each(|property| *property = schema_without_prose(property));
        let names: Vec<Value> = properties.keys().map(|name| json!(name)).collect();
        if let Some(Value::Array(required)) = map.get_mut("required") {
            required.retain(|name| names.contains(name));
        }
    }
    for list in ["oneOf", "anyOf", "allOf"] {
        if let Some(Value::Array(several)) = map.get_mut(list) {
            several.iter_mut().for_each(|s| *s = schema_without_prose(s));
        }
    }
    Value::Object(map)
}

/// Whether anything of such a value is kept.
fn carries(schema: &Value) -> bool {
    match schema["type"].as_str() {
        Some("string") => is_word(schema),
        Some("array") => carries(&schema["items"]),
        _ => true,
    }
}

/// Whether a text is one of a list, or an id or a time.
fn is_word(schema: &Value) -> bool {
    ["enum", "const", "format"].iter().any(|key| schema.get(key).is_some())
        // A pattern that says something about the whole.
        || schema["pattern"].as_str().is_some_and(|p| p.starts_with('^') && p.ends_with('$'))
        || ["oneOf", "anyOf"].iter().any(|list| schema[list].as_array().is_some_and(|several| several.iter().all(is_word)))
}

fn properties(schema: &Value) -> impl Iterator<Item = &Map<String, Value>> {
    let several = ["oneOf", "anyOf", "allOf"].into_iter().filter_map(|list| schema[list].as_array()).flatten();
    several.chain([schema]).filter_map(|s| s["properties"].as_object())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::GridId;
    use serde::Serialize;

    #[derive(Serialize, ToSchema)]
    #[serde(rename_all = "snake_case")]
    #[expect(dead_code, reason = "only its schema is looked at")]
    enum Colour {
        Red,
        Green,
    }

    #[derive(Serialize, ToSchema)]
    #[serde(untagged)]
    #[expect(dead_code, reason = "only its schema is looked at")]
    enum Lamp {
        Lit {
            /// Which one.
            colour: Colour,
            #[serde(skip_serializing_if = "Option::is_none")]
            grid_id: Option<GridId>,
            note: String,
        },
        Out {},
    }

    #[test]
    fn a_variant_is_a_type_and_refers_to_nothing_outside() {
        let types = catalogued::<Lamp>(&[EventType::GridCreated, EventType::GridClosed]);
        let lit = &types[0].data;
        assert_eq!(lit["properties"]["colour"]["enum"], json!(["red", "green"]), "{lit}");
        assert_eq!(lit["properties"]["colour"]["description"], "Which one.");
        assert_eq!(lit["properties"]["grid_id"]["type"], "string");
        assert_eq!(lit["required"], json!(["colour", "note"]));
        assert_eq!(types[1].event_type, EventType::GridClosed);
        let data = json!({ "colour": "red", "grid_id": "x", "note": "张三家门口", "more": 1 });
        assert_eq!(without_prose(lit, &data), json!({ "colour": "red", "grid_id": "x" }));
        let thin = schema_without_prose(lit);
        assert_eq!(thin["required"], json!(["colour"]));
        assert!(thin["properties"].get("note").is_none());
    }
}
