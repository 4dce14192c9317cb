//! The hash that an approval pins.

use std::fmt::Write as _;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::document::Kind;
use crate::normal_form;

/// A document as a change request would write it, and what it was when that was written down.
#[derive(Clone, Debug, PartialEq)]
pub struct Pinned {
    /// Kind of document.
    pub kind: Kind,
    /// Its key.
    pub key: String,
    /// Revision of the stored document that the change starts from; 0 when there was none.
    pub base: u64,
    /// What it becomes; `None` removes it.
    pub body: Option<Value>,
}

/// Lower-case hex SHA-256 over the canonical JSON ([`normal_form`]) of `{"documents": [[kind, key, base, body]…],
/// "schedule": …}`, documents in the order of kind and key, whatever order they come in. `schedule`: when and how it is
/// to be applied, null for at once.
pub fn content_hash(documents: &[Pinned], schedule: &Value) -> String {
    let mut sorted: Vec<&Pinned> = documents.iter().collect();
    sorted.sort_by(|a, b| (a.kind, &a.key).cmp(&(b.kind, &b.key)));
    let rows: Vec<Value> = sorted.iter().map(|one| json!([one.kind, one.key, one.base, one.body])).collect();
    let text = normal_form(&json!({ "documents": rows, "schedule": schedule })).to_string();
    Sha256::digest(text.as_bytes()).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
