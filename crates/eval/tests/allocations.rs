//! An evaluation allocates nothing, whatever the ruleset holds.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use serde_json::json;
use yardarm_eval::ruleset::Ruleset;
use yardarm_eval::{Context, Snapshot};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

#[expect(unsafe_code, reason = "a global allocator cannot be written without")]
// SAFETY: every call goes to the system allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(of: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.with(Cell::get);
    of();
    ALLOCATIONS.with(Cell::get) - before
}

fn ruleset() -> Ruleset {
    let serve = |rules: serde_json::Value| {
        json!({"on": true, "type": "boolean", "variants": {"on": true, "off": false},
            "off": {"serve": {"variant": "off"}}, "default": {"serve": {"variant": "off"}}, "rules": rules,
            "buckets": {"main": {"hash": "murmur3_32", "prefix": "salt:", "unit": ["targetingKey"]},
                        "age": {"hash": "murmur3_32", "prefix": "salt:", "unit": ["age"]}}})
    };
    let rule = |condition: serde_json::Value| serve(json!([{"id": "r", "if": condition, "serve": {"variant": "on"}}]));
    let many: Vec<String> = (0..10_000).map(|n| format!("user-{n}")).collect();
    let split = |bucket: &str| {
        json!([{"id": "r", "if": {"const": true},
        "serve": {"split": {"bucket": bucket, "ranges": [[0, 4_294_967_296_u64, "on"]]}}}])
    };
    let ruleset = json!({
        "format": 1, "project": "p", "environment": "e", "version": {"epoch": "a", "rev": 1},
        "flags": {
            "plain": serve(json!([])),
            "in": rule(json!({"test": {"attr": ["country"], "op": "in", "arg": many}})),
            "lower": rule(json!({"test": {"attr": ["email"], "as": "string+lower", "op": "ends", "arg": ["@example.com"]}})),
            "semver": rule(json!({"test": {"attr": ["version"], "as": "version:loose", "op": "gt", "arg": "1.0.0-beta.2"}})),
            "date": rule(json!({"test": {"attr": ["born"], "as": "date:rfc3339_or_ms", "op": "lt", "arg": "2026-01-01T00:00:00Z"}})),
            "regex": rule(json!({"test": {"attr": ["email"], "op": "matches", "arg": "^[A-Za-z]+@"}})),
            "cidr": rule(json!({"test": {"attr": ["ip"], "op": "cidr", "arg": ["10.0.0.0/8", "2001:db8::/32"]}})),
            "list": rule(json!({"test": {"attr": ["tags"], "as": "list", "op": "has_all", "arg": ["a", "b"]}})),
            "some": rule(json!({"some": {"attr": ["tags"], "if": {"test": {"attr": [], "op": "eq", "arg": "b"}}}})),
            "segment": rule(json!({"segment": "beta"})),
            "needs": rule(json!({"flag": {"key": "split", "variants": ["on"], "on": true}})),
            "split": serve(split("main")),
            "split by number": serve(split("age")),
            "delegate": serve(json!([{"id": "r", "if": {"const": true}, "serve": {"flag": "split"}}])),
        },
        "segments": {"beta": {"if": {"any": [{"list": {"attr": ["targetingKey"], "lists": ["beta/included/0001"]}}]}}},
        "lists": {"beta/included/0001": many},
    });
    serde_json::from_str(&ruleset.to_string()).expect("a ruleset")
}

#[test]
fn evaluation_allocates_nothing() {
    let snapshot = Snapshot::compile(&ruleset());
    let json = json!({"targetingKey": "user-4242", "email": "Ana@Example.COM", "country": "user-7", "version": "1.0.0-rc.1",
        "born": "1989-01-01T00:00:00Z", "ip": "10.1.1.1", "tags": ["a", "b"], "age": 37, "plan": "pro"});
    let context = Context::from_json(&json).expect("a context");
    for key in snapshot.keys() {
        assert_eq!(snapshot.compile_error(key), None, "{key}");
        // The first use of a regular expression makes its scratch space.
        let expected = if key == "plain" { "off" } else { "on" };
        assert_eq!(snapshot.evaluate(key, &context, 0).variant, Some(expected), "{key}");
        let count = allocations(|| {
            for now in 0..100 {
                std::hint::black_box(snapshot.evaluate(key, &context, now));
            }
        });
        assert_eq!(count, 0, "allocations in 100 evaluations of `{key}`");
    }
    let count = allocations(|| {
        snapshot.evaluate_all(&context, 0, |flag, answer| {
            std::hint::black_box((flag, answer));
        });
    });
    assert_eq!(count, 0, "allocations in evaluate_all");
}

#[test]
fn a_small_context_allocates_nothing() {
    let count = allocations(|| {
        let context = Context::builder()
            .targeting_key("user-4242")
            .set("email", "ana@example.com")
            .set("country", "NO")
            .set("age", 37)
            .build();
        std::hint::black_box(&context);
    });
    assert_eq!(count, 0);
}
