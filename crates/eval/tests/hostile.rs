//! Rulesets that mean harm: each is refused with a reason that says what and how much, and nobody else notices.

#![expect(clippy::needless_pass_by_value, reason = "what `json!` makes is handed over")]

use serde_json::{Value, json};
use yardarm_eval::ruleset::{ErrorCode, Ruleset};
use yardarm_eval::{Context, Snapshot};

fn flag(rules: Value) -> Value {
    json!({"on": true, "type": "boolean", "variants": {"on": true, "off": false}, "off": {"serve": {"variant": "off"}},
        "rules": rules, "default": {"serve": {"variant": "off"}},
        "buckets": {"main": {"hash": "murmur3_32", "prefix": "salt:", "unit": ["targetingKey"]}}})
}

fn rule(condition: Value) -> Value {
    flag(json!([{"id": "r", "if": condition, "serve": {"variant": "on"}}]))
}

fn test(op: &str, arg: Value) -> Value {
    rule(json!({"test": {"attr": ["a"], "as": "string", "op": op, "arg": arg}}))
}

/// A ruleset of these flags as text (what is nested too deep cannot be written from a `Value`), and of one good one.
fn snapshot(flags: &[(&str, String)]) -> Snapshot {
    let good = test("in", json!(["x"])).to_string();
    let flags: Vec<String> = flags
        .iter()
        .map(|(key, flag)| (*key, flag.as_str()))
        .chain([("good", good.as_str())])
        .map(|(key, flag)| format!("{}:{flag}", json!(key)))
        .collect();
    let text = format!(
        r#"{{"format":1,"project":"p","environment":"e","version":{{"epoch":"x","rev":1}},"flags":{{{}}}}}"#,
        flags.join(",")
    );
    let ruleset: Ruleset = serde_json::from_str(&text).expect("a ruleset, whatever its flags are");
    Snapshot::compile(&ruleset)
}

/// The flag `bad` is unusable for a reason with these words in it, and `good` answers.
fn refused(flag: String, words: &str) {
    let snapshot = snapshot(&[("bad", flag)]);
    let context = Context::builder().targeting_key("u").set("a", "x").build();
    assert_eq!(snapshot.evaluate("bad", &context, 0).error, Some(ErrorCode::ParseError), "{words}");
    let why = snapshot.compile_error("bad").expect("a reason");
    assert!(why.contains(words), "{words:?} is not in {why:?}");
    assert!(why.len() <= 600, "a reason of {} bytes", why.len());
    assert_eq!(snapshot.evaluate("good", &context, 0).variant, Some("on"));
}

fn nested(open: &str, inside: &str, close: &str, levels: usize) -> String {
    format!("{}{inside}{}", open.repeat(levels), close.repeat(levels))
}

