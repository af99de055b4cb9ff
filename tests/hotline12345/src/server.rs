//! What the hotline is told, and what it answers.

use crate::{SECRET, signature};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// How a hotline fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// It answers this status and takes nothing.
    Status(u16),
    /// It does not answer for so long, and takes nothing.
    Hang(Duration),
    /// It takes the message, and its answer is lost: it will be told once more.
    TakesAndAnswers(u16),
    /// It answers 200, and says no in the body.
    SaysNo,
}

/// One step that it was told of.
#[derive(Clone, PartialEq, Debug)]
pub struct Step {
    /// Which.
    pub kind: String,
    /// All that it was told.
    pub body: Value,
}

/// What it was told.
#[derive(Clone, Default, Debug)]
pub struct Ledger {
    /// The steps of each work order, each once, in the order in which they came.
    pub tasks: BTreeMap<String, Vec<Step>>,
    /// How often it was asked anything.
    pub requests: usize,
    /// How often it was told what it had taken already.
    pub repeated: usize,
    /// What it could not believe or understand.
    pub wrong: Vec<String>,
    seen: HashSet<String>,
    nonces: HashSet<String>,
}

impl Ledger {
    /// The steps of a work order.
    #[must_use]
    pub fn steps(&self, number: &str) -> Vec<&str> {
        self.tasks.get(number).into_iter().flatten().map(|step| step.kind.as_str()).collect()
    }

    /// The last step of this kind of a work order.
    #[must_use]
    pub fn last(&self, number: &str, kind: &str) -> Option<&Value> {
        self.tasks.get(number)?.iter().rev().find(|step| step.kind == kind).map(|step| &step.body)
    }

    /// Takes a message; the answer.
    fn take(&mut self, path: &str, headers: &BTreeMap<String, String>, body: &[u8]) -> Value {
        let no = |ledger: &mut Self, what: String| {
            ledger.wrong.push(what.clone());
            json!({ "code": 400, "msg": what })
        };
        let header = |name: &str| headers.get(name).map(String::as_str).unwrap_or_default();
        let (nonce, at) = (header("x-12345-nonce").to_owned(), header("x-12345-time").parse().unwrap_or_default());
        if header("x-12345-sign") != signature(SECRET, &nonce, at, body) || !self.nonces.insert(nonce) {
            return no(self, format!("{path}: the signature is wrong, or was seen before"));
        }
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let parts: Vec<&str> = path.split('/').collect();
        let (Some(kind), Some(id), Some(task)) = (parts.last(), body["msgId"].as_str(), body["data"]["taskId"].as_str()) else {
            return no(self, format!("{path}: {body}"));
        };
        if body["data"]["step"] != *kind || body["unitCode"] != "community" || parts.len() != 5 || parts[3] != task {
            return no(self, format!("{path} does not fit {body}"));
        }
        if !self.seen.insert(id.to_owned()) {
            self.repeated += 1;
            return json!({ "code": 0, "msg": "known" });
        }
        self.tasks.entry(task.to_owned()).or_default().push(Step { kind: (*kind).to_owned(), body: body.clone() });
        json!({ "code": 0 })
    }
}

#[derive(Default)]
struct Inner {
    ledger: Ledger,
    faults: VecDeque<Fault>,
}

/// What all connections share.
#[derive(Clone, Default)]
pub(crate) struct Shared(Arc<Mutex<Inner>>);

impl Shared {
    fn with<T>(&self, work: impl FnOnce(&mut Inner) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn fail(&self, faults: impl IntoIterator<Item = Fault>) {
        self.with(|inner| inner.faults.extend(faults));
    }

    pub(crate) fn ledger(&self) -> Ledger {
        self.with(|inner| inner.ledger.clone())
    }

    /// Answers one request after the other of a connection.
    pub(crate) async fn serve(&self, mut stream: TcpStream) -> Option<()> {
        let mut bytes = Vec::new();
        loop {
            let head = loop {
                if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
                    break end + 4;
                }
                read(&mut stream, &mut bytes).await?;
            };
            let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
            let path = text.split(' ').nth(1).unwrap_or_default().to_owned();
            let headers: BTreeMap<String, String> = text
                .lines()
                .skip(1)
                .filter_map(|line| line.split_once(':'))
                .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
                .collect();
            let length: usize = headers.get("content-length").and_then(|n| n.parse().ok()).unwrap_or(0);
            while bytes.len() < head + length {
                read(&mut stream, &mut bytes).await?;
            }
            let body = bytes[head..head + length].to_vec();
            bytes.drain(..head + length);
            let fault = self.with(|inner| {
                inner.ledger.requests += 1;
                inner.faults.pop_front()
            });
            let (status, answer) = match fault {
                Some(Fault::Status(status)) => (status, json!({ "msg": "unavailable" })),
                Some(Fault::Hang(wait)) => {
                    tokio::time::sleep(wait).await;
                    return None;
                }
                Some(Fault::TakesAndAnswers(status)) => {
                    self.with(|inner| inner.ledger.take(&path, &headers, &body));
                    (status, json!({ "msg": "gateway" }))
                }
                Some(Fault::SaysNo) => (200, json!({ "code": 501, "msg": "工单已办结" })),
                None => (200, self.with(|inner| inner.ledger.take(&path, &headers, &body))),
            };
            let answer = answer.to_string();
            let answer =
                format!("HTTP/1.1 {status} Answer\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{answer}", answer.len());
            stream.write_all(answer.as_bytes()).await.ok()?;
        }
    }
}

async fn read(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<()> {
    let mut some = [0; 4096];
    let count = stream.read(&mut some).await.ok().filter(|n| *n > 0)?;
    bytes.extend_from_slice(&some[..count]);
    Some(())
}
