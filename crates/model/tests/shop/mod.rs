//! A project driven through commands, as the server does it.
#![allow(clippy::allow_attributes, reason = "each test that includes this uses a part of it")]
#![allow(dead_code, unreachable_pub, clippy::needless_pass_by_value, reason = "as above")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use serde_json::{Value, json};
use yardarm_eval::ruleset::Version;
use yardarm_eval::{Context, Snapshot};
use yardarm_model::command::{Command, Documents, Inputs, Problem, Refusal, RefusalCode, decide};
use yardarm_model::document::State;
use yardarm_model::ruleset_for;

/// A state with its revision.
#[derive(Clone, Default)]
pub struct Project {
    pub state: State,
    pub rev: u64,
}

impl Project {
    pub fn empty() -> Self {
        let mut project = Self::default();
        project.run(Command::UpdateProject { body: json!({"key": "shop", "name": "Shop"}) });
        project
    }

    /// A shop with two environments, a segment and two flags.
    pub fn shop() -> Self {
        let mut project = Self::empty();
        for key in ["staging", "production"] {
            project.run(Command::CreateEnvironment { body: json!({"key": key, "production": key == "production"}) });
        }
        let rules = json!([{"attribute": "user.email", "operator": "ends_with", "values": ["@example.com"]}]);
        project.run(Command::CreateSegment { body: json!({"key": "beta", "rules": rules, "included": ["ana", "bo"]}) });
        project.run(Command::CreateFlag { body: json!({"key": "payments"}) });
        let variants = json!([{"key": "a", "value": "A"}, {"key": "b", "value": "B"}, {"key": "c", "value": "C"}]);
        project.run(Command::CreateFlag { body: json!({"key": "checkout", "type": "string", "variants": variants}) });
        project
    }

    pub fn decide(&self, command: &Command) -> Result<Documents, Refusal> {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&self.rev.to_be_bytes());
        decide(&self.state, command, &Inputs { now: 1_700_000_000_000, seed })
    }

    #[track_caller]
    pub fn run(&mut self, command: Command) -> Documents {
        let documents = self.decide(&command).unwrap_or_else(|refusal| panic!("{command:?}: {refusal}"));
        self.rev += 1;
        let texts: Vec<_> =
            documents.iter().map(|(k, key, b)| (*k, key.clone(), b.as_ref().map(Value::to_string))).collect();
        let texts = texts.iter().map(|(k, key, body)| (k.as_str(), key.as_str(), body.as_deref()));
        self.state.apply(self.rev, texts).unwrap();
        documents
    }

    #[track_caller]
    pub fn refused(&self, command: Command) -> (RefusalCode, Vec<Problem>) {
        let refusal = self.decide(&command).expect_err("it should be refused");
        (refusal.code, refusal.problems)
    }

    pub fn put(&mut self, flag: &str, environment: &str, body: Value) -> Documents {
        self.run(put(flag, environment, body))
    }

    pub fn snapshot(&self, environment: &str) -> Snapshot {
        Snapshot::compile(&ruleset_for("shop", &self.state, &Version::default(), environment).unwrap())
    }

    /// (variant, reason) of an evaluation.
    pub fn answer(&self, environment: &str, flag: &str, context: &Value) -> (Option<String>, String) {
        let snapshot = self.snapshot(environment);
        let answer = snapshot.evaluate(flag, &Context::from_json(context).unwrap(), 0);
        (answer.variant.map(str::to_owned), serde_json::to_value(answer.reason).unwrap().as_str().unwrap().to_owned())
    }
}

pub fn put(flag: &str, environment: &str, body: Value) -> Command {
    Command::PutConfiguration { flag: flag.into(), environment: environment.into(), body }
}
