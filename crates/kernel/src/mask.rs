//! Masks: what of a person may be shown to those who need not know them.
//!
//! Personal Information Protection Law art. 25, 28 and 51; the shapes follow handbook 2, B.7:
//! name 张*, phone `138****1234`, ID number `3211**********1234`, address to the estate.

/// Surnames of two characters, which stay whole.
const DOUBLE_SURNAMES: [&str; 12] =
    ["欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "令狐", "慕容", "司徒", "夏侯"];

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

/// Free text with every mobile number and ID number in it masked.
#[must_use]
pub fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run = String::new();
    for c in text.chars().chain(std::iter::once('\0')) {
        if c.is_ascii_digit() || (!run.is_empty() && matches!(c, 'x' | 'X') && run.len() == 17) {
            run.push(c);
            continue;
        }
        match run.len() {
            7 | 8 | 10..=13 => out.push_str(&phone(&run)),
            15..=18 => out.push_str(&id_number(&run)),
            _ => out.push_str(&run),
        }
        run.clear();
        if c != '\0' {
            out.push(c);
        }
    }
    out
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
        assert_eq!(text("3单元401室,2026年"), "3单元401室,2026年");
    }
}
