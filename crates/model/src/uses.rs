//! Who needs whom: prerequisites between flags, segments in rules and in other segments.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::document::{Condition, Configuration, Segment, Serve, State};
use crate::exact::{self, Reference};

/// A place where a segment is used.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub enum SegmentUse {
    /// In a targeting rule.
    Flag {
        /// Flag key.
        flag: String,
        /// Environment key.
        environment: String,
    },
    /// In another segment.
    Segment {
        /// Segment key.
        segment: String,
    },
}

impl std::fmt::Display for SegmentUse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Flag { flag, environment } => write!(f, "flag {flag} in {environment}"),
            Self::Segment { segment } => write!(f, "segment {segment}"),
        }
    }
}

/// Flags that a flag needs in any environment, sorted.
pub fn needs(state: &State, flag: &str) -> Vec<String> {
    let mine = state.configurations.iter().filter(|((_, key), _)| key == flag);
    let needed: BTreeSet<&str> = mine.flat_map(|(_, configuration)| flags_of(configuration)).collect();
    needed.into_iter().map(str::to_owned).collect()
}

/// Every flag a configuration names: its prerequisites, and what exact forms ask for.
pub(crate) fn flags_of(configuration: &Configuration) -> Vec<&str> {
    let mut named: Vec<&str> = configuration.prerequisites.iter().map(|needed| needed.flag.as_str()).collect();
    exact::in_configuration(configuration, &mut |reference| {
        if let Reference::Flag(key, _) = reference {
            named.push(key);
        }
    });
    named
}

/// Whether a configuration asks another flag for a variant.
pub(crate) fn asks_for(configuration: &Configuration, flag: &str, variant: &str) -> bool {
    let mut asks = configuration
        .prerequisites
        .iter()
        .any(|needed| needed.flag == flag && needed.variants.iter().any(|asked| asked == variant));
    exact::in_configuration(configuration, &mut |reference| {
        asks |=
            matches!(reference, Reference::Flag(key, variants) if key == flag && variants.iter().any(|v| v == variant));
    });
    asks
}

/// Unarchived flags that need a flag in any environment, sorted.
pub fn needed_by(state: &State, flag: &str) -> Vec<String> {
    let others = state.configurations.iter().filter(|(_, config)| flags_of(config).contains(&flag));
    let keys: BTreeSet<&String> = others
        .map(|((_, key), _)| key)
        .filter(|key| *key != flag && state.flags.get(*key).is_some_and(|flag| !flag.archived))
        .collect();
    keys.into_iter().cloned().collect()
}

/// Where a segment is used by unarchived flags and by other segments, sorted.
pub fn segment_used_by(state: &State, segment: &str) -> Vec<SegmentUse> {
    let live =
        state.configurations.iter().filter(|((_, key), _)| state.flags.get(key).is_some_and(|flag| !flag.archived));
    let flags = live
        .filter(|(_, config)| config.rules.iter().any(|rule| uses_segment(&rule.condition, segment)))
        .map(|((environment, flag), _)| SegmentUse::Flag { flag: flag.clone(), environment: environment.clone() });
    let segments = state
        .segments
        .iter()
        .filter(|(_, other)| other.rules.iter().any(|rule| uses_segment(rule, segment)))
        .map(|(key, _)| SegmentUse::Segment { segment: key.clone() });
    let uses: BTreeSet<SegmentUse> = flags.chain(segments).collect();
    uses.into_iter().collect()
}

/// Whether a condition names a segment.
pub(crate) fn uses_segment(condition: &Condition, segment: &str) -> bool {
    match condition {
        Condition::All(group) => group.all.iter().any(|inner| uses_segment(inner, segment)),
        Condition::Any(group) => group.any.iter().any(|inner| uses_segment(inner, segment)),
        Condition::Not(group) => uses_segment(&group.not, segment),
        Condition::Segment(reference) => reference.segment == segment,
        Condition::Attribute(_) => false,
        Condition::Exact(_) => {
            let mut uses = false;
            exact::in_authored(condition, &mut |reference| uses |= reference == Reference::Segment(segment));
            uses
        }
    }
}

/// Every segment a segment names.
pub(crate) fn segments_of(segment: &Segment) -> Vec<&str> {
    let mut named = Vec::new();
    segment.rules.iter().for_each(|rule| name_segments(rule, &mut named));
    named
}

/// Every segment a configuration names, in its rules and in its exact forms.
pub(crate) fn segments_in(configuration: &Configuration) -> Vec<&str> {
    let mut named = Vec::new();
    configuration.rules.iter().for_each(|rule| name_segments(&rule.condition, &mut named));
    exact::in_configuration(configuration, &mut |reference| {
        if let Reference::Segment(key) = reference {
            named.push(key);
        }
    });
    named
}

fn name_segments<'c>(condition: &'c Condition, into: &mut Vec<&'c str>) {
    match condition {
        Condition::All(group) => group.all.iter().for_each(|inner| name_segments(inner, into)),
        Condition::Any(group) => group.any.iter().for_each(|inner| name_segments(inner, into)),
        Condition::Not(group) => name_segments(&group.not, into),
        Condition::Segment(reference) => into.push(&reference.segment),
        Condition::Attribute(_) => {}
        Condition::Exact(_) => exact::in_authored(condition, &mut |reference| {
            if let Reference::Segment(key) = reference {
                into.push(key);
            }
        }),
    }
}

/// Every variant a configuration serves, with the JSON pointer inside it.
pub fn variants_of(configuration: &Configuration) -> Vec<(String, &str)> {
    let mut variants = vec![("/off_variant".to_owned(), configuration.off_variant.as_str())];
    for (index, target) in configuration.targets.iter().enumerate() {
        variants.push((format!("/targets/{index}/variant"), &target.variant));
    }
    for (index, rule) in configuration.rules.iter().enumerate() {
        served(&format!("/rules/{index}/serve"), &rule.serve, &mut variants);
    }
    served("/default", &configuration.default, &mut variants);
    for (place, answer) in [("off", &configuration.off), ("cycle", &configuration.cycle)] {
        if let Some(answer) = answer {
            exact::variants(&format!("/{place}/exact"), &answer.exact, &mut variants);
        }
    }
    variants
}

fn served<'c>(pointer: &str, serve: &'c Serve, into: &mut Vec<(String, &'c str)>) {
    match serve {
        Serve::Variant(variant) => into.push((format!("{pointer}/variant"), variant)),
        Serve::Exact(serve) => exact::variants(&format!("{pointer}/exact"), serve, into),
        Serve::Rollout(rollout) => {
            into.push((format!("{pointer}/rollout/variant"), &rollout.variant));
            if let Some(otherwise) = &rollout.otherwise {
                into.push((format!("{pointer}/rollout/otherwise"), otherwise));
            }
        }
        Serve::Split(split) => {
            for (index, share) in split.shares.iter().enumerate() {
                into.push((format!("{pointer}/split/shares/{index}/variant"), &share.variant));
            }
        }
    }
}
