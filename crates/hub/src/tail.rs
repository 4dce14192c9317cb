//! The task that follows the log.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;
use yardarm_store::{ScopeKind, StoreError};

use crate::{Shared, Wakes};

/// Looks at what was woken, and at everything once in a while. Ends with the hub.
pub(crate) async fn for_ever(shared: Arc<Shared>, mut hints: Option<broadcast::Receiver<String>>) {
    let mut failures = 0_u32;
    let mut poll = Instant::now() + jittered(shared.options.poll_interval);
    loop {
        let everything = tokio::select! {
            () = shared.woken.notified() => false,
            () = listen(&mut hints, &shared) => false,
            // An instant, not a duration: many wakes of one project must not put off the look at the others.
            () = tokio::time::sleep_until(poll) => true,
        };
        if everything {
            poll = Instant::now() + jittered(shared.options.poll_interval);
        }
        let wakes = std::mem::take(&mut *shared.wakes.lock().unwrap_or_else(PoisonError::into_inner));
        let looked = if everything || wakes.everything {
            look_at_everything(&shared).await
        } else {
            look_at(&shared, wakes).await
        };
        shared.note(&looked);
        match looked {
            Ok(()) => failures = 0,
            Err(error) => {
                if failures == 0 {
                    tracing::warn!(%error, "the database is away; the last state is served");
                }
                // What was woken is found by looking at everything afterwards. Wakes do not shorten the pause: at most
                // one attempt in `retry_interval`.
                let pause = shared.options.retry_interval * (1 << failures.min(3));
                failures = failures.saturating_add(1);
                tokio::time::sleep(shared.options.retry_interval.max(jittered(pause))).await;
                shared.wake(None);
            }
        }
    }
}

/// Waits for a hint and notes it; for ever when there is no such channel.
async fn listen(hints: &mut Option<broadcast::Receiver<String>>, shared: &Shared) {
    let Some(receiver) = hints else { return std::future::pending().await };
    match receiver.recv().await {
        Ok(scope_id) => shared.wake(Some(&scope_id)),
        Err(RecvError::Lagged(_)) => shared.wake(None),
        Err(RecvError::Closed) => *hints = None,
    }
}

async fn look_at(shared: &Arc<Shared>, wakes: Wakes) -> Result<(), StoreError> {
    for scope_id in wakes.scopes {
        go_on(shared.refresh(&scope_id).await, &scope_id)?;
    }
    Ok(())
}

/// Compares every scope's version with ours, and catches up where they differ.
pub(crate) async fn look_at_everything(shared: &Arc<Shared>) -> Result<(), StoreError> {
    for scope in shared.store.scopes().await? {
        if scope.kind != ScopeKind::Project {
            continue;
        }
        let slot = shared.slot(&scope);
        if !slot.is_at(&scope) {
            go_on(slot.catch_up(shared).await, &scope.id)?;
        }
    }
    Ok(())
}

/// A project that cannot be read never stops the others; a database that is away stops the round.
fn go_on<T>(result: Result<T, StoreError>, scope_id: &str) -> Result<(), StoreError> {
    match result {
        Ok(_) => Ok(()),
        Err(error @ StoreError::Unavailable(_)) => Err(error),
        Err(error) => {
            tracing::error!(scope = scope_id, %error, "a project cannot be read; its last state is served");
            Ok(())
        }
    }
}

/// ±25 %, so that the nodes do not ask all at once.
fn jittered(mean: Duration) -> Duration {
    let mut byte = [128];
    // Without randomness there is no jitter, which is better than no poll.
    let _ = getrandom::fill(&mut byte);
    mean.mul_f64(0.75 + f64::from(byte[0]) / 510.0)
}
