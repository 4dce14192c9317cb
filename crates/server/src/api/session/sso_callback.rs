//! `GET /api/v1/session/sso/{connection}/callback`

use serde::Deserialize;
use utoipa::IntoParams;

use crate::api::answer::Answer;
use crate::api::names::OfConnection;
use crate::auth::{Visitor, sso};
use crate::json::{Path, Query};
use crate::problem::Problem;

/// What the identity provider says (OAuth 2.0, 4.1.2; RFC 9207). Whatever else it says is not read.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SsoReturn {
    /// To be exchanged for tokens.
    code: Option<String>,
    /// What this browser left with.
    state: Option<String>,
    /// The provider.
    iss: Option<String>,
    /// Why there is no code.
    error: Option<String>,
}

/// Where an identity provider sends browsers back to. Leads on to the console, or to the sign-in page with
/// `?sso_error=…`: `over`, `state`, `denied`, `token`, `provider`, `not_a_member` or `failed`.
#[utoipa::path(get, path = "/api/v1/session/sso/{connection}/callback", operation_id = "returnFromSso", tag = "session",
    params(OfConnection, SsoReturn), responses((status = 303, description = "On to the console.")))]
pub(crate) async fn handler(
    visitor: Visitor,
    Path(name): Path<OfConnection>,
    Query(query): Query<SsoReturn>,
) -> Result<Answer, Problem> {
    let SsoReturn { code, state, iss, error } = query;
    match visitor.come_back(&name.connection, sso::Returned { code, state, iss, error }).await {
        Ok((signed_in, return_to)) => {
            let answer = Answer::see_other(&return_to).cookie(&signed_in.cookie);
            Ok(signed_in.step_over.iter().fold(answer, |answer, cookie| answer.cookie(cookie)))
        }
        Err(failure) => {
            tracing::warn!(connection = name.connection, %failure, "a sign-in by an identity provider failed");
            Ok(Answer::see_other(&format!("/sign-in?sso_error={}", failure.word())))
        }
    }
}
