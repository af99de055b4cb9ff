//! What the machine tells about processes: processor time, memory.

use crate::Outcome;
use std::{
    ffi::OsStr,
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
    time::Instant,
};

/// A process that ends with us, however we end: a script that starts it, says one line, waits for the end of its input, and
/// cleans up. Its input is a pipe whose other end is held here and by nobody else.
pub(crate) struct Guarded {
    pub(crate) said: String,
    script: Child,
}

impl Guarded {
    pub(crate) fn start(script: &str, command: &mut Command, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Outcome<Self> {
        // In a group of its own, so that Ctrl-C stops the bench and not the cleaning.
        command.args(["-c", script, "linli-bench"]).args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0);
        let mut script = command.spawn()?;
        let mut said = String::new();
        BufReader::new(script.stdout.take().ok_or("no pipe")?).read_line(&mut said)?;
        Ok(Self { said: said.trim().to_owned(), script })
    }

    /// The script's process; or that of the command, if it ends in `exec`.
    pub(crate) fn pid(&self) -> u32 {
        self.script.id()
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        drop(self.script.stdin.take());
        // Whatever it says, it has ended.
        let _ = self.script.wait();
    }
}

/// Processor seconds that a process has used; with its children, living and reaped, if `family`.
pub(crate) fn cpu(pid: u32, family: bool) -> f64 {
    let Some(own) = stat(pid) else { return 0.0 };
    let mut ticks = own[11] + own[12];
    if family {
        ticks += own[13] + own[14];
        let pids = fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|e| e.file_name().to_str()?.parse().ok());
        ticks += pids.filter_map(stat).filter(|s| s[1] == u64::from(pid)).map(|s| s[11] + s[12]).sum::<u64>();
    }
    // USER_HZ is 100 on every Linux.
    ticks as f64 / 100.0
}

/// The numbers of `/proc/PID/stat` behind the name: 1 parent, 11 and 12 own time, 13 and 14 that of reaped children.
fn stat(pid: u32) -> Option<Vec<u64>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let rest = text.rsplit_once(") ")?.1;
    Some(rest.split(' ').map(|word| word.parse().unwrap_or(0)).collect())
}

/// Processor seconds that the whole machine has used.
pub(crate) fn cpu_of_all() -> f64 {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let ticks = text.lines().next().unwrap_or_default().split_whitespace().skip(1).map(|word| word.parse().unwrap_or(0));
    // User, nice, system, idle, waiting, interrupts twice; then what other machines took.
    ticks.enumerate().filter(|(n, _)| matches!(n, 0..=2 | 5 | 6)).map(|(_, t): (_, u64)| t).sum::<u64>() as f64 / 100.0
}

/// Megabytes of memory that a process holds, and the most that it ever held.
pub(crate) fn memory(pid: u32) -> [f64; 2] {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    ["VmRSS:", "VmHWM:"].map(|key| {
        let line = status.lines().find_map(|l| l.strip_prefix(key)).unwrap_or_default();
        line.split_whitespace().next().and_then(|kb| kb.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
    })
}

/// Milliseconds that the disk needs to make 8 kB durable: the median of a hundred.
pub(crate) fn sync_cost(folder: &Path) -> Outcome<f64> {
    let path = folder.join("sync-test");
    let mut file = fs::File::create(&path)?;
    let mut costs = Vec::new();
    for _ in 0..100 {
        let began = Instant::now();
        file.write_all(&[7; 8192])?;
        file.sync_data()?;
        costs.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    fs::remove_file(path)?;
    Ok(median(&mut costs))
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

/// The middle one; not a number when there is none.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
