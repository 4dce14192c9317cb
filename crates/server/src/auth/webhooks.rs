//! Webhooks of a tenant: their documents, and what lies sealed beside them.

use std::time::Duration;

use yardarm_store::{
    Delivery, DeliveryQuery, DeliveryState, NewDelivery, RowWrite, WebhookCursor, WebhookRow, WebhookWrite,
};

use super::access::TenantAccess;
use super::right::{Right, can};
use super::tenant_change::{TenantNow, TenantWrite};
use super::{fresh, refusal};
use crate::problem::{Problem, ProblemError};
use crate::sealer::Place;
use crate::webhooks::deliver::{self, CLAIM_MS};
use crate::webhooks::document::{Format, KIND, WebhookDocument};
use crate::webhooks::{Webhook, message, signature};

/// Webhooks of a tenant.
const MOST: usize = 50;
/// Deliveries that are sent again at once.
pub(crate) const MOST_REPLAYED: u32 = 1_000;

/// What a new webhook is made of.
pub(crate) struct NewWebhook {
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) format: Format,
    pub(crate) actions: Vec<String>,
    pub(crate) projects: Vec<String>,
    pub(crate) environments: Vec<String>,
    pub(crate) enabled: bool,
}

/// What is to be another.
#[derive(Default)]
pub(crate) struct WebhookPatch {
    pub(crate) name: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) format: Option<Format>,
    pub(crate) actions: Option<Vec<String>>,
    pub(crate) projects: Option<Vec<String>>,
    pub(crate) environments: Option<Vec<String>>,
    pub(crate) enabled: Option<bool>,
}

/// A webhook, its revision, and what lies beside it.
pub(crate) struct Shown {
    pub(crate) row: WebhookRow,
    pub(crate) rev: u64,
    pub(crate) document: WebhookDocument,
}

impl<R: Right> TenantAccess<R> {
    /// All of them.
    pub(crate) async fn webhooks(&self) -> Result<Vec<Shown>, Problem> {
        let rows = self.request.gate.store.webhooks(&self.tenant().id).await?;
        let read = rows.into_iter().filter_map(|(row, rev, body)| {
            let document = WebhookDocument::read(&row.id, &body)?;
            Some(Shown { row, rev, document })
        });
        Ok(read.collect())
    }

    /// One of them.
    pub(crate) async fn webhook(&self, id: &str) -> Result<Shown, Problem> {
        let webhooks = self.webhooks().await?;
        webhooks.into_iter().find(|shown| shown.row.id == id).ok_or_else(refusal::not_found)
    }

    /// What was sent to one, newest first.
    pub(crate) async fn deliveries(&self, id: &str, query: DeliveryQuery) -> Result<Vec<Delivery>, Problem> {
        let store = &self.request.gate.store;
        let row = store.webhook(&self.tenant().id, id).await?.ok_or_else(refusal::not_found)?;
        Ok(store.deliveries(DeliveryQuery { tenant_id: row.tenant_id, webhook_id: row.id, ..query }).await?)
    }
}

impl TenantAccess<can::WebhookManage> {
    /// Makes one; gives it with its secret, which nobody is shown again.
    pub(crate) async fn create_webhook(&self, new: NewWebhook) -> Result<(Shown, String), Problem> {
        let gate = &self.request.gate;
        let id = fresh::id("whk");
        if self.webhooks().await?.len() >= MOST {
            return Err(refusal::too_many_webhooks(MOST));
        }
        let url = self.checked(&new.url).await?;
        let secret = signature::secret(&gate.random());
        let row = WebhookRow {
            id: id.clone(),
            tenant_id: self.tenant().id.clone(),
            secret: self.sealed(&id, deliver::SECRET, &secret)?,
            previous_secret: None,
            previous_until: None,
            url: self.sealed_url(&id, new.format, &url)?,
            delivered_at: None,
        };
        let NewWebhook { name, format, actions, projects, environments, enabled, url: _ } = new;
        let document = WebhookDocument {
            name,
            url: format.shown(&url),
            url_set_at: self.now(),
            format,
            actions,
            projects,
            environments,
            enabled,
            disabled_reason: None,
            created_at: self.now(),
        };
        let from = self.places().await?;
        let rev = self
            .write_webhook(&id, |_| {
                let insert = WebhookWrite::Insert { row: row.clone(), from: from.clone() };
                Ok((Some(Some(document.clone())), vec![insert]))
            })
            .await?;
        Ok((Shown { row, rev, document }, secret))
    }

