//! A small shop on a real database, served in process.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;
use yardarm_hub::{Hub, HubOptions};
use yardarm_model::command::{Command, Inputs, decide};
use yardarm_model::document::State;
use yardarm_server::keys::{self, KeyKind};
use yardarm_server::{App, Settings};
use yardarm_store::{Attribution, Commit, DocumentWrite, RowWrite, Scope, ScopeKind, Store, StoreOptions, Tenant};

/// When every test begins, milliseconds since 1970.
pub(crate) const NOW: i64 = 1_790_000_000_000;

pub(crate) struct Shop {
    pub(crate) app: App,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) server_key: String,
    pub(crate) client_key: String,
    pub(crate) clock: Arc<AtomicI64>,
    router: Router,
    _directory: tempfile::TempDir,
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {:?}", self.body))
    }
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

fn attribution(action: &str) -> Attribution {
    Attribution {
        actor: "system:test".into(),
        actor_name: "Test".into(),
        via: "system".into(),
        action: action.into(),
        reason: String::new(),
        trace_id: "0".repeat(32),
        at: NOW,
    }
}

impl Shop {
    pub(crate) async fn open() -> Self {
        Self::with(Settings::default(), None).await
    }

    /// `database`: what handlers are given instead of the database that the hub reads.
    pub(crate) async fn with(settings: Settings, database: Option<Arc<dyn Store>>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("shop.db").display());
        // A test machine can be very busy; how long a commit takes is not what is tested.
        let patient = StoreOptions { deadline: Duration::from_mins(1), ..StoreOptions::default() };
        let store = yardarm_store::open_with(&url, &patient).await.unwrap();
        let tenant = Tenant { id: "tnt_1".into(), key: "acme".into(), name: "Acme".into(), created_at: NOW };
        let scope = |id: &str, kind, key: &str| Scope {
            id: id.into(),
            kind,
            tenant_id: "tnt_1".into(),
            key: key.into(),
            epoch: "e1".into(),
            rev: 0,
        };
        for (scope, mut rows) in [
            (scope("tnt_1", ScopeKind::Tenant, "acme"), vec![RowWrite::InsertTenant(tenant)]),
            (scope("prj_1", ScopeKind::Project, "shop"), vec![]),
        ] {
            let scope_id = scope.id.clone();
            rows.push(RowWrite::InsertScope(scope));
            let commit = Commit {
                tenant_id: "tnt_1".into(),
                scope_id,
                expected: None,
                attribution: attribution("create"),
                documents: vec![],
                rows,
            };
            store.commit(commit).await.unwrap();
        }
        let hub = Hub::start(Arc::clone(&store), HubOptions::default()).await.unwrap();
        let clock = Arc::new(AtomicI64::new(NOW));
        let reader = Arc::clone(&clock);
        let app = App::build(
            settings,
            database.unwrap_or_else(|| Arc::clone(&store)),
            Arc::clone(&hub),
            Arc::new(move || reader.load(Ordering::Relaxed)),
            Arc::new(|bytes| bytes.fill(7)),
        )
        .unwrap();
        let server_key = keys::make(KeyKind::Server, &[1; 32]).text;
        let client_key = keys::make(KeyKind::Client, &[2; 32]).text;
        let router = app.router();
        let shop = Self { app, store, hub, server_key, client_key, clock, router, _directory: directory };
        shop.stock().await;
        shop
    }

    /// Flags of every type, a key of each audience.
    async fn stock(&self) {
        let mut commands = vec![Command::UpdateProject { body: json!({"key": "shop", "name": "Shop"}) }];
        for key in ["production", "staging"] {
            commands.push(Command::CreateEnvironment { body: json!({"key": key, "name": key}) });
        }
        for (key, audience) in [(&self.server_key, "server"), (&self.client_key, "client")] {
            commands.push(Command::CreateSdkKey {
                id: format!("key_{audience}"),
                body: json!({"name": audience, "environment": "production", "audience": audience}),
                hash: keys::hash_hex(key),
                hint: key[..12].to_owned(),
            });
        }
        let values = |values: &[Value]| -> Value {
            values.iter().enumerate().map(|(n, value)| json!({"key": format!("v{n}"), "value": value})).collect()
        };
        let mut flags = vec![("checkout", json!({"key": "checkout"}))];
        flags.push(("needs-checkout", json!({"key": "needs-checkout"})));
        flags.push(("limit", json!({"key": "limit", "type": "number", "variants": values(&[json!(42), json!(1)])})));
        flags.push(("rate", json!({"key": "rate", "type": "number", "variants": values(&[json!(42.5), json!(1)])})));
        flags.push((
            "title",
            json!({"key": "title", "type": "string", "variants": values(&[json!("é\"\n"), json!("")])}),
        ));
        flags.push((
            "theme",
            json!({"key": "theme", "type": "json", "variants": values(&[json!({"a": [1]}), json!({})])}),
        ));
        for (key, body) in flags {
            commands.push(Command::CreateFlag { body });
            let configuration = match key {
                "checkout" => json!({
                    "on": true, "off_variant": "off", "default": {"variant": "off"},
                    "rules": [{"id": "germans", "if": {"attribute": "user.country", "operator": "in", "values": ["DE"]}, "serve": {"variant": "on"}}],
                }),
                "needs-checkout" => json!({
                    "on": true, "off_variant": "off", "default": {"variant": "on"},
                    "prerequisites": [{"flag": "checkout", "variants": ["on"]}],
                }),
                "rate" => json!({
                    "on": true, "off_variant": "v1",
                    "default": {"split": {"shares": [{"variant": "v0", "percent": 50}, {"variant": "v1", "percent": 50}]}},
                }),
                _ => json!({"on": true, "off_variant": "v1", "default": {"variant": "v0"}}),
            };
            let (flag, environment) = (key.to_owned(), "production".to_owned());
            commands.push(Command::PutConfiguration { flag, environment, body: configuration });
        }
        self.changes(&commands).await;
    }

    /// Commits a command as the API does, and waits until this node serves it.
    pub(crate) async fn change(&self, command: Command) {
        self.changes(&[command]).await;
    }

    /// Several commands in one change.
    async fn changes(&self, commands: &[Command]) {
        let live = self.hub.refresh("prj_1").await.unwrap();
        let mut state = live.map_or_else(State::default, |live| State::clone(&live.state));
        let mut documents = BTreeMap::new();
        for command in commands {
            for (kind, key, body) in decide(&state, command, &Inputs { now: NOW, seed: [5; 32] }).unwrap() {
                let body = body.map(|body| body.to_string());
                state.apply(1, [(kind.as_str(), key.as_str(), body.as_deref())]).unwrap();
                documents.insert((kind.as_str().to_owned(), key), body);
            }
        }
        let commit = Commit {
            tenant_id: "tnt_1".into(),
            scope_id: "prj_1".into(),
            expected: None,
            attribution: attribution("test"),
            documents: documents.into_iter().map(|((kind, key), body)| DocumentWrite { kind, key, body }).collect(),
            rows: vec![],
        };
        self.store.commit(commit).await.unwrap();
        self.hub.refresh("prj_1").await.unwrap();
    }

    pub(crate) async fn switch(&self, on: bool) {
        let (flag, environment) = ("checkout".to_owned(), "production".to_owned());
        self.change(Command::UpdateConfiguration { flag, environment, patch: json!({"on": on}) }).await;
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub(crate) async fn read(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.send(request).await.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// A request with a key; `body` makes it a POST.
    #[expect(clippy::unused_self, reason = "reads as what it is: the shop is asked")]
    pub(crate) fn ask(&self, key: &str, path: &str, body: Option<Value>) -> Request<Body> {
        let request = Request::builder().uri(path).header("authorization", format!("Bearer {key}"));
        match body {
            None => request.body(Body::empty()).unwrap(),
            Some(body) => {
                let request = request.method("POST").header("content-type", "application/json");
                request.body(Body::from(body.to_string())).unwrap()
            }
        }
    }

    pub(crate) async fn evaluate(&self, flag: &str, context: Value) -> Answer {
        let path = format!("/ofrep/v1/evaluate/flags/{flag}");
        self.read(self.ask(&self.client_key, &path, Some(json!({"context": context})))).await
    }

    pub(crate) async fn metric(&self, name: &str) -> Option<String> {
        let answer = self.read(self.ask("", "/metrics", None)).await;
        let text = String::from_utf8(answer.body.to_vec()).unwrap();
        text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned))
    }
}

