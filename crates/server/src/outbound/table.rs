//! Addresses and what becomes of them.

use super::policy::Policy;
use super::{Allowed, OutboundSettings, Refused};

fn policy(allow: &[&str]) -> Policy {
    let allow = allow.iter().map(|text| text.parse::<Allowed>().unwrap()).collect();
    Policy::new(&OutboundSettings { allow, ..OutboundSettings::default() })
}

fn refused(text: &str) -> &'static str {
    match policy(&[]).target(text) {
        Ok(_) => "ok",
        Err(Refused::Malformed(_)) => "malformed",
        Err(Refused::Scheme(_)) => "scheme",
        Err(Refused::Port(_)) => "port",
        Err(Refused::Address(..)) => "address",
        Err(Refused::NoPublicAddress(_) | Refused::NotFound(_)) => "name",
    }
}

#[test]
fn addresses_as_they_are_written() {
    const CASES: &[(&str, &str)] = &[
        ("https://example.com", "ok"),
        ("https://example.com/hook?a=b", "ok"),
        ("https://example.com:443/", "ok"),
        ("HTTPS://EXAMPLE.com/", "ok"),
        ("https://bücher.example/", "ok"),
        ("https://93.184.215.14/", "ok"),
        ("https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/", "ok"),
        // Other schemes, ports and parts.
        ("http://example.com/", "scheme"),
        ("ftp://example.com/", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("gopher://example.com/", "scheme"),
        ("data:text/plain,a", "scheme"),
        ("javascript:alert(1)", "scheme"),
        ("https://example.com:22/", "port"),
        ("https://example.com:8443/", "port"),
        ("https://example.com:0/", "port"),
        ("https://example.com:99999/", "malformed"),
        ("https://user@example.com/", "malformed"),
        ("https://user:password@example.com/", "malformed"),
        ("https://example.com@127.0.0.1/", "malformed"),
        ("https://example.com/#part", "malformed"),
        ("https://", "malformed"),
        ("https:///", "malformed"),
        ("example.com", "malformed"),
        ("//example.com", "malformed"),
        ("", "malformed"),
        ("https://exa mple.com/", "malformed"),
        ("https://example.com/\r\nHost: other", "malformed"),
        ("https://example.com\\@127.0.0.1/", "malformed"),
        ("https://example.com\t/", "malformed"),
        // Loopback in every spelling.
        ("https://127.0.0.1/", "address"),
        ("https://127.0.0.1./", "address"),
        ("https://127.1/", "address"),
        ("https://2130706433/", "address"),
        ("https://017700000001/", "address"),
        ("https://0x7f000001/", "address"),
        ("https://0x7f.0.0.1/", "address"),
        ("https://0177.0.0.01/", "address"),
        ("https://127.0.0.0x1/", "address"),
        ("https://%31%32%37.0.0.1/", "address"),
        ("https://１２７.０.０.１/", "address"),
        ("https://①②⑦.0.0.1/", "address"),
        ("https://127。0。0。1/", "address"),
        ("https://[::1]/", "address"),
        ("https://[0:0:0:0:0:0:0:1]/", "address"),
        ("https://[::ffff:127.0.0.1]/", "address"),
        ("https://[::ffff:7f00:1]/", "address"),
        ("https://[::127.0.0.1]/", "address"),
        ("https://[::ffff:0:127.0.0.1]/", "address"),
        ("https://[64:ff9b::127.0.0.1]/", "address"),
        ("https://[2002:7f00:1::]/", "address"),
        ("https://[2001:0:4136:e378:8000:63bf:80ff:fffe]/", "address"),
        // No address at all.
        ("https://256.0.0.1/", "malformed"),
        ("https://4294967296/", "malformed"),
        ("https://1.2.3.4.5/", "malformed"),
        ("https://[fe80::1%25eth0]/", "malformed"),
        ("https://[fe80::1%eth0]/", "malformed"),
        ("https://[::1/", "malformed"),
        // The rest of the private and special world.
        ("https://0/", "address"),
        ("https://0.0.0.0/", "address"),
        ("https://10.0.0.1/", "address"),
        ("https://169.254.169.254/latest/meta-data/", "address"),
        ("https://2852039166/", "address"),
        ("https://[::ffff:169.254.169.254]/", "address"),
        ("https://[fd00:ec2::254]/", "address"),
        ("https://168.63.129.16/", "address"),
        ("https://100.100.100.200/", "address"),
    ];
    for (text, expected) in CASES {
        assert_eq!(refused(text), *expected, "{text}");
    }
    assert_eq!(refused(&format!("https://example.com/{}", "a".repeat(2_048))), "malformed");
}

#[test]
fn the_first_and_the_last_address_of_each_block_and_their_neighbours() {
    const SPECIAL: &[&str] = &[
        "0.0.0.0",
        "0.255.255.255",
        "10.0.0.0",
        "10.255.255.255",
        "100.64.0.0",
        "100.127.255.255",
        "127.0.0.0",
        "127.255.255.255",
        "169.254.0.0",
        "169.254.255.255",
        "172.16.0.0",
        "172.31.255.255",
        "192.0.0.0",
        "192.0.0.255",
        "192.0.2.0",
        "192.0.2.255",
        "192.31.196.1",
        "192.52.193.1",
        "192.88.99.1",
        "192.168.0.0",
        "192.168.255.255",
        "192.175.48.1",
        "198.18.0.0",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::2",
        "::ffff:10.0.0.1",
        "64:ff9b::808:808",
        "64:ff9b:1::1",
        "100::1",
        "100:0:0:1::1",
        "2001::1",
        "2001:1::1",
        "2001:2::1",
        "2001:20::1",
        "2001:1ff:ffff::1",
        "2001:db8::1",
        "2002::1",
        "2002:808:808::1",
        "2620:4f:8000::1",
        "3fff::1",
        "3fff:fff:ffff::1",
        "4000::1",
        "5f00::1",
        "fc00::1",
        "fdff::1",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "ff02::1",
    ];
    const PUBLIC: &[&str] = &[
        "1.0.0.0",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "191.255.255.255",
        "192.0.1.0",
        "192.0.3.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "203.0.114.0",
        "223.255.255.255",
        "8.8.8.8",
        "::ffff:8.8.8.8",
        "2001:200::1",
        "2001:4860:4860::8888",
        "2003::1",
        "2606:4700::1111",
        "2620:4f:8001::1",
        "3ffe::1",
        "3fff:1000::1",
    ];
    let policy = policy(&[]);
    let allowed = |text: &str| policy.address(text.parse().unwrap(), "example.com").is_ok();
    for address in SPECIAL {
        assert!(!allowed(address), "{address}");
    }
    for address in PUBLIC {
        assert!(allowed(address), "{address}");
    }
}

#[test]
fn exceptions() {
    const CASES: &[(&str, &str, &str, &str, bool)] = &[
        ("block", "10.20.0.0/16", "10.20.255.7", "any", true),
        ("block ends", "10.20.0.0/16", "10.21.0.1", "any", false),
        ("block that is not truncated", "10.20.3.4/16", "10.20.0.1", "any", true),
        ("address", "10.0.0.7", "10.0.0.7", "any", true),
        ("another address", "10.0.0.7", "10.0.0.8", "any", false),
        ("loopback", "127.0.0.0/8", "127.0.0.1", "any", true),
        ("mapped is the address itself", "127.0.0.0/8", "::ffff:127.0.0.1", "any", true),
        ("nat64 is not", "10.0.0.0/8", "64:ff9b::10.0.0.1", "any", false),
        ("nat64 to private", "64:ff9b::/96", "64:ff9b::10.0.0.1", "any", false),
        ("nat64 to public", "64:ff9b::/96", "64:ff9b::8.8.8.8", "any", true),
        ("nat64 to metadata", "0.0.0.0/0", "64:ff9b::169.254.169.254", "any", false),
        ("unique local", "fd12::/16", "fd12::7", "any", true),
        ("name", "hooks.internal", "10.0.0.1", "hooks.internal", true),
        ("name with a dot", "hooks.internal", "10.0.0.1", "hooks.internal.", true),
        ("name in capitals", "HOOKS.internal", "10.0.0.1", "hooks.internal", true),
        ("another name", "hooks.internal", "10.0.0.1", "xhooks.internal", false),
        ("below a name", "hooks.internal", "10.0.0.1", "a.hooks.internal", false),
        ("ending", "*.corp.example.com", "10.0.0.1", "a.b.corp.example.com", true),
        ("ending without a dot", "*.corp.example.com", "10.0.0.1", "xcorp.example.com", false),
        ("ending itself", "*.corp.example.com", "10.0.0.1", "corp.example.com", false),
        ("metadata never", "0.0.0.0/0", "169.254.169.254", "any", false),
        ("metadata never by name", "metadata.internal", "169.254.169.254", "metadata.internal", false),
        ("metadata never mapped", "::/0", "::ffff:169.254.169.254", "any", false),
        ("metadata never in 6to4", "::/0", "2002:a9fe:a9fe::1", "any", false),
        ("metadata never over ipv6", "::/0", "fd00:ec2::254", "any", false),
        ("multicast never", "::/0", "ff02::1", "any", false),
        ("this host never", "0.0.0.0/0", "0.0.0.0", "any", false),
    ];
    for (what, allow, address, host, expected) in CASES {
        assert_eq!(policy(&[allow]).address(address.parse().unwrap(), host).is_ok(), *expected, "{what}");
    }
}

#[test]
fn what_is_no_exception() {
    for text in ["", "*", "*.", "10.0.0.0/33", "10.0.0", "a b", "a/b", "http://a", "a:80", "*.*.example.com"] {
        assert!(text.parse::<Allowed>().is_err(), "{text}");
    }
}
