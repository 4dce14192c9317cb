//! The OpenFeature provider (feature `openfeature`).
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! use open_feature::{EvaluationContext, OpenFeature};
//! use yardarm::{Client, openfeature::Provider};
//!
//! let flags = Client::for_tests();
//! flags.set("new-checkout", true);
//!
//! let mut api = OpenFeature::singleton_mut().await;
//! api.set_provider(Provider::new(flags.client())).await;
//! let user = EvaluationContext::default().with_targeting_key("user-1");
//! assert_eq!(api.create_client().get_bool_value("new-checkout", Some(&user), None).await, Ok(true));
//! # }
//! ```

use std::time::Duration;

use async_trait::async_trait;
use open_feature::provider::{FeatureProvider, ProviderMetadata, ProviderStatus, ResolutionDetails};
use open_feature::{
    EvaluationContext, EvaluationContextFieldValue, EvaluationError, EvaluationErrorCode, EvaluationReason,
    EvaluationResult, FlagMetadata, StructValue, Value as FeatureValue,
};
use serde_json::{Map, Value};
use yardarm_eval::ruleset::{ErrorCode, Reason};

use crate::{Client, Context, Details, FlagValue, State};

/// Answers OpenFeature's calls from a [`Client`]. Structures in contexts are read when they are a `serde_json::Value`
/// or a `StructValue`.
pub struct Provider {
    client: Client,
    metadata: ProviderMetadata,
    ready_within: Duration,
}

impl Provider {
    /// Over this client, which may be used directly as well.
    pub fn new(client: Client) -> Self {
        Self { client, metadata: ProviderMetadata::new("yardarm"), ready_within: Duration::from_secs(5) }
    }

    /// How long initialisation waits for the first ruleset (default 5 s).
    #[must_use]
    pub fn ready_within(mut self, timeout: Duration) -> Self {
        self.ready_within = timeout;
        self
    }

    fn resolve<T: FlagValue, O>(
        &self,
        flag: &str,
        context: &EvaluationContext,
        placeholder: T,
        convert: impl FnOnce(T) -> Option<O>,
    ) -> EvaluationResult<ResolutionDetails<O>> {
        let details = self.client.details(flag, &context_of(context), placeholder);
        if let Some(code) = details.error {
            return Err(error(code));
        }
        let Some(variant) = details.variant.clone() else {
            // This interface knows no caller's default; an error is how the OpenFeature client comes to use it.
            return Err(general("the flag leaves the value to the caller"));
        };
        let (reason, metadata) = (reason_of(details.reason), metadata_of(&details));
        let Some(value) = convert(details.value) else { return Err(error(ErrorCode::TypeMismatch)) };
        Ok(ResolutionDetails { value, variant: Some(variant), reason: Some(reason), flag_metadata: Some(metadata) })
    }
}

#[async_trait]
impl FeatureProvider for Provider {
    async fn initialize(&mut self, _context: &EvaluationContext) {
        self.client.wait_ready(self.ready_within).await;
    }

    fn status(&self) -> ProviderStatus {
        match self.client.status().state {
            State::NotReady => ProviderStatus::NotReady,
            State::Ready => ProviderStatus::Ready,
            State::Stale => ProviderStatus::STALE,
            State::Error => ProviderStatus::Error,
        }
    }

    fn metadata(&self) -> &ProviderMetadata {
        &self.metadata
    }

