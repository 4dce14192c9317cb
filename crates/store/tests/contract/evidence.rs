//! The log as evidence: searching, redacting, pruning, heads, and the security log.

use std::sync::Arc;

use yardarm_store::{
    AuditPlace, AuditQuery, Commit, CommitError, Gone, Head, Past, Refused, RefusedQuery, RowWrite, SignedHead,
    SigningKey, Store, StoreError, chain,
};

use crate::bench::{NOW, attribution, commit, make_project, of, put, remove, rows};

/// `prj_1` at revision 6: flag `a` is written in 2, 3 and 5, `b` in 2 and removed in 4, and 6 touches `production`.
async fn some_history(store: &dyn Store) {
    make_project(store, "prj_1").await;
    for (minute, (actor, reason, documents)) in [
        ("user:usr_ana", "First of all", vec![put("flag", "a", "1"), put("flag", "b", "1")]),
        ("user:usr_bo", "100% of _all_", vec![put("flag", "a", "2")]),
        ("user:usr_bo", "", vec![remove("flag", "b")]),
        ("user:usr_ana", "again", vec![put("flag", "a", "3")]),
        ("user:usr_ana", "", vec![put("configuration", "production/a", "{}"), put("segment", "a", "{}")]),
    ]
    .into_iter()
    .enumerate()
    {
        let mut change = commit("prj_1", documents);
        change.attribution.actor = actor.into();
        change.attribution.reason = reason.into();
        change.attribution.trace_id = format!("t{}", minute + 2);
        change.attribution.at = NOW + 60_000 * i64::try_from(minute + 1).unwrap();
        store.commit(change).await.unwrap();
    }
}

fn everything() -> AuditQuery {
    AuditQuery {
        tenant_id: "tnt_1".into(),
        scope_ids: vec!["tnt_1".into(), "prj_1".into()],
        limit: 100,
        ..AuditQuery::default()
    }
}

async fn found(store: &dyn Store, query: AuditQuery) -> Vec<(String, u64)> {
    store.audit(query).await.unwrap().into_iter().map(|entry| (entry.scope_id, entry.rev)).collect()
}

pub(crate) async fn several_logs_are_searched_newest_first(store: Arc<dyn Store>) {
    let some = |text: &str| Some(text.to_owned());
    some_history(&*store).await;
    let all = found(&*store, everything()).await;
    let revs: Vec<u64> = all.iter().map(|(_, rev)| *rev).collect();
    assert_eq!(revs, [6, 5, 4, 3, 2, 1, 1], "{all:?}");
    // The two that are of the same instant come by the name of their log, the greater one first.
    assert_eq!(all[5..], [("tnt_1".to_owned(), 1), ("prj_1".to_owned(), 1)]);

    let minute = |n: i64| Some(NOW + 60_000 * n);
    let cases: Vec<(AuditQuery, Vec<u64>)> = vec![
        (AuditQuery { scope_ids: vec![], ..everything() }, vec![]),
        (AuditQuery { scope_ids: vec!["prj_2".into()], ..everything() }, vec![]),
        (AuditQuery { actor: some("user:usr_bo"), ..everything() }, vec![4, 3]),
        (AuditQuery { via: some("system"), ..everything() }, vec![6, 5, 4, 3, 2, 1, 1]),
        (AuditQuery { via: some("session"), ..everything() }, vec![]),
        (AuditQuery { action: some("test.write"), limit: 2, ..everything() }, vec![6, 5]),
        (AuditQuery { kind: some("flag"), key: some("b"), ..everything() }, vec![4, 2]),
        (AuditQuery { kind: some("configuration"), key: some("a"), ..everything() }, vec![6]),
        (AuditQuery { key: some("a"), ..everything() }, vec![6, 5, 3, 2]),
        (AuditQuery { environment: some("production"), ..everything() }, vec![6]),
        (AuditQuery { environment: some("prod"), ..everything() }, vec![]),
        (AuditQuery { environment: some("%"), ..everything() }, vec![]),
        (AuditQuery { trace_id: some("t4"), ..everything() }, vec![4]),
        (AuditQuery { text: some("ALL"), ..everything() }, vec![3, 2]),
        (AuditQuery { text: some("100%"), ..everything() }, vec![3]),
        (AuditQuery { text: some("of%all"), ..everything() }, vec![]),
        (AuditQuery { text: some("_all_"), ..everything() }, vec![3]),
        (AuditQuery { since: minute(2), until: minute(4), ..everything() }, vec![4, 3]),
        (AuditQuery { actor: some("\0"), ..everything() }, vec![]),
    ];
    for (query, expected) in cases {
        let revs: Vec<u64> = found(&*store, query.clone()).await.into_iter().map(|(_, rev)| rev).collect();
        assert_eq!(revs, expected, "{query:?}");
    }

    // Pages of every size hold everything once, in the same order.
    for limit in 1..=4 {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = store.audit(AuditQuery { limit, after: after.clone(), ..everything() }).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(AuditPlace { at: last.at, scope_id: last.scope_id.clone(), rev: last.rev });
            seen.extend(page.into_iter().map(|entry| (entry.scope_id, entry.rev)));
        }
        assert_eq!(seen, all, "in pages of {limit}");
    }
    let entries = store.entries(of("prj_1"), 1, 3).await.unwrap();
    assert_eq!(entries.iter().map(|entry| entry.rev).collect::<Vec<_>>(), [2, 3, 4]);
    assert_eq!(entries[2].documents[0].body, None, "removed");
}

