//! What holds for every sequence of commands.
#![expect(clippy::unwrap_used, reason = "tests")]

// The generators are behind a feature for other crates; here they are compiled in, so that `cargo test` never skips.
#[path = "../src/generators.rs"]
#[allow(unreachable_pub, clippy::allow_attributes, reason = "public in the crate it belongs to")]
mod generators;
mod shop;

use std::collections::BTreeMap;

use generators::{ENVIRONMENTS, serve};
use proptest::prelude::*;
use serde_json::{Value, json};
use shop::Project;
use yardarm_eval::ruleset::{Ruleset, Version};
use yardarm_model::affected::{affected, patch};
use yardarm_model::allocation::{BUCKETS, milli, size, threshold};
use yardarm_model::command;
use yardarm_model::command::Command;
use yardarm_model::document::{Configuration, Kind, Serve, State};
use yardarm_model::export::export;
use yardarm_model::ruleset_for;

fn version(rev: u64) -> Version {
    Version { epoch: "e".into(), rev }
}

fn text(ruleset: &Ruleset) -> String {
    serde_json::to_string(ruleset).unwrap()
}

fn put<T>(map: &mut BTreeMap<String, T>, changes: BTreeMap<String, Option<T>>) {
    for (key, value) in changes {
        match value {
            Some(value) => map.insert(key, value),
            None => map.remove(&key),
        };
    }
}

/// Applies a patch the way a reader does.
fn patched(ruleset: &mut Ruleset, state: (&State, &State), todo: &yardarm_model::affected::Recompile, rev: u64) {
    let patch = patch(state.0, state.1, &ruleset.environment, todo, &ruleset.version, &version(rev));
    ruleset.version = patch.to;
    put(&mut ruleset.flags, patch.flags);
    put(&mut ruleset.segments, patch.segments);
    put(&mut ruleset.lists, patch.lists);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_log_folds_to_the_documents_and_patches_to_the_ruleset(commands in proptest::collection::vec(generators::command(), 1..60)) {
        let mut project = Project::empty();
        for key in ENVIRONMENTS {
            project.run(Command::CreateEnvironment { body: json!({"key": key}) });
        }
        let mut documents: BTreeMap<(Kind, String), (u64, String)> = BTreeMap::new();
        for (kind, key, body) in stored(&project.state) {
            let rev = project.state.revision(kind, &key).unwrap();
            documents.insert((kind, key), (rev, body.to_string()));
        }
        let mut rulesets: BTreeMap<String, Ruleset> = BTreeMap::new();
        for key in ENVIRONMENTS {
            rulesets.insert(key.into(), ruleset_for("shop", &project.state, &version(project.rev), key).unwrap());
        }
        for command in commands {
            let before = project.state.clone();
            if project.decide(&command).is_err() {
                continue;
            }
            let changes = project.run(command);
            for (kind, key, body) in &changes {
                match body {
                    Some(body) => documents.insert((*kind, key.clone()), (project.rev, body.to_string())),
                    None => documents.remove(&(*kind, key.clone())),
                };
            }
            let todo = affected(&before, &project.state, changes.iter().map(|(kind, key, _)| (*kind, key.as_str())));
            rulesets.retain(|key, _| !todo.removed.contains(key));
            for (key, todo) in &todo.environments {
                patched(rulesets.get_mut(key).unwrap(), (&before, &project.state), todo, project.rev);
            }
            for key in &todo.added {
                rulesets.insert(key.clone(), ruleset_for("shop", &project.state, &version(project.rev), key).unwrap());
            }
        }
        // fold(log) = documents
        let rows = documents.iter().map(|((kind, key), (rev, body))| (kind.as_str(), key.as_str(), *rev, body.as_str()));
        prop_assert_eq!(&State::from_documents(rows).unwrap(), &project.state);
        // Stored bytes are in normal form: writing them again changes nothing.
        for (kind, key, body) in stored(&project.state) {
            prop_assert_eq!(&body.to_string(), &documents[&(kind, key)].1);
        }
        // patches = ruleset, and the evaluator takes every flag of it
        prop_assert_eq!(rulesets.len(), project.state.environments.len());
        for (key, ruleset) in &rulesets {
            let whole = ruleset_for("shop", &project.state, &version(project.rev), key).unwrap();
            prop_assert_eq!(text(ruleset), text(&whole));
            let snapshot = yardarm_eval::Snapshot::compile(&whole);
            for flag in whole.flags.keys() {
                prop_assert_eq!(snapshot.compile_error(flag), None);
            }
        }
        // parse∘print = id
        let mut copy = Project::empty();
        copy.run(Command::Import { body: export(&project.state), replace: false });
        prop_assert_eq!(export(&copy.state), export(&project.state));
        for key in project.state.environments.keys() {
            let here = ruleset_for("shop", &project.state, &version(1), key).unwrap();
            prop_assert_eq!(text(&ruleset_for("shop", &copy.state, &version(1), key).unwrap()), text(&here));
        }
    }
}

