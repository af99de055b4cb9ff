//! The way out: where messages may be sent, and how.
//!
//! An endpoint is an address that somebody typed in; it must not become a way into the operator's own network. So what
//! counts is the address that is connected to. A host that is an address is looked at as it is; a name is resolved by
//! [`Guard`], which gives the connection nothing but what it has looked at, and is asked anew for each connection. A name
//! that leads out today and in tomorrow leads nowhere. Redirects are not followed.

use futures_util::future::BoxFuture;
use ipnet::IpNet;
use reqwest::{
    Client, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect,
};
use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
    str::FromStr,
    sync::{Arc, LazyLock},
    time::Duration,
};

/// How long a receiver has, from the first byte of the connection to its answer.
pub const DEADLINE: Duration = Duration::from_secs(15);
const USER_AGENT: &str = concat!("Linli-Webhooks/", env!("CARGO_PKG_VERSION"));

/// Networks that are not the public internet, after the special-purpose registries of IANA (RFC 6890), and Azure's own
/// address, which is public and leads inward.
const INWARD: [&str; 17] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "168.63.129.16/32",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/3",
];
/// Of IPv6 only what is given out is public, and of that not what carries IPv4 (Teredo, 6to4) and what is for documents.
const OUTWARD_6: &str = "2000::/3";
const INWARD_6: [&str; 4] = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"];

static NETWORKS: LazyLock<(Vec<IpNet>, Vec<IpNet>)> = LazyLock::new(|| {
    let all = |list: &[&str]| list.iter().filter_map(|net| net.parse().ok()).collect();
    (all(&[&INWARD[..], &INWARD_6[..]].concat()), all(&[OUTWARD_6]))
});

/// Whether an address lies in the public internet.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    let address = address.to_canonical();
    let (inward, outward_6) = &*NETWORKS;
    let within = |nets: &[IpNet]| nets.iter().any(|net| net.contains(&address));
    !within(inward) && (address.is_ipv4() || within(outward_6))
}

/// Ports of services that understand more of a request than they should.
const PORTS_OF_OTHERS: [u16; 10] = [1433, 1521, 2375, 2379, 3306, 5432, 6379, 9200, 11211, 27017];

/// Receivers within one's own network that the operator allows: networks and hosts. To them HTTP without TLS is allowed too, at any
/// port.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AllowList {
    networks: Vec<IpNet>,
    hosts: Vec<String>,
}

impl FromStr for AllowList {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut list = Self::default();
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            if let Ok(network) = entry.parse() {
                list.networks.push(network);
            } else if let Ok(address) = entry.parse::<IpAddr>() {
                list.networks.push(address.into());
            } else if entry.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b)) {
                list.hosts.push(plain(entry));
            } else {
                return Err(format!("{entry} is neither a network (10.1.0.0/16) nor a host"));
            }
        }
        Ok(list)
    }
}

impl fmt::Display for AllowList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<String> = self.networks.iter().map(ToString::to_string).chain(self.hosts.iter().cloned()).collect();
        f.write_str(&all.join(", "))
    }
}

impl AllowList {
    fn names(&self, host: &str) -> bool {
        self.hosts.contains(&plain(host))
    }

    fn holds(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|net| net.contains(&address.to_canonical()))
    }
}

/// A name as it is compared: `Example.org.` is `example.org`.
fn plain(host: &str) -> String {
    host.trim_end_matches('.').to_ascii_lowercase()
}

/// Turns names into addresses; the tests have one that changes its mind.
pub trait Names: Send + Sync {
    /// The addresses of a host.
    fn addresses(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// The names of the system.
#[derive(Debug)]
pub struct SystemNames;

impl Names for SystemNames {
    fn addresses(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.map(|a| a.ip()).collect()) })
    }
}

/// An address that nothing is sent to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refused(String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

/// Looks at where a name leads, for each connection anew.
#[derive(Clone)]
struct Guard {
    allow: Arc<AllowList>,
    names: Arc<dyn Names>,
}

impl Guard {
    /// The addresses of a name, if all of them may be connected to.
    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, Box<dyn std::error::Error + Send + Sync>> {
        let addresses = self.names.addresses(host.to_owned()).await?;
        let free = self.allow.names(host);
        match addresses.iter().find(|address| !free && !is_public(**address) && !self.allow.holds(**address)) {
            Some(_) => Err(Refused("the name leads to an address that is not public".to_owned()).into()),
            None => Ok(addresses),
        }
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let addresses = guard.addresses(name.as_str()).await?;
            Ok(Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}

/// The way out. One for the whole process.
#[derive(Clone)]
pub struct Outlet {
    guard: Guard,
    client: Client,
}

impl fmt::Debug for Outlet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outlet({})", self.guard.allow)
    }
}

impl Outlet {
    /// With the names of the system.
    ///
    /// # Errors
    /// When no client can be made.
    pub fn new(allow: AllowList) -> io::Result<Self> {
        Self::with(allow, Arc::new(SystemNames), DEADLINE)
    }

    /// With other names, and another deadline.
    ///
    /// # Errors
    /// When no client can be made.
    pub fn with(allow: AllowList, names: Arc<dyn Names>, deadline: Duration) -> io::Result<Self> {
        kernel::tls::install();
        let guard = Guard { allow: Arc::new(allow), names };
        let client = Client::builder()
            .dns_resolver(guard.clone())
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            // A proxy would connect in our place, and nobody would look at where.
            .no_proxy()
            .referer(false)
            .timeout(deadline)
            .pool_idle_timeout(Duration::from_secs(30))
            .user_agent(USER_AGENT)
            .build()
            .map_err(io::Error::other)?;
        Ok(Self { guard, client })
    }

