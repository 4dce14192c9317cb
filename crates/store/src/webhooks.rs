//! Rows of webhooks: secrets, cursors into the logs, deliveries.

use async_trait::async_trait;

use crate::{Millis, StoreError};

/// What lies beside the document of a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookRow {
    /// `whk_…`, also the key of its document.
    pub id: String,
    /// Owning tenant, in whose log its document is.
    pub tenant_id: String,
    /// What it signs with, sealed.
    pub secret: String,
    /// What it signed with before, sealed.
    pub previous_secret: Option<String>,
    /// Until when it signs with that, too.
    pub previous_until: Option<Millis>,
    /// Its address, sealed, when that is a secret by itself.
    pub url: Option<String>,
    /// When something was last delivered.
    pub delivered_at: Option<Millis>,
}

/// How far a webhook has read a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookCursor {
    /// Which log.
    pub scope_id: String,
    /// Its epoch then.
    pub epoch: String,
    /// Its last revision that was looked at.
    pub rev: u64,
}

/// How a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// It is sent when it is due.
    Waiting,
    /// It was accepted.
    Delivered,
    /// It was given up.
    Failed,
}

impl DeliveryState {
    /// `waiting`, `delivered`, `failed`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }

    /// What [`Self::as_str`] says.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Waiting, Self::Delivered, Self::Failed].into_iter().find(|state| state.as_str() == text)
    }
}

/// A message for a webhook, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Which webhook.
    pub webhook_id: String,
    /// Its number among the webhook's.
    pub position: u64,
    /// `msg_…`: the same however often it is sent.
    pub id: String,
    /// Log of its change; the tenant's for a ping.
    pub scope_id: String,
    /// Revision of its change; 0 for a ping.
    pub rev: u64,
    /// `configuration.update`, `webhook.ping`.
    pub event: String,
    /// When it was queued.
    pub created_at: Millis,
    /// How it stands.
    pub state: DeliveryState,
    /// How often sending was begun.
    pub attempts: u32,
    /// When it is sent next, while it is waiting.
    pub due_at: Millis,
    /// When the last attempt ended.
    pub attempted_at: Option<Millis>,
    /// HTTP status of the last answer.
    pub status: Option<u16>,
    /// How long the last attempt took.
    pub took_ms: Option<u64>,
    /// Why the last attempt got no answer, or why it was given up.
    pub error: Option<String>,
}

/// What waits for a webhook.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Deliveries.
    pub waiting: u64,
    /// When the first of them is due.
    pub due_at: Option<Millis>,
}

/// A message to be queued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDelivery {
    /// `msg_…`: one that is there already is not queued again.
    pub id: String,
    /// Log of its change.
    pub scope_id: String,
    /// Revision of its change.
    pub rev: u64,
    /// Its action.
    pub event: String,
    /// When it is due.
    pub due_at: Millis,
}

/// What an attempt came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// How the delivery stands after it.
    pub state: DeliveryState,
    /// When it is sent again, if it waits.
    pub due_at: Millis,
    /// When the attempt ended.
    pub at: Millis,
    /// HTTP status.
    pub status: Option<u16>,
    /// How long it took.
    pub took_ms: u64,
    /// Why there was no answer.
    pub error: Option<String>,
}

/// Which deliveries, newest first.
#[derive(Clone, Debug, Default)]
pub struct DeliveryQuery {
    /// Tenant of the webhook.
    pub tenant_id: String,
    /// Which webhook.
    pub webhook_id: String,
    /// Only this one.
    pub id: Option<String>,
    /// Only in this state.
    pub state: Option<DeliveryState>,
    /// Only those queued at or after this instant.
    pub since: Option<Millis>,
    /// Only those queued before this instant.
    pub until: Option<Millis>,
    /// Only positions below this one.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: u32,
}

