//! Work that takes longer than a request (任务): imports from and exports to spreadsheets.
//!
//! A job is asked for, taken up by a process that has nothing else to do ([`run()`]), says how far it has come, and ends. It
//! goes on in the name of whoever asked for it, with the rights that they have at that moment, and is theirs alone. An
//! import is checked first and carried out afterwards; what is wrong with a file is told by row and column. An export reads
//! a list as the API does, page by page, so nobody exports what they could not read.
//!
//! Files lie sealed, in parts, where the other files lie, and are gone when they are not needed any more.

mod command;
mod event;
mod export;
mod import;
mod row;
mod run;
mod sheet;
mod view;

pub use command::{CancelJob, CarryOutJob, ExportList, ImportSheet, ListJobErrors, ListJobs};
pub use event::event_types;
pub use export::{Column, ExportHeader, List, Lists, Reading, as_values, parameters};
pub use import::{ImportColumn, ImportWord};
pub use row::{ImportMode, ImportSubject, JobKind, JobState, SheetFormat};
pub use run::run;
pub use sheet::Limits;
pub use view::{Job, JobError, JobLink, JobProblem, JobProgress};

use event::JobEvent;
use export::Asked;
use files::{Files, PART};
use kernel::{
    Code, Cx, Error, Page, PageQuery, Pager, Permission, Place, RegionCode, Result, Subject, Tx,
    error::Language,
    id::JobId,
    stage::{stage_new, stage_next},
};
use row::{
    error,
    job::{Column as C, Entity, Model},
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};

impl ImportSubject {
    /// What whoever imports such rows must be allowed to do.
    #[must_use]
    pub const fn permission(self) -> Permission {
        match self {
            Self::Grids => Permission::GridManage,
            Self::Addresses => Permission::AddressManage,
            Self::Households => Permission::HouseholdManage,
            Self::Residents => Permission::ResidentManage,
            Self::Organizations | Self::Memberships => Permission::OrganizationManage,
            Self::Venues => Permission::VenueManage,
        }
    }
}

/// Takes in a file to import (导入). Its rows are looked at afterwards.
///
/// # Errors
/// `permission_missing`; `region_unknown`; `sheet_unreadable` for a file that is no table; `body_too_large`;
/// `storage_unavailable`; `idempotency_key_seen`.
pub async fn import_sheet(cx: &Cx, files: &Files, bytes: Vec<u8>, command: ImportSheet, language: Language) -> Result<Job> {
    let place = Place::from(command.region_code);
    cx.actor.require(Permission::DataImport, &place)?;
    cx.actor.require(command.subject.permission(), &place)?;
    cx.require_unseen_key().await?;
    grids::get_region(cx, command.region_code).await.map_err(|e| {
        if e.code == Code::RegionNotFound {
            Error::new(Code::RegionUnknown).with("region", command.region_code).at("#/region_code")
        } else {
            e
        }
    })?;
    let format = sheet::format_of(&bytes)?;
    // Its row first: a crash from here on leaves what `purge` finds.
    let alone = cx.clone().with_key(None);
    let mut tx = alone.begin();
    let existing = serde_json::to_value(command.existing).map_err(Error::internal)?;
    let row = Model {
        subject: Some(command.subject),
        dry_run: command.dry_run,
        mode: Some(command.mode),
        existing: existing.as_str().map(str::to_owned),
        bytes: i64::try_from(bytes.len()).map_err(Error::internal)?,
        parts: i32::try_from(bytes.len().div_ceil(PART)).map_err(Error::internal)?,
        state: JobState::Receiving,
        ..fresh(&tx, JobKind::Import, command.region_code, format)?
    };
    tx.conn().await?.execute(&Entity::insert(row.clone().into_active_model()).into_query()).await?;
    tx.commit(()).await?;
    for (n, part) in (0u32..).zip(bytes.chunks(PART)) {
        files.put_part(cx, row.id.0, n, part).await?;
    }
    let mut tx = cx.begin();
    let ready = Model { state: JobState::Pending, ..row.clone() };
    tx.emit(subject(&ready, 1), &JobEvent::Created { kind: JobKind::Import, subject: Some(command.subject), list: None })?;
    let answer = view::shown(cx, &ready, language)?;
    stage_next(&mut tx, KEY, row, ready);
    tx.commit_created(answer).await
}

