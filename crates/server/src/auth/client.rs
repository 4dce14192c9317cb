//! The address a request comes from, as far as it can be believed.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use http::request::Parts;
use http::{Extensions, HeaderMap};

use crate::app::App;
use crate::rates::client_address;

/// Address of the client; none when it cannot be known: behind a trusted proxy that named nobody.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientAddress(pub(crate) Option<IpAddr>);

impl ClientAddress {
    /// Of a request.
    pub(crate) fn of(parts: &Parts, app: &App) -> Self {
        Self::from(&parts.extensions, &parts.headers, app)
    }

    /// Of a request that is still whole.
    pub(crate) fn from(extensions: &Extensions, headers: &HeaderMap, app: &App) -> Self {
        let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        Self(peer.and_then(|peer| client_address(peer, headers, &app.settings.trusted_proxies)))
    }
}

impl FromRequestParts<App> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self::of(parts, app))
    }
}
