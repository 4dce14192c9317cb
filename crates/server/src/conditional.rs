//! `If-None-Match`, RFC 9110 §13.1.2.

use http::HeaderMap;
use http::header::IF_NONE_MATCH;

/// Whether the caller already has the representation with this `ETag` (quotes included). Weak comparison.
pub(crate) fn already_has(headers: &HeaderMap, etag: &str) -> bool {
    headers
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matching() {
        for (given, expected) in [
            ("\"a\"", true),
            ("W/\"a\"", true),
            ("\"b\", \"a\"", true),
            ("*", true),
            ("\"b\"", false),
            ("a", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(IF_NONE_MATCH, given.parse().unwrap());
            assert_eq!(already_has(&headers, "\"a\""), expected, "{given}");
        }
        assert!(!already_has(&HeaderMap::new(), "\"a\""));
    }
}
