//! Traces reach a collector, name the request and not the person, and stay away when nobody asked for them.

use crate::{Folder, Served, client};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::any_value::Value,
    trace::v1::{Span, span::SpanKind, status::StatusCode},
};
use prost::Message;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

/// Receives OTLP over HTTP for as long as somebody listens.
fn collector() -> (String, Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1/traces", listener.local_addr().unwrap());
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") && stream.read_line(&mut head).unwrap() > 0 {}
            assert!(head.starts_with("POST /v1/traces HTTP/1.1\r\n") && head.contains("application/x-protobuf"), "{head}");
            let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
            let mut body = vec![0; length.unwrap()];
            stream.read_exact(&mut body).unwrap();
            stream.get_mut().write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
            if sender.send(body).is_err() {
                return;
            }
        }
    });
    (url, receiver)
}

fn attribute<'a>(span: &'a Span, name: &str) -> Option<&'a Value> {
    span.attributes.iter().find(|a| a.key == name)?.value.as_ref()?.value.as_ref()
}

fn text<'a>(span: &'a Span, name: &str) -> &'a str {
    match attribute(span, name) {
        Some(Value::StringValue(text)) => text,
        other => panic!("{name} is {other:?} in {span:?}"),
    }
}

#[tokio::test]
async fn a_request_leaves_a_span_with_its_statements() {
    let (url, received) = collector();
    let folder = Folder::new();
    let served = Served::start(&folder, &["--traces-url", &url]);
    let ask = |path: &str, id: &str| client().get(format!("{}{path}", served.base)).header("x-request-id", id);
    let linked = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
    assert_eq!(ask("/readyz", "one").header("traceparent", linked).send().await.unwrap().status(), 200);
    let body = r#"{"name":"zhangxiaolan","password":"a-secret-13800138000"}"#;
    let sign_in = client().post(format!("{}/api/v1/sessions", served.base)).header("content-type", "application/json").body(body);
    assert_eq!(sign_in.header("x-request-id", "two").send().await.unwrap().status(), 401);
    assert_eq!(served.stop(), 0, "and sends what is still to be sent");

    let mut spans = Vec::new();
    while let Ok(body) = received.recv_timeout(Duration::from_millis(200)) {
        for secret in ["zhangxiaolan", "13800138000"] {
            assert!(!body.windows(secret.len()).any(|w| w == secret.as_bytes()), "the span names {secret}");
        }
        for resource in ExportTraceServiceRequest::decode(&*body).unwrap().resource_spans {
            let service = resource.resource.unwrap().attributes.into_iter().find(|a| a.key == "service.name").unwrap();
            assert_eq!(service.value.unwrap().value, Some(Value::StringValue("linli".to_owned())));
            spans.extend(resource.scope_spans.into_iter().flat_map(|scope| scope.spans));
        }
    }
    let request = |id: &str| {
        let found = spans.iter().find(|s| attribute(s, "linli.request_id") == Some(&Value::StringValue(id.to_owned())));
        found.unwrap_or_else(|| panic!("no span of {id} in {spans:?}"))
    };
    let one = request("one");
    assert_eq!((one.name.as_str(), one.kind()), ("get_readyz", SpanKind::Server));
    assert_eq!((text(one, "http.route"), text(one, "http.request.method")), ("/readyz", "GET"));
    assert_eq!(attribute(one, "http.response.status_code"), Some(&Value::IntValue(200)));
    assert!(one.parent_span_id.is_empty(), "the caller's trace is not joined");
    assert_ne!(hex(&one.trace_id), "4bf92f3577b34da6a3ce929d0e0e4736");
    let links: Vec<_> = one.links.iter().map(|l| (hex(&l.trace_id), hex(&l.span_id))).collect();
    assert_eq!(links, [("4bf92f3577b34da6a3ce929d0e0e4736".to_owned(), "00f067aa0ba902b7".to_owned())], "but linked");
    let ping = spans.iter().find(|s| s.parent_span_id == one.span_id).expect("its statement");
    assert_eq!((ping.kind(), text(ping, "db.query.text"), text(ping, "db.system.name")), (SpanKind::Client, "SELECT 1", "sqlite"));

    let two = request("two");
    assert_eq!(two.name, "sign_in");
    assert!(two.status.as_ref().is_none_or(|s| s.code() == StatusCode::Unset), "a refusal is no fault of the server");
    let mut statements = spans.iter().filter(|s| s.parent_span_id == two.span_id);
    assert!(statements.any(|s| text(s, "db.query.text").contains("\"accounts\"")), "{spans:?}");
    let all_requests = spans.iter().filter(|s| s.parent_span_id.is_empty()).all(|s| s.kind() == SpanKind::Server);
    assert!(all_requests, "what belongs to no request leaves no span");
}

#[tokio::test]
async fn nobody_is_asked_for_more_than_their_share() {
    let (url, received) = collector();
    let folder = Folder::new();
    let served = Served::start(&folder, &["--traces-url", &url, "--traces-ratio", "0"]);
    // The flag asks to be sampled: it is not for the caller to say.
    let sampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let answer = client().get(format!("{}/livez", served.base)).header("traceparent", sampled).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(served.stop(), 0);
    assert!(received.recv_timeout(Duration::from_millis(200)).is_err(), "nothing was sent");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
