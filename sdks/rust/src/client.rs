//! The client: flag calls, and waiting for it to be ready or done.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;
use yardarm_eval::Answer;
use yardarm_eval::ruleset::{ErrorCode, Reason, Version};

use crate::clock::now_ms;
use crate::held::Shared;
use crate::settings::{self, Builder, ConfigError};
use crate::status::{State, Status};
use crate::value::{Details, FlagValue};
use crate::worker::Stop;
use crate::{Context, TestClient};

/// A connection to one environment. Cheap to clone; make one per process.
///
/// Flag calls never fail, never block and never do I/O: they answer from the ruleset in memory, and with the caller's
/// default when there is none or anything is wrong. When the last clone is dropped the background work ends; call
/// [`Client::shutdown`] before to deliver the last evaluation counts.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    stop: Option<Arc<Stop>>,
    counts: bool,
}

/// An answer with its value read as `T`.
struct Resolved<'s, T> {
    value: Option<T>,
    answer: Answer<'s>,
    version: Option<&'s Version>,
}

impl Client {
    /// Starts setting up a client for the environment of this SDK key (`yd_srv_…`).
    pub fn builder(url: impl Into<String>, sdk_key: impl Into<String>) -> Builder {
        Builder::new(url.into(), sdk_key.into())
    }

    /// The same with `YARDARM_URL` and `YARDARM_SDK_KEY`.
    pub fn from_environment() -> Result<Builder, ConfigError> {
        #[expect(clippy::disallowed_methods, reason = "asked for by name, and documented for every SDK")]
        let read = |name| std::env::var(name).map_err(|_| ConfigError::Environment(name));
        Ok(Builder::new(read("YARDARM_URL")?, read("YARDARM_SDK_KEY")?))
    }

    /// A client that reads a ruleset (as `GET /sdk/v1/ruleset` gives it) from a file once and never uses the network.
    pub fn offline(path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        settings::offline(path.as_ref())
    }

    /// A client for tests, whose flags are set by hand.
    pub fn for_tests() -> TestClient {
        TestClient::new()
    }

    pub(crate) fn new(shared: Arc<Shared>, stop: Option<Stop>, counts: bool) -> Self {
        Self { shared, stop: stop.map(Arc::new), counts }
    }

    /// The flag's value, or `default`.
    pub fn bool(&self, flag: &str, context: &Context, default: bool) -> bool {
        self.value(flag, context, default)
    }

    /// The flag's value, or `default`.
    pub fn string(&self, flag: &str, context: &Context, default: impl Into<String>) -> String {
        self.value(flag, context, default.into())
    }

    /// The flag's value, or `default`.
    pub fn number(&self, flag: &str, context: &Context, default: f64) -> f64 {
        self.value(flag, context, default)
    }

    /// The flag's value if it is a whole number up to 2^53, or `default`.
    pub fn int(&self, flag: &str, context: &Context, default: i64) -> i64 {
        self.value(flag, context, default)
    }

    /// The value of a flag of any type, or `default`.
    pub fn json(&self, flag: &str, context: &Context, default: impl Into<Value>) -> Value {
        self.value(flag, context, default.into())
    }

    /// The flag's value with the reasons for it.
    pub fn details<T: FlagValue>(&self, flag: &str, context: &Context, default: T) -> Details<T> {
        let found = guarded(|| {
            self.resolve::<T, _>(flag, context, |r| {
                let (variant, rule) = (r.answer.variant.map(str::to_owned), r.answer.rule.map(str::to_owned));
                (r.value, variant, r.answer.reason, rule, r.answer.error, r.version.cloned())
            })
        });
        let (value, variant, reason, rule, error, version) =
            found.unwrap_or((None, None, Reason::Error, None, Some(ErrorCode::General), None));
        let variant = variant.filter(|_| value.is_some());
        Details { value: value.unwrap_or(default), variant, reason, rule, error, version }
    }

