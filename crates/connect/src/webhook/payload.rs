//! What a message says: the event without the texts that people wrote, the same bytes at every attempt.

use super::Format;
use crate::catalogue;
use kernel::{
    EventType,
    event::{LoggedEvent, without_prose},
};
use serde_json::{Value, json};

/// A message is smaller, as Standard Webhooks recommends.
const LIMIT: usize = 20_000;

/// The id of the message about an event, the same for every attempt, every repetition and every endpoint. The time is part of it:
/// after a restore from a backup numbers are given a second time.
#[must_use]
pub fn message_id(event: &LoggedEvent) -> String {
    format!("evt_{}_{:x}", event.id, event.at.timestamp_micros())
}

/// The message about an event: its media type and its body.
#[must_use]
pub fn message(event: &LoggedEvent, format: Format) -> (&'static str, String) {
    let whole = written(event, format, details(event));
    if whole.1.len() < LIMIT { whole } else { written(event, format, None) }
}

fn details(event: &LoggedEvent) -> Option<Value> {
    EventType::named(&event.kind).map(|kind| without_prose(catalogue::data_of(kind), &event.data))
}

/// Without `details` it says that it is thin.
fn written(event: &LoggedEvent, format: Format, details: Option<Value>) -> (&'static str, String) {
    let mut data = json!({
        "event_id": event.id,
        "subject_id": event.subject_id,
        "subject_version": event.subject_version,
        "region_code": event.region_code,
    });
    if let Some(actor) = event.actor_id {
        data["actor_id"] = json!(actor);
    }
    if details.is_none() {
        data["thin"] = json!(true);
    }
    data["details"] = details.unwrap_or_else(|| json!({}));
    match format {
        Format::StandardWebhooks => ("application/json", json!({ "type": event.kind, "timestamp": event.at, "data": data }).to_string()),
        Format::Cloudevents => {
            let cloud = json!({
                "specversion": "1.0",
                "id": message_id(event),
                "source": format!("/regions/{}", event.region_code),
                "type": format!("cn.linli.{}.v1", event.kind),
                "subject": event.subject_id,
                "time": event.at,
                "datacontenttype": "application/json",
                "data": data,
            });
            ("application/cloudevents+json", cloud.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(data: Value) -> LoggedEvent {
        serde_json::from_value(json!({
            "id": 7, "type": "order.completed", "subject_id": "019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b70", "subject_version": 4,
            "region_code": "321182001017", "at": "2026-11-16T01:00:00Z", "data": data,
        }))
        .unwrap()
    }

    #[test]
    fn a_message_says_what_a_machine_acts_on_and_no_prose() {
        let event = event(json!({ "to": "completed", "result": "solved", "answer": "张三家的灯修好了" }));
        let (media_type, body) = message(&event, Format::StandardWebhooks);
        let told: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(media_type, "application/json");
        assert_eq!((&told["type"], &told["data"]["details"]["result"]), (&json!("order.completed"), &json!("solved")), "{told}");
        assert!(!body.contains("张三") && told["data"].get("thin").is_none(), "{body}");
        assert!(!message_id(&event).contains('.'));
        let (media_type, body) = message(&event, Format::Cloudevents);
        let told: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(media_type, "application/cloudevents+json");
        assert_eq!(
            (&told["specversion"], &told["type"], &told["id"]),
            (&json!("1.0"), &json!("cn.linli.order.completed.v1"), &json!(message_id(&event)))
        );
        assert_eq!(told["data"]["region_code"], "321182001017");
    }

    #[test]
    fn what_would_be_too_large_is_left_out() {
        let mut event = event(json!({ "attachment_ids": vec!["019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b70"; 600] }));
        event.kind = "order.progressed".to_owned();
        for format in [Format::StandardWebhooks, Format::Cloudevents] {
            let (_, body) = message(&event, format);
            let told: Value = serde_json::from_str(&body).unwrap();
            assert!(body.len() < 1_000 && told["data"]["thin"] == true && told["data"]["details"] == json!({}), "{body}");
        }
    }
}
