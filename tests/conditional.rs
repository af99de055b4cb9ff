//! Conditional requests: what a client has already is not sent again, and what it has not seen it does not overwrite.

use crate::orders::{lamp, path, placed, pooled, read, step, taker};
use serde_json::json;
use std::{
    io::{Read, Write},
    net::TcpStream,
};
use testkit::{Method, Reply, World};

/// Sends a request by hand and reads all that comes: a client's library would not show a body that should not be there.
fn exchange(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(format!("{request}host: x\r\nconnection: close\r\n\r\n").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

testkit::on_both! {
    async fn an_answer_is_called_by_its_version_and_its_bytes(world: World) {
        let [zhang, wang, chen] = ["zhang", "wang", "chen"].map(|n| world.person(n));
        let order = placed(&world).await;
        let first = zhang.get(path(&order)).send().await;
        let tag = first.header("etag").to_owned();
        assert!(tag.starts_with("\"v1-"), "{tag}");
        let told = |reply: &Reply| (reply.header("cache-control").to_owned(), reply.header("vary").starts_with("authorization"));
        assert_eq!(told(&first), ("no-store".to_owned(), true));
        for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
            let again = zhang.get(path(&order)).header("if-none-match", &known).send().await;
            assert_eq!((again.status, again.header("etag"), again.bytes.len()), (304, tag.as_str(), 0), "{known}");
            assert_eq!(told(&again), told(&first));
            assert!(again.headers.get("content-type").is_none());
        }
        // Whoever sees something else has another answer: here other actions.
        let other = wang.get(path(&order)).header("if-none-match", &tag).send().await;
        other.expect(200);
        assert_ne!(other.header("etag"), tag);
        step(&wang, &order, "triage", json!({})).await.expect(200);
        let changed = zhang.get(path(&order)).header("if-none-match", &tag).send().await;
        assert_eq!(changed.expect(200)["version"], 2);
        assert!(changed.header("etag").starts_with("\"v2-"));
        // A refusal has no tag, and is not hidden by one.
        let refused = chen.get(path(&order)).header("if-none-match", "*").send().await;
        refused.refused(404, "order_not_found");
        assert!(refused.headers.get("etag").is_none());
    }

    async fn a_list_has_a_tag_and_what_is_not_personal_may_be_kept(world: World) {
        let [zhang, wang] = ["zhang", "wang"].map(|n| world.person(n));
        for (list, control) in [("/grids", "private, no-cache"), ("/catalogue/items?limit=5", "private, no-cache"), ("/orders", "no-store")] {
            let first = wang.get(list).send().await;
            first.expect(200);
            assert_eq!(first.header("cache-control"), control, "{list}");
            let again = wang.get(list).header("if-none-match", first.header("etag")).send().await;
            assert_eq!((again.status, again.header("cache-control")), (304, control), "{list}");
        }
        let before = wang.get("/orders").send().await.header("etag").to_owned();
        zhang.post("/orders").json(lamp()).send().await.expect(201);
        wang.get("/orders").header("if-none-match", &before).send().await.expect(200);
        // Compressed it is the same answer.
        let packed = wang.get("/orders").header("accept-encoding", "gzip").send().await;
        assert_eq!(packed.header("content-encoding"), "gzip");
        let tag = packed.header("etag").to_owned();
        assert_eq!(wang.get("/orders").send().await.header("etag"), tag);
        assert_eq!(wang.get("/orders").header("accept-encoding", "gzip").header("if-none-match", &tag).send().await.status, 304);
        for none in ["/livez", "/readyz"] {
            assert!(world.nobody().request(Method::GET, none).send().await.headers.get("etag").is_none());
        }
    }

    async fn a_change_starts_from_the_version_that_was_read(world: World) {
        let [zhang, wang, chen] = ["zhang", "wang", "chen"].map(|n| world.person(n));
        let order = placed(&world).await;
        let tag = wang.get(path(&order)).send().await.header("etag").to_owned();
        let triage = |tag: &str, body| wang.post(format!("{}/triage", path(&order))).header("if-match", tag).json(body);
        assert_eq!(triage(&tag, json!({})).send().await.expect(200)["version"], 2);
        // Somebody else was faster.
        let stale = triage(&tag, json!({ "priority": "high" })).send().await.refused(412, "precondition_failed");
        assert_eq!((&stale["params"]["version"], &stale["title"]), (&json!("2"), &json!("Precondition Failed")));
        assert_eq!(read(&wang, &order).await["priority"], "normal");
        // The version is enough; in body and header it must be the same.
        triage("\"v2\"", json!({ "priority": "high", "version": 2 })).send().await.expect(200);
        triage("\"v3\"", json!({ "version": 2 })).send().await.refused(400, "if_match_invalid");
        triage("*", json!({ "priority": "low" })).send().await.expect(200);
        for bad in ["v4", "\"4\"", "\"v4\", \"v5\"", "\"abc\"", "\"v\""] {
            triage(bad, json!({})).send().await.refused(400, "if_match_invalid");
        }
        // In the body alone it stays a conflict.
        step(&wang, &order, "triage", json!({ "version": 1 })).await.refused(409, "order_version_stale");
        // What is wrong with the body is said as ever.
        triage("\"v4\"", json!({ "colour": "red" })).send().await.refused_fields(&[("#/colour", "field_unknown")]);
        // Other things that have a version, and a proxy that made the tag weak.
        let grid = wang.get(format!("/grids/{}", world.places.west)).send().await;
        let rename = |tag: &str| wang.post(format!("/grids/{}", world.places.west)).header("if-match", tag).json(json!({ "name": "西片网格" }));
        rename(&format!("W/{}", grid.header("etag"))).send().await.expect(200);
        rename(grid.header("etag")).send().await.refused(412, "precondition_failed");
        // Where there is nothing to compare, the condition is not passed over in silence.
        zhang.post("/orders").header("if-match", "\"v1\"").json(lamp()).send().await.refused(400, "if_match_invalid");
        zhang.get("/me").header("if-match", "\"v1\"").send().await.refused(400, "if_match_invalid");
        chen.delete("/sessions/current").header("if-match", "\"v1\"").send().await.refused(400, "if_match_invalid");
        chen.get("/me").send().await.expect(200);
    }

    async fn a_conditional_change_can_be_repeated(world: World) {
        let [wang, chen] = ["wang", "chen"].map(|n| world.person(n));
        let order = pooled(&world, lamp()).await;
        let dispatch = |tag: &str| {
            let body = json!({ "mode": "assign", "lead": taker(&chen) });
            wang.post(format!("{}/dispatch", path(&order))).header("if-match", tag).key("once").json(body)
        };
        let first = dispatch("\"v3\"").send().await;
        assert_eq!(first.expect(200)["version"], 4);
        let again = dispatch("\"v3\"").send().await;
        assert_eq!((again.status, again.text(), again.header("idempotency-replayed")), (200, first.text(), "true"));
        // From another version it is another request.
        dispatch("\"v4\"").send().await.refused(422, "idempotency_key_reused");
    }

    async fn head_is_get_without_its_body(world: World) {
        let zhang = world.person("zhang");
        let (address, token) = (zhang.address().to_string(), zhang.token());
        let ask = async |method: &str, path: &str, more: &str| {
            let request = format!("{method} {path} HTTP/1.1\r\nauthorization: Bearer {token}\r\n{more}");
            let address = address.clone();
            tokio::task::spawn_blocking(move || exchange(&address, &request)).await.unwrap()
        };
        for path in ["/api/v1/me", "/api/v1/grids", "/livez", "/api/v1/openapi.json"] {
            let (get, head) = (ask("GET", path, "").await, ask("HEAD", path, "").await);
            let told = |answer: &str| {
                let (head, body) = answer.split_once("\r\n\r\n").unwrap();
                let mut lines: Vec<_> = head.lines().filter(|l| !["date", "x-request-id", "access-control"].iter().any(|n| l.starts_with(n))).map(str::to_owned).collect();
                lines.sort_unstable();
                (lines, body.len())
            };
            let ((get, _), (head, bytes)) = (told(&get), told(&head));
            assert_eq!((get, bytes), (head, 0), "{path}");
        }
        let tag = ask("HEAD", "/api/v1/grids", "").await;
        let tag = tag.lines().find_map(|l| l.strip_prefix("etag: ")).unwrap();
        assert!(ask("HEAD", "/api/v1/grids", &format!("if-none-match: {tag}\r\n")).await.starts_with("HTTP/1.1 304"));
        let wrong = ask("HEAD", "/api/v1/sessions", "").await;
        assert!(wrong.starts_with("HTTP/1.1 405") && wrong.contains("allow: POST"), "{wrong}");
        assert!(ask("HEAD", "/api/v1/nothing", "").await.starts_with("HTTP/1.1 404"));
        assert!(world.nobody().request(Method::HEAD, "/api/v1/me").send().await.status == 401);
    }
}
