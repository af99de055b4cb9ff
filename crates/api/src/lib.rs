//! The HTTP layer: the only crate that speaks actix-web.
//!
//! A request passes the [`gate`] (request id, contract, sign-in, Idempotency-Key), is taken apart by a
//! handler of ten lines in `v1/`, and is carried out by one function of a domain crate. Refusals become
//! RFC 9457 in [`problem`]. The contract is what the routes say, see [`contract`].

mod batch;
mod body;
mod bounds;
mod call;
mod conditions;
mod contract;
mod deprecation;
mod form;
mod form_body;
#[doc(hidden)]
pub mod fuzzing;
mod gate;
mod links;
mod metrics;
mod older;
mod open311;
mod own_data;
mod parked;
mod prelude;
mod problem;
mod proxy;
mod reader;
mod routes;
mod scopes;
mod sealed;
mod shape;
mod stream;
mod trace;
mod turns;
mod uploads;
mod v1;
mod wish;

pub use proxy::{NoNetwork, TrustedProxy};
pub use sealed::sealed_columns;

use actix_web::{App, HttpServer, dev::ServerHandle, middleware::from_fn, web};
use call::Worker;
use connect::{webhook::Outlet, wechat::Wechat};
use contract::Contract;
use files::Files;
use futures_util::future::BoxFuture;
use identity::Identity;
use kernel::{Core, event::Tail};
use std::{
    net::{SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::sync::watch;
use turns::Turns;
use uploads::Uploads;

/// How the server behaves.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Worker threads.
    pub workers: usize,
    /// After this long a request is answered 503.
    pub request_deadline: Duration,
    /// The most bytes of a body.
    pub body_limit: usize,
    /// The most bytes of a file that is uploaded.
    pub upload_limit: usize,
    /// How long an upload or a batch may take, from its head to its answer.
    pub upload_deadline: Duration,
    /// Bytes of all uploads that are under way at once.
    pub upload_memory: usize,
    /// Where files are kept.
    pub storage: files::Storage,
    /// What files are taken; `upload_limit` bounds their bytes.
    pub file_limits: files::Limits,
    /// Receivers of webhooks within the operator's own network; none unless told.
    pub webhooks_allow: connect::webhook::AllowList,
    /// How WeChat is reached; absent: this server is not connected to it.
    pub wechat: Option<connect::wechat::Setup>,
    /// How long the server says "not ready" before it stops taking connections.
    pub drain: Duration,
    /// How often what programs did is written down.
    pub usage_flush: Duration,
    /// How often a stream of events says that it is alive.
    pub heartbeat: Duration,
    /// Whether `/docs` is served.
    pub docs: bool,
    /// Web origins whose pages may call the API (CORS); none unless told.
    pub allowed_origins: Vec<String>,
    /// Reverse proxies whose `X-Forwarded-For` is believed; none unless told, and then every call comes from its peer.
    pub trusted_proxies: Vec<TrustedProxy>,
}

impl Settings {
    /// The most bytes of a batch: eight bodies.
    #[must_use]
    pub const fn batch_limit(&self) -> usize {
        self.body_limit * 8
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            workers: 2,
            request_deadline: Duration::from_millis(2400),
            body_limit: 256 * 1024,
            upload_limit: 10 << 20,
            upload_deadline: Duration::from_secs(60),
            upload_memory: 64 << 20,
            storage: files::Storage::Memory,
            file_limits: files::Limits::default(),
            webhooks_allow: connect::webhook::AllowList::default(),
            wechat: None,
            drain: Duration::ZERO,
            usage_flush: Duration::from_secs(60),
            heartbeat: Duration::from_secs(15),
            docs: true,
            allowed_origins: Vec::new(),
            trusted_proxies: Vec::new(),
        }
    }
}

/// Opens the database, clock and vault of one worker.
pub type CoreFactory = Arc<dyn Fn() -> BoxFuture<'static, kernel::Result<Core>> + Send + Sync>;

