//! The database goes away, and comes back.

use kernel::Code;
use sea_orm::{ConnectionTrait, DbBackend, Statement, TransactionTrait};
use serde_json::json;
use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};
use testkit::{Backend, Client, Database, HOME, Method, Reply, Wire, World};

/// The promise: an honest answer within this time.
const PROMISE: Duration = Duration::from_millis(2600);

/// Requires an honest 503, in time.
async fn away(request: testkit::Request) -> Reply {
    let began = Instant::now();
    let reply = request.send().await;
    let problem = reply.expect(503);
    assert!(["database_unavailable", "deadline_exceeded", "server_overloaded"].contains(&problem["code"].as_str().unwrap()), "{problem}");
    assert!(!reply.header("retry-after").is_empty() && problem["retry_after"].is_number(), "{problem}");
    assert!(began.elapsed() < PROMISE, "{:?}", began.elapsed());
    reply
}

/// Asks until it works again, which must be soon.
async fn heals(client: &Client) {
    let began = Instant::now();
    while client.get("/me").send().await.status != 200 {
        assert!(began.elapsed() < Duration::from_secs(6), "the server does not find its database again");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn goes_and_comes_back(world: World, wire: Wire, fail: fn(&Wire)) {
    let wang = world.person("wang");
    let order = |title: &str| json!({ "title": title, "content": "3单元2楼。", "region_code": HOME });
    wang.get("/me").send().await.expect(200);
    fail(&wire);
    // What is remembered about a session is believed for five seconds; then it must be read.
    world.later(chrono::Duration::seconds(6));
    let requests = [
        wang.get("/me"),
        wang.post("/orders").key("k-1").json(order("断线")),
        world.nobody().request(Method::GET, "/readyz"),
        wang.get("/orders"),
    ];
    let asked: Vec<_> = requests.into_iter().map(|r| tokio::spawn(away(r))).collect();
    let alive = world.nobody().request(Method::GET, "/livez").send().await;
    assert_eq!(alive.status, 200, "the process itself is alive");
    for question in asked {
        question.await.unwrap();
    }
    wire.mend();
    heals(&wang).await;
    world.nobody().request(Method::GET, "/readyz").send().await.expect(200);
    // The same key places the order once, whatever became of the first try.
    let first = wang.post("/orders").key("k-1").json(order("断线")).send().await.expect(201);
    let again = wang.post("/orders").key("k-1").json(order("断线")).send().await.expect(201);
    assert_eq!(first["id"], again["id"]);
}

#[test]
fn a_crashed_postgres_is_an_honest_503_and_heals() {
    testkit::run_wired(|world, wire| goes_and_comes_back(world, wire, Wire::cut));
}

#[test]
fn a_silent_network_is_an_honest_503_and_heals() {
    testkit::run_wired(|world, wire| goes_and_comes_back(world, wire, Wire::silence));
}

#[test]
fn a_locked_sqlite_can_be_read_and_says_when_it_cannot_be_written() {
    testkit::run(Backend::Sqlite, |world| async move {
        let wang = world.person("wang");
        let grid = json!({ "region_code": HOME, "name": "第三网格", "kind": "comprehensive" });
        let other = world.database().connect(1).await;
        assert_eq!(other.backend(), DbBackend::Sqlite);
        other.writer().execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
        away(wang.post("/grids").json(&grid)).await;
        wang.get("/grids").send().await.expect(200);
        other.writer().execute_unprepared("ROLLBACK").await.unwrap();
        wang.post("/grids").json(&grid).send().await.expect(201);
    });
}

#[test]
fn what_is_too_much_is_refused_at_once() {
    testkit::run(Backend::Sqlite, |world| async move {
        let wang = world.person("wang");
        let grid = |n: usize| json!({ "region_code": HOME, "name": format!("第{n}网格"), "kind": "comprehensive" });
        let other = world.database().connect(1).await;
        other.writer().execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
        let asked: Vec<_> = (0..100).map(|n| tokio::spawn(wang.post("/grids").json(grid(n)).send())).collect();
        for path in ["/livez", "/readyz"] {
            world.nobody().request(Method::GET, path).send().await.expect(200);
        }
        let mut codes = Vec::new();
        for question in asked {
            let reply = question.await.unwrap();
            assert!(!reply.header("retry-after").is_empty(), "{reply:?}");
            codes.push(reply.expect(503)["code"].as_str().unwrap().to_owned());
        }
        // Two workers have 32 turns, which end when the database has been waited for long enough.
        assert_eq!(codes.iter().filter(|c| *c == "server_overloaded").count(), 68, "{codes:?}");
        other.writer().execute_unprepared("ROLLBACK").await.unwrap();
        wang.post("/grids").json(grid(0)).send().await.expect(201);
    });
}

#[test]
fn whoever_sends_slowly_holds_up_nobody() {
    testkit::run(Backend::Sqlite, |world| async move {
        let address = world.nobody().address();
        let mut slow = Vec::new();
        for _ in 0..100 {
            let mut socket = TcpStream::connect(address).unwrap();
            let head = "POST /api/v1/sessions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
            socket.write_all(head.as_bytes()).unwrap();
            socket.set_nonblocking(true).unwrap();
            slow.push(socket);
        }
        for _ in 0..3 {
            world.person("wang").get("/me").send().await.expect(200);
        }
        // They are still there: they were not refused in the meantime.
        for socket in &mut slow {
            assert!(socket.read(&mut [0]).is_err_and(|e| e.kind() == ErrorKind::WouldBlock));
        }
    });
}

#[test]
fn a_full_sqlite_keeps_what_it_acknowledges_afterwards() {
    testkit::block_on(async {
        let database = Database::empty(Backend::Sqlite).await.unwrap();
        let db = database.connect(1).await;
        // A page more than there are now, for this connection: the disk is full.
        db.writer().execute_unprepared("CREATE TABLE things (name text NOT NULL); PRAGMA max_page_count = 3").await.unwrap();
        let refused = db.writer().begin().await.unwrap();
        let full = refused.execute_unprepared("INSERT INTO things VALUES (zeroblob(100000))").await.unwrap_err();
        assert_eq!(kernel::Error::from(full).code, Code::StorageFull);
        drop(refused);
        // Another that is refused by a rule, as happens all the time.
        let refused = db.writer().begin().await.unwrap();
        refused.execute_unprepared("INSERT INTO things VALUES ('refused')").await.unwrap();
        drop(refused);
        let acknowledged = db.writer().begin().await.unwrap();
        acknowledged.execute_unprepared("INSERT INTO things VALUES ('acknowledged')").await.unwrap();
        acknowledged.commit().await.unwrap();
        let others_see = db.reader().query_all_raw(Statement::from_string(DbBackend::Sqlite, "SELECT name FROM things")).await.unwrap();
        let names: Vec<String> = others_see.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
        assert_eq!(names, ["acknowledged"]);
        db.close().await;
        database.remove().await;
    });
}

#[test]
fn the_log_of_sqlite_stays_small_though_somebody_always_reads() {
    testkit::block_on(async {
        let database = Database::empty(Backend::Sqlite).await.unwrap();
        let db = database.connect(1).await;
        let log = format!("{}-wal", database.url().trim_start_matches("sqlite://").split('?').next().unwrap());
        db.writer().execute_unprepared("CREATE TABLE things (id integer PRIMARY KEY, bytes blob)").await.unwrap();
        let readers = sea_orm::Database::connect(database.url()).await.unwrap();
        let done = AtomicBool::new(false);
        let read = async |late: u64| {
            tokio::time::sleep(Duration::from_millis(late)).await;
            while !done.load(Ordering::Relaxed) {
                let reading = readers.begin().await.unwrap();
                reading.execute_unprepared("SELECT count(*) FROM things").await.unwrap();
                tokio::time::sleep(Duration::from_millis(60)).await;
                reading.commit().await.unwrap();
            }
        };
        let write = async {
            let mut largest = 0;
            for _ in 0..50 {
                db.writer().execute_unprepared("REPLACE INTO things VALUES (1, randomblob(4000000))").await.unwrap();
                tokio::time::sleep(Duration::from_millis(75)).await;
                largest = std::fs::metadata(&log).unwrap().len().max(largest);
            }
            done.store(true, Ordering::Relaxed);
            largest
        };
        let (.., largest) = tokio::join!(read(0), read(20), read(40), write);
        // What is written comes to several times as much.
        assert!((10 << 20..200 << 20).contains(&largest), "{largest}");
        readers.close().await.unwrap();
        db.close().await;
        database.remove().await;
    });
}
