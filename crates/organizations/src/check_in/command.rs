//! What comes in.

use super::{CheckInKind, CheckInState};
use chrono::{DateTime, Utc};
use kernel::{RegionCode, check::worded, id::OrganizationId};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use validator::{Validate, ValidationError};

/// Checks in (双报到): where one lives, works or also belongs.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct FileCheckIn {
    /// Where (报到类别).
    pub kind: CheckInKind,
    /// The community or village where one lives (居住社区); needed for `residence`, and only there.
    pub region_code: Option<RegionCode>,
    /// Where one works or belongs (单位、组织); needed for the other kinds, and only there.
    pub organization_id: Option<OrganizationId>,
    /// What one can do (技能特长).
    #[serde(default)]
    #[validate(length(max = 20), custom(function = skills))]
    #[schema(max_items = 20, value_type = Vec<CheckInSkill>)]
    pub skills: Vec<String>,
    /// Where one lives, in words (住址).
    #[validate(length(min = 1, max = 200), custom(function = worded))]
    #[schema(min_length = 1, max_length = 200, pattern = "\\S", example = "翡丽中央 12幢3单元401室")]
    pub address: Option<String>,
    /// What one would like to do (认领岗位意愿).
    #[validate(length(min = 1, max = 200), custom(function = worded))]
    #[schema(min_length = 1, max_length = 200, pattern = "\\S", example = "矛盾调解员")]
    pub post_wish: Option<String>,
    /// When one has time (可服务时间).
    #[validate(length(min = 1, max = 200), custom(function = worded))]
    #[schema(min_length = 1, max_length = 200, pattern = "\\S", example = "周末及工作日晚间")]
    pub hours: Option<String>,
}

/// A skill (技能特长).
#[derive(ToSchema)]
#[schema(value_type = String, min_length = 1, max_length = 20)]
#[expect(dead_code, reason = "only its schema is looked at")]
struct CheckInSkill(String);

fn skills(skills: &[String]) -> Result<(), ValidationError> {
    if skills.iter().all(|s| (1..=20).contains(&s.trim().chars().count())) {
        Ok(())
    } else {
        Err(ValidationError::new("skills").with_message("a skill has 1 to 20 characters".into()))
    }
}

/// Confirms or ends a check-in (确认、结束报到).
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct StepCheckIn {
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Says how a checked-in member takes part (社区评语).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct PraiseCheckIn {
    /// The community's words (评语), which the workplace reads; what was said before is replaced.
    #[validate(length(min = 1, max = 500), custom(function = worded))]
    #[schema(min_length = 1, max_length = 500, pattern = "\\S", example = "全年参与调解和巡查,居民反映好。")]
    pub words: String,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Which check-ins to list (报到列表), the newest of a region first.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListCheckIns {
    /// Within this region (区划), of any level.
    pub region_code: Option<RegionCode>,
    /// Only at this organization (单位、组织).
    pub organization_id: Option<OrganizationId>,
    /// Only of this kind (报到类别).
    #[param(inline)]
    pub kind: Option<CheckInKind>,
    /// Only in this state (报到状态).
    #[param(inline)]
    pub state: Option<CheckInState>,
    /// Only one's own (我的报到); the default for those who may read no others.
    #[serde(default)]
    #[param(default = false)]
    pub mine: bool,
    /// Changed after this time (更新时间).
    pub updated_after: Option<DateTime<Utc>>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}
