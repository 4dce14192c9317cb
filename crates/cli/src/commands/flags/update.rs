//! `yardarm flags update`

use clap::Args;
use serde_json::{Map, Value, json};

use crate::api::Api;
use crate::commands::input;
use crate::failure::Failure;
use crate::output::{Output, text};

#[derive(Args, Debug)]
pub(super) struct Update {
    /// Flag key
    key: String,
    /// Name for people
    #[arg(long, conflicts_with = "environment")]
    name: Option<String>,
    /// Why it exists
    #[arg(long, conflicts_with = "environment")]
    description: Option<String>,
    /// Who answers for it; empty for nobody
    #[arg(long, conflicts_with = "environment")]
    owner: Option<String>,
    /// All its tags; repeat it
    #[arg(long = "tag", value_name = "TAG", conflicts_with = "environment")]
    tags: Option<Vec<String>>,
    /// All its variants; repeat it
    #[arg(long = "variant", value_name = "KEY=VALUE", conflicts_with = "environment")]
    variants: Option<Vec<String>>,
    /// Meant to stay
    #[arg(long, conflicts_with = "environment")]
    permanent: Option<bool>,
    /// Change what it serves in this environment
    #[arg(long, short)]
    environment: Option<String>,
    /// JSON Merge Patch: JSON or YAML, `@file`, or `-` for stdin
    #[arg(long, value_name = "PATCH")]
    patch: Option<String>,
    /// The whole new configuration in that environment: JSON or YAML, `@file`, or `-`
    #[arg(long, value_name = "CONFIGURATION", requires = "environment", conflicts_with = "patch")]
    replace: Option<String>,
}

impl Update {
    pub(super) async fn run(self, api: &Api, project: &str, out: Output) -> Result<(), Failure> {
        let flag = ["projects", project, "flags", &self.key];
        if let Some(environment) = &self.environment {
            let address = [&flag[..], &["environments", environment]].concat();
            let configuration = self.configure(api, &address).await?;
            return out.result(&configuration, super::serves(&self.key, environment, &configuration));
        }
        let value_type = match self.variants {
            Some(_) => text(&api.get(&flag, &[]).await?.body["type"]),
            None => String::new(),
        };
        let patch = self.flag_patch(&value_type)?;
        let answer = api.patch(&flag, &patch).await?.body;
        out.result(&answer, format!("updated {}", self.key))
    }

    async fn configure(&self, api: &Api, address: &[&str]) -> Result<Value, Failure> {
        if let Some(body) = &self.replace {
            let body = input::document(body, "--replace")?;
            let etag = api.get(address, &[]).await?.etag;
            return Ok(api.send(reqwest::Method::PUT, address, &[], Some(&body), etag.as_deref()).await?.body);
        }
        let Some(patch) = &self.patch else {
            return Err(Failure::usage("nothing to change").hint("add --patch '{\"on\": true}' or --replace @file"));
        };
        Ok(api.patch(address, &input::document(patch, "--patch")?).await?.body)
    }

    fn flag_patch(&self, value_type: &str) -> Result<Value, Failure> {
        let mut patch = match &self.patch {
            Some(patch) => input::document(patch, "--patch")?,
            None => Value::Object(Map::new()),
        };
        let Some(members) = patch.as_object_mut() else { return Ok(patch) };
        for (name, value) in [("name", &self.name), ("description", &self.description)] {
            members.extend(value.as_ref().map(|value| (name.to_owned(), json!(value))));
        }
        if let Some(owner) = &self.owner {
            members.insert("owner".to_owned(), if owner.is_empty() { Value::Null } else { json!(owner) });
        }
        if let Some(tags) = &self.tags {
            let tags: Vec<_> = tags.iter().filter(|tag| !tag.is_empty()).collect();
            members.insert("tags".to_owned(), json!(tags));
        }
        if let Some(permanent) = self.permanent {
            members.insert("permanent".to_owned(), json!(permanent));
        }
        if let Some(variants) = &self.variants {
            let variants: Result<Vec<_>, _> = variants.iter().map(|v| input::variant(v, value_type)).collect();
            members.insert("variants".to_owned(), json!(variants?));
        }
        if members.is_empty() {
            return Err(Failure::usage("nothing to change").hint("see `yardarm flags update --help`"));
        }
        Ok(patch)
    }
}
