//! One project: its state, its environments, and how it catches up with the log.

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::{ArcSwap, ArcSwapOption};
use tokio::sync::Mutex;
use yardarm_eval::Snapshot;
use yardarm_eval::ruleset::{Patch, Version};
use yardarm_model::affected::{affected, patch};
use yardarm_model::document::{Kind, State};
use yardarm_model::ruleset_for;
use yardarm_store::{Change, Document, Scope, ScopeRef, StoreError};

use crate::content::{Content, Part, list_text};
use crate::{LiveEnvironment, LiveProject, Published, Shared, grants};

/// Environments by key.
pub(crate) type Environments = BTreeMap<String, Arc<LiveEnvironment>>;

/// Changes read at once, and published as one patch.
const PAGE: u32 = 200;
/// A page with more documents than this is not kept for [`Tail::spare`]: copying the state is then no slower.
const KEPT_DOCUMENTS: usize = 1_000;

/// The place of a project.
pub(crate) struct Slot {
    tenant_id: String,
    scope_id: String,
    /// None until it could be read for the first time.
    live: ArcSwapOption<LiveProject>,
    environments: ArcSwap<Environments>,
    /// Held while catching up, so that the log is read once however many ask.
    tail: Arc<Mutex<Tail>>,
}

/// What only the one who catches up needs.
#[derive(Default)]
struct Tail {
    /// The state before the live one, and the changes between the two. When nobody reads it any more it is brought up
    /// to date and becomes the next one: copying a state of 10,000 flags for each change would take longer than
    /// everything else together.
    spare: Option<(Arc<State>, Vec<Change>)>,
    /// What each environment serves.
    contents: BTreeMap<String, Arc<Content>>,
}

/// What was read.
enum Step {
    /// The next changes, without gaps.
    Changes(Vec<Change>),
    /// Everything, because the changes from our state to the current one are not known.
    Whole(Scope, Vec<Document>),
}

impl Slot {
    pub(crate) fn new(scope: &Scope) -> Self {
        Self {
            tenant_id: scope.tenant_id.clone(),
            scope_id: scope.id.clone(),
            live: ArcSwapOption::empty(),
            environments: ArcSwap::default(),
            tail: Arc::default(),
        }
    }

