//! Webhooks: secrets, cursors, deliveries.

use std::sync::Arc;

use yardarm_store::{
    Attempt, Delivery, DeliveryQuery, DeliveryState, NewDelivery, RowWrite, Store, WebhookCursor, WebhookRow,
    WebhookWrite,
};

use crate::bench::{NOW, commit, make_tenant, put, rows};

fn row(id: &str, tenant_id: &str) -> WebhookRow {
    WebhookRow {
        id: id.into(),
        tenant_id: tenant_id.into(),
        secret: "sealed".into(),
        previous_secret: None,
        previous_until: None,
        url: None,
        delivered_at: None,
    }
}

fn cursor(rev: u64) -> WebhookCursor {
    WebhookCursor { scope_id: "tnt_1".into(), epoch: "e".into(), rev }
}

fn message(id: &str, rev: u64) -> NewDelivery {
    NewDelivery { id: id.into(), scope_id: "tnt_1".into(), rev, event: "tenant.update".into(), due_at: NOW }
}

fn attempt(state: DeliveryState, due_at: i64) -> Attempt {
    Attempt { state, due_at, at: NOW + 7, status: Some(500), took_ms: 3, error: None }
}

async fn write(store: &dyn Store, tenant_id: &str, write: WebhookWrite) -> bool {
    store.commit(rows(tenant_id, vec![RowWrite::Webhook(write)])).await.is_ok()
}

