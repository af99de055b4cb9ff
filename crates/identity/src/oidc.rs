//! Tokens of an outside issuer (外部身份提供方, OpenID Connect), accepted where the settings name one.
//!
//! A person who has signed in at the city's own identity provider brings its token instead of ours. The token says who; what
//! they may do are the grants of their **account** here, found by a claim that holds its sign-in name. Who has no account
//! here gets nowhere.
//!
//! The issuer's keys come from its discovery document, are kept for an hour, and are asked for again when a token names one
//! that is not among them, but never more than once in thirty seconds, whatever tokens come. When the issuer is away, the keys
//! that are there go on for a day. Only the algorithms of the settings are taken, and of those only signatures by public keys.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation,
    jwk::{AlgorithmParameters, Jwk, PublicKeyUse},
};
use kernel::{
    Core, Time,
    error::{Code, Error, Result},
};
use moka::sync::Cache;
use reqwest::{Client, redirect};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use tokio::sync::Mutex;

/// The longest token that is looked at.
const LONGEST: usize = 16 * 1024;
/// How far the clocks of issuer and server may differ, in seconds.
const LEEWAY: i64 = 60;
/// How long keys are kept without asking for them again.
const KEPT: chrono::Duration = chrono::Duration::hours(1);
/// How long they are believed when the issuer cannot be asked.
const OLDEST: chrono::Duration = chrono::Duration::hours(24);
/// How long nobody is asked again, whatever tokens come; and the same as long as there are no keys at all.
const PAUSE: chrono::Duration = chrono::Duration::seconds(30);
const FIRST_PAUSE: chrono::Duration = chrono::Duration::seconds(5);
/// How long the issuer has for an answer: less than a request has.
const PATIENCE: Duration = Duration::from_secs(2);
/// The largest answer of an issuer that is read.
const LARGEST: usize = 256 * 1024;
/// Good tokens remembered at once.
const REMEMBERED: u64 = 50_000;

/// Whom to trust, by configuration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trust {
    /// The issuer, exactly as its tokens name it.
    pub issuer: String,
    /// What its tokens must be for (`aud`).
    pub audience: String,
    /// The algorithms that are taken: of `RS256`, `ES256` and `EdDSA`.
    pub algorithms: Vec<Algorithm>,
    /// The claim that holds the sign-in name of the account.
    pub claim: String,
}

impl Trust {
    /// Reads it from settings.
    ///
    /// # Errors
    /// What is wrong, in a sentence.
    pub fn read(issuer: &str, audience: &str, algorithms: &str, claim: &str) -> std::result::Result<Self, String> {
        let url: reqwest::Url = issuer.parse().map_err(|e| format!("{issuer} is no address: {e}"))?;
        let here = url.host_str().is_some_and(|host| ["127.0.0.1", "localhost", "[::1]"].contains(&host));
        if url.scheme() != "https" && !(url.scheme() == "http" && here) {
            return Err("an issuer begins with https://, or lies on this machine".to_owned());
        }
        if audience.is_empty() || claim.is_empty() {
            return Err("an issuer needs an audience and a claim".to_owned());
        }
        let algorithm = |word: &str| match word {
            "RS256" => Ok(Algorithm::RS256),
            "ES256" => Ok(Algorithm::ES256),
            "EdDSA" => Ok(Algorithm::EdDSA),
            other => Err(format!("{other} is none of RS256, ES256 and EdDSA")),
        };
        let algorithms: Vec<_> =
            algorithms.split(',').map(str::trim).filter(|w| !w.is_empty()).map(algorithm).collect::<std::result::Result<_, _>>()?;
        if algorithms.is_empty() {
            return Err("at least one algorithm is needed".to_owned());
        }
        Ok(Self { issuer: issuer.to_owned(), audience: audience.to_owned(), algorithms, claim: claim.to_owned() })
    }
}

/// What a token with a good signature says.
#[derive(Clone)]
struct Checked {
    name: Arc<str>,
    from: i64,
    exp: i64,
}

#[derive(Default)]
struct Keys {
    by_id: HashMap<String, Jwk>,
    /// When they were last asked for, and when that last succeeded.
    asked: Option<Time>,
    read: Option<Time>,
}

