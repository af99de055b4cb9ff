//! Forged, bent, stolen and worn-out access tokens: all get one and the same answer.
//!
//! The seed of the test's keys is known here, so a token may be wrong in exactly one thing and signed all the same.

use super::told;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer, SigningKey};
use identity::Keys;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use kernel::clock::Clock;
use serde_json::{Value, json};
use testkit::{Client, PASSWORD, Reply, SEED, World};

/// Someone's token, to be bent.
struct Forge {
    good: String,
    header: Value,
    claims: Value,
}

fn part(token: &str, n: usize) -> &str {
    token.split('.').nth(n).unwrap()
}

fn b64(text: impl ToString) -> String {
    URL_SAFE_NO_PAD.encode(text.to_string())
}

/// A token of this text, signed with the true key.
fn signed(header: impl ToString, claims: impl ToString) -> String {
    let message = format!("{}.{}", b64(header), b64(claims));
    let signature = SigningKey::from_bytes(&SEED).sign(message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

/// With other fields; null takes one away.
fn with(base: &Value, changes: &Value) -> Value {
    crate::orders::patched(base.clone(), changes)
}

impl Forge {
    fn of(who: &Client) -> Self {
        let good = who.token();
        let read = |n| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part(&good, n)).unwrap()).unwrap();
        Self { header: read(0), claims: read(1), good }
    }

    fn headed(&self, changes: Value) -> String {
        signed(with(&self.header, &changes), &self.claims)
    }

    fn claiming(&self, changes: Value) -> String {
        signed(&self.header, with(&self.claims, &changes))
    }
}

/// Algorithms that are not ours.
fn algorithms(forge: &Forge) -> Vec<String> {
    let (claims, signature) = (part(&forge.good, 1), part(&forge.good, 2));
    let mut bad = Vec::new();
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let head = b64(with(&forge.header, &json!({ "alg": alg })));
        bad.extend([format!("{head}.{claims}."), format!("{head}.{claims}.{signature}")]);
    }
    let public = Keys::from_seed(&SEED).unwrap().jwks().keys[0].x.clone();
    for (alg, secret) in [(Algorithm::HS256, URL_SAFE_NO_PAD.decode(&public).unwrap()), (Algorithm::HS512, public.into_bytes())] {
        let kid = forge.header["kid"].as_str().map(str::to_owned);
        let head = Header { typ: Some("at+jwt".to_owned()), kid, ..Header::new(alg) };
        bad.push(jsonwebtoken::encode(&head, &forge.claims, &EncodingKey::from_secret(&secret)).unwrap());
    }
    bad.extend(["RS256", "ES256", "PS256", "EdDSA ", "eddsa", "HS384"].map(|alg| forge.headed(json!({ "alg": alg }))));
    bad
}

/// Headers that lead elsewhere, over our own signature.
fn headers(forge: &Forge) -> Vec<String> {
    let stranger = Keys::from_seed(&[9; 32]).unwrap();
    let changes = [
        json!({ "kid": "../../dev/null" }),
        json!({ "kid": "' OR 1=1 --" }),
        json!({ "kid": "k".repeat(2048) }),
        json!({ "kid": "" }),
        json!({ "kid": null }),
        json!({ "kid": 7 }),
        json!({ "typ": "JWT" }),
        json!({ "typ": "refresh" }),
        json!({ "typ": "id_token+jwt" }),
        json!({ "typ": null }),
        json!({ "alg": null }),
        json!({ "crit": ["exp"] }),
    ];
    let mut bad: Vec<_> = changes.into_iter().map(|change| forge.headed(change)).collect();
    // Somebody else's key, named by the token itself.
    for name in ["jwk", "jku", "x5u", "x5c"] {
        let value = if name == "jwk" { json!(stranger.jwks().keys[0]) } else { json!("https://evil.example/keys") };
        let head = b64(with(&forge.header, &json!({ name: value, "kid": stranger.jwks().keys[0].kid })));
        let message = format!("{head}.{}", part(&forge.good, 1));
        let signature = SigningKey::from_bytes(&[9; 32]).sign(message.as_bytes());
        bad.push(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes())));
    }
    bad
}