fn redact(rev: u64, documents: &[(&str, &str)]) -> RowWrite {
    let documents = documents.iter().map(|(kind, key)| ((*kind).to_owned(), (*key).to_owned())).collect();
    RowWrite::Redact { rev, actor_name: false, reason: false, documents }
}

pub(crate) async fn a_redaction_takes_texts_and_keeps_the_chain(store: Arc<dyn Store>) {
    some_history(&*store).await;
    let before = store.entries(of("prj_1"), 0, 100).await.unwrap();
    let row = RowWrite::Redact {
        rev: 2,
        actor_name: true,
        reason: true,
        documents: vec![("flag".into(), "a".into()), ("flag".into(), "b".into())],
    };
    store.commit(rows("prj_1", vec![row.clone()])).await.unwrap();

    let after = store.entries(of("prj_1"), 0, 100).await.unwrap();
    assert_eq!(chain::verify((0, chain::GENESIS.to_owned()), &after).unwrap().0, 7);
    for (old, new) in before.iter().zip(&after) {
        assert_eq!(old.hash, new.hash);
        assert_eq!(old == new, new.rev != 2, "only revision 2 is another");
    }
    let gone = &after[1];
    assert_eq!((&gone.actor_name.text, &gone.actor_name.salt), (&None, &None));
    assert_eq!((&gone.reason.text, &gone.reason.salt), (&None, &None));
    assert!(gone.documents.iter().all(|d| d.body.as_ref().is_some_and(|b| b.text.is_none() && b.salt.is_none())));

    // What reads the log says so, and never takes "redacted" for "removed".
    let change = store.change(of("prj_1"), 2).await.unwrap().unwrap();
    assert_eq!((change.attribution.actor_name.as_str(), change.attribution.reason.as_str()), ("", ""));
    assert!(change.documents.is_empty());
    assert_eq!(change.redacted, [("flag".to_owned(), "a".to_owned()), ("flag".to_owned(), "b".to_owned())]);
    let at = store.document_at(of("prj_1"), "flag", "a", 2).await;
    assert!(matches!(at, Err(StoreError::Gone(Gone::Redacted))), "{at:?}");
    assert!(matches!(store.documents_at(of("prj_1"), 2).await, Err(StoreError::Gone(Gone::Redacted))));
    assert_eq!(store.document_at(of("prj_1"), "flag", "a", 3).await.unwrap().unwrap().body, "2");
    assert_eq!(store.document_at(of("prj_1"), "flag", "b", 4).await.unwrap(), None);
    let asked = ["a", "b", "c"].map(|key| ("flag".to_owned(), key.to_owned()));
    assert_eq!(store.past(of("prj_1"), 2, &asked).await.unwrap(), [Past::Redacted, Past::Redacted, Past::Absent]);
    assert_eq!(store.past(of("prj_1"), 4, &asked).await.unwrap(), [Past::Text("2".into()), Past::Absent, Past::Absent]);

    // Not twice, not what a document is now, not what is not there: and then nothing is written.
    for bad in [row, redact(5, &[("flag", "a")]), redact(4, &[("flag", "b")]), redact(99, &[("flag", "a")])] {
        let refused = store.commit(rows("prj_1", vec![bad.clone()])).await;
        assert!(matches!(refused, Err(CommitError::Store(StoreError::Database(_)))), "{bad:?}: {refused:?}");
    }
    assert_eq!(store.scope("prj_1").await.unwrap().unwrap().rev, 7);
    assert_eq!(store.document(of("prj_1"), "flag", "a").await.unwrap().unwrap().body, "3");
}

