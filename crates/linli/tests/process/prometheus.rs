//! A real Prometheus scrapes a real server with the committed configuration; every expression of the dashboard and of
//! the alerts must find what it asks for.
//!
//! A machine without Prometheus (Debian: `apt-get install --no-install-recommends prometheus`) says so and skips; with
//! `LINLI_REQUIRE_PROMETHEUS=1` it fails.

use crate::{Folder, Served, client, get, operations};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fs,
    io::Write,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

/// What is asked for before there is anything: no reader of the log runs yet, and no request has failed.
const NOT_YET: [&str; 2] = ["linli_event_consumer_lag", "status=\"5xx\""];

fn docs(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operations").join(file)
}

/// Whether there is a Prometheus to test with.
fn installed() -> bool {
    let there = |program: &str| Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    if there("prometheus") && there("promtool") {
        return true;
    }
    let required = std::env::var_os("LINLI_REQUIRE_PROMETHEUS").is_some_and(|v| v != "0");
    assert!(!required, "LINLI_REQUIRE_PROMETHEUS is set, and prometheus or promtool is missing");
    // The harness swallows what a passing test prints with `println!`.
    let _ = writeln!(std::io::stderr(), "SKIPPED: prometheus or promtool is missing, dashboard and alerts are not tested");
    false
}

fn promtool(args: &[&str], input: &str) -> String {
    let mut child =
        Command::new("promtool").args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that reads no input may be gone already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "promtool {args:?}: {said}");
    said
}

/// A Prometheus, stopped in any case.
struct Prometheus {
    child: Child,
    base: String,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Prometheus {
    fn start(folder: &Folder, target: &str) -> Self {
        let config = fs::read_to_string(docs("prometheus.yml")).unwrap();
        let config = config.replace("127.0.0.1:9464", target).replace("_interval: 15s", "_interval: 200ms");
        assert!(config.contains(target) && config.contains("scrape_interval: 200ms"), "{config}");
        fs::write(folder.0.join("prometheus.yml"), config).unwrap();
        fs::copy(docs("alerts.yml"), folder.0.join("alerts.yml")).unwrap();
        // Nobody else takes the port in between, as good as ever.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let child = Command::new("prometheus")
            .args(["--config.file=prometheus.yml", "--storage.tsdb.path=tsdb", &format!("--web.listen-address={address}")])
            .current_dir(&folder.0)
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.0.join("prometheus.log")).unwrap())
            .spawn()
            .unwrap();
        Self { child, base: format!("http://{address}/api/v1") }
    }

    /// Absent: it does not answer (yet).
    async fn ask(&self, path: &str, query: Option<&str>) -> Option<Value> {
        let mut url = reqwest::Url::parse(&format!("{}{path}", self.base)).unwrap();
        if let Some(query) = query {
            url.query_pairs_mut().append_pair("query", query);
        }
        let answer = client().get(url).send().await.ok()?;
        serde_json::from_slice(&answer.bytes().await.ok()?).ok()
    }

    /// What an expression finds.
    async fn find(&self, expression: &str) -> Vec<Value> {
        let answer = self.ask("/query", Some(expression)).await.expect("Prometheus answers");
        assert_eq!(answer["status"], "success", "{expression}: {answer}");
        answer["data"]["result"].as_array().unwrap().clone()
    }
}

/// Every expression of the dashboard, with its variables filled in.
fn of_the_dashboard() -> Vec<String> {
    let dashboard: Value = serde_json::from_str(&fs::read_to_string(docs("linli.json")).unwrap()).unwrap();
    let targets = dashboard["panels"].as_array().unwrap().iter().flat_map(|panel| panel["targets"].as_array().into_iter().flatten());
    let told = targets.map(|target| target["expr"].as_str().unwrap().to_owned());
    told.map(|e| e.replace("$__rate_interval", "1m").replace("$job", "linli").replace("$instance", ".*")).collect()
}

/// Every `name{labels}` of an expression that names one of our metrics.
fn selectors(expression: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for prefix in ["linli_", "process_", "up{"] {
        for (at, _) in expression.match_indices(prefix) {
            if at > 0 && expression[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_') {
                continue;
            }
            let rest = &expression[at..];
            let name = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            let end = if rest[name..].starts_with('{') { name + rest[name..].find('}').unwrap() + 1 } else { name };
            found.insert(rest[..end].to_owned());
        }
    }
    found
}

