//! The log as evidence: searching several logs, what was, heads, prune marks, and the security log beside it.

use crate::{Millis, ScopeRef};

/// Which changes of which logs.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    /// Whose logs.
    pub tenant_id: String,
    /// Only these logs; none means nothing.
    pub scope_ids: Vec<String>,
    /// Only this actor.
    pub actor: Option<String>,
    /// Only what came with this.
    pub via: Option<String>,
    /// Only this action.
    pub action: Option<String>,
    /// Only changes that touched this kind of document.
    pub kind: Option<String>,
    /// Only changes that touched a document with this key, or one of which it is the last segment.
    pub key: Option<String>,
    /// Only changes that touched this environment, or something in it.
    pub environment: Option<String>,
    /// Only this trace.
    pub trace_id: Option<String>,
    /// Only reasons with this in it, in any case.
    pub text: Option<String>,
    /// Only from this instant on.
    pub since: Option<Millis>,
    /// Only before this instant.
    pub until: Option<Millis>,
    /// Only what comes after this one.
    pub after: Option<AuditPlace>,
    /// At most so many.
    pub limit: u32,
}

/// Where an entry stands among the entries of several logs: newest first, then by log, then by revision.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AuditPlace {
    /// When.
    pub at: Millis,
    /// Which log.
    pub scope_id: String,
    /// Its revision.
    pub rev: u64,
}

/// What a document was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Past {
    /// It did not exist.
    Absent,
    /// This.
    Text(String),
    /// Somebody redacted it.
    Redacted,
    /// Nobody knows any more.
    Pruned,
}

/// A document that lived at a prune mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseDocument {
    /// `flag`, `configuration`, …
    pub kind: String,
    /// Unique in the kind.
    pub key: String,
    /// Revision that wrote it.
    pub rev: u64,
    /// Its body.
    pub body: crate::chain::Salted,
}

/// What pruning removes, as the mark says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prunable {
    /// Last revision that goes.
    pub through: u64,
    /// Its hash: what the first entry that stays continues.
    pub hash: String,
    /// Changes that go.
    pub count: u64,
    /// Hash over the documents that lived then, which stay: hex SHA-256 over one line of JSON for each,
    /// `["kind","key",rev,"salted hash"]` and a line feed, sorted by the bytes of kind, then of key.
    pub base: String,
}

/// Where a log stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Whose log.
    pub tenant_id: String,
    /// Which log.
    pub scope_id: String,
    /// Its epoch.
    pub epoch: String,
    /// Its revision.
    pub rev: u64,
    /// Hash of that entry.
    pub hash: String,
}

impl Head {
    /// The full name of the log.
    pub fn scope(&self) -> ScopeRef<'_> {
        ScopeRef { tenant_id: &self.tenant_id, id: &self.scope_id }
    }
}

/// A head that was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedHead {
    /// Where the log stood.
    pub head: Head,
    /// When it was signed.
    pub at: Millis,
    /// With which key.
    pub key_id: String,
    /// Ed25519, hex.
    pub signature: String,
}

/// A key for signing heads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKey {
    /// First 16 hex digits of the SHA-256 of the public key.
    pub id: String,
    /// Public key, hex.
    pub public: String,
    /// Secret key, sealed.
    pub sealed: String,
    /// When it was made.
    pub created_at: Millis,
}

/// Attempts that were refused: those of one minute that are alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Unique: see [`Refused::id_of`].
    pub id: String,
    /// Start of the minute.
    pub minute: Millis,
    /// Whose tenant; empty for nobody's.
    pub tenant_id: String,
    /// Address they came from; empty when it is not known.
    pub source: String,
    /// Who, where that is known: `user:usr_…`.
    pub actor: String,
    /// Stable code of the refusal: `sign_in_failed`, `forbidden`.
    pub code: String,
    /// HTTP status.
    pub status: u16,
    /// Method and path template of the route.
    pub route: String,
    /// How many.
    pub count: u64,
    /// When the last one was.
    pub last_at: Millis,
    /// Trace of the last one.
    pub trace_id: String,
}

/// Which refusals.
#[derive(Clone, Debug, Default)]
pub struct RefusedQuery {
    /// Whose tenant; empty for nobody's.
    pub tenant_id: String,
    /// Only this code.
    pub code: Option<String>,
    /// Only from this address.
    pub source: Option<String>,
    /// Only this actor.
    pub actor: Option<String>,
    /// Only from this instant on.
    pub since: Option<Millis>,
    /// Only before this instant.
    pub until: Option<Millis>,
    /// Only what comes after the one of this minute with this id.
    pub after: Option<(Millis, String)>,
    /// At most so many.
    pub limit: u32,
}

impl Refused {
    /// The id of what is alike in a minute: hex, from everything but the count and the last one.
    pub fn id_of(minute: Millis, tenant_id: &str, source: &str, actor: &str, code: &str, route: &str) -> String {
        let text = format!("{minute}\n{tenant_id}\n{source}\n{actor}\n{code}\n{route}");
        crate::chain::content_hash(&text)[..24].to_owned()
    }
}