pub(crate) async fn pruning_keeps_what_lived_and_the_chain_after_it(store: Arc<dyn Store>) {
    some_history(&*store).await;
    let live = store.load(of("prj_1")).await.unwrap().unwrap().1;
    assert_eq!(store.prunable(of("prj_1"), 0).await.unwrap(), None);
    let planned = store.prunable(of("prj_1"), 4).await.unwrap().unwrap();
    let fourth = &store.entries(of("prj_1"), 3, 1).await.unwrap()[0];
    assert_eq!((planned.through, &planned.hash, planned.count), (4, &fourth.hash, 4));
    assert_eq!(store.rev_before(of("prj_1"), NOW + 60_000 * 4).await.unwrap(), 4);
    assert_eq!(store.rev_before(of("prj_1"), NOW).await.unwrap(), 0);
    assert_eq!(store.rev_before(of("prj_1"), NOW * 2).await.unwrap(), 6);
    assert_eq!(store.base(of("prj_1"), None, 10).await.unwrap(), (0, vec![]));

    // The mark itself stays: it is revision 7.
    for too_far in [7, 100] {
        let refused = store.commit(rows("prj_1", vec![RowWrite::Prune { through: too_far }])).await;
        assert!(matches!(refused, Err(CommitError::Store(StoreError::Database(_)))), "{too_far}: {refused:?}");
    }
    let documents = vec![put("prune_mark", "6", "{}")];
    store.commit(Commit { documents, ..rows("prj_1", vec![RowWrite::Prune { through: 6 }]) }).await.unwrap();
    let entries = store.entries(of("prj_1"), 0, 100).await.unwrap();
    assert_eq!(entries.iter().map(|entry| entry.rev).collect::<Vec<_>>(), [7]);
    let mut now = store.load(of("prj_1")).await.unwrap().unwrap().1;
    now.retain(|document| document.kind != "prune_mark");
    assert_eq!(now, live, "what is now is as it was");
    assert_eq!(store.documents_at(of("prj_1"), 6).await.unwrap(), live, "and is what was left at the mark");
    let (through, base) = store.base(of("prj_1"), None, 10).await.unwrap();
    assert_eq!(through, 6);
    let kept: Vec<_> = base.iter().map(|d| (d.kind.as_str(), d.key.as_str(), d.rev)).collect();
    assert_eq!(
        kept,
        [("configuration", "production/a", 6), ("flag", "a", 5), ("project", "web", 1), ("segment", "a", 6)]
    );
    assert!(base.iter().all(|document| document.body.is_whole() && document.body.text.is_some()));
    let after = Some(("flag".to_owned(), "a".to_owned()));
    assert_eq!(store.base(of("prj_1"), after, 1).await.unwrap().1, base[2..3]);

    // What came after can be undone; what was before the mark is said to be gone, not to have been absent.
    assert_eq!(store.document_at(of("prj_1"), "flag", "a", 6).await.unwrap().unwrap().rev, 5);
    assert_eq!(store.document_at(of("prj_1"), "flag", "b", 6).await.unwrap(), None);
    let at = store.document_at(of("prj_1"), "flag", "b", 3).await;
    assert!(matches!(at, Err(StoreError::Gone(Gone::Pruned(6)))), "{at:?}");
    assert_eq!(store.past(of("prj_1"), 3, &[("flag".into(), "a".into())]).await.unwrap(), [Past::Pruned]);
    assert_eq!(store.change(of("prj_1"), 3).await.unwrap(), None);

    // And the log goes on.
    let more = store.commit(commit("prj_1", vec![put("flag", "a", "8")])).await.unwrap();
    assert_eq!(more.rev, 8);
    let entries = store.entries(of("prj_1"), 0, 100).await.unwrap();
    let start = (6, entries[0].prev_hash.clone());
    assert_eq!(chain::verify(start, &entries).unwrap(), (8, more.hash));
    let again = store.commit(rows("prj_1", vec![RowWrite::Prune { through: 6 }])).await;
    assert!(again.is_err(), "not twice");
}

