//! The test service of this SDK for `e2e/sdk-contract` (PROTOCOL.md there): JSON lines in, JSON lines out.

#![expect(clippy::panic, reason = "a hook and an observer that panic are part of the contract")]

mod calls;
mod clients;
mod load;
mod record;

use std::io::{BufRead, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use clients::Clients;

/// What a command answers: `ok`, or what went wrong.
type Outcome = Result<Value, String>;

fn main() {
    record::install();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().expect("a runtime");
    let clients = Arc::new(Clients::default());
    let out = Arc::new(Mutex::new(std::io::stdout()));
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let Ok(request) = serde_json::from_str::<Value>(&line) else { continue };
        let (clients, out) = (Arc::clone(&clients), Arc::clone(&out));
        // Each command is a task of its own, so that one that waits holds up nobody.
        runtime.spawn(async move {
            let mut answer = json!({"id": request["id"]});
            match run(&clients, &request).await {
                Some(Ok(ok)) => answer["ok"] = ok,
                Some(Err(failed)) => answer["failed"] = failed.into(),
                None => answer["unsupported"] = true.into(),
            }
            let mut out = out.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = writeln!(out, "{answer}").and_then(|()| out.flush());
        });
    }
    // Clients may still be open: nothing of the SDK keeps the process alive.
    runtime.shutdown_background();
}

async fn run(clients: &Clients, request: &Value) -> Option<Outcome> {
    let limit = Duration::from_millis(request["limit"].as_u64().unwrap_or(0));
    let name = request["client"].as_str().unwrap_or_default();
    let done = |done: bool| Ok(json!({"done": done}));
    Some(match request["do"].as_str().unwrap_or_default() {
        "hello" => Ok(json!({
            "sdk": "rust", "version": env!("CARGO_PKG_VERSION"), "kind": "server", "without": ["fork", "storage", "openfeature_track"],
        })),
        "create" => clients.create(name, &request["settings"], false),
        "create_from_environment" => clients.create(name, &request["settings"], true),
        "create_test_double" => clients.create_double(name, request),
        "double" => clients.double(name, request),
        "threads" => Ok(json!({"count": record::sdk_threads()})),
        command => match clients.get(name) {
            Err(unknown) => Err(unknown),
            Ok(held) => match command {
                "wait" => Ok(json!({"state": calls::word(held.client.wait_ready(limit).await)})),
                "status" => Ok(calls::status(&held.client)),
                "seen" => Ok(json!({"observed": held.seen()})),
                "evaluate" => Ok(record::attributed(&held, || calls::evaluate(&held.client, request))),
                "evaluate_openfeature" => calls::openfeature(&held.client, request).await,
                "evaluate_all" => Ok(calls::all(&held.client, &request["context"])),
                "attest" => calls::attest(&held.client, request),
                "track" => Ok(calls::track(&held.client, request)),
                "flush" => done(held.client.flush(limit).await),
                "shutdown" => done(held.client.shutdown(limit).await),
                "set_sdk_key" => held
                    .client
                    .set_sdk_key(request["sdk_key"].as_str().unwrap_or_default())
                    .map(|()| json!({}))
                    .map_err(|error| error.to_string()),
                "hooked" => Ok(held.hooked()),
                "load" => Ok(load::begin(&held, request)),
                "load_end" => load::end(&held).await,
                _ => return None,
            },
        },
    })
}
