//! An SSO connection: how a tenant's people come by its identity provider. A document of the tenant; only the client
//! secret is a row, sealed.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::sealer::Place;

/// Kind of the document.
pub(in crate::auth) const KIND: &str = "sso_connection";

/// A connection; its key is its id, `sso_…`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Connection {
    /// For people: on the button.
    pub(crate) name: String,
    /// `https://login.example.com`.
    pub(crate) issuer: String,
    /// Ours, at the provider.
    pub(crate) client_id: String,
    /// Asked for beside `openid`.
    pub(crate) scopes: BTreeSet<String>,
    /// The claim that lists groups.
    pub(crate) groups_claim: String,
    /// A value of that claim to what its holders have here.
    pub(crate) groups: BTreeMap<String, Mapped>,
    /// Domains of e-mail addresses that the provider may speak for. Empty is none.
    pub(crate) domains: BTreeSet<String>,
    /// Whether who is not here yet becomes a member by signing in.
    pub(crate) provision: bool,
    /// Roles of who becomes a member, beside those by groups.
    pub(crate) default_roles: BTreeSet<String>,
    /// Milliseconds since 1970.
    pub(crate) created_at: i64,
}

/// What a group of the provider means here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mapped {
    /// Keys of roles.
    #[serde(default)]
    pub(crate) roles: BTreeSet<String>,
    /// Keys of groups.
    #[serde(default)]
    pub(crate) groups: BTreeSet<String>,
}

impl Connection {
    /// Whether the provider may speak for an address.
    pub(super) fn covers(&self, email: &str) -> bool {
        email.rsplit_once('@').is_some_and(|(_, domain)| self.domains.contains(&domain.to_lowercase()))
    }

    /// What somebody in these groups of the provider has here.
    pub(super) fn mapped(&self, groups: &[String]) -> Mapped {
        let mut all = Mapped::default();
        for mapped in groups.iter().filter_map(|group| self.groups.get(group)) {
            all.roles.extend(mapped.roles.iter().cloned());
            all.groups.extend(mapped.groups.iter().cloned());
        }
        all
    }
}

/// Where a client secret is sealed.
pub(super) fn secret_place<'a>(tenant_id: &'a str, connection_id: &'a str) -> Place<'a> {
    Place { owner: tenant_id, row: connection_id, column: "sso.client_secret" }
}
