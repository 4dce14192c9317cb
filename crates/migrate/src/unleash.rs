//! Unleash: features as clients get them, delta events, and state exports.
//!
//! Reference is Yggdrasil, the engine its server-side SDKs share. A flag without variants becomes a boolean flag; one with
//! variants a JSON flag whose values are the records that `getVariant` gives: `{name, payload?, enabled, feature_enabled}`.
//! Everything is two-valued: a missing field fails a constraint, and an inverted constraint turns that into a match.

mod constraint;
mod dependency;
mod files;
mod flag;
mod source;
mod strategy;
mod verify;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{Imported, Names, Options, Project, Report, Source, Unreadable, exact_condition};
use constraint::Scope;
use source::{Feature, State};

pub(crate) use verify::verify;

/// Node hashes the low byte of each UTF-16 unit, and takes the stickiness of a strategy's variants from the first of them.
pub(crate) const SDKS: &[&str] = &["yggdrasil", "node"];

/// Reads Unleash's files.
pub(crate) fn import(files: &[Source], options: &Options) -> Result<Imported, Unreadable> {
    let mut report = Report::default();
    let state = files::read(files, options, &mut report)?;
    Ok(convert(&state, options, report).0)
}

/// The documents, and the keys that flags got.
fn convert(state: &State, options: &Options, mut report: Report) -> (Imported, Names) {
    let node = options.sdk(crate::Format::Unleash) == "node";
    let mut project = Project::default();
    for environment in &state.environments {
        project
            .environments
            .push(json!({"key": environment.key, "name": environment.name, "production": environment.production}));
        report.mapped(format!("environment {}", environment.name), "an environment");
    }
    let segments = segments(state, &mut project, &mut report);
    let mut flags = Names::default();
    for name in state.features.keys() {
        flags.key(name);
    }
    for (name, key) in flags.renamed() {
        let why = "keys are letters, digits, '.', '_' and '-', and unique without regard to case";
        report.attention(format!("flag {name}"), format!("is called {key} here"), why, "ask for it by the new key");
    }
    let shapes: BTreeMap<&str, flag::Shape> =
        state.features.iter().map(|(name, feature)| (name.as_str(), flag::Shape::of(feature))).collect();
    let import = flag::Import { flags: &flags, segments: &segments, shapes: &shapes, state, node };
    for (name, feature) in &state.features {
        project.flags.push(flag::document(&import, name, feature, &mut report));
    }
    (Imported { document: project.into_document("unleash", "Unleash"), report }, flags)
}

/// Segments by their id.
fn segments(state: &State, project: &mut Project, report: &mut Report) -> BTreeMap<String, String> {
    let mut names = Names::default();
    let mut keys = BTreeMap::new();
    for (id, segment) in &state.segments {
        let name = segment.name.clone().unwrap_or_else(|| format!("segment-{id}"));
        let key = names.key(if names.given(&name).is_some() { id } else { &name });
        let place = format!("segment {name}");
        let mut scope = Scope { place: &place, report };
        let there = segment.constraints.iter().flatten();
        let constraints: Vec<Value> = there.map(|c| constraint::read(c, &mut scope).into_value()).collect();
        let rules = match (&segment.constraints, &constraints[..]) {
            (None, _) => {
                let why = "this export names segments and does not hold them, so nobody is in it";
                report.attention(&place, "its constraints", why, "write them here, or import /api/client/features");
                Vec::new()
            }
            (Some(_), [one]) => vec![one.clone()],
            (Some(_), _) => vec![json!({"all": constraints})],
        };
        if let Some(project) = segment.project.as_deref().filter(|project| !project.is_empty()) {
            let why = "segments belong to the whole project here";
            report.mapped(&place, format!("it was for the project {project} only; {why}"));
        }
        project.segments.push(json!({
            "key": key,
            "name": name,
            "description": segment.description.clone().unwrap_or_default(),
            "rules": rules,
        }));
        report.mapped(place, format!("a segment of {} constraints", constraints.len()));
        keys.insert(id.clone(), key);
    }
    keys
}

/// In our own form where that says the same, else exactly.
#[derive(Clone, Debug, PartialEq)]
enum Form {
    Ours(Value),
    Exact(yardarm_eval::ruleset::Condition),
}

impl Form {
    fn into_value(self) -> Value {
        match self {
            Self::Ours(value) => value,
            Self::Exact(condition) => exact_condition(&condition),
        }
    }
}

/// Path of a context field: the user id is the targeting key here.
fn path(field: &str) -> Vec<String> {
    vec![if field == "userId" { "targetingKey".to_owned() } else { field.to_owned() }]
}

/// A place in the report: `flag checkout in production`.
fn place(feature: &Feature, name: &str, environment: &str) -> String {
    if feature.environments.len() == 1 { format!("flag {name}") } else { format!("flag {name} in {environment}") }
}
