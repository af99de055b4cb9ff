//! Requests that are no proper requests, and what every answer has in common.

use serde_json::{Value, json};
use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};
use testkit::{HOME, Method, Reply, World};

fn organization() -> Value {
    json!({ "name": "新联社区老年协会", "kind": "social_organization", "region_code": HOME })
}

/// What every refusal looks like, whatever it refuses.
#[track_caller]
fn is_problem(reply: &Reply, status: u16, code: &str) {
    let problem = reply.refused(status, code);
    assert_eq!(problem["type"], format!("urn:linli:problem:{code}"));
    assert_eq!(problem["status"], status);
    assert_eq!(problem["request_id"], reply.header("x-request-id"));
    assert!(
        !problem["title"].as_str().unwrap_or_default().is_empty() && !problem["detail"].as_str().unwrap_or_default().contains('{'),
        "{problem}"
    );
    assert!(!reply.header("content-language").is_empty());
    is_guarded(reply, "default-src 'none'; frame-ancestors 'none'");
}

#[track_caller]
fn is_guarded(reply: &Reply, policy: &str) {
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert_eq!(reply.header("x-frame-options"), "DENY");
    assert_eq!(reply.header("referrer-policy"), "no-referrer");
    assert_eq!(reply.header("content-security-policy"), policy);
    assert!(reply.header("strict-transport-security").contains("max-age="));
    assert!(!reply.header("x-request-id").is_empty());
    assert!(reply.headers.get("server").is_none() && reply.headers.get("x-powered-by").is_none());
}

