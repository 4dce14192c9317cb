//! Resuming and lagging.

use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use yardarm_eval::ruleset::Ruleset;
use yardarm_hub::{Hub, HubOptions};

use crate::bench::{Bench, next, patch, ruleset, turn, version};

const LAST: u64 = 60;

fn calm() -> HubOptions {
    HubOptions { poll_interval: Duration::from_hours(1), ..HubOptions::default() }
}

#[tokio::test]
async fn a_reader_resumes_where_it_was() {
    let bench = Bench::new().await;
    let hub = Hub::start(bench.store.clone(), HubOptions { kept_patches: 3, ..calm() }).await.unwrap();
    let production = hub.environment("prj_1", "production").unwrap();
    for n in 2..=6 {
        bench.write(vec![turn("production", "a", n % 2 == 0)]).await;
        hub.refresh("prj_1").await.unwrap();
    }
    // Kept: 3→4, 4→5, 5→6.
    let patches = |last| -> Vec<(u64, u64)> {
        let (frames, _) = production.resume(Some(&last));
        frames.iter().map(|frame| patch(frame)).map(|patch| (patch.from.rev, patch.to.rev)).collect()
    };
    assert_eq!(patches(version("web-epoch", 6)), []);
    assert_eq!(patches(version("web-epoch", 5)), [(5, 6)]);
    assert_eq!(patches(version("web-epoch", 3)), [(3, 4), (4, 5), (5, 6)]);
    for unknown in [version("web-epoch", 2), version("web-epoch", 7), version("other", 5), version("other", 6)] {
        assert_eq!(ruleset(&production.resume(Some(&unknown)).0).version.rev, 6, "{unknown:?}");
    }
    // Patches and then frames, without a gap in between.
    let mut first: Ruleset = ruleset(&production.resume(None).0);
    let (missed, mut frames) = production.resume(Some(&first.version));
    assert!(missed.is_empty());
    bench.write(vec![turn("production", "a", false)]).await;
    hub.refresh("prj_1").await.unwrap();
    assert!(first.patched(&patch(&next(&mut frames).await.server)));
    assert_eq!(serde_json::to_vec(&first).unwrap(), production.published().json());
}

#[tokio::test]
async fn kept_patches_are_bounded_by_bytes() {
    let bench = Bench::new().await;
    let hub = Hub::start(bench.store.clone(), HubOptions { kept_bytes: 10, ..calm() }).await.unwrap();
    let production = hub.environment("prj_1", "production").unwrap();
    bench.write(vec![turn("production", "a", true)]).await;
    hub.refresh("prj_1").await.unwrap();
    let (frames, _) = production.resume(Some(&version("web-epoch", 1)));
    assert_eq!(ruleset(&frames).version.rev, 2, "too long to keep, so the whole");
    assert!(production.resume(Some(&version("web-epoch", 2))).0.is_empty());
}

#[tokio::test]
async fn a_reader_that_lags_is_told() {
    let bench = Bench::new().await;
    let hub = Hub::start(bench.store.clone(), HubOptions { frames_waiting: 4, ..calm() }).await.unwrap();
    let production = hub.environment("prj_1", "production").unwrap();
    let mut slow = production.subscribe();
    for n in 0..8 {
        bench.write(vec![turn("production", "a", n % 2 == 0)]).await;
        hub.refresh("prj_1").await.unwrap();
    }
    assert!(matches!(slow.recv().await, Err(RecvError::Lagged(4))));
    // It comes back by itself: the kept patches reach.
    let (frames, _) = production.resume(Some(&version("web-epoch", 1)));
    assert_eq!(frames.len(), 8);
}

/// Readers that come and go while somebody writes: each ends with what is published then, through whatever it was given.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_sees_a_gap() {
    let bench = Bench::new().await;
    let hub = Hub::start(bench.store.clone(), calm()).await.unwrap();
    let production = hub.environment("prj_1", "production").unwrap();
    let readers: Vec<_> = (0..6)
        .map(|reader| {
            let production = production.clone();
            tokio::spawn(async move {
                let mut held: Option<Ruleset> = None;
                loop {
                    let (missed, mut frames) = production.resume(held.as_ref().map(|held| &held.version));
                    if missed.first().is_some_and(|first| first.starts_with(b"event: put")) {
                        assert!(held.is_none(), "everything is kept, so one put is enough");
                        held = Some(ruleset(&missed));
                    } else {
                        let held = held.as_mut().unwrap();
                        for frame in missed {
                            assert!(held.patched(&patch(&frame)), "a gap after {}", held.version.rev);
                        }
                    }
                    let held = held.as_mut().unwrap();
                    for _ in 0..=reader {
                        if held.version.rev == LAST {
                            return held.clone();
                        }
                        assert!(held.patched(&patch(&next(&mut frames).await.server)), "after {}", held.version.rev);
                    }
                }
            })
        })
        .collect();
    for n in 2..=LAST {
        bench.write(vec![turn("production", "a", n % 2 == 0)]).await;
        hub.refresh("prj_1").await.unwrap();
    }
    for reader in readers {
        let held = reader.await.unwrap();
        assert_eq!(serde_json::to_vec(&held).unwrap(), production.published().json());
    }
}
