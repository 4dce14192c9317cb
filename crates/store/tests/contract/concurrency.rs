//! Many at once.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use yardarm_store::{
    Commit, CommitError, Count, CountBatch, CountQuery, LinkPurpose, OneTimeLink, RowWrite, Store, chain,
};

use crate::bench::{NOW, commit, make_project, of, put};

const WRITERS: u64 = 32;
const EACH: u64 = 6;

/// A reader that follows the log while they write must see every revision once, in order: the proof that revisions
/// become visible in commit order.
pub(crate) async fn thirty_two_writers_leave_a_gapless_log(store: Arc<dyn Store>) {
    make_project(&*store, "prj_1").await;
    let follower = tokio::spawn({
        let store = store.clone();
        async move {
            let mut seen = vec![1];
            while seen.len() < usize::try_from(WRITERS * EACH + 1).unwrap() {
                let last = *seen.last().unwrap();
                seen.extend(store.changes(of("prj_1"), last, 50).await.unwrap().iter().map(|change| change.rev));
                tokio::task::yield_now().await;
            }
            seen
        }
    });
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut acknowledged = Vec::new();
                for n in 0..EACH {
                    let documents =
                        vec![put("flag", &format!("w{writer}"), &n.to_string()), put("flag", "shared", "1")];
                    let change = store.commit(commit("prj_1", documents)).await.unwrap();
                    acknowledged.push((change.rev, change.hash));
                }
                acknowledged
            })
        })
        .collect();
    let mut acknowledged = HashMap::new();
    for writer in writers {
        for (rev, hash) in writer.await.unwrap() {
            assert_eq!(acknowledged.insert(rev, hash), None, "revision {rev} was given twice");
        }
    }
    let seen = follower.await.unwrap();
    assert_eq!(seen, (1..=WRITERS * EACH + 1).collect::<Vec<_>>());

    let changes = store.changes(of("prj_1"), 0, 10_000).await.unwrap();
    let entries = store.entries(of("prj_1"), 0, 10_000).await.unwrap();
    let (last, _) = chain::verify((0, chain::GENESIS.to_owned()), &entries).unwrap();
    assert_eq!(last, WRITERS * EACH + 1);
    for change in &changes[1..] {
        assert_eq!(acknowledged.get(&change.rev), Some(&change.hash));
    }
    let shared = store.document(of("prj_1"), "flag", "shared").await.unwrap().unwrap();
    assert_eq!(shared.rev, last);
}

pub(crate) async fn of_two_deciders_on_one_state_one_wins(store: Arc<dyn Store>) {
    make_project(&*store, "prj_1").await;
    let deciders: Vec<_> = (0..8)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                let decided = Commit {
                    expected: Some(("prj_1-epoch".into(), 1)),
                    ..commit("prj_1", vec![put("flag", "a", &n.to_string())])
                };
                store.commit(decided).await
            })
        })
        .collect();
    let mut winners = 0;
    for decider in deciders {
        match decider.await.unwrap() {
            Ok(change) => {
                assert_eq!(change.rev, 2);
                winners += 1;
            }
            Err(CommitError::Stale { rev, .. }) => assert_eq!(rev, 2),
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(winners, 1);
}

pub(crate) async fn of_many_who_use_a_link_one_wins(store: Arc<dyn Store>) {
    let link = OneTimeLink {
        hash: "l1".into(),
        purpose: LinkPurpose::Setup,
        user_id: None,
        tenant_id: None,
        invitation_id: None,
        expires_at: NOW + 1,
    };
    store.insert_link(&link).await.unwrap();
    let users: Vec<_> = (0..16)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.use_link("l1", NOW).await.unwrap() })
        })
        .collect();
    let mut winners = 0;
    for user in users {
        winners += usize::from(user.await.unwrap());
    }
    assert_eq!(winners, 1);
}

