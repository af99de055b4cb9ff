//! The end of the log, looked at once for everybody who waits there.
//!
//! Whoever has read everything and waits for more [follows](Tail::follow) the tail: one task of the process reads what is new
//! into memory, and each follower picks out what is theirs, without a connection to the database. The task looks at once
//! when a change was committed in this process ([`Bell`]), and every now and then for what others have written. While nobody
//! follows, it sleeps.

use super::{Filter, LoggedEvent, Look, Position, feed};
use crate::cx::{Core, Cx};
use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep_until, timeout},
};

/// How often the tail is looked at for what other processes write.
const EVERY: Duration = Duration::from_millis(250);
/// Right after a commit: on PostgreSQL its events can be read only when every older transaction has ended.
const SOON: Duration = Duration::from_millis(4);
/// After this long without a follower the task sleeps.
const IDLE: Duration = Duration::from_secs(30);
/// How many events are kept for followers who are slow.
const KEPT: usize = 4_096;
/// How many are read at once.
const READ: u64 = 500;
/// A database that does not answer is asked again.
const PATIENCE: Duration = Duration::from_secs(3);

/// Rings when a change with events was committed in this process.
#[derive(Debug)]
pub struct Bell(watch::Sender<u64>);

impl Bell {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(0))
    }

    pub(crate) fn ring(&self) {
        self.0.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Hears it from now on.
    #[must_use]
    pub fn listen(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }
}

/// The end of the log in memory.
#[derive(Debug)]
pub struct Tail {
    state: Mutex<State>,
    moved: watch::Sender<u64>,
    wanted: Notify,
    followers: AtomicUsize,
}

#[derive(Debug, Default)]
struct State {
    /// Everything between `start` and `head`.
    events: VecDeque<(Position, LoggedEvent)>,
    start: Option<Position>,
    /// Absent while nobody looks.
    head: Option<Position>,
}

/// Somebody who waits at the end of the log.
#[derive(Debug)]
pub struct Follower {
    tail: Arc<Tail>,
    moved: watch::Receiver<u64>,
}

/// What there is for a follower.
#[derive(Debug)]
pub enum News {
    /// Nothing, up to this place.
    None(Position),
    /// Something.
    Some(Look),
    /// Memory does not reach back to where the follower stands: the log itself must be asked.
    Behind,
}

impl Default for Tail {
    fn default() -> Self {
        Self::new()
    }
}

impl Tail {
    /// One that nobody looks at yet.
    #[must_use]
    pub fn new() -> Self {
        Self { state: Mutex::default(), moved: watch::Sender::new(0), wanted: Notify::new(), followers: AtomicUsize::new(0) }
    }

    /// The end of the log, if somebody is looking.
    #[must_use]
    pub fn head(&self) -> Option<Position> {
        self.state().head
    }

    /// Waits at the end of the log. Comes back when there has been a look at it.
    pub async fn follow(self: &Arc<Self>) -> Follower {
        self.followers.fetch_add(1, Ordering::SeqCst);
        let mut follower = Follower { tail: Arc::clone(self), moved: self.moved.subscribe() };
        while self.head().is_none() {
            self.wanted.notify_one();
            follower.moved().await;
        }
        follower
    }

    /// Looks, as long as it is polled.
    pub async fn run(&self, core: Core) {
        let mut bell = core.bell.listen();
        let cx = Cx::system(core);
        let (mut used, mut pause) = (Instant::now(), EVERY);
        loop {
            if self.followers.load(Ordering::SeqCst) > 0 {
                used = Instant::now();
            } else if used.elapsed() > IDLE || self.head().is_none() {
                *self.state() = State::default();
                self.wanted.notified().await;
                (used, pause) = (Instant::now(), EVERY);
            }
            match timeout(PATIENCE, self.look(&cx)).await {
                Ok(Ok(true)) => continue,
                Ok(Ok(false)) => {}
                Ok(Err(error)) => tracing::debug!(%error, "the end of the log cannot be read"),
                Err(_) => tracing::debug!("the end of the log cannot be read in time"),
            }
            let next = Instant::now() + pause;
            tokio::select! {
                () = sleep_until(next) => pause = (pause * 2).min(EVERY),
                rung = bell.changed() => {
                    pause = SOON;
                    if rung.is_err() {
                        return;
                    }
                }
            }
        }
    }

    /// Reads what is new; tells whether there may be more at once.
    async fn look(&self, cx: &Cx) -> crate::Result<bool> {
        let Some(head) = self.head() else {
            let head = feed::head(cx).await?;
            *self.state() = State { events: VecDeque::new(), start: Some(head), head: Some(head) };
            self.moved.send_modify(|count| *count = count.wrapping_add(1));
            return Ok(false);
        };
        let look = feed::newer(cx, head, READ).await?;
        if look.events.is_empty() {
            return Ok(false);
        }
        {
            let mut state = self.state();
            state.head = Some(look.end);
            state.events.extend(look.events);
            while state.events.len() > KEPT {
                state.start = state.events.pop_front().map(|(at, _)| at);
            }
        }
        self.moved.send_modify(|count| *count = count.wrapping_add(1));
        Ok(look.more)
    }

    /// What has come since `from` that the filter lets through, up to `limit`.
    #[must_use]
    pub fn news(&self, filter: &Filter, from: Position, limit: usize) -> News {
        let state = self.state();
        let (Some(start), Some(head)) = (state.start, state.head) else { return News::Behind };
        if from < start || from > head {
            return News::Behind;
        }
        let first = state.events.partition_point(|(at, _)| *at <= from);
        let mut events = Vec::new();
        for (at, event) in state.events.range(first..).filter(|(_, event)| filter.lets(event)) {
            if events.len() == limit {
                let end = events.last().map_or(from, |(at, _)| *at);
                return News::Some(Look { events, end, more: true });
            }
            events.push((*at, event.clone()));
        }
        if events.is_empty() { News::None(head) } else { News::Some(Look { events, end: head, more: false }) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Follower {
    /// Waits until there has been something new.
    pub async fn moved(&mut self) {
        // The sender lives as long as the tail, which is held here.
        let _ = self.moved.changed().await;
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.tail.followers.fetch_sub(1, Ordering::SeqCst);
    }
}
