//! `yardarm changes …`

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{Api, Connection};
use crate::failure::Failure;
use crate::output::{BOLD, OFF, Output, instant, joined, text};
use crate::planned::{self, Told};

/// Change requests that are listed unless asked otherwise.
const LISTED: usize = 50;

/// `yardarm changes`
#[derive(Args, Debug)]
pub(crate) struct Changes {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// List change requests, newest first
    List {
        /// Only those that are so far
        #[arg(long, value_parser = ["draft", "open", "approved", "scheduled", "rejected", "failed", "withdrawn", "applied"])]
        state: Option<String>,
        /// Those that are over, too
        #[arg(long)]
        all: bool,
        /// Only those made by this user: `usr_…`
        #[arg(long, value_name = "USER")]
        author: Option<String>,
        /// Only those that wait for your approval
        #[arg(long)]
        mine: bool,
        /// At most so many
        #[arg(long, value_name = "N", default_value_t = LISTED)]
        limit: usize,
    },
    /// Show what one would do, what the policies say, and whose consent it has
    Show {
        /// Its id, `chr_…`
        id: String,
    },
    /// Change what one is called, and why it is asked for
    Update {
        /// Its id, `chr_…`
        id: String,
        /// For people
        #[arg(long)]
        title: Option<String>,
        /// Why, at length
        #[arg(long)]
        description: Option<String>,
    },
    /// Ask others for their consent
    Submit {
        /// Its id, `chr_…`
        id: String,
    },
    /// Consent to one: to the content with this hash, and no other
    Approve {
        /// Its id, `chr_…`
        id: String,
        /// Hash that `yardarm changes show` told
        #[arg(long)]
        hash: String,
        /// For the others
        #[arg(long)]
        comment: Option<String>,
    },
    /// Ask for something else
    Reject {
        /// Its id, `chr_…`
        id: String,
        /// What is wrong
        #[arg(long)]
        comment: String,
    },
    /// Take one back
    Withdraw {
        /// Its id, `chr_…`
        id: String,
    },
    /// Bring one onto the project as it is now
    Rebase {
        /// Its id, `chr_…`
        id: String,
        /// Where both sides changed something, take what the request says: `KIND KEY POINTER`; repeat it
        #[arg(long, value_name = "PLACE")]
        ours: Vec<String>,
        /// Where both sides changed something, take what is there now: `KIND KEY POINTER`; repeat it
        #[arg(long, value_name = "PLACE")]
        theirs: Vec<String>,
    },
    /// Apply one at a time, by itself; submits it
    Schedule {
        /// Its id, `chr_…`
        id: String,
        /// Wall clock: `2026-12-20T18:00`
        #[arg(long, value_name = "TIME", required_unless_present = "off")]
        at: Option<String>,
        /// IANA name of its time zone: `Europe/Berlin`
        #[arg(long, value_name = "ZONE", default_value = "UTC")]
        zone: String,
        /// How late it may still happen, seconds [default: the server's `schedule_grace`, a day]
        #[arg(long, value_name = "SECONDS")]
        grace: Option<u64>,
        /// Call the schedule off
        #[arg(long, conflicts_with_all = ["at", "grace"])]
        off: bool,
    },
    /// Apply one that has the consent it needs
    Apply {
        /// Its id, `chr_…`
        id: String,
    },
    /// Say something about one
    Comment {
        /// Its id, `chr_…`
        id: String,
        /// What
        text: String,
    },
}

