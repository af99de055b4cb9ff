//! The vault: personal data is sealed before it reaches the database.
//!
//! AES-256-GCM or SM4-GCM (GM/T 0002 in the mode of RFC 8998) with a fresh nonce each time; which of them is a matter of the key.
//! The id of the key stands in front of the ciphertext, so that keys and algorithms can be changed while old rows stay
//! readable. What the row is bound to (its id) goes in as associated data: a sealed field copied to another row does not open.

use crate::error::{Code, Error, Result};
use aes_gcm::{
    Aes256Gcm, AesGcm, KeyInit,
    aead::{Aead, Payload, consts::U12},
};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use hmac::{Hmac, Mac};
use rand::Rng;
use sha2::Sha256;
use sm4::Sm4;

const NONCE: usize = 12;

type Sm4Gcm = AesGcm<Sm4, U12>;

/// What a key is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Algorithm {
    /// AES-256-GCM.
    Aes256Gcm,
    /// SM4-GCM (国密).
    Sm4Gcm,
}

impl Algorithm {
    /// Its word, in settings and key files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Aes256Gcm => "aes-256-gcm",
            Self::Sm4Gcm => "sm4-gcm",
        }
    }

    /// The one of this word.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        [Self::Aes256Gcm, Self::Sm4Gcm].into_iter().find(|algorithm| algorithm.as_str() == word)
    }

    /// How many bytes its key has.
    #[must_use]
    pub const fn key_bytes(self) -> usize {
        match self {
            Self::Aes256Gcm => 32,
            Self::Sm4Gcm => 16,
        }
    }
}

/// A key with its id, which stands in front of whatever it has sealed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SealingKey<'a> {
    /// The id.
    pub id: u32,
    /// What it is for.
    pub algorithm: Algorithm,
    /// As many bytes as the algorithm asks.
    pub secret: &'a [u8],
}

enum Cipher {
    Aes(Box<Aes256Gcm>),
    Sm4(Box<Sm4Gcm>),
}

impl Cipher {
    fn new(key: &SealingKey<'_>) -> Result<Self> {
        let length = |e| Error::internal(format!("vault key {} does not have {} bytes: {e}", key.id, key.algorithm.key_bytes()));
        Ok(match key.algorithm {
            Algorithm::Aes256Gcm => Self::Aes(Box::new(Aes256Gcm::new_from_slice(key.secret).map_err(length)?)),
            Algorithm::Sm4Gcm => Self::Sm4(Box::new(Sm4Gcm::new_from_slice(key.secret).map_err(length)?)),
        })
    }

    fn encrypt(&self, nonce: &[u8; NONCE], owner: &str, msg: &[u8]) -> Result<Vec<u8>> {
        let payload = Payload { msg, aad: owner.as_bytes() };
        let sealed = match self {
            Self::Aes(cipher) => cipher.encrypt(nonce.into(), payload),
            Self::Sm4(cipher) => cipher.encrypt(nonce.into(), payload),
        };
        sealed.map_err(|e| Error::internal(e.to_string()))
    }

    fn decrypt(&self, nonce: &[u8; NONCE], owner: &str, msg: &[u8]) -> Result<Vec<u8>> {
        let payload = Payload { msg, aad: owner.as_bytes() };
        let opened = match self {
            Self::Aes(cipher) => cipher.decrypt(nonce.into(), payload),
            Self::Sm4(cipher) => cipher.decrypt(nonce.into(), payload),
        };
        opened.map_err(|e| Error::internal(format!("{e}: {}", broken(owner))))
    }
}

fn broken(owner: &str) -> Error {
    Error::internal(format!("what is sealed of {owner} does not open"))
}

/// The keys, newest first.
pub struct Vault {
    keys: Vec<(u32, Cipher)>,
    index_key: [u8; 32],
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Vault({} keys)", self.keys.len())
    }
}

/// The key of the blind index that grows from a sealing key.
///
/// # Errors
/// `internal_error` never, in practice.
pub fn index_key_of(secret: &[u8]) -> Result<[u8; 32]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).map_err(Error::internal)?;
    mac.update(b"linli blind index");
    Ok(mac.finalize().into_bytes().into())
}

