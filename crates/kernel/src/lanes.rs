//! Lanes: a small pool of PostgreSQL connections for single statements.
//!
//! sqlx's own pool asks a connection whether it is alive each time that it comes back, so that every statement costs a
//! second round trip; measured, that is a fifth of the whole of a command. A lane is asked only when it has been
//! idle. A connection whose statement was broken off or failed below SQL is closed, never used again.

use crate::{
    db::ACQUIRE_TIMEOUT,
    metrics::{self, Usage, Waiting},
    trace,
};
use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement,
    sea_query::Values,
};
use sea_query_sqlx::SqlxValues;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, Postgres, postgres::PgConnectOptions, query::Query};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};
use tracing::Instrument;

/// A connection idle for longer is asked whether it is alive before it is used.
const PING_AFTER: Duration = Duration::from_secs(1);

/// The lanes of one worker.
#[derive(Clone)]
pub struct Lanes(Arc<Shared>);

struct Shared {
    options: PgConnectOptions,
    count: usize,
    permits: Semaphore,
    idle: Mutex<Vec<(PgConnection, Instant)>>,
}

impl std::fmt::Debug for Lanes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Lanes({} free)", self.0.permits.available_permits())
    }
}

/// A connection in use. Dropped before it is given back, it is closed.
struct Lane<'a> {
    shared: &'a Shared,
    connection: PgConnection,
    _permit: SemaphorePermit<'a>,
}

impl Lanes {
    /// As many lanes as told; each connects when it is first needed.
    #[must_use]
    pub fn new(options: PgConnectOptions, count: u32) -> Self {
        let count = usize::try_from(count.max(1)).unwrap_or(1);
        Self(Arc::new(Shared { options, count, permits: Semaphore::new(count), idle: Mutex::new(Vec::new()) }))
    }

    /// How the lanes stand.
    pub(crate) fn usage(&self) -> Usage {
        let idle = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner).len();
        Usage { in_use: self.0.count - self.0.permits.available_permits(), idle, limit: self.0.count }
    }

    /// Closes the connections that are not in use.
    pub fn close(&self) {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Shared {
    async fn lane(&self) -> Result<Lane<'_>, DbErr> {
        let late = || DbErr::ConnectionAcquire(ConnAcquireErr::Timeout);
        let began = Instant::now();
        let find = async {
            let permit = match self.permits.try_acquire() {
                Ok(permit) => permit,
                Err(_) => {
                    let _waiting = Waiting::begin();
                    self.permits.acquire().await.map_err(|e| DbErr::Custom(e.to_string()))?
                }
            };
            let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            if let Some((mut connection, since)) = idle
                && (since.elapsed() < PING_AFTER || connection.ping().await.is_ok())
            {
                return Ok(Lane { shared: self, connection, _permit: permit });
            }
            let connection = self.options.connect().await.map_err(|e| DbErr::Conn(RuntimeErr::SqlxError(Arc::new(e))))?;
            metrics::connected();
            Ok(Lane { shared: self, connection, _permit: permit })
        };
        let found = timeout(ACQUIRE_TIMEOUT, find).await.unwrap_or_else(|_elapsed| Err(late()));
        metrics::waited(metrics::STATEMENTS, began.elapsed());
        found
    }
}

impl Lane<'_> {
    /// Gives the connection back, unless what happened left it in doubt: what SQL refuses leaves it sound, anything else
    /// does not.
    fn settle<T>(self, done: Result<T, sqlx::Error>, wrap: fn(RuntimeErr) -> DbErr) -> Result<T, DbErr> {
        if matches!(done, Ok(_) | Err(sqlx::Error::Database(_))) {
            self.shared.idle.lock().unwrap_or_else(PoisonError::into_inner).push((self.connection, Instant::now()));
        }
        done.map_err(|e| wrap(RuntimeErr::SqlxError(Arc::new(e))))
    }
}

fn query(statement: &Statement) -> Query<'_, Postgres, SqlxValues> {
    let values = statement.values.clone().unwrap_or_else(|| Values(Vec::new()));
    sqlx::query_with(AssertSqlSafe(statement.sql.as_str()), SqlxValues(values))
}

#[async_trait::async_trait]
impl ConnectionTrait for Lanes {
    fn get_database_backend(&self) -> DbBackend {
        DbBackend::Postgres
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let mut lane = self.0.lane().await?;
        let done = query(&statement).execute(&mut lane.connection).await;
        lane.settle(done, DbErr::Exec).map(Into::into)
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let mut lane = self.0.lane().await?;
        let done = lane.connection.execute(AssertSqlSafe(sql)).await;
        lane.settle(done, DbErr::Exec).map(Into::into)
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let mut lane = self.0.lane().await?;
        // Reads on to the end of the answer, so that an error after the row (a commit that fails) is seen.
        let done = query(&statement).fetch_optional(&mut lane.connection).await;
        Ok(lane.settle(done, DbErr::Query)?.map(Into::into))
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let mut lane = self.0.lane().await?;
        let done = query(&statement).fetch_all(&mut lane.connection).await;
        Ok(lane.settle(done, DbErr::Query)?.into_iter().map(Into::into).collect())
    }
}

/// Where single statements run: on SQLite a reader, on PostgreSQL a lane.
#[derive(Clone, Debug)]
pub enum Single {
    /// A connection of SeaORM's own pool.
    Pool(DatabaseConnection),
    /// A lane.
    Lanes(Lanes),
}

#[async_trait::async_trait]
impl ConnectionTrait for Single {
    fn get_database_backend(&self) -> DbBackend {
        match self {
            Self::Pool(pool) => pool.get_database_backend(),
            Self::Lanes(lanes) => lanes.get_database_backend(),
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let span = trace::statement(self.get_database_backend(), &statement.sql);
        match self {
            Self::Pool(pool) => pool.execute_raw(statement).instrument(span).await,
            Self::Lanes(lanes) => lanes.execute_raw(statement).instrument(span).await,
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let span = trace::statement(self.get_database_backend(), sql);
        match self {
            Self::Pool(pool) => pool.execute_unprepared(sql).instrument(span).await,
            Self::Lanes(lanes) => lanes.execute_unprepared(sql).instrument(span).await,
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let span = trace::statement(self.get_database_backend(), &statement.sql);
        match self {
            Self::Pool(pool) => pool.query_one_raw(statement).instrument(span).await,
            Self::Lanes(lanes) => lanes.query_one_raw(statement).instrument(span).await,
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let span = trace::statement(self.get_database_backend(), &statement.sql);
        match self {
            Self::Pool(pool) => pool.query_all_raw(statement).instrument(span).await,
            Self::Lanes(lanes) => lanes.query_all_raw(statement).instrument(span).await,
        }
    }
}
