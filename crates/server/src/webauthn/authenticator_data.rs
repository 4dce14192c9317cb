//! What the authenticator says (Web Authentication, 6.1): for whom, how sure it is of its user, which key.

use ciborium::Value;

use super::Flaw;

/// Longest credential id, bytes (6.1: at most 1023).
const CREDENTIAL_ID: usize = 1_023;
/// Levels of CBOR that are read.
const DEPTH: usize = 8;
const WHAT: &str = "the authenticator's data";

/// Authenticator data.
pub(super) struct AuthenticatorData<'a> {
    /// SHA-256 of the RP ID.
    pub(super) rp_id_hash: &'a [u8],
    /// Bits.
    flags: u8,
    /// Signatures that it says it made; 0 when it does not count.
    pub(super) sign_count: u32,
    /// Of a new credential.
    pub(super) attested: Option<Attested<'a>>,
}

/// A new credential.
pub(super) struct Attested<'a> {
    pub(super) credential_id: &'a [u8],
    /// COSE key.
    pub(super) public_key: &'a [u8],
}

/// One CBOR item from the front.
pub(super) fn cbor(bytes: &mut &[u8], what: &'static str) -> Result<Value, Flaw> {
    ciborium::de::from_reader_with_recursion_limit(bytes, DEPTH).map_err(|_| Flaw::Form(what))
}

fn split<'a>(bytes: &mut &'a [u8], length: usize) -> Result<&'a [u8], Flaw> {
    let (front, rest) = bytes.split_at_checked(length).ok_or(Flaw::Form(WHAT))?;
    *bytes = rest;
    Ok(front)
}

impl<'a> AuthenticatorData<'a> {
    /// Reads it whole: nothing may be left.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Flaw> {
        let mut rest = bytes;
        let rp_id_hash = split(&mut rest, 32)?;
        let flags = split(&mut rest, 1)?[0];
        let sign_count = split(&mut rest, 4)?.iter().fold(0, |count, byte| count << 8 | u32::from(*byte));
        let mut data = Self { rp_id_hash, flags, sign_count, attested: None };
        if data.is(6) {
            let _model = split(&mut rest, 16)?;
            let length = split(&mut rest, 2)?;
            let length = usize::from(length[0]) << 8 | usize::from(length[1]);
            if !(1..=CREDENTIAL_ID).contains(&length) {
                return Err(Flaw::Form(WHAT));
            }
            let credential_id = split(&mut rest, length)?;
            let key = rest;
            cbor(&mut rest, "the public key")?;
            data.attested = Some(Attested { credential_id, public_key: &key[..key.len() - rest.len()] });
        }
        if data.is(7) && !cbor(&mut rest, WHAT)?.is_map() {
            return Err(Flaw::Form(WHAT));
        }
        if rest.is_empty() { Ok(data) } else { Err(Flaw::Form(WHAT)) }
    }

    fn is(&self, bit: u8) -> bool {
        self.flags >> bit & 1 == 1
    }

    /// UP: somebody confirmed it.
    pub(super) fn user_present(&self) -> bool {
        self.is(0)
    }

    /// UV: somebody was recognised, by a PIN or a biometric.
    pub(super) fn user_verified(&self) -> bool {
        self.is(2)
    }

    /// Level 3, 6.1.3: what is backed up (BS) must be what can be (BE).
    pub(super) fn backup_is_consistent(&self) -> bool {
        self.is(3) || !self.is(4)
    }
}
