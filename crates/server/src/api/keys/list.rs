//! `GET /api/v1/projects/{project}/keys`

use serde::Deserialize;
use utoipa::IntoParams;

use super::KeyAnswer;
use crate::api::answer::Answer;
use crate::api::page::{Page, Placed, page};
use crate::auth::{ProjectAccess, can};
use crate::json::Query;
use crate::problem::Problem;

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct KeyQuery {
    /// 1 to 500, 50 by default.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// In name, environment or hint.
    search: Option<String>,
    /// Only this environment.
    environment: Option<String>,
}

/// SDK keys, newest first, revoked ones too.
#[utoipa::path(get, path = "/api/v1/projects/{project}/keys", operation_id = "listKeys", tag = "keys",
    params(KeyQuery), responses((status = 200, body = Page<KeyAnswer>)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::ProjectRead>,
    Query(query): Query<KeyQuery>,
) -> Result<Answer, Problem> {
    let search = query.search.unwrap_or_default().to_lowercase();
    let keys = access.state().sdk_keys.iter();
    let items = keys
        .filter(|(_, key)| query.environment.as_ref().is_none_or(|environment| key.environment == *environment))
        .filter(|(_, key)| {
            [&key.name, &key.environment, &key.hint].iter().any(|text| text.to_lowercase().contains(&search))
        })
        .map(|(id, key)| Placed {
            primary: format!("{:020}", key.created_at),
            key: id.clone(),
            item: KeyAnswer::of(id, key),
        })
        .collect();
    Ok(Answer::ok(&page(items, true, query.limit, query.cursor.as_deref())?))
}
