//! What a change needs, read off the documents that it leaves: whatever command did it, and whatever it was called. So an
//! update that makes something needs the permission to make it, a patch that archives the one to archive, and an import,
//! an undo or a copy everything that it does.

use serde_json::Value;
use yardarm_model::authority::Permission;
use yardarm_model::command::Documents;
use yardarm_model::document::{Kind, State};

/// A permission, and the environment it is about.
pub(super) type Needed<'d> = (Permission, Option<&'d str>);

/// What the documents need, on the state that they change.
pub(super) fn needed<'d>(state: &'d State, documents: &'d Documents) -> Vec<Needed<'d>> {
    let removed_environment = |environment: &str| {
        documents.iter().any(|(kind, key, body)| *kind == Kind::Environment && key == environment && body.is_none())
    };
    let mut all = Vec::new();
    for (kind, key, body) in documents {
        match kind {
            Kind::Project => all.push((Permission::ProjectUpdate, None)),
            Kind::Environment => all.push((Permission::EnvironmentManage, None)),
            Kind::Flag => all.extend(of_flag(state, key, body.as_ref()).into_iter().map(|needed| (needed, None))),
            Kind::Segment => all.push((of_segment(state, documents, key), None)),
            Kind::SegmentList => {
                let segment = key.split('/').next().unwrap_or_default();
                all.push((of_segment(state, documents, segment), None));
            }
            Kind::Configuration => {
                let environment = key.split('/').next().unwrap_or_default();
                if !removed_environment(environment) {
                    all.push((Permission::ConfigurationUpdate, Some(environment)));
                }
            }
            Kind::Policy => all.push((Permission::PolicyManage, None)),
            // Kept by change control itself, never by a command.
            Kind::ChangeRequest => {}
            Kind::SdkKey => {
                // A key never moves, but if it did, both ends would count.
                let before = state.sdk_keys.get(key).map(|key| key.environment.as_str());
                let after = body.as_ref().and_then(|body| body["environment"].as_str());
                for environment in [before, after].into_iter().flatten() {
                    if body.is_some() || !removed_environment(environment) {
                        all.push((Permission::SdkKeyManage, Some(environment)));
                    }
                }
            }
        }
    }
    all.sort_unstable();
    all.dedup();
    all
}

fn of_flag(state: &State, key: &str, body: Option<&Value>) -> Vec<Permission> {
    let Some(before) = state.flags.get(key) else { return vec![Permission::FlagCreate] };
    let Some(body) = body else { return vec![Permission::FlagArchive] };
    let archived = body["archived"].as_bool().unwrap_or(false);
    if before.archived == archived {
        return vec![Permission::FlagUpdate];
    }
    let mut same = body.clone();
    if let Value::Object(members) = &mut same {
        members.remove("archived");
    }
    let mut old = serde_json::to_value(&**before).unwrap_or_default();
    if let Value::Object(members) = &mut old {
        members.remove("archived");
    }
    if same == old { vec![Permission::FlagArchive] } else { vec![Permission::FlagArchive, Permission::FlagUpdate] }
}

