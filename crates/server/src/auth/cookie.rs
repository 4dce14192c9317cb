//! The session cookie.

use http::HeaderMap;
use http::header::COOKIE;

/// Over https the name binds the cookie to this host and to TLS (RFC 6265bis, `__Host-`).
pub(super) fn name(secure: bool) -> &'static str {
    if secure { "__Host-yardarm" } else { "yardarm" }
}

/// The same for the step of a sign-in that is under way.
fn step_name(secure: bool) -> &'static str {
    if secure { "__Host-yardarm-step" } else { "yardarm-step" }
}

/// The session's secret in a request, if there is one.
pub(super) fn read(headers: &HeaderMap, secure: bool) -> Option<&str> {
    read_named(headers, name(secure))
}

/// The ticket of a sign-in that is under way, if there is one.
pub(super) fn read_step(headers: &HeaderMap, secure: bool) -> Option<&str> {
    read_named(headers, step_name(secure))
}

fn read_named<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
        .filter(|value| !value.is_empty())
}

/// `Set-Cookie` that opens a session.
pub(super) fn open(secret: &str, seconds: i64, secure: bool) -> String {
    set(name(secure), secret, seconds, secure)
}

/// `Set-Cookie` that keeps a ticket.
pub(super) fn open_step(ticket: &str, seconds: i64, secure: bool) -> String {
    set(step_name(secure), ticket, seconds, secure)
}

/// `Set-Cookie` that ends a step.
pub(super) fn close_step(secure: bool) -> String {
    open_step("", 0, secure)
}

fn set(name: &str, value: &str, seconds: i64, secure: bool) -> String {
    let flag = if secure { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{flag}")
}

/// `Set-Cookie` that ends it.
pub(super) fn close(secure: bool) -> String {
    open("", 0, secure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_its_own_cookie_only() {
        let cases = [
            ("yardarm=abc", false, Some("abc")),
            ("other=1; yardarm=abc; x=2", false, Some("abc")),
            ("yardarm=abc", true, None),
            ("__Host-yardarm=abc", true, Some("abc")),
            ("__Host-yardarm=abc", false, None),
            ("yardarm=", false, None),
            ("xyardarm=abc", false, None),
        ];
        for (header, secure, expected) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE, header.parse().unwrap());
            assert_eq!(read(&headers, secure), expected, "{header} secure={secure}");
        }
    }

    #[test]
    fn secure_cookies_say_so() {
        assert_eq!(open("s", 60, true), "__Host-yardarm=s; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure");
        assert_eq!(close(false), "yardarm=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
    }
}
