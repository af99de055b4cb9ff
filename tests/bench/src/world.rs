//! A database with regions, people and many orders, and the server that works on it.

use crate::{
    Outcome, free_port,
    machine::{self, Guarded},
    operation::Operation,
    orders,
    postgres::Postgres,
    wire::Wire,
};
use serde_json::{Value, json};
use std::{
    ffi::OsStr,
    io::Write,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// 新联社区, where everything happens that is measured.
pub(crate) const HOME: &str = "321182001017";
const COUNTY: &str = "321182000000";
pub(crate) const REGIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../crates/linli/data/regions_jiangsu.csv");
const PASSWORD: &str = "bench-password-1";
/// How many residents and takers act.
pub(crate) const RESIDENTS: usize = 8;
const TAKERS: usize = 64;
/// Over how many communities the orders are spread.
pub(crate) const COMMUNITIES: usize = 10;
/// The south-western corner of the drawn grids, how many there are on each side, and the width of one in degrees.
const CORNER: (f64, f64) = (119.7, 32.2);
const GRIDS: u32 = 20;
const WIDTH: f64 = 0.004;
/// The time over which they are spread.
const SPAN_MS: u64 = 3 * 365 * 86_400_000;

/// Starts a server and says its process id.
const SERVE: &str = r#"log=$1; shift; "$@" >"$log" 2>&1 </dev/null & echo $!; read -r _ || :; kill $!; wait $!"#;

/// A running server: `linli serve`, or the floor; told to stop when dropped.
pub(crate) struct Server {
    _guarded: Guarded,
    pub(crate) pid: u32,
    pub(crate) address: String,
    /// Milliseconds from its start to the first answer that it is ready.
    pub(crate) start_ms: f64,
}

impl Server {
    /// Starts the binary with its default settings on this database.
    pub(crate) async fn start(binary: &Path, folder: &Path, url: &str) -> Outcome<Self> {
        Self::start_with(binary, folder, url, &[]).await
    }

    /// The same with other settings.
    pub(crate) async fn start_with(binary: &Path, folder: &Path, url: &str, settings: &[&str]) -> Outcome<Self> {
        let address = format!("127.0.0.1:{}", free_port()?);
        let log = folder.join("linli.log");
        let began = Instant::now();
        let serve = ["serve", "--drain-seconds", "0", "--listen", &address].map(OsStr::new);
        let args = [log.as_os_str(), binary.as_os_str()].into_iter().chain(serve).chain(settings.iter().map(OsStr::new));
        let guarded = Guarded::start(SERVE, set(&mut Command::new("sh"), folder, url), args)?;
        while began.elapsed() < Duration::from_secs(20) {
            if let Ok(mut wire) = Wire::open(&address).await
                && wire.json("/readyz", "", None).await.is_ok()
            {
                let start_ms = began.elapsed().as_secs_f64() * 1000.0;
                return Ok(Self { pid: guarded.said.parse()?, _guarded: guarded, address, start_ms });
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Err(std::fs::read_to_string(log)?.into())
    }

    /// Starts this program again, as the floor.
    pub(crate) fn floor() -> Outcome<Self> {
        let began = Instant::now();
        let this = std::env::current_exe()?;
        let args = [this.as_os_str(), OsStr::new("floor")];
        let guarded = Guarded::start("exec \"$@\"", &mut Command::new("sh"), args)?;
        let start_ms = began.elapsed().as_secs_f64() * 1000.0;
        Ok(Self { pid: guarded.pid(), address: guarded.said.clone(), _guarded: guarded, start_ms })
    }

    /// Megabytes that it holds two seconds after its start.
    pub(crate) async fn idle(&self) -> f64 {
        tokio::time::sleep(Duration::from_secs(2)).await;
        machine::memory(self.pid)[0]
    }
}

fn set<'a>(command: &'a mut Command, folder: &Path, url: &str) -> &'a mut Command {
    command.env("LINLI_DATA_DIR", folder).env("LINLI_DATABASE_URL", url).current_dir(folder)
}

/// Runs a command of the binary to its end; `input` is what it reads.
pub(crate) fn command(binary: &Path, folder: &Path, url: &str, args: &[&str], input: &str) -> Outcome {
    let mut linli = Command::new(binary);
    let mut child = set(&mut linli, folder, url).args(args).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    child.stdin.take().ok_or("no pipe")?.write_all(input.as_bytes())?;
    let output = child.wait_with_output()?;
    if output.status.success() { Ok(()) } else { Err(format!("linli {args:?}: {}", String::from_utf8_lossy(&output.stderr)).into()) }
}

/// Somebody who is signed in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Person {
    name: String,
    pub(crate) id: String,
    pub(crate) token: String,
}

