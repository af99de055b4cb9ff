//! The change feed as Server-Sent Events.

use crate::orders::{lamp, pooled};
use kernel::{EventType, clock::Clock};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::{Backend, Client, HOME, World};

/// A client of a stream, which may get it in pieces of any size.
struct Listener {
    response: reqwest::Response,
    rest: Vec<u8>,
    /// The last `id`, as a browser keeps it.
    last: String,
}

/// One event of a stream.
#[derive(Debug)]
struct Heard {
    kind: String,
    data: Value,
}

impl Listener {
    async fn open(who: &Client, query: &str, last: Option<&str>) -> Self {
        let mut request = who.get(format!("/events/stream{query}")).header("accept-encoding", "gzip");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = request.open().await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, rest: Vec::new(), last: String::new() }
    }

    /// The next event; nothing when the stream is over.
    async fn next(&mut self) -> Option<Heard> {
        loop {
            if let Some(at) = self.rest.windows(2).position(|w| w == b"\n\n") {
                let block: Vec<u8> = self.rest.drain(..at + 2).collect();
                assert!(block.is_ascii() && block.len() <= 4096, "{} bytes: {}", block.len(), String::from_utf8_lossy(&block));
                let block = String::from_utf8(block).unwrap();
                let field = |name: &str| block.lines().find_map(|l| l.strip_prefix(name)).map(str::to_owned);
                if let Some(id) = field("id: ") {
                    self.last = id;
                }
                if let Some(data) = field("data: ") {
                    return Some(Heard { kind: field("event: ").unwrap_or_default(), data: serde_json::from_str(&data).unwrap() });
                }
                continue;
            }
            self.rest.extend(self.response.chunk().await.expect("the stream is sound")?);
        }
    }

    async fn expect(&mut self) -> Value {
        let heard = tokio::time::timeout(Duration::from_secs(8), self.next()).await.expect("something comes").expect("the stream goes on");
        assert_eq!(heard.kind, "");
        heard.data
    }
}

async fn log(world: &World, text: &str) {
    let db = &world.core().db;
    let insert = format!(
        "INSERT INTO events (type, subject_id, subject_version, region_code, at, data) VALUES ('{}', $1, 1, {HOME}, $2, $3)",
        EventType::GridUpdated
    );
    let data = json!({ "code": "x", "name": text, "kind": "comprehensive", "has_boundary": false }).to_string();
    let values = [uuid::Uuid::from_u128(9).into(), world.clock.now().into(), data.into()];
    db.writer().execute_raw(Statement::from_sql_and_values(db.backend(), insert, values)).await.unwrap();
}

async fn a_stream_tells_and_is_resumed(world: World) {
    let feng = world.person("feng");
    let mut listener = Listener::open(&feng, "?type=order.*,grid.*", None).await;
    let order = pooled(&world, lamp()).await;
    let kinds = [listener.expect().await, listener.expect().await, listener.expect().await];
    assert_eq!(kinds.each_ref().map(|e| e["type"].as_str().unwrap()), ["order.placed", "order.triaged", "order.dispatched"]);
    assert!(kinds.iter().all(|e| e["subject_id"] == order["id"]));
    // Cut off; what happens meanwhile is not lost.
    let last = listener.last.clone();
    drop(listener);
    pooled(&world, lamp()).await;
    for way in ["header", "query"] {
        let (query, header) = if way == "header" { (String::new(), Some(last.as_str())) } else { (format!("&cursor={last}"), None) };
        let mut again = Listener::open(&feng, &format!("?type=order.*,grid.*{query}"), header).await;
        let kinds = [again.expect().await, again.expect().await, again.expect().await];
        assert_eq!(kinds.each_ref().map(|e| e["type"].as_str().unwrap()), ["order.placed", "order.triaged", "order.dispatched"], "{way}");
        assert_ne!(kinds[0]["subject_id"], order["id"]);
    }
    // The same cursor is good for the feed.
    let page = feng.get(format!("/events?type=order.*,grid.*&cursor={last}")).send().await.expect(200);
    assert_eq!(page["items"].as_array().unwrap().len(), 3);
    feng.get("/events/stream?type=order.*").header("last-event-id", &last).send().await.refused(400, "cursor_invalid");
    // What is large comes thin; texts are escaped.
    let mut again = Listener::open(&feng, "?type=grid.*", None).await;
    log(&world, "第一网格").await;
    assert_eq!(again.expect().await["data"]["name"], "第一网格");
    log(&world, &"网".repeat(2000)).await;
    let large = again.expect().await;
    assert_eq!((&large["thin"], &large["data"], &large["type"]), (&json!(true), &json!({}), &json!("grid.updated")));
    world.person("zhang").get("/events/stream").send().await.refused(403, "permission_missing");
}

async fn a_stream_ends_with_its_token(world: World) {
    let feng = world.person("feng");
    let mut listener = Listener::open(&feng, "", None).await;
    world.later(chrono::Duration::minutes(16));
    let heard = tokio::time::timeout(Duration::from_secs(8), listener.next()).await.expect("it ends").expect("with a word");
    assert_eq!((heard.kind.as_str(), &heard.data["reason"]), ("end", &json!("token_ended")));
    assert!(listener.next().await.is_none(), "the stream is over");
}

fn lively() -> api::Settings {
    api::Settings { heartbeat: Duration::from_millis(200), ..api::Settings::default() }
}

#[test]
fn a_stream_is_resumed_on_sqlite() {
    testkit::run_with(Backend::Sqlite, lively(), a_stream_tells_and_is_resumed);
}

#[test]
fn a_stream_is_resumed_on_postgres() {
    testkit::run_with(Backend::Postgres, lively(), a_stream_tells_and_is_resumed);
}

#[test]
fn a_stream_ends_with_its_token_on_sqlite() {
    testkit::run_with(Backend::Sqlite, lively(), a_stream_ends_with_its_token);
}

#[test]
fn a_stream_ends_when_the_server_stops() {
    testkit::block_on(async {
        let world = World::start_with(Backend::Sqlite, lively()).await.unwrap();
        let feng = world.person("feng");
        let mut listener = Listener::open(&feng, "", None).await;
        let waiting = tokio::spawn(async move { feng.get("/events?wait=9&type=mediation.*").send().await.status });
        tokio::time::sleep(Duration::from_millis(300)).await;
        let began = std::time::Instant::now();
        let stopping = tokio::spawn(world.end());
        let heard = listener.next().await.expect("a word");
        assert_eq!((heard.kind.as_str(), &heard.data["reason"]), ("end", &json!("server_stopping")));
        assert!(listener.next().await.is_none());
        assert_eq!(waiting.await.unwrap(), 200);
        stopping.await.unwrap();
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    });
}
