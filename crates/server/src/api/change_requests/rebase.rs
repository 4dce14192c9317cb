//! `POST /api/v1/projects/{project}/change-requests/{change_request}/rebase`

use serde::Deserialize;
use utoipa::ToSchema;
use yardarm_model::change_request::{Choices, Side};
use yardarm_model::document::Kind;
use yardarm_model::limits;

use super::answered;
use super::item::ChangeRequestAnswer;
use crate::api::answer::Answer;
use crate::api::fields::Fields;
use crate::api::names::OfChangeRequest;
use crate::auth::{ProjectAccess, can};
use crate::json::{Body, Path};
use crate::problem::Problem;

/// Choices, where both sides changed a place.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct Rebase {
    /// One for each conflict; none at first.
    choices: Option<Vec<MergeChoice>>,
}

/// Whose say counts at a place.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct MergeChoice {
    /// `flag`, `configuration`, …
    kind: String,
    /// Unique in the kind.
    key: String,
    /// `pointer` of the conflict.
    pointer: String,
    /// `request` or `current`.
    take: String,
}

/// Brings a change request onto the project as it is now: what only one side changed is taken from it, lists of segments are
/// merged key by key. What both sides changed is a 409 with `conflicts`, until there is a choice for each. Approvals were for
/// the content as it was, and count no more.
#[utoipa::path(post, path = "/api/v1/projects/{project}/change-requests/{change_request}/rebase",
    operation_id = "rebaseChangeRequest", tag = "change requests", params(OfChangeRequest), request_body = Rebase,
    responses((status = 200, body = ChangeRequestAnswer)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::ChangeRequestCreate>,
    Path(name): Path<OfChangeRequest>,
    Body(body): Body,
) -> Result<Answer, Problem> {
    let id = name.change_request;
    let mut fields = Fields::of(body, &["choices"])?;
    let mut order = Vec::new();
    let mut choices = Choices::new();
    match fields.any("choices") {
        None => {}
        Some(serde_json::Value::Array(items)) if items.len() <= limits::CHANGE_REQUEST_DOCUMENTS => {
            for (index, item) in items.into_iter().enumerate() {
                match choice(&item) {
                    Some((place, side)) => {
                        order.push(place.clone());
                        choices.insert(place, side);
                    }
                    None => fields.wrong(
                        &format!("choices/{index}"),
                        "type",
                        "must be {kind, key, pointer, take}, as in `conflicts`, with take `request` or `current`",
                    ),
                }
            }
        }
        Some(_) => fields.wrong("choices", "type", "must be a list, with at most one entry for each conflict"),
    }
    fields.done()?;
    let changed = access.rebase_change_request(&id, &choices, &order).await?;
    answered(&access, &id, changed).await
}

fn choice(item: &serde_json::Value) -> Option<((Kind, String, String), Side)> {
    let text = |name: &str| item[name].as_str().map(str::to_owned);
    let known = |name: &String| ["kind", "key", "pointer", "take"].contains(&name.as_str());
    let side = match item["take"].as_str()? {
        "request" => Side::Request,
        "current" => Side::Current,
        _ => return None,
    };
    item.as_object()?.keys().all(known).then_some(())?;
    Some(((Kind::parse(item["kind"].as_str()?)?, text("key")?, text("pointer")?), side))
}
