//! JSON or XML: every answer is made as JSON, and XML of it where the path ends in `.xml`.
//!
//! The standard requires XML; clients read it by the names of elements, so that what JSON calls a list needs a name for its items.

use actix_web::{
    HttpResponse,
    body::MessageBody,
    http::header::{self, HeaderMap, HeaderValue},
};
use kernel::{Error, Result};
use quick_xml::{
    Writer,
    events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event},
};
use serde_json::Value;
use utoipa::ToSchema;

/// Where the façade is.
pub(super) const PLACE: &str = "/open311/";

/// What the root of an answer is called, by its operation; of a refusal, by none.
const ROOTS: [(&str, &str); 9] = [
    ("get_open311_discovery", "discovery"),
    ("list_open311_services", "services"),
    ("get_open311_service", "service_definition"),
    ("submit_open311_request", "service_requests"),
    ("list_open311_requests", "service_requests"),
    ("get_open311_request", "service_requests"),
    ("get_open311_token", "service_requests"),
    ("list_open311_updates", "service_request_updates"),
    ("submit_open311_update", "service_request_updates"),
];
/// What the root of a refusal is called.
pub(crate) const ERRORS: &str = "errors";
/// What the items of a list are called.
const ITEMS: [(&str, &str); 8] = [
    ("services", "service"),
    ("attributes", "attribute"),
    ("values", "value"),
    ("service_requests", "request"),
    ("service_request_updates", "request_update"),
    ("endpoints", "endpoint"),
    ("formats", "format"),
    (ERRORS, "error"),
];

/// The format of an answer (格式), as the end of the path says it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ToSchema)]
#[schema(as = Open311Format, rename_all = "lowercase")]
pub(crate) enum Format {
    /// `application/json`
    Json,
    /// `text/xml`
    Xml,
}

impl Format {
    /// The format that the end of the path names.
    fn at_the_end(path: &str) -> Option<Self> {
        match path.rsplit_once('.')?.1 {
            "json" => Some(Self::Json),
            "xml" => Some(Self::Xml),
            _ => None,
        }
    }

    /// Whether there can be something at this path: one of the façade ends in a format.
    pub(crate) fn is_told(path: &str) -> bool {
        !path.starts_with(PLACE) || Self::at_the_end(path).is_some()
    }

    /// The format of an answer of the façade; nothing for another path. Where the path says nothing, so that there is nothing, `Accept`
    /// decides how that is told; XML when it says nothing either.
    pub(crate) fn of(path: &str, headers: &HeaderMap) -> Option<Self> {
        let accepted = || headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let preferred = || if accepted().contains("json") { Self::Json } else { Self::Xml };
        path.starts_with(PLACE).then(|| Self::at_the_end(path).unwrap_or_else(preferred))
    }

    /// An answer that was made as JSON, in this format.
    pub(crate) fn answer(self, response: HttpResponse, operation: &str) -> Result<HttpResponse> {
        let (mut response, body) = response.into_parts();
        let Ok(bytes) = body.try_into_bytes() else { return Err(Error::internal("an answer of Open311 is no stream")) };
        let (kind, bytes) = match self {
            Self::Json => ("application/json; charset=utf-8", bytes),
            Self::Xml => {
                let root = ROOTS.iter().find(|(id, _)| *id == operation).map_or(ERRORS, |(_, root)| root);
                let value: Value = serde_json::from_slice(&bytes).map_err(Error::internal)?;
                ("text/xml; charset=utf-8", xml(root, &value)?.into())
            }
        };
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        Ok(response.set_body(bytes).map_into_boxed_body())
    }
}

/// A document.
fn xml(root: &str, value: &Value) -> Result<Vec<u8>> {
    let mut writer = Writer::new(Vec::new());
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None))).map_err(Error::internal)?;
    element(&mut writer, root, value).map_err(Error::internal)?;
    Ok(writer.into_inner())
}

