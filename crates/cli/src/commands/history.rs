//! `yardarm history …`

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::api::Connection;
use crate::failure::Failure;
use crate::output::{BOLD, GREEN, OFF, Output, RED, instant, text};

/// `yardarm history`
#[derive(Args, Debug)]
pub(crate) struct History {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// List changes, newest first
    List {
        /// Only changes of this flag
        #[arg(long)]
        flag: Option<String>,
        /// Only changes of this kind of document: flag, configuration, segment, environment, …
        #[arg(long)]
        kind: Option<String>,
        /// Only changes of the document with this key
        #[arg(long, requires = "kind")]
        key: Option<String>,
        /// Only changes by this actor
        #[arg(long)]
        actor: Option<String>,
        /// Only changes with this trace id
        #[arg(long)]
        trace_id: Option<String>,
        /// At most this many
        #[arg(long, value_name = "N", default_value_t = 50)]
        limit: usize,
    },
    /// Show a change: every document before and after
    Show {
        /// Its revision
        revision: u64,
    },
    /// Put back what a change changed; the undo is a change too
    Undo {
        /// Its revision
        revision: u64,
        /// Also when the documents were changed again since
        #[arg(long)]
        force: bool,
    },
}

impl History {
    pub(crate) async fn run(self, out: Output) -> Result<(), Failure> {
        let api = self.connection.open()?;
        let project = api.project().await?;
        let all = ["projects", &project, "history"];
        match self.command {
            Command::List { flag, kind, key, actor, trace_id, limit } => {
                let mut query = Vec::new();
                let filters =
                    [("flag", &flag), ("kind", &kind), ("key", &key), ("actor", &actor), ("trace_id", &trace_id)];
                for (name, value) in filters {
                    query.extend(value.as_deref().map(|value| (name, value)));
                }
                let list = api.list_up_to(&all, &query, limit).await?;
                let headers = ["revision", "at", "who", "action", "what", "why"];
                out.list(&list, &headers, "no changes", |change| {
                    vec![
                        text(&change["rev"]),
                        instant(&change["at"]),
                        text(&change["actor_name"]),
                        text(&change["action"]),
                        text(&change["summary"]),
                        text(&change["reason"]),
                    ]
                })
            }
            Command::Show { revision } => {
                let change = api.get(&[&all[..], &[&revision.to_string()]].concat(), &[]).await?.body;
                out.json(&change)?;
                show(&change, out)
            }
            Command::Undo { revision, force } => {
                let revision_text = revision.to_string();
                let path = [&all[..], &[&revision_text, "undo"]].concat();
                let query: &[(&str, &str)] = if force { &[("force", "true")] } else { &[] };
                let change = api.send(reqwest::Method::POST, &path, query, Some(&json!({})), None).await?.body;
                let text = format!("undid revision {revision} in revision {}", text(&change["rev"]));
                out.result(&change, text)
            }
        }
    }
}

fn summary(change: &Value) -> String {
    format!("{} {}", text(&change["action"]), text(&change["summary"])).trim_end().to_owned()
}

fn show(change: &Value, out: Output) -> Result<(), Failure> {
    out.say(format!("{BOLD}revision {}{OFF}  {}", text(&change["rev"]), summary(change)))?;
    out.say(format!("{} by {}", instant(&change["at"]), text(&change["actor_name"])))?;
    for name in ["reason", "trace_id", "hash"] {
        let value = text(&change[name]);
        if !value.is_empty() {
            out.say(format!("{}: {value}", name.replace('_', " ")))?;
        }
    }
    for document in change["documents"].as_array().into_iter().flatten() {
        out.say(format!("\n{BOLD}{} {}{OFF}", text(&document["kind"]), text(&document["key"])))?;
        for (sign, line) in
            said(&document["sentences"]).map_or_else(|| difference(&document["before"], &document["after"]), Ok)?
        {
            out.say(match sign {
                '-' => format!("{RED}- {line}{OFF}"),
                '+' => format!("{GREEN}+ {line}{OFF}"),
                _ => format!("  {line}"),
            })?;
        }
    }
    Ok(())
}

/// What changed in words, where the server has them: for configurations. Without a change in words, the lines tell.
fn said(sentences: &Value) -> Option<Vec<(char, String)>> {
    let changes = sentences.as_array().filter(|changes| !changes.is_empty())?;
    let sides = changes.iter().flat_map(|change| [('-', &change["before"]), ('+', &change["after"])]);
    Some(sides.filter(|(_, sentence)| sentence.is_string()).map(|(sign, sentence)| (sign, text(sentence))).collect())
}

/// The lines of both documents as YAML: what left (`-`), what came (`+`) and what stayed, by longest common part.
fn difference(before: &Value, after: &Value) -> Result<Vec<(char, String)>, Failure> {
    /// Of lines compared one by one; beyond, both are shown whole.
    const MOST: usize = 2_000;
    let lines = |value: &Value| -> Result<Vec<String>, Failure> {
        if value.is_null() {
            return Ok(Vec::new());
        }
        let yaml = serde_norway::to_string(value).map_err(|error| Failure::failed(error.to_string()))?;
        Ok(yaml.lines().map(str::to_owned).collect())
    };
    let (old, new) = (lines(before)?, lines(after)?);
    if old.len() > MOST || new.len() > MOST {
        let signed = |sign, lines: Vec<String>| lines.into_iter().map(move |line| (sign, line));
        return Ok(signed('-', old).chain(signed('+', new)).collect());
    }
    // common[i][j]: length of the longest common subsequence of old[i..] and new[j..].
    let mut common = vec![vec![0_u16; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i][j] =
                if old[i] == new[j] { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let (mut i, mut j, mut result) = (0, 0, Vec::new());
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            result.push((' ', old[i].clone()));
            (i, j) = (i + 1, j + 1);
        } else if i < old.len() && (j == new.len() || common[i + 1][j] >= common[i][j + 1]) {
            result.push(('-', old[i].clone()));
            i += 1;
        } else {
            result.push(('+', new[j].clone()));
            j += 1;
        }
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configurations_change_in_words() {
        let changes = json!([{"before": "Off.", "after": "On."}, {"before": null, "after": "For everyone serve on."}]);
        let lines: Vec<_> = said(&changes).unwrap().into_iter().map(|(sign, line)| format!("{sign}{line}")).collect();
        assert_eq!(lines, ["-Off.", "+On.", "+For everyone serve on."]);
        assert!(said(&Value::Null).is_none() && said(&json!([])).is_none());
    }

    #[test]
    fn differences_are_minimal() {
        let before = json!({"a": 1, "b": 2, "c": 3});
        let after = json!({"a": 1, "b": 5, "c": 3, "d": 4});
        let lines: Vec<_> =
            difference(&before, &after).unwrap().into_iter().map(|(sign, line)| format!("{sign}{line}")).collect();
        assert_eq!(lines, [" a: 1", "-b: 2", "+b: 5", " c: 3", "+d: 4"]);
        assert!(difference(&Value::Null, &after).unwrap().iter().all(|(sign, _)| *sign == '+'));
    }
}