    async fn resolve_bool_value(
        &self,
        flag: &str,
        context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<bool>> {
        self.resolve(flag, context, false, Some)
    }

    async fn resolve_int_value(
        &self,
        flag: &str,
        context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<i64>> {
        self.resolve(flag, context, 0, Some)
    }

    async fn resolve_float_value(
        &self,
        flag: &str,
        context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<f64>> {
        self.resolve(flag, context, 0.0, Some)
    }

    async fn resolve_string_value(
        &self,
        flag: &str,
        context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<String>> {
        self.resolve(flag, context, String::new(), Some)
    }

    async fn resolve_struct_value(
        &self,
        flag: &str,
        context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<StructValue>> {
        self.resolve(flag, context, Value::Null, |value| match feature_value(value) {
            Some(FeatureValue::Struct(value)) => Some(value),
            _ => None,
        })
    }
}

fn metadata_of<T>(details: &Details<T>) -> FlagMetadata {
    let mut metadata = FlagMetadata::default();
    if let Some(version) = &details.version {
        metadata.add_value("version", format!("{}:{}", version.epoch, version.rev));
    }
    if let Some(rule) = &details.rule {
        metadata.add_value("ruleId", rule.as_str());
    }
    metadata
}

fn reason_of(reason: Reason) -> EvaluationReason {
    match reason {
        Reason::Static => EvaluationReason::Static,
        Reason::Default => EvaluationReason::Default,
        Reason::TargetingMatch => EvaluationReason::TargetingMatch,
        Reason::Split => EvaluationReason::Split,
        Reason::Disabled => EvaluationReason::Disabled,
        Reason::PrerequisiteFailed => EvaluationReason::Other("PREREQUISITE_FAILED".to_owned()),
        Reason::Error => EvaluationReason::Error,
    }
}

fn error(code: ErrorCode) -> EvaluationError {
    let (code, message) = match code {
        ErrorCode::FlagNotFound => (EvaluationErrorCode::FlagNotFound, "there is no such flag"),
        ErrorCode::ParseError => (EvaluationErrorCode::ParseError, "the flag uses something this SDK does not know"),
        ErrorCode::TypeMismatch => (EvaluationErrorCode::TypeMismatch, "the flag is of another type"),
        ErrorCode::TargetingKeyMissing => {
            (EvaluationErrorCode::TargetingKeyMissing, "the flag splits by targeting key and the context has none")
        }
        ErrorCode::InvalidContext => (EvaluationErrorCode::InvalidContext, "the context cannot be read"),
        ErrorCode::ProviderNotReady => (EvaluationErrorCode::ProviderNotReady, "there is no ruleset yet"),
        ErrorCode::General => return general("the flag could not be evaluated"),
    };
    EvaluationError { code, message: Some(message.to_owned()) }
}

fn general(message: &str) -> EvaluationError {
    EvaluationError { code: EvaluationErrorCode::General(message.to_owned()), message: Some(message.to_owned()) }
}

fn context_of(context: &EvaluationContext) -> Context {
    let members = context.custom_fields.iter().filter_map(|(key, value)| Some((key.clone(), field(value)?)));
    let mut members: Map<String, Value> = members.collect();
    if let Some(targeting_key) = &context.targeting_key {
        members.insert("targetingKey".to_owned(), targeting_key.as_str().into());
    }
    Context::from(Value::Object(members))
}

fn field(value: &EvaluationContextFieldValue) -> Option<Value> {
    Some(match value {
        EvaluationContextFieldValue::Bool(value) => (*value).into(),
        EvaluationContextFieldValue::Int(value) => (*value).into(),
        EvaluationContextFieldValue::Float(value) => (*value).into(),
        EvaluationContextFieldValue::String(value) => value.as_str().into(),
        EvaluationContextFieldValue::DateTime(at) => i64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok()?.into(),
        EvaluationContextFieldValue::Struct(value) => {
            if let Some(value) = value.downcast_ref::<Value>() {
                value.clone()
            } else {
                json_value(&FeatureValue::Struct(value.downcast_ref::<StructValue>()?.clone()))
            }
        }
    })
}

fn json_value(value: &FeatureValue) -> Value {
    match value {
        FeatureValue::Bool(value) => (*value).into(),
        FeatureValue::Int(value) => (*value).into(),
        FeatureValue::Float(value) => (*value).into(),
        FeatureValue::String(value) => value.as_str().into(),
        FeatureValue::Array(values) => values.iter().map(json_value).collect(),
        FeatureValue::Struct(value) => {
            Value::Object(value.fields.iter().map(|(key, value)| (key.clone(), json_value(value))).collect())
        }
    }
}

/// OpenFeature has no null: such members are left out.
fn feature_value(value: Value) -> Option<FeatureValue> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(value) => FeatureValue::Bool(value),
        Value::Number(number) => match number.as_i64() {
            Some(value) => FeatureValue::Int(value),
            None => FeatureValue::Float(number.as_f64()?),
        },
        Value::String(value) => FeatureValue::String(value),
        Value::Array(values) => FeatureValue::Array(values.into_iter().filter_map(feature_value).collect()),
        Value::Object(members) => {
            let fields = members.into_iter().filter_map(|(key, value)| Some((key, feature_value(value)?)));
            FeatureValue::Struct(StructValue { fields: fields.collect() })
        }
    })
}
