//! Lanes: a small pool of PostgreSQL connections for single statements.
//!
//! sqlx's own pool asks a connection whether it is alive each time that it comes back, so that every statement costs a
//! second round trip; measured, that is a fifth of the whole of a command. A lane is asked only when it has been
//! idle. A connection whose statement was broken off or failed below SQL is closed, never used again.
//!
//! When all lanes are taken, the changes that wait go [together](crate::change::together), up to eight, as one statement
//! with one commit. If SQL refuses it, nothing has happened, and each is tried alone: what one of them did wrong is that
//! one's affair.
//!
//! One lane more is for reads alone: while changes wait for a standby that is away, whoever only reads is answered.

use crate::{
    change::{self, Change},
    db::ACQUIRE_TIMEOUT,
    metrics::{self, Usage, Waiting},
    trace,
};
use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement,
    sea_query::Values,
};
use sea_query_sqlx::SqlxValues;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, Postgres, Row, postgres::PgConnectOptions, query::Query};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    time::timeout,
};
use tracing::Instrument;

/// A connection idle for longer is asked whether it is alive before it is used.
const PING_AFTER: Duration = Duration::from_secs(1);

/// How many lanes no change takes.
const READS: usize = 1;

/// How many changes go together at most.
const TOGETHER: usize = 8;
/// How long a statement of several changes may take. It belongs to no request whose own limit would end it.
const TOGETHER_LIMIT: Duration = Duration::from_millis(2200);

/// The lanes of one worker.
#[derive(Clone)]
pub struct Lanes(Arc<Shared>);

struct Shared {
    options: PgConnectOptions,
    count: usize,
    permits: Arc<Semaphore>,
    /// The lane that no change takes.
    for_reads: Arc<Semaphore>,
    idle: Mutex<Vec<(PgConnection, Instant)>>,
    waiting: Mutex<VecDeque<Waiter>>,
}

/// A change that waits, and where to say whether it wrote its row.
struct Waiter {
    change: Arc<Change>,
    told: oneshot::Sender<Result<bool, DbErr>>,
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
    _permit: OwnedSemaphorePermit,
}

impl Lanes {
    /// As many lanes as told, and one for reads; each connects when it is first needed.
    #[must_use]
    pub fn new(options: PgConnectOptions, count: u32) -> Self {
        let count = usize::try_from(count.max(1)).unwrap_or(1);
        Self(Arc::new(Shared {
            options,
            count,
            permits: Arc::new(Semaphore::new(count)),
            for_reads: Arc::new(Semaphore::new(READS)),
            idle: Mutex::default(),
            waiting: Mutex::default(),
        }))
    }

    /// Carries out a change; tells whether its guard wrote its row.
    pub(crate) async fn change(&self, change: Arc<Change>) -> Result<bool, DbErr> {
        match Arc::clone(&self.0.permits).try_acquire_owned() {
            Ok(permit) => {
                metrics::waited(metrics::STATEMENTS, Duration::ZERO);
                let mut lane = timeout(ACQUIRE_TIMEOUT, self.0.connect(permit)).await.map_err(|_elapsed| late())??;
                let done = lane.change(std::iter::once(&*change)).await;
                Ok(lane.settle(done, DbErr::Query)?.contains(&0))
            }
            Err(_) => self.change_with_others(change).await,
        }
    }

    /// Waits for a lane, until it is there or another has taken this change along.
    async fn change_with_others(&self, change: Arc<Change>) -> Result<bool, DbErr> {
        let (told, mut hears) = oneshot::channel();
        lock(&self.0.waiting).push_back(Waiter { change, told });
        let _waiting = Waiting::begin();
        let began = Instant::now();
        loop {
            let permit = timeout(ACQUIRE_TIMEOUT, Arc::clone(&self.0.permits).acquire_owned());
            let permit = tokio::select! {
                biased;
                done = &mut hears => return done.map_err(gone)?,
                permit = permit => permit.map_err(|_elapsed| late())?.map_err(gone)?,
            };
            metrics::waited(metrics::STATEMENTS, began.elapsed());
            let (shared, company) = (Arc::clone(&self.0), self.0.company());
            if company.is_empty() {
                return hears.await.map_err(gone)?;
            }
            // In a task of its own: whoever found the lane may hang up, the others still wait.
            let work = async move { timeout(TOGETHER_LIMIT, shared.carry_out(permit, company)).await };
            tokio::spawn(work.in_current_span());
        }
    }

    /// How the lanes stand.
    pub(crate) fn usage(&self) -> Usage {
        let idle = lock(&self.0.idle).len();
        let limit = self.0.count + READS;
        Usage { in_use: limit - self.0.permits.available_permits() - self.0.for_reads.available_permits(), idle, limit }
    }

    /// Closes the connections that are not in use.
    pub fn close(&self) {
        lock(&self.0.idle).clear();
    }
}

fn late() -> DbErr {
    DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)
}

/// What was to answer has ended without an answer.
fn gone<E>(_: E) -> DbErr {
    DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed)
}

