//! What may stand in a field of a subscribe message (订阅消息参数): the rules of WeChat by the kind of the field, as one table.
//!
//! A field is called by its kind and a number: `thing1`, `phrase3`. A text that is too long is cut, what may not stand there is
//! left out; what is then empty cannot be sent, because WeChat takes no empty values. Source: developers.weixin.qq.com,
//! subscribeMessage.send, 参数值内容限制说明.

use chrono::{DateTime, FixedOffset, Utc};

/// China has one time.
const EAST_8: i32 = 8 * 3600;

/// The kinds of fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Thing,
    Number,
    Letter,
    Symbol,
    CharacterString,
    Time,
    Date,
    Amount,
    PhoneNumber,
    CarNumber,
    Name,
    Phrase,
    Enum,
}

const KINDS: [(&str, Kind); 13] = [
    ("thing", Kind::Thing),
    ("number", Kind::Number),
    ("letter", Kind::Letter),
    ("symbol", Kind::Symbol),
    ("character_string", Kind::CharacterString),
    ("time", Kind::Time),
    ("date", Kind::Date),
    ("amount", Kind::Amount),
    ("phone_number", Kind::PhoneNumber),
    ("car_number", Kind::CarNumber),
    ("name", Kind::Name),
    ("phrase", Kind::Phrase),
    ("enum", Kind::Enum),
];

/// The kind of a field by its key; absent if there is no such kind.
pub(super) fn kind(key: &str) -> Option<Kind> {
    let word = key.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = &key[word.len()..];
    KINDS.iter().find(|(name, _)| *name == word && (1..=2).contains(&number.len())).map(|(_, kind)| *kind)
}

const fn is_chinese(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{20000}'..='\u{2a6df}')
}

/// A text of at most so many characters; of one that is longer the beginning.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most { text.to_owned() } else { text.chars().take(most - 1).chain(['…']).collect() }
}

fn of(text: &str, allowed: impl Fn(char) -> bool, most: usize) -> String {
    text.chars().filter(|c| allowed(*c)).take(most).collect()
}

/// A text whole, if it is of this kind; cutting a number would make another of it.
fn whole(text: &str, allowed: impl Fn(char) -> bool, most: usize) -> String {
    if text.chars().count() <= most && text.chars().all(allowed) { text.to_owned() } else { String::new() }
}

/// A text as it may stand in a field of this kind; absent if nothing of it may.
pub(super) fn fit(kind: Kind, text: &str) -> Option<String> {
    // On one line.
    let line = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).count();
    let value = match kind {
        Kind::Thing => cut(&line, 20),
        Kind::Number => whole(&line, |c| c.is_ascii_digit() || c == '.', 32),
        Kind::Letter => of(&line, |c| c.is_ascii_alphabetic(), 32),
        Kind::Symbol => of(&line, |c| c.is_ascii_punctuation(), 5),
        Kind::CharacterString => of(&line, |c| c.is_ascii_graphic(), 32),
        Kind::Time | Kind::Date => whole(&line, |c| c.is_ascii_digit() || "年月日: ~-".contains(c), 64),
        Kind::Amount if digits(&line) <= 10 => whole(&line, |c| c.is_ascii_digit() || "¥￥$.,元".contains(c), 16),
        Kind::Amount => String::new(),
        Kind::PhoneNumber => whole(&line, |c| c.is_ascii_digit() || "+-*".contains(c), 17),
        Kind::CarNumber => of(&line, char::is_alphanumeric, 8),
        Kind::Name if line.chars().any(is_chinese) => of(&line, |c| is_chinese(c) || c == '*', 10),
        Kind::Name => of(&line, |c| c.is_ascii_alphabetic() || " *".contains(c), 20),
        Kind::Phrase => of(&line, is_chinese, 5),
        Kind::Enum => cut(&line, 20),
    };
    (!value.is_empty()).then_some(value)
}

/// A moment as a field of this kind says it, in China time: `2019年10月1日 15:01`.
pub(super) fn moment(kind: Kind, at: DateTime<Utc>) -> Option<String> {
    let there = at.with_timezone(&FixedOffset::east_opt(EAST_8)?);
    let text = match kind {
        Kind::Date => there.format("%Y年%-m月%-d日").to_string(),
        Kind::Time | Kind::Thing => there.format("%Y年%-m月%-d日 %H:%M").to_string(),
        _ => return None,
    };
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_keeps_its_rule() {
        let fitted = |key: &str, text: &str| fit(kind(key).unwrap(), text);
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(fitted("thing1", "楼道灯不亮"), some("楼道灯不亮"));
        assert_eq!(fitted("thing1", &"灯".repeat(20)), some(&"灯".repeat(20)));
        assert_eq!(fitted("thing12", &"灯".repeat(21)), some(&format!("{}…", "灯".repeat(19))));
        assert_eq!(fitted("thing1", "第一行\n\t第二行"), some("第一行 第二行"));
        assert_eq!(fitted("number1", "12.5"), some("12.5"));
        assert_eq!(fitted("number1", "十二"), None);
        assert_eq!(fitted("number1", &"1".repeat(33)), None);
        assert_eq!(fitted("letter1", "AB12"), some("AB"));
        assert_eq!(fitted("symbol1", "!!!!!!!"), some("!!!!!"));
        assert_eq!(fitted("character_string1", "20261122-K7Q2M4C 订单"), some("20261122-K7Q2M4C"));
        assert_eq!(fitted("character_string1", "订单"), None);
        assert_eq!(fitted("time1", "2019年10月1日 15:01 ~ 16:00"), some("2019年10月1日 15:01 ~ 16:00"));
        assert_eq!(fitted("time1", "soon"), None);
        assert_eq!(fitted("amount1", "¥1234567890"), some("¥1234567890"));
        assert_eq!(fitted("amount1", "¥12345678901"), None);
        assert_eq!(fitted("phone_number1", "+86-0511-88010000"), some("+86-0511-88010000"));
        assert_eq!(fitted("phone_number1", "+86-0511-880100001"), None);
        assert_eq!(fitted("car_number1", "粤A8Z888挂"), some("粤A8Z888挂"));
        assert_eq!(fitted("name1", "欧阳*"), some("欧阳*"));
        assert_eq!(fitted("name1", "Li Si"), some("Li Si"));
        assert_eq!(fitted("phrase1", "不予受理啊啊"), some("不予受理啊"));
        assert_eq!(fitted("phrase1", "done"), None);
        for key in KINDS.map(|(name, _)| format!("{name}1")) {
            assert_eq!(fitted(&key, " \n\u{7}"), None, "{key} takes nothing empty");
        }
    }

    #[test]
    fn a_key_is_a_kind_and_a_number() {
        for bad in ["", "thing", "thing123", "1", "stuff1", "Thing1", "thing1x", "phrase-1"] {
            assert!(kind(bad).is_none(), "{bad}");
        }
        assert_eq!((kind("character_string10"), kind("enum1")), (Some(Kind::CharacterString), Some(Kind::Enum)));
    }

    #[test]
    fn a_moment_is_told_in_china_time() {
        let at: DateTime<Utc> = "2026-11-16T17:01:00Z".parse().unwrap();
        assert_eq!(moment(Kind::Time, at).as_deref(), Some("2026年11月17日 01:01"));
        assert_eq!(moment(Kind::Date, at).as_deref(), Some("2026年11月17日"));
        assert_eq!(moment(Kind::Phrase, at), None);
        assert_eq!(fit(Kind::Time, &moment(Kind::Time, at).unwrap()), moment(Kind::Time, at));
    }
}
