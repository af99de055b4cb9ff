//! Masks: what of a person may be shown to those who need not know them.
//!
//! Personal Information Protection Law art. 25, 28 and 51; the shapes follow handbook 2, B.7:
//! name 张*, phone `138****1234`, ID number `3211**********1234`, address to the estate.

/// Surnames of two characters, which stay whole.
const DOUBLE_SURNAMES: [&str; 12] = ["欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "令狐", "慕容", "司徒", "夏侯"];

/// `张三丰` → `张**`, `欧阳修` → `欧阳*`.
#[must_use]
pub fn name(name: &str) -> String {
    let keep = if DOUBLE_SURNAMES.iter().any(|s| name.starts_with(s)) { 2 } else { 1 };
    name.chars().enumerate().map(|(i, c)| if i < keep { c } else { '*' }).collect()
}

/// `13812341234` → `138****1234`; of a short number only the last two digits stay.
#[must_use]
pub fn phone(phone: &str) -> String {
    let digits = phone.chars().count();
    let (head, tail) = if digits >= 11 { (3, 4) } else { (0, 2) };
    stars_between(phone, head, tail)
}

/// `321102198002290014` → `3211**********0014`.
#[must_use]
pub fn id_number(id: &str) -> String {
    stars_between(id, 4, 4)
}

/// `康乐新村12幢3单元401室` → `康乐新村***`: up to the first digit, which begins the building.
#[must_use]
pub fn address(address: &str) -> String {
    let estate: String = address.chars().take_while(|c| !c.is_numeric()).take(12).collect();
    format!("{estate}***")
}

/// Free text with every phone number and ID number in it masked, however it is written: `138 1234 5678`,
/// `138-1234-5678`, `+8613812345678`, in full-width digits. Dates, room numbers and short service numbers stay.
#[must_use]
pub fn text(text: &str) -> String {
    // The shortest number that is masked has seven digits; most texts have fewer.
    if text.chars().filter_map(value).nth(6).is_none() {
        return text.to_owned();
    }
    let chars: Vec<char> = text.chars().collect();
    let mut out = chars.clone();
    let mut at = 0;
    while at < chars.len() {
        let groups = digit_groups(&chars, at);
        match groups.iter().rev().find_map(|end| secret(&chars, at, *end)) {
            Some(hidden) => {
                at = hidden.iter().max().map_or(at, |last| last + 1);
                hidden.into_iter().for_each(|place| out[place] = '*');
            }
            None => at = groups.first().map_or(at, |end| end - 1) + 1,
        }
    }
    out.into_iter().collect()
}

/// Where the groups of digits end that begin here: `138 1234 5678` has three ends. Nothing where no group begins.
fn digit_groups(chars: &[char], start: usize) -> Vec<usize> {
    let digit = |place: usize| chars.get(place).copied().and_then(value).is_some();
    let mut ends = Vec::new();
    if !digit(start) || (start > 0 && digit(start - 1)) {
        return ends;
    }
    let mut at = start;
    while digit(at) && ends.len() < 6 {
        while digit(at) {
            at += 1;
        }
        ends.push(at);
        if chars.get(at).is_some_and(|c| matches!(c, ' ' | '-' | '–' | '—' | '.' | '·' | '\u{3000}')) {
            at += 1;
        }
    }
    ends
}

/// The places to hide, if the digits from here to there are a number that must not be shown.
fn secret(chars: &[char], start: usize, end: usize) -> Option<Vec<usize>> {
    let places: Vec<usize> = (start..end).filter(|p| value(chars[*p]).is_some()).collect();
    let digits: String = places.iter().filter_map(|p| value(chars[*p])).collect();
    let grouped = places.len() < end - start;
    let mobile = |d: &str| d.len() == 11 && d.starts_with('1') && matches!(d.as_bytes()[1], b'3'..=b'9');
    let date = || digits.len() == 8 && (digits.starts_with("19") || digits.starts_with("20")) && matches!(digits[4..6].parse(), Ok(1..=12));
    let (head, tail) = match digits.len() {
        11 if mobile(&digits) => (3, 4),
        13 if digits.starts_with("86") && mobile(&digits[2..]) => (5, 4),
        10..=12 if digits.starts_with('0') => (4, 2),
        15 | 18 if !grouped => (4, 4),
        17 if !grouped && matches!(chars.get(end), Some('x' | 'X')) => (4, 3),
        7 | 8 if !grouped && !date() => (0, 2),
        _ => return None,
    };
    Some(places[head..places.len() - tail].to_vec())
}

/// The digit that a character is, full-width ones included.
fn value(c: char) -> Option<char> {
    match c {
        '0'..='9' => Some(c),
        '０'..='９' => char::from_digit(c as u32 - '０' as u32, 10),
        _ => None,
    }
}

fn stars_between(text: &str, head: usize, tail: usize) -> String {
    let count = text.chars().count();
    text.chars().enumerate().map(|(i, c)| if i < head || i + tail >= count { c } else { '*' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_show_no_more_than_they_may() {
        assert_eq!(name("张三丰"), "张**");
        assert_eq!(name("欧阳修"), "欧阳*");
        assert_eq!(phone("13812341234"), "138****1234");
        assert_eq!(phone("12345"), "***45");
        assert_eq!(id_number("321102198002290014"), "3211**********0014");
        assert_eq!(address("康乐新村12幢3单元401室"), "康乐新村***");
        assert_eq!(text("请打13812341234,身份证32110219800229001X。"), "请打138****1234,身份证3211**********001X。");
        for (written, shown) in [
            ("3单元401室,2026年", "3单元401室,2026年"),
            ("138 1234 5678", "138 **** 5678"),
            ("138-1234-5678 401室", "138-****-5678 401室"),
            ("401室 138 1234 5678", "401室 138 **** 5678"),
            ("+8613812345678", "+86138****5678"),
            ("１３８１２３４５６７８", "１３８****５６７８"),
            ("0511-88776655", "0511-******55"),
            ("88776655", "******55"),
            ("20261122", "20261122"),
            ("2026-11-22 和 12345", "2026-11-22 和 12345"),
            ("4008123123", "4008123123"),
            ("订单20261122-K7Q2M4C", "订单20261122-K7Q2M4C"),
        ] {
            assert_eq!(text(written), shown, "{written}");
        }
    }
}
