//! The token: a JWT (RFC 7519) of one form, `HS256` with a key derived from a server key of the same environment.
//!
//! There is one algorithm, so nothing is chosen by what a caller writes; claims are not read before the signature fits.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value};
use sha2::Sha256;
use yardarm_hub::KeyGrant;

use super::refused;
use crate::json::parse;
use crate::keys;
use crate::problem::Problem;

/// Characters of a token; more does not fit well into a header.
const LENGTH: usize = 6_144;
/// Bytes of the signed context, as JSON.
const CONTEXT: usize = 4_096;
/// Levels of nesting in a token.
const DEPTH: usize = 32;
/// Longest time from now to the end of a token, seconds.
const LONGEST: f64 = 24.0 * 60.0 * 60.0;
/// How far clocks may differ, seconds.
const SKEW: f64 = 60.0;
/// Keys of the same first characters that are tried; two are a coincidence already.
const TRIED: usize = 4;
/// What the key of the signature is made for: no other use of a key's hash gives the same one.
const LABEL: &[u8] = b"yardarm context attestation 1";

pub(super) const NO_TOKEN: &str = "The attestation is not a JWT: three parts of base64url with dots between them.";

/// The signed context. `now` is in milliseconds since 1970.
pub(super) fn verify(text: &str, grant: &KeyGrant, now: i64) -> Result<Map<String, Value>, Problem> {
    if text.len() > LENGTH {
        let words =
            format!("The attestation is longer than {LENGTH} characters, which is the limit: sign fewer members.");
        return Err(refused("attestation_too_large", &words));
    }
    let no_token = || refused("attestation_malformed", NO_TOKEN);
    let (signed, signature) = text.rsplit_once('.').ok_or_else(no_token)?;
    let (header, claims) = signed.split_once('.').ok_or_else(no_token)?;
    let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| no_token());
    let (header, claims, signature) = (decoded(header)?, decoded(claims)?, decoded(signature)?);

    let header = parse(&header, DEPTH).map_err(|_| no_token())?;
    if header["alg"] != "HS256" {
        return Err(refused(
            "attestation_algorithm",
            "The attestation is not signed with HS256, the only algorithm here.",
        ));
    }
    if header.get("crit").is_some() {
        let words = "The attestation names extensions that must be understood (crit); none are known here.";
        return Err(refused("attestation_malformed", words));
    }
    let hint = header["kid"].as_str().unwrap_or_default();
    let mut signers = grant.signers_of(hint, now).take(TRIED).peekable();
    if signers.peek().is_none() {
        let words = "The attestation names no server key of this environment that is in use (kid): it was revoked, has ended, \
            or opens another environment.";
        return Err(refused("attestation_key", words));
    }
    if !signers.any(|signer| keys::same(&signature, &authenticate(&signer.hash, signed.as_bytes()))) {
        return Err(refused(
            "attestation_signature",
            "The attestation was not signed with the server key that it names.",
        ));
    }
    context_of(&claims, now)
}

fn context_of(claims: &[u8], now: i64) -> Result<Map<String, Value>, Problem> {
    let wrong = |words: &str| refused("attestation_claims", words);
    let Ok(Value::Object(mut claims)) = parse(claims, DEPTH) else {
        return Err(wrong("The attestation's claims are not a JSON object without repeated members."));
    };
    #[expect(clippy::cast_precision_loss, reason = "instants of these millennia are exact")]
    let now = now as f64 / 1_000.0;
    let instant = |name: &str| claims.get(name).and_then(Value::as_f64);
    let (Some(exp), Some(iat)) = (instant("exp"), instant("iat")) else {
        return Err(wrong(
            "The attestation says not when it was made (iat) and when it ends (exp), in seconds since 1970.",
        ));
    };
    if exp <= now - SKEW {
        return Err(refused(
            "attestation_expired",
            "The attestation has expired. Ask the application's server for a new one.",
        ));
    }
    if exp - iat > LONGEST || exp > now + LONGEST + SKEW {
        return Err(wrong("The attestation lives longer than 24 hours, which is the limit."));
    }
    let begins = claims.get("nbf").map_or(Some(iat), Value::as_f64);
    if begins.is_none_or(|begins| begins.max(iat) > now + SKEW) {
        return Err(wrong(
            "The attestation is of the future: its server's clock and this one differ by more than a minute.",
        ));
    }
    let Some(Value::Object(context)) = claims.remove("context") else {
        return Err(wrong("The attestation has no context."));
    };
    if serde_json::to_string(&context).map_or(usize::MAX, |text| text.len()) > CONTEXT {
        let words =
            format!("The signed context is larger than {CONTEXT} bytes, which is the limit: sign fewer members.");
        return Err(refused("attestation_too_large", &words));
    }
    match context.get("targetingKey") {
        Some(Value::String(key)) if !key.is_empty() => Ok(context),
        _ => Err(wrong("The signed context has no targetingKey, a text that is not empty.")),
    }
}

fn authenticate(hash: &[u8; 32], signed: &[u8]) -> [u8; 32] {
    hmac(&hmac(keys::hex(hash).as_bytes(), LABEL), signed)
}

fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}