/// Asks for an export (导出).
///
/// # Errors
/// `permission_missing`; `list_unknown`; `content_invalid` for parameters that the list does not take.
pub async fn export_list(cx: &Cx, command: ExportList, lists: Lists, language: Language) -> Result<Job> {
    let region = match command.query.get("region_code").and_then(serde_json::Value::as_str) {
        Some(code) => code.parse().map_err(|e: Error| e.at("#/query/region_code"))?,
        None => cx.actor.reach(Permission::DataExport).regions.first().copied().unwrap_or(RegionCode::COUNTRY),
    };
    cx.actor.require(Permission::DataExport, &Place::from(region))?;
    let list = lists.find(&command.list).ok_or_else(|| Error::new(Code::ListUnknown).with("list", &command.list).at("#/list"))?;
    if let Some(name) = ["limit", "cursor"].into_iter().find(|name| command.query.contains_key(*name)) {
        return Err(Error::field_with(format!("#/query/{name}"), Code::FieldUnknown, vec![("name", name.to_owned())]));
    }
    // Whether the list understands it is told at once and not by a job that fails.
    drop(list.begin(cx, &command.query, None)?);
    let mut tx = cx.begin();
    let mut row = Model { list: Some(command.list.clone()), ..fresh(&tx, JobKind::Export, region, command.format)? };
    let asked = Asked { query: command.query, header: command.header };
    row.query = Some(cx.vault().seal(&owner(row.id), &serde_json::to_string(&asked).map_err(Error::internal)?)?);
    tx.emit(subject(&row, 1), &JobEvent::Created { kind: JobKind::Export, subject: None, list: row.list.clone() })?;
    let answer = view::shown(cx, &row, language)?;
    stage_new(&mut tx, row);
    tx.commit_created(answer).await
}

fn fresh(tx: &Tx<'_>, kind: JobKind, region_code: RegionCode, format: SheetFormat) -> Result<Model> {
    Ok(Model {
        id: tx.id(),
        version: 1,
        kind,
        state: JobState::Pending,
        account_id: tx.cx().actor.account()?,
        region_code,
        subject: None,
        list: None,
        query: None,
        format,
        dry_run: false,
        mode: None,
        existing: None,
        bytes: 0,
        parts: 0,
        rows_total: None,
        rows_read: 0,
        rows_created: 0,
        rows_updated: 0,
        rows_unchanged: 0,
        rows_skipped: 0,
        rows_refused: 0,
        attempt: 0,
        cancelling: false,
        lease_until: None,
        problem: None,
        problem_params: None,
        started_at: None,
        finished_at: None,
        expires_at: None,
        created_at: tx.now,
        updated_at: tx.now,
    })
}

/// Carries out an import that was checked (正式导入).
///
/// # Errors
/// `job_not_found`; `version_stale`; `job_state_conflict`.
pub async fn carry_out_job(cx: &Cx, id: JobId, command: CarryOutJob, language: Language) -> Result<Job> {
    let old = own_at(cx, id, command.version).await?;
    if old.state != JobState::Checked {
        return Err(conflict(&old));
    }
    let mut tx = cx.begin();
    let row = Model {
        state: JobState::Pending,
        version: old.version + 1,
        dry_run: false,
        mode: command.mode.or(old.mode),
        rows_read: 0,
        rows_created: 0,
        rows_updated: 0,
        rows_unchanged: 0,
        rows_skipped: 0,
        rows_refused: 0,
        expires_at: None,
        updated_at: tx.now,
        ..old.clone()
    };
    tx.emit(subject(&row, row.version), &JobEvent::CarriedOut {})?;
    let answer = view::shown(cx, &row, language)?;
    stage_next(&mut tx, KEY, old, row);
    tx.commit(answer).await
}

