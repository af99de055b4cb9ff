//! Message push (消息推送): what WeChat tells this server by itself.
//!
//! Every message is signed with the token that the operator entered on both sides; with an EncodingAESKey it is encrypted as
//! well (安全模式), and then nothing else is taken, because the signature of a plain message says nothing about its body. What is
//! older than five minutes is refused, so a message that somebody has copied is worth nothing later; within them it changes
//! nothing a second time. Source: developers.weixin.qq.com, 消息推送.

use super::command::ReceiveWechatPush;
use aes::{
    Aes256, Block,
    cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit},
};
use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};
use kernel::{Code, Error, Result, Time};
use rand::Rng;
use serde_json::Value;
use sha1::{Digest, Sha1};
use std::fmt;

/// How far the time of a message may lie from now, in seconds.
const WINDOW: i64 = 300;
/// Bytes of a block that a message is filled up to.
const FILL: usize = 32;
const BLOCK: usize = 16;
/// An EncodingAESKey is 43 characters of base64 whose last bits need not be zero.
const KEY: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::RequireNone).with_decode_allow_trailing_bits(true),
);

/// What messages are signed and encrypted with.
pub struct PushKeys {
    token: String,
    key: Option<[u8; 32]>,
    appid: String,
}

impl fmt::Debug for PushKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PushKeys({})", self.appid)
    }
}

/// The lower-case hexadecimal SHA-1 of the parts, sorted and put together.
fn signature<const N: usize>(mut parts: [&str; N]) -> String {
    parts.sort_unstable();
    Sha1::digest(parts.concat()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether two texts are the same, in a time that does not tell where they differ.
fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |different, (a, b)| different | (a ^ b)) == 0
}

fn invalid(reason: &str) -> Error {
    Error::new(Code::WechatPushInvalid).with("reason", reason)
}

fn xor(block: &mut [u8], with: &[u8]) {
    block.iter_mut().zip(with).for_each(|(byte, other)| *byte ^= other);
}

