//! A fresh database for each test, and the smallest things to put into it.

use std::sync::Arc;

use yardarm_store::scratch::Scratch;
use yardarm_store::{
    Attribution, Commit, DocumentWrite, Quota, RowWrite, Scope, ScopeKind, ScopeRef, Store, StoreOptions, Tenant, User,
    UserKind, open_with,
};

/// An instant that tests call "now".
pub(crate) const NOW: i64 = 1_800_000_000_000;

/// The suite is about promises, not about how busy the machine is.
fn patient() -> StoreOptions {
    // Of kinds that no other promise writes.
    let quotas = vec![
        Quota { name: "things", counted: crate::quota::THINGS, most: 5 },
        Quota { name: "keys", counted: crate::quota::KEYS, most: 2 },
    ];
    StoreOptions { deadline: std::time::Duration::from_mins(2), quotas, ..StoreOptions::default() }
}

pub(crate) struct Bench {
    pub(crate) store: Arc<dyn Store>,
    _directory: Option<tempfile::TempDir>,
    made: Option<Scratch>,
}

impl Bench {
    pub(crate) async fn sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}/a/new/directory/yardarm.db", directory.path().display());
        Self { store: open_with(&url, &patient()).await.unwrap(), _directory: Some(directory), made: None }
    }

    /// `None`, and says so, when no server is named.
    pub(crate) async fn postgres() -> Option<Self> {
        let Ok(server) = std::env::var("TEST_DATABASE_URL") else {
            eprintln!("skipped: TEST_DATABASE_URL is not set");
            return None;
        };
        let made = Scratch::create(&server).await.unwrap();
        let store = open_with(&made.url(), &patient()).await.unwrap();
        Some(Self { store, _directory: None, made: Some(made) })
    }

    /// Removes what [`Self::postgres`] made. A failed test leaves its database behind for a look.
    pub(crate) async fn finish(self) {
        let Self { store, made, .. } = self;
        drop(store);
        if let Some(made) = made {
            made.remove().await.unwrap();
        }
    }
}

pub(crate) fn attribution(action: &str) -> Attribution {
    Attribution {
        actor: "user:usr_ana".into(),
        actor_name: "Ana".into(),
        via: "system".into(),
        action: action.into(),
        reason: String::new(),
        trace_id: "0af7651916cd43dd8448eb211c80319c".into(),
        at: NOW,
    }
}

pub(crate) fn put(kind: &str, key: &str, body: &str) -> DocumentWrite {
    DocumentWrite { kind: kind.into(), key: key.into(), body: Some(body.into()) }
}

pub(crate) fn remove(kind: &str, key: &str) -> DocumentWrite {
    DocumentWrite { kind: kind.into(), key: key.into(), body: None }
}

/// Projects of this suite are in `tnt_1`.
pub(crate) fn of(scope_id: &str) -> ScopeRef<'_> {
    let tenant_id = if scope_id.starts_with("tnt_") { scope_id } else { "tnt_1" };
    ScopeRef { tenant_id, id: scope_id }
}

pub(crate) fn commit(scope_id: &str, documents: Vec<DocumentWrite>) -> Commit {
    Commit {
        tenant_id: of(scope_id).tenant_id.into(),
        scope_id: scope_id.into(),
        expected: None,
        attribution: attribution("test.write"),
        documents,
        rows: Vec::new(),
    }
}

pub(crate) fn rows(scope_id: &str, rows: Vec<RowWrite>) -> Commit {
    Commit { rows, ..commit(scope_id, Vec::new()) }
}

pub(crate) fn tenant(id: &str) -> Tenant {
    Tenant { id: id.into(), key: format!("{id}-key"), name: "A tenant".into(), created_at: NOW }
}

pub(crate) fn scope(kind: ScopeKind, id: &str, tenant_id: &str) -> Scope {
    Scope {
        id: id.into(),
        kind,
        tenant_id: tenant_id.into(),
        key: format!("{id}-key"),
        epoch: format!("{id}-epoch"),
        rev: 0,
    }
}

pub(crate) fn user(id: &str) -> User {
    User {
        id: id.into(),
        kind: UserKind::Person,
        tenant_id: None,
        email: format!("{id}@example.com"),
        name: "Somebody".into(),
        password_hash: Some("$argon2id$".into()),
        operator: false,
        created_at: NOW,
    }
}

/// A tenant with its log at revision 1.
pub(crate) async fn make_tenant(store: &dyn Store, id: &str) {
    let made = vec![RowWrite::InsertScope(scope(ScopeKind::Tenant, id, id)), RowWrite::InsertTenant(tenant(id))];
    store.commit(rows(id, made)).await.unwrap();
}

/// A project with its log at revision 1, in a tenant `tnt_1` made for it.
pub(crate) async fn make_project(store: &dyn Store, id: &str) {
    make_tenant(store, "tnt_1").await;
    let made = vec![RowWrite::InsertScope(scope(ScopeKind::Project, id, "tnt_1"))];
    store
        .commit(Commit { documents: vec![put("project", "web", r#"{"name":"Web"}"#)], ..rows(id, made) })
        .await
        .unwrap();
}
