//! The rounds: Linli over HTTP, and beside it the database alone, by turns.

use crate::{
    Outcome,
    load::{self, Leg},
    machine,
    operation::Operation,
    report::{Place, Report},
    world::World,
};
use std::{sync::Arc, time::Duration};

/// What one round found out about one operation; zero where there was nothing to measure.
#[derive(Clone, Copy, Default)]
pub(crate) struct Sample {
    /// Linli: requests a second; for the flow, flows.
    pub(crate) linli: Leg,
    /// Processor microseconds for each: server, database, load generator, everything else on the machine.
    pub(crate) micros: [f64; 4],
    /// The database alone with the same statements; then with the writes alone, as plain transactions.
    pub(crate) same: Reached,
    pub(crate) plain: Reached,
}

/// What the database reached without Linli.
#[derive(Clone, Copy, Default)]
pub(crate) struct Reached {
    pub(crate) leg: Leg,
    /// Processor microseconds of the database for each.
    pub(crate) micros: f64,
}

/// When a leg began, and which event was the last one then.
pub(crate) struct Mark {
    pub(crate) base: u64,
    pub(crate) last_event: String,
}

/// A leg to come.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) operation: Operation,
    pub(crate) clients: usize,
    pub(crate) length: Duration,
}

/// A database that Linli works on and that can do the same work alone.
pub(crate) trait Store {
    fn name(&self) -> &'static str;

    /// How many statements Linli sends for an operation.
    fn statements(&self, operation: Operation) -> usize;

    /// Before a leg: orders laid ready, and no checkpoint within it.
    fn before(&self, world: &World, plan: Plan) -> Outcome<Mark>;

    /// After it: what was written is taken away again.
    fn after(&self, world: &World, plan: Plan, mark: &Mark) -> Outcome;

    /// The same statements without Linli.
    fn same(&self, world: &World, plan: Plan, mark: &Mark) -> Outcome<Reached>;

    /// The writes alone, each change as a plain transaction.
    fn plain(&self, world: &World, plan: Plan, mark: &Mark) -> Outcome<Option<Reached>>;

    /// Processor seconds of the database where it is a process of its own.
    fn cpu(&self) -> f64;
}

/// A database and its world.
pub(crate) struct Bench<'a> {
    pub(crate) world: Arc<World>,
    pub(crate) store: Box<dyn Store + 'a>,
    /// What is measured on it.
    pub(crate) operations: Vec<Operation>,
}

/// Runs everything so often: first a short leg each that does not count, then rounds of all operations at all numbers of
/// connections on all databases.
pub(crate) async fn run(benches: &mut [Bench<'_>], clients: &[usize], rounds: usize, length: Duration, report: &mut Report) -> Outcome {
    for bench in &*benches {
        for operation in &bench.operations {
            bench.linli(Plan { operation: *operation, clients: 8, length: Duration::from_millis(300) }, &mut Sample::default()).await?;
        }
    }
    for round in 0..rounds {
        for clients in clients {
            for bench in &mut *benches {
                // A token is good for fifteen minutes.
                let world = Arc::get_mut(&mut bench.world).ok_or("a leg is still running")?;
                world.people.sign_in(&world.server.address).await?;
            }
            eprintln!("round {} of {rounds}, {clients} connections", round + 1);
            for (_, name, _) in Operation::ALL {
                for bench in &*benches {
                    if let Some(operation) = bench.operations.iter().find(|o| o.name() == name) {
                        let plan = Plan { operation: *operation, clients: *clients, length };
                        let sample = bench.round(plan, round).await?;
                        let place =
                            Place { store: bench.store.name(), orders: bench.world.orders, clients: *clients, operation: *operation };
                        report.add(place, bench.store.statements(*operation), sample);
                    }
                }
            }
        }
    }
    for bench in benches {
        report.load_memory(bench.store.name(), machine::memory(bench.world.server.pid));
    }
    Ok(())
}

impl Bench<'_> {
    /// One operation in one round; who begins, changes.
    async fn round(&self, plan: Plan, round: usize) -> Outcome<Sample> {
        let mut sample = Sample::default();
        let linli_first = round.is_multiple_of(2);
        if linli_first {
            self.linli(plan, &mut sample).await?;
        }
        if plan.operation.stores() {
            let mark = self.store.before(&self.world, plan)?;
            sample.same = self.store.same(&self.world, plan, &mark)?;
            self.store.after(&self.world, plan, &mark)?;
        }
        if plan.operation.writes() {
            let mark = self.store.before(&self.world, plan)?;
            sample.plain = self.store.plain(&self.world, plan, &mark)?.unwrap_or_default();
            self.store.after(&self.world, plan, &mark)?;
        }
        if !linli_first {
            self.linli(plan, &mut sample).await?;
        }
        Ok(sample)
    }

    async fn linli(&self, plan: Plan, sample: &mut Sample) -> Outcome {
        let mark = self.store.before(&self.world, plan)?;
        let (server, load) = (self.world.whom(plan.operation).pid, std::process::id());
        let used = || [machine::cpu(server, false), self.store.cpu(), machine::cpu(load, false), machine::cpu_of_all()];
        let before = used();
        sample.linli = load::leg(&self.world, plan.operation, mark.base, plan.clients, plan.length).await?;
        let after = used();
        let [server, database, load, all] = std::array::from_fn(|n| (after[n] - before[n]) * 1e6 / sample.linli.done as f64);
        sample.micros = [server, database, load, (all - server - database - load).max(0.0)];
        self.store.after(&self.world, plan, &mark)
    }
}
