//! How a client is set up.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::watch;
use yardarm_eval::ruleset::Ruleset;

use crate::cache::CacheFile;
use crate::client::{Client, Recording};
use crate::held::{Origin, Shared};
use crate::hooks::Hook;
use crate::http::Server;
use crate::keeper::Keeper;
use crate::privacy::Privacy;
use crate::worker::{self, Work};
use crate::{ConfigError, Timing};

/// Sets up a [`Client`].
#[derive(Clone)]
#[must_use = "call `build`"]
pub struct Builder {
    url: Option<String>,
    sdk_key: Option<String>,
    cache_file: Option<PathBuf>,
    offline_file: Option<PathBuf>,
    bootstrap: Option<String>,
    streaming: bool,
    timing: Timing,
    max_payload: usize,
    own_thread: bool,
    recording: Recording,
}

impl Builder {
    pub(crate) fn new(url: Option<String>, sdk_key: Option<String>) -> Self {
        Self {
            url,
            sdk_key,
            cache_file: None,
            offline_file: None,
            bootstrap: None,
            streaming: true,
            timing: Timing::default(),
            max_payload: 64 << 20,
            own_thread: false,
            recording: Recording { counts: true, ..Recording::default() },
        }
    }

    /// What the environment says, and an error for a value that cannot be used.
    pub(crate) fn from_environment() -> Result<Self, ConfigError> {
        #[expect(clippy::disallowed_methods, reason = "asked for by name, and documented for every SDK")]
        let read = |name| std::env::var(name).ok();
        let switch = |name, otherwise| match read(name).as_deref() {
            None => Ok(otherwise),
            Some("true" | "1") => Ok(true),
            Some("false" | "0") => Ok(false),
            Some(_) => Err(ConfigError::Environment(name)),
        };
        let recording = Recording {
            counts: switch("YARDARM_COUNT_EVALUATIONS", true)?,
            exposures: switch("YARDARM_EXPOSURES", false)?,
            ..Recording::default()
        };
        Ok(Self {
            cache_file: read("YARDARM_CACHE_FILE").map(PathBuf::from),
            offline_file: read("YARDARM_OFFLINE_FILE").map(PathBuf::from),
            streaming: switch("YARDARM_STREAMING", true)?,
            recording,
            ..Self::new(read("YARDARM_URL"), read("YARDARM_SDK_KEY"))
        })
    }

    /// Another server than the environment says.
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// Another SDK key than the environment says.
    pub fn sdk_key(mut self, sdk_key: impl Into<String>) -> Self {
        self.sdk_key = Some(sdk_key.into());
        self
    }

    /// Keeps the last ruleset in this file and starts from it when the server is away. Give each process its own file,
    /// readable by nobody else: it holds the targeting rules.
    pub fn cache_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.cache_file = Some(path.into());
        self
    }

    /// Reads a ruleset (as `GET /sdk/v1/ruleset` gives it) from a file once and never uses the network. Neither address
    /// nor key is needed then.
    pub fn offline_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.offline_file = Some(path.into());
        self
    }

    /// Starts from this ruleset (as `GET /sdk/v1/ruleset` gives it) when no cache file can be used, until the server is
    /// heard.
    pub fn bootstrap(mut self, ruleset: impl Into<String>) -> Self {
        self.bootstrap = Some(ruleset.into());
        self
    }

    /// Whether changes come by stream (default true) or only by polling.
    pub fn streaming(mut self, streaming: bool) -> Self {
        self.streaming = streaming;
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
        self.recording.counts = counts;
        self
    }

    /// Whether it is reported who was given which variant of a split (default false). This sends targeting keys.
    pub fn exposures(mut self, exposures: bool) -> Self {
        self.recording.exposures = exposures;
        self
    }

    /// Names that never leave the process: members of what is tracked, at any depth; with `targetingKey` among them, units
    /// leave only as digests.
    pub fn private_attributes<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.recording.privacy = Privacy::new(names.into_iter().map(Into::into));
        self
    }

    /// Adds a function that is told of every flag call.
    pub fn hook(mut self, hook: impl Hook) -> Self {
        self.recording.hooks.push(Arc::new(hook));
        self
    }

    /// Starts the client. Does not touch the network before it returns; see [`Client::wait_ready`].
    pub fn build(self) -> Result<Client, ConfigError> {
        let recording = self.recording;
        if let Some(path) = self.offline_file {
            return offline(&path, recording);
        }
        let url = self.url.ok_or(ConfigError::Missing("the server's address", "YARDARM_URL"))?;
        let sdk_key = self.sdk_key.ok_or(ConfigError::Missing("the SDK key", "YARDARM_SDK_KEY"))?;
        let server = Server::new(&url, &sdk_key, &self.timing, self.max_payload)?;
        let bootstrap = match self.bootstrap.as_deref().map(serde_json::from_str::<Ruleset>) {
            Some(Err(error)) => return Err(ConfigError::Bootstrap(error.to_string())),
            Some(Ok(ruleset)) => Some(ruleset),
            None => None,
        };
        let cache = self.cache_file.map(|path| CacheFile::new(path, &sdk_key, self.max_payload));
        let cached = cache.as_ref().and_then(CacheFile::read);
        let (sender, receiver) = watch::channel(None);
        let shared = Arc::new(Shared::new(cache.is_some().then_some(sender)));
        if let Some(ruleset) = cached.or(bootstrap) {
            shared.put(ruleset, Origin::Past);
        }
        let work = Work {
            shared: Arc::clone(&shared),
            server: server.clone(),
            timing: self.timing,
            max_payload: self.max_payload,
            streaming: self.streaming,
            keeper: cache.map(|file| Keeper::new(file, receiver)),
        };
        let stop = worker::start(work, self.own_thread)?;
        Ok(Client::new(shared, Some((server, stop)), recording))
    }
}

/// A client that reads a ruleset from a file once and never uses the network.
pub(crate) fn offline(path: &Path, recording: Recording) -> Result<Client, ConfigError> {
    let failed = |error: &dyn std::fmt::Display| ConfigError::File(path.to_owned(), error.to_string());
    let text = std::fs::read_to_string(path).map_err(|error| failed(&error))?;
    let ruleset: Ruleset = serde_json::from_str(&text).map_err(|error| failed(&error))?;
    let shared = Shared::new(None);
    shared.put(ruleset, Origin::Local);
    Ok(Client::new(Arc::new(shared), None, recording.without_network()))
}
