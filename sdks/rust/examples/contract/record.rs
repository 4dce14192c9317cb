//! What the SDK says through `tracing`: OpenTelemetry events are kept, everything else is a log on standard error.

use std::cell::RefCell;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};

use crate::clients::{Held, locked};

thread_local! {
    /// Where the events of the flag call on this thread go.
    static ASKING: RefCell<Option<Arc<Mutex<Vec<Value>>>>> = const { RefCell::new(None) };
}

pub(crate) fn install() {
    let logs = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false);
    let verbose = tracing_subscriber::filter::Targets::new().with_target("yardarm", tracing::Level::TRACE);
    let subscriber = tracing_subscriber::registry().with(logs.with_filter(verbose)).with(Keep);
    let _ = tracing::subscriber::set_global_default(subscriber);
    // Panics that the SDK catches are no news.
    std::panic::set_hook(Box::new(|_| {}));
}

/// Calls with this client's events kept for it.
pub(crate) fn attributed<T>(held: &Held, call: impl FnOnce() -> T) -> T {
    ASKING.with(|asking| asking.replace(Some(Arc::clone(&held.otel))));
    let answer = call();
    ASKING.with(|asking| asking.replace(None));
    answer
}

/// Threads of this process that belong to SDK clients.
pub(crate) fn sdk_threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    tasks
        .filter(|task| std::fs::read_to_string(task.path().join("comm")).is_ok_and(|name| name.trim() == "yardarm"))
        .count()
}

struct Keep;

impl<S: tracing::Subscriber> Layer<S> for Keep {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().name() == "feature_flag.evaluation" {
            let mut attributes = Attributes(Map::new());
            event.record(&mut attributes);
            ASKING.with_borrow(|asking| {
                if let Some(kept) = asking {
                    locked(kept).push(json!({"name": event.metadata().name(), "attributes": attributes.0}));
                }
            });
        }
    }
}

struct Attributes(Map<String, Value>);

impl Visit for Attributes {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}").into());
    }
}
