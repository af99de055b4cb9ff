//! Who comes in, and as what: accounts, sessions, grants.

use chrono::Duration;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use std::time::Instant;
use testkit::{Client, FOREIGN, HOME, PASSWORD, Reply, World};

async fn sign_in(world: &World, name: &str, password: &str) -> Reply {
    world.nobody().post("/sessions").json(json!({ "name": name, "password": password })).send().await
}

async fn refresh(world: &World, token: &Value) -> Reply {
    world.nobody().post("/sessions/refresh").json(json!({ "refresh_token": token })).send().await
}

/// `GET /me` with this access token.
async fn me(world: &World, token: &Value) -> Reply {
    world.nobody().get("/me").header("authorization", &format!("Bearer {}", token.as_str().unwrap())).send().await
}

async fn grant(by: &Client, to: &Client, grant: Value) -> Reply {
    by.post(format!("/accounts/{}/grants", to.account())).json(grant).send().await
}

testkit::on_both! {
    async fn somebody_signs_in_stays_in_and_leaves(world: World) {
        let tokens = sign_in(&world, world.login("zhang"), PASSWORD).await.expect(201);
        assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("Bearer"), &json!(900)));
        let account = me(&world, &tokens["access_token"]).await.expect(200);
        assert_eq!(account["account"]["id"], world.person("zhang").account().to_string());
        assert_eq!(account["account"]["display_name"], "张三");
        assert_eq!(account["account"]["phone"], "13812341234");
        assert_eq!((&account["grants"][0]["role"], &account["grants"][0]["region_code"]), (&json!("resident"), &json!(HOME)));
        assert!(account["permissions"].as_array().unwrap().contains(&json!("order.place")), "{account}");

        world.later(Duration::minutes(14));
        let next = refresh(&world, &tokens["refresh_token"]).await.expect(200);
        world.later(Duration::minutes(1));
        me(&world, &tokens["access_token"]).await.refused(401, "token_invalid");
        me(&world, &next["access_token"]).await.expect(200);

        let cookie = format!("Bearer {}", next["access_token"].as_str().unwrap());
        let left = world.nobody().delete("/sessions/current").header("authorization", &cookie).send().await;
        assert_eq!((left.status, left.bytes.len()), (204, 0));
        me(&world, &next["access_token"]).await.refused(401, "token_invalid");
        refresh(&world, &next["refresh_token"]).await.refused(401, "refresh_token_invalid");
    }

    async fn a_refresh_token_used_twice_ends_the_session(world: World) {
        let first = sign_in(&world, world.login("zhang"), PASSWORD).await.expect(201);
        let second = refresh(&world, &first["refresh_token"]).await.expect(200);
        // The answer may have been lost on the way.
        world.later(Duration::seconds(10));
        let repeated = refresh(&world, &first["refresh_token"]).await.expect(200);
        assert_eq!(repeated["refresh_token"], second["refresh_token"]);
        world.later(Duration::seconds(1));
        refresh(&world, &first["refresh_token"]).await.refused(401, "refresh_token_invalid");
        refresh(&world, &second["refresh_token"]).await.refused(401, "refresh_token_invalid");
        me(&world, &second["access_token"]).await.refused(401, "token_invalid");
        for nonsense in ["x", "", &"A".repeat(59), second["access_token"].as_str().unwrap()] {
            let reply = refresh(&world, &json!(nonsense)).await;
            assert!([401, 422].contains(&reply.status), "{}", reply.text());
        }
    }

    async fn of_many_refreshes_at_once_each_gets_the_same_next_token(world: World) {
        let tokens = sign_in(&world, world.login("zhang"), PASSWORD).await.expect(201);
        let tries: Vec<_> = (0..8).map(|_| {
            let (world, token) = (world.clone(), tokens["refresh_token"].clone());
            tokio::spawn(async move { refresh(&world, &token).await.expect(200)["refresh_token"].clone() })
        }).collect();
        let mut got = Vec::new();
        for attempt in tries {
            got.push(attempt.await.unwrap());
        }
        got.dedup();
        assert_eq!(got.len(), 1, "{got:?}");
        assert_ne!(got[0], tokens["refresh_token"]);
    }

    async fn a_session_ends_after_thirty_days(world: World) {
        let tokens = sign_in(&world, world.login("zhang"), PASSWORD).await.expect(201);
        world.later(Duration::days(30) - Duration::minutes(1));
        let last = refresh(&world, &tokens["refresh_token"]).await.expect(200);
        world.later(Duration::minutes(1));
        me(&world, &last["access_token"]).await.refused(401, "token_invalid");
        refresh(&world, &last["refresh_token"]).await.refused(401, "refresh_token_invalid");
    }

    async fn a_wrong_name_looks_like_a_wrong_password(world: World) {
        let told = |reply: &Reply| {
            let mut problem = reply.refused(401, "credentials_wrong");
            problem["request_id"] = json!("");
            problem
        };
        let began = Instant::now();
        let no_name = sign_in(&world, "no.such.name", PASSWORD).await;
        let unknown = began.elapsed();
        let began = Instant::now();
        let no_password = sign_in(&world, world.login("zhang"), "wrong-password").await;
        let known = began.elapsed();
        assert_eq!(told(&no_name), told(&no_password));
        assert!(unknown > known / 5, "an unknown name took {unknown:?}, a known one {known:?}");

        for _ in 0..4 {
            sign_in(&world, world.login("zhang"), "wrong-password").await.refused(401, "credentials_wrong");
        }
        let limited = sign_in(&world, world.login("zhang"), PASSWORD).await;
        limited.refused(429, "rate_limited");
        assert!(!limited.header("retry-after").is_empty());
        world.later(Duration::seconds(60));
        sign_in(&world, world.login("zhang"), PASSWORD).await.expect(201);
    }

    async fn the_public_keys_are_told(world: World) {
        let reply = world.nobody().request(testkit::Method::GET, "/.well-known/jwks.json").send().await;
        let keys = reply.expect(200);
        let key = &keys["keys"][0];
        assert_eq!((&key["kty"], &key["crv"], &key["alg"], &key["use"]), (&json!("OKP"), &json!("Ed25519"), &json!("EdDSA"), &json!("sig")));
        assert!(key.get("d").is_none() && !key["kid"].as_str().unwrap().is_empty(), "{keys}");
        assert!(reply.header("cache-control").contains("max-age"));
    }

    async fn an_account_is_opened_seen_and_changed_by_whom_it_concerns(world: World) {
        let (wang, zhang) = (world.person("wang"), world.person("zhang"));
        let new = |name: &str| json!({
            "name": name, "password": "a-long-password", "display_name": "钱多多", "phone": "13612345678",
            "grants": [{ "role": "resident", "region_code": HOME }],
        });
        zhang.post("/accounts").json(new("qian")).send().await.refused(403, "permission_missing");
        let account = wang.post("/accounts").json(new("qian")).send().await.expect(201);
        let path = format!("/accounts/{}", account["id"].as_str().unwrap());
        wang.post("/accounts").json(new("qian")).send().await.refused(409, "account_name_taken");
        wang.post("/accounts").json(new("Qian")).send().await.refused_fields(&[("#/name", "field_invalid")]);

        let seen = wang.get(&path).send().await.expect(200);
        assert_eq!((&seen["display_name"], &seen["phone"]), (&json!("钱多多"), &json!("136****5678")));
        zhang.get(&path).send().await.refused(404, "account_not_found");
        world.person("foreign").get(&path).send().await.refused(404, "account_not_found");

        let tokens = sign_in(&world, "qian", "a-long-password").await.expect(201);
        let own = |body: Value| {
            let token = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
            world.nobody().post(&path).header("authorization", &token).json(body)
        };
        let changed = own(json!({ "phone": "0511-88321234", "version": 1 })).send().await.expect(200);
        assert_eq!((&changed["phone"], &changed["version"]), (&json!("0511-88321234"), &json!(2)));
        own(json!({ "phone": "0511-88321235", "version": 1 })).send().await.refused(409, "version_stale");
        own(json!({ "status": "disabled" })).send().await.refused(403, "account_is_own");
        wang.post(&path).json(json!({ "password": "another-password", "old_password": "a-long-password" })).send().await.refused(403, "account_not_own");

        // A new password ends every other session, and not this one.
        let other = sign_in(&world, "qian", "a-long-password").await.expect(201);
        own(json!({ "password": "another-password", "old_password": "wrong" })).send().await.refused(422, "old_password_wrong");
        own(json!({ "password": "another-password", "old_password": "a-long-password" })).send().await.expect(200);
        me(&world, &other["access_token"]).await.refused(401, "token_invalid");
        me(&world, &tokens["access_token"]).await.expect(200);
        sign_in(&world, "qian", "a-long-password").await.refused(401, "credentials_wrong");

        // Disabled here is disabled everywhere, at once.
        wang.post(&path).json(json!({ "status": "disabled" })).send().await.expect(200);
        me(&world, &tokens["access_token"]).await.refused(401, "token_invalid");
        refresh(&world, &tokens["refresh_token"]).await.refused(401, "refresh_token_invalid");
        sign_in(&world, "qian", "another-password").await.refused(401, "credentials_wrong");
        wang.post(&path).json(json!({ "status": "active" })).send().await.expect(200);
        sign_in(&world, "qian", "another-password").await.expect(201);
    }

    async fn nobody_gives_more_than_they_hold(world: World) {
        let [wang, feng, lv, admin, li, he] = ["wang", "feng", "lv", "admin", "li", "he"].map(|n| world.person(n));
        let role = |role: &str, region: &str| json!({ "role": role, "region_code": region });
        grant(&wang, &li, role("volunteer", HOME)).await.expect(201);
        grant(&wang, &li, role("street_operator", HOME)).await.refused(403, "grant_beyond_own");
        grant(&wang, &li, role("auditor", HOME)).await.refused(403, "grant_beyond_own");
        grant(&wang, &li, role("resident", FOREIGN)).await.refused(403, "permission_missing");
        grant(&wang, &li, role("resident", "321182001")).await.refused(403, "permission_missing");
        grant(&feng, &li, role("community_worker", FOREIGN)).await.expect(201);
        grant(&feng, &li, role("district_operator", HOME)).await.refused(403, "grant_beyond_own");
        grant(&lv, &li, role("auditor", "321182")).await.expect(201);
        grant(&lv, &li, role("administrator", "321182")).await.refused(403, "grant_beyond_own");
        grant(&admin, &li, role("administrator", "3211")).await.expect(201);
        grant(&he, &li, role("resident", HOME)).await.refused(403, "permission_missing");
        grant(&li, &world.person("zhang"), role("administrator", "3211")).await.expect(201);

        grant(&admin, &li, json!({ "role": "resident" })).await.refused(422, "grant_scope_invalid");
        let both = json!({ "role": "grid_member", "region_code": HOME, "grid_id": world.places.west });
        grant(&admin, &li, both).await.refused(422, "grant_scope_invalid");
        grant(&admin, &li, role("resident", "321182001099")).await.refused(422, "region_unknown");
        grant(&admin, &li, role("resident", "321182001012")).await.refused(422, "region_closed");
        let period = json!({ "role": "resident", "region_code": HOME, "valid_from": "2026-12-02T00:00:00+08:00", "valid_to": "2026-12-01T00:00:00+08:00" });
        grant(&admin, &li, period).await.refused(422, "period_invalid");
        // Whoever manages one grid's people does so by the community that it lies in.
        grant(&wang, &li, json!({ "role": "grid_member", "grid_id": world.places.east })).await.expect(201);
        grant(&wang, &li, json!({ "role": "grid_member", "grid_id": world.places.abroad })).await.refused(403, "permission_missing");
        grant(&wang, &li, json!({ "role": "organization_staff", "organization_id": world.places.telecom })).await.expect(201);
    }

    async fn a_grant_holds_for_its_period_and_ends_at_once_when_taken_back(world: World) {
        let (wang, feng, li) = (world.person("wang"), world.person("feng"), world.person("li"));
        let may = async |status: u16| {
            let reply = li.get(format!("/volunteers?region_code={HOME}")).send().await;
            assert_eq!(reply.status, status, "{}", reply.text());
        };
        may(403).await;
        let given = grant(&feng, &li, json!({ "role": "community_worker", "region_code": HOME, "valid_from": "2026-11-16T10:00:00+08:00", "valid_to": "2026-11-16T12:00:00+08:00" })).await.expect(201);
        may(403).await;
        world.later(Duration::hours(1));
        may(200).await;
        let second = grant(&feng, &li, json!({ "role": "grid_member", "region_code": HOME })).await.expect(201);
        world.later(Duration::hours(2));
        may(200).await;
        let path = format!("/grants/{}", second["id"].as_str().unwrap());
        world.person("zhang").delete(&path).send().await.refused(404, "grant_not_found");
        world.person("foreign").delete(&path).send().await.refused(404, "grant_not_found");
        assert_eq!(wang.delete(&path).send().await.status, 204);
        may(403).await;
        // With the last grant in its region a community also loses sight of the account.
        let account = format!("/accounts/{}", li.account());
        let lend = json!({ "role": "resident", "region_code": FOREIGN });
        // Nobody draws an account into their sight by giving it a grant: somebody who sees it has to.
        grant(&world.person("foreign"), &li, lend.clone()).await.refused(404, "account_not_found");
        let lent = grant(&feng, &li, lend).await.expect(201);
        world.person("foreign").get(&account).send().await.expect(200);
        assert_eq!(world.person("foreign").delete(format!("/grants/{}", lent["id"].as_str().unwrap())).send().await.status, 204);
        world.person("foreign").get(&account).send().await.refused(404, "account_not_found");
        let there = world.person("foreign").get("/accounts?limit=100").send().await.expect(200);
        assert!(!there.to_string().contains(&li.account().to_string()), "{there}");
        let listed = li.get(format!("/accounts/{}/grants", li.account())).send().await.expect(200);
        let ids: Vec<&Value> = listed["items"].as_array().unwrap().iter().map(|g| &g["id"]).collect();
        assert!(ids.len() == 4 && ids.contains(&&given["id"]) && ids.contains(&&second["id"]), "{listed}");
    }

    async fn what_is_personal_is_sealed_in_the_database(world: World) {
        let db = &world.core().db;
        let rows = db.reader().query_all_raw(Statement::from_string(db.backend(), "SELECT display_name, phone, phone_index, password_hash FROM accounts")).await.unwrap();
        assert!(rows.len() > 10);
        for row in rows {
            for column in 0..3 {
                let text: String = row.try_get_by_index(column).unwrap();
                assert!(!text.contains("138") || text.len() > 15, "{text}");
                assert!(text.is_ascii(), "{text}");
                assert!(!text.contains("13812341234"), "{text}");
            }
            let hash: String = row.try_get_by_index(3).unwrap();
            assert!(hash.starts_with("$argon2id$"), "{hash}");
        }
        let feed = testkit::eventually(async || {
            let feed = world.person("admin").get("/events?limit=100").send().await.expect(200).to_string();
            feed.contains("account.created").then_some(feed)
        }).await;
        assert!(!feed.contains("张三") && !feed.contains("13812341234") && !feed.contains("zhang.san"));
    }
}