impl Shared {
    /// A lane for a single statement that is no change, which may be the one that no change takes.
    async fn lane(&self) -> Result<Lane<'_>, DbErr> {
        let began = Instant::now();
        let free = || [&self.permits, &self.for_reads].into_iter().find_map(|p| Arc::clone(p).try_acquire_owned().ok());
        let find = async {
            let permit = match free() {
                Some(permit) => permit,
                None => {
                    let _waiting = Waiting::begin();
                    let permit = tokio::select! {
                        permit = Arc::clone(&self.permits).acquire_owned() => permit,
                        permit = Arc::clone(&self.for_reads).acquire_owned() => permit,
                    };
                    permit.map_err(gone)?
                }
            };
            self.connect(permit).await
        };
        let found = timeout(ACQUIRE_TIMEOUT, find).await.unwrap_or_else(|_elapsed| Err(late()));
        metrics::waited(metrics::STATEMENTS, began.elapsed());
        found
    }

    /// A sound connection for who has a permit.
    async fn connect(&self, permit: OwnedSemaphorePermit) -> Result<Lane<'_>, DbErr> {
        let idle = lock(&self.idle).pop();
        if let Some((mut connection, since)) = idle
            && (since.elapsed() < PING_AFTER || connection.ping().await.is_ok())
        {
            return Ok(Lane { shared: self, connection, _permit: permit });
        }
        let connection = self.options.connect().await.map_err(|e| DbErr::Conn(RuntimeErr::SqlxError(Arc::new(e))))?;
        metrics::connected();
        Ok(Lane { shared: self, connection, _permit: permit })
    }

    /// The first who waits, and others whose changes are like its own: one, two, four or eight, so that there are few
    /// statements and the database knows them.
    fn company(&self) -> Vec<Waiter> {
        let mut waiting = lock(&self.waiting);
        waiting.retain(|w| !w.told.is_closed());
        let Some(first) = waiting.front().map(|w| Arc::clone(&w.change)) else { return Vec::new() };
        let (mut company, mut rest): (Vec<_>, VecDeque<_>) = (Vec::new(), VecDeque::new());
        for waiter in waiting.drain(..) {
            if company.len() < TOGETHER && waiter.change.resembles(&first) { company.push(waiter) } else { rest.push_back(waiter) }
        }
        let places = 1 << company.len().ilog2();
        for waiter in company.drain(places..).rev() {
            rest.push_front(waiter);
        }
        *waiting = rest;
        company
    }

    /// Carries out changes as one statement, or each alone if SQL refuses that; tells each what became of it. Who is not
    /// told, because this ends before, hears so.
    async fn carry_out(&self, permit: OwnedSemaphorePermit, company: Vec<Waiter>) {
        let mut lane = match self.connect(permit).await {
            Ok(lane) => lane,
            Err(e) => return company.into_iter().for_each(|w| w.tell(Err(e.clone()))),
        };
        let done = lane.change(company.iter().map(|w| &*w.change)).await;
        if matches!(done, Err(sqlx::Error::Database(_))) && company.len() > 1 {
            for waiter in company {
                let done = lane.change(std::iter::once(&*waiter.change)).await;
                let (sound, done) = (is_sound(&done), done.map(|wrote| wrote.contains(&0)));
                waiter.tell(done.map_err(|e| DbErr::Query(RuntimeErr::SqlxError(Arc::new(e)))));
                if !sound {
                    return;
                }
            }
            return lane.give_back();
        }
        match lane.settle(done, DbErr::Query) {
            Ok(wrote) => (0..).zip(company).for_each(|(number, w)| w.tell(Ok(wrote.contains(&number)))),
            Err(e) => company.into_iter().for_each(|w| w.tell(Err(e.clone()))),
        }
    }
}

impl Waiter {
    /// Says what became of the change; nobody hears it who has gone.
    fn tell(self, done: Result<bool, DbErr>) {
        let _ = self.told.send(done);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What SQL refuses leaves a connection sound, anything else does not.
const fn is_sound<T>(done: &Result<T, sqlx::Error>) -> bool {
    matches!(done, Ok(_) | Err(sqlx::Error::Database(_)))
}

impl Lane<'_> {
    /// Gives the connection back, unless what happened left it in doubt.
    fn settle<T>(self, done: Result<T, sqlx::Error>, wrap: fn(RuntimeErr) -> DbErr) -> Result<T, DbErr> {
        if is_sound(&done) {
            self.give_back();
        }
        done.map_err(|e| wrap(RuntimeErr::SqlxError(Arc::new(e))))
    }

    fn give_back(self) {
        lock(&self.shared.idle).push((self.connection, Instant::now()));
    }

    /// Sends changes as one statement; gives the numbers of those that wrote their row.
    async fn change(&mut self, changes: impl Iterator<Item = &Change>) -> Result<Vec<i32>, sqlx::Error> {
        let statement = change::together(changes).map_err(|e| sqlx::Error::Encode(Box::new(e)))?;
        let span = trace::statement(DbBackend::Postgres, &statement.sql);
        let rows = query(&statement).fetch_all(&mut self.connection).instrument(span).await?;
        rows.iter().map(|row| row.try_get(0)).collect()
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
