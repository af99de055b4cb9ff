//! How hotlines sign, and are signed for: HMAC-SHA256 over `id.timestamp.body`, with the names of the headers and the writing of the
//! signature by configuration.

use super::{
    command::SetHotlineSigning,
    row::{Encoding, Scheme},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::Duration;
use hmac::{Hmac, KeyInit, Mac};
use kernel::{Code, Error, Result, Time};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// Of a secret that is replaced the old one is good for so long.
const OVERLAP: Duration = Duration::hours(24);
/// The most characters of a signature's id.
const LONGEST_ID: usize = 128;

/// A secret as it is kept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    secret: String,
    /// Absent: for good.
    until: Option<Time>,
}

/// How messages are signed, as it is kept, sealed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Signing {
    pub(super) scheme: Scheme,
    /// The newest first.
    secrets: Vec<Kept>,
    pub(super) id_header: String,
    pub(super) timestamp_header: String,
    pub(super) signature_header: String,
    pub(super) encoding: Encoding,
    pub(super) window_seconds: i64,
}

impl std::fmt::Debug for Signing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signing({})", self.scheme)
    }
}

/// The body of a request and its headers, as they arrived.
pub struct Envelope<'a> {
    /// Byte for byte.
    pub body: &'a [u8],
    /// The value of a header.
    pub header: &'a dyn Fn(&str) -> Option<&'a str>,
}

impl std::fmt::Debug for Envelope<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Envelope({} bytes)", self.body.len())
    }
}

impl Signing {
    /// What is to be kept of a new configuration; of the old one its secret, if there is no new one.
    pub(super) fn of(new: SetHotlineSigning, old: Option<&Self>, now: Time) -> Result<Self> {
        let before = old.map(|o| o.secrets.clone()).unwrap_or_default();
        let secrets = match new.secret {
            Some(secret) => {
                let last = before.into_iter().next().filter(|kept| kept.secret != secret);
                let last = last.map(|kept| Kept { until: Some(now + OVERLAP), ..kept });
                std::iter::once(Kept { secret, until: None }).chain(last).collect()
            }
            None => before,
        };
        if new.scheme == Scheme::HmacSha256 && secrets.is_empty() {
            return Err(Error::new(Code::HotlineConfigInvalid).with("reason", "a scheme that signs needs a secret"));
        }
        let header = |given: Option<String>, usual: &str| given.unwrap_or_else(|| usual.to_owned()).to_ascii_lowercase();
        Ok(Self {
            scheme: new.scheme,
            secrets,
            id_header: header(new.id_header, "x-hotline-id"),
            timestamp_header: header(new.timestamp_header, "x-hotline-timestamp"),
            signature_header: header(new.signature_header, "x-hotline-signature"),
            encoding: new.encoding.unwrap_or(Encoding::Hex),
            window_seconds: new.window_seconds.unwrap_or(300),
        })
    }

    /// Whether a secret is kept.
    pub(super) fn has_secret(&self) -> bool {
        !self.secrets.is_empty()
    }

