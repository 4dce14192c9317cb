//! An acknowledged write survives `kill -9`, nothing is written twice, and the log has no gap.
//!
//! The test binary starts itself again as a child that commits from several tasks and prints each acknowledged
//! revision; it is killed at a random moment, and the file is looked at. `YARDARM_CRASH_CYCLES` sets how often (5).

#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may fail, and its settings are its own")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::sync::Arc;

use yardarm_store::{
    Attribution, Commit, DocumentWrite, RowWrite, Scope, ScopeKind, ScopeRef, Store, StoreOptions, Tenant, chain,
    open_with,
};

/// The log under test.
const PROJECT: ScopeRef<'static> = ScopeRef { tenant_id: "tnt_1", id: "prj_1" };
/// Set for the child: the URL of the database.
const CHILD: &str = "YARDARM_CRASH_CHILD";
const WRITERS: u64 = 4;

#[test]
fn acknowledged_commits_survive_kill_9() {
    if let Ok(url) = std::env::var(CHILD) {
        runtime().block_on(write_until_killed(url));
        return;
    }
    let cycles: u64 = std::env::var("YARDARM_CRASH_CYCLES").map_or(5, |text| text.parse().unwrap());
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}/yardarm.db", directory.path().display());
    runtime().block_on(make_project(&url));

    let mut acknowledged = BTreeMap::new();
    for cycle in 0..cycles {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "acknowledged_commits_survive_kill_9", "--nocapture"])
            .env(CHILD, &url)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        // After so many acknowledgements: sooner or later in the life of the WAL.
        let wanted = 5 + cycle * 37 % 160;
        let mut lines = 0;
        let mut line = String::new();
        while lines < wanted {
            line.clear();
            assert!(output.read_line(&mut line).unwrap() > 0, "the child ended by itself");
            lines += u64::from(note(&line, &mut acknowledged));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // What was printed before the kill and not read yet counts, except for a line cut off.
        let mut rest = String::new();
        output.read_to_string(&mut rest).unwrap();
        for line in rest.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
            note(line, &mut acknowledged);
        }
        runtime().block_on(look(&url, &acknowledged));
    }
    assert!(acknowledged.len() as u64 >= cycles * 5);
}

/// Not about how busy the machine is.
async fn open_patiently(url: &str) -> Arc<dyn Store> {
    let options = StoreOptions { deadline: std::time::Duration::from_mins(2), ..StoreOptions::default() };
    open_with(url, &options).await.unwrap()
}

/// Reads `ack REV WRITE` and says whether it was one.
fn note(line: &str, acknowledged: &mut BTreeMap<u64, String>) -> bool {
    let Some((rev, write)) = line.trim_end().split_once("ack ").and_then(|(_, rest)| rest.split_once(' ')) else {
        return false;
    };
    let before = acknowledged.insert(rev.parse().unwrap(), write.to_owned());
    assert_eq!(before, None, "revision {rev} was acknowledged twice");
    true
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn commit(documents: Vec<DocumentWrite>, rows: Vec<RowWrite>) -> Commit {
    Commit {
        tenant_id: "tnt_1".into(),
        scope_id: "prj_1".into(),
        expected: None,
        attribution: Attribution {
            actor: "system:crash".into(),
            actor_name: "Crash".into(),
            via: "system".into(),
            action: "flag.update".into(),
            reason: String::new(),
            trace_id: String::new(),
            at: 0,
        },
        documents,
        rows,
    }
}

fn write(key: &str, body: &str) -> DocumentWrite {
    DocumentWrite { kind: "flag".into(), key: key.into(), body: Some(body.into()) }
}

async fn make_project(url: &str) {
    let tenant = Tenant { id: "tnt_1".into(), key: "t".into(), name: "T".into(), created_at: 0 };
    let scope = Scope {
        id: "prj_1".into(),
        kind: ScopeKind::Project,
        tenant_id: "tnt_1".into(),
        key: "p".into(),
        epoch: "e".into(),
        rev: 0,
    };
    let rows = vec![RowWrite::InsertTenant(tenant), RowWrite::InsertScope(scope)];
    open_patiently(url).await.commit(commit(Vec::new(), rows)).await.unwrap();
}

async fn write_until_killed(url: String) {
    let store = open_patiently(&url).await;
    let process = std::process::id();
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                for n in 0_u64.. {
                    let id = format!("{process}/{writer}/{n}");
                    // Two documents: half of a commit would show.
                    let documents = vec![write(&format!("w{writer}"), &id), write("shared", &id)];
                    let change = store.commit(commit(documents, Vec::new())).await.unwrap();
                    println!("ack {} {id}", change.rev);
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
}

async fn look(url: &str, acknowledged: &BTreeMap<u64, String>) {
    let store: Arc<dyn Store> = open_patiently(url).await;
    let changes = store.changes(PROJECT, 0, 1_000_000).await.unwrap();
    let entries = store.entries(PROJECT, 0, 1_000_000).await.unwrap();
    let (last, _) = chain::verify((0, chain::GENESIS.to_owned()), &entries).unwrap();
    assert_eq!(store.scope("prj_1").await.unwrap().unwrap().rev, last);
    let mut written = BTreeMap::new();
    for change in &changes[1..] {
        let bodies: Vec<_> = change.documents.iter().map(|d| d.body.as_deref().unwrap()).collect();
        assert_eq!(bodies.len(), 2);
        assert_eq!(bodies[0], bodies[1]);
        let twice = written.insert(bodies[0].to_owned(), change.rev);
        assert_eq!(twice, None, "{} is there twice", bodies[0]);
    }
    for (rev, write) in acknowledged {
        assert_eq!(written.get(write), Some(rev), "acknowledged {write} at {rev}");
    }
    let current = store.load(PROJECT).await.unwrap().unwrap().1;
    assert_eq!(current, store.documents_at(PROJECT, last).await.unwrap());
}
