//! Exports as the systems' own servers write them: every environment, every word, and a line for whatever has no place here.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![expect(clippy::needless_pass_by_value, reason = "tables are written with json!")]

use serde_json::{Value, json};
use yardarm_migrate::verify::Ground;
use yardarm_migrate::{Format, Imported, Options, Source, import};
use yardarm_model::sentence;

fn read(format: Format, files: &[Value]) -> Imported {
    let name = |index: usize| format!("{index}.json");
    let sources: Vec<Source> =
        files.iter().enumerate().map(|(index, file)| Source { name: name(index), text: file.to_string() }).collect();
    import(format, &sources, &Options::default()).unwrap()
}

fn refused(format: Format, file: Value) -> String {
    let source = Source { name: "file.json".to_owned(), text: file.to_string() };
    import(format, &[source], &Options::default()).unwrap_err().to_string()
}

fn flag<'i>(imported: &'i Imported, key: &str) -> &'i Value {
    imported.document["flags"].as_array().unwrap().iter().find(|flag| flag["key"] == key).unwrap()
}

fn told(imported: &Imported, lines: &[&str]) {
    let report = imported.report.to_string();
    for line in lines {
        assert!(report.contains(line), "{line}: {report}");
    }
}

/// What a flag answers in an environment.
fn value(imported: &Imported, environment: &str, key: &str, context: Value) -> Value {
    let ground = Ground::new(imported, environment).unwrap();
    assert_eq!(ground.compile_error(key), None);
    ground.ask(key, &context, 0).value.unwrap_or_default()
}

/// `/api/admin/state/export`: every environment, strategies by name of the feature.
#[test]
fn a_state_of_unleash_brings_every_environment() {
    let strategy = |id: &str, environment: &str, name: &str, order: u32, more: Value| {
        let mut strategy = json!({
            "id": id, "featureName": "checkout", "projectId": "shop", "environment": environment, "strategyName": name,
            "parameters": {}, "constraints": [], "sortOrder": order, "createdAt": "2024-01-02T00:00:00.000Z",
        });
        strategy.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        strategy
    };
    let state = json!({
        "version": 4,
        "features": [
            {"name": "payments", "description": "", "type": "kill-switch", "project": "shop", "stale": false, "variants": [],
             "createdAt": "2023-05-01T10:00:00.000Z", "lastSeenAt": null, "impressionData": false, "archived": false},
            {"name": "checkout", "description": "The new checkout.", "type": "experiment", "project": "shop", "stale": true,
             "variants": [], "createdAt": "2023-05-01T10:00:00.000Z", "lastSeenAt": "2024-01-01T00:00:00.000Z",
             "impressionData": true, "archived": false, "owner": "Ana"},
            {"name": "gone", "type": "release", "project": "default", "stale": false, "variants": [], "archived": true},
        ],
        "strategies": [{"name": "ourOwn", "description": "", "parameters": []}],
        "featureStrategies": [
            strategy("s2", "production", "userWithId", 2, json!({"parameters": {"userIds": "ana"}, "title": "The team"})),
            strategy("s1", "production", "flexibleRollout", 1, json!({
                "parameters": {"rollout": "100", "stickiness": "default", "groupId": "checkout"},
                "constraints": [{"contextName": "country", "operator": "IN", "values": ["DE"], "inverted": false,
                                 "caseInsensitive": false}],
                "variants": [{"name": "blue", "weight": 1000, "weightType": "fix", "stickiness": "default",
                              "payload": {"type": "string", "value": "#00f"}}],
            })),
            strategy("s3", "development", "default", 0, json!({"milestoneId": "m1"})),
            strategy("s4", "production", "default", 3, json!({})),
        ],
        "environments": [
            {"name": "development", "type": "development", "enabled": true, "protected": false, "sortOrder": 1},
            {"name": "production", "type": "production", "enabled": false, "protected": true, "sortOrder": 2},
        ],
        "featureEnvironments": [
            {"enabled": true, "featureName": "payments", "environment": "production", "variants": []},
            {"enabled": true, "featureName": "checkout", "environment": "production", "variants": []},
            {"enabled": false, "featureName": "checkout", "environment": "development", "variants": []},
        ],
        "featureTags": [{"featureName": "checkout", "tagType": "simple", "tagValue": "web"}],
        "tags": [{"type": "simple", "value": "web"}],
        "tagTypes": [{"name": "simple", "description": "", "icon": "#"}],
        "projects": [{"id": "shop", "name": "Shop", "description": "", "createdAt": "2023-01-01T00:00:00.000Z"}],
        "segments": [{"id": 7, "name": "testers", "description": "They look first.", "createdBy": "ana",
                      "createdAt": "2023-01-01T00:00:00.000Z", "project": null,
                      "constraints": [{"contextName": "userId", "operator": "STR_STARTS_WITH", "values": ["T-"],
                                       "caseInsensitive": true}]}],
        "featureStrategySegments": [{"featureStrategyId": "s4", "segmentId": 7}],
        "dependencies": [{"feature": "checkout", "dependencies": [{"feature": "payments", "enabled": true}]}],
        "somethingNew": [1],
    });
    let imported = read(Format::Unleash, &[state]);
    let environments: Vec<&str> =
        imported.document["environments"].as_array().unwrap().iter().filter_map(|one| one["key"].as_str()).collect();
    assert_eq!(environments, ["development", "production"]);
    let checkout = flag(&imported, "checkout");
    assert_eq!(checkout["description"], "The new checkout.");
    assert_eq!(checkout["tags"], json!(["project:shop", "simple:web", "stale", "type:experiment"]));
    assert_eq!(checkout["created_at"], 1_682_935_200_000_i64);
    assert_eq!(flag(&imported, "payments")["permanent"], true);
    assert_eq!(flag(&imported, "gone")["archived"], true);
    let rules = &checkout["environments"]["production"]["rules"];
    let titles: Vec<&str> = rules.as_array().unwrap().iter().filter_map(|rule| rule["description"].as_str()).collect();
    assert!(titles.contains(&"The team"), "{titles:?}");
    let segment = &imported.document["segments"][0];
    assert_eq!((&segment["name"], &segment["description"]), (&json!("testers"), &json!("They look first.")));
    told(
        &imported,
        &[
            "`milestoneId`: it is not known here",
            "`somethingNew`: it is not known here",
            "`owner`: it is not known here",
            "`protected`: it is not known here",
            "it is disabled there",
            "impression data",
            "`projects` is left out: a feature's project is one of its tags",
        ],
    );
    let in_production = |context: Value| value(&imported, "production", "checkout", context);
    assert_eq!(in_production(json!({"targetingKey": "x", "country": "DE"}))["name"], "blue");
    assert_eq!(in_production(json!({"targetingKey": "ana"}))["feature_enabled"], true);
    assert_eq!(in_production(json!({"targetingKey": "t-1"}))["feature_enabled"], true, "by the segment");
    assert_eq!(in_production(json!({"targetingKey": "x"}))["feature_enabled"], false);
    let in_development = value(&imported, "development", "checkout", json!({"targetingKey": "ana"}));
    assert_eq!(in_development["feature_enabled"], false);
}

