//! `GET /api/v1/projects/{project}/change-requests`

use std::sync::Arc;

use serde::Deserialize;
use utoipa::IntoParams;
use yardarm_model::change_request::{ChangeRequest, Stage};

use super::item::{ChangeRequestItem, ChangeRequestState};
use crate::api::answer::Answer;
use crate::api::page::{Page, Placed, page};
use crate::auth::{ProjectAccess, can};
use crate::json::Query;
use crate::problem::Problem;

/// Which change requests.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ChangeRequestQuery {
    /// 1 to 500, 50 by default.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Only those that are so far.
    state: Option<ChangeRequestState>,
    /// Only those that are not over.
    unfinished: Option<bool>,
    /// Only those made by this user: `usr_…`.
    author: Option<String>,
    /// Only those that you may approve and that lack your approval.
    waits_for_me: Option<bool>,
    /// In title, description, the author's name or what it touches.
    search: Option<String>,
}

/// Change requests, newest first. Of those that are over, the newest thousand are here and all are in the audit log.
#[utoipa::path(get, path = "/api/v1/projects/{project}/change-requests", operation_id = "listChangeRequests",
    tag = "change requests", params(ChangeRequestQuery), responses((status = 200, body = Page<ChangeRequestItem>)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::ProjectRead>,
    Query(query): Query<ChangeRequestQuery>,
) -> Result<Answer, Problem> {
    let waits = query.waits_for_me.unwrap_or(false);
    let unfinished = query.unfinished.unwrap_or(false);
    let search = query.search.as_deref().unwrap_or_default().to_lowercase();
    let wanted = |request: &ChangeRequest| {
        query.state.is_none_or(|state| may_be(state, request))
            && (!unfinished || !request.stage.is_over())
            && (!waits || request.stage == Stage::Open)
            && query.author.as_ref().is_none_or(|author| request.author.id == *author)
            && says(request, &search)
    };
    let live = access.newest().await?;
    let mut found = Vec::new();
    for (id, request) in &live.state.change_requests {
        if !wanted(request) {
            continue;
        }
        // What is asked about consent is asked of each; what is only shown, of those on the page.
        let mut glance = None;
        if waits || query.state.is_some_and(|state| state != ChangeRequestState::of(request, false)) {
            let seen = access.glance(&live, request).await?;
            if (waits && !seen.waits_for_me)
                || query.state.is_some_and(|state| state != ChangeRequestState::of(request, seen.approved))
            {
                continue;
            }
            glance = Some(seen);
        }
        let item = (id.clone(), Arc::clone(request), glance);
        found.push(Placed { primary: format!("{:020}", request.created_at), key: id.clone(), item });
    }
    let Page { items, next, total } = page(found, true, query.limit, query.cursor.as_deref())?;
    let mut shown = Vec::with_capacity(items.len());
    for (id, request, glance) in items {
        let glance = match glance {
            Some(glance) => glance,
            None => access.glance(&live, &request).await?,
        };
        shown.push(ChangeRequestItem::of(&id, &request, glance));
    }
    Ok(Answer::ok(&Page { items: shown, next, total }))
}

/// Whether the searched text, in lower case, is in what a request says of itself.
fn says(request: &ChangeRequest, search: &str) -> bool {
    let texts = [&request.title, &request.description, &request.author.name];
    let touched = request.touches.iter().map(|(_, key)| key);
    search.is_empty() || texts.into_iter().chain(touched).any(|text| text.to_lowercase().contains(search))
}

/// Whether a request may turn out to be so far.
fn may_be(state: ChangeRequestState, request: &ChangeRequest) -> bool {
    state == ChangeRequestState::of(request, false) || state == ChangeRequestState::of(request, true)
}
