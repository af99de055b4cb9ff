//! What comes in.

use super::{LegalBasisKind, TagClass};
use chrono::NaiveDate;
use kernel::{
    RegionCode,
    id::{ConsentId, TagId},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::{Validate, ValidationError};

/// A code that lists and consents name a tag by.
fn code(code: &str) -> Result<(), ValidationError> {
    if code.trim() == code && !code.chars().any(char::is_control) {
        Ok(())
    } else {
        Err(ValidationError::new("code").with_message("no blanks around it, on one line".into()))
    }
}

/// Enter a tag in the catalogue (新增标签).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CreateTag {
    /// Where it is used (适用区划), with all beneath it.
    pub region_code: RegionCode,
    /// Its code (编码), unique in the region; it never changes.
    #[validate(length(min = 1, max = 50), custom(function = kernel::check::worded), custom(function = code))]
    #[schema(min_length = 1, max_length = 50, pattern = "\\S", example = "sltg-left-behind-child")]
    pub code: String,
    /// Its name (名称).
    #[validate(length(min = 1, max = 50), custom(function = kernel::check::worded))]
    #[schema(min_length = 1, max_length = 50, pattern = "\\S", example = "留守儿童")]
    pub name: String,
    /// Whether it is sensitive personal data (类别, PIPL 28).
    pub class: TagClass,
    /// Why there is such a tag, or the law that asks for it (设立依据).
    #[validate(length(min = 1, max = 500), custom(function = kernel::check::worded))]
    #[schema(min_length = 1, max_length = 500, pattern = "\\S")]
    pub reason: Option<String>,
}

/// Change a tag of the catalogue (修改标签): a new version. What is absent stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct UpdateTag {
    /// The new name (名称).
    #[validate(length(min = 1, max = 50), custom(function = kernel::check::worded))]
    #[schema(min_length = 1, max_length = 50, pattern = "\\S")]
    pub name: Option<String>,
    /// The new class (类别): a tag can become sensitive, with all who have it, and never the other way round.
    pub class: Option<TagClass>,
    /// The new reason (设立依据).
    #[validate(length(min = 1, max = 500), custom(function = kernel::check::worded))]
    #[schema(min_length = 1, max_length = 500, pattern = "\\S")]
    pub reason: Option<String>,
    /// The version that was read (版本): refused when it has changed since. Absent: whatever it is now.
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Use a tag no more (停用标签). Those who have it keep it until it is taken from them.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CloseTag {
    /// The version that was read (版本): refused when it has changed since. Absent: whatever it is now.
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Which tags of the catalogue to list (标签目录).
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListTags {
    /// Only those used in this region: its own, and those of the regions above it (适用区划).
    pub region_code: Option<RegionCode>,
    /// Only these (类别).
    pub class: Option<TagClass>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Why it is lawful to keep a sensitive tag (合法性基础, PIPL 13, 28).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(as = LegalBasisInput)]
pub struct LegalBasis {
    /// Which (依据类别).
    pub kind: LegalBasisKind,
    /// The consent (同意记录), with `consent` only: one of this resident that is in force and names the tag's code among its kinds.
    pub consent_id: Option<ConsentId>,
    /// The law and its article (法律条款), or the contract or emergency; with every other kind, and then needed.
    #[validate(length(min = 2, max = 500), custom(function = kernel::check::worded))]
    #[schema(min_length = 2, max_length = 500, pattern = "\\S", example = "残疾人保障法第十五条")]
    pub citation: Option<String>,
}

/// Give a resident a tag (打标签).
#[derive(Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct TagResident {
    /// The tag (标签), of the resident's region or one above.
    pub tag_id: TagId,
    /// Since when (起始日期); today unless told.
    pub valid_from: Option<NaiveDate>,
    /// From which day on no more (截止日期); open when absent.
    pub valid_to: Option<NaiveDate>,
    /// A note (备注). Stored sealed.
    #[validate(length(min = 1, max = 1000))]
    #[schema(min_length = 1, max_length = 1000)]
    pub note: Option<String>,
    /// Why it is lawful (合法性基础); needed for a sensitive tag, and for any tag of a child under 14.
    #[validate(nested)]
    pub basis: Option<LegalBasis>,
}

/// Take a tag from a resident (取消标签): from today on the resident has it no more.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct EndResidentTag {
    /// The version that was read (版本): refused when it has changed since. Absent: whatever it is now.
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Which tags of a resident to list (居民标签).
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListResidentTags {
    /// Whether past ones are listed too (含已结束); they are not unless told.
    #[param(default = false)]
    pub include_past: bool,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}
