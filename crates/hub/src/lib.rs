//! Live projects in memory: tail the log, recompile only what changed, swap, publish one serialised patch.
//!
//! The delivery lane reads from here and from nowhere else: no method below without `async` waits for the database.
//! The database is asked by the tail task ([`tail`]) and by [`Hub::refresh`], one at a time for each project. Hints (a
//! local [`Hub::wake`], Postgres NOTIFY) only make it look sooner; the revision in the database is the truth, and a
//! jittered poll finds what every hint missed.
//!
//! Nothing here is ever thrown away because something failed: a database that is away, a project that cannot be read and
//! a damaged document all leave the last good state being served.

mod content;
mod environment;
mod grants;
mod project;
mod tail;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::{Notify, broadcast};
use tokio::task::JoinHandle;
use yardarm_eval::ruleset::Version;
use yardarm_model::document::State;
use yardarm_store::{Scope, ScopeKind, Store, StoreError};

pub use environment::{Frame, LiveEnvironment, Published};
pub use grants::{KeyGrant, Signer};

use grants::Grants;
use project::Slot;

/// How the hub behaves.
#[derive(Clone, Debug)]
pub struct HubOptions {
    /// Mean time between polls of the database's scope versions; jittered by ±25 %. Hints only make it faster.
    pub poll_interval: Duration,
    /// Shortest pause between two attempts while the database is away; grows to eight times as much, with jitter.
    pub retry_interval: Duration,
    /// Patches kept for each environment so that a stream can resume.
    pub kept_patches: usize,
    /// Bytes of patches kept for each environment.
    pub kept_bytes: usize,
    /// Frames that wait for the slowest subscriber of an environment before it sees `Lagged`.
    pub frames_waiting: usize,
}

