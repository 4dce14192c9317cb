//! The documents in a tenant's log that say who may do what. None holds a secret or the hash of one: those are rows.

use std::collections::{BTreeMap, BTreeSet};

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
    /// [`super::DirectoryUserDocument`]; the key is the user's id.
    pub const DIRECTORY_USER: &str = "directory_user";
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
    /// What of these came by groups at an identity provider, by SSO connection: it goes with those groups. Only of who
    /// became a member by that connection.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub given: BTreeMap<String, Given>,
}

/// What somebody has by their groups at an identity provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// Keys of roles.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
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
    /// Of a group that a directory keeps: it says who is in it and what it is called, and nobody else does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<DirectoryGroup>,
}

/// What a directory says of a group of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectoryGroup {
    /// The directory's own id of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// When the directory last changed it or who is in it.
    pub changed_at: i64,
}

/// What a tenant's directory says of somebody. It is the tenant's own: the person's account, which other tenants may
/// share, is not changed by it. Somebody who is not active has this document and is no member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectoryUserDocument {
    /// Unique in the tenant, in any case of letters.
    pub user_name: String,
    /// The directory's own id of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Parts of the name: `givenName`, `familyName`, …
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub name: BTreeMap<String, String>,
    /// E-mail addresses as the directory knows them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<DirectoryEmail>,
    /// Whether they are a member.
    pub active: bool,
    /// While they are not: keys of the directory's groups that they are in when they come back.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub groups: BTreeSet<String>,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// When the directory last changed them.
    pub changed_at: i64,
}

/// An e-mail address of a directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectoryEmail {
    /// The address.
    pub value: String,
    /// `work`, `home`, …
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Whether it is the one to be used.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub primary: bool,
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
    /// Who asked, or asked again: `user:usr_…`. It is good for as long as they could.
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
    /// The token of the same user that it was made with: it ends no later, and is revoked with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// When it ends, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<i64>,
}
