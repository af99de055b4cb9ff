//! Conditional requests (RFC 9110): a read says what its answer is called, so that who has it already is told so in a
//! few bytes (304); a change says from which version it starts, so that nobody overwrites what they have not seen (412).
//!
//! The tag of an answer is a digest of its bytes: two callers who may see different things get different tags. Where the
//! thing has a version the tag begins with it, and `If-Match` compares that part alone. A change finds the version in its
//! body, wherever the client put it.

use actix_web::{
    HttpResponse,
    body::MessageBody,
    http::{
        StatusCode,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    web::Bytes,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::{Code, Error, Result};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Chapters whose reads hold hardly anything personal: a browser may keep them and ask whether they still hold. What it
/// reads of the others stays on no disk of a computer that several share.
const KEPT: [&str; 5] = ["catalogue", "regions", "grids", "organizations", "venues"];

/// Tells, of an operation of the contract, what the gate needs: whether its answers have tags, whether a browser may keep
/// them, whether its answers and its body have a version.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Conditions {
    pub(crate) tagged: bool,
    kept: bool,
    versioned: bool,
    takes_version: bool,
}

impl Conditions {
    pub(crate) fn of(document: &Value, path: &str, method: &str, operation: &Value) -> Self {
        let schema = |schema: &Value| {
            let name = schema["$ref"].as_str().map(|r| r.trim_start_matches('#').to_owned());
            name.and_then(|name| document.pointer(&name)).cloned().unwrap_or_default()
        };
        let content = &operation["responses"]["200"]["content"];
        let answer = &content["application/json"]["schema"];
        let body = schema(&operation["requestBody"]["content"]["application/json"]["schema"]);
        Self {
            // A map has a tag of its handler's own making.
            tagged: method == "get" && path.starts_with("/api/") && !(answer.is_null() && content["application/geo+json"].is_null()),
            kept: operation["tags"][0].as_str().is_some_and(|tag| KEPT.contains(&tag)),
            versioned: schema(answer)["properties"].get("version").is_some(),
            takes_version: body["properties"].get("version").is_some(),
        }
    }

    /// The version that a change must start from, by `If-Match`.
    pub(crate) fn expected(self, headers: &HeaderMap) -> Result<Option<i32>> {
        let mut told = headers.get_all(header::IF_MATCH);
        let Some(first) = told.next() else { return Ok(None) };
        let refused = |reason: &str| Err(Error::new(Code::IfMatchInvalid).with("reason", reason));
        if !self.takes_version {
            return refused("nothing here has a version to compare");
        }
        let tag = first.to_str().unwrap_or_default().trim();
        if told.next().is_some() || tag.contains(',') {
            return refused("name one tag");
        }
        if tag == "*" {
            return Ok(None);
        }
        // A proxy that compresses makes tags weak; the version in it is as good as before.
        let inside = tag.strip_prefix("W/").unwrap_or(tag).strip_prefix('"').and_then(|t| t.strip_suffix('"'));
        let version = inside.and_then(|t| t.strip_prefix('v')).map(|t| t.split('-').next().unwrap_or_default());
        match version.and_then(|v| v.parse().ok()) {
            Some(version) => Ok(Some(version)),
            None => refused("send the ETag of a single read, or the version as \"v17\""),
        }
    }

    /// The answer with its tag; without a body where the client has it already.
    pub(crate) fn tag(self, response: HttpResponse, known: Option<&str>) -> HttpResponse {
        let json = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
        if !self.tagged || response.status() != StatusCode::OK || !json {
            return response;
        }
        let (response, body) = response.into_parts();
        let bytes = match body.try_into_bytes() {
            Ok(bytes) => bytes,
            Err(stream) => return response.set_body(stream),
        };
        let tag = self.name(&bytes);
        let mut response = if known.is_some_and(|known| names(known, &tag)) {
            let mut bare = HttpResponse::NotModified().finish();
            for name in [header::CACHE_CONTROL, header::VARY] {
                for value in response.headers().get_all(&name) {
                    bare.headers_mut().append(name.clone(), value.clone());
                }
            }
            bare
        } else {
            response.set_body(bytes).map_into_boxed_body()
        };
        let headers = response.headers_mut();
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            headers.insert(header::ETAG, tag);
        }
        if self.kept && !headers.contains_key(header::CACHE_CONTROL) {
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        }
        headers.append(header::VARY, HeaderValue::from_static("authorization"));
        response
    }

    /// `"v17-…"` for a thing with a version, else `"-…"`: a digest alone may begin with `v1`, and would be taken for one.
    fn name(self, bytes: &[u8]) -> String {
        #[derive(Deserialize)]
        struct Versioned {
            version: i32,
        }
        let digest = URL_SAFE_NO_PAD.encode(&Sha256::digest(bytes)[..16]);
        let version = self.versioned.then(|| serde_json::from_slice::<Versioned>(bytes).ok()).flatten();
        version.map_or_else(|| format!("\"-{digest}\""), |v| format!("\"v{}-{digest}\"", v.version))
    }
}

