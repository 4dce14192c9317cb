//! Who asks, and whether they may ask so much.

use http::request::Parts;

use super::authenticated::{Authenticated, Credential, Via};
use super::client::ClientAddress;
use super::refusal;
use super::route::Route;
use crate::app::App;
use crate::problem::Problem;
use crate::rates::{Cost, Meter, Payer};

/// Authenticates a request and takes it out of the budgets of its credential and its tenant. The credential's own budget
/// comes before the database is asked, so that a flood stops here.
pub(super) async fn admit(parts: &Parts, app: &App) -> Result<(Credential, Authenticated), Problem> {
    let cost = parts.extensions.get::<&'static Route>().map_or(Cost::Heavy, |route| route.cost);
    let meter = Meter::of(parts);
    let credential = Credential::of(parts, app).map_err(|problem| refused(parts, app, problem))?;
    let (Credential::Session(shown) | Credential::Token(shown)) = &credential else {
        return Err(refusal::unauthenticated());
    };
    app.limiter.spend(cost, &[Payer::Key(shown.as_bytes())], app.now(), &meter)?;
    let who = app.authenticate(&credential).await.map_err(|problem| refused(parts, app, problem))?;
    meter.of_tenant(&who.tenant.id);
    let tenant = Payer::Tenant(&who.tenant.id);
    match &who.via {
        // However many browsers somebody has open.
        Via::Session(_) => app.limiter.take(cost, &[Payer::Key(who.user.id.as_bytes()), tenant], app.now(), &meter)?,
        Via::Token(_) | Via::Schedule(_) => app.limiter.take(cost, &[tenant], app.now(), &meter)?,
    }
    Ok((credential, who))
}

/// A credential that opens nothing counts against its address. Good ones never do, so an office full of people does not
/// suffer from one script of theirs.
fn refused(parts: &Parts, app: &App, problem: Problem) -> Problem {
    let address = ClientAddress::of(parts, app).0;
    let Some(address) = address.filter(|_| problem.status == http::StatusCode::UNAUTHORIZED) else { return problem };
    let taken = app.limiter.take(Cost::Refused, &[Payer::Address(address)], app.now(), &Meter::of(parts));
    taken.err().unwrap_or(problem)
}
