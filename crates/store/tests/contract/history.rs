//! History and past revisions.

use std::sync::Arc;

use yardarm_store::{Commit, HistoryQuery, Store};

use crate::bench::{commit, make_project, of, put, remove};

async fn revisions(store: &dyn Store, query: HistoryQuery) -> Vec<u64> {
    store.history(of("prj_1"), query).await.unwrap().iter().map(|change| change.rev).collect()
}

fn all() -> HistoryQuery {
    HistoryQuery { limit: 100, ..HistoryQuery::default() }
}

pub(crate) async fn filters_and_pages(store: Arc<dyn Store>) {
    make_project(&*store, "prj_1").await;
    let writes = [
        ("user:usr_ana", "t2", vec![put("flag", "a", "{}"), put("configuration", "production/a", "{}")]),
        ("token:tok_1", "t3", vec![put("configuration", "production/xa", "{}")]),
        ("user:usr_ana", "t4", vec![put("configuration", "staging/a", "{}")]),
        ("user:usr_bo", "t5", vec![put("segment", "a", "{}")]),
        ("user:usr_bo", "t6", vec![remove("flag", "a")]),
    ];
    for (actor, trace_id, documents) in writes {
        let Commit { mut attribution, .. } = commit("prj_1", Vec::new());
        attribution.actor = actor.into();
        attribution.trace_id = trace_id.into();
        store.commit(Commit { attribution, ..commit("prj_1", documents) }).await.unwrap();
    }
    let some = |text: &str| Some(text.to_owned());
    let cases: Vec<(HistoryQuery, &[u64])> = vec![
        (all(), &[6, 5, 4, 3, 2, 1]),
        (HistoryQuery { limit: 2, ..all() }, &[6, 5]),
        (HistoryQuery { limit: 2, before: Some(5), ..all() }, &[4, 3]),
        (HistoryQuery { limit: 2, before: Some(1), ..all() }, &[]),
        (HistoryQuery { limit: 0, ..all() }, &[]),
        (HistoryQuery { kind: some("configuration"), ..all() }, &[4, 3, 2]),
        (HistoryQuery { kind: some("flag"), key: some("a"), ..all() }, &[6, 2]),
        (HistoryQuery { kind: some("flag"), key: some("A"), ..all() }, &[]),
        (HistoryQuery { flag: some("a"), ..all() }, &[6, 4, 2]),
        (HistoryQuery { flag: some("%"), ..all() }, &[]),
        (HistoryQuery { flag: some("_a"), ..all() }, &[]),
        (HistoryQuery { actor: some("user:usr_bo"), ..all() }, &[6, 5]),
        (HistoryQuery { actor: some("user:usr_bo"), flag: some("a"), ..all() }, &[6]),
        (HistoryQuery { trace_id: some("t4"), ..all() }, &[4]),
        (HistoryQuery { kind: some("flag"), flag: some("a"), before: Some(6), ..all() }, &[2]),
    ];
    for (query, expected) in cases {
        assert_eq!(revisions(&*store, query.clone()).await, expected, "{query:?}");
    }
    let newest = store.history(of("prj_1"), HistoryQuery { limit: 1, ..all() }).await.unwrap();
    assert_eq!(newest[0].documents, [remove("flag", "a")]);
    assert!(store.history(of("prj_2"), all()).await.unwrap().is_empty());
}

pub(crate) async fn documents_as_they_were(store: Arc<dyn Store>) {
    make_project(&*store, "prj_1").await;
    for documents in [
        vec![put("flag", "a", "1"), put("flag", "b", "1")],
        vec![put("flag", "a", "2")],
        vec![remove("flag", "a")],
        vec![put("flag", "a", "4"), put("segment", "a", "other kind")],
    ] {
        store.commit(commit("prj_1", documents)).await.unwrap();
    }
    let at =
        [(1, None), (2, Some((2, "1"))), (3, Some((3, "2"))), (4, None), (5, Some((5, "4"))), (99, Some((5, "4")))];
    for (rev, expected) in at {
        let found = store.document_at(of("prj_1"), "flag", "a", rev).await.unwrap();
        assert_eq!(found.as_ref().map(|d| (d.rev, d.body.as_str())), expected, "at {rev}");
    }
    let whole = [(0, 0), (1, 1), (2, 3), (3, 3), (4, 2), (5, 4), (u64::MAX, 4)];
    for (rev, expected) in whole {
        assert_eq!(store.documents_at(of("prj_1"), rev).await.unwrap().len(), expected, "at {rev}");
    }
    assert_eq!(store.documents_at(of("prj_1"), 5).await.unwrap(), store.load(of("prj_1")).await.unwrap().unwrap().1);
}

pub(crate) async fn look_ups_with_nul_find_nothing(store: Arc<dyn Store>) {
    make_project(&*store, "prj_1").await;
    assert_eq!(store.document(of("prj_1"), "flag", "a\0").await.unwrap(), None);
    assert_eq!(store.document_at(of("prj_1"), "flag", "a\0", 1).await.unwrap(), None);
    assert_eq!(revisions(&*store, HistoryQuery { actor: Some("\0".into()), ..all() }).await, [0; 0]);
    assert!(store.user_by_email("a\0@example.com").await.unwrap().is_none());
}