/// Claims that cannot be, over our own signature.
fn claims(forge: &Forge) -> Vec<String> {
    let now = forge.claims["iat"].as_i64().unwrap();
    let changes = [
        json!({ "exp": now }),
        json!({ "exp": now - 1 }),
        json!({ "exp": -1 }),
        json!({ "exp": "9999999999" }),
        json!({ "exp": 1.5e300 }),
        json!({ "exp": null }),
        json!({ "nbf": now + 31 }),
        json!({ "nbf": i64::MAX }),
        json!({ "nbf": null }),
        json!({ "iat": now + 31 }),
        json!({ "iat": "now" }),
        json!({ "iat": null }),
        json!({ "iss": "evil" }),
        json!({ "iss": ["linli"] }),
        json!({ "iss": null }),
        json!({ "aud": "other" }),
        json!({ "aud": ["linli", "other"] }),
        json!({ "aud": null }),
        json!({ "sub": "root" }),
        json!({ "sub": null }),
        json!({ "sid": "1" }),
        json!({ "sid": null }),
        json!({ "jti": null }),
        json!({ "x": "y".repeat(4000) }),
        // Another's session, and one that never was.
        json!({ "sub": "019aa1c2-0000-7000-8000-000000000001" }),
        json!({ "sid": "019aa1c2-0000-7000-8000-000000000001" }),
    ];
    let mut bad: Vec<_> = changes.into_iter().map(|change| forge.claiming(change)).collect();
    let text = forge.claims.to_string();
    bad.extend([
        signed(&forge.header, text.replace(&format!("\"exp\":{}", now + 900), "\"exp\":1e309")),
        signed(&forge.header, text.replacen('{', &format!("{{\"exp\":{},", now + 9000), 1)),
        signed(&forge.header, text.replacen('{', "{\"sub\":\"019aa1c2-0000-7000-8000-000000000001\",", 1)),
        signed(&forge.header, "[]"),
        signed(&forge.header, ""),
        signed("[]", text.as_str()),
        signed(forge.header.to_string().replacen('{', "{\"alg\":\"none\",", 1), text),
    ]);
    bad
}

/// Torn, lengthened, exchanged.
fn torn(forge: &Forge) -> Vec<String> {
    let good = &forge.good;
    let [head, claims, signature] = [0, 1, 2].map(|n| part(good, n));
    let other = b64(with(&forge.claims, &json!({ "sub": "019aa1c2-0000-7000-8000-000000000001" })));
    let mut bad = vec![
        good[..good.len() - 1].to_owned(),
        format!("{good}A"),
        format!("{good}."),
        format!("{good}.{signature}"),
        format!("{good}=="),
        format!("{good} x"),
        format!("{good},{good}"),
        format!("{good}%00"),
        format!("{head}.{claims}"),
        format!("{head}.{claims}."),
        format!("{head}.{claims}.{}", URL_SAFE_NO_PAD.encode([0; 64])),
        format!("{head}.{other}.{signature}"),
        format!("{}.{claims}.{signature}", b64(with(&forge.header, &json!({ "cty": "x" })))),
        format!("{claims}.{head}.{signature}"),
        good.to_uppercase(),
        "a".repeat(10 * 1024),
        format!("{head}.{}.{signature}", "a".repeat(6 * 1024)),
    ];
    bad.extend([".", "..", "...", "a.b.c", "null", "undefined", "{}", "Bearer", "e30.e30.e30"].map(str::to_owned));
    bad
}

async fn carried(world: &World, token: &str) -> Reply {
    world.nobody().get("/me").header("authorization", &format!("Bearer {token}")).send().await
}

testkit::on_both! {
    async fn no_token_but_a_good_one_opens_and_none_tells_why(world: World) {
        let zhang = world.person("zhang");
        let forge = Forge::of(&zhang);
        carried(&world, &signed(&forge.header, &forge.claims)).await.expect(200);
        let mut bad = [algorithms(&forge), headers(&forge), claims(&forge), torn(&forge)].concat();
        assert!(bad.len() > 80, "{}", bad.len());

        // Good ones that were taken back: signed out, disabled, and what is no access token at all.
        let sign_in = async |name: &str| {
            let body = json!({ "name": world.login(name), "password": PASSWORD });
            world.nobody().post("/sessions").json(body).send().await.expect(201)
        };
        let left = sign_in("zhang").await;
        let (left, refresh) = (left["access_token"].as_str().unwrap(), left["refresh_token"].as_str().unwrap());
        carried(&world, left).await.expect(200);
        world.nobody().delete("/sessions/current").header("authorization", &format!("Bearer {left}")).send().await;
        let disabled = sign_in("li").await;
        carried(&world, disabled["access_token"].as_str().unwrap()).await.expect(200);
        let path = format!("/accounts/{}", world.person("li").account());
        world.person("wang").post(path).json(json!({ "status": "disabled" })).send().await.expect(200);
        bad.extend([left, refresh, disabled["access_token"].as_str().unwrap(), disabled["refresh_token"].as_str().unwrap()].map(str::to_owned));
        bad.push(world.person("li").token());

        let first = told(&carried(&world, "x").await);
        assert_eq!(first.1["code"], "token_invalid");
        for token in &bad {
            let reply = carried(&world, token).await;
            assert_eq!(told(&reply), first, "{token}");
            assert_eq!((reply.header("www-authenticate"), reply.header("content-length").is_empty()), ("Bearer", false));
        }
        // A clock that is a little behind is no forgery, and a good token is still good.
        let late = forge.claims["iat"].as_i64().unwrap() + 30;
        carried(&world, &forge.claiming(json!({ "iat": late, "nbf": late }))).await.expect(200);
        carried(&world, &forge.good).await.expect(200);
        world.later(chrono::Duration::minutes(15));
        assert_eq!(told(&carried(&world, &forge.good).await), first);
        assert_eq!(forge.claims["exp"], json!(world.clock.now().timestamp()));
    }
}
