//! The real binary: its commands, and a server that can be killed.

use crate::{
    Outcome,
    machine::{self, Guarded},
};
use std::{
    ffi::OsStr,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// Starts a server and says its process id.
const SERVE: &str = r#"exec 2>/dev/null; log=$1; shift; "$@" >>"$log" 2>&1 </dev/null & echo $!; read -r _ || :; kill $!; wait $!"#;

/// After this long a server that does not become ready never will.
const PATIENCE: Duration = Duration::from_secs(40);

/// What a server needs: the binary, a folder of its own, a database.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) binary: PathBuf,
    pub(crate) folder: PathBuf,
    pub(crate) url: String,
}

impl Setup {
    pub(crate) fn make(binary: &Path, folder: PathBuf, url: String) -> Outcome<Self> {
        fs::create_dir_all(&folder)?;
        Ok(Self { binary: binary.to_owned(), folder, url })
    }

    fn set<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("LINLI_DATA_DIR", &self.folder)
            .env("LINLI_DATABASE_URL", &self.url)
            .env("LINLI_DRAIN_SECONDS", "0")
            .current_dir(&self.folder)
    }

    /// Runs a command of the binary to its end; `input` is what it reads.
    pub(crate) fn run(&self, args: &[&str], input: &str) -> Outcome {
        let mut linli = Command::new(&self.binary);
        let mut child = self.set(&mut linli).args(args).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        child.stdin.take().ok_or("no pipe")?.write_all(input.as_bytes())?;
        let output = child.wait_with_output()?;
        if output.status.success() { Ok(()) } else { Err(format!("linli {args:?}: {}", String::from_utf8_lossy(&output.stderr)).into()) }
    }

    /// Starts a server on this port and waits until it is ready.
    pub(crate) async fn serve(&self, port: u16) -> Outcome<Server> {
        let server = self.launch(port, &[])?;
        server.ready().await?;
        Ok(server)
    }

    /// Starts a server with these variables besides, and does not wait.
    pub(crate) fn launch(&self, port: u16, variables: &[(&str, &str)]) -> Outcome<Server> {
        let address = format!("127.0.0.1:{port}");
        let log = self.folder.join(format!("server-{port}.log"));
        let began = Instant::now();
        let serve = ["serve", "--log", "warn", "--listen", &address].map(OsStr::new);
        let args = [log.as_os_str(), self.binary.as_os_str()].into_iter().chain(serve);
        let mut shell = Command::new("sh");
        let guarded = Guarded::start(SERVE, self.set(&mut shell).envs(variables.iter().copied()), args)?;
        Ok(Server { pid: guarded.said.parse()?, guarded, address, log, began })
    }

    /// What the servers of this folder have logged.
    pub(crate) fn logs(&self) -> Outcome<String> {
        let mut text = String::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|e| e == "log") {
                text.push_str(&fs::read_to_string(path)?);
            }
        }
        Ok(text)
    }
}

/// A running `linli serve`; told to stop when dropped.
pub(crate) struct Server {
    guarded: Guarded,
    pub(crate) pid: u32,
    pub(crate) address: String,
    log: PathBuf,
    began: Instant,
}

impl Server {
    /// Waits until it says that it is ready; tells how long that took since its start.
    pub(crate) async fn ready(&self) -> Outcome<Duration> {
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(3)).build()?;
        let url = format!("http://{}/readyz", self.address);
        while self.began.elapsed() < PATIENCE {
            if http.get(&url).send().await.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(self.began.elapsed());
            }
            if !self.runs() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Err(format!("the server does not become ready: {}", fs::read_to_string(&self.log)?).into())
    }

    /// Whether the process still runs.
    pub(crate) fn runs(&self) -> bool {
        machine::running(self.pid)
    }

    /// Kills it without a warning.
    pub(crate) fn kill(self) {
        machine::signal("KILL", &[self.pid]);
        drop(self.guarded);
    }
}
