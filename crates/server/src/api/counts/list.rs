//! `GET /api/v1/projects/{project}/counts`

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::answer::Answer;
use crate::auth::{ProjectAccess, can};
use crate::json::Query;
use crate::problem::Problem;

/// Which counts.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CountsQuery {
    /// Only this environment.
    environment: Option<String>,
    /// Only this flag.
    flag: Option<String>,
    /// From this instant, milliseconds since 1970; the last seven days by default.
    since: Option<i64>,
}

/// Counts.
#[derive(Serialize, ToSchema)]
pub(crate) struct CountList {
    /// By hour.
    items: Vec<EvaluationCount>,
}

/// Evaluations in one hour.
#[derive(Serialize, ToSchema)]
pub(crate) struct EvaluationCount {
    /// Environment key.
    environment: String,
    /// Flag key.
    flag: String,
    /// Variant key; empty when none was served.
    variant: String,
    /// Reason in OpenFeature's words.
    reason: String,
    /// `rust/0.1.0`, `ofrep`, …
    sdk: String,
    /// Start of the hour, milliseconds since 1970.
    hour: i64,
    /// How many.
    count: u64,
}

/// Seven days, milliseconds.
const WEEK: i64 = 7 * 24 * 60 * 60 * 1_000;

/// Evaluations by flag, variant, reason, SDK and hour.
#[utoipa::path(get, path = "/api/v1/projects/{project}/counts", operation_id = "listCounts", tag = "counts",
    params(CountsQuery), responses((status = 200, body = CountList)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::ProjectRead>,
    Query(query): Query<CountsQuery>,
) -> Result<Answer, Problem> {
    let since = query.since.unwrap_or_else(|| access.now() - WEEK);
    let counts = access.counts(query.environment, query.flag, since).await?.into_iter();
    let items = counts
        .map(|count| EvaluationCount {
            environment: count.environment,
            flag: count.flag,
            variant: count.variant,
            reason: count.reason,
            sdk: count.sdk,
            hour: count.hour,
            count: count.count,
        })
        .collect();
    Ok(Answer::ok(&CountList { items }))
}
