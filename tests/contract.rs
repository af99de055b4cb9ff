//! The contract (`openapi/linli.json`) and the doors that it promises.
//!
//! The tests walk over every operation of the document, so a new operation is covered when it is
//! written, or the build says what it lacks.

use kernel::access::POLICY;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use testkit::{Client, HOME, Method, Reply, Request, World};

/// Operations that anybody may call. Nothing else is public.
const PUBLIC: [&str; 7] = ["get_livez", "get_readyz", "get_jwks", "get_openapi", "sign_in", "refresh_session", "set_up"];

/// Operations on things that everybody who is signed in may know of, with the status that somebody without
/// rights there gets. All others hide what lies elsewhere.
const NO_SECRET: [(&str, u16); 7] = [
    ("get_region", 200),
    ("get_grid", 200),
    ("update_grid", 403),
    ("close_grid", 403),
    ("get_service_item", 200),
    ("update_service_item", 403),
    ("close_service_item", 403),
];

/// Operations that refuse what their body names before they look at their path; they too must not tell.
const BODY_FIRST: [&str; 1] = ["grant_role"];

/// Lists of things that everybody who is signed in may know of. All others are empty, or refused, elsewhere.
const OPEN_LISTS: [&str; 3] = ["list_grids", "list_service_items", "list_policies"];

struct Operation {
    id: String,
    method: Method,
    path: String,
    spec: Value,
}

fn document() -> Value {
    serde_json::from_str(&api::openapi()).expect("the document is JSON")
}

fn operations(document: &Value) -> Vec<Operation> {
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, spec) in item.as_object().expect("operations") {
            all.push(Operation {
                id: spec["operationId"].as_str().unwrap_or_default().to_owned(),
                method: method.to_uppercase().parse().expect("a method"),
                path: path.clone(),
                spec: spec.clone(),
            });
        }
    }
    assert!(all.len() > 40, "the document lists the operations: {}", all.len());
    all
}

impl Operation {
    fn permission(&self) -> &str {
        self.spec["x-permission"].as_str().unwrap_or_default()
    }

    fn example(&self) -> Option<&Value> {
        self.spec["requestBody"]["content"]["application/json"].get("example")
    }

    /// The request of its own example, with its path parameters filled by what stands before them:
    /// `/orders/{id}` by the value for `orders`.
    fn request(&self, by: &Client, value: impl Fn(&str) -> String) -> Request {
        let mut path = String::new();
        let mut before = "";
        for segment in self.path.split('/').skip(1) {
            path.push('/');
            path.push_str(&if segment.starts_with('{') { value(before) } else { segment.to_owned() });
            before = segment;
        }
        let request = by.request(self.method.clone(), path);
        match self.example() {
            Some(example) => request.json(example),
            None => request,
        }
    }

    fn takes_path(&self) -> bool {
        self.path.contains('{')
    }

    fn declares(&self, reply: &Reply) {
        let declared = self.spec["responses"].get(reply.status.to_string()).is_some();
        assert!(declared, "{} answers {}, which its contract does not declare: {}", self.id, reply.status, reply.text());
    }
}

fn words(value: &Value) -> &str {
    value.as_str().unwrap_or_default().trim()
}

fn walk<'a>(node: &'a Value, visit: &mut impl FnMut(&'a Map<String, Value>)) {
    match node {
        Value::Object(map) => {
            visit(map);
            map.values().for_each(|v| walk(v, visit));
        }
        Value::Array(list) => list.iter().for_each(|v| walk(v, visit)),
        _ => {}
    }
}

#[test]
fn the_committed_contract_is_what_the_routes_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/linli.json");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == api::openapi(),
        "openapi/linli.json is stale: run `cargo run -- openapi openapi/linli.json` and commit the difference"
    );
}

#[test]
fn every_operation_says_what_it_is() {
    let document = document();
    let tags: BTreeSet<&str> = document["tags"].as_array().into_iter().flatten().map(|t| words(&t["name"])).collect();
    let mut seen = BTreeSet::new();
    let mut lacks = Vec::new();
    for operation in operations(&document) {
        let mut lack = |what: &str| lacks.push(format!("{} {}: {what}", operation.method, operation.path));
        if !operation.id.contains('_') || !seen.insert(operation.id.clone()) {
            lack("a unique operationId, verb_noun");
        }
        if !["GET", "POST", "DELETE"].contains(&operation.method.as_str()) {
            lack("a method that wx.request has: GET, POST or DELETE");
        }
        let (summary, description) = (words(&operation.spec["summary"]), words(&operation.spec["description"]));
        if summary.is_empty() || description.is_empty() {
            lack("a summary and a description");
        }
        if !format!("{summary}{description}").chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)) {
            lack("the Chinese terms in its description");
        }
        if !operation.spec["tags"].as_array().is_some_and(|t| !t.is_empty() && t.iter().all(|t| tags.contains(words(t)))) {
            lack("a tag of the document");
        }
        if operation.permission().is_empty() {
            lack("x-permission");
        }
    }
    assert!(lacks.is_empty(), "{}", lacks.join("\n"));
}

