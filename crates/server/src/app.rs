//! The application: what every handler can reach, the router of both lanes, and serving it until told to stop.

use std::sync::{Arc, Weak};

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use tokio::sync::watch;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use yardarm_hub::Hub;
use yardarm_store::Store;

use crate::audit::{self, Audit};
use crate::lanes::{self, ManagementLane};
use crate::outbound::Outbound;
use crate::rates::Limiter;
use crate::sealer::Sealer;
use crate::settings::Settings;
use crate::telemetry::{self, Telemetry};
use crate::{api, auth, delivery, health, openapi, problem, trace, ui, webhooks};

/// Milliseconds since 1970.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;
/// Fills a buffer with randomness fit for secrets.
pub type Randomness = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

/// What every handler can reach. Cheap to clone; axum's state.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts of an [`App`].
pub struct Parts {
    /// How it behaves.
    pub settings: Settings,
    /// The database: for the management lane only.
    pub store: Arc<dyn Store>,
    /// Live projects.
    pub hub: Arc<Hub>,
    /// Milliseconds since 1970.
    pub clock: Clock,
    /// Randomness fit for secrets.
    pub randomness: Randomness,
    /// Seals secrets that must be read again.
    pub sealer: Sealer,
    /// Numbers about this process.
    pub telemetry: Arc<Telemetry>,
    /// How much everybody may ask for.
    pub limiter: Limiter,
    /// Where management requests run.
    pub management: ManagementLane,
    /// True once the server goes away.
    pub draining: watch::Receiver<bool>,
    /// The only way out to other machines.
    pub outbound: Outbound,
    /// State of the delivery lane.
    pub delivery: delivery::Delivery,
    /// State of sign-in and the management API.
    pub api: api::Api,
    /// What makes the log evidence.
    pub audit: Audit,
    /// The console's files.
    pub console: ui::Console,
    drain: watch::Sender<bool>,
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl From<Arc<Parts>> for App {
    fn from(parts: Arc<Parts>) -> Self {
        Self(parts)
    }
}

impl App {
    /// Puts it together and starts the management lane. Nothing is listened on yet.
    pub fn build(
        settings: Settings,
        store: Arc<dyn Store>,
        hub: Arc<Hub>,
        clock: Clock,
        randomness: Randomness,
    ) -> std::io::Result<Self> {
        let (drain, draining) = watch::channel(false);
        let telemetry = Arc::new(Telemetry::default());
        let app = Self(Arc::new(Parts {
            management: ManagementLane::start(&settings)?,
            delivery: delivery::Delivery::new(&settings, &telemetry),
            outbound: Outbound::new(&settings.outbound)?,
            limiter: Limiter::new(&settings.rates, &telemetry),
            console: ui::Console::load(),
            api: api::Api::new(&settings),
            audit: Audit::default(),
            sealer: Sealer::new(settings.secret_keys.clone(), Arc::clone(&randomness)),
            settings,
            store,
            hub,
            clock,
            randomness,
            telemetry,
            draining,
            drain,
        }));
        app.management.handle().spawn(keep_flushing(Arc::downgrade(&app.0)));
        audit::start(&app, &Arc::downgrade(&app.0));
        app.management.handle().spawn(webhooks::keep_sending(Arc::downgrade(&app.0)));
        app.management.handle().spawn(auth::keep_firing(Arc::downgrade(&app.0)));
        Ok(app)
    }

    /// For background work, which must not keep the application alive.
    pub(crate) fn of(parts: &Weak<Parts>) -> Option<Self> {
        parts.upgrade().map(Self)
    }

    /// Milliseconds since 1970.
    pub fn now(&self) -> i64 {
        (self.clock)()
    }

    /// 32 random bytes fit for a secret.
    pub fn random(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        (self.randomness)(&mut bytes);
        bytes
    }

    /// Tells streams to say good-bye, and `/readyz` to say so.
    pub fn drain(&self) {
        self.drain.send_replace(true);
    }

    /// Writes what was counted to the database. Happens every few seconds by itself; call it before the end.
    pub async fn flush(&self) {
        delivery::flush(self).await;
    }

    /// Every route, with the layers of its lane.
    pub fn router(&self) -> Router {
        let management = api::router(self)
            .layer(from_fn_with_state(self.clone(), auth::tell_when_near))
            .layer(CatchPanicLayer::custom(problem::panicked))
            .layer(from_fn_with_state(self.clone(), lanes::on_management))
            .layer(from_fn_with_state(self.clone(), audit::watch))
            .layer(from_fn_with_state(self.clone(), trace::management));
        let from_memory = |routes: Router<Self>| {
            routes
                .layer(CatchPanicLayer::custom(problem::panicked))
                .layer(from_fn_with_state(self.clone(), trace::delivery))
        };
        let delivery = from_memory(
            delivery::router()
                .route("/healthz", get(health::healthz))
                .route("/readyz", get(health::readyz))
                .route("/metrics", get(telemetry::metrics))
                .route("/openapi.json", get(openapi::serve)),
        );
        // Outside of the trace, which writes problems: what is compressed is what is sent.
        let compressed = management.merge(from_memory(ui::router())).layer(CompressionLayer::new());
        delivery.merge(compressed).with_state(self.clone())
    }
}

/// Ends by itself when the application is gone.
async fn keep_flushing(app: Weak<Parts>) {
    loop {
        let Some(interval) = app.upgrade().map(|parts| parts.settings.timeouts.counts_flush) else { return };
        tokio::time::sleep(interval).await;
        let Some(parts) = app.upgrade() else { return };
        parts.telemetry.upkeep();
        App(parts).flush().await;
    }
}