/// Whether an `If-None-Match` names this tag.
pub(crate) fn names(known: &str, tag: &str) -> bool {
    known.split(',').map(str::trim).any(|k| k == "*" || k.strip_prefix("W/").unwrap_or(k) == tag)
}

/// What the client has, by `If-None-Match`.
pub(crate) fn known(headers: &HeaderMap) -> Option<String> {
    let all: Vec<&str> = headers.get_all(header::IF_NONE_MATCH).filter_map(|v| v.to_str().ok()).collect();
    (!all.is_empty()).then(|| all.join(","))
}

/// A body with the version that its request starts from, otherwise byte for byte as it was sent: what is wrong with it is
/// left for its reader to refuse.
pub(crate) fn with_version(body: Bytes, version: i32) -> Result<Bytes> {
    #[derive(Deserialize)]
    struct Told {
        #[serde(default, deserialize_with = "present")]
        version: Option<Value>,
    }
    fn present<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<Value>, D::Error> {
        Value::deserialize(deserializer).map(Some)
    }
    let Ok(told) = serde_json::from_slice::<Told>(&body) else { return Ok(body) };
    match told.version {
        Some(told) if told == version => return Ok(body),
        Some(_) => return Err(Error::new(Code::IfMatchInvalid).with("reason", "the body names another version")),
        None => {}
    }
    let Some(rest) = body.trim_ascii_start().strip_prefix(b"{") else { return Ok(body) };
    let comma = if rest.trim_ascii_start().starts_with(b"}") { "" } else { "," };
    Ok(Bytes::from([format!("{{\"version\":{version}{comma}").as_bytes(), rest].concat()))
}

/// The refusal of a change that said by `If-Match` from where it starts.
pub(crate) fn failed(mut error: Error) -> Error {
    if matches!(error.code, Code::VersionStale | Code::OrderVersionStale) {
        error.code = Code::PreconditionFailed;
    }
    error
}

/// Says in the contract what each operation takes and answers.
pub(crate) fn describe(document: &mut Value) {
    let whole = document.clone();
    for (path, item) in document["paths"].as_object_mut().into_iter().flatten() {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            let conditions = Conditions::of(&whole, path, method, operation);
            if conditions.tagged {
                parameter(operation, &header::IF_NONE_MATCH, "ETags of answers that the client has; 304 if one still holds (已有版本).");
                let tag = json!({ "description": "What this answer is called (实体标签); of a thing with a version it begins with it: `\"v17-…\"`.", "schema": { "type": "string", "maxLength": 64 } });
                operation["responses"]["200"]["headers"]["ETag"] = tag.clone();
                operation["responses"]["304"] = json!({ "description": "The client has it already (未变化).", "headers": { "ETag": tag } });
            }
            if conditions.takes_version {
                parameter(
                    operation,
                    &header::IF_MATCH,
                    "The ETag that was read, or `\"v17\"`; 412 if the thing has changed since. The same as `version` in the body (期望版本).",
                );
                operation["responses"]["412"] = json!({
                    "description": "It has changed since it was read (版本不符).",
                    "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
                });
            }
            if let Some(answers) = operation["responses"].as_object_mut() {
                answers.sort_keys();
            }
        }
    }
}

