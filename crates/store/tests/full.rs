//! A full disk: writes are refused as unavailable, nothing that was acknowledged is lost, and when there is space again
//! the same process writes on.
//!
//! The test binary starts itself again with a limit on the size of files and the signal for it ignored (as the server
//! does), which SQLite sees as a disk that takes no more. `YARDARM_FULL_DIRECTORY` may name a small file system of its
//! own (a tmpfs of 2 MiB): then it is really filled, and emptied again.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test may fail, and its settings are its own"
)]

use std::process::Command;

use yardarm_store::{
    Attribution, Commit, CommitError, DocumentWrite, RowWrite, Scope, ScopeKind, ScopeRef, Store, StoreError, Tenant,
    chain, open,
};

/// The log under test.
const PROJECT: ScopeRef<'static> = ScopeRef { tenant_id: "tnt_1", id: "prj_1" };
const CHILD: &str = "YARDARM_FULL_CHILD";

#[tokio::test]
async fn a_full_disk_is_survived() {
    if let Ok(url) = std::env::var(CHILD) {
        let store = open(&url).await.unwrap();
        fill(&*store).await;
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}/yardarm.db", directory.path().display());
    make_project(&url).await;
    // 4,000 blocks of 512 bytes (some shells: 1,024).
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 4000; exec \"$0\" --exact a_full_disk_is_survived --nocapture"])
        .arg(std::env::current_exe().unwrap())
        .env(CHILD, &url)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let acknowledged: u64 =
        said.split_once("acknowledged ").unwrap().1.split_whitespace().next().unwrap().parse().unwrap();
    assert!(acknowledged > 5, "{said}");
    // Here there is space.
    let store = open(&url).await.unwrap();
    look(&*store, acknowledged).await;
    assert_eq!(store.commit(commit(&"x".repeat(40_000))).await.unwrap().rev, acknowledged + 1);
}

#[tokio::test]
async fn a_disk_that_gets_space_again_is_written_to() {
    let Ok(directory) = std::env::var("YARDARM_FULL_DIRECTORY") else {
        eprintln!("skipped: YARDARM_FULL_DIRECTORY is not set");
        return;
    };
    let ballast = format!("{directory}/ballast");
    std::fs::write(&ballast, vec![1; 700_000]).unwrap();
    let url = format!("sqlite:{directory}/yardarm.db");
    make_project(&url).await;
    let store = open(&url).await.unwrap();
    let last = fill(&*store).await;
    std::fs::remove_file(&ballast).unwrap();
    assert_eq!(store.commit(commit("{}")).await.unwrap().rev, last + 1);
    look(&*store, last + 1).await;
}

/// Commits until it is refused, then some more; returns the last acknowledged revision.
async fn fill(store: &dyn Store) -> u64 {
    let mut last = 1;
    let mut refused = 0;
    while refused < 5 {
        match store.commit(commit(&"x".repeat(20_000))).await {
            Ok(change) => {
                assert_eq!(change.rev, last + 1);
                last = change.rev;
            }
            Err(CommitError::Store(StoreError::Unavailable(_))) => refused += 1,
            other => panic!("{other:?}"),
        }
        assert!(last < 10_000, "it is never full");
    }
    // Reading goes on.
    assert_eq!(store.scope("prj_1").await.unwrap().unwrap().rev, last);
    println!("acknowledged {last}");
    last
}

async fn look(store: &dyn Store, acknowledged: u64) {
    let entries = store.entries(PROJECT, 0, 100_000).await.unwrap();
    let (last, _) = chain::verify((0, chain::GENESIS.to_owned()), &entries).unwrap();
    assert_eq!(last, acknowledged);
    assert_eq!(store.document(PROJECT, "flag", "a").await.unwrap().unwrap().rev, acknowledged);
}

fn commit(body: &str) -> Commit {
    let attribution = Attribution {
        actor: "system:test".into(),
        actor_name: "Test".into(),
        via: "system".into(),
        action: "test".into(),
        reason: String::new(),
        trace_id: String::new(),
        at: 0,
    };
    let documents = vec![DocumentWrite { kind: "flag".into(), key: "a".into(), body: Some(body.into()) }];
    Commit {
        tenant_id: "tnt_1".into(),
        scope_id: "prj_1".into(),
        expected: None,
        attribution,
        documents,
        rows: Vec::new(),
    }
}

async fn make_project(url: &str) {
    let tenant = Tenant { id: "tnt_1".into(), key: "t".into(), name: "T".into(), created_at: 0 };
    let (tenant_id, key, epoch) = ("tnt_1".into(), "p".into(), "e".into());
    let scope = Scope { id: "prj_1".into(), kind: ScopeKind::Project, tenant_id, key, epoch, rev: 0 };
    let rows = vec![RowWrite::InsertTenant(tenant), RowWrite::InsertScope(scope)];
    open(url).await.unwrap().commit(Commit { rows, ..commit("{}") }).await.unwrap();
}
