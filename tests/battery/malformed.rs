//! Bodies that are no bodies, and bodies that hold what nobody expects, to everything that takes one.

use super::{cases::Scene, contents, fault_of, in_parts, in_parts_once, is_unchanged, part};
use crate::contract::document;
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use std::{collections::BTreeSet, io::Write};
use testkit::World;

/// All bodies are read by one reader. These operations get all of the corpus, the others what stands for the rest of it.
const THOROUGH: [&str; 5] = ["place_order", "dispatch_order", "create_grid", "create_account", "sign_in"];
const REPRESENTATIVE: [&str; 16] = [
    "empty",
    "cut",
    "with a tail",
    "the same key twice",
    "with 1e400",
    "with a lone high surrogate",
    "with U+0000",
    "a byte order mark",
    "null",
    "a list",
    "128 deep",
    "10,000 deep",
    "UTF-16",
    "0xFF",
    "over the limit",
    "another type",
];

/// What nothing can be read from, made of a body that is fine.
fn unreadable(body: &Value) -> Vec<(&'static str, Vec<u8>)> {
    let text = body.to_string();
    let with = |field: &str| if text == "{}" { format!("{{{field}}}") } else { format!("{{{field},{}", &text[1..]) };
    let bytes = |bytes: &[u8]| {
        with(&format!("\"version\":\"{}\"", "?")).bytes().flat_map(|b| if b == b'?' { bytes.to_vec() } else { vec![b] }).collect()
    };
    let middle = (text.len() / 2..).find(|n| text.is_char_boundary(*n)).unwrap_or(0);
    let twice = |name: &str| format!("{{\"{name}\":1,\"{name}\":1}}");
    let first = body.as_object().and_then(|fields| fields.keys().next());
    let texts = [
        ("empty", String::new()),
        ("blank", " \n\t".to_owned()),
        ("cut", text[..middle].to_owned()),
        ("cut at its end", text[..text.len() - 1].to_owned()),
        ("twice", text.repeat(2)),
        ("with a tail", format!("{text} x")),
        ("with a brace too many", format!("{text}}}")),
        ("with a second value", format!("{text},1")),
        ("the same key twice", first.map_or_else(|| twice("version"), |name| format!("{{\"{name}\":{},{}", body[name], &text[1..]))),
        ("in single quotes", "{'version': 1}".to_owned()),
        ("with a bare key", "{version: 1}".to_owned()),
        ("with a comment", format!("/* */{text}")),
        ("with a trailing comma", with("\"version\":1").replace('}', ",}")),
        ("with NaN", with("\"version\":NaN")),
        ("with Infinity", with("\"version\":-Infinity")),
        ("with 1e400", with("\"version\":1e400")),
        ("with -1e400", with("\"version\":-1e400")),
        ("with 01", with("\"version\":01")),
        ("with +1", with("\"version\":+1")),
        ("with 1.", with("\"version\":1.")),
        ("with 0x1", with("\"version\":0x1")),
        ("with a lone high surrogate", with(r#""version":"\ud800""#)),
        ("with a lone low surrogate", with(r#""version":"\udc00""#)),
        ("with surrogates the wrong way round", with(r#""version":"\udc00\ud800""#)),
        ("with half an escape", with(r#""version":"\u12""#)),
        ("with no escape", with(r#""version":"\x41""#)),
        ("with a raw control character", with("\"version\":\"\u{1}\"")),
        ("with a raw line break", with("\"version\":\"\n\"")),
        ("with a string that does not end", with("\"version\":\"x")),
        ("with U+0000", with(r#""version":"\u0000""#)),
        ("with a raw U+0000", with("\"version\":\"\0\"")),
        ("with U+0000 for a key", with(r#""\u0000":1"#)),
        ("a byte order mark", format!("\u{feff}{text}")),
        ("null", "null".to_owned()),
        ("a number", "-0".to_owned()),
        ("a string", "\"{}\"".to_owned()),
        ("a truth", "true".to_owned()),
        ("a list", format!("[{text}]")),
        ("an empty list", "[]".to_owned()),
        ("128 deep", with(&format!("\"version\":{}1{}", "[".repeat(128), "]".repeat(128)))),
        ("10,000 deep", with(&format!("\"version\":{}", "[".repeat(10_000)))),
        ("10,000 objects deep", with(&format!("\"version\":{}", "{\"a\":".repeat(10_000)))),
        ("10,000 lists", "[".repeat(10_000)),
        ("a number of 100,000 digits", with(&format!("\"version\":{}", "9".repeat(100_000)))),
    ];
    let mut all: Vec<(&'static str, Vec<u8>)> = texts.into_iter().map(|(what, text)| (what, text.into_bytes())).collect();
    all.extend([
        ("UTF-16", text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("Latin-1", bytes(&[0xe9])),
        ("0xFF", bytes(&[0xff])),
        ("an overlong slash", bytes(&[0xc0, 0xaf])),
        ("a surrogate in UTF-8", bytes(&[0xed, 0xa0, 0x80])),
        ("beyond U+10FFFF", bytes(&[0xf4, 0x90, 0x80, 0x80])),
        ("half a character", bytes(&[0xe5, 0xbc])),
    ]);
    all
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

async fn what_cannot_be_read_is_refused_and_does_nothing(world: World, n: usize) {
    let scene = Scene::set(&world).await;
    // A gigabyte would be no different.
    let bomb = gzip(&vec![b' '; 32 << 20]);
    let (mut tried, mut wrong) = (0, Vec::new());
    for operation in part(n).iter().filter(|o| o.takes_json()) {
        let ready = scene.ready(operation).await;
        let body = ready.body.clone().unwrap_or_default();
        let before = contents(&world).await;
        let path = operation.path_to(&ready.id);
        let post = |kind: &str, bytes: Vec<u8>| ready.by.request(operation.method.clone(), &path).body(kind, bytes);
        let text = body.to_string();
        let settings = api::Settings::default();
        let limit = if operation.is_batch() { settings.batch_limit() } else { settings.body_limit };
        let oversized = format!("{text}{}", " ".repeat(limit));
        let mut requests: Vec<_> =
            unreadable(&body).into_iter().map(|(what, bytes)| (what, post("application/json", bytes), &[400, 422][..])).collect();
        requests.extend([
            ("over the limit", post("application/json", oversized.clone().into_bytes()), &[413][..]),
            ("over the limit with a key", post("application/json", oversized.into_bytes()).key("k"), &[413][..]),
            ("compressed", post("application/json", gzip(text.as_bytes())).header("content-encoding", "gzip"), &[400, 415][..]),
            ("a bomb", post("application/json", bomb.clone()).header("content-encoding", "gzip"), &[400, 415][..]),
            ("another type", post("text/plain", text.clone().into_bytes()), &[415][..]),
            ("a form", post("application/x-www-form-urlencoded", b"version=1".to_vec()), &[415][..]),
            ("no type", ready.by.request(operation.method.clone(), &path), &[415][..]),
        ]);
        requests.retain(|(what, ..)| THOROUGH.contains(&operation.id.as_str()) || REPRESENTATIVE.contains(what));
        for (what, request, expected) in requests {
            let reply = request.send().await;
            operation.declares(&reply);
            if let Some(fault) = fault_of(&reply).or_else(|| (!expected.contains(&reply.status)).then(|| reply.text())) {
                wrong.push(format!("{} with {what}: {fault}", operation.id));
            }
            tried += 1;
        }
        is_unchanged(&operation.id, &before, &contents(&world).await);
        // It was the form, not the content. There is nobody to set up any more, though.
        let proper = operation.about(&ready.by, &ready.id, Some(&body)).send().await;
        assert!(proper.status < 300 || operation.id == "set_up", "{}: {}", operation.id, proper.text());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(tried > 150, "{tried}");
}

mod unreadable {
    use super::{in_parts_once, what_cannot_be_read_is_refused_and_does_nothing};

    in_parts_once!(what_cannot_be_read_is_refused_and_does_nothing);
}

async fn what_can_be_read_is_kept_as_it_is_or_refused(world: World, n: usize) {
    let scene = Scene::set(&world).await;
    let document = document();
    let odd = json!("𠮷👨\u{200d}👩é\u{301}\u{202e}\u{feff}\u{10ffff}\u{1}';--<%s${");
    let values = [
        json!(null),
        json!(-1),
        json!(-0.0),
        json!(1e308),
        json!(9_223_372_036_854_775_807_i64),
        json!(""),
        json!("长".repeat(20_000)),
        json!([]),
        json!([null]),
        json!({}),
        json!(true),
        json!("0001-01-01T00:00:00Z"),
        odd.clone(),
    ];
    let (mut tried, mut kept, mut broken) = (0, 0, BTreeSet::new());
    for operation in part(n) {
        let schema = operation.body_schema(&document);
        let fields: Vec<_> = schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
        let mut ready = None;
        for (field, value) in fields.iter().flat_map(|field| values.iter().map(move |value| (field, value))) {
            let scenery = match ready.take() {
                Some(scenery) => scenery,
                None => scene.ready(&operation).await,
            };
            let mut body = scenery.body.clone().unwrap();
            body[field] = value.clone();
            let reply = operation.about(&scenery.by, &scenery.id, Some(&body)).send().await;
            operation.declares(&reply);
            tried += 1;
            if reply.status >= 300 {
                if let Some(fault) = fault_of(&reply) {
                    broken.insert(format!("{} with {field}: {value:.40}: {fault}", operation.id));
                }
                ready = Some(scenery);
                continue;
            }
            // What is shown of a text is what was sent, to the letter. The channel of a refusal is shown within the refusal.
            if *value == odd && reply.json()[field].is_string() && operation.id != "reject_order" {
                kept += 1;
                if reply.json()[field] != odd {
                    broken.insert(format!("{} keeps {field} as {}", operation.id, reply.json()[field]));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
    assert!(tried > 200 && kept > 0, "{tried} {kept}");
}

in_parts!(what_can_be_read_is_kept_as_it_is_or_refused);
