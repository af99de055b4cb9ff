//! Operations that are on their way out (弃用): their answers say since when (`Deprecation`, RFC 9745), until when they are
//! promised at least (`Sunset`, RFC 8594), and where to read what to do instead (`Link`).
//!
//! A handler says so beside its path, and contract and headers follow:
//! `("x-deprecation" = json!({ "since": "2027-01-01", "sunset": "2029-01-01", "link": "https://…" }))`.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue, LINK};
use chrono::{DateTime, Months, NaiveDate, NaiveTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
const SUNSET: HeaderName = HeaderName::from_static("sunset");

/// What is promised: from the day on which an operation is deprecated it goes on for so long.
const PROMISED: Months = Months::new(24);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    since: NaiveDate,
    sunset: NaiveDate,
    link: String,
}

/// What the answers of a deprecated operation say.
#[derive(Debug)]
pub(crate) struct Deprecation(Vec<(HeaderName, HeaderValue)>);

impl Deprecation {
    /// Reads what the handler says; nothing for an operation that stays.
    ///
    /// # Errors
    /// What is wrong with it, in words for whoever wrote it.
    fn read(operation: &Value) -> Result<Option<Self>, String> {
        let Some(told) = operation.get("x-deprecation") else { return Ok(None) };
        let Told { since, sunset, link } = Told::deserialize(told).map_err(|e| e.to_string())?;
        if since.checked_add_months(PROMISED).is_none_or(|promised| sunset < promised) {
            return Err(format!("{sunset} is less than 24 months after {since}"));
        }
        let midnight = |day: NaiveDate| DateTime::<Utc>::from_naive_utc_and_offset(day.and_time(NaiveTime::MIN), Utc);
        let value = |text: String| HeaderValue::from_str(&text).map_err(|e| e.to_string());
        Ok(Some(Self(vec![
            (DEPRECATION, value(format!("@{}", midnight(since).timestamp()))?),
            (SUNSET, value(midnight(sunset).format("%a, %d %b %Y %H:%M:%S GMT").to_string())?),
            (LINK, value(format!("<{link}>; rel=\"deprecation\"; type=\"text/html\""))?),
        ])))
    }

    /// The same for the gate. That all of them can be read is tested.
    pub(crate) fn of(operation: &Value) -> Option<Self> {
        Self::read(operation).ok().flatten()
    }

    /// Says so, whatever the answer is.
    pub(crate) fn announce(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.0 {
            headers.append(name.clone(), value.clone());
        }
    }
}

/// Says so in the contract.
pub(crate) fn describe(document: &mut Value) {
    for (_, item) in document["paths"].as_object_mut().into_iter().flatten() {
        for (_, operation) in item.as_object_mut().into_iter().flatten() {
            if operation.get("x-deprecation").is_none() {
                continue;
            }
            operation["deprecated"] = json!(true);
            for (_, answer) in operation["responses"].as_object_mut().into_iter().flatten() {
                for (name, what) in [
                    ("Deprecation", "Since when it is deprecated, as `@` and seconds since 1970 (弃用时间)."),
                    ("Sunset", "Until when it is promised at least, as an HTTP date (停用时间)."),
                    ("Link", "What to do instead, with `rel=\"deprecation\"` (说明)."),
                ] {
                    answer["headers"][name] = json!({ "description": what, "schema": { "type": "string", "maxLength": 500 } });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_is_announced_in_headers_and_contract() {
        let mut document = crate::contract::document();
        let operation = &mut document["paths"]["/api/v1/orders"]["get"];
        assert!(operation.get("deprecated").is_none() && Deprecation::of(operation).is_none());
        operation["x-deprecation"] = json!({ "since": "2027-01-01", "sunset": "2029-01-01", "link": "https://example.invalid/orders" });
        describe(&mut document);
        let operation = &document["paths"]["/api/v1/orders"]["get"];
        assert_eq!(operation["deprecated"], true);
        assert!(["Deprecation", "Sunset", "Link"].iter().all(|h| operation["responses"]["404"]["headers"].get(h).is_some()));
        let mut headers = HeaderMap::new();
        Deprecation::of(operation).expect("deprecated").announce(&mut headers);
        assert_eq!(headers.get("deprecation").expect("since"), "@1798761600");
        assert_eq!(headers.get("sunset").expect("until"), "Mon, 01 Jan 2029 00:00:00 GMT");
        assert_eq!(headers.get("link").expect("why"), "<https://example.invalid/orders>; rel=\"deprecation\"; type=\"text/html\"");
        // The others stay.
        assert!(document["paths"]["/api/v1/orders"]["post"].get("deprecated").is_none());
    }

    #[test]
    fn a_promise_of_two_years_is_kept() {
        let read =
            |since: &str, sunset: &str| Deprecation::read(&json!({ "x-deprecation": { "since": since, "sunset": sunset, "link": "x" } }));
        assert!(read("2027-01-31", "2029-01-31").is_ok());
        assert!(read("2027-01-31", "2029-01-30").is_err() && read("2027-01-31", "2026-01-31").is_err() && read("soon", "later").is_err());
        for (path, item) in crate::contract::document()["paths"].as_object().expect("paths") {
            for (method, operation) in item.as_object().expect("operations") {
                let told = Deprecation::read(operation).unwrap_or_else(|e| panic!("{method} {path}: x-deprecation: {e}"));
                assert_eq!(told.is_some(), operation["deprecated"] == true, "{method} {path}");
            }
        }
    }
}
