//! What the commands of several crates ask of a text, for `#[validate(custom(function = …))]`.

use validator::ValidationError;

/// What people write says something: there is a character to be seen in it. The empty text is a matter of length.
///
/// # Errors
/// When nothing can be seen.
pub fn worded(text: &str) -> Result<(), ValidationError> {
    let unseen = |c: char| {
        c.is_whitespace() || c.is_control() || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
    };
    if !text.is_empty() && text.chars().all(unseen) {
        Err(ValidationError::new("blank").with_message("there is nothing to be read".into()))
    } else {
        Ok(())
    }
}

/// A number that can be dialled, hotlines and service numbers among them: digits and hyphens, with a `+` before them or without.
/// One that begins like a mobile number and is as long as one must be one. Whoever looks a number up wants
/// [`crate::person::dialled`].
///
/// # Errors
/// When it is no number.
pub fn dialable(phone: &str) -> Result<(), ValidationError> {
    let digits = phone.strip_prefix('+').unwrap_or(phone);
    let plain = digits.bytes().all(|b| b.is_ascii_digit() || b == b'-') && digits.starts_with(|c: char| c.is_ascii_digit());
    let local = digits.strip_prefix("86").filter(|_| phone.starts_with('+')).unwrap_or(digits);
    let mobile_like = local.len() == 11 && local.starts_with('1') && !local.contains('-');
    if plain && (!mobile_like || matches!(local.as_bytes()[1], b'3'..=b'9')) {
        Ok(())
    } else {
        Err(ValidationError::new("phone").with_message("not a phone number".into()))
    }
}
