//! `yardarm policies …`

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{Api, Connection};
use crate::commands::input;
use crate::failure::{Exit, Failure};
use crate::output::{BOLD, OFF, Output, instant, joined, line, text};

/// `yardarm policies`
#[derive(Args, Debug)]
pub(crate) struct Policies {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// List policies
    List,
    /// Show a policy
    Show {
        /// Policy key
        key: String,
    },
    /// Make a policy, or change the one that is there (JSON Merge Patch; null removes a rule)
    Set {
        /// Policy key
        key: String,
        /// Its rules: JSON or YAML, `@file` or `-`
        rules: String,
    },
    /// Delete a policy
    Delete {
        /// Policy key
        key: String,
    },
    /// Say what policies say about a change that is not made, or what a policy would have said about the past
    Check(Check),
}

#[derive(Args, Debug)]
struct Check {
    /// Flag that the change is about
    #[arg(long, value_name = "KEY", conflicts_with = "file")]
    flag: Option<String>,
    /// What the flag serves in this environment is what changes
    #[arg(long, value_name = "KEY", requires = "flag")]
    environment: Option<String>,
    /// Segment that the change is about
    #[arg(long, value_name = "KEY", conflicts_with_all = ["flag", "file"])]
    segment: Option<String>,
    /// What changes (JSON Merge Patch): JSON or YAML, `@file` or `-`
    #[arg(long, value_name = "PATCH")]
    patch: Option<String>,
    /// A file of the form that `yardarm apply` reads, as the change
    #[arg(long, value_name = "FILE")]
    file: Option<std::path::PathBuf>,
    /// A policy with its key that is not there yet: JSON or YAML, `@file` or `-`
    #[arg(long, value_name = "POLICY")]
    policy: Option<String>,
    /// Try that policy on so many changes of the past
    #[arg(long, value_name = "CHANGES", requires = "policy")]
    replay: Option<u32>,
    /// As if it were then: milliseconds since 1970
    #[arg(long, value_name = "INSTANT")]
    at: Option<i64>,
}

impl Policies {
    pub(crate) async fn run(self, out: Output) -> Result<(), Failure> {
        let api = self.connection.open()?;
        let project = api.project().await?;
        match self.command {
            Command::List => {
                let list = api.list(&["projects", &project, "policies"], &[]).await?;
                let headers = ["key", "name", "holds in", "rules"];
                out.list(&list, &headers, "no policies; `yardarm policies set KEY RULES` makes one", |policy| {
                    vec![text(&policy["key"]), text(&policy["name"]), joined(&policy["holds_in"]), rules(policy)]
                })
            }
            Command::Show { key } => {
                let policy = api.get(&["projects", &project, "policies", &key], &[]).await?.body;
                let shown = serde_norway::to_string(&policy).map_err(|error| Failure::failed(error.to_string()))?;
                out.result(&policy, shown.trim_end())
            }
            Command::Set { key, rules } => set(&api, &project, key, &rules, out).await,
            Command::Delete { key } => {
                api.delete(&["projects", &project, "policies", &key]).await?;
                out.result(&json!({"key": key, "deleted": true}), format!("deleted {key}"))
            }
            Command::Check(command) => {
                let reason = self.connection.reason.as_deref();
                command.run(&api, &project, reason, out).await
            }
        }
    }
}

/// The rules of a policy, by name.
fn rules(policy: &Value) -> String {
    let names = [
        "approvals",
        "freeze",
        "largest_step",
        "require_owner",
        "require_reason",
        "forbidden_attributes",
        "min_soak",
        "hold_kills",
    ];
    let there = names.into_iter().filter(|name| policy.get(name).is_some_and(|rule| !rule.is_null()));
    there.collect::<Vec<_>>().join(", ")
}

