//! `POST /api/v1/projects/{project}/environments/{environment}/evaluate`

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use yardarm_eval::ruleset::{ErrorCode, Reason, ValueType};
use yardarm_eval::{Answer as Evaluated, Context, Snapshot};

use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::api::names::OfEnvironment;
use crate::api::projects::VersionAnswer;
use crate::auth::{ProjectAccess, can, refusal};
use crate::json::{Body, Path};
use crate::problem::Problem;

/// What to evaluate.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct Evaluate {
    /// As SDKs send it: `{"targetingKey": "u1", "country": "DE", "account": {"key": "a1"}}`.
    #[schema(value_type = Object)]
    context: Value,
    /// Only this flag; all of them by default.
    flag: Option<String>,
    /// Say why, step by step.
    explain: Option<bool>,
}

/// Answers with the state they are of.
#[derive(Serialize, ToSchema)]
pub(crate) struct EvaluationPage {
    /// By flag key.
    items: Vec<Evaluation>,
    /// The state that was evaluated.
    version: VersionAnswer,
}

/// One flag's answer.
#[derive(Serialize, ToSchema)]
pub(crate) struct Evaluation {
    /// Flag key.
    flag: String,
    /// Type of its values; null when the flag cannot be evaluated.
    #[serde(rename = "type")]
    #[schema(value_type = Option<crate::api::schema::ValueTypeName>)]
    value_type: Option<ValueType>,
    /// Null means the caller's default.
    value: Option<Value>,
    /// Variant key.
    variant: Option<String>,
    /// Why.
    #[schema(value_type = String)]
    reason: Reason,
    /// The rule that decided.
    rule: Option<String>,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    error: Option<ErrorCode>,
    /// Steps, when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    explanation: Option<Value>,
}

/// Evaluates an environment's flags for one context, without counting it.
#[utoipa::path(post, path = "/api/v1/projects/{project}/environments/{environment}/evaluate",
    operation_id = "evaluateFlags", tag = "environments", params(OfEnvironment), request_body = Evaluate,
    responses((status = 200, body = EvaluationPage)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::ProjectRead>,
    Path(name): Path<OfEnvironment>,
    Body(body): Body,
) -> Result<Answer, Problem> {
    let mut fields = Fields::of(body, &["context", "flag", "explain"])?;
    let context = fields.any("context").unwrap_or_else(|| Value::Object(serde_json::Map::new()));
    let flag = fields.optional_text("flag", 128);
    let explain = match fields.any("explain") {
        None | Some(Value::Bool(false)) => false,
        Some(Value::Bool(true)) => true,
        Some(_) => {
            fields.wrong("explain", "type", "must be true or false");
            false
        }
    };
    fields.done()?;
    let published = access.published(&name.environment).ok_or_else(refusal::not_found)?;
    let read = Context::from_json(&context).map_err(|error| {
        refusal::invalid(vec![refusal::wrong(&format!("/context{}", error.pointer), "context_invalid", error.message)])
    })?;
    let now = access.now();
    let snapshot = &published.snapshot;
    let mut items = Vec::new();
    let mut answers = Vec::new();
    if let Some(key) = flag {
        let found = snapshot.flag(&key).ok_or_else(refusal::not_found)?;
        answers.push((found, snapshot.evaluate(found.key, &read, now)));
    } else {
        snapshot.evaluate_all(&read, now, |flag, answer| answers.push((flag, *answer)));
    }
    for (flag, answer) in answers {
        items.push(evaluation(snapshot, flag.key, flag.value_type, answer, explain.then_some((&read, now)))?);
    }
    Ok(Answer::ok(&EvaluationPage { items, version: VersionAnswer::from(&published.version) }))
}

fn evaluation(
    snapshot: &Snapshot,
    key: &str,
    value_type: Option<ValueType>,
    answer: Evaluated<'_>,
    explain: Option<(&Context<'_>, i64)>,
) -> Result<Evaluation, Problem> {
    let explanation = explain
        .map(|(context, now)| serde_json::to_value(snapshot.explain(key, context, now)))
        .transpose()
        .map_err(refusal::internal)?;
    Ok(Evaluation {
        flag: key.to_owned(),
        value_type,
        value: answer.value.cloned(),
        variant: answer.variant.map(str::to_owned),
        reason: answer.reason,
        rule: answer.rule.map(str::to_owned),
        error: answer.error,
        explanation,
    })
}
