//! What comes in.

use chrono::NaiveDate;
use kernel::check::worded;
use kernel::{
    RegionCode,
    id::{AccountId, AddressId, GridId, HouseholdId},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// Plans a visit campaign (新建走访活动) over all households of a region, or over those of the grids, buildings and households that are
/// named.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CreateVisitCampaign {
    /// In which region (区划), of any level.
    pub region_code: RegionCode,
    /// What kind it is, in the place's own word (类别): 大走访, 三访, 帮帮团 …
    #[validate(length(min = 1, max = 40), custom(function = worded))]
    #[schema(min_length = 1, max_length = 40, pattern = "\\S", example = "走访全覆盖")]
    pub kind: String,
    /// What it is called (名称).
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S", example = "2026年村村到户户进人人访")]
    pub title: String,
    /// Its first day (起始日); today unless told.
    pub starts_on: Option<NaiveDate>,
    /// Its last day (截止日).
    pub ends_on: NaiveDate,
    /// The households of these grids (网格).
    #[serde(default)]
    #[validate(length(max = 500))]
    #[schema(max_items = 500)]
    pub grid_ids: Vec<GridId>,
    /// The households of these buildings (楼栋).
    #[serde(default)]
    #[validate(length(max = 500))]
    #[schema(max_items = 500)]
    pub building_ids: Vec<AddressId>,
    /// These households (户).
    #[serde(default)]
    #[validate(length(max = 1000))]
    #[schema(max_items = 1000)]
    pub household_ids: Vec<HouseholdId>,
}

/// Changes a visit campaign (修改走访活动). What is absent stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct UpdateVisitCampaign {
    /// What it is called (名称).
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S")]
    pub title: Option<String>,
    /// Its last day (截止日).
    pub ends_on: Option<NaiveDate>,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Starts or ends a visit campaign (启动、结束走访活动).
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct StepVisitCampaign {
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Gives households of a running campaign to a visitor (分配走访对象): those of these grids and buildings, and these.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct AssignVisitor {
    /// Who visits them (走访人): somebody who may record visits there.
    pub visitor_id: AccountId,
    /// The households of these grids (网格).
    #[serde(default)]
    #[validate(length(max = 500))]
    #[schema(max_items = 500)]
    pub grid_ids: Vec<GridId>,
    /// The households of these buildings (楼栋).
    #[serde(default)]
    #[validate(length(max = 500))]
    #[schema(max_items = 500)]
    pub building_ids: Vec<AddressId>,
    /// These households (户).
    #[serde(default)]
    #[validate(length(max = 1000))]
    #[schema(max_items = 1000)]
    pub household_ids: Vec<HouseholdId>,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Which visit campaigns to list (走访活动列表), the newest of a region first.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListVisitCampaigns {
    /// Within this region (区划), of any level.
    pub region_code: Option<RegionCode>,
    /// Only in this state (状态).
    #[param(inline)]
    pub state: Option<super::VisitCampaignState>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}

/// By what coverage is added up (统计维度).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CoverageBy {
    /// 下一级区划
    #[default]
    Region,
    /// 网格
    Grid,
    /// 走访人
    Visitor,
}

/// How coverage is added up (走访覆盖统计).
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListVisitCoverage {
    /// By what (维度); by the regions right beneath unless told.
    #[param(inline)]
    pub by: Option<CoverageBy>,
    /// Only within this region (区划); that of the campaign unless told.
    pub region_code: Option<RegionCode>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}

/// Which households of a campaign to list (走访对象列表), by community and, within one, by age.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListVisitTargets {
    /// Those that are still to be visited (待走访), or those that are not; the former unless told.
    pub waiting: Option<bool>,
    /// Only one's own (我的走访对象).
    #[serde(default)]
    #[param(default = false)]
    pub mine: bool,
    /// Only those of this visitor (走访人).
    pub visitor_id: Option<AccountId>,
    /// Within this region (区划), of any level.
    pub region_code: Option<RegionCode>,
    /// Only of this grid (网格).
    pub grid_id: Option<GridId>,
    /// Only those to be visited again on this day or before (回访期限).
    pub revisit_until: Option<NaiveDate>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}
