//! The program as its operator meets it: started, asked, told to stop.
#![expect(clippy::unwrap_used, reason = "tests")]

mod canaries;
mod keys;
mod operations;
mod prometheus;
mod story;
mod traces;

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

static COUNT: AtomicU32 = AtomicU32::new(0);

/// A folder of its own for each test, gone afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("linli-process-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    /// The program, in this folder, with no settings but those given, and with few descriptors, as a service gets them.
    fn linli(&self, args: &[&str]) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", "ulimit -Sn 256; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_linli")]);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("LINLI_")) {
            command.env_remove(name);
        }
        command.args(args).current_dir(&self.0).stdin(Stdio::null());
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.linli(args).output().unwrap()
    }

    /// What the servers in this folder have logged.
    fn logged(&self) -> String {
        let files = fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().path());
        let logs = files.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("log-")));
        logs.map(|path| fs::read_to_string(path).unwrap()).collect()
    }

    fn data(&self, file: &str) -> PathBuf {
        self.0.join("linli-data").join(file)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A server, stopped in any case.
struct Served {
    child: Child,
    base: String,
    /// What it printed, up to the end of its greeting.
    greeting: String,
    log: PathBuf,
}

impl Served {
    fn start(folder: &Folder, args: &[&str]) -> Self {
        let args = [&["serve", "--listen", "127.0.0.1:0", "--drain-seconds", "0", "--workers", "1"], args].concat();
        // A pipe that nobody reads would fill up and hold the server.
        let log = folder.0.join(format!("log-{}", COUNT.fetch_add(1, Ordering::Relaxed)));
        let mut child = folder.linli(&args).stdout(Stdio::piped()).stderr(fs::File::create(&log).unwrap()).spawn().unwrap();
        let mut greeting = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        while !greeting.contains("/docs/\n") {
            assert_ne!(
                out.read_line(&mut greeting).unwrap(),
                0,
                "ended before it listened: {greeting}{}",
                fs::read_to_string(&log).unwrap()
            );
        }
        let base = greeting.split_whitespace().find(|word| word.starts_with("http://")).unwrap().to_owned();
        // The greeting comes in one piece: what is there now is all of it.
        greeting.push_str(&String::from_utf8_lossy(out.buffer()));
        Self { child, base, greeting, log }
    }

    fn stop(mut self) -> i32 {
        let killed = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        let deadline = Instant::now() + Duration::from_secs(10);
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code().unwrap();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("does not stop");
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The one line of a failure.
fn fault(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    let line = text.lines().last().unwrap().to_owned();
    assert!(line.starts_with("linli: "), "{text}");
    assert!(!text.contains("panicked"), "{text}");
    line
}

fn client() -> reqwest::Client {
    kernel::tls::install();
    reqwest::Client::builder().timeout(Duration::from_secs(5)).build().unwrap()
}

async fn get(url: &str) -> u16 {
    client().get(url).send().await.unwrap().status().as_u16()
}

fn mode(path: PathBuf) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn it_says_how_it_is_used() {
    let folder = Folder::new();
    let help = folder.run(&["--help"]);
    assert!(help.status.success());
    for word in ["serve", "migrate", "regions", "seed", "openapi", "account", "settings", "log-level", "--database-url", "--config"] {
        assert!(stdout(&help).contains(word), "{word}");
    }
    assert!(folder.run(&["serve", "--help"]).status.success());
    assert_eq!(folder.run(&["fly"]).status.code(), Some(2));
    assert_eq!(folder.run(&["serve", "--signing-key", "x"]).status.code(), Some(2));
    assert!(fs::read_dir(&folder.0).unwrap().next().is_none(), "asking makes nothing");
}

#[test]
fn it_writes_the_contract() {
    let folder = Folder::new();
    let printed = folder.run(&["openapi"]);
    assert!(printed.status.success() && stdout(&printed).ends_with("}\n"));
    let document: serde_json::Value = serde_json::from_slice(&printed.stdout).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let older = folder.run(&["openapi", "--version", "3.0"]);
    let older: serde_json::Value = serde_json::from_slice(&older.stdout).expect("the older form is JSON");
    assert_eq!((&older["openapi"], &older["info"]["version"]), (&serde_json::json!("3.0.3"), &document["info"]["version"]));
    assert!(folder.run(&["openapi", "api.json"]).status.success());
    assert_eq!(fs::read(folder.0.join("api.json")).unwrap(), printed.stdout);
    assert!(fault(&folder.run(&["openapi", "no/such/folder.json"])).contains("no/such/folder.json"));
}

#[test]
fn settings_that_do_not_exist_are_refused_by_name() {
    let folder = Folder::new();
    let unknown = folder.linli(&["settings"]).env("LINLI_LISEN", "x").output().unwrap();
    assert!(fault(&unknown).contains("LINLI_LISEN"));
    fs::write(folder.0.join("linli.toml"), "workers = 1\nport = 80\n").unwrap();
    assert!(fault(&folder.run(&["settings"])).contains("port is no setting"));
    fs::write(folder.0.join("linli.toml"), "workers = 7\n").unwrap();
    let shown = folder.linli(&["settings", "--log", "debug"]).env("LINLI_VAULT_KEYS", "1:hush").output().unwrap();
    assert!(shown.status.success());
    assert!(
        stdout(&shown).contains("workers = 7  # linli.toml") && stdout(&shown).contains("log = \"debug\"  # flag"),
        "{}",
        stdout(&shown)
    );
    assert!(!stdout(&shown).contains("hush"));
    assert!(fault(&folder.run(&["settings", "--config", "other.toml"])).contains("other.toml"));
}

#[test]
fn key_files_are_for_their_owner_and_belong_to_the_database() {
    let folder = Folder::new();
    // It has everything that it needs, except somewhere to listen.
    let serve = || fault(&folder.run(&["serve", "--listen", "256.0.0.1:x"]));
    assert!(serve().contains("256.0.0.1:x"));
    assert_eq!(mode(folder.0.join("linli-data")), 0o700);
    for file in ["signing.key", "vault.keys"] {
        assert_eq!(mode(folder.data(file)), 0o600, "{file}");
    }
    assert!(stdout(&folder.run(&["migrate"])).contains("applied 0 migrations"));
    assert!(serve().contains("256.0.0.1:x"), "the second start finds its keys");

    fs::set_permissions(folder.data("vault.keys"), fs::Permissions::from_mode(0o644)).unwrap();
    assert!(serve().contains("chmod 600"));
    fs::remove_file(folder.data("vault.keys")).unwrap();
    assert!(serve().contains("not those of this database"));
}

#[test]
fn it_makes_accounts() {
    let folder = Folder::new();
    let create = |name: &str, scope: &[&str], password: &str| {
        let args = [&["account", "create", "--name", name, "--role", "community_worker", "--password-stdin"], scope].concat();
        let mut child = folder.linli(&args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // Wrong usage ends it before it reads.
        let _ = child.stdin.take().unwrap().write_all(password.as_bytes());
        child.wait_with_output().unwrap()
    };
    let list = "code,name\n32,江苏省\n3211,镇江市\n321182,扬中市\n321182001,三茅街道\n321182001017,新联社区\n";
    fs::write(folder.0.join("regions.csv"), list).unwrap();
    assert!(folder.run(&["regions", "import", "regions.csv"]).status.success());
    let made = create("wang", &["--region", "321182001017"], "a long password\n");
    assert!(made.status.success() && stdout(&made).contains("wang"), "{made:?}");
    assert!(fault(&create("wang", &["--region", "321182001017"], "a long password\n")).contains("wang is taken"));
    let short = fault(&create("zhang", &["--region", "32"], "short"));
    assert!(short.contains("password: between 10 and 128") && !short.contains("short"), "{short}");
    assert!(fault(&create("zhang", &["--region", "33"], "a long password")).contains("330000000000"));
    assert_eq!(create("zhang", &[], "a long password").status.code(), Some(2));
    assert_eq!(create("zhang", &["--region", "9"], "a long password").status.code(), Some(2));
}

#[tokio::test]
async fn it_serves_is_set_up_once_and_stops_when_told() {
    let folder = Folder::new();
    let served = Served::start(&folder, &["--log-format", "json"]);
    assert_eq!(get(&format!("{}/livez", served.base)).await, 200);
    assert_eq!(get(&format!("{}/readyz", served.base)).await, 200);
    assert_eq!(get(&format!("{}/docs/", served.base)).await, 200);
    let limits = fs::read_to_string(format!("/proc/{}/limits", served.child.id())).unwrap();
    let files: Vec<_> = limits.lines().find_map(|l| l.strip_prefix("Max open files")).unwrap().split_whitespace().collect();
    assert_eq!(files[0], files[1], "every connection is a descriptor: it takes as many as it may");
    let address = served.base.trim_start_matches("http://").to_owned();
    assert!(folder.run(&["health", "--listen", &address]).status.success());

    let body = served.greeting.split_once("-d '").unwrap().1.split_once('\'').unwrap().0.to_owned();
    let url = served.greeting.split_once("curl ").unwrap().1.split_whitespace().next().unwrap().to_owned();
    let client = client();
    let set_up = async || client.post(&url).header("content-type", "application/json").body(body.clone()).send().await.unwrap().status();
    assert!(set_up().await.is_success());
    assert_eq!(set_up().await, 401, "the token works once");
    assert_eq!(served.stop(), 0);

    let again = Served::start(&folder, &[]);
    assert!(!again.greeting.contains("set-up token"), "{}", again.greeting);
    assert_eq!(again.stop(), 0);
    assert!(fault(&folder.run(&["health", "--listen", &address])).contains("no answer"));
}

#[test]
fn three_servers_start_together_on_postgresql() {
    testkit::block_on(async {
        let Some(database) = testkit::Database::empty(testkit::Backend::Postgres).await else { return };
        let folder = Folder::new();
        let url = database.url();
        std::thread::scope(|scope| {
            let started: Vec<_> = (0..3).map(|_| scope.spawn(|| Served::start(&folder, &["--database-url", url]))).collect();
            for server in started {
                let server = server.join().unwrap();
                let address = server.base.trim_start_matches("http://").to_owned();
                assert!(folder.run(&["health", "--listen", &address]).status.success());
                assert_eq!(server.stop(), 0);
            }
        });
        let elsewhere = Folder::new();
        let refused = fault(&elsewhere.run(&["serve", "--database-url", url]));
        assert!(refused.contains("not those of this database"), "{refused}");
        let nowhere = url.rsplit_once('/').unwrap().0.to_owned() + "/nowhere";
        assert!(fault(&elsewhere.run(&["migrate", "--database-url", &nowhere])).contains("nowhere"));
        database.remove().await;
    });
}

#[test]
fn a_list_of_regions_comes_in_whole_or_not_at_all() {
    let folder = Folder::new();
    let good = "code,name,level,parent_code\n320000000000,江苏省,province,\n321000000000,扬州市,city,320000000000\n";
    fs::write(folder.0.join("bad.csv"), format!("{good}3210x3000000,广陵区,county,321000000000\n")).unwrap();
    fs::write(folder.0.join("good.csv"), good).unwrap();
    let refused = fault(&folder.run(&["regions", "import", "bad.csv"]));
    assert!(refused.contains("ine 4"), "{refused}");
    let dry = folder.run(&["regions", "import", "good.csv", "--dry-run"]);
    assert!(stdout(&dry).contains("added 2, changed 0, closed 0, unchanged 0"), "{dry:?}");
    let first = folder.run(&["regions", "import", "good.csv", "--as-of", "2026-01-01"]);
    assert!(stdout(&first).contains("added 2, changed 0, closed 0, unchanged 0"), "nothing of the bad list is there: {first:?}");
    assert!(stdout(&folder.run(&["regions", "import", "good.csv"])).contains("added 0, changed 0, closed 0, unchanged 2"));
    assert!(fault(&folder.run(&["regions", "import", "none.csv"])).contains("none.csv"));
}
