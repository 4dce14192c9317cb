//! `yardarm webhooks …`

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::api::Connection;
use crate::clock::now_ms;
use crate::failure::Failure;
use crate::output::{BOLD, OFF, Output, instant, joined, text};
use crate::time_span::duration_ms;

/// Deliveries that are listed unless asked otherwise.
const LISTED: usize = 50;

/// `yardarm webhooks`
#[derive(Args, Debug)]
pub(crate) struct Webhooks {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// List webhooks
    List,
    /// Show one
    Get {
        /// Its id, `whk_…`
        id: String,
    },
    /// Create a webhook and show its secret, once
    Create {
        /// Name for people: who is told
        name: String,
        /// Where to: `https://…`, with a public address
        #[arg(long, value_name = "ADDRESS")]
        to: String,
        /// `standard` is signed JSON; `slack` is a sentence for an incoming webhook
        #[arg(long, value_parser = ["standard", "slack"])]
        format: Option<String>,
        #[command(flatten)]
        wanted: Wanted,
        /// Made, but sent nothing yet
        #[arg(long)]
        disabled: bool,
    },
    /// Change one
    Update {
        /// Its id, `whk_…`
        id: String,
        /// Name for people
        #[arg(long)]
        name: Option<String>,
        /// Where to
        #[arg(long, value_name = "ADDRESS")]
        to: Option<String>,
        #[command(flatten)]
        wanted: Wanted,
        /// Sends what happens from now on
        #[arg(long, conflicts_with = "disable")]
        enable: bool,
        /// Sends nothing more
        #[arg(long)]
        disable: bool,
    },
    /// Remove one, with what waits for it
    Delete {
        /// Its id, `whk_…`
        id: String,
    },
    /// Send a ping now and say what came of it
    Test {
        /// Its id, `whk_…`
        id: String,
    },
    /// Make another secret and show it, once; both sign for a while
    Rotate {
        /// Its id, `whk_…`
        id: String,
        /// For so many hours the old secret signs, too [default: 24]
        #[arg(long, value_name = "HOURS")]
        overlap: Option<u64>,
    },
    /// List what was sent and what became of it, newest first
    Deliveries {
        /// Id of the webhook, `whk_…`
        id: String,
        /// Only those in this state
        #[arg(long, value_parser = ["waiting", "delivered", "failed"])]
        state: Option<String>,
        /// At most so many
        #[arg(long, default_value_t = LISTED)]
        limit: usize,
    },
    /// Send a delivery again, or all that failed for so long
    Replay {
        /// Id of the webhook, `whk_…`
        id: String,
        /// Id of the delivery, `msg_…`
        #[arg(required_unless_present = "since")]
        delivery: Option<String>,
        /// All that were queued within this time: `2h`, `1d`
        #[arg(long, value_name = "TIME", value_parser = duration_ms, conflicts_with = "delivery")]
        since: Option<i64>,
        /// Of those, the ones in this state [default: failed]
        #[arg(long, requires = "since", value_parser = ["delivered", "failed"])]
        state: Option<String>,
    },
}

/// What a webhook hears of; each list is everything by default.
#[derive(Args, Debug)]
struct Wanted {
    /// Action to hear of: `*`, `flag.*`, `configuration.update`; repeat it or separate by commas
    #[arg(long = "action", value_name = "ACTION", value_delimiter = ',')]
    actions: Vec<String>,
    /// Project to hear of, by key; repeat it or separate by commas
    #[arg(long = "in-project", value_name = "KEY", value_delimiter = ',')]
    projects: Vec<String>,
    /// Environment to hear of, by key; repeat it or separate by commas
    #[arg(long = "environment", short, value_name = "KEY", value_delimiter = ',')]
    environments: Vec<String>,
}

impl Wanted {
    fn put_into(self, body: &mut Value) {
        for (name, list) in
            [("actions", self.actions), ("projects", self.projects), ("environments", self.environments)]
        {
            if !list.is_empty() {
                body[name] = json!(list);
            }
        }
    }
}