/// A row of a webhook that is written inside a commit.
#[derive(Clone, Debug)]
pub enum WebhookWrite {
    /// A new one, that listens from these places in the logs on.
    Insert {
        /// The row.
        row: WebhookRow,
        /// Where it begins to read.
        from: Vec<WebhookCursor>,
    },
    /// Another secret, the one until now being good until then.
    Rotate {
        /// Which webhook.
        id: String,
        /// Sealed.
        secret: String,
        /// Until when the old one is used, too.
        previous_until: Millis,
    },
    /// Another address.
    SetUrl {
        /// Which webhook.
        id: String,
        /// Sealed, or none when the document has it.
        url: Option<String>,
    },
    /// Listens from these places on: what happened before is not told.
    Seek {
        /// Which webhook.
        id: String,
        /// Where it goes on reading.
        to: Vec<WebhookCursor>,
    },
    /// The end of one, with its cursors and deliveries.
    Delete {
        /// Which webhook.
        id: String,
    },
    /// Queues a message that is of no log: a ping.
    Queue {
        /// Which webhook.
        id: String,
        /// The message.
        delivery: NewDelivery,
        /// When.
        at: Millis,
    },
    /// Sends deliveries again, under their ids, as if for the first time.
    Replay {
        /// Which webhook.
        id: String,
        /// Which deliveries.
        deliveries: Vec<String>,
        /// When they are due.
        at: Millis,
    },
}

impl WebhookWrite {
    /// Which webhook.
    pub fn id(&self) -> &str {
        match self {
            Self::Insert { row, from: _ } => &row.id,
            Self::Rotate { id, .. }
            | Self::SetUrl { id, .. }
            | Self::Seek { id, .. }
            | Self::Delete { id }
            | Self::Queue { id, .. }
            | Self::Replay { id, .. } => id,
        }
    }
}

/// The promises about webhooks, a part of [`crate::Store`]'s: all of them within one tenant.
#[async_trait]
pub trait WebhookStore: Send + Sync + 'static {
    /// Webhooks of a tenant, with the revision and the body of their documents.
    async fn webhooks(&self, tenant_id: &str) -> Result<Vec<(WebhookRow, u64, String)>, StoreError>;
    /// Of a tenant, by id.
    async fn webhook(&self, tenant_id: &str, id: &str) -> Result<Option<WebhookRow>, StoreError>;
    /// How far a webhook has read each log.
    async fn webhook_cursors(&self, tenant_id: &str, webhook_id: &str) -> Result<Vec<WebhookCursor>, StoreError>;
    /// What waits for a webhook, and since when it is due.
    async fn delivery_backlog(&self, tenant_id: &str, webhook_id: &str) -> Result<Backlog, StoreError>;
    /// Moves a cursor and queues what lies between, in one transaction. False, and nothing happens, when the cursor is not
    /// where it was (`None`: nowhere yet): another node was faster, or the webhook has gone.
    async fn queue_deliveries(
        &self,
        tenant_id: &str,
        webhook_id: &str,
        from: Option<&WebhookCursor>,
        to: &WebhookCursor,
        deliveries: &[NewDelivery],
        at: Millis,
    ) -> Result<bool, StoreError>;
    /// Takes deliveries that are due at `now`, each for one caller only, until `until`: then they are due again.
    async fn claim_deliveries(
        &self,
        tenant_id: &str,
        webhook_id: &str,
        now: Millis,
        until: Millis,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError>;
    /// Says what came of a delivery that was claimed; false when it was claimed by somebody else since.
    async fn settle_delivery(
        &self,
        tenant_id: &str,
        delivery: &Delivery,
        attempt: &Attempt,
    ) -> Result<bool, StoreError>;
    /// Deliveries of a webhook, newest first.
    async fn deliveries(&self, query: DeliveryQuery) -> Result<Vec<Delivery>, StoreError>;
    /// Removes some of a tenant's deliveries that ended and were queued before an instant.
    async fn forget_deliveries(&self, tenant_id: &str, before: Millis) -> Result<(), StoreError>;
}
