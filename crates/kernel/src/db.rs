//! The database: SQLite by default, PostgreSQL in production, the same statements on both.
//!
//! SQLite has exactly one connection that writes and several that read; WAL with
//! `synchronous=FULL`, so that an acknowledged commit survives a power cut. PostgreSQL has one
//! small pool a worker. Both give up on a connection after 1.5 seconds, so that a dead
//! database is an honest 503 and not a hanging request.

use crate::{
    change::Change,
    error::{Code, Error, Result},
    lanes::{Lanes, Single},
    metrics::{self, Probe, STATEMENTS, TRANSACTIONS, Usage},
};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, RuntimeErr, SqlxPostgresConnector, SqlxSqliteConnector};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous},
};
use std::{
    fmt,
    future::ready,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};

/// How long a request waits for a connection before it answers 503.
pub const ACQUIRE_TIMEOUT: Duration = Duration::from_millis(1500);
/// How long one statement may run on PostgreSQL.
const STATEMENT_TIMEOUT: &str = "2000";
/// SQLite's log may be as large as this, and is looked at so often.
const LOG_BYTES: u64 = 64 << 20;
const LOG_LOOK: Duration = Duration::from_secs(1);
/// So long changes wait while those who read the log are waited for.
const LOG_PATIENCE: Duration = Duration::from_millis(100);
/// A connection idle for longer is asked whether it is alive before it is used.
const PING_AFTER: Duration = Duration::from_secs(1);

/// An open database.
#[derive(Clone)]
pub struct Db {
    single: Single,
    writer: DatabaseConnection,
    /// Let the metrics ask how the two stand, as long as they are there.
    _probes: [Arc<Probe>; 2],
    /// What looks after SQLite's log, as long as this is there.
    _tended: Arc<JoinSet<()>>,
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Db").field("single", &self.single).field("writer", &self.writer).finish()
    }
}

/// How many connections, and whether statements have a time limit.
#[derive(Clone, Copy, Debug)]
pub struct Pool {
    /// Connections: on SQLite readers, besides the one writer; on PostgreSQL lanes for single statements, and as many
    /// again for transactions when those are needed.
    pub connections: u32,
    /// Whether a statement may run without a time limit: migrations, imports, what a server does besides answering.
    /// PostgreSQL sees it as `linli background`.
    pub patient: bool,
}

impl Default for Pool {
    fn default() -> Self {
        Self { connections: 4, patient: false }
    }
}

impl Db {
    /// Opens `sqlite://path` (made if missing) or `postgres://…`. Connections are made when first needed,
    /// so a server starts, and says that it is not ready, while its database is away.
    ///
    /// # Errors
    /// `internal_error` for a URL of neither kind.
    pub async fn connect(url: &str, pool: Pool) -> Result<Self> {
        if url.starts_with("sqlite:") {
            Self::sqlite(url, pool).await
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            Self::postgres(url, pool)
        } else {
            Err(Error::internal("the database URL begins with sqlite: or postgres:"))
        }
    }

    async fn sqlite(url: &str, pool: Pool) -> Result<Self> {
        let options = url
            .parse::<SqliteConnectOptions>()
            .map_err(Error::internal)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(ACQUIRE_TIMEOUT)
            .disable_statement_logging();
        let pools = SqlitePoolOptions::new()
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
            .after_connect(|_, _| {
                metrics::connected();
                Box::pin(async { Ok(()) })
            });
        // A full disk makes SQLite roll back by itself. sqlx does not notice, counts a transaction that is no more, and would
        // from then on commit what is acknowledged into one that never ends. Such a connection is not used again.
        let writer = pools.clone().max_connections(1).before_acquire(|writer, _| Box::pin(ready(Ok(!writer.is_in_transaction()))));
        let writer = writer.connect_with(options.clone()).await.map_err(unreachable_database)?;
        let mut tended = JoinSet::new();
        tended.spawn(cut_log(writer.clone(), log_of(options.get_filename())));
        let reader = pools.max_connections(pool.connections).connect_lazy_with(options.read_only(true));
        let probes = [watch(STATEMENTS, reader.clone()), watch(TRANSACTIONS, writer.clone())];
        Ok(Self {
            single: Single::Pool(SqlxSqliteConnector::from_sqlx_sqlite_pool(reader)),
            writer: SqlxSqliteConnector::from_sqlx_sqlite_pool(writer),
            _probes: probes,
            _tended: Arc::new(tended),
        })
    }

