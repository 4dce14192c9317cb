//! A tenant as a value: the documents of its log, kept in memory and brought up to date before each request that asks
//! what somebody may do. So a right that was taken away is gone at the next request, and finding that out is one look at
//! the revision.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use serde::de::DeserializeOwned;
use serde_json::Value;
use yardarm_model::authority::{
    AccessTokenDocument, BuiltIn, Grant, GroupDocument, MemberDocument, RoleDocument, ServiceAccountDocument,
    tenant_kind,
};
use yardarm_store::{Scope, ScopeRef, StoreError};

use crate::app::App;

/// Tenants kept in memory; beyond it others go.
const KEPT: usize = 1_000;
/// Changes applied one by one; after more of them everything is loaded.
const FOLLOWED: u32 = 100;

/// A document of a tenant.
#[derive(Clone, Debug)]
pub(crate) struct TenantDocument {
    /// Revision that wrote it: its `ETag`.
    pub(crate) rev: u64,
    /// What it says.
    pub(crate) body: Value,
}

type OfKind = BTreeMap<String, TenantDocument>;

/// A tenant at one revision.
#[derive(Clone, Debug)]
pub(crate) struct TenantState {
    /// Where it stands.
    pub(crate) scope: Scope,
    kinds: BTreeMap<String, Arc<OfKind>>,
}

impl TenantState {
    /// Documents of a kind, by key.
    pub(crate) fn all(&self, kind: &str) -> impl Iterator<Item = (&str, &TenantDocument)> {
        self.kinds
            .get(kind)
            .into_iter()
            .flat_map(|documents| documents.iter())
            .map(|(key, document)| (key.as_str(), document))
    }

    /// One document.
    pub(crate) fn document(&self, kind: &str, key: &str) -> Option<&TenantDocument> {
        self.kinds.get(kind)?.get(key)
    }

    /// Whether a key that somebody chooses is taken: case does not count.
    pub(crate) fn has_key(&self, kind: &str, key: &str) -> bool {
        self.all(kind).any(|(taken, _)| taken.eq_ignore_ascii_case(key))
    }

    /// Revision of a document, 0 for one that is not there.
    pub(crate) fn revision(&self, kind: &str, key: &str) -> u64 {
        self.document(kind, key).map_or(0, |document| document.rev)
    }

    /// A document as its type. One that cannot be read gives no rights, and says so in the log.
    pub(crate) fn read<T: DeserializeOwned>(&self, kind: &str, key: &str) -> Option<T> {
        let document = self.document(kind, key)?;
        T::deserialize(&document.body)
            .inspect_err(|error| tracing::error!(%error, kind, key, tenant = self.scope.id, "a damaged document"))
            .ok()
    }

    /// What a role allows; `None`: there is no such role.
    pub(crate) fn role(&self, key: &str) -> Option<Vec<Grant>> {
        match BuiltIn::parse(key) {
            Some(role) => Some(role.grants()),
            None => self.read::<RoleDocument>(tenant_kind::ROLE, key).map(|role| role.grants),
        }
    }

