//! Whole journeys through commands, evaluated with the evaluator that is shipped.
#![expect(clippy::unwrap_used, reason = "tests")]

mod shop;

use serde_json::{Value, json};
use shop::{Project, put};
use yardarm_eval::ruleset::Version;
use yardarm_model::command::{Command, RefusalCode};
use yardarm_model::document::{Kind, Serve};
use yardarm_model::export::export;
use yardarm_model::{affected, ruleset_for};

#[test]
fn a_flag_is_made_configured_and_evaluated() {
    let mut project = Project::shop();
    let user = json!({"targetingKey": "u1", "country": "DE"});
    let expect = |project: &Project, environment: &str, context: &Value, variant: &str, reason: &str| {
        assert_eq!(project.answer(environment, "payments", context), (Some(variant.into()), reason.into()));
    };
    expect(&project, "production", &user, "off", "DISABLED");
    project.run(Command::UpdateConfiguration {
        flag: "payments".into(),
        environment: "production".into(),
        patch: json!({"on": true}),
    });
    expect(&project, "production", &user, "on", "STATIC");
    expect(&project, "staging", &user, "off", "DISABLED");
    project.put("payments", "production", json!({
        "on": true,
        "targets": [{"variant": "on", "keys": ["vip"]}],
        "rules": [
            {"if": {"segment": "beta"}, "serve": {"variant": "on"}},
            {"if": {"attribute": "country", "operator": "in", "values": ["DE"]}, "serve": {"rollout": {"variant": "on", "percent": 100}}},
        ],
        "default": {"variant": "off"},
        "off_variant": "off",
    }));
    expect(&project, "production", &user, "on", "SPLIT");
    expect(&project, "production", &json!({"targetingKey": "vip"}), "on", "TARGETING_MATCH");
    expect(&project, "production", &json!({"targetingKey": "ana"}), "on", "TARGETING_MATCH");
    expect(&project, "production", &json!({"targetingKey": "x", "email": "x@example.com"}), "on", "TARGETING_MATCH");
    expect(&project, "production", &json!({"targetingKey": "x"}), "off", "DEFAULT");
}

fn ruleset_text(project: &Project, environment: &str) -> String {
    serde_json::to_string(&ruleset_for("shop", &project.state, &Version::default(), environment).unwrap()).unwrap()
}

fn rich() -> Project {
    let mut project = Project::shop();
    project.run(Command::CreateSegment {
        body: json!({"key": "large", "included": (0..2_500).map(|n| format!("u{n}")).collect::<Vec<_>>(), "rules": [{"segment": "beta"}]}),
    });
    project.put(
        "checkout",
        "production",
        json!({
            "on": true,
            "prerequisites": [{"flag": "payments", "variants": ["on"]}],
            "rules": [{"if": {"segment": "large"}, "serve": {"rollout": {"variant": "b", "percent": 30}}}],
            "default": {"split": {"shares": [{"variant": "a", "percent": 50}, {"variant": "b", "percent": 50}]}},
            "off_variant": "a",
        }),
    );
    // Ranges with a history: grown, shrunk and split.
    for percents in [[20, 70, 10], [60, 10, 30]] {
        let shares: Vec<Value> =
            ["a", "b", "c"].iter().zip(percents).map(|(v, p)| json!({"variant": v, "percent": p})).collect();
        project.run(Command::UpdateConfiguration {
            flag: "checkout".into(),
            environment: "production".into(),
            patch: json!({"default": {"split": {"shares": shares}}}),
        });
    }
    project.run(Command::EditSegmentLists {
        key: "large".into(),
        body: json!({"included": {"remove": ["u1"], "add": ["v1"]}}),
    });
    project.run(Command::CreateFlag { body: json!({"key": "old"}) });
    project.run(Command::ArchiveFlag { key: "old".into() });
    project
}

#[test]
fn an_export_imported_elsewhere_gives_the_same_rulesets() {
    let from = rich();
    let exported = export(&from.state);
    let mut to = Project::empty();
    to.run(Command::Import { body: exported.clone(), replace: false });
    assert_eq!(export(&to.state), exported);
    for environment in ["staging", "production"] {
        assert_eq!(ruleset_text(&to, environment), ruleset_text(&from, environment));
    }
    assert!(to.decide(&Command::Import { body: exported, replace: true }).unwrap().is_empty(), "again: nothing to do");
}

