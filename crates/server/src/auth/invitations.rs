//! Invitations. A link is shown once, its hash is a row, it works once and only for the address it was made for. It does
//! not sign anybody in: who accepts signs in afterwards, with whatever the tenant asks for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use yardarm_model::authority::{Authority, InvitationDocument, MemberDocument, Permission, Place, tenant_kind};
use yardarm_store::{
    Attribution, Commit, CommitError, DocumentWrite, LinkPurpose, Membership, OneTimeLink, RowWrite, Tenant, User,
    UserKind,
};

use super::access::TenantAccess;
use super::members::joinable;
use super::right::{Member, can};
use super::roles::{assignable, body, limit};
use super::session::Visitor;
use super::sign_in::refusal::managed_elsewhere;
use super::tenant_change::{TenantNow, TenantWrite};
use super::tenant_state::TenantState;
use super::{fresh, password, refusal};
use crate::app::App;
use crate::keys;
use crate::problem::Problem;

/// Times that accepting is tried anew because the tenant was changed meanwhile.
const TRIES: usize = 8;
/// Open invitations of a tenant.
const MOST_INVITATIONS: usize = 1_000;
/// How long a link works, milliseconds: 7 days.
const LIFETIME: i64 = 7 * 24 * 60 * 60 * 1_000;

/// An invitation.
pub(crate) struct InvitationItem {
    pub(crate) id: String,
    pub(crate) document: InvitationDocument,
}

/// What somebody with a link may know before they accept.
pub(crate) struct Invited {
    pub(crate) tenant: Tenant,
    pub(crate) email: String,
    pub(crate) expires_at: i64,
    /// Somebody with this address can sign in already.
    pub(crate) known: bool,
}

impl TenantAccess<can::MemberRead> {
    /// Open invitations.
    pub(crate) fn invitations(&self) -> Vec<InvitationItem> {
        let state = self.state();
        let all = state.all(tenant_kind::INVITATION).filter_map(|(id, _)| {
            Some(InvitationItem { id: id.to_owned(), document: state.read(tenant_kind::INVITATION, id)? })
        });
        all.collect()
    }
}

impl TenantAccess<can::MemberManage> {
    /// Invites an address; gives the secret of the link, which is shown this once.
    pub(crate) async fn invite(
        &self,
        email: String,
        roles: BTreeSet<String>,
        groups: BTreeSet<String>,
    ) -> Result<(InvitationItem, String), Problem> {
        let id = fresh::id("inv");
        let (secret, link) = self.link(&id);
        let invited_by = self.request.who.actor();
        let document = InvitationDocument {
            email,
            roles,
            groups,
            invited_by,
            created_at: self.now(),
            expires_at: link.expires_at,
        };
        let gate = &self.request.gate;
        let known = gate.accounts(&self.tenant().id, &document.email).await?;
        self.decide(|now| {
            limit(now.state, tenant_kind::INVITATION, MOST_INVITATIONS, "open invitations")?;
            if known.iter().any(|user| now.state.document(tenant_kind::MEMBER, &user.id).is_some()) {
                return Err(refusal::already_member());
            }
            let twice = now.state.all(tenant_kind::INVITATION).any(|(_, other)| other.body["email"] == document.email);
            if twice {
                return Err(refusal::already_invited());
            }
            assignable(now, "/roles", &document.roles)?;
            joinable(now, "/groups", &document.groups)?;
            let rows = vec![RowWrite::InsertLink(link.clone())];
            Ok((TenantWrite::one(tenant_kind::INVITATION, &id, body(&document)?, rows), ()))
        })
        .await?;
        Ok((InvitationItem { id, document }, secret))
    }