/// Each commit writes the same number into two documents: nobody ever reads two different ones, or a revision that is
/// not theirs.
pub(crate) async fn readers_see_whole_commits(store: Arc<dyn Store>) {
    make_project(&*store, "prj_1").await;
    let done = Arc::new(AtomicBool::new(false));
    let reader = tokio::spawn({
        let (store, done) = (store.clone(), done.clone());
        async move {
            let mut reads = 0_u32;
            while !done.load(Ordering::Relaxed) {
                let (scope, documents) = store.load(of("prj_1")).await.unwrap().unwrap();
                let flags: Vec<_> = documents.iter().filter(|d| d.kind == "flag").collect();
                if let [a, b] = flags[..] {
                    assert_eq!((&a.body, a.rev), (&b.body, b.rev));
                    assert_eq!(scope.rev, a.rev);
                    reads += 1;
                }
            }
            reads
        }
    });
    for n in 0..60 {
        let body = n.to_string();
        store.commit(commit("prj_1", vec![put("flag", "a", &body), put("flag", "b", &body)])).await.unwrap();
    }
    done.store(true, Ordering::Relaxed);
    assert!(reader.await.unwrap() > 0, "the reader never looked");
}

/// Half of them from the one log, half from the other: locks taken in the order of the call would be a deadlock.
pub(crate) async fn changes_in_two_logs_never_wait_crosswise(store: Arc<dyn Store>) {
    make_project(&*store, "prj_1").await;
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                let (own, other) = if writer % 2 == 0 { ("prj_1", "tnt_1") } else { ("tnt_1", "prj_1") };
                for n in 0..EACH {
                    let documents = vec![put("note", &format!("w{writer}"), &n.to_string())];
                    let also = RowWrite::AlsoLog { scope_id: other.into(), documents: documents.clone() };
                    store.commit(Commit { rows: vec![also], ..commit(own, documents) }).await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    for scope_id in ["prj_1", "tnt_1"] {
        let entries = store.entries(of(scope_id), 0, 10_000).await.unwrap();
        let (last, _) = chain::verify((0, chain::GENESIS.to_owned()), &entries).unwrap();
        assert_eq!(last, WRITERS * EACH + 1);
    }
}

pub(crate) async fn counts_from_many_nodes_add_up(store: Arc<dyn Store>) {
    let nodes: Vec<_> = (0..16)
        .map(|node| {
            let store = store.clone();
            tokio::spawn(async move {
                // Each in another order: upserts that lock rows crosswise would be a deadlock.
                let mut counts: Vec<_> = (0..40)
                    .map(|flag| Count {
                        tenant_id: "tnt_1".into(),
                        scope_id: "prj_1".into(),
                        environment: "production".into(),
                        flag: format!("f{}", (flag + node * 7) % 40),
                        variant: "on".into(),
                        reason: "STATIC".into(),
                        sdk: "ofrep".into(),
                        hour: 0,
                        count: 1,
                    })
                    .collect();
                if node % 2 == 0 {
                    counts.reverse();
                }
                let id = format!("node-{node}");
                store.add_counts(NOW, &[CountBatch { id: &id, counts: &counts }]).await.unwrap();
            })
        })
        .collect();
    for node in nodes {
        node.await.unwrap();
    }
    let counts = store
        .counts(CountQuery { tenant_id: "tnt_1".into(), scope_id: "prj_1".into(), ..CountQuery::default() })
        .await
        .unwrap();
    assert_eq!(counts.len(), 40);
    assert!(counts.iter().all(|count| count.count == 16));
}

/// Hints may be lost, so commits are made until one is heard.
pub(crate) async fn hints_follow_commits_where_there_are_any(store: Arc<dyn Store>) {
    let Some(mut hints) = store.hints() else { return };
    make_project(&*store, "prj_1").await;
    for n in 0..100 {
        store.commit(commit("prj_1", vec![put("flag", "a", &n.to_string())])).await.unwrap();
        if let Ok(hint) = tokio::time::timeout(Duration::from_millis(200), hints.recv()).await {
            let hint = hint.unwrap();
            assert!(["prj_1", "tnt_1"].contains(&hint.as_str()), "{hint}");
            return;
        }
    }
    panic!("a hundred commits and no hint");
}

pub(crate) async fn it_answers(store: Arc<dyn Store>) {
    store.ping().await.unwrap();
}
