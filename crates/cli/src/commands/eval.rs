//! `yardarm eval`: the evaluator without a server, for one context or for thousands.

use std::io::{BufRead as _, BufReader, BufWriter, Write};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use serde_json::Value;
use yardarm_eval::ruleset::{ErrorCode, Reason, ValueType};
use yardarm_eval::{Answer, Context, FlagRef, Snapshot, Step};

use super::input;
use crate::clock::now_ms;
use crate::failure::{Exit, Failure};
use crate::output::{BOLD, DIM, OFF, Output, Progress, line, table};

/// Evaluate flags offline, with the same code as the server and the SDKs
///
/// The ruleset comes from a file (`--ruleset`: what `GET /sdk/v1/ruleset` answers, or an export together with
/// `--environment`), or is fetched once with a server key (`--url` and `--sdk-key`).
#[derive(Args, Debug)]
pub(crate) struct Eval {
    /// Flag key; several are possible
    #[arg(required_unless_present = "all")]
    flags: Vec<String>,
    /// Every flag of the environment
    #[arg(long, conflicts_with = "flags")]
    all: bool,
    /// Ruleset as JSON, or an export as YAML or JSON; `-` for stdin
    #[arg(long, value_name = "FILE", required_unless_present = "sdk_key")]
    ruleset: Option<PathBuf>,
    /// Environment of the export
    #[arg(long, short)]
    environment: Option<String>,
    /// Address of the server
    #[arg(long, env = "YARDARM_URL", default_value = "http://127.0.0.1:3524")]
    url: String,
    /// Server key, `yd_srv_…`
    #[arg(long, env = "YARDARM_SDK_KEY", hide_env_values = true)]
    sdk_key: Option<String>,
    /// The context: JSON or YAML, `@file`, or `-` for stdin
    #[arg(long, value_name = "CONTEXT", conflicts_with = "context_file")]
    context: Option<String>,
    /// Many contexts, one JSON object on each line; prints one JSON object for each context and flag
    #[arg(long, value_name = "FILE")]
    context_file: Option<PathBuf>,
    /// Say why, step by step
    #[arg(long, conflicts_with_all = ["all", "context_file"])]
    explain: bool,
}

/// An answer; the members are those of `POST …/evaluate`.
#[derive(Serialize)]
struct Row<'a> {
    /// Number of the line in the file of contexts, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<u64>,
    #[serde(rename = "targetingKey", skip_serializing_if = "Option::is_none")]
    targeting_key: Option<&'a str>,
    flag: &'a str,
    #[serde(rename = "type")]
    value_type: Option<ValueType>,
    value: Option<&'a Value>,
    variant: Option<&'a str>,
    reason: Reason,
    rule: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorCode>,
}

impl<'a> Row<'a> {
    fn new(flag: &'a str, value_type: Option<ValueType>, answer: &Answer<'a>) -> Self {
        Self {
            context: None,
            targeting_key: None,
            flag,
            value_type,
            value: answer.value,
            variant: answer.variant,
            reason: answer.reason,
            rule: answer.rule,
            error: answer.error,
        }
    }
}

impl Eval {
    pub(crate) fn run(self, out: Output) -> Result<(), Failure> {
        let snapshot = self.read_snapshot()?;
        let now = now_ms();
        if let Some(missing) = self.flags.iter().find(|flag| snapshot.flag(flag).is_none()) {
            return Err(Failure::new(Exit::NotFound, format!("there is no flag {missing:?} in this ruleset"))
                .hint(format!("its flags: {}", some_keys(&snapshot))));
        }
        if let Some(path) = &self.context_file {
            return self.many(&snapshot, path, now, out);
        }
        let document = match &self.context {
            Some(context) => input::document(context, "--context")?,
            None => Value::Object(serde_json::Map::new()),
        };
        let context = Context::from_json(&document).map_err(|error| context_failure(&error, None))?;
        if self.explain {
            return self.explain(&snapshot, &context, now, out);
        }
        let mut rows = Vec::new();
        self.each(&snapshot, &context, now, |flag, answer| {
            rows.push(Row::new(flag.key, flag.value_type, &answer));
            Ok(())
        })?;
        show(&rows, self.all, out)
    }

    /// Visits the answers for one context.
    fn each<'s>(
        &self,
        snapshot: &'s Snapshot,
        context: &Context<'_>,
        now: i64,
        mut visit: impl FnMut(FlagRef<'s>, Answer<'s>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut result = Ok(());
        if self.all {
            snapshot.evaluate_all(context, now, |flag, answer| {
                if result.is_ok() {
                    result = visit(flag, *answer);
                }
            });
        } else {
            for flag in self.flags.iter().filter_map(|flag| snapshot.flag(flag)) {
                visit(flag, snapshot.evaluate(flag.key, context, now))?;
            }
        }
        result
    }

    fn many(&self, snapshot: &Snapshot, path: &std::path::Path, now: i64, out: Output) -> Result<(), Failure> {
        let reader: Box<dyn std::io::Read> = if path == std::path::Path::new("-") {
            Box::new(std::io::stdin())
        } else {
            let opened = std::fs::File::open(path);
            Box::new(opened.map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?)
        };
        let mut output = BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
        let progress = Progress::new("Evaluating context", out.json);
        let mut number = 0_u64;
        for (index, text) in BufReader::with_capacity(1 << 16, reader).lines().enumerate() {
            let text = text.map_err(|error| Failure::failed(format!("{}: {error}", path.display())))?;
            if text.trim().is_empty() {
                continue;
            }
            let place = format!("{}, line {}", path.display(), index + 1);
            let document: Value = serde_json::from_str(&text)
                .map_err(|error| Failure::new(Exit::Invalid, format!("{place} is not JSON: {error}")))?;
            let context = Context::from_json(&document).map_err(|error| context_failure(&error, Some(&place)))?;
            let targeting_key = context.targeting_key();
            self.each(snapshot, &context, now, |flag, answer| {
                let row = Row { context: Some(number), targeting_key, ..Row::new(flag.key, flag.value_type, &answer) };
                serde_json::to_writer(&mut output, &row).map_err(std::io::Error::from)?;
                output.write_all(b"\n")?;
                Ok(())
            })?;
            number += 1;
            if number.is_multiple_of(1_000) {
                progress.at(number, None);
            }
        }
        output.flush()?;
        Ok(())
    }

