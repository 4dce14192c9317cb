//! `GET /api/v1/projects/{project}/export`

use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use yardarm_model::export::export;

use crate::api::answer::Answer;
use crate::auth::{ProjectAccess, can, refusal};
use crate::json::Query;
use crate::problem::Problem;

/// In which form.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportQuery {
    /// `json`; the CLI makes YAML of it.
    #[param(inline)]
    format: Option<Format>,
}

/// Forms of an export.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// JSON.
    Json,
}

/// The whole project with salts and ranges, so that an import moves nobody. SDK keys are not in it.
#[utoipa::path(get, path = "/api/v1/projects/{project}/export", operation_id = "exportProject", tag = "transfer",
    params(ExportQuery), responses((status = 200, body = Object)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::ProjectRead>,
    Query(query): Query<ExportQuery>,
) -> Result<Answer, Problem> {
    let Format::Json = query.format.unwrap_or(Format::Json);
    let live = access.live();
    let state = std::sync::Arc::clone(&live.state);
    // Thousands of flags become text: not on a runtime thread.
    let answer = tokio::task::spawn_blocking(move || Answer::ok(&export(&state))).await.map_err(refusal::internal)?;
    Ok(answer.version(live))
}
