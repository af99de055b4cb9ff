//! Imports and exports (导入、导出), and the jobs (任务) that carry them out.

use crate::{form::Form, gate::language, prelude::*};
use ::jobs::{
    self as domain, CancelJob, CarryOutJob, ExportList, ImportColumn, ImportMode, ImportSheet, ImportSubject, Job, JobError, JobLink,
    ListJobErrors, ListJobs,
};
use actix_web::{HttpRequest, body::SizedStream, http::header, web::Bytes};
use futures_util::stream;
use kernel::{Code, Cx, Error, bulk::Existing, id::JobId};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(list_import_columns)
        .service(import_sheet)
        .service(export_list)
        .service(list_jobs)
        .service(get_job)
        .service(list_job_errors)
        .service(carry_out_job)
        .service(cancel_job)
        .service(get_job_file);
}

/// A table and what to do with it (导入表单).
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is looked at")]
struct ImportForm {
    /// The file (文件): a workbook (.xlsx) or comma-separated text in UTF-8 or GB 18030.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// What stands in it (导入对象).
    subject: ImportSubject,
    /// The community or village of rows that name none, or a region above it (区划).
    region_code: RegionCode,
    /// Whether nothing is written yet (先校验): `true` unless told.
    #[schema(default = true)]
    dry_run: Option<bool>,
    /// What becomes of good rows when there are bad ones (导入方式); `all_or_nothing` unless told.
    mode: Option<ImportMode>,
    /// What to do with rows that are there already (已有记录); `update` unless told.
    existing: Option<Existing>,
}

/// A field of a form as one of the words of the contract.
fn word<T: DeserializeOwned>(form: &mut Form, name: &'static str) -> kernel::Result<Option<T>> {
    let Some(text) = form.take(name) else { return Ok(None) };
    let value = match text.as_str() {
        "true" => true.into(),
        "false" => false.into(),
        _ => serde_json::Value::from(text),
    };
    let read = serde_json::from_value(value);
    read.map(Some).map_err(|e| Error::field_with(format!("#/{name}"), Code::FieldType, vec![("reason", e.to_string())]))
}

fn needed<T>(given: Option<T>, name: &'static str) -> kernel::Result<T> {
    given.ok_or_else(|| Error::field_with(format!("#/{name}"), Code::FieldMissing, vec![("name", name.to_owned())]))
}

/// Import a table (导入)
///
/// A workbook (its first sheet) of at most 50,000 rows or comma-separated text of at most 200,000, of at most 10 MiB; `list_import_columns` tells the headers (表头). The answer is a job (任务): it checks the rows (校验) and, unless
/// `dry_run` is `false`, waits for `carry_out_job`. Residents (居民) are found again by ID number or, without one, by name within the
/// household; households (户) by code or address; addresses (地址) by their names; grids (网格) by code. Needs the permission to enter such
/// things, besides `data.import`.
#[utoipa::path(tag = "jobs", operation_id = "import_sheet",
    request_body(content = ImportForm, content_type = "multipart/form-data"),
    responses((status = 201, body = Job), UploadProblems), extensions(("x-permission" = json!("data.import"))))]
#[post("/imports")]
async fn import_sheet(req: HttpRequest, call: Call, mut form: Form) -> Answer {
    let command = ImportSheet {
        subject: needed(word(&mut form, "subject")?, "subject")?,
        region_code: needed(word(&mut form, "region_code")?, "region_code")?,
        dry_run: word(&mut form, "dry_run")?.unwrap_or(true),
        mode: word(&mut form, "mode")?.unwrap_or_default(),
        existing: word(&mut form, "existing")?.unwrap_or_default(),
    };
    created(domain::import_sheet(&call.cx, &call.files, form.finish()?, command, language(req.headers())).await?)
}

/// Which columns (导入列).
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListImportColumns {
    /// Of which files (导入对象).
    #[param(inline)]
    subject: ImportSubject,
}

/// The columns of a file (导入列).
#[derive(Serialize, ToSchema)]
struct ImportColumnList {
    /// All of them, in the order of a template (模板).
    items: Vec<ImportColumn>,
}

/// List the columns of a file to import (导入列)
///
/// What they are called, which must be there, and which words a cell may say; a template (导入模板) is a file with these headers.
#[utoipa::path(tag = "jobs", operation_id = "list_import_columns", params(ListImportColumns),
    responses((status = 200, body = ImportColumnList), ReadProblems), extensions(("x-permission" = json!("signed_in"))))]
#[get("/import_columns")]
async fn list_import_columns(_call: Call, query: Query<ListImportColumns>) -> Answer {
    ok(ImportColumnList { items: query.subject.columns().to_vec() })
}

/// Export a list (导出)
///
/// Any list of this contract, with the rows and the fields that the caller would be shown there, masked in the same way (脱敏). The answer is a
/// job (任务); when it is `done`, `download_url` leads to the file (文件) for ten minutes, and reading the job again makes a new link. Text is
/// UTF-8 with a byte-order mark, and no cell becomes a formula.
#[utoipa::path(tag = "jobs", operation_id = "export_list",
    request_body(content = ExportList, example = json!({ "list": "list_residents", "query": { "region_code": "321182001017" }, "format": "xlsx" })),
    responses((status = 201, body = Job), WriteProblems), extensions(("x-permission" = json!("data.export"))))]
