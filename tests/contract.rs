//! The contract (`openapi/linli.json`) and the doors that it promises.
//!
//! The tests walk over every operation of the document, so a new operation is covered when it is
//! written, or the build says what it lacks.

use kernel::access::POLICY;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use testkit::{Client, Method, Reply, Request, World};

/// Operations that anybody may call. Nothing else is public.
const PUBLIC: [&str; 26] = [
    "list_public_pledges",
    "get_file",
    "get_job_file",
    "get_livez",
    "get_readyz",
    "get_jwks",
    "get_openapi",
    "list_event_types",
    "get_grid_card",
    "sign_in",
    "refresh_session",
    "set_up",
    "buy_token",
    "get_open311_discovery",
    "list_open311_services",
    "get_open311_service",
    "list_open311_requests",
    "get_open311_request",
    "get_open311_token",
    "list_open311_updates",
    "sign_in_by_wechat",
    "verify_wechat_push",
    "receive_wechat_push",
    "list_praises",
    "get_venue_map",
    "list_nearby_venues",
];

pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) spec: Value,
}

pub(crate) fn document() -> Value {
    serde_json::from_str(&api::openapi()).expect("the document is JSON")
}

/// Those that keep our own habits. The façade of Open311 keeps that standard's: `open311` has its cases.
pub(crate) fn operations(document: &Value) -> Vec<Operation> {
    let mut all = all_operations(document);
    all.retain(|operation| !operation.path.starts_with("/open311/"));
    all
}

pub(crate) fn all_operations(document: &Value) -> Vec<Operation> {
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
    pub(crate) fn permission(&self) -> &str {
        self.spec["x-permission"].as_str().unwrap_or_default()
    }

    pub(crate) fn example(&self) -> Option<&Value> {
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

    /// Whether its body is something else than JSON.
    pub(crate) fn raw(&self) -> bool {
        self.spec.get("requestBody").is_some() && self.spec["requestBody"]["content"].get("application/json").is_none()
    }

    /// Whether its body is JSON.
    pub(crate) fn takes_json(&self) -> bool {
        self.spec.get("requestBody").is_some() && !self.raw()
    }

    /// What its body looks like; null when it takes none.
    pub(crate) fn body_schema<'a>(&self, document: &'a Value) -> &'a Value {
        let reference = words(&self.spec["requestBody"]["content"]["application/json"]["schema"]["$ref"]);
        document.pointer(reference.trim_start_matches('#')).filter(|_| !reference.is_empty()).unwrap_or(&Value::Null)
    }

    /// Whether its body holds many commands, each with an answer of its own.
    pub(crate) fn is_batch(&self) -> bool {
        self.spec.get("x-batch").is_some()
    }

    pub(crate) fn takes_path(&self) -> bool {
        self.path.contains('{')
    }

    pub(crate) fn declares(&self, reply: &Reply) {
        let declared = self.spec["responses"].get(reply.status.to_string()).is_some();
        assert!(declared, "{} answers {}, which its contract does not declare: {}", self.id, reply.status, reply.text());
    }
}

fn words(value: &Value) -> &str {
    value.as_str().unwrap_or_default().trim()
}

pub(crate) fn walk<'a>(node: &'a Value, visit: &mut impl FnMut(&'a Map<String, Value>)) {
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
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/linli-3.0.json");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == api::openapi_3_0(),
        "openapi/linli-3.0.json is stale: run `cargo run -- openapi --version 3.0 openapi/linli-3.0.json` and commit the difference"
    );
}

#[test]
fn every_operation_says_what_it_is() {
    let document = document();
    let tags: BTreeSet<&str> = document["tags"].as_array().into_iter().flatten().map(|t| words(&t["name"])).collect();
    let mut seen = BTreeSet::new();
    let mut lacks = Vec::new();
    for operation in all_operations(&document) {
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
    for operation in all_operations(&document) {
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
fn every_operation_that_programs_may_call_says_how_they_sign_in() {
    let document = document();
    let known = &document["components"]["securitySchemes"]["client_credentials"]["flows"]["clientCredentials"]["scopes"];
    let mut scoped = 0;
    for operation in all_operations(&document) {
        let scopes: Vec<&str> = operation.spec["x-scopes"].as_array().into_iter().flatten().map(words).collect();
        let security = operation.spec["security"].to_string();
        assert_eq!(security.contains("api_key"), !scopes.is_empty(), "{}: {security}", operation.id);
        for scope in &scopes {
            assert!(known[scope].is_string() && security.contains(&format!("[\"{scope}\"]")), "{}: {scope}: {security}", operation.id);
        }
        // Who may come in, and as what, is for people to say.
        let of_people = ["application.", "account.manage"].iter().any(|p| operation.permission().starts_with(p));
        assert!(!of_people || scopes.is_empty(), "{}", operation.id);
        assert!(scopes.is_empty() || operation.spec["responses"].get("429").is_some(), "{}", operation.id);
        scoped += usize::from(!scopes.is_empty());
    }
    assert!(scoped > 80, "{scoped}");
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
                "204" | "304" => content.as_object().is_some_and(|c| !c.is_empty()).then_some("nothing in a 204 or 304"),
                s if s.starts_with('2') => {
                    let bare =
                        content.as_object().is_none_or(|kinds| kinds.is_empty() || kinds.values().any(|kind| kind["schema"].is_null()));
                    bare.then_some("a schema")
                }
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
        let Some(body) = operation.spec.get("requestBody").filter(|_| !operation.raw()) else { continue };
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
}
