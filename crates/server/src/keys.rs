//! Keys and other secrets: how they are made, recognised and stored.
//!
//! `yd_<kind>_<43 base62 characters of 256 random bits><6 base62 characters of CRC-32>`. The checksum lets a typo, a
//! truncated paste and a random guess be refused before any look-up. Only the SHA-256 of the whole text is stored.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const PREFIX: usize = "yd_srv_".len();
const RANDOM: usize = 43;
const CHECK: usize = 6;
/// Characters in any key.
pub const KEY_LENGTH: usize = PREFIX + RANDOM + CHECK;

/// What a key is for. Kinds are not interchangeable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// SDK key for servers: may read rulesets.
    Server,
    /// SDK key for browsers and phones: evaluated answers only.
    Client,
    /// Access token for the management API.
    Access,
}

impl KeyKind {
    /// `yd_srv_`, `yd_cli_`, `yd_pat_`.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Server => "yd_srv_",
            Self::Client => "yd_cli_",
            Self::Access => "yd_pat_",
        }
    }
}

/// A key just made: shown once, then only its hash is known.
#[derive(Clone, PartialEq, Eq)]
pub struct NewKey {
    /// The whole text.
    pub text: String,
    /// Lower-case hex SHA-256 of the text: what is stored.
    pub hash: String,
    /// First characters, to recognise it by: `yd_srv_Ab3dE`.
    pub hint: String,
}

impl std::fmt::Debug for NewKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewKey({}…)", self.hint)
    }
}

/// Makes a key from 32 bytes of randomness fit for secrets.
pub fn make(kind: KeyKind, random: &[u8; 32]) -> NewKey {
    let mut text = String::with_capacity(KEY_LENGTH);
    text.push_str(kind.prefix());
    push_base62(&mut text, random, RANDOM);
    let check = crc32fast::hash(text.as_bytes());
    push_base62(&mut text, &check.to_be_bytes(), CHECK);
    NewKey { hash: hash_hex(&text), hint: text[..PREFIX + 5].to_owned(), text }
}

/// Whether this is a key of some kind: shape and checksum, no look-up. `None` for anything else.
pub fn parse(text: &str) -> Option<KeyKind> {
    let bytes = text.as_bytes();
    if bytes.len() != KEY_LENGTH {
        return None;
    }
    let kind = match &bytes[..PREFIX] {
        b"yd_srv_" => KeyKind::Server,
        b"yd_cli_" => KeyKind::Client,
        b"yd_pat_" => KeyKind::Access,
        _ => return None,
    };
    let (body, check) = bytes.split_at(PREFIX + RANDOM);
    let mut expected = [b'0'; CHECK];
    let mut rest = crc32fast::hash(body);
    for slot in expected.iter_mut().rev() {
        *slot = ALPHABET[(rest % 62) as usize];
        rest /= 62;
    }
    // The checksum is no secret; a look-up by SHA-256 follows, so nothing here needs constant time.
    (check == expected && body[PREFIX..].iter().all(u8::is_ascii_alphanumeric)).then_some(kind)
}

/// SHA-256 of a secret's text.
pub fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// The same in lower-case hex: the form in documents and rows.
pub fn hash_hex(text: &str) -> String {
    hex(&hash(text))
}

/// A secret for a session cookie or a one-time link: 256 bits, URL-safe. Returns the text and its stored hash.
pub fn secret(random: &[u8; 32]) -> (String, String) {
    let text = URL_SAFE_NO_PAD.encode(random);
    let hash = hash_hex(&text);
    (text, hash)
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    out
}

/// The bytes of 64 lower-case hex digits.
pub fn unhex(text: &str) -> Option<[u8; 32]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let bytes: &[u8; 64] = text.as_bytes().try_into().ok()?;
    let mut out = [0; 32];
    for (slot, pair) in out.iter_mut().zip(bytes.chunks_exact(2)) {
        *slot = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(out)
}

/// Compares without telling how far two secrets agree.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && std::hint::black_box(a.iter().zip(b).fold(0, |sum, (x, y)| sum | (x ^ y))) == 0
}

/// Big-endian base 62, exactly `width` characters (62^43 > 2^256, 62^6 > 2^32).
fn push_base62(out: &mut String, number: &[u8], width: usize) {
    let mut number = number.to_vec();
    let mut digits = vec![0_u8; width];
    for slot in digits.iter_mut().rev() {
        let mut rest = 0_u32;
        for byte in &mut number {
            let value = rest << 8 | u32::from(*byte);
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a quotient of base 62 with a carry below 62 fits a byte"
            )]
            {
                *byte = (value / 62) as u8;
            }
            rest = value % 62;
        }
        *slot = ALPHABET[rest as usize];
    }
    out.extend(digits.into_iter().map(char::from));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_key_is_recognised() {
        for kind in [KeyKind::Server, KeyKind::Client, KeyKind::Access] {
            for random in [[0; 32], [255; 32], [7; 32]] {
                let key = make(kind, &random);
                assert_eq!(key.text.len(), KEY_LENGTH);
                assert_eq!(parse(&key.text), Some(kind));
                assert_eq!(key.hash, hash_hex(&key.text));
                assert_eq!(unhex(&key.hash), Some(hash(&key.text)));
                assert!(key.text.starts_with(&key.hint) && key.hint.len() == 12);
                assert!(!format!("{key:?}").contains(&key.text));
            }
        }
    }

    #[test]
    fn different_randomness_gives_different_keys() {
        let mut one = [9; 32];
        let first = make(KeyKind::Server, &one);
        one[31] ^= 1;
        assert_ne!(first, make(KeyKind::Server, &one));
    }

    #[test]
    fn anything_else_is_refused_before_a_look_up() {
        let key = make(KeyKind::Server, &[3; 32]).text;
        for at in 0..key.len() {
            let mut changed = key.clone().into_bytes();
            changed[at] = if changed[at] == b'x' { b'y' } else { b'x' };
            assert_eq!(parse(std::str::from_utf8(&changed).unwrap()), None, "character {at}");
        }
        for bad in ["", "yd_srv_", &key[1..], &format!("{key}x"), &key.replace("srv", "cli"), &"é".repeat(28)] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn comparing() {
        assert!(same(b"abc", b"abc") && !same(b"abc", b"abd") && !same(b"abc", b"ab") && same(b"", b""));
    }
}
