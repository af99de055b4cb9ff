//! Signed links (签名链接): who has one may fetch the file for ten minutes, without signing in, because the image of a page
//! and the player of a phone send no token.

use crate::view::Attachment;
use chrono::{DateTime, Duration, Utc};
use kernel::{
    Cx,
    error::{Code, Error, Result},
    id::AttachmentId,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// How long a link is good.
const LIFETIME: Duration = Duration::minutes(10);

/// Which form of a file (规格).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AttachmentVariant)]
pub enum Variant {
    /// 原件, without what told where it was made.
    Original,
    /// 缩略图: a JPEG of at most 480 pixels a side.
    Thumbnail,
}

impl Variant {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Original => "original",
            Self::Thumbnail => "thumbnail",
        }
    }
}

/// Where to get a file (签名链接): paths on this server, good without a token.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = AttachmentLinks)]
pub struct Links {
    /// 原件
    #[schema(
        example = "/api/v1/files/019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b70?variant=original&expires=1794792000&signature=0123456789abcdef0123456789abcdef"
    )]
    pub original: String,
    /// 缩略图; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thumbnail: Option<String>,
    /// Until when they are good (失效时间).
    pub expires_at: DateTime<Utc>,
}

/// What a link says.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Link {
    /// Which form (规格).
    #[param(inline)]
    pub variant: Variant,
    /// Until when it is good, in seconds since 1970 (失效时间).
    #[param(minimum = 0, maximum = 253402300799i64)]
    pub expires: i64,
    /// What makes it good (签名).
    #[param(min_length = 32, max_length = 32, pattern = "^[0-9a-f]{32}$")]
    pub signature: String,
}

/// What makes a link good that says this (签名): 32 hexadecimal digits.
///
/// # Errors
/// `internal_error` never, in practice.
pub fn sign(cx: &Cx, what: &str) -> Result<String> {
    // A digest in base64 has signs that a link would have to escape.
    Ok(digest_to_hex(&cx.vault().keyed_digest(what.as_bytes())?))
}

/// Whether this is the signature of a link that says this.
///
/// # Errors
/// `internal_error` never, in practice.
pub fn is_signed(cx: &Cx, what: &str, signature: &str) -> Result<bool> {
    Ok(same(signature, &sign(cx, what)?))
}

fn said(id: AttachmentId, variant: Variant, expires: i64) -> String {
    format!("file link {id} {} {expires}", variant.as_str())
}

fn digest_to_hex(digest: &str) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(digest).iter().take(16).map(|b| format!("{b:02x}")).collect()
}

/// Whether two texts are the same, in a time that does not tell where they differ.
fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |different, (a, b)| different | (a ^ b)) == 0
}

impl Link {
    /// Requires that the link is one of ours and still good.
    pub(crate) fn check(&self, cx: &Cx, id: AttachmentId) -> Result<()> {
        let right = is_signed(cx, &said(id, self.variant, self.expires), &self.signature)?;
        if right && self.expires > cx.now().timestamp() { Ok(()) } else { Err(Error::new(Code::LinkInvalid)) }
    }
}

/// The path of a link that is good until then.
pub(crate) fn path(cx: &Cx, id: AttachmentId, variant: Variant, expires: i64) -> Result<String> {
    let signature = sign(cx, &said(id, variant, expires))?;
    Ok(format!("/api/v1/files/{id}?variant={}&expires={expires}&signature={signature}", variant.as_str()))
}

impl Attachment {
    /// The same with links that are good from now on; without any in quarantine.
    ///
    /// # Errors
    /// `internal_error` never, in practice.
    pub fn linked(mut self, cx: &Cx) -> Result<Self> {
        if self.quarantine.is_some() {
            return Ok(self);
        }
        let expires_at = DateTime::from_timestamp((cx.now() + LIFETIME).timestamp(), 0).unwrap_or_default();
        let expires = expires_at.timestamp();
        let link = |variant: Variant| path(cx, self.id, variant, expires);
        let thumbnail = if self.has_thumbnail { Some(link(Variant::Thumbnail)?) } else { None };
        self.links = Some(Links { original: link(Variant::Original)?, thumbnail, expires_at });
        Ok(self)
    }
}
