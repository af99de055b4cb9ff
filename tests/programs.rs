//! Programs: how they come in, what they may do, what they are shown, and how often.

use crate::orders::{lamp, lamp_with, placed, read};
use kernel::Permission;
use serde_json::{Value, json};
use testkit::{Client, HOME, Reply, World};

/// Every scope that a program can have.
pub(crate) fn scopes_of_all() -> Vec<&'static str> {
    Permission::ALL.iter().filter(|p| p.for_programs()).map(|p| p.as_str()).collect()
}

/// The system lets a program in, for it alone holds every permission.
pub(crate) async fn lets_in(world: &World, region: &str, scopes: &[&str]) -> Value {
    let command = json!({ "name": "对接", "purpose": "测试", "contact": "李工 13812341234", "region_code": region, "scopes": scopes });
    let command = serde_json::from_value(command).unwrap();
    json!(identity::create_application(&world.cx(), command).await.unwrap())
}

pub(crate) fn application(of: &Value) -> String {
    format!("/applications/{}", of["id"].as_str().unwrap())
}

/// Issues a credential and gives its secret.
pub(crate) async fn issue(world: &World, to: &Value, body: Value) -> String {
    let issued = world.person("lv").post(format!("{}/credentials", application(to))).json(body).send().await.expect(201);
    issued["secret"].as_str().unwrap().to_owned()
}

/// Takes a credential back, which is found by its last characters.
pub(crate) async fn revoke(world: &World, of: &Value, secret: &str) {
    let lv = world.person("lv");
    let all = lv.get(format!("{}/credentials", application(of))).send().await.expect(200);
    let found = all["items"].as_array().unwrap().iter().find(|c| secret.ends_with(c["hint"].as_str().unwrap())).unwrap();
    lv.delete(format!("/credentials/{}", found["id"].as_str().unwrap())).send().await.expect(204);
}

/// Buys a token by HTTP Basic.
pub(crate) async fn buy(world: &World, of: &Value, secret: &str, scope: Option<&str>) -> Reply {
    let form = scope.map_or_else(String::new, |scope| format!("&scope={}", scope.replace(' ', "+")));
    let request = world.nobody().post("/oauth/token").header("authorization", &basic(of["id"].as_str().unwrap(), secret));
    request.body("application/x-www-form-urlencoded", format!("grant_type=client_credentials{form}")).send().await
}

fn basic(id: &str, secret: &str) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

async fn with_key(world: &World, of: &Value) -> Client {
    world.nobody().program(&issue(world, of, json!({ "kind": "api_key", "label": "生产环境" })).await)
}

