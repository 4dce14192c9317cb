//! `yardarm flags get`

use clap::Args;
use serde_json::Value;

use crate::api::Api;
use crate::failure::Failure;
use crate::output::{BOLD, OFF, Output, instant, joined, line, table, text};

#[derive(Args, Debug)]
pub(super) struct Get {
    /// Flag key
    key: String,
    /// Show what it serves in this environment, rules and all
    #[arg(long, short)]
    environment: Option<String>,
}

impl Get {
    pub(super) async fn run(self, api: &Api, project: &str, out: Output) -> Result<(), Failure> {
        let flag = ["projects", project, "flags", &self.key];
        if let Some(environment) = &self.environment {
            let path = [&flag[..], &["environments", environment]].concat();
            let mut configuration = api.get(&path, &[]).await?.body;
            out.json(&configuration)?;
            out.say(super::serves(&self.key, environment, &configuration))?;
            for sentence in configuration["sentences"].take().as_array().into_iter().flatten() {
                out.say(format!("  {}", text(sentence)))?;
            }
            configuration.as_object_mut().map(|members| members.remove("sentences"));
            let yaml = serde_norway::to_string(&configuration).map_err(|error| Failure::failed(error.to_string()))?;
            return out.say(yaml.trim_end());
        }
        let flag = api.get(&flag, &[]).await?.body;
        if out.json { out.json(&flag) } else { show(&flag) }
    }
}

fn show(flag: &Value) -> Result<(), Failure> {
    line(format!("{BOLD}{}{OFF}  {}", text(&flag["key"]), text(&flag["name"])))?;
    let facts = [
        ("description", text(&flag["description"])),
        ("type", text(&flag["type"])),
        ("owner", text(&flag["owner"])),
        ("tags", joined(&flag["tags"])),
        ("needs", joined(&flag["needs"])),
        ("needed by", joined(&flag["needed_by"])),
        ("created", instant(&flag["created_at"])),
        ("archived", if flag["archived"] == true { "yes".to_owned() } else { String::new() }),
    ];
    for (name, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
        line(format!("{name}: {value}"))?;
    }
    line("")?;
    let variants = flag["variants"].as_array().map_or(&[][..], Vec::as_slice);
    table(
        &["variant", "value", "description"],
        variants.iter().map(|v| vec![text(&v["key"]), v["value"].to_string(), text(&v["description"])]),
    )?;
    line("")?;
    let environments = flag["environments"].as_object();
    table(
        &["environment", "on", "serves"],
        environments.into_iter().flatten().map(|(key, environment)| {
            let on = if environment["on"] == true { "on" } else { "off" };
            vec![key.clone(), on.to_owned(), text(&environment["serves"]["text"])]
        }),
    )
}
