//! An export without a server: the project it describes, and an environment's ruleset.

use serde_json::Value;
use yardarm_eval::ruleset::{Ruleset, Version};
use yardarm_model::command::{Command, Inputs, Refusal, decide};
use yardarm_model::document::State;

use crate::failure::{Exit, Failure};

/// What `environment` of this export serves.
pub(crate) fn ruleset(export: &Value, environment: &str) -> Result<Ruleset, Failure> {
    let project = export["project"]["key"].as_str().unwrap_or("export");
    let mut state = State::default();
    let named = serde_json::json!({"key": project, "name": export["project"]["name"].as_str().unwrap_or(project)});
    for command in [Command::UpdateProject { body: named }, Command::Import { body: export.clone(), replace: false }] {
        change(&mut state, &command, &Inputs { now: 0, seed: [0; 32] }, 1).map_err(|refusal| refused(&refusal))?;
    }
    let version = Version { epoch: "export".to_owned(), rev: 1 };
    yardarm_model::ruleset_for(project, &state, &version, environment).ok_or_else(|| {
        let known: Vec<_> = state.environments.keys().map(String::as_str).collect();
        Failure::new(Exit::NotFound, format!("the export has no environment {environment:?}"))
            .hint(format!("its environments: {}", known.join(", ")))
    })
}

/// Decides a command and applies what it leaves. Returns the documents as the store takes them.
pub(crate) fn change(
    state: &mut State,
    command: &Command,
    inputs: &Inputs,
    rev: u64,
) -> Result<Vec<(String, String, Option<String>)>, Refusal> {
    let documents: Vec<_> = decide(state, command, inputs)?
        .into_iter()
        .map(|(kind, key, body)| (kind.as_str().to_owned(), key, body.map(|body| body.to_string())))
        .collect();
    let applied = documents.iter().map(|(kind, key, body)| (kind.as_str(), key.as_str(), body.as_deref()));
    state.apply(rev, applied).expect("documents that were just decided have a kind and a shape we know");
    Ok(documents)
}

/// A refusal in the words of the API.
pub(crate) fn refused(refusal: &Refusal) -> Failure {
    let mut failure = Failure::new(Exit::Invalid, "the project is not acceptable");
    failure.problems = refusal.problems.iter().map(|p| (p.pointer.clone(), p.message.clone())).collect();
    failure
}
