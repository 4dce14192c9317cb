//! Values that a ruleset knows by their SHA-256 only.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Which part of a text was hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    All,
    Prefix,
    Suffix,
}

/// Hashes of texts, or of so many bytes at their beginning or end.
#[derive(Debug)]
pub(crate) struct Sealed {
    part: Part,
    salt: Box<str>,
    /// (bytes, hash); bytes is 0 for whole texts.
    hashes: Box<[(usize, [u8; 32])]>,
}

impl Sealed {
    /// Of `{"salt": "…", "hashes": ["…"]}`.
    pub(crate) fn new(part: Part, arg: &Value) -> Result<Self, String> {
        let hashes = arg.get("hashes").and_then(Value::as_array);
        let (Some(salt), Some(hashes)) = (arg.get("salt").and_then(Value::as_str), hashes) else {
            return Err("the argument is {\"salt\": \"…\", \"hashes\": [\"…\"]}".to_owned());
        };
        let hashes = hashes.iter().map(|one| {
            one.as_str().and_then(|text| entry(part, text)).ok_or_else(|| format!("{one} is not a SHA-256 hash"))
        });
        Ok(Self { part, salt: salt.into(), hashes: hashes.collect::<Result<_, _>>()? })
    }

    pub(crate) fn contains(&self, text: &str) -> bool {
        let bytes = text.as_bytes();
        let whole = (self.part == Part::All).then(|| self.hash(bytes));
        self.hashes.iter().any(|(len, hash)| {
            let found = match self.part {
                Part::All => whole,
                Part::Prefix => bytes.get(..*len).map(|part| self.hash(part)),
                Part::Suffix => {
                    bytes.len().checked_sub(*len).and_then(|from| bytes.get(from..)).map(|part| self.hash(part))
                }
            };
            found.as_ref() == Some(hash)
        })
    }

    fn hash(&self, bytes: &[u8]) -> [u8; 32] {
        Sha256::new().chain_update(bytes).chain_update(self.salt.as_bytes()).finalize().into()
    }
}

fn entry(part: Part, text: &str) -> Option<(usize, [u8; 32])> {
    let (len, hex) = match part {
        Part::All => (0, text),
        Part::Prefix | Part::Suffix => {
            let (len, hex) = text.split_once('_')?;
            (len.parse().ok()?, hex)
        }
    };
    let (pairs, []) = hex.as_bytes().as_chunks::<2>() else { return None };
    let mut hash = [0; 32];
    if pairs.len() != hash.len() {
        return None;
    }
    for (place, pair) in hash.iter_mut().zip(pairs) {
        *place = u8::from_str_radix(std::str::from_utf8(pair).ok().filter(|pair| !pair.contains('+'))?, 16).ok()?;
    }
    Some((len, hash))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn whole_texts_and_parts() {
        let hex = |text: &str| Sha256::digest(text).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        let of = |part, hash: String| Sealed::new(part, &json!({"salt": "salt", "hashes": [hash]})).unwrap();
        let whole = of(Part::All, hex("anna@example.comsalt"));
        assert!(whole.contains("anna@example.com") && !whole.contains("anna"));
        let prefix = of(Part::Prefix, format!("4_{}", hex("annasalt")));
        assert!(prefix.contains("anna@example.com") && prefix.contains("anna") && !prefix.contains("ann"));
        let suffix = of(Part::Suffix, format!("4_{}", hex(".comsalt")));
        assert!(suffix.contains("anna@example.com") && !suffix.contains("com"));
        // Known from elsewhere: sha256("abc").
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert!(Sealed::new(Part::All, &json!({"salt": "c", "hashes": [abc]})).unwrap().contains("ab"));
    }

    #[test]
    fn what_is_no_hash() {
        for (part, arg) in [
            (Part::All, json!(["ba78"])),
            (Part::All, json!({"salt": "", "hashes": ["ba78"]})),
            (Part::All, json!({"salt": "", "hashes": ["+".repeat(64)]})),
            (Part::Prefix, json!({"salt": "", "hashes": ["a".repeat(64)]})),
            (Part::Suffix, json!({"salt": "", "hashes": [format!("x_{}", "a".repeat(64))]})),
        ] {
            assert!(Sealed::new(part, &arg).is_err(), "{arg}");
        }
    }
}
