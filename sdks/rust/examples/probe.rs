//! Reads contexts as JSON lines, evaluates every flag for each, and prints the answers as JSON lines; then prints a line
//! for every change of the rules until it is stopped.
//!
//! `YARDARM_URL=… YARDARM_SDK_KEY=… cargo run -p yardarm --example probe -- [--watch] < contexts.jsonl`

use std::io::{BufRead, Write};
use std::time::Duration;

use serde_json::{Map, Value, json};
use yardarm::{Client, Context, State};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let watch = std::env::args().any(|argument| argument == "--watch");
    let client = Client::from_environment()?.build()?;
    let state = client.wait_ready_blocking(Duration::from_mins(1));
    if state != State::Ready {
        return Err(format!("not ready: {:?}", client.status()).into());
    }
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let context = Context::from(serde_json::from_str::<Value>(&line?)?);
        let answers = client.all(&context).into_iter().map(|(flag, answer)| {
            // The typed calls must say the same as the bulk one.
            let single = client.details(&flag, &context, Value::Null);
            let same = (&single.value, &single.reason) == (&answer.value, &answer.reason);
            let error = if same { answer.error.map(|error| json!(error)) } else { Some(json!("DIFFERS")) };
            (flag, json!({"value": answer.value, "variant": answer.variant, "reason": answer.reason, "error": error}))
        });
        let answers: Map<String, Value> = answers.collect();
        writeln!(out, "{}", Value::Object(answers))?;
    }
    out.flush()?;
    if watch {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(follow(&client, &mut out))?;
    }
    client.shutdown_blocking(Duration::from_secs(5));
    Ok(())
}

async fn follow(client: &Client, out: &mut impl Write) -> std::io::Result<()> {
    let mut status = client.watch();
    loop {
        let now = status.borrow_and_update().clone();
        let all = client.all(&Context::new("probe"));
        let values: Map<String, Value> = all.into_iter().map(|(flag, answer)| (flag, answer.value)).collect();
        let version = now.version.map(|version| format!("{}:{}", version.epoch, version.rev));
        let state = format!("{:?}", now.state);
        writeln!(out, "{}", json!({"state": state, "version": version, "error": now.error, "values": values}))?;
        out.flush()?;
        if status.changed().await.is_err() {
            return Ok(());
        }
    }
}
