//! Members of documents and contexts that are not read, on every level.

use serde_json::Value;

use crate::Report;
use crate::members::Members;

const PAGES: &str = "it is about Flagsmith's own pages";
const IDS: &str = "it is an id of Flagsmith's own";
const INTEGRATION: &str = "it is about sending events elsewhere";

/// Members that change no answer, and why.
const SILENT: &[(&str, &str)] = &[
    ("id", IDS),
    ("identity_uuid", IDS),
    ("composite_key", IDS),
    ("environment_api_key", IDS),
    ("featurestate_uuid", IDS),
    ("segment_id", IDS),
    ("updated_at", PAGES),
    ("created_date", PAGES),
    ("organisation", PAGES),
    ("enable_realtime_updates", PAGES),
    ("type", "the kind of a feature follows from its options"),
    ("amplitude_config", INTEGRATION),
    ("dynatrace_config", INTEGRATION),
    ("heap_config", INTEGRATION),
    ("mixpanel_config", INTEGRATION),
    ("rudderstack_config", INTEGRATION),
    ("segment_config", INTEGRATION),
    ("webhook_config", INTEGRATION),
    ("identity_traits", "traits come with each evaluation here"),
    ("identity", "it is who asks, not what is answered"),
];

/// What a file has that nothing reads.
pub(super) fn tell(file: &Value, report: &mut Report) {
    let mut unread = Unread(Members::default());
    if file.get("feature_states").is_some() {
        unread.document(file);
    } else {
        unread.context(file);
    }
    unread.0.tell(SILENT, report);
}

struct Unread(Members);

fn all<'v>(of: &'v Value, list: &str) -> impl Iterator<Item = &'v Value> {
    of.get(list).and_then(Value::as_array).into_iter().flatten()
}

fn values<'v>(of: &'v Value, map: &str) -> impl Iterator<Item = &'v Value> {
    of.get(map).and_then(Value::as_object).into_iter().flatten().map(|(_, value)| value)
}

fn named(kind: &str, of: &Value) -> String {
    format!("{kind} {}", of.get("name").and_then(Value::as_str).unwrap_or("without a name"))
}

impl Unread {
    fn members(&mut self, of: &Value, known: &[&str], place: &str) {
        self.0.others(of, known, place);
    }

    fn document(&mut self, file: &Value) {
        self.members(file, &["api_key", "name", "feature_states", "project", "identity_overrides"], "environment");
        let project = &file["project"];
        self.members(project, &["segments", "name", "id", "hide_disabled_flags"], "project");
        for segment in all(project, "segments") {
            let place = named("segment", segment);
            self.members(segment, &["id", "name", "rules", "feature_states"], &place);
            self.rules(segment, &place);
            all(segment, "feature_states").for_each(|state| self.state(state, &place));
        }
        all(file, "feature_states").for_each(|state| self.state(state, "environment"));
        for identity in all(file, "identity_overrides") {
            let place = format!("identity {}", identity["identifier"]);
            self.members(identity, &["identifier", "identity_features"], &place);
            all(identity, "identity_features").for_each(|state| self.state(state, &place));
        }
    }

    fn state(&mut self, state: &Value, of: &str) {
        let place = format!("{} of {of}", named("flag", &state["feature"]));
        let known = [
            "feature",
            "enabled",
            "feature_state_value",
            "django_id",
            "feature_segment",
            "multivariate_feature_state_values",
        ];
        self.members(state, &known, &place);
        self.members(&state["feature"], &["id", "name"], &place);
        self.members(&state["feature_segment"], &["priority"], &place);
        for option in all(state, "multivariate_feature_state_values") {
            let known = ["id", "mv_fs_value_uuid", "multivariate_feature_option", "percentage_allocation"];
            self.members(option, &known, &place);
            self.members(&option["multivariate_feature_option"], &["value", "key"], &place);
        }
    }

    fn context(&mut self, file: &Value) {
        self.members(file, &["environment", "features", "segments"], "environment");
        self.members(&file["environment"], &["key", "name"], "environment");
        for segment in all(file, "segments") {
            let place = named("segment", segment);
            self.members(segment, &["key", "name", "rules", "overrides", "metadata"], &place);
            self.rules(segment, &place);
            all(segment, "overrides").for_each(|one| self.feature(one, &place));
        }
        values(file, "features").for_each(|one| self.feature(one, "environment"));
    }

    fn feature(&mut self, feature: &Value, of: &str) {
        let place = format!("{} of {of}", named("flag", feature));
        let known = ["key", "feature_key", "name", "enabled", "value", "variants", "metadata", "priority"];
        self.members(feature, &known, &place);
        all(feature, "variants").for_each(|one| self.members(one, &["key", "value", "weight", "priority"], &place));
    }

    fn rules(&mut self, of: &Value, place: &str) {
        for rule in all(of, "rules") {
            self.members(rule, &["type", "conditions", "rules"], place);
            let known = ["operator", "property", "property_", "value"];
            all(rule, "conditions").for_each(|one| self.members(one, &known, place));
            self.rules(rule, place);
        }
    }
}
