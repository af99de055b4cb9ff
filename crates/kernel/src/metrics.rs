//! What the server counts about its database, its log and its own work, for Prometheus.
//!
//! The figures belong to the process, so they stand in the `prometheus` crate's own registry; `api` adds those of HTTP.
//! A label is a word from the source code, never an id and never something a client wrote.

use crate::clock::Time;
use prometheus::{
    HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, register_histogram_vec, register_int_counter, register_int_counter_vec,
    register_int_gauge, register_int_gauge_vec,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock, Mutex, PoisonError, Weak},
    time::Duration,
};

/// The pool of single statements, see `Db::reader`.
pub const STATEMENTS: &str = "statements";
/// The pool of transactions, see `Db::writer`.
pub const TRANSACTIONS: &str = "transactions";

/// Seconds; a connection is waited for at most 1.5.
const WAITS: [f64; 8] = [0.0001, 0.0005, 0.0025, 0.01, 0.05, 0.25, 0.5, 1.0];

struct Families {
    up: IntGauge,
    connections: IntGaugeVec,
    limit: IntGaugeVec,
    waiting: IntGauge,
    waits: HistogramVec,
    connects: IntCounter,
    events: IntCounterVec,
    position: IntGauge,
    consumer_position: IntGaugeVec,
    consumer_lag: IntGaugeVec,
    task_success: IntGaugeVec,
    task_failures: IntCounterVec,
    /// How far each reader of the log has come.
    consumers: Mutex<BTreeMap<&'static str, i64>>,
    /// Each open pool, as long as its `Db` lives.
    pools: Mutex<Vec<(&'static str, Weak<Probe>)>>,
}

static FAMILIES: LazyLock<Families> = LazyLock::new(|| {
    let register = || -> prometheus::Result<Families> {
        Ok(Families {
            up: register_int_gauge!("linli_database_up", "Whether the database answered when it was last asked.")?,
            connections: register_int_gauge_vec!(
                "linli_database_connections",
                "Open database connections by pool and state (in_use, idle).",
                &["pool", "state"]
            )?,
            limit: register_int_gauge_vec!("linli_database_connections_limit", "The most connections that a pool opens.", &["pool"])?,
            waiting: register_int_gauge!("linli_database_waiting", "Statements that wait for a connection.")?,
            waits: register_histogram_vec!(
                "linli_database_wait_seconds",
                "Time until a connection was had; for a transaction, until it had begun.",
                &["pool"],
                WAITS.to_vec()
            )?,
            connects: register_int_counter!("linli_database_connects_total", "Connections opened to the database.")?,
            events: register_int_counter_vec!("linli_events_total", "Events committed to the log by type.", &["type"])?,
            position: register_int_gauge!("linli_event_log_position", "The newest sequence number of the event log.")?,
            consumer_position: register_int_gauge_vec!(
                "linli_event_consumer_position",
                "The sequence number that a reader of the event log has come to.",
                &["consumer"]
            )?,
            consumer_lag: register_int_gauge_vec!(
                "linli_event_consumer_lag",
                "Events that a reader of the event log has still to read.",
                &["consumer"]
            )?,
            task_success: register_int_gauge_vec!(
                "linli_task_last_success_timestamp_seconds",
                "When a background task last succeeded; 0 if it never has.",
                &["task"]
            )?,
            task_failures: register_int_counter_vec!("linli_task_failures_total", "Failures of a background task.", &["task"])?,
            consumers: Mutex::default(),
            pools: Mutex::default(),
        })
    };
    register().expect("the names of the metrics are valid and differ")
});

/// How a pool stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    pub in_use: usize,
    pub idle: usize,
    pub limit: usize,
}

/// Asks a pool how it stands.
pub(crate) type Probe = dyn Fn() -> Usage + Send + Sync;

/// Counts a pool in for as long as the caller keeps what this returns.
pub(crate) fn watch(pool: &'static str, probe: impl Fn() -> Usage + Send + Sync + 'static) -> Arc<Probe> {
    let probe: Arc<Probe> = Arc::new(probe);
    let mut pools = FAMILIES.pools.lock().unwrap_or_else(PoisonError::into_inner);
    pools.retain(|(_, probe)| probe.strong_count() > 0);
    pools.push((pool, Arc::downgrade(&probe)));
    probe
}

/// A connection was opened.
pub(crate) fn connected() {
    FAMILIES.connects.inc();
}

