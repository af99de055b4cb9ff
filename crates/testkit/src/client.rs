//! A client that speaks as one person.

use identity::{Identity, Ticket};
use kernel::{
    clock::{Clock, ManualClock},
    id::AccountId,
};
use reqwest::{
    Method,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use serde_json::Value;
use std::{net::SocketAddr, sync::Arc};

/// Somebody in front of a screen; nobody in particular when not signed in.
#[derive(Clone)]
pub struct Client {
    pub(crate) http: reqwest::Client,
    pub(crate) address: SocketAddr,
    pub(crate) identity: Arc<Identity>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) ticket: Option<Ticket>,
    /// What a program sends instead.
    pub(crate) secret: Option<String>,
}

impl Client {
    /// `GET /api/v1…`
    pub fn get(&self, path: impl AsRef<str>) -> Request {
        self.request(Method::GET, format!("/api/v1{}", path.as_ref()))
    }

    /// `POST /api/v1…`
    pub fn post(&self, path: impl AsRef<str>) -> Request {
        self.request(Method::POST, format!("/api/v1{}", path.as_ref()))
    }

    /// `DELETE /api/v1…`
    pub fn delete(&self, path: impl AsRef<str>) -> Request {
        self.request(Method::DELETE, format!("/api/v1{}", path.as_ref()))
    }

    /// Any method at any path of the server, with an access token as fresh as the world's clock.
    pub fn request(&self, method: Method, path: impl AsRef<str>) -> Request {
        let path = path.as_ref();
        let mut builder = self.http.request(method.clone(), format!("http://{}{path}", self.address));
        if let Some(secret) = &self.secret {
            builder = builder.bearer_auth(secret);
        } else if self.ticket.is_some() {
            builder = builder.bearer_auth(self.token());
        }
        Request { name: format!("{method} {path}"), builder }
    }

    /// A program with this API key or token.
    #[must_use]
    pub fn program(&self, secret: &str) -> Self {
        Self { ticket: None, secret: Some(secret.to_owned()), ..self.clone() }
    }

    /// A fresh access token of this person.
    ///
    /// # Panics
    /// For a client that is nobody.
    #[must_use]
    pub fn token(&self) -> String {
        let ticket = self.ticket.expect("nobody has no token");
        self.identity.keys.issue(ticket, self.clock.now()).expect("a token")
    }

    /// Where the server listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Who it is.
    ///
    /// # Panics
    /// For a client that is nobody.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.ticket.expect("nobody has no account").account
    }
}

/// A request that has not been sent.
#[must_use = "a request that is not sent does nothing"]
pub struct Request {
    name: String,
    builder: reqwest::RequestBuilder,
}

impl Request {
    /// With this body.
    pub fn json(mut self, body: impl std::borrow::Borrow<Value>) -> Self {
        self.builder = self.builder.json(body.borrow());
        self
    }

    /// With these bytes for a body, said to be of this type.
    pub fn body(mut self, content_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.builder = self.builder.header("content-type", content_type).body(bytes.into());
        self
    }

    /// With this Idempotency-Key.
    pub fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    /// With this header, instead of one of the same name.
    ///
    /// # Panics
    /// For what cannot be a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().expect("a header's name");
        self.builder = self.builder.headers(HeaderMap::from_iter([(name, HeaderValue::from_str(value).expect("a header's value"))]));
        self
    }

    /// Sends it and gives the answer while it is still coming: for streams.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn open(self) -> reqwest::Response {
        self.builder.send().await.unwrap_or_else(|e| panic!("{}: {e:?}", self.name))
    }

    /// Sends it and reads the whole answer; of a stream, which has no end, the beginning.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn send(self) -> Reply {
        let name = self.name;
        let mut answer = self.builder.send().await.unwrap_or_else(|e| panic!("{name}: {e:?}"));
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let streams = headers.get("content-type").is_some_and(|kind| kind == "text/event-stream");
        let bytes = if streams { answer.chunk().await.map(Option::unwrap_or_default) } else { answer.bytes().await };
        let bytes = bytes.unwrap_or_else(|e| panic!("{name}: {e:?}")).to_vec();
        Reply { name, status, headers, bytes }
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    name: String,
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub bytes: Vec<u8>,
}

impl Reply {
    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The body as JSON; null when it is empty, or a stream.
    ///
    /// # Panics
    /// For a body that is no JSON.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> Value {
        if self.bytes.is_empty() || self.header("content-type") == "text/event-stream" {
            return Value::Null;
        }
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|e| panic!("{} answered {} with no JSON ({e}): {}", self.name, self.status, self.text()))
    }

    /// A header, or nothing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    /// Requires this status and gives the body.
    ///
    /// # Panics
    /// With the whole answer, when it has another status.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{} answered {}: {}", self.name, self.status, self.text());
        self.json()
    }

    /// Requires a refusal with this status and code, and gives the problem.
    ///
    /// # Panics
    /// With the whole answer, when it is something else.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) -> Value {
        let problem = self.expect(status);
        assert_eq!(problem["code"], code, "{} answered {problem}", self.name);
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.name);
        problem
    }

    /// Requires a 422 that points at exactly these fields with these codes.
    ///
    /// # Panics
    /// With the whole answer, when it is something else.
    #[track_caller]
    pub fn refused_fields(&self, fields: &[(&str, &str)]) -> Value {
        let problem = self.expect(422);
        let told: Vec<(&str, &str)> = problem["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|e| (e["pointer"].as_str().unwrap_or_default(), e["code"].as_str().unwrap_or_default()))
            .collect();
        assert_eq!(told, fields, "{} answered {problem}", self.name);
        problem
    }
}
