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
use yardarm_eval::ruleset::{ErrorCode, Reason};

use crate::attestation::{self, AttestError};
use crate::builder::{self, Builder};
use crate::held::{Live, Shared};
use crate::hooks::{self, Call, Hook};
use crate::http::Server;
use crate::privacy::Privacy;
use crate::settings::ConfigError;
use crate::status::{State, Status};
use crate::tracking::{Event, Tracking, is_unit};
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
    /// The server and the end of the background work; none without a network.
    link: Option<Arc<(Server, Stop)>>,
    recording: Arc<Recording>,
}

/// What is noted of a flag call besides its answer.
#[derive(Clone, Default)]
pub(crate) struct Recording {
    pub(crate) counts: bool,
    pub(crate) exposures: bool,
    pub(crate) privacy: Privacy,
    pub(crate) hooks: Vec<Arc<dyn Hook>>,
}

impl Recording {
    /// Nothing that only a server would want.
    pub(crate) fn without_network(self) -> Self {
        Self { counts: false, exposures: false, ..self }
    }
}

/// An answer with its value read as `T`.
struct Resolved<'s, T> {
    value: Option<T>,
    answer: Answer<'s>,
    live: Option<&'s Live>,
}

impl<T> Resolved<'_, T> {
    fn into_details(self, default: T) -> Details<T> {
        Details {
            variant: self.answer.variant.filter(|_| self.value.is_some()).map(str::to_owned),
            value: self.value.unwrap_or(default),
            reason: self.answer.reason,
            rule: self.answer.rule.map(str::to_owned),
            error: self.answer.error,
            version: self.live.map(|live| live.snapshot.version().clone()),
        }
    }
}

impl Client {
    /// Starts setting up a client for the environment of this SDK key (`yd_srv_…`).
    pub fn builder(url: impl Into<String>, sdk_key: impl Into<String>) -> Builder {
        Builder::new(Some(url.into()), Some(sdk_key.into()))
    }

    /// The same with what the environment says: `YARDARM_URL`, `YARDARM_SDK_KEY`, `YARDARM_CACHE_FILE`,
    /// `YARDARM_OFFLINE_FILE`, `YARDARM_STREAMING`, `YARDARM_COUNT_EVALUATIONS` and `YARDARM_EXPOSURES`. What is set in code
    /// after that wins.
    pub fn from_environment() -> Result<Builder, ConfigError> {
        Builder::from_environment()
    }

    /// A client that reads a ruleset (as `GET /sdk/v1/ruleset` gives it) from a file once and never uses the network.
    pub fn offline(path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        builder::offline(path.as_ref(), Recording::default())
    }

    /// A client for tests, whose flags are set by hand.
    pub fn for_tests() -> TestClient {
        TestClient::new()
    }

    pub(crate) fn new(shared: Arc<Shared>, link: Option<(Server, Stop)>, recording: Recording) -> Self {
        Self { shared, link: link.map(Arc::new), recording: Arc::new(recording) }
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
        let failed = Resolved { value: None, answer: Answer::error(ErrorCode::General), live: None }
            .into_details(default.clone());
        guarded(|| self.answer(flag, context, default)).unwrap_or(failed)
    }

