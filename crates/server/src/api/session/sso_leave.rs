//! `POST /api/v1/session/sso`

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::auth::{Visitor, sso};
use crate::json::Body;
use crate::problem::Problem;

/// By which identity provider.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct SsoLeave {
    /// Key of the tenant.
    tenant: String,
    /// `sso_…`; the tenant's only one, by default.
    connection: Option<String>,
    /// A path of the console to go on at; `/` by default.
    return_to: Option<String>,
}

/// Where to go.
#[derive(Serialize, ToSchema)]
pub(crate) struct SsoLocation {
    /// The identity provider's page, for this browser only.
    location: String,
}

/// Begins to sign in by an identity provider: go to the location in the same browser, within fifteen minutes.
#[utoipa::path(post, path = "/api/v1/session/sso", operation_id = "signInBySso", tag = "session",
    request_body = SsoLeave, responses((status = 200, body = SsoLocation)))]
pub(crate) async fn handler(visitor: Visitor, Body(body): Body) -> Result<Answer, Problem> {
    let mut fields = Fields::of(body, &["tenant", "connection", "return_to"])?;
    let tenant = fields.text("tenant", 128);
    let connection = fields.optional_text("connection", 64);
    let return_to = fields.optional_text("return_to", 2_000).unwrap_or_else(|| "/".to_owned());
    if !sso::is_local(&return_to) {
        fields.wrong("return_to", "not_local", "must be a path of this server such as /flags");
    }
    fields.done()?;
    let leaving = visitor.leave(&tenant, connection.as_deref(), return_to).await?;
    Ok(Answer::ok(&SsoLocation { location: leaving.location }).cookie(&leaving.cookie))
}