/// Found by fuzzing: such an export was refused, for a segment that was rightly deleted.
#[test]
fn an_archived_flag_is_exported_with_what_it_referred_to() {
    let mut from = Project::shop();
    let body = json!({"on": true, "rules": [{"if": {"segment": "beta"}, "serve": {"variant": "b"}}], "default": {"variant": "a"},
        "off_variant": "a"});
    from.put("checkout", "production", body);
    from.run(Command::ArchiveFlag { key: "checkout".into() });
    from.run(Command::DeleteSegment { key: "beta".into() });
    let exported = export(&from.state);
    let mut to = Project::empty();
    to.run(Command::Import { body: exported.clone(), replace: false });
    assert_eq!(export(&to.state), exported);
    let (_, problems) = to.refused(Command::RestoreFlag { key: "checkout".into() });
    assert_eq!(problems[0].code, "segment_missing", "it is looked at when it comes back");
}

#[test]
fn an_import_that_replaces_archives_and_deletes_the_rest() {
    let mut project = rich();
    let mut body = export(&Project::shop().state);
    body["flags"].as_array_mut().unwrap().retain(|flag| flag["key"] != "checkout");
    let documents = project.run(Command::Import { body, replace: true });
    assert!(project.state.flags["checkout"].archived);
    assert!(!project.state.segments.contains_key("large"));
    assert!(project.state.lists.keys().all(|key| key.starts_with("beta/")));
    assert!(documents.iter().any(|(kind, key, body)| *kind == Kind::Segment && key == "large" && body.is_none()));
}

#[test]
fn undo_puts_documents_back_and_keeps_the_project_valid() {
    let mut project = rich();
    let before = ruleset_text(&project, "production");
    let old = |project: &Project, kind: Kind, key: &str| {
        let value = match kind {
            Kind::SegmentList => yardarm_model::normal_form(&*project.state.lists[key]),
            _ => yardarm_model::normal_form(&*project.state.segments[key]),
        };
        (kind, key.to_owned(), Some(value))
    };
    let mut documents: Vec<_> = project.state.lists.keys().map(|key| old(&project, Kind::SegmentList, key)).collect();
    documents.push(old(&project, Kind::Segment, "large"));
    // Grow until chunks split, then put the old chunks back without saying that the new ones go.
    let many: Vec<String> = (0..4_000).map(|n| format!("w{n}")).collect();
    project.run(Command::EditSegmentLists { key: "large".into(), body: json!({"included": {"add": many}}) });
    project.run(Command::RestoreDocuments { documents: documents.clone() });
    let keys = project.state.segment_keys("large", "included").unwrap();
    assert!(keys.contains(&"u2"));
    assert_eq!(keys.len(), keys.iter().collect::<std::collections::BTreeSet<_>>().len());
    // With the removals it is the old state again.
    let gone: Vec<_> =
        project.state.lists.keys().filter(|key| !documents.iter().any(|(_, old, _)| old == *key)).cloned().collect();
    documents.extend(gone.into_iter().map(|key| (Kind::SegmentList, key, None)));
    project.run(Command::RestoreDocuments { documents });
    assert_eq!(ruleset_text(&project, "production"), before);

    let (code, problems) =
        project.refused(Command::RestoreDocuments { documents: vec![(Kind::Segment, "large".into(), None)] });
    assert_eq!((code, problems[0].code), (RefusalCode::Conflict, "segment_in_use"));
    let (code, problems) =
        project.refused(Command::RestoreDocuments { documents: vec![(Kind::Flag, "payments".into(), None)] });
    assert_eq!((code, problems[0].code), (RefusalCode::Conflict, "flag_needed"));
}

#[test]
fn a_flag_that_was_not_there_yet_is_put_back_as_archived() {
    let mut project = rich();
    project.run(Command::CreateFlag { body: json!({"key": "brief"}) });
    project.put("brief", "production", json!({"on": true, "off_variant": "off", "default": {"variant": "on"}}));
    let gone = Command::RestoreDocuments { documents: vec![(Kind::Flag, "brief".into(), None)] };
    project.run(gone.clone());
    assert!(project.state.flags["brief"].archived);
    assert!(project.decide(&gone).unwrap().is_empty(), "what is archived stays as it is");
    let another = Command::CreateFlag { body: json!({"key": "Brief"}) };
    assert_eq!(project.refused(another).1[0].code, "key_archived");
    project.run(Command::RestoreFlag { key: "brief".into() });
    assert!(project.state.configuration("production", "brief").unwrap().on, "with all that it served");
}

