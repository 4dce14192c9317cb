//! `/healthz`: the process answers. `/readyz`: what it can do now, delivery and management apart.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::json;

use crate::app::App;

/// `GET /healthz`. Looks at nothing: it is also the yardstick for what a request costs at least.
pub(crate) async fn healthz() -> Response {
    ([(CONTENT_TYPE, "application/json")], r#"{"status":"ok"}"#).into_response()
}

/// `GET /readyz`. 200 as long as flags are served, whatever the database does; 503 while the server goes away.
pub(crate) async fn readyz(State(app): State<App>) -> Response {
    let draining = *app.draining.borrow();
    let (status, delivery) =
        if draining { (StatusCode::SERVICE_UNAVAILABLE, "draining") } else { (StatusCode::OK, "ready") };
    let management = if app.hub.database_reachable() { "ready" } else { "unavailable" };
    (status, Json(json!({"delivery": delivery, "management": management}))).into_response()
}
