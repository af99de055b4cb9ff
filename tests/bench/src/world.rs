//! A database with regions, people and many orders, and the server that works on it.

use crate::{
    Outcome, free_port,
    machine::{self, Guarded},
    postgres::Postgres,
    wire::Wire,
};
use serde_json::{Value, json};
use std::{
    ffi::OsStr,
    io::Write,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// 新联社区, where everything happens that is measured.
pub(crate) const HOME: &str = "321182001017";
const COUNTY: &str = "321182000000";
const REGIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../crates/linli/data/regions_jiangsu.csv");
const PASSWORD: &str = "bench-password-1";
/// How many residents and takers act.
const RESIDENTS: usize = 8;
const TAKERS: usize = 64;
/// Over how many communities the orders are spread.
const COMMUNITIES: usize = 10;
/// The time over which they are spread.
const SPAN_MS: u64 = 3 * 365 * 86_400_000;

/// Starts a server and says its process id.
const SERVE: &str = r#"log=$1; shift; "$@" >"$log" 2>&1 </dev/null & echo $!; read -r _ || :; kill $!; wait $!"#;

/// A running `linli serve`; told to stop when dropped.
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
        let address = format!("127.0.0.1:{}", free_port()?);
        let log = folder.join("linli.log");
        let began = Instant::now();
        let serve = ["serve", "--drain-seconds", "0", "--listen", &address].map(OsStr::new);
        let args = [log.as_os_str(), binary.as_os_str()].into_iter().chain(serve);
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

    /// Megabytes that it holds two seconds after its start.
    pub(crate) async fn idle(&self) -> f64 {
        tokio::time::sleep(Duration::from_secs(2)).await;
        machine::memory(self.pid)
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
        post("/api/v1/policies", json!({"region_code": COUNTY, "order_flow": {"claim_limit": 1000, "automatic_reworks": 1}})).await?;
        let takers = people.split_off(2 + RESIDENTS);
        let residents = people.split_off(2);
        let [worker, district] = <[Person; 2]>::try_from(people).map_err(|people| format!("{} officials instead of two", people.len()))?;
        let mut people = Self { worker, district, residents, takers };
        people.sign_in(address).await?;
        Ok(people)
    }

    /// Whom a prepared order waits for. The first taker is left out: to them belong orders of the load.
    pub(crate) fn taker(&self, k: u64) -> &Person {
        &self.takers[1 + (k % (TAKERS as u64 - 1)) as usize]
    }
}

async fn token(wire: &mut Wire, name: &str) -> Outcome<String> {
    let tokens = wire.json("/api/v1/sessions", "", Some(json!({"name": name, "password": PASSWORD}))).await?;
    Ok(tokens["access_token"].as_str().unwrap_or_default().to_owned())
}

/// One database on PostgreSQL, with its server.
pub(crate) struct World {
    pub(crate) orders: u64,
    pub(crate) database: String,
    pub(crate) server: Server,
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

fn uuids(people: &[Person]) -> String {
    format!("(ARRAY['{}']::uuid[])", people.iter().map(|p| p.id.as_str()).collect::<Vec<_>>().join("','"))
}

pub(crate) fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| u64::try_from(d.as_millis()).unwrap_or(0))
}

impl World {
    /// Makes it: tables, regions, people, orders.
    pub(crate) async fn make(binary: &Path, postgres: &Postgres, orders: u64) -> Outcome<Self> {
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
        let step_ms = SPAN_MS / orders;
        let mut world = Self {
            orders,
            database,
            server: Server::start(binary, &folder, &url).await?,
            people,
            first_ms: now_ms() - SPAN_MS,
            step_ms,
            deep: String::new(),
            late: String::new(),
            load_seconds: 0.0,
        };
        postgres.sql(&world.database, &world.load())?;
        postgres.sql(&world.database, "VACUUM ANALYZE")?;
        world.load_seconds = began.elapsed().as_secs_f64();
        Ok(world)
    }

