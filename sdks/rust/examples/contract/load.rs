//! Evaluation in a loop, on threads.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use yardarm::{Client, Context};

use crate::Outcome;
use crate::calls;
use crate::clients::{Held, locked};

pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Tally>>,
}

#[derive(Default)]
struct Tally {
    calls: u64,
    threw: u64,
    torn: u64,
    values: BTreeMap<String, u64>,
}

pub(crate) fn begin(held: &Held, request: &Value) -> Value {
    let stop = Arc::new(AtomicBool::new(false));
    let count = request["threads"].as_u64().unwrap_or(1);
    let rate = request["rate"].as_u64().map(|rate| rate / count);
    let threads = (0..count).map(|_| {
        let (client, stop, request) = (held.client.clone(), Arc::clone(&stop), request.clone());
        std::thread::spawn(move || match rate {
            Some(rate) => evaluate_paced(&client, &stop, &request, rate),
            None => evaluate(&client, &stop, &request),
        })
    });
    *locked(&held.load) = Some(Load { threads: threads.collect(), stop });
    json!({})
}

pub(crate) async fn end(held: &Held) -> Outcome {
    let load = locked(&held.load).take().ok_or("no load")?;
    load.stop.store(true, Ordering::Relaxed);
    let joined = tokio::task::spawn_blocking(move || {
        load.threads.into_iter().fold(Tally::default(), |mut sum, thread| {
            match thread.join() {
                Ok(tally) => {
                    sum.calls += tally.calls;
                    sum.threw += tally.threw;
                    sum.torn += tally.torn;
                    tally.values.into_iter().for_each(|(value, count)| *sum.values.entry(value).or_default() += count);
                }
                Err(_) => sum.threw += 1,
            }
            sum
        })
    });
    let sum = joined.await.map_err(|error| error.to_string())?;
    Ok(json!({"calls": sum.calls, "threw": sum.threw, "torn": sum.torn, "values": sum.values}))
}

fn evaluate(client: &Client, stop: &AtomicBool, request: &Value) -> Tally {
    let flags: Vec<&str> = request["flags"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let context = Context::from(request["context"].clone());
    let mut tally = Tally::default();
    while !stop.load(Ordering::Relaxed) {
        for flag in &flags {
            tally.calls += 1;
            match catch_unwind(AssertUnwindSafe(|| calls::value(client, flag, &context, request))) {
                Ok(value) => *tally.values.entry(value.to_string()).or_default() += 1,
                Err(_) => tally.threw += 1,
            }
        }
        let all = client.all(&context);
        let mut found =
            flags.iter().filter_map(|flag| all.get(*flag)).map(|details| (&details.value, &details.version));
        if let Some(first) = found.next()
            && found.any(|other| other != first)
        {
            tally.torn += 1;
        }
        std::thread::yield_now();
    }
    tally
}

/// So many evaluations a second: every few milliseconds those that are due.
#[expect(clippy::disallowed_methods, reason = "a thread of its own, not the runtime's")]
fn evaluate_paced(client: &Client, stop: &AtomicBool, request: &Value, rate: u64) -> Tally {
    let flags: Vec<&str> = request["flags"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut flags = flags.into_iter().cycle();
    let key = request["context"]["targetingKey"].as_str().unwrap_or_default();
    let users = request["users"].as_u64().unwrap_or(1);
    let mut context = request["context"].clone();
    let mut tally = Tally::default();
    let began = Instant::now();
    while !stop.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(5));
        let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        let due = (micros.saturating_mul(rate) / 1_000_000).min(tally.calls + rate / 10);
        for (turn, flag) in (tally.calls..due).zip(&mut flags) {
            context["targetingKey"] = format!("{key}-{}", turn % users).into();
            let context = Context::from(context.clone());
            match catch_unwind(AssertUnwindSafe(|| calls::value(client, flag, &context, request))) {
                Ok(value) => *tally.values.entry(value.to_string()).or_default() += 1,
                Err(_) => tally.threw += 1,
            }
        }
        tally.calls = tally.calls.max(due);
    }
    tally
}
