//! The demo tells the seed's story, the README's walk runs, and a server that is killed loses nothing.

use crate::{Folder, Served, client};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    process::Command,
    sync::{Arc, Mutex},
    time::Duration,
};

/// Signs in and gives the token.
async fn token(base: &str, name: &str) -> String {
    let body = json!({ "name": name, "password": "linli-demo-2026" }).to_string();
    let answer =
        client().post(format!("{base}/api/v1/sessions")).header("content-type", "application/json").body(body).send().await.unwrap();
    let tokens: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    tokens["access_token"].as_str().unwrap().to_owned()
}

async fn read(base: &str, token: &str, path: &str) -> Value {
    let answer = client().get(format!("{base}/api/v1{path}")).bearer_auth(token).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
}

/// Counts the orders of 新联社区 by state.
async fn states(base: &str) -> HashMap<String, usize> {
    let worker = token(base, "worker").await;
    let mut states = HashMap::new();
    let mut cursor = String::new();
    loop {
        let page = read(base, &worker, &format!("/orders?limit=100{cursor}")).await;
        for order in page["items"].as_array().unwrap() {
            *states.entry(order["state"].as_str().unwrap().to_owned()).or_insert(0) += 1;
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return states,
        }
    }
}

/// The shell block that follows the mark.
fn walk(readme: &str) -> String {
    let after = readme.split_once("<!-- walk -->\n```sh\n").expect("the README has its walk").1;
    after.split_once("\n```").unwrap().0.to_owned()
}

#[tokio::test]
async fn the_demo_tells_the_seeds_story_and_the_readme_runs() {
    let folder = Folder::new();
    let served = Served::start(&folder, &["--demo"]);
    for who in ["resident", "worker", "party", "admin"] {
        assert!(served.greeting.contains(&format!("\n  {who} ")), "{}", served.greeting);
    }
    let told = states(&served.base).await;
    let done = told["closed"] + told["evaluated"];
    assert_eq!(told.values().sum::<usize>(), 215, "{told:?}");
    assert_eq!((done * 100 + 107) / 215, 90, "nine in ten are done: {told:?}");
    assert!(told.len() >= 7, "spread over states: {told:?}");
    for (region, brand, count) in [("321003005008", "党建睦邻点", 23), ("321112002000", "宜之家", 30)] {
        let map = format!("{}/api/v1/public/venues.geojson?region_code={region}&brand={brand}", served.base);
        let map = client().get(map).send().await.unwrap().bytes().await.unwrap();
        let map: Value = serde_json::from_slice(&map).unwrap();
        assert_eq!(map["features"].as_array().map(Vec::len), Some(count), "{brand}");
    }

    for readme in [include_str!("../../../../README.md"), include_str!("../../../../README.zh-CN.md")] {
        let done = Command::new("bash").args(["-euo", "pipefail", "-c", &walk(readme)]).env("BASE", &served.base).output().unwrap();
        let said = String::from_utf8(done.stdout).unwrap();
        assert_eq!(said, "triaged\ndispatched\naccepted\ncompleted\nevaluated\nclosed\n", "{}", String::from_utf8_lossy(&done.stderr));
    }
    assert_eq!(served.stop(), 0);

    let again = Served::start(&folder, &["--demo"]);
    let mut now = states(&again.base).await;
    *now.get_mut("closed").unwrap() -= 2;
    assert_eq!(now, told, "started twice, it doubles nothing; the two orders of the walk are there");
    assert_eq!(again.stop(), 0);
}

/// What a client remembers: each key that it sent, and the answer that it got, if it got one.
type Journal = Arc<Mutex<HashMap<String, Option<Vec<u8>>>>>;

async fn place(base: &str, token: &str, key: &str) -> Option<(u16, bool, Vec<u8>)> {
    let body = json!({ "title": key, "content": "杀不死的订单", "region_code": "321182001017", "contact": { "phone": "13812341234" } })
        .to_string();
    let request = client().post(format!("{base}/api/v1/orders")).bearer_auth(token).header("content-type", "application/json");
    let answer = request.header("idempotency-key", key).body(body).send().await.ok()?;
    let (status, replayed) = (answer.status().as_u16(), answer.headers().contains_key("idempotency-replayed"));
    Some((status, replayed, answer.bytes().await.ok()?.to_vec()))
}

async fn torture(database: Option<&str>) {
    let folder = Folder::new();
    let args: Vec<&str> = ["--demo", "--small"].into_iter().chain(database.iter().flat_map(|url| ["--database-url", url])).collect();
    let journal = Journal::default();
    let before = {
        let served = Served::start(&folder, &args);
        states(&served.base).await.values().sum::<usize>()
    };
    for round in 0..5 {
        let served = Served::start(&folder, &args);
        let resident = token(&served.base, "resident").await;
        let clients: Vec<_> = (0..4)
            .map(|client| {
                let (base, resident, journal) = (served.base.clone(), resident.clone(), Arc::clone(&journal));
                tokio::spawn(async move {
                    for n in 0..10_000 {
                        let key = format!("{round}-{client}-{n}");
                        journal.lock().unwrap().insert(key.clone(), None);
                        let Some((status, _, body)) = place(&base, &resident, &key).await else { return };
                        match status {
                            201 => drop(journal.lock().unwrap().insert(key, Some(body))),
                            // A machine that is busy elsewhere: refused in time, and nothing is acknowledged.
                            _ => assert_eq!(status, 503),
                        }
                    }
                })
            })
            .collect();
        // However slow the machine is, there is something to lose; then it dies at some moment.
        let enough = 12 * (round + 1);
        for _ in 0..600 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            if journal.lock().unwrap().values().flatten().count() >= enough {
                break;
            }
        }
        tokio::time::sleep(Duration::from_millis(90 * round as u64)).await;
        // Dropping it kills it with SIGKILL.
        drop(served);
        for client in clients {
            client.await.unwrap();
        }
    }
    let served = Served::start(&folder, &args);
    let resident = token(&served.base, "resident").await;
    let journal = journal.lock().unwrap().clone();
    let acknowledged = journal.values().flatten().count();
    assert!(acknowledged >= 60, "only {acknowledged} orders were placed: the test proves little");
    let unanswered = journal.len() - acknowledged;
    assert!(unanswered <= 20 + acknowledged / 10, "{unanswered} were refused or cut off, beside {acknowledged}");
    for (key, answer) in &journal {
        let (mut status, mut replayed, mut body) = place(&served.base, &resident, key).await.unwrap();
        for _ in 0..5 {
            if status == 503 {
                (status, replayed, body) = place(&served.base, &resident, key).await.unwrap();
            }
        }
        assert_eq!(status, 201);
        if let Some(answer) = answer {
            assert!(replayed, "{key} was acknowledged and is gone");
            assert_eq!(&body, answer, "{key}: the same bytes");
        }
    }
    let after = states(&served.base).await.values().sum::<usize>();
    assert_eq!(after - before, journal.len(), "each key is one order: none lost, none doubled");
}

#[tokio::test]
async fn a_killed_server_loses_nothing_on_sqlite() {
    torture(None).await;
}

#[test]
fn a_killed_server_loses_nothing_on_postgresql() {
    testkit::block_on(async {
        let Some(database) = testkit::Database::empty(testkit::Backend::Postgres).await else { return };
        torture(Some(database.url())).await;
        database.remove().await;
    });
}
