//! Ordinary rows beside the log, and the writes that ride in a commit's transaction.

use serde::{Deserialize, Serialize};

use crate::{DocumentWrite, Millis, Scope, SignInMethod, SignInRow, WebhookWrite};

/// A customer of this installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// `tnt_…`, also the id of its scope.
    pub id: String,
    /// Unique.
    pub key: String,
    /// For people.
    pub name: String,
    /// When it was made.
    pub created_at: Millis,
}

/// What a user is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserKind {
    /// Signs in.
    Person,
    /// Has tokens and can never sign in.
    ServiceAccount,
}

/// Somebody who acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// `usr_…` or, of a service account, `svc_…`.
    pub id: String,
    /// Whether they can sign in.
    pub kind: UserKind,
    /// The tenant whose directory or identity provider made this account and whose alone it is; none when it is somebody's
    /// own, or a service account.
    pub tenant_id: Option<String>,
    /// Lower case. Unique among people's own accounts, and among those of a tenant; empty for service accounts.
    pub email: String,
    /// For people.
    pub name: String,
    /// PHC string (argon2id); none for people who sign in by link only, and never for an account of a tenant.
    pub password_hash: Option<String>,
    /// May make tenants.
    pub operator: bool,
    /// When it was made.
    pub created_at: Millis,
}

/// A user in a tenant. What they may do there is in the tenant's documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// Tenant.
    pub tenant_id: String,
    /// User.
    pub user_id: String,
}

/// A signed-in browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Lower-case hex SHA-256 of the cookie.
    pub hash: String,
    /// Who.
    pub user_id: String,
    /// The tenant that is open.
    pub tenant_id: String,
    /// `ses_…`: its name in lists; opens nothing.
    pub id: String,
    /// How it was opened.
    pub method: SignInMethod,
    /// Whether more than one factor was shown, by us or by the identity provider.
    pub second_factor: bool,
    /// The SSO connection that opened it: such a session is good in that tenant only.
    pub connection_id: Option<String>,
    /// Address of the browser, empty when it is not known.
    pub address: String,
    /// What the browser calls itself.
    pub user_agent: String,
    /// When it was made.
    pub created_at: Millis,
    /// When its owner last proved who they are.
    pub authenticated_at: Millis,
    /// When it ends.
    pub expires_at: Millis,
}

/// A token for the management API, stored as a hash. What it is for and allows is the document of the same id.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct AccessToken {
    /// `tok_…`.
    pub id: String,
    /// Lower-case hex SHA-256 of the whole token.
    pub hash: String,
    /// Tenant it opens.
    pub tenant_id: String,
    /// Whose rights it has; the token dies with the membership.
    pub user_id: String,
    /// When it ends, if it does.
    pub expires_at: Option<Millis>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Millis>,
    /// When it was revoked.
    pub revoked_at: Option<Millis>,
}

/// What a one-time link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkPurpose {
    /// Makes the first owner.
    Setup,
    /// Signs one user in.
    SignIn,
    /// Makes somebody a member of a tenant.
    Invitation,
}

/// A link that works once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneTimeLink {
    /// Lower-case hex SHA-256 of its secret.
    pub hash: String,
    /// What for.
    pub purpose: LinkPurpose,
    /// Who, for [`LinkPurpose::SignIn`].
    pub user_id: Option<String>,
    /// Tenant to open or to join.
    pub tenant_id: Option<String>,
    /// Document of the tenant, for [`LinkPurpose::Invitation`].
    pub invitation_id: Option<String>,
    /// When it ends.
    pub expires_at: Millis,
}

/// Evaluations in one hour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Tenant of the project.
    pub tenant_id: String,
    /// Project scope.
    pub scope_id: String,
    /// Environment key.
    pub environment: String,
    /// Flag key.
    pub flag: String,
    /// Variant key; empty when none was served.
    pub variant: String,
    /// Reason in OpenFeature's words.
    pub reason: String,
    /// `rust/0.1.0`, `ofrep`, …
    pub sdk: String,
    /// Start of the hour.
    pub hour: Millis,
    /// How many.
    pub count: u64,
}