/// `/api/admin/features-batch/export`: one environment, which only `featureEnvironments` names; segments by name only.
#[test]
fn a_batch_export_of_unleash_belongs_to_its_environment() {
    let strategy = |feature: &str, more: Value| {
        let mut strategy = json!({"name": "flexibleRollout", "id": feature, "featureName": feature, "sortOrder": 0,
            "parameters": {"groupId": "g", "rollout": "100", "stickiness": "default"}, "constraints": [], "segments": [],
            "variants": [], "disabled": false, "title": ""});
        strategy.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        strategy
    };
    let here = |feature: &str| json!({"name": feature, "featureName": feature, "environment": "staging", "enabled": true, "variants": []});
    let export = json!({
        "features": [{"name": "a", "type": "release", "project": "default"}, {"name": "b", "type": "release"},
                     {"name": "c", "type": "release"}],
        "featureStrategies": [
            strategy("a", json!({"constraints": [{"contextName": "plan", "operator": "REGEX", "value": "^PRO", "caseInsensitive": true}]})),
            strategy("b", json!({"segments": [3]})),
            strategy("c", json!({"parameters": 3})),
        ],
        "featureEnvironments": [here("a"), here("b"), here("c")],
        "contextFields": [{"name": "plan", "description": "", "stickiness": false, "sortOrder": 10, "legalValues": []}],
        "featureTags": [], "tagTypes": [], "dependencies": [],
        "segments": [{"id": 3, "name": "testers"}],
    });
    let imported = read(Format::Unleash, &[export]);
    assert_eq!(imported.document["environments"][0]["key"], "staging");
    assert_eq!(imported.document["environments"].as_array().unwrap().len(), 1);
    let ask = |key: &str, plan: &str| value(&imported, "staging", key, json!({"targetingKey": "u", "plan": plan}));
    assert_eq!(ask("a", "professional"), json!(true));
    assert_eq!(ask("a", "free"), json!(false), "its constraint counts");
    assert_eq!(ask("b", "x"), json!(false), "nobody is known to be in the segment");
    assert_eq!(ask("c", "x"), json!(false), "a strategy that cannot be read is for nobody");
    told(
        &imported,
        &["segment testers: its constraints: this export names segments", "/featureStrategies/2/parameters: "],
    );
}

