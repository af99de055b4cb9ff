//! The number of an order as it is read over the phone: `20261122-K7Q2M4C`.
//!
//! The day in China, six characters of the order's own random id, and a check character. The
//! alphabet leaves out what sounds or looks alike (I, L, O, U). No counter is locked: should two orders of one day
//! draw the same six characters (one in a thousand million), the unique index refuses the second and it draws again.

use crate::calendar::china;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Crockford's base 32.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Makes the number of an order.
pub(super) fn make(id: Uuid, created_at: DateTime<Utc>) -> String {
    let mut random = id.as_u128();
    let mut number = format!("{}-", created_at.with_timezone(&china()).format("%Y%m%d"));
    for _ in 0..6 {
        number.push(char::from(ALPHABET[(random % 32) as usize]));
        random /= 32;
    }
    number.push(check(&number).unwrap_or('0'));
    number
}

/// Reads a number as somebody typed it: lower case, spaces and the look-alikes I, L, O are understood.
/// Nothing when the check character does not fit.
pub(super) fn read(text: &str) -> Option<String> {
    let clean: String = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| match c.to_ascii_uppercase() {
            'I' | 'L' => '1',
            'O' => '0',
            other => other,
        })
        .collect();
    let split = clean.char_indices().last()?.0;
    let (body, last) = clean.split_at(split);
    let shape = clean.len() == 16 && clean.as_bytes()[8] == b'-' && clean[..8].bytes().all(|b| b.is_ascii_digit());
    (shape && check(body)?.to_string() == last).then_some(clean)
}

/// Luhn's sum over base 32: finds every single wrong character and nearly every swapped pair.
fn check(body: &str) -> Option<char> {
    let mut sum = 0;
    for (place, c) in body.bytes().filter(|b| *b != b'-').rev().enumerate() {
        let value = ALPHABET.iter().position(|a| *a == c)?;
        let value = if place % 2 == 0 { value * 2 } else { value };
        sum += value / 32 + value % 32;
    }
    Some(char::from(ALPHABET[(32 - sum % 32) % 32]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_character_is_found() {
        let at = "2026-11-21T20:00:00Z".parse().expect("a time");
        let number = make(Uuid::from_u128(0x019a_a1c2_7d40_7c3e_9f5b_2a6e_4d1c_8b70), at);
        assert!(number.starts_with("20261122-"), "the day in China: {number}");
        assert_eq!(number.len(), 16);
        assert_eq!(read(&number.to_lowercase()).as_deref(), Some(number.as_str()));
        for place in (0..8).chain(9..16) {
            for c in ALPHABET {
                let mut bytes = number.clone().into_bytes();
                bytes[place] = *c;
                let wrong = String::from_utf8(bytes).expect("ASCII");
                assert_eq!(read(&wrong).is_some(), wrong == number, "{wrong}");
            }
        }
        for junk in ["", "-", "20261122", "20261122-", "二", "20261122-K7Q2M4", "2026112-KK7Q2M4C"] {
            assert_eq!(read(junk), None, "{junk}");
        }
    }
}
