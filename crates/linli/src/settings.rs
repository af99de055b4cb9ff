//! Settings: one name each, the same in the file, in the environment and as a flag.
//!
//! `request_deadline_ms` in `linli.toml` is `LINLI_REQUEST_DEADLINE_MS` in the environment and
//! `--request-deadline-ms` on the command line. What is said later in that row wins; what is not said
//! has the default of [`SETTINGS`]. A name that is not in the table is refused.

use crate::terminal::{Fault, Outcome};
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use config::{Config, Environment, File, FileFormat, Map};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    fmt::Write,
    path::{Path, PathBuf},
};

/// Every setting: its name, its default (empty: none) and what it means. `docs/operations/README.md` holds
/// this table; a test compares the two.
pub(crate) const SETTINGS: &[(&str, &str, &str)] = &[
    ("listen", "127.0.0.1:8080", "Address and port to answer on; port 0 takes a free one."),
    ("data_dir", "./linli-data", "Folder of the SQLite database and the key files; made if missing."),
    ("database_url", "sqlite://{data_dir}/linli.db", "`sqlite://path` or `postgres://user:password@host/database`."),
    ("database_connections", "4", "Connections on SQLite (readers, beside the one writer); on PostgreSQL the connections of each worker."),
    ("workers", "number of cores", "Threads that answer requests."),
    ("signing_key_file", "{data_dir}/signing.key", "File of the key that signs access tokens; made on first start."),
    ("vault_key_file", "{data_dir}/vault.keys", "File of the keys that seal personal data, newest first; made on first start."),
    (
        "vault_algorithm",
        "aes-256-gcm",
        "What a new vault key is made for, at the first start and by `linli keys rotate`: `aes-256-gcm` or `sm4-gcm` (国密).",
    ),
    ("signing_key", "", "The signing key itself (32 bytes in base64) instead of its file. Secret; no flag."),
    (
        "vault_keys",
        "",
        "The vault keys themselves (`id:base64` or `id:sm4-gcm:base64`, newest first, separated by commas) instead of their file. Secret; no flag.",
    ),
    ("request_deadline_ms", "2400", "Milliseconds after which a request that is not answered gets 503."),
    ("body_limit_bytes", "262144", "Bytes that the body of a request may have."),
    ("upload_limit_bytes", "10485760", "Bytes that an uploaded file may have."),
    ("upload_deadline_seconds", "60", "Seconds that an upload or a batch may take."),
    ("uploads_per_day", "200", "Files that an account may upload within 24 hours."),
    ("picture_pixels_limit", "50000000", "Pixels that an uploaded picture may have."),
    ("files_dir", "{data_dir}/files", "Folder of the uploaded files, unless a bucket is set; made if missing."),
    ("s3_endpoint", "", "Server that speaks S3 and keeps the uploaded files instead: `https://s3.example.org`."),
    ("s3_bucket", "linli", "Its bucket, which must exist and be private."),
    ("s3_region", "us-east-1", "Its region; many servers take any."),
    ("s3_key_id", "", "The id of the access key."),
    ("s3_secret", "", "The access key. Secret; no flag."),
    (
        "webhooks_allow",
        "",
        "Networks (`10.1.0.0/16`) and hosts within your own network that webhooks may be sent to, separated by commas; to them HTTP without TLS is allowed.",
    ),
    ("webhook_days", "30", "Days that webhook deliveries which are done are kept for."),
    ("job_days", "30", "Days that imports and exports which have ended are listed for; their files go before."),
    ("purge_hours", "0", "Hours between two deletions of what the retention policies (保存期限) say is over; 0: only by `linli purge`."),
    (
        "program_requests_per_minute",
        "600",
        "Requests that an application may make in a minute, to each server process, unless it has a quota of its own.",
    ),
    ("oidc_issuer", "", "OpenID Connect issuer whose bearer tokens are taken beside our own: `https://id.example.org`."),
    ("oidc_audience", "linli", "What its tokens must be for (`aud`)."),
    ("oidc_algorithms", "RS256,ES256,EdDSA", "Algorithms of its tokens that are taken, of these three, separated by commas."),
    (
        "oidc_account_claim",
        "preferred_username",
        "Claim of its tokens that holds the sign-in name of an account here; one that nobody can choose for themselves.",
    ),
    ("wechat_appid", "", "The id of the WeChat mini-program (小程序 ID); with it and `wechat_secret` this server is connected to WeChat."),
    ("wechat_secret", "", "Its secret. Secret; no flag."),
    ("wechat_base_url", "https://api.weixin.qq.com", "Where WeChat is asked; a stand-in on this machine may be `http://127.0.0.1:9141`."),
    ("wechat_edition", "release", "Which edition of the mini-program messages and QR codes lead to: `release`, `trial` or `develop`."),
    ("wechat_push_token", "", "Token of WeChat's message push (消息推送), up to 32 letters and digits. Secret; no flag."),
    (
        "wechat_push_key",
        "",
        "EncodingAESKey of message push, 43 characters; with it only encrypted messages are taken (安全模式). Secret; no flag.",
    ),
    (
        "public_url",
        "",
        "Where this server is reached from the internet: `https://linli.example.org`. WeChat fetches pictures there to check them; without it they are not checked.",
    ),
    ("drain_seconds", "1", "Seconds between saying \"not ready\" and refusing connections when stopping."),
    ("allowed_origins", "", "Web origins whose pages may call the API (CORS), separated by commas."),
    (
        "trusted_proxies",
        "",
        "Addresses or networks (`10.0.0.0/8`) of reverse proxies whose `X-Forwarded-For` is believed, separated by commas.",
    ),
    ("log", "info", "What is logged: a level, or directives such as `info,api=debug`."),
    ("log_format", "text", "`text` or `json`, one object a line."),
    (
        "operations_listen",
        "",
        "Address and port, or a port of this machine, for operators: `/metrics` for Prometheus and `/log-level`. Never make it public.",
    ),
    ("traces_url", "", "Collector that gets traces by OTLP/HTTP: `http://127.0.0.1:4318/v1/traces`."),
    ("traces_ratio", "1", "Share of the requests that are traced, from 0 to 1."),
    ("calendar_file", "", "JSON file of holidays and make-up working days that replaces the built-in calendar."),
    ("auto_migrate", "true", "Whether `serve` brings the tables up to date before it starts."),
];

