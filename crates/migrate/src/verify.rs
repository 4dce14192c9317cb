//! Cases of other systems, run the whole way: importer → documents → decisions → compiler → evaluator.

use serde::Serialize;
use serde_json::{Value, json};
use yardarm_eval::ruleset::{ErrorCode, Reason, Version};
use yardarm_eval::{Context, Snapshot};
use yardarm_model::command::{Command, Inputs, Refusal, decide};
use yardarm_model::document::State;
use yardarm_model::ruleset_for;

use crate::Imported;

/// Failures that are told one by one; the rest is counted.
const TOLD: usize = 20;

/// Cases of one kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Section {
    /// `10-flexible-rollout-strategy.json`, `evalCondition`, …
    pub name: String,
    /// How many answered as they should.
    pub passed: usize,
    /// How many did not.
    pub failed: usize,
    /// The first failures.
    pub failures: Vec<Failure>,
    /// Cases that are not about evaluation, each with the reason it was left out.
    pub left_out: Vec<LeftOut>,
}

/// A case that answered otherwise.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Failure {
    /// Its name.
    pub case: String,
    /// What it should be.
    pub expected: Value,
    /// What it was.
    pub actual: Value,
}

/// A case that was not run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Its name.
    pub case: String,
    /// Why.
    pub why: String,
}

impl Section {
    /// An empty one.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Counts a case: it passed when both are equal.
    pub fn check(&mut self, case: impl Into<String>, expected: Value, actual: Value) {
        let same = equal(&expected, &actual);
        self.count(same, || Failure { case: case.into(), expected, actual });
    }

    /// Counts a case that could not even be run as failed.
    pub fn broken(&mut self, case: impl Into<String>, why: impl Into<String>) {
        let actual = json!({"not run": why.into()});
        self.count(false, || Failure { case: case.into(), expected: Value::Null, actual });
    }

    /// Names a case that is not run at all.
    pub fn leave_out(&mut self, case: impl Into<String>, why: impl Into<String>) {
        self.left_out.push(LeftOut { case: case.into(), why: why.into() });
    }

    fn count(&mut self, passed: bool, failure: impl FnOnce() -> Failure) {
        if passed {
            self.passed += 1;
            return;
        }
        self.failed += 1;
        if self.failures.len() < TOLD {
            self.failures.push(failure());
        }
    }
}

/// JSON equality with numbers by value: 1 and 1.0 are the same.
pub fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| equal(a, b)))
        }
        _ => a == b,
    }
}

/// An import that was brought into an empty project and compiled.
#[derive(Clone, Debug)]
pub struct Ground {
    state: State,
    snapshot: Snapshot,
}

/// An answer of the evaluator, on its own.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Asked {
    /// The value; `None` means the caller's default.
    pub value: Option<Value>,
    /// Variant key.
    pub variant: Option<String>,
    /// Why.
    pub reason: Reason,
    /// Id of the rule that decided.
    pub rule: Option<String>,
    /// What went wrong.
    pub error: Option<ErrorCode>,
}

impl Ground {
    /// Brings an import into an empty project, as the server would, and compiles one environment. The refusal says what
    /// the model does not accept.
    pub fn new(imported: &Imported, environment: &str) -> Result<Self, Refusal> {
        let mut state = State::default();
        let mut rev = 0;
        for command in [
            Command::UpdateProject { body: json!({"key": "imported", "name": "Imported"}) },
            Command::Import { body: imported.document.clone(), replace: false },
        ] {
            let documents = decide(&state, &command, &Inputs { now: 0, seed: [0; 32] })?;
            rev += 1;
            let texts: Vec<_> = documents
                .iter()
                .map(|(kind, key, body)| (kind.as_str(), key.as_str(), body.as_ref().map(Value::to_string)))
                .collect();
            let texts = texts.iter().map(|(kind, key, body)| (*kind, *key, body.as_deref()));
            state.apply(rev, texts).expect("what decide made is in normal form, which reads back");
        }
        let version = Version { epoch: "imported".to_owned(), rev };
        let snapshot = ruleset_for("imported", &state, &version, environment)
            .map_or_else(|| Snapshot::compile(&empty(environment, &version)), |ruleset| Snapshot::compile(&ruleset));
        Ok(Self { state, snapshot })
    }

    /// The project, to edit or to look at.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Evaluates a flag by our key. `now` in milliseconds since 1970.
    pub fn ask(&self, flag: &str, context: &Value, now: i64) -> Asked {
        let Ok(context) = Context::from_json(context) else {
            let (reason, error) = (Reason::Error, Some(ErrorCode::InvalidContext));
            return Asked { value: None, variant: None, reason, rule: None, error };
        };
        let answer = self.snapshot.evaluate(flag, &context, now);
        Asked {
            value: answer.value.cloned(),
            variant: answer.variant.map(str::to_owned),
            reason: answer.reason,
            rule: answer.rule.map(str::to_owned),
            error: answer.error,
        }
    }

    /// Why a flag could not be compiled.
    pub fn compile_error(&self, flag: &str) -> Option<&str> {
        self.snapshot.compile_error(flag)
    }
}

fn empty(environment: &str, version: &Version) -> yardarm_eval::ruleset::Ruleset {
    yardarm_eval::ruleset::Ruleset {
        format: yardarm_eval::ruleset::FORMAT,
        project: "imported".to_owned(),
        environment: environment.to_owned(),
        version: version.clone(),
        flags: std::collections::BTreeMap::new(),
        segments: std::collections::BTreeMap::new(),
        lists: std::collections::BTreeMap::new(),
    }
}