#[test]
fn every_permission_of_the_contract_is_one_of_the_policy() {
    let policy: BTreeSet<&str> = POLICY.iter().map(|(p, _)| p.as_str()).collect();
    let document = document();
    let mut used = BTreeSet::new();
    for operation in operations(&document) {
        let permission = operation.permission().to_owned();
        assert!(
            ["public", "signed_in", "own"].contains(&permission.as_str()) || policy.contains(permission.as_str()),
            "{}: {permission} is no permission",
            operation.id
        );
        assert_eq!(
            permission == "public",
            PUBLIC.contains(&operation.id.as_str()),
            "{} is {permission}; the public operations are listed in this test",
            operation.id
        );
        used.insert(permission);
    }
    assert!(used.contains("public") && used.contains("own") && used.len() > 10, "{used:?}");
}

#[test]
fn every_operation_declares_its_answers_and_refusals() {
    let mut lacks = Vec::new();
    for operation in operations(&document()) {
        let answers = operation.spec["responses"].as_object().expect("responses");
        let mut needed = vec!["500"];
        if operation.permission() != "public" {
            needed.extend(["400", "401", "503"]);
        }
        if POLICY.iter().any(|(p, _)| p.as_str() == operation.permission()) {
            needed.push("403");
        }
        if operation.takes_path() {
            needed.push("404");
        }
        if operation.spec.get("requestBody").is_some() {
            needed.extend(["400", "413", "415", "422"]);
        }
        if operation.id == "get_livez" {
            needed.clear();
        }
        needed.retain(|status| !answers.contains_key(*status));
        if !needed.is_empty() {
            lacks.push(format!("{}: refusals {needed:?}", operation.id));
        }
        if !answers.keys().any(|s| s.starts_with('2')) {
            lacks.push(format!("{}: an answer", operation.id));
        }
        for (status, answer) in answers {
            let content = &answer["content"];
            let lack = match status.as_str() {
                "204" => content.as_object().is_some_and(|c| !c.is_empty()).then_some("nothing in a 204"),
                s if s.starts_with('2') => content["application/json"]["schema"].is_null().then_some("a schema"),
                _ => (content["application/problem+json"]["schema"]["$ref"] != "#/components/schemas/Problem").then_some("a Problem"),
            };
            lacks.extend(lack.map(|what| format!("{} {status}: {what}", operation.id)));
        }
    }
    assert!(lacks.is_empty(), "{}", lacks.join("\n"));
}

#[test]
fn every_body_has_an_example_that_fits_it() {
    let document = document();
    let mut lacks = Vec::new();
    for operation in operations(&document) {
        let Some(body) = operation.spec.get("requestBody") else { continue };
        let reference = words(&body["content"]["application/json"]["schema"]["$ref"]);
        let schema = &document["components"]["schemas"][reference.rsplit('/').next().unwrap_or_default()];
        let Some(properties) = schema["properties"].as_object() else {
            lacks.push(format!("{}: a body with fields ({reference})", operation.id));
            continue;
        };
        if schema["additionalProperties"] != false {
            lacks.push(format!("{}: a body that refuses unknown fields", operation.id));
        }
        let Some(example) = operation.example().and_then(Value::as_object) else {
            lacks.push(format!("{}: an example", operation.id));
            continue;
        };
        let unknown: Vec<_> = example.keys().filter(|k| !properties.contains_key(*k)).collect();
        let missing: Vec<_> =
            schema["required"].as_array().into_iter().flatten().map(words).filter(|k| !example.contains_key(*k)).collect();
        if !unknown.is_empty() || !missing.is_empty() {
            lacks.push(format!("{}: its example has unknown {unknown:?} and lacks {missing:?}", operation.id));
        }
    }
    assert!(lacks.is_empty(), "{}", lacks.join("\n"));
}

#[test]
fn every_schema_that_is_referred_to_exists_and_pages_refer_to_their_items() {
    let document = document();
    let schemas = document["components"]["schemas"].as_object().expect("schemas");
    let mut used = BTreeSet::new();
    walk(&document, &mut |node| {
        if let Some(reference) = node.get("$ref").and_then(Value::as_str) {
            assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference} does not exist");
            used.insert(reference.trim_start_matches("#/components/schemas/").to_owned());
        }
    });
    let unused: Vec<_> = schemas.keys().filter(|name| !used.contains(*name)).collect();
    assert!(unused.is_empty(), "nothing refers to {unused:?}");
    let pages: Vec<_> = schemas.iter().filter(|(_, s)| s["properties"].get("next_cursor").is_some()).collect();
    assert!(pages.len() > 5, "the pages were found");
    for (name, page) in pages {
        let items = words(&page["properties"]["items"]["items"]["$ref"]);
        let item = items.trim_start_matches("#/components/schemas/");
        assert!(!item.is_empty() && *name == format!("{item}Page"), "{name} is a page of {items}");
    }
}

