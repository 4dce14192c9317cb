//! Secrets that must be read again (a webhook's, an identity provider's, a TOTP seed) are stored sealed: encrypted with a
//! key that is not in the database, and bound to the place where they lie, so that a row copied to another tenant, row
//! or column does not open.
//!
//! XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03; random 24-byte nonces are safe with it), as text
//! `v1.KEY-ID.base64url(nonce ciphertext tag)`. The place is the additional data. What only has to be recognised
//! (tokens, keys, cookies) is stored as a hash instead: see [`crate::keys`].

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};

use crate::app::Randomness;

const FORM: &str = "v1";
const NONCE: usize = 24;

/// A key that seals. Shows nothing of itself in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey([u8; 32]);

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SecretKey({})", self.id())
    }
}

impl SecretKey {
    /// 32 random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads base64 (standard or URL-safe, padded or not) or hex of 32 bytes; refuses what nobody drew at random.
    pub fn parse(text: &str) -> Result<Self, WeakKey> {
        let text = text.trim();
        let bytes = if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            crate::keys::unhex(text)
        } else {
            let plain = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
            URL_SAFE_NO_PAD.decode(plain).ok().and_then(|bytes| bytes.try_into().ok())
        };
        let bytes: [u8; 32] = bytes.ok_or(WeakKey::Form)?;
        // 32 random bytes have fewer than 16 different values once in 10^19 draws.
        let mut values = bytes;
        values.sort_unstable();
        let different = 1 + values.windows(2).filter(|pair| pair[0] != pair[1]).count();
        if different < 16 { Err(WeakKey::Pattern) } else { Ok(Self(bytes)) }
    }

    /// The form that [`Self::parse`] reads.
    pub fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Says which key it is without saying anything about it.
    fn id(&self) -> String {
        let digest = Sha256::new().chain_update(b"yardarm key id\0").chain_update(self.0).finalize();
        URL_SAFE_NO_PAD.encode(&digest[..6])
    }
}

/// Why a key is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakKey {
    /// Not 32 bytes.
    #[error("a secret key is 32 random bytes as base64 or hex; make one with `openssl rand -base64 32`")]
    Form,
    /// 32 bytes that were not drawn at random.
    #[error("the secret key repeats itself and was not drawn at random; make one with `openssl rand -base64 32`")]
    Pattern,
}

/// Where a sealed value lies. Values of one place open nowhere else.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Tenant id, or the user's for what belongs to a person.
    pub owner: &'a str,
    /// Id of the row.
    pub row: &'a str,
    /// `webhook.secret`, `totp.seed`, …
    pub column: &'a str,
}

impl Place<'_> {
    fn additional_data(&self) -> Vec<u8> {
        [self.owner, self.row, self.column].join("\0").into_bytes()
    }
}

/// Why something could not be sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The server was started without a key.
    #[error("no secret key is set: set YARDARM_SECRET_KEY")]
    NoKey,
    /// Sealed with a key that this server does not have.
    #[error("sealed with another secret key: add the old one to YARDARM_SECRET_KEY, after a comma")]
    OtherKey,
    /// Altered, of another place, or not a sealed value at all.
    #[error("the sealed value does not belong here or was altered")]
    Broken,
}

/// Seals and opens.
pub struct Sealer {
    /// The first one seals; all of them open.
    keys: Vec<SecretKey>,
    randomness: Randomness,
}

impl Sealer {
    /// With these keys: the first one seals, the others open what was sealed before they were replaced.
    pub fn new(keys: Vec<SecretKey>, randomness: Randomness) -> Self {
        Self { keys, randomness }
    }

