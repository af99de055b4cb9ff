//! What is put into the parameters of a query: it finds nothing that the plain query does not, and breaks nothing.

use super::{
    cases::{CASES, Scene},
    contents, fault_of, in_parts, is_unchanged, part,
};
use crate::contract::{Operation, document, operations};
use serde_json::Value;
use std::collections::BTreeSet;
use testkit::{Client, Method, World};

/// What a database, a shell, a template or a parser might take for its own; the sharpest eight first.
#[rustfmt::skip]
pub(crate) const HOSTILE: [&str; 40] = [
    "'", "\"", "\\'", "' OR '1'='1", "x' UNION SELECT password_hash FROM accounts --", "'; DROP TABLE orders; --", "\u{feff}", "𠮷",
    "''", "`", "\\", ";", "--", "' OR 1=1 --", "1 OR 1=1", "') OR ('1'='1", "1; SELECT pg_sleep(2)", "' || (SELECT 1) || '", "$1", "?", ":1", "{}", "%s",
    "%", "_", "*", "%%", "\\%", "null", "true", "NaN", "-1", "9223372036854775807", "9223372036854775808", "1e400", "0x10", "\u{202e}",
    "2026-02-30T00:00:00Z", "0000-01-01T00:00:00Z", "+99999-01-01T00:00:00Z",
];
/// What stands for anything where text is compared by a pattern.
const WILDCARDS: [&str; 6] = ["%", "_", "*", "%%", "\\%", "____"];
/// What is no text, already encoded.
const ENCODED: [&str; 7] = ["%00", "%FF", "%C0%AF", "%ED%A0%80", "%", "%zz", "a%00b"];

fn encoded(text: &str) -> String {
    text.bytes().map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// Whether any text is taken, as far as its schema tells.
fn is_free_text(parameter: &Value) -> bool {
    let schema = &parameter["schema"];
    let text = schema["type"] == "string" || schema["type"].as_array().is_some_and(|types| types.contains(&"string".into()));
    text && ["format", "enum", "pattern"].iter().all(|limit| schema.get(*limit).is_none())
}

fn rows(answer: &Value) -> BTreeSet<String> {
    answer["items"].as_array().into_iter().flatten().map(Value::to_string).collect()
}

/// Asks with one parameter; what is wrong with the answer.
async fn asked(by: &Client, operation: &Operation, path: &str, name: &str, value: &str, plain: &BTreeSet<String>) -> Option<String> {
    let and = if path.contains('?') { '&' } else { '?' };
    // A parameter that the plain query needs is replaced.
    let path = path.split('?').next().filter(|_| path.contains(&format!("{name}="))).unwrap_or(path);
    let reply = by.request(operation.method.clone(), format!("{path}{and}{name}={value}")).send().await;
    let fault = match reply.status {
        // A picture: WeChat may have a page of that name.
        200 if operation.id == "get_wechat_qr_code" => None,
        200 => rows(&reply.json()).difference(plain).next().map(|row| format!("finds {row:.200}")),
        404 if operation.id == "locate_grid" => None,
        _ => fault_of(&reply),
    };
    operation.declares(&reply);
    fault.map(|fault| format!("{} with {name}={value:.60}: {fault}", operation.id))
}

async fn a_query_finds_no_more_than_the_plain_one(world: World, n: usize) {
    let scene = Scene::set(&world).await;
    let (mut tried, mut wrong) = (0, Vec::new());
    // One of each, so that there is something to find.
    let mut reads = Vec::new();
    for operation in part(n).into_iter().filter(|o| o.method == Method::GET) {
        let id = scene.ready(&operation).await.id;
        reads.push((operation, id));
    }
    let before = contents(&world).await;
    for (operation, id) in &reads {
        let parameters = operation.spec["parameters"].as_array().into_iter().flatten().filter(|p| p["in"] == "query");
        let names: Vec<_> = parameters.clone().filter_map(|p| p["name"].as_str()).collect();
        if names.is_empty() {
            continue;
        }
        let (_, name, ..) = CASES.iter().find(|c| c.0 == operation.id).unwrap();
        let by = scene.person(name);
        let path = operation.path_to(id);
        let plain = by.request(Method::GET, format!("{path}{}limit=100", if path.contains('?') { '&' } else { '?' })).send().await;
        let plain = if names.contains(&"limit") { rows(&plain.expect(200)) } else { BTreeSet::new() };
        for parameter in parameters {
            let name = parameter["name"].as_str().unwrap();
            // What is no free text is read before it gets anywhere.
            let hostile = if is_free_text(parameter) { &HOSTILE[..] } else { &HOSTILE[..8] };
            // What has ended adds is asked for by this one.
            let widens = name.starts_with("include_");
            let values = hostile.iter().map(|v| encoded(v)).chain(ENCODED.iter().map(|v| (*v).to_owned())).chain([
                "9".repeat(5000),
                "-1".to_owned(),
                "1e400".to_owned(),
                String::new(),
            ]);
            for value in values.filter(|v| !(widens && v == "true")) {
                wrong.extend(asked(&by, operation, &path, name, &value, &plain).await);
                tried += 1;
            }
            // A text matches itself and nothing else.
            if ["skill", "number", "type", "parent_code"].contains(&name) {
                for value in WILDCARDS {
                    let found = by.request(Method::GET, format!("{path}?{name}={}", encoded(value))).send().await;
                    assert!(
                        found.status == 400 || rows(&found.json()).is_empty(),
                        "{} with {name}={value}: {}",
                        operation.id,
                        found.text()
                    );
                }
            }
        }
    }
    is_unchanged("a query", &before, &contents(&world).await);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(tried > 200, "{tried}");
}

in_parts!(a_query_finds_no_more_than_the_plain_one);

testkit::on_both! {
    async fn an_id_in_a_path_is_an_id_or_nothing(world: World) {
        let scene = Scene::set(&world).await;
        let document = document();
        let before = contents(&world).await;
        let (mut tried, mut wrong) = (0, Vec::new());
        for operation in operations(&document).iter().filter(|o| o.takes_path()) {
            let admin = world.person("admin");
            // A UUID is read before it gets anywhere; a code is looked up.
            let hostile = if operation.path.contains("{code}") { &HOSTILE[..] } else { &HOSTILE[..8] };
            for value in hostile.iter().map(|v| encoded(v)).chain(["%00", "%FF", "%C0%AF", "%20", "..%2f..%2fetc"].map(str::to_owned)) {
                let reply = operation.about(&admin, &value, operation.example()).send().await;
                if reply.status != 404 && reply.status != 422 {
                    wrong.push(format!("{} about {value}: {} {:.200}", operation.id, reply.status, reply.text()));
                }
                wrong.extend(fault_of(&reply).map(|fault| format!("{} about {value}: {fault}", operation.id)));
                tried += 1;
            }
        }
        is_unchanged("an id", &before, &contents(&scene.world).await);
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(tried > 500, "{tried}");
    }
}