fn of_segment(state: &State, documents: &Documents, key: &str) -> Permission {
    let removed = |(kind, changed, body): &(Kind, String, Option<Value>)| {
        *kind == Kind::Segment && changed == key && body.is_none()
    };
    if !state.segments.contains_key(key) {
        Permission::SegmentCreate
    } else if documents.iter().any(removed) {
        Permission::SegmentDelete
    } else {
        Permission::SegmentUpdate
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use yardarm_model::command::{Command, Inputs, decide};

    use super::*;

    fn apply(state: &mut State, documents: &Documents) {
        let written: Vec<_> = documents
            .iter()
            .map(|(kind, key, body)| (kind.as_str(), key.as_str(), body.as_ref().map(Value::to_string)))
            .collect();
        let written = written.iter().map(|(kind, key, body)| (*kind, *key, body.as_deref()));
        state.apply(1, written).unwrap();
    }

    fn made(commands: Vec<Command>) -> State {
        let mut state = State::default();
        for command in commands {
            let documents = decide(&state, &command, &Inputs { now: 1, seed: [7; 32] }).unwrap();
            apply(&mut state, &documents);
        }
        state
    }

    fn needs(state: &State, command: &Command) -> Vec<(&'static str, Option<String>)> {
        let documents = decide(state, command, &Inputs { now: 2, seed: [9; 32] }).unwrap();
        let needed = needed(state, &documents);
        needed
            .into_iter()
            .map(|(permission, environment)| (permission.as_str(), environment.map(str::to_owned)))
            .collect()
    }

    fn shop() -> State {
        made(vec![
            Command::UpdateProject { body: json!({ "key": "shop", "name": "Shop" }) },
            Command::CreateEnvironment { body: json!({ "key": "staging", "name": "Staging" }) },
            Command::CreateEnvironment { body: json!({ "key": "production", "name": "Production" }) },
            Command::CreateFlag { body: json!({ "key": "checkout" }) },
            Command::CreateSegment { body: json!({ "key": "beta", "included": ["u1"] }) },
            Command::UpdateConfiguration {
                flag: "checkout".into(),
                environment: "staging".into(),
                patch: json!({ "on": true }),
            },
            Command::CreateSdkKey {
                id: "key_1".into(),
                body: json!({ "name": "k", "environment": "staging", "audience": "server" }),
                hash: "0".repeat(64),
                hint: "yd_srv_00000".into(),
            },
        ])
    }

    #[test]
    fn documents_say_what_they_need() {
        let state = shop();
        let flag = |patch: Value| Command::UpdateFlag { key: "checkout".into(), patch };
        let staging = || Some("staging".to_owned());
        let production = || Some("production".to_owned());
        let cases = [
            (Command::CreateFlag { body: json!({ "key": "new" }) }, vec![("flag.create", None)]),
            (flag(json!({ "name": "Another" })), vec![("flag.update", None)]),
            (Command::ArchiveFlag { key: "checkout".into() }, vec![("flag.archive", None)]),
            (
                Command::CopyConfiguration { flag: "checkout".into(), from: "staging".into(), to: "production".into() },
                vec![("configuration.update", production())],
            ),
            (Command::DeleteSegment { key: "beta".into() }, vec![("segment.delete", None)]),
            (
                Command::EditSegmentLists { key: "beta".into(), body: json!({ "included": { "add": ["u2"] } }) },
                vec![("segment.update", None)],
            ),
            (
                Command::CreateSegment { body: json!({ "key": "more", "included": ["u1"] }) },
                vec![("segment.create", None)],
            ),
            (Command::RevokeSdkKey { id: "key_1".into() }, vec![("sdk_key.manage", staging())]),
            // With its configurations and keys, which go with it.
            (Command::DeleteEnvironment { key: "staging".into() }, vec![("environment.manage", None)]),
        ];
        for (command, expected) in cases {
            assert_eq!(needs(&state, &command), expected, "{command:?}");
        }
    }

    #[test]
    fn putting_back_what_is_gone_is_making_it() {
        let state = shop();
        let body = serde_json::to_value(&*state.flags["checkout"]).unwrap();
        let empty = made(vec![Command::UpdateProject { body: json!({ "key": "shop", "name": "Shop" }) }]);
        let back = vec![(Kind::Flag, "checkout".to_owned(), Some(body.clone()))];
        assert_eq!(needed(&empty, &back), [(Permission::FlagCreate, None)]);
        let mut archived = body;
        archived["archived"] = json!(true);
        archived["name"] = json!("Renamed on the way");
        let both = vec![(Kind::Flag, "checkout".to_owned(), Some(archived))];
        assert_eq!(needed(&state, &both), [(Permission::FlagUpdate, None), (Permission::FlagArchive, None)]);
    }
}
