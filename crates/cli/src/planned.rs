//! Plans: shown to people, asked for, and carried out. What the server answers is told, nothing is compared here.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};

use crate::api::Api;
use crate::failure::{Exit, Failure};
use crate::output::{BOLD, DIM, GREEN, OFF, Output, RED, instant, line, note, text};

/// Entries shown to people; `--json` has all.
const SHOWN: usize = 500;
/// Characters of a value that is shown.
const VALUE: usize = 100;

/// Which way a plan is told.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// What would be done to the server.
    Forward,
    /// What was done to the server since the files were applied.
    Backward,
}

/// Whether there is anything to do.
pub(crate) fn is_empty(plan: &Value) -> bool {
    entries(plan).is_empty()
}

pub(crate) fn entries(plan: &Value) -> &[Value] {
    plan["entries"].as_array().map_or(&[], Vec::as_slice)
}

/// A plan for people, one block a document.
pub(crate) fn tell(plan: &Value, told: Told) -> Result<(), Failure> {
    for entry in entries(plan).iter().take(SHOWN) {
        tell_entry(entry, told)?;
    }
    match entries(plan).len().saturating_sub(SHOWN) {
        0 => Ok(()),
        more => line(format!("… and {more} more; --json has all of them")),
    }
}

/// `3 to create, 1 to update`.
pub(crate) fn summary(plan: &Value) -> String {
    let words = [
        ("create", "to create"),
        ("update", "to change"),
        ("restore", "to restore"),
        ("archive", "to archive"),
        ("remove", "to remove"),
    ];
    let counts = words.iter().filter_map(|(name, words)| Some(format!("{} {words}", plan["counts"][name].as_u64()?)));
    counts.collect::<Vec<_>>().join(", ")
}

/// What the files do not name, and so leave alone.
pub(crate) fn tell_unnamed(plan: &Value) -> Result<(), Failure> {
    let rest = &plan["unnamed"];
    let kinds = ["flags", "segments", "environments"];
    let named: Vec<String> = kinds
        .iter()
        .filter_map(|kind| Some((kind, rest[kind].as_array().filter(|keys| !keys.is_empty())?)))
        .map(|(kind, keys)| {
            let more = if keys.len() > 5 { ", …" } else { "" };
            format!("{kind} {}{more}", keys.iter().take(5).map(|key| plain(&text(key))).collect::<Vec<_>>().join(", "))
        })
        .collect();
    if named.is_empty() {
        return Ok(());
    }
    line(format!("{DIM}Not in the files, and left alone: {} ({} in all){OFF}", named.join("; "), text(&rest["total"])))
}

fn tell_entry(entry: &Value, told: Told) -> Result<(), Failure> {
    let (key, kind) = (plain(&text(&entry["key"])), text(&entry["kind"]));
    let title = match (kind.as_str(), key.split_once('/')) {
        ("configuration", Some((environment, flag))) => format!("{flag} in {environment}"),
        _ => format!("{} {key}", kind.replace('_', " ")),
    };
    let (sign, color) = sign(&text(&entry["action"]), told);
    let production = if entry["production"] == true { format!(" {RED}(production){OFF}") } else { String::new() };
    line(format!("{color}{sign}{OFF} {BOLD}{title}{OFF}{production}{}", done_by(entry, told)))?;
    for (sign, words) in details(entry, &kind, told) {
        line(match sign {
            '-' => format!("    {RED}- {words}{OFF}"),
            '+' => format!("    {GREEN}+ {words}{OFF}"),
            '!' => format!("    {BOLD}! {words}{OFF}"),
            _ => format!("    {words}"),
        })?;
    }
    Ok(())
}

fn sign(action: &str, told: Told) -> (&'static str, anstyle::Style) {
    match (action, told) {
        ("update", _) => ("~", BOLD),
        ("create" | "restore", Told::Forward) | ("archive" | "remove", Told::Backward) => ("+", GREEN),
        _ => ("-", RED),
    }
}

/// In a drift: what happened, and who did it.
fn done_by(entry: &Value, told: Told) -> String {
    if told == Told::Forward {
        return String::new();
    }
    let what = match entry["action"].as_str() {
        Some("create") => "is not on the server",
        Some("restore") => "is archived on the server",
        Some("archive" | "remove") => "is only on the server",
        _ => "is another on the server",
    };
    let change = &entry["last_change"];
    if change.is_null() {
        return format!(" {what}");
    }
    let who = plain(&text(&change["actor"]));
    format!(" {what} {DIM}({} by {who}, revision {}){OFF}", instant(&change["at"]), text(&change["rev"]))
}

