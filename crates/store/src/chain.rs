//! The hash chain over a scope's log: pure functions, so that an export can be verified with nothing but this page.
//!
//! What may hold personal data (the bodies of documents, the actor's name, the reason) enters the chain as a *salted
//! hash*: the lower-case hex SHA-256 of the salt (32 hex digits), a colon, and the text. Salt and text are stored beside
//! it. A redaction removes both and keeps the hash: the chain stays as it was, and nobody can guess the text from it.
//!
//! The hash of an entry is the lower-case hex SHA-256 of one line of JSON without spaces, members in this order (which
//! is alphabetical), strings escaped as in RFC 8785 (`\"`, `\\`, `\b`, `\f`, `\n`, `\r`, `\t`, other control
//! characters as `\u00xx`, everything else as UTF-8):
//!
//! ```json
//! {"action":"…","actor":"…","actor_name":"<salted hash>","at":0,
//!  "documents":[{"body":"<salted hash>","key":"…","kind":"…"}],"format":1,"prev_hash":"…",
//!  "reason":"<salted hash>","rev":1,"scope":"…","trace_id":"…","via":"…"}
//! ```
//!
//! `documents` are sorted by the bytes of `kind`, then of `key`; `body` is `null` when the document was removed.
//! `prev_hash` of revision 1 is sixty-four zeros. The epoch is not part of it: a restore keeps the history.

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{Attribution, DocumentWrite, Millis};

/// `prev_hash` of the first entry.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Bytes of a salt.
pub(crate) const SALT: usize = 16;

/// A text of the log as the chain has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Salted {
    /// What the chain has.
    pub hash: String,
    /// 32 hex digits; gone with the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub salt: Option<String>,
    /// `None` when it was redacted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl Salted {
    /// Whether text and hash belong together; nothing can be said of a redacted one.
    pub fn is_whole(&self) -> bool {
        match (&self.salt, &self.text) {
            (Some(salt), Some(text)) => salted_hash(salt, text) == self.hash,
            (None, None) => true,
            _ => false,
        }
    }
}

/// A change as evidence: everything that its hash is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which log.
    pub scope_id: String,
    /// Its revision.
    pub rev: u64,
    /// When.
    pub at: Millis,
    /// Who: `user:usr_…`.
    pub actor: String,
    /// Shown name of the actor at that time.
    pub actor_name: Salted,
    /// What they came with: `session`, `token:tok_…`.
    pub via: String,
    /// `flag.create`, `configuration.update`, …
    pub action: String,
    /// The author's words.
    pub reason: Salted,
    /// W3C trace id, 32 hex digits.
    pub trace_id: String,
    /// What it left, by kind and key.
    pub documents: Vec<EntryDocument>,
    /// Hash of the one before.
    pub prev_hash: String,
    /// Hash of this one.
    pub hash: String,
}

/// A document as an entry left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryDocument {
    /// `flag`, `configuration`, …
    pub kind: String,
    /// Unique in the kind.
    pub key: String,
    /// `None` when the entry removed it.
    pub body: Option<Salted>,
}

/// Salts and salted hashes of a change that is being made.
pub(crate) struct Seals {
    pub(crate) actor_name: Seal,
    pub(crate) reason: Seal,
    /// One for each document, in the order of the commit.
    pub(crate) documents: Vec<Option<Seal>>,
}

/// A salt and the hash made with it.
pub(crate) struct Seal {
    pub(crate) salt: String,
    pub(crate) hash: String,
}

impl Seals {
    /// `random` gives as many bytes as it is asked for.
    pub(crate) fn new(attribution: &Attribution, documents: &[DocumentWrite], random: &[u8]) -> Self {
        let mut salts = random.chunks(SALT);
        let mut seal = |text: &str| {
            let salt = hex(salts.next().unwrap_or_default());
            Seal { hash: salted_hash(&salt, text), salt }
        };
        Self {
            actor_name: seal(&attribution.actor_name),
            reason: seal(&attribution.reason),
            documents: documents.iter().map(|document| document.body.as_deref().map(&mut seal)).collect(),
        }
    }

    /// Random bytes that [`Self::new`] needs.
    pub(crate) fn needs(documents: &[DocumentWrite]) -> usize {
        SALT * (documents.len() + 2)
    }
}

fn salted_hash(salt: &str, text: &str) -> String {
    let mut hasher = Sha256::new();
    hasher.update(salt.as_bytes());
    hasher.update(b":");
    hasher.update(text.as_bytes());
    hex(&hasher.finalize())
}

/// Hash of a document's text alone: the same text has the same one everywhere, whatever its salt.
pub fn content_hash(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

#[derive(Serialize)]
struct Line<'a> {
    action: &'a str,
    actor: &'a str,
    actor_name: &'a str,
    at: i64,
    documents: Vec<LineDocument<'a>>,
    format: u32,
    prev_hash: &'a str,
    reason: &'a str,
    rev: u64,
    scope: &'a str,
    trace_id: &'a str,
    via: &'a str,
}

