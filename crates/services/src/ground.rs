//! What differs by place about visits and snapshots. No source defines the classes of 五星走访 or the categories of 随手拍:
//! the country's rules name none, and each place its own.

use kernel::check::worded;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

/// How often households are visited (走访规则).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct VisitRules {
    /// The classes of households (走访类别), such as the five of 五星走访; none when empty.
    #[serde(default)]
    #[validate(length(max = 50), nested, custom(function = distinct_classes))]
    #[schema(max_items = 50)]
    pub classes: Vec<VisitClass>,
}

/// A class of households (走访类别).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct VisitClass {
    /// Its code (编码).
    #[validate(length(min = 1, max = 40), custom(function = worded))]
    #[schema(min_length = 1, max_length = 40, pattern = "\\S", example = "star_5")]
    pub code: String,
    /// What it is called (名称).
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S", example = "五星户")]
    pub name: String,
    /// After how many days the next visit is due (走访周期).
    #[validate(range(min = 1, max = 3650))]
    #[schema(minimum = 1, maximum = 3650, example = 7)]
    pub every_days: u16,
}

/// What rules snapshots (随手拍规则).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SnapshotRules {
    /// How near another one lies that may tell of the same thing, in metres (相似距离).
    #[validate(range(min = 1, max = 5000))]
    #[schema(minimum = 1, maximum = 5000, example = 100)]
    pub similar_meters: u16,
    /// How long ago such a one was sent at most, in days (相似时间).
    #[validate(range(min = 1, max = 366))]
    #[schema(minimum = 1, maximum = 366, example = 30)]
    pub similar_days: u16,
    /// The categories (类别); any code is taken when empty.
    #[serde(default)]
    #[validate(length(max = 200), nested, custom(function = distinct_categories))]
    #[schema(max_items = 200)]
    pub categories: Vec<SnapshotCategory>,
}

/// A category of snapshots (随手拍类别).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SnapshotCategory {
    /// Its code (编码).
    #[validate(length(min = 1, max = 40), custom(function = worded))]
    #[schema(min_length = 1, max_length = 40, pattern = "\\S", example = "rubbish")]
    pub code: String,
    /// What it is called (名称).
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S", example = "垃圾堆放")]
    pub name: String,
}

fn distinct<'a>(codes: impl ExactSizeIterator<Item = &'a str>) -> Result<(), ValidationError> {
    let count = codes.len();
    let codes: HashSet<_> = codes.collect();
    if codes.len() == count { Ok(()) } else { Err(ValidationError::new("codes").with_message("two have one code".into())) }
}

fn distinct_classes(classes: &[VisitClass]) -> Result<(), ValidationError> {
    distinct(classes.iter().map(|c| c.code.as_str()))
}

fn distinct_categories(categories: &[SnapshotCategory]) -> Result<(), ValidationError> {
    distinct(categories.iter().map(|c| c.code.as_str()))
}
