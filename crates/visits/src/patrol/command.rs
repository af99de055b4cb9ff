//! What comes in.

use super::{FindingHandling, FindingKind, FindingSeverity, PatrolKind};
use chrono::{DateTime, Utc};
use kernel::check::worded;
use kernel::{
    RegionCode,
    geo::Point,
    id::{AccountId, AttachmentId, GridId, PatrolId},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// Records a patrol (登记巡查) of the caller's.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RecordPatrol {
    /// The community or village (社区、村).
    pub region_code: RegionCode,
    /// The grid that it went through (网格), if one.
    pub grid_id: Option<GridId>,
    /// How many went along, the caller among them (参加人数): one alone is 自主巡查, several are 集中巡查.
    #[validate(range(min = 1, max = 500))]
    #[schema(minimum = 1, maximum = 500, example = 1)]
    pub participants: i16,
    /// When it began (开始时间).
    pub started_at: DateTime<Utc>,
    /// When it ended (结束时间), at most a day later and not in the future.
    pub ended_at: DateTime<Utc>,
    /// Where it went (巡查路线), in any datum, up to 500 points. Stored sealed.
    #[serde(default)]
    #[validate(length(max = 500))]
    #[schema(max_items = 500)]
    pub route: Vec<Point>,
    /// What there is to say of it (巡查记录). Stored sealed.
    #[validate(length(min = 1, max = 2000), custom(function = worded))]
    #[schema(min_length = 1, max_length = 2000, pattern = "\\S", example = "沿江路商铺消防通道检查。")]
    pub note: Option<String>,
}

/// Records what was found on a patrol or on the way (登记巡查发现).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RecordFinding {
    /// The patrol of the caller's on which it was found (巡查); absent when it was found on the way.
    pub patrol_id: Option<PatrolId>,
    /// The community or village (社区、村).
    pub region_code: RegionCode,
    /// The grid (网格), if the point does not tell.
    pub grid_id: Option<GridId>,
    /// What it is (发现类型).
    pub kind: FindingKind,
    /// How bad it is (严重程度).
    pub severity: FindingSeverity,
    /// What it is about, in a few words (标题). Stored sealed.
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S", example = "消防通道被占")]
    pub title: String,
    /// What was found, and what was done about it on the spot (内容). Stored sealed.
    #[validate(length(min = 1, max = 4000), custom(function = worded))]
    #[schema(min_length = 1, max_length = 4000, pattern = "\\S", example = "3幢北侧消防通道停放电动车两辆。")]
    pub content: String,
    /// Where (位置), in any datum.
    pub point: Option<Point>,
    /// When (发现时间); now unless told.
    pub found_at: Option<DateTime<Utc>>,
    /// Whether it was dealt with on the spot, or is pushed up as an order (处置方式).
    pub handling: FindingHandling,
    /// The service item of the order, if it is known (服务事项编码); only when pushed up.
    #[validate(length(min = 1, max = 32))]
    #[schema(min_length = 1, max_length = 32)]
    pub item_code: Option<String>,
    /// Photos that were uploaded before (照片), up to 9.
    #[serde(default)]
    #[validate(length(max = 9))]
    #[schema(max_items = 9)]
    pub attachment_ids: Vec<AttachmentId>,
}

/// Which patrols to list (巡查列表), the newest of a region first.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListPatrols {
    /// Within this region (区划), of any level.
    pub region_code: Option<RegionCode>,
    /// Only of this grid (网格).
    pub grid_id: Option<GridId>,
    /// Only of this kind (巡查方式).
    #[param(inline)]
    pub kind: Option<PatrolKind>,
    /// Only by this account (登记人).
    pub recorded_by: Option<AccountId>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}

/// Which findings to list (巡查发现列表), the newest of a region first.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListFindings {
    /// Within this region (区划), of any level.
    pub region_code: Option<RegionCode>,
    /// Only of this grid (网格).
    pub grid_id: Option<GridId>,
    /// Only of this patrol (巡查).
    pub patrol_id: Option<PatrolId>,
    /// Only of this kind (发现类型).
    #[param(inline)]
    pub kind: Option<FindingKind>,
    /// Only by this account (登记人).
    pub recorded_by: Option<AccountId>,
    /// Only those that changed after this time (更新时间).
    pub updated_after: Option<DateTime<Utc>>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}

/// By what patrols are counted (统计维度).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PatrolCountBy {
    /// 社区、村
    #[default]
    Community,
    /// 网格
    Grid,
}

/// What is counted (巡查统计).
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CountPatrols {
    /// Within this region (区划), a county or less.
    pub region_code: RegionCode,
    /// From this time on (起).
    pub from: Option<DateTime<Utc>>,
    /// Before this time (止).
    pub until: Option<DateTime<Utc>>,
    /// By what (维度); by communities unless told.
    #[param(inline)]
    pub by: Option<PatrolCountBy>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}
