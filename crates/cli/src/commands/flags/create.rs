//! `yardarm flags create`

use clap::Args;
use serde_json::json;

use crate::api::Api;
use crate::commands::input;
use crate::failure::Failure;
use crate::output::Output;

#[derive(Args, Debug)]
pub(super) struct Create {
    /// Flag key: letters, digits, `.`, `_`, `-`
    key: String,
    /// Name for people
    #[arg(long)]
    name: Option<String>,
    /// Why it exists
    #[arg(long)]
    description: Option<String>,
    /// Type of its values, fixed for its life
    #[arg(long = "type", value_parser = ["boolean", "string", "number", "json"], default_value = "boolean")]
    value_type: String,
    /// A variant; repeat it. Boolean flags have `on` and `off` by themselves
    #[arg(long = "variant", value_name = "KEY=VALUE")]
    variants: Vec<String>,
    /// Tag; repeat it
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// Who answers for it
    #[arg(long)]
    owner: Option<String>,
    /// Meant to stay, such as a kill switch
    #[arg(long)]
    permanent: bool,
}

impl Create {
    pub(super) async fn run(self, api: &Api, project: &str, out: Output) -> Result<(), Failure> {
        let mut body = json!({"key": self.key, "type": self.value_type});
        for (name, value) in [("name", &self.name), ("description", &self.description), ("owner", &self.owner)] {
            if let Some(value) = value {
                body[name] = json!(value);
            }
        }
        if !self.variants.is_empty() {
            let variants: Result<Vec<_>, _> =
                self.variants.iter().map(|variant| input::variant(variant, &self.value_type)).collect();
            body["variants"] = json!(variants?);
        }
        if !self.tags.is_empty() {
            body["tags"] = json!(self.tags);
        }
        if self.permanent {
            body["permanent"] = json!(true);
        }
        let flag = api.post(&["projects", project, "flags"], &body).await?.body;
        out.result(
            &flag,
            format!(
                "created {key}, off in every environment\nturn it on: yardarm flags on {key} --environment production",
                key = self.key
            ),
        )
    }
}
