//! Commit, state and changes: the project log and the ordinary rows beside it, on SQLite and Postgres with one SQL text.
//!
//! The only write to a scope is [`Store::commit`]. It locks the scope's revision row, adds one, appends the change with
//! its documents, upserts the current documents and the side rows, all in one transaction. Revisions are therefore
//! gapless and in commit order, and nothing changes without an entry in the log.

pub mod chain;
mod evidence;
mod postgres;
pub mod quota;
mod reach;
pub mod rows;
#[cfg(feature = "scratch")]
pub mod scratch;
pub mod sign_in;
mod sqlite;
mod text;
mod webhooks;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

pub use evidence::*;
pub use quota::{Counted, Quota};
pub use rows::*;
pub use sign_in::{Identity, Passkey, SecondFactors, SignInMethod, SignInRow, SignInStore, Totp};
pub use webhooks::*;

/// Milliseconds since 1970, UTC.
pub type Millis = i64;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();

/// How the database is used.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// Longest time of one method.
    pub deadline: Duration,
    /// Connections: Postgres in all, SQLite for reading (beside the one that writes).
    pub connections: u32,
    /// How many of something each tenant may have.
    pub quotas: Vec<Quota>,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self { deadline: Duration::from_secs(5), connections: 8, quotas: Vec::new() }
    }
}

/// Opens `sqlite:path/to/file.db` (created, for this user only) or `postgres://…` (may be away now), and migrates it.
pub async fn open(url: &str) -> Result<Arc<dyn Store>, StoreError> {
    open_with(url, &StoreOptions::default()).await
}

/// [`open`] with other options than the default ones.
pub async fn open_with(url: &str, options: &StoreOptions) -> Result<Arc<dyn Store>, StoreError> {
    match url.split_once(':') {
        Some(("sqlite", _)) => sqlite::database::open(url, options).await,
        Some(("postgres" | "postgresql", _)) => postgres::database::open(url, options).await,
        // The URL may hold a password: only its scheme is repeated.
        other => {
            let scheme = other.map_or("no scheme", |(scheme, _)| scheme);
            Err(StoreError::Database(format!("a database URL starts with sqlite: or postgres://, not with {scheme:?}")))
        }
    }
}

/// Separates what the database said (`Ok`) from what the way to it did (`Err`).
fn driver_error(error: sqlx::Error) -> Result<Box<dyn sqlx::error::DatabaseError>, StoreError> {
    match error {
        sqlx::Error::Database(error) => Ok(error),
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed => Err(StoreError::Unavailable(error.to_string())),
        other => Err(StoreError::Database(other.to_string())),
    }
}

/// What a log belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ScopeKind {
    /// People, tokens and the list of projects of one tenant. `id == tenant_id`.
    Tenant,
    /// One project.
    Project,
}

/// The full name of a log. A log is never asked for by its id alone: both databases look for the tenant, too, so that the
/// id of somebody else's finds nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScopeRef<'a> {
    /// Owning tenant.
    pub tenant_id: &'a str,
    /// Scope id.
    pub id: &'a str,
}

impl<'a> ScopeRef<'a> {
    /// The log of a tenant itself.
    pub fn tenant(id: &'a str) -> Self {
        Self { tenant_id: id, id }
    }
}

/// A log: its owner and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Made by us (`tnt_…`, `prj_…`).
    pub id: String,
    /// What it belongs to.
    pub kind: ScopeKind,
    /// Owning tenant.
    pub tenant_id: String,
    /// Project key (unique in the tenant) or tenant key (unique).
    pub key: String,
    /// Random, changed on restore.
    pub epoch: String,
    /// Last revision, 0 when nothing was committed yet.
    pub rev: u64,
}

impl Scope {
    /// Its full name.
    pub fn reference(&self) -> ScopeRef<'_> {
        ScopeRef { tenant_id: &self.tenant_id, id: &self.id }
    }
}

/// A current document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// `flag`, `configuration`, …
    pub kind: String,
    /// Unique in the kind.
    pub key: String,
    /// Revision that wrote it: its `ETag`.
    pub rev: u64,
    /// JSON in normal form.
    pub body: String,
}

/// A document as a change leaves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentWrite {
    /// `flag`, `configuration`, …
    pub kind: String,
    /// Unique in the kind.
    pub key: String,
    /// JSON in normal form; `None` removes.
    pub body: Option<String>,
}

