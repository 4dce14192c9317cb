//! Live projects in memory: tail the log, recompile only what changed, swap, publish one serialised patch.
//!
//! The delivery lane reads from here and from nowhere else: no method below without `async` waits, locks or asks the
//! database.

use std::sync::Arc;

use bytes::Bytes;
use yardarm_eval::ruleset::Version;
use yardarm_model::document::{Audience, State};
use yardarm_store::{Scope, Store, StoreError};

/// How the hub behaves.
#[derive(Clone, Debug)]
pub struct HubOptions {
    /// Mean time between polls of the database's scope versions; jittered by ±25 %. Hints only make it faster.
    pub poll_interval: std::time::Duration,
    /// Patches kept for each environment so that a stream can resume.
    pub kept_patches: usize,
}

impl Default for HubOptions {
    fn default() -> Self {
        Self { poll_interval: std::time::Duration::from_millis(1_000), kept_patches: 256 }
    }
}

/// A project as it is in memory: immutable, replaced whole.
#[derive(Clone, Debug)]
pub struct LiveProject {
    /// Its scope; `rev` and `epoch` are the state's version.
    pub scope: Scope,
    /// Its documents.
    pub state: Arc<State>,
}

/// What an SDK key opens.
#[derive(Clone)]
pub struct KeyGrant {
    /// Document key, `key_…`.
    pub id: String,
    /// Owning tenant.
    pub tenant_id: String,
    /// Project scope.
    pub scope_id: String,
    /// Project key.
    pub project: String,
    /// Environment key.
    pub environment: String,
    /// Server or client.
    pub audience: Audience,
    /// The environment itself: no further look-up on the delivery path.
    pub live: Arc<LiveEnvironment>,
}

/// One environment as it is served now.
pub struct Published {
    /// Version of the ruleset.
    pub version: Version,
    /// Strong ETag over the ruleset's content (quotes included).
    pub etag: String,
    /// `Ruleset` as JSON.
    pub json: Bytes,
    /// The same, gzip.
    pub gzip: Bytes,
    /// Ready to evaluate.
    pub snapshot: yardarm_eval::Snapshot,
}

/// A serialised SSE frame, shared by all connections of an audience.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Version it leads to.
    pub version: Version,
    /// For server keys: `event: patch` or `put` with `id:` and `data:`, ending in a blank line.
    pub server: Bytes,
    /// For client keys and OFREP streams: the `refetchEvaluation` message.
    pub client: Bytes,
}

/// An environment's published state and its subscribers.
pub struct LiveEnvironment {
    _private: (),
}

impl LiveEnvironment {
    /// What is served now. Lock-free.
    pub fn published(&self) -> Arc<Published> {
        unimplemented!()
    }
    /// Frames from now on. A receiver that lags sees `Lagged` and must be told to resync.
    pub fn subscribe(&self) -> tokio::sync::broadcast::Receiver<Frame> {
        unimplemented!()
    }
    /// Subscribes and says what to send first, without a gap in between: nothing when the reader is current, the kept
    /// patches when they reach back to its version, else a `put`.
    pub fn resume(&self, _last: Option<&Version>) -> (Vec<Bytes>, tokio::sync::broadcast::Receiver<Frame>) {
        unimplemented!()
    }
}

/// All projects.
pub struct Hub {
    _private: (),
}

impl Hub {
    /// Loads every project, then keeps tailing in a background task until the hub is dropped.
    pub async fn start(_store: Arc<dyn Store>, _options: HubOptions) -> Result<Arc<Self>, StoreError> {
        unimplemented!()
    }
    /// Delivery: what a key opens, by the SHA-256 of the key. Lock-free, no I/O.
    pub fn grant(&self, _key_hash: &[u8; 32]) -> Option<Arc<KeyGrant>> {
        unimplemented!()
    }
    /// A project by tenant and key, as last seen.
    pub fn project(&self, _tenant_id: &str, _key: &str) -> Option<Arc<LiveProject>> {
        unimplemented!()
    }
    /// All projects of a tenant, by key.
    pub fn projects(&self, _tenant_id: &str) -> Vec<Arc<LiveProject>> {
        unimplemented!()
    }
    /// An environment of a project, as last published.
    pub fn environment(&self, _scope_id: &str, _environment: &str) -> Option<Arc<LiveEnvironment>> {
        unimplemented!()
    }
    /// Management: reads the log up to its end now, then returns the project. Call after a commit (read your writes)
    /// and before deciding.
    pub async fn refresh(&self, _scope_id: &str) -> Result<Option<Arc<LiveProject>>, StoreError> {
        unimplemented!()
    }
    /// Says that there is something to read. Never waits.
    pub fn wake(&self, _scope_id: &str) {
        unimplemented!()
    }
    /// Every change of a project as it becomes visible, for the console's stream: (scope id, version).
    pub fn changes(&self) -> tokio::sync::broadcast::Receiver<(String, Version)> {
        unimplemented!()
    }
    /// Whether the last look at the database worked (`/readyz` says delivery and management apart).
    pub fn database_reachable(&self) -> bool {
        unimplemented!()
    }
    /// Number of environments loaded.
    pub fn environments_len(&self) -> usize {
        unimplemented!()
    }
}
