//! Arguments of operators that have a grammar of their own: regular expressions, versions, instants, networks.

use std::net::IpAddr;

use jiff::Timestamp;
use serde_json::Value;

use crate::limits;

/// Whether the evaluator's engine compiles it, and why not.
pub(crate) fn regex(pattern: &str) -> Result<(), String> {
    let length = pattern.chars().count();
    if length > limits::REGEX {
        return Err(format!("{length} characters; at most {} are allowed", limits::REGEX));
    }
    let compiled = regex::RegexBuilder::new(pattern).size_limit(limits::REGEX_COMPILED).build();
    compiled.map(|_| ()).map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "it is too large when compiled; use smaller repetitions".to_owned(),
        other => {
            let text = other.to_string();
            let last = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            format!("{last} (look-around and back-references do not exist here: matching takes linear time)")
        }
    })
}

/// Whether it is a version as the evaluator reads it: SemVer 2.0, with a leading `v` and missing parts allowed.
pub(crate) fn is_version(text: &str) -> bool {
    let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let (text, build) = text.split_once('+').map_or((text, None), |(version, build)| (version, Some(build)));
    let (numbers, pre) = text.split_once('-').map_or((text, None), |(numbers, pre)| (numbers, Some(pre)));
    let numeric = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|b| b.is_ascii_digit())
            && (part == "0" || !part.starts_with('0'))
            && part.parse::<u64>().is_ok()
    };
    let identifiers = |list: &str, zeros: bool| {
        list.split('.').all(|part| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && (zeros || !part.bytes().all(|b| b.is_ascii_digit()) || numeric(part))
        })
    };
    let parts: Vec<&str> = numbers.split('.').collect();
    parts.len() <= 3
        && parts.iter().all(|part| numeric(part))
        && pre.is_none_or(|pre| identifiers(pre, false))
        && build.is_none_or(|build| identifiers(build, true))
}

/// Milliseconds since 1970 of an RFC 3339 text or a number of milliseconds.
pub(crate) fn instant(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond),
        Value::Number(_) => super::integer(value),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Whether it is an address or a network.
pub(crate) fn is_cidr(text: &str) -> bool {
    let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
    let Ok(address) = address.parse::<IpAddr>() else { return false };
    let bits = if address.is_ipv4() { 32 } else { 128 };
    prefix.is_none_or(|prefix| {
        prefix.bytes().all(|b| b.is_ascii_digit()) && prefix.parse::<u32>().is_ok_and(|prefix| prefix <= bits)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        for good in ["1.2.3", "v1.2.3", "1", "1.2", "1.2.3-rc.1", "1.0.0+007", "1.2.3-a-b.0", "0.0.0"] {
            assert!(is_version(good), "{good}");
        }
        for bad in [
            "",
            "v",
            "1.2.3.4",
            "01.2.3",
            "1..2",
            "1.2.3-",
            "1.2.3-01",
            "1.2.x",
            "latest",
            "1.2.3+",
            "99999999999999999999",
        ] {
            assert!(!is_version(bad), "{bad}");
        }
    }

    #[test]
    fn instants() {
        assert_eq!(instant(&"2026-01-02T03:04:05Z".into()), Some(1_767_323_045_000));
        assert_eq!(instant(&"2026-01-02T03:04:05+01:00".into()), Some(1_767_319_445_000));
        assert_eq!(instant(&5.into()), Some(5));
        for bad in
            [Value::from("2026-01-02"), "yesterday".into(), "2026-13-02T03:04:05Z".into(), 1.5.into(), Value::Null]
        {
            assert_eq!(instant(&bad), None, "{bad}");
        }
    }

    #[test]
    fn networks() {
        for good in ["10.0.0.0/8", "1.2.3.4", "2001:db8::/32", "::1", "0.0.0.0/0"] {
            assert!(is_cidr(good), "{good}");
        }
        for bad in ["", "10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/", "10.0.0.0/+8", "host"] {
            assert!(!is_cidr(bad), "{bad}");
        }
    }

    #[test]
    fn expressions() {
        assert!(regex(r"^\w+@example\.com$").is_ok());
        assert!(regex("(").unwrap_err().contains("unclosed group"));
        assert!(regex("(?=a)").unwrap_err().contains("look-around"));
        assert!(regex(r"(\w{1000}){1000}").unwrap_err().contains("too large"));
        assert!(regex(&"a".repeat(1_001)).unwrap_err().contains("1001"));
    }
}