    fn explain(&self, snapshot: &Snapshot, context: &Context<'_>, now: i64, out: Output) -> Result<(), Failure> {
        for flag in &self.flags {
            let explanation = snapshot.explain(flag, context, now);
            if out.json {
                line(serde_json::to_string(&explanation)?)?;
                continue;
            }
            let value = explanation.value.as_ref().map_or_else(|| "(none)".to_owned(), Value::to_string);
            let variant = explanation.variant.as_deref().unwrap_or("none");
            line(format!("{BOLD}{flag} = {value}{OFF}  (variant {variant}, {})", word(&explanation.reason)))?;
            print_steps(&explanation.steps, 1)?;
        }
        Ok(())
    }

    fn read_snapshot(&self) -> Result<Snapshot, Failure> {
        let (text, name) = match (&self.ruleset, &self.sdk_key) {
            (Some(path), _) => (input::read_text(path)?, path.display().to_string()),
            (None, Some(key)) => (fetch(&self.url, key)?, self.url.clone()),
            (None, None) => return Err(Failure::usage("where is the ruleset? add --ruleset or --sdk-key")),
        };
        let invalid = |error: serde_json::Error| Failure::new(Exit::Invalid, format!("{name} is no ruleset: {error}"));
        match &self.environment {
            None => Snapshot::from_json(&text).map_err(invalid).map_err(|failure| {
                failure.hint("an export is evaluated with --environment; a ruleset is what GET /sdk/v1/ruleset answers")
            }),
            Some(environment) => {
                let export = input::parse(&text, &name)?;
                crate::offline::ruleset(&export, environment).map(|ruleset| Snapshot::compile(&ruleset))
            }
        }
    }
}

fn fetch(url: &str, key: &str) -> Result<String, Failure> {
    let unreachable =
        |error: reqwest::Error| Failure::new(Exit::Unreachable, format!("cannot reach {url}: {}", error.without_url()));
    let request = async {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().map_err(unreachable)?;
        let address = format!("{}/sdk/v1/ruleset", url.trim_end_matches('/'));
        let response = http.get(address).bearer_auth(key).send().await.map_err(unreachable)?;
        let status = response.status();
        let body = response.bytes().await.map_err(unreachable)?;
        if !status.is_success() {
            let failure = Failure::from_response(status.as_u16(), &body, "GET /sdk/v1/ruleset");
            return Err(failure.hint("--sdk-key takes a server key, yd_srv_…: `yardarm keys create` makes one"));
        }
        String::from_utf8(body.into()).map_err(|_| Failure::failed(format!("{url} did not answer text")))
    };
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(request)
}

fn context_failure(error: &yardarm_eval::ContextError, place: Option<&str>) -> Failure {
    let mut failure =
        Failure::new(Exit::Invalid, place.map_or_else(|| "the context".to_owned(), str::to_owned) + " is not usable");
    failure.problems.push((error.pointer.clone(), error.message.clone()));
    failure
}

fn show(rows: &[Row<'_>], all: bool, out: Output) -> Result<(), Failure> {
    if out.json {
        return rows.iter().try_for_each(|row| line(serde_json::to_string(row)?));
    }
    let value = |row: &Row<'_>| row.value.map_or_else(|| "(your default)".to_owned(), Value::to_string);
    if all || rows.len() > 1 {
        return table(
            &["flag", "value", "variant", "reason", "rule"],
            rows.iter().map(|row| {
                let rule = row.rule.unwrap_or_default().to_owned();
                let variant = row.variant.unwrap_or_default().to_owned();
                vec![row.flag.to_owned(), value(row), variant, reason(row), rule]
            }),
        );
    }
    for row in rows {
        line(value(row))?;
        let variant = row.variant.map_or_else(String::new, |variant| format!("variant {variant}, "));
        let rule = row.rule.map_or_else(String::new, |rule| format!(", rule {rule}"));
        line(format!("{DIM}{variant}{}{rule}{OFF}", reason(row)))?;
    }
    Ok(())
}

fn reason(row: &Row<'_>) -> String {
    match &row.error {
        Some(error) => format!("{} ({})", word(&row.reason), word(error)),
        None => word(&row.reason),
    }
}

/// The wire name of an enum.
fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

fn print_steps(steps: &[Step], depth: usize) -> Result<(), Failure> {
    for step in steps {
        let mark = match step.result.map(|result| word(&result)).as_deref() {
            Some("true") => "✓",
            Some("false") => "✗",
            Some(_) => "?",
            None => "·",
        };
        line(format!("{}{mark} {}", "  ".repeat(depth), step.text))?;
        print_steps(&step.steps, depth + 1)?;
    }
    Ok(())
}

fn some_keys(snapshot: &Snapshot) -> String {
    /// Of keys shown.
    const MOST: usize = 20;
    let keys: Vec<&str> = snapshot.keys().take(MOST + 1).collect();
    let more = if keys.len() > MOST { ", …" } else { "" };
    format!("{}{more}", keys[..keys.len().min(MOST)].join(", "))
}
