//! Access tokens for the management API.

pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod revoke;

use serde::Serialize;
use utoipa::ToSchema;

use super::grants::{GrantBody, Grants};
use crate::auth::TokenItem;

/// An access token, without its secret. It may do what its user may at that moment, as far as its role or its grants go.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenAnswer {
    /// `tok_…`.
    id: String,
    /// For people.
    name: String,
    /// First characters, to recognise it by.
    hint: String,
    /// Key of the role that it is limited to, if it is to one.
    role: Option<String>,
    /// What it is limited to otherwise.
    #[schema(value_type = Option<Vec<GrantBody>>)]
    grants: Option<Grants>,
    /// Whose it is: a person's or a service account's id.
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

impl From<TokenItem> for TokenAnswer {
    fn from(TokenItem { id, document, last_used_at }: TokenItem) -> Self {
        Self {
            id,
            name: document.name,
            hint: document.hint,
            role: document.role,
            grants: document.grants,
            user: document.user,
            created_at: document.created_at,
            expires_at: document.expires_at,
            last_used_at,
            revoked_at: document.revoked_at,
        }
    }
}
