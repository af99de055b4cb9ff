//! What fuzzers and their smoke test call (`tests/fuzz`); nothing else does.

use crate::{
    body::parse,
    contract::{Contract, Found},
    gate, proxy,
};
use actix_web::{
    http::{
        Method,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    web::Query,
};
use kernel::error::Kind;
use serde::de::DeserializeOwned;
use validator::Validate;

/// Reads a body as each of these commands: with texts, numbers, lists, objects in objects, free objects and tagged ones.
///
/// # Panics
/// When a body that cannot be read is anybody's fault but the sender's.
pub fn body(bytes: &[u8]) {
    fn read<T: DeserializeOwned + Validate>(bytes: &[u8]) {
        if let Err(error) = parse::<T>(bytes) {
            assert!(matches!(error.code.kind(), Kind::Malformed | Kind::Invalid), "{error}");
        }
    }
    read::<services::order::PlaceOrder>(bytes);
    read::<services::order::DispatchOrder>(bytes);
    read::<services::order::EvaluateOrder>(bytes);
    read::<services::policy::SetPolicy>(bytes);
    read::<grids::CreateGrid>(bytes);
    read::<organizations::UpdateOrganization>(bytes);
    read::<mediation::ApplyCase>(bytes);
    read::<identity::CreateAccount>(bytes);
    if let (Ok(body), Found::Operation(operation)) =
        (serde_json::from_slice(bytes), Contract::of_this_build().find(&Method::POST, "/api/v1/policies"))
    {
        Contract::of_this_build().stray_array(operation, &body);
    }
}

/// Finds a path and reads a query: the part before the first `?`, and what follows.
///
/// # Panics
/// When a query is taken that holds U+0000.
pub fn query(text: &str) {
    let (path, query) = text.split_once('?').unwrap_or(("/api/v1/orders", text));
    if let Found::Operation(operation) = Contract::of_this_build().find(&Method::GET, path) {
        let refused = operation.refuse_query(query).is_some();
        assert!(refused || !query.contains("%00"), "{query}");
    }
    // Whether they can be read is not the question.
    let _ = Query::<identity::ListAccounts>::from_query(query);
    let _ = Query::<grids::ListGrids>::from_query(query);
    let _ = Query::<grids::LocateGrid>::from_query(query);
    let _ = Query::<volunteers::ListVolunteers>::from_query(query);
    let _ = Query::<mediation::ListCases>::from_query(query);
}

/// Reads the headers that anybody can write anything into.
pub fn headers(bytes: &[u8]) {
    let mut headers = HeaderMap::new();
    for (line, name) in bytes.split(|b| *b == b'\n').zip([header::AUTHORIZATION, header::ACCEPT_LANGUAGE].into_iter().cycle()) {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(HeaderName::from_static("x-forwarded-for"), value.clone());
            headers.append(HeaderName::from_static("x-request-id"), value.clone());
            headers.append(name, value);
        }
    }
    gate::read(&headers);
    let trusted = ["10.0.0.0/8", "fd00::/8"].map(|text| text.parse().expect("a network"));
    let client = proxy::client_ip([10, 0, 0, 1].into(), &headers, &trusted);
    proxy::network(client);
}
