//! Access values: the only doors to documents, commits and rows.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use yardarm_hub::LiveProject;
use yardarm_model::authority::{Authority, BuiltIn, Permission, Place};
use yardarm_model::document::State;
use yardarm_store::{ScopeRef, Tenant, User};

use super::admission;
use super::authenticated::{Authenticated, Credential, Via};
use super::control::Way;
use super::refusal;
use super::right::{Member, Right};
use super::route::{Access, Route};
use super::tenant_state::TenantState;
use crate::app::App;
use crate::audit::Caller;
use crate::problem::Problem;
use crate::trace::{TRACEPARENT, Trace};

/// A request by somebody: what every access value holds.
#[derive(Clone)]
pub(super) struct Request {
    pub(super) gate: App,
    pub(super) who: Authenticated,
    pub(super) credential: Credential,
    pub(super) action: Option<&'static str>,
    pub(super) reason: String,
    pub(super) trace_id: String,
    pub(super) if_match: Option<String>,
    pub(super) way: Way,
    /// Who is told to the security log; `None`: no request.
    pub(super) caller: Option<Arc<Caller>>,
    /// When the credential was looked up.
    pub(super) admitted: Instant,
}

/// How long what was looked up holds for a change.
const SOON: Duration = Duration::from_secs(1);

/// Longest reason, characters.
pub(super) const LONGEST_REASON: usize = 500;

impl Request {
    /// In the tenant of this key, or in the one that is open.
    async fn of(parts: &Parts, gate: &App, tenant: Option<&str>) -> Result<Self, Problem> {
        let (credential, who) = admission::admit(parts, gate, tenant).await?;
        let caller = parts.extensions.get::<Arc<Caller>>().cloned();
        let reason = match parts.headers.get("x-yardarm-reason") {
            Some(header) => read_reason(header.as_bytes())?,
            None => String::new(),
        };
        let mut given = parts.headers.get_all(http::header::IF_MATCH).iter();
        let if_match = match given.next() {
            // Of two it is not known which one was meant.
            Some(_) if given.next().is_some() => return Err(refusal::if_match_unreadable()),
            Some(header) => Some(header.to_str().map_err(|_| refusal::if_match_unreadable())?.to_owned()),
            None => None,
        };
        let route = parts.extensions.get::<&'static Route>().copied();
        let way = Way::of(parts, route, &reason)?;
        Ok(Self {
            gate: gate.clone(),
            who,
            credential,
            action: route.and_then(|route| route.action),
            reason,
            trace_id: trace_id(parts),
            if_match,
            way,
            caller,
            admitted: Instant::now(),
        })
    }

    /// Puts a line into the security log about what is done and not refused.
    pub(super) fn notice(&self, code: &'static str) {
        if let Some(caller) = &self.caller {
            caller.notice(code);
        }
    }

    /// What the caller holds at this moment, to be asked before something is written. A body comes as slowly as its sender
    /// likes and writers wait for each other: whoever took their time is looked up again.
    pub(super) async fn authority_now(&self) -> Result<Authority, Problem> {
        if self.admitted.elapsed() < SOON {
            return Ok(self.who.authority.clone());
        }
        let who = self.gate.authenticate(&self.credential).await?;
        // A session that went to another tenant is none of this one.
        let here = who.tenant.id == self.who.tenant.id;
        let who = if here { Some(who) } else { self.in_this_tenant(who).await? };
        Ok(who.ok_or_else(refusal::not_found)?.authority)
    }

    async fn in_this_tenant(&self, who: Authenticated) -> Result<Option<Authenticated>, Problem> {
        let Authenticated { user, memberships, via, session, .. } = who;
        let id = &self.who.tenant.id;
        if memberships.iter().all(|membership| membership.tenant_id != *id) {
            return Ok(None);
        }
        self.gate.as_member(user, memberships, id, via, session).await
    }

    /// What the open tenant demands beyond a permission.
    async fn keep_rules(&self, parts: &Parts) -> Result<(), Problem> {
        let path = parts.extensions.get::<&'static Route>().map_or("", |route| route.path);
        self.gate.keep_sign_in_rules(&self.who, path).await
    }
}