async fn set(api: &Api, project: &str, key: String, rules: &str, out: Output) -> Result<(), Failure> {
    let mut body = input::document(rules, "the policy")?;
    let path = ["projects", project, "policies", key.as_str()];
    let there = match api.get(&path, &[]).await {
        Ok(_) => true,
        Err(failure) if failure.exit == Exit::NotFound => false,
        Err(failure) => return Err(failure),
    };
    if there {
        let policy = api.patch(&path, &body).await?.body;
        return out.result(&policy, format!("updated {key}"));
    }
    if let Value::Object(members) = &mut body {
        members.entry("key").or_insert_with(|| json!(key));
    }
    let policy = api.post(&path[..3], &body).await?.body;
    out.result(&policy, format!("created {key}"))
}

impl Check {
    async fn run(self, api: &Api, project: &str, reason: Option<&str>, out: Output) -> Result<(), Failure> {
        let mut body = json!({});
        let merged = self.patch.as_deref().map(|patch| input::document(patch, "the patch")).transpose()?;
        match (self.flag, self.environment, self.segment) {
            (Some(flag), Some(environment), _) => {
                body["configuration"] = json!({"flag": flag, "environment": environment, "patch": merged});
            }
            (Some(flag), None, _) => body["flag"] = json!({"flag": flag, "patch": merged}),
            (None, _, Some(segment)) => body["segment"] = json!({"segment": segment, "patch": merged}),
            (None, _, None) => {}
        }
        if let Some(path) = self.file {
            body["file"] = json!({"document": crate::declared::read(&[path])?.document});
        }
        if let Some(policy) = self.policy {
            body["policy"] = input::document(&policy, "the policy")?;
        }
        if let Some(replay) = self.replay {
            body["replay"] = json!(replay);
        }
        if let Some(reason) = reason {
            body["reason"] = json!(reason);
        }
        let instant = self.at.map(|at| at.to_string());
        let query: Vec<(&str, &str)> = instant.iter().map(|at| ("at", at.as_str())).collect();
        let route = ["projects", project, "policies", "check"];
        let answer = api.send(Method::POST, &route, &query, Some(&body), None).await?.body;
        out.json(&answer)?;
        if out.json {
            return Ok(());
        }
        if answer["verdict"].is_object() {
            tell(&answer["verdict"])?;
        }
        if answer["past"].is_object() {
            tell_past(&answer["past"])?;
        }
        Ok(())
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn tell(verdict: &Value) -> Result<(), Failure> {
    let environments = joined(&verdict["environments"]);
    line(if environments.is_empty() {
        "touches nothing that is served".to_owned()
    } else {
        format!("touches {environments}")
    })?;
    for asked in list(&verdict["approvals"]) {
        let by = [joined(&asked["roles"]), joined(&asked["groups"])];
        let by = by.into_iter().filter(|by| !by.is_empty()).collect::<Vec<_>>().join(" or ");
        let by = if by.is_empty() { String::new() } else { format!(" by {by}") };
        line(format!("{BOLD}{}{OFF}: {} must approve{by}", text(&asked["policy"]), text(&asked["required"])))?;
    }
    for violation in list(&verdict["violations"]) {
        let free = violation["clears_at"].as_i64().map(|_| format!(" (until {})", instant(&violation["clears_at"])));
        line(format!(
            "{BOLD}{}{OFF}: {}{}",
            text(&violation["policy"]),
            text(&violation["message"]),
            free.unwrap_or_default()
        ))?;
    }
    for note in list(&verdict["notes"]) {
        line(format!("note: {}", text(&note["message"])))?;
    }
    if list(&verdict["approvals"]).is_empty() && list(&verdict["violations"]).is_empty() {
        line("nothing stands against it")?;
    }
    Ok(())
}

fn tell_past(past: &Value) -> Result<(), Failure> {
    let held = list(&past["held"]);
    line(format!("of the last {} changes, {} would have been held", text(&past["changes"]), held.len()))?;
    for change in held {
        line(format!(
            "{BOLD}#{}{OFF} {} {}: {}",
            text(&change["rev"]),
            instant(&change["at"]),
            text(&change["actor_name"]),
            text(&change["summary"])
        ))?;
        tell(&change["verdict"])?;
    }
    Ok(())
}
