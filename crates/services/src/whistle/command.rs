//! What comes in.

use super::WhistleState;
use crate::limit::Limit;
use chrono::{DateTime, Utc};
use kernel::{
    RegionCode,
    check::worded,
    id::{OrderId, OrganizationId},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// Calls departments to an order (吹哨).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct BlowWhistle {
    /// Whom (部门): each with a duty in force where the order lies.
    #[validate(length(min = 1, max = 20))]
    #[schema(min_items = 1, max_items = 20)]
    pub department_ids: Vec<OrganizationId>,
    /// What they are needed for (吹哨事由). Stored sealed; departments read it with phone and ID numbers masked.
    #[validate(length(min = 1, max = 1000), custom(function = worded))]
    #[schema(min_length = 1, max_length = 1000, pattern = "\\S", example = "夜间违规施工扰民,需现场处置。")]
    pub reason: String,
    /// Within which time they must come (报到时限); as the place's whistle rules say when absent.
    #[validate(nested)]
    pub respond_limit: Option<Limit>,
}

/// Comes to an order for a department (报到).
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ArriveWhistle {
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// How a whistle ends (吹哨结果).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhistleOutcome {
    /// 已办结: the department came and has done its part.
    Done,
    /// 免于报到: the department need not come.
    Excused,
}

/// Ends a whistle (结束吹哨).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct FinishWhistle {
    /// How (结果).
    pub outcome: WhistleOutcome,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Judges the other side (互评): who called, the department; the department, the call.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct JudgeWhistle {
    /// From 5, the best, to 1 (评分).
    #[validate(range(min = 1, max = 5))]
    #[schema(minimum = 1, maximum = 5, example = 5)]
    pub score: i16,
    /// What is said with it (评语). Stored sealed.
    #[validate(length(min = 1, max = 500), custom(function = worded))]
    #[schema(min_length = 1, max_length = 500, pattern = "\\S")]
    pub comment: Option<String>,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Which whistles to list (吹哨列表), the newest of a region first: those of a region, or those that call a department.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListWhistles {
    /// Within this region (区划), of any level.
    pub region_code: Option<RegionCode>,
    /// Only those that call this department (部门).
    pub department_id: Option<OrganizationId>,
    /// Only those to this order (订单).
    pub order_id: Option<OrderId>,
    /// Only in this state (状态) now; `absent` are those overdue.
    #[param(inline)]
    pub state: Option<WhistleState>,
    /// Changed after this time (更新时间).
    pub updated_after: Option<DateTime<Utc>>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}

/// Which whistles to count (吹哨统计), by department.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CountWhistles {
    /// Within this region (区划), of any level.
    pub region_code: Option<RegionCode>,
    /// Called at this time or later (起始时间).
    pub from: Option<DateTime<Utc>>,
    /// Called before this time (截止时间).
    pub until: Option<DateTime<Utc>>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}
