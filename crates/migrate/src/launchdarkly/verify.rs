//! Cases of the SDK test harness: flag data, a context, and the detail that an SDK must give.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use yardarm_eval::ruleset::{ErrorCode, Reason};

use super::context::context;
use super::read::{import, sdk_names};
use super::source::{Answer, SdkFlag, kind_of};
use crate::verify::{Asked, Ground, Section};
use crate::{Names, Options, Source, Unreadable};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    #[serde(default)]
    file: String,
    #[serde(default)]
    suite: Option<String>,
    #[serde(default)]
    name: Option<String>,
    sdk_data: Value,
    flag_key: String,
    context: Value,
    #[serde(default)]
    default: Value,
    #[serde(default)]
    value_type: Option<String>,
    expect: Value,
}

/// Runs LaunchDarkly's published cases: `[{file, suite, name, sdkData, flagKey, context, default, valueType, expect}]`.
pub(crate) fn verify(cases: &[Source]) -> Result<Vec<Section>, Unreadable> {
    let mut sections: BTreeMap<String, Section> = BTreeMap::new();
    let mut last: Option<(Value, Result<Ground, String>)> = None;
    for source in cases {
        let read: Vec<Case> = serde_json::from_value(source.value()?).map_err(|error| {
            Unreadable::new(
                &source.name,
                format!("it is not a list of cases with sdkData, flagKey and context: {error}"),
            )
        })?;
        for case in read {
            let title = if case.file.is_empty() { source.name.clone() } else { case.file.clone() };
            let section = sections.entry(title.clone()).or_insert_with(|| Section::new(title));
            let suite = case.suite.as_deref().unwrap_or_default();
            let name = format!("{suite}: {}", case.name.as_deref().unwrap_or_default());
            if last.as_ref().is_none_or(|(data, _)| *data != case.sdk_data) {
                last = Some((case.sdk_data.clone(), ground(&case.sdk_data)));
            }
            match &last {
                Some((_, Ok(ground))) => section.check(name, expected(&case.expect), detail(ground, &case)),
                Some((_, Err(why))) => section.broken(name, why),
                None => {}
            }
        }
    }
    Ok(sections.into_values().collect())
}

fn ground(data: &Value) -> Result<Ground, String> {
    let file = Source { name: "sdkData".to_owned(), text: data.to_string() };
    let options = Options::default();
    let imported = import(&[file], &options).map_err(|why| why.to_string())?;
    Ground::new(&imported, &options.environment).map_err(|why| format!("{why:?}"))
}

fn expected(expect: &Value) -> Value {
    let mut expect = expect.clone();
    if let Some(members) = expect.as_object_mut() {
        members.retain(|_, value| !value.is_null());
        members.entry("value").or_insert(Value::Null);
    }
    expect
}

/// What an SDK of LaunchDarkly would say.
fn detail(ground: &Ground, case: &Case) -> Value {
    let failed = |kind: &str| json!({"value": case.default, "reason": {"kind": "ERROR", "errorKind": kind}});
    let mut names = Names::default();
    let flags = case.sdk_data.get("flags").and_then(Value::as_object);
    for key in flags.into_iter().flat_map(serde_json::Map::keys) {
        names.key(key);
    }
    let found = names.given(&case.flag_key).zip(flags.and_then(|flags| sdk_names(flags.get(&case.flag_key)?)));
    let Some((key, (variants, flag, rules))) = found else {
        return failed("FLAG_NOT_FOUND");
    };
    let Some(context) = context(&case.context) else {
        return failed("USER_NOT_SPECIFIED");
    };
    let asked = ground.ask(key, &context, 0);
    match asked.error {
        Some(ErrorCode::FlagNotFound) => return failed("FLAG_NOT_FOUND"),
        Some(_) => return failed("MALFORMED_FLAG"),
        None => {}
    }
    let index = asked.variant.as_ref().and_then(|variant| variants.iter().position(|key| key == variant));
    if let Some(value) = &asked.value
        && !is_of(value, case.value_type.as_deref())
    {
        return failed("WRONG_TYPE");
    }
    let reason = reason(&asked, &flag, &rules, index, &context);
    let mut detail = json!({"value": asked.value.as_ref().unwrap_or(&case.default), "reason": reason});
    if let Some(index) = index {
        detail["variationIndex"] = index.into();
    }
    detail
}

fn is_of(value: &Value, wanted: Option<&str>) -> bool {
    match wanted {
        Some("bool") => value.is_boolean(),
        Some("int" | "double") => value.is_number(),
        Some("string") => value.is_string(),
        _ => true,
    }
}

fn reason(asked: &Asked, flag: &SdkFlag, rules: &[String], index: Option<usize>, context: &Value) -> Value {
    let (mut reason, answer) = match asked.rule.as_deref() {
        None if asked.reason == Reason::Disabled => return json!({"kind": "OFF"}),
        None => (json!({"kind": "FALLTHROUGH"}), flag.setting.fallthrough.clone()),
        Some(id) => match rules.iter().position(|rule| rule == id) {
            Some(at) => {
                let rule = flag.setting.rules.get(at).cloned().unwrap_or_default();
                let mut reason = json!({"kind": "RULE_MATCH", "ruleIndex": at});
                if let Some(id) = rule.id.filter(|id| !id.is_empty()) {
                    reason["ruleId"] = id.into();
                }
                (reason, Some(Answer { variation: rule.variation, rollout: rule.rollout }))
            }
            None if id.starts_with("target") => return json!({"kind": "TARGET_MATCH"}),
            None => {
                let key = id.strip_prefix("prerequisite:").map(str::to_owned).or_else(|| {
                    let at: usize = id.strip_prefix("prerequisite.")?.parse().ok()?;
                    flag.setting.prerequisites.get(at).map(|one| one.key.clone())
                });
                return json!({"kind": "PREREQUISITE_FAILED", "prerequisiteKey": key});
            }
        },
    };
    if answer.is_some_and(|answer| in_experiment(&answer, index, context)) {
        reason["inExperiment"] = true.into();
    }
    reason
}

/// Whether an experiment counts the answer: it has a context of its kind, and the share is tracked.
fn in_experiment(answer: &Answer, index: Option<usize>, context: &Value) -> bool {
    let Some(rollout) = answer.rollout.as_ref().filter(|rollout| rollout.kind.as_deref() == Some("experiment")) else {
        return false;
    };
    let kind = kind_of(rollout.context_kind.as_deref());
    let tracked = |part: &super::source::Weighted| usize::try_from(part.variation).ok() == index && !part.untracked;
    context.get(kind).is_some() && rollout.variations.iter().any(tracked)
}
