//! `PATCH /scim/v2/Users/{scim_user}`

use std::collections::HashMap;

use serde_json::Value;

use crate::api::names::OfScimUser;
use crate::api::scim::{ScimAnswer, projection};
use crate::auth::{TenantAccess, can};
use crate::json::{Body, Path, Query};
use crate::problem::Problem;
use crate::scim::{Target, USER, UserInput, apply, operations};

const TARGET: Target = Target { schema: USER, required: "userName" };

/// Changes what the directory knows of somebody. `active: false` ends their membership at once.
#[utoipa::path(patch, path = "/scim/v2/Users/{scim_user}", operation_id = "scimUpdateUser", tag = "scim", params(OfScimUser),
    request_body(content = Value, content_type = "application/scim+json"),
    responses((status = 200, body = Value, content_type = "application/scim+json")))]
pub(crate) async fn handler(
    access: TenantAccess<can::ScimManage>,
    Path(path): Path<OfScimUser>,
    Query(query): Query<HashMap<String, String>>,
    Body(body): Body,
) -> Result<ScimAnswer, Problem> {
    projection(&query)?;
    let operations = operations(&body)?;
    let change = |before: &Value| UserInput::read(&apply(TARGET, before, &operations)?);
    ScimAnswer::resource(access.change_scim_user(&path.scim_user, change).await?, &query)
}
