//! Where rulesets come from: the stream, with polling beside it while the stream does not deliver.

pub(crate) mod backoff;
mod poll;
mod sse;
mod stream;

pub(crate) use poll::poll;
pub(crate) use stream::stream;

use std::sync::Arc;

use yardarm_eval::ruleset::Ruleset;

use crate::held::{Origin, Shared, Taken};
use backoff::Failure;

/// Parses and takes a whole ruleset off the runtime's threads, as both may take long.
async fn put(shared: &Arc<Shared>, body: Vec<u8>, origin: Origin) -> Result<Taken, Failure> {
    let shared = Arc::clone(shared);
    let work = tokio::task::spawn_blocking(move || {
        let ruleset: Ruleset = serde_json::from_slice(&body)?;
        Ok::<_, serde_json::Error>(shared.put(ruleset, origin))
    });
    match work.await {
        Ok(Ok(taken)) => Ok(taken),
        Ok(Err(error)) => Err(Failure::Lost(format!("unreadable ruleset: {error}"))),
        Err(error) => Err(Failure::Lost(format!("the ruleset could not be taken: {error}"))),
    }
}
