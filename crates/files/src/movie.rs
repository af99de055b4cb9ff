//! Recordings (MP4, M4A) keep their pictures and sounds; what phones write beside them (where it was recorded, with what, when)
//! goes. A recording is a tree of boxes: those that hold such notes become free space of the same length, so that nothing
//! else moves. One whose tree cannot be followed to its end, or with a track that is neither picture nor sound (phones keep
//! their way in such), is refused.

use kernel::error::{Code, Error, Result};
use std::ops::Range;

/// Boxes that hold others that matter here.
const BRANCHES: [&[u8; 4]; 3] = [b"moov", b"trak", b"mdia"];
/// Boxes of notes.
const NOTES: [&[u8; 4]; 4] = [b"udta", b"meta", b"uuid", b"XMP_"];
/// What a track may hold: picture, sound, or a hint for streaming.
const TRACKS: [&[u8; 4]; 3] = [b"vide", b"soun", b"hint"];
/// How deep the tree is followed.
const DEEPEST: usize = 4;

fn unreadable() -> Error {
    Error::new(Code::AttachmentUnreadable).with("media_type", "video/mp4")
}

/// The recording without its notes.
pub(crate) fn forget_where(mut bytes: Vec<u8>) -> Result<Vec<u8>> {
    let all = 0..bytes.len();
    let found = walk(&mut bytes, all, 0)?;
    if found { Ok(bytes) } else { Err(unreadable()) }
}

/// Goes through the boxes within this range; tells whether there was a description of the recording among them.
fn walk(bytes: &mut [u8], within: Range<usize>, depth: usize) -> Result<bool> {
    let (mut at, mut described) = (within.start, false);
    while at < within.end {
        let (name, content) = head(bytes, at, within.end)?;
        if NOTES.contains(&&name) {
            bytes[at + 4..at + 8].copy_from_slice(b"free");
            bytes[content.clone()].fill(0);
        } else if &name == b"hdlr" {
            // Version and flags, then what the handler was before, then what it handles.
            let handles = bytes.get(content.start + 8..content.start + 12).filter(|_| content.len() >= 12).ok_or_else(unreadable)?;
            if !TRACKS.iter().any(|t| &t[..] == handles) {
                return Err(Error::new(Code::AttachmentUnreadable).with("media_type", "video/mp4"));
            }
        } else if BRANCHES.contains(&&name) && depth < DEEPEST {
            described |= &name == b"moov";
            walk(bytes, content.clone(), depth + 1)?;
        }
        at = content.end;
    }
    Ok(described)
}

/// The name of the box that begins here, and where its content lies.
fn head(bytes: &[u8], at: usize, end: usize) -> Result<([u8; 4], Range<usize>)> {
    let four = |at: usize| bytes.get(at..at + 4).filter(|_| at + 4 <= end).and_then(|b| <[u8; 4]>::try_from(b).ok());
    let length = four(at).map(u32::from_be_bytes).ok_or_else(unreadable)?;
    let name = four(at + 4).ok_or_else(unreadable)?;
    let (start, length) = match length {
        // To the end of the file.
        0 => (at + 8, end - at),
        // A long one: the length follows.
        1 => {
            let (high, low) = (four(at + 8).ok_or_else(unreadable)?, four(at + 12).ok_or_else(unreadable)?);
            let long = u64::from(u32::from_be_bytes(high)) << 32 | u64::from(u32::from_be_bytes(low));
            (at + 16, usize::try_from(long).map_err(|e| unreadable().because(e))?)
        }
        n => (at + 8, n as usize),
    };
    let content = start..at.checked_add(length).ok_or_else(unreadable)?;
    if content.start <= content.end && content.end <= end { Ok((name, content)) } else { Err(unreadable()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len() + 8).unwrap();
        [&length.to_be_bytes()[..], name, content].concat()
    }

    fn recording(handles: &[u8; 4]) -> Vec<u8> {
        let handler = boxed(b"hdlr", &[&[0; 8][..], handles, &[0; 13]].concat());
        let track = boxed(b"trak", &[boxed(b"mdia", &handler), boxed(b"udta", b"+32.2370+119.8250/")].concat());
        let notes = boxed(b"udta", &boxed(b"\xa9xyz", b"+32.2370+119.8250/"));
        let moov = boxed(b"moov", &[track, notes, boxed(b"meta", b"com.apple.quicktime.location.ISO6709")].concat());
        [boxed(b"ftyp", b"isom\0\0\0\0"), boxed(b"mdat", b"pictures"), moov, boxed(b"uuid", b"xmp GPSLatitude")].concat()
    }

    #[test]
    fn what_tells_the_place_is_gone_and_nothing_else_moved() {
        let before = recording(b"vide");
        let after = forget_where(before.clone()).unwrap();
        assert_eq!(before.len(), after.len());
        let holds = |word: &[u8]| after.windows(word.len()).any(|w| w == word);
        assert!(!holds(b"119.8250") && !holds(b"ISO6709") && !holds(b"GPSLatitude") && holds(b"pictures"));
        assert_eq!(forget_where(after.clone()).unwrap(), after);
    }

    #[test]
    fn what_cannot_be_followed_is_refused() {
        let whole = recording(b"soun");
        for cut in 1..whole.len() {
            // Cut at the end of a box it is still a recording, if the description came before.
            let _ = forget_where(whole[..cut].to_vec());
        }
        assert!(forget_where(whole[..whole.len() - 1].to_vec()).is_err());
        assert!(forget_where(recording(b"meta")).is_err(), "a track of positions");
        assert!(forget_where(boxed(b"ftyp", b"isom")).is_err(), "nothing recorded");
        assert!(forget_where(b"\0\0\0\x01moov\xff\xff\xff\xff\xff\xff\xff\xff".to_vec()).is_err());
        assert!(forget_where(b"\0\0\0\x04moov".to_vec()).is_err());
    }
}