impl Webhooks {
    pub(crate) async fn run(self, out: Output) -> Result<(), Failure> {
        let api = self.connection.open()?;
        match self.command {
            Command::List => {
                let list = api.list(&["webhooks"], &[]).await?;
                let headers = ["id", "name", "url", "format", "hears of", "state", "delivered"];
                out.list(
                    &list,
                    &headers,
                    "no webhooks; `yardarm webhooks create NAME --to ADDRESS` makes one",
                    |webhook| {
                        let mut row: Vec<_> =
                            ["id", "name", "url", "format"].iter().map(|name| text(&webhook[*name])).collect();
                        row.extend([joined(&webhook["actions"]), state(webhook), instant(&webhook["delivered_at"])]);
                        row
                    },
                )
            }
            Command::Get { id } => {
                let webhook = api.get(&["webhooks", &id], &[]).await?.body;
                out.result(&webhook, shown(&webhook))
            }
            Command::Create { name, to, format, wanted, disabled } => {
                let mut body = json!({"name": name, "url": to, "enabled": !disabled});
                if let Some(format) = format {
                    body["format"] = json!(format);
                }
                wanted.put_into(&mut body);
                let webhook = api.post(&["webhooks"], &body).await?.body;
                out.result(&webhook, secret(&webhook))
            }
            Command::Update { id, name, to, wanted, enable, disable } => {
                let mut body = json!({});
                for (member, value) in [("name", name), ("url", to)] {
                    if let Some(value) = value {
                        body[member] = json!(value);
                    }
                }
                wanted.put_into(&mut body);
                if enable || disable {
                    body["enabled"] = json!(enable);
                }
                let webhook = api.patch(&["webhooks", &id], &body).await?.body;
                out.result(&webhook, shown(&webhook))
            }
            Command::Delete { id } => {
                api.delete(&["webhooks", &id]).await?;
                out.result(&json!({"id": id, "deleted": true}), format!("deleted {id}"))
            }
            Command::Test { id } => {
                let delivery = api.post(&["webhooks", &id, "test"], &json!({})).await?.body;
                out.result(&delivery, outcome(&delivery))
            }
            Command::Rotate { id, overlap } => {
                let body = overlap.map_or_else(|| json!({}), |hours| json!({"overlap_hours": hours}));
                let webhook = api.post(&["webhooks", &id, "secret"], &body).await?.body;
                let until = instant(&webhook["previous_secret_until"]);
                out.result(&webhook, format!("{}\nthe old one signs, too, until {until}", secret(&webhook)))
            }
            Command::Deliveries { id, state, limit } => {
                let query: Vec<(&str, &str)> = state.iter().map(|state| ("state", state.as_str())).collect();
                let list = api.list_up_to(&["webhooks", &id, "deliveries"], &query, limit).await?;
                let headers = ["id", "event", "state", "status", "attempts", "queued", "next", "error"];
                out.list(&list, &headers, "nothing was sent in the last week", |delivery| {
                    let mut row: Vec<_> = ["id", "event", "state", "status", "attempts"]
                        .iter()
                        .map(|name| text(&delivery[*name]))
                        .collect();
                    row.extend([
                        instant(&delivery["created_at"]),
                        instant(&delivery["due_at"]),
                        text(&delivery["error"]),
                    ]);
                    row
                })
            }
            Command::Replay { id, delivery: Some(delivery), .. } => {
                let path = ["webhooks", &id, "deliveries", &delivery, "replay"];
                let delivery = api.post(&path, &json!({})).await?.body;
                out.result(&delivery, outcome(&delivery))
            }
            Command::Replay { id, delivery: None, since, state } => {
                let mut body = json!({"since": now_ms().saturating_sub(since.unwrap_or_default())});
                if let Some(state) = state {
                    body["state"] = json!(state);
                }
                let replayed = api.post(&["webhooks", &id, "replay"], &body).await?.body;
                let more = if replayed["more"] == true { ", and there are more: repeat it" } else { "" };
                out.result(&replayed, format!("sending {} again{more}", text(&replayed["replayed"])))
            }
        }
    }
}

fn state(webhook: &Value) -> String {
    match (&webhook["enabled"], &webhook["disabled_reason"]) {
        (Value::Bool(true), _) => "enabled".to_owned(),
        (_, Value::String(reason)) => format!("disabled: {reason}"),
        _ => "disabled".to_owned(),
    }
}

fn shown(webhook: &Value) -> String {
    let name = |name: &str| text(&webhook[name]);
    format!(
        "{BOLD}{}{OFF} ({})\n{} ({})\nactions {} · projects {} · environments {}\n{}",
        name("name"),
        name("id"),
        name("url"),
        name("format"),
        joined(&webhook["actions"]),
        joined(&webhook["projects"]),
        joined(&webhook["environments"]),
        state(webhook),
    )
}

fn secret(webhook: &Value) -> String {
    let id = text(&webhook["id"]);
    format!("{BOLD}{}{OFF}\nkeep it: it is shown only now ({id})", text(&webhook["secret"]))
}

fn outcome(delivery: &Value) -> String {
    let (id, state) = (text(&delivery["id"]), text(&delivery["state"]));
    match (&delivery["error"], &delivery["status"]) {
        (Value::String(error), _) => format!("{state}: {error} ({id})"),
        (_, Value::Number(status)) => format!("{state}: HTTP {status}, {} ms ({id})", text(&delivery["took_ms"])),
        _ => format!("{state} ({id})"),
    }
}
