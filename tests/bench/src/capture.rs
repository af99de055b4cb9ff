//! Each operation as Linli was seen to carry it out: its statements, and which of their values must differ each time.

use crate::{
    Outcome,
    operation::{self, Operation, Order, once},
    postgres::Postgres,
    statements::{self, Script, Statement, Varied, Vary},
    wire::Wire,
    world::{self, World, sql_id},
};
use std::time::Duration;

/// The statements of one operation.
pub(crate) struct Captured {
    pub(crate) operation: Operation,
    pub(crate) statements: Vec<Statement>,
    pub(crate) vary: Vec<Vary>,
}

/// Carries out an operation a few times on a server that logs its statements, and keeps the time with the fewest: the first
/// time everybody is new to the server, and every few seconds it asks again who they are.
pub(crate) async fn capture(world: &World, postgres: &Postgres, address: &str, operation: Operation) -> Outcome<Captured> {
    // The same people act each time.
    let (base, round) = (world::now_ms(), world.people.round());
    if operation.order() == Order::Ready {
        postgres.sql(&world.database, &world.ready(operation, base, 3 * round + 1))?;
    }
    let last_event = world.last_event(postgres)?;
    let mut wire = Wire::open(address).await?;
    let (mut statements, mut key, mut id) = (Vec::new(), String::new(), String::new());
    for k in [0, round, 2 * round, 3 * round] {
        let before = settled(postgres).await?;
        let done = once(world, &mut wire, operation, base, k).await?;
        settled(postgres).await?;
        let sent = statements::read(&postgres.log()?[before..])?;
        if statements.is_empty() || sent.len() < statements.len() {
            (statements, key, id) = (sent, operation::key(base, k), done);
        }
    }
    let mut vary = vec![Vary { what: key.clone(), by: Varied::Unique("") }];
    let endings = ["-triage", "-dispatch", "-accept", "-complete", "-evaluate", "-close"];
    vary.extend(endings.map(|ending| Vary { what: format!("{key}{ending}"), by: Varied::Unique(ending) }));
    if operation.order() == Order::Fresh {
        let number = postgres.sql(&world.database, &format!("SELECT number FROM orders WHERE id = '{id}'"))?;
        vary.push(Vary { what: number, by: Varied::Unique("") });
    }
    if operation == Operation::Claim {
        vary.push(Vary { what: "\"lead_slot\" = ".to_owned(), by: Varied::Slot });
        vary.push(Vary { what: world.people.taker(0).id.clone(), by: Varied::Taker });
    }
    if !id.is_empty() {
        vary.push(Vary { what: id, by: Varied::Id });
    }
    if operation.writes() {
        world.sweep(postgres, base, &last_event)?;
    }
    Ok(Captured { operation, statements, vary })
}

/// Waits until the log stands still; gives its length.
async fn settled(postgres: &Postgres) -> Outcome<usize> {
    let mut length = 0;
    loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now = postgres.log()?.len();
        if now == length {
            return Ok(now);
        }
        length = now;
    }
}

impl Captured {
    /// A script with the same statements.
    pub(crate) fn same(&self, world: &World) -> Outcome<Script> {
        self.script(world, "", &self.statements)
    }

    /// A script that does the writes alone, each change as a plain transaction of five statements: `BEGIN`, order,
    /// event, key, `COMMIT`.
    pub(crate) fn plain(&self, world: &World) -> Outcome<Option<Script>> {
        let mut inside = false;
        let commits = self.statements.iter().flat_map(Statement::in_steps).filter(|s| {
            inside |= s.sql == "BEGIN";
            let kept = inside;
            inside &= s.sql != "COMMIT";
            kept
        });
        let commits: Vec<_> = commits.collect();
        if commits.is_empty() { Ok(None) } else { self.script(world, "-plain", &commits).map(Some) }
    }

    fn script(&self, world: &World, ending: &str, statements: &[Statement]) -> Outcome<Script> {
        let k = "\\set k :n * :clients + :client_id\n\\set n :n + 1\n\\set r random(1, 1099511627776)\n\\set slot 1 + :k % 32000\n";
        let loaded = "\\set k random(1, :orders)\n\\set ms :first + :k * :step\n";
        let (set, id) = match self.operation.order() {
            Order::Fresh => (k, sql_id(":base::bigint + :n::bigint", ":client_id::bigint")),
            Order::Ready => (k, sql_id(":base::bigint", ":k::bigint")),
            Order::Loaded => (loaded, sql_id(":ms::bigint", ":k::bigint")),
            Order::None => ("", String::new()),
        };
        let by = |varied: Varied| match varied {
            Varied::Id => id.clone(),
            Varied::Unique(ending) => format!("to_hex(:r::bigint) || '-' || to_hex(:k::bigint) || '{ending}'"),
            Varied::Slot => ":slot::smallint".to_owned(),
            Varied::Taker => format!("{}[1 + :k::bigint % {}]", world.people.takers_sql(), world.people.taker_count()),
        };
        let name = format!("{}-{}{ending}", world.database, self.operation.name());
        statements::script(&name, set, statements, &self.vary, by)
    }
}
