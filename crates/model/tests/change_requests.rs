//! Change requests as values: what pins them, what moves them, and merging.

#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::{Value, json};
use yardarm_model::change_request::{Choices, Item, Side, apply_to, depends, grown, hash, rebase};
use yardarm_model::command::{Command, Documents, Inputs, decide};
use yardarm_model::document::{Kind, State};

const INPUTS: Inputs = Inputs { now: 1, seed: [7; 32] };

fn write(state: &mut State, rev: u64, documents: &Documents) {
    let bodies: Vec<Option<String>> = documents.iter().map(|(.., body)| body.as_ref().map(Value::to_string)).collect();
    let all =
        documents.iter().zip(&bodies).map(|((kind, key, _), body)| (kind.as_str(), key.as_str(), body.as_deref()));
    state.apply(rev, all).unwrap();
}

fn run(state: &mut State, rev: u64, command: &Command) {
    let documents = decide(state, command, &INPUTS).unwrap();
    write(state, rev, &documents);
}

fn update(flag: &str, patch: Value) -> Command {
    Command::UpdateConfiguration { flag: flag.into(), environment: "production".into(), patch }
}

fn shop() -> State {
    let mut state = State::default();
    let commands = [
        Command::UpdateProject { body: json!({ "key": "shop", "name": "Shop" }) },
        Command::CreateEnvironment { body: json!({ "key": "production", "name": "Production" }) },
        Command::CreateFlag { body: json!({ "key": "a" }) },
        Command::CreateFlag { body: json!({ "key": "needed" }) },
        Command::CreateSegment { body: json!({ "key": "inner", "name": "Inner", "included": ["u1"] }) },
        Command::CreateSegment {
            body: json!({ "key": "outer", "name": "Outer", "rules": [{ "segment": "inner" }], "included": ["x"] }),
        },
    ];
    for (rev, command) in (1..).zip(&commands) {
        run(&mut state, rev, command);
    }
    state
}

fn drafted(state: &State, items: &[Item], command: &Command) -> Vec<Item> {
    let draft = apply_to(state, items).unwrap();
    grown(state, items, &decide(&draft, command, &INPUTS).unwrap())
}

#[test]
fn what_a_change_refers_to_is_found_through_others() {
    let state = shop();
    let patch = json!({
        "on": true,
        "prerequisites": [{ "flag": "needed", "variants": ["on"] }],
        "rules": [{ "if": { "segment": "outer" }, "serve": { "variant": "on" } }],
    });
    let items = drafted(&state, &[], &update("a", patch));
    let found: Vec<(Kind, String)> = depends(&state, &items).unwrap().into_iter().map(|d| (d.kind, d.key)).collect();
    let expected = [
        (Kind::Segment, "inner"),
        (Kind::Segment, "outer"),
        (Kind::Flag, "a"),
        (Kind::Flag, "needed"),
        (Kind::Configuration, "production/needed"),
    ];
    assert_eq!(found, expected.map(|(kind, key)| (kind, key.to_owned())));
    // A key in a list of a segment within a segment decides what is served.
    let mut moved = state.clone();
    let edit = json!({ "included": { "add": ["u2"] } });
    run(&mut moved, 50, &Command::EditSegmentLists { key: "inner".into(), body: edit });
    let (before, after) = (depends(&state, &items).unwrap(), depends(&moved, &items).unwrap());
    assert_ne!(before, after);
    assert_ne!(hash(&items, &before, None), hash(&items, &after, None));
}

#[test]
fn what_becomes_as_it_was_is_no_change() {
    let mut state = shop();
    run(&mut state, 10, &update("a", json!({ "on": false })));
    let on = drafted(&state, &[], &update("a", json!({ "on": true })));
    assert_eq!((on.len(), on[0].base_revision), (1, 10));
    assert!(drafted(&state, &on, &update("a", json!({ "on": false }))).is_empty());
}