    /// A new link in the place of the old one, which works no more.
    pub(crate) async fn invite_again(&self, id: &str) -> Result<(InvitationItem, String), Problem> {
        let (secret, link) = self.link(id);
        let (_, document) = self
            .decide(|now| {
                let before = reachable(now, id)?;
                // Whoever renews it answers for it from now on.
                let invited_by = self.request.who.actor();
                let document = InvitationDocument { expires_at: link.expires_at, invited_by, ..before };
                let rows = vec![RowWrite::DeleteInvitationLinks(id.to_owned()), RowWrite::InsertLink(link.clone())];
                Ok((TenantWrite::one(tenant_kind::INVITATION, id, body(&document)?, rows), document))
            })
            .await?;
        Ok((InvitationItem { id: id.to_owned(), document }, secret))
    }

    /// Takes an invitation back: its link works no more.
    pub(crate) async fn revoke_invitation(&self, id: &str) -> Result<(), Problem> {
        self.decide(|now| {
            reachable(now, id)?;
            let rows = vec![RowWrite::DeleteInvitationLinks(id.to_owned())];
            Ok((TenantWrite::one(tenant_kind::INVITATION, id, None, rows), ()))
        })
        .await?;
        Ok(())
    }

    fn link(&self, id: &str) -> (String, OneTimeLink) {
        let (secret, hash) = fresh::secret(&self.request.gate);
        let link = OneTimeLink {
            hash,
            purpose: LinkPurpose::Invitation,
            user_id: None,
            tenant_id: Some(self.tenant().id.clone()),
            invitation_id: Some(id.to_owned()),
            expires_at: self.now() + LIFETIME,
        };
        (secret, link)
    }
}

/// An invitation to no more than the caller holds.
fn reachable(now: &TenantNow<'_>, id: &str) -> Result<InvitationDocument, Problem> {
    let invitation: InvitationDocument = now.state.read(tenant_kind::INVITATION, id).ok_or_else(refusal::not_found)?;
    assignable(now, "/roles", &invitation.roles)?;
    joinable(now, "/groups", &invitation.groups)?;
    Ok(invitation)
}

/// A link that works, the invitation behind it and its tenant.
struct Opened {
    hash: String,
    id: String,
    tenant: Tenant,
    state: Arc<TenantState>,
    document: InvitationDocument,
}

/// Whether whoever asked could still ask: with the right to let people in, what it was used for ends, too. Otherwise
/// somebody who is taken out comes in again by a link of their own.
fn is_still_given(state: &TenantState, document: &InvitationDocument) -> bool {
    let inviter = document.invited_by.strip_prefix("user:").unwrap_or_default();
    let authority = Authority { grants: state.grants_of(inviter), limits: None };
    let given = MemberDocument {
        name: String::new(),
        roles: document.roles.clone(),
        groups: document.groups.clone(),
        given: BTreeMap::new(),
    };
    authority.allows(Permission::MemberManage, Place::TENANT) && authority.covers(&state.grants_of_member(&given))
}

async fn open(gate: &App, token: &str) -> Result<Opened, Problem> {
    let hash = keys::hash_hex(token);
    let link = gate.store.link(&hash, gate.now()).await?;
    let link = link.filter(|link| link.purpose == LinkPurpose::Invitation).ok_or_else(refusal::link_used)?;
    let (Some(id), Some(tenant_id)) = (link.invitation_id, link.tenant_id) else { return Err(refusal::link_used()) };
    let tenant = gate.store.tenant(&tenant_id).await?.ok_or_else(refusal::link_used)?;
    let state = gate.tenant_state(&tenant_id).await?.ok_or_else(refusal::link_used)?;
    let document: InvitationDocument = state.read(tenant_kind::INVITATION, &id).ok_or_else(refusal::link_used)?;
    if !is_still_given(&state, &document) {
        return Err(refusal::link_used());
    }
    Ok(Opened { hash, id, tenant, state, document })
}

