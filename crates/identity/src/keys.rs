//! The signing key and the two kinds of token.
//!
//! The **access token** is a JWT (RFC 9068) signed with Ed25519. It says who and which session,
//! nothing about rights. The **refresh token** is opaque and needs no table either: it names the
//! session and a generation, sealed with a MAC; the session's row keeps only the generation that
//! is good now. Both keys come from one seed of 32 bytes.
//!
//! Whatever is wrong with an access token, the answer is `token_invalid`: no oracle.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{SigningKey, pkcs8::EncodePrivateKey};
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use kernel::{
    Time,
    error::{Code, Error, Result},
    id::{AccountId, SessionId},
};
use moka::sync::Cache;
use rand::Rng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How long an access token is good.
pub(crate) const ACCESS_SECONDS: i64 = 15 * 60;
/// How far the clocks of two servers may differ before a fresh token seems to come from the future.
const LEEWAY_SECONDS: i64 = 30;
/// The longest token that is looked at.
const LONGEST: usize = 4096;
/// Good tokens remembered at once.
const REMEMBERED: u64 = 100_000;
const ISSUER: &str = "linli";
const TYPE: &str = "at+jwt";
/// Bytes of a refresh token: session, generation, MAC.
const REFRESH: (usize, usize, usize) = (16, 4, 24);

/// What an access token says.
#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: AccountId,
    sid: SessionId,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: String,
}

/// Whom a good access token names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ticket {
    /// The account.
    pub account: AccountId,
    /// The session; whether it still lives is not the token's to say.
    pub session: SessionId,
}

/// One public key (公钥), as RFC 7517 and RFC 8037 write it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Jwk {
    /// The kind of key: always `OKP`.
    #[schema(example = "OKP")]
    pub kty: String,
    /// The curve: always `Ed25519`.
    #[schema(example = "Ed25519")]
    pub crv: String,
    /// What it is for: always `sig`.
    #[serde(rename = "use")]
    #[schema(example = "sig")]
    pub usage: String,
    /// The algorithm: always `EdDSA`.
    #[schema(example = "EdDSA")]
    pub alg: String,
    /// Its id, as in a token's header.
    pub kid: String,
    /// The key itself, 32 bytes in base64url.
    pub x: String,
}

/// The public keys that access tokens can be checked with (公钥集).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Jwks {
    /// The keys.
    pub keys: Vec<Jwk>,
}

/// The keys of one installation.
pub struct Keys {
    signing: EncodingKey,
    checking: DecodingKey,
    validation: Validation,
    kid: String,
    public: [u8; 32],
    refresh: Hmac<Sha256>,
    /// Tokens whose signature was found good within the last minute, by their SHA-256: checking one costs more than
    /// everything else that a small request does.
    good: Cache<[u8; 32], Checked>,
}

/// What a token with a good signature says.
#[derive(Clone, Copy)]
struct Checked {
    ticket: Ticket,
    nbf: i64,
    exp: i64,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys({})", self.kid)
    }
}

