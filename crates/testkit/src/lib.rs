//! Tests only: a running app over a real store, a clock to advance, builders.
//!
//! ```no_run
//! # async fn example() {
//! let app = yardarm_testkit::TestApp::start_sqlite().await;
//! let flag = app.owner.post("/api/v1/projects/shop/flags", serde_json::json!({ "key": "checkout" })).await;
//! assert_eq!(flag.status, 201);
//! # }
//! ```
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests end where something is not as it must be")]

mod client;
mod documented;
mod slow;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::oneshot;
use yardarm_hub::{Hub, HubOptions};
use yardarm_server::audit::AuditSettings;
use yardarm_server::outbound::{Allowed, OutboundSettings};
use yardarm_server::rates::Rates;
use yardarm_server::sealer::SecretKey;
use yardarm_server::settings::Timeouts;
use yardarm_server::{App, Settings};
use yardarm_store::StoreOptions;
use yardarm_store::scratch::Scratch;

pub use client::{Client, Reply};
pub use documented::template;
pub use slow::SlowRequest;

/// E-mail address of the owner.
pub const OWNER_EMAIL: &str = "ana@example.com";
/// Their password.
pub const OWNER_PASSWORD: &str = "correct horse battery";

/// A running app: its own database, a free port, an owner, the tenant `acme` and the project `shop`.
pub struct TestApp {
    /// `http://127.0.0.1:…`.
    pub url: String,
    /// Of the owner.
    pub token: String,
    /// With the owner's token.
    pub owner: Client,
    /// The app itself, for what has no endpoint.
    pub app: App,
    clock: Arc<AtomicI64>,
    clock_broken: Arc<AtomicBool>,
    stop: Option<oneshot::Sender<()>>,
    scratch: Option<Scratch>,
    folder: Option<tempfile::TempDir>,
}

/// Runs test bodies (`async fn name(app: Arc<TestApp>)`) on SQLite, and on Postgres when `TEST_DATABASE_URL` names a server
/// on which databases may be made (`scripts/with-postgres cargo test …`).
#[macro_export]
macro_rules! on_both_stores {
    ($($name:ident),+ $(,)?) => {
        mod on_sqlite {
            $(
                #[tokio::test]
                async fn $name() {
                    super::$name(std::sync::Arc::new($crate::TestApp::start_sqlite().await)).await;
                }
            )+
        }
        mod on_postgres {
            $(
                #[tokio::test]
                async fn $name() {
                    let Some(app) = $crate::TestApp::start_postgres().await else { return };
                    let app = std::sync::Arc::new(app);
                    super::$name(std::sync::Arc::clone(&app)).await;
                    app.remove_database().await;
                }
            )+
        }
    };
}

/// Tests play receivers on 127.0.0.1; every other special address stays refused.
fn receivers_here() -> OutboundSettings {
    let allow = vec!["127.0.0.1".parse::<Allowed>().unwrap()];
    OutboundSettings { allow, ports: vec![1..=u16::MAX], http: true, ..OutboundSettings::default() }
}

