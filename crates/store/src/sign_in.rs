//! What signing in needs beside passwords: sessions, second factors, passkeys, identities.
//!
//! Everything here is a row beside the log: secrets (sealed by the caller), hashes, counters, and look-ups that come
//! before a tenant is known. That a factor was added or taken away is an entry in the log all the same: those writes are
//! [`SignInRow`]s and ride in a commit.

use async_trait::async_trait;

use crate::{Millis, Session, StoreError, Tenant};

/// How a session was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInMethod {
    /// E-mail and password.
    Password,
    /// A one-time link.
    Link,
    /// A passkey that verified its user.
    Passkey,
    /// A tenant's identity provider. Opens that tenant and no other.
    Sso,
}

impl SignInMethod {
    /// The word for it in rows and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Link => "link",
            Self::Passkey => "passkey",
            Self::Sso => "sso",
        }
    }

    pub(crate) fn parse(text: &str) -> Result<Self, StoreError> {
        let all = [Self::Password, Self::Link, Self::Passkey, Self::Sso];
        let found = all.into_iter().find(|method| method.as_str() == text);
        found.ok_or_else(|| StoreError::Damaged { table: "session", what: format!("{text:?} is not a method") })
    }
}

/// An authenticator app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totp {
    /// Whose.
    pub user_id: String,
    /// Shared secret, sealed.
    pub secret: String,
    /// Time step of the last code that was taken.
    pub last_step: i64,
    /// When it was confirmed.
    pub created_at: Millis,
}

/// A passkey (`WebAuthn` credential).
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Passkey {
    /// `pky_…`.
    pub id: String,
    /// Whose.
    pub user_id: String,
    /// The authenticator's name for it, base64url; unique.
    pub credential_id: String,
    /// COSE key, base64url. Public.
    pub public_key: String,
    /// Signatures it said it made; many authenticators always say 0.
    pub sign_count: i64,
    /// For people.
    pub name: String,
    /// When it was registered.
    pub created_at: Millis,
    /// When it last signed in.
    pub last_used_at: Option<Millis>,
}

/// Whom an identity provider means by a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The tenant it is good in.
    pub tenant_id: String,
    /// `sso_…`.
    pub connection_id: String,
    /// `sub` of the provider's ID tokens.
    pub subject: String,
    /// Our user.
    pub user_id: String,
    /// When it was linked.
    pub created_at: Millis,
}

/// Second factors of somebody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SecondFactors {
    /// An authenticator app is confirmed.
    pub totp: bool,
    /// Recovery codes left.
    pub recovery_codes: u32,
    /// Passkeys.
    pub passkeys: u32,
}

impl SecondFactors {
    /// Whether there is one. Recovery codes alone are none: they come with an app or a passkey.
    pub fn any(self) -> bool {
        self.totp || self.passkeys > 0
    }
}

/// A row written inside a commit.
#[derive(Clone, Debug)]
pub enum SignInRow {
    /// The authenticator app, instead of one before.
    SetTotp(Totp),
    /// No authenticator app any more.
    RemoveTotp {
        /// Whose.
        user_id: String,
    },
    /// Recovery codes instead of those before.
    SetRecoveryCodes {
        /// Whose.
        user_id: String,
        /// Hashes.
        hashes: Vec<String>,
    },
    /// A new passkey; `Taken("passkey")` when the authenticator's name for it is known.
    InsertPasskey(Passkey),
    /// Another name.
    RenamePasskey {
        /// Whose.
        user_id: String,
        /// `pky_…`.
        id: String,
        /// New name.
        name: String,
    },
    /// The end of a passkey.
    RemovePasskey {
        /// Whose.
        user_id: String,
        /// `pky_…`.
        id: String,
    },
    /// Ends one session.
    EndSession {
        /// Whose.
        user_id: String,
        /// `ses_…`.
        id: String,
    },
    /// Ends all sessions of somebody but one.
    EndOtherSessions {
        /// Whose.
        user_id: String,
        /// Hash of the one that stays.
        keep: Option<String>,
    },
    /// Client secret of a connection, sealed, instead of one before.
    SetSsoSecret {
        /// Tenant.
        tenant_id: String,
        /// `sso_…`.
        connection_id: String,
        /// Sealed.
        secret: String,
    },
    /// The end of a connection: its secret, its identities, the sessions that it opened.
    RemoveConnection {
        /// Tenant.
        tenant_id: String,
        /// `sso_…`.
        connection_id: String,
    },
    /// A subject of an identity provider is this user from now on; `Taken("identity")` when it is somebody already.
    InsertIdentity(Identity),
}

