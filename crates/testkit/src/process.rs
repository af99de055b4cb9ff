//! What must be gone when the test process is gone.
//!
//! A test binary has no "after all tests": it may also be killed. So what outlives a test hangs on a
//! little shell script that waits for the end of a pipe. The pipe's other end is held by the test process
//! and nobody else; however that ends, the system closes it, and the script cleans up.

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader, Error, Result, Write},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
    sync::LazyLock,
};
use tokio::runtime::{Builder, Runtime};

/// What belongs to the whole process runs here: a test's own runtime ends with the test, and
/// connections end with their runtime.
pub(crate) static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_multi_thread().worker_threads(1).thread_name("testkit").enable_all().build().expect("a runtime"));

/// A folder that disappears with the process; in memory where there is room, because a busy disk takes its time
/// over a sync, and nothing here is worth one.
pub(crate) fn folder() -> &'static Path {
    static FOLDER: LazyLock<Guardian> = LazyLock::new(|| {
        let script = r#"
            base=/tmp
            if [ -w /dev/shm ] && [ "$(df -Pk /dev/shm | awk 'NR == 2 { print $4 }')" -gt 50000 ]; then base=/dev/shm; fi
            dir=$(mktemp -d "${TMPDIR:-$base}/linli-test.XXXXXX")
            echo "$dir"
            read -r _ || :
            rm -rf "$dir"
        "#;
        guardian("sh", ["-c", script]).expect("a temporary folder")
    });
    Path::new(&FOLDER.said)
}

/// A running script.
pub(crate) struct Guardian {
    /// The first line that it printed.
    pub(crate) said: String,
    /// Held, never waited for: its end of the pipe closes with this process.
    _child: Child,
}

/// Starts a script that prints one line, then waits for the end of its input and cleans up.
///
/// # Errors
/// What the script wrote about its failure.
pub(crate) fn guardian(program: &str, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Result<Guardian> {
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // In a group of its own, so that Ctrl-C in the terminal stops the tests and not the cleaning.
        .process_group(0)
        .spawn()
        .map_err(|e| Error::new(e.kind(), format!("{program}: {e}")))?;
    let mut said = String::new();
    if let Some(stdout) = child.stdout.take() {
        BufReader::new(stdout).read_line(&mut said)?;
    }
    let said = said.trim().to_owned();
    if said.is_empty() {
        let output = child.wait_with_output()?;
        return Err(Error::other(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    Ok(Guardian { said, _child: child })
}

/// Says something that the test harness does not swallow when the test passes.
pub(crate) fn say(text: &str) {
    // Nobody listens when standard error is closed.
    let _ = writeln!(std::io::stderr(), "{text}");
}
