//! SQLite: the same data, and a bare loop over SQLite's own library with the statements that Linli was seen to send.
//!
//! Nothing can watch SQLite from outside, so the statements are those of PostgreSQL in SQLite's dialect: values become literals
//! of SQLite, and the commit in one statement becomes the immediate transaction that Linli makes of it there.

use crate::{
    Outcome,
    capture::Captured,
    load::Leg,
    machine,
    operation::{self, Operation, Order},
    postgres::Postgres,
    rounds::{Mark, Plan, Reached, Store},
    statements::{Statement, Varied},
    world::{self, Server, World},
};
use rusqlite::{Connection, types::Value};
use std::{
    hint::black_box,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Instant,
};

/// A statement with `?1`, `?2` … for what must differ each time.
struct Bare {
    sql: String,
    varied: Vec<Varied>,
}

/// A file with the data of a world on PostgreSQL.
pub(crate) struct OnSqlite<'a> {
    postgres: &'a Postgres,
    /// The database there, from which orders laid ready are copied.
    source: Arc<World>,
    file: PathBuf,
    scripts: Vec<(Operation, usize, Vec<Bare>)>,
}

/// Makes the file, with everything that the world on PostgreSQL holds: people, keys, orders, events. Gives the URL.
pub(crate) fn copy(binary: &Path, postgres: &Postgres, source: &World, folder: &Path) -> Outcome<(PathBuf, String)> {
    std::fs::create_dir_all(folder)?;
    for file in std::fs::read_dir(postgres.dir.join(&source.database))? {
        let file = file?;
        // Residents' files have a folder of their own; there are none.
        if !file.file_type()?.is_file() {
            continue;
        }
        std::fs::copy(file.path(), folder.join(file.file_name()))?;
    }
    let file = folder.join("linli.db");
    let url = format!("sqlite://{}", file.display());
    world::command(binary, folder, &url, &["migrate"], "")?;
    let connection = open(&file, false)?;
    let tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_name NOT LIKE 'seaql%'";
    for table in postgres.sql(&source.database, tables)?.lines() {
        connection.execute_batch(&format!("DELETE FROM {table}"))?;
        fill(postgres, source, &connection, table, "true")?;
    }
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok((file, url))
}