/// The request's trace id, which the outermost layer chose.
pub(super) fn trace_id(parts: &Parts) -> String {
    let trace = parts.extensions.get::<Trace>().copied();
    trace.unwrap_or_else(|| Trace::of(parts.headers.get(TRACEPARENT))).trace_id()
}

fn read_reason(header: &[u8]) -> Result<String, Problem> {
    let reason = percent_decoded(header).ok_or_else(refusal::bad_reason)?;
    if reason.chars().count() > LONGEST_REASON || reason.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err(refusal::bad_reason());
    }
    Ok(reason.trim().to_owned())
}

/// Percent-encoded UTF-8, because header values are Latin-1 at best.
pub(super) fn percent_decoded(header: &[u8]) -> Option<String> {
    let mut bytes = Vec::with_capacity(header.len());
    let mut rest = header;
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = rest.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok())?;
        bytes.push(byte);
        rest = rest.get(2..).unwrap_or_default();
    }
    String::from_utf8(bytes).ok()
}

async fn path_parameters(parts: &mut Parts) -> HashMap<String, String> {
    Path::<HashMap<String, String>>::from_request_parts(parts, &()).await.map(|Path(map)| map).unwrap_or_default()
}

/// A member of a tenant who holds the permission `R` in all of it. Without a `{tenant}` in the path, the tenant that is open.
pub(crate) struct TenantAccess<R> {
    pub(super) request: Request,
    right: PhantomData<R>,
}

impl<R: Right> TenantAccess<R> {
    /// For a session that was opened by this very request.
    pub(super) fn opened(gate: &App, who: Authenticated, trace_id: &str) -> Self {
        let credential = match &who.via {
            Via::Session(hash) | Via::Token(hash) => Credential::Session(hash.clone()),
            Via::Schedule(_) => Credential::Schedule,
        };
        let request = Request {
            gate: gate.clone(),
            who,
            credential,
            action: None,
            reason: String::new(),
            trace_id: trace_id.to_owned(),
            if_match: None,
            way: Way::Straight,
            caller: None,
            admitted: Instant::now(),
        };
        Self { request, right: PhantomData }
    }
    /// The tenant.
    pub(crate) fn tenant(&self) -> &Tenant {
        &self.request.who.tenant
    }
    /// Who asks.
    pub(crate) fn user(&self) -> &User {
        &self.request.who.user
    }
    /// What they hold in the tenant, as far as this credential goes.
    pub(crate) fn authority(&self) -> &Authority {
        &self.request.who.authority
    }
    /// The tenant's documents as they were when the request came.
    pub(crate) fn state(&self) -> &TenantState {
        &self.request.who.state
    }
    /// What they showed.
    pub(crate) fn via(&self) -> &Via {
        &self.request.who.via
    }
    /// Milliseconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        self.request.gate.now()
    }
    /// Projects of the tenant that the caller may read, by key, as they are in memory.
    pub(crate) fn projects(&self) -> Vec<Arc<LiveProject>> {
        let mut projects = self.request.gate.hub.projects(&self.request.who.tenant.id);
        projects.retain(|live| self.authority().allows(Permission::ProjectRead, Place::project(&live.scope.key)));
        projects
    }
}

impl<R: Right> Access for TenantAccess<R> {
    const NAME: &'static str = R::NAME;
    const PERMISSION: Option<Permission> = R::PERMISSION;
}

impl<R: Right> FromRequestParts<App> for TenantAccess<R> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let parameters = path_parameters(parts).await;
        // One they are not in is a missing one.
        let request = Request::of(parts, app, parameters.get("tenant").map(String::as_str)).await?;
        request.keep_rules(parts).await?;
        if let Some(permission) = R::PERMISSION
            && !request.who.authority.allows(permission, Place::TENANT)
        {
            return Err(refusal::forbidden(permission));
        }
        Ok(Self { request, right: PhantomData })
    }
}

/// Inside one project of the open tenant, holding the permission `R` there: in the environment that the path names, or, when
/// it is about environments and the path names none, in one of them. What a change leaves is checked again by itself.
pub(crate) struct ProjectAccess<R> {
    pub(super) request: Request,
    pub(super) live: Arc<LiveProject>,
    pub(super) right: PhantomData<R>,
}

