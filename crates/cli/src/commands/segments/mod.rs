//! `yardarm segments …`

mod write;

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::api::{Api, Connection};
use crate::failure::Failure;
use crate::output::{BOLD, OFF, Output, text};

/// `yardarm segments`
#[derive(Args, Debug)]
pub(crate) struct Segments {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// List segments
    List,
    /// Show a segment
    Get {
        /// Segment key
        key: String,
    },
    /// Create a segment
    Create(write::Create),
    /// Change a segment, or add and remove keys of its lists
    Update(write::Update),
    /// Delete a segment that nothing uses
    Delete {
        /// Segment key
        key: String,
    },
}

impl Segments {
    pub(crate) async fn run(self, out: Output) -> Result<(), Failure> {
        let api = self.connection.open()?;
        let project = api.project().await?;
        match self.command {
            Command::List => list(&api, &project, out).await,
            Command::Get { key } => get(&api, &project, &key, out).await,
            Command::Create(command) => command.run(&api, &project, out).await,
            Command::Update(command) => command.run(&api, &project, out).await,
            Command::Delete { key } => {
                api.delete(&["projects", &project, "segments", &key]).await?;
                out.result(&serde_json::json!({"key": key, "deleted": true}), format!("deleted {key}"))
            }
        }
    }
}

async fn list(api: &Api, project: &str, out: Output) -> Result<(), Failure> {
    let list = api.list(&["projects", project, "segments"], &[]).await?;
    let headers = ["key", "name", "included", "excluded", "used by", "who"];
    out.list(&list, &headers, "no segments; `yardarm segments create KEY` makes one", |segment| {
        let used_by = segment["used_by"].as_array().map_or(0, Vec::len);
        vec![
            text(&segment["key"]),
            text(&segment["name"]),
            text(&segment["included_count"]),
            text(&segment["excluded_count"]),
            used_by.to_string(),
            text(&segment["text"]),
        ]
    })
}

async fn get(api: &Api, project: &str, key: &str, out: Output) -> Result<(), Failure> {
    let segment = api.get(&["projects", project, "segments", key], &[]).await?.body;
    out.json(&segment)?;
    out.say(format!("{BOLD}{key}{OFF}  {}", text(&segment["name"])))?;
    for (name, member) in [("description", "description"), ("who", "text"), ("context kind", "context_kind")] {
        let value = text(&segment[member]);
        if !value.is_empty() {
            out.say(format!("{name}: {value}"))?;
        }
    }
    out.say(format!("included: {} keys", text(&segment["included_count"])))?;
    out.say(format!("excluded: {} keys", text(&segment["excluded_count"])))?;
    out.say(format!("used by: {}", used_by(&segment["used_by"])))?;
    if segment["rules"].as_array().is_some_and(|rules| !rules.is_empty()) {
        let rules = serde_norway::to_string(&segment["rules"]).map_err(|error| Failure::failed(error.to_string()))?;
        out.say(format!("rules:\n{}", rules.trim_end()))?;
    }
    Ok(())
}

fn used_by(users: &Value) -> String {
    let users = users.as_array().map_or(&[][..], Vec::as_slice);
    let name = |user: &Value| match &user["segment"] {
        Value::Null => format!("{} in {}", text(&user["flag"]), text(&user["environment"])),
        segment => format!("segment {}", text(segment)),
    };
    if users.is_empty() { "nothing".to_owned() } else { users.iter().map(name).collect::<Vec<_>>().join(", ") }
}
