//! What a file is: its first bytes say so. Its name and what the client calls it say nothing.

use kernel::error::{Code, Error, Result};

/// The kinds that are taken, in the words of a refusal.
const TAKEN: &str = "JPEG, PNG, WebP, GIF, PDF, MP4, M4A";

/// What is taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Jpeg,
    Png,
    Webp,
    Gif,
    Pdf,
    Mp4,
    M4a,
}

impl Kind {
    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Gif => "image/gif",
            Self::Pdf => "application/pdf",
            Self::Mp4 => "video/mp4",
            Self::M4a => "audio/mp4",
        }
    }
}

/// What these bytes are.
pub(crate) fn of(bytes: &[u8]) -> Result<Kind> {
    let begins = |magic: &[u8]| bytes.starts_with(magic);
    let kind = match bytes {
        _ if begins(b"\xff\xd8\xff") => Kind::Jpeg,
        _ if begins(b"\x89PNG\r\n\x1a\n") => Kind::Png,
        _ if begins(b"GIF87a") || begins(b"GIF89a") => Kind::Gif,
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Kind::Webp,
        _ if begins(b"%PDF-") => pdf(bytes)?,
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => iso(brand)?,
        _ => return Err(Error::new(Code::AttachmentTypeRefused).with("taken", TAKEN)),
    };
    Ok(kind)
}

/// A document is kept as it is, so at least it is whole, and nothing that runs.
fn pdf(bytes: &[u8]) -> Result<Kind> {
    let tail = &bytes[bytes.len().saturating_sub(1024)..];
    let holds = |text: &[u8], word: &[u8]| text.windows(word.len()).any(|w| w == word);
    if !holds(tail, b"%%EOF") {
        return Err(Error::new(Code::AttachmentUnreadable).with("media_type", "application/pdf"));
    }
    if [&b"/JavaScript"[..], b"/Launch", b"/EmbeddedFile"].iter().any(|word| holds(bytes, word)) {
        return Err(Error::new(Code::AttachmentTypeRefused).with("taken", TAKEN));
    }
    Ok(Kind::Pdf)
}

/// Of the many files that begin like MP4 those that phones record; pictures (HEIC, AVIF) are not among them.
fn iso(brand: &[u8]) -> Result<Kind> {
    match brand.get(..4) {
        Some(b"M4A " | b"M4B ") => Ok(Kind::M4a),
        Some(
            b"isom" | b"iso2" | b"iso4" | b"iso5" | b"iso6" | b"mp41" | b"mp42" | b"avc1" | b"M4V " | b"3gp4" | b"3gp5" | b"3gp6" | b"qt  ",
        ) => Ok(Kind::Mp4),
        _ => Err(Error::new(Code::AttachmentTypeRefused).with("taken", TAKEN)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_says_what_it_is() {
        assert_eq!(of(b"\xff\xd8\xff\xe0").unwrap(), Kind::Jpeg);
        assert_eq!(of(b"RIFF\0\0\0\0WEBPVP8 ").unwrap(), Kind::Webp);
        assert_eq!(of(b"\0\0\0\x18ftypM4A ").unwrap(), Kind::M4a);
        assert_eq!(of(b"%PDF-1.7\nx\n%%EOF\n").unwrap(), Kind::Pdf);
        let code = |bytes: &[u8]| of(bytes).unwrap_err().code;
        for refused in [
            &b""[..],
            b"\xff\xd8",
            b"<svg xmlns='http://www.w3.org/2000/svg'>",
            b"<!doctype html>",
            b"MZ\x90",
            b"PK\x03\x04",
            b"\0\0\0\x18ftypheic",
            b"%PDF-1.7 /JavaScript %%EOF",
            b"RIFF\0\0\0\0WAVE",
        ] {
            assert_eq!(code(refused), Code::AttachmentTypeRefused, "{refused:?}");
        }
        assert_eq!(code(b"%PDF-1.7"), Code::AttachmentUnreadable);
    }
}
