//! Programs where they have no business: every operation without its scope, with a key that was taken back, and with keys
//! that never were.

use super::{contents, is_unchanged, told};
use crate::{
    contract::{document, operations},
    programs::{application, buy, issue, lets_in, revoke, scopes_of_all},
};
use kernel::access::Permissions;
use serde_json::{Value, json};
use testkit::{HOME, World};

testkit::on_both! {
    async fn a_program_without_the_scope_gets_at_nothing(world: World) {
        let all = scopes_of_all();
        let mine = lets_in(&world, "321182001000", &all).await;
        let secret = issue(&world, &mine, json!({ "kind": "client_secret", "label": "x" })).await;
        let document = document();
        let before = contents(&world).await;
        let (mut named, mut of_people, mut wrong) = (0, 0, Vec::new());
        for operation in operations(&document).iter().filter(|o| o.permission() != "public") {
            let needed: Vec<&str> = operation.spec["x-scopes"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let held: Vec<&str> = all.iter().copied().filter(|scope| !needed.contains(scope)).collect();
            let token = buy(&world, &mine, &secret, Some(&held.join(" "))).await.expect(200);
            let program = world.nobody().program(token["access_token"].as_str().unwrap());
            let reply = operation.about(&program, operation.nothing(), operation.example()).send().await;
            operation.declares(&reply);
            let problem = reply.json();
            let fine = match needed.first() {
                Some(first) => problem["code"] == "permission_missing" && problem["params"]["permission"] == *first,
                None => problem["code"] == "people_only",
            };
            if reply.status != 403 || !fine || reply.header("ratelimit").is_empty() {
                wrong.push(format!("{}: {} {:.300}", operation.id, reply.status, reply.text()));
            }
            if needed.is_empty() { of_people += 1 } else { named += 1 }
        }
        is_unchanged("a program without a scope", &before, &contents(&world).await);
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(named > 80 && of_people > 15, "{named} {of_people}");
    }

    async fn a_program_with_a_key_that_was_taken_back_gets_at_nothing(world: World) {
        let mine = lets_in(&world, HOME, &scopes_of_all()).await;
        let key = issue(&world, &mine, json!({ "kind": "api_key", "label": "x" })).await;
        let program = world.nobody().program(&key);
        program.get("/regions").send().await.expect(200);
        revoke(&world, &mine, &key).await;
        let document = document();
        let before = contents(&world).await;
        for operation in operations(&document).iter().filter(|o| o.permission() != "public") {
            let reply = operation.about(&program, operation.nothing(), operation.example()).send().await;
            operation.declares(&reply);
            reply.refused(401, "credential_revoked");
            assert!(!reply.text().contains(&key[8..]));
        }
        is_unchanged("a revoked key", &before, &contents(&world).await);
    }

    async fn no_key_but_a_good_one_opens(world: World) {
        let mine = lets_in(&world, HOME, &["order.read"]).await;
        let other = lets_in(&world, HOME, &["order.read"]).await;
        let good = issue(&world, &mine, json!({ "kind": "api_key", "label": "x" })).await;
        let others = issue(&world, &other, json!({ "kind": "api_key", "label": "x" })).await;
        let secret = issue(&world, &mine, json!({ "kind": "client_secret", "label": "x" })).await;
        let ask = async |key: &str| world.nobody().program(key).get("/orders").send().await;
        ask(&good).await.expect(200);
        let first = told(&ask("lk_").await);
        assert_eq!((first.0, &first.1["code"]), (401, &json!("api_key_invalid")));
        let flipped = |at: usize| {
            let mut bytes = good.clone().into_bytes();
            bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
            String::from_utf8(bytes).unwrap()
        };
        let checked = |body: &str| format!("{body}{}", checksum(body));
        let mut bad: Vec<String> = (8..good.len()).step_by(7).map(flipped).collect();
        bad.extend([
            good[..good.len() - 1].to_owned(),
            format!("{good}0"),
            good.to_uppercase().replace("LK_LIVE_", "lk_live_"),
            good.replace("lk_live_", "lk_test_"),
            good.replace("lk_live_", "lk_"),
            good.replace("lk_live_", "ls_live_"),
            "lk_live_".to_owned(),
            format!("lk_live_{}", "0".repeat(88)),
            format!("lk_live_{}", "f".repeat(9000)),
            "lk_live_' OR 1=1 --".to_owned(),
            secret.clone(),
            secret.replace("ls_live_", "lk_live_"),
            // With a checksum that is right: another's secret under one's own id, nobody's id, the secret in the clear zero.
            checked(&format!("{}{}", &good[..40], &others[40..88])),
            checked(&format!("{}{}", &others[..40], &good[40..88])),
            checked(&format!("lk_live_{}{}", "0".repeat(32), &good[40..88])),
            checked(&format!("{}{}", &good[..40], "0".repeat(48))),
            checked(&format!("lk_live_{}", &secret[8..88])),
        ]);
        let before = contents(&world).await;
        for key in &bad {
            let reply = ask(key).await;
            assert_eq!(told(&reply), first, "{key}");
            assert_eq!(reply.header("www-authenticate"), "Bearer");
            let reply = world.nobody().get("/orders").header("x-api-key", key).send().await;
            assert_eq!(reply.status, 401, "{key}");
        }
        // A token is no key; a key is a key in either header.
        let token = buy(&world, &mine, &secret, None).await.expect(200)["access_token"].as_str().unwrap().to_owned();
        world.nobody().get("/orders").header("x-api-key", &token).send().await.refused(401, "api_key_invalid");
        world.nobody().get("/orders").header("x-api-key", &good).send().await.expect(200);
        is_unchanged("a bad key", &before, &contents(&world).await);

        // Good ones that are no good any more say why.
        let soon = json!({ "kind": "api_key", "label": "x", "expires_at": "2026-11-16T01:10:00Z" });
        let short = issue(&world, &mine, soon).await;
        ask(&short).await.expect(200);
        world.later(chrono::Duration::minutes(10));
        ask(&short).await.refused(401, "credential_expired");
        let lv = world.person("lv");
        lv.post(format!("{}/suspend", application(&mine))).json(json!({})).send().await.expect(200);
        for key in [&good, &short] {
            ask(key).await.refused(401, "application_suspended");
        }
        let token = world.nobody().program(&token);
        token.get("/orders").send().await.refused(401, "application_suspended");
        buy(&world, &mine, &secret, None).await.refused(401, "application_suspended");
        lv.post(format!("{}/resume", application(&mine))).json(json!({})).send().await.expect(200);
        ask(&good).await.expect(200);
        lv.post(format!("{}/revoke", application(&mine))).json(json!({ "reason": "项目终止" })).send().await.expect(200);
        ask(&good).await.refused(401, "application_revoked");
        buy(&world, &mine, &secret, None).await.refused(401, "application_revoked");
        lv.post(format!("{}/resume", application(&mine))).json(json!({})).send().await.refused(409, "application_state_conflict");
        ask(&others).await.expect(200);
    }
}

fn checksum(text: &str) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(text).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn what_programs_are_given_is_what_the_contract_offers() {
    let offered = document()["components"]["securitySchemes"]["client_credentials"]["flows"]["clientCredentials"]["scopes"].clone();
    let all = scopes_of_all();
    assert_eq!(offered.as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>(), all);
    assert!(Permissions::read(&all.join(" ")).is_ok());
}
