//! What the operator sees from inside, and turns up and down.

use crate::{Folder, Served, client, fault, get, stdout};
use std::fs;

/// Where `/metrics` is.
pub(crate) fn desk(served: &Served) -> String {
    let url = served.greeting.lines().find_map(|line| line.strip_prefix("For operators: ")).expect("it listens for operators");
    url.trim_end_matches("/metrics").to_owned()
}

pub(crate) async fn metrics(served: &Served) -> String {
    let answer = client().get(format!("{}/metrics", desk(served))).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/plain; version=0.0.4");
    answer.text().await.unwrap()
}

/// The value of one series.
fn value(text: &str, series: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {series} in\n{text}")).parse().unwrap()
}

#[tokio::test]
async fn it_counts_what_it_does_and_tells_only_operators() {
    let folder = Folder::new();
    let served = Served::start(&folder, &["--operations-listen", "0"]);
    assert!(desk(&served).starts_with("http://127.0.0.1:"), "a port alone is one of this machine");
    assert_eq!(get(&format!("{}/metrics", served.base)).await, 404, "not on the public port");
    for _ in 0..3 {
        assert_eq!(get(&format!("{}/readyz", served.base)).await, 200);
    }
    assert_eq!(get(&format!("{}/api/v1/orders/13800138000", served.base)).await, 401);
    let brew = client().request("BREW13800138000".parse().unwrap(), format!("{}/livez", served.base)).send().await.unwrap();
    assert_eq!(brew.status(), 405);

    let text = metrics(&served).await;
    assert_eq!(value(&text, r#"linli_http_requests_total{method="GET",operation="get_readyz",status="2xx"}"#), 3.0);
    assert_eq!(value(&text, r#"linli_http_requests_total{method="GET",operation="get_order",status="4xx"}"#), 1.0);
    assert_eq!(value(&text, r#"linli_http_requests_total{method="GET",operation="none",status="4xx"}"#), 1.0);
    assert_eq!(value(&text, r#"linli_http_requests_total{method="other",operation="none",status="4xx"}"#), 1.0);
    assert_eq!(value(&text, r#"linli_http_request_duration_seconds_count{operation="get_readyz"}"#), 3.0);
    assert_eq!(value(&text, r#"linli_problems_total{code="token_missing"}"#), 1.0);
    assert_eq!(value(&text, r#"linli_problems_total{code="internal_error"}"#), 0.0);
    assert_eq!(value(&text, "linli_http_requests_in_flight"), 0.0);
    assert_eq!(value(&text, "linli_database_up"), 1.0);
    assert_eq!(value(&text, r#"linli_database_connections_limit{pool="transactions"}"#), 1.0);
    assert_eq!(value(&text, r#"linli_orders{state="placed"}"#), 0.0);
    assert!(!text.contains(r#"linli_orders{state="closed"}"#), "closed orders are too many to be counted");
    assert!(value(&text, r#"linli_task_last_success_timestamp_seconds{task="purge_idempotency_keys"}"#) > 1.7e9);
    assert!(value(&text, "process_resident_memory_bytes") > 1e6);
    assert!(!text.contains("13800138000"), "nothing that a client wrote");
    assert_eq!(served.stop(), 0);
}

/// The figures of a database are those of the moment, and those of a database that is away are not told.
#[test]
fn the_figures_of_the_database_come_and_go_with_it() {
    testkit::block_on(async {
        let Some(database) = testkit::Database::empty(testkit::Backend::Postgres).await else { return };
        let folder = Folder::new();
        let served = Served::start(&folder, &["--database-url", database.url(), "--operations-listen", "0", "--database-connections", "3"]);
        assert_eq!(get(&format!("{}/readyz", served.base)).await, 200);
        let text = metrics(&served).await;
        assert_eq!(value(&text, r#"linli_orders{state="triaged"}"#), 0.0);
        assert!(value(&text, "linli_database_connects_total") >= 2.0);
        // One worker, the server's own four, the one that looks at the end of the log and the one that asks for these figures, each with
        // one more for reads.
        assert_eq!(value(&text, r#"linli_database_connections_limit{pool="statements"}"#), 13.0);
        assert!(value(&text, r#"linli_database_wait_seconds_count{pool="statements"}"#) >= 1.0);
        assert!(value(&text, r#"linli_database_connections{pool="statements",state="idle"}"#) >= 1.0);
        assert_eq!(served.stop(), 0);
        database.remove().await;
    });
}

#[tokio::test]
async fn what_is_logged_can_be_changed_while_it_runs() {
    let folder = Folder::new();
    let served = Served::start(&folder, &["--operations-listen", "0", "--log", "warn"]);
    let address = desk(&served).trim_start_matches("http://").to_owned();
    let level = |directives: &[&str]| folder.run(&[&["log-level", "--operations-listen", &address], directives].concat());
    let lines = |id: &str| fs::read_to_string(served.log.clone()).unwrap().matches(id).count();
    let ask = async |id: &str| {
        let answer = client().get(format!("{}/livez", served.base)).header("x-request-id", id).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    };

    ask("before").await;
    assert!(stdout(&level(&[])).contains("warn"));
    assert!(stdout(&level(&["info,sqlx=off"])).contains("info"));
    ask("after").await;
    assert_eq!((lines("before"), lines("after")), (0, 1));
    assert!(lines("info,sqlx=off") == 1, "the change itself is logged");

    assert!(fault(&level(&["infoo"])).contains("\"infoo\" is no level"));
    assert!(fault(&level(&["api=loud"])).contains("expected one of"));
    ask("still").await;
    assert_eq!(lines("still"), 1, "what is refused changes nothing");
    assert!(fault(&folder.run(&["log-level"])).contains("operations_listen is not set"));
    assert_eq!(served.stop(), 0);
}