    /// Every flag for this context, from one ruleset. Flags that leave the value to the caller have JSON `null`.
    /// Nothing is counted.
    pub fn all(&self, context: &Context) -> BTreeMap<String, Details<Value>> {
        let all = || {
            let mut all = BTreeMap::new();
            let live = self.shared.live.load();
            let Some(live) = live.as_ref() else { return all };
            let Ok(context) = yardarm_eval::Context::from_json(context.as_json()) else { return all };
            live.snapshot.evaluate_all(&context, now_ms(), |flag, answer| {
                let details = Details {
                    value: answer.value.cloned().unwrap_or_default(),
                    variant: answer.variant.map(str::to_owned),
                    reason: answer.reason,
                    rule: answer.rule.map(str::to_owned),
                    error: answer.error,
                    version: Some(live.snapshot.version().clone()),
                };
                all.insert(flag.key.to_owned(), details);
            });
            all
        };
        guarded(all).unwrap_or_default()
    }

    fn value<T: FlagValue>(&self, flag: &str, context: &Context, default: T) -> T {
        guarded(|| self.resolve::<T, _>(flag, context, |r| r.value)).flatten().unwrap_or(default)
    }

    fn resolve<T: FlagValue, R>(&self, flag: &str, context: &Context, take: impl FnOnce(Resolved<'_, T>) -> R) -> R {
        let live = self.shared.live.load();
        let Some(live) = live.as_ref() else {
            return take(Resolved { value: None, answer: Answer::error(ErrorCode::ProviderNotReady), version: None });
        };
        let version = Some(live.snapshot.version());
        let Some(flag) = live.snapshot.flag(flag) else {
            return take(Resolved { value: None, answer: Answer::error(ErrorCode::FlagNotFound), version });
        };
        let mut answer = match yardarm_eval::Context::from_json(context.as_json()) {
            Ok(context) => live.snapshot.evaluate_at(flag.index, &context, now_ms()),
            Err(_) => Answer::error(ErrorCode::InvalidContext),
        };
        let value = answer.value.and_then(T::read);
        if answer.value.is_some() && value.is_none() {
            answer = Answer::error(ErrorCode::TypeMismatch);
        }
        if self.counts {
            live.tally.count(flag.key, flag.index, &answer);
        }
        take(Resolved { value, answer, version })
    }

    /// Where the client stands now.
    pub fn status(&self) -> Status {
        self.shared.board.now()
    }

    /// Follows the status; a changed version means that flags may answer differently.
    pub fn watch(&self) -> watch::Receiver<Status> {
        self.shared.board.watch()
    }

    /// Waits until the client is connected and up to date, at most this long, and says where it stands. Returns early
    /// when waiting makes no sense: the server refuses the key, or it is away and the cache file answers.
    pub async fn wait_ready(&self, timeout: Duration) -> State {
        self.shared.board.wait(timeout, settled).await.state
    }

    /// [`Client::wait_ready`] for threads outside a runtime.
    pub fn wait_ready_blocking(&self, timeout: Duration) -> State {
        self.shared.board.wait_blocking(timeout, settled).state
    }

    /// Evaluations whose counts could not be delivered and were given up, since the start.
    pub fn dropped_counts(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }

    /// Ends the background work of this client and all its clones, delivering the last counts and writing the cache
    /// file within this time. Flag calls go on answering from memory. Whether it ended in time.
    pub async fn shutdown(&self, timeout: Duration) -> bool {
        let Some(stop) = &self.stop else { return true };
        stop.send_replace(Some(timeout));
        self.shared.board.stopped(timeout.saturating_add(Duration::from_millis(100))).await
    }

    /// [`Client::shutdown`] for threads outside a runtime.
    pub fn shutdown_blocking(&self, timeout: Duration) -> bool {
        let Some(stop) = &self.stop else { return true };
        stop.send_replace(Some(timeout));
        self.shared.board.stopped_blocking(timeout.saturating_add(Duration::from_millis(100)))
    }
}

fn settled(status: &Status) -> bool {
    match status.state {
        State::Ready | State::Error => true,
        State::Stale => status.failures > 0,
        State::NotReady => false,
    }
}

/// A flag call must not take the application down, not even by a mistake in the evaluator.
fn guarded<R>(call: impl FnOnce() -> R) -> Option<R> {
    catch_unwind(AssertUnwindSafe(call)).ok()
}
