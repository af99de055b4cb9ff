//! The vault: personal data is sealed before it reaches the database.
//!
//! AES-256-GCM with a fresh nonce each time; the id of the key stands in front of the
//! ciphertext, so that keys can be changed while old rows stay readable. What the row is bound
//! to (its id) goes in as associated data: a sealed field copied to another row does not open.

use crate::error::{Error, Result};
use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, Payload},
};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use hmac::{Hmac, Mac};
use rand::Rng;
use sha2::Sha256;

const NONCE: usize = 12;

/// The keys, newest first.
pub struct Vault {
    keys: Vec<(u32, Aes256Gcm)>,
    index_key: [u8; 32],
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Vault({} keys)", self.keys.len())
    }
}

impl Vault {
    /// Opens the vault with its keys, newest first. The oldest key also makes the blind index,
    /// so that index values survive a change of keys.
    ///
    /// # Errors
    /// `internal_error` when there is no key.
    pub fn new(keys: &[(u32, [u8; 32])]) -> Result<Self> {
        let oldest = keys.last().ok_or_else(|| Error::internal("the vault has no key"))?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&oldest.1).map_err(Error::internal)?;
        mac.update(b"linli blind index");
        let index_key = mac.finalize().into_bytes().into();
        Ok(Self { keys: keys.iter().map(|(id, key)| (*id, Aes256Gcm::new(key.into()))).collect(), index_key })
    }

    /// Seals a text that belongs to `owner`.
    ///
    /// # Errors
    /// `internal_error` when the cipher fails.
    pub fn seal(&self, owner: &str, text: &str) -> Result<String> {
        let (id, cipher) = self.keys.first().ok_or_else(|| Error::internal("the vault has no key"))?;
        let mut nonce = [0u8; NONCE];
        rand::rng().fill_bytes(&mut nonce);
        let sealed = cipher
            .encrypt((&nonce).into(), Payload { msg: text.as_bytes(), aad: owner.as_bytes() })
            .map_err(|e| Error::internal(e.to_string()))?;
        let mut bytes = nonce.to_vec();
        bytes.extend(sealed);
        Ok(format!("{id}.{}", STANDARD_NO_PAD.encode(bytes)))
    }

    /// Seals bytes that belong to `owner`.
    ///
    /// # Errors
    /// `internal_error` when the cipher fails.
    pub fn seal_bytes(&self, owner: &str, bytes: &[u8]) -> Result<Vec<u8>> {
        let (id, cipher) = self.keys.first().ok_or_else(|| Error::internal("the vault has no key"))?;
        let mut nonce = [0u8; NONCE];
        rand::rng().fill_bytes(&mut nonce);
        let sealed =
            cipher.encrypt((&nonce).into(), Payload { msg: bytes, aad: owner.as_bytes() }).map_err(|e| Error::internal(e.to_string()))?;
        Ok([&id.to_be_bytes()[..], &nonce, &sealed].concat())
    }

    /// Opens bytes that were sealed for `owner`.
    ///
    /// # Errors
    /// `internal_error` when the key is missing or the bytes were tampered with.
    pub fn open_bytes(&self, owner: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        let broken = || Error::internal(format!("what is sealed of {owner} does not open"));
        let (id, sealed) = sealed.split_first_chunk().ok_or_else(broken)?;
        let (nonce, message) = sealed.split_first_chunk::<NONCE>().ok_or_else(broken)?;
        let id = u32::from_be_bytes(*id);
        let (_, cipher) =
            self.keys.iter().find(|(key, _)| *key == id).ok_or_else(|| Error::internal(format!("the vault lacks key {id}")))?;
        let opened = cipher.decrypt(nonce.into(), Payload { msg: message, aad: owner.as_bytes() });
        opened.map_err(|e| Error::internal(format!("{e}: {}", broken())))
    }

    /// Opens what was sealed for `owner`.
    ///
    /// # Errors
    /// `internal_error` when the key is missing or the text was tampered with.
    pub fn open(&self, owner: &str, sealed: &str) -> Result<String> {
        let broken = || Error::internal(format!("a sealed field of {owner} does not open"));
        let (id, body) = sealed.split_once('.').ok_or_else(broken)?;
        let (_, cipher) =
            self.keys.iter().find(|(key, _)| key.to_string() == id).ok_or_else(|| Error::internal(format!("the vault lacks key {id}")))?;
        let bytes = STANDARD_NO_PAD.decode(body).map_err(Error::internal)?;
        let (nonce, message) = bytes.split_first_chunk::<NONCE>().ok_or_else(broken)?;
        let text = cipher
            .decrypt(nonce.into(), Payload { msg: message, aad: owner.as_bytes() })
            .map_err(|e| Error::internal(format!("{e}: {}", broken())))?;
        String::from_utf8(text).map_err(Error::internal)
    }

    /// A keyed digest for exact look-up of a sealed value (a phone number), which tells nothing
    /// without the key.
    ///
    /// # Errors
    /// `internal_error` never, in practice.
    pub fn blind_index(&self, text: &str) -> Result<String> {
        self.keyed_digest(text.as_bytes())
    }

    /// 128 bits of a keyed digest, as text.
    ///
    /// # Errors
    /// `internal_error` never, in practice.
    pub fn keyed_digest(&self, bytes: &[u8]) -> Result<String> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.index_key).map_err(Error::internal)?;
        mac.update(bytes);
        Ok(STANDARD_NO_PAD.encode(&mac.finalize().into_bytes()[..16]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_only_for_its_owner_and_survives_a_change_of_keys() {
        let old = Vault::new(&[(1, [7; 32])]).unwrap();
        let sealed = old.seal("order-1", "张三 13812341234").unwrap();
        assert!(!sealed.contains("1381234"));
        let new = Vault::new(&[(2, [9; 32]), (1, [7; 32])]).unwrap();
        assert_eq!(new.open("order-1", &sealed).unwrap(), "张三 13812341234");
        assert!(new.open("order-2", &sealed).is_err());
        assert!(Vault::new(&[(2, [9; 32])]).unwrap().open("order-1", &sealed).is_err());
        assert!(new.seal("order-1", "x").unwrap().starts_with("2."));
        let bytes = old.seal_bytes("file-1", &[0, 1, 2]).unwrap();
        assert_eq!(new.open_bytes("file-1", &bytes).unwrap(), [0, 1, 2]);
        assert!(new.open_bytes("file-2", &bytes).is_err() && new.open_bytes("file-1", &bytes[..9]).is_err());
        assert_eq!(old.blind_index("13812341234").unwrap(), new.blind_index("13812341234").unwrap());
    }
}