impl PushKeys {
    /// From the configuration.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence without the key.
    pub fn read(token: &str, key: Option<&str>, appid: &str) -> std::result::Result<Self, String> {
        let key = match key {
            None => None,
            Some(text) => {
                let bytes = KEY.decode(text).map_err(|e| format!("the key of message push is no base64: {e}"))?;
                let key: [u8; 32] = bytes.try_into().map_err(|bytes: Vec<u8>| {
                    format!("the key of message push has {} bytes instead of 32: it is written with 43 characters", bytes.len())
                })?;
                Some(key)
            }
        };
        if token.is_empty() || token.len() > 32 || !token.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err("the token of message push has up to 32 letters and digits".to_owned());
        }
        Ok(Self { token: token.to_owned(), key, appid: appid.to_owned() })
    }

    /// What a message of this time is signed with, and, where it is encrypted, what it holds.
    #[must_use]
    pub fn sign(&self, timestamp: &str, nonce: &str, encrypted: Option<&str>) -> String {
        match encrypted {
            Some(encrypted) => signature([&self.token, timestamp, nonce, encrypted]),
            None => signature([&self.token, timestamp, nonce]),
        }
    }

    fn check(&self, query: &ReceiveWechatPush, given: Option<&String>, encrypted: Option<&str>, now: Time) -> Result<()> {
        let (Some(timestamp), Some(nonce), Some(given)) = (&query.timestamp, &query.nonce, given) else {
            return Err(invalid("it is not signed"));
        };
        if !same(given, &self.sign(timestamp, nonce, encrypted)) {
            return Err(invalid("the signature is wrong"));
        }
        let at: i64 = timestamp.parse().map_err(|e: std::num::ParseIntError| invalid("it has no time").because(e))?;
        if at.saturating_sub(now.timestamp()).saturating_abs() > WINDOW {
            Err(invalid("it is too old, or from the future"))
        } else {
            Ok(())
        }
    }

    /// The answer to WeChat's question whether this address is ours (验证服务器地址).
    ///
    /// # Errors
    /// `wechat_push_invalid`.
    pub(super) fn echo(&self, query: &ReceiveWechatPush, now: Time) -> Result<String> {
        self.check(query, query.signature.as_ref(), None, now)?;
        query.echostr.clone().ok_or_else(|| invalid("there is nothing to echo"))
    }

    /// The message in a body.
    ///
    /// # Errors
    /// `wechat_push_invalid`.
    pub(super) fn message(&self, query: &ReceiveWechatPush, body: &[u8], now: Time) -> Result<Value> {
        let json = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).map_err(|e| invalid("it is no JSON").because(e));
        match (&self.key, query.encrypt_type.as_deref()) {
            (Some(key), Some("aes")) => {
                let outer = json(body)?;
                let encrypted = outer["Encrypt"].as_str().ok_or_else(|| invalid("nothing is encrypted in it"))?;
                self.check(query, query.msg_signature.as_ref(), Some(encrypted), now)?;
                json(&self.open(key, encrypted)?)
            }
            (None, None | Some("raw")) => {
                self.check(query, query.signature.as_ref(), None, now)?;
                json(body)
            }
            (Some(_), _) => Err(invalid("it is not encrypted")),
            (None, _) => Err(invalid("it is encrypted, and there is no key")),
        }
    }

    /// Opens what was encrypted: random 16 bytes, the length of the message, the message, the id of the mini-program.
    fn open(&self, key: &[u8; 32], encrypted: &str) -> Result<Vec<u8>> {
        let broken = || invalid("it cannot be decrypted");
        let mut bytes = STANDARD.decode(encrypted).map_err(|e| broken().because(e))?;
        if bytes.is_empty() || bytes.len() % BLOCK != 0 {
            return Err(broken());
        }
        let cipher = Aes256::new(key.into());
        let mut before: [u8; BLOCK] = std::array::from_fn(|n| key[n]);
        for chunk in bytes.chunks_exact_mut(BLOCK) {
            let sealed: [u8; BLOCK] = std::array::from_fn(|n| chunk[n]);
            let mut block = Block::from(sealed);
            cipher.decrypt_block(&mut block);
            chunk.copy_from_slice(&block);
            xor(chunk, &before);
            before = sealed;
        }
        let fill = usize::from(*bytes.last().unwrap_or(&0));
        if fill == 0 || fill > FILL || fill > bytes.len() || bytes[bytes.len() - fill..].iter().any(|b| usize::from(*b) != fill) {
            return Err(broken());
        }
        bytes.truncate(bytes.len() - fill);
        let length = bytes.get(16..20).and_then(|b| b.try_into().ok()).map(u32::from_be_bytes).ok_or_else(broken)?;
        let end = usize::try_from(length).ok().and_then(|length| length.checked_add(20)).ok_or_else(broken)?;
        let (message, appid) = (bytes.get(20..end).ok_or_else(broken)?, bytes.get(end..).unwrap_or_default());
        if appid == self.appid.as_bytes() { Ok(message.to_vec()) } else { Err(invalid("it is for another mini-program")) }
    }

    /// Encrypts a message as WeChat does; absent without a key.
    #[must_use]
    pub fn seal(&self, message: &[u8]) -> Option<String> {
        let key = self.key.as_ref()?;
        let mut bytes = vec![0; 16];
        rand::rng().fill_bytes(&mut bytes);
        bytes.extend(u32::try_from(message.len()).ok()?.to_be_bytes());
        bytes.extend(message);
        bytes.extend(self.appid.as_bytes());
        let fill = FILL - bytes.len() % FILL;
        bytes.extend(std::iter::repeat_n(u8::try_from(fill).ok()?, fill));
        let cipher = Aes256::new(key.into());
        let mut before: [u8; BLOCK] = std::array::from_fn(|n| key[n]);
        for chunk in bytes.chunks_exact_mut(BLOCK) {
            xor(chunk, &before);
            let plain: [u8; BLOCK] = std::array::from_fn(|n| chunk[n]);
            let mut block = Block::from(plain);
            cipher.encrypt_block(&mut block);
            chunk.copy_from_slice(&block);
            before = std::array::from_fn(|n| chunk[n]);
        }
        Some(STANDARD.encode(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY_TEXT: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
    const OPENSSL: &str = "nlodUoiOMzG2LMfJo7fzIHpFLg6amVwfitQvUZqudocRn1LcCNvnwoKHWko8X5Vgd8xjF/Ig0thmuCRrh17yqg==";

    fn at(seconds: i64) -> Time {
        Time::from_timestamp(seconds, 0).unwrap()
    }

    fn query(timestamp: &str, nonce: &str, signature: &str) -> ReceiveWechatPush {
        let text = |text: &str| Some(text.to_owned());
        ReceiveWechatPush {
            signature: text(signature),
            timestamp: text(timestamp),
            nonce: text(nonce),
            echostr: text("4375120948345356249"),
            ..ReceiveWechatPush::default()
        }
    }

    #[test]
    fn the_vectors_of_the_handbook() {
        let keys = PushKeys::read("AAAAA", None, "wx1").unwrap();
        assert_eq!(keys.sign("1714036504", "1514711492", None), "f464b24fc39322e44b38aa78f5edd27bd1441696");
        assert_eq!(keys.sign("1714037059", "486452656", None), "899cf89e464efb63f54ddac96b0a0a235f53aa78");
        let right = query("1714036504", "1514711492", "f464b24fc39322e44b38aa78f5edd27bd1441696");
        assert_eq!(keys.echo(&right, at(1_714_036_804)).unwrap(), "4375120948345356249");
        for (query, now) in [
            (right.clone(), 1_714_036_805),
            (right.clone(), 1_714_036_203),
            (query("1714036505", "1514711492", "f464b24fc39322e44b38aa78f5edd27bd1441696"), 1_714_036_504),
            (query("1714036504", "1514711492", ""), 1_714_036_504),
            (ReceiveWechatPush { nonce: None, ..right.clone() }, 1_714_036_504),
            (ReceiveWechatPush { echostr: None, ..right }, 1_714_036_504),
        ] {
            assert_eq!(keys.echo(&query, at(now)).unwrap_err().code, Code::WechatPushInvalid);
        }
    }

    #[test]
    fn what_is_sealed_opens_with_the_same_key_for_the_same_program() {
        let keys = PushKeys::read("AAAAA", Some(KEY_TEXT), "wx1").unwrap();
        let key = keys.key.unwrap();
        for length in [0, 1, 10, 11, 12, 42, 43, 44, 1000] {
            let message = "语".repeat(length);
            let sealed = keys.seal(message.as_bytes()).unwrap();
            assert_eq!(keys.open(&key, &sealed).unwrap(), message.as_bytes(), "{length}");
            let mut bytes = STANDARD.decode(&sealed).unwrap();
            assert_eq!(bytes.len() % FILL, 0);
            let last = bytes.len() - 1;
            bytes[last] ^= 1;
            assert!(keys.open(&key, &STANDARD.encode(bytes)).is_err());
        }
        let sealed = keys.seal(b"{}").unwrap();
        let other = PushKeys::read("AAAAA", Some(KEY_TEXT), "wx2").unwrap();
        assert!(other.open(&key, &sealed).is_err());
        for broken in ["", "x", "AAAA", &sealed[..24]] {
            assert!(keys.open(&key, broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn a_message_made_with_openssl_opens() {
        // printf of 16 × "r", 0000000d, {"Event":"x"}, wx1, filled to 64 bytes; openssl enc -aes-256-cbc -nopad.
        let keys = PushKeys::read("AAAAA", Some(KEY_TEXT), "wx1").unwrap();
        let opened = keys.open(&keys.key.unwrap(), OPENSSL).unwrap();
        assert_eq!(opened, br#"{"Event":"x"}"#);
    }

    #[test]
    fn with_a_key_only_what_is_encrypted_is_taken() {
        let (safe, plain) = (PushKeys::read("AAAAA", Some(KEY_TEXT), "wx1").unwrap(), PushKeys::read("AAAAA", None, "wx1").unwrap());
        let sealed = safe.seal(br#"{"Event":"x"}"#).unwrap();
        let signed = safe.sign("1714036504", "n", Some(&sealed));
        let text = |text: &str| Some(text.to_owned());
        let encrypted = ReceiveWechatPush { encrypt_type: text("aes"), msg_signature: Some(signed), ..query("1714036504", "n", "") };
        let body = serde_json::json!({ "ToUserName": "gh_1", "Encrypt": sealed }).to_string();
        let now = at(1_714_036_504);
        assert_eq!(safe.message(&encrypted, body.as_bytes(), now).unwrap()["Event"], "x");
        let bare = query("1714036504", "n", &plain.sign("1714036504", "n", None));
        assert_eq!(plain.message(&bare, br#"{"Event":"y"}"#, now).unwrap()["Event"], "y");
        let other = body.replace(&sealed, &safe.seal(b"{}").unwrap());
        for refused in [
            safe.message(&bare, br#"{"Event":"y"}"#, now),
            safe.message(&encrypted, other.as_bytes(), now),
            safe.message(&encrypted, body.as_bytes(), at(1_714_036_805)),
            safe.message(&encrypted, b"no json", now),
            plain.message(&encrypted, body.as_bytes(), now),
            plain.message(&bare, b"<xml/>", now),
        ] {
            assert_eq!(refused.unwrap_err().code, Code::WechatPushInvalid);
        }
    }
}
