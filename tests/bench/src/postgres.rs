//! A PostgreSQL of our own in a temporary folder, and pgbench.
//!
//! Durable (`fsync` and `synchronous_commit` on) and as it is shipped, but for `shared_buffers` and a log
//! that can be read back. It ends with this process, however that ends: see the script.

use crate::{
    Outcome,
    load::Leg,
    machine::{self, Guarded},
    rounds::Reached,
    statements::Script,
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// Makes a cluster, starts its server, says where it is. PostgreSQL refuses to run as root: `$4` may make it somebody else.
const CLUSTER: &str = r#"
    set -eu
    dir=$(mktemp -d "${TMPDIR:-/var/tmp}/linli-bench.XXXXXX")
    chmod 755 "$dir"
    mkdir "$dir/postgres"
    [ -z "$4" ] || chown postgres "$dir/postgres"
    $4 "$1/initdb" -D "$dir/postgres/data" -U postgres -A trust -E UTF8 --locale=C >"$dir/log" 2>&1 || { cat "$dir/log" >&2; rm -rf "$dir"; exit 1; }
    $4 "$1/postgres" -D "$dir/postgres/data" -k "$dir/postgres" -h 127.0.0.1 -p "$2" -c shared_buffers="$3" -c logging_collector=on \
        -c log_destination=jsonlog -c log_directory="$dir/postgres" -c log_filename=server.log -c log_file_mode=0644 >>"$dir/log" 2>&1 &
    server=$!
    echo "$dir"
    read -r _ || :
    kill -INT "$(head -1 "$dir/postgres/data/postmaster.pid")" 2>/dev/null || :
    wait "$server" || :
    rm -rf "$dir"
"#;
/// What Linli asks of each of its sessions (`kernel::db`) and what bears on plans.
const SESSION: &str = "-c random_page_cost=1.1";

/// The server.
pub(crate) struct Postgres {
    bin: PathBuf,
    /// Folder of everything; it goes with the server.
    pub(crate) dir: PathBuf,
    port: u16,
    pid: u32,
    _guarded: Guarded,
}

impl Postgres {
    pub(crate) async fn start(shared_buffers: &str) -> Outcome<Self> {
        let bin = binaries().ok_or("no initdb, postgres and pgbench on this machine")?;
        let port = crate::free_port()?;
        let root = Command::new("id").arg("-u").output()?.stdout.trim_ascii() == b"0";
        let (folder, number) = (bin.display().to_string(), port.to_string());
        let args: [&str; 4] = [&folder, &number, shared_buffers, if root { "runuser -u postgres --" } else { "" }];
        let guarded = Guarded::start(CLUSTER, &mut Command::new("sh"), args)?;
        let mut server = Self { bin, dir: guarded.said.clone().into(), port, pid: 0, _guarded: guarded };
        let deadline = Instant::now() + Duration::from_secs(20);
        while server.sql("postgres", "SELECT 1").is_err() {
            if Instant::now() > deadline {
                return Err("PostgreSQL does not answer".into());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let told = fs::read_to_string(server.dir.join("postgres/data/postmaster.pid"))?;
        server.pid = told.lines().next().unwrap_or_default().parse()?;
        Ok(server)
    }

    /// The URL of a database, over the unix socket.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://postgres@localhost/{database}?host={}/postgres&port={}", self.dir.display(), self.port)
    }

    fn client(&self, program: &str) -> Command {
        let mut command = Command::new(self.bin.join(program));
        command.env("PGOPTIONS", SESSION).arg("-h").arg(self.dir.join("postgres")).args(["-p", &self.port.to_string(), "-U", "postgres"]);
        command
    }

    /// Runs statements through psql; gives the rows as lines.
    pub(crate) fn sql(&self, database: &str, statements: &str) -> Outcome<String> {
        let output =
            self.client("psql").args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", statements]).output()?;
        if output.status.success() {
            Ok(String::from_utf8(output.stdout)?.trim().to_owned())
        } else {
            Err(format!("{}\n{}", String::from_utf8_lossy(&output.stderr), statements.chars().take(400).collect::<String>()).into())
        }
    }

    /// Runs pgbench with prepared statements.
    pub(crate) fn pgbench(
        &self,
        database: &str,
        script: &Script,
        variables: &[(&str, u64)],
        clients: usize,
        length: Duration,
    ) -> Outcome<Reached> {
        let before = self.cpu();
        let (clients, seconds, log) = (clients.to_string(), length.as_secs().to_string(), self.dir.join("pgbench"));
        let mut command = self.client("pgbench");
        command.args(["-n", "-M", "prepared", "-j", "1", "-c", &clients, "-T", &seconds, "-l", "--log-prefix"]).arg(&log);
        let numbers = variables.iter().map(|(name, value)| format!("{name}={value}"));
        for told in numbers.chain(script.variables.iter().map(|(name, value)| format!("{name}={value}"))) {
            command.args(["-D", &told]);
        }
        let child = command.arg("-f").arg(&script.path).arg(database).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let log = log.with_extension(child.id().to_string());
        let output = child.wait_with_output()?;
        // Until the last backend is gone, its time counts nowhere.
        std::thread::sleep(Duration::from_millis(100));
        let (told, failed) = (String::from_utf8(output.stdout)?, String::from_utf8_lossy(&output.stderr).into_owned());
        let tps = told.lines().find_map(|l| l.strip_prefix("tps = ")?.split(' ').next()?.parse::<f64>().ok());
        match tps {
            Some(tps) if !failed.contains("ERROR") && !failed.contains("abort") => {
                // Client, number, microseconds …
                let took =
                    fs::read_to_string(&log)?.lines().filter_map(|l| l.split(' ').nth(2)?.parse::<f64>().ok()).map(|t| t / 1e3).collect();
                fs::remove_file(log)?;
                let leg = Leg { per_second: tps, ..Leg::of(took, length.as_secs_f64()) };
                Ok(Reached { leg, micros: (self.cpu() - before) * 1e6 / leg.done as f64 })
            }
            _ => Err(format!("pgbench {}: {failed}", script.path.display()).into()),
        }
    }

    /// Processor seconds of the server and its backends.
    pub(crate) fn cpu(&self) -> f64 {
        machine::cpu(self.pid, true)
    }

    /// The log so far, one JSON object a line.
    pub(crate) fn log(&self) -> Outcome<String> {
        Ok(fs::read_to_string(self.dir.join("postgres/server.json"))?)
    }

    pub(crate) fn version(&self) -> Outcome<String> {
        self.sql("postgres", "SHOW server_version")
    }
}

/// The folder of the newest PostgreSQL on this machine.
fn binaries() -> Option<PathBuf> {
    let version = |folder: &PathBuf| folder.parent().and_then(Path::file_name).and_then(|n| n.to_str()?.parse::<u32>().ok()).unwrap_or(0);
    let packaged = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|e| e.path().join("bin"));
    let told = Command::new("pg_config").arg("--bindir").output().ok().map(|o| PathBuf::from(String::from_utf8_lossy(&o.stdout).trim()));
    let complete = |folder: &PathBuf| ["initdb", "postgres", "psql", "pgbench"].iter().all(|p| folder.join(p).is_file());
    packaged.filter(complete).max_by_key(version).or_else(|| told.filter(complete))
}
