//! What a hotline signs: believed once, for a while, and only as it was sent.

use super::*;
use hotline12345::SECRET;

super::on_both! {
    async fn what_is_wrong_old_or_seen_is_refused(world: World) {
        let line = Line::open(&world).await;
        let body = work_order(SYSTEM, "ZJ1");
        let now = line.now();
        let send = async |nonce: &str, at: i64, secret: &str| line.hotline.send_signed(&line.linli, "/hotline_orders", &body, (nonce, at, secret)).await;
        send("a1", now, "0123456789abcdef-another").await.refused(401, "hotline_signature_wrong");
        let old = send("a2", now - 301, SECRET).await;
        old.refused(401, "hotline_signature_old");
        assert_eq!((&old.body["params"]["seconds"], &old.body["params"]["window"]), (&json!("301"), &json!("300")));
        send("a3", now + 301, SECRET).await.refused(401, "hotline_signature_old");
        // With the key of its program alone it is nobody.
        let program = world.nobody().program(&line.linli.key);
        let bare = program.post("/hotline_orders").json(&body).send().await.refused(401, "hotline_signature_missing");
        assert_eq!(bare["params"]["header"], "x-12345-nonce");
        // A body that was changed on its way, and one that was only written anew, are not what was signed.
        let signature = hotline12345::signature(SECRET, "a4", now, body.to_string().as_bytes());
        for text in [body.to_string().replace("路灯不亮", "路灯亮了"), format!("{body:#}")] {
            let changed = program.post("/hotline_orders").body("application/json", text);
            let changed = changed.header("x-12345-nonce", "a4").header("x-12345-time", &now.to_string()).header("x-12345-sign", &signature);
            changed.send().await.refused(401, "hotline_signature_wrong");
        }
        assert!(world.person("wang").get("/hotline_orders").send().await.expect(200)["items"].as_array().unwrap().is_empty(), "nothing was taken");
        // What was refused may be sent again; what was taken may not, not even when it would change nothing.
        assert_eq!(send("a5", now - 300, SECRET).await.status, 201);
        for _ in 0..3 {
            send("a5", now - 300, SECRET).await.refused(409, "hotline_signature_replayed");
        }
        assert_eq!(send("a6", now, SECRET).await.status, 200);
        send("a6", now, SECRET).await.refused(409, "hotline_signature_replayed");
        // A person is signed in, and signs nothing.
        world.person("feng").post("/hotline_orders").json(work_order(SYSTEM, "ZJ2")).send().await.expect(201);
        // When nobody can repeat it any more it is forgotten.
        world.later(chrono::Duration::minutes(29));
        assert_eq!(connect::hotline::purge(&world.cx()).await.unwrap(), 0);
        world.later(chrono::Duration::minutes(2));
        assert_eq!(connect::hotline::purge(&world.cx()).await.unwrap(), 2);
    }

    async fn a_secret_is_replaced_without_losing_anything(world: World) {
        let line = Line::open(&world).await;
        let feng = world.person("feng");
        let shown = feng.get(line.path()).send().await;
        assert!(!shown.text().contains(SECRET));
        let shown = shown.expect(200);
        assert_eq!((&shown["inbound"]["has_secret"], &shown["outbound"]["signing"]["has_secret"]), (&json!(true), &json!(true)));
        let next = json!({ "scheme": "hmac_sha256", "secret": "fedcba9876543210-new", "id_header": "x-12345-nonce", "timestamp_header": "x-12345-time", "signature_header": "x-12345-sign", "window_seconds": 60 });
        let changed = feng.post(line.path()).json(json!({ "inbound": next, "version": 1 })).send().await.expect(200);
        assert_eq!((&changed["version"], &changed["inbound"]["window_seconds"]), (&json!(2), &json!(60)));
        let send = async |number: &str, secret: &str, ago: i64| {
            let nonce = line.hotline.nonce();
            line.hotline.send_signed(&line.linli, "/hotline_orders", &work_order(SYSTEM, number), (&nonce, line.now() - ago, secret)).await
        };
        assert_eq!((send("ZJ1", SECRET, 0).await.status, send("ZJ2", "fedcba9876543210-new", 0).await.status), (201, 201));
        send("ZJ3", "fedcba9876543210-new", 61).await.refused(401, "hotline_signature_old");
        world.later(chrono::Duration::hours(24));
        send("ZJ3", SECRET, 0).await.refused(401, "hotline_signature_wrong");
        assert_eq!(send("ZJ3", "fedcba9876543210-new", 0).await.status, 201);
        feng.post(line.path()).json(json!({ "name": "x", "version": 1 })).send().await.refused(409, "version_stale");
        // Without a signature, if that is what was agreed.
        feng.post(line.path()).json(json!({ "inbound": { "scheme": "unsigned" } })).send().await.expect(200);
        world.nobody().program(&line.linli.key).post("/hotline_orders").json(work_order(SYSTEM, "ZJ4")).send().await.expect(201);
    }

    async fn a_hotline_is_entered_with_care(world: World) {
        let feng = world.person("feng");
        let enter = async |change: Value| {
            let body = json!({ "system": SYSTEM, "name": "镇江12345", "region_code": "321182001000" });
            feng.post("/hotlines").json(patched(body, &change)).send().await
        };
        let to = |url: &str| json!({ "outbound": { "base_url": url, "paths": [{ "kind": "sign", "path": "/sign" }] } });
        for url in ["http://example.org", "https://10.0.0.1", "https://192.168.0.1", "ftp://127.0.0.1", "https://user:pass@example.org", "x"] {
            let refused = enter(to(url)).await.refused(422, "hotline_address_refused");
            assert_eq!(refused["errors"][0]["pointer"], "#/outbound/base_url", "{url}");
        }
        enter(json!({ "inbound": { "scheme": "hmac_sha256" } })).await.refused(422, "hotline_config_invalid");
        let twice = json!({ "base_url": "https://1.1.1.1", "paths": [{ "kind": "sign", "path": "/a" }, { "kind": "sign", "path": "/b" }] });
        enter(json!({ "outbound": twice })).await.refused(422, "hotline_config_invalid");
        let unknown = json!({ "base_url": "https://1.1.1.1", "paths": [{ "kind": "sign", "path": "/a" }], "fields": [{ "ours": "caller", "theirs": "x" }] });
        enter(json!({ "outbound": unknown })).await.refused(422, "hotline_config_invalid");
        let unfit = json!({ "base_url": "https://1.1.1.1", "paths": [{ "kind": "sign", "path": "no slash" }] });
        enter(json!({ "outbound": unfit })).await.refused_fields(&[("#/outbound/paths/0/path", "field_invalid")]);
        enter(json!({ "system": "12345 镇江" })).await.refused_fields(&[("#/system", "field_invalid")]);
        enter(json!({ "region_code": "321182000000" })).await.refused(403, "permission_missing");
        let entered = enter(to("https://1.1.1.1/api?token=t0p-secret")).await.expect(201);
        assert!(!crate::battery::holds(&world, "t0p-secret").await, "addresses hold tokens");
        enter(json!({})).await.refused(409, "hotline_system_taken");
        feng.delete(format!("/hotlines/{}", entered["id"].as_str().unwrap())).send().await.expect(204);
        feng.get(format!("/hotlines/{}", entered["id"].as_str().unwrap())).send().await.refused(404, "hotline_not_found");
        enter(json!({})).await.expect(201);
    }
}
