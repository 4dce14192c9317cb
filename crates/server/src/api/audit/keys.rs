//! `GET /api/v1/audit/keys`

use serde::Serialize;
use utoipa::ToSchema;

use crate::api::answer::Answer;
use crate::auth::{Member, TenantAccess};
use crate::problem::Problem;

/// Keys that heads are signed with.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditKeys {
    /// The one in use first.
    items: Vec<AuditKey>,
}

/// A public key.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditKey {
    /// First 16 hex digits of its SHA-256.
    id: String,
    /// Ed25519, 64 hex digits.
    public: String,
    /// Milliseconds since 1970.
    created_at: i64,
}

/// Public keys of the signed heads. Keep a copy elsewhere: `yardarm audit verify --key`.
#[utoipa::path(get, path = "/api/v1/audit/keys", operation_id = "listAuditKeys", tag = "audit",
    responses((status = 200, body = AuditKeys)))]
pub(crate) async fn handler(access: TenantAccess<Member>) -> Result<Answer, Problem> {
    let keys = access.signing_keys().await?.into_iter();
    let items = keys.map(|key| AuditKey { id: key.id, public: key.public, created_at: key.created_at }).collect();
    Ok(Answer::ok(&AuditKeys { items }))
}
