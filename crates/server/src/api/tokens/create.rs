//! `POST /api/v1/tokens`

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use yardarm_model::authority::read_grants;

use super::TokenAnswer;
use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::api::grants::GrantBody;
use crate::auth::{Member, NewToken, TenantAccess, TokenScope};
use crate::json::Body;
use crate::problem::Problem;

/// A new token.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct CreateToken {
    /// For people.
    name: String,
    /// Key of a role to limit it to: built in or the tenant's own. Without a role and grants it may do what its user may.
    role: Option<String>,
    /// What to limit it to, instead of a role.
    grants: Option<Vec<GrantBody>>,
    /// Id of the service account that it is for: `svc_…`. Without it, the token is the caller's own.
    service_account: Option<String>,
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

/// Makes a token of the caller's own, or for a service account. Nobody makes a token that holds more than they do.
#[utoipa::path(post, path = "/api/v1/tokens", operation_id = "createToken", tag = "tenants", request_body = CreateToken,
    responses((status = 201, body = CreatedToken)))]
pub(crate) async fn handler(access: TenantAccess<Member>, Body(body): Body) -> Result<Answer, Problem> {
    let mut fields = Fields::of(body, &["name", "role", "grants", "service_account", "expires_at"])?;
    let name = fields.text("name", 256);
    let scope = match (fields.optional_text("role", 128), fields.any("grants")) {
        (None, None) => TokenScope::Everything,
        (Some(role), None) => TokenScope::Role(role),
        (None, Some(grants)) => match read_grants(&grants, "/grants") {
            Ok(grants) => TokenScope::Grants(grants),
            Err(problems) => {
                fields.problems(problems);
                TokenScope::Grants(Vec::new())
            }
        },
        (Some(_), Some(_)) => {
            fields.wrong("grants", "role_or_grants", "give a role or grants, not both");
            TokenScope::Grants(Vec::new())
        }
    };
    let service_account = fields.optional_text("service_account", 128);
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
    let (token, secret) = access.create_token(NewToken { name, scope, expires_at, service_account }).await?;
    Ok(Answer::created(&CreatedToken { meta: token.into(), token: secret }))
}
