//! Requests that a browser was made to send by another site.
//!
//! `Sec-Fetch-Site` decides where it is sent (every browser since 2023); else `Origin` must be ours. A request with
//! neither was not made by a browser on behalf of a page.

use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, ORIGIN, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderMap, HeaderName, Method};

use super::refusal;
use crate::problem::Problem;

/// Refuses unsafe requests that carry a cookie, or would set one, from elsewhere.
pub(super) fn check(parts: &Parts, base_url: &str) -> Result<(), Problem> {
    if matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    if !from_here(&parts.headers, base_url) {
        return Err(refusal::cross_site());
    }
    if has_body(&parts.headers) && !is_json(&parts.headers) {
        return Err(refusal::not_json());
    }
    Ok(())
}

fn from_here(headers: &HeaderMap, base_url: &str) -> bool {
    if let Some(site) = text(headers, &HeaderName::from_static("sec-fetch-site")) {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(headers, &ORIGIN) else {
        return !headers.contains_key(ORIGIN);
    };
    let same_host = origin.split_once("://").is_some_and(|(_, host)| text(headers, &HOST) == Some(host));
    same_host || origin == base_url
}

fn has_body(headers: &HeaderMap) -> bool {
    headers.contains_key(TRANSFER_ENCODING) || text(headers, &CONTENT_LENGTH).is_some_and(|length| length != "0")
}

fn is_json(headers: &HeaderMap) -> bool {
    let media_type = text(headers, &CONTENT_TYPE).and_then(|value| value.split(';').next()).unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case("application/json")
        || (media_type.len() > 5 && media_type.to_ascii_lowercase().ends_with("+json"))
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_request_may_come_from() {
        let cases: [(&[(&str, &str)], bool); 9] = [
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "cross-site"), ("origin", "https://flags.example.com")], false),
            (&[("origin", "http://localhost:3524"), ("host", "localhost:3524")], true),
            (&[("origin", "https://evil.example"), ("host", "localhost:3524")], false),
            (&[("origin", "null"), ("host", "localhost:3524")], false),
            (&[("origin", "https://flags.example.com"), ("host", "10.0.0.7:3524")], true),
        ];
        for (pairs, fine) in cases {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(HeaderName::from_static(name), value.parse().unwrap());
            }
            assert_eq!(from_here(&headers, "https://flags.example.com"), fine, "{pairs:?}");
        }
        assert!(from_here(&HeaderMap::new(), "https://flags.example.com"), "not a browser");
    }
}
