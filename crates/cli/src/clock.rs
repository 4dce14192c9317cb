//! The binary's only look at the clock.

/// Milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "the binary is where time enters; below, it is a parameter")]
pub(crate) fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
