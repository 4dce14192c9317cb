//! What the model would refuse is set aside before it can keep the rest out: one bad flag never costs another.

use serde_json::{Value, json};
use yardarm_model::codes;
use yardarm_model::command::{Command, Inputs, Problem, decide};
use yardarm_model::document::State;

use crate::{Imported, Report};

/// Problems are listed a hundred at a time; so many times at most.
const ROUNDS: usize = 50;

/// The import without what a project would refuse: a configuration that is refused is left out (its flag is off there), a
/// flag or a rule of a segment that is refused is left out, and all of it is reported.
pub(crate) fn screened(mut imported: Imported) -> Imported {
    for _ in 0..ROUNDS {
        let mut problems = refused(&imported.document);
        if problems.is_empty() {
            break;
        }
        // The compiler names no place: each flag is asked alone.
        if problems.iter().all(|problem| !problem.pointer.starts_with('/')) {
            problems = alone(&imported.document);
        }
        let Imported { document, report } = &mut imported;
        let taken: Vec<&Problem> = problems.iter().filter(|problem| take_out(document, report, problem)).collect();
        if taken.is_empty() {
            break;
        }
        sweep(document);
    }
    imported
}

fn refused(document: &Value) -> Vec<Problem> {
    let command = Command::Import { body: document.clone(), replace: false };
    let inputs = Inputs { now: 0, seed: [0; 32] };
    decide(&State::default(), &command, &inputs).err().map(|refusal| refusal.problems).unwrap_or_default()
}

/// What the compiler says of each flag in each environment.
fn alone(document: &Value) -> Vec<Problem> {
    let mut found = Vec::new();
    for (index, flag) in document["flags"].as_array().into_iter().flatten().enumerate() {
        for (environment, configuration) in flag["environments"].as_object().into_iter().flatten() {
            let mut only = document.clone();
            let mut flag = flag.clone();
            flag["environments"] = json!({environment: configuration});
            only["flags"] = json!([flag]);
            let compiled = refused(&only).into_iter().find(|problem| problem.code == codes::NOT_COMPILED);
            found.extend(compiled.map(|problem| Problem {
                pointer: format!("/flags/{index}/environments/{}", environment.replace('~', "~0").replace('/', "~1")),
                ..problem
            }));
        }
    }
    found
}

/// Takes out what a problem is about (marks it with null) and reports it; false when it is out already or has no place.
fn take_out(document: &mut Value, report: &mut Report, problem: &Problem) -> bool {
    let parts: Vec<&str> = problem.pointer.split('/').skip(1).collect();
    let (kind, depth, what) = match parts[..] {
        ["flags", _, "environments", _, ..] => ("flag", 4, "what it serves is left out, so it is off"),
        ["flags", _, ..] => ("flag", 2, "it is left out"),
        ["segments", _, "rules", _, ..] => ("segment", 4, "a rule of it is left out"),
        ["segments", _, ..] => ("segment", 2, "it is left out"),
        _ => return false,
    };
    let pointer =
        |depth: usize| parts.iter().take(depth).fold(String::new(), |pointer, part| format!("{pointer}/{part}"));
    let key = document.pointer(&pointer(2)).map(|owner| owner["key"].as_str().unwrap_or_default().to_owned());
    let Some(place) = document.pointer_mut(&pointer(depth)).filter(|place| !place.is_null()) else { return false };
    *place = Value::Null;
    let place = format!("{kind} {}", key.unwrap_or_default());
    report.attention(place, what, problem.message.clone(), "mend it in the file, or make it here by hand");
    true
}

/// Removes what was marked.
fn sweep(document: &mut Value) {
    for list in ["flags", "segments"] {
        let Some(items) = document.get_mut(list).and_then(Value::as_array_mut) else { continue };
        items.retain(|item| !item.is_null());
        for item in items {
            if let Some(environments) = item.get_mut("environments").and_then(Value::as_object_mut) {
                environments.retain(|_, configuration| !configuration.is_null());
            }
            if let Some(rules) = item.get_mut("rules").and_then(Value::as_array_mut) {
                rules.retain(|rule| !rule.is_null());
            }
        }
    }
}
