//! To the identity provider and back: authorization code with PKCE, `state` and `nonce` in a ticket that is bound to the
//! browser and used once, and a redirect address of each connection's own, so that no provider answers for another.

use openidconnect::core::CoreResponseType;
use openidconnect::{
    AuthenticationFlow, ClientId, CsrfToken, LogoutRequest, Nonce, PkceCodeChallenge, PkceCodeVerifier,
    PostLogoutRedirectUrl, Scope,
};
use serde::{Deserialize, Serialize};
use yardarm_store::{Session, SignInMethod, Tenant};

use super::connection::{Connection, secret_place};
use super::person::{Party, Return, party};
use super::provider::Provider;
use super::{SsoFailure, connection_of, connections_of};
use crate::app::App;
use crate::auth::cookie;
use crate::auth::refusal::internal;
use crate::auth::session::{Proof, SignedIn, Visitor};
use crate::auth::sign_in::refusal;
use crate::auth::sign_in::ticket::Step;
use crate::keys;
use crate::problem::Problem;

/// Where to go, and the `Set-Cookie` that lets one come back.
pub(crate) struct Leaving {
    pub(crate) location: String,
    pub(crate) cookie: String,
}

/// What the provider sends back with the browser.
#[derive(Debug, Default)]
pub(crate) struct Returned {
    pub(crate) code: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) iss: Option<String>,
    pub(crate) error: Option<String>,
}

/// What the ticket says.
#[derive(Serialize, Deserialize)]
struct OnTheWay {
    tenant_key: String,
    connection_id: String,
    issuer: String,
    state: String,
    nonce: String,
    verifier: String,
    return_to: String,
}

/// A path of this server, so that signing in never leads elsewhere.
pub(crate) fn is_local(path: &str) -> bool {
    let mut rest = path.chars();
    rest.next() == Some('/')
        && !matches!(rest.next(), Some('/' | '\\'))
        && path.len() <= 2_000
        && !path.chars().any(|character| character.is_control() || character == '\\')
}

impl App {
    /// Where a provider sends browsers back to.
    pub(super) fn redirect_uri(&self, connection_id: &str) -> String {
        format!("{}/api/v1/session/sso/{connection_id}/callback", self.settings.base_url)
    }

    async fn us(
        &self,
        tenant: &Tenant,
        connection_id: &str,
        connection: &Connection,
    ) -> Result<impl Fn(&Provider) -> Result<Party, SsoFailure> + use<>, Problem> {
        let sealed = self.store.sign_in().sso_secret(&tenant.id, connection_id).await?;
        let secret = match sealed {
            None => None,
            Some(sealed) => {
                let bytes = self.sealer.open(&secret_place(&tenant.id, connection_id), &sealed).map_err(internal)?;
                Some(String::from_utf8(bytes).map_err(internal)?)
            }
        };
        let (client_id, uri) = (connection.client_id.clone(), self.redirect_uri(connection_id));
        Ok(move |provider: &Provider| party(provider, &client_id, secret.clone(), uri.clone()))
    }
}

impl App {
    /// Where somebody who came by a provider signs out of it, if it says so (RP-Initiated Logout). Signing out here never
    /// waits for a provider that is away.
    pub(in crate::auth) async fn sign_out_of_provider(&self, session: &Session) -> Option<String> {
        let id = session.connection_id.as_deref()?;
        let (_, connection) = connection_of(self, &session.tenant_id, id).await.ok()??;
        let provider = self.provider(&connection.issuer).await.ok()?;
        let back = PostLogoutRedirectUrl::new(format!("{}/sign-in", self.settings.base_url)).ok()?;
        let request = LogoutRequest::from(provider.end_session()?)
            .set_client_id(ClientId::new(connection.client_id))
            .set_post_logout_redirect_uri(back);
        Some(request.http_get_url().to_string())
    }
}

impl Visitor {
    /// Connections of a tenant, for the buttons of the sign-in page. A tenant that is not there has none.
    pub(crate) async fn sso_choices(&self, tenant_key: &str) -> Result<Vec<(String, String)>, Problem> {
        let Some(tenant) = self.gate.store.sign_in().tenant_by_key(tenant_key).await? else { return Ok(Vec::new()) };
        let connections = connections_of(&self.gate, &tenant.id).await?;
        Ok(connections.into_iter().map(|(id, (_, connection))| (id, connection.name)).collect())
    }