impl TestApp {
    /// On a fresh SQLite file.
    pub async fn start_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("yardarm.db").display());
        Self { folder: Some(folder), ..Self::start(&url).await }
    }

    /// On a fresh SQLite file, with other settings than the usual ones.
    pub async fn start_sqlite_with(change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("yardarm.db").display());
        let empty = Self::start_empty_with(&url, |settings, _| change(settings)).await;
        Self { folder: Some(folder), ..Self::set_up(empty).await }
    }

    /// On a fresh Postgres database; `None`, and says so, when no server is named.
    pub async fn start_postgres() -> Option<Self> {
        #[expect(clippy::disallowed_methods, reason = "tests are told by the environment which database there is")]
        let Ok(server) = std::env::var("TEST_DATABASE_URL") else {
            eprintln!("skipped: TEST_DATABASE_URL is not set");
            return None;
        };
        let scratch = Scratch::create(&server).await.unwrap();
        let app = Self::start(&scratch.url()).await;
        Some(Self { scratch: Some(scratch), ..app })
    }

    /// Removes the database of [`Self::start_postgres`]; a failed test leaves it behind for a look.
    pub async fn remove_database(&self) {
        if let Some(scratch) = &self.scratch {
            scratch.remove().await.unwrap();
        }
    }

    /// Everything that is stored, as bytes: the files of SQLite with their log, or every row of Postgres.
    pub async fn stored(&self) -> Vec<u8> {
        if let Some(scratch) = &self.scratch {
            return scratch.rows().await.unwrap().into_bytes();
        }
        let folder = self.folder.as_ref().expect("a test app is on a folder or on a scratch database");
        let mut all = Vec::new();
        for file in std::fs::read_dir(folder.path()).unwrap() {
            all.extend(std::fs::read(file.unwrap().path()).unwrap());
        }
        all
    }

    /// On a database that nobody uses yet.
    pub async fn start(store_url: &str) -> Self {
        Self::set_up(Self::start_empty(store_url).await).await
    }

    /// On a database that nobody uses yet, whose store gives up waiting after this long.
    pub async fn start_impatient(store_url: &str, deadline: Duration) -> Self {
        Self::set_up(Self::start_empty_with(store_url, |_, options| options.deadline = deadline).await).await
    }

    async fn set_up(mut app: Self) -> Self {
        let link = app.app.setup_link().await.unwrap().unwrap();
        let visitor = app.anonymous();
        let answer = visitor
            .post(
                "/api/v1/setup",
                json!({ "token": link, "tenant": { "key": "acme", "name": "Acme" }, "name": "Ana",
                    "email": OWNER_EMAIL, "password": OWNER_PASSWORD }),
            )
            .await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        let browser = visitor.with_cookie(&answer.cookie());
        let token = browser.post("/api/v1/tokens", json!({ "name": "tests" })).await;
        assert_eq!(token.status, 201, "{}", token.body);
        app.token = token.text("token");
        app.owner = app.with_token(&app.token);
        let project = app.owner.post("/api/v1/projects", json!({ "key": "shop", "name": "Shop" })).await;
        assert_eq!(project.status, 201, "{}", project.body);
        app
    }

    /// Running, but nobody can sign in yet.
    pub async fn start_empty(store_url: &str) -> Self {
        Self::start_empty_with(store_url, |_, _| {}).await
    }

    async fn start_empty_with(store_url: &str, change: impl FnOnce(&mut Settings, &mut StoreOptions)) -> Self {
        // Tests are about what happens, not about how busy the machine is.
        let patience = Duration::from_mins(2);
        let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let address = listener.local_addr().unwrap();
        let url = format!("http://{address}");
        // 2026-01-01T00:00:00Z, and as much later as the test says.
        let clock = Arc::new(AtomicI64::new(1_767_225_600_000));
        let timeouts = Timeouts {
            management: patience,
            management_queue: patience,
            webhooks: Duration::from_millis(100),
            ..Timeouts::default()
        };
        let mut settings = Settings {
            timeouts,
            // A test says when refused attempts are written.
            audit: AuditSettings { refusals_interval: Duration::from_hours(1), ..AuditSettings::default() },
            // The clock stands still, so a budget never fills up again by itself.
            rates: Rates::OFF,
            outbound: receivers_here(),
            listen: address,
            // Browsers make passkeys for names only.
            base_url: format!("http://localhost:{}", address.port()),
            database_url: store_url.to_owned(),
            secret_keys: vec![SecretKey::new(std::array::from_fn(|n| u8::try_from(n).unwrap()))],
            ..Settings::default()
        };
        let mut options = StoreOptions { deadline: patience, ..StoreOptions::default() };
        change(&mut settings, &mut options);
        options.quotas.clone_from(&settings.quotas);
        let store = yardarm_store::open_with(store_url, &options).await.unwrap();
        let hub = Hub::start(Arc::clone(&store), HubOptions::default()).await.unwrap();
        let now = Arc::clone(&clock);
        let broken = Arc::new(AtomicBool::new(false));
        let panics = Arc::clone(&broken);
        let read = move || {
            assert!(!panics.load(Ordering::Relaxed), "the clock is broken");
            now.load(Ordering::Relaxed)
        };
        let random = |bytes: &mut [u8]| getrandom::fill(bytes).unwrap();
        let app = App::build(settings, store, hub, Arc::new(read), Arc::new(random)).unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = app.clone();
        tokio::spawn(async move {
            yardarm_server::serve(serving, listener, async {
                let _stopped_or_dropped = stopped.await;
            })
            .await
        });
        let owner = Client::new(&url);
        Self {
            url,
            token: String::new(),
            owner,
            app,
            clock,
            clock_broken: broken,
            stop: Some(stop),
            scratch: None,
            folder: None,
        }
    }

    /// Milliseconds since 1970, as the app sees them.
    pub fn now(&self) -> i64 {
        self.clock.load(Ordering::Relaxed)
    }

    /// Lets time pass for everything that asks for the time of day. Timers of the runtime go on as they are.
    pub fn advance(&self, milliseconds: i64) {
        self.clock.fetch_add(milliseconds, Ordering::Relaxed);
    }

    /// While it is broken, whoever asks for the time panics.
    pub fn break_clock(&self, broken: bool) {
        self.clock_broken.store(broken, Ordering::Relaxed);
    }

    /// Without a credential.
    pub fn anonymous(&self) -> Client {
        Client::new(&self.url)
    }

    /// With an access token.
    pub fn with_token(&self, token: &str) -> Client {
        Client::new(&self.url).with_header("authorization", &format!("Bearer {token}"))
    }

    /// The owner in a browser.
    pub async fn browser(&self) -> Client {
        let visitor = self.anonymous();
        let body = json!({ "email": OWNER_EMAIL, "password": OWNER_PASSWORD });
        let answer = visitor.post("/api/v1/session", body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        visitor.with_cookie(&answer.cookie())
    }

    /// With a token of the owner that holds less.
    pub async fn with_role(&self, role: &str) -> Client {
        let token = self.owner.post("/api/v1/tokens", json!({ "name": role, "role": role })).await;
        assert_eq!(token.status, 201, "{}", token.body);
        self.with_token(&token.text("token"))
    }

    /// The owner's token in a second tenant of theirs.
    pub async fn second_tenant(&self, key: &str) -> Client {
        let made = self.owner.post("/api/v1/tenants", json!({ "key": key, "name": key })).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let browser = self.browser().await;
        let opened = browser.post("/api/v1/session/tenant", json!({ "tenant": key })).await;
        assert_eq!(opened.status, 200, "{}", opened.body);
        let there = self.anonymous().with_cookie(&opened.cookie());
        let token = there.post("/api/v1/tokens", json!({ "name": "tests" })).await;
        assert_eq!(token.status, 201, "{}", token.body);
        self.with_token(&token.text("token"))
    }

    /// Makes a boolean flag in `shop`.
    pub async fn flag(&self, key: &str) -> Value {
        let flag = self.owner.post("/api/v1/projects/shop/flags", json!({ "key": key })).await;
        assert_eq!(flag.status, 201, "{}", flag.body);
        flag.body
    }

    /// Makes an SDK key in `shop`; `audience` is `server` or `client`. Gives its text.
    pub async fn sdk_key(&self, environment: &str, audience: &str) -> String {
        let body = json!({ "name": "tests", "environment": environment, "audience": audience });
        let key = self.owner.post("/api/v1/projects/shop/keys", body).await;
        assert_eq!(key.status, 201, "{}", key.body);
        key.text("key")
    }

    /// Revision of `shop`.
    pub async fn rev(&self) -> u64 {
        self.owner.get("/api/v1/projects/shop").await.body["version"]["rev"].as_u64().unwrap()
    }

    /// Stops serving: streams say good-bye, open requests end.
    pub fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _nobody_listens = stop.send(());
        }
    }
}
