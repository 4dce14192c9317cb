//! An identity provider as it describes itself (`OpenID` Connect Discovery), kept for a while; and the way to it.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use openidconnect::core::{
    CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreResponseMode, CoreResponseType,
    CoreSubjectIdentifierType,
};
use openidconnect::{
    AdditionalProviderMetadata, AsyncHttpClient, EndSessionUrl, HttpRequest, HttpResponse, IssuerUrl, ProviderMetadata,
};
use serde::{Deserialize, Serialize};
use yardarm_store::Millis;

use super::SsoFailure;
use crate::app::App;
use crate::outbound::{Call, OutboundError, Refused};

/// How long a description is kept, milliseconds.
const KEPT: Millis = 10 * 60 * 1_000;
/// After a signature by an unknown key the description is read anew, but not more often than this, milliseconds.
const KEYS_AT_MOST_EVERY: Millis = 60 * 1_000;
/// Providers kept; beyond it the oldest goes.
const CAPACITY: usize = 1_000;
/// For one request to a provider.
const DEADLINE: Duration = Duration::from_secs(10);
/// Bytes of an answer that are read.
const MOST: usize = 512 << 10;

/// What we read beyond `OpenID` Connect Discovery.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct More {
    /// RP-Initiated Logout.
    end_session_endpoint: Option<EndSessionUrl>,
    /// RFC 9207: the answer names its issuer.
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}
impl AdditionalProviderMetadata for More {}

pub(super) type Metadata = ProviderMetadata<
    More,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// A provider's description and the keys it signs with.
pub(super) struct Provider {
    pub(super) metadata: Metadata,
    read_at: Millis,
}

impl Provider {
    /// Whether its answers must name it.
    pub(super) fn names_itself(&self) -> bool {
        self.metadata.additional_metadata().authorization_response_iss_parameter_supported
    }

    /// Where one signs out of it.
    pub(super) fn end_session(&self) -> Option<EndSessionUrl> {
        self.metadata.additional_metadata().end_session_endpoint.clone()
    }
}

/// Providers by issuer. Losing it loses nothing.
#[derive(Default)]
pub(in crate::auth) struct Providers {
    known: Mutex<HashMap<String, Arc<Provider>>>,
}

/// Why a provider did not answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProviderError {
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("the answer is longer than {MOST} bytes")]
    Long,
    #[error(transparent)]
    Http(#[from] http::Error),
}

/// The one way out, as the protocol's library takes it.
pub(super) struct WayOut(pub(super) App);

impl<'c> AsyncHttpClient<'c> for WayOut {
    type Error = ProviderError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, ProviderError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.0.ask_provider(request))
    }
}

impl App {
    async fn ask_provider(&self, request: HttpRequest) -> Result<HttpResponse, ProviderError> {
        let target = self.outbound.target(&request.uri().to_string())?;
        let (parts, body) = request.into_parts();
        let call = Call {
            method: parts.method,
            target,
            headers: parts.headers,
            body: body.into(),
            deadline: DEADLINE,
            most: MOST,
        };
        let answer = self.outbound.send(call).await?;
        if answer.cut {
            return Err(ProviderError::Long);
        }
        let mut response = http::Response::builder().status(answer.status).body(answer.body.to_vec())?;
        *response.headers_mut() = answer.headers;
        Ok(response)
    }

    /// The provider of an issuer, as it described itself not long ago.
    pub(super) async fn provider(&self, issuer: &str) -> Result<Arc<Provider>, SsoFailure> {
        let known = self.api.providers.known.lock().unwrap_or_else(PoisonError::into_inner).get(issuer).cloned();
        match known.filter(|provider| self.now() - provider.read_at < KEPT) {
            Some(provider) => Ok(provider),
            None => self.discover(issuer).await,
        }
    }

    /// The same after something was signed by a key that is not in it: providers change their keys.
    pub(super) async fn provider_with_new_keys(
        &self,
        issuer: &str,
        old: &Arc<Provider>,
    ) -> Result<Option<Arc<Provider>>, SsoFailure> {
        if self.now() - old.read_at < KEYS_AT_MOST_EVERY {
            return Ok(None);
        }
        self.discover(issuer).await.map(Some)
    }

    async fn discover(&self, issuer: &str) -> Result<Arc<Provider>, SsoFailure> {
        let url = IssuerUrl::new(issuer.to_owned()).map_err(|error| SsoFailure::Provider(error.to_string()))?;
        let ask = WayOut(self.clone());
        // Refuses a description that names another issuer than the one that was asked.
        let metadata = Metadata::discover_async(url, &ask).await.map_err(|error| SsoFailure::provider(&error))?;
        let provider = Arc::new(Provider { metadata, read_at: self.now() });
        let mut known = self.api.providers.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= CAPACITY
            && let Some(oldest) = known.iter().min_by_key(|(_, known)| known.read_at).map(|(issuer, _)| issuer.clone())
        {
            known.remove(&oldest);
        }
        known.insert(issuer.to_owned(), Arc::clone(&provider));
        Ok(provider)
    }
}