#[test]
fn every_field_of_every_schema_says_what_it_is() {
    let document = document();
    let mut lacks = Vec::new();
    for (name, schema) in document["components"]["schemas"].as_object().expect("schemas") {
        if words(&schema["description"]).is_empty() && schema.get("oneOf").is_none() {
            lacks.push(name.clone());
        }
        for (field, property) in schema["properties"].as_object().into_iter().flatten() {
            let mut told = false;
            walk(property, &mut |node| told |= node.get("description").is_some_and(|d| !words(d).is_empty()));
            if !told {
                lacks.push(format!("{name}.{field}"));
            }
        }
    }
    assert!(lacks.is_empty(), "without a description: {}", lacks.join(", "));
}

/// An id that nothing has.
fn unknown(what: &str) -> String {
    match what {
        "regions" => "119999999999".to_owned(),
        "items" => "NO-SUCH".to_owned(),
        _ => "019aa1c2-0000-7000-8000-000000000001".to_owned(),
    }
}

/// A thing of each kind in 新联社区, by the word that stands before its id in a path.
async fn things(world: &World) -> BTreeMap<&'static str, String> {
    let (zhang, wang, chen) = (world.person("zhang"), world.person("wang"), world.person("chen"));
    let id = |v: &Value| v["id"].as_str().expect("an id").to_owned();
    let order = json!({ "title": "楼道灯不亮", "content": "3单元2楼的灯坏了三天。", "region_code": HOME });
    let case = json!({
        "region_code": HOME, "kind": "neighbour", "title": "漏水纠纷", "facts": "三楼渗水。", "applied_how": "oral",
        "parties": [{ "name": "张三" }, { "name": "李四" }],
    });
    let telecom = world.places.telecom;
    let members = wang.get(format!("/organizations/{telecom}/members")).send().await.expect(200);
    let grants = zhang.get(format!("/accounts/{}/grants", zhang.account())).send().await.expect(200);
    BTreeMap::from([
        ("orders", id(&zhang.post("/orders").json(order).send().await.expect(201))),
        ("cases", id(&wang.post("/mediation/cases").json(case).send().await.expect(201))),
        ("organizations", telecom.to_string()),
        ("memberships", id(&members["items"][0])),
        ("volunteers", chen.account().to_string()),
        ("accounts", zhang.account().to_string()),
        ("grants", id(&grants["items"][0])),
        ("grids", world.places.west.to_string()),
        ("regions", HOME.to_owned()),
        ("items", "BM-01-01".to_owned()),
    ])
}

