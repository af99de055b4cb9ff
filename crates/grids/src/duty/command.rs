//! What comes in.

use super::DutyRole;
use chrono::{DateTime, Utc};
use kernel::{
    RegionCode,
    check::{dialable, worded},
    id::{AccountId, OrganizationId},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use validator::{Validate, ValidationError};

/// Put somebody on duty in a grid (网格任职).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct AssignDuty {
    /// As what (职务).
    pub role: DutyRole,
    /// Who (姓名).
    #[validate(length(min = 1, max = 32), custom(function = worded))]
    #[schema(min_length = 1, max_length = 32, pattern = "\\S", example = "王建国")]
    pub name: String,
    /// Their account (账号), if they have one: then they can be given orders in this grid.
    pub account_id: Option<AccountId>,
    /// The organization that they come from (所属单位), such as a law firm or the property company.
    pub organization_id: Option<OrganizationId>,
    /// Their own phone (个人电话): kept sealed, never published.
    #[validate(length(min = 3, max = 20), custom(function = dialable))]
    #[schema(min_length = 3, max_length = 20, pattern = "^[+]?[0-9-]{3,20}$", example = "13812340000")]
    pub phone: Option<String>,
    /// The phone of the duty (值班电话), which is published.
    #[validate(length(min = 3, max = 20), custom(function = dialable))]
    #[schema(min_length = 3, max_length = 20, pattern = "^[+]?[0-9-]{3,20}$", example = "0511-88010000")]
    pub duty_phone: Option<String>,
    /// The building or buildings that they answer for (楼栋), where it is not the whole grid.
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S", example = "3幢")]
    pub building: Option<String>,
    /// What they can do (技能特长).
    #[serde(default)]
    #[validate(length(max = 20), custom(function = short_words))]
    #[schema(max_items = 20, value_type = Vec<Skill>)]
    pub skills: Vec<String>,
    /// From when on (任职起); now when absent.
    pub valid_from: Option<DateTime<Utc>>,
    /// Until when (任职止); open when absent.
    pub valid_to: Option<DateTime<Utc>>,
}

/// What somebody can do (技能特长).
#[derive(ToSchema)]
#[schema(value_type = String, min_length = 1, max_length = 20, pattern = "\\S")]
#[expect(dead_code, reason = "only its schema is looked at")]
struct Skill(String);

/// Change a duty (修改任职). What is absent stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct UpdateDuty {
    /// The new phone of the duty (值班电话).
    #[validate(length(min = 3, max = 20), custom(function = dialable))]
    #[schema(min_length = 3, max_length = 20, pattern = "^[+]?[0-9-]{3,20}$")]
    pub duty_phone: Option<String>,
    /// Other buildings (楼栋).
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S")]
    pub building: Option<String>,
    /// Other skills (技能特长).
    #[validate(length(max = 20), custom(function = short_words))]
    #[schema(max_items = 20, value_type = Option<Vec<Skill>>)]
    pub skills: Option<Vec<String>>,
    /// The version that was read (版本): refused when it has changed since. Absent: whatever it is now.
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// End a duty (结束任职).
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct EndDuty {
    /// When (任职止); now when absent. Not before it began, and not later than it would end anyway.
    pub at: Option<DateTime<Utc>>,
    /// The version that was read (版本): refused when it has changed since. Absent: whatever it is now.
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// The duties of a grid (任职列表), the oldest first.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListDuties {
    /// Only this role (职务).
    pub role: Option<DutyRole>,
    /// Whether those that have ended are listed too (含已结束); they are not unless told.
    #[serde(default)]
    #[param(default = false)]
    pub include_ended: bool,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Which duties to look for (任职核查).
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CheckDuties {
    /// Within this region (区划); absent: wherever the caller may see.
    pub region_code: Option<RegionCode>,
    /// Which role (职务); `dedicated_member` unless told.
    #[serde(default)]
    #[param(default = "dedicated_member")]
    pub role: DutyRole,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Where to count (统计范围).
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WithinRegion {
    /// Within this region (区划), of any level.
    pub region_code: RegionCode,
}

pub(crate) fn short_words(words: &[String]) -> Result<(), ValidationError> {
    if words.iter().all(|w| (1..=20).contains(&w.chars().count()) && worded(w).is_ok()) {
        Ok(())
    } else {
        Err(ValidationError::new("words").with_message("each has 1 to 20 characters".into()))
    }
}
