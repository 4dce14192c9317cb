//! For how long something has been tried.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::document::{Configuration, Serve};
use crate::normal_form;

/// Whether `tried` has what `wanted` brings: it is on, asks the same flags, has the same conditions in the same order, and
/// serves each of them every variant that `wanted` does, its off variant aside. Percentages, individual targets,
/// descriptions and ids of rules may differ.
pub(super) fn has_tried(tried: &Configuration, wanted: &Configuration) -> bool {
    let conditions = |configuration: &Configuration| -> Vec<Value> {
        configuration.rules.iter().map(|rule| normal_form(&rule.condition)).collect()
    };
    let prerequisites = |configuration: &Configuration| -> BTreeSet<String> {
        configuration.prerequisites.iter().map(|needed| normal_form(needed).to_string()).collect()
    };
    let serves = |configuration: &Configuration| -> Vec<BTreeSet<String>> {
        let all = configuration.rules.iter().map(|rule| &rule.serve).chain([&configuration.default]);
        all.map(|serve| variants(serve, configuration)).collect()
    };
    tried.on
        && conditions(tried) == conditions(wanted)
        && prerequisites(tried) == prerequisites(wanted)
        && serves(tried).iter().zip(serves(wanted)).all(|(tried, wanted)| wanted.is_subset(tried))
}

fn variants(serve: &Serve, configuration: &Configuration) -> BTreeSet<String> {
    let mut served: BTreeSet<String> = match serve {
        Serve::Variant(variant) => [variant.clone()].into(),
        Serve::Rollout(rollout) if rollout.percent > 0.0 => {
            [Some(rollout.variant.clone()), rollout.otherwise.clone()].into_iter().flatten().collect()
        }
        Serve::Rollout(rollout) => rollout.otherwise.iter().cloned().collect(),
        Serve::Split(split) => {
            split.shares.iter().filter(|share| share.percent > 0.0).map(|share| share.variant.clone()).collect()
        }
        Serve::Exact(exact) => [format!("{} {}", normal_form(exact), normal_form(&configuration.buckets))].into(),
    };
    served.remove(&configuration.off_variant);
    served
}
