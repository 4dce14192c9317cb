//! What policies say about changes.

#![expect(clippy::unwrap_used, reason = "tests")]

mod shop;

use serde_json::{Value, json};
use shop::Project;
use yardarm_model::command::Command;
use yardarm_model::control::{Circumstances, Rule, Verdict, ages_needed, verdict};
use yardarm_model::document::Kind;

const NOW: i64 = 1_700_000_000_000;
const HOUR: i64 = 3_600_000;

fn policy(project: &mut Project, body: Value) {
    project.run(Command::CreatePolicy { body });
}

fn patch(environment: &str, patch: Value) -> Command {
    Command::UpdateConfiguration { flag: "checkout".into(), environment: environment.into(), patch }
}

fn said(project: &Project, command: &Command) -> Verdict {
    let now = Circumstances { now: NOW, reason: "because".into(), ..Circumstances::default() };
    said_when(project, command, &now)
}

fn said_when(project: &Project, command: &Command, circumstances: &Circumstances) -> Verdict {
    verdict(&project.state, &project.decide(command).unwrap(), circumstances).unwrap()
}

fn environments(verdict: &Verdict) -> Vec<&str> {
    verdict.environments.iter().map(String::as_str).collect()
}

fn rules(verdict: &Verdict) -> Vec<(Rule, &str)> {
    verdict.violations.iter().map(|violation| (violation.rule, violation.environment.as_str())).collect()
}

/// The largest step of a patch of the production configuration, in points; 0 when there is none.
fn step(project: &Project, command: &Command) -> f64 {
    let mut project = project.clone();
    policy(&mut project, json!({"key": "steps", "largest_step": 0.001}));
    let verdict = said(&project, command);
    let points = verdict.violations.iter().filter_map(|violation| {
        violation.message.split_once("served to ")?.1.split_once(" percentage")?.0.parse::<f64>().ok()
    });
    points.fold(0.0, f64::max)
}

fn rollout(percent: f64) -> Value {
    json!({"rollout": {"variant": "a", "percent": percent, "otherwise": "c"}})
}

fn country(values: &[&str]) -> Value {
    json!({"attribute": "country", "operator": "in", "values": values})
}

