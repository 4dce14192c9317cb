//! Roles: the built-in ones, and those that the tenant made.

pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod read;
pub(crate) mod remove;
pub(crate) mod update;

use serde::Serialize;
use utoipa::ToSchema;
use yardarm_model::authority::{BuiltIn, RoleDocument};

use super::grants::{GrantBody, Grants};

/// A role.
#[derive(Serialize, ToSchema)]
pub(crate) struct RoleAnswer {
    /// Unique in the tenant.
    pub(crate) key: String,
    /// For people.
    pub(crate) name: String,
    /// What it is for.
    description: String,
    /// One of the four that every tenant has; it cannot be changed.
    built_in: bool,
    /// What it allows.
    #[schema(value_type = Vec<GrantBody>)]
    grants: Grants,
}

impl RoleAnswer {
    pub(crate) fn custom(key: String, role: RoleDocument) -> Self {
        let RoleDocument { name, description, grants } = role;
        Self { key, name, description, built_in: false, grants }
    }

    pub(crate) fn built_in(role: BuiltIn) -> Self {
        Self {
            key: role.as_str().to_owned(),
            name: role.name().to_owned(),
            description: role.description().to_owned(),
            built_in: true,
            grants: role.grants(),
        }
    }
}
