//! The security log: attempts that were refused. They are added up in memory by minute, who, what and why, and written
//! every few seconds, away from the requests: a flood makes a number grow and no table.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::StatusCode;
use yardarm_store::{Millis, Refused};

use crate::app::App;
use crate::auth::ClientAddress;
use crate::problem::Problem;
use crate::trace::Trace;

/// Different refusals kept between two writes. Beyond it those of one kind are added up without saying whose.
const KEPT: usize = 500;
/// How a refusal is called whose source is not kept.
const OTHERS: &str = "others";
const MINUTE: Millis = 60_000;

/// What refusals are told apart by.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Kind {
    minute: Millis,
    tenant_id: String,
    source: String,
    actor: String,
    code: String,
    status: u16,
    route: String,
}

struct Held {
    count: u64,
    last_at: Millis,
    trace_id: String,
}

/// Refusals since the last write.
#[derive(Default)]
pub(crate) struct Refusals {
    held: Mutex<HashMap<Kind, Held>>,
}

impl Refusals {
    fn add(&self, mut kind: Kind, count: u64, at: Millis, trace_id: String) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() >= KEPT && !held.contains_key(&kind) {
            kind.tenant_id.clear();
            kind.actor.clear();
            kind.route.clear();
            OTHERS.clone_into(&mut kind.source);
        }
        let one = held.entry(kind).or_insert_with(|| Held { count: 0, last_at: at, trace_id: String::new() });
        one.count += count;
        one.last_at = one.last_at.max(at);
        one.trace_id = trace_id;
    }

    fn take(&self) -> HashMap<Kind, Held> {
        std::mem::take(&mut *self.held.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Who is asking, filled in by the authenticator as soon as it knows: what is refused afterwards is theirs.
#[derive(Default)]
pub(crate) struct Caller(Mutex<(String, String)>, OnceLock<&'static str>);

impl Caller {
    /// The tenant that is open, empty when none is, and the actor.
    pub(crate) fn is(&self, tenant_id: &str, actor: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (tenant_id.to_owned(), actor);
    }

    /// What they do is for the security log although it is not refused.
    pub(crate) fn notice(&self, code: &'static str) {
        // Of several the first is told.
        let _ = self.1.set(code);
    }
}

/// Where a request comes from, and where it goes: taken before it is handled.
pub(crate) struct Source {
    address: Option<std::net::IpAddr>,
    route: Option<MatchedPath>,
    method: http::Method,
    trace: Option<Trace>,
}

impl Source {
    pub(crate) fn of(app: &App, request: &Request) -> Self {
        Self {
            address: ClientAddress::from(request.extensions(), request.headers(), app).0,
            route: request.extensions().get::<MatchedPath>().cloned(),
            method: request.method().clone(),
            trace: request.extensions().get::<Trace>().copied(),
        }
    }

    /// Notes the answer if it is a refusal.
    pub(crate) fn note(self, app: &App, response: &Response, caller: Option<&Caller>) {
        let status = response.status();
        let code = response.extensions().get::<Problem>().map(|problem| problem.code.as_ref());
        let (tenant_id, actor) = caller
            .map_or_else(Default::default, |caller| caller.0.lock().unwrap_or_else(PoisonError::into_inner).clone());
        let told = match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS => true,
            // What is somebody else's is the same 404 as what is not there; strangers' noise is neither.
            StatusCode::NOT_FOUND => !tenant_id.is_empty() && code == Some("not_found"),
            // A one-time link that does not work.
            StatusCode::CONFLICT => code == Some("link_used"),
            _ => false,
        };
        let noticed = caller.and_then(|caller| caller.1.get().copied()).filter(|_| status.is_success());
        if !told && noticed.is_none() {
            return;
        }
        let at = app.now();
        let route = self.route.as_ref().map_or("", MatchedPath::as_str);
        let kind = Kind {
            minute: at - at.rem_euclid(MINUTE),
            tenant_id,
            source: self.address.map(|address| address.to_string()).unwrap_or_default(),
            actor,
            code: noticed.or(code).unwrap_or("refused").to_owned(),
            status: status.as_u16(),
            route: format!("{} {route}", self.method),
        };
        app.audit.refusals.add(kind, 1, at, self.trace.map(Trace::trace_id).unwrap_or_default());
    }
}

/// Layer of the management lane: notes what is refused.
pub(crate) async fn watch(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let source = Source::of(&app, &request);
    let caller = Arc::new(Caller::default());
    request.extensions_mut().insert(Arc::clone(&caller));
    let response = next.run(request).await;
    source.note(&app, &response, Some(&caller));
    response
}

impl App {
    /// Writes what was refused. Happens every few seconds by itself; call it before the end.
    pub async fn flush_refusals(&self) {
        let mut taken = Vec::new();
        for (mut kind, held) in self.audit.refusals.take() {
            // Somebody who could not sign in is told to the tenant they are in.
            if let (true, Some(user_id)) = (kind.tenant_id.is_empty(), kind.actor.strip_prefix("user:"))
                && let Ok(memberships) = self.store.memberships(user_id).await
                && let Some(membership) = memberships.first()
            {
                kind.tenant_id.clone_from(&membership.tenant_id);
            }
            taken.push((kind, held));
        }
        // Two that were apart may be of one tenant now: a row is written once.
        let mut rows: BTreeMap<String, Refused> = BTreeMap::new();
        for (kind, held) in &taken {
            let new = row(kind, held);
            match rows.get_mut(&new.id) {
                Some(same) => same.count += new.count,
                None => drop(rows.insert(new.id.clone(), new)),
            }
        }
        let refusals: Vec<Refused> = rows.into_values().collect();
        let keep = i64::try_from(self.settings.audit.security_log.as_millis()).unwrap_or(i64::MAX);
        let keep_from = self.now().saturating_sub(keep);
        let written = self.store.add_refusals(&refusals, keep_from, self.settings.audit.security_log_rows).await;
        if let Err(error) = written {
            tracing::debug!(%error, "the security log waits for the database");
            for (kind, held) in taken {
                self.audit.refusals.add(kind, held.count, held.last_at, held.trace_id);
            }
        }
    }
}

fn row(kind: &Kind, held: &Held) -> Refused {
    let Kind { minute, tenant_id, source, actor, code, status, route } = kind;
    Refused {
        id: Refused::id_of(*minute, tenant_id, source, actor, code, route),
        minute: *minute,
        tenant_id: tenant_id.clone(),
        source: source.clone(),
        actor: actor.clone(),
        code: code.clone(),
        status: *status,
        route: route.clone(),
        count: held.count,
        last_at: held.last_at,
        trace_id: held.trace_id.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(source: usize) -> Kind {
        Kind {
            minute: 0,
            tenant_id: "tnt_1".into(),
            source: source.to_string(),
            actor: String::new(),
            code: "unauthorized".into(),
            status: 401,
            route: "GET /x".into(),
        }
    }

    #[test]
    fn a_flood_of_sources_is_a_bounded_number_of_rows() {
        let refusals = Refusals::default();
        for source in 0..100_000 {
            refusals.add(kind(source), 1, 5, "t".into());
        }
        refusals.add(kind(7), 2, 9, "u".into());
        let taken = refusals.take();
        assert_eq!(taken.len(), KEPT + 1);
        assert_eq!(taken.values().map(|held| held.count).sum::<u64>(), 100_002, "nobody is lost");
        let seven = &taken[&kind(7)];
        assert_eq!((seven.count, seven.last_at, seven.trace_id.as_str()), (3, 9, "u"));
        assert!(refusals.take().is_empty());
    }
}
