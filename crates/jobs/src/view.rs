//! What goes out.

use crate::row::{ImportMode, ImportSubject, JobKind, JobState, SheetFormat, error, job::Model};
use chrono::{DateTime, Duration, Utc};
use kernel::{Code, Cx, Error, RegionCode, Result, bulk::Existing, error::Language, id::JobId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// How long a link is good.
const LINK_LIFETIME: Duration = Duration::minutes(10);

/// Work that takes longer than a request (任务): an import or an export.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// What it does (任务类别).
    pub kind: JobKind,
    /// Where it stands (任务状态).
    pub state: JobState,
    /// Of an import, what stands in the file (导入对象).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<ImportSubject>,
    /// Of an export, the list (列表).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "list_residents")]
    pub list: Option<String>,
    /// Where its rows lie (区划).
    pub region_code: RegionCode,
    /// The form of the file (文件格式).
    pub format: SheetFormat,
    /// Whether nothing is written yet (先校验).
    pub dry_run: bool,
    /// Of an import, what becomes of good rows when there are bad ones (导入方式).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<ImportMode>,
    /// Of an import, what to do with rows that are there already (已有记录).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub existing: Option<Existing>,
    /// Bytes of the file (文件大小).
    pub bytes: u64,
    /// How far it has come (进度).
    pub progress: JobProgress,
    /// Why it has failed (失败原因); absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<JobProblem>,
    /// Where to fetch what was exported, for the next ten minutes (下载链接): a path on this server, good without a token. Absent while
    /// there is nothing to fetch.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        example = "/api/v1/jobs/019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b70/file?expires=1794792000&signature=0123456789abcdef0123456789abcdef"
    )]
    pub download_url: Option<String>,
    /// When its file goes (文件失效时间); absent when it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
    /// Its version (版本), 1 when new; progress does not count.
    #[schema(minimum = 1)]
    pub version: i32,
    /// When it was asked for (创建时间).
    pub created_at: DateTime<Utc>,
    /// When it began (开始时间).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended (完成时间).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<DateTime<Utc>>,
    /// When it last changed (更新时间).
    pub updated_at: DateTime<Utc>,
}

/// How far a job has come (进度), in rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct JobProgress {
    /// How many there are (总行数); absent as long as that is not known. Of text it is an estimate until the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// Read or written so far (已处理).
    pub read: u64,
    /// New, or would be (新增).
    pub created: u64,
    /// Changed, or would be (更新).
    pub updated: u64,
    /// There already, and the same (无变化).
    pub unchanged: u64,
    /// There already, and left (跳过).
    pub skipped: u64,
    /// Refused (错误).
    pub refused: u64,
}

/// Why a job has failed (失败原因).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct JobProblem {
    /// The error code (错误码).
    #[schema(example = "sheet_header_invalid")]
    pub code: String,
    /// In words (说明).
    pub detail: String,
}

/// What is wrong with a row of a file (行错误).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct JobError {
    /// Which row, as the spreadsheet counts (行号); the header is row 1.
    pub row: u64,
    /// The header of the column at fault (列名); absent where the whole row is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "身份证号码")]
    pub column: Option<String>,
    /// The error code (错误码).
    #[schema(example = "id_number_invalid")]
    pub code: String,
    /// In words (说明).
    pub detail: String,
}

/// What a link to an exported file says.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct JobLink {
    /// Until when it is good, in seconds since 1970 (失效时间).
    #[param(minimum = 0, maximum = 253402300799i64)]
    pub expires: i64,
    /// What makes it good (签名).
    #[param(min_length = 32, max_length = 32, pattern = "^[0-9a-f]{32}$")]
    pub signature: String,
}

fn said(id: JobId, expires: i64) -> String {
    format!("job link {id} {expires}")
}

impl JobLink {
    pub(crate) fn check(&self, cx: &Cx, id: JobId) -> Result<()> {
        let right = files::is_signed(cx, &said(id, self.expires), &self.signature)?;
        if right && self.expires > cx.now().timestamp() { Ok(()) } else { Err(Error::new(Code::LinkInvalid)) }
    }
}

fn count(n: i64) -> u64 {
    n.unsigned_abs()
}

/// A job as its owner sees it.
pub(crate) fn shown(cx: &Cx, row: &Model, language: Language) -> Result<Job> {
    let existing = row.existing.clone().map(|word| serde_json::from_value(word.into())).transpose().map_err(Error::internal)?;
    let problem = match &row.problem {
        Some(code) => Some(JobProblem { code: code.clone(), detail: sentence(cx, row.id, code, row.problem_params.as_deref(), language)? }),
        None => None,
    };
    let downloadable = row.kind == JobKind::Export && row.state == JobState::Done && row.parts > 0;
    let download_url = if downloadable {
        let expires = (cx.now() + LINK_LIFETIME).timestamp();
        let signature = files::sign(cx, &said(row.id, expires))?;
        Some(format!("/api/v1/jobs/{}/file?expires={expires}&signature={signature}", row.id))
    } else {
        None
    };
    Ok(Job {
        id: row.id,
        kind: row.kind,
        state: row.state,
        subject: row.subject,
        list: row.list.clone(),
        region_code: row.region_code,
        format: row.format,
        dry_run: row.dry_run,
        mode: row.mode,
        existing,
        bytes: count(row.bytes),
        progress: JobProgress {
            total: row.rows_total.map(count),
            read: count(row.rows_read),
            created: count(row.rows_created),
            updated: count(row.rows_updated),
            unchanged: count(row.rows_unchanged),
            skipped: count(row.rows_skipped),
            refused: count(row.rows_refused),
        },
        problem,
        download_url,
        expires_at: row.expires_at.filter(|_| downloadable || row.state == JobState::Checked),
        version: row.version,
        created_at: row.created_at,
        started_at: row.started_at,
        finished_at: row.finished_at,
        updated_at: row.updated_at,
    })
}

/// A fault as its owner sees it.
pub(crate) fn fault(cx: &Cx, row: error::Model, language: Language) -> Result<JobError> {
    let detail = sentence(cx, row.job_id, &row.code, row.params.as_deref(), language)?;
    Ok(JobError { row: count(row.row_number), column: row.column_title, code: row.code, detail })
}

/// The sentence of a code that was kept with what fills it.
fn sentence(cx: &Cx, id: JobId, code: &str, params: Option<&str>, language: Language) -> Result<String> {
    let Some(code) = Code::ALL.iter().find(|c| c.as_str() == code) else { return Ok(code.to_owned()) };
    let params: BTreeMap<String, String> = match params {
        Some(sealed) => serde_json::from_str(&cx.vault().open(&crate::owner(id), sealed)?).map_err(Error::internal)?,
        None => BTreeMap::new(),
    };
    Ok(params.iter().fold(code.sentence(language).to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value)))
}