#[post("/exports")]
async fn export_list(req: HttpRequest, call: Call, body: Body<ExportList>) -> Answer {
    created(domain::export_list(&call.cx, body.0, super::lists::lists(), language(req.headers())).await?)
}

/// List one's jobs (任务列表)
///
/// From the newest down; nobody else's.
#[utoipa::path(tag = "jobs", operation_id = "list_jobs", params(ListJobs), responses((status = 200, body = Page<Job>), ReadProblems),
    extensions(("x-permission" = json!("own"))))]
#[get("/jobs")]
async fn list_jobs(req: HttpRequest, call: Call, query: Query<ListJobs>) -> Answer {
    ok(domain::list_jobs(&call.cx, query.into_inner(), language(req.headers())).await?)
}

/// Read a job (查询任务)
///
/// How far it has come (进度). Ask again every second or two; the event `job.finished` (任务完成) says when it has ended.
#[utoipa::path(tag = "jobs", operation_id = "get_job", params(("id" = JobId, Path, description = "Job id (任务编号)")),
    responses((status = 200, body = Job), ReadProblems), extensions(("x-permission" = json!("own"))))]
#[get("/jobs/{id}")]
async fn get_job(req: HttpRequest, call: Call, id: Path<JobId>) -> Answer {
    ok(domain::get_job(&call.cx, *id, language(req.headers())).await?)
}

/// List what is wrong with a file (错误明细)
///
/// By row (行) and column (列), the first thousand faults. Rows are counted as the spreadsheet counts them.
#[utoipa::path(tag = "jobs", operation_id = "list_job_errors", params(("id" = JobId, Path, description = "Job id (任务编号)"), ListJobErrors),
    responses((status = 200, body = Page<JobError>), ReadProblems), extensions(("x-permission" = json!("own"))))]
#[get("/jobs/{id}/errors")]
async fn list_job_errors(req: HttpRequest, call: Call, id: Path<JobId>, query: Query<ListJobErrors>) -> Answer {
    ok(domain::list_job_errors(&call.cx, *id, query.into_inner(), language(req.headers())).await?)
}

/// Carry out an import that was checked (正式导入)
///
/// With `all_or_nothing` (全部成功才写入) nothing is written if a row is refused; with `good_rows` (只写入正确的行) the others are.
#[utoipa::path(tag = "jobs", operation_id = "carry_out_job", params(("id" = JobId, Path, description = "Job id (任务编号)")),
    request_body(content = CarryOutJob, example = json!({ "mode": "good_rows" })),
    responses((status = 200, body = Job), WriteProblems), extensions(("x-permission" = json!("own"))))]
#[post("/jobs/{id}/carry_out")]
async fn carry_out_job(req: HttpRequest, call: Call, id: Path<JobId>, body: Body<CarryOutJob>) -> Answer {
    ok(domain::carry_out_job(&call.cx, *id, body.0, language(req.headers())).await?)
}

/// Cancel a job (取消任务)
///
/// One that runs ends soon; what it has written by then (已写入) stays.
#[utoipa::path(tag = "jobs", operation_id = "cancel_job", params(("id" = JobId, Path, description = "Job id (任务编号)")),
    request_body(content = CancelJob, example = json!({})),
    responses((status = 200, body = Job), WriteProblems), extensions(("x-permission" = json!("own"))))]
#[post("/jobs/{id}/cancel")]
async fn cancel_job(req: HttpRequest, call: Call, id: Path<JobId>, body: Body<CancelJob>) -> Answer {
    ok(domain::cancel_job(&call.cx, &call.files, *id, body.0, language(req.headers())).await?)
}

/// Fetch an exported file by its signed link (下载导出文件)
///
/// The link of `get_job`, which needs no token (签名链接).
#[utoipa::path(tag = "jobs", operation_id = "get_job_file", params(("id" = JobId, Path, description = "Job id (任务编号)"), JobLink),
    responses((status = 200, body = String, content_type = "application/octet-stream", description = "The file (文件内容)."), ReadProblems),
    extensions(("x-permission" = json!("public"))))]
#[get("/jobs/{id}/file")]
async fn get_job_file(public: Public, id: Path<JobId>, link: Query<JobLink>) -> Answer {
    let cx = Cx::system(public.core.clone());
    let file = domain::exported_file(&cx, *id, &link).await?;
    let files = Arc::clone(&public.files);
    let parts = stream::unfold((0, cx, files), move |(n, cx, files)| async move {
        if n == file.parts {
            return None;
        }
        let part = files.get_part(&cx, file.id.0, n).await;
        let part = part.and_then(|part| part.ok_or_else(|| Error::new(Code::JobFileGone))).map(Bytes::from);
        Some((part.map_err(|e| actix_web::error::ErrorServiceUnavailable(e.to_string())), (n + 1, cx, files)))
    });
    Ok(HttpResponse::Ok()
        .content_type(file.format.media_type())
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}.{}\"", *id, file.format.extension())))
        .insert_header((header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'; frame-ancestors 'none'"))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .body(SizedStream::new(file.bytes, Box::pin(parts))))
}
