//! How often applications called (调用统计), by day and operation.
//!
//! Counted in memory and written down in batches, so a request costs no write; a process that dies loses what it has counted
//! since the last batch. Whoever reads the report is given what this process has not written down yet as well.

use crate::application::store;
use chrono::{Days, FixedOffset, NaiveDate};
use kernel::{
    Core, Cx, Permission, Time,
    access::Program,
    error::{Code, Error, Result},
    id::{ApplicationId, CredentialId},
};
use sea_orm::{
    ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait, OnConflict},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};
use utoipa::{IntoParams, ToSchema};

mod row {
    //! The table `application_usage`.
    use kernel::id::ApplicationId;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "application_usage")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub application_id: ApplicationId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub day: ChronoDate,
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub operation: String,
        pub requests: i64,
        pub refused: i64,
        pub throttled: i64,
        pub failed: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) fn table(schema: &sea_orm::Schema) -> sea_orm::sea_query::TableCreateStatement {
    schema.create_table_from_entity(row::Entity)
}

/// The most days that a report covers.
const LONGEST: u64 = 92;
/// The days that a report covers, unless told.
const USUAL: u64 = 30;

/// How a request of a program ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It was carried out.
    Done,
    /// It was refused: 4xx.
    Refused,
    /// It was one too many: 429.
    Throttled,
    /// Our fault: 5xx.
    Failed,
}

/// Requests of one day, or of one operation on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Count {
    requests: i64,
    refused: i64,
    throttled: i64,
    failed: i64,
}

impl std::ops::AddAssign for Count {
    fn add_assign(&mut self, more: Self) {
        self.requests += more.requests;
        self.refused += more.refused;
        self.throttled += more.throttled;
        self.failed += more.failed;
    }
}

type Counts = HashMap<(ApplicationId, NaiveDate, &'static str), Count>;

#[derive(Default)]
struct Pending {
    counts: Counts,
    used: HashMap<CredentialId, NaiveDate>,
}

/// What has been counted and not written down.
#[derive(Default)]
pub(crate) struct Usage(Mutex<Pending>);

/// The day in China.
fn day(now: Time) -> NaiveDate {
    FixedOffset::east_opt(8 * 3600).map_or_else(|| now.date_naive(), |china| now.with_timezone(&china).date_naive())
}

impl Usage {
    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn count(&self, program: &Program, operation: &'static str, outcome: Outcome, now: Time) {
        let one = |which| i64::from(outcome == which);
        let count = Count { requests: 1, refused: one(Outcome::Refused), throttled: one(Outcome::Throttled), failed: one(Outcome::Failed) };
        let mut pending = self.pending();
        *pending.counts.entry((program.id, day(now), operation)).or_default() += count;
        pending.used.insert(program.credential, day(now));
    }

    /// Writes down what has been counted; returns how many lines.
    ///
    /// # Errors
    /// `database_unavailable`; then it is kept for the next time.
    pub(crate) async fn flush(&self, core: &Core) -> Result<u64> {
        let taken = std::mem::take(&mut *self.pending());
        if taken.counts.is_empty() && taken.used.is_empty() {
            return Ok(0);
        }
        let done = write(core, &taken).await;
        if done.is_err() {
            let mut pending = self.pending();
            for (key, count) in taken.counts {
                *pending.counts.entry(key).or_default() += count;
            }
            for (credential, day) in taken.used {
                let latest = pending.used.entry(credential).or_insert(day);
                *latest = std::cmp::max(*latest, day);
            }
        }
        done
    }
}

async fn write(core: &Core, taken: &Pending) -> Result<u64> {
    use row::Column as C;
    let cx = Cx::system(core.clone());
    let mut tx = cx.begin();
    // In one order, so that two processes do not wait for each other.
    let counts: BTreeMap<_, _> = taken.counts.iter().collect();
    for ((application_id, day, operation), count) in counts {
        let line = row::Model {
            application_id: *application_id,
            day: *day,
            operation: (*operation).to_owned(),
            requests: count.requests,
            refused: count.refused,
            throttled: count.throttled,
            failed: count.failed,
        };
        let added = |column: C, more: i64| (column, Expr::col((row::Entity, column)).add(more));
        let mut there = OnConflict::columns([C::ApplicationId, C::Day, C::Operation]);
        there.values([
            added(C::Requests, count.requests),
            added(C::Refused, count.refused),
            added(C::Throttled, count.throttled),
            added(C::Failed, count.failed),
        ]);
        row::Entity::insert(line.into_active_model()).on_conflict(there).exec_without_returning(tx.conn().await?).await?;
    }
    let mut used: Vec<_> = taken.used.iter().map(|(id, day)| (*id, *day)).collect();
    used.sort_unstable();
    store::note_use(&mut tx, used).await?;
    tx.commit(u64::try_from(taken.counts.len()).unwrap_or(u64::MAX)).await
}

/// Which days of an application's usage to show.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GetUsage {
    /// The first day (起始日期); thirty days up to the last one unless told.
    pub from: Option<NaiveDate>,
    /// The last day (截止日期); today in China unless told. At most 92 days from the first.
    pub until: Option<NaiveDate>,
}