testkit::on_both! {
    async fn a_manager_lets_a_program_in_and_it_works_under_its_own_name(world: World) {
        let feng = world.person("feng");
        let body = json!({
            "name": "热线对接", "purpose": "热线转单", "contact": "李工 13812341234", "region_code": "321182001000",
            "scopes": ["order.place_on_behalf", "order.read"],
        });
        let made = feng.post("/applications").json(&body).send().await.expect(201);
        assert_eq!((&made["status"], &made["version"], &made["scopes"]), (&json!("active"), &json!(1), &json!(["order.place_on_behalf", "order.read"])));
        assert_eq!(made["contact"], "李工 13812341234");
        let audited = world.person("he").get(application(&made)).send().await.expect(200);
        assert_eq!(audited["contact"], "李工 138****1234");
        assert!(!crate::battery::holds(&world, "13812341234").await, "it is sealed");

        // Nobody gives what they do not hold, and nobody lets a program decide who comes in.
        for (scopes, status, code) in [
            (json!(["order.take"]), 403, "scope_beyond_own"),
            (json!(["account.manage"]), 422, "scope_not_for_programs"),
            (json!(["application.manage"]), 422, "scope_not_for_programs"),
        ] {
            let refused = feng.post("/applications").json(crate::orders::patched(body.clone(), &json!({ "scopes": scopes }))).send().await;
            refused.refused(status, code);
            feng.post(application(&made)).json(json!({ "scopes": scopes })).send().await.refused(status, code);
        }
        let wider = crate::orders::patched(body.clone(), &json!({ "region_code": "321182000000" }));
        feng.post("/applications").json(wider).send().await.refused(403, "permission_missing");
        feng.post("/applications").json(crate::orders::patched(body, &json!({ "scopes": ["order.eat"] }))).send().await.refused_fields(&[("#/scopes/0", "field_invalid")]);

        // The secret is shown once: not in a list, not to who repeats the request.
        let issue = async |key: &str| feng.post(format!("{}/credentials", application(&made))).json(json!({ "kind": "api_key", "label": "生产环境" })).key(key).send().await;
        let issued = issue("k1").await.expect(201);
        let secret = issued["secret"].as_str().unwrap();
        assert!(secret.starts_with("lk_live_") && secret.ends_with(issued["credential"]["hint"].as_str().unwrap()), "{issued}");
        let again = issue("k1").await.expect(201);
        assert_eq!((&again["credential"]["id"], again.get("secret")), (&issued["credential"]["id"], None));
        let listed = feng.get(format!("{}/credentials", application(&made))).send().await;
        assert!(!listed.text().contains(&secret[16..]) && !crate::battery::holds(&world, &secret[40..]).await);
        assert_eq!(listed.expect(200)["items"].as_array().unwrap().len(), 1);

        // It acts under its own name, in its region, within its scopes.
        let program = world.nobody().program(secret);
        let on_behalf = lamp_with(json!({ "on_behalf": true, "channel": "hotline_12345" }));
        let order = program.post("/orders").json(&on_behalf).key("once").send().await.expect(201);
        let same = program.post("/orders").json(&on_behalf).key("once").send().await;
        assert_eq!((same.header("idempotency-replayed"), &same.expect(201)["id"]), ("true", &order["id"]));
        assert_eq!((&order["placed_by"], &order["channel"]), (&made["account_id"], &json!("hotline_12345")));
        let events = feng.get(format!("/orders/{}/events", order["id"].as_str().unwrap())).send().await.expect(200);
        assert_eq!((&events["items"][0]["application_id"], &events["items"][0]["actor_id"]), (&made["id"], &made["account_id"]));
        assert!(placed(&world).await.get("application_id").is_none());
        program.post("/orders").json(lamp_with(json!({ "on_behalf": true, "region_code": "321003005008", "point": null }))).send().await.refused(403, "permission_missing");
        program.post("/orders").json(lamp()).send().await.refused(403, "permission_missing");
        program.post(format!("/orders/{}/triage", order["id"].as_str().unwrap())).json(json!({ "item_code": "BM-01-01" })).send().await.refused(403, "permission_missing");
        program.get("/me").send().await.refused(403, "people_only");
        // Nobody signs in as a program, whatever they guess.
        let name = format!("app.{}", made["id"].as_str().unwrap().replace('-', ""));
        world.nobody().post("/sessions").json(json!({ "name": name, "password": "whatever-they-guess" })).send().await.refused(401, "credentials_wrong");
    }

    async fn what_a_program_may_do_changes_at_once(world: World) {
        let mine = lets_in(&world, HOME, &["order.read", "event.read"]).await;
        let program = with_key(&world, &mine).await;
        program.get("/orders").send().await.expect(200);
        let lv = world.person("lv");
        lv.post(application(&mine)).json(json!({ "scopes": ["event.read"], "version": 1 })).send().await.expect(200);
        program.get("/orders").send().await.refused(403, "permission_missing");
        program.get("/events").send().await.expect(200);
        lv.post(application(&mine)).json(json!({ "scopes": ["order.read"], "version": 1 })).send().await.refused(409, "version_stale");
        // Its account is disabled like any other.
        let path = format!("/accounts/{}", mine["account_id"].as_str().unwrap());
        world.person("admin").post(path).json(json!({ "status": "disabled" })).send().await.expect(200);
        world.later(chrono::Duration::seconds(5));
        program.get("/events").send().await.refused(401, "application_suspended");
    }

    async fn a_token_is_bought_with_a_secret_and_dies_with_it(world: World) {
        let mine = lets_in(&world, HOME, &["order.read", "event.read"]).await;
        let id = mine["id"].as_str().unwrap();
        let secret = issue(&world, &mine, json!({ "kind": "client_secret", "label": "x" })).await;
        let token = buy(&world, &mine, &secret, None).await;
        assert_eq!(token.header("cache-control"), "no-store");
        let token = token.expect(200);
        assert_eq!((&token["token_type"], &token["expires_in"], &token["scope"]), (&json!("Bearer"), &json!(900), &json!("order.read event.read")));
        let whole = world.nobody().program(token["access_token"].as_str().unwrap());
        whole.get("/orders").send().await.expect(200);
        let narrow = buy(&world, &mine, &secret, Some("event.read")).await.expect(200);
        assert_eq!(narrow["scope"], "event.read");
        let narrow = world.nobody().program(narrow["access_token"].as_str().unwrap());
        narrow.get("/events").send().await.expect(200);
        assert_eq!(narrow.get("/orders").send().await.refused(403, "permission_missing")["params"]["permission"], "order.read");

        // In the body as well; what RFC 6749 calls it stands beside our code.
        let form = async |text: String| world.nobody().post("/oauth/token").body("application/x-www-form-urlencoded", text).send().await;
        form(format!("grant_type=client_credentials&client_id={id}&client_secret={secret}&resource=x")).await.expect(200);
        let other = lets_in(&world, HOME, &["order.read"]).await;
        let stranger = other["id"].as_str().unwrap();
        for (text, status, code, word) in [
            (format!("grant_type=password&client_id={id}&client_secret={secret}"), 400, "grant_type_unsupported", "unsupported_grant_type"),
            (format!("grant_type=client_credentials&client_id={id}&client_secret=ls_live_x"), 401, "client_invalid", "invalid_client"),
            (format!("grant_type=client_credentials&client_id={stranger}&client_secret={secret}"), 401, "client_invalid", "invalid_client"),
            (format!("grant_type=client_credentials&client_id=x&client_secret={secret}"), 401, "client_invalid", "invalid_client"),
            (format!("grant_type=client_credentials&client_id={id}"), 401, "client_invalid", "invalid_client"),
            (format!("grant_type=client_credentials&client_id={id}&client_secret={secret}&scope=order.close"), 400, "scope_invalid", "invalid_scope"),
            (format!("grant_type=client_credentials&client_id={id}&client_secret={secret}&scope=all"), 400, "scope_invalid", "invalid_scope"),
        ] {
            let reply = form(text).await;
            assert_eq!(reply.refused(status, code)["error"], word);
            assert!(!reply.text().contains(&secret[8..]));
        }
        form("scope=x".to_owned()).await.refused(400, "form_malformed");
        world.nobody().post("/oauth/token").json(json!({ "grant_type": "client_credentials" })).send().await.refused(415, "form_urlencoded_expected");
        let both = world.nobody().post("/oauth/token").header("authorization", &basic(id, &secret));
        both.body("application/x-www-form-urlencoded", format!("grant_type=client_credentials&client_secret={secret}")).send().await.refused(400, "client_repeated");

        // A rotated secret goes on for its overlap; a revoked one takes its tokens with it.
        let lv = world.person("lv");
        let credentials = lv.get(format!("{}/credentials", application(&mine))).send().await.expect(200);
        let path = format!("/credentials/{}/rotate", credentials["items"][0]["id"].as_str().unwrap());
        let next = lv.post(&path).json(json!({ "overlap_seconds": 600 })).send().await.expect(201);
        let next = next["secret"].as_str().unwrap();
        for good in [secret.as_str(), next] {
            buy(&world, &mine, good, None).await.expect(200);
        }
        lv.post(&path).json(json!({})).send().await.refused(409, "credential_ended");
        world.later(chrono::Duration::seconds(600));
        buy(&world, &mine, &secret, None).await.refused(401, "credential_expired");
        whole.get("/orders").send().await.refused(401, "credential_expired");
        let newer = buy(&world, &mine, next, None).await.expect(200);
        let newer = world.nobody().program(newer["access_token"].as_str().unwrap());
        newer.get("/orders").send().await.expect(200);
        revoke(&world, &mine, next).await;
        newer.get("/orders").send().await.refused(401, "credential_revoked");
    }

    async fn personal_fields_are_for_programs_with_an_agreement(world: World) {
        let order = placed(&world).await;
        let mine = lets_in(&world, HOME, &["order.read", "order.read_personal", "resident.look_up", "resident.read", "account.read", "duty.read", "duty.manage", "mediation.read", "mediation.manage"]).await;
        let program = with_key(&world, &mine).await;
        let lv = world.person("lv");
        let full = json!({ "name": "张三", "phone": "13812341234", "address": "翡丽中央12幢3单元401室" });
        let seen = read(&program, &order).await;
        assert_eq!((&seen["masked"], &seen["contact"]["name"]), (&json!(true), &json!("张*")));
        let look_up = json!({ "region_code": HOME, "purpose": "service", "phone": "13800001111" });
        let refused = program.post("/residents/lookup").json(&look_up).send().await.refused(403, "agreement_missing");
        assert_eq!(refused["params"]["class"], "residents");
        let account = format!("/accounts/{}", world.person("li").account());
        assert_eq!(program.get(&account).send().await.expect(200)["display_name"], "李*");
        let case = json!({
            "region_code": HOME, "kind": "neighbour", "title": "漏水纠纷", "facts": "三楼渗水。", "applied_how": "oral",
            "parties": [{ "name": "张三" }, { "name": "李四" }],
        });
        let case = program.post("/mediation/cases").json(case).send().await.expect(201);
        assert_eq!((&case["parties"][0]["name"], case.get("facts")), (&json!("张*"), None));

        let agree = |classes: Value| json!({ "reference": "扬数协17号", "classes": classes, "valid_from": "2026-11-16T01:05:00Z", "valid_to": "2026-11-16T01:15:00Z" });
        let agreed = lv.post(format!("{}/agreement", application(&mine))).json(agree(json!(["orders", "staff"]))).send().await.expect(200);
        assert_eq!(agreed["agreement"]["recorded_by"], lv.account().to_string());
        world.person("feng").post(format!("{}/agreement", application(&mine))).json(agree(json!(["orders"]))).send().await.refused(403, "permission_missing");
        assert_eq!(read(&program, &order).await["masked"], true, "it has not begun");
        world.later(chrono::Duration::minutes(5));
        let seen = read(&program, &order).await;
        assert_eq!((&seen["masked"], &seen["contact"]), (&json!(false), &full));
        assert_eq!(program.get(&account).send().await.expect(200)["display_name"], "李四");
        program.post("/residents/lookup").json(&look_up).send().await.refused(403, "agreement_missing");
        let case = program.get(format!("/mediation/cases/{}", case["id"].as_str().unwrap())).send().await.expect(200);
        assert_eq!(case["parties"][0]["name"], "张*", "another class");
        lv.delete(format!("{}/agreement", application(&mine))).send().await.expect(204);
        assert_eq!(read(&program, &order).await["masked"], true, "it was ended");
        lv.post(format!("{}/agreement", application(&mine))).json(agree(json!(["orders", "residents"]))).send().await.expect(200);
        assert_eq!(read(&program, &order).await["contact"], full);
        program.post("/residents/lookup").json(&look_up).send().await.expect(200);
        world.later(chrono::Duration::minutes(10));
        assert_eq!(read(&program, &order).await["masked"], true, "it is over");
        // People are shown what they always were.
        assert_eq!(read(&world.person("wang"), &order).await["contact"], full);
    }

    async fn a_program_asks_as_often_as_it_may_and_the_report_tells_how_often_it_did(world: World) {
        let mine = lets_in(&world, HOME, &["order.read"]).await;
        let lv = world.person("lv");
        lv.post(application(&mine)).json(json!({ "requests_per_minute": 3 })).send().await.expect(200);
        let program = with_key(&world, &mine).await;
        let first = program.get("/orders").send().await;
        first.expect(200);
        assert_eq!((first.header("ratelimit-policy"), first.header("ratelimit")), ("\"minute\";q=3;w=60", "\"minute\";r=2;t=60"));
        world.later(chrono::Duration::seconds(20));
        program.get("/orders/019aa1c2-0000-7000-8000-000000000001").send().await.refused(404, "order_not_found");
        // A refusal for want of a scope counts as well.
        program.get("/events").send().await.refused(403, "permission_missing");
        let fourth = program.get("/orders").send().await;
        let problem = fourth.refused(429, "quota_exceeded");
        assert_eq!((fourth.header("retry-after"), &problem["retry_after"]), ("40", &json!(40)));
        assert_eq!(fourth.header("ratelimit"), "\"minute\";r=0;t=40");
        world.later(chrono::Duration::seconds(40));
        program.get("/orders").send().await.expect(200);
        // Another has a quota of its own, and people have none.
        let other = with_key(&world, &lets_in(&world, HOME, &["order.read"]).await).await;
        let reply = other.get("/orders").send().await;
        assert_eq!((reply.status, reply.header("ratelimit-policy")), (200, "\"minute\";q=600;w=60"));
        assert!(lv.get("/orders").send().await.header("ratelimit").is_empty());

        let line = |operation: &str, requests: i64, refused: i64, throttled: i64| {
            json!({ "day": "2026-11-16", "operation": operation, "requests": requests, "refused": refused, "throttled": throttled, "failed": 0 })
        };
        let expected = json!([line("get_order", 1, 1, 0), line("list_events", 1, 1, 0), line("list_orders", 3, 0, 1)]);
        let usage = async || lv.get(format!("{}/usage", application(&mine))).send().await.expect(200);
        assert_eq!(usage().await["lines"], expected);
        // The same once it is written down, and more is added to it.
        assert!(world.identity().flush_usage(world.core()).await.unwrap() >= 3);
        assert_eq!(usage().await["lines"], expected);
        program.get("/orders").send().await.expect(200);
        world.identity().flush_usage(world.core()).await.unwrap();
        assert_eq!(usage().await["lines"][2], line("list_orders", 4, 0, 1));
        let credentials = lv.get(format!("{}/credentials", application(&mine))).send().await.expect(200);
        assert_eq!(credentials["items"][0]["last_used_on"], "2026-11-16");
        let path = format!("{}/usage?from=2026-11-17&until=2026-11-18", application(&mine));
        assert_eq!(lv.get(path).send().await.expect(200)["lines"], json!([]));
        for bad in ["from=2026-11-18&until=2026-11-17", "from=2026-01-01&until=2026-11-17", "from=x"] {
            lv.get(format!("{}/usage?{bad}", application(&mine))).send().await.refused(400, "query_parameter_invalid");
        }
    }

    async fn an_application_has_ten_credentials_at_most(world: World) {
        let mine = lets_in(&world, HOME, &["order.read"]).await;
        let lv = world.person("lv");
        let path = format!("{}/credentials", application(&mine));
        let body = json!({ "kind": "api_key", "label": "x" });
        let more = json!({ "kind": "api_key", "label": "x", "scopes": ["order.close"] });
        lv.post(&path).json(more).send().await.refused_fields(&[("#/scopes", "field_invalid")]);
        let past = json!({ "kind": "api_key", "label": "x", "expires_at": "2026-11-16T01:00:00Z" });
        lv.post(&path).json(past).send().await.refused_fields(&[("#/expires_at", "field_invalid")]);
        let first = issue(&world, &mine, body.clone()).await;
        for _ in 1..10 {
            issue(&world, &mine, body.clone()).await;
        }
        lv.post(&path).json(&body).send().await.refused(409, "credential_limit_reached");
        revoke(&world, &mine, &first).await;
        revoke(&world, &mine, &first).await;
        issue(&world, &mine, body).await;
    }
}
