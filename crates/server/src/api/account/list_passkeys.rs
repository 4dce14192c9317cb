//! `GET /api/v1/account/passkeys`

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use yardarm_store::Passkey;

use crate::api::answer::Answer;
use crate::api::page::{Page, Placed, page};
use crate::auth::{Member, TenantAccess};
use crate::json::Query;
use crate::problem::Problem;

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PasskeyQuery {
    /// 1 to 500, 50 by default.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// A passkey of the caller's.
#[derive(Serialize, ToSchema)]
pub(crate) struct PasskeyAnswer {
    /// `pky_…`.
    id: String,
    /// For people.
    name: String,
    /// Milliseconds since 1970.
    created_at: i64,
    /// When it last signed in.
    last_used_at: Option<i64>,
}

impl From<Passkey> for PasskeyAnswer {
    fn from(passkey: Passkey) -> Self {
        let Passkey { id, name, created_at, last_used_at, .. } = passkey;
        Self { id, name, created_at, last_used_at }
    }
}

/// The caller's passkeys, oldest first.
#[utoipa::path(get, path = "/api/v1/account/passkeys", operation_id = "listPasskeys", tag = "account",
    params(PasskeyQuery), responses((status = 200, body = Page<PasskeyAnswer>)))]
pub(crate) async fn handler(
    access: TenantAccess<Member>,
    Query(query): Query<PasskeyQuery>,
) -> Result<Answer, Problem> {
    let placed = access.passkeys().await?.into_iter().map(|passkey| Placed {
        primary: format!("{:020}", passkey.created_at),
        key: passkey.id.clone(),
        item: PasskeyAnswer::from(passkey),
    });
    Ok(Answer::ok(&page(placed.collect(), false, query.limit, query.cursor.as_deref())?))
}
