//! The clients that the runner has made.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use yardarm::{Builder, Call, Client, OpenTelemetry, TestClient, Timing};

use crate::Outcome;
use crate::load::Load;

/// A client with what is noted about it.
pub(crate) struct Held {
    pub(crate) client: Client,
    double: Option<TestClient>,
    seen: Arc<Mutex<Vec<Value>>>,
    calls: Arc<Mutex<Vec<Value>>>,
    pub(crate) otel: Arc<Mutex<Vec<Value>>>,
    pub(crate) load: Mutex<Option<Load>>,
}

impl Held {
    pub(crate) fn seen(&self) -> Vec<Value> {
        locked(&self.seen).clone()
    }

    pub(crate) fn hooked(&self) -> Value {
        json!({"calls": *locked(&self.calls), "otel": *locked(&self.otel)})
    }
}

/// By the names that the runner gave them.
#[derive(Default)]
pub(crate) struct Clients {
    held: Mutex<HashMap<String, Arc<Held>>>,
}

pub(crate) fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Clients {
    pub(crate) fn get(&self, name: &str) -> Result<Arc<Held>, String> {
        locked(&self.held).get(name).cloned().ok_or_else(|| format!("there is no client {name:?}"))
    }

    pub(crate) fn create(&self, name: &str, settings: &Value, from_environment: bool) -> Outcome {
        let text = |member: &str| settings[member].as_str().map(str::to_owned);
        let mut builder = if from_environment {
            Client::from_environment().map_err(|error| error.to_string())?
        } else {
            // Without a URL or a key only an offline file makes sense; the builder knows.
            Client::builder(text("url").unwrap_or_default(), text("sdk_key").unwrap_or_default())
        };
        if let Some(url) = text("url") {
            builder = builder.url(url);
        }
        if let Some(sdk_key) = text("sdk_key") {
            builder = builder.sdk_key(sdk_key);
        }
        builder = apply(builder, settings);
        let (calls, otel) = (Arc::default(), Arc::default());
        for hook in settings["hooks"].as_array().into_iter().flatten() {
            builder = hooked(builder, hook.as_str().unwrap_or_default(), &calls);
        }
        let client = builder.build().map_err(|error| error.to_string())?;
        let seen = observe(&client);
        if settings["observer"] == "throw" {
            let mut watch = client.watch();
            tokio::spawn(async move {
                let _ = watch.changed().await;
                panic!("an observer that panics");
            });
        }
        self.keep(name, Held { client, double: None, seen, calls, otel, load: Mutex::default() });
        Ok(json!({}))
    }

    pub(crate) fn create_double(&self, name: &str, request: &Value) -> Outcome {
        let double = Client::for_tests();
        let client = double.client();
        let seen = observe(&client);
        let (calls, otel) = (Arc::default(), Arc::default());
        self.keep(name, Held { client, double: Some(double), seen, calls, otel, load: Mutex::default() });
        self.double(name, request)
    }

    pub(crate) fn double(&self, name: &str, request: &Value) -> Outcome {
        let held = self.get(name)?;
        let double = held.double.as_ref().ok_or("not a test double")?;
        if !request["ruleset"].is_null() {
            double.load(&request["ruleset"].to_string()).map_err(|error| error.to_string())?;
        }
        if let Some(ruleset) = request["ruleset_text"].as_str() {
            double.load(ruleset).map_err(|error| error.to_string())?;
        }
        if let Some(now) = request["now"].as_i64() {
            double.at(now);
        }
        for (flag, value) in request["set"].as_object().into_iter().flatten() {
            double.set(flag, value.clone());
        }
        for target in request["set_for"].as_array().into_iter().flatten() {
            double.set_for(text(&target[0]), text(&target[1]), target[2].clone());
        }
        for flag in request["remove"].as_array().into_iter().flatten() {
            double.remove(text(flag));
        }
        Ok(json!({}))
    }

    fn keep(&self, name: &str, held: Held) {
        locked(&self.held).insert(name.to_owned(), Arc::new(held));
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn apply(mut builder: Builder, settings: &Value) -> Builder {
    if let Some(path) = settings["cache_file"].as_str() {
        builder = builder.cache_file(path);
    }
    if let Some(path) = settings["offline_file"].as_str() {
        builder = builder.offline_file(path);
    }
    if !settings["bootstrap"].is_null() {
        builder = builder.bootstrap(settings["bootstrap"].to_string());
    }
    if let Some(streaming) = settings["streaming"].as_bool() {
        builder = builder.streaming(streaming);
    }
    if let Some(bytes) = settings["max_payload"].as_u64() {
        builder = builder.max_payload(usize::try_from(bytes).unwrap_or(usize::MAX));
    }
    if let Some(counts) = settings["count_evaluations"].as_bool() {
        builder = builder.count_evaluations(counts);
    }
    if let Some(exposures) = settings["exposures"].as_bool() {
        builder = builder.exposures(exposures);
    }
    if let Some(names) = settings["private_attributes"].as_array() {
        builder = builder.private_attributes(names.iter().map(text));
    }
    builder.timing(timing(&settings["timing"]))
}

fn timing(given: &Value) -> Timing {
    let usual = Timing::default();
    let ms = |member: &str, usual: Duration| given[member].as_u64().map_or(usual, Duration::from_millis);
    Timing {
        connect: ms("connect", usual.connect),
        response: ms("response", usual.response),
        heartbeat: ms("heartbeat", usual.heartbeat),
        first_retry: ms("first_retry", usual.first_retry),
        retry_base: ms("retry_base", usual.retry_base),
        retry_max: ms("retry_max", usual.retry_max),
        retry_floor: ms("retry_floor", usual.retry_floor),
        healthy: ms("healthy", usual.healthy),
        slow: ms("slow", usual.slow),
        poll_after: ms("poll_after", usual.poll_after),
        poll_interval: ms("poll_interval", usual.poll_interval),
        flush: ms("flush", usual.flush),
    }
}

fn hooked(builder: Builder, kind: &str, calls: &Arc<Mutex<Vec<Value>>>) -> Builder {
    match kind {
        "throw" => builder.hook(|_: &Call<'_>| panic!("a hook that panics")),
        "otel" => builder.hook(OpenTelemetry),
        _ => {
            let calls = Arc::clone(calls);
            builder.hook(move |call: &Call<'_>| {
                let (value, reason) = (&call.details.value, call.details.reason);
                locked(&calls).push(json!({"flag": call.flag, "value": value, "reason": reason, "type": call.asked}));
            })
        }
    }
}

/// Notes every state and version that an observer is told. What it is told of failures alone is not kept: with the server
/// away for minutes, that would be what grows.
fn observe(client: &Client) -> Arc<Mutex<Vec<Value>>> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (mut watch, noted) = (client.watch(), Arc::clone(&seen));
    tokio::spawn(async move {
        loop {
            let status = watch.borrow_and_update().clone();
            let version = status.version.map(|version| format!("{}:{}", version.epoch, version.rev));
            let told = json!({"state": crate::calls::word(status.state), "version": version});
            note(&noted, told);
            if watch.changed().await.is_err() {
                return;
            }
        }
    });
    seen
}

fn note(seen: &Mutex<Vec<Value>>, told: Value) {
    let mut seen = locked(seen);
    if seen.last() != Some(&told) {
        seen.push(told);
    }
}