impl Default for HubOptions {
    fn default() -> Self {
        Self {
            poll_interval: Duration::from_secs(1),
            retry_interval: Duration::from_secs(1),
            kept_patches: 256,
            kept_bytes: 1 << 20,
            frames_waiting: 64,
        }
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

/// Changes waiting for the slowest reader of [`Hub::changes`] before it sees `Lagged`.
const CHANGES_WAITING: usize = 1_024;
/// Wakes kept apart; beyond that the tail looks at everything.
const WAKES_KEPT: usize = 1_024;

/// All projects.
pub struct Hub {
    shared: Arc<Shared>,
    tail: JoinHandle<()>,
}

/// What the tail task and the callers of [`Hub`] have in common.
pub(crate) struct Shared {
    store: Arc<dyn Store>,
    options: HubOptions,
    projects: ArcSwap<Projects>,
    /// Held while `projects` or `grants` are replaced.
    replacing: Mutex<()>,
    grants: ArcSwap<Grants>,
    changes: broadcast::Sender<(String, Version)>,
    woken: Notify,
    wakes: Mutex<Wakes>,
    reachable: AtomicBool,
}

/// What the tail has to look at.
#[derive(Default)]
pub(crate) struct Wakes {
    scopes: BTreeSet<String>,
    everything: bool,
}

/// The projects by scope and by name. Scopes are never deleted, so neither are slots.
#[derive(Clone, Default)]
pub(crate) struct Projects {
    by_scope: HashMap<String, Arc<Slot>>,
    by_tenant: HashMap<String, BTreeMap<String, Arc<Slot>>>,
}

impl Hub {
    /// Loads every project, then keeps tailing in a background task until the hub is dropped. Fails when the database
    /// does; a single project that cannot be read is logged and tried again.
    pub async fn start(store: Arc<dyn Store>, options: HubOptions) -> Result<Arc<Self>, StoreError> {
        // Listening comes first, so that no commit falls between the first look and the first hint.
        let hints = store.hints();
        let (changes, _) = broadcast::channel(CHANGES_WAITING);
        let shared = Arc::new(Shared {
            store,
            options,
            projects: ArcSwap::default(),
            replacing: Mutex::new(()),
            grants: ArcSwap::default(),
            changes,
            woken: Notify::new(),
            wakes: Mutex::default(),
            reachable: AtomicBool::new(true),
        });
        tail::look_at_everything(&shared).await?;
        let tail = tokio::spawn(tail::for_ever(shared.clone(), hints));
        Ok(Arc::new(Self { shared, tail }))
    }

    /// Delivery: what a key opens, by the SHA-256 of the key. Lock-free, no I/O. A revoked key opens nothing from the
    /// first frame on that its environment gets after the revocation: open streams ask again on each frame.
    pub fn grant(&self, key_hash: &[u8; 32]) -> Option<Arc<KeyGrant>> {
        self.shared.grants.load().get(key_hash).cloned()
    }

    /// A project by tenant and key, as last seen.
    pub fn project(&self, tenant_id: &str, key: &str) -> Option<Arc<LiveProject>> {
        self.shared.projects.load().by_tenant.get(tenant_id)?.get(key)?.live()
    }

    /// All projects of a tenant, by key.
    pub fn projects(&self, tenant_id: &str) -> Vec<Arc<LiveProject>> {
        let projects = self.shared.projects.load();
        projects.by_tenant.get(tenant_id).into_iter().flatten().filter_map(|(_, slot)| slot.live()).collect()
    }

    /// Every project there is, as last seen.
    pub fn all_projects(&self) -> Vec<Arc<LiveProject>> {
        self.shared.projects.load().by_scope.values().filter_map(|slot| slot.live()).collect()
    }

    /// An environment of a project, as last published.
    pub fn environment(&self, scope_id: &str, environment: &str) -> Option<Arc<LiveEnvironment>> {
        self.shared.projects.load().by_scope.get(scope_id)?.environment(environment)
    }

    /// Management: reads the log up to its end now, then returns the project. Call after a commit (read your writes)
    /// and before deciding.
    pub async fn refresh(&self, scope_id: &str) -> Result<Option<Arc<LiveProject>>, StoreError> {
        let result = self.shared.refresh(scope_id).await;
        self.shared.note(&result);
        result
    }

    /// Says that there is something to read. Never waits.
    pub fn wake(&self, scope_id: &str) {
        self.shared.wake(Some(scope_id));
    }

    /// Every change of a project as it becomes visible, for the console's stream: (scope id, version).
    pub fn changes(&self) -> broadcast::Receiver<(String, Version)> {
        self.shared.changes.subscribe()
    }

    /// Whether the last look at the database worked (`/readyz` says delivery and management apart).
    pub fn database_reachable(&self) -> bool {
        self.shared.reachable.load(Ordering::Relaxed)
    }

    /// Number of environments loaded.
    pub fn environments_len(&self) -> usize {
        self.shared.projects.load().by_scope.values().map(|slot| slot.environments_len()).sum()
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.tail.abort();
    }
}

impl Shared {
    /// Brings one scope up to date. `None` when it is not there or not a project.
    async fn refresh(self: &Arc<Self>, scope_id: &str) -> Result<Option<Arc<LiveProject>>, StoreError> {
        let known = self.projects.load().by_scope.get(scope_id).cloned();
        let slot = match known {
            Some(slot) => slot,
            None => match self.store.scope(scope_id).await? {
                Some(scope) if scope.kind == ScopeKind::Project => self.slot(&scope),
                _ => return Ok(None),
            },
        };
        slot.catch_up(self).await
    }

    /// The place of a project, made when it is new.
    fn slot(&self, scope: &Scope) -> Arc<Slot> {
        let _replacing = self.replacing.lock().unwrap_or_else(PoisonError::into_inner);
        let projects = self.projects.load();
        if let Some(slot) = projects.by_scope.get(&scope.id) {
            return slot.clone();
        }
        let slot = Arc::new(Slot::new(scope));
        let mut next = Projects::clone(&projects);
        next.by_scope.insert(scope.id.clone(), slot.clone());
        next.by_tenant.entry(scope.tenant_id.clone()).or_default().insert(scope.key.clone(), slot.clone());
        self.projects.store(Arc::new(next));
        slot
    }

    /// `None`: look at everything.
    fn wake(&self, scope_id: Option<&str>) {
        let mut wakes = self.wakes.lock().unwrap_or_else(PoisonError::into_inner);
        match scope_id {
            Some(scope_id) if wakes.scopes.len() < WAKES_KEPT => {
                wakes.scopes.insert(scope_id.to_owned());
            }
            _ => wakes.everything = true,
        }
        drop(wakes);
        self.woken.notify_one();
    }

    fn note<T>(&self, result: &Result<T, StoreError>) {
        self.reachable.store(!matches!(result, Err(StoreError::Unavailable(_))), Ordering::Relaxed);
    }
}
