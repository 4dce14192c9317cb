//! Sending: claim, compose, sign, send, say what came of it.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use tokio::sync::OwnedSemaphorePermit;
use yardarm_store::{
    Attempt, Attribution, Commit, CommitError, Delivery, DeliveryState, DocumentWrite, Millis, ScopeRef, StoreError,
    WebhookRow,
};

use super::document::{self, WebhookDocument};
use super::{Webhook, message, signature};
use crate::app::{App, Parts};
use crate::outbound::Call;
use crate::sealer::{Place, SealError};
use crate::trace::{TRACEPARENT, Trace, random_u64, spread};

/// For one request, all of it.
const DEADLINE: Duration = Duration::from_secs(15);
/// How long a claim holds: well beyond the deadline and the database's.
pub(crate) const CLAIM_MS: Millis = 60_000;
/// Pauses between attempts, of the example in the specification; each with up to a fifth more.
const PAUSES_MS: [Millis; 9] =
    [5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 50_400_000, 72_000_000, 86_400_000];
/// Longest pause that a receiver can ask for.
const LONGEST_PAUSE_MS: Millis = 86_400_000;
/// Times that disabling is decided anew because somebody was faster.
const TRIES: usize = 8;
/// Where secrets and addresses are sealed.
pub(crate) const SECRET: &str = "webhook.secret";
/// The same for addresses.
pub(crate) const URL: &str = "webhook.url";

/// What one attempt came to.
pub(crate) struct Outcome {
    /// HTTP status, when there was an answer.
    pub(crate) status: Option<StatusCode>,
    /// How long it took.
    pub(crate) took: Duration,
    /// Why there was no answer.
    pub(crate) error: Option<String>,
    /// Seconds that the receiver asks for.
    retry_after: Option<u64>,
    /// Nothing will ever be different.
    hopeless: bool,
}

impl Outcome {
    /// The receiver took it.
    pub(crate) fn accepted(&self) -> bool {
        self.status.is_some_and(|status| status.is_success())
    }

    fn without_answer(error: impl Into<String>, hopeless: bool) -> Self {
        Self { status: None, took: Duration::ZERO, error: Some(error.into()), retry_after: None, hopeless }
    }
}

/// Sends what is due for a webhook until nothing is.
pub(super) async fn work(app: Weak<Parts>, webhook: Arc<Webhook>, permit: OwnedSemaphorePermit) {
    let (tenant_id, id) = (&webhook.row.tenant_id, &webhook.row.id);
    while let Some(parts) = app.upgrade() {
        let app = App::from(parts);
        match next(&app, tenant_id, id).await {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                tracing::debug!(%error, webhook = id, "a webhook waits for the database");
                break;
            }
        }
    }
    drop(permit);
}

/// One delivery. False: none is due, or nothing is to be sent.
async fn next(app: &App, tenant_id: &str, id: &str) -> Result<bool, StoreError> {
    let Some(webhook) = Webhook::now(app, tenant_id, id).await? else { return Ok(false) };
    if !webhook.document.enabled {
        return Ok(false);
    }
    let now = app.now();
    let claimed = app.store.claim_deliveries(tenant_id, id, now, now + CLAIM_MS, 1).await?;
    let Some(delivery) = claimed.into_iter().next() else { return Ok(false) };
    let outcome = attempt(app, &webhook, &delivery).await?;
    settle(app, &webhook, &delivery, &outcome).await?;
    Ok(true)
}

/// Tries once.
pub(crate) async fn attempt(app: &App, webhook: &Webhook, delivery: &Delivery) -> Result<Outcome, StoreError> {
    let (row, document) = (&webhook.row, &webhook.document);
    let Some(message) = message::compose(app, &row.tenant_id, document, delivery).await? else {
        return Ok(Outcome::without_answer("the change is no longer in the log", true));
    };
    let opened = secrets(app, row).and_then(|secrets| Ok((secrets, address(app, row, document)?)));
    let (secrets, url) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            tracing::error!(%error, webhook = row.id, "a webhook's secret cannot be read");
            return Ok(Outcome::without_answer("the webhook's secret cannot be read; rotate it", false));
        }
    };
    // Judged at each attempt: settings and names change.
    let target = match app.outbound.target(&url) {
        Ok(target) => target,
        Err(refused) => return Ok(Outcome::without_answer(refused.to_string(), false)),
    };
    let timestamp = app.now() / 1_000;
    let signatures = signature::signatures(secrets.iter().map(String::as_str), &delivery.id, timestamp, &message.body);
    let headers = headers(&delivery.id, timestamp, &signatures, message.trace_id.as_deref());
    let begun = Instant::now();
    let answer = app
        .outbound
        .send(Call {
            method: Method::POST,
            target,
            headers,
            body: Bytes::from(message.body),
            deadline: DEADLINE,
            most: 0,
        })
        .await;
    let took = begun.elapsed();
    Ok(match answer {
        Ok(answer) => Outcome {
            status: Some(answer.status),
            took,
            error: None,
            retry_after: answer.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok()),
            hopeless: false,
        },
        Err(error) => Outcome { took, ..Outcome::without_answer(error.to_string(), false) },
    })
}

