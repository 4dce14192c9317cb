//! The database as a [`WebhookStore`]: transactions and deadlines around the statements of `webhooks`.

use async_trait::async_trait;

use super::database::Database;
use super::{dialect, webhooks};
use crate::reach::Reach;
use crate::{
    Attempt, Backlog, Delivery, DeliveryQuery, Millis, NewDelivery, StoreError, WebhookCursor, WebhookRow,
    WebhookStore, text,
};

#[async_trait]
impl WebhookStore for Database {
    async fn webhooks(&self, tenant_id: &str) -> Result<Vec<(WebhookRow, u64, String)>, StoreError> {
        let reach = Reach::Tenant(tenant_id);
        self.within(async { webhooks::webhooks(&mut *self.read(reach).await?, tenant_id).await }).await
    }

    async fn webhook(&self, tenant_id: &str, id: &str) -> Result<Option<WebhookRow>, StoreError> {
        if text::has_nul([id]) {
            return Ok(None);
        }
        let reach = Reach::Tenant(tenant_id);
        self.within(async { webhooks::webhook(&mut *self.read(reach).await?, tenant_id, id).await }).await
    }

    async fn webhook_cursors(&self, tenant_id: &str, webhook_id: &str) -> Result<Vec<WebhookCursor>, StoreError> {
        let reach = Reach::Tenant(tenant_id);
        self.within(async { webhooks::cursors(&mut *self.read(reach).await?, tenant_id, webhook_id).await }).await
    }

    async fn delivery_backlog(&self, tenant_id: &str, webhook_id: &str) -> Result<Backlog, StoreError> {
        let reach = Reach::Tenant(tenant_id);
        self.within(async { webhooks::backlog(&mut *self.read(reach).await?, tenant_id, webhook_id).await }).await
    }

    async fn queue_deliveries(
        &self,
        tenant_id: &str,
        webhook_id: &str,
        from: Option<&WebhookCursor>,
        to: &WebhookCursor,
        deliveries: &[NewDelivery],
        at: Millis,
    ) -> Result<bool, StoreError> {
        self.within(async {
            let mut transaction = self.begin(Reach::Tenant(tenant_id)).await?;
            let moved = webhooks::queue(&mut transaction, tenant_id, webhook_id, from, to, deliveries, at).await?;
            transaction.commit().await.map_err(dialect::error)?;
            Ok(moved)
        })
        .await
    }

    async fn claim_deliveries(
        &self,
        tenant_id: &str,
        webhook_id: &str,
        now: Millis,
        until: Millis,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        self.within(async {
            let mut transaction = self.begin(Reach::Tenant(tenant_id)).await?;
            let claimed = webhooks::claim(&mut transaction, tenant_id, webhook_id, now, until, limit).await?;
            transaction.commit().await.map_err(dialect::error)?;
            Ok(claimed)
        })
        .await
    }

    async fn settle_delivery(
        &self,
        tenant_id: &str,
        delivery: &Delivery,
        attempt: &Attempt,
    ) -> Result<bool, StoreError> {
        self.within(async {
            let mut transaction = self.begin(Reach::Tenant(tenant_id)).await?;
            let settled = webhooks::settle(&mut transaction, tenant_id, delivery, attempt).await?;
            transaction.commit().await.map_err(dialect::error)?;
            Ok(settled)
        })
        .await
    }

    async fn deliveries(&self, query: DeliveryQuery) -> Result<Vec<Delivery>, StoreError> {
        let names = [Some(&query.webhook_id), query.id.as_ref()];
        if text::has_nul(names.into_iter().flatten().map(String::as_str)) {
            return Ok(Vec::new());
        }
        let reach = Reach::Tenant(&query.tenant_id);
        self.within(async { webhooks::deliveries(&mut *self.read(reach).await?, &query).await }).await
    }

    async fn forget_deliveries(&self, tenant_id: &str, before: Millis) -> Result<(), StoreError> {
        self.within(async {
            let mut transaction = self.begin(Reach::Tenant(tenant_id)).await?;
            webhooks::forget(&mut transaction, tenant_id, before).await?;
            transaction.commit().await.map_err(dialect::error)
        })
        .await
    }
}
