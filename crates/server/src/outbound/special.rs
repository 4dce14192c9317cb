//! Addresses that are nobody's public server. From the IANA registries of special-purpose addresses:
//! <https://www.iana.org/assignments/iana-ipv4-special-registry> and
//! <https://www.iana.org/assignments/iana-ipv6-special-registry> (every block that is not "globally reachable", or
//! whose reachability is that of another address inside of it), the IPv4 multicast registry (RFC 5771), and the
//! IPv6 address space registry, of which only `2000::/3` is handed out as global unicast.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(a: u16, b: u16, c: u16, d: u16, prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0), prefix)
}

/// IPv4 blocks and what they are for.
const V4: &[(Ipv4Net, &str)] = &[
    (v4(0, 0, 0, 0, 8), "this network (RFC 791)"),
    (v4(10, 0, 0, 0, 8), "private use (RFC 1918)"),
    (v4(100, 64, 0, 0, 10), "shared address space of carriers (RFC 6598)"),
    (v4(127, 0, 0, 0, 8), "loopback (RFC 1122)"),
    (v4(169, 254, 0, 0, 16), "link-local (RFC 3927)"),
    (v4(172, 16, 0, 0, 12), "private use (RFC 1918)"),
    (v4(192, 0, 0, 0, 24), "protocol assignments (RFC 6890)"),
    (v4(192, 0, 2, 0, 24), "documentation (RFC 5737)"),
    (v4(192, 31, 196, 0, 24), "AS112 sink (RFC 7535)"),
    (v4(192, 52, 193, 0, 24), "multicast tunnels (RFC 7450)"),
    (v4(192, 88, 99, 0, 24), "deprecated 6to4 relays (RFC 7526)"),
    (v4(192, 168, 0, 0, 16), "private use (RFC 1918)"),
    (v4(192, 175, 48, 0, 24), "AS112 sink (RFC 7534)"),
    (v4(198, 18, 0, 0, 15), "benchmarking (RFC 2544)"),
    (v4(198, 51, 100, 0, 24), "documentation (RFC 5737)"),
    (v4(203, 0, 113, 0, 24), "documentation (RFC 5737)"),
    (v4(224, 0, 0, 0, 4), "multicast (RFC 5771)"),
    (v4(240, 0, 0, 0, 4), "reserved, and broadcast (RFC 1112, RFC 919)"),
];

/// IPv6 blocks inside of `2000::/3` and what they are for.
const V6: &[(Ipv6Net, &str)] = &[
    (v6(0x2001, 0, 0, 0, 23), "protocol assignments (RFC 2928): Teredo, benchmarking, ORCHID and others"),
    (v6(0x2001, 0x0db8, 0, 0, 32), "documentation (RFC 3849)"),
    (v6(0x2002, 0, 0, 0, 16), "6to4 (RFC 3056)"),
    (v6(0x2620, 0x004f, 0x8000, 0, 48), "AS112 sink (RFC 7534)"),
    (v6(0x3fff, 0, 0, 0, 20), "documentation (RFC 9637)"),
];

/// The only part of the IPv6 space that is handed out as global unicast.
const GLOBAL_UNICAST: Ipv6Net = v6(0x2000, 0, 0, 0, 3);

/// Blocks that no setting opens: what answers there gives away a machine's credentials, or is no single machine.
const NEVER_V4: &[(Ipv4Net, &str)] = &[
    (v4(0, 0, 0, 0, 8), "this network"),
    // 169.254.169.254 of nearly every cloud, 169.254.170.2 and .23 of container credentials.
    (v4(169, 254, 0, 0, 16), "link-local, where clouds serve credentials"),
    (v4(100, 100, 100, 200, 32), "a cloud's metadata service"),
    (v4(168, 63, 129, 16, 32), "a cloud's metadata service"),
    (v4(192, 0, 0, 192, 32), "a cloud's metadata service"),
    (v4(224, 0, 0, 0, 4), "multicast"),
    (v4(240, 0, 0, 0, 4), "reserved, and broadcast"),
];

/// The same for IPv6.
const NEVER_V6: &[(Ipv6Net, &str)] = &[
    (v6(0, 0, 0, 0, 128), "the unspecified address"),
    (v6(0xfd00, 0x0ec2, 0, 0, 32), "a cloud's metadata service"),
    (v6(0xfd20, 0x00ce, 0, 0, 32), "a cloud's metadata service"),
    (v6(0xfe80, 0, 0, 0, 10), "link-local, where clouds serve credentials"),
    (v6(0xff00, 0, 0, 0, 8), "multicast"),
];

/// Why an address is not a public server's; `None` for one that is.
pub(super) fn special(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => within_v4(V4, address),
        IpAddr::V6(address) if !GLOBAL_UNICAST.contains(&address) => Some("outside of global unicast (RFC 4291)"),
        IpAddr::V6(address) => within_v6(V6, address),
    }
    .or_else(|| never(address))
}

/// Why an address is refused whatever the settings say.
pub(super) fn never(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => within_v4(NEVER_V4, address),
        IpAddr::V6(address) => within_v6(NEVER_V6, address),
    }
}

fn within_v4(table: &[(Ipv4Net, &'static str)], address: Ipv4Addr) -> Option<&'static str> {
    table.iter().find(|(block, _)| block.contains(&address)).map(|(_, what)| *what)
}

fn within_v6(table: &[(Ipv6Net, &'static str)], address: Ipv6Addr) -> Option<&'static str> {
    table.iter().find(|(block, _)| block.contains(&address)).map(|(_, what)| *what)
}

/// The IPv4 address that an IPv6 address leads to: translated or tunnelled, it is that machine which answers.
pub(super) fn inner(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let from = |a: u16, b: u16| Ipv4Addr::from(u32::from(a) << 16 | u32::from(b));
    match address.segments() {
        // ::1 and :: are themselves; the rest is "IPv4-compatible" (RFC 4291).
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0 | 0xffff, a, b] // IPv4-compatible and IPv4-mapped (RFC 4291)
        | [0, 0, 0, 0, 0xffff, 0, a, b] // IPv4-translated (RFC 2765)
        | [0x64, 0xff9b, 0, 0, 0, 0, a, b] // NAT64 (RFC 6052)
        | [0x2002, a, b, ..] => Some(from(a, b)), // 6to4 (RFC 3056)
        [0x2001, 0, .., a, b] => Some(from(!a, !b)), // Teredo (RFC 4380) hides it inverted
        _ => None,
    }
}
