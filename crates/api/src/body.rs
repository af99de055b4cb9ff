//! Reading a JSON body strictly: media type, size, time, encoding, NUL, unknown fields, limits.
//! Whatever is wrong is said with a pointer to where.

use crate::{call::Worker, contract::Operation, problem::Problem};
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, http::header::HeaderMap, web::Bytes};
use futures_util::{StreamExt, future::LocalBoxFuture};
use kernel::error::{Code, Error, FieldError};
use serde::de::DeserializeOwned;
use std::{borrow::Cow, time::Duration};
use validator::{Validate, ValidationErrors, ValidationErrorsKind};

/// How long a body may take to arrive.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// A JSON body that has been read and found to keep its limits.
pub struct Body<T>(pub T);

/// The same with what arrived, for those who sign what they send.
pub struct Exact<T>(pub T, pub Arrived);

/// The bytes of a body and the headers of its request.
pub struct Arrived {
    /// Byte for byte.
    pub bytes: Bytes,
    headers: HeaderMap,
}

impl Arrived {
    /// A header of the request.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl<T: DeserializeOwned + Validate + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let reading = whole(req, payload);
        Box::pin(async move { reading.await.map(|(value, _)| Self(value)) })
    }
}

impl<T: DeserializeOwned + Validate + 'static> FromRequest for Exact<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let headers = req.headers().clone();
        let reading = whole(req, payload);
        Box::pin(async move { reading.await.map(|(value, bytes)| Self(value, Arrived { bytes, headers })) })
    }
}

/// Reads the body of a request, and keeps its bytes.
fn whole<T: DeserializeOwned + Validate + 'static>(
    req: &HttpRequest,
    payload: &mut Payload,
) -> impl Future<Output = Result<(T, Bytes), Problem>> + 'static + use<T> {
    let json = req.content_type() == "application/json";
    let worker = Worker::of(req);
    let (limit, contract) = (worker.settings.body_limit, worker.contract);
    let operation = req.extensions().get::<&'static Operation>().copied();
    let payload = payload.take();
    async move {
        if !json {
            return Err(Error::new(Code::MediaTypeUnsupported).into());
        }
        let bytes = collect(payload, limit, PATIENCE).await?;
        let command = parse(&bytes)?;
        if let Some(operation) = operation.filter(|_| bytes.contains(&b'[')) {
            let body = serde_json::from_slice(&bytes).map_err(|e| Error::new(Code::BodyMalformed).with("reason", &e).because(e))?;
            if let Some(pointer) = contract.stray_array(operation, &body) {
                return Err(no_object(pointer).into());
            }
        }
        Ok((command, bytes))
    }
}

/// Reads a body up to its limit.
pub(crate) async fn collect(mut payload: Payload, limit: usize, patience: Duration) -> kernel::Result<Bytes> {
    let read = async {
        let mut body = Vec::new();
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|e| Error::new(Code::BodyMalformed).with("reason", &e).because(e.to_string()))?;
            if body.len() + chunk.len() > limit {
                return Err(Error::new(Code::BodyTooLarge).with("limit", limit));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Bytes::from(body))
    };
    match tokio::time::timeout(patience, read).await {
        Ok(done) => done,
        Err(e) => Err(Error::new(Code::BodyTooSlow).with("seconds", patience.as_secs()).because(e)),
    }
}

pub(crate) fn parse<T: DeserializeOwned + Validate>(bytes: &[u8]) -> kernel::Result<T> {
    let text = std::str::from_utf8(bytes).map_err(|e| Error::new(Code::BodyMalformed).with("reason", "not UTF-8").because(e))?;
    if holds_nul(text) {
        return Err(Error::new(Code::NulCharacter));
    }
    read(text)
}

/// The same for what holds the bodies of many commands: what is in them is for their own readers to refuse.
pub(crate) fn envelope<T: DeserializeOwned + Validate>(bytes: &[u8]) -> kernel::Result<T> {
    let text = std::str::from_utf8(bytes).map_err(|e| Error::new(Code::BodyMalformed).with("reason", "not UTF-8").because(e))?;
    read(text)
}

