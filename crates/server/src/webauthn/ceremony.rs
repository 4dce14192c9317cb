//! The two ceremonies: a new passkey, and a passkey that is shown.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::authenticator_data::{AuthenticatorData, cbor};
use super::wire::{Asserted, Created};
use super::{Flaw, PublicKey, RelyingParty, client_data};

/// Whether the authenticator must know who is using it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verification {
    /// The passkey is all that is shown.
    Required,
    /// A password was shown before.
    Discouraged,
}

/// A new passkey.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Registered {
    /// base64url.
    pub(crate) credential_id: String,
    /// COSE key, base64url.
    pub(crate) public_key: String,
    /// Where it begins to count.
    pub(crate) sign_count: u32,
    /// It knows who is using it.
    pub(crate) user_verified: bool,
}

/// Registering a new credential: section 7.1 from step 5 on. That the credential is nobody's yet (step 22) the store checks.
pub(crate) fn register(rp: &RelyingParty, challenge: &str, created: &Created) -> Result<Registered, Flaw> {
    const OBJECT: &str = "the attestation object";
    // Steps 5 to 9. The hash of step 11 is what attestation statements sign.
    client_data::check(&created.client_data, "webauthn.create", challenge, rp)?;
    // Step 12.
    let mut rest = created.attestation_object.as_slice();
    let object = cbor(&mut rest, OBJECT)?;
    let object = object.as_map().filter(|_| rest.is_empty()).ok_or(Flaw::Form(OBJECT))?;
    let member = |name: &str| {
        let found = object.iter().find(|(key, _)| key.as_text() == Some(name));
        found.map(|(_, value)| value).ok_or(Flaw::Form(OBJECT))
    };
    let bytes = member("authData")?.as_bytes().ok_or(Flaw::Form(OBJECT))?;
    let data = AuthenticatorData::read(bytes)?;
    // Steps 13 and 14. Verification (step 15) is not required yet: the key may become a second factor only.
    for_us_and_confirmed(&data, rp, Verification::Discouraged)?;
    // Step 16: a key that was not offered is not read.
    let attested = data.attested.as_ref().ok_or(Flaw::Form("the authenticator's data"))?;
    PublicKey::read(attested.public_key)?;
    // Step 17: we ask for no extension whose output we would use. Steps 18 to 21: `none` says nothing; every other statement
    // is let be, as a relying party may that has no policy about models of authenticators.
    let (format, statement) = (member("fmt")?.as_text(), member("attStmt")?.as_map());
    let (Some(format), Some(statement)) = (format, statement) else { return Err(Flaw::Form(OBJECT)) };
    if format == "none" && !statement.is_empty() {
        return Err(Flaw::Form(OBJECT));
    }
    Ok(Registered {
        credential_id: URL_SAFE_NO_PAD.encode(attested.credential_id),
        public_key: URL_SAFE_NO_PAD.encode(attested.public_key),
        sign_count: data.sign_count,
        user_verified: data.user_verified(),
    })
}

/// Verifying an assertion: section 7.2 from step 9 on; gives the authenticator's count for step 21. Whose the credential is
/// (steps 5 to 7) the caller has found out: `public_key` is the one that is stored, base64url.
pub(crate) fn assertion(
    rp: &RelyingParty,
    challenge: &str,
    verification: Verification,
    public_key: &str,
    asserted: &Asserted,
) -> Result<u32, Flaw> {
    // Steps 9 to 13.
    client_data::check(&asserted.client_data, "webauthn.get", challenge, rp)?;
    // Steps 15 to 17. Extensions (step 18): none was asked for.
    let data = AuthenticatorData::read(&asserted.authenticator_data)?;
    for_us_and_confirmed(&data, rp, verification)?;
    // Steps 19 and 20.
    let hash = Sha256::digest(&asserted.client_data);
    let signed = [asserted.authenticator_data.as_slice(), hash.as_slice()].concat();
    let key = URL_SAFE_NO_PAD.decode(public_key).map_err(|_| Flaw::Key)?;
    PublicKey::read(&key)?.verify(&signed, &asserted.signature)?;
    Ok(data.sign_count)
}

fn for_us_and_confirmed(data: &AuthenticatorData, rp: &RelyingParty, verification: Verification) -> Result<(), Flaw> {
    if data.rp_id_hash != Sha256::digest(&rp.id).as_slice() {
        return Err(Flaw::RelyingParty);
    }
    if !data.user_present() {
        return Err(Flaw::NotPresent);
    }
    if verification == Verification::Required && !data.user_verified() {
        return Err(Flaw::NotVerified);
    }
    if data.backup_is_consistent() { Ok(()) } else { Err(Flaw::Backup) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever an authenticator says is read without panics and without much memory, and is refused. What is well formed and
    /// wrong is tried through the API, in `tests/api_passkeys.rs`.
    #[test]
    fn garbage_is_refused() {
        let rp = RelyingParty { id: "localhost".into(), origin: "http://localhost:1".into() };
        let client = |purpose: &str| {
            let text = serde_json::json!({ "type": purpose, "challenge": "c", "origin": rp.origin });
            text.to_string().into_bytes()
        };
        let mut all: Vec<Vec<u8>> = vec![vec![], vec![0xff], vec![0xa0], vec![0x81; 60_000], vec![0xbf; 60_000]];
        // Texts, bytes, lists and maps that promise 2^63 - 1 of something.
        for kind in [0x5b, 0x7b, 0x9b, 0xbb] {
            all.push([&[kind, 0x7f][..], &[0xff; 7], &[1]].concat());
        }
        let mut state = 1_u32;
        all.extend((1..400).map(|length| {
            let byte = |_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state.to_be_bytes()[0]
            };
            (0..length).map(byte).collect()
        }));
        for bytes in all {
            let created = Created { client_data: client("webauthn.create"), attestation_object: bytes.clone() };
            assert!(register(&rp, "c", &created).is_err(), "{bytes:?}");
            // As authenticator data that is for us, with a key and extensions to come.
            let data = [Sha256::digest(&rp.id).as_slice(), &[0xc5, 0, 0, 0, 1], &[0; 16], &[0, 1, 9], &bytes].concat();
            let object = ciborium::Value::Map(vec![
                ("fmt".into(), "none".into()),
                ("attStmt".into(), ciborium::Value::Map(Vec::new())),
                ("authData".into(), ciborium::Value::Bytes(data.clone())),
            ]);
            let mut attestation_object = Vec::new();
            ciborium::into_writer(&object, &mut attestation_object).unwrap();
            let created = Created { client_data: client("webauthn.create"), attestation_object };
            assert!(register(&rp, "c", &created).is_err(), "{bytes:?}");
            for (authenticator_data, key) in [(data, vec![0xa0]), (bytes.clone(), vec![0xa0]), (vec![0; 37], bytes)] {
                let asserted = Asserted {
                    id: String::new(),
                    user_handle: None,
                    client_data: client("webauthn.get"),
                    authenticator_data,
                    signature: vec![0; 70],
                };
                let key = URL_SAFE_NO_PAD.encode(key);
                assert!(assertion(&rp, "c", Verification::Required, &key, &asserted).is_err());
            }
        }
    }
}
