//! `POST /api/v1/tokens`

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::TokenAnswer;
use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::auth::{NewToken, TenantAccess, Viewer};
use crate::json::Body;
use crate::problem::Problem;

/// A new token.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct CreateToken {
    /// For people.
    name: String,
    /// At most the caller's role, which is the default.
    role: Option<crate::api::tenants::RoleName>,
    /// Milliseconds since 1970; never, by default.
    expires_at: Option<i64>,
}

/// The token and its secret, which is shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedToken {
    #[serde(flatten)]
    meta: TokenAnswer,
    /// `yd_pat_…`: keep it now, only its hash is stored.
    token: String,
}

/// Makes a token of the caller's own.
#[utoipa::path(post, path = "/api/v1/tokens", operation_id = "createToken", tag = "tenants", request_body = CreateToken,
    responses((status = 201, body = CreatedToken)))]
pub(crate) async fn handler(access: TenantAccess<Viewer>, Body(body): Body) -> Result<Answer, Problem> {
    let mut fields = Fields::of(body, &["name", "role", "expires_at"])?;
    let name = fields.text("name", 256);
    let role = match fields.any("role").map(serde_json::from_value) {
        None => None,
        Some(Ok(role)) => Some(role),
        Some(Err(_)) => {
            fields.wrong("role", "role_unknown", "must be viewer, editor, admin or owner");
            None
        }
    };
    let expires_at = match fields.any("expires_at").map(|value| value.as_i64()) {
        None => None,
        Some(Some(at)) if at > access.now() => Some(at),
        Some(Some(_)) => {
            fields.wrong("expires_at", "in_the_past", "must be later than now");
            None
        }
        Some(None) => {
            fields.wrong("expires_at", "type", "must be whole milliseconds since 1970");
            None
        }
    };
    fields.done()?;
    let (token, secret) = access.create_token(NewToken { name, role, expires_at }).await?;
    Ok(Answer::created(&CreatedToken { meta: token.into(), token: secret }))
}