/// Evaluations that are added together, once.
#[derive(Clone, Copy, Debug)]
pub struct CountBatch<'a> {
    /// Unique.
    pub id: &'a str,
    /// What was counted.
    pub counts: &'a [Count],
}

/// Which counts.
#[derive(Clone, Debug, Default)]
pub struct CountQuery {
    /// Tenant of the project.
    pub tenant_id: String,
    /// Project scope.
    pub scope_id: String,
    /// Only this environment.
    pub environment: Option<String>,
    /// Only this flag.
    pub flag: Option<String>,
    /// From this instant.
    pub since: Millis,
}

/// A row written inside a commit.
#[derive(Clone, Debug)]
pub enum RowWrite {
    /// A new scope at rev 0 (a project; or a tenant together with [`RowWrite::InsertTenant`]). When the commit is logged
    /// in it, it is made before its revision is taken.
    InsertScope(Scope),
    /// The same change in another log, too, with documents of its own: a new project is also an entry in its tenant's
    /// log. At most once for each scope.
    AlsoLog {
        /// Which log; never the commit's own.
        scope_id: String,
        /// Documents it leaves there.
        documents: Vec<DocumentWrite>,
    },
    /// A new tenant.
    InsertTenant(Tenant),
    /// Another name for a tenant.
    RenameTenant {
        /// Tenant id.
        id: String,
        /// New name.
        name: String,
    },
    /// A new user.
    InsertUser(User),
    /// A user in a tenant.
    UpsertMembership(Membership),
    /// A user out of a tenant, with their sessions there.
    DeleteMembership {
        /// Tenant id.
        tenant_id: String,
        /// User id.
        user_id: String,
    },
    /// A new password; ends all of the user's sessions.
    SetPassword {
        /// User id.
        user_id: String,
        /// PHC string.
        password_hash: String,
    },
    /// Factors, passkeys, sessions, identities.
    SignIn(SignInRow),
    /// A new access token.
    InsertAccessToken(AccessToken),
    /// The end of one.
    RevokeAccessToken {
        /// Token id.
        id: String,
        /// When.
        at: Millis,
    },
    /// A new one-time link.
    InsertLink(OneTimeLink),
    /// The end of all links of an invitation of the commit's tenant.
    DeleteInvitationLinks(String),
    /// A row of a webhook of the commit's tenant.
    Webhook(WebhookWrite),
    /// Uses a link up; the commit fails with `Taken("link")` when it was used before.
    UseLink {
        /// Hash of its secret.
        hash: String,
        /// When.
        at: Millis,
    },
    /// Takes texts of an earlier change of the commit's own log away, with their salts. Fails when one is not there or is
    /// what a document is now.
    Redact {
        /// The change.
        rev: u64,
        /// Its actor's name.
        actor_name: bool,
        /// Its reason.
        reason: bool,
        /// Kind and key of documents it left.
        documents: Vec<(String, String)>,
    },
    /// Removes changes of the commit's own log up to a revision. What documents were at that revision stays.
    Prune {
        /// Last revision that goes.
        through: u64,
    },
}

impl RowWrite {
    /// Whose row it is. `None`: of whoever commits, or of a person.
    pub(crate) fn tenant_id(&self) -> Option<&str> {
        match self {
            Self::InsertScope(scope) => Some(&scope.tenant_id),
            Self::InsertTenant(tenant) => Some(&tenant.id),
            Self::RenameTenant { id, .. } => Some(id),
            Self::UpsertMembership(membership) => Some(&membership.tenant_id),
            Self::DeleteMembership { tenant_id, .. } => Some(tenant_id),
            Self::InsertAccessToken(token) => Some(&token.tenant_id),
            Self::InsertLink(link) => link.tenant_id.as_deref(),
            Self::SignIn(row) => row.tenant_id(),
            Self::Webhook(WebhookWrite::Insert { row, .. }) => Some(&row.tenant_id),
            Self::Webhook(_)
            | Self::AlsoLog { .. }
            | Self::DeleteInvitationLinks(_)
            | Self::InsertUser(_)
            | Self::SetPassword { .. }
            | Self::RevokeAccessToken { .. }
            | Self::UseLink { .. }
            | Self::Redact { .. }
            | Self::Prune { .. } => None,
        }
    }
}
