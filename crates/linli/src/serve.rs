//! `linli serve`: from a folder that may be empty to a server that answers, and back again.

use crate::{
    database, demo, health, keys,
    operations::Operations,
    settings::Settings,
    telemetry::LogFilter,
    terminal::{Outcome, say},
    volumes, worker,
};
use kernel::{
    Core,
    db::{Db, Pool},
};
use sea_orm::DbBackend;
use secrecy::{ExposeSecret, SecretString};
use std::{net::TcpListener, sync::Arc, time::Duration};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
};

/// How much of a demo.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Demo {
    /// What there is when the server starts.
    Small,
    /// The same, and while it serves all that makes it as large as the places it shows.
    Whole,
}

/// Serves until it is told to stop.
pub(crate) async fn run(settings: &Settings, demo: Option<Demo>, log: LogFilter) -> Outcome {
    let with_demo = demo.is_some();
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let url = if with_demo { demo_url(settings) } else { settings.database_url.clone() };
    // Every connection is a descriptor, and a service is usually granted 1,024 unless it asks for all that it may have:
    // as many idle sockets would then keep everybody else out.
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::warn!(%error, "the limit of open files stays as it is");
    }
    let identity = Arc::new(keys::identity(settings)?);
    let core = database::open(settings, &url, keys::vault(settings)?).await?;
    let seeded = if with_demo { Some(demo::seed(&core).await?) } else { None };
    let setup_token = if with_demo { None } else { identity::ensure_setup_token(&core).await? };

    let listener =
        TcpListener::bind(&settings.listen).map_err(|e| crate::terminal::Fault(format!("cannot listen on {}: {e}", settings.listen)))?;
    let operations = match &settings.operations_listen {
        // A database of its own: one connection, and the time limit of all others.
        Some(listen) => Some(Operations::start(listen, core_of(1, &url, &core)().await?, log)?),
        None => None,
    };
    let watching = core_of(1, &url, &core)().await?;
    let server = api::Server::start(core_of(settings.database_connections, &url, &core), watching, identity, of_api(settings), listener)?;
    let base = format!("http://{}", health::reachable(server.address()));
    let mut text = format!("Linli {} listens on {base}\nDocumentation: {base}/docs/\n", env!("CARGO_PKG_VERSION"));
    if let Some(operations) = &operations {
        text.push_str(&format!("For operators: http://{}/metrics\n", health::reachable(operations.address)));
    }
    if let Some(token) = setup_token {
        text.push_str(&setup_text(&base, &token));
    }
    if let Some(report) = seeded {
        text.push_str(&report.to_string());
    }
    say(&text)?;

    // What makes the demo large comes while it is used.
    let filling = (demo == Some(Demo::Whole)).then(|| {
        let core = core.clone();
        tokio::spawn(async move {
            if let Err(error) = volumes::fill_demo(&core, true).await {
                tracing::warn!(%error, "the demo is not as large as it should be, until the next start");
            }
        })
    });
    let kept = chrono::Duration::days(settings.webhook_days.into());
    let kept = worker::Kept { webhooks: kept, jobs: chrono::Duration::days(settings.job_days.into()) };
    let worker = tokio::spawn(worker::run(core.clone(), server.files(), kept, settings.purge_hours));
    let stopping = watch::Sender::new(false);
    let webhooks = tokio::spawn(connect::webhook::run(core.clone(), server.outlet(), stopping.subscribe()));
    let wechat = server.wechat().map(|wechat| tokio::spawn(connect::wechat::run(core.clone(), wechat, stopping.subscribe())));
    let jobs = jobs::run(core.clone(), server.files(), api::lists(), jobs::Limits::default(), stopping.subscribe());
    let jobs = tokio::spawn(jobs);
    let hotlines = tokio::spawn(connect::hotline::run(core.clone(), server.outlet(), stopping.subscribe()));
    first_of(&mut terminate, &mut interrupt).await;
    tracing::info!("stopping");
    tokio::spawn(async move {
        first_of(&mut terminate, &mut interrupt).await;
        // Told twice: somebody does not want to wait for what is still running.
        std::process::exit(1);
    });
    worker.abort();
    if let Some(filling) = filling {
        filling.abort();
    }
    stopping.send_replace(true);
    server.stop().await;
    // They have waited for what was under way, and have nothing to say.
    let _ = webhooks.await;
    if let Some(wechat) = wechat {
        // What it has not written down is done again by whoever is there in a minute.
        wechat.abort();
    }
    let _ = hotlines.await;
    // What a job has not finished is taken up again by whoever is there in a minute.
    jobs.abort();
    if let Some(operations) = operations {
        operations.stop().await;
    }
    core.db.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// The demo has a database of its own, unless one is named.
