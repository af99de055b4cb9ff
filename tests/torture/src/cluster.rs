//! Three PostgreSQL nodes under Patroni, with etcd and haproxy: what `docs/operations.md` recommends, on one machine.
//!
//! haproxy listens on one port and leads to whoever is primary. A node is lost as a machine is lost: Patroni, the server and
//! all its processes in one blow.

use crate::{
    Outcome,
    haproxy::Haproxy,
    machine::{self, Guarded},
    postgres,
};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

/// Makes the folder, which belongs to whoever runs PostgreSQL, and takes it away in the end.
const FOLDER: &str = r#"
    dir=$(mktemp -d "${TMPDIR:-/var/tmp}/linli-torture.XXXXXX"); chmod 755 "$dir"; [ -z "$1" ] || chown "$1" "$dir"
    echo "$dir"; read -r _ || :; rm -rf "$dir"
"#;
/// Starts a program in the background, says its process id, kills it in the end, and the PostgreSQL in the folder `$1` with it.
const RUN: &str = r#"
    exec 2>/dev/null
    data=$1; log=$2; shift 2; "$@" >>"$log" 2>&1 </dev/null & echo $!; read -r _ || :
    kill -KILL $!; [ -z "$data" ] || kill -QUIT "$(head -1 "$data/postmaster.pid")"; wait $!
"#;
/// A cluster that is not whole by then never will be.
const PATIENCE: Duration = Duration::from_secs(90);

/// How a primary waits for its standbys.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Replication {
    /// A commit is answered when a standby has it on disk; without a standby, not at all.
    Synchronous,
    /// A commit is answered at once, even before it is on the primary's own disk.
    Asynchronous,
}

/// The cluster.
pub(crate) struct Cluster {
    nodes: Vec<Node>,
    replication: Replication,
    haproxy: Haproxy,
    _etcd: Guarded,
    bin: PathBuf,
    dir: PathBuf,
    _folder: Guarded,
}

struct Node {
    name: String,
    postgres: u16,
    rest: u16,
    data: PathBuf,
    patroni: Option<Guarded>,
}

impl Cluster {
    /// Makes one and waits until it is whole. `None` where a program is missing.
    pub(crate) async fn start(replication: Replication) -> Outcome<Option<Self>> {
        let Some(bin) = postgres::binaries() else { return Ok(None) };
        if ["patroni", "etcd", "haproxy", "setpriv"].iter().any(|program| !machine::installed(program)) {
            return Ok(None);
        }
        let folder = Guarded::start(FOLDER, &mut Command::new("sh"), [if machine::root() { "postgres" } else { "" }])?;
        let dir = PathBuf::from(&folder.said);
        let ports = (0..8).map(|_| machine::free_port()).collect::<Outcome<Vec<u16>>>()?;
        let etcd = etcd(&dir, ports[0], ports[1])?;
        let mut nodes = Vec::new();
        for (n, pair) in ports[2..].chunks(2).enumerate() {
            let name = format!("node{}", n + 1);
            let node = Node { data: dir.join(&name), name, postgres: pair[0], rest: pair[1], patroni: None };
            fs::write(dir.join(format!("{}.yml", node.name)), node.configuration(&bin, &dir, ports[0], replication).to_string())?;
            nodes.push(node);
        }
        let servers = nodes.iter().map(|node| (node.postgres, node.rest));
        let haproxy = Haproxy::tcp(&dir, "OPTIONS", "/primary", servers)?;
        let mut cluster = Self { nodes, replication, haproxy, _etcd: etcd, bin, dir, _folder: folder };
        for n in 0..cluster.nodes.len() {
            cluster.revive(n)?;
        }
        cluster.whole().await?;
        Ok(Some(cluster))
    }

