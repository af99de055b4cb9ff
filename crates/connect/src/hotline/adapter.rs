//! How a hotline is told: our words become its words, by configuration. Pure.

use super::{
    command::{HotlineConstant, HotlineField, HotlinePath, HotlineSuccess, HotlineValue, SetHotlineAdapter},
    row::MessageKind,
    signature::Signing,
};
use kernel::{Code, Error, Result, Time};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The fields that messages have, for whoever maps them; see docs/hotline.md.
pub const FIELDS: [&str; 22] = [
    "message_id",
    "kind",
    "at",
    "external_system",
    "external_number",
    "external_version",
    "order_number",
    "region_code",
    "basis_code",
    "basis",
    "suggested_unit",
    "reason",
    "new_finish_by",
    "told_claimant_at",
    "note",
    "result",
    "answer",
    "reached",
    "solved",
    "satisfaction",
    "called_back_at",
    "round",
];

/// Where and how a hotline is told, as it is kept, sealed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Adapter {
    pub(super) base_url: String,
    pub(super) paths: Vec<HotlinePath>,
    pub(super) fields: Vec<HotlineField>,
    pub(super) values: Vec<HotlineValue>,
    pub(super) constants: Vec<HotlineConstant>,
    pub(super) success: Option<HotlineSuccess>,
    pub(super) signing: Option<Signing>,
}

impl Adapter {
    /// What is to be kept of a new configuration; of the old one its secret, if there is no new one.
    pub(super) fn of(new: SetHotlineAdapter, old: Option<&Self>, now: Time) -> Result<Self> {
        let invalid = |reason: String, at: String| Error::new(Code::HotlineConfigInvalid).with("reason", reason).at(at);
        for (n, path) in new.paths.iter().enumerate() {
            if new.paths[..n].iter().any(|p| p.kind == path.kind) {
                return Err(invalid(format!("{} has two paths", path.kind), format!("#/outbound/paths/{n}")));
            }
        }
        for (n, field) in new.fields.iter().enumerate() {
            if !FIELDS.contains(&field.ours.as_str()) || new.fields[..n].iter().any(|f| f.ours == field.ours) {
                return Err(invalid(
                    format!("{} is no field of ours, or stands there twice", field.ours),
                    format!("#/outbound/fields/{n}"),
                ));
            }
        }
        let signing = match new.signing {
            Some(signing) => Some(Signing::of(signing, old.and_then(|o| o.signing.as_ref()), now).map_err(|e| e.at("#/outbound/signing"))?),
            None => None,
        };
        Ok(Self {
            base_url: new.base_url.trim_end_matches('/').to_owned(),
            paths: new.paths,
            fields: new.fields,
            values: new.values,
            constants: new.constants,
            success: new.success,
            signing,
        })
    }

    /// Where a step is told; absent: it is not.
    pub(super) fn url(&self, kind: MessageKind, external_number: &str) -> Option<String> {
        let path = self.paths.iter().find(|p| p.kind == kind)?;
        Some(format!("{}{}", self.base_url, path.path.replace("{external_number}", &escaped(external_number))))
    }

    /// A message in the hotline's own words.
    pub(super) fn body(&self, told: &Map<String, Value>) -> Value {
        let mut body = Value::Object(Map::new());
        for (name, value) in told {
            let field = self.fields.iter().find(|f| f.ours == *name);
            let Some(theirs) = field.map_or(Some(name.as_str()), |f| f.theirs.as_deref()) else { continue };
            put(&mut body, theirs, self.word(name, value));
        }
        for constant in &self.constants {
            put(&mut body, &constant.theirs, Value::String(constant.value.clone()));
        }
        body
    }

    fn word(&self, field: &str, value: &Value) -> Value {
        let text = plain(value);
        let known = self.values.iter().find(|v| v.field == field && Some(&v.ours) == text.as_ref());
        known.map_or_else(|| value.clone(), |v| Value::String(v.theirs.clone()))
    }

    /// Whether an answer with a status of 200 to 299 says that the hotline has the message.
    pub(super) fn acknowledges(&self, answer: &[u8]) -> bool {
        let Some(success) = &self.success else { return true };
        let Ok(answer) = serde_json::from_slice::<Value>(answer) else { return false };
        let value = success.field.split('.').fold(&answer, |value, part| &value[part]);
        plain(value).as_deref() == Some(success.equals.as_str())
    }
}

/// A text, number or truth as text.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

/// Puts a value where the dots lead.
fn put(body: &mut Value, name: &str, value: Value) {
    let mut place = body;
    for part in name.split('.') {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        place = &mut place[part];
    }
    *place = value;
}

/// A number as it stands in a path.
fn escaped(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn adapter(fields: Value) -> Adapter {
        let mut whole = json!({
            "base_url": "https://12345.example.org/api/", "paths": [{ "kind": "finish", "path": "/orders/{external_number}/done" }],
        });
        for (name, value) in fields.as_object().unwrap() {
            whole[name] = value.clone();
        }
        Adapter::of(serde_json::from_value(whole).unwrap(), None, Time::default()).unwrap()
    }

    fn told() -> Map<String, Value> {
        let told =
            json!({ "kind": "finish", "external_number": "ZJ 1/2", "external_version": 2, "result": "solved", "answer": "灯已更换。" });
        told.as_object().unwrap().clone()
    }

    #[test]
    fn without_a_mapping_it_is_told_in_our_words() {
        let plain = adapter(json!({}));
        assert_eq!(plain.body(&told()), Value::Object(told()));
        assert_eq!(plain.url(MessageKind::Finish, "ZJ 1/2").as_deref(), Some("https://12345.example.org/api/orders/ZJ%201%2F2/done"));
        assert_eq!(plain.url(MessageKind::Sign, "1"), None);
        assert!(plain.acknowledges(b"whatever"));
    }

    #[test]
    fn names_words_and_constants_are_the_hotlines() {
        let theirs = adapter(json!({
            "fields": [{ "ours": "external_number", "theirs": "data.taskId" }, { "ours": "result", "theirs": "data.banliResult" }, { "ours": "kind" }],
            "values": [{ "field": "result", "ours": "solved", "theirs": "0" }, { "field": "external_version", "ours": "2", "theirs": "V2" }],
            "constants": [{ "theirs": "data.unit", "value": "321182001017" }],
            "success": { "field": "head.code", "equals": "0" },
        }));
        let body = theirs.body(&told());
        let data = json!({ "taskId": "ZJ 1/2", "banliResult": "0", "unit": "321182001017" });
        assert_eq!(body, json!({ "data": data, "external_version": "V2", "answer": "灯已更换。" }));
        assert!(theirs.acknowledges(br#"{"head":{"code":0}}"#) && theirs.acknowledges(br#"{"head":{"code":"0"}}"#));
        for other in [&br#"{"head":{"code":500,"msg":"no such order"}}"#[..], b"{}", b"", b"[0]", b"\"head\""] {
            assert!(!theirs.acknowledges(other));
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for wrong in [
            json!({ "base_url": "x", "paths": [{ "kind": "sign", "path": "/a" }, { "kind": "sign", "path": "/b" }] }),
            json!({ "base_url": "x", "paths": [{ "kind": "sign", "path": "/a" }], "fields": [{ "ours": "caller", "theirs": "x" }] }),
            json!({ "base_url": "x", "paths": [{ "kind": "sign", "path": "/a" }], "signing": { "scheme": "hmac_sha256" } }),
        ] {
            let error = Adapter::of(serde_json::from_value(wrong).unwrap(), None, Time::default()).expect_err("refused");
            assert_eq!(error.code, Code::HotlineConfigInvalid);
        }
    }
}
