//! Rules of Flagsmith's segments. The value of a condition is cast to the type of the trait when it is compared; the casts
//! that Python does there are done here, once for each type. Nothing is ever unknown.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use yardarm_eval::ruleset::{Bucket, Condition, Op, Reader, Test, Truth};
use yardarm_eval::{Context, Snapshot};

use super::subject::{Subject, of_path, trait_path};
use super::{NUMBERS, bucket, identity_key, percent, text};
use crate::Report;
use crate::exact::end_of;

/// One segment being read.
pub(super) struct Reading<'r> {
    pub(super) context: &'r Value,
    /// Key of the environment.
    pub(super) environment: &'r str,
    /// Key of the segment.
    pub(super) segment: &'r str,
    pub(super) place: &'r str,
    pub(super) report: &'r mut Report,
    pub(super) buckets: BTreeMap<String, Bucket>,
}

impl Reading<'_> {
    /// The quantifier holds for the conditions, and for the rules below; an empty list holds.
    pub(super) fn rule(&mut self, rule: &Value) -> Condition {
        let list = |name: &str| rule.get(name).and_then(Value::as_array).filter(|list| !list.is_empty()).cloned();
        let conditions = list("conditions").map(|list| list.iter().map(|one| self.condition(one)).collect());
        let rules = list("rules").map(|list| list.iter().map(|one| self.rule(one)).collect());
        let kind = text(rule, "type");
        if !matches!(kind.as_str(), "ALL" | "ANY" | "NONE") {
            self.attention(format!("a rule of type {kind:?}"), "there are ALL, ANY and NONE; it never holds");
            return Condition::Const(false);
        }
        let parts: Vec<Condition> = [conditions, rules]
            .into_iter()
            .flatten()
            .map(|parts: Vec<Condition>| match kind.as_str() {
                "ALL" => Condition::All(parts),
                "ANY" => Condition::Any(parts),
                _ => not(Condition::Any(parts)),
            })
            .collect();
        joined(parts)
    }

    fn attention(&mut self, what: String, why: &str) {
        self.report.attention(self.place, what, why, "look whether it is meant so");
    }

    fn condition(&mut self, condition: &Value) -> Condition {
        let (operator, property) = (text(condition, "operator"), text(condition, "property"));
        let value = condition.get("value").unwrap_or(&Value::Null);
        if operator == "PERCENTAGE_SPLIT" && property.is_empty() {
            return self.about(&Subject::IdentityKey, &operator, value);
        }
        let own = Subject::Attribute(trait_path(&property));
        let path = property.starts_with("$.").then(|| of_path(&property, self.context)).flatten();
        let Some(subject) = path else {
            if property.contains(['*', '[']) && property.starts_with("$.") {
                self.attention(
                    format!("the path {property}"),
                    "only paths of names are understood, so it counts as the name of a trait",
                );
            }
            return self.about(&own, &operator, value);
        };
        if subject == Subject::IdentityKey && operator == "PERCENTAGE_SPLIT" {
            return self.about(&subject, &operator, value);
        }
        // A trait that is called like the path goes first.
        let named = present(&trait_path(&property));
        if operator == "IS_NOT_SET" {
            return Condition::All(vec![not(named), self.about(&subject, &operator, value)]);
        }
        let otherwise = Condition::All(vec![not(named), self.about(&subject, &operator, value)]);
        Condition::Any(vec![self.about(&own, &operator, value), otherwise])
    }

    fn about(&mut self, subject: &Subject, operator: &str, value: &Value) -> Condition {
        let attr = match subject {
            Subject::Nothing => return Condition::Const(operator == "IS_NOT_SET"),
            Subject::Constant(constant) => {
                let condition = self.about(&Subject::Attribute(vec!["constant".to_owned()]), operator, value);
                if operator == "PERCENTAGE_SPLIT" {
                    self.attention(
                        "a percentage of something that is the same for everybody".to_owned(),
                        "it never holds here",
                    );
                    return Condition::Const(false);
                }
                return Condition::Const(holds(&condition, &json!({"constant": constant})));
            }
            Subject::IdentityKey if operator == "PERCENTAGE_SPLIT" => return self.of_identities(value),
            Subject::IdentityKey => {
                let why = "the key that Flagsmith makes of environment and identifier is not in our contexts";
                self.attention("a condition on $.identity.key".to_owned(), why);
                identity_key()
            }
            Subject::Attribute(path) => path.clone(),
        };
        self.compared(attr, operator, value)
    }

    fn compared(&mut self, attr: Vec<String>, operator: &str, value: &Value) -> Condition {
        // Conditions hold texts; other scalars are read as Python would write them.
        let text = python_text(value);
        match operator {
            "IS_SET" => present(&attr),
            "IS_NOT_SET" => not(present(&attr)),
            "EQUAL" => by_type(&attr, &text, &[Op::Eq], |value, bound| value == bound),
            "NOT_EQUAL" => by_type(&attr, &text, &[Op::Lt, Op::Gt], |value, bound| value != bound),
            "GREATER_THAN" => by_type(&attr, &text, &[Op::Gt], |value, bound| value && !bound),
            "GREATER_THAN_INCLUSIVE" => by_type(&attr, &text, &[Op::Gte], |value, bound| value >= bound),
            "LESS_THAN" => by_type(&attr, &text, &[Op::Lt], |value, bound| !value & bound),
            "LESS_THAN_INCLUSIVE" => by_type(&attr, &text, &[Op::Lte], |value, bound| value <= bound),
            "CONTAINS" if text.ends_with(":semver") => Condition::Const(false),
            "CONTAINS" => typed(&attr, Op::Contains, json!({"string": [text]})),
            "NOT_CONTAINS" => Condition::All(vec![
                typed(&attr, Op::Starts, json!({"string": [""]})),
                not(typed(&attr, Op::Contains, json!({"string": [text]}))),
            ]),
            "REGEX" => match regex::Regex::new(&text) {
                Ok(_) => leaf(&attr, Reader::StringPy, Op::MatchesStart, json!(text)),
                Err(error) => {
                    self.attention(
                        format!("the regular expression `{text}`"),
                        &format!("it cannot be used here, so it never holds: {error}"),
                    );
                    Condition::Const(false)
                }
            },
            "MODULO" => self.modulo(&attr, &text),
            "IN" => among(&attr, value),
            "PERCENTAGE_SPLIT" => {
                let name = format!("split-{}", attr.join("-"));
                let mut own = bucket(format!("{},", self.segment), attr);
                own.empty = true;
                self.split(&name, own, value)
            }
            _ => {
                self.attention(format!("the operator {operator}"), "Flagsmith does not know it, so it never holds");
                Condition::Const(false)
            }
        }
    }

    fn modulo(&mut self, attr: &[String], text: &str) -> Condition {
        let parts: Vec<Option<f64>> = text.split('|').map(float).collect();
        let [Some(divisor), Some(remainder)] = parts[..] else {
            return Condition::Const(false);
        };
        if divisor == 0.0 || !divisor.is_finite() || !remainder.is_finite() {
            self.attention(format!("the division by {divisor}"), "it cannot be done, so it never holds");
            return Condition::Const(false);
        }
        // Python's booleans are numbers.
        let fits = |value: &&bool| {
            let value = f64::from(u8::from(**value));
            let left = value - divisor * (value / divisor).floor();
            #[expect(clippy::float_cmp, reason = "the engine compares exactly")]
            (left == remainder)
        };
        let bools: Vec<bool> = [false, true].iter().filter(fits).copied().collect();
        let numbers = typed(attr, Op::Modulo, json!({"number": [divisor, remainder]}));
        if bools.is_empty() {
            numbers
        } else {
            Condition::Any(vec![numbers, leaf(attr, Reader::Bool, Op::In, json!(bools))])
        }
    }

    /// A percentage of identities: by the key that is given, else by the one that Flagsmith would make.
    fn of_identities(&mut self, value: &Value) -> Condition {
        let given = self.split("split-identity-key", bucket(format!("{},", self.segment), identity_key()), value);
        let made = bucket(format!("{},{}_", self.segment, self.environment), vec!["targetingKey".to_owned()]);
        let made = self.split("split-identifier", made, value);
        Condition::Any(vec![given, Condition::All(vec![not(present(&identity_key())), made])])
    }

    /// Closed: `v <= value`.
    fn split(&mut self, name: &str, own: Bucket, value: &Value) -> Condition {
        let Some(limit) = float(&python_text(value)) else {
            return Condition::Const(false);
        };
        self.buckets.insert(name.to_owned(), own);
        let end = end_of(NUMBERS, |number| percent(number) <= limit);
        let ranges = if end == 0 { Vec::new() } else { vec![(0, end)] };
        Condition::Bucket { bucket: name.to_owned(), ranges, ramps: Vec::new(), missing: Truth::False }
    }
}

