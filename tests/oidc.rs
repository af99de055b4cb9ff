//! Tokens of an outside issuer: a little one that runs here, on the loopback, and can do whatever an issuer should not.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ed25519_dalek::{SigningKey, pkcs8::EncodePrivateKey};
use identity::Trust;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use kernel::clock::Clock;
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};
use testkit::{HOME, Reply, World};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// Keys that were made for this test and sign nothing else: RSA (PKCS #1) and P-256 (PKCS #8).
const RSA: &str = "MIIEpQIBAAKCAQEA1g2X59ReWDLqUZP962qUxf4zDXiOw4eYDFwktAykQb57GYDejL2w/mWFYRB3bwHCMfI5E6amgl2C4GgrTf1qfzhJo1UEk4M3Lbg7bj0KOP7EApTwKLgyg0uybmKJGB13DE8/lJLpIxD3EyVe3e4Am8qN64rcJPExjnSCXTzlxvIbuRAP6UcqIHxjKOzqWeYnsfjpt2LT+dAS8QISzUKKqlQIqizTJ7WyAcz4AoZaq1i9BTJFn/zR7FLRDsYwNT8CDp/2OyRCJH1RLLMI5y7RWVMEzH2uXikB3uj8oMwUjPiEqp+dcxZzXko7YggLbFYfGMsXmZwGxkjM9HNwtE7HzwIDAQABAoIBAA/vEhw9SEqbe6rX7+Jq3ClC62z4yPPQL6bX4xmOCVolgkdbOvXSFw9Q4lVf4uwd/uU16T7HvIRezqPCzVpwX1GaEI06gm0yqtRZ7v6dR5oHiPLCQIBfec8hPuaNqjPj2Z1Oduap6vXjyOihcwblNSFjuh3LB+kuFSjMDno/UsF02HTvk8PjE8Zeos5EdmDxsetXzK3YlTeOxQs1MlHjCfm5DyI3BSkJLffj7kKLoNyKkw4TRrAFwTpEBgPUR05Oz6dxyaGRT5IJfwSHMaC8i1r7dtCOcmE3cO9AOZ50HZWrh5nzPNFSRXpb4FzV2CTxgEut7652dJ3L66qk8MrkMUUCgYEA7psWYVppxx2uAA/cJdc6MFE4v9GLG2fsS0rAyvAHNVe3faavTQb6Ebaurc5U3/HTzzqf6XJ3cGNeK9bHzJB1ybEecBQSKzJxgV9YjQXizgG1DGhoo+QHZzExC4z7NRj39wyARF3fkjW2t5z3YeadJVyj30IbtWwWBlQkkP7PMrUCgYEA5ahMSx6aPH86vTPrMBAqx5jp7sblEpVoAw1vTMrfdN9tPoRIUhiHacShO9OyhUoeLW+P/CH0Cbd86JrDRNYUjNzx5UV7qZGsCq2Rkxqd8ruDUtSuHUEty/gKi18G12+JKHJXJCiZaYIh+R6M812z33YxEQRY4Ok+X/SGbBAEzvMCgYEAnx3dNt7MW3R3bKMm9DUrIL2JUqGyWnxbH3qiRrL6m5/7RVe632sfqGBi7JUEFLN3xGIb8dnbvJ8HVcTNSKWtZusumR9JXnUtLFEhBCpArZCF49hcr66JIU+0nTdO7oHQGnfDsdPIHACl8JxEfI0FjrzQqzmysLF7nozONcM2+WECgYEAgJaOOVVmOM9oPT4PxraWrXGSMk8NPi2HsoXYNuA05ASh72oz8DupvnAJcy0ifP02Dmyz6xG7yaECgF7/TNCtav3fN2eDSTu2X7g1lW9G1v1lF4DcCKdRFC7LAKRxeTkLTClRX36X/3qMuScA9tcVet57tLKBbVVLxoBsr578gj8CgYEA1xKj7t5OZvEHEYhKmiOZ+E4wl2anqjSlz1JS8sYJwl9KT6EMyssxEYtnOa0r3cl09iUPCLZQpMJbScxEn9BW430Prx6IegWVivBctdhyMS8Bxh7rfYN6D9ZiuUl4OlDAFN66nSPkg+rxkPEuV9h0xtKxe2+upINrSMzmKVuCpY4=";
const RSA_N: &str = "1g2X59ReWDLqUZP962qUxf4zDXiOw4eYDFwktAykQb57GYDejL2w_mWFYRB3bwHCMfI5E6amgl2C4GgrTf1qfzhJo1UEk4M3Lbg7bj0KOP7EApTwKLgyg0uybmKJGB13DE8_lJLpIxD3EyVe3e4Am8qN64rcJPExjnSCXTzlxvIbuRAP6UcqIHxjKOzqWeYnsfjpt2LT-dAS8QISzUKKqlQIqizTJ7WyAcz4AoZaq1i9BTJFn_zR7FLRDsYwNT8CDp_2OyRCJH1RLLMI5y7RWVMEzH2uXikB3uj8oMwUjPiEqp-dcxZzXko7YggLbFYfGMsXmZwGxkjM9HNwtE7Hzw";
const EC: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgEiGaOhqdrlpcPO4qo62xtauQ6mYWI40W+GZ8Csxn7h2hRANCAAQAWK+oAuePtRgqj2O8SO3+9kpw9FvH079hTZBSPM9CnxEKG/pQ+qwaCfMZhn1zh7kSAvaGa9fnFDjPsompB1io";
const EC_XY: (&str, &str) = ("AFivqALnj7UYKo9jvEjt_vZKcPRbx9O_YU2QUjzPQp8", "EQob-lD6rBoJ8xmGfXOHuRIC9oZr1-cUOM-yiakHWKg");