/// Who did it and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribution {
    /// `user:usr_…`, `system:demo`.
    pub actor: String,
    /// Shown name of the actor at that time; read as empty once it was redacted.
    pub actor_name: String,
    /// What they came with: `session`, `token:tok_…`, `system`.
    pub via: String,
    /// `flag.create`, `configuration.update`, …
    pub action: String,
    /// The author's words; read as empty once they were redacted.
    pub reason: String,
    /// W3C trace id, 32 hex digits.
    pub trace_id: String,
    /// When.
    pub at: Millis,
}

/// A change to be made.
#[derive(Clone, Debug)]
pub struct Commit {
    /// Whose log, and whose rows: nothing of another tenant is read or written.
    pub tenant_id: String,
    /// Which log.
    pub scope_id: String,
    /// The state it was decided on; another one refuses with [`CommitError::Stale`]. `None`: whatever it is.
    pub expected: Option<(String, u64)>,
    /// Who and why.
    pub attribution: Attribution,
    /// Documents it leaves. May be empty only when `rows` is not.
    pub documents: Vec<DocumentWrite>,
    /// Ordinary rows written in the same transaction.
    pub rows: Vec<RowWrite>,
}

/// A change that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its revision.
    pub rev: u64,
    /// Who and why.
    pub attribution: Attribution,
    /// Hash of the previous change, 64 hex digits (zeros for the first).
    pub prev_hash: String,
    /// Chained over `prev_hash`, the attribution and the documents: see [`chain`].
    pub hash: String,
    /// Documents it left, without those that were redacted.
    pub documents: Vec<DocumentWrite>,
    /// Kind and key of documents whose text was redacted.
    pub redacted: Vec<(String, String)>,
}

/// Which changes to list, newest first.
#[derive(Clone, Debug, Default)]
pub struct HistoryQuery {
    /// Only changes that touched this kind.
    pub kind: Option<String>,
    /// Only changes that touched this key (exact) of that kind.
    pub key: Option<String>,
    /// Only changes that touched a configuration of this flag or the flag itself (key suffix `/flag`).
    pub flag: Option<String>,
    /// Only this actor.
    pub actor: Option<String>,
    /// Only this trace id.
    pub trace_id: Option<String>,
    /// Only revisions below this one.
    pub before: Option<u64>,
    /// At most this many.
    pub limit: u32,
}

/// Why a commit did not happen. Nothing was written, with one exception: [`StoreError::Unavailable`] can also mean that
/// the database did not say whether it committed. Who must know looks at the scope's revision again.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The scope is at another version than expected: decide again.
    #[error("the scope is at {epoch}:{rev} now")]
    Stale {
        /// Current epoch.
        epoch: String,
        /// Current revision.
        rev: u64,
    },
    /// No such scope.
    #[error("no such scope")]
    NoScope,
    /// A unique row exists (`tenant.key`, `scope.key`, `user.email`, `token`, `passkey`, `identity`), or a `link` was used before.
    #[error("{0} is taken")]
    Taken(&'static str),
    /// The tenant would have more of something than its quota.
    #[error("{used} {name} of {most} are used, and {adding} more do not fit")]
    Full {
        /// Of which quota.
        name: &'static str,
        /// What the tenant has.
        used: u64,
        /// What the commit would add.
        adding: u64,
        /// What the tenant may have.
        most: u64,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The database failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached or did not answer in time.
    #[error("database unavailable: {0}")]
    Unavailable(String),
    /// It answered with an error.
    #[error("database error: {0}")]
    Database(String),
    /// It was here and was taken out on purpose.
    #[error("{0}")]
    Gone(Gone),
    /// A stored row is not what we wrote.
    #[error("damaged row in {table}: {what}")]
    Damaged {
        /// Where.
        table: &'static str,
        /// What is wrong.
        what: String,
    },
}

/// Why something of the past is not here any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Gone {
    /// Somebody redacted it.
    #[error("this version was redacted")]
    Redacted,
    /// It lies behind a prune mark.
    #[error("revision {0} and what was before it were pruned")]
    Pruned(u64),
}

