//! Every event that a test logs fits the catalogue of events.

use kernel::{EventType, db::Db};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::Value;

/// Looks at every event of a database. One that was written by hand, of a type that there is not, is let through; so is
/// all of a database that does not answer any more.
///
/// # Panics
/// When the `data` of an event is not what the catalogue says of its type.
pub(crate) async fn fit_the_catalogue(db: &Db) {
    let all = Statement::from_string(db.backend(), "SELECT type, data FROM events");
    for row in db.reader().query_all_raw(all).await.unwrap_or_default() {
        let (word, data): (String, String) = (row.try_get_by(0).expect("a type"), row.try_get_by(1).expect("data"));
        let Some(event_type) = EventType::named(&word) else { continue };
        let data: Value = serde_json::from_str(&data).expect("data is JSON");
        if let Err(wrong) = fits(connect::catalogue::data_of(event_type), &data) {
            panic!("an event {word} is not what the catalogue of events says: {wrong}; it is {data}");
        }
    }
}

/// Whether a value is what a JSON Schema of ours says, and has no field that the schema does not name.
fn fits(schema: &Value, value: &Value) -> Result<(), String> {
    if let Some(several) = schema["oneOf"].as_array() {
        let told: Vec<_> = several.iter().map(|one| fits(one, value)).collect();
        return if told.iter().any(Result::is_ok) { Ok(()) } else { Err(format!("none of {told:?}")) };
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        return Err(format!("{value} is none of {words:?}"));
    }
    let right = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        _ => true,
    };
    if !right {
        return Err(format!("{value} is no {}", schema["type"]));
    }
    if let Some(lacking) = schema["required"].as_array().into_iter().flatten().find(|name| value.get(name.as_str().unwrap_or("")).is_none())
    {
        return Err(format!("{lacking} is missing"));
    }
    let parts: Vec<&Value> = schema["allOf"].as_array().into_iter().flatten().chain([schema]).collect();
    if parts.iter().any(|part| part.get("properties").is_some()) || schema["type"] == "object" {
        for (name, field) in value.as_object().into_iter().flatten() {
            match parts.iter().find_map(|part| part["properties"].get(name)) {
                Some(property) => fits(property, field).map_err(|wrong| format!("{name}: {wrong}"))?,
                None if schema.get("additionalProperties").is_some() => {}
                None => return Err(format!("{name} is not in the schema")),
            }
        }
    }
    for item in value.as_array().into_iter().flatten() {
        fits(&schema["items"], item)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_the_catalogue_does_not_say_does_not_fit() {
        let placed = connect::catalogue::data_of(EventType::OrderPlaced);
        let good = json!({ "to": "placed", "number": "20261122-K7Q2M4C", "channel": "mini_program", "on_behalf": false });
        assert_eq!(fits(placed, &good), Ok(()));
        for (field, value) in [("to", json!("lost")), ("on_behalf", json!("no")), ("channel", Value::Null), ("name", json!("张三"))] {
            let mut bad = good.clone();
            bad[field] = value;
            assert!(fits(placed, &bad).is_err(), "{bad}");
        }
    }
}