/// What it signs with now: the current secret, and the one before while that is still good.
fn secrets(app: &App, row: &WebhookRow) -> Result<Vec<String>, SealError> {
    let previous = row.previous_secret.as_ref().filter(|_| row.previous_until.is_some_and(|until| until > app.now()));
    std::iter::once(&row.secret).chain(previous).map(|sealed| open(app, row, SECRET, sealed)).collect()
}

fn address(app: &App, row: &WebhookRow, document: &WebhookDocument) -> Result<String, SealError> {
    row.url.as_ref().map_or_else(|| Ok(document.url.clone()), |sealed| open(app, row, URL, sealed))
}

fn open(app: &App, row: &WebhookRow, column: &str, sealed: &str) -> Result<String, SealError> {
    let bytes = app.sealer.open(&Place { owner: &row.tenant_id, row: &row.id, column }, sealed)?;
    String::from_utf8(bytes).map_err(|_| SealError::Broken)
}

fn headers(id: &str, timestamp: i64, signatures: &str, trace_id: Option<&str>) -> HeaderMap {
    let parent = trace_id.map(|trace_id| format!("00-{trace_id}-{:016x}-00", random_u64().max(1)));
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in [
        (HeaderName::from_static("webhook-id"), Some(id.to_owned())),
        (HeaderName::from_static("webhook-timestamp"), Some(timestamp.to_string())),
        (HeaderName::from_static("webhook-signature"), Some(signatures.to_owned())),
        (TRACEPARENT, parent),
    ] {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
            headers.insert(name, value);
        }
    }
    headers
}

/// Writes down what came of it; disables a webhook that has gone or that has taken nothing for too long.
pub(crate) async fn settle(
    app: &App,
    webhook: &Webhook,
    delivery: &Delivery,
    outcome: &Outcome,
) -> Result<(), StoreError> {
    let now = app.now();
    let pause = pause(delivery, outcome);
    let state = match pause {
        _ if outcome.accepted() => DeliveryState::Delivered,
        Some(_) => DeliveryState::Waiting,
        None => DeliveryState::Failed,
    };
    let attempt = Attempt {
        state,
        due_at: now + pause.unwrap_or_default(),
        at: now,
        status: outcome.status.map(|status| status.as_u16()),
        took_ms: u64::try_from(outcome.took.as_millis()).unwrap_or(u64::MAX),
        error: outcome.error.clone(),
    };
    let row = &webhook.row;
    if !app.store.settle_delivery(&row.tenant_id, delivery, &attempt).await? {
        return Ok(());
    }
    if state != DeliveryState::Delivered {
        tracing::info!(
            webhook = row.id,
            delivery = delivery.id,
            status = attempt.status,
            error = attempt.error,
            "a webhook was not delivered"
        );
    }
    let since_queued = row.delivered_at.is_some_and(|at| at >= delivery.created_at);
    let reason = match outcome.status {
        _ if delivery.rev == 0 => None,
        Some(StatusCode::GONE) => Some("the receiver answered 410 Gone"),
        _ if state == DeliveryState::Failed && !outcome.hopeless && !since_queued => {
            Some("a message was given up after all attempts, and nothing else was delivered since it was queued")
        }
        _ => None,
    };
    match reason {
        Some(reason) => disable(app, row, reason).await,
        None => Ok(()),
    }
}

/// How long to wait for the next attempt; `None`: there is none.
fn pause(delivery: &Delivery, outcome: &Outcome) -> Option<Millis> {
    if delivery.rev == 0 || outcome.hopeless || outcome.accepted() || outcome.status == Some(StatusCode::GONE) {
        return None;
    }
    let made = usize::try_from(delivery.attempts.max(1)).unwrap_or(usize::MAX);
    let usual = *PAUSES_MS.get(made - 1)?;
    let jittered = usual + Millis::try_from(spread(0, usual.unsigned_abs() / 5)).unwrap_or_default();
    let asked = outcome.retry_after.and_then(|seconds| Millis::try_from(seconds).ok()?.checked_mul(1_000));
    Some(jittered.max(asked.unwrap_or_default().min(LONGEST_PAUSE_MS)))
}

