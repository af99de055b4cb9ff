//! What is hardly HTTP any more: lengths that lie, two requests in one, lines that a parser might read differently.
//!
//! Whoever reads such a request differently from the proxy before it carries out what nobody sent. So it is refused, or
//! the connection is closed, and the order that hides in it is never placed.

use super::{contents, is_unchanged};
use crate::orders::lamp;
use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};
use testkit::{Backend, World};

/// Sends bytes and reads what comes, until the server closes or has been silent for a while.
fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    // It may close before it has read everything.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => answer.extend_from_slice(&buffer[..count]),
            Err(e) if [ErrorKind::WouldBlock, ErrorKind::TimedOut, ErrorKind::ConnectionReset].contains(&e.kind()) => break,
            Err(e) => panic!("{e}"),
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// The statuses in what came back.
fn statuses(answer: &str) -> Vec<u16> {
    answer.split("HTTP/1.1 ").skip(1).filter_map(|rest| rest.get(..3)?.parse().ok()).collect()
}

/// Requests that are broken in one thing; `order` is one that would be carried out.
fn broken(token: &str, order: &str) -> Vec<(&'static str, Vec<u8>)> {
    let head = format!("POST /api/v1/orders HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n");
    let hidden = format!("{head}content-length: {}\r\nconnection: close\r\n\r\n{order}", order.len());
    let with = |more: &str, body: &str| format!("{head}{more}\r\n\r\n{body}").into_bytes();
    let line = |line: &str| format!("{line}\r\nhost: x\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n").into_bytes();
    let length = order.len();
    vec![
        ("a negative length", with("content-length: -1", order)),
        ("a length with a sign", with(&format!("content-length: +{length}"), order)),
        ("a length in hexadecimal", with("content-length: 0x10", order)),
        ("a length that is no number", with("content-length: abc", order)),
        ("an empty length", with("content-length:", order)),
        ("a length beyond all numbers", with("content-length: 99999999999999999999999", order)),
        ("two lengths", with(&format!("content-length: {length}\r\ncontent-length: 2"), order)),
        ("two lengths in one line", with(&format!("content-length: {length}, {length}"), order)),
        ("no length", with("connection: close", order)),
        ("a length too short", with("content-length: 5\r\nconnection: close", order)),
        ("length and chunks", with("content-length: 4\r\ntransfer-encoding: chunked", &format!("0\r\n\r\n{hidden}"))),
        ("chunks and length", with(&format!("transfer-encoding: chunked\r\ncontent-length: {length}"), &format!("0\r\n\r\n{hidden}"))),
        ("an encoding that nobody knows", with("transfer-encoding: xchunked", &format!("0\r\n\r\n{hidden}"))),
        ("chunks that are not the last", with("transfer-encoding: chunked, gzip", &format!("0\r\n\r\n{hidden}"))),
        ("identity", with(&format!("transfer-encoding: identity\r\ncontent-length: {length}"), &hidden)),
        ("a space before the colon", with("transfer-encoding : chunked", &format!("0\r\n\r\n{hidden}"))),
        ("a folded line", with("transfer-encoding:\r\n chunked", &format!("0\r\n\r\n{hidden}"))),
        ("a chunk of no size", with("transfer-encoding: chunked", "ZZ\r\n{}\r\n0\r\n\r\n")),
        ("a chunk of negative size", with("transfer-encoding: chunked", "-2\r\n{}\r\n0\r\n\r\n")),
        ("a chunk beyond all sizes", with("transfer-encoding: chunked", "FFFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n")),
        ("a chunk that does not end", with("transfer-encoding: chunked\r\nconnection: close", "2\r\n{}XX0\r\n\r\n")),
        ("a header with U+0000", with("x-a: a\0b", order)),
        ("a header without a colon", with("nonsense", order)),
        ("a name with a space", with("x y: z", order)),
        ("a header of 200 KiB", with(&format!("x-a: {}", "a".repeat(200 << 10)), order)),
        ("a thousand headers", with(&"x-a: a\r\n".repeat(1000), order)),
        ("only line feeds", hidden.replace("\r\n", "\n").replace("POST", "post").into_bytes()),
        ("a method in lower case", hidden.replacen("POST", "post", 1).into_bytes()),
        ("a method of another trade", line("PROPFIND /api/v1/orders HTTP/1.1")),
        ("HTTP/0.9", b"GET /api/v1/me\r\n".to_vec()),
        ("HTTP/3.0", line("GET /api/v1/me HTTP/3.0")),
        ("no HTTP", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec()),
        ("HTTP/2 without asking", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec()),
        ("an asterisk", line("GET * HTTP/1.1")),
        ("a space in the path", line("GET /api/v1/ me HTTP/1.1")),
        ("U+0000 in the path", line("GET /api/v1/me\0 HTTP/1.1")),
        ("a byte that is no text in the path", [b"GET /api/v1/\xff HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".as_slice()].concat()),
        ("a way up", line("GET /api/v1/../../etc/passwd HTTP/1.1")),
        ("another host in the path", line("GET http://evil.example/api/v1/nothing HTTP/1.1")),
        ("a tunnel", line("CONNECT evil.example:443 HTTP/1.1")),
        ("nothing", b"\r\n\r\n\r\n".to_vec()),
    ]
}

async fn a_request_is_read_in_one_way_or_not_at_all(world: World) {
    let zhang = world.person("zhang");
    let order = lamp().to_string();
    let before = contents(&world).await;
    let requests = broken(&zhang.token(), &order);
    let address = zhang.address();
    let mut wrong = Vec::new();
    let exchanges: Vec<_> =
        requests.into_iter().map(|(what, bytes)| (what, tokio::task::spawn_blocking(move || exchange(address, &bytes)))).collect();
    for (what, exchange) in exchanges {
        let answer = exchange.await.unwrap();
        let told = statuses(&answer);
        if told.iter().any(|status| !(400..500).contains(status)) {
            wrong.push(format!("{what}: {told:?} {:.400}", answer));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    is_unchanged("a request that is none", &before, &contents(&world).await);
    // The same request in order.
    zhang.post("/orders").body("application/json", order).send().await.expect(201);
}

/// Nothing of it gets as far as the database: once is enough.
#[test]
fn what_is_hardly_http() {
    testkit::run(Backend::Sqlite, a_request_is_read_in_one_way_or_not_at_all);
}