    pub(crate) const fn client(&self) -> &Client {
        &self.client
    }

    /// Reads an address, and says what is against it as far as it can be told without resolving a name.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn read(&self, text: &str) -> Result<Url, Refused> {
        let refused = |reason: &str| Err(Refused(reason.to_owned()));
        let url: Url = text.parse().map_err(|e| Refused(format!("it is no address: {e}")))?;
        let Some(host) = url.host_str().filter(|host| !host.is_empty()) else { return refused("there is no host in it") };
        if !matches!(url.scheme(), "https" | "http") {
            return refused("it must begin with https://");
        }
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return refused("no user, password or fragment may stand in it");
        }
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
        let allow = &self.guard.allow;
        let name = plain(host);
        if allow.names(host) || address.is_some_and(|a| allow.holds(a)) || (address.is_none() && !allow.networks.is_empty() && inner(&name))
        {
            return Ok(url);
        }
        match address {
            Some(address) if !is_public(address) => return refused("the address is not public"),
            None if inner(&name) => return refused("the name is one of the inner network"),
            _ => {}
        }
        if url.scheme() != "https" {
            return refused("it must begin with https://");
        }
        if url.port().is_some_and(|port| port < 1024 || PORTS_OF_OTHERS.contains(&port)) {
            return refused("the port belongs to another service");
        }
        Ok(url)
    }

    /// The same, and where the name leads now, so that whoever types it in is told at once. A name that cannot be resolved yet passes.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn examine(&self, text: &str) -> Result<Url, Refused> {
        let url = self.read(text)?;
        let host = url.host_str().unwrap_or_default();
        if host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_err() {
            let looked = tokio::time::timeout(Duration::from_secs(1), self.guard.addresses(host)).await;
            if let Ok(Err(error)) = looked
                && let Some(refused) = error.downcast_ref::<Refused>()
            {
                return Err(refused.clone());
            }
        }
        Ok(url)
    }
}

/// Names that never lead into the public internet. They pass when the operator allows networks, because these are looked at when the
/// name is resolved.
fn inner(name: &str) -> bool {
    !name.contains('.') && !name.contains(':')
        || [".localhost", ".local", ".internal", ".home.arpa", ".lan"].iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn every_network_of_the_table_is_one() {
        assert_eq!(NETWORKS.0.len(), INWARD.len() + INWARD_6.len());
        assert_eq!(NETWORKS.1.len(), 1);
    }

    #[test]
    fn what_is_not_the_public_internet() {
        for inward in [
            "127.0.0.1",
            "127.255.255.254",
            "0.0.0.0",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "240.0.0.1",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.1.2.3",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "2002:7f00:1::",
            "100::1",
            "3fff::1",
            "5f00::1",
        ] {
            assert!(!is_public(ip(inward)), "{inward}");
        }
        for outward in ["1.1.1.1", "114.114.114.114", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2400:3200::1", "::ffff:8.8.8.8"] {
            assert!(is_public(ip(outward)), "{outward}");
        }
    }

    fn outlet(allow: &str) -> Outlet {
        Outlet::new(allow.parse().unwrap()).unwrap()
    }

    #[test]
    fn an_address_that_points_inward_is_refused_however_it_is_written() {
        let outlet = outlet("");
        for url in [
            "https://127.0.0.1/",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f000001/",
            "https://0177.0.0.1/",
            "https://0/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:a9fe:a9fe]/",
            "https://169.254.169.254/latest/meta-data/",
            "https://10.1.2.3/",
            "https://localhost/",
            "https://localhost./",
            "https://LOCALHOST/",
            "https://a.localhost/",
            "https://printer/",
            "https://db.internal/",
            "https://nas.local/",
            "https://user:pass@example.org/",
            "https://user@example.org/",
            "https://example.org/#x",
            "http://example.org/",
            "ftp://example.org/",
            "file:///etc/passwd",
            "gopher://example.org/",
            "https://example.org:22/",
            "https://example.org:6379/",
            "https://example.org:80/",
            "https://",
            "",
            "example.org",
            "https://１２７.0.0.1/",
            "https://127。0。0。1/",
        ] {
            assert!(outlet.read(url).is_err(), "{url}");
        }
        for url in [
            "https://example.org/hook",
            "https://example.org:8443/",
            "https://1.1.1.1/",
            "https://[2606:4700::1111]/",
            "https://例子.中国/",
        ] {
            assert!(outlet.read(url).is_ok(), "{url}");
        }
    }

    #[test]
    fn what_the_operator_allows_is_allowed_and_no_more() {
        let outlet = outlet("10.1.0.0/16, 127.0.0.1, Hooks.example.org");
        for url in [
            "http://10.1.2.3/",
            "http://127.0.0.1:9120/",
            "http://hooks.example.org:81/",
            "http://HOOKS.example.org./",
            "http://[::ffff:127.0.0.1]/",
        ] {
            assert!(outlet.read(url).is_ok(), "{url}");
        }
        for url in ["http://10.2.0.1/", "http://127.0.0.2/", "http://example.org/", "https://192.168.0.1/", "http://x.hooks.example.org/"] {
            assert!(outlet.read(url).is_err(), "{url}");
        }
        assert!("10.0.0.0/40".parse::<AllowList>().is_err() && "http://x".parse::<AllowList>().is_err());
    }
}