/// The file data source of the SDKs, and a plain map of flags.
#[test]
fn files_of_launchdarkly_sdks_are_read() {
    let on = json!({"on": true, "variations": ["a", "b"], "fallthrough": {"variation": 1}, "offVariation": 0, "version": 2,
        "trackEvents": true, "clientSideAvailability": {"usingEnvironmentId": true},
        "rules": [{"id": "r", "variation": 0, "clauses": [
            {"attribute": "plan", "op": "in", "values": ["pro"], "_id": "c1", "weird": {"a": 1}},
            {"contextKind": "org", "attribute": "name", "op": "in", "values": ["x"]},
            {"contextKind": "user", "attribute": "org", "op": "in", "values": ["x"]},
            {"attribute": "targetingKey", "op": "startsWith", "values": ["x"]}],
            "rollout": {"variations": [{"variation": 0, "weight": 100_000, "colour": "red"}]}}],
        "targets": [{"variation": 0, "values": ["ana"], "note": "boss"}]});
    let file = json!({"flags": {"full": on}, "flagValues": {"plain": true, "text": "x", "number": 3, "list": [1]},
        "segments": {"s": {"included": ["ana"], "version": 1, "shape": "round"}}, "extra": 1});
    let imported = read(Format::LaunchDarkly, &[file]);
    for (key, expected) in [("plain", json!(true)), ("text", json!("x")), ("number", json!(3)), ("list", json!([1]))] {
        assert_eq!(value(&imported, "production", key, json!({"targetingKey": "u"})), expected, "{key}");
    }
    told(
        &imported,
        &[
            "flag full at /rules/0/clauses/0: `weird`",
            "flag full at /rules/0/rollout/variations/0: `colour`",
            "flag full at /targets/0: `note`",
            "segment s: `shape`",
            "`extra`",
            "`trackEvents` is left out: it is about events",
            "the user's attribute `org`",
            "the user's attribute `targetingKey`",
        ],
    );
    let bare =
        json!({"full": {"on": true, "variations": ["a", "b"], "fallthrough": {"variation": 1}, "offVariation": 0}});
    assert_eq!(value(&read(Format::LaunchDarkly, &[bare]), "production", "full", json!({})), json!("b"));
}

/// What `/api/v2/flags` lists, with `summary=0` and without.
#[test]
fn lists_of_the_launchdarkly_api_are_read() {
    let setting = |more: Value| {
        let mut setting = json!({"on": true, "archived": false, "salt": "s", "sel": "t", "lastModified": 1, "version": 3,
            "_site": {"href": "/x"}, "_environmentName": "Production", "trackEvents": false,
            "_summary": {"variations": {}, "prerequisites": 0}});
        setting.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        setting
    };
    let item = |more: Value| {
        json!({"items": [{
            "name": "New checkout", "kind": "multivariate", "description": "Since spring.", "key": "checkout", "_version": 1,
            "creationDate": 1_700_000_000_000_i64, "includeInSnippet": true, "temporary": true, "tags": ["web", "team-a"],
            "clientSideAvailability": {"usingMobileKey": false}, "deprecated": true, "deprecatedDate": 1_710_000_000_000_i64,
            "variations": [{"_id": "1", "value": "blue", "name": "Blue", "description": "As before."},
                           {"_id": "2", "value": "red"}],
            "maintainerId": "m", "_maintainer": {"_id": "m", "email": "ana@example.com", "firstName": "Ana"},
            "customProperties": {"jira": {"name": "Jira", "value": ["SHOP-1"]}},
            "defaults": {"onVariation": 0, "offVariation": 1}, "archived": false, "migrationSettings": {"stageCount": 2},
            "environments": {"production": setting(more)},
        }], "_links": {"self": {"href": "/api/v2/flags/default"}}, "totalCount": 1})
    };
    let whole =
        json!({"rules": [], "targets": [], "fallthrough": {"variation": 1}, "offVariation": 0, "prerequisites": []});
    let imported = read(Format::LaunchDarkly, &[item(whole)]);
    let checkout = flag(&imported, "checkout");
    assert_eq!((&checkout["name"], &checkout["description"]), (&json!("New checkout"), &json!("Since spring.")));
    assert_eq!((&checkout["owner"], &checkout["permanent"]), (&json!("ana@example.com"), &json!(false)));
    assert_eq!(checkout["tags"], json!(["Jira:SHOP-1", "team-a", "web"]));
    assert_eq!(checkout["variants"][0]["description"], "As before.");
    assert_eq!(value(&imported, "production", "checkout", json!({"targetingKey": "u"})), json!("red"));
    told(&imported, &["it is deprecated there since 2024-03-09", "`migrationSettings`: it is not known here"]);
    let why = refused(Format::LaunchDarkly, item(json!({})));
    assert!(why.contains("/items/0/environments/production") && why.contains("summary=0"), "{why}");
}

