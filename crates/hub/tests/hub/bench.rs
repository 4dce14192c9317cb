//! A store with a project in it, and words for changing it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::broadcast::Receiver;
use yardarm_eval::Context;
use yardarm_eval::ruleset::{Patch, Ruleset, Version};
use yardarm_hub::{Frame, Hub, HubOptions, LiveEnvironment};
use yardarm_store::{
    Attribution, Change, Commit, DocumentWrite, RowWrite, Scope, ScopeKind, Store, StoreOptions, Tenant, open_with,
};

/// Far longer than anything takes; only a hang reaches it.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

/// Not about how busy the machine is.
pub(crate) async fn open_patiently(url: &str) -> Arc<dyn Store> {
    let options = StoreOptions { deadline: Duration::from_mins(2), ..StoreOptions::default() };
    open_with(url, &options).await.unwrap()
}

pub(crate) struct Bench {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) url: String,
    _directory: tempfile::TempDir,
}

impl Bench {
    /// A tenant `tnt_1` without projects.
    pub(crate) async fn empty() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}/yardarm.db", directory.path().display());
        let store = open_patiently(&url).await;
        let tenant = Tenant { id: "tnt_1".into(), key: "acme".into(), name: "Acme".into(), created_at: 0 };
        let rows =
            vec![RowWrite::InsertTenant(tenant), RowWrite::InsertScope(scope(ScopeKind::Tenant, "tnt_1", "acme"))];
        store.commit(commit("tnt_1", Vec::new(), rows)).await.unwrap();
        Self { store, url, _directory: directory }
    }

    /// And the project `web` (`prj_1`) with `production`, `staging` and the flag `a`, off.
    pub(crate) async fn new() -> Self {
        let bench = Self::empty().await;
        make_project(&*bench.store, "prj_1", "web").await;
        bench
    }

    pub(crate) async fn write(&self, documents: Vec<DocumentWrite>) -> Change {
        self.store.commit(commit("prj_1", documents, Vec::new())).await.unwrap()
    }

    /// A hub that finds changes only when it is told to look.
    pub(crate) async fn hub(&self) -> Arc<Hub> {
        Hub::start(self.store.clone(), HubOptions { poll_interval: Duration::from_hours(1), ..HubOptions::default() })
            .await
            .unwrap()
    }
}

pub(crate) async fn make_project(store: &dyn Store, id: &str, key: &str) {
    let documents = vec![
        put("project", key, r#"{"name":"Web"}"#),
        put("environment", "production", r#"{"name":"Production"}"#),
        put("environment", "staging", r#"{"name":"Staging"}"#),
        flag("a"),
    ];
    let rows = vec![RowWrite::InsertScope(scope(ScopeKind::Project, id, key))];
    store.commit(commit(id, documents, rows)).await.unwrap();
}

fn scope(kind: ScopeKind, id: &str, key: &str) -> Scope {
    let (tenant_id, epoch) = ("tnt_1".into(), format!("{key}-epoch"));
    Scope { id: id.into(), kind, tenant_id, key: key.into(), epoch, rev: 0 }
}

pub(crate) fn commit(scope_id: &str, documents: Vec<DocumentWrite>, rows: Vec<RowWrite>) -> Commit {
    let attribution = Attribution {
        actor: "system:test".into(),
        actor_name: "Test".into(),
        via: "system".into(),
        action: "test.write".into(),
        reason: String::new(),
        trace_id: String::new(),
        at: 0,
    };
    Commit { tenant_id: "tnt_1".into(), scope_id: scope_id.into(), expected: None, attribution, documents, rows }
}

pub(crate) fn put(kind: &str, key: &str, body: &str) -> DocumentWrite {
    DocumentWrite { kind: kind.into(), key: key.into(), body: Some(body.into()) }
}

pub(crate) fn remove(kind: &str, key: &str) -> DocumentWrite {
    DocumentWrite { kind: kind.into(), key: key.into(), body: None }
}

pub(crate) fn flag(key: &str) -> DocumentWrite {
    let body = r#"{"name":"A","type":"boolean","variants":[{"key":"on","value":true},{"key":"off","value":false}],
                   "salt":"s","created_at":0}"#;
    put("flag", key, body)
}

/// The flag is on (or off) in the environment.
pub(crate) fn turn(environment: &str, flag: &str, on: bool) -> DocumentWrite {
    let body = format!(r#"{{"on":{on},"default":{{"variant":"on"}},"off_variant":"off"}}"#);
    put("configuration", &format!("{environment}/{flag}"), &body)
}

pub(crate) fn segment(key: &str, chunks: &[&str]) -> DocumentWrite {
    let included = serde_json::to_string(chunks).unwrap();
    put("segment", key, &format!(r#"{{"name":"S","included":{included},"created_at":0}}"#))
}

pub(crate) fn list(key: &str, keys: &[&str]) -> DocumentWrite {
    put("segment_list", key, &format!(r#"{{"keys":{}}}"#, serde_json::to_string(keys).unwrap()))
}

pub(crate) fn sdk_key(id: &str, environment: &str, hash: [u8; 32], revoked: bool) -> DocumentWrite {
    let hash = hash.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    let revoked = if revoked { r#","revoked_at":1"# } else { "" };
    let body = format!(
        r#"{{"name":"K","environment":"{environment}","audience":"server","hash":"{hash}","hint":"yd_srv_x","created_at":0{revoked}}}"#
    );
    put("sdk_key", id, &body)
}

/// What a flag answers where it is served.
pub(crate) fn answer(environment: &LiveEnvironment, flag: &str) -> Option<bool> {
    environment.published().snapshot.evaluate(flag, &Context::new(), 0).value.and_then(serde_json::Value::as_bool)
}

pub(crate) async fn next(frames: &mut Receiver<Frame>) -> Frame {
    tokio::time::timeout(PATIENCE, frames.recv()).await.expect("a frame in time").unwrap()
}

/// An SSE frame: event, id, data.
pub(crate) fn parse(frame: &[u8]) -> (String, String, String) {
    let text = std::str::from_utf8(frame).unwrap();
    let lines: Vec<_> = text.strip_suffix("\n\n").unwrap().split('\n').collect();
    let [event, id, data] = lines[..] else { panic!("{text}") };
    let field = |line: &str, name: &str| line.strip_prefix(name).unwrap().to_owned();
    (field(event, "event: "), field(id, "id: "), field(data, "data: "))
}

pub(crate) fn patch(frame: &[u8]) -> Patch {
    let (event, id, data) = parse(frame);
    assert_eq!(event, "patch");
    let patch: Patch = serde_json::from_str(&data).unwrap();
    assert_eq!(id, format!("{}:{}", patch.to.epoch, patch.to.rev));
    patch
}

/// A `put` in pieces, as a reader sees it.
pub(crate) fn ruleset(pieces: &[Bytes]) -> Ruleset {
    let (event, id, data) = parse(&pieces.concat());
    assert_eq!(event, "put");
    let ruleset: Ruleset = serde_json::from_str(&data).unwrap();
    assert_eq!(id, format!("{}:{}", ruleset.version.epoch, ruleset.version.rev));
    ruleset
}

pub(crate) fn version(epoch: &str, rev: u64) -> Version {
    Version { epoch: epoch.into(), rev }
}

/// Waits until something holds, looking again after every change the hub tells of.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let waited = tokio::time::timeout(PATIENCE, async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("never: {what}"));
}
