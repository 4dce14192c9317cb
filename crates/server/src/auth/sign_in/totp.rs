//! Time-based one-time codes (RFC 6238) as authenticator apps make them: HMAC-SHA-1, six digits, thirty seconds.

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use yardarm_store::Millis;

/// Bytes of a secret: as many as the hash has (RFC 4226, 4).
pub(super) const SECRET: usize = 20;
const STEP: Millis = 30_000;
const DIGITS: usize = 6;
/// Steps that a clock may be off, either way.
const DRIFT: i64 = 1;

/// The time step of an instant.
pub(super) fn step(now: Millis) -> i64 {
    now.div_euclid(STEP)
}

/// The code of a step.
pub(super) fn code(secret: &[u8], step: i64) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).expect("HMAC takes keys of any length");
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let at = usize::from(digest[digest.len() - 1] & 15);
    let word = digest.iter().skip(at).take(4).fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
    format!("{:06}", (word & 0x7fff_ffff) % 1_000_000)
}

/// The step that a code is of, if it is of one around now. Looks at all of them, however early one fits.
pub(super) fn verify(secret: &[u8], given: &str, now: Millis) -> Option<i64> {
    let given: String = given.chars().filter(|character| !character.is_whitespace()).collect();
    let mut found = None;
    for step in step(now) - DRIFT..=step(now) + DRIFT {
        if given.len() == DIGITS && crate::keys::same(code(secret, step).as_bytes(), given.as_bytes()) {
            found = Some(step);
        }
    }
    found
}

/// The secret as people type it.
pub(super) fn text(secret: &[u8]) -> String {
    BASE32_NOPAD.encode(secret)
}

/// What a QR code for an authenticator app says (Key URI Format).
pub(super) fn uri(secret: &[u8], issuer: &str, account: &str) -> String {
    let issuer = percent(issuer);
    format!("otpauth://totp/{issuer}:{}?secret={}&issuer={issuer}", percent(account), text(secret))
}

fn percent(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => {
                out.push('%');
                out.push_str(&crate::keys::hex(&[byte]).to_uppercase());
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B (SHA-1), the last six of its eight digits.
    #[test]
    fn codes_of_the_rfc() {
        let secret = b"12345678901234567890";
        for (seconds, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code(secret, step(seconds * 1_000)), expected, "{seconds}");
        }
    }

    #[test]
    fn a_clock_may_be_half_a_minute_off() {
        let secret = b"12345678901234567890";
        let now = 1_111_111_111_000;
        let of = |offset: i64| code(secret, step(now) + offset);
        for offset in -1..=1 {
            assert_eq!(verify(secret, &of(offset), now), Some(step(now) + offset));
        }
        assert_eq!(verify(secret, &of(2), now), None);
        assert_eq!(verify(secret, &of(-2), now), None);
        let spaced = format!("{} {}", &of(0)[..3], &of(0)[3..]);
        assert_eq!(verify(secret, &spaced, now), Some(step(now)));
        for wrong in ["", "0", "00000000", "abcdef", "５５５５５５"] {
            assert_eq!(verify(secret, wrong, now), None, "{wrong}");
        }
    }

    #[test]
    fn the_uri_is_escaped() {
        let uri = uri(b"12345678901234567890", "Acme & Co", "ana@example.com");
        assert_eq!(
            uri,
            "otpauth://totp/Acme%20%26%20Co:ana%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Acme%20%26%20Co"
        );
    }
}