fn joined(mut parts: Vec<Condition>) -> Condition {
    if parts.len() == 1 { parts.remove(0) } else { Condition::All(parts) }
}

fn not(condition: Condition) -> Condition {
    Condition::Not(Box::new(condition))
}

fn present(attr: &[String]) -> Condition {
    leaf(attr, Reader::Any, Op::Present, Value::Null)
}

fn typed(attr: &[String], op: Op, arg: Value) -> Condition {
    leaf(attr, Reader::TypedParse, op, arg)
}

fn leaf(attr: &[String], reader: Reader, op: Op, arg: Value) -> Condition {
    let (attr, missing, invalid) = (attr.to_vec(), Truth::False, Truth::False);
    Condition::Test(Test { attr, reader, op, arg, missing, invalid, each: false, null: false })
}

/// A comparison, with the condition's value cast to each type that a trait may have. Any of `ops` counts.
fn by_type(attr: &[String], text: &str, ops: &[Op], bools: fn(bool, bool) -> bool) -> Condition {
    let version = text.strip_suffix(":semver");
    let mut ways: Vec<Condition> = Vec::new();
    for op in ops {
        let mut arg = Map::new();
        match version {
            Some(version) if semver::Version::parse(version).is_ok() => {
                arg.insert("version".to_owned(), json!(version));
            }
            Some(_) => {}
            None => {
                arg.insert("string".to_owned(), json!(text));
            }
        }
        if let Some(number) = float(text).filter(|number| number.is_finite()) {
            // In Python the cast fails for a whole number and a value with a fraction. JSON does not tell 2 from 2.0, so
            // both are numbers here, as in Flagsmith's JavaScript engine.
            arg.insert("number".to_owned(), json!(number));
        }
        if !arg.is_empty() {
            ways.push(typed(attr, *op, Value::Object(arg)));
        }
    }
    let bound = !matches!(text, "False" | "false");
    let fitting: Vec<bool> = [false, true].into_iter().filter(|value| bools(*value, bound)).collect();
    if !fitting.is_empty() {
        ways.push(leaf(attr, Reader::Bool, Op::In, json!(fitting)));
    }
    match ways.len() {
        0 => Condition::Const(false),
        1 => ways.remove(0),
        _ => Condition::Any(ways),
    }
}

