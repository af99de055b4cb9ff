//! Log lines on stderr, as text or JSON, and traces for a collector of OpenTelemetry. Both name requests, codes and ids,
//! never people.

use crate::{
    settings::{LogFormat, Settings},
    terminal::{Fault, Outcome},
};
use opentelemetry::{KeyValue, trace::TracerProvider};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::{
    Resource,
    trace::{Sampler, SdkTracerProvider},
};
use std::{
    io::{self, IsTerminal},
    time::Duration,
};
use tracing::{Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{EnvFilter, Layer, Registry, filter::dynamic_filter_fn, fmt, prelude::*, registry::LookupSpan, reload};

/// The database layers tell of every statement; only what goes wrong is worth a line. Spans are no lines.
const QUIET: &str = "sqlx=warn,sea_orm=warn,sea_orm_migration=warn,traces=off";
/// How long the end of the program waits for a collector that does not answer.
const FLUSH: Duration = Duration::from_secs(2);

/// What was started.
pub(crate) struct Telemetry {
    /// What is logged.
    pub(crate) log: LogFilter,
    /// Absent: no traces are exported.
    traces: Option<SdkTracerProvider>,
}

/// What is logged; can be changed while the program runs.
#[derive(Clone)]
pub(crate) struct LogFilter(reload::Handle<EnvFilter, Registry>);

/// Starts logging, and tracing if there is a collector.
pub(crate) fn start(settings: &Settings) -> Outcome<Telemetry> {
    let (filter, log) = LogFilter::of(&settings.log).map_err(|told| Fault(format!("the setting log is refused: {told}")))?;
    let lines = match settings.log_format {
        LogFormat::Text => fmt::layer().with_writer(io::stderr).with_ansi(io::stderr().is_terminal()).boxed(),
        LogFormat::Json => fmt::layer().json().flatten_event(true).with_writer(io::stderr).boxed(),
    };
    let traces = settings.traces_url.as_deref().map(|url| provider(url, settings.traces_ratio)).transpose()?;
    let spans = traces.as_ref().map(spans);
    tracing_subscriber::registry().with(lines.with_filter(filter)).with(spans).try_init().map_err(|e| Fault(e.to_string()))?;
    Ok(Telemetry { log, traces })
}

impl Telemetry {
    /// Sends what is still to be sent.
    pub(crate) fn finish(&self) {
        if let Some(Err(error)) = self.traces.as_ref().map(|traces| traces.shutdown_with_timeout(FLUSH)) {
            tracing::warn!(%error, "the last traces are lost");
        }
    }
}

impl LogFilter {
    /// A filter by these directives, and the handle to change it with.
    pub(crate) fn of(directives: &str) -> Outcome<(reload::Layer<EnvFilter, Registry>, Self)> {
        let (layer, handle) = reload::Layer::new(filter(directives)?);
        Ok((layer, Self(handle)))
    }

    /// The directives in effect.
    pub(crate) fn told(&self) -> Outcome<String> {
        self.0.with_current(ToString::to_string).map_err(|e| Fault(e.to_string()))
    }

    /// Logs by these directives from now on. When they are refused, nothing changes.
    pub(crate) fn set(&self, directives: &str) -> Outcome {
        let filter = filter(directives)?;
        self.0.reload(filter).map_err(|e| Fault(e.to_string()))
    }
}

/// Reads a level or directives. A word alone must be a level: as the name of a module it would turn everything else off,
/// which is what somebody who mistyped `info` would get.
fn filter(directives: &str) -> Outcome<EnvFilter> {
    let mut all = QUIET.to_owned();
    for word in directives.split(',').map(str::trim) {
        if word.is_empty() || (!word.contains(['=', '[']) && word.parse::<LevelFilter>().is_err()) {
            return Err(Fault(format!("{word:?} is no level: off, error, warn, info, debug or trace, or module=level")));
        }
        all = format!("{all},{word}");
    }
    EnvFilter::builder().parse(all).map_err(|e| Fault(e.to_string()))
}

/// Sends spans to the collector at this URL, from a thread of its own.
fn provider(url: &str, ratio: f64) -> Outcome<SdkTracerProvider> {
    let refused = |e: &dyn std::fmt::Display| Fault(format!("the setting traces_url is refused: {e}"));
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(url)
        .with_timeout(Duration::from_secs(5))
        .build()
        .map_err(|e| refused(&e))?;
    let resource =
        Resource::builder().with_service_name("linli").with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    Ok(SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(ratio))))
        .with_resource(resource.build())
        .build())
}

/// Requests, and what belongs to one.
fn spans<S: Subscriber + for<'a> LookupSpan<'a>>(provider: &SdkTracerProvider) -> impl Layer<S> + use<S> {
    let wanted = dynamic_filter_fn(|metadata, context| {
        metadata.is_span()
            && metadata.target() == kernel::trace::TARGET
            && (metadata.name() == "request" || context.lookup_current().is_some())
    });
    tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("linli"))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        .with_filter(wanted)
}

#[cfg(test)]
mod tests {
    use super::filter;

    #[test]
    fn a_filter_is_a_level_or_names_modules() {
        for good in ["info", "WARN", "off", "info,api=debug", "warn, sqlx=info", "info,api[request]=trace"] {
            assert!(filter(good).is_ok(), "{good}");
        }
        for bad in ["", "infoo", "info,api", "api=loud", "info,,debug"] {
            assert!(filter(bad).is_err(), "{bad}");
        }
    }
}
