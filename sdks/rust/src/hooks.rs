//! Functions that are told of every flag call.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use serde_json::Value;

use crate::{Context, Details};

/// A flag call that was answered.
#[derive(Debug)]
pub struct Call<'a> {
    /// The flag's key as asked for.
    pub flag: &'a str,
    /// The context it was asked with. It never leaves the process by itself; see [`Call::unit`].
    pub context: &'a Context,
    /// The targeting key as it may be told to others: a digest when it is private.
    pub unit: Option<String>,
    /// `boolean`, `string`, `number`, `integer` or `json`.
    pub asked: &'static str,
    /// `project/environment` of the ruleset that answered.
    pub set: Option<&'a str>,
    /// What the caller gets.
    pub details: Details<Value>,
}

/// Is told of every flag call after it was answered; a closure is one. It runs on the caller's thread, so it must be
/// quick. If it panics, the answer and the hooks after it are not disturbed.
pub trait Hook: Send + Sync + 'static {
    /// A flag call was answered.
    fn after(&self, call: &Call<'_>);
}

impl<F: Fn(&Call<'_>) + Send + Sync + 'static> Hook for F {
    fn after(&self, call: &Call<'_>) {
        self(call);
    }
}

pub(crate) fn run(hooks: &[Arc<dyn Hook>], call: &Call<'_>) {
    for hook in hooks {
        if catch_unwind(AssertUnwindSafe(|| hook.after(call))).is_err() {
            tracing::warn!("a hook panicked");
        }
    }
}
