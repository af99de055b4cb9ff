//! Processes: such that end with us however we end, signals, and what they hold.

use crate::Outcome;
use std::{
    ffi::OsStr,
    fs,
    io::{BufRead, BufReader},
    net::{Ipv4Addr, TcpListener},
    os::unix::process::CommandExt,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// A process that ends with us, however we end: a script that starts it, says one line, waits for the end of its input, and
/// cleans up. Its input is a pipe whose other end is held here and by nobody else.
pub(crate) struct Guarded {
    pub(crate) said: String,
    script: Child,
}

impl Guarded {
    pub(crate) fn start(script: &str, command: &mut Command, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Outcome<Self> {
        // In a group of its own, so that Ctrl-C stops us and not the cleaning.
        command.args(["-c", script, "linli-torture"]).args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0);
        let mut script = command.spawn()?;
        let mut said = String::new();
        BufReader::new(script.stdout.take().ok_or("no pipe")?).read_line(&mut said)?;
        Ok(Self { said: said.trim().to_owned(), script })
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        drop(self.script.stdin.take());
        // Whatever it says, it has ended.
        let _ = self.script.wait();
    }
}

/// Sends a signal, by its name without SIG, to these processes; one that is gone already is none the worse.
pub(crate) fn signal(name: &str, pids: &[u32]) {
    let pids: Vec<String> = pids.iter().map(u32::to_string).collect();
    let _ = Command::new("sh").args(["-c", &format!("kill -{name} {}", pids.join(" "))]).stderr(Stdio::null()).status();
}

/// The processes that this one has started and that still run.
pub(crate) fn children(parent: u32) -> Vec<u32> {
    let pids = fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|e| e.file_name().to_str()?.parse().ok());
    pids.filter(|pid| parent_of(*pid) == Some(parent)).collect()
}

fn parent_of(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
}

/// Megabytes of memory that a process holds.
pub(crate) fn memory(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kb| kb.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

/// Processors, memory, kernel, and load at this moment.
pub(crate) fn describe() -> String {
    let first = |path: &str, key: &str| {
        let text = fs::read_to_string(path).unwrap_or_default();
        text.lines().find_map(|l| l.strip_prefix(key)).map(|l| l.trim_start_matches([' ', '\t', ':']).to_owned()).unwrap_or_default()
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let [kernel, load] =
        ["/proc/sys/kernel/osrelease", "/proc/loadavg"].map(|p| fs::read_to_string(p).unwrap_or_default().trim().to_owned());
    format!("{cores} × {}, {}, Linux {kernel}, load {load}", first("/proc/cpuinfo", "model name"), first("/proc/meminfo", "MemTotal"))
}

/// A port that nobody uses now.
pub(crate) fn free_port() -> Outcome<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Whether we are root: PostgreSQL refuses to run as root and is given to somebody else then.
pub(crate) fn root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout.trim_ascii() == b"0")
}

/// Whether there is such a program on this machine.
pub(crate) fn installed(program: &str) -> bool {
    let look = Command::new("sh").args(["-c", "PATH=$PATH:/usr/sbin; command -v \"$1\"", "sh", program]).stdout(Stdio::null()).status();
    look.is_ok_and(|status| status.success())
}

/// Sends a process a signal and waits for its end, but only so long; tells how long it took.
pub(crate) async fn end(pid: u32, name: &str, patience: Duration) -> Outcome<Duration> {
    let began = Instant::now();
    signal(name, &[pid]);
    while running(pid) {
        if began.elapsed() > patience {
            return Err(format!("process {pid} does not end within {patience:?} of SIG{name}").into());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(began.elapsed())
}

/// Whether a process runs; one that has ended and waits to be asked how does not.
pub(crate) fn running(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|s| !s.contains(") Z "))
}

/// How many files and sockets a process has open.
pub(crate) fn descriptors(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count)
}
