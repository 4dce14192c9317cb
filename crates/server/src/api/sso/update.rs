//! `PATCH /api/v1/sso-connections/{connection}`

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use utoipa::ToSchema;

use super::{MEMBERS, Said, SsoConnectionAnswer, SsoMapped};
use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::api::names::OfConnection;
use crate::auth::{TenantAccess, can};
use crate::json::{Body, Path};
use crate::problem::Problem;

/// What is to be different.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct SsoConnectionPatch {
    /// On the button.
    name: Option<String>,
    /// Another provider: the people it knew are forgotten.
    issuer: Option<String>,
    /// Ours, at the provider.
    client_id: Option<String>,
    /// Kept sealed.
    client_secret: Option<String>,
    /// Asked for beside `openid`.
    scopes: Option<BTreeSet<String>>,
    /// The claim that lists groups.
    groups_claim: Option<String>,
    /// A value of that claim to what its holders get when they become members, and have at each sign-in after that.
    groups: Option<BTreeMap<String, SsoMapped>>,
    /// Domains of e-mail addresses that the provider may speak for.
    domains: Option<BTreeSet<String>>,
    /// Whether who is not here yet becomes a member by signing in.
    provision: Option<bool>,
    /// Roles of who becomes a member.
    default_roles: Option<BTreeSet<String>>,
}

/// Changes an SSO connection.
#[utoipa::path(patch, path = "/api/v1/sso-connections/{connection}", operation_id = "updateSsoConnection", tag = "sso",
    params(OfConnection), request_body = SsoConnectionPatch, responses((status = 200, body = SsoConnectionAnswer)))]
pub(crate) async fn handler(
    access: TenantAccess<can::SsoManage>,
    Path(name): Path<OfConnection>,
    Body(body): Body,
) -> Result<Answer, Problem> {
    // Before anything of the body: what is not here is not here, whatever was to become of it.
    access.sso_connection(&name.connection).await?;
    let mut fields = Fields::of(body, &MEMBERS)?;
    let said = Said::read(&mut fields, &access);
    fields.done()?;
    let secret = said.client_secret.as_deref();
    let changed = access.update_sso_connection(&name.connection, |connection| said.apply(connection), secret).await?;
    let rev = changed.rev;
    Ok(Answer::ok(&SsoConnectionAnswer::from(changed)).etag(rev))
}
