//! SDK keys.

pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod revoke;
pub(crate) mod rotate;
pub(crate) mod update;

use serde::Serialize;
use utoipa::ToSchema;
use yardarm_model::document::{Audience, SdkKey};

/// Who may hold an SDK key.
#[derive(serde::Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AudienceName {
    /// May read rulesets.
    Server,
    /// Evaluated answers only.
    Client,
}

/// An SDK key, without its secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeyAnswer {
    /// `key_…`.
    id: String,
    /// For people.
    name: String,
    /// Environment it opens.
    environment: String,
    /// Who may hold it.
    #[schema(value_type = AudienceName)]
    audience: Audience,
    /// First characters, to recognise it by.
    hint: String,
    /// Milliseconds since 1970.
    created_at: i64,
    /// Revoked keys open nothing.
    revoked_at: Option<i64>,
    /// When a rotated key ends; until then it opens the environment as its successor does.
    expires_at: Option<i64>,
    /// Of a client key: whether it gets answers only for contexts that the application's server has signed.
    attested: bool,
}

impl KeyAnswer {
    pub(crate) fn of(id: &str, key: &SdkKey) -> Self {
        Self {
            id: id.to_owned(),
            name: key.name.clone(),
            environment: key.environment.clone(),
            audience: key.audience,
            hint: key.hint.clone(),
            created_at: key.created_at,
            revoked_at: key.revoked_at,
            expires_at: key.expires_at,
            attested: key.attested,
        }
    }
}