#[test]
fn a_segment_that_configcat_copies_is_told() {
    let config = json!({"p": {"s": "salt", "u": "https://cdn", "r": 0}, "s": [
        {"n": "Germans", "r": [{"a": "Country", "c": 0, "l": ["DE"], "z": 1}]},
    ], "f": {
        "a": {"t": 0, "v": {"b": false}, "i": "1", "r": [{"c": [{"s": {"s": 0, "c": 1}}], "s": {"v": {"b": true}, "i": "2"}}]},
        "old": {"t": 0, "v": true},
    }});
    let imported = read(Format::ConfigCat, &[config]);
    told(
        &imported,
        &[
            "who is not in segment Germans: the rule has the segment's conditions of today",
            "`z`: it is not known here",
            "`u` is left out: where SDKs download from",
            "flag old: not imported: /f/old/v: ",
        ],
    );
    let ask = |context: Value| value(&imported, "production", "a", context);
    assert_eq!(ask(json!({"targetingKey": "u", "Country": "AT"})), json!(true));
    assert_eq!(ask(json!({"targetingKey": "u"})), json!(false), "who has no country is neither in nor out");
    let old = refused(Format::ConfigCat, json!({"f": {"a": {"v": true, "t": 0, "p": [], "r": []}}}));
    assert!(old.contains("version 6") && old.contains("/f/a/v"), "{old}");
}

#[test]
fn odd_members_of_the_others_are_told() {
    let growthbook = json!({"features": {"f": {"defaultValue": 1, "note": 1, "rules": [
        {"force": 2, "odd": 1, "filters": [{"seed": "s", "ranges": [[0, 1]], "size": 3}]},
        {"variations": [1, 2], "meta": [{"key": "0", "colour": "red"}]},
    ]}}});
    told(
        &read(Format::GrowthBook, &[growthbook]),
        &["flag f: `note`", "rule 1: `odd`", "at /filters/0: `size`", "at /meta/0: `colour`"],
    );
    let state = |id: u32| {
        json!({"feature": {"id": id, "name": format!("f{id}"), "type": "STANDARD", "old": true}, "enabled": true, "django_id": id,
               "feature_state_value": null, "new": 1, "multivariate_feature_state_values": []})
    };
    let flagsmith = json!({"api_key": "k", "name": "P", "feature_states": [state(1)], "allow_client_traits": true, "id": 9,
        "project": {"id": 1, "name": "p", "hide_disabled_flags": true, "server_key_only_feature_ids": [1], "segments": [
            {"id": 1, "name": "s", "rules": [{"type": "ALL", "conditions": [
                {"operator": "EQUAL", "property_": "x", "value": "1", "unit": "cm"}], "rules": []}], "feature_states": []}]}});
    told(
        &read(Format::Flagsmith, &[flagsmith]),
        &[
            "`new`: it is not known",
            "`old`",
            "`allow_client_traits`",
            "`server_key_only_feature_ids`",
            "segment s: `unit`",
            "disabled flags are hidden",
            "environment: `id` is left out",
        ],
    );
    let flagd = json!({"flags": {"f": {"state": "ENABLED", "variants": {"a": 1}, "defaultVariant": "a", "colour": "red"}},
        "$evaluators": {"unused": {"==": [1, 1]}}, "other": 1});
    told(&read(Format::Flagd, &[flagd]), &["flag f: `colour`", "`other`", "the evaluator \"unused\""]);
    let split = json!({"splits": [{"name": "f", "seed": 1, "algo": 2, "defaultTreatment": "off", "status": "ACTIVE",
        "changeNumber": 3, "colour": "red", "conditions": [{"conditionType": "ROLLOUT", "odd": 1, "matcherGroup": {
            "combiner": "AND", "matchers": [{"matcherType": "ALL_KEYS", "keySelector": {"trafficType": "user", "size": 2},
                                             "strange": 1}]},
            "partitions": [{"treatment": "on", "size": 100, "shade": 1}]}]}], "since": 3});
    told(
        &read(Format::Split, &[split]),
        &[
            "`colour`",
            "/conditions/0: `odd`",
            "`size`",
            "`strange`",
            "`shade`",
            "`changeNumber` is left out: it counts changes",
        ],
    );
}

