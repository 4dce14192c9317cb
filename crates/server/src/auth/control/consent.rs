//! Whose consent counts: looked at anew each time, so that somebody who lost a right, left, or consented to something else
//! does not count.

use std::collections::BTreeSet;

use yardarm_model::authority::{Authority, GroupDocument, MemberDocument, Permission, Place, tenant_kind};
use yardarm_model::change_request::{Approval, ChangeRequest};
use yardarm_model::control::{Requirement, Verdict};

use crate::auth::tenant_state::TenantState;

/// Consent that a policy wants, and who gave it.
#[derive(Clone, Debug)]
pub(crate) struct NeededApproval {
    /// What the policy says.
    pub(crate) requirement: Requirement,
    /// Ids of people whose approval counts for it.
    pub(crate) given: Vec<String>,
}

impl NeededApproval {
    /// Whether it is enough.
    pub(crate) fn is_given(&self) -> bool {
        self.given.len() >= usize::from(self.requirement.required)
    }
}

/// An approval, and whether it counts now.
#[derive(Clone, Debug)]
pub(crate) struct GivenApproval {
    /// As it was given.
    pub(crate) approval: Approval,
    /// Why it does not count; `None`: it does.
    pub(crate) void: Option<&'static str>,
}

/// A change request's consent as it stands.
#[derive(Clone, Debug, Default)]
pub(crate) struct Consent {
    /// One for each policy that wants some.
    pub(crate) needed: Vec<NeededApproval>,
    /// All that were given.
    pub(crate) approvals: Vec<GivenApproval>,
}

impl Consent {
    /// Whether nobody's consent is missing.
    pub(crate) fn is_complete(&self) -> bool {
        self.needed.iter().all(NeededApproval::is_given)
    }
}

/// Whether somebody may do this in every environment that is touched; where none is, in one of the project's.
pub(super) fn allows(
    authority: &Authority,
    permission: Permission,
    project: &str,
    environments: &BTreeSet<String>,
) -> bool {
    if environments.is_empty() {
        return authority.allows_somewhere(permission, Some(project));
    }
    environments.iter().all(|environment| authority.allows(permission, Place::environment(project, environment)))
}

/// What a verdict wants, without any consent.
pub(super) fn unasked(verdict: &Verdict) -> Vec<NeededApproval> {
    verdict
        .approvals
        .iter()
        .map(|requirement| NeededApproval { requirement: requirement.clone(), given: Vec::new() })
        .collect()
}

/// Who consented, as far as it counts. `moved`: the ground under the request is another one, so nobody did.
pub(super) fn standing(
    tenant: &TenantState,
    project: &str,
    request: &ChangeRequest,
    verdict: &Verdict,
    moved: bool,
) -> Consent {
    let mut needed = unasked(verdict);
    let mut approvals = Vec::with_capacity(request.approvals.len());
    for approval in &request.approvals {
        let by = &approval.by.id;
        let authority = Authority { grants: tenant.grants_of(by), limits: None };
        let mut void = if approval.hash != request.hash {
            Some("it is for another content")
        } else if moved {
            Some("what it is based on was changed since")
        } else if tenant.document(tenant_kind::MEMBER, by).is_none() {
            Some("they are in the tenant no more")
        } else if !allows(&authority, Permission::ChangeRequestApprove, project, &verdict.environments) {
            Some("they may not approve this")
        } else {
            None
        };
        if void.is_none() && !needed.is_empty() {
            let mut counts = false;
            for one in needed.iter_mut().filter(|one| asks(tenant, &one.requirement, by, request)) {
                one.given.push(by.clone());
                counts = true;
            }
            if !counts {
                void = Some("no policy asks them, or it is their own work");
            }
        }
        approvals.push(GivenApproval { approval: approval.clone(), void });
    }
    Consent { needed, approvals }
}

/// Whether a policy takes somebody's consent: they hold one of its roles or are in one of its groups, and it is not their own
/// work.
pub(super) fn asks(tenant: &TenantState, requirement: &Requirement, user: &str, request: &ChangeRequest) -> bool {
    if request.editors.contains(user) && !requirement.author_may_approve {
        return false;
    }
    if requirement.roles.is_empty() && requirement.groups.is_empty() {
        return true;
    }
    let Some(member) = tenant.read::<MemberDocument>(tenant_kind::MEMBER, user) else { return false };
    let through_groups = member.groups.iter().filter_map(|key| tenant.read::<GroupDocument>(tenant_kind::GROUP, key));
    let roles: BTreeSet<String> =
        through_groups.flat_map(|group| group.roles).chain(member.roles.iter().cloned()).collect();
    requirement.roles.iter().any(|role| roles.contains(role))
        || requirement.groups.iter().any(|group| member.groups.contains(group))
}
