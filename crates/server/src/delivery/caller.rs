//! Who calls the delivery lane: what an SDK key opens, found in memory.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use yardarm_hub::KeyGrant;
use yardarm_model::document::Audience;

use super::API_KEY;
use crate::app::App;
use crate::auth::ClientAddress;
use crate::keys::{self, KeyKind};
use crate::problem::Problem;
use crate::rates::{Cost, Meter, Payer};

/// The holder of an SDK key of either audience. An extractor: whoever has one is authenticated.
#[derive(Clone)]
pub(crate) struct Caller {
    /// What the key opens.
    pub(crate) grant: Arc<KeyGrant>,
    /// SHA-256 of the key.
    pub(crate) hash: [u8; 32],
}

/// The holder of a server key: the only one who may read rulesets.
pub(crate) struct ServerCaller(pub(crate) Caller);

impl Caller {
    /// Recognises the key: shape and checksum, then one look-up by its hash.
    pub(crate) fn of(app: &App, headers: &HeaderMap) -> Result<Self, Problem> {
        let Some(key) = presented(headers) else {
            return Err(Problem::unauthorized(
                "Send an SDK key: Authorization: Bearer yd_srv_… or yd_cli_…, or X-API-Key.",
            ));
        };
        match keys::parse(key) {
            Some(KeyKind::Server | KeyKind::Client) => {}
            Some(KeyKind::Access) => {
                return Err(Problem::unauthorized(
                    "This is an access token for the management API. SDKs use an SDK key: yd_srv_… or yd_cli_….",
                ));
            }
            None => {
                return Err(Problem::unauthorized(
                    "This is not a complete SDK key: its shape or its checksum is wrong.",
                ));
            }
        }
        let hash = keys::hash(key);
        let grant = app.hub.grant(&hash).filter(|grant| grant.is_good(app.now()));
        let grant = grant.ok_or_else(|| Problem::unauthorized("This SDK key is unknown, was revoked or has ended."))?;
        Ok(Self { grant, hash })
    }
}

fn presented(headers: &HeaderMap) -> Option<&str> {
    let mut given = headers.get_all(AUTHORIZATION).iter();
    if let Some(value) = given.next() {
        // Whoever stands in front of the server may have looked at the other one.
        if given.next().is_some() {
            return None;
        }
        let (scheme, key) = value.to_str().ok()?.split_once(' ')?;
        return scheme.eq_ignore_ascii_case("bearer").then(|| key.trim());
    }
    Some(headers.get(API_KEY)?.to_str().ok()?.trim())
}

/// What this request is counted as: the class of its route, whoever turns out to ask.
pub(super) struct Toll {
    cost: Cost,
    meter: Meter,
    address: ClientAddress,
}

impl Toll {
    /// `found`, when it has not asked for too much. A key that opens nothing counts against its address.
    pub(super) fn pay(&self, app: &App, found: Result<Caller, Problem>) -> Result<Caller, Problem> {
        match found {
            Ok(caller) => caller.pays(app, self.cost, &self.meter),
            Err(problem) => Err(refused(app, problem, self.address, &self.meter)),
        }
    }

    /// Where the request comes from.
    pub(super) fn address(&self) -> ClientAddress {
        self.address
    }
}

impl Caller {
    fn pays(self, app: &App, cost: Cost, meter: &Meter) -> Result<Self, Problem> {
        let payers = [Payer::Key(&self.hash), Payer::Tenant(&self.grant.tenant_id)];
        app.limiter.take(cost, &payers, app.now(), meter)?;
        Ok(self)
    }
}

fn refused(app: &App, problem: Problem, address: ClientAddress, meter: &Meter) -> Problem {
    let Some(address) = address.0 else { return problem };
    app.limiter.take(Cost::Refused, &[Payer::Address(address)], app.now(), meter).err().unwrap_or(problem)
}

/// The class that `delivery::router` gives a route.
fn cost_of(parts: &Parts) -> Cost {
    parts.extensions.get::<Cost>().copied().unwrap_or(Cost::EvaluateAll)
}

impl FromRequestParts<App> for Toll {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self { cost: cost_of(parts), meter: Meter::of(parts), address: ClientAddress::of(parts, app) })
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let meter = Meter::of(parts);
        match Self::of(app, &parts.headers) {
            Ok(caller) => caller.pays(app, cost_of(parts), &meter),
            Err(problem) => Err(refused(app, problem, ClientAddress::of(parts, app), &meter)),
        }
    }
}

impl FromRequestParts<App> for ServerCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, app).await?;
        match caller.grant.audience {
            Audience::Server => Ok(Self(caller)),
            Audience::Client => Err(Problem::new(
                StatusCode::FORBIDDEN,
                "server_key_required",
                "A client key gets evaluated answers only (/ofrep/v1/evaluate/flags). Targeting rules need a server key.",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_where_clients_put_them() {
        for (name, value, expected) in [
            ("authorization", "Bearer abc", Some("abc")),
            ("authorization", "bearer  abc ", Some("abc")),
            ("authorization", "Basic abc", None),
            ("authorization", "abc", None),
            ("x-api-key", " abc", Some("abc")),
            ("x-other", "abc", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HeaderName::from_static(name), value.parse().unwrap());
            assert_eq!(presented(&headers), expected, "{name}: {value}");
        }
    }

    use http::HeaderName;
}
