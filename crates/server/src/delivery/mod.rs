//! The delivery lane: evaluation, rulesets, streams, event intake. Memory only; it keeps working when the database is gone.

use axum::Router;

use crate::app::App;
use crate::settings::Settings;

/// State of the delivery lane.
pub struct Delivery {}

impl Delivery {
    /// Nothing open, nothing counted.
    pub fn new(_settings: &Settings) -> Self {
        Self {}
    }
}

/// Routes for SDKs and OpenFeature clients.
pub fn router() -> Router<App> {
    Router::new()
}
