//! A receiver of webhooks on this machine: keeps what arrives and answers as it is told.

use serde_json::Value;
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// A message as it arrived.
#[derive(Clone, Debug)]
pub(super) struct Received {
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Vec<u8>,
}

impl Received {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// How it answers.
#[derive(Clone, Debug)]
pub(super) struct Manner {
    pub(super) status: u16,
    pub(super) headers: &'static str,
    pub(super) body: &'static str,
    pub(super) after: Duration,
}

impl Manner {
    pub(super) const fn status(status: u16) -> Self {
        Self { status, headers: "", body: "", after: Duration::ZERO }
    }
}

#[derive(Clone)]
pub(super) struct Receiver {
    pub(super) address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    manner: Arc<Mutex<Manner>>,
}

impl Receiver {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver =
            Self { address: listener.local_addr().unwrap(), received: Arc::default(), manner: Arc::new(Mutex::new(Manner::status(204))) };
        let serving = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = serving.clone();
                tokio::spawn(async move { serving.serve(stream).await });
            }
        });
        receiver
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/hook?access_token=t0p-secret", self.address)
    }

    pub(super) fn answer(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    pub(super) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// The ids of the messages, in the order in which they arrived.
    pub(super) fn ids(&self) -> Vec<String> {
        self.received().iter().map(|r| r.header("webhook-id").to_owned()).collect()
    }

    async fn serve(&self, mut stream: TcpStream) -> Option<()> {
        let mut bytes = Vec::new();
        loop {
            let head = loop {
                if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
                    break end + 4;
                }
                let mut some = [0; 4096];
                let count = stream.read(&mut some).await.ok().filter(|n| *n > 0)?;
                bytes.extend_from_slice(&some[..count]);
            };
            let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
            let headers: BTreeMap<String, String> = text
                .lines()
                .skip(1)
                .filter_map(|line| line.split_once(':'))
                .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
                .collect();
            let length: usize = headers.get("content-length").and_then(|n| n.parse().ok()).unwrap_or(0);
            while bytes.len() < head + length {
                let mut some = [0; 4096];
                let count = stream.read(&mut some).await.ok().filter(|n| *n > 0)?;
                bytes.extend_from_slice(&some[..count]);
            }
            let body = bytes[head..head + length].to_vec();
            bytes.drain(..head + length);
            self.received.lock().unwrap().push(Received { headers, body });
            let manner = self.manner.lock().unwrap().clone();
            tokio::time::sleep(manner.after).await;
            let answer = format!(
                "HTTP/1.1 {} Answer\r\n{}content-length: {}\r\n\r\n{}",
                manner.status,
                manner.headers,
                manner.body.len(),
                manner.body
            );
            stream.write_all(answer.as_bytes()).await.ok()?;
        }
    }
}