/// Everybody who acts.
#[derive(Clone, Debug, Default)]
pub(crate) struct People {
    pub(crate) worker: Person,
    pub(crate) district: Person,
    pub(crate) residents: Vec<Person>,
    pub(crate) takers: Vec<Person>,
}

impl People {
    /// Signs everybody in (again): a token is good for fifteen minutes.
    pub(crate) async fn sign_in(&mut self, address: &str) -> Outcome {
        let mut wire = Wire::open(address).await?;
        let all = [&mut self.worker, &mut self.district].into_iter().chain(&mut self.residents).chain(&mut self.takers);
        for person in all {
            person.token = token(&mut wire, &person.name).await?;
        }
        Ok(())
    }

    /// Regions, an administrator, and through the API everybody else, with a catalogue and a generous limit of claims.
    pub(crate) async fn make(binary: &Path, folder: &Path, url: &str, address: &str) -> Outcome<Self> {
        command(binary, folder, url, &["regions", "import", REGIONS, "--as-of", "2023-12-31"], "")?;
        let create =
            ["account", "create", "--name", "bench-admin", "--role", "administrator", "--region", "000000000000", "--password-stdin"];
        command(binary, folder, url, &create, PASSWORD)?;
        let mut wire = Wire::open(address).await?;
        let admin = token(&mut wire, "bench-admin").await?;
        let mut post = async |path: &str, body: Value| wire.json(path, &admin, Some(body)).await;
        let mut people = Vec::new();
        let roles = [("community_worker", 1), ("district_operator", 1), ("resident", RESIDENTS), ("volunteer", TAKERS)];
        for (role, n) in roles.into_iter().flat_map(|(role, count)| (0..count).map(move |n| (role, n))) {
            let name = format!("{role}-{n}");
            let region = if matches!(role, "resident" | "volunteer") { HOME } else { COUNTY };
            let grants = json!([{"role": role, "region_code": region}]);
            let account = json!({"name": name, "password": PASSWORD, "display_name": "王小明", "phone": "13812341234", "grants": grants});
            let id = post("/api/v1/accounts", account).await?["id"].as_str().unwrap_or_default().to_owned();
            if role == "volunteer" {
                post("/api/v1/volunteers", json!({"account_id": id, "kind": "volunteer", "region_code": HOME})).await?;
            }
            people.push(Person { name, id, ..Person::default() });
        }
        for (code, level, parent) in [("B", "category", None), ("B-1", "subcategory", Some("B")), ("B-1-1", "item", Some("B-1"))] {
            let limit = json!({"value": 3, "unit": "working_days"});
            let item = json!({"code": code, "level": level, "parent_code": parent, "name": "家电维修", "region_code": COUNTY, "provider_kinds": ["volunteer"],
                "needs_address": true, "respond_limit": limit, "finish_limit": limit});
            post("/api/v1/catalogue/items", item).await?;
        }
        for n in 0..GRIDS * GRIDS {
            let boundary = json!({"type": "Polygon", "coordinates": [ring(n % GRIDS, n / GRIDS)]});
            let grid = json!({"region_code": HOME, "name": format!("第{n}网格"), "kind": "comprehensive", "boundary": boundary});
            post("/api/v1/grids", grid).await?;
        }
        post("/api/v1/policies", json!({"region_code": COUNTY, "order_flow": {"claim_limit": 1000, "automatic_reworks": 1}})).await?;
        let takers = people.split_off(2 + RESIDENTS);
        let residents = people.split_off(2);
        let [worker, district] = <[Person; 2]>::try_from(people).map_err(|people| format!("{} officials instead of two", people.len()))?;
        let mut people = Self { worker, district, residents, takers };
        people.sign_in(address).await?;
        Ok(people)
    }

    /// Who places the `k`-th order.
    pub(crate) fn resident(&self, k: u64) -> &Person {
        &self.residents[(k % RESIDENTS as u64) as usize]
    }

    /// Whom it waits for, once it is ready. The first taker is left out: to them belong orders of the load.
    pub(crate) fn taker(&self, k: u64) -> &Person {
        &self.takers[1 + (k % self.taker_count()) as usize]
    }

    pub(crate) const fn taker_count(&self) -> u64 {
        TAKERS as u64 - 1
    }

    /// After so many orders the same two meet again.
    pub(crate) const fn round(&self) -> u64 {
        RESIDENTS as u64 * self.taker_count()
    }

