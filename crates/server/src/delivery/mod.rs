//! The delivery lane: evaluation, rulesets, streams, event intake. Memory only: it keeps working when the database is
//! gone, and nothing in it waits for anything but the caller's own bytes.

mod attestation;
mod caller;
mod counts;
mod events;
mod ofrep;
mod outbox;
mod records;
mod ruleset;
mod streaming;

use std::sync::Arc;
use std::time::Duration;

use axum::routing::{get, post};
use axum::{Extension, Router};
use http::header::{AUTHORIZATION, CONTENT_TYPE, ETAG, IF_NONE_MATCH, RETRY_AFTER};
use http::{HeaderName, Method};
use tower_http::cors::{Any, CorsLayer};

use crate::app::App;
use crate::rates::{Cost, RATE_LIMIT, RATE_LIMIT_POLICY};
use crate::settings::Settings;
use crate::telemetry::Telemetry;
use crate::trace::{REQUEST_ID, TRACEPARENT};

/// State of the delivery lane.
pub struct Delivery {
    counts: counts::Counts,
    outbox: outbox::Outbox,
    admission: Arc<streaming::Admission>,
}

impl Delivery {
    /// Nothing open, nothing counted.
    pub fn new(settings: &Settings, telemetry: &Arc<Telemetry>) -> Self {
        Self {
            counts: counts::Counts::new(settings.limits.counted_keys),
            outbox: outbox::Outbox::new(settings.limits.pending_batches),
            admission: streaming::Admission::new(&settings.limits, Arc::clone(telemetry)),
        }
    }
}

impl Delivery {
    /// Open streams of a tenant on this node.
    pub(crate) fn streams_of(&self, tenant_id: &str) -> usize {
        self.admission.open_of_tenant(tenant_id)
    }
}

/// The header of SDKs that cannot set `Authorization`.
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// Where an event stream goes on.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Routes for SDKs and OpenFeature clients. Every origin may call them: they take no cookie, only a key.
pub fn router() -> Router<App> {
    let allowed = [
        AUTHORIZATION,
        CONTENT_TYPE,
        IF_NONE_MATCH,
        API_KEY,
        attestation::ATTESTATION,
        LAST_EVENT_ID,
        TRACEPARENT,
        HeaderName::from_static("tracestate"),
        HeaderName::from_static("baggage"),
    ];
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(allowed)
        .expose_headers([ETAG, RETRY_AFTER, RATE_LIMIT, RATE_LIMIT_POLICY, REQUEST_ID, TRACEPARENT])
        .max_age(Duration::from_hours(2));
    Router::new()
        .route("/ofrep/v1/evaluate/flags/{key}", post(ofrep::single::evaluate).layer(Extension(Cost::Evaluate)))
        .route("/ofrep/v1/evaluate/flags", post(ofrep::bulk::evaluate).layer(Extension(Cost::EvaluateAll)))
        .route("/ofrep/v1/stream", get(ofrep::stream::open).layer(Extension(Cost::StreamOpen)))
        .route("/sdk/v1/ruleset", get(ruleset::get).layer(Extension(Cost::Ruleset)))
        .route("/sdk/v1/stream", get(streaming::open).layer(Extension(Cost::StreamOpen)))
        .route("/sdk/v1/events", post(events::accept).layer(Extension(Cost::Events)))
        .layer(cors)
}

/// Writes what was counted to the database, as far as it answers. Called every few seconds and at the end.
pub(crate) async fn flush(app: &App) {
    let now = app.now();
    app.delivery.outbox.collect(&app.delivery.counts, now, &app.telemetry);
    app.delivery.outbox.write(app.store.as_ref(), &app.telemetry).await;
}
