//! What comes in.

use super::{ChecklistItem, ChecklistResult};
use kernel::{
    RegionCode,
    check::worded,
    id::{AttachmentId, ChecklistId, GridId},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// Write a checklist (新建检查清单).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CreateChecklist {
    /// For which region (适用区划), with all grids within.
    pub region_code: RegionCode,
    /// Its name (名称).
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S", example = "八必有")]
    pub name: String,
    /// Its items (检查项), in their order.
    #[validate(nested, length(min = 1, max = 100))]
    #[schema(min_items = 1, max_items = 100)]
    pub items: Vec<ChecklistItem>,
}

/// Change a checklist (修改检查清单). What is absent stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct UpdateChecklist {
    /// The new name (名称).
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S")]
    pub name: Option<String>,
    /// The new items (检查项), all of them.
    #[validate(nested, length(min = 1, max = 100))]
    #[schema(min_items = 1, max_items = 100)]
    pub items: Option<Vec<ChecklistItem>>,
    /// The version that was read (版本): refused when it has changed since. Absent: whatever it is now.
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// End a checklist (停用检查清单).
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CloseChecklist {
    /// The version that was read (版本): refused when it has changed since. Absent: whatever it is now.
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Hold a grid against a checklist (清单检查).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RunChecklist {
    /// Which checklist (检查清单): one in force where the grid lies.
    pub checklist_id: ChecklistId,
    /// The version that was read (清单版本): refused when there is a newer one. Absent: whatever it is now.
    #[schema(minimum = 1)]
    pub checklist_version: Option<i32>,
    /// What was found for each item (检查结果): every item, once.
    #[validate(nested, length(min = 1, max = 100))]
    #[schema(min_items = 1, max_items = 100)]
    pub results: Vec<ChecklistResult>,
    /// Files that show it (佐证附件): uploaded by the caller and not used yet.
    #[serde(default)]
    #[validate(length(max = 20))]
    #[schema(max_items = 20)]
    pub attachment_ids: Vec<AttachmentId>,
}

/// Which checklists to list (检查清单列表), the newest of a region first.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListChecklists {
    /// Only those that hold in this region (区划): its own, and those of the regions above it.
    pub region_code: Option<RegionCode>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Which runs to list (清单检查列表), by community and, within one, by age.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListChecklistRuns {
    /// Within this region (区划), of any level.
    pub region_code: Option<RegionCode>,
    /// Only those of this grid (网格).
    pub grid_id: Option<GridId>,
    /// Only those of this checklist (检查清单).
    pub checklist_id: Option<ChecklistId>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Where to look how grids stand (清单检查报表).
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ChecklistReportQuery {
    /// Within this region (区划), of any level.
    pub region_code: RegionCode,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}
