//! What comes in.

use super::{HouseholdPlanOutcome, HouseholdPlanState};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::check::worded;
use kernel::{
    RegionCode,
    id::{GridId, HouseholdId},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::{Validate, ValidationError};

/// What a household needs (需求).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(as = HouseholdNeed)]
pub struct Need {
    /// What it is (需求内容).
    #[validate(length(min = 1, max = 500), custom(function = worded))]
    #[schema(min_length = 1, max_length = 500, pattern = "\\S", example = "独居老人,缺少日常照料。")]
    pub text: String,
}

/// What is to be done about it (措施).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(as = HouseholdMeasure)]
pub struct Measure {
    /// What (措施内容).
    #[validate(length(min = 1, max = 500), custom(function = worded))]
    #[schema(min_length = 1, max_length = 500, pattern = "\\S", example = "每周上门两次,接入助餐。")]
    pub text: String,
    /// Who sees to it: a person, a post or a department (责任人).
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S", example = "网格员高远")]
    pub owner: String,
    /// By when (完成期限).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub due_on: Option<NaiveDate>,
    /// When it was done (完成日期); absent while it is not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub done_on: Option<NaiveDate>,
}

/// Makes a plan for a household (制定一户一策).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CreateHouseholdPlan {
    /// The household (户).
    pub household_id: HouseholdId,
    /// What it needs (需求). Stored sealed.
    #[validate(length(min = 1, max = 30), nested)]
    #[schema(min_items = 1, max_items = 30)]
    pub needs: Vec<Need>,
    /// What is to be done (措施). Stored sealed.
    #[validate(length(max = 50), nested)]
    #[schema(max_items = 50)]
    #[serde(default)]
    pub measures: Vec<Measure>,
    /// When it is to be looked at again (评估日期).
    pub review_on: NaiveDate,
}

/// Changes a plan (调整一户一策). What is absent stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct UpdateHouseholdPlan {
    /// All needs anew (需求).
    #[validate(length(min = 1, max = 30), nested)]
    #[schema(min_items = 1, max_items = 30)]
    pub needs: Option<Vec<Need>>,
    /// All measures anew (措施).
    #[validate(length(max = 50), nested)]
    #[schema(max_items = 50)]
    pub measures: Option<Vec<Measure>>,
    /// When it is to be looked at again (评估日期).
    pub review_on: Option<NaiveDate>,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Reviews a plan (评估一户一策).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ReviewHouseholdPlan {
    /// How it stands (评估意见). Stored sealed.
    #[validate(length(min = 1, max = 2000), custom(function = worded))]
    #[schema(min_length = 1, max_length = 2000, pattern = "\\S", example = "助餐已接入,子女每周探望。")]
    pub note: String,
    /// The numbers of measures that are done now, from 1 (已完成措施).
    #[serde(default)]
    #[validate(length(max = 50), custom(function = numbers))]
    #[schema(max_items = 50, value_type = Vec<MeasureNumber>)]
    pub done: Vec<u16>,
    /// When it is to be looked at next (下次评估日期).
    pub review_on: NaiveDate,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// The number of a measure (措施序号).
#[derive(ToSchema)]
#[schema(value_type = i32, minimum = 1, maximum = 50)]
#[expect(dead_code, reason = "only its schema is looked at")]
struct MeasureNumber(u16);

fn numbers(numbers: &[u16]) -> Result<(), ValidationError> {
    if numbers.iter().all(|n| (1..=50).contains(n)) {
        Ok(())
    } else {
        Err(ValidationError::new("numbers").with_message("measures are numbered from 1 to 50".into()))
    }
}

/// Ends a plan (办结一户一策).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CloseHouseholdPlan {
    /// How it ended (办结结果).
    pub outcome: HouseholdPlanOutcome,
    /// What there is to say of it (办结说明). Stored sealed.
    #[validate(length(min = 1, max = 2000), custom(function = worded))]
    #[schema(min_length = 1, max_length = 2000, pattern = "\\S")]
    pub note: Option<String>,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Which plans to list (一户一策列表), the newest of a region first.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListHouseholdPlans {
    /// Within this region (区划), of any level.
    pub region_code: Option<RegionCode>,
    /// Only of this grid (网格).
    pub grid_id: Option<GridId>,
    /// Only of this household (户).
    pub household_id: Option<HouseholdId>,
    /// Only in this state (状态).
    #[param(inline)]
    pub state: Option<HouseholdPlanState>,
    /// Only those to be reviewed on this day or before (待评估).
    pub review_until: Option<NaiveDate>,
    /// Only those that changed after this time (更新时间).
    pub updated_after: Option<DateTime<Utc>>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}
