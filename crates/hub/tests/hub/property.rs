//! Whatever is written: put + patches = compiling the end, in every environment, and a hub that starts now serves the
//! same as one that saw it all.

use proptest::prelude::*;
use yardarm_eval::ruleset::Ruleset;
use yardarm_store::{DocumentWrite, ScopeRef};

use crate::bench::{Bench, flag, list, next, patch, put, remove, ruleset, sdk_key, segment, turn};

fn write() -> impl Strategy<Value = DocumentWrite> {
    let name = || prop::sample::select(vec!["a", "b", "c"]);
    let environment = || prop::sample::select(vec!["production", "staging", "test"]);
    prop_oneof![
        4 => (environment(), name(), any::<bool>()).prop_map(|(environment, name, on)| turn(environment, name, on)),
        2 => name().prop_map(flag),
        1 => name().prop_map(|name| remove("flag", name)),
        1 => (environment(), name()).prop_map(|(e, name)| remove("configuration", &format!("{e}/{name}"))),
        1 => name().prop_map(|name| put("flag", name, r#"{"name":"S","type":"string","variants":[{"key":"off","value":"x"}],"salt":"t","archived":true,"created_at":0}"#)),
        1 => (name(), any::<bool>()).prop_map(|(name, full)| segment(name, if full { &["l1", "l2"] } else { &[] })),
        1 => (prop::sample::select(vec!["l1", "l2"]), prop::sample::subsequence(vec!["u1", "u2", "u3"], 0..=3)).prop_map(|(key, keys)| list(key, &keys)),
        1 => name().prop_map(|name| remove("segment", name)),
        1 => Just(put("environment", "test", r#"{"name":"Test"}"#)),
        1 => Just(remove("environment", "test")),
        1 => any::<bool>().prop_map(|revoked| sdk_key("key_1", "test", [1; 32], revoked)),
        1 => name().prop_map(|name| put("flag", name, "{damaged")),
    ]
}

fn changes() -> impl Strategy<Value = Vec<Vec<DocumentWrite>>> {
    let change = prop::collection::vec(write(), 1..4).prop_map(|mut writes| {
        writes.sort_by(|a, b| (&a.kind, &a.key).cmp(&(&b.kind, &b.key)));
        writes.dedup_by(|a, b| (&a.kind, &a.key) == (&b.kind, &b.key));
        writes
    });
    prop::collection::vec(change, 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn patches_lead_where_compiling_does(changes in changes(), together in any::<bool>()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(check(changes, together))?;
    }
}

async fn check(changes: Vec<Vec<DocumentWrite>>, together: bool) -> Result<(), TestCaseError> {
    let bench = Bench::new().await;
    let hub = bench.hub().await;
    let mut readers: Vec<(&str, Ruleset, _)> = ["production", "staging"]
        .into_iter()
        .map(|key| {
            let (first, frames) = hub.environment("prj_1", key).unwrap().resume(None);
            (key, ruleset(&first), frames)
        })
        .collect();
    let mut last = 1;
    for change in changes {
        last = bench.write(change).await.rev;
        if !together {
            hub.refresh("prj_1").await.unwrap();
        }
    }
    let project = hub.refresh("prj_1").await.unwrap().unwrap();
    prop_assert_eq!(project.scope.rev, last);
    let documents = bench.store.load(ScopeRef { tenant_id: "tnt_1", id: "prj_1" }).await.unwrap().unwrap().1;
    let damaged = documents.iter().any(|document| document.body == "{damaged");
    let fresh = bench.hub().await;
    for (key, held, frames) in &mut readers {
        while held.version.rev < last {
            prop_assert!(held.patched(&patch(&next(frames).await.server)));
        }
        let published = hub.environment("prj_1", key).unwrap().published();
        let compiled = yardarm_model::ruleset_for("web", &project.state, &published.version, key).unwrap();
        let compiled = serde_json::to_vec(&compiled).unwrap();
        prop_assert_eq!(&serde_json::to_vec(held).unwrap(), &compiled);
        prop_assert_eq!(&published.json()[..], &compiled[..]);
        prop_assert_eq!(published.snapshot.keys().collect::<Vec<_>>(), held.flags.keys().collect::<Vec<_>>());
        let again = fresh.environment("prj_1", key).unwrap().published();
        // Who never saw the last good version of a damaged document cannot serve it.
        if !damaged {
            prop_assert_eq!(again.json(), published.json());
            prop_assert_eq!(&again.etag, &published.etag);
        }
    }
    if !damaged {
        prop_assert_eq!(&fresh.project("tnt_1", "web").unwrap().state, &project.state);
    }
    prop_assert_eq!(hub.grant(&[1; 32]).is_some(), fresh.grant(&[1; 32]).is_some());
    prop_assert_eq!(hub.environments_len(), fresh.environments_len());
    Ok(())
}
