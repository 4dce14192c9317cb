//! GrowthBook's `cases.json`, section by section, each case as a feature.

use serde_json::{Value, json};
use yardarm_eval::ruleset::{ErrorCode, Reason};
use yardarm_model::limits::VARIANTS;

use super::feature::CYCLE;
use super::rollout::{between, pair};
use crate::verify::{Ground, Section};
use crate::{Options, Source, Unreadable};

/// What a case gives: expected and actual.
type Outcome = Result<(Value, Value), String>;

pub(super) fn verify(cases: &[Source]) -> Result<Vec<Section>, Unreadable> {
    let mut sections = Vec::new();
    for file in cases {
        let cases = file.value()?;
        for (name, run) in [
            ("evalCondition", eval_condition as fn(&[Value], &mut Section) -> Outcome),
            ("hash", hash),
            ("getBucketRange", bucket_range),
            ("chooseVariation", choose_variation),
            ("getEqualWeights", equal_weights),
            ("feature", feature),
        ] {
            let Some(rows) = cases.get(name).and_then(Value::as_array) else {
                continue;
            };
            let mut section = Section::new(name);
            for row in rows {
                let cells = row.as_array().map(Vec::as_slice).unwrap_or_default();
                let title = cells.first().map_or_else(String::new, |title| match title {
                    Value::String(text) if !text.is_empty() && name != "hash" => text.clone(),
                    _ => row.to_string(),
                });
                let before = section.left_out.len();
                match run(cells, &mut section) {
                    _ if section.left_out.len() > before => {}
                    Ok((expected, actual)) => section.check(title, expected, actual),
                    Err(why) => section.broken(title, why),
                }
            }
            sections.push(section);
        }
    }
    Ok(sections)
}

fn ground(payload: &Value) -> Result<Ground, String> {
    let file = Source { name: "case".to_owned(), text: payload.to_string() };
    let imported = super::import(&[file], &Options::default()).map_err(|error| error.to_string())?;
    Ground::new(&imported, &Options::default().environment).map_err(|refusal| refusal.to_string())
}

/// Value of one feature, null where the caller's default counts.
fn value(ground: &Ground, attributes: &Value) -> Result<Value, String> {
    if let Some(why) = ground.compile_error("feature") {
        return Err(why.to_owned());
    }
    let asked = ground.ask("feature", attributes, 0);
    match asked.error {
        Some(error) => Err(format!("error {error:?}")),
        None => Ok(asked.value.unwrap_or_default()),
    }
}

/// `[name, condition, attributes, expected, savedGroups?]`.
fn eval_condition(cells: &[Value], _: &mut Section) -> Outcome {
    let [_, condition, attributes, expected, rest @ ..] = cells else {
        return Err("a row is [name, condition, attributes, expected]".to_owned());
    };
    let payload = json!({
        "features": {"feature": {"defaultValue": false, "rules": [{"condition": condition, "force": true}]}},
        "savedGroups": rest.first().unwrap_or(&Value::Null),
    });
    Ok((expected.clone(), value(&ground(&payload)?, attributes)?))
}

/// `[seed, value, version, expected]`: the one number that is expected is served, and no other one.
fn hash(cells: &[Value], _: &mut Section) -> Outcome {
    let [seed, unit, version, expected] = cells else {
        return Err("a row is [seed, value, version, expected]".to_owned());
    };
    let size = if version == 2 { 10_000 } else { 1_000 };
    let at = expected.as_f64().map_or((0, 0), |expected| between(size, expected, expected));
    let filter = |ranges: Value| json!([{"seed": seed, "hashVersion": version, "ranges": ranges}]);
    #[expect(clippy::cast_precision_loss, reason = "at most 10,000")]
    let next = (at.0 + 1) as f64 / size as f64;
    let here = if expected.is_null() { json!([[0, 1]]) } else { json!([[expected, next]]) };
    let payload = json!({"features": {"feature": {"defaultValue": "elsewhere", "rules": [{"force": "here", "filters": filter(here)}]}}});
    let actual = value(&ground(&payload)?, &json!({"id": unit}))?;
    Ok((json!(if expected.is_null() { "elsewhere" } else { "here" }), actual))
}

