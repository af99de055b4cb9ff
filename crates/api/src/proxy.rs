//! Whom a call comes from when reverse proxies (反向代理) stand before the server.
//!
//! A proxy adds the address that it saw to the right of `X-Forwarded-For`. Whatever stands further left came
//! in with the request, and a client can write anything there. So the header is read from the right,
//! and only as long as who wrote the entry is trusted: the first address that is not trusted is the client.

use actix_web::http::header::{HeaderMap, HeaderName};
use ipnet::IpNet;
use std::{
    fmt,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    str::FromStr,
};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// A proxy whose word is taken, or a network of them: `10.0.0.7`, `10.0.0.0/8`, `fd00::/8`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TrustedProxy(IpNet);

impl fmt::Display for TrustedProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// That a text names neither an address nor a network.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoNetwork;

impl fmt::Display for NoNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is neither an IP address nor a network such as 10.0.0.0/8")
    }
}

impl std::error::Error for NoNetwork {}

impl FromStr for TrustedProxy {
    type Err = NoNetwork;

    fn from_str(text: &str) -> Result<Self, NoNetwork> {
        let address = text.parse::<IpAddr>().ok().map(|ip| IpNet::from(ip.to_canonical()));
        address.or_else(|| text.parse().ok()).map(Self).ok_or(NoNetwork)
    }
}

/// The client that a call of this peer comes from. The peer itself, unless it is trusted.
pub(crate) fn client_ip(peer: IpAddr, headers: &HeaderMap, trusted: &[TrustedProxy]) -> IpAddr {
    let is_trusted = |ip: &IpAddr| trusted.iter().any(|proxy| proxy.0.contains(ip));
    let mut client = peer.to_canonical();
    // Several header lines are one list. What is no address ends it: nothing left of it can be believed, and
    // the last address that can be stands in for the client.
    for line in headers.get_all(FORWARDED_FOR).collect::<Vec<_>>().into_iter().rev() {
        for entry in line.as_bytes().rsplit(|byte| *byte == b',') {
            if !is_trusted(&client) {
                return client;
            }
            match address(entry) {
                Some(ip) => client = ip,
                None => return client,
            }
        }
    }
    client
}

/// How the client speaks to us: a trusted proxy may have taken the encryption off.
pub(crate) fn scheme(peer: Option<IpAddr>, headers: &HeaderMap, trusted: &[TrustedProxy]) -> &'static str {
    let believed = peer.is_some_and(|peer| trusted.iter().any(|proxy| proxy.0.contains(&peer.to_canonical())));
    let told = headers.get(FORWARDED_PROTO).filter(|_| believed).map(|proto| proto.as_bytes());
    if told.is_some_and(|proto| proto.eq_ignore_ascii_case(b"https")) { "https" } else { "http" }
}

