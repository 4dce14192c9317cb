//! Contexts signed for browsers: `spec/sdk.md` S15.3 to S15.5.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::cache::hex;

/// What the key of the signature is made for.
const LABEL: &[u8] = b"yardarm context attestation 1";
/// Most bytes of the context, as JSON.
const CONTEXT: usize = 4_096;
/// Longest life.
const LONGEST: Duration = Duration::from_hours(24);
/// Characters of an SDK key by which it is found.
const HINT: usize = 12;
/// Signs where there is no SDK key: in tests and offline. No server knows it.
pub(crate) const TEST_KEY: &str = "yd_srv_test";

/// Why a context cannot be signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttestError {
    /// The SDK key is not a server key.
    #[error("contexts are signed with a server key: yd_srv_…")]
    Key,
    /// The context is not an object with a targeting key.
    #[error("a context that is signed has a targetingKey, a text that is not empty")]
    TargetingKey,
    /// The context is too large: its bytes as JSON.
    #[error("the context has {0} bytes as JSON, and the limit is {CONTEXT}: sign only what rules need")]
    TooLarge(usize),
    /// The time to live is too short or too long.
    #[error("an attestation lives from one second to 24 hours")]
    TimeToLive,
}

/// The JWT. `now` is in milliseconds since 1970.
pub(crate) fn sign(sdk_key: &str, context: &Value, ttl: Duration, now: i64) -> Result<String, AttestError> {
    let hint = sdk_key.get(..HINT).unwrap_or(sdk_key);
    if !sdk_key.starts_with("yd_srv_") {
        return Err(AttestError::Key);
    }
    if !(1..=LONGEST.as_secs()).contains(&ttl.as_secs()) || ttl > LONGEST {
        return Err(AttestError::TimeToLive);
    }
    if context["targetingKey"].as_str().is_none_or(str::is_empty) {
        return Err(AttestError::TargetingKey);
    }
    let size = context.to_string().len();
    if size > CONTEXT {
        return Err(AttestError::TooLarge(size));
    }
    let made = now.div_euclid(1_000);
    let ends = made.saturating_add_unsigned(ttl.as_secs());
    let header = json!({"alg": "HS256", "typ": "JWT", "kid": hint});
    let claims = json!({"context": context, "iat": made, "exp": ends});
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&header), part(&claims));
    let signature = hmac(&hmac(hex(sdk_key.as_bytes()).as_bytes(), LABEL), signed.as_bytes());
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_can_be_read_and_ends() {
        let context = json!({"targetingKey": "u", "plan": "pro"});
        let token = sign("yd_srv_abcdefgh", &context, Duration::from_millis(90_900), 5_999).unwrap();
        let parts: Vec<Value> = token
            .split('.')
            .take(2)
            .map(|part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap())
            .collect();
        assert_eq!(parts[0], json!({"alg": "HS256", "typ": "JWT", "kid": "yd_srv_abcde"}));
        assert_eq!(parts[1], json!({"context": context, "iat": 5, "exp": 95}));
    }

    #[test]
    fn what_cannot_be_signed_says_why() {
        let user = json!({"targetingKey": "u"});
        let large = json!({"targetingKey": "u", "text": "x".repeat(4_096)});
        let minute = Duration::from_mins(1);
        for (key, context, ttl, error) in [
            ("yd_cli_abcdefgh", &user, minute, AttestError::Key),
            (TEST_KEY, &json!({}), minute, AttestError::TargetingKey),
            (TEST_KEY, &json!({"targetingKey": ""}), minute, AttestError::TargetingKey),
            (TEST_KEY, &json!({"targetingKey": 1}), minute, AttestError::TargetingKey),
            (TEST_KEY, &json!("u"), minute, AttestError::TargetingKey),
            (TEST_KEY, &large, minute, AttestError::TooLarge(4_126)),
            (TEST_KEY, &user, Duration::from_millis(999), AttestError::TimeToLive),
            (TEST_KEY, &user, LONGEST + Duration::from_millis(1), AttestError::TimeToLive),
        ] {
            assert_eq!(sign(key, context, ttl, 0), Err(error), "{key} {ttl:?}");
        }
        assert!(sign(TEST_KEY, &user, LONGEST, 0).is_ok());
    }
}