/// The ranges that a feature with one experiment is compiled to, variation by variation, of 10,000.
fn compiled_ranges(rule: &Value, variations: usize) -> Result<Vec<Value>, String> {
    if variations > VARIANTS {
        return Err(format!("{variations} variations are more than the {VARIANTS} variants that a flag can have"));
    }
    let mut rule = rule.clone();
    rule["variations"] = (0..variations).collect::<Vec<_>>().into();
    rule["hashVersion"] = json!(2);
    let ground = ground(&json!({"features": {"feature": {"defaultValue": -1, "rules": [rule]}}}))?;
    let environment = Options::default().environment;
    let flag = yardarm_model::compile::compile_flag(ground.state(), &environment, "feature").ok_or("no flag")?;
    let flag = json!(flag);
    let Some(split) = flag.pointer("/rules/0/serve/split") else {
        return Ok(Vec::new());
    };
    let ranges = split.get("ranges").and_then(Value::as_array).ok_or("no ranges")?;
    let of = |number: usize| {
        let variant =
            flag["variants"].as_object()?.iter().find(|(_, value)| value.as_u64() == u64::try_from(number).ok())?.0;
        let mine = ranges.iter().find(|range| range.get(2).and_then(Value::as_str) == Some(variant));
        Some(mine.map_or(Value::Null, |range| json!([range[0], range[1]])))
    };
    (0..variations).map(|number| of(number).ok_or_else(|| "no variant".to_owned())).collect()
}

#[expect(clippy::float_cmp, reason = "an empty range repeats its bound")]
/// Expected fractions as numbers of 10,000; an empty range is none. They are rounded to eight places in the cases, so where
/// that decides, the number that we have is right, too.
fn whole(expected: &Value, actual: &[Value]) -> Value {
    let expected = expected.as_array().into_iter().flatten().filter_map(pair);
    expected
        .enumerate()
        .map(|(at, (lo, hi))| {
            let near = [-1e-8, 0.0, 1e-8].map(|by| match between(10_000, lo, if hi == lo { hi } else { hi + by }) {
                (lo, hi) if lo < hi => json!([lo, hi]),
                _ => Value::Null,
            });
            let ours = actual.get(at).filter(|ours| near.contains(ours));
            ours.cloned().unwrap_or_else(|| near[1].clone())
        })
        .collect()
}

/// `[name, [variations, coverage, weights], expected]`.
fn bucket_range(cells: &[Value], _: &mut Section) -> Outcome {
    let [_, input, expected] = cells else {
        return Err("a row is [name, [variations, coverage, weights], expected]".to_owned());
    };
    let variations =
        input.get(0).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok()).ok_or("no number of variations")?;
    let mut rule = json!({"coverage": input[1]});
    if !input[2].is_null() {
        rule["weights"] = input[2].clone();
    }
    let actual = compiled_ranges(&rule, variations)?;
    Ok((whole(expected, &actual), Value::from(actual)))
}

/// `[name, n, ranges, expected]`: somebody whose number is n.
fn choose_variation(cells: &[Value], _: &mut Section) -> Outcome {
    let [_, number, ranges, expected] = cells else {
        return Err("a row is [name, n, ranges, expected]".to_owned());
    };
    let number = number.as_f64().ok_or("n is no number")?;
    let count = ranges.as_array().map_or(0, Vec::len);
    let rule = json!({"variations": (0..count).collect::<Vec<_>>(), "ranges": ranges, "seed": "s"});
    let here = json!({"force": 1, "seed": "s", "range": [number, number + 0.001]});
    let ground = ground(&json!({"features": {
        "feature": {"defaultValue": -1, "rules": [rule]},
        "here": {"defaultValue": 0, "rules": [here]},
    }}))?;
    let people = (0..100_000).map(|id| json!({"id": id.to_string()}));
    let found = people.into_iter().find(|person| ground.ask("here", person, 0).value == Some(json!(1)));
    Ok((expected.clone(), value(&ground, &found.ok_or("nobody has this number")?)?))
}

