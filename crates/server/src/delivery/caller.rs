//! Who calls the delivery lane: what an SDK key opens, found in memory.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use yardarm_hub::KeyGrant;
use yardarm_model::document::Audience;

use super::API_KEY;
use crate::app::App;
use crate::keys::{self, KeyKind};
use crate::problem::Problem;

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
    if let Some(value) = headers.get(AUTHORIZATION) {
        let (scheme, key) = value.to_str().ok()?.split_once(' ')?;
        return scheme.eq_ignore_ascii_case("bearer").then(|| key.trim());
    }
    Some(headers.get(API_KEY)?.to_str().ok()?.trim())
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Self::of(app, &parts.headers)
    }
}

impl FromRequestParts<App> for ServerCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let caller = Caller::of(app, &parts.headers)?;
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