fn element(writer: &mut Writer<Vec<u8>>, name: &str, value: &Value) -> std::io::Result<()> {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.chars().map(|c| if is_xml(c) { c } else { char::REPLACEMENT_CHARACTER }).collect(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(items) if items.is_empty() => String::new(),
        Value::Array(_) | Value::Object(_) => {
            writer.write_event(Event::Start(BytesStart::new(name)))?;
            match value {
                Value::Array(items) => {
                    let of = ITEMS.iter().find(|(list, _)| *list == name).map_or("item", |(_, item)| item);
                    items.iter().try_for_each(|item| element(writer, of, item))?;
                }
                _ => value.as_object().into_iter().flatten().try_for_each(|(field, value)| element(writer, field, value))?,
            }
            return writer.write_event(Event::End(BytesEnd::new(name)));
        }
    };
    if text.is_empty() {
        return writer.write_event(Event::Empty(BytesStart::new(name)));
    }
    writer.write_event(Event::Start(BytesStart::new(name)))?;
    writer.write_event(Event::Text(BytesText::new(&text)))?;
    writer.write_event(Event::End(BytesEnd::new(name)))
}

/// Whether XML 1.0 can say this character at all, even escaped.
const fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn written(root: &str, value: Value) -> String {
        let document = String::from_utf8(xml(root, &value).expect("written")).expect("text");
        document.strip_prefix("<?xml version=\"1.0\" encoding=\"utf-8\"?>").expect("a declaration").to_owned()
    }

    #[test]
    fn a_list_has_named_items_and_what_is_absent_is_empty() {
        let requests =
            json!([{ "service_request_id": "001", "lat": 32.24, "address_id": null, "media_url": "", "description": "a<b>&\u{1}" }]);
        assert_eq!(
            written("service_requests", requests),
            "<service_requests><request><service_request_id>001</service_request_id><lat>32.24</lat><address_id/><media_url/>\
             <description>a&lt;b&gt;&amp;\u{fffd}</description></request></service_requests>"
        );
        assert_eq!(written("service_requests", json!([])), "<service_requests/>");
        let definition =
            json!({ "service_code": "X", "attributes": [{ "variable": true, "order": 1, "values": [{ "key": "1", "name": "一" }] }] });
        assert_eq!(
            written("service_definition", definition),
            "<service_definition><service_code>X</service_code><attributes><attribute><variable>true</variable><order>1</order>\
             <values><value><key>1</key><name>一</name></value></values></attribute></attributes></service_definition>"
        );
        assert_eq!(written("errors", json!([{ "code": 404 }])), "<errors><error><code>404</code></error></errors>");
        let discovery = json!({ "endpoints": [{ "formats": ["text/xml"] }] });
        let formats = "<endpoints><endpoint><formats><format>text/xml</format></formats></endpoint></endpoints>";
        assert_eq!(written("discovery", discovery), format!("<discovery>{formats}</discovery>"));
    }

    #[test]
    fn the_path_says_which_format_and_else_the_client() {
        let of = |path: &str, accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_str(accept).expect("a header"));
            Format::of(path, &headers)
        };
        assert_eq!(of("/open311/v2/requests.json", "text/xml"), Some(Format::Json));
        assert_eq!(of("/open311/v2/requests/20261122-K7Q2M4C.xml", "application/json"), Some(Format::Xml));
        assert_eq!(of("/open311/v2/requests", "application/json"), Some(Format::Json));
        assert_eq!(of("/open311/v2/requests.yaml", "*/*"), Some(Format::Xml));
        assert_eq!(of("/api/v1/orders.xml", "text/xml"), None);
        assert!(
            Format::is_told("/api/v1/orders") && Format::is_told("/open311/v2/requests.xml") && !Format::is_told("/open311/v2/requests")
        );
    }

    #[test]
    fn every_operation_of_the_facade_has_a_root() {
        let document = crate::contract::document();
        let paths = document["paths"].as_object().into_iter().flatten().filter(|(path, _)| path.starts_with(PLACE));
        let ids: Vec<&str> =
            paths.filter_map(|(_, item)| item.as_object()).flatten().filter_map(|(_, o)| o["operationId"].as_str()).collect();
        assert_eq!(ids.len(), ROOTS.len(), "{ids:?}");
        assert!(ids.iter().all(|id| ROOTS.iter().any(|(known, _)| known == id)), "{ids:?}");
    }
}