/// An issuer that is trusted.
pub(crate) struct Issuer {
    trust: Trust,
    client: Client,
    keys: RwLock<Keys>,
    /// Of many who want to ask, one does.
    asking: Mutex<()>,
    good: Cache<[u8; 32], Checked>,
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

impl Issuer {
    /// Asks nobody yet.
    ///
    /// # Errors
    /// `internal_error` when no client can be made.
    pub(crate) fn new(trust: Trust) -> Result<Self> {
        kernel::tls::install();
        let client =
            Client::builder().redirect(redirect::Policy::none()).referer(false).timeout(PATIENCE).build().map_err(Error::internal)?;
        let good = Cache::builder().max_capacity(REMEMBERED).time_to_live(Duration::from_secs(60)).build();
        Ok(Self { trust, client, keys: RwLock::default(), asking: Mutex::default(), good })
    }

    /// Whether a token claims to be this issuer's; nothing about it is believed yet.
    pub(crate) fn is_meant(&self, token: &str) -> bool {
        let claims = token.split('.').nth(1).filter(|_| token.len() <= LONGEST).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
        let claims = claims.and_then(|bytes| serde_json::from_slice::<Map<String, Value>>(&bytes).ok());
        claims.is_some_and(|claims| claims.get("iss").and_then(Value::as_str) == Some(&self.trust.issuer))
    }

    /// The sign-in name that a token names.
    ///
    /// # Errors
    /// `token_invalid`, whatever is wrong with it; `issuer_unavailable` when there are no keys to check it with.
    pub(crate) async fn name(&self, core: &Core, token: &str) -> Result<Arc<str>> {
        let invalid = || Error::new(Code::TokenInvalid);
        let now = core.clock.now();
        let digest: [u8; 32] = Sha256::digest(token).into();
        let checked = match self.good.get(&digest) {
            Some(checked) => checked,
            None => {
                let header = jsonwebtoken::decode_header(token).map_err(|e| invalid().because(e))?;
                let kid =
                    header.kid.filter(|_| self.trust.algorithms.contains(&header.alg) && header.crit.is_none()).ok_or_else(invalid)?;
                let typed =
                    header.typ.is_none_or(|typ| ["JWT", "at+jwt", "application/at+jwt"].iter().any(|t| typ.eq_ignore_ascii_case(t)));
                let key = self.key(&kid, now).await?.filter(|_| typed).ok_or_else(invalid)?;
                let checked = self.check(token, header.alg, &key).map_err(|e| invalid().because(e))?.ok_or_else(invalid)?;
                self.good.insert(digest, checked.clone());
                checked
            }
        };
        let now = now.timestamp();
        let in_time = checked.from <= now.saturating_add(LEEWAY) && now < checked.exp.saturating_add(LEEWAY);
        if in_time { Ok(checked.name) } else { Err(invalid()) }
    }

    fn check(&self, token: &str, algorithm: Algorithm, key: &Jwk) -> jsonwebtoken::errors::Result<Option<Checked>> {
        // Time is compared with the server's own clock, above.
        let mut validation = Validation::new(algorithm);
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.set_issuer(&[&self.trust.issuer]);
        validation.set_audience(&[&self.trust.audience]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        let claims = jsonwebtoken::decode::<Map<String, Value>>(token, &DecodingKey::from_jwk(key)?, &validation)?.claims;
        let number = |name: &str| claims.get(name).map(Value::as_f64);
        // A moment that is no number is no moment.
        let (Some(Some(exp)), Some(nbf)) = (number("exp"), number("nbf").unwrap_or(Some(0.0))) else { return Ok(None) };
        let name = claims.get(&self.trust.claim).and_then(Value::as_str).filter(|name| !name.is_empty() && name.len() <= 64);
        #[expect(clippy::cast_possible_truncation, reason = "what is out of range is far away in either direction")]
        Ok(name.map(|name| Checked { name: name.into(), from: nbf as i64, exp: exp as i64 }))
    }

    /// The key of this id; asks the issuer if it must and may.
    async fn key(&self, kid: &str, now: Time) -> Result<Option<Jwk>> {
        if let Some(settled) = self.kept(kid, now) {
            return settled;
        }
        let _one = self.asking.lock().await;
        // Whoever asked before us may have brought it.
        if let Some(settled) = self.kept(kid, now) {
            return settled;
        }
        let read = self.ask().await;
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.asked = Some(now);
        match read {
            Ok(by_id) => (keys.by_id, keys.read) = (by_id, Some(now)),
            Err(error) => tracing::warn!(issuer = self.trust.issuer, %error, "the keys of the issuer cannot be read"),
        }
        Self::settle(&keys, kid, now)
    }

    /// What can be said without asking the issuer.
    fn kept(&self, kid: &str, now: Time) -> Option<Result<Option<Jwk>>> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let known = keys.by_id.contains_key(kid);
        let fresh = keys.read.is_some_and(|at| now - at < KEPT);
        let pause = if keys.read.is_some() { PAUSE } else { FIRST_PAUSE };
        let pausing = keys.asked.is_some_and(|at| now - at < pause);
        ((known && fresh) || pausing).then(|| Self::settle(&keys, kid, now))
    }