#[expect(clippy::needless_pass_by_value, reason = "so that the tables below read as documents")]
fn rule(id: &str, condition: Value, serve: Value) -> Value {
    json!({"id": id, "if": condition, "serve": serve})
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn the_largest_step_is_computed_from_the_documents() {
    let a = || json!({"variant": "a"});
    let c = || json!({"variant": "c"});
    let everyone = || json!({"all": []});
    let split = |a: f64, b: f64, c: f64| json!({"split": {"shares": [{"variant": "a", "percent": a}, {"variant": "b", "percent": b}, {"variant": "c", "percent": c}]}});
    let by_account = json!({"rollout": {"variant": "a", "percent": 10, "otherwise": "c", "bucket_by": "account.key"}});
    let base =
        |default: Value, rules: Value| json!({"on": true, "default": default, "rules": rules, "off_variant": "c"});
    let de = |serve: Value| json!([rule("r1", country(&["DE", "AT"]), serve)]);
    for (label, before, change, points) in [
        ("a rollout grows", base(rollout(10.0), json!([])), json!({"default": rollout(25.0)}), 15.0),
        ("a rollout shrinks", base(rollout(25.0), json!([])), json!({"default": rollout(10.0)}), 0.0),
        (
            "a split is turned round",
            base(split(50.0, 50.0, 0.0), json!([])),
            json!({"default": split(20.0, 80.0, 0.0)}),
            30.0,
        ),
        (
            "from the off variant",
            base(split(10.0, 10.0, 80.0), json!([])),
            json!({"default": split(15.0, 30.0, 55.0)}),
            20.0,
        ),
        ("the default is replaced", base(c(), json!([])), json!({"default": a()}), 100.0),
        ("the rest of a rollout", base(rollout(60.0), json!([])), json!({"default": a()}), 40.0),
        ("drawn anew", base(rollout(10.0), json!([])), json!({"default": by_account}), 9.0),
        (
            "targets do not count",
            base(c(), json!([])),
            json!({"targets": [{"variant": "a", "keys": ["u1", "u2"]}]}),
            0.0,
        ),
        ("a new rule", base(c(), json!([])), json!({"rules": de(a())}), 100.0),
        (
            "a new rule for some",
            base(c(), json!([])),
            json!({"rules": de(json!({"rollout": {"variant": "a", "percent": 5}}))}),
            5.0,
        ),
        (
            "a new rule of what is served anyway",
            base(rollout(10.0), json!([])),
            json!({"rules": de(json!({"rollout": {"variant": "a", "percent": 15}}))}),
            5.0,
        ),
        ("a new rule in front that takes away", base(a(), json!([])), json!({"rules": de(c())}), 0.0),
        ("that rule goes", base(a(), de(c())), json!({"rules": []}), 100.0),
        ("a rule is narrowed", base(c(), de(a())), json!({"rules": [rule("r1", country(&["DE"]), a())]}), 0.0),
        (
            "a rule is widened",
            base(c(), de(a())),
            json!({"rules": [rule("r1", country(&["DE", "AT", "CH"]), a())]}),
            100.0,
        ),
        (
            "a rule that takes away is narrowed",
            base(a(), de(c())),
            json!({"rules": [rule("r1", country(&["DE"]), c())]}),
            100.0,
        ),
        (
            "a rule that takes away is widened",
            base(a(), de(c())),
            json!({"rules": [rule("r1", country(&["DE", "AT", "CH"]), c())]}),
            0.0,
        ),
        (
            "never reached",
            base(c(), json!([rule("r0", everyone(), c())])),
            json!({"rules": [rule("r0", everyone(), c()), rule("r1", country(&["DE"]), a())]}),
            0.0,
        ),
        (
            "a condition that nobody meets",
            base(c(), json!([])),
            json!({"rules": [rule("r1", json!({"any": []}), a())]}),
            0.0,
        ),
        (
            "many rules for everybody, each of its own part",
            base(c(), json!([])),
            json!({"rules": [
                rule("r1", everyone(), json!({"rollout": {"variant": "a", "percent": 10, "ranges": [[0, 429_496_730]]}})),
                rule("r2", country(&["DE"]), json!({"rollout": {"variant": "a", "percent": 10, "ranges": [[429_496_730, 858_993_460]]}})),
            ]}),
            20.0,
        ),
        (
            "two rules change places",
            base(
                c(),
                json!([rule("r1", country(&["DE"]), a()), rule("r2", country(&["AT"]), json!({"variant": "b"}))]),
            ),
            json!({"rules": [rule("r2", country(&["AT"]), json!({"variant": "b"})), rule("r1", country(&["DE"]), a())]}),
            100.0,
        ),
        (
            "a description",
            base(a(), de(c())),
            json!({"rules": [{"id": "r1", "description": "x", "if": country(&["DE", "AT"]), "serve": c()}]}),
            0.0,
        ),
        (
            "a prerequisite goes",
            json!({"on": true, "default": rollout(30.0), "off_variant": "c", "prerequisites": [{"flag": "payments", "variants": ["on"]}]}),
            json!({"prerequisites": []}),
            30.0,
        ),
        (
            "a prerequisite comes",
            base(rollout(30.0), json!([])),
            json!({"prerequisites": [{"flag": "payments", "variants": ["on"]}]}),
            0.0,
        ),
        ("turned on", json!({"on": false, "default": rollout(20.0), "off_variant": "c"}), json!({"on": true}), 20.0),
        (
            "turned on with a whole default",
            json!({"on": false, "default": a(), "off_variant": "c"}),
            json!({"on": true}),
            100.0,
        ),
        ("turned off", base(a(), json!([])), json!({"on": false}), 0.0),
        ("changed while off", json!({"on": false, "default": c(), "off_variant": "c"}), json!({"default": a()}), 0.0),
        ("another off variant", base(rollout(20.0), json!([])), json!({"off_variant": "a"}), 100.0),
        ("an exact form", base(c(), json!([])), json!({"default": {"exact": {"compute": "a"}}}), 100.0),
        ("an exact variant", base(a(), json!([])), json!({"default": {"exact": {"variant": "a"}}}), 0.0),
        (
            "an exact rule may pass on",
            base(c(), json!([rule("r1", everyone(), json!({"exact": {"compute": "c"}}))])),
            json!({"default": a()}),
            100.0,
        ),
    ] {
        let mut project = Project::shop();
        project.put("checkout", "production", before);
        let found = step(&project, &patch("production", change));
        assert!((found - points).abs() < 0.0011, "{label}: {found} instead of {points}");
    }
}

#[test]
fn other_documents_widen_too() {
    let mut project = Project::shop();
    project.put("checkout", "production", json!({"on": true, "default": rollout(30.0), "off_variant": "c"}));
    let variants = |a: &str| json!([{"key": "a", "value": a}, {"key": "b", "value": "B"}, {"key": "c", "value": "C"}]);
    let flag = |patch: Value| Command::UpdateFlag { key: "checkout".into(), patch };
    assert!((step(&project, &flag(json!({"variants": variants("other")}))) - 30.0).abs() < 0.001);
    assert!(step(&project, &flag(json!({"name": "Other", "owner": "ana"}))) < 0.001);
    project.run(Command::ArchiveFlag { key: "checkout".into() });
    assert!((step(&project, &Command::RestoreFlag { key: "checkout".into() }) - 30.0).abs() < 0.001);
}

#[test]
fn a_change_touches_where_it_is_served() {
    let mut project = Project::shop();
    let uses_beta = json!({"on": true, "default": {"variant": "c"}, "off_variant": "c",
        "rules": [rule("r", json!({"segment": "outer"}), json!({"variant": "a"}))]});
    project.run(Command::CreateSegment { body: json!({"key": "outer", "rules": [{"segment": "beta"}]}) });
    project.put("checkout", "staging", uses_beta);
    project.put(
        "payments",
        "staging",
        json!({"on": true, "default": {"variant": "on"}, "off_variant": "off",
        "prerequisites": [{"flag": "checkout", "variants": ["a"]}]}),
    );
    project.put("payments", "production", json!({"on": true, "default": {"variant": "on"}, "off_variant": "off"}));
    let segment = |patch: Value| Command::UpdateSegment { key: "beta".into(), patch };
    let verdict = said(&project, &segment(json!({"rules": []})));
    assert_eq!(environments(&verdict), ["staging"], "through another segment");
    let flags: Vec<&str> = verdict.touched.iter().map(|touched| touched.flag.as_str()).collect();
    assert_eq!(flags, ["checkout", "payments"], "and whoever asks that flag");
    let list = Command::EditSegmentLists { key: "beta".into(), body: json!({"included": {"add": ["zoe"]}}) };
    assert_eq!(environments(&said(&project, &list)), ["staging"]);
    assert!(environments(&said(&project, &segment(json!({"name": "Testers"})))).is_empty());
    let flag = |patch: Value| Command::UpdateFlag { key: "payments".into(), patch };
    let variants =
        json!([{"key": "on", "value": true}, {"key": "off", "value": false}, {"key": "also", "value": true}]);
    assert_eq!(environments(&said(&project, &flag(json!({"variants": variants})))), ["production", "staging"]);
    assert!(environments(&said(&project, &flag(json!({"description": "x"})))).is_empty());
    assert_eq!(environments(&said(&project, &patch("production", json!({"on": true})))), ["production"]);
    let name = Command::UpdateEnvironment { key: "production".into(), patch: json!({"name": "Live"}) };
    assert!(environments(&said(&project, &name)).is_empty());
    let key = Command::DeleteEnvironment { key: "staging".into() };
    assert_eq!(environments(&said(&project, &key)), ["staging"]);
    let unmark = Command::UpdateEnvironment { key: "production".into(), patch: json!({"production": false}) };
    assert_eq!(environments(&said(&project, &unmark)), ["production"]);
}

#[test]
fn approvals_are_asked_for_where_a_policy_is_for_what_is_touched() {
    let mut project = Project::shop();
    policy(
        &mut project,
        json!({"key": "four-eyes", "name": "Four eyes", "approvals": {"required": 2, "roles": ["admin"]}}),
    );
    policy(
        &mut project,
        json!({"key": "pay", "environments": ["staging"], "flags": {"tags": ["money"]}, "approvals": {"required": 1, "groups": ["billing"]}}),
    );
    let asked = |project: &Project, command: &Command| -> Vec<(String, Vec<String>)> {
        let verdict = said(project, command);
        verdict.approvals.into_iter().map(|asked| (asked.policy, asked.environments)).collect()
    };
    let four_eyes = || vec![("four-eyes".to_owned(), vec!["production".to_owned()])];
    assert_eq!(asked(&project, &patch("production", json!({"on": true}))), four_eyes());
    assert!(asked(&project, &patch("staging", json!({"on": true}))).is_empty());
    let tag = |tags: Value| Command::UpdateFlag { key: "checkout".into(), patch: json!({"tags": tags}) };
    project.run(tag(json!(["money"])));
    project.put("checkout", "staging", json!({"on": true, "default": {"variant": "a"}, "off_variant": "c"}));
    let pay = vec![("pay".to_owned(), vec!["staging".to_owned()])];
    assert_eq!(asked(&project, &patch("staging", json!({"default": {"variant": "b"}}))), pay);
    assert_eq!(asked(&project, &tag(json!([]))), pay, "leaving a policy by its tags is no way round it");
    assert!(asked(&project, &tag(json!(["money", "more"]))).is_empty());
    // Turning off is free; with anything else it is not.
    project.put("checkout", "production", json!({"on": true, "default": {"variant": "a"}, "off_variant": "c"}));
    assert!(asked(&project, &patch("production", json!({"on": false}))).is_empty());
    assert_eq!(asked(&project, &patch("production", json!({"on": false, "off_variant": "b"}))), four_eyes());
    project.run(Command::UpdatePolicy { key: "four-eyes".into(), patch: json!({"hold_kills": true}) });
    assert_eq!(asked(&project, &patch("production", json!({"on": false}))), four_eyes());
}

#[test]
fn weakening_what_holds_is_held_by_it() {
    let mut project = Project::shop();
    policy(&mut project, json!({"key": "four-eyes", "approvals": {"required": 1}}));
    policy(&mut project, json!({"key": "steps", "environments": ["production"], "largest_step": 10}));
    let asked = |command: &Command| -> Vec<String> {
        said(&project, command).approvals.into_iter().map(|asked| asked.policy).collect()
    };
    let four_eyes = ["four-eyes"];
    let update = |key: &str, patch: Value| Command::UpdatePolicy { key: key.into(), patch };
    let bare = |policies: Value| json!({"format": 1, "policies": policies});
    for command in [
        update("four-eyes", json!({"approvals": {"required": 2}})),
        update("four-eyes", json!({"flags": {"tags": ["none"]}})),
        Command::DeletePolicy { key: "four-eyes".into() },
        update("steps", json!({"largest_step": 100})),
        Command::DeletePolicy { key: "steps".into() },
        Command::UpdateEnvironment { key: "production".into(), patch: json!({"production": false}) },
        Command::Apply { body: bare(json!([{"key": "four-eyes", "require_owner": true}])), prune: false },
        Command::Apply { body: bare(json!([])), prune: true },
        Command::Import { body: bare(json!([{"key": "steps", "largest_step": 100}])), replace: false },
        Command::RestoreDocuments { documents: vec![(Kind::Policy, "four-eyes".into(), None)] },
    ] {
        assert_eq!(asked(&command), four_eyes, "{command:?}");
    }
    for command in [
        Command::CreatePolicy { body: json!({"key": "more", "require_owner": true}) },
        Command::UpdateEnvironment { key: "staging".into(), patch: json!({"production": true}) },
        Command::UpdateEnvironment { key: "production".into(), patch: json!({"name": "Live"}) },
    ] {
        assert!(asked(&command).is_empty(), "{command:?}");
    }
    // Removed and used in one change: what was there before holds.
    let both = json!({"format": 1, "policies": [], "flags": [{"key": "checkout", "type": "string",
        "variants": [{"key": "a", "value": "A"}, {"key": "b", "value": "B"}, {"key": "c", "value": "C"}],
        "environments": {"production": {"on": true, "default": {"variant": "a"}, "off_variant": "c"}}},
        {"key": "payments"}]});
    let verdict = said(&project, &Command::Apply { body: both, prune: true });
    assert_eq!(rules(&verdict), [(Rule::LargestStep, "production")]);
    assert!(!verdict.is_clear() && verdict.may_bypass());
    // An environment that a policy names stays as long as it does.
    let (_, problems) = project.refused(Command::DeleteEnvironment { key: "production".into() });
    assert_eq!(problems[0].code, "environment_in_use");
}

#[test]
fn owners_reasons_freezes_and_attributes() {
    let mut project = Project::shop();
    let freeze = json!([{"name": "Release", "from": "2023-11-14T00:00", "until": "2023-11-16T06:00", "time_zone": "Europe/Berlin"}]);
    policy(
        &mut project,
        json!({"key": "all", "name": "All of it", "require_owner": true, "require_reason": true, "freeze": freeze,
        "forbidden_attributes": ["user.email", "account.owner"]}),
    );
    let on = patch("production", json!({"on": true}));
    let silent = said_when(&project, &on, &Circumstances { now: NOW, ..Circumstances::default() });
    let all = [(Rule::RequireReason, "production"), (Rule::Freeze, "production"), (Rule::RequireOwner, "production")];
    assert_eq!(rules(&silent), all);
    assert!(!silent.may_bypass(), "a bypass says why");
    let frozen = &silent.violations[1];
    assert_eq!(frozen.clears_at, Some(1_700_110_800_000));
    assert!(frozen.message.contains("until 2023-11-16 06:00 (Europe/Berlin) (Release)"), "{}", frozen.message);
    assert_eq!((silent.violations[2].kind, silent.violations[2].pointer.as_str()), (Kind::Flag, "/owner"));
    let owned = |owner: Value| Command::UpdateFlag { key: "checkout".into(), patch: json!({"owner": owner}) };
    project.run(owned(json!("ana")));
    let later = Circumstances { now: 1_700_110_800_000, reason: "because".into(), ..Circumstances::default() };
    assert!(said_when(&project, &on, &later).is_clear());
    project.put("checkout", "production", json!({"on": true, "default": {"variant": "a"}, "off_variant": "c"}));
    assert_eq!(rules(&said_when(&project, &owned(Value::Null), &later)), [(Rule::RequireOwner, "production")]);
    for (change, found) in [
        (
            json!({"rules": [rule("r", json!({"attribute": "email.domain", "operator": "in", "values": ["x"]}), json!({"variant": "a"}))]}),
            "/rules/0/if/attribute",
        ),
        (json!({"rules": [rule("r", json!({"segment": "beta"}), json!({"variant": "a"}))]}), "/rules/0/attribute"),
        (
            json!({"default": {"rollout": {"variant": "a", "percent": 5, "bucket_by": "account.owner"}}}),
            "/default/rollout/bucket_by",
        ),
        (
            json!({"rules": [rule("r", json!({"exact": {"test": {"attr": ["user", "email"], "op": "present"}}}), json!({"variant": "a"}))]}),
            "/rules/0/if/exact/test/attr",
        ),
        (json!({"default": {"exact": {"compute": {"var": "email"}}}}), "/default/exact/compute"),
        (
            json!({"rules": [rule("r", json!({"attribute": "emails", "operator": "in", "values": ["x"]}), json!({"variant": "a"}))]}),
            "",
        ),
    ] {
        let verdict = said_when(&project, &patch("production", change.clone()), &later);
        let found: Vec<&str> = [found].into_iter().filter(|found| !found.is_empty()).collect();
        let pointers: Vec<&str> = verdict.violations.iter().map(|violation| violation.pointer.as_str()).collect();
        assert_eq!(pointers, found, "{change}: {:?}", verdict.violations);
        assert!(
            verdict
                .violations
                .iter()
                .all(|violation| !violation.may_bypass && violation.rule == Rule::ForbiddenAttributes)
        );
    }
    // What was there before the policy is told and not held.
    let email = json!({"rules": [rule("r", json!({"segment": "beta"}), json!({"variant": "a"}))]});
    project.run(patch("production", email));
    let verdict = said_when(&project, &patch("production", json!({"default": {"variant": "b"}})), &later);
    assert!(verdict.is_clear());
    assert_eq!(verdict.notes[0].code, "attribute_used_before");
}

#[test]
fn what_is_served_was_tried() {
    let mut project = Project::shop();
    policy(&mut project, json!({"key": "tried", "min_soak": {"hours": 24, "environment": "staging"}}));
    let body = |percent: f64, country_: &str| {
        json!({"on": true, "default": rollout(percent), "off_variant": "c",
        "rules": [rule("r", country(&[country_]), json!({"variant": "b"}))]})
    };
    let put = |percent: f64, country: &str| shop::put("checkout", "production", body(percent, country));
    assert_eq!(rules(&said(&project, &put(5.0, "DE"))), [(Rule::MinSoak, "production")], "never tried");
    project.put("checkout", "staging", body(100.0, "DE"));
    let documents = project.decide(&put(5.0, "DE")).unwrap();
    let staging = (Kind::Configuration, "staging/checkout".to_owned());
    let needed = ages_needed(&project.state, &documents).unwrap();
    assert_eq!(needed.into_iter().collect::<Vec<_>>(), std::slice::from_ref(&staging));
    let when =
        |ago: i64| Circumstances { now: NOW, changed_at: [(staging.clone(), NOW - ago)].into(), reason: String::new() };
    assert!(said_when(&project, &put(5.0, "DE"), &when(24 * HOUR)).is_clear());
    let early = said_when(&project, &put(5.0, "DE"), &when(23 * HOUR));
    assert_eq!(early.violations[0].clears_at, Some(NOW + HOUR));
    assert_eq!(rules(&said(&project, &put(5.0, "DE"))), [(Rule::MinSoak, "production")], "an unknown age is none");
    assert_eq!(
        rules(&said_when(&project, &put(5.0, "AT"), &when(48 * HOUR))),
        [(Rule::MinSoak, "production")],
        "another rule"
    );
    let off = json!({"on": false, "default": rollout(5.0), "off_variant": "c"});
    assert!(said(&project, &shop::put("checkout", "production", off)).is_clear(), "nothing is served of it");
    // Without an environment: unchanged here.
    project.run(Command::UpdatePolicy { key: "tried".into(), patch: json!({"min_soak": {"environment": null}}) });
    assert!(said(&project, &put(5.0, "DE")).is_clear(), "the first one");
    project.run(put(5.0, "DE"));
    let here = (Kind::Configuration, "production/checkout".to_owned());
    let when =
        |ago: i64| Circumstances { now: NOW, changed_at: [(here.clone(), NOW - ago)].into(), reason: String::new() };
    assert_eq!(rules(&said_when(&project, &put(9.0, "DE"), &when(HOUR))), [(Rule::MinSoak, "production")]);
    assert!(said_when(&project, &put(9.0, "DE"), &when(24 * HOUR)).is_clear());
}

#[test]
fn segments_are_said_to_be_unknown() {
    let mut project = Project::shop();
    policy(&mut project, json!({"key": "steps", "largest_step": 5}));
    let beta = json!({"on": true, "default": {"variant": "c"}, "off_variant": "c", "rules": [rule("r", json!({"segment": "beta"}), json!({"variant": "a"}))]});
    project.put("checkout", "production", beta);
    let list = Command::EditSegmentLists { key: "beta".into(), body: json!({"included": {"add": ["zoe"]}}) };
    let verdict = said(&project, &list);
    assert!(verdict.is_clear());
    assert_eq!(
        (verdict.notes.len(), verdict.notes[0].code, verdict.notes[0].key.as_str()),
        (1, "step_unknown", "beta")
    );
}