/// Cancels a job (取消任务). One that runs ends within some hundred rows; what it has written by then stays.
///
/// # Errors
/// `job_not_found`; `version_stale`; `job_state_conflict` for one that has ended.
pub async fn cancel_job(cx: &Cx, files: &Files, id: JobId, command: CancelJob, language: Language) -> Result<Job> {
    let old = own_at(cx, id, command.version).await?;
    let runs = old.state == JobState::Running;
    if !runs && !matches!(old.state, JobState::Pending | JobState::Checked) {
        return Err(conflict(&old));
    }
    let mut tx = cx.begin();
    let mut row = Model { version: old.version + 1, updated_at: tx.now, ..old.clone() };
    if runs {
        row.cancelling = true;
    } else {
        // Its file goes: at once, or by `purge` if this process does not live to see it.
        (row.state, row.finished_at, row.expires_at) = (JobState::Cancelled, Some(tx.now), Some(tx.now));
    }
    tx.emit(subject(&row, row.version), &JobEvent::Cancelled {})?;
    let (answer, parts) = (view::shown(cx, &row, language)?, old.parts.unsigned_abs());
    stage_next(&mut tx, KEY, old, row);
    let answer = tx.commit(answer).await?;
    if !runs {
        files.remove_parts(id.0, parts).await?;
    }
    Ok(answer)
}

/// A job is taken on from the version and the state that were read: being taken up by a process is no change of its version.
const KEY: [C; 3] = [C::Id, C::Version, C::State];

fn conflict(job: &Model) -> Error {
    Error::new(Code::JobStateConflict).with("state", sea_orm::ActiveEnum::to_value(&job.state))
}

/// One of one's own jobs (查询任务).
///
/// # Errors
/// `job_not_found`, also for somebody else's.
pub async fn get_job(cx: &Cx, id: JobId, language: Language) -> Result<Job> {
    view::shown(cx, &own(cx, id).await?, language)
}

/// One's own jobs, from the newest down (任务列表).
///
/// # Errors
/// `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_jobs(cx: &Cx, query: ListJobs, language: Language) -> Result<Page<Job>> {
    let account = cx.actor.account()?;
    let page = PageQuery { limit: query.limit, cursor: query.cursor.clone() };
    let pager = Pager::new("jobs", &(account, query.kind, query.state), page)?;
    let after = pager.after::<JobId>()?;
    let rows = Entity::find()
        .filter(C::AccountId.eq(account))
        .filter(C::State.ne(JobState::Receiving))
        .filter(
            Condition::all()
                .add_option(query.kind.map(|kind| C::Kind.eq(kind)))
                .add_option(query.state.map(|state| C::State.eq(state)))
                .add_option(after.map(|id| C::Id.lt(id))),
        )
        .order_by_desc(C::Id)
        .limit(pager.fetch())
        .all(cx.reader())
        .await?;
    let jobs = rows.iter().map(|row| view::shown(cx, row, language)).collect::<Result<Vec<_>>>()?;
    pager.page(jobs, |job| job.id)
}

/// What is wrong with the rows of a file (错误明细), the first thousand faults.
///
/// # Errors
/// `job_not_found`; `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_job_errors(cx: &Cx, id: JobId, query: ListJobErrors, language: Language) -> Result<Page<JobError>> {
    let job = own(cx, id).await?;
    let pager = Pager::new("job_errors", &job.id, PageQuery { limit: query.limit, cursor: query.cursor })?;
    let after = pager.after::<i32>()?.unwrap_or(0);
    let rows = error::Entity::find()
        .filter(error::Column::JobId.eq(job.id))
        .filter(error::Column::N.gt(after))
        .order_by_asc(error::Column::N)
        .limit(pager.fetch())
        .all(cx.reader())
        .await?;
    let page = pager.page(rows, |row| row.n)?;
    let items = page.items.into_iter().map(|row| view::fault(cx, row, language)).collect::<Result<_>>()?;
    Ok(Page { items, next_cursor: page.next_cursor, has_more: page.has_more })
}

/// What was exported, behind a signed link.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ExportedFile {
    /// The job.
    pub id: JobId,
    /// Its form.
    pub format: SheetFormat,
    /// How many bytes.
    pub bytes: u64,
    /// In how many parts.
    pub parts: u32,
}

