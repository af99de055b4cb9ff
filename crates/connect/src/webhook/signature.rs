//! Signatures after Standard Webhooks 1.0.0: HMAC-SHA256 over `id.timestamp.body`, in Base64, with `v1,` before it.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use rand::Rng;
use sha2::Sha256;
use std::fmt;

/// How a secret begins.
const PREFIX: &str = "whsec_";
/// Bytes of a new secret; Standard Webhooks has 24 to 64.
const LENGTH: usize = 32;
/// How far the clocks of sender and receiver may be apart, in seconds.
pub const TOLERANCE: i64 = 300;

/// A key that both sides hold (推送密钥).
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// A new one.
    #[must_use]
    pub fn new() -> Self {
        let mut bytes = vec![0; LENGTH];
        rand::rng().fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// Reads it as it is handed out: `whsec_` and Base64.
    ///
    /// # Errors
    /// [`Refusal::Secret`].
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let text = text.trim();
        let bytes = STANDARD.decode(text.strip_prefix(PREFIX).unwrap_or(text)).map_err(|_not_base64| Refusal::Secret)?;
        if (24..=64).contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(Refusal::Secret) }
    }

    /// As it is handed out.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.0))
    }

    fn mac(&self, id: &str, timestamp: i64, body: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        Some(mac)
    }

    /// The signature of a message.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        // HMAC takes a key of any length.
        let bytes = self.mac(id, timestamp, body).map(|mac| mac.finalize().into_bytes().to_vec()).unwrap_or_default();
        format!("v1,{}", STANDARD.encode(bytes))
    }
}

impl Default for Secret {
    fn default() -> Self {
        Self::new()
    }
}

/// Why a message is not believed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// The secret itself cannot be read.
    Secret,
    /// A header is missing, or empty.
    Missing(&'static str),
    /// The id holds a dot, so that it cannot be told where it ends.
    Id,
    /// The timestamp is no number of seconds.
    Timestamp,
    /// It was signed so many seconds ago.
    Old(i64),
    /// It was signed so many seconds in the future.
    Early(i64),
    /// There is no `v1,` signature that can be read.
    Format,
    /// No signature fits.
    Wrong,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secret => write!(f, "the secret is not `whsec_` and Base64 of 24 to 64 bytes"),
            Self::Missing(name) => write!(f, "the header {name} is missing"),
            Self::Id => write!(f, "the header webhook-id holds a dot"),
            Self::Timestamp => write!(f, "the header webhook-timestamp is not a number of seconds since 1970"),
            Self::Old(by) => write!(f, "it is too old: signed {by} seconds ago, and {TOLERANCE} are allowed; compare the clocks"),
            Self::Early(by) => write!(f, "it is signed {by} seconds in the future, and {TOLERANCE} are allowed; compare the clocks"),
            Self::Format => write!(f, "the header webhook-signature holds no `v1,` and Base64 of 32 bytes"),
            Self::Wrong => write!(
                f,
                "no signature fits: another secret, or the body is not byte for byte what arrived (a framework may have parsed it and written it anew)"
            ),
        }
    }
}

impl std::error::Error for Refusal {}

