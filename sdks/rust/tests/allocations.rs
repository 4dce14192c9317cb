//! A flag call allocates nothing.

#![expect(unsafe_code, reason = "an allocator that counts")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use serde_json::json;
use yardarm::{Client, Context};

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: everything is handed to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn a_flag_call_allocates_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ruleset.json");
    let outcome = json!({"serve": {"variant": "on"}});
    let country = json!({"test": {"attr": ["country"], "op": "in", "arg": ["DE", "AT"]}});
    let flag = json!({
        "on": true, "type": "boolean", "variants": {"on": true, "off": false}, "off": outcome, "default": outcome,
        "rules": [{"id": "dach", "if": country, "serve": {"variant": "off"}}],
    });
    let version = json!({"epoch": "a", "rev": 1});
    let ruleset = json!({"format": 1, "project": "p", "environment": "e", "version": version, "flags": {"f": flag}});
    std::fs::write(&path, ruleset.to_string()).unwrap();
    let client = Client::offline(&path).unwrap();
    let context = Context::new("u").with("country", "DE").with("account", json!({"plan": "pro"}));
    assert!(!client.bool("f", &context, true));

    let before = ALLOCATIONS.with(Cell::get);
    for _ in 0..1_000 {
        assert!(!client.bool("f", &context, true));
        assert!(client.bool("unknown", &context, true));
    }
    assert_eq!(ALLOCATIONS.with(Cell::get) - before, 0);
}