fn der(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap()
}

fn ed(seed: u8) -> (EncodingKey, String) {
    let key = SigningKey::from_bytes(&[seed; 32]);
    (EncodingKey::from_ed_der(key.to_pkcs8_der().unwrap().as_bytes()), URL_SAFE_NO_PAD.encode(key.verifying_key().to_bytes()))
}

fn jwk_rsa(kid: &str) -> Value {
    json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": RSA_N, "e": "AQAB" })
}

fn jwk_ec(kid: &str) -> Value {
    json!({ "kty": "EC", "use": "sig", "crv": "P-256", "kid": kid, "x": EC_XY.0, "y": EC_XY.1 })
}

fn jwk_ed(kid: &str, seed: u8) -> Value {
    json!({ "kty": "OKP", "crv": "Ed25519", "kid": kid, "x": ed(seed).1 })
}

/// The issuer: what it says, and how often it was asked.
struct Issuer {
    address: SocketAddr,
    says: Mutex<Says>,
    asked: AtomicUsize,
}

struct Says {
    up: bool,
    issuer: Option<String>,
    keys: Value,
}

impl Issuer {
    async fn open() -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let keys = json!([
            jwk_rsa("r"), jwk_ec("e"), jwk_ed("d", 1),
            // What is not for signatures, and what nobody can read.
            { "kty": "oct", "kid": "o", "k": URL_SAFE_NO_PAD.encode("secret") },
            { "kty": "XYZ", "kid": "x" },
            { "kty": "RSA", "use": "enc", "kid": "enc", "n": RSA_N, "e": "AQAB" },
        ]);
        let issuer = Arc::new(Self {
            address: listener.local_addr().unwrap(),
            says: Mutex::new(Says { up: true, issuer: None, keys }),
            asked: AtomicUsize::new(0),
        });
        let own = Arc::clone(&issuer);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = vec![0; 4096];
                let read = stream.read(&mut request).await.unwrap_or(0);
                let path = String::from_utf8_lossy(&request[..read]).split(' ').nth(1).unwrap_or_default().to_owned();
                let answer = own.answer(&path);
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        issuer
    }

    fn name(&self) -> String {
        format!("http://{}", self.address)
    }

    fn answer(&self, path: &str) -> String {
        let says = self.says.lock().unwrap();
        let body = match path {
            _ if !says.up => return "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned(),
            "/.well-known/openid-configuration" => {
                json!({ "issuer": says.issuer.clone().unwrap_or_else(|| self.name()), "jwks_uri": format!("{}/keys", self.name()) })
            }
            _ => {
                self.asked.fetch_add(1, Ordering::Relaxed);
                json!({ "keys": says.keys })
            }
        };
        let body = body.to_string();
        format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

/// A world that trusts an issuer.
async fn trusting(world: &World) -> Arc<Issuer> {
    let issuer = Issuer::open().await;
    let trust = Trust::read(&issuer.name(), "linli", "RS256,ES256,EdDSA", "preferred_username").unwrap();
    world.identity().trust(trust).unwrap();
    issuer
}

fn claims(world: &World, issuer: &Issuer, changes: &Value) -> Value {
    let now = world.clock.now().timestamp();
    let claims = json!({
        "iss": issuer.name(), "aud": "linli", "sub": "42", "preferred_username": world.login("wang"), "iat": now, "nbf": now, "exp": now + 300,
    });
    crate::orders::patched(claims, changes)
}

fn token(algorithm: Algorithm, kid: &str, key: &EncodingKey, claims: &Value) -> String {
    let header = Header { kid: Some(kid.to_owned()), ..Header::new(algorithm) };
    jsonwebtoken::encode(&header, claims, key).unwrap()
}

async fn carried(world: &World, token: &str) -> Reply {
    world.nobody().program(token).get("/me").send().await
}

testkit::on_both! {
    async fn a_token_of_the_issuer_is_its_account_here(world: World) {
        let issuer = trusting(&world).await;
        let good = claims(&world, &issuer, &json!({}));
        let keys = [
            token(Algorithm::RS256, "r", &EncodingKey::from_rsa_der(&der(RSA)), &good),
            token(Algorithm::ES256, "e", &EncodingKey::from_ec_der(&der(EC)), &good),
            token(Algorithm::EdDSA, "d", &ed(1).0, &claims(&world, &issuer, &json!({ "aud": ["other", "linli"] }))),
        ];
        for token in &keys {
            let me = carried(&world, token).await.expect(200);
            assert_eq!(me["account"]["id"], world.person("wang").account().to_string());
        }
        assert_eq!(issuer.asked(), 1, "the keys are kept");
        // With the grants of the account, and no more than those.
        let wang = world.nobody().program(&keys[0]);
        let order = wang.post("/orders").json(crate::orders::lamp()).key("once").send().await.expect(201);
        assert_eq!(order["placed_by"], world.person("wang").account().to_string());
        wang.get("/events").send().await.refused(403, "permission_missing");
        assert!(wang.get("/orders").send().await.header("ratelimit").is_empty(), "it is no program");
        // A disabled account is out, within five seconds as always.
        let path = format!("/accounts/{}", world.person("wang").account());
        world.person("feng").post(path).json(json!({ "status": "disabled" })).send().await.expect(200);
        carried(&world, &keys[1]).await.refused(401, "token_invalid");
        // Ours are as good as before.
        world.person("zhang").get("/me").send().await.expect(200);
    }

    async fn no_token_of_another_or_for_another_opens(world: World) {
        let issuer = trusting(&world).await;
        let ed_key = ed(1).0;
        let mine = lets_a_program_in(&world).await;
        let now = world.clock.now().timestamp();
        let with = |changes: Value| token(Algorithm::EdDSA, "d", &ed_key, &claims(&world, &issuer, &changes));
        carried(&world, &with(json!({}))).await.expect(200);
        let mut bad: Vec<String> = [
            json!({ "aud": "other" }), json!({ "aud": null }), json!({ "aud": ["other"] }), json!({ "aud": "linli2" }),
            json!({ "exp": now - 60 }), json!({ "exp": null }), json!({ "exp": "soon" }), json!({ "nbf": now + 61 }), json!({ "nbf": "x" }),
            json!({ "sub": null }), json!({ "preferred_username": null }), json!({ "preferred_username": "" }),
            json!({ "preferred_username": "nobody.here" }), json!({ "preferred_username": 7 }), json!({ "preferred_username": ["admin"] }),
            // Upper case is another name, and a program is nobody who signs in.
            json!({ "preferred_username": "Admin" }), json!({ "preferred_username": mine }),
            json!({ "iss": format!("{}/", issuer.name()) }), json!({ "iss": "linli" }), json!({ "iss": null }), json!({ "iss": [issuer.name()] }),
        ].into_iter().map(with).collect();
        let good = claims(&world, &issuer, &json!({}));
        let public = STANDARD.decode(RSA).unwrap();
        bad.extend([
            // Another's signature, under each kid; the public key as a secret; algorithms that are not on the list.
            token(Algorithm::EdDSA, "d", &ed(2).0, &good),
            token(Algorithm::EdDSA, "r", &ed_key, &good),
            token(Algorithm::ES256, "d", &EncodingKey::from_ec_der(&der(EC)), &good),
            token(Algorithm::RS384, "r", &EncodingKey::from_rsa_der(&der(RSA)), &good),
            token(Algorithm::PS256, "r", &EncodingKey::from_rsa_der(&der(RSA)), &good),
            token(Algorithm::RS256, "enc", &EncodingKey::from_rsa_der(&der(RSA)), &good),
            token(Algorithm::HS256, "o", &EncodingKey::from_secret(b"secret"), &good),
            token(Algorithm::HS256, "r", &EncodingKey::from_secret(RSA_N.as_bytes()), &good),
            token(Algorithm::HS256, "d", &EncodingKey::from_secret(ed(1).1.as_bytes()), &good),
            token(Algorithm::HS256, "r", &EncodingKey::from_secret(&public), &good),
        ]);
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        bad.push(format!("{}.{}.", part(json!({ "alg": "none", "kid": "d" })), part(good.clone())));
        let headed = |header: Header| jsonwebtoken::encode(&header, &good, &ed_key).unwrap();
        let base = || Header { kid: Some("d".to_owned()), ..Header::new(Algorithm::EdDSA) };
        bad.extend([
            headed(Header { kid: None, ..base() }),
            headed(Header { typ: Some("logout+jwt".to_owned()), ..base() }),
            headed(Header { crit: Some(vec!["exp".to_owned()]), ..base() }),
        ]);
        for token in &bad {
            carried(&world, token).await.refused(401, "token_invalid");
        }
        // Clocks may differ by a minute.
        carried(&world, &with(json!({ "exp": now - 59 }))).await.expect(200);
        carried(&world, &with(json!({ "nbf": now + 60 }))).await.expect(200);
        assert_eq!(issuer.asked(), 1);
    }

    async fn a_new_key_is_asked_for_and_not_too_often(world: World) {
        let issuer = trusting(&world).await;
        let from = |kid: &str, seed: u8| token(Algorithm::EdDSA, kid, &ed(seed).0, &claims(&world, &issuer, &json!({})));
        carried(&world, &from("d", 1)).await.expect(200);
        for n in 0..20 {
            carried(&world, &from(&format!("guess{n}"), 7)).await.refused(401, "token_invalid");
        }
        assert_eq!(issuer.asked(), 1, "not yet");
        issuer.says.lock().unwrap().keys = json!([jwk_ed("d2", 2)]);
        carried(&world, &from("d2", 2)).await.refused(401, "token_invalid");
        world.later(chrono::Duration::seconds(30));
        carried(&world, &from("d2", 2)).await.expect(200);
        for n in 0..20 {
            carried(&world, &from(&format!("guess{n}"), 7)).await.refused(401, "token_invalid");
        }
        assert_eq!(issuer.asked(), 2);
        carried(&world, &from("d", 1)).await.refused(401, "token_invalid");
        // It is away: what is known goes on for a day, and no longer.
        issuer.says.lock().unwrap().up = false;
        for hours in [2, 20] {
            world.later(chrono::Duration::hours(hours));
            carried(&world, &from("d2", 2)).await.expect(200);
        }
        world.later(chrono::Duration::hours(3));
        carried(&world, &from("d2", 2)).await.refused(503, "issuer_unavailable");
        issuer.says.lock().unwrap().up = true;
        world.later(chrono::Duration::seconds(30));
        carried(&world, &from("d2", 2)).await.expect(200);
        // Its keys under another's name are nobody's.
        issuer.says.lock().unwrap().issuer = Some("https://evil.example".to_owned());
        issuer.says.lock().unwrap().keys = json!([jwk_ed("d3", 3)]);
        world.later(chrono::Duration::seconds(30));
        carried(&world, &from("d3", 3)).await.refused(401, "token_invalid");
    }
}

/// The name of a program's account.
async fn lets_a_program_in(world: &World) -> String {
    let made = crate::programs::lets_in(world, HOME, &["order.read"]).await;
    format!("app.{}", made["id"].as_str().unwrap().replace('-', ""))
}
