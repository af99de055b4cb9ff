//! Asks a running server, over plain TCP: for the health check of a container that has no other client, and for
//! `linli log-level`.

use crate::terminal::{Fault, Outcome};
use std::{
    io::{Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs},
    time::Duration,
};

const PATIENCE: Duration = Duration::from_secs(3);

/// What a server said.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// Asks the server that listens here whether it is ready.
pub(crate) fn ready(listen: &str) -> Outcome {
    match ask(listen, "GET", "/readyz", "")?.status {
        200 => Ok(()),
        status => Err(Fault(format!("not ready: status {status}"))),
    }
}

/// Asks the server that listens here.
pub(crate) fn ask(listen: &str, method: &str, path: &str, body: &str) -> Outcome<Answer> {
    let address = listen.to_socket_addrs()?.next().ok_or_else(|| Fault(format!("{listen} is no address")))?;
    let told = conversation(reachable(address), method, path, body).map_err(|e| Fault(format!("no answer from {listen}: {e}")))?;
    // "HTTP/1.1 200 OK", headers, an empty line, the body.
    let (head, body) = told.split_once("\r\n\r\n").unwrap_or((&told, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| Fault(format!("{listen} does not speak HTTP")))?;
    Ok(Answer { status, body: body.to_owned() })
}

/// Who listens on every address is asked on the loopback one.
pub(crate) fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}

fn conversation(address: SocketAddr, method: &str, path: &str, body: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len())?;
    let mut answer = String::new();
    stream.take(64 * 1024).read_to_string(&mut answer)?;
    Ok(answer)
}