impl Changes {
    pub(crate) async fn run(self, out: Output) -> Result<(), Failure> {
        let api = self.connection.open()?;
        let project = api.project().await?;
        let requests = Requests { api: &api, project: &project, out };
        match self.command {
            Command::List { state, all, author, mine, limit } => {
                let mut query: Vec<(&str, &str)> = Vec::new();
                if !all && state.is_none() {
                    query.push(("unfinished", "true"));
                }
                if mine {
                    query.push(("waits_for_me", "true"));
                }
                query.extend(state.as_deref().map(|state| ("state", state)));
                query.extend(author.as_deref().map(|author| ("author", author)));
                let list = api.list_up_to(&["projects", &project, "change-requests"], &query, limit).await?;
                out.list(&list, &["id", "title", "state", "author", "at", "touches"], "no change requests", |item| {
                    let when = &item["schedule"];
                    let when = if when.is_null() { instant(&item["since"]) } else { clock(when) };
                    let touches = item["touches"].as_array().map_or(0, Vec::len);
                    vec![
                        text(&item["id"]),
                        text(&item["title"]),
                        text(&item["state"]),
                        text(&item["author"]["name"]),
                        when,
                        touches.to_string(),
                    ]
                })
            }
            Command::Show { id } => {
                let request = api.get(&["projects", &project, "change-requests", &id], &[]).await?.body;
                out.json(&request)?;
                if out.json { Ok(()) } else { show(&request, out) }
            }
            Command::Update { id, title, description } => {
                let mut body = json!({});
                for (name, value) in [("title", title), ("description", description)] {
                    if let Some(value) = value {
                        body[name] = json!(value);
                    }
                }
                requests.done(Method::PATCH, &id, &[], &body).await
            }
            Command::Submit { id } => requests.done(Method::POST, &id, &["submit"], &json!({})).await,
            Command::Approve { id, hash, comment } => {
                let body = json!({"hash": hash, "comment": comment.unwrap_or_default()});
                requests.done(Method::POST, &id, &["approve"], &body).await
            }
            Command::Reject { id, comment } => {
                requests.done(Method::POST, &id, &["reject"], &json!({"comment": comment})).await
            }
            Command::Withdraw { id } => requests.done(Method::POST, &id, &["withdraw"], &json!({})).await,
            Command::Rebase { id, ours, theirs } => {
                let mut choices = Vec::new();
                for (places, take) in [(&ours, "request"), (&theirs, "current")] {
                    for place in places {
                        choices.push(choice(place, take)?);
                    }
                }
                requests.done(Method::POST, &id, &["rebase"], &json!({"choices": choices})).await
            }
            Command::Schedule { id, off: true, .. } => {
                requests.done(Method::DELETE, &id, &["schedule"], &json!({})).await
            }
            Command::Schedule { id, at, zone, grace, off: false } => {
                let mut body = json!({"at": at, "zone": zone});
                if let Some(grace) = grace {
                    body["grace_seconds"] = json!(grace);
                }
                requests.done(Method::PUT, &id, &["schedule"], &body).await
            }
            Command::Apply { id } => requests.done(Method::POST, &id, &["apply"], &json!({})).await,
            Command::Comment { id, text } => {
                requests.done(Method::POST, &id, &["comments"], &json!({"text": text})).await
            }
        }
    }
}

struct Requests<'a> {
    api: &'a Api,
    project: &'a str,
    out: Output,
}

impl Requests<'_> {
    /// Does something to a request and says how far it is.
    async fn done(&self, method: Method, id: &str, verb: &[&str], body: &Value) -> Result<(), Failure> {
        let path = [&["projects", self.project, "change-requests", id], verb].concat();
        let body = (method != Method::DELETE).then_some(body);
        let answer = self.api.send(method, &path, &[], body, None).await?.body;
        let mut words = headline(&answer);
        if let Some(revision) = answer["outcome"]["revision"].as_u64() {
            words = format!("{words} in revision {revision}");
        }
        for note in [&answer["note"]].into_iter().filter(|note| note.is_string()) {
            words = format!("{words}\n{}", text(note));
        }
        for line in missing(&answer) {
            words = format!("{words}\n{line}");
        }
        self.out.result(&answer, words)
    }
}