fn read<T: DeserializeOwned + Validate>(text: &str) -> kernel::Result<T> {
    // serde would take an array for a struct, field by field; the contract says object.
    if text.trim_start().starts_with('[') {
        return Err(no_object("#".to_owned()));
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let value: T = serde_path_to_error::deserialize(&mut reader).map_err(|e| refuse(&e))?;
    reader.end().map_err(|e| Error::new(Code::BodyMalformed).with("reason", &e).because(e))?;
    match value.validate() {
        Ok(()) => Ok(value),
        Err(errors) => {
            let mut refusal = Error::new(Code::ContentInvalid);
            gather(&errors, "#", &mut refusal.fields);
            refusal.fields.sort_by(|a, b| a.pointer.cmp(&b.pointer));
            Err(refusal)
        }
    }
}

pub(crate) fn no_object(pointer: String) -> Error {
    Error::field_with(pointer, Code::FieldType, vec![("reason", "an object is expected".to_owned())])
}

/// Whether a JSON text holds U+0000, raw or as `\u0000` (which PostgreSQL cannot store).
fn holds_nul(text: &str) -> bool {
    text.contains('\0')
        || text.match_indices("\\u0000").any(|(at, _)| {
            let backslashes = text.as_bytes()[..at].iter().rev().take_while(|b| **b == b'\\').count();
            backslashes % 2 == 0
        })
}

/// A reading error as a refusal with a pointer.
fn refuse(error: &serde_path_to_error::Error<serde_json::Error>) -> Error {
    use serde_path_to_error::Segment;
    let inner = error.inner();
    if !inner.is_data() {
        return Error::new(Code::BodyMalformed).with("reason", inner).because(inner.to_string());
    }
    let mut pointer = String::from("#");
    for segment in error.path().iter() {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => pointer.push_str(&format!("/{}", escape(key))),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    let message = inner.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    let quoted = || message.split('`').nth(1).unwrap_or_default().to_owned();
    if message.starts_with("unknown field") {
        let name = quoted();
        let last = format!("/{}", escape(&name));
        let pointer = if pointer.ends_with(&last) { pointer } else { pointer + &last };
        return Error::field_with(pointer, Code::FieldUnknown, vec![("name", name)]);
    }
    if message.starts_with("missing field") {
        let name = quoted();
        return Error::field_with(format!("{pointer}/{}", escape(&name)), Code::FieldMissing, vec![("name", name)]);
    }
    let code = if message.starts_with("invalid type") { Code::FieldType } else { Code::FieldInvalid };
    Error::field_with(pointer, code, vec![("reason", expected(message))])
}

/// What a reading error expected, without what it found: that may be a password, and answers are kept in many places.
pub(crate) fn expected(message: &str) -> String {
    message.rsplit_once(", expected ").map_or_else(|| message.to_owned(), |(_, what)| format!("expected {what}"))
}

pub(crate) fn escape(name: &str) -> Cow<'_, str> {
    if name.contains(['~', '/']) { Cow::Owned(name.replace('~', "~0").replace('/', "~1")) } else { Cow::Borrowed(name) }
}

fn gather(errors: &ValidationErrors, at: &str, out: &mut Vec<FieldError>) {
    for (name, kind) in errors.errors() {
        let pointer = format!("{at}/{}", escape(name));
        match kind {
            ValidationErrorsKind::Struct(inner) => gather(inner, &pointer, out),
            ValidationErrorsKind::List(items) => {
                for (index, inner) in items {
                    gather(inner, &format!("{pointer}/{index}"), out);
                }
            }
            ValidationErrorsKind::Field(broken) => out.extend(broken.iter().map(|rule| {
                let bound = |name: &str, open: &str| rule.params.get(name).map_or_else(|| open.to_owned(), ToString::to_string);
                let (code, params) = match rule.code.as_ref() {
                    "length" => (Code::FieldLength, vec![("min", bound("min", "0")), ("max", bound("max", "∞"))]),
                    "range" => (Code::FieldRange, vec![("min", bound("min", "-∞")), ("max", bound("max", "∞"))]),
                    other => {
                        let reason = rule.message.as_ref().map_or_else(|| other.to_owned(), ToString::to_string);
                        (Code::FieldInvalid, vec![("reason", reason)])
                    }
                };
                FieldError { pointer: pointer.clone(), code, params }
            })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize, Validate)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[validate(length(min = 1, max = 3))]
        name: String,
    }

    #[derive(Debug, Deserialize, Validate)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[validate(nested)]
        items: Vec<Inner>,
    }

    fn fields(text: &str) -> Vec<(String, Code)> {
        let error = parse::<Outer>(text.as_bytes()).map(|o| o.items.len()).expect_err("refused");
        if error.fields.is_empty() {
            vec![("#".to_owned(), error.code)]
        } else {
            error.fields.into_iter().map(|f| (f.pointer, f.code)).collect()
        }
    }

    #[test]
    fn every_refusal_points_at_its_place() {
        let at = |p: &str, c| vec![(p.to_owned(), c)];
        assert_eq!(fields(r#"{"items":[{"name":"a"},{"name":"abcd"}]}"#), at("#/items/1/name", Code::FieldLength));
        assert_eq!(fields(r#"{"items":[{"name":"a","x":1}]}"#), at("#/items/0/x", Code::FieldUnknown));
        assert_eq!(fields(r#"{"items":[{}]}"#), at("#/items/0/name", Code::FieldMissing));
        assert_eq!(fields(r#"{"items":[{"name":7}]}"#), at("#/items/0/name", Code::FieldType));
        assert_eq!(fields(r#"{"items":["#), at("#", Code::BodyMalformed));
        assert_eq!(fields(r#"{"items":[]} x"#), at("#", Code::BodyMalformed));
        assert_eq!(fields(r#"{"items":[{"name":"\u0000"}]}"#), at("#", Code::NulCharacter));
        let told = parse::<Outer>(br#"{"items":[{"name":13812341234}]}"#).map(|o| o.items.len()).expect_err("refused");
        assert_eq!(told.fields[0].params, vec![("reason", "expected a string".to_owned())]);
        assert!(!holds_nul(r#"{"a":"\\u0000"}"#));
        assert_eq!(fields(&"[".repeat(100_000)), at("#", Code::FieldType));
    }
}