/// An entry in the tenant's log, once: of several who notice, the first.
async fn disable(app: &App, row: &WebhookRow, reason: &str) -> Result<(), StoreError> {
    for _ in 0..TRIES {
        let Some(scope) = app.store.scope(&row.tenant_id).await? else { return Ok(()) };
        let stored = app.store.document(ScopeRef::tenant(&row.tenant_id), document::KIND, &row.id).await?;
        let Some(mut document) = stored.and_then(|stored| WebhookDocument::read(&row.id, &stored.body)) else {
            return Ok(());
        };
        if !document.enabled {
            return Ok(());
        }
        document.enabled = false;
        document.disabled_reason = Some(reason.to_owned());
        let commit = Commit {
            tenant_id: row.tenant_id.clone(),
            scope_id: row.tenant_id.clone(),
            expected: Some((scope.epoch, scope.rev)),
            attribution: Attribution {
                actor: "system:webhooks".to_owned(),
                actor_name: "Yardarm".to_owned(),
                via: "system".to_owned(),
                action: "webhook.disable".to_owned(),
                reason: reason.to_owned(),
                trace_id: Trace::of(None).trace_id(),
                at: app.now(),
            },
            documents: vec![DocumentWrite {
                kind: document::KIND.to_owned(),
                key: row.id.clone(),
                body: serde_json::to_value(&document).ok().map(|body| body.to_string()),
            }],
            rows: Vec::new(),
        };
        match app.store.commit(commit).await {
            Ok(_) => {
                tracing::warn!(webhook = row.id, reason, "a webhook was disabled");
                return Ok(());
            }
            Err(CommitError::Stale { .. }) => {}
            Err(CommitError::Store(error)) => return Err(error),
            Err(error) => return Err(StoreError::Database(error.to_string())),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(rev: u64, attempts: u32) -> Delivery {
        Delivery {
            webhook_id: "whk_1".into(),
            position: 1,
            id: "msg_1".into(),
            scope_id: "prj_1".into(),
            rev,
            event: "flag.update".into(),
            created_at: 0,
            state: DeliveryState::Waiting,
            attempts,
            due_at: 0,
            attempted_at: None,
            status: None,
            took_ms: None,
            error: None,
        }
    }

    fn outcome(status: u16, retry_after: Option<u64>) -> Outcome {
        let status = StatusCode::from_u16(status).ok();
        Outcome { status, took: Duration::ZERO, error: None, retry_after, hopeless: false }
    }

    #[test]
    fn ten_attempts_with_growing_pauses() {
        let mut total = 0;
        for (made, usual) in (1..).zip(PAUSES_MS) {
            for _ in 0..20 {
                let pause = pause(&delivery(1, made), &outcome(500, None)).unwrap();
                assert!((usual..=usual + usual / 5).contains(&pause), "{made}: {pause}");
            }
            total += usual;
        }
        assert_eq!(pause(&delivery(1, 10), &outcome(500, None)), None);
        assert!(total > 3 * 86_400_000 - 10_800_000, "a receiver may be away for days");
    }

    #[test]
    fn who_is_not_asked_again() {
        for status in [200, 204, 410] {
            assert_eq!(pause(&delivery(1, 1), &outcome(status, None)), None, "{status}");
        }
        for status in [301, 302, 308, 400, 401, 404, 429, 500, 503] {
            assert!(pause(&delivery(1, 1), &outcome(status, None)).is_some(), "{status}");
        }
        assert_eq!(pause(&delivery(0, 1), &outcome(500, None)), None, "a ping is not repeated");
        assert_eq!(pause(&delivery(1, 1), &Outcome::without_answer("pruned", true)), None);
    }

    #[test]
    fn a_receiver_may_ask_for_time_within_reason() {
        assert_eq!(pause(&delivery(1, 1), &outcome(429, Some(600))), Some(600_000));
        let nonsense = pause(&delivery(1, 1), &outcome(503, Some(u64::MAX)));
        assert!(nonsense.is_some_and(|pause| (5_000..=6_000).contains(&pause)));
        assert_eq!(pause(&delivery(1, 1), &outcome(503, Some(10_000_000))), Some(LONGEST_PAUSE_MS));
        assert!(pause(&delivery(1, 9), &outcome(503, Some(1))).unwrap() >= 86_400_000);
    }
}