/// One of each: an event of an order, a refusal, a request for something.
async fn place_an_order(folder: &Folder, served: &Served) {
    let list = "code,name\n32,江苏省\n3211,镇江市\n321182,扬中市\n321182001,三茅街道\n321182001017,新联社区\n";
    fs::write(folder.0.join("regions.csv"), list).unwrap();
    assert!(folder.run(&["regions", "import", "regions.csv"]).status.success());
    let args = ["account", "create", "--name", "zhang", "--role", "resident", "--region", "321182001017", "--password-stdin"];
    let mut child = folder.linli(&args).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"a long password").unwrap();
    assert!(child.wait().unwrap().success());
    let post = async |path: &str, token: &str, body: &str| {
        let request = client().post(format!("{}/api/v1{path}", served.base)).header("content-type", "application/json");
        let answer = request.bearer_auth(token).body(body.to_owned()).send().await.unwrap();
        assert_eq!(answer.status(), 201, "{path}");
        serde_json::from_slice::<Value>(&answer.bytes().await.unwrap()).unwrap()
    };
    let tokens = post("/sessions", "", r#"{"name":"zhang","password":"a long password"}"#).await;
    let order = r#"{"title":"楼道灯不亮","content":"二楼的灯坏了。","region_code":"321182001017"}"#;
    post("/orders", tokens["access_token"].as_str().unwrap(), order).await;
    assert_eq!(get(&format!("{}/api/v1/me", served.base)).await, 401);
}

#[tokio::test]
async fn prometheus_finds_what_the_dashboard_and_the_alerts_ask_for() {
    if !installed() {
        return;
    }
    let folder = Folder::new();
    let served = Served::start(&folder, &["--operations-listen", "0"]);
    place_an_order(&folder, &served).await;
    promtool(&["check", "metrics"], &operations::metrics(&served).await);

    let prometheus = Prometheus::start(&folder, operations::desk(&served).trim_start_matches("http://"));
    // Rates need two scrapes.
    testkit::eventually(async || {
        let scrapes = prometheus.ask("/query", Some("count_over_time(up{job=\"linli\"}[1m]) >= 2 and up == 1")).await?;
        (!scrapes["data"]["result"].as_array()?.is_empty()).then_some(())
    })
    .await;
    let rules = testkit::eventually(async || {
        let answer = prometheus.ask("/rules", None).await?;
        let rules = answer["data"]["groups"][0]["rules"].as_array()?.clone();
        rules.iter().all(|rule| rule["health"] != "unknown").then_some(rules)
    })
    .await;
    let tested = fs::read_to_string(docs("alerts.test.yml")).unwrap();
    let mut expressions = of_the_dashboard();
    for rule in &rules {
        let name = rule["name"].as_str().unwrap();
        assert_eq!(rule["health"], "ok", "{rule}");
        assert!(tested.contains(&format!("alertname: {name}\n")), "{name} has no test in alerts.test.yml");
        assert_eq!(rule["state"], "inactive", "a healthy server alarms nobody: {rule}");
        prometheus.find(rule["query"].as_str().unwrap()).await;
        expressions.push(rule["query"].as_str().unwrap().to_owned());
    }
    assert!(rules.len() >= 10 && expressions.len() >= 30, "{} rules, {} expressions", rules.len(), expressions.len());

    let mut used = BTreeSet::new();
    for expression in &expressions {
        let selectors = selectors(expression);
        assert!(!selectors.is_empty(), "{expression} asks for nothing of ours");
        for selector in &selectors {
            let found = prometheus.find(&format!("count({selector})")).await;
            assert!(!found.is_empty() || NOT_YET.iter().any(|word| selector.contains(word)), "{expression} finds no {selector}");
        }
        used.extend(selectors);
    }
    for expression in of_the_dashboard().iter().filter(|e| !e.contains("consumer")) {
        assert!(!prometheus.find(expression).await.is_empty(), "the panel stays empty: {expression}");
    }
    assert!(used.iter().any(|s| s.starts_with("linli_database_wait_seconds_bucket")), "selectors are found: {used:?}");
    assert_eq!(served.stop(), 0);
}

#[test]
fn the_rules_are_sound_and_do_what_their_tests_say() {
    if !installed() {
        return;
    }
    let checked = promtool(&["check", "rules", docs("alerts.yml").to_str().unwrap()], "");
    assert!(checked.contains("rules found"), "{checked}");
    promtool(&["check", "config", docs("prometheus.yml").to_str().unwrap()], "");
    promtool(&["test", "rules", docs("alerts.test.yml").to_str().unwrap()], "");
}