fn parameter(operation: &mut Value, name: &HeaderName, description: &str) {
    let (canonical, schema) = if *name == header::IF_MATCH {
        ("If-Match", json!({ "type": "string", "maxLength": 1000, "pattern": "^([*]|(W/)?\"v[0-9]{1,9}(-[A-Za-z0-9_-]*)?\")$" }))
    } else {
        ("If-None-Match", json!({ "type": "string", "maxLength": 1000 }))
    };
    let parameter = json!({ "name": canonical, "in": "header", "required": false, "description": description, "schema": schema });
    match operation["parameters"].as_array_mut() {
        Some(parameters) => parameters.push(parameter),
        None => operation["parameters"] = json!([parameter]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERSIONED: Conditions = Conditions { tagged: true, kept: true, versioned: true, takes_version: true };

    fn expected(tag: &str) -> Result<Option<i32>> {
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_MATCH, HeaderValue::from_str(tag).expect("a header"));
        VERSIONED.expected(&headers)
    }

    #[test]
    fn a_tag_names_its_version_and_its_bytes() {
        let tag = VERSIONED.name(br#"{"id":"x","version":17,"title":"a"}"#);
        assert!(tag.starts_with("\"v17-") && tag.ends_with('"') && tag.len() == 28, "{tag}");
        assert_ne!(tag, VERSIONED.name(br#"{"id":"x","version":17,"title":"b"}"#));
        assert_eq!(expected(&tag).expect("a tag"), Some(17));
        let plain = Conditions { versioned: false, ..VERSIONED }.name(b"{}");
        assert!(plain.starts_with("\"-") && plain.len() == 25, "{plain}");
        assert_eq!(expected(&plain).expect_err("no version").code, Code::IfMatchInvalid);
    }

    #[test]
    fn what_a_change_starts_from_is_one_version() {
        assert_eq!(expected("\"v17\"").expect("bare"), Some(17));
        assert_eq!(expected("W/\"v17-abc\"").expect("weak"), Some(17));
        assert_eq!(expected("*").expect("any"), None);
        for bad in ["v17", "\"17\"", "\"v\"", "\"vx\"", "\"v1\", \"v2\"", "\"v99999999999\"", "", "\"v1"] {
            assert_eq!(expected(bad).expect_err(bad).code, Code::IfMatchInvalid);
        }
        assert!(Conditions { takes_version: false, ..VERSIONED }.expected(&HeaderMap::new()).is_ok());
    }

    #[test]
    fn a_known_tag_is_compared_weakly() {
        assert!(names("\"a\", W/\"b\"", "\"b\"") && names("*", "\"b\"") && !names("\"a\"", "\"b\"") && !names("b", "\"b\""));
    }

    #[test]
    fn the_version_comes_into_the_body() {
        let with = |body: &str| with_version(Bytes::copy_from_slice(body.as_bytes()), 3).map(|b| String::from_utf8_lossy(&b).into_owned());
        assert_eq!(with("{}").expect("empty"), r#"{"version":3}"#);
        assert_eq!(with(r#" { "a":1,"a":2}"#).expect("one"), r#"{"version":3, "a":1,"a":2}"#);
        assert_eq!(with(r#"{"a":1,"version":3}"#).expect("the same"), r#"{"a":1,"version":3}"#);
        for unread in ["", "{", "[]", "null", "x"] {
            assert_eq!(with(unread).expect("for its reader"), unread);
        }
        for other in [r#"{"version":4}"#, r#"{"version":null}"#, r#"{"version":"3"}"#] {
            assert_eq!(with(other).expect_err("another").code, Code::IfMatchInvalid);
        }
    }
}
