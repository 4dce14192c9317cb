//! Files that say how a project should be, and promotion: what holds for all of them.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "../src/generators.rs"]
#[allow(unreachable_pub, clippy::allow_attributes, reason = "public in the crate it belongs to")]
mod generators;
mod shop;

use generators::ENVIRONMENTS;
use proptest::prelude::*;
use serde_json::{Value, json};
use shop::Project;
use yardarm_model::command;
use yardarm_model::command::{Command, RefusalCode};
use yardarm_model::document::Kind;
use yardarm_model::export::export;
use yardarm_model::plan::{Action, Entry, digest, fingerprint, plan, unnamed};

fn apply(body: &Value) -> Command {
    Command::Apply { body: body.clone(), prune: false }
}

fn grown(commands: Vec<Command>) -> Project {
    let mut project = Project::empty();
    for key in ENVIRONMENTS {
        project.run(Command::CreateEnvironment { body: json!({"key": key}) });
    }
    for command in commands {
        if project.decide(&command).is_ok() {
            project.run(command);
        }
    }
    project
}

/// The file as a person would have written it: without what the server makes, everything in another order.
fn by_hand(file: &Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(members) => {
                members.remove("ranges");
                members.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut file = file.clone();
    strip(&mut file);
    for list in ["environments", "segments", "flags"] {
        let items = file[list].as_array_mut().unwrap();
        items.reverse();
        for item in items {
            for name in ["salt", "created_at", "position", "color"] {
                item.as_object_mut().unwrap().remove(name);
            }
            for configuration in item
                .get_mut("environments")
                .and_then(Value::as_object_mut)
                .into_iter()
                .flatten()
                .map(|(_, value)| value)
            {
                for rule in configuration.get_mut("rules").and_then(Value::as_array_mut).into_iter().flatten() {
                    rule.as_object_mut().unwrap().remove("id");
                }
            }
        }
    }
    file
}

fn commands() -> impl Strategy<Value = Vec<Command>> {
    proptest::collection::vec(generators::command(), 1..50)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_export_applied_changes_nothing(commands in commands()) {
        let project = grown(commands);
        let file = export(&project.state);
        for file in [file.clone(), by_hand(&file)] {
            let documents = project.decide(&Command::Apply { body: file, prune: true }).unwrap();
            prop_assert!(documents.is_empty(), "{documents:?}");
        }
    }

    #[test]
    fn what_was_applied_is_so((here, there) in (commands(), commands()), prune in any::<bool>()) {
        let mut project = grown(here);
        let file = export(&grown(there).state);
        let command = Command::Apply { body: by_hand(&file), prune };
        let Ok(documents) = project.decide(&command) else { return Ok(()) };
        // What is decided again on the same state is the same plan, whatever was drawn at random.
        let named = |project: &Project, documents| fingerprint(&digest(&file), "e", &project.state, documents);
        let before = named(&project, &documents);
        let made = plan(&project.state, &documents);
        prop_assert_eq!(made.is_empty(), documents.is_empty());
        project.rev += 1;
        prop_assert_eq!(before, named(&project, &project.decide(&command).unwrap()));
        project.run(command.clone());
        prop_assert!(project.decide(&command).unwrap().is_empty(), "applied twice");
        // Salts and ids that were made are kept when they are not in the file, and may be in it.
        prop_assert!(project.decide(&apply(&export(&project.state))).unwrap().is_empty());
    }

    #[test]
    fn what_was_promoted_is_so(commands in commands(), with_state in any::<bool>()) {
        let mut project = grown(commands);
        let command = Command::Promote { from: "staging".into(), to: "production".into(), flags: None, with_state };
        if project.decide(&command).is_ok() {
            project.run(command.clone());
            let again = project.decide(&command).unwrap();
            prop_assert!(again.is_empty(), "{again:?}");
        }
    }
}

fn flag(configuration: &Value) -> Value {
    json!({"format": 1, "flags": [{"key": "payments", "environments": {"production": configuration}}]})
}

fn entries(project: &Project, command: &Command) -> Vec<Entry> {
    plan(&project.state, &project.decide(command).unwrap())
}

/// The bucket ranges of the default rule.
fn ranges(project: &Project) -> Value {
    let configuration = project.state.configuration("production", "payments").unwrap();
    serde_json::to_value(configuration).unwrap()["default"]["rollout"]["ranges"].take()
}

#[test]
fn a_file_never_draws_people_anew() {
    let rollout = |percent: u32| json!({"on": true, "default": {"rollout": {"variant": "on", "percent": percent}}, "off_variant": "off"});
    let mut project = Project::shop();
    project.run(apply(&flag(&rollout(30))));
    let thirty = ranges(&project);
    project.run(apply(&flag(&rollout(10))));
    project.run(apply(&flag(&rollout(30))));
    assert_eq!(ranges(&project), thirty, "the same come back");
    // A file that was exported long ago brings ranges; those of here count.
    let mut stale = rollout(30);
    stale["default"]["rollout"]["ranges"] = json!([[4_000_000_000_u64, 4_294_967_296_u64], [0, 993_522_893_u64]]);
    assert!(project.decide(&apply(&flag(&stale))).unwrap().is_empty());
    let mut salted = flag(&rollout(30));
    salted["flags"][0]["salt"] = json!("another");
    let (code, problems) = project.refused(apply(&salted));
    assert_eq!(
        (code, problems[0].pointer.as_str(), problems[0].code),
        (RefusalCode::Conflict, "/flags/0/salt", "field_fixed")
    );
    // Of a flag that is new, the file's salt is taken: two projects can pick the same people.
    salted["flags"][0]["key"] = json!("fresh");
    project.run(apply(&salted));
    assert_eq!(project.state.flags["fresh"].salt, "another");
}

#[test]
fn a_rule_that_is_edited_keeps_its_id_and_its_people() {
    let rule = |country: &str, percent: u32| {
        json!({"on": true, "default": {"variant": "off"}, "off_variant": "off", "rules": [
            {"if": {"attribute": "country", "operator": "in", "values": [country]},
             "serve": {"rollout": {"variant": "on", "percent": percent}}}]})
    };
    let mut project = Project::shop();
    project.run(apply(&flag(&rule("DE", 50))));
    let of = |project: &Project| project.state.configuration("production", "payments").unwrap().rules.remove(0);
    let first = of(&project);
    assert_eq!(first.id.len(), 8);
    project.run(apply(&flag(&rule("AT", 50))));
    let second = of(&project);
    assert_eq!((&first.id, &first.serve), (&second.id, &second.serve));
    project.run(apply(&flag(&rule("AT", 60))));
    assert_eq!(of(&project).id, first.id);
}

#[test]
fn what_a_file_does_not_name_stays_unless_it_is_pruned() {
    let mut project = Project::shop();
    let file = json!({"format": 1, "flags": [{"key": "payments"}]});
    assert!(project.decide(&apply(&file)).unwrap().is_empty());
    let rest = unnamed(&project.state, &file);
    assert_eq!((rest.flags, rest.segments, rest.total), (vec!["checkout".to_owned()], vec!["beta".to_owned()], 4));
    let prune = Command::Apply { body: file, prune: true };
    let made: Vec<_> =
        entries(&project, &prune).into_iter().map(|entry| (entry.kind, entry.key, entry.action)).collect();
    // It has no list of segments, so it is not about segments.
    assert_eq!(made, [(Kind::Flag, "checkout".to_owned(), Action::Archive)]);
    project.run(prune);
    assert!(project.state.flags["checkout"].archived && project.state.segments.contains_key("beta"));
    // A file that names it again restores it.
    let made = entries(
        &project,
        &apply(&json!({"format": 1, "flags": [{"key": "checkout", "type": "string",
        "variants": [{"key": "a", "value": "A"}, {"key": "b", "value": "B"}, {"key": "c", "value": "C"}]}]})),
    );
    assert_eq!((made[0].action, made.len()), (Action::Restore, 1));
}

#[test]
fn a_file_is_for_one_project() {
    let project = Project::shop();
    let (_, problems) = project.refused(apply(&json!({"format": 1, "project": {"key": "other"}})));
    assert_eq!((problems[0].pointer.as_str(), problems[0].code), ("/project/key", "field_fixed"));
    let made = entries(&project, &apply(&json!({"format": 1, "project": {"key": "shop", "name": "The shop"}})));
    assert_eq!((made[0].kind, made[0].changes[0].pointer.as_str()), (Kind::Project, "/name"));
    // An environment that is said to be there loses nothing that the file leaves out.
    assert!(project.decide(&apply(&json!({"format": 1, "environments": [{"key": "production"}]}))).unwrap().is_empty());
}

#[test]
fn a_plan_tells_what_becomes_of_segments_and_whom_it_concerns() {
    let mut project = Project::shop();
    project.put(
        "payments",
        "production",
        json!({"on": true, "rules": [{"if": {"segment": "beta"}, "serve": {"variant": "on"}}],
        "default": {"variant": "off"}, "off_variant": "off"}),
    );
    let file = json!({"format": 1, "segments": [{"key": "beta", "included": ["ana", "cy"], "rules": [
        {"attribute": "user.email", "operator": "ends_with", "values": ["@example.org"]}]}]});
    let [beta]: [Entry; 1] = entries(&project, &apply(&file)).try_into().unwrap();
    assert_eq!(
        (beta.kind, beta.action, beta.changes[0].pointer.as_str()),
        (Kind::Segment, Action::Update, "/rules/0/values/0")
    );
    let list = &beta.lists[0];
    assert_eq!(
        (list.list, &list.first_added[..], &list.first_removed[..]),
        ("included", &["cy".to_owned()][..], &["bo".to_owned()][..])
    );
    assert_eq!(beta.sentences.len(), 2);
    assert_eq!(beta.effects, ["It decides for payments in production."]);
    // A list alone differs in its chunks only, and is told as the segment's all the same.
    let list = json!({"format": 1, "segments": [{"key": "beta", "included": [], "rules": [
        {"attribute": "user.email", "operator": "ends_with", "values": ["@example.com"]}]}]});
    let [beta]: [Entry; 1] = entries(&project, &apply(&list)).try_into().unwrap();
    assert_eq!((beta.changes.len(), beta.lists[0].removed, beta.production), (0, 2, false));
}

#[test]
fn promotion_brings_what_is_served_and_the_switch_only_when_asked() {
    let mut project = Project::shop();
    let body = json!({"on": true, "default": {"rollout": {"variant": "on", "percent": 20}}, "off_variant": "off"});
    project.put("payments", "staging", body);
    let promote = |flags: Option<Vec<String>>, with_state| Command::Promote {
        from: "staging".into(),
        to: "production".into(),
        flags,
        with_state,
    };
    let made = entries(&project, &promote(None, false));
    assert_eq!(
        made.iter().map(|entry| (entry.key.as_str(), entry.production)).collect::<Vec<_>>(),
        [("production/payments", true)]
    );
    project.run(promote(None, false));
    let there = project.state.configuration("production", "payments").unwrap();
    assert!(!there.on, "people turn it on when they mean it");
    let here = project.state.configuration("staging", "payments").unwrap();
    assert_eq!(there.default, here.default, "the same users, range by range");
    project.run(promote(Some(vec!["payments".into()]), true));
    assert!(project.state.configuration("production", "payments").unwrap().on);

    let (code, problems) = project.refused(promote(Some(vec!["payment".into()]), true));
    assert_eq!((code, problems[0].pointer.as_str()), (RefusalCode::Invalid, "/flags/0"));
    assert!(problems[0].message.contains("did you mean \"payments\""));
    let same = Command::Promote { from: "staging".into(), to: "staging".into(), flags: None, with_state: true };
    assert_eq!(project.refused(same).1[0].pointer, "/from");
}
