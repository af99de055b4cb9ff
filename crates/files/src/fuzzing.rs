//! What fuzzers and their smoke test call (`tests/fuzz`); nothing else does.

use crate::{blob, kind::Kind};
use kernel::error::Kind as Fault;

/// Takes a file in: what is kept of it can be taken in again and is of the kind that it said.
///
/// # Panics
/// When a file that is refused is anybody's fault but the sender's, or what is kept is none.
pub fn file(bytes: &[u8]) {
    const PIXELS: u64 = 1 << 18;
    let made = match blob::prepare(bytes.to_vec(), PIXELS) {
        Ok(made) => made,
        Err(error) => return assert!(!matches!(error.code.kind(), Fault::Internal), "{error}"),
    };
    let again = blob::prepare(made.bytes.clone(), PIXELS).expect("what was kept is a file");
    assert_eq!((again.kind, again.size), (made.kind, made.size));
    let drawn = matches!(made.kind, Kind::Jpeg | Kind::Png);
    assert!(drawn == made.thumbnail.is_some() && (drawn || made.bytes.len() == bytes.len()), "{:?}", made.kind);
}
