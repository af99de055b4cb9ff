//! A proxy before PostgreSQL that can fail: go silent, break every connection, or break one just where a change is
//! committed, which it recognizes by reading along in the protocol.

use crate::Outcome;
use std::{
    collections::HashSet,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// How it behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    /// Carries everything.
    Whole,
    /// Leaves every connection open and carries nothing, as a network does that has been split.
    Silent,
    /// Breaks a connection at a commit, each third time.
    Cut(Where),
}

/// Where a commit is cut.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Where {
    /// Before PostgreSQL hears of it.
    Before,
    /// When PostgreSQL has heard of it, at once.
    Within,
    /// When PostgreSQL has answered, instead of carrying that answer.
    After,
}

/// One commit in so many is cut.
const EACH: usize = 3;

struct Shared {
    upstream: SocketAddr,
    commits: AtomicUsize,
    cuts: AtomicUsize,
}

/// A running proxy.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    mode: watch::Sender<Mode>,
    shared: Arc<Shared>,
}

impl Proxy {
    /// Starts one before the PostgreSQL at this port.
    pub(crate) async fn start(upstream: u16) -> Outcome<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let (mode, watched) = watch::channel(Mode::Whole);
        let upstream = SocketAddr::from((Ipv4Addr::LOCALHOST, upstream));
        let shared = Arc::new(Shared { upstream, commits: AtomicUsize::new(0), cuts: AtomicUsize::new(0) });
        let carrier = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (shared, mode) = (Arc::clone(&carrier), watched.clone());
                // A connection that breaks is what this is for.
                tokio::spawn(async move { Carrier::new(client, mode, &shared).carry().await.unwrap_or_default() });
            }
        });
        Ok(Self { port, mode, shared })
    }

    /// Makes it behave so from now on, towards connections that are open, too.
    pub(crate) fn set(&self, mode: Mode) -> Outcome {
        Ok(self.mode.send(mode)?)
    }

    /// How many commits have been cut.
    pub(crate) fn cuts(&self) -> usize {
        self.shared.cuts.load(Ordering::Relaxed)
    }
}

struct Carrier<'a> {
    client: TcpStream,
    mode: watch::Receiver<Mode>,
    shared: &'a Shared,
    /// Whether the connection has been set up: from then on messages begin with their type.
    typed: bool,
    /// The names of prepared statements that commit a change.
    committing: HashSet<Vec<u8>>,
}

impl<'a> Carrier<'a> {
    fn new(client: TcpStream, mode: watch::Receiver<Mode>, shared: &'a Shared) -> Self {
        Self { client, mode, shared, typed: false, committing: HashSet::new() }
    }

    async fn carry(mut self) -> Outcome {
        self.client.set_nodelay(true)?;
        self.hold().await?;
        let mut server = TcpStream::connect(self.shared.upstream).await?;
        server.set_nodelay(true)?;
        let (mut sent, mut answered) = (Vec::new(), Vec::new());
        loop {
            tokio::select! {
                read = self.client.read_buf(&mut sent) => {
                    if read? == 0 {
                        return Ok(());
                    }
                    let (mut from, mut cut) = (0, false);
                    while let Some(length) = self.length(&sent[from..]) {
                        let message = from..from + length;
                        cut |= self.commits(&sent[message.clone()]) && self.strikes();
                        from = message.end;
                    }
                    let mode = *self.mode.borrow();
                    match mode {
                        Mode::Cut(Where::Before) if cut => return Ok(()),
                        Mode::Cut(place) if cut => {
                            server.write_all(&sent).await?;
                            while place == Where::After && !answered.ends_with(b"Z\0\0\0\x05I") {
                                if server.read_buf(&mut answered).await? == 0 {
                                    break;
                                }
                            }
                            return Ok(());
                        }
                        _ => {}
                    }
                    server.write_all(&sent[..from]).await?;
                    sent.drain(..from);
                }
                read = server.read_buf(&mut answered) => {
                    if read? == 0 {
                        return Ok(());
                    }
                    self.client.write_all(&answered).await?;
                    answered.clear();
                }
                changed = self.mode.changed() => {
                    changed?;
                    if *self.mode.borrow() == Mode::Silent {
                        return self.hold().await;
                    }
                }
            }
        }
    }

    /// Waits while nothing is to be carried.
    async fn hold(&mut self) -> Outcome {
        self.mode.wait_for(|mode| *mode != Mode::Silent).await?;
        Ok(())
    }

    /// The length of the message that begins here, if all of it is there.
    fn length(&self, bytes: &[u8]) -> Option<usize> {
        let start = usize::from(self.typed);
        let told = bytes.get(start..start + 4)?;
        let length = start + u32::from_be_bytes([told[0], told[1], told[2], told[3]]) as usize;
        (bytes.len() >= length).then_some(length)
    }

    /// Whether this message commits a change: COMMIT itself, or a statement that is a whole change. Keeps in mind what it
    /// is told about prepared statements.
    fn commits(&mut self, message: &[u8]) -> bool {
        if !self.typed {
            // Version 3.0 begins a session; anything before it asks for encryption.
            self.typed = message.get(4..8) == Some(&[0, 3, 0, 0]);
            return false;
        }
        let mut words = message[5..].split(|b| *b == 0);
        let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        match message[0] {
            b'Q' => first == b"COMMIT",
            // Parse: the statement's name, its text.
            b'P' if second.starts_with(b"WITH \"guard_0\"") => {
                self.committing.insert(first.to_owned());
                false
            }
            // Bind: the portal's name, the statement's.
            b'B' => self.committing.contains(second),
            _ => false,
        }
    }

    /// Whether this commit is one that is cut.
    fn strikes(&self) -> bool {
        let cutting = matches!(*self.mode.borrow(), Mode::Cut(_));
        let strikes = cutting && self.shared.commits.fetch_add(1, Ordering::Relaxed).is_multiple_of(EACH);
        self.shared.cuts.fetch_add(usize::from(strikes), Ordering::Relaxed);
        strikes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, parts: &[&str]) -> Vec<u8> {
        let body: Vec<u8> = parts.iter().flat_map(|p| p.bytes().chain([0])).collect();
        [&[kind][..], &u32::try_from(body.len() + 4).unwrap().to_be_bytes(), &body].concat()
    }

    #[tokio::test]
    async fn commits_are_recognized() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let shared = Shared { upstream: listener.local_addr().unwrap(), commits: AtomicUsize::new(0), cuts: AtomicUsize::new(0) };
        let (_mode, watched) = watch::channel(Mode::Cut(Where::Before));
        let mut carrier = Carrier::new(client, watched, &shared);
        let start = [&[0, 0, 0, 9, 0, 3, 0, 0][..], &[0]].concat();
        assert!(!carrier.commits(&[0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f]) && !carrier.typed, "asks for encryption");
        assert_eq!(carrier.length(&start), Some(9));
        assert!(!carrier.commits(&start) && carrier.typed);
        assert!(!carrier.commits(&message(b'P', &["s1", "WITH \"guard_0\" AS (…) SELECT one"])));
        assert!(!carrier.commits(&message(b'P', &["s2", "SELECT 1"])));
        assert!(carrier.commits(&message(b'B', &["", "s1"])) && !carrier.commits(&message(b'B', &["", "s2"])));
        assert!(carrier.commits(&message(b'Q', &["COMMIT"])) && !carrier.commits(&message(b'Q', &["BEGIN"])));
        assert_eq!(carrier.length(&message(b'Q', &["COMMIT"])[..5]), None, "not all of it is there");
        assert_eq!([0; 6].map(|_| carrier.strikes()), [true, false, false, true, false, false]);
    }
}