/// Members are texts; whole numbers are compared as texts, fractions and booleans never match.
fn among(attr: &[String], value: &Value) -> Condition {
    let parsed = value.as_str().filter(|text| text.starts_with('[')).and_then(|text| serde_json::from_str(text).ok());
    let members: Vec<String> = match parsed.as_ref().unwrap_or(value) {
        Value::Array(members) => members.iter().map(python_text).collect(),
        other => python_text(other).split(',').map(str::to_owned).collect(),
    };
    let whole = |text: &String| text.parse::<i64>().ok().filter(|number| number.to_string() == *text);
    let numbers: Vec<i64> = members.iter().filter_map(whole).collect();
    let texts = typed(attr, Op::In, json!({"string": members}));
    if numbers.is_empty() {
        return texts;
    }
    Condition::Any(vec![texts, typed(attr, Op::In, json!({"integer": numbers}))])
}

/// Python's `str`.
fn python_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        other => other.to_string(),
    }
}

/// Python's `float`, without its underscores.
fn float(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

/// Whether a condition without buckets holds in a context that is known.
fn holds(condition: &Condition, context: &Value) -> bool {
    let flag = json!({
        "on": true, "type": "boolean", "variants": {"on": true, "off": false}, "off": {"serve": {"variant": "off"}},
        "default": {"serve": {"variant": "off"}},
        "rules": [{"id": "constant", "if": condition, "serve": {"variant": "on"}}],
    });
    let ruleset = json!({
        "format": 1, "project": "constant", "environment": "constant", "version": {"epoch": "constant", "rev": 1},
        "flags": {"constant": flag},
    });
    let Ok(ruleset) = serde_json::from_str::<yardarm_eval::ruleset::Ruleset>(&ruleset.to_string()) else {
        return false;
    };
    let snapshot = Snapshot::compile(&ruleset);
    Context::from_json(context).is_ok_and(|context| snapshot.evaluate("constant", &context, 0).variant == Some("on"))
}