    fn settle(keys: &Keys, kid: &str, now: Time) -> Result<Option<Jwk>> {
        if keys.read.is_some_and(|at| now - at < OLDEST) {
            Ok(keys.by_id.get(kid).cloned())
        } else {
            Err(Error::new(Code::IssuerUnavailable))
        }
    }

    async fn ask(&self) -> std::result::Result<HashMap<String, Jwk>, String> {
        let base = self.trust.issuer.trim_end_matches('/');
        let found: Discovery = self.fetch(&format!("{base}/.well-known/openid-configuration")).await?;
        if found.issuer != self.trust.issuer {
            return Err(format!("the discovery document is of {}", found.issuer));
        }
        // Whoever is reached by TLS does not send us elsewhere without it.
        if self.trust.issuer.starts_with("https://") && !found.jwks_uri.starts_with("https://") {
            return Err("the keys lie at an address without TLS".to_owned());
        }
        let set: Value = self.fetch(&found.jwks_uri).await?;
        // One by one: a key of a kind that we do not know must not hide the others.
        let keys = set["keys"].as_array().into_iter().flatten().filter_map(|key| serde_json::from_value::<Jwk>(key.clone()).ok());
        let signs = |key: &Jwk| {
            let public = matches!(
                key.algorithm,
                AlgorithmParameters::RSA(_) | AlgorithmParameters::EllipticCurve(_) | AlgorithmParameters::OctetKeyPair(_)
            );
            public && key.common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature)
        };
        Ok(keys.filter(signs).filter_map(|key| Some((key.common.key_id.clone()?, key))).collect())
    }

    async fn fetch<T: DeserializeOwned>(&self, url: &str) -> std::result::Result<T, String> {
        let told = |e: reqwest::Error| e.without_url().to_string();
        let mut answer = self.client.get(url).header("accept", "application/json").send().await.map_err(told)?;
        if !answer.status().is_success() {
            return Err(format!("it answers {}", answer.status()));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(told)? {
            if bytes.len() + chunk.len() > LARGEST {
                return Err("its answer is too large".to_owned());
            }
            bytes.extend_from_slice(&chunk);
        }
        serde_json::from_slice(&bytes).map_err(|e| e.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_reached_by_tls_and_signs_by_public_keys() {
        let read = |issuer: &str, algorithms: &str| Trust::read(issuer, "linli", algorithms, "preferred_username");
        assert_eq!(read("https://id.example.org", "RS256, EdDSA").map(|t| t.algorithms), Ok(vec![Algorithm::RS256, Algorithm::EdDSA]));
        assert!(read("http://127.0.0.1:9110", "ES256").is_ok());
        for (issuer, algorithms) in [
            ("http://id.example.org", "RS256"),
            ("http://127.0.0.1.example.org", "RS256"),
            ("ftp://x", "RS256"),
            ("x", "RS256"),
            ("https://x", "HS256"),
            ("https://x", "none"),
            ("https://x", ""),
        ] {
            assert!(read(issuer, algorithms).is_err(), "{issuer} {algorithms}");
        }
        assert!(Trust::read("https://x", "", "RS256", "sub").is_err());
    }
}
