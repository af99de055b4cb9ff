//! A PostgreSQL of our own in a temporary folder: durable, as it is shipped, and at our mercy.

use crate::{
    Outcome,
    machine::{self, Guarded},
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

/// Makes a cluster and says where it is; ends whatever runs in it when its input ends. `$2` may make PostgreSQL's programs
/// run as somebody else than root.
const CLUSTER: &str = r#"
    set -eu
    dir=$(mktemp -d "${TMPDIR:-/var/tmp}/linli-torture.XXXXXX")
    chmod 755 "$dir"
    mkdir "$dir/postgres"
    [ -z "$2" ] || chown postgres "$dir/postgres"
    $2 "$1/initdb" -D "$dir/postgres/data" -U postgres -A trust -E UTF8 --locale=C >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; rm -rf "$dir"; exit 1; }
    echo "$dir"
    read -r _ || :
    exec 2>/dev/null
    if server=$(head -1 "$dir/postgres/data/postmaster.pid"); then
        kill -CONT "$server" || :
        kill -QUIT "$server" || :
        while kill -0 "$server"; do sleep 0.1; done
    fi
    rm -rf "$dir"
"#;

/// The server.
pub(crate) struct Postgres {
    bin: PathBuf,
    /// Folder of everything; it goes with the server.
    pub(crate) dir: PathBuf,
    pub(crate) port: u16,
    /// What PostgreSQL's programs are started with: `runuser` where we are root.
    run_as: &'static [&'static str],
    _guarded: Guarded,
}

impl Postgres {
    /// Makes one and starts it.
    pub(crate) fn start() -> Outcome<Self> {
        let bin = binaries().ok_or("no initdb, pg_ctl and psql on this machine")?;
        let run_as: &[&str] = if machine::root() { &["runuser", "-u", "postgres", "--"] } else { &[] };
        let guarded = Guarded::start(CLUSTER, &mut Command::new("sh"), [bin.display().to_string(), run_as.join(" ")])?;
        if guarded.said.is_empty() {
            return Err("PostgreSQL cannot be set up".into());
        }
        let server = Self { bin, dir: guarded.said.clone().into(), port: machine::free_port()?, run_as, _guarded: guarded };
        server.launch()?;
        Ok(server)
    }

    /// Starts the server in its folder (again), and waits until it answers.
    pub(crate) fn launch(&self) -> Outcome {
        let options = format!(
            "-k {dir}/postgres -h 127.0.0.1 -p {} -c max_connections=300 -c deadlock_timeout=200ms -c log_line_prefix='%m [%p] '",
            self.port,
            dir = self.dir.display()
        );
        let log = self.dir.join("postgres/server.log");
        let (data, log) = (self.data().display().to_string(), log.display().to_string());
        let done = self.program("pg_ctl").args(["-D", &data, "-l", &log, "-o", &options, "-w", "start"]).output()?;
        if done.status.success() { Ok(()) } else { Err(format!("PostgreSQL does not start: {}", self.log()?).into()) }
    }

    fn data(&self) -> PathBuf {
        self.dir.join("postgres/data")
    }

    /// One of PostgreSQL's programs, to be run by whoever may.
    pub(crate) fn program(&self, name: &str) -> Command {
        let path = self.bin.join(name);
        match self.run_as {
            [] => Command::new(path),
            [first, rest @ ..] => {
                let mut command = Command::new(first);
                command.args(rest).arg(path).current_dir("/");
                command
            }
        }
    }

    /// The postmaster and all its children.
    fn processes(&self) -> Outcome<Vec<u32>> {
        let told = fs::read_to_string(self.data().join("postmaster.pid"))?;
        let postmaster: u32 = told.lines().next().unwrap_or_default().parse()?;
        let mut all = machine::children(postmaster);
        all.insert(0, postmaster);
        Ok(all)
    }

    /// Kills all of it without a warning.
    pub(crate) fn kill(&self) -> Outcome {
        let processes = self.processes()?;
        machine::signal("KILL", &processes);
        // Its port and its shared memory are free when the last one is gone.
        let began = Instant::now();
        while processes.iter().any(|p| Path::new(&format!("/proc/{p}")).exists()) {
            if began.elapsed() > Duration::from_secs(10) {
                return Err("PostgreSQL survives its death".into());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// Stops every process of it where it stands; its connections stay open.
    pub(crate) fn freeze(&self) -> Outcome {
        // Twice: the first of them may have had a child before it stopped.
        for _ in 0..2 {
            machine::signal("STOP", &self.processes()?);
        }
        Ok(())
    }

    /// Lets them run on.
    pub(crate) fn thaw(&self) -> Outcome {
        machine::signal("CONT", &self.processes()?);
        Ok(())
    }

    /// The URL of a database.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Runs statements through psql; gives the rows as lines.
    pub(crate) fn sql(&self, database: &str, statements: &str) -> Outcome<String> {
        let mut psql = Command::new(self.bin.join("psql"));
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", &self.url(database), "-c", statements]);
        let output = psql.output()?;
        if output.status.success() {
            Ok(String::from_utf8(output.stdout)?.trim().to_owned())
        } else {
            Err(format!("{}\n{statements}", String::from_utf8_lossy(&output.stderr)).into())
        }
    }

    /// What it has logged.
    pub(crate) fn log(&self) -> Outcome<String> {
        Ok(fs::read_to_string(self.dir.join("postgres/server.log"))?)
    }
}

/// The folder of the newest PostgreSQL on this machine.
pub(crate) fn binaries() -> Option<PathBuf> {
    let version = |folder: &PathBuf| folder.parent().and_then(Path::file_name).and_then(|n| n.to_str()?.parse::<u32>().ok()).unwrap_or(0);
    let packaged = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|e| e.path().join("bin"));
    let told = Command::new("pg_config").arg("--bindir").output().ok().map(|o| PathBuf::from(String::from_utf8_lossy(&o.stdout).trim()));
    let complete = |folder: &PathBuf| ["initdb", "pg_ctl", "psql"].iter().all(|p| folder.join(p).is_file());
    packaged.filter(complete).max_by_key(version).or_else(|| told.filter(complete))
}