async fn whoever_holds_the_console_becomes_administrator(world: World) {
    let token = identity::ensure_setup_token(world.core()).await.unwrap().expect("nobody is there yet");
    let set_up = async |token: &str| {
        let body = json!({ "token": token, "name": "root.admin", "password": "a-long-password", "display_name": "管理员" });
        world.nobody().post("/setup").json(body).send().await
    };
    set_up("wrong").await.refused(401, "setup_token_invalid");
    // A restart prints a new token, and the old one is worth nothing.
    let newer = identity::ensure_setup_token(world.core()).await.unwrap().expect("still nobody");
    set_up(&token).await.refused(401, "setup_token_invalid");
    set_up(&newer).await.expect(201);
    set_up(&newer).await.refused(401, "setup_token_invalid");
    assert!(identity::ensure_setup_token(world.core()).await.unwrap().is_none());
    let tokens = sign_in(&world, "root.admin", "a-long-password").await.expect(201);
    let root = me(&world, &tokens["access_token"]).await.expect(200);
    assert_eq!((&root["grants"][0]["role"], &root["grants"][0]["region_code"]), (&json!("administrator"), &json!("000000000000")));
}

#[test]
fn the_first_start_on_sqlite() {
    testkit::run_bare(testkit::Backend::Sqlite, whoever_holds_the_console_becomes_administrator);
}

#[test]
fn the_first_start_on_postgres() {
    testkit::run_bare(testkit::Backend::Postgres, whoever_holds_the_console_becomes_administrator);
}
