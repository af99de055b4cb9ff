//! The change feed as Server-Sent Events, made for clients that get them in pieces.
//!
//! WeChat's mini programs cut chunks anywhere, in the middle of a character too: so all is ASCII, and no event has more than
//! 4 KiB. `id` is the cursor of the change feed. A heartbeat moves it on too, so that who reads little of a busy log does
//! not begin far behind.

use crate::reader::Reader;
use actix_web::web::Bytes;
use futures_util::stream::unfold;
use kernel::{
    Code, Error,
    error::Kind,
    event::{Follower, LoggedEvent, Position},
};
use serde_json::{Value, json};
use std::{convert::Infallible, fmt::Write};
use tokio::time::{MissedTickBehavior, interval};

/// The most bytes of one event, with all that belongs to it.
const LARGEST: usize = 4096;
/// How long a client waits before it comes back, in milliseconds.
const RETRY: &str = "retry: 3000\n\n";

/// A client's stream.
pub(crate) struct Stream {
    reader: Reader,
    follower: Follower,
    begun: bool,
    ended: bool,
}

impl Stream {
    pub(crate) const fn new(reader: Reader, follower: Follower) -> Self {
        Self { reader, follower, begun: false, ended: false }
    }

    pub(crate) fn chunks(self) -> impl futures_util::Stream<Item = Result<Bytes, Infallible>> {
        unfold(self, |mut stream| async move {
            let chunk = stream.next().await?;
            Some((Ok(Bytes::from(chunk)), stream))
        })
    }

    /// What is sent next; nothing when the stream is over.
    async fn next(&mut self) -> Option<String> {
        if self.ended {
            return None;
        }
        if !self.begun {
            self.begun = true;
            return Some(format!("{RETRY}{}", self.heartbeat()));
        }
        Some(match self.news().await {
            Ok(text) => text,
            Err(error) => {
                self.ended = true;
                end(&error)
            }
        })
    }

    async fn news(&mut self) -> kernel::Result<String> {
        let mut heart = interval(self.reader.heartbeat());
        heart.set_missed_tick_behavior(MissedTickBehavior::Delay);
        heart.tick().await;
        loop {
            match self.reader.read().await {
                Ok(Some(look)) => {
                    let mut text = String::new();
                    for (at, event) in &look.events {
                        text.push_str(&self.event(*at, event)?);
                    }
                    // Much was passed by, of which nothing is the client's.
                    return Ok(if text.is_empty() { self.heartbeat() } else { text });
                }
                Ok(None) => {}
                // The server is busy, or its database away: it is tried again.
                Err(error) if error.code.kind() == Kind::Unavailable => {}
                Err(error) => return Err(error),
            }
            tokio::select! {
                () = self.follower.moved() => {}
                _ = heart.tick() => {
                    match self.reader.check().await {
                        Err(error) if error.code.kind() != Kind::Unavailable => return Err(error),
                        _ => return Ok(self.heartbeat()),
                    }
                }
                () = self.reader.stopping() => return Err(Error::new(Code::ServerOverloaded)),
            }
        }
    }

    fn heartbeat(&self) -> String {
        let id = self.reader.pager.cursor(&self.reader.at).unwrap_or_default();
        format!("id: {id}\n:\n\n")
    }

    fn event(&self, at: Position, event: &LoggedEvent) -> kernel::Result<String> {
        let id = self.reader.pager.cursor(&at)?;
        let frame = |data: &str| format!("id: {id}\ndata: {data}\n\n");
        let mut data = serde_json::to_value(event).map_err(Error::internal)?;
        let whole = frame(&ascii(&data.to_string()));
        if whole.len() <= LARGEST {
            return Ok(whole);
        }
        data["data"] = json!({});
        data["thin"] = Value::Bool(true);
        Ok(frame(&ascii(&data.to_string())))
    }
}

/// The last event: why it is over.
fn end(error: &Error) -> String {
    let reason = match error.code {
        Code::ServerOverloaded => "server_stopping",
        _ if error.code.kind() == Kind::Internal => "internal_error",
        Code::PermissionMissing => "permission_missing",
        _ => "token_ended",
    };
    format!("event: end\ndata: {{\"reason\":\"{reason}\"}}\n\n")
}

/// JSON in ASCII.
fn ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len() * 2);
    for c in json.chars() {
        if c.is_ascii() {
            text.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            // Writing to a String cannot fail.
            let _ = write!(text, "\\u{unit:04x}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_ascii_is_escaped_and_stays_the_same_json() {
        let value = json!({ "text": "楼道灯 𠮷 é \" \\ \u{1}" });
        let text = ascii(&value.to_string());
        assert!(text.is_ascii() && text.contains("\\ud842\\udfb7"), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