/// `whk_1` of `tnt_1`, which has read its tenant's log up to revision 1.
async fn one_webhook(store: &dyn Store) {
    make_tenant(store, "tnt_1").await;
    make_tenant(store, "tnt_2").await;
    let insert = WebhookWrite::Insert { row: row("whk_1", "tnt_1"), from: vec![cursor(1)] };
    let mut made = commit("tnt_1", vec![put("webhook", "whk_1", r#"{"name":"CI"}"#)]);
    made.rows = vec![RowWrite::Webhook(insert)];
    store.commit(made).await.unwrap();
}

async fn all(store: &dyn Store) -> Vec<Delivery> {
    let query =
        DeliveryQuery { tenant_id: "tnt_1".into(), webhook_id: "whk_1".into(), limit: 10, ..Default::default() };
    store.deliveries(query).await.unwrap()
}

pub(crate) async fn a_webhook_is_of_one_tenant(store: Arc<dyn Store>) {
    let store = store.as_ref();
    one_webhook(store).await;
    let (found, rev, body) = store.webhooks("tnt_1").await.unwrap().pop().unwrap();
    assert_eq!((found, rev, body.as_str()), (row("whk_1", "tnt_1"), 2, r#"{"name":"CI"}"#));
    assert!(store.webhooks("tnt_2").await.unwrap().is_empty());
    assert_eq!(store.webhook("tnt_2", "whk_1").await.unwrap(), None);
    assert_eq!(store.webhook("tnt_1", "whk_1\0").await.unwrap(), None);
    assert!(store.webhook_cursors("tnt_2", "whk_1").await.unwrap().is_empty());

    let rotate = || WebhookWrite::Rotate { id: "whk_1".into(), secret: "new".into(), previous_until: NOW + 5 };
    assert!(!write(store, "tnt_2", rotate()).await, "of another tenant");
    assert!(!write(store, "tnt_2", WebhookWrite::Delete { id: "whk_1".into() }).await);
    let other = WebhookWrite::Insert { row: row("whk_2", "tnt_1"), from: vec![] };
    assert!(!write(store, "tnt_2", other).await);
    assert!(write(store, "tnt_1", rotate()).await);
    assert!(write(store, "tnt_1", WebhookWrite::SetUrl { id: "whk_1".into(), url: Some("sealed".into()) }).await);
    let found = store.webhook("tnt_1", "whk_1").await.unwrap().unwrap();
    assert_eq!((found.secret.as_str(), found.previous_secret.as_deref()), ("new", Some("sealed")));
    assert_eq!((found.previous_until, found.url.as_deref()), (Some(NOW + 5), Some("sealed")));

    store.queue_deliveries("tnt_1", "whk_1", Some(&cursor(1)), &cursor(2), &[message("m", 2)], NOW).await.unwrap();
    assert!(write(store, "tnt_1", WebhookWrite::Delete { id: "whk_1".into() }).await);
    assert!(all(store).await.is_empty() && store.webhook("tnt_1", "whk_1").await.unwrap().is_none());
}

pub(crate) async fn a_cursor_moves_once_and_queues_once(store: Arc<dyn Store>) {
    one_webhook(store.as_ref()).await;
    // Two nodes that read the same changes.
    let both = (0..8).map(|_| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let new = [message("m2", 2), message("m3", 3)];
            store.queue_deliveries("tnt_1", "whk_1", Some(&cursor(1)), &cursor(3), &new, NOW).await.unwrap()
        })
    });
    let mut moved = 0;
    for task in both.collect::<Vec<_>>() {
        moved += usize::from(task.await.unwrap());
    }
    assert_eq!(moved, 1);
    assert_eq!(store.webhook_cursors("tnt_1", "whk_1").await.unwrap(), [cursor(3)]);
    let listed: Vec<_> = all(store.as_ref()).await.into_iter().map(|d| (d.position, d.id)).collect();
    assert_eq!(listed, [(2, "m3".to_owned()), (1, "m2".to_owned())]);
    // Put back and read again: what is queued already is not queued again.
    let back = WebhookWrite::Seek { id: "whk_1".into(), to: vec![cursor(2)] };
    assert!(write(store.as_ref(), "tnt_1", back).await);
    let new = [message("m3", 3), message("m4", 4)];
    assert!(store.queue_deliveries("tnt_1", "whk_1", Some(&cursor(2)), &cursor(4), &new, NOW).await.unwrap());
    assert_eq!(all(store.as_ref()).await.len(), 3);
    // Another tenant's, another log that was never read, a webhook that is not there.
    assert!(!store.queue_deliveries("tnt_2", "whk_1", Some(&cursor(4)), &cursor(5), &[], NOW).await.unwrap());
    let project = WebhookCursor { scope_id: "prj_1".into(), ..cursor(1) };
    assert!(store.queue_deliveries("tnt_1", "whk_1", None, &project, &[], NOW).await.unwrap());
    assert!(!store.queue_deliveries("tnt_1", "whk_1", None, &project, &[], NOW).await.unwrap());
    assert!(!store.queue_deliveries("tnt_1", "whk_9", None, &project, &[], NOW).await.unwrap());
}

pub(crate) async fn a_due_delivery_is_given_to_one_caller(store: Arc<dyn Store>) {
    one_webhook(store.as_ref()).await;
    let new: Vec<_> = (2..12).map(|rev| message(&format!("m{rev}"), rev)).collect();
    store.queue_deliveries("tnt_1", "whk_1", Some(&cursor(1)), &cursor(11), &new, NOW).await.unwrap();
    let backlog = store.delivery_backlog("tnt_1", "whk_1").await.unwrap();
    assert_eq!((backlog.waiting, backlog.due_at), (10, Some(NOW)));
    assert!(store.claim_deliveries("tnt_1", "whk_1", NOW - 1, NOW, 10).await.unwrap().is_empty(), "not due yet");
    assert!(store.claim_deliveries("tnt_2", "whk_1", NOW, NOW, 10).await.unwrap().is_empty());

    let claims = (0..10).map(|_| {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.claim_deliveries("tnt_1", "whk_1", NOW, NOW + 60, 2).await.unwrap() })
    });
    let mut got: Vec<String> = Vec::new();
    for task in claims.collect::<Vec<_>>() {
        got.extend(task.await.unwrap().into_iter().map(|delivery| delivery.id));
    }
    // On Postgres a caller may come away with nothing because another was faster; it comes again.
    got.extend(store.claim_deliveries("tnt_1", "whk_1", NOW, NOW + 60, 10).await.unwrap().into_iter().map(|d| d.id));
    got.sort();
    let mut expected: Vec<String> = new.iter().map(|message| message.id.clone()).collect();
    expected.sort();
    assert_eq!(got, expected, "each once");

    // Nobody said what came of it: due again. Who claimed it first has nothing to say any more.
    let first = all(store.as_ref()).await.pop().unwrap();
    let again = store.claim_deliveries("tnt_1", "whk_1", NOW + 60, NOW + 120, 1).await.unwrap().pop().unwrap();
    assert_eq!((again.id.as_str(), again.attempts), ("m2", 2));
    let failed = attempt(DeliveryState::Waiting, NOW + 500);
    assert!(!store.settle_delivery("tnt_1", &first, &failed).await.unwrap());
    assert!(!store.settle_delivery("tnt_2", &again, &failed).await.unwrap());
    assert!(store.settle_delivery("tnt_1", &again, &failed).await.unwrap());
    let delivered = attempt(DeliveryState::Delivered, NOW);
    let due = store.claim_deliveries("tnt_1", "whk_1", NOW + 500, NOW + 600, 10).await.unwrap();
    let again = due.iter().find(|delivery| delivery.id == "m2").unwrap();
    assert!(store.settle_delivery("tnt_1", again, &delivered).await.unwrap());
    let settled = all(store.as_ref()).await.pop().unwrap();
    assert_eq!((settled.state, settled.status, settled.took_ms), (DeliveryState::Delivered, Some(500), Some(3)));
    assert_eq!(store.webhook("tnt_1", "whk_1").await.unwrap().unwrap().delivered_at, Some(NOW + 7));
}