/// Every document of a state, as it would be stored.
fn stored(state: &State) -> Vec<(Kind, String, Value)> {
    use yardarm_model::normal_form as normal;
    let mut all = vec![(Kind::Project, "shop".to_owned(), normal(state.project.as_ref().unwrap()))];
    all.extend(state.environments.iter().map(|(key, body)| (Kind::Environment, key.clone(), normal(body))));
    all.extend(state.segments.iter().map(|(key, body)| (Kind::Segment, key.clone(), normal(&**body))));
    all.extend(state.lists.iter().map(|(key, body)| (Kind::SegmentList, key.clone(), normal(&**body))));
    all.extend(state.flags.iter().map(|(key, body)| (Kind::Flag, key.clone(), normal(&**body))));
    all.extend(state.policies.iter().map(|(key, body)| (Kind::Policy, key.clone(), normal(&**body))));
    let configurations = state.configurations.iter();
    all.extend(configurations.map(|((environment, flag), body)| {
        (Kind::Configuration, yardarm_model::configuration_key(environment, flag), normal(&**body))
    }));
    all
}

/// What each variant has: percent and ranges. `rest`: who has what a rollout leaves.
fn shares(serve: &Serve, rest: Option<&str>) -> BTreeMap<String, Vec<(u64, u64)>> {
    let mut all: BTreeMap<String, Vec<(u64, u64)>> = BTreeMap::new();
    match serve {
        Serve::Exact(_) => {}
        Serve::Variant(variant) => all.entry(variant.clone()).or_default().push((0, BUCKETS)),
        Serve::Rollout(rollout) => {
            all.entry(rollout.variant.clone()).or_default().extend(&rollout.ranges);
            if let Some(rest) = rollout.otherwise.as_deref().or(rest) {
                all.entry(rest.to_owned()).or_default().extend(outside(&rollout.ranges));
            }
        }
        Serve::Split(split) => {
            for share in &split.shares {
                all.entry(share.variant.clone()).or_default().extend(&share.ranges);
            }
        }
    }
    all
}

fn outside(ranges: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let mut sorted = ranges.to_vec();
    sorted.sort_unstable();
    sorted.push((BUCKETS, BUCKETS));
    let mut from = 0;
    sorted.into_iter().map(|(lo, hi)| (std::mem::replace(&mut from, hi), lo)).filter(|(lo, hi)| lo < hi).collect()
}

/// How many buckets are in both.
fn common(a: &[(u64, u64)], b: &[(u64, u64)]) -> u64 {
    a.iter().flat_map(|(lo, hi)| b.iter().map(move |(low, high)| hi.min(high).saturating_sub(*lo.max(low)))).sum()
}

fn bucket_by(serve: &Serve) -> Option<&str> {
    match serve {
        Serve::Variant(_) | Serve::Exact(_) => None,
        Serve::Rollout(rollout) => Some(&rollout.bucket_by),
        Serve::Split(split) => Some(&split.bucket_by),
    }
}

/// Nobody who keeps a variant's share leaves it: of what a variant had, as much stays as it has room for.
fn assert_minimal(before: &Configuration, after: &Configuration) {
    let (old, new) = (bucket_by(&before.default), bucket_by(&after.default));
    if old.is_some() && new.is_some() && old != new {
        return;
    }
    let had = shares(&before.default, Some(&before.off_variant));
    for (variant, has) in shares(&after.default, Some(&after.off_variant)) {
        let Some(had) = had.get(&variant) else { continue };
        let kept = common(had, &has);
        let room = size(had).min(size(&has));
        // In a rollout the rest is whoever is not in it: it gives way to the variant that is rolled out.
        let is_rest = matches!(&after.default, Serve::Rollout(rollout) if rollout.variant != variant);
        assert!(is_rest || kept == room, "{variant} kept {kept} of {room}: {had:?} → {has:?}");
    }
}

