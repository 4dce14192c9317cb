//! `POST /api/v1/setup`

use serde::Deserialize;
use utoipa::ToSchema;

use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::api::session::SessionAnswer;
use crate::auth::{SetupRequest, Visitor};
use crate::json::Body;
use crate::problem::Problem;

/// The first tenant and its owner.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct Setup {
    /// Secret of the setup link that `yardarm serve` prints.
    token: String,
    /// The tenant to make.
    tenant: SetupTenant,
    /// Your name.
    name: String,
    /// Your e-mail address.
    email: String,
    /// At least 12 characters.
    password: String,
}

/// The first tenant.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body")]
pub(crate) struct SetupTenant {
    /// `acme`.
    key: String,
    /// `Acme Ltd`.
    name: String,
}

/// Makes the first tenant and its owner, once, and signs them in.
#[utoipa::path(post, path = "/api/v1/setup", operation_id = "completeSetup", tag = "session", request_body = Setup,
    responses((status = 201, body = SessionAnswer)))]
pub(crate) async fn handler(visitor: Visitor, Body(body): Body) -> Result<Answer, Problem> {
    let mut fields = Fields::of(body, &["token", "tenant", "name", "email", "password"])?;
    let token = fields.secret("token");
    let (tenant_key, tenant_name) =
        fields.object("tenant", &["key", "name"], |tenant| (tenant.key("key"), tenant.text("name", 256)));
    let name = fields.text("name", 256);
    let email = fields.email("email");
    let password = fields.secret("password");
    fields.done()?;
    let signed_in = visitor.set_up(SetupRequest { token, tenant_key, tenant_name, name, email, password }).await?;
    Ok(Answer::created(&SessionAnswer::of(&signed_in.access).await?).cookie(&signed_in.cookie))
}
