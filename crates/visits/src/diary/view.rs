//! What goes out: the texts in full for who writes the diary and who may read such things, masked for others.

use super::row::{diary, template};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::check::worded;
use kernel::{
    Cx, Error, RegionCode, Result,
    id::{AccountId, DiaryId, DiaryTemplateId, GridId},
    mask,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// A step of a template (步骤).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct DiaryStep {
    /// Its code (编码), unique within the template.
    #[validate(length(min = 1, max = 40), custom(function = worded))]
    #[schema(min_length = 1, max_length = 40, pattern = "\\S", example = "1")]
    pub code: String,
    /// What it is called (名称).
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S")]
    pub name: String,
    /// What belongs in it (填写说明).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[validate(length(min = 1, max = 500))]
    #[schema(min_length = 1, max_length = 500)]
    pub guidance: Option<String>,
    /// Whether a diary cannot be closed without it (必填).
    pub required: bool,
}

/// A template of diaries (民情日记模板), one version of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct DiaryTemplate {
    /// Its id, the same for all versions.
    pub id: DiaryTemplateId,
    /// 1, 2, 3 … (版本)
    #[schema(minimum = 1)]
    pub version: i32,
    /// Where it is used (区划).
    pub region_code: RegionCode,
    /// What it is called (名称).
    pub name: String,
    /// Whether a step waits until the needed ones before it are written (按序).
    pub in_order: bool,
    /// The steps (步骤).
    pub steps: Vec<DiaryStep>,
    /// From when on this version holds (生效时间).
    pub valid_from: DateTime<Utc>,
}

/// A diary (民情日记).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Diary {
    /// Its id.
    pub id: DiaryId,
    /// Its version (版本), 1 when new.
    #[schema(minimum = 1)]
    pub version: i32,
    /// The template (模板).
    pub template_id: DiaryTemplateId,
    /// The version of the template that it follows (模板版本).
    #[schema(minimum = 1)]
    pub template_version: i32,
    /// The community or village (社区、村).
    pub region_code: RegionCode,
    /// The grid (网格).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub grid_id: Option<GridId>,
    /// Who began it (记录人).
    pub author_id: AccountId,
    /// The day that it tells of (日期).
    pub happened_on: NaiveDate,
    /// What it is about (标题).
    pub title: String,
    /// How many steps are written (已记步骤数).
    #[schema(minimum = 0)]
    pub steps_done: i16,
    /// What was written (记录); only where one diary is read or changed.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub entries: Vec<DiaryEntry>,
    /// The code of the next step that is needed (下一步); only where one diary is read or changed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub next_step: Option<String>,
    /// Whether phone and ID numbers in the texts are masked (已脱敏).
    pub masked: bool,
    /// When it was begun (建立时间).
    pub created_at: DateTime<Utc>,
    /// When it last changed (更新时间).
    pub updated_at: DateTime<Utc>,
    /// When it was closed (办结时间).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub closed_at: Option<DateTime<Utc>>,
}

/// What was written under a step (步骤记录).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct DiaryEntry {
    /// The code of the step (步骤编码).
    pub step: String,
    /// What was done (记录).
    pub text: String,
    /// Who wrote it (记录人).
    pub by: AccountId,
    /// When (时间).
    pub at: DateTime<Utc>,
}

pub(super) fn steps(row: &template::Model) -> Result<Vec<DiaryStep>> {
    serde_json::from_str(&row.steps).map_err(Error::internal)
}

pub(super) fn template(row: template::Model) -> Result<DiaryTemplate> {
    Ok(DiaryTemplate {
        steps: steps(&row)?,
        id: row.id,
        version: row.version,
        region_code: row.region_code,
        name: row.name,
        in_order: row.in_order,
        valid_from: row.valid_from,
    })
}

fn owner(id: DiaryId) -> String {
    format!("diary {id} content")
}

pub(super) fn seal(cx: &Cx, id: DiaryId, entries: &[DiaryEntry]) -> Result<String> {
    cx.vault().seal(&owner(id), &serde_json::to_string(entries).map_err(Error::internal)?)
}

pub(super) fn open(cx: &Cx, row: &diary::Model) -> Result<Vec<DiaryEntry>> {
    serde_json::from_str(&cx.vault().open(&owner(row.id), &row.content)?).map_err(Error::internal)
}

/// The diary by itself.
pub(super) fn alone(row: diary::Model, mut entries: Vec<DiaryEntry>, steps: &[DiaryStep], full: bool) -> Diary {
    let next_step = super::next_step(steps, &entries).map(str::to_owned);
    if !full {
        entries.iter_mut().for_each(|e| e.text = mask::text(&e.text));
    }
    Diary { entries, next_step, ..in_list(row, full) }
}

/// The diary in a list.
pub(super) fn in_list(row: diary::Model, full: bool) -> Diary {
    Diary {
        id: row.id,
        version: row.version,
        template_id: row.template_id,
        template_version: row.template_version,
        region_code: row.region_code,
        grid_id: row.grid_id,
        author_id: row.author_id,
        happened_on: row.happened_on,
        title: if full { row.title } else { mask::text(&row.title) },
        steps_done: row.steps_done,
        entries: Vec::new(),
        next_step: None,
        masked: !full,
        created_at: row.created_at,
        updated_at: row.updated_at,
        closed_at: row.closed_at,
    }
}