#[derive(Serialize)]
struct LineDocument<'a> {
    body: Option<&'a str>,
    key: &'a str,
    kind: &'a str,
}

impl Line<'_> {
    fn hash(mut self) -> String {
        self.documents.sort_by_key(|document| (document.kind, document.key));
        hex(&Sha256::digest(serde_json::to_vec(&self).expect("strings and integers always serialise")))
    }
}

/// The hash of a change that is being made. The order of `documents` does not matter.
pub(crate) fn hash(
    scope_id: &str,
    rev: u64,
    prev_hash: &str,
    attribution: &Attribution,
    documents: &[DocumentWrite],
    seals: &Seals,
) -> String {
    let Attribution { actor, actor_name: _, via, action, reason: _, trace_id, at } = attribution;
    let documents = documents.iter().zip(&seals.documents);
    let line = Line {
        action,
        actor,
        actor_name: &seals.actor_name.hash,
        at: *at,
        documents: documents
            .map(|(d, seal)| LineDocument { body: seal.as_ref().map(|s| &*s.hash), key: &d.key, kind: &d.kind })
            .collect(),
        format: 1,
        prev_hash,
        reason: &seals.reason.hash,
        rev,
        scope: scope_id,
        trace_id,
        via,
    };
    line.hash()
}

impl Entry {
    /// What its hash has to be.
    fn computed_hash(&self) -> String {
        let documents = self.documents.iter();
        let line = Line {
            action: &self.action,
            actor: &self.actor,
            actor_name: &self.actor_name.hash,
            at: self.at,
            documents: documents
                .map(|d| LineDocument { body: d.body.as_ref().map(|b| &*b.hash), key: &d.key, kind: &d.kind })
                .collect(),
            format: 1,
            prev_hash: &self.prev_hash,
            reason: &self.reason.hash,
            rev: self.rev,
            scope: &self.scope_id,
            trace_id: &self.trace_id,
            via: &self.via,
        };
        line.hash()
    }

    /// Whether it is what was hashed.
    pub fn is_whole(&self) -> bool {
        let bodies = self.documents.iter().filter_map(|document| document.body.as_ref());
        bodies.chain([&self.actor_name, &self.reason]).all(Salted::is_whole) && self.computed_hash() == self.hash
    }
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
    /// The entry does not name its predecessor's hash.
    #[error("revision {0} does not continue the change before it")]
    Broken(u64),
    /// The entry is not what was hashed.
    #[error("revision {0} was altered")]
    Altered(u64),
}