/// Sentences of the rules of a flag called `f`.
fn sentences(format: Format, file: Value) -> Vec<String> {
    let ground = Ground::new(&read(format, &[file]), "production").unwrap();
    sentence::configuration(&ground.state().configuration("production", "f").unwrap())
}

#[test]
fn what_is_imported_reads_as_sentences() {
    let shares = |a: u32| json!([{"variation": 0, "weight": a}, {"variation": 1, "weight": 100_000 - a}]);
    let launchdarkly = json!({"flags": {"f": {"on": true, "salt": "s", "variations": [true, false], "offVariation": 1,
        "rules": [{"id": "r", "rollout": {"variations": shares(30_000)}, "clauses": [
            {"contextKind": "org", "attribute": "/address/city", "op": "matches", "values": ["^B"]},
            {"attribute": "app", "op": "semVerGreaterThan", "values": ["2.0"]},
            {"attribute": "n", "op": "lessThan", "values": [3.0]},
            {"attribute": "since", "op": "before", "values": ["2024-01-01T00:00:00Z"]}]}],
        "fallthrough": {"variation": 0}}}});
    assert_eq!(
        sentences(Format::LaunchDarkly, launchdarkly)[1],
        "If org.address.city matches ^B and app is above version 2.0 and n is less than 3 and since is before \
         2024-01-01T00:00:00Z then serve on to 30 %, off to 70 % by user.key."
    );
    let configcat = json!({"p": {"s": "salt"}, "f": {"f": {"t": 0, "v": {"b": false}, "r": [{"s": {"v": {"b": true}}, "c": [
        {"u": {"a": "Email", "c": 2, "l": ["@x.com"]}}, {"u": {"a": "Age", "c": 15, "d": 18.0}},
        {"u": {"a": "Since", "c": 19, "d": 1_704_067_200}}]}]}}});
    assert_eq!(
        sentences(Format::ConfigCat, configcat)[1],
        "If Email contains @x.com and Age is at least 18 and Since is after 2024-01-01T00:00:00Z then serve on."
    );
    let growthbook = json!({"features": {"f": {"defaultValue": "a", "rules": [
        {"condition": {"paid": true, "app": {"$vgte": "2.0"}}, "force": "b"}]}}});
    assert_eq!(
        sentences(Format::GrowthBook, growthbook)[1],
        "If app is at least version 2.0 and paid counts as true then serve b."
    );
    let split = json!({"splits": [{"name": "f", "seed": 5, "algo": 2, "defaultTreatment": "off", "status": "ACTIVE", "conditions": [
        {"conditionType": "ROLLOUT", "matcherGroup": {"combiner": "AND", "matchers": [{"matcherType": "ALL_KEYS"}]},
         "partitions": [{"treatment": "on", "size": 0}, {"treatment": "off", "size": 100}]}]}]});
    assert_eq!(sentences(Format::Split, split)[1], "If everyone then serve off.");
    let conditions = json!([
        {"operator": "GREATER_THAN", "property": "age", "value": "18"},
        {"operator": "NOT_CONTAINS", "property": "email", "value": "x"},
        {"operator": "MODULO", "property": "n", "value": "2|1"}]);
    let flagsmith = json!({"environment": {"key": "k", "name": "P"}, "features": {"f": {"key": "1", "name": "f", "enabled": true}},
        "segments": {"s": {"key": "s", "name": "s", "rules": [{"type": "ALL", "conditions": conditions}]}}});
    let ground = Ground::new(&read(Format::Flagsmith, &[flagsmith]), "production").unwrap();
    let segment = ground.state().segments.get("s").unwrap();
    assert_eq!(
        sentence::condition_with(&segment.rules[0], &segment.buckets),
        "age is greater than 18 and (email is a text and (email does not contain x or is missing)) and (n leaves 1 when \
         divided by 2 or n is true)"
    );
}

#[test]
fn what_is_no_hash_is_nobodys() {
    let hash = "0".repeat(64);
    let config = json!({"p": {"s": "salt"}, "f": {"f": {"t": 0, "v": {"b": false}, "r": [{"s": {"v": {"b": true}}, "c": [
        {"u": {"a": "Email", "c": 17, "l": ["nonsense", hash]}}]}]}}});
    let imported = read(Format::ConfigCat, &[config]);
    told(&imported, &["\"nonsense\" among the hashes of Email"]);
    assert_eq!(value(&imported, "production", "f", json!({"Email": "nonsense"})), json!(true));
}
