//! The fuzz targets as plain functions: each takes any bytes and panics on a fault.
//!
//! `tests/fuzz/run` feeds them to libFuzzer; the product tests (`tests/battery/fuzzed.rs`) run them over the corpus and
//! small changes of it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer, SigningKey};
use identity::Keys;
use kernel::{
    PageQuery, Pager, RegionCode,
    geo::{Datum, Point},
    mask,
    person::IdNumber,
};
use serde_json::Value;
use std::sync::LazyLock;

/// A target.
pub type Target = fn(&[u8]);

/// All targets, by the names of their corpora.
pub const TARGETS: [(&str, Target); 12] = [
    ("body", api::fuzzing::body),
    ("boundary", grids::fuzzing::boundary),
    ("cursor", cursor),
    ("file", files::fuzzing::file),
    ("headers", api::fuzzing::headers),
    ("id_number", id_number),
    ("mask", masked),
    ("point", point),
    ("query", query),
    ("region", region),
    ("sheet", grids::fuzzing::sheet),
    ("token", token),
];

/// Runs a target.
///
/// # Panics
/// On a fault, and for a name that is none.
pub fn run(name: &str, bytes: &[u8]) {
    let (_, target) = TARGETS.iter().find(|(target, _)| *target == name).expect("a target");
    target(bytes);
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A cursor that we did not make is refused; one that we made comes back as it was, in its own list alone.
pub fn cursor(bytes: &[u8]) {
    let pager = |list: &str, cursor: Option<String>| Pager::new(list, &"filter", PageQuery { limit: None, cursor }).expect("a list");
    let given = pager("orders", Some(text(bytes)));
    assert!(given.after::<(i64, uuid::Uuid)>().is_err(), "{:?}", text(bytes));
    let Ok(key) = serde_json::from_slice::<Value>(bytes) else { return };
    let Ok(made) = given.cursor(&key) else { return };
    if let Ok(read) = pager("orders", Some(made.clone())).after::<Value>() {
        assert_eq!(read, Some(key));
    }
    assert!(pager("grids", Some(made)).after::<Value>().is_err());
}

/// A query is text.
pub fn query(bytes: &[u8]) {
    api::fuzzing::query(&text(bytes));
}

/// A region code that is read is written as it was, lies within those above it, and covers itself.
pub fn region(bytes: &[u8]) {
    let text = text(bytes);
    let Ok(code) = text.parse::<RegionCode>() else { return };
    let written = code.to_string();
    assert_eq!(written, format!("{text:0<12}"));
    assert_eq!(written.parse::<RegionCode>().ok(), Some(code));
    let above: Vec<_> = std::iter::successors(Some(code), |c| c.parent()).collect();
    assert!(above.len() <= 6 && above.iter().all(|a| a.covers(code)), "{above:?}");
    assert!(above.windows(2).all(|pair| pair[1].level() < pair[0].level()), "{above:?}");
    let (first, last) = code.range();
    assert!(first == code && last.as_i64() <= 999_999_999_999 && code.covers(last), "{code}");
}

/// A point that is taken is a place, and the same place in every datum.
pub fn point(bytes: &[u8]) {
    let Some((lng, rest)) = bytes.split_first_chunk() else { return };
    let Some((lat, rest)) = rest.split_first_chunk() else { return };
    let datums = [Datum::Wgs84, Datum::Cgcs2000, Datum::Gcj02, Datum::Bd09];
    let datum = datums[usize::from(rest.first().copied().unwrap_or_default()) % 4];
    let Ok(at) = (Point { lng: f64::from_le_bytes(*lng), lat: f64::from_le_bytes(*lat), datum }).to_wgs84() else { return };
    assert!(at.lng.is_finite() && at.lat.is_finite(), "{at:?}");
    // At the edge of the box a shifted point may fall out of it.
    if (73.0..=136.0).contains(&at.lng) && (3.0..=54.0).contains(&at.lat) {
        for datum in datums {
            let back = at.to_datum(datum).to_wgs84().expect("a place in the country");
            assert!((back.lng - at.lng).abs() < 1e-6 && (back.lat - at.lat).abs() < 1e-6, "{at:?} comes back from {datum:?} as {back:?}");
        }
    }
}

/// An ID number that is read is written in one form, which says the day of birth, and no digit of it can be another.
pub fn id_number(bytes: &[u8]) {
    let text = text(bytes);
    let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 27).expect("a day");
    let Ok(read) = IdNumber::parse(&text, today) else { return };
    assert_eq!(read.as_str(), text.trim().to_ascii_uppercase());
    assert!(IdNumber::parse(read.as_str(), today).is_ok_and(|again| again == read));
    assert!(read.as_str().contains(&read.born().format("%Y%m%d").to_string()) && read.born() <= today);
    for at in 0..read.as_str().len() {
        let mut other = read.as_str().as_bytes().to_vec();
        other[at] = if other[at] == b'1' { b'2' } else { b'1' };
        let other = String::from_utf8(other).expect("digits");
        assert!(IdNumber::parse(&other, today).is_err(), "{other} and {text} differ in one digit");
    }
}

/// No mobile number and no ID number that stands by itself is left in a text, and nothing but digits becomes a star.
pub fn masked(bytes: &[u8]) {
    let text = text(bytes);
    let shown = mask::text(&text);
    assert!(shown.chars().zip(text.chars()).all(|(s, t)| s == t || (s == '*' && t.is_numeric())), "{text:?} {shown:?}");
    assert_eq!(shown.chars().count(), text.chars().count());
    for run in shown.split(|c: char| !c.is_ascii_digit()) {
        let mobile = run.len() == 11 && run.starts_with('1') && matches!(run.as_bytes()[1], b'3'..=b'9');
        // Digits of other scripts beside it make it part of something longer.
        assert!(!(mobile || run.len() == 18) || text.chars().any(|c| c.is_numeric() && !c.is_ascii_digit()), "{run} is left of {text:?}");
    }
    for mask in [mask::name, mask::phone, mask::address] {
        assert!(text.is_empty() || mask(&text).contains('*') || text.chars().count() < 4, "{text:?}");
    }
}

const SEED: [u8; 32] = [8; 32];
static KEYS: LazyLock<(Keys, SigningKey)> = LazyLock::new(|| (Keys::from_seed(&SEED).expect("keys"), SigningKey::from_bytes(&SEED)));

/// No text is a token, and of what the true key has signed only that which says what ours say.
pub fn token(bytes: &[u8]) {
    let (keys, key) = &*KEYS;
    let now = chrono::DateTime::from_timestamp(1_780_000_000, 0).expect("a time");
    assert!(keys.verify(&text(bytes), now).is_err(), "{:?}", text(bytes));
    let (header, claims) = bytes.split_at(bytes.iter().position(|b| *b == b'\n').unwrap_or(bytes.len()));
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = URL_SAFE_NO_PAD.encode(key.sign(message.as_bytes()).to_bytes());
    if keys.verify(&format!("{message}.{signature}"), now).is_ok() {
        let header: Value = serde_json::from_slice(header).expect("a header");
        let claims: Value = serde_json::from_slice(claims).expect("claims");
        assert!(header["alg"] == "EdDSA" && header["typ"] == "at+jwt" && claims["exp"].as_i64().is_some_and(|exp| exp > now.timestamp()));
    }
}
