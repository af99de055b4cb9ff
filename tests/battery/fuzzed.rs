//! The fuzz targets over their corpora, and over small changes of them: what `tests/fuzz/run` does for minutes, in a second.

use std::{fs, path::Path};

#[path = "../fuzz/src/lib.rs"]
mod targets;

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap_or_default() % sides.max(1)
    }

    /// The bytes with something changed, taken away, doubled or put in.
    fn bent(&mut self, bytes: &[u8]) -> Vec<u8> {
        const PIECES: [&[u8]; 12] =
            [b"\"", b"{", b"[", b"\\", b"\0", b"\xff", b"-", b"9999999999999999999", b"e400", "\u{feff}".as_bytes(), b"%", b"\n"];
        let mut bytes = bytes.to_vec();
        for _ in 0..=self.throw(4) {
            let at = self.throw(bytes.len() + 1);
            match self.throw(4) {
                0 if at < bytes.len() => bytes[at] = u8::try_from(self.throw(256)).unwrap_or_default(),
                1 => bytes.truncate(at),
                2 => {
                    let tail = bytes[at..].to_vec();
                    bytes.extend(tail);
                }
                _ => drop(bytes.splice(at..at, PIECES[self.throw(PIECES.len())].iter().copied())),
            }
        }
        bytes.truncate(4096);
        bytes
    }
}

#[test]
fn the_targets_hold_over_their_corpora() {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for (name, target) in targets::TARGETS {
        let mut seeds: Vec<_> = fs::read_dir(corpora.join(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
        seeds.sort_unstable();
        assert!(seeds.len() > 2, "{name} has a corpus");
        for seed in seeds {
            let bytes = fs::read(&seed).unwrap();
            targets::run(name, &bytes);
            for _ in 0..200 {
                let bent = dice.bent(&bytes);
                let outcome = std::panic::catch_unwind(|| target(&bent));
                assert!(outcome.is_ok(), "{name} fails at {:?}", String::from_utf8_lossy(&bent));
            }
        }
    }
}
