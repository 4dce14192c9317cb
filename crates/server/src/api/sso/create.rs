//! `POST /api/v1/sso-connections`

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use utoipa::ToSchema;

use super::{MEMBERS, Said, SsoConnectionAnswer, SsoMapped};
use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::auth::sso::Connection;
use crate::auth::{TenantAccess, can};
use crate::json::Body;
use crate::problem::Problem;

/// A new connection.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct NewSsoConnection {
    /// On the button.
    name: String,
    /// `https://login.example.com`: the provider describes itself below it.
    issuer: String,
    /// Ours, at the provider.
    client_id: String,
    /// Kept sealed; none for a public client.
    client_secret: Option<String>,
    /// Asked for beside `openid`; `email` and `profile` by default.
    scopes: Option<BTreeSet<String>>,
    /// The claim that lists groups; `groups` by default.
    groups_claim: Option<String>,
    /// A value of that claim to what its holders get when they become members, and have at each sign-in after that.
    groups: Option<BTreeMap<String, SsoMapped>>,
    /// Domains of e-mail addresses that the provider may speak for; none by default, so nobody new can come.
    domains: Option<BTreeSet<String>>,
    /// Whether who is not here yet becomes a member by signing in; not by default.
    provision: Option<bool>,
    /// Roles of who becomes a member; none by default.
    default_roles: Option<BTreeSet<String>>,
}

/// Makes an SSO connection. Owners only: who chooses the identity provider can become anybody in the tenant.
#[utoipa::path(post, path = "/api/v1/sso-connections", operation_id = "createSsoConnection", tag = "sso",
    request_body = NewSsoConnection, responses((status = 201, body = SsoConnectionAnswer)))]
pub(crate) async fn handler(access: TenantAccess<can::SsoManage>, Body(body): Body) -> Result<Answer, Problem> {
    let mut fields = Fields::of(body, &MEMBERS)?;
    let said = Said::read(&mut fields, &access);
    for (name, there) in
        [("name", said.name.is_some()), ("issuer", said.issuer.is_some()), ("client_id", said.client_id.is_some())]
    {
        if !there {
            fields.wrong(name, "missing", "is needed");
        }
    }
    fields.done()?;
    let mut connection = Connection {
        name: String::new(),
        issuer: String::new(),
        client_id: String::new(),
        scopes: ["email", "profile"].map(str::to_owned).into(),
        groups_claim: "groups".to_owned(),
        groups: BTreeMap::new(),
        domains: BTreeSet::new(),
        provision: false,
        default_roles: BTreeSet::new(),
        created_at: access.now(),
    };
    said.apply(&mut connection);
    let made = access.create_sso_connection(connection, said.client_secret.as_deref()).await?;
    let rev = made.rev;
    Ok(Answer::created(&SsoConnectionAnswer::from(made)).etag(rev))
}
