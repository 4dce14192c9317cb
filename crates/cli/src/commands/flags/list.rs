//! `yardarm flags list`

use clap::Args;
use serde_json::Value;

use crate::api::Api;
use crate::failure::Failure;
use crate::output::{Output, instant, items, text};

#[derive(Args, Debug)]
pub(super) struct List {
    /// Text in key, name, description, tag or owner
    search: Option<String>,
    /// Only flags with this tag
    #[arg(long)]
    tag: Option<String>,
    /// Only flags of this owner
    #[arg(long)]
    owner: Option<String>,
    /// Only flags of this type
    #[arg(long = "type", value_parser = ["boolean", "string", "number", "json"])]
    value_type: Option<String>,
    /// Archived flags: only these, or these too
    #[arg(long, value_parser = ["true", "false", "all"], num_args = 0..=1, default_value = "false", default_missing_value = "true")]
    archived: String,
    /// Only this environment's column
    #[arg(long, short)]
    environment: Option<String>,
    /// Only flags that serve this there
    #[arg(long, value_parser = ["on", "off", "partial"], requires = "environment")]
    serves: Option<String>,
    /// Order; a leading `-` turns it round
    #[arg(long, allow_hyphen_values = true, value_parser = ["key", "name", "created", "changed", "-key", "-name", "-created", "-changed"])]
    sort: Option<String>,
    /// At most this many
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

impl List {
    pub(super) async fn run(self, api: &Api, project: &str, out: Output) -> Result<(), Failure> {
        let mut query = vec![("archived", self.archived.as_str())];
        for (name, value) in [
            ("search", &self.search),
            ("tag", &self.tag),
            ("owner", &self.owner),
            ("type", &self.value_type),
            ("environment", &self.environment),
            ("serves", &self.serves),
            ("sort", &self.sort),
        ] {
            query.extend(value.as_deref().map(|value| (name, value)));
        }
        let list = api.list_up_to(&["projects", project, "flags"], &query, self.limit.unwrap_or(usize::MAX)).await?;
        if out.json {
            return out.json(&list);
        }
        let environments = match self.environment {
            Some(environment) => vec![environment],
            None => environments(api, project, &list).await?,
        };
        let mut headers = vec!["key", "type"];
        headers.extend(environments.iter().map(String::as_str));
        headers.push("changed");
        out.list(&list, &headers, "no flags; `yardarm flags create KEY` makes one", |flag| {
            let archived = if flag["archived"] == true { " (archived)" } else { "" };
            let mut row = vec![format!("{}{archived}", text(&flag["key"])), text(&flag["type"])];
            row.extend(environments.iter().map(|environment| cell(&flag["environments"][environment])));
            row.push(changed(&flag["changed"]));
            row
        })
    }
}

/// In the order of the project.
async fn environments(api: &Api, project: &str, list: &Value) -> Result<Vec<String>, Failure> {
    if items(list).is_empty() {
        return Ok(Vec::new());
    }
    let list = api.list(&["projects", project, "environments"], &[]).await?;
    Ok(items(&list).iter().map(|environment| text(&environment["key"])).collect())
}

fn cell(environment: &Value) -> String {
    match text(&environment["serves"]["text"]) {
        none if none.is_empty() => if environment["on"] == true { "on" } else { "off" }.to_owned(),
        serves => serves,
    }
}

fn changed(changed: &Value) -> String {
    if changed.is_null() {
        return String::new();
    }
    format!("{} {}", instant(&changed["at"]), text(&changed["actor"]))
}
