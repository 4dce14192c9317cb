//! Policies as documents: how they are read, that they serve nothing, and that nothing passes which they cannot judge.

mod shop;

use serde_json::{Value, json};
use shop::Project;
use yardarm_model::command::{Command, Documents};
use yardarm_model::control::{Circumstances, ages_needed, verdict};
use yardarm_model::document::Kind;

#[test]
fn policies_are_read_strictly() {
    let project = Project::shop();
    let refused = |body: Value| -> Vec<(String, &'static str)> {
        let (_, problems) = project.refused(Command::CreatePolicy { body });
        problems.into_iter().map(|problem| (problem.pointer, problem.code)).collect()
    };
    let all = refused(
        json!({"key": "p", "environments": [], "flags": {"tags": []}, "approvals": {"required": 11, "role": ["x"]},
        "freeze": [{"name": "", "from": "18:00", "until": "2026-01-01T00:00", "time_zone": "Europe/Berln"},
            {"name": "w", "days": ["mon", "friday", "friday"], "from": "24:00", "until": "8:00", "time_zone": "UTC"},
            {"name": "b", "from": "2026-01-02T00:00", "until": "2026-01-01T00:00", "time_zone": "UTC"}],
        "largest_step": 0, "min_soak": {"hours": 0, "environment": "stagin"}, "forbidden_attributes": ["user", "a", "a"], "hold_kills": 1}),
    );
    for expected in [
        ("/environments", "empty"),
        ("/flags/tags", "empty"),
        ("/approvals/role", "unknown_field"),
        ("/approvals/required", "out_of_range"),
        ("/freeze/0/name", "empty"),
        ("/freeze/0/time_zone", "time_zone_unknown"),
        ("/freeze/0/from", "local_time_invalid"),
        ("/freeze/1/days/0", "out_of_range"),
        ("/freeze/1/days/2", "duplicate"),
        ("/freeze/1/from", "local_time_invalid"),
        ("/freeze/1/until", "local_time_invalid"),
        ("/freeze/2/until", "local_time_invalid"),
        ("/largest_step", "percent_range"),
        ("/forbidden_attributes/0", "attribute_invalid"),
        ("/forbidden_attributes/2", "duplicate"),
        ("/min_soak/hours", "out_of_range"),
        ("/min_soak/environment", "environment_missing"),
        ("/hold_kills", "wrong_type"),
    ] {
        assert!(
            all.iter().any(|(pointer, code)| (pointer.as_str(), *code) == expected),
            "{expected:?} is not in {all:#?}"
        );
    }
    assert_eq!(all.len(), 18, "{all:#?}");
    assert_eq!(refused(json!({"key": "p", "name": "Nothing"})), [(String::new(), "policy_empty")]);
    let (_, problems) = project.refused(Command::CreatePolicy {
        body: json!({"key": "p", "require_owner": true, "min_soak": {"hours": 1, "environment": "stagin"}}),
    });
    assert!(problems[0].message.contains("did you mean \"staging\"?"), "{}", problems[0].message);
}

#[test]
fn policies_change_no_ruleset_and_come_back_from_files() {
    let mut project = Project::shop();
    let ruleset = |project: &Project| {
        let version = yardarm_eval::ruleset::Version::default();
        serde_json::to_string(&yardarm_model::ruleset_for("shop", &project.state, &version, "production").unwrap())
            .unwrap()
    };
    let before = ruleset(&project);
    let documents = project.run(Command::CreatePolicy {
        body: json!({"key": "p", "largest_step": 10, "approvals": {"required": 1, "roles": ["b", "a"]}}),
    });
    assert_eq!(documents[0].2.as_ref().unwrap()["approvals"]["roles"], json!(["a", "b"]));
    assert_eq!(documents[0].2.as_ref().unwrap()["largest_step"].to_string(), "10");
    assert_eq!(ruleset(&project), before);
    let changed = documents.iter().map(|(kind, key, _)| (*kind, key.as_str()));
    let affected = yardarm_model::affected::affected(&project.state, &project.state, changed);
    assert!(affected.environments.values().all(yardarm_model::affected::Recompile::is_empty));
    let file = yardarm_model::export::export(&project.state);
    assert!(project.decide(&Command::Apply { body: file.clone(), prune: true }).unwrap().is_empty());
    project.run(Command::DeletePolicy { key: "p".into() });
    let back = project.run(Command::Apply { body: file, prune: false });
    assert_eq!(back, documents);
}

/// A document that no project can hold says nothing of what it touches: that is an error, and never "touches nothing".
#[test]
fn what_cannot_be_judged_is_no_clear_verdict() {
    let mut project = Project::shop();
    let soak = json!({"key": "p", "approvals": {"required": 1}, "min_soak": {"hours": 1}});
    project.run(Command::CreatePolicy { body: soak });
    let place = (Kind::Configuration, "production/checkout".to_owned());
    let turned_on = Command::UpdateConfiguration {
        flag: "checkout".into(),
        environment: "production".into(),
        patch: json!({"on": true}),
    };
    let good = project.decide(&turned_on).unwrap();
    assert!(!verdict(&project.state, &good, &Circumstances::default()).unwrap().is_clear());
    for (key, body) in [
        (place.1.as_str(), json!({"on": "perhaps"})),
        (place.1.as_str(), json!([])),
        ("production", good[0].2.clone().unwrap()),
    ] {
        // Alone, and after one that can be read.
        for before in [Documents::new(), good.clone()] {
            let mut documents = before;
            documents.push((Kind::Configuration, key.to_owned(), Some(body.clone())));
            assert!(verdict(&project.state, &documents, &Circumstances::default()).is_err(), "{key} {body}");
            assert!(ages_needed(&project.state, &documents).is_err(), "{key} {body}");
        }
    }
}
