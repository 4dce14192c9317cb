//! Access tokens for the management API.

pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod revoke;

use serde::Serialize;
use utoipa::ToSchema;
use yardarm_store::{AccessToken, Role};

/// An access token, without its secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenAnswer {
    /// `tok_…`.
    id: String,
    /// For people.
    name: String,
    /// First characters, to recognise it by.
    hint: String,
    /// At most this; never more than its maker's role at any time.
    #[schema(value_type = crate::api::tenants::RoleName)]
    role: Role,
    /// Who made it.
    user: String,
    /// Milliseconds since 1970.
    created_at: i64,
    /// When it ends, if it does.
    expires_at: Option<i64>,
    /// To the minute.
    last_used_at: Option<i64>,
    /// When it was revoked.
    revoked_at: Option<i64>,
}

impl From<AccessToken> for TokenAnswer {
    fn from(token: AccessToken) -> Self {
        Self {
            id: token.id,
            name: token.name,
            hint: token.hint,
            role: token.role,
            user: token.user_id,
            created_at: token.created_at,
            expires_at: token.expires_at,
            last_used_at: token.last_used_at,
            revoked_at: token.revoked_at,
        }
    }
}
