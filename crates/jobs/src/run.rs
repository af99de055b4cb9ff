//! Carrying jobs out: one at a time in each process, by whoever takes it first. A job whose process has died is taken up again when its
//! lease has run out.

use crate::{
    event::JobEvent,
    export::{self, Lists},
    import::{self, Fault},
    row::{
        JobKind, JobState, error,
        job::{Column as C, Entity, Model},
    },
    sheet::Limits,
};
use chrono::Duration;
use files::Files;
use kernel::{
    Code, Core, Cx, Error, Result, Tx,
    error::{Kind, Params},
    metrics,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, Query, UpdateStatement},
};
use std::sync::Arc;
use tokio::sync::watch;

/// How long a run may say nothing before somebody else takes its job.
const LEASE: Duration = Duration::seconds(60);
/// How often it is looked for jobs that other processes have taken in.
const EVERY: std::time::Duration = std::time::Duration::from_secs(1);
/// How many faults of a file are kept; all are counted.
pub(crate) const FAULTS: u64 = 1000;
/// A job that has been taken up so often ends.
const ATTEMPTS: i32 = 10;
/// How long the file of a job that is done or checked is kept.
pub(crate) const FILE_LIFETIME: Duration = Duration::hours(24);
const TASK: &str = "run_jobs";

/// How far a job has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) total: Option<usize>,
    pub(crate) read: u64,
    pub(crate) created: u64,
    pub(crate) updated: u64,
    pub(crate) unchanged: u64,
    pub(crate) skipped: u64,
    pub(crate) refused: u64,
    pub(crate) bytes: u64,
    pub(crate) parts: u32,
}

fn stored(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

impl Counts {
    pub(crate) fn of(job: &Model) -> Self {
        let count = i64::unsigned_abs;
        Self {
            total: None,
            read: count(job.rows_read),
            created: count(job.rows_created),
            updated: count(job.rows_updated),
            unchanged: count(job.rows_unchanged),
            skipped: count(job.rows_skipped),
            refused: count(job.rows_refused),
            bytes: count(job.bytes),
            parts: job.parts.unsigned_abs(),
        }
    }

    /// Of the same file from its first row on.
    pub(crate) fn anew(&self) -> Self {
        Self { total: self.total, bytes: self.bytes, parts: self.parts, ..Self::default() }
    }

    fn write(&self, update: &mut UpdateStatement) {
        update.values([
            (C::RowsTotal, Expr::val(self.total.map(|n| stored(n as u64)))),
            (C::RowsRead, Expr::val(stored(self.read))),
            (C::RowsCreated, Expr::val(stored(self.created))),
            (C::RowsUpdated, Expr::val(stored(self.updated))),
            (C::RowsUnchanged, Expr::val(stored(self.unchanged))),
            (C::RowsSkipped, Expr::val(stored(self.skipped))),
            (C::RowsRefused, Expr::val(stored(self.refused))),
            (C::Bytes, Expr::val(stored(self.bytes))),
            (C::Parts, Expr::val(i32::try_from(self.parts).unwrap_or(i32::MAX))),
        ]);
    }
}

/// Why a run ends early.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// Its owner does not want it any more.
    Cancelled,
    /// Somebody else has taken it.
    Lost,
    /// It cannot go on.
    Failed(Error),
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<sea_orm::DbErr> for Stopped {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Failed(error.into())
    }
}

/// What every run works with.
pub(crate) struct Run<'a> {
    pub(crate) cx: Cx,
    pub(crate) files: &'a Files,
    pub(crate) limits: Limits,
}

/// Carries jobs out until `stopping` is true.
pub async fn run(core: Core, files: Arc<Files>, lists: Lists, limits: Limits, mut stopping: watch::Receiver<bool>) {
    metrics::task_begins(TASK);
    let mut bell = core.bell.listen();
    let run = Run { cx: Cx::system(core.clone()), files: &files, limits };
    while !*stopping.borrow() {
        let done = tokio::select! {
            done = run.one(&core, lists) => done,
            _ = stopping.changed() => return,
        };
        match done {
            Ok(true) => {
                metrics::task_succeeded(TASK, run.cx.now());
                continue;
            }
            Ok(false) => metrics::task_succeeded(TASK, run.cx.now()),
            Err(error) => {
                metrics::task_failed(TASK);
                tracing::warn!(task = TASK, %error, "failed, until the next time");
            }
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            // A bell for each order would be a question for each order: not more often than this.
            rung = bell.changed() => {
                tokio::time::sleep(std::time::Duration::from_millis(200)).await;
                if rung.is_err() {
                    return;
                }
            }
            _ = stopping.changed() => {}
        }
    }
}