    fn postgres(url: &str, pool: Pool) -> Result<Self> {
        let limit = if pool.patient { "0" } else { STATEMENT_TIMEOUT };
        let options = url
            .parse::<PgConnectOptions>()
            .map_err(Error::internal)?
            .application_name(if pool.patient { "linli background" } else { "linli" })
            .options([
                ("statement_timeout", limit),
                ("lock_timeout", limit),
                ("idle_in_transaction_session_timeout", "10000"),
                ("random_page_cost", "1.1"),
            ])
            .disable_statement_logging();
        let lanes = Lanes::new(options.clone(), pool.connections);
        let single = Single::Lanes(lanes.clone());
        let pool = PgPoolOptions::new()
            .max_connections(pool.connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .after_connect(|_, _| {
                metrics::connected();
                Box::pin(async { Ok(()) })
            })
            .before_acquire(|connection, meta| {
                Box::pin(async move {
                    if meta.idle_for > PING_AFTER {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect_lazy_with(options);
        let probes = [metrics::watch(STATEMENTS, move || lanes.usage()), watch(TRANSACTIONS, pool.clone())];
        Ok(Self { single, writer: SqlxPostgresConnector::from_sqlx_postgres_pool(pool), _probes: probes, _tended: Arc::default() })
    }

    /// Carries out a change that is a single statement, on PostgreSQL; tells whether its guard wrote its row.
    pub(crate) async fn change(&self, change: Arc<Change>) -> Result<bool> {
        match &self.single {
            Single::Lanes(lanes) => Ok(lanes.change(change).await?),
            Single::Pool(_) => Err(Error::internal("SQLite changes in steps")),
        }
    }

    /// For reads.
    #[must_use]
    pub const fn reader(&self) -> &Single {
        &self.single
    }

    /// For transactions. Domain crates go through `Cx::begin`; this is for migrations and imports.
    #[must_use]
    pub const fn writer(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// Which of the two it is.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        self.writer.get_database_backend()
    }

    /// Asks the database whether it is there.
    ///
    /// # Errors
    /// `database_unavailable` when it does not answer.
    pub async fn ping(&self) -> Result<()> {
        self.single.execute_unprepared("SELECT 1").await?;
        Ok(())
    }

    /// Closes all connections.
    pub async fn close(self) {
        // What cannot be closed any more is closed already.
        match self.single {
            Single::Pool(reader) => drop(reader.close().await),
            Single::Lanes(lanes) => lanes.close(),
        }
        let _ = self.writer.close().await;
    }
}

/// The write-ahead log of a database.
fn log_of(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// Cuts SQLite's write-ahead log back where it has grown. SQLite begins it anew only at a moment at which nobody reads from it. Under
/// load there is none: it would grow without end, and each read looks through all of it. The one writer that asks
/// for it waits for those who read now, and nobody comes after them: whoever begins meanwhile reads the database itself.
async fn cut_log(writer: SqlitePool, log: PathBuf) {
    let mut ticks = interval(LOG_LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if tokio::fs::metadata(&log).await.is_ok_and(|log| log.len() > LOG_BYTES) {
            // Where it cannot be done now, it is tried again.
            let _ = cut(&writer).await;
        }
    }
}

/// Cuts the log, unless somebody reads for longer than changes should wait for it.
async fn cut(writer: &SqlitePool) -> std::result::Result<(), sqlx::Error> {
    let mut writer = writer.acquire().await?;
    let patience = |time: Duration| AssertSqlSafe(format!("PRAGMA busy_timeout = {}", time.as_millis()));
    sqlx::raw_sql(patience(LOG_PATIENCE)).execute(&mut *writer).await?;
    let cut = sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut *writer).await;
    sqlx::raw_sql(patience(ACQUIRE_TIMEOUT)).execute(&mut *writer).await?;
    cut.map(drop)
}

/// Lets the metrics ask a pool of sqlx how it stands.
fn watch<D: sqlx::Database>(name: &'static str, pool: sqlx::Pool<D>) -> Arc<Probe> {
    let limit = usize::try_from(pool.options().get_max_connections()).unwrap_or(usize::MAX);
    metrics::watch(name, move || {
        let (open, idle) = (usize::try_from(pool.size()).unwrap_or(usize::MAX), pool.num_idle());
        Usage { in_use: open.saturating_sub(idle), idle, limit }
    })
}

fn unreachable_database(error: sqlx::Error) -> Error {
    Error::new(Code::DatabaseUnavailable).because(error)
}

/// What a database error that is no broken constraint means to the caller.
pub(crate) fn classify(error: &DbErr) -> Code {
    let (DbErr::Conn(RuntimeErr::SqlxError(inner))
    | DbErr::Exec(RuntimeErr::SqlxError(inner))
    | DbErr::Query(RuntimeErr::SqlxError(inner))) = error
    else {
        return if matches!(error, DbErr::ConnectionAcquire(_) | DbErr::Conn(_)) { Code::DatabaseUnavailable } else { Code::Internal };
    };
    match &**inner {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::Protocol(_) => Code::DatabaseUnavailable,
        sqlx::Error::Database(database) => match database.code().as_deref() {
            // PostgreSQL: shutting down or starting up, too many connections, connection lost,
            // read-only after a failover, statement or lock timeout, serialization or deadlock.
            Some(state) if state.starts_with("08") || state.starts_with("57") || state.starts_with("40") => Code::DatabaseUnavailable,
            Some("53300" | "25006" | "55P03") => Code::DatabaseUnavailable,
            Some("53100") => Code::StorageFull,
            // SQLite: SQLITE_FULL; SQLITE_BUSY and SQLITE_LOCKED with their extensions.
            Some("13") => Code::StorageFull,
            Some("5" | "6" | "261" | "262" | "517" | "773") => Code::DatabaseUnavailable,
            _ => Code::Internal,
        },
        _ => Code::Internal,
    }
}
