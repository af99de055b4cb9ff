//! What a service item asks besides (附加问题): which pole, since when. An outside system puts the questions to its users and
//! sends the answers along; they become lines of what is wanted, for whoever does the work.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use kernel::{
    Code, Error, Result,
    check::worded,
    error::{FieldError, Params},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

/// The kind of answer that a question takes (答案类型), in the words of Open311.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AttributeType {
    /// 短文本
    String,
    /// 数字
    Number,
    /// 时间
    DateTime,
    /// 长文本
    Text,
    /// 单选
    SingleValueList,
    /// 多选
    MultiValueList,
}

impl AttributeType {
    /// Its word in Open311.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Number => "number",
            Self::DateTime => "datetime",
            Self::Text => "text",
            Self::SingleValueList => "singlevaluelist",
            Self::MultiValueList => "multivaluelist",
        }
    }

    /// What to write, in a few words, where the catalogue says nothing.
    #[must_use]
    pub const fn hint(self) -> &'static str {
        match self {
            Self::String => "一行文字 (a line of text)",
            Self::Number => "数字 (a number)",
            Self::DateTime => "时间 (a time such as 2026-11-16T01:00:00Z)",
            Self::Text => "文字 (text)",
            Self::SingleValueList => "选择一项 (one of the values)",
            Self::MultiValueList => "可选多项 (some of the values)",
        }
    }

    const fn is_list(self) -> bool {
        matches!(self, Self::SingleValueList | Self::MultiValueList)
    }
}

/// One of the answers to choose from (选项).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct AttributeValue {
    /// What is sent (选项编码).
    #[validate(length(min = 1, max = 32), custom(function = plain))]
    #[schema(min_length = 1, max_length = 32, pattern = "^[A-Za-z0-9._-]+$")]
    pub key: String,
    /// What is shown (选项名称).
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S")]
    pub name: String,
}

/// A question that a service item asks (附加问题).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ItemAttribute {
    /// Its code (问题编码), unique within the item.
    #[validate(length(min = 1, max = 32), custom(function = plain))]
    #[schema(min_length = 1, max_length = 32, pattern = "^[A-Za-z0-9._-]+$", example = "POLE")]
    pub code: String,
    /// What answer it takes (答案类型).
    pub datatype: AttributeType,
    /// Whether it has to be answered (必答).
    #[serde(default)]
    pub required: bool,
    /// The question itself (问题).
    #[validate(length(min = 1, max = 200), custom(function = worded))]
    #[schema(min_length = 1, max_length = 200, pattern = "\\S", example = "灯杆编号")]
    pub question: String,
    /// What to write (填写说明).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 200), custom(function = worded))]
    #[schema(min_length = 1, max_length = 200, pattern = "\\S")]
    pub hint: Option<String>,
    /// What to choose from (选项); for lists only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[validate(length(max = 100), nested)]
    #[schema(max_items = 100)]
    pub values: Vec<AttributeValue>,
}

fn plain(code: &str) -> std::result::Result<(), ValidationError> {
    crate::catalogue::plain_code(code)
}

/// The rules for all questions of an item together, for `#[validate(custom(function = …))]`.
pub(crate) fn consistent(attributes: &[ItemAttribute]) -> std::result::Result<(), ValidationError> {
    let wrong = |why: &'static str| Err(ValidationError::new("attributes").with_message(why.into()));
    for (n, attribute) in attributes.iter().enumerate() {
        let values = &attribute.values;
        if attributes[..n].iter().any(|other| other.code == attribute.code) {
            return wrong("each question has a code of its own");
        }
        if attribute.datatype.is_list() == values.is_empty() {
            return wrong("lists have values to choose from, and only lists");
        }
        if values.iter().enumerate().any(|(n, value)| values[..n].iter().any(|other| other.key == value.key)) {
            return wrong("each value has a key of its own");
        }
    }
    Ok(())
}

/// The answers to what an item asks, one line for each question that was answered, in the order of the questions. Answers to
/// questions that nobody asked are passed over.
///
/// # Errors
/// `content_invalid` with a pointer to each answer that is missing or does not fit.
pub fn answered(attributes: &[ItemAttribute], answers: &BTreeMap<String, Vec<String>>) -> Result<Vec<String>> {
    let mut refusal = Error::new(Code::ContentInvalid);
    let mut lines = Vec::new();
    for attribute in attributes {
        let given: Vec<&str> =
            answers.get(&attribute.code).into_iter().flatten().map(|answer| answer.trim()).filter(|answer| !answer.is_empty()).collect();
        let pointer = || format!("#/attribute[{}]", attribute.code);
        if given.is_empty() {
            if attribute.required {
                refusal.fields.push(FieldError { pointer: pointer(), code: Code::FieldMissing, params: named(&attribute.code) });
            }
            continue;
        }
        match shown(attribute, &given) {
            Ok(text) => lines.push(format!("{}:{text}", attribute.question)),
            Err(reason) => refusal.fields.push(FieldError {
                pointer: pointer(),
                code: Code::FieldInvalid,
                params: vec![("reason", reason.to_owned())],
            }),
        }
    }
    if refusal.fields.is_empty() { Ok(lines) } else { Err(refusal) }
}

fn named(code: &str) -> Params {
    vec![("name", format!("attribute[{code}]"))]
}

