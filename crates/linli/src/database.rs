//! Opens the database for the commands: waits for it, brings its tables up to date, and makes sure
//! that the vault keys are those that it was sealed with.

use crate::{
    settings::Settings,
    terminal::{Fault, Outcome},
};
use kernel::{
    Code, Core,
    clock::SystemClock,
    db::{Db, Pool},
    vault::Vault,
};
use migrations::Migrator;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, SqliteTransactionMode, TransactionOptions, TransactionTrait};
use sea_orm_migration::MigratorTrait;
use secrecy::{ExposeSecret, SecretString};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep};

/// How long a command waits for a PostgreSQL that is away, or still starting.
const PATIENCE: Duration = Duration::from_secs(30);
/// The advisory lock of servers that start together.
const START_LOCK: i64 = 0x006c_696e_6c69;
/// Name, text and owner of the sealed sample.
const SAMPLE: &str = "vault_sample";

/// The database at this URL, ready for work, with its tables up to date. Statements have no time limit.
pub(crate) async fn open(settings: &Settings, url: &SecretString, vault: Vault) -> Outcome<Core> {
    let db = connect(settings, url).await?;
    if settings.auto_migrate {
        migrate(&db).await?;
    } else {
        let pending = Migrator::get_pending_migrations_read_only(db.reader()).await.map_err(migration_fault)?;
        if let Some(first) = pending.first() {
            return Err(Fault(format!("the tables lack {} migrations, first {}; run `linli migrate`", pending.len(), first.name())));
        }
    }
    let core = Core::new(db, Arc::new(SystemClock), Arc::new(vault));
    settle(&core).await?;
    Ok(core)
}

/// The database at this URL as soon as it answers.
pub(crate) async fn connect(settings: &Settings, url: &SecretString) -> Outcome<Db> {
    let url = url.expose_secret();
    // On SQLite all workers share this one; on PostgreSQL each has a pool of its own besides.
    let connections = if url.starts_with("sqlite:") { settings.database_connections } else { Pool::default().connections };
    let db = Db::connect(url, Pool { connections, patient: true }).await?;
    let deadline = Instant::now() + PATIENCE;
    while let Err(error) = db.ping().await {
        let hopeless = error.code != Code::DatabaseUnavailable || db.backend() != DbBackend::Postgres;
        let told = Fault::from(error);
        if hopeless || Instant::now() > deadline {
            return Err(told);
        }
        tracing::warn!(cause = %told, "waiting for the database");
        sleep(Duration::from_secs(1)).await;
    }
    Ok(db)
}

/// Brings the tables up to date, all steps or none; returns how many steps there were.
pub(crate) async fn migrate(db: &Db) -> Outcome<usize> {
    let transaction = match alone(db).await? {
        Some(lock) => lock,
        None => {
            let options =
                TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..TransactionOptions::default() };
            db.writer().begin_with_options(options).await.map_err(kernel::Error::from)?
        }
    };
    let steps = Migrator::get_pending_migrations(&transaction).await.map_err(migration_fault)?.len();
    Migrator::up(&transaction, None).await.map_err(migration_fault)?;
    transaction.commit().await.map_err(kernel::Error::from)?;
    if steps > 0 {
        tracing::info!(steps, "brought the tables up to date");
    }
    Ok(steps)
}

fn migration_fault(error: sea_orm::DbErr) -> Fault {
    match error {
        sea_orm::DbErr::Custom(text) => Fault(format!("the database does not fit this version of linli: {text}")),
        other => kernel::Error::from(other).into(),
    }
}

/// What every start settles, one server after another: a log that was restored into another cluster is made
/// readable there, and the keys of the vault are those of this database. The first start leaves a sealed sample
/// in the database, and each key leaves one with its id; every later start must be able to open them. Without this a
/// server with the wrong keys would run, and seal what no other server can read.
async fn settle(core: &Core) -> Outcome {
    let alone = alone(&core.db).await?;
    let rebased = kernel::event::rebase(&core.db).await?;
    if rebased > 0 {
        tracing::warn!(events = rebased, "the event log comes from another cluster and goes on by its sequence");
    }
    let fits = async {
        match identity::setting(core, SAMPLE).await? {
            // Until there was a table of keys, this alone told whose database it is.
            Some(stored) => core.vault.open(SAMPLE, &stored).map(drop)?,
            None => identity::set_setting(core, SAMPLE, &core.vault.seal(SAMPLE, SAMPLE)?).await?,
        }
        kernel::sealed::register(core).await
    };
    let fits = fits.await;
    if let Some(lock) = alone {
        lock.commit().await.map_err(kernel::Error::from)?;
    }
    fits.map_err(|error: kernel::Error| match error.code {
        Code::KeyMissing | Code::Internal => Fault(format!(
            "the vault keys are not those of this database ({}); put back its vault.keys, or set vault_keys",
            Fault::from(error)
        )),
        _ => Fault::from(error),
    })
}

/// Seals the sample with the newest key, so that the older ones can go.
pub(crate) async fn reseal_sample(core: &Core) -> Outcome {
    if let Some(stored) = identity::setting(core, SAMPLE).await?
        && let Some(anew) = core.vault.reseal(SAMPLE, &stored)?
    {
        identity::set_setting(core, SAMPLE, &anew).await?;
    }
    Ok(())
}

/// Servers that start together do this one after another, as long as they hold what this returns.
/// Nothing on SQLite, which belongs to one server.
async fn alone(db: &Db) -> Outcome<Option<DatabaseTransaction>> {
    if db.backend() != DbBackend::Postgres {
        return Ok(None);
    }
    let lock = db.writer().begin().await.map_err(kernel::Error::from)?;
    // Ends with the transaction.
    lock.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({START_LOCK})")).await.map_err(kernel::Error::from)?;
    Ok(Some(lock))
}