    /// The URL of a database at whoever is primary.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.haproxy.port)
    }

    /// Runs statements at whoever is primary.
    pub(crate) fn sql(&self, statements: &str) -> Outcome {
        let output = Command::new(self.bin.join("psql"))
            .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &self.url("postgres"), "-c", statements])
            .output()?;
        if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into()) }
    }

    /// Starts Patroni on a node.
    pub(crate) fn revive(&mut self, n: usize) -> Outcome {
        let node = &mut self.nodes[n];
        let configuration = self.dir.join(format!("{}.yml", node.name));
        node.patroni = Some(run(&self.dir, &node.name, Some(&node.data), &["patroni", &configuration.display().to_string()])?);
        Ok(())
    }

    /// Kills Patroni and PostgreSQL of a node, all processes in one blow.
    pub(crate) fn kill(&mut self, n: usize) -> Outcome {
        let node = &mut self.nodes[n];
        let patroni = node.patroni.take().ok_or("the node is dead already")?;
        let postmaster = node.postmaster()?;
        let mut all = vec![patroni.said.parse()?, postmaster];
        all.extend(machine::children(postmaster));
        machine::signal("KILL", &all);
        Ok(())
    }

    /// Stops (`STOP`) or goes on (`CONT`) with every process of a node.
    pub(crate) fn signal(&self, n: usize, name: &str) -> Outcome {
        let node = &self.nodes[n];
        let postmaster = node.postmaster()?;
        let mut all = machine::children(postmaster);
        all.push(postmaster);
        all.extend(node.patroni.iter().filter_map(|p| p.said.parse::<u32>().ok()));
        machine::signal(name, &all);
        Ok(())
    }

    /// Hands over to a standby that has everything, as before maintenance.
    pub(crate) fn switch_over(&self) -> Outcome {
        let configuration = self.dir.join("node1.yml");
        let output = Command::new("patronictl").arg("-c").arg(configuration).args(["switchover", "--force", "linli"]).output()?;
        if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stdout).into()) }
    }

    /// Which node is primary now, if any.
    pub(crate) async fn primary(&self) -> Option<usize> {
        for (n, node) in self.nodes.iter().enumerate() {
            let asked = node.ask("/primary").await;
            if asked.is_some_and(|(status, _)| status == 200) {
                return Some(n);
            }
        }
        None
    }

    /// The nodes besides this one.
    pub(crate) fn others(&self, n: usize) -> impl Iterator<Item = usize> {
        (0..self.nodes.len()).filter(move |other| *other != n)
    }

    /// Waits until all nodes run on the timeline of the primary, one of them as synchronous standby if there is to be one;
    /// tells which is primary.
    pub(crate) async fn whole(&self) -> Outcome<usize> {
        let (began, mut seen) = (Instant::now(), Value::Null);
        while began.elapsed() < PATIENCE {
            if let Some(n) = self.primary().await
                && let Some((_, cluster)) = self.nodes[n].ask("/cluster").await
            {
                let members = cluster["members"].as_array().cloned().unwrap_or_default();
                let at = |role: &str| members.iter().filter(|m| m["role"] == role).count();
                let running = members.iter().filter(|m| m["state"] == "running" || m["state"] == "streaming").count();
                let together = members.iter().all(|m| m["timeline"] == members[0]["timeline"]);
                let standby = self.replication == Replication::Asynchronous || at("sync_standby") == 1;
                if running == self.nodes.len() && together && standby && at("leader") == 1 {
                    return Ok(n);
                }
                seen = cluster;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let log = self.nodes.iter().map(|n| fs::read_to_string(self.dir.join(format!("{}.log", n.name))).unwrap_or_default());
        let tails = log.map(|l| l.lines().rev().take(5).collect::<Vec<_>>().join("\n")).collect::<Vec<_>>().join("\n");
        Err(format!("the cluster does not become whole: {seen}\n{tails}").into())
    }
}

impl Node {
    fn postmaster(&self) -> Outcome<u32> {
        let told = fs::read_to_string(self.data.join("postmaster.pid"))?;
        Ok(told.lines().next().unwrap_or_default().parse()?)
    }

    /// Asks its Patroni.
    async fn ask(&self, path: &str) -> Option<(u16, Value)> {
        self.patroni.as_ref()?;
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_millis(800)).build().ok()?;
        let answer = http.get(format!("http://127.0.0.1:{}{path}", self.rest)).send().await.ok()?;
        Some((answer.status().as_u16(), answer.json().await.unwrap_or_default()))
    }

    /// The configuration of Patroni. JSON is YAML.
    fn configuration(&self, bin: &Path, dir: &Path, etcd: u16, replication: Replication) -> Value {
        let synchronous = replication == Replication::Synchronous;
        let at = |port: u16| format!("127.0.0.1:{port}");
        json!({
            "scope": "linli", "name": self.name,
            "restapi": {"listen": at(self.rest), "connect_address": at(self.rest)},
            "etcd3": {"host": at(etcd)},
            "bootstrap": {
                "dcs": {
                    "ttl": 10, "loop_wait": 2, "retry_timeout": 3, "maximum_lag_on_failover": 104_857_600,
                    "synchronous_mode": synchronous, "synchronous_mode_strict": synchronous,
                    "postgresql": {"use_pg_rewind": true, "use_slots": true, "parameters": {
                        "wal_log_hints": "on", "max_connections": 100, "wal_keep_size": "256MB",
                        "synchronous_commit": if synchronous { "on" } else { "off" },
                    }},
                },
                "initdb": [{"encoding": "UTF8"}, {"locale": "C"}, {"auth": "trust"}],
            },
            "postgresql": {
                "listen": at(self.postgres), "connect_address": at(self.postgres), "data_dir": self.data, "bin_dir": bin,
                "pgpass": dir.join(format!("{}.pgpass", self.name)), "parameters": {"unix_socket_directories": dir},
                "authentication": {"superuser": {"username": "postgres"}, "replication": {"username": "postgres"}, "rewind": {"username": "postgres"}},
                "pg_hba": ["local all all trust", "host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust"],
            },
            "watchdog": {"mode": "off"},
        })
    }
}

fn etcd(dir: &Path, client: u16, peer: u16) -> Outcome<Guarded> {
    let [client, peer] = [client, peer].map(|port| format!("http://127.0.0.1:{port}"));
    let (data, members) = (dir.join("etcd").display().to_string(), format!("etcd={peer}"));
    #[rustfmt::skip]
    let args = ["etcd", "--name", "etcd", "--data-dir", &data, "--initial-cluster", &members, "--log-level", "error",
        "--listen-client-urls", &client, "--advertise-client-urls", &client,
        "--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer];
    run(dir, "etcd", None, &args)
}

/// Starts a program as whoever may run PostgreSQL; it ends with us.
fn run(dir: &Path, name: &str, data: Option<&Path>, program: &[&str]) -> Outcome<Guarded> {
    let (data, log) = (data.map_or_else(String::new, |d| d.display().to_string()), dir.join(format!("{name}.log")).display().to_string());
    // Unlike runuser it leaves no process of its own in between.
    let become_postgres: &[&str] =
        if machine::root() { &["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] } else { &[] };
    let args = [data.as_str(), log.as_str()].into_iter().chain(become_postgres.iter().copied()).chain(program.iter().copied());
    Guarded::start(RUN, Command::new("sh").current_dir(dir).env("HOME", dir), args)
}
