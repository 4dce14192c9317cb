//! `GET /api/v1/session/sso`

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::answer::Answer;
use crate::auth::Visitor;
use crate::json::Query;
use crate::problem::Problem;

/// Which tenant.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SsoQuery {
    /// Key of the tenant.
    #[serde(default)]
    tenant: String,
}

/// Ways into a tenant by identity providers.
#[derive(Serialize, ToSchema)]
pub(crate) struct SsoChoices {
    /// Empty where there is none, and where there is no such tenant.
    connections: Vec<SsoChoice>,
}

/// An identity provider.
#[derive(Serialize, ToSchema)]
pub(crate) struct SsoChoice {
    /// `sso_…`.
    id: String,
    /// For the button.
    name: String,
}

/// Identity providers by which one can sign in to a tenant.
#[utoipa::path(get, path = "/api/v1/session/sso", operation_id = "listSsoChoices", tag = "session", params(SsoQuery),
    responses((status = 200, body = SsoChoices)))]
pub(crate) async fn handler(visitor: Visitor, Query(query): Query<SsoQuery>) -> Result<Answer, Problem> {
    let choices = visitor.sso_choices(&query.tenant).await?;
    let connections = choices.into_iter().map(|(id, name)| SsoChoice { id, name }).collect();
    Ok(Answer::ok(&SsoChoices { connections }))
}
