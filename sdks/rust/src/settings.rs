//! What can be wrong with settings, and all the waits.

use std::path::PathBuf;
use std::time::Duration;

/// Why a client could not be set up. Never the network: an unreachable server is a [`crate::State`], not an error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The server's address cannot be used.
    #[error("the server address {0:?} cannot be used: {1}")]
    Url(String, String),
    /// The SDK key has characters that a header cannot carry.
    #[error("the SDK key has characters that cannot be sent")]
    SdkKey,
    /// Neither in code nor in the environment: the setting and its variable.
    #[error("{0} is not set, and neither is the environment variable {1}")]
    Missing(&'static str, &'static str),
    /// A variable of the environment has a value that cannot be used.
    #[error("the environment variable {0} must be true, false, 1 or 0")]
    Environment(&'static str),
    /// The bootstrap is not a ruleset.
    #[error("the bootstrap is not a ruleset: {0}")]
    Bootstrap(String),
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