testkit::on_both! {
    async fn the_server_serves_the_contract(world: World) {
        let reply = world.nobody().get("/openapi.json").send().await;
        assert_eq!(reply.status, 200);
        assert!(reply.text() == api::openapi());
    }

    async fn nobody_passes_without_a_token(world: World) {
        for operation in operations(&document()) {
            let reply = operation.request(&world.nobody(), unknown).send().await;
            operation.declares(&reply);
            if PUBLIC.contains(&operation.id.as_str()) {
                assert_ne!(reply.json()["code"], "token_missing", "{}", operation.id);
            } else {
                reply.refused(401, "token_missing");
                assert_eq!(reply.header("www-authenticate"), "Bearer", "{}", operation.id);
                let forged = operation.request(&world.nobody(), unknown).header("authorization", "Bearer e30.e30.e30").send().await;
                forged.refused(401, "token_invalid");
            }
        }
    }

    async fn who_may_not_know_of_a_thing_cannot_tell_it_from_none(world: World) {
        let things = things(&world).await;
        let thing = |what: &str| things.get(what).unwrap_or_else(|| panic!("no example of {what} in 新联社区: add one to things()")).clone();
        let mut asked = 0;
        for operation in operations(&document()).iter().filter(|o| o.takes_path() && !PUBLIC.contains(&o.id.as_str())) {
            for name in ["foreign", "stranger"] {
                let person = world.person(name);
                let real = operation.request(&person, thing).send().await;
                let none = operation.request(&person, unknown).send().await;
                operation.declares(&real);
                operation.declares(&none);
                if let Some((_, status)) = NO_SECRET.iter().find(|(id, _)| *id == operation.id) {
                    assert_eq!(real.status, *status, "{} by {name}: {}", operation.id, real.text());
                    continue;
                }
                asked += 1;
                let told = |reply: &Reply| {
                    let mut problem = reply.expect(if BODY_FIRST.contains(&operation.id.as_str()) { 403 } else { 404 });
                    problem["request_id"] = json!("");
                    problem
                };
                assert_eq!(told(&real), told(&none), "{} by {name} tells what is there", operation.id);
            }
        }
        assert!(asked > 30, "{asked}");
    }

    async fn a_list_shows_nothing_of_elsewhere(world: World) {
        things(&world).await;
        for operation in operations(&document()) {
            let takes_region = operation.spec["parameters"].as_array().into_iter().flatten().any(|p| p["name"] == "region_code");
            if operation.method != Method::GET || !takes_region || !words(&operation.spec["summary"]).starts_with("List") || OPEN_LISTS.contains(&operation.id.as_str()) {
                continue;
            }
            let path = format!("{}?region_code={HOME}", operation.path);
            for name in ["foreign", "stranger"] {
                let reply = world.person(name).request(Method::GET, &path).send().await;
                operation.declares(&reply);
                if reply.status == 200 {
                    assert_eq!(reply.json()["items"], json!([]), "{} shows {name} what lies elsewhere", operation.id);
                } else {
                    reply.refused(403, "permission_missing");
                }
            }
        }
    }

    async fn no_parameter_breaks_the_server(world: World) {
        let things = things(&world).await;
        let admin = world.person("admin");
        let nasty = ["%00", "%FF", "'", "%F0%9F%80%84", "-1", "9223372036854775808", "1e400", "null", "", "2026-02-30T00:00:00Z", "0000-01-01T00:00:00Z", "%2B99999-01-01T00:00:00Z"];
        let (mut asked, mut broken) = (0, BTreeSet::new());
        for operation in operations(&document()) {
            let path = operation.path.split('/').skip(1).fold((String::new(), ""), |(path, before), segment| {
                let segment = if segment.starts_with('{') { things[before].as_str() } else { segment };
                (format!("{path}/{segment}"), segment)
            });
            for parameter in operation.spec["parameters"].as_array().into_iter().flatten().filter(|p| p["in"] == "query") {
                let name = words(&parameter["name"]);
                for value in nasty.iter().copied().chain([&*"9".repeat(5000)]) {
                    let reply = admin.request(operation.method.clone(), format!("{}?{name}={value}", path.0)).send().await;
                    if reply.status >= 500 {
                        broken.insert(format!("{}?{name}={value:.40}: {}", operation.id, reply.status));
                    } else {
                        operation.declares(&reply);
                    }
                    asked += 1;
                }
            }
            for value in nasty.iter().filter(|_| operation.takes_path()) {
                let reply = operation.request(&admin, |_| if value.is_empty() { "%20".to_owned() } else { (*value).to_owned() }).send().await;
                if ![404, 422].contains(&reply.status) {
                    broken.insert(format!("{} with the id {value}: {}", operation.id, reply.status));
                }
                asked += 1;
            }
        }
        assert!(broken.is_empty(), "{broken:#?}");
        assert!(asked > 500, "{asked}");
    }

    async fn no_field_breaks_the_server(world: World) {
        let things = things(&world).await;
        let admin = world.person("admin");
        let document = document();
        let long = json!("长".repeat(20_000));
        let nasty = [json!(null), json!(-1), json!(1e308), json!(9_223_372_036_854_775_807_i64), json!(""), long, json!([]), json!([null]), json!({}), json!(true), json!("0001-01-01T00:00:00Z"), json!("\u{1}\u{202e}")];
        let (mut asked, mut broken) = (0, BTreeSet::new());
        for operation in operations(&document) {
            let (Some(example), false) = (operation.example(), PUBLIC.contains(&operation.id.as_str())) else { continue };
            let reference = words(&operation.spec["requestBody"]["content"]["application/json"]["schema"]["$ref"]);
            let fields = document.pointer(&format!("{}/properties", reference.trim_start_matches('#'))).and_then(Value::as_object).expect("fields");
            for field in fields.keys() {
                for value in &nasty {
                    let mut body = example.clone();
                    body[field] = value.clone();
                    let reply = operation.request(&admin, |what| things[what].clone()).json(&body).send().await;
                    if reply.status >= 500 {
                        broken.insert(format!("{} with {field}: {:.40}: {}", operation.id, value.to_string(), reply.status));
                    } else {
                        operation.declares(&reply);
                    }
                    asked += 1;
                }
            }
        }
        assert!(broken.is_empty(), "{broken:#?}");
        assert!(asked > 1000, "{asked}");
    }
}
