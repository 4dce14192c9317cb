//! The database goes away, is restored, holds damage; and two hubs over one store.

use std::sync::Arc;
use std::time::Duration;

use sqlx::{Connection as _, Executor as _};
use yardarm_hub::{Hub, HubOptions};
use yardarm_store::StoreError;

use crate::bench::{
    Bench, answer, flag, make_project, next, open_patiently, parse, patch, put, ruleset, turn, until, version,
};
use crate::flaky::Flaky;

fn quick() -> HubOptions {
    let interval = Duration::from_millis(10);
    HubOptions { poll_interval: interval, retry_interval: interval, ..HubOptions::default() }
}

#[tokio::test]
async fn the_last_state_is_served_while_the_database_is_away() {
    let bench = Bench::new().await;
    let flaky = Arc::new(Flaky::new(bench.store.clone()));
    let hub = Hub::start(flaky.clone(), quick()).await.unwrap();
    let production = hub.environment("prj_1", "production").unwrap();
    let mut frames = production.subscribe();
    assert!(hub.database_reachable());

    flaky.fail(true);
    until("it is noticed", || !hub.database_reachable()).await;
    assert_eq!(answer(&production, "a"), Some(false));
    assert!(hub.project("tnt_1", "web").is_some());
    assert!(matches!(hub.refresh("prj_1").await, Err(StoreError::Unavailable(_))));
    // Meanwhile another node commits.
    bench.write(vec![turn("production", "a", true)]).await;
    bench.write(vec![flag("b")]).await;
    hub.wake("prj_1");

    flaky.fail(false);
    let first = patch(&next(&mut frames).await.server);
    assert_eq!(first.from.rev, 1);
    until("it has caught up", || production.published().version.rev == 3).await;
    assert_eq!(answer(&production, "a"), Some(true));
    until("it is reachable", || hub.database_reachable()).await;
}

