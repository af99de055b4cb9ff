//! The bounds of the contract: how long a text, how large a number, how many items. What follows from a type, a format, a
//! pattern or a rule of the whole API is told here, once; what is a field's own stands beside the field.

use crate::contract::walk;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Integers are exact in every language up to here.
const LARGEST: i64 = (1 << 53) - 1;
/// The characters of an RFC 3339 time with nanoseconds and an offset.
const TIME_LENGTH: usize = 35;
const UUID_LENGTH: usize = 36;
/// No cursor is longer: the gate refuses those that are.
const CURSOR_LENGTH: usize = 500;
/// What the gate refuses in every body and query: PostgreSQL cannot store it.
const NO_NUL: &str = "^[^\\u0000]*$";

/// The codes that a client may send: 2, 4, 6, 9 or 12 digits, from 11 (北京) on, or zeros for the whole country.
const SENT_REGION: &str = "^((1[1-9]|[2-9][0-9])([0-9]{2}|[0-9]{4}|[0-9]{7}|[0-9]{10})?|00|0000|000000|000000000|000000000000)$";
const TOLD_REGION: &str = "^[0-9]{12}$";

/// Adds them. `sent` names the schemas that requests are made of.
pub(crate) fn add(document: &mut Value, sent: &BTreeSet<String>) {
    for (name, schema) in document["components"]["schemas"].as_object_mut().into_iter().flatten() {
        if sent.contains(name) {
            walk(schema, &mut of_what_is_sent);
        }
    }
    for (_, item) in document["paths"].as_object_mut().into_iter().flatten() {
        for (_, operation) in item.as_object_mut().into_iter().flatten() {
            for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
                if parameter["name"] == "cursor" || parameter["name"] == "Last-Event-ID" {
                    parameter["schema"]["maxLength"] = json!(CURSOR_LENGTH);
                    parameter["schema"]["pattern"] = json!("^[A-Za-z0-9_-]+$");
                }
                walk(&mut parameter["schema"], &mut of_what_is_sent);
            }
        }
    }
    bound_pages(document);
    walk(document, &mut of_its_type);
}

/// What follows from a schema's own words.
pub(crate) fn of_its_type(node: &mut Map<String, Value>) {
    if is(node, "string") && !["maxLength", "enum", "const"].iter().any(|word| node.contains_key(*word)) {
        let longest = match node.get("format").and_then(Value::as_str) {
            Some("uuid") => Some(UUID_LENGTH),
            Some("date") => Some("2026-01-01".len()),
            Some("date-time") => Some(TIME_LENGTH),
            _ => node.get("pattern").and_then(Value::as_str).and_then(longest_match),
        };
        if let Some(longest) = longest {
            node.insert("maxLength".to_owned(), json!(longest));
        }
    }
    if is(node, "integer") {
        let bound = if node.get("format").is_some_and(|f| f == "int32") { i64::from(i32::MAX) } else { LARGEST };
        node.entry("format").or_insert(json!("int64"));
        node.entry("minimum").or_insert(json!(-bound));
        node.entry("maximum").or_insert(json!(bound));
    }
}

fn of_what_is_sent(node: &mut Map<String, Value>) {
    // utoipa says it of a struct with `deny_unknown_fields`, and not of the variants of such an enum.
    for variant in node.get_mut("oneOf").and_then(Value::as_array_mut).into_iter().flatten().filter(|v| v.get("properties").is_some()) {
        variant["additionalProperties"] = json!(false);
    }
    if !is(node, "string") {
        return;
    }
    if node.get("pattern").is_some_and(|p| p == TOLD_REGION) {
        node.insert("pattern".to_owned(), json!(SENT_REGION));
    }
    if !["format", "pattern", "enum", "const"].iter().any(|word| node.contains_key(*word)) {
        node.insert("pattern".to_owned(), json!(NO_NUL));
    }
}

/// A page has as many items as its `limit` may say, and a cursor that can be sent back.
fn bound_pages(document: &mut Value) {
    let mut pages = Vec::new();
    for operation in document["paths"].as_object().into_iter().flatten().filter_map(|(_, item)| item["get"].as_object()) {
        let parameters = operation.get("parameters").and_then(Value::as_array).into_iter().flatten();
        let limit = parameters.filter(|p| p["name"] == "limit").find_map(|p| p["schema"].get("maximum"));
        let page = &operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"];
        pages.extend(limit.cloned().zip(page.as_str().map(str::to_owned)));
    }
    for (limit, page) in pages {
        if let Some(page) = document.pointer_mut(page.trim_start_matches('#')) {
            page["properties"]["items"]["maxItems"] = limit;
            if let Some(cursor) = page["properties"].get_mut("next_cursor") {
                cursor["maxLength"] = json!(CURSOR_LENGTH);
            }
        }
    }
}

fn is(node: &Map<String, Value>, kind: &str) -> bool {
    node.get("type").is_some_and(|t| t == kind || t.as_array().is_some_and(|types| types.iter().any(|t| t == kind)))
}

/// How many characters a text can have that fits; absent when the pattern bounds nothing.
fn longest_match(pattern: &str) -> Option<usize> {
    let bounded = pattern.starts_with('^') && pattern.ends_with('$');
    let pattern = regex_syntax::parse(pattern).ok().filter(|_| bounded)?;
    pattern.properties().maximum_len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::RegionCode;

    fn told(mut schema: Value) -> Value {
        walk(&mut schema, &mut of_its_type);
        schema
    }

    #[test]
    fn a_bound_follows_from_the_type_and_gives_way_to_one_that_stands_there() {
        assert_eq!(told(json!({ "type": "string", "format": "uuid" }))["maxLength"], 36);
        assert_eq!(told(json!({ "type": ["string", "null"], "pattern": "^[0-9]{2}(a|bcd)$" }))["maxLength"], 5);
        assert_eq!(told(json!({ "type": "string", "pattern": "\\S" })).get("maxLength"), None);
        assert_eq!(told(json!({ "type": "string", "pattern": "^[!-~]+$" })).get("maxLength"), None);
        assert_eq!(told(json!({ "type": "string", "pattern": "^a$", "maxLength": 7 }))["maxLength"], 7);
        let version = told(json!({ "type": ["integer", "null"], "format": "int32", "minimum": 1 }));
        assert_eq!((&version["minimum"], &version["maximum"]), (&json!(1), &json!(i32::MAX)));
        assert_eq!(told(json!({ "type": "integer" }))["maximum"], LARGEST);
    }

    #[test]
    fn the_pattern_of_a_region_is_what_is_taken() {
        let pattern = regex::Regex::new(SENT_REGION).expect("a pattern");
        for length in 0..14 {
            for first in 0..100 {
                let code = format!("{first:02}{}", "0".repeat(length));
                assert_eq!(pattern.is_match(&code), code.parse::<RegionCode>().is_ok(), "{code}");
            }
        }
        for (code, taken) in [("", false), ("321182001017", true), ("000000000001", false), ("32118200101a", false), ("3", false)] {
            assert_eq!((pattern.is_match(code), code.parse::<RegionCode>().is_ok()), (taken, taken), "{code}");
        }
    }
}