impl Keys {
    /// The keys that grow from this seed. The same seed gives the same keys.
    ///
    /// # Errors
    /// `internal_error` if the key cannot be encoded.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self> {
        let key = SigningKey::from_bytes(seed);
        let public = key.verifying_key().to_bytes();
        let der = key.to_pkcs8_der().map_err(|e| Error::internal(e.to_string()))?;
        let mut derive = Hmac::<Sha256>::new_from_slice(seed).map_err(Error::internal)?;
        derive.update(b"linli refresh token");
        // Time is compared with the caller's clock, below; the library would ask the system's.
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[ISSUER]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
        Ok(Self {
            signing: EncodingKey::from_ed_der(der.as_bytes()),
            checking: DecodingKey::from_ed_der(&public),
            validation,
            kid: URL_SAFE_NO_PAD.encode(Sha256::digest(public))[..16].to_owned(),
            public,
            refresh: Hmac::new_from_slice(&derive.finalize().into_bytes()).map_err(Error::internal)?,
            good: Cache::builder().max_capacity(REMEMBERED).time_to_live(std::time::Duration::from_secs(60)).build(),
        })
    }

    /// What the world needs to check a token.
    #[must_use]
    pub fn jwks(&self) -> Jwks {
        let key = Jwk {
            kty: "OKP".to_owned(),
            crv: "Ed25519".to_owned(),
            usage: "sig".to_owned(),
            alg: "EdDSA".to_owned(),
            kid: self.kid.clone(),
            x: URL_SAFE_NO_PAD.encode(self.public),
        };
        Jwks { keys: vec![key] }
    }

    /// An access token of 15 minutes.
    ///
    /// # Errors
    /// `internal_error` if it cannot be signed.
    pub fn issue(&self, ticket: Ticket, now: Time) -> Result<String> {
        let mut jti = [0u8; 16];
        rand::rng().fill_bytes(&mut jti);
        let now = now.timestamp();
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: ISSUER.to_owned(),
            sub: ticket.account,
            sid: ticket.session,
            iat: now,
            nbf: now,
            exp: now + ACCESS_SECONDS,
            jti: URL_SAFE_NO_PAD.encode(jti),
        };
        self.sign(&claims)
    }

    fn sign(&self, claims: &impl Serialize) -> Result<String> {
        let header = Header { typ: Some(TYPE.to_owned()), kid: Some(self.kid.clone()), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, claims, &self.signing).map_err(Error::internal)
    }

    /// Whom an access token names, if it is good at this moment.
    ///
    /// # Errors
    /// `token_invalid`, whatever is wrong with it.
    pub fn verify(&self, token: &str, now: Time) -> Result<Ticket> {
        let invalid = || Error::new(Code::TokenInvalid);
        if token.len() > LONGEST {
            return Err(invalid());
        }
        let digest = Sha256::digest(token).into();
        let checked = match self.good.get(&digest) {
            Some(checked) => checked,
            None => {
                let checked = self.check(token).map_err(|e| invalid().because(e))?.ok_or_else(invalid)?;
                self.good.insert(digest, checked);
                checked
            }
        };
        let now = now.timestamp();
        let in_time = checked.nbf <= now.saturating_add(LEEWAY_SECONDS) && now < checked.exp;
        if in_time { Ok(checked.ticket) } else { Err(invalid()) }
    }

    /// What the token says, if we signed it; when it is good for is not looked at.
    fn check(&self, token: &str) -> jsonwebtoken::errors::Result<Option<Checked>> {
        let read = jsonwebtoken::decode::<Claims>(token, &self.checking, &self.validation)?;
        let ours = read.header.typ.as_deref() == Some(TYPE) && read.header.kid.as_deref() == Some(&self.kid) && read.header.crit.is_none();
        let Claims { sub: account, sid: session, nbf, exp, .. } = read.claims;
        Ok(ours.then_some(Checked { ticket: Ticket { account, session }, nbf, exp }))
    }

    /// The refresh token of this generation of a session.
    pub(crate) fn refresh_token(&self, session: SessionId, generation: i32) -> String {
        let mut bytes = [session.0.as_bytes().as_slice(), &generation.to_be_bytes()].concat();
        let mac = self.refresh.clone().chain_update(&bytes).finalize().into_bytes();
        bytes.extend_from_slice(&mac[..REFRESH.2]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The session and the generation that a refresh token names.
    ///
    /// # Errors
    /// `refresh_token_invalid` if we did not make it.
    pub(crate) fn read_refresh_token(&self, token: &str) -> Result<(SessionId, i32)> {
        let invalid = || Error::new(Code::RefreshTokenInvalid);
        if token.len() > LONGEST {
            return Err(invalid());
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|e| invalid().because(e))?;
        if bytes.len() != REFRESH.0 + REFRESH.1 + REFRESH.2 {
            return Err(invalid());
        }
        let (named, mac) = bytes.split_at(REFRESH.0 + REFRESH.1);
        self.refresh.clone().chain_update(named).verify_truncated_left(mac).map_err(|e| invalid().because(e))?;
        let (session, generation) = named.split_at(REFRESH.0);
        let session = uuid::Uuid::from_slice(session).map_err(|e| invalid().because(e))?;
        let generation = <[u8; 4]>::try_from(generation).map_err(|e| invalid().because(e))?;
        Ok((SessionId(session), i32::from_be_bytes(generation)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, Duration};
    use serde_json::{Value, json};
    use uuid::Uuid;

    fn now() -> Time {
        DateTime::from_timestamp(1_780_000_000, 0).unwrap()
    }

    fn keys() -> Keys {
        Keys::from_seed(&[7; 32]).unwrap()
    }

    fn ticket() -> Ticket {
        Ticket { account: AccountId(Uuid::from_u128(1)), session: SessionId(Uuid::from_u128(2)) }
    }

    fn b64(value: &Value) -> String {
        URL_SAFE_NO_PAD.encode(value.to_string())
    }

    fn claims() -> Value {
        let t = now().timestamp();
        let (sub, sid) = (ticket().account, ticket().session);
        json!({"iss": "linli", "aud": "linli", "sub": sub, "sid": sid, "iat": t, "nbf": t, "exp": t + 900, "jti": "x"})
    }

    /// Signs whatever it is given with the true key.
    fn signed_text(header: &str, payload: &str) -> String {
        use ed25519_dalek::Signer;
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        let signature = SigningKey::from_bytes(&[7; 32]).sign(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }

    fn header() -> Value {
        json!({"alg": "EdDSA", "typ": "at+jwt", "kid": keys().kid})
    }

    fn with(mut base: Value, changes: Value) -> Value {
        for (name, value) in changes.as_object().unwrap() {
            if value.is_null() {
                base.as_object_mut().unwrap().remove(name);
            } else {
                base[name] = value.clone();
            }
        }
        base
    }

    #[test]
    fn a_good_token_is_good_for_fifteen_minutes() {
        let token = keys().issue(ticket(), now()).unwrap();
        assert_eq!(keys().verify(&token, now()).unwrap(), ticket());
        assert_eq!(keys().verify(&token, now() + Duration::seconds(899)).unwrap(), ticket());
        assert!(keys().verify(&token, now() + Duration::seconds(900)).is_err());
        assert!(keys().verify(&token, now() - Duration::seconds(30)).is_ok());
        assert!(keys().verify(&token, now() - Duration::seconds(31)).is_err());
        assert!(keys().verify(&signed_text(&header().to_string(), &claims().to_string()), now()).is_ok());
    }

    #[test]
    fn hostile_tokens_are_all_refused_alike() {
        let keys = keys();
        let good = keys.issue(ticket(), now()).unwrap();
        let part = |n: usize| good.split('.').nth(n).unwrap().to_owned();
        let t = now().timestamp();
        let mut bad: Vec<(String, String)> = Vec::new();
        let mut add = |what: &str, token: String| bad.push((what.to_owned(), token));

        // Algorithms that are not ours.
        for alg in ["none", "None", "NONE", "nOnE", ""] {
            let head = b64(&with(header(), json!({"alg": alg})));
            add(alg, format!("{head}.{}.", part(1)));
            add(alg, format!("{head}.{}.{}", part(1), part(2)));
        }
        for (alg, secret) in [(Algorithm::HS256, keys.public.to_vec()), (Algorithm::HS512, keys.jwks().keys[0].x.clone().into_bytes())] {
            let head = Header { typ: Some(TYPE.to_owned()), kid: Some(keys.kid.clone()), ..Header::new(alg) };
            add("HMAC with the public key", jsonwebtoken::encode(&head, &claims(), &EncodingKey::from_secret(&secret)).unwrap());
        }
        for alg in ["RS256", "ES256", "PS256", "EdDSA ", "eddsa", "HS384"] {
            add(alg, signed_text(&with(header(), json!({"alg": alg})).to_string(), &claims().to_string()));
        }

        // Headers that lead elsewhere, over our own signature.
        for change in [
            json!({"kid": "../../dev/null"}),
            json!({"kid": "' OR 1=1 --"}),
            json!({"kid": ""}),
            json!({"kid": null}),
            json!({"kid": 7}),
            json!({"typ": "JWT"}),
            json!({"typ": "refresh"}),
            json!({"typ": "id_token+jwt"}),
            json!({"typ": null}),
            json!({"alg": null}),
            json!({"crit": ["exp"]}),
        ] {
            add("header", signed_text(&with(header(), change).to_string(), &claims().to_string()));
        }
        let stranger = Keys::from_seed(&[8; 32]).unwrap();
        add("another key", stranger.issue(ticket(), now()).unwrap());
        let jwk = json!({"jwk": stranger.jwks().keys[0], "jku": "https://evil.example/jwks", "x5u": "https://evil.example/x"});
        add("a key of its own", format!("{}.{}.{}", b64(&with(header(), jwk)), part(1), part(2)));

        // Claims, over our own signature.
        for change in [
            json!({"exp": t}),
            json!({"exp": t - 1}),
            json!({"exp": -1}),
            json!({"exp": "9999999999"}),
            json!({"exp": 1.5e300}),
            json!({"exp": null}),
            json!({"nbf": t + 31}),
            json!({"nbf": i64::MAX}),
            json!({"nbf": null}),
            json!({"iss": "evil"}),
            json!({"iss": ["linli"]}),
            json!({"iss": null}),
            json!({"aud": "other"}),
            json!({"aud": ["linli", "other"]}),
            json!({"aud": null}),
            json!({"sub": "root"}),
            json!({"sub": null}),
            json!({"sid": "1"}),
            json!({"sid": null}),
            json!({"jti": null}),
        ] {
            add(&change.to_string(), signed_text(&header().to_string(), &with(claims(), change.clone()).to_string()));
        }
        let text = claims().to_string();
        add("exp out of range", signed_text(&header().to_string(), &text.replace(&(t + 900).to_string(), "1e309")));
        add("a claim twice", signed_text(&header().to_string(), &text.replacen('{', &format!("{{\"exp\":{},", t + 9000), 1)));
        add("no object", signed_text(&header().to_string(), "[]"));
        add("no claims", signed_text(&header().to_string(), ""));

        // Torn, lengthened, exchanged.
        add("refresh as access", keys.refresh_token(ticket().session, 1));
        add("truncated", good[..good.len() - 1].to_owned());
        add("trailing", format!("{good}A"));
        add("trailing dot", format!("{good}."));
        add("trailing part", format!("{good}.{}", part(2)));
        add("trailing space", format!("{good} "));
        add("leading space", format!(" {good}"));
        add("NUL", format!("{good}\0"));
        add("padded", format!("{good}=="));
        add("no signature", format!("{}.{}", part(0), part(1)));
        add("empty signature", format!("{}.{}.", part(0), part(1)));
        add("zero signature", format!("{}.{}.{}", part(0), part(1), URL_SAFE_NO_PAD.encode([0; 64])));
        add("another payload", format!("{}.{}.{}", part(0), b64(&with(claims(), json!({"sub": Uuid::from_u128(9)}))), part(2)));
        add("another header", format!("{}.{}.{}", b64(&with(header(), json!({"cty": "x"}))), part(1), part(2)));
        add("10 KiB", "a".repeat(10 * 1024));
        add("10 KiB of claims", signed_text(&header().to_string(), &with(claims(), json!({"x": "y".repeat(10 * 1024)})).to_string()));
        for junk in ["", ".", "..", "...", "a.b.c", "Bearer", "null", "{}", "令牌"] {
            add("junk", junk.to_owned());
        }

        assert!(bad.len() >= 60, "{}", bad.len());
        for (what, token) in bad {
            let error = keys.verify(&token, now()).expect_err(&format!("{what}: {token}"));
            assert_eq!((error.code, error.params.len(), error.fields.len()), (Code::TokenInvalid, 0, 0), "{what}");
        }
    }

    #[test]
    fn a_refresh_token_is_read_back_and_nothing_else_is() {
        let keys = keys();
        let session = ticket().session;
        for generation in [1, 2, i32::MAX] {
            let token = keys.refresh_token(session, generation);
            assert_eq!(keys.read_refresh_token(&token).unwrap(), (session, generation));
        }
        let good = keys.refresh_token(session, 1);
        let mut bytes = URL_SAFE_NO_PAD.decode(&good).unwrap();
        bytes[19] = 2;
        let mut bad = vec![
            URL_SAFE_NO_PAD.encode(&bytes),
            Keys::from_seed(&[8; 32]).unwrap().refresh_token(session, 1),
            keys.issue(ticket(), now()).unwrap(),
            good[..good.len() - 4].to_owned(),
            format!("{good}AAAA"),
            format!("{good}="),
            "a".repeat(10 * 1024),
            String::new(),
        ];
        bad.push(URL_SAFE_NO_PAD.encode([0; 44]));
        for token in bad {
            assert_eq!(keys.read_refresh_token(&token).unwrap_err().code, Code::RefreshTokenInvalid, "{token}");
        }
    }

    #[test]
    fn the_public_key_is_told_and_the_seed_is_not() {
        let set = serde_json::to_value(keys().jwks()).unwrap();
        let key = &set["keys"][0];
        assert_eq!(
            (&key["kty"], &key["crv"], &key["use"], &key["alg"]),
            (&json!("OKP"), &json!("Ed25519"), &json!("sig"), &json!("EdDSA"))
        );
        assert_eq!(key["kid"].as_str().unwrap().len(), 16);
        assert!(key.get("d").is_none());
        assert!(!format!("{:?}", keys()).contains(&URL_SAFE_NO_PAD.encode([7; 32])));
    }
}