/// Copies rows of a table.
fn fill(postgres: &Postgres, source: &World, connection: &Connection, table: &str, which: &str) -> Outcome {
    let columns = format!(
        "SELECT string_agg(format(CASE data_type
            WHEN 'uuid' THEN 'coalesce(''x'''''' || replace(%1$I::text, ''-'', '''') || '''''''', ''NULL'')'
            WHEN 'timestamp with time zone' THEN 'coalesce(quote_literal(to_char(%1$I AT TIME ZONE ''UTC'', ''YYYY-MM-DD\"T\"HH24:MI:SS.US\"+00:00\"'')), ''NULL'')'
            WHEN 'boolean' THEN 'coalesce(%1$I::int::text, ''NULL'')'
            WHEN 'text' THEN 'coalesce('''''''' || replace(%1$I, '''''''', '''''''''''') || '''''''', ''NULL'')'
            WHEN 'date' THEN 'coalesce(quote_literal(%1$I), ''NULL'')'
            ELSE 'coalesce(%1$I::text, ''NULL'')' END, column_name), ', ' ORDER BY ordinal_position) || E'\\n' || string_agg(column_name, ', ' ORDER BY ordinal_position)
         FROM information_schema.columns WHERE table_schema = 'public' AND table_name = '{table}'"
    );
    let columns = postgres.sql(&source.database, &columns)?;
    let (values, names) = columns.split_once('\n').ok_or("a table without columns")?;
    let rows = format!("SELECT 'INSERT INTO {table} ({names}) VALUES (' || concat_ws(', ', {values}) || ');' FROM {table} WHERE {which}");
    connection.execute_batch("BEGIN")?;
    // One by one: SQLite copies all that is left of a batch for each statement in it.
    for row in postgres.sql(&source.database, &rows)?.split_inclusive(");\n") {
        connection.execute_batch(row)?;
    }
    Ok(connection.execute_batch("COMMIT")?)
}

/// Opens the file as Linli does; looking who refers to whom or not.
fn open(file: &Path, foreign_keys: bool) -> Outcome<Connection> {
    let connection = Connection::open(file)?;
    connection.execute_batch(&format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 1500; PRAGMA foreign_keys = {foreign_keys}"
    ))?;
    Ok(connection)
}

fn blob(id: &str) -> String {
    format!("x'{}'", id.replace('-', ""))
}

/// A value as PostgreSQL logged it, as a literal of SQLite.
fn literal(value: &str) -> String {
    let shape: String = value.chars().map(|c| if c.is_ascii_hexdigit() { '0' } else { c }).collect();
    let number = value.parse::<f64>().is_ok_and(|n| n.to_string() == value);
    match shape.strip_prefix("0000-00-00 00:00:00") {
        Some(_) if value.ends_with("+00") => format!("'{}:00'", value.replacen(' ', "T", 1)),
        None if shape == "00000000-0000-0000-0000-000000000000" => blob(value),
        None if number => value.to_owned(),
        _ => format!("'{}'", value.replace('\'', "''")),
    }
}

/// The one statement that Linli words otherwise on SQLite: the feed, where no transaction has to be waited for.
fn feed(sql: &str) -> Option<String> {
    let (before, after) = sql.split_once("((xid, seq) > (")?;
    let (seq, after) = after.split_once(" END, ")?.1.split_once("))")?;
    let (_, limit) = after.split_once(" LIMIT ")?;
    Some(format!("{before}seq > {seq} ORDER BY seq ASC LIMIT {limit}"))
}

fn bare(captured: &Captured) -> Vec<Bare> {
    let one = |statement: Statement| {
        let mut varied = Vec::new();
        let vary = |by| {
            varied.push(by);
            format!("?{}", varied.len())
        };
        let mut sql = statement.filled(&captured.vary, vary, literal);
        if sql == "BEGIN" {
            sql = "BEGIN IMMEDIATE".to_owned();
        }
        Bare { sql: feed(&sql).unwrap_or(sql), varied }
    };
    captured.statements.iter().flat_map(Statement::in_steps).map(one).collect()
}

impl<'a> OnSqlite<'a> {
    pub(crate) fn new(postgres: &'a Postgres, source: &Arc<World>, file: PathBuf, captured: &[Captured]) -> Self {
        let scripts = captured.iter().map(|c| (c.operation, c.statements.len(), bare(c))).collect();
        Self { postgres, source: Arc::clone(source), file, scripts }
    }

    /// One connection's loop: every `stride`-th.
    fn repeat(&self, world: &World, plan: Plan, base: u64, first: u64, stride: u64) -> Outcome<Vec<f64>> {
        let (.., script) = self.scripts.iter().find(|s| s.0 == plan.operation).ok_or("no script")?;
        let connection = open(&self.file, true)?;
        let nothing = |what: &str| Err(format!("nothing comes of it on SQLite: {what}").into());
        let prepare = |bare: &'_ Bare| connection.prepare(&bare.sql).map_err(|e| format!("{e}: {}", bare.sql));
        let mut statements = script.iter().map(|bare| Ok((bare, prepare(bare)?))).collect::<Outcome<Vec<_>>>()?;
        let (began, mut took, mut k) = (Instant::now(), Vec::new(), first);
        while began.elapsed() < plan.length {
            let asked = Instant::now();
            let mut last = 0;
            for (bare, statement) in &mut statements {
                for (n, varied) in bare.varied.iter().enumerate() {
                    statement.raw_bind_parameter(n + 1, value(world, plan.operation, *varied, base, k)?)?;
                }
                last = 0;
                let columns = statement.column_count();
                let mut rows = statement.raw_query();
                while let Some(row) = rows.next()? {
                    // Takes every value, as pgbench does, and throws it away.
                    for n in 0..columns {
                        black_box(row.get_ref(n)?);
                    }
                    last += 1;
                }
                let writes = bare.sql.starts_with("INSERT") || bare.sql.starts_with("UPDATE");
                if writes && connection.changes() != 1 {
                    return nothing(&bare.sql);
                }
            }
            if last == 0 && !plan.operation.writes() {
                return nothing(plan.operation.name());
            }
            took.push(asked.elapsed().as_secs_f64() * 1000.0);
            k += stride;
        }
        Ok(took)
    }
}

/// What takes the place of a value, the `k`-th time.
fn value(world: &World, operation: Operation, varied: Varied, base: u64, k: u64) -> Outcome<Value> {
    let bytes = |id: &str| Ok(Value::Blob(u128::from_str_radix(&id.replace('-', ""), 16)?.to_be_bytes().to_vec()));
    match varied {
        Varied::Id => bytes(&match operation.order() {
            Order::Loaded => world.loaded(operation::scatter(k)),
            _ => world::id(base, k),
        }),
        Varied::Unique(ending) => Ok(Value::Text(format!("{}{ending}", operation::key(base, k)))),
        Varied::Taker => bytes(&world.people.taker(k).id),
        Varied::Slot => Ok(Value::Integer(i64::try_from(1 + k % 32_000)?)),
    }
}

impl Store for OnSqlite<'_> {
    fn name(&self) -> &'static str {
        "SQLite"
    }

    fn statements(&self, operation: Operation) -> usize {
        self.scripts.iter().find(|s| s.0 == operation).map_or(0, |s| s.1)
    }

    fn before(&self, _: &World, plan: Plan) -> Outcome<Mark> {
        let connection = open(&self.file, false)?;
        let last_event: i64 = connection.query_row("SELECT coalesce(max(seq), 0) FROM events", [], |row| row.get(0))?;
        let mark = Mark { base: world::now_ms(), last_event: last_event.to_string() };
        if plan.operation.order() == Order::Ready {
            let (source, base) = (&*self.source, mark.base);
            let there = source.last_event(self.postgres)?;
            self.postgres.sql(&source.database, &source.ready(plan.operation, base, (plan.length.as_secs() + 1) * 5000))?;
            fill(self.postgres, source, &connection, "orders", &format!("id >= '{}'", world::id(base, 0)))?;
            source.sweep(self.postgres, base, &there)?;
        }
        if plan.operation.writes() {
            connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
        }
        Ok(mark)
    }

    fn after(&self, _: &World, plan: Plan, mark: &Mark) -> Outcome {
        if plan.operation.writes() {
            let (first, last) = (blob(&world::id(mark.base, 0)), &mark.last_event);
            open(&self.file, false)?.execute_batch(&format!(
                "BEGIN IMMEDIATE; DELETE FROM orders WHERE id >= {first}; DELETE FROM events WHERE seq > {last}; DELETE FROM idempotency_keys; COMMIT"
            ))?;
        }
        Ok(())
    }

    /// As many connections as ask Linli; one for writes, since SQLite lets only one write at a time.
    fn same(&self, world: &World, plan: Plan, mark: &Mark) -> Outcome<Reached> {
        let (began, used) = (Instant::now(), machine::cpu(std::process::id(), false));
        let stride = if plan.operation.writes() { 1 } else { plan.clients as u64 };
        let took = thread::scope(|scope| {
            let one = |first| scope.spawn(move || self.repeat(world, plan, mark.base, first, stride));
            let threads: Vec<_> = (0..stride).map(one).collect();
            let parts = threads.into_iter().map(|t| t.join().map_err(|_panic| "the loop broke off")?);
            parts.collect::<Outcome<Vec<_>>>().map(|parts| parts.concat())
        })?;
        let leg = Leg::of(took, began.elapsed().as_secs_f64());
        Ok(Reached { leg, micros: (machine::cpu(std::process::id(), false) - used) * 1e6 / leg.done as f64 })
    }

    fn plain(&self, _: &World, _: Plan, _: &Mark) -> Outcome<Option<Reached>> {
        Ok(None)
    }

    fn cpu(&self) -> f64 {
        0.0
    }
}

/// The same world on the file.
pub(crate) async fn world(binary: &Path, folder: &Path, url: &str, source: &World) -> Outcome<World> {
    Ok(World {
        server: Server::start(binary, folder, url).await?,
        floor: Arc::clone(&source.floor),
        people: source.people.clone(),
        database: "sqlite".to_owned(),
        deep: source.deep.clone(),
        late: source.late.clone(),
        ..*source
    })
}
