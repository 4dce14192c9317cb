//! Line 1: an export of a project. The rest: commands, as `["put_configuration", "FLAG", "ENVIRONMENT", BODY]`.
//!
//! What `decide` accepts is stored, compiles and answers; it reads as sentences, and an export of it is the same project.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use serde_json::{Value, json};
use yardarm_eval::Snapshot;
use yardarm_eval::ruleset::{Ruleset, Version};
use yardarm_fuzz::{ask_everything, contexts, may_be_said_of_accepted, mutate};
use yardarm_model::command::{Command, Inputs, Refusal, decide};
use yardarm_model::document::State;
use yardarm_model::serves::serves;
use yardarm_model::{export, ruleset_for, sentence};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut lines = text.split('\n');
    let Some(Ok(body)) = lines.next().map(serde_json::from_str::<Value>) else { return };
    let mut state = State::default();
    let _ = run(&mut state, &named());
    let _ = run(&mut state, &Command::Import { body, replace: false });
    for line in lines.take(8) {
        if let Some(command) = serde_json::from_str(line).ok().and_then(command) {
            let _ = run(&mut state, &command);
        }
    }
    for environment in state.environments.keys() {
        let ruleset = ruleset(&state, environment);
        let snapshot = Snapshot::compile(&ruleset);
        for key in snapshot.keys() {
            assert!(may_be_said_of_accepted(snapshot.compile_error(key)), "{key}: {:?}", snapshot.compile_error(key));
        }
        ask_everything(&snapshot, &contexts());
    }
    read_aloud(&state);

    let mut copy = State::default();
    let _ = run(&mut copy, &named());
    run(&mut copy, &Command::Import { body: export::export(&state), replace: false })
        .expect("its own export is taken back");
    for environment in state.environments.keys() {
        let [one, other] = [&state, &copy].map(|state| json!(ruleset(state, environment)));
        assert_eq!(one, other, "an export changes the project");
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| { mutate(data, size, max_size, seed) });

fn named() -> Command {
    Command::UpdateProject { body: json!({"key": "web", "name": "Web"}) }
}

fn run(state: &mut State, command: &Command) -> Result<(), Refusal> {
    let documents = decide(state, command, &Inputs { now: 1_767_225_600_000, seed: [7; 32] })?;
    let texts: Vec<_> = documents
        .iter()
        .map(|(kind, key, body)| (kind.as_str(), key.as_str(), body.as_ref().map(Value::to_string)))
        .collect();
    let texts = texts.iter().map(|(kind, key, body)| (*kind, *key, body.as_deref()));
    state.apply(1, texts).expect("what was decided reads back");
    Ok(())
}

fn ruleset(state: &State, environment: &str) -> Ruleset {
    ruleset_for("web", state, &Version { epoch: "x".to_owned(), rev: 1 }, environment)
        .expect("there is this environment")
}

/// Every configuration as people see it.
fn read_aloud(state: &State) {
    for configuration in state.configurations.values() {
        let _ = (sentence::configuration(configuration), serves(configuration));
    }
}

fn command(words: Value) -> Option<Command> {
    let Value::Array(mut words) = words else { return None };
    let body = words.pop()?;
    let words: Option<Vec<&str>> = words.iter().map(Value::as_str).collect();
    let key = |word: &str| word.to_owned();
    Some(match words?[..] {
        ["create_flag"] => Command::CreateFlag { body },
        ["update_flag", flag] => Command::UpdateFlag { key: key(flag), patch: body },
        ["archive_flag", flag] => Command::ArchiveFlag { key: key(flag) },
        ["restore_flag", flag] => Command::RestoreFlag { key: key(flag) },
        ["put_configuration", flag, environment] => {
            Command::PutConfiguration { flag: key(flag), environment: key(environment), body }
        }
        ["update_configuration", flag, environment] => {
            Command::UpdateConfiguration { flag: key(flag), environment: key(environment), patch: body }
        }
        ["copy_configuration", flag, from, to] => {
            Command::CopyConfiguration { flag: key(flag), from: key(from), to: key(to) }
        }
        ["create_segment"] => Command::CreateSegment { body },
        ["update_segment", segment] => Command::UpdateSegment { key: key(segment), patch: body },
        ["edit_lists", segment] => Command::EditSegmentLists { key: key(segment), body },
        ["delete_segment", segment] => Command::DeleteSegment { key: key(segment) },
        ["delete_environment", environment] => Command::DeleteEnvironment { key: key(environment) },
        ["import"] => Command::Import { body, replace: true },
        _ => return None,
    })
}
