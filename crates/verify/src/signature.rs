//! Ed25519 signatures of heads and prune marks.

use ed25519_dalek::{Signature, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::What;
use crate::line::SignedHead;

/// A key that signatures are checked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    id: String,
    key: VerifyingKey,
}

impl PublicKey {
    /// Reads 64 hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 32] = unhex(text.trim())?.try_into().ok()?;
        let key = VerifyingKey::from_bytes(&bytes).ok()?;
        let id = hex(&Sha256::digest(bytes))[..16].to_owned();
        Some(Self { id, key })
    }

    /// First 16 hex digits of its SHA-256.
    pub fn id(&self) -> &str {
        &self.id
    }
}

/// What the signature of a head is made over: one line of JSON, members in alphabetical order, without spaces.
#[derive(Serialize)]
struct HeadLine<'a> {
    at: i64,
    epoch: &'a str,
    format: u32,
    hash: &'a str,
    key: &'a str,
    rev: u64,
    scope: &'a str,
    r#type: &'a str,
}

/// The same for a prune mark.
#[derive(Serialize)]
struct MarkLine<'a> {
    base: &'a str,
    count: u64,
    format: u32,
    hash: &'a str,
    key: &'a str,
    scope: &'a str,
    through: u64,
    r#type: &'a str,
}

/// The body of a `prune_mark` document.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Mark {
    pub(crate) through: u64,
    pub(crate) hash: String,
    pub(crate) count: u64,
    pub(crate) base: String,
    pub(crate) key: String,
    pub(crate) signature: String,
}

pub(crate) fn head(head: &SignedHead, trusted: &[PublicKey]) -> Result<(), What> {
    let SignedHead { scope, epoch, rev, hash, at, key, signature } = head;
    let line = HeadLine { at: *at, epoch, format: 1, hash, key, rev: *rev, scope, r#type: "head" };
    check("head", &line, key, signature, trusted)
}

pub(crate) fn mark(scope: &str, mark: &Mark, trusted: &[PublicKey]) -> Result<(), What> {
    let Mark { through, hash, count, base, key, signature } = mark;
    let line = MarkLine { base, count: *count, format: 1, hash, key, scope, through: *through, r#type: "prune" };
    check("prune mark", &line, key, signature, trusted)
}

fn check(
    what: &'static str,
    line: &impl Serialize,
    key: &str,
    signature: &str,
    trusted: &[PublicKey],
) -> Result<(), What> {
    let known = trusted.iter().find(|trusted| trusted.id == key);
    let known = known.ok_or_else(|| What::UnknownKey(what, key.to_owned()))?;
    let text = serde_json::to_vec(line).map_err(|error| What::Unreadable(error.to_string()))?;
    let signature =
        unhex(signature).and_then(|bytes| Signature::from_slice(&bytes).ok()).ok_or(What::Signature(what))?;
    known.key.verify_strict(&text, &signature).map_err(|_| What::Signature(what))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        use std::fmt::Write as _;
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}
