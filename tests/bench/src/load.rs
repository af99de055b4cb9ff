//! The load: some connections, each asking again as soon as it is answered.

use crate::{
    Outcome,
    operation::{Operation, once},
    wire::Wire,
    world::World,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// The result of a leg.
#[derive(Clone, Copy, Default)]
pub(crate) struct Leg {
    pub(crate) done: u64,
    pub(crate) per_second: f64,
    /// Milliseconds.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

impl Leg {
    /// From what each took, in milliseconds, and the seconds of the whole.
    pub(crate) fn of(mut took: Vec<f64>, seconds: f64) -> Self {
        took.sort_unstable_by(f64::total_cmp);
        let at = |share: f64| took.get((took.len() as f64 * share) as usize).copied().unwrap_or(f64::NAN);
        Self { done: took.len() as u64, per_second: took.len() as f64 / seconds, p50: at(0.5), p99: at(0.99) }
    }
}

/// Lets so many connections ask for so long.
pub(crate) async fn leg(world: &Arc<World>, operation: Operation, base: u64, clients: usize, length: Duration) -> Outcome<Leg> {
    let (next, mut tasks) = (Arc::new(AtomicU64::new(0)), JoinSet::new());
    let mut wires = Vec::new();
    for _ in 0..clients {
        wires.push(Wire::open(&world.whom(operation).address).await?);
    }
    let began = Instant::now();
    for mut wire in wires {
        let (world, next) = (Arc::clone(world), Arc::clone(&next));
        tasks.spawn(async move {
            let mut took = Vec::new();
            while began.elapsed() < length {
                let asked = Instant::now();
                once(&world, &mut wire, operation, base, next.fetch_add(1, Ordering::Relaxed)).await?;
                took.push(asked.elapsed().as_secs_f64() * 1000.0);
            }
            Outcome::Ok(took)
        });
    }
    let mut took = Vec::new();
    while let Some(part) = tasks.join_next().await {
        took.extend(part??);
    }
    Ok(Leg::of(took, began.elapsed().as_secs_f64()))
}
