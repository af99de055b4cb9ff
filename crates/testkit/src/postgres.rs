//! One PostgreSQL for the whole test process: the server that `LINLI_TEST_DATABASE_URL` names, else a private
//! cluster in a temporary folder, which disappears with the process.

use crate::process::{Guardian, RUNTIME, guardian, say};
use kernel::{
    clock::{Clock, SystemClock},
    db::{Db, Pool},
};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use std::{
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};
use tokio::{sync::OnceCell, time::sleep};

/// Makes a cluster, starts its server, says where it is, and waits for the end of its input. No sync and
/// no durability: nothing here is worth keeping.
const CLUSTER: &str = r#"
    set -eu
    bin=$1
    port=$2
    dir=$(mktemp -d "${TMPDIR:-/tmp}/linli-postgres.XXXXXX")
    if ! "$bin/initdb" --no-sync -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C >"$dir/log" 2>&1; then
        cat "$dir/log" >&2
        rm -rf "$dir"
        exit 1
    fi
    "$bin/postgres" -D "$dir/data" -k "$dir" -h 127.0.0.1 -p "$port" -c fsync=off -c full_page_writes=off \
        -c max_connections=300 -c shared_buffers=64MB -c autovacuum=off >"$dir/log" 2>&1 &
    server=$!
    echo "$dir"
    read -r _ || :
    kill -QUIT "$server" 2>/dev/null || :
    wait "$server" || :
    rm -rf "$dir"
"#;

/// The server.
pub(crate) struct Server {
    admin: Db,
    base: String,
    /// What the names of this process's databases begin with, the hour included, so that a later
    /// process can tell leftovers.
    prefix: String,
    count: AtomicU32,
    _guardian: Option<Guardian>,
}

/// The server of this process, started when first asked for.
///
/// `None` where there is no PostgreSQL: the test is skipped, and says so.
///
/// # Panics
/// Where there is no PostgreSQL although `LINLI_REQUIRE_POSTGRES=1` or `CI` is set.
pub(crate) async fn server() -> Option<&'static Server> {
    static SERVER: OnceCell<Result<Server, String>> = OnceCell::const_new();
    let server = SERVER.get_or_init(|| async { RUNTIME.spawn(Server::find()).await.unwrap_or_else(|e| Err(e.to_string())) }).await;
    match server {
        Ok(server) => Some(server),
        Err(reason) => {
            let required = std::env::var("LINLI_REQUIRE_POSTGRES").is_ok_and(|v| v == "1") || std::env::var_os("CI").is_some();
            assert!(!required, "no PostgreSQL, but LINLI_REQUIRE_POSTGRES or CI is set: {reason}");
            let test = std::thread::current().name().unwrap_or("a test").to_owned();
            say(&format!("SKIPPED: no PostgreSQL: {test} ({reason})"));
            None
        }
    }
}

impl Server {
    async fn find() -> Result<Self, String> {
        match std::env::var("LINLI_TEST_DATABASE_URL") {
            Ok(url) => Self::at(&url, None).await,
            Err(_) => Self::private().await,
        }
    }