/// A connection of this pool was had, or given up on, after so long.
pub(crate) fn waited(pool: &'static str, time: Duration) {
    FAMILIES.waits.with_label_values(&[pool]).observe(time.as_secs_f64());
}

/// Somebody waits for a connection until this is dropped.
pub(crate) struct Waiting;

impl Waiting {
    pub(crate) fn begin() -> Self {
        FAMILIES.waiting.inc();
        Self
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        FAMILIES.waiting.dec();
    }
}

/// An event of this type is in the log.
pub(crate) fn logged(kind: &'static str) {
    FAMILIES.events.with_label_values(&[kind]).inc();
}

/// A reader of the log has read up to this sequence number. From the first call on it is listed with its position and its
/// lag.
pub fn consumed(consumer: &'static str, sequence: i64) {
    FAMILIES.consumers.lock().unwrap_or_else(PoisonError::into_inner).insert(consumer, sequence);
}

/// A background task is about to run: it is listed from now on.
pub fn task_begins(task: &'static str) {
    FAMILIES.task_success.with_label_values(&[task]);
    FAMILIES.task_failures.with_label_values(&[task]);
}

/// A background task has done its work.
pub fn task_succeeded(task: &'static str, now: Time) {
    FAMILIES.task_success.with_label_values(&[task]).set(now.timestamp());
}

/// A background task has failed.
pub fn task_failed(task: &'static str) {
    FAMILIES.task_failures.with_label_values(&[task]).inc();
}

/// The database was asked for the newest sequence number of the log (absent: it does not answer).
pub fn asked(newest: Option<i64>) {
    FAMILIES.up.set(newest.is_some().into());
    let Some(newest) = newest else { return };
    FAMILIES.position.set(newest);
    for (consumer, position) in &*FAMILIES.consumers.lock().unwrap_or_else(PoisonError::into_inner) {
        FAMILIES.consumer_position.with_label_values(&[consumer]).set(*position);
        FAMILIES.consumer_lag.with_label_values(&[consumer]).set((newest - position).max(0));
    }
}

/// Asks the pools how they stand, before the figures are read.
pub fn sample() {
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    for pool in [STATEMENTS, TRANSACTIONS] {
        let probes: Vec<_> = {
            let pools = FAMILIES.pools.lock().unwrap_or_else(PoisonError::into_inner);
            pools.iter().filter(|(name, _)| *name == pool).filter_map(|(_, probe)| probe.upgrade()).collect()
        };
        let usages: Vec<Usage> = probes.iter().map(|probe| probe()).collect();
        let sum = |of: fn(&Usage) -> usize| count(usages.iter().map(of).sum());
        FAMILIES.connections.with_label_values(&[pool, "in_use"]).set(sum(|u| u.in_use));
        FAMILIES.connections.with_label_values(&[pool, "idle"]).set(sum(|u| u.idle));
        FAMILIES.limit.with_label_values(&[pool]).set(sum(|u| u.limit));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prometheus::TextEncoder;

    fn told() -> String {
        TextEncoder::new().encode_to_string(&prometheus::gather()).expect("metrics are text")
    }

    #[test]
    fn a_reader_of_the_log_is_listed_with_its_lag() {
        consumed("webhooks", 40);
        asked(Some(42));
        assert!(told().contains("linli_event_consumer_position{consumer=\"webhooks\"} 40\n"), "{}", told());
        assert!(told().contains("linli_event_consumer_lag{consumer=\"webhooks\"} 2\n"), "{}", told());
        consumed("webhooks", 43);
        asked(Some(42));
        assert!(told().contains("linli_event_consumer_lag{consumer=\"webhooks\"} 0\n"), "it read on meanwhile: {}", told());
        asked(None);
        assert!(told().contains("linli_database_up 0\n") && told().contains("linli_event_log_position 42\n"), "{}", told());
    }

    #[test]
    fn a_task_is_listed_before_it_first_succeeds() {
        task_begins("sweep");
        assert!(told().contains("linli_task_last_success_timestamp_seconds{task=\"sweep\"} 0\n"), "{}", told());
        task_failed("sweep");
        task_succeeded("sweep", Time::UNIX_EPOCH + chrono::TimeDelta::seconds(7));
        assert!(told().contains("linli_task_last_success_timestamp_seconds{task=\"sweep\"} 7\n"), "{}", told());
        assert!(told().contains("linli_task_failures_total{task=\"sweep\"} 1\n"), "{}", told());
    }
}
