//! The catalogue of events (事件目录): every type with the JSON Schema of its `data`.
//!
//! Each domain crate describes what it logs; here they stand together. A type of `kernel::EventType` that nobody
//! describes, or two do, fails the test below.

use kernel::{
    EventType, Page,
    event::{Catalogued, schema_without_prose},
};
use serde::Serialize;
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::LazyLock};
use utoipa::ToSchema;

/// Every crate that logs events.
const PARTS: [fn() -> Vec<Catalogued>; 12] = [
    identity::event_types,
    files::event_types,
    grids::event_types,
    organizations::event_types,
    volunteers::event_types,
    services::event_types,
    mediation::event_types,
    visits::event_types,
    jobs::event_types,
    crate::webhook::event_types,
    crate::wechat::event_types,
    crate::hotline::event_types,
];

static ALL: LazyLock<BTreeMap<EventType, Value>> =
    LazyLock::new(|| PARTS.iter().flat_map(|part| part()).map(|entry| (entry.event_type, entry.data)).collect());

/// The JSON Schema of a type's `data`.
#[must_use]
pub fn data_of(event_type: EventType) -> &'static Value {
    ALL.get(&event_type).unwrap_or(&Value::Null)
}

/// A type of event (事件类型), as the catalogue shows it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EventTypeEntry {
    /// Its word (事件类型).
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "order.placed")]
    pub event_type: EventType,
    /// What happened (说明).
    pub description: &'static str,
    /// The JSON Schema of `data` in the change feed (数据格式).
    #[schema(value_type = Object)]
    pub data_schema: Value,
    /// The JSON Schema of what a webhook receives (推送格式): no texts that people wrote.
    #[schema(value_type = Object)]
    pub payload_schema: Value,
}

/// All types of events (事件目录).
#[must_use]
pub fn event_types() -> Page<EventTypeEntry> {
    let entry = |event_type: &EventType| EventTypeEntry {
        event_type: *event_type,
        description: event_type.about(),
        data_schema: data_of(*event_type).clone(),
        payload_schema: payload_schema(*event_type),
    };
    Page { items: EventType::ALL.iter().map(entry).collect(), next_cursor: None, has_more: false }
}

/// The JSON Schema of what a webhook receives about an event of this type.
#[must_use]
pub fn payload_schema(event_type: EventType) -> Value {
    let mut schema = envelope();
    schema["properties"]["type"] = type_schema(event_type);
    schema["properties"]["data"]["properties"]["details"] = schema_without_prose(data_of(event_type));
    schema
}

/// The `data` of an event of this type as it might be: for whoever wants to see a message before there is one.
#[must_use]
pub fn sample(event_type: EventType) -> Value {
    sample_of(data_of(event_type))
}

fn sample_of(schema: &Value) -> Value {
    let first = |list: &str| schema[list].as_array().and_then(|all| all.first());
    if let Some(given) = schema.get("const").or_else(|| schema.get("example")).or_else(|| first("enum")) {
        return given.clone();
    }
    if let Some(one) = first("oneOf").or_else(|| first("anyOf")) {
        return sample_of(one);
    }
    match schema["type"].as_str().unwrap_or_default() {
        "object" => schema["properties"].as_object().into_iter().flatten().map(|(name, field)| (name.clone(), sample_of(field))).collect(),
        "array" => json!([sample_of(&schema["items"])]),
        "integer" | "number" => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
        "boolean" => json!(true),
        _ => match (schema["format"].as_str().unwrap_or_default(), schema["pattern"].as_str().unwrap_or_default()) {
            ("uuid", _) => json!("019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b70"),
            ("date-time", _) => json!("2026-11-16T01:00:00Z"),
            ("date", _) => json!("2026-11-16"),
            (_, pattern) if pattern.contains("{12}") => json!("321182001017"),
            _ => json!("样例"),
        },
    }
}

fn type_schema(event_type: EventType) -> Value {
    json!({ "type": "string", "const": event_type.as_str(), "description": "Its type (事件类型)." })
}

