//! How a client is set up.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use yardarm_eval::ruleset::Ruleset;

use crate::cache::CacheFile;
use crate::client::Client;
use crate::held::{Origin, Shared};
use crate::http::Server;
use crate::worker::{self, Work};

/// Why a client could not be set up. Never the network: an unreachable server is a [`crate::State`], not an error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The server's address cannot be used.
    #[error("the server address {0:?} cannot be used: {1}")]
    Url(String, String),
    /// The SDK key has characters that a header cannot carry.
    #[error("the SDK key has characters that cannot be sent")]
    SdkKey,
    /// A variable of the environment is missing.
    #[error("the environment variable {0} is not set")]
    Environment(&'static str),
    /// The offline file cannot be read.
    #[error("the ruleset file {0:?} cannot be used: {1}")]
    File(PathBuf, String),
    /// The HTTP client cannot start (no TLS roots, for example).
    #[error("the HTTP client cannot start: {0}")]
    Http(String),
    /// The background thread cannot start.
    #[error("the background thread cannot start: {0}")]
    Thread(String),
}

/// All the waiting a client does. The defaults suit servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Longest time to connect.
    pub connect: Duration,
    /// Longest time to the head of an answer, and between two parts of its body.
    pub response: Duration,
    /// Interval of the server's heartbeat; a stream silent for 2.5 times as long is given up.
    pub heartbeat: Duration,
    /// Longest wait before the first retry.
    pub first_retry: Duration,
    /// Longest wait before the second retry is twice this; it doubles with each further one …
    pub retry_base: Duration,
    /// … up to this.
    pub retry_max: Duration,
    /// Shortest wait before any retry.
    pub retry_floor: Duration,
    /// A stream that lasted this long resets the waits.
    pub healthy: Duration,
    /// Wait after 401, 403, 404 and 405; also the longest `Retry-After` that is obeyed.
    pub slow: Duration,
    /// Polling begins when no stream has delivered for this long.
    pub poll_after: Duration,
    /// Interval of polling.
    pub poll_interval: Duration,
    /// Interval of sending evaluation counts.
    pub flush: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            response: Duration::from_secs(10),
            heartbeat: Duration::from_secs(15),
            first_retry: Duration::from_secs(3),
            retry_base: Duration::from_secs(1),
            retry_max: Duration::from_secs(30),
            retry_floor: Duration::from_millis(50),
            healthy: Duration::from_mins(1),
            slow: Duration::from_mins(5),
            poll_after: Duration::from_secs(3),
            poll_interval: Duration::from_secs(30),
            flush: Duration::from_secs(10),
        }
    }
}

/// Sets up a [`Client`].
#[derive(Clone)]
#[must_use = "call `build`"]
pub struct Builder {
    url: String,
    sdk_key: String,
    cache_file: Option<PathBuf>,
    timing: Timing,
    max_payload: usize,
    own_thread: bool,
    counts: bool,
}

impl Builder {
    pub(crate) fn new(url: String, sdk_key: String) -> Self {
        Self {
            url,
            sdk_key,
            cache_file: None,
            timing: Timing::default(),
            max_payload: 64 << 20,
            own_thread: false,
            counts: true,
        }
    }

    /// Keeps the last ruleset in this file and starts from it when the server is away. Give each process its own file,
    /// readable by nobody else: it holds the targeting rules.
    pub fn cache_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.cache_file = Some(path.into());
        self
    }

    /// Other waits than the defaults.
    pub fn timing(mut self, timing: Timing) -> Self {
        self.timing = timing;
        self
    }

    /// The largest ruleset or frame that is accepted, in bytes (default 64 MiB). What is held stays when one is larger.
    pub fn max_payload(mut self, bytes: usize) -> Self {
        self.max_payload = bytes;
        self
    }

    /// Runs the background work on a thread of its own even inside a tokio runtime, so that a busy runtime does not
    /// delay changes.
    pub fn own_thread(mut self, own_thread: bool) -> Self {
        self.own_thread = own_thread;
        self
    }

    /// Whether evaluations are counted and reported (default true). Only (flag, variant, reason) and how often; never
    /// contexts.
    pub fn count_evaluations(mut self, counts: bool) -> Self {
        self.counts = counts;
        self
    }

    /// Starts the client. Does not touch the network before it returns; see [`Client::wait_ready`].
    pub fn build(self) -> Result<Client, ConfigError> {
        let server = Server::new(&self.url, &self.sdk_key, &self.timing, self.max_payload)?;
        let cache = self.cache_file.map(|path| CacheFile::new(path, &self.sdk_key, self.max_payload));
        let (shared, cache) = match cache {
            Some(file) => {
                let (sender, receiver) = watch::channel(None);
                let shared = Shared::new(Some(sender));
                if let Some(ruleset) = file.read() {
                    shared.put(ruleset, Origin::Cache);
                }
                (shared, Some((file, receiver)))
            }
            None => (Shared::new(None), None),
        };
        let shared = Arc::new(shared);
        let (timing, max_payload, counts) = (self.timing, self.max_payload, self.counts);
        let work = Work { shared: Arc::clone(&shared), server, timing, max_payload, counts, cache };
        let stop = worker::start(work, self.own_thread)?;
        Ok(Client::new(shared, Some(stop), counts))
    }
}

/// A client that reads a ruleset from a file once and never uses the network.
pub(crate) fn offline(path: &Path) -> Result<Client, ConfigError> {
    let failed = |error: &dyn std::fmt::Display| ConfigError::File(path.to_owned(), error.to_string());
    let text = std::fs::read_to_string(path).map_err(|error| failed(&error))?;
    let ruleset: Ruleset = serde_json::from_str(&text).map_err(|error| failed(&error))?;
    let shared = Shared::new(None);
    shared.put(ruleset, Origin::Local);
    Ok(Client::new(Arc::new(shared), None, false))
}