/// The promises of a database. Every method has a deadline and returns [`StoreError::Unavailable`] when it passes.
#[async_trait]
pub trait Store: WebhookStore + Send + Sync + 'static {
    /// Makes a change. Returns the new revision and the hash. One that leaves the tenant with more of something than its
    /// quota ([`StoreOptions::quotas`]) is refused; what adds nothing never is.
    async fn commit(&self, commit: Commit) -> Result<Change, CommitError>;

    /// Every scope of every tenant with its version: what the hub polls.
    async fn scopes(&self) -> Result<Vec<Scope>, StoreError>;
    /// One scope, whoever owns it: the hub's look at what it was woken for.
    async fn scope(&self, id: &str) -> Result<Option<Scope>, StoreError>;
    /// All current documents of a scope and the version they are of, read in one transaction.
    async fn load(&self, scope: ScopeRef<'_>) -> Result<Option<(Scope, Vec<Document>)>, StoreError>;
    /// One current document.
    async fn document(&self, scope: ScopeRef<'_>, kind: &str, key: &str) -> Result<Option<Document>, StoreError>;
    /// Changes after a revision, oldest first, at most `limit`.
    async fn changes(&self, scope: ScopeRef<'_>, after: u64, limit: u32) -> Result<Vec<Change>, StoreError>;
    /// One change.
    async fn change(&self, scope: ScopeRef<'_>, rev: u64) -> Result<Option<Change>, StoreError>;
    /// Changes, newest first.
    async fn history(&self, scope: ScopeRef<'_>, query: HistoryQuery) -> Result<Vec<Change>, StoreError>;
    /// One document as it was at a revision (the newest write at or below it); `None` when it was absent then,
    /// [`StoreError::Gone`] when that is not known any more.
    async fn document_at(
        &self,
        scope: ScopeRef<'_>,
        kind: &str,
        key: &str,
        rev: u64,
    ) -> Result<Option<Document>, StoreError>;
    /// All documents as they were at a revision.
    async fn documents_at(&self, scope: ScopeRef<'_>, rev: u64) -> Result<Vec<Document>, StoreError>;

    /// Changes after a revision as evidence, oldest first, at most `limit`.
    async fn entries(&self, scope: ScopeRef<'_>, after: u64, limit: u32) -> Result<Vec<chain::Entry>, StoreError>;
    /// Changes of several logs as evidence, newest first.
    async fn audit(&self, query: AuditQuery) -> Result<Vec<chain::Entry>, StoreError>;
    /// What each of these documents (kind, key) was at a revision, in the order asked.
    async fn past(
        &self,
        scope: ScopeRef<'_>,
        rev: u64,
        documents: &[(String, String)],
    ) -> Result<Vec<Past>, StoreError>;
    /// What pruning up to a revision would remove; `None` when there is nothing to remove.
    async fn prunable(&self, scope: ScopeRef<'_>, through: u64) -> Result<Option<Prunable>, StoreError>;
    /// The newest revision made before an instant, if nothing older than that came after it.
    async fn rev_before(&self, scope: ScopeRef<'_>, at: Millis) -> Result<u64, StoreError>;
    /// Up to where the log was pruned, 0 for never; and the documents that lived then, after one of them (kind, key), at
    /// most `limit`.
    async fn base(
        &self,
        scope: ScopeRef<'_>,
        after: Option<(String, String)>,
        limit: u32,
    ) -> Result<(u64, Vec<BaseDocument>), StoreError>;

    /// Logs that moved since their last head, without signature, at most `limit`.
    async fn moved(&self, limit: u32) -> Result<Vec<Head>, StoreError>;
    /// Keeps a signed head; false when another node was faster. Only the newest hundred of a log are kept.
    async fn insert_head(&self, head: &SignedHead) -> Result<bool, StoreError>;
    /// Heads that were not shipped yet, oldest first, at most `limit`.
    async fn unshipped_heads(&self, limit: u32) -> Result<Vec<SignedHead>, StoreError>;
    /// Notes that a head was shipped.
    async fn head_shipped(&self, scope: ScopeRef<'_>, rev: u64) -> Result<(), StoreError>;
    /// Heads of a log, newest first, at most `limit`.
    async fn heads(&self, scope: ScopeRef<'_>, limit: u32) -> Result<Vec<SignedHead>, StoreError>;
    /// Keeps a signing key.
    async fn insert_signing_key(&self, key: &SigningKey) -> Result<(), StoreError>;
    /// All of them, the one in use first.
    async fn signing_keys(&self) -> Result<Vec<SigningKey>, StoreError>;

    /// Adds refused attempts to the security log, and forgets what is older than `keep_from` or beyond `keep_rows`.
    async fn add_refusals(&self, refusals: &[Refused], keep_from: Millis, keep_rows: u32) -> Result<(), StoreError>;
    /// The security log of a tenant (`""`: what belongs to none), newest first.
    async fn refusals(&self, query: RefusedQuery) -> Result<Vec<Refused>, StoreError>;
    /// How many documents a tenant has that count.
    async fn used(&self, tenant_id: &str, counted: Counted, now: Millis) -> Result<u64, StoreError>;
    /// When each of them was first written, as far as the log goes back; oldest first.
    async fn made_at(&self, tenant_id: &str, counted: Counted, now: Millis) -> Result<Vec<Millis>, StoreError>;
    /// Characters of a tenant's current documents. Reads all of them: not for every request.
    async fn stored(&self, tenant_id: &str) -> Result<u64, StoreError>;

    /// By id.
    async fn user(&self, id: &str) -> Result<Option<User>, StoreError>;
    /// Somebody's own account, by e-mail address, compared in lower case.
    async fn user_by_email(&self, email: &str) -> Result<Option<User>, StoreError>;
    /// The account that a tenant's directory or identity provider made for an address, compared in lower case.
    async fn user_of_tenant(&self, tenant_id: &str, email: &str) -> Result<Option<User>, StoreError>;
    /// Whether any person has been made yet.
    async fn any_user(&self) -> Result<bool, StoreError>;
    /// Tenants a user belongs to.
    async fn memberships(&self, user_id: &str) -> Result<Vec<Membership>, StoreError>;
    /// Everybody in a tenant, service accounts too.
    async fn members(&self, tenant_id: &str) -> Result<Vec<User>, StoreError>;
    /// Tenant by id.
    async fn tenant(&self, id: &str) -> Result<Option<Tenant>, StoreError>;

    /// What signing in needs beside passwords.
    fn sign_in(&self) -> &dyn SignInStore;
    /// Starts a session.
    async fn insert_session(&self, session: &Session) -> Result<(), StoreError>;
    /// By hash of its id, unexpired at `now`.
    async fn session(&self, hash: &str, now: Millis) -> Result<Option<Session>, StoreError>;
    /// Ends a session.
    async fn delete_session(&self, hash: &str) -> Result<(), StoreError>;
    /// By hash, unexpired and unrevoked at `now`, of somebody who is still a member.
    async fn access_token(&self, hash: &str, now: Millis) -> Result<Option<AccessToken>, StoreError>;
    /// Of a tenant, revoked ones too, by id.
    async fn access_tokens(&self, tenant_id: &str) -> Result<Vec<AccessToken>, StoreError>;
    /// Notes when a token was last used (at most once a minute by the caller).
    async fn touch_access_token(&self, tenant_id: &str, id: &str, at: Millis) -> Result<(), StoreError>;
    /// Makes a one-time link.
    async fn insert_link(&self, link: &OneTimeLink) -> Result<(), StoreError>;
    /// By hash, unused and unexpired at `now`. Used up by [`RowWrite::UseLink`] or [`Store::use_link`].
    async fn link(&self, hash: &str, now: Millis) -> Result<Option<OneTimeLink>, StoreError>;
    /// Uses a link up; false when somebody was faster.
    async fn use_link(&self, hash: &str, now: Millis) -> Result<bool, StoreError>;

    /// Adds evaluation counts, once for each batch id, all batches or none; a batch seen before changes nothing.
    async fn add_counts(&self, at: Millis, batches: &[CountBatch<'_>]) -> Result<(), StoreError>;
    /// Sums by environment, flag, variant, reason, SDK and hour; the newest 100,000.
    async fn counts(&self, query: CountQuery) -> Result<Vec<Count>, StoreError>;

    /// Answers when the database does.
    async fn ping(&self) -> Result<(), StoreError>;
    /// Scope ids that other nodes committed to (Postgres NOTIFY). Hints: may be lost or doubled. `None`: no such channel.
    fn hints(&self) -> Option<tokio::sync::broadcast::Receiver<String>>;
}