fn assert_well_formed(configuration: &Configuration) {
    let exact = |size: u64, percent: f64| {
        let (size, wanted) = (size * 100_000, u64::from(milli(percent)) * BUCKETS);
        assert!(size.abs_diff(wanted) <= 3 * 100_000, "{size} is not {percent} %");
        assert!(percent > 0.0 || size == 0);
    };
    let mut all: Vec<(u64, u64)> = Vec::new();
    match &configuration.default {
        Serve::Variant(_) | Serve::Exact(_) => return,
        Serve::Rollout(rollout) => {
            exact(size(&rollout.ranges), rollout.percent);
            all.extend(&rollout.ranges);
        }
        Serve::Split(split) => {
            for share in &split.shares {
                exact(size(&share.ranges), share.percent);
                all.extend(&share.ranges);
            }
            assert_eq!(size(&all), BUCKETS, "everybody is somewhere");
        }
    }
    all.sort_unstable();
    assert!(all.windows(2).all(|pair| pair[0].1 <= pair[1].0), "disjoint: {all:?}");
    assert!(all.iter().all(|(lo, hi)| lo < hi && *hi <= BUCKETS));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// Grow, shrink, convert, copy: over any history.
    #[test]
    fn nobody_who_keeps_a_share_leaves_it(steps in proptest::collection::vec((0..2_usize, serve(true), proptest::bool::weighted(0.2)), 1..12)) {
        let places = ["staging", "production"];
        let mut project = Project::shop();
        let variants: Value = ["on", "half", "off"].iter().map(|key| json!({"key": key, "value": key})).collect();
        project.run(Command::CreateFlag { body: json!({"key": "f", "type": "string", "variants": variants}) });
        for (place, default, copy) in steps {
            let to = places[place];
            let before = project.state.configuration(to, "f").unwrap();
            let stored = project.state.stored_configuration(to, "f").is_some();
            if copy {
                project.run(Command::CopyConfiguration { flag: "f".into(), from: places[1 - place].into(), to: to.into() });
            } else {
                project.put("f", to, json!({"on": true, "default": default, "off_variant": "off"}));
            }
            let after = project.state.configuration(to, "f").unwrap();
            assert_well_formed(&after);
            if stored {
                assert_minimal(&before, &after);
            }
        }
    }
}

#[test]
fn a_fresh_layout_has_the_thresholds_of_the_specification() {
    assert_eq!([0, 1, 33_333, 50_000, 100_000].map(threshold), [0, 42_950, 1_431_641_449, 2_147_483_648, BUCKETS]);
    let mut project = Project::shop();
    let split = json!({"split": {"shares": [{"variant": "a", "percent": 33.333}, {"variant": "b", "percent": 0}, {"variant": "c", "percent": 66.667}]}});
    project.put("checkout", "staging", json!({"on": true, "default": split, "off_variant": "a"}));
    let Serve::Split(split) = project.state.configuration("staging", "checkout").unwrap().default else {
        unreachable!()
    };
    let ranges: Vec<_> = split.shares.into_iter().map(|share| share.ranges).collect();
    assert_eq!(ranges, [vec![(0, 1_431_641_449)], vec![], vec![(1_431_641_449, BUCKETS)]]);
}

#[test]
fn growing_again_brings_the_same_people_back() {
    let mut project = Project::shop();
    let split = |a: f64, b: f64, c: f64| json!({"default": {"split": {"shares": [{"variant": "a", "percent": a}, {"variant": "b", "percent": b}, {"variant": "c", "percent": c}]}}});
    let mut seen = Vec::new();
    for (a, b, c) in [(50.0, 50.0, 0.0), (30.0, 70.0, 0.0), (50.0, 50.0, 0.0)] {
        project.run(Command::UpdateConfiguration {
            flag: "checkout".into(),
            environment: "staging".into(),
            patch: split(a, b, c),
        });
        seen.push(shares(&project.state.configuration("staging", "checkout").unwrap().default, None));
    }
    assert_eq!(seen[0], seen[2]);
    assert_ne!(seen[0], seen[1]);
}