/// Whether a message was signed with one of these secrets, and not long ago.
///
/// # Errors
/// A [`Refusal`] that says what is wrong.
pub fn verify(
    secrets: &[Secret],
    (id, timestamp, signature): (Option<&str>, Option<&str>, Option<&str>),
    body: &[u8],
    now: i64,
) -> Result<(), Refusal> {
    let given = |value: Option<&str>, name| value.map(str::trim).filter(|v| !v.is_empty()).map(str::to_owned).ok_or(Refusal::Missing(name));
    let (id, timestamp, signature) =
        (given(id, "webhook-id")?, given(timestamp, "webhook-timestamp")?, given(signature, "webhook-signature")?);
    if id.contains('.') {
        return Err(Refusal::Id);
    }
    let timestamp: i64 = timestamp.parse().map_err(|_no_number| Refusal::Timestamp)?;
    let age = now.saturating_sub(timestamp);
    if age > TOLERANCE {
        return Err(Refusal::Old(age));
    }
    if age < -TOLERANCE {
        return Err(Refusal::Early(-age));
    }
    let read = |one: &str| STANDARD.decode(one.strip_prefix("v1,")?).ok().filter(|bytes| bytes.len() == 32);
    let signatures: Vec<Vec<u8>> = signature.split(' ').filter_map(read).collect();
    if signatures.is_empty() {
        return Err(Refusal::Format);
    }
    // `verify_slice` takes the same time whatever differs.
    let fits = |secret: &Secret, bytes: &Vec<u8>| secret.mac(&id, timestamp, body).is_some_and(|mac| mac.verify_slice(bytes).is_ok());
    if secrets.iter().any(|secret| signatures.iter().any(|bytes| fits(secret, bytes))) { Ok(()) } else { Err(Refusal::Wrong) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const AT: i64 = 1_614_265_330;
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn secret() -> Secret {
        Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap()
    }

    fn told(signature: &str, body: &[u8], now: i64) -> Result<(), Refusal> {
        verify(&[Secret::new(), secret()], (Some(ID), Some(&AT.to_string()), Some(signature)), body, now)
    }

    #[test]
    fn the_vector_of_the_specification() {
        assert_eq!(secret().sign(ID, AT, BODY), SIGNATURE);
        assert_eq!(told(SIGNATURE, BODY, AT), Ok(()));
        assert_eq!(told(&format!("v1a,AAAA v1,AAAA {SIGNATURE}"), BODY, AT + TOLERANCE), Ok(()));
        assert_eq!(Secret::parse(&secret().reveal()), Ok(secret()));
        assert_eq!(format!("{:?}", secret()), "Secret(…)");
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert_eq!(told(SIGNATURE, br#"{"test":2432232314}"#, AT), Err(Refusal::Wrong));
        assert_eq!(told(&secret().sign("msg_other", AT, BODY), BODY, AT), Err(Refusal::Wrong));
        assert_eq!(told(&secret().sign(ID, AT + 1, BODY), BODY, AT), Err(Refusal::Wrong));
        assert_eq!(told(&Secret::new().sign(ID, AT, BODY), BODY, AT), Err(Refusal::Wrong));
        assert_eq!(told(SIGNATURE, BODY, AT + 301), Err(Refusal::Old(301)));
        assert_eq!(told(SIGNATURE, BODY, AT - 301), Err(Refusal::Early(301)));
        for signature in
            ["v1", "v1,", "v1,AAAA", "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="]
        {
            assert_eq!(told(signature, BODY, AT), Err(Refusal::Format), "{signature}");
        }
        let at = AT.to_string();
        let bare = |id, timestamp, signature| verify(&[secret()], (id, timestamp, signature), BODY, AT);
        assert_eq!(bare(None, Some(at.as_str()), Some(SIGNATURE)), Err(Refusal::Missing("webhook-id")));
        assert_eq!(bare(Some(ID), Some(" "), Some(SIGNATURE)), Err(Refusal::Missing("webhook-timestamp")));
        assert_eq!(bare(Some(ID), Some("now"), Some(SIGNATURE)), Err(Refusal::Timestamp));
        assert_eq!(bare(Some(ID), Some("1e9"), Some(SIGNATURE)), Err(Refusal::Timestamp));
        assert_eq!(bare(Some(ID), Some(&at), None), Err(Refusal::Missing("webhook-signature")));
        assert_eq!(bare(Some("a.b"), Some(&at), Some(SIGNATURE)), Err(Refusal::Id));
        for text in ["", "whsec_", "whsec_MfKQ9r8G", "whsec_not base64", "whpk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
            assert_eq!(Secret::parse(text), Err(Refusal::Secret), "{text}");
        }
    }
}