testkit::on_both! {
    async fn the_server_is_alive_and_ready(world: World) {
        let nobody = world.nobody();
        for path in ["/livez", "/readyz"] {
            let reply = nobody.request(Method::GET, path).send().await;
            assert_eq!(reply.expect(200), json!({ "status": "ok" }), "{path}");
            assert_eq!(reply.header("cache-control"), "no-store");
            is_guarded(&reply, "default-src 'none'; frame-ancestors 'none'");
        }
    }

    async fn what_does_not_exist_is_refused_as_a_problem(world: World) {
        let (wang, nobody) = (world.person("wang"), world.nobody());
        for path in ["/", "/api", "/api/v1", "/api/v2/orders", "/api/v1/nothing", "/api/v1/orders/", "/api/v1//orders", "/livez/x", "/.env", "/api/v1/../livez%00"] {
            for by in [&nobody, &wang] {
                is_problem(&by.request(Method::GET, path).send().await, 404, "path_not_found");
            }
        }
        for id in ["1", "x", "%FF", "019aa1c2", "019aa1c2-0000-7000-8000-00000000000g", "null", "..%2f..", "%00", "张三"] {
            is_problem(&wang.get(format!("/organizations/{id}")).send().await, 404, "path_parameter_invalid");
        }
        is_problem(&wang.get("/regions/32118200101").send().await, 404, "path_parameter_invalid");
    }

    async fn a_wrong_method_is_told_the_right_ones(world: World) {
        let wang = world.person("wang");
        for (method, path, allow) in [
            (Method::PUT, "/api/v1/organizations", "GET, POST"),
            (Method::PATCH, "/api/v1/organizations", "GET, POST"),
            (Method::DELETE, "/api/v1/organizations", "GET, POST"),
            (Method::GET, "/api/v1/sessions", "POST"),
            (Method::POST, "/livez", "GET"),
            (Method::POST, "/api/v1/me", "GET"),
            (Method::TRACE, "/api/v1/me", "GET"),
        ] {
            let reply = wang.request(method.clone(), path).send().await;
            is_problem(&reply, 405, "method_not_allowed");
            let mut told: Vec<&str> = reply.header("allow").split(", ").collect();
            told.sort_unstable();
            assert_eq!(told.join(", "), allow, "{method} {path}");
        }
    }

    async fn a_body_is_read_strictly(world: World) {
        let wang = world.person("wang");
        let text = organization().to_string();
        let send = async |kind: &str, body: &[u8]| wang.post("/organizations").body(kind, body).send().await;
        for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", "application/jsonx", ""] {
            is_problem(&send(kind, text.as_bytes()).await, 415, "media_type_unsupported");
        }
        is_problem(&wang.post("/organizations").send().await, 415, "media_type_unsupported");

        let cut = &text[..text.len() - 1];
        for body in ["", "{", cut, "nonsense", "{\"name\":}", &format!("{text}{text}"), &format!("{text} x"), "{'name': 'x'}", "\u{feff}{}"] {
            is_problem(&send("application/json", body.as_bytes()).await, 400, "body_malformed");
        }
        let mut broken = text.clone().into_bytes();
        broken[12] = 0xff;
        is_problem(&send("application/json", &broken).await, 400, "body_malformed");
        is_problem(&send("application/json", &[0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]).await, 400, "body_malformed");

        for body in [text.replace("老年", "老\\u0000年"), text.replace("老年", "老\0年")] {
            is_problem(&send("application/json", body.as_bytes()).await, 422, "nul_character");
        }
        for body in ["null", "1", "\"x\""] {
            is_problem(&send("application/json", body.as_bytes()).await, 422, "content_invalid");
        }
        let list = wang.get(format!("/organizations?region_code={HOME}")).send().await.expect(200);
        assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "nothing was made: {list}");
        send("application/json; charset=utf-8", text.as_bytes()).await.expect(201);
    }

    async fn a_refused_field_is_pointed_at(world: World) {
        let wang = world.person("wang");
        let with = |name: &str, value: Value| {
            let mut body = organization();
            body[name] = value;
            body
        };
        let mut without = organization();
        without.as_object_mut().unwrap().remove("kind");
        for (body, pointer, code) in [
            (with("colour", json!("red")), "#/colour", "field_unknown"),
            (with("a/b~c", json!(1)), "#/a~1b~0c", "field_unknown"),
            (without, "#/kind", "field_missing"),
            (with("name", json!(7)), "#/name", "field_type"),
            (with("name", json!(["x"])), "#/name", "field_type"),
            (with("name", json!("")), "#/name", "field_length"),
            (with("name", json!("社".repeat(101))), "#/name", "field_length"),
            (with("kind", json!("club")), "#/kind", "field_invalid"),
            (with("region_code", json!("32118200101")), "#/region_code", "field_invalid"),
            (with("grid_id", json!("x")), "#/grid_id", "field_invalid"),
        ] {
            let problem = wang.post("/organizations").json(&body).send().await.refused_fields(&[(pointer, code)]);
            assert_eq!(problem["code"], "content_invalid", "{body}");
        }
        wang.post("/organizations").json(with("name", json!("社".repeat(100)))).send().await.expect(201);
    }

    async fn a_body_that_is_too_large_or_too_deep_is_refused(world: World) {
        let wang = world.person("wang");
        let limit = api::Settings::default().body_limit;
        let padded = |length: usize| {
            let text = organization().to_string();
            format!("{text}{}", " ".repeat(length - text.len()))
        };
        for key in [None, Some("too-large-1")] {
            let request = wang.post("/organizations").body("application/json", padded(limit + 1));
            let request = if let Some(key) = key { request.key(key) } else { request };
            is_problem(&request.send().await, 413, "body_too_large");
        }
        for text in ["[".repeat(100_000), format!("{{\"name\":{}", "[".repeat(100_000)), format!("{{\"boundary\":{}", "{\"a\":".repeat(30_000))] {
            for path in ["/organizations", "/grids"] {
                let reply = wang.post(path).body("application/json", text.clone()).send().await;
                assert!([400, 422].contains(&reply.status), "{path}: {}", reply.text());
                is_problem(&reply, reply.status, reply.json()["code"].as_str().unwrap_or_default());
            }
        }
        wang.post("/organizations").body("application/json", padded(limit)).send().await.expect(201);
        // Nobody is read a large body before they have said who they are.
        is_problem(&world.nobody().post("/organizations").body("application/json", "x".repeat(1000)).send().await, 401, "token_missing");
    }

    async fn a_query_is_read_strictly(world: World) {
        let feng = world.person("feng");
        let get = async |query: &str| feng.get(format!("/organizations?{query}")).send().await;
        let unknown = get("color=red").await;
        is_problem(&unknown, 400, "query_parameter_unknown");
        assert_eq!(unknown.json()["params"]["name"], "color");
        let repeated = get("limit=1&kind=other&limit=2").await;
        is_problem(&repeated, 400, "query_parameter_repeated");
        assert_eq!(repeated.json()["params"]["name"], "limit");
        for query in ["limit=0", "limit=101", "limit=-1", "limit=x", "limit=", "limit=1e1", "kind=club", "region_code=3", "parent_id=x", "limit=18446744073709551616"] {
            is_problem(&get(query).await, 400, "query_parameter_invalid");
        }
        for query in [format!("cursor={}", "A".repeat(501)), format!("cursor={}", "%41".repeat(501))] {
            let long = get(&query).await;
            is_problem(&long, 400, "query_parameter_invalid");
            assert_eq!(long.json()["params"]["reason"], "cursor has at most 500 characters");
        }
        is_problem(&get("cursor=A&%63ursor=B").await, 400, "query_parameter_repeated");
        is_problem(&get("ki%00nd=other").await, 400, "query_parameter_invalid");
        for query in ["created_before=%2B262142-12-31T23:59:59Z", "created_after=%2B12000-01-01T00:00:00Z", "updated_after=-0001-01-01T00:00:00Z"] {
            is_problem(&feng.get(format!("/orders?{query}")).send().await, 400, "query_parameter_invalid");
        }
        get("limit=1").await.expect(200);
        get("limit=100&").await.expect(200);
    }

    async fn a_cursor_belongs_to_its_list(world: World) {
        let feng = world.person("feng");
        for n in 0..5 {
            let body = json!({ "name": format!("第{n}小组"), "kind": "party_group", "region_code": HOME });
            feng.post("/organizations").json(body).send().await.expect(201);
        }
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = feng.get(format!("/organizations?limit=2{cursor}")).send().await.expect(200);
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= 2);
            seen.extend(items.iter().map(|o| o["name"].as_str().unwrap().to_owned()));
            assert_eq!(page["has_more"] == true, page.get("next_cursor").is_some(), "{page}");
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(seen.len(), 6, "{seen:?}");
        seen.dedup();
        assert_eq!(seen.len(), 6);

        let first = feng.get("/organizations?limit=2").send().await.expect(200);
        let next = first["next_cursor"].as_str().unwrap();
        let mut turned = next.to_owned();
        let last = if turned.ends_with('A') { "B" } else { "A" };
        turned.replace_range(turned.len() - 1.., last);
        for query in [
            format!("/volunteers?cursor={next}"),
            format!("/grids?cursor={next}"),
            format!("/organizations?kind=other&cursor={next}"),
            format!("/organizations?region_code={HOME}&cursor={next}"),
            format!("/organizations?cursor={turned}"),
            "/organizations?cursor=".to_owned(),
            "/organizations?cursor=AAAA".to_owned(),
        ] {
            is_problem(&feng.get(&query).send().await, 400, "cursor_invalid");
        }
        is_problem(&feng.get("/organizations?cursor=%00").send().await, 400, "query_parameter_invalid");
        // Another page size is the same list.
        feng.get(format!("/organizations?limit=3&cursor={next}")).send().await.expect(200);
    }

    async fn a_request_keeps_its_own_id_if_it_is_a_decent_one(world: World) {
        let nobody = world.nobody();
        let ask = async |id: &str| nobody.get("/nothing").header("x-request-id", id).send().await;
        assert_eq!(ask("trace-7.a_B").await.header("x-request-id"), "trace-7.a_B");
        let mut made = Vec::new();
        for id in ["", "a b", "<script>", &"a".repeat(65)] {
            let reply = ask(id).await;
            is_problem(&reply, 404, "path_not_found");
            assert_eq!(reply.header("x-request-id").len(), 36, "{id}");
            made.push(reply.header("x-request-id").to_owned());
        }
        made.dedup();
        assert_eq!(made.len(), 4);
    }

    async fn a_problem_speaks_the_language_of_its_reader(world: World) {
        let wang = world.person("wang");
        let ask = async |languages: &str| wang.post("/organizations").header("accept-language", languages).json(json!({})).send().await;
        let chinese = ask("zh-CN,zh;q=0.9,en;q=0.8").await;
        let english = ask("en-GB, zh;q=0.5").await;
        let other = ask("fr").await;
        assert_eq!((chinese.header("content-language"), english.header("content-language"), other.header("content-language")), ("zh-CN", "en", "zh-CN"));
        assert!(chinese.json()["detail"].as_str().unwrap().contains("内容"), "{}", chinese.text());
        assert!(chinese.json()["errors"][0]["detail"].as_str().unwrap().contains("缺少"), "{}", chinese.text());
        assert!(english.json()["detail"].as_str().unwrap().is_ascii() && english.json()["errors"][0]["detail"].as_str().unwrap().contains("missing"));
    }

    async fn a_token_is_carried_as_bearer_and_nothing_else(world: World) {
        let zhang = world.person("zhang");
        let token = zhang.token();
        let with = async |value: &str| world.nobody().get("/me").header("authorization", value).send().await;
        with(&format!("Bearer {token}")).await.expect(200);
        with(&format!("bearer {token}")).await.expect(200);
        for value in ["", "Bearer", &token, "Basic emhhbmc6eA=="] {
            let reply = with(value).await;
            assert_eq!(reply.status, 401, "{value}");
            is_problem(&reply, 401, reply.json()["code"].as_str().unwrap_or_default());
        }
        for value in [format!("Bearer {token}x"), format!("Bearer {}", &token[..token.len() - 2]), "Bearer null".to_owned(), format!("Bearer {}", "a".repeat(7000))] {
            is_problem(&with(&value).await, 401, "token_invalid");
        }
        world.later(chrono::Duration::minutes(15));
        is_problem(&with(&format!("Bearer {token}")).await, 401, "token_invalid");
        zhang.get("/me").send().await.expect(200);
    }

    async fn an_idempotency_key_is_checked(world: World) {
        let wang = world.person("wang");
        for key in [" ", "\"\"", "a b", &"k".repeat(256)] {
            is_problem(&wang.post("/organizations").header("idempotency-key", key).json(organization()).send().await, 400, "idempotency_key_invalid");
        }
        let first = wang.post("/organizations").key("org-1").json(organization()).send().await;
        first.expect(201);
        let again = wang.post("/organizations").key("org-1").json(organization()).send().await;
        assert_eq!((again.status, &again.bytes, again.header("idempotency-replayed")), (201, &first.bytes, "true"));
        let other = json!({ "name": "另一个", "kind": "other", "region_code": HOME });
        is_problem(&wang.post("/organizations").key("org-1").json(&other).send().await, 422, "idempotency_key_reused");
        // Somebody else's key is another key.
        world.person("feng").post("/organizations").key("org-1").json(&other).send().await.expect(201);
        // After three days the key is forgotten, and the name is taken.
        world.later(chrono::Duration::hours(73));
        is_problem(&wang.post("/organizations").key("org-1").json(organization()).send().await, 409, "organization_name_taken");
    }

    async fn the_documentation_page_needs_no_other_origin(world: World) {
        let nobody = world.nobody();
        let page = nobody.request(Method::GET, "/docs/").send().await;
        assert_eq!(page.status, 200);
        assert!(page.header("content-type").starts_with("text/html"));
        let policy = page.header("content-security-policy").to_owned();
        assert!(policy.starts_with("default-src 'self';") && !policy.contains("http"), "{policy}");
        is_guarded(&page, &policy);
        let html = page.text();
        let links: Vec<&str> = ["src=\"", "href=\""].iter().flat_map(|a| html.split(a).skip(1)).filter_map(|rest| rest.split('"').next()).collect();
        assert!(links.len() >= 3, "{html}");
        for link in links {
            assert!(!link.contains("//"), "the page loads {link}");
            let path = format!("/docs/{}", link.trim_start_matches("./"));
            let asset = nobody.request(Method::GET, &path).send().await;
            assert_eq!(asset.status, 200, "{path}");
            let text = asset.text();
            if path.ends_with(".css") {
                for url in text.split("url(").skip(1) {
                    assert!(!url.trim_start_matches(['"', '\'']).starts_with("http") && !url.starts_with("//"), "{path} loads {}", &url[..url.len().min(60)]);
                }
                assert!(!text.contains("@import"), "{path}");
            }
            if path.ends_with("initializer.js") {
                assert!(text.contains("/api/v1/openapi.json"), "{text}");
                assert!(!text.contains("http:") && !text.contains("https:"), "{text}");
                assert!(text.contains("\"validatorUrl\": \"none\""), "unless told not to, Swagger UI asks validator.swagger.io: {text}");
            }
        }
        let redirect = nobody.request(Method::GET, "/docs").send().await;
        assert_eq!(redirect.status, 200, "a redirect was followed");
    }

    async fn a_page_of_another_origin_may_not_call(world: World) {
        let zhang = world.person("zhang");
        let reply = zhang.get("/me").header("origin", "https://evil.example").send().await;
        assert!(reply.headers.get("access-control-allow-origin").is_none(), "{:?}", reply.headers);
    }

    async fn a_client_that_says_no_more_does_not_hold_the_server(world: World) {
        let zhang = world.person("zhang");
        let address = zhang.address().to_string();
        let token = zhang.token();
        let slow = tokio::task::spawn_blocking(move || {
            let head = format!("POST /api/v1/organizations HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{{");
            let mut stream = TcpStream::connect(address).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            stream.write_all(head.as_bytes()).unwrap();
            let began = Instant::now();
            let mut answer = [0; 12];
            stream.read_exact(&mut answer).unwrap();
            (String::from_utf8_lossy(&answer).into_owned(), began.elapsed())
        });
        // Meanwhile the others are served.
        for _ in 0..5 {
            zhang.get("/me").send().await.expect(200);
        }
        let (answer, waited) = slow.await.unwrap();
        assert!(["HTTP/1.1 503", "HTTP/1.1 400"].contains(&answer.as_str()), "{answer}");
        assert!(waited < Duration::from_secs(4), "{waited:?}");
    }
}
