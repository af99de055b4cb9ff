//! What comes in.

use crate::{
    export::ExportHeader,
    row::{ImportMode, ImportSubject, JobKind, JobState, SheetFormat},
};
use kernel::{RegionCode, bulk::Existing};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// What to import, and how (导入).
#[derive(Clone, Copy, Debug)]
pub struct ImportSheet {
    /// What stands in the file (导入对象).
    pub subject: ImportSubject,
    /// The community or village of rows that name none, or a region above it (区划).
    pub region_code: RegionCode,
    /// Whether nothing is written yet (先校验).
    pub dry_run: bool,
    /// What becomes of good rows when there are bad ones (导入方式).
    pub mode: ImportMode,
    /// What to do with rows that are there already (已有记录).
    pub existing: Existing,
}

/// Carry out an import that was checked (正式导入).
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CarryOutJob {
    /// What becomes of good rows when there are bad ones (导入方式); as it was asked for unless told.
    pub mode: Option<ImportMode>,
    /// The version that was read (版本): refused when the job has changed since. Absent: whatever it is now.
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Cancel a job (取消任务).
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CancelJob {
    /// The version that was read (版本): refused when the job has changed since. Absent: whatever it is now.
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Export a list (导出列表).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ExportList {
    /// The list (列表): the operationId of a list of this contract.
    #[validate(length(min = 1, max = 60))]
    #[schema(min_length = 1, max_length = 60, example = "list_residents")]
    pub list: String,
    /// Its parameters (筛选条件), as the list takes them, but for `limit` and `cursor`; with `id` for a list beneath something.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub query: Map<String, Value>,
    /// The form of the file (文件格式).
    #[serde(default)]
    pub format: SheetFormat,
    /// What stands above the columns (表头).
    #[serde(default)]
    pub header: ExportHeader,
}

/// Which of one's jobs to list (任务列表), from the newest down.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListJobs {
    /// Only imports or exports (任务类别).
    pub kind: Option<JobKind>,
    /// Only those in this state (任务状态).
    pub state: Option<JobState>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Which faults of a file to list (错误明细), from the first row on.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListJobErrors {
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}
