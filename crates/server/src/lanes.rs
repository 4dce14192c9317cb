//! Two lanes in one program. Delivery runs on the main runtime and touches memory only. Every management request runs
//! on a small runtime of its own, behind a bounded queue and a deadline: a stuck database, a slow password hash or a
//! flood of console requests cannot take a thread from an evaluation.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::Instrument;

use crate::api;
use crate::app::App;
use crate::problem::Problem;
use crate::rates::Cost;
use crate::settings::Settings;

/// Turns kept for changes of flags in an environment, so that one can be turned off while everything else is stuck in a queue.
const RESERVED: usize = 4;

/// The management lane.
pub struct ManagementLane {
    runtime: Option<Runtime>,
    handle: Handle,
    turns: Arc<Semaphore>,
    /// Turns that only changes of flags in an environment get, when all the others are taken.
    flips: Arc<Semaphore>,
    waiting: AtomicUsize,
    most_waiting: usize,
    queue: Duration,
    deadline: Duration,
}

impl ManagementLane {
    /// Starts its threads.
    pub fn start(settings: &Settings) -> std::io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(settings.limits.management_threads.max(1))
            .thread_name("management")
            .enable_all()
            .build()?;
        Ok(Self {
            handle: runtime.handle().clone(),
            runtime: Some(runtime),
            turns: Arc::new(Semaphore::new(settings.limits.management_running.max(1))),
            flips: Arc::new(Semaphore::new(RESERVED)),
            waiting: AtomicUsize::new(0),
            most_waiting: settings.limits.management_waiting,
            queue: settings.timeouts.management_queue,
            deadline: settings.timeouts.management,
        })
    }

    /// For background work that talks to the database.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// A turn that is free now.
    fn free_turn(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.turns).try_acquire_owned().ok()
    }

    async fn turn(&self, flips: bool) -> Option<OwnedSemaphorePermit> {
        if flips {
            // Few, short, and of one kind: no queue in front of them that others could fill.
            let turn = tokio::time::timeout(self.queue, Arc::clone(&self.flips).acquire_owned()).await;
            return turn.ok()?.ok();
        }
        let waiting = Waiting::enter(&self.waiting, self.most_waiting)?;
        let turn = tokio::time::timeout(self.queue, Arc::clone(&self.turns).acquire_owned()).await;
        drop(waiting);
        turn.ok()?.ok()
    }
}

impl Drop for ManagementLane {
    fn drop(&mut self) {
        // Dropping a runtime waits for it, which an asynchronous caller must not do.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A place in the queue, given back when the caller goes away too.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn enter(count: &'a AtomicUsize, most: usize) -> Option<Self> {
        let place = Self(count);
        (count.fetch_add(1, Ordering::Relaxed) < most).then_some(place)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Layer: runs the rest of the request on the management lane. A caller who goes away does not stop a request that has
/// begun, so a commit is never cut in half; the deadline bounds it.
pub(crate) async fn on_management(State(app): State<App>, request: Request, next: Next) -> Response {
    let lane = &app.management;
    let turn = if let Some(turn) = lane.free_turn() {
        Some(turn)
    } else {
        let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
        let flips = path.is_some_and(|path| api::cost_of(request.method(), path) == Some(Cost::Flip));
        lane.turn(flips).await
    };
    let Some(turn) = turn else {
        app.telemetry.management_refused.increment(1);
        return busy("Too many management requests are waiting. Flags are still served. Try again later.");
    };
    let deadline = lane.deadline;
    let work = async move {
        let response = tokio::time::timeout(deadline, next.run(request)).await;
        drop(turn);
        response
    };
    match lane.handle.spawn(work.in_current_span()).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => {
            app.telemetry.management_refused.increment(1);
            busy("This took too long and was given up; it may or may not have happened. Read before you repeat it.")
        }
        Err(error) => {
            tracing::error!(%error, "a management request did not end");
            Problem::internal().into_response()
        }
    }
}

fn busy(words: &str) -> Response {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "management_busy", words).retry_between(1, 5).into_response()
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn_with_state;
    use axum::routing::{get, patch};
    use http_body_util::BodyExt;
    use tower::ServiceExt;
    use yardarm_hub::{Hub, HubOptions};

    use super::*;

    const FLIP: &str = "/api/v1/projects/{project}/flags/{flag}/environments/{environment}";

    async fn lane(settings: Settings) -> (App, Router, tempfile::TempDir) {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("lane.db").display());
        let store = yardarm_store::open(&url).await.unwrap();
        let hub = Hub::start(Arc::clone(&store), HubOptions::default()).await.unwrap();
        let app = App::build(settings, store, hub, Arc::new(|| 0), Arc::new(|bytes| bytes.fill(1))).unwrap();
        let thread = || async { std::thread::current().name().unwrap_or_default().to_owned() };
        let router = Router::new()
            .route("/thread", get(thread))
            .route(FLIP, patch(thread))
            .route("/stuck", get(std::future::pending::<()>))
            .layer(from_fn_with_state(app.clone(), on_management));
        (app, router, directory)
    }

    async fn ask(router: &Router, path: &str) -> (StatusCode, String) {
        answer(router, Request::get(path)).await
    }

    async fn answer(router: &Router, request: http::request::Builder) -> (StatusCode, String) {
        let request = request.body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.headers().contains_key("retry-after"), !response.status().is_success());
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn management_has_its_own_threads_and_a_deadline() {
        let mut settings = Settings::default();
        settings.timeouts.management = Duration::from_millis(20);
        let (_app, router, _directory) = lane(settings).await;
        assert_eq!(ask(&router, "/thread").await, (StatusCode::OK, "management".to_owned()));
        let (status, body) = ask(&router, "/stuck").await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(body.contains("management_busy"), "{body}");
        // The turn was given back.
        assert_eq!(ask(&router, "/thread").await.0, StatusCode::OK);
    }

    #[tokio::test]
    async fn a_full_lane_refuses_at_once_and_the_queue_is_bounded() {
        let mut settings = Settings::default();
        settings.limits.management_running = 1;
        settings.limits.management_waiting = 1;
        settings.timeouts.management_queue = Duration::from_millis(20);
        let (app, router, _directory) = lane(settings).await;
        let stuck = tokio::spawn({
            let router = router.clone();
            async move { ask(&router, "/stuck").await }
        });
        while app.management.turns.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let flip = Request::patch("/api/v1/projects/shop/flags/checkout/environments/production");
        assert_eq!(answer(&router, flip).await.0, StatusCode::OK, "a flag can be turned off");
        let (first, second) = tokio::join!(ask(&router, "/thread"), ask(&router, "/thread"));
        assert_eq!((first.0, second.0), (StatusCode::SERVICE_UNAVAILABLE, StatusCode::SERVICE_UNAVAILABLE));
        assert_eq!(app.management.waiting.load(Ordering::Relaxed), 0);
        stuck.abort();
    }
}
