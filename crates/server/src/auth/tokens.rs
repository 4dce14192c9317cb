//! Access tokens of the management API. A token has a user, whose rights it has at every moment, and a scope that it is
//! limited to: a role, or a list of grants.

use std::collections::BTreeMap;

use yardarm_model::authority::{AccessTokenDocument, Grant, Permission, Place, ServiceAccountDocument, tenant_kind};
use yardarm_store::{AccessToken, RowWrite};

use super::access::TenantAccess;
use super::right::Right;
use super::sign_in::refusal::operators_token;
use super::tenant_change::{TenantNow, TenantWrite};
use super::tenant_state::TenantState;
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
        // It lives longer than a session that somebody left open.
        self.signed_in_lately()?;
        let key = fresh::key(&self.request.gate, KeyKind::Access);
        let id = fresh::id("tok");
        let (_, document) = self
            .decide(|now| {
                let document = self.document(now, &new, &key.hint)?;
                let row = AccessToken {
                    id: id.clone(),
                    hash: key.hash.clone(),
                    tenant_id: self.tenant().id.clone(),
                    user_id: document.user.clone(),
                    expires_at: document.expires_at,
                    last_used_at: None,
                    revoked_at: None,
                };
                let body = serde_json::to_value(&document).map_err(refusal::internal)?;
                let rows = vec![RowWrite::InsertAccessToken(row)];
                Ok((TenantWrite::one(tenant_kind::ACCESS_TOKEN, &id, Some(body), rows), document))
            })
            .await?;
        Ok((TokenItem { id, document, last_used_at: None }, key.text))
    }

    /// The new token, if the caller may make it. One that is made with a token of the same user is limited as that one is,
    /// by what it is at this moment, and ends with it: else whoever found a token could make themselves another.
    fn document(&self, now: &TenantNow<'_>, new: &NewToken, hint: &str) -> Result<AccessTokenDocument, Problem> {
        may_make(now, new)?;
        let user = new.service_account.clone().unwrap_or_else(|| self.user().id.clone());
        let with = self.request.who.token().and_then(|id| {
            let token = now.state.read::<AccessTokenDocument>(tenant_kind::ACCESS_TOKEN, id)?;
            Some((id.to_owned(), token))
        });
        // Behind what a program makes is whoever made its token.
        let behind = with.as_ref().and_then(|(_, token)| token.created_by.clone());
        let created_by = behind.or_else(|| new.service_account.is_some().then(|| self.user().id.clone()));
        let parent = with.filter(|(_, token)| token.user == user);
        let ends = parent.as_ref().and_then(|(_, parent)| parent.expires_at);
        if let (Some(ends), Some(asked)) = (ends, new.expires_at)
            && asked > ends
        {
            return Err(refusal::invalid(vec![refusal::wrong(
                "/expires_at",
                "out_of_range",
                "a token that is made with another ends no later than that one: leave it out, or sign in",
            )]));
        }
        let (role, grants) = match (&new.scope, &now.authority.limits) {
            (TokenScope::Everything, limits) => {
                (None, Some(limits.clone().unwrap_or_else(|| vec![Grant::everything()])))
            }
            (TokenScope::Role(role), Some(_)) => (None, now.state.role(role)),
            (TokenScope::Role(role), None) => (Some(role.clone()), None),
            (TokenScope::Grants(grants), _) => (None, Some(grants.clone())),
        };
        Ok(AccessTokenDocument {
            name: new.name.clone(),
            user,
            role,
            grants,
            hint: hint.to_owned(),
            created_by,
            parent: parent.map(|(id, _)| id),
            created_at: self.now(),
            expires_at: new.expires_at.or(ends),
            revoked_at: None,
        })
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

    fn reaches(&self, now: &TenantNow<'_>, user: &str) -> bool {
        let holds = |permission| now.authority.allows(permission, Place::TENANT);
        let accounts = now.state.document(tenant_kind::SERVICE_ACCOUNT, user).is_some();
        user == self.user().id
            || holds(Permission::TokenManage)
            || (accounts && holds(Permission::ServiceAccountManage))
    }

    /// Ends a token that the caller may see, and those that were made with it. Doing it twice changes nothing.
    pub(crate) async fn revoke_token(&self, id: &str) -> Result<(), Problem> {
        let at = self.now();
        self.decide(|now| {
            let token = now.state.read::<AccessTokenDocument>(tenant_kind::ACCESS_TOKEN, id);
            let token = token.filter(|token| self.reaches(now, &token.user)).ok_or_else(refusal::not_found)?;
            let mut write = TenantWrite::default();
            for (id, token) in with_descendants(now.state, id, token) {
                if token.revoked_at.is_none() {
                    let TenantWrite { documents, rows } = revoked(&id, token, at)?;
                    write.documents.extend(documents);
                    write.rows.extend(rows);
                }
            }
            Ok((write, ()))
        })
        .await?;
        Ok(())
    }
}

/// A token and those that were made with it, and so on.
fn with_descendants(state: &TenantState, id: &str, token: AccessTokenDocument) -> Vec<(String, AccessTokenDocument)> {
    let mut found = vec![(id.to_owned(), token)];
    let mut at = 0;
    while let Some((parent, _)) = found.get(at) {
        let children = state.all(tenant_kind::ACCESS_TOKEN).filter_map(|(id, _)| {
            let token = state.read::<AccessTokenDocument>(tenant_kind::ACCESS_TOKEN, id)?;
            (token.parent.as_deref() == Some(parent)).then(|| (id.to_owned(), token))
        });
        let children: Vec<_> = children.collect();
        found.extend(children);
        at += 1;
    }
    found
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