    fn mac(secret: &str, id: &str, timestamp: i64, body: &[u8]) -> Result<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_err(Error::internal)?;
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        Ok(mac)
    }

    /// The headers of a message of ours; none where nothing is signed.
    pub(super) fn headers(&self, id: &str, timestamp: i64, body: &[u8]) -> Result<Vec<(String, String)>> {
        let Some(kept) = self.secrets.first().filter(|_| self.scheme == Scheme::HmacSha256) else { return Ok(Vec::new()) };
        let bytes = Self::mac(&kept.secret, id, timestamp, body)?.finalize().into_bytes();
        let signature = match self.encoding {
            Encoding::Hex => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
            Encoding::Base64 => STANDARD.encode(bytes),
        };
        Ok(vec![
            (self.id_header.clone(), id.to_owned()),
            (self.timestamp_header.clone(), timestamp.to_string()),
            (self.signature_header.clone(), signature),
        ])
    }

    /// The id of a request that is signed as it should be; absent where nothing needs to be.
    pub(super) fn verify(&self, envelope: &Envelope<'_>, now: Time) -> Result<Option<String>> {
        if self.scheme == Scheme::Unsigned {
            return Ok(None);
        }
        let wrong = || Error::new(Code::HotlineSignatureWrong);
        let given = |name: &str| {
            let value = (envelope.header)(name).map(str::trim).filter(|value| !value.is_empty());
            value.ok_or_else(|| Error::new(Code::HotlineSignatureMissing).with("header", name))
        };
        let (id, timestamp, signature) = (given(&self.id_header)?, given(&self.timestamp_header)?, given(&self.signature_header)?);
        if id.len() > LONGEST_ID || id.contains('.') || !id.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(wrong());
        }
        let timestamp: i64 = timestamp.parse().map_err(|_no_number: std::num::ParseIntError| wrong())?;
        let apart = now.timestamp().saturating_sub(timestamp).saturating_abs();
        if apart > self.window_seconds {
            return Err(Error::new(Code::HotlineSignatureOld).with("seconds", apart).with("window", self.window_seconds));
        }
        let bytes = match self.encoding {
            Encoding::Hex => from_hex(signature),
            Encoding::Base64 => STANDARD.decode(signature).ok(),
        };
        let bytes = bytes.ok_or_else(wrong)?;
        for kept in self.secrets.iter().filter(|kept| kept.until.is_none_or(|until| until > now)) {
            // `verify_slice` takes the same time whatever differs.
            if Self::mac(&kept.secret, id, timestamp, envelope.body)?.verify_slice(&bytes).is_ok() {
                return Ok(Some(id.to_owned()));
            }
        }
        Err(wrong())
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    const BODY: &[u8] = br#"{"external_number":"1"}"#;

    fn set(scheme: Scheme, secret: Option<&str>, encoding: Encoding) -> SetHotlineSigning {
        SetHotlineSigning {
            scheme,
            secret: secret.map(str::to_owned),
            id_header: None,
            timestamp_header: None,
            signature_header: Some("X-Sign".to_owned()),
            encoding: Some(encoding),
            window_seconds: None,
        }
    }

    fn at(seconds: i64) -> Time {
        Time::from_timestamp(1_794_790_800 + seconds, 0).unwrap()
    }

    fn told(signing: &Signing, headers: &[(String, String)], body: &[u8], now: Time) -> Result<Option<String>, Code> {
        let headers: HashMap<&str, &str> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let header = |name: &str| headers.get(name).copied();
        signing.verify(&Envelope { body, header: &header }, now).map_err(|e| e.code)
    }

    #[test]
    fn what_is_signed_here_is_believed_here() {
        for encoding in [Encoding::Hex, Encoding::Base64] {
            let signing = Signing::of(set(Scheme::HmacSha256, Some("0123456789abcdef"), encoding), None, at(0)).unwrap();
            let headers = signing.headers("n1", at(0).timestamp(), BODY).unwrap();
            assert_eq!(headers[2].0, "x-sign");
            assert_eq!(told(&signing, &headers, BODY, at(300)), Ok(Some("n1".to_owned())));
            assert_eq!(told(&signing, &headers, BODY, at(301)), Err(Code::HotlineSignatureOld));
            assert_eq!(told(&signing, &headers, BODY, at(-301)), Err(Code::HotlineSignatureOld));
            assert_eq!(told(&signing, &headers, b"{}", at(0)), Err(Code::HotlineSignatureWrong));
            assert_eq!(told(&signing, &headers[..2], BODY, at(0)), Err(Code::HotlineSignatureMissing));
            for broken in ["", "zz", "0", "é", "AAAA"] {
                let mut headers = headers.clone();
                headers[2].1 = broken.to_owned();
                assert!(told(&signing, &headers, BODY, at(0)).is_err(), "{broken}");
            }
        }
    }

    #[test]
    fn a_vector_of_ones_own() {
        // printf 'n1.1794790800.{"external_number":"1"}' | openssl dgst -sha256 -hmac 0123456789abcdef
        let signing = Signing::of(set(Scheme::HmacSha256, Some("0123456789abcdef"), Encoding::Hex), None, at(0)).unwrap();
        assert_eq!(
            signing.headers("n1", 1_794_790_800, BODY).unwrap()[2].1,
            "829f3b81df31b843e902130066d1569da262b8a3f32f1ef288d7922b6efc8fdc"
        );
    }

    #[test]
    fn of_a_secret_that_is_replaced_the_old_one_is_good_for_a_day() {
        let old = Signing::of(set(Scheme::HmacSha256, Some("0123456789abcdef"), Encoding::Hex), None, at(0)).unwrap();
        let new = Signing::of(set(Scheme::HmacSha256, Some("fedcba9876543210"), Encoding::Hex), Some(&old), at(0)).unwrap();
        let by_old = |seconds| old.headers("n1", at(seconds).timestamp(), BODY).unwrap();
        assert!(told(&new, &by_old(0), BODY, at(0)).is_ok());
        let day = 24 * 3600;
        assert_eq!(told(&new, &by_old(day), BODY, at(day)), Err(Code::HotlineSignatureWrong));
        let same = Signing::of(set(Scheme::HmacSha256, None, Encoding::Hex), Some(&new), at(0)).unwrap();
        assert!(told(&same, &new.headers("n2", at(0).timestamp(), BODY).unwrap(), BODY, at(0)).is_ok());
        assert!(Signing::of(set(Scheme::HmacSha256, None, Encoding::Hex), None, at(0)).is_err());
        assert_eq!(told(&Signing::of(set(Scheme::Unsigned, None, Encoding::Hex), None, at(0)).unwrap(), &[], BODY, at(0)), Ok(None));
        assert_eq!(format!("{old:?}"), "Signing(hmac_sha256)");
    }
}