    /// The orders: seven in ten are closed, the rest spread over the open states; half of those with a deadline have
    /// missed it; one taker in 64 is real. And two events for each.
    fn load(&self) -> String {
        let (id, residents, taker) =
            (sql_id(&format!("{} + n * {}", self.first_ms, self.step_ms), "n"), uuids(&self.people.residents), &self.people.takers[0].id);
        format!(
            "INSERT INTO orders (id, number, version, state, region_code, item_id, priority, channel, title, content, requester_id, placed_by,
                dispatch_mode, lead_kind, lead_id, assistant_count, finish_limit, finish_by, due_at, rework_count, result, answer, completed_by,
                score, tags, evaluated_at, created_at, updated_at, accepted_at, completed_at, closed_at)
            SELECT {id}, upper(lpad(to_hex(n * 2654435761 & 4294967295), 8, '0')) || '-LOADED', CASE state WHEN 'closed' THEN 7 ELSE 3 END,
                state, region, item, 'normal', 'mini_program', '楼道灯不亮', '3单元2楼的灯坏了三天,老人上下楼不安全,希望社区能尽快安排人来修一下。', requester, requester,
                CASE WHEN led THEN 'assign' END, CASE WHEN led THEN 'person' END, CASE WHEN led THEN taker END, 0,
                '3 working_days', at + interval '3 days',
                CASE WHEN state IN ('triaged', 'dispatched', 'accepted') THEN CASE WHEN h % 2 = 0 THEN at ELSE now() + interval '1 year' END END, 0,
                CASE WHEN done THEN 'solved' END, CASE WHEN done THEN '已更换灯泡,并检查了整个单元。' END, CASE WHEN done THEN taker END,
                CASE WHEN state = 'closed' THEN 5 END, CASE WHEN state = 'closed' THEN '[\"及时\"]' END, CASE WHEN state = 'closed' THEN at END,
                at, at, CASE WHEN led AND state <> 'dispatched' THEN at END, CASE WHEN done THEN at END, CASE WHEN state = 'closed' THEN at END
            FROM (SELECT n, h, at, state, state IN ('dispatched', 'accepted', 'completed', 'closed') AS led, state IN ('completed', 'closed') AS done,
                    communities[1 + h / 64 % {COMMUNITIES}] AS region, {residents}[1 + h / 8 % {RESIDENTS}] AS requester, item,
                    CASE WHEN h % 64 = 0 THEN '{taker}' ELSE md5((h % 64)::text)::uuid END AS taker
                FROM (SELECT n, (hashint8(n)::bigint & 2147483647) AS h, to_timestamp(({first} + n * {step}) / 1000.0) AS at
                        FROM generate_series(1, {orders}::bigint) n) g,
                    LATERAL (SELECT coalesce((ARRAY['placed', 'triaged', 'dispatched', 'accepted', 'accepted', 'completed'])[1 + h / 640 % 20],
                        'closed') AS state) s,
                    (SELECT array_agg(code ORDER BY code <> {HOME}, code) AS communities FROM regions
                        WHERE level = 'community' AND code / 1000000 = 321182) c,
                    (SELECT id AS item FROM service_items WHERE code = 'B-1-1') i) rows;
            INSERT INTO events (type, subject_id, subject_version, region_code, actor_id, at, data)
            SELECT 'order.placed', id, 1, region_code, requester_id, created_at,
                '{{\"to\":\"placed\",\"number\":\"20251122-K7Q2M4C\",\"channel\":\"mini_program\",\"on_behalf\":false}}' FROM orders
            UNION ALL SELECT 'order.closed', id, 7, region_code, requester_id, created_at, '{{\"from\":\"evaluated\",\"to\":\"closed\"}}'
                FROM orders WHERE state = 'closed'",
            first = self.first_ms,
            step = self.step_ms,
            orders = self.orders,
        )
    }

    /// The takers of prepared orders, as an array of PostgreSQL.
    pub(crate) fn takers(&self) -> String {
        uuids(&self.people.takers[1..])
    }

    /// Orders that wait to be accepted: assigned to the takers in turn, or in the pool. Their ids begin with `base`.
    pub(crate) fn prepared(&self, base: u64, count: u64, pool: bool) -> String {
        let assigned = || ("assign", format!("'person', {}[1 + k % {}]", self.takers(), TAKERS - 1));
        let (mode, lead) = if pool { ("pool", "NULL, NULL::uuid".to_owned()) } else { assigned() };
        format!(
            "INSERT INTO orders (id, number, version, state, region_code, item_id, priority, channel, title, content, requester_id, placed_by,
                dispatch_mode, lead_kind, lead_id, assistant_count, finish_limit, finish_by, due_at, rework_count, created_at, updated_at)
            SELECT {id}, to_hex(k * 2654435761 & 4294967295) || '-{base}', 3, 'dispatched', {HOME},
                (SELECT id FROM service_items WHERE code = 'B-1-1'), 'normal', 'mini_program', '楼道灯不亮',
                '3单元2楼的灯坏了三天,老人上下楼不安全。', '{resident}', '{resident}', '{mode}', {lead}, 0, '3 working_days', at, at, 0, now(), now()
            FROM (SELECT k, now() + interval '3 days' AS at FROM generate_series(0, {count}::bigint - 1) k) g",
            id = sql_id(&format!("{base}::bigint"), "k"),
            resident = self.people.residents[0].id,
        )
    }
}