/// What all payloads have in common.
fn envelope() -> Value {
    let uuid = |about: &str| json!({ "type": "string", "format": "uuid", "description": about });
    json!({
        "type": "object",
        "description": "What a webhook receives (推送内容).",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": { "type": "string", "description": "Its type (事件类型)." },
            "timestamp": { "type": "string", "format": "date-time", "description": "When it happened (时间)." },
            "data": {
                "type": "object",
                "description": "What it is about. Read the thing itself for more.",
                "required": ["event_id", "subject_id", "subject_version", "region_code", "details"],
                "properties": {
                    "event_id": { "type": "integer", "minimum": 1, "description": "Its number in the event log (编号)." },
                    "subject_id": uuid("The thing that it is about (对象)."),
                    "subject_version": { "type": "integer", "minimum": 1, "description": "The thing's version after it (版本): with it a receiver puts events in order." },
                    "region_code": { "type": "string", "pattern": "^[0-9]{12}$", "description": "Where the thing lies (区划)." },
                    "actor_id": uuid("Who did it (操作人); absent when the system itself did."),
                    "thin": { "type": "boolean", "description": "Whether `details` was left out because the message would have 20 kB or more (已精简)." },
                    "details": { "type": "object", "description": "What else there is to say, without texts that people wrote." },
                },
            },
        },
    })
}

const HEADERS: [(&str, &str, &str); 3] = [
    ("WebhookId", "webhook-id", "The same for every attempt and every repetition: remember it to ignore what comes twice."),
    ("WebhookTimestamp", "webhook-timestamp", "When this attempt was made, in seconds since 1970; refuse what is older than five minutes."),
    (
        "WebhookSignature",
        "webhook-signature",
        "`v1,` and the Base64 of HMAC-SHA256 over `id.timestamp.body`; two of them, separated by a space, while a secret is replaced.",
    ),
];

/// Adds every type to an OpenAPI document, as a webhook.
pub fn describe_webhooks(document: &mut Value) {
    document["components"]["schemas"]["WebhookPayload"] = envelope();
    for (component, name, about) in HEADERS {
        let header = json!({ "name": name, "in": "header", "required": true, "description": about, "schema": { "type": "string" } });
        document["components"]["parameters"][component] = header;
    }
    document["webhooks"] = EventType::ALL.iter().map(|t| (t.as_str().to_owned(), json!({ "post": webhook(*t) }))).collect();
}

fn webhook(event_type: EventType) -> Value {
    let details = schema_without_prose(data_of(event_type));
    let own = json!({ "properties": { "type": type_schema(event_type), "data": { "properties": { "details": details } } } });
    json!({
        "tags": ["events"],
        "operationId": format!("on_{}", event_type.as_str().replace('.', "_")),
        "summary": event_type.about(),
        "description": "Sent to each webhook endpoint (推送地址) that asks for this type and whose owner may read the event; the data of the event stands in `details`. A status of 200 to 299 within 15 seconds takes it; otherwise it is sent again, up to ten times within some 76 hours.",
        "security": [],
        "parameters": HEADERS.map(|(component, ..)| json!({ "$ref": format!("#/components/parameters/{component}") })),
        "requestBody": {
            "required": true,
            "content": { "application/json": { "schema": { "allOf": [{ "$ref": "#/components/schemas/WebhookPayload" }, own] } } },
        },
        "responses": {
            "204": { "description": "Taken (已接收)." },
            "410": { "description": "Nobody listens here any more: the endpoint is disabled (地址已停用)." },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_described_once() {
        let mut described: Vec<_> = PARTS.iter().flat_map(|part| part()).map(|entry| entry.event_type).collect();
        described.sort_unstable();
        assert_eq!(described, EventType::ALL, "every type of kernel::event::types, once, by the event_types() of a crate in PARTS");
    }

    #[test]
    fn a_sample_has_every_field_that_is_required() {
        for event_type in EventType::ALL {
            let (schema, sample) = (data_of(*event_type), sample(*event_type));
            for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                assert!(sample.get(name).is_some_and(|value| !value.is_null()), "{event_type}.{name}: {sample}");
            }
        }
    }

    #[test]
    fn every_schema_stands_by_itself_and_says_what_its_fields_are() {
        for event_type in EventType::ALL {
            let schema = data_of(*event_type);
            assert_eq!(schema["type"], "object", "{event_type}: {schema}");
            assert!(!schema.to_string().contains("$ref"), "{event_type}: {schema}");
            for (name, field) in schema["properties"].as_object().into_iter().flatten() {
                let said = field["description"].as_str().is_some_and(|text| !text.is_empty());
                assert!(said, "{event_type}.{name} has no doc comment: {field}");
            }
        }
    }
}
