//! ConfigCat's settings, the whole way: config → documents → decisions → ruleset → answers.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![expect(clippy::needless_pass_by_value, reason = "tables are written with json!")]

use serde_json::{Value, json};
use yardarm_migrate::verify::Ground;
use yardarm_migrate::{Format, Imported, Options, Source, import};

fn imported(config: &Value) -> Imported {
    let source = Source { name: "config.json".to_owned(), text: config.to_string() };
    import(Format::ConfigCat, &[source], &Options::default()).unwrap()
}

fn text(value: &str) -> Value {
    json!({"s": value})
}

/// A setting that is `yes` where the condition holds.
fn setting(conditions: Value) -> Value {
    json!({"t": 1, "r": [{"c": conditions, "s": {"v": text("yes")}}], "v": text("no")})
}

/// What a config's setting `f` answers, in a context.
fn ask(config: &Value, context: &Value) -> Value {
    let ground = Ground::new(&imported(config), "production").unwrap();
    ground.ask("f", context, 0).value.unwrap_or_default()
}

#[test]
fn comparators_skip_what_they_cannot_read() {
    // Comparator, comparison value, attribute, answer.
    let table = [
        (0, json!({"l": ["a", "5"]}), json!(5), "yes"),
        (1, json!({"l": ["a"]}), json!("b"), "yes"),
        (1, json!({"l": ["a"]}), json!(""), "no"),
        (1, json!({"l": ["a"]}), Value::Null, "no"),
        (2, json!({"l": ["b"]}), json!("abc"), "yes"),
        (3, json!({"l": ["b"]}), json!("abc"), "no"),
        (3, json!({"l": ["z"]}), json!(["a"]), "yes"),
        (4, json!({"l": ["", " 1.0.0 "]}), json!("1.0.0+x"), "yes"),
        (5, json!({"l": ["1.0.0"]}), json!("1.0"), "no"),
        (5, json!({"l": ["1.0.0"]}), json!("1.0.1"), "yes"),
        (5, json!({"l": ["1.0.0", "nonsense"]}), json!("2.0.0"), "no"),
        (5, json!({"l": []}), json!("2.0.0"), "yes"),
        (6, json!({"s": "2.0.0"}), json!(" 1.9.9 "), "yes"),
        (9, json!({"s": "v2.0.0"}), json!("3.0.0"), "no"),
        (10, json!({"d": 1.5}), json!("1,5"), "yes"),
        (11, json!({"d": 1.5}), json!("one"), "no"),
        (11, json!({"d": 1.5}), json!(2), "yes"),
        (15, json!({"d": 3}), json!(" 3 "), "yes"),
        // What JavaScript reads as a number is one, and NaN is compared: it differs from all and is below none.
        (14, json!({"d": 5}), json!("Infinity"), "yes"),
        (12, json!({"d": 5}), json!(" -Infinity "), "yes"),
        (14, json!({"d": 5}), json!("1e999"), "yes"),
        (11, json!({"d": 5}), json!("NaN"), "yes"),
        (10, json!({"d": 5}), json!("NaN"), "no"),
        (13, json!({"d": 5}), json!("NaN"), "no"),
        (11, json!({"d": 5}), json!("nan"), "no"),
        (19, json!({"d": 5}), json!("+Infinity"), "yes"),
        (18, json!({"d": 5}), json!("NaN"), "no"),
        (18, json!({"d": 1_700_000_000.5}), json!("1700000000"), "yes"),
        (19, json!({"d": 1_700_000_000}), json!(1_700_000_000), "no"),
        (29, json!({"s": "a"}), json!("b"), "yes"),
        (30, json!({"l": ["ab"]}), json!("abc"), "yes"),
        (33, json!({"l": ["c"]}), json!("abc"), "no"),
        (34, json!({"l": ["x"]}), json!(["w", "x"]), "yes"),
        (34, json!({"l": ["x"]}), json!("[\"x\"]"), "yes"),
        (35, json!({"l": ["x"]}), json!("x"), "no"),
        (35, json!({"l": ["x"]}), json!(["w"]), "yes"),
        (99, json!({"s": "x"}), json!("x"), ""),
    ];
    for (comparator, mut comparison, value, expected) in table {
        comparison["a"] = "Plan".into();
        comparison["c"] = comparator.into();
        let config = json!({"p": {"s": "salt"}, "f": {"f": setting(json!([{"u": comparison}]))}});
        let expected = if expected.is_empty() { Value::Null } else { expected.into() };
        let answer = ask(&config, &json!({"targetingKey": "u", "Plan": value}));
        assert_eq!(answer, expected, "comparator {comparator} with {comparison} on {value}");
    }
}