/// Signed lines: what goes, what comes, whom it concerns.
fn details(entry: &Value, kind: &str, told: Told) -> Vec<(char, String)> {
    let mut lines = Vec::new();
    let flip = told == Told::Backward;
    let mut pair = |before: Option<String>, after: Option<String>| {
        let (before, after) = if flip { (after, before) } else { (before, after) };
        lines.extend(before.map(|words| ('-', words)));
        lines.extend(after.map(|words| ('+', words)));
    };
    let list = |name: &str| entry[name].as_array().map_or(&[][..], Vec::as_slice);
    let said = |side: &Value| side.as_str().map(plain);
    for sentence in list("sentences") {
        pair(said(&sentence["before"]), said(&sentence["after"]));
    }
    let in_words = kind == "configuration" && !list("sentences").is_empty();
    for change in list("changes").iter().filter(|_| !in_words) {
        let pointer = text(&change["pointer"]);
        if pointer.is_empty() {
            pair(whole(kind, &change["before"]), whole(kind, &change["after"]));
            continue;
        }
        let value = |side: &Value| (!side.is_null()).then(|| format!("{}: {}", plain(&pointer[1..]), short(side)));
        // Rules of segments are told in words.
        if kind != "segment" || !pointer.starts_with("/rules") {
            pair(value(&change["before"]), value(&change["after"]));
        }
    }
    for change in list("lists") {
        let side = |count: &str, first: &str| {
            let count = change[count].as_u64().filter(|count| *count > 0)?;
            let keys = change[first].as_array().map_or(&[][..], Vec::as_slice);
            let more = if keys.len() as u64 == count { "" } else { ", …" };
            let keys = keys.iter().map(|key| plain(&text(key))).collect::<Vec<_>>().join(", ");
            Some(format!("{} {count}: {keys}{more}", text(&change["list"])))
        };
        pair(side("removed", "first_removed"), side("added", "first_added"));
    }
    if told == Told::Forward {
        lines.extend(list("effects").iter().filter_map(|effect| Some(('!', plain(effect.as_str()?)))));
    }
    lines
}

/// A document that comes or goes, in a few words.
fn whole(kind: &str, body: &Value) -> Option<String> {
    let name = || format!("name: {}", short(&body["name"]));
    match kind {
        _ if body.is_null() => None,
        "flag" => {
            let variants = body["variants"].as_array().map_or(&[][..], Vec::as_slice);
            let variants: Vec<String> = variants.iter().map(|variant| plain(&text(&variant["key"]))).collect();
            Some(format!("{} with {}", text(&body["type"]), variants.join(", ")))
        }
        "configuration" => None,
        _ => Some(name()),
    }
}

fn short(value: &Value) -> String {
    let json = value.to_string();
    if json.chars().count() <= VALUE {
        return plain(&json);
    }
    plain(&json.chars().take(VALUE).chain("…".chars()).collect::<String>())
}

/// Text that moves no cursor: names are other people's.
fn plain(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

/// A request that is planned, shown, agreed to and made.
pub(crate) struct Request<'a> {
    /// Where the plan is asked for.
    pub(crate) plan: &'a [&'a str],
    /// Where it is carried out.
    pub(crate) carry_out: &'a [&'a str],
    pub(crate) query: &'a [(&'a str, &'a str)],
    pub(crate) body: &'a Value,
    /// A plan that was shown before: it is not asked for again.
    pub(crate) shown: Option<&'a str>,
    /// Agreed to beforehand.
    pub(crate) yes: bool,
    /// What is told when there is nothing to do.
    pub(crate) nothing: &'a str,
}

impl Request<'_> {
    /// Asks for the plan, shows it, asks whether to go on, and carries out exactly that plan.
    pub(crate) async fn run(self, api: &Api, out: Output) -> Result<(), Failure> {
        let fingerprint = if let Some(fingerprint) = self.shown {
            fingerprint.to_owned()
        } else {
            let plan = api.send(Method::POST, self.plan, self.query, Some(self.body), None).await?.body;
            if is_empty(&plan) {
                let nothing = json!({"changed": [], "version": plan["version"], "revision": null});
                return out.result(&nothing, self.nothing);
            }
            if !out.json {
                tell(&plan, Told::Forward)?;
                line(format!("\n{}", summary(&plan)))?;
            }
            self.agree(out)?;
            text(&plan["fingerprint"])
        };
        let query: Vec<(&str, &str)> = self.query.iter().copied().chain([("plan", fingerprint.as_str())]).collect();
        match api.send(Method::POST, self.carry_out, &query, Some(self.body), None).await {
            Ok(done) => {
                let changed = done.body["changed"].as_array().map_or(0, Vec::len);
                let words = match &done.body["revision"] {
                    Value::Null => self.nothing.to_owned(),
                    revision => format!("done: {changed} documents in revision {revision}"),
                };
                out.result(&done.body, words)
            }
            Err(failure) => Err(moved(failure, out)?),
        }
    }

    fn agree(&self, out: Output) -> Result<(), Failure> {
        if self.yes {
            return Ok(());
        }
        let nobody = out.json || !std::io::stdin().is_terminal();
        if nobody {
            return Err(Failure::usage("nothing was changed: nobody is there to say yes").hint("add --yes"));
        }
        write!(anstream::stderr().lock(), "Do it? Only yes is taken: ")?;
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer)?;
        if answer.trim() == "yes" { Ok(()) } else { Err(Failure::failed("nothing was changed")) }
    }
}