/// Checks entries of one scope, oldest first, that follow (`rev`, `hash`): start with `(0, GENESIS)`, page by page.
/// Returns where the chain stands after them.
pub fn verify(after: (u64, String), entries: &[Entry]) -> Result<(u64, String), ChainError> {
    let (mut rev, mut head) = after;
    for entry in entries {
        if entry.rev != rev + 1 {
            return Err(ChainError::Gap { expected: rev + 1, found: entry.rev });
        }
        if entry.prev_hash != head {
            return Err(ChainError::Broken(entry.rev));
        }
        if !entry.is_whole() {
            return Err(ChainError::Altered(entry.rev));
        }
        rev = entry.rev;
        head.clone_from(&entry.hash);
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
            via: "token:tok_1".into(),
            action: "flag.create".into(),
            reason: "line\nbreak\u{1}".into(),
            trace_id: "0af7651916cd43dd8448eb211c80319c".into(),
            at: 1_700_000_000_000,
        }
    }

    fn write(kind: &str, key: &str, body: Option<&str>) -> DocumentWrite {
        DocumentWrite { kind: kind.into(), key: key.into(), body: body.map(Into::into) }
    }

    /// Salts 00…, 01…, 02…
    fn seals(documents: &[DocumentWrite]) -> Seals {
        let random: Vec<u8> = (0..Seals::needs(documents)).map(|n| u8::try_from(n / SALT).unwrap()).collect();
        Seals::new(&attribution(), documents, &random)
    }

    fn hashed(documents: &[DocumentWrite]) -> String {
        hash("prj_1", 1, GENESIS, &attribution(), documents, &seals(documents))
    }

    fn salted(seal: Seal, text: &str) -> Salted {
        Salted { hash: seal.hash, salt: Some(seal.salt), text: Some(text.to_owned()) }
    }

    fn chain(length: u64) -> Vec<Entry> {
        let mut prev_hash = GENESIS.to_owned();
        (1..=length)
            .map(|rev| {
                let documents = [write("flag", "a", Some("{}")), write("flag", "b", None)];
                let Seals { actor_name, reason, documents: bodies } = seals(&documents);
                let Attribution { actor, actor_name: name, via, action, reason: why, trace_id, at } = attribution();
                let mut entry = Entry {
                    scope_id: "prj_1".into(),
                    rev,
                    at,
                    actor,
                    actor_name: salted(actor_name, &name),
                    via,
                    action,
                    reason: salted(reason, &why),
                    trace_id,
                    documents: std::iter::zip(documents, bodies)
                        .map(|(d, seal)| EntryDocument {
                            kind: d.kind,
                            key: d.key,
                            body: seal.zip(d.body).map(|(seal, body)| salted(seal, &body)),
                        })
                        .collect(),
                    prev_hash: prev_hash.clone(),
                    hash: String::new(),
                };
                entry.hash = entry.computed_hash();
                prev_hash.clone_from(&entry.hash);
                entry
            })
            .collect()
    }

    /// Computed outside of this program (Python's `json` and `hashlib`) from the module documentation.
    #[test]
    fn a_known_change_has_the_known_hash() {
        let documents = [write("flag", "b", None), write("configuration", "production/a", Some(r#"{"on":true}"#))];
        assert_eq!(hashed(&documents), KNOWN);
    }
    const KNOWN: &str = "d92f0980555bbf7f98b7265c7d9ef7853e40f876b1d2a75e045d3a947a7ec03d";

    #[test]
    fn the_order_of_documents_does_not_matter() {
        let entry = chain(1).remove(0);
        let mut turned = entry.clone();
        turned.documents.reverse();
        assert_eq!(turned.computed_hash(), entry.hash);
    }

    #[test]
    fn what_is_hashed_when_it_is_made_is_what_is_verified() {
        let documents = [write("flag", "a", Some("{}")), write("flag", "b", None)];
        assert_eq!(chain(1)[0].hash, hashed(&documents));
    }

    #[test]
    fn a_good_chain_verifies_in_pages() {
        let entries = chain(5);
        let middle = verify((0, GENESIS.to_owned()), &entries[..2]).unwrap();
        let end = verify(middle, &entries[2..]).unwrap();
        assert_eq!(end, (5, entries[4].hash.clone()));
    }

    #[test]
    fn every_kind_of_tampering_is_found() {
        let tamper = |f: fn(&mut Vec<Entry>)| {
            let mut entries = chain(4);
            f(&mut entries);
            verify((0, GENESIS.to_owned()), &entries)
        };
        let body = |entry: &mut Entry| entry.documents[0].body.take().unwrap();
        assert_eq!(tamper(|c| drop(c.remove(1))), Err(ChainError::Gap { expected: 2, found: 3 }));
        assert_eq!(tamper(|c| c[2].actor.push('x')), Err(ChainError::Altered(3)));
        assert_eq!(tamper(|c| c[2].via.push('x')), Err(ChainError::Altered(3)));
        assert_eq!(tamper(|c| c[2].at += 1), Err(ChainError::Altered(3)));
        assert_eq!(tamper(|c| drop(c[2].documents.pop())), Err(ChainError::Altered(3)));
        assert_eq!(tamper(|c| c[2].documents[0].body = None), Err(ChainError::Altered(3)));
        assert_eq!(tamper(|c| c[2].reason.text = Some("another".into())), Err(ChainError::Altered(3)));
        assert_eq!(tamper(|c| c[2].actor_name.hash.replace_range(0..1, "z")), Err(ChainError::Altered(3)));
        assert_eq!(tamper(|c| c[2].actor_name.salt = None), Err(ChainError::Altered(3)));
        assert_eq!(tamper(|c| c[2].hash.replace_range(0..1, "z")), Err(ChainError::Altered(3)));
        assert_eq!(tamper(|c| c[2].prev_hash.replace_range(0..1, "z")), Err(ChainError::Broken(3)));
        assert_eq!(tamper(|c| c[0].scope_id = "prj_2".into()), Err(ChainError::Altered(1)));
        let mut edited = chain(4);
        let old = body(&mut edited[2]);
        edited[2].documents[0].body = Some(Salted { text: Some("[]".into()), ..old });
        assert_eq!(verify((0, GENESIS.to_owned()), &edited), Err(ChainError::Altered(3)));
    }

    #[test]
    fn a_redaction_keeps_the_chain_as_it_was() {
        let mut entries = chain(4);
        (entries[1].actor_name.salt, entries[1].actor_name.text) = (None, None);
        (entries[1].reason.salt, entries[1].reason.text) = (None, None);
        if let Some(body) = &mut entries[2].documents[0].body {
            (body.salt, body.text) = (None, None);
        }
        assert_eq!(verify((0, GENESIS.to_owned()), &entries).unwrap().0, 4);
    }
}
