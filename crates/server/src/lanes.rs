//! Two lanes in one program. Delivery runs on the main runtime and touches memory only. Every management request runs
//! on a small runtime of its own, behind a bounded queue and a deadline: a stuck database, a slow password hash or a
//! flood of console requests cannot take a thread from an evaluation.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::Semaphore;
use tracing::Instrument;

use crate::app::App;
use crate::problem::Problem;
use crate::settings::Settings;

/// The management lane.
pub struct ManagementLane {
    runtime: Option<Runtime>,
    handle: Handle,
    turns: Arc<Semaphore>,
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

    async fn turn(&self) -> Option<tokio::sync::OwnedSemaphorePermit> {
        if let Ok(turn) = Arc::clone(&self.turns).try_acquire_owned() {
            return Some(turn);
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
    let Some(turn) = lane.turn().await else {
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
