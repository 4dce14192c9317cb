//! The address a request comes from, as far as it can be believed.

use std::convert::Infallible;
use std::net::SocketAddr;

use axum::extract::{ConnectInfo, FromRequestParts};
use http::request::Parts;

use crate::app::App;

/// Address of the client, empty when it cannot be known: behind a trusted proxy that named nobody.
pub(crate) struct ClientAddress(pub(crate) String);

impl FromRequestParts<App> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let gate = app.clone();
        let Some(peer) = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip()) else {
            return Ok(Self(String::new()));
        };
        let client = gate.settings.client_address(peer, &parts.headers);
        if gate.settings.trusted_proxies.contains(&client) {
            return Ok(Self(String::new()));
        }
        Ok(Self(client.to_string()))
    }
}
