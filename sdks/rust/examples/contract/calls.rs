//! Flag calls, and what they answer as JSON.

use std::time::Duration;

use open_feature::{EvaluationContext, EvaluationContextFieldValue, EvaluationReason, OpenFeature};
use serde_json::{Value, json};
use yardarm::openfeature::Provider;
use yardarm::{Client, Context, Details, FlagValue, State, Tracking, Version};

use crate::Outcome;

pub(crate) fn word(state: State) -> &'static str {
    match state {
        State::NotReady => "NOT_READY",
        State::Ready => "READY",
        State::Stale => "STALE",
        State::Error => "ERROR",
    }
}

fn written(version: Option<&Version>) -> Option<String> {
    version.map(|version| format!("{}:{}", version.epoch, version.rev))
}

pub(crate) fn status(client: &Client) -> Value {
    let status = client.status();
    json!({
        "state": word(status.state), "version": written(status.version.as_ref()), "error": status.error,
        "failures": status.failures, "dropped_counts": client.dropped_counts(),
        "dropped_exposures": client.dropped_exposures(), "dropped_events": client.dropped_events(),
    })
}

fn json_of<T: FlagValue>(details: &Details<T>) -> Value {
    json!({
        "value": details.value.to_json(), "variant": details.variant, "reason": details.reason, "rule": details.rule,
        "error": details.error, "version": written(details.version.as_ref()),
    })
}

/// The value by the call without details, for the type asked for.
pub(crate) fn value(client: &Client, flag: &str, context: &Context, request: &Value) -> Value {
    let default = &request["default"];
    match request["type"].as_str() {
        Some("boolean") => client.bool(flag, context, default.as_bool().unwrap_or_default()).into(),
        Some("string") => client.string(flag, context, default.as_str().unwrap_or_default()).into(),
        Some("number") => client.number(flag, context, default.as_f64().unwrap_or_default()).into(),
        Some("integer") => client.int(flag, context, default.as_i64().unwrap_or_default()).into(),
        _ => client.json(flag, context, default.clone()),
    }
}

pub(crate) fn evaluate(client: &Client, request: &Value) -> Value {
    let default = &request["default"];
    let flag = request["flag"].as_str().unwrap_or_default();
    let context = Context::from(request["context"].clone());
    if request["plain"] == true {
        return json!({"value": value(client, flag, &context, request)});
    }
    match request["type"].as_str() {
        Some("boolean") => json_of(&client.details(flag, &context, default.as_bool().unwrap_or_default())),
        Some("string") => json_of(&client.details(flag, &context, default.as_str().unwrap_or_default().to_owned())),
        Some("number") => json_of(&client.details(flag, &context, default.as_f64().unwrap_or_default())),
        Some("integer") => json_of(&client.details(flag, &context, default.as_i64().unwrap_or_default())),
        _ => json_of(&client.details(flag, &context, default.clone())),
    }
}

pub(crate) fn all(client: &Client, context: &Value) -> Value {
    let all = client.all(&Context::from(context.clone()));
    let answers: serde_json::Map<String, Value> =
        all.iter().map(|(flag, details)| (flag.clone(), json_of(details))).collect();
    json!({"answers": answers})
}

pub(crate) fn attest(client: &Client, request: &Value) -> Outcome {
    let ttl = Duration::from_millis(request["ttl"].as_u64().unwrap_or_default());
    let token = client.attest(&Context::from(request["context"].clone()), ttl);
    token.map(|token| json!({"token": token})).map_err(|error| error.to_string())
}

pub(crate) fn track(client: &Client, request: &Value) -> Value {
    let mut tracking = request["value"].as_f64().map_or_else(Tracking::default, Tracking::value);
    for (name, value) in request["data"].as_object().into_iter().flatten() {
        tracking = tracking.with(name, value.clone());
    }
    client.track(request["event"].as_str().unwrap_or_default(), &Context::from(request["context"].clone()), tracking);
    json!({})
}

/// Through the published OpenFeature client.
pub(crate) async fn openfeature(client: &Client, request: &Value) -> Outcome {
    let mut api = OpenFeature::default();
    api.set_provider(Provider::new(client.clone())).await;
    let asked = api.create_client();
    let mut context = EvaluationContext::default();
    for (name, value) in request["context"].as_object().into_iter().flatten() {
        context = match (name.as_str(), value) {
            ("targetingKey", Value::String(key)) => context.with_targeting_key(key.clone()),
            (_, Value::String(text)) => context.with_custom_field(name.as_str(), text.as_str()),
            (_, Value::Bool(value)) => context.with_custom_field(name.as_str(), *value),
            (_, Value::Number(number)) => context.with_custom_field(name.as_str(), number.as_f64().unwrap_or_default()),
            (_, other) => {
                context.with_custom_field(name.as_str(), EvaluationContextFieldValue::new_struct(other.clone()))
            }
        };
    }
    let flag = request["flag"].as_str().unwrap_or_default();
    macro_rules! details {
        ($method:ident, $value:expr) => {
            match asked.$method(flag, Some(&context), None).await {
                Ok(details) => Ok(json!({
                    "value": $value(details.value), "variant": details.variant, "reason": details.reason.map(|r| reason(&r)),
                    "error": null, "metadata": metadata(&details.flag_metadata),
                })),
                // Its callers fall back to their default themselves.
                Err(error) => Ok(json!({
                    "value": request["default"], "variant": null, "reason": "ERROR", "error": code(&error.code), "metadata": {},
                })),
            }
        };
    }
    match request["type"].as_str() {
        Some("boolean") => details!(get_bool_details, Value::from),
        Some("string") => details!(get_string_details, Value::from),
        Some("number") => details!(get_float_details, Value::from),
        Some("integer") => details!(get_int_details, Value::from),
        other => Err(format!("not asked by the harness: {other:?}")),
    }
}

fn reason(reason: &EvaluationReason) -> String {
    match reason {
        EvaluationReason::TargetingMatch => "TARGETING_MATCH".to_owned(),
        EvaluationReason::Other(other) => other.clone(),
        other => format!("{other:?}").to_uppercase(),
    }
}

fn code(code: &open_feature::EvaluationErrorCode) -> String {
    let name = format!("{code:?}");
    let mut text = String::new();
    for letter in name.split('(').next().unwrap_or_default().chars() {
        if letter.is_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(letter.to_ascii_uppercase());
    }
    text
}

fn metadata(metadata: &open_feature::FlagMetadata) -> Value {
    use open_feature::FlagMetadataValue;
    let value = |value: &FlagMetadataValue| match value {
        FlagMetadataValue::Bool(value) => json!(value),
        FlagMetadataValue::Int(value) => json!(value),
        FlagMetadataValue::Float(value) => json!(value),
        FlagMetadataValue::String(value) => json!(value),
    };
    metadata.values.iter().map(|(name, found)| (name.clone(), value(found))).collect()
}