#[test]
fn a_revoked_key_is_not_opened_by_an_undo() {
    let mut project = Project::shop();
    let body = json!({"name": "web", "environment": "staging", "audience": "client"});
    project.run(Command::CreateSdkKey { id: "key_1".into(), body, hash: "00".into(), hint: "yd_cli_x".into() });
    let old = yardarm_model::normal_form(&project.state.sdk_keys["key_1"]);
    project.run(Command::RevokeSdkKey { id: "key_1".into() });
    assert!(project.decide(&Command::RevokeSdkKey { id: "key_1".into() }).unwrap().is_empty());
    project.run(Command::RestoreDocuments { documents: vec![(Kind::SdkKey, "key_1".into(), Some(old))] });
    assert!(project.state.sdk_keys["key_1"].revoked_at.is_some());
    project.run(Command::DeleteEnvironment { key: "staging".into() });
    assert!(project.state.sdk_keys.is_empty());
}

#[test]
fn a_key_asks_for_signed_contexts_or_does_not() {
    let mut project = Project::shop();
    let body = json!({"name": "web", "environment": "staging", "audience": "client"});
    project.run(Command::CreateSdkKey { id: "key_1".into(), body, hash: "00".into(), hint: "yd_cli_x".into() });
    let before = yardarm_model::normal_form(&project.state.sdk_keys["key_1"]);
    assert!(before.get("attested").is_none(), "as documents were written before there was such a thing");
    let update = |patch| Command::UpdateSdkKey { id: "key_1".into(), patch };
    assert!(project.decide(&update(json!({"attested": false, "audience": "client"}))).unwrap().is_empty());
    project.run(update(json!({"attested": true, "name": "shop"})));
    let key = project.state.sdk_keys["key_1"].clone();
    assert_eq!((key.attested, key.name.as_str(), key.hash.as_str()), (true, "shop", "00"));
    let (hash, hint) = ("01".into(), "yd_cli_y".into());
    project.run(Command::RotateSdkKey { id: "key_1".into(), new_id: "key_2".into(), hash, hint, until: 9 });
    assert!(project.state.sdk_keys["key_2"].attested, "its successor is like it");
    project.run(update(json!({"attested": null, "name": null})));
    let key = &project.state.sdk_keys["key_1"];
    assert_eq!((key.attested, key.name.as_str(), key.expires_at), (false, "key_1", Some(9)));
}

#[test]
fn one_key_more_moves_one_chunk() {
    let mut project = rich();
    let documents =
        project.run(Command::EditSegmentLists { key: "large".into(), body: json!({"included": {"add": ["zoe"]}}) });
    assert_eq!(documents.iter().map(|(kind, _, _)| *kind).collect::<Vec<_>>(), [Kind::SegmentList]);
    let flag = |variant: &str| json!({"on": true, "rules": [{"if": {"segment": "large"}, "serve": {"variant": variant}}], "default": {"variant": "a"}, "off_variant": "a"});
    project.put("checkout", "staging", flag("c"));
    assert_eq!(project.answer("staging", "checkout", &json!({"targetingKey": "zoe"})).0.as_deref(), Some("c"));
    project.run(Command::EditSegmentLists {
        key: "large".into(),
        body: json!({"included": {"remove": ["zoe"]}, "excluded": {"add": ["ana"]}}),
    });
    for (key, variant) in [("zoe", "a"), ("ana", "a"), ("bo", "c"), ("u7", "c"), ("nobody", "a")] {
        assert_eq!(
            project.answer("staging", "checkout", &json!({"targetingKey": key})).0.as_deref(),
            Some(variant),
            "{key}"
        );
    }
    project.run(Command::UpdateSegment { key: "large".into(), patch: json!({"included": ["only"], "excluded": null}) });
    assert_eq!(project.state.segment_keys("large", "included").unwrap(), ["only"]);
    assert_eq!(project.state.segment_keys("large", "excluded").unwrap(), [""; 0]);
}

#[test]
fn prerequisites_gate_and_report() {
    let mut project = rich();
    let user = json!({"targetingKey": "someone"});
    let blocked = (Some("a".to_owned()), "PREREQUISITE_FAILED".to_owned());
    assert_eq!(project.answer("production", "checkout", &user), blocked);
    project.run(Command::UpdateConfiguration {
        flag: "payments".into(),
        environment: "production".into(),
        patch: json!({"on": true}),
    });
    assert_eq!(project.answer("production", "checkout", &user).1, "SPLIT");
    assert_eq!(yardarm_model::uses::needs(&project.state, "checkout"), ["payments"]);
    assert_eq!(yardarm_model::uses::needed_by(&project.state, "payments"), ["checkout"]);
}