    fn reference(&self) -> ScopeRef<'_> {
        ScopeRef { tenant_id: &self.tenant_id, id: &self.scope_id }
    }

    pub(crate) fn live(&self) -> Option<Arc<LiveProject>> {
        self.live.load_full()
    }

    pub(crate) fn environment(&self, key: &str) -> Option<Arc<LiveEnvironment>> {
        self.environments.load().get(key).cloned()
    }

    pub(crate) fn environments_len(&self) -> usize {
        self.environments.load().len()
    }

    /// Whether there is nothing to catch up with.
    pub(crate) fn is_at(&self, scope: &Scope) -> bool {
        self.live.load().as_ref().is_some_and(|live| version(&live.scope) == version(scope))
    }

    /// Reads the log up to where it ends now, and publishes it.
    pub(crate) async fn catch_up(
        self: &Arc<Self>,
        shared: &Arc<Shared>,
    ) -> Result<Option<Arc<LiveProject>>, StoreError> {
        let mut tail = self.tail.clone().lock_owned().await;
        let Some(scope) = shared.store.scope(&self.scope_id).await? else { return Ok(self.live()) };
        loop {
            let step = match self.live() {
                Some(live) if live.scope.epoch == scope.epoch && live.scope.rev >= scope.rev => return Ok(Some(live)),
                Some(live) if live.scope.epoch == scope.epoch => {
                    let page = shared.store.changes(self.reference(), live.scope.rev, PAGE).await?;
                    let gapless = (live.scope.rev + 1..).zip(&page).all(|(rev, change)| change.rev == rev);
                    if gapless && !page.is_empty() { Step::Changes(page) } else { self.whole(shared).await? }
                }
                _ => self.whole(shared).await?,
            };
            // Compiling is work for the processor: it must not keep a runtime thread from serving. It ends even when
            // the caller goes away, so nobody finds a project half published.
            let (slot, shared, whole) = (self.clone(), shared.clone(), matches!(step, Step::Whole(..)));
            tail = tokio::task::spawn_blocking(move || {
                match step {
                    Step::Changes(page) => slot.apply(&shared, &mut tail, page),
                    Step::Whole(scope, documents) => slot.replace(&shared, &mut tail, scope, &documents),
                }
                tail
            })
            .await
            .map_err(|error| StoreError::Database(format!("compiling {} failed: {error}", self.scope_id)))?;
            if whole {
                return Ok(self.live());
            }
        }
    }

    async fn whole(&self, shared: &Shared) -> Result<Step, StoreError> {
        match shared.store.load(self.reference()).await? {
            Some((scope, documents)) => Ok(Step::Whole(scope, documents)),
            None => Err(StoreError::Damaged { table: "scope", what: format!("{} is gone", self.scope_id) }),
        }
    }

    /// Publishes the state that these changes lead to.
    fn apply(&self, shared: &Shared, tail: &mut Tail, page: Vec<Change>) {
        let (Some(live), Some(last)) = (self.live(), page.last()) else { return };
        let scope = Scope { rev: last.rev, ..live.scope.clone() };
        let (from, to) = (version(&live.scope), version(&scope));

        let mut state = next_state(tail.spare.take(), &live.state);
        write_all(&self.scope_id, Arc::make_mut(&mut state), &page);
        let kinds =
            || page.iter().flat_map(|change| &change.documents).filter_map(|d| Some((Kind::parse(&d.kind)?, d)));
        let affected = affected(&live.state, &state, kinds().map(|(kind, d)| (kind, d.key.as_str())));

        // Everything is made before anything is shown.
        let environments = self.environments.load_full();
        let mut next = Environments::clone(&environments);
        let mut patched: Vec<(Arc<LiveEnvironment>, Published, Patch)> = Vec::new();
        for (key, todo) in &affected.environments {
            let Some(environment) = environments.get(key) else { continue };
            let patch = patch(&live.state, &state, key, todo, &from, &to);
            let content = tail.contents.entry(key.clone()).or_default();
            if !patch.is_empty() {
                put(Arc::make_mut(content), &patch);
            }
            let published = environment.published().patched(&patch, content.clone());
            patched.push((environment.clone(), published, patch));
        }
        for key in &affected.added {
            if let Some((published, content)) = compiled(&scope, &state, &to, key) {
                tail.contents.insert(key.clone(), content);
                next.insert(key.clone(), Arc::new(LiveEnvironment::new(published, &shared.options)));
            }
        }
        for key in &affected.removed {
            tail.contents.remove(key);
            next.remove(key);
        }
        let keys_changed = kinds().any(|(kind, _)| matches!(kind, Kind::SdkKey | Kind::Environment));

        let next = Arc::new(next);
        let project = Arc::new(LiveProject { scope, state });
        self.environments.store(next.clone());
        self.live.store(Some(project.clone()));
        // Before the frames: whoever asks again on a frame must learn of a revocation.
        if keys_changed {
            grants::replace(shared, &project, &next);
        }
        for (environment, published, patch) in patched {
            environment.publish(published, &patch, &shared.options);
        }
        for environment in affected.removed.iter().filter_map(|key| environments.get(key)) {
            environment.close();
        }
        for change in &page {
            announce(shared, &self.scope_id, Version { epoch: to.epoch.clone(), rev: change.rev });
        }

        let documents: usize = page.iter().map(|change| change.documents.len()).sum();
        tail.spare = (documents <= KEPT_DOCUMENTS).then(|| (live.state.clone(), page));
    }

    /// Publishes a whole state: at the start, after a restore (another epoch), or when the log has a gap.
    fn replace(&self, shared: &Shared, tail: &mut Tail, scope: Scope, documents: &[Document]) {
        tail.spare = None;
        let mut state = State::default();
        for Document { kind, key, rev, body } in documents {
            write(&self.scope_id, &mut state, *rev, kind, key, Some(body));
        }
        let to = version(&scope);
        let environments = self.environments.load_full();
        let mut next = Environments::new();
        let mut replaced = Vec::new();
        let mut contents = BTreeMap::new();
        for key in state.environments.keys() {
            let Some((published, content)) = compiled(&scope, &state, &to, key) else { continue };
            contents.insert(key.clone(), content);
            let environment = match environments.get(key) {
                Some(environment) => {
                    replaced.push((environment.clone(), published));
                    environment.clone()
                }
                None => Arc::new(LiveEnvironment::new(published, &shared.options)),
            };
            next.insert(key.clone(), environment);
        }
        tail.contents = contents;

        let next = Arc::new(next);
        let project = Arc::new(LiveProject { scope, state: Arc::new(state) });
        self.environments.store(next.clone());
        self.live.store(Some(project.clone()));
        grants::replace(shared, &project, &next);
        for (environment, published) in replaced {
            environment.publish_whole(published);
        }
        for (_, environment) in environments.iter().filter(|(key, _)| !next.contains_key(*key)) {
            environment.close();
        }
        announce(shared, &self.scope_id, to);
    }
}

