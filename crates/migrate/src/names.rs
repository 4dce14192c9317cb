//! Foreign names to keys of ours: the same name always gives the same key, and two names never share one.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};
use yardarm_model::limits;

/// Names that were given out in one scope: the flags of a project, the variants of a flag, …
///
/// Keys are letters, digits, `.`, `_` and `-`, and unique without regard to case; names elsewhere are often neither.
#[derive(Clone, Debug, Default)]
pub struct Names {
    given: BTreeMap<String, String>,
    /// In lower case.
    taken: BTreeSet<String>,
}

impl Names {
    /// The key of a name. A name that is a key and free stays as it is; another keeps what it can and gets a short
    /// digest of itself, so that the key does not depend on what else there is.
    pub fn key(&mut self, name: &str) -> String {
        if let Some(key) = self.given.get(name) {
            return key.clone();
        }
        let mut key = if limits::is_key(name) { name.to_owned() } else { with_digest(name, 0) };
        let mut round = 0;
        while !self.taken.insert(key.to_ascii_lowercase()) {
            key = with_digest(name, round);
            round += 1;
        }
        self.given.insert(name.to_owned(), key.clone());
        key
    }

    /// The key that was given to a name before.
    pub fn given(&self, name: &str) -> Option<&str> {
        self.given.get(name).map(String::as_str)
    }

    /// Names whose key is another text, with that key.
    pub fn renamed(&self) -> impl Iterator<Item = (&str, &str)> {
        self.given.iter().filter(|(name, key)| name != key).map(|(name, key)| (name.as_str(), key.as_str()))
    }
}

fn with_digest(name: &str, round: u32) -> String {
    let digest = Sha256::new().chain_update(round.to_be_bytes()).chain_update(name.as_bytes()).finalize();
    let digest = digest.iter().take(4).fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
    let mut slug = String::new();
    for c in name.chars().take(limits::KEY - 10) {
        if c.is_ascii_alphanumeric() || (!slug.is_empty() && matches!(c, '.' | '_')) {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { format!("x-{digest:08x}") } else { format!("{slug}-{digest:08x}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_keys_of_their_own() {
        let mut names = Names::default();
        assert_eq!(names.key("checkout"), "checkout");
        let other = names.key("Checkout");
        assert!(other.starts_with("Checkout-"), "{other}");
        for name in ["", "Ü", "a b", "a/b", "🚀🚀", "-x", &"long ".repeat(60), "a b "] {
            let key = names.key(name);
            assert!(limits::is_key(&key), "{name:?} → {key:?}");
            assert_eq!(names.key(name), key, "the same name has the same key");
        }
        let all: BTreeSet<_> = names.given.values().map(|key| key.to_ascii_lowercase()).collect();
        assert_eq!(all.len(), names.given.len());
        assert_eq!(names.renamed().count(), names.given.len() - 1);
    }
}