pub(crate) fn demo_url(settings: &Settings) -> SecretString {
    if settings.chosen("database_url") { settings.database_url.clone() } else { settings.sqlite_in_data_dir("demo.db") }
}

async fn first_of(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

fn of_api(settings: &Settings) -> api::Settings {
    api::Settings {
        workers: settings.workers,
        request_deadline: Duration::from_millis(settings.request_deadline_ms),
        body_limit: settings.body_limit_bytes,
        upload_limit: settings.upload_limit_bytes,
        upload_deadline: Duration::from_secs(settings.upload_deadline_seconds),
        upload_memory: 64 << 20,
        storage: storage(settings),
        file_limits: files::Limits {
            bytes: settings.upload_limit_bytes,
            pixels: settings.picture_pixels_limit,
            per_day: settings.uploads_per_day,
            at_once: settings.workers,
        },
        webhooks_allow: settings.webhooks_allow.0.clone(),
        wechat: settings.wechat(),
        drain: Duration::from_secs(settings.drain_seconds),
        docs: true,
        allowed_origins: settings
            .allowed_origins
            .iter()
            .flat_map(|list| list.split(','))
            .map(str::trim)
            .filter(|origin| !origin.is_empty())
            .map(str::to_owned)
            .collect(),
        trusted_proxies: settings.trusted_proxies.0.clone(),
        ..api::Settings::default()
    }
}

/// Where files are kept: in the bucket, if there is one.
pub(crate) fn storage(settings: &Settings) -> files::Storage {
    let (Some(endpoint), Some(key_id), Some(secret)) = (&settings.s3_endpoint, &settings.s3_key_id, &settings.s3_secret) else {
        return files::Storage::Folder(settings.files_dir.clone());
    };
    files::Storage::S3(files::S3 {
        endpoint: endpoint.clone(),
        bucket: settings.s3_bucket.clone(),
        region: settings.s3_region.clone(),
        key_id: key_id.clone(),
        secret: secret.expose_secret().to_owned(),
    })
}

/// What each worker works with: on SQLite all share the one writer, on PostgreSQL each has a pool.
fn core_of(connections: u32, url: &SecretString, core: &Core) -> api::CoreFactory {
    let (url, core) = (url.clone(), core.clone());
    let pool = Pool { connections, patient: false };
    Arc::new(move || {
        let (url, core) = (url.clone(), core.clone());
        Box::pin(async move {
            match core.db.backend() {
                DbBackend::Postgres => Ok(Core { db: Db::connect(url.expose_secret(), pool).await?, ..core }),
                _ => Ok(core),
            }
        })
    })
}

fn setup_text(base: &str, token: &str) -> String {
    format!(
        "\nThere is no account yet. Make the first administrator with this set-up token, which works once:\n\n  {token}\n\n  \
         curl {base}/api/v1/setup -H 'Content-Type: application/json' \\\n    \
         -d '{{\"token\":\"{token}\",\"name\":\"admin\",\"password\":\"CHOOSE-A-LONG-ONE\",\"display_name\":\"Administrator\"}}'\n"
    )
}
