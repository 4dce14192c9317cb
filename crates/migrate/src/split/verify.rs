//! The tables of Split's SDKs, each row as a flag: hashes (`seed,key,hash,bucket`), versions, regular expressions
//! (`pattern#text#whether it matches`).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::read::import;
use crate::verify::{Ground, Section};
use crate::{Names, Options, Source, Unreadable};

/// Flags that are brought in together.
const TOGETHER: usize = 500;

/// Runs Split's published tables; what is in a file is told by its name.
pub(crate) fn verify(cases: &[Source]) -> Result<Vec<Section>, Unreadable> {
    cases
        .iter()
        .map(|file| {
            let name = file.name.rsplit(['/', '\\']).next().unwrap_or_default();
            match () {
                () if name.contains("murmur3") => Ok(hashes(file, 2)),
                () if name.contains("legacy") => Ok(hashes(file, 1)),
                () if name.contains("regex") => Ok(patterns(file)),
                () if name.contains("invalid") => Ok(versions(file, &invalid)),
                () if name.contains("valid") => Ok(versions(file, &ordered)),
                () if name.contains("equal") => Ok(versions(file, &equal)),
                () if name.contains("between") => Ok(versions(file, &between)),
                () => Err(Unreadable::new(
                    &file.name,
                    "its name tells no table: murmur3, legacy, regex, valid, invalid, equal and between are known",
                )),
            }
        })
        .collect()
}

/// A flag, what is asked of it, and what it should answer.
struct Row {
    split: Value,
    context: Value,
    expected: Value,
    case: String,
}

fn run(file: &Source, rows: &[Row]) -> Section {
    let mut section = Section::new(&file.name);
    // Rows of the same flag share it.
    let mut splits: BTreeMap<String, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        let name = row.split.get("name").and_then(Value::as_str).unwrap_or_default();
        splits.entry(name.to_owned()).or_default().push(row);
    }
    let all: Vec<(&String, &Vec<&Row>)> = splits.iter().collect();
    for together in all.chunks(TOGETHER) {
        let bodies: Vec<&Value> = together.iter().filter_map(|(_, rows)| Some(&rows.first()?.split)).collect();
        let source = Source { name: file.name.clone(), text: json!({"splits": bodies}).to_string() };
        let options = Options::default();
        let ground = import(&[source], &options)
            .map_err(|why| why.to_string())
            .and_then(|imported| Ground::new(&imported, &options.environment).map_err(|why| format!("{why:?}")));
        for (name, rows) in together {
            for row in *rows {
                match &ground {
                    Ok(ground) => {
                        let asked = ground.ask(&Names::default().key(name), &row.context, 0);
                        section.check(&row.case, row.expected.clone(), asked.value.unwrap_or_default());
                    }
                    Err(why) => section.broken(&row.case, why),
                }
            }
        }
    }
    section
}

/// A flag of a hundred treatments of one percent each, so that the treatment is the bucket.
fn hashes(file: &Source, algo: u8) -> Section {
    let partitions: Vec<Value> = (1..=100).map(|size| json!({"treatment": size.to_string(), "size": 1})).collect();
    let row = |line: &str| {
        let (seed, rest) = line.split_once(',')?;
        let (rest, bucket) = rest.rsplit_once(',')?;
        let (key, hash) = rest.rsplit_once(',')?;
        let seed: i64 = seed.trim().parse().ok()?;
        let split = json!({
            "name": format!("seed-{}", seed.rem_euclid(1 << 32)),
            "seed": seed,
            "algo": algo,
            "defaultTreatment": "1",
            "conditions": [{
                "matcherGroup": {"combiner": "AND", "matchers": [{"matcherType": "ALL_KEYS"}]},
                "partitions": partitions,
            }],
        });
        let case = format!("{seed} {key} ({hash})");
        Some(Row { split, context: json!({"targetingKey": key}), expected: bucket.trim().into(), case })
    };
    run(file, &file.text.lines().filter_map(row).collect::<Vec<_>>())
}

