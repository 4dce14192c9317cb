//! A project as one document that can be kept in a file and imported again: `{format, project, environments,
//! segments, flags, policies?}`. Salts and ranges are in it, so that an import moves nobody; SDK keys are not.

use serde_json::{Value, json};

use crate::document::State;
use crate::normal_form;

/// The format that [`export`] writes and an import reads.
pub const FORMAT: u64 = 1;

/// The whole project. Importing it into an empty project gives the same rulesets, byte for byte.
pub fn export(state: &State) -> Value {
    let keyed = |key: &str, mut body: Value| {
        body["key"] = key.into();
        body
    };
    let environments: Vec<Value> =
        state.environments.iter().map(|(key, environment)| keyed(key, normal_form(environment))).collect();
    let segments = state.segments.iter().map(|(key, segment)| {
        let mut body = keyed(key, normal_form(&**segment));
        if let Some(map) = body.as_object_mut() {
            for which in ["included", "excluded"] {
                // Empty ones too: a list that is not there is one that the file says nothing about.
                map.insert(which.to_owned(), state.segment_keys(key, which).unwrap_or_default().into());
            }
        }
        body
    });
    let segments: Vec<Value> = segments.collect();
    let flags = state.flags.iter().map(|(key, flag)| {
        let mut body = keyed(key, normal_form(&**flag));
        let configurations = state
            .environments
            .keys()
            .filter_map(|environment| Some((environment, state.stored_configuration(environment, key)?)));
        body["environments"] =
            configurations.map(|(environment, config)| (environment.clone(), normal_form(&**config))).collect();
        body
    });
    let flags: Vec<Value> = flags.collect();
    let mut project = state.project.as_ref().map_or_else(|| json!({}), normal_form);
    project["key"] = state.project_key().unwrap_or_default().into();
    let policies: Vec<Value> = state.policies.iter().map(|(key, policy)| keyed(key, normal_form(&**policy))).collect();
    let mut whole = json!({
        "format": FORMAT,
        "project": project,
        "environments": environments,
        "segments": segments,
        "flags": flags,
    });
    if !policies.is_empty() {
        whole["policies"] = policies.into();
    }
    normal_form(&whole)
}
