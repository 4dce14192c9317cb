//! Access tokens of the management API. A token has a user, whose rights it has at every moment, and a scope that it is
//! limited to: a role, or a list of grants.

use std::collections::BTreeMap;

use yardarm_model::authority::{AccessTokenDocument, Grant, Permission, Place, ServiceAccountDocument, tenant_kind};
use yardarm_store::{AccessToken, RowWrite};

use super::access::TenantAccess;
use super::right::Right;
use super::sign_in::refusal::operators_token;
use super::tenant_change::{TenantNow, TenantWrite};
use super::{fresh, refusal};
use crate::keys::KeyKind;
use crate::problem::Problem;

/// What a token is limited to.
#[derive(Clone, Debug)]
pub(crate) enum TokenScope {
    /// Everything that its user holds at any time.
    Everything,
    /// A role of the tenant.
    Role(String),
    /// A list of grants.
    Grants(Vec<Grant>),
}

/// The body of a new access token.
pub(crate) struct NewToken {
    /// For people.
    pub(crate) name: String,
    /// What it is limited to.
    pub(crate) scope: TokenScope,
    /// Milliseconds since 1970.
    pub(crate) expires_at: Option<i64>,
    /// Whose; the caller's own without one.
    pub(crate) service_account: Option<String>,
}

/// A token as its document and its row know it.
pub(crate) struct TokenItem {
    pub(crate) id: String,
    pub(crate) document: AccessTokenDocument,
    pub(crate) last_used_at: Option<i64>,
}

impl<R: Right> TenantAccess<R> {
    /// Makes a token of the caller's own or of a service account; gives it with its secret, which is shown this once.
    pub(crate) async fn create_token(&self, new: NewToken) -> Result<(TokenItem, String), Problem> {
        // A token of an operator is worth an operator, and a tenant's identity provider speaks for nobody of that kind.
        if self.request.who.session.as_ref().is_some_and(|session| session.connection_id.is_some())
            && self.request.gate.store.user(&self.user().id).await?.is_some_and(|user| user.operator)
        {
            return Err(operators_token());
        }
        let key = fresh::key(&self.request.gate, KeyKind::Access);
        let id = fresh::id("tok");
        let user = new.service_account.clone().unwrap_or_else(|| self.user().id.clone());
        let (role, grants) = match &new.scope {
            // What is made with a token is limited as that one is.
            TokenScope::Everything => (None, Some(self.limits().unwrap_or_else(|| vec![Grant::everything()]))),
            TokenScope::Role(role) => (Some(role.clone()), None),
            TokenScope::Grants(grants) => (None, Some(grants.clone())),
        };
        let document = AccessTokenDocument {
            name: new.name.clone(),
            user: user.clone(),
            role,
            grants,
            hint: key.hint.clone(),
            created_by: new.service_account.is_some().then(|| self.user().id.clone()),
            created_at: self.now(),
            expires_at: new.expires_at,
            revoked_at: None,
        };
        let row = AccessToken {
            id: id.clone(),
            hash: key.hash.clone(),
            tenant_id: self.tenant().id.clone(),
            user_id: user,
            expires_at: new.expires_at,
            last_used_at: None,
            revoked_at: None,
        };
        let body = serde_json::to_value(&document).map_err(refusal::internal)?;
        self.decide(|now| {
            may_make(now, &new)?;
            let rows = vec![RowWrite::InsertAccessToken(row.clone())];
            Ok((TenantWrite::one(tenant_kind::ACCESS_TOKEN, &id, Some(body.clone()), rows), ()))
        })
        .await?;
        Ok((TokenItem { id, document, last_used_at: None }, key.text))
    }

    /// Access tokens that the caller may see, revoked ones too: their own, those of service accounts for who manages these,
    /// and everybody's for who manages tokens.
    pub(crate) async fn tokens(&self) -> Result<Vec<TokenItem>, Problem> {
        let gate = &self.request.gate;
        let rows = gate.store.access_tokens(&self.tenant().id).await?.into_iter();
        let used: BTreeMap<String, Option<i64>> = rows.map(|row| (row.id, row.last_used_at)).collect();
        let state = gate.tenant_state(&self.tenant().id).await?.ok_or_else(refusal::not_found)?;
        let now = TenantNow { state: &state, authority: self.authority().clone() };
        let all = state.all(tenant_kind::ACCESS_TOKEN).filter_map(|(id, _)| {
            let document = state.read::<AccessTokenDocument>(tenant_kind::ACCESS_TOKEN, id)?;
            let last_used_at = used.get(id).copied().flatten();
            self.reaches(&now, &document.user).then(|| TokenItem { id: id.to_owned(), document, last_used_at })
        });
        Ok(all.collect())
    }

    fn limits(&self) -> Option<Vec<Grant>> {
        self.authority().limits.clone()
    }

    fn reaches(&self, now: &TenantNow<'_>, user: &str) -> bool {
        let holds = |permission| now.authority.allows(permission, Place::TENANT);
        let accounts = now.state.document(tenant_kind::SERVICE_ACCOUNT, user).is_some();
        user == self.user().id
            || holds(Permission::TokenManage)
            || (accounts && holds(Permission::ServiceAccountManage))
    }

    /// Ends a token that the caller may see. Doing it twice changes nothing.
    pub(crate) async fn revoke_token(&self, id: &str) -> Result<(), Problem> {
        let at = self.now();
        self.decide(|now| {
            let token = now.state.read::<AccessTokenDocument>(tenant_kind::ACCESS_TOKEN, id);
            let token = token.filter(|token| self.reaches(now, &token.user)).ok_or_else(refusal::not_found)?;
            if token.revoked_at.is_some() {
                return Ok((TenantWrite::default(), ()));
            }
            Ok((revoked(id, token, at)?, ()))
        })
        .await?;
        Ok(())
    }
}

/// The end of a token.
pub(super) fn revoked(id: &str, token: AccessTokenDocument, at: i64) -> Result<TenantWrite, Problem> {
    let body = serde_json::to_value(AccessTokenDocument { revoked_at: Some(at), ..token });
    let rows = vec![RowWrite::RevokeAccessToken { id: id.to_owned(), at }];
    Ok(TenantWrite::one(tenant_kind::ACCESS_TOKEN, id, Some(body.map_err(refusal::internal)?), rows))
}

/// Whoever makes a token holds what it will, and, for a service account's, what that holds.
fn may_make(now: &TenantNow<'_>, new: &NewToken) -> Result<(), Problem> {
    let scope = match &new.scope {
        TokenScope::Everything => None,
        TokenScope::Role(key) => {
            let unknown = || refusal::unknown("/role", "role", key);
            Some(("/role", format!("the role {key}"), now.state.role(key).ok_or_else(unknown)?))
        }
        TokenScope::Grants(grants) => Some(("/grants", "this list".to_owned(), grants.clone())),
    };
    if let Some(account) = &new.service_account {
        if !now.authority.allows(Permission::ServiceAccountManage, Place::TENANT) {
            return Err(refusal::forbidden(Permission::ServiceAccountManage));
        }
        let found = now.state.read::<ServiceAccountDocument>(tenant_kind::SERVICE_ACCOUNT, account);
        let found = found.ok_or_else(|| refusal::unknown("/service_account", "service account", account))?;
        if !now.authority.covers(&now.state.grants(&found.roles)) {
            return Err(refusal::grants_too_much("/service_account", "this service account"));
        }
    }
    match scope {
        Some((pointer, what, grants)) if !now.authority.covers(&grants) => {
            Err(refusal::grants_too_much(pointer, &what))
        }
        _ => Ok(()),
    }
}
