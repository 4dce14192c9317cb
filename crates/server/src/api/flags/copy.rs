//! `POST /api/v1/projects/{project}/flags/{flag}/copy`

use serde::Deserialize;
use utoipa::ToSchema;
use yardarm_model::command::Command;
use yardarm_model::configuration_key;
use yardarm_model::document::Kind;

use crate::api::answer::Answer;
use crate::api::configurations::answered;
use crate::api::fields::Fields;
use crate::api::names::OfFlag;
use crate::api::schema::ConfigurationAnswer;
use crate::auth::{Precondition, ProjectAccess, Stop, can};
use crate::json::{Body, Path};

/// From where to where.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; Fields reads it, with all errors at once")]
pub(crate) struct CopyConfiguration {
    /// Environment key.
    from: String,
    /// Environment key.
    to: String,
}

/// Copies a flag's configuration between environments; buckets stay, so nobody is moved.
#[utoipa::path(post, path = "/api/v1/projects/{project}/flags/{flag}/copy", operation_id = "copyConfiguration",
    tag = "flags", params(OfFlag), request_body = CopyConfiguration,
    responses((status = 200, body = ConfigurationAnswer)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::ConfigurationUpdate>,
    Path(name): Path<OfFlag>,
    Body(body): Body,
) -> Result<Answer, Stop> {
    let mut fields = Fields::of(body, &["from", "to"])?;
    let (from, to) = (fields.text("from", 128), fields.text("to", 128));
    fields.done()?;
    let precondition = Precondition::Optional(Kind::Configuration, configuration_key(&to, &name.flag));
    let command = Command::CopyConfiguration { flag: name.flag.clone(), from, to: to.clone() };
    let changed = access.change(command, precondition).await?;
    Ok(answered(&changed.live.state, &to, &name.flag)?.version(&changed.live))
}