/// Settings that are never shown and have no flag (a command line can be read by others).
const SECRET: [&str; 6] = ["signing_key", "vault_keys", "s3_secret", "wechat_secret", "wechat_push_token", "wechat_push_key"];
/// Variables with our prefix that are no settings: the place of the file, what `linli webhooks` takes, and those of the tests.
const OTHER_VARIABLES: [&str; 6] = [
    "LINLI_WEBHOOK_SECRET",
    "LINLI_TOKEN",
    "LINLI_CONFIG",
    "LINLI_TEST_DATABASE_URL",
    "LINLI_REQUIRE_POSTGRES",
    "LINLI_REQUIRE_PROMETHEUS",
];
const PREFIX: &str = "LINLI_";
const DEFAULT_FILE: &str = "linli.toml";

/// What was given as flags, by the name of the setting.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags(BTreeMap<&'static str, String>);

impl Args for Flags {
    fn augment_args(command: Command) -> Command {
        SETTINGS.iter().filter(|(name, ..)| !SECRET.contains(name)).fold(command, |command, (name, default, meaning)| {
            let help = if default.is_empty() { (*meaning).to_owned() } else { format!("{meaning} [default: {default}]") };
            let arg = Arg::new(*name).long(name.replace('_', "-")).value_name("VALUE").help(help).global(true).help_heading("Settings");
            command.arg(arg)
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = |name: &'static str| matches.try_get_one::<String>(name).ok().flatten().map(|value| (name, value.clone()));
        Ok(Self(SETTINGS.iter().filter_map(|(name, ..)| given(name)).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.append(&mut Self::from_arg_matches(matches)?.0);
        Ok(())
    }
}

/// How log lines look.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// Proxies, separated by commas.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Proxies(pub(crate) Vec<api::TrustedProxy>);

impl TryFrom<String> for Proxies {
    type Error = String;

    fn try_from(list: String) -> Result<Self, String> {
        let entries = list.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        entries.map(|entry| entry.parse().map_err(|e| format!("trusted_proxies: {entry}: {e}"))).collect::<Result<_, _>>().map(Self)
    }
}

impl Proxies {
    /// Absent: there is none.
    fn shown(&self) -> Option<String> {
        let list = self.0.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        (!list.is_empty()).then(|| quoted(&list))
    }
}

/// What a new vault key is made for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct VaultAlgorithm(pub(crate) kernel::vault::Algorithm);

impl TryFrom<String> for VaultAlgorithm {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        kernel::vault::Algorithm::named(&word)
            .map(Self)
            .ok_or_else(|| format!("vault_algorithm: {word} is neither aes-256-gcm nor sm4-gcm"))
    }
}

/// Where webhooks may be sent within one's own network.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Receivers(pub(crate) connect::webhook::AllowList);

impl TryFrom<String> for Receivers {
    type Error = String;

    fn try_from(list: String) -> Result<Self, String> {
        list.parse().map(Self).map_err(|e| format!("webhooks_allow: {e}"))
    }
}

/// The effective settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) listen: String,
    pub(crate) data_dir: PathBuf,
    pub(crate) database_url: SecretString,
    pub(crate) database_connections: u32,
    pub(crate) workers: usize,
    pub(crate) signing_key_file: PathBuf,
    pub(crate) vault_key_file: PathBuf,
    pub(crate) vault_algorithm: VaultAlgorithm,
    /// Absent: the file.
    pub(crate) signing_key: Option<SecretString>,
    /// Absent: the file.
    pub(crate) vault_keys: Option<SecretString>,
    pub(crate) request_deadline_ms: u64,
    pub(crate) body_limit_bytes: usize,
    pub(crate) upload_limit_bytes: usize,
    pub(crate) upload_deadline_seconds: u64,
    pub(crate) uploads_per_day: u32,
    pub(crate) picture_pixels_limit: u64,
    pub(crate) files_dir: PathBuf,
    /// Absent: the folder.
    pub(crate) s3_endpoint: Option<String>,
    pub(crate) s3_bucket: String,
    pub(crate) s3_region: String,
    pub(crate) s3_key_id: Option<String>,
    pub(crate) s3_secret: Option<SecretString>,
    /// None: the public internet only.
    #[serde(default)]
    pub(crate) webhooks_allow: Receivers,
    pub(crate) webhook_days: u32,
    pub(crate) job_days: u32,
    pub(crate) purge_hours: u32,
    pub(crate) program_requests_per_minute: u32,
    /// Absent: our own tokens alone.
    pub(crate) oidc_issuer: Option<String>,
    pub(crate) oidc_audience: String,
    pub(crate) oidc_algorithms: String,
    pub(crate) oidc_account_claim: String,
    /// Absent: not connected to WeChat.
    pub(crate) wechat_appid: Option<String>,
    pub(crate) wechat_secret: Option<SecretString>,
    pub(crate) wechat_base_url: String,
    pub(crate) wechat_edition: connect::wechat::Edition,
    /// Absent: WeChat tells nothing by itself.
    pub(crate) wechat_push_token: Option<SecretString>,
    /// Absent: plain messages are taken.
    pub(crate) wechat_push_key: Option<SecretString>,
    /// Absent: pictures are not checked.
    pub(crate) public_url: Option<String>,
    pub(crate) drain_seconds: u64,
    /// Absent: no page of another origin.
    pub(crate) allowed_origins: Option<String>,
    /// None: a call comes from whoever connects.
    #[serde(default)]
    pub(crate) trusted_proxies: Proxies,
    pub(crate) log: String,
    pub(crate) log_format: LogFormat,
    /// Absent: nothing but the API is served.
    pub(crate) operations_listen: Option<String>,
    /// Absent: no traces.
    pub(crate) traces_url: Option<String>,
    pub(crate) traces_ratio: f64,
    /// Absent: the built-in calendar.
    pub(crate) calendar_file: Option<PathBuf>,
    pub(crate) auto_migrate: bool,
    /// Where each value that is no default came from.
    #[serde(skip)]
    origin: BTreeMap<&'static str, String>,
}

impl Settings {
    /// Reads the file, the variables with our prefix, and the flags.
    pub(crate) fn read(file: Option<&Path>, variables: impl IntoIterator<Item = (String, String)>, flags: &Flags) -> Outcome<Self> {
        let variables = ours(variables)?;
        let file = file.map(|path| read_file(path).map(|config| (path, config))).transpose()?;
        let given = || -> Outcome<_> {
            let mut builder = Config::builder();
            if let Some((_, config)) = &file {
                builder = builder.add_source(config.clone());
            }
            builder = builder.add_source(Environment::with_prefix("LINLI").ignore_empty(true).source(Some(variables.clone())));
            for (name, value) in &flags.0 {
                builder = builder.set_override(*name, value.clone()).map_err(refused)?;
            }
            Ok(builder)
        };
        let plain = given()?.build().map_err(refused)?;
        let data_dir = plain.get_string("data_dir").unwrap_or_else(|_| default_of("data_dir").to_owned());
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let mut builder = given()?;
        for (name, default, _) in SETTINGS.iter().filter(|(_, default, _)| !default.is_empty()) {
            let value = match *name {
                "workers" => cores.to_string(),
                "database_url" => default.replace("{data_dir}", &in_url(&data_dir)),
                _ => default.replace("{data_dir}", &data_dir),
            };
            builder = builder.set_default(*name, value).map_err(refused)?;
        }
        let mut settings: Self = builder.build().map_err(refused)?.try_deserialize().map_err(refused)?;
        settings.origin = SETTINGS
            .iter()
            .filter_map(|(name, ..)| {
                let variable = variable_of(name);
                let origin = if flags.0.contains_key(name) {
                    "flag".to_owned()
                } else if variables.get(&variable).is_some_and(|value| !value.is_empty()) {
                    variable
                } else {
                    file.as_ref().filter(|(_, config)| config.get::<config::Value>(name).is_ok())?.0.display().to_string()
                };
                Some((*name, origin))
            })
            .collect();
        settings.check()?;
        Ok(settings)
    }

    fn check(&self) -> Outcome {
        let within = |name: &str, value: u64, low: u64, high: u64| {
            if (low..=high).contains(&value) {
                Ok(())
            } else {
                Err(Fault(format!("the setting {name} lies between {low} and {high}, not at {value}")))
            }
        };
        within("database_connections", self.database_connections.into(), 1, 1000)?;
        within("workers", self.workers as u64, 1, 1024)?;
        within("request_deadline_ms", self.request_deadline_ms, 100, 600_000)?;
        within("body_limit_bytes", self.body_limit_bytes as u64, 1024, 1 << 30)?;
        within("upload_limit_bytes", self.upload_limit_bytes as u64, 1024, 1 << 30)?;
        within("upload_deadline_seconds", self.upload_deadline_seconds, 1, 3600)?;
        within("uploads_per_day", self.uploads_per_day.into(), 1, 1_000_000)?;
        within("picture_pixels_limit", self.picture_pixels_limit, 1, 400_000_000)?;
        if self.s3_endpoint.is_some() && (self.s3_key_id.is_none() || self.s3_secret.is_none()) {
            return Err(Fault("the setting s3_endpoint needs s3_key_id and s3_secret".to_owned()));
        }
        within("purge_hours", self.purge_hours.into(), 0, 8760)?;
        within("webhook_days", self.webhook_days.into(), 1, 3650)?;
        within("job_days", self.job_days.into(), 1, 3650)?;
        within("program_requests_per_minute", self.program_requests_per_minute.into(), 1, 1_000_000)?;
        if self.wechat_appid.is_some() != self.wechat_secret.is_some() {
            return Err(Fault("the settings wechat_appid and wechat_secret need each other".to_owned()));
        }
        if let Some(setup) = self.wechat() {
            connect::wechat::Wechat::new(setup).map_err(|e| Fault(e.to_string()))?;
        }
        within("drain_seconds", self.drain_seconds, 0, 600)?;
        if !(0.0..=1.0).contains(&self.traces_ratio) {
            return Err(Fault(format!("the setting traces_ratio lies between 0 and 1, not at {}", self.traces_ratio)));
        }
        if self.traces_url.as_ref().is_some_and(|url| !url.starts_with("http://")) {
            return Err(Fault(
                "the setting traces_url begins with http: a collector on this machine or network takes traces on".to_owned(),
            ));
        }
        if !["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| self.database_url.expose_secret().starts_with(scheme)) {
            return Err(Fault("the setting database_url begins with sqlite: or postgres:".to_owned()));
        }
        Ok(())
    }

    /// How WeChat is reached; absent when this server is not connected to it.
    pub(crate) fn wechat(&self) -> Option<connect::wechat::Setup> {
        let open = |secret: &Option<SecretString>| secret.as_ref().map(|secret| secret.expose_secret().to_owned());
        Some(connect::wechat::Setup {
            appid: self.wechat_appid.clone()?,
            secret: open(&self.wechat_secret)?,
            base_url: self.wechat_base_url.clone(),
            edition: self.wechat_edition,
            push_token: open(&self.wechat_push_token),
            push_key: open(&self.wechat_push_key),
            // Whether pictures are checked follows from message push, by which WeChat tells of them.
            public_url: self.public_url.clone().filter(|_| self.wechat_push_token.is_some()),
        })
    }

    /// Whether somebody chose this setting (rather than its default).
    pub(crate) fn chosen(&self, name: &str) -> bool {
        self.origin.contains_key(name)
    }

    /// The URL of a SQLite database in the data folder.
    pub(crate) fn sqlite_in_data_dir(&self, file: &str) -> SecretString {
        format!("sqlite://{}/{file}", in_url(&self.data_dir.to_string_lossy())).into()
    }

    /// The settings as a TOML file that could be read again, with where each came from; secrets hidden.
    pub(crate) fn shown(&self) -> String {
        let number = |n: u64| n.to_string();
        let path = |path: &Path| quoted(&path.to_string_lossy());
        let hidden = |secret: &Option<SecretString>| secret.as_ref().map(|_| quoted("(hidden)"));
        let mut text = String::new();
        for (name, ..) in SETTINGS {
            let value = match *name {
                "listen" => Some(quoted(&self.listen)),
                "data_dir" => Some(path(&self.data_dir)),
                "database_url" => Some(quoted(&without_password(self.database_url.expose_secret()))),
                "database_connections" => Some(number(self.database_connections.into())),
                "workers" => Some(number(self.workers as u64)),
                "signing_key_file" => Some(path(&self.signing_key_file)),
                "vault_key_file" => Some(path(&self.vault_key_file)),
                "vault_algorithm" => Some(quoted(self.vault_algorithm.0.as_str())),
                "signing_key" => hidden(&self.signing_key),
                "vault_keys" => hidden(&self.vault_keys),
                "request_deadline_ms" => Some(number(self.request_deadline_ms)),
                "body_limit_bytes" => Some(number(self.body_limit_bytes as u64)),
                "upload_limit_bytes" => Some(number(self.upload_limit_bytes as u64)),
                "upload_deadline_seconds" => Some(number(self.upload_deadline_seconds)),
                "uploads_per_day" => Some(number(self.uploads_per_day.into())),
                "picture_pixels_limit" => Some(number(self.picture_pixels_limit)),
                "files_dir" => Some(path(&self.files_dir)),
                "s3_endpoint" => self.s3_endpoint.as_deref().map(quoted),
                "s3_bucket" => Some(quoted(&self.s3_bucket)),
                "s3_region" => Some(quoted(&self.s3_region)),
                "s3_key_id" => self.s3_key_id.as_deref().map(quoted),
                "s3_secret" => hidden(&self.s3_secret),
                "webhooks_allow" => Some(self.webhooks_allow.0.to_string()).filter(|list| !list.is_empty()).map(|list| quoted(&list)),
                "webhook_days" => Some(number(self.webhook_days.into())),
                "job_days" => Some(number(self.job_days.into())),
                "purge_hours" => Some(number(self.purge_hours.into())),
                "program_requests_per_minute" => Some(number(self.program_requests_per_minute.into())),
                "oidc_issuer" => self.oidc_issuer.as_deref().map(quoted),
                "oidc_audience" => Some(quoted(&self.oidc_audience)),
                "oidc_algorithms" => Some(quoted(&self.oidc_algorithms)),
                "oidc_account_claim" => Some(quoted(&self.oidc_account_claim)),
                "wechat_appid" => self.wechat_appid.as_deref().map(quoted),
                "wechat_secret" => hidden(&self.wechat_secret),
                "wechat_base_url" => Some(quoted(&self.wechat_base_url)),
                "wechat_edition" => Some(quoted(self.wechat_edition.as_str())),
                "wechat_push_token" => hidden(&self.wechat_push_token),
                "wechat_push_key" => hidden(&self.wechat_push_key),
                "public_url" => self.public_url.as_deref().map(quoted),
                "drain_seconds" => Some(number(self.drain_seconds)),
                "allowed_origins" => self.allowed_origins.as_deref().map(quoted),
                "trusted_proxies" => self.trusted_proxies.shown(),
                "log" => Some(quoted(&self.log)),
                "log_format" => Some(quoted(if self.log_format == LogFormat::Json { "json" } else { "text" })),
                "operations_listen" => self.operations_listen.as_deref().map(quoted),
                "traces_url" => self.traces_url.as_deref().map(quoted),
                "traces_ratio" => Some(self.traces_ratio.to_string()),
                "calendar_file" => self.calendar_file.as_deref().map(path),
                "auto_migrate" => Some(self.auto_migrate.to_string()),
                _ => None,
            };
            let origin = self.origin.get(name).map_or("default", String::as_str);
            // Writing to a String cannot fail.
            let _ = match value {
                Some(value) => writeln!(text, "{name} = {value}  # {origin}"),
                None => writeln!(text, "# {name} is not set"),
            };
        }
        text
    }
}

/// The file to read: the one named, or `linli.toml` in the working folder if there is one.
pub(crate) fn file_to_read(named: Option<PathBuf>) -> Option<PathBuf> {
    named.or_else(|| Some(PathBuf::from(DEFAULT_FILE)).filter(|path| path.exists()))
}

/// The table of settings in Markdown, as it stands in `docs/operations/README.md`.
pub(crate) fn markdown() -> String {
    let mut text = "| Setting | Environment | Default | Meaning |\n|---|---|---|---|\n".to_owned();
    for (name, default, meaning) in SETTINGS {
        let default = if default.is_empty() {
            "none".to_owned()
        } else if *name == "workers" {
            (*default).to_owned()
        } else {
            format!("`{default}`")
        };
        let _ = writeln!(text, "| `{name}` | `{}` | {default} | {meaning} |", variable_of(name));
    }
    text
}

fn variable_of(name: &str) -> String {
    format!("{PREFIX}{}", name.to_uppercase())
}

fn default_of(name: &str) -> &'static str {
    SETTINGS.iter().find(|(known, ..)| *known == name).map_or("", |(_, default, _)| default)
}

/// The variables with our prefix; one that names no setting is refused.
fn ours(variables: impl IntoIterator<Item = (String, String)>) -> Outcome<Map<String, String>> {
    let ours: Map<String, String> =
        variables.into_iter().filter(|(name, _)| name.starts_with(PREFIX) && !OTHER_VARIABLES.contains(&name.as_str())).collect();
    match ours.keys().find(|variable| !SETTINGS.iter().any(|(name, ..)| variable_of(name) == **variable)) {
        Some(unknown) => Err(Fault(format!("the environment variable {unknown} is no setting; `linli settings` shows them all"))),
        None => Ok(ours),
    }
}

/// The file alone; a key that names no setting is refused.
fn read_file(path: &Path) -> Outcome<Config> {
    let text = std::fs::read_to_string(path).map_err(|e| Fault(format!("{} cannot be read: {e}", path.display())))?;
    let config = Config::builder()
        .add_source(File::from_str(&text, FileFormat::Toml))
        .build()
        .map_err(|e| Fault(format!("{}: {e}", path.display())))?;
    let table: Map<String, config::Value> = config.clone().try_deserialize().map_err(|e| Fault(format!("{}: {e}", path.display())))?;
    match table.keys().find(|key| !SETTINGS.iter().any(|(name, ..)| name == key)) {
        Some(unknown) => Err(Fault(format!("{}: {unknown} is no setting; `linli settings` shows them all", path.display()))),
        None => Ok(config),
    }
}

fn refused(error: config::ConfigError) -> Fault {
    Fault(format!("a setting is refused: {error}"))
}

/// A path as it must stand in a `sqlite://` URL.
fn in_url(path: &str) -> String {
    path.replace('%', "%25").replace('?', "%3F").replace('#', "%23")
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A database URL that may be shown.
fn without_password(url: &str) -> String {
    let (address, parameters) = url.split_once('?').map_or((url, None), |(address, parameters)| (address, Some(parameters)));
    let mut shown = match (address.split_once("://"), address.rsplit_once('@')) {
        (Some((scheme, rest)), Some((_, host))) if !scheme.starts_with("sqlite") => {
            let user = rest.split([':', '@']).next().unwrap_or_default();
            format!("{scheme}://{user}:(hidden)@{host}")
        }
        _ => address.to_owned(),
    };
    for (n, parameter) in parameters.into_iter().flat_map(|p| p.split('&')).enumerate() {
        shown.push(if n == 0 { '?' } else { '&' });
        shown.push_str(if parameter.starts_with("password=") { "password=(hidden)" } else { parameter });
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn read(toml: &str, list: &[(&str, &str)], flags: &[(&'static str, &str)]) -> Outcome<Settings> {
        let path = std::env::temp_dir().join(format!("linli-settings-{}-{:?}.toml", std::process::id(), std::thread::current().id()));
        std::fs::write(&path, toml).unwrap();
        let flags = Flags(flags.iter().map(|(name, value)| (*name, (*value).to_owned())).collect());
        let read = Settings::read(Some(&path), variables(list), &flags);
        std::fs::remove_file(path).unwrap();
        read
    }

    fn refusal(toml: &str, list: &[(&str, &str)]) -> String {
        read(toml, list, &[]).err().unwrap().0
    }

    #[test]
    fn the_page_holds_the_table() {
        let page = include_str!("../../../docs/operations/README.md");
        assert!(page.contains(&markdown()), "replace the table in docs/operations/README.md by the output of `linli settings --markdown`");
    }

    #[test]
    fn defaults_then_file_then_environment_then_flags() {
        let settings = read(
            "listen = \"1.1.1.1:1\"\nworkers = 3\nlog = \"warn\"\n",
            &[("LINLI_LISTEN", "2.2.2.2:2"), ("LINLI_WORKERS", "5"), ("LINLI_AUTO_MIGRATE", "false"), ("PATH", "/bin")],
            &[("listen", "3.3.3.3:3")],
        )
        .unwrap();
        assert_eq!((settings.listen.as_str(), settings.workers, settings.log.as_str()), ("3.3.3.3:3", 5, "warn"));
        assert_eq!((settings.body_limit_bytes, settings.auto_migrate, settings.drain_seconds), (262_144, false, 1));
        assert!(settings.chosen("workers") && !settings.chosen("database_url"));
        let shown = settings.shown();
        assert!(
            shown.contains("listen = \"3.3.3.3:3\"  # flag")
                && shown.contains("workers = 5  # LINLI_WORKERS")
                && shown.contains("linli-settings-"),
            "{shown}"
        );
    }

    #[test]
    fn what_lies_in_the_data_folder_follows_it() {
        let settings = read("", &[("LINLI_DATA_DIR", "/srv/a b?"), ("LINLI_CALENDAR_FILE", "")], &[]).unwrap();
        assert_eq!(settings.database_url.expose_secret(), "sqlite:///srv/a b%3F/linli.db");
        assert_eq!(settings.signing_key_file, Path::new("/srv/a b?/signing.key"));
        assert_eq!(settings.calendar_file, None);
    }

    #[test]
    fn what_is_no_setting_is_refused_by_name() {
        assert!(refusal("lisen = \"x\"", &[]).contains("lisen is no setting"));
        assert!(refusal("[server]\nport = 1", &[]).contains("server is no setting"));
        assert!(refusal("", &[("LINLI_LISEN", "x")]).contains("LINLI_LISEN"));
        assert!(refusal("workers = \"many\"", &[]).contains("workers"));
        assert!(refusal("", &[("LINLI_WORKERS", "0")]).contains("workers"));
        assert!(refusal("", &[("LINLI_LOG_FORMAT", "xml")]).contains("xml"));
        assert!(refusal("", &[("LINLI_DATABASE_URL", "mysql://x")]).contains("database_url"));
        assert!(refusal("", &[("LINLI_TRACES_URL", "https://x")]).contains("traces_url begins with http:"));
        assert!(refusal("", &[("LINLI_TRACES_RATIO", "1.5")]).contains("traces_ratio lies between 0 and 1"));
        assert_eq!(read("operations_listen = 9464", &[], &[]).unwrap().operations_listen.as_deref(), Some("9464"));
        let proxies = read("", &[("LINLI_TRUSTED_PROXIES", "10.0.0.0/8, ::1,")], &[]).unwrap().shown();
        assert!(proxies.contains("trusted_proxies = \"10.0.0.0/8, ::1/128\"  # LINLI_TRUSTED_PROXIES"), "{proxies}");
        assert!(refusal("", &[("LINLI_TRUSTED_PROXIES", "10.0.0.0/8, proxy")]).contains("trusted_proxies: proxy"));
        assert!(read("", &[("LINLI_REQUIRE_POSTGRES", "1"), ("LINLI_CONFIG", "x")], &[]).is_ok());
    }

    #[test]
    fn secrets_are_hidden() {
        let settings = read(
            "",
            &[("LINLI_SIGNING_KEY", "hush"), ("LINLI_DATABASE_URL", "postgres://linli:hu@sh@db:5432/linli?password=hush&sslmode=require")],
            &[],
        )
        .unwrap();
        let shown = settings.shown();
        assert!(!shown.contains("hush") && !shown.contains("hu@sh"), "{shown}");
        assert!(shown.contains("postgres://linli:(hidden)@db:5432/linli?password=(hidden)&sslmode=require"), "{shown}");
        assert!(!format!("{settings:?}").contains("hush"));
    }

    #[test]
    fn every_setting_but_the_secret_ones_is_a_flag() {
        let command = Flags::augment_args(Command::new("linli"));
        let matches = command.try_get_matches_from(["linli", "--request-deadline-ms", "100", "--auto-migrate", "false"]).unwrap();
        let flags = Flags::from_arg_matches(&matches).unwrap();
        assert_eq!(flags.0, BTreeMap::from([("request_deadline_ms", "100".to_owned()), ("auto_migrate", "false".to_owned())]));
        assert!(Flags::augment_args(Command::new("linli")).try_get_matches_from(["linli", "--signing-key", "x"]).is_err());
    }
}