    /// Changes one.
    pub(crate) async fn update_webhook(&self, id: &str, patch: WebhookPatch) -> Result<Shown, Problem> {
        // Before the address is looked up: nobody learns anything by way of what is not theirs.
        let shown = self.webhook(id).await?;
        let url = match &patch.url {
            Some(url) => Some(self.checked(url).await?),
            None => None,
        };
        if patch.format.is_some_and(|format| format != shown.document.format) && url.is_none() {
            let message = "another format needs the address again, because addresses of Slack are kept sealed";
            return Err(refusal::invalid(vec![refusal::wrong("/url", "missing", message)]));
        }
        // Enabled again it listens from now on: what happened meanwhile is in the history.
        let places = if patch.enabled == Some(true) { self.places().await? } else { Vec::new() };
        self.write_webhook(id, |stored| {
            let (rev, stored) = stored.ok_or_else(refusal::not_found)?;
            self.request.check_revision(rev)?;
            let mut document = stored.clone();
            let mut rows = Vec::new();
            document.format = patch.format.unwrap_or(stored.format);
            if let Some(url) = &url {
                document.url = document.format.shown(url);
                document.url_set_at = self.now();
                let url = self.sealed_url(id, document.format, url)?;
                rows.push(WebhookWrite::SetUrl { id: id.to_owned(), url });
            }
            document.name = patch.name.clone().unwrap_or(document.name);
            document.actions = patch.actions.clone().unwrap_or(document.actions);
            document.projects = patch.projects.clone().unwrap_or(document.projects);
            document.environments = patch.environments.clone().unwrap_or(document.environments);
            document.enabled = patch.enabled.unwrap_or(stored.enabled);
            if document.enabled && !stored.enabled {
                document.disabled_reason = None;
                rows.push(WebhookWrite::Seek { id: id.to_owned(), to: places.clone() });
            }
            Ok(if document == stored && rows.is_empty() { (None, rows) } else { (Some(Some(document)), rows) })
        })
        .await?;
        self.webhook(id).await
    }

    /// Ends one, with what waits for it.
    pub(crate) async fn remove_webhook(&self, id: &str) -> Result<(), Problem> {
        self.write_webhook(id, |stored| {
            let (rev, _) = stored.ok_or_else(refusal::not_found)?;
            self.request.check_revision(rev)?;
            Ok((Some(None), vec![WebhookWrite::Delete { id: id.to_owned() }]))
        })
        .await?;
        Ok(())
    }

    /// Gives one another secret; both sign for a while.
    pub(crate) async fn rotate_webhook_secret(&self, id: &str, overlap: Duration) -> Result<(Shown, String), Problem> {
        let secret = signature::secret(&self.request.gate.random());
        let sealed = self.sealed(id, deliver::SECRET, &secret)?;
        let overlap = i64::try_from(overlap.as_millis()).unwrap_or_default();
        self.write_webhook(id, |stored| {
            stored.ok_or_else(refusal::not_found)?;
            let previous_until = self.now().saturating_add(overlap);
            let rotate = WebhookWrite::Rotate { id: id.to_owned(), secret: sealed.clone(), previous_until };
            Ok((None, vec![rotate]))
        })
        .await?;
        Ok((self.webhook(id).await?, secret))
    }

    /// Sends a ping now, once, and says what came of it. A disabled webhook is tried as well.
    pub(crate) async fn test_webhook(&self, id: &str) -> Result<Delivery, Problem> {
        let gate = &self.request.gate;
        let tenant_id = self.tenant().id.clone();
        let message_id = format!("msg_{}", &fresh::id("")[1..]);
        let at = self.now();
        let ping = NewDelivery {
            id: message_id.clone(),
            scope_id: tenant_id.clone(),
            rev: 0,
            event: message::PING.to_owned(),
            // Nobody else sends it before this does.
            due_at: at + CLAIM_MS,
        };
        self.write_webhook(id, |stored| {
            stored.ok_or_else(refusal::not_found)?;
            Ok((None, vec![WebhookWrite::Queue { id: id.to_owned(), delivery: ping.clone(), at }]))
        })
        .await?;
        let webhook = Webhook::now(gate, &tenant_id, id).await?.ok_or_else(refusal::not_found)?;
        let delivery = self.delivery(id, &message_id).await?;
        let outcome = deliver::attempt(gate, &webhook, &delivery).await?;
        deliver::settle(gate, &webhook, &delivery, &outcome).await?;
        self.delivery(id, &message_id).await
    }

