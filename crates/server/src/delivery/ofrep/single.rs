//! `POST /ofrep/v1/evaluate/flags/{key}`: one flag for one context.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use http::StatusCode;
use yardarm_eval::ruleset::ErrorCode;

use super::super::attestation::Asker;
use super::super::counts::Asked;
use super::{Refused, answer, context_of, json_answer, prepare, read};
use crate::app::App;

/// 200 with the answer, 400 when it cannot be evaluated, 404 when there is no such flag.
pub(crate) async fn evaluate(
    State(app): State<App>,
    asker: Asker,
    key: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    // A key that is not UTF-8 names no flag.
    let key = key.map_or_else(|_| String::new(), |Path(key)| key);
    match answer_of(&app, &asker, &key, request).await {
        Ok(response) => response,
        Err(refused) => refused.answer(Some(&key)),
    }
}

async fn answer_of(app: &App, asker: &Asker, key: &str, request: Request) -> Result<Response, Refused> {
    let body = read(app, request).await?;
    let context = asker.context(context_of(&body)?)?;
    let context = prepare(&context)?;
    let grant = &asker.caller.grant;
    let published = grant.live.published();
    let Some(flag) = published.snapshot.flag(key) else {
        let (code, details) = answer::failure(ErrorCode::FlagNotFound);
        return Err(Refused::Said { status: StatusCode::NOT_FOUND, code, details: details.to_owned() });
    };
    let found = published.snapshot.evaluate_at(flag.index, &context, app.now());
    app.delivery.counts.adding(grant, &published, Asked::Single, |counts| counts.add(flag, &found));
    app.telemetry.evaluations.increment(1);
    let mut out = Vec::with_capacity(512);
    let failed = answer::write(&mut out, key, &found, &answer::metadata(grant, &published));
    let status = match failed {
        None => StatusCode::OK,
        Some(ErrorCode::FlagNotFound) => StatusCode::NOT_FOUND,
        Some(_) => StatusCode::BAD_REQUEST,
    };
    Ok(json_answer(status, out))
}
