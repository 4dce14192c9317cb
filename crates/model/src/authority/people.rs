//! The documents in a tenant's log that say who may do what. None holds a secret or the hash of one: those are rows.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::grant::Grant;

/// Kinds of documents in a tenant's scope.
pub mod tenant_kind {
    /// The tenant itself; its key is the tenant's.
    pub const TENANT: &str = "tenant";
    /// A project that was made; the key is the project's.
    pub const PROJECT: &str = "project";
    /// [`super::MemberDocument`]; the key is the user's id.
    pub const MEMBER: &str = "member";
    /// [`super::super::RoleDocument`].
    pub const ROLE: &str = "role";
    /// [`super::GroupDocument`].
    pub const GROUP: &str = "group";
    /// [`super::ServiceAccountDocument`]; the key is the id of its user, `svc_…`.
    pub const SERVICE_ACCOUNT: &str = "service_account";
    /// [`super::InvitationDocument`]; the key is its id.
    pub const INVITATION: &str = "invitation";
    /// [`super::AccessTokenDocument`]; the key is its id.
    pub const ACCESS_TOKEN: &str = "access_token";
}

/// Somebody in the tenant. Groups are named here and nowhere else, so whoever is removed has left them all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberDocument {
    /// As it was when this was written.
    pub name: String,
    /// Keys of roles.
    pub roles: BTreeSet<String>,
    /// Keys of groups.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub groups: BTreeSet<String>,
}

/// People who hold the same roles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupDocument {
    /// For people.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Keys of roles that everybody in it holds.
    pub roles: BTreeSet<String>,
}

/// A program that holds roles. It has tokens and cannot sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceAccountDocument {
    /// For people.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Keys of roles.
    pub roles: BTreeSet<String>,
    /// Milliseconds since 1970.
    pub created_at: i64,
}

/// Somebody who was asked to join.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InvitationDocument {
    /// Lower case. Only this address can accept.
    pub email: String,
    /// Keys of roles they will hold.
    pub roles: BTreeSet<String>,
    /// Keys of groups they will be in.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub groups: BTreeSet<String>,
    /// Who asked: `user:usr_…`.
    pub invited_by: String,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// When the newest link ends.
    pub expires_at: i64,
}

/// An access token: what it is for and at most allows. Effective is what its user holds at that moment and this allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessTokenDocument {
    /// For people.
    pub name: String,
    /// Whose rights it has: a person's or a service account's.
    pub user: String,
    /// Key of the role it is limited to, or none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// What it is limited to. With neither a role nor grants it allows nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grants: Option<Vec<Grant>>,
    /// First characters, to recognise it by.
    pub hint: String,
    /// Whoever made it, where its user is a program: what it asks for is their own work, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// When it ends, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<i64>,
}
