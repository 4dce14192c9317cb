//! Who asks, and whether they may ask so much.

use std::sync::Arc;

use http::request::Parts;

use super::authenticated::{Authenticated, Credential, Via};
use super::client::ClientAddress;
use super::refusal;
use super::route::Route;
use crate::app::App;
use crate::audit::Caller;
use crate::problem::Problem;
use crate::rates::{Cost, Meter, Payer};

/// Authenticates a request, in the tenant that its path names if it names one, and takes it out of the budgets of its
/// credential and of that tenant. The credential's own budget comes before the database is asked, so that a flood stops here.
pub(super) async fn admit(
    parts: &Parts,
    app: &App,
    tenant: Option<&str>,
) -> Result<(Credential, Authenticated), Problem> {
    let cost = parts.extensions.get::<&'static Route>().map_or(Cost::Heavy, |route| route.cost);
    let meter = Meter::of(parts);
    let credential = Credential::of(parts, app).map_err(|problem| refused(parts, app, problem))?;
    let (Credential::Session(shown) | Credential::Token(shown)) = &credential else {
        return Err(refusal::unauthenticated());
    };
    app.limiter.spend(cost, &[Payer::Key(shown.as_bytes())], app.now(), &meter)?;
    let who = app.authenticate(&credential).await.map_err(|problem| refused(parts, app, problem))?;
    // Whatever becomes of the request is the named tenant's; one that they are not in hears nothing of it.
    let (who, found) = match tenant.filter(|key| *key != who.tenant.key) {
        None => (who, true),
        Some(key) => match app.in_another_tenant(&who, key).await? {
            Some(there) => (there, true),
            None => (who, false),
        },
    };
    meter.of_tenant(&who.tenant.id);
    let tenant = Payer::Tenant(&who.tenant.id);
    match &who.via {
        // However many browsers somebody has open.
        Via::Session(_) => app.limiter.take(cost, &[Payer::Key(who.user.id.as_bytes()), tenant], app.now(), &meter)?,
        Via::Token(_) | Via::Schedule(_) => app.limiter.take(cost, &[tenant], app.now(), &meter)?,
    }
    if let Some(caller) = parts.extensions.get::<Arc<Caller>>() {
        caller.is(&who.tenant.id, who.actor());
    }
    if found { Ok((credential, who)) } else { Err(refusal::not_found()) }
}

impl App {
    /// The same person in another tenant of theirs, by its key. `None`: they are in none of that key.
    async fn in_another_tenant(&self, who: &Authenticated, key: &str) -> Result<Option<Authenticated>, Problem> {
        for membership in &who.memberships {
            let tenant = self.store.tenant(&membership.tenant_id).await?;
            if tenant.is_some_and(|tenant| tenant.key == key) {
                // A token opens one tenant only, so this is a session.
                let Authenticated { user, memberships, via, session, .. } = who.clone();
                return self.as_member(user, memberships, &membership.tenant_id, via, session).await;
            }
        }
        Ok(None)
    }
}

/// A credential that opens nothing counts against its address. Good ones never do, so an office full of people does not
/// suffer from one script of theirs.
fn refused(parts: &Parts, app: &App, problem: Problem) -> Problem {
    let address = ClientAddress::of(parts, app).0;
    let Some(address) = address.filter(|_| problem.status == http::StatusCode::UNAUTHORIZED) else { return problem };
    let taken = app.limiter.take(Cost::Refused, &[Payer::Address(address)], app.now(), &Meter::of(parts));
    taken.err().unwrap_or(problem)
}
