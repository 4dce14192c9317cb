//! Whom an identity provider sends: the code for tokens, the ID token checked, what it says read.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, AuthorizationCode, Client, ClientId, ClientSecret, EmptyExtraTokenFields, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, IdTokenClaims, IdTokenFields, Nonce, OAuth2TokenResponse, PkceCodeVerifier,
    RedirectUrl, RequestTokenError, StandardErrorResponse, StandardTokenResponse, SubjectIdentifier, TokenResponse,
    UserInfoClaims,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::SsoFailure;
use super::provider::{Provider, WayOut};
use crate::app::App;

/// How far a provider's clock may be off, milliseconds.
const SKEW: i64 = 60_000;
/// Age of an ID token at most, milliseconds: it was made for this very request.
const OLDEST: i64 = 10 * 60_000;
/// Groups read at most.
const GROUPS: usize = 1_000;

/// Every other claim.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct OtherClaims(HashMap<String, Value>);
impl AdditionalClaims for OtherClaims {}

type Fields = IdTokenFields<
    OtherClaims,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
type Tokens = StandardTokenResponse<Fields, CoreTokenType>;
type Claims = IdTokenClaims<OtherClaims, CoreGenderClaim>;

/// Us, as the provider knows us.
pub(super) type Party = Client<
    OtherClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Signatures that are taken: by a key of the provider's. Never `none`, and never the client secret's.
const SIGNATURES: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// What the provider says of somebody.
#[derive(Clone, Debug)]
pub(super) struct Person {
    /// `sub`: the same for ever.
    pub(super) subject: String,
    /// Lower case; only when the provider has verified it.
    pub(super) email: Option<String>,
    pub(super) name: Option<String>,
    pub(super) groups: Vec<String>,
}

/// What is shown to get the tokens.
pub(super) struct Return {
    pub(super) code: String,
    pub(super) nonce: String,
    pub(super) verifier: String,
}

/// Us at a provider.
pub(super) fn party(
    provider: &Provider,
    client_id: &str,
    secret: Option<String>,
    redirect_uri: String,
) -> Result<Party, SsoFailure> {
    let redirect_uri = RedirectUrl::new(redirect_uri).map_err(|error| SsoFailure::Provider(error.to_string()))?;
    let client_id = ClientId::new(client_id.to_owned());
    let party = Party::from_provider_metadata(provider.metadata.clone(), client_id, secret.map(ClientSecret::new));
    Ok(party.set_redirect_uri(redirect_uri))
}

impl App {
    /// Gives the code back, checks what comes, and reads who it is about.
    pub(super) async fn person(
        &self,
        issuer: &str,
        provider: Arc<Provider>,
        us: impl Fn(&Provider) -> Result<Party, SsoFailure>,
        shown: Return,
        groups_claim: &str,
    ) -> Result<Person, SsoFailure> {
        let ask = WayOut(self.clone());
        let party = us(&provider)?;
        let exchange = party
            .exchange_code(AuthorizationCode::new(shown.code))
            .map_err(|error| SsoFailure::provider(&error))?
            .set_pkce_verifier(PkceCodeVerifier::new(shown.verifier));
        let tokens = exchange.request_async(&ask).await.map_err(|error| match error {
            // It could not be asked at all.
            RequestTokenError::Request(error) => SsoFailure::provider(&error),
            error => SsoFailure::code(&error),
        })?;
        let nonce = Nonce::new(shown.nonce);
        let claims = match self.id_claims(&party, &tokens, &nonce) {
            Ok(claims) => claims,
            Err(failure) => match self.provider_with_new_keys(issuer, &provider).await? {
                Some(renewed) => self.id_claims(&us(&renewed)?, &tokens, &nonce)?,
                None => return Err(failure),
            },
        };
        let mut person = Person {
            subject: claims.subject().to_string(),
            email: verified(claims.email().map(|email| email.as_str()), claims.email_verified()),
            name: claims.name().and_then(|name| name.get(None)).map(|name| name.to_string()),
            groups: groups(&claims.additional_claims().0, groups_claim),
        };
        // Many providers put these into the ID token only when there is no other way to get them.
        if claims.email().is_none() && provider.metadata.userinfo_endpoint().is_some() {
            let info = self.user_info(&party, &tokens, claims.subject().clone()).await?;
            person.email = verified(info.email().map(|email| email.as_str()), info.email_verified());
            person.name = person.name.or(info.name().and_then(|name| name.get(None)).map(|name| name.to_string()));
            if person.groups.is_empty() {
                person.groups = groups(&info.additional_claims().0, groups_claim);
            }
        }
        Ok(person)
    }

    /// The ID token's claims: signature, issuer, audience, nonce, times.
    fn id_claims(&self, party: &Party, tokens: &Tokens, nonce: &Nonce) -> Result<Claims, SsoFailure> {
        let token = tokens.id_token().ok_or_else(|| SsoFailure::IdToken("there is none".to_owned()))?;
        let now = self.now();
        let verifier = party
            .id_token_verifier()
            .set_allowed_algs(SIGNATURES)
            // It compares with the end: a clock that is behind forgives.
            .set_time_fn(move || DateTime::<Utc>::from_timestamp_millis(now - SKEW).unwrap_or_default())
            .set_issue_time_verifier_fn(move |issued| {
                let issued = issued.timestamp_millis();
                if issued > now + SKEW || issued < now - OLDEST {
                    return Err(format!("issued at {issued}, which is not now ({now})"));
                }
                Ok(())
            });
        token.claims(&verifier, nonce).cloned().map_err(|error| SsoFailure::IdToken(error.to_string()))
    }

    async fn user_info(
        &self,
        party: &Party,
        tokens: &Tokens,
        subject: SubjectIdentifier,
    ) -> Result<UserInfoClaims<OtherClaims, CoreGenderClaim>, SsoFailure> {
        let ask = WayOut(self.clone());
        let request = party.user_info(tokens.access_token().clone(), Some(subject));
        let request = request.map_err(|error| SsoFailure::provider(&error))?;
        request.request_async(&ask).await.map_err(|error| SsoFailure::provider(&error))
    }
}

/// An address counts only when the provider says that it is theirs.
fn verified(email: Option<&str>, verified: Option<bool>) -> Option<String> {
    email.filter(|_| verified == Some(true)).map(str::to_lowercase)
}

/// A list of texts, or one text.
fn groups(claims: &HashMap<String, Value>, claim: &str) -> Vec<String> {
    let read = |value: &Value| value.as_str().map(str::to_owned);
    match claims.get(claim) {
        Some(Value::Array(values)) => values.iter().filter_map(read).take(GROUPS).collect(),
        Some(value) => read(value).into_iter().collect(),
        None => Vec::new(),
    }
}
