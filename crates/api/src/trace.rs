//! The span of a request, for OpenTelemetry. While no traces are exported nobody wants it, and it costs a look at a flag.

use actix_web::http::{Method, StatusCode, header::HeaderMap};
use kernel::trace::TARGET;
use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};
use tracing::{Span, field::Empty};
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The span of a request. A `traceparent` becomes a link: anybody can write one, so it neither chooses the trace nor
/// whether there is one.
pub(crate) fn request(headers: &HeaderMap, method: &Method, operation: &str, route: &str) -> Span {
    let span = tracing::info_span!(
        target: TARGET,
        parent: None,
        "request",
        otel.name = operation,
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method.as_str(),
        http.route = route,
        http.response.status_code = Empty,
        linli.request_id = Empty,
    );
    if !span.is_disabled()
        && let Some(caller) = headers.get("traceparent").and_then(|value| value.to_str().ok()).and_then(caller)
    {
        span.add_link(caller);
    }
    span
}

/// Says what came of it.
pub(crate) fn answered(span: &Span, request_id: &str, status: StatusCode) {
    span.record("linli.request_id", request_id);
    span.record("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
}

/// Who called, from a `traceparent` of W3C Trace Context: `00-<trace>-<span>-<flags>`.
fn caller(traceparent: &str) -> Option<SpanContext> {
    let mut parts = traceparent.split('-');
    let hex = |part: Option<&str>, length: usize| {
        part.filter(|p| p.len() == length && p.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))).map(str::to_owned)
    };
    let version = hex(parts.next(), 2)?;
    let trace = TraceId::from_hex(&hex(parts.next(), 32)?).ok()?;
    let span = SpanId::from_hex(&hex(parts.next(), 16)?).ok()?;
    let flags = u8::from_str_radix(&hex(parts.next(), 2)?, 16).ok()?;
    // Later versions may say more.
    if version == "ff" || (version == "00" && parts.next().is_some()) {
        return None;
    }
    let caller = SpanContext::new(trace, span, TraceFlags::new(flags), true, TraceState::default());
    caller.is_valid().then_some(caller)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceparent_is_read_as_the_standard_says() {
        let told = caller("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").expect("the example of the standard");
        assert_eq!(told.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(told.span_id().to_string(), "00f067aa0ba902b7");
        assert!(told.is_remote() && told.is_sampled());
        assert!(caller("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more").is_some());
        for bad in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b-01",
        ] {
            assert!(caller(bad).is_none(), "{bad}");
        }
    }
}