#[test]
fn nesting_of_any_depth() {
    let condition = |levels| nested(r#"{"not":"#, r#"{"const":true}"#, "}", levels);
    let with = |condition: String| rule(json!("HERE")).to_string().replace(r#""HERE""#, &condition);
    refused(with(condition(40)), "conditions are nested deeper than 32 levels");
    refused(with(condition(1_000)), "recursion limit");
    refused(with(condition(100_000)), "recursion limit");
    let argument = nested("[", "", "]", 100_000);
    refused(test("in", json!("HERE")).to_string().replace(r#""HERE""#, &argument), "recursion limit");
    let split = r#"{"split":{"bucket":"main","ranges":[],"rest":"#;
    let serve = |levels| nested(split, r#""next""#, "}}", levels);
    let serving = |serve: String| {
        flag(json!([{"id": "r", "if": {"const": true}, "serve": "HERE"}])).to_string().replace(r#""HERE""#, &serve)
    };
    refused(serving(serve(40)), "splits are nested deeper than 32 levels");
    refused(serving(serve(100_000)), "recursion limit");
    let compute = |levels| with(format!(r#"{{"compute":{}}}"#, nested(r#"{"!":"#, "1", "}", levels)));
    refused(compute(70), "expressions are nested deeper than 64 levels");
    refused(compute(100_000), "recursion limit");
}

#[test]
fn patterns_that_would_take_for_ever_or_fill_the_memory() {
    for (pattern, words) in [
        (r"(a)\1".to_owned(), "backreferences are not supported"),
        ("(?=a)a".to_owned(), "look-around"),
        (r"\w{1000}{1000}".to_owned(), "size limit"),
        ("(((a{100}){100}){100}){100}".to_owned(), "size limit"),
        ("(".repeat(10_000) + &")".repeat(10_000), "nest"),
        ("[".repeat(10_000), "unclosed"),
        (vec![r"\pL{9}"; 1_000].join("|"), "size limit"),
        ("a".repeat(32_769), "32769 bytes is longer than 32768"),
    ] {
        refused(test("matches", json!(pattern)).to_string(), words);
    }
    // Where backtracking would take 2^60 steps.
    let text = "a".repeat(60) + "!";
    let snapshot = snapshot(&[("linear", test("matches", json!("^(a+)+(a|aa)+(.*a){20}$")).to_string())]);
    let context = Context::builder().set("a", text.as_str()).build();
    assert_eq!(snapshot.evaluate("linear", &context, 0).variant, Some("off"));
}

#[test]
fn lists_of_any_length() {
    let keys: Vec<String> = (0..50_000).map(|n| format!("user-{n}")).collect();
    let networks: Vec<String> = (0..10_000).map(|n| format!("10.{}.{}.0/24", n / 250, n % 250)).collect();
    let snapshot = snapshot(&[
        ("keys", test("in", json!(keys)).to_string()),
        ("networks", test("cidr", json!(networks)).to_string()),
    ]);
    for (flag, value, variant) in [
        ("keys", "user-49999", "on"),
        ("keys", "user-50000", "off"),
        ("networks", "10.39.249.7", "on"),
        ("networks", "10.40.0.1", "off"),
    ] {
        let context = Context::builder().set("a", value).build();
        assert_eq!(snapshot.evaluate(flag, &context, 0).variant, Some(variant), "{flag} {value}");
        assert!(
            format!("{:?}", snapshot.explain(flag, &context, 0)).len() < 2_000,
            "an explanation shows the whole list"
        );
    }
    let mut spoilt = vec![json!("10.0.0.1"); 50_000];
    spoilt.push(json!("x".repeat(1 << 20)));
    refused(test("cidr", json!(spoilt)).to_string(), "x…");
    refused(test("in", json!([{"a": "x".repeat(1 << 20)}])).to_string(), "cannot be read as `string`");
}

/// A chain far longer than a stack is deep; only its end is short enough.
#[test]
fn chains_of_any_length() {
    const LENGTH: usize = 20_000;
    let key = |n: usize| format!("f{n:05}");
    let flags: Vec<(String, String)> = (0..LENGTH)
        .map(|n| {
            let next = json!({"flag": {"key": key(n + 1), "variants": ["on"]}});
            (key(n), rule(if n + 1 == LENGTH { json!({"const": true}) } else { next }).to_string())
        })
        .collect();
    let flags: Vec<(&str, String)> = flags.iter().map(|(key, flag)| (key.as_str(), flag.clone())).collect();
    let snapshot = snapshot(&flags);
    let context = Context::new();
    let why = "needs a chain of more than 32 flags and segments";
    assert_eq!(snapshot.compile_error(&key(0)), Some(why));
    assert_eq!(snapshot.compile_error(&key(LENGTH - 33)), Some(why));
    assert_eq!(snapshot.evaluate(&key(LENGTH - 32), &context, 0).variant, Some("on"));
}

/// Each flag asks the next one twice: 2^30 look-ups without a limit.
#[test]
fn diamonds_end() {
    let key = |n: usize| format!("f{n:02}");
    let flags: Vec<(String, String)> = (0..30)
        .map(|n| {
            let next = json!({"flag": {"key": key(n + 1), "variants": ["on"]}});
            (key(n), rule(if n == 29 { json!({"const": false}) } else { json!({"any": [next, next]}) }).to_string())
        })
        .collect();
    let flags: Vec<(&str, String)> = flags.iter().map(|(key, flag)| (key.as_str(), flag.clone())).collect();
    let snapshot = snapshot(&flags);
    assert_eq!(snapshot.evaluate(&key(0), &Context::new(), 0).error, Some(ErrorCode::General));
    assert_eq!(snapshot.evaluate(&key(25), &Context::new(), 0).variant, Some("off"));
}
