//! Nothing of another tenant is read or written, on either database.

use std::sync::Arc;

use yardarm_store::{
    AccessToken, Commit, CommitError, Count, CountBatch, CountQuery, HistoryQuery, Membership, RowWrite, ScopeKind,
    ScopeRef, Store, StoreError,
};

use crate::bench::{NOW, commit, make_project, make_tenant, of, put, rows, scope, tenant, user};

/// The right id under the wrong tenant, and the other way round.
const STRANGERS: [ScopeRef<'static>; 3] = [
    ScopeRef { tenant_id: "tnt_2", id: "prj_1" },
    ScopeRef { tenant_id: "tnt_2", id: "tnt_1" },
    ScopeRef { tenant_id: "tnt_1", id: "tnt_2" },
];

/// `tnt_1` with `prj_1`, and `tnt_2` with nothing.
async fn two_tenants(store: &dyn Store) {
    make_project(store, "prj_1").await;
    make_tenant(store, "tnt_2").await;
    let documents = vec![put("flag", "a", r#"{"name":"A"}"#)];
    let rows = vec![RowWrite::AlsoLog { scope_id: "tnt_1".into(), documents: vec![put("note", "n", "{}")] }];
    store.commit(Commit { rows, ..commit("prj_1", documents) }).await.unwrap();
}

pub(crate) async fn a_log_is_found_under_its_tenant_only(store: Arc<dyn Store>) {
    two_tenants(&*store).await;
    let count = Count {
        tenant_id: "tnt_1".into(),
        scope_id: "prj_1".into(),
        environment: "production".into(),
        flag: "a".into(),
        variant: "on".into(),
        reason: "STATIC".into(),
        sdk: "rust/1".into(),
        hour: 0,
        count: 1,
    };
    store.add_counts(NOW, &[CountBatch { id: "b", counts: &[count] }]).await.unwrap();
    for (at, present) in STRANGERS.into_iter().map(|at| (at, false)).chain([(of("prj_1"), true)]) {
        let (kind, key) = ("flag", "a");
        assert_eq!(store.load(at).await.unwrap().is_some(), present, "{at:?}");
        assert_eq!(store.document(at, kind, key).await.unwrap().is_some(), present, "{at:?}");
        assert_eq!(!store.changes(at, 0, 10).await.unwrap().is_empty(), present, "{at:?}");
        assert_eq!(store.change(at, 2).await.unwrap().is_some(), present, "{at:?}");
        for flag in [None, Some(key.to_owned())] {
            let query = HistoryQuery { flag, limit: 10, ..HistoryQuery::default() };
            assert_eq!(!store.history(at, query).await.unwrap().is_empty(), present, "{at:?}");
        }
        assert_eq!(store.document_at(at, kind, key, 2).await.unwrap().is_some(), present, "{at:?}");
        assert_eq!(!store.documents_at(at, 2).await.unwrap().is_empty(), present, "{at:?}");
        let (tenant_id, scope_id) = (at.tenant_id.into(), at.id.into());
        let query = CountQuery { tenant_id, scope_id, ..CountQuery::default() };
        assert_eq!(!store.counts(query).await.unwrap().is_empty(), present, "{at:?}");
    }
}

pub(crate) async fn a_commit_reaches_one_tenant_only(store: Arc<dyn Store>) {
    two_tenants(&*store).await;
    store.commit(rows("tnt_1", vec![RowWrite::InsertUser(user("usr_1"))])).await.unwrap();
    for at in STRANGERS {
        let lost = Commit {
            tenant_id: at.tenant_id.into(),
            scope_id: at.id.into(),
            ..commit("prj_1", vec![put("flag", "a", "{}")])
        };
        // Neither "stale" nor anything else that says that it is there.
        let stale = Commit { expected: Some(("prj_1-epoch".into(), 1)), ..lost.clone() };
        for commit in [lost, stale] {
            assert!(matches!(store.commit(commit).await, Err(CommitError::NoScope)), "{at:?}");
        }
    }
    let token = AccessToken {
        id: "tok_1".into(),
        hash: "hash".into(),
        tenant_id: "tnt_1".into(),
        user_id: "usr_1".into(),
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
    };
    let membership = Membership { tenant_id: "tnt_1".into(), user_id: "usr_1".into() };
    let mut moved = tenant("tnt_1");
    moved.key = "another-key".into();
    let foreign = [
        RowWrite::AlsoLog { scope_id: "tnt_1".into(), documents: vec![put("note", "n", "{}")] },
        RowWrite::InsertScope(scope(ScopeKind::Project, "prj_2", "tnt_1")),
        RowWrite::InsertTenant(moved),
        RowWrite::RenameTenant { id: "tnt_1".into(), name: "Ours now".into() },
        RowWrite::UpsertMembership(membership.clone()),
        RowWrite::DeleteMembership { tenant_id: "tnt_1".into(), user_id: "usr_1".into() },
        RowWrite::InsertAccessToken(token.clone()),
        RowWrite::RevokeAccessToken { id: "tok_1".into(), at: NOW },
    ];
    let own = vec![RowWrite::UpsertMembership(membership), RowWrite::InsertAccessToken(token)];
    store.commit(rows("tnt_1", own)).await.unwrap();
    store.touch_access_token("tnt_2", "tok_1", NOW + 1).await.unwrap();
    for row in foreign {
        let refused = store.commit(rows("tnt_2", vec![row.clone()])).await;
        let fits = matches!(refused, Err(CommitError::NoScope | CommitError::Store(StoreError::Database(_))));
        assert!(fits, "{row:?}: {refused:?}");
    }
    assert_eq!(store.tenant("tnt_1").await.unwrap().unwrap(), tenant("tnt_1"));
    assert_eq!(store.members("tnt_1").await.unwrap().len(), 1);
    let tokens = store.access_tokens("tnt_1").await.unwrap();
    assert_eq!((tokens.len(), tokens[0].revoked_at, tokens[0].last_used_at), (1, None, None));
    assert_eq!(store.scope("tnt_2").await.unwrap().unwrap().rev, 1, "nothing was written there either");
}
