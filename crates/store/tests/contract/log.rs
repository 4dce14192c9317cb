//! Commit, load, changes.

use std::sync::Arc;

use yardarm_store::{Commit, CommitError, Document, RowWrite, Scope, ScopeKind, ScopeRef, Store, StoreError, chain};

use crate::bench::{attribution, commit, make_project, make_tenant, of, put, remove, rows, scope, tenant, user};

pub(crate) async fn a_commit_is_read_back_everywhere(store: Arc<dyn Store>) {
    make_project(&*store, "prj_1").await;
    let mut second = commit("prj_1", vec![put("flag", "a", r#"{"name":"Ä \" \u0000"}"#), remove("project", "web")]);
    second.attribution.reason = "because\n\"so\" 🙂".into();
    let made = store.commit(second.clone()).await.unwrap();
    assert_eq!((made.rev, &made.attribution), (2, &second.attribution));

    let (now, documents) = store.load(of("prj_1")).await.unwrap().unwrap();
    assert_eq!((now.rev, now.epoch.as_str(), now.kind), (2, "prj_1-epoch", ScopeKind::Project));
    let a = Document { kind: "flag".into(), key: "a".into(), rev: 2, body: r#"{"name":"Ä \" \u0000"}"#.into() };
    assert_eq!(documents, std::slice::from_ref(&a));
    assert_eq!(store.document(of("prj_1"), "flag", "a").await.unwrap(), Some(a));
    assert_eq!(store.document(of("prj_1"), "project", "web").await.unwrap(), None);
    assert_eq!(store.document(of("prj_2"), "flag", "a").await.unwrap(), None);

    assert_eq!(store.change(of("prj_1"), 2).await.unwrap(), Some(made.clone()));
    assert_eq!(store.change(of("prj_1"), 3).await.unwrap(), None);
    assert_eq!(store.changes(of("prj_1"), 1, 10).await.unwrap(), [made]);
    assert!(store.load(of("prj_none")).await.unwrap().is_none());
}

pub(crate) async fn revisions_count_from_one_and_the_chain_verifies(store: Arc<dyn Store>) {
    make_project(&*store, "prj_1").await;
    for n in 2..=25_u64 {
        let made = store.commit(commit("prj_1", vec![put("flag", &format!("f{}", n % 3), "{}")])).await.unwrap();
        assert_eq!(made.rev, n);
    }
    let mut head = (0, chain::GENESIS.to_owned());
    loop {
        let page = store.entries(of("prj_1"), head.0, 7).await.unwrap();
        if page.is_empty() {
            break;
        }
        assert!(page.len() <= 7);
        head = chain::verify(head, &page).unwrap();
    }
    assert_eq!(head.0, 25);
    assert!(store.changes(of("prj_1"), u64::MAX, 7).await.unwrap().is_empty());
    // Every fold of the log is the current documents.
    let documents = store.load(of("prj_1")).await.unwrap().unwrap().1;
    assert_eq!(store.documents_at(of("prj_1"), 25).await.unwrap(), documents);
}

pub(crate) async fn a_stale_commit_is_refused_and_writes_nothing(store: Arc<dyn Store>) {
    make_project(&*store, "prj_1").await;
    for (epoch, rev) in [("prj_1-epoch", 0), ("prj_1-epoch", 2), ("another-epoch", 1)] {
        let stale =
            Commit { expected: Some((epoch.to_owned(), rev)), ..commit("prj_1", vec![put("flag", "stale", "{}")]) };
        match store.commit(stale).await {
            Err(CommitError::Stale { epoch, rev }) => assert_eq!((epoch.as_str(), rev), ("prj_1-epoch", 1)),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(store.scope("prj_1").await.unwrap().unwrap().rev, 1);
    assert_eq!(store.document(of("prj_1"), "flag", "stale").await.unwrap(), None);
    let good =
        Commit { expected: Some(("prj_1-epoch".to_owned(), 1)), ..commit("prj_1", vec![put("flag", "good", "{}")]) };
    assert_eq!(store.commit(good).await.unwrap().rev, 2);
}

pub(crate) async fn a_commit_is_all_or_nothing(store: Arc<dyn Store>) {
    make_tenant(&*store, "tnt_1").await;
    store.commit(rows("tnt_1", vec![RowWrite::InsertUser(user("usr_1"))])).await.unwrap();
    // The last row cannot be written: no revision, no documents, no first row.
    let doomed = Commit {
        rows: vec![RowWrite::InsertUser(user("usr_2")), RowWrite::InsertUser(user("usr_1"))],
        ..commit("tnt_1", vec![put("note", "n", "{}")])
    };
    assert!(matches!(store.commit(doomed).await, Err(CommitError::Taken("user.email"))));
    // A foreign key is checked at the end.
    let orphan = Commit {
        rows: vec![RowWrite::InsertScope(scope(ScopeKind::Project, "prj_1", "tnt_none"))],
        ..commit("tnt_1", vec![put("note", "n", "{}")])
    };
    assert!(matches!(store.commit(orphan).await, Err(CommitError::Store(StoreError::Database(_)))));
    let (now, documents) = store.load(of("tnt_1")).await.unwrap().unwrap();
    assert_eq!((now.rev, documents.len()), (2, 0));
    assert!(store.user("usr_2").await.unwrap().is_none());
    assert!(store.changes(of("tnt_1"), 2, 10).await.unwrap().is_empty());
    // And the next commit takes the number that the failed ones had.
    assert_eq!(store.commit(commit("tnt_1", vec![put("note", "n", "{}")])).await.unwrap().rev, 3);
}

pub(crate) async fn a_change_in_two_logs_is_one_transaction(store: Arc<dyn Store>) {
    make_tenant(&*store, "tnt_1").await;
    let also = |scope_id: &str| RowWrite::AlsoLog {
        scope_id: scope_id.into(),
        documents: vec![put("project", "web", r#"{"id":"prj_1"}"#)],
    };
    let new = |rows: Vec<RowWrite>| Commit { rows, ..commit("prj_1", vec![put("project", "web", "{}")]) };
    let made = || RowWrite::InsertScope(scope(ScopeKind::Project, "prj_1", "tnt_1"));
    let change = store.commit(new(vec![made(), also("tnt_1")])).await.unwrap();
    assert_eq!((change.rev, change.documents.len()), (1, 1), "the commit's own");
    for (scope_id, revs) in [("prj_1", 1), ("tnt_1", 2)] {
        let changes = store.changes(of(scope_id), 0, 10).await.unwrap();
        let entries = store.entries(of(scope_id), 0, 10).await.unwrap();
        chain::verify((0, chain::GENESIS.to_owned()), &entries).unwrap();
        assert_eq!(changes.len(), revs, "{scope_id}");
        assert_eq!(changes[revs - 1].attribution, change.attribution, "{scope_id}");
    }
    let entry = store.document(of("tnt_1"), "project", "web").await.unwrap().unwrap();
    assert_eq!((entry.rev, entry.body.as_str()), (2, r#"{"id":"prj_1"}"#));

    // Whatever fails in either, both stay as they were.
    let stale = Commit { expected: Some(("prj_1-epoch".into(), 0)), ..new(vec![also("tnt_1")]) };
    assert!(matches!(store.commit(stale).await, Err(CommitError::Stale { rev: 1, .. })));
    assert!(matches!(store.commit(new(vec![also("tnt_none")])).await, Err(CommitError::NoScope)));
    assert!(matches!(store.commit(new(vec![made(), also("tnt_1")])).await, Err(CommitError::Taken("scope.key"))));
    for twice in [vec![also("tnt_1"), also("tnt_1")], vec![also("prj_1")]] {
        let refused = store.commit(new(twice)).await;
        assert!(matches!(refused, Err(CommitError::Store(StoreError::Database(_)))), "{refused:?}");
    }
    assert_eq!(store.scope("prj_1").await.unwrap().unwrap().rev, 1);
    assert_eq!(store.scope("tnt_1").await.unwrap().unwrap().rev, 2);
}

pub(crate) async fn a_commit_to_no_scope_is_refused(store: Arc<dyn Store>) {
    let lost = store.commit(commit("prj_none", vec![put("flag", "a", "{}")])).await;
    assert!(matches!(lost, Err(CommitError::NoScope)), "{lost:?}");
}

pub(crate) async fn a_commit_of_nothing_is_refused(store: Arc<dyn Store>) {
    make_project(&*store, "prj_1").await;
    let twice = vec![put("flag", "a", "{}"), remove("flag", "a")];
    for bad in [commit("prj_1", Vec::new()), commit("prj_1", twice)] {
        let refused = store.commit(bad).await;
        assert!(matches!(refused, Err(CommitError::Store(StoreError::Database(_)))), "{refused:?}");
    }
    assert_eq!(store.scope("prj_1").await.unwrap().unwrap().rev, 1);
}

pub(crate) async fn text_with_nul_is_refused_before_the_database(store: Arc<dyn Store>) {
    make_tenant(&*store, "tnt_1").await;
    let mut reason = commit("tnt_1", vec![put("flag", "a", "{}")]);
    reason.attribution.reason = "a\0b".into();
    let mut somebody = user("usr_1");
    somebody.name = "\0".into();
    for bad in [
        reason,
        commit("tnt_1", vec![put("flag", "a\0", "{}")]),
        commit("tnt_1", vec![put("flag", "a", "\0")]),
        rows("tnt_1", vec![RowWrite::InsertUser(somebody)]),
    ] {
        let refused = store.commit(bad).await;
        assert!(matches!(refused, Err(CommitError::Store(StoreError::Damaged { .. }))), "{refused:?}");
    }
    assert_eq!(store.scope("tnt_1").await.unwrap().unwrap().rev, 1);
}

pub(crate) async fn a_large_commit_fits(store: Arc<dyn Store>) {
    make_project(&*store, "prj_1").await;
    let many: Vec<_> = (0..2_500).map(|n| put("flag", &format!("flag-{n}"), r#"{"name":"x"}"#)).collect();
    let made = store.commit(commit("prj_1", many)).await.unwrap();
    assert_eq!(made.rev, 2);
    assert_eq!(store.load(of("prj_1")).await.unwrap().unwrap().1.len(), 2_501);
    let read = store.change(of("prj_1"), 2).await.unwrap().unwrap();
    let entries = store.entries(of("prj_1"), 1, 10).await.unwrap();
    assert_eq!((entries.len(), entries[0].documents.len()), (1, 2_500));
    chain::verify((1, read.prev_hash), &entries).unwrap();
}

pub(crate) async fn scopes_are_listed_with_their_versions(store: Arc<dyn Store>) {
    make_project(&*store, "prj_1").await;
    store.commit(commit("prj_1", vec![put("flag", "a", "{}")])).await.unwrap();
    let mut scopes = store.scopes().await.unwrap();
    scopes.sort_by(|a, b| a.id.cmp(&b.id));
    let seen: Vec<_> = scopes.iter().map(|s| (s.id.as_str(), s.kind, s.tenant_id.as_str(), s.rev)).collect();
    assert_eq!(seen, [("prj_1", ScopeKind::Project, "tnt_1", 2), ("tnt_1", ScopeKind::Tenant, "tnt_1", 1)]);
    assert_eq!(store.scope("prj_1").await.unwrap().as_ref(), Some(&scopes[0]));
    assert_eq!(store.scope("prj_2").await.unwrap(), None);
}

pub(crate) async fn keys_of_scopes_are_unique_in_their_tenant(store: Arc<dyn Store>) {
    make_project(&*store, "prj_1").await;
    let mut same = scope(ScopeKind::Project, "prj_2", "tnt_1");
    same.key = "prj_1-key".into();
    let refused = store.commit(rows("prj_2", vec![RowWrite::InsertScope(same.clone())])).await;
    assert!(matches!(refused, Err(CommitError::Taken("scope.key"))), "{refused:?}");

    // Nor by case alone, and of two who make twins at once one is refused.
    same.key = "PRJ_1-key".into();
    let refused = store.commit(rows("prj_2", vec![RowWrite::InsertScope(same.clone())])).await;
    assert!(matches!(refused, Err(CommitError::Taken("scope.key"))), "{refused:?}");
    let twin = |id: &str, key: &str| {
        let made = Scope { key: key.into(), ..scope(ScopeKind::Project, id, "tnt_1") };
        let also = RowWrite::AlsoLog { scope_id: "tnt_1".into(), documents: vec![put("project", key, "{}")] };
        rows(id, vec![RowWrite::InsertScope(made), also])
    };
    let (one, two) = tokio::join!(store.commit(twin("prj_3", "twin")), store.commit(twin("prj_4", "Twin")));
    let made = [&one, &two].into_iter().filter(|made| made.is_ok()).count();
    let refused = [&one, &two].into_iter().filter(|made| matches!(made, Err(CommitError::Taken("scope.key")))).count();
    assert_eq!((made, refused), (1, 1), "{one:?} {two:?}");

    same.key = "prj_1-key".into();
    let mut twin = tenant("tnt_2");
    twin.key = "tnt_1-key".into();
    let made = vec![RowWrite::InsertScope(scope(ScopeKind::Tenant, "tnt_2", "tnt_2")), RowWrite::InsertTenant(twin)];
    let refused = store.commit(rows("tnt_2", made)).await;
    assert!(matches!(refused, Err(CommitError::Taken("tenant.key"))), "{refused:?}");
    assert!(store.tenant("tnt_2").await.unwrap().is_none());

    make_tenant(&*store, "tnt_2").await;
    same.tenant_id = "tnt_2".into();
    let mut inside = rows("tnt_2", vec![RowWrite::InsertScope(same)]);
    inside.attribution = attribution("project.create");
    store.commit(inside).await.unwrap();
    assert_eq!(store.scope("prj_2").await.unwrap().unwrap().rev, 0);
    assert!(store.load(ScopeRef { tenant_id: "tnt_2", id: "prj_2" }).await.unwrap().unwrap().1.is_empty());
}
