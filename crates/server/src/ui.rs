//! The console, embedded in the binary.

use axum::Router;

use crate::app::App;

/// Routes of the console and of `/docs`.
pub fn router() -> Router<App> {
    Router::new()
}
