//! The API as people use it: a request with its key is sent again until it is answered.

use crate::{Outcome, people::Person};
use reqwest::{StatusCode, header};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// After this long a client gives up on an answer; a server has promised one much earlier.
const PATIENCE: Duration = Duration::from_secs(5);
/// After this long without an answer a request stays unresolved, and the run has failed. A server that is killed again and
/// again may have bad luck with the same request for a while.
const RESOLVE: Duration = Duration::from_secs(180);
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(20);

/// A change that somebody asks for.
#[derive(Clone, Copy)]
pub(crate) struct Ask<'a> {
    pub(crate) who: &'a Person,
    pub(crate) path: &'a str,
    /// Empty: none.
    pub(crate) key: &'a str,
    pub(crate) body: &'a str,
}

/// An answer that settles a request.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    /// Whether the server said that it had carried this out before.
    pub(crate) replayed: bool,
    /// How often it was sent.
    pub(crate) tries: u32,
}

impl Answer {
    /// The body as JSON; null when it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Whether it is an acknowledgement.
    pub(crate) const fn done(&self) -> bool {
        self.status >= 200 && self.status < 300
    }
}

/// One try, settled or not.
#[derive(Clone, Debug)]
pub(crate) struct Try {
    pub(crate) began: Instant,
    pub(crate) took: Duration,
    /// 0 when there was no answer at all.
    pub(crate) status: u16,
    /// The error code of a refusal.
    pub(crate) code: String,
    pub(crate) retry_after: bool,
}

/// The way to one server, or to several that are as good as each other.
pub(crate) struct Api {
    http: reqwest::Client,
    addresses: Vec<String>,
    turn: AtomicUsize,
    tries: Mutex<Vec<Try>>,
}

impl Api {
    pub(crate) fn new(addresses: Vec<String>) -> Outcome<Self> {
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?;
        Ok(Self { http, addresses, turn: AtomicUsize::new(0), tries: Mutex::default() })
    }

    /// Every try since the last time that this was asked.
    pub(crate) fn tries(&self) -> Vec<Try> {
        std::mem::take(&mut self.tries.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn url(&self, path: &str) -> String {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        format!("http://{}{path}", self.addresses[turn % self.addresses.len()])
    }

    /// Sends a change once. No answer is a fact of its own, not an error.
    pub(crate) async fn post(&self, ask: Ask<'_>) -> Option<Answer> {
        let mut request = self.http.post(self.url(ask.path)).header(header::CONTENT_TYPE, "application/json").body(ask.body.to_owned());
        request = request.bearer_auth(ask.who.token());
        if !ask.key.is_empty() {
            request = request.header("idempotency-key", ask.key);
        }
        self.send(request).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Option<Answer> {
        let began = Instant::now();
        let answer = async {
            let answer = request.send().await.ok()?;
            let (status, headers) = (answer.status(), answer.headers().clone());
            Some((status, headers, answer.bytes().await.ok()?.to_vec()))
        };
        let answer = answer.await;
        let took = began.elapsed();
        let mut tried = Try { began, took, status: 0, code: String::new(), retry_after: false };
        let answer = answer.map(|(status, headers, body)| {
            tried.status = status.as_u16();
            tried.retry_after = headers.contains_key(header::RETRY_AFTER);
            Answer { status: tried.status, body, replayed: headers.contains_key("idempotency-replayed"), tries: 1 }
        });
        if let Some(answer) = answer.as_ref().filter(|a| !a.done()) {
            tried.code = answer.json()["code"].as_str().unwrap_or("no problem document").to_owned();
        }
        self.tries.lock().unwrap_or_else(PoisonError::into_inner).push(tried);
        answer
    }

    /// Sends a change with the same key until it is answered one way or the other: what was broken off, came too late or
    /// failed on the server's side may or may not have happened.
    pub(crate) async fn settle(&self, ask: Ask<'_>) -> Outcome<Answer> {
        let (began, mut tries) = (Instant::now(), 0);
        loop {
            tries += 1;
            match self.post(ask).await {
                Some(answer) if answer.status == 401 => self.sign_in(ask.who).await?,
                Some(answer) if answer.status < 500 && answer.status != 429 => return Ok(Answer { tries, ..answer }),
                _ if began.elapsed() > RESOLVE => return Err(format!("{} {}: unresolved", ask.path, ask.key).into()),
                _ => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    /// A change without a key that must succeed.
    pub(crate) async fn make(&self, who: &Person, path: &str, body: Value) -> Outcome<Value> {
        let answer = self.settle(Ask { who, path, key: "", body: &body.to_string() }).await?;
        if answer.done() { Ok(answer.json()) } else { Err(format!("{path}: {} {}", answer.status, answer.json()).into()) }
    }

    /// Reads once.
    pub(crate) async fn get(&self, who: &Person, path: &str) -> Option<Answer> {
        self.send(self.http.get(self.url(path)).bearer_auth(who.token())).await
    }

    /// Reads, again and again until there is an answer.
    pub(crate) async fn read(&self, who: &Person, path: &str) -> Outcome<(u16, Value)> {
        let began = Instant::now();
        loop {
            match self.get(who, path).await {
                Some(answer) if answer.status == 401 => self.sign_in(who).await?,
                Some(answer) if answer.status < 500 && answer.status != 429 => return Ok((answer.status, answer.json())),
                _ if began.elapsed() > RESOLVE => return Err(format!("{path}: no answer").into()),
                _ => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    /// Reads once, as nobody in particular.
    pub(crate) async fn probe(&self, path: &str) -> Option<Answer> {
        self.send(self.http.get(self.url(path))).await
    }

    /// Gives somebody a new token.
    pub(crate) async fn sign_in(&self, who: &Person) -> Outcome {
        let body = json!({"name": who.name, "password": crate::people::PASSWORD}).to_string();
        let began = Instant::now();
        while began.elapsed() < RESOLVE {
            let request = self.http.post(self.url("/api/v1/sessions")).header(header::CONTENT_TYPE, "application/json");
            match self.send(request.body(body.clone())).await {
                Some(answer) if answer.done() => {
                    who.take(answer.json()["access_token"].as_str().unwrap_or_default());
                    return Ok(());
                }
                Some(answer) if answer.status == StatusCode::UNAUTHORIZED.as_u16() => {
                    return Err(format!("{} cannot sign in", who.name).into());
                }
                _ => tokio::time::sleep(PAUSE).await,
            }
        }
        Err(format!("{} cannot sign in in time", who.name).into())
    }
}

/// How often each status and error code came.
pub(crate) fn count(tries: &[Try]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for tried in tries {
        let what = if tried.status == 0 { "no answer".to_owned() } else { format!("{} {}", tried.status, tried.code).trim().to_owned() };
        *counts.entry(what).or_default() += 1;
    }
    counts
}

/// A percentile of how long they took, in milliseconds.
pub(crate) fn percentile(took: impl Iterator<Item = Duration>, share: f64) -> f64 {
    let mut all: Vec<f64> = took.map(|t| t.as_secs_f64() * 1000.0).collect();
    all.sort_unstable_by(f64::total_cmp);
    let at = (all.len() as f64 * share) as usize;
    all.get(at.min(all.len().saturating_sub(1))).copied().unwrap_or(0.0)
}