/// What a signed link leads to (下载).
///
/// # Errors
/// `link_invalid` for a link that is wrong or old; `job_not_found` when the file is gone.
pub async fn exported_file(cx: &Cx, id: JobId, link: &JobLink) -> Result<ExportedFile> {
    link.check(cx, id)?;
    let row = Entity::find_by_id(id).one(cx.reader()).await?;
    let row = row.filter(|r| r.kind == JobKind::Export && r.state == JobState::Done && r.parts > 0).ok_or_else(missing)?;
    Ok(ExportedFile { id, format: row.format, bytes: row.bytes.unsigned_abs(), parts: row.parts.unsigned_abs() })
}

/// Removes the files of jobs that nobody has fetched in time, ends imports that were only checked, and forgets jobs that ended longer ago
/// than `kept`; returns how many.
///
/// # Errors
/// `database_unavailable`; `storage_unavailable`.
pub async fn purge(cx: &Cx, files: &Files, kept: chrono::Duration) -> Result<u64> {
    let now = cx.now();
    let mut purged = 0;
    let over = Condition::any()
        .add(C::ExpiresAt.lt(now))
        .add(C::State.eq(JobState::Receiving).and(C::CreatedAt.lt(now - chrono::Duration::hours(1))));
    let rows = Entity::find().filter(C::Parts.gt(0)).filter(over).limit(100).all(cx.reader()).await?;
    for row in rows {
        files.remove_parts(row.id.0, row.parts.unsigned_abs()).await?;
        let mut tx = cx.begin();
        if row.state == JobState::Receiving {
            Entity::delete_by_id(row.id).filter(C::State.eq(JobState::Receiving)).exec(tx.conn().await?).await?;
        } else {
            let mut after = Model { parts: 0, expires_at: None, ..row.clone() };
            let ends = row.state == JobState::Checked;
            if ends {
                (after.version, after.state, after.finished_at) = (row.version + 1, JobState::Cancelled, Some(now));
                tx.emit(subject(&after, after.version), &JobEvent::Cancelled {})?;
            }
            stage_next(&mut tx, KEY, row, after);
        }
        match tx.commit(()).await {
            // Somebody has taken it on meanwhile.
            Err(e) if e.code == Code::VersionStale => continue,
            done => done?,
        }
        purged += 1;
    }
    let mut tx = cx.begin();
    let old = Entity::delete_many().filter(C::FinishedAt.lt(now - kept)).filter(C::Parts.eq(0)).exec(tx.conn().await?).await?;
    tx.commit(()).await?;
    Ok(purged + old.rows_affected)
}

async fn own(cx: &Cx, id: JobId) -> Result<Model> {
    let account = cx.actor.account()?;
    let row = Entity::find_by_id(id).one(cx.reader()).await?;
    row.filter(|row| row.account_id == account && row.state != JobState::Receiving).ok_or_else(missing)
}

async fn own_at(cx: &Cx, id: JobId, version: Option<i32>) -> Result<Model> {
    let row = own(cx, id).await?;
    if version.is_some_and(|v| v != row.version) { Err(Error::new(Code::VersionStale)) } else { Ok(row) }
}

fn missing() -> Error {
    Error::new(Code::JobNotFound)
}

pub(crate) fn owner(id: JobId) -> String {
    format!("job {id}")
}

pub(crate) const fn subject(job: &Model, version: i32) -> Subject {
    Subject { id: job.id.0, version, region: job.region_code }
}

/// The tables of this crate as its entities see them, for the test that compares them with the migrations.
#[doc(hidden)]
#[must_use]
pub fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    vec![schema.create_table_from_entity(Entity), schema.create_table_from_entity(error::Entity)]
}

/// The sealed columns of this crate. Files are not among them: they go within a day.
#[must_use]
pub fn sealed_columns() -> Vec<kernel::sealed::SealedColumn> {
    use kernel::sealed::{KeyKind, SealedColumn as S};
    const FAULT: &[(&str, KeyKind)] = &[("job_id", KeyKind::Uuid), ("n", KeyKind::Int)];
    vec![
        S::by_id("jobs", "query", |key| format!("job {}", key[0])),
        S::by_id("jobs", "problem_params", |key| format!("job {}", key[0])),
        S { table: "job_errors", key: FAULT, column: "params", owner: |key| format!("job {}", key[0]) },
    ]
}
