//! `GET /api/v1/tokens`

use serde::Deserialize;
use utoipa::IntoParams;

use super::TokenAnswer;
use crate::api::answer::Answer;
use crate::api::page::{Page, Placed, page};
use crate::auth::{Member, TenantAccess};
use crate::json::Query;
use crate::problem::Problem;

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TokenQuery {
    /// 1 to 500, 50 by default.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// In name or hint.
    search: Option<String>,
}

/// The caller's tokens, newest first; with `service_account.manage` those of service accounts, too, and with `token.manage`
/// everybody's.
#[utoipa::path(get, path = "/api/v1/tokens", operation_id = "listTokens", tag = "tenants", params(TokenQuery),
    responses((status = 200, body = Page<TokenAnswer>)))]
pub(crate) async fn handler(access: TenantAccess<Member>, Query(query): Query<TokenQuery>) -> Result<Answer, Problem> {
    let search = query.search.unwrap_or_default().to_lowercase();
    let tokens = access.tokens().await?.into_iter();
    let items = tokens
        .filter(|token| {
            [&token.document.name, &token.document.hint].iter().any(|text| text.to_lowercase().contains(&search))
        })
        .map(|token| Placed {
            primary: format!("{:020}", token.document.created_at),
            key: token.id.clone(),
            item: TokenAnswer::from(token),
        })
        .collect();
    Ok(Answer::ok(&page(items, true, query.limit, query.cursor.as_deref())?))
}