fn signed(head: &Head) -> SignedHead {
    SignedHead { head: head.clone(), at: NOW, key_id: "k1".into(), signature: "00".into() }
}

pub(crate) async fn heads_follow_the_logs(store: Arc<dyn Store>) {
    some_history(&*store).await;
    let mut moved = store.moved(10).await.unwrap();
    moved.sort_by(|a, b| a.scope_id.cmp(&b.scope_id));
    let at: Vec<_> = moved.iter().map(|head| (head.scope_id.as_str(), head.rev)).collect();
    assert_eq!(at, [("prj_1", 6), ("tnt_1", 1)]);
    assert_eq!(moved[0].hash, store.change(of("prj_1"), 6).await.unwrap().unwrap().hash);
    assert_eq!(store.moved(1).await.unwrap().len(), 1);

    for head in &moved {
        assert!(store.insert_head(&signed(head)).await.unwrap());
        assert!(!store.insert_head(&signed(head)).await.unwrap(), "another node was faster");
    }
    assert!(store.moved(10).await.unwrap().is_empty());
    assert_eq!(store.unshipped_heads(10).await.unwrap().len(), 2);
    store.head_shipped(of("tnt_1"), 1).await.unwrap();
    assert_eq!(store.unshipped_heads(10).await.unwrap(), [signed(&moved[0])]);

    store.commit(commit("prj_1", vec![put("flag", "a", "9")])).await.unwrap();
    let next = store.moved(10).await.unwrap();
    assert_eq!((next.len(), next[0].rev), (1, 7));
    store.insert_head(&signed(&next[0])).await.unwrap();
    let heads = store.heads(of("prj_1"), 10).await.unwrap();
    assert_eq!(heads, [signed(&next[0]), signed(&moved[0])]);
    assert_eq!(store.heads(of("prj_1"), 1).await.unwrap().len(), 1);
}

pub(crate) async fn signing_keys_are_kept(store: Arc<dyn Store>) {
    let key =
        |id: &str, created_at| SigningKey { id: id.into(), public: "ab".into(), sealed: "v1.x".into(), created_at };
    assert!(store.signing_keys().await.unwrap().is_empty());
    for key in [key("c", 2), key("b", 1), key("a", 2)] {
        store.insert_signing_key(&key).await.unwrap();
    }
    assert!(store.insert_signing_key(&key("c", 3)).await.is_err(), "an id is one key's");
    assert_eq!(store.signing_keys().await.unwrap(), [key("b", 1), key("a", 2), key("c", 2)]);
}

fn refused(minute: i64, tenant: &str, source: &str, count: u64) -> Refused {
    let at = NOW + 60_000 * minute;
    Refused {
        id: Refused::id_of(at, tenant, source, "user:usr_1", "forbidden", "GET /x"),
        minute: at,
        tenant_id: tenant.into(),
        source: source.into(),
        actor: "user:usr_1".into(),
        code: "forbidden".into(),
        status: 403,
        route: "GET /x".into(),
        count,
        last_at: at + 5,
        trace_id: "t".into(),
    }
}

