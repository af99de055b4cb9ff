//! What only the operator may ask, on a listener of its own: `/metrics` for Prometheus and `/log-level`.

use crate::{
    health,
    telemetry::LogFilter,
    terminal::{Fault, Outcome},
};
use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer, Resource,
    dev::ServerHandle,
    web::{Data, get, put, resource},
};
use kernel::{Core, Cx, metrics};
use prometheus::{IntGaugeVec, TEXT_FORMAT, TextEncoder, register_int_gauge_vec};
use std::{
    net::{SocketAddr, TcpListener},
    time::{Duration, Instant},
};
use tokio::{sync::Mutex, time::timeout};

/// The database is asked at most this often, however many ask us.
const FRESH: Duration = Duration::from_secs(10);
/// Figures without those of the database are better than none.
const PATIENCE: Duration = Duration::from_secs(2);

/// The listener.
pub(crate) struct Operations {
    handle: ServerHandle,
    pub(crate) address: SocketAddr,
}

struct Desk {
    cx: Cx,
    orders: IntGaugeVec,
    /// When the database was last asked; one asks at a time.
    asked: Mutex<Option<Instant>>,
}

impl Operations {
    /// Listens.
    pub(crate) fn start(listen: &str, core: Core, log: LogFilter) -> Outcome<Self> {
        let listen = address_of(listen);
        let listener = TcpListener::bind(&listen).map_err(|e| Fault(format!("cannot listen on {listen}: {e}")))?;
        let address = listener.local_addr()?;
        let help = format!("Orders by state, for states that lead further; counting stops at {}.", services::order::COUNTED_ORDERS);
        let orders = register_int_gauge_vec!("linli_orders", help, &["state"]);
        let orders = orders.map_err(|e| Fault(e.to_string()))?;
        let desk = Data::new(Desk { cx: Cx::system(core), orders, asked: Mutex::new(None) });
        let server = HttpServer::new(move || {
            let metrics = resource("/metrics").app_data(desk.clone()).route(get().to(get_metrics));
            App::new().service(metrics).service(log_level_of(log.clone()))
        })
        .workers(1)
        .disable_signals()
        .listen(listener)?
        .run();
        let handle = server.handle();
        tokio::spawn(server);
        Ok(Self { handle, address })
    }

    /// Stops at once.
    pub(crate) async fn stop(self) {
        self.handle.stop(false).await;
    }
}

impl Desk {
    /// Asks the database for what only it knows, unless that was done just now.
    async fn refresh(&self) {
        let mut asked = self.asked.lock().await;
        if asked.is_some_and(|then| then.elapsed() < FRESH) {
            return;
        }
        *asked = Some(Instant::now());
        let newest = timeout(PATIENCE, kernel::event::newest(&self.cx)).await;
        let newest = newest.map_err(kernel::Error::internal).flatten();
        metrics::asked(newest.as_ref().ok().copied());
        let counted = match newest {
            Ok(_) => timeout(PATIENCE, services::order::backlog(&self.cx)).await.map_err(kernel::Error::internal).flatten(),
            Err(error) => Err(error),
        };
        // What is not known is not told.
        self.orders.reset();
        match counted {
            Ok(counts) => counts.iter().for_each(|(state, count)| self.orders.with_label_values(&[state.as_str()]).set(*count)),
            Err(error) => tracing::warn!(cause = %Fault::from(error), "figures without those of the database"),
        }
    }
}

async fn get_metrics(desk: Data<Desk>) -> HttpResponse {
    desk.refresh().await;
    metrics::sample();
    match TextEncoder::new().encode_to_string(&prometheus::gather()) {
        Ok(text) => HttpResponse::Ok().content_type(TEXT_FORMAT).body(text),
        Err(error) => HttpResponse::InternalServerError().body(error.to_string()),
    }
}

fn log_level_of(log: LogFilter) -> Resource {
    resource("/log-level").app_data(Data::new(log)).route(get().to(get_log_level)).route(put().to(set_log_level))
}

async fn get_log_level(log: Data<LogFilter>) -> HttpResponse {
    answer(log.told())
}

/// Figures may be asked for from elsewhere; what is logged is decided on this machine.
async fn set_log_level(log: Data<LogFilter>, request: HttpRequest, directives: String) -> HttpResponse {
    if !request.peer_addr().is_some_and(|peer| peer.ip().to_canonical().is_loopback()) {
        return HttpResponse::Forbidden().body("the log level is set from this machine only\n");
    }
    let directives = directives.trim();
    let done = log.set(directives).and_then(|()| log.told());
    if done.is_ok() {
        tracing::warn!(directives, "what is logged has been changed");
    }
    answer(done)
}

fn answer(done: Outcome<String>) -> HttpResponse {
    match done {
        Ok(text) => HttpResponse::Ok().body(format!("{text}\n")),
        Err(fault) => HttpResponse::BadRequest().body(format!("{fault}\n")),
    }
}

/// A port alone is one of this machine.
fn address_of(listen: &str) -> String {
    if listen.bytes().all(|b| b.is_ascii_digit()) { format!("127.0.0.1:{listen}") } else { listen.to_owned() }
}

/// Asks the server that listens here what it logs, or tells it.
pub(crate) fn log_level(listen: &str, directives: Option<&str>) -> Outcome<String> {
    let (method, body) = directives.map_or(("GET", ""), |directives| ("PUT", directives));
    let answer = health::ask(&address_of(listen), method, "/log-level", body)?;
    if answer.status == 200 { Ok(answer.body) } else { Err(Fault(answer.body)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::{TestRequest, call_service, init_service};

    #[tokio::test]
    async fn only_this_machine_says_what_is_logged() {
        let (_layer, log) = LogFilter::of("warn").unwrap();
        let app = init_service(App::new().service(log_level_of(log.clone()))).await;
        let put = async |peer: &str, directives: &'static str| {
            let request = TestRequest::put().uri("/log-level").peer_addr(peer.parse().unwrap()).set_payload(directives);
            call_service(&app, request.to_request()).await.status().as_u16()
        };
        assert_eq!(put("10.0.0.1:5000", "trace").await, 403);
        assert!(log.told().unwrap().ends_with("warn"), "{}", log.told().unwrap());
        assert_eq!(put("127.0.0.1:5000", "debug").await, 200);
        assert_eq!(put("[::ffff:127.0.0.1]:5000", "info").await, 200);
        assert!(log.told().unwrap().ends_with("info"), "{}", log.told().unwrap());
        assert_eq!(put("[::1]:5000", "loud").await, 400);
    }

    #[test]
    fn a_port_alone_is_one_of_this_machine() {
        assert_eq!(address_of("9464"), "127.0.0.1:9464");
        assert_eq!(address_of("10.0.0.5:9464"), "10.0.0.5:9464");
    }
}