/// Makes somebody a member, once: of two who use the same link, one finds it. `None`: the tenant was changed meanwhile.
async fn join(
    gate: &App,
    opened: Opened,
    user: &User,
    attribution: Attribution,
    mut rows: Vec<RowWrite>,
) -> Result<Option<Tenant>, Problem> {
    let Opened { hash, id, tenant, state, document } = opened;
    if state.document(tenant_kind::MEMBER, &user.id).is_some() {
        return Err(refusal::already_member());
    }
    let member = MemberDocument {
        name: user.name.clone(),
        roles: document.roles,
        groups: document.groups,
        given: BTreeMap::new(),
    };
    let write = |kind: &str, key: &str, body: Option<String>| DocumentWrite {
        kind: kind.to_owned(),
        key: key.to_owned(),
        body,
    };
    rows.push(RowWrite::UseLink { hash, at: gate.now() });
    rows.push(RowWrite::UpsertMembership(Membership { tenant_id: tenant.id.clone(), user_id: user.id.clone() }));
    let commit = Commit {
        tenant_id: tenant.id.clone(),
        scope_id: tenant.id.clone(),
        expected: Some((state.scope.epoch.clone(), state.scope.rev)),
        attribution,
        documents: vec![
            write(tenant_kind::MEMBER, &user.id, body(&member)?.map(|body| body.to_string())),
            write(tenant_kind::INVITATION, &id, None),
        ],
        rows,
    };
    match gate.store.commit(commit).await {
        Ok(_) => Ok(Some(tenant)),
        Err(CommitError::Stale { .. }) => Ok(None),
        Err(CommitError::Taken(what)) if what.starts_with("link") => Err(refusal::link_used()),
        Err(CommitError::Taken(_)) => Err(refusal::sign_in_first()),
        Err(other) => Err(refusal::commit(other)),
    }
}

impl Visitor {
    /// What a link is good for.
    pub(crate) async fn look_at_invitation(&self, token: &str) -> Result<Invited, Problem> {
        let Opened { tenant, document, .. } = open(&self.gate, token).await?;
        let known = self.gate.store.user_by_email(&document.email).await?.is_some();
        Ok(Invited { tenant, email: document.email, expires_at: document.expires_at, known })
    }

    /// Somebody new accepts. Whoever has the address already signs in and joins instead: a link is no way around a password.
    pub(crate) async fn accept_invitation(
        &self,
        token: &str,
        name: String,
        secret: String,
    ) -> Result<(Tenant, String), Problem> {
        let gate = &self.gate;
        let email = open(gate, token).await?.document.email;
        if let Some(complaint) = password::complaint(&secret, &email) {
            return Err(refusal::invalid(vec![refusal::wrong("/password", "password_weak", complaint)]));
        }
        if gate.store.user_by_email(&email).await?.is_some() {
            return Err(refusal::sign_in_first());
        }
        let user = User {
            id: fresh::id("usr"),
            kind: UserKind::Person,
            tenant_id: None,
            email: email.clone(),
            name,
            password_hash: Some(gate.hash_password(secret).await?),
            operator: false,
            created_at: gate.now(),
        };
        let attribution = self.attribution(&user);
        for _ in 0..TRIES {
            let opened = open(gate, token).await?;
            let rows = vec![RowWrite::InsertUser(user.clone())];
            if let Some(tenant) = join(gate, opened, &user, attribution.clone(), rows).await? {
                return Ok((tenant, email));
            }
        }
        Err(refusal::busy())
    }
}

impl TenantAccess<Member> {
    /// Somebody who is signed in accepts what was sent to their address.
    pub(crate) async fn join_by_invitation(&self, token: &str) -> Result<Tenant, Problem> {
        if matches!(self.via(), super::authenticated::Via::Token(_)) {
            return Err(refusal::not_a_session());
        }
        if self.session()?.connection_id.is_some() || self.user().tenant_id.is_some() {
            // A tenant's identity provider speaks for that tenant, and joins no other one in somebody's name; nor does an
            // account that is a tenant's.
            return Err(managed_elsewhere());
        }
        for _ in 0..TRIES {
            let opened = open(&self.request.gate, token).await?;
            if opened.document.email != self.user().email {
                return Err(refusal::another_address());
            }
            let attribution = self.request.attribution()?;
            if let Some(tenant) = join(&self.request.gate, opened, self.user(), attribution, Vec::new()).await? {
                return Ok(tenant);
            }
        }
        Err(refusal::busy())
    }
}
