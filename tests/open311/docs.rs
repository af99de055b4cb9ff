//! The lines of docs/open311.md, carried out one after another.

use super::offered;
use serde_json::json;
use std::process::Command;
use testkit::{Backend, PASSWORD, World};

/// The block of this language.
fn lines() -> String {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/open311.md")).unwrap();
    let blocks = text.split("```sh\n").skip(1).map(|rest| rest.split_once("```").unwrap().0);
    let lines: String = blocks.collect();
    assert!(lines.matches("curl ").count() > 8, "docs/open311.md shows how");
    lines
}

async fn the_lines_of_the_page_do_what_they_say(world: World) {
    if Command::new("curl").arg("--version").output().is_err() {
        eprintln!("skipped: there is no curl");
        return;
    }
    // As the demo has it.
    let hazard = json!([{
        "code": "HAZARD", "datatype": "singlevaluelist", "required": true, "question": "隐患类型",
        "values": [{ "key": "light", "name": "照明" }, { "key": "fire", "name": "消防" }],
    }]);
    offered(&world, "YZJ-01", "realtime", hazard).await;
    // Another server, other people; everything else is as it stands there.
    let script = lines()
        .replace("http://127.0.0.1:8080", &format!("http://{}", world.nobody().address()))
        .replace("linli-demo-2026", PASSWORD)
        .replace("\"name\":\"street\"", &format!("\"name\":\"{}\"", world.login("feng")));
    let output = tokio::task::spawn_blocking(move || Command::new("sh").args(["-eu", "-c", &script]).output().unwrap()).await.unwrap();
    let (told, wrong) = (String::from_utf8_lossy(&output.stdout).into_owned(), String::from_utf8_lossy(&output.stderr).into_owned());
    assert!(output.status.success(), "{told}\n{wrong}");
    for expected in [
        "\"specification\":\"http://wiki.open311.org/GeoReport_v2\"",
        "<service_code>YZJ-01</service_code>",
        "\"code\":\"HAZARD\"",
        "attribute[HAZARD]",
        "\"service_request_id\":\"",
        "\"status\":\"open\"",
        "<update_id>",
        "\"external_status_code\":\"placed\"",
        "\"status\":\"closed\"",
        "(api_key_missing)",
    ] {
        assert!(told.contains(expected), "{expected} in {told}\n{wrong}");
    }
}

#[test]
fn the_page() {
    testkit::run(Backend::Sqlite, the_lines_of_the_page_do_what_they_say);
}