/// Connections that may wait until a worker takes them. The standard library lets 128 wait; whoever comes when they do is not
/// refused but overheard, and tries again after one, three, seven seconds. The system may allow fewer (`net.core.somaxconn`).
const NEWCOMERS: i32 = 4096;

/// What all workers share.
pub struct Shared {
    pub(crate) settings: Settings,
    pub(crate) identity: Arc<Identity>,
    pub(crate) contract: &'static Contract,
    pub(crate) ready: AtomicBool,
    pub(crate) turns: Turns,
    /// The end of the event log.
    pub(crate) tail: Arc<Tail>,
    /// Turns true when whoever waits or streams must come to an end.
    pub(crate) stopping: watch::Sender<bool>,
    pub(crate) uploads: Uploads,
    /// The room of those who bring files before they have said who they are.
    pub(crate) strangers: Uploads,
    pub(crate) files: Arc<Files>,
    /// Where webhooks may be sent.
    pub(crate) outlet: Arc<Outlet>,
    /// WeChat; absent where this server is not connected to it.
    pub(crate) wechat: Option<Arc<Wechat>>,
}

/// A running server.
pub struct Server {
    handle: ServerHandle,
    task: tokio::task::JoinHandle<std::io::Result<()>>,
    address: SocketAddr,
    shared: Arc<Shared>,
    /// Looks at the end of the event log.
    looking: tokio::task::JoinHandle<()>,
    /// Writes down what programs did.
    counting: tokio::task::JoinHandle<()>,
    core: Core,
}

impl Server {
    /// Starts serving on the listener. Needs a tokio runtime around it. Each worker opens a database of its own; through `watching`
    /// the end of the event log is looked at for all of them, by one statement at a time.
    ///
    /// # Errors
    /// When the listener cannot be used.
    pub fn start(
        core_of: CoreFactory,
        watching: Core,
        identity: Arc<Identity>,
        settings: Settings,
        listener: TcpListener,
    ) -> std::io::Result<Self> {
        metrics::list();
        let address = listener.local_addr()?;
        socket2::SockRef::from(&listener).listen(NEWCOMERS)?;
        let workers = settings.workers.max(1);
        let turns = Turns::new(workers);
        let limits = files::Limits { bytes: settings.upload_limit, ..settings.file_limits };
        let files = Arc::new(Files::open(&settings.storage, limits)?);
        let outlet = Arc::new(Outlet::new(settings.webhooks_allow.clone())?);
        let wechat = settings.wechat.clone().map(Wechat::new).transpose()?.map(Arc::new);
        let uploads = Uploads::new(settings.upload_memory.max(settings.upload_limit * 2));
        let strangers = Uploads::new(settings.upload_limit * 2);
        let shared = Arc::new(Shared {
            settings,
            identity,
            contract: Contract::of_this_build(),
            ready: AtomicBool::new(true),
            turns,
            tail: Arc::default(),
            uploads,
            strangers,
            files,
            outlet,
            wechat,
            stopping: watch::Sender::new(false),
        });
        let tail = Arc::clone(&shared.tail);
        let core = watching.clone();
        let looking = tokio::spawn(async move { tail.run(watching).await });
        let counting = tokio::spawn(count(Arc::clone(&shared), core.clone()));
        let for_workers = Arc::clone(&shared);
        let server = HttpServer::new(move || {
            let (core_of, shared) = (Arc::clone(&core_of), Arc::clone(&for_workers));
            let cors = cors(&shared.settings.allowed_origins);
            let mut app = App::new().configure(routes::serve).data_factory(move || {
                let opening = core_of();
                let shared = Arc::clone(&shared);
                async move {
                    opening.await.map(|core| Worker { core, shared }).map_err(|e| tracing::error!(error = %e, "a worker has no database"))
                }
            });
            if for_workers.settings.docs {
                app = app.service(web::redirect("/docs", "/docs/")).service(docs());
            }
            app.wrap(from_fn(gate::gate)).wrap(cors).wrap(actix_web::middleware::Compress::default())
        })
        .workers(workers)
        .client_request_timeout(Duration::from_secs(5))
        .shutdown_timeout(10)
        .disable_signals()
        .listen(listener)?
        .run();
        let handle = server.handle();
        Ok(Self { handle, task: tokio::spawn(server), address, shared, looking, counting, core })
    }

