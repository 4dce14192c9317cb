//! Where the server may connect to: an address book of refusals, with the exceptions that an operator names.

use std::net::{IpAddr, Ipv6Addr};
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;
use url::{Host, Url};

use super::special;

/// Longest address, in bytes.
pub const LONGEST_URL: usize = 2_048;

/// What an operator can say about outgoing connections.
#[derive(Clone, Debug)]
pub struct OutboundSettings {
    /// Receivers that may be reached although their addresses are not public. Nobody, by default.
    pub allow: Vec<Allowed>,
    /// Ports that may be called.
    pub ports: Vec<RangeInclusive<u16>>,
    /// Whether `http://` may be called, too.
    pub http: bool,
    /// For a connection with its handshake.
    pub connect: Duration,
    /// Requests that are on their way at once.
    pub at_once: usize,
    /// Of those, to one host.
    pub at_once_to_a_host: usize,
}

impl Default for OutboundSettings {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            ports: vec![443..=443],
            http: false,
            connect: Duration::from_secs(5),
            at_once: 64,
            at_once_to_a_host: 4,
        }
    }
}

/// An exception: a block of addresses, a host name, or `*.` with the end of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// `10.20.0.0/16`, `10.20.0.7`, `fd12::/48`.
    Block(IpNet),
    /// `hooks.internal`: whatever it resolves to, metadata addresses excepted.
    Name(String),
    /// `*.corp.example.com`: names that end so.
    Below(String),
}

impl FromStr for Allowed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Block(address.into()));
        }
        if let Ok(block) = text.parse::<IpNet>() {
            return Ok(Self::Block(block.trunc()));
        }
        let wrong = || format!("{text:?} is no address, block such as 10.20.0.0/16, or host name");
        let (below, name) = match text.strip_prefix("*.") {
            Some(name) => (true, name),
            None => (false, text),
        };
        match Host::parse(name) {
            Ok(Host::Domain(name)) if !name.contains('*') => {
                let name = name.trim_end_matches('.').to_owned();
                Ok(if below { Self::Below(format!(".{name}")) } else { Self::Name(name) })
            }
            _ => Err(wrong()),
        }
    }
}

/// Why something may not be called. What a name resolves to is not told: that is the operator's, not the tenant's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not an address at all, or one with parts that have no place in it.
    #[error("{0}")]
    Malformed(&'static str),
    /// Another scheme than those that are allowed.
    #[error("{0}:// may not be called; write https://")]
    Scheme(String),
    /// A port that is not allowed.
    #[error("port {0} may not be called; an operator allows ports with YARDARM_OUTBOUND_PORTS")]
    Port(u16),
    /// An address that is written out and not public.
    #[error("{0} may not be called: {1}; an operator allows addresses with YARDARM_OUTBOUND_ALLOW")]
    Address(IpAddr, &'static str),
    /// A name whose addresses are all of them not public.
    #[error("{0} has no public address now; an operator allows others with YARDARM_OUTBOUND_ALLOW")]
    NoPublicAddress(String),
    /// A name that was not found now. In the same words: whoever calls it is not told which.
    #[error("{0} has no public address now; an operator allows others with YARDARM_OUTBOUND_ALLOW")]
    NotFound(String),
}

/// Something that may be called, as far as can be said without looking names up. Made by [`Policy::target`] only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target(Url);

impl Target {
    /// The address in normal form.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
    pub(super) fn url(&self) -> &Url {
        &self.0
    }
    /// Host and port: whom the limit for one host is about.
    pub(super) fn authority(&self) -> String {
        format!("{}:{}", self.0.host_str().unwrap_or_default(), self.0.port_or_known_default().unwrap_or_default())
    }
}

/// The settings as a judge.
#[derive(Debug)]
pub(super) struct Policy {
    allow: Vec<Allowed>,
    ports: Vec<RangeInclusive<u16>>,
    http: bool,
}

impl Policy {
    pub(super) fn new(settings: &OutboundSettings) -> Self {
        Self { allow: settings.allow.clone(), ports: settings.ports.clone(), http: settings.http }
    }

    /// Reads an address the way the connection will (decimal, octal and hexadecimal forms, full-width digits and
    /// percent signs are gone after that) and judges what it says.
    pub(super) fn target(&self, text: &str) -> Result<Target, Refused> {
        if text.len() > LONGEST_URL {
            return Err(Refused::Malformed("an address has at most 2048 bytes"));
        }
        // Parsers drop these in silence, each at other places.
        if text.contains(|c: char| c.is_control() || c.is_whitespace() || c == '\\') {
            return Err(Refused::Malformed("an address has no spaces, control characters or backslashes"));
        }
        let url =
            Url::parse(text).map_err(|_| Refused::Malformed("this is no address such as https://example.com/hook"))?;
        if !(url.scheme() == "https" || url.scheme() == "http" && self.http) {
            return Err(Refused::Scheme(url.scheme().to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::Malformed("an address holds no user name and no password"));
        }
        if url.fragment().is_some() {
            return Err(Refused::Malformed("an address that is called has no part after #"));
        }
        let port = url.port_or_known_default().unwrap_or(0);
        if !self.ports.iter().any(|range| range.contains(&port)) {
            return Err(Refused::Port(port));
        }
        let written_out = match url.host() {
            None | Some(Host::Domain("")) => return Err(Refused::Malformed("an address has a host")),
            Some(Host::Domain(_)) => None,
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
        };
        if let Some(address) = written_out {
            self.address(address, "").map_err(|why| Refused::Address(address, why))?;
        }
        Ok(Target(url))
    }

    /// Whether the address of a host (empty: the address itself was written) may be connected to, or why not.
    pub(super) fn address(&self, address: IpAddr, host: &str) -> Result<(), &'static str> {
        if let Some(why) = special::never(address) {
            return Err(why);
        }
        if let IpAddr::V6(outer) = address
            && let Some(inner) = special::inner(outer)
        {
            // A mapped address is the IPv4 address itself; the others are ways to it that have to be allowed, too.
            if !is_mapped(outer) && !self.excepts(address, host) {
                return Err("a tunnel or translation to an IPv4 address");
            }
            return self.address(IpAddr::V4(inner), host);
        }
        match special::special(address) {
            Some(why) if !self.excepts(address, host) => Err(why),
            _ => Ok(()),
        }
    }

    fn excepts(&self, address: IpAddr, host: &str) -> bool {
        let host = host.trim_end_matches('.');
        self.allow.iter().any(|allowed| match allowed {
            Allowed::Block(block) => block.contains(&address),
            Allowed::Name(name) => name == host,
            Allowed::Below(end) => host.len() > end.len() && host.ends_with(end.as_str()),
        })
    }
}

fn is_mapped(address: Ipv6Addr) -> bool {
    address.to_ipv4_mapped().is_some()
}
