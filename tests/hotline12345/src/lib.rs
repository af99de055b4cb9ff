//! A 12345 hotline, as one that Linli talks to: it pushes work orders by real HTTP, and is told by real HTTP what becomes of them, in words
//! of its own. It can be as bad as hotlines are: answer 500, hang, lose the answer to what it has taken, say no in a success.
//!
//! `tests/hotline` drives both sides with it; `cargo run -p hotline12345` plays it for a server of one's own.

mod server;

pub use server::{Fault, Ledger, Step};

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use server::Shared;
use sha2::Sha256;
use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::net::TcpListener;

/// The key of both directions.
pub const SECRET: &str = "0123456789abcdef-both-ways";

/// A hotline that is open.
#[derive(Clone)]
pub struct Hotline {
    address: SocketAddr,
    shared: Shared,
    http: reqwest::Client,
    nonces: Arc<AtomicU64>,
}

/// Where Linli is, and as whom the hotline comes there.
#[derive(Clone, Debug)]
pub struct Linli {
    /// `http://127.0.0.1:8080`.
    pub url: String,
    /// The API key of the hotline's application.
    pub key: String,
}

/// What Linli answered.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: Value,
}

impl Hotline {
    /// Opens on this address; `127.0.0.1:0` is any free port.
    ///
    /// # Errors
    /// When it cannot listen there.
    pub async fn open(address: &str) -> io::Result<Self> {
        // The first provider of a process stays.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let shared = Shared::default();
        let serving = shared.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = serving.clone();
                tokio::spawn(async move { serving.serve(stream).await });
            }
        });
        Ok(Self { address, shared, http: reqwest::Client::new(), nonces: Arc::default() })
    }

    /// Where it is told things.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/api", self.address)
    }

    /// What it will do with the next requests, one after the other.
    pub fn fail(&self, faults: impl IntoIterator<Item = Fault>) {
        self.shared.fail(faults);
    }

    /// What it was told so far.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        self.shared.ledger()
    }

    /// How Linli is to tell it: the body of `outbound` when it is entered.
    #[must_use]
    pub fn outbound(&self) -> Value {
        let kinds = ["sign", "return", "extend", "progress", "finish", "callback", "rework"];
        let paths: Vec<Value> =
            kinds.iter().map(|kind| json!({ "kind": kind, "path": format!("/tasks/{{external_number}}/{kind}") })).collect();
        json!({
            "base_url": self.url(), "paths": paths,
            "fields": [
                { "ours": "message_id", "theirs": "msgId" }, { "ours": "external_number", "theirs": "data.taskId" },
                { "ours": "external_version", "theirs": "data.taskVersion" }, { "ours": "kind", "theirs": "data.step" },
                { "ours": "result", "theirs": "data.banliResult" }, { "ours": "answer", "theirs": "data.replyPoint" }, { "ours": "region_code" },
            ],
            "values": [
                { "field": "result", "ours": "solved", "theirs": "0" }, { "field": "result", "ours": "unsolved", "theirs": "1" },
                { "field": "result", "ours": "partly", "theirs": "2" },
            ],
            "constants": [{ "theirs": "unitCode", "value": "community" }],
            "success": { "field": "code", "equals": "0" },
            "signing": Self::signing(),
        })
    }

    /// How both sides sign.
    #[must_use]
    pub fn signing() -> Value {
        json!({
            "scheme": "hmac_sha256", "secret": SECRET, "id_header": "x-12345-nonce", "timestamp_header": "x-12345-time",
            "signature_header": "x-12345-sign",
        })
    }

    /// An id that no other request has.
    #[must_use]
    pub fn nonce(&self) -> String {
        format!("n{}", self.nonces.fetch_add(1, Ordering::Relaxed))
    }

    /// Sends something to Linli, signed at this time with a new id.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn send(&self, linli: &Linli, path: &str, body: &Value, at: i64) -> Reply {
        self.send_signed(linli, path, body, (&self.nonce(), at, SECRET)).await
    }

    /// The same with this id, this time and this key.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn send_signed(&self, linli: &Linli, path: &str, body: &Value, (nonce, at, secret): (&str, i64, &str)) -> Reply {
        let bytes = body.to_string();
        let request = self
            .http
            .post(format!("{}/api/v1{path}", linli.url))
            .bearer_auth(&linli.key)
            .header("content-type", "application/json")
            .header("x-12345-nonce", nonce)
            .header("x-12345-time", at)
            .header("x-12345-sign", signature(secret, nonce, at, bytes.as_bytes()))
            .body(bytes);
        let response = request.send().await.unwrap_or_else(|e| panic!("Linli does not answer: {e}"));
        let status = response.status().as_u16();
        let body = serde_json::from_slice(&response.bytes().await.unwrap_or_default()).unwrap_or_default();
        Reply { status, body }
    }
}

impl Reply {
    /// The body, if it was answered with this status.
    ///
    /// # Panics
    /// When it was not.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// Requires this refusal.
    ///
    /// # Panics
    /// When it is something else.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) {
        assert_eq!((self.status, &self.body["code"]), (status, &json!(code)), "{}", self.body);
    }
}

/// The signature of a message, in small hexadecimal letters.
///
/// # Panics
/// Never: HMAC takes a key of any length.
#[must_use]
pub fn signature(secret: &str, nonce: &str, at: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length");
    mac.update(format!("{nonce}.{at}.").as_bytes());
    mac.update(body);
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}
