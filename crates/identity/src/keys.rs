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
    access::Permissions,
    error::{Code, Error, Result},
    id::{AccountId, ApplicationId, CredentialId, SessionId},
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
    /// The session of a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<SessionId>,
    /// The application, of a program (RFC 8693).
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<ApplicationId>,
    /// The credential that the token was bought with.
    #[serde(skip_serializing_if = "Option::is_none")]
    cid: Option<CredentialId>,
    /// What a program may do with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
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

/// Which program a good access token names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pass {
    /// The account that it acts as.
    pub account: AccountId,
    /// The application; whether it is still let in is not the token's to say.
    pub application: ApplicationId,
    /// The credential that the token was bought with.
    pub credential: CredentialId,
    /// The most that it may do with this token.
    pub scopes: Permissions,
}

/// Whom a good access token names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bearer {
    /// Somebody who has signed in.
    Person(Ticket),
    /// A program.
    Program(Pass),
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
    bearer: Bearer,
    /// The later of `nbf` and `iat`.
    from: i64,
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
        self.sign(&Claims { sid: Some(ticket.session), ..claims(ticket.account, now) })
    }

    /// An access token of 15 minutes for a program.
    ///
    /// # Errors
    /// `internal_error` if it cannot be signed.
    pub fn issue_to_program(&self, pass: Pass, now: Time) -> Result<String> {
        let (client_id, cid, scope) = (Some(pass.application), Some(pass.credential), Some(pass.scopes.to_string()));
        self.sign(&Claims { client_id, cid, scope, ..claims(pass.account, now) })
    }

    fn sign(&self, claims: &impl Serialize) -> Result<String> {
        let header = Header { typ: Some(TYPE.to_owned()), kid: Some(self.kid.clone()), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, claims, &self.signing).map_err(Error::internal)
    }

    /// Whom an access token names, if it is good at this moment.
    ///
    /// # Errors
    /// `token_invalid`, whatever is wrong with it.
    pub fn verify(&self, token: &str, now: Time) -> Result<Bearer> {
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
        let in_time = checked.from <= now.saturating_add(LEEWAY_SECONDS) && now < checked.exp;
        if in_time { Ok(checked.bearer) } else { Err(invalid()) }
    }

    /// What the token says, if we signed it; when it is good for is not looked at.
    fn check(&self, token: &str) -> jsonwebtoken::errors::Result<Option<Checked>> {
        let read = jsonwebtoken::decode::<Claims>(token, &self.checking, &self.validation)?;
        let ours = read.header.typ.as_deref() == Some(TYPE) && read.header.kid.as_deref() == Some(&self.kid) && read.header.crit.is_none();
        let Claims { sub: account, iat, nbf, exp, .. } = read.claims;
        let bearer = match (read.claims.sid, read.claims.client_id, read.claims.cid, read.claims.scope) {
            (Some(session), None, None, None) => Some(Bearer::Person(Ticket { account, session })),
            (None, Some(application), Some(credential), Some(scope)) => {
                let scopes = Permissions::read(&scope).ok();
                scopes.map(|scopes| Bearer::Program(Pass { account, application, credential, scopes }))
            }
            _ => None,
        };
        Ok(bearer.filter(|_| ours).map(|bearer| Checked { bearer, from: nbf.max(iat), exp }))
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

/// What every access token says.
fn claims(account: AccountId, now: Time) -> Claims {
    let mut jti = [0u8; 16];
    rand::rng().fill_bytes(&mut jti);
    let now = now.timestamp();
    Claims {
        iss: ISSUER.to_owned(),
        aud: ISSUER.to_owned(),
        sub: account,
        sid: None,
        client_id: None,
        cid: None,
        scope: None,
        iat: now,
        nbf: now,
        exp: now + ACCESS_SECONDS,
        jti: URL_SAFE_NO_PAD.encode(jti),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, Duration};
    use serde_json::json;
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

    #[test]
    fn a_good_token_is_good_for_fifteen_minutes() {
        let token = keys().issue(ticket(), now()).unwrap();
        let named = Bearer::Person(ticket());
        assert_eq!(keys().verify(&token, now()).unwrap(), named);
        assert_eq!(keys().verify(&token, now() + Duration::seconds(899)).unwrap(), named);
        assert!(keys().verify(&token, now() + Duration::seconds(900)).is_err());
        assert!(keys().verify(&token, now() - Duration::seconds(30)).is_ok());
        assert!(keys().verify(&token, now() - Duration::seconds(31)).is_err());
        // What else may be wrong with one: tests/battery/tokens.rs.
        let stranger = Keys::from_seed(&[8; 32]).unwrap().issue(ticket(), now()).unwrap();
        assert_eq!(keys().verify(&stranger, now()).unwrap_err().code, Code::TokenInvalid);
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
