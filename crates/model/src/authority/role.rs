//! Roles: the four that everybody has, and those that a tenant makes.

use serde::{Deserialize, Serialize};

use super::grant::Grant;
use super::permission::Permission;

/// Built-in roles, each holding the permissions of those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BuiltIn {
    /// Reads.
    Viewer,
    /// Changes flags and segments.
    Editor,
    /// Also projects, environments, keys and people.
    Admin,
    /// Also roles, sign-in and the tokens of others. A tenant always has one.
    Owner,
}

impl BuiltIn {
    /// All of them, the least first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Editor, Self::Admin, Self::Owner];

    /// `viewer`, `editor`, `admin`, `owner`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// The opposite of [`BuiltIn::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// For people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "Viewer",
            Self::Editor => "Editor",
            Self::Admin => "Admin",
            Self::Owner => "Owner",
        }
    }

    /// What it is for.
    pub const fn description(self) -> &'static str {
        match self {
            Self::Viewer => "Reads.",
            Self::Editor => "Changes flags and segments.",
            Self::Admin => "Also projects, environments, keys and people.",
            Self::Owner => "Everything.",
        }
    }

    /// Everything that it allows, in the whole tenant.
    pub fn grants(self) -> Vec<Grant> {
        if self == Self::Owner {
            return vec![Grant::everything()];
        }
        let held = Permission::ALL.iter().copied().filter(|permission| permission.least() <= self);
        vec![Grant::everywhere(held)]
    }
}

/// A role that a tenant made. Its key is never one of [`BuiltIn`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleDocument {
    /// For people.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// What it allows.
    pub grants: Vec<Grant>,
}