    /// Every flag for this context, from one ruleset. Flags that leave the value to the caller have JSON `null`.
    /// Nothing is counted.
    pub fn all(&self, context: &Context) -> BTreeMap<String, Details<Value>> {
        let all = || {
            let mut all = BTreeMap::new();
            let live = self.shared.live.load();
            let Some(live) = live.as_ref() else { return all };
            let Ok(context) = yardarm_eval::Context::from_json(context.as_json()) else { return all };
            live.snapshot.evaluate_all(&context, self.shared.now(), |flag, answer| {
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
        let found = guarded(|| {
            if self.recording.hooks.is_empty() {
                return self.resolve::<T, _>(flag, context, |resolved| resolved.value);
            }
            Some(self.answer(flag, context, default.clone()).value)
        });
        found.flatten().unwrap_or(default)
    }

    /// The details of a call, told to the hooks.
    fn answer<T: FlagValue>(&self, flag: &str, context: &Context, default: T) -> Details<T> {
        let (details, live) = self.resolve::<T, _>(flag, context, |resolved| {
            let place = resolved.live.map(|live| live.place.clone()).filter(|_| !self.recording.hooks.is_empty());
            (resolved.into_details(default), place)
        });
        if !self.recording.hooks.is_empty() {
            let unit = yardarm_eval::Context::from_json(context.as_json()).ok();
            let unit = unit.as_ref().and_then(yardarm_eval::Context::targeting_key);
            let call = Call {
                flag,
                context,
                unit: unit.map(|unit| self.recording.privacy.unit(unit)),
                asked: T::NAME,
                set: live.as_deref(),
                details: details.map(FlagValue::to_json),
            };
            hooks::run(&self.recording.hooks, &call);
        }
        details
    }

    fn resolve<T: FlagValue, R>(&self, flag: &str, context: &Context, take: impl FnOnce(Resolved<'_, T>) -> R) -> R {
        let live = self.shared.live.load();
        let Some(live) = live.as_ref() else {
            return take(Resolved { value: None, answer: Answer::error(ErrorCode::ProviderNotReady), live: None });
        };
        let Some(flag) = live.snapshot.flag(flag) else {
            return take(Resolved { value: None, answer: Answer::error(ErrorCode::FlagNotFound), live: Some(live) });
        };
        let context = yardarm_eval::Context::from_json(context.as_json());
        let mut answer = match &context {
            Ok(context) => live.snapshot.evaluate_at(flag.index, context, self.shared.now()),
            Err(_) => Answer::error(ErrorCode::InvalidContext),
        };
        let value = answer.value.and_then(T::read);
        if answer.value.is_some() && value.is_none() {
            answer = Answer::error(ErrorCode::TypeMismatch);
        }
        if self.recording.counts {
            live.tally.count(flag.key, flag.index, &answer);
        }
        if self.recording.exposures
            && answer.reason == Reason::Split
            && let (Some(variant), Ok(context)) = (answer.variant, &context)
            && let Some(unit) = context.targeting_key().filter(|unit| is_unit(unit))
        {
            self.shared.exposures.add((flag.key, variant, unit), self.shared.now(), || {
                let rule = answer.rule.map(str::to_owned);
                (self.recording.privacy.unit(unit), rule, live.snapshot.version().clone())
            });
        }
        take(Resolved { value, answer, live: Some(live) })
    }

    /// Records that the context's unit did something: it is sent with the next batch. What cannot be sent (no targeting
    /// key, a name of more than 128 characters, more than 4 KiB of facts) is dropped, counted and logged.
    pub fn track(&self, event: &str, context: &Context, tracking: Tracking) {
        if self.link.is_none() {
            return;
        }
        guarded(|| {
            let context = yardarm_eval::Context::from_json(context.as_json()).ok();
            let unit = context.as_ref().and_then(yardarm_eval::Context::targeting_key).filter(|unit| is_unit(unit));
            let unit = unit.map_or_else(String::new, |unit| self.recording.privacy.unit(unit));
            let (value, mut data) = tracking.into_parts();
            self.recording.privacy.scrub(&mut data);
            self.shared.events.track(Event { name: event.to_owned(), unit, value, data, at: self.shared.now() });
        });
    }

    /// Signs this context, for this long (one second to 24 hours), for a browser: the web SDK's setting `attestation`. With
    /// it a client key gets answers for this context, and one that is `attested` only so. It can be read by whoever holds
    /// it. Without a server key (in tests, offline) it is signed with one that no server knows.
    pub fn attest(&self, context: &Context, ttl: Duration) -> Result<String, AttestError> {
        let key = self.link.as_ref().map(|link| link.0.sdk_key());
        let key = key.as_deref().unwrap_or(attestation::TEST_KEY);
        attestation::sign(key, context.as_json(), ttl, self.shared.now())
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

    /// Exposures that were given up, since the start.
    pub fn dropped_exposures(&self) -> u64 {
        self.shared.exposures.waiting.dropped()
    }

    /// Tracked events that were given up, since the start.
    pub fn dropped_events(&self) -> u64 {
        self.shared.events.dropped()
    }

    /// Another SDK key from now on: the stream is opened again with it at once. What is held stays.
    pub fn set_sdk_key(&self, sdk_key: &str) -> Result<(), ConfigError> {
        self.link.as_ref().map_or(Ok(()), |link| link.0.set_key(sdk_key))
    }

    /// Sends what was counted and tracked so far, and says whether all of it was acknowledged within this time.
    pub async fn flush(&self, timeout: Duration) -> bool {
        if self.link.is_none() {
            return true;
        }
        self.shared.board.flush_made(self.shared.board.ask_flush(), timeout).await
    }

    /// [`Client::flush`] for threads outside a runtime.
    pub fn flush_blocking(&self, timeout: Duration) -> bool {
        if self.link.is_none() {
            return true;
        }
        self.shared.board.flush_made_blocking(self.shared.board.ask_flush(), timeout)
    }

    /// Ends the background work of this client and all its clones, delivering the last counts and events and writing the
    /// cache file within this time. Flag calls go on answering from memory. Whether all of it was done.
    pub async fn shutdown(&self, timeout: Duration) -> bool {
        let Some(link) = &self.link else { return true };
        link.1.send_replace(Some(timeout));
        self.shared.board.stopped(timeout.saturating_add(Duration::from_millis(100))).await
    }

    /// [`Client::shutdown`] for threads outside a runtime.
    pub fn shutdown_blocking(&self, timeout: Duration) -> bool {
        let Some(link) = &self.link else { return true };
        link.1.send_replace(Some(timeout));
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
