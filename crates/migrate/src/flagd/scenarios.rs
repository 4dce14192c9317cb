//! flagd's scenarios: the part of gherkin they are written in, and their steps.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use yardarm_eval::ruleset::{ErrorCode, Reason};

use crate::metadata;
use crate::verify::{Ground, Section};
use crate::{Options, Source, Unreadable};

/// A step: its text without `Given`/`When`/`Then`/`And`, and the table below it.
#[derive(Clone, Debug, Default, PartialEq)]
struct Step {
    text: String,
    table: Vec<Vec<String>>,
}

/// A scenario, with the examples of an outline already filled in.
#[derive(Clone, Debug, PartialEq)]
struct Scenario {
    name: String,
    steps: Vec<Step>,
}

pub(super) fn verify(cases: &[Source]) -> Result<Vec<Section>, Unreadable> {
    let (features, flags): (Vec<&Source>, Vec<&Source>) =
        cases.iter().partition(|file| file.name.ends_with(".feature"));
    let flags: Vec<Source> = flags.into_iter().cloned().collect();
    let imported = super::import(&flags, &Options::default())?;
    let ground = Ground::new(&imported, &Options::default().environment)
        .map_err(|refusal| Unreadable::new("flags", refusal.to_string()))?;
    let section = |file: &Source| {
        let mut section = Section::new(file.name.rsplit('/').next().unwrap_or_default());
        for scenario in scenarios(&file.text) {
            let mut run = Run::new(&ground);
            match run.steps(&scenario.steps) {
                Ok(()) => section.check(scenario.name, json!(run.expected), json!(run.actual)),
                Err(why) => section.broken(scenario.name, why),
            }
        }
        section
    };
    Ok(features.into_iter().map(section).collect())
}

/// All scenarios of a feature, in order.
fn scenarios(text: &str) -> Vec<Scenario> {
    let (mut background, mut outline, mut result) = (Vec::new(), Outline::default(), Vec::new());
    let mut place = Place::Nowhere;
    for line in text.lines().map(str::trim) {
        let keyword = ["Background:", "Scenario Outline:", "Scenario:", "Examples:", "Feature:", "Rule:"]
            .into_iter()
            .find_map(|keyword| line.strip_prefix(keyword).map(|rest| (keyword, rest.trim())));
        match keyword {
            Some(("Examples:", _)) => {
                place = Place::Examples;
                outline.examples.push(Vec::new());
            }
            Some(("Background:", _)) => place = Place::Background,
            Some(("Scenario Outline:" | "Scenario:", name)) => {
                result.extend(std::mem::take(&mut outline).filled(&background));
                outline.name = Some(name.to_owned());
                place = Place::Scenario;
            }
            Some(_) => {
                result.extend(std::mem::take(&mut outline).filled(&background));
                place = Place::Nowhere;
            }
            None if line.is_empty() || line.starts_with(['#', '@']) => {}
            None => {
                let steps = match place {
                    Place::Background => &mut background,
                    Place::Scenario => &mut outline.steps,
                    Place::Examples => {
                        if let Some(table) = outline.examples.last_mut() {
                            table.extend(row(line));
                        }
                        continue;
                    }
                    Place::Nowhere => continue,
                };
                let word = ["Given ", "When ", "Then ", "And ", "But ", "* "]
                    .into_iter()
                    .find_map(|word| line.strip_prefix(word));
                match (word, steps.last_mut()) {
                    (Some(text), _) => steps.push(Step { text: text.trim().to_owned(), table: Vec::new() }),
                    (None, Some(step)) => step.table.extend(row(line)),
                    (None, None) => {}
                }
            }
        }
    }
    result.extend(outline.filled(&background));
    result
}

#[derive(Clone, Copy)]
enum Place {
    Nowhere,
    Background,
    Scenario,
    Examples,
}

#[derive(Default)]
struct Outline {
    name: Option<String>,
    steps: Vec<Step>,
    /// Tables, each with its heading first.
    examples: Vec<Vec<Vec<String>>>,
}

