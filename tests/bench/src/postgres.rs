//! A PostgreSQL of our own in a temporary folder, and pgbench.
//!
//! Durable (`fsync` and `synchronous_commit` on) and as it is shipped, but for `shared_buffers` and a log
//! that can be read back. It ends with this process, however that ends: see the script.

use crate::{Outcome, machine, statements::Script};
use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Makes a cluster, starts its server, says where it is, and waits for the end of its input.
const CLUSTER: &str = r#"
    set -eu
    dir=$(mktemp -d "${TMPDIR:-/var/tmp}/linli-bench.XXXXXX")
    chmod 755 "$dir"
    "$1/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C >"$dir/log" 2>&1 || { cat "$dir/log" >&2; rm -rf "$dir"; exit 1; }
    "$1/postgres" -D "$dir/data" -k "$dir" -h 127.0.0.1 -p "$2" -c shared_buffers="$3" \
        -c logging_collector=on -c log_destination=jsonlog -c log_directory="$dir" -c log_filename=server.log -c log_file_mode=0644 >>"$dir/log" 2>&1 &
    server=$!
    echo "$dir $server"
    read -r _ || :
    kill -INT "$server" 2>/dev/null || :
    wait "$server" || :
    rm -rf "$dir"
"#;

/// The server.
pub(crate) struct Postgres {
    bin: PathBuf,
    pub(crate) dir: PathBuf,
    port: u16,
    pid: u32,
    /// Held, never waited for: its end of the pipe closes with this process.
    _guardian: Child,
}

/// What pgbench reached.
#[derive(Clone, Copy)]
pub(crate) struct Reached {
    /// Transactions a second.
    pub(crate) tps: f64,
    /// Processor microseconds of PostgreSQL for each.
    pub(crate) micros: f64,
}

impl Postgres {
    pub(crate) async fn start(shared_buffers: &str) -> Outcome<Self> {
        let bin = binaries().ok_or("no initdb, postgres and pgbench on this machine")?;
        let port = crate::free_port()?;
        let root = Command::new("id").arg("-u").output()?.stdout.trim_ascii() == b"0";
        // PostgreSQL refuses to run as root.
        let mut command = if root { Command::new("runuser") } else { Command::new("sh") };
        if root {
            command.args(["-u", "postgres", "--", "sh"]);
        }
        let mut guardian = command
            .args(["-c", CLUSTER, "linli-bench"])
            .args([bin.as_os_str(), port.to_string().as_ref(), shared_buffers.as_ref()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // In a group of its own, so that Ctrl-C stops the bench and not the cleaning.
            .process_group(0)
            .spawn()?;
        let mut said = String::new();
        BufReader::new(guardian.stdout.take().ok_or("no pipe")?).read_line(&mut said)?;
        let (dir, pid) = said.trim().split_once(' ').ok_or("the cluster was not made")?;
        let server = Self { bin, dir: dir.into(), port, pid: pid.parse()?, _guardian: guardian };
        let deadline = Instant::now() + Duration::from_secs(20);
        while server.sql("postgres", "SELECT 1").is_err() {
            if Instant::now() > deadline {
                return Err("PostgreSQL does not answer".into());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(server)
    }

    /// The URL of a database, over the unix socket.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://postgres@localhost/{database}?host={}&port={}", self.dir.display(), self.port)
    }

    fn client(&self, program: &str) -> Command {
        let mut command = Command::new(self.bin.join(program));
        command.arg("-h").arg(&self.dir).args(["-p", &self.port.to_string(), "-U", "postgres"]);
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
        seconds: u64,
    ) -> Outcome<Reached> {
        let before = self.cpu();
        let mut command = self.client("pgbench");
        command.args(["-n", "-M", "prepared", "-j", "1", "-c", &clients.to_string(), "-T", &seconds.to_string()]);
        for (name, value) in variables {
            command.args(["-D", &format!("{name}={value}")]);
        }
        for (name, value) in &script.variables {
            command.args(["-D", &format!("{name}={value}")]);
        }
        let output = command.arg("-f").arg(&script.path).arg(database).output()?;
        let (told, failed) = (String::from_utf8(output.stdout)?, String::from_utf8_lossy(&output.stderr).into_owned());
        let number = |key: &str| told.lines().find_map(|l| l.strip_prefix(key)?.split([' ', '/']).find_map(|w| w.parse::<f64>().ok()));
        match (number("tps = "), number("number of transactions actually processed: ")) {
            (Some(tps), Some(done)) if !failed.contains("ERROR") && !failed.contains("abort") => {
                Ok(Reached { tps, micros: (self.cpu() - before) * 1e6 / done })
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
        Ok(fs::read_to_string(self.dir.join("server.json"))?)
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