    /// Sends deliveries again, those that the query finds, at most [`MOST_REPLAYED`]. Gives how many.
    pub(crate) async fn replay(&self, id: &str, query: DeliveryQuery) -> Result<usize, Problem> {
        let found = self.deliveries(id, DeliveryQuery { limit: MOST_REPLAYED, ..query }).await?;
        // What waits is sent anyway.
        let again = found.into_iter().filter(|delivery| delivery.state != DeliveryState::Waiting);
        let deliveries: Vec<String> = again.map(|delivery| delivery.id).collect();
        let count = deliveries.len();
        if count > 0 {
            let at = self.now();
            self.write_webhook(id, |stored| {
                stored.ok_or_else(refusal::not_found)?;
                Ok((None, vec![WebhookWrite::Replay { id: id.to_owned(), deliveries: deliveries.clone(), at }]))
            })
            .await?;
        }
        Ok(count)
    }

    /// One delivery of one webhook.
    pub(crate) async fn delivery(&self, id: &str, delivery: &str) -> Result<Delivery, Problem> {
        let query = DeliveryQuery { id: Some(delivery.to_owned()), limit: 1, ..DeliveryQuery::default() };
        self.deliveries(id, query).await?.pop().ok_or_else(refusal::not_found)
    }

    /// The one judgement about addresses, for a new one, for another one, and (in `deliver`) for each attempt.
    async fn checked(&self, url: &str) -> Result<String, Problem> {
        let refused = |error: &dyn std::fmt::Display| -> ProblemError {
            refusal::wrong("/url", "address_refused", error.to_string())
        };
        match self.request.gate.outbound.check(url).await {
            Ok(target) => Ok(target.as_str().to_owned()),
            Err(error) => Err(refusal::invalid(vec![refused(&error)])),
        }
    }

    fn sealed(&self, id: &str, column: &str, text: &str) -> Result<String, Problem> {
        let place = Place { owner: &self.tenant().id, row: id, column };
        self.request.gate.sealer.seal(&place, text.as_bytes()).map_err(refusal::not_sealed)
    }

    fn sealed_url(&self, id: &str, format: Format, url: &str) -> Result<Option<String>, Problem> {
        match format {
            Format::Slack => self.sealed(id, deliver::URL, url).map(Some),
            Format::Standard => Ok(None),
        }
    }

    /// Where the tenant's logs stand now.
    async fn places(&self) -> Result<Vec<WebhookCursor>, Problem> {
        let scopes = self.request.gate.store.scopes().await?;
        let own = scopes.into_iter().filter(|scope| scope.tenant_id == self.tenant().id);
        Ok(own.map(|scope| WebhookCursor { scope_id: scope.id, epoch: scope.epoch, rev: scope.rev }).collect())
    }

    /// Decides on the newest document (with its revision) and commits on exactly that: another one, none (`Some(None)`) or
    /// the same (`None`), and rows. Nothing to write is nothing written. Gives the tenant's revision.
    async fn write_webhook(
        &self,
        id: &str,
        decide: impl Fn(
            Option<(u64, WebhookDocument)>,
        ) -> Result<(Option<Option<WebhookDocument>>, Vec<WebhookWrite>), Problem>
        + Send,
    ) -> Result<u64, Problem> {
        let decide = move |now: &TenantNow<'_>| {
            let stored = now.state.document(KIND, id);
            let read =
                stored.and_then(|stored| Some((stored.rev, WebhookDocument::read(id, &stored.body.to_string())?)));
            let (document, rows) = decide(read)?;
            let mut documents = Vec::new();
            if let Some(document) = document {
                let body = document.map(serde_json::to_value).transpose().map_err(refusal::internal)?;
                documents.push((KIND, id.to_owned(), body));
            }
            Ok((TenantWrite { documents, rows: rows.into_iter().map(RowWrite::Webhook).collect() }, ()))
        };
        Ok(self.decide(decide).await?.0)
    }
}
