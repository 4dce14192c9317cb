//! `GET /api/v1/webhooks`

use serde::Deserialize;
use utoipa::IntoParams;

use super::WebhookAnswer;
use crate::api::answer::Answer;
use crate::api::page::{Page, Placed, page};
use crate::auth::{TenantAccess, can};
use crate::json::Query;
use crate::problem::Problem;

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WebhookQuery {
    /// 1 to 500, 50 by default.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// In name or address.
    search: Option<String>,
}

/// The tenant's webhooks, newest first.
#[utoipa::path(get, path = "/api/v1/webhooks", operation_id = "listWebhooks", tag = "webhooks", params(WebhookQuery),
    responses((status = 200, body = Page<WebhookAnswer>)))]
pub(crate) async fn handler(
    access: TenantAccess<can::WebhookManage>,
    Query(query): Query<WebhookQuery>,
) -> Result<Answer, Problem> {
    let search = query.search.unwrap_or_default().to_lowercase();
    let webhooks = access.webhooks().await?.into_iter();
    let items = webhooks
        .filter(|shown| [&shown.document.name, &shown.document.url].iter().any(|t| t.to_lowercase().contains(&search)))
        .map(|shown| Placed {
            primary: format!("{:020}", shown.document.created_at),
            key: shown.row.id.clone(),
            item: WebhookAnswer::from(shown),
        })
        .collect();
    Ok(Answer::ok(&page(items, true, query.limit, query.cursor.as_deref())?))
}
