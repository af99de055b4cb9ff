//! What comes in.

use super::VisitResult;
use chrono::{DateTime, NaiveDate, Utc};
use kernel::check::worded;
use kernel::{
    RegionCode,
    id::{AccountId, GridId, HouseholdId, ResidentId, VisitCampaignId},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// Records a visit (登记走访) of the caller's.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RecordVisit {
    /// The household (户).
    pub household_id: HouseholdId,
    /// The campaign that counts it (走访活动); absent for a visit of its own.
    pub campaign_id: Option<VisitCampaignId>,
    /// When it was (走访时间); now unless told.
    pub visited_at: Option<DateTime<Utc>>,
    /// How it went (走访结果).
    pub result: VisitResult,
    /// Which residents of the household were met (见面居民).
    #[serde(default)]
    #[validate(length(max = 50))]
    #[schema(max_items = 50)]
    pub resident_ids: Vec<ResidentId>,
    /// What there is to say of it (走访记录). Stored sealed.
    #[validate(length(min = 1, max = 4000), custom(function = worded))]
    #[schema(min_length = 1, max_length = 4000, pattern = "\\S", example = "独居,子女在外,需要每周上门。")]
    pub note: Option<String>,
    /// When somebody should go there again (回访日期).
    pub revisit_on: Option<NaiveDate>,
}

/// Which visits to list (走访列表), the newest of a region first.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListVisits {
    /// Within this region (区划), of any level.
    pub region_code: Option<RegionCode>,
    /// Only of this grid (网格).
    pub grid_id: Option<GridId>,
    /// Only of this household (户).
    pub household_id: Option<HouseholdId>,
    /// Only of this campaign (走访活动).
    pub campaign_id: Option<VisitCampaignId>,
    /// Only by this visitor (走访人).
    pub visitor_id: Option<AccountId>,
    /// Only those that went like this (走访结果).
    #[param(inline)]
    pub result: Option<VisitResult>,
    /// Only those that changed after this time (更新时间).
    pub updated_after: Option<DateTime<Utc>>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}
