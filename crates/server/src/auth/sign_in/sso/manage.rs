//! Connections of a tenant, made and changed by its owners: whoever chooses the identity provider can become anybody in
//! the tenant.

use yardarm_model::authority::{Authority, BuiltIn, Permission, tenant_kind};
use yardarm_store::{RowWrite, SignInRow};

use super::connection::{Connection, KIND, Mapped, secret_place};
use super::{Kept, connection_of, connections_of};
use crate::auth::access::TenantAccess;
use crate::auth::fresh;
use crate::auth::groups::is_of_directory;
use crate::auth::refusal::{forbidden, internal, invalid, not_found, wrong};
use crate::auth::right::{Right, can};
use crate::auth::roles::body;
use crate::auth::tenant_change::{TenantNow, TenantWrite};
use crate::problem::Problem;

/// Connections of a tenant at most.
const MOST: usize = 20;

/// A connection with its id and revision.
pub(crate) struct Listed {
    pub(crate) id: String,
    pub(crate) rev: u64,
    pub(crate) connection: Connection,
    /// Where the provider is to send browsers back to.
    pub(crate) redirect_uri: String,
}

impl<R: Right> TenantAccess<R> {
    fn listed(&self, id: String, (rev, connection): Kept) -> Listed {
        let redirect_uri = self.request.gate.redirect_uri(&id);
        Listed { id, rev, connection, redirect_uri }
    }

    /// The tenant's connections.
    pub(crate) async fn sso_connections(&self) -> Result<Vec<Listed>, Problem> {
        let connections = connections_of(&self.request.gate, &self.tenant().id).await?;
        Ok(connections.into_iter().map(|(id, kept)| self.listed(id, kept)).collect())
    }

    /// One of them.
    pub(crate) async fn sso_connection(&self, id: &str) -> Result<Listed, Problem> {
        let kept = connection_of(&self.request.gate, &self.tenant().id, id).await?.ok_or_else(not_found)?;
        Ok(self.listed(id.to_owned(), kept))
    }
}

impl TenantAccess<can::SsoManage> {
    /// Makes a connection. Without a client secret it is a public client, kept safe by PKCE alone.
    pub(crate) async fn create_sso_connection(
        &self,
        connection: Connection,
        secret: Option<&str>,
    ) -> Result<Listed, Problem> {
        // Nobody else has us ask the provider.
        may_be_anybody(self.authority())?;
        self.issuer_is_reachable(&connection.issuer).await?;
        let id = fresh::id("sso");
        let rows = self.secret_row(&id, secret)?;
        let (rev, ()) = self
            .decide(|now| {
                may_be_anybody(&now.authority)?;
                if now.state.all(KIND).count() >= MOST {
                    let text = format!("a tenant has at most {MOST} connections; remove one first");
                    return Err(invalid(vec![wrong("", "too_many", text)]));
                }
                Ok((TenantWrite::one(KIND, &id, body(&connection)?, rows.clone()), ()))
            })
            .await?;
        Ok(self.listed(id, (rev, connection)))
    }

    /// Replaces what a connection says, and its client secret when there is a new one. With another issuer or client the
    /// subjects that were known mean somebody else, so they are forgotten, and their sessions end.
    pub(crate) async fn update_sso_connection(
        &self,
        id: &str,
        change: impl Fn(&mut Connection) + Send + Sync,
        secret: Option<&str>,
    ) -> Result<Listed, Problem> {
        may_be_anybody(self.authority())?;
        // The provider is asked beforehand: a decision waits for nobody.
        let Listed { connection: before, .. } = self.sso_connection(id).await?;
        let mut wanted = before.clone();
        change(&mut wanted);
        if wanted.issuer != before.issuer {
            self.issuer_is_reachable(&wanted.issuer).await?;
        }
        let secret_rows = self.secret_row(id, secret)?;
        let (committed, (unchanged, connection)) = self
            .decide(|now| {
                may_be_anybody(&now.authority)?;
                let (rev, old) = self.current(now, id)?;
                let mut connection = old.clone();
                change(&mut connection);
                let mut rows = secret_rows.clone();
                if connection == old && rows.is_empty() {
                    return Ok((TenantWrite::default(), (Some(rev), old)));
                }
                if connection.issuer != old.issuer && secret.is_none() {
                    let text = "another issuer is another provider: give its client secret, too (empty for none)";
                    return Err(invalid(vec![wrong("/client_secret", "missing", text)]));
                }
                if connection.issuer != old.issuer || connection.client_id != old.client_id {
                    rows.insert(0, self.remove_row(id));
                }
                Ok((TenantWrite::one(KIND, id, body(&connection)?, rows), (None, connection)))
            })
            .await?;
        Ok(self.listed(id.to_owned(), (unchanged.unwrap_or(committed), connection)))
    }

    /// Removes a connection: its secret, what it knew of people, and the sessions that it opened.
    pub(crate) async fn remove_sso_connection(&self, id: &str) -> Result<(), Problem> {
        self.decide(|now| {
            self.current(now, id)?;
            Ok((TenantWrite::one(KIND, id, None, vec![self.remove_row(id)]), ()))
        })
        .await?;
        Ok(())
    }

    /// A connection as it is decided on, if it is the revision that the caller means.
    fn current(&self, now: &TenantNow<'_>, id: &str) -> Result<Kept, Problem> {
        let connection = now.state.read(KIND, id).ok_or_else(not_found)?;
        let rev = now.state.revision(KIND, id);
        self.request.check_revision(rev)?;
        Ok((rev, connection))
    }

    /// A role or group that a mapping names and that is not there, or a group whose members the directory says.
    pub(crate) fn unknown_in(&self, mapped: &Mapped) -> Option<String> {
        let role = mapped.roles.iter().find(|role| self.state().role(role).is_none());
        let group = mapped.groups.iter().find(|group| {
            self.state().document(tenant_kind::GROUP, group).is_none() || is_of_directory(self.state(), group)
        });
        role.or(group).cloned()
    }

    fn remove_row(&self, id: &str) -> RowWrite {
        let tenant_id = self.tenant().id.clone();
        RowWrite::SignIn(SignInRow::RemoveConnection { tenant_id, connection_id: id.to_owned() })
    }

    /// A new client secret, sealed; an empty one is none.
    fn secret_row(&self, id: &str, secret: Option<&str>) -> Result<Vec<RowWrite>, Problem> {
        let Some(secret) = secret.filter(|secret| !secret.is_empty()) else { return Ok(Vec::new()) };
        let (tenant_id, gate) = (self.tenant().id.clone(), &self.request.gate);
        let secret = gate.sealer.seal(&secret_place(&tenant_id, id), secret.as_bytes()).map_err(internal)?;
        Ok(vec![RowWrite::SignIn(SignInRow::SetSsoSecret { tenant_id, connection_id: id.to_owned(), secret })])
    }

    /// The provider describes itself there: a typing error is told now and not to the first person who signs in.
    async fn issuer_is_reachable(&self, issuer: &str) -> Result<(), Problem> {
        match self.request.gate.provider(issuer).await {
            Ok(_) => Ok(()),
            Err(failure) => Err(invalid(vec![wrong("/issuer", "provider_unusable", failure.to_string())])),
        }
    }
}

/// Who says which identity provider is asked can come as an owner, so it takes all that an owner holds.
fn may_be_anybody(authority: &Authority) -> Result<(), Problem> {
    if authority.covers(&BuiltIn::Owner.grants()) { Ok(()) } else { Err(forbidden(Permission::RoleManage)) }
}