#[test]
fn both_sides_are_kept_where_they_do_not_meet() {
    let mut state = shop();
    run(&mut state, 10, &update("a", json!({ "on": false })));
    let items = drafted(&state, &[], &update("a", json!({ "on": true, "default": { "variant": "off" } })));
    run(&mut state, 11, &update("a", json!({ "targets": [{ "variant": "on", "keys": ["u1"] }] })));
    let merged = rebase(&state, &items, &Choices::new(), &INPUTS).unwrap();
    assert!(merged.conflicts.is_empty(), "{:?}", merged.conflicts);
    let body = merged.items[0].body.as_ref().unwrap();
    assert_eq!(
        (&body["on"], &body["targets"][0]["keys"], merged.items[0].base_revision),
        (&json!(true), &json!(["u1"]), 11)
    );
    // Where they meet, nothing is done before somebody chose.
    run(&mut state, 12, &update("a", json!({ "default": { "rollout": { "variant": "on", "percent": 5 } } })));
    let asked = rebase(&state, &items, &Choices::new(), &INPUTS).unwrap();
    assert_eq!((asked.items.len(), asked.conflicts.len(), asked.conflicts[0].pointer.as_str()), (0, 1, "/default"));
    let place = (Kind::Configuration, "production/a".to_owned(), "/default".to_owned());
    for (side, expected) in [(Side::Request, json!({ "variant": "off" })), (Side::Current, Value::Null)] {
        let chosen = rebase(&state, &items, &Choices::from([(place.clone(), side)]), &INPUTS).unwrap();
        let default = &chosen.items[0].body.as_ref().unwrap()["default"];
        assert!(
            *default == expected || (expected.is_null() && default["rollout"]["percent"] == 5),
            "{side:?}: {default}"
        );
    }
    let needless = Choices::from([((Kind::Flag, "a".to_owned(), "/name".to_owned()), Side::Request)]);
    assert_eq!(rebase(&state, &items, &needless, &INPUTS).unwrap().needless.len(), 1);
}

#[test]
fn lists_are_sets_of_keys_whatever_chunks_they_are_in() {
    let mut state = shop();
    let many: Vec<String> = (0..990).map(|n| format!("k{n}")).collect();
    let edit = |add: Vec<String>, remove: Vec<String>| Command::EditSegmentLists {
        key: "inner".into(),
        body: json!({ "included": { "add": add, "remove": remove } }),
    };
    run(&mut state, 10, &edit(many, Vec::new()));
    let items = drafted(&state, &[], &edit(vec!["mine".into()], vec!["k7".into()]));
    // The other side splits the chunk that the request was made from.
    run(&mut state, 11, &edit((0..50).map(|n| format!("theirs{n}")).collect(), vec!["k8".into()]));
    assert!(state.lists.len() > 2, "{}", state.lists.len());
    let merged = rebase(&state, &items, &Choices::new(), &INPUTS).unwrap();
    let mut after = apply_to(&state, &merged.items).unwrap();
    let keys = after.segment_keys("inner", "included").unwrap();
    assert_eq!(keys.len(), 1 + 990 + 50 - 1 + 1 - 1);
    assert!(keys.contains(&"mine") && keys.contains(&"theirs3") && !keys.contains(&"k7") && !keys.contains(&"k8"));
    // What comes out is a project like any other.
    let documents: Documents = merged.items.iter().map(|i| (i.kind, i.key.clone(), i.body.clone())).collect();
    let again = decide(&state, &Command::RestoreDocuments { documents: documents.clone() }, &INPUTS).unwrap();
    assert_eq!(again.len(), documents.len());
    run(&mut after, 12, &edit(vec!["more".into()], Vec::new()));
}

#[test]
fn what_one_side_removed_is_asked_about() {
    let mut state = shop();
    let items = drafted(&state, &[], &Command::DeleteSegment { key: "outer".into() });
    let rename = Command::UpdateSegment { key: "outer".into(), patch: json!({ "name": "Renamed" }) };
    run(&mut state, 10, &rename);
    let asked = rebase(&state, &items, &Choices::new(), &INPUTS).unwrap();
    assert_eq!((asked.conflicts.len(), asked.conflicts[0].pointer.as_str()), (1, ""));
    let place = (Kind::Segment, "outer".to_owned(), String::new());
    let stays = rebase(&state, &items, &Choices::from([(place.clone(), Side::Current)]), &INPUTS).unwrap();
    assert!(stays.items.is_empty(), "there is nothing left to do: {:?}", stays.items);
    let goes = rebase(&state, &items, &Choices::from([(place, Side::Request)]), &INPUTS).unwrap();
    assert!(goes.items.iter().any(|item| item.kind == Kind::Segment && item.body.is_none()));
}
