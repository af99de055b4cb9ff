//! What is refused, in that standard's own shape, and that nothing has changed then.

use super::{FORM, encoded, get, key, lamp, offered, posted, questions, refused, submitted};
use crate::{
    battery::{HOSTILE, contents, is_unchanged},
    contract::{Operation, all_operations, document},
    programs::{issue, lets_in, revoke},
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use testkit::{HOME, Method, Reply, World};

/// What the façade has.
const OPERATIONS: [(&str, &str, &str); 9] = [
    ("get_open311_discovery", "GET", "/open311/v2/discovery.{format}"),
    ("list_open311_services", "GET", "/open311/v2/services.{format}"),
    ("get_open311_service", "GET", "/open311/v2/services/{code}.{format}"),
    ("submit_open311_request", "POST", "/open311/v2/requests.{format}"),
    ("list_open311_requests", "GET", "/open311/v2/requests.{format}"),
    ("get_open311_request", "GET", "/open311/v2/requests/{id}.{format}"),
    ("get_open311_token", "GET", "/open311/v2/tokens/{id}.{format}"),
    ("list_open311_updates", "GET", "/open311/v2/servicerequestupdates.{format}"),
    ("submit_open311_update", "POST", "/open311/v2/servicerequestupdates.{format}"),
];

/// Requires that the contract has this answer, and that it is in the façade's shape.
fn fine(all: &[Operation], operation: &str, reply: &Reply) {
    let found = all.iter().find(|o| o.id == operation).unwrap_or_else(|| panic!("{operation} is in the contract"));
    found.declares(reply);
    let kinds = &found.spec["responses"][reply.status.to_string()]["content"];
    let kind = reply.header("content-type").split(';').next().unwrap_or_default().to_owned();
    assert!(kinds.get(&kind).is_some(), "{operation} answers {} as {kind}: {}", reply.status, reply.text());
    if reply.status >= 400 && kind == "application/json" {
        let told = reply.json();
        let entries = told.as_array().unwrap_or_else(|| panic!("{operation}: {told}"));
        assert!(
            !entries.is_empty() && entries.iter().all(|e| e["code"] == reply.status && e["description"].is_string()),
            "{operation}: {told}"
        );
        assert!(reply.status < 500, "{operation}: {told}");
    }
}

#[test]
fn the_contract_has_the_facade_and_says_what_is_its_own() {
    let document = document();
    let all = all_operations(&document);
    let facade: BTreeSet<_> =
        all.iter().filter(|o| o.path.starts_with("/open311/")).map(|o| (o.id.as_str(), o.method.as_str(), o.path.as_str())).collect();
    assert_eq!(facade, BTreeSet::from(OPERATIONS));
    for operation in all.iter().filter(|o| o.path.starts_with("/open311/")) {
        assert_eq!(operation.spec["tags"], json!(["open311"]), "{}", operation.id);
        let writes = operation.method == Method::POST;
        assert_eq!(operation.permission(), if writes { "order.place_on_behalf" } else { "public" }, "{}", operation.id);
        for (status, answer) in operation.spec["responses"].as_object().unwrap() {
            let kinds: Vec<&String> = answer["content"].as_object().unwrap().keys().collect();
            assert_eq!(kinds, ["application/json", "text/xml"], "{} {status}", operation.id);
            let schema = answer["content"]["application/json"]["schema"].clone();
            assert_eq!(schema, answer["content"]["text/xml"]["schema"], "{} {status}", operation.id);
            if status.starts_with(['4', '5']) {
                let list = json!({ "type": "array", "items": { "$ref": "#/components/schemas/Open311Error" } });
                assert_eq!(schema, list, "{} {status}", operation.id);
            }
        }
        assert!(operation.spec["responses"].get("401").is_none(), "{}: a missing key is 403 there", operation.id);
    }
}

testkit::on_both! {
    async fn a_request_that_cannot_be_taken_says_why_and_leaves_nothing(world: World) {
        offered(&world, "LAMP", "realtime", questions()).await;
        offered(&world, "HERE", "none", json!([])).await;
        let all = all_operations(&document());
        let key = key(&world).await;
        let abroad = lets_in(&world, "321182002000", &["order.place_on_behalf"]).await;
        let abroad = issue(&world, &abroad, json!({ "kind": "api_key", "label": "x" })).await;
        let reader = lets_in(&world, HOME, &["order.read", "order.place"]).await;
        let reader = issue(&world, &reader, json!({ "kind": "api_key", "label": "x" })).await;
        let revoked = lets_in(&world, HOME, &["order.place_on_behalf"]).await;
        let gone = issue(&world, &revoked, json!({ "kind": "api_key", "label": "x" })).await;
        revoke(&world, &revoked, &gone).await;
        let before = contents(&world).await;
        let long = "长".repeat(4001);
        let address = "长".repeat(201);
        let almost = "长".repeat(3990);
        for (more, status, word) in [
            (&[("api_key", "")][..], 403, "api_key_missing"),
            (&[("api_key", "secret")], 403, "api_key_invalid"),
            (&[("api_key", "lk_live_x")], 403, "api_key_invalid"),
            (&[("api_key", gone.as_str())], 403, "credential_revoked"),
            (&[("api_key", reader.as_str())], 403, "permission_missing"),
            (&[("api_key", abroad.as_str())], 403, "permission_missing"),
            (&[("service_code", "")], 400, "field_missing"),
            (&[("service_code", "NO-SUCH")], 404, "service_item_not_found"),
            (&[("service_code", "HERE")], 404, "service_item_not_found"),
            (&[("service_code", "BM-01-01")], 404, "service_item_not_found"),
            (&[("service_code", &long)], 400, "field_length"),
            (&[("jurisdiction_id", "nowhere")], 404, "jurisdiction_not_found"),
            (&[("jurisdiction_id", "991182001017")], 404, "jurisdiction_not_found"),
            (&[("jurisdiction_id", "321182001012")], 404, "jurisdiction_not_found"),
            (&[("jurisdiction_id", "321003005008"), ("lat", ""), ("long", "")], 404, "service_item_not_found"),
            (&[("jurisdiction_id", "321182001000"), ("lat", ""), ("long", "")], 400, "jurisdiction_vague"),
            (&[("jurisdiction_id", "321182001000"), ("lat", "31"), ("long", "121")], 400, "jurisdiction_vague"),
            (&[("jurisdiction_id", ""), ("lat", ""), ("long", "")], 400, "jurisdiction_vague"),
            (&[("attribute[POLE]", "")], 400, "field_missing"),
            (&[("attribute[POLE]", " ")], 400, "field_missing"),
            (&[("attribute[FAULT][]", "broken")], 400, "field_invalid"),
            (&[("lat", ""), ("long", ""), ("address_string", "")], 400, "location_missing"),
            (&[("lat", ""), ("long", ""), ("address_string", ""), ("address_id", "7")], 400, "field_invalid"),
            (&[("lat", "")], 400, "field_invalid"),
            (&[("long", "east")], 400, "field_invalid"),
            (&[("lat", "NaN")], 400, "field_invalid"),
            (&[("lat", "119.815"), ("long", "32.24")], 400, "point_outside_country"),
            (&[("long", "119.85")], 400, "point_outside_community"),
            (&[("address_string", &address)], 400, "field_length"),
            (&[("description", &long)], 400, "field_length"),
            (&[("description", &almost)], 400, "field_length"),
            (&[("description", "\u{200b}")], 400, "field_invalid"),
            (&[("description", "a\0b")], 400, "nul_character"),
            (&[("phone", "call me")], 400, "field_invalid"),
            (&[("last_name", &address)], 400, "field_length"),
            (&[("media_url", "file:///etc/passwd")], 400, "field_invalid"),
            (&[("media_url", &long)], 400, "field_invalid"),
        ] {
            let reply = posted(&world, "/v2/requests.json", &lamp(&key, more)).send().await;
            fine(&all, "submit_open311_request", &reply);
            let description = refused(&reply, status, word);
            assert!(!description.contains(&key[16..]), "{description}");
        }
        // What is wrong is said by the names that the client knows, all of it at once.
        let two = [("attribute[POLE]", ""), ("attribute[FAULT][]", "x")];
        let told = posted(&world, "/v2/requests.json", &lamp(&key, &two)).header("accept-language", "en").send().await.expect(400);
        let told: Vec<&str> = told.as_array().unwrap().iter().map(|e| e["description"].as_str().unwrap()).collect();
        assert!(told.len() == 2 && told[0].starts_with("attribute[POLE]: ") && told[1].starts_with("attribute[FAULT]: "), "{told:?}");
        let told = posted(&world, "/v2/requests.json", &lamp(&key, &[("service_code", "X")])).send().await;
        assert!(refused(&told, 404, "service_item_not_found").starts_with("service_code: "));
        // Whoever is signed in without the right to speak for others.
        let zhang = world.person("zhang").request(Method::POST, "/open311/v2/requests.json");
        refused(&zhang.body(FORM, encoded(&lamp("", &[]))).send().await, 403, "permission_missing");
        is_unchanged("a refused request", &before, &contents(&world).await);
        submitted(&world, &key, &[]).await;
    }

    async fn a_body_that_is_no_form_is_refused_and_does_nothing(world: World) {
        offered(&world, "LAMP", "realtime", json!([])).await;
        let key = key(&world).await;
        let before = contents(&world).await;
        let all = all_operations(&document());
        let form = encoded(&lamp(&key, &[]));
        let settings = api::Settings::default();
        let parts = "multipart/form-data; boundary=linli";
        let part = |rest: &str| format!("--linli\r\nContent-Disposition: form-data; {rest}");
        let cases: Vec<(&str, &str, Vec<u8>, &[u16])> = vec![
            ("XML", "text/xml", b"<service_requests><request><service_code>LAMP</service_code></request></service_requests>".to_vec(), &[400]),
            ("XML that is none", "text/xml", b"<service_requests><request>".to_vec(), &[400]),
            ("JSON", "application/json", b"{\"service_code\":\"LAMP\"}".to_vec(), &[400]),
            ("no form", "text/plain", form.clone().into_bytes(), &[400]),
            ("no boundary", "multipart/form-data", form.clone().into_bytes(), &[400]),
            ("no parts", parts, b"x".to_vec(), &[400]),
            ("a part that does not end", parts, part("name=\"api_key\"\r\n\r\nlk").into_bytes(), &[400]),
            ("a part without a name", parts, part("x\r\n\r\nx\r\n--linli--\r\n").into_bytes(), &[400, 403]),
            ("a part that is no text", parts, [part("name=\"x\"\r\n\r\n").as_bytes(), b"\xff\r\n--linli--\r\n"].concat(), &[400]),
            ("a field of 100 KB", parts, format!("{}{}\r\n--linli--\r\n", part("name=\"x\"\r\n\r\n"), "a".repeat(100_000)).into_bytes(), &[400]),
            ("0xFF", FORM, b"api_key=\xff".to_vec(), &[400]),
            ("U+0000", FORM, b"api_key=%00".to_vec(), &[400]),
            ("600 fields", FORM, "a=b&".repeat(600).into_bytes(), &[400]),
            ("nothing", FORM, Vec::new(), &[403]),
            ("no pairs", FORM, b"&&&=&=".to_vec(), &[403]),
            ("over the limit", FORM, format!("{form}&x={}", "a".repeat(settings.body_limit)).into_bytes(), &[413]),
            ("a file over the limit", parts, vec![b'a'; settings.upload_limit + 64 * 1024], &[413]),
        ];
        for path in ["requests", "servicerequestupdates"] {
            for (what, kind, body, expected) in &cases {
                for format in ["json", "xml"] {
                    let request = world.nobody().request(Method::POST, format!("/open311/v2/{path}.{format}"));
                    let reply = request.body(kind, body.clone()).send().await;
                    fine(&all, if path == "requests" { "submit_open311_request" } else { "submit_open311_update" }, &reply);
                    assert!(expected.contains(&reply.status), "{path} with {what}: {} {}", reply.status, reply.text());
                }
            }
        }
        is_unchanged("a body that is no form", &before, &contents(&world).await);
        submitted(&world, &key, &[]).await;
    }

    async fn a_hostile_query_finds_no_more_than_the_plain_one(world: World) {
        offered(&world, "LAMP", "realtime", questions()).await;
        let key = key(&world).await;
        let number = submitted(&world, &key, &[]).await;
        let placed = super::order(&world.person("wang"), &number).await;
        let before = contents(&world).await;
        let all = all_operations(&document());
        let encode = |text: &str| text.bytes().map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") }).collect::<String>();
        let values: Vec<String> = HOSTILE.iter().map(|v| encode(v)).chain(["%FF", "%C0%AF", "%", "%zz", "a%00b", ""].map(str::to_owned)).collect();
        let mut tried = 0;
        for operation in all.iter().filter(|o| o.path.starts_with("/open311/") && o.method == Method::GET) {
            let id = match operation.id.as_str() {
                "get_open311_service" => "LAMP",
                "get_open311_token" => placed["id"].as_str().unwrap(),
                _ => &number,
            };
            let place = |id: &str| operation.path.replace("{format}", "json").replace("{code}", id).replace("{id}", id);
            let ask = async |path: String| {
                let reply = world.nobody().request(Method::GET, path).send().await;
                fine(&all, &operation.id, &reply);
                reply
            };
            let plain = ask(place(id)).await.expect(200);
            let rows = |told: &Value| told.as_array().into_iter().flatten().map(Value::to_string).collect::<BTreeSet<_>>();
            let names = operation.spec["parameters"].as_array().into_iter().flatten().filter(|p| p["in"] == "query");
            for name in names.filter_map(|p| p["name"].as_str()).chain(["nothing", "status[]"]) {
                for value in &values {
                    let reply = ask(format!("{}?{}={value}", place(id), encode(name))).await;
                    if reply.status == 200 {
                        assert!(rows(&reply.json()).is_subset(&rows(&plain)), "{} with {name}={value}: {}", operation.id, reply.text());
                    }
                    tried += 1;
                }
            }
            for value in values.iter().filter(|v| !v.is_empty() && operation.path.contains('/') && operation.path.matches('{').count() > 1) {
                let reply = ask(place(value)).await;
                assert!(reply.status == 404 || reply.status == 400, "{} about {value}: {} {}", operation.id, reply.status, reply.text());
                tried += 1;
            }
        }
        is_unchanged("a hostile query", &before, &contents(&world).await);
        assert!(tried > 500, "{tried}");
    }

    async fn a_program_is_counted_here_as_elsewhere(world: World) {
        offered(&world, "LAMP", "realtime", json!([])).await;
        let application = lets_in(&world, HOME, &["order.place_on_behalf"]).await;
        let key = issue(&world, &application, json!({ "kind": "api_key", "label": "x" })).await;
        let all = all_operations(&document());
        let path = format!("/applications/{}", application["id"].as_str().unwrap());
        world.person("lv").post(&path).json(json!({ "requests_per_minute": 2, "version": 1 })).send().await.expect(200);
        for _ in 0..2 {
            let reply = posted(&world, "/v2/requests.json", &lamp(&key, &[])).send().await;
            reply.expect(201);
            assert!(!reply.header("ratelimit").is_empty());
        }
        let reply = posted(&world, "/v2/requests.xml", &lamp(&key, &[])).send().await;
        fine(&all, "submit_open311_request", &reply);
        assert!(reply.status == 429 && !reply.header("retry-after").is_empty() && reply.text().contains("(quota_exceeded)"), "{}", reply.text());
        // What everybody may know costs nobody's quota.
        get(&world, &format!("/requests.json?api_key={key}")).await.expect(200);
    }
}