/// A stream being read, event by event.
pub(crate) struct Events {
    body: Body,
    rest: String,
}

/// One server-sent event, or a block without a name.
#[derive(Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) data: Value,
    pub(crate) text: String,
}

impl Events {
    pub(crate) fn of(response: Response<Body>) -> Self {
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { body: response.into_body(), rest: String::new() }
    }

    /// The next event; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((text, rest)) = self.rest.split_once("\n\n") {
                let field = |name: &str| {
                    let found = text.lines().find_map(|line| line.strip_prefix(name));
                    found.unwrap_or_default().trim().to_owned()
                };
                let data = serde_json::from_str(&field("data:")).unwrap_or(Value::Null);
                let event = Event { name: field("event:"), id: field("id:"), data, text: text.to_owned() };
                let rest = rest.to_owned();
                self.rest = rest;
                return Some(event);
            }
            let frame = self.body.frame().await?.unwrap();
            self.rest += std::str::from_utf8(frame.data_ref().unwrap()).unwrap();
        }
    }

    /// The next event that is not a heartbeat.
    pub(crate) async fn news(&mut self) -> Option<Event> {
        loop {
            let event = self.next().await?;
            if event.name != "ping" && !event.text.starts_with(':') && !event.text.starts_with("retry:") {
                return Some(event);
            }
        }
    }
}