/// How often an application called (应用调用统计).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ApplicationUsage {
    /// Whose usage it is (应用).
    pub application_id: ApplicationId,
    /// The first day (起始日期).
    pub from: NaiveDate,
    /// The last day (截止日期).
    pub until: NaiveDate,
    /// One line for each day and operation with any requests, by day, then by operation.
    pub lines: Vec<UsageLine>,
}

/// The requests for one operation on one day (调用统计明细).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct UsageLine {
    /// The day in China (日期).
    pub day: NaiveDate,
    /// The operation of the contract, by its `operationId` (操作).
    #[schema(example = "list_orders")]
    pub operation: String,
    /// All requests (请求数).
    #[schema(minimum = 0)]
    pub requests: i64,
    /// Those of them that were refused (被拒绝数), status 4xx other than 429.
    #[schema(minimum = 0)]
    pub refused: i64,
    /// Those of them that were too many (超配额数), status 429.
    #[schema(minimum = 0)]
    pub throttled: i64,
    /// Those of them that failed by the server's fault (失败数), status 5xx.
    #[schema(minimum = 0)]
    pub failed: i64,
}

impl Usage {
    /// The report of an application.
    pub(crate) async fn report(&self, cx: &Cx, id: ApplicationId, query: &GetUsage) -> Result<ApplicationUsage> {
        let missing = Code::ApplicationNotFound;
        let region = store::region(cx, id).await?.ok_or_else(|| Error::new(missing))?;
        cx.actor.require_sight(Permission::ApplicationRead, Permission::ApplicationRead, &region.into(), missing)?;
        let until = query.until.unwrap_or_else(|| day(cx.now()));
        let from = query.from.or_else(|| until.checked_sub_days(Days::new(USUAL - 1))).unwrap_or(until);
        if from > until || until.signed_duration_since(from).num_days().unsigned_abs() >= LONGEST {
            return Err(Error::new(Code::QueryParameterInvalid).with("reason", format!("from is at most {LONGEST} days before until")));
        }
        let mut lines: BTreeMap<(NaiveDate, String), Count> = BTreeMap::new();
        for (key, count) in self.pending().counts.iter().filter(|(key, _)| key.0 == id && (from..=until).contains(&key.1)) {
            *lines.entry((key.1, key.2.to_owned())).or_default() += *count;
        }
        let rows = row::Entity::find()
            .filter(row::Column::ApplicationId.eq(id))
            .filter(row::Column::Day.between(from, until))
            .limit(50_000)
            .all(cx.reader())
            .await?;
        for row in rows {
            let count = Count { requests: row.requests, refused: row.refused, throttled: row.throttled, failed: row.failed };
            *lines.entry((row.day, row.operation)).or_default() += count;
        }
        let line = |((day, operation), count): ((NaiveDate, String), Count)| UsageLine {
            day,
            operation,
            requests: count.requests,
            refused: count.refused,
            throttled: count.throttled,
            failed: count.failed,
        };
        Ok(ApplicationUsage { application_id: id, from, until, lines: lines.into_iter().map(line).collect() })
    }
}
