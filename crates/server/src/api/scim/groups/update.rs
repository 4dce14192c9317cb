//! `PATCH /scim/v2/Groups/{scim_group}`

use std::collections::HashMap;

use serde_json::Value;

use crate::api::names::OfScimGroup;
use crate::api::scim::{ScimAnswer, projection};
use crate::auth::{TenantAccess, can};
use crate::json::{Body, Path, Query};
use crate::problem::Problem;
use crate::scim::{GROUP, GroupInput, Target, apply, operations};

const TARGET: Target = Target { schema: GROUP, required: "displayName" };

/// Changes a group and who is in it.
#[utoipa::path(patch, path = "/scim/v2/Groups/{scim_group}", operation_id = "scimUpdateGroup", tag = "scim", params(OfScimGroup),
    request_body(content = Value, content_type = "application/scim+json"),
    responses((status = 200, body = Value, content_type = "application/scim+json")))]
pub(crate) async fn handler(
    access: TenantAccess<can::ScimManage>,
    Path(path): Path<OfScimGroup>,
    Query(query): Query<HashMap<String, String>>,
    Body(body): Body,
) -> Result<ScimAnswer, Problem> {
    projection(&query)?;
    let operations = operations(&body)?;
    let change = |before: &Value| GroupInput::read(&apply(TARGET, before, &operations)?);
    ScimAnswer::resource(access.change_scim_group(&path.scim_group, change).await?, &query)
}