impl Run<'_> {
    /// Takes a job and carries it out; whether there was one.
    async fn one(&self, core: &Core, lists: Lists) -> Result<bool> {
        let Some(job) = self.take().await? else { return Ok(false) };
        if job.attempt > ATTEMPTS {
            self.finish(&job, &Counts::of(&job), JobState::Failed, Some(&Error::new(Code::Internal))).await?;
            return Ok(true);
        }
        match self.carry_out(core, lists, &job).await {
            Ok(counts) => {
                let state = if job.kind == JobKind::Import && job.dry_run { JobState::Checked } else { JobState::Done };
                self.finish(&job, &counts, state, None).await?;
            }
            Err(Stopped::Lost) => {}
            Err(Stopped::Cancelled) => {
                let now = self.find(&job).await?.unwrap_or_else(|| job.clone());
                self.finish(&now, &Counts::of(&now), JobState::Cancelled, None).await?;
            }
            // The database or the storage is away: its lease runs out, and it is taken up again.
            Err(Stopped::Failed(error)) if error.code.kind() == Kind::Unavailable => return Err(error),
            Err(Stopped::Failed(error)) => {
                if error.code.kind() == Kind::Internal {
                    tracing::error!(job = %job.id, error = %error, source = ?std::error::Error::source(&error).map(ToString::to_string), "a job has failed");
                }
                let now = self.find(&job).await?.unwrap_or_else(|| job.clone());
                self.finish(&now, &Counts::of(&now), JobState::Failed, Some(&error)).await?;
            }
        }
        Ok(true)
    }

    async fn find(&self, job: &Model) -> Result<Option<Model>> {
        Ok(Entity::find_by_id(job.id).filter(C::Attempt.eq(job.attempt)).one(self.cx.reader()).await?)
    }

    async fn take(&self) -> Result<Option<Model>> {
        let now = self.cx.now();
        let free = Condition::any()
            .add(C::State.eq(JobState::Pending))
            .add(Condition::all().add(C::State.eq(JobState::Running)).add(C::LeaseUntil.lt(now)));
        let waiting = C::State.is_in([JobState::Pending, JobState::Running]);
        let Some(job) = Entity::find().filter(waiting).filter(free).order_by_asc(C::Id).limit(1).one(self.cx.reader()).await? else {
            return Ok(None);
        };
        let mut update = Query::update();
        update
            .table(Entity)
            .values([
                (C::State, Expr::val(JobState::Running)),
                (C::Attempt, Expr::val(job.attempt + 1)),
                (C::LeaseUntil, Expr::val(now + LEASE)),
                (C::StartedAt, Expr::val(job.started_at.unwrap_or(now))),
                (C::UpdatedAt, Expr::val(now)),
            ])
            .and_where(C::Id.eq(job.id))
            .and_where(C::Attempt.eq(job.attempt))
            .and_where(C::State.eq(job.state));
        let mut tx = self.cx.begin();
        if tx.conn().await?.execute(&update).await?.rows_affected() != 1 {
            return Ok(None);
        }
        tx.commit(()).await?;
        Ok(Some(Model { state: JobState::Running, attempt: job.attempt + 1, ..job }))
    }

    async fn carry_out(&self, core: &Core, lists: Lists, job: &Model) -> std::result::Result<Counts, Stopped> {
        if job.cancelling {
            return Err(Stopped::Cancelled);
        }
        let actor = identity::actor_of(&self.cx, job.account_id).await?.ok_or_else(|| Error::new(Code::AccountNotFound))?;
        let cx = Cx::new(core.clone(), Arc::new(actor));
        match job.kind {
            JobKind::Import => {
                let mut bytes = Vec::with_capacity(usize::try_from(job.bytes).unwrap_or_default());
                for n in 0..job.parts.unsigned_abs() {
                    let part = self.files.get_part(&self.cx, job.id.0, n).await?;
                    bytes.extend(part.ok_or_else(|| Error::new(Code::JobFileGone))?);
                }
                import::run(self, &cx, job, bytes).await
            }
            JobKind::Export => export::run(self, &cx, job, lists).await,
        }
    }

    /// What a run may still say of its job: nothing if it is not its own any more.
    fn mine(job: &Model) -> UpdateStatement {
        let mut update = Query::update();
        update.table(Entity).and_where(C::Id.eq(job.id)).and_where(C::Attempt.eq(job.attempt)).and_where(C::State.eq(JobState::Running));
        update
    }

    /// Says how far the job has come, within the change that brought it there.
    pub(crate) async fn within(&self, tx: &mut Tx<'_>, job: &Model, counts: &Counts) -> std::result::Result<(), Stopped> {
        let mut update = Self::mine(job);
        counts.write(&mut update);
        update.value(C::LeaseUntil, self.cx.now() + LEASE).value(C::UpdatedAt, self.cx.now()).and_where(C::Cancelling.eq(false));
        if tx.conn().await?.execute(&update).await?.rows_affected() == 1 {
            return Ok(());
        }
        let cancelled = self.find(job).await?.is_some_and(|now| now.cancelling);
        Err(if cancelled { Stopped::Cancelled } else { Stopped::Lost })
    }

    /// The same, with what was found wrong.
    pub(crate) async fn progress_within(
        &self,
        tx: &mut Tx<'_>,
        job: &Model,
        counts: &Counts,
        faults: Vec<Fault>,
    ) -> std::result::Result<(), Stopped> {
        self.within(tx, job, counts).await?;
        Ok(self.keep(tx, job, faults).await?)
    }

    /// The same, in a change of its own.
    pub(crate) async fn progress(&self, job: &Model, counts: &Counts, faults: Vec<Fault>) -> std::result::Result<(), Stopped> {
        let mut tx = self.cx.begin();
        self.progress_within(&mut tx, job, counts, faults).await?;
        Ok(tx.commit(()).await?)
    }

    /// Keeps faults, as long as there are not too many of them.
    async fn keep(&self, tx: &mut Tx<'_>, job: &Model, faults: Vec<Fault>) -> Result<()> {
        if faults.is_empty() {
            return Ok(());
        }
        let last: Option<i32> = error::Entity::find()
            .select_only()
            .column(error::Column::N)
            .filter(error::Column::JobId.eq(job.id))
            .order_by_desc(error::Column::N)
            .limit(1)
            .into_tuple()
            .one(tx.conn().await?)
            .await?;
        let last = last.map_or(0, |n| u64::from(n.unsigned_abs()));
        let room = usize::try_from(FAULTS.saturating_sub(last)).unwrap_or_default();
        let mut rows = Vec::new();
        for (n, fault) in (last + 1..).zip(faults.into_iter().take(room)) {
            let params = if fault.params.is_empty() { None } else { Some(told(&fault.params)?) };
            let sealed = params.map(|json| self.cx.vault().seal(&crate::owner(job.id), &json)).transpose()?;
            rows.push(
                error::Model {
                    job_id: job.id,
                    n: i32::try_from(n).map_err(Error::internal)?,
                    row_number: stored(fault.row),
                    column_title: fault.column,
                    code: fault.code.as_str().to_owned(),
                    params: sealed,
                }
                .into_active_model(),
            );
        }
        if !rows.is_empty() {
            error::Entity::insert_many(rows).exec_without_returning(tx.conn().await?).await?;
        }
        Ok(())
    }

    /// Forgets what an earlier run found wrong.
    pub(crate) async fn forget_errors(&self, job: &Model) -> Result<()> {
        let mut tx = self.cx.begin();
        error::Entity::delete_many().filter(error::Column::JobId.eq(job.id)).exec(tx.conn().await?).await?;
        tx.commit(()).await
    }

    /// Ends a job. The file that was imported goes; what was exported, or only checked, is kept for a while.
    async fn finish(&self, job: &Model, counts: &Counts, state: JobState, problem: Option<&Error>) -> Result<()> {
        let keeps = matches!(state, JobState::Checked) || (state == JobState::Done && job.kind == JobKind::Export);
        // Its owner may want to cancel it at this very moment; then it is looked at once more.
        for _ in 0..3 {
            let Some(now) = self.find(job).await? else { return Ok(()) };
            let parts = Ord::max(counts.parts, now.parts.unsigned_abs());
            let total = counts.total.or(now.rows_total.and_then(|n| usize::try_from(n).ok()));
            // A file that is not kept is known of until it is gone: whatever happens to this process, `purge` finds it.
            let counts = Counts { parts: if keeps { counts.parts } else { parts }, total, ..*counts };
            let mut tx = self.cx.begin();
            let update = self.ended(&now, &counts, state, problem)?;
            if tx.conn().await?.execute(&update).await?.rows_affected() != 1 {
                continue;
            }
            tx.emit(crate::subject(&now, now.version + 1), &JobEvent::Finished { state, rows: counts.read, refused: counts.refused })?;
            tx.commit(()).await?;
            if !keeps && parts > 0 {
                self.files.remove_parts(job.id.0, parts).await?;
            }
            return Ok(());
        }
        Ok(())
    }

    fn ended(&self, job: &Model, counts: &Counts, state: JobState, problem: Option<&Error>) -> Result<UpdateStatement> {
        let now = self.cx.now();
        let params = problem.filter(|e| !e.params.is_empty()).map(|e| told(&e.params)).transpose()?;
        let params = params.map(|json| self.cx.vault().seal(&crate::owner(job.id), &json)).transpose()?;
        let checked = state == JobState::Checked;
        let keeps = checked || (state == JobState::Done && job.kind == JobKind::Export);
        let mut update = Self::mine(job);
        counts.write(&mut update);
        update
            .values([
                (C::State, Expr::val(state)),
                (C::Version, Expr::val(job.version + 1)),
                (C::Problem, Expr::val(problem.map(|e| e.code.as_str()))),
                (C::ProblemParams, Expr::val(params)),
                (C::FinishedAt, Expr::val((!checked).then_some(now))),
                (C::ExpiresAt, Expr::val(if keeps { now + FILE_LIFETIME } else { now })),
                (C::UpdatedAt, Expr::val(now)),
                (C::Cancelling, Expr::val(false)),
            ])
            .and_where(C::Version.eq(job.version));
        Ok(update)
    }
}

fn told(params: &Params) -> Result<String> {
    let all: serde_json::Map<String, serde_json::Value> =
        params.iter().map(|(name, value)| ((*name).to_owned(), value.clone().into())).collect();
    serde_json::to_string(&all).map_err(Error::internal)
}