/// `[variations, expected]`.
fn equal_weights(cells: &[Value], section: &mut Section) -> Outcome {
    let [variations, expected] = cells else {
        return Err("a row is [variations, expected]".to_owned());
    };
    let Some(variations) = variations.as_u64().and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 1) else {
        let why = "fewer than two variations are no experiment, so there is nothing to weigh";
        section.leave_out(format!("{variations} variations"), why);
        return Ok((Value::Null, Value::Null));
    };
    let mut sum = 0.0;
    let weights = expected.as_array().into_iter().flatten().filter_map(Value::as_f64);
    let ranges: Vec<Value> = weights
        .map(|weight| {
            let lo = sum;
            sum += weight;
            // The weights of the case are rounded to eight places.
            json!([lo, if (sum - 1.0_f64).abs() < 1e-6 { 1.0 } else { sum }])
        })
        .collect();
    let actual = compiled_ranges(&json!({}), variations)?;
    Ok((whole(&Value::from(ranges), &actual), Value::from(actual)))
}

/// `[name, {attributes, features, …}, feature, expected]`.
fn feature(cells: &[Value], section: &mut Section) -> Outcome {
    let [name, case, key, expected] = cells else {
        return Err("a row is [name, context, feature, expected]".to_owned());
    };
    let set = |name: &str| case.get(name).is_some_and(|value| !value.is_null());
    for (member, why) in [
        ("forcedVariations", "variations forced by the caller are set in the SDK, not in the flag"),
        ("url", "variations forced by the address of a page are set in the SDK, not in the flag"),
        ("qaMode", "QA mode is set in the SDK, not in the flag"),
        ("enabled", "an SDK that is switched off evaluates nothing"),
        ("stickyBucketAssignmentDocs", "remembered assignments are kept by the SDK"),
    ] {
        if set(member) {
            section.leave_out(name.as_str().unwrap_or_default(), why);
            return Ok((Value::Null, Value::Null));
        }
    }
    let empty = json!({});
    let payload = json!({
        "features": case.get("features").unwrap_or(&empty),
        "savedGroups": case.get("savedGroups").unwrap_or(&empty),
        "contextualBandits": case.get("contextualBandits").unwrap_or(&empty),
    });
    let ground = ground(&payload)?;
    let key = key.as_str().ok_or("the feature has no name")?;
    let asked = ground.ask(key, case.get("attributes").unwrap_or(&empty), 0);
    if let Some(why) = asked.error.and_then(|_| ground.compile_error(key)) {
        return Err(why.to_owned());
    }
    let cyclic = expected.get("source").and_then(Value::as_str) == Some("cyclicPrerequisite");
    let source = match asked.reason {
        _ if asked.error == Some(ErrorCode::FlagNotFound) => "unknownFeature",
        Reason::PrerequisiteFailed if cyclic && asked.rule.as_ref().is_none_or(|rule| rule.contains(CYCLE)) => {
            "cyclicPrerequisite"
        }
        Reason::PrerequisiteFailed => "prerequisite",
        Reason::TargetingMatch => "force",
        Reason::Split => "experiment",
        Reason::Static | Reason::Default => "defaultValue",
        _ => "error",
    };
    let mut actual = json!({"value": asked.value, "source": source});
    let mut wanted = json!({"value": expected.get("value"), "source": expected.get("source")});
    if let Some(id) = expected.get("ruleId").and_then(Value::as_str).filter(|id| !id.is_empty()) {
        wanted["ruleId"] = id.into();
        actual["ruleId"] = json!(asked.rule);
    }
    Ok((wanted, actual))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_cannot_ask_for_more_variations_than_a_flag_has() {
        for variations in [VARIANTS + 1, 2_000_000_000] {
            assert!(compiled_ranges(&json!({}), variations).is_err());
        }
        assert_eq!(compiled_ranges(&json!({}), 50).map(|ranges| ranges.len()), Ok(50));
    }
}
