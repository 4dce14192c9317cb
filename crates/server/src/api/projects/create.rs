//! `POST /api/v1/projects`

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{ProjectAnswer, answered};
use crate::api::answer::Answer;
use crate::api::environments::create::NewEnvironment;
use crate::api::fields::Fields;
use crate::auth::{TenantAccess, can};
use crate::json::Body;
use crate::problem::Problem;

/// A new project.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; model reads it, with all errors at once")]
pub(crate) struct NewProject {
    /// Unique in the tenant, fixed.
    key: String,
    /// For people.
    name: String,
    /// What it is for.
    description: Option<String>,
    /// Without them: development, staging and production.
    environments: Option<Vec<NewEnvironment>>,
}

/// Makes a project with its environments.
#[utoipa::path(post, path = "/api/v1/projects", operation_id = "createProject", tag = "projects",
    request_body = NewProject, responses((status = 201, body = ProjectAnswer)))]
pub(crate) async fn handler(access: TenantAccess<can::ProjectCreate>, Body(body): Body) -> Result<Answer, Problem> {
    // The body's own members are `model`'s to judge; the environments are documents of their own.
    let (mut project, environments) = match body {
        Value::Object(mut members) => {
            let environments = members.remove("environments");
            (members, environments)
        }
        other => {
            Fields::of(other, &["key", "name", "description", "environments"])?.done()?;
            return Err(crate::auth::refusal::invalid(Vec::new()));
        }
    };
    let key = project.get("key").cloned().unwrap_or_default();
    let mut fields = Fields::of(json!({ "key": key, "environments": environments }), &["key", "environments"])?;
    let key = fields.key("key");
    let environments = match fields.any("environments") {
        None => usual_environments(),
        Some(Value::Array(environments)) if !environments.is_empty() => environments,
        Some(_) => {
            fields.wrong("environments", "type", "must be a list of environments with at least one in it");
            Vec::new()
        }
    };
    fields.done()?;
    project.insert("key".to_owned(), Value::String(key.clone()));
    let live = access.create_project(&key, Value::Object(project), environments).await?;
    Ok(answered(&live, Answer::created).version(&live))
}

fn usual_environments() -> Vec<Value> {
    vec![
        json!({ "key": "development", "name": "Development", "position": 0, "color": 1 }),
        json!({ "key": "staging", "name": "Staging", "position": 1, "color": 2 }),
        json!({ "key": "production", "name": "Production", "position": 2, "color": 3, "production": true }),
    ]
}
