//! Runs `spec/vectors/*.json` and checks that every clause of `spec/evaluation.md` is named by a case.

#![expect(clippy::panic, reason = "a test file: a vector that cannot be read fails the test with its name")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use yardarm_eval::ruleset::{
    Bytes, ErrorCode, Fold, Hash, Op, Reader, Reason, Ruleset, Serve, Truth, UnitText, Unknown, ValueType,
};
use yardarm_eval::{Context, Snapshot};

/// One file: a topic. Several rulesets, each with its cases.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    ruleset: Value,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// Begins with the clauses it shows: `E12 E13: a missing attribute …`.
    name: String,
    flag: String,
    context: Value,
    /// Milliseconds since 1970; default 0.
    #[serde(default)]
    now: i64,
    expect: BTreeMap<String, Value>,
}

fn spec() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec")
}

fn files() -> Vec<(String, File)> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(spec().join("vectors"))
        .expect("spec/vectors is part of the repository")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("readable");
            let file = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            (path.file_name().expect("a file").to_string_lossy().into_owned(), file)
        })
        .collect()
}

/// The answer as the vectors write it: absent members are null.
fn answer(snapshot: &Snapshot, case: &Case) -> BTreeMap<String, Value> {
    let Ok(context) = Context::from_json(&case.context) else {
        return BTreeMap::from([("error".to_owned(), "INVALID_CONTEXT".into()), ("reason".to_owned(), "ERROR".into())]);
    };
    let answer = snapshot.evaluate(&case.flag, &context, case.now);
    let explained = snapshot.explain(&case.flag, &context, case.now);
    assert_eq!(
        (answer.value, answer.variant, answer.reason, answer.rule, answer.error),
        (
            explained.value.as_ref(),
            explained.variant.as_deref(),
            explained.reason,
            explained.rule.as_deref(),
            explained.error
        ),
        "{}: the explanation answers otherwise",
        case.name
    );
    let members = [
        ("value", answer.value.cloned()),
        ("variant", answer.variant.map(Value::from)),
        ("reason", serde_json::to_value(answer.reason).ok()),
        ("rule", answer.rule.map(Value::from)),
        ("error", answer.error.and_then(|error| serde_json::to_value(error).ok())),
    ];
    members.into_iter().filter_map(|(name, value)| value.map(|value| (name.to_owned(), value))).collect()
}

#[test]
fn every_vector() {
    let mut ran = 0;
    let mut wrong = Vec::new();
    for (path, file) in files() {
        let ruleset: Ruleset = serde_json::from_str(&file.ruleset.to_string())
            .unwrap_or_else(|error| panic!("{path} ({}): {error}", file.name));
        let snapshot = Snapshot::compile(&ruleset);
        for case in &file.cases {
            let actual = answer(&snapshot, case);
            if actual != case.expect {
                wrong.push(format!(
                    "{path}: {}\n  expected {}\n  answered {}\n  compile error: {:?}",
                    case.name,
                    serde_json::to_string(&case.expect).expect("serialisable"),
                    serde_json::to_string(&actual).expect("serialisable"),
                    snapshot.compile_error(&case.flag)
                ));
            }
            ran += 1;
        }
    }
    assert!(wrong.is_empty(), "{} of {ran} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(ran > 100, "only {ran} vectors were found");
}

/// Every word of a schema's list can be read as `T`, and `T` has no other (but those whose value is more than a word).
fn words<T: serde::de::DeserializeOwned>(schema: &Value, pointer: &str) {
    let words = schema.pointer(pointer).and_then(Value::as_array).unwrap_or_else(|| panic!("nothing at {pointer}"));
    for word in words.iter().filter(|word| !word.is_null()) {
        assert!(serde_json::from_value::<T>(word.clone()).is_ok(), "{pointer}: the code does not know {word}");
    }
    // What is expected instead of a word that does not exist.
    let Err(error) = serde_json::from_value::<T>("no such word".into()) else { panic!("{pointer}: any word is read") };
    for word in error.to_string().split('`').skip(3).step_by(2) {
        let plain = serde_json::from_value::<T>(word.into()).is_ok();
        assert!(!plain || words.contains(&word.into()), "{pointer}: the schema does not know `{word}`");
    }
}

#[test]
fn the_schema_knows_the_words_of_the_code() {
    let text = std::fs::read_to_string(spec().join("ruleset.schema.json")).expect("readable");
    let schema: Value = serde_json::from_str(&text).expect("JSON");
    words::<ValueType>(&schema, "/$defs/flag/properties/type/enum");
    words::<Reason>(&schema, "/$defs/outcome/properties/reason/enum");
    words::<Serve>(&schema, "/$defs/serve/oneOf/0/enum");
    words::<ErrorCode>(&schema, "/$defs/serve/oneOf/4/properties/error/enum");
    words::<Reader>(&schema, "/$defs/test/properties/as/enum");
    words::<Op>(&schema, "/$defs/test/properties/op/enum");
    words::<Truth>(&schema, "/$defs/truth/enum");
    words::<Hash>(&schema, "/$defs/bucket/properties/hash/enum");
    words::<Bytes>(&schema, "/$defs/bucket/properties/bytes/enum");
    words::<Fold>(&schema, "/$defs/bucket/properties/fold/enum");
    words::<UnitText>(&schema, "/$defs/bucket/properties/text/enum");
    words::<Unknown>(&schema, "/$defs/flag/properties/unknown/enum");
}

/// Readers, operators and hashes: none is without a case.
#[test]
fn every_word_is_in_a_vector() {
    let text = std::fs::read_to_string(spec().join("ruleset.schema.json")).expect("readable");
    let schema: Value = serde_json::from_str(&text).expect("JSON");
    let vectors: String = files().iter().map(|(_, file)| file.ruleset["flags"].to_string()).collect();
    for (member, pointer) in [
        ("op", "/$defs/test/properties/op/enum"),
        ("as", "/$defs/test/properties/as/enum"),
        ("hash", "/$defs/bucket/properties/hash/enum"),
        ("text", "/$defs/bucket/properties/text/enum"),
        ("bytes", "/$defs/bucket/properties/bytes/enum"),
    ] {
        let words = schema.pointer(pointer).and_then(Value::as_array).expect("a list of words");
        for word in words.iter().skip(1) {
            let written = format!("\"{member}\":{word}");
            assert!(vectors.contains(&written), "no vector has {written}");
        }
    }
}

#[test]
fn every_clause_has_a_case_and_every_case_a_clause() {
    let law = std::fs::read_to_string(spec().join("evaluation.md")).expect("readable");
    let clauses: BTreeSet<&str> = law
        .lines()
        .filter_map(|line| line.strip_prefix("**E")?.split_once("**").map(|(number, _)| number.trim_end_matches('.')))
        .collect();
    assert!(clauses.len() > 30, "only {} clauses were found", clauses.len());
    let mut shown = BTreeSet::new();
    for (path, file) in files() {
        for case in &file.cases {
            let (named, _) =
                case.name.split_once(": ").unwrap_or_else(|| panic!("{path}: {} names no clause", case.name));
            for clause in named.split(' ') {
                let number = clause.strip_prefix('E').unwrap_or_default();
                assert!(clauses.contains(number), "{path}: {}: there is no clause {clause}", case.name);
                shown.insert(number.to_owned());
            }
        }
    }
    let missing: Vec<&&str> = clauses.iter().filter(|clause| !shown.contains(**clause)).collect();
    assert!(missing.is_empty(), "no case shows E{missing:?}");
}
