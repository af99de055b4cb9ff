//! What goes out.

use super::row::{checklist, run};
use chrono::{DateTime, Utc};
use kernel::{
    Cx, Error, RegionCode, Result,
    check::worded,
    id::{AccountId, AttachmentId, ChecklistId, ChecklistRunId, GridId},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// An item of a checklist (检查项).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ChecklistItem {
    /// Its code (编号), unique in the list.
    #[validate(length(min = 1, max = 20), custom(function = worded))]
    #[schema(min_length = 1, max_length = 20, pattern = "\\S", example = "1")]
    pub code: String,
    /// What is looked at (内容).
    #[validate(length(min = 1, max = 200), custom(function = worded))]
    #[schema(min_length = 1, max_length = 200, pattern = "\\S")]
    pub text: String,
    /// How many points it is worth (分值); 1 unless told.
    #[serde(default = "one")]
    #[validate(range(min = 1, max = 1000))]
    #[schema(minimum = 1, maximum = 1000, default = 1)]
    pub points: u16,
    /// Whether points need evidence (须有佐证); not unless told.
    #[serde(default)]
    #[schema(default = false)]
    pub evidence_required: bool,
}

const fn one() -> u16 {
    1
}

/// A checklist (检查清单), one version of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Checklist {
    /// Its id.
    pub id: ChecklistId,
    /// Its version (版本), 1 when new.
    #[schema(minimum = 1)]
    pub version: i32,
    /// For which region (适用区划).
    pub region_code: RegionCode,
    /// Its name (名称).
    pub name: String,
    /// Its items (检查项).
    pub items: Vec<ChecklistItem>,
    /// All points together (总分).
    pub max_score: u32,
    /// Since when this version holds (生效时间).
    pub valid_from: DateTime<Utc>,
    /// When it ended (停用时间); absent while it is in force.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub valid_to: Option<DateTime<Utc>>,
}

pub(super) fn checklist(row: checklist::Model) -> Result<Checklist> {
    let items: Vec<ChecklistItem> = serde_json::from_str(&row.items).map_err(Error::internal)?;
    Ok(Checklist {
        id: row.id,
        version: row.version,
        region_code: row.region_code,
        name: row.name,
        max_score: items.iter().map(|item| u32::from(item.points)).sum(),
        items,
        valid_from: row.valid_from,
        valid_to: row.valid_to,
    })
}

/// What was found for an item (检查结果).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ChecklistResult {
    /// The code of the item (检查项编号).
    #[validate(length(min = 1, max = 20))]
    #[schema(min_length = 1, max_length = 20, example = "1")]
    pub code: String,
    /// How many points it gets (得分): none to all of the item's.
    #[validate(range(min = 0, max = 1000))]
    #[schema(minimum = 0, maximum = 1000)]
    pub points: u16,
    /// What shows it (佐证): where a photo or a file is kept, who was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 1000), custom(function = worded))]
    #[schema(min_length = 1, max_length = 1000, pattern = "\\S")]
    pub evidence: Option<String>,
    /// What else is to be said (备注).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 500), custom(function = worded))]
    #[schema(min_length = 1, max_length = 500, pattern = "\\S")]
    pub note: Option<String>,
}

/// One run of a checklist over a grid (清单检查).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ChecklistRun {
    /// Its id.
    pub id: ChecklistRunId,
    /// Which checklist (检查清单).
    pub checklist_id: ChecklistId,
    /// The version of it (清单版本).
    #[schema(minimum = 1)]
    pub checklist_version: i32,
    /// The grid (网格).
    pub grid_id: GridId,
    /// The community of the grid (所属社区、村).
    pub region_code: RegionCode,
    /// What was found (检查结果), item by item; absent in lists.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub results: Vec<ChecklistResult>,
    /// The files that show it (佐证附件), for whoever may read the run; absent in lists.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub attachment_ids: Vec<AttachmentId>,
    /// The points that it got (得分).
    pub score: u32,
    /// The points that there were (总分).
    pub max_score: u32,
    /// Who held it against the list (检查人).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub run_by: Option<AccountId>,
    /// When (检查时间).
    pub created_at: DateTime<Utc>,
}

pub(super) fn owner(id: ChecklistRunId) -> String {
    format!("checklist run {id}")
}

/// The run without what was found.
pub(super) fn brief(row: run::Model) -> ChecklistRun {
    ChecklistRun {
        id: row.id,
        checklist_id: row.checklist_id,
        checklist_version: row.checklist_version,
        grid_id: row.grid_id,
        region_code: row.region_code,
        results: Vec::new(),
        attachment_ids: Vec::new(),
        score: row.score.unsigned_abs(),
        max_score: row.max_score.unsigned_abs(),
        run_by: row.run_by,
        created_at: row.created_at,
    }
}

/// The run with what was found.
pub(super) fn whole(cx: &Cx, row: run::Model) -> Result<ChecklistRun> {
    let results = serde_json::from_str(&cx.vault().open(&owner(row.id), &row.results)?).map_err(Error::internal)?;
    let attachment_ids = serde_json::from_str(&row.attachment_ids).map_err(Error::internal)?;
    Ok(ChecklistRun { results, attachment_ids, ..brief(row) })
}