    /// The takers as an array of PostgreSQL, which counts from 1.
    pub(crate) fn takers_sql(&self) -> String {
        uuids(&self.takers[1..])
    }
}

/// The boundary of a grid: a square whose sides bear eight positions each.
fn ring(column: u32, row: u32) -> Vec<[f64; 2]> {
    let at = |x: u32, y: u32| [CORNER.0 + f64::from(column * 8 + x) * WIDTH / 8.0, CORNER.1 + f64::from(row * 8 + y) * WIDTH / 8.0];
    let sides: [fn(u32) -> (u32, u32); 4] = [|n| (n, 0), |n| (8, n), |n| (8 - n, 8), |n| (0, 8 - n)];
    sides.iter().flat_map(|side| (0..8).map(side)).chain([(0, 0)]).map(|(x, y)| at(x, y)).collect()
}

/// A point within the drawn grids, anywhere.
pub(crate) fn point(random: u64) -> (f64, f64) {
    let share = |bits: u64| 0.001 + 0.998 * (bits % 1_000_000) as f64 / 1e6;
    let side = f64::from(GRIDS) * WIDTH;
    (CORNER.0 + side * share(random >> 20), CORNER.1 + side * share(random >> 41))
}

async fn token(wire: &mut Wire, name: &str) -> Outcome<String> {
    let tokens = wire.json("/api/v1/sessions", "", Some(json!({"name": name, "password": PASSWORD}))).await?;
    Ok(tokens["access_token"].as_str().unwrap_or_default().to_owned())
}

/// A database with its server.
pub(crate) struct World {
    pub(crate) orders: u64,
    pub(crate) database: String,
    pub(crate) server: Server,
    pub(crate) floor: Arc<Server>,
    pub(crate) people: People,
    /// When the first order was placed, and how many milliseconds lie between two.
    pub(crate) first_ms: u64,
    pub(crate) step_ms: u64,
    pub(crate) deep: String,
    pub(crate) late: String,
    pub(crate) load_seconds: f64,
}

/// The id of an order of ours: the time, then a number, as in a UUIDv7.
pub(crate) fn id(ms: u64, tail: u64) -> String {
    format!("{:08x}-{:04x}-7000-8000-{tail:012x}", ms >> 16, ms & 0xffff)
}

/// The same as an expression of PostgreSQL over two of its numbers.
pub(crate) fn sql_id(ms: &str, tail: &str) -> String {
    format!("(lpad(to_hex({ms}), 12, '0') || '70008000' || lpad(to_hex({tail}), 12, '0'))::uuid")
}

pub(crate) fn uuids(people: &[Person]) -> String {
    format!("(ARRAY['{}']::uuid[])", people.iter().map(|p| p.id.as_str()).collect::<Vec<_>>().join("','"))
}

pub(crate) fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| u64::try_from(d.as_millis()).unwrap_or(0))
}

impl World {
    /// Makes it on PostgreSQL: tables, regions, people, orders.
    pub(crate) async fn make(binary: &Path, postgres: &Postgres, floor: &Arc<Server>, orders: u64) -> Outcome<Self> {
        let database = format!("bench_{orders}");
        let (folder, url) = (postgres.dir.join(&database), postgres.url(&database));
        std::fs::create_dir_all(&folder)?;
        postgres.sql("postgres", &format!("CREATE DATABASE {database}"))?;
        command(binary, &folder, &url, &["migrate"], "")?;
        // The people are made over a server that is then thrown away, so that the memory of the real one is measured untouched.
        let first = Server::start(binary, &folder, &url).await?;
        let people = People::make(binary, &folder, &url, &first.address).await?;
        drop(first);
        let began = Instant::now();
        let first_ms = now_ms() - SPAN_MS;
        orders::load(postgres, &database, &people, orders, first_ms, SPAN_MS / orders)?;
        Ok(Self {
            orders,
            load_seconds: began.elapsed().as_secs_f64(),
            server: Server::start(binary, &folder, &url).await?,
            floor: Arc::clone(floor),
            database,
            people,
            first_ms,
            step_ms: SPAN_MS / orders,
            deep: String::new(),
            late: String::new(),
        })
    }

    /// Who is asked.
    pub(crate) fn whom(&self, operation: Operation) -> &Server {
        if operation == Operation::Actix { &self.floor } else { &self.server }
    }

    /// The id of one of the orders of the load.
    pub(crate) fn loaded(&self, random: u64) -> String {
        let n = random % self.orders + 1;
        id(self.first_ms + n * self.step_ms, n)
    }
}