    /// As text for a column.
    pub fn seal(&self, place: &Place<'_>, secret: &[u8]) -> Result<String, SealError> {
        let key = self.keys.first().ok_or(SealError::NoKey)?;
        let mut nonce = [0; NONCE];
        (self.randomness)(&mut nonce);
        let aad = place.additional_data();
        let payload = Payload { msg: secret, aad: &aad };
        let sealed = cipher(key).encrypt(&XNonce::from(nonce), payload).map_err(|_| SealError::Broken)?;
        let mut bytes = nonce.to_vec();
        bytes.extend(sealed);
        Ok(format!("{FORM}.{}.{}", key.id(), URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// What [`Self::seal`] was given for the same place.
    pub fn open(&self, place: &Place<'_>, sealed: &str) -> Result<Vec<u8>, SealError> {
        let mut parts = sealed.splitn(3, '.');
        let (Some(FORM), Some(id), Some(text)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(SealError::Broken);
        };
        let key = self.keys.iter().find(|key| key.id() == id);
        let key = key.ok_or(if self.keys.is_empty() { SealError::NoKey } else { SealError::OtherKey })?;
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| SealError::Broken)?;
        let (nonce, ciphertext) = bytes.split_first_chunk::<NONCE>().ok_or(SealError::Broken)?;
        let aad = place.additional_data();
        let payload = Payload { msg: ciphertext, aad: &aad };
        cipher(key).decrypt(&XNonce::from(*nonce), payload).map_err(|_| SealError::Broken)
    }
}

fn cipher(key: &SecretKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(key.0))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::*;

    const HERE: Place<'static> = Place { owner: "tnt_1", row: "whk_1", column: "webhook.secret" };

    fn key(first: u8) -> SecretKey {
        SecretKey::new(std::array::from_fn(|n| first.wrapping_add(u8::try_from(n).unwrap())))
    }

    fn sealer(keys: &[SecretKey]) -> Sealer {
        let next = AtomicU8::new(0);
        let randomness = move |bytes: &mut [u8]| bytes.fill(next.fetch_add(1, Ordering::Relaxed));
        Sealer::new(keys.to_vec(), Arc::new(randomness))
    }

    #[test]
    fn opens_only_where_it_was_sealed() {
        let sealer = sealer(&[key(1)]);
        let text = sealer.seal(&HERE, b"whsec_1").unwrap();
        assert_eq!(sealer.open(&HERE, &text).as_deref(), Ok(&b"whsec_1"[..]));
        assert!(!text.contains("whsec"));
        assert_ne!(sealer.seal(&HERE, b"whsec_1").unwrap(), text, "a nonce is used once");
        for place in [
            Place { owner: "tnt_2", ..HERE },
            Place { row: "whk_2", ..HERE },
            Place { column: "oidc.secret", ..HERE },
            Place { owner: "tnt_1\0whk_1", row: "webhook.secret", column: "" },
        ] {
            assert_eq!(sealer.open(&place, &text), Err(SealError::Broken), "{place:?}");
        }
        let mut altered = text.clone().into_bytes();
        let last = altered.len() - 2;
        altered[last] = if altered[last] == b'A' { b'B' } else { b'A' };
        assert_eq!(sealer.open(&HERE, &String::from_utf8(altered).unwrap()), Err(SealError::Broken));
        for rubbish in ["", "v1", "v1.x", "v2.x.y", "whsec_1", &format!("v1.{}.AAAA", key(1).id())] {
            assert!(sealer.open(&HERE, rubbish).is_err(), "{rubbish}");
        }
    }

    #[test]
    fn replaced_keys_still_open_and_lost_ones_are_said_to_be_lost() {
        let sealed = sealer(&[key(1)]).seal(&HERE, b"s").unwrap();
        assert_eq!(sealer(&[key(2), key(1)]).open(&HERE, &sealed).as_deref(), Ok(&b"s"[..]));
        assert_eq!(sealer(&[key(2)]).open(&HERE, &sealed), Err(SealError::OtherKey));
        assert_eq!(sealer(&[]).open(&HERE, &sealed), Err(SealError::NoKey));
        assert_eq!(sealer(&[]).seal(&HERE, b"s"), Err(SealError::NoKey));
    }

    #[test]
    fn weak_keys_are_refused_and_strong_ones_read_in_every_usual_form() {
        let key = key(200);
        let standard = base64::engine::general_purpose::STANDARD.encode(key.0);
        let hex = key.0.map(|byte| format!("{byte:02x}")).concat();
        for text in [&key.to_text(), &standard, &hex, &format!(" {standard}\n")] {
            assert_eq!(SecretKey::parse(text), Ok(key.clone()), "{text}");
        }
        for (text, why) in [
            ("", WeakKey::Form),
            ("secret", WeakKey::Form),
            ("correct horse battery staple, forty characters", WeakKey::Form),
            (&"00".repeat(32), WeakKey::Pattern),
            (&"0123".repeat(16), WeakKey::Pattern),
        ] {
            assert_eq!(SecretKey::parse(text), Err(why), "{text}");
        }
        assert!(!format!("{key:?}").contains(&key.to_text()));
    }
}
