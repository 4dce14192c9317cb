//! How long a one-flag change takes in an environment of 10,000 flags, from the hub being told to the swap and the frame:
//! `cargo run --release -p yardarm-hub --example publish_latency`. Prints medians; nothing is asserted.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use yardarm_hub::{Hub, HubOptions};
use yardarm_store::{Attribution, Commit, DocumentWrite, RowWrite, Scope, ScopeKind, Tenant, open};

const FLAGS: usize = 10_000;
const ENVIRONMENTS: [&str; 3] = ["development", "staging", "production"];
const CHANGES: usize = 200;

fn commit(documents: Vec<DocumentWrite>, rows: Vec<RowWrite>) -> Commit {
    let attribution = Attribution {
        actor: "system:bench".into(),
        actor_name: "Bench".into(),
        via: "system".into(),
        action: "bench".into(),
        reason: String::new(),
        trace_id: String::new(),
        at: 0,
    };
    Commit { tenant_id: "tnt_1".into(), scope_id: "prj_1".into(), expected: None, attribution, documents, rows }
}

fn put(kind: &str, key: &str, body: String) -> DocumentWrite {
    DocumentWrite { kind: kind.into(), key: key.into(), body: Some(body) }
}

fn turn(environment: &str, flag: usize, on: bool) -> DocumentWrite {
    let mut keys = String::new();
    for key in 0..5 {
        let _ = write!(keys, "{}\"user-{flag}-{key}\"", if key == 0 { "" } else { "," });
    }
    let body = format!(
        r#"{{"on":{on},"targets":[{{"variant":"on","keys":[{keys}]}}],
            "rules":[{{"id":"r1","if":{{"attribute":"user.country","operator":"in","values":["DE","AT","CH"]}},
                       "serve":{{"variant":"on"}}}}],
            "default":{{"variant":"off"}},"off_variant":"off"}}"#
    );
    put("configuration", &format!("{environment}/flag-{flag}"), body)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = tempfile::tempdir()?;
    let store = open(&format!("sqlite:{}/yardarm.db", directory.path().display())).await?;
    let tenant = Tenant { id: "tnt_1".into(), key: "t".into(), name: "T".into(), created_at: 0 };
    let scope = Scope {
        id: "prj_1".into(),
        kind: ScopeKind::Project,
        tenant_id: "tnt_1".into(),
        key: "web".into(),
        epoch: "e".into(),
        rev: 0,
    };
    let environments = ENVIRONMENTS.map(|key| put("environment", key, r#"{"name":"E"}"#.to_owned()));
    let rows = vec![RowWrite::InsertTenant(tenant), RowWrite::InsertScope(scope)];
    store.commit(commit(environments.to_vec(), rows)).await?;
    for start in (0..FLAGS).step_by(1_000) {
        let mut documents = Vec::new();
        for flag in start..start + 1_000 {
            let body = r#"{"name":"A flag","type":"boolean","variants":[{"key":"on","value":true},{"key":"off","value":false}],"salt":"abc","created_at":0}"#;
            documents.push(put("flag", &format!("flag-{flag}"), body.to_owned()));
            documents.extend(ENVIRONMENTS.iter().map(|environment| turn(environment, flag, true)));
        }
        store.commit(commit(documents, Vec::new())).await?;
    }

    let started = Instant::now();
    let options = HubOptions { poll_interval: Duration::from_hours(1), ..HubOptions::default() };
    let hub = Hub::start(store.clone(), options).await?;
    println!("load and compile {FLAGS} flags × {} environments: {:?}", ENVIRONMENTS.len(), started.elapsed());

    let production = hub.environment("prj_1", "production").ok_or("no production")?;
    let mut frames = production.subscribe();
    let (mut committing, mut publishing, mut bytes) = (Vec::new(), Vec::new(), 0);
    for change in 0..CHANGES {
        let started = Instant::now();
        store.commit(commit(vec![turn("production", change * 37 % FLAGS, change % 2 == 0)], Vec::new())).await?;
        committing.push(started.elapsed());
        let started = Instant::now();
        hub.wake("prj_1");
        let frame = frames.recv().await?;
        publishing.push(started.elapsed());
        bytes = frame.server.len();
    }
    println!("commit (SQLite, fsync): {:?}", median(committing));
    println!("publish one flag (wake → frame of {bytes} bytes): {:?}", median(publishing));

    let published = production.published();
    let started = Instant::now();
    let json = published.json();
    println!("whole JSON on demand, {} bytes: {:?}", json.len(), started.elapsed());
    let started = Instant::now();
    println!("gzip on demand, {} bytes: {:?}", published.gzip().len(), started.elapsed());
    Ok(())
}
