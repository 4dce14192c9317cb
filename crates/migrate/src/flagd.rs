//! flagd: flag definitions in JSON or YAML, one environment a set of files.

mod condition;
mod scenarios;
mod shares;
mod targeting;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use yardarm_eval::ruleset::{ErrorCode, Serve};

use crate::authored::authored;
use crate::members::Members;
use crate::metadata;
use crate::verify::Section;
use crate::{Format, Imported, Names, Options, Project, Report, Source, Unreadable, exact_serve, variant};
use shares::Shares;

/// See [`crate::Format::sdks`]: what all calculate alike comes first, then each language before 2026.
pub(crate) const SDKS: &[&str] = &["flagd", "go-v1", "python-v1", "java-v1", "javascript-v1", "rust-v1"];

/// The operators of `JSONLogic` and those that flagd adds.
const OPERATORS: &[&str] = &[
    "var",
    "missing",
    "missing_some",
    "if",
    "?:",
    "==",
    "===",
    "!=",
    "!==",
    "!",
    "!!",
    "or",
    "and",
    ">",
    ">=",
    "<",
    "<=",
    "max",
    "min",
    "+",
    "-",
    "*",
    "/",
    "%",
    "map",
    "filter",
    "reduce",
    "all",
    "none",
    "some",
    "merge",
    "in",
    "cat",
    "substr",
    "log",
    "fractional",
    "sem_ver",
    "starts_with",
    "ends_with",
];

/// Levels of `$ref` in `$ref`.
const REFERENCE_DEPTH: usize = 16;

/// Reads flag definitions: `{"flags": {key: {state, variants, defaultVariant, targeting, metadata}}, "$evaluators", "metadata"}`;
/// `flags` may be a list, too, of flags with their `key`.
pub(crate) fn import(files: &[Source], options: &Options) -> Result<Imported, Unreadable> {
    let mut project = Project {
        environments: vec![json!({"key": options.environment, "name": options.environment})],
        ..Project::default()
    };
    let sdk = options.sdk(Format::Flagd);
    let shares = Shares::NAMED.into_iter().find(|(name, _)| *name == sdk).map_or(Shares::Whole, |(_, shares)| shares);
    let (mut report, mut names, mut members) = (Report::default(), Names::default(), Members::default());
    for file in files {
        let definitions = file.value()?;
        let flags = listed(&definitions, &file.name, &mut report).ok_or_else(|| {
            let why = "it has no object or list `flags`; flag definitions of flagd look like {\"flags\": {…}}";
            Unreadable::new(&file.name, why)
        })?;
        let set = Set { definitions: &definitions, environment: &options.environment, shares };
        for (name, flag) in flags {
            if names.given(name).is_some() {
                report.attention(
                    format!("flag {name}"),
                    "another definition of the same flag",
                    format!("only the first one is imported, not the one in {}", file.name),
                    "merge the two by hand",
                );
                continue;
            }
            let key = names.key(name);
            if key != *name {
                let why = "its name is not a key here";
                report.attention(format!("flag {name}"), format!("is {key} now"), why, "ask for it by its new key");
            }
            let known = ["key", "state", "variants", "defaultVariant", "targeting", "metadata"];
            members.others(flag, &known, &format!("flag {name}"));
            project.flags.extend(set.flag(name, &key, flag, &mut report));
        }
        members.others(&definitions, &["flags", "$evaluators", "metadata", "$schema"], &file.name);
        set.remark_unused(&file.name, &mut report);
    }
    members.tell(&[], &mut report);
    Ok(Imported { document: project.into_document("flagd", "flagd"), report })
}

/// The flags of a file by name. In a list, the last one of a name counts.
fn listed<'d>(definitions: &'d Value, file: &str, report: &mut Report) -> Option<BTreeMap<&'d str, &'d Value>> {
    let list = match definitions.get("flags")? {
        Value::Object(flags) => return Some(flags.iter().map(|(name, flag)| (name.as_str(), flag)).collect()),
        Value::Array(list) => list,
        _ => return None,
    };
    let mut flags = BTreeMap::new();
    for (at, flag) in list.iter().enumerate() {
        let Some(name) = flag.get("key").and_then(Value::as_str).filter(|name| !name.is_empty()) else {
            let what = format!("the flag at /flags/{at}");
            report.attention(file, what, "it has no `key`, so it is left out", "give it its name and import again");
            continue;
        };
        if flags.insert(name, flag).is_some() {
            let why = format!("only the last one in {file} is imported, as flagd does");
            let what = "another definition of the same flag";
            report.attention(format!("flag {name}"), what, why, "merge the two by hand");
        }
    }
    Some(flags)
}

