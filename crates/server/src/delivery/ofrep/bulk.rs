//! `POST /ofrep/v1/evaluate/flags`: every flag for one context, and where to hear of changes.

use axum::extract::{Request, State};
use axum::response::Response;
use http::header::{CACHE_CONTROL, ETAG};
use http::{HeaderValue, StatusCode};
use sha2::{Digest, Sha256};

use super::super::attestation::Asker;
use super::super::counts::Asked;
use super::ticket::Ticket;
use super::{Refused, answer, context_of, json_answer, prepare, read};
use crate::app::App;
use crate::conditional::already_has;
use crate::keys;

/// Seconds without activity after which a client closes its stream: the protocol's own default.
const INACTIVITY_SECONDS: u32 = 120;

/// 200 with all answers, 304 when the caller has them, 400 when the context cannot be used. The query parameters
/// `flagConfigEtag` and `flagConfigLastModified` tell a server with a cache of its own what it must have seen by now;
/// this one answers from what it published, so they need no look.
pub(crate) async fn evaluate(State(app): State<App>, asker: Asker, request: Request) -> Response {
    match answer_of(&app, &asker, request).await {
        Ok(response) => response,
        Err(refused) => refused.answer(None),
    }
}

async fn answer_of(app: &App, asker: &Asker, request: Request) -> Result<Response, Refused> {
    let caller = &asker.caller;
    let headers = request.headers().clone();
    let body = read(app, request).await?;
    let now = app.now();
    let ticket = Ticket::issue(caller, now, app.settings.timeouts.ticket);
    let grant = &caller.grant;
    let published = grant.live.published();
    let etag = etag(asker, &published.etag, &ticket, &body);
    if already_has(&headers, &etag) {
        let mut response = Response::default();
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return Ok(tagged(response, &etag));
    }
    let context = asker.context(context_of(&body)?)?;
    let context = prepare(&context)?;
    let metadata = answer::metadata(grant, &published);
    let mut out = Vec::with_capacity(4_096);
    out.extend_from_slice(b"{\"flags\":[");
    let mut evaluated = 0_u64;
    app.delivery.counts.adding(grant, &published, Asked::Bulk, |counts| {
        published.snapshot.evaluate_all(&context, now, |flag, found| {
            if evaluated > 0 {
                out.push(b',');
            }
            evaluated += 1;
            answer::write(&mut out, flag.key, found, &metadata);
            counts.add(flag, found);
        });
    });
    app.telemetry.evaluations.increment(evaluated);
    out.extend_from_slice(b"],");
    out.extend_from_slice(&metadata);
    out.extend_from_slice(b"},\"eventStreams\":[{\"type\":\"sse\",\"endpoint\":{");
    answer::member(&mut out, "requestUri", &format!("/ofrep/v1/stream?ticket={}", ticket.text()));
    out.extend_from_slice(format!("}},\"inactivityDelaySec\":{INACTIVITY_SECONDS}}}]}}").as_bytes());
    Ok(tagged(json_answer(StatusCode::OK, out), &etag))
}

/// Ruleset, context and key: two callers never share one, so a tag tells nothing about anybody else's. Of an attestation
/// it is what was signed, so that a new one of the same context changes nothing. The ticket is in it so that an answer is
/// never "unchanged" with a ticket about to end.
fn etag(asker: &Asker, published: &str, ticket: &Ticket, body: &[u8]) -> String {
    let mut sha = Sha256::new();
    sha.update(b"ofrep bulk\0");
    sha.update(asker.caller.hash);
    sha.update(ticket.until().to_be_bytes());
    sha.update(published.as_bytes());
    sha.update(b"\0");
    // A text of JSON has no NUL: where it ends, and whether there was one, is not to be mistaken.
    sha.update(asker.attested().map_or_else(String::new, |attested| format!("{attested}\0")));
    sha.update(b"\0");
    sha.update(body);
    format!("\"{}\"", keys::hex(&sha.finalize()[..16]))
}

fn tagged(mut response: Response, etag: &str) -> Response {
    if let Ok(etag) = HeaderValue::from_str(etag) {
        response.headers_mut().insert(ETAG, etag);
    }
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}
