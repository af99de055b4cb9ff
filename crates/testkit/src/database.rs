//! A database for each test: a copy of a template that is made once per process.

use crate::{
    postgres,
    process::{RUNTIME, folder},
};
use kernel::db::{Db, Pool};
use sea_orm::ConnectionTrait;
use std::{
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};

/// The two databases that Linli runs on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Backend {
    /// A file.
    Sqlite,
    /// A server; tests are skipped where there is none.
    Postgres,
}

/// A database of one test.
#[derive(Clone, Debug)]
pub struct Database {
    url: String,
    home: Home,
}

#[derive(Clone, Debug)]
enum Home {
    File(PathBuf),
    Server(String),
}

impl Database {
    /// A new database without any table; `None` where there is no PostgreSQL.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn empty(backend: Backend) -> Option<Self> {
        Self::make(backend, None).await
    }

    /// A copy of a database that nobody is connected to.
    pub(crate) async fn copy(template: &Self) -> Self {
        let backend = if matches!(template.home, Home::File(_)) { Backend::Sqlite } else { Backend::Postgres };
        Self::make(backend, Some(template)).await.expect("its template was made, so it can be")
    }

    async fn make(backend: Backend, template: Option<&Self>) -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        if backend == Backend::Sqlite {
            let file = folder().join(format!("{}.db", COUNT.fetch_add(1, Ordering::Relaxed)));
            if let Some(Home::File(template)) = template.map(|t| &t.home) {
                std::fs::copy(template, &file).expect("room for a copy of the template");
            }
            return Some(Self { url: format!("sqlite://{}", file.display()), home: Home::File(file) });
        }
        let server = postgres::server().await?;
        let template = template.and_then(|t| if let Home::Server(name) = &t.home { Some(name.as_str()) } else { None });
        let name = server.create(template).await.expect("PostgreSQL makes a database");
        Some(Self { url: server.url(&name), home: Home::Server(name) })
    }

    /// Where it is, as `LINLI_DATABASE_URL` takes it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Opens it, with this many connections.
    ///
    /// # Panics
    /// When it cannot be opened.
    pub async fn connect(&self, connections: u32) -> Db {
        let mut refused = None;
        // On a machine that is busy elsewhere the product's own patience may be too short for a test.
        for _ in 0..5 {
            match Db::connect(&self.url, Pool { connections, patient: false }).await {
                Ok(db) => return db,
                Err(error) => refused = Some(error),
            }
        }
        panic!("{} does not open: {refused:?}", self.url)
    }

    /// Leaves a database so that it can be copied: everything in the one file, nobody connected.
    pub(crate) async fn settle(db: Db) {
        if db.backend() == sea_orm::DbBackend::Sqlite {
            db.writer().execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await.expect("a checkpoint");
        }
        db.close().await;
    }

    /// Removes it, as far as that is possible.
    pub async fn remove(self) {
        match self.home {
            Home::File(file) => {
                for suffix in ["", "-wal", "-shm"] {
                    // The last to close has taken -wal and -shm away already.
                    let _ = std::fs::remove_file(format!("{}{suffix}", file.display()));
                }
            }
            Home::Server(name) => {
                if let Some(server) = postgres::server().await {
                    // Goes on after the test; the next one need not wait for it.
                    RUNTIME.spawn(server.discard(name));
                }
            }
        }
    }
}
