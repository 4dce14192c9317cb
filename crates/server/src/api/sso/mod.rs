//! SSO connections of a tenant.

pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod read;
pub(crate) mod remove;
pub(crate) mod update;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::fields::Fields;
use crate::auth::sso::{Connection, Listed, Mapped};
use crate::auth::{TenantAccess, can};

/// Members of a body.
const MEMBERS: [&str; 10] = [
    "name",
    "issuer",
    "client_id",
    "client_secret",
    "scopes",
    "groups_claim",
    "groups",
    "domains",
    "provision",
    "default_roles",
];
/// Entries of a list at most.
const MOST: usize = 200;

/// An SSO connection, without its client secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct SsoConnectionAnswer {
    /// `sso_…`.
    id: String,
    /// On the button.
    name: String,
    /// `https://login.example.com`.
    issuer: String,
    /// Ours, at the provider.
    client_id: String,
    /// To be entered at the provider.
    redirect_uri: String,
    /// Asked for beside `openid`.
    scopes: BTreeSet<String>,
    /// The claim that lists groups.
    groups_claim: String,
    /// A value of that claim to what its holders get when they become members, and have at each sign-in after that.
    groups: BTreeMap<String, SsoMapped>,
    /// Domains of e-mail addresses that the provider may speak for.
    domains: BTreeSet<String>,
    /// Whether who is not here yet becomes a member by signing in.
    provision: bool,
    /// Roles of who becomes a member, beside those by groups.
    default_roles: BTreeSet<String>,
    /// Milliseconds since 1970.
    created_at: i64,
}

/// What a group of the provider means here.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SsoMapped {
    /// Keys of roles.
    #[serde(default)]
    roles: BTreeSet<String>,
    /// Keys of groups.
    #[serde(default)]
    groups: BTreeSet<String>,
}

impl From<Listed> for SsoConnectionAnswer {
    fn from(listed: Listed) -> Self {
        let Connection {
            name,
            issuer,
            client_id,
            scopes,
            groups_claim,
            groups,
            domains,
            provision,
            default_roles,
            created_at,
        } = listed.connection;
        let mapped = |(value, Mapped { roles, groups })| (value, SsoMapped { roles, groups });
        Self {
            id: listed.id,
            name,
            issuer,
            client_id,
            redirect_uri: listed.redirect_uri,
            scopes,
            groups_claim,
            groups: groups.into_iter().map(mapped).collect(),
            domains,
            provision,
            default_roles,
            created_at,
        }
    }
}

/// What a body says; members that are not there say nothing.
#[derive(Default)]
struct Said {
    name: Option<String>,
    issuer: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    scopes: Option<BTreeSet<String>>,
    groups_claim: Option<String>,
    groups: Option<BTreeMap<String, Mapped>>,
    domains: Option<BTreeSet<String>>,
    provision: Option<bool>,
    default_roles: Option<BTreeSet<String>>,
}

impl Said {
    fn read(fields: &mut Fields, access: &TenantAccess<can::SsoManage>) -> Self {
        let mut said = Self {
            name: fields.optional_text("name", 256).map(|name| name.trim().to_owned()),
            issuer: fields.optional_text("issuer", 2_000),
            client_id: fields.optional_text("client_id", 512),
            client_secret: fields.optional_text("client_secret", 4_096),
            scopes: texts(fields, "scopes"),
            groups_claim: fields.optional_text("groups_claim", 256),
            groups: groups(fields),
            domains: texts(fields, "domains"),
            provision: fields.optional_bool("provision"),
            default_roles: texts(fields, "default_roles"),
        };
        said.domains = said.domains.map(|domains| domains.iter().map(|domain| domain.to_lowercase()).collect());
        if said.domains.iter().flatten().any(|domain| domain.is_empty() || domain.contains(['@', '*', ' '])) {
            fields.wrong("domains", "domain_invalid", "a domain is what stands after the @: example.com");
        }
        let default = Mapped { roles: said.default_roles.clone().unwrap_or_default(), ..Mapped::default() };
        for (name, mapped) in
            said.groups.iter().flatten().map(|(_, mapped)| ("groups", mapped)).chain([("default_roles", &default)])
        {
            if let Some(missing) = access.unknown_in(mapped) {
                fields.wrong(
                    name,
                    "role_unknown",
                    format!("there is no role or group {missing:?} here that a provider can give"),
                );
            }
        }
        for (name, value) in [("name", &said.name), ("issuer", &said.issuer), ("client_id", &said.client_id)] {
            if value.as_deref() == Some("") {
                fields.wrong(name, "empty", "must not be empty");
            }
        }
        said
    }

    fn apply(&self, connection: &mut Connection) {
        fn set<T: Clone>(place: &mut T, value: Option<&T>) {
            if let Some(value) = value {
                place.clone_from(value);
            }
        }
        set(&mut connection.name, self.name.as_ref());
        set(&mut connection.issuer, self.issuer.as_ref());
        set(&mut connection.client_id, self.client_id.as_ref());
        set(&mut connection.scopes, self.scopes.as_ref());
        set(&mut connection.groups_claim, self.groups_claim.as_ref());
        set(&mut connection.groups, self.groups.as_ref());
        set(&mut connection.domains, self.domains.as_ref());
        set(&mut connection.provision, self.provision.as_ref());
        set(&mut connection.default_roles, self.default_roles.as_ref());
    }
}

fn texts(fields: &mut Fields, name: &str) -> Option<BTreeSet<String>> {
    let value = fields.any(name)?;
    let read: Option<BTreeSet<String>> = match value {
        Value::Array(values) if values.len() <= MOST => {
            values.iter().map(|value| value.as_str().filter(|text| text.len() <= 256).map(str::to_owned)).collect()
        }
        _ => None,
    };
    if read.as_ref().is_none_or(|texts| texts.iter().any(|text| text.contains('\0'))) {
        fields.wrong(name, "type", format!("must be a list of at most {MOST} texts"));
        return None;
    }
    read
}

fn groups(fields: &mut Fields) -> Option<BTreeMap<String, Mapped>> {
    let value = fields.any("groups")?;
    match serde_json::from_value::<BTreeMap<String, SsoMapped>>(value) {
        Ok(groups) if groups.len() <= MOST => Some(
            groups.into_iter().map(|(value, SsoMapped { roles, groups })| (value, Mapped { roles, groups })).collect(),
        ),
        _ => {
            let text = format!("must map at most {MOST} values of the claim to {{\"roles\": […], \"groups\": […]}}");
            fields.wrong("groups", "type", text);
            None
        }
    }
}
