//! How the secrets of programs are written: `lk_live_` (an API key) or `ls_live_` (a client secret), then hexadecimal: the
//! credential's id, 24 random bytes, and a checksum of all before it.
//!
//! The prefix lets secret scanners find one that was published, the checksum lets them and us tell a key from a typing
//! error without asking a database, and the id finds its row. There is one way to write a key, so its digest is its own.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::id::CredentialId;
use rand::Rng;
use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use utoipa::ToSchema;
use uuid::Uuid;

/// What a credential is (凭据类型).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum CredentialKind {
    /// API 密钥: goes with each request, as `Authorization: Bearer lk_live_…` or `X-Api-Key`.
    ApiKey,
    /// 客户端密钥: buys short tokens (OAuth 2.0 client credentials).
    ClientSecret,
}

const ID: usize = 32;
const SECRET: usize = 48;
const CHECK: usize = 8;

impl CredentialKind {
    const fn prefix(self) -> &'static str {
        match self {
            Self::ApiKey => "lk_live_",
            Self::ClientSecret => "ls_live_",
        }
    }
}

/// Whether somebody means this to be one of ours.
pub(crate) fn is_meant(text: &str) -> bool {
    text.starts_with("lk_") || text.starts_with("ls_")
}

/// A new secret of this credential.
pub(crate) fn make(kind: CredentialKind, id: CredentialId) -> String {
    let mut random = [0u8; SECRET / 2];
    rand::rng().fill_bytes(&mut random);
    let mut text = format!("{}{}", kind.prefix(), id.0.simple());
    for byte in random {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    let check = checksum(&text);
    text.push_str(&check);
    text
}

/// The credential that a secret of this kind belongs to, if it is written as one.
pub(crate) fn read(kind: CredentialKind, text: &str) -> Option<CredentialId> {
    let body = text.strip_prefix(kind.prefix())?;
    let plain = body.len() == ID + SECRET + CHECK && body.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let (checked, check) = text.split_at_checked(text.len().checked_sub(CHECK)?)?;
    if !plain || checksum(checked) != check {
        return None;
    }
    Uuid::try_parse(&body[..ID]).ok().map(CredentialId)
}

/// What is kept of a secret. It holds 192 random bits: nothing is gained by making the digest slow.
pub(crate) fn digest(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(text))
}

fn checksum(text: &str) -> String {
    Sha256::digest(text).iter().take(CHECK / 2).fold(String::new(), |mut check, byte| {
        let _ = write!(check, "{byte:02x}");
        check
    })
}

#[cfg(test)]
mod tests {
    use super::{CredentialKind::*, *};

    #[test]
    fn a_key_is_read_back_and_nothing_else_is() {
        let id = CredentialId(Uuid::from_u128(7));
        let key = make(ApiKey, id);
        assert_eq!((key.len(), read(ApiKey, &key)), (96, Some(id)));
        assert_ne!(key, make(ApiKey, id));
        assert_eq!(read(ClientSecret, &key), None);
        for n in 0..key.len() {
            let mut bent = key.clone().into_bytes();
            bent[n] = if bent[n] == b'0' { b'1' } else { b'0' };
            assert_eq!(read(ApiKey, &String::from_utf8(bent).unwrap()), None, "{n}");
        }
        for bad in [
            key.to_uppercase(),
            format!("{key}0"),
            key[..95].to_owned(),
            format!(" {key}"),
            String::new(),
            "lk_live_".to_owned(),
            "lk_live_é".repeat(12),
        ] {
            assert_eq!(read(ApiKey, &bad), None, "{bad}");
        }
    }
}
