//! Doing too often, or from the wrong place, what one may do: guessing, and asking from somebody else's page.

use serde_json::json;
use std::collections::BTreeMap;
use testkit::{Backend, Client, Method, PASSWORD, Reply, World};

/// Signs in, as a proxy tells where from.
async fn sign_in(by: &Client, name: &str, password: &str, from: &str) -> Reply {
    let body = json!({ "name": name, "password": password });
    by.post("/sessions").header("x-forwarded-for", from).json(body).send().await
}

/// A server behind a proxy of its own.
fn proxied() -> api::Settings {
    api::Settings { trusted_proxies: vec!["127.0.0.1".parse().unwrap()], ..api::Settings::default() }
}

async fn whoever_guesses_is_stopped_wherever_they_say_they_come_from(world: World) {
    let nobody = world.nobody();
    for n in 0..5 {
        sign_in(&nobody, "zhang.san", "wrong-password", &format!("203.0.113.{n}")).await.refused(401, "credentials_wrong");
    }
    let stopped = sign_in(&nobody, "zhang.san", PASSWORD, "203.0.113.9").await;
    stopped.refused(429, "rate_limited");
    let seconds: i64 = stopped.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&seconds));
    // Neither does it tell whether there is such a name.
    for n in 0..5 {
        sign_in(&nobody, "no.such.name", "wrong-password", &format!("203.0.113.{n}")).await.refused(401, "credentials_wrong");
    }
    let unknown = sign_in(&nobody, "no.such.name", PASSWORD, "203.0.113.9").await;
    assert_eq!(super::told(&unknown), super::told(&stopped));
    // Other names are free, until thirty guesses have been wrong in all: the two that were stopped count too.
    sign_in(&nobody, "li.si", PASSWORD, "").await.expect(201);
    for n in 0..18 {
        sign_in(&nobody, &format!("name.{n}"), "wrong-password", "").await.refused(401, "credentials_wrong");
    }
    sign_in(&nobody, "li.si", PASSWORD, "").await.refused(429, "rate_limited");
    world.later(chrono::Duration::seconds(60));
    for name in ["li.si", "zhang.san"] {
        sign_in(&nobody, name, PASSWORD, "").await.expect(201);
    }
}

#[test]
fn guesses_are_counted() {
    testkit::run(Backend::Sqlite, whoever_guesses_is_stopped_wherever_they_say_they_come_from);
}

async fn nobody_is_locked_out_by_others(world: World) {
    let nobody = world.nobody();
    // What a client writes itself stands to the left of what the proxy adds.
    for n in 0..5 {
        let from = format!("198.51.100.7, 203.0.113.{n}, 192.0.2.66");
        sign_in(&nobody, "zhang.san", "wrong-password", &from).await.refused(401, "credentials_wrong");
    }
    sign_in(&nobody, "zhang.san", PASSWORD, "198.51.100.7, 192.0.2.66").await.refused(429, "rate_limited");
    sign_in(&nobody, "zhang.san", PASSWORD, "198.51.100.7").await.expect(201);
    // A line has 2^64 addresses in IPv6, and counts once.
    for n in 0..5 {
        sign_in(&nobody, "li.si", "wrong-password", &format!("2001:db8:1:2::{n}")).await.refused(401, "credentials_wrong");
    }
    sign_in(&nobody, "li.si", PASSWORD, "2001:db8:1:2:ffff::1").await.refused(429, "rate_limited");
    sign_in(&nobody, "li.si", PASSWORD, "2001:db8:1:3::1").await.expect(201);
}

#[test]
fn guesses_are_counted_where_they_come_from() {
    testkit::run_with(Backend::Sqlite, proxied(), nobody_is_locked_out_by_others);
}

async fn at_once(world: &World, count: usize, password: &'static str) -> BTreeMap<u16, usize> {
    let tries: Vec<_> = (0..count)
        .map(|_| {
            let nobody = world.nobody();
            tokio::spawn(async move { sign_in(&nobody, "zhang.san", password, "").await.status })
        })
        .collect();
    let mut counts = BTreeMap::new();
    for attempt in tries {
        *counts.entry(attempt.await.unwrap()).or_default() += 1;
    }
    counts
}

async fn of_many_at_once_the_right_ones_come_in(world: World) {
    assert_eq!(at_once(&world, 12, PASSWORD).await, BTreeMap::from([(201, 12)]));
    assert_eq!(at_once(&world, 20, "wrong-password").await, BTreeMap::from([(401, 5), (429, 15)]));
}

#[test]
fn guesses_at_once() {
    testkit::run(Backend::Sqlite, of_many_at_once_the_right_ones_come_in);
}

/// A page of this origin may call.
const OURS: &str = "https://linli.example";