fn version(scope: &Scope) -> Version {
    Version { epoch: scope.epoch.clone(), rev: scope.rev }
}

fn announce(shared: &Shared, scope_id: &str, version: Version) {
    // Nobody listening is fine.
    drop(shared.changes.send((scope_id.to_owned(), version)));
}

/// A state like the live one that nobody else holds: the spare one, brought up to date, or else a copy.
fn next_state(spare: Option<(Arc<State>, Vec<Change>)>, live: &Arc<State>) -> Arc<State> {
    if let Some((mut spare, missed)) = spare
        && let Some(state) = Arc::get_mut(&mut spare)
    {
        // Damage was logged when these were applied for the first time.
        for change in &missed {
            for document in &change.documents {
                let one = (document.kind.as_str(), document.key.as_str(), document.body.as_deref());
                let _ = state.apply(change.rev, [one]);
            }
        }
        return spare;
    }
    Arc::new(State::clone(live))
}

fn write_all(scope_id: &str, state: &mut State, page: &[Change]) {
    for change in page {
        for document in &change.documents {
            write(scope_id, state, change.rev, &document.kind, &document.key, document.body.as_deref());
        }
    }
}

/// Applies one document at a time, so that a damaged one leaves its last good version and harms no other.
fn write(scope_id: &str, state: &mut State, rev: u64, kind: &str, key: &str, body: Option<&str>) {
    if let Err(error) = state.apply(rev, [(kind, key, body)]) {
        tracing::error!(scope = scope_id, kind, key, rev, %error, "a damaged document; its last good version is served");
    }
}

/// An environment from its documents alone.
fn compiled(scope: &Scope, state: &State, version: &Version, key: &str) -> Option<(Published, Arc<Content>)> {
    let ruleset = ruleset_for(&scope.key, state, version, key)?;
    let content = Arc::new(Content::of(&ruleset));
    let names = (Arc::from(scope.key.as_str()), Arc::from(key));
    Some((Published::new(names, version.clone(), content.clone(), Snapshot::compile(&ruleset)), content))
}

fn put(content: &mut Content, patch: &Patch) {
    for (key, text) in &patch.flags {
        content.set(Part::Flags, key, text.clone());
    }
    for (key, text) in &patch.segments {
        content.set(Part::Segments, key, text.clone());
    }
    for (key, list) in &patch.lists {
        content.set(Part::Lists, key, list.as_deref().map(list_text));
    }
}
