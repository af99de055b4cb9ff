//! What the server counts about HTTP, for Prometheus: beside `kernel::metrics`, in the same registry.

use actix_web::http::{Method, StatusCode};
use kernel::Code;
use prometheus::{
    HistogramVec, IntCounterVec, IntGauge, register_histogram_vec, register_int_counter_vec, register_int_gauge, register_int_gauge_vec,
};
use std::{sync::LazyLock, time::Duration};

/// Seconds; a request that takes longer than 2.4 is refused, unless set otherwise.
const LATENCIES: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5];

struct Families {
    requests: IntCounterVec,
    latency: HistogramVec,
    in_flight: IntGauge,
    problems: IntCounterVec,
}

static FAMILIES: LazyLock<Families> = LazyLock::new(|| {
    let register = || -> prometheus::Result<Families> {
        let build = register_int_gauge_vec!("linli_build_info", "The version that runs; always 1.", &["version"])?;
        build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        let problems = register_int_counter_vec!("linli_problems_total", "Refused requests by error code.", &["code"])?;
        // A rate needs to see a counter before it moves.
        for code in Code::ALL {
            problems.with_label_values(&[code.as_str()]);
        }
        Ok(Families {
            requests: register_int_counter_vec!(
                "linli_http_requests_total",
                "Answered requests by operation, method and class of status.",
                &["operation", "method", "status"]
            )?,
            latency: register_histogram_vec!(
                "linli_http_request_duration_seconds",
                "Time from the head of a request to its answer by operation.",
                &["operation"],
                LATENCIES.to_vec()
            )?,
            in_flight: register_int_gauge!("linli_http_requests_in_flight", "Requests that are being worked on.")?,
            problems,
        })
    };
    register().expect("the names of the metrics are valid and differ")
});

/// Lists what needs no request to be listed. Called when a server starts.
pub(crate) fn list() {
    LazyLock::force(&FAMILIES);
}

/// A request is being worked on until this is dropped, also when its client goes away.
pub(crate) struct InFlight;

impl InFlight {
    pub(crate) fn begin() -> Self {
        FAMILIES.in_flight.inc();
        Self
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        FAMILIES.in_flight.dec();
    }
}

/// A request was answered. The operation is that of the contract, or `docs`, or `none`.
pub(crate) fn answered(operation: &str, method: &Method, status: StatusCode, time: Duration) {
    FAMILIES.requests.with_label_values(&[operation, word(method), class(status)]).inc();
    FAMILIES.latency.with_label_values(&[operation]).observe(time.as_secs_f64());
}

/// A request was refused.
pub(crate) fn refused(code: Code) {
    FAMILIES.problems.with_label_values(&[code.as_str()]).inc();
}

/// A client may invent methods; the figures have none that the product does not know.
fn word(method: &Method) -> &str {
    match *method {
        Method::GET | Method::POST | Method::DELETE => method.as_str(),
        _ => "other",
    }
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        ..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    }
}
