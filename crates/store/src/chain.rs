//! The hash chain over a scope's changes: a pure function, so that an export can be verified with nothing but this page.
//!
//! The hash of a change is the lower-case hex SHA-256 of one line of JSON without spaces, members in this order (which
//! is alphabetical), strings escaped as in RFC 8785 (`\"`, `\\`, `\b`, `\f`, `\n`, `\r`, `\t`, other control
//! characters as `\u00xx`, everything else as UTF-8):
//!
//! ```json
//! {"action":"…","actor":"…","actor_name":"…","at":0,"documents":[{"body":"…","key":"…","kind":"…"}],
//!  "format":1,"prev_hash":"…","reason":"…","rev":1,"scope":"…","trace_id":"…"}
//! ```
//!
//! `documents` are sorted by the bytes of `kind`, then of `key`; `body` is the stored text as a string, or `null` when
//! the document was removed. `prev_hash` of revision 1 is sixty-four zeros. The epoch is not part of it: a restore
//! keeps the history.

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{Attribution, Change, DocumentWrite};

/// `prev_hash` of the first change.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

#[derive(Serialize)]
struct Entry<'a> {
    action: &'a str,
    actor: &'a str,
    actor_name: &'a str,
    at: i64,
    documents: Vec<EntryDocument<'a>>,
    format: u32,
    prev_hash: &'a str,
    reason: &'a str,
    rev: u64,
    scope: &'a str,
    trace_id: &'a str,
}

#[derive(Serialize)]
struct EntryDocument<'a> {
    body: Option<&'a str>,
    key: &'a str,
    kind: &'a str,
}

/// The hash of a change: 64 hex digits. The order of `documents` does not matter.
pub fn hash(
    scope_id: &str,
    rev: u64,
    prev_hash: &str,
    attribution: &Attribution,
    documents: &[DocumentWrite],
) -> String {
    let mut sorted: Vec<EntryDocument<'_>> =
        documents.iter().map(|d| EntryDocument { body: d.body.as_deref(), key: &d.key, kind: &d.kind }).collect();
    sorted.sort_by_key(|d| (d.kind, d.key));
    let Attribution { actor, actor_name, action, reason, trace_id, at } = attribution;
    let entry = Entry {
        action,
        actor,
        actor_name,
        at: *at,
        documents: sorted,
        format: 1,
        prev_hash,
        reason,
        rev,
        scope: scope_id,
        trace_id,
    };
    hex(&Sha256::digest(serde_json::to_vec(&entry).expect("strings and integers always serialise")))
}

/// What is wrong with a chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// A revision is missing, doubled or out of order.
    #[error("revision {expected} was expected, {found} was found")]
    Gap {
        /// The one after the last good one.
        expected: u64,
        /// The one that is there.
        found: u64,
    },
    /// The change does not name its predecessor's hash.
    #[error("revision {0} does not continue the change before it")]
    Broken(u64),
    /// The change is not what was hashed.
    #[error("revision {0} was altered")]
    Altered(u64),
}

/// Checks changes, oldest first, that follow (`rev`, `hash`) of a scope: start with `(0, GENESIS)`, page by page.
/// Returns where the chain stands after them.
pub fn verify(scope_id: &str, after: (u64, String), changes: &[Change]) -> Result<(u64, String), ChainError> {
    let (mut rev, mut head) = after;
    for change in changes {
        if change.rev != rev + 1 {
            return Err(ChainError::Gap { expected: rev + 1, found: change.rev });
        }
        if change.prev_hash != head {
            return Err(ChainError::Broken(change.rev));
        }
        if hash(scope_id, change.rev, &change.prev_hash, &change.attribution, &change.documents) != change.hash {
            return Err(ChainError::Altered(change.rev));
        }
        rev = change.rev;
        head.clone_from(&change.hash);
    }
    Ok((rev, head))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|b| [b >> 4, b & 15]).map(|n| char::from(DIGITS[usize::from(n)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribution() -> Attribution {
        Attribution {
            actor: "user:usr_1".into(),
            actor_name: "Ana \"A\" Ö".into(),
            action: "flag.create".into(),
            reason: "line\nbreak\u{1}".into(),
            trace_id: "0af7651916cd43dd8448eb211c80319c".into(),
            at: 1_700_000_000_000,
        }
    }

    fn write(kind: &str, key: &str, body: Option<&str>) -> DocumentWrite {
        DocumentWrite { kind: kind.into(), key: key.into(), body: body.map(Into::into) }
    }

    fn chain(length: u64) -> Vec<Change> {
        let mut prev_hash = GENESIS.to_owned();
        (1..=length)
            .map(|rev| {
                let documents = vec![write("flag", "a", Some("{}")), write("flag", "b", None)];
                let hash = hash("prj_1", rev, &prev_hash, &attribution(), &documents);
                Change {
                    rev,
                    attribution: attribution(),
                    prev_hash: std::mem::replace(&mut prev_hash, hash.clone()),
                    hash,
                    documents,
                }
            })
            .collect()
    }

    /// Computed outside of this program (Python's `json` and `hashlib`) from the module documentation.
    #[test]
    fn a_known_change_has_the_known_hash() {
        let documents = [write("flag", "b", None), write("configuration", "production/a", Some(r#"{"on":true}"#))];
        assert_eq!(hash("prj_1", 1, GENESIS, &attribution(), &documents), KNOWN);
    }
    const KNOWN: &str = "7476606cff5cf40ba61d28796b24dc6efd74fff937185613ba97905bedbfb9a1";

    #[test]
    fn the_order_of_documents_does_not_matter() {
        let a = [write("flag", "a", None), write("flag", "b", None)];
        let b = [write("flag", "b", None), write("flag", "a", None)];
        assert_eq!(hash("s", 1, GENESIS, &attribution(), &a), hash("s", 1, GENESIS, &attribution(), &b));
    }

    #[test]
    fn a_good_chain_verifies_in_pages() {
        let changes = chain(5);
        let middle = verify("prj_1", (0, GENESIS.to_owned()), &changes[..2]).unwrap();
        let end = verify("prj_1", middle, &changes[2..]).unwrap();
        assert_eq!(end, (5, changes[4].hash.clone()));
    }

    #[test]
    fn every_kind_of_tampering_is_found() {
        let start = || (0, GENESIS.to_owned());
        let tamper = |f: fn(&mut Vec<Change>)| {
            let mut changes = chain(4);
            f(&mut changes);
            verify("prj_1", start(), &changes)
        };
        assert_eq!(tamper(|c| drop(c.remove(1))), Err(ChainError::Gap { expected: 2, found: 3 }));
        assert_eq!(tamper(|c| c[2].attribution.actor.push('x')), Err(ChainError::Altered(3)));
        assert_eq!(tamper(|c| c[2].attribution.at += 1), Err(ChainError::Altered(3)));
        assert_eq!(tamper(|c| drop(c[2].documents.pop())), Err(ChainError::Altered(3)));
        assert_eq!(tamper(|c| c[2].documents[0].body = Some("[]".into())), Err(ChainError::Altered(3)));
        assert_eq!(tamper(|c| c[2].hash.replace_range(0..1, "z")), Err(ChainError::Altered(3)));
        assert_eq!(tamper(|c| c[2].prev_hash.replace_range(0..1, "z")), Err(ChainError::Broken(3)));
        assert_eq!(verify("prj_2", start(), &chain(1)), Err(ChainError::Altered(1)));
    }
}