/// `chr_… "raise to 25 %" is approved; hash 4f…`
fn headline(request: &Value) -> String {
    let mut words = format!("{} {:?} is {}", text(&request["id"]), text(&request["title"]), text(&request["state"]));
    if !request["schedule"].is_null() {
        words = format!("{words} for {}", clock(&request["schedule"]));
    }
    if matches!(request["state"].as_str(), Some("draft" | "open" | "approved" | "scheduled")) {
        words = format!("{words}; hash {}", text(&request["hash"]));
    }
    words
}

fn clock(schedule: &Value) -> String {
    format!("{} {}", text(&schedule["at"]), text(&schedule["zone"]))
}

/// What is missing, a line each.
fn missing(request: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    for needed in request["needed"].as_array().into_iter().flatten() {
        let given = needed["given"].as_array().map_or(0, Vec::len);
        let by: Vec<String> = [("role", "roles"), ("group", "groups")]
            .into_iter()
            .filter(|(_, list)| needed[*list].as_array().is_some_and(|list| !list.is_empty()))
            .map(|(word, list)| format!("{word} {}", joined(&needed[list])))
            .collect();
        let by = if by.is_empty() { String::new() } else { format!(" by {}", by.join(" or ")) };
        lines.push(format!(
            "{}: {given} of {} approvals{by} for {}",
            text(&needed["name"]),
            text(&needed["required"]),
            joined(&needed["environments"])
        ));
    }
    for violation in request["verdict"]["violations"].as_array().into_iter().flatten() {
        lines.push(format!("{} forbids: {}", text(&violation["policy"]), text(&violation["message"])));
    }
    for place in request["moved"].as_array().into_iter().flatten() {
        lines.push(format!("{} {} was changed since: rebase it", text(&place["kind"]), text(&place["key"])));
    }
    for conflict in request["conflicts"].as_array().into_iter().flatten() {
        let place = ["kind", "key", "pointer"].map(|name| text(&conflict[name])).join(" ");
        lines.push(format!(
            "both sides changed {place:?}: the request says {}, there is {} now",
            conflict["request"], conflict["current"]
        ));
    }
    lines
}

fn show(request: &Value, out: Output) -> Result<(), Failure> {
    out.say(format!("{BOLD}{}{OFF}", headline(request)))?;
    out.say(format!("by {} at {}", text(&request["author"]["name"]), instant(&request["created_at"])))?;
    let description = text(&request["description"]);
    if !description.is_empty() {
        out.say(description)?;
    }
    planned::tell(request, Told::Forward)?;
    for line in missing(request) {
        out.say(line)?;
    }
    for approval in request["approvals"].as_array().into_iter().flatten() {
        let void = text(&approval["void"]);
        let void = if void.is_empty() { String::new() } else { format!(", which counts no more: {void}") };
        out.say(
            format!("approved by {}{void} {}", text(&approval["by"]["name"]), text(&approval["comment"])).trim_end(),
        )?;
    }
    for comment in request["comments"].as_array().into_iter().flatten() {
        out.say(format!(
            "{} at {}: {}",
            text(&comment["by"]["name"]),
            instant(&comment["at"]),
            text(&comment["text"])
        ))?;
    }
    let outcome = &request["outcome"];
    if outcome.is_object() {
        let why = text(&outcome["reason"]);
        out.say(format!("{} by {} {why}", text(&request["state"]), text(&outcome["by"]["name"])).trim_end())?;
    }
    Ok(())
}

/// `configuration production/checkout /default`
fn choice(place: &str, take: &str) -> Result<Value, Failure> {
    let mut parts = place.splitn(3, ' ');
    let (Some(kind), Some(key)) = (parts.next(), parts.next()) else {
        return Err(Failure::usage(format!("{place:?} is not KIND KEY POINTER"))
            .hint("`yardarm changes show` names the places that both sides changed"));
    };
    Ok(json!({"kind": kind, "key": key, "pointer": parts.next().unwrap_or_default(), "take": take}))
}