#[test]
fn people_without_a_key_get_an_answer_where_everyone_has_the_same() {
    let mut project = Project::shop();
    let body = |percent: f64, by: &str| json!({"on": true, "default": {"rollout": {"variant": "on", "percent": percent, "bucket_by": by}}, "off_variant": "off"});
    for (percent, by, variant, reason) in [
        (100.0, "user.key", Some("on"), "STATIC"),
        (50.0, "user.key", None, "ERROR"),
        (50.0, "account.key", Some("off"), "STATIC"),
    ] {
        project.put("payments", "production", body(percent, by));
        let answer = project.answer("production", "payments", &json!({"country": "DE"}));
        assert_eq!((answer.0.as_deref(), answer.1.as_str()), (variant, reason), "{percent} {by}");
    }
}

#[test]
fn a_patch_touches_only_what_it_names() {
    let mut project = rich();
    let before = project.state.configuration("production", "checkout").unwrap();
    let patch = |patch: Value| Command::UpdateConfiguration {
        flag: "checkout".into(),
        environment: "production".into(),
        patch,
    };
    project.run(patch(json!({"on": false})));
    let mut expected = before.clone();
    expected.on = false;
    assert_eq!(project.state.configuration("production", "checkout").unwrap(), expected);
    assert!(project.decide(&patch(json!({"on": false}))).unwrap().is_empty());
    // Another shape of default takes the place of the old one.
    project.run(patch(json!({"default": {"variant": "a"}})));
    assert_eq!(project.state.configuration("production", "checkout").unwrap().default, Serve::Variant("a".into()));
    project.run(Command::UpdateFlag { key: "checkout".into(), patch: json!({"description": "x", "owner": "team"}) });
    project.run(Command::UpdateFlag { key: "checkout".into(), patch: json!({"owner": null}) });
    let flag = &project.state.flags["checkout"];
    assert_eq!((flag.description.as_str(), &flag.owner), ("x", &None));
}

#[test]
fn decisions_are_deterministic_and_normal() {
    let project = rich();
    let body = json!({"on": true, "rules": [{"if": {"all": []}, "serve": {"rollout": {"variant": "b", "percent": 10.0}}}], "default": {"variant": "a"}, "off_variant": "a"});
    let once = project.decide(&put("checkout", "staging", body.clone())).unwrap();
    assert_eq!(once, project.decide(&put("checkout", "staging", body)).unwrap());
    let text = once[0].2.as_ref().unwrap().to_string();
    assert!(text.contains(r#""percent":10,"ranges":[[0,429496730]]"#), "{text}");
}

#[test]
fn a_change_that_evaluation_cannot_see_sends_nothing() {
    let mut project = rich();
    let before = project.state.clone();
    let documents = project.run(Command::UpdateFlag { key: "payments".into(), patch: json!({"description": "new"}) });
    let changed: Vec<_> = documents.iter().map(|(kind, key, _)| (*kind, key.as_str())).collect();
    let affected = affected::affected(&before, &project.state, changed);
    let todo = &affected.environments["production"];
    assert!(todo.flags.contains("payments") && todo.segments.is_empty());
    let patch = affected::patch(&before, &project.state, "production", todo, &Version::default(), &Version::default());
    assert!(patch.flags.is_empty());
}

#[test]
fn number_flags_are_integers_or_floats_as_a_whole() {
    let mut project = Project::shop();
    let cases = [
        ("ints", "[10,20]", vec!["10", "20"]),
        ("floats", "[42.0,7.0]", vec!["42.0", "7.0"]),
        ("mixed", "[1,2.5]", vec!["1.0", "2.5"]),
    ];
    for (key, values, served) in cases {
        let values: Vec<Value> = serde_json::from_str(values).unwrap();
        let variants: Vec<_> =
            values.iter().enumerate().map(|(n, value)| json!({"key": format!("v{n}"), "value": value})).collect();
        project.run(Command::CreateFlag { body: json!({"key": key, "type": "number", "variants": variants}) });
        let ruleset = ruleset_for("shop", &project.state, &Version::default(), "production").unwrap();
        let flag: Value = serde_json::from_str(ruleset.flags[key].get()).unwrap();
        let found: Vec<_> = ["v0", "v1"].iter().map(|variant| flag["variants"][variant].to_string()).collect();
        assert_eq!(found, served, "{key}");
    }
}