#[tokio::test]
async fn a_database_that_is_away_is_not_pestered() {
    let bench = Bench::new().await;
    let flaky = Arc::new(Flaky::new(bench.store.clone()));
    let options = HubOptions { retry_interval: Duration::from_hours(1), ..quick() };
    let hub = Hub::start(flaky.clone(), options).await.unwrap();
    flaky.fail(true);
    until("it is noticed", || !hub.database_reachable()).await;
    let asked = flaky.asked();
    for _ in 0..100 {
        hub.wake("prj_1");
        tokio::task::yield_now().await;
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(flaky.asked(), asked, "wakes do not shorten the pause");
}

#[tokio::test]
async fn without_a_database_it_does_not_start() {
    let bench = Bench::new().await;
    let flaky = Arc::new(Flaky::new(bench.store.clone()));
    flaky.fail(true);
    assert!(matches!(Hub::start(flaky, quick()).await, Err(StoreError::Unavailable(_))));
}

#[tokio::test]
async fn two_hubs_converge() {
    let bench = Bench::new().await;
    let other_store = open_patiently(&bench.url).await;
    let hubs = [
        Hub::start(bench.store.clone(), quick()).await.unwrap(),
        Hub::start(other_store.clone(), quick()).await.unwrap(),
    ];
    for n in 0..20 {
        let store = if n % 2 == 0 { &bench.store } else { &other_store };
        let documents = vec![flag(&format!("f{n}")), turn("production", &format!("f{n}"), true)];
        store.commit(crate::bench::commit("prj_1", documents, Vec::new())).await.unwrap();
        if n % 3 == 0 {
            hubs[n % 2].wake("prj_1");
        }
    }
    make_project(&*other_store, "prj_2", "app").await;
    for hub in &hubs {
        let production = hub.environment("prj_1", "production").unwrap();
        until("nobody told it, the poll did", || production.published().version.rev == 21).await;
        until("a new project", || hub.project("tnt_1", "app").is_some()).await;
    }
    let [one, two] = hubs.map(|hub| hub.environment("prj_1", "production").unwrap().published());
    assert_eq!(one.json(), two.json());
    assert_eq!(one.etag, two.etag);
}

#[tokio::test]
async fn a_damaged_document_leaves_its_last_good_version() {
    let bench = Bench::new().await;
    bench.write(vec![turn("production", "a", true)]).await;
    let hub = bench.hub().await;
    let production = hub.environment("prj_1", "production").unwrap();
    bench.write(vec![put("configuration", "production/a", "{\"on\":"), put("strange", "x", "{}"), flag("b")]).await;
    let project = hub.refresh("prj_1").await.unwrap().unwrap();
    assert_eq!(project.scope.rev, 3);
    assert_eq!(answer(&production, "a"), Some(true));
    assert_eq!(answer(&production, "b"), Some(false), "the rest of the change is served");
    // After a restart there is no last good version: the flag is off, and everything else is there.
    let again = bench.hub().await;
    assert_eq!(answer(&again.environment("prj_1", "production").unwrap(), "a"), Some(false));
    assert_eq!(answer(&again.environment("prj_1", "production").unwrap(), "b"), Some(false));
}

/// A restore gives a new epoch and may go back in revisions: readers get the whole.
#[tokio::test]
async fn a_restore_is_published_whole() {
    let bench = Bench::new().await;
    let hub = bench.hub().await;
    bench.write(vec![turn("production", "a", true)]).await;
    hub.refresh("prj_1").await.unwrap();
    let production = hub.environment("prj_1", "production").unwrap();
    let (kept, mut frames) = production.resume(Some(&version("web-epoch", 1)));
    assert_eq!(patch(&kept[0]).to.rev, 2);
    let mut file = sqlx::SqliteConnection::connect(&bench.url).await.unwrap();
    file.execute(
        "DELETE FROM document WHERE kind = 'configuration';
         DELETE FROM change_document WHERE rev = 2 AND scope_id = 'prj_1';
         DELETE FROM change WHERE rev = 2 AND scope_id = 'prj_1';
         UPDATE scope SET rev = 1, epoch = 'restored' WHERE id = 'prj_1';",
    )
    .await
    .unwrap();
    hub.refresh("prj_1").await.unwrap();
    let frame = next(&mut frames).await;
    assert_eq!(frame.version, version("restored", 1));
    assert_eq!(parse(&frame.server).0, "put");
    assert_eq!(ruleset(&[frame.server]).version, frame.version);
    assert!(!frame.client.is_empty());
    assert_eq!(answer(&production, "a"), Some(false));
    // The patches of the other life lead nowhere.
    assert_eq!(ruleset(&production.resume(Some(&version("web-epoch", 1))).0).version, version("restored", 1));
    // And the log goes on.
    bench.write(vec![turn("production", "a", true)]).await;
    hub.refresh("prj_1").await.unwrap();
    assert_eq!(patch(&next(&mut frames).await.server).from, version("restored", 1));
}

/// A log with a hole (it cannot be ours) is read whole.
#[tokio::test]
async fn a_gap_is_not_patched_over() {
    let bench = Bench::new().await;
    let hub = bench.hub().await;
    let production = hub.environment("prj_1", "production").unwrap();
    let mut frames = production.subscribe();
    bench.write(vec![flag("b")]).await;
    bench.write(vec![turn("production", "a", true)]).await;
    let mut file = sqlx::SqliteConnection::connect(&bench.url).await.unwrap();
    file.execute(
        "DELETE FROM change_document WHERE rev = 2 AND scope_id = 'prj_1';
         DELETE FROM change WHERE rev = 2 AND scope_id = 'prj_1';",
    )
    .await
    .unwrap();
    hub.refresh("prj_1").await.unwrap();
    let frame = next(&mut frames).await;
    let whole = ruleset(&[frame.server]);
    assert_eq!(whole.version.rev, 3);
    assert_eq!(whole.flags.keys().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(answer(&production, "a"), Some(true));
}