/// A plan that moved comes with the plan as it is now, which is shown.
fn moved(mut failure: Failure, out: Output) -> Result<Failure, Failure> {
    let plan = failure.document.as_ref().map(|document| &document["plan"]).filter(|plan| plan.is_object());
    if let Some(plan) = plan {
        if !out.json {
            note("The plan as it is now:")?;
            tell(plan, Told::Forward)?;
        }
        failure.hint = Some("look at the plan as it is now, then repeat the command".to_owned());
    }
    Ok(failure)
}

/// A plan in a file: what it is of, and what it says.
pub(crate) struct Saved {
    pub(crate) project: String,
    pub(crate) prune: bool,
    pub(crate) file: Value,
    pub(crate) plan: Value,
}

/// Says what a saved plan is.
const SAVED: &str = "yardarm-plan";

impl Saved {
    pub(crate) fn write(&self, path: &Path) -> Result<(), Failure> {
        let body = json!({"kind": SAVED, "format": 1, "project": self.project, "prune": self.prune, "file": self.file,
            "plan": self.plan});
        let text = serde_json::to_string_pretty(&body)?;
        std::fs::write(path, text + "\n").map_err(|error| Failure::failed(format!("{}: {error}", path.display())))
    }

    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let bytes = std::fs::read(path).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
        let wrong = |why: &str| {
            Failure::new(Exit::Invalid, format!("{} is not a plan: {why}", path.display()))
                .hint("make one with `yardarm plan FILES --out plan.json`")
        };
        let mut body = yardarm_model::parse(&bytes).map_err(|refusal| {
            wrong(refusal.problems.first().map_or("it is not JSON", |problem| problem.message.as_str()))
        })?;
        if body["kind"] != SAVED || body["format"] != 1 {
            return Err(wrong("it was not written by this version of `yardarm plan`"));
        }
        let (Some(project), Some(prune)) = (body["project"].as_str().map(str::to_owned), body["prune"].as_bool())
        else {
            return Err(wrong("project or prune is missing"));
        };
        if !body["plan"]["fingerprint"].is_string() {
            return Err(wrong("its fingerprint is missing"));
        }
        Ok(Self { project, prune, file: body["file"].take(), plan: body["plan"].take() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_others_move_no_cursor() {
        assert_eq!(plain("a\u{1b}[2Jb\u{7}"), "a\\u{1b}[2Jb\\u{7}");
        let long = short(&json!("x".repeat(500)));
        assert!(long.chars().count() == VALUE + 1 && long.ends_with('…'));
    }

    #[test]
    fn a_plan_is_told_forward_and_backward() {
        let entry = json!({"kind": "configuration", "key": "production/a", "action": "update", "production": true,
            "changes": [{"pointer": "/on", "before": true, "after": false}], "lists": [],
            "sentences": [{"before": "On.", "after": "Off."}], "effects": ["It is turned off: everyone is served off."]});
        let lines = |told| details(&entry, "configuration", told);
        let owned = |lines: &[(char, &str)]| lines.iter().map(|(s, w)| (*s, (*w).to_owned())).collect::<Vec<_>>();
        let forward = [('-', "On."), ('+', "Off."), ('!', "It is turned off: everyone is served off.")];
        assert_eq!(lines(Told::Forward), owned(&forward));
        assert_eq!(lines(Told::Backward), owned(&[('-', "Off."), ('+', "On.")]));
        let flag = json!({"changes": [{"pointer": "/description", "before": null, "after": "Why"}], "sentences": [], "effects": []});
        assert_eq!(details(&flag, "flag", Told::Forward), owned(&[('+', "description: \"Why\"")]));
        let segment = json!({"changes": [{"pointer": "/rules/0", "before": 1, "after": 2}],
            "lists": [{"list": "included", "added": 12, "removed": 0, "first_added": ["a", "b"], "first_removed": []}],
            "sentences": [{"before": null, "after": "Whoever has x."}], "effects": []});
        assert_eq!(
            details(&segment, "segment", Told::Forward),
            owned(&[('+', "Whoever has x."), ('+', "included 12: a, b, …")])
        );
    }
}
