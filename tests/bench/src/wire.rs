//! A client that costs next to nothing: one kept-alive connection, one request at a time.

use crate::Outcome;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// What to ask.
#[derive(Clone, Copy, Default)]
pub(crate) struct Ask<'a> {
    pub(crate) path: &'a str,
    /// Empty: nobody in particular.
    pub(crate) token: &'a str,
    /// Empty: none.
    pub(crate) key: &'a str,
    /// The JSON of a POST; absent for a GET.
    pub(crate) body: Option<&'a str>,
}

/// One connection.
pub(crate) struct Wire {
    stream: TcpStream,
    out: Vec<u8>,
    inbox: Vec<u8>,
}

impl Wire {
    pub(crate) async fn open(address: &str) -> Outcome<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, out: Vec::new(), inbox: Vec::new() })
    }

    /// Sends a request; gives the body of its answer.
    ///
    /// # Errors
    /// Whatever is no success, with what the server says about it.
    pub(crate) async fn ask(&mut self, ask: Ask<'_>) -> Outcome<&[u8]> {
        use std::io::Write;
        self.out.clear();
        self.inbox.clear();
        let method = if ask.body.is_some() { "POST" } else { "GET" };
        write!(self.out, "{method} {} HTTP/1.1\r\nhost: bench\r\n", ask.path)?;
        for (name, scheme, value) in [("authorization", "Bearer ", ask.token), ("idempotency-key", "", ask.key)] {
            if !value.is_empty() {
                write!(self.out, "{name}: {scheme}{value}\r\n")?;
            }
        }
        match ask.body {
            Some(body) => write!(self.out, "content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len())?,
            None => self.out.extend_from_slice(b"\r\n"),
        }
        self.stream.write_all(&self.out).await?;
        let head = loop {
            if let Some(end) = self.inbox.windows(4).position(|w| w == b"\r\n\r\n") {
                break end + 4;
            }
            self.more().await?;
        };
        let text = std::str::from_utf8(&self.inbox[..head])?;
        let status: u16 = text.split(' ').nth(1).unwrap_or_default().parse()?;
        let length = text.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
        });
        let end = head + length.ok_or("an answer without a length")?;
        while self.inbox.len() < end {
            self.more().await?;
        }
        let body = &self.inbox[head..end];
        if (200..300).contains(&status) {
            Ok(body)
        } else {
            Err(format!("{method} {}: {status} {}", ask.path, String::from_utf8_lossy(body)).into())
        }
    }

    /// The same, read as JSON.
    pub(crate) async fn json(&mut self, path: &str, token: &str, body: Option<Value>) -> Outcome<Value> {
        let body = body.map(|b| b.to_string());
        Ok(serde_json::from_slice(self.ask(Ask { path, token, body: body.as_deref(), ..Ask::default() }).await?)?)
    }

    async fn more(&mut self) -> Outcome {
        if self.stream.read_buf(&mut self.inbox).await? == 0 {
            return Err("the server hung up".into());
        }
        Ok(())
    }
}