/// What is counted for a client: its address, or in IPv6 its /64, because whoever has one has 2^64 addresses.
pub(crate) fn network(client: IpAddr) -> IpAddr {
    match client {
        IpAddr::V4(_) => client,
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

/// An address, as proxies write it: some add the port.
fn address(entry: &[u8]) -> Option<IpAddr> {
    let entry = std::str::from_utf8(entry).ok()?.trim();
    let bare = || entry.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || entry.parse().ok().map(|a: SocketAddr| a.ip());
    entry.parse().ok().or_else(with_port).or_else(bare).map(|ip| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    fn client(peer: &str, lines: &[&str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        let trusted: Vec<_> = trusted.iter().map(|text| text.parse().unwrap()).collect();
        client_ip(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn nobody_is_believed_unless_trusted() {
        assert_eq!(client("203.0.113.5", &["198.51.100.1"], &[]), "203.0.113.5");
        assert_eq!(client("203.0.113.5", &["198.51.100.1"], &["10.0.0.0/8"]), "203.0.113.5");
        assert_eq!(client("10.0.0.1", &["198.51.100.1"], &[]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &[], &["10.0.0.1"]), "10.0.0.1");
    }

    #[test]
    fn the_client_is_the_rightmost_address_that_is_not_trusted() {
        let trusted = ["10.0.0.0/8", "192.0.2.9"];
        assert_eq!(client("10.0.0.1", &["198.51.100.1"], &trusted), "198.51.100.1");
        assert_eq!(client("10.0.0.1", &["198.51.100.1, 192.0.2.9 ,10.9.9.9"], &trusted), "198.51.100.1");
        // A chain of proxies that nobody from outside stands before.
        assert_eq!(client("10.0.0.1", &["10.2.2.2, 192.0.2.9"], &trusted), "10.2.2.2");
    }

    #[test]
    fn what_a_client_writes_itself_does_not_count() {
        let trusted = ["10.0.0.0/8"];
        for spoofed in ["1.1.1.1", "10.0.0.2", "10.0.0.2, 10.0.0.3", "unknown", "", ",,,", "1.1.1.1, <script>", "127.0.0.1, ::1", "\u{80}"]
        {
            assert_eq!(client("10.0.0.1", &[&format!("{spoofed}, 203.0.113.5")], &trusted), "203.0.113.5", "{spoofed}");
            // A line of its own, before that of the proxy.
            assert_eq!(client("10.0.0.1", &[spoofed, "203.0.113.5"], &trusted), "203.0.113.5", "{spoofed}");
        }
    }

    #[test]
    fn what_cannot_be_read_ends_the_list() {
        let trusted = ["10.0.0.0/8"];
        for junk in ["unknown", "", "_hidden", "203.0.113.500", "203.0.113.0/24", "203.0.113.5:x", "é"] {
            assert_eq!(client("10.0.0.1", &[&format!("1.1.1.1, {junk}, 10.0.0.2")], &trusted), "10.0.0.2", "{junk}");
        }
    }

    #[test]
    fn addresses_are_read_however_they_are_written() {
        let trusted = ["10.0.0.1", "fd00::/8"];
        // A server on [::] sees its IPv4 peers in IPv6.
        assert_eq!(client("::ffff:10.0.0.1", &["::ffff:203.0.113.5"], &trusted), "203.0.113.5");
        assert_eq!(client("::ffff:203.0.113.5", &["1.1.1.1"], &trusted), "203.0.113.5");
        assert_eq!(client("fd00::1", &["203.0.113.5:4711"], &trusted), "203.0.113.5");
        assert_eq!(client("fd00::1", &["[2001:db8::1]:4711"], &trusted), "2001:db8::1");
        assert_eq!(client("fd00::1", &["[2001:db8::1]"], &trusted), "2001:db8::1");
        assert_eq!(client("fd00::1", &["2001:db8::1"], &trusted), "2001:db8::1");
    }

    #[test]
    fn only_a_trusted_proxy_says_that_it_is_encrypted() {
        let told = |peer: &str, proto: &str| {
            let mut headers = HeaderMap::new();
            headers.append(FORWARDED_PROTO, HeaderValue::from_str(proto).unwrap());
            scheme(Some(peer.parse().unwrap()), &headers, &["10.0.0.0/8".parse().unwrap()])
        };
        assert_eq!((told("10.0.0.1", "https"), told("10.0.0.1", "http"), told("203.0.113.5", "https")), ("https", "http", "http"));
        assert_eq!(scheme(None, &HeaderMap::new(), &[]), "http");
    }

    #[test]
    fn a_line_is_counted_once_whatever_address_it_takes() {
        let counted = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!((counted("203.0.113.5"), counted("203.0.113.6")), ("203.0.113.5".to_owned(), "203.0.113.6".to_owned()));
        assert_eq!(counted("2001:db8:1:2:aaaa::1"), "2001:db8:1:2::");
        assert_eq!(counted("2001:db8:1:2:ffff:ffff:ffff:ffff"), counted("2001:db8:1:2::"));
        assert_ne!(counted("2001:db8:1:3::"), counted("2001:db8:1:2::"));
    }

    #[test]
    fn a_proxy_is_an_address_or_a_network() {
        for fine in ["10.0.0.1", "10.0.0.0/8", "10.1.2.3/8", "::1", "fd00::/8", "::ffff:10.0.0.1", "0.0.0.0/0"] {
            assert!(fine.parse::<TrustedProxy>().is_ok(), "{fine}");
        }
        for bad in ["", "proxy", "10.0.0.0/33", "10.0.0", "10.0.0.1:80", "10.0.0.0/8/8", " 10.0.0.1"] {
            assert_eq!(bad.parse::<TrustedProxy>(), Err(NoNetwork), "{bad}");
        }
    }
}