/// The promises about signing in: [`crate::Store::sign_in`].
#[async_trait]
pub trait SignInStore: Send + Sync {
    /// Live sessions of somebody, newest first.
    async fn sessions(&self, user_id: &str, now: Millis) -> Result<Vec<Session>, StoreError>;
    /// Tenant by its unique key: before anybody is signed in.
    async fn tenant_by_key(&self, key: &str) -> Result<Option<Tenant>, StoreError>;

    /// Which second factors there are.
    async fn second_factors(&self, user_id: &str) -> Result<SecondFactors, StoreError>;
    /// Counts a try before it is looked at; false when there were `most` within `window` already.
    async fn try_second_factor(
        &self,
        user_id: &str,
        now: Millis,
        window: Millis,
        most: u32,
    ) -> Result<bool, StoreError>;
    /// The right factor was shown: tries are counted anew.
    async fn clear_second_factor_tries(&self, user_id: &str) -> Result<(), StoreError>;
    /// The authenticator app.
    async fn totp(&self, user_id: &str) -> Result<Option<Totp>, StoreError>;
    /// Uses a time step's code up; false when a code of this step or a later one was taken before.
    async fn use_totp_step(&self, user_id: &str, step: i64) -> Result<bool, StoreError>;
    /// Uses a recovery code up; false when there is none of this hash.
    async fn use_recovery_code(&self, user_id: &str, hash: &str) -> Result<bool, StoreError>;

    /// Of somebody, oldest first.
    async fn passkeys(&self, user_id: &str) -> Result<Vec<Passkey>, StoreError>;
    /// By the authenticator's name for it.
    async fn passkey(&self, credential_id: &str) -> Result<Option<Passkey>, StoreError>;
    /// Notes a use. False when the authenticator's count did not grow: there are two of it.
    async fn use_passkey(&self, credential_id: &str, sign_count: i64, at: Millis) -> Result<bool, StoreError>;

    /// Uses a ticket up; false when it was used before.
    async fn use_ticket(&self, hash: &str, expires_at: Millis, now: Millis) -> Result<bool, StoreError>;

    /// Sealed client secret of a connection.
    async fn sso_secret(&self, tenant_id: &str, connection_id: &str) -> Result<Option<String>, StoreError>;
    /// Whom a subject means.
    async fn identity(
        &self,
        tenant_id: &str,
        connection_id: &str,
        subject: &str,
    ) -> Result<Option<Identity>, StoreError>;
    /// Whether an identity provider of the tenant knows somebody.
    async fn is_linked(&self, tenant_id: &str, user_id: &str) -> Result<bool, StoreError>;
}

impl SignInRow {
    /// Whose row it is, when it is a person's.
    pub(crate) fn person(&self) -> Option<&str> {
        match self {
            Self::SetTotp(totp) => Some(&totp.user_id),
            Self::InsertPasskey(passkey) => Some(&passkey.user_id),
            Self::RemoveTotp { user_id }
            | Self::SetRecoveryCodes { user_id, .. }
            | Self::RenamePasskey { user_id, .. }
            | Self::RemovePasskey { user_id, .. }
            | Self::EndSession { user_id, .. }
            | Self::EndOtherSessions { user_id, .. } => Some(user_id),
            Self::SetSsoSecret { .. } | Self::RemoveConnection { .. } | Self::InsertIdentity(_) => None,
        }
    }

    /// Whose row it is, when it is a tenant's.
    pub(crate) fn tenant_id(&self) -> Option<&str> {
        match self {
            Self::SetSsoSecret { tenant_id, .. } | Self::RemoveConnection { tenant_id, .. } => Some(tenant_id),
            Self::InsertIdentity(identity) => Some(&identity.tenant_id),
            _ => None,
        }
    }

    /// Every text in it, to be looked through before the database sees it.
    pub(crate) fn texts(&self) -> Vec<&String> {
        match self {
            Self::SetTotp(totp) => vec![&totp.user_id, &totp.secret],
            Self::RemoveTotp { user_id } | Self::EndOtherSessions { user_id, keep: None } => vec![user_id],
            Self::SetRecoveryCodes { user_id, hashes } => std::iter::once(user_id).chain(hashes).collect(),
            Self::InsertPasskey(key) => vec![&key.id, &key.user_id, &key.credential_id, &key.public_key, &key.name],
            Self::RenamePasskey { user_id, id, name } => vec![user_id, id, name],
            Self::RemovePasskey { user_id, id } | Self::EndSession { user_id, id } => vec![user_id, id],
            Self::EndOtherSessions { user_id, keep: Some(keep) } => vec![user_id, keep],
            Self::SetSsoSecret { tenant_id, connection_id, secret } => vec![tenant_id, connection_id, secret],
            Self::RemoveConnection { tenant_id, connection_id } => vec![tenant_id, connection_id],
            Self::InsertIdentity(identity) => {
                vec![&identity.tenant_id, &identity.connection_id, &identity.subject, &identity.user_id]
            }
        }
    }
}