impl Outline {
    fn filled(self, background: &[Step]) -> Vec<Scenario> {
        let Some(name) = self.name else {
            return Vec::new();
        };
        let steps: Vec<Step> = background.iter().chain(&self.steps).cloned().collect();
        if self.examples.is_empty() {
            return vec![Scenario { name, steps }];
        }
        let rows = self.examples.iter().filter_map(|table| table.split_first());
        let rows = rows.flat_map(|(heading, rows)| rows.iter().map(move |row| (heading, row)));
        rows.map(|(heading, row)| {
            let fill = |text: &str| {
                heading
                    .iter()
                    .zip(row)
                    .fold(text.to_owned(), |text, (name, cell)| text.replace(&format!("<{name}>"), cell))
            };
            let steps = steps.iter().map(|step| Step {
                text: fill(&step.text),
                table: step.table.iter().map(|row| row.iter().map(|cell| fill(cell)).collect()).collect(),
            });
            Scenario { name: format!("{name} | {}", row.join(" | ")), steps: steps.collect() }
        })
        .collect()
    }
}

/// The cells of `| a | b |`.
fn row(line: &str) -> Option<Vec<String>> {
    let inner = line.strip_prefix('|')?.strip_suffix('|')?;
    let (mut cells, mut cell, mut letters) = (Vec::new(), String::new(), inner.chars().peekable());
    while let Some(letter) = letters.next() {
        match (letter, letters.peek()) {
            ('\\', Some('|')) => cell.extend(letters.next()),
            ('|', _) => cells.push(std::mem::take(&mut cell).trim().to_owned()),
            _ => cell.push(letter),
        }
    }
    cells.push(cell.trim().to_owned());
    Some(cells)
}

/// The texts in quotes of a step, and the step with `""` for each.
fn quoted(text: &str) -> (String, Vec<String>) {
    let (mut shape, mut texts, mut open) = (String::new(), Vec::new(), None::<String>);
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (letter, &mut open) {
            ('"', None) => {
                open = Some(String::new());
                shape.push('"');
            }
            ('"', Some(_)) => {
                texts.extend(open.take());
                shape.push('"');
            }
            ('\\', Some(text)) => text.extend(letters.next()),
            (letter, Some(text)) => text.push(letter),
            (letter, None) => shape.push(letter),
        }
    }
    (shape, texts)
}

/// A scenario on its way.
struct Run<'r> {
    ground: &'r Ground,
    kind: String,
    flag: String,
    fallback: Value,
    context: Map<String, Value>,
    answer: Answer,
    expected: BTreeMap<String, Value>,
    actual: BTreeMap<String, Value>,
}

#[derive(Default)]
struct Answer {
    value: Value,
    variant: Value,
    reason: Value,
    error: Value,
}

impl<'r> Run<'r> {
    fn new(ground: &'r Ground) -> Self {
        Self {
            ground,
            kind: String::new(),
            flag: String::new(),
            fallback: Value::Null,
            context: Map::new(),
            answer: Answer::default(),
            expected: BTreeMap::new(),
            actual: BTreeMap::new(),
        }
    }

