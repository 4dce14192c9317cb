//! A change becomes visible.

use std::collections::BTreeMap;
use std::io::Read as _;

use yardarm_eval::ruleset::Ruleset;
use yardarm_hub::Hub;
use yardarm_store::ScopeRef;

use crate::bench::{Bench, answer, flag, list, make_project, next, parse, patch, put, remove, segment, turn, until};

#[tokio::test]
async fn a_change_is_published_as_one_patch() {
    let bench = Bench::new().await;
    let hub = bench.hub().await;
    let production = hub.environment("prj_1", "production").unwrap();
    assert_eq!(answer(&production, "a"), Some(false));
    let before = production.published();
    let mut frames = production.subscribe();
    let mut changes = hub.changes();

    bench.write(vec![turn("production", "a", true), flag("b")]).await;
    hub.wake("prj_1");
    let frame = next(&mut frames).await;
    assert_eq!(answer(&production, "a"), Some(true));
    let patch = patch(&frame.server);
    assert_eq!((patch.from.rev, patch.to.rev), (1, 2));
    assert_eq!(patch.flags.keys().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(frame.version, production.published().version);
    let (event, id, data) = parse(&frame.client);
    assert_eq!((event.as_str(), id.as_str()), ("message", "web-epoch:2"));
    let data: BTreeMap<String, String> = serde_json::from_str(&data).unwrap();
    let published = production.published();
    assert_eq!(data["type"], "refetchEvaluation");
    assert_eq!(format!("\"{}\"", data["etag"]), published.etag);
    assert_ne!(published.etag, before.etag);
    assert_eq!(changes.recv().await.unwrap(), ("prj_1".to_owned(), frame.version));
    // What was taken before stays as it was.
    assert_eq!(before.snapshot.version().rev, 1);
}

#[tokio::test]
async fn a_change_elsewhere_moves_the_version_and_not_the_content() {
    let bench = Bench::new().await;
    let hub = bench.hub().await;
    let staging = hub.environment("prj_1", "staging").unwrap();
    let etag = staging.published().etag.clone();
    let mut frames = staging.subscribe();
    bench.write(vec![turn("production", "a", true)]).await;
    hub.refresh("prj_1").await.unwrap();
    let frame = next(&mut frames).await;
    assert!(patch(&frame.server).is_empty());
    assert!(frame.client.is_empty(), "nothing to fetch again");
    assert_eq!(staging.published().version.rev, 2);
    assert_eq!(staging.published().snapshot.version().rev, 2);
    assert_eq!(staging.published().etag, etag);
}

#[tokio::test]
async fn back_to_what_it_was_is_published_too() {
    let bench = Bench::new().await;
    let hub = bench.hub().await;
    let production = hub.environment("prj_1", "production").unwrap();
    bench.write(vec![turn("production", "a", false)]).await;
    hub.refresh("prj_1").await.unwrap();
    let etag = production.published().etag.clone();
    for (on, same) in [(true, false), (false, true)] {
        let mut frames = production.subscribe();
        bench.write(vec![turn("production", "a", on)]).await;
        hub.refresh("prj_1").await.unwrap();
        assert_eq!(patch(&next(&mut frames).await.server).flags.len(), 1);
        assert_eq!(answer(&production, "a"), Some(on));
        assert_eq!(production.published().etag == etag, same);
    }
}

#[tokio::test]
async fn segments_and_lists_move_by_themselves() {
    let bench = Bench::new().await;
    let hub = bench.hub().await;
    let production = hub.environment("prj_1", "production").unwrap();
    bench
        .write(vec![segment("beta", &["beta/included/01", "beta/included/02"]), list("beta/included/01", &["u1"])])
        .await;
    hub.refresh("prj_1").await.unwrap();
    let mut frames = production.subscribe();
    bench.write(vec![list("beta/included/02", &["u2", "u3"])]).await;
    hub.refresh("prj_1").await.unwrap();
    let changed = patch(&next(&mut frames).await.server);
    assert!(changed.flags.is_empty() && changed.segments.is_empty());
    assert_eq!(changed.lists["beta/included/02"].as_deref().unwrap(), ["u2", "u3"]);
    bench.write(vec![remove("segment", "beta"), remove("segment_list", "beta/included/01")]).await;
    hub.refresh("prj_1").await.unwrap();
    let removed = patch(&next(&mut frames).await.server);
    assert!(removed.segments["beta"].is_none() && removed.lists["beta/included/01"].is_none());
}

#[tokio::test]
async fn json_and_gzip_are_the_ruleset() {
    let bench = Bench::new().await;
    let hub = bench.hub().await;
    bench.write(vec![segment("beta", &["beta/included/01"]), list("beta/included/01", &["u1"])]).await;
    hub.refresh("prj_1").await.unwrap();
    let published = hub.environment("prj_1", "production").unwrap().published();
    assert_eq!((published.project(), published.environment()), ("web", "production"));
    assert_eq!(published.gzip_made(), None);
    let mut unzipped = Vec::new();
    flate2::read::GzDecoder::new(&published.gzip()[..]).read_to_end(&mut unzipped).unwrap();
    assert_eq!(unzipped, published.json());
    assert_eq!(published.gzip_made(), Some(published.gzip()));

    let project = hub.project("tnt_1", "web").unwrap();
    let ruleset = yardarm_model::ruleset_for("web", &project.state, &published.version, "production").unwrap();
    assert_eq!(published.json(), serde_json::to_vec(&ruleset).unwrap());
    let read: Ruleset = serde_json::from_slice(&published.json()).unwrap();
    assert_eq!(read.version, published.version);
}

#[tokio::test]
async fn projects_and_environments_come_and_go() {
    let bench = Bench::empty().await;
    let hub = bench.hub().await;
    assert_eq!((hub.environments_len(), hub.projects("tnt_1").len()), (0, 0));
    make_project(&*bench.store, "prj_1", "web").await;
    make_project(&*bench.store, "prj_2", "app").await;
    assert!(hub.refresh("prj_none").await.unwrap().is_none());
    assert!(hub.refresh("tnt_1").await.unwrap().is_none(), "a tenant is not a project");
    assert_eq!(hub.refresh("prj_1").await.unwrap().unwrap().scope.rev, 1);
    hub.wake("prj_2");
    until("the second project", || hub.project("tnt_1", "app").is_some()).await;
    let keys: Vec<_> = hub.projects("tnt_1").iter().map(|p| p.scope.key.clone()).collect();
    assert_eq!(keys, ["app", "web"]);
    assert!(hub.project("tnt_2", "web").is_none() && hub.projects("tnt_2").is_empty());
    assert_eq!(hub.environments_len(), 4);

    let staging = hub.environment("prj_1", "staging").unwrap();
    let mut frames = staging.subscribe();
    let added = put("environment", "test", r#"{"name":"Test"}"#);
    bench.write(vec![added, turn("test", "a", true), remove("environment", "staging")]).await;
    hub.refresh("prj_1").await.unwrap();
    let test = hub.environment("prj_1", "test").unwrap();
    assert_eq!(answer(&test, "a"), Some(true));
    assert!(hub.environment("prj_1", "staging").is_none());
    assert_eq!(hub.environments_len(), 4);
    let closed = tokio::sync::broadcast::error::RecvError::Closed;
    assert_eq!(frames.recv().await.unwrap_err(), closed, "its subscribers see the end");
    assert_eq!(staging.subscribe().recv().await.unwrap_err(), closed, "and so does who comes later");
    // The new one lives on.
    let mut frames = test.subscribe();
    bench.write(vec![turn("test", "a", false)]).await;
    hub.refresh("prj_1").await.unwrap();
    assert_eq!(patch(&next(&mut frames).await.server).flags.len(), 1);
}

#[tokio::test]
async fn refresh_reads_our_writes_while_states_are_held() {
    let bench = Bench::new().await;
    let hub = bench.hub().await;
    let mut held = Vec::new();
    for rev in 2..30 {
        bench.write(vec![turn("production", "a", rev % 2 == 0)]).await;
        let project = hub.refresh("prj_1").await.unwrap().unwrap();
        assert_eq!(project.scope.rev, rev);
        assert_eq!(project.state.configuration("production", "a").unwrap().on, rev % 2 == 0);
        // Some readers hold on to a state, others do not: the next one is a copy or the spare one.
        if rev % 3 != 0 {
            held.push((rev, project));
        }
    }
    for (rev, project) in held {
        assert_eq!(project.state.configuration("production", "a").unwrap().on, rev % 2 == 0, "held since {rev}");
    }
    let documents = bench.store.load(ScopeRef { tenant_id: "tnt_1", id: "prj_1" }).await.unwrap().unwrap().1;
    let stored = documents.iter().map(|d| (d.kind.as_str(), d.key.as_str(), d.rev, d.body.as_str()));
    let expected = yardarm_model::document::State::from_documents(stored).unwrap();
    assert_eq!(*hub.project("tnt_1", "web").unwrap().state, expected);
}

/// Nothing of the hub needs its handle.
#[tokio::test]
async fn a_dropped_hub_stops() {
    let bench = Bench::new().await;
    let hub: std::sync::Arc<Hub> = bench.hub().await;
    let production = hub.environment("prj_1", "production").unwrap();
    drop(hub);
    bench.write(vec![turn("production", "a", true)]).await;
    assert_eq!(answer(&production, "a"), Some(false), "it still answers");
}