async fn only_the_pages_that_were_named_may_call(world: World) {
    let zhang = world.person("zhang");
    let theirs = [
        "https://evil.example",
        "null",
        "https://linli.example.evil.example",
        "https://evil-linli.example",
        "http://linli.example",
        "https://linli.example:444",
        "https://linli.exampl",
        "https://LINLI.example.",
        "file://",
        "https://linli.example@evil.example",
    ];
    for (origin, allowed) in theirs.iter().map(|o| (*o, false)).chain([(OURS, true)]) {
        let plain = zhang.get("/me").header("origin", origin).send().await;
        let asked =
            zhang.request(Method::OPTIONS, "/api/v1/orders").header("origin", origin).header("access-control-request-method", "POST");
        let asked = asked.header("access-control-request-headers", "authorization,content-type,idempotency-key").send().await;
        for reply in [&plain, &asked] {
            assert_eq!(reply.header("access-control-allow-origin"), if allowed { OURS } else { "" }, "{origin}: {reply:?}");
            assert_eq!(reply.header("access-control-allow-credentials"), "", "{origin}");
        }
        assert_eq!((asked.status == 200, asked.status < 500), (allowed, true), "{origin}: {asked:?}");
        assert!(plain.header("vary").to_lowercase().contains("origin"), "a cache must not give one page the answer of another: {plain:?}");
    }
    // What is not among the methods and headers of the contract is not granted.
    let preflight = async |method: &str, headers: &str| {
        let request =
            zhang.request(Method::OPTIONS, "/api/v1/orders").header("origin", OURS).header("access-control-request-method", method);
        request.header("access-control-request-headers", headers).send().await.status
    };
    assert_eq!(preflight("POST", "authorization").await, 200);
    for (method, headers) in [("PUT", "authorization"), ("TRACE", "authorization"), ("POST", "cookie"), ("POST", "x-http-method-override")]
    {
        assert_eq!(preflight(method, headers).await, 400, "{method} {headers}");
    }
}

#[test]
fn pages_of_other_origins() {
    let settings = api::Settings { allowed_origins: vec![OURS.to_owned()], ..api::Settings::default() };
    testkit::run_with(Backend::Sqlite, settings, only_the_pages_that_were_named_may_call);
}

async fn a_method_is_what_it_is(world: World) {
    let (wang, zhou) = (world.person("wang"), world.person("zhou"));
    let members = format!("/organizations/{}/members", world.places.telecom);
    let before = wang.get(&members).send().await.expect(200);
    let membership = format!("/memberships/{}", before["items"][0]["id"].as_str().unwrap());
    for header in ["x-http-method-override", "x-http-method", "x-method-override", "_method"] {
        let over = wang.request(Method::GET, format!("/api/v1{membership}")).header(header, "DELETE").send().await;
        over.refused(405, "method_not_allowed");
        wang.post(&membership).header(header, "DELETE").json(json!({})).send().await.refused(405, "method_not_allowed");
    }
    wang.post(format!("{membership}?_method=DELETE")).json(json!({})).send().await.refused(405, "method_not_allowed");
    assert_eq!(zhou.get(&members).send().await.expect(200), before);
}

#[test]
fn methods_in_disguise() {
    testkit::run(Backend::Sqlite, a_method_is_what_it_is);
}

async fn every_answer_is_guarded(world: World) {
    let (wang, nobody) = (world.person("wang"), world.nobody());
    let replies = [
        (200, wang.get("/me").send().await),
        (201, wang.post("/organizations").json(json!({ "name": "x", "kind": "other", "region_code": testkit::HOME })).send().await),
        (204, world.signed_in(wang.account()).await.delete("/sessions/current").send().await),
        (400, wang.get("/orders?x=1").send().await),
        (401, nobody.get("/me").send().await),
        (
            403,
            wang.post("/catalogue/items")
                .json(json!({ "code": "X", "level": "category", "name": "x", "region_code": testkit::HOME }))
                .send()
                .await,
        ),
        (404, wang.get("/nothing").send().await),
        (405, wang.request(Method::PUT, "/api/v1/me").send().await),
        (413, wang.post("/orders").body("application/json", vec![b' '; 300_000]).send().await),
        (415, wang.post("/orders").body("text/plain", "x").send().await),
        (422, wang.post("/orders").json(json!({})).send().await),
    ];
    for (status, reply) in replies {
        assert_eq!(reply.status, status, "{}", reply.text());
        let guards = [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ];
        for (name, value) in guards {
            assert_eq!(reply.header(name), value, "{status}");
        }
        assert!(reply.header("strict-transport-security").contains("max-age=") && !reply.header("x-request-id").is_empty(), "{status}");
        for loud in ["server", "x-powered-by", "access-control-allow-origin", "set-cookie"] {
            assert!(reply.headers.get(loud).is_none(), "{status} has {loud}");
        }
    }
}

#[test]
fn headers() {
    testkit::run(Backend::Sqlite, every_answer_is_guarded);
}