    fn steps(&mut self, steps: &[Step]) -> Result<(), String> {
        steps.iter().try_for_each(|step| self.step(step))
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        let (shape, texts) = quoted(&step.text);
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        if let (Some(kind), [key, fallback]) =
            (shape.strip_suffix("-flag with key \"\" and a fallback value \"\""), &texts[..])
        {
            kind.rsplit(' ').next().unwrap_or_default().clone_into(&mut self.kind);
            (*key).clone_into(&mut self.flag);
            self.fallback = typed(&self.kind, fallback)?;
            return Ok(());
        }
        match (shape.as_str(), &texts[..]) {
            ("an evaluator", []) => {}
            ("a context containing a targeting key with value \"\"", [value]) => {
                self.context.insert("targetingKey".to_owned(), json!(value));
            }
            ("a context containing a key \"\", with type \"\" and with value \"\"", [key, kind, value]) => {
                self.context.insert((*key).to_owned(), typed(kind, value)?);
            }
            (shape, [outer, inner, value])
                if shape.starts_with("a context containing a nested property with outer key") =>
            {
                self.context.insert((*outer).to_owned(), json!({*inner: value}));
            }
            ("the flag was evaluated with details", []) => self.evaluate(),
            ("the resolved details value should be \"\"", [value]) => {
                self.compare("value", typed(&self.kind, value)?, self.answer.value.clone());
            }
            ("the variant should be \"\"", [value]) => {
                self.compare("variant", json!(value), self.answer.variant.clone());
            }
            ("the reason should be \"\"", [value]) => self.compare("reason", json!(value), self.answer.reason.clone()),
            ("the error-code should be \"\"", [value]) => {
                self.compare("error", json!(value), self.answer.error.clone());
            }
            ("the resolved metadata is empty", []) => self.compare("metadata", json!({}), self.metadata()),
            ("the resolved metadata should contain", []) => {
                let metadata = self.metadata();
                for row in step.table.iter().skip(1) {
                    let [key, kind, value] = &row[..] else {
                        return Err(format!("a row of metadata is | key | type | value |, not {row:?}"));
                    };
                    let actual = metadata.get(key).cloned().unwrap_or_default();
                    self.compare(&format!("metadata {key}"), typed(kind, value)?, actual);
                }
            }
            _ => return Err(format!("the step is not known: {}", step.text)),
        }
        Ok(())
    }

    fn compare(&mut self, what: &str, expected: Value, actual: Value) {
        self.expected.insert(what.to_owned(), expected);
        self.actual.insert(what.to_owned(), actual);
    }

    /// What an SDK of flagd makes of an answer: its own check of the type, and one reason for all targeting.
    fn evaluate(&mut self) {
        let asked = self.ground.ask(&self.flag, &Value::Object(self.context.clone()), 0);
        let mismatch = asked.value.as_ref().is_some_and(|value| !is_of(&self.kind, value));
        let error = asked.error.or(mismatch.then_some(ErrorCode::TypeMismatch));
        let reason = match asked.reason {
            _ if error.is_some() => Reason::Error,
            Reason::Split => Reason::TargetingMatch,
            // A flag without a default variant says so even if it has no targeting.
            Reason::Static if asked.value.is_none() => Reason::Default,
            reason => reason,
        };
        let value = asked.value.filter(|_| error.is_none()).unwrap_or_else(|| self.fallback.clone());
        self.answer = Answer { value, variant: json!(asked.variant), reason: json!(reason), error: json!(error) };
    }

    fn metadata(&self) -> Value {
        let flag = self.ground.state().flags.get(self.flag.as_str());
        flag.and_then(|flag| metadata::of(&flag.description)).unwrap_or_else(|| json!({}))
    }
}

fn typed(kind: &str, text: &str) -> Result<Value, String> {
    match kind {
        "String" => Ok(json!(text)),
        _ => serde_json::from_str(text).map_err(|error| format!("{text:?} is not of type {kind}: {error}")),
    }
}

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "Boolean" => value.is_boolean(),
        "String" => value.is_string(),
        "Integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "Float" => value.is_number(),
        _ => value.is_object(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outlines_are_filled_in_after_the_background() {
        let text = "Feature: f\n  Background:\n    Given an evaluator\n\n  @tag\n  Scenario Outline: o\n    Given x \"<a>\"\n      | <b> | c |\n
            Examples: one\n      | a | b |\n      | 1 | x\\|y |\n    Examples:\n | a | b |\n | 2 | |\n  Scenario: s\n    Then z\n";
        let found = scenarios(text);
        let names: Vec<&str> = found.iter().map(|scenario| scenario.name.as_str()).collect();
        assert_eq!(names, ["o | 1 | x|y", "o | 2 | ", "s"]);
        assert_eq!(
            found[0].steps[1],
            Step { text: "x \"1\"".to_owned(), table: vec![vec!["x|y".to_owned(), "c".to_owned()]] }
        );
        assert_eq!(found[2].steps.len(), 2);
        assert_eq!(
            quoted(r#"a "b \"c\"" and "d""#),
            ("a \"\" and \"\"".to_owned(), vec!["b \"c\"".to_owned(), "d".to_owned()])
        );
    }
}
