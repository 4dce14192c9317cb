//! The OpenTelemetry hook: one `feature_flag.evaluation` event for each flag call.

use serde_json::Value;

use crate::hooks::{Call, Hook};

/// Emits a `tracing` event named `feature_flag.evaluation` with the attributes of OpenTelemetry's semantic conventions;
/// `tracing-opentelemetry` puts it on the current span, `opentelemetry-appender-tracing` makes a log record of it.
///
/// ```
/// # fn main() -> Result<(), yardarm::ConfigError> {
/// let flags = yardarm::Client::builder("http://localhost:3524", "yd_srv_…").hook(yardarm::OpenTelemetry).build();
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct OpenTelemetry;

impl Hook for OpenTelemetry {
    fn after(&self, call: &Call<'_>) {
        let details = &call.details;
        let value = details.variant.is_none().then(|| match &details.value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        let version = details.version.as_ref().map(|version| format!("{}:{}", version.epoch, version.rev));
        tracing::event!(
            name: "feature_flag.evaluation",
            target: "yardarm::opentelemetry",
            tracing::Level::INFO,
            feature_flag.key = call.flag,
            feature_flag.provider.name = "yardarm",
            feature_flag.result.variant = details.variant.as_deref(),
            feature_flag.result.value = value,
            feature_flag.result.reason = word(&details.reason),
            feature_flag.context.id = call.unit.as_deref(),
            feature_flag.set.id = call.set,
            feature_flag.version = version,
            error.type = details.error.as_ref().map(word),
        );
    }
}

/// `TARGETING_MATCH` is `targeting_match` in OpenTelemetry.
fn word(word: &impl serde::Serialize) -> String {
    match serde_json::to_value(word) {
        Ok(Value::String(text)) => text.to_lowercase(),
        _ => "unknown".to_owned(),
    }
}
