//! How grants and roles look in answers and bodies.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use yardarm_model::authority::{BuiltIn, Grant};

use crate::auth::Standing;

/// Built-in roles, each holding the permissions of those before it.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RoleName {
    /// Reads.
    Viewer,
    /// Changes flags and segments.
    Editor,
    /// Also projects, environments, keys and people.
    Admin,
    /// Also roles, sign-in and the tokens of others.
    Owner,
}

/// `"*"`.
#[derive(Deserialize, ToSchema)]
pub(crate) enum Everything {
    /// Also what is made later.
    #[serde(rename = "*")]
    Everything,
}

/// `"*"`, or a list. An empty list is refused: it would be nothing, and might be meant as everything.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes a value")]
pub(crate) enum Selected {
    /// All of them.
    Everything(Everything),
    /// These.
    These(Vec<String>),
}

/// Permissions in places.
#[derive(Deserialize, ToSchema)]
#[schema(as = Grant)]
#[expect(dead_code, reason = "describes a value")]
pub(crate) struct GrantBody {
    /// Names of permissions, as `GET /api/v1/permissions` lists them.
    permissions: Selected,
    /// Keys of projects. Permissions about the whole tenant need `"*"`.
    projects: Selected,
    /// Keys of environments. Permissions about a project or the tenant need `"*"`.
    environments: Selected,
}

/// What somebody is in a tenant.
#[derive(Serialize, ToSchema)]
pub(crate) struct StandingAnswer {
    /// The greatest built-in role whose permissions they all hold.
    #[schema(value_type = Option<RoleName>)]
    pub(crate) role: Option<BuiltIn>,
    /// Keys of the roles that they were given; those of groups come on top.
    pub(crate) roles: Vec<String>,
}

impl From<Standing> for StandingAnswer {
    fn from(Standing { role, roles }: Standing) -> Self {
        Self { role, roles }
    }
}

/// For answers: as they are stored.
pub(crate) type Grants = Vec<Grant>;
