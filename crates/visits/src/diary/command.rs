//! What comes in.

use super::DiaryStep;
use chrono::NaiveDate;
use kernel::check::worded;
use kernel::{
    RegionCode,
    id::{AccountId, DiaryTemplateId, GridId},
};
use serde::Deserialize;
use std::collections::HashSet;
use utoipa::{IntoParams, ToSchema};
use validator::{Validate, ValidationError};

/// Writes a template of diaries (新建民情日记模板).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CreateDiaryTemplate {
    /// Where it is used (区划): this region and all beneath it.
    pub region_code: RegionCode,
    /// What it is called (名称).
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S", example = "民情日记七步工作法")]
    pub name: String,
    /// Whether a step waits until the needed ones before it are written (按序); it does unless told.
    pub in_order: Option<bool>,
    /// The steps (步骤).
    #[validate(length(min = 1, max = 30), nested, custom(function = distinct))]
    #[schema(min_items = 1, max_items = 30)]
    pub steps: Vec<DiaryStep>,
}

/// Changes a template (修改民情日记模板): a new version begins; diaries keep theirs. What is absent stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct UpdateDiaryTemplate {
    /// What it is called (名称).
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S")]
    pub name: Option<String>,
    /// Whether a step waits until the needed ones before it are written (按序).
    pub in_order: Option<bool>,
    /// The steps (步骤).
    #[validate(length(min = 1, max = 30), nested, custom(function = distinct))]
    #[schema(min_items = 1, max_items = 30)]
    pub steps: Option<Vec<DiaryStep>>,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

fn distinct(steps: &[DiaryStep]) -> Result<(), ValidationError> {
    let codes: HashSet<_> = steps.iter().map(|s| &s.code).collect();
    if codes.len() == steps.len() { Ok(()) } else { Err(ValidationError::new("codes").with_message("two steps have one code".into())) }
}

/// Begins a diary (记民情日记).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct BeginDiary {
    /// The template (模板); its current version.
    pub template_id: DiaryTemplateId,
    /// The community or village (社区、村).
    pub region_code: RegionCode,
    /// The grid (网格); absent when it concerns the whole community.
    pub grid_id: Option<GridId>,
    /// What it is about, without names (标题).
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S", example = "12幢电动车飞线充电")]
    pub title: String,
    /// The day that it tells of (日期); today unless told, never to come.
    pub happened_on: Option<NaiveDate>,
}

/// Writes what was done in a step (记录步骤); again, to correct it.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RecordDiaryStep {
    /// The code of the step (步骤编码).
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    pub step: String,
    /// What was done (记录). Stored sealed.
    #[validate(length(min = 1, max = 4000), custom(function = worded))]
    #[schema(min_length = 1, max_length = 4000, pattern = "\\S")]
    pub text: String,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Closes a diary (办结民情日记) when all needed steps are written.
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CloseDiary {
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Which templates to list (民情日记模板列表): the current versions.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListDiaryTemplates {
    /// Only those used in this region (区划): its own, and those of the regions above it.
    pub region_code: Option<RegionCode>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}

/// Which diaries to list (民情日记列表), the newest of a region first.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListDiaries {
    /// Within this region (区划), of any level.
    pub region_code: Option<RegionCode>,
    /// Only of this grid (网格).
    pub grid_id: Option<GridId>,
    /// Only by this author (记录人).
    pub author_id: Option<AccountId>,
    /// Only those that are (or are not) closed (是否办结).
    pub closed: Option<bool>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}
