//! PostgreSQL alone: pgbench with the statements that Linli was seen to send.

use crate::{
    Outcome,
    capture::Captured,
    operation::{Operation, Order},
    postgres::Postgres,
    rounds::{Mark, Plan, Reached, Store},
    statements::Script,
    world::{self, World},
};

/// The scripts for one database.
pub(crate) struct OnPostgres<'a> {
    postgres: &'a Postgres,
    scripts: Vec<(Operation, usize, Script, Option<Script>)>,
}

impl<'a> OnPostgres<'a> {
    pub(crate) fn new(postgres: &'a Postgres, world: &World, captured: &[Captured]) -> Outcome<Self> {
        let scripts = captured.iter().map(|c| Ok((c.operation, c.statements.len(), c.same(world)?, c.plain(world)?)));
        Ok(Self { postgres, scripts: scripts.collect::<Outcome<_>>()? })
    }

    fn script(&self, operation: Operation) -> Option<&(Operation, usize, Script, Option<Script>)> {
        self.scripts.iter().find(|s| s.0 == operation)
    }

    fn pgbench(&self, world: &World, plan: Plan, mark: &Mark, script: &Script) -> Outcome<Reached> {
        let variables = [
            ("n", 0),
            ("base", mark.base),
            ("clients", plan.clients as u64),
            ("orders", world.orders),
            ("first", world.first_ms),
            ("step", world.step_ms),
        ];
        self.postgres.pgbench(&world.database, script, &variables, plan.clients, plan.length)
    }
}

impl Store for OnPostgres<'_> {
    fn name(&self) -> &'static str {
        "PostgreSQL"
    }

    fn statements(&self, operation: Operation) -> usize {
        self.script(operation).map_or(0, |s| s.1)
    }

    fn before(&self, world: &World, plan: Plan) -> Outcome<Mark> {
        let mark = Mark { base: world::now_ms(), last_event: world.last_event(self.postgres)? };
        if plan.operation.order() == Order::Ready {
            // More than any leg can use up.
            let count = (plan.length.as_secs() + 1) * 8000;
            self.postgres.sql(&world.database, &world.ready(plan.operation, mark.base, count))?;
        }
        if plan.operation.writes() {
            self.postgres.sql(&world.database, "CHECKPOINT")?;
        }
        Ok(mark)
    }

    fn after(&self, world: &World, plan: Plan, mark: &Mark) -> Outcome {
        if plan.operation.order() == Order::Ready {
            let left = format!("SELECT count(*) FROM orders WHERE id >= '{}' AND version = 3", world::id(mark.base, 0));
            if self.postgres.sql(&world.database, &left)? == "0" {
                return Err("the orders laid ready ran out".into());
            }
        }
        if plan.operation.writes() { world.sweep(self.postgres, mark.base, &mark.last_event) } else { Ok(()) }
    }

    fn same(&self, world: &World, plan: Plan, mark: &Mark) -> Outcome<Reached> {
        let (.., script, _) = self.script(plan.operation).ok_or("no script")?;
        self.pgbench(world, plan, mark, script)
    }

    fn plain(&self, world: &World, plan: Plan, mark: &Mark) -> Outcome<Option<Reached>> {
        let script = self.script(plan.operation).and_then(|s| s.3.as_ref());
        script.map(|script| self.pgbench(world, plan, mark, script)).transpose()
    }

    fn cpu(&self) -> f64 {
        self.postgres.cpu()
    }
}
