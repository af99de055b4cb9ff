//! Asks a running server whether it is ready, over plain TCP: for the health check of a container
//! that has no other client.

use crate::terminal::{Fault, Outcome};
use std::{
    io::{Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs},
    time::Duration,
};

const PATIENCE: Duration = Duration::from_secs(3);

/// Asks the server that listens here.
pub(crate) fn ask(listen: &str) -> Outcome {
    let address = listen.to_socket_addrs()?.next().ok_or_else(|| Fault(format!("{listen} is no address")))?;
    let status = status_of(reachable(address)).map_err(|e| Fault(format!("no answer from {listen}: {e}")))?;
    if status == "200" { Ok(()) } else { Err(Fault(format!("not ready: status {status}"))) }
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

fn status_of(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(stream, "GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    // "HTTP/1.1 200 OK": what follows does not matter.
    stream.take(64).read_to_string(&mut answer)?;
    Ok(answer.split(' ').nth(1).unwrap_or_default().to_owned())
}
