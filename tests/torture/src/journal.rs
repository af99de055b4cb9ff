//! The journal: every acknowledged answer, on the disk before the client goes on. What is written here must be found
//! again, whatever is done to the servers.

use crate::{
    Outcome,
    api::{Answer, Ask},
    people::{hex, plain},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    sync::{
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    time::Instant,
};
use tokio::sync::oneshot;

/// An acknowledged change of an order.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Ack {
    pub(crate) key: String,
    /// Who asked; 32 hexadecimal digits, as all ids here.
    pub(crate) account: String,
    /// Always a POST.
    pub(crate) path: String,
    pub(crate) body: String,
    /// The action as the contract calls it; `place` for a new order.
    pub(crate) action: String,
    pub(crate) order: String,
    pub(crate) status: u16,
    /// The order as it was answered.
    pub(crate) version: i64,
    pub(crate) state: String,
    /// A digest of the answer's bytes.
    pub(crate) hash: String,
    /// Whether the server had carried it out before.
    pub(crate) replayed: bool,
    pub(crate) tries: u32,
    /// Microseconds since the journal was begun: when it was first asked, and when it was answered.
    pub(crate) asked: u64,
    pub(crate) answered: u64,
}

/// How many acknowledgements came only when the request was repeated, and of these, how many of what had been carried out
/// at an earlier try that got no answer.
pub(crate) fn repeated(acks: &[Ack]) -> (usize, usize) {
    let late = acks.iter().filter(|a| a.tries > 1);
    (late.clone().count(), late.filter(|a| a.replayed).count())
}

/// A digest of an answer's bytes.
pub(crate) fn digest(body: &[u8]) -> String {
    hex(&Sha256::digest(body)[..16])
}

type Entry = (String, oneshot::Sender<()>);

/// The journal. One thread writes; what waits meanwhile shares one fsync.
pub(crate) struct Journal {
    pub(crate) path: PathBuf,
    began: Instant,
    entries: mpsc::Sender<Entry>,
    count: AtomicU64,
}

impl Journal {
    pub(crate) fn create(path: PathBuf) -> Outcome<Self> {
        let file = File::create(&path)?;
        let (entries, waiting) = mpsc::channel();
        std::thread::spawn(move || write(file, &waiting));
        Ok(Self { path, began: Instant::now(), entries, count: AtomicU64::new(0) })
    }

    /// The time of the journal.
    pub(crate) fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// How many acknowledgements there are.
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Writes down an acknowledgement that came for what was asked at `asked`; returns when it is on the disk.
    pub(crate) async fn acknowledge(&self, ask: Ask<'_>, action: &str, asked: u64, answer: &Answer) -> Outcome<Ack> {
        let json = answer.json();
        let text = |field: &str| json[field].as_str().unwrap_or_default().to_owned();
        let ack = Ack {
            key: ask.key.to_owned(),
            account: ask.who.id.clone(),
            path: ask.path.to_owned(),
            body: ask.body.to_owned(),
            action: action.to_owned(),
            order: plain(&text("id")),
            status: answer.status,
            version: json["version"].as_i64().unwrap_or_default(),
            state: text("state"),
            hash: digest(&answer.body),
            replayed: answer.replayed,
            tries: answer.tries,
            asked,
            answered: self.now(),
        };
        let (written, durable) = oneshot::channel();
        self.entries.send((serde_json::to_string(&ack)?, written))?;
        durable.await?;
        self.count.fetch_add(1, Ordering::Relaxed);
        Ok(ack)
    }

    /// What is in a journal.
    pub(crate) fn read(path: &Path) -> Outcome<Vec<Ack>> {
        fs::read_to_string(path)?.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
    }
}

fn write(mut file: File, waiting: &mpsc::Receiver<Entry>) {
    while let Ok(first) = waiting.recv() {
        let (mut text, mut tell) = (String::new(), Vec::new());
        for (line, written) in std::iter::once(first).chain(waiting.try_iter()) {
            text.push_str(&line);
            text.push('\n');
            tell.push(written);
        }
        // Who is not told hears that the channel is closed, and the run ends.
        if file.write_all(text.as_bytes()).and_then(|()| file.sync_data()).is_err() {
            return;
        }
        for written in tell {
            let _ = written.send(());
        }
    }
}