pub(crate) async fn deliveries_are_listed_and_forgotten(store: Arc<dyn Store>) {
    let store = store.as_ref();
    one_webhook(store).await;
    let new: Vec<_> = (2..6).map(|rev| message(&format!("m{rev}"), rev)).collect();
    store.queue_deliveries("tnt_1", "whk_1", Some(&cursor(1)), &cursor(5), &new, NOW).await.unwrap();
    let ping = WebhookWrite::Queue { id: "whk_1".into(), delivery: message("ping", 0), at: NOW + 10 };
    assert!(write(store, "tnt_1", ping).await);
    let due = store.claim_deliveries("tnt_1", "whk_1", NOW, NOW + 60, 2).await.unwrap();
    store.settle_delivery("tnt_1", &due[0], &attempt(DeliveryState::Failed, NOW)).await.unwrap();
    store.settle_delivery("tnt_1", &due[1], &attempt(DeliveryState::Delivered, NOW)).await.unwrap();

    let ask = async |change: &dyn Fn(&mut DeliveryQuery)| {
        let mut query =
            DeliveryQuery { tenant_id: "tnt_1".into(), webhook_id: "whk_1".into(), limit: 10, ..Default::default() };
        change(&mut query);
        store.deliveries(query).await.unwrap().into_iter().map(|delivery| delivery.id).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(ask(&|_| {}).await, "ping m5 m4 m3 m2");
    assert_eq!(ask(&|q| q.state = Some(DeliveryState::Failed)).await, "m2");
    assert_eq!(ask(&|q| q.since = Some(NOW + 1)).await, "ping");
    assert_eq!(ask(&|q| (q.until, q.before, q.limit) = (Some(NOW + 10), Some(4), 2)).await, "m4 m3");
    assert_eq!(ask(&|q| q.id = Some("m4".into())).await, "m4");
    assert_eq!(ask(&|q| q.id = Some("m\0".into())).await, "");
    assert_eq!(ask(&|q| q.tenant_id = "tnt_2".into()).await, "");

    let replay = |at| WebhookWrite::Replay { id: "whk_1".into(), deliveries: vec!["m2".into(), "m9".into()], at };
    assert!(write(store, "tnt_1", replay(NOW + 5)).await);
    let replayed = &all(store).await[4];
    assert_eq!((replayed.state, replayed.attempts, replayed.due_at), (DeliveryState::Waiting, 0, NOW + 5));

    store.forget_deliveries("tnt_2", NOW + 100).await.unwrap();
    store.forget_deliveries("tnt_1", NOW).await.unwrap();
    assert_eq!(ask(&|_| {}).await, "ping m5 m4 m3 m2");
    store.forget_deliveries("tnt_1", NOW + 100).await.unwrap();
    assert_eq!(ask(&|_| {}).await, "ping m5 m4 m2", "what waits stays");
}
