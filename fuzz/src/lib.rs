//! What the targets share: asking every flag, and changing JSON so that it stays JSON.

mod mutate;

use serde_json::{Value, json};
use yardarm_eval::{Context, Snapshot};

pub use mutate::mutate;

/// Flags asked in one input: more only make it slower.
const ASKED: usize = 40;

/// Before, at and after everything that a schedule or a ramp may name.
const INSTANTS: [i64; 4] = [0, 1_767_225_600_000, i64::MIN, i64::MAX];

/// Somebody with an attribute of each kind, somebody with odd ones, and nobody.
pub fn contexts() -> Vec<Value> {
    vec![
        json!({"targetingKey": "user-1", "country": "NO", "plan": "pro", "appVersion": "5.4.2", "age": 37, "beta": true,
            "email": "user-1@example.com", "ip": "10.1.2.3", "at": "2026-01-02T03:04:05Z", "groups": ["a", "b"],
            "a": 1, "account": {"key": "acct-1", "seats": 12, "tags": ["x"]}}),
        json!({"targetingKey": "é\u{0}🚀", "country": "", "age": -0.0, "a": [[], {}, null], "user": {"key": "u", "a": "1e400"},
            "account": null, "appVersion": "v1.2", "email": ["x"], "ip": "::ffff:1.2.3.4", "at": 9e18, "groups": {"a": 1}}),
        json!({}),
    ]
}

/// Evaluates every flag for everybody, now and at odd times; an explanation must give the same answer.
pub fn ask_everything(snapshot: &Snapshot, contexts: &[Value]) {
    for (context, now) in contexts.iter().zip(INSTANTS.iter().cycle()) {
        let Ok(context) = Context::from_json(context) else { continue };
        for key in snapshot.keys().take(ASKED) {
            let answer = snapshot.evaluate(key, &context, *now);
            let explained = snapshot.explain(key, &context, *now);
            assert_eq!(answer.value, explained.value.as_ref(), "{key}");
            assert_eq!(answer.variant, explained.variant.as_deref(), "{key}");
            assert_eq!((answer.reason, answer.error), (explained.reason, explained.error), "{key}");
            assert_eq!(answer.rule, explained.rule.as_deref(), "{key}");
            serde_json::to_string(&explained).expect("an explanation is JSON");
        }
        let mut seen = 0;
        snapshot.evaluate_all(&context, *now, |_, _| seen += 1);
        assert_eq!(seen, snapshot.len());
    }
}

/// The contexts that an input brings, at most four, before our own.
pub fn contexts_of<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<Value> {
    let brought = lines.filter_map(|line| serde_json::from_str(line).ok());
    brought.take(4).chain(contexts()).collect()
}

/// Whether a flag that was accepted may have this compile error. Exact forms may refer to each other in a circle, because
/// other systems' flags do; everything else must have been refused when it was saved.
pub fn may_be_said_of_accepted(error: Option<&str>) -> bool {
    error.is_none_or(|error| error.starts_with("refers to itself"))
}