    /// What roles allow together. A role that is not there allows nothing.
    pub(crate) fn grants<'a>(&self, roles: impl IntoIterator<Item = &'a String>) -> Vec<Grant> {
        roles.into_iter().filter_map(|key| self.role(key)).flatten().collect()
    }

    /// What a member holds, directly and through groups.
    pub(crate) fn grants_of_member(&self, member: &MemberDocument) -> Vec<Grant> {
        let mut grants = self.grants(&member.roles);
        for key in &member.groups {
            if let Some(group) = self.read::<GroupDocument>(tenant_kind::GROUP, key) {
                grants.extend(self.grants(&group.roles));
            }
        }
        grants
    }

    /// What a user holds: a member's or a service account's. Nobody else holds anything.
    pub(crate) fn grants_of(&self, user_id: &str) -> Vec<Grant> {
        if let Some(member) = self.read::<MemberDocument>(tenant_kind::MEMBER, user_id) {
            return self.grants_of_member(&member);
        }
        let account = self.read::<ServiceAccountDocument>(tenant_kind::SERVICE_ACCOUNT, user_id);
        account.map(|account| self.grants(&account.roles)).unwrap_or_default()
    }

    /// Keys of the roles that a user was given, without those of groups.
    pub(crate) fn roles_of(&self, user_id: &str) -> Vec<String> {
        let member = self.read::<MemberDocument>(tenant_kind::MEMBER, user_id).map(|member| member.roles);
        let account = || self.read::<ServiceAccountDocument>(tenant_kind::SERVICE_ACCOUNT, user_id);
        let roles = member.or_else(|| account().map(|account| account.roles));
        roles.unwrap_or_default().into_iter().collect()
    }

    /// What a token allows at most. An unknown token, role or scope is nothing.
    pub(crate) fn limits_of(&self, token_id: &str) -> Vec<Grant> {
        let token = self.read::<AccessTokenDocument>(tenant_kind::ACCESS_TOKEN, token_id);
        token.map(|token| self.scope_of(&token)).unwrap_or_default()
    }

    /// The same for a token that was read already.
    pub(crate) fn scope_of(&self, token: &AccessTokenDocument) -> Vec<Grant> {
        match (&token.role, &token.grants) {
            (Some(role), _) => self.role(role).unwrap_or_default(),
            (None, Some(grants)) => grants.clone(),
            (None, None) => Vec::new(),
        }
    }

    fn put(&mut self, kind: String, key: String, rev: u64, body: Option<&str>) {
        let documents = Arc::make_mut(self.kinds.entry(kind).or_default());
        match body {
            // What we wrote is JSON; what is not gives no rights.
            Some(body) => {
                let body = serde_json::from_str(body).unwrap_or_default();
                documents.insert(key, TenantDocument { rev, body });
            }
            None => drop(documents.remove(&key)),
        }
    }
}

/// Tenants in memory.
#[derive(Default)]
pub(super) struct Tenants {
    kept: Mutex<HashMap<String, Arc<TenantState>>>,
}

impl Tenants {
    fn get(&self, id: &str) -> Option<Arc<TenantState>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// Keeps the newer of two.
    fn put(&self, state: &Arc<TenantState>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (id, scope) = (&state.scope.id, &state.scope);
        if kept.get(id).is_some_and(|known| known.scope.epoch == scope.epoch && known.scope.rev >= scope.rev) {
            return;
        }
        if kept.len() >= KEPT && !kept.contains_key(id) {
            let some: Vec<String> = kept.keys().take(KEPT / 10).cloned().collect();
            kept.retain(|id, _| !some.contains(id));
        }
        kept.insert(id.clone(), Arc::clone(state));
    }
}

impl App {
    /// A tenant as it is now; `None`: there is none.
    pub(super) async fn tenant_state(&self, id: &str) -> Result<Option<Arc<TenantState>>, StoreError> {
        let Some(scope) = self.store.scope(id).await? else { return Ok(None) };
        if let Some(known) = self.api.tenants.get(id).filter(|known| known.scope.epoch == scope.epoch) {
            if known.scope.rev >= scope.rev {
                return Ok(Some(known));
            }
            if scope.rev - known.scope.rev <= u64::from(FOLLOWED) {
                let mut state = TenantState::clone(&known);
                for change in self.store.changes(ScopeRef::tenant(id), known.scope.rev, FOLLOWED).await? {
                    // What was pruned is not followed.
                    if change.rev != state.scope.rev + 1 {
                        break;
                    }
                    state.scope.rev = change.rev;
                    for document in change.documents {
                        state.put(document.kind, document.key, change.rev, document.body.as_deref());
                    }
                }
                if state.scope.rev >= scope.rev {
                    let state = Arc::new(state);
                    self.api.tenants.put(&state);
                    return Ok(Some(state));
                }
            }
        }
        let Some((scope, documents)) = self.store.load(ScopeRef::tenant(id)).await? else { return Ok(None) };
        let mut state = TenantState { scope, kinds: BTreeMap::new() };
        for document in documents {
            state.put(document.kind, document.key, document.rev, Some(&document.body));
        }
        let state = Arc::new(state);
        self.api.tenants.put(&state);
        Ok(Some(state))
    }
}