impl<R: Right> ProjectAccess<R> {
    /// The project as it was when the request came.
    pub(crate) fn live(&self) -> &LiveProject {
        &self.live
    }
    /// The project as it is now.
    pub(crate) async fn newest(&self) -> Result<Arc<LiveProject>, Problem> {
        self.request.gate.hub.refresh(self.scope_id()).await?.ok_or_else(refusal::not_found)
    }
    /// Its documents.
    pub(crate) fn state(&self) -> &State {
        &self.live.state
    }
    /// Project key.
    pub(crate) fn key(&self) -> &str {
        &self.live.scope.key
    }
    /// Its log.
    pub(super) fn scope(&self) -> ScopeRef<'_> {
        self.live.scope.reference()
    }
    /// Scope id.
    pub(super) fn scope_id(&self) -> &str {
        &self.live.scope.id
    }
    /// Milliseconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        self.request.gate.now()
    }
}

impl<R: Right> Access for ProjectAccess<R> {
    const NAME: &'static str = R::NAME;
    const PERMISSION: Option<Permission> = R::PERMISSION;
}

impl<R: Right> FromRequestParts<App> for ProjectAccess<R> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let request = Request::of(parts, app, None).await?;
        let parameters = path_parameters(parts).await;
        request.keep_rules(parts).await?;
        // Looked up under the caller's tenant: the key of somebody else's project is the key of none. So is the key of one
        // in which they can do nothing.
        let key = parameters.get("project").ok_or_else(refusal::not_found)?;
        let live = request.gate.hub.project(&request.who.tenant.id, key);
        let authority = &request.who.authority;
        let live = live.filter(|_| authority.sees(key)).ok_or_else(refusal::not_found)?;
        let permission = match request.way {
            // What goes into a change request is not done yet: asking is a right of its own.
            Way::Draft { .. } => Some(Permission::ChangeRequestCreate),
            Way::Straight | Way::Bypass => R::PERMISSION,
        };
        if let Some(permission) = permission {
            let may = match parameters.get("environment") {
                Some(environment) => authority.allows(permission, Place::environment(key, environment)),
                None => authority.allows_somewhere(permission, Some(key)),
            };
            if !may {
                return Err(refusal::forbidden(permission));
            }
        }
        Ok(Self { request, live, right: PhantomData })
    }
}

/// May make tenants: an operator of this installation, with the full right of their own account.
pub(crate) struct OperatorAccess {
    pub(super) request: Request,
}

impl OperatorAccess {
    /// The same person as a member of a tenant they have just become the owner of.
    pub(super) async fn into_owner_of(self, tenant_id: &str) -> Result<TenantAccess<Member>, Problem> {
        let mut request = self.request;
        let Authenticated { user, memberships, via, session, .. } = request.who;
        let mut there =
            request.gate.as_member(user, memberships, tenant_id, via, session).await?.ok_or_else(refusal::not_found)?;
        // A token of the old tenant has no document in the new one, and was checked to be unlimited.
        there.authority.limits = None;
        request.who = there;
        Ok(TenantAccess { request, right: PhantomData })
    }
}

impl Access for OperatorAccess {
    const NAME: &'static str = "operator";
    const PERMISSION: Option<Permission> = None;
}

impl FromRequestParts<App> for OperatorAccess {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let request = Request::of(parts, app, None).await?;
        request.keep_rules(parts).await?;
        let limited = |authority: &Authority| !authority.covers(&BuiltIn::Owner.grants());
        if !request.who.user.operator || limited(&request.who.authority) {
            return Err(refusal::not_operator());
        }
        Ok(Self { request })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_percent_encoded_utf8() {
        let cases: [(&str, Option<&str>); 7] = [
            ("fix checkout", Some("fix checkout")),
            ("f%C3%BCr alle", Some("für alle")),
            ("100%25", Some("100%")),
            ("100%", None),
            ("%zz", None),
            ("%FF", None),
            ("nul%00", None),
        ];
        for (header, expected) in cases {
            assert_eq!(read_reason(header.as_bytes()).ok().as_deref(), expected, "{header}");
        }
        assert!(read_reason("a".repeat(501).as_bytes()).is_err());
    }
}