/// A flag that is `true` where the matcher says so.
fn matches(name: &str, mut matcher: Value, value: &str, expected: bool) -> Row {
    let case = format!("{matcher} {value} → {expected}");
    matcher["keySelector"] = json!({"attribute": "value"});
    let split = json!({
        "name": name,
        "algo": 2,
        "defaultTreatment": "false",
        "conditions": [{
            "matcherGroup": {"combiner": "AND", "matchers": [matcher]},
            "partitions": [{"treatment": "true", "size": 100}],
        }],
    });
    let context = json!({"targetingKey": "user", "value": value});
    Row { split, context, expected: expected.to_string().into(), case }
}

fn patterns(file: &Source) -> Section {
    let mut rows = Vec::new();
    let mut left_out = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        let Some((rest, expected)) = line.rsplit_once('#') else { continue };
        let Some((pattern, text)) = rest.rsplit_once('#') else { continue };
        if let Err(why) = regex::Regex::new(pattern) {
            left_out.push((line.to_owned(), format!("needs a backtracking engine: {why}")));
            continue;
        }
        let matcher = json!({"matcherType": "MATCHES_STRING", "stringMatcherData": pattern});
        rows.push(matches(&format!("row-{index}"), matcher, text, expected.trim() == "true"));
    }
    let mut section = run(file, &rows);
    for (case, why) in left_out {
        section.leave_out(case, why);
    }
    section
}

/// Matcher, attribute, what is expected.
type Asked = (Value, String, bool);

fn versions(file: &Source, of: &dyn Fn(&[&str]) -> Vec<Asked>) -> Section {
    let mut rows = Vec::new();
    for (index, line) in file.text.lines().enumerate().skip(1) {
        let cells: Vec<&str> = line.split(',').map(str::trim).collect();
        for (number, (matcher, value, expected)) in of(&cells).into_iter().enumerate() {
            rows.push(matches(&format!("row-{index}-{number}"), matcher, &value, expected));
        }
    }
    run(file, &rows)
}

fn against(operation: &str, version: &str) -> Value {
    json!({"matcherType": format!("{operation}_SEMVER"), "stringMatcherData": version})
}

fn ordered(cells: &[&str]) -> Vec<Asked> {
    let [higher, lower] = cells else { return Vec::new() };
    let (at_least, at_most) = ("GREATER_THAN_OR_EQUAL_TO", "LESS_THAN_OR_EQUAL_TO");
    vec![
        (against(at_least, lower), (*higher).to_owned(), true),
        (against(at_least, higher), (*lower).to_owned(), false),
        (against(at_most, higher), (*lower).to_owned(), true),
        (against(at_most, lower), (*higher).to_owned(), false),
        (against(at_least, higher), (*higher).to_owned(), true),
        (against("EQUAL_TO", higher), (*higher).to_owned(), true),
        (against("EQUAL_TO", higher), (*lower).to_owned(), false),
    ]
}

fn invalid(cells: &[&str]) -> Vec<Asked> {
    let [version] = cells else { return Vec::new() };
    vec![
        (against("GREATER_THAN_OR_EQUAL_TO", "0.0.0-0"), (*version).to_owned(), false),
        (against("LESS_THAN_OR_EQUAL_TO", "999999.0.0"), (*version).to_owned(), false),
        (against("EQUAL_TO", version), (*version).to_owned(), false),
        (against("GREATER_THAN_OR_EQUAL_TO", version), "1.0.0".to_owned(), false),
    ]
}

fn equal(cells: &[&str]) -> Vec<Asked> {
    let [one, other, expected] = cells else { return Vec::new() };
    let list = json!({"matcherType": "IN_LIST_SEMVER", "whitelistMatcherData": {"whitelist": [other]}});
    let expected = *expected == "true";
    vec![(against("EQUAL_TO", other), (*one).to_owned(), expected), (list, (*one).to_owned(), expected)]
}

fn between(cells: &[&str]) -> Vec<Asked> {
    let [start, version, end, expected] = cells else { return Vec::new() };
    let matcher = json!({
        "matcherType": "BETWEEN_SEMVER",
        "betweenStringMatcherData": {"start": start, "end": end},
    });
    vec![(matcher, (*version).to_owned(), *expected == "true")]
}