pub(crate) async fn refusals_add_up_and_are_bounded(store: Arc<dyn Store>) {
    let some = |text: &str| Some(text.to_owned());
    let all = |tenant: &str| RefusedQuery { tenant_id: tenant.into(), limit: 100, ..RefusedQuery::default() };
    let batch = [refused(0, "tnt_1", "::1", 2), refused(1, "tnt_1", "::1", 1), refused(0, "", "::1", 1)];
    store.add_refusals(&batch, 0, 1_000).await.unwrap();
    let later = Refused { last_at: NOW + 9, trace_id: "t2".into(), ..refused(0, "tnt_1", "::1", 3) };
    store.add_refusals(&[later.clone(), refused(2, "tnt_2", "::1", 1)], 0, 1_000).await.unwrap();
    let of_one = store.refusals(all("tnt_1")).await.unwrap();
    assert_eq!(of_one, [refused(1, "tnt_1", "::1", 1), Refused { count: 5, ..later.clone() }]);
    assert_eq!(store.refusals(all("")).await.unwrap(), [refused(0, "", "::1", 1)]);

    let cases = [
        (RefusedQuery { code: some("forbidden"), ..all("tnt_1") }, 2),
        (RefusedQuery { code: some("sign_in_failed"), ..all("tnt_1") }, 0),
        (RefusedQuery { source: some("::1"), actor: some("user:usr_1"), ..all("tnt_1") }, 2),
        (RefusedQuery { source: some("::2"), ..all("tnt_1") }, 0),
        (RefusedQuery { since: Some(NOW + 1), ..all("tnt_1") }, 1),
        (RefusedQuery { until: Some(NOW + 1), ..all("tnt_1") }, 1),
        (RefusedQuery { after: Some((of_one[0].minute, of_one[0].id.clone())), ..all("tnt_1") }, 1),
        (RefusedQuery { limit: 1, ..all("tnt_1") }, 1),
    ];
    for (query, expected) in cases {
        assert_eq!(store.refusals(query.clone()).await.unwrap().len(), expected, "{query:?}");
    }

    // The oldest minutes go when there are too many rows, and what is too old goes anyway.
    let flood: Vec<Refused> = (0..50).map(|n| refused(3 + n, "tnt_1", "::3", 1)).collect();
    store.add_refusals(&flood, 0, 20).await.unwrap();
    let left = store.refusals(all("tnt_1")).await.unwrap();
    assert_eq!((left.len(), left[0].minute, left[19].minute), (20, flood[49].minute, flood[30].minute));
    store.add_refusals(&[], NOW + 60_000 * 50, 20).await.unwrap();
    assert_eq!(store.refusals(all("tnt_1")).await.unwrap().len(), 3);
}

pub(crate) async fn a_change_of_several_logs_has_salts_of_its_own_in_each(store: Arc<dyn Store>) {
    make_project(&*store, "prj_1").await;
    let also = RowWrite::AlsoLog { scope_id: "tnt_1".into(), documents: vec![put("project", "web", "{}")] };
    let change =
        Commit { rows: vec![also], attribution: attribution("both"), ..commit("prj_1", vec![put("flag", "a", "{}")]) };
    store.commit(change).await.unwrap();
    let here = store.entries(of("prj_1"), 1, 1).await.unwrap().remove(0);
    let there = store.entries(of("tnt_1"), 1, 1).await.unwrap().remove(0);
    assert_eq!(here.actor_name.text, there.actor_name.text);
    assert_ne!(here.actor_name.hash, there.actor_name.hash);
    let bodies = [&here, &there].map(|entry| entry.documents[0].body.clone().unwrap());
    assert_eq!(bodies[0].text, bodies[1].text);
    assert_ne!((&bodies[0].salt, &bodies[0].hash), (&bodies[1].salt, &bodies[1].hash));
}
