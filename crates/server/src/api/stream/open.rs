//! `GET /api/v1/projects/{project}/stream`

use std::convert::Infallible;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue};
use serde_json::json;
use yardarm_eval::ruleset::Version;

use crate::auth::{ConsoleWatch, Heard, ProjectAccess, can};
use crate::problem::Problem;

/// Changes as they happen: `event: change`, `id: epoch:rev`. `event: resync` means: read everything again. A comment is
/// sent every 15 seconds. `Last-Event-ID` goes on after that change. It ends when the session ends.
#[utoipa::path(get, path = "/api/v1/projects/{project}/stream", operation_id = "streamProject", tag = "history",
    responses((status = 200, content_type = "text/event-stream", body = String)))]
pub(crate) async fn handler(access: ProjectAccess<can::ProjectRead>, headers: HeaderMap) -> Result<Response, Problem> {
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()).and_then(|text| {
        let (epoch, rev) = text.split_once(':')?;
        Some(Version { epoch: epoch.to_owned(), rev: rev.parse().ok()? })
    });
    // The first frame goes out at once, so that readers know that they are connected.
    let first = Bytes::from_static(b"retry: 2000\n: connected\n\n");
    let frames = stream::unfold((access.watch(last), Some(first)), |(mut watch, first)| async move {
        let frame = match first {
            Some(first) => first,
            None => next(&mut watch).await?,
        };
        Some((Ok::<_, Infallible>(frame), (watch, None)))
    });
    let mut response = Response::new(Body::from_stream(frames));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}

async fn next(watch: &mut ConsoleWatch) -> Option<Bytes> {
    let frame = match watch.next().await? {
        Heard::Beat => ": beat\n\n".to_owned(),
        Heard::Change(note, version) => {
            let documents: Vec<_> =
                note.documents.iter().map(|(kind, key)| json!({ "kind": kind, "key": key })).collect();
            let data = json!({
                "version": version, "at": note.at, "actor_name": note.actor_name, "action": note.action,
                "documents": documents,
            });
            format!("event: change\nid: {}:{}\ndata: {data}\n\n", version.epoch, version.rev)
        }
        Heard::Resync(version) => {
            let data = json!({ "version": version });
            format!("event: resync\nid: {}:{}\ndata: {data}\n\n", version.epoch, version.rev)
        }
    };
    Some(Bytes::from(frame))
}
