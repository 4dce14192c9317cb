//! Service accounts: programs that hold roles. They have tokens and cannot sign in.

use std::collections::BTreeSet;

use yardarm_model::authority::{ServiceAccountDocument, tenant_kind};
use yardarm_store::{Membership, RowWrite, User, UserKind};

use super::access::TenantAccess;
use super::members::end_tokens;
use super::right::can;
use super::roles::{assignable, body, limit};
use super::tenant_change::{TenantNow, TenantWrite};
use super::{fresh, refusal};
use crate::problem::Problem;

/// Service accounts of a tenant.
const MOST_ACCOUNTS: usize = 1_000;

/// A service account.
pub(crate) struct ServiceAccountItem {
    pub(crate) id: String,
    pub(crate) rev: u64,
    pub(crate) document: ServiceAccountDocument,
}

/// What a patch changes; `None` stays.
pub(crate) struct ServiceAccountPatch {
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) roles: Option<BTreeSet<String>>,
}

impl TenantAccess<can::MemberRead> {
    /// Service accounts by id.
    pub(crate) fn service_accounts(&self) -> Vec<ServiceAccountItem> {
        let ids = self.state().all(tenant_kind::SERVICE_ACCOUNT).map(|(id, _)| id);
        ids.filter_map(|id| self.service_account(id).ok()).collect()
    }

    /// One of them.
    pub(crate) fn service_account(&self, id: &str) -> Result<ServiceAccountItem, Problem> {
        let document = self.state().read(tenant_kind::SERVICE_ACCOUNT, id).ok_or_else(refusal::not_found)?;
        let rev = self.state().revision(tenant_kind::SERVICE_ACCOUNT, id);
        Ok(ServiceAccountItem { id: id.to_owned(), rev, document })
    }
}

impl TenantAccess<can::ServiceAccountManage> {
    /// Makes a service account without tokens.
    pub(crate) async fn create_service_account(
        &self,
        name: String,
        description: String,
        roles: BTreeSet<String>,
    ) -> Result<ServiceAccountItem, Problem> {
        let id = fresh::id("svc");
        let document = ServiceAccountDocument { name, description, roles, created_at: self.now() };
        let user = User {
            id: id.clone(),
            kind: UserKind::ServiceAccount,
            tenant_id: None,
            email: String::new(),
            name: document.name.clone(),
            password_hash: None,
            operator: false,
            created_at: document.created_at,
        };
        let membership = Membership { tenant_id: self.tenant().id.clone(), user_id: id.clone() };
        let (rev, ()) = self
            .decide(|now| {
                limit(now.state, tenant_kind::SERVICE_ACCOUNT, MOST_ACCOUNTS, "service accounts")?;
                assignable(now, "/roles", &document.roles)?;
                let rows = vec![RowWrite::InsertUser(user.clone()), RowWrite::UpsertMembership(membership.clone())];
                Ok((TenantWrite::one(tenant_kind::SERVICE_ACCOUNT, &id, body(&document)?, rows), ()))
            })
            .await?;
        Ok(ServiceAccountItem { id, rev, document })
    }

    /// Changes what it is called and holds.
    pub(crate) async fn update_service_account(
        &self,
        id: &str,
        patch: &ServiceAccountPatch,
    ) -> Result<ServiceAccountItem, Problem> {
        let (rev, document) = self
            .decide(|now| {
                let before = self.reachable(now, id)?;
                let account = ServiceAccountDocument {
                    name: patch.name.clone().unwrap_or(before.name),
                    description: patch.description.clone().unwrap_or(before.description),
                    roles: patch.roles.clone().unwrap_or(before.roles),
                    created_at: before.created_at,
                };
                assignable(now, "/roles", &account.roles)?;
                Ok((TenantWrite::one(tenant_kind::SERVICE_ACCOUNT, id, body(&account)?, Vec::new()), account))
            })
            .await?;
        Ok(ServiceAccountItem { id: id.to_owned(), rev, document })
    }

    /// Removes it; its tokens are revoked.
    pub(crate) async fn delete_service_account(&self, id: &str) -> Result<(), Problem> {
        let at = self.now();
        self.decide(|now| {
            self.reachable(now, id)?;
            let rows = vec![RowWrite::DeleteMembership { tenant_id: self.tenant().id.clone(), user_id: id.to_owned() }];
            let mut write = TenantWrite::one(tenant_kind::SERVICE_ACCOUNT, id, None, rows);
            end_tokens(now, id, at, &mut write)?;
            Ok((write, ()))
        })
        .await?;
        Ok(())
    }

    /// One that holds no more than the caller.
    fn reachable(&self, now: &TenantNow<'_>, id: &str) -> Result<ServiceAccountDocument, Problem> {
        let account: ServiceAccountDocument =
            now.state.read(tenant_kind::SERVICE_ACCOUNT, id).ok_or_else(refusal::not_found)?;
        self.request.check_revision(now.state.revision(tenant_kind::SERVICE_ACCOUNT, id))?;
        if now.authority.covers(&now.state.grants(&account.roles)) {
            Ok(account)
        } else {
            Err(refusal::grants_too_much("", "this service account"))
        }
    }
}
