//! `POST /sdk/v1/events`: what SDKs counted. A batch is added once, whatever happens to its acknowledgement.
//! Exposures and events of units are checked and measured; they are kept once there are experiments to keep them for.

use axum::extract::{Request, State};
use http::StatusCode;
use serde::Deserialize;
use yardarm_eval::ruleset::Reason;
use yardarm_model::document::Audience;
use yardarm_store::Count;

use super::caller::Caller;
use super::outbox::Batch;
use super::records::{self, Event, Exposure, HOUR, KEY, OLDEST};
use crate::app::App;
use crate::json;
use crate::problem::Problem;
use crate::settings::Limits;

/// An evaluation counter cannot reach this in an hour.
const MOST: u64 = 1 << 40;

#[derive(Deserialize)]
struct Wire {
    batch: String,
    sdk: Sdk,
    #[serde(default)]
    counts: Vec<WireCount>,
    #[serde(default)]
    exposures: Vec<Exposure>,
    #[serde(default)]
    events: Vec<Event>,
}

#[derive(Deserialize)]
struct Sdk {
    name: String,
    #[serde(default)]
    version: String,
}

#[derive(Deserialize)]
struct WireCount {
    flag: String,
    #[serde(default)]
    variant: Option<String>,
    reason: String,
    count: u64,
    start: i64,
}

/// 202 once it is in memory; 503 with `Retry-After` while there is no room (the SDK keeps it and tries again). Members
/// that are not known here are ignored: newer SDKs may send more.
pub(super) async fn accept(State(app): State<App>, caller: Caller, request: Request) -> Result<StatusCode, Problem> {
    let limits = &app.settings.limits;
    let bytes = json::bytes(request, limits.events_body, app.settings.timeouts.request_body).await?;
    let wire: Wire = serde_json::from_slice(&bytes).map_err(|error| unreadable(&error))?;
    let (exposures, events) = (wire.exposures.len() as u64, wire.events.len() as u64);
    let counts = check(wire, &caller, app.now(), limits)?;
    let measured = || {
        app.telemetry.exposures.increment(exposures);
        app.telemetry.events.increment(events);
    };
    let Some((id, counts)) = counts else {
        measured();
        return Ok(StatusCode::ACCEPTED);
    };
    let evaluations = counts.iter().map(|count| count.count).sum();
    app.delivery.outbox.accept(Batch { id, at: app.now(), counts }).map_err(|_| {
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "counts_full",
            "Too many batches wait for the database. Keep this one and send it again later.",
        )
        .retry_between(15, 60)
    })?;
    app.telemetry.reported.increment(evaluations);
    measured();
    Ok(StatusCode::ACCEPTED)
}

fn unreadable(error: &serde_json::Error) -> Problem {
    match error.classify() {
        serde_json::error::Category::Data => {
            Problem::invalid().error("", "type", format!("The batch cannot be read: {error}."))
        }
        _ => Problem::new(StatusCode::BAD_REQUEST, "malformed_json", "The body is not JSON.").error(
            "",
            "malformed_json",
            format!("Line {}, column {}: {error}.", error.line(), error.column()),
        ),
    }
}

/// The batch as it is stored, all complaints at once; `None` when nothing was counted.
fn check(wire: Wire, caller: &Caller, now: i64, limits: &Limits) -> Result<Option<(String, Vec<Count>)>, Problem> {
    let most = limits.events_counts;
    let mut problem = records::check(Problem::invalid(), &wire.exposures, &wire.events, now, limits.events_records);
    let batch_ok = (8..=64).contains(&wire.batch.len())
        && wire.batch.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if !batch_ok {
        problem =
            problem.error("/batch", "batch_invalid", "A batch id has 8 to 64 letters, digits, - and _; use a UUID.");
    }
    let sdk = format!("{}/{}", wire.sdk.name, wire.sdk.version);
    if wire.sdk.name.is_empty() || sdk.len() > 64 || !sdk.bytes().all(|byte| byte.is_ascii_graphic()) {
        problem = problem.error("/sdk", "sdk_invalid", "Name and version are short and have no spaces: rust, 0.1.0.");
    }
    if wire.counts.len() > most {
        let message = format!("{} counts in one batch; at most {most}.", wire.counts.len());
        problem = problem.error("/counts", "too_many", message);
    }
    let grant = &caller.grant;
    // Anybody can have a client key: what it counts must be something that is served, or it could fill the database.
    let served = (grant.audience == Audience::Client).then(|| grant.live.published());
    let mut counts = Vec::with_capacity(wire.counts.len().min(most));
    for (index, one) in wire.counts.into_iter().take(most).enumerate() {
        let variant = one.variant.unwrap_or_default();
        let reason = serde_json::from_value::<Reason>(serde_json::Value::String(one.reason));
        let at = |member: &str| format!("/counts/{index}/{member}");
        if one.flag.is_empty() || one.flag.len() > KEY || one.flag.contains('\0') {
            problem = problem.error(at("flag"), "key_invalid", "A flag key has 1 to 128 characters, none of them NUL.");
        }
        if variant.len() > KEY || variant.contains('\0') {
            let message = "A variant key has at most 128 characters, none of them NUL.";
            problem = problem.error(at("variant"), "key_invalid", message);
        }
        if one.count > MOST {
            problem = problem.error(at("count"), "too_large", format!("A count is at most {MOST}."));
        }
        if one.start < now - OLDEST || one.start > now + HOUR {
            let message = "The start is more than 31 days ago or more than an hour ahead: milliseconds since 1970.";
            problem = problem.error(at("start"), "start_range", message);
        }
        match reason {
            Ok(_) if served.as_ref().is_some_and(|served| served.snapshot.flag(&one.flag).is_none()) => {}
            Ok(reason) if one.count > 0 => counts.push(Count {
                tenant_id: grant.tenant_id.clone(),
                scope_id: grant.scope_id.clone(),
                environment: grant.environment.clone(),
                flag: one.flag,
                variant,
                reason: reason.as_str().to_owned(),
                sdk: sdk.clone(),
                hour: one.start - one.start.rem_euclid(HOUR),
                count: one.count,
            }),
            Ok(_) => {}
            Err(_) => {
                problem = problem.error(at("reason"), "reason_unknown", "STATIC, DEFAULT, TARGETING_MATCH, SPLIT, …");
            }
        }
        if problem.errors.len() >= 100 {
            break;
        }
    }
    if !problem.errors.is_empty() {
        return Err(problem);
    }
    let id = format!("{}:{}:{}", grant.scope_id, grant.environment, wire.batch);
    Ok((!counts.is_empty()).then_some((id, counts)))
}