/// The answer to one question as it is shown.
fn shown(attribute: &ItemAttribute, given: &[&str]) -> std::result::Result<String, &'static str> {
    if attribute.datatype.is_list() {
        let name = |key: &&str| attribute.values.iter().find(|value| value.key == **key).map(|value| value.name.as_str());
        let names: Option<Vec<&str>> = given.iter().map(name).collect();
        let names = names.ok_or("it is none of the values")?;
        return match attribute.datatype {
            AttributeType::SingleValueList if names.len() > 1 => Err("only one value can be chosen"),
            _ => Ok(names.join("、")),
        };
    }
    let [text] = given else { return Err("only one answer can be given") };
    match attribute.datatype {
        AttributeType::Number if !text.parse::<f64>().is_ok_and(f64::is_finite) => Err("it is no number"),
        AttributeType::DateTime if moment(text).is_none() => Err("it is no time"),
        AttributeType::String if text.chars().count() > 200 || text.contains('\n') => Err("a line of at most 200 characters"),
        _ => Ok((*text).to_owned()),
    }
}

/// A time as outside systems write it: with `Z`, with an offset (its `+` perhaps lost on the way through a query), or with neither,
/// which is UTC; with fractions of a second or without; or a day alone.
#[must_use]
pub fn moment(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let mended = match text.char_indices().rev().find(|(_, c)| *c == ' ') {
        Some((at, _)) if text.contains('T') => format!("{}+{}", &text[..at], &text[at + 1..]),
        _ => text.to_owned(),
    };
    let zoned = DateTime::parse_from_rfc3339(&mended).map(|time| time.to_utc()).ok();
    let plain = || NaiveDateTime::parse_from_str(&mended, "%Y-%m-%dT%H:%M:%S%.f").ok();
    let day = || NaiveDate::parse_from_str(&mended, "%Y-%m-%d").ok().and_then(|day| day.and_hms_opt(0, 0, 0));
    zoned.or_else(|| plain().or_else(day).map(|time| time.and_utc())).filter(|time| kernel::clock::has_plain_year(*time))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(code: &str, datatype: AttributeType, required: bool, keys: &[&str]) -> ItemAttribute {
        let values = keys.iter().map(|key| AttributeValue { key: (*key).to_owned(), name: format!("项{key}") }).collect();
        ItemAttribute { code: code.to_owned(), datatype, required, question: format!("问{code}"), hint: None, values }
    }

    fn answers(given: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
        given.iter().map(|(code, answers)| ((*code).to_owned(), answers.iter().map(|a| (*a).to_owned()).collect())).collect()
    }

    #[test]
    fn answers_become_lines_and_what_does_not_fit_is_pointed_at() {
        use AttributeType as T;
        let asked = [
            attribute("A", T::String, true, &[]),
            attribute("N", T::Number, false, &[]),
            attribute("D", T::DateTime, false, &[]),
            attribute("S", T::SingleValueList, false, &["1", "2"]),
            attribute("M", T::MultiValueList, true, &["1", "2", "3"]),
        ];
        let fine =
            answers(&[("A", &[" 12-7 "]), ("N", &["3.5"]), ("D", &["2026-11-16"]), ("S", &["2"]), ("M", &["1", "3"]), ("X", &["?"])]);
        assert_eq!(answered(&asked, &fine).expect("fine"), ["问A:12-7", "问N:3.5", "问D:2026-11-16", "问S:项2", "问M:项1、项3"]);
        let bad = answers(&[("A", &[" "]), ("N", &["NaN"]), ("D", &["soon"]), ("S", &["1", "2"]), ("M", &["4"])]);
        let told = answered(&asked, &bad).expect_err("refused").fields;
        let told: Vec<_> = told.iter().map(|f| (f.pointer.as_str(), f.code)).collect();
        assert_eq!(
            told,
            [
                ("#/attribute[A]", Code::FieldMissing),
                ("#/attribute[N]", Code::FieldInvalid),
                ("#/attribute[D]", Code::FieldInvalid),
                ("#/attribute[S]", Code::FieldInvalid),
                ("#/attribute[M]", Code::FieldInvalid),
            ]
        );
        assert!(consistent(&asked).is_ok());
        assert!(consistent(&[asked[0].clone(), asked[0].clone()]).is_err());
        assert!(consistent(&[attribute("S", T::SingleValueList, false, &[])]).is_err());
        assert!(consistent(&[attribute("A", T::Text, false, &["1"])]).is_err());
        assert!(consistent(&[attribute("S", T::SingleValueList, false, &["1", "1"])]).is_err());
    }

    #[test]
    fn a_time_is_read_however_it_is_written() {
        let at = |text: &str| moment(text).map(|time| time.to_rfc3339());
        let nine = Some("2026-11-16T01:00:00+00:00".to_owned());
        for written in [
            "2026-11-16T01:00:00Z",
            "2026-11-16T09:00:00+08:00",
            "2026-11-16T09:00:00 08:00",
            "2026-11-16T01:00:00",
            " 2026-11-16T01:00:00Z ",
        ] {
            assert_eq!(at(written), nine, "{written}");
        }
        assert_eq!(at("2026-11-16T01:00:00.000250Z").as_deref(), Some("2026-11-16T01:00:00.000250+00:00"));
        assert_eq!(at("2026-11-16").as_deref(), Some("2026-11-16T00:00:00+00:00"));
        for none in ["", "soon", "2026-02-30", "2026-11-16T25:00:00Z", "0000-01-01T00:00:00Z", "+99999-01-01T00:00:00Z", "16.11.2026"] {
            assert_eq!(at(none), None, "{none}");
        }
    }
}