    /// Off to the provider. Without a connection: the tenant's only one.
    pub(crate) async fn leave(
        &self,
        tenant_key: &str,
        connection_id: Option<&str>,
        return_to: String,
    ) -> Result<Leaving, Problem> {
        let gate = &self.gate;
        let Some(tenant) = gate.store.sign_in().tenant_by_key(tenant_key).await? else {
            return Err(refusal::no_sso());
        };
        let mut connections = connections_of(gate, &tenant.id).await?;
        let (id, connection) = match connection_id {
            Some(id) => connections.remove_entry(id),
            None if connections.len() == 1 => connections.pop_first(),
            None => None,
        }
        .map(|(id, (_, connection))| (id, connection))
        .ok_or_else(refusal::no_sso)?;
        let provider = gate.provider(&connection.issuer).await.map_err(super::SsoFailure::problem)?;
        let us = gate.us(&tenant, &id, &connection).await?;
        let party = us(&provider).map_err(super::SsoFailure::problem)?;
        let secret = || keys::secret(&gate.random()).0;
        let (state, nonce, verifier) = (secret(), secret(), secret());
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(verifier.clone()));
        let (for_state, for_nonce) = (state.clone(), nonce.clone());
        let (location, _, _) = party
            .authorize_url(
                AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
                move || CsrfToken::new(for_state),
                move || Nonce::new(for_nonce),
            )
            .add_scopes(connection.scopes.iter().cloned().map(Scope::new))
            .set_pkce_challenge(challenge)
            .url();
        let issuer = connection.issuer;
        let tenant_key = tenant.key;
        let on_the_way = OnTheWay { tenant_key, connection_id: id, issuer, state, nonce, verifier, return_to };
        let ticket = gate.issue_ticket(Step::Sso, on_the_way)?;
        let cookie = cookie::open_step(&ticket, Step::Sso.lifetime() / 1_000, gate.settings.secure());
        Ok(Leaving { location: location.to_string(), cookie })
    }

    /// Back from the provider: a session in the connection's tenant, and where to go on.
    pub(crate) async fn come_back(&self, id: &str, returned: Returned) -> Result<(SignedIn, String), SsoFailure> {
        let gate = &self.gate;
        let ticket = self.step.as_deref().ok_or(SsoFailure::Over)?;
        let opened = gate.open_ticket::<OnTheWay>(Step::Sso, ticket).map_err(|_| SsoFailure::Over)?;
        let going = &opened.content;
        let state = returned.state.as_deref().unwrap_or_default();
        if going.connection_id != id || !keys::same(going.state.as_bytes(), state.as_bytes()) {
            return Err(SsoFailure::State);
        }
        let going = opened.use_up(gate).await.map_err(|_| SsoFailure::Over)?;
        let provider = gate.provider(&going.issuer).await?;
        match &returned.iss {
            Some(iss) if *iss != going.issuer => return Err(SsoFailure::OtherIssuer),
            None if provider.names_itself() => return Err(SsoFailure::OtherIssuer),
            _ => {}
        }
        if let Some(error) = returned.error {
            return Err(SsoFailure::Denied(error));
        }
        let code = returned.code.ok_or(SsoFailure::State)?;
        let tenant = gate.store.sign_in().tenant_by_key(&going.tenant_key).await?;
        let tenant = tenant.ok_or(SsoFailure::Over)?;
        let (_, connection) = connection_of(gate, &tenant.id, id).await?.ok_or(SsoFailure::Over)?;
        if connection.issuer != going.issuer {
            return Err(SsoFailure::Over);
        }
        let us = gate.us(&tenant, id, &connection).await?;
        let shown = Return { code, nonce: going.nonce, verifier: going.verifier };
        let person = gate.person(&going.issuer, provider, us, shown, &connection.groups_claim).await?;
        let user = self.member_by_sso(&tenant, id, &connection, person).await?;
        let proof = Proof { method: SignInMethod::Sso, second_factor: true, connection_id: Some(id.to_owned()) };
        Ok((self.open(user, &tenant.id, proof).await?, going.return_to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_leads_to_this_server_only() {
        for (path, fine) in [
            ("/", true),
            ("/flag?p=shop&key=a", true),
            ("//evil.example", false),
            ("/\\evil.example", false),
            ("\\/evil.example", false),
            ("/a\\..", false),
            ("https://evil.example", false),
            ("javascript:alert(1)", false),
            ("", false),
            ("evil", false),
            ("/a\r\nSet-Cookie: x", false),
            ("/\t/evil.example", false),
        ] {
            assert_eq!(is_local(path), fine, "{path:?}");
        }
        assert!(!is_local(&format!("/{}", "a".repeat(2_000))));
    }
}
