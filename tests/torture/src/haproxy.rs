//! haproxy before several servers, of which it asks by HTTP which are to be used.

use crate::{
    Outcome,
    machine::{self, Guarded},
};
use std::{
    fs,
    io::{Read, Write},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

/// Starts it, and kills it in the end.
const RUN: &str = r#"exec 2>/dev/null; haproxy -f "$1" >"$2" 2>&1 </dev/null & echo $!; read -r _ || :; kill -KILL $!; wait $!"#;

/// A running haproxy.
pub(crate) struct Haproxy {
    /// Where it listens.
    pub(crate) port: u16,
    socket: PathBuf,
    _guarded: Guarded,
}

impl Haproxy {
    /// For PostgreSQL: connections go to the one server whose second port answers 200, and end when it does so no more.
    pub(crate) fn tcp(dir: &Path, method: &str, path: &str, servers: impl Iterator<Item = (u16, u16)>) -> Outcome<Self> {
        let lines: String = servers.map(|(port, check)| format!("  server s{port} 127.0.0.1:{port} check port {check}\n")).collect();
        Self::start(
            dir,
            &format!(
                "  mode tcp\n  timeout client 1h\n  timeout server 1h\n  option httpchk {method} {path}\n  \
                default-server inter 1s fastinter 500ms fall 2 rise 1 on-marked-down shutdown-sessions\n{lines}"
            ),
        )
    }

    /// For Linli: requests go in turn to the servers that say that they are ready.
    pub(crate) fn http(dir: &Path, servers: impl Iterator<Item = u16>) -> Outcome<Self> {
        let lines: String = servers.map(|port| format!("  server s{port} 127.0.0.1:{port} check\n")).collect();
        Self::start(
            dir,
            &format!(
                "  mode http\n  balance roundrobin\n  timeout client 30s\n  timeout server 10s\n  timeout http-request 5s\n  option redispatch\n  \
                option httpchk GET /readyz\n  default-server inter 200ms fall 1 rise 1\n{lines}"
            ),
        )
    }

    fn start(dir: &Path, listen: &str) -> Outcome<Self> {
        let (port, socket) = (machine::free_port()?, dir.join("haproxy.socket"));
        let file = dir.join("haproxy.cfg");
        let global = format!("global\n  maxconn 2000\n  stats socket {} mode 600\n", socket.display());
        fs::write(&file, format!("{global}listen linli\n  bind 127.0.0.1:{port}\n  timeout connect 1s\n{listen}"))?;
        let log = dir.join("haproxy.log");
        let guarded = Guarded::start(RUN, &mut Command::new("sh"), [&file, &log])?;
        let proxy = Self { port, socket, _guarded: guarded };
        let began = Instant::now();
        while proxy.up().is_err() {
            if began.elapsed() > Duration::from_secs(5) {
                return Err(format!("haproxy does not start: {}", fs::read_to_string(log)?).into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(proxy)
    }

    /// The ports of the servers that it uses now.
    pub(crate) fn up(&self) -> Outcome<Vec<u16>> {
        let mut socket = UnixStream::connect(&self.socket)?;
        socket.write_all(b"show stat\n")?;
        let mut text = String::new();
        socket.read_to_string(&mut text)?;
        let lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let up = lines.filter(|f| f.get(17).is_some_and(|status| status.starts_with("UP")));
        Ok(up.filter_map(|f| f[1].strip_prefix('s')?.parse().ok()).collect())
    }
}