/// `SHA256("pro" "salt" "f")` and of its parts, by sha256sum.
/// What nothing can be compared with leaves a project that is whole, with a segment or without.
#[test]
fn a_bound_that_is_no_number_is_as_if_it_were_not_there() {
    for comparator in [10, 12, 18] {
        for bound in [json!("b"), json!([[18]]), json!(null)] {
            let condition = json!({"a": "Age", "c": comparator, "d": bound});
            let segments = json!([{"n": "adults", "r": [condition]}]);
            for one in [json!({"u": condition}), json!({"s": {"s": 0, "c": 0}})] {
                let config = json!({"s": segments, "f": {"f": setting(json!([one]))}});
                assert_ne!(ask(&config, &json!({"Age": 20})), "yes", "{config}");
            }
        }
    }
}

#[test]
fn hashed_comparisons_salt_with_setting_or_segment() {
    let whole = sha256("prosaltf");
    let in_segment = sha256("prosaltPros");
    let table = [
        (16, whole.clone(), "pro", "yes"),
        (17, whole.clone(), "pro", "no"),
        (17, whole.clone(), "free", "yes"),
        (22, format!("2_{}", sha256("prsaltf")), "pro", "yes"),
        (24, format!("2_{}", sha256("rosaltf")), "pro", "yes"),
        (25, format!("2_{}", sha256("rosaltf")), "pro", "no"),
    ];
    for (comparator, hash, value, expected) in table {
        let condition = json!([{"u": {"a": "Plan", "c": comparator, "l": [hash]}}]);
        let config = json!({"p": {"s": "salt"}, "f": {"f": setting(condition)}});
        assert_eq!(ask(&config, &json!({"Plan": value})), json!(expected), "comparator {comparator} on {value}");
    }
    // Out of a segment is only who is known to be out of it.
    for (comparator, value, expected) in
        [(0, "pro", "yes"), (0, "free", "no"), (1, "pro", "no"), (1, "free", "yes"), (0, "", "no"), (1, "", "no")]
    {
        let config = json!({
            "p": {"s": "salt"},
            "s": [{"n": "Pros", "r": [{"a": "Plan", "c": 16, "l": [in_segment]}]}],
            "f": {"f": setting(json!([{"s": {"s": 0, "c": comparator}}]))},
        });
        assert_eq!(ask(&config, &json!({"Plan": value})), json!(expected), "segment {comparator} on {value:?}");
    }
}

fn sha256(text: &str) -> String {
    use sha2::Digest;
    let digest = sha2::Sha256::digest(text.as_bytes());
    digest.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

/// SHA-1 of `string25Cat25Dog25Falcon25Horse` and the identifier puts a@ at 9, c@ at 41 and b@ at 58 of 100.
#[test]
fn percentages_go_by_the_attribute_and_skip_who_has_none() {
    let options = json!([{"p": 41, "v": text("low")}, {"p": 59, "v": text("high")}]);
    let name = "string25Cat25Dog25Falcon25Horse";
    let of = |body: Value, context: Value| {
        let ground = Ground::new(&imported(&json!({"f": {name: body}})), "production").unwrap();
        ground.ask(name, &context, 0).value.unwrap_or_default()
    };
    let plain = json!({"t": 1, "p": options, "v": text("none")});
    let by_team = json!({"t": 1, "a": "Team", "p": options, "v": text("none")});
    let in_rule =
        json!({"t": 1, "r": [{"c": [], "p": options}, {"c": [], "s": {"v": text("next")}}], "v": text("none")});
    for (body, context, expected) in [
        (&plain, json!({"targetingKey": "a@configcat.com"}), "low"),
        (&plain, json!({"targetingKey": "c@configcat.com"}), "high"),
        (&plain, json!({}), "none"),
        (&by_team, json!({"targetingKey": "u", "Team": "a@configcat.com"}), "low"),
        (&by_team, json!({"targetingKey": "a@configcat.com"}), "none"),
        (&in_rule, json!({"targetingKey": "b@configcat.com"}), "high"),
        (&in_rule, json!({}), "next"),
    ] {
        assert_eq!(of(body.clone(), context.clone()), json!(expected), "{context}");
    }
}

#[test]
fn prerequisites_compare_values_and_circles_are_errors() {
    let needs =
        |flag: &str, comparator: u8, value: Value| setting(json!([{"p": {"f": flag, "c": comparator, "v": value}}]));
    let other = json!({"t": 0, "v": {"b": true}});
    for (flag, expected) in [
        (needs("other", 0, json!({"b": true})), json!("yes")),
        (needs("other", 1, json!({"b": true})), json!("no")),
        (needs("other", 1, json!({"b": false})), json!("yes")),
        (needs("other", 0, text("true")), Value::Null),
        (needs("gone", 0, json!({"b": true})), Value::Null),
        (needs("f", 0, text("no")), Value::Null),
    ] {
        assert_eq!(ask(&json!({"f": {"f": flag, "other": other}}), &json!({})), expected, "{flag}");
    }
}