    /// Where its files are.
    #[must_use]
    pub fn files(&self) -> Arc<Files> {
        Arc::clone(&self.shared.files)
    }

    /// Where webhooks may be sent.
    #[must_use]
    pub fn outlet(&self) -> Arc<Outlet> {
        Arc::clone(&self.shared.outlet)
    }

    /// WeChat, where it is connected.
    #[must_use]
    pub fn wechat(&self) -> Option<Arc<Wechat>> {
        self.shared.wechat.clone()
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops gracefully: says "not ready", waits for load balancers to notice, finishes what runs.
    pub async fn stop(self) {
        self.shared.ready.store(false, Ordering::Relaxed);
        tokio::time::sleep(self.shared.settings.drain).await;
        self.shared.stopping.send_replace(true);
        self.handle.stop(true).await;
        self.looking.abort();
        self.counting.abort();
        // The server task has nothing to say that stopping has not said.
        let _ = self.task.await;
        if let Err(error) = self.shared.identity.flush_usage(&self.core).await {
            tracing::warn!(%error, "what programs did since the last time is not written down");
        }
    }
}

/// Writes down what programs did, again and again.
async fn count(shared: Arc<Shared>, core: Core) {
    let mut ticks = tokio::time::interval(shared.settings.usage_flush.max(Duration::from_millis(10)));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    // The first tick comes at once, when there is nothing.
    ticks.tick().await;
    loop {
        ticks.tick().await;
        if let Err(error) = shared.identity.flush_usage(&core).await {
            tracing::warn!(%error, "the usage of programs is written down the next time");
        }
    }
}

/// The lists that can be exported.
#[must_use]
pub fn lists() -> jobs::Lists {
    v1::lists::lists()
}

/// The contract as it is committed in `openapi/linli.json`.
#[must_use]
pub fn openapi() -> String {
    contract::pretty(&contract::document())
}

/// The contract as OpenAPI 3.0, as it is committed in `openapi/linli-3.0.json`.
#[must_use]
pub fn openapi_3_0() -> String {
    contract::pretty(&older::of(contract::document()))
}

fn docs() -> utoipa_swagger_ui::SwaggerUi {
    let config = utoipa_swagger_ui::Config::new(["/api/v1/openapi.json"]).display_operation_id(true).filter(true).validator_url("none");
    utoipa_swagger_ui::SwaggerUi::new("/docs/{_:.*}").config(config)
}

fn cors(origins: &[String]) -> actix_cors::Cors {
    let cors = actix_cors::Cors::default()
        .allowed_methods(["GET", "POST", "DELETE"])
        .allowed_headers([
            "authorization",
            "content-type",
            "accept-language",
            "idempotency-key",
            "if-match",
            "if-none-match",
            "x-request-id",
            "last-event-id",
            "x-api-key",
        ])
        .expose_headers([
            "x-request-id",
            "deprecation",
            "etag",
            "link",
            "ratelimit",
            "ratelimit-policy",
            "retry-after",
            "sunset",
            "idempotency-replayed",
        ])
        .max_age(3600);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}

#[cfg(test)]
mod tests {
    use super::NEWCOMERS;
    use std::{
        net::{TcpListener, TcpStream},
        time::Duration,
    };

    #[test]
    fn many_may_come_at_once() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        socket2::SockRef::from(&listener).listen(NEWCOMERS).unwrap();
        let address = listener.local_addr().unwrap();
        // Nobody takes them, so all wait.
        let waiting: Vec<_> = (0..300).map(|_| TcpStream::connect_timeout(&address, Duration::from_millis(900)).unwrap()).collect();
        assert_eq!(waiting.len(), 300);
    }
}
