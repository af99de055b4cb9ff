//! What identifies a person: the ID number of GB 11643 and the phone number, checked and brought into one form.

use chrono::{Datelike, NaiveDate};
use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};

/// Sex (性别), as GB/T 2261.1 has it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, utoipa::ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// 未知
    Unknown,
    /// 男
    Male,
    /// 女
    Female,
    /// 未说明
    NotStated,
}

/// A citizen's ID number (公民身份号码, GB 11643): 18 characters whose last one checks the others. It says when its bearer
/// was born, and whether a man or a woman.
#[derive(Clone, PartialEq, Eq)]
pub struct IdNumber {
    text: String,
    born: NaiveDate,
    sex: Sex,
}

impl std::fmt::Debug for IdNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdNumber(…)")
    }
}

/// Why a text is no ID number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IdNumberFault {
    /// It is not 17 digits and one more, or `X`.
    Form,
    /// There is no such day of birth, or it lies in the future.
    Birth,
    /// The last character does not fit the others.
    CheckDigit,
}

impl IdNumberFault {
    /// The reason in words, without the number.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Form => "18 characters, 17 digits and a digit or X",
            Self::Birth => "the day of birth does not exist",
            Self::CheckDigit => "the check digit is wrong",
        }
    }
}

const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/// The character that checks 17 digits; nothing if they are no digits.
#[must_use]
pub fn check_digit(digits: &str) -> Option<char> {
    if digits.len() != 17 {
        return None;
    }
    let sum = digits.chars().zip(WEIGHTS).map(|(c, w)| c.to_digit(10).map(|d| d * w)).sum::<Option<u32>>()?;
    "10X98765432".chars().nth((sum % 11) as usize)
}

impl IdNumber {
    /// Reads a number, a small `x` and the spaces around it forgiven. The first six digits need not be a region of today,
    /// for codes change and numbers do not.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str, today: NaiveDate) -> Result<Self, IdNumberFault> {
        let text = text.trim().to_ascii_uppercase();
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        let plain = text.len() == 18 && text.is_ascii() && digits(&text[..17]) && (digits(&text[17..]) || text.ends_with('X'));
        if !plain || text.starts_with('0') {
            return Err(IdNumberFault::Form);
        }
        let number = |part: &str| part.parse::<u32>().unwrap_or_default();
        let year = i32::try_from(number(&text[6..10])).unwrap_or_default();
        let born = NaiveDate::from_ymd_opt(year, number(&text[10..12]), number(&text[12..14]))
            .filter(|day| day.year() >= 1850 && *day <= today)
            .ok_or(IdNumberFault::Birth)?;
        if check_digit(&text[..17]) != text.chars().last() {
            return Err(IdNumberFault::CheckDigit);
        }
        let sex = if number(&text[16..17]) % 2 == 1 { Sex::Male } else { Sex::Female };
        Ok(Self { text, born, sex })
    }

    /// The number in its one form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The day of birth (出生日期).
    #[must_use]
    pub const fn born(&self) -> NaiveDate {
        self.born
    }

    /// Man or woman (性别).
    #[must_use]
    pub const fn sex(&self) -> Sex {
        self.sex
    }
}

/// The digits that one dials within the country, which are the same however the number is written;
/// absent if it is no number.
#[must_use]
pub fn dialled(phone: &str) -> Option<String> {
    let digits =
        |text: &str, count: std::ops::RangeInclusive<usize>| count.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let mobile = |text: &str| digits(text, 11..=11) && text.starts_with('1') && matches!(text.as_bytes()[1], b'3'..=b'9');
    if mobile(phone) {
        return Some(phone.to_owned());
    }
    if let Some(rest) = phone.strip_prefix("+86") {
        let fits = digits(rest, 9..=11) && !rest.starts_with('0');
        return fits.then(|| if mobile(rest) { rest.to_owned() } else { format!("0{rest}") });
    }
    if !phone.starts_with('0') {
        return None;
    }
    match phone.split_once('-') {
        Some((area, line)) => (digits(area, 3..=4) && digits(line, 7..=8)).then(|| format!("{area}{line}")),
        None => digits(phone, 10..=12).then(|| phone.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(y: i32, m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(y, m, d).unwrap()
    }

    #[test]
    fn an_id_number_checks_itself_and_says_when_and_what() {
        let today = day(2026, 11, 16);
        // Published examples of the standard, and a leap day.
        for (text, born, sex) in [
            ("11010519491231002X", day(1949, 12, 31), Sex::Female),
            ("440524188001010014", day(1880, 1, 1), Sex::Male),
            ("321102198002290014", day(1980, 2, 29), Sex::Male),
            (" 11010519491231002x ", day(1949, 12, 31), Sex::Female),
        ] {
            let number = IdNumber::parse(text, today).unwrap();
            assert_eq!((number.born(), number.sex()), (born, sex), "{text}");
            assert_eq!(number.as_str(), text.trim().to_uppercase());
            assert!(!format!("{number:?}").contains("1949"));
        }
        for (bad, fault) in [
            ("110105194912310021", IdNumberFault::CheckDigit),
            ("321102198102290014", IdNumberFault::Birth),
            ("32110220991231001X", IdNumberFault::Birth),
            ("110105491231002", IdNumberFault::Form),
            ("1101051949123１002X", IdNumberFault::Form),
            ("", IdNumberFault::Form),
            ("X1010519491231002X", IdNumberFault::Form),
        ] {
            assert_eq!(IdNumber::parse(bad, today).err(), Some(fault), "{bad}");
        }
    }

    /// Whatever single digit is mistyped, or two neighbours exchanged, is noticed.
    #[test]
    fn a_slip_of_the_finger_is_noticed() {
        let right = "321102198002290014";
        let today = day(2026, 11, 16);
        for at in 0..18 {
            for digit in '0'..='9' {
                let mut text: Vec<char> = right.chars().collect();
                text[at] = digit;
                let text: String = text.into_iter().collect();
                assert_eq!(IdNumber::parse(&text, today).is_ok(), text == right, "{text}");
            }
        }
    }

    #[test]
    fn a_number_is_the_same_however_it_is_written() {
        for (written, digits) in [
            ("13812341234", "13812341234"),
            ("+8613812341234", "13812341234"),
            ("0514-87654321", "051487654321"),
            ("051487654321", "051487654321"),
            ("+8651487654321", "051487654321"),
            ("010-12345678", "01012345678"),
        ] {
            assert_eq!(dialled(written).as_deref(), Some(digits), "{written}");
        }
        for bad in [
            "",
            "12812341234",
            "1381234123",
            "138123412345",
            "+85212345678",
            "+86",
            "12345",
            "0514-876543211",
            "０５１４",
            "1381234123a",
            "+86013812341234",
        ] {
            assert_eq!(dialled(bad), None, "{bad}");
        }
    }
}
