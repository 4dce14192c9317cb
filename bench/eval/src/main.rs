//! Evaluation in Rust against published crates, in the same run: `make bench-eval`.
//!
//! CPU time of the thread, median of rounds in which everybody runs in turn; compare ratios, not absolutes. `--json` prints
//! what is also written to `bench/out/eval.json`.

mod launchdarkly;
mod measure;
mod ours;
mod scenario;
mod yggdrasil;

use std::hint::black_box;

use measure::{Contender, Measured, held, measure};
use scenario::{Shape, key, mixed, shuffled};
use serde_json::{Value, json};
use yardarm_eval::ruleset::{Ruleset, Version, diff};

const OURS: &str = "yardarm";
const VERSIONS: [(&str, &str); 3] =
    [(OURS, "0.1.0"), ("unleash-yggdrasil", "0.21.7"), ("launchdarkly-server-sdk-evaluation", "2.2.1")];

/// One line: a scenario and everybody in it, ours first.
struct Row {
    name: &'static str,
    unit: &'static str,
    all: Vec<Measured>,
}

fn main() {
    let as_json = std::env::args().any(|argument| argument == "--json");
    let mut rows = Vec::new();
    one_flag(&mut rows, "a: on, no rules", Shape::On);
    one_flag(&mut rows, "b: five rules, the last matches", Shape::Rules);
    one_flag(&mut rows, "c: 50 % rollout", Shape::Rollout);
    one_flag(&mut rows, "d: segment of 10,000 keys", Shape::Segment);
    hundred(&mut rows);
    ten_thousand(&mut rows);
    let json = report(&rows);
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../out");
    std::fs::create_dir_all(&path).expect("bench/out can be made");
    std::fs::write(path.join("eval.json"), format!("{json:#}\n")).expect("bench/out can be written");
    if as_json {
        println!("{json:#}");
    } else {
        print(&rows);
    }
}

fn one_flag(rows: &mut Vec<Row>, name: &'static str, shape: Shape) {
    let flags = || std::iter::once((key(0), shape));
    let key = key(0);
    let (snapshot, context) = (ours::load(&ours::wire(flags())), ours::context());
    let (engine, their_context) = (yggdrasil::load(&yggdrasil::wire(flags())), yggdrasil::context());
    let (store, ld_context) = (launchdarkly::load(&launchdarkly::wire(flags())), launchdarkly::context());
    assert_eq!(snapshot.compile_error(&key), None);
    if shape != Shape::Rollout {
        let on = (
            snapshot.evaluate(&key, &context, 0).variant == Some("on"),
            engine.is_enabled(&key, &their_context, &None),
            store.is_on(&key, &ld_context),
        );
        assert_eq!(on, (true, true, true), "{name}: all must say the same");
    }
    let all = measure(vec![
        Contender::new(OURS, |_| {
            black_box(black_box(&snapshot).evaluate(black_box(&key), black_box(&context), 0));
        }),
        Contender::new("yardarm, context built each time", |_| {
            black_box(black_box(&snapshot).evaluate(black_box(&key), black_box(&ours::context()), 0));
        }),
        Contender::new("yardarm, by position", |_| {
            black_box(black_box(&snapshot).evaluate_at(black_box(0), black_box(&context), 0));
        }),
        Contender::new("unleash-yggdrasil", |_| {
            black_box(engine.is_enabled(black_box(&key), black_box(&their_context), &None));
        }),
        Contender::new("unleash-yggdrasil, counted", |_| {
            let on = engine.is_enabled(black_box(&key), black_box(&their_context), &None);
            engine.count_toggle(&key, black_box(on));
        }),
        Contender::new("launchdarkly, flag by reference", |_| {
            black_box(store.is_on(black_box(&key), black_box(&ld_context)));
        }),
        Contender::new("launchdarkly, flag from the store", |_| {
            black_box(store.is_on_from_store(black_box(&key), black_box(&ld_context)));
        }),
    ]);
    rows.push(Row { name, unit: "ns", all });
}

fn hundred(rows: &mut Vec<Row>) {
    let flags = || (0..100).map(|n| (key(n), mixed(n)));
    let keys: Vec<String> = (0..100).map(key).collect();
    let (snapshot, context) = (ours::load(&ours::wire(flags())), ours::context());
    let (engine, their_context) = (yggdrasil::load(&yggdrasil::wire(flags())), yggdrasil::context());
    let (store, ld_context) = (launchdarkly::load(&launchdarkly::wire(flags())), launchdarkly::context());
    let all = measure(vec![
        Contender::new(OURS, |_| {
            black_box(&snapshot).evaluate_all(black_box(&context), 0, |flag, answer| {
                black_box((flag, answer));
            });
        }),
        Contender::new("yardarm, by name", |_| {
            for key in &keys {
                black_box(snapshot.evaluate(black_box(key), black_box(&context), 0));
            }
        }),
        Contender::new("unleash-yggdrasil", |_| {
            for key in &keys {
                black_box(engine.is_enabled(black_box(key), black_box(&their_context), &None));
            }
        }),
        Contender::new("unleash-yggdrasil, resolve_all", |_| {
            black_box(engine.resolve_all(black_box(&their_context), &None));
        }),
        Contender::new("launchdarkly, flag by reference", |_| {
            for key in &keys {
                black_box(store.is_on(black_box(key), black_box(&ld_context)));
            }
        }),
    ]);
    rows.push(Row { name: "e: 100 flags", unit: "ns", all });
}

