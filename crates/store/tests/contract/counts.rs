//! Evaluation counts.

use std::sync::Arc;

use yardarm_store::{Count, CountBatch, CountQuery, Store, StoreError};

use crate::bench::NOW;

const HOUR: i64 = 3_600_000;

fn count(flag: &str, variant: &str, hour: i64, count: u64) -> Count {
    Count {
        tenant_id: "tnt_1".into(),
        scope_id: "prj_1".into(),
        environment: "production".into(),
        flag: flag.into(),
        variant: variant.into(),
        reason: "STATIC".into(),
        sdk: "rust/0.1.0".into(),
        hour,
        count,
    }
}

async fn add(store: &dyn Store, id: &str, at: i64, counts: &[Count]) -> Result<(), StoreError> {
    store.add_counts(at, &[CountBatch { id, counts }]).await
}

fn all() -> CountQuery {
    CountQuery { tenant_id: "tnt_1".into(), scope_id: "prj_1".into(), ..CountQuery::default() }
}

pub(crate) async fn counts_add_up_once_for_each_batch(store: Arc<dyn Store>) {
    let first = [count("a", "on", 0, 2), count("a", "on", 0, 3), count("a", "off", 0, 1)];
    add(&*store, "batch-1", NOW, &first).await.unwrap();
    add(&*store, "batch-1", NOW, &first).await.unwrap();
    add(&*store, "batch-2", NOW, &[count("a", "on", 0, 10), count("a", "on", HOUR, 1)]).await.unwrap();
    add(&*store, "batch-3", NOW, &[]).await.unwrap();
    assert!(add(&*store, "batch-4", NOW, &[count("a\0", "on", 0, 1)]).await.is_err());
    let counts = store.counts(all()).await.unwrap();
    assert_eq!(counts, [count("a", "off", 0, 1), count("a", "on", 0, 15), count("a", "on", HOUR, 1)]);
}

pub(crate) async fn batches_are_added_together(store: Arc<dyn Store>) {
    let (a, b) = ([count("a", "on", 0, 2)], [count("a", "on", 0, 3), count("b", "on", 0, 1)]);
    let bad = [count("a\0", "on", 0, 1)];
    let batch = |id, counts| CountBatch { id, counts };
    let refused = store.add_counts(NOW, &[batch("1", &a), batch("2", &bad)]).await;
    assert!(matches!(refused, Err(StoreError::Damaged { .. })), "{refused:?}");
    assert_eq!(store.counts(all()).await.unwrap(), [], "all or none");
    store.add_counts(NOW, &[batch("1", &a)]).await.unwrap();
    // One of them was added before, one comes twice.
    store.add_counts(NOW, &[batch("2", &b), batch("1", &a), batch("2", &b)]).await.unwrap();
    store.add_counts(NOW, &[]).await.unwrap();
    assert_eq!(store.counts(all()).await.unwrap(), [count("a", "on", 0, 5), count("b", "on", 0, 1)]);
}

pub(crate) async fn counts_are_filtered(store: Arc<dyn Store>) {
    let elsewhere = Count { environment: "staging".into(), ..count("a", "on", HOUR, 4) };
    let foreign = Count { scope_id: "prj_2".into(), ..count("a", "on", HOUR, 8) };
    let many: Vec<_> = (0..1_500).map(|n| count(&format!("f{n}"), "on", 0, 1)).collect();
    add(&*store, "many", NOW, &many).await.unwrap();
    add(&*store, "few", NOW, &[count("a", "on", HOUR, 1), elsewhere.clone(), foreign]).await.unwrap();
    let cases = [
        (all(), 1_502),
        (CountQuery { since: HOUR, ..all() }, 2),
        (CountQuery { since: HOUR + 1, ..all() }, 0),
        (CountQuery { environment: Some("staging".into()), ..all() }, 1),
        (CountQuery { flag: Some("f7".into()), ..all() }, 1),
        (CountQuery { flag: Some("\0".into()), ..all() }, 0),
        (CountQuery { scope_id: "prj_2".into(), ..all() }, 1),
    ];
    for (query, expected) in cases {
        assert_eq!(store.counts(query.clone()).await.unwrap().len(), expected, "{query:?}");
    }
    let staging = store.counts(CountQuery { environment: Some("staging".into()), ..all() }).await.unwrap();
    assert_eq!(staging, [elsewhere]);
}

pub(crate) async fn old_batch_ids_are_forgotten(store: Arc<dyn Store>) {
    add(&*store, "again", NOW, &[count("a", "on", 0, 1)]).await.unwrap();
    // Far later, and after enough batches that the clean-up has come round.
    for n in 0..130 {
        add(&*store, &format!("later-{n}"), NOW + 72 * HOUR, &[count("b", "on", 0, 1)]).await.unwrap();
    }
    add(&*store, "later-0", NOW + 72 * HOUR, &[count("b", "on", 0, 1)]).await.unwrap();
    add(&*store, "again", NOW + 72 * HOUR, &[count("a", "on", 0, 1)]).await.unwrap();
    assert_eq!(store.counts(all()).await.unwrap(), [count("a", "on", 0, 2), count("b", "on", 0, 130)]);
}
