//! What a tenant has of what it may have.

use std::collections::BTreeMap;

use axum::extract::{MatchedPath, Request as HttpRequest, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::json;
use yardarm_store::quota::{OVERRIDES, overridden};
use yardarm_store::{Commit, DocumentWrite, Quota, ScopeRef};

use super::access::{OperatorAccess, TenantAccess};
use super::refusal;
use super::right::Right;
use crate::app::App;
use crate::problem::Problem;
use crate::quotas::{STREAMS, near, near_from};
use crate::rates::Meter;

/// Response header of what takes a place of a quota that is near its end: `flags;used=8;limit=10`.
const QUOTA: HeaderName = HeaderName::from_static("x-yardarm-quota");

/// A quota and what is used of it.
pub(crate) struct Usage {
    /// Of what.
    pub(crate) name: &'static str,
    /// How many there are.
    pub(crate) used: u64,
    /// How many there may be.
    pub(crate) limit: u64,
    /// How many a tenant may have usually.
    pub(crate) usual: u64,
    /// Since when four fifths are used, milliseconds since 1970.
    pub(crate) near_since: Option<i64>,
}

/// Everything that is counted, and the characters of all documents.
pub(crate) struct Usages {
    /// Each quota.
    pub(crate) quotas: Vec<Usage>,
    /// Characters of all documents.
    pub(crate) characters: u64,
    /// Revision of the tenant's own numbers, 0 without them.
    pub(crate) rev: u64,
}

impl<R: Right> TenantAccess<R> {
    /// Every quota of the tenant.
    pub(crate) async fn quotas(&self) -> Result<Usages, Problem> {
        usages(&self.request.gate, &self.tenant().id).await
    }
}

impl OperatorAccess {
    /// Gives the open tenant numbers of its own, in place of those it has; the others are the usual ones.
    pub(crate) async fn set_quotas(&self, own: &BTreeMap<String, u64>) -> Result<Usages, Problem> {
        let request = &self.request;
        let known: Vec<&str> = request.gate.settings.quotas.iter().map(|quota| quota.name).collect();
        let wrong = own.keys().filter(|name| !known.contains(&name.as_str()));
        let wrong: Vec<_> = wrong
            .map(|name| {
                let message = format!("there is no such quota for a tenant; there are {}", known.join(", "));
                refusal::wrong(&format!("/{}", name.replace('~', "~0").replace('/', "~1")), "unknown_field", message)
            })
            .collect();
        if !wrong.is_empty() {
            return Err(refusal::invalid(wrong));
        }
        let tenant_id = &request.who.tenant.id;
        let before = usages(&request.gate, tenant_id).await?;
        request.check_revision(before.rev)?;
        let body = (!own.is_empty()).then(|| json!(own).to_string());
        if body.is_none() && before.rev == 0 {
            return Ok(before);
        }
        let document = DocumentWrite { kind: OVERRIDES.to_owned(), key: OVERRIDES.to_owned(), body };
        let commit = Commit {
            tenant_id: tenant_id.clone(),
            scope_id: tenant_id.clone(),
            expected: None,
            attribution: request.attribution()?,
            documents: vec![document],
            rows: Vec::new(),
        };
        request.gate.store.commit(commit).await.map_err(refusal::commit)?;
        usages(&request.gate, tenant_id).await
    }
}

async fn usages(app: &App, tenant_id: &str) -> Result<Usages, Problem> {
    let own = app.store.document(ScopeRef::tenant(tenant_id), OVERRIDES, OVERRIDES).await?;
    let mut quotas = Vec::new();
    for quota in &app.settings.quotas {
        quotas.push(usage(app, tenant_id, own.as_ref().map(|own| own.body.as_str()), quota).await?);
    }
    let streams = app.settings.limits.streams_per_tenant as u64;
    let open = app.delivery.streams_of(tenant_id) as u64;
    quotas.push(Usage { name: STREAMS, used: open, limit: streams, usual: streams, near_since: None });
    let characters = app.store.stored(tenant_id).await?;
    Ok(Usages { quotas, characters, rev: own.map_or(0, |own| own.rev) })
}

async fn usage(app: &App, tenant_id: &str, own: Option<&str>, quota: &Quota) -> Result<Usage, Problem> {
    let limit = overridden(own, quota);
    let used = app.store.used(tenant_id, quota.counted, app.now()).await?;
    let mut near_since = None;
    if near(used, limit) {
        // The one that made it four fifths of those there are now.
        let made = app.store.made_at(tenant_id, quota.counted, app.now()).await?;
        let from = usize::try_from(near_from(limit).max(1) - 1).unwrap_or(usize::MAX);
        near_since = made.get(from).or(made.last()).copied();
    }
    Ok(Usage { name: quota.name, used, limit, usual: quota.most, near_since })
}

/// Layer: tells whoever made something when there is not much room left for more of it.
pub(crate) async fn tell_when_near(State(app): State<App>, request: HttpRequest, next: Next) -> Response {
    let meter = request.extensions().get::<Meter>().cloned().unwrap_or_default();
    let path = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    if response.status() != StatusCode::CREATED {
        return response;
    }
    let name = path.as_ref().and_then(|path| path.as_str().rsplit('/').next()).map(quota_of);
    let quota = app.settings.quotas.iter().find(|quota| Some(quota.name) == name.as_deref());
    if let (Some(quota), Some(tenant_id)) = (quota, meter.tenant())
        && let Ok(own) = app.store.document(ScopeRef::tenant(&tenant_id), OVERRIDES, OVERRIDES).await
        && let Ok(used) = app.store.used(&tenant_id, quota.counted, app.now()).await
    {
        let limit = overridden(own.as_ref().map(|own| own.body.as_str()), quota);
        let text = format!("{};used={used};limit={limit}", quota.name);
        if near(used, limit)
            && let Ok(value) = HeaderValue::from_str(&text)
        {
            response.headers_mut().insert(QUOTA, value);
        }
    }
    response
}

/// The quota of what is made under an address that ends so.
fn quota_of(segment: &str) -> String {
    match segment {
        "keys" => "sdk_keys".to_owned(),
        "tokens" => "access_tokens".to_owned(),
        other => other.replace('-', "_"),
    }
}