/// Runs scenarios in gherkin over the flag definitions among the files.
pub(crate) fn verify(cases: &[Source]) -> Result<Vec<Section>, Unreadable> {
    scenarios::verify(cases)
}

struct Set<'s> {
    definitions: &'s Value,
    environment: &'s str,
    shares: Shares,
}

impl Set<'_> {
    /// Evaluators that no targeting and no other evaluator names.
    fn remark_unused(&self, file: &str, report: &mut Report) {
        let (flags, shared) = (self.definitions.get("flags"), self.definitions.get("$evaluators"));
        let texts = [flags, shared].map(|part| part.map(Value::to_string).unwrap_or_default());
        for name in shared.and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name) {
            let reference = json!({"$ref": name}).to_string();
            if !texts.iter().any(|text| text.contains(&reference)) {
                let what = format!("the evaluator {name:?}");
                report.attention(file, what, "no targeting refers to it, and it is left out", "nothing");
            }
        }
    }

    /// Our flag, if it can be one at all.
    fn flag(&self, name: &str, key: &str, flag: &Value, report: &mut Report) -> Option<Value> {
        let place = format!("flag {name}");
        let Some(values) = flag.get("variants").and_then(Value::as_object).filter(|values| !values.is_empty()) else {
            report.attention(
                place,
                "the flag",
                "it has no variants, so it has no values",
                "make it anew when it is used",
            );
            return None;
        };
        let mut variants = Names::default();
        let listed: Vec<Value> =
            values.iter().map(|(name, value)| json!({"key": variants.key(name), "value": value})).collect();
        for (name, key) in variants.renamed() {
            let why = "its name is not a key here";
            report.attention(&place, format!("the variant {name:?} is {key} now"), why, "look where its name is used");
        }
        let on = match flag.get("state").and_then(Value::as_str) {
            Some("ENABLED") => true,
            Some("DISABLED") => false,
            other => {
                let what = format!("the state {}", other.unwrap_or("(none)"));
                report.attention(
                    &place,
                    what,
                    "it is neither ENABLED nor DISABLED",
                    "it is off here; switch it on if it should be",
                );
                false
            }
        };
        let default = flag.get("defaultVariant").and_then(Value::as_str);
        let fallback = match default.map(|name| (name, variants.given(name))) {
            None => Serve::CallerDefault,
            Some((_, Some(key))) => Serve::Variant(key.to_owned()),
            Some((name, None)) => {
                report.attention(
                    &place,
                    format!("the default variant {name:?}"),
                    "there is no such variant",
                    "choose one",
                );
                Serve::Error(ErrorCode::General)
            }
        };
        let mut configuration = json!({
            "on": on,
            "default": serve(&fallback),
            "off_variant": match &fallback {
                Serve::Variant(key) => key.clone(),
                _ => variants.key(values.keys().next()?),
            },
            "off": exact_serve(&Serve::CallerDefault),
        });
        report.kept(&place, "what it serves when it is off", "flagd leaves it to the caller's default");
        if fallback == Serve::CallerDefault {
            report.kept(
                &place,
                "the default rule",
                "without a default variant, flagd leaves it to the caller's default",
            );
        }
        let known = targeting::Flag { key: name, variants: &variants, shares: self.shares };
        let targeting = flag.get("targeting").filter(|targeting| !is_nothing(targeting));
        if let Some(targeting) = targeting {
            self.targeting(&known, targeting, &fallback, &mut configuration, &place, report);
        } else {
            report.mapped(&place, format!("{} variants", listed.len()));
        }
        let mut ours = json!({
            "key": key,
            "name": name,
            "type": value_type(values),
            "variants": listed,
            "environments": {self.environment: configuration},
        });
        let description = metadata::described("", &self.metadata(flag), &place, report);
        if !description.is_empty() {
            ours["description"] = description.into();
        }
        Some(ours)
    }

    fn targeting(
        &self,
        flag: &targeting::Flag<'_>,
        targeting: &Value,
        fallback: &Serve,
        configuration: &mut Value,
        place: &str,
        report: &mut Report,
    ) {
        let expression = match self.resolved(targeting, 0) {
            Ok(expression) => expression,
            Err(why) => {
                report.attention(
                    place,
                    "its targeting",
                    why,
                    "repair it in flagd and import again, or write rules here",
                );
                configuration["default"] = exact_serve(&Serve::Error(ErrorCode::ParseError));
                return;
            }
        };
        let Some(steps) = targeting::rules(flag, &expression) else {
            if self.shares != Shares::Whole && expression.to_string().contains("\"fractional\"") {
                let why = "shares inside a calculation are those of flagd today, whatever --sdk says";
                report.attention(place, "`fractional` inside other operators", why, "put it at the end of an if");
            }
            let computed = Serve::Compute(expression);
            configuration["rules"] = json!([{"id": "targeting", "if": {"all": []}, "serve": exact_serve(&computed)}]);
            report.kept(place, "its targeting, as JSONLogic", "its results are computed, so there are no rules for it");
            return;
        };
        let mut all_ours = true;
        let rules = steps.steps.iter().enumerate().map(|(at, step)| {
            let (condition, ours) = authored(&step.condition);
            all_ours &= ours && matches!(step.serve, None | Some(Serve::Variant(_)));
            let mut rule = json!({
                "id": format!("targeting-{}", at + 1),
                "if": condition,
                "serve": serve(step.serve.as_ref().unwrap_or(fallback)),
                "reason": "TARGETING_MATCH",
            });
            if step.serve.is_none() {
                rule["reason"] = "DEFAULT".into();
            }
            rule
        });
        let rules: Vec<Value> = rules.collect();
        let count = rules.len();
        configuration["rules"] = Value::Array(rules);
        if !steps.buckets.is_empty() {
            configuration["buckets"] =
                steps.buckets.iter().map(|(name, bucket)| (name.clone(), json!(bucket))).collect::<Map<_, _>>().into();
        }
        report.mapped(place, format!("targeting became {count} rules"));
        if !all_ours {
            let why = "JSONLogic treats missing and mistyped attributes, or units, in a way that ours do not";
            report.kept(place, "conditions or a split in its rules", why);
        }
    }

    /// References replaced by what they refer to; what is wrong otherwise.
    fn resolved(&self, expression: &Value, depth: usize) -> Result<Value, String> {
        match expression {
            Value::Array(parts) => {
                Ok(Value::Array(parts.iter().map(|part| self.resolved(part, depth)).collect::<Result<_, _>>()?))
            }
            Value::Object(members) => {
                if let Some(name) = members.get("$ref").and_then(Value::as_str) {
                    if depth >= REFERENCE_DEPTH {
                        return Err(format!("the reference to {name:?} goes in a circle"));
                    }
                    let shared = self.definitions.get("$evaluators").and_then(|evaluators| evaluators.get(name));
                    let shared = shared.ok_or_else(|| format!("there is no evaluator {name:?} that it refers to"))?;
                    return self.resolved(shared, depth + 1);
                }
                if let Some(name) = members.keys().find(|name| !OPERATORS.contains(&name.as_str())) {
                    return Err(format!("{name:?} is not an operator"));
                }
                let resolve = |(name, part): (&String, &Value)| Ok((name.clone(), self.resolved(part, depth)?));
                Ok(Value::Object(members.iter().map(resolve).collect::<Result<_, String>>()?))
            }
            scalar => Ok(scalar.clone()),
        }
    }

    /// The set's metadata under the flag's own.
    fn metadata(&self, flag: &Value) -> Map<String, Value> {
        let of = |value: Option<&Value>| value.and_then(Value::as_object).cloned().unwrap_or_default();
        let mut metadata = of(self.definitions.get("metadata"));
        metadata.extend(of(flag.get("metadata")));
        metadata
    }
}

fn is_nothing(targeting: &Value) -> bool {
    targeting.is_null() || targeting.as_object().is_some_and(Map::is_empty)
}

fn serve(serve: &Serve) -> Value {
    match serve {
        Serve::Variant(key) => variant(key),
        other => exact_serve(other),
    }
}

fn value_type(values: &Map<String, Value>) -> &'static str {
    let all = |is: fn(&Value) -> bool| values.values().all(is);
    match () {
        () if all(Value::is_boolean) => "boolean",
        () if all(Value::is_string) => "string",
        () if all(Value::is_number) => "number",
        () => "json",
    }
}