impl Vault {
    /// Opens the vault with its AES keys, newest first. The oldest key also makes the blind index, so that index values
    /// survive a change of keys.
    ///
    /// # Errors
    /// `internal_error` when there is no key.
    pub fn new(keys: &[(u32, [u8; 32])]) -> Result<Self> {
        let keys: Vec<_> =
            keys.iter().map(|(id, secret)| SealingKey { id: *id, algorithm: Algorithm::Aes256Gcm, secret: secret.as_slice() }).collect();
        Self::with(&keys, None)
    }

    /// Opens the vault with its keys, newest first, and the key of the blind index; without one the oldest key makes it.
    ///
    /// # Errors
    /// `internal_error` when there is no key, or one of the wrong length.
    pub fn with(keys: &[SealingKey<'_>], index_key: Option<[u8; 32]>) -> Result<Self> {
        let oldest = keys.last().ok_or_else(|| Error::internal("the vault has no key"))?;
        let index_key = index_key.map_or_else(|| index_key_of(oldest.secret), Ok)?;
        let keys = keys.iter().map(|key| Ok((key.id, Cipher::new(key)?))).collect::<Result<_>>()?;
        Ok(Self { keys, index_key })
    }

    /// The ids of its keys, newest first.
    #[must_use]
    pub fn key_ids(&self) -> Vec<u32> {
        self.keys.iter().map(|(id, _)| *id).collect()
    }

    /// The key that seals, and its id.
    fn newest(&self) -> Result<(u32, &Cipher)> {
        self.keys.first().map(|(id, cipher)| (*id, cipher)).ok_or_else(|| Error::internal("the vault has no key"))
    }

    fn cipher(&self, id: u32) -> Result<&Cipher> {
        let found = self.keys.iter().find(|(key, _)| *key == id).map(|(_, cipher)| cipher);
        found.ok_or_else(|| Error::new(Code::KeyMissing).because(format!("the vault lacks key {id}")))
    }

    /// Seals a text that belongs to `owner`.
    ///
    /// # Errors
    /// `internal_error` when the cipher fails.
    pub fn seal(&self, owner: &str, text: &str) -> Result<String> {
        let (id, _) = self.newest()?;
        self.seal_with(id, owner, text)
    }

    /// The same with this key, whichever is the newest: for the sample by which a key is known.
    pub(crate) fn seal_with(&self, id: u32, owner: &str, text: &str) -> Result<String> {
        let mut nonce = [0u8; NONCE];
        rand::rng().fill_bytes(&mut nonce);
        let sealed = self.cipher(id)?.encrypt(&nonce, owner, text.as_bytes())?;
        Ok(format!("{id}.{}", STANDARD_NO_PAD.encode([&nonce[..], &sealed].concat())))
    }

    /// Seals bytes that belong to `owner`.
    ///
    /// # Errors
    /// `internal_error` when the cipher fails.
    pub fn seal_bytes(&self, owner: &str, bytes: &[u8]) -> Result<Vec<u8>> {
        let (id, cipher) = self.newest()?;
        let mut nonce = [0u8; NONCE];
        rand::rng().fill_bytes(&mut nonce);
        let sealed = cipher.encrypt(&nonce, owner, bytes)?;
        Ok([&id.to_be_bytes()[..], &nonce, &sealed].concat())
    }

    /// Opens bytes that were sealed for `owner`.
    ///
    /// # Errors
    /// `key_missing` when the key is not there; `internal_error` when the bytes were tampered with.
    pub fn open_bytes(&self, owner: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        let (id, sealed) = sealed.split_first_chunk().ok_or_else(|| broken(owner))?;
        let (nonce, message) = sealed.split_first_chunk::<NONCE>().ok_or_else(|| broken(owner))?;
        self.cipher(u32::from_be_bytes(*id))?.decrypt(nonce, owner, message)
    }

    /// Opens what was sealed for `owner`.
    ///
    /// # Errors
    /// `key_missing` when the key is not there; `internal_error` when the text was tampered with.
    pub fn open(&self, owner: &str, sealed: &str) -> Result<String> {
        let (id, body) = sealed.split_once('.').ok_or_else(|| broken(owner))?;
        let id = id.parse().map_err(|e| broken(owner).because(format!("{e}")))?;
        let cipher = self.cipher(id)?;
        let bytes = STANDARD_NO_PAD.decode(body).map_err(Error::internal)?;
        let (nonce, message) = bytes.split_first_chunk::<NONCE>().ok_or_else(|| broken(owner))?;
        String::from_utf8(cipher.decrypt(nonce, owner, message)?).map_err(Error::internal)
    }

    /// The same sealed with the newest key; nothing if it is already.
    ///
    /// # Errors
    /// As [`Vault::open`].
    pub fn reseal(&self, owner: &str, sealed: &str) -> Result<Option<String>> {
        let (newest, _) = self.newest()?;
        if sealed.split_once('.').is_some_and(|(id, _)| id.parse() == Ok(newest)) {
            return Ok(None);
        }
        self.seal(owner, &self.open(owner, sealed)?).map(Some)
    }

    /// Whether sealed bytes, of which the beginning is enough, are sealed with the newest key.
    #[must_use]
    pub fn is_newest(&self, sealed: &[u8]) -> bool {
        let id = sealed.first_chunk().map(|id| u32::from_be_bytes(*id));
        id.is_some() && id == self.keys.first().map(|(id, _)| *id)
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

    #[test]
    fn sm4_seals_beside_aes_and_the_key_says_which() {
        let (old, new) = ([7; 32], [9; 16]);
        let aes = SealingKey { id: 1, algorithm: Algorithm::Aes256Gcm, secret: &old };
        let sm4 = SealingKey { id: 2, algorithm: Algorithm::Sm4Gcm, secret: &new };
        let (before, after) = (Vault::with(&[aes], None).unwrap(), Vault::with(&[sm4, aes], None).unwrap());
        let sealed = before.seal("order-1", "张三").unwrap();
        let again = after.reseal("order-1", &sealed).unwrap().unwrap();
        assert!(again.starts_with("2.") && after.reseal("order-1", &again).unwrap().is_none());
        // The old key goes; the index stays what it was, because its key is kept beside.
        let alone = Vault::with(&[sm4], Some(index_key_of(&old).unwrap())).unwrap();
        assert_eq!(alone.open("order-1", &again).unwrap(), "张三");
        assert_eq!(alone.blind_index("x").unwrap(), before.blind_index("x").unwrap());
        assert_eq!(alone.open("order-1", &sealed).unwrap_err().code, Code::KeyMissing);
        assert_eq!(alone.open_bytes("f", &before.seal_bytes("f", b"x").unwrap()).unwrap_err().code, Code::KeyMissing);
        assert!(alone.is_newest(&alone.seal_bytes("f", b"x").unwrap()) && !alone.is_newest(&before.seal_bytes("f", b"x").unwrap()));
        assert!(Vault::with(&[SealingKey { secret: &old, ..sm4 }], None).is_err());
        for algorithm in [Algorithm::Aes256Gcm, Algorithm::Sm4Gcm] {
            assert_eq!(Algorithm::named(algorithm.as_str()), Some(algorithm));
        }
    }

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    }

    /// RFC 8998, appendix A.1, and test case 16 of the GCM specification.
    #[test]
    fn the_ciphers_agree_with_the_published_vectors() {
        let key = bytes("0123456789abcdeffedcba9876543210");
        let cipher = Sm4Gcm::new_from_slice(&key).unwrap();
        let nonce: [u8; NONCE] = bytes("00001234567800000000abcd").try_into().unwrap();
        let text = ["aa", "bb", "cc", "dd", "ee", "ff", "ee", "aa"].map(|b| b.repeat(8)).concat();
        let aad = bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2");
        let sealed = cipher.encrypt((&nonce).into(), Payload { msg: &bytes(&text), aad: &aad }).unwrap();
        let expected = "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d\
                        83de3541e4c2b58177e065a9bf7b62ec";
        assert_eq!(sealed, bytes(expected));
        let key = bytes("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
        let cipher = Aes256Gcm::new_from_slice(&key).unwrap();
        let nonce: [u8; NONCE] = bytes("cafebabefacedbaddecaf888").try_into().unwrap();
        let text =
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
        let sealed = cipher.encrypt((&nonce).into(), Payload { msg: &bytes(text), aad: &aad }).unwrap();
        let expected = "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662\
                        76fc6ece0f4e1768cddf8853bb2d551b";
        assert_eq!(sealed, bytes(expected));
    }
}
