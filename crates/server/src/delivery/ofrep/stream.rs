//! `GET /ofrep/v1/stream?ticket=…`: tells OpenFeature clients to fetch again. Notification only, as the protocol says.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::HeaderMap;
use serde::Deserialize;

use super::super::caller::{Caller, Toll};
use super::super::streaming::{Protocol, event_stream, last_event_id, start};
use super::ticket::{self, Opens};
use crate::app::App;
use crate::json::Query;
use crate::problem::Problem;
use crate::trace;

#[derive(Deserialize)]
pub(crate) struct Parameters {
    ticket: Option<String>,
}

/// A stream of `refetchEvaluation`. A ticket that has run out gets one such message and the end: the client fetches, is
/// given a new ticket and comes back with it. An SDK key in a header works, too.
pub(crate) async fn open(
    State(app): State<App>,
    toll: Toll,
    headers: HeaderMap,
    Query(Parameters { ticket }): Query<Parameters>,
) -> Response {
    let (found, ended) = match ticket {
        None => (Caller::of(&app, &headers), false),
        Some(text) => match ticket::check(&app, &text) {
            Opens::Stream(caller) => (Ok(caller), false),
            Opens::Renewal(caller) => (Ok(caller), true),
            Opens::Nothing => {
                let words =
                    "This ticket opens nothing. Evaluate all flags again to get one (/ofrep/v1/evaluate/flags).";
                (Err(Problem::unauthorized(words)), false)
            }
        },
    };
    let caller = match toll.pay(&app, found) {
        Ok(caller) => caller,
        Err(problem) => return problem.into_response(),
    };
    if ended {
        let wait = format!("retry: {}\n\n", trace::spread(30_000, 60_000));
        return event_stream([wait.into_bytes(), refetch(&caller)].concat());
    }
    let frames = caller.grant.live.subscribe();
    let mut first = vec![Bytes::from(format!("retry: {}\n\n", trace::spread(1_000, 3_000)))];
    // Subscribed before looking, so that a change in between is told twice rather than not at all.
    let now_at = &caller.grant.live.published().version;
    if last_event_id(&headers).is_some_and(|last| last != *now_at) {
        first.push(refetch(&caller).into());
    }
    start(&app, &caller, toll.address(), Protocol::Ofrep, first, frames)
}

fn refetch(caller: &Caller) -> Vec<u8> {
    let published = caller.grant.live.published();
    let data = serde_json::json!({"type": "refetchEvaluation", "etag": published.etag.trim_matches('"')});
    format!("event: message\nid: {}:{}\ndata: {data}\n\n", published.version.epoch, published.version.rev).into_bytes()
}
