//! The background work of a client: on the caller's runtime, or on a thread of its own when there is none.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use crate::batches::{Outbox, deliver};
use crate::held::Shared;
use crate::http::Server;
use crate::keeper::Keeper;
use crate::source;
use crate::{ConfigError, Timing};

/// What the background work needs.
pub(crate) struct Work {
    pub(crate) shared: Arc<Shared>,
    pub(crate) server: Server,
    pub(crate) timing: Timing,
    pub(crate) max_payload: usize,
    pub(crate) streaming: bool,
    pub(crate) keeper: Option<Keeper>,
}

/// Tells the background work to end, with the time it may take for its last deliveries. Dropping it ends it at once.
pub(crate) type Stop = watch::Sender<Option<Duration>>;

pub(crate) fn start(work: Work, own_thread: bool) -> Result<Stop, ConfigError> {
    let (stop, stopping) = watch::channel(None);
    match tokio::runtime::Handle::try_current() {
        Ok(runtime) if !own_thread => {
            runtime.spawn(run(work, stopping));
        }
        _ => {
            let failed = |error: std::io::Error| ConfigError::Thread(error.to_string());
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
            let thread = std::thread::Builder::new().name("yardarm".to_owned());
            thread.spawn(move || runtime.block_on(run(work, stopping))).map_err(failed)?;
        }
    }
    Ok(stop)
}

async fn run(work: Work, mut stopping: watch::Receiver<Option<Duration>>) {
    let Work { shared, server, timing, max_payload, streaming, mut keeper } = work;
    let mut outbox = Outbox::default();
    let working = async {
        tokio::join!(
            async {
                if streaming {
                    source::stream(Arc::clone(&shared), server.clone(), timing, max_payload).await;
                }
            },
            source::poll(Arc::clone(&shared), server.clone(), timing, streaming),
            deliver(&mut outbox, Arc::clone(&shared), server.clone(), timing),
            async {
                if let Some(keeper) = &mut keeper {
                    keeper.keep().await;
                }
            },
        );
    };
    tokio::select! {
        () = working => {},
        _ = stopping.wait_for(Option::is_some) => {},
    }
    let limit = stopping.borrow().unwrap_or_default();
    let last = async {
        let delivered = outbox.flush(&shared, &server).await;
        if let Err(failure) = &delivered {
            tracing::warn!(error = failure.message(), "the last counts and events could not be delivered");
        }
        if let Some(keeper) = &mut keeper {
            keeper.write().await;
        }
        delivered.is_ok()
    };
    let delivered = timeout(limit, last).await.unwrap_or_else(|_| {
        tracing::debug!(?limit, "the client was stopped before its last deliveries were done");
        false
    });
    shared.board.stop(delivered);
}