    /// Starts a cluster of our own.
    async fn private() -> Result<Self, String> {
        let bin = binaries().ok_or("no initdb and postgres on this machine, and LINLI_TEST_DATABASE_URL is not set")?;
        let mut refusal = String::new();
        // Between finding a free port and using it somebody else may take it.
        for _ in 0..3 {
            let port =
                TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|l| l.local_addr()).map_err(|e| e.to_string())?.port().to_string();
            let script = ["sh", "-c", CLUSTER, "linli-postgres", &bin.display().to_string(), &port];
            // PostgreSQL refuses to run as root.
            let started = if root() {
                guardian("runuser", ["-u", "postgres", "--"].into_iter().chain(script))
            } else {
                guardian("sh", script.into_iter().skip(1))
            };
            let guardian = started.map_err(|e| e.to_string())?;
            match Self::at(&format!("postgres://postgres@127.0.0.1:{port}/postgres"), Some(guardian)).await {
                Ok(server) => return Ok(server),
                Err(e) => refusal = e,
            }
        }
        Err(refusal)
    }

    async fn at(url: &str, guardian: Option<Guardian>) -> Result<Self, String> {
        let admin = Db::connect(url, Pool { connections: 2, patient: true }).await.map_err(|e| e.to_string())?;
        // A server of our own is about to start; one that somebody names should be there.
        let mut patience = if guardian.is_some() { 200 } else { 2 };
        while let Err(error) = admin.ping().await {
            patience -= 1;
            if patience == 0 {
                let log = guardian.map(|g| std::fs::read_to_string(Path::new(&g.said).join("log")).unwrap_or_default());
                return Err(format!("{error} {}", log.unwrap_or_default()));
            }
            sleep(Duration::from_millis(50)).await;
        }
        let (path, query) = url.split_once('?').map_or((url, String::new()), |(path, query)| (path, format!("?{query}")));
        let base = path.rsplit_once('/').map_or(path, |(base, _)| base);
        let prefix = format!("linli_test_{}_{}", SystemClock.now().timestamp(), std::process::id());
        let server = Self { admin, base: format!("{base}/{{}}{query}"), prefix, count: AtomicU32::new(0), _guardian: guardian };
        server.sweep().await.map_err(|e| e.to_string())?;
        Ok(server)
    }

    /// Drops what test processes of more than an hour ago left behind: those that were killed, and the
    /// templates of all.
    async fn sweep(&self) -> kernel::Result<()> {
        let names = "SELECT datname FROM pg_database WHERE datname ~ '^linli_test_[0-9]+_'";
        for row in self.admin.writer().query_all_raw(Statement::from_string(DbBackend::Postgres, names)).await? {
            let name: String = row.try_get_by_index(0)?;
            let made = name.split('_').nth(2).and_then(|t| t.parse().ok()).unwrap_or(i64::MAX);
            if made < SystemClock.now().timestamp() - 3600 {
                self.drop(&name).await;
            }
        }
        Ok(())
    }

    /// Makes a database, empty or as a copy, and returns its name.
    pub(crate) async fn create(&'static self, template: Option<&str>) -> kernel::Result<String> {
        let name = format!("{}_{}", self.prefix, self.count.fetch_add(1, Ordering::Relaxed));
        let copy = template.map_or_else(|| " TEMPLATE template0".to_owned(), |t| format!(" TEMPLATE {t} STRATEGY FILE_COPY"));
        let statement = format!("CREATE DATABASE {name}{copy}");
        let done = RUNTIME.spawn(async move { self.admin.writer().execute_unprepared(&statement).await }).await;
        done.map_err(kernel::Error::internal)??;
        Ok(name)
    }

    /// Drops a database, whoever still uses it.
    pub(crate) async fn discard(&self, name: String) {
        self.drop(&name).await;
    }

    async fn drop(&self, name: &str) {
        if let Err(error) = self.admin.writer().execute_unprepared(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await {
            say(&format!("the test database {name} stays: {error}"));
        }
    }

    /// The URL of a database.
    pub(crate) fn url(&self, name: &str) -> String {
        self.base.replace("{}", name)
    }
}

/// The folder of the newest PostgreSQL on this machine.
fn binaries() -> Option<PathBuf> {
    let version = |folder: &PathBuf| {
        folder.parent().and_then(Path::file_name).and_then(|n| n.to_str()).and_then(|n| n.parse::<u32>().ok()).unwrap_or(0)
    };
    let packaged = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|e| e.path().join("bin"));
    let told = Command::new("pg_config").arg("--bindir").output().ok().map(|o| PathBuf::from(String::from_utf8_lossy(&o.stdout).trim()));
    let complete = |folder: &PathBuf| folder.join("initdb").is_file() && folder.join("postgres").is_file();
    packaged.filter(complete).max_by_key(version).or_else(|| told.filter(complete))
}

fn root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout.trim_ascii() == b"0")
}
