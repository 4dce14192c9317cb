//! Whose request it is, as far as it can be believed: the peer's address, or what trusted proxies say about it.

use std::net::{IpAddr, SocketAddr};
use std::sync::Once;

use http::HeaderMap;
use http::header::FORWARDED;
use ipnet::IpNet;

/// Proxies in a row that are looked at.
const MOST_HOPS: usize = 32;

/// A network, or one address: `10.0.0.0/8`, `192.0.2.7`.
pub fn network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    text.parse::<IpNet>()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map(|network| network.trunc())
        .map_err(|_| format!("{text:?} is neither an address nor a network: 10.0.0.7, 10.0.0.0/8 or fd00::/8"))
}

/// The client's address; `None` when the trusted proxies did not say it, so that a load balancer's own address is never
/// taken for a client's.
///
/// `X-Forwarded-For` is read from the right, as far as each hop is believed; where there is none, `Forwarded` (RFC 7239). A
/// peer that is no trusted proxy is the client, whatever it says.
pub fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> Option<IpAddr> {
    let believed = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
    let mut client = peer.to_canonical();
    if !believed(client) {
        warn_of_proxy(client, headers);
        return Some(client);
    }
    for hop in hops(headers).into_iter().rev().take(MOST_HOPS) {
        client = hop?;
        if !believed(client) {
            return Some(client);
        }
    }
    None
}

/// What a budget is for: an address, or the network that one customer is given in IPv6.
pub(crate) fn budget_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => IpNet::new(v6.into(), 64).map_or(address, |network| network.trunc().addr()),
        IpAddr::V4(_) => address,
    }
}

/// From the farthest to the nearest; `None` for one that cannot be read.
fn hops(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let lines = |name| headers.get_all(name).iter().map(|value| value.to_str().unwrap_or("?"));
    let mut hops: Vec<_> = lines("x-forwarded-for").flat_map(|line| line.split(',')).map(host).collect();
    if hops.is_empty() {
        hops = lines(FORWARDED.as_str()).flat_map(|line| line.split(',')).map(forwarded_for).collect();
    }
    hops
}

/// `for=192.0.2.60;proto=http`, `for="[2001:db8::1]:4711"`. Names that hide somebody (`unknown`, `_x`) are no address.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let mut pairs = element.split(';').filter_map(|pair| pair.trim().split_once('='));
    let (_, node) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))?;
    host(node.trim().trim_matches('"'))
}

/// An address with or without a port and brackets.
fn host(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

/// Behind a proxy that is not trusted, everybody has the proxy's address: said once, because it is a setting.
fn warn_of_proxy(peer: IpAddr, headers: &HeaderMap) {
    static SAID: Once = Once::new();
    let private = match peer {
        IpAddr::V4(v4) => v4.is_private(),
        IpAddr::V6(v6) => v6.is_unique_local(),
    };
    if private && (headers.contains_key("x-forwarded-for") || headers.contains_key(FORWARDED)) {
        SAID.call_once(|| {
            tracing::warn!(%peer, "a proxy forwards requests and is not in trusted_proxies: all its clients count as one address");
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn asked(peer: &str, lines: &[(&'static str, &'static str)]) -> Option<IpAddr> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, http::HeaderValue::from_static(value));
        }
        let trusted = ["10.0.0.0/8", "192.0.2.7", "fd00::/8"].map(|text| network(text).unwrap());
        client_address(ip(peer), &headers, &trusted)
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        const XFF: &str = "x-forwarded-for";
        let client = Some(ip("1.2.3.4"));
        for (peer, lines, expected) in [
            ("1.2.3.4", &[][..], client),
            ("1.2.3.4", &[(XFF, "6.6.6.6"), ("forwarded", "for=6.6.6.6")], client),
            ("10.1.2.3", &[(XFF, "1.2.3.4")], client),
            ("::ffff:10.1.2.3", &[(XFF, "::ffff:1.2.3.4")], client),
            ("192.0.2.7", &[(XFF, "6.6.6.6, 1.2.3.4, 10.9.9.9")], client),
            ("10.1.2.3", &[(XFF, "6.6.6.6"), (XFF, "1.2.3.4")], client),
            ("10.1.2.3", &[(XFF, "6.6.6.6,1.2.3.4:55123")], client),
            ("fd00::1", &[(XFF, "[2001:db8::1]:443")], Some(ip("2001:db8::1"))),
            ("10.1.2.3", &[("forwarded", "for=6.6.6.6, For=\"1.2.3.4:1\";proto=https;by=10.1.2.3")], client),
            ("10.1.2.3", &[("forwarded", "proto=https;for=\"[2001:db8::1]\"")], Some(ip("2001:db8::1"))),
            ("10.1.2.3", &[(XFF, "1.2.3.4"), ("forwarded", "for=6.6.6.6")], client),
            // A proxy's own address is nobody's.
            ("10.1.2.3", &[], None),
            ("10.1.2.3", &[(XFF, "10.9.9.9")], None),
            ("10.1.2.3", &[(XFF, "")], None),
            ("10.1.2.3", &[(XFF, "6.6.6.6, rubbish")], None),
            ("10.1.2.3", &[("forwarded", "for=unknown")], None),
            ("10.1.2.3", &[("forwarded", "for=_hidden")], None),
            ("10.1.2.3", &[("forwarded", "proto=https")], None),
            ("192.0.2.8", &[(XFF, "1.2.3.4")], Some(ip("192.0.2.8"))),
        ] {
            assert_eq!(asked(peer, lines), expected, "{peer} {lines:?}");
        }
    }

    #[test]
    fn networks_and_budgets() {
        assert_eq!(network(" 10.1.2.3/8 ").unwrap().to_string(), "10.0.0.0/8");
        assert_eq!(network("10.1.2.3").unwrap().to_string(), "10.1.2.3/32");
        for wrong in ["", "10.0.0.0/33", "proxy", "10.0.0"] {
            assert!(network(wrong).is_err(), "{wrong}");
        }
        assert_eq!(budget_of(ip("2001:db8:1:2:3:4:5:6")), budget_of(ip("2001:db8:1:2::")));
        assert_ne!(budget_of(ip("2001:db8:1:2::")), budget_of(ip("2001:db8:1:3::")));
        assert_ne!(budget_of(ip("192.0.2.1")), budget_of(ip("192.0.2.2")));
    }
}
