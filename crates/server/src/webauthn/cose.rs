//! Public keys as authenticators write them (COSE, RFC 9053), and the signatures of those that we offer.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
};
use ciborium::Value;

use super::Flaw;

/// What we offer, best first (Web Authentication 5.4, `pubKeyCredParams`): `EdDSA`, ES256, RS256.
pub(crate) const OFFERED: [i64; 3] = [EDDSA, ES256, RS256];
const EDDSA: i64 = -8;
const ES256: i64 = -7;
const RS256: i64 = -257;

/// Bytes of an RSA modulus: 2,048 to 8,192 bits.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=1_024;
/// Longest RSA exponent, bytes.
const EXPONENT: usize = 4;

/// A key that signatures can be checked with.
pub(crate) enum PublicKey {
    /// ES256 or `EdDSA`: checked to be a point when it was read.
    Curve(Box<ParsedPublicKey>),
    /// RS256: modulus and exponent, big-endian.
    Rsa {
        /// Without zeros before it.
        modulus: Vec<u8>,
        /// The same.
        exponent: Vec<u8>,
    },
}

/// The value of an integer label that is there once.
fn member(map: &[(Value, Value)], label: i64) -> Result<&Value, Flaw> {
    let mut found = map.iter().filter(|(name, _)| name.as_integer() == Some(label.into()));
    match (found.next(), found.next()) {
        (Some((_, value)), None) => Ok(value),
        _ => Err(Flaw::Form("the public key")),
    }
}

fn number(map: &[(Value, Value)], label: i64) -> Result<i64, Flaw> {
    let value = member(map, label)?.as_integer().and_then(|number| i64::try_from(number).ok());
    value.ok_or(Flaw::Form("the public key"))
}

fn octets(map: &[(Value, Value)], label: i64) -> Result<&[u8], Flaw> {
    Ok(member(map, label)?.as_bytes().ok_or(Flaw::Form("the public key"))?)
}

impl PublicKey {
    /// Reads a COSE key. Refuses those that we did not offer, and what is no key at all.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Flaw> {
        let mut rest = bytes;
        let value = super::authenticator_data::cbor(&mut rest, "the public key")?;
        let map = value.as_map().filter(|_| rest.is_empty()).ok_or(Flaw::Form("the public key"))?;
        // RFC 9052, 7.1: 1 is the key type, 3 the algorithm; the others depend on the type (RFC 9053, 7; RFC 8230, 4).
        match (number(map, 3)?, number(map, 1)?) {
            (ES256, 2) if number(map, -1)? == 1 => {
                let (x, y) = (octets(map, -2)?, octets(map, -3)?);
                if x.len() != 32 || y.len() != 32 {
                    return Err(Flaw::Key);
                }
                let point = [&[4], x, y].concat();
                let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).map_err(|_| Flaw::Key)?;
                Ok(Self::Curve(Box::new(key)))
            }
            (EDDSA, 1) if number(map, -1)? == 6 => {
                let key = ParsedPublicKey::new(&ED25519, octets(map, -2)?).map_err(|_| Flaw::Key)?;
                Ok(Self::Curve(Box::new(key)))
            }
            (RS256, 3) => {
                let (modulus, exponent) = (octets(map, -1)?, octets(map, -2)?);
                let fine = MODULUS.contains(&modulus.len())
                    && (1..=EXPONENT).contains(&exponent.len())
                    && modulus[0] != 0
                    && exponent[0] != 0;
                if !fine {
                    return Err(Flaw::Key);
                }
                Ok(Self::Rsa { modulus: modulus.to_owned(), exponent: exponent.to_owned() })
            }
            _ => Err(Flaw::Algorithm),
        }
    }

    /// Whether the key signed this.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Flaw> {
        let done = match self {
            Self::Curve(key) => key.verify_sig(message, signature),
            Self::Rsa { modulus, exponent } => RsaPublicKeyComponents { n: modulus, e: exponent }.verify(
                &RSA_PKCS1_2048_8192_SHA256,
                message,
                signature,
            ),
        };
        done.map_err(|_| Flaw::Signature)
    }
}
