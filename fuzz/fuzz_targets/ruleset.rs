//! Line 1: a ruleset. Line 2: another one, or a patch. The rest: contexts.
//!
//! A ruleset of any content compiles and answers; a patch leads to the same answers as a fresh start.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use serde_json::Value;
use yardarm_eval::ruleset::{Patch, Ruleset, diff};
use yardarm_eval::{Context, Snapshot};
use yardarm_fuzz::{ask_everything, contexts_of, mutate};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut lines = text.split('\n');
    let Some(Ok(mut ruleset)) = lines.next().map(serde_json::from_str::<Ruleset>) else { return };
    let then = lines.next().unwrap_or_default();
    let contexts = contexts_of(lines);
    let snapshot = Snapshot::compile(&ruleset);
    for key in ruleset.flags.keys() {
        let _ = snapshot.compile_error(key);
    }
    ask_everything(&snapshot, &contexts);

    if let Ok(next) = serde_json::from_str::<Ruleset>(then) {
        let fresh = Snapshot::compile(&next);
        let patched = snapshot.apply(&diff(&ruleset, &next)).expect("a difference starts where it was taken");
        same(&patched, &fresh, &contexts);
        // And back: positions were reused, references came and went.
        let back = patched.apply(&diff(&next, &ruleset)).expect("a difference starts where it was taken");
        same(&back, &snapshot, &contexts);
    } else if let Ok(patch) = serde_json::from_str::<Patch>(then) {
        if let Some(patched) = snapshot.apply(&patch) {
            assert!(ruleset.patched(&patch));
            same(&patched, &Snapshot::compile(&ruleset), &contexts);
        }
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| { mutate(data, size, max_size, seed) });

fn same(one: &Snapshot, other: &Snapshot, contexts: &[Value]) {
    assert!(one.keys().eq(other.keys()), "other flags");
    for context in contexts {
        let Ok(context) = Context::from_json(context) else { continue };
        for key in one.keys() {
            assert_eq!(one.evaluate(key, &context, 7), other.evaluate(key, &context, 7), "{key}");
        }
    }
}