fn ten_thousand(rows: &mut Vec<Row>) {
    const COUNT: usize = 10_000;
    let flags = || (0..COUNT).map(|n| (key(n), mixed(n)));
    let wires = (ours::wire(flags()), yggdrasil::wire(flags()), launchdarkly::wire(flags()));
    let (snapshot, our_bytes) = held(|| ours::load(&wires.0));
    let (engine, their_bytes) = held(|| yggdrasil::load(&wires.1));
    let (mut store, ld_bytes) = held(|| launchdarkly::load(&wires.2));
    let (context, their_context, ld_context) = (ours::context(), yggdrasil::context(), launchdarkly::context());
    let keys: Vec<String> = shuffled(COUNT).into_iter().map(key).collect();
    let turn = |mut at: usize| {
        let keys = &keys;
        move || {
            at = (at + 1) % COUNT;
            keys[at].as_str()
        }
    };
    let mut next = [turn(0), turn(2_500), turn(5_000)];
    let [first, second, third] = &mut next;
    let all = measure(vec![
        Contender::new(OURS, |_| {
            black_box(snapshot.evaluate(first(), black_box(&context), 0));
        }),
        Contender::new("unleash-yggdrasil", |_| {
            black_box(engine.is_enabled(second(), black_box(&their_context), &None));
        }),
        Contender::new("launchdarkly, flag by reference", |_| {
            black_box(store.is_on(third(), black_box(&ld_context)));
        }),
    ]);
    rows.push(Row { name: "f: random flag of 10,000", unit: "ns", all });

    let all = measure(vec![
        Contender::new(OURS, |_| drop(black_box(ours::load(&wires.0)))),
        Contender::new("unleash-yggdrasil", |_| drop(black_box(yggdrasil::load(&wires.1)))),
        Contender::new("launchdarkly, flag by reference", |_| drop(black_box(launchdarkly::load(&wires.2)))),
    ]);
    rows.push(Row { name: "load 10,000 flags from JSON", unit: "ms", all: milliseconds(all) });

    let old: Ruleset = serde_json::from_str(&wires.0).expect("our own ruleset");
    let mut new = old.clone();
    new.version = Version { rev: 2, ..old.version.clone() };
    let changed = key(5_000);
    new.flags.insert(changed.clone(), serde_json::from_str(&ours::flag(Shape::Segment).to_string()).expect("JSON"));
    let patch = serde_json::to_string(&diff(&old, &new)).expect("a patch is JSON");
    let features = yggdrasil::wire(flags());
    let delta = json!({"events": [{"type": "feature-updated", "eventId": 2, "feature": yggdrasil::feature(&changed, Shape::Rules)}]});
    let delta = delta.to_string();
    let flag = launchdarkly::flag(&changed, Shape::Segment).to_string();
    drop(features);
    let all = measure(vec![
        Contender::new(OURS, |_| {
            let patch = serde_json::from_str(black_box(&patch)).expect("a patch");
            drop(black_box(snapshot.apply(&patch).expect("it fits")));
        }),
        Contender::new("unleash-yggdrasil", |_| {
            let delta = serde_json::from_str(black_box(&delta)).expect("a delta");
            drop(black_box(engine.take_state(unleash_yggdrasil::UpdateMessage::PartialUpdate(delta))));
        }),
        Contender::new("launchdarkly, flag by reference", |_| store.replace(&changed, black_box(&flag))),
    ]);
    rows.push(Row { name: "one flag of 10,000 changes", unit: "ms", all: milliseconds(all) });

    let bytes = [(OURS, our_bytes), ("unleash-yggdrasil", their_bytes), ("launchdarkly, flag by reference", ld_bytes)];
    let all = bytes.map(|(name, bytes)| Measured { name, ns: bytes / 1e6, allocations: 0.0 });
    rows.push(Row { name: "heap of 10,000 flags", unit: "MB", all: all.into() });
}

fn milliseconds(all: Vec<Measured>) -> Vec<Measured> {
    all.into_iter().map(|one| Measured { ns: one.ns / 1e6, ..one }).collect()
}

fn report(rows: &[Row]) -> Value {
    let rows: Vec<Value> = rows
        .iter()
        .flat_map(|row| {
            let ours = &row.all[0];
            row.all.iter().filter(|one| one.name != OURS).map(move |peer| {
                json!({"row": row.name, "ours": rounded(ours.ns), "unit": row.unit, "peer": peer.name,
                    "peer_value": rounded(peer.ns), "ratio": rounded(peer.ns / ours.ns),
                    "allocations": rounded(ours.allocations), "peer_allocations": rounded(peer.allocations)})
            })
        })
        .collect();
    let versions: serde_json::Map<String, Value> =
        VERSIONS.iter().map(|(name, version)| ((*name).to_owned(), (*version).into())).collect();
    json!({"bench": "eval", "method": "thread CPU time, median of 15 alternating rounds", "versions": versions, "rows": rows})
}

fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

fn print(rows: &[Row]) {
    for row in rows {
        println!("{}", row.name);
        let ours = row.all[0].ns;
        for one in &row.all {
            let ratio = if one.name.starts_with(OURS) { String::new() } else { format!("{:>9.1}×", one.ns / ours) };
            println!("  {:<36}{:>12.3} {:<3}{:>10.1} alloc{ratio}", one.name, one.ns, row.unit, one.allocations);
        }
    }
    println!("thread CPU time, median of 15 alternating rounds; × = how many times ours");
    for (name, version) in VERSIONS {
        println!("{name} {version}");
    }
}
